//! Spin locks and timers in map values.

use crate::checks::helpers::Call;
use crate::checks::records::FieldKind;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, HelperFault};
use crate::state::{Held, Reference, Reg};

/// Where the field is that `value` points to, of `kind`.
fn check_field(m: &Machine<'_>, reg: u8, value: &Reg, kind: FieldKind) -> Checked {
    let what = kind.name();
    let Some(variable) = value.bounds.as_const() else {
        return Err(HelperFault::FieldNotConstant { reg, what }.into());
    };
    let map = m.map(value.map)?;
    let name = || map.name.get(..15).unwrap_or(&map.name).to_owned();
    if map.value.is_none() {
        return Err(HelperFault::MapWithoutBtf { map: name(), what }.into());
    }
    let record = m.record_of(value.map)?;
    let Some(field) = record.fields.iter().find(|field| field.kind == kind) else {
        return Err(HelperFault::NoField { map: name(), what }.into());
    };
    let off = (variable as i64).wrapping_add(i64::from(value.off));
    if i64::from(field.off) != off {
        return Err(HelperFault::FieldElsewhere { off, what, at: field.off }.into());
    }
    Ok(())
}

/// `process_spin_lock`.
pub(super) fn spin_lock(m: &mut Machine<'_>, locks: bool, reg: u8, value: &Reg) -> Checked {
    check_field(m, reg, value, FieldKind::SpinLock)?;
    let owner = match m.rules.dialect {
        // 6.1 knows the lock by its id alone.
        Dialect::V6_1 => 0,
        _ => u64::from(value.map.map_or(0, |map| map.0)) + 1,
    };
    let held = m.state.lock;
    let is_held = held != (0, 0);
    if locks {
        if is_held {
            return Err(HelperFault::TwoLocks.into());
        }
        m.state.lock = (value.id, owner);
        if m.rules.references_by_state {
            let insn = m.insn;
            let reference = Reference { what: Held::Lock, id: value.id, insn, callback: 0, owner };
            m.state.references.push(reference);
        }
        return Ok(());
    }
    if !is_held {
        return Err(HelperFault::UnlockWithout.into());
    }
    if held != (value.id, owner) {
        return Err(HelperFault::UnlockOther.into());
    }
    m.state.lock = (0, 0);
    m.state.references.retain(|reference| reference.what != Held::Lock);
    Ok(())
}

/// `process_timer_func`.
pub(super) fn timer(m: &mut Machine<'_>, call: &mut Call, reg: u8, value: &Reg) -> Checked {
    check_field(m, reg, value, FieldKind::Timer)?;
    (call.map, call.map_uid) = (value.map, value.map_uid);
    Ok(())
}
