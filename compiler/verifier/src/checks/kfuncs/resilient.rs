//! Locks whose taking may fail (`bpf_res_spin_lock`).

use crate::bounds::Bounds;
use crate::checks::calls;
use crate::checks::helpers::locks::{self, Operation};
use crate::explore::Machine;
use crate::fault::{Checked, Fault, ObjectFault, Stop};
use crate::state::{Held, Kind, Reg, flag};
use crate::transfer::assign;

/// Errors are not below this.
const MAX_ERRNO: i64 = 4095;

/// The functions.
const FUNCTIONS: [(&str, Operation); 4] = [
    ("bpf_res_spin_lock", Operation { locks: true, what: Held::ResilientLock }),
    ("bpf_res_spin_unlock", Operation { locks: false, what: Held::ResilientLock }),
    ("bpf_res_spin_lock_irqsave", Operation { locks: true, what: Held::ResilientLockIrq }),
    ("bpf_res_spin_unlock_irqrestore", Operation { locks: false, what: Held::ResilientLockIrq }),
];

fn operation(name: &str) -> Option<Operation> {
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation)
}

/// Whether the function takes such a lock.
pub(super) fn locks(name: &str) -> bool {
    operation(name).is_some_and(|operation| operation.locks)
}

/// The path on which the lock was not taken is followed later.
pub(super) fn fail(m: &mut Machine<'_>) -> Checked {
    let taken = m.state.clone();
    calls::forget_caller_saved(m);
    let mut bounds = Bounds::UNKNOWN;
    (bounds.smin, bounds.smax) = (-MAX_ERRNO, -1);
    (bounds.smin32, bounds.smax32) = (-MAX_ERRNO as i32, -1);
    bounds.sync(m.rules.deduction);
    assign(m, 0, Reg { bounds, ..Reg::unknown() });
    let failed = std::mem::replace(&mut m.state, taken);
    m.push(m.insn + 1, failed).map_err(|stop| match stop {
        Stop::Fault(fault) => {
            Fault::Then(Box::new(fault), Box::new(Fault::Object(ObjectFault::FailedLockPath))).into()
        }
        stop => stop,
    })
}

/// Argument `number` of `name` is the lock.
pub(super) fn argument(m: &mut Machine<'_>, name: &str, number: usize, value: &Reg) -> Checked {
    if value.kind != Kind::MAP_VALUE && value.kind != Kind::BTF_ID.with(flag::ALLOC) {
        return Err(ObjectFault::NotLockHolder { number }.into());
    }
    match operation(name) {
        Some(operation) => locks::spin_lock(m, operation, number as u8 + 1, value),
        None => Ok(()),
    }
}
