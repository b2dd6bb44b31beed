//! Numbers whose upper half nobody looks at: cutting them to 32 bits needs no instruction.

use gobpf_bpf::insn::Size;
use gobpf_ir::ir::{Function, InstKind, Terminator, Type, Value};

/// For each value, whether it cuts a number to 32 bits that only ever is read at 32 bits.
pub(crate) fn uncut(function: &Function) -> Vec<bool> {
    let mut uncut: Vec<bool> = (0..function.values.len() as u32)
        .map(|value| matches!(function.def(Value(value)), Some(InstKind::Trunc(_))))
        .collect();
    if !uncut.contains(&true) {
        return uncut;
    }
    let mut needed = |value: Value| uncut[value.0 as usize] = false;
    for &block in &function.order {
        let data = function.block(block);
        for inst in &data.insts {
            let inst = function.inst(*inst);
            let narrow = inst.result.is_some_and(|result| function.ty(result) == Type::I32);
            match &inst.kind {
                InstKind::Binary(..) | InstKind::Neg(_) if narrow => {}
                InstKind::SignExtend(..) | InstKind::Sext64(_) => {}
                InstKind::ByteSwap(bits, _) if *bits < 64 => {}
                InstKind::Spilled(size, _) if *size != Size::DW => {}
                InstKind::Store(size, pointer, ..) if *size != Size::DW => needed(*pointer),
                kind => kind.operands().into_iter().for_each(&mut needed),
            }
        }
        match &data.end {
            Terminator::Branch { cond, .. } if function.ty(cond.left) == Type::I32 => {
                data.end
                    .targets()
                    .iter()
                    .for_each(|target| target.args.iter().copied().for_each(&mut needed));
            }
            end => end.operands().into_iter().for_each(&mut needed),
        }
    }
    uncut
}
