//! Tracing a number that decided something back to what it was made of, so that those stay compared exactly.
//!
//! Walks the path backwards with the set of registers and slots that matter, and marks them in every recorded state
//! on the way.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{self, class, mode};

use crate::checks::encoding::{OP_CALL, OP_EXIT, OP_JA, OP_MASK};
use crate::dialect::{Backtracking, Liveness};
use crate::explore::{Machine, Step};
use crate::fault::{Checked, Stop};
use crate::state::{FP, Place, Reg};

const OP_END: u8 = 0xd0;
const OP_NEG: u8 = 0x80;
const OP_MOV: u8 = 0xb0;
const FETCH: i32 = 0x01;
const CMPXCHG: i32 = 0xf1;
/// R1 to R5.
const ARGUMENTS: u16 = 0x3e;
/// Slots that fit the set.
const MAX_SLOTS: usize = 64;

/// What matters.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Needed {
    regs: u16,
    slots: u64,
}

impl Needed {
    fn is_empty(self) -> bool {
        self == Needed::default()
    }

    fn has_reg(self, reg: u8) -> bool {
        self.regs & Self::reg_bit(reg) != 0
    }

    fn add_reg(&mut self, reg: u8) {
        self.regs |= Self::reg_bit(reg);
    }

    fn remove_reg(&mut self, reg: u8) {
        self.regs &= !Self::reg_bit(reg);
    }

    fn has(self, place: Place) -> bool {
        match place {
            Place::Reg(reg) => self.has_reg(reg),
            Place::Slot(slot) => self.slots & Self::slot_bit(slot) != 0,
        }
    }

    fn add(&mut self, place: Place) {
        match place {
            Place::Reg(reg) => self.add_reg(reg),
            Place::Slot(slot) => self.slots |= Self::slot_bit(slot),
        }
    }

    fn remove(&mut self, place: Place) {
        match place {
            Place::Reg(reg) => self.remove_reg(reg),
            Place::Slot(slot) => self.slots &= !Self::slot_bit(slot),
        }
    }

    fn reg_bit(reg: u8) -> u16 {
        1u16.checked_shl(u32::from(reg)).unwrap_or(0)
    }

    fn slot_bit(slot: usize) -> u64 {
        1u64.checked_shl(slot as u32).unwrap_or(0)
    }

    fn places(self) -> impl Iterator<Item = Place> {
        let regs = (0..16u8).filter(move |reg| self.has_reg(*reg)).map(Place::Reg);
        regs.chain((0..MAX_SLOTS).map(Place::Slot).filter(move |slot| self.has(*slot)))
    }
}

/// The walk can't go on: everything is taken to matter.
struct Lost;

impl Machine<'_> {
    /// The number in `reg` decided something.
    pub fn need_precise(&mut self, reg: u8) -> Checked {
        let mut needed = Needed::default();
        needed.add_reg(reg);
        self.trace_back(needed)
    }

    /// The number in the stack slot `slot` decided something.
    pub fn need_precise_slot(&mut self, slot: usize) -> Checked {
        let mut needed = Needed::default();
        needed.add(Place::Slot(slot));
        self.trace_back(needed)
    }

    /// What mattered to the paths from recorded state `id` matters to the current path.
    pub(super) fn propagate_precision(&mut self, id: u32) -> Checked {
        let mut all = Needed::default();
        let Some(old) = self.recorded.get(id as usize) else { return Ok(()) };
        let by_marks = self.rules.liveness == Liveness::Marks;
        let matters = |reg: &Reg| reg.is_scalar() && reg.precise && (!by_marks || reg.live.read);
        for number in 0..FP {
            if matters(old.state.reg(number)) {
                all.add_reg(number);
            }
        }
        for (index, slot) in old.state.stack.iter().enumerate() {
            if slot.is_spill() && matters(&slot.spilled) {
                all.add(Place::Slot(index));
            }
        }
        if self.rules.backtracking == Backtracking::Recorded {
            return self.trace_back(all);
        }
        // 6.1 walks once for each, and skips those that hold no number now.
        for place in all.places() {
            let is_number = match place {
                Place::Reg(_) => true,
                Place::Slot(slot) => self.state.stack.get(slot).is_some_and(|slot| slot.is_scalar_spill()),
            };
            if is_number {
                let mut one = Needed::default();
                one.add(place);
                self.trace_back(one)?;
            }
        }
        Ok(())
    }

    /// `mark_chain_precision`.
    fn trace_back(&mut self, mut needed: Needed) -> Checked {
        if needed.is_empty() {
            return Ok(());
        }
        let mut segment = (self.state.first_insn, Some(self.insn), self.state.history, self.state.parent);
        let mut is_first = true;
        let simple = self.rules.backtracking == Backtracking::FramePointer;
        loop {
            let (first, last, history, parent) = segment;
            let Some(last) = last else {
                return Err(Stop::feature("a number that is older than the program"));
            };
            match self.walk_segment(&mut needed, first, last, history, is_first) {
                Err(Lost) => {
                    // 6.1 leaves out the states that the walk has been through.
                    let from = if simple { parent } else { self.state.parent };
                    self.need_all_precise(from);
                    return Ok(());
                }
                Ok(()) if needed.is_empty() => return Ok(()),
                Ok(()) => {}
            }
            is_first = false;
            let Some(recorded) = parent.and_then(|id| self.recorded.get_mut(id as usize)) else { break };
            let mut is_new = false;
            let mut is_lost = false;
            for place in needed.places() {
                match place {
                    Place::Slot(slot) if slot >= recorded.state.stack.len() => is_lost = true,
                    Place::Slot(slot) if !recorded.state.stack[slot].is_spill() => needed.remove(place),
                    _ => {}
                }
                let Some(reg) = recorded.state.place_mut(place) else { continue };
                if !reg.is_scalar() {
                    needed.remove(place);
                } else if reg.precise {
                    if !simple {
                        needed.remove(place);
                    }
                } else if needed.has(place) {
                    reg.precise = true;
                    is_new = true;
                }
            }
            if is_lost {
                let from = if simple { recorded.state.parent } else { self.state.parent };
                self.need_all_precise(from);
                return Ok(());
            }
            if needed.is_empty() || (simple && !is_new) {
                return Ok(());
            }
            segment = (
                recorded.state.first_insn,
                recorded.state.last_insn,
                recorded.state.history,
                recorded.state.parent,
            );
        }
        if !simple {
            self.need_all_precise(self.state.parent);
        }
        Ok(())
    }

    /// Walks back from `last` to `first`, which the path entered from a recorded state.
    fn walk_segment(
        &self,
        needed: &mut Needed,
        first: u32,
        last: u32,
        history: (usize, usize),
        mut skips: bool,
    ) -> Result<(), Lost> {
        let (start, mut end) = history;
        let mut at = last;
        loop {
            let step =
                if end > start { self.history.get(end - 1).filter(|step| step.insn == at) } else { None };
            if !std::mem::take(&mut skips) {
                let insn = self.insns.get(at as usize).copied().unwrap_or_default();
                match self.rules.backtracking {
                    Backtracking::FramePointer => walk_simple(needed, insn)?,
                    Backtracking::Recorded => walk_recorded(needed, insn, step)?,
                }
            }
            if needed.is_empty() {
                return Ok(());
            }
            if at == first {
                let only_entry = end == start + 1 && step.is_some();
                if end == start || only_entry {
                    return Ok(());
                }
            }
            match step {
                Some(step) => {
                    end -= 1;
                    at = step.previous;
                }
                None => match at.checked_sub(1) {
                    Some(before) => at = before,
                    None => return Err(Lost),
                },
            }
        }
    }

    /// All numbers matter, of the recorded state `parent` and of those that led to it.
    fn need_all_precise(&mut self, mut parent: Option<u32>) {
        while let Some(recorded) = parent.and_then(|id| self.recorded.get_mut(id as usize)) {
            for reg in recorded.state.regs.iter_mut().take(usize::from(FP)) {
                reg.precise |= reg.is_scalar();
            }
            for slot in recorded.state.stack.iter_mut().filter(|slot| slot.is_scalar_spill()) {
                slot.spilled.precise = true;
            }
            parent = recorded.state.parent;
        }
    }
}

/// The register that a fetching atomic operation loads into.
fn fetched(insn: Insn) -> Option<u8> {
    let is_atomic = insn.class() == class::STX && insn.code & 0xe0 == mode::ATOMIC;
    match insn.imm {
        CMPXCHG if is_atomic => Some(0),
        imm if is_atomic && imm & FETCH != 0 => Some(insn.src),
        _ => None,
    }
}

/// Arithmetic: what `dst` was made of.
fn walk_alu(needed: &mut Needed, insn: Insn, follows_fp: bool) {
    if !needed.has_reg(insn.dst) {
        return;
    }
    let is_reg = insn.code & insn::SOURCE_REG != 0;
    match insn.code & OP_MASK {
        OP_END | OP_NEG => return,
        OP_MOV => needed.remove_reg(insn.dst),
        _ => {}
    }
    if is_reg && (follows_fp || insn.src != FP) {
        needed.add_reg(insn.src);
    }
}

/// `backtrack_insn`.
fn walk_recorded(needed: &mut Needed, insn: Insn, step: Option<&Step>) -> Result<(), Lost> {
    if insn.code == 0 {
        return Ok(());
    }
    sync_links(needed, step);
    let note = step.map(|step| step.note).unwrap_or_default();
    let op = insn.code & OP_MASK;
    match insn.class() {
        class::ALU | class::ALU64 => walk_alu(needed, insn, false),
        class::LDX => walk_load(needed, insn.dst, note.slot),
        class::STX | class::ST => match fetched(insn) {
            Some(loaded) => walk_load(needed, loaded, note.slot),
            None => {
                if needed.has_reg(insn.dst) {
                    return Err(Lost);
                }
                if let Some(place) = note.slot.map(Place::Slot).filter(|place| needed.has(*place)) {
                    needed.remove(place);
                    if insn.class() == class::STX {
                        needed.add_reg(insn.src);
                    }
                }
            }
        },
        class::LD if insn.code & 0xe0 == mode::IMM => needed.remove_reg(insn.dst),
        class::LD => {
            if needed.has_reg(insn.dst) {
                return Err(Lost);
            }
        }
        _ => match op {
            OP_CALL => {
                needed.remove_reg(0);
                if needed.regs & ARGUMENTS != 0 {
                    return Err(Lost);
                }
            }
            OP_JA => {}
            OP_EXIT => return Err(Lost),
            _ if insn.code & insn::SOURCE_REG != 0
                && (needed.has_reg(insn.dst) || needed.has_reg(insn.src)) =>
            {
                if !note.src_is_stack {
                    needed.add_reg(insn.src);
                }
                if !note.dst_is_stack {
                    needed.add_reg(insn.dst);
                }
            }
            _ => {}
        },
    }
    sync_links(needed, step);
    Ok(())
}

fn walk_load(needed: &mut Needed, loaded: u8, slot: Option<usize>) {
    if needed.has_reg(loaded) {
        needed.remove_reg(loaded);
        if let Some(slot) = slot {
            needed.add(Place::Slot(slot));
        }
    }
}

/// If one of several linked numbers matters, all do.
fn sync_links(needed: &mut Needed, step: Option<&Step>) {
    let Some(step) = step else { return };
    if step.linked.iter().any(|place| needed.has(*place)) {
        for place in &step.linked {
            needed.add(*place);
        }
    }
}

/// `backtrack_insn` of 6.1.
fn walk_simple(needed: &mut Needed, insn: Insn) -> Result<(), Lost> {
    if insn.code == 0 {
        return Ok(());
    }
    let slot = usize::try_from((-i32::from(insn.off) - 1) / 8).unwrap_or(0);
    let op = insn.code & OP_MASK;
    match insn.class() {
        class::ALU | class::ALU64 => walk_alu(needed, insn, true),
        class::LDX => walk_load(needed, insn.dst, (insn.src == FP).then_some(slot)),
        class::STX | class::ST => match fetched(insn) {
            Some(loaded) => walk_load(needed, loaded, (insn.dst == FP).then_some(slot)),
            None => {
                if needed.has_reg(insn.dst) {
                    return Err(Lost);
                }
                if insn.dst == FP && needed.has(Place::Slot(slot)) {
                    needed.remove(Place::Slot(slot));
                    if insn.class() == class::STX {
                        needed.add_reg(insn.src);
                    }
                }
            }
        },
        class::LD => {
            if needed.has_reg(insn.dst) {
                needed.remove_reg(insn.dst);
                if insn.code & 0xe0 != mode::IMM {
                    return Err(Lost);
                }
            }
        }
        _ => match op {
            OP_CALL => {
                needed.remove_reg(0);
                if needed.regs & (ARGUMENTS | 1) != 0 {
                    return Err(Lost);
                }
            }
            OP_EXIT => return Err(Lost),
            OP_JA => {}
            _ if insn.code & insn::SOURCE_REG != 0
                && (needed.has_reg(insn.dst) || needed.has_reg(insn.src)) =>
            {
                needed.add_reg(insn.src);
                needed.add_reg(insn.dst);
            }
            _ => {}
        },
    }
    Ok(())
}
