//! Reading a part of a value, zero- or sign-extended.

use crate::bounds::Bounds;
use crate::dialect::Deduction;
use crate::tnum::Tnum;

impl Bounds {
    /// The 64-bit views of a value whose upper half was just zeroed; the 32-bit views stay.
    pub(crate) fn zero_extend_32(&mut self) {
        self.tnum = self.tnum.subreg();
        (self.umin, self.umax) = (u64::from(self.umin32), u64::from(self.umax32));
        (self.smin, self.smax) = if self.smin32 >= 0 && self.smax32 >= 0 {
            (i64::from(self.smin32), i64::from(self.smax32))
        } else {
            (0, i64::from(u32::MAX))
        };
    }

    /// The low `bytes` bytes (1, 2 or 4), zero-extended: what a load of a spilled or unknown value gives.
    pub(crate) fn truncate(&mut self, bytes: u32, deduction: Deduction) {
        self.tnum = self.tnum.cast(bytes);
        let mask = (1u64 << (bytes * 8)) - 1;
        if self.umin & !mask == self.umax & !mask {
            self.umin &= mask;
            self.umax &= mask;
        } else {
            (self.umin, self.umax) = (0, mask);
        }
        (self.smin, self.smax) = (self.umin as i64, self.umax as i64);
        match deduction {
            Deduction::Simple if bytes >= 4 => {}
            Deduction::Simple => self.learn_32_from_64_simple(),
            Deduction::Mixed { .. } => {
                if bytes < 4 {
                    self.forget_ranges32();
                }
                self.sync(deduction);
            }
        }
    }

    /// The low `bits` bits (16, 32 or 64), in the other byte order where `swaps`; the rest is zero.
    pub(crate) fn reorder_bytes(&mut self, bits: u32, swaps: bool, deduction: Deduction) {
        if swaps {
            self.tnum = self.tnum.swap_bytes(bits);
            self.forget_ranges();
        }
        if bits < 64 {
            self.truncate(bits / 8, deduction);
        }
        self.sync(deduction);
    }

    /// What the simple verifier concludes for 32 bits from ranges of 64 that fit.
    pub(super) fn learn_32_from_64_simple(&mut self) {
        self.forget_ranges32();
        let fits_signed = |value: i64| value >= i64::from(i32::MIN) && value <= i64::from(i32::MAX);
        if fits_signed(self.smin) && fits_signed(self.smax) {
            (self.smin32, self.smax32) = (self.smin as i32, self.smax as i32);
        }
        let fits_unsigned = |value: u64| value <= u64::from(u32::MAX);
        if fits_unsigned(self.umin) && fits_unsigned(self.umax) {
            (self.umin32, self.umax32) = (self.umin as u32, self.umax as u32);
        }
        self.sync(Deduction::Simple);
    }

    /// The low `bytes` bytes (1, 2 or 4), sign-extended to 64 bits.
    pub(crate) fn sign_extend(&mut self, bytes: u32) {
        let extend = |value: u64| match bytes {
            1 => i64::from(value as i8),
            2 => i64::from(value as i16),
            _ => i64::from(value as i32),
        };
        if let Some(value) = self.as_const() {
            *self = Bounds::constant(extend(value) as u64);
            return;
        }
        let bits = bytes * 8;
        if (self.smax as u64) >> bits == (self.smin as u64) >> bits {
            let (a, b) = (extend(self.smax as u64), extend(self.smin as u64));
            let (min, max) = (a.min(b), a.max(b));
            if (max >= 0) == (min >= 0) {
                (self.smin, self.smax) = (min, max);
                (self.umin, self.umax) = (min as u64, max as u64);
                (self.smin32, self.smax32) = (min as i32, max as i32);
                (self.umin32, self.umax32) = (min as u32, max as u32);
                self.tnum = Tnum::range(min as u64, max as u64);
                return;
            }
        }
        *self = Bounds::UNKNOWN;
        let (min, max) = (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
        (self.smin, self.smax) = (min, max);
        (self.smin32, self.smax32) = (min as i32, max as i32);
    }

    /// The low `bytes` bytes (1 or 2), sign-extended to 32 bits; 64-bit views are left for [`Self::zero_extend_32`].
    pub(crate) fn sign_extend_32(&mut self, bytes: u32) {
        let extend = |value: u32| if bytes == 1 { i32::from(value as i8) } else { i32::from(value as i16) };
        if let Some(value) = self.as_const() {
            let value = extend(value as u32);
            self.tnum = Tnum::constant(i64::from(value) as u64);
            (self.smin32, self.smax32) = (value, value);
            (self.umin32, self.umax32) = (value as u32, value as u32);
            return;
        }
        let bits = bytes * 8;
        if (self.smax32 as u32) >> bits == (self.smin32 as u32) >> bits {
            let (a, b) = (extend(self.smax32 as u32), extend(self.smin32 as u32));
            let (min, max) = (a.min(b), a.max(b));
            if (max >= 0) == (min >= 0) {
                (self.smin32, self.smax32) = (min, max);
                (self.umin32, self.umax32) = (min as u32, max as u32);
                self.tnum = Tnum::range(i64::from(min) as u64, i64::from(max) as u64).subreg();
                return;
            }
        }
        (self.smin32, self.smax32) = (i32::MIN >> (32 - bits), i32::MAX >> (32 - bits));
        (self.umin32, self.umax32) = (0, u32::MAX);
        self.tnum = Tnum::UNKNOWN.subreg();
    }
}
