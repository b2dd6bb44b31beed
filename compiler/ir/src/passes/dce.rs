//! Removes pure instructions and block parameters that nobody uses. Loads stay: a bad one is for the verifier to see.

use crate::ir::{Block, Function, InstKind, Terminator, Value};

/// Runs the pass.
pub(super) fn run(function: &mut Function) {
    let used = live_values(function);
    for block in function.order.clone() {
        let data = &mut function.blocks[block.0 as usize];
        let insts = &function.insts;
        data.insts.retain(|inst| {
            let data = &insts[inst.0 as usize];
            !data.kind.is_pure() || data.result.is_none_or(|value| used[value.0 as usize])
        });
    }
    forget_old_values(function, &used);
    remove_dead_params(function, &used);
}

/// Atomic operations whose result nobody uses need not fetch it.
fn forget_old_values(function: &mut Function, used: &[bool]) {
    for data in &mut function.insts {
        if matches!(data.kind, InstKind::Atomic(..))
            && data.result.is_some_and(|value| !used[value.0 as usize])
        {
            data.result = None;
        }
    }
}

fn live_values(function: &Function) -> Vec<bool> {
    let mut used = vec![false; function.values.len()];
    let mut work: Vec<Value> = Vec::new();
    let mut param_of: Vec<Option<(Block, usize)>> = vec![None; function.values.len()];
    for &block in &function.order {
        for (index, param) in function.block(block).params.iter().enumerate() {
            param_of[param.0 as usize] = Some((block, index));
        }
        for inst in &function.block(block).insts {
            let data = function.inst(*inst);
            if !data.kind.is_pure() {
                work.extend(data.kind.operands());
            }
        }
        match &function.block(block).end {
            Terminator::Return(value) => work.push(*value),
            Terminator::Branch { cond, .. } => work.extend([cond.left, cond.right]),
            _ => {}
        }
    }
    let predecessors = function.predecessors();
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut used[value.0 as usize], true) {
            continue;
        }
        if let Some(kind) = function.def(value) {
            work.extend(kind.operands());
        }
        if let Some((block, index)) = param_of[value.0 as usize] {
            for predecessor in &predecessors[block.0 as usize] {
                for target in function.block(*predecessor).end.targets() {
                    if target.block == block {
                        work.extend(target.args.get(index));
                    }
                }
            }
        }
    }
    used
}

/// Removes parameters that nobody uses, but for the entry's.
fn remove_dead_params(function: &mut Function, used: &[bool]) {
    let kept: Vec<Vec<bool>> = function
        .blocks
        .iter()
        .enumerate()
        .map(|(index, data)| data.params.iter().map(|param| index == 0 || used[param.0 as usize]).collect())
        .collect();
    for block in function.order.clone() {
        let mut index = 0;
        let data = function.block_mut(block);
        data.params.retain(|_| {
            index += 1;
            kept[block.0 as usize][index - 1]
        });
        for target in data.end.targets_mut() {
            let mut index = 0;
            target.args.retain(|_| {
                index += 1;
                kept[target.block.0 as usize].get(index - 1).copied().unwrap_or(true)
            });
        }
    }
}
