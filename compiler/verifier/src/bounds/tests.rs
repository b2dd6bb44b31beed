//! Soundness by trial: whatever concrete values a computation may give, its bounds hold them.

use fastrand::Rng;
use gobpf_bpf::insn::JmpOp;

use super::{BinaryOp, Bounds, outcome, refine};
use crate::dialect::{Dialect, Rules};
use crate::tnum::Tnum;

const DIALECTS: [Dialect; 3] = [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18];
const ROUNDS: u64 = 20_000;

/// Makes values; the seed is printed with every failure.
struct Random(Rng);

impl Random {
    fn next(&mut self) -> u64 {
        self.0.u64(..)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0.u64(..limit)
    }

    /// Values near each other, or near an edge, as programs have them.
    fn values(&mut self) -> Vec<u64> {
        let edges = [0, 1, u64::MAX, 1 << 31, 1 << 32, 1 << 63, i64::MAX as u64, u64::from(u32::MAX)];
        let count = 1 + self.below(4);
        let base = match self.below(3) {
            0 => edges[self.below(edges.len() as u64) as usize],
            1 => self.next() >> self.below(60),
            _ => self.below(64),
        };
        (0..count)
            .map(|_| {
                if self.below(8) == 0 {
                    self.next()
                } else {
                    base.wrapping_add(self.below(40)).wrapping_sub(20)
                }
            })
            .collect()
    }
}

/// The tightest bounds of `values`, each view for itself.
fn hull(values: &[u64], rules: &Rules) -> Bounds {
    let mut bounds = Bounds::constant(values[0]);
    for value in values {
        bounds.tnum = bounds.tnum.join(Tnum::constant(*value));
        bounds.umin = bounds.umin.min(*value);
        bounds.umax = bounds.umax.max(*value);
        bounds.smin = bounds.smin.min(*value as i64);
        bounds.smax = bounds.smax.max(*value as i64);
        bounds.umin32 = bounds.umin32.min(*value as u32);
        bounds.umax32 = bounds.umax32.max(*value as u32);
        bounds.smin32 = bounds.smin32.min(*value as i32);
        bounds.smax32 = bounds.smax32.max(*value as i32);
    }
    bounds.sync(rules.deduction);
    bounds
}

fn holds(bounds: &Bounds, value: u64) -> bool {
    let (low, slow) = (value as u32, value as i32);
    value & !bounds.tnum.mask == bounds.tnum.value
        && (bounds.umin..=bounds.umax).contains(&value)
        && (bounds.smin..=bounds.smax).contains(&(value as i64))
        && (bounds.umin32..=bounds.umax32).contains(&low)
        && (bounds.smin32..=bounds.smax32).contains(&slow)
}

fn compute(op: BinaryOp, a: u64, b: u64) -> u64 {
    match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Lsh => a << b,
        BinaryOp::Rsh => a >> b,
        BinaryOp::Arsh => (a as i64 >> b) as u64,
    }
}

fn compute32(op: BinaryOp, a: u64, b: u64) -> u64 {
    let low = match op {
        BinaryOp::Rsh => (a as u32) >> b,
        BinaryOp::Arsh => (a as i32 >> b) as u32,
        _ => compute(op, a, b) as u32,
    };
    u64::from(low)
}

#[test]
fn arithmetic_holds_every_result() {
    let ops = [
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::And,
        BinaryOp::Or,
        BinaryOp::Xor,
        BinaryOp::Lsh,
        BinaryOp::Rsh,
        BinaryOp::Arsh,
    ];
    for seed in 1..=ROUNDS {
        let mut random = Random(Rng::with_seed(seed));
        let rules = DIALECTS[random.below(3) as usize].rules();
        let op = ops[random.below(ops.len() as u64) as usize];
        let bits32 = random.below(2) == 0;
        let left = random.values();
        let is_shift = matches!(op, BinaryOp::Lsh | BinaryOp::Rsh | BinaryOp::Arsh);
        let right = if is_shift { vec![random.below(if bits32 { 32 } else { 64 })] } else { random.values() };
        let mut bounds = hull(&left, rules);
        bounds.apply(op, &hull(&right, rules), bits32, rules);
        for a in &left {
            for b in &right {
                let exact = if bits32 { compute32(op, *a, *b) } else { compute(op, *a, *b) };
                let what = (op, bits32, a, b, rules.dialect);
                assert!(holds(&bounds, exact), "seed {seed}: {what:?} gives {exact:#x}, not in {bounds:?}");
            }
        }
    }
}

#[test]
fn parts_and_signs_hold_every_result() {
    for seed in 1..=ROUNDS {
        let mut random = Random(Rng::with_seed(seed));
        let rules = DIALECTS[random.below(3) as usize].rules();
        let values = random.values();
        let bytes = [1u32, 2, 4][random.below(3) as usize];
        let start = hull(&values, rules);
        let shift = 64 - bytes * 8;
        let (mut cut, mut extended, mut negated, mut swapped) = (start, start, start, start);
        cut.truncate(bytes, rules.deduction);
        extended.sign_extend(bytes);
        negated.negate(false, rules);
        swapped.reorder_bytes(bytes * 8 * if bytes == 1 { 2 } else { 1 }, true, rules.deduction);
        let swapped_bits = if bytes == 1 { 16 } else { bytes * 8 };
        for value in values {
            assert!(holds(&cut, value << shift >> shift), "seed {seed}: {value:#x} {cut:?}");
            let signed = ((value << shift) as i64 >> shift) as u64;
            assert!(holds(&extended, signed), "seed {seed}: {value:#x} {bytes} {extended:?}");
            assert!(holds(&negated, value.wrapping_neg()), "seed {seed}: {value:#x} {negated:?}");
            let exact = value.swap_bytes() >> (64 - swapped_bits);
            assert!(holds(&swapped, exact), "seed {seed}: {value:#x} {swapped:?}");
        }
    }
}

fn compare(op: JmpOp, a: u64, b: u64, bits32: bool) -> bool {
    let (a, b) = if bits32 { (u64::from(a as u32), u64::from(b as u32)) } else { (a, b) };
    let signed = |value: u64| if bits32 { i64::from(value as i32) } else { value as i64 };
    match op {
        JmpOp::Eq => a == b,
        JmpOp::Ne => a != b,
        JmpOp::Set => a & b != 0,
        JmpOp::Gt => a > b,
        JmpOp::Ge => a >= b,
        JmpOp::Lt => a < b,
        JmpOp::Le => a <= b,
        JmpOp::Sgt => signed(a) > signed(b),
        JmpOp::Sge => signed(a) >= signed(b),
        JmpOp::Slt => signed(a) < signed(b),
        JmpOp::Sle => signed(a) <= signed(b),
    }
}

#[test]
fn comparisons_lose_no_value() {
    for seed in 1..=ROUNDS {
        let mut random = Random(Rng::with_seed(seed));
        let rules = DIALECTS[random.below(3) as usize].rules();
        let op = JmpOp::ALL[random.below(11) as usize];
        let bits32 = random.below(2) == 0;
        let (left, mut right) = (random.values(), random.values());
        if random.below(2) == 0 {
            right.truncate(1);
        }
        let (a, b) = (hull(&left, rules), hull(&right, rules));
        let known = outcome(&a, &b, op, bits32, rules.deduction);
        let learned = refine(&a, &b, op, bits32, false, rules);
        for x in &left {
            for y in &right {
                let taken = compare(op, *x, *y, bits32);
                let what = (op, bits32, x, y, rules.dialect);
                assert!(known.is_none_or(|known| known == taken), "seed {seed}: {what:?} is {known:?}");
                // A known outcome is not refined.
                if known.is_some() {
                    continue;
                }
                let (x_bounds, y_bounds) = if taken { learned.taken } else { learned.fallen };
                assert!(holds(&x_bounds, *x), "seed {seed}: {what:?} {taken} {x_bounds:?}");
                assert!(holds(&y_bounds, *y), "seed {seed}: {what:?} {taken} {y_bounds:?}");
            }
        }
    }
}
