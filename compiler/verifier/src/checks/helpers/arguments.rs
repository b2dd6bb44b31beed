//! `check_func_arg`: is each argument what the helper asks for?

use gobpf_bpf::tables::{Argument, ArgumentKind, Flags, MapKind};

use crate::checks::helpers::{Call, accepts, access_of, id, is_forbidden_packet, locks, memory, strings};
use crate::checks::operands::read_reg;
use crate::checks::{btf, context, dynptr, kptr, objects};
use crate::dialect::{Backtracking, Dialect};
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault};
use crate::state::{Base, Extra, Held, Kind, Reg, flag};

pub(super) fn check(m: &mut Machine<'_>, call: &mut Call) -> Checked {
    for (index, argument) in call.prototype.arguments.iter().enumerate() {
        check_one(m, call, index as u8 + 1, *argument)?;
    }
    Ok(())
}

fn check_one(m: &mut Machine<'_>, call: &mut Call, reg: u8, mut argument: Argument) -> Checked {
    read_reg(m, reg)?;
    if argument.kind == ArgumentKind::Anything {
        return Ok(());
    }
    let value = *m.state.reg(reg);
    if is_forbidden_packet(m, call, value.kind) {
        return Err(Fault::PacketForHelper.into());
    }
    if argument.kind == ArgumentKind::PtrToMapValue {
        resolve_map_value(m, call, &mut argument)?;
    }
    let is_null = value.is_null() && argument.has(Flags::OR_NULL);
    if is_null {
        if m.rules.backtracking == Backtracking::Recorded {
            m.need_precise(reg)?;
        }
    } else {
        check_kind(m, call, reg, &value, &argument)?;
        check_offset(m, reg, &value, &argument)?;
    }
    if argument.has(Flags::RELEASED) {
        check_released(m, reg, &value, &argument)?;
        call.released = Some(reg);
    }
    let is_target = argument.kind == ArgumentKind::PtrToKptr && m.rules.dialect != Dialect::V6_1;
    if value.ref_obj != 0 && !is_target {
        if call.reference != 0 {
            let (one, other) = (value.ref_obj, call.reference);
            return Err(HelperFault::TwoReferences { reg, one, other }.into());
        }
        call.reference = value.ref_obj;
    }
    check_meaning(m, call, reg, &value, &argument)
}

/// `resolve_map_arg_type`: the values of some maps are sockets.
fn resolve_map_value(m: &Machine<'_>, call: &Call, argument: &mut Argument) -> Checked {
    match m.map(call.map)?.kind {
        MapKind::SOCKMAP | MapKind::SOCKHASH => {
            if argument.flags != Flags::NONE {
                return Err(HelperFault::SockmapValue.into());
            }
            argument.kind = ArgumentKind::PtrToBtfIdSockCommon;
        }
        MapKind::BLOOM_FILTER if call.helper.id == id::MAP_PEEK_ELEM => argument.flags = Flags::NONE,
        _ => {}
    }
    Ok(())
}

/// `check_reg_type`.
fn check_kind(m: &mut Machine<'_>, call: &Call, reg: u8, value: &Reg, argument: &Argument) -> Checked {
    let mut kind = value.kind;
    if argument.has(Flags::READ_ONLY) {
        kind = kind.without(flag::RDONLY);
    }
    if argument.has(Flags::OR_NULL) {
        kind = kind.without(flag::OR_NULL);
    }
    if argument.kind == ArgumentKind::PtrToMem {
        kind = kind.without(flag::SLICE_SKB | flag::SLICE_XDP);
    }
    if call.helper.id == id::KPTR_XCHG && reg == 2 && kind.base == Base::BtfId {
        kind = kind.without(flag::ALLOC | flag::PERCPU);
    }
    let expected = accepts::kinds(argument.kind, m.rules);
    if !expected.contains(&kind) {
        return Err(HelperFault::Kind { reg, kind: value.kind, expected }.into());
    }
    if value.kind.base != Base::BtfId {
        return Ok(());
    }
    let is_memory = matches!(
        argument.kind,
        ArgumentKind::PtrToMem | ArgumentKind::PtrToMapKey | ArgumentKind::PtrToMapValue
    );
    if is_memory {
        return match argument.has(Flags::READ_ONLY) {
            true => Ok(()),
            false => {
                let found = btf::kind_name(m, value);
                Err(HelperFault::MayWrite { name: call.helper.name, reg, found }.into())
            }
        };
    }
    let old = m.rules.dialect == Dialect::V6_1;
    if old && value.kind != Kind::BTF_ID {
        return Ok(());
    }
    if !old && value.kind.may_be_null() && (!argument.has(Flags::OR_NULL) || argument.has(Flags::RELEASED)) {
        return Err(HelperFault::PossiblyNull { reg }.into());
    }
    if let (Some(pointer), 2) = (call.kptr, reg) {
        return kptr::check_type(m, reg, value, pointer);
    }
    btf::check_argument(m, call.helper.id, reg, value, argument)
}

/// `check_func_arg_reg_off`: some pointers can't be moved before they are passed.
fn check_offset(m: &Machine<'_>, reg: u8, value: &Reg, argument: &Argument) -> Checked {
    let old = m.rules.dialect == Dialect::V6_1;
    let is_dynptr = argument.kind == ArgumentKind::PtrToDynptr;
    let is_released = argument.has(Flags::RELEASED);
    if old && is_dynptr && value.kind == Kind::STACK && value.off % 8 != 0 {
        return Err(HelperFault::DynptrAtOffset.into());
    }
    if is_released && !old {
        if is_dynptr && value.kind == Kind::STACK {
            return Ok(());
        }
        if value.off != 0 {
            return Err(HelperFault::ReleasedAtOffset { reg }.into());
        }
        return context::check_plain(value, reg, false);
    }
    let moves = match value.kind.base {
        Base::Stack | Base::Packet | Base::PacketMeta | Base::MapKey | Base::MapValue | Base::Arena => true,
        Base::Scalar => true,
        Base::Mem | Base::Buf => !value.kind.has(!(flag::RDONLY | flag::RINGBUF)),
        _ => false,
    };
    if moves
        && (!old || argument.kind != ArgumentKind::PtrToRingbufMem)
        && value.kind.flags & flag::OR_NULL == 0
    {
        return Ok(());
    }
    let is_btf = value.kind.base == Base::BtfId;
    if old && is_btf && is_released && value.off != 0 {
        return Err(HelperFault::ReleasedAtOffset { reg }.into());
    }
    let fixed = is_btf && !value.kind.has(flag::OR_NULL | flag::PERCPU | flag::UNTRUSTED | flag::USER);
    context::check_plain(value, reg, fixed)
}

/// What is released must have been acquired.
fn check_released(m: &Machine<'_>, reg: u8, value: &Reg, argument: &Argument) -> Checked {
    if argument.kind == ArgumentKind::PtrToDynptr {
        return dynptr::check_released(m, reg, value);
    }
    if value.ref_obj == 0 && !value.is_null() {
        return Err(HelperFault::MustBeReferenced { reg }.into());
    }
    Ok(())
}

fn check_meaning(m: &mut Machine<'_>, call: &mut Call, reg: u8, value: &Reg, argument: &Argument) -> Checked {
    let before = call.prototype.arguments.get(usize::from(reg).wrapping_sub(2)).map(|before| before.flags);
    match argument.kind {
        ArgumentKind::ConstMapPtr => {
            if call.map.is_some() && (call.map, call.map_uid) != (value.map, value.map_uid) {
                return Err(HelperFault::OtherMap { uid: call.map_uid, other: value.map_uid }.into());
            }
            (call.map, call.map_uid) = (value.map, value.map_uid);
            Ok(())
        }
        ArgumentKind::PtrToMapKey => memory::check_key(m, call, reg, value),
        ArgumentKind::PtrToMapValue => {
            if argument.has(Flags::OR_NULL) && value.is_null() {
                return Ok(());
            }
            let bytes = i64::from(m.map(call.map)?.value_size);
            call.raw = argument.has(Flags::UNINIT);
            let used = memory::Use { access: access_of(argument.flags), zero_allowed: false, raw: call.raw };
            memory::check(m, reg, bytes, used, Some(call))
        }
        ArgumentKind::PtrToMem => {
            call.raw = argument.has(Flags::UNINIT);
            if !argument.has(Flags::FIXED_SIZE) {
                return Ok(());
            }
            let used = memory::Use { access: access_of(argument.flags), zero_allowed: false, raw: call.raw };
            memory::check(m, reg, i64::from(argument.size), used, Some(call))?;
            match argument.has(Flags::ALIGNED) {
                true => crate::checks::memory::check_aligned(value, argument.size),
                false => Ok(()),
            }
        }
        ArgumentKind::ConstSize => {
            memory::check_size(m, reg, value, access_of(before.unwrap_or_default()), false, call)
        }
        ArgumentKind::ConstSizeOrZero => {
            memory::check_size(m, reg, value, access_of(before.unwrap_or_default()), true, call)
        }
        ArgumentKind::ConstAllocSizeOrZero => {
            let Some(size) = value.bounds.as_const() else {
                return Err(HelperFault::UnknownSize { reg }.into());
            };
            call.memory = size as u32;
            m.need_precise(reg)
        }
        ArgumentKind::PtrToFunc => {
            if let Extra::Func { subprogram } = value.extra {
                call.callback = Some(subprogram);
            }
            Ok(())
        }
        ArgumentKind::PtrToConstStr => strings::check_constant(m, reg, value),
        ArgumentKind::PtrToSpinLock => {
            if objects::in_less(m) {
                return Err(HelperFault::LockInLess.into());
            }
            let locks = call.helper.id == id::SPIN_LOCK;
            locks::spin_lock(m, locks::Operation { locks, what: Held::Lock }, reg, value)
        }
        ArgumentKind::PtrToTimer => locks::timer(m, call, reg, value),
        ArgumentKind::PtrToDynptr => dynptr::check(m, call, reg, value, argument),
        ArgumentKind::PtrToPercpuBtfId => match value.extra {
            Extra::Btf { id, own } => {
                (call.btf, call.own) = (id, own);
                call.protected = value.kind.has(flag::RCU);
                Ok(())
            }
            _ => Ok(()),
        },
        ArgumentKind::PtrToKptr => kptr::target(m, call, reg, value),
        _ => Ok(()),
    }
}
