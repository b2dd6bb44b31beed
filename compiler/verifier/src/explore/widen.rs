//! Turns of a loop that the verifier can't count: what differs from the turn before, and nothing relied on, may be
//! anything from then on.

use crate::explore::Machine;
use crate::explore::equal::Ids;
use crate::state::{Reg, State};

impl Machine<'_> {
    /// `find_prev_entry`: an open state that the path recorded at `insn` before depth `depth`, reached by the same calls.
    fn previous_entry(&self, state: &State, depth: u32, insn: u32) -> Option<u32> {
        let list = self.explored.get(insn as usize)?;
        list.iter().copied().find(|id| {
            self.recorded.get(*id as usize).is_some_and(|recorded| {
                recorded.branches > 0 && recorded.state.same_callsites(state) && recorded.state.depth < depth
            })
        })
    }

    /// `widen_imprecise_scalars`, where the path was at `insn` before.
    pub fn widen_since(&mut self, insn: u32) {
        let mut state = std::mem::replace(&mut self.state, State::start(0, 0));
        self.widen(&mut state, insn, false);
        self.state = state;
    }

    /// The same for `state`; where `skips_record`, the state that was just recorded is none to compare with.
    pub fn widen(&self, state: &mut State, insn: u32, skips_record: bool) {
        let depth = state.depth.saturating_sub(u32::from(skips_record));
        let Some(id) = self.previous_entry(state, depth, insn) else { return };
        let Some(old) = self.recorded.get(id as usize) else { return };
        let mut ids = Ids::new(self.ids);
        let rules = self.rules;
        let widen = |old: &Reg, new: &mut Reg, ids: &mut Ids| {
            let both = old.is_scalar() && new.is_scalar() && !old.precise && !new.precise;
            if both && !ids.are_equal(old, new, rules) {
                new.copy_from(&Reg { born: new.born, ..Reg::unknown() });
            }
        };
        let old: &State = &old.state;
        for number in (0..=old.current()).rev() {
            let (before, now) = (old.frame(number), state.frame_mut(number));
            for (before, now) in before.regs.iter().zip(&mut now.regs) {
                widen(before, now, &mut ids);
            }
            for (before, now) in before.stack.iter().zip(now.stack.iter_mut()) {
                if before.is_spill() && now.is_spill() {
                    widen(&before.spilled, &mut now.spilled, &mut ids);
                }
            }
        }
    }
}
