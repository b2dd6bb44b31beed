//! Removes checks that an earlier comparison has made.
//!
//! `if pointer + n > end` says on its other way that n bytes follow `pointer`. Where that way dominates a check of at
//! most n bytes after the same pointer, the check can't fail; the verifier knows the same, for it keeps the range with
//! the pointer. A comparison of the same two values is decided too where neither is a constant: a bound that is one is
//! what verifiers learn from, and older ones forget it where the value is moved to the stack. Numbers made of loop
//! counters are none of these: verifiers know them ([`counters`]).

use gobpf_bpf::insn::{AluOp, JmpOp};

use super::counters::{self, Bound, Counters};
use super::dominators;
use crate::ir::{Block, Cond, Function, InstKind, Target, Terminator, Type, Value};

/// Offsets into a packet that are looked at.
const MAX_OFFSET: i64 = 0xffff;
/// Definitions that are looked through from a number to the counters that it is made of.
const DEPTH_LIMIT: u32 = 8;

/// What is known where a branch was taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fact {
    /// `bytes` bytes follow `pointer` before `end`, or (`enough` is false) fewer do.
    Packet { pointer: Value, bytes: i64, end: Value, enough: bool },
    /// The condition holds.
    Holds(Cond),
}

enum Step {
    Enter(Block),
    Leave(usize, usize),
}

/// What is known at a place.
#[derive(Default)]
struct Known {
    facts: Vec<Fact>,
    bounds: Vec<Bound>,
}

/// Runs the pass.
pub(super) fn run(function: &mut Function) {
    let children = dominators::children(function);
    let predecessors = function.predecessors();
    let counters = Counters::of(function, &children, &predecessors);
    let mut known = Known::default();
    let mut stack = vec![Step::Enter(Block(0))];
    while let Some(step) = stack.pop() {
        match step {
            Step::Leave(facts, bounds) => {
                known.facts.truncate(facts);
                known.bounds.truncate(bounds);
            }
            Step::Enter(block) => {
                stack.push(Step::Leave(known.facts.len(), known.bounds.len()));
                if let [only] = predecessors[block.0 as usize].as_slice() {
                    known.facts.extend(fact_on_edge(function, *only, block));
                }
                known.bounds.extend(counters.bound_on_edge(function, &predecessors, block));
                if let Some(target) = decided(function, block, &known, &counters) {
                    function.block_mut(block).end = Terminator::Jump(target);
                }
                stack.extend(children[block.0 as usize].iter().rev().map(|child| Step::Enter(*child)));
            }
        }
    }
    function.compute_order();
}

/// The fact that `cond` gives where it holds, or where it doesn't.
fn fact(function: &Function, cond: &Cond, holds: bool) -> Option<Fact> {
    if cond.op == JmpOp::Gt
        && let Some(InstKind::PtrAdd(..)) = function.def(cond.left)
    {
        let (pointer, bytes) = place(function, cond.left);
        return Some(Fact::Packet { pointer, bytes, end: cond.right, enough: !holds });
    }
    let op = if holds { cond.op } else { cond.op.negate()? };
    let is_const = function.as_const(cond.left).is_some() || function.as_const(cond.right).is_some();
    // That a pointer is not nil no verifier forgets.
    let is_bound = is_const && function.ty(cond.left) != Type::Pointer;
    (!is_bound).then_some(Fact::Holds(Cond { op, ..*cond }))
}

/// A pointer as another one and the bytes after it.
fn place(function: &Function, pointer: Value) -> (Value, i64) {
    let (mut at, mut bytes) = (pointer, 0i64);
    while let Some(InstKind::PtrAdd(base, more)) = function.def(at)
        && let Some(more) = function.as_const(*more)
    {
        (at, bytes) = (*base, bytes.wrapping_add(more));
    }
    (at, bytes)
}

fn fact_on_edge(function: &Function, from: Block, to: Block) -> Option<Fact> {
    match &function.block(from).end {
        Terminator::Branch { cond, then, otherwise } if then.block != otherwise.block => {
            fact(function, cond, then.block == to)
        }
        _ => None,
    }
}

/// The way that is always taken at the end of `block`, where the facts say so.
fn decided(function: &Function, block: Block, known: &Known, counters: &Counters) -> Option<Target> {
    let Terminator::Branch { cond, then, otherwise } = &function.block(block).end else { return None };
    let by_fact = |asked: Fact| known.facts.iter().rev().find_map(|known| answer(known, &asked));
    let holds = counters
        .decide(function, &known.bounds, cond)
        .or_else(|| by_fact(fact(function, cond, true)?))
        .or_else(|| by_fact(furthest(function, cond, known, counters)?))?;
    Some(if holds { then.clone() } else { otherwise.clone() })
}

/// The furthest that a check of a pointer to which counters were added asks for.
fn furthest(function: &Function, cond: &Cond, known: &Known, counters: &Counters) -> Option<Fact> {
    if cond.op != JmpOp::Gt || known.bounds.is_empty() {
        return None;
    }
    let (mut pointer, mut bytes, mut counted) = (cond.left, 0i64, false);
    while let Some(InstKind::PtrAdd(base, more)) = function.def(pointer) {
        let (least, most): counters::Range = counters.range(function, &known.bounds, *more)?;
        if least < 0 || most > MAX_OFFSET || !is_counted(function, counters, *more, DEPTH_LIMIT) {
            return None;
        }
        counted |= least != most;
        (pointer, bytes) = (*base, bytes + most);
    }
    // Where one turn would fail, others need not: only that all are good is known.
    let fact = Fact::Packet { pointer, bytes, end: cond.right, enough: true };
    let is_good = known.facts.iter().any(|known| answer(known, &fact) == Some(false));
    (counted && is_good).then_some(fact)
}

/// Whether verifiers know the number in each turn: it is made of counters and constants. Of other numbers they know a range,
/// which says nothing about a pointer that they are added to.
fn is_counted(function: &Function, counters: &Counters, value: Value, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if function.as_const(value).is_some() || counters.counts(value) {
        return true;
    }
    let is_counted = |value: &Value| is_counted(function, counters, *value, depth);
    match function.def(value) {
        Some(InstKind::Zext64(inner) | InstKind::Sext64(inner) | InstKind::Trunc(inner)) => is_counted(inner),
        // What comes of a division they don't know, even of constants.
        Some(InstKind::Binary(op, a, b)) if !matches!(op, AluOp::Div | AluOp::Mod) => {
            is_counted(a) && is_counted(b)
        }
        _ => false,
    }
}

/// Whether `asked` holds where `known` does.
fn answer(known: &Fact, asked: &Fact) -> Option<bool> {
    match (*known, *asked) {
        (
            Fact::Packet { pointer, bytes, end, enough },
            Fact::Packet { pointer: asked_pointer, bytes: wanted, end: asked_end, .. },
        ) if pointer == asked_pointer && end == asked_end => match enough {
            true if wanted <= bytes => Some(false),
            false if wanted >= bytes => Some(true),
            _ => None,
        },
        (Fact::Holds(known), Fact::Holds(asked)) => {
            if (known.left, known.right) == (asked.left, asked.right) {
                implied(known.op, asked.op)
            } else if (known.left, known.right) == (asked.right, asked.left) {
                implied(known.op.swap(), asked.op)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Whether `asked` holds for two numbers that `known` holds for.
fn implied(known: JmpOp, asked: JmpOp) -> Option<bool> {
    if known == asked {
        return Some(true);
    }
    if known.negate() == Some(asked) {
        return Some(false);
    }
    let weaker = |strict: JmpOp| match strict {
        JmpOp::Lt => Some((JmpOp::Le, JmpOp::Gt)),
        JmpOp::Gt => Some((JmpOp::Ge, JmpOp::Lt)),
        JmpOp::Slt => Some((JmpOp::Sle, JmpOp::Sgt)),
        JmpOp::Sgt => Some((JmpOp::Sge, JmpOp::Slt)),
        _ => None,
    };
    match weaker(known) {
        Some((weak, _)) if asked == weak || asked == JmpOp::Ne => Some(true),
        Some((_, opposite)) if asked == opposite || asked == JmpOp::Eq => Some(false),
        _ => None,
    }
}
