//! Steps on numbers: constants, arithmetic, what narrows a range, registers that share a value.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, SourceOperand, Width, class};

use super::builder::{Builder, FP, Held, reg};

/// Helpers that give any number and take nothing: `ktime_get_ns`, `get_prandom_u32`, `jiffies64`.
const UNKNOWN_NUMBERS: [u32; 3] = [5, 7, 118];

/// Conditions that bound a number from above for the path that goes on, by whether that is the path that jumps.
pub(super) const UPPER: [(JmpOp, bool); 4] =
    [(JmpOp::Gt, true), (JmpOp::Ge, true), (JmpOp::Lt, false), (JmpOp::Le, false)];

impl Builder<'_> {
    pub fn width(&mut self) -> Width {
        if self.rng.chance(60) { Width::W64 } else { Width::W32 }
    }

    /// A register with a number, made where there is none.
    pub fn scalar(&mut self) -> u8 {
        if self.rng.chance(75)
            && let Some(found) = self.find(|held| held == Held::Scalar)
        {
            return found;
        }
        match self.rng.below(6) {
            0 | 1 => {
                let dst = self.destination();
                let value = self.rng.constant();
                self.move_imm(dst, value);
                dst
            }
            2 => {
                let dst = self.destination();
                let value = self.rng.wide();
                self.load_wide(dst, value);
                dst
            }
            _ => self.unknown(),
        }
    }

    /// A register with a number that nothing is known of.
    pub fn unknown(&mut self) -> u8 {
        let helper = self.rng.pick(&UNKNOWN_NUMBERS);
        self.emit(Insn::call(helper));
        self.forget_arguments();
        self.held[0] = Held::Scalar;
        match self.kept_destination() {
            Some(kept) if self.rng.chance(60) => {
                self.move_reg(kept, 0);
                kept
            }
            _ => 0,
        }
    }

    /// A number that may be changed in place: not one that a loop counts with.
    pub fn free_scalar(&mut self) -> u8 {
        let found = self.scalar();
        if !self.reserved[found as usize] {
            return found;
        }
        let dst = self.destination();
        self.move_reg(dst, found);
        dst
    }

    pub fn arithmetic(&mut self) {
        let dst = self.free_scalar();
        let op = self.rng.pick(&AluOp::ALL);
        let width = self.width();
        match op {
            AluOp::Neg => self.emit(Insn::alu(width, op, reg(dst), SourceOperand::Imm(0))),
            AluOp::End => self.swap_bytes(dst),
            AluOp::Mov => self.move_number(width, dst),
            _ => {
                let source = self.operand(op, width, dst);
                let mut insn = Insn::alu(width, op, reg(dst), source);
                if matches!(op, AluOp::Div | AluOp::Mod) && self.has_v4() && self.rng.chance(30) {
                    insn.off = 1; // signed
                }
                self.emit(insn);
            }
        }
    }

    fn operand(&mut self, op: AluOp, width: Width, dst: u8) -> SourceOperand {
        if self.rng.chance(45) {
            let source = self.find(|held| held == Held::Scalar).unwrap_or(dst);
            return SourceOperand::Reg(reg(source));
        }
        let value = self.rng.constant();
        let bits = if width == Width::W64 { 64 } else { 32 };
        SourceOperand::Imm(match op {
            AluOp::Lsh | AluOp::Rsh | AluOp::Arsh if self.careful() => self.rng.below(bits) as i32,
            AluOp::Div | AluOp::Mod if value == 0 && self.careful() => 3,
            AluOp::And if self.rng.chance(50) => self.rng.pick(&[1, 3, 7, 0xf, 0xff, 0x3f, -8]),
            _ => value,
        })
    }

    fn swap_bytes(&mut self, dst: u8) {
        let (big, bits) = (self.rng.chance(50), self.rng.pick(&[16, 32, 64]));
        let mut insn = Insn::endian(reg(dst), big, bits);
        if self.has_v4() && self.rng.chance(30) {
            insn.code = class::ALU64 | AluOp::End as u8; // bswap
        }
        self.emit(insn);
    }

    fn move_number(&mut self, width: Width, src: u8) {
        let dst = self.destination();
        let mut insn = Insn::mov(width, reg(dst), SourceOperand::Reg(reg(src)));
        if self.has_v4() && self.rng.chance(35) {
            insn.off = self.rng.pick(if width == Width::W64 { &[8, 16, 32] } else { &[8, 16, 8] });
        }
        self.emit(insn);
        self.held[dst as usize] = Held::Scalar;
    }

    /// Has a number be at most about `limit`, in one of the ways that compilers do it.
    pub fn bound(&mut self, number: u8, limit: i32) {
        if !self.careful() {
            return;
        }
        match self.rng.below(6) {
            0 | 1 if (limit as u32).saturating_add(1).is_power_of_two() => {
                self.alu_imm(AluOp::And, number, limit);
            }
            2 if self.rng.chance(30) => {
                // Verifiers before 6.19 or so learn nothing from it.
                self.alu_imm(AluOp::Mod, number, limit.saturating_add(1).max(1));
            }
            3 if limit == 0xff => self.alu_imm(AluOp::And, number, 0xff),
            4 => {
                // A signed range from 0.
                let low = self.jump_if(Width::W64, JmpOp::Slt, number, SourceOperand::Imm(0));
                let high = self.jump_if(Width::W64, JmpOp::Sle, number, SourceOperand::Imm(limit));
                self.land(low);
                self.leave();
                self.land(high);
            }
            _ => {
                let (op, jumps) = self.rng.pick(&UPPER);
                let width = if self.rng.chance(92) { Width::W64 } else { Width::W32 };
                let limit = if matches!(op, JmpOp::Ge | JmpOp::Lt) { limit.saturating_add(1) } else { limit };
                let check = self.jump_if(width, op, number, SourceOperand::Imm(limit));
                if jumps {
                    let past = self.jump();
                    self.land(check);
                    self.leave();
                    self.land(past);
                } else {
                    self.leave();
                    self.land(check);
                }
            }
        }
    }

    /// Two registers with one value, or with values a constant apart; one is compared, the other one used.
    pub fn linked(&mut self) {
        let first = self.scalar();
        let second = self.destination();
        if first == second {
            return;
        }
        let width = if self.rng.chance(85) { Width::W64 } else { Width::W32 };
        self.emit(Insn::mov(width, reg(second), SourceOperand::Reg(reg(first))));
        self.held[second as usize] = Held::Scalar;
        if self.rng.chance(50) {
            let op = if self.rng.chance(80) { AluOp::Add } else { AluOp::Sub };
            let (width, value) = (self.width(), self.rng.pick(&[1, 4, -1, 8, 1000]));
            self.emit(Insn::alu(width, op, reg(second), SourceOperand::Imm(value)));
        }
        if self.rng.chance(30) {
            self.store_reg(Size::DW, FP, -8, first);
        }
        let compared = self.rng.pick(&[first, second]);
        let limit = self.rng.pick(&[4, 8, 15, 31, 63]);
        let kept = self.held;
        self.bound(compared, limit);
        self.held = kept;
        let used = self.rng.pick(&[first, second]);
        self.indexed_global(used);
    }

    /// A number is compared with another one, and what is known then decides a third thing.
    pub fn compare(&mut self) -> usize {
        let dst = self.scalar();
        let op = self.rng.pick(&JmpOp::ALL);
        let width = self.width();
        let source = if self.rng.chance(60) {
            SourceOperand::Imm(self.rng.constant())
        } else {
            let other = self.find(|held| held == Held::Scalar).unwrap_or(dst);
            SourceOperand::Reg(reg(other))
        };
        self.jump_if(width, op, dst, source)
    }
}
