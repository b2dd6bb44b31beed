//! Where the allocator's slots are in the frame. Each shares bytes with slots of variables, temporaries and copies that are
//! not needed while it is.

use gobpf_ir::ir::Function;
use regalloc2::{Allocation as Location, Edit};

use crate::allocate::Allocation;
use crate::machine::{Machine, Selected};
use crate::slots::{Bits, Slots};
use crate::written::Written;

/// Bytes of a slot of the allocator.
const SPILL_BYTES: u32 = 8;

/// For each of the allocator's slots, how many bytes below the frame pointer it starts.
pub(crate) fn place(
    function: &Function,
    selected: &Selected,
    allocation: &Allocation,
    slots: &mut Slots,
) -> Vec<u32> {
    if allocation.spill_slots == 0 {
        return Vec::new();
    }
    let conflicts = conflicts(function, selected, allocation, slots);
    let mut ends: Vec<u32> = Vec::with_capacity(allocation.spill_slots);
    let words = words(selected, allocation);
    for (conflicts, words) in conflicts.iter().zip(words) {
        let mut taken: Vec<(u32, u32)> = (0..slots.data.len() as u32)
            .filter(|slot| conflicts.contains(*slot))
            .map(|slot| slots.place_of(slot))
            .chain(ends.iter().map(|end| (end - SPILL_BYTES, *end)))
            .chain(Written::ranges(words))
            .collect();
        taken.sort_unstable();
        let mut at = 0u32;
        for (from, to) in taken {
            if at.saturating_add(SPILL_BYTES) <= from {
                break;
            }
            at = at.max(to);
        }
        ends.push(at.saturating_add(SPILL_BYTES));
    }
    ends
}

/// The slots of the function that are needed while each of the allocator's is.
fn conflicts(
    function: &Function,
    selected: &Selected,
    allocation: &Allocation,
    slots: &mut Slots,
) -> Vec<Bits> {
    let mut conflicts = vec![Bits::new(slots.data.len()); allocation.spill_slots];
    if slots.data.is_empty() {
        return conflicts;
    }
    let around = slots.around(function);
    let moves = Moves::of(selected, allocation);
    let live_in = moves.live_at_starts(selected, allocation.spill_slots);
    for (number, block) in function.order.iter().enumerate() {
        let around = &around[block.0 as usize];
        moves.walk(selected, number, &live_in, &mut |inst, live| {
            let Some(slots) = around.get(selected.steps[inst]) else { return };
            for (spill, conflicts) in conflicts.iter_mut().enumerate() {
                if live.contains(spill as u32) {
                    conflicts.extend(slots);
                }
            }
        });
    }
    conflicts
}

/// The words of the frame that calls write while each of the allocator's slots is needed.
fn words(selected: &Selected, allocation: &Allocation) -> Vec<u64> {
    let mut words = vec![0; allocation.spill_slots];
    let written = |inst: usize| match &selected.insts[inst] {
        Machine::Call { written, .. } => written.words,
        _ => 0,
    };
    if (0..selected.insts.len()).all(|inst| written(inst) == 0) {
        return words;
    }
    let moves = Moves::of(selected, allocation);
    let live_in = moves.live_at_starts(selected, allocation.spill_slots);
    for block in 0..selected.params.len() {
        moves.walk(selected, block, &live_in, &mut |inst, live| {
            for (spill, words) in words.iter_mut().enumerate() {
                if live.contains(spill as u32) {
                    *words |= written(inst);
                }
            }
        });
    }
    words
}

/// The moves to and from the allocator's slots at each instruction.
struct Moves(Vec<Vec<(Option<u32>, Option<u32>)>>);

impl Moves {
    fn of(selected: &Selected, allocation: &Allocation) -> Moves {
        let mut moves = vec![Vec::new(); selected.insts.len()];
        let slot = |location: &Location| location.as_stack().map(|slot| slot.index() as u32);
        for (point, Edit::Move { from, to }) in allocation.edits() {
            moves[point.inst().index()].push((slot(from), slot(to)));
        }
        Moves(moves)
    }

    /// The allocator's slots that are needed at the start of each block.
    fn live_at_starts(&self, selected: &Selected, count: usize) -> Vec<Bits> {
        let blocks = selected.params.len();
        let mut live_in = vec![Bits::new(count); blocks];
        let mut changed = true;
        while changed {
            changed = false;
            for block in (0..blocks).rev() {
                let live = self.walk(selected, block, &live_in, &mut |_, _| {});
                if live != live_in[block] {
                    live_in[block] = live;
                    changed = true;
                }
            }
        }
        live_in
    }

    /// Goes backwards through a block: what is needed at its start. Each instruction is shown to `see` with what is needed
    /// or stored before, at or after it.
    fn walk(
        &self,
        selected: &Selected,
        block: usize,
        live_in: &[Bits],
        see: &mut dyn FnMut(usize, &Bits),
    ) -> Bits {
        let mut live = match live_in.first() {
            Some(first) => first.none(),
            None => Bits::new(0),
        };
        for successor in &selected.successors[block] {
            live.extend(&live_in[successor.index()]);
        }
        for inst in (selected.starts[block]..selected.starts[block + 1]).rev() {
            let mut all = live.clone();
            for (from, to) in self.0[inst].iter().rev() {
                if let Some(to) = to {
                    all.insert(*to);
                    live.remove(*to);
                }
                if let Some(from) = from {
                    live.insert(*from);
                }
                all.extend(&live);
            }
            see(inst, &all);
        }
        live
    }
}
