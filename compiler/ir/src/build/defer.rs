//! Panics and deferred calls.
//!
//! A panic goes on in the block that runs the deferred calls of the innermost function that has some left, then in the one
//! of the function around it, and in the end where the function that is being lowered ends with its abort value. On the way
//! of `return` the same calls run in a copy of their own. A panic in a deferred call goes on with those that are left.

use gobpf_bpf::insn::{JmpOp, Size};
use gobpf_source::Why;
use gobpf_types::hir;

use super::{Builder, Operand, Result, Storage};
use crate::ir::{Block, Cond, InstKind, Terminator, Value};

impl<'a> Builder<'a> {
    /// Where a panic goes on.
    pub(super) fn abort_block(&mut self) -> Block {
        if let Some(block) = self.frames.iter().rev().find_map(|frame| frame.panic_to) {
            return block;
        }
        match self.abort {
            Some((block, _)) => block,
            None => {
                let block = self.new_block();
                self.abort = Some((block, self.origin));
                block
            }
        }
    }

    /// Ends the function after all panics: releases what is held, and gives the abort value.
    pub(super) fn end_abort_block(&mut self) {
        let Some((block, origin)) = self.abort else { return };
        self.seal(block);
        (self.block, self.origin) = (block, origin);
        self.because(Why::Abort, |b| {
            b.release_held();
            if let Some(flag) = b.panic_flag {
                let set = b.const_i64(1);
                b.emit_effect(InstKind::Store(Size::DW, flag, 0, set));
            }
            b.end(Terminator::Abort, b.block);
        });
    }

    /// Panics where `left op right` holds.
    pub(super) fn abort_if(&mut self, why: Why, op: JmpOp, left: Value, right: Value) {
        let go_on = self.new_block();
        let abort = self.abort_block();
        self.because(why, |b| b.branch(Cond { op, left, right }, abort, go_on));
        self.seal(go_on);
        self.block = go_on;
    }

    /// Panics.
    pub(super) fn panic(&mut self) {
        let abort = self.abort_block();
        self.leave_to(Some(abort));
    }

    /// Runs the deferred calls of the innermost function, which returns here; then builds the way of its panics.
    pub(super) fn run_defers(&mut self, function: &'a hir::Function) -> Result<()> {
        let Some(first) = self.frame().panic_to else { return Ok(()) };
        // Where a panic goes on while or after deferred call `k` runs: with call `k - 1`, or with the caller's.
        let mut steps: Vec<Block> = function.defers.iter().map(|_| self.new_block()).collect();
        if let Some(last) = steps.last_mut() {
            *last = first;
        }
        self.frame().panic_to = None;
        let outside = self.abort_block();
        let rest = |index: usize| index.checked_sub(1).map_or(outside, |before| steps[before]);
        for (index, deferred) in function.defers.iter().enumerate().rev() {
            self.frame().panic_to = Some(rest(index));
            self.run_deferred(deferred)?;
        }
        for (index, local) in function.result_locals.iter().enumerate() {
            let (named, ty) = (self.storage(*local), self.local(*local).ty);
            let operand = self.read(named, ty);
            let result = self.frame().results.get(index).copied().unwrap_or(Storage::None);
            self.write(result, ty, operand);
        }
        let returned = self.block;
        for (index, deferred) in function.defers.iter().enumerate().rev() {
            self.block = steps[index];
            self.seal(steps[index]);
            self.frame().panic_to = Some(rest(index));
            self.run_deferred(deferred)?;
            self.at(deferred.node);
            self.because(Why::Abort, |b| b.jump(rest(index), returned));
        }
        self.block = returned;
        self.frame().panic_to = None;
        Ok(())
    }

    fn run_deferred(&mut self, deferred: &'a hir::Deferred) -> Result<()> {
        if self.is_unreachable() {
            return Ok(());
        }
        self.at(deferred.node);
        let (flag, ty) = (self.storage(deferred.flag), self.local(deferred.flag).ty);
        let Operand::Scalar(pending) = self.read(flag, ty) else { return Ok(()) };
        let (run, done) = (self.new_block(), self.new_block());
        let zero = self.const_i32(0);
        self.branch(Cond { op: JmpOp::Ne, left: pending, right: zero }, run, done);
        self.seal(run);
        self.block = run;
        let off = self.const_i32(0);
        self.write(flag, ty, Operand::Scalar(off));
        self.stmts(&deferred.body)?;
        self.jump(done, done);
        self.seal(done);
        Ok(())
    }
}
