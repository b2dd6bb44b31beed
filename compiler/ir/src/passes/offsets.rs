//! Adds constants to pointers last: of `p[at]` and `p[at+1]` both then start at the same pointer, which one check serves, and
//! the constant becomes the offset of the access. Only where the rest of the offset is known to be small and not negative, and
//! where nothing was compared with the sum: elsewhere verifiers may know the sum but not its parts.

use gobpf_bpf::insn::AluOp;

use super::counters::Counters;
use super::dominators;
use crate::ir::{Block, Function, Inst, InstKind, Terminator, Type, Value};

/// Offsets that packets can have.
const MAX_OFFSET: i64 = 0xffff;

enum Step {
    Enter(Block),
    Leave(usize),
}

/// Runs the pass; whether it changed anything.
pub(super) fn run(function: &mut Function) -> bool {
    let children = dominators::children(function);
    let predecessors = function.predecessors();
    let counters = Counters::of(function, &children, &predecessors);
    let compared = compared(function);
    let mut changed = false;
    let mut bounds = Vec::new();
    let mut stack = vec![Step::Enter(Block(0))];
    while let Some(step) = stack.pop() {
        match step {
            Step::Leave(count) => bounds.truncate(count),
            Step::Enter(block) => {
                stack.push(Step::Leave(bounds.len()));
                bounds.extend(counters.bound_on_edge(function, &predecessors, block));
                for at in (0..function.block(block).insts.len()).rev() {
                    let inst = function.block(block).insts[at];
                    let Some((base, rest, constant)) = parts(function, &compared, inst) else { continue };
                    let range = counters.range(function, &bounds, rest);
                    if range.is_some_and(|(least, most)| least >= 0 && most <= MAX_OFFSET) {
                        split(function, (block, at), (base, rest, constant));
                        changed = true;
                    }
                }
                stack.extend(children[block.0 as usize].iter().rev().map(|child| Step::Enter(*child)));
            }
        }
    }
    changed
}

/// For each value, whether something is compared with it.
fn compared(function: &Function) -> Vec<bool> {
    let mut compared = vec![false; function.values.len()];
    for block in &function.order {
        if let Terminator::Branch { cond, .. } = &function.block(*block).end {
            compared[cond.left.0 as usize] = true;
            compared[cond.right.0 as usize] = true;
        }
    }
    compared
}

/// The pointer, the number and the constant of a sum of them.
fn parts(function: &Function, compared: &[bool], inst: Inst) -> Option<(Value, Value, Value)> {
    let InstKind::PtrAdd(base, bytes) = function.inst(inst).kind else { return None };
    if compared.get(bytes.0 as usize).is_some_and(|compared| *compared) {
        return None;
    }
    match function.def(bytes)? {
        InstKind::Binary(AluOp::Add, rest, constant) => {
            let number = function.as_const(*constant)?;
            (number.abs() <= MAX_OFFSET).then_some((base, *rest, *constant))
        }
        _ => None,
    }
}

/// Adds the number first, then the constant.
fn split(
    function: &mut Function,
    (block, at): (Block, usize),
    (base, rest, constant): (Value, Value, Value),
) {
    let inst = function.block(block).insts[at];
    let origin = function.inst(inst).origin;
    let (first, pointer) = function.new_inst(Type::Pointer, InstKind::PtrAdd(base, rest), origin);
    function.insts[inst.0 as usize].kind = InstKind::PtrAdd(pointer, constant);
    function.block_mut(block).insts.insert(at, first);
}
