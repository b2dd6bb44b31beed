//! Register allocation by regalloc2: R0 to R5 are lost over calls, R6 to R9 are not and need no saving.

use regalloc2::checker::Checker;
use regalloc2::{
    Algorithm, Block, Edit, Function, Inst, InstRange, MachineEnv, Operand, OperandConstraint, OperandKind,
    OperandPos, Output, PReg, PRegSet, RegClass, RegallocOptions, VReg,
};

use crate::machine::{Base, Machine, Selected, Source};

/// Where everything ended up.
pub(crate) struct Allocation {
    output: Output,
    /// 8-byte slots that the allocator needs.
    pub(crate) spill_slots: usize,
}

impl Allocation {
    /// Allocations of the operands of instruction `inst`, in the order of [`operands`].
    pub(crate) fn of(&self, inst: usize) -> &[regalloc2::Allocation] {
        self.output.inst_allocs(Inst::new(inst))
    }

    /// Moves before and after instructions, by program point.
    pub(crate) fn edits(&self) -> &[(regalloc2::ProgPoint, Edit)] {
        &self.output.edits
    }
}

/// Allocates registers.
///
/// # Errors
///
/// The allocator's words, where an instruction wants more registers than there are.
pub(crate) fn allocate(selected: &Selected) -> Result<Allocation, String> {
    let adapter =
        Adapter { selected, operands: selected.insts.iter().map(operands).collect(), empty: Vec::new() };
    let options = RegallocOptions {
        verbose_log: false,
        validate_ssa: cfg!(debug_assertions),
        algorithm: Algorithm::Ion,
    };
    let environment = environment();
    let output = regalloc2::run(&adapter, &environment, &options).map_err(|error| format!("{error:?}"))?;
    if cfg!(debug_assertions) {
        // Tests prove each allocation by an independent walk over its result.
        let mut checker = Checker::new(&adapter, &environment);
        checker.prepare(&output);
        checker.run().map_err(|errors| format!("{errors:?}"))?;
    }
    Ok(Allocation { spill_slots: output.num_spillslots, output })
}

/// Register `number` as regalloc2 names it.
fn register(number: usize) -> PReg {
    PReg::new(number, RegClass::Int)
}

fn environment() -> MachineEnv {
    let set = |numbers: std::ops::RangeInclusive<usize>| {
        numbers.fold(PRegSet::empty(), |set, number| set.with(register(number)))
    };
    MachineEnv {
        preferred_regs_by_class: [set(0..=9), PRegSet::empty(), PRegSet::empty()],
        non_preferred_regs_by_class: [PRegSet::empty(), PRegSet::empty(), PRegSet::empty()],
        scratch_by_class: [None, None, None],
        fixed_stack_slots: Vec::new(),
    }
}

/// The register operands of an instruction: those that are read, then the one that is written.
fn operands(machine: &Machine) -> Vec<Operand> {
    let fixed_use = |vreg, number| {
        Operand::new(vreg, OperandConstraint::FixedReg(register(number)), OperandKind::Use, OperandPos::Early)
    };
    let fixed_def = |vreg, number| {
        Operand::new(vreg, OperandConstraint::FixedReg(register(number)), OperandKind::Def, OperandPos::Late)
    };
    let mut list = Vec::new();
    match machine {
        Machine::Entry { dsts } => {
            list.extend(dsts.iter().enumerate().map(|(index, vreg)| fixed_def(*vreg, index + 1)));
        }
        Machine::MoveImm { dst, .. }
        | Machine::LoadImm64 { dst, .. }
        | Machine::LoadRelocated { dst, .. }
        | Machine::FunctionAddress { dst, .. }
        | Machine::FrameAddress { dst, .. } => list.push(Operand::reg_def(*dst)),
        Machine::Move { dst, src, .. } => list.extend([Operand::reg_use(*src), Operand::reg_def(*dst)]),
        Machine::Alu { dst, left, right, .. } => {
            list.push(Operand::reg_use(*left));
            if let Source::Reg(right) = right {
                // Read after the destination has been written as `left`: it must be another register.
                list.push(Operand::reg_use(*right));
            }
            list.push(Operand::reg_reuse_def(*dst, 0));
        }
        Machine::Atomic { base, src, dst, .. } => {
            if let Base::Reg(base) = base {
                list.push(Operand::reg_use(*base));
            }
            list.push(Operand::reg_use(*src));
            if let Some(dst) = dst {
                list.push(Operand::reg_reuse_def(*dst, list.len() - 1));
            }
        }
        Machine::CompareExchange { base, expected, src, dst, .. } => {
            if let Base::Reg(base) = base {
                list.push(Operand::reg_use(*base));
            }
            list.extend([Operand::reg_use(*src), fixed_use(*expected, 0), fixed_def(*dst, 0)]);
        }
        Machine::Neg { dst, src, .. }
        | Machine::Checked { dst, src }
        | Machine::Opaque { dst, src }
        | Machine::ByteSwap { dst, src, .. }
        | Machine::SignExtend { dst, src, .. } => {
            list.extend([Operand::reg_use(*src), Operand::reg_reuse_def(*dst, 0)]);
        }
        Machine::Load { dst, base, .. } => {
            if let Base::Reg(base) = base {
                list.push(Operand::reg_use(*base));
            }
            list.push(Operand::reg_def(*dst));
        }
        Machine::Store { base, src, .. } => {
            if let Base::Reg(base) = base {
                list.push(Operand::reg_use(*base));
            }
            if let Source::Reg(src) = src {
                list.push(Operand::reg_use(*src));
            }
        }
        Machine::Call { arguments, dst, .. } => {
            list.extend(arguments.iter().enumerate().map(|(index, vreg)| fixed_use(*vreg, index + 1)));
            list.push(fixed_def(*dst, 0));
        }
        Machine::Branch { left, right, .. } => {
            list.push(Operand::reg_use(*left));
            if let Source::Reg(right) = right {
                list.push(Operand::reg_use(*right));
            }
        }
        Machine::Pin { src } => list.push(Operand::reg_use(*src)),
        Machine::Return { value } => list.push(fixed_use(*value, 0)),
        // Arguments of jumps are moved by the allocator.
        Machine::Jump { .. } => {}
    }
    list
}

struct Adapter<'a> {
    selected: &'a Selected,
    operands: Vec<Vec<Operand>>,
    empty: Vec<VReg>,
}

impl Function for Adapter<'_> {
    fn num_insts(&self) -> usize {
        self.selected.insts.len()
    }

    fn num_blocks(&self) -> usize {
        self.selected.params.len()
    }

    fn entry_block(&self) -> Block {
        Block::new(0)
    }

    fn block_insns(&self, block: Block) -> InstRange {
        let (from, to) = (self.selected.starts[block.index()], self.selected.starts[block.index() + 1]);
        InstRange::new(Inst::new(from), Inst::new(to))
    }

    fn block_succs(&self, block: Block) -> &[Block] {
        &self.selected.successors[block.index()]
    }

    fn block_preds(&self, block: Block) -> &[Block] {
        &self.selected.predecessors[block.index()]
    }

    fn block_params(&self, block: Block) -> &[VReg] {
        &self.selected.params[block.index()]
    }

    fn is_ret(&self, insn: Inst) -> bool {
        matches!(self.selected.insts[insn.index()], Machine::Return { .. })
    }

    fn is_branch(&self, insn: Inst) -> bool {
        matches!(self.selected.insts[insn.index()], Machine::Jump { .. } | Machine::Branch { .. })
    }

    fn branch_blockparams(&self, _block: Block, insn: Inst, _successor: usize) -> &[VReg] {
        match &self.selected.insts[insn.index()] {
            Machine::Jump { arguments, .. } => arguments,
            _ => &self.empty,
        }
    }

    fn inst_operands(&self, insn: Inst) -> &[Operand] {
        &self.operands[insn.index()]
    }

    fn inst_clobbers(&self, insn: Inst) -> PRegSet {
        match self.selected.insts[insn.index()] {
            Machine::Call { written, .. } => (1..10)
                .filter(|number| *number <= 5 || written.registers & 1 << number != 0)
                .fold(PRegSet::empty(), |set, number| set.with(register(number))),
            _ => PRegSet::empty(),
        }
    }

    fn num_vregs(&self) -> usize {
        self.selected.vregs
    }

    fn spillslot_size(&self, _class: RegClass) -> usize {
        1
    }
}
