//! Loop counters and their ranges: parameters that start with a constant, go on in constant steps, and only from where they
//! are below a constant. In each turn that a verifier follows a counter is a known number, so that what follows from its
//! range needs no check that verifiers see.

use gobpf_bpf::insn::{AluOp, JmpOp};
use rustc_hash::FxHashMap;

use super::sums;
use crate::ir::{Block, Cond, Function, Inst, InstKind, Terminator, Type, Value};

/// Definitions that are looked through from a value to the counters that it is made of.
const DEPTH_LIMIT: u32 = 8;
/// Numbers that sums of counters stay within, so that they don't wrap.
pub(super) const LIMIT: i64 = 1 << 40;

/// The least and the greatest that a number can be.
pub(super) type Range = (i64, i64);

/// A counter: where it starts (from the least number on) and, where there is one for all, its step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Counter {
    start: i64,
    step: Option<i64>,
}

/// A counter that is below a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bound {
    counter: Value,
    range: Range,
}

/// The counters of a function.
pub(super) struct Counters {
    known: FxHashMap<Value, Counter>,
    /// Ranges of the other parameters, where they are known ([`sums`]).
    sums: FxHashMap<Value, Range>,
}

enum Step {
    Enter(Block),
    Leave(usize),
}

impl Counters {
    pub(super) fn of(function: &Function, children: &[Vec<Block>], predecessors: &[Vec<Block>]) -> Counters {
        let mut counters = Counters { known: FxHashMap::default(), sums: FxHashMap::default() };
        let mut steps: FxHashMap<Inst, Value> = FxHashMap::default();
        for &block in function.order.iter().skip(1) {
            for (index, &param) in function.block(block).params.iter().enumerate() {
                if let Some((counter, of)) = candidate(function, predecessors, block, index, param) {
                    counters.known.insert(param, counter);
                    steps.extend(of.into_iter().map(|inst| (inst, param)));
                }
            }
        }
        let turns = match steps.is_empty() {
            true => FxHashMap::default(),
            false => counters.drop_unbounded(function, children, predecessors, &steps),
        };
        counters.sums = sums::of(function, predecessors, &counters, &turns);
        counters
    }

    /// Drops the counters that take a step where nothing bounds them. Returns how many steps each of the others takes at most
    /// from where it starts.
    fn drop_unbounded(
        &mut self,
        function: &Function,
        children: &[Vec<Block>],
        predecessors: &[Vec<Block>],
        steps: &FxHashMap<Inst, Value>,
    ) -> FxHashMap<Value, i64> {
        let mut turns: FxHashMap<Value, i64> = FxHashMap::default();
        let mut bounds: Vec<Bound> = Vec::new();
        let mut unbounded: Vec<Value> = Vec::new();
        let mut stack = vec![Step::Enter(Block(0))];
        while let Some(step) = stack.pop() {
            match step {
                Step::Leave(count) => bounds.truncate(count),
                Step::Enter(block) => {
                    stack.push(Step::Leave(bounds.len()));
                    let bound = self.bound_on_edge(function, predecessors, block);
                    bounds.extend(bound);
                    if let Some(Bound { counter, range: (least, most) }) = bound {
                        let step = self.known.get(&counter).and_then(|counter| counter.step).unwrap_or(1);
                        let taken = turns.entry(counter).or_default();
                        *taken = (*taken).max((most - least) / step + 1);
                    }
                    for inst in &function.block(block).insts {
                        let counter = steps.get(inst).copied();
                        let is_bounded = |counter| bounds.iter().any(|bound| bound.counter == counter);
                        unbounded.extend(counter.filter(|counter| !is_bounded(*counter)));
                    }
                    stack.extend(children[block.0 as usize].iter().rev().map(|child| Step::Enter(*child)));
                }
            }
        }
        for counter in unbounded {
            self.known.remove(&counter);
            turns.remove(&counter);
        }
        turns
    }

    /// Whether `value` is a counter.
    pub(super) fn counts(&self, value: Value) -> bool {
        self.known.contains_key(&value)
    }

    /// The bound of a counter that holds in `block`, which is entered by one way, and in what it dominates.
    pub(super) fn bound_on_edge(
        &self,
        function: &Function,
        predecessors: &[Vec<Block>],
        block: Block,
    ) -> Option<Bound> {
        let [from] = predecessors[block.0 as usize].as_slice() else { return None };
        let Terminator::Branch { cond, then, otherwise } = &function.block(*from).end else { return None };
        if then.block == otherwise.block {
            return None;
        }
        let (mut op, mut counter, mut limit) = (cond.op, cond.left, cond.right);
        if function.as_const(counter).is_some() {
            (op, counter, limit) = (op.swap(), limit, counter);
        }
        let known = self.known.get(&counter)?;
        let limit = function.as_const(limit).filter(|limit| (0..=LIMIT).contains(limit))?;
        let below = match if then.block == block { op } else { op.negate()? } {
            JmpOp::Lt | JmpOp::Slt => limit,
            JmpOp::Le | JmpOp::Sle => limit + 1,
            _ => return None,
        };
        let room = i64::from(i32::MAX) - LIMIT_STEP;
        if below <= known.start || function.ty(counter) == Type::I32 && below > room {
            return None;
        }
        let last = below - 1;
        let most = match known.step {
            Some(step) => known.start + (last - known.start) / step * step,
            None => last,
        };
        Some(Bound { counter, range: (known.start, most) })
    }

    /// The range of a number that is made of counters and constants.
    pub(super) fn range(&self, function: &Function, bounds: &[Bound], value: Value) -> Option<Range> {
        self.range_within(function, bounds, value, DEPTH_LIMIT)
    }

    fn range_within(&self, function: &Function, bounds: &[Bound], value: Value, depth: u32) -> Option<Range> {
        if let Some(number) = function.as_const(value) {
            return (-LIMIT..=LIMIT).contains(&number).then_some((number, number));
        }
        if let Some(bound) = bounds.iter().rev().find(|bound| bound.counter == value) {
            return Some(bound.range);
        }
        if let Some(range) = self.sums.get(&value) {
            return Some(*range);
        }
        let depth = depth.checked_sub(1)?;
        let range = |value: &Value| self.range_within(function, bounds, *value, depth);
        let (least, most) = match function.def(value)? {
            InstKind::Zext64(inner) | InstKind::Sext64(inner) | InstKind::Trunc(inner) => range(inner)?,
            InstKind::Binary(AluOp::And, ..) => seen_range(function, value)?,
            InstKind::Binary(op, a, b) => {
                let ((a_least, a_most), (b_least, b_most)) = (range(a)?, range(b)?);
                match op {
                    AluOp::Add => (a_least + b_least, a_most + b_most),
                    AluOp::Sub => (a_least - b_most, a_most - b_least),
                    AluOp::Mul if a_least >= 0 && b_least >= 0 => {
                        (a_least.checked_mul(b_least)?, a_most.checked_mul(b_most)?)
                    }
                    AluOp::Lsh if a_least >= 0 && (0..16).contains(&b_least) && b_most < 16 => {
                        (a_least << b_least, a_most << b_most)
                    }
                    AluOp::Rsh if a_least >= 0 && b_least == b_most && (0..16).contains(&b_least) => {
                        (a_least >> b_least, a_most >> b_most)
                    }
                    _ => return None,
                }
            }
            InstKind::Load(..) | InstKind::ContextField(..) | InstKind::ByteSwap(..) => {
                seen_range(function, value)?
            }
            _ => return None,
        };
        let within = match function.ty(value) {
            Type::I32 => least >= 0 && most <= i64::from(i32::MAX),
            _ => least >= -LIMIT && most <= LIMIT,
        };
        within.then_some((least, most))
    }

    /// Whether a comparison of two such numbers holds, where it always or never does.
    pub(super) fn decide(&self, function: &Function, bounds: &[Bound], cond: &Cond) -> Option<bool> {
        if bounds.is_empty() && self.sums.is_empty() || function.ty(cond.left) == Type::Pointer {
            return None;
        }
        let left = self.range(function, bounds, cond.left)?;
        let right = self.range(function, bounds, cond.right)?;
        let unsigned = left.0 >= 0 && right.0 >= 0;
        // Constants of 32 bits are kept as unsigned numbers.
        let signed = function.ty(cond.left) == Type::I64 || left.1.max(right.1) <= i64::from(i32::MAX);
        let less = |(a, b): (Range, Range)| match (a.1 < b.0, a.0 >= b.1) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        match cond.op {
            JmpOp::Lt if unsigned => less((left, right)),
            JmpOp::Ge if unsigned => less((left, right)).map(|less| !less),
            JmpOp::Gt if unsigned => less((right, left)),
            JmpOp::Le if unsigned => less((right, left)).map(|less| !less),
            JmpOp::Slt if signed => less((left, right)),
            JmpOp::Sge if signed => less((left, right)).map(|less| !less),
            JmpOp::Sgt if signed => less((right, left)),
            JmpOp::Sle if signed => less((right, left)).map(|less| !less),
            _ => None,
        }
    }
}

/// The range of a number that is not negative, as far as verifiers see it.
pub(super) fn seen_range(function: &Function, value: Value) -> Option<Range> {
    let most = i64::try_from(function.seen_max_of(value)).ok().filter(|most| *most <= LIMIT)?;
    Some((0, most))
}

/// Steps are no larger, so that a counter below its bound doesn't wrap.
const LIMIT_STEP: i64 = 1 << 16;

/// The counter that a parameter is if its steps are bounded, and the instructions that make them.
fn candidate(
    function: &Function,
    predecessors: &[Vec<Block>],
    block: Block,
    index: usize,
    param: Value,
) -> Option<(Counter, Vec<Inst>)> {
    if function.ty(param) == Type::Pointer {
        return None;
    }
    let (mut starts, mut steps, mut insts) = (Vec::new(), Vec::new(), Vec::new());
    for from in &predecessors[block.0 as usize] {
        for target in function.block(*from).end.targets().iter().filter(|target| target.block == block) {
            let value = *target.args.get(index)?;
            match function.def(value)? {
                InstKind::Const(number) => starts.push(*number),
                InstKind::Binary(AluOp::Add, base, by) if *base == param => {
                    steps.push(function.as_const(*by)?);
                    insts.extend(function.values[value.0 as usize].def);
                }
                _ => return None,
            }
        }
    }
    let start = *starts.iter().min()?;
    let good = start >= 0
        && starts.iter().all(|start| *start <= LIMIT_STEP)
        && !steps.is_empty()
        && steps.iter().all(|step| (1..=LIMIT_STEP).contains(step));
    let one = starts.len() == 1 && steps.windows(2).all(|pair| pair[0] == pair[1]);
    good.then(|| (Counter { start, step: steps.first().copied().filter(|_| one) }, insts))
}
