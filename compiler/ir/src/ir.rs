//! The SSA form.

use std::sync::Arc;

use gobpf_bpf::insn::{AluOp, JmpOp, Size, Width};
use gobpf_source::{Origin, Place};
use gobpf_types::hir::{GlobalId, MapId};

/// A value: the result of an instruction or a block parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Value(pub u32);

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Inst(pub u32);

/// A block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Block(pub u32);

/// A piece of the stack frame.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Slot(pub u32);

/// A function that is called, by its place in [`Module::subprograms`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubprogramId(pub u32);

/// The programs of a package, and the functions that they call without inlining them.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// Programs in source order.
    pub programs: Vec<Arc<Function>>,
    /// Functions that are called, callees before callers.
    pub subprograms: Vec<Arc<Function>>,
}

/// What a function is to the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A program: the kernel calls it with a context.
    Program,
    /// A function that programs call.
    Subprogram,
    /// One that the kernel verifies by itself; the bytes of the block for its result, 0 where there is none.
    Global {
        /// Bytes.
        out: u32,
    },
}

/// The type of a value. Integers of 8 and 16 bits and booleans are `I32`, extended by their Go type; the upper half of
/// a register that holds an `I32` is zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Type {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
    /// A pointer, which only pointer operations take.
    Pointer,
}

impl Type {
    /// The width of arithmetic on it.
    pub fn width(self) -> Width {
        match self {
            Type::I32 => Width::W32,
            Type::I64 | Type::Pointer => Width::W64,
        }
    }
}

/// A program or a function that is called, with what is inlined into it.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// Its name in the source.
    pub place: Place,
    /// Two functions with the same key are the same, in one run of the compiler.
    pub key: u64,
    /// What it returns after a run-time panic ([`Terminator::Abort`]).
    pub abort_value: i64,
    /// Blocks by number; `order` tells which are left.
    pub blocks: Vec<BlockData>,
    /// Reachable blocks in reverse post-order, the entry first.
    pub order: Vec<Block>,
    /// Instructions by number.
    pub insts: Vec<InstData>,
    /// Values by number.
    pub values: Vec<ValueData>,
    /// Stack slots by number.
    pub slots: Vec<SlotData>,
}

/// A block.
#[derive(Clone, Debug)]
pub struct BlockData {
    /// Parameters; the entry's are what arrives in R1 and following: for a program, the context.
    pub params: Vec<Value>,
    /// Instructions in order.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub end: Terminator,
    /// Where its end comes from.
    pub origin: Origin,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct ValueData {
    /// Its type.
    pub ty: Type,
    /// The instruction that makes it; none for block parameters.
    pub def: Option<Inst>,
    /// A pointer to where verifiers follow what decisions depend on: not into a frame, or to what callers pin
    /// ([`InstKind::Pin`]).
    pub followed: bool,
}

/// A stack slot, 8-byte aligned; one of at most 4 bytes that has parts, 4-byte aligned.
#[derive(Clone, Debug)]
pub struct SlotData {
    /// Size in bytes.
    pub size: u32,
    /// The variable that lives there, for messages; empty for temporaries.
    pub name: String,
    /// It may hold pointers.
    pub pointers: bool,
    /// It has elements or fields, which are reached each by itself.
    pub parts: bool,
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct InstData {
    /// The value that it makes.
    pub result: Option<Value>,
    /// What it does.
    pub kind: InstKind,
    /// Where it comes from.
    pub origin: Origin,
}

/// Kinds of instructions.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum InstKind {
    /// A constant; for `I32` between 0 and 2^32-1.
    Const(i64),
    /// Arithmetic at the width of the result; division is unsigned. Shift counts have the operands' type; of one that is not
    /// below the width, the low bits count.
    Binary(AluOp, Value, Value),
    /// `-x`.
    Neg(Value),
    /// The low `bits` (8 or 16) of an `I32`, sign-extended to 32 bits.
    SignExtend(u8, Value),
    /// An `I32` sign-extended to `I64`.
    Sext64(Value),
    /// An `I32` zero-extended to `I64`: free.
    Zext64(Value),
    /// The low half of an `I64`.
    Trunc(Value),
    /// An `I64` whose upper half is zero, as an `I32`: free.
    Narrow(Value),
    /// A number, after a check of it. Only code generation makes these.
    Checked(Value),
    /// A number as an `I64` of which verifiers know nothing, the upper half that of the register. Only code generation makes
    /// these.
    Opaque(Value),
    /// A pointer and a number of bytes (`I64`).
    PtrAdd(Value, Value),
    /// The difference of two pointers into the packet (`I64`).
    PtrDiff(Value, Value),
    /// The address of a slot, plus bytes.
    SlotAddr(Slot, i32),
    /// The address of a copy of a value on the stack, of this size. The copy is never written again, so that two of the
    /// same value are one.
    Spilled(Size, Value),
    /// A map.
    MapRef(MapId),
    /// The address of a package variable, plus bytes.
    GlobalAddr(GlobalId, u32),
    /// An address in the package's read-only data.
    TextAddr(u32),
    /// A field of the context that stays as it is for the whole program: a load that can be shared.
    ContextField(Size, Value, i32),
    /// `*(pointer + offset)`, zero-extended.
    Load(Size, Value, i32),
    /// `*(pointer + offset) = value`.
    Store(Size, Value, i32, Value),
    /// The low `bits` (16, 32 or 64) of a value, their bytes in reverse order, zero-extended.
    ByteSwap(u8, Value),
    /// A function of the program's, for a helper to call.
    FunctionAddr(SubprogramId),
    /// Something has depended on the number in the word at `pointer + offset`, which is told to verifiers that could not see it.
    Pin(Value, i32),
    /// What a slot held is lost: a variable or a temporary begins its life there. No code.
    Born(Slot),
    /// `*(pointer + offset) op= value`, atomically. The result, where there is one, is what was there before.
    Atomic(AtomicOp, Size, Value, i32, Value),
    /// Stores the last operand to `*(pointer + offset)` if the one before is there, atomically; the result is what was
    /// there before.
    CompareExchange(Size, Value, i32, Value, Value),
    /// A call of a helper with what goes into R1 and following.
    Call(u32, Vec<Value>),
    /// A call of a function with what goes into R1 to R5. The result is what it returns, of the type that it returns.
    CallSubprogram(SubprogramId, Vec<Value>),
}

/// What an atomic instruction does to memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum AtomicOp {
    Add,
    And,
    Or,
    Xor,
    Exchange,
}

/// A condition: `left op right`; a constant on the right where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cond {
    /// The comparison.
    pub op: JmpOp,
    /// Left operand.
    pub left: Value,
    /// Right operand, of the same type; a zero constant for a nil pointer.
    pub right: Value,
}

/// A jump target with the values of its block's parameters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// The block.
    pub block: Block,
    /// Values of its parameters.
    pub args: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Terminator {
    /// Not ended yet; only while building.
    Open,
    /// Go on there.
    Jump(Target),
    /// Two ways.
    Branch {
        /// The condition.
        cond: Cond,
        /// Where it holds.
        then: Target,
        /// Where it doesn't.
        otherwise: Target,
    },
    /// The function ends with this value in R0; for a program an `I32` or `I64`.
    Return(Value),
    /// The function ends with its abort value: a run-time panic.
    Abort,
}

impl InstKind {
    /// Its operands in order.
    pub fn operands(&self) -> Vec<Value> {
        match self {
            InstKind::Const(_)
            | InstKind::SlotAddr(..)
            | InstKind::MapRef(_)
            | InstKind::GlobalAddr(..)
            | InstKind::FunctionAddr(_)
            | InstKind::Born(_)
            | InstKind::TextAddr(_) => Vec::new(),
            InstKind::Neg(a)
            | InstKind::SignExtend(_, a)
            | InstKind::Sext64(a)
            | InstKind::Zext64(a)
            | InstKind::Trunc(a)
            | InstKind::Narrow(a)
            | InstKind::Checked(a)
            | InstKind::Opaque(a)
            | InstKind::Pin(a, _)
            | InstKind::Spilled(_, a)
            | InstKind::ByteSwap(_, a)
            | InstKind::ContextField(_, a, _)
            | InstKind::Load(_, a, _) => vec![*a],
            InstKind::Binary(_, a, b)
            | InstKind::PtrAdd(a, b)
            | InstKind::PtrDiff(a, b)
            | InstKind::Atomic(_, _, a, _, b)
            | InstKind::Store(_, a, _, b) => vec![*a, *b],
            InstKind::CompareExchange(_, a, _, b, c) => vec![*a, *b, *c],
            InstKind::Call(_, arguments) | InstKind::CallSubprogram(_, arguments) => arguments.clone(),
        }
    }

    /// Replaces each operand by `f` of it.
    pub fn map_operands(&mut self, mut f: impl FnMut(Value) -> Value) {
        match self {
            InstKind::Const(_)
            | InstKind::SlotAddr(..)
            | InstKind::MapRef(_)
            | InstKind::GlobalAddr(..)
            | InstKind::FunctionAddr(_)
            | InstKind::Born(_)
            | InstKind::TextAddr(_) => {}
            InstKind::Neg(a)
            | InstKind::SignExtend(_, a)
            | InstKind::Sext64(a)
            | InstKind::Zext64(a)
            | InstKind::Trunc(a)
            | InstKind::Narrow(a)
            | InstKind::Checked(a)
            | InstKind::Opaque(a)
            | InstKind::Pin(a, _)
            | InstKind::Spilled(_, a)
            | InstKind::ByteSwap(_, a)
            | InstKind::ContextField(_, a, _)
            | InstKind::Load(_, a, _) => *a = f(*a),
            InstKind::Binary(_, a, b)
            | InstKind::PtrAdd(a, b)
            | InstKind::PtrDiff(a, b)
            | InstKind::Atomic(_, _, a, _, b)
            | InstKind::Store(_, a, _, b) => {
                *a = f(*a);
                *b = f(*b);
            }
            InstKind::CompareExchange(_, a, _, b, c) => {
                *a = f(*a);
                *b = f(*b);
                *c = f(*c);
            }
            InstKind::Call(_, arguments) | InstKind::CallSubprogram(_, arguments) => {
                arguments.iter_mut().for_each(|value| *value = f(*value));
            }
        }
    }

    /// Neither reads nor writes memory that changes, so that two with equal operands are one, and one without uses none.
    pub fn is_pure(&self) -> bool {
        !matches!(
            self,
            InstKind::Load(..)
                | InstKind::Store(..)
                | InstKind::Born(_)
                | InstKind::Pin(..)
                | InstKind::Atomic(..)
                | InstKind::CompareExchange(..)
                | InstKind::Call(..)
                | InstKind::CallSubprogram(..)
        )
    }
}

impl Terminator {
    /// Its targets in order.
    pub fn targets(&self) -> Vec<&Target> {
        match self {
            Terminator::Open | Terminator::Return(_) | Terminator::Abort => Vec::new(),
            Terminator::Jump(target) => vec![target],
            Terminator::Branch { then, otherwise, .. } => vec![then, otherwise],
        }
    }

    /// Its targets in order, to be changed.
    pub fn targets_mut(&mut self) -> Vec<&mut Target> {
        match self {
            Terminator::Open | Terminator::Return(_) | Terminator::Abort => Vec::new(),
            Terminator::Jump(target) => vec![target],
            Terminator::Branch { then, otherwise, .. } => vec![then, otherwise],
        }
    }

    /// Values that it reads, arguments of targets included.
    pub fn operands(&self) -> Vec<Value> {
        let mut values = match self {
            Terminator::Return(value) => vec![*value],
            Terminator::Branch { cond, .. } => vec![cond.left, cond.right],
            _ => Vec::new(),
        };
        values.extend(self.targets().iter().flat_map(|target| target.args.iter().copied()));
        values
    }

    /// Replaces each operand by `f` of it.
    pub fn map_operands(&mut self, mut f: impl FnMut(Value) -> Value) {
        match self {
            Terminator::Return(value) => *value = f(*value),
            Terminator::Branch { cond, .. } => {
                cond.left = f(cond.left);
                cond.right = f(cond.right);
            }
            _ => {}
        }
        for target in self.targets_mut() {
            target.args.iter_mut().for_each(|value| *value = f(*value));
        }
    }
}

impl Target {
    /// A target without arguments.
    pub fn to(block: Block) -> Target {
        Target { block, args: Vec::new() }
    }
}

impl Function {
    /// The block `block`.
    pub fn block(&self, block: Block) -> &BlockData {
        &self.blocks[block.0 as usize]
    }

    /// The block `block`, to be changed.
    pub fn block_mut(&mut self, block: Block) -> &mut BlockData {
        &mut self.blocks[block.0 as usize]
    }

    /// The instruction `inst`.
    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.0 as usize]
    }

    /// The type of `value`.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.0 as usize].ty
    }

    /// What makes `value`; none for block parameters.
    pub fn def(&self, value: Value) -> Option<&InstKind> {
        self.values[value.0 as usize].def.map(|inst| &self.inst(inst).kind)
    }

    /// The number that `value` is, if it is a constant.
    pub fn as_const(&self, value: Value) -> Option<i64> {
        match self.def(value) {
            Some(InstKind::Const(number)) => Some(*number),
            _ => None,
        }
    }

    /// Whether `value` is the address of something that the compiler has laid out: never nil.
    pub fn is_address(&self, value: Value) -> bool {
        match self.def(value) {
            Some(
                InstKind::SlotAddr(..)
                | InstKind::GlobalAddr(..)
                | InstKind::TextAddr(_)
                | InstKind::Spilled(..),
            ) => true,
            Some(InstKind::PtrAdd(base, _)) => self.is_address(*base),
            _ => false,
        }
    }

    /// A new value of type `ty` made by `def`.
    pub fn new_value(&mut self, ty: Type, def: Option<Inst>) -> Value {
        self.values.push(ValueData { ty, def, followed: false });
        Value(self.values.len() as u32 - 1)
    }

    /// A new instruction that makes a value of type `ty`; it is in no block yet.
    pub fn new_inst(&mut self, ty: Type, kind: InstKind, origin: Origin) -> (Inst, Value) {
        let inst = Inst(self.insts.len() as u32);
        let value = self.new_value(ty, Some(inst));
        self.insts.push(InstData { result: Some(value), kind, origin });
        (inst, value)
    }

    /// Whether it may end by a run-time panic.
    pub fn may_abort(&self) -> bool {
        self.order.iter().any(|block| matches!(self.block(*block).end, Terminator::Abort))
    }

    /// The functions that it calls or has called, one for each call.
    pub fn callees(&self) -> impl Iterator<Item = SubprogramId> {
        let insts = self.order.iter().flat_map(|block| &self.block(*block).insts);
        insts.filter_map(|inst| match self.inst(*inst).kind {
            InstKind::CallSubprogram(callee, _) | InstKind::FunctionAddr(callee) => Some(callee),
            _ => None,
        })
    }

    /// Predecessors of each block, by number, one for each edge, counting reachable blocks only.
    pub fn predecessors(&self) -> Vec<Vec<Block>> {
        let mut predecessors = vec![Vec::new(); self.blocks.len()];
        for &block in &self.order {
            for target in self.block(block).end.targets() {
                predecessors[target.block.0 as usize].push(block);
            }
        }
        predecessors
    }

    /// Computes `order` anew.
    pub fn compute_order(&mut self) {
        let mut seen = vec![false; self.blocks.len()];
        let mut post_order = Vec::new();
        let mut stack = vec![(Block(0), 0)];
        seen[0] = true;
        while let Some((block, next)) = stack.pop() {
            // Successors are visited last to first, so that the first one follows its block.
            let targets = self.block(block).end.targets();
            match targets.len().checked_sub(next + 1).map(|index| targets[index].block) {
                None => post_order.push(block),
                Some(successor) => {
                    stack.push((block, next + 1));
                    if !std::mem::replace(&mut seen[successor.0 as usize], true) {
                        stack.push((successor, 0));
                    }
                }
            }
        }
        post_order.reverse();
        self.order = post_order;
    }
}
