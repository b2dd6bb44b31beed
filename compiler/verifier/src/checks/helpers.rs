//! Calls of helpers: whether the program may call it, and whether each argument is what it asks for.

use gobpf_bpf::tables::{Argument, ArgumentKind, Caller, Flags, Helper, MapKind, ProgramKind, Prototype};
use gobpf_bpf::{KernelVersion, MapId};

use crate::checks::operands::read_reg;
use crate::checks::{context, map_value, packet, stack_range};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Access, Accessor, Checked, Fault, Stop};
use crate::state::{Byte, Kind, MAX_OFFSET, Reg, slot_of};

/// Licences that the kernel takes for GPL-compatible (`license_is_gpl_compatible`).
const GPL_COMPATIBLE: [&str; 6] =
    ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"];

/// Helpers whose arguments and results are modelled.
const MODELLED: [u32; 30] = [
    1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 23, 35, 42, 44, 45, 54, 65, 80, 109, 112, 113, 114, 115, 117, 118,
    125, 188, 189, 190,
];

pub(crate) fn is_gpl_compatible(license: &str) -> bool {
    GPL_COMPATIBLE.contains(&license)
}

/// What the arguments of a call said.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Call {
    pub map: Option<MapId>,
    /// The constant key of an array, where it is known.
    pub key: Option<u64>,
    /// Stack bytes that the helper fills: the register that points there, and how many.
    pub fills: Option<(u8, i64)>,
    /// The largest size that was passed.
    pub size: Option<u64>,
}

/// Finds the helper, if the program may call it.
pub(crate) fn find(m: &Machine<'_>, id: i32) -> Checked<(&'static Helper, &'static Prototype)> {
    let number = u32::try_from(id).ok().filter(|id| *id < m.rules.helper_limit);
    let Some(number) = number else { return Err(Fault::HelperNumber { id }.into()) };
    let Some(helper) = Helper::by_id(number) else {
        // Only 0 is below the limit and no helper.
        return Err(Fault::HelperForKind { id: number, name: "unspec" }.into());
    };
    let kernel = match m.rules.dialect {
        Dialect::V6_1 => KernelVersion::new(6, 1),
        Dialect::V6_12 => KernelVersion::new(6, 12),
        Dialect::V6_18 => KernelVersion::new(6, 18),
    };
    let Some(prototype) = Caller::of_kind(m.kind).prototype(number, kernel) else {
        return Err(Fault::HelperForKind { id: number, name: helper.name }.into());
    };
    if !MODELLED.contains(&number) {
        return Err(Stop::feature(format!("helper {}", helper.name)));
    }
    if prototype.gpl_only && !m.gpl {
        return Err(Fault::HelperNeedsGpl.into());
    }
    Ok((helper, prototype))
}

/// `check_func_arg`, for all arguments in order.
pub(crate) fn check_arguments(m: &mut Machine<'_>, prototype: &Prototype) -> Checked<Call> {
    let mut call = Call::default();
    for (index, argument) in prototype.arguments.iter().enumerate() {
        let reg = index as u8 + 1;
        read_reg(m, reg)?;
        if argument.kind == ArgumentKind::Anything {
            continue;
        }
        let value = *m.state.reg(reg);
        if value.kind.is_packet() && !(m.kind == ProgramKind::XDP && prototype.takes_packet) {
            return Err(Fault::PacketForHelper.into());
        }
        check_kind(m, reg, &value, *argument)?;
        let before = index.checked_sub(1).and_then(|index| prototype.arguments.get(index));
        check_argument(m, reg, &value, *argument, before.copied(), &mut call)?;
    }
    Ok(call)
}

fn is_memory(kind: Kind) -> bool {
    matches!(kind, Kind::Stack | Kind::Packet | Kind::PacketMeta | Kind::MapValue)
}

/// `check_reg_type`.
fn check_kind(m: &Machine<'_>, reg: u8, value: &Reg, argument: Argument) -> Checked {
    let dialect = m.rules.dialect;
    let (fits, expected) = match argument.kind {
        ArgumentKind::Anything => return Ok(()),
        ArgumentKind::ConstMapPtr => (value.kind == Kind::Map, "map_ptr"),
        ArgumentKind::PtrToCtx => (value.kind == Kind::Context, "ctx"),
        ArgumentKind::ConstSize | ArgumentKind::ConstSizeOrZero => (value.is_scalar(), "scalar"),
        ArgumentKind::PtrToMapKey | ArgumentKind::PtrToMapValue if dialect == Dialect::V6_1 => {
            (is_memory(value.kind), "fp, pkt, pkt_meta, map_key, map_value")
        }
        _ if dialect == Dialect::V6_1 => {
            (is_memory(value.kind), "fp, pkt, pkt_meta, map_key, map_value, mem, alloc_mem, buf")
        }
        _ => {
            let all = "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_";
            (is_memory(value.kind), all)
        }
    };
    if !fits {
        return Err(Fault::ArgumentKind { reg, kind: value.kind, expected }.into());
    }
    // Pointers that can't be moved are as they were given.
    match value.kind {
        Kind::Context | Kind::Map => context::check_plain(value, reg, false),
        _ => Ok(()),
    }
}

fn check_argument(
    m: &mut Machine<'_>,
    reg: u8,
    value: &Reg,
    argument: Argument,
    before: Option<Argument>,
    call: &mut Call,
) -> Checked {
    let writes = before.is_some_and(|before| before.has(Flags::WRITTEN));
    match argument.kind {
        ArgumentKind::ConstMapPtr => {
            call.map = value.map;
            Ok(())
        }
        ArgumentKind::PtrToMapKey => {
            let map = m.map(call.map)?;
            let (kind, bytes) = (map.kind, i64::from(map.key_size));
            check_memory(m, reg, bytes, Access::Read, false, false, call)?;
            // MapKind(6) is a per-CPU array.
            if m.rules.infallible_array_lookup && matches!(kind, MapKind::ARRAY | MapKind(6)) {
                call.key = constant_key(m, value, bytes)?;
            }
            Ok(())
        }
        ArgumentKind::PtrToMapValue => {
            let bytes = i64::from(m.map(call.map)?.value_size);
            check_memory(m, reg, bytes, Access::Read, false, false, call)
        }
        ArgumentKind::ConstSize => check_size(m, reg, value, writes, false, call),
        ArgumentKind::ConstSizeOrZero => check_size(m, reg, value, writes, true, call),
        _ => Ok(()),
    }
}

/// `check_mem_size_reg`: a size, with the memory in the register before it.
fn check_size(
    m: &mut Machine<'_>,
    reg: u8,
    value: &Reg,
    writes: bool,
    zero_allowed: bool,
    call: &mut Call,
) -> Checked {
    let bounds = value.bounds;
    call.size = Some(bounds.umax);
    let access = if writes { Access::Write } else { Access::Read };
    // A buffer that is only partly filled must have been readable before.
    let fills = writes && bounds.as_const().is_some();
    if bounds.smin < 0 {
        return Err(Fault::SizeNegative { reg }.into());
    }
    if bounds.umin == 0 && m.rules.zero_size_is_own_error && !zero_allowed {
        return Err(Fault::SizeZero { reg, min: bounds.umin, max: bounds.umax }.into());
    }
    if bounds.umin == 0 && !m.rules.zero_size_is_own_error {
        check_memory(m, reg - 1, 0, access, zero_allowed, fills, call)?;
    }
    if bounds.umax >= MAX_OFFSET as u64 {
        return Err(Fault::SizeUnbounded { reg }.into());
    }
    check_memory(m, reg - 1, bounds.umax as i64, access, zero_allowed, fills, call)?;
    m.need_precise(reg)
}

/// `check_helper_mem_access`.
fn check_memory(
    m: &mut Machine<'_>,
    reg: u8,
    bytes: i64,
    access: Access,
    zero_allowed: bool,
    fills: bool,
    call: &mut Call,
) -> Checked {
    let base = *m.state.reg(reg);
    let off = i64::from(base.off);
    match base.kind {
        Kind::Packet | Kind::PacketMeta => packet::check(reg, &base, off, bytes, zero_allowed),
        Kind::MapValue => {
            let map = m.map(base.map)?;
            map_value::check_permission(map, access, off, bytes)?;
            map_value::check_region(reg, &base, off, bytes, i64::from(map.value_size), zero_allowed)
        }
        Kind::Stack => {
            let mut used =
                stack_range::Use { access, accessor: Accessor::Helper, zero_allowed, fills, filled: None };
            stack_range::check(m, reg, off, bytes, &mut used)?;
            if let Some(filled) = used.filled {
                call.fills = Some((reg, filled));
            }
            Ok(())
        }
        kind => Err(Fault::ArgumentKind { reg, kind, expected: "fp" }.into()),
    }
}

/// `get_constant_map_key`: the key on the stack, where all of it is one known number.
fn constant_key(m: &mut Machine<'_>, key: &Reg, bytes: i64) -> Checked<Option<u64>> {
    let (Kind::Stack, Some(variable)) = (key.kind, key.bounds.as_const()) else { return Ok(None) };
    let off = i64::from(key.off).wrapping_add(variable as i64);
    let (slot, first) = slot_of(off);
    let Some(entry) = m.state.stack.get(slot).copied() else { return Ok(None) };
    let run =
        |byte: Byte| entry.bytes[..=first].iter().rev().take_while(|kind| **kind == byte).count() as i64;
    if run(Byte::Zero) >= bytes {
        return Ok(Some(0));
    }
    if !entry.is_scalar_spill() || run(Byte::Spill) != bytes {
        return Ok(None);
    }
    let Some(value) = entry.spilled.as_const() else { return Ok(None) };
    m.need_precise_slot(slot)?;
    Ok(Some(value))
}
