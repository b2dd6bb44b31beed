//! From HIR to SSA: Go's run-time semantics spelled out, calls inlined, variables turned into values.

mod arith;
mod bulk;
mod cache;
mod call;
mod chosen;
mod compare;
mod defer;
mod expr;
mod held;
mod intrinsic;
mod kept;
mod literal;
mod maps;
mod memory;
mod packet;
mod place;
mod slice;
mod ssa;
mod stmt;
mod strings;
mod subprogram;

use std::sync::Arc;

use gobpf_source::{NodeId, Origin, Place, Why};
use gobpf_types::hir;
use rustc_hash::FxHashMap;

use crate::error::{BuildError, Unsupported};
use crate::ir::{
    Block, BlockData, Cond, Function, Inst, InstData, InstKind, Module, Role, Slot, SlotData, Target,
    Terminator, Type, Value,
};
use crate::visit::Jumps;
use crate::{Plan, passes};
pub use cache::Cache;
use cache::{Keys, Lowered};
use held::HeldVar;
use ssa::{Ssa, Var};
use subprogram::Convention;

/// Instructions of one program at most, before any pass.
const INSTRUCTION_LIMIT: usize = 100_000;
/// Depth of inlined calls at most.
const INLINE_DEPTH_LIMIT: usize = 64;

/// The package's constant texts, each once, with the NUL that the kernel wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    bytes: Vec<u8>,
    offsets: FxHashMap<Vec<u8>, u32>,
}

impl Texts {
    /// The bytes of the read-only data.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The offset of `text`, which is added when it is new.
    fn intern(&mut self, text: Vec<u8>) -> u32 {
        if let Some(&offset) = self.offsets.get(&text) {
            return offset;
        }
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&text);
        self.offsets.insert(text, offset);
        offset
    }
}

/// The result of lowering.
pub type Result<T> = std::result::Result<T, BuildError>;

/// A package in SSA form.
#[derive(Debug, Default)]
pub struct Built {
    /// Programs and the functions that they call. Whole where `errors` is empty; programs that could be lowered are there
    /// in any case where all functions could be that they call.
    pub module: Module,
    /// What each of the module's subprograms is in the package.
    pub functions: Vec<hir::FunctionId>,
    /// Its constant texts.
    pub texts: Texts,
    /// What could not be lowered: the first construct of each function.
    pub errors: Vec<BuildError>,
}

/// Lowers all programs of `package`, and the functions that they call without inlining them, and runs the passes. What
/// `cache` has is taken from there.
pub fn build_module(package: &hir::Package, cache: &mut Cache) -> Built {
    let mut plan = Plan::of(package);
    let mut built = Built { errors: std::mem::take(&mut plan.errors), ..Built::default() };
    let mut calls = Calls { plan, conventions: Vec::new() };
    let mut keys = Keys::of(package);
    cache.begin();
    for id in calls.plan.subprograms.clone() {
        let key = keys.key(id, &calls.plan, &built.texts, ());
        let lowered = remembered(cache, key, &mut built.texts, |texts| {
            subprogram::lower(package, id, &calls, texts, key)
        });
        match lowered {
            Ok(Lowered { function, convention }) => {
                calls.conventions.push(convention);
                built.module.subprograms.push(function);
                built.functions.push(id);
            }
            Err(error) => {
                calls.conventions.push(Convention::of(package, &package.functions[id.0 as usize], true));
                built.errors.push(error);
            }
        }
    }
    let all_called = built.module.subprograms.len() == calls.conventions.len();
    for program in &package.programs {
        let key = keys.key(program.function, &calls.plan, &built.texts, program);
        let lowered = remembered(cache, key, &mut built.texts, |texts| {
            lower_program(package, program, &calls, texts, key)
        });
        match lowered {
            Ok(lowered) => built.module.programs.extend(all_called.then_some(lowered.function)),
            Err(error) => built.errors.push(error),
        }
    }
    if !all_called {
        built.module.subprograms.clear();
        built.functions.clear();
    }
    built
}

/// What `cache` has for `key`, or what `lower` makes.
fn remembered(
    cache: &mut Cache,
    key: u64,
    texts: &mut Texts,
    lower: impl FnOnce(&mut Texts) -> Result<Lowered>,
) -> Result<Lowered> {
    if let Some(known) = cache.get(key, texts) {
        return Ok(known);
    }
    let from = texts.bytes.len() as u32;
    let lowered = lower(texts)?;
    cache.put(key, lowered.clone(), texts, from);
    Ok(lowered)
}

fn lower_program(
    package: &hir::Package,
    program: &hir::Program,
    calls: &Calls,
    texts: &mut Texts,
    key: u64,
) -> Result<Lowered> {
    let function = &package.functions[program.function.0 as usize];
    let place = Place { decl: function.decl, node: program.place.node };
    let abort_value = program.kind.row().map_or(0, |row| i64::from(row.abort_value));
    let head = Head { name: program.name.to_string(), role: Role::Program, place, abort_value, key };
    let mut builder = Builder::new(package, head, calls, texts);
    builder.enter_program(function)?;
    Ok(Lowered { function: Arc::new(builder.finish()?), convention: Convention::default() })
}

/// How functions are called that are not inlined.
struct Calls {
    plan: Plan,
    /// By [`crate::ir::SubprogramId`], as far as they have been lowered.
    conventions: Vec<Convention>,
}

/// What a function is before it has a body.
struct Head {
    name: String,
    role: Role,
    place: Place,
    abort_value: i64,
    key: u64,
}

/// Where a variable lives.
#[derive(Clone, Copy, Debug)]
enum Storage {
    /// Not declared yet.
    None,
    /// In SSA variables: one for each word of the value.
    Vars(Var),
    /// In memory.
    Slot(Slot),
    /// In memory that the caller has given.
    Place(Address),
}

/// A function that is being inlined.
struct Frame<'a> {
    function: &'a hir::Function,
    locals: Vec<Storage>,
    /// Where `break` and `continue` of a label go.
    labels: FxHashMap<hir::LabelId, (Block, Option<Block>)>,
    /// Where `goto` of a label goes.
    gotos: FxHashMap<hir::LabelId, Block>,
    /// Where the function's labels and jumps stand; none where it has no label.
    jumps: Option<Jumps>,
    results: Vec<Storage>,
    return_to: Block,
    /// Where a panic goes on: what runs the deferred calls. None where there are none left.
    panic_to: Option<Block>,
}

/// A place in memory.
#[derive(Clone, Copy, Debug)]
struct Address {
    base: Value,
    offset: i32,
    /// What the base is aligned to, as far as its type tells. Bytes.
    align: u32,
    /// In the context, where fields stay as they are.
    context: bool,
}

/// A slice or a string in registers.
#[derive(Clone, Copy, Debug)]
struct SliceValue {
    pointer: Value,
    bound: Bound,
}

/// Where a slice starts and ends.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// All in elements after the pointer (`I64`). The end of the array is apart, for it is what the verifier checks a
    /// place in it against.
    Counted {
        /// Where it starts.
        offset: Value,
        /// How long it is.
        length: Value,
        /// Where its capacity ends.
        end: Value,
    },
    /// At the pointer, in the packet.
    Packet {
        /// The packet's end.
        end: Value,
        /// Elements at most; [`slice::UNLIMITED`] where the packet's end is the only bound.
        limit: Value,
        /// The same of the capacity.
        room: Value,
    },
}

/// The value of an expression.
#[derive(Clone, Copy, Debug)]
enum Operand {
    /// An integer, a boolean or a pointer.
    Scalar(Value),
    /// A slice or a string.
    Slice(SliceValue),
    /// A struct or an array, in memory.
    Memory(Address),
}

struct Builder<'a> {
    package: &'a hir::Package,
    calls: &'a Calls,
    texts: &'a mut Texts,
    f: Function,
    block: Block,
    ssa: Ssa,
    frames: Vec<Frame<'a>>,
    /// Where panics end, and where the first comes from.
    abort: Option<(Block, Origin)>,
    /// What a callback sets when it panics: the first word of its context.
    panic_flag: Option<Value>,
    /// What may be held when the function panics.
    held: Vec<HeldVar>,
    /// The stores of pointers into frames, with their places.
    kept_pointers: Vec<(Inst, Place)>,
    origin: Origin,
}

impl<'a> Builder<'a> {
    fn new(package: &'a hir::Package, head: Head, calls: &'a Calls, texts: &'a mut Texts) -> Self {
        let Head { name, role, place, abort_value, key } = head;
        let mut builder = Builder {
            package,
            calls,
            texts,
            f: Function {
                name,
                role,
                place,
                abort_value,
                key,
                blocks: Vec::new(),
                order: Vec::new(),
                insts: Vec::new(),
                values: Vec::new(),
                slots: Vec::new(),
            },
            block: Block(0),
            ssa: Ssa::default(),
            frames: Vec::new(),
            abort: None,
            panic_flag: None,
            held: Vec::new(),
            kept_pointers: Vec::new(),
            origin: Origin { place, why: Why::Frame },
        };
        builder.new_block();
        builder.seal(Block(0));
        builder
    }

    /// Computes the order of blocks and the parameters that are needed, and runs the passes.
    fn finish(mut self) -> Result<Function> {
        self.end_abort_block();
        self.f.compute_order();
        passes::remove_trivial_params(&mut self.f);
        passes::optimise(&mut self.f);
        match kept::by_caller(&self.f, &self.kept_pointers) {
            Some(place) => Err(BuildError { place, what: Unsupported::KeepsStack }),
            None => Ok(self.f),
        }
    }

    // Places.

    /// The node that what follows comes from.
    fn at(&mut self, node: NodeId) {
        if let Some(frame) = self.frames.last() {
            self.origin = Origin { place: Place { decl: frame.function.decl, node }, why: Why::Source };
        }
    }

    /// Runs `f` with another reason for the instructions that it makes.
    fn because<T>(&mut self, why: Why, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.origin.why, why);
        let result = f(self);
        self.origin.why = before;
        result
    }

    fn error<T>(&self, what: Unsupported) -> Result<T> {
        Err(BuildError { place: self.origin.place, what })
    }

    // Blocks.

    fn new_block(&mut self) -> Block {
        self.f.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            end: Terminator::Open,
            origin: self.origin,
        });
        self.ssa.add_block();
        Block(self.f.blocks.len() as u32 - 1)
    }

    /// Ends the current block; what follows goes into `next`.
    fn end(&mut self, end: Terminator, next: Block) {
        if !self.is_unreachable() {
            for target in end.targets() {
                self.ssa.add_predecessor(target.block, self.block);
            }
        }
        let origin = self.origin;
        let data = self.f.block_mut(self.block);
        data.end = end;
        data.origin = origin;
        self.block = next;
    }

    fn jump(&mut self, to: Block, next: Block) {
        self.end(Terminator::Jump(Target::to(to)), next);
    }

    /// Goes on in a block that nothing reaches: after `return`, `break`, `continue`.
    fn unreachable_block(&mut self) -> Block {
        let block = self.new_block();
        self.seal(block);
        block
    }

    /// Ends the current block with a branch, decided at once where both operands are constants.
    fn branch(&mut self, cond: Cond, then: Block, otherwise: Block) {
        let next = self.block;
        match self.f.decide(cond) {
            Some(holds) => self.jump(if holds { then } else { otherwise }, next),
            None => {
                let (mut then, mut otherwise) = (then, otherwise);
                match self.checked_by(cond).filter(|_| !self.is_unreachable()) {
                    Some((Some(state), _)) => then = self.through_held(state, then),
                    Some((_, Some(state))) => otherwise = self.through_held(state, otherwise),
                    _ => {}
                }
                let (then, otherwise) = (Target::to(then), Target::to(otherwise));
                self.end(Terminator::Branch { cond, then, otherwise }, next);
            }
        }
    }

    // Values.

    fn emit(&mut self, ty: Type, kind: InstKind) -> Value {
        let (inst, value) = self.f.new_inst(ty, kind, self.origin);
        self.f.block_mut(self.block).insts.push(inst);
        value
    }

    fn emit_effect(&mut self, kind: InstKind) {
        let inst = Inst(self.f.insts.len() as u32);
        self.f.insts.push(InstData { result: None, kind, origin: self.origin });
        self.f.block_mut(self.block).insts.push(inst);
    }

    fn check_size(&self) -> Result<()> {
        if self.f.insts.len() > INSTRUCTION_LIMIT {
            return self.error(Unsupported::TooLarge(INSTRUCTION_LIMIT));
        }
        Ok(())
    }

    // Types.

    fn types(&self) -> &'a hir::Types {
        &self.package.types
    }

    /// The SSA type of a scalar; none for structs, arrays, slices and strings.
    fn scalar_type(&self, ty: hir::TypeId) -> Option<Type> {
        match self.types().get(ty) {
            hir::Type::Bool => Some(Type::I32),
            hir::Type::Int { bits: 64, .. } => Some(Type::I64),
            hir::Type::Int { .. } => Some(Type::I32),
            hir::Type::Pointer { .. } => Some(Type::Pointer),
            _ => None,
        }
    }

    // Variables.

    fn new_slot(&mut self, size: u64, name: &str, pointers: bool) -> Slot {
        let size = u32::try_from(size).unwrap_or(u32::MAX).max(1);
        self.f.slots.push(SlotData { size, name: name.to_string(), pointers, parts: true });
        let slot = Slot(self.f.slots.len() as u32 - 1);
        self.emit_effect(InstKind::Born(slot));
        slot
    }

    /// A new slot for a value of type `ty`.
    fn slot_of(&mut self, ty: hir::TypeId, name: &str) -> Slot {
        let slot = self.new_slot(self.types().size_of(ty), name, holds_pointers(self.types(), ty));
        self.f.slots[slot.0 as usize].parts = self.is_memory(ty);
        slot
    }

    fn new_storage(&mut self, ty: hir::TypeId, in_memory: bool, name: &str) -> Storage {
        if in_memory || self.is_memory(ty) {
            return Storage::Slot(self.slot_of(ty, name));
        }
        let mut words = self.word_types(ty).into_iter();
        let first = self.ssa.new_var(words.next().unwrap_or(Type::I64));
        for word in words {
            self.ssa.new_var(word);
        }
        Storage::Vars(first)
    }

    fn frame(&mut self) -> &mut Frame<'a> {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn local(&self, local: hir::LocalId) -> &'a hir::Local {
        let function = self.frames[self.frames.len() - 1].function;
        &function.locals[local.0 as usize]
    }

    /// Where `local` lives, from now on if it has no place yet.
    fn storage(&mut self, local: hir::LocalId) -> Storage {
        let index = local.0 as usize;
        let known = self.frame().locals[index];
        if !matches!(known, Storage::None) {
            return known;
        }
        let data = self.local(local);
        let storage = self.new_storage(data.ty, data.address_taken, &data.name);
        self.frame().locals[index] = storage;
        storage
    }

    fn slot_address(&mut self, slot: Slot) -> Address {
        Address::at(self.emit(Type::Pointer, InstKind::SlotAddr(slot, 0)), 0)
    }

    /// A new temporary for a value of type `ty`.
    fn new_temporary(&mut self, ty: hir::TypeId) -> Address {
        let slot = self.slot_of(ty, "");
        self.slot_address(slot)
    }

    /// Reads what is stored.
    fn read(&mut self, storage: Storage, ty: hir::TypeId) -> Operand {
        match storage {
            Storage::Vars(var) => {
                let words = self.word_types(ty).len() as u32;
                let words: Vec<_> = (0..words).map(|index| self.read_var(var.at(index))).collect();
                self.operand_of_words(ty, &words)
            }
            Storage::Slot(slot) => {
                let address = self.slot_address(slot);
                self.load_operand(address, ty)
            }
            Storage::Place(address) => self.load_operand(address, ty),
            Storage::None => Operand::Scalar(self.const_i64(0)),
        }
    }

    /// Writes words to SSA variables, anything to memory.
    fn write(&mut self, storage: Storage, ty: hir::TypeId, operand: Operand) {
        match storage {
            Storage::Vars(var) => {
                for (index, word) in self.words_of(operand).into_iter().enumerate() {
                    self.write_var(var.at(index as u32), word);
                }
            }
            Storage::Slot(slot) => {
                let address = self.slot_address(slot);
                self.store_operand(address, ty, operand);
            }
            Storage::Place(address) => self.store_operand(address, ty, operand),
            Storage::None => {}
        }
    }
}

/// Whether values of type `ty` hold pointers, slices or strings.
pub(crate) fn holds_pointers(types: &hir::Types, ty: hir::TypeId) -> bool {
    match types.get(ty) {
        hir::Type::Unknown | hir::Type::Bool | hir::Type::Int { .. } => false,
        hir::Type::Array { element, .. } => holds_pointers(types, *element),
        hir::Type::Struct(of) => of.fields.iter().any(|field| holds_pointers(types, field.ty)),
        hir::Type::String { .. }
        | hir::Type::Function
        | hir::Type::Pointer { .. }
        | hir::Type::Slice { .. } => true,
    }
}

/// Whether the word at byte `offset` of a value of type `ty` is a pointer.
fn pointer_at(types: &hir::Types, ty: hir::TypeId, offset: u64) -> bool {
    match types.get(ty) {
        hir::Type::Unknown | hir::Type::Bool | hir::Type::Int { .. } => false,
        hir::Type::Array { element, .. } => match types.size_of(*element) {
            0 => false,
            size => pointer_at(types, *element, offset % size),
        },
        hir::Type::Struct(of) => of.fields.iter().any(|field| {
            let start = u64::from(field.offset);
            (start..start + types.size_of(field.ty)).contains(&offset)
                && pointer_at(types, field.ty, offset - start)
        }),
        hir::Type::Slice { provenance: hir::Provenance::Packet, .. } => offset <= u64::from(memory::WORD),
        hir::Type::String { .. }
        | hir::Type::Function
        | hir::Type::Pointer { .. }
        | hir::Type::Slice { .. } => offset == 0,
    }
}
