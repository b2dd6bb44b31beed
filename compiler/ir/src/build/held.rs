//! What a program holds when it panics: a record that it reserved, a lock, a reference to a socket. The table of helpers
//! tells; a variable for each call that acquires something knows whether it is still held.

use gobpf_bpf::insn::JmpOp;
use gobpf_bpf::tables::Helper;

use super::Builder;
use super::ssa::Var;
use crate::ir::{Block, Cond, InstKind, Type, Value};

/// What one call acquires.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldVar {
    pub(super) acquire: &'static Helper,
    /// What gives it back without using it.
    pub(super) undo: &'static Helper,
    /// The pointer.
    pub(super) pointer: Var,
    /// Whether it is held: one of the numbers below. Verifiers follow these; not all of them know that a pointer which was
    /// compared with nil once will not be nil the next time.
    pub(super) state: Var,
    /// What the call gave.
    acquired: Value,
}

/// Nothing is held.
const FREE: u32 = 0;
/// It is held.
const HELD: u32 = 1;
/// It is held unless the pointer is nil.
const UNCHECKED: u32 = 2;

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
        let (var, state) = (self.ssa.new_var(Type::Pointer), self.ssa.new_var(Type::I32));
        self.write_var(var, pointer);
        let known = self.const_i32(if pointer == result { UNCHECKED } else { HELD });
        self.write_var(state, known);
        self.held.push(HeldVar { acquire: helper, undo, pointer: var, state, acquired: pointer });
    }

    /// `helper` is called with `pointer`: where that releases it, it is no longer held.
    fn released(&mut self, helper: &Helper, pointer: Value) {
        let held: Vec<_> = self.held.iter().filter(|held| helper.gives_back(held.acquire)).copied().collect();
        let free = self.const_i32(FREE);
        if let Some(this) = held.iter().find(|held| held.acquired == pointer) {
            return self.write_var(this.state, free);
        }
        // After loops and joins the pointer is not the value any more: the only one that is held must be it.
        let mut may_be = Vec::new();
        for held in held {
            let state = self.read_var(held.state);
            if self.f.as_const(state) != Some(i64::from(FREE)) {
                may_be.push((held, state));
            }
        }
        if let [(only, _)] = may_be.as_slice() {
            return self.write_var(only.state, free);
        }
        for (held, state) in may_be {
            let known = self.read_var(held.pointer);
            let left = self.select(JmpOp::Eq, (known, pointer), free, state);
            self.write_var(held.state, left);
        }
    }

    /// What is held for sure where `cond` holds, or (the second) where it doesn't, because a pointer is not nil there.
    pub(super) fn checked_by(&self, cond: Cond) -> Option<(Option<Var>, Option<Var>)> {
        let pointer = match (self.f.as_const(cond.left), self.f.as_const(cond.right)) {
            (_, Some(0)) => cond.left,
            (Some(0), _) => cond.right,
            _ => return None,
        };
        let held = self.held.iter().find(|held| held.acquired == pointer)?;
        match cond.op {
            JmpOp::Ne => Some((Some(held.state), None)),
            JmpOp::Eq => Some((None, Some(held.state))),
            _ => None,
        }
    }

    /// Releases all that is held.
    pub(super) fn release_held(&mut self) {
        for held in self.held.clone().into_iter().rev() {
            let (release, unchecked, ask, done) =
                (self.new_block(), self.new_block(), self.new_block(), self.new_block());
            let (state, pointer) = (self.read_var(held.state), self.read_var(held.pointer));
            let is = |b: &mut Self, number, then, otherwise| {
                let right = b.const_i32(number);
                b.branch(Cond { op: JmpOp::Eq, left: state, right }, then, otherwise);
            };
            is(self, HELD, release, unchecked);
            self.seal(unchecked);
            self.block = unchecked;
            is(self, UNCHECKED, ask, done);
            self.seal(ask);
            self.block = ask;
            let nil = self.const_of(Type::Pointer, 0);
            self.branch(Cond { op: JmpOp::Ne, left: pointer, right: nil }, release, done);
            self.seal(release);
            self.block = release;
            let flags = self.const_i64(0);
            self.emit(Type::I64, InstKind::Call(held.undo.id, vec![pointer, flags]));
            self.jump(done, done);
            self.seal(done);
        }
    }

    /// A block on the way to `to` where `state` says that something is held.
    pub(super) fn through_held(&mut self, state: Var, to: Block) -> Block {
        let between = self.new_block();
        self.ssa.add_predecessor(between, self.block);
        let here = std::mem::replace(&mut self.block, between);
        self.seal(between);
        let held = self.const_i32(HELD);
        self.write_var(state, held);
        self.jump(to, here);
        between
    }
}
