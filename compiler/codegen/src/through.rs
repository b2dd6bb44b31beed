//! Numbers that are read from a frame through another pointer than the frame pointer itself.
//!
//! A verifier joins states that differ only in numbers which nothing has depended on. Kernels before 6.8 know the number in a word
//! of the stack however it is read, but where it is not read through the frame pointer, their walk for what a decision has
//! depended on ends there: the word is taken for one that nothing depends on. A path is then not followed though the word holds
//! another number, and what only it reaches is removed as dead. So what is read in that way is made a number that verifiers
//! know nothing of.

use gobpf_bpf::insn::{AluOp, Size};
use gobpf_ir::ir::{Block, Function, Inst, InstKind, Role, Type, Value};

/// Hides what `function` reads through pointers into frames.
pub(crate) fn hide(function: &mut Function) {
    let read = read_through(function);
    if read.is_empty() {
        return;
    }
    let mut known: Vec<Value> = (0..function.values.len() as u32).map(Value).collect();
    let mut hiders = Vec::with_capacity(read.len());
    for (block, inst, size) in read {
        let Some(result) = function.inst(inst).result else { continue };
        let (insts, value) = hidden(function, inst, result, size);
        known[result.0 as usize] = value;
        hiders.push((block, inst, insts));
    }
    let now = |value: Value| known.get(value.0 as usize).copied().unwrap_or(value);
    for block in function.order.clone() {
        for user in function.block(block).insts.clone() {
            let kind = &mut function.insts[user.0 as usize].kind;
            match kind {
                // Nobody sees any more that the upper half is zero.
                InstKind::Narrow(number) if now(*number) != *number => *kind = InstKind::Trunc(now(*number)),
                _ => kind.map_operands(now),
            }
        }
        function.block_mut(block).end.map_operands(now);
    }
    for (block, inst, new) in hiders {
        let insts = &mut function.block_mut(block).insts;
        let at = insts.iter().position(|known| *known == inst).map_or(insts.len(), |at| at + 1);
        insts.splice(at..at, new);
    }
}

/// The instructions that read numbers through pointers into frames, with the size of what they read.
fn read_through(function: &Function) -> Vec<(Block, Inst, Size)> {
    let into_frame = pointers_into_frames(function);
    let mut read = Vec::new();
    for &block in &function.order {
        for &inst in &function.block(block).insts {
            let data = function.inst(inst);
            let is_number = data.result.is_some_and(|result| function.ty(result) != Type::Pointer);
            let (size, pointer) = match data.kind {
                InstKind::Load(size, pointer, _)
                | InstKind::Atomic(_, size, pointer, ..)
                | InstKind::CompareExchange(size, pointer, ..) => (size, pointer),
                _ => continue,
            };
            let direct =
                matches!(function.def(pointer), Some(InstKind::SlotAddr(..) | InstKind::Spilled(..)));
            if is_number && into_frame[pointer.0 as usize] && !direct {
                read.push((block, inst, size));
            }
        }
    }
    read
}

/// For each value, whether it is a pointer that may be into a frame.
fn pointers_into_frames(function: &Function) -> Vec<bool> {
    let mut into = vec![false; function.values.len()];
    let may_be = |value: Value| {
        let data = function.values[value.0 as usize];
        data.ty == Type::Pointer && !data.followed
    };
    if function.role == Role::Subprogram {
        function.block(Block(0)).params.iter().for_each(|param| into[param.0 as usize] = may_be(*param));
    }
    let mut changed = true;
    while changed {
        changed = false;
        let mut note = |into: &mut Vec<bool>, value: Value, is: bool| {
            changed |= is && !into[value.0 as usize];
            into[value.0 as usize] |= is;
        };
        for &block in &function.order {
            let data = function.block(block);
            for inst in &data.insts {
                let inst = function.inst(*inst);
                let Some(result) = inst.result else { continue };
                let is = match inst.kind {
                    InstKind::SlotAddr(..) | InstKind::Spilled(..) => true,
                    InstKind::PtrAdd(base, _) => into[base.0 as usize],
                    InstKind::Load(..) => may_be(result),
                    _ => false,
                };
                note(&mut into, result, is);
            }
            for target in data.end.targets() {
                for (param, argument) in function.block(target.block).params.iter().zip(&target.args) {
                    let is = into[argument.0 as usize];
                    note(&mut into, *param, is);
                }
            }
        }
    }
    into
}

/// Makes the instructions that hide `result`, what `inst` has read: verifiers know nothing of the upper half of a register
/// then, so what is narrow is cut again. Returns them with the value that stands for it.
fn hidden(function: &mut Function, inst: Inst, result: Value, size: Size) -> (Vec<Inst>, Value) {
    let (origin, ty) = (function.inst(inst).origin, function.ty(result));
    let mut insts = Vec::new();
    let mut add = |ty: Type, kind: InstKind| {
        let (inst, value) = function.new_inst(ty, kind, origin);
        insts.push(inst);
        value
    };
    let mut value = add(Type::I64, InstKind::Opaque(result));
    if size != Size::DW {
        value = add(Type::I32, InstKind::Trunc(value));
        if size != Size::W {
            let mask = add(Type::I32, InstKind::Const((1 << (size.bytes() * 8)) - 1));
            value = add(Type::I32, InstKind::Binary(AluOp::And, value, mask));
        }
        if ty == Type::I64 {
            value = add(Type::I64, InstKind::Zext64(value));
        }
    }
    (insts, value)
}
