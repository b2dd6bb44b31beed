//! Removes checks of packet bounds that an earlier comparison has made.
//!
//! `if pointer + n > end` says on its other way that n bytes follow `pointer`. Where that way dominates a check of at
//! most n bytes after the same pointer, the check can't fail; the verifier knows the same, for it keeps the range with
//! the pointer.

use gobpf_bpf::insn::JmpOp;

use super::dominators;
use crate::ir::{Block, Cond, Function, InstKind, Target, Terminator, Value};

/// `bytes` bytes follow `pointer` before `end`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fact {
    pointer: Value,
    bytes: i64,
    end: Value,
}

enum Step {
    Enter(Block),
    Leave(usize),
}

/// Runs the pass.
pub(super) fn run(function: &mut Function) {
    let children = dominators::children(function);
    let predecessors = function.predecessors();
    let mut facts: Vec<Fact> = Vec::new();
    let mut stack = vec![Step::Enter(Block(0))];
    while let Some(step) = stack.pop() {
        match step {
            Step::Leave(count) => facts.truncate(count),
            Step::Enter(block) => {
                stack.push(Step::Leave(facts.len()));
                if let [only] = predecessors[block.0 as usize].as_slice() {
                    facts.extend(fact_on_edge(function, *only, block));
                }
                if let Some(target) = decided(function, block, &facts) {
                    function.block_mut(block).end = Terminator::Jump(target);
                }
                stack.extend(children[block.0 as usize].iter().rev().map(|child| Step::Enter(*child)));
            }
        }
    }
    function.compute_order();
}

/// The fact that a comparison `pointer + bytes > end` decides.
fn comparison(function: &Function, cond: &Cond) -> Option<Fact> {
    if cond.op != JmpOp::Gt {
        return None;
    }
    let Some(InstKind::PtrAdd(pointer, bytes)) = function.def(cond.left) else { return None };
    Some(Fact { pointer: *pointer, bytes: function.as_const(*bytes)?, end: cond.right })
}

fn fact_on_edge(function: &Function, from: Block, to: Block) -> Option<Fact> {
    match &function.block(from).end {
        Terminator::Branch { cond, then, otherwise } if otherwise.block == to && then.block != to => {
            comparison(function, cond)
        }
        _ => None,
    }
}

/// The way that is always taken at the end of `block`, where the facts say so.
fn decided(function: &Function, block: Block, facts: &[Fact]) -> Option<Target> {
    let Terminator::Branch { cond, otherwise, .. } = &function.block(block).end else { return None };
    let asked = comparison(function, cond)?;
    let known = facts
        .iter()
        .any(|fact| fact.pointer == asked.pointer && fact.end == asked.end && fact.bytes >= asked.bytes);
    known.then(|| otherwise.clone())
}
