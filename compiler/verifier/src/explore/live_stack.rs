//! Which stack slots an instruction or its successors may read, from what was explored so far (6.18).
//!
//! Reads of an instruction add up over its visits, and only what every visit overwrites counts as overwritten; so
//! what is found grows, and is complete for a place that no open path leads to any more.

use gobpf_bpf::Insn;

use crate::checks::flow::successors;

#[derive(Clone, Copy, Default)]
struct Effect {
    may_read: u64,
    must_write: u64,
    seen: bool,
}

/// Bit masks of slots, bit 0 for the one right under the frame pointer.
pub(crate) struct LiveStack {
    effects: Vec<Effect>,
    before: Vec<u64>,
    writes: u64,
    changed: bool,
    deepest: usize,
}

fn bit(slot: usize) -> u64 {
    1u64.checked_shl(slot as u32).unwrap_or(0)
}

impl LiveStack {
    pub fn new(insns: usize) -> LiveStack {
        LiveStack {
            effects: vec![Effect::default(); insns],
            before: vec![0; insns],
            writes: 0,
            changed: false,
            deepest: 0,
        }
    }

    /// Instruction `at` may read `slot`.
    pub fn read(&mut self, at: usize, slot: usize) {
        if let Some(effect) = self.effects.get_mut(at) {
            self.changed |= effect.may_read & bit(slot) == 0;
            effect.may_read |= bit(slot);
        }
    }

    /// The current instruction overwrites all of `slot`.
    pub fn write(&mut self, slot: usize) {
        self.writes |= bit(slot);
    }

    /// The instruction `at` is done.
    pub fn commit(&mut self, at: usize) {
        let writes = std::mem::take(&mut self.writes);
        if let Some(effect) = self.effects.get_mut(at) {
            let common = if effect.seen { effect.must_write & writes } else { writes };
            self.changed |= effect.must_write != common;
            (effect.must_write, effect.seen) = (common, true);
        }
    }

    /// A path ended with a stack of this many slots.
    pub fn depth(&mut self, slots: usize) {
        self.deepest = self.deepest.max(slots);
    }

    /// The deepest stack of all paths that ended, in slots.
    pub fn deepest(&self) -> usize {
        self.deepest
    }

    /// Brings the answers up to date; asked for at the end of each path.
    pub fn update(&mut self, insns: &[Insn]) {
        while std::mem::take(&mut self.changed) {
            for at in (0..insns.len()).rev() {
                let after = successors(at, insns)
                    .into_iter()
                    .flatten()
                    .fold(0, |mask, next| mask | self.before.get(next).copied().unwrap_or(0));
                let Some(effect) = self.effects.get(at) else { continue };
                let before = (after & !effect.must_write) | effect.may_read;
                if let Some(entry) = self.before.get_mut(at) {
                    self.changed |= *entry != before;
                    *entry = before;
                }
            }
        }
    }

    /// Whether `slot` is needed before instruction `at`.
    pub fn is_live(&self, at: usize, slot: usize) -> bool {
        self.before.get(at).is_some_and(|mask| mask & bit(slot) != 0)
    }
}
