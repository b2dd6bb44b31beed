//! Tristate numbers: each bit of a 64-bit value is 0, 1 or unknown.
//!
//! The operations are those of "Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers" (CGO 2022),
//! the paper that the kernel's own follow.

/// A value whose bits under `mask` are unknown; `value & mask == 0`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Tnum {
    /// The known bits.
    pub value: u64,
    /// One for each unknown bit.
    pub mask: u64,
}

impl Tnum {
    /// Nothing is known.
    pub const UNKNOWN: Tnum = Tnum { value: 0, mask: u64::MAX };

    /// All bits are known.
    pub const fn constant(value: u64) -> Tnum {
        Tnum { value, mask: 0 }
    }

    /// The least tnum that holds all of `min..=max`.
    pub fn range(min: u64, max: u64) -> Tnum {
        let bits = 64 - (min ^ max).leading_zeros();
        match 1u64.checked_shl(bits) {
            None => Tnum::UNKNOWN,
            Some(power) => Tnum { value: min & !(power - 1), mask: power - 1 },
        }
    }

    pub const fn is_const(self) -> bool {
        self.mask == 0
    }

    pub const fn is_unknown(self) -> bool {
        self.mask == u64::MAX
    }

    /// `self << shift`; `shift` is under 64.
    pub fn lsh(self, shift: u32) -> Tnum {
        Tnum { value: self.value.wrapping_shl(shift), mask: self.mask.wrapping_shl(shift) }
    }

    /// `self >> shift`, unsigned; `shift` is under 64.
    pub fn rsh(self, shift: u32) -> Tnum {
        Tnum { value: self.value.wrapping_shr(shift), mask: self.mask.wrapping_shr(shift) }
    }

    /// `self >> shift`, signed, of the low 32 bits or of all 64.
    pub fn arsh(self, shift: u32, bits32: bool) -> Tnum {
        if bits32 {
            let part = |bits: u64| u64::from((bits as i32).wrapping_shr(shift) as u32);
            Tnum { value: part(self.value), mask: part(self.mask) }
        } else {
            let part = |bits: u64| (bits as i64).wrapping_shr(shift) as u64;
            Tnum { value: part(self.value), mask: part(self.mask) }
        }
    }

    pub fn add(self, other: Tnum) -> Tnum {
        let value = self.value.wrapping_add(other.value);
        let all = value.wrapping_add(self.mask.wrapping_add(other.mask));
        let mask = (all ^ value) | self.mask | other.mask;
        Tnum { value: value & !mask, mask }
    }

    pub fn sub(self, other: Tnum) -> Tnum {
        let value = self.value.wrapping_sub(other.value);
        let high = value.wrapping_add(self.mask);
        let low = value.wrapping_sub(other.mask);
        let mask = (high ^ low) | self.mask | other.mask;
        Tnum { value: value & !mask, mask }
    }

    pub fn neg(self) -> Tnum {
        Tnum::constant(0).sub(self)
    }

    pub fn and(self, other: Tnum) -> Tnum {
        let value = self.value & other.value;
        let may = (self.value | self.mask) & (other.value | other.mask);
        Tnum { value, mask: may & !value }
    }

    pub fn or(self, other: Tnum) -> Tnum {
        let value = self.value | other.value;
        Tnum { value, mask: (self.mask | other.mask) & !value }
    }

    pub fn xor(self, other: Tnum) -> Tnum {
        let mask = self.mask | other.mask;
        Tnum { value: (self.value ^ other.value) & !mask, mask }
    }

    /// Long multiplication with the unknown parts summed apart (kernels before 6.18).
    pub fn mul_summed(self, other: Tnum) -> Tnum {
        let (mut a, mut b) = (self, other);
        let mut unknown = Tnum::constant(0);
        while a.value != 0 || a.mask != 0 {
            if a.value & 1 != 0 {
                unknown = unknown.add(Tnum { value: 0, mask: b.mask });
            } else if a.mask & 1 != 0 {
                unknown = unknown.add(Tnum { value: 0, mask: b.value | b.mask });
            }
            (a, b) = (a.rsh(1), b.lsh(1));
        }
        Tnum::constant(self.value.wrapping_mul(other.value)).add(unknown)
    }

    /// Long multiplication that joins both outcomes of each unknown bit (6.18).
    pub fn mul_joined(self, other: Tnum) -> Tnum {
        let (mut a, mut b) = (self, other);
        let mut sum = Tnum::constant(0);
        while a.value != 0 || a.mask != 0 {
            if a.value & 1 != 0 {
                sum = sum.add(b);
            } else if a.mask & 1 != 0 {
                sum = sum.join(sum.add(b));
            }
            (a, b) = (a.rsh(1), b.lsh(1));
        }
        sum
    }

    /// The low `bits` bits (16, 32 or 64) in the other byte order; higher ones become zero.
    pub fn swap_bytes(self, bits: u32) -> Tnum {
        let swap = |value: u64| value.swap_bytes().wrapping_shr(64 - bits);
        Tnum { value: swap(self.value), mask: swap(self.mask) }
    }

    /// The least value of this above `floor`; the greatest of all where there is none.
    pub fn above(self, floor: u64) -> u64 {
        let most = self.value | self.mask;
        if floor >= most {
            return most;
        }
        if floor < self.value {
            return self.value;
        }
        let closest = self.value | (floor & self.mask);
        // From the highest bit down in which `floor` is no value of this, the lower bits are free to choose.
        let differing = 64 - (closest ^ floor).leading_zeros();
        let low = 1u64.checked_shl(differing).map_or(u64::MAX, |power| power - 1);
        if closest > floor {
            (closest & !low) | (self.value & low)
        } else {
            ((floor | !self.mask | low).wrapping_add(1) & self.mask) | self.value
        }
    }

    /// What either may be.
    pub fn join(self, other: Tnum) -> Tnum {
        let mask = (self.value ^ other.value) | self.mask | other.mask;
        Tnum { value: self.value & other.value & !mask, mask }
    }

    /// What both may be; where they contradict, a one.
    pub fn intersect(self, other: Tnum) -> Tnum {
        let mask = self.mask & other.mask;
        Tnum { value: (self.value | other.value) & !mask, mask }
    }

    /// Whether some value is in both.
    pub fn overlaps(self, other: Tnum) -> bool {
        let known = !self.mask & !other.mask;
        self.value & known == other.value & known
    }

    /// The low `bytes` bytes, 1 to 8.
    pub fn cast(self, bytes: u32) -> Tnum {
        let mask = u64::MAX.wrapping_shr(64u32.saturating_sub(bytes * 8));
        Tnum { value: self.value & mask, mask: self.mask & mask }
    }

    /// The low 32 bits.
    pub fn subreg(self) -> Tnum {
        self.cast(4)
    }

    /// The high 32 bits.
    pub fn clear_subreg(self) -> Tnum {
        self.rsh(32).lsh(32)
    }

    /// The high 32 bits of this with the low 32 bits of `low`.
    pub fn with_subreg(self, low: Tnum) -> Tnum {
        self.clear_subreg().or(low.subreg())
    }

    /// Whether every value is a multiple of `size`, a power of two.
    pub fn is_aligned(self, size: u64) -> bool {
        size == 0 || (self.value | self.mask) & (size - 1) == 0
    }

    /// Whether every value of `other` is one of this.
    pub fn contains(self, other: Tnum) -> bool {
        other.mask & !self.mask == 0 && self.value == other.value & !self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::Tnum;

    /// All tnums of `bits` bits.
    fn all(bits: u32) -> impl Iterator<Item = Tnum> {
        let top = 1u64 << bits;
        (0..top).flat_map(move |mask| {
            (0..top).filter_map(move |v| (v & mask == 0).then_some(Tnum { value: v, mask }))
        })
    }

    fn values(tnum: Tnum, bits: u32) -> impl Iterator<Item = u64> {
        (0..1u64 << bits).filter(move |v| v & !tnum.mask == tnum.value)
    }

    #[test]
    fn binary_operations_hold_every_result() {
        type Case = (&'static str, fn(Tnum, Tnum) -> Tnum, fn(u64, u64) -> u64);
        let cases: [Case; 7] = [
            ("add", Tnum::add, u64::wrapping_add),
            ("sub", Tnum::sub, u64::wrapping_sub),
            ("mul_summed", Tnum::mul_summed, u64::wrapping_mul),
            ("mul_joined", Tnum::mul_joined, u64::wrapping_mul),
            ("and", Tnum::and, |a, b| a & b),
            ("or", Tnum::or, |a, b| a | b),
            ("xor", Tnum::xor, |a, b| a ^ b),
        ];
        for (name, abstractly, concretely) in cases {
            for a in all(3) {
                for b in all(3) {
                    let result = abstractly(a, b);
                    assert_eq!(result.value & result.mask, 0, "{name} {a:?} {b:?}");
                    for x in values(a, 3) {
                        for y in values(b, 3) {
                            let exact = concretely(x, y);
                            assert_eq!(exact & !result.mask, result.value, "{name} {a:?} {b:?}: {x} {y}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn sets_relate_as_their_values_do() {
        for a in all(3) {
            for b in all(3) {
                let inside = values(b, 3).all(|v| values(a, 3).any(|w| v == w));
                assert_eq!(a.contains(b), inside, "{a:?} {b:?}");
                let shared = values(b, 3).any(|v| values(a, 3).any(|w| v == w));
                assert_eq!(a.overlaps(b), shared, "{a:?} {b:?}");
                assert!(a.join(b).contains(a) && a.join(b).contains(b));
            }
        }
    }

    #[test]
    fn above_is_the_next_value() {
        for tnum in all(4) {
            for floor in 0..16 {
                let next = values(tnum, 4).find(|v| *v > floor).unwrap_or(tnum.value | tnum.mask);
                assert_eq!(tnum.above(floor), next, "{tnum:?} {floor}");
            }
        }
    }

    #[test]
    fn ranges_and_shifts_hold_every_value() {
        for min in 0..32u64 {
            for max in min..32 {
                let tnum = Tnum::range(min, max);
                assert!((min..=max).all(|v| v & !tnum.mask == tnum.value), "{min} {max}");
            }
        }
        assert_eq!(Tnum::range(0, u64::MAX), Tnum::UNKNOWN);
        let negative = Tnum { value: 0x8000_0000, mask: 0xff };
        assert_eq!(negative.arsh(4, true), Tnum { value: 0xf800_0000, mask: 0xf });
        assert_eq!(negative.arsh(4, false), Tnum { value: 0x0800_0000, mask: 0xf });
    }
}
