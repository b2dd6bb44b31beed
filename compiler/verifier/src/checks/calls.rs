//! Calls of the program's own functions, and returns from them.

use gobpf_bpf::tables::ProgramKind;

use crate::checks::functions::{self, MAX_FRAMES};
use crate::dialect::{Dialect, LoopRule};
use crate::explore::{Machine, Next};
use crate::fault::{Checked, Fault, Stop};
use crate::state::{Frame, Held, Kind, Reference, Reg};
use crate::transfer::assign;

/// `check_func_call`.
pub(crate) fn call(m: &mut Machine<'_>, distance: i32) -> Checked<Next> {
    let target = (i64::from(m.insn) + i64::from(distance) + 1) as u32;
    let Some(index) = functions::starting_at(&m.functions, target) else {
        return Err(Stop::feature("a call into the middle of a function"));
    };
    if m.rules.dialect == Dialect::V6_1 {
        // Whether the function is global at all is asked after that.
        check_depth(m)?;
    }
    if m.functions[index].global {
        return call_global(m, index);
    }
    let mut callee = enter(m, index as u32)?;
    for reg in 1..=5 {
        *callee.reg_mut(reg) = *m.state.reg(reg);
    }
    forget_caller_saved(m);
    Ok(go_into(m, callee, target))
}

/// A global function is verified on its own: the call returns a number.
fn call_global(m: &mut Machine<'_>, index: usize) -> Checked<Next> {
    // What is wrong with the arguments is said first; that the call is not allowed here counts.
    let arguments = super::global::check_arguments(m, index);
    super::locks::check_global_call(m, index).map_err(|stop| match (&arguments, stop) {
        (Err(Stop::Fault(first)), Stop::Fault(last)) => {
            Fault::Then(Box::new(first.clone()), Box::new(last)).into()
        }
        (_, stop) => stop,
    })?;
    super::global::check_called(m, index, arguments)?;
    if m.functions[index].changes_packet && m.rules.loops != LoopRule::None {
        super::packet::forget(m);
    }
    m.functions[index].called = true;
    forget_caller_saved(m);
    assign(m, 0, Reg::unknown());
    Ok(Next::Go(m.insn + 1))
}

/// `setup_func_entry`: a frame for function `index`, still without arguments.
pub(crate) fn enter(m: &Machine<'_>, index: u32) -> Checked<Frame> {
    let depth = check_depth(m)?;
    Ok(Frame::new(depth as u8, m.insn, index))
}

/// The number of the frame of a function that is called.
fn check_depth(m: &Machine<'_>) -> Checked<usize> {
    let depth = m.state.callers.len() + 1;
    if depth >= MAX_FRAMES { Err(Fault::CallStackTooDeep { frames: depth + 1 }.into()) } else { Ok(depth) }
}

/// The path goes on inside of `callee`.
pub(crate) fn go_into(m: &mut Machine<'_>, callee: Frame, start: u32) -> Next {
    let caller = std::mem::replace(&mut m.state.top, callee);
    m.state.callers.push(caller);
    m.switch_function();
    Next::Go(start)
}

/// After a call, R0 to R5 hold nothing.
pub(crate) fn forget_caller_saved(m: &mut Machine<'_>) {
    let gone = m.insn;
    for reg in 0..=5 {
        let reg = m.state.reg_mut(reg);
        reg.copy_from(&Reg { born: gone, ..Reg::NOT_INIT });
        reg.live.written = true;
    }
}

/// `prepare_func_exit`: back to the caller, or to the helper that called back.
pub(crate) fn leave(m: &mut Machine<'_>) -> Checked<Next> {
    m.settle_live_stack();
    let result = *m.state.reg(0);
    if result.kind == Kind::STACK {
        return Err(Fault::ReturnsStack.into());
    }
    let (callsite, in_callback) = (m.state.top.callsite, m.state.top.in_callback);
    if in_callback {
        if !result.is_scalar() {
            return Err(Fault::CallbackReturnsPointer.into());
        }
        m.mark_read(crate::state::Place::Reg(m.state.current(), 0));
        m.need_precise(0)?;
        super::returns::check_callback(m)?;
    }
    let Some(caller) = m.state.callers.pop() else { return Ok(Next::Exit) };
    m.state.top = caller;
    m.switch_function();
    if !in_callback {
        *m.state.reg_mut(0) = result;
        return Ok(Next::Go(callsite + 1));
    }
    if m.rules.loops == LoopRule::None {
        return Ok(Next::Go(callsite + 1));
    }
    m.widen_since(callsite);
    Ok(Next::Go(callsite))
}

/// `check_reference_leak`: what was acquired must be given back before the program ends, `at` a place of its own.
pub(crate) fn check_leaks(m: &Machine<'_>, at: Option<&'static str>) -> Checked {
    let number = u32::from(m.state.current());
    let in_callback = m.state.top.in_callback && m.rules.references_of_callbacks;
    if number > 0 && !in_callback {
        return Ok(());
    }
    // Programs that stand for functions of the kernel may give it what they return.
    let may_return = m.rules.references_by_state && m.kind == ProgramKind::STRUCT_OPS;
    let returned = if may_return { m.state.reg(0).ref_obj } else { 0 };
    check_references(m, at, |held| (!in_callback || held.callback == number) && held.id != returned)
}

/// The same for the end of the program in whatever function.
pub(crate) fn check_no_references(m: &Machine<'_>, at: Option<&'static str>) -> Checked {
    check_references(m, at, |_| true)
}

fn check_references(
    m: &Machine<'_>,
    at: Option<&'static str>,
    counts: impl Fn(&Reference) -> bool,
) -> Checked {
    let held = m.state.references.iter().filter(|held| held.what == Held::Pointer && counts(held));
    let leaked: Vec<(u32, u32)> = held.map(|held| (held.id, held.insn)).collect();
    if leaked.is_empty() { Ok(()) } else { Err(Fault::Unreleased { references: leaked, at }.into()) }
}
