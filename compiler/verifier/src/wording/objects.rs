//! The kernel's words about objects of the program's own, lists and trees, locks and interrupts.

use crate::dialect::Dialect;
use crate::fault::{Fault, ObjectFault, OtherNode};

pub(super) fn message(fault: &Fault, dialect: Dialect) -> Option<String> {
    let Fault::Object(fault) = fault else { return None };
    allocation(fault, dialect)
        .or_else(|| graph(fault, dialect))
        .or_else(|| locks(fault))
        .or_else(|| rest(fault))
}

fn allocation(fault: &ObjectFault, dialect: Dialect) -> Option<String> {
    use ObjectFault as O;
    const NEW: &str = "bpf_obj_new/bpf_percpu_obj_new";
    const PER_CPU: &str = "bpf_percpu_obj_new type";
    Some(match fault {
        O::TypeTooLarge => "local type ID argument must be in range [0, U32_MAX]".into(),
        O::NoTypes => format!("{NEW} requires prog BTF"),
        O::TypeNotStruct => format!("{NEW} type ID argument must be of a struct"),
        O::PerCpuTooLarge { size, most } => format!("{PER_CPU} size ({size}) is greater than {most}"),
        O::PerCpuNotScalars => format!("{PER_CPU} ID argument must be of a struct of scalars"),
        O::PerCpuFields => format!("{PER_CPU} ID argument must not contain special fields"),
        O::OtherDrop { number, wanted } => format!("arg#{number} expected for {wanted}()"),
        O::NotAllocated { number } => format!("arg#{number} expected pointer to allocated object"),
        O::NotReferenced => "allocated object must be referenced".into(),
        O::NotCounted { number } => format!("arg#{number} is neither owning or non-owning ref"),
        O::NoCounter { number } => format!("arg#{number} doesn't point to a type with bpf_refcount field"),
        O::NoRecord => {
            let bug = if dialect == Dialect::V6_18 { "verifier bug" } else { "verifier internal error" };
            format!("{bug}: Couldn't find btf_record")
        }
        O::NotAcquired { name, id } => format!("kfunc {name}#{id} reference has not been acquired before"),
        O::Field { what } => format!("direct access to {what} is disallowed"),
        _ => return None,
    })
}

fn graph(fault: &ObjectFault, dialect: Dialect) -> Option<String> {
    use ObjectFault as O;
    Some(match fault {
        O::NotHolder { number } => {
            format!("arg#{number} expected pointer to map value or allocated object")
        }
        O::NotFound { what, off } => format!("{what} not found at offset={off}"),
        O::NotLocked { what, lock, other } => {
            let first = if *other { "held lock and object are not in the same allocation\n" } else { "" };
            format!("{first}bpf_spin_lock at off={lock} must be held for {what}")
        }
        O::OtherNode(other) => {
            let OtherNode { root, node, at, of, off, found } = &**other;
            format!(
                "operation on {root} expects arg#1 {node} at offset={at} in struct {of}, but arg is at offset={off} in struct {found}"
            )
        }
        O::NodeElsewhere { off, what, at, of } => {
            format!("arg#1 offset={off}, but expected {what} at offset={at} in struct {of}")
        }
        O::NodeOwned { .. } if dialect != Dialect::V6_18 => {
            "rbtree_remove node input must be non-owning ref".into()
        }
        O::NodeOwned { name } => format!("{name} can only take non-owning or refcounted bpf_rb_node pointer"),
        O::InLess { .. } if dialect != Dialect::V6_18 => "rbtree_remove not allowed in rbtree cb".into(),
        O::InLess { name } => format!("{name} not allowed in rbtree cb"),
        O::Callback { name, id } => format!("kfunc {name}#{id} failed callback verification"),
        O::NotFunction { number } => format!("arg{number} expected pointer to func"),
        _ => return None,
    })
}

fn locks(fault: &ObjectFault) -> Option<String> {
    use ObjectFault as O;
    Some(match fault {
        O::NotLockHolder { number } => {
            format!("arg#{number} doesn't point to map value or allocated object")
        }
        O::LocalWithoutLock { what } => format!("local 'kptr' has no valid {what}"),
        O::SameLock => "Acquiring the same lock again, AA deadlock detected".into(),
        O::FailedLockPath => "failed to push state for failed lock acquisition".into(),
        O::UnlockWithout { what } => format!("{what}_unlock without taking a lock"),
        O::UnlockOther { what } => format!("{what}_unlock of different lock"),
        O::UnlockOrder { what } => format!("{what}_unlock cannot be out of order"),
        _ => return None,
    })
}

fn rest(fault: &ObjectFault) -> Option<String> {
    use ObjectFault as O;
    Some(match fault {
        O::NotFlag { number } => format!("arg#{number} doesn't point to an irq flag on stack"),
        O::FlagUsed { number } => format!("expected uninitialized irq flag as arg#{number}"),
        O::FlagNotInitialised { number } => format!("expected an initialized irq flag as arg#{number}"),
        O::FlagOfOthers { by_lock } => {
            let (by, with) = if *by_lock { ("lock", "native") } else { ("native", "lock") };
            format!("irq flag acquired by {by} kfuncs cannot be restored with {with} kfuncs")
        }
        O::FlagOrder { id, insn } => {
            format!("cannot restore irq state out of order, expected id={id} acquired at insn_idx={insn}")
        }
        O::NotMapValue { number } => format!("arg#{number} doesn't point to a map value"),
        O::OtherMap { uid, other, of_task: true } => {
            format!(
                "bpf_task_work pointer in R2 map_uid={uid} doesn't match map pointer in R3 map_uid={other}"
            )
        }
        O::OtherMap { uid, other, .. } => {
            format!("workqueue pointer in R1 map_uid={uid} doesn't match map pointer in R2 map_uid={other}")
        }
        O::ThrowInCallback { insn, function } => {
            format!("bpf_throw kfunc (insn {insn}) cannot be called from callback subprog {function}")
        }
        O::NoVisit { calls, component } => {
            let chain: Vec<String> = calls.iter().chain([component]).map(u32::to_string).collect();
            format!("verifier bug: scc exit: no visit info for call chain ({})", chain.join(","))
        }
        O::CssTask => "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs".into(),
        _ => return None,
    })
}
