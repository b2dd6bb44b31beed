//! Functions of their own: how arguments and results travel, and what tells a caller of a panic.
//!
//! Arguments are words: a scalar and a pointer is one, a slice or a string several, a struct or an array the address of the caller's copy.
//! With more than five words, the last register holds the address of a block with the rest. A scalar result goes back in
//! R0; others through an out block, whose address is the last word. A function that may panic returns a status below zero
//! then: its result in R0, where it has 32 bits, is above; anything wider goes through the out block.

use std::sync::Arc;

use gobpf_bpf::insn::JmpOp;
use gobpf_source::{Place, Why};
use gobpf_types::hir::{self, FunctionId, TypeId};

use super::cache::Lowered;
use super::memory::WORD;
use super::{Address, Bound, Builder, Calls, Head, Operand, Result, SliceValue, Storage, Texts};
use crate::ir::{Block, InstKind, Role, SubprogramId, Terminator, Type, Value};

/// Registers for arguments.
const ARGUMENT_REGISTERS: usize = 5;
/// Words of a slice or a string at most.
const SLICE_WORDS: u32 = 4;
/// What a function returns after a run-time panic, where its callers look for it.
const PANICKED: i64 = -1;

/// What a callback returns to end the helper's loop.
const STOP: i64 = 1;

/// How a function's results travel.
#[derive(Clone, Debug, Default)]
pub(super) struct Convention {
    /// It may end by a run-time panic.
    pub(super) aborts: bool,
    /// The kernel verifies it by itself: what it gets may be anything of its type, and so may what it gives.
    is_global: bool,
    /// Helpers call it, with what they want: a panic sets the first word of its context, its last argument.
    is_callback: bool,
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
    let is_callback = calls.plan.is_callback(id);
    let abort_value = if is_callback { STOP } else { PANICKED };
    let mut lower = |convention: &Convention| {
        let place = Place { decl: function.decl, node: function.name_node };
        let name = function.name.to_string();
        let role = match convention.is_global {
            true => Role::Global { out: convention.out_size },
            false => Role::Subprogram,
        };
        let head = Head { name, role, place, abort_value, key };
        let mut builder = Builder::new(package, head, calls, texts);
        builder.enter_subprogram(function, convention)?;
        builder.finish()
    };
    if is_callback {
        let mut convention = Convention::of(package, function, false);
        convention.is_callback = true;
        let lowered = lower(&convention)?;
        convention.aborts = lowered.may_abort();
        return Ok(Lowered { function: Arc::new(lowered), convention });
    }
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
        let is_global = function.inlining == hir::Inlining::Global;
        let mut convention = Convention { aborts, is_global, ..Convention::default() };
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
                hir::Type::Slice { .. } | hir::Type::String { .. } => SLICE_WORDS * WORD,
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
            types.extend(self.passed_types(function.locals[param.0 as usize].ty));
        }
        if convention.out_size > 0 {
            types.push(Type::Pointer);
        }
        let words = match convention.is_global {
            true => self.incoming_from_anywhere(&types),
            false => self.incoming(&types),
        };
        let mut rest = words.as_slice();
        let mut params = Vec::new();
        for param in &function.params {
            let ty = function.locals[param.0 as usize].ty;
            let (own, more) = rest.split_at(self.passed_types(ty).len());
            own.first().into_iter().for_each(|pointer| self.note_elsewhere(ty, *pointer));
            params.push(self.operand_of_passed(ty, own));
            rest = more;
        }
        let out = rest.first().copied();
        if convention.is_global {
            let copies = params.iter().filter_map(|param| match param {
                Operand::Memory(address) => Some(address.base),
                _ => None,
            });
            let needed: Vec<Value> = copies.chain(out).collect();
            self.because(Why::Frame, |b| needed.into_iter().for_each(|pointer| b.check_given(pointer)));
        }
        if convention.is_callback {
            self.panic_flag = words.last().copied();
        }
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
                    Storage::Place(Address::at(base, *offset as i32))
                }
                _ => self.new_storage(*ty, false, ""),
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
            let operand = self.read(storage, ty);
            let Some(base) = out else { break };
            let mut offset = *offset as i32;
            for word in self.passed(operand) {
                self.store_word(Address::at(base, offset), word);
                offset += WORD as i32;
            }
        }
        let value = match convention.in_register {
            Some(index) => match self.read(results[index], function.results[index]) {
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
        for argument in arguments {
            words.extend(self.passed(argument));
        }
        let out = match convention.out_size {
            0 => None,
            size => {
                let slot = self.new_slot(u64::from(size), "", true);
                let address = self.slot_address(slot);
                if convention.is_global {
                    // What another function may read must be there.
                    self.zero(address, 0, size, WORD);
                }
                words.push(address.base);
                Some(address)
            }
        };
        let (words, numbers) = self.outgoing(words);
        let kept = convention.in_register.map(|index| (index, function.results[index]));
        let scalar = kept.and_then(|(_, ty)| self.scalar_type(ty));
        let ty = scalar.filter(|_| !convention.aborts && !convention.is_global).unwrap_or(Type::I64);
        let returned = self.emit(ty, InstKind::CallSubprogram(id, words));
        for number in numbers.into_iter().filter(|_| self.package.target < crate::FRAMES_FOLLOWED_SINCE) {
            self.because(Why::Spill, |b| b.emit_effect(InstKind::Pin(number.base, number.offset)));
        }
        if convention.aborts {
            let zero = self.const_i64(0);
            self.abort_if(Why::PanicCheck, JmpOp::Slt, returned, zero);
        }
        let mut results = Vec::new();
        for (index, ty) in function.results.iter().enumerate() {
            let storage = match (kept, out) {
                (Some((register, _)), _) if register == index => {
                    let value = match scalar {
                        Some(Type::I32) if convention.is_global => {
                            self.emit(Type::I32, InstKind::Trunc(returned))
                        }
                        _ if convention.aborts => self.emit(Type::I32, InstKind::Narrow(returned)),
                        _ => returned,
                    };
                    let storage = self.new_storage(*ty, false, "");
                    self.write(storage, *ty, Operand::Scalar(value));
                    storage
                }
                (_, Some(out)) => self.result_in_memory(convention, index, *ty, out),
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
    ) -> Storage {
        let offset = convention.in_memory.iter().find(|(result, _)| *result == index);
        let place = out.plus(offset.map_or(0, |(_, offset)| *offset));
        if self.is_memory(ty) {
            return Storage::Place(place);
        }
        let mut words = Vec::new();
        for (number, ty) in self.passed_types(ty).into_iter().enumerate() {
            words.push(self.load_word(place.plus(number as u32 * WORD), ty));
        }
        words.first().into_iter().for_each(|pointer| self.note_elsewhere(ty, *pointer));
        let operand = self.operand_of_passed(ty, &words);
        let storage = self.new_storage(ty, false, "");
        self.write(storage, ty, operand);
        storage
    }

    /// The types of the words that a value of type `ty` travels in: the limits of a packet slice in one.
    fn passed_types(&self, ty: TypeId) -> Vec<Type> {
        let mut types = self.word_types(ty);
        types.truncate(if self.is_packet(ty) { 3 } else { types.len() });
        types
    }

    /// The words that a value travels in.
    fn passed(&mut self, operand: Operand) -> Vec<Value> {
        match operand {
            Operand::Slice(SliceValue { pointer, bound: Bound::Packet { end, limit, room } }) => {
                vec![pointer, end, self.limits(limit, room)]
            }
            other => self.words_of(other),
        }
    }

    /// The value of type `ty` that has travelled in these words.
    fn operand_of_passed(&mut self, ty: TypeId, words: &[Value]) -> Operand {
        match *words {
            [pointer, end, limits] if self.is_packet(ty) => {
                let (limit, room) = self.limits_of(limits);
                self.operand_of_words(ty, &[pointer, end, limit, room])
            }
            _ => self.operand_of_words(ty, words),
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
            self.f.values[base.0 as usize].followed = true;
            for (number, ty) in types[direct..].iter().enumerate() {
                let offset = number as i32 * WORD as i32;
                words.push(self.load_word(Address::at(base, offset), *ty));
            }
        }
        words
    }

    /// The words that arrive in a function that may be called with anything: the kernel knows nothing of the upper halves of
    /// registers. There are no more than registers ([`crate::Plan`] sees to it).
    fn incoming_from_anywhere(&mut self, types: &[Type]) -> Vec<Value> {
        let wide = |ty: &Type| if *ty == Type::Pointer { Type::Pointer } else { Type::I64 };
        let types_in_registers: Vec<Type> = types.iter().map(wide).collect();
        let words = self.incoming(&types_in_registers);
        let narrow = |(word, ty): (Value, &Type)| match ty {
            Type::I32 => self.emit(Type::I32, InstKind::Trunc(word)),
            _ => word,
        };
        words.into_iter().zip(types).map(narrow).collect()
    }

    /// A pointer that callers always give: the kernel's verifier is told so.
    fn check_given(&mut self, pointer: Value) {
        let nil = self.const_of(Type::Pointer, 0);
        self.abort_if(Why::NilCheck, JmpOp::Eq, pointer, nil);
    }

    /// The words in registers, the last of which points to the rest where there are too many; and where the numbers of
    /// these are that may vary.
    fn outgoing(&mut self, mut words: Vec<Value>) -> (Vec<Value>, Vec<Address>) {
        if words.len() <= ARGUMENT_REGISTERS {
            return (words, Vec::new());
        }
        let rest = words.split_off(ARGUMENT_REGISTERS - 1);
        let slot = self.new_slot(rest.len() as u64 * u64::from(WORD), "", true);
        let block = self.slot_address(slot);
        let mut numbers = Vec::new();
        self.because(Why::Spill, |b| {
            for (number, word) in rest.into_iter().enumerate() {
                let at = block.plus(number as u32 * WORD);
                b.store_word(at, word);
                // A constant is the same whenever this call is made.
                let varies = b.f.ty(word) != Type::Pointer && b.f.as_const(word).is_none();
                numbers.extend(varies.then_some(at));
            }
        });
        words.push(block.base);
        (words, numbers)
    }
}
