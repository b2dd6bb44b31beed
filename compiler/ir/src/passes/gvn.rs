//! Global value numbering: of two pure instructions with the same operands, one of which dominates the other, the first
//! serves for both. Copies of keys on the stack, packet pointers and their sums become shared by this.

use rustc_hash::FxHashMap;

use super::dominators;
use crate::fold::Simple;
use crate::ir::{Block, Function, Inst, InstKind, Type, Value};

/// Steps of making one instruction simpler.
const SIMPLER: usize = 4;

enum Step {
    Enter(Block),
    Leave(Vec<(InstKind, Type)>),
}

/// Runs the pass.
pub(super) fn run(function: &mut Function) {
    let children = dominators::children(function);
    let mut known: FxHashMap<(InstKind, Type), Value> = FxHashMap::default();
    let mut alias: Vec<Value> = (0..function.values.len() as u32).map(Value).collect();
    let mut stack = vec![Step::Enter(Block(0))];
    while let Some(step) = stack.pop() {
        match step {
            Step::Leave(keys) => keys.iter().for_each(|key| {
                known.remove(key);
            }),
            Step::Enter(block) => {
                let added = number_block(function, block, &mut known, &mut alias);
                stack.push(Step::Leave(added));
                stack.extend(children[block.0 as usize].iter().rev().map(|child| Step::Enter(*child)));
            }
        }
    }
    // Arguments of back edges may name values that were numbered later than the jump was seen.
    for block in function.order.clone() {
        function.block_mut(block).end.map_operands(|value| alias[value.0 as usize]);
    }
}

/// Numbers one block; returns the keys that are known in what it dominates.
fn number_block(
    function: &mut Function,
    block: Block,
    known: &mut FxHashMap<(InstKind, Type), Value>,
    alias: &mut [Value],
) -> Vec<(InstKind, Type)> {
    let mut added = Vec::new();
    let mut kept = Vec::new();
    for inst in std::mem::take(&mut function.block_mut(block).insts) {
        let data = &mut function.insts[inst.0 as usize];
        data.kind.map_operands(|value| alias[value.0 as usize]);
        let (Some(result), true) = (data.result, data.kind.is_pure()) else {
            kept.push(inst);
            continue;
        };
        if let Some(value) = simplify(function, inst, result) {
            alias[result.0 as usize] = value;
            continue;
        }
        let data = &function.insts[inst.0 as usize];
        let key = (data.kind.clone(), function.values[result.0 as usize].ty);
        match known.get(&key) {
            Some(&value) => alias[result.0 as usize] = value,
            None => {
                known.insert(key.clone(), result);
                added.push(key);
                kept.push(inst);
            }
        }
    }
    function.block_mut(block).insts = kept;
    added
}

/// Makes an instruction as simple as it can be; returns the value that stands for its result, where there is one already.
fn simplify(function: &mut Function, inst: Inst, result: Value) -> Option<Value> {
    for _ in 0..SIMPLER {
        let kind = &function.insts[inst.0 as usize].kind;
        match function.simplified(kind, function.ty(result))? {
            Simple::Value(value) => return Some(value),
            Simple::Kind(kind) => function.insts[inst.0 as usize].kind = kind,
        }
    }
    None
}
