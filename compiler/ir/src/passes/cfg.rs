//! Simplifies control flow: jumps to jumps and to what only returns, blocks in a row, branches on constants.

use crate::ir::{Block, Function, Target, Terminator};

/// Runs the pass until nothing changes.
pub(super) fn simplify(function: &mut Function) {
    loop {
        let changed = thread_jumps(function) | merge_rows(function) | return_at_once(function);
        function.compute_order();
        if !changed {
            break;
        }
    }
}

/// Where a jump to `block` ends up, when the block is empty and has no parameters; none in an empty endless loop.
fn forwarded(function: &Function, block: Block) -> Option<Target> {
    let mut found = None;
    let mut at = block;
    for _ in 0..function.order.len() {
        let data = function.block(at);
        match &data.end {
            Terminator::Jump(target) if data.params.is_empty() && data.insts.is_empty() => {
                at = target.block;
                found = Some(target.clone());
            }
            _ => return found,
        }
    }
    None
}

fn thread_jumps(function: &mut Function) -> bool {
    let mut changed = false;
    for block in function.order.clone() {
        for index in 0..function.block(block).end.targets().len() {
            let to = function.block(block).end.targets()[index].block;
            if let Some(target) = forwarded(function, to) {
                *function.block_mut(block).end.targets_mut()[index] = target;
                changed = true;
            }
        }
        if let Terminator::Branch { cond, then, otherwise } = &function.block(block).end {
            let only = if then == otherwise { Some(true) } else { function.decide(*cond) };
            if let Some(holds) = only {
                let end = Terminator::Jump(if holds { then.clone() } else { otherwise.clone() });
                function.block_mut(block).end = end;
                changed = true;
            }
        }
    }
    if changed {
        function.compute_order();
    }
    changed
}

/// Returns what was computed where a jump would only lead to a return: constants are put into place there, by code that is
/// shared.
fn return_at_once(function: &mut Function) -> bool {
    let mut changed = false;
    for block in function.order.clone() {
        let Terminator::Jump(target) = &function.block(block).end else { continue };
        let to = function.block(target.block);
        let Terminator::Return(value) = to.end else { continue };
        let argument = to.params.iter().position(|param| *param == value);
        let value = argument.and_then(|index| target.args.get(index)).copied().unwrap_or(value);
        if to.insts.is_empty() && function.as_const(value).is_none() {
            function.block_mut(block).end = Terminator::Return(value);
            changed = true;
        }
    }
    changed
}

/// Appends a block to its only predecessor where that has no other successor and no parameters are passed.
fn merge_rows(function: &mut Function) -> bool {
    let mut changed = false;
    let predecessors = function.predecessors();
    for block in function.order.clone() {
        while let Terminator::Jump(target) = &function.block(block).end {
            let next = target.block;
            let alone = predecessors[next.0 as usize].len() == 1;
            if !alone || next == block || next == Block(0) || !function.block(next).params.is_empty() {
                break;
            }
            let data = function.block_mut(next);
            let insts = std::mem::take(&mut data.insts);
            let end = std::mem::replace(&mut data.end, Terminator::Open);
            // A `return` is the statement that jumps to the end, not the function that ends.
            let kept = if matches!(end, Terminator::Return(_)) { block } else { next };
            let origin = function.block(kept).origin;
            let data = function.block_mut(block);
            data.insts.extend(insts);
            data.end = end;
            data.origin = origin;
            changed = true;
        }
    }
    changed
}
