//! Memory that helpers read and write: `check_helper_mem_access` and sizes.

use gobpf_bpf::insn::Size;
use gobpf_bpf::tables::MapKind;

use crate::checks::helpers::Call;
use crate::checks::memory::{self, Request};
use crate::checks::{btf, buffer, context, map_value, packet, stack_range};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Access, Accessor, Checked, Fault, HelperFault};
use crate::state::{Base, Byte, Extra, Kind, MAX_OFFSET, Reg, flag, slot_of};

/// How memory is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub access: Access,
    pub zero_allowed: bool,
    /// The helper fills it, so that it need not be readable.
    pub raw: bool,
}

/// `check_helper_mem_access`: the register points to so many bytes.
pub(crate) fn check(m: &mut Machine<'_>, reg: u8, bytes: i64, used: Use, call: Option<&mut Call>) -> Checked {
    let base = *m.state.reg(reg);
    let off = i64::from(base.off);
    let Use { access, zero_allowed, raw } = used;
    let read_only = |m: &Machine<'_>| -> Checked {
        let found = btf::kind_name(m, &base);
        Err(HelperFault::CannotWrite { reg, found }.into())
    };
    match base.kind.base {
        Base::Packet | Base::PacketMeta => packet::check(reg, &base, off, bytes, zero_allowed),
        Base::MapKey => {
            if access == Access::Write {
                return read_only(m);
            }
            let size = i64::from(m.map(base.map)?.key_size);
            map_value::check_region(reg, &base, off, bytes, size, false)
        }
        Base::MapValue => {
            let map = m.map(base.map)?;
            map_value::check_permission(map, access, off, bytes)?;
            map_value::check(m, reg, &base, off, bytes, zero_allowed)
        }
        Base::Mem => {
            if base.kind.has(flag::RDONLY) && access == Access::Write {
                return read_only(m);
            }
            let Extra::Mem { size, .. } = base.extra else { return Ok(()) };
            map_value::check_region(reg, &base, off, bytes, i64::from(size), zero_allowed)
        }
        Base::Buf => {
            if base.kind.has(flag::RDONLY) && access == Access::Write {
                return read_only(m);
            }
            buffer::check(reg, &base, off, bytes)
        }
        Base::Stack => {
            let mut used = stack_range::Use {
                access,
                accessor: Accessor::Helper,
                zero_allowed,
                fills: raw,
                filled: None,
            };
            stack_range::check(m, reg, off, bytes, &mut used)?;
            if let (Some(filled), Some(call)) = (used.filled, call) {
                call.fills = Some((reg, filled));
            }
            Ok(())
        }
        Base::Context if !context::is_rewritten(m.kind) => {
            if bytes == 0 {
                return match zero_allowed {
                    true => Ok(()),
                    false => Err(HelperFault::SilentlyRefused.into()),
                };
            }
            // Its size is only known by what may be accessed.
            let request = Request {
                base: reg,
                off: (bytes - 1) as i32,
                bytes: Size::B.bytes(),
                access,
                value: None,
                constant: None,
                signed: false,
                atomic: false,
            };
            memory::access(m, request)
        }
        Base::BtfId if m.rules.dialect != Dialect::V6_1 => btf::check_read(m, reg, &base, off, bytes),
        _ => {
            if zero_allowed && bytes == 0 && base.is_null() {
                return Ok(());
            }
            Err(HelperFault::Kind { reg, kind: base.kind, expected: &[Kind::STACK] }.into())
        }
    }
}

/// `check_mem_size_reg`: a size, with the memory in the register before it.
pub(crate) fn check_size(
    m: &mut Machine<'_>,
    reg: u8,
    value: &Reg,
    access: Access,
    zero_allowed: bool,
    call: &mut Call,
) -> Checked {
    let bounds = value.bounds;
    call.size = Some(bounds.umax);
    // A buffer that is only partly filled must have been readable before.
    let raw = call.raw && bounds.as_const().is_some();
    let used = Use { access, zero_allowed, raw };
    check_sized(m, reg, value, used, Some(call))
}

/// The same, for whoever takes memory and its size.
pub(crate) fn check_sized(
    m: &mut Machine<'_>,
    reg: u8,
    value: &Reg,
    used: Use,
    mut call: Option<&mut Call>,
) -> Checked {
    let bounds = value.bounds;
    if bounds.smin < 0 {
        return Err(Fault::SizeNegative { reg }.into());
    }
    if bounds.umin == 0 && m.rules.zero_size_is_own_error && !used.zero_allowed {
        return Err(Fault::SizeZero { reg, min: bounds.umin, max: bounds.umax }.into());
    }
    if bounds.umin == 0 && !m.rules.zero_size_is_own_error {
        check(m, reg - 1, 0, used, call.as_deref_mut())?;
    }
    if bounds.umax >= MAX_OFFSET as u64 {
        return Err(Fault::SizeUnbounded { reg }.into());
    }
    check(m, reg - 1, bounds.umax as i64, used, call)?;
    m.need_precise(reg)
}

/// The key of a map.
pub(crate) fn check_key(m: &mut Machine<'_>, call: &mut Call, reg: u8, value: &Reg) -> Checked {
    let map = m.map(call.map)?;
    let (kind, bytes) = (map.kind, i64::from(map.key_size));
    check(m, reg, bytes, Use { access: Access::Read, zero_allowed: false, raw: false }, None)?;
    if m.rules.infallible_array_lookup && matches!(kind, MapKind::ARRAY | MapKind::PERCPU_ARRAY) {
        call.key = constant_key(m, value, bytes)?;
    }
    Ok(())
}

/// `get_constant_map_key`: the key on the stack, where all of it is one known number.
fn constant_key(m: &mut Machine<'_>, key: &Reg, bytes: i64) -> Checked<Option<u64>> {
    let (Kind::STACK, Some(variable)) = (key.kind, key.bounds.as_const()) else { return Ok(None) };
    let off = i64::from(key.off).wrapping_add(variable as i64);
    let (slot, first) = slot_of(off);
    let Some(entry) = m.state.frame(key.frame).stack.get(slot).copied() else { return Ok(None) };
    let run =
        |byte: Byte| entry.bytes[..=first].iter().rev().take_while(|kind| **kind == byte).count() as i64;
    if run(Byte::Zero) >= bytes {
        return Ok(Some(0));
    }
    if !entry.is_scalar_spill() || run(Byte::Spill) != bytes {
        return Ok(None);
    }
    let Some(value) = entry.spilled.as_const() else { return Ok(None) };
    m.need_precise_slot(key.frame, slot)?;
    Ok(Some(value))
}

/// The helper writes `bytes` bytes to the stack where `reg` points.
pub(crate) fn fill(m: &mut Machine<'_>, reg: u8, bytes: i64) -> Checked {
    for off in 0..bytes {
        let request = Request {
            base: reg,
            off: off as i32,
            bytes: Size::B.bytes(),
            access: Access::Write,
            value: None,
            constant: None,
            signed: false,
            atomic: false,
        };
        memory::access(m, request)?;
    }
    Ok(())
}
