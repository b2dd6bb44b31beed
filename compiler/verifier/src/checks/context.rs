//! Accesses to contexts: which bytes a kind of program may read or write, and what it gets.

use gobpf_bpf::KernelVersion;
use gobpf_bpf::tables::{AttachType, Context, ContextAccess, Holds, ProgramKind};

use crate::checks::memory::{Request, load_unknown};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault};
use crate::state::{Kind, Reg};
use crate::transfer::assign;

/// `PERF_MAX_TRACE_SIZE`: bytes of a tracepoint's context at most.
const MAX_TRACE: i64 = 8192;
/// The first bytes of a tracepoint's context are the kernel's.
const TRACE_HIDDEN: i64 = 8;

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    check_plain(base, request.base, false)?;
    let Some(kind) = allowed(m.kind, request, off) else {
        return Err(Fault::ContextAccess { off, bytes: request.bytes }.into());
    };
    match (request.access, request.value) {
        (Access::Read, Some(value)) if kind != Kind::Scalar => assign(m, value, Reg::pointer(kind)),
        _ => load_unknown(m, request),
    }
    Ok(())
}

/// What a read gives, where the access is allowed.
fn allowed(program: ProgramKind, request: &Request, off: i64) -> Option<Kind> {
    let bytes = i64::from(request.bytes);
    match program {
        ProgramKind::TRACEPOINT => {
            // The kernel compares a negative offset as a large unsigned one with the first limit, and as it is with
            // the second: it passes both.
            let within = off < MAX_TRACE && !(0..TRACE_HIDDEN).contains(&off);
            (within && request.access == Access::Read && off % bytes == 0).then_some(Kind::Scalar)
        }
        _ => {
            let access =
                ContextAccess { offset: off, bytes: request.bytes, write: request.access == Access::Write };
            let context = Context::of(program, AttachType::NONE)?;
            let kind = match context.access(access, KernelVersion::new(6, 18))? {
                Holds::Packet => Kind::Packet,
                Holds::PacketEnd => Kind::PacketEnd,
                Holds::PacketMeta => Kind::PacketMeta,
                _ => Kind::Scalar,
            };
            (!request.signed || kind == Kind::Scalar).then_some(kind)
        }
    }
}

/// `check_ptr_off_reg`: the pointer is as it was given.
pub(crate) fn check_plain(base: &Reg, reg: u8, fixed_allowed: bool) -> Checked {
    let (kind, off) = (base.kind, base.off);
    if off < 0 {
        return Err(Fault::ContextNegative { kind, reg, off }.into());
    }
    if !fixed_allowed && off != 0 {
        return Err(Fault::ContextModified { kind, reg, off }.into());
    }
    if base.bounds.as_const() != Some(0) {
        return Err(Fault::ContextVariable { kind, tnum: base.bounds.tnum }.into());
    }
    Ok(())
}

/// Before 6.6, no constant is stored to a context.
pub(crate) fn check_store_of_constant(m: &Machine<'_>, reg: u8) -> Checked {
    let kind = m.state.reg(reg).kind;
    if kind == Kind::Context && !m.rules.v4 {
        return Err(Fault::StoreToContext { reg, kind, atomic: false }.into());
    }
    Ok(())
}
