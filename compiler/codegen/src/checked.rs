//! Numbers that were checked are values of their own from there on, where the allocator has to keep numbers on the stack: it
//! then stores what was checked. Older verifiers know nothing of a number that was stored before its check.

use gobpf_ir::ir::{Block, Function, Inst, InstData, InstKind, Terminator, Type, Value};
use gobpf_source::Why;

/// Gives the numbers that bounds checks have let through a name of their own; whether there are any. The function has no
/// critical edges.
pub(crate) fn mark(function: &mut Function) -> bool {
    let mut changed = false;
    for block in function.order.clone() {
        let data = function.block(block);
        let Terminator::Branch { cond, then, otherwise } = &data.end else { continue };
        let is_number = function.ty(cond.left) != Type::Pointer && function.as_const(cond.left).is_none();
        if data.origin.why != Why::BoundsCheck || !is_number || function.as_const(cond.right).is_none() {
            continue;
        }
        let (value, ways) = (cond.left, [then.block, otherwise.block]);
        for way in ways {
            if let Some(uses) = uses_below(function, value, way) {
                replace(function, value, way, &uses);
                changed = true;
            }
        }
    }
    changed
}

/// The blocks below `way` that use `value`, where nothing else does afterwards and more is done with it than to compare it.
fn uses_below(function: &Function, value: Value, way: Block) -> Option<Vec<Block>> {
    if function.predecessors()[way.0 as usize].len() != 1 {
        return None;
    }
    let others = reached_without(function, way);
    let (mut below, mut elsewhere, mut is_used) = (Vec::new(), Vec::new(), false);
    for &block in &function.order {
        let data = function.block(block);
        let computes = data.insts.iter().any(|inst| function.inst(*inst).kind.operands().contains(&value));
        if computes || data.end.operands().contains(&value) {
            if others[block.0 as usize] {
                elsewhere.push(block);
            } else {
                below.push(block);
                is_used |= computes;
            }
        }
    }
    (is_used && !is_needed_at(function, value, way, elsewhere)).then_some(below)
}

/// The blocks that are reached on ways that don't lead through `way`.
fn reached_without(function: &Function, way: Block) -> Vec<bool> {
    let mut reached = vec![false; function.blocks.len()];
    let mut work = vec![Block(0)];
    while let Some(block) = work.pop() {
        if block != way && !std::mem::replace(&mut reached[block.0 as usize], true) {
            work.extend(function.block(block).end.targets().iter().map(|target| target.block));
        }
    }
    reached
}

/// Whether one of `users` gets the `value` that there is at the start of `way`.
fn is_needed_at(function: &Function, value: Value, way: Block, users: Vec<Block>) -> bool {
    let predecessors = function.predecessors();
    let makes = |block: Block| {
        let data = function.block(block);
        let is_result = |inst: &Inst| function.inst(*inst).result == Some(value);
        data.params.contains(&value) || data.insts.iter().any(is_result)
    };
    let mut seen = vec![false; function.blocks.len()];
    let mut work: Vec<Block> = users.into_iter().filter(|block| !makes(*block)).collect();
    while let Some(block) = work.pop() {
        if block == way {
            return true;
        }
        if !std::mem::replace(&mut seen[block.0 as usize], true) {
            work.extend(predecessors[block.0 as usize].iter().copied().filter(|block| !makes(*block)));
        }
    }
    false
}

fn replace(function: &mut Function, value: Value, way: Block, users: &[Block]) {
    let inst = Inst(function.insts.len() as u32);
    let checked = function.new_value(function.ty(value), Some(inst));
    let renamed = |used: Value| if used == value { checked } else { used };
    for &block in users {
        for inst in function.block(block).insts.clone() {
            function.insts[inst.0 as usize].kind.map_operands(renamed);
        }
        function.block_mut(block).end.map_operands(renamed);
    }
    let origin = function.block(way).origin;
    function.insts.push(InstData { result: Some(checked), kind: InstKind::Checked(value), origin });
    function.block_mut(way).insts.insert(0, inst);
}
