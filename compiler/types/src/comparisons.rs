//! Comparisons.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BinaryOp};

use crate::constant::Value;
use crate::context::{Cx, Mode, Operand, UNTYPED};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::stmt::strip_parens;
use crate::ty::{Basic, Kind, Ty};

impl<'a> Cx<'_, 'a> {
    pub fn compare(&mut self, op: BinaryOp, left: Operand, right: Operand, expr: &ast::Expr) -> Operand {
        let problem = self.incomparable(op, &left, &right);
        if problem.is_none() && !self.shifts_fit(&left, &right, expr) {
            return self.invalid(expr);
        }
        self.compare_operands(
            op,
            left,
            right,
            problem,
            |cx, node, reason| {
                cx.error(node, Why::CompareUndefined { expr: expression(expr), reason });
            },
            expr,
        )
    }

    /// Reports a shift that isn't constant and would be one of a float, as what it is compared with is.
    fn shifts_fit(&mut self, left: &Operand, right: &Operand, expr: &ast::Expr) -> bool {
        let ast::ExprKind::Binary { left: one, right: other, .. } = &strip_parens(expr).kind else {
            return true;
        };
        let mut fit = true;
        for (operand, side) in [(left, one), (right, other)] {
            let ast::ExprKind::Binary { op: BinaryOp::Shl | BinaryOp::Shr, left: shifted, .. } =
                &strip_parens(side).kind
            else {
                continue;
            };
            let of_float = self.ck.types.is_untyped(operand.ty) && self.ck.types.is_float(operand.ty);
            if of_float && operand.constant().is_none() {
                let ty = self.ck.types.default_type(operand.ty);
                let operand = format!("{} (type {})", expression(shifted), self.display(ty));
                self.error(shifted.id, Why::OperatorUndefined { operator: "shift".to_owned(), operand });
                fit = false;
            }
        }
        fit
    }

    /// Why `left op right` isn't defined, and of which operand that is said.
    pub fn incomparable(&self, op: BinaryOp, left: &Operand, right: &Operand) -> Option<(NodeId, String)> {
        let types = &self.ck.types;
        let fits = |from: &Operand, to: Ty| match types.is_untyped(from.ty) {
            true => self.misfit(from, to).is_none(),
            false => self.assignable(from.ty, to),
        };
        if !fits(left, right.ty) && !fits(right, left.ty) {
            let (a, b) = (self.display(left.ty), self.display(right.ty));
            return Some((right.node, format!("mismatched types {a} and {b}")));
        }
        let (left_nil, right_nil) = (types.is_nil(left.ty), types.is_nil(right.ty));
        let (at, reason) = match op {
            BinaryOp::Equal | BinaryOp::NotEqual if left_nil || right_nil => match left_nil && right_nil {
                true => (right, None),
                false => return None,
            },
            BinaryOp::Equal | BinaryOp::NotEqual => {
                match (types.comparable(left.ty), types.comparable(right.ty)) {
                    (true, true) => return None,
                    (false, _) => (left, self.incomparable_reason(left.ty)),
                    (true, false) => (right, self.incomparable_reason(right.ty)),
                }
            }
            _ => match (types.is_ordered(left.ty), types.is_ordered(right.ty)) {
                (true, true) => return None,
                (false, _) => (left, None),
                (true, false) => (right, None),
            },
        };
        if let Some(reason) = reason {
            return Some((at.node, reason));
        }
        let is_param = |operand: &Operand| types.param_of(operand.ty).is_some();
        if is_param(left) || is_param(right) {
            let at = if is_param(left) { at } else { right };
            let shown = self.display(at.ty);
            return Some((at.node, format!("type parameter {shown} cannot use operator {}", op.symbol())));
        }
        let what = match types.under(at.ty) {
            Kind::Basic(_) => self.display(at.ty),
            _ => types.structure_word(at.ty).map_or_else(|| self.display(at.ty), str::to_owned),
        };
        Some((at.node, format!("operator {} not defined on {what}", op.symbol())))
    }

    /// What in a type can't be compared.
    fn incomparable_reason(&self, ty: Ty) -> Option<String> {
        let types = &self.ck.types;
        if types.param_of(ty).is_some() {
            return Some("incomparable types in type set".to_owned());
        }
        match types.under(ty) {
            Kind::Slice(_) | Kind::Func(_) | Kind::Map(..) => {
                let word = types.structure_word(ty).unwrap_or_default();
                Some(format!("{word} can only be compared to nil"))
            }
            Kind::Array(element, _) if !types.comparable(*element) => {
                Some(format!("{} cannot be compared", self.display(ty)))
            }
            Kind::Struct(fields) => {
                let field = fields.iter().find(|field| field.native || !types.comparable(field.ty))?;
                let shown = field.unseen.as_ref().map_or_else(|| self.display(field.ty), ToString::to_string);
                Some(format!("struct containing {shown} cannot be compared"))
            }
            _ => None,
        }
    }

    /// A comparison with the `problem` that was found with it, which `report` reports.
    pub fn compare_operands(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        problem: Option<(NodeId, String)>,
        report: impl FnOnce(&mut Self, NodeId, String),
        expr: &ast::Expr,
    ) -> Operand {
        if let Some((node, reason)) = problem {
            report(self, node, reason);
            return self.invalid(expr);
        }
        let bool_type = self.basic(Basic::UntypedBool);
        if let (Some(a), Some(b)) = (left.constant(), right.constant())
            && let Some(holds) = a.compare(op, b)
        {
            return self.const_operand(expr, Value::Bool(holds), bool_type);
        }
        let types = &self.ck.types;
        let numeric = |ty| types.is_float(ty) || types.is_complex(ty);
        if numeric(left.ty) || numeric(right.ty) {
            return self.refused(NotInKernel::Float, bool_type, &[&left.hir, &right.hir], expr);
        }
        let is_interface = |ty| matches!(types.under(ty), Kind::Interface(_));
        if is_interface(left.ty) || is_interface(right.ty) {
            return self.refused(NotInKernel::Interface, bool_type, &[&left.hir, &right.hir], expr);
        }
        let Some(op) = comparison(op) else { return self.invalid(expr) };
        let (left, right) = match self.ck.types.is_nil(left.ty) {
            true => {
                let (right, ty) = self.value(right, "comparison");
                (self.value_as(left, ty).0, right)
            }
            false => {
                let (left, ty) = self.value(left, "comparison");
                (left, self.value_as(right, ty).0)
            }
        };
        let (left, right) = (self.shared(left), self.shared(right));
        let kind = ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) };
        let mut result = self.operand(expr, Mode::Value, bool_type, kind);
        result.hir.ty = UNTYPED;
        result
    }

    fn value_as(&mut self, operand: Operand, ty: Ty) -> (hir::Expr, Ty) {
        match self.assignable(operand.ty, ty) || self.ck.types.is_untyped(operand.ty) {
            true => (self.assign(operand, ty, "comparison"), ty),
            false => self.value(operand, "comparison"),
        }
    }
}

const COMPARISONS: &[(BinaryOp, hir::CompareOp)] = &[
    (BinaryOp::Equal, hir::CompareOp::Equal),
    (BinaryOp::NotEqual, hir::CompareOp::NotEqual),
    (BinaryOp::Less, hir::CompareOp::Less),
    (BinaryOp::LessEqual, hir::CompareOp::LessEqual),
    (BinaryOp::Greater, hir::CompareOp::Greater),
    (BinaryOp::GreaterEqual, hir::CompareOp::GreaterEqual),
];

fn comparison(op: BinaryOp) -> Option<hir::CompareOp> {
    COMPARISONS.iter().find(|(known, _)| *known == op).map(|(_, op)| *op)
}
