//! Comparisons: whether the outcome is known, and what each outcome teaches.

use gobpf_bpf::insn::JmpOp;

use crate::bounds::Bounds;
use crate::dialect::{Deduction, Rules};
use crate::tnum::Tnum;

/// Both sides of a comparison, on the branch that is taken and on the one that falls through.
pub(crate) struct Outcome {
    pub taken: (Bounds, Bounds),
    pub fallen: (Bounds, Bounds),
}

/// The views that a comparison of one width looks at.
struct View {
    tnum: Tnum,
    umin: u64,
    umax: u64,
    smin: i64,
    smax: i64,
}

impl View {
    fn of(bounds: &Bounds, bits32: bool) -> View {
        if bits32 {
            View {
                tnum: bounds.tnum.subreg(),
                umin: u64::from(bounds.umin32),
                umax: u64::from(bounds.umax32),
                smin: i64::from(bounds.smin32),
                smax: i64::from(bounds.smax32),
            }
        } else {
            View {
                tnum: bounds.tnum,
                umin: bounds.umin,
                umax: bounds.umax,
                smin: bounds.smin,
                smax: bounds.smax,
            }
        }
    }
}

fn as_const(bounds: &Bounds, bits32: bool) -> Option<u64> {
    if bits32 { bounds.as_const32().map(u64::from) } else { bounds.as_const() }
}

/// Whether `a op b` is known to hold, or not to.
pub(crate) fn outcome(a: &Bounds, b: &Bounds, op: JmpOp, bits32: bool, deduction: Deduction) -> Option<bool> {
    let (x, y) = (View::of(a, bits32), View::of(b, bits32));
    let compare = |always: bool, never: bool| match (always, never) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    match op {
        JmpOp::Eq => equal(a, b, bits32, deduction),
        JmpOp::Ne => equal(a, b, bits32, deduction).map(|equal| !equal),
        JmpOp::Set => {
            let (bits, mask) = match (as_const(b, bits32), as_const(a, bits32)) {
                (Some(mask), _) => (x.tnum, mask),
                (None, Some(mask)) => (y.tnum, mask),
                _ => return None,
            };
            compare(!bits.mask & bits.value & mask != 0, (bits.mask | bits.value) & mask == 0)
        }
        JmpOp::Gt => compare(x.umin > y.umax, x.umax <= y.umin),
        JmpOp::Sgt => compare(x.smin > y.smax, x.smax <= y.smin),
        JmpOp::Lt => compare(x.umax < y.umin, x.umin >= y.umax),
        JmpOp::Slt => compare(x.smax < y.smin, x.smin >= y.smax),
        JmpOp::Ge => compare(x.umin >= y.umax, x.umax < y.umin),
        JmpOp::Sge => compare(x.smin >= y.smax, x.smax < y.smin),
        JmpOp::Le => compare(x.umax <= y.umin, x.umin > y.umax),
        JmpOp::Sle => compare(x.smax <= y.smin, x.smin > y.smax),
    }
}

fn equal(a: &Bounds, b: &Bounds, bits32: bool, deduction: Deduction) -> Option<bool> {
    let (x, y) = (View::of(a, bits32), View::of(b, bits32));
    if x.tnum.is_const() && y.tnum.is_const() {
        return Some(x.tnum.value == y.tnum.value);
    }
    if deduction == Deduction::Simple {
        return None;
    }
    let apart = !x.tnum.overlaps(y.tnum)
        || x.umin > y.umax
        || x.umax < y.umin
        || x.smin > y.smax
        || x.smax < y.smin
        || (!bits32
            && (a.umin32 > b.umax32 || a.umax32 < b.umin32 || a.smin32 > b.smax32 || a.smax32 < b.smin32));
    apart.then_some(false)
}

/// What `a op b` teaches about both on either branch; `same` where both are one register.
pub(crate) fn refine(a: &Bounds, b: &Bounds, op: JmpOp, bits32: bool, same: bool, rules: &Rules) -> Outcome {
    let mut outcome = Outcome { taken: (*a, *b), fallen: (*a, *b) };
    match rules.deduction {
        Deduction::Simple => refine_simple(&mut outcome, op, bits32),
        Deduction::Mixed { .. } => {
            let (x, y) = (&mut outcome.fallen.0, &mut outcome.fallen.1);
            match op.negate() {
                Some(opposite) => learn(x, y, opposite, bits32),
                None => learn_bits_clear(x, y, bits32),
            }
            let (x, y) = (&mut outcome.taken.0, &mut outcome.taken.1);
            learn(x, y, op, bits32);
            for (x, y) in [&mut outcome.fallen, &mut outcome.taken] {
                if same {
                    x.meet_ranges(y);
                    *y = *x;
                }
                for side in [x, y] {
                    side.sync(rules.deduction);
                    side.repair(rules.deduction);
                }
            }
        }
    }
    outcome
}

/// Learns from `a op b` being true.
fn learn(a: &mut Bounds, b: &mut Bounds, op: JmpOp, bits32: bool) {
    match op {
        JmpOp::Ge | JmpOp::Gt | JmpOp::Sge | JmpOp::Sgt => learn(b, a, op.swap(), bits32),
        JmpOp::Eq => learn_equal(a, b, bits32),
        JmpOp::Ne => match (as_const(b, bits32), as_const(a, bits32)) {
            (Some(value), _) => learn_unequal(a, value, bits32),
            (None, Some(value)) => learn_unequal(b, value, bits32),
            _ => {}
        },
        JmpOp::Set => match (as_const(b, bits32), as_const(a, bits32)) {
            (Some(mask), _) => learn_bit_set(a, mask, bits32),
            (None, Some(mask)) => learn_bit_set(b, mask, bits32),
            _ => {}
        },
        JmpOp::Le if bits32 => {
            a.umax32 = a.umax32.min(b.umax32);
            b.umin32 = b.umin32.max(a.umin32);
        }
        JmpOp::Le => {
            a.umax = a.umax.min(b.umax);
            b.umin = b.umin.max(a.umin);
        }
        JmpOp::Lt if bits32 => {
            a.umax32 = a.umax32.min(b.umax32.wrapping_sub(1));
            b.umin32 = b.umin32.max(a.umin32.wrapping_add(1));
        }
        JmpOp::Lt => {
            a.umax = a.umax.min(b.umax.wrapping_sub(1));
            b.umin = b.umin.max(a.umin.wrapping_add(1));
        }
        JmpOp::Sle if bits32 => {
            a.smax32 = a.smax32.min(b.smax32);
            b.smin32 = b.smin32.max(a.smin32);
        }
        JmpOp::Sle => {
            a.smax = a.smax.min(b.smax);
            b.smin = b.smin.max(a.smin);
        }
        JmpOp::Slt if bits32 => {
            a.smax32 = a.smax32.min(b.smax32.wrapping_sub(1));
            b.smin32 = b.smin32.max(a.smin32.wrapping_add(1));
        }
        JmpOp::Slt => {
            a.smax = a.smax.min(b.smax.wrapping_sub(1));
            b.smin = b.smin.max(a.smin.wrapping_add(1));
        }
    }
}

fn learn_equal(a: &mut Bounds, b: &mut Bounds, bits32: bool) {
    if bits32 {
        a.umin32 = a.umin32.max(b.umin32);
        a.umax32 = a.umax32.min(b.umax32);
        a.smin32 = a.smin32.max(b.smin32);
        a.smax32 = a.smax32.min(b.smax32);
        (b.umin32, b.umax32, b.smin32, b.smax32) = (a.umin32, a.umax32, a.smin32, a.smax32);
        let low = a.tnum.subreg().intersect(b.tnum.subreg());
        a.tnum = a.tnum.with_subreg(low);
        b.tnum = b.tnum.with_subreg(low);
    } else {
        a.umin = a.umin.max(b.umin);
        a.umax = a.umax.min(b.umax);
        a.smin = a.smin.max(b.smin);
        a.smax = a.smax.min(b.smax);
        (b.umin, b.umax, b.smin, b.smax) = (a.umin, a.umax, a.smin, a.smax);
        a.tnum = a.tnum.intersect(b.tnum);
        b.tnum = a.tnum;
    }
}

/// Takes `value` off an end of `a`.
fn learn_unequal(a: &mut Bounds, value: u64, bits32: bool) {
    if bits32 {
        let (unsigned, signed) = (value as u32, value as i32);
        if a.umin32 == unsigned {
            a.umin32 = a.umin32.wrapping_add(1);
        }
        if a.umax32 == unsigned {
            a.umax32 = a.umax32.wrapping_sub(1);
        }
        if a.smin32 == signed {
            a.smin32 = a.smin32.wrapping_add(1);
        }
        if a.smax32 == signed {
            a.smax32 = a.smax32.wrapping_sub(1);
        }
    } else {
        if a.umin == value {
            a.umin = a.umin.wrapping_add(1);
        }
        if a.umax == value {
            a.umax = a.umax.wrapping_sub(1);
        }
        if a.smin == value as i64 {
            a.smin = a.smin.wrapping_add(1);
        }
        if a.smax == value as i64 {
            a.smax = a.smax.wrapping_sub(1);
        }
    }
}

/// Some bit of `mask` is set: which, is known only if there is one.
fn learn_bit_set(a: &mut Bounds, mask: u64, bits32: bool) {
    if !mask.is_power_of_two() {
        return;
    }
    if bits32 {
        a.tnum = a.tnum.with_subreg(a.tnum.subreg().or(Tnum::constant(mask)));
    } else {
        a.tnum = a.tnum.or(Tnum::constant(mask));
    }
}

/// No bit of the constant side is set in the other.
fn learn_bits_clear(a: &mut Bounds, b: &mut Bounds, bits32: bool) {
    let (side, mask) = match (as_const(b, bits32), as_const(a, bits32)) {
        (Some(mask), _) => (a, mask),
        (None, Some(mask)) => (b, mask),
        _ => return,
    };
    side.forget_ranges();
    if bits32 {
        side.tnum = side.tnum.with_subreg(side.tnum.subreg().and(Tnum::constant(!mask)));
    } else {
        side.tnum = side.tnum.and(Tnum::constant(!mask));
    }
}

/// The simple verifier learns about one side, and only where the other is a constant, or from 64-bit equality.
fn refine_simple(outcome: &mut Outcome, op: JmpOp, bits32: bool) {
    let (a, b) = outcome.taken;
    let is_const = |side: &Bounds| side.as_const().is_some() || (bits32 && side.as_const32().is_some());
    if is_const(&b) {
        learn_against(&mut outcome.taken.0, &mut outcome.fallen.0, b.tnum.value, op, bits32);
    } else if is_const(&a) {
        learn_against(&mut outcome.taken.1, &mut outcome.fallen.1, a.tnum.value, op.swap(), bits32);
    } else if !bits32 {
        let side = match op {
            JmpOp::Eq => &mut outcome.taken,
            JmpOp::Ne => &mut outcome.fallen,
            _ => return,
        };
        learn_equal(&mut side.0, &mut side.1, false);
        side.1.sync(Deduction::Simple);
        side.0.sync(Deduction::Simple);
    }
}

/// Learns from `x op value` on both branches, as the simple verifier does.
fn learn_against(taken: &mut Bounds, fallen: &mut Bounds, value: u64, op: JmpOp, bits32: bool) {
    let constant = if bits32 { u64::from(value as u32) } else { value };
    match op {
        JmpOp::Eq if bits32 => taken.set_const32(value as u32),
        JmpOp::Eq => taken.set_const(value),
        JmpOp::Ne if bits32 => fallen.set_const32(value as u32),
        JmpOp::Ne => fallen.set_const(value),
        JmpOp::Set => {
            learn_bits_clear(fallen, &mut Bounds::constant(constant), bits32);
            learn_bit_set(taken, constant, bits32);
        }
        _ => {
            learn(taken, &mut Bounds::constant(constant), op, bits32);
            if let Some(opposite) = op.negate() {
                learn(fallen, &mut Bounds::constant(constant), opposite, bits32);
            }
        }
    }
    for side in [fallen, taken] {
        if bits32 {
            side.learn_64_from_32_simple();
        } else {
            side.learn_32_from_64_simple();
        }
    }
}

impl Bounds {
    /// Takes the tighter end of each range.
    fn meet_ranges(&mut self, other: &Bounds) {
        (self.umin, self.umax) = (self.umin.max(other.umin), self.umax.min(other.umax));
        (self.smin, self.smax) = (self.smin.max(other.smin), self.smax.min(other.smax));
        (self.umin32, self.umax32) = (self.umin32.max(other.umin32), self.umax32.min(other.umax32));
        (self.smin32, self.smax32) = (self.smin32.max(other.smin32), self.smax32.min(other.smax32));
    }

    /// What the simple verifier concludes for 64 bits from ranges of 32.
    fn learn_64_from_32_simple(&mut self) {
        if self.tnum.clear_subreg() == Tnum::constant(0) {
            self.zero_extend_32();
        } else {
            self.forget_ranges64();
        }
        self.sync(Deduction::Simple);
    }
}
