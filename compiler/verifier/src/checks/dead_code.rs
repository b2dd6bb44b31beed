//! What the kernel does after all paths were followed: code that no path reached is removed, and functions are told apart
//! anew. References that are left to what was removed make it refuse the program.

use gobpf_bpf::tables::ProgramKind;

use crate::checks::encoding::{
    JUMP_LONG, MAY_GOTO, OP_CALL, OP_EXIT, OP_JA, OP_MASK, is_jump_class, jump_target,
};
use crate::checks::exceptions::{THROW, has_callback};
use crate::checks::expansion::{self, Called, LOOP_CALL, LOOP_SLOTS, MAY_GOTO_START, UNCLONE_START};
use crate::checks::functions::refers;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, KernelFault};

/// Kinds of programs for whom a packet that is shared is copied before they write to it.
const UNCLONES: [ProgramKind; 4] =
    [ProgramKind::SCHED_CLS, ProgramKind::SCHED_ACT, ProgramKind::LWT_XMIT, ProgramKind::SK_SKB];

/// An instruction that may lead somewhere.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Where it leads, whether as a jump or as a reference to a function.
    target: Option<usize>,
    is_jump: bool,
    is_may_goto: bool,
    is_reference: bool,
    /// How many slots the kernel adds to it after that.
    grows: u32,
}

/// A program that shrinks.
struct Shrinking {
    slots: Vec<Slot>,
    /// Where functions start.
    starts: Vec<usize>,
}

/// Refuses what the kernel refuses after it has followed all paths.
pub(crate) fn check(m: &Machine<'_>) -> Checked {
    if !m.rules.signed_arena_loads && m.loads_signed_from_arena() {
        return Err(Fault::SignedArenaLoad.into());
    }
    let null_call = (0u32..).zip(m.insns).any(|(at, insn)| m.is_null_call(*insn, at) && m.seen[at as usize]);
    if null_call {
        return Err(KernelFault::NotEliminated.into());
    }
    if m.functions.len() < 2 || m.seen.iter().all(|seen| *seen) {
        return Ok(());
    }
    let mut program = Shrinking {
        slots: (0..m.insns.len()).map(|at| slot(m, at)).collect(),
        starts: m.functions.iter().map(|function| function.start as usize).collect(),
    };
    let mut seen = m.seen.clone();
    program.inline_loops(m, &mut seen);
    program.remove_dead(seen);
    program.remove_empty_jumps();
    // A program that throws, and has no function for that, gets one more, of two instructions, at its end.
    let throws = !has_callback(m) && m.kfuncs.iter().any(|(at, name)| name == THROW && m.seen[*at as usize]);
    if program.starts.len() + usize::from(throws) < 2 {
        return Ok(());
    }
    let lost = program
        .slots
        .iter()
        .filter(|slot| slot.is_reference)
        .filter_map(|slot| slot.target)
        .find(|target| program.starts.binary_search(target).is_err());
    match lost {
        Some(insn) => {
            let moved = if throws && insn >= program.slots.len() { 2 } else { 0 };
            Err(Fault::NoFunction { insn: (insn + moved + program.grown_before(m, insn)) as u32 }.into())
        }
        None => Ok(()),
    }
}

/// What the instruction at `at` is, where jumps with a side that no path took jump always (`opt_hard_wire_dead_code_branches`).
fn slot(m: &Machine<'_>, at: usize) -> Slot {
    let slot = jump(m, at);
    Slot { grows: expansion::of(m, at), ..slot }
}

/// Where it leads.
fn jump(m: &Machine<'_>, at: usize) -> Slot {
    let Some(insn) = m.insns.get(at).copied() else { return Slot::default() };
    let is_seen = |at: usize| m.seen.get(at).copied().unwrap_or(false);
    if refers(insn) {
        let target = usize::try_from(at as i64 + i64::from(insn.imm) + 1).ok();
        return Slot { target, is_reference: true, ..Slot::default() };
    }
    let op = insn.code & OP_MASK;
    if !is_jump_class(insn) || op == OP_CALL || op == OP_EXIT {
        return Slot::default();
    }
    let target = usize::try_from(jump_target(at, insn)).ok();
    let is_always = insn.code == JUMP_LONG || op == OP_JA;
    if !is_always && is_seen(at + 1) && target.is_some_and(|target| !is_seen(target)) {
        return Slot { target: Some(at + 1), is_jump: true, ..Slot::default() };
    }
    let is_may_goto = insn.code == MAY_GOTO && m.rules.empty_may_goto;
    Slot { target, is_jump: is_always || !is_seen(at + 1), is_may_goto, ..Slot::default() }
}

impl Shrinking {
    /// `optimize_bpf_loop`.
    fn inline_loops(&mut self, m: &Machine<'_>, seen: &mut Vec<bool>) {
        for (at, called) in m.called.iter().enumerate().rev() {
            let Called::Loop(function) = *called else { continue };
            let more = LOOP_SLOTS - 1;
            seen.splice(at + 1..at + 1, std::iter::repeat_n(true, more));
            self.slots[at] = Slot::default();
            self.slots.splice(at + 1..at + 1, std::iter::repeat_n(Slot::default(), more));
            let targets = self.slots.iter_mut().filter_map(|slot| slot.target.as_mut());
            targets.chain(&mut self.starts).filter(|place| **place > at).for_each(|place| *place += more);
            let target = self.starts.get(function as usize).copied();
            self.slots[at + LOOP_CALL] = Slot { target, is_reference: true, ..Slot::default() };
        }
    }

    /// Slots that the kernel adds before the one at `end` (`convert_ctx_accesses`, `do_misc_fixups`).
    fn grown_before(&self, m: &Machine<'_>, end: usize) -> usize {
        let before = self.slots.get(..end).unwrap_or(&self.slots);
        let of_insns: u32 = before.iter().map(|slot| slot.grows).sum();
        let counts = |start: usize, next: usize| {
            self.slots.get(start..next).is_some_and(|slots| slots.iter().any(|slot| slot.is_may_goto))
        };
        let ends = self.starts.iter().skip(1).copied().chain([self.slots.len()]);
        let of_counts =
            self.starts.iter().zip(ends).filter(|(start, next)| **start < end && counts(**start, *next));
        let unclones = m.writes_packet && UNCLONES.contains(&m.kind) && end > 0;
        let of_start = if unclones { UNCLONE_START } else { 0 };
        (of_insns + of_counts.count() as u32 * MAY_GOTO_START + of_start) as usize
    }

    /// `opt_remove_dead_code`.
    fn remove_dead(&mut self, mut seen: Vec<bool>) {
        let mut at = 0;
        while at < seen.len() {
            let count = seen[at..].iter().take_while(|seen| !**seen).count();
            if count > 0 {
                seen.drain(at..at + count);
                self.remove(at, count);
            }
            at += 1;
        }
    }

    /// `opt_remove_nops`.
    fn remove_empty_jumps(&mut self) {
        let mut at = 0;
        while let Some(slot) = self.slots.get(at) {
            let (is_jump, is_may_goto) = (slot.is_jump, slot.is_may_goto);
            if (is_jump || is_may_goto) && slot.target == Some(at + 1) {
                self.remove(at, 1);
                // The one before may have become such.
                at = at.saturating_sub(usize::from(is_may_goto));
            } else {
                at += 1;
            }
        }
    }

    /// `verifier_remove_insns`: what leads into the part that is removed keeps its number.
    fn remove(&mut self, at: usize, count: usize) {
        let old_end = self.slots.len();
        self.slots.drain(at..at + count);
        for target in self.slots.iter_mut().filter_map(|slot| slot.target.as_mut()) {
            if *target >= at + count {
                *target -= count;
            }
        }
        let next =
            |from: usize| self.starts.iter().position(|start| *start >= from).unwrap_or(self.starts.len());
        let (mut first, mut last) = (next(at), next(at + count));
        let start_of = |index: usize| self.starts.get(index).copied().unwrap_or(old_end);
        // What follows is the end of a function whose start goes.
        if start_of(last) != at + count {
            last = last.saturating_sub(1);
        }
        if last > first {
            self.starts.drain(first..last);
        } else if start_of(first) == at {
            first += 1;
        }
        for start in self.starts.iter_mut().skip(first) {
            *start -= count;
        }
    }
}
