//! Operations of the standard library that are instructions: atomics, and numbers in a given byte order.

use gobpf_bpf::insn::{AluOp, JmpOp, Size};
use gobpf_source::Why;
use gobpf_types::hir::{self, Expr, Intrinsic, Provenance, TypeId};

use super::packet::Wanted;
use super::{Address, Bound, Builder, Operand, Result, SliceValue};
use crate::ir::{AtomicOp, InstKind, Type, Value};

impl Builder<'_> {
    /// What a declaration with `//bpf:intrinsic` does.
    pub(super) fn intrinsic(&mut self, op: Intrinsic, arguments: &[Expr], expr: &Expr) -> Result<Operand> {
        let mut operands = Vec::with_capacity(arguments.len());
        for argument in arguments {
            operands.push(self.operand(argument)?);
        }
        self.at(expr.node);
        let first_ty = arguments.first().map_or(expr.ty, |first| first.ty);
        let scalar = |index: usize| match operands.get(index) {
            Some(Operand::Scalar(value)) => *value,
            _ => Value(0),
        };
        let slice = match operands.first() {
            Some(Operand::Slice(slice)) => Some(*slice),
            _ => None,
        };
        let result = match op {
            Intrinsic::LoadEndian { bits, big } => match slice {
                Some(slice) => self.load_endian(slice, first_ty, bits, big),
                None => self.const_i64(0),
            },
            Intrinsic::StoreEndian { bits, big } => {
                if let Some(slice) = slice {
                    self.store_endian(slice, first_ty, bits, big, scalar(1));
                }
                self.const_i64(0)
            }
            Intrinsic::ByteSwap { bits } => self.byte_swap(bits, scalar(0)),
            _ => {
                let at = self.pointee(scalar(0), first_ty);
                self.atomic(op, at, first_ty, scalar(1), scalar(2))
            }
        };
        Ok(Operand::Scalar(result))
    }

    fn byte_swap(&mut self, bits: u8, value: Value) -> Value {
        let ty = self.f.ty(value);
        match self.f.as_const(value) {
            Some(number) => {
                let swapped = match bits {
                    16 => u64::from((number as u16).swap_bytes()),
                    32 => u64::from((number as u32).swap_bytes()),
                    _ => (number as u64).swap_bytes(),
                };
                self.const_of(ty, swapped as i64)
            }
            None => self.emit(ty, InstKind::ByteSwap(bits, value)),
        }
    }

    /// An atomic operation on what a pointer of type `ty` points to.
    fn atomic(&mut self, op: Intrinsic, at: Address, ty: TypeId, a: Value, b: Value) -> Value {
        let target = match self.types().get(ty) {
            hir::Type::Pointer { target, .. } => *target,
            _ => ty,
        };
        let size = Size::of_bytes(self.types().size_of(target) as u32).unwrap_or(Size::DW);
        let scalar = self.scalar_type(target).unwrap_or(Type::I64);
        let fetch = |b: &mut Self, op| b.emit(scalar, InstKind::Atomic(op, size, at.base, at.offset, a));
        match op {
            Intrinsic::AtomicAdd => fetch(self, AtomicOp::Add),
            Intrinsic::AtomicAnd => fetch(self, AtomicOp::And),
            Intrinsic::AtomicOr => fetch(self, AtomicOp::Or),
            Intrinsic::AtomicXor => fetch(self, AtomicOp::Xor),
            Intrinsic::AtomicExchange => fetch(self, AtomicOp::Exchange),
            Intrinsic::AtomicCompareExchange => {
                self.emit(scalar, InstKind::CompareExchange(size, at.base, at.offset, a, b))
            }
            Intrinsic::AtomicStore => {
                self.emit_effect(InstKind::Store(size, at.base, at.offset, a));
                a
            }
            _ => self.load(at, target),
        }
    }

    fn load_endian(&mut self, slice: SliceValue, ty: TypeId, bits: u8, big: bool) -> Value {
        let at = self.first_bytes(slice, u32::from(bits) / 8);
        let scalar = if bits == 64 { Type::I64 } else { Type::I32 };
        if self.takes_whole(at, ty, u32::from(bits) / 8) {
            let size = Size::of_bytes(u32::from(bits) / 8).unwrap_or(Size::DW);
            let value = self.emit(scalar, InstKind::Load(size, at.base, at.offset));
            return if big { self.byte_swap(bits, value) } else { value };
        }
        let mut result = self.const_of(scalar, 0);
        for (index, shift) in byte_shifts(bits, big) {
            let at = at.plus(index);
            let byte = self.emit(scalar, InstKind::Load(Size::B, at.base, at.offset));
            let shift = self.const_of(scalar, shift);
            let shifted = self.alu(AluOp::Lsh, byte, shift);
            result = self.alu(AluOp::Or, shifted, result);
        }
        result
    }

    fn store_endian(&mut self, slice: SliceValue, ty: TypeId, bits: u8, big: bool, value: Value) {
        let at = self.first_bytes(slice, u32::from(bits) / 8);
        if self.takes_whole(at, ty, u32::from(bits) / 8) {
            let size = Size::of_bytes(u32::from(bits) / 8).unwrap_or(Size::DW);
            let value = if big { self.byte_swap(bits, value) } else { value };
            self.emit_effect(InstKind::Store(size, at.base, at.offset, value));
            return;
        }
        for (index, shift) in byte_shifts(bits, big) {
            let shift = self.const_of(self.f.ty(value), shift);
            let byte = self.alu(AluOp::Rsh, value, shift);
            let at = at.plus(index);
            self.emit_effect(InstKind::Store(Size::B, at.base, at.offset, byte));
        }
    }

    /// Whether one access of `bytes` bytes may be made: only the stack wants it aligned.
    fn takes_whole(&self, at: Address, ty: TypeId, bytes: u32) -> bool {
        let anywhere = match self.types().get(ty) {
            hir::Type::Slice { provenance, .. } | hir::Type::String { provenance } => matches!(
                provenance,
                Provenance::Packet
                    | Provenance::MapValue
                    | Provenance::Global
                    | Provenance::RingBuf
                    | Provenance::Constant
            ),
            _ => false,
        };
        anywhere || self.alignment(at, 1) >= bytes
    }

    /// The first `bytes` bytes of a slice of bytes, which panics where it is shorter.
    pub(super) fn first_bytes(&mut self, slice: SliceValue, bytes: u32) -> Address {
        let last = self.const_i64(i64::from(bytes) - 1);
        match slice.bound {
            Bound::Counted { length, .. } => {
                self.check_index(last, length);
                self.bytes_in_range(slice, bytes)
            }
            Bound::Packet { end, limit, .. } => {
                if !self.is_unlimited(limit) {
                    self.check_index(last, limit);
                }
                let zero = self.const_i64(0);
                self.packet_place(slice.pointer, end, zero, 1, Wanted::bytes(i64::from(bytes)))
            }
        }
    }

    /// The first `bytes` bytes of a slice of bytes that is not shorter, where verifiers see that they are there.
    pub(super) fn bytes_in_range(&mut self, slice: SliceValue, bytes: u32) -> Address {
        let at = Address::at(slice.pointer, 0);
        match slice.bound {
            Bound::Counted { offset, end, .. } => {
                let more = self.const_i64(i64::from(bytes));
                let last = self.alu(AluOp::Sub, end, more);
                let known = self
                    .f
                    .as_const(last)
                    .is_some_and(|last| last >= 0 && self.f.seen_max_of(offset) <= last as u64);
                if !known {
                    self.abort_if(Why::BoundsCheck, JmpOp::Sgt, offset, last);
                }
                self.offset_by(at, offset, 1)
            }
            Bound::Packet { end, .. } => {
                let zero = self.const_i64(0);
                self.packet_place(slice.pointer, end, zero, 1, Wanted::bytes(i64::from(bytes)))
            }
        }
    }
}

/// Each byte of a number with the distance that it is shifted by.
fn byte_shifts(bits: u8, big: bool) -> impl Iterator<Item = (u32, i64)> {
    let bytes = u32::from(bits) / 8;
    (0..bytes).map(move |index| (index, i64::from(8 * if big { bytes - 1 - index } else { index })))
}
