//! Steps on memory: the stack, values of maps, the context; loads, stores and atomic operations.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, SourceOperand, Width, mode};

use super::builder::{Builder, CONTEXT, FP, Held, reg};
use super::kinds::{Context, Field};
use super::world::GLOBALS;

const SIZES: [Size; 4] = [Size::B, Size::H, Size::W, Size::DW];
/// What atomic operations are in the `imm` field: add, or, and, xor, each with and without fetching; xchg; cmpxchg.
const ATOMIC_OPERATIONS: [i32; 10] = [0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1];
/// The same since 6.15: load acquire, store release.
const ORDERED: [i32; 2] = [0x100, 0x110];
/// Bytes of stack that programs use, most of the time.
const FRAME: i32 = 64;

impl Builder<'_> {
    pub fn size(&mut self) -> Size {
        self.rng.pick(&SIZES)
    }

    /// A place on the stack that fits an access of `size`: aligned, most of the time.
    fn slot(&mut self, size: Size) -> i16 {
        let bytes = size.bytes() as i32;
        let place = 1 + self.rng.below((FRAME / bytes) as usize) as i32;
        let mut off = -(place * bytes);
        if !self.careful() {
            off += self.rng.pick(&[1, -1, 4, -480, -512, 64]);
        }
        off as i16
    }

    pub fn stack(&mut self) {
        match self.rng.below(8) {
            0 | 1 => {
                let src = self.any();
                let is_number = self.held[src as usize] == Held::Scalar;
                let size = if is_number { self.size() } else { Size::DW };
                let off = self.slot(size);
                self.store_reg(size, FP, off, src);
                if self.rng.chance(50) && size == Size::DW {
                    self.fill(off, src);
                }
            }
            2 => {
                let size = self.size();
                let (off, value) = (self.slot(size), self.rng.constant());
                self.store_imm(size, FP, off, value);
            }
            3 | 4 => {
                let size = self.size();
                let off = self.slot(size);
                if self.careful() {
                    let value = self.rng.constant();
                    self.store_imm(Size::DW, FP, off & !7, value);
                }
                let dst = self.destination();
                self.load_number(size, dst, FP, off);
            }
            _ => self.variable_stack(),
        }
    }

    /// Reads back what was spilled, or a part of it.
    fn fill(&mut self, off: i16, src: u8) {
        let held = self.held[src as usize];
        if self.rng.chance(50) {
            self.step();
        }
        let dst = self.destination();
        if held == Held::Scalar && self.rng.chance(40) {
            let size = self.size();
            self.load_number(size, dst, FP, off);
        } else {
            self.load(Size::DW, dst, FP, off, held);
        }
    }

    /// A load of a number, with its sign or without.
    pub fn load_number(&mut self, size: Size, dst: u8, src: u8, off: i16) {
        let mut insn = Insn::load(size, reg(dst), reg(src), off);
        if self.has_v4() && size != Size::DW && self.rng.chance(20) {
            insn.code = (insn.code & 0x1f) | mode::MEMSX;
        }
        self.emit(insn);
        self.held[dst as usize] = Held::Scalar;
    }

    /// An access to the stack at a place that a number decides.
    fn variable_stack(&mut self) {
        let start = self.rng.pick(&[-32, -24, -16, -40]);
        if self.careful() {
            for off in (start..start + 24).step_by(8).filter(|off| *off < 0) {
                self.store_imm(Size::DW, FP, off as i16, 0);
            }
        }
        let index = self.free_scalar();
        let limit = self.rng.pick(&[7, 8, 15, 16]);
        self.bound(index, limit);
        let base = self.destination();
        if base == index {
            return;
        }
        self.stack_address(base, start);
        self.alu_reg(AluOp::Add, base, index);
        let size = self.rng.pick(&[Size::B, Size::B, Size::B, Size::DW]);
        if self.rng.chance(50) {
            self.store_number(size, base, 0);
        } else {
            let dst = self.destination();
            self.load_number(size, dst, base, 0);
        }
    }

    fn store_number(&mut self, size: Size, base: u8, off: i16) {
        if self.rng.chance(30) {
            let value = self.rng.constant();
            self.store_imm(size, base, off, value);
        } else if let Some(src) = self.find(|held| held == Held::Scalar) {
            self.store_reg(size, base, off, src);
        }
    }

    /// The address of a global.
    pub fn global(&mut self) -> u8 {
        let dst = self.destination();
        let (map, bytes) = self.rng.pick(&GLOBALS);
        let offset = match self.rng.below(4) {
            0 => self.rng.below(bytes as usize + 2) as u32,
            1 => self.rng.below(bytes as usize / 8) as u32 * 8,
            _ => 0,
        };
        self.load_global(dst, map, bytes, offset);
        dst
    }

    /// Uses a value of a map: at a constant place, or at one that a number decides.
    pub fn value(&mut self) {
        let known = self.find(|held| matches!(held, Held::Value(_) | Held::Memory(_) | Held::Constant(_)));
        let base = match known {
            _ if !self.careful() && self.rng.chance(30) => self.any(),
            Some(base) if self.rng.chance(70) => base,
            _ => self.global(),
        };
        let bytes = match self.held[base as usize] {
            Held::Value(bytes) | Held::Memory(bytes) | Held::Constant(bytes) => bytes,
            _ => 16,
        };
        if self.rng.chance(40) {
            self.indexed(base, bytes);
        } else {
            self.access(base, bytes);
        }
    }

    /// An access to a global of which `index` decides the place.
    pub fn indexed_global(&mut self, index: u8) {
        let base = self.destination();
        if base == index {
            return;
        }
        let (map, bytes) = self.rng.pick(&GLOBALS);
        self.load_global(base, map, bytes, 0);
        self.alu_reg(AluOp::Add, base, index);
        let dst = self.destination();
        self.load_number(Size::B, dst, base, 0);
    }

    fn indexed(&mut self, base: u8, bytes: u32) {
        let index = self.free_scalar();
        let size = self.size();
        let room = bytes.saturating_sub(size.bytes()) as i32;
        let limit = if self.careful() { room } else { room + self.rng.pick(&[1, 7, 100]) };
        let power = (limit as u32 + 2).next_power_of_two() as i32 / 2 - 1;
        let limit = if self.rng.chance(50) { power } else { limit };
        self.bound(index, limit);
        let moved = self.destination();
        if moved == base || moved == index || self.reserved[moved as usize] {
            return;
        }
        self.move_reg(moved, base);
        let part = match self.held[base as usize] {
            Held::Constant(_) => Held::Constant(size.bytes()),
            _ => Held::Value(size.bytes()),
        };
        let op = if self.rng.chance(94) { AluOp::Add } else { AluOp::Sub };
        if self.rng.chance(50) {
            self.alu_reg(op, moved, index);
        } else {
            self.alu_reg(AluOp::Add, index, moved);
            self.held[index as usize] = part;
            return self.touch(index, size, 0);
        }
        self.held[moved as usize] = part;
        self.touch(moved, size, 0);
    }

    /// An access of any size within `bytes` bytes; a little beside it, where careless.
    fn access(&mut self, base: u8, bytes: u32) {
        let size = self.size();
        let room = bytes.saturating_sub(size.bytes()) as usize;
        let mut off = self.rng.below(room + 1) as i16;
        if self.rng.chance(70) {
            off &= -(size.bytes() as i16);
        }
        if !self.careful() {
            off += self.rng.pick(&[1, -1, 8, 16]);
        }
        self.touch(base, size, off);
    }

    /// A load, a store, or an atomic operation.
    pub fn touch(&mut self, base: u8, size: Size, off: i16) {
        let held = self.held[base as usize];
        let any = !self.careful();
        let choices = match held {
            Held::Constant(_) if !any => 5,
            _ if !any && (held.is_packet() || i32::from(off) % size.bytes() as i32 != 0) => 8,
            _ => 10,
        };
        match self.rng.below(choices) {
            0..=4 => {
                let dst = self.destination();
                self.load_number(size, dst, base, off);
            }
            5..=7 => self.store_number(size, base, off),
            _ => self.atomic(base, size, off),
        }
    }

    fn atomic(&mut self, base: u8, size: Size, off: i16) {
        let Some(src) = self.find(|held| held == Held::Scalar) else { return };
        let is_ordered = self.since(6, 15) && self.rng.chance(12);
        let operation = self.rng.pick(if is_ordered { &ORDERED[..] } else { &ATOMIC_OPERATIONS[..] });
        if operation == ORDERED[0] {
            let dst = self.destination();
            let mut insn = Insn::store(size, reg(dst), off, SourceOperand::Reg(reg(base)));
            (insn.code, insn.imm) = ((insn.code & 0x1f) | mode::ATOMIC, operation);
            self.held[dst as usize] = Held::Scalar;
            return self.emit(insn);
        }
        let fits = is_ordered || matches!(size, Size::W | Size::DW) || !self.careful();
        let size = if fits { size } else { Size::W };
        if operation == 0xf1 && self.held[0] != Held::Scalar && self.careful() {
            if self.reserved[0] || base == 0 {
                return;
            }
            self.move_imm(0, 0);
        }
        let mut insn = Insn::store(size, reg(base), off, SourceOperand::Reg(reg(src)));
        insn.code = (insn.code & 0x1f) | mode::ATOMIC;
        insn.imm = operation;
        self.emit(insn);
    }

    /// An atomic operation on the stack.
    pub fn atomic_stack(&mut self) {
        let size = self.rng.pick(&[Size::W, Size::DW]);
        let off = self.slot(size);
        if self.careful() {
            let value = self.rng.constant();
            self.store_imm(Size::DW, FP, off & !7, value);
        }
        self.atomic(FP, size, off);
    }

    /// Memory of a function further up: what is stored there, and read back.
    pub fn other_frame(&mut self) {
        let Some(pointer) = self.find(|held| held == Held::Stack).filter(|found| *found != FP) else {
            return self.stack();
        };
        let off = self.rng.pick(&[0, 0, 0, -8, 8]);
        let src = if self.rng.chance(25) { self.rng.pick(&[FP, pointer]) } else { self.any() };
        let is_number = self.held[src as usize] == Held::Scalar;
        let is_of_stack = self.held[src as usize] == Held::Stack;
        match self.rng.below(4) {
            0 | 1 if !(is_of_stack && self.careful()) => {
                let size = if is_number { self.size() } else { Size::DW };
                self.store_reg(size, pointer, off, src);
                if self.rng.chance(50) {
                    let dst = self.destination();
                    self.load(Size::DW, dst, pointer, off, self.held[src as usize]);
                }
            }
            2 => {
                let (size, dst) = (self.size(), self.destination());
                if dst != pointer {
                    self.load_number(size, dst, pointer, off);
                }
            }
            _ => {
                let (size, value) = (self.size(), self.rng.constant());
                self.store_imm(size, pointer, off, value);
            }
        }
    }

    /// Reads the context, or writes it.
    pub fn context(&mut self) {
        if !self.has_context {
            return self.arithmetic();
        }
        match &self.kind.context {
            Context::Fields(fields) => self.context_field(fields),
            Context::Bytes(from, bytes, writable) => self.context_bytes(*from, *bytes, *writable),
        }
    }

    fn context_field(&mut self, fields: &[Field]) {
        let (mut off, bytes, held, writable) = self.rng.pick(fields);
        let mut size = Size::of_bytes(u32::from(bytes)).unwrap_or(Size::W);
        let careful = self.careful();
        if !careful {
            off = self.rng.below(64) as i16 * 4 + self.rng.pick(&[0, 0, 0, 1, 2, -4]);
            size = self.size();
        } else if held == Held::Scalar && bytes == 4 && self.rng.chance(15) {
            size = self.rng.pick(&[Size::B, Size::H]);
        }
        if (writable && self.rng.chance(30)) || (!careful && self.rng.chance(40)) {
            let size = if careful { Size::of_bytes(u32::from(bytes)).unwrap_or(Size::W) } else { size };
            return self.store_context(size, off);
        }
        let dst = if held == Held::Scalar {
            self.destination()
        } else {
            self.kept_destination().unwrap_or_else(|| self.destination())
        };
        self.load(size, dst, CONTEXT, off, if careful { held } else { Held::Scalar });
        if held.is_nullable() && careful {
            self.checked_field(dst, held);
        }
    }

    /// A check that the pointer of a context's field is not null, and a use of it.
    fn checked_field(&mut self, pointer: u8, held: Held) {
        let null = self.jump_if(Width::W64, JmpOp::Eq, pointer, SourceOperand::Imm(0));
        let before = self.held;
        self.held[pointer as usize] = held.checked();
        let saved = self.reserved;
        self.reserved[pointer as usize] = true;
        for _ in 0..1 + self.rng.below(2) {
            match held {
                Held::SocketOrNull(_) if self.rng.chance(50) => self.socket_field(),
                Held::TaskOrNull if self.rng.chance(50) => self.kernel_field(),
                _ => self.helper(),
            }
        }
        self.reserved = saved;
        self.land(null);
        self.meet(before);
        self.held[pointer as usize] = Held::Nothing;
    }

    fn store_context(&mut self, size: Size, off: i16) {
        match self.find(|held| held == Held::Scalar) {
            Some(src) if self.rng.chance(70) => self.store_reg(size, CONTEXT, off, src),
            _ => {
                // Storing a constant came with 6.6.
                let value = self.rng.constant();
                self.store_imm(size, CONTEXT, off, value);
            }
        }
    }

    fn context_bytes(&mut self, from: i16, count: i16, writable: bool) {
        let size = if self.careful() && !writable && from == 0 { Size::DW } else { self.size() };
        let bytes = size.bytes() as i16;
        let mut off = (from + self.rng.below((count - from) as usize) as i16) & -bytes;
        if !self.careful() {
            off += self.rng.pick(&[1, -128, 2, 8190]);
        }
        let dst = self.destination();
        let writes = if writable { self.rng.chance(40) } else { !self.careful() && self.rng.chance(50) };
        if writes {
            self.store_context(size, off);
        } else {
            self.load_number(size, dst, CONTEXT, off);
        }
    }

    /// Arithmetic on pointers, most of it not allowed.
    pub fn pointers(&mut self) {
        if self.careful() {
            return self.arithmetic();
        }
        let dst = self.destination();
        let Some(pointer) = self.find(|held| held != Held::Nothing && held != Held::Scalar) else { return };
        self.move_reg(dst, pointer);
        let op = self.rng.pick(&[AluOp::Add, AluOp::Sub, AluOp::And, AluOp::Mul, AluOp::Rsh, AluOp::Mov]);
        let width = self.rng.pick(&[Width::W64, Width::W64, Width::W32]);
        let source = if self.rng.chance(50) {
            SourceOperand::Imm(self.rng.constant())
        } else {
            SourceOperand::Reg(reg(self.any()))
        };
        self.emit(Insn::alu(width, op, reg(dst), source));
        if self.rng.chance(30) {
            let size = self.size();
            self.touch(dst, size, 0);
        }
    }
}
