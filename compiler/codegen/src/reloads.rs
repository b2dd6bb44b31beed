//! Reloads from spill slots of what a register still holds.
//!
//! They go for more than their cost: older verifiers know a spilled number apart from the register that it came from, so
//! that a bound which a comparison has just shown for the register is lost by a reload.

use gobpf_bpf::Reg;
use gobpf_bpf::insn::{Insn, Size, SourceOperand, Width};

use crate::written::Written;

/// Registers of the machine, the frame pointer left out.
const REGISTERS: usize = 10;

/// Which spill slot each register holds the value of, by the slot's offset from the frame pointer.
#[derive(Clone, Default)]
pub(crate) struct Held([Option<i16>; REGISTERS]);

impl Held {
    /// What registers hold where two ways meet.
    pub(crate) fn common(mut self, other: &Held) -> Held {
        for (held, other) in self.0.iter_mut().zip(&other.0) {
            *held = held.filter(|offset| *other == Some(*offset));
        }
        self
    }

    /// `reg` has another value now.
    pub(crate) fn written(&mut self, reg: Reg) {
        self.set(reg, None);
    }

    /// A function was called: R0 to R5 are lost, and what it has written.
    pub(crate) fn called(&mut self, written: Written) {
        for (number, held) in self.0.iter_mut().enumerate() {
            *held = held.filter(|_| number > 5 && written.registers & 1 << number == 0);
        }
    }

    /// `to = from`.
    pub(crate) fn moved(&mut self, from: Reg, to: Reg) {
        let held = self.0.get(usize::from(from.number())).copied().flatten();
        self.set(to, held);
    }

    /// `from` was stored to the spill slot at `offset`.
    pub(crate) fn spilled(&mut self, from: Reg, offset: i16) {
        for held in &mut self.0 {
            *held = held.filter(|known| *known != offset);
        }
        self.set(from, Some(offset));
    }

    /// The instruction that brings the spill slot at `offset` back into `to`; none where it is there already.
    pub(crate) fn reload(&mut self, to: Reg, offset: i16) -> Option<Insn> {
        if self.0.get(usize::from(to.number())).copied().flatten() == Some(offset) {
            return None;
        }
        let holder = self.0.iter().position(|held| *held == Some(offset));
        self.set(to, Some(offset));
        Some(match holder.and_then(|number| Reg::new(number as u8)) {
            Some(from) => Insn::mov(Width::W64, to, SourceOperand::Reg(from)),
            None => Insn::load(Size::DW, to, Reg::FP, offset),
        })
    }

    fn set(&mut self, reg: Reg, held: Option<i16>) {
        if let Some(place) = self.0.get_mut(usize::from(reg.number())) {
            *place = held;
        }
    }
}
