//! Work that is done later (`bpf_wq`, `bpf_task_work`).

use crate::checks::helpers::locks;
use crate::checks::kfuncs::Call;
use crate::checks::records::FieldKind;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, HelperFault, ObjectFault, Stop};
use crate::state::{Base, Kind, Reg};

/// Where the kernel's verifier looks for fields that may not be there, it fails itself.
const CRASH: &str = "work in a map without types (the kernel's verifier itself fails on it)";

/// `process_wq_func`, `process_task_work_func`: argument `number` is the work in a value of a map.
pub(super) fn argument(
    m: &Machine<'_>,
    call: &mut Call,
    number: usize,
    value: &Reg,
    kind: FieldKind,
) -> Checked {
    if value.kind != Kind::MAP_VALUE {
        return Err(ObjectFault::NotMapValue { number }.into());
    }
    if m.rules.dialect == Dialect::V6_18 {
        locks::check_field(m, number as u8 + 1, value, kind)?;
        call.map = Some((value.map, value.map_uid));
        return Ok(());
    }
    let what = kind.name();
    let record = m.record_of(value.map)?;
    if record.fields.is_empty() {
        return Err(Stop::feature(CRASH));
    }
    let off = i64::from(value.off).wrapping_add(value.bounds.tnum.value as i64);
    let at = record.offset_of(kind);
    if at.map(i64::from) != Some(off) {
        // Where there is none, its place is an error's number.
        let at = at.unwrap_or((-22i32) as u32);
        return Err(HelperFault::FieldElsewhere { off, what, at }.into());
    }
    call.map = Some((value.map, value.map_uid));
    Ok(())
}

/// The map that the work is in is passed, too.
pub(super) fn check_map(m: &Machine<'_>, call: &mut Call, value: &Reg) -> Checked {
    let Some((map, uid)) = call.map else {
        call.map = Some((value.map, value.map_uid));
        return Ok(());
    };
    // What isn't a map is read as one.
    let is_map = matches!(value.kind.base, Base::Map | Base::MapValue | Base::MapKey);
    let record = m.record_of(value.map.filter(|_| is_map));
    let Some(record) = record.ok().filter(|record| !record.fields.is_empty()) else {
        return Err(Stop::feature(CRASH));
    };
    let of_task = record.has(FieldKind::TaskWork);
    let works = of_task || record.has(FieldKind::WorkQueue);
    if works && (map, uid) != (value.map, value.map_uid) {
        return Err(ObjectFault::OtherMap { uid, other: value.map_uid, of_task }.into());
    }
    call.map = Some((value.map, value.map_uid));
    Ok(())
}
