//! Machine instructions over virtual registers: what selection makes and allocation reads.

use gobpf_bpf::RelocationTarget;
use gobpf_bpf::insn::{AluOp, JmpOp, Size, Width};
use gobpf_ir::ir::SubprogramId;
use gobpf_source::Origin;
use regalloc2::{Block, VReg};

use crate::written::Written;

/// A second operand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Reg(VReg),
    Imm(i32),
}

/// What a memory access starts from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Base {
    Reg(VReg),
    /// A slot of the frame, by number.
    Slot(u32),
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Callee {
    Helper(u32),
    Subprogram(SubprogramId),
}

/// A machine instruction. Each becomes one or a few slots; operands that are read come before those that are written.
#[derive(Clone, Debug)]
pub(crate) enum Machine {
    /// Arguments arrive in R1 and following; for a program, the context.
    Entry { dsts: Vec<VReg> },
    /// `dst = src`; a move of 32 bits zeroes the upper half.
    Move { width: Width, dst: VReg, src: VReg },
    /// `dst = imm`.
    MoveImm { width: Width, dst: VReg, imm: i32 },
    /// `dst = value`, two slots.
    LoadImm64 { dst: VReg, value: u64 },
    /// `dst = ` what is known when the object is loaded, two slots.
    LoadRelocated { dst: VReg, target: RelocationTarget },
    /// `dst = left op right`; `dst` is the register of `left`.
    Alu { width: Width, op: AluOp, dst: VReg, left: VReg, right: Source },
    /// What is in `src`, after a check of it; `dst` is the same register. No code.
    Checked { dst: VReg, src: VReg },
    /// `dst = src`, as verifiers don't see: bytes put into the order that they are in. `dst` is the register of `src`.
    Opaque { dst: VReg, src: VReg },
    /// A comparison of `src` that always goes on: verifiers take `src` for needed.
    Pin { src: VReg },
    /// `dst = -src`; `dst` is the register of `src`.
    Neg { width: Width, dst: VReg, src: VReg },
    /// `dst = src` shifted left and back by `bits`, keeping the sign; `dst` is the register of `src`.
    SignExtend { width: Width, bits: i32, dst: VReg, src: VReg },
    /// `dst = ` the address of a slot, plus bytes.
    FrameAddress { dst: VReg, slot: u32, offset: i32 },
    /// `dst = *(size *)(base + offset)`.
    Load { size: Size, dst: VReg, base: Base, offset: i32 },
    /// `*(size *)(base + offset) = src`.
    Store { size: Size, base: Base, offset: i32, src: Source },
    /// `dst = src` with the low `bits` reversed by bytes, the rest zero; `dst` is the register of `src`.
    ByteSwap { bits: i32, dst: VReg, src: VReg },
    /// `dst = ` the address of a function, two slots.
    FunctionAddress { dst: VReg, function: SubprogramId },
    /// `*(size *)(base + offset) op= src`, atomically; where it fetches, `dst` is the register of `src`.
    Atomic { size: Size, op: i32, base: Base, offset: i32, src: VReg, dst: Option<VReg> },
    /// `*(size *)(base + offset) = src` if R0 is there, atomically; R0 gets what was there.
    CompareExchange { size: Size, base: Base, offset: i32, expected: VReg, src: VReg, dst: VReg },
    /// A call: arguments in R1 and following, the result in R0. What it writes of the caller's registers and frame, in the eyes
    /// of older verifiers, can't be kept over it.
    Call { callee: Callee, arguments: Vec<VReg>, dst: VReg, written: Written },
    /// Go on there.
    Jump { to: Block, arguments: Vec<VReg> },
    /// Two ways.
    Branch { width: Width, op: JmpOp, left: VReg, right: Source, then: Block, otherwise: Block },
    /// End with the value in R0.
    Return { value: VReg },
}

/// A function of machine instructions. Blocks are numbered in the order of their code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selected {
    /// Instructions of all blocks.
    pub(crate) insts: Vec<Machine>,
    /// Where each comes from.
    pub(crate) origins: Vec<Origin>,
    /// What each was selected for: the number of the instruction in its block, that of all of them for the block's end.
    pub(crate) steps: Vec<usize>,
    /// First instruction of each block, and one past the last of the last.
    pub(crate) starts: Vec<usize>,
    /// Parameters of each block.
    pub(crate) params: Vec<Vec<VReg>>,
    /// Successors of each block.
    pub(crate) successors: Vec<Vec<Block>>,
    /// Predecessors of each block.
    pub(crate) predecessors: Vec<Vec<Block>>,
    /// Number of virtual registers.
    pub(crate) vregs: usize,
}
