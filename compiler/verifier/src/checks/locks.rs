//! What a program may not do while it holds a lock or must not sleep, and what must be over at its end.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::pseudo;

use crate::checks::calls;
use crate::checks::helpers::id;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, Section, Stop};

fn holds_lock(m: &Machine<'_>) -> bool {
    m.state.lock != (0, 0)
}

/// Functions of the kernel that may be called while a lock is held, as they begin, and since when.
const WITH_LOCK: &[(&str, Dialect)] = &[
    ("bpf_list_", Dialect::V6_12),
    ("bpf_rbtree_", Dialect::V6_12),
    ("bpf_refcount_acquire_impl", Dialect::V6_12),
    ("bpf_iter_num_", Dialect::V6_18),
    ("bpf_res_spin_", Dialect::V6_18),
    ("bpf_arena_", Dialect::V6_18),
];

/// While a lock is held, nothing is called but what gives it back, and what the lock is for.
pub(crate) fn check_call(m: &Machine<'_>, insn: Insn) -> Checked {
    if !holds_lock(m) {
        return Ok(());
    }
    let unlocks = insn.src == 0 && insn.imm == id::SPIN_UNLOCK as i32;
    let refused = match m.rules.dialect {
        Dialect::V6_1 => insn.src == pseudo::CALL || insn.imm != id::SPIN_UNLOCK as i32,
        _ if insn.src == pseudo::KFUNC_CALL => !m.kfuncs.get(&m.insn).is_some_and(|name| {
            WITH_LOCK.iter().any(|(known, since)| name.starts_with(known) && *since <= m.rules.dialect)
        }),
        _ => insn.src == 0 && !unlocks,
    };
    if refused { Err(Fault::CallWithLock.into()) } else { Ok(()) }
}

/// A global function may do anything, so that it is not called where that is not allowed.
pub(crate) fn check_global_call(m: &Machine<'_>, index: usize) -> Checked {
    if m.rules.dialect == Dialect::V6_1 {
        return Ok(());
    }
    if holds_lock(m) {
        return Err(Fault::GlobalCallIn { section: "while holding a lock" }.into());
    }
    if m.rules.summarizes_sleep {
        let in_section = m.state.rcu > 0 || m.state.preempt > 0 || m.state.irq != 0;
        let sleeps = m.functions[index].might_sleep && (in_section || !m.may_sleep());
        return if sleeps { Err(Fault::GlobalCallSleeps.into()) } else { Ok(()) };
    }
    if m.state.preempt > 0 {
        return Err(Fault::GlobalCallIn { section: "with preemption disabled" }.into());
    }
    Ok(())
}

/// The end of a function: at the program's end, and in 6.1 everywhere, locks must be given back.
pub(crate) fn check_exit(m: &Machine<'_>) -> Checked {
    let is_main = m.state.callers.is_empty();
    match m.rules.dialect {
        Dialect::V6_1 if holds_lock(m) => {
            return Err(Fault::SectionOpen { section: Section::Lock, at: None }.into());
        }
        Dialect::V6_1 => {}
        _ if m.rules.references_by_state => {
            return check_all(m, is_main, "BPF_EXIT instruction in main prog");
        }
        _ => {
            if let Some(section) = open_section(m).filter(|_| is_main) {
                return Err(Fault::SectionOpen { section, at: None }.into());
            }
        }
    }
    calls::check_leaks(m, None)
}

/// An exception ends the program in whatever function it is.
pub(crate) fn check_throw(m: &Machine<'_>) -> Checked {
    const AT: &str = "bpf_throw";
    if m.rules.references_by_state {
        return check_held(m, AT);
    }
    if let Some(section) = open_section(m) {
        return Err(Fault::SectionOpen { section, at: Some(AT) }.into());
    }
    calls::check_no_references(m, None)
}

/// A tail call ends the program too.
pub(crate) fn check_tail_call(m: &Machine<'_>) -> Checked {
    const AT: &str = "tail_call";
    if m.rules.references_by_state {
        return check_all(m, true, AT);
    }
    if m.rules.dialect == Dialect::V6_1 {
        return calls::check_leaks(m, Some(AT));
    }
    if holds_lock(m) {
        return Err(Fault::SectionOpen { section: Section::Lock, at: Some(AT) }.into());
    }
    calls::check_leaks(m, Some(AT))?;
    match open_section(m) {
        Some(section) => Err(Fault::SectionOpen { section, at: Some(AT) }.into()),
        None => Ok(()),
    }
}

/// A legacy load from the packet may end the function.
pub(crate) fn check_packet_load(m: &Machine<'_>) -> Checked {
    const AT: &str = "BPF_LD_[ABS|IND]";
    if m.rules.references_by_state {
        return check_all(m, true, AT);
    }
    calls::check_leaks(m, None).map_err(|stop| match stop {
        Stop::Fault(fault) => Fault::Then(Box::new(fault), Box::new(Fault::LegacyLoadWithReferences)).into(),
        stop => stop,
    })?;
    match open_section(m) {
        Some(section) => Err(Fault::SectionOpen { section, at: Some(AT) }.into()),
        None => Ok(()),
    }
}

/// `check_resource_leak`.
fn check_all(m: &Machine<'_>, locks_too: bool, at: &'static str) -> Checked {
    if locks_too && holds_lock(m) {
        return Err(Fault::SectionOpen { section: Section::Lock, at: Some(at) }.into());
    }
    calls::check_leaks(m, Some(at))?;
    match open_section(m).filter(|_| locks_too) {
        Some(section) => Err(Fault::SectionOpen { section, at: Some(at) }.into()),
        None => Ok(()),
    }
}

/// The same in whatever function: nothing may be held.
fn check_held(m: &Machine<'_>, at: &'static str) -> Checked {
    if holds_lock(m) {
        return Err(Fault::SectionOpen { section: Section::Lock, at: Some(at) }.into());
    }
    calls::check_no_references(m, Some(at))?;
    match open_section(m) {
        Some(section) => Err(Fault::SectionOpen { section, at: Some(at) }.into()),
        None => Ok(()),
    }
}

fn open_section(m: &Machine<'_>) -> Option<Section> {
    if holds_lock(m) {
        Some(Section::Lock)
    } else if m.state.irq != 0 {
        Some(Section::Irq)
    } else if m.state.rcu > 0 {
        Some(Section::Rcu)
    } else if m.state.preempt > 0 {
        Some(Section::Preempt { depth: m.state.preempt })
    } else {
        None
    }
}
