//! Helpers that call functions of the program: which ones, and what they pass.

use crate::bounds::Bounds;
use crate::checks::records::Graph;
use crate::checks::{calls, expansion, hooks, kfuncs, objects};
use crate::dialect::{Dialect, LoopRule};
use crate::explore::Machine;
use crate::fault::{Checked, Fault, Stop};
use crate::state::{DynptrKind, Extra, Frame, Kind, Range, Reg, State};

const FOR_EACH_MAP_ELEM: i32 = 164;
const TIMER_SET_CALLBACK: i32 = 170;
const FIND_VMA: i32 = 180;
const LOOP: i32 = 181;
const USER_RINGBUF_DRAIN: i32 = 209;
/// Functions of the kernel that call back have no numbers of their own among the helpers'.
const WORK: i32 = -1;
const LESS: i32 = -2;
const TASK_WORK: i32 = -3;

/// The number of a kernel function that calls functions of the program.
pub(crate) fn number_of(kfunc: &str) -> Option<i32> {
    match kfunc {
        "bpf_wq_set_callback_impl" => Some(WORK),
        "bpf_task_work_schedule_signal_impl" | "bpf_task_work_schedule_resume_impl" => Some(TASK_WORK),
        _ if objects::takes_less(kfunc) => Some(LESS),
        _ => None,
    }
}

/// The kernel function that is called may call one of the program's.
pub(crate) fn of_kernel(m: &mut Machine<'_>, one: &kfuncs::Call) -> Checked {
    let (Some(id), Some(subprogram)) = (number_of(one.kfunc.name), one.callback) else { return Ok(()) };
    match call_with(m, id, subprogram, one.graph) {
        Ok(_) => Ok(()),
        Err(stop) => Err(objects::in_callback(m, one, stop)),
    }
}

/// Helpers that call a function before they return (`is_sync_callback_calling_function`).
pub(crate) fn calls_back(helper: i32) -> bool {
    matches!(helper, FOR_EACH_MAP_ELEM | FIND_VMA | LOOP | USER_RINGBUF_DRAIN | LESS)
}

/// Helpers that have a function called later.
pub(crate) fn is_async(helper: i32) -> bool {
    matches!(helper, TIMER_SET_CALLBACK | WORK | TASK_WORK)
}

/// The call of helper `id` may call function `subprogram`. 6.1 goes on inside of it: with which frame, and where.
pub(crate) fn call(m: &mut Machine<'_>, id: i32, subprogram: u32) -> Checked<Option<(Frame, u32)>> {
    call_with(m, id, subprogram, None)
}

fn call_with(
    m: &mut Machine<'_>,
    id: i32,
    subprogram: u32,
    graph: Option<Graph>,
) -> Checked<Option<(Frame, u32)>> {
    if !calls_back(id) && !is_async(id) {
        return Ok(None);
    }
    let old = m.rules.loops == LoopRule::None;
    if id == LOOP {
        expansion::note_loop(m, subprogram);
    }
    if id == LOOP && !old {
        if !m.state.reg(1).is_scalar() {
            return Err(Fault::BacktrackingMisuse.into());
        }
        m.need_precise(1)?;
        if u64::from(m.state.top.callback_depth) >= m.state.reg(1).bounds.umax {
            m.state.top.callback_depth = 0;
            return Ok(None);
        }
    }
    if let Some(function) = m.functions.get_mut(subprogram as usize) {
        function.is_callback |= !old;
    }
    let Some(start) = m.functions.get(subprogram as usize).map(|function| function.start) else {
        return Err(Stop::feature("a callback that is no function of the program"));
    };
    if is_async(id) {
        m.functions[subprogram as usize].is_async = true;
        let mut state = State::start(subprogram, start);
        // The kernel leaves it zero, so that precision is traced back to the call that started this.
        state.first_insn = 0;
        state.history = crate::explore::Trail { steps: 0, ..m.state.history };
        state.top.async_entries = m.state.top.async_entries + 1;
        state.top.in_async = true;
        let caller = m.state.top.clone();
        state.in_sleepable = matches!(id, WORK | TASK_WORK);
        set_arguments(m, id, graph, &caller, &mut state.top)?;
        m.push_async(start, state)?;
        return Ok(None);
    }
    if old {
        let mut callee = calls::enter(m, subprogram)?;
        let caller = m.state.top.clone();
        set_arguments(m, id, graph, &caller, &mut callee)?;
        return Ok(Some((callee, start)));
    }
    let mut callee = calls::enter(m, subprogram)?;
    let mut state = m.state.clone();
    set_arguments(m, id, graph, &state.top, &mut callee)?;
    state.top.callback_depth += 1;
    state.callback_unroll_depth += 1;
    let caller = std::mem::replace(&mut state.top, callee);
    state.callers.push(caller);
    m.push(start, state)?;
    m.state.top.callback_depth = 0;
    Ok(None)
}

/// What the helper passes to the function.
fn set_arguments(
    m: &mut Machine<'_>,
    id: i32,
    graph: Option<Graph>,
    caller: &Frame,
    callee: &mut Frame,
) -> Checked {
    let map = |kind: Kind, of: &Reg| Reg { map: of.map, map_uid: of.map_uid, ..Reg::pointer(kind) };
    let first = *caller.reg(1);
    callee.in_callback = !is_async(id);
    callee.returns = match id {
        TIMER_SET_CALLBACK | WORK => Range { min: 0, max: 0 },
        TASK_WORK => Range { min: i32::MIN, max: i32::MAX },
        _ => Range { min: 0, max: 1 },
    };
    if let (LESS, Some(graph)) = (id, graph) {
        return objects::less_arguments(m, graph, callee);
    }
    let arguments: Vec<Reg> = match id {
        FOR_EACH_MAP_ELEM => {
            let kind = m.map(first.map)?.kind;
            // Hashes and arrays, per CPU or not.
            if !matches!(kind.0, 1 | 2 | 5 | 6 | 9 | 10) {
                return Err(Fault::CallbackForMap.into());
            }
            vec![first, map(Kind::MAP_KEY, &first), map(Kind::MAP_VALUE, &first), *caller.reg(3)]
        }
        TIMER_SET_CALLBACK | WORK => {
            vec![map(Kind::MAP, &first), map(Kind::MAP_KEY, &first), map(Kind::MAP_VALUE, &first)]
        }
        TASK_WORK => {
            let third = *caller.reg(3);
            vec![map(Kind::MAP, &third), map(Kind::MAP_KEY, &third), map(Kind::MAP_VALUE, &third)]
        }
        LOOP => vec![Reg { kind: Kind::SCALAR, bounds: Bounds::UNKNOWN, ..Reg::NOT_INIT }, *caller.reg(3)],
        USER_RINGBUF_DRAIN => {
            let dynptr = Reg {
                id: m.fresh_id_if(m.rules.dialect != Dialect::V6_1).unwrap_or(0),
                extra: Extra::Dynptr { kind: DynptrKind::Local, first: true },
                ..Reg::pointer(Kind::DYNPTR)
            };
            vec![dynptr, *caller.reg(3)]
        }
        _ => {
            let vma = hooks::object(m, "vm_area_struct", Kind::BTF_ID)?;
            vec![first, vma, *caller.reg(4)]
        }
    };
    for (number, argument) in (1u8..).zip(arguments) {
        *callee.reg_mut(number) = argument;
    }
    Ok(())
}
