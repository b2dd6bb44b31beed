//! Functions of their own: how arguments and results travel, and what tells a caller of a panic.
//!
//! Arguments are words: a scalar and a pointer is one, a slice two, a struct or an array the address of the caller's copy.
//! With more than five words, the last register holds the address of a block with the rest. A scalar result goes back in
//! R0; others through an out block, whose address is the last word. A function that may panic returns a status below zero
//! then: its result in R0, where it has 32 bits, is above; anything wider goes through the out block.

use std::sync::Arc;

use gobpf_bpf::insn::{JmpOp, Size};
use gobpf_source::{Place, Why};
use gobpf_types::hir::{self, FunctionId, TypeId};

use super::cache::Lowered;
use super::{Address, Bound, Builder, Calls, Head, Operand, Result, SliceValue, Storage, Texts};
use crate::ir::{Block, InstKind, Role, SubprogramId, Terminator, Type, Value};

/// Registers for arguments.
const ARGUMENT_REGISTERS: usize = 5;
/// Size of a word in memory.
const WORD: u32 = 8;
/// What a function returns after a run-time panic, where its callers look for it.
const PANICKED: i64 = -1;

/// How a function's results travel.
#[derive(Clone, Debug, Default)]
pub(super) struct Convention {
    /// It may end by a run-time panic.
    aborts: bool,
    /// The result in R0.
    in_register: Option<usize>,
    /// Where each of the others is in the out block.
    in_memory: Vec<(usize, u32)>,
    /// The size of the out block.
    out_size: u32,
}

/// Lowers a function of its own. Whether it panics is seen after the passes: it is taken for one that does first.
pub(super) fn lower(
    package: &hir::Package,
    id: FunctionId,
    calls: &Calls,
    texts: &mut Texts,
    key: u64,
) -> Result<Lowered> {
    let function = &package.functions[id.0 as usize];
    let mut lower = |convention: &Convention| {
        let place = Place { decl: function.decl, node: function.name_node };
        let name = function.name.to_string();
        let head = Head { name, role: Role::Subprogram, place, abort_value: PANICKED, key };
        let mut builder = Builder::new(package, head, calls, texts);
        builder.enter_subprogram(function, convention)?;
        Ok(builder.finish())
    };
    let careful = Convention::of(package, function, true);
    let lowered = lower(&careful)?;
    if lowered.may_abort() {
        return Ok(Lowered { function: Arc::new(lowered), convention: careful });
    }
    let convention = Convention::of(package, function, false);
    let lowered = if convention.returns_as(&careful) { lowered } else { lower(&convention)? };
    Ok(Lowered { function: Arc::new(lowered), convention })
}

impl Convention {
    /// How the results of `function` travel.
    pub(super) fn of(package: &hir::Package, function: &hir::Function, aborts: bool) -> Convention {
        let mut convention = Convention { aborts, ..Convention::default() };
        for (index, ty) in function.results.iter().enumerate() {
            let fits = match package.types.get(*ty) {
                hir::Type::Bool => true,
                hir::Type::Int { bits, .. } => *bits < 64 || !aborts,
                hir::Type::Pointer { .. } => !aborts,
                _ => false,
            };
            if fits && convention.in_register.is_none() {
                convention.in_register = Some(index);
                continue;
            }
            convention.in_memory.push((index, convention.out_size));
            let size = match package.types.get(*ty) {
                hir::Type::Slice { .. } => 2 * WORD,
                _ => u32::try_from(package.types.size_of(*ty)).unwrap_or(u32::MAX),
            };
            let size = size.checked_next_multiple_of(WORD).unwrap_or(u32::MAX);
            convention.out_size = convention.out_size.saturating_add(size.max(WORD));
        }
        convention
    }

    /// Code for `other` is right for this one too.
    fn returns_as(&self, other: &Convention) -> bool {
        self.in_register == other.in_register && self.in_memory == other.in_memory
    }
}

impl<'a> Builder<'a> {
    /// Lowers a function of its own: its parameters are words.
    fn enter_subprogram(&mut self, function: &'a hir::Function, convention: &Convention) -> Result<()> {
        let mut types = Vec::new();
        for param in &function.params {
            self.word_types(function.locals[param.0 as usize].ty, &mut types);
        }
        if convention.out_size > 0 {
            types.push(Type::Pointer);
        }
        let words = self.incoming(&types);
        let mut words = words.into_iter();
        let mut next = || words.next().unwrap_or(Value(0));
        let mut params = Vec::new();
        for param in &function.params {
            params.push(self.operand_of_words(function.locals[param.0 as usize].ty, &mut next));
        }
        let out = (convention.out_size > 0).then(next);
        let results = self.result_places(function, convention, out)?;
        let node = self.origin.place.node;
        self.push_frame(function, params, Some(results.clone()))?;
        self.origin.place = Place { decl: function.decl, node };
        self.because(Why::Frame, |b| b.give_back(function, convention, &results, out))
    }

    /// Where each result is while the function runs: structs and arrays at once where the caller wants them.
    fn result_places(
        &mut self,
        function: &hir::Function,
        convention: &Convention,
        out: Option<Value>,
    ) -> Result<Vec<Storage>> {
        let mut results = Vec::new();
        for (index, ty) in function.results.iter().enumerate() {
            let place = convention.in_memory.iter().find(|(result, _)| *result == index);
            results.push(match (place, out) {
                (Some((_, offset)), Some(base)) if self.is_memory(*ty) => {
                    Storage::Place(Address { base, offset: *offset as i32, context: false })
                }
                _ => self.new_storage(*ty, false, "")?,
            });
        }
        Ok(results)
    }

    /// The end of a function of its own: what its caller gets.
    fn give_back(
        &mut self,
        function: &hir::Function,
        convention: &Convention,
        results: &[Storage],
        out: Option<Value>,
    ) -> Result<()> {
        for (index, offset) in &convention.in_memory {
            let (ty, storage) = (function.results[*index], results[*index]);
            if matches!(storage, Storage::Place(_)) {
                continue;
            }
            let operand = self.read(storage, ty)?;
            let Some(base) = out else { break };
            let mut offset = *offset as i32;
            for word in self.words_of(ty, operand)? {
                self.store_word(Address { base, offset, context: false }, word);
                offset += WORD as i32;
            }
        }
        let value = match convention.in_register {
            Some(index) => match self.read(results[index], function.results[index])? {
                Operand::Scalar(value) => value,
                _ => self.const_i32(0),
            },
            None => self.const_i32(0),
        };
        let next = self.block;
        self.end(Terminator::Return(value), next);
        Ok(())
    }

    /// Calls a function of its own; the results are where it left them.
    pub(super) fn call_subprogram(
        &mut self,
        id: SubprogramId,
        function: &'a hir::Function,
        arguments: Vec<Operand>,
    ) -> Result<Vec<Storage>> {
        let calls = self.calls;
        // A function that could not be lowered has been reported.
        let Some(convention) = calls.conventions.get(id.0 as usize) else { return Ok(Vec::new()) };
        let mut words = Vec::new();
        for (param, argument) in function.params.iter().zip(arguments) {
            words.extend(self.words_of(function.locals[param.0 as usize].ty, argument)?);
        }
        let out = match convention.out_size {
            0 => None,
            size => {
                let slot = self.new_slot(u64::from(size), "");
                let address = self.slot_address(slot);
                words.push(address.base);
                Some(address)
            }
        };
        let words = self.outgoing(words);
        let kept = convention.in_register.map(|index| (index, function.results[index]));
        let scalar = kept.and_then(|(_, ty)| self.scalar_type(ty)).filter(|_| !convention.aborts);
        let ty = scalar.unwrap_or(Type::I64);
        let returned = self.emit(ty, InstKind::CallSubprogram(id, words));
        if convention.aborts {
            let zero = self.const_i64(0);
            self.abort_if(Why::PanicCheck, JmpOp::Slt, returned, zero);
        }
        let mut results = Vec::new();
        for (index, ty) in function.results.iter().enumerate() {
            let storage = match (kept, out) {
                (Some((register, _)), _) if register == index => {
                    let value = match convention.aborts {
                        true => self.emit(Type::I32, InstKind::Narrow(returned)),
                        false => returned,
                    };
                    let storage = self.new_storage(*ty, false, "")?;
                    self.write(storage, *ty, Operand::Scalar(value));
                    storage
                }
                (_, Some(out)) => self.result_in_memory(convention, index, *ty, out)?,
                _ => Storage::None,
            };
            results.push(storage);
        }
        Ok(results)
    }

    fn result_in_memory(
        &mut self,
        convention: &Convention,
        index: usize,
        ty: TypeId,
        out: Address,
    ) -> Result<Storage> {
        let offset = convention.in_memory.iter().find(|(result, _)| *result == index);
        let place = out.plus(offset.map_or(0, |(_, offset)| *offset));
        if self.is_memory(ty) {
            return Ok(Storage::Place(place));
        }
        let mut types = Vec::new();
        self.word_types(ty, &mut types);
        let mut words = Vec::new();
        for (number, ty) in types.into_iter().enumerate() {
            words.push(self.load_word(place.plus(number as u32 * WORD), ty));
        }
        let mut words = words.into_iter();
        let operand = self.operand_of_words(ty, &mut || words.next().unwrap_or(Value(0)));
        let storage = self.new_storage(ty, false, "")?;
        self.write(storage, ty, operand);
        Ok(storage)
    }

    // Words.

    /// A struct or an array, which is one word: its address.
    fn is_memory(&self, ty: TypeId) -> bool {
        self.scalar_type(ty).is_none() && !self.is_slice(ty)
    }

    /// The types of the words of a value of type `ty`.
    fn word_types(&self, ty: TypeId, types: &mut Vec<Type>) {
        match (self.types().get(ty), self.scalar_type(ty)) {
            (hir::Type::Slice { provenance: hir::Provenance::Packet, .. }, _) => {
                types.extend([Type::Pointer, Type::Pointer]);
            }
            (hir::Type::Slice { .. }, _) => types.extend([Type::Pointer, Type::I64]),
            (_, scalar) => types.push(scalar.unwrap_or(Type::Pointer)),
        }
    }

    fn words_of(&mut self, ty: TypeId, operand: Operand) -> Result<Vec<Value>> {
        Ok(match operand {
            Operand::Scalar(value) => vec![value],
            Operand::Slice(SliceValue { pointer, bound: Bound::Length(end) | Bound::PacketEnd(end) }) => {
                vec![pointer, end]
            }
            Operand::Memory(address) => {
                debug_assert!(self.is_memory(ty), "a value in memory is passed by its address");
                vec![self.pointer(address)]
            }
        })
    }

    fn operand_of_words(&mut self, ty: TypeId, next: &mut dyn FnMut() -> Value) -> Operand {
        let first = next();
        match self.types().get(ty) {
            hir::Type::Slice { provenance, .. } => {
                let bound = match provenance {
                    hir::Provenance::Packet => Bound::PacketEnd(next()),
                    _ => Bound::Length(next()),
                };
                Operand::Slice(SliceValue { pointer: first, bound })
            }
            _ if self.is_memory(ty) => Operand::Memory(Address { base: first, offset: 0, context: false }),
            _ => Operand::Scalar(first),
        }
    }

    /// The words that arrive: in registers, the last of which may point to the rest.
    fn incoming(&mut self, types: &[Type]) -> Vec<Value> {
        let spills = types.len() > ARGUMENT_REGISTERS;
        let direct = if spills { ARGUMENT_REGISTERS - 1 } else { types.len() };
        let mut param = |ty| {
            let value = self.f.new_value(ty, None);
            self.f.block_mut(Block(0)).params.push(value);
            value
        };
        let mut words: Vec<Value> = types[..direct].iter().map(|ty| param(*ty)).collect();
        if spills {
            let base = param(Type::Pointer);
            for (number, ty) in types[direct..].iter().enumerate() {
                let offset = number as i32 * WORD as i32;
                words.push(self.load_word(Address { base, offset, context: false }, *ty));
            }
        }
        words
    }

    /// The words in registers, the last of which points to the rest where there are too many.
    fn outgoing(&mut self, mut words: Vec<Value>) -> Vec<Value> {
        if words.len() <= ARGUMENT_REGISTERS {
            return words;
        }
        let rest = words.split_off(ARGUMENT_REGISTERS - 1);
        let slot = self.new_slot(rest.len() as u64 * u64::from(WORD), "");
        let block = self.slot_address(slot);
        self.because(Why::Spill, |b| {
            for (number, word) in rest.into_iter().enumerate() {
                b.store_word(block.plus(number as u32 * WORD), word);
            }
        });
        words.push(block.base);
        words
    }

    /// Stores all 8 bytes of a word: verifiers follow spilled registers only when they are whole.
    fn store_word(&mut self, address: Address, word: Value) {
        let word = match self.f.ty(word) {
            Type::I32 => self.emit(Type::I64, InstKind::Zext64(word)),
            _ => word,
        };
        self.emit_effect(InstKind::Store(Size::DW, address.base, address.offset, word));
    }

    fn load_word(&mut self, address: Address, ty: Type) -> Value {
        let load = InstKind::Load(Size::DW, address.base, address.offset);
        match ty {
            Type::I32 => {
                let whole = self.emit(Type::I64, load);
                self.emit(Type::I32, InstKind::Narrow(whole))
            }
            ty => self.emit(ty, load),
        }
    }
}
