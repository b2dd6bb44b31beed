//! Packets: a slice is a pointer and the packet's end. Its length stays symbolic, for the verifier learns only from a
//! pointer that is compared with the end, and only for that pointer.

use gobpf_bpf::insn::{AluOp, JmpOp};
use gobpf_source::Why;
use gobpf_types::hir::{CompareOp, Expr, ExprKind};

use super::slice::UNLIMITED;
use super::{Address, Bound, Builder, Result, SliceValue};
use crate::ir::{Block, Cond, InstKind, Type, Value};

/// No packet is longer, and the verifier follows no offset that is larger (`MAX_PACKET_OFF`).
const MAX_PACKET_OFFSET: i64 = 0xffff;

impl Builder<'_> {
    /// Element `index` of a packet of elements of `size` bytes, checked against the packet's end.
    pub(super) fn packet_element(&mut self, pointer: Value, end: Value, index: Value, size: u64) -> Address {
        self.packet_place(pointer, end, index, size as i64, size as i64)
    }

    /// `packet[low:high]` of elements of `size` bytes.
    pub(super) fn slice_packet(
        &mut self,
        slice: (Value, Value, Value),
        low: Option<Value>,
        high: Option<Value>,
        size: u64,
    ) -> SliceValue {
        let (pointer, end, limit) = slice;
        let unlimited = self.f.as_const(limit) == Some(UNLIMITED);
        // A slice may be made longer again, up to its capacity: the packet's end.
        if let Some(high) = high {
            self.packet_place(pointer, end, high, size as i64, 0);
        }
        let length = high.or((!unlimited).then_some(limit));
        let Some(low) = low else {
            return SliceValue { pointer, bound: Bound::Packet { end, limit: length.unwrap_or(limit) } };
        };
        if let Some(length) = length {
            self.check_bound(low, length);
        }
        let start = self.packet_place(pointer, end, low, size as i64, 0);
        let pointer = self.pointer(start);
        let limit = length.map_or(limit, |length| self.alu(AluOp::Sub, length, low));
        SliceValue { pointer, bound: Bound::Packet { end, limit } }
    }

    /// The place `index` times `size` bytes into a packet; ends the program unless `wanted` bytes follow it.
    pub(super) fn packet_place(
        &mut self,
        pointer: Value,
        end: Value,
        index: Value,
        size: i64,
        wanted: i64,
    ) -> Address {
        let last = (MAX_PACKET_OFFSET - wanted) / size.max(1);
        let (base, constant) = match self.linear(index) {
            (None, constant) if (0..=last).contains(&constant) => (pointer, constant),
            (None, _) => {
                // Never in range: the check that fails stands in for it.
                let zero = self.const_i64(0);
                self.abort_if(Why::BoundsCheck, JmpOp::Eq, zero, zero);
                return Address { base: pointer, offset: 0, context: false };
            }
            (Some(variable), constant) => {
                let (variable, constant) = self.bounded(index, variable, constant, last);
                let size = self.const_i64(size);
                let bytes = self.alu(AluOp::Mul, variable, size);
                (self.emit(Type::Pointer, InstKind::PtrAdd(pointer, bytes)), constant)
            }
        };
        let offset = constant * size;
        self.check_packet(base, offset + wanted, end);
        Address { base, offset: offset as i32, context: false }
    }

    /// Splits `index` = `variable` + `constant`, bounded so that it is at most `last`, for the verifier follows nothing
    /// beyond: an index past every packet aborts.
    fn bounded(&mut self, index: Value, variable: Value, constant: i64, last: i64) -> (Value, i64) {
        // A negative variable part can still be a good index: then the sum is what is bounded.
        let apart = (0..=last).contains(&constant) && self.f.max_of(variable) <= i64::MAX as u64;
        let (variable, constant) = if apart { (variable, constant) } else { (index, 0) };
        let room = last - constant;
        if self.f.seen_max_of(variable) > room as u64 {
            let limit = self.const_i64(room);
            self.abort_if(Why::BoundsCheck, JmpOp::Gt, variable, limit);
        }
        (variable, constant)
    }

    /// Aborts where fewer than `bytes` bytes follow `pointer`.
    fn check_packet(&mut self, pointer: Value, bytes: i64, end: Value) {
        let bytes = self.const_i64(bytes);
        let past =
            self.because(Why::BoundsCheck, |b| b.emit(Type::Pointer, InstKind::PtrAdd(pointer, bytes)));
        self.abort_if(Why::BoundsCheck, JmpOp::Gt, past, end);
    }

    /// Lowers a comparison with the length of a packet slice, if it is one, to comparisons of pointers.
    pub(super) fn compare_length(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        then: Block,
        otherwise: Block,
    ) -> Result<bool> {
        // len + a op other  <=>  len op other - a; the other way round the operator is swapped.
        let (op, slice, added, other) = match (self.length_of_packet(left), self.length_of_packet(right)) {
            (Some((slice, added)), None) => (op, slice, added, right),
            (None, Some((slice, added))) => (swap(op), slice, added, left),
            _ => return Ok(false),
        };
        let size = self.element_size(slice.ty);
        let slice = self.slice(slice)?;
        let Bound::Packet { end, limit } = slice.bound else { return Ok(false) };
        let other = self.index_value(other)?;
        self.at(left.node);
        if self.f.as_const(limit) != Some(UNLIMITED) || size != 1 {
            let length = self.length(slice, size);
            let added = self.const_i64(added);
            let length = self.alu(AluOp::Add, length, added);
            let cond = Cond { op: super::compare::jump_op(op, true), left: length, right: other };
            self.branch(cond, then, otherwise);
            return Ok(true);
        }
        let (variable, constant) = self.linear(other);
        let constant = constant.wrapping_sub(added);
        // len < n  <=>  pointer + n > end;  len <= n  <=>  len < n + 1.
        let (below, extra, then, otherwise) = match op {
            CompareOp::Less => (true, 0, then, otherwise),
            CompareOp::LessEqual => (true, 1, then, otherwise),
            CompareOp::GreaterEqual => (true, 0, otherwise, then),
            CompareOp::Greater => (true, 1, otherwise, then),
            CompareOp::Equal | CompareOp::NotEqual => (false, 0, then, otherwise),
        };
        let bytes = constant.wrapping_add(extra);
        let by_pointer = self.new_block();
        let by_value = self.new_block();
        if below && (0..=MAX_PACKET_OFFSET).contains(&bytes) {
            let room = MAX_PACKET_OFFSET - bytes;
            match variable {
                Some(variable) if self.f.seen_max_of(variable) > room as u64 => {
                    let limit = self.const_i64(room);
                    let cond = Cond { op: JmpOp::Gt, left: variable, right: limit };
                    self.because(Why::BoundsCheck, |b| b.branch(cond, by_value, by_pointer));
                }
                _ => self.jump(by_pointer, by_pointer),
            }
        } else {
            self.jump(by_value, by_value);
        }
        self.seal(by_pointer);
        self.seal(by_value);

        self.block = by_pointer;
        let base = match variable {
            None => slice.pointer,
            Some(variable) => self.emit(Type::Pointer, InstKind::PtrAdd(slice.pointer, variable)),
        };
        let bytes_value = self.const_i64(bytes);
        let past = self.emit(Type::Pointer, InstKind::PtrAdd(base, bytes_value));
        self.branch(Cond { op: JmpOp::Gt, left: past, right: end }, then, otherwise);

        self.block = by_value;
        // The length is small: what is added to it can't wrap, but subtracted from the other side it could.
        let length = self.emit(Type::I64, InstKind::PtrDiff(end, slice.pointer));
        let added = self.const_i64(added);
        let length = self.alu(AluOp::Add, length, added);
        let op = match op {
            CompareOp::Equal => JmpOp::Eq,
            CompareOp::NotEqual => JmpOp::Ne,
            CompareOp::Less | CompareOp::GreaterEqual => JmpOp::Slt,
            CompareOp::LessEqual | CompareOp::Greater => JmpOp::Sle,
        };
        self.branch(Cond { op, left: length, right: other }, then, otherwise);
        Ok(true)
    }

    /// `len(packet)` or `len(packet) ± constant`: the slice and the constant.
    fn length_of_packet<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, i64)> {
        use gobpf_types::hir::{BinaryOp, Constant, Provenance, Type};
        match &expr.kind {
            ExprKind::Len(slice) => match self.types().get(slice.ty) {
                Type::Slice { provenance: Provenance::Packet, .. } => Some((slice, 0)),
                _ => None,
            },
            ExprKind::Binary { op, left, right } => {
                let ExprKind::Const(Constant::Int(number)) = &right.kind else { return None };
                // A length is below 2^16, so sums with small constants do not wrap.
                let number = i64::try_from(*number).ok().filter(|number| number.unsigned_abs() <= 1 << 32)?;
                let (slice, added) = self.length_of_packet(left)?;
                match op {
                    BinaryOp::Add => Some((slice, added.checked_add(number)?)),
                    BinaryOp::Sub => Some((slice, added.checked_sub(number)?)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn swap(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::Greater,
        CompareOp::LessEqual => CompareOp::GreaterEqual,
        CompareOp::Greater => CompareOp::Less,
        CompareOp::GreaterEqual => CompareOp::LessEqual,
        same => same,
    }
}
