//! Branches and loops.

use gobpf_bpf::insn::{AluOp, JmpOp, Size, SourceOperand, Width};

use super::builder::{Builder, FP, Held, KEPT, reg};

/// How deep branches and loops are nested at most.
const MOST_DEPTH: u32 = 3;
/// Where a loop counter lives that is not in a register.
const COUNTER: i16 = -72;

impl Builder<'_> {
    pub fn branch(&mut self) {
        if self.depth >= MOST_DEPTH {
            return self.arithmetic();
        }
        self.depth += 1;
        let taken = self.compare();
        let at_branch = self.held;
        for _ in 0..1 + self.rng.below(3) {
            self.step();
        }
        if self.rng.chance(12) {
            self.leave();
            self.land(taken);
            self.held = at_branch;
        } else if self.rng.chance(40) {
            let over = self.jump();
            self.land(taken);
            let after = self.held;
            self.held = at_branch;
            for _ in 0..1 + self.rng.below(2) {
                self.step();
            }
            self.land(over);
            self.meet(after);
        } else {
            self.land(taken);
            self.meet(at_branch);
        }
        self.depth -= 1;
    }

    /// Several conditions in a row that lead to one place.
    pub fn chain(&mut self) {
        let mut exits = Vec::new();
        let start = self.held;
        let mut meeting = start;
        for _ in 0..2 + self.rng.below(3) {
            exits.push(self.compare());
            let held = self.held;
            self.held = meeting;
            self.meet(held);
            meeting = self.held;
            self.held = held;
            if self.rng.chance(50) {
                self.arithmetic();
            }
        }
        for exit in exits {
            self.land(exit);
        }
        self.meet(meeting);
    }

    pub fn repeat(&mut self) {
        if self.depth >= 2 {
            return self.branch();
        }
        let saved = self.reserved;
        self.depth += 1;
        match self.rng.below(10) {
            0..=4 => self.counted(),
            5 | 6 => self.counted_down(),
            _ => self.until(),
        }
        self.depth -= 1;
        self.reserved = saved;
    }

    /// What the turns of a loop may rely on: kept registers that are not written in it.
    fn enter(&mut self) -> Option<u8> {
        let counter = self.kept_destination()?;
        self.move_imm(counter, 0);
        self.forget_arguments();
        self.reserved[counter as usize] = true;
        for kept in KEPT {
            if self.held[kept as usize] != Held::Nothing {
                self.reserved[kept as usize] = true;
            }
        }
        Some(counter)
    }

    fn body(&mut self) {
        for _ in 0..1 + self.rng.below(3) {
            self.step();
        }
    }

    fn turns(&mut self) -> i32 {
        self.rng.pick(&[1, 2, 3, 5, 10, 16, 30, 60])
    }

    /// `for i := 0; i < N; i++`, tested at the end.
    fn counted(&mut self) {
        let Some(register) = self.enter() else { return self.branch() };
        let in_slot = self.rng.chance(25);
        if in_slot {
            self.store_imm(Size::DW, FP, COUNTER, 0);
            self.held[register as usize] = Held::Nothing;
        }
        let head = self.insns.len();
        self.body();
        if self.rng.chance(30) && !in_slot {
            self.indexed_global(register);
        }
        if in_slot {
            self.load(Size::DW, register, FP, COUNTER, Held::Scalar);
        }
        let step = if self.careful() { self.rng.pick(&[1, 1, 1, 2]) } else { self.rng.pick(&[0, 1, -1]) };
        self.alu_imm(AluOp::Add, register, step);
        if in_slot {
            self.store_reg(Size::DW, FP, COUNTER, register);
        }
        let turns = self.turns();
        let op = self.rng.pick(&[JmpOp::Lt, JmpOp::Slt, JmpOp::Le, JmpOp::Lt]);
        let op = if step == 1 && self.rng.chance(30) { JmpOp::Ne } else { op };
        let width = if self.rng.chance(80) { Width::W64 } else { Width::W32 };
        let back = self.jump_if(width, op, register, SourceOperand::Imm(turns));
        self.land_at(back, head);
    }

    /// `for i := N; i != 0; i--`
    fn counted_down(&mut self) {
        let Some(register) = self.enter() else { return self.branch() };
        let turns = self.turns();
        self.move_imm(register, turns);
        let head = self.insns.len();
        self.body();
        let op = if self.rng.chance(50) { AluOp::Sub } else { AluOp::Add };
        let step = if op == AluOp::Sub { 1 } else { -1 };
        self.alu_imm(op, register, step);
        let op = self.rng.pick(&[JmpOp::Ne, JmpOp::Sgt, JmpOp::Gt]);
        let back = self.jump_if(Width::W64, op, register, SourceOperand::Imm(0));
        self.land_at(back, head);
    }

    /// A loop that ends early when something unknown says so, tested at its head.
    fn until(&mut self) {
        let limit = self.kept_destination().filter(|_| self.rng.chance(60));
        let turns = self.turns();
        if let Some(limit) = limit {
            let number = self.unknown();
            self.move_reg(limit, number);
            self.bound(limit, (turns as u32).next_power_of_two() as i32 - 1);
            self.reserved[limit as usize] = true;
        }
        let Some(register) = self.enter() else { return };
        let head = self.insns.len();
        let source = match limit {
            Some(limit) => SourceOperand::Reg(reg(limit)),
            None => SourceOperand::Imm(turns),
        };
        let done = self.jump_if(Width::W64, JmpOp::Ge, register, source);
        let at_head = self.held;
        self.body();
        let broken = if self.rng.chance(40) { Some((self.compare(), self.held)) } else { None };
        self.alu_imm(AluOp::Add, register, 1);
        let back = self.jump();
        self.land_at(back, head);
        self.land(done);
        self.held = at_head;
        if let Some((broken, held)) = broken {
            self.land(broken);
            self.meet(held);
        }
    }
}
