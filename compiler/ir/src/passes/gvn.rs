//! Global value numbering: of two pure instructions with the same operands, one of which dominates the other, the first
//! serves for both. Copies of keys on the stack, packet pointers and their sums become shared by this.

use rustc_hash::FxHashMap;

use gobpf_bpf::insn::JmpOp;

use super::dominators;
use crate::fold::Simple;
use crate::ir::{Block, Cond, Function, Inst, InstKind, Terminator, Type, Value};

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
        compare_unswapped(function, block);
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
        fold_offset(function, inst);
        kept.extend(fold_sum(function, inst));
        let data = &function.insts[inst.0 as usize];
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

/// Lets an access start from the pointer that a constant was added to.
fn fold_offset(function: &mut Function, inst: Inst) {
    let sum = |value: Value, offset: i32| match function.def(value) {
        Some(InstKind::PtrAdd(base, bytes)) => {
            let sum = function.as_const(*bytes)?.checked_add(i64::from(offset))?;
            Some((*base, i32::from(i16::try_from(sum).ok()?)))
        }
        _ => None,
    };
    let mut kind = function.inst(inst).kind.clone();
    match &mut kind {
        InstKind::Load(_, pointer, offset)
        | InstKind::ContextField(_, pointer, offset)
        | InstKind::Store(_, pointer, offset, _)
        | InstKind::Atomic(_, _, pointer, offset, _)
        | InstKind::CompareExchange(_, pointer, offset, _, _) => {
            while let Some(place) = sum(*pointer, *offset) {
                (*pointer, *offset) = place;
            }
        }
        _ => return,
    }
    function.insts[inst.0 as usize].kind = kind;
}

/// Adds two constants that are added to a pointer one after the other; returns the instruction of their sum.
fn fold_sum(function: &mut Function, inst: Inst) -> Option<Inst> {
    let InstKind::PtrAdd(pointer, more) = function.inst(inst).kind else { return None };
    let Some(InstKind::PtrAdd(base, bytes)) = function.def(pointer) else { return None };
    let sum = function.as_const(*bytes)?.checked_add(function.as_const(more)?)?;
    let (base, origin) = (*base, function.inst(inst).origin);
    let (added, constant) = function.new_inst(Type::I64, InstKind::Const(sum), origin);
    function.insts[inst.0 as usize].kind = InstKind::PtrAdd(base, constant);
    Some(added)
}

/// A number that is compared after its bytes were reversed: the constant's are reversed instead.
fn compare_unswapped(function: &mut Function, block: Block) {
    let Terminator::Branch { cond, .. } = &function.block(block).end else { return };
    let (Cond { op: JmpOp::Eq | JmpOp::Ne, left, right }, origin) = (*cond, function.block(block).origin)
    else {
        return;
    };
    let (Some(InstKind::ByteSwap(bits, value)), Some(number)) =
        (function.def(left), function.as_const(right))
    else {
        return;
    };
    let (bits, value, ty) = (*bits, *value, function.ty(left));
    if bits < 64 && function.max_of(value) >> bits != 0 || function.ty(value) != ty {
        return;
    }
    let swapped = (number as u64).swap_bytes() >> (64 - bits);
    if bits < 64 && number as u64 >> bits != 0 {
        return;
    }
    let (inst, constant) = function.new_inst(ty, InstKind::Const(swapped as i64), origin);
    function.block_mut(block).insts.push(inst);
    if let Terminator::Branch { cond, .. } = &mut function.block_mut(block).end {
        (cond.left, cond.right) = (value, constant);
    }
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
