//! What a walk back along a path looks for.

use crate::state::Place;

/// R1 to R5.
pub(super) const ARGUMENTS: u16 = 0x3e;

/// Frames of a call chain at most.
pub(super) const MAX_FRAMES: usize = 8;

/// What matters: registers and slots of each frame, and the frame that the walk is in.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Needed {
    pub regs: [u16; MAX_FRAMES],
    pub slots: [u64; MAX_FRAMES],
    pub frame: u8,
}

/// The numbers of the bits that are set, in order.
fn bits(mut left: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (left != 0).then(|| left.trailing_zeros())?;
        left &= left - 1;
        Some(bit)
    })
}

impl Needed {
    pub fn in_frame(frame: u8) -> Needed {
        Needed { frame: frame.min(MAX_FRAMES as u8 - 1), ..Needed::default() }
    }

    #[cfg(test)]
    pub fn of_reg(reg: u8) -> Needed {
        let mut needed = Needed::in_frame(0);
        needed.add_reg(reg);
        needed
    }

    pub fn is_empty(&self) -> bool {
        self.regs.iter().all(|regs| *regs == 0) && self.slots.iter().all(|slots| *slots == 0)
    }

    /// Registers of the current frame.
    pub fn current(&mut self) -> &mut u16 {
        &mut self.regs[usize::from(self.frame) % MAX_FRAMES]
    }

    pub fn current_slots(&self) -> u64 {
        self.slots[usize::from(self.frame) % MAX_FRAMES]
    }

    pub fn has_reg(&self, reg: u8) -> bool {
        self.has(Place::Reg(self.frame, reg))
    }

    pub fn add_reg(&mut self, reg: u8) {
        self.add(Place::Reg(self.frame, reg));
    }

    pub fn remove_reg(&mut self, reg: u8) {
        self.remove(Place::Reg(self.frame, reg));
    }

    pub fn has(&self, place: Place) -> bool {
        match place {
            Place::Reg(frame, reg) => self.regs[usize::from(frame) % MAX_FRAMES] & Self::reg_bit(reg) != 0,
            Place::Slot(frame, slot) => {
                self.slots[usize::from(frame) % MAX_FRAMES] & Self::slot_bit(slot) != 0
            }
        }
    }

    pub fn add(&mut self, place: Place) {
        match place {
            Place::Reg(frame, reg) => self.regs[usize::from(frame) % MAX_FRAMES] |= Self::reg_bit(reg),
            Place::Slot(frame, slot) => self.slots[usize::from(frame) % MAX_FRAMES] |= Self::slot_bit(slot),
        }
    }

    pub fn remove(&mut self, place: Place) {
        match place {
            Place::Reg(frame, reg) => self.regs[usize::from(frame) % MAX_FRAMES] &= !Self::reg_bit(reg),
            Place::Slot(frame, slot) => self.slots[usize::from(frame) % MAX_FRAMES] &= !Self::slot_bit(slot),
        }
    }

    fn reg_bit(reg: u8) -> u16 {
        1u16.checked_shl(u32::from(reg)).unwrap_or(0)
    }

    fn slot_bit(slot: usize) -> u64 {
        1u64.checked_shl(slot as u32).unwrap_or(0)
    }

    /// All of it, the current frame's first and then its callers'.
    pub fn places(self) -> impl Iterator<Item = Place> {
        (0..MAX_FRAMES as u8).rev().filter(move |frame| self.touches(*frame)).flat_map(move |frame| {
            let (regs, slots) = (self.regs[usize::from(frame)], self.slots[usize::from(frame)]);
            let regs = bits(u64::from(regs)).map(move |reg| Place::Reg(frame, reg as u8));
            regs.chain(bits(slots).map(move |slot| Place::Slot(frame, slot as usize)))
        })
    }

    fn touches(&self, frame: u8) -> bool {
        let frame = usize::from(frame) % MAX_FRAMES;
        self.regs[frame] != 0 || self.slots[frame] != 0
    }
}
