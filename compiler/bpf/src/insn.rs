//! One instruction slot, its encoding, and constructors (RFC 9669; `linux/bpf.h`).

use std::fmt;

/// A register, R0 to R10.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reg(u8);

#[allow(missing_docs)]
impl Reg {
    pub const R0: Reg = Reg(0);
    pub const R1: Reg = Reg(1);
    pub const R2: Reg = Reg(2);
    pub const R3: Reg = Reg(3);
    pub const R4: Reg = Reg(4);
    pub const R5: Reg = Reg(5);
    pub const R6: Reg = Reg(6);
    pub const R7: Reg = Reg(7);
    pub const R8: Reg = Reg(8);
    pub const R9: Reg = Reg(9);
    /// The frame pointer.
    pub const FP: Reg = Reg(10);

    /// Register `number`, 0 to 10.
    pub const fn new(number: u8) -> Option<Reg> {
        if number <= 10 { Some(Reg(number)) } else { None }
    }

    /// 0 to 10.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

/// One 8-byte slot, as the kernel's `struct bpf_insn`. Fields hold any value: what is valid is the verifier's matter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Insn {
    /// Opcode: class, and source and operation or size and mode.
    pub code: u8,
    /// Destination register, 0 to 15.
    pub dst: u8,
    /// Source register, or a pseudo source, 0 to 15.
    pub src: u8,
    /// Offset of a jump (in slots, from the next one) or of a memory access (in bytes).
    pub off: i16,
    /// Immediate.
    pub imm: i32,
}

/// A second operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SourceOperand {
    /// A register.
    Reg(Reg),
    /// A constant, sign-extended to the operation's width.
    Imm(i32),
}

/// Instruction classes, `BPF_CLASS`.
#[allow(missing_docs)]
pub mod class {
    pub const LD: u8 = 0x00;
    pub const LDX: u8 = 0x01;
    pub const ST: u8 = 0x02;
    pub const STX: u8 = 0x03;
    pub const ALU: u8 = 0x04;
    pub const JMP: u8 = 0x05;
    pub const JMP32: u8 = 0x06;
    pub const ALU64: u8 = 0x07;
}

/// Memory modes, `BPF_MODE`.
#[allow(missing_docs)]
pub mod mode {
    pub const IMM: u8 = 0x00;
    pub const ABS: u8 = 0x20;
    pub const IND: u8 = 0x40;
    pub const MEM: u8 = 0x60;
    pub const MEMSX: u8 = 0x80;
    pub const ATOMIC: u8 = 0xc0;
}

/// What an atomic instruction does (`imm`).
#[allow(missing_docs)]
pub mod atomic {
    pub const ADD: i32 = 0x00;
    pub const OR: i32 = 0x40;
    pub const AND: i32 = 0x50;
    pub const XOR: i32 = 0xa0;
    /// Added: the register gets what was in memory before.
    pub const FETCH: i32 = 0x01;
    pub const EXCHANGE: i32 = 0xe1;
    /// Compares with R0, which gets what was in memory before.
    pub const COMPARE_EXCHANGE: i32 = 0xf1;
}

/// Pseudo sources of `BPF_LD | BPF_IMM | BPF_DW` and of calls.
#[allow(missing_docs)]
pub mod pseudo {
    pub const MAP_FD: u8 = 1;
    pub const MAP_VALUE: u8 = 2;
    pub const BTF_ID: u8 = 3;
    pub const FUNC: u8 = 4;
    pub const MAP_IDX: u8 = 5;
    pub const MAP_IDX_VALUE: u8 = 6;
    pub const CALL: u8 = 1;
    pub const KFUNC_CALL: u8 = 2;
}

/// `BPF_X`: the second operand is a register.
pub const SOURCE_REG: u8 = 0x08;

/// Opcode of the first slot of a 16-byte load of a constant.
pub const LD_IMM64: u8 = 0x18;
/// Opcode of `exit`.
pub const EXIT: u8 = 0x95;
/// Opcode of `call`.
pub const CALL: u8 = 0x85;

/// Width of an operation: 32 bits zero the upper half of their result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Width {
    W32,
    W64,
}

/// Size of a memory access.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Size {
    B,
    H,
    W,
    DW,
}

impl Size {
    /// In bytes: 1, 2, 4 or 8.
    pub const fn bytes(self) -> u32 {
        match self {
            Size::B => 1,
            Size::H => 2,
            Size::W => 4,
            Size::DW => 8,
        }
    }

    /// The size of `bytes` bytes.
    pub const fn of_bytes(bytes: u32) -> Option<Size> {
        match bytes {
            1 => Some(Size::B),
            2 => Some(Size::H),
            4 => Some(Size::W),
            8 => Some(Size::DW),
            _ => None,
        }
    }

    /// `BPF_SIZE` bits of an opcode.
    pub const fn code(self) -> u8 {
        match self {
            Size::W => 0x00,
            Size::H => 0x08,
            Size::B => 0x10,
            Size::DW => 0x18,
        }
    }

    /// The size that `BPF_SIZE` of `code` says.
    pub const fn of_code(code: u8) -> Size {
        match code & 0x18 {
            0x00 => Size::W,
            0x08 => Size::H,
            0x10 => Size::B,
            _ => Size::DW,
        }
    }
}

/// Arithmetic operations, `BPF_OP` of the ALU classes; signed division and sign-extending moves are told by `off`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum AluOp {
    Add = 0x00,
    Sub = 0x10,
    Mul = 0x20,
    Div = 0x30,
    Or = 0x40,
    And = 0x50,
    Lsh = 0x60,
    Rsh = 0x70,
    Neg = 0x80,
    Mod = 0x90,
    Xor = 0xa0,
    Mov = 0xb0,
    Arsh = 0xc0,
    /// Byte swap: `to_le`, `to_be` (class ALU) or `bswap` (class ALU64, v4).
    End = 0xd0,
}

/// Jump conditions, `BPF_OP` of the jump classes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum JmpOp {
    Eq = 0x10,
    Gt = 0x20,
    Ge = 0x30,
    Set = 0x40,
    Ne = 0x50,
    Sgt = 0x60,
    Sge = 0x70,
    Lt = 0xa0,
    Le = 0xb0,
    Slt = 0xc0,
    Sle = 0xd0,
}

impl AluOp {
    /// All of them, in the order of their bits.
    pub const ALL: [AluOp; 14] = [
        AluOp::Add,
        AluOp::Sub,
        AluOp::Mul,
        AluOp::Div,
        AluOp::Or,
        AluOp::And,
        AluOp::Lsh,
        AluOp::Rsh,
        AluOp::Neg,
        AluOp::Mod,
        AluOp::Xor,
        AluOp::Mov,
        AluOp::Arsh,
        AluOp::End,
    ];

    /// The operation that `BPF_OP` of `code` says.
    pub fn of_code(code: u8) -> Option<AluOp> {
        Self::ALL.into_iter().find(|op| *op as u8 == code & 0xf0)
    }
}

impl JmpOp {
    /// All of them, in the order of their bits.
    pub const ALL: [JmpOp; 11] = [
        JmpOp::Eq,
        JmpOp::Gt,
        JmpOp::Ge,
        JmpOp::Set,
        JmpOp::Ne,
        JmpOp::Sgt,
        JmpOp::Sge,
        JmpOp::Lt,
        JmpOp::Le,
        JmpOp::Slt,
        JmpOp::Sle,
    ];

    /// The condition that `BPF_OP` of `code` says; none for `ja`, `call` and `exit`.
    pub fn of_code(code: u8) -> Option<JmpOp> {
        Self::ALL.into_iter().find(|op| *op as u8 == code & 0xf0)
    }

    /// The condition that holds exactly when this one doesn't; none for `Set`, which has no opposite.
    pub fn negate(self) -> Option<JmpOp> {
        Some(match self {
            JmpOp::Eq => JmpOp::Ne,
            JmpOp::Ne => JmpOp::Eq,
            JmpOp::Gt => JmpOp::Le,
            JmpOp::Le => JmpOp::Gt,
            JmpOp::Ge => JmpOp::Lt,
            JmpOp::Lt => JmpOp::Ge,
            JmpOp::Sgt => JmpOp::Sle,
            JmpOp::Sle => JmpOp::Sgt,
            JmpOp::Sge => JmpOp::Slt,
            JmpOp::Slt => JmpOp::Sge,
            JmpOp::Set => return None,
        })
    }

    /// The condition with its operands exchanged.
    pub fn swap(self) -> JmpOp {
        match self {
            JmpOp::Gt => JmpOp::Lt,
            JmpOp::Lt => JmpOp::Gt,
            JmpOp::Ge => JmpOp::Le,
            JmpOp::Le => JmpOp::Ge,
            JmpOp::Sgt => JmpOp::Slt,
            JmpOp::Slt => JmpOp::Sgt,
            JmpOp::Sge => JmpOp::Sle,
            JmpOp::Sle => JmpOp::Sge,
            same => same,
        }
    }
}

impl Insn {
    /// `dst op= source`; for [`AluOp::Neg`] the source is `Imm(0)`.
    pub fn alu(width: Width, op: AluOp, dst: Reg, source: SourceOperand) -> Insn {
        let class = if width == Width::W64 { class::ALU64 } else { class::ALU };
        Self::with_source(class | op as u8, dst, source, 0)
    }

    /// `dst = source`.
    pub fn mov(width: Width, dst: Reg, source: SourceOperand) -> Insn {
        Self::alu(width, AluOp::Mov, dst, source)
    }

    /// `dst = byte-swapped dst`, of 16, 32 or 64 `bits`: to big endian where `big`, else to little endian.
    pub fn endian(dst: Reg, big: bool, bits: i32) -> Insn {
        let source = if big { SOURCE_REG } else { 0 };
        Insn { code: class::ALU | AluOp::End as u8 | source, dst: dst.0, imm: bits, ..Insn::default() }
    }

    /// `dst = *(size *)(src + off)`.
    pub fn load(size: Size, dst: Reg, src: Reg, off: i16) -> Insn {
        Insn { code: class::LDX | mode::MEM | size.code(), dst: dst.0, src: src.0, off, imm: 0 }
    }

    /// `*(size *)(dst + off) = source`.
    pub fn store(size: Size, dst: Reg, off: i16, source: SourceOperand) -> Insn {
        match source {
            SourceOperand::Reg(src) => {
                Insn { code: class::STX | mode::MEM | size.code(), dst: dst.0, src: src.0, off, imm: 0 }
            }
            SourceOperand::Imm(imm) => {
                Insn { code: class::ST | mode::MEM | size.code(), dst: dst.0, src: 0, off, imm }
            }
        }
    }

    /// `*(size *)(dst + off) op= src`, atomically; `op` is one of [`atomic`].
    pub fn atomic(size: Size, dst: Reg, off: i16, src: Reg, op: i32) -> Insn {
        Insn { code: class::STX | mode::ATOMIC | size.code(), dst: dst.0, src: src.0, off, imm: op }
    }

    /// `if dst op source goto +off`.
    pub fn jump_if(width: Width, op: JmpOp, dst: Reg, source: SourceOperand, off: i16) -> Insn {
        let class = if width == Width::W64 { class::JMP } else { class::JMP32 };
        Self::with_source(class | op as u8, dst, source, off)
    }

    /// `goto +off`.
    pub fn jump(off: i16) -> Insn {
        Insn { code: class::JMP, off, ..Insn::default() }
    }

    /// `call helper`.
    pub fn call(helper: u32) -> Insn {
        Insn { code: CALL, imm: helper as i32, ..Insn::default() }
    }

    /// `exit`.
    pub fn exit() -> Insn {
        Insn { code: EXIT, ..Insn::default() }
    }

    /// The two slots of `dst = value`; `src` is 0 or one of [`pseudo`].
    pub fn load_imm64(dst: Reg, src: u8, value: u64) -> [Insn; 2] {
        let low = Insn { code: LD_IMM64, dst: dst.0, src, off: 0, imm: value as u32 as i32 };
        [low, Insn { imm: (value >> 32) as i32, ..Insn::default() }]
    }

    fn with_source(code: u8, dst: Reg, source: SourceOperand, off: i16) -> Insn {
        match source {
            SourceOperand::Reg(src) => Insn { code: code | SOURCE_REG, dst: dst.0, src: src.0, off, imm: 0 },
            SourceOperand::Imm(imm) => Insn { code, dst: dst.0, src: 0, off, imm },
        }
    }

    /// The instruction class, `BPF_CLASS`.
    pub const fn class(self) -> u8 {
        self.code & 0x07
    }

    /// True for the first slot of a two-slot load.
    pub const fn is_load_imm64(self) -> bool {
        self.code == LD_IMM64
    }

    /// The slot as little-endian bytes.
    pub fn encode(self) -> [u8; 8] {
        let mut bytes = [self.code, (self.src << 4) | (self.dst & 0x0f), 0, 0, 0, 0, 0, 0];
        bytes[2..4].copy_from_slice(&self.off.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.imm.to_le_bytes());
        bytes
    }

    /// The slot that little-endian `bytes` hold.
    pub fn decode(bytes: [u8; 8]) -> Insn {
        Insn {
            code: bytes[0],
            dst: bytes[1] & 0x0f,
            src: bytes[1] >> 4,
            off: i16::from_le_bytes([bytes[2], bytes[3]]),
            imm: i32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_round_trips_for_every_opcode() {
        for code in 0..=255u8 {
            let insn = Insn { code, dst: 3, src: 9, off: -2, imm: -559038737 };
            assert_eq!(Insn::decode(insn.encode()), insn);
        }
    }

    #[test]
    fn constructors_give_the_documented_bytes() {
        use SourceOperand::{Imm, Reg as R};
        let bytes = |insn: Insn| insn.encode();
        assert_eq!(bytes(Insn::mov(Width::W64, Reg::R6, R(Reg::R1))), [0xbf, 0x16, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes(Insn::mov(Width::W64, Reg::R0, Imm(0))), [0xb7, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes(Insn::load(Size::W, Reg::R2, Reg::R1, 4)), [0x61, 0x12, 4, 0, 0, 0, 0, 0]);
        assert_eq!(
            bytes(Insn::store(Size::DW, Reg::FP, -8, R(Reg::R0))),
            [0x7b, 0x0a, 0xf8, 0xff, 0, 0, 0, 0]
        );
        let jump = Insn::jump_if(Width::W32, JmpOp::Sgt, Reg::R3, Imm(7), 5);
        assert_eq!(bytes(jump), [0x66, 0x03, 5, 0, 7, 0, 0, 0]);
        assert_eq!(bytes(Insn::call(6)), [0x85, 0, 0, 0, 6, 0, 0, 0]);
        assert_eq!(bytes(Insn::endian(Reg::R1, true, 16)), [0xdc, 0x01, 0, 0, 16, 0, 0, 0]);
    }

    #[test]
    fn negating_twice_is_the_same_condition() {
        for op in JmpOp::ALL {
            assert_eq!(op.negate().map_or(Some(op), JmpOp::negate), Some(op));
            assert_eq!(op.swap().swap(), op);
        }
    }
}
