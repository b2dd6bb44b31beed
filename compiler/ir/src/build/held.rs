//! What a program holds when it panics: a record that it reserved, a lock, a reference to a socket. The table of helpers
//! tells; a variable for each call that acquires something knows whether it is still held.

use gobpf_bpf::insn::JmpOp;
use gobpf_bpf::tables::Helper;

use super::Builder;
use super::ssa::Var;
use crate::ir::{Cond, InstKind, Type, Value};

/// What one call acquires.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldVar {
    pub(super) acquire: &'static Helper,
    /// What gives it back without using it.
    pub(super) undo: &'static Helper,
    /// The pointer; nil while nothing is held.
    pub(super) var: Var,
}

impl Builder<'_> {
    /// Notes what a call of `helper` acquires or releases.
    pub(super) fn track_held(&mut self, helper: u32, arguments: &[Value], result: Value) {
        let Some(helper) = Helper::by_id(helper) else { return };
        if let Some(&pointer) = arguments.first() {
            self.released(helper, pointer);
        }
        let Some(undo) = helper.undone_by() else { return };
        // A pointer that comes back is what is held; otherwise it is what the last argument points to.
        let pointer = match self.f.ty(result) {
            Type::Pointer => Some(result),
            _ => arguments.last().copied(),
        };
        let Some(pointer) = pointer else { return };
        let var = self.ssa.new_var(Type::Pointer);
        self.write_var(var, pointer);
        self.held.push(HeldVar { acquire: helper, undo, var });
    }

    /// `helper` is called with `pointer`: where that releases it, it is no longer held.
    fn released(&mut self, helper: &Helper, pointer: Value) {
        let held: Vec<_> = self.held.iter().filter(|held| helper.gives_back(held.acquire)).copied().collect();
        if held.is_empty() {
            return;
        }
        let nil = self.const_of(Type::Pointer, 0);
        let values: Vec<_> = held.iter().map(|held| self.read_var(held.var)).collect();
        if let Some(index) = values.iter().position(|value| *value == pointer) {
            return self.write_var(held[index].var, nil);
        }
        // After loops and joins the variable is not the value any more: the only one that is held must be it.
        let mut may_be = held.iter().zip(values).filter(|(_, value)| self.f.as_const(*value) != Some(0));
        match (may_be.next(), may_be.next()) {
            (Some((only, _)), None) => {
                let var = only.var;
                self.write_var(var, nil);
            }
            (Some(first), Some(second)) => {
                let rest: Vec<_> =
                    [first, second].into_iter().chain(may_be).map(|(h, v)| (h.var, v)).collect();
                for (var, value) in rest {
                    let left = self.select(JmpOp::Eq, (value, pointer), nil, value);
                    self.write_var(var, left);
                }
            }
            (None, _) => {}
        }
    }

    /// Releases all that is held.
    pub(super) fn release_held(&mut self) {
        for held in self.held.clone().into_iter().rev() {
            let value = self.read_var(held.var);
            let nil = self.const_of(Type::Pointer, 0);
            let (release, done) = (self.new_block(), self.new_block());
            self.branch(Cond { op: JmpOp::Ne, left: value, right: nil }, release, done);
            self.seal(release);
            self.block = release;
            let flags = self.const_i64(0);
            self.emit(Type::I64, InstKind::Call(held.undo.id, vec![value, flags]));
            self.jump(done, done);
            self.seal(done);
        }
    }
}
