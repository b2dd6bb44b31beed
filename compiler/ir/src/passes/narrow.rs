//! Comparisons of numbers that were extended to 64 bits with their sign: they come out the same at 32 bits, which saves the
//! extension. Only where all that asks for the extended number is a comparison: what verifiers learn must be of the register
//! that is used afterwards.

use gobpf_bpf::insn::JmpOp;

use crate::ir::{Block, Cond, Function, InstKind, Terminator, Type, Value};

/// A comparison that can be made at 32 bits.
enum Narrow {
    /// With a constant.
    Constant(Value, i32),
    /// Of two extended numbers.
    Both(Value, Value),
}

/// Runs the pass.
pub(super) fn run(function: &mut Function) {
    let mut narrow: Vec<(Block, Narrow)> = Vec::new();
    let kept = kept_wide(function);
    for &block in &function.order {
        let Terminator::Branch { cond, .. } = &function.block(block).end else { continue };
        if let Some(found) = narrowed(function, cond)
            && [cond.left, cond.right].iter().all(|value| !kept[value.0 as usize])
        {
            narrow.push((block, found));
        }
    }
    for (block, narrow) in narrow {
        let (left, right) = match narrow {
            Narrow::Both(left, right) => (left, right),
            Narrow::Constant(left, number) => (left, constant(function, block, number)),
        };
        if let Terminator::Branch { cond, .. } = &mut function.block_mut(block).end {
            (cond.left, cond.right) = (left, right);
        }
    }
}

/// The values that something needs at 64 bits.
fn kept_wide(function: &Function) -> Vec<bool> {
    let mut kept = vec![false; function.values.len()];
    let mut keep = |value: Value| kept[value.0 as usize] = true;
    for &block in &function.order {
        let data = function.block(block);
        for inst in &data.insts {
            function.inst(*inst).kind.operands().into_iter().for_each(&mut keep);
        }
        match &data.end {
            Terminator::Branch { cond, .. } if narrowed(function, cond).is_some() => {
                data.end.targets().iter().for_each(|target| target.args.iter().copied().for_each(&mut keep));
            }
            end => end.operands().into_iter().for_each(&mut keep),
        }
    }
    for (value, kept) in kept.iter_mut().enumerate() {
        *kept &= matches!(function.def(Value(value as u32)), Some(InstKind::Sext64(_)));
    }
    kept
}

/// The same comparison at 32 bits: numbers with their sign extended are ordered as they were, whatever the order.
fn narrowed(function: &Function, cond: &Cond) -> Option<Narrow> {
    let Some(InstKind::Sext64(left)) = function.def(cond.left) else { return None };
    if let Some(InstKind::Sext64(right)) = function.def(cond.right) {
        return (cond.op != JmpOp::Set).then_some(Narrow::Both(*left, *right));
    }
    let number = i32::try_from(function.as_const(cond.right)?).ok()?;
    (cond.op != JmpOp::Set || number >= 0).then_some(Narrow::Constant(*left, number))
}

fn constant(function: &mut Function, block: Block, number: i32) -> Value {
    let origin = function.block(block).origin;
    let (inst, value) = function.new_inst(Type::I32, InstKind::Const(i64::from(number as u32)), origin);
    function.block_mut(block).insts.push(inst);
    value
}
