//! Making the views of a value agree: what one knows, the others learn.

use crate::bounds::Bounds;
use crate::dialect::Deduction;
use crate::tnum::Tnum;

impl Bounds {
    /// Lets every view learn from the others, as far as the dialect does.
    pub(crate) fn sync(&mut self, deduction: Deduction) {
        self.learn_ranges_from_bits(deduction);
        match deduction {
            Deduction::Simple => {
                self.exchange_signs32_simple();
                self.exchange_signs64_simple();
            }
            Deduction::Mixed { .. } => {
                for _ in 0..3 {
                    self.learn_32_from_64();
                    self.exchange_signs32();
                    self.exchange_signs64();
                    self.learn_64_from_32();
                }
            }
        }
        self.learn_bits_from_ranges();
        self.learn_ranges_from_bits(deduction);
    }

    pub(super) fn learn_ranges32_from_bits(&mut self) {
        let low = self.tnum.subreg();
        let (value, mask) = (low.value as u32, low.mask as u32);
        self.smin32 = self.smin32.max((value | (mask & (1 << 31))) as i32);
        self.smax32 = self.smax32.min((value | (mask & (u32::MAX >> 1))) as i32);
        self.umin32 = self.umin32.max(value);
        self.umax32 = self.umax32.min(value | mask);
    }

    pub(super) fn learn_ranges_from_bits(&mut self, deduction: Deduction) {
        self.learn_ranges32_from_bits();
        let Tnum { value, mask } = self.tnum;
        self.smin = self.smin.max((value | (mask & (1 << 63))) as i64);
        self.smax = self.smax.min((value | (mask & (u64::MAX >> 1))) as i64);
        self.umin = self.umin.max(value);
        self.umax = self.umax.min(value | mask);
        if deduction == (Deduction::Mixed { pins: true }) {
            self.pin();
        }
    }

    /// Where the range holds only one value that the bits allow, it is that one.
    fn pin(&mut self) {
        let Tnum { value, mask } = self.tnum;
        let starts_inside = self.umin & !mask == value;
        let next = self.tnum.above(self.umin);
        let most = value | mask;
        if starts_inside && next > self.umax {
            self.set_const(self.umin);
        } else if !starts_inside && next == most {
            // The kernel does not ask here whether the range reaches so far.
            self.set_const(most);
        } else if !starts_inside && next <= self.umax && self.tnum.above(next) > self.umax {
            self.set_const(next);
        }
    }

    fn learn_bits_from_ranges(&mut self) {
        let wide = self.tnum.intersect(Tnum::range(self.umin, self.umax));
        let low = wide.subreg().intersect(Tnum::range(u64::from(self.umin32), u64::from(self.umax32)));
        self.tnum = wide.clear_subreg().or(low);
    }

    fn exchange_signs32_simple(&mut self) {
        if self.smin32 >= 0 || self.smax32 < 0 {
            self.umin32 = self.umin32.max(self.smin32 as u32);
            self.umax32 = self.umax32.min(self.smax32 as u32);
            (self.smin32, self.smax32) = (self.umin32 as i32, self.umax32 as i32);
        } else if self.umax32 as i32 >= 0 {
            self.smin32 = self.umin32 as i32;
            self.umax32 = self.umax32.min(self.smax32 as u32);
            self.smax32 = self.umax32 as i32;
        } else if (self.umin32 as i32) < 0 {
            self.umin32 = self.umin32.max(self.smin32 as u32);
            self.smin32 = self.umin32 as i32;
            self.smax32 = self.umax32 as i32;
        }
    }

    fn exchange_signs64_simple(&mut self) {
        if self.smin >= 0 || self.smax < 0 {
            self.umin = self.umin.max(self.smin as u64);
            self.umax = self.umax.min(self.smax as u64);
            (self.smin, self.smax) = (self.umin as i64, self.umax as i64);
        } else if self.umax as i64 >= 0 {
            self.smin = self.umin as i64;
            self.umax = self.umax.min(self.smax as u64);
            self.smax = self.umax as i64;
        } else if (self.umin as i64) < 0 {
            self.umin = self.umin.max(self.smin as u64);
            self.smin = self.umin as i64;
            self.smax = self.umax as i64;
        }
    }

    /// Where the high halves of both ends agree, or differ by one around zero, the low halves are a range.
    fn learn_32_from_64(&mut self) {
        for (min, max, signed) in [(self.umin, self.umax, false), (self.smin as u64, self.smax as u64, true)]
        {
            let (low, high) = (min as u32, max as u32);
            let (slow, shigh) = (low as i32, high as i32);
            let same_half = min >> 32 == max >> 32;
            let next_half = ((min >> 32) as u32).wrapping_add(1) == (max >> 32) as u32;
            if same_half && (!signed || low <= high) {
                self.umin32 = self.umin32.max(low);
                self.umax32 = self.umax32.min(high);
            }
            if (same_half && slow <= shigh) || (next_half && slow < 0 && shigh >= 0) {
                self.smin32 = self.smin32.max(slow);
                self.smax32 = self.smax32.min(shigh);
            }
        }
    }

    fn exchange_signs32(&mut self) {
        if self.umin32 as i32 <= self.umax32 as i32 {
            self.smin32 = self.smin32.max(self.umin32 as i32);
            self.smax32 = self.smax32.min(self.umax32 as i32);
        }
        if self.smin32 as u32 <= self.smax32 as u32 {
            self.umin32 = self.umin32.max(self.smin32 as u32);
            self.umax32 = self.umax32.min(self.smax32 as u32);
        } else if self.umax32 < self.smin32 as u32 {
            self.smin32 = self.umin32 as i32;
            self.umax32 = self.umax32.min(self.smax32 as u32);
        } else if (self.smax32 as u32) < self.umin32 {
            self.smax32 = self.umax32 as i32;
            self.umin32 = self.umin32.max(self.smin32 as u32);
        }
    }

    fn exchange_signs64(&mut self) {
        if self.umin as i64 <= self.umax as i64 {
            self.smin = self.smin.max(self.umin as i64);
            self.smax = self.smax.min(self.umax as i64);
        }
        if self.smin as u64 <= self.smax as u64 {
            self.umin = self.umin.max(self.smin as u64);
            self.umax = self.umax.min(self.smax as u64);
        } else if self.umax < self.smin as u64 {
            self.smin = self.umin as i64;
            self.umax = self.umax.min(self.smax as u64);
        } else if (self.smax as u64) < self.umin {
            self.smax = self.umax as i64;
            self.umin = self.umin.max(self.smin as u64);
        }
    }

    /// The low halves of both ends can't be outside of the 32-bit ranges.
    fn learn_64_from_32(&mut self) {
        const HIGH: u64 = !0xffff_ffff;
        let signed_fits = self.smin32 as u32 <= self.smax32 as u32;
        let lows = [
            Some((self.umin32, self.umax32)),
            signed_fits.then_some((self.smin32 as u32, self.smax32 as u32)),
        ];
        for (min, max) in lows.into_iter().flatten() {
            self.umin = self.umin.max((self.umin & HIGH) | u64::from(min));
            self.umax = self.umax.min((self.umax & HIGH) | u64::from(max));
            self.smin = self.smin.max(((self.smin as u64 & HIGH) | u64::from(min)) as i64);
            self.smax = self.smax.min(((self.smax as u64 & HIGH) | u64::from(max)) as i64);
        }
        let is_sign_extended = self.smin >= i64::from(i32::MIN) && self.smax <= i64::from(i32::MAX);
        if self.smin32 >= 0 && is_sign_extended {
            (self.smin, self.smax) = (i64::from(self.smin32), i64::from(self.smax32));
            (self.umin, self.umax) = (self.smin32 as u64, self.smax32 as u64);
            self.tnum = self.tnum.intersect(Tnum::range(self.umin, self.umax));
        }
    }

    /// Drops ranges that contradict each other; they come from paths that no run takes. The simple verifier keeps them.
    pub(crate) fn repair(&mut self, deduction: Deduction) {
        if deduction == Deduction::Simple {
            return;
        }
        let crossed = self.umin > self.umax
            || self.smin > self.smax
            || self.umin32 > self.umax32
            || self.smin32 > self.smax32;
        let wide = self.as_const().is_some_and(|value| {
            (self.umin, self.umax) != (value, value) || (self.smin, self.smax) != (value as i64, value as i64)
        });
        let low = self.as_const32().is_some_and(|value| {
            (self.umin32, self.umax32) != (value, value)
                || (self.smin32, self.smax32) != (value as i32, value as i32)
        });
        if crossed || wide || low {
            self.forget_ranges();
        }
    }
}
