//! Steps on packets: pointers, checks against the end, accesses, loops over bytes.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Reg, Size, SourceOperand, Width, class, mode};

use super::builder::{Builder, CONTEXT, Held, reg};

/// Conditions of `pointer op end` that jump when the packet is too short, and those that jump when it is long enough.
const TOO_SHORT: [JmpOp; 2] = [JmpOp::Gt, JmpOp::Ge];
const LONG_ENOUGH: [JmpOp; 2] = [JmpOp::Le, JmpOp::Lt];

/// Registers of a packet: its start and its end.
struct Packet {
    start: u8,
    end: u8,
}

impl Builder<'_> {
    /// Loads a packet's start and end, or its metadata's, into kept registers if there are two free.
    fn packet_pointers(&mut self) -> Option<Packet> {
        let fields = self.kind.packet.filter(|_| self.has_context)?;
        let start = self.kept_destination().unwrap_or_else(|| self.destination());
        let end = self.destination();
        if start == end {
            return None;
        }
        let meta = fields.meta.filter(|_| self.rng.chance(12));
        let (from, to) = meta.map_or((fields.data, fields.end), |meta| (meta, fields.data));
        let pointers =
            if meta.is_some() { (Held::Meta, Held::Packet) } else { (Held::Packet, Held::PacketEnd) };
        self.load(fields.size, start, CONTEXT, from, pointers.0);
        let to = if self.careful() { to } else { self.rng.pick(&[fields.data, fields.end, 12]) };
        self.load(fields.size, end, CONTEXT, to, pointers.1);
        Some(Packet { start, end })
    }

    pub fn packet(&mut self) {
        let Some(packet) = self.packet_pointers() else { return };
        if self.rng.chance(35) {
            let index = self.free_scalar();
            if index == packet.start || index == packet.end {
                return;
            }
            let limit = self.rng.pick(&[0xff, 0xf, 0x7fff, 0xffff, 60]);
            self.bound(index, limit);
            if index == packet.start || index == packet.end || self.held[packet.end as usize] == Held::Nothing
            {
                return;
            }
            self.alu_reg(AluOp::Add, packet.start, index);
        }
        let bytes = self.rng.pick(&[1, 14, 34, 8, 20, 54]);
        let Some(checked) = self.packet_check(&packet, bytes) else { return };
        let before = self.held;
        for _ in 0..1 + self.rng.below(3) {
            self.packet_access(packet.start, bytes);
            if self.rng.chance(20) {
                self.step();
            }
            if self.held[packet.start as usize] != before[packet.start as usize] {
                break;
            }
        }
        if checked != self.insns.len() {
            self.land(checked);
        }
        self.meet(before);
    }

    /// A check that `bytes` bytes are there; what it gives is a jump to be landed where the packet is too short.
    fn packet_check(&mut self, packet: &Packet, bytes: i32) -> Option<usize> {
        let moved = self.destination();
        if moved == packet.start || moved == packet.end {
            return None;
        }
        self.move_reg(moved, packet.start);
        self.alu_imm(AluOp::Add, moved, bytes);
        let swapped = self.rng.chance(25);
        let (left, right) = if swapped { (packet.end, moved) } else { (moved, packet.end) };
        let jumps_if_short = self.rng.chance(65);
        let mut op = if jumps_if_short { self.rng.pick(&TOO_SHORT) } else { self.rng.pick(&LONG_ENOUGH) };
        if !self.careful() {
            op = self.rng.pick(&JmpOp::ALL);
        }
        let op = if swapped { op.swap() } else { op };
        let check = self.jump_if(Width::W64, op, left, SourceOperand::Reg(reg(right)));
        if jumps_if_short {
            return Some(check);
        }
        let short = self.jump();
        self.land(check);
        Some(short)
    }

    fn packet_access(&mut self, start: u8, bytes: i32) {
        let size = self.size();
        let room = (bytes - size.bytes() as i32).max(0);
        let mut off = self.rng.below(room as usize + 1) as i16;
        if !self.careful() {
            off = self.rng.pick(&[bytes as i16, -1, bytes as i16 - 1]);
        }
        if self.kind.packet.is_some_and(|packet| packet.writable) || !self.careful() {
            self.touch(start, size, off);
        } else {
            let dst = self.destination();
            self.load_number(size, dst, start, off);
        }
    }

    /// Loads from a packet in the old way, which ends the program where the packet is too short.
    pub fn old_load(&mut self) {
        if !self.has_context || !self.owed.is_empty() && self.careful() {
            return self.arithmetic();
        }
        if self.in_function && self.careful() {
            return self.arithmetic();
        }
        let size = if self.careful() { self.rng.pick(&[Size::B, Size::H, Size::W]) } else { self.size() };
        let off = self.rng.pick(&[0, 12, 14, 23, 30, -0x100000]);
        let by = self.kept_number().filter(|_| self.rng.chance(40));
        let mode = if by.is_some() { mode::IND } else { mode::ABS };
        let code = class::LD | mode | (Insn::load(size, Reg::R0, Reg::R0, 0).code & 0x18);
        self.emit(Insn { code, dst: 0, src: by.unwrap_or(0), off: 0, imm: off });
        self.forget_arguments();
        self.held[0] = Held::Scalar;
    }

    fn kept_number(&self) -> Option<u8> {
        super::builder::KEPT.into_iter().find(|number| self.held[*number as usize] == Held::Scalar)
    }

    /// A loop over the bytes of a packet, with a limit and a check a turn.
    pub fn packet_loop(&mut self) {
        let saved = self.reserved;
        let Some(packet) = self.packet_pointers() else { return };
        let Some(count) =
            self.kept_destination().filter(|count| *count != packet.start && *count != packet.end)
        else {
            return;
        };
        if packet.end < 6 || packet.start < 6 {
            return;
        }
        self.reserved[packet.start as usize] = true;
        self.reserved[packet.end as usize] = true;
        self.reserved[count as usize] = true;
        let turns = self.rng.pick(&[2, 4, 8, 20]);
        self.move_imm(count, 0);
        self.forget_arguments();
        let head = self.insns.len();
        let at_head = self.held;
        let enough = self.jump_if(Width::W64, JmpOp::Ge, count, SourceOperand::Imm(turns));
        let step = self.rng.pick(&[1, 1, 2, 8]);
        let Some(short) = self.packet_check(&packet, step) else {
            self.reserved = saved;
            self.land(enough);
            return;
        };
        self.packet_access(packet.start, step);
        if self.rng.chance(50) {
            self.step();
        }
        self.alu_imm(AluOp::Add, packet.start, step);
        self.alu_imm(AluOp::Add, count, 1);
        let back = self.jump();
        self.land_at(back, head);
        self.land(enough);
        self.land(short);
        self.reserved = saved;
        self.held = at_head;
        self.forget_arguments();
        self.held[packet.start as usize] = Held::Packet;
    }

    /// Compares two pointers, or a pointer with null.
    pub fn pointer_compare(&mut self) {
        let Some(left) = self.find(|held| !matches!(held, Held::Nothing | Held::Scalar)) else { return };
        let source = if self.rng.chance(50) {
            SourceOperand::Imm(0)
        } else {
            SourceOperand::Reg(Reg::new(self.any()).unwrap_or(Reg::FP))
        };
        let op = self.rng.pick(&[JmpOp::Eq, JmpOp::Ne, JmpOp::Gt, JmpOp::Lt]);
        let jump = self.jump_if(Width::W64, op, left, source);
        let before = self.held;
        self.step();
        self.land(jump);
        self.meet(before);
    }
}
