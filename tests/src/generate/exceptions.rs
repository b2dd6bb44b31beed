//! Steps that throw, and the functions that catch.

use gobpf_bpf::insn::{JmpOp, SourceOperand, Width};

use super::builder::{Builder, Pending};

/// How often what a program throws is caught, in percent.
const CAUGHT: u32 = 60;

impl Builder<'_> {
    /// Throws on a path of its own.
    pub fn throw(&mut self) {
        if !self.since(6, 7) || (self.careful() && !self.owed.is_empty()) {
            return self.arithmetic();
        }
        let scalar = self.scalar();
        let limit = self.rng.constant();
        let over = self.jump_if(Width::W64, JmpOp::Ne, scalar, SourceOperand::Imm(limit));
        let before = self.held;
        let (thrown, wrong) = (self.rng.constant(), self.any());
        if self.careful() {
            self.move_imm(1, thrown);
        } else {
            self.move_reg(1, wrong);
        }
        self.kernel_call("bpf_throw");
        self.land(over);
        self.held = before;
        self.catches |= self.functions.is_empty() && self.rng.chance(CAUGHT);
    }

    /// Has a function that what is thrown is given to; nothing calls it. It comes before all others, or a kernel may crash.
    pub fn catch(&mut self) {
        if !self.catches {
            return;
        }
        self.with_types = true;
        let signature = self.catching();
        let arguments = signature.arguments();
        let function = Pending {
            sites: Vec::new(),
            arguments,
            is_callback: false,
            signature: Some(signature),
            depth: 0,
        };
        self.pending.push(function);
    }
}
