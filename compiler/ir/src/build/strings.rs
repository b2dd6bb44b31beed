//! Comparisons of strings, byte by byte.

use gobpf_bpf::insn::{JmpOp, Size};
use gobpf_types::hir::CompareOp;

use super::compare::jump_op;
use super::{Address, Bound, Builder, Result, SliceValue};
use crate::ir::{Block, Cond, InstKind, Type, Value};

/// Strings of a known length up to this one are compared without a loop.
const UNROLLED: i64 = 32;

impl Builder<'_> {
    /// Goes to `then` where `left op right` holds, otherwise to `otherwise`.
    pub(super) fn compare_strings(
        &mut self,
        op: CompareOp,
        left: SliceValue,
        right: SliceValue,
        then: Block,
        otherwise: Block,
    ) -> Result<()> {
        let (left_length, right_length) = (self.length(left, 1), self.length(right, 1));
        match op {
            CompareOp::Equal | CompareOp::NotEqual => {
                let (equal, different) =
                    if op == CompareOp::Equal { (then, otherwise) } else { (otherwise, then) };
                let same_length = self.new_block();
                let cond = Cond { op: JmpOp::Eq, left: left_length, right: right_length };
                self.branch(cond, same_length, different);
                self.seal(same_length);
                self.block = same_length;
                // Of two lengths that are equal, a constant one says more.
                let known = self.f.as_const(left_length).is_some();
                let length = if known { left_length } else { right_length };
                self.first_difference(length, left, right, |b, _, _| b.jump(different, different))?;
                self.jump(equal, equal);
            }
            _ => {
                let common = self.lesser(left_length, right_length);
                self.first_difference(common, left, right, |b, left, right| {
                    b.branch(Cond { op: jump_op(op, false), left, right }, then, otherwise);
                })?;
                let cond = Cond { op: jump_op(op, false), left: left_length, right: right_length };
                self.branch(cond, then, otherwise);
            }
        }
        Ok(())
    }

    /// Compares `length` bytes; where two differ, `differ` ends the block. Goes on where all are equal.
    fn first_difference(
        &mut self,
        length: Value,
        left: SliceValue,
        right: SliceValue,
        mut differ: impl FnMut(&mut Self, Value, Value),
    ) -> Result<()> {
        match self.f.as_const(length) {
            Some(known) if known <= UNROLLED => {
                for index in 0..known {
                    let index = self.const_i64(index);
                    self.compare_bytes((index, length), left, right, &mut differ);
                }
                Ok(())
            }
            _ => {
                let count = self.loop_count(length, &[left, right], 1);
                self.counted_loop(count, &mut |b, index| {
                    b.compare_bytes((index, count), left, right, &mut differ);
                    Ok(())
                })
            }
        }
    }

    fn compare_bytes(
        &mut self,
        (index, below): (Value, Value),
        left: SliceValue,
        right: SliceValue,
        differ: &mut impl FnMut(&mut Self, Value, Value),
    ) {
        let (left, right) = (self.byte_at(left, index, below), self.byte_at(right, index, below));
        let (unequal, equal) = (self.new_block(), self.new_block());
        self.branch(Cond { op: JmpOp::Ne, left, right }, unequal, equal);
        self.seal(unequal);
        self.block = unequal;
        differ(self, left, right);
        self.seal(equal);
        self.block = equal;
    }

    /// A byte that is known to be there, at an index below `below`.
    pub(super) fn byte_at(&mut self, slice: SliceValue, index: Value, below: Value) -> Value {
        let at = self.element_in_range(slice, index, 1, below);
        self.emit(Type::I32, InstKind::Load(Size::B, at.base, at.offset))
    }

    /// Runs `body` for each number from 0 to `count`, exclusive. It may not assign variables that were there before.
    pub(super) fn counted_loop(
        &mut self,
        count: Value,
        body: &mut dyn FnMut(&mut Self, Value) -> Result<()>,
    ) -> Result<()> {
        let (head, turn, done) = (self.new_block(), self.new_block(), self.new_block());
        let counter = self.ssa.new_var(Type::I64);
        let zero = self.const_i64(0);
        self.write_var(counter, zero);
        let before = self.block;
        self.jump(head, head);
        self.keep_vars(before, head, &[counter]);
        let index = self.read_var(counter);
        self.branch(Cond { op: JmpOp::Lt, left: index, right: count }, turn, done);
        self.seal(turn);
        self.block = turn;
        body(self, index)?;
        let one = self.const_i64(1);
        let next = self.alu(gobpf_bpf::insn::AluOp::Add, index, one);
        self.write_var(counter, next);
        self.jump(head, done);
        self.seal(head);
        self.seal(done);
        Ok(())
    }

    /// A string of the bytes of a constant.
    pub(super) fn text(&mut self, bytes: &[u8]) -> SliceValue {
        let length = self.const_i64(bytes.len() as i64);
        let pointer = if bytes.is_empty() {
            self.const_of(Type::Pointer, 0)
        } else {
            let offset = self.texts.intern(bytes.to_vec());
            self.emit(Type::Pointer, InstKind::TextAddr(offset))
        };
        self.whole(pointer, length)
    }

    /// The slice that starts `at` some place and has `length` elements.
    pub(super) fn slice_at(&mut self, at: Address, length: Value, end: Value) -> SliceValue {
        let (pointer, offset) = (self.pointer(at), self.const_i64(0));
        SliceValue { pointer, bound: Bound::Counted { offset, length, end } }
    }
}
