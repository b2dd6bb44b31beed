//! Stack slots for copies of values: keys and values that helpers want a pointer to.
//!
//! A copy that is used only in the block that makes it gives its slot back after the last use; others keep theirs.

use gobpf_ir::ir::{Block, Function, InstKind, SlotData};

/// The slot of each [`InstKind::Spilled`], by value; new slots are added to `slots`.
pub(crate) fn assign(function: &Function, slots: &mut Vec<SlotData>) -> Vec<Option<u32>> {
    let mut assigned = vec![None; function.values.len()];
    let last_uses = last_uses(function);
    let mut free = Vec::new();
    for &block in &function.order {
        let insts = &function.block(block).insts;
        // Slots in use, with the position of the last use.
        let mut busy: Vec<(usize, u32)> = Vec::new();
        for (position, inst) in insts.iter().enumerate() {
            busy.retain(|(last, slot)| {
                let needed = *last >= position;
                if !needed {
                    free.push(*slot);
                }
                needed
            });
            let data = function.inst(*inst);
            let (InstKind::Spilled(size, _), Some(value)) = (&data.kind, data.result) else { continue };
            let local = last_uses[value.0 as usize].filter(|(home, _)| *home == block);
            let slot = match local.and_then(|_| free.pop()) {
                Some(slot) => slot,
                None => {
                    slots.push(SlotData { size: size.bytes(), name: String::new() });
                    slots.len() as u32 - 1
                }
            };
            let known = &mut slots[slot as usize].size;
            *known = size.bytes().max(*known);
            busy.extend(local.map(|(_, last)| (last, slot)));
            assigned[value.0 as usize] = Some(slot);
        }
        free.extend(busy.into_iter().map(|(_, slot)| slot));
    }
    assigned
}

/// The block and position of the last use of each value that is used in one block only, by instructions.
fn last_uses(function: &Function) -> Vec<Option<(Block, usize)>> {
    let mut uses = vec![None; function.values.len()];
    let mut elsewhere = vec![false; function.values.len()];
    let mut homes = vec![None; function.values.len()];
    for &block in &function.order {
        for inst in &function.block(block).insts {
            if let Some(value) = function.inst(*inst).result {
                homes[value.0 as usize] = Some(block);
            }
        }
    }
    for &block in &function.order {
        let data = function.block(block);
        for (position, inst) in data.insts.iter().enumerate() {
            for value in function.inst(*inst).kind.operands() {
                if !matches!(function.def(value), Some(InstKind::Spilled(..))) {
                    continue;
                }
                if homes[value.0 as usize] == Some(block) {
                    uses[value.0 as usize] = Some((block, position));
                } else {
                    elsewhere[value.0 as usize] = true;
                }
            }
        }
        for value in data.end.operands() {
            elsewhere[value.0 as usize] = true;
        }
    }
    for (value, elsewhere) in elsewhere.into_iter().enumerate() {
        if elsewhere {
            uses[value] = None;
        }
    }
    uses
}
