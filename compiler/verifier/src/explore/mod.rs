//! Following every path, depth first and in the kernel's order.

mod equal;
mod live_registers;
mod live_stack;
mod precision;
mod visited;

use gobpf_bpf::tables::ProgramKind;
use gobpf_bpf::{Insn, Map, MapId, Object};

use crate::checks::encoding::Load;
use crate::checks::flow::Point;
use crate::dialect::{Backtracking, Liveness, Rules};
use crate::fault::{Checked, Fault, Stop};
use crate::state::{Kind, Place, State};
use crate::verdict::{Statistics, Unknown};
use crate::{Prepared, StateSink, print, transfer};

pub(crate) use live_registers::live_before;

/// `BPF_COMPLEXITY_LIMIT_INSNS`.
pub(crate) const MAX_PROCESSED: u32 = 1_000_000;
/// `BPF_COMPLEXITY_LIMIT_JMP_SEQ`.
const MAX_PENDING: usize = 8192;
/// Instructions between two looks at the caller's cancel flag.
const CANCEL_EVERY: u32 = 4096;

/// Where the path goes after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// To this slot.
    Go(u32),
    /// The path ends.
    Exit,
}

/// A path to be followed later.
struct Pending {
    state: State,
    insn: u32,
    previous: u32,
}

/// A recorded state.
struct Recorded {
    state: State,
    /// Open paths that went through it.
    branches: u32,
    /// What the state did not need was taken out, since no path from it is open any more.
    cleaned: bool,
    /// It missed too often to be compared with any more; its children still lead back through it.
    dropped: bool,
    hits: u32,
    misses: u32,
}

/// How the history describes an instruction.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Step {
    insn: u32,
    previous: u32,
    note: Note,
    /// Registers and slots that were equal, or at known distances, when the instruction compared one of them.
    linked: Vec<Place>,
}

/// What tracing a number back has to know of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Note {
    /// It reads or writes a whole number in this slot.
    pub slot: Option<usize>,
    /// Its operands are stack pointers, so no numbers.
    pub dst_is_stack: bool,
    pub src_is_stack: bool,
}

/// The machine that follows a program.
pub(crate) struct Machine<'a> {
    pub object: &'a Object,
    pub kind: ProgramKind,
    pub gpl: bool,
    pub insns: &'a [Insn],
    pub rules: &'static Rules,
    pub loads: Vec<Option<Load>>,
    pub state: State,
    /// The instruction that is looked at.
    pub insn: u32,
    points: Vec<Point>,
    live: Vec<u16>,
    live_stack: live_stack::LiveStack,
    previous: u32,
    pending: Vec<Pending>,
    recorded: Vec<Recorded>,
    /// Recorded states by instruction, newest first.
    explored: Vec<Vec<u32>>,
    history: Vec<Step>,
    /// Whether the instruction that is looked at has a step in the history.
    has_step: bool,
    /// What kind of pointer each instruction dereferenced.
    pointer_kinds: Vec<Option<Kind>>,
    ids: u32,
    processed: u32,
    jumps: u32,
    processed_at_record: u32,
    jumps_at_record: u32,
    total_states: u32,
    kept_states: u32,
    peak_states: u32,
}

impl<'a> Machine<'a> {
    pub fn new(
        object: &'a Object,
        kind: ProgramKind,
        insns: &'a [Insn],
        rules: &'static Rules,
        prepared: Prepared,
    ) -> Self {
        let live = match rules.liveness {
            Liveness::Graph => live_before(insns, kind),
            Liveness::Marks => Vec::new(),
        };
        Machine {
            object,
            kind,
            gpl: crate::checks::helpers::is_gpl_compatible(&object.license),
            insns,
            rules,
            loads: prepared.loads,
            state: State::start(),
            insn: 0,
            points: prepared.points,
            live,
            live_stack: live_stack::LiveStack::new(insns.len()),
            previous: u32::MAX,
            pending: Vec::new(),
            recorded: Vec::new(),
            explored: vec![Vec::new(); insns.len()],
            history: Vec::new(),
            has_step: false,
            pointer_kinds: vec![None; insns.len()],
            ids: 0,
            processed: 0,
            jumps: 0,
            processed_at_record: 0,
            jumps_at_record: 0,
            total_states: 0,
            kept_states: 0,
            peak_states: 0,
        }
    }

    /// Follows all paths. `states` gets each instruction with the state before it.
    pub fn run(
        &mut self,
        cancelled: &dyn Fn() -> bool,
        mut states: Option<StateSink<'_>>,
    ) -> Checked<Statistics> {
        loop {
            self.has_step = false;
            let at = self.insn as usize;
            let Some(insn) = self.insns.get(at).copied() else {
                return Err(Stop::feature("running past the end of the program"));
            };
            self.processed += 1;
            if self.processed > MAX_PROCESSED {
                return Err(Fault::TooManyInsns { processed: self.processed }.into());
            }
            if self.processed.is_multiple_of(CANCEL_EVERY) && cancelled() {
                return Err(Stop::Unknown(Unknown::Cancelled));
            }
            self.state.last_insn = (self.previous != u32::MAX).then_some(self.previous);
            let point = self.points.get(at).copied().unwrap_or_default();
            if self.is_covered(point)? {
                if !self.pop() {
                    break;
                }
                continue;
            }
            if let Some(states) = states.as_deref_mut() {
                states(self.insn, &print::state(&self.state, self.object, self.rules.dialect));
            }
            self.previous = self.insn;
            let next = transfer::step(self, insn)?;
            self.live_stack.commit(at);
            match next {
                Next::Go(to) => self.insn = to,
                Next::Exit => {
                    if !self.pop() {
                        break;
                    }
                }
            }
        }
        Ok(self.statistics())
    }

    /// What was counted so far.
    pub fn statistics(&self) -> Statistics {
        let depth = self.live_stack.deepest().max(self.state.stack.len());
        Statistics {
            processed: self.processed,
            total_states: self.total_states,
            // The older kernels print what is left at the end.
            peak_states: match self.rules.liveness {
                Liveness::Marks => self.kept_states,
                Liveness::Graph => self.peak_states,
            },
            stack_bytes: depth as u32 * 8,
        }
    }

    /// Looks for a recorded state that covers this one, and remembers how the path came here.
    fn is_covered(&mut self, point: Point) -> Checked<bool> {
        let mut was_recorded = false;
        if point.prune {
            match self.visit()? {
                visited::Visit::Covered => return Ok(true),
                visited::Visit::Recorded => was_recorded = true,
                visited::Visit::New => {}
            }
        }
        // Where only jumps are remembered, a fresh record starts with none.
        let skips = was_recorded && self.rules.backtracking == Backtracking::FramePointer;
        if point.jump && !skips {
            self.note(Note::default(), Vec::new());
        }
        Ok(false)
    }

    /// Adds to what the history says of the current instruction.
    pub fn note(&mut self, note: Note, linked: Vec<Place>) {
        if self.has_step {
            if let Some(step) = self.history.last_mut() {
                step.note.slot = step.note.slot.or(note.slot);
                step.note.dst_is_stack |= note.dst_is_stack;
                step.note.src_is_stack |= note.src_is_stack;
                step.linked = linked;
            }
            return;
        }
        self.history.truncate(self.state.history.1);
        self.history.push(Step { insn: self.insn, previous: self.previous_insn(), note, linked });
        self.state.history.1 = self.history.len();
        self.has_step = true;
    }

    /// The instruction before the current one on this path.
    fn previous_insn(&self) -> u32 {
        self.state.last_insn.unwrap_or(u32::MAX)
    }

    /// Keeps `state` for later, to go on at `insn`.
    pub fn push(&mut self, insn: u32, state: State) -> Checked {
        if let Some(parent) = state.parent.and_then(|id| self.recorded.get_mut(id as usize)) {
            parent.branches += 1;
        }
        self.pending.push(Pending { state, insn, previous: self.insn });
        let pending = self.pending.len();
        if pending > MAX_PENDING {
            return Err(Fault::TooManyJumps { pending }.into());
        }
        Ok(())
    }

    /// Ends the current path and takes up the one that was kept last; false when there is none.
    fn pop(&mut self) -> bool {
        self.live_stack.depth(self.state.stack.len());
        let mut parent = self.state.parent;
        while let Some(recorded) = parent.and_then(|id| self.recorded.get_mut(id as usize)) {
            recorded.branches = recorded.branches.saturating_sub(1);
            if recorded.branches > 0 {
                break;
            }
            if recorded.dropped && self.rules.liveness == Liveness::Graph {
                self.kept_states = self.kept_states.saturating_sub(1);
            }
            parent = recorded.state.parent;
        }
        if self.rules.liveness == Liveness::Graph {
            self.live_stack.update(self.insns);
        }
        match self.pending.pop() {
            None => false,
            Some(pending) => {
                self.state = pending.state;
                self.insn = pending.insn;
                self.previous = pending.previous;
                true
            }
        }
    }

    /// A bit for each register that may be read from the current instruction on, where the dialect asks.
    pub fn live_registers(&self) -> u16 {
        self.live.get(self.insn as usize).copied().unwrap_or(u16::MAX)
    }

    /// A new id.
    pub fn fresh_id(&mut self) -> u32 {
        self.ids += 1;
        self.ids
    }

    /// A new id where one is wanted.
    pub fn fresh_id_if(&mut self, wanted: bool) -> Option<u32> {
        wanted.then(|| self.fresh_id())
    }

    /// Counts a jump.
    pub fn count_jump(&mut self) {
        self.jumps += 1;
    }

    /// The map `id`; the loads were checked to name maps that exist.
    pub fn map(&self, id: Option<MapId>) -> Checked<&'a Map> {
        id.and_then(|id| self.object.maps.get(id.0 as usize))
            .ok_or_else(|| Stop::feature("a pointer to a map that the object does not have"))
    }

    /// An instruction keeps to one kind of pointer where the kernel rewrites the access.
    pub fn keep_pointer_kind(&mut self, kind: Kind) -> Checked {
        let Some(entry) = self.pointer_kinds.get_mut(self.insn as usize) else { return Ok(()) };
        match *entry {
            None => *entry = Some(kind),
            Some(before) if before != kind && (before == Kind::Context || kind == Kind::Context) => {
                return Err(Fault::DifferentPointers.into());
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Records that the value at `place` is needed by the recorded states that led here.
    pub fn mark_read(&mut self, place: Place) {
        if let Place::Slot(slot) = place {
            self.live_stack.read(self.insn as usize, slot);
        }
        if self.rules.liveness != Liveness::Marks {
            return;
        }
        let mut written = self.state.place(place).is_some_and(|reg| reg.live.written);
        let mut parent = self.state.parent;
        while let Some(recorded) = parent.and_then(|id| self.recorded.get_mut(id as usize)) {
            if written {
                return;
            }
            let next = recorded.state.parent;
            let Some(reg) = recorded.state.place_mut(place) else { return };
            if reg.live.read {
                return;
            }
            reg.live.read = true;
            (written, parent) = (reg.live.written, next);
        }
    }

    /// Records that all of a stack slot is overwritten.
    pub fn mark_slot_written(&mut self, slot: usize) {
        self.live_stack.write(slot);
        if let Some(slot) = self.state.stack.get_mut(slot) {
            slot.spilled.live.written = true;
        }
    }
}
