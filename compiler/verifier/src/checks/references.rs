//! What a program acquires it must give back.

use crate::dialect::Rules;
use crate::explore::Machine;
use crate::state::{Held, Kind, Reference, Reg, State, flag};

/// The current call acquires something: its id.
pub(crate) fn acquire(m: &mut Machine<'_>) -> u32 {
    let id = m.fresh_id();
    let callback = if m.state.top.in_callback { u32::from(m.state.current()) } else { 0 };
    let insn = m.insn;
    m.state.references.push(Reference { what: Held::Pointer, id, insn, callback, owner: 0 });
    id
}

/// `release_reference_state`: says whether it was held, and may be given back here.
pub(crate) fn forget(m: &mut Machine<'_>, id: u32) -> bool {
    let number = u32::from(m.state.current());
    let in_callback = m.state.top.in_callback && m.rules.references_of_callbacks;
    let held = m.state.references.iter().find(|held| held.what == Held::Pointer && held.id == id);
    if held.is_none_or(|held| in_callback && held.callback != number) {
        return false;
    }
    forget_in(&mut m.state, id, m.rules);
    true
}

/// Reference `id` is held no more. The later kernels keep the order of the others.
pub(crate) fn forget_in(state: &mut State, id: u32, rules: &Rules) {
    let held = state.references.iter().position(|held| held.what == Held::Pointer && held.id == id);
    match held {
        Some(index) if rules.references_by_state => {
            state.references.remove(index);
        }
        Some(index) => {
            state.references.swap_remove(index);
        }
        None => {}
    }
}

/// What every processor has its own of, and now belongs to a map, is still there until RCU lets it go.
pub(crate) fn lend_per_cpu(m: &mut Machine<'_>, id: u32) {
    const OWNED: u16 = flag::ALLOC | flag::PERCPU;
    let whole = !m.rules.precise_spills;
    for reg in m.state.values_mut(whole).filter(|reg| reg.ref_obj == id) {
        if reg.kind.flags & OWNED == OWNED {
            reg.ref_obj = 0;
            reg.kind = reg.kind.without(flag::ALLOC).with(flag::RCU);
        }
    }
}

/// `release_reference`: also, no register holds it any more.
pub(crate) fn release(m: &mut Machine<'_>, id: u32) -> bool {
    if !forget(m, id) {
        return false;
    }
    let whole = !m.rules.precise_spills;
    let born = m.insn;
    for reg in m.state.values_mut(whole).filter(|reg| reg.ref_obj == id) {
        reg.copy_from(&Reg { kind: Kind::SCALAR, born, ..Reg::unknown() });
    }
    true
}
