//! Accesses to values of maps.

use gobpf_bpf::Map;
use gobpf_bpf::tables::MapKind;

use crate::bounds::Bounds;
use crate::checks::encoding::{RDONLY_PROG, WRONLY_PROG};
use crate::checks::kptr;
use crate::checks::memory::{Request, load_unknown};
use crate::checks::records::FieldKind;
use crate::explore::Machine;
use crate::fault::{Access, Checked, End, Fault, MemoryFault, Region};
use crate::state::{MAX_OFFSET, Reg};
use crate::transfer::assign;

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let map = m.map(base.map)?;
    let bytes = i64::from(request.bytes);
    check_permission(map, request.access, off, bytes)?;
    check_by(m, request.base, base, off, bytes, By { zero_allowed: false, is_direct: true })?;
    if let Some(pointer) = kptr::at(m, base, off) {
        return kptr::access(m, base, request, off, pointer);
    }
    let (Access::Read, Some(value)) = (request.access, request.value) else { return Ok(()) };
    match frozen_bytes(map, base, off, request.bytes) {
        Some(bytes) => {
            let mut constant = u64::from_le_bytes(bytes);
            if request.signed {
                let mut bounds = Bounds::constant(constant);
                bounds.sign_extend(request.bytes);
                constant = bounds.umin;
            }
            assign(m, value, Reg::constant(constant));
        }
        None => load_unknown(m, request),
    }
    Ok(())
}

/// What the kernel reads from a map that nobody can change any more, zero-extended.
fn frozen_bytes(map: &Map, base: &Reg, off: i64, bytes: u32) -> Option<[u8; 8]> {
    let contents = map.contents.as_ref().filter(|contents| contents.frozen)?;
    if map.flags & RDONLY_PROG == 0 || map.kind != MapKind::ARRAY {
        return None;
    }
    let at = usize::try_from(off.checked_add(base.bounds.as_const()? as i64)?).ok()?;
    let end = at.checked_add(bytes as usize)?;
    if contents.unknown.iter().any(|unknown| at < unknown.end as usize && (unknown.start as usize) < end) {
        return None;
    }
    let read = contents.data.get(at..end)?;
    let mut value = [0; 8];
    value.get_mut(..read.len())?.copy_from_slice(read);
    Some(value)
}

/// The map's flags: the kernel adds some of its own.
pub(crate) fn flags_of(map: &Map) -> u32 {
    match map.kind {
        MapKind::DEVMAP | MapKind::DEVMAP_HASH => map.flags | RDONLY_PROG,
        _ => map.flags,
    }
}

/// `check_map_access_type`: the map's flags allow it.
pub(crate) fn check_permission(map: &Map, access: Access, off: i64, bytes: i64) -> Checked {
    let refused = match access {
        Access::Read => WRONLY_PROG,
        Access::Write => RDONLY_PROG,
    };
    if flags_of(map) & refused != 0 {
        return Err(Fault::MapForbidden { access, value_size: map.value_size, off, bytes }.into());
    }
    Ok(())
}

/// Whose access it is.
#[derive(Clone, Copy)]
struct By {
    zero_allowed: bool,
    /// The instruction's own, not a helper's.
    is_direct: bool,
}

/// `check_map_access` by a helper: within the value, and not where the kernel keeps something of its own.
pub(crate) fn check(
    m: &Machine<'_>,
    reg: u8,
    base: &Reg,
    off: i64,
    bytes: i64,
    zero_allowed: bool,
) -> Checked {
    check_by(m, reg, base, off, bytes, By { zero_allowed, is_direct: false })
}

fn check_by(m: &Machine<'_>, reg: u8, base: &Reg, off: i64, bytes: i64, by: By) -> Checked {
    let map = m.map(base.map)?;
    check_region(reg, base, off, bytes, i64::from(map.value_size), by.zero_allowed)?;
    if map.value.is_none() {
        return Ok(());
    }
    let first = base.bounds.smin.saturating_add(off);
    let end = (base.bounds.umax as i64).saturating_add(off).saturating_add(bytes);
    for field in &m.record_of(base.map)?.fields {
        let at = i64::from(field.off);
        if first >= at + i64::from(field.kind.size()) || at >= end {
            continue;
        }
        match field.kind {
            FieldKind::Pointer(_) => {
                kptr::check_access(m, base, field.off, field.kind, off, bytes, by.is_direct)?;
            }
            kind => return Err(MemoryFault::KernelField { what: kind.name() }.into()),
        }
    }
    Ok(())
}

/// `check_mem_region_access`: `bytes` at any offset that `base` may have lie within `size`.
pub(crate) fn check_region(
    reg: u8,
    base: &Reg,
    off: i64,
    bytes: i64,
    size: i64,
    zero_allowed: bool,
) -> Checked {
    let Bounds { smin, umax, .. } = base.bounds;
    let least = smin.checked_add(off);
    if smin < 0 && least.is_none_or(|least| least < 0 || i32::try_from(least).is_err()) {
        return Err(Fault::NegativeMin { reg }.into());
    }
    let check = |off: i64, end: End| {
        // The kernel's offset has 32 bits here.
        let off = i64::from(off as i32);
        let sized = bytes > 0 || (bytes == 0 && zero_allowed);
        if off >= 0 && sized && off + bytes <= size {
            return Ok(());
        }
        let region = Region { reg, kind: base.kind, size, off, bytes, id: base.id };
        Err(Fault::OutsideRegion { region, end })
    };
    check(smin.wrapping_add(off), End::Min)?;
    if umax >= MAX_OFFSET as u64 {
        return Err(Fault::UnboundedAccess { reg }.into());
    }
    check((umax as i64).wrapping_add(off), End::Max)?;
    Ok(())
}
