//! What a slot means: the decoded form, for everyone who reads instructions.

use crate::insn::{self, AluOp, Insn, JmpOp, Size, Width, class, mode};

/// The second operand of a decoded instruction; register numbers are as encoded, 0 to 15.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Operand {
    /// A register number.
    Reg(u8),
    /// A constant.
    Imm(i32),
}

/// A decoded instruction. Fields that the kind does not use are checked by the verifier, not here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Op {
    /// `dst op= source`; `off` tells signed division (1) and sign-extending moves (8, 16, 32).
    Alu {
        /// Operation width.
        width: Width,
        /// Operation; not [`AluOp::End`] and not [`AluOp::Neg`].
        op: AluOp,
        /// Second operand.
        source: Operand,
        /// The offset field.
        off: i16,
    },
    /// `dst = -dst`.
    Neg {
        /// Operation width.
        width: Width,
    },
    /// Byte order: `to_le` or `to_be` of `bits`, or with `swap` the unconditional `bswap` (v4).
    Endian {
        /// To big endian.
        big: bool,
        /// Unconditional.
        swap: bool,
        /// 16, 32 or 64.
        bits: i32,
    },
    /// `dst = value`, two slots; `src` is 0 or a pseudo source.
    LoadImm64 {
        /// 0 or one of [`insn::pseudo`].
        src: u8,
    },
    /// `dst = *(size *)(src + off)`, sign-extended where `signed` (v4).
    Load {
        /// Access size.
        size: Size,
        /// Sign-extend.
        signed: bool,
    },
    /// `*(size *)(dst + off) = source`.
    Store {
        /// Access size.
        size: Size,
        /// What is stored.
        source: Operand,
    },
    /// An atomic operation on `*(size *)(dst + off)` with register `src`; `imm` tells which.
    Atomic {
        /// Access size.
        size: Size,
    },
    /// `r0 = *(size *)skb[imm]` or `skb[src + imm]` (legacy packet access).
    LoadPacket {
        /// Access size.
        size: Size,
        /// With the register `src` added.
        indirect: bool,
    },
    /// `if dst op source goto`.
    JumpIf {
        /// Comparison width.
        width: Width,
        /// Condition.
        op: JmpOp,
        /// Second operand.
        source: Operand,
    },
    /// `goto`: by `off`, or by `imm` where `long` (v4).
    Jump {
        /// The 32-bit form.
        long: bool,
    },
    /// `call`; `src` tells a helper (0), a subprogram (1), a kernel function (2).
    Call {
        /// 0 or one of [`insn::pseudo`].
        src: u8,
    },
    /// `exit`.
    Exit,
}

impl Op {
    /// Decodes one slot (the first, for a two-slot load); none where no such opcode exists.
    pub fn decode(insn: Insn) -> Option<Op> {
        let size = Size::of_code(insn.code);
        let operand =
            if insn.code & insn::SOURCE_REG != 0 { Operand::Reg(insn.src) } else { Operand::Imm(insn.imm) };
        match insn.class() {
            class::ALU | class::ALU64 => Self::decode_alu(insn, operand),
            class::JMP | class::JMP32 => Self::decode_jump(insn, operand),
            class::LD => match insn.code & 0xe0 {
                mode::IMM if size == Size::DW => Some(Op::LoadImm64 { src: insn.src }),
                mode::ABS if size != Size::DW => Some(Op::LoadPacket { size, indirect: false }),
                mode::IND if size != Size::DW => Some(Op::LoadPacket { size, indirect: true }),
                _ => None,
            },
            class::LDX => match insn.code & 0xe0 {
                mode::MEM => Some(Op::Load { size, signed: false }),
                mode::MEMSX if size != Size::DW => Some(Op::Load { size, signed: true }),
                _ => None,
            },
            class::ST if insn.code & 0xe0 == mode::MEM => {
                Some(Op::Store { size, source: Operand::Imm(insn.imm) })
            }
            class::STX => match insn.code & 0xe0 {
                mode::MEM => Some(Op::Store { size, source: Operand::Reg(insn.src) }),
                mode::ATOMIC => Some(Op::Atomic { size }),
                _ => None,
            },
            _ => None,
        }
    }

    fn decode_alu(insn: Insn, source: Operand) -> Option<Op> {
        let wide = insn.class() == class::ALU64;
        let width = if wide { Width::W64 } else { Width::W32 };
        Some(match AluOp::of_code(insn.code)? {
            AluOp::Neg => Op::Neg { width },
            AluOp::End => {
                let big = matches!(source, Operand::Reg(_));
                if wide && big {
                    return None;
                }
                Op::Endian { big, swap: wide, bits: insn.imm }
            }
            op => Op::Alu { width, op, source, off: insn.off },
        })
    }

    fn decode_jump(insn: Insn, source: Operand) -> Option<Op> {
        let wide = insn.class() == class::JMP;
        Some(match insn.code & 0xf0 {
            0x00 if insn.code & insn::SOURCE_REG == 0 => Op::Jump { long: !wide },
            0x80 if insn.code == insn::CALL => Op::Call { src: insn.src },
            0x90 if insn.code == insn::EXIT => Op::Exit,
            _ => Op::JumpIf {
                width: if wide { Width::W64 } else { Width::W32 },
                op: JmpOp::of_code(insn.code)?,
                source,
            },
        })
    }
}
