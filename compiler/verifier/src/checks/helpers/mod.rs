//! Calls of helpers: whether the program may call it, whether each argument is what it asks for, and what it gives.

pub(crate) mod accepts;
mod arguments;
pub(crate) mod locks;
mod maps;
pub(crate) mod memory;
pub(crate) mod results;
mod special;
pub(crate) mod strings;

use gobpf_bpf::tables::{ArgumentKind, Flags, Helper, ProgramKind, Prototype};
use gobpf_bpf::{MapId, Program, insn};

use crate::checks::records::Pointer;
use crate::checks::{callbacks, calls, dynptr, expansion, packet, references};
use crate::dialect::Rules;
use crate::explore::{Machine, Next};
use crate::fault::{Access, Checked, Fault, HelperFault};
use crate::state::{Kind, Reg};
use crate::transfer::assign;

/// Licences that the kernel takes for GPL-compatible (`license_is_gpl_compatible`).
const GPL_COMPATIBLE: [&str; 6] =
    ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"];

pub(crate) fn is_gpl_compatible(license: &str) -> bool {
    GPL_COMPATIBLE.contains(&license)
}

/// Numbers of helpers that have rules of their own.
pub(crate) mod id {
    pub const MAP_LOOKUP_ELEM: u32 = 1;
    pub const MAP_UPDATE_ELEM: u32 = 2;
    pub const MAP_DELETE_ELEM: u32 = 3;
    pub const TAIL_CALL: u32 = 12;
    pub const GET_LOCAL_STORAGE: u32 = 81;
    pub const SK_LOOKUP_TCP: u32 = 84;
    pub const SK_LOOKUP_UDP: u32 = 85;
    pub const SK_RELEASE: u32 = 86;
    pub const MAP_PUSH_ELEM: u32 = 87;
    pub const MAP_POP_ELEM: u32 = 88;
    pub const MAP_PEEK_ELEM: u32 = 89;
    pub const SPIN_LOCK: u32 = 93;
    pub const SPIN_UNLOCK: u32 = 94;
    pub const SKC_LOOKUP_TCP: u32 = 99;
    pub const RINGBUF_RESERVE: u32 = 131;
    pub const SNPRINTF: u32 = 165;
    pub const GET_FUNC_IP: u32 = 173;
    pub const KPTR_XCHG: u32 = 194;
    pub const DYNPTR_FROM_MEM: u32 = 197;
    pub const DYNPTR_WRITE: u32 = 202;
    pub const DYNPTR_DATA: u32 = 203;
}

/// What the arguments of a call said.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub helper: &'static Helper,
    pub prototype: &'static Prototype,
    pub map: Option<MapId>,
    pub map_uid: u32,
    /// The constant key of an array, where it is known.
    pub key: Option<u64>,
    /// Stack bytes that the helper fills: the register that points there, and how many.
    pub fills: Option<(u8, i64)>,
    /// The memory of the argument before may hold anything, since the helper fills it.
    pub raw: bool,
    /// The largest size that was passed.
    pub size: Option<u64>,
    /// How much memory it gives.
    pub memory: u32,
    /// The function that it calls.
    pub callback: Option<u32>,
    /// The argument that it releases.
    pub released: Option<u8>,
    /// The reference among the arguments.
    pub reference: u32,
    /// The dynptr that the result is a part of.
    pub dynptr: u32,
    /// The type that the result is of, whether it is the program's, and whether RCU protects it.
    pub btf: u32,
    pub own: bool,
    pub protected: bool,
    /// The field of a map's value that R1 of `bpf_kptr_xchg` points to.
    pub kptr: Option<Pointer>,
    /// A dynptr that the call makes (6.1 does so after all arguments).
    pub new_dynptr: Option<u8>,
}

/// Whether the instruction at `slot` calls a helper that may sleep, as far as the kernel knows while it looks at the graph:
/// which helpers programs have that stand for its functions it finds out later.
pub(crate) fn sleeps(program: &Program, slot: u32, rules: &Rules) -> bool {
    if program.kind == ProgramKind::STRUCT_OPS {
        return false;
    }
    let call = program.code.insns.get(slot as usize).filter(|insn| insn.code == insn::CALL && insn.src == 0);
    let id = call.and_then(|insn| u32::try_from(insn.imm).ok());
    id.and_then(|id| program.caller().prototype(id, rules.kernel()))
        .is_some_and(|prototype| prototype.may_sleep)
}

/// Finds the helper, if the program may call it.
fn find(m: &Machine<'_>, id: i32) -> Checked<(&'static Helper, &'static Prototype)> {
    let number = u32::try_from(id).ok().filter(|id| *id < m.rules.helper_limit);
    let Some(number) = number else { return Err(Fault::HelperNumber { id }.into()) };
    let Some(helper) = Helper::by_id(number) else {
        // Only 0 is below the limit and no helper.
        return Err(Fault::HelperForKind { id: number, name: "unspec" }.into());
    };
    let Some(prototype) = m.caller().prototype(number, m.rules.kernel()) else {
        return Err(Fault::HelperForKind { id: number, name: helper.name }.into());
    };
    if prototype.gpl_only && !m.gpl {
        return Err(Fault::HelperNeedsGpl.into());
    }
    if !m.caller().is_allowed(prototype.allowed, |hook| m.is_sleepable_hook(hook)) {
        return Err(HelperFault::NotAllowedHere.into());
    }
    if prototype.may_sleep && !m.may_sleep() {
        return Err(HelperFault::MightSleep.into());
    }
    let section = if m.state.rcu > 0 {
        Some("rcu_read_lock")
    } else if m.state.preempt > 0 {
        Some("non-preemptible")
    } else if m.state.irq != 0 {
        Some("IRQ-disabled")
    } else {
        None
    };
    match section {
        Some(section) if prototype.may_sleep => {
            Err(HelperFault::SleepsInSection { name: helper.name, id: number, section }.into())
        }
        _ => Ok((helper, prototype)),
    }
}

/// `check_helper_call`.
pub(crate) fn call(m: &mut Machine<'_>, id: i32) -> Checked<Next> {
    let (helper, prototype) = find(m, id)?;
    let mut call = Call {
        helper,
        prototype,
        map: None,
        map_uid: 0,
        key: None,
        fills: None,
        raw: false,
        size: None,
        memory: 0,
        callback: None,
        released: None,
        reference: 0,
        dynptr: 0,
        btf: 0,
        own: false,
        protected: false,
        kptr: None,
        new_dynptr: None,
    };
    arguments::check(m, &mut call)?;
    maps::check_writable(m, &call)?;
    maps::check_key(m, &call)?;
    expansion::note_lookup(m, helper.id, call.map);
    if let Some((reg, bytes)) = call.fills {
        memory::fill(m, reg, bytes)?;
    }
    if let Some(reg) = call.new_dynptr {
        dynptr::make_old(m, reg, &prototype.arguments[usize::from(reg) - 1])?;
    }
    release(m, &call)?;
    let mut next = Next::Go(m.insn + 1);
    let mut moves_packet =
        helper.changes_packet() || (helper.id == id::TAIL_CALL && m.rules.tail_calls_move_packets);
    special::check(m, &mut call, &mut moves_packet)?;
    // Where 6.1 follows a callback right away, the result is the caller's all the same.
    let mut entered = None;
    if let Some(callback) = call.callback {
        entered = callbacks::call(m, id, callback)?;
    }
    calls::forget_caller_saved(m);
    results::set(m, &call)?;
    maps::check_function(m, &call)?;
    if helper.id == id::GET_FUNC_IP {
        special::check_function_address(m)?;
    }
    if helper.id == id::TAIL_CALL && m.rules.tail_calls_return {
        moves_packet = false;
        if !m.state.callers.is_empty() {
            let goes_on = m.state.clone();
            m.push(m.insn + 1, goes_on)?;
            packet::forget(m);
            assign(m, 0, Reg::unknown());
            return calls::leave(m);
        }
    }
    if moves_packet {
        packet::forget(m);
    }
    if let Some((callee, start)) = entered {
        next = calls::go_into(m, callee, start);
    }
    Ok(next)
}

/// The object that the call takes away is gone.
fn release(m: &mut Machine<'_>, call: &Call) -> Checked {
    let Some(reg) = call.released else { return Ok(()) };
    let argument = call.prototype.arguments[usize::from(reg) - 1];
    let is_released = if argument.kind == ArgumentKind::PtrToDynptr {
        return dynptr::release(m, reg);
    } else if call.reference != 0 {
        if call.helper.id == id::KPTR_XCHG && m.in_rcu() {
            references::lend_per_cpu(m, call.reference);
        }
        references::release(m, call.reference)
    } else {
        m.state.reg(reg).is_null()
    };
    match is_released {
        true => Ok(()),
        false => Err(HelperFault::NotAcquired { name: call.helper.name, id: call.helper.id }.into()),
    }
}

/// What an argument's memory is used for.
fn access_of(flags: Flags) -> Access {
    if flags.has(Flags::WRITTEN) { Access::Write } else { Access::Read }
}

/// Whether a register of this kind is one of the packet's pointers that the helper may not have.
fn is_forbidden_packet(m: &Machine<'_>, call: &Call, kind: Kind) -> bool {
    kind.is_packet() && !packet::may_access(m.kind, Access::Read, Some(call.prototype.takes_packet))
}
