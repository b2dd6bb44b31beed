//! Places in memory: addresses, loads, stores, copies.

use gobpf_bpf::insn::{AluOp, JmpOp, Size};
use gobpf_source::Why;
use gobpf_types::hir::{self, Expr, ExprKind, Provenance, TypeId};

use super::{Address, Bound, Builder, Operand, Result, SliceValue, Storage};
use crate::error::Unsupported;
use crate::ir::{InstKind, Type, Value};

impl Address {
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
            ExprKind::Local(local) => match self.storage(*local)? {
                Storage::Slot(slot) => Ok(self.slot_address(slot)),
                Storage::Place(address) => Ok(address),
                storage => {
                    let operand = self.read(storage, expr.ty)?;
                    self.temporary(expr.ty, operand)
                }
            },
            ExprKind::Global(global) => {
                let base = self.emit(Type::Pointer, InstKind::GlobalAddr(*global, 0));
                Ok(Address { base, offset: 0, context: false })
            }
            ExprKind::Deref(pointer) => self.dereference(pointer),
            ExprKind::Field { base, index } => {
                let offset = match self.types().get(base.ty) {
                    hir::Type::Struct(of) => of.fields.get(*index as usize).map_or(0, |field| field.offset),
                    _ => 0,
                };
                Ok(self.address(base)?.plus(offset))
            }
            ExprKind::Index { base, index } => self.element(expr, base, index),
            _ => {
                let operand = self.operand(expr)?;
                match operand {
                    Operand::Memory(address) => Ok(address),
                    operand => self.temporary(expr.ty, operand),
                }
            }
        }
    }

    /// A temporary that holds `operand`.
    fn temporary(&mut self, ty: TypeId, operand: Operand) -> Result<Address> {
        if matches!(operand, Operand::Slice(_)) {
            return self.error(Unsupported::SliceInMemory);
        }
        let slot = self.new_slot(self.types().size_of(ty), "");
        let address = self.slot_address(slot);
        self.store_operand(address, ty, operand);
        Ok(address)
    }

    /// What a pointer points to. Pointers that the verifier calls `_or_null` are left for it to judge; others that may
    /// be nil are checked as Go does.
    fn dereference(&mut self, pointer: &Expr) -> Result<Address> {
        let base = self.scalar(pointer)?;
        let provenance = match self.types().get(pointer.ty) {
            hir::Type::Pointer { provenance, .. } => *provenance,
            _ => Provenance::Nil,
        };
        let known = matches!(self.f.def(base), Some(InstKind::SlotAddr(..) | InstKind::GlobalAddr(..)));
        if matches!(provenance, Provenance::Stack | Provenance::Global | Provenance::Nil) && !known {
            let nil = self.const_of(Type::Pointer, 0);
            self.abort_if(Why::NilCheck, JmpOp::Eq, base, nil);
        }
        Ok(Address { base, offset: 0, context: provenance == Provenance::Context })
    }

    /// An element of an array in memory or of a slice, its index checked.
    fn element(&mut self, expr: &Expr, base: &Expr, index: &Expr) -> Result<Address> {
        let size = self.types().size_of(expr.ty);
        match self.types().get(base.ty) {
            hir::Type::Array { length, .. } => {
                let array = self.address(base)?;
                let index = self.index_value(index)?;
                self.at(expr.node);
                let length = self.const_i64(*length as i64);
                self.check_index(index, length);
                Ok(self.offset_by(array, index, size))
            }
            hir::Type::Slice { .. } => {
                let slice = self.slice(base)?;
                let index = self.index_value(index)?;
                self.at(expr.node);
                match slice.bound {
                    Bound::Length(length) => {
                        self.check_index(index, length);
                        let start = Address { base: slice.pointer, offset: 0, context: false };
                        Ok(self.offset_by(start, index, size))
                    }
                    Bound::PacketEnd(end) => Ok(self.packet_element(slice.pointer, end, index, size)),
                }
            }
            _ => self.error(Unsupported::StringValue),
        }
    }

    /// An index as `I64`.
    pub(super) fn index_value(&mut self, index: &Expr) -> Result<Value> {
        let from = self.int_type(index.ty);
        let value = self.scalar(index)?;
        self.at(index.node);
        Ok(self.convert(from, super::arith::IntType { bits: 64, signed: from.signed }, value))
    }

    /// Aborts where `index` is not below `length`; a negative index is a large unsigned one.
    fn check_index(&mut self, index: Value, length: Value) {
        let in_range = self.f.as_const(length).is_some_and(|length| self.f.seen_max_of(index) < length as u64);
        if !in_range {
            self.abort_if(Why::BoundsCheck, JmpOp::Ge, index, length);
        }
    }

    /// The address `index * size` bytes after `base`. A constant part of the index stays in the sum, for the sum is what
    /// the verifier has seen compared.
    fn offset_by(&mut self, base: Address, index: Value, size: u64) -> Address {
        if let Some(index) = self.f.as_const(index) {
            return base.plus((index as u64).wrapping_mul(size) as u32);
        }
        let size = self.const_i64(size as i64);
        let bytes = self.alu(AluOp::Mul, index, size);
        let moved = self.emit(Type::Pointer, InstKind::PtrAdd(base.base, bytes));
        Address { base: moved, ..base }
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

    /// The value of type `ty` at `address`.
    pub(super) fn load_operand(&mut self, address: Address, ty: TypeId) -> Result<Operand> {
        match self.scalar_type(ty) {
            Some(_) => Ok(Operand::Scalar(self.load(address, ty))),
            None if self.is_slice(ty) => self.error(Unsupported::SliceInMemory),
            None if matches!(self.types().get(ty), hir::Type::String { .. }) => {
                self.error(Unsupported::StringValue)
            }
            None => Ok(Operand::Memory(address)),
        }
    }

    fn load(&mut self, address: Address, ty: TypeId) -> Value {
        let size = Size::of_bytes(self.types().size_of(ty) as u32).unwrap_or(Size::DW);
        let scalar = self.scalar_type(ty).unwrap_or(Type::I64);
        let kind = if address.context {
            InstKind::ContextField(size, address.base, address.offset)
        } else {
            InstKind::Load(size, address.base, address.offset)
        };
        let value = self.emit(scalar, kind);
        let int = self.int_type(ty);
        if scalar == Type::I32 && int.signed { self.wrap(int, value) } else { value }
    }

    /// Stores a value of type `ty`.
    pub(super) fn store_operand(&mut self, address: Address, ty: TypeId, operand: Operand) {
        match operand {
            Operand::Scalar(value) => {
                let size = Size::of_bytes(self.types().size_of(ty) as u32).unwrap_or(Size::DW);
                self.emit_effect(InstKind::Store(size, address.base, address.offset, value));
            }
            Operand::Memory(from) => self.copy(address, from, ty),
            // Refused where the variable or the temporary was made.
            Operand::Slice(_) => {}
        }
    }

    /// Copies a struct or an array, padding included.
    fn copy(&mut self, to: Address, from: Address, ty: TypeId) {
        let size = self.types().size_of(ty) as u32;
        let align = self.types().align_of(ty) as u32;
        let (to_align, from_align) = (self.alignment(to, align), self.alignment(from, align));
        for (offset, size) in chunks(0, size, to_align.min(from_align)) {
            let scalar = if size == Size::DW { Type::I64 } else { Type::I32 };
            let from = from.plus(offset);
            let value = self.emit(scalar, InstKind::Load(size, from.base, from.offset));
            let to = to.plus(offset);
            self.emit_effect(InstKind::Store(size, to.base, to.offset, value));
        }
    }

    /// The alignment in bytes that an address is known to have: slots are aligned to 8.
    fn alignment(&self, address: Address, of_type: u32) -> u32 {
        match self.f.def(address.base) {
            Some(InstKind::SlotAddr(_, offset)) => {
                let offset = offset + address.offset;
                (1u32 << offset.trailing_zeros().min(3)).max(of_type)
            }
            _ => of_type,
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
        if self.scalar_type(expr.ty).is_some() {
            let value = self.scalar(expr)?;
            self.at(expr.node);
            self.store_operand(address, expr.ty, Operand::Scalar(value));
            return Ok(());
        }
        self.at(expr.node);
        let size = self.types().size_of(expr.ty) as u32;
        match (&expr.kind, self.types().get(expr.ty)) {
            (_, hir::Type::Slice { .. }) => return self.error(Unsupported::SliceInMemory),
            (_, hir::Type::String { .. }) => return self.error(Unsupported::StringValue),
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
        for (field, value) in of.fields.iter().zip(values) {
            if !(zeroed && is_zero(value)) {
                self.store_expr(address.plus(field.offset), value)?;
            }
        }
        Ok(())
    }

    /// `base[low:high]`.
    pub(super) fn slice_of(&mut self, expr: &Expr) -> Result<SliceValue> {
        let ExprKind::Slice { base, low, high, .. } = &expr.kind else { return self.slice(expr) };
        let slice = match self.types().get(base.ty) {
            hir::Type::Array { length, .. } => {
                let address = self.address(base)?;
                let pointer = self.pointer(address);
                SliceValue { pointer, bound: Bound::Length(self.const_i64(*length as i64)) }
            }
            _ => self.slice(base)?,
        };
        let element_size = match self.types().get(expr.ty) {
            hir::Type::Slice { element, .. } => self.types().size_of(*element),
            _ => 1,
        };
        let low = low.as_ref().map(|low| self.index_value(low)).transpose()?;
        let high = high.as_ref().map(|high| self.index_value(high)).transpose()?;
        self.at(expr.node);
        match slice.bound {
            Bound::PacketEnd(end) => {
                if high.is_some() {
                    return self.error(Unsupported::PacketUpperBound);
                }
                let pointer = match low {
                    None => slice.pointer,
                    Some(low) => self.packet_from(slice.pointer, end, low, element_size),
                };
                Ok(SliceValue { pointer, bound: slice.bound })
            }
            Bound::Length(length) => {
                let high = match high {
                    None => length,
                    Some(high) => {
                        self.check_bound(high, length);
                        high
                    }
                };
                let Some(low) = low else { return Ok(SliceValue { bound: Bound::Length(high), ..slice }) };
                self.check_bound(low, high);
                let start = Address { base: slice.pointer, offset: 0, context: false };
                let moved = self.offset_by(start, low, element_size);
                let pointer = self.pointer(moved);
                Ok(SliceValue { pointer, bound: Bound::Length(self.alu(AluOp::Sub, high, low)) })
            }
        }
    }

    /// Aborts where `bound` is above `limit`.
    fn check_bound(&mut self, bound: Value, limit: Value) {
        let in_range = self.f.as_const(limit).is_some_and(|limit| self.f.seen_max_of(bound) <= limit as u64);
        if !in_range {
            self.abort_if(Why::BoundsCheck, JmpOp::Gt, bound, limit);
        }
    }
}

/// A value whose bytes are all zero, and which is nothing to evaluate.
fn is_zero(expr: &Expr) -> bool {
    use gobpf_types::hir::Constant;
    matches!(expr.kind, ExprKind::Zero | ExprKind::Const(Constant::Int(0) | Constant::Bool(false)))
}

/// `size` bytes from `start` on in aligned pieces, where `start` has alignment `align` (1, 2, 4, 8).
fn chunks(start: u32, size: u32, align: u32) -> Vec<(u32, Size)> {
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
