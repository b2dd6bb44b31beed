//! Assignability, conversions, and untyped values taking their type.

use num_traits::ToPrimitive;

use crate::constant::{Misfit, Value};
use crate::context::{Cx, Mode, Operand, UNTYPED};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Kind, Term, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// The operand as a value of `target`, which `context` ("assignment", "argument to f") wants.
    pub fn assign(&mut self, operand: Operand, target: Ty, context: &str) -> hir::Expr {
        let node = operand.node;
        let to_param = self.ck.types.param_of(target).is_some();
        if operand.is_invalid()
            || target == Types::UNKNOWN
            || (to_param
                && self.ck.types.is_unknown(operand.ty)
                && self.ck.types.param_of(operand.ty).is_none())
        {
            return self.unknown_expr(node);
        }
        if self.ck.types.is_untyped(operand.ty) {
            return self.assign_untyped(operand, target, context);
        }
        let lowered = self.lower(target);
        let identical = self.ck.types.identical(operand.ty, target);
        if !identical && !self.is_assignable(&operand, target) {
            let cause = self.assignment_cause(&operand, target);
            self.cannot_use(&operand, target, context, Misfit::Kind, cause);
            return self.unknown_expr(node);
        }
        if let Mode::Const(value) = &operand.mode
            && self.ck.types.interface(target).is_none()
        {
            return self.const_expr(&value.clone(), target, node);
        }
        if self.is_refused(&operand.hir) {
            return self.unknown_expr(node);
        }
        if identical {
            return hir::Expr { ty: lowered, ..operand.hir };
        }
        if self.ck.types.interface(target).is_some() {
            self.unsupported(node, NotInKernel::Interface);
            return self.unknown_expr(node);
        }
        hir::Expr { node, ty: lowered, kind: ExprKind::Convert(Box::new(operand.hir)) }
    }

    /// The operand may be assigned to a variable of type `target`, untyped or not.
    pub fn fits(&mut self, operand: &Operand, target: Ty) -> bool {
        match self.ck.types.is_untyped(operand.ty) {
            true => self.misfit(operand, target).is_none(),
            false => self.is_assignable(operand, target),
        }
    }

    /// Go's assignability, with the methods that an interface demands looked at closely.
    fn is_assignable(&mut self, operand: &Operand, target: Ty) -> bool {
        if !self.assignable(operand.ty, target) {
            return false;
        }
        let Some(interface) = self.ck.types.interface(target) else { return true };
        if self.ck.types.param_of(target).is_some() {
            return true;
        }
        let shown = self.display(target);
        self.not_in_interface(operand.ty, &interface, &shown, "implement").is_none()
    }

    fn assign_untyped(&mut self, operand: Operand, target: Ty, context: &str) -> hir::Expr {
        let node = operand.node;
        let of_interface =
            self.ck.types.interface(target).is_some() && self.ck.types.param_of(target).is_none();
        if of_interface && !self.ck.types.is_nil(operand.ty) {
            let ty = self.ck.types.default_type(operand.ty);
            if let Some(misfit) = self.misfit(&operand, ty) {
                self.cannot_use(&operand, ty, context, misfit, String::new());
                return self.unknown_expr(node);
            }
            let hir = match operand.constant() {
                Some(_) => operand.hir,
                None => self.give_type(operand.hir, ty),
            };
            return self.assign(Operand { ty, hir, ..operand }, target, context);
        }
        if let Some(misfit) = self.misfit(&operand, target) {
            self.cannot_use(&operand, target, context, misfit, String::new());
            return self.unknown_expr(node);
        }
        if self.ck.types.is_nil(operand.ty) {
            let ty = self.lower(target);
            return hir::Expr { node, ty, kind: ExprKind::Zero };
        }
        if let Some(value) = operand.constant().cloned() {
            let basic = self.ck.types.under_basic(target);
            let value = basic.and_then(|basic| value.represent(basic).ok()).unwrap_or(value);
            return self.const_expr(&value, target, node);
        }
        self.give_type(operand.hir, target)
    }

    /// The constant `operand` as a value of `target`; `None` after an error.
    pub fn represent(&mut self, operand: &Operand, target: Ty, context: &str) -> Option<Value> {
        if operand.is_invalid() || self.ck.types.is_unknown(target) {
            return None;
        }
        let value = operand.constant()?;
        let misfit = match self.ck.types.is_untyped(operand.ty) {
            true => self.misfit(operand, target),
            false => (!self.assignable(operand.ty, target)).then_some(Misfit::Kind),
        };
        if let Some(misfit) = misfit {
            self.cannot_use(operand, target, context, misfit, String::new());
            return None;
        }
        match self.ck.types.under_basic(target) {
            Some(basic) => value.represent(basic).ok(),
            None => Some(value.clone()),
        }
    }

    fn cannot_use(&mut self, operand: &Operand, target: Ty, context: &str, misfit: Misfit, cause: String) {
        let why = Why::CannotUse {
            operand: self.describe(operand),
            target: self.display(target),
            context: context.into(),
            misfit,
            cause,
        };
        match self.assigns_parts {
            true => self.ck.another_error(self.place(operand.node), why),
            false => self.error(operand.node, why),
        }
    }

    /// Go's assignability between types.
    pub fn assignable(&self, from: Ty, to: Ty) -> bool {
        let types = &self.ck.types;
        if types.identical(from, to) {
            return true;
        }
        let has_name =
            |ty: Ty| matches!(types.kind(ty), Kind::Named(_) | Kind::Basic(_) | Kind::TypeParam(_));
        if types.param_of(to).is_some() {
            return !has_name(from) && types.all_terms(to, &|_, ty| self.assignable(from, ty));
        }
        if let Some(interface) = types.interface(to) {
            let among = |terms: &Vec<Term>| match types.param_of(from) {
                Some(param) => types.are_among(param.terms.as_deref().unwrap_or_default(), terms),
                None => terms.iter().any(|term| term.includes(from, types)),
            };
            return interface.methods.iter().all(|(name, _)| self.has_method(from, name))
                && interface.terms.as_ref().is_none_or(among);
        }
        if types.param_of(from).is_some() {
            return !has_name(to) && types.all_terms(from, &|_, ty| self.assignable(ty, to));
        }
        types.same_structure(from, to) && (!has_name(from) || !has_name(to))
    }

    /// A value that stands for one with an error.
    pub fn unknown_expr(&mut self, node: gobpf_source::NodeId) -> hir::Expr {
        let ty = self.lower(Types::UNKNOWN);
        hir::Expr { node, ty, kind: ExprKind::Zero }
    }

    /// The constant `value`, which fits, as one of type `ty`.
    pub fn const_expr(&mut self, value: &Value, ty: Ty, node: gobpf_source::NodeId) -> hir::Expr {
        if *value == Value::Unknown {
            return self.unknown_expr(node); // no program is made of a constant with an error
        }
        let lowered = self.lower(ty);
        let constant = match value {
            Value::Bool(value) => hir::Constant::Bool(*value),
            Value::Str(bytes) => hir::Constant::String(bytes.clone()),
            _ => match value.as_int().and_then(|value| value.to_i128()) {
                Some(value) if !self.ck.types.is_float(ty) && !self.ck.types.is_complex(ty) => {
                    hir::Constant::Int(value)
                }
                _ => hir::Constant::Int(0), // what its type is has been or will be refused
            },
        };
        hir::Expr { node, ty: lowered, kind: ExprKind::Const(constant) }
    }

    /// The operand as a value of its own type, untyped ones of their default type.
    pub fn value(&mut self, operand: Operand, context: &str) -> (hir::Expr, Ty) {
        if self.ck.types.is_nil(operand.ty) {
            self.error(operand.node, Why::UntypedNil { context: context.into() });
            return (self.unknown_expr(operand.node), Types::UNKNOWN);
        }
        let ty = self.ck.types.default_type(operand.ty);
        (self.assign(operand, ty, context), ty)
    }

    /// Gives an untyped value that isn't constant its type, down to its leaves.
    fn give_type(&mut self, mut expr: hir::Expr, target: Ty) -> hir::Expr {
        let lowered = self.lower(target);
        let mut leaves = Vec::new();
        retype(&mut expr, lowered, false, &mut |node, is_shifted| leaves.push((node, is_shifted)));
        for (node, is_shifted) in leaves {
            let Some(leaf) = self.untyped_leaves.get(&node).cloned() else { continue };
            if is_shifted && !self.ck.types.is_integer(target) {
                let operand = format!("{} (type {})", leaf.text, self.display(target));
                self.error(node, Why::OperatorUndefined { operator: "shift".to_owned(), operand });
            } else if let Some(misfit) = self.misfit(&leaf, target) {
                let of_param = self.ck.types.param_of(target).is_some();
                let shown = if of_param { target } else { self.ck.types.underlying(target) };
                let (operand, target) = (self.describe(&leaf), self.display(shown));
                self.error(node, Why::ConstantConversion { operand, target, misfit });
            }
        }
        expr
    }

    /// The constants that `expr`, an untyped value that isn't constant, is made of are values of `target`.
    pub fn leaves_fit(&self, expr: &hir::Expr, target: Ty) -> bool {
        let mut fit = true;
        retype(&mut expr.clone(), hir::TypeId(0), false, &mut |node, _| {
            fit &= self.untyped_leaves.get(&node).is_none_or(|leaf| self.misfit(leaf, target).is_none());
        });
        fit
    }

    /// The zero value of type `ty`.
    pub fn zero_of(&mut self, ty: Ty, node: gobpf_source::NodeId) -> hir::Expr {
        let ty = self.lower(ty);
        hir::Expr { node, ty, kind: ExprKind::Zero }
    }
}

/// Sets the type of the untyped parts of `expr`; `check` hears of each constant among them, and whether it is shifted.
fn retype(
    expr: &mut hir::Expr,
    ty: hir::TypeId,
    is_shifted: bool,
    check: &mut dyn FnMut(gobpf_source::NodeId, bool),
) {
    if expr.ty != UNTYPED {
        return;
    }
    expr.ty = ty;
    match &mut expr.kind {
        ExprKind::Const(_) => check(expr.node, is_shifted),
        ExprKind::Unary { operand, .. } => retype(operand, ty, is_shifted, check),
        ExprKind::Binary { op: hir::BinaryOp::Shl | hir::BinaryOp::Shr, left, .. } => {
            retype(left, ty, true, check);
        }
        ExprKind::Binary { left, right, .. } | ExprKind::Logical { left, right, .. } => {
            retype(left, ty, is_shifted, check);
            retype(right, ty, is_shifted, check);
        }
        _ => {}
    }
}
