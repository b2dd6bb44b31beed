//! Which stack slots an instruction or its successors may read, from what was explored so far (6.18).
//!
//! Reads of an instruction add up over its visits, and only what every visit overwrites counts as overwritten; so
//! what is found grows, and is complete for a place that no open path leads to any more. What is known is kept apart
//! for each chain of calls, so that a function that always writes to a caller's slot counts as a write there.

use gobpf_bpf::Insn;
use rustc_hash::FxHashMap;

use crate::checks::flow::successors;
use crate::checks::functions::Function;
use crate::state::State;

#[derive(Clone, Copy, Default)]
struct Masks {
    may_read: u64,
    must_write: u64,
    /// Overwritten by the instruction or, on each way to the function's end, by a later one.
    written_later: u64,
    live_before: u64,
}

/// A function as reached by one chain of calls.
struct Instance {
    /// The calls, outermost first.
    chain: Vec<u32>,
    function: usize,
    /// One for each frame of the chain; empty where nothing is known.
    frames: Vec<Vec<Masks>>,
    seen: Vec<bool>,
    updated: bool,
    dropped: bool,
}

/// What was found so far.
pub(crate) struct LiveStack {
    /// Start and end of each function.
    bounds: Vec<(u32, u32)>,
    instances: Vec<Instance>,
    by_chain: FxHashMap<(usize, Vec<u32>), usize>,
    current: Option<usize>,
    writes: Vec<u64>,
    writer: u32,
}

fn bit(slot: usize) -> u64 {
    1u64.checked_shl(slot as u32).unwrap_or(0)
}

impl LiveStack {
    pub fn new(functions: &[Function]) -> LiveStack {
        LiveStack {
            bounds: functions.iter().map(|function| (function.start, function.end)).collect(),
            instances: Vec::new(),
            by_chain: FxHashMap::default(),
            current: None,
            writes: Vec::new(),
            writer: 0,
        }
    }

    /// Another function is followed from here on.
    pub fn switch(&mut self) {
        self.current = None;
    }

    fn lookup(&mut self, function: usize, chain: Vec<u32>) -> usize {
        let depth = chain.len() + 1;
        let (start, end) = self.bounds.get(function).copied().unwrap_or((0, 0));
        let instances = &mut self.instances;
        *self.by_chain.entry((function, chain)).or_insert_with_key(|(function, chain)| {
            instances.push(Instance {
                chain: chain.clone(),
                function: *function,
                frames: vec![Vec::new(); depth],
                seen: vec![false; (end - start) as usize],
                updated: false,
                dropped: false,
            });
            instances.len() - 1
        })
    }

    /// The instance of frame `number` of `state`.
    fn of_frame(&mut self, state: &State, number: u8) -> usize {
        let chain = (1..=number).map(|frame| state.frame(frame).callsite).collect();
        self.lookup(state.frame(number).subprogram as usize, chain)
    }

    fn current(&mut self, state: &State) -> usize {
        match self.current {
            Some(current) => current,
            None => {
                let current = self.of_frame(state, state.current());
                self.current = Some(current);
                current
            }
        }
    }

    fn masks(&mut self, instance: usize, frame: usize, insn: u32) -> Option<&mut Masks> {
        let start = self.start(instance);
        let instance = self.instances.get_mut(instance)?;
        let masks = instance.frames.get_mut(frame)?;
        if masks.is_empty() {
            masks.resize(instance.seen.len(), Masks::default());
        }
        masks.get_mut(insn.checked_sub(start)? as usize)
    }

    fn start(&self, instance: usize) -> u32 {
        let function = self.instances.get(instance).map_or(0, |instance| instance.function);
        self.bounds.get(function).map_or(0, |(start, _)| *start)
    }

    /// The instruction `at` may read `slot` of `frame`.
    pub fn read(&mut self, state: &State, at: u32, frame: u8, slot: usize) {
        let current = self.current(state);
        self.mark_read(current, usize::from(frame), at, bit(slot));
    }

    fn mark_read(&mut self, instance: usize, frame: usize, at: u32, mask: u64) {
        let Some(masks) = self.masks(instance, frame, at) else { return };
        let all = masks.may_read | mask;
        let is_news = all != masks.may_read && all | masks.live_before != masks.live_before;
        masks.may_read = all;
        if let (true, Some(instance)) = (is_news, self.instances.get_mut(instance)) {
            instance.updated = true;
        }
    }

    /// The instruction `at` starts.
    pub fn begin(&mut self, state: &State, at: u32) {
        let current = self.current(state);
        let depth = self.instances.get(current).map_or(1, |instance| instance.frames.len());
        self.writes.clear();
        self.writes.resize(depth, 0);
        self.writer = at;
    }

    /// It overwrites all of `slot` of `frame`.
    pub fn write(&mut self, frame: u8, slot: usize) {
        if let Some(mask) = self.writes.get_mut(usize::from(frame)) {
            *mask |= bit(slot);
        }
    }

    /// It is done.
    pub fn commit(&mut self) {
        if let Some(current) = self.current {
            self.commit_to(current);
        }
    }

    fn commit_to(&mut self, instance: usize) {
        let at = self.writer;
        let index = at.saturating_sub(self.start(instance)) as usize;
        let seen =
            self.instances.get(instance).and_then(|instance| instance.seen.get(index)).copied() == Some(true);
        for frame in 0..self.writes.len() {
            let mut mask = self.writes[frame];
            if mask == 0 && !seen {
                continue;
            }
            let Some(masks) = self.masks(instance, frame, at) else { continue };
            let before = masks.must_write;
            if seen {
                mask &= before;
            }
            masks.must_write = mask;
            if let (true, Some(instance)) = (before != mask, self.instances.get_mut(instance)) {
                instance.updated = true;
                instance.dropped |= before & !mask != 0;
            }
        }
        if let Some(entry) =
            self.instances.get_mut(instance).and_then(|instance| instance.seen.get_mut(index))
        {
            *entry = true;
        }
        self.writer = 0;
    }

    /// Brings the answers for the functions of `state` up to date.
    pub fn update(&mut self, state: &State, insns: &[Insn]) {
        self.current = None;
        for frame in (0..=state.current()).rev() {
            let instance = self.of_frame(state, frame);
            if self.instances.get(instance).is_some_and(|instance| instance.updated) {
                self.update_instance(instance, insns);
                if let Some(instance) = self.instances.get_mut(instance) {
                    (instance.updated, instance.dropped) = (false, false);
                }
                self.tell_caller(instance);
            }
        }
    }

    fn update_instance(&mut self, index: usize, insns: &[Insn]) {
        let start = self.start(index) as usize;
        let Some(instance) = self.instances.get_mut(index) else { return };
        for masks in instance.frames.iter_mut().filter(|masks| !masks.is_empty()) {
            if instance.dropped {
                masks.iter_mut().for_each(|mask| mask.written_later = 0);
            }
            let mut changed = true;
            while std::mem::take(&mut changed) {
                for at in (0..masks.len()).rev() {
                    changed |= update_insn(masks, start, at, insns);
                }
            }
        }
    }

    /// What a function does to its callers' stacks, the call does.
    fn tell_caller(&mut self, index: usize) {
        let Some(instance) = self.instances.get(index) else { return };
        let Some((callsite, outer)) = instance.chain.split_last() else { return };
        let (callsite, outer) = (*callsite, outer.to_vec());
        let first: Vec<Option<Masks>> =
            instance.frames.iter().take(outer.len() + 1).map(|masks| masks.first().copied()).collect();
        let caller =
            self.bounds.iter().position(|(start, end)| (*start..*end).contains(&callsite)).unwrap_or(0);
        let outer = self.lookup(caller, outer);
        self.writes.clear();
        self.writes.resize(first.len(), 0);
        self.writer = callsite;
        for (frame, masks) in first.iter().enumerate() {
            let Some(masks) = masks else { continue };
            self.writes[frame] |= masks.written_later;
            self.mark_read(outer, frame, callsite, masks.live_before);
        }
        self.commit_to(outer);
        self.writes.clear();
    }

    /// For each frame of `state` at instruction `at`: which slots are needed.
    pub fn live_slots(&mut self, state: &State, at: u32, calls_callback: &dyn Fn(u32) -> bool) -> Vec<u64> {
        let top = state.current();
        let instances: Vec<usize> = (0..=top).map(|frame| self.of_frame(state, frame)).collect();
        let before = |instance: usize, insn: u32, frame: u8| -> u64 {
            let start = self.start(instance);
            let masks =
                self.instances.get(instance).and_then(|instance| instance.frames.get(usize::from(frame)));
            masks.and_then(|masks| masks.get((insn - start) as usize)).map_or(0, |masks| masks.live_before)
        };
        (0..=top)
            .map(|frame| {
                let mut live = before(instances[usize::from(top)], at, frame);
                for waiting in frame..top {
                    let callsite = state.frame(waiting + 1).callsite;
                    let from = if calls_callback(callsite) { callsite } else { callsite + 1 };
                    live |= before(instances[usize::from(waiting)], from, frame);
                }
                live
            })
            .collect()
    }
}

fn update_insn(masks: &mut [Masks], start: usize, at: usize, insns: &[Insn]) -> bool {
    let mut after = 0;
    let mut written = u64::MAX;
    let mut ends = true;
    for next in successors(start + at, insns).into_iter().flatten() {
        let Some(next) = next.checked_sub(start).and_then(|next| masks.get(next)) else { continue };
        after |= next.live_before;
        written &= next.written_later;
        ends = false;
    }
    let Some(mask) = masks.get_mut(at).filter(|_| !ends) else { return false };
    let before = (after & !mask.must_write) | mask.may_read;
    written |= mask.must_write;
    let changed = before != mask.live_before || written != mask.written_later;
    (mask.live_before, mask.written_later) = (before, written);
    changed
}
