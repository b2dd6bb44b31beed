//! Links between registers that hold the same number, or numbers at known distances: what a comparison teaches of
//! one, it teaches of all.

use crate::dialect::Rules;
use crate::explore::Machine;
use crate::state::{Byte, FP, ID_MOVED_32, ID_MOVED_64, ID_WITH_OFFSET, Place, Reg, State};

/// `LINKED_REGS_MAX`.
const MAX_LINKED: usize = 6;

/// A number is about to be copied: it gets an id that the copy will share.
pub(crate) fn link_source(m: &mut Machine<'_>, reg: u8) {
    let id = m.fresh_id_if(needs_id(m.state.reg(reg), m.rules));
    give_id(m.state.reg_mut(reg), id, m.rules);
}

fn needs_id(reg: &Reg, rules: &Rules) -> bool {
    if !rules.links_with_offset {
        return reg.is_scalar() && reg.id == 0;
    }
    let keeps = reg.id != 0 && reg.id & ID_WITH_OFFSET == 0;
    reg.is_scalar() && !keeps && reg.bounds.as_const().is_none()
}

fn give_id(reg: &mut Reg, id: Option<u32>, rules: &Rules) {
    if reg.is_scalar() && reg.id & ID_WITH_OFFSET != 0 && rules.links_with_offset {
        reg.unlink();
    }
    if let Some(id) = id {
        reg.id = id;
    }
}

/// A constant that was added to a register, or subtracted from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    pub by: u64,
    pub subtracted: bool,
    /// Only the low 32 bits were computed, the others are zero.
    pub narrow: bool,
}

/// Keeps or ends the link of a number that was just computed; `moved` says so if only a constant was added.
pub(super) fn after_arithmetic(reg: &mut Reg, moved: Option<Moved>, rules: &Rules) {
    if !rules.links_with_offset {
        // 6.1 ended it before.
        return;
    }
    let is_linked_once = reg.id != 0 && reg.id & ID_WITH_OFFSET == 0;
    match moved.filter(|_| is_linked_once).and_then(|moved| distance(moved, rules)) {
        Some(off) => {
            reg.id |= if moved.is_some_and(|moved| moved.narrow) { ID_MOVED_32 } else { ID_MOVED_64 };
            reg.off = off;
        }
        None => reg.unlink(),
    }
}

/// The distance, where the dialect keeps it.
fn distance(moved: Moved, rules: &Rules) -> Option<i32> {
    let off = i32::try_from(moved.by as i64).ok()?;
    if !rules.links_all_offsets {
        return (!moved.subtracted && !moved.narrow && off >= 0).then_some(off);
    }
    if moved.subtracted { off.checked_neg() } else { Some(off) }
}

/// The places that are linked to any of `ids`, of the registers those with a bit in their frame's `live`; more than
/// fit lose their link.
pub(super) fn collect(state: &mut State, ids: &[u32], live: &[u16]) -> Vec<Place> {
    let mut linked = Vec::new();
    for id in ids.iter().map(|id| id & !ID_WITH_OFFSET) {
        let mut places = Vec::new();
        for frame in (0..=state.current()).rev() {
            let held = state.frame(frame);
            let registers =
                (0..FP).filter(|reg| live.get(usize::from(frame)).is_none_or(|live| live & (1 << reg) != 0));
            let slots = (0..held.stack.len()).filter(|slot| held.stack[*slot].bytes[7] == Byte::Spill);
            places.extend(registers.map(|reg| Place::Reg(frame, reg)));
            places.extend(slots.map(|slot| Place::Slot(frame, slot)));
        }
        for place in places {
            let is_linked =
                state.place(place).is_some_and(|reg| reg.is_scalar() && reg.id & !ID_WITH_OFFSET == id);
            if !is_linked {
                continue;
            }
            if linked.len() < MAX_LINKED {
                linked.push(place);
            } else if let Some(reg) = state.place_mut(place) {
                reg.unlink();
            }
        }
    }
    linked
}

/// Teaches the linked places what is now known of `known`.
pub(super) fn sync(state: &mut State, known: Place, linked: &[Place], rules: &Rules) {
    let Some(source) = state.place(known).copied() else { return };
    for place in linked.iter().filter(|place| **place != known) {
        let Some(reg) = state.place_mut(*place) else { continue };
        if !reg.is_scalar() || reg.id & !ID_WITH_OFFSET != source.id & !ID_WITH_OFFSET {
            continue;
        }
        if (reg.id ^ source.id) & ID_WITH_OFFSET == ID_WITH_OFFSET {
            // One was moved in 64 bits, the other one in 32: their distance is not known.
            continue;
        }
        let no_offsets = (reg.id | source.id) & ID_WITH_OFFSET == 0;
        if no_offsets || reg.off == source.off {
            let born = reg.born;
            reg.copy_from(&source);
            reg.born = born;
            continue;
        }
        let (id, off, born) = (reg.id, reg.off, reg.born);
        reg.copy_from(&source);
        (reg.id, reg.off, reg.born) = (id, off, born);
        reg.bounds.shift_by(i64::from(off) - i64::from(source.off), rules);
        if (reg.id | source.id) & ID_MOVED_32 != 0 {
            reg.bounds.zero_extend_32();
        }
        if rules.links_all_offsets {
            reg.bounds.sync(rules.deduction);
        }
    }
}

/// What 6.1 does instead: registers with the same id become equal.
pub(super) fn sync_equal(state: &mut State, known: u8) {
    let source = *state.reg(known);
    for reg in state.values_mut(true) {
        if reg.is_scalar() && reg.id == source.id {
            let born = reg.born;
            reg.copy_from(&source);
            reg.born = born;
        }
    }
}
