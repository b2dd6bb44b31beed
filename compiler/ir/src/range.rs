//! What is certain of a value from how it was made: enough to leave out checks that can't fail, and to know which of
//! them the verifier needs all the same, for it follows fewer operations.

use gobpf_bpf::insn::AluOp;

use crate::ir::{Function, InstKind, Type, Value};

/// Definitions that are looked through at most.
const DEPTH_LIMIT: u32 = 16;

/// Whose knowledge is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Knowledge {
    /// What holds.
    Ours,
    /// What every verifier sees too.
    Verifiers,
}

/// Whether the result of an operation has bounds for every verifier. Quotients and remainders have none, and before
/// Linux 6.10 the other operations but these three needed a constant on the right.
fn is_followed(op: AluOp, by_constant: bool) -> bool {
    match op {
        AluOp::Add | AluOp::Sub | AluOp::And => true,
        AluOp::Div | AluOp::Mod => false,
        _ => by_constant,
    }
}

impl Function {
    /// The greatest that `value` can be, read as an unsigned number of its width.
    pub(crate) fn max_of(&self, value: Value) -> u64 {
        self.max_within(Knowledge::Ours, value, DEPTH_LIMIT)
    }

    /// The same as far as the verifier knows it: what an access to memory needs.
    pub(crate) fn seen_max_of(&self, value: Value) -> u64 {
        self.max_within(Knowledge::Verifiers, value, DEPTH_LIMIT)
    }

    fn max_within(&self, knowledge: Knowledge, value: Value, depth: u32) -> u64 {
        let ty_max = if self.ty(value) == Type::I32 { u64::from(u32::MAX) } else { u64::MAX };
        let Some(depth) = depth.checked_sub(1) else { return ty_max };
        let max = |value| self.max_within(knowledge, value, depth);
        let computed = match self.def(value) {
            Some(InstKind::Const(number)) => *number as u64,
            Some(InstKind::Load(size, ..) | InstKind::ContextField(size, ..)) if size.bytes() < 8 => {
                (1u64 << (size.bytes() * 8)) - 1
            }
            Some(InstKind::ByteSwap(bits, _)) if *bits < 64 => (1u64 << bits) - 1,
            Some(InstKind::Zext64(inner)) => max(*inner),
            Some(InstKind::Sext64(inner)) if max(*inner) <= i32::MAX as u64 => max(*inner),
            Some(InstKind::Trunc(inner) | InstKind::Narrow(inner)) => max(*inner),
            Some(InstKind::SignExtend(bits, inner)) if max(*inner) < 1 << (bits - 1) => max(*inner),
            Some(InstKind::Binary(op, a, b)) => {
                let by = self.as_const(*b);
                let bits = i64::from(ty_max.count_ones()) - 1;
                if knowledge == Knowledge::Verifiers {
                    // Products are followed up to factors of half the width.
                    let half = ty_max >> (ty_max.count_ones() / 2);
                    let large = *op == AluOp::Mul && max(*a).max(max(*b)) > half;
                    if large || !is_followed(*op, by.is_some()) {
                        return u64::MAX;
                    }
                }
                match op {
                    AluOp::And => max(*a).min(max(*b)),
                    AluOp::Or | AluOp::Xor => (max(*a) | max(*b)).checked_add(1).map_or(u64::MAX, |sum| {
                        sum.checked_next_power_of_two().map_or(u64::MAX, |bound| bound - 1)
                    }),
                    AluOp::Add => max(*a).saturating_add(max(*b)),
                    AluOp::Mul => max(*a).saturating_mul(max(*b)),
                    AluOp::Div => max(*a),
                    AluOp::Mod => by.map_or(max(*a), |by| (by as u64).saturating_sub(1)).min(max(*a)),
                    AluOp::Rsh => by.map_or(max(*a), |by| max(*a) >> (by & bits)),
                    AluOp::Lsh => match by.map(|by| by & bits) {
                        Some(by) if i64::from(max(*a).leading_zeros()) >= by => max(*a) << by,
                        _ => u64::MAX,
                    },
                    AluOp::Arsh if max(*a) <= ty_max / 2 => max(*a),
                    _ => u64::MAX,
                }
            }
            _ => u64::MAX,
        };
        if computed <= ty_max { computed } else { ty_max }
    }
}
