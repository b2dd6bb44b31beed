//! Loops as what the paths show (6.12): a state knows the topmost state that a path from it came back to.

use crate::explore::Machine;

impl Machine<'_> {
    /// `get_loop_entry`.
    pub(super) fn loop_entry(&mut self, id: u32) -> Option<u32> {
        let entry =
            |m: &Self, id: u32| m.recorded.get(id as usize).and_then(|recorded| recorded.state.loop_entry);
        let mut topmost = entry(self, id)?;
        while let Some(next) = entry(self, topmost).filter(|next| *next != topmost) {
            topmost = next;
        }
        let mut at = Some(id);
        while let Some(state) = at {
            let before = entry(self, state);
            if before == Some(topmost) {
                break;
            }
            if let Some(recorded) = self.recorded.get_mut(state as usize) {
                recorded.state.loop_entry = Some(topmost);
            }
            at = before;
        }
        Some(topmost)
    }

    fn depth_of(&self, id: u32) -> u32 {
        self.recorded.get(id as usize).map_or(0, |recorded| recorded.state.depth)
    }

    /// `update_loop_entry`: the recorded state `from`, or the current one, came back to `header`.
    pub(super) fn update_loop_entry(&mut self, from: Option<u32>, header: u32) {
        let entry = match from {
            Some(from) => self.loop_entry(from).or(Some(from)),
            None => self.state.loop_entry.map(|entry| self.loop_entry(entry).unwrap_or(entry)),
        };
        let depth = entry.map_or(self.state.depth, |entry| self.depth_of(entry));
        let top = self.loop_entry(header).unwrap_or(header);
        let is_open = self.recorded.get(top as usize).is_some_and(|recorded| recorded.branches > 0);
        if !is_open || self.depth_of(top) > depth {
            return;
        }
        match from {
            Some(from) => {
                if let Some(recorded) = self.recorded.get_mut(from as usize) {
                    recorded.state.loop_entry = Some(header);
                }
            }
            None => self.state.loop_entry = Some(header),
        }
        if let Some(recorded) = self.recorded.get_mut(header as usize) {
            recorded.used_as_loop_entry = true;
        }
    }

    /// `update_branch_counts`: the current path ends.
    pub(super) fn end_branch_with_entries(&mut self) {
        let mut parent = self.state.parent;
        if let (Some(id), Some(entry)) = (parent, self.state.loop_entry.take()) {
            self.update_loop_entry(Some(id), entry);
        }
        while let Some(id) = parent {
            let Some(recorded) = self.recorded.get_mut(id as usize) else { break };
            recorded.branches = recorded.branches.saturating_sub(1);
            if recorded.branches > 0 {
                break;
            }
            let (next, entry) = (recorded.state.parent, recorded.state.loop_entry);
            if let (Some(next), Some(entry)) = (next, entry) {
                self.update_loop_entry(Some(next), entry);
            }
            parent = next;
        }
    }
}
