//! Spin locks and timers in map values, and locks in objects of the program's own.

use crate::checks::helpers::Call;
use crate::checks::objects;
use crate::checks::records::FieldKind;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, HelperFault, ObjectFault, Stop};
use crate::state::{Base, Held, Reference, Reg};

/// `check_map_field_pointer`: `value` points to its field of `kind`.
pub(crate) fn check_field(m: &Machine<'_>, reg: u8, value: &Reg, kind: FieldKind) -> Checked {
    let what = kind.name();
    let Some(variable) = value.bounds.as_const() else {
        return Err(HelperFault::FieldNotConstant { reg, what }.into());
    };
    let missing: Stop = if value.kind.base == Base::MapValue {
        let map = m.map(value.map)?;
        let map_name = map.name.get(..15).unwrap_or(&map.name).to_owned();
        if map.value.is_none() {
            return Err(HelperFault::MapWithoutBtf { map: map_name, what }.into());
        }
        HelperFault::NoField { map: map_name, what }.into()
    } else {
        ObjectFault::LocalWithoutLock { what }.into()
    };
    let record = match value.kind.base {
        Base::MapValue => Some(m.record_of(value.map)?),
        _ => objects::record_of(m, value)?,
    };
    let Some(at) = record.and_then(|record| record.offset_of(kind)) else { return Err(missing) };
    let off = (variable as i64).wrapping_add(i64::from(value.off));
    if i64::from(at) != off {
        return Err(HelperFault::FieldElsewhere { off, what, at }.into());
    }
    Ok(())
}

/// Which lock a call takes or gives back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    pub locks: bool,
    pub what: Held,
}

impl Operation {
    /// The field that is such a lock, and what messages call it.
    fn field(self) -> (FieldKind, &'static str) {
        match self.what {
            Held::ResilientLock | Held::ResilientLockIrq => (FieldKind::ResilientSpinLock, "bpf_res_spin"),
            _ => (FieldKind::SpinLock, "bpf_spin"),
        }
    }
}

/// `process_spin_lock`.
pub(crate) fn spin_lock(m: &mut Machine<'_>, operation: Operation, reg: u8, value: &Reg) -> Checked {
    let (kind, what) = operation.field();
    check_field(m, reg, value, kind)?;
    let owner = match m.rules.dialect {
        // 6.1 knows the lock by its id alone.
        Dialect::V6_1 => 0,
        _ => objects::owner(value),
    };
    let lock = (value.id, owner);
    let is_held = m.state.lock != (0, 0);
    let held = |known: &Reference| known.what.is_lock() && (known.id, known.owner) == lock;
    if operation.locks {
        let is_plain = operation.what == Held::Lock;
        if is_held && is_plain {
            return Err(HelperFault::TwoLocks.into());
        }
        let is_resilient = |known: &&Reference| known.what != Held::Lock && held(known);
        if !is_plain && m.state.references.iter().any(|known| is_resilient(&known)) {
            return Err(ObjectFault::SameLock.into());
        }
        m.state.lock = lock;
        if m.rules.references_by_state {
            let insn = m.insn;
            m.state.references.push(Reference { what: operation.what, id: lock.0, insn, callback: 0, owner });
        }
        return Ok(());
    }
    if !is_held {
        return Err(ObjectFault::UnlockWithout { what }.into());
    }
    if m.rules.references_by_state {
        let is_it = |known: &Reference| known.what == operation.what && held(known);
        let Some(index) = m.state.references.iter().position(is_it) else {
            return Err(ObjectFault::UnlockOther { what }.into());
        };
        if m.state.lock != lock {
            return Err(ObjectFault::UnlockOrder { what }.into());
        }
        let before = m.state.references[..index].iter().rev().find(|known| known.what.is_lock());
        m.state.lock = before.map_or((0, 0), |before| (before.id, before.owner));
        m.state.references.remove(index);
    } else {
        if m.state.lock != lock {
            return Err(ObjectFault::UnlockOther { what }.into());
        }
        m.state.lock = (0, 0);
    }
    objects::forget_borrowed(m);
    Ok(())
}

/// `process_timer_func`.
pub(super) fn timer(m: &mut Machine<'_>, call: &mut Call, reg: u8, value: &Reg) -> Checked {
    check_field(m, reg, value, FieldKind::Timer)?;
    (call.map, call.map_uid) = (value.map, value.map_uid);
    Ok(())
}
