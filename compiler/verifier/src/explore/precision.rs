//! Tracing a number that decided something back to what it was made of, so that those stay compared exactly.
//!
//! Walks the path backwards with the set of registers and slots that matter, and marks them in every recorded state
//! on the way.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{self, class, mode, pseudo};

use crate::checks::encoding::{OP_CALL, OP_EXIT, OP_JA, OP_MASK};
use crate::dialect::{Backtracking, Liveness, Rules};
use crate::explore::needed::{ARGUMENTS, MAX_FRAMES, Needed};
use crate::explore::walks::Walks;
use crate::explore::{CANCEL_EVERY, Machine, Step, Trail};
use crate::fault::{Checked, Fault, Stop};
use crate::state::{FP, Place, Reg, Slot, State};
use crate::transfer::LOAD_ACQUIRE;

const OP_END: u8 = 0xd0;
const OP_NEG: u8 = 0x80;
const OP_MOV: u8 = 0xb0;
const FETCH: i32 = 0x01;
const CMPXCHG: i32 = 0xf1;
/// Instructions walked back over between two looks at the caller's cancel flag.
const CANCEL_EVERY_WALKED: u32 = 1 << 12;

/// Where a walk starts.
#[derive(Clone, Copy)]
struct Start {
    first: u32,
    last: Option<u32>,
    history: Trail,
    parent: Option<u32>,
    frames: u8,
}

impl Start {
    fn of(state: &State, last: Option<u32>) -> Start {
        let (first, history, parent) = (state.first_insn, state.history, state.parent);
        Start { first, last, history, parent, frames: state.current() }
    }
}

/// The walk can't go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lost {
    /// Everything is taken to matter.
    All,
    /// The kernel takes it for a mistake of its own: these registers are needed before a call that can't have set them,
    /// such as the one that starts an asynchronous callback.
    Bug(u16),
}

impl Machine<'_> {
    /// The number in `reg` of the current frame decided something.
    pub fn need_precise(&mut self, reg: u8) -> Checked {
        let mut needed = Needed::in_frame(self.state.current());
        needed.add_reg(reg);
        self.trace_back(needed)
    }

    /// The number in a stack slot decided something.
    pub fn need_precise_slot(&mut self, frame: u8, slot: usize) -> Checked {
        let mut needed = Needed::in_frame(self.state.current());
        needed.add(Place::Slot(frame, slot));
        self.trace_back(needed)
    }

    /// What mattered to the paths from recorded state `id`.
    fn mattered(&self, id: u32) -> Needed {
        let Some(old) = self.recorded.get(id as usize) else { return Needed::default() };
        let mut all = Needed::in_frame(old.state.current());
        let by_marks = self.rules.liveness == Liveness::Marks;
        let matters = |reg: &Reg| reg.is_scalar() && reg.precise && (!by_marks || reg.live.read);
        for (frame, number) in old.state.frames().zip(0u8..) {
            for reg in 0..FP {
                if matters(frame.reg(reg)) {
                    all.add(Place::Reg(number, reg));
                }
            }
            for (index, slot) in frame.stack.iter().enumerate() {
                if slot.is_spill() && matters(&slot.spilled) {
                    all.add(Place::Slot(number, index));
                }
            }
        }
        all
    }

    /// What mattered to the paths from recorded state `id` matters to the current path.
    pub(super) fn propagate_precision(&mut self, id: u32) -> Checked {
        let all = self.mattered(id);
        if self.rules.backtracking == Backtracking::Recorded {
            return self.trace_back(all);
        }
        // 6.1 walks once for each, and skips those that hold no number now.
        for place in all.places() {
            let is_number = match place {
                Place::Reg(..) => true,
                Place::Slot(frame, slot) => {
                    self.state.frame(frame).stack.get(slot).is_some_and(|slot| slot.is_scalar_spill())
                }
            };
            if is_number {
                let frame = match place {
                    Place::Reg(frame, _) | Place::Slot(frame, _) => frame,
                };
                let mut one = Needed::in_frame(frame);
                one.add(place);
                self.trace_back(one)?;
            }
        }
        Ok(())
    }

    /// What mattered to recorded state `id` matters to a path that ended in `state`; says whether that was news.
    pub(super) fn carry_precision(&mut self, id: u32, state: &State, insn: u32) -> Checked<bool> {
        let all = self.mattered(id);
        self.trace_back_from(all, Start::of(state, Some(insn)))
    }

    /// `mark_chain_precision`.
    fn trace_back(&mut self, needed: Needed) -> Checked {
        let start = Start::of(&self.state, Some(self.insn));
        self.trace_back_from(needed, start).map(|_| ())
    }

    fn trace_back_from(&mut self, mut needed: Needed, start: Start) -> Checked<bool> {
        if needed.is_empty() {
            return Ok(false);
        }
        let simple = self.rules.backtracking == Backtracking::FramePointer;
        let (mut segment, mut is_first, mut changed, mut after) = (start, true, false, None);
        for turn in 0u32.. {
            // A path at the verifier's limit is long.
            if turn % CANCEL_EVERY == CANCEL_EVERY - 1 {
                self.check_cancelled()?;
            }
            let Some(last) = segment.last else {
                return if self.is_at_entry(&needed, &segment) {
                    Ok(changed)
                } else {
                    Err(Stop::feature("a number that is older than the program"))
                };
            };
            match self.walk_segment(&mut needed, segment, last, is_first, after)? {
                Err(Lost::Bug(regs)) => return Err(Fault::BacktrackingCall { regs }.into()),
                Err(Lost::All) => {
                    // 6.1 leaves out the states that the walk has been through.
                    self.need_all_precise(if simple { segment.parent } else { start.parent });
                    return Ok(changed);
                }
                Ok(()) if needed.is_empty() => return Ok(changed),
                Ok(()) => {}
            }
            is_first = false;
            let Some(parent) = segment.parent else { break };
            let Some((is_new, is_lost)) = self.mark_precise(&mut needed, parent) else { break };
            changed |= is_new;
            let Some(recorded) = self.recorded.get(parent as usize) else { break };
            if is_lost {
                self.need_all_precise(if simple { recorded.state.parent } else { start.parent });
                return Ok(changed);
            }
            if needed.is_empty() || (simple && !is_new) {
                return Ok(changed);
            }
            after = Some(segment.first);
            segment = Start::of(&recorded.state, recorded.state.last_insn);
        }
        if !simple {
            self.need_all_precise(start.parent);
        }
        Ok(changed)
    }

    /// The walk came to the start of a function that is verified on its own: its arguments may be anything.
    fn is_at_entry(&self, needed: &Needed, segment: &Start) -> bool {
        let entry = self.functions.iter().skip(1).any(|function| function.start == segment.first);
        let regs = needed.regs.first().copied().unwrap_or(0);
        entry && segment.frames == 0 && regs & !ARGUMENTS == 0 && needed.slots.iter().all(|slots| *slots == 0)
    }

    /// Marks what is needed in the recorded state `id`; says whether a mark is new, and whether the walk is lost.
    fn mark_precise(&mut self, needed: &mut Needed, id: u32) -> Option<(bool, bool)> {
        let simple = self.rules.backtracking == Backtracking::FramePointer;
        let recorded = self.recorded.get_mut(id as usize)?;
        let (mut is_new, mut is_lost) = (false, false);
        for place in needed.places() {
            let (Place::Reg(frame, _) | Place::Slot(frame, _)) = place;
            if frame > recorded.state.current() {
                needed.remove(place);
                continue;
            }
            if let Place::Slot(_, slot) = place {
                match recorded.state.frame(frame).stack.get(slot) {
                    None => is_lost = true,
                    Some(slot) if !slot.is_spill() => needed.remove(place),
                    Some(_) => {}
                }
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
        Some((is_new, is_lost))
    }

    /// Walks back from `last` to the first instruction, which the path entered from a recorded state. `after` is the
    /// instruction that followed `last` on the path.
    fn walk_segment(
        &mut self,
        needed: &mut Needed,
        segment: Start,
        last: u32,
        skips: bool,
        after: Option<u32>,
    ) -> Checked<Result<(), Lost>> {
        let mut passed = Vec::new();
        let end = self.walk_to_start(needed, segment, (last, skips, after), &mut passed)?;
        self.walks.keep(&passed, end);
        Ok(end.map(|left| *needed = left))
    }

    /// The same, to what is needed at the first instruction; adds the points that it `passed`.
    fn walk_to_start(
        &self,
        needed: &Needed,
        segment: Start,
        (last, mut skips, mut after): (u32, bool, Option<u32>),
        passed: &mut Vec<(u32, Needed)>,
    ) -> Checked<Result<Needed, Lost>> {
        let Trail { last: mut tail, mut steps } = segment.history;
        let (mut at, mut needed, mut turn) = (last, *needed, 0u32);
        loop {
            turn += 1;
            if turn.is_multiple_of(CANCEL_EVERY_WALKED) {
                self.check_cancelled()?;
            }
            let top = tail.filter(|_| steps > 0).and_then(|tail| self.history.get(tail as usize));
            let step = top.filter(|step| step.insn == at);
            if !std::mem::take(&mut skips) {
                let insn = self.insns.get(at as usize).copied().unwrap_or_default();
                let walked = match self.rules.backtracking {
                    Backtracking::FramePointer => walk_simple(&mut needed, insn, self.rules),
                    Backtracking::Recorded => self.walk_recorded(&mut needed, insn, at, after, step),
                };
                if let Err(lost) = walked {
                    return Ok(Err(lost));
                }
            }
            let only_entry = steps == 1 && step.is_some();
            let is_start = at == segment.first && (steps == 0 || only_entry);
            if is_start || needed.is_empty() {
                return Ok(Ok(needed));
            }
            after = Some(at);
            let Some(step) = step else {
                let Some(before) = at.checked_sub(1) else { return Ok(Err(Lost::All)) };
                at = before;
                continue;
            };
            let point = tail.filter(|step| self.rules.history_limit.is_none() && Walks::is_point(*step));
            if let Some(point) = point {
                if let Some(end) = self.walks.end_of(point, &needed) {
                    return Ok(end);
                }
                passed.push((point, needed));
            }
            steps -= 1;
            tail = step.before;
            at = step.previous;
        }
    }

    /// All numbers matter, of the recorded state `parent` and of those that led to it.
    pub(super) fn need_all_precise(&mut self, mut parent: Option<u32>) {
        while let Some(recorded) = parent.and_then(|id| self.recorded.get_mut(id as usize)) {
            // Then all that led to it is precise too.
            if std::mem::replace(&mut recorded.all_precise, true) {
                break;
            }
            for frame in recorded.state.frames_mut() {
                for reg in frame.regs.iter_mut().take(usize::from(FP)) {
                    reg.precise |= reg.is_scalar();
                }
                let is_vague = |slot: &Slot| slot.is_scalar_spill() && !slot.spilled.precise;
                if frame.stack.iter().any(is_vague) {
                    for slot in frame.stack.iter_mut().filter(|slot| is_vague(slot)) {
                        slot.spilled.precise = true;
                    }
                }
            }
            parent = recorded.state.parent;
        }
    }

    /// `backtrack_insn`.
    fn walk_recorded(
        &self,
        needed: &mut Needed,
        insn: Insn,
        at: u32,
        after: Option<u32>,
        step: Option<&Step>,
    ) -> Result<(), Lost> {
        if insn.code == 0 {
            return Ok(());
        }
        sync_links(needed, step);
        let note = step.map(|step| step.note).unwrap_or_default();
        match insn.class() {
            class::ALU | class::ALU64 => walk_alu(needed, insn, false),
            class::LDX => walk_load(needed, insn.dst, note.slot),
            class::STX | class::ST => match fetched(insn, self.rules) {
                Some(loaded) => walk_load(needed, loaded, note.slot),
                None => {
                    if needed.has_reg(insn.dst) {
                        return Err(Lost::All);
                    }
                    let slot = note.slot.map(|(frame, slot)| Place::Slot(frame, slot));
                    if let Some(place) = slot.filter(|place| needed.has(*place)) {
                        needed.remove(place);
                        if insn.class() == class::STX {
                            needed.add_reg(insn.src);
                        }
                    }
                }
            },
            class::LD if insn.code & 0xe0 == mode::IMM => {
                needed.remove_reg(insn.dst);
                return Ok(());
            }
            class::LD => {
                if needed.has_reg(insn.dst) {
                    return Err(Lost::All);
                }
                // The other way of such a load is to return at once.
                if after != Some(at + 1) {
                    needed.frame += 1;
                }
                return Ok(());
            }
            _ => match insn.code & OP_MASK {
                OP_CALL => return self.walk_call(needed, insn, at, after),
                OP_EXIT => return self.walk_exit(needed, after),
                OP_JA => {}
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

    /// A call: of a helper, of a function that was entered here, or of a callback that was entered here.
    fn walk_call(&self, needed: &mut Needed, insn: Insn, at: u32, after: Option<u32>) -> Result<(), Lost> {
        let is_entry = after != Some(at + 1);
        if insn.src == pseudo::CALL {
            let target = (i64::from(at) + i64::from(insn.imm) + 1) as u32;
            if self.functions.iter().any(|function| function.start == target && function.is_global()) {
                needed.remove_reg(0);
                return if *needed.current() & ARGUMENTS != 0 { Err(Lost::All) } else { Ok(()) };
            }
            let arguments = *needed.current();
            if arguments & !ARGUMENTS != 0 || needed.current_slots() != 0 || needed.frame == 0 {
                return Err(Lost::All);
            }
            *needed.current() = 0;
            needed.frame -= 1;
            *needed.current() |= arguments;
            return Ok(());
        }
        let calls_back = self.points.get(at as usize).is_some_and(|point| point.calls_callback);
        if calls_back && is_entry {
            if *needed.current() & !ARGUMENTS != 0 || needed.current_slots() != 0 || needed.frame == 0 {
                return Err(Lost::All);
            }
            *needed.current() = 0;
            needed.frame -= 1;
            return Ok(());
        }
        if self.is_null_call(insn, at) {
            return Err(Lost::All);
        }
        needed.remove_reg(0);
        let regs = *needed.current();
        if regs & ARGUMENTS != 0 { Err(Lost::Bug(regs)) } else { Ok(()) }
    }

    /// The end of a function or callback: the walk goes on inside of it.
    fn walk_exit(&self, needed: &mut Needed, after: Option<u32>) -> Result<(), Lost> {
        let before = after.and_then(|after| after.checked_sub(1)).and_then(|at| self.insns.get(at as usize));
        let was_called = before.is_some_and(|insn| insn.code == insn::CALL && insn.src == pseudo::CALL);
        if was_called && *needed.current() & ARGUMENTS != 0 {
            return Err(Lost::All);
        }
        let to_callback = after.and_then(|after| self.points.get(after as usize));
        if self.rules.callbacks_set_arguments && to_callback.is_some_and(|point| point.calls_callback) {
            *needed.current() &= !ARGUMENTS;
        }
        let needs_result = was_called && needed.has_reg(0);
        needed.remove_reg(0);
        if usize::from(needed.frame) + 1 >= MAX_FRAMES {
            return Err(Lost::All);
        }
        needed.frame += 1;
        if needs_result {
            needed.add_reg(0);
        }
        Ok(())
    }
}

/// The register that an atomic operation loads into.
fn fetched(insn: Insn, rules: &Rules) -> Option<u8> {
    let is_atomic = insn.class() == class::STX && insn.code & 0xe0 == mode::ATOMIC;
    match insn.imm {
        LOAD_ACQUIRE if is_atomic => Some(insn.dst),
        _ if !is_atomic || !rules.traces_fetches => None,
        CMPXCHG => Some(0),
        imm if imm & FETCH != 0 => Some(insn.src),
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

fn walk_load(needed: &mut Needed, loaded: u8, slot: Option<(u8, usize)>) {
    if needed.has_reg(loaded) {
        needed.remove_reg(loaded);
        if let Some((frame, slot)) = slot {
            needed.add(Place::Slot(frame, slot));
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
fn walk_simple(needed: &mut Needed, insn: Insn, rules: &Rules) -> Result<(), Lost> {
    if insn.code == 0 {
        return Ok(());
    }
    let slot = usize::try_from((-i32::from(insn.off) - 1) / 8).unwrap_or(0);
    let op = insn.code & OP_MASK;
    let frame = needed.frame;
    match insn.class() {
        class::ALU | class::ALU64 => walk_alu(needed, insn, true),
        class::LDX => walk_load(needed, insn.dst, (insn.src == FP).then_some((frame, slot))),
        class::STX | class::ST => match fetched(insn, rules) {
            Some(loaded) => walk_load(needed, loaded, (insn.dst == FP).then_some((frame, slot))),
            None => {
                if needed.has_reg(insn.dst) {
                    return Err(Lost::All);
                }
                if insn.dst == FP && needed.has(Place::Slot(frame, slot)) {
                    needed.remove(Place::Slot(frame, slot));
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
                    return Err(Lost::All);
                }
            }
        }
        _ => match op {
            OP_CALL => {
                let calls_back = insn.src == 0 && crate::checks::callbacks::calls_back(insn.imm);
                if insn.src == pseudo::CALL || calls_back {
                    return Err(Lost::All);
                }
                needed.remove_reg(0);
                if *needed.current() & ARGUMENTS != 0 {
                    return Err(Lost::All);
                }
            }
            OP_EXIT => return Err(Lost::All),
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
