//! Many bytes at once: `copy`, `clear`, copies on the stack, and `min` and `max`.

use gobpf_bpf::insn::{AluOp, JmpOp};
use gobpf_source::Why;
use gobpf_types::hir::{self, CompareOp, Expr, TypeId};

use super::compare::jump_op;
use super::{Address, Bound, Builder, Operand, Result, SliceValue};
use crate::ir::{Cond, InstKind, Type, Value};

/// Up to this many elements are copied and cleared without a loop.
const UNROLLED: i64 = 16;

/// The order in which elements are copied.
enum Order {
    Forward,
    Backward,
    /// Backward where the first is above the second.
    Compare(Value, Value),
}

impl Builder<'_> {
    /// `copy(to, from)`.
    pub(super) fn copy_elements(&mut self, to: &Expr, from: &Expr) -> Result<Value> {
        let node = self.origin.place.node;
        let (to_slice, from_slice) = (self.slice(to)?, self.slice(from)?);
        self.at(node);
        let element = match self.types().get(to.ty) {
            hir::Type::Slice { element, .. } => Some(*element),
            _ => None,
        };
        let Some(element) = element else { return Ok(self.const_i64(0)) };
        let size = self.types().size_of(element);
        let (to_length, from_length) = (self.length(to_slice, size), self.length(from_slice, size));
        let count = self.lesser(to_length, from_length);
        if size > 0 {
            let order = self.order_of(to_slice, from_slice, self.is_string(from.ty), size);
            self.move_elements(to_slice, from_slice, element, count, order)?;
        }
        Ok(count)
    }

    /// Which order keeps elements that are still to be copied, where the two may overlap.
    fn order_of(&mut self, to: SliceValue, from: SliceValue, read_only: bool, size: u64) -> Order {
        if read_only || self.are_apart(to.pointer, from.pointer) {
            return Order::Forward;
        }
        if let (Bound::Counted { offset: to_offset, .. }, Bound::Counted { offset: from_offset, .. }) =
            (to.bound, from.bound)
            && to.pointer == from.pointer
        {
            return match (self.f.as_const(to_offset), self.f.as_const(from_offset)) {
                (Some(to), Some(from)) if to > from => Order::Backward,
                (Some(_), Some(_)) => Order::Forward,
                _ => Order::Compare(to_offset, from_offset),
            };
        }
        let (to, from) = (self.start(to, size), self.start(from, size));
        let (to, from) = (self.pointer(to), self.pointer(from));
        Order::Compare(to, from)
    }

    /// Whether two pointers are to different variables.
    fn are_apart(&self, a: Value, b: Value) -> bool {
        match (self.f.def(a), self.f.def(b)) {
            (Some(InstKind::SlotAddr(a, _)), Some(InstKind::SlotAddr(b, _))) => a != b,
            (Some(InstKind::GlobalAddr(a, _)), Some(InstKind::GlobalAddr(b, _))) => a != b,
            (Some(a), Some(b)) => {
                let kind = |kind: &InstKind| match kind {
                    InstKind::SlotAddr(..) => 1,
                    InstKind::GlobalAddr(..) => 2,
                    InstKind::TextAddr(_) => 3,
                    InstKind::ContextField(..) => 4,
                    InstKind::Call(..) => 5,
                    _ => 0,
                };
                kind(a) > 0 && kind(b) > 0 && kind(a) != kind(b)
            }
            _ => false,
        }
    }

    fn move_elements(
        &mut self,
        to: SliceValue,
        from: SliceValue,
        element: TypeId,
        count: Value,
        order: Order,
    ) -> Result<()> {
        match order {
            Order::Forward => self.move_in_order(to, from, element, count, false),
            Order::Backward => self.move_in_order(to, from, element, count, true),
            Order::Compare(a, b) => {
                let (backward, forward, done) = (self.new_block(), self.new_block(), self.new_block());
                self.branch(Cond { op: JmpOp::Gt, left: a, right: b }, backward, forward);
                for (block, is_backward) in [(backward, true), (forward, false)] {
                    self.seal(block);
                    self.block = block;
                    self.move_in_order(to, from, element, count, is_backward)?;
                    self.jump(done, done);
                }
                self.seal(done);
                Ok(())
            }
        }
    }

    fn move_in_order(
        &mut self,
        to: SliceValue,
        from: SliceValue,
        element: TypeId,
        count: Value,
        backward: bool,
    ) -> Result<()> {
        if let Some(known) = self.f.as_const(count)
            && known <= UNROLLED
        {
            for index in 0..known {
                let index = self.const_i64(if backward { known - 1 - index } else { index });
                self.move_element(to, from, element, (index, count));
            }
            return Ok(());
        }
        let count = self.loop_count(count, &[to, from], self.types().size_of(element));
        self.counted_loop(count, &mut |b, index| {
            let index = if backward {
                let last = b.const_i64(1);
                let last = b.alu(AluOp::Sub, count, last);
                b.alu(AluOp::Sub, last, index)
            } else {
                index
            };
            b.move_element(to, from, element, (index, count));
            Ok(())
        })
    }

    fn move_element(
        &mut self,
        to: SliceValue,
        from: SliceValue,
        element: TypeId,
        (index, below): (Value, Value),
    ) {
        let size = self.types().size_of(element);
        let source = self.element_in_range(from, index, size, below);
        let operand = self.load_operand(source, element);
        let target = self.element_in_range(to, index, size, below);
        self.store_operand(target, element, operand);
    }

    /// `clear(slice)`.
    pub(super) fn clear(&mut self, expr: &Expr) -> Result<()> {
        let node = self.origin.place.node;
        let slice = self.slice(expr)?;
        self.at(node);
        let hir::Type::Slice { element, .. } = self.types().get(expr.ty) else { return Ok(()) };
        let (size, align) = (self.types().size_of(*element), self.types().align_of(*element) as u32);
        if size == 0 {
            return Ok(());
        }
        let count = self.length(slice, size);
        match (self.f.as_const(count), slice.bound) {
            (Some(known), Bound::Counted { offset, .. }) if self.f.as_const(offset).is_some() => {
                let at = self.start(slice, size);
                let bytes = u32::try_from(known as u64 * size).unwrap_or(u32::MAX);
                self.zero(at, 0, bytes, align);
                Ok(())
            }
            _ => {
                let count = self.loop_count(count, &[slice], size);
                self.counted_loop(count, &mut |b, index| {
                    let at = b.element_in_range(slice, index, size, count);
                    b.zero(at, 0, size as u32, align);
                    Ok(())
                })
            }
        }
    }

    /// A slice or string of a copy on the stack of at most `capacity` bytes.
    pub(super) fn copy_bytes(&mut self, bytes: &Expr, capacity: u64) -> Result<SliceValue> {
        let node = self.origin.place.node;
        let from = self.slice(bytes)?;
        self.at(node);
        let length = self.length(from, 1);
        let end = self.const_i64(capacity as i64);
        let slot = self.new_slot(capacity, "", false);
        let at = self.slot_address(slot);
        self.zero(at, 0, capacity as u32, 8);
        let to = self.slice_at(at, length, end);
        let all = self.loop_count(length, &[to], 1);
        if let Some(known) = self.f.as_const(all)
            && known <= UNROLLED
        {
            for index in 0..known {
                let index = self.const_i64(index);
                self.move_byte(to, from, (index, all));
            }
            return Ok(to);
        }
        self.counted_loop(all, &mut |b, index| {
            b.move_byte(to, from, (index, all));
            Ok(())
        })?;
        Ok(to)
    }

    fn move_byte(&mut self, to: SliceValue, from: SliceValue, (index, below): (Value, Value)) {
        use gobpf_bpf::insn::Size;
        let byte = self.byte_at(from, index, below);
        let at: Address = self.element_in_range(to, index, 1, below);
        self.emit_effect(InstKind::Store(Size::B, at.base, at.offset, byte));
    }

    /// `min` or `max`.
    pub(super) fn min_max(&mut self, max: bool, operands: &[Expr], expr: &Expr) -> Result<Operand> {
        let mut values = Vec::with_capacity(operands.len());
        for operand in operands {
            values.push(self.operand(operand)?);
        }
        self.at(expr.node);
        let mut values = values.into_iter();
        let Some(mut best) = values.next() else { return Ok(Operand::Scalar(self.const_i64(0))) };
        for value in values {
            best = self.better(max, best, value, expr.ty)?;
        }
        Ok(best)
    }

    fn better(&mut self, max: bool, best: Operand, value: Operand, ty: TypeId) -> Result<Operand> {
        let op = if max { CompareOp::Greater } else { CompareOp::Less };
        match (best, value) {
            (Operand::Scalar(best), Operand::Scalar(value)) => {
                let op = jump_op(op, self.int_type(ty).signed);
                let cond = Cond { op, left: value, right: best };
                Ok(Operand::Scalar(match self.f.decide(cond) {
                    Some(holds) => {
                        if holds {
                            value
                        } else {
                            best
                        }
                    }
                    None => self.select(op, (value, best), value, best),
                }))
            }
            (Operand::Slice(left), Operand::Slice(right)) => {
                let (yes, join) = (self.new_block(), self.new_block());
                let result = self.new_storage(ty, false, "");
                self.write(result, ty, best);
                let no = self.new_block();
                self.compare_strings(op, right, left, yes, no)?;
                self.seal(no);
                self.block = no;
                self.jump(join, yes);
                self.seal(yes);
                self.write(result, ty, value);
                self.jump(join, join);
                self.seal(join);
                Ok(self.read(result, ty))
            }
            _ => Ok(best),
        }
    }

    /// The zero value of type `ty`.
    pub(super) fn zero_operand(&mut self, ty: TypeId) -> Operand {
        if let Some(scalar) = self.scalar_type(ty) {
            return Operand::Scalar(self.const_of(scalar, 0));
        }
        if !self.is_memory(ty) {
            return Operand::Slice(self.nil_slice(ty));
        }
        let at = self.new_temporary(ty);
        let (size, align) = (self.types().size_of(ty) as u32, self.types().align_of(ty) as u32);
        self.zero(at, 0, size, align);
        Operand::Memory(at)
    }

    /// A pointer to a copy of a value on the stack, for a helper to read. Scalars of the same value share theirs.
    pub(super) fn spilled(&mut self, ty: TypeId, operand: Operand) -> Value {
        match operand {
            Operand::Scalar(value) => {
                let bytes = self.types().size_of(ty) as u32;
                let size = gobpf_bpf::insn::Size::of_bytes(bytes).unwrap_or(gobpf_bpf::insn::Size::DW);
                self.because(Why::Spill, |b| b.emit(Type::Pointer, InstKind::Spilled(size, value)))
            }
            operand => self.because(Why::Spill, |b| b.temporary(ty, operand)).base,
        }
    }
}
