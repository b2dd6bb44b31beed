//! Statements.

use gobpf_types::hir::{Clause, Expr, ExprKind, LabelId, LocalId, Stmt, StmtKind, TypeId};

use super::place::Place;
use super::ssa::Var;
use super::{Builder, Operand, Result, Storage};
use crate::error::Unsupported;
use crate::ir::Block;
use crate::visit::assigned_locals;

impl<'a> Builder<'a> {
    /// Statements in order. Those that nothing reaches are left out: a loop among them would lead to itself only.
    /// A label may be reached from further down.
    pub(super) fn stmts(&mut self, block: &[Stmt]) -> Result<()> {
        for stmt in block {
            if !self.is_unreachable() || matches!(stmt.kind, StmtKind::Label(_)) {
                self.stmt(stmt)?;
            }
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result<()> {
        self.check_size()?;
        self.at(stmt.node);
        match &stmt.kind {
            StmtKind::Declare { local, init } => self.declare(*local, init.as_ref(), stmt),
            StmtKind::Assign { targets, values } => self.assign(targets, values, stmt),
            StmtKind::AssignCall { targets, call } => self.assign_call(targets, call, stmt),
            StmtKind::AssignOp { target, op, value } => {
                let place = self.place(target)?;
                let right = self.scalar(value)?;
                self.at(stmt.node);
                self.assign_op(&place, target.ty, *op, (value.ty, right))
            }
            StmtKind::Expr(expr) => self.operand(expr).map(|_| ()),
            StmtKind::Block(block) => self.stmts(block),
            StmtKind::If { cond, then, otherwise } => self.if_else(cond, then, otherwise),
            StmtKind::For { label, cond, post, body } => self.for_loop(*label, cond.as_ref(), post, body),
            StmtKind::Switch { label, clauses } => self.switch(*label, clauses),
            StmtKind::Break(label) => {
                let to = self.frame().labels.get(label).map(|(to, _)| *to);
                self.leave_to(to);
                Ok(())
            }
            StmtKind::Continue(label) => {
                let to = self.frame().labels.get(label).and_then(|(_, to)| *to);
                self.leave_to(to);
                Ok(())
            }
            StmtKind::Return(values) => self.return_values(values, stmt),
            StmtKind::Panic => {
                self.panic();
                Ok(())
            }
            StmtKind::Goto(label) => {
                let to = self.label(*label);
                self.leave_to(Some(to));
                Ok(())
            }
            StmtKind::Label(label) => {
                self.at_label(*label);
                Ok(())
            }
            StmtKind::Clear(slice) => self.clear(slice),
            StmtKind::MapDelete { map, key } => self.map_delete(*map, key),
            StmtKind::ReturnCall(call) => {
                let values = self.call_results(call)?;
                self.at(stmt.node);
                self.store_results(values);
                Ok(())
            }
        }
    }

    /// The block of a label that `goto` names. More ways into it may come until the function's end.
    fn label(&mut self, label: LabelId) -> Block {
        if let Some(&block) = self.frame().gotos.get(&label) {
            return block;
        }
        let block = self.new_block();
        self.frame().gotos.insert(label, block);
        block
    }

    /// Goes on at a label.
    fn at_label(&mut self, label: LabelId) {
        let here = self.label(label);
        let before = self.block;
        self.jump(here, here);
        let (changed, is_complete) = match &self.frame().jumps {
            Some(jumps) => (jumps.changed_below(label), jumps.is_complete_at(label)),
            None => (None, false),
        };
        if let Some(changed) = changed {
            let assigned = self.vars_of(changed);
            self.keep_vars(before, here, &assigned);
        }
        if is_complete {
            self.seal(here);
        }
    }

    /// The values of a call with several results.
    fn call_results(&mut self, call: &Expr) -> Result<Vec<(TypeId, Operand)>> {
        match &call.kind {
            ExprKind::Call { function, arguments } => {
                let results = self.call(*function, arguments, call.node)?;
                self.at(call.node);
                let types = &self.package.functions[function.0 as usize].results;
                let values = results.into_iter().zip(types);
                Ok(values.map(|(from, ty)| (*ty, self.read(from, *ty))).collect())
            }
            _ => self.error(Unsupported::Construct("this assignment")),
        }
    }

    fn assign_op(
        &mut self,
        place: &Place,
        ty: TypeId,
        op: gobpf_types::hir::BinaryOp,
        (right_ty, right): (TypeId, crate::ir::Value),
    ) -> Result<()> {
        let (int, right_int) = (self.int_type(ty), self.int_type(right_ty));
        let (to, left) = match place {
            Place::Blank => return Ok(()),
            Place::Entry(map, key) => return self.update_by((*map, *key), op, ty, (right_ty, right)),
            Place::Variable(storage) => (*storage, self.read(*storage, ty)),
            Place::Memory(root, steps) => {
                let address = self.resolve(*root, steps);
                (Storage::Place(address), self.load_operand(address, ty))
            }
        };
        let Operand::Scalar(left) = left else {
            return self.error(Unsupported::StringValue);
        };
        let result = self.binary(op, int, left, right_int, right)?;
        self.write(to, ty, Operand::Scalar(result));
        Ok(())
    }

    fn declare(&mut self, local: gobpf_types::hir::LocalId, init: Option<&Expr>, stmt: &Stmt) -> Result<()> {
        let ty = self.local(local).ty;
        let zero = Expr { node: stmt.node, ty, kind: ExprKind::Zero };
        let in_memory = self.is_memory(ty) || self.local(local).address_taken;
        // What is not made of parts is evaluated first: the variable of the turn before may be what the new one starts from.
        let in_parts = init.is_none_or(|init| {
            matches!(init.kind, ExprKind::Struct(_) | ExprKind::Array(_) | ExprKind::Zero)
        });
        if in_memory && in_parts {
            let Storage::Slot(slot) = self.storage(local) else { return Ok(()) };
            let address = self.slot_address(slot);
            return self.store_expr(address, init.unwrap_or(&zero));
        }
        let operand = self.operand(init.unwrap_or(&zero))?;
        self.at(stmt.node);
        let storage = self.storage(local);
        self.write(storage, ty, operand);
        Ok(())
    }

    fn places(&mut self, targets: &[Option<Expr>]) -> Result<Vec<Place>> {
        targets
            .iter()
            .map(|target| target.as_ref().map_or(Ok(Place::Blank), |target| self.place(target)))
            .collect()
    }

    fn assign(&mut self, targets: &[Option<Expr>], values: &[Expr], stmt: &Stmt) -> Result<()> {
        let places = self.places(targets)?;
        if let ([place], [Some(target)], [value]) = (places.as_slice(), targets, values)
            && self.assign_literal(place, target, value)?
        {
            return Ok(());
        }
        let mut operands = Vec::with_capacity(values.len());
        for value in values {
            let operand = self.operand(value)?;
            // With several assignments, an earlier one must not change what a later one stores.
            operands.push(if values.len() > 1 { self.detached(value.ty, operand) } else { operand });
        }
        self.at(stmt.node);
        for ((place, value), operand) in places.iter().zip(values).zip(operands) {
            self.assign_to(place, value.ty, operand);
        }
        Ok(())
    }

    fn assign_call(&mut self, targets: &[Option<Expr>], call: &Expr, stmt: &Stmt) -> Result<()> {
        let places = self.places(targets)?;
        if let ExprKind::MapIndex { map, key } = &call.kind {
            self.at(call.node);
            let (value, exists) = self.map_index(*map, key, call.ty)?;
            self.at(stmt.node);
            for ((place, target), operand) in places.iter().zip(targets).zip([value, Operand::Scalar(exists)])
            {
                if let Some(target) = target {
                    self.assign_to(place, target.ty, operand);
                }
            }
            return Ok(());
        }
        let values = self.call_results(call)?;
        self.at(stmt.node);
        for (place, (ty, operand)) in places.iter().zip(values) {
            self.assign_to(place, ty, operand);
        }
        Ok(())
    }

    fn return_values(&mut self, values: &[Expr], stmt: &Stmt) -> Result<()> {
        let mut operands = Vec::with_capacity(values.len());
        for value in values {
            let operand = self.operand(value)?;
            operands
                .push((value.ty, if values.len() > 1 { self.detached(value.ty, operand) } else { operand }));
        }
        self.at(stmt.node);
        self.store_results(operands);
        Ok(())
    }

    /// Stores the results of the function and leaves it.
    fn store_results(&mut self, values: Vec<(TypeId, Operand)>) {
        // Deferred calls may still change named results.
        let function = self.frame().function;
        let named = !function.defers.is_empty() && !function.result_locals.is_empty();
        for (index, (ty, operand)) in values.into_iter().enumerate() {
            let local = function.result_locals.get(index).filter(|_| named);
            let storage = match local {
                Some(local) => self.storage(*local),
                None => self.frame().results.get(index).copied().unwrap_or(Storage::None),
            };
            self.write(storage, ty, operand);
        }
        let to = self.frame().return_to;
        self.leave_to(Some(to));
    }

    /// Jumps away; what follows can't be reached.
    pub(super) fn leave_to(&mut self, to: Option<Block>) {
        if let Some(to) = to {
            let next = self.block;
            self.jump(to, next);
            self.block = self.unreachable_block();
        }
    }

    fn if_else(&mut self, cond: &Expr, then: &[Stmt], otherwise: &[Stmt]) -> Result<()> {
        let (yes, no, join) = (self.new_block(), self.new_block(), self.new_block());
        self.condition(cond, yes, no)?;
        for (block, stmts) in [(yes, then), (no, otherwise)] {
            self.seal(block);
            self.block = block;
            self.stmts(stmts)?;
            self.jump(join, join);
        }
        self.seal(join);
        Ok(())
    }

    fn for_loop(&mut self, label: LabelId, cond: Option<&Expr>, post: &[Stmt], body: &[Stmt]) -> Result<()> {
        let (head, turn, after_turn, done) =
            (self.new_block(), self.new_block(), self.new_block(), self.new_block());
        self.frame().labels.insert(label, (done, Some(after_turn)));
        let before = self.block;
        self.jump(head, head);
        let assigned = self.assigned_vars(&[body, post]);
        self.keep_vars(before, head, &assigned);
        match cond {
            Some(cond) => self.condition(cond, turn, done)?,
            None => self.jump(turn, turn),
        }
        self.seal(turn);
        self.block = turn;
        self.stmts(body)?;
        self.jump(after_turn, after_turn);
        self.seal(after_turn);
        self.stmts(post)?;
        self.jump(head, done);
        self.seal(head);
        self.seal(done);
        Ok(())
    }

    /// The variables of this function that statements assign or declare.
    fn assigned_vars(&mut self, blocks: &[&[Stmt]]) -> Vec<Var> {
        let mut locals = Vec::new();
        for block in blocks {
            assigned_locals(block, &mut locals);
        }
        self.vars_of(locals)
    }

    /// The variables of `locals`, and those that any statement may assign.
    fn vars_of(&mut self, locals: Vec<LocalId>) -> Vec<Var> {
        let mut vars = Vec::new();
        for local in locals {
            if let Storage::Vars(var) = self.frame().locals[local.0 as usize] {
                let words = self.word_types(self.local(local).ty).len() as u32;
                vars.extend((0..words).map(|index| var.at(index)));
            }
        }
        for (storage, ty) in self.frame().results.clone().into_iter().zip(&self.frame().function.results) {
            if let Storage::Vars(var) = storage {
                let words = self.word_types(*ty).len() as u32;
                vars.extend((0..words).map(|index| var.at(index)));
            }
        }
        vars.extend(self.held.iter().flat_map(|held| [held.pointer, held.state]));
        vars
    }

    fn switch(&mut self, label: LabelId, clauses: &[Clause]) -> Result<()> {
        let done = self.new_block();
        let bodies: Vec<_> = clauses.iter().map(|_| self.new_block()).collect();
        self.frame().labels.insert(label, (done, None));
        let mut default = done;
        for (clause, &body) in clauses.iter().zip(&bodies) {
            let Some(conditions) = &clause.conditions else {
                default = body;
                continue;
            };
            for condition in conditions {
                let next = self.new_block();
                self.condition(condition, body, next)?;
                self.seal(next);
                self.block = next;
            }
        }
        self.jump(default, default);
        for (index, (clause, &body)) in clauses.iter().zip(&bodies).enumerate() {
            self.block = body;
            // With a fallthrough from above there is one more way in, and it has been added by now.
            self.seal(body);
            self.stmts(&clause.body)?;
            let next = if clause.fallthrough { bodies.get(index + 1).copied() } else { None };
            self.jump(next.unwrap_or(done), done);
        }
        self.block = done;
        self.seal(done);
        Ok(())
    }
}
