//! Following every path, depth first and in the kernel's order.

mod arena;
mod components;
mod equal;
mod live_registers;
mod live_stack;
mod loops;
mod needed;
mod pointer_kinds;
mod precision;
mod visited;
mod walks;
mod widen;

use std::cell::OnceCell;
use std::sync::Arc;

use gobpf_bpf::insn::{self, pseudo};
use gobpf_bpf::tables::{Caller, MapKind, ProgramKind};
use gobpf_bpf::{Insn, Map, MapId, Object};
use gobpf_btf::{KernelBtf, TypeId};

use crate::checks::encoding::Load;
use crate::checks::expansion::Called;
use crate::checks::flow::Point;
use crate::checks::functions::Function;
use crate::checks::kfuncs;
use crate::checks::records::{Record, Records};
use arena::Arena;

use crate::dialect::{Backtracking, Liveness, LoopRule, Rules};
use crate::fault::{Checked, Fault, Stop};
use crate::state::{Kind, Place, State};
use crate::verdict::{Reach, Statistics, Unknown};
use crate::{KernelSource, Prepared, Watch, print, transfer};

pub(crate) use live_registers::live_before;

/// `BPF_COMPLEXITY_LIMIT_INSNS`.
pub(crate) const MAX_PROCESSED: u32 = 1_000_000;
/// `BPF_COMPLEXITY_LIMIT_JMP_SEQ`.
const MAX_PENDING: usize = 8192;
/// Instructions between two looks at the caller's cancel flag.
const CANCEL_EVERY: u32 = 8;

/// Recorded states and steps that are freed in no time.
const FREED_AT_ONCE: usize = 1 << 10;

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
    insn: u32,
    /// Open paths that went through it.
    branches: u32,
    /// What the state did not need was taken out, since no path from it is open any more.
    cleaned: bool,
    /// All its numbers were marked precise, and those of the states that led to it.
    all_precise: bool,
    /// It missed too often to be compared with any more; its children still lead back through it.
    dropped: bool,
    hits: u32,
    misses: u32,
    /// A loop came back to it (6.12).
    used_as_loop_entry: bool,
}

/// How the history describes an instruction; a list that leads back.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Step {
    insn: u32,
    previous: u32,
    note: Note,
    /// Registers and slots that were equal, or at known distances, when the instruction compared one of them.
    linked: Vec<Place>,
    /// The step before this one on the path.
    before: Option<u32>,
}

/// The part of the history since the last recorded state: its last step, and how many there are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Trail {
    pub last: Option<u32>,
    pub steps: u32,
}

/// What tracing a number back has to know of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Note {
    /// It reads or writes a whole number in this slot of this frame.
    pub slot: Option<(u8, usize)>,
    /// Its operands are stack pointers, so no numbers.
    pub dst_is_stack: bool,
    pub src_is_stack: bool,
}

/// What a machine may ask for.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    /// The types of the kernel.
    pub kernel: KernelSource<'a>,
    /// Whether the caller does not want to know any more.
    pub cancelled: &'a dyn Fn() -> bool,
    /// How many processors the kernel may have.
    pub processors: u32,
}

/// The machine that follows a program.
pub(crate) struct Machine<'a> {
    sources: Sources<'a>,
    kernel: OnceCell<Option<Arc<KernelBtf>>>,
    own_types: OnceCell<Option<KernelBtf>>,
    pub object: &'a Object,
    pub program: &'a gobpf_bpf::Program,
    pub kind: ProgramKind,
    pub gpl: bool,
    pub insns: &'a [Insn],
    pub rules: &'static Rules,
    pub loads: Vec<Option<Load>>,
    pub functions: Vec<Function>,
    /// Names of the kernel's functions that are called, by slot.
    pub kfuncs: kfuncs::Names,
    /// What belongs to the kernel in values of maps.
    pub records: Arc<Records>,
    /// Slots that some path reached.
    pub seen: Vec<bool>,
    pub state: State,
    /// The instruction that is looked at.
    pub insn: u32,
    pub points: Vec<Point>,
    live: Vec<u16>,
    live_stack: live_stack::LiveStack,
    components: components::Components,
    previous: u32,
    pending: Vec<Pending>,
    recorded: Arena<Recorded>,
    /// Recorded states by instruction, newest first.
    explored: Vec<Vec<u32>>,
    history: Arena<Step>,
    walks: walks::Walks,
    /// Whether the instruction that is looked at has a step in the history.
    has_step: bool,
    /// What kind of pointer each instruction dereferenced.
    pointer_kinds: Vec<Option<Kind>>,
    /// What calls of helpers did, for what becomes of them.
    pub called: Vec<Called>,
    /// Whether the program writes to a packet.
    pub writes_packet: bool,
    /// The newest id.
    pub ids: u32,
    processed: u32,
    jumps: u32,
    processed_at_record: u32,
    jumps_at_record: u32,
    total_states: u32,
    kept_states: u32,
    peak_states: u32,
    /// References of recorded states that hold more than can be given back.
    kept_references: usize,
    /// The access to the context that goes furthest.
    context: Option<Reach>,
}

impl<'a> Machine<'a> {
    pub fn new(
        object: &'a Object,
        program: &'a gobpf_bpf::Program,
        rules: &'static Rules,
        prepared: Prepared,
        sources: Sources<'a>,
    ) -> Self {
        let insns: &[Insn] = &program.code.insns;
        let components = match rules.loops {
            LoopRule::Components => components::Components::new(insns),
            _ => components::Components::default(),
        };
        let mut machine = Machine {
            sources,
            kernel: OnceCell::new(),
            own_types: OnceCell::new(),
            object,
            program,
            kind: program.kind,
            gpl: crate::checks::helpers::is_gpl_compatible(&object.license),
            insns,
            rules,
            loads: prepared.loads,
            live_stack: live_stack::LiveStack::new(&prepared.functions),
            functions: prepared.functions,
            kfuncs: prepared.kfuncs,
            records: prepared.records,
            seen: vec![false; insns.len()],
            state: State::start(0, 0),
            insn: 0,
            points: prepared.points,
            live: Vec::new(),
            components,
            previous: u32::MAX,
            pending: Vec::new(),
            recorded: Arena::default(),
            explored: vec![Vec::new(); insns.len()],
            history: Arena::default(),
            walks: walks::Walks::default(),
            has_step: false,
            pointer_kinds: vec![None; insns.len()],
            called: vec![Called::Never; insns.len()],
            writes_packet: false,
            ids: 0,
            processed: 0,
            jumps: 0,
            processed_at_record: 0,
            jumps_at_record: 0,
            total_states: 0,
            kept_states: 0,
            peak_states: 0,
            kept_references: 0,
            context: None,
        };
        if rules.liveness == Liveness::Graph {
            machine.live = live_before(insns, program.caller(), &|slot| kfuncs::arguments_of(&machine, slot));
        }
        machine
    }

    /// Follows all paths from `state` at `insn`.
    pub fn run(&mut self, state: State, insn: u32, watch: &mut Watch<'_>) -> Checked {
        self.state = state;
        self.insn = insn;
        self.previous = u32::MAX;
        self.pending.clear();
        self.recorded.clear();
        self.kept_references = 0;
        self.explored.iter_mut().for_each(Vec::clear);
        self.history.clear();
        self.walks.truncate(0);
        self.components.forget();
        self.live_stack.switch();
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
            if self.processed.is_multiple_of(CANCEL_EVERY) {
                self.check_cancelled()?;
            }
            self.state.last_insn = (self.previous != u32::MAX).then_some(self.previous);
            let point = self.points.get(at).copied().unwrap_or_default();
            let covered = self.is_covered(point);
            if covered.is_err() && self.previous != u32::MAX {
                // The kernel compares states before it gets to the instruction.
                self.insn = self.previous;
            }
            if covered? {
                if !self.pop()? {
                    break;
                }
                continue;
            }
            if let Some(states) = &mut watch.states {
                states(self.insn, &print::state(&self.state, self.object, self.rules.dialect));
            }
            self.previous = self.insn;
            let slots = if insn.is_load_imm64() { 2 } else { 1 };
            self.seen.iter_mut().skip(at).take(slots).for_each(|seen| *seen = true);
            self.live_stack.begin(&self.state, self.insn);
            let next = transfer::step(self, insn)?;
            self.live_stack.commit();
            match next {
                Next::Go(to) => self.insn = to,
                Next::Exit => {
                    self.check_end()?;
                    if !self.pop()? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Frees what the paths left behind on a thread of its own: at the verifier's limits that takes longer than a caller
    /// who cancelled wants to wait.
    pub fn abandon(self) {
        let Machine { pending, recorded, explored, history, .. } = self;
        if recorded.len() + history.len() < FREED_AT_ONCE {
            return;
        }
        let left = (pending, recorded, explored, history);
        // Where no thread can be had, they are freed here.
        let _ = std::thread::Builder::new().name("gobpf-free".into()).spawn(move || drop(left));
    }

    /// What was counted so far.
    pub fn statistics(&self) -> Statistics {
        Statistics {
            processed: self.processed,
            total_states: self.total_states,
            // The older kernels print what is left at the end.
            peak_states: match self.rules.liveness {
                Liveness::Marks => self.kept_states,
                Liveness::Graph => self.peak_states,
            },
            stack_bytes: self.functions.iter().map(|function| function.stack_bytes).sum(),
            context: self.context,
        }
    }

    /// The current instruction accesses the context's bytes before `end`.
    pub fn reach_context(&mut self, end: u32) {
        if self.context.is_none_or(|known| known.end < end) {
            self.context = Some(Reach { end, insn: self.insn });
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
        let before = self.state.history.last;
        self.history.push(Step { insn: self.insn, previous: self.previous_insn(), note, linked, before });
        self.state.history.last = Some(self.history.len() as u32 - 1);
        self.state.history.steps += 1;
        self.has_step = true;
    }

    /// The instruction before the current one on this path.
    fn previous_insn(&self) -> u32 {
        self.state.last_insn.unwrap_or(u32::MAX)
    }

    /// Keeps `state` for later, to go on at `insn`.
    pub fn push(&mut self, insn: u32, state: State) -> Checked {
        self.keep(insn, state);
        let pending = self.pending.len();
        if pending > MAX_PENDING {
            return Err(Fault::TooManyJumps { pending, is_async: false }.into());
        }
        Ok(())
    }

    /// The same for a callback that runs on its own, later.
    pub fn push_async(&mut self, insn: u32, state: State) -> Checked {
        self.keep(insn, state);
        let pending = self.pending.len();
        if pending > MAX_PENDING {
            return Err(Fault::TooManyJumps { pending, is_async: true }.into());
        }
        Ok(())
    }

    fn keep(&mut self, insn: u32, state: State) {
        if let Some(parent) = state.parent.and_then(|id| self.recorded.get_mut(id as usize)) {
            parent.branches += 1;
        }
        self.pending.push(Pending { state, insn, previous: self.insn });
    }

    /// Ends the current path and takes up the one that was kept last; false when there is none.
    fn pop(&mut self) -> Checked<bool> {
        self.end_branch(self.state.parent)?;
        match self.pending.pop() {
            None => Ok(false),
            Some(pending) => {
                self.state = pending.state;
                self.insn = pending.insn;
                self.previous = pending.previous;
                if self.rules.liveness == Liveness::Graph {
                    self.live_stack.update(&self.state, self.insns);
                }
                if !self.components.has_backedges() {
                    let kept = self.state.history.last.map_or(0, |last| last as usize + 1);
                    self.history.truncate(kept);
                    self.walks.truncate(kept);
                }
                Ok(true)
            }
        }
    }

    /// One path less leads on from recorded state `parent` and, where none is left, from its parents.
    fn end_branch(&mut self, mut parent: Option<u32>) -> Checked {
        if self.rules.loops == LoopRule::Entries {
            self.end_branch_with_entries();
            return Ok(());
        }
        while let Some(id) = parent {
            let Some(recorded) = self.recorded.get_mut(id as usize) else { break };
            recorded.branches = recorded.branches.saturating_sub(1);
            if recorded.branches > 0 {
                break;
            }
            parent = recorded.state.parent;
            let dropped = recorded.dropped;
            self.leave_component(id)?;
            if dropped && self.rules.liveness == Liveness::Graph {
                self.kept_states = self.kept_states.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// A bit for each register that may be read from `insn` on, where the dialect asks.
    pub fn live_registers_at(&self, insn: u32) -> u16 {
        self.live.get(insn as usize).copied().unwrap_or(u16::MAX)
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

    /// Whether a state is recorded wherever one may be (`BPF_F_TEST_STATE_FREQ`).
    fn records_everything(&self) -> bool {
        self.program.flags & gobpf_bpf::flags::TEST_STATE_FREQ != 0
    }

    /// The program, as tables of helpers ask for it.
    pub fn caller(&self) -> Caller<'a> {
        self.program.caller()
    }

    /// How many processors the kernel may have at most.
    pub fn processors(&self) -> u32 {
        self.sources.processors
    }

    /// Stops where the caller does not want to know any more.
    pub fn check_cancelled(&self) -> Checked {
        if (self.sources.cancelled)() { Err(Stop::Unknown(Unknown::Cancelled)) } else { Ok(()) }
    }

    /// The types of the kernel.
    pub fn kernel(&self) -> Checked<&KernelBtf> {
        let kernel = self.kernel.get_or_init(|| (self.sources.kernel)());
        kernel.as_deref().ok_or(Stop::Unknown(Unknown::KernelTypes))
    }

    /// Whether RCU protects what is read (`in_rcu_cs`).
    pub fn in_rcu(&self) -> bool {
        self.state.rcu > 0 || self.state.lock != (0, 0) || !self.may_sleep()
    }

    /// Whether what is followed may sleep.
    pub fn may_sleep(&self) -> bool {
        let of_program = !self.rules.callbacks_stay_awake || !self.state.frame(0).in_async;
        (self.caller().sleepable && of_program) || self.state.in_sleepable
    }

    /// Whether programs at `hook` may sleep.
    pub fn is_sleepable_hook(&self, hook: &str) -> bool {
        gobpf_bpf::tables::lsm_may_sleep(hook, self.rules.kernel())
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

    /// Whether `insn` at `at` calls no function of the kernel, by the number 0.
    pub fn is_null_call(&self, insn: Insn, at: u32) -> bool {
        let is_call = insn.code == insn::CALL && insn.src == pseudo::KFUNC_CALL;
        is_call && insn.imm == 0 && !self.kfuncs.contains_key(&at)
    }

    /// Whether the program loads an arena.
    pub fn has_arena(&self) -> bool {
        let is_arena =
            |map: MapId| self.object.maps.get(map.0 as usize).is_some_and(|map| map.kind == MapKind::ARENA);
        self.loads.iter().flatten().any(|load| match load {
            Load::Map(map) | Load::MapValue { map, .. } => is_arena(*map),
            _ => false,
        })
    }

    /// What belongs to the kernel in the values of map `id`.
    pub fn record_of(&self, id: Option<MapId>) -> Checked<&Record> {
        match self.records.of(id) {
            Some(record) if record.lacks_types => Err(Stop::Unknown(Unknown::KernelTypes)),
            Some(record) => Ok(record),
            None => Err(Stop::feature("a pointer to a map that the object does not have")),
        }
    }

    /// The program's own types, indexed as the kernel's are.
    pub fn own_types(&self) -> Checked<&KernelBtf> {
        let types = self.own_types.get_or_init(|| KernelBtf::new(self.object.btf.encode()).ok());
        types.as_ref().ok_or_else(|| Stop::feature("types of the program that can't be encoded"))
    }

    /// What belongs to the kernel in objects of the program's type `id`, if anything does.
    pub fn own_record(&self, id: TypeId) -> Checked<Option<&Record>> {
        match self.records.own(id) {
            Some(record) if record.lacks_types => Err(Stop::Unknown(Unknown::KernelTypes)),
            record => Ok(record),
        }
    }

    /// The functions that wait changed, or the current one: marks go elsewhere.
    pub fn switch_function(&mut self) {
        self.live_stack.switch();
    }

    /// A function that was called returns: what it did to its caller's stack is known now.
    pub fn settle_live_stack(&mut self) {
        if self.rules.liveness == Liveness::Graph {
            self.live_stack.update(&self.state, self.insns);
        }
    }

    /// Records that the value at `place` is needed by the recorded states that led here.
    pub fn mark_read(&mut self, place: Place) {
        if let Place::Slot(frame, slot) = place
            && self.rules.liveness == Liveness::Graph
        {
            self.live_stack.read(&self.state, self.insn, frame, slot);
        }
        if self.rules.liveness != Liveness::Marks {
            return;
        }
        let Some(mut live) = self.state.place(place).map(|reg| reg.live) else { return };
        while let (false, Some(parent)) = (live.written, live.parent) {
            let Some(recorded) = self.recorded.get_mut(parent.state as usize) else { return };
            let Some(reg) = recorded.state.place_mut(parent.place()) else { return };
            if reg.live.read {
                return;
            }
            reg.live.read = true;
            live = reg.live;
        }
    }

    /// Records that all of a stack slot is overwritten.
    pub fn mark_slot_written(&mut self, frame: u8, slot: usize) {
        self.live_stack.write(frame, slot);
        if self.rules.liveness == Liveness::Graph {
            return;
        }
        if let Some(slot) = self.state.frame_mut(frame).stack.get_mut(slot) {
            slot.spilled.live.written = true;
        }
    }
}
