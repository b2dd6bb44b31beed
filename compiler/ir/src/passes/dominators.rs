//! The dominator tree (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001).

use crate::ir::{Block, Function};

/// Children of each block in the dominator tree, by block number.
pub(super) fn children(function: &Function) -> Vec<Vec<Block>> {
    let mut number = vec![usize::MAX; function.blocks.len()];
    for (index, block) in function.order.iter().enumerate() {
        number[block.0 as usize] = index;
    }
    let predecessors = function.predecessors();
    let mut idom = vec![usize::MAX; function.order.len()];
    idom[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for (index, block) in function.order.iter().enumerate().skip(1) {
            let mut new = usize::MAX;
            for predecessor in &predecessors[block.0 as usize] {
                let other = number[predecessor.0 as usize];
                if idom[other] != usize::MAX {
                    new = if new == usize::MAX { other } else { intersect(&idom, other, new) };
                }
            }
            if idom[index] != new {
                idom[index] = new;
                changed = true;
            }
        }
    }
    let mut children = vec![Vec::new(); function.blocks.len()];
    for (index, block) in function.order.iter().enumerate().skip(1) {
        children[function.order[idom[index]].0 as usize].push(*block);
    }
    children
}

/// The dominance frontier of each block: the blocks that it does not dominate strictly, but a predecessor of which it
/// dominates.
pub(super) fn frontiers(function: &Function, children: &[Vec<Block>]) -> Vec<Vec<Block>> {
    let mut parents = vec![None; function.blocks.len()];
    for (parent, children) in children.iter().enumerate() {
        for child in children {
            parents[child.0 as usize] = Some(Block(parent as u32));
        }
    }
    let mut frontiers = vec![Vec::new(); function.blocks.len()];
    for (index, predecessors) in function.predecessors().into_iter().enumerate() {
        let join = Block(index as u32);
        // The entry has no parent; a loop back to it makes it a join all the same.
        if predecessors.len() + usize::from(join == Block(0)) < 2 {
            continue;
        }
        for predecessor in predecessors {
            let mut at = Some(predecessor);
            while let Some(block) = at.filter(|block| Some(*block) != parents[index]) {
                let known: &mut Vec<Block> = &mut frontiers[block.0 as usize];
                if !known.contains(&join) {
                    known.push(join);
                }
                at = parents[block.0 as usize];
            }
        }
    }
    frontiers
}

fn intersect(idom: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        while a > b {
            a = idom[a];
        }
        while b > a {
            b = idom[b];
        }
    }
    a
}
