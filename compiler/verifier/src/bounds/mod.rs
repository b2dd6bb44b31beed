//! What is known of a number: bits, and ranges as signed and unsigned, of all 64 bits and of the low 32.

mod arithmetic;
mod comparison;
mod deduction;
mod narrowing;

#[cfg(test)]
mod tests;

pub(crate) use arithmetic::BinaryOp;
pub(crate) use comparison::{outcome, refine};

use crate::tnum::Tnum;

/// Five views of the same set of values; each holds all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    pub tnum: Tnum,
    pub smin: i64,
    pub smax: i64,
    pub umin: u64,
    pub umax: u64,
    pub smin32: i32,
    pub smax32: i32,
    pub umin32: u32,
    pub umax32: u32,
}

impl Bounds {
    /// Any value.
    pub const UNKNOWN: Bounds = Bounds {
        tnum: Tnum::UNKNOWN,
        smin: i64::MIN,
        smax: i64::MAX,
        umin: 0,
        umax: u64::MAX,
        smin32: i32::MIN,
        smax32: i32::MAX,
        umin32: 0,
        umax32: u32::MAX,
    };

    /// One value.
    pub const fn constant(value: u64) -> Bounds {
        Bounds {
            tnum: Tnum::constant(value),
            smin: value as i64,
            smax: value as i64,
            umin: value,
            umax: value,
            smin32: value as i32,
            smax32: value as i32,
            umin32: value as u32,
            umax32: value as u32,
        }
    }

    /// The one value, if there is only one.
    pub fn as_const(&self) -> Option<u64> {
        self.tnum.is_const().then_some(self.tnum.value)
    }

    /// The one value of the low 32 bits, if there is only one.
    pub fn as_const32(&self) -> Option<u32> {
        let low = self.tnum.subreg();
        low.is_const().then_some(low.value as u32)
    }

    /// Whether nothing at all is known.
    pub fn is_unknown(&self) -> bool {
        *self == Bounds::UNKNOWN
    }

    /// How many low bits the value needs at most.
    pub fn width(&self) -> u32 {
        64 - self.umax.leading_zeros()
    }

    /// Whether all ranges of `other` lie within those of this; bits are compared apart.
    pub fn contains_ranges(&self, other: &Bounds) -> bool {
        self.umin <= other.umin
            && self.umax >= other.umax
            && self.smin <= other.smin
            && self.smax >= other.smax
            && self.umin32 <= other.umin32
            && self.umax32 >= other.umax32
            && self.smin32 <= other.smin32
            && self.smax32 >= other.smax32
    }

    pub(crate) fn forget_ranges(&mut self) {
        *self = Bounds { tnum: self.tnum, ..Bounds::UNKNOWN };
    }

    pub(crate) fn forget_ranges64(&mut self) {
        (self.smin, self.smax, self.umin, self.umax) = (i64::MIN, i64::MAX, 0, u64::MAX);
    }

    pub(crate) fn forget_ranges32(&mut self) {
        (self.smin32, self.smax32, self.umin32, self.umax32) = (i32::MIN, i32::MAX, 0, u32::MAX);
    }

    /// Sets the low 32 bits to one value; the rest stays.
    pub(crate) fn set_const32(&mut self, value: u32) {
        self.tnum = self.tnum.with_subreg(Tnum::constant(u64::from(value)));
        (self.smin32, self.smax32) = (value as i32, value as i32);
        (self.umin32, self.umax32) = (value, value);
    }

    /// Sets ranges and bits of all 64 bits to one value, as a comparison for equality does; 32-bit ranges too.
    pub(crate) fn set_const(&mut self, value: u64) {
        *self = Bounds::constant(value);
    }
}
