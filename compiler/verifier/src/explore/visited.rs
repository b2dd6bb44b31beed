//! Comparing with the states that were recorded at a place, and recording new ones.

use crate::dialect::Liveness;
use crate::explore::equal::{Exactness, Ids, states_equal};
use crate::explore::{Machine, Note, Recorded};
use crate::fault::{Checked, Fault};
use crate::state::{FP, Live, Place, REGISTERS, Reg, Slot};

/// What the look at recorded states came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Visit {
    /// A recorded state that was found safe covers this one.
    Covered,
    /// The state was recorded.
    Recorded,
    /// The path goes on without.
    New,
}

/// Jumps and instructions since the last record that make a new one worthwhile.
const WORTHWHILE: (u32, u32) = (2, 8);
/// The same within a loop, whose turns differ too often to be compared.
const WORTHWHILE_IN_LOOP: (u32, u32) = (20, 100);
/// A record that missed more often than this many times its hits, and this often at least, is dropped.
const MISSES_PER_HIT: u32 = 3;

impl Machine<'_> {
    /// `is_state_visited`.
    pub(super) fn visit(&mut self) -> Checked<Visit> {
        let at = self.insn as usize;
        let jumps = self.jumps - self.jumps_at_record;
        let processed = self.processed - self.processed_at_record;
        let steps = self.state.history.1.saturating_sub(self.state.history.0) as u32;
        let forced = self.rules.history_limit.is_some_and(|limit| steps > limit);
        let mut records = forced || (jumps >= WORTHWHILE.0 && processed >= WORTHWHILE.1);
        self.clean_finished(at);
        let mut index = 0;
        while let Some(id) = self.explored.get(at).and_then(|list| list.get(index)).copied() {
            if self.recorded.get(id as usize).is_some_and(|old| old.branches > 0) {
                if self.is_same_as_open(id) {
                    return Err(Fault::EndlessLoop { insn: self.insn }.into());
                }
                if !forced && jumps < WORTHWHILE_IN_LOOP.0 && processed < WORTHWHILE_IN_LOOP.1 {
                    records = false;
                }
            } else if self.equals(id, Exactness::NotExact) {
                self.take_cover(id)?;
                return Ok(Visit::Covered);
            }
            if self.is_useless(id, records) {
                if let Some(list) = self.explored.get_mut(at) {
                    list.remove(index);
                }
            } else {
                index += 1;
            }
        }
        if !records {
            return Ok(Visit::New);
        }
        self.record();
        Ok(Visit::Recorded)
    }

    fn equals(&self, id: u32, exactness: Exactness) -> bool {
        let Some(old) = self.recorded.get(id as usize) else { return false };
        let live = match self.rules.liveness {
            Liveness::Graph => self.live.get(self.insn as usize).copied().unwrap_or(u16::MAX),
            Liveness::Marks => u16::MAX,
        };
        states_equal(&old.state, &self.state, live, exactness, &mut Ids::new(self.ids), self.rules)
    }

    /// The path came back to a state that it is still in: it never ends.
    fn is_same_as_open(&self, id: u32) -> bool {
        let Some(old) = self.recorded.get(id as usize) else { return false };
        let may_loop = (0..REGISTERS).all(|reg| {
            let (old, new) = (&old.state.regs[reg], &self.state.regs[reg]);
            old.same_value(new) && old.id == new.id
        });
        may_loop && self.equals(id, Exactness::Exact)
    }

    /// What the covering state's paths needed, this state's past must give.
    fn take_cover(&mut self, id: u32) -> Checked {
        let Some(old) = self.recorded.get_mut(id as usize) else { return Ok(()) };
        old.hits += 1;
        if self.rules.liveness == Liveness::Marks {
            let slots = old.state.stack.len().min(self.state.stack.len());
            let places = (0..FP).map(Place::Reg).chain((0..slots).map(Place::Slot));
            let read: Vec<Place> =
                places.filter(|place| old.state.place(*place).is_some_and(|reg| reg.live.read)).collect();
            for place in read {
                self.mark_read(place);
            }
        }
        if self.points.get(self.insn as usize).is_some_and(|point| point.jump) {
            self.note(Note::default(), Vec::new());
        }
        self.propagate_precision(id)
    }

    /// Counts a miss, and says whether the record missed too often to be looked at again.
    fn is_useless(&mut self, id: u32, records: bool) -> bool {
        let Some(old) = self.recorded.get_mut(id as usize) else { return true };
        if records {
            old.misses += 1;
        }
        if old.misses <= old.hits * MISSES_PER_HIT + MISSES_PER_HIT {
            return false;
        }
        old.dropped = true;
        let is_freed = match self.rules.liveness {
            Liveness::Marks => old.cleaned,
            Liveness::Graph => old.branches == 0,
        };
        if is_freed {
            self.kept_states = self.kept_states.saturating_sub(1);
        }
        true
    }

    /// Records the current state, and starts over from it.
    fn record(&mut self) {
        self.total_states += 1;
        self.kept_states += 1;
        self.peak_states = self.peak_states.max(self.kept_states);
        self.jumps_at_record = self.jumps;
        self.processed_at_record = self.processed;
        for reg in self.state.regs.iter_mut() {
            if reg.is_scalar() {
                reg.precise = false;
            }
        }
        for slot in self.state.stack.iter_mut().filter(|slot| slot.is_scalar_spill()) {
            slot.spilled.precise = false;
        }
        let id = self.recorded.len() as u32;
        self.recorded.push(Recorded {
            state: self.state.clone(),
            branches: 1,
            cleaned: false,
            dropped: false,
            hits: 0,
            misses: 0,
        });
        if let Some(list) = self.explored.get_mut(self.insn as usize) {
            list.insert(0, id);
        }
        self.state.parent = Some(id);
        self.state.first_insn = self.insn;
        self.state.history.0 = self.state.history.1;
        for reg in self.state.regs.iter_mut().take(usize::from(FP)) {
            reg.live = Live::default();
        }
        for slot in &mut self.state.stack {
            slot.spilled.live = Live::default();
        }
    }

    /// Takes what was never needed out of the finished states at `at`, so that more states compare equal.
    fn clean_finished(&mut self, at: usize) {
        let Some(list) = self.explored.get(at) else { return };
        let live_registers = self.live.get(at).copied().unwrap_or(u16::MAX);
        for id in list {
            let Some(old) = self.recorded.get_mut(*id as usize) else { continue };
            if old.branches > 0 || old.cleaned {
                continue;
            }
            old.cleaned = true;
            let by_graph = self.rules.liveness == Liveness::Graph;
            for (number, reg) in old.state.regs.iter_mut().enumerate().take(usize::from(FP)) {
                let needed = if by_graph { live_registers & (1 << number) != 0 } else { reg.live.read };
                reg.live.done = true;
                if !needed {
                    *reg = Reg { live: reg.live, ..Reg::NOT_INIT };
                }
            }
            for (index, slot) in old.state.stack.iter_mut().enumerate() {
                let needed =
                    if by_graph { self.live_stack.is_live(at, index) } else { slot.spilled.live.read };
                slot.spilled.live.done = true;
                if !needed {
                    let live = slot.spilled.live;
                    *slot = Slot::EMPTY;
                    slot.spilled.live = live;
                }
            }
        }
    }
}
