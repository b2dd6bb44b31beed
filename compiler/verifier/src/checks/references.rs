//! What a program acquires it must give back.

use crate::explore::Machine;
use crate::state::{Held, Kind, Reference, Reg};

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
    let references = &mut m.state.references;
    let Some(index) = references.iter().position(|held| held.what == Held::Pointer && held.id == id) else {
        return false;
    };
    if in_callback && references[index].callback != number {
        return false;
    }
    references.swap_remove(index);
    true
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
