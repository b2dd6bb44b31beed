//! Whether a recorded state covers the current one: whatever is safe from the old is safe from the new.

use crate::dialect::{Backtracking, Liveness, Rules};
use crate::state::{Base, Byte, Extra, Frame, ID_WITH_OFFSET, Kind, REGISTERS, Reg, Slot, State, flag};

/// How equal two states have to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exactness {
    /// What no path from the old one relied on may differ.
    NotExact,
    /// Ranges may be narrower, whether some path relied on them or not.
    Within,
    /// All must be the same.
    Exact,
}

/// Which id of the new state stands for which of the old.
pub(crate) struct Ids {
    pairs: Vec<(u32, u32)>,
    next: u32,
}

/// `BPF_ID_MAP_SIZE`.
const MAX_PAIRS: usize = 600;

impl Ids {
    /// `last` is the highest id in use.
    pub fn new(last: u32) -> Ids {
        Ids { pairs: Vec::new(), next: last }
    }

    /// `regs_exact`.
    pub fn are_equal(&mut self, old: &Reg, new: &Reg, rules: &Rules) -> bool {
        reg_equals(old, new, self, rules)
    }

    /// Each old id goes with one new id and, but for 6.1, each new with one old.
    fn pair(&mut self, old: u32, new: u32, rules: &Rules) -> bool {
        let one_way = rules.backtracking == Backtracking::FramePointer;
        if !one_way {
            if (old != 0) != (new != 0) {
                return false;
            }
            if old == 0 {
                return true;
            }
        }
        for (known_old, known_new) in &self.pairs {
            if *known_old == old {
                return *known_new == new;
            }
            if *known_new == new && !one_way {
                return false;
            }
        }
        self.pairs.push((old, new));
        self.pairs.len() <= MAX_PAIRS
    }

    /// The same for numbers: where the old had no id it doesn't matter, where the new has none it is its own.
    fn pair_numbers(&mut self, old: u32, new: u32, rules: &Rules) -> bool {
        if old == 0 {
            return true;
        }
        let new = if new == 0 {
            self.next += 1;
            self.next
        } else {
            new
        };
        if !self.pair(old, new, rules) {
            return false;
        }
        old & ID_WITH_OFFSET == 0 || self.pair(old & !ID_WITH_OFFSET, new & !ID_WITH_OFFSET, rules)
    }
}

/// Whether `old` covers `new`; `live` gives a bit for each register of a frame that matters.
pub(crate) fn states_equal(
    old: &State,
    new: &State,
    live: &dyn Fn(u8) -> u16,
    exactness: Exactness,
    ids: &mut Ids,
    rules: &Rules,
) -> bool {
    let simple = rules.backtracking == Backtracking::FramePointer;
    if old.callers.len() != new.callers.len() || !sections_equal(old, new, ids, rules) {
        return false;
    }
    if rules.references_by_state && !references_equal(old, new, ids, rules) {
        return false;
    }
    for (number, (old_frame, new_frame)) in (0u8..).zip(old.frames().zip(new.frames())) {
        if simple {
            ids.pairs.clear();
        }
        if old_frame.callsite != new_frame.callsite
            || !frame_covers(old_frame, new_frame, live(number), ids, exactness, rules)
        {
            return false;
        }
        if !rules.references_by_state && !references_equal(old, new, ids, rules) {
            return false;
        }
    }
    true
}

/// Locks and sections in which the program may not sleep.
fn sections_equal(old: &State, new: &State, ids: &mut Ids, rules: &Rules) -> bool {
    let locks = if rules.backtracking == Backtracking::FramePointer {
        old.lock == new.lock
    } else {
        old.lock.1 == new.lock.1 && ids.pair(old.lock.0, new.lock.0, rules)
    };
    locks
        && old.rcu == new.rcu
        && old.preempt == new.preempt
        && ids.pair(old.irq, new.irq, rules)
        && old.in_sleepable == new.in_sleepable
}

/// `refsafe`.
fn references_equal(old: &State, new: &State, ids: &mut Ids, rules: &Rules) -> bool {
    if old.references.len() != new.references.len() {
        return false;
    }
    let simple = rules.backtracking == Backtracking::FramePointer;
    old.references.iter().zip(&new.references).all(|(old, new)| {
        if simple {
            return old == new;
        }
        old.what == new.what && old.owner == new.owner && ids.pair(old.id, new.id, rules)
    })
}

/// `func_states_equal`.
fn frame_covers(
    old: &Frame,
    new: &Frame,
    live: u16,
    ids: &mut Ids,
    exactness: Exactness,
    rules: &Rules,
) -> bool {
    old.callback_depth <= new.callback_depth
        && (0..REGISTERS)
            .filter(|reg| live & (1 << reg) != 0)
            .all(|reg| reg_covers(&old.regs[reg], &new.regs[reg], ids, exactness, rules))
        && stack_covers(old, new, ids, exactness, rules)
}

/// `regsafe`.
fn reg_covers(old: &Reg, new: &Reg, ids: &mut Ids, exactness: Exactness, rules: &Rules) -> bool {
    if rules.backtracking == Backtracking::FramePointer {
        return reg_covers_simple(old, new, ids, rules);
    }
    if exactness == Exactness::Exact {
        return reg_equals(old, new, ids, rules);
    }
    let exact = exactness != Exactness::NotExact;
    if rules.liveness == Liveness::Marks && !exact && !old.live.read {
        return true;
    }
    if old.kind == Kind::NOT_INIT && (!exact || new.kind == Kind::NOT_INIT) {
        return true;
    }
    if old.kind != new.kind {
        return false;
    }
    match old.kind.base {
        Base::Scalar => {
            !old.precise && !exact
                || (old.id & ID_WITH_OFFSET == new.id & ID_WITH_OFFSET || old.id == 0)
                    && (old.id & ID_WITH_OFFSET == 0 || old.off == new.off)
                    && ids.pair_numbers(old.id, new.id, rules)
                    && value_covers(old, new)
        }
        Base::MapKey | Base::MapValue | Base::Mem | Base::Buf | Base::TpBuffer => {
            old.same_pointer(new)
                && value_covers(old, new)
                && ids.pair(old.id, new.id, rules)
                && ids.pair(old.ref_obj, new.ref_obj, rules)
        }
        Base::Packet | Base::PacketMeta => {
            packet_range_covers(old, new)
                && old.off == new.off
                && ids.pair(old.id, new.id, rules)
                && value_covers(old, new)
        }
        Base::Stack => reg_equals(old, new, ids, rules) && old.frame == new.frame,
        Base::Arena => true,
        _ => reg_equals(old, new, ids, rules),
    }
}

/// A mark about the packet's end must be the same; otherwise as many bytes must be proven.
fn packet_range_covers(old: &Reg, new: &Reg) -> bool {
    if old.range < 0 || new.range < 0 { old.range == new.range } else { old.range <= new.range }
}

fn value_covers(old: &Reg, new: &Reg) -> bool {
    old.bounds.contains_ranges(&new.bounds) && old.bounds.tnum.contains(new.bounds.tnum)
}

fn reg_equals(old: &Reg, new: &Reg, ids: &mut Ids, rules: &Rules) -> bool {
    old.same_value(new) && ids.pair(old.id, new.id, rules) && ids.pair(old.ref_obj, new.ref_obj, rules)
}

/// `regsafe` of 6.1, the same for loops and for joins.
fn reg_covers_simple(old: &Reg, new: &Reg, ids: &mut Ids, rules: &Rules) -> bool {
    if !old.live.read {
        return true;
    }
    let equal = old.same_value(new) && old.id == new.id && old.ref_obj == new.ref_obj;
    if old.kind == Kind::STACK {
        return equal && old.frame == new.frame;
    }
    if equal {
        return true;
    }
    match old.kind.base {
        Base::NotInit => true,
        Base::Scalar => old.kind == new.kind && (!old.precise || value_covers(old, new)),
        Base::MapKey | Base::MapValue if old.kind.has(flag::OR_NULL) => {
            new.kind.has(flag::OR_NULL) && old.same_value(new) && ids.pair(old.id, new.id, rules)
        }
        Base::MapKey | Base::MapValue => old.same_pointer(new) && value_covers(old, new),
        Base::Packet | Base::PacketMeta => {
            old.kind == new.kind
                && packet_range_covers(old, new)
                && old.off == new.off
                && (old.id == 0 || ids.pair(old.id, new.id, rules))
                && value_covers(old, new)
        }
        _ => false,
    }
}

/// `stacksafe`.
fn stack_covers(old: &Frame, new: &Frame, ids: &mut Ids, exactness: Exactness, rules: &Rules) -> bool {
    old.stack
        .iter()
        .enumerate()
        .all(|(index, slot)| slot_covers(slot, new.stack.get(index), ids, exactness, rules))
}

fn slot_covers(old: &Slot, new: Option<&Slot>, ids: &mut Ids, exactness: Exactness, rules: &Rules) -> bool {
    let simple = rules.backtracking == Backtracking::FramePointer;
    let exact = exactness != Exactness::NotExact && !simple;
    if !exact && rules.liveness == Liveness::Marks && !old.spilled.live.read {
        return true;
    }
    for index in 0..old.bytes.len() {
        let old_byte = old.bytes[index];
        if exact && new.is_none_or(|new| new.bytes[index] != old_byte) {
            return false;
        }
        if matches!(old_byte, Byte::Invalid | Byte::Misc) {
            continue;
        }
        let Some(new) = new else { return false };
        if !simple && let (Some(old), Some(new)) = (as_number(old), as_number(new)) {
            return reg_covers(&old, &new, ids, exactness, rules);
        }
        if old_byte != new.bytes[index] {
            return false;
        }
    }
    let Some(new) = new else { return true };
    match old.bytes[7] {
        Byte::Spill => reg_covers(&old.spilled, &new.spilled, ids, exactness, rules),
        Byte::Dynptr | Byte::Irq if !simple => {
            old.spilled.extra == new.spilled.extra
                && ids.pair(old.spilled.ref_obj, new.spilled.ref_obj, rules)
        }
        Byte::Iter => {
            iterators_equal(&old.spilled, &new.spilled)
                && ids.pair(old.spilled.ref_obj, new.spilled.ref_obj, rules)
        }
        _ => true,
    }
}

/// Depths are not compared: they only tell turns of a loop apart. Neither is whether RCU still protects the iterator.
fn iterators_equal(old: &Reg, new: &Reg) -> bool {
    match (old.extra, new.extra) {
        (Extra::Iter { btf: a, state: b, .. }, Extra::Iter { btf: c, state: d, .. }) => a == c && b == d,
        _ => old.extra == new.extra,
    }
}

/// The number that a read of the whole slot gives, where it is simply one.
fn as_number(slot: &Slot) -> Option<Reg> {
    if slot.is_whole_scalar_spill() {
        return Some(slot.spilled);
    }
    let is_misc = slot.bytes.iter().all(|byte| matches!(byte, Byte::Misc | Byte::Invalid));
    is_misc.then(|| {
        let mut unknown = Reg::unknown();
        unknown.live.read = true;
        unknown
    })
}
