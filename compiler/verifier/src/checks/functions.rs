//! The functions that a program is made of: where each begins and ends, jumps that stay inside, and the stack that a
//! chain of calls takes.

use gobpf_bpf::insn::{class, mode, pseudo};
use gobpf_bpf::tables::{AttachType, ProgramKind};
use gobpf_bpf::{Insn, Object, Program, insn};

use crate::KernelSource;
use crate::checks::encoding::{JUMP_LONG, Located, OP_CALL, OP_EXIT, OP_MASK, is_jump_class, jump_target};
use crate::checks::{exceptions, global, kfuncs};
use crate::dialect::{Dialect, Rules};
use crate::explore::Machine;
use crate::fault::{Checked, ExceptionFault, Fault};
use crate::state::MAX_STACK;

/// `MAX_CALL_FRAMES`.
pub(crate) const MAX_FRAMES: usize = 8;
/// `BPF_MAX_SUBPROGS`.
const MAX_FUNCTIONS: usize = 256;
/// The `tail_call` helper.
const TAIL_CALL: i32 = 12;
/// Bytes of callers' stacks from which on a function may not make a tail call.
const MAX_BEFORE_TAIL_CALL: u32 = 256;
/// Frames from this size on are kept elsewhere, where that is done.
const MIN_PRIVATE: u32 = 64;

/// A function of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Function {
    /// Its first slot.
    pub start: u32,
    /// The slot after its last.
    pub end: u32,
    pub name: String,
    /// Verified on its own, for any arguments of its types.
    pub global: bool,
    /// Bytes of its stack, as far as it was seen.
    pub stack_bytes: u32,
    pub has_tail_call: bool,
    pub has_packet_load: bool,
    pub changes_packet: bool,
    /// It calls what may sleep.
    pub might_sleep: bool,
    pub is_callback: bool,
    pub is_async: bool,
    /// It runs when the program throws.
    pub is_exception: bool,
    /// The program calls it, so that it must be verified.
    pub called: bool,
    pub verified: bool,
}

impl Function {
    pub fn is_global(&self) -> bool {
        self.global
    }
}

/// The function that starts at `slot`.
pub(crate) fn starting_at(functions: &[Function], slot: u32) -> Option<usize> {
    functions.binary_search_by_key(&slot, |function| function.start).ok()
}

/// The function that `slot` is in.
pub(crate) fn containing(functions: &[Function], slot: u32) -> Option<usize> {
    functions.partition_point(|function| function.start <= slot).checked_sub(1)
}

/// Whether `insn` calls a function of the program, or takes its address.
pub(crate) fn refers(insn: Insn) -> bool {
    (insn.code == insn::CALL && insn.src == pseudo::CALL)
        || (insn.is_load_imm64() && insn.src == pseudo::FUNC)
}

/// Functions of the program, and those of the kernel that it calls.
pub(crate) struct Found {
    pub functions: Vec<Function>,
    pub kfuncs: kfuncs::Names,
}

/// Finds all functions, and checks that their jumps stay inside and their ends are not fallen off.
pub(crate) fn find(
    object: &Object,
    program: &Program,
    kernel: KernelSource<'_>,
    rules: &Rules,
) -> Located<Found> {
    let insns = &program.code.insns;
    let mut starts = vec![0];
    let mut names = kfuncs::Names::default();
    for (at, insn) in insns.iter().enumerate() {
        if !refers(*insn) {
            let name = kfuncs::describe(object, program, at as u32, kernel).map_err(|stop| (0, stop))?;
            names.extend(name.map(|name| (at as u32, name)));
            continue;
        }
        let to = at as i64 + i64::from(insn.imm) + 1;
        let Some(start) = u32::try_from(to).ok().filter(|to| (*to as usize) < insns.len()) else {
            return Err((at as u32, Fault::CallOutOfRange.into()));
        };
        add(&mut starts, start, at as u32)?;
    }
    let exception = match rules.dialect {
        Dialect::V6_1 => None,
        _ => exceptions::callback(object, program).map_err(|stop| (0, stop))?,
    };
    if let Some(start) = exception {
        add(&mut starts, start, 0)?;
    }
    let mut functions: Vec<Function> = Vec::with_capacity(starts.len());
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(insns.len() as u32);
        let name = match index {
            0 => program.name.clone(),
            _ => {
                program.code.subprogram_at(*start).map_or_else(String::new, |function| function.name.clone())
            }
        };
        let func = program.code.subprogram_at(*start).and_then(|function| function.func);
        let global = index > 0 && global::is_global(&object.btf, func);
        let is_exception = exception == Some(*start);
        functions.push(Function {
            start: *start,
            end,
            name,
            global,
            is_exception,
            // It is taken to be called, at any time.
            called: is_exception,
            is_callback: is_exception,
            is_async: is_exception,
            ..Function::default()
        });
    }
    for function in &mut functions {
        check_inside(insns, function)?;
    }
    Ok(Found { functions, kfuncs: names })
}

/// `add_subprog`: a function starts at `start`, of which the instruction `at` tells.
fn add(starts: &mut Vec<u32>, start: u32, at: u32) -> Located<()> {
    let Err(place) = starts.binary_search(&start) else { return Ok(()) };
    if starts.len() >= MAX_FUNCTIONS {
        return Err((at, Fault::TooManyFunctions.into()));
    }
    starts.insert(place, start);
    Ok(())
}

/// `check_subprogs`, for one of them.
fn check_inside(insns: &[Insn], function: &mut Function) -> Located {
    for at in function.start..function.end {
        let Some(insn) = insns.get(at as usize).copied() else { continue };
        function.has_tail_call |= insn.code == insn::CALL && insn.src == 0 && insn.imm == TAIL_CALL;
        function.has_packet_load |=
            insn.class() == class::LD && matches!(insn.code & 0xe0, mode::ABS | mode::IND);
        let op = insn.code & OP_MASK;
        if is_jump_class(insn) && op != OP_CALL && op != OP_EXIT {
            let to = jump_target(at as usize, insn);
            if to < i64::from(function.start) || to >= i64::from(function.end) {
                return Err((at, Fault::JumpOutOfRange { from: at, to }.into()));
            }
        }
        let ends = matches!(insn.code, insn::EXIT | JUMP_LONG) || insn.code == class::JMP;
        if at + 1 == function.end && !ends {
            return Err((at, Fault::FallsOffEnd.into()));
        }
    }
    Ok(())
}

/// How frames are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Private {
    /// Not decided.
    Unknown,
    /// On the stack.
    No,
    /// Elsewhere.
    Yes,
}

/// `bpf_enable_priv_stack`: the kernel doesn't start the program while it runs, so its frames may have places of their own.
fn never_runs_within_itself(m: &Machine<'_>) -> bool {
    use ProgramKind as K;
    match m.kind {
        K::KPROBE | K::TRACEPOINT | K::PERF_EVENT | K::RAW_TRACEPOINT => true,
        K::TRACING => m.program.attach != AttachType::TRACE_ITER,
        _ => false,
    }
}

/// `check_max_stack_depth`: what chains of calls take together.
pub(crate) fn check_stack_depth(m: &Machine<'_>) -> Checked {
    let rules = m.rules;
    let has_private = rules.private_stacks
        && never_runs_within_itself(m)
        && !m.functions.iter().any(|function| function.has_tail_call);
    let mut modes = vec![Private::Unknown; m.functions.len()];
    let roots = (0..m.functions.len()).filter(|index| *index == 0 || m.functions[*index].is_async);
    let roots: Vec<usize> = if rules.frame_unit == 32 { roots.collect() } else { roots.rev().collect() };
    for root in roots {
        check_chains(m, root, root == 0 && has_private, &mut modes)?;
    }
    Ok(())
}

fn round_up(bytes: u32, rules: &Rules) -> u32 {
    let least = if rules.frame_unit == 32 { bytes.max(1) } else { bytes };
    least.next_multiple_of(rules.frame_unit)
}

/// A function that waits in a chain of calls: where it goes on, and which one it is.
struct Waiting {
    insn: u32,
    function: usize,
}

fn check_chains(m: &Machine<'_>, root: usize, has_private: bool, modes: &mut [Private]) -> Checked {
    let rules = m.rules;
    let mut waiting: Vec<Waiting> = Vec::new();
    let (mut index, mut depth) = (root, 0u32);
    let mut at = m.functions[index].start;
    if !has_private {
        modes[index] = Private::No;
    }
    let mut enters = true;
    loop {
        if std::mem::take(&mut enters) {
            depth = enter(m, index, depth, &waiting, has_private, modes)?;
        }
        let callee = next_call(m, index, &mut at, &waiting)?;
        let Some((call, callee)) = callee else {
            let Some(back) = waiting.pop() else { return Ok(()) };
            if modes[index] != Private::Yes {
                depth -= round_up(m.functions[index].stack_bytes, rules);
            }
            (at, index) = (back.insn, back.function);
            continue;
        };
        waiting.push(Waiting { insn: call + 1, function: index });
        index = callee;
        at = m.functions[index].start;
        if !has_private {
            modes[index] = Private::No;
        }
        if waiting.len() >= MAX_FRAMES {
            return Err(Fault::CallChainTooDeep { frames: waiting.len() }.into());
        }
        enters = true;
    }
}

/// A function starts: its frame is added.
fn enter(
    m: &Machine<'_>,
    index: usize,
    mut depth: u32,
    waiting: &[Waiting],
    has_private: bool,
    modes: &mut [Private],
) -> Checked<u32> {
    let function = &m.functions[index];
    let in_callback =
        function.is_callback || waiting.iter().any(|waiting| m.functions[waiting.function].is_callback);
    if function.has_packet_load && in_callback && m.rules.frame_unit != 32 {
        return Err(Fault::PacketLoadInCallback.into());
    }
    if index != 0 && function.has_tail_call && depth >= MAX_BEFORE_TAIL_CALL {
        return Err(Fault::TailCallDepth { depth }.into());
    }
    let bytes = round_up(function.stack_bytes, m.rules);
    if has_private && modes[index] == Private::Unknown && bytes >= MIN_PRIVATE {
        modes[index] = Private::Yes;
    }
    if modes[index] == Private::Yes {
        if bytes > MAX_STACK as u32 {
            return Err(Fault::FrameTooLarge { function: index, bytes }.into());
        }
    } else {
        depth += bytes;
        if depth > MAX_STACK as u32 {
            return Err(Fault::StackTooDeep { frames: waiting.len() + 1, depth }.into());
        }
    }
    Ok(depth)
}

/// The next call in function `index` from `at` on that takes stack; `at` is left after it.
fn next_call(
    m: &Machine<'_>,
    index: usize,
    at: &mut u32,
    waiting: &[Waiting],
) -> Checked<Option<(u32, usize)>> {
    while *at < m.functions[index].end {
        let call = *at;
        *at += 1;
        exceptions::check_callback(m, index, call, waiting.iter().map(|waiting| waiting.function))?;
        let Some(insn) = m.insns.get(call as usize).copied().filter(|insn| refers(*insn)) else { continue };
        let target = (i64::from(call) + i64::from(insn.imm) + 1) as u32;
        let Some(callee) = starting_at(&m.functions, target) else { continue };
        // What runs on its own, later, has a stack of its own.
        if m.functions[callee].is_async && insn.code != insn::CALL {
            continue;
        }
        if m.functions[callee].is_exception {
            return Err(ExceptionFault::Called { insn: call }.into());
        }
        let in_exception = |index: usize| m.functions[index].is_exception;
        let is_under = in_exception(index) || waiting.iter().any(|one| in_exception(one.function));
        if is_under && m.functions[callee].has_tail_call {
            return Err(ExceptionFault::TailCall.into());
        }
        return Ok(Some((call, callee)));
    }
    Ok(None)
}
