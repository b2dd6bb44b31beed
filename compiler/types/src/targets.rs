//! What is assigned to, and assignments that change it in place.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind as Syntax};

use crate::context::{Cx, Entity, EntityKind, Mode, Operand};
use crate::describe::expression;
use crate::error::Why;
use crate::hir::{self, ExprKind, Stmt, StmtKind};
use crate::operators::arithmetic;
use crate::stmt::strip_parens;
use crate::ty::{Basic, Types};

impl<'a> Cx<'_, 'a> {
    /// A place to assign to; `None` for the blank identifier. A plain variable doesn't count as used by it.
    pub fn target(&mut self, target: &'a ast::Expr) -> Option<Operand> {
        if let Syntax::Ident(name) = &strip_parens(target).kind {
            if name == "_" {
                return None;
            }
            let entity = self.local_entity(name).map(|entity| (entity.depth, entity.kind.clone()));
            if let Some((depth, EntityKind::Local(local))) = entity {
                let (place, ty) = match depth == self.depth() {
                    true => (self.local_expr(local, target.id), self.local_type(local)),
                    false => self.variable(depth, local, target.id),
                };
                self.mark_changed(&place);
                return Some(self.operand(target, Mode::Variable, ty, place.kind));
            }
        }
        let operand = self.expr(target);
        match self.is_target(&operand, target) {
            true => Some(operand),
            false => Some(self.invalid(target)),
        }
    }

    /// The operand may be assigned to; said where it can't.
    pub fn is_target(&mut self, operand: &Operand, target: &'a ast::Expr) -> bool {
        match operand.mode {
            Mode::Invalid | Mode::Native => false,
            _ if operand.ty == Types::UNKNOWN => false,
            Mode::MapEntry => true,
            Mode::Variable => {
                self.keep_table(&operand.hir);
                self.mark_changed(&operand.hir);
                if self.through_context(&operand.hir) {
                    let expr = operand.text.clone();
                    self.error(target.id, Why::ContextReadOnly { expr });
                }
                true
            }
            _ => {
                let of_map = match &strip_parens(target).kind {
                    Syntax::Selector { operand, .. } => matches!(self.expr(operand).mode, Mode::MapEntry),
                    _ => false,
                };
                let expr = operand.text.clone();
                let why = if of_map { Why::FieldInMap { expr } } else { Why::NotAssignable { expr } };
                let place = self.place(target.id);
                self.ck.another_error(place, why);
                false
            }
        }
    }

    /// Looks at something on the left side that nothing is assigned to; a plain variable doesn't count as used by it.
    pub fn use_target(&mut self, target: &'a ast::Expr) -> bool {
        match &strip_parens(target).kind {
            Syntax::Ident(name) if name == "_" => true,
            Syntax::Ident(_) if self.is_generic_type(target) => true,
            Syntax::Ident(name) => match self.local_entity(name) {
                Some(Entity { kind: EntityKind::Local(local), depth, .. }) if *depth == self.depth() => {
                    self.local_type(*local) != Types::UNKNOWN
                }
                Some(Entity { kind: EntityKind::Local(_), .. }) => true,
                _ => self.are_valid(std::slice::from_ref(target)),
            },
            _ => self.are_valid(std::slice::from_ref(target)),
        }
    }

    /// A field of an SDK context is written.
    fn through_context(&self, place: &hir::Expr) -> bool {
        match &place.kind {
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.through_context(base),
            ExprKind::Deref(pointer) => self.ck.context_types.contains(&pointer.ty),
            _ => false,
        }
    }

    /// `x op= y`.
    pub fn assign_op(
        &mut self,
        lhs: &'a [ast::Expr],
        op: ast::BinaryOp,
        rhs: &'a [ast::Expr],
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let ([left], [right]) = (lhs, rhs) else {
            return self.error(node, Why::OperationCount { operator: op.symbol() });
        };
        let target = self.expr(left);
        let value = self.expr(right);
        let text = format!("{} {}= {}", expression(left), op.symbol(), expression(right));
        self.push_op(target, op, value, (left, &text), node, out);
    }

    fn push_op(
        &mut self,
        target: Operand,
        op: ast::BinaryOp,
        value: Operand,
        (left, text): (&'a ast::Expr, &str),
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let ty = target.ty;
        // The whole is checked as the operation that it stands for; its operands are what is kept.
        let result = self.operation(op, target.clone(), value, Some(text), left);
        if target.is_invalid() || !self.is_target(&target, left) {
            return;
        }
        if result.is_invalid() || self.is_refused(&result.hir) {
            return;
        }
        if let (ExprKind::Binary { right, .. }, Some(op)) = (result.hir.kind, arithmetic(op)) {
            let lowered = self.lower(ty);
            let target = hir::Expr { ty: lowered, ..target.hir };
            out.push(Stmt { node, kind: StmtKind::AssignOp { target, op, value: *right } });
        }
    }

    /// `x++` and `x--`.
    pub fn inc_dec(&mut self, operand: &'a ast::Expr, increment: bool, node: NodeId, out: &mut Vec<Stmt>) {
        let target = self.expr(operand);
        if target.is_invalid() {
            return;
        }
        let symbol = if increment { "++" } else { "--" };
        let text = format!("{}{symbol}", target.text);
        if !self.ck.types.is_numeric(target.ty) {
            let ty = self.display(target.ty);
            return self.error(node, Why::NonNumeric { expr: text, ty });
        }
        if target.constant().is_some() {
            self.is_target(&target, operand);
            return;
        }
        let ty = self.basic(Basic::UntypedInt);
        let mut one = self.const_operand(operand, crate::constant::Value::int(1), ty);
        one.text = "1".into();
        let op = if increment { ast::BinaryOp::Add } else { ast::BinaryOp::Sub };
        self.push_op(target, op, one, (operand, &text), node, out);
    }
}
