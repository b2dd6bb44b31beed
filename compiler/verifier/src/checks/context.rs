//! Accesses to contexts: which bytes a kind of program may read or write, and what it gets.

use gobpf_bpf::tables::{Context, ContextAccess, Holds, ProgramKind};

use crate::checks::hooks;
use crate::checks::memory::{Request, load_unknown};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, Stop};
use crate::state::{Kind, Reg, flag};
use crate::transfer::assign;

/// `PERF_MAX_TRACE_SIZE`: bytes of a tracepoint's context at most.
const MAX_TRACE: i64 = 8192;
/// The first bytes of a tracepoint's context are the kernel's.
const TRACE_HIDDEN: i64 = 8;

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    check_plain(base, request.base, false)?;
    let Some(holds) = holds(m, request, off)? else {
        return Err(Fault::ContextAccess { off, bytes: request.bytes }.into());
    };
    m.reach_context(off.wrapping_add(i64::from(request.bytes)) as u32);
    let value = match holds {
        Holds::Number => None,
        Holds::Packet => Some(Reg::pointer(Kind::PACKET)),
        Holds::PacketEnd => Some(Reg::pointer(Kind::PACKET_END)),
        Holds::PacketMeta => Some(Reg::pointer(Kind::PACKET_META)),
        Holds::Sock => Some(Reg::pointer(Kind::SOCKET)),
        Holds::SockOrNull => Some(Reg::pointer(Kind::SOCKET.with(flag::OR_NULL))),
        Holds::SockCommonOrNull => Some(Reg::pointer(Kind::SOCK_COMMON.with(flag::OR_NULL))),
        Holds::FlowKeys => Some(Reg::pointer(Kind::FLOW_KEYS)),
        Holds::TracepointBuffer => Some(Reg::pointer(Kind::TP_BUFFER)),
        Holds::Trusted(name) => Some(hooks::trusted(m, name)?),
        Holds::Argument => hooks::argument(m, request, off)?,
    };
    if request.signed && value.is_some_and(|value| value.is_pointer()) {
        return Err(Fault::ContextAccess { off, bytes: request.bytes }.into());
    }
    match (request.access, request.value, value) {
        (Access::Read, Some(reg), Some(mut value)) => {
            if value.kind.may_be_null() {
                value.id = m.fresh_id();
            }
            assign(m, reg, value);
        }
        _ => load_unknown(m, request),
    }
    Ok(())
}

/// What a read gives, where the access is allowed.
fn holds(m: &Machine<'_>, request: &Request, off: i64) -> Checked<Option<Holds>> {
    let bytes = i64::from(request.bytes);
    if m.kind == ProgramKind::TRACEPOINT {
        // The kernel compares a negative offset as a large unsigned one with the first limit, and as it is with the
        // second: it passes both.
        let within = off < MAX_TRACE && !(0..TRACE_HIDDEN).contains(&off);
        let fits = within && request.access == Access::Read && off % bytes == 0;
        return Ok(fits.then_some(Holds::Number));
    }
    if m.kind == ProgramKind::LSM {
        // Nothing but the place of the argument counts, even for writes.
        return Ok(Some(Holds::Argument));
    }
    let Some(context) = Context::of(m.kind, m.program.attach) else {
        return Err(Stop::feature("a context of this kind of program"));
    };
    let access = ContextAccess { offset: off, bytes: request.bytes, write: request.access == Access::Write };
    Ok(context.access(access, m.rules.kernel()))
}

/// Kinds of programs whose context is as it is in memory.
const PLAIN: [ProgramKind; 12] = [
    ProgramKind::KPROBE,
    ProgramKind::TRACEPOINT,
    ProgramKind::RAW_TRACEPOINT,
    ProgramKind::RAW_TRACEPOINT_WRITABLE,
    ProgramKind::TRACING,
    ProgramKind::LSM,
    ProgramKind::STRUCT_OPS,
    ProgramKind::SYSCALL,
    ProgramKind::CGROUP_DEVICE,
    ProgramKind::NETFILTER,
    ProgramKind::LIRC_MODE2,
    ProgramKind::EXT,
];

/// Whether accesses to the context are rewritten (`convert_ctx_access`).
pub(crate) fn is_rewritten(kind: ProgramKind) -> bool {
    !PLAIN.contains(&kind)
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
    if kind == Kind::CONTEXT && !m.rules.v4 {
        return Err(Fault::StoreToContext { reg, kind, atomic: false }.into());
    }
    Ok(())
}
