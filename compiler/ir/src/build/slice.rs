//! Slices and strings: their words, their lengths, their elements, and slices of them.

use gobpf_bpf::insn::{AluOp, JmpOp};
use gobpf_source::Why;
use gobpf_types::hir::{self, Expr, ExprKind, TypeId};

use super::packet::Wanted;
use super::{Address, Bound, Builder, Operand, Result, SliceValue};
use crate::ir::{Type, Value};

/// The limit of a packet slice that has none: a number that no length reaches.
pub(super) const UNLIMITED: i64 = u32::MAX as i64;

/// What is sliced.
enum Base {
    /// An array, in memory.
    Array(Address, u64),
    /// A slice or a string.
    Slice(SliceValue),
}

impl Builder<'_> {
    /// The types of the words of a value of type `ty` in registers: a struct or an array is its address.
    pub(super) fn word_types(&self, ty: TypeId) -> Vec<Type> {
        match self.types().get(ty) {
            hir::Type::Slice { provenance: hir::Provenance::Packet, .. } => {
                vec![Type::Pointer, Type::Pointer, Type::I64, Type::I64]
            }
            hir::Type::Slice { .. } | hir::Type::String { .. } => {
                vec![Type::Pointer, Type::I64, Type::I64, Type::I64]
            }
            _ => vec![self.scalar_type(ty).unwrap_or(Type::Pointer)],
        }
    }

    /// The words of a value.
    pub(super) fn words_of(&mut self, operand: Operand) -> Vec<Value> {
        match operand {
            Operand::Scalar(value) => vec![value],
            Operand::Slice(SliceValue { pointer, bound: Bound::Counted { offset, length, end } }) => {
                vec![pointer, offset, length, end]
            }
            Operand::Slice(SliceValue { pointer, bound: Bound::Packet { end, limit, room } }) => {
                vec![pointer, end, limit, room]
            }
            Operand::Memory(address) => vec![self.pointer(address)],
        }
    }

    /// The value of type `ty` that has these words.
    pub(super) fn operand_of_words(&self, ty: TypeId, words: &[Value]) -> Operand {
        match *words {
            [pointer, end, limit, room] if self.is_packet(ty) => {
                Operand::Slice(SliceValue { pointer, bound: Bound::Packet { end, limit, room } })
            }
            [pointer, offset, length, end] => {
                Operand::Slice(SliceValue { pointer, bound: Bound::Counted { offset, length, end } })
            }
            [base, ..] if self.is_memory(ty) => Operand::Memory(Address::at(base, 0)),
            [value, ..] => Operand::Scalar(value),
            [] => Operand::Scalar(Value(0)),
        }
    }

    /// The empty slice or string of type `ty`.
    pub(super) fn nil_slice(&mut self, ty: TypeId) -> SliceValue {
        let pointer = self.const_of(Type::Pointer, 0);
        let bound = if self.is_packet(ty) {
            let unlimited = self.const_i64(UNLIMITED);
            Bound::Packet { end: pointer, limit: unlimited, room: unlimited }
        } else {
            let zero = self.const_i64(0);
            Bound::Counted { offset: zero, length: zero, end: zero }
        };
        SliceValue { pointer, bound }
    }

    /// All of an array of `length` elements at `pointer`.
    pub(super) fn whole(&mut self, pointer: Value, length: Value) -> SliceValue {
        let offset = self.const_i64(0);
        SliceValue { pointer, bound: Bound::Counted { offset, length, end: length } }
    }

    /// The length of a slice or string.
    pub(super) fn length(&mut self, slice: SliceValue, size: u64) -> Value {
        match slice.bound {
            Bound::Counted { length, .. } => length,
            Bound::Packet { end, limit, .. } => self.packet_count(slice.pointer, end, limit, size),
        }
    }

    /// The capacity of a slice.
    pub(super) fn capacity(&mut self, slice: SliceValue, size: u64) -> Value {
        match slice.bound {
            Bound::Counted { offset, end, .. } => self.alu(AluOp::Sub, end, offset),
            Bound::Packet { end, room, .. } => self.packet_count(slice.pointer, end, room, size),
        }
    }

    /// The lesser of two numbers that are not negative.
    pub(super) fn lesser(&mut self, a: Value, b: Value) -> Value {
        if let (Some(left), Some(right)) = (self.f.as_const(a), self.f.as_const(b)) {
            return if left <= right { a } else { b };
        }
        self.select(JmpOp::Gt, (a, b), b, a)
    }

    /// `then` where `left op right` holds, otherwise `otherwise`.
    pub(super) fn select(
        &mut self,
        op: JmpOp,
        (left, right): (Value, Value),
        then: Value,
        otherwise: Value,
    ) -> Value {
        let (yes, join) = (self.new_block(), self.new_block());
        let result = self.ssa.new_var(self.f.ty(then));
        self.write_var(result, otherwise);
        self.branch(crate::ir::Cond { op, left, right }, yes, join);
        self.seal(yes);
        self.block = yes;
        self.write_var(result, then);
        self.jump(join, join);
        self.seal(join);
        self.read_var(result)
    }

    /// The length of a slice whose memory a helper gets, with bounds that verifiers see.
    pub(super) fn memory_length(&mut self, slice: SliceValue, size: u64) -> Value {
        if let Bound::Counted { offset, length, end } = slice.bound
            && let (Some(offset), Some(end)) = (self.f.as_const(offset), self.f.as_const(end))
            && self.f.seen_max_of(length) > end.saturating_sub(offset) as u64
        {
            let room = self.const_i64(end.saturating_sub(offset));
            self.abort_if(Why::BoundsCheck, JmpOp::Gt, length, room);
        }
        self.length(slice, size)
    }

    /// `count`, a number of elements that all of `slices` have, in a way that verifiers see a bound of it where the slices have
    /// one: what a loop ends at.
    pub(super) fn loop_count(&mut self, count: Value, slices: &[SliceValue], size: u64) -> Value {
        let most = slices.iter().filter_map(|slice| match slice.bound {
            Bound::Counted { offset, end, .. } => {
                let end = self.f.as_const(end)? as u64;
                Some(end.saturating_sub(self.f.as_const(offset).unwrap_or(0) as u64))
            }
            Bound::Packet { .. } => Some(super::packet::MAX_PACKET_OFFSET as u64 / size.max(1)),
        });
        let mask = match most.min().and_then(|most| most.checked_add(1)?.checked_next_power_of_two()) {
            Some(bound) => bound - 1,
            None => return count,
        };
        if self.f.seen_max_of(count) <= mask { count } else { self.alu_const(AluOp::And, count, mask as i64) }
    }

    /// Where the first element is.
    pub(super) fn start(&mut self, slice: SliceValue, size: u64) -> Address {
        let at = Address::at(slice.pointer, 0);
        match slice.bound {
            Bound::Counted { offset, .. } => self.offset_by(at, offset, size),
            Bound::Packet { .. } => at,
        }
    }

    /// Element `index` of `size` bytes, checked.
    pub(super) fn slice_element(&mut self, slice: SliceValue, index: Value, size: u64) -> Address {
        match slice.bound {
            Bound::Counted { length, .. } => {
                self.check_index(index, length);
                self.element_in_range(slice, index, size, length)
            }
            Bound::Packet { end, limit, .. } => {
                if !self.is_unlimited(limit) {
                    self.check_index(index, limit);
                }
                self.packet_element(slice.pointer, end, index, size)
            }
        }
    }

    /// Element `index` of a slice that is longer; the index is below `below`, and was compared with that where it is not a
    /// constant. Verifiers compare with constants only, and do not know how the place in the array comes from offset and
    /// index: where they could not see that it is inside, it is compared with the array's end.
    pub(super) fn element_in_range(
        &mut self,
        slice: SliceValue,
        index: Value,
        size: u64,
        below: Value,
    ) -> Address {
        let Bound::Counted { offset, end, .. } = slice.bound else {
            return match slice.bound {
                Bound::Packet { end, .. } => self.packet_element(slice.pointer, end, index, size),
                Bound::Counted { .. } => Address::at(slice.pointer, 0),
            };
        };
        let at = Address::at(slice.pointer, 0);
        let place = self.alu(AluOp::Add, index, offset);
        let known = |value| self.f.as_const(value);
        // The greatest that the place can be where a comparison with `below` has told verifiers.
        let compared = known(offset).zip(known(below)).map(|(offset, below)| offset.saturating_add(below));
        let inside = match (compared, known(end)) {
            (Some(compared), Some(end)) if (0..=end).contains(&compared) => true,
            (_, Some(end)) => self.f.seen_max_of(place) < end as u64,
            _ => false,
        };
        if !inside {
            self.abort_if(Why::BoundsCheck, JmpOp::Ge, place, end);
        }
        self.offset_by(at, place, size)
    }

    /// The pointer of type `to` that `pointer` is converted to, where that is one to an array and this one to the first element
    /// of a slice, whose length was compared with the array's: what verifiers don't see of all of the array is checked.
    pub(super) fn array_of_slice(&mut self, pointer: &Expr, to: TypeId) -> Result<Option<Value>> {
        let types = self.types();
        let (ExprKind::AddressOf(first), hir::Type::Pointer { target, .. }) = (&pointer.kind, types.get(to))
        else {
            return Ok(None);
        };
        let (ExprKind::Index { base, index }, hir::Type::Array { length: count, .. }) =
            (&first.kind, types.get(*target))
        else {
            return Ok(None);
        };
        let (is_slice, count) = (matches!(types.get(base.ty), hir::Type::Slice { .. }), *count as i64);
        if !is_slice || !matches!(index.kind, ExprKind::Const(hir::Constant::Int(0))) {
            return Ok(None);
        }
        let (size, slice) = (self.element_size(base.ty), self.slice(base)?);
        self.at(pointer.node);
        let zero = self.const_i64(0);
        let address = match slice.bound {
            Bound::Packet { end, .. } => {
                let wanted = count.saturating_mul(size as i64);
                self.packet_place(slice.pointer, end, zero, size as i64, Wanted::bytes(wanted))
            }
            Bound::Counted { offset, end, .. } => {
                let last = self.f.as_const(end).map(|end| end - count).filter(|last| *last >= 0);
                match (self.f.as_const(offset), last) {
                    (None, Some(last)) => {
                        let last = self.const_i64(last);
                        self.check_bound(offset, last);
                        self.start(slice, size)
                    }
                    _ => self.slice_element(slice, zero, size),
                }
            }
        };
        Ok(Some(self.pointer(address)))
    }

    /// `base[low:high:max]`.
    pub(super) fn slice_of(&mut self, expr: &Expr) -> Result<SliceValue> {
        let ExprKind::Slice { base, low, high, max } = &expr.kind else { return self.slice(expr) };
        let (size, is_string) = (self.element_size(expr.ty), self.is_string(expr.ty));
        let of = match self.types().get(base.ty) {
            hir::Type::Array { length, .. } => Base::Array(self.address(base)?, *length),
            _ => Base::Slice(self.slice(base)?),
        };
        let mut bound = |bound: &Option<Box<Expr>>| -> Result<Option<Value>> {
            bound.as_ref().map(|bound| self.index_value(bound)).transpose()
        };
        let (low, high, max) = (bound(low)?, bound(high)?, bound(max)?);
        self.at(expr.node);
        let slice = match of {
            Base::Array(address, length) => {
                let (pointer, length) = (self.pointer(address), self.const_i64(length as i64));
                self.whole(pointer, length)
            }
            Base::Slice(slice) => slice,
        };
        match slice.bound {
            Bound::Packet { .. } => Ok(self.slice_packet(slice, (low, high, max), size)),
            Bound::Counted { offset, length, end } => {
                let capacity = if is_string { length } else { self.alu(AluOp::Sub, end, offset) };
                let end = match max {
                    None => end,
                    Some(max) => {
                        self.check_bound(max, capacity);
                        self.alu(AluOp::Add, offset, max)
                    }
                };
                let high = match high {
                    None => length,
                    Some(high) => {
                        self.check_bound(high, max.unwrap_or(capacity));
                        high
                    }
                };
                let Some(low) = low else {
                    return Ok(SliceValue { bound: Bound::Counted { offset, length: high, end }, ..slice });
                };
                self.check_bound(low, high);
                let offset = self.alu(AluOp::Add, low, offset);
                let length = self.alu(AluOp::Sub, high, low);
                Ok(SliceValue { bound: Bound::Counted { offset, length, end }, ..slice })
            }
        }
    }

    /// Aborts where `index` is not below `length`; a negative index is a large unsigned one.
    pub(super) fn check_index(&mut self, index: Value, length: Value) {
        let in_range =
            self.f.as_const(length).is_some_and(|length| self.f.seen_max_of(index) < length as u64);
        if !in_range {
            self.abort_if(Why::BoundsCheck, JmpOp::Ge, index, length);
        }
    }

    /// Aborts where `bound` is above `limit`.
    pub(super) fn check_bound(&mut self, bound: Value, limit: Value) {
        let in_range = bound == limit
            || self.f.as_const(limit).is_some_and(|limit| self.f.seen_max_of(bound) <= limit as u64);
        if !in_range {
            self.abort_if(Why::BoundsCheck, JmpOp::Gt, bound, limit);
        }
    }

    /// The size of an element of a slice, an array or a string type.
    pub(super) fn element_size(&self, ty: TypeId) -> u64 {
        match self.types().get(ty) {
            hir::Type::Slice { element, .. } | hir::Type::Array { element, .. } => {
                self.types().size_of(*element)
            }
            _ => 1,
        }
    }

    pub(super) fn is_string(&self, ty: TypeId) -> bool {
        matches!(self.types().get(ty), hir::Type::String { .. })
    }

    pub(super) fn is_packet(&self, ty: TypeId) -> bool {
        matches!(self.types().get(ty), hir::Type::Slice { provenance: hir::Provenance::Packet, .. })
    }
}
