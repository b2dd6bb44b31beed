//! Critical edges: the ways from a block with several successors to a block with several predecessors get a block of
//! their own, where moves between registers can stand.

use gobpf_ir::ir::{Block, BlockData, Function, Target, Terminator};

/// The function without critical edges, and with arguments on plain jumps only.
pub(crate) fn split(function: &Function) -> Function {
    let mut function = function.clone();
    let predecessors = function.predecessors();
    for block in function.order.clone() {
        if function.block(block).end.targets().len() < 2 {
            continue;
        }
        for index in 0..2 {
            let data = function.block(block);
            let target = data.end.targets()[index].clone();
            if predecessors[target.block.0 as usize].len() == 1 && target.args.is_empty() {
                continue;
            }
            let origin = data.origin;
            let between = Block(function.blocks.len() as u32);
            function.blocks.push(BlockData {
                params: Vec::new(),
                insts: Vec::new(),
                end: Terminator::Jump(target),
                origin,
            });
            *function.block_mut(block).end.targets_mut()[index] = Target::to(between);
        }
    }
    function.compute_order();
    function
}
