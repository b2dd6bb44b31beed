//! Arithmetic on bounds.

use crate::bounds::Bounds;
use crate::dialect::{Deduction, Rules};

/// A binary operation whose result is more than unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BinaryOp {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    /// By a constant under the width, as are the next two.
    Lsh,
    Rsh,
    Arsh,
}

impl Bounds {
    /// `self op= other` of 64 bits, or of 32 with the upper half zeroed. Shifts take `other` as one constant.
    pub(crate) fn apply(&mut self, op: BinaryOp, other: &Bounds, bits32: bool, rules: &Rules) {
        match op {
            BinaryOp::Add => {
                self.add_ranges32(other, rules.wrapping_bounds);
                self.add_ranges64(other, rules.wrapping_bounds);
                self.tnum = self.tnum.add(other.tnum);
            }
            BinaryOp::Sub => {
                self.sub_ranges32(other, rules.wrapping_bounds);
                self.sub_ranges64(other, rules.wrapping_bounds);
                self.tnum = self.tnum.sub(other.tnum);
            }
            BinaryOp::Mul => {
                let joined = rules.joined_mul;
                self.tnum =
                    if joined { self.tnum.mul_joined(other.tnum) } else { self.tnum.mul_summed(other.tnum) };
                self.mul_ranges32(other, rules.wrapping_bounds);
                self.mul_ranges64(other, rules.wrapping_bounds);
            }
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => self.bitwise(op, other, rules.deduction),
            BinaryOp::Lsh if bits32 => self.lsh32(other.umin32),
            BinaryOp::Lsh => self.lsh64(other.umin as u32, rules.deduction),
            BinaryOp::Rsh if bits32 => self.rsh32(other.umin32),
            BinaryOp::Rsh => self.rsh64(other.umin as u32, rules.deduction),
            BinaryOp::Arsh if bits32 => self.arsh32(other.umin32),
            BinaryOp::Arsh => self.arsh64(other.umin as u32, rules.deduction),
        }
        if bits32 {
            self.zero_extend_32();
        }
        self.sync(rules.deduction);
    }

    /// `self = -self`.
    pub(crate) fn negate(&mut self, bits32: bool, rules: &Rules) {
        let operand = *self;
        *self = Bounds::constant(0);
        self.sub_ranges32(&operand, rules.wrapping_bounds);
        self.sub_ranges64(&operand, rules.wrapping_bounds);
        self.tnum = operand.tnum.neg();
        if bits32 {
            self.zero_extend_32();
        }
        self.sync(rules.deduction);
    }

    pub(crate) fn add_ranges32(&mut self, other: &Bounds, wrapping: bool) {
        (self.smin32, self.smax32) =
            match (self.smin32.checked_add(other.smin32), self.smax32.checked_add(other.smax32)) {
                (Some(min), Some(max)) => (min, max),
                _ => (i32::MIN, i32::MAX),
            };
        let (min, min_wraps) = self.umin32.overflowing_add(other.umin32);
        let (max, max_wraps) = self.umax32.overflowing_add(other.umax32);
        let keeps = if wrapping { min_wraps || !max_wraps } else { !min_wraps && !max_wraps };
        (self.umin32, self.umax32) = if keeps { (min, max) } else { (0, u32::MAX) };
    }

    pub(crate) fn add_ranges64(&mut self, other: &Bounds, wrapping: bool) {
        (self.smin, self.smax) = match (self.smin.checked_add(other.smin), self.smax.checked_add(other.smax))
        {
            (Some(min), Some(max)) => (min, max),
            _ => (i64::MIN, i64::MAX),
        };
        let (min, min_wraps) = self.umin.overflowing_add(other.umin);
        let (max, max_wraps) = self.umax.overflowing_add(other.umax);
        let keeps = if wrapping { min_wraps || !max_wraps } else { !min_wraps && !max_wraps };
        (self.umin, self.umax) = if keeps { (min, max) } else { (0, u64::MAX) };
    }

    fn sub_ranges32(&mut self, other: &Bounds, wrapping: bool) {
        (self.smin32, self.smax32) =
            match (self.smin32.checked_sub(other.smax32), self.smax32.checked_sub(other.smin32)) {
                (Some(min), Some(max)) => (min, max),
                _ => (i32::MIN, i32::MAX),
            };
        let (min, min_wraps) = self.umin32.overflowing_sub(other.umax32);
        let (max, max_wraps) = self.umax32.overflowing_sub(other.umin32);
        let keeps = if wrapping { !min_wraps || max_wraps } else { !min_wraps };
        (self.umin32, self.umax32) = if keeps { (min, max) } else { (0, u32::MAX) };
    }

    fn sub_ranges64(&mut self, other: &Bounds, wrapping: bool) {
        (self.smin, self.smax) = match (self.smin.checked_sub(other.smax), self.smax.checked_sub(other.smin))
        {
            (Some(min), Some(max)) => (min, max),
            _ => (i64::MIN, i64::MAX),
        };
        let (min, min_wraps) = self.umin.overflowing_sub(other.umax);
        let (max, max_wraps) = self.umax.overflowing_sub(other.umin);
        let keeps = if wrapping { !min_wraps || max_wraps } else { !min_wraps };
        (self.umin, self.umax) = if keeps { (min, max) } else { (0, u64::MAX) };
    }

    fn mul_ranges32(&mut self, other: &Bounds, signed: bool) {
        if signed {
            let unsigned = self.umin32.checked_mul(other.umin32).zip(self.umax32.checked_mul(other.umax32));
            (self.umin32, self.umax32) = unsigned.unwrap_or((0, u32::MAX));
            let corners = [
                self.smin32.checked_mul(other.smin32),
                self.smin32.checked_mul(other.smax32),
                self.smax32.checked_mul(other.smin32),
                self.smax32.checked_mul(other.smax32),
            ];
            (self.smin32, self.smax32) = extremes(corners).unwrap_or((i32::MIN, i32::MAX));
            return;
        }
        let small = u32::from(u16::MAX);
        if other.smin32 < 0 || self.smin32 < 0 || other.umax32 > small || self.umax32 > small {
            self.forget_ranges32();
            return;
        }
        self.umin32 = self.umin32.wrapping_mul(other.umin32);
        self.umax32 = self.umax32.wrapping_mul(other.umax32);
        (self.smin32, self.smax32) = if self.umax32 > i32::MAX as u32 {
            (i32::MIN, i32::MAX)
        } else {
            (self.umin32 as i32, self.umax32 as i32)
        };
    }

    fn mul_ranges64(&mut self, other: &Bounds, signed: bool) {
        if signed {
            let unsigned = self.umin.checked_mul(other.umin).zip(self.umax.checked_mul(other.umax));
            (self.umin, self.umax) = unsigned.unwrap_or((0, u64::MAX));
            let corners = [
                self.smin.checked_mul(other.smin),
                self.smin.checked_mul(other.smax),
                self.smax.checked_mul(other.smin),
                self.smax.checked_mul(other.smax),
            ];
            (self.smin, self.smax) = extremes(corners).unwrap_or((i64::MIN, i64::MAX));
            return;
        }
        let small = u64::from(u32::MAX);
        if other.smin < 0 || self.smin < 0 || other.umax > small || self.umax > small {
            self.forget_ranges64();
            return;
        }
        self.umin = self.umin.wrapping_mul(other.umin);
        self.umax = self.umax.wrapping_mul(other.umax);
        (self.smin, self.smax) = if self.umax > i64::MAX as u64 {
            (i64::MIN, i64::MAX)
        } else {
            (self.umin as i64, self.umax as i64)
        };
    }

    /// `&`, `|` and `^`, of both widths.
    fn bitwise(&mut self, op: BinaryOp, other: &Bounds, deduction: Deduction) {
        let non_negative32 = self.smin32 >= 0 && other.smin32 >= 0;
        let non_negative64 = self.smin >= 0 && other.smin >= 0;
        self.tnum = match op {
            BinaryOp::And => self.tnum.and(other.tnum),
            BinaryOp::Or => self.tnum.or(other.tnum),
            _ => self.tnum.xor(other.tnum),
        };
        // "Known" speaks of the result here: `x & 0` is.
        let known32 = self.as_const32().is_some() && other.as_const32().is_some();
        let known64 = self.as_const().is_some() && other.as_const().is_some();
        let low = self.tnum.subreg();
        if known32 {
            self.set_const32(low.value as u32);
        } else {
            let (value, most) = (low.value as u32, (low.value | low.mask) as u32);
            (self.umin32, self.umax32) = match op {
                BinaryOp::And => (value, self.umax32.min(other.umax32)),
                BinaryOp::Or => (self.umin32.max(other.umin32), most),
                _ => (value, most),
            };
            let keeps = match deduction {
                Deduction::Simple => non_negative32,
                Deduction::Mixed { .. } => self.umin32 as i32 <= self.umax32 as i32,
            };
            (self.smin32, self.smax32) =
                if keeps { (self.umin32 as i32, self.umax32 as i32) } else { (i32::MIN, i32::MAX) };
        }
        if known64 {
            self.set_const(self.tnum.value);
            return;
        }
        let (value, most) = (self.tnum.value, self.tnum.value | self.tnum.mask);
        (self.umin, self.umax) = match op {
            BinaryOp::And => (value, self.umax.min(other.umax)),
            BinaryOp::Or => (self.umin.max(other.umin), most),
            _ => (value, most),
        };
        let keeps = match deduction {
            Deduction::Simple => non_negative64,
            Deduction::Mixed { .. } => self.umin as i64 <= self.umax as i64,
        };
        (self.smin, self.smax) =
            if keeps { (self.umin as i64, self.umax as i64) } else { (i64::MIN, i64::MAX) };
        self.learn_ranges_from_bits(deduction);
    }

    fn lsh_ranges32(&mut self, shift: u32) {
        (self.smin32, self.smax32) = (i32::MIN, i32::MAX);
        if shift > 31 || u64::from(self.umax32) > 1 << (31 - shift) {
            (self.umin32, self.umax32) = (0, u32::MAX);
        } else {
            self.umin32 = self.umin32.wrapping_shl(shift);
            self.umax32 = self.umax32.wrapping_shl(shift);
        }
    }

    fn lsh32(&mut self, shift: u32) {
        self.lsh_ranges32(shift);
        self.tnum = self.tnum.subreg().lsh(shift).subreg();
        self.forget_ranges64();
        self.learn_ranges32_from_bits();
    }

    fn lsh64(&mut self, shift: u32, deduction: Deduction) {
        // `<< 32` is half of a compiler's sign extension: the signed range of the low half becomes that of the whole.
        (self.smin, self.smax) = if shift == 32 {
            (i64::from(self.smin32) << 32, i64::from(self.smax32) << 32)
        } else {
            (i64::MIN, i64::MAX)
        };
        if self.umax > 1u64 << (63 - shift.min(63)) {
            (self.umin, self.umax) = (0, u64::MAX);
        } else {
            self.umin = self.umin.wrapping_shl(shift);
            self.umax = self.umax.wrapping_shl(shift);
        }
        self.lsh_ranges32(shift);
        self.tnum = self.tnum.lsh(shift);
        self.learn_ranges_from_bits(deduction);
    }

    fn rsh32(&mut self, shift: u32) {
        (self.smin32, self.smax32) = (i32::MIN, i32::MAX);
        self.tnum = self.tnum.subreg().rsh(shift);
        self.umin32 = self.umin32.wrapping_shr(shift);
        self.umax32 = self.umax32.wrapping_shr(shift);
        self.forget_ranges64();
        self.learn_ranges32_from_bits();
    }

    fn rsh64(&mut self, shift: u32, deduction: Deduction) {
        (self.smin, self.smax) = (i64::MIN, i64::MAX);
        self.tnum = self.tnum.rsh(shift);
        self.umin = self.umin.wrapping_shr(shift);
        self.umax = self.umax.wrapping_shr(shift);
        self.forget_ranges32();
        self.learn_ranges_from_bits(deduction);
    }

    fn arsh32(&mut self, shift: u32) {
        self.smin32 = self.smin32.wrapping_shr(shift);
        self.smax32 = self.smax32.wrapping_shr(shift);
        self.tnum = self.tnum.arsh(shift, true);
        (self.umin32, self.umax32) = (0, u32::MAX);
        self.forget_ranges64();
        self.learn_ranges32_from_bits();
    }

    fn arsh64(&mut self, shift: u32, deduction: Deduction) {
        self.smin = self.smin.wrapping_shr(shift);
        self.smax = self.smax.wrapping_shr(shift);
        self.tnum = self.tnum.arsh(shift, false);
        (self.umin, self.umax) = (0, u64::MAX);
        self.forget_ranges32();
        self.learn_ranges_from_bits(deduction);
    }

    /// The value plus a constant, as for a register that is linked to another at a fixed distance.
    pub(crate) fn shift_by(&mut self, distance: i64, rules: &Rules) {
        let constant = Bounds::constant(distance as u64);
        self.add_ranges32(&constant, rules.wrapping_bounds);
        self.add_ranges64(&constant, rules.wrapping_bounds);
        self.tnum = self.tnum.add(constant.tnum);
    }
}

/// The least and the greatest of four products, if none overflowed.
fn extremes<T: Copy + Ord>(corners: [Option<T>; 4]) -> Option<(T, T)> {
    let [Some(a), Some(b), Some(c), Some(d)] = corners else { return None };
    Some((a.min(b).min(c.min(d)), a.max(b).max(c.max(d))))
}
