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
