//! Integer arithmetic with Go's meaning.

use gobpf_bpf::insn::{AluOp, JmpOp};
use gobpf_source::Why;
use gobpf_types::hir::{self, BinaryOp};

use super::{Builder, Result};
use crate::fold::fold;
use crate::ir::{InstKind, Type, Value};

/// The size and sign of an integer type.
#[derive(Clone, Copy, Debug)]
pub(super) struct IntType {
    pub(super) bits: u8,
    pub(super) signed: bool,
}

impl IntType {
    pub(super) fn ssa(self) -> Type {
        if self.bits == 64 { Type::I64 } else { Type::I32 }
    }

    /// Bits of the register width that it is computed in.
    fn register_bits(self) -> i64 {
        if self.bits == 64 { 64 } else { 32 }
    }
}

impl Builder<'_> {
    /// The integer type `ty`; booleans count as unsigned bytes, pointers as `uintptr`.
    pub(super) fn int_type(&self, ty: hir::TypeId) -> IntType {
        match self.types().get(ty) {
            hir::Type::Int { bits, signed, .. } => IntType { bits: *bits, signed: *signed },
            hir::Type::Bool => IntType { bits: 8, signed: false },
            _ => IntType { bits: 64, signed: false },
        }
    }

    pub(super) fn const_of(&mut self, ty: Type, number: i64) -> Value {
        let number = if ty == Type::I32 { i64::from(number as u32) } else { number };
        self.emit(ty, InstKind::Const(number))
    }

    pub(super) fn const_i32(&mut self, number: u32) -> Value {
        self.const_of(Type::I32, i64::from(number))
    }

    pub(super) fn const_i64(&mut self, number: i64) -> Value {
        self.const_of(Type::I64, number)
    }

    /// `a op b` at the width of `a`, computed now where it can be.
    pub(super) fn alu(&mut self, op: AluOp, a: Value, b: Value) -> Value {
        let ty = self.f.ty(a);
        let (left, right) = (self.f.as_const(a), self.f.as_const(b));
        if let (Some(left), Some(right)) = (left, right)
            && let Some(result) = fold(op, ty.width(), left, right)
        {
            return self.const_of(ty, result);
        }
        let commutes = matches!(op, AluOp::Add | AluOp::Mul | AluOp::And | AluOp::Or | AluOp::Xor);
        if left.is_some() && right.is_none() && commutes {
            return self.alu(op, b, a);
        }
        match (op, right) {
            (
                AluOp::Add | AluOp::Sub | AluOp::Or | AluOp::Xor | AluOp::Lsh | AluOp::Rsh | AluOp::Arsh,
                Some(0),
            ) => a,
            (AluOp::Mul | AluOp::Div, Some(1)) => a,
            (AluOp::Mul | AluOp::And, Some(0)) => b,
            (AluOp::Mul | AluOp::Div | AluOp::Mod, Some(by)) if is_power_of_two(by) => {
                let shift = i64::from(by.trailing_zeros());
                let (op, by) = match op {
                    AluOp::Mul => (AluOp::Lsh, shift),
                    AluOp::Div => (AluOp::Rsh, shift),
                    _ => (AluOp::And, by - 1),
                };
                let by = self.const_of(ty, by);
                self.alu(op, a, by)
            }
            // (a + c1) + c2: linear forms keep one constant, which memory accesses take as their offset.
            (AluOp::Add, Some(more)) => match self.f.def(a) {
                Some(InstKind::Binary(AluOp::Add, base, known)) if self.f.as_const(*known).is_some() => {
                    let (base, known) = (*base, self.f.as_const(*known).unwrap_or_default());
                    let sum = self.const_of(ty, known.wrapping_add(more));
                    self.alu(AluOp::Add, base, sum)
                }
                _ => self.emit(ty, InstKind::Binary(op, a, b)),
            },
            (AluOp::Sub, Some(less)) => {
                let negated = self.const_of(ty, less.wrapping_neg());
                self.alu(AluOp::Add, a, negated)
            }
            _ => self.emit(ty, InstKind::Binary(op, a, b)),
        }
    }

    pub(super) fn alu_const(&mut self, op: AluOp, a: Value, number: i64) -> Value {
        let b = self.const_of(self.f.ty(a), number);
        self.alu(op, a, b)
    }

    pub(super) fn neg(&mut self, a: Value) -> Value {
        let ty = self.f.ty(a);
        match self.f.as_const(a) {
            Some(number) => self.const_of(ty, number.wrapping_neg()),
            None => self.emit(ty, InstKind::Neg(a)),
        }
    }

    /// Makes a register of `ty`'s width a value of `ty`: what is above its size is cut off.
    pub(super) fn wrap(&mut self, ty: IntType, value: Value) -> Value {
        match (ty.bits, ty.signed) {
            (32 | 64, _) => value,
            (bits, false) => {
                let mask = (1i64 << bits) - 1;
                if self.f.max_of(value) <= mask as u64 {
                    value
                } else {
                    self.alu_const(AluOp::And, value, mask)
                }
            }
            (bits, true) => {
                if let Some(number) = self.f.as_const(value) {
                    let shift = 32 - u32::from(bits);
                    return self.const_of(Type::I32, i64::from(((number as i32) << shift) >> shift));
                }
                if self.f.max_of(value) < 1 << (bits - 1) {
                    return value;
                }
                self.emit(Type::I32, InstKind::SignExtend(bits, value))
            }
        }
    }

    /// Go's conversion between integer types.
    pub(super) fn convert(&mut self, from: IntType, to: IntType, value: Value) -> Value {
        let fits = to.bits > from.bits && (to.signed || !from.signed)
            || to.bits == from.bits && to.signed == from.signed;
        match (from.bits, to.bits) {
            (64, 64) => value,
            (64, _) => {
                let low = self.trunc(value);
                self.wrap(to, low)
            }
            (_, 64) if from.signed => match self.f.as_const(value) {
                Some(number) => self.const_i64(i64::from(number as i32)),
                None if self.f.max_of(value) <= i32::MAX as u64 => self.zext64(value),
                None => self.emit(Type::I64, InstKind::Sext64(value)),
            },
            (_, 64) => self.zext64(value),
            _ if fits => value,
            _ => self.wrap(to, value),
        }
    }

    fn trunc(&mut self, value: Value) -> Value {
        match self.f.def(value) {
            Some(InstKind::Const(number)) => {
                let number = *number;
                self.const_of(Type::I32, number)
            }
            Some(InstKind::Zext64(inner) | InstKind::Sext64(inner)) => *inner,
            _ => self.emit(Type::I32, InstKind::Trunc(value)),
        }
    }

    pub(super) fn zext64(&mut self, value: Value) -> Value {
        match self.f.as_const(value) {
            Some(number) => self.const_i64(number),
            None => self.emit(Type::I64, InstKind::Zext64(value)),
        }
    }

    /// `-x` and `^x`.
    pub(super) fn unary(&mut self, ty: IntType, op: hir::UnaryOp, value: Value) -> Value {
        let result = match op {
            hir::UnaryOp::Neg => self.neg(value),
            hir::UnaryOp::Complement => self.alu_const(AluOp::Xor, value, -1),
            hir::UnaryOp::Not => return self.alu_const(AluOp::Xor, value, 1),
        };
        self.wrap(ty, result)
    }

    /// Go's binary operators; `right_ty` differs from `ty` for shifts only.
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        ty: IntType,
        left: Value,
        right_ty: IntType,
        right: Value,
    ) -> Result<Value> {
        let result = match op {
            BinaryOp::Add => self.alu(AluOp::Add, left, right),
            BinaryOp::Sub => self.alu(AluOp::Sub, left, right),
            BinaryOp::Mul => self.alu(AluOp::Mul, left, right),
            BinaryOp::And => return Ok(self.alu(AluOp::And, left, right)),
            BinaryOp::Or => return Ok(self.alu(AluOp::Or, left, right)),
            BinaryOp::Xor => return Ok(self.alu(AluOp::Xor, left, right)),
            BinaryOp::AndNot => {
                let inverse = self.alu_const(AluOp::Xor, right, -1);
                return Ok(self.alu(AluOp::And, left, inverse));
            }
            BinaryOp::Quo | BinaryOp::Rem => {
                self.check_divisor(right);
                self.divide(op == BinaryOp::Rem, ty, left, right)
            }
            BinaryOp::Shl | BinaryOp::Shr => {
                return self.shift(op == BinaryOp::Shl, ty, left, right_ty, right);
            }
        };
        Ok(self.wrap(ty, result))
    }

    fn check_divisor(&mut self, divisor: Value) {
        if self.f.as_const(divisor).is_none_or(|number| number == 0) {
            let zero = self.const_of(self.f.ty(divisor), 0);
            self.abort_if(Why::ArithmeticCheck, JmpOp::Eq, divisor, zero);
        }
    }

    /// Division and remainder. The instruction set of v3 divides unsigned numbers only, so signed ones are divided by
    /// their magnitudes: with `s` all ones for a negative number, `(x ^ s) - s` is its magnitude, and the same again
    /// gives the sign back. The smallest number divided by -1 comes out as Go has it.
    fn divide(&mut self, rem: bool, ty: IntType, left: Value, right: Value) -> Value {
        let op = if rem { AluOp::Mod } else { AluOp::Div };
        let not_negative =
            |b: &Self, value| b.f.max_of(value) <= i64::MAX as u64 >> (64 - ty.register_bits());
        if !ty.signed || (not_negative(self, left) && not_negative(self, right)) {
            return self.alu(op, left, right);
        }
        let left_sign = self.alu_const(AluOp::Arsh, left, ty.register_bits() - 1);
        let right_sign = self.alu_const(AluOp::Arsh, right, ty.register_bits() - 1);
        let (left, right) = (self.with_sign(left, left_sign), self.with_sign(right, right_sign));
        let magnitude = self.alu(op, left, right);
        let sign = if rem { left_sign } else { self.alu(AluOp::Xor, left_sign, right_sign) };
        self.with_sign(magnitude, sign)
    }

    fn with_sign(&mut self, value: Value, sign: Value) -> Value {
        let flipped = self.alu(AluOp::Xor, value, sign);
        self.alu(AluOp::Sub, flipped, sign)
    }

    /// Shifts: counts at or past the width shift everything out; negative counts panic.
    fn shift(
        &mut self,
        shl: bool,
        ty: IntType,
        left: Value,
        count_ty: IntType,
        count: Value,
    ) -> Result<Value> {
        let op = match (shl, ty.signed) {
            (true, _) => AluOp::Lsh,
            (false, true) => AluOp::Arsh,
            (false, false) => AluOp::Rsh,
        };
        let width = ty.register_bits();
        let count = self.convert(count_ty, IntType { bits: 64, ..count_ty }, count);
        if count_ty.signed && self.f.max_of(count) > i64::MAX as u64 {
            let zero = self.const_i64(0);
            self.abort_if(Why::ArithmeticCheck, JmpOp::Slt, count, zero);
        }
        if let Some(number) = self.f.as_const(count) {
            let past = number as u64 >= width as u64;
            let result = match op {
                AluOp::Arsh => self.alu_const(op, left, if past { width - 1 } else { number }),
                _ if past => self.const_of(ty.ssa(), 0),
                _ => self.alu_const(op, left, number),
            };
            return Ok(if shl { self.wrap(ty, result) } else { result });
        }
        let result = if self.f.max_of(count) < width as u64 {
            let count = if width == 64 { count } else { self.trunc(count) };
            self.alu(op, left, count)
        } else {
            let positive = count_ty.signed || self.f.max_of(count) <= i64::MAX as u64;
            self.checked_shift(op, ty, left, (count, positive))
        };
        Ok(if shl { self.wrap(ty, result) } else { result })
    }

    /// A shift by a count that may be at or past the width, without a branch: each would double the ways that verifiers
    /// follow. A number that is all ones where the count is past the width, or where it is not, corrects the result or the
    /// count; the instructions themselves look at the low bits of a count only. `positive`: the count is no more than
    /// `i64::MAX`.
    fn checked_shift(
        &mut self,
        op: AluOp,
        ty: IntType,
        left: Value,
        (count, positive): (Value, bool),
    ) -> Value {
        let width = ty.register_bits();
        let past_is_ones = op == AluOp::Arsh;
        self.because(Why::ArithmeticCheck, |b| {
            let sign = match (positive, past_is_ones) {
                (true, false) => b.alu_const(AluOp::Sub, count, width),
                (true, true) => {
                    let last = b.const_i64(width - 1);
                    b.alu(AluOp::Sub, last, count)
                }
                (false, _) => {
                    let widths = b.alu_const(AluOp::Rsh, count, i64::from(width.trailing_zeros()));
                    if past_is_ones { b.neg(widths) } else { b.alu_const(AluOp::Sub, widths, 1) }
                }
            };
            let ones = b.alu_const(AluOp::Arsh, sign, 63);
            let count = if past_is_ones { b.alu(AluOp::Or, count, ones) } else { count };
            let narrow = |b: &mut Self, value| if width == 64 { value } else { b.trunc(value) };
            let count = narrow(b, count);
            let shifted = b.alu(op, left, count);
            if past_is_ones {
                return shifted;
            }
            let ones = narrow(b, ones);
            b.alu(AluOp::And, shifted, ones)
        })
    }
}

fn is_power_of_two(number: i64) -> bool {
    number > 1 && number & (number - 1) == 0
}
