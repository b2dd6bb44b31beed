//! A program in the making, with a notion of what each register holds that is good enough to write sensible code.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Reg, Size, SourceOperand, Width, pseudo};
use gobpf_bpf::{ExternId, ExternKind, KernelVersion, MapId, Relocation, RelocationTarget};

use super::edit;
use super::helpers::Sock;
use super::kinds::{KINDS, KindRow};
use super::rng::Rng;
use super::signatures::Signature;

/// What a register is believed to hold. Beliefs may be wrong: the kernel knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    Nothing,
    Scalar,
    Context,
    Stack,
    /// A value of so many bytes.
    Value(u32),
    /// The same, or null.
    ValueOrNull(u32),
    /// So many bytes that only can be read.
    Constant(u32),
    Packet,
    PacketEnd,
    Meta,
    /// So many bytes that are no map's: a record of a ring buffer, a part of a dynptr.
    Memory(u32),
    MemoryOrNull(u32),
    Socket(Sock),
    SocketOrNull(Sock),
    /// A map that came out of a map.
    Map,
    MapOrNull,
    /// A kernel's `task_struct`.
    Task,
    TaskOrNull,
    /// A dynptr of the caller's.
    Dynptr,
    /// Another pointer into the kernel.
    Kernel,
    KernelOrNull,
    /// An object that functions of the kernel gave, or that is theirs.
    Object(Class),
    ObjectOrNull(Class),
    /// A variable of the kernel, one for each processor.
    Variable,
}

/// What an object of the kernel is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// `struct cgroup`
    Group,
    /// `struct bpf_cpumask`
    Mask,
    /// A node of a list and a tree, in memory of its own.
    Node,
    /// `struct bpf_key`
    Key,
    /// `struct bpf_crypto_ctx`
    Crypto,
}

impl Held {
    /// The same where it is known not to be null.
    pub fn checked(self) -> Held {
        match self {
            Held::ValueOrNull(bytes) => Held::Value(bytes),
            Held::MemoryOrNull(bytes) => Held::Memory(bytes),
            Held::SocketOrNull(sock) => Held::Socket(sock),
            Held::MapOrNull => Held::Map,
            Held::TaskOrNull => Held::Task,
            Held::KernelOrNull => Held::Kernel,
            Held::ObjectOrNull(class) => Held::Object(class),
            other => other,
        }
    }

    /// Whether it may be null.
    pub fn is_nullable(self) -> bool {
        self.checked() != self
    }

    pub fn is_packet(self) -> bool {
        matches!(self, Held::Packet | Held::PacketEnd | Held::Meta)
    }
}

/// A reference that must be given back, or something that must be ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owed {
    /// The register that holds a reference, and the helper that takes it.
    ToHelper(u8, u32),
    /// The same with a function of the kernel.
    ToKernel(u8, &'static str),
    /// A function without arguments.
    End(&'static str),
    /// What is at this place of the stack, and the function that ends it.
    AtPlace(i32, &'static str),
    /// A lock at the start of what the register points to.
    Lock(u8),
    /// Another sort of lock there, and the function that opens it.
    KernelLock(u8, &'static str),
}

/// A function whose code comes behind the program's.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// The calls of it, and loads of its address.
    pub sites: Vec<usize>,
    /// What R1 to R5 hold when it starts.
    pub arguments: [Held; 5],
    /// Whether a helper calls it, which restricts its result.
    pub is_callback: bool,
    /// What it takes and gives by its type, which the kernel judges it by; none for a static one.
    pub signature: Option<Signature>,
    /// How many more calls are nested in it.
    pub depth: u32,
}

/// Registers that calls keep, without the one for the context.
pub(super) const KEPT: [u8; 3] = [7, 8, 9];
/// Where the context is kept.
pub(super) const CONTEXT: u8 = 6;
/// The frame pointer.
pub(super) const FP: u8 = 10;

pub(super) struct Builder<'a> {
    pub rng: &'a mut Rng,
    pub kind: &'static KindRow,
    /// The place of the kind in the table of kinds.
    pub kind_index: usize,
    pub kernel: KernelVersion,
    /// Percentage of steps that are done right.
    pub care: u32,
    pub insns: Vec<Insn>,
    pub relocations: Vec<Relocation>,
    pub held: [Held; 11],
    /// Registers that nothing may be put into: loop counters, and what a loop's next turn relies on.
    pub reserved: [bool; 11],
    /// How deep in branches and loops.
    pub depth: u32,
    /// References that the path so far has to give back.
    pub owed: Vec<Owed>,
    /// Functions that were called and have no code yet.
    pub pending: Vec<Pending>,
    /// Functions that have, by their first slots, with what their types are.
    pub functions: Vec<(u32, Option<Signature>)>,
    /// Whether the functions' types are told, which local types need.
    pub with_types: bool,
    /// Whether a function catches what is thrown.
    pub catches: bool,
    /// In a function that a helper or the program calls.
    pub in_function: bool,
    /// Whether register 6 has the context.
    pub has_context: bool,
    /// Initialised dynptrs are on the stack here.
    pub has_dynptr: bool,
    /// Functions of the kernel that are called, and variables whose addresses are loaded.
    pub externs: Vec<(&'static str, ExternKind)>,
    /// What may be returned; `None` for anything.
    pub results: Option<(i32, i32)>,
}

/// The register with this number, which is at most 10.
pub(super) fn reg(number: u8) -> Reg {
    Reg::new(number).unwrap_or(Reg::FP)
}

impl<'a> Builder<'a> {
    pub fn new(rng: &'a mut Rng, kind_index: usize, kernel: KernelVersion, care: u32) -> Builder<'a> {
        let kind = &KINDS[kind_index];
        let mut builder = Builder {
            rng,
            kind,
            kind_index,
            kernel,
            care,
            insns: Vec::new(),
            relocations: Vec::new(),
            held: [Held::Nothing; 11],
            reserved: [false; 11],
            depth: 0,
            owed: Vec::new(),
            pending: Vec::new(),
            functions: Vec::new(),
            in_function: false,
            has_context: true,
            has_dynptr: false,
            with_types: false,
            catches: false,
            externs: Vec::new(),
            results: Some(kind.results),
        };
        builder.held[1] = Held::Context;
        builder.held[FP as usize] = Held::Stack;
        builder.reserved[CONTEXT as usize] = true;
        builder.move_reg(CONTEXT, 1);
        builder
    }

    /// Whether the kernel is this one or a later one.
    pub fn since(&self, major: u16, minor: u16) -> bool {
        self.kernel >= KernelVersion::new(major, minor)
    }

    /// Whether the newer instructions (`sdiv`, `movsx`, ...) exist.
    pub fn has_v4(&self) -> bool {
        self.kernel >= KernelVersion::new(6, 6)
    }

    /// Whether this step is done right.
    pub fn careful(&mut self) -> bool {
        let care = self.care;
        self.rng.chance(care)
    }

    pub fn emit(&mut self, insn: Insn) {
        self.insns.push(insn);
    }

    pub fn move_imm(&mut self, dst: u8, value: i32) {
        self.emit(Insn::mov(Width::W64, reg(dst), SourceOperand::Imm(value)));
        self.held[dst as usize] = Held::Scalar;
    }

    pub fn move_reg(&mut self, dst: u8, src: u8) {
        self.emit(Insn::mov(Width::W64, reg(dst), SourceOperand::Reg(reg(src))));
        self.held[dst as usize] = self.held[src as usize];
    }

    pub fn alu_imm(&mut self, op: AluOp, dst: u8, value: i32) {
        self.emit(Insn::alu(Width::W64, op, reg(dst), SourceOperand::Imm(value)));
    }

    pub fn alu_reg(&mut self, op: AluOp, dst: u8, src: u8) {
        self.emit(Insn::alu(Width::W64, op, reg(dst), SourceOperand::Reg(reg(src))));
    }

    /// `dst = fp + off`.
    pub fn stack_address(&mut self, dst: u8, off: i32) {
        self.move_reg(dst, FP);
        self.alu_imm(AluOp::Add, dst, off);
    }

    pub fn load(&mut self, size: Size, dst: u8, src: u8, off: i16, held: Held) {
        self.emit(Insn::load(size, reg(dst), reg(src), off));
        self.held[dst as usize] = held;
    }

    pub fn store_imm(&mut self, size: Size, dst: u8, off: i16, value: i32) {
        self.emit(Insn::store(size, reg(dst), off, SourceOperand::Imm(value)));
    }

    pub fn store_reg(&mut self, size: Size, dst: u8, off: i16, src: u8) {
        self.emit(Insn::store(size, reg(dst), off, SourceOperand::Reg(reg(src))));
    }

    pub fn load_wide(&mut self, dst: u8, value: u64) {
        self.insns.extend(Insn::load_imm64(reg(dst), 0, value));
        self.held[dst as usize] = Held::Scalar;
    }

    fn load_relocated(&mut self, dst: u8, target: RelocationTarget) {
        self.relocations.push(Relocation { slot: self.insns.len() as u32, target });
        let source = match target {
            RelocationTarget::Map(_) => pseudo::MAP_FD,
            RelocationTarget::MapValue { .. } => pseudo::MAP_VALUE,
            RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => pseudo::BTF_ID,
        };
        self.insns.extend(Insn::load_imm64(reg(dst), source, 0));
    }

    /// The address of a variable of the kernel.
    pub fn load_variable(&mut self, dst: u8, name: &'static str) {
        let id = self.external(name, ExternKind::Variable);
        self.load_relocated(dst, RelocationTarget::Variable(id));
        self.held[dst as usize] = Held::Variable;
    }

    fn external(&mut self, name: &'static str, kind: ExternKind) -> ExternId {
        let known = self.externs.iter().position(|one| *one == (name, kind));
        let index = known.unwrap_or_else(|| {
            self.externs.push((name, kind));
            self.externs.len() - 1
        });
        ExternId(index as u32)
    }

    pub fn load_map(&mut self, dst: u8, map: MapId) {
        self.load_relocated(dst, RelocationTarget::Map(map));
        self.held[dst as usize] = Held::Nothing;
    }

    /// The address of byte `offset` of a global of `bytes` bytes.
    pub fn load_global(&mut self, dst: u8, map: MapId, bytes: u32, offset: u32) {
        self.load_relocated(dst, RelocationTarget::MapValue { map, offset });
        let room = bytes.saturating_sub(offset);
        let is_constant = super::world::is_constant(map);
        self.held[dst as usize] = if is_constant { Held::Constant(room) } else { Held::Value(room) };
    }

    /// A jump whose target is set later with [`Builder::land`].
    pub fn jump_if(&mut self, width: Width, op: JmpOp, dst: u8, source: SourceOperand) -> usize {
        self.emit(Insn::jump_if(width, op, reg(dst), source, 0));
        self.insns.len() - 1
    }

    pub fn jump(&mut self) -> usize {
        let is_long = self.has_v4() && self.rng.chance(10);
        self.emit(if is_long { Insn { code: edit::JUMP_LONG, ..Insn::default() } } else { Insn::jump(0) });
        self.insns.len() - 1
    }

    /// Has the jump at `at` lead to what comes next.
    pub fn land(&mut self, at: usize) {
        self.land_at(at, self.insns.len());
    }

    /// Has the jump at `at` lead to slot `to`.
    pub fn land_at(&mut self, at: usize, to: usize) {
        if let Some(insn) = self.insns.get_mut(at) {
            let off = to as i64 - at as i64 - 1;
            if insn.code == edit::JUMP_LONG {
                insn.imm = off as i32;
            } else {
                insn.off = off as i16;
            }
        }
    }

    /// Returns; what is owed is given back before.
    pub fn leave(&mut self) {
        let held = self.held;
        for owed in self.owed.clone().into_iter().rev() {
            if self.careful() {
                self.give_back(owed);
            }
        }
        self.held = held;
        let careful = self.careful();
        let value = match self.results {
            Some((least, greatest)) if careful => {
                least + self.rng.below((greatest - least + 1) as usize) as i32
            }
            Some((_, greatest)) => self.rng.pick(&[greatest + 1, -1, 3, 129]),
            None => self.rng.constant(),
        };
        if self.careful() || self.rng.chance(70) {
            self.emit(Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(value)));
        }
        self.emit(Insn::exit());
    }

    /// Gives a reference back.
    pub fn give_back(&mut self, owed: Owed) {
        const UNLOCK: u32 = 94;
        match owed {
            Owed::ToHelper(register, helper) => {
                self.move_reg(1, register);
                self.emit(Insn::mov(Width::W64, Reg::R2, SourceOperand::Imm(0)));
                self.emit(Insn::call(helper));
            }
            Owed::ToKernel(register, name) | Owed::KernelLock(register, name) => {
                self.move_reg(1, register);
                self.emit(Insn::mov(Width::W64, Reg::R2, SourceOperand::Imm(0)));
                self.kernel_call(name);
            }
            Owed::End(name) => self.kernel_call(name),
            Owed::AtPlace(place, name) => {
                self.stack_address(1, place);
                self.kernel_call(name);
            }
            Owed::Lock(register) => {
                self.move_reg(1, register);
                self.emit(Insn::call(UNLOCK));
            }
        }
        self.forget_arguments();
    }

    /// Calls a function of the kernel.
    pub fn kernel_call(&mut self, name: &'static str) {
        let target = RelocationTarget::Kfunc(self.external(name, ExternKind::Kfunc));
        self.relocations.push(Relocation { slot: self.insns.len() as u32, target });
        self.emit(Insn { src: pseudo::KFUNC_CALL, ..Insn::call(0) });
        self.forget_arguments();
    }

    /// A register for a new value; it holds nothing now.
    pub fn destination(&mut self) -> u8 {
        let free: Vec<u8> = (0..10).filter(|number| !self.reserved[*number as usize]).collect();
        let number = self.rng.pick(&free);
        self.held[number as usize] = Held::Nothing;
        number
    }

    /// A kept register for a new value, if one is free.
    pub fn kept_destination(&mut self) -> Option<u8> {
        let free: Vec<u8> = KEPT.into_iter().filter(|number| !self.reserved[*number as usize]).collect();
        (!free.is_empty()).then(|| self.rng.pick(&free))
    }

    /// A register whose content `wanted` likes.
    pub fn find(&mut self, wanted: impl Fn(Held) -> bool) -> Option<u8> {
        let found: Vec<u8> = (0..10).filter(|number| wanted(self.held[*number as usize])).collect();
        (!found.is_empty()).then(|| self.rng.pick(&found))
    }

    /// A register that holds something; a careless step may take any at all.
    pub fn any(&mut self) -> u8 {
        if !self.careful() && self.rng.chance(20) {
            return self.rng.below(11) as u8;
        }
        self.find(|held| held != Held::Nothing).unwrap_or(FP)
    }

    /// Forgets what a call of a helper overwrites.
    pub fn forget_arguments(&mut self) {
        for held in &mut self.held[0..6] {
            *held = Held::Nothing;
        }
    }

    /// Beliefs where two paths meet, `other` being those of the other path.
    pub fn meet(&mut self, other: [Held; 11]) {
        for (held, other) in self.held.iter_mut().zip(other) {
            if *held != other {
                *held = Held::Nothing;
            }
        }
    }
}
