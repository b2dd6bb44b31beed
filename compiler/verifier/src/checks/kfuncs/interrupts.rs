//! Sections without interrupts: the saved flag on the stack, and the order in which sections end (`process_irq_flag`).

use crate::checks::kfuncs::iterators::spot;
use crate::checks::memory::{self, Request};
use crate::checks::references;
use crate::explore::Machine;
use crate::fault::{Checked, ObjectFault, Stop};
use crate::state::{Byte, Extra, Held, Kind, Place, Reg};

const WHAT: &str = "irq_flag";

/// Argument `number` of `name` is a saved flag, or becomes one.
pub(super) fn argument(m: &mut Machine<'_>, name: &str, number: usize) -> Checked {
    let reg = number as u8 + 1;
    let pointer = *m.state.reg(reg);
    if pointer.kind != Kind::STACK {
        return Err(ObjectFault::NotFlag { number }.into());
    }
    let by_lock = name.starts_with("bpf_res_spin_");
    match name {
        "bpf_local_irq_save" | "bpf_res_spin_lock_irqsave" => save(m, &pointer, number, by_lock),
        "bpf_local_irq_restore" | "bpf_res_spin_unlock_irqrestore" => restore(m, &pointer, number, by_lock),
        _ => Err(Stop::feature(format!("a flag of interrupts for {name}"))),
    }
}

/// The message about where the flag is comes first, where there is one.
fn place(m: &Machine<'_>, pointer: &Reg, last: ObjectFault) -> Checked<Option<usize>> {
    super::iterators::then(spot(m, pointer, 1, WHAT), crate::fault::Fault::Object(last))
}

/// `mark_stack_slot_irq_flag`.
fn save(m: &mut Machine<'_>, pointer: &Reg, number: usize, by_lock: bool) -> Checked {
    let used = ObjectFault::FlagUsed { number };
    if let Some(slot) = place(m, pointer, used.clone())? {
        let entry = m.state.frame(pointer.frame).stack.get(slot);
        if entry.is_some_and(|entry| entry.bytes.contains(&Byte::Irq)) {
            return Err(used.into());
        }
    }
    memory::access(m, Request::write_word(number as u8 + 1, 0))?;
    let Some(slot) = spot(m, pointer, 1, WHAT)? else { return Ok(()) };
    let id = references::acquire(m);
    if let Some(reference) = m.state.references.last_mut() {
        reference.what = Held::Irq;
    }
    m.state.irq = id;
    if let Some(entry) = m.state.frame_mut(pointer.frame).stack.get_mut(slot) {
        entry.bytes = [Byte::Irq; 8];
        let extra = Extra::Irq { lock: by_lock };
        entry.spilled.copy_from(&Reg { extra, ref_obj: id, ..Reg::pointer(Kind::STACK) });
    }
    m.mark_slot_written(pointer.frame, slot);
    Ok(())
}

/// `unmark_stack_slot_irq_flag`.
fn restore(m: &mut Machine<'_>, pointer: &Reg, number: usize, by_lock: bool) -> Checked {
    let wrong = ObjectFault::FlagNotInitialised { number };
    let Some(slot) = place(m, pointer, wrong.clone())? else { return Err(wrong.into()) };
    let Some(entry) = m.state.frame(pointer.frame).stack.get(slot).copied() else { return Err(wrong.into()) };
    let id = entry.spilled.ref_obj;
    if id == 0 || entry.bytes.iter().any(|byte| *byte != Byte::Irq) {
        return Err(wrong.into());
    }
    m.mark_read(Place::Slot(pointer.frame, slot));
    if let Extra::Irq { lock } = entry.spilled.extra
        && lock != by_lock
    {
        return Err(ObjectFault::FlagOfOthers { by_lock: lock }.into());
    }
    release(m, id)?;
    if let Some(entry) = m.state.frame_mut(pointer.frame).stack.get_mut(slot) {
        entry.bytes = [Byte::Invalid; 8];
        entry.spilled.copy_from(&Reg::NOT_INIT);
    }
    m.mark_slot_written(pointer.frame, slot);
    Ok(())
}

/// `release_irq_state`: the innermost section ends first.
fn release(m: &mut Machine<'_>, id: u32) -> Checked {
    let innermost = m.state.irq;
    if id != innermost {
        let held = m.state.references.iter().find(|held| held.id == innermost);
        let insn = held.map_or(0, |held| held.insn);
        return Err(ObjectFault::FlagOrder { id: innermost, insn }.into());
    }
    m.state.references.retain(|held| held.what != Held::Irq || held.id != id);
    let before = m.state.references.iter().rev().find(|held| held.what == Held::Irq);
    m.state.irq = before.map_or(0, |held| held.id);
    Ok(())
}
