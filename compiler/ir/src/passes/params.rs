//! Removes block parameters that always have one value.

use crate::ir::{Block, Function, Value};

/// Replaces every parameter whose arguments are one value, or the parameter itself, by that value, until none is left.
pub fn remove_trivial_params(function: &mut Function) {
    let mut alias: Vec<Value> = (0..function.values.len() as u32).map(Value).collect();
    loop {
        let mut changed = false;
        let predecessors = function.predecessors();
        for block in function.order.clone() {
            let mut index = 0;
            while index < function.block(block).params.len() {
                let param = function.block(block).params[index];
                match only_value(function, &mut alias, &predecessors[block.0 as usize], block, index, param) {
                    Some(value) => {
                        alias[param.0 as usize] = value;
                        remove_param(function, &predecessors[block.0 as usize], block, index);
                        changed = true;
                    }
                    None => index += 1,
                }
            }
        }
        if !changed {
            break;
        }
    }
    for block in function.order.clone() {
        for inst in function.block(block).insts.clone() {
            function.insts[inst.0 as usize].kind.map_operands(|value| resolve(&mut alias, value));
        }
        function.block_mut(block).end.map_operands(|value| resolve(&mut alias, value));
    }
}

/// The value that parameter `index` of `block` always has, if it is one.
fn only_value(
    function: &Function,
    alias: &mut [Value],
    predecessors: &[Block],
    block: Block,
    index: usize,
    param: Value,
) -> Option<Value> {
    let mut only = None;
    for predecessor in predecessors {
        for target in function.block(*predecessor).end.targets() {
            if target.block != block {
                continue;
            }
            let value = resolve(alias, *target.args.get(index)?);
            if value != param && only.replace(value).is_some_and(|known| known != value) {
                return None;
            }
        }
    }
    only
}

fn remove_param(function: &mut Function, predecessors: &[Block], block: Block, index: usize) {
    function.block_mut(block).params.remove(index);
    let mut done: Vec<Block> = Vec::new();
    for &predecessor in predecessors {
        if done.contains(&predecessor) {
            continue;
        }
        done.push(predecessor);
        for target in function.block_mut(predecessor).end.targets_mut() {
            if target.block == block && index < target.args.len() {
                target.args.remove(index);
            }
        }
    }
}

/// What `value` stands for now.
fn resolve(alias: &mut [Value], value: Value) -> Value {
    let mut root = value;
    while alias[root.0 as usize] != root {
        root = alias[root.0 as usize];
    }
    alias[value.0 as usize] = root;
    root
}
