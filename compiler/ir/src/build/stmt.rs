//! Statements.

use gobpf_types::hir::{Clause, Expr, ExprKind, LabelId, LocalId, Stmt, StmtKind};

use super::ssa::Var;
use super::{Address, Builder, Operand, Result, Storage};
use crate::error::Unsupported;
use crate::ir::Block;

/// A place on the left of an assignment, its operands evaluated.
#[derive(Clone, Copy)]
enum Destination {
    Blank,
    Storage(Storage),
    Memory(Address),
}

impl Builder<'_> {
    /// Statements in order. Those that nothing reaches are left out: a loop among them would lead to itself only.
    pub(super) fn stmts(&mut self, block: &[Stmt]) -> Result<()> {
        for stmt in block {
            if self.is_unreachable() {
                break;
            }
            self.stmt(stmt)?;
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
                let to = self.destination(target)?;
                let right = self.scalar(value)?;
                self.at(stmt.node);
                let left = match to {
                    Destination::Memory(address) => self.load_scalar(address, target.ty)?,
                    Destination::Storage(storage) => match self.read(storage, target.ty)? {
                        Operand::Scalar(value) => value,
                        _ => return self.error(Unsupported::StringValue),
                    },
                    Destination::Blank => return Ok(()),
                };
                let (ty, right_ty) = (self.int_type(target.ty), self.int_type(value.ty));
                let result = self.binary(*op, ty, left, right_ty, right)?;
                self.assign_to(to, target, Operand::Scalar(result));
                Ok(())
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
            StmtKind::Panic => self.error(Unsupported::Construct("panic")),
            StmtKind::Goto(_) | StmtKind::Label(_) => self.error(Unsupported::Construct("goto")),
            StmtKind::Clear(_) => self.error(Unsupported::Construct("clear")),
            StmtKind::MapDelete { .. } => self.error(Unsupported::Construct("delete")),
            StmtKind::ReturnCall(call) => {
                let ExprKind::Call { function, arguments } = &call.kind else {
                    return self.error(Unsupported::StringValue);
                };
                let results = self.call(*function, arguments, call.node)?;
                self.at(stmt.node);
                let types = self.frame().function.results.clone();
                for ((from, ty), index) in results.iter().zip(types).zip(0..) {
                    let operand = self.read(*from, ty)?;
                    let storage = self.frame().results[index];
                    self.write(storage, ty, operand);
                }
                let to = self.frame().return_to;
                self.leave_to(Some(to));
                Ok(())
            }
        }
    }

    fn declare(&mut self, local: gobpf_types::hir::LocalId, init: Option<&Expr>, stmt: &Stmt) -> Result<()> {
        let storage = self.storage(local)?;
        let ty = self.local(local).ty;
        if let Storage::Slot(slot) = storage {
            let address = self.slot_address(slot);
            let zero = Expr { node: stmt.node, ty, kind: ExprKind::Zero };
            return match init {
                // The variable of the turn before may be what the new one starts from.
                Some(init)
                    if !matches!(init.kind, ExprKind::Struct(_) | ExprKind::Array(_) | ExprKind::Zero) =>
                {
                    let operand = self.operand(init)?;
                    self.at(stmt.node);
                    self.store_operand(address, ty, operand);
                    Ok(())
                }
                init => self.store_expr(address, init.unwrap_or(&zero)),
            };
        }
        let operand = match init {
            Some(init) => self.operand(init)?,
            None => self.zero_value(&Expr { node: stmt.node, ty, kind: ExprKind::Zero })?,
        };
        self.write(storage, ty, operand);
        Ok(())
    }

    fn destination(&mut self, target: &Expr) -> Result<Destination> {
        if let ExprKind::Local(local) = &target.kind {
            return Ok(match self.storage(*local)? {
                Storage::Slot(slot) => Destination::Memory(self.slot_address(slot)),
                Storage::Place(address) => Destination::Memory(address),
                storage => Destination::Storage(storage),
            });
        }
        Ok(Destination::Memory(self.address(target)?))
    }

    fn assign_to(&mut self, to: Destination, target: &Expr, operand: Operand) {
        match to {
            Destination::Blank => {}
            Destination::Storage(storage) => self.write(storage, target.ty, operand),
            Destination::Memory(address) => self.store_operand(address, target.ty, operand),
        }
    }

    fn destinations(&mut self, targets: &[Option<Expr>]) -> Result<Vec<Destination>> {
        targets
            .iter()
            .map(|target| target.as_ref().map_or(Ok(Destination::Blank), |target| self.destination(target)))
            .collect()
    }

    fn assign(&mut self, targets: &[Option<Expr>], values: &[Expr], stmt: &Stmt) -> Result<()> {
        let to = self.destinations(targets)?;
        let mut operands = Vec::with_capacity(values.len());
        for value in values {
            let operand = self.operand(value)?;
            operands.push(match operand {
                // With several assignments, an earlier one must not change what a later one stores.
                Operand::Memory(from) if values.len() > 1 => {
                    let slot = self.new_slot(self.types().size_of(value.ty), "");
                    let copy = self.slot_address(slot);
                    self.store_operand(copy, value.ty, Operand::Memory(from));
                    Operand::Memory(copy)
                }
                other => other,
            });
        }
        self.at(stmt.node);
        for ((to, target), operand) in to.into_iter().zip(targets).zip(operands) {
            if let Some(target) = target {
                self.assign_to(to, target, operand);
            }
        }
        Ok(())
    }

    fn assign_call(&mut self, targets: &[Option<Expr>], call: &Expr, stmt: &Stmt) -> Result<()> {
        let ExprKind::Call { function, arguments } = &call.kind else {
            return self.error(Unsupported::StringValue);
        };
        let to = self.destinations(targets)?;
        let results = self.call(*function, arguments, call.node)?;
        self.at(stmt.node);
        for ((to, target), from) in to.into_iter().zip(targets).zip(results) {
            if let Some(target) = target {
                let operand = self.read(from, target.ty)?;
                self.assign_to(to, target, operand);
            }
        }
        Ok(())
    }

    fn return_values(&mut self, values: &[Expr], stmt: &Stmt) -> Result<()> {
        let mut operands = Vec::with_capacity(values.len());
        for value in values {
            operands.push((value.ty, self.operand(value)?));
        }
        self.at(stmt.node);
        for (index, (ty, operand)) in operands.into_iter().enumerate() {
            let Some(storage) = self.frame().results.get(index).copied() else { break };
            self.write(storage, ty, operand);
        }
        let to = self.frame().return_to;
        self.leave_to(Some(to));
        Ok(())
    }

    /// Jumps away; what follows can't be reached.
    fn leave_to(&mut self, to: Option<Block>) {
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
        let mut vars = Vec::new();
        for local in locals {
            if let Storage::Vars(var) = self.frame().locals[local.0 as usize] {
                // The second one is the bound of a slice; for a scalar it is some other variable's, which does no harm.
                vars.extend([var, var.next()]);
            }
        }
        vars.extend(self.frame().results.iter().filter_map(|storage| match storage {
            Storage::Vars(var) => Some(*var),
            _ => None,
        }));
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

/// Adds the locals that statements assign or declare; fields and elements are in memory.
fn assigned_locals(block: &[Stmt], found: &mut Vec<LocalId>) {
    let local_of = |target: &Expr| match target.kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    };
    for stmt in block {
        match &stmt.kind {
            StmtKind::Declare { local, .. } => found.push(*local),
            StmtKind::Assign { targets, .. } | StmtKind::AssignCall { targets, .. } => {
                found.extend(targets.iter().flatten().filter_map(local_of));
            }
            StmtKind::AssignOp { target, .. } => found.extend(local_of(target)),
            StmtKind::Block(inner) => assigned_locals(inner, found),
            StmtKind::If { then, otherwise, .. } => {
                assigned_locals(then, found);
                assigned_locals(otherwise, found);
            }
            StmtKind::For { post, body, .. } => {
                assigned_locals(post, found);
                assigned_locals(body, found);
            }
            StmtKind::Switch { clauses, .. } => {
                clauses.iter().for_each(|clause| assigned_locals(&clause.body, found));
            }
            StmtKind::Expr(_)
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Return(_)
            | StmtKind::Panic
            | StmtKind::Goto(_)
            | StmtKind::Label(_)
            | StmtKind::Clear(_)
            | StmtKind::MapDelete { .. }
            | StmtKind::ReturnCall(_) => {}
        }
    }
}
