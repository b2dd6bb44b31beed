//! Random numbers that a seed decides.

/// A generator of random numbers (SplitMix64): small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Rng(u64);

/// The increment of SplitMix64: the golden ratio in 64 bits.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Rng {
    /// The generator of program number `index` of the run with `seed`.
    pub fn new(seed: u64, index: u64) -> Rng {
        let mut rng = Rng(seed);
        let start = rng.bits();
        Rng(start ^ index.wrapping_mul(STEP))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() >> 11).checked_rem(limit as u64).unwrap_or(0) as usize
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// One of `choices`, which must not be empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// One of `choices`, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u32, T)]) -> T {
        let total: u32 = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total as usize) as u32;
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        choices[0].1
    }

    /// A constant as programs have them: small ones, powers of two and their neighbours, limits, and any.
    pub fn constant(&mut self) -> i32 {
        match self.below(8) {
            0 => self.below(2) as i32,
            1 => -1,
            2 => self.below(16) as i32,
            3 => self.below(64) as i32 - 32,
            4 => self.pick(&[i32::MAX, i32::MIN, 0xff, 0xffff, 0x7fff, -8, -16, 8]),
            5 => self.bits() as i32,
            6 => (1i32 << self.below(31)) - 1,
            _ => 1 << self.below(31),
        }
    }

    /// A 64-bit constant of any length.
    pub fn wide(&mut self) -> u64 {
        let shift = self.below(64);
        let value = self.bits() >> shift;
        if self.chance(30) { value.wrapping_neg() } else { value }
    }
}
