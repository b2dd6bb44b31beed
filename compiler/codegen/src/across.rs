//! Which results of calls, and which arguments, are needed after a later call. They arrive in registers that calls lose, so
//! they move once, at once; left to itself the allocator brings them back to where they arrived, for each use.

use gobpf_ir::ir::{Block, Function, InstKind, Value};

use crate::slots::Bits;

/// For each value, whether it, or what is computed in its register, is needed after a call that follows. `shared` tells
/// whose register a value has.
pub(crate) fn calls(function: &Function, shared: &dyn Fn(Value) -> Value) -> Vec<bool> {
    let across = Across { function, shared };
    let mut crossing = vec![false; function.values.len()];
    let live_in = across.live_at_starts();
    for &block in &function.order {
        across.walk(block, &live_in, &mut |live| {
            for (value, crossing) in crossing.iter_mut().enumerate() {
                *crossing |= live.contains(value as u32);
            }
        });
    }
    across.spread(&mut crossing);
    crossing
}

struct Across<'a> {
    function: &'a Function,
    shared: &'a dyn Fn(Value) -> Value,
}

impl Across<'_> {
    fn live_at_starts(&self) -> Vec<Bits> {
        let mut live_in = vec![Bits::new(self.function.values.len()); self.function.blocks.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for &block in self.function.order.iter().rev() {
                let live = self.walk(block, &live_in, &mut |_| {});
                if live != live_in[block.0 as usize] {
                    live_in[block.0 as usize] = live;
                    changed = true;
                }
            }
        }
        live_in
    }

    /// Goes backwards through a block: the values that are needed at its start. `see` is shown those that are needed after
    /// each call, its result left out.
    fn walk(&self, block: Block, live_in: &[Bits], see: &mut dyn FnMut(&Bits)) -> Bits {
        let data = self.function.block(block);
        let mut live = Bits::new(self.function.values.len());
        for target in data.end.targets() {
            live.extend(&live_in[target.block.0 as usize]);
        }
        let need = |live: &mut Bits, value: Value| live.insert((self.shared)(value).0);
        data.end.operands().into_iter().for_each(|value| need(&mut live, value));
        for inst in data.insts.iter().rev() {
            let inst = self.function.inst(*inst);
            if let Some(result) = inst.result {
                live.remove(result.0);
            }
            if matches!(inst.kind, InstKind::Call(..) | InstKind::CallSubprogram(..)) {
                see(&live);
            }
            inst.kind.operands().into_iter().for_each(|value| need(&mut live, value));
        }
        data.params.iter().for_each(|param| live.remove(param.0));
        live
    }

    /// What is computed in place crosses with what it is computed from, and a parameter with what it is given.
    fn spread(&self, crossing: &mut [bool]) {
        let mut changed = true;
        while changed {
            changed = false;
            let mut cross = |from: Value, to: Value, crossing: &mut [bool]| {
                let from = (self.shared)(from).0 as usize;
                if crossing[to.0 as usize] && !std::mem::replace(&mut crossing[from], true) {
                    changed = true;
                }
            };
            for &block in self.function.order.iter().rev() {
                let data = self.function.block(block);
                for target in data.end.targets() {
                    for (param, argument) in self.function.block(target.block).params.iter().zip(&target.args)
                    {
                        cross(*argument, *param, crossing);
                    }
                }
                for inst in data.insts.iter().rev() {
                    let inst = self.function.inst(*inst);
                    if let (Some(result), Some(left)) = (inst.result, computed_in_place(&inst.kind)) {
                        cross(left, result, crossing);
                    }
                }
            }
        }
    }
}

/// The operand whose register takes the result.
fn computed_in_place(kind: &InstKind) -> Option<Value> {
    match kind {
        InstKind::Binary(_, left, _)
        | InstKind::PtrAdd(left, _)
        | InstKind::PtrDiff(left, _)
        | InstKind::Neg(left)
        | InstKind::Checked(left)
        | InstKind::Opaque(left)
        | InstKind::SignExtend(_, left)
        | InstKind::Sext64(left)
        | InstKind::ByteSwap(_, left) => Some(*left),
        _ => None,
    }
}
