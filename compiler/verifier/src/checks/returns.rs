//! What a program, a global function or a callback may return.

use gobpf_bpf::tables::{ReturnRule, return_rule};

use crate::checks::hooks;
use crate::checks::operands::read_reg;
use crate::dialect::{Backtracking, Dialect, LoopRule};
use crate::explore::Machine;
use crate::fault::{Checked, Exit, Fault, Stop};
use crate::state::{Kind, Range};
use crate::tnum::Tnum;

/// `check_return_code`.
pub(crate) fn check(m: &mut Machine<'_>) -> Checked {
    check_register(m, 0)
}

/// The same for a register that the program ends with: R0, or R1 where it throws.
pub(crate) fn check_register(m: &mut Machine<'_>, reg: u8) -> Checked {
    let caller = m.caller();
    let followed = m.state.frame(0).subprogram;
    let is_exception = m.functions.get(followed as usize).is_some_and(|function| function.is_exception);
    let is_function = followed != 0 && !is_exception;
    let rule = return_rule(caller.kind, caller.attach, caller.hook, m.rules.kernel());
    let mut range = None;
    let (mut low_half, mut is_void) = (false, false);
    if !is_function {
        range = match rule {
            ReturnRule::Any => None,
            ReturnRule::Within { min, max } => Some((min, max)),
            ReturnRule::ByHook { min, max, void, low_half: half } => {
                low_half = half;
                if !hooks::is_void(m)? {
                    Some((min, max))
                } else if let Some(range) = void {
                    is_void = true;
                    Some(range)
                } else {
                    return Ok(());
                }
            }
            ReturnRule::Prototype => {
                if hooks::is_void(m)? {
                    return Ok(());
                }
                None
            }
        };
    }
    read_reg(m, reg)?;
    let value = *m.state.reg(reg);
    let at = if m.state.frame(0).in_async { Exit::AsyncCallback } else { Exit::Program };
    if at == Exit::AsyncCallback {
        let Range { min, max } = m.state.frame(0).returns;
        range = Some((min, max));
    } else if is_function {
        return match value.kind {
            Kind::SCALAR => Ok(()),
            kind => Err(Fault::FunctionReturns { reg, kind }.into()),
        };
    }
    let Some((min, max)) = range else { return Ok(()) };
    if !value.is_scalar() {
        return Err(Fault::ReturnsPointer { reg, kind: value.kind, at }.into());
    }
    if m.rules.backtracking == Backtracking::Recorded {
        m.need_precise(reg)?;
    }
    within(m, reg, (min, max), at, low_half).map_err(|stop| match stop {
        Stop::Fault(fault) if is_void => Fault::Then(Box::new(fault), Box::new(Fault::ReturnToVoid)).into(),
        stop => stop,
    })
}

/// A callback returns 0 or 1.
pub(crate) fn check_callback(m: &mut Machine<'_>) -> Checked {
    let Range { min, max } = m.state.top.returns;
    within(m, 0, (min, max), Exit::Callback, false)
}

fn within(m: &Machine<'_>, reg: u8, (min, max): (i32, i32), at: Exit, low_half: bool) -> Checked {
    let bounds = m.state.reg(reg).bounds;
    let fits = if m.rules.loops == LoopRule::None || m.rules.dialect == Dialect::V6_1 {
        Tnum::range(min as u64, max as u64).contains(bounds.tnum)
    } else if low_half {
        min <= bounds.smin32 && bounds.smax32 <= max
    } else {
        i64::from(min) <= bounds.smin && bounds.smax <= i64::from(max)
    };
    if fits { Ok(()) } else { Err(Fault::ReturnRange { reg, bounds, min, max, at }.into()) }
}
