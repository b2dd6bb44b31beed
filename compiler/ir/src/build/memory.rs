//! Places in memory: addresses, loads, stores, copies.

use gobpf_bpf::insn::{AluOp, JmpOp, Size};
use gobpf_source::Why;
use gobpf_types::hir::{self, Expr, ExprKind, Provenance, TypeId};

use super::{Address, Bound, Builder, Operand, Result, SliceValue, Storage};
use crate::ir::{InstKind, Role, Type, Value};

/// Size of a word in memory.
pub(super) const WORD: u32 = 8;

impl Address {
    /// `offset` bytes behind `base`, of which nothing more is known.
    pub(super) fn at(base: Value, offset: i32) -> Address {
        Address { base, offset, align: 1, context: false }
    }

    /// The place `bytes` further.
    pub(super) fn plus(self, bytes: u32) -> Address {
        Address { offset: self.offset.wrapping_add(bytes as i32), ..self }
    }
}

impl Builder<'_> {
    /// The address of a place, or of a temporary that holds the value.
    pub(super) fn address(&mut self, expr: &Expr) -> Result<Address> {
        self.at(expr.node);
        match &expr.kind {
            ExprKind::Local(local) => match self.storage(*local) {
                Storage::Slot(slot) => Ok(self.slot_address(slot)),
                Storage::Place(address) => Ok(address),
                storage => {
                    let operand = self.read(storage, expr.ty);
                    Ok(self.temporary(expr.ty, operand))
                }
            },
            ExprKind::Global(global) => {
                let base = self.emit(Type::Pointer, InstKind::GlobalAddr(*global, 0));
                Ok(Address { base, offset: 0, align: self.types().align_of(expr.ty) as u32, context: false })
            }
            ExprKind::Deref(pointer) => self.dereference(pointer),
            ExprKind::Field { base, index } => {
                let offset = self.field_offset(base.ty, *index);
                Ok(self.address(base)?.plus(offset))
            }
            ExprKind::Index { base, index } => self.element(expr, base, index),
            _ => {
                let operand = self.operand(expr)?;
                match operand {
                    Operand::Memory(address) => Ok(address),
                    operand => Ok(self.temporary(expr.ty, operand)),
                }
            }
        }
    }

    /// The address of what is only read. Kernels rewrite accesses to the context by their offsets, so an element whose
    /// index isn't constant is that of a copy of its array.
    pub(super) fn read_address(&mut self, expr: &Expr) -> Result<Address> {
        match &expr.kind {
            ExprKind::Field { base, index } => {
                let offset = self.field_offset(base.ty, *index);
                Ok(self.read_address(base)?.plus(offset))
            }
            ExprKind::Index { base, index } if self.is_memory(base.ty) => {
                let array = self.read_address(base)?;
                let index = self.index_value(index)?;
                self.at(expr.node);
                if let Some(chosen) = self.chosen_of_array(array, index, expr, base.ty) {
                    return Ok(chosen);
                }
                let array = match array.context && self.f.as_const(index).is_none() {
                    true => self.temporary(base.ty, Operand::Memory(array)),
                    false => array,
                };
                Ok(self.element_of(array, index, expr, base.ty))
            }
            ExprKind::Index { base, index } => self.read_slice_element(base, index, expr),
            _ => self.address(expr),
        }
    }

    /// Element `index` of the array of type `ty` at `array`, checked; `expr` is the whole.
    fn element_of(&mut self, array: Address, index: Value, expr: &Expr, ty: TypeId) -> Address {
        let length = match self.types().get(ty) {
            hir::Type::Array { length, .. } => *length,
            _ => 0,
        };
        let size = self.types().size_of(expr.ty);
        self.array_element(array, index, length, size)
    }

    /// A temporary that holds `operand`.
    pub(super) fn temporary(&mut self, ty: TypeId, operand: Operand) -> Address {
        let address = self.new_temporary(ty);
        self.store_operand(address, ty, operand);
        address
    }

    /// A copy in a temporary of a value that is in memory, so that nothing changes it; other values are their own.
    pub(super) fn detached(&mut self, ty: TypeId, operand: Operand) -> Operand {
        match operand {
            Operand::Memory(_) => Operand::Memory(self.temporary(ty, operand)),
            other => other,
        }
    }

    /// A struct or an array.
    pub(super) fn is_memory(&self, ty: TypeId) -> bool {
        matches!(self.types().get(ty), hir::Type::Struct(_) | hir::Type::Array { .. })
    }

    /// What a pointer points to. Pointers that the verifier calls `_or_null` are left for it to judge; others that may
    /// be nil are checked as Go does.
    fn dereference(&mut self, pointer: &Expr) -> Result<Address> {
        let base = self.scalar(pointer)?;
        self.at(pointer.node);
        Ok(self.pointee(base, pointer.ty))
    }

    /// What `base`, a pointer of type `ty`, points to.
    pub(super) fn pointee(&mut self, base: Value, ty: TypeId) -> Address {
        let provenance = match self.types().get(ty) {
            hir::Type::Pointer { provenance, .. } => *provenance,
            _ => Provenance::Nil,
        };
        let may_be_nil = match provenance {
            Provenance::Stack
            | Provenance::Global
            | Provenance::Constant
            | Provenance::Mixed
            | Provenance::Nil => true,
            Provenance::MapValue | Provenance::RingBuf | Provenance::Packet | Provenance::Context => false,
        };
        // What a global function gets may always be nil.
        let from_outside = matches!(self.f.role, Role::Global { .. }) && self.f.def(base).is_none();
        let from_outside = from_outside && provenance != Provenance::Context;
        // The context of a callback is given by what calls the helper.
        let is_given = self.f.is_address(base) || self.panic_flag == Some(base);
        if (may_be_nil || from_outside) && !is_given {
            let nil = self.const_of(Type::Pointer, 0);
            self.abort_if(Why::NilCheck, JmpOp::Eq, base, nil);
        }
        // Maps and records start at multiples of 8, and what is in them keeps to its type.
        let align = match (provenance, self.types().get(ty)) {
            (
                Provenance::MapValue | Provenance::RingBuf | Provenance::Global,
                hir::Type::Pointer { target, .. },
            ) => self.types().align_of(*target) as u32,
            _ => 1,
        };
        Address { base, offset: 0, align, context: provenance == Provenance::Context }
    }

    /// An element of an array in memory or of a slice, its index checked.
    fn element(&mut self, expr: &Expr, base: &Expr, index: &Expr) -> Result<Address> {
        if self.is_memory(base.ty) {
            let array = self.address(base)?;
            let index = self.index_value(index)?;
            self.at(expr.node);
            return Ok(self.element_of(array, index, expr, base.ty));
        }
        let slice = self.slice(base)?;
        let index = self.index_value(index)?;
        self.at(expr.node);
        let size = self.types().size_of(expr.ty);
        Ok(self.slice_element(slice, index, size))
    }

    /// Element `index` of an array, checked.
    pub(super) fn array_element(&mut self, array: Address, index: Value, length: u64, size: u64) -> Address {
        let end = self.const_i64(length as i64);
        self.check_index(index, end);
        // The only element has index 0, which a verifier may no longer know where the index has been kept on the stack.
        if length == 1 { array } else { self.offset_by(array, index, size) }
    }

    /// An index as `I64`.
    pub(super) fn index_value(&mut self, index: &Expr) -> Result<Value> {
        let from = self.int_type(index.ty);
        let value = self.scalar(index)?;
        self.at(index.node);
        Ok(self.convert(from, super::arith::IntType { bits: 64, signed: from.signed }, value))
    }

    /// The address `index * size` bytes after `base`. A constant part of the index stays in the sum, for the sum is what
    /// the verifier has seen compared.
    pub(super) fn offset_by(&mut self, base: Address, index: Value, size: u64) -> Address {
        if let Some(index) = self.f.as_const(index) {
            return base.plus((index as u64).wrapping_mul(size) as u32);
        }
        let align = base.align.min(1 << size.trailing_zeros().min(3));
        let size = self.const_i64(size as i64);
        let bytes = self.alu(AluOp::Mul, index, size);
        let moved = self.emit(Type::Pointer, InstKind::PtrAdd(base.base, bytes));
        Address { base: moved, align, ..base }
    }

    /// `value` as a variable part and a constant one.
    pub(super) fn linear(&self, value: Value) -> (Option<Value>, i64) {
        match self.f.def(value) {
            Some(InstKind::Const(number)) => (None, *number),
            Some(InstKind::Binary(AluOp::Add, base, more)) => match self.f.as_const(*more) {
                Some(more) => (Some(*base), more),
                None => (Some(value), 0),
            },
            _ => (Some(value), 0),
        }
    }

    /// The pointer that an address is.
    pub(super) fn pointer(&mut self, address: Address) -> Value {
        if address.offset == 0 {
            return address.base;
        }
        match self.f.def(address.base) {
            Some(InstKind::SlotAddr(slot, offset)) => {
                let kind = InstKind::SlotAddr(*slot, offset + address.offset);
                self.emit(Type::Pointer, kind)
            }
            Some(InstKind::GlobalAddr(global, offset)) => {
                let kind = InstKind::GlobalAddr(*global, offset.wrapping_add(address.offset as u32));
                self.emit(Type::Pointer, kind)
            }
            _ => {
                let bytes = self.const_i64(i64::from(address.offset));
                self.emit(Type::Pointer, InstKind::PtrAdd(address.base, bytes))
            }
        }
    }

    /// The value of type `ty` at `address`. Slices and strings in memory are a pointer to their first element, length, and
    /// capacity (those of packets: the packet's end and their limits).
    pub(super) fn load_operand(&mut self, address: Address, ty: TypeId) -> Operand {
        if self.is_memory(ty) {
            return Operand::Memory(address);
        }
        if !self.is_packet(ty) && !self.is_string(ty) && !self.is_slice(ty) {
            return Operand::Scalar(self.load(address, ty));
        }
        let pointer = self.load_word(address, Type::Pointer);
        self.note_elsewhere(ty, pointer);
        let (second, third) = (address.plus(WORD), address.plus(2 * WORD));
        let bound = if self.is_packet(ty) {
            let end = self.load_word(second, Type::Pointer);
            let limits = self.load_word(third, Type::I64);
            let (limit, room) = self.limits_of(limits);
            Bound::Packet { end, limit, room }
        } else {
            let length = self.load_word(second, Type::I64);
            let end = if self.is_string(ty) { length } else { self.load_word(third, Type::I64) };
            Bound::Counted { offset: self.const_i64(0), length, end }
        };
        Operand::Slice(SliceValue { pointer, bound })
    }

    pub(super) fn load(&mut self, address: Address, ty: TypeId) -> Value {
        let size = Size::of_bytes(self.types().size_of(ty) as u32).unwrap_or(Size::DW);
        let scalar = self.scalar_type(ty).unwrap_or(Type::I64);
        let kind = if address.context {
            InstKind::ContextField(size, address.base, address.offset)
        } else {
            InstKind::Load(size, address.base, address.offset)
        };
        let value = self.emit(scalar, kind);
        self.note_elsewhere(ty, value);
        let int = self.int_type(ty);
        if scalar == Type::I32 && int.signed { self.wrap(int, value) } else { value }
    }

    /// Notes of `pointer`, the first word of a value of type `ty`, where its type says that it is not into a frame.
    pub(super) fn note_elsewhere(&mut self, ty: TypeId, pointer: Value) {
        if crate::plan::points_elsewhere(self.types(), ty) {
            self.f.values[pointer.0 as usize].followed = true;
        }
    }

    /// Stores a value of type `ty`.
    pub(super) fn store_operand(&mut self, address: Address, ty: TypeId, operand: Operand) {
        // The pointer is the first that is stored.
        let keeps = (!matches!(operand, Operand::Memory(_))
            && crate::plan::points_to_stack(self.types(), ty))
        .then_some((self.f.insts.len(), self.origin.place));
        match operand {
            Operand::Scalar(value) => {
                let size = Size::of_bytes(self.types().size_of(ty) as u32).unwrap_or(Size::DW);
                self.emit_effect(InstKind::Store(size, address.base, address.offset, value));
            }
            Operand::Memory(from) => self.copy(address, from, ty),
            Operand::Slice(slice) => {
                let size = self.element_size(ty);
                let start = self.start(slice, size);
                let mut words = vec![self.pointer(start)];
                match slice.bound {
                    Bound::Counted { length, .. } => {
                        words.push(length);
                        if !self.is_string(ty) {
                            words.push(self.capacity(slice, size));
                        }
                    }
                    Bound::Packet { end, limit, room } => words.extend([end, self.limits(limit, room)]),
                }
                for (index, word) in words.into_iter().enumerate() {
                    self.store_word(address.plus(index as u32 * WORD), word);
                }
            }
        }
        if let Some((first, place)) = keeps {
            let is_store = |inst: &usize| matches!(self.f.insts[*inst].kind, InstKind::Store(..));
            let store = (first..self.f.insts.len()).find(is_store);
            self.kept_pointers.extend(store.map(|inst| (crate::ir::Inst(inst as u32), place)));
        }
    }

    fn is_slice(&self, ty: TypeId) -> bool {
        matches!(self.types().get(ty), hir::Type::Slice { .. })
    }

    /// Stores all 8 bytes of a word: verifiers follow spilled registers only when they are whole.
    pub(super) fn store_word(&mut self, address: Address, word: Value) {
        let word = match self.f.ty(word) {
            Type::I32 => self.emit(Type::I64, InstKind::Zext64(word)),
            _ => word,
        };
        self.emit_effect(InstKind::Store(Size::DW, address.base, address.offset, word));
    }

    /// Loads a word that [`Self::store_word`] has stored.
    pub(super) fn load_word(&mut self, address: Address, ty: Type) -> Value {
        let load = InstKind::Load(Size::DW, address.base, address.offset);
        match ty {
            Type::I32 => {
                let whole = self.emit(Type::I64, load);
                self.emit(Type::I32, InstKind::Narrow(whole))
            }
            ty => self.emit(ty, load),
        }
    }

    /// Copies a struct or an array, padding included.
    pub(super) fn copy(&mut self, to: Address, from: Address, ty: TypeId) {
        let size = self.types().size_of(ty) as u32;
        let align = self.types().align_of(ty) as u32;
        let (to_align, from_align) = (self.alignment(to, align), self.alignment(from, align));
        for (offset, size) in chunks(0, size, to_align.min(from_align)) {
            let scalar = match size {
                Size::DW if super::pointer_at(self.types(), ty, u64::from(offset)) => Type::Pointer,
                Size::DW => Type::I64,
                _ => Type::I32,
            };
            let from = from.plus(offset);
            let value = self.emit(scalar, InstKind::Load(size, from.base, from.offset));
            let to = to.plus(offset);
            self.emit_effect(InstKind::Store(size, to.base, to.offset, value));
        }
    }

    /// The alignment in bytes that an address is known to have: slots are aligned to 8.
    pub(super) fn alignment(&self, address: Address, of_type: u32) -> u32 {
        match self.f.def(address.base) {
            Some(InstKind::SlotAddr(_, offset)) => {
                let offset = offset + address.offset;
                (1u32 << offset.trailing_zeros().min(3)).max(of_type)
            }
            _ => {
                let known = 1 << address.offset.trailing_zeros().min(3);
                of_type.max(address.align.min(known))
            }
        }
    }

    /// Sets `size` bytes from `start` on to zero.
    pub(super) fn zero(&mut self, address: Address, start: u32, size: u32, align: u32) {
        let at_start = address.plus(start);
        let align = self.alignment(at_start, if start == 0 { align } else { 1 });
        self.because(Why::ZeroValue, |b| {
            for (offset, size) in chunks(start, size, align) {
                let ty = if size == Size::DW { Type::I64 } else { Type::I32 };
                let zero = b.const_of(ty, 0);
                let to = address.plus(offset);
                b.emit_effect(InstKind::Store(size, to.base, to.offset, zero));
            }
        });
    }

    /// Evaluates `expr` into memory that nothing in `expr` refers to.
    pub(super) fn store_expr(&mut self, address: Address, expr: &Expr) -> Result<()> {
        self.check_size()?;
        if !self.is_memory(expr.ty) {
            let value = self.operand(expr)?;
            self.at(expr.node);
            self.store_operand(address, expr.ty, value);
            return Ok(());
        }
        self.at(expr.node);
        let size = self.types().size_of(expr.ty) as u32;
        match (&expr.kind, self.types().get(expr.ty)) {
            (ExprKind::Zero, _) => self.zero(address, 0, size, self.types().align_of(expr.ty) as u32),
            (ExprKind::Struct(values), hir::Type::Struct(of)) => self.store_struct(address, of, values)?,
            (ExprKind::Array(elements), hir::Type::Array { element, length }) => {
                if (elements.len() as u64) < *length {
                    self.zero(address, 0, size, self.types().align_of(expr.ty) as u32);
                }
                let element_size = self.types().size_of(*element) as u32;
                for (index, value) in elements {
                    self.store_expr(address.plus(*index as u32 * element_size), value)?;
                }
            }
            (ExprKind::Convert(inner), _) => self.store_expr(address, inner)?,
            _ => {
                let from = self.operand(expr)?;
                self.at(expr.node);
                self.store_operand(address, expr.ty, from);
            }
        }
        Ok(())
    }

    /// Stores a struct. Its padding is zeroed: alone, or with the whole struct where that takes fewer stores.
    fn store_struct(&mut self, address: Address, of: &hir::StructType, values: &[Expr]) -> Result<()> {
        let mut gaps = Vec::new();
        let mut end = 0;
        for field in &of.fields {
            gaps.push((end, field.offset.saturating_sub(end)));
            end = field.offset + self.types().size_of(field.ty) as u32;
        }
        gaps.push((end, of.size.saturating_sub(end)));
        let zeros = values.iter().filter(|value| is_zero(value)).count();
        let one_by_one: usize = gaps.iter().map(|(start, size)| chunks(*start, *size, 1).len()).sum();
        let whole = chunks(0, of.size, self.alignment(address, of.align)).len();
        let zeroed = whole < one_by_one + zeros;
        if zeroed {
            self.zero(address, 0, of.size, of.align);
        } else {
            for (start, size) in gaps {
                self.zero(address, start, size, 1);
            }
        }
        // Values are evaluated in the order in which they are written, which is that of their nodes.
        let mut written: Vec<_> = of.fields.iter().zip(values).collect();
        written.sort_by_key(|(_, value)| value.node);
        for (field, value) in written {
            if !(zeroed && is_zero(value)) {
                self.store_expr(address.plus(field.offset), value)?;
            }
        }
        Ok(())
    }
}

/// A value whose bytes are all zero, and which is nothing to evaluate.
pub(super) fn is_zero(expr: &Expr) -> bool {
    use gobpf_types::hir::Constant;
    matches!(expr.kind, ExprKind::Zero | ExprKind::Const(Constant::Int(0) | Constant::Bool(false)))
}

/// `size` bytes from `start` on in aligned pieces, where `start` has alignment `align` (1, 2, 4, 8).
pub(super) fn chunks(start: u32, size: u32, align: u32) -> Vec<(u32, Size)> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while done < size {
        let mut piece = align.clamp(1, 8);
        while piece > size - done || !done.is_multiple_of(piece) {
            piece /= 2;
        }
        pieces.push((start + done, Size::of_bytes(piece).unwrap_or(Size::B)));
        done += piece;
    }
    pieces
}
