//! Puts what counts on the right of comparisons. A loop's counter is a constant in each turn that verifiers follow, and older
//! ones decide comparisons with a bounded number only where the constant is the second operand: `n > i` ends the loop that
//! `i < n` would not.

use crate::ir::{Function, InstKind, Terminator, Type, Value};

/// Definitions that are looked through from an operand to a counter.
const DEPTH_LIMIT: u32 = 4;

/// Runs the pass.
pub(super) fn run(function: &mut Function) {
    let counters = counters(function);
    if !counters.contains(&true) {
        return;
    }
    for block in function.order.clone() {
        let Terminator::Branch { cond, .. } = &function.block(block).end else { continue };
        let number = function.ty(cond.left) != Type::Pointer;
        let counts = |value| counts(function, &counters, value, DEPTH_LIMIT);
        if !number || !counts(cond.left) || counts(cond.right) || function.as_const(cond.right).is_some() {
            continue;
        }
        if let Terminator::Branch { cond, .. } = &mut function.block_mut(block).end {
            (cond.op, cond.left, cond.right) = (cond.op.swap(), cond.right, cond.left);
        }
    }
}

/// The parameters that are constants on each way: all that they get is made of constants and of each other, by value.
fn counters(function: &Function) -> Vec<bool> {
    let mut counters = vec![false; function.values.len()];
    let params = function.order.iter().skip(1).flat_map(|block| &function.block(*block).params);
    params.for_each(|param| counters[param.0 as usize] = true);
    let mut changed = true;
    while changed {
        changed = false;
        for &block in &function.order {
            for target in function.block(block).end.targets() {
                for (param, argument) in function.block(target.block).params.iter().zip(&target.args) {
                    let holds = function.as_const(*argument).is_some()
                        || counts(function, &counters, *argument, DEPTH_LIMIT);
                    if !holds && std::mem::replace(&mut counters[param.0 as usize], false) {
                        changed = true;
                    }
                }
            }
        }
    }
    counters
}

/// Whether `value` is made of a counter and constants.
fn counts(function: &Function, counters: &[bool], value: Value, depth: u32) -> bool {
    if counters[value.0 as usize] {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return false };
    match function.def(value) {
        Some(InstKind::Binary(_, a, b)) => [a, b].iter().all(|operand| {
            function.as_const(**operand).is_some() || counts(function, counters, **operand, depth)
        }),
        Some(
            InstKind::Zext64(base)
            | InstKind::Sext64(base)
            | InstKind::Trunc(base)
            | InstKind::Narrow(base)
            | InstKind::SignExtend(_, base),
        ) => counts(function, counters, *base, depth),
        _ => false,
    }
}
