//! Comparing with the states that were recorded at a place, and recording new ones.

use crate::dialect::{Liveness, LoopRule};
use crate::explore::equal::{Exactness, Ids, states_equal};
use crate::explore::{Machine, Note, Recorded, Trail};
use crate::fault::{Checked, Fault};
use crate::state::{Byte, Extra, FP, IterState, Live, Parent, Place, REGISTERS, Reg, Slot, State};

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

/// What a recorded state says of the current one.
enum Answer {
    /// It covers it; where `loops`, as a turn of a loop that is still being followed.
    Hit {
        loops: bool,
    },
    Miss,
}

/// Jumps and instructions since the last record that make a new one worthwhile.
const WORTHWHILE: (u32, u32) = (2, 8);
/// The same within a loop, whose turns differ too often to be compared.
const WORTHWHILE_IN_LOOP: (u32, u32) = (20, 100);
/// A record that missed more often than this many times its hits, and this often at least, is dropped.
const MISSES_PER_HIT: u32 = 3;
/// The same for an open record where the kernel counts on convergence.
const MISSES_PER_HIT_OF_CHECKPOINT: u32 = 64;

/// More references than the registers and stacks of all frames can name: a path that holds more can't give them all back,
/// and is rejected in the end.
const MOST_NAMED: usize = 1024;
/// References that such states may hold together. Linux 6.18 on a machine of 24 GB gave up where it would have been twenty
/// times as many; how many a kernel can hold is up to its memory.
const MOST_KEPT_REFERENCES: usize = 1 << 23;

/// Recorded states that are compared between two looks at the caller's cancel flag.
const CANCEL_EVERY_STATES: usize = 16;

impl Machine<'_> {
    /// `is_state_visited`.
    pub(super) fn visit(&mut self) -> Checked<Visit> {
        let at = self.insn as usize;
        let jumps = self.jumps - self.jumps_at_record;
        let processed = self.processed - self.processed_at_record;
        let checkpoint = self.points.get(at).is_some_and(|point| point.checkpoint);
        let is_long = self.rules.history_limit.is_some_and(|limit| self.state.history.steps > limit);
        let forced = is_long || checkpoint || self.records_everything();
        let mut records = forced || (jumps >= WORTHWHILE.0 && processed >= WORTHWHILE.1);
        self.clean_finished(at);
        let mut index = 0;
        while let Some(id) = self.explored.get(at).and_then(|list| list.get(index)).copied() {
            if index % CANCEL_EVERY_STATES == CANCEL_EVERY_STATES - 1 {
                self.check_cancelled()?;
            }
            if !self.is_neighbour(id) {
                index += 1;
                continue;
            }
            let is_open = self.recorded.get(id as usize).is_some_and(|old| old.branches > 0);
            let answer = if is_open { self.ask_open(id)? } else { self.ask_finished(id) };
            match answer {
                Answer::Hit { loops } => {
                    self.take_cover(id, loops)?;
                    return Ok(Visit::Covered);
                }
                Answer::Miss if is_open => {
                    let soon = jumps < WORTHWHILE_IN_LOOP.0 && processed < WORTHWHILE_IN_LOOP.1;
                    if soon && !forced {
                        records = false;
                    }
                }
                Answer::Miss => {}
            }
            if self.is_useless(id, records, checkpoint) {
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
        self.record()?;
        Ok(Visit::Recorded)
    }

    /// Whether the kernel keeps the recorded state `id` where it looks for the current one (`explored_state`): states at
    /// an instruction are kept apart by the call that led to its function, as far as a table of that size does.
    fn is_neighbour(&self, id: u32) -> bool {
        let place = |state: &State| (self.insn ^ state.top.callsite) % self.insns.len().max(1) as u32;
        self.recorded.get(id as usize).is_some_and(|old| place(&old.state) == place(&self.state))
    }

    /// A state of the path itself: does the path go round for ever, or come back as it is meant to?
    fn ask_open(&mut self, id: u32) -> Checked<Answer> {
        let Some(old) = self.recorded.get(id as usize) else { return Ok(Answer::Miss) };
        if old.state.top.in_async && old.state.top.async_entries != self.state.top.async_entries {
            return Ok(Answer::Miss);
        }
        let point = self.points.get(self.insn as usize).copied().unwrap_or_default();
        let other_turn = old.state.may_goto_depth != self.state.may_goto_depth;
        let same_turn = !other_turn && old.state.callback_unroll_depth == self.state.callback_unroll_depth;
        if point.iterator {
            if self.equals(id, Exactness::Within) && self.iterator_is_active() {
                self.came_back_to(id);
                return Ok(Answer::Hit { loops: true });
            }
            return Ok(Answer::Miss);
        }
        if point.may_goto && other_turn && self.equals(id, Exactness::Within) {
            self.came_back_to(id);
            return Ok(Answer::Hit { loops: true });
        }
        if point.calls_callback && self.rules.loops != LoopRule::None {
            let covers = self.equals(id, Exactness::Within);
            return Ok(if covers { Answer::Hit { loops: false } } else { Answer::Miss });
        }
        let may_loop = self.is_same_as_open(id);
        if may_loop && same_turn && !self.iterators_moved(id) {
            return Err(Fault::EndlessLoop { insn: self.insn }.into());
        }
        Ok(Answer::Miss)
    }

    /// A state that was found safe.
    fn ask_finished(&mut self, id: u32) -> Answer {
        let entry = match self.rules.loops {
            LoopRule::None => None,
            LoopRule::Entries => self
                .loop_entry(id)
                .filter(|entry| self.recorded.get(*entry as usize).is_some_and(|entry| entry.branches > 0)),
            LoopRule::Components => self.is_incomplete(id).then_some(id),
        };
        let exactness = if entry.is_some() { Exactness::Within } else { Exactness::NotExact };
        if !self.equals(id, exactness) {
            return Answer::Miss;
        }
        if let Some(entry) = entry {
            self.came_back_to(entry);
        }
        Answer::Hit { loops: entry.is_some() }
    }

    fn came_back_to(&mut self, id: u32) {
        if self.rules.loops == LoopRule::Entries {
            self.update_loop_entry(None, id);
        }
    }

    fn equals(&self, id: u32, exactness: Exactness) -> bool {
        let Some(old) = self.recorded.get(id as usize) else { return false };
        let live = |frame: u8| match self.rules.liveness {
            Liveness::Graph => self.live_registers_at(old.state.insn_of_frame(frame, self.insn)),
            Liveness::Marks => u16::MAX,
        };
        states_equal(&old.state, &self.state, &live, exactness, &mut Ids::new(self.ids), self.rules)
    }

    /// The path came back to a state that it is still in.
    fn is_same_as_open(&self, id: u32) -> bool {
        let Some(old) = self.recorded.get(id as usize) else { return false };
        let may_loop = old.state.callers.len() == self.state.callers.len()
            && (0..REGISTERS).all(|reg| {
                let (old, new) = (&old.state.top.regs[reg], &self.state.top.regs[reg]);
                old.same_value(new) && old.id == new.id && old.ref_obj == new.ref_obj
            });
        may_loop && self.equals(id, Exactness::Exact)
    }

    /// `iter_active_depths_differ`.
    fn iterators_moved(&self, id: u32) -> bool {
        let Some(old) = self.recorded.get(id as usize) else { return false };
        let depth = |state: &State, frame: u8, index: usize| {
            let slot = state.frame(frame).stack.get(index)?;
            match slot.spilled.extra {
                Extra::Iter { state: IterState::Active, depth, .. } if slot.bytes[0] == Byte::Iter => {
                    Some(depth)
                }
                _ => None,
            }
        };
        (0..=old.state.current()).any(|frame| {
            (0..old.state.frame(frame).stack.len()).any(|index| {
                let before = depth(&old.state, frame, index);
                before.is_some() && before != depth(&self.state, frame, index)
            })
        })
    }

    /// The iterator that R1 points to may give more.
    fn iterator_is_active(&self) -> bool {
        let pointer = self.state.reg(1);
        let off = i64::from(pointer.off).wrapping_add(pointer.bounds.tnum.value as i64);
        let (slot, _) = crate::state::slot_of(off);
        let slot = self.state.frame(pointer.frame).stack.get(slot);
        slot.is_some_and(|slot| matches!(slot.spilled.extra, Extra::Iter { state: IterState::Active, .. }))
    }

    /// What the covering state's paths needed, this state's past must give.
    fn take_cover(&mut self, id: u32, loops: bool) -> Checked {
        let Some(old) = self.recorded.get_mut(id as usize) else { return Ok(()) };
        old.hits += 1;
        if self.rules.liveness == Liveness::Marks {
            let mut read = Vec::new();
            for number in 0..=old.state.current() {
                let (before, now) = (old.state.frame(number), self.state.frame(number));
                let first = if number < old.state.current() { 6 } else { 0 };
                let regs = (first..FP).filter(|reg| before.reg(*reg).live.read);
                read.extend(regs.map(|reg| Place::Reg(number, reg)));
                let slots = before.stack.len().min(now.stack.len());
                let slots = (0..slots).filter(|slot| before.stack[*slot].spilled.live.read);
                read.extend(slots.map(|slot| Place::Slot(number, slot)));
            }
            for place in read {
                self.mark_read(place);
            }
        }
        if self.points.get(self.insn as usize).is_some_and(|point| point.jump) {
            self.note(Note::default(), Vec::new());
        }
        self.propagate_precision(id)?;
        if loops && self.rules.loops == LoopRule::Components {
            self.add_backedge(id);
        }
        Ok(())
    }

    /// Counts a miss, and says whether the record missed too often to be looked at again.
    fn is_useless(&mut self, id: u32, records: bool, checkpoint: bool) -> bool {
        let Some(old) = self.recorded.get_mut(id as usize) else { return true };
        if records {
            old.misses += 1;
        }
        let patience = match checkpoint && old.branches > 0 {
            true => MISSES_PER_HIT_OF_CHECKPOINT,
            false => MISSES_PER_HIT,
        };
        if old.misses <= old.hits * patience + patience {
            return false;
        }
        old.dropped = true;
        let is_freed = match self.rules.liveness {
            Liveness::Marks => old.cleaned && !old.used_as_loop_entry,
            Liveness::Graph => old.branches == 0,
        };
        if is_freed {
            self.kept_states = self.kept_states.saturating_sub(1);
        }
        true
    }

    /// Records the current state, and starts over from it.
    ///
    /// # Errors
    /// The path has acquired, and lost, so much that recorded states don't fit into memory.
    fn record(&mut self) -> Checked {
        let held = self.state.references.len();
        if held > MOST_NAMED {
            self.kept_references += held;
            if self.kept_references > MOST_KEPT_REFERENCES {
                return Err(Fault::TooManyReferences { held }.into());
            }
        }
        self.total_states += 1;
        self.kept_states += 1;
        self.peak_states = self.peak_states.max(self.kept_states);
        self.jumps_at_record = self.jumps;
        self.processed_at_record = self.processed;
        for frame in self.state.frames_mut() {
            for reg in frame.regs.iter_mut() {
                if reg.is_scalar() {
                    reg.precise = false;
                }
            }
            let is_precise = |slot: &Slot| slot.is_scalar_spill() && slot.spilled.precise;
            if frame.stack.iter().any(is_precise) {
                for slot in frame.stack.iter_mut().filter(|slot| is_precise(slot)) {
                    slot.spilled.precise = false;
                }
            }
        }
        if self.rules.forgets_single_ids {
            self.forget_single_ids();
        }
        let id = self.recorded.len() as u32;
        self.recorded.push(Recorded {
            state: self.state.clone(),
            insn: self.insn,
            branches: 1,
            cleaned: false,
            all_precise: false,
            dropped: false,
            hits: 0,
            misses: 0,
            used_as_loop_entry: false,
        });
        if let Some(list) = self.explored.get_mut(self.insn as usize) {
            list.insert(0, id);
        }
        self.enter_component(id);
        self.state.parent = Some(id);
        self.state.first_insn = self.insn;
        self.state.depth += 1;
        self.state.history = Trail { steps: 0, ..self.state.history };
        if self.rules.liveness == Liveness::Marks {
            self.link_to_record(id);
        }
        Ok(())
    }

    /// Reads from here on are reads of the record's registers and slots; callers only keep R6 to R9.
    fn link_to_record(&mut self, id: u32) {
        let top = self.state.current();
        for (number, frame) in (0u8..).zip(self.state.frames_mut()) {
            for (reg, value) in (0u8..).zip(frame.regs.iter_mut()).take(usize::from(FP)) {
                let parent = match number == top || reg >= 6 {
                    true => Some(Parent::new(id, Place::Reg(number, reg))),
                    false => value.live.parent,
                };
                value.live = Live { parent, ..Live::default() };
            }
            for (index, slot) in frame.stack.iter_mut().enumerate() {
                let parent = Some(Parent::new(id, Place::Slot(number, index)));
                slot.spilled.live = Live { parent, ..Live::default() };
            }
        }
    }

    /// `clear_singular_ids`: an id that only one number has links it to nothing.
    fn forget_single_ids(&mut self) {
        let mut counts: rustc_hash::FxHashMap<u32, u32> = rustc_hash::FxHashMap::default();
        for reg in self.state.values_mut(false).filter(|reg| reg.is_scalar() && reg.id != 0) {
            *counts.entry(reg.id & !crate::state::ID_WITH_OFFSET).or_default() += 1;
        }
        for reg in self.state.values_mut(false).filter(|reg| reg.is_scalar() && reg.id != 0) {
            if counts.get(&(reg.id & !crate::state::ID_WITH_OFFSET)) == Some(&1) {
                reg.unlink();
            }
        }
    }

    /// Takes what was never needed out of the finished states at `at`, so that more states compare equal.
    fn clean_finished(&mut self, at: usize) {
        let Some(list) = self.explored.get(at).cloned() else { return };
        for id in list {
            let Some(old) = self.recorded.get(id as usize) else { continue };
            if old.branches > 0 || old.cleaned || !old.state.same_callsites(&self.state) {
                continue;
            }
            let is_incomplete = match self.rules.loops {
                LoopRule::None => false,
                LoopRule::Entries => self
                    .loop_entry(id)
                    .and_then(|entry| self.recorded.get(entry as usize))
                    .is_some_and(|entry| entry.branches > 0),
                LoopRule::Components => self.is_incomplete(id),
            };
            if !is_incomplete {
                self.clean(id);
            }
        }
    }

    fn clean(&mut self, id: u32) {
        let by_graph = self.rules.liveness == Liveness::Graph;
        let Some(old) = self.recorded.get(id as usize) else { return };
        let insn = old.insn;
        let (registers, slots) = if by_graph {
            let frames = 0..=old.state.current();
            let registers: Vec<u16> =
                frames.map(|frame| self.live_registers_at(old.state.insn_of_frame(frame, insn))).collect();
            let points = &self.points;
            let calls_callback =
                |insn: u32| points.get(insn as usize).is_some_and(|point| point.calls_callback);
            (registers, self.live_stack.live_slots(&old.state, insn, &calls_callback))
        } else {
            (Vec::new(), Vec::new())
        };
        let Some(old) = self.recorded.get_mut(id as usize) else { return };
        old.cleaned = true;
        for (number, frame) in old.state.frames_mut().enumerate() {
            for (index, reg) in frame.regs.iter_mut().enumerate().take(usize::from(FP)) {
                let needed = if by_graph { registers[number] & (1 << index) != 0 } else { reg.live.read };
                if !needed {
                    *reg = Reg { live: reg.live, ..Reg::NOT_INIT };
                }
            }
            for index in 0..frame.stack.len() {
                let slot = frame.stack[index];
                let needed = match by_graph {
                    true => slots[number].checked_shr(index as u32).unwrap_or(0) & 1 != 0,
                    false => slot.spilled.live.read,
                };
                let live = slot.spilled.live;
                let empty = Slot { spilled: Reg { live, ..Reg::NOT_INIT }, ..Slot::EMPTY };
                if !needed && slot != empty {
                    frame.stack[index] = empty;
                }
            }
        }
    }
}
