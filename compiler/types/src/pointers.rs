//! `*p` and `&x`.

use gobpf_syntax::ast::{self, ExprKind as Syntax};

use crate::context::{Cx, Mode, Operand};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::Kind;

impl<'a> Cx<'_, 'a> {
    pub fn star(&mut self, inner: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let base = self.raw_expr(inner);
        if matches!(base.mode, Mode::Type) {
            self.check_variable_type(base.ty, inner);
            let ty = self.ck.types.intern(Kind::Pointer(base.ty));
            return self.type_operand(expr, ty);
        }
        let base = match base.mode {
            Mode::NoValue => self.no_value_or_type(base, inner),
            Mode::Builtin(_) => {
                let operand = self.describe(&base);
                self.error(inner.id, Why::NoIndirection { operand });
                return self.invalid(expr);
            }
            _ => self.single_value(base, inner),
        };
        if base.is_invalid() {
            return self.invalid(expr);
        }
        if self.is_refused(&base.hir) {
            let Kind::Pointer(target) = self.ck.types.under(base.ty) else {
                let operand = self.describe(&base);
                self.error(inner.id, Why::NoIndirection { operand });
                return self.invalid(expr);
            };
            let target = *target;
            let refused = self.refused(NotInKernel::StoredPointer, target, &[&base.hir], expr);
            return Operand { mode: Mode::Variable, ..refused };
        }
        match self.ck.types.under(base.ty) {
            Kind::Pointer(target) => {
                let target = *target;
                self.operand(expr, Mode::Variable, target, ExprKind::Deref(Box::new(base.hir)))
            }
            _ => {
                let operand = self.describe(&base);
                self.error(inner.id, Why::NoIndirection { operand });
                self.invalid(expr)
            }
        }
    }

    pub fn address(&mut self, inner: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        if let Some(composite) = composite_of(inner) {
            return self.address_of_literal(composite, expr);
        }
        let base = self.raw_expr(inner);
        let base = self.single_value(base, inner);
        if base.is_invalid() {
            return self.invalid(expr);
        }
        if !matches!(base.mode, Mode::Variable) {
            let operand = self.describe(&base);
            self.error(inner.id, Why::NoAddress { operand });
            return self.invalid(expr);
        }
        let ty = self.ck.types.intern(Kind::Pointer(base.ty));
        if self.is_refused(&base.hir) {
            return self.refused(NotInKernel::StoredPointer, ty, &[&base.hir], expr);
        }
        self.take_address(&base.hir);
        if self.function.is_some() && !self.require_kernel_type(ty, expr.id) {
            let unknown = self.unknown_expr(expr.id);
            return self.refused(NotInKernel::StoredPointer, ty, &[&unknown], expr);
        }
        self.operand(expr, Mode::Value, ty, ExprKind::AddressOf(Box::new(base.hir)))
    }

    /// `&T{...}`: a variable without a name, where the statement allows to declare it first.
    fn address_of_literal(&mut self, literal: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let is_whole = self.whole_value == Some(expr.id);
        let value = self.expr(literal);
        if value.is_invalid() {
            return self.invalid(expr);
        }
        let ty = self.ck.types.intern(Kind::Pointer(value.ty));
        if self.hoisted.is_none() || !(is_whole || is_pure(&value.hir)) {
            return self.address_of_new(value.ty, Some(value.hir), ty, expr);
        }
        let local = self.new_local("", value.ty, literal.id);
        self.mark_used(local);
        let declare =
            hir::Stmt { node: literal.id, kind: hir::StmtKind::Declare { local, init: Some(value.hir) } };
        self.hoisted.get_or_insert_default().push(declare);
        let place = self.local_expr(local, literal.id);
        self.take_address(&place);
        self.operand(expr, Mode::Value, ty, ExprKind::AddressOf(Box::new(place)))
    }

    /// Marks the local variable that `place` is a part of, if it is.
    pub fn take_address(&mut self, place: &hir::Expr) {
        self.keep_table(place);
        self.mark_changed(place);
        self.mark_address(place);
    }

    fn mark_address(&mut self, place: &hir::Expr) {
        match &place.kind {
            ExprKind::Local(local) => {
                if let Some(local) = self.locals.get_mut(local.0 as usize) {
                    local.address_taken = true;
                }
            }
            ExprKind::Field { base, .. } => self.mark_address(base),
            ExprKind::Index { base, .. } if !matches!(self.ck.hir.get(base.ty), hir::Type::Slice { .. }) => {
                self.mark_address(base);
            }
            _ => {}
        }
    }
}

/// An expression that has the same value whenever in its statement it is computed.
fn is_pure(expr: &hir::Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Zero => true,
        ExprKind::Struct(values) => values.iter().all(is_pure),
        ExprKind::Array(values) => values.iter().all(|(_, value)| is_pure(value)),
        _ => false,
    }
}

fn composite_of(expr: &ast::Expr) -> Option<&ast::Expr> {
    match &expr.kind {
        Syntax::Composite { .. } => Some(expr),
        Syntax::Paren(inner) => composite_of(inner),
        _ => None,
    }
}
