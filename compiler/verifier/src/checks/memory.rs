//! Accesses to memory: which rules hold is told by what the pointer points to.

use gobpf_bpf::insn::Size;
use gobpf_bpf::{Insn, flags};

use crate::checks::{btf, buffer, context, map_value, packet, socket, stack};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, MemoryFault, Stop};
use crate::state::{Base, Extra, Kind, Reg, flag};
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
    /// A write of 8 bytes that the kernel makes on behalf of a call.
    pub fn write_word(base: u8, off: i32) -> Request {
        Request {
            base,
            off,
            bytes: Size::DW.bytes(),
            access: Access::Write,
            value: None,
            constant: None,
            signed: false,
            atomic: false,
        }
    }

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

/// `sizeof(struct bpf_flow_keys)`.
const FLOW_KEYS_SIZE: i64 = 56;

/// `check_mem_access`.
pub(crate) fn access(m: &mut Machine<'_>, request: Request) -> Checked {
    let base = *m.state.reg(request.base);
    check_alignment(m, &base, &request)?;
    let off = i64::from(request.off) + i64::from(base.off);
    let (reg, bytes) = (request.base, i64::from(request.bytes));
    match base.kind.base {
        _ if base.kind.may_be_null() => {
            return Err(Fault::InvalidAccess { reg, kind: base.kind }.into());
        }
        Base::MapValue => map_value::access(m, &base, &request, off)?,
        Base::MapKey => {
            if request.access == Access::Write {
                return Err(MemoryFault::KeyWrite { reg }.into());
            }
            let size = i64::from(m.map(base.map)?.key_size);
            map_value::check_region(reg, &base, off, bytes, size, false)?;
            load_unknown(m, &request);
        }
        Base::Mem => {
            if base.kind.has(flag::RDONLY) && request.access == Access::Write {
                return Err(MemoryFault::CannotWrite { reg, kind: base.kind }.into());
            }
            let Extra::Mem { size, .. } = base.extra else { return Err(Stop::feature("memory of no size")) };
            // What can't be trusted is read through probes, anywhere.
            if !base.kind.has(flag::UNTRUSTED) {
                map_value::check_region(reg, &base, off, bytes, i64::from(size), false)?;
            }
            load_unknown(m, &request);
        }
        Base::Context => context::access(m, &base, &request, off)?,
        Base::Stack => stack::access(m, &base, &request, off)?,
        Base::Packet | Base::PacketMeta => packet::access(m, &base, &request, off)?,
        Base::FlowKeys => {
            if off < 0 || off + bytes > FLOW_KEYS_SIZE {
                return Err(MemoryFault::FlowKeys { off, bytes }.into());
            }
            load_unknown(m, &request);
        }
        Base::Socket | Base::SockCommon | Base::TcpSock | Base::XdpSock => {
            socket::access(m, &base, &request, off)?;
        }
        Base::TpBuffer | Base::Buf => buffer::access(m, &base, &request, off)?,
        Base::BtfId | Base::Map => btf::access(m, &base, &request, off)?,
        Base::Arena => load_unknown(m, &request),
        _ => return Err(Fault::InvalidAccess { reg, kind: base.kind }.into()),
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

/// Stack and atomic accesses are aligned; x86 takes all others as they come, unless the program asks for it.
fn check_alignment(m: &Machine<'_>, base: &Reg, request: &Request) -> Checked {
    let is_strict =
        m.program.flags & (flags::STRICT_ALIGNMENT | flags::ANY_ALIGNMENT) == flags::STRICT_ALIGNMENT;
    match is_strict || request.atomic || base.kind == Kind::STACK {
        true => check_aligned_at(base, request.off, request.bytes),
        false => Ok(()),
    }
}

/// What `base` points to is aligned to `bytes`.
pub(crate) fn check_aligned(base: &Reg, bytes: u32) -> Checked {
    check_aligned_at(base, 0, bytes)
}

fn check_aligned_at(base: &Reg, insn_off: i32, bytes: u32) -> Checked {
    if bytes <= 1 {
        return Ok(());
    }
    let off = i64::from(base.off) + i64::from(insn_off);
    let tnum = base.bounds.tnum;
    let aligned = |off: i64| tnum.add(Tnum::constant(off as u64)).is_aligned(u64::from(bytes));
    let what = match base.kind.base {
        // Pointers with flags have no name here.
        _ if base.kind.flags != 0 => "",
        Base::Packet | Base::PacketMeta => {
            // The kernel assumes the network's alignment of headers.
            if aligned(off + 2) {
                return Ok(());
            }
            return Err(Fault::MisalignedPacket { tnum, off: base.off, insn_off, bytes }.into());
        }
        Base::FlowKeys => "flow keys ",
        Base::MapKey => "key ",
        Base::MapValue => "value ",
        Base::Context => "context ",
        Base::Stack => "stack ",
        Base::Socket => "sock ",
        Base::SockCommon => "sock_common ",
        Base::TcpSock => "tcp_sock ",
        Base::XdpSock => "xdp_sock ",
        Base::Arena => return Ok(()),
        _ => "",
    };
    if aligned(off) {
        return Ok(());
    }
    Err(Fault::Misaligned { what, tnum, off: base.off, insn_off, bytes }.into())
}
