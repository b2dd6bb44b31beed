//! Arithmetic that is done when compiling.

use gobpf_bpf::insn::{AluOp, JmpOp, Width};

use crate::ir::{Cond, Function, InstKind, Type, Value};

/// What an instruction is instead.
pub(crate) enum Simple {
    /// A simpler instruction.
    Kind(InstKind),
    /// A value that is there already.
    Value(Value),
}

impl Function {
    /// Whether a condition holds, where that is known.
    pub(crate) fn decide(&self, cond: Cond) -> Option<bool> {
        if self.as_const(cond.right) == Some(0) && self.is_address(cond.left) {
            return match cond.op {
                JmpOp::Eq => Some(false),
                JmpOp::Ne => Some(true),
                _ => None,
            };
        }
        if cond.left == cond.right {
            return match cond.op {
                JmpOp::Eq | JmpOp::Ge | JmpOp::Le | JmpOp::Sge | JmpOp::Sle => Some(true),
                JmpOp::Ne | JmpOp::Gt | JmpOp::Lt | JmpOp::Sgt | JmpOp::Slt => Some(false),
                JmpOp::Set => None,
            };
        }
        let (left, right) = (self.as_const(cond.left)?, self.as_const(cond.right)?);
        let (signed, unsigned) = match self.ty(cond.left) {
            Type::I32 => {
                ((i64::from(left as i32), i64::from(right as i32)), (left as u32 as u64, right as u32 as u64))
            }
            _ => ((left, right), (left as u64, right as u64)),
        };
        Some(match cond.op {
            JmpOp::Eq => unsigned.0 == unsigned.1,
            JmpOp::Ne => unsigned.0 != unsigned.1,
            JmpOp::Gt => unsigned.0 > unsigned.1,
            JmpOp::Ge => unsigned.0 >= unsigned.1,
            JmpOp::Lt => unsigned.0 < unsigned.1,
            JmpOp::Le => unsigned.0 <= unsigned.1,
            JmpOp::Sgt => signed.0 > signed.1,
            JmpOp::Sge => signed.0 >= signed.1,
            JmpOp::Slt => signed.0 < signed.1,
            JmpOp::Sle => signed.0 <= signed.1,
            JmpOp::Set => unsigned.0 & unsigned.1 != 0,
        })
    }

    /// What `kind`, which makes a value of type `ty`, is instead, where that is less work.
    pub(crate) fn simplified(&self, kind: &InstKind, ty: Type) -> Option<Simple> {
        let constant = |number: i64| {
            Simple::Kind(InstKind::Const(if ty == Type::I32 { i64::from(number as u32) } else { number }))
        };
        let known = |value: &Value| self.as_const(*value);
        match kind {
            InstKind::Binary(op, a, b) => self.simplified_binary(*op, ty, *a, *b),
            InstKind::ByteSwap(bits, a) => {
                let number = known(a)? as u64;
                Some(constant((number.swap_bytes() >> (64 - u32::from(*bits))) as i64))
            }
            InstKind::Neg(a) => known(a).map(|number| constant(number.wrapping_neg())),
            InstKind::Sext64(a) => known(a).map(|number| constant(i64::from(number as i32))),
            InstKind::Zext64(a) | InstKind::Narrow(a) | InstKind::Trunc(a) => {
                match (known(a), self.def(*a)) {
                    (Some(number), _) => Some(constant(number)),
                    (_, Some(InstKind::Zext64(inner) | InstKind::Narrow(inner))) if self.ty(*inner) == ty => {
                        Some(Simple::Value(*inner))
                    }
                    (_, Some(InstKind::Sext64(inner))) if matches!(kind, InstKind::Trunc(_)) => {
                        Some(Simple::Value(*inner))
                    }
                    _ => None,
                }
            }
            InstKind::SignExtend(bits, a) => self.simplified_extension(*bits, *a),
            InstKind::PtrAdd(base, bytes) => {
                let bytes = known(bytes)?;
                match self.def(*base) {
                    _ if bytes == 0 => Some(Simple::Value(*base)),
                    Some(InstKind::SlotAddr(slot, offset)) => {
                        let offset = offset.checked_add(i32::try_from(bytes).ok()?)?;
                        Some(Simple::Kind(InstKind::SlotAddr(*slot, offset)))
                    }
                    Some(InstKind::GlobalAddr(global, offset)) => {
                        let offset = offset.wrapping_add(bytes as u32);
                        Some(Simple::Kind(InstKind::GlobalAddr(*global, offset)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn simplified_extension(&self, bits: u8, value: Value) -> Option<Simple> {
        if let Some(number) = self.as_const(value) {
            let shift = 32 - u32::from(bits);
            let extended = ((number as i32) << shift) >> shift;
            return Some(Simple::Kind(InstKind::Const(i64::from(extended as u32))));
        }
        if self.max_of(value) < 1 << (bits - 1) {
            return Some(Simple::Value(value));
        }
        match self.def(value)? {
            InstKind::SignExtend(known, _) if *known <= bits => Some(Simple::Value(value)),
            InstKind::Binary(AluOp::And, inner, mask) => {
                let all = (1i64 << bits) - 1;
                let kept = self.as_const(*mask)? & all == all;
                kept.then_some(Simple::Kind(InstKind::SignExtend(bits, *inner)))
            }
            _ => None,
        }
    }

    fn simplified_binary(&self, op: AluOp, ty: Type, a: Value, b: Value) -> Option<Simple> {
        let (left, right) = (self.as_const(a), self.as_const(b));
        if let (Some(left), Some(right)) = (left, right) {
            let number = fold(op, ty.width(), left, right)?;
            let number = if ty == Type::I32 { i64::from(number as u32) } else { number };
            return Some(Simple::Kind(InstKind::Const(number)));
        }
        let commutes = matches!(op, AluOp::Add | AluOp::Mul | AluOp::And | AluOp::Or | AluOp::Xor);
        if left.is_some() && commutes {
            return Some(Simple::Kind(InstKind::Binary(op, b, a)));
        }
        if a == b {
            return match op {
                AluOp::Sub | AluOp::Xor => Some(Simple::Kind(InstKind::Const(0))),
                AluOp::And | AluOp::Or => Some(Simple::Value(a)),
                _ => None,
            };
        }
        match (op, right?) {
            // All of the bits are shifted out.
            (AluOp::Rsh | AluOp::Arsh, by) if self.seen_max_of(a) >> (by & shift_mask(ty.width())) == 0 => {
                Some(Simple::Kind(InstKind::Const(0)))
            }
            (AluOp::Add | AluOp::Sub | AluOp::Or | AluOp::Xor | AluOp::Lsh | AluOp::Rsh | AluOp::Arsh, 0)
            | (AluOp::Mul | AluOp::Div, 1) => Some(Simple::Value(a)),
            (AluOp::Mul | AluOp::And, 0) => Some(Simple::Value(b)),
            (AluOp::And, mask) if (mask as u64).wrapping_add(1).is_power_of_two() => {
                (self.seen_max_of(a) <= mask as u64).then_some(Simple::Value(a))
            }
            _ => None,
        }
    }
}

/// The bits of a count that shifts look at.
fn shift_mask(width: Width) -> i64 {
    if width == Width::W32 { 31 } else { 63 }
}

/// `left op right` at `width`; none for a division by zero and for what has no second operand.
pub(crate) fn fold(op: AluOp, width: Width, left: i64, right: i64) -> Option<i64> {
    let mask = shift_mask(width) as u32;
    let (unsigned_left, unsigned_right) = match width {
        Width::W32 => (left as u32 as u64, right as u32 as u64),
        Width::W64 => (left as u64, right as u64),
    };
    Some(match op {
        AluOp::Add => left.wrapping_add(right),
        AluOp::Sub => left.wrapping_sub(right),
        AluOp::Mul => left.wrapping_mul(right),
        AluOp::Div => unsigned_left.checked_div(unsigned_right)? as i64,
        AluOp::Mod => unsigned_left.checked_rem(unsigned_right)? as i64,
        AluOp::Or => left | right,
        AluOp::And => left & right,
        AluOp::Xor => left ^ right,
        AluOp::Lsh => left.wrapping_shl(right as u32 & mask),
        AluOp::Rsh => (unsigned_left >> (right as u32 & mask)) as i64,
        AluOp::Arsh if width == Width::W32 => i64::from((left as i32) >> (right as u32 & mask)),
        AluOp::Arsh => left >> (right as u32 & mask),
        AluOp::Mov | AluOp::Neg | AluOp::End => return None,
    })
}
