//! Packets: a slice is a pointer and the packet's end. Its length stays symbolic, for the verifier learns only from a
//! pointer that is compared with the end, and only for that pointer.

use gobpf_bpf::insn::{AluOp, JmpOp};
use gobpf_source::Why;
use gobpf_types::hir::{CompareOp, Expr, ExprKind};

use super::slice::UNLIMITED;
use super::{Address, Bound, Builder, Result, SliceValue};
use crate::ir::{Block, Cond, InstKind, Type, Value};

/// No packet is longer, and the verifier follows no offset that is larger (`MAX_PACKET_OFF`).
pub(super) const MAX_PACKET_OFFSET: i64 = 0xffff;
/// What a pointer that comes from elsewhere may be ahead of the packet's start, so that verifiers follow it. More than that
/// and an offset of nearly 2^16 together are taken for past the packet's end, as they are in all but packets of 60 kB.
const AHEAD: i64 = 0x1000;
/// Bits of a limit where two are one word.
const LIMIT_BITS: i64 = 32;

/// What of a packet is wanted at a place in it.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Bytes that have to be there.
    bytes: i64,
    /// What constants may be added to the place later on, of which verifiers then still learn: no place is further from the
    /// packet's start than leaves room for that. As with [`AHEAD`], only packets of 60 kB have such places.
    later: i64,
}

impl Wanted {
    /// These bytes, and no more later.
    pub(super) fn bytes(bytes: i64) -> Wanted {
        Wanted { bytes, later: 0 }
    }
}

/// How a pointer into the packet was made: constants and other numbers were added to a pointer.
struct Way {
    root: Value,
    /// How far the root itself may be from the packet's start.
    ahead: i64,
    fixed: i64,
    parts: Vec<Value>,
}

impl Builder<'_> {
    /// Element `index` of a packet of elements of `size` bytes, checked against the packet's end.
    pub(super) fn packet_element(&mut self, pointer: Value, end: Value, index: Value, size: u64) -> Address {
        self.packet_place(pointer, end, index, size as i64, Wanted::bytes(size as i64))
    }

    /// `packet[low:high:max]` of elements of `size` bytes.
    pub(super) fn slice_packet(
        &mut self,
        slice: SliceValue,
        (low, high, max): (Option<Value>, Option<Value>, Option<Value>),
        size: u64,
    ) -> SliceValue {
        let SliceValue { pointer, bound: Bound::Packet { end, limit, room } } = slice else { return slice };
        // A slice may be made longer again, up to its capacity: the packet's end, unless it has one of its own.
        if let Some(longest) = max.or(high) {
            self.packet_place(pointer, end, longest, size as i64, Wanted::bytes(0));
            if !self.is_unlimited(room) {
                self.check_bound(longest, room);
            }
        }
        if let (Some(max), Some(high)) = (max, high) {
            self.check_bound(high, max);
        }
        let (limit, room) = (high.unwrap_or(limit), max.unwrap_or(room));
        let Some(low) = low else {
            return SliceValue { pointer, bound: Bound::Packet { end, limit, room } };
        };
        if !self.is_unlimited(limit) {
            self.check_bound(low, limit);
        }
        let start = self.packet_place(pointer, end, low, size as i64, Wanted { bytes: 0, later: AHEAD });
        let pointer = self.pointer(start);
        let less = |b: &mut Self, bound| match b.is_unlimited(bound) {
            true => bound,
            false => b.alu(AluOp::Sub, bound, low),
        };
        let (limit, room) = (less(self, limit), less(self, room));
        SliceValue { pointer, bound: Bound::Packet { end, limit, room } }
    }

    /// Whether a limit is known to be none.
    pub(super) fn is_unlimited(&self, limit: Value) -> bool {
        self.f.as_const(limit) == Some(UNLIMITED)
    }

    /// How many elements of `size` bytes there are from `pointer` to the packet's end, but no more than `limit`.
    pub(super) fn packet_count(&mut self, pointer: Value, end: Value, limit: Value, size: u64) -> Value {
        // A limit that is one was compared with the packet's end when the slice was made.
        if self.f.max_of(limit) < UNLIMITED as u64 {
            return limit;
        }
        let bytes = self.emit(Type::I64, InstKind::PtrDiff(end, pointer));
        let size = self.const_i64(size.max(1) as i64);
        let rest = self.alu(AluOp::Div, bytes, size);
        if self.is_unlimited(limit) { rest } else { self.lesser(rest, limit) }
    }

    /// The limits of a packet slice as one word: that of the length in the low half, in the high half what the other lacks.
    pub(super) fn limits(&mut self, limit: Value, room: Value) -> Value {
        let lacking = self.alu_const(AluOp::Xor, room, UNLIMITED);
        let high = self.alu_const(AluOp::Lsh, lacking, LIMIT_BITS);
        self.alu(AluOp::Or, limit, high)
    }

    /// The limits that are in a word.
    pub(super) fn limits_of(&mut self, word: Value) -> (Value, Value) {
        let limit = self.alu_const(AluOp::And, word, UNLIMITED);
        let lacking = self.alu_const(AluOp::Rsh, word, LIMIT_BITS);
        (limit, self.alu_const(AluOp::Xor, lacking, UNLIMITED))
    }

    /// The place `index` times `size` bytes into a packet; ends the program unless what is wanted follows it.
    pub(super) fn packet_place(
        &mut self,
        pointer: Value,
        end: Value,
        index: Value,
        size: i64,
        Wanted { bytes: wanted, later }: Wanted,
    ) -> Address {
        let last = (MAX_PACKET_OFFSET - wanted - self.way(pointer).fixed) / size.max(1);
        let (base, offset) = match self.linear(index) {
            (None, constant) if (0..=last).contains(&constant) => (pointer, constant * size),
            (Some(variable), constant) if last >= 0 => {
                // A negative variable part can still be a good index: then the sum is what is bounded.
                let apart = (0..=last).contains(&constant) && self.f.max_of(variable) <= i64::MAX as u64;
                let (variable, constant) = if apart { (variable, constant) } else { (index, 0) };
                let offset = constant * size;
                let (base, before) =
                    self.packet_sum(pointer, (variable, size), offset + wanted + later, None);
                (base, before + offset)
            }
            _ => {
                // Never in range: the check that fails stands in for it.
                let zero = self.const_i64(0);
                self.abort_if(Why::BoundsCheck, JmpOp::Eq, zero, zero);
                return Address::at(pointer, 0);
            }
        };
        self.check_packet(base, offset + wanted, end);
        Address::at(base, offset as i32)
    }

    /// The pointer `count` times `size` bytes after `pointer`, as a base and bytes after it, so that verifiers learn from a
    /// comparison of the place `more` bytes further with the packet's end: they follow no pointer that may be further from
    /// the start than every packet's end. Where it would be, the program goes to `over`, or ends.
    fn packet_sum(
        &mut self,
        pointer: Value,
        (count, size): (Value, i64),
        more: i64,
        over: Option<Block>,
    ) -> (Value, i64) {
        let way = self.way(pointer);
        let room = (MAX_PACKET_OFFSET - way.ahead - way.fixed - more).max(0);
        self.keep_within(count, room / size.max(1), over);
        let size = self.const_i64(size);
        let bytes = self.alu(AluOp::Mul, count, size);
        let before = way.parts.iter().map(|part| self.f.seen_max_of(*part));
        let most = before.fold(self.f.seen_max_of(bytes).min(room as u64), u64::saturating_add);
        if way.parts.is_empty() || most <= room as u64 {
            return (self.emit(Type::Pointer, InstKind::PtrAdd(pointer, bytes)), 0);
        }
        // All that varies is added first and bounded as one.
        let total = way.parts.iter().fold(bytes, |sum, part| self.alu(AluOp::Add, sum, *part));
        self.keep_within(total, room, over);
        (self.emit(Type::Pointer, InstKind::PtrAdd(way.root, total)), way.fixed)
    }

    /// How `pointer` was made from another one.
    fn way(&self, pointer: Value) -> Way {
        let mut way = Way { root: pointer, ahead: 0, fixed: 0, parts: Vec::new() };
        while let Some(InstKind::PtrAdd(base, bytes)) = self.f.def(way.root) {
            match self.f.as_const(*bytes) {
                Some(bytes) => way.fixed += bytes.clamp(0, MAX_PACKET_OFFSET),
                None => way.parts.push(*bytes),
            }
            way.root = *base;
        }
        if !matches!(self.f.def(way.root), Some(InstKind::ContextField(..))) {
            way.ahead = AHEAD;
        }
        way
    }

    /// Goes to `over`, or ends the program, where `value` is above `limit` and verifiers could not see that it is not.
    fn keep_within(&mut self, value: Value, limit: i64, over: Option<Block>) {
        if self.f.seen_max_of(value) <= limit as u64 {
            return;
        }
        let right = self.const_i64(limit);
        let Some(over) = over else { return self.abort_if(Why::BoundsCheck, JmpOp::Gt, value, right) };
        let within = self.new_block();
        let cond = Cond { op: JmpOp::Gt, left: value, right };
        self.because(Why::BoundsCheck, |b| b.branch(cond, over, within));
        self.seal(within);
        self.block = within;
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
        let Bound::Packet { end, limit, .. } = slice.bound else { return Ok(false) };
        let other = self.index_value(other)?;
        self.at(left.node);
        if !self.is_unlimited(limit) || size != 1 {
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
        let by_value = self.new_block();
        if below && (0..=MAX_PACKET_OFFSET).contains(&bytes) {
            let (base, before) = match variable {
                None => (slice.pointer, 0),
                Some(variable) => self.packet_sum(slice.pointer, (variable, 1), bytes, Some(by_value)),
            };
            let bytes = self.const_i64(before + bytes);
            let past = self.emit(Type::Pointer, InstKind::PtrAdd(base, bytes));
            self.branch(Cond { op: JmpOp::Gt, left: past, right: end }, then, otherwise);
        } else {
            self.jump(by_value, by_value);
        }
        self.seal(by_value);

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
