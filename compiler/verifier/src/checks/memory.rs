//! Accesses to memory: which rules hold is told by what the pointer points to.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::Size;

use crate::checks::{context, map_value, packet, stack};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault};
use crate::state::{Kind, Reg};
use crate::tnum::Tnum;
use crate::transfer::assign;

/// An access of one instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// The register that points to the memory.
    pub base: u8,
    /// The instruction's own offset.
    pub off: i32,
    pub bytes: u32,
    pub access: Access,
    /// The register that is stored or loaded; none for a constant, or where nothing is taken.
    pub value: Option<u8>,
    /// A constant that is stored.
    pub constant: Option<i32>,
    /// Sign-extended.
    pub signed: bool,
    /// Aligned even where the machine would not need it.
    pub atomic: bool,
}

impl Request {
    /// The access of a plain load or store.
    pub fn of(insn: Insn, base: u8, access: Access, value: Option<u8>) -> Request {
        let is_constant = access == Access::Write && value.is_none();
        Request {
            base,
            off: i32::from(insn.off),
            bytes: Size::of_code(insn.code).bytes(),
            access,
            value,
            constant: is_constant.then_some(insn.imm),
            signed: false,
            atomic: false,
        }
    }
}

/// `check_mem_access`.
pub(crate) fn access(m: &mut Machine<'_>, request: Request) -> Checked {
    let base = *m.state.reg(request.base);
    check_alignment(&base, &request)?;
    let off = i64::from(request.off) + i64::from(base.off);
    match base.kind {
        Kind::MapValue => map_value::access(m, &base, &request, off)?,
        Kind::Context => context::access(m, &base, &request, off)?,
        Kind::Stack => stack::access(m, &base, &request, off)?,
        Kind::Packet | Kind::PacketMeta => packet::access(m, &base, &request, off)?,
        Kind::Map => return Err(crate::fault::Stop::feature("reading the fields of a map")),
        kind => return Err(Fault::InvalidAccess { reg: request.base, kind }.into()),
    }
    if let (Access::Read, Some(value)) = (request.access, request.value) {
        narrow(m, value, &request);
    }
    Ok(())
}

/// Less than 8 bytes were loaded: the rest is zero, or the sign.
fn narrow(m: &mut Machine<'_>, value: u8, request: &Request) {
    let deduction = m.rules.deduction;
    let reg = m.state.reg_mut(value);
    if request.bytes >= 8 || !reg.is_scalar() {
        return;
    }
    if request.signed {
        reg.bounds.sign_extend(request.bytes);
    } else {
        reg.bounds.truncate(request.bytes, deduction);
    }
}

/// A number of which nothing is known is loaded.
pub(crate) fn load_unknown(m: &mut Machine<'_>, request: &Request) {
    if let (Access::Read, Some(value)) = (request.access, request.value) {
        assign(m, value, Reg::unknown());
    }
}

/// Stack and atomic accesses are aligned; x86 takes all others as they come.
fn check_alignment(base: &Reg, request: &Request) -> Checked {
    let strict = request.atomic || base.kind == Kind::Stack;
    if !strict || request.bytes == 1 {
        return Ok(());
    }
    let off = i64::from(base.off) + i64::from(request.off);
    let (tnum, insn_off, bytes) = (base.bounds.tnum, request.off, request.bytes);
    let aligned = |off: i64| tnum.add(Tnum::constant(off as u64)).is_aligned(u64::from(bytes));
    let what = match base.kind {
        Kind::Packet | Kind::PacketMeta => {
            // The kernel assumes the network's alignment of headers.
            if aligned(off + 2) {
                return Ok(());
            }
            return Err(Fault::MisalignedPacket { tnum, off: base.off, insn_off, bytes }.into());
        }
        Kind::MapValue => "value ",
        Kind::Context => "context ",
        Kind::Stack => "stack ",
        _ => "",
    };
    if aligned(off) {
        return Ok(());
    }
    Err(Fault::Misaligned { what, tnum, off: base.off, insn_off, bytes }.into())
}
