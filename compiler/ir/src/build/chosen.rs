//! Elements with pointers, of arrays on the stack whose index is known only when the program runs. Verifiers follow pointers
//! through the stack only where they know the place, and older ones forget the lengths beside them. So such an element is
//! chosen by comparing the index with each place: the array's elements can be values then, and need no memory at all.

use gobpf_bpf::insn::JmpOp;
use gobpf_types::hir::{self, Expr, TypeId};

use super::{Address, Bound, Builder, Result, SliceValue, holds_pointers};
use crate::ir::{Cond, InstKind, Type, Value};

/// Elements that are chosen among at most.
const ELEMENTS: u64 = 64;
/// Words that are chosen at most, in all of the elements.
const WORDS: u64 = 512;

impl Builder<'_> {
    /// A copy of element `index` of `array`, checked, where it is to be chosen; `expr` is the whole.
    pub(super) fn chosen_of_array(
        &mut self,
        array: Address,
        index: Value,
        expr: &Expr,
        ty: TypeId,
    ) -> Option<Address> {
        let hir::Type::Array { length, .. } = *self.types().get(ty) else { return None };
        self.chosen(array, index, expr.ty, length)
    }

    /// A copy of an element of a slice, checked, where it is to be chosen.
    pub(super) fn chosen_of_slice(
        &mut self,
        slice: SliceValue,
        index: Value,
        expr: &Expr,
    ) -> Option<Address> {
        let Bound::Counted { offset, length, .. } = slice.bound else { return None };
        let (offset, length) = (self.f.as_const(offset)?, self.f.as_const(length)?);
        let start = u32::try_from(offset).ok()?.checked_mul(self.types().size_of(expr.ty) as u32)?;
        let array = Address::at(slice.pointer, start as i32);
        self.chosen(array, index, expr.ty, u64::try_from(length).ok()?)
    }

    fn chosen(&mut self, array: Address, index: Value, ty: TypeId, length: u64) -> Option<Address> {
        let size = self.types().size_of(ty);
        let is_small = (2..=ELEMENTS).contains(&length) && length * size.div_ceil(8) <= WORDS;
        let on_stack = matches!(self.f.def(array.base), Some(InstKind::SlotAddr(..)));
        if !is_small || !on_stack || self.f.as_const(index).is_some() || !holds_pointers(self.types(), ty) {
            return None;
        }
        let end = self.const_i64(length as i64);
        self.check_index(index, end);
        let chosen = self.new_temporary(ty);
        let done = self.new_block();
        for place in 0..length - 1 {
            let (here, next) = (self.new_block(), self.new_block());
            let right = self.const_of(Type::I64, place as i64);
            self.branch(Cond { op: JmpOp::Eq, left: index, right }, here, next);
            self.seal(here);
            self.block = here;
            self.copy_element(chosen, array.plus((place * size) as u32), ty);
            self.jump(done, next);
            self.seal(next);
            self.block = next;
        }
        self.copy_element(chosen, array.plus(((length - 1) * size) as u32), ty);
        self.jump(done, done);
        self.seal(done);
        Some(chosen)
    }

    fn copy_element(&mut self, to: Address, from: Address, ty: TypeId) {
        let element = self.load_operand(from, ty);
        self.store_operand(to, ty, element);
    }

    /// An element of an array or a slice that is only read, at a place that the builder computes or chooses.
    pub(super) fn read_slice_element(&mut self, base: &Expr, index: &Expr, expr: &Expr) -> Result<Address> {
        let slice = self.slice(base)?;
        let index = self.index_value(index)?;
        self.at(expr.node);
        if let Some(chosen) = self.chosen_of_slice(slice, index, expr) {
            return Ok(chosen);
        }
        let size = self.types().size_of(expr.ty);
        Ok(self.slice_element(slice, index, size))
    }
}
