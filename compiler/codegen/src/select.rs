//! Instruction selection: constants become immediates, addresses become offsets, widths become opcodes.

use gobpf_bpf::insn::{AluOp, Size, Width, atomic};
use gobpf_ir::ir::{self, AtomicOp, Function, InstKind, Terminator, Type, Value};
use gobpf_source::{Origin, Why};
use regalloc2::{Block, RegClass, VReg};

use crate::across;
use crate::low;
use crate::machine::{Base, Callee, Machine, Selected, Source};
use crate::object::Layout;
use crate::written::{Callees, Written};

/// Selects instructions for `function`, which has no critical edges.
///
/// `copies` has the slot of each [`InstKind::Spilled`], by value.
pub(crate) fn select(
    function: &Function,
    layout: &Layout,
    callees: &Callees,
    copies: &[Option<u32>],
) -> Selected {
    let mut numbers = vec![None; function.blocks.len()];
    for (number, block) in function.order.iter().enumerate() {
        numbers[block.0 as usize] = Some(Block::new(number));
    }
    let mut selector = Selector {
        function,
        layout,
        callees,
        numbers,
        copies,
        uncut: low::uncut(function),
        out: Selected { vregs: function.values.len(), ..Selected::default() },
        across: Vec::new(),
        step: 0,
        origin: function.block(ir::Block(0)).origin,
    };
    selector.across = across::calls(function, &|value| selector.root(value));
    selector.run();
    selector.out
}

struct Selector<'a> {
    function: &'a Function,
    layout: &'a Layout,
    callees: &'a Callees,
    /// Machine block of each block.
    numbers: Vec<Option<Block>>,
    /// The slot of each [`InstKind::Spilled`].
    copies: &'a [Option<u32>],
    /// The values that are cut to 32 bits without an instruction.
    uncut: Vec<bool>,
    /// The values that are needed after a later call.
    across: Vec<bool>,
    out: Selected,
    /// The number of the instruction in its block.
    step: usize,
    origin: Origin,
}

impl Selector<'_> {
    fn run(&mut self) {
        let blocks = self.function.order.len();
        self.out.predecessors = vec![Vec::new(); blocks];
        for (number, &block) in self.function.order.iter().enumerate() {
            let data = self.function.block(block);
            self.out.starts.push(self.out.insts.len());
            self.step = 0;
            if number == 0 {
                self.origin = Origin { why: Why::Frame, ..data.origin };
                if !data.params.is_empty() {
                    let arriving: Vec<_> = data.params.iter().map(|param| self.arriving(*param)).collect();
                    self.push(Machine::Entry { dsts: arriving.iter().map(|(dst, _)| *dst).collect() });
                    arriving.into_iter().for_each(|moved| self.moved(moved));
                }
                self.out.params.push(Vec::new());
            } else {
                let params = data.params.iter().map(|param| self.vreg(*param)).collect();
                self.out.params.push(params);
            }
            for &inst in &data.insts {
                let data = self.function.inst(inst);
                self.origin = data.origin;
                self.inst(&data.kind, data.result);
                self.step += 1;
            }
            self.origin = data.origin;
            self.end(&data.end);
            let successors: Vec<_> =
                data.end.targets().iter().map(|target| self.block(target.block)).collect();
            for successor in &successors {
                self.out.predecessors[successor.index()].push(Block::new(number));
            }
            self.out.successors.push(successors);
        }
        self.out.starts.push(self.out.insts.len());
    }

    fn push(&mut self, machine: Machine) {
        self.out.insts.push(machine);
        self.out.origins.push(self.origin);
        self.out.steps.push(self.step);
    }

    fn block(&self, block: ir::Block) -> Block {
        self.numbers[block.0 as usize].unwrap_or(Block::new(0))
    }

    fn new_vreg(&mut self) -> VReg {
        self.out.vregs += 1;
        VReg::new(self.out.vregs - 1, RegClass::Int)
    }

    /// The value whose register `value` shares: of a zero extension its operand, and so of what is known to be narrow and of
    /// what is cut where nobody looks at the rest.
    fn shared(&self, value: Value) -> Option<Value> {
        match self.function.def(value)? {
            InstKind::Zext64(inner) | InstKind::Narrow(inner) => Some(*inner),
            InstKind::Trunc(inner) => self.uncut[value.0 as usize].then_some(*inner),
            _ => None,
        }
    }

    /// The value whose register is that of `value`.
    fn root(&self, value: Value) -> Value {
        let mut value = value;
        while let Some(inner) = self.shared(value) {
            value = inner;
        }
        value
    }

    /// The register of `value`.
    fn vreg(&self, value: Value) -> VReg {
        VReg::new(self.root(value).0 as usize, RegClass::Int)
    }

    /// The register that `value` arrives in, and where it has to move from there.
    fn arriving(&mut self, value: Value) -> (VReg, Option<VReg>) {
        let stays = self.vreg(value);
        match self.across[value.0 as usize] {
            true => (self.new_vreg(), Some(stays)),
            false => (stays, None),
        }
    }

    fn moved(&mut self, (src, dst): (VReg, Option<VReg>)) {
        if let Some(dst) = dst {
            let why = self.origin.why;
            if why == Why::Source {
                self.origin.why = Why::Move;
            }
            self.push(Machine::Move { width: Width::W64, dst, src });
            self.origin.why = why;
        }
    }

    /// `value` in a register: constants and addresses are made anew for each use, which costs less than keeping them.
    fn reg(&mut self, value: Value) -> VReg {
        if let Some(inner) = self.shared(value) {
            return self.reg(inner);
        }
        match self.function.def(value) {
            Some(InstKind::Const(number)) => self.constant(self.function.ty(value), *number),
            Some(InstKind::SlotAddr(slot, offset)) => {
                let (slot, offset, dst) = (slot.0, *offset, self.new_vreg());
                self.push(Machine::FrameAddress { dst, slot, offset });
                dst
            }
            Some(InstKind::Spilled(..)) => {
                let dst = self.new_vreg();
                let slot = self.copies[value.0 as usize].unwrap_or_default();
                self.push(Machine::FrameAddress { dst, slot, offset: 0 });
                dst
            }
            Some(InstKind::FunctionAddr(function)) => {
                let (function, dst) = (*function, self.new_vreg());
                self.push(Machine::FunctionAddress { dst, function });
                dst
            }
            Some(InstKind::MapRef(map)) => self.relocated(self.layout.map(*map)),
            Some(InstKind::TextAddr(offset)) => self.relocated(self.layout.text(*offset)),
            Some(InstKind::GlobalAddr(global, offset)) => {
                self.relocated(self.layout.global(*global, *offset))
            }
            _ => self.vreg(value),
        }
    }

    fn constant(&mut self, ty: Type, number: i64) -> VReg {
        let dst = self.new_vreg();
        self.push(match (ty, i32::try_from(number), u32::try_from(number)) {
            (_, Ok(imm), _) => Machine::MoveImm { width: Width::W64, dst, imm },
            (_, _, Ok(number)) => Machine::MoveImm { width: Width::W32, dst, imm: number as i32 },
            _ => Machine::LoadImm64 { dst, value: number as u64 },
        });
        dst
    }

    fn relocated(&mut self, target: gobpf_bpf::RelocationTarget) -> VReg {
        let dst = self.new_vreg();
        self.push(Machine::LoadRelocated { dst, target });
        dst
    }

    /// `value` as a second operand at `width`.
    fn source(&mut self, width: Width, value: Value) -> Source {
        let imm = self.function.as_const(value).and_then(|number| match width {
            Width::W32 => Some(number as u32 as i32),
            Width::W64 => i32::try_from(number).ok(),
        });
        match imm {
            Some(imm) => Source::Imm(imm),
            None => Source::Reg(self.reg(value)),
        }
    }

    /// A base and an offset that an instruction can hold.
    fn base(&mut self, pointer: Value, offset: i32) -> (Base, i32) {
        match self.function.def(pointer) {
            Some(InstKind::SlotAddr(slot, start)) => (Base::Slot(slot.0), start + offset),
            Some(InstKind::Spilled(..)) => {
                (Base::Slot(self.copies[pointer.0 as usize].unwrap_or_default()), offset)
            }
            _ if i16::try_from(offset).is_ok() => (Base::Reg(self.reg(pointer)), offset),
            _ => {
                let left = self.reg(pointer);
                let dst = self.new_vreg();
                let right = Source::Imm(offset);
                self.push(Machine::Alu { width: Width::W64, op: AluOp::Add, dst, left, right });
                (Base::Reg(dst), 0)
            }
        }
    }

    fn inst(&mut self, kind: &InstKind, result: Option<Value>) {
        let dst = result.map_or_else(VReg::invalid, |value| self.vreg(value));
        let width = result.map_or(Width::W64, |value| self.function.ty(value).width());
        match kind {
            InstKind::Const(_)
            | InstKind::Zext64(_)
            | InstKind::Narrow(_)
            | InstKind::SlotAddr(..)
            | InstKind::MapRef(_)
            | InstKind::GlobalAddr(..)
            | InstKind::FunctionAddr(_)
            | InstKind::Born(_)
            | InstKind::TextAddr(_) => {}
            InstKind::Binary(op, a, b) => {
                let left = self.reg(*a);
                let right = match self.source(width, *b) {
                    // Of a count that is not below the width the low bits count, and a constant one has to be below.
                    Source::Imm(count) if matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh) => {
                        Source::Imm(count & if width == Width::W32 { 31 } else { 63 })
                    }
                    other => other,
                };
                self.push(Machine::Alu { width, op: *op, dst, left, right });
            }
            InstKind::PtrAdd(a, b) => {
                let left = self.reg(*a);
                let right = self.source(Width::W64, *b);
                self.push(Machine::Alu { width, op: AluOp::Add, dst, left, right });
            }
            InstKind::PtrDiff(a, b) => {
                let left = self.reg(*a);
                let right = Source::Reg(self.reg(*b));
                self.push(Machine::Alu { width, op: AluOp::Sub, dst, left, right });
            }
            InstKind::Neg(a) => {
                let src = self.reg(*a);
                self.push(Machine::Neg { width, dst, src });
            }
            InstKind::Checked(a) => {
                let src = self.reg(*a);
                self.push(Machine::Checked { dst, src });
            }
            InstKind::Pin(pointer, offset) => {
                let (base, offset) = self.base(*pointer, *offset);
                let src = self.new_vreg();
                self.push(Machine::Load { size: Size::DW, dst: src, base, offset });
                self.push(Machine::Pin { src });
            }
            InstKind::Opaque(a) => {
                let src = self.reg(*a);
                self.push(Machine::Opaque { dst, src });
            }
            InstKind::SignExtend(bits, a) => {
                let src = self.reg(*a);
                self.push(Machine::SignExtend { width: Width::W32, bits: 32 - i32::from(*bits), dst, src });
            }
            InstKind::Sext64(a) => {
                let src = self.reg(*a);
                self.push(Machine::SignExtend { width: Width::W64, bits: 32, dst, src });
            }
            InstKind::Trunc(_) if result.is_some_and(|value| self.uncut[value.0 as usize]) => {}
            InstKind::Trunc(a) => {
                let src = self.reg(*a);
                self.push(Machine::Move { width: Width::W32, dst, src });
            }
            InstKind::Spilled(size, value) => {
                let slot = result.and_then(|result| self.copies[result.0 as usize]).unwrap_or_default();
                self.store(*size, Base::Slot(slot), 0, *value);
            }
            InstKind::ContextField(size, pointer, offset) | InstKind::Load(size, pointer, offset) => {
                let (base, offset) = self.base(*pointer, *offset);
                self.push(Machine::Load { size: *size, dst, base, offset });
            }
            InstKind::Store(size, pointer, offset, value) => {
                let (base, offset) = self.base(*pointer, *offset);
                self.store(*size, base, offset, *value);
            }
            InstKind::ByteSwap(bits, a) => {
                let src = self.reg(*a);
                self.push(Machine::ByteSwap { bits: i32::from(*bits), dst, src });
            }
            InstKind::Atomic(op, size, pointer, offset, value) => {
                let (base, offset) = self.base(*pointer, *offset);
                let src = self.reg(*value);
                let dst = result.map(|value| self.vreg(value));
                let fetch = if dst.is_some() { atomic::FETCH } else { 0 };
                let op = match op {
                    AtomicOp::Add => atomic::ADD | fetch,
                    AtomicOp::And => atomic::AND | fetch,
                    AtomicOp::Or => atomic::OR | fetch,
                    AtomicOp::Xor => atomic::XOR | fetch,
                    AtomicOp::Exchange => atomic::EXCHANGE,
                };
                // An exchange always writes its register.
                let dst = dst.or_else(|| (op == atomic::EXCHANGE).then(|| self.new_vreg()));
                self.push(Machine::Atomic { size: *size, op, base, offset, src, dst });
            }
            InstKind::CompareExchange(size, pointer, offset, expected, new) => {
                let (base, offset) = self.base(*pointer, *offset);
                let (expected, src) = (self.reg(*expected), self.reg(*new));
                let dst = if result.is_some() { dst } else { self.new_vreg() };
                self.push(Machine::CompareExchange { size: *size, base, offset, expected, src, dst });
            }
            InstKind::Call(helper, arguments) => {
                let written = self.callees.of_call(self.function, kind);
                let arguments = arguments.iter().map(|value| self.reg(*value)).collect();
                self.call(Callee::Helper(*helper), arguments, result, written);
            }
            InstKind::CallSubprogram(callee, arguments) => {
                let written = self.callees.of_call(self.function, kind);
                let arguments = arguments.iter().map(|value| self.reg(*value)).collect();
                self.call(Callee::Subprogram(*callee), arguments, result, written);
            }
        }
    }

    fn call(&mut self, callee: Callee, arguments: Vec<VReg>, result: Option<Value>, written: Written) {
        let moved = result.map_or_else(|| (VReg::invalid(), None), |result| self.arriving(result));
        self.push(Machine::Call { callee, arguments, dst: moved.0, written });
        self.moved(moved);
    }

    fn store(&mut self, size: Size, base: Base, offset: i32, value: Value) {
        // A store of 8 bytes extends its constant, smaller ones cut it.
        let width = if size == Size::DW { Width::W64 } else { Width::W32 };
        let src = self.source(width, value);
        self.push(Machine::Store { size, base, offset, src });
    }

    fn end(&mut self, end: &Terminator) {
        match end {
            // Building ends every block.
            Terminator::Open => {}
            Terminator::Jump(target) => {
                let arguments = target.args.iter().map(|value| self.reg(*value)).collect();
                let to = self.block(target.block);
                self.push(Machine::Jump { to, arguments });
            }
            Terminator::Branch { cond, then, otherwise } => {
                let (mut op, mut left, mut right) = (cond.op, cond.left, cond.right);
                if self.function.as_const(left).is_some() {
                    (op, left, right) = (op.swap(), right, left);
                }
                let width = self.function.ty(left).width();
                let left = self.reg(left);
                let right = self.source(width, right);
                let (then, otherwise) = (self.block(then.block), self.block(otherwise.block));
                self.push(Machine::Branch { width, op, left, right, then, otherwise });
            }
            Terminator::Abort => {
                let value = self.constant(Type::I64, self.function.abort_value);
                self.push(Machine::Return { value });
            }
            Terminator::Return(value) => {
                let value = self.reg(*value);
                self.push(Machine::Return { value });
            }
        }
    }
}
