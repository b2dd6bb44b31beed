//! Loops as strongly connected components of the control-flow graph, and what comes back to them (6.17 and later).
//!
//! A state within a loop is complete only when the loop's entry has no open path any more: until then states are
//! compared more strictly. Where a path ended because it came back to an open state, it is kept, and precision is
//! carried round the loop when its entry is done.

use gobpf_bpf::Insn;
use rustc_hash::FxHashMap;

use crate::checks::flow::successors;
use crate::explore::Machine;
use crate::fault::{Checked, ObjectFault};
use crate::state::State;

/// Turns round a loop before all numbers are taken to matter.
const MAX_TURNS: u32 = 64;

/// A path that ended where the state `equal` covers it.
struct Backedge {
    state: State,
    insn: u32,
    equal: u32,
}

/// A loop as reached by one chain of calls.
#[derive(Default)]
struct Visit {
    /// The recorded state that entered it.
    entry: Option<u32>,
    backedges: Vec<Backedge>,
}

/// The calls that led to a loop, and the loop's number.
type Chain = (Vec<u32>, u32);

/// All loops.
#[derive(Default)]
pub(crate) struct Components {
    /// The loop that an instruction is in; 0 for none.
    of: Vec<u32>,
    visits: FxHashMap<Chain, Visit>,
    backedges: usize,
}

impl Components {
    pub fn new(insns: &[Insn]) -> Components {
        Components { of: number(insns), ..Components::default() }
    }

    /// Another function is followed.
    pub fn forget(&mut self) {
        self.visits.clear();
        self.backedges = 0;
    }

    /// Whether paths are kept that the history must still lead to.
    pub fn has_backedges(&self) -> bool {
        self.backedges > 0
    }

    /// The outermost loop that `state`, at `insn`, is in.
    fn chain(&self, state: &State, insn: u32) -> Option<Chain> {
        let mut calls = Vec::new();
        for frame in 0..=state.current() {
            let at = state.insn_of_frame(frame, insn);
            match self.of.get(at as usize) {
                Some(0) | None => calls.push(at),
                Some(component) => return Some((calls, *component)),
            }
        }
        None
    }
}

impl Machine<'_> {
    /// Whether paths came back to the loop of the recorded state `id` that were not carried round yet.
    pub(super) fn is_incomplete(&self, id: u32) -> bool {
        let Some(recorded) = self.recorded.get(id as usize) else { return false };
        let chain = self.components.chain(&recorded.state, recorded.insn);
        chain
            .and_then(|chain| self.components.visits.get(&chain))
            .is_some_and(|visit| !visit.backedges.is_empty())
    }

    /// State `id` was recorded.
    pub(super) fn enter_component(&mut self, id: u32) {
        let Some(recorded) = self.recorded.get(id as usize) else { return };
        if let Some(chain) = self.components.chain(&recorded.state, recorded.insn) {
            self.components.visits.entry(chain).or_default().entry.get_or_insert(id);
        }
    }

    /// The current path ends where the recorded state `equal` covers it, within a loop.
    pub(super) fn add_backedge(&mut self, equal: u32) {
        let Some(recorded) = self.recorded.get(equal as usize) else { return };
        let Some(chain) = self.components.chain(&recorded.state, recorded.insn) else { return };
        let backedge = Backedge { state: self.state.clone(), insn: self.insn, equal };
        if let Some(visit) = self.components.visits.get_mut(&chain) {
            visit.backedges.push(backedge);
            self.components.backedges += 1;
        }
    }

    /// The current path ends within a loop, which only an exception can do: the kernel misses a recorded state there.
    pub(super) fn check_end(&self) -> Checked {
        if self.components.of.is_empty() {
            return Ok(());
        }
        match self.components.chain(&self.state, self.insn) {
            Some(chain) if !self.components.visits.contains_key(&chain) => {
                let (calls, component) = chain;
                // The kernel takes a first call by the first instruction for none.
                let calls = calls.into_iter().take_while(|call| *call != 0).collect();
                Err(ObjectFault::NoVisit { calls, component }.into())
            }
            _ => Ok(()),
        }
    }

    /// No path from the recorded state `id` is open any more.
    pub(super) fn leave_component(&mut self, id: u32) -> Checked {
        if self.components.of.is_empty() {
            return Ok(());
        }
        let Some(recorded) = self.recorded.get(id as usize) else { return Ok(()) };
        let Some(chain) = self.components.chain(&recorded.state, recorded.insn) else { return Ok(()) };
        let Some(visit) = self.components.visits.get_mut(&chain).filter(|visit| visit.entry == Some(id))
        else {
            return Ok(());
        };
        visit.entry = None;
        let backedges = std::mem::take(&mut visit.backedges);
        self.components.backedges -= backedges.len();
        for turn in 0.. {
            let mut changed = false;
            for backedge in &backedges {
                if turn >= MAX_TURNS {
                    self.need_all_precise(backedge.state.parent);
                } else {
                    changed |= self.carry_precision(backedge.equal, &backedge.state, backedge.insn)?;
                }
            }
            if !changed {
                break;
            }
        }
        Ok(())
    }
}

/// Numbers the loops (Tarjan's algorithm): each component of several instructions, and each instruction that
/// follows itself.
fn number(insns: &[Insn]) -> Vec<u32> {
    const UNSEEN: u32 = 0;
    let mut order = vec![UNSEEN; insns.len()];
    let mut low = vec![u32::MAX; insns.len()];
    let mut of = vec![0; insns.len()];
    let mut open: Vec<usize> = Vec::new();
    let mut on_way = vec![false; insns.len()];
    let (mut next_order, mut next_component) = (1, 1);
    for root in 0..insns.len() {
        if order[root] != UNSEEN {
            continue;
        }
        let mut way = vec![(root, 0usize)];
        while let Some((at, edge)) = way.pop() {
            if edge == 0 {
                (order[at], low[at]) = (next_order, next_order);
                next_order += 1;
                open.push(at);
                on_way[at] = true;
            }
            let nexts = successors(at, insns);
            if let Some(next) = nexts.get(edge).copied() {
                way.push((at, edge + 1));
                let Some(next) = next.filter(|next| *next < insns.len()) else { continue };
                if order[next] == UNSEEN {
                    way.push((next, 0));
                } else if on_way[next] {
                    low[at] = low[at].min(order[next]);
                }
                continue;
            }
            if let Some((parent, _)) = way.last() {
                low[*parent] = low[*parent].min(low[at]);
            }
            if low[at] == order[at] {
                let follows_itself = nexts.contains(&Some(at));
                let is_loop = open.last() != Some(&at) || follows_itself;
                while let Some(member) = open.pop() {
                    on_way[member] = false;
                    of[member] = if is_loop { next_component } else { 0 };
                    if member == at {
                        break;
                    }
                }
                next_component += u32::from(is_loop);
            }
        }
    }
    of
}
