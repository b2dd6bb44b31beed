//! Unary and binary operators, shifts and comparisons.

use gobpf_syntax::ast::{self, BinaryOp, UnaryOp};
use num_traits::ToPrimitive;

use crate::constant::{Misfit, Value};
use crate::context::{Cx, Mode, Operand, UNTYPED};
use crate::describe::{expression, unary_symbol};
use crate::error::{NotInKernel, ShiftProblem, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Basic, Kind, Ty, Types};

/// Constants are shifted by no more than this (bits), as the smallest float64 can be written so.
const MAX_SHIFT: u32 = 1023 - 1 + 52;

/// The arithmetic operators of the HIR.
const ARITHMETIC: &[(BinaryOp, hir::BinaryOp)] = &[
    (BinaryOp::Add, hir::BinaryOp::Add),
    (BinaryOp::Sub, hir::BinaryOp::Sub),
    (BinaryOp::Mul, hir::BinaryOp::Mul),
    (BinaryOp::Quo, hir::BinaryOp::Quo),
    (BinaryOp::Rem, hir::BinaryOp::Rem),
    (BinaryOp::And, hir::BinaryOp::And),
    (BinaryOp::Or, hir::BinaryOp::Or),
    (BinaryOp::Xor, hir::BinaryOp::Xor),
    (BinaryOp::AndNot, hir::BinaryOp::AndNot),
    (BinaryOp::Shl, hir::BinaryOp::Shl),
    (BinaryOp::Shr, hir::BinaryOp::Shr),
];

/// The HIR's operator for `op`, if it is an arithmetic one.
pub(crate) fn arithmetic(op: BinaryOp) -> Option<hir::BinaryOp> {
    ARITHMETIC.iter().find(|(known, _)| *known == op).map(|(_, op)| *op)
}

impl<'a> Cx<'_, 'a> {
    /// `op operand`, without `&` and `<-`.
    pub fn unary(&mut self, op: UnaryOp, operand: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let operand = self.expr(operand);
        if operand.is_invalid() && (op != UnaryOp::Tilde || matches!(operand.mode, Mode::Invalid)) {
            return self.invalid(expr);
        }
        let op = match op {
            UnaryOp::Tilde => {
                let of_integer = !operand.is_invalid() && self.ck.types.is_integer(operand.ty);
                self.error(expr.id, Why::TildeOutside { of_integer });
                if !of_integer {
                    return self.invalid(expr);
                }
                UnaryOp::Complement
            }
            other => other,
        };
        let types = &self.ck.types;
        let defined = match op {
            UnaryOp::Not => types.is_boolean(operand.ty),
            UnaryOp::Complement => types.is_integer(operand.ty),
            _ => types.is_numeric(operand.ty),
        };
        if !defined {
            let why = Why::OperatorUndefined {
                operator: unary_symbol(op).into(),
                operand: self.describe(&operand),
            };
            self.error(operand.node, why);
            return self.invalid(expr);
        }
        if let Some(value) = operand.constant() {
            let basic = types.under_basic(operand.ty).unwrap_or(Basic::UntypedInt);
            return match value.unary(op, basic) {
                Some(value) => self.folded(expr, value, operand.ty, false),
                None => self.invalid(expr),
            };
        }
        let is_untyped = types.is_untyped(operand.ty);
        if !is_untyped && (types.is_float(operand.ty) || types.is_complex(operand.ty)) {
            return self.refused(NotInKernel::Float, operand.ty, &[&operand.hir], expr);
        }
        let op = match op {
            UnaryOp::Not => hir::UnaryOp::Not,
            UnaryOp::Complement => hir::UnaryOp::Complement,
            UnaryOp::Minus => hir::UnaryOp::Neg,
            _ => {
                let mut whole = self.operand(expr, Mode::Value, operand.ty, ExprKind::Zero);
                whole.hir = operand.hir;
                return whole;
            }
        };
        let (ty, lowered) = (operand.ty, operand.hir.ty);
        let kind = ExprKind::Unary { op, operand: Box::new(operand.hir) };
        let mut result = self.operand(expr, Mode::Value, ty, kind);
        result.hir.ty = lowered;
        result
    }

    /// A constant result: it must fit its type. That of a statement has no text.
    fn folded(&mut self, expr: &ast::Expr, value: Value, ty: Ty, is_statement: bool) -> Operand {
        let Some(basic) = self.ck.types.under_basic(ty) else { return self.invalid(expr) };
        if self.ck.types.is_untyped(ty) && value.too_large() {
            self.error(expr.id, Why::ConstantTooLarge { operation: operation_name(expr) });
            return self.invalid(expr);
        }
        match value.represent(basic) {
            Ok(value) => self.const_operand(expr, value, ty),
            Err(misfit) => {
                let shown = is_statement.then(|| value.display());
                let mut whole = self.const_operand(expr, value, ty);
                whole.text = shown.unwrap_or(whole.text);
                let operand = self.describe(&whole);
                let target = basic.name().to_owned();
                self.error(expr.id, Why::ConstantConversion { operand, target, misfit });
                self.invalid(expr)
            }
        }
    }

    /// `left op right`.
    pub fn binary(
        &mut self,
        op: BinaryOp,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        expr: &'a ast::Expr,
    ) -> Operand {
        let left = self.expr(left);
        let right = self.expr(right);
        self.binary_operands(op, left, right, expr)
    }

    /// The same for operands that are checked already.
    pub fn binary_operands(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        expr: &ast::Expr,
    ) -> Operand {
        self.operation(op, left, right, None, expr)
    }

    /// `left op right`, which messages call `text`, or what `expr` is.
    pub fn operation(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        text: Option<&str>,
        expr: &ast::Expr,
    ) -> Operand {
        if left.is_invalid() || right.is_invalid() {
            return self.invalid(expr);
        }
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            return self.shift(op, left, right, text.is_some(), expr);
        }
        if op.is_comparison() && !(self.fits_any(&left, &right) && self.fits_any(&right, &left)) {
            return self.invalid(expr);
        }
        let by_zero = right.constant().is_some_and(Value::is_zero);
        let Some((left, right)) = self.match_types(left, right) else {
            return self.invalid(expr);
        };
        if op.is_comparison() {
            return self.compare(op, left, right, expr);
        }
        let ty = left.ty;
        if !self.ck.types.identical(ty, right.ty) {
            let (left, right) = (self.display(ty), self.display(right.ty));
            let text = text.map_or_else(|| expression(expr), str::to_owned);
            self.error(expr.id, Why::Mismatched { expr: text, left, right });
            return self.invalid(expr);
        }
        if !self.operator_defined(op, &left, ty) {
            return self.invalid(expr);
        }
        let integer = self.ck.types.is_integer(ty);
        if matches!(op, BinaryOp::Quo | BinaryOp::Rem) && by_zero && (integer || left.constant().is_some()) {
            self.error(right.node, Why::DivisionByZero);
            return self.invalid(expr);
        }
        if let (Some(a), Some(b)) = (left.constant(), right.constant()) {
            return match a.binary(op, b, integer) {
                Some(value) => self.folded(expr, value, ty, text.is_some()),
                None => self.invalid(expr),
            };
        }
        self.arithmetic_value(op, left, right, ty, expr)
    }

    fn arithmetic_value(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        ty: Ty,
        expr: &ast::Expr,
    ) -> Operand {
        let types = &self.ck.types;
        if types.is_string(ty) {
            return self.refused(NotInKernel::StringValue, ty, &[&left.hir, &right.hir], expr);
        }
        let untyped = types.is_untyped(ty);
        // Shifted constants may still become integers.
        if !untyped && (types.is_float(ty) || types.is_complex(ty)) {
            return self.refused(NotInKernel::Float, ty, &[&left.hir, &right.hir], expr);
        }
        let (left, right) = match untyped {
            true => (self.untyped_leaf(left), self.untyped_leaf(right)),
            false => (self.assign(left, ty, "operation"), self.assign(right, ty, "operation")),
        };
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match op {
            BinaryOp::LogicalAnd | BinaryOp::LogicalOr => {
                ExprKind::Logical { and: op == BinaryOp::LogicalAnd, left, right }
            }
            _ => match arithmetic(op) {
                Some(op) => ExprKind::Binary { op, left, right },
                None => return self.invalid(expr),
            },
        };
        let mut result = self.operand(expr, Mode::Value, ty, kind);
        if untyped {
            result.hir.ty = UNTYPED;
        }
        result
    }

    /// An untyped operand as a part of an untyped value: its type comes with the use of the whole.
    fn untyped_leaf(&mut self, operand: Operand) -> hir::Expr {
        if operand.constant().is_some() {
            self.untyped_leaves.insert(operand.node, operand.clone());
        }
        match operand.constant() {
            Some(Value::Bool(value)) => hir::Expr {
                node: operand.node,
                ty: UNTYPED,
                kind: ExprKind::Const(hir::Constant::Bool(*value)),
            },
            Some(value) => {
                let value = value.as_int().and_then(|value| value.to_i128()).unwrap_or_default();
                hir::Expr {
                    node: operand.node,
                    ty: UNTYPED,
                    kind: ExprKind::Const(hir::Constant::Int(value)),
                }
            }
            None => operand.hir,
        }
    }

    /// An untyped constant that is compared with an empty interface is a value of its default type; false after an error.
    fn fits_any(&mut self, constant: &Operand, other: &Operand) -> bool {
        let types = &self.ck.types;
        let is_any = types.param_of(other.ty).is_none()
            && types.interface(other.ty).is_some_and(|interface| interface.is_empty());
        if !is_any || !types.is_untyped(constant.ty) || constant.constant().is_none() {
            return true;
        }
        self.convert_untyped(constant.clone(), other.ty).is_some()
    }

    /// Gives an untyped operand the type of the other, where that may make sense; `None` after an error.
    pub fn match_types(&mut self, left: Operand, right: Operand) -> Option<(Operand, Operand)> {
        if !self.may_match(&left, &right) {
            return Some((left, right));
        }
        let (of_left, of_right) = (left.ty, right.ty);
        let left = self.convert_untyped(left, of_right)?;
        let of_left = if left.ty == of_right { of_left } else { left.ty };
        let target = if self.ck.types.is_untyped(of_left) { left.ty } else { of_left };
        let right = self.convert_untyped(right, target)?;
        Some((left, right))
    }

    fn may_match(&self, left: &Operand, right: &Operand) -> bool {
        let types = &self.ck.types;
        let (a, b) = (left.ty, right.ty);
        if !types.is_untyped(a) && !types.is_untyped(b) {
            return false;
        }
        if types.is_numeric(a) != types.is_numeric(b) {
            return false;
        }
        let is_interface = |ty| matches!(types.under(ty), Kind::Interface(_));
        if is_interface(a) || is_interface(b) {
            return true;
        }
        if types.is_boolean(a) != types.is_boolean(b) || types.is_string(a) != types.is_string(b) {
            return false;
        }
        if types.is_nil(a) {
            return types.has_nil(b);
        }
        if types.is_nil(b) {
            return types.has_nil(a);
        }
        !matches!(types.under(a), Kind::Pointer(_)) && !matches!(types.under(b), Kind::Pointer(_))
    }

    /// An untyped operand can be of type `target` at all: only its value may still not fit.
    pub fn may_take(&self, operand: &Operand, target: Ty) -> bool {
        let types = &self.ck.types;
        if types.is_nil(operand.ty) {
            return types.has_nil(target);
        }
        (types.is_boolean(operand.ty) && types.is_boolean(target))
            || (types.is_string(operand.ty) && types.is_string(target))
            || (types.is_numeric(operand.ty) && types.is_numeric(target))
    }

    /// Why the untyped `operand` is no value of type `target`; `None` where it is one.
    pub fn misfit(&self, operand: &Operand, target: Ty) -> Option<Misfit> {
        let types = &self.ck.types;
        let fits = |fits: bool| if fits { None } else { Some(Misfit::Kind) };
        if types.is_nil(operand.ty) {
            return fits(types.has_nil(target));
        }
        if target == Types::UNKNOWN {
            return None;
        }
        if types.is_untyped(target) {
            return fits(
                types.is_numeric(operand.ty) && types.is_numeric(target)
                    || types.kind(operand.ty) == types.kind(target),
            );
        }
        if types.param_of(target).is_some() {
            return fits(types.all_terms(target, &|_, ty| self.misfit(operand, ty).is_none()));
        }
        match (types.under(target), operand.constant()) {
            (Kind::Interface(interface), _) => fits(interface.is_empty()),
            (Kind::Basic(basic), Some(value)) => value.misfit(*basic),
            (Kind::Basic(_), None) => fits(self.may_take(operand, target)),
            _ => Some(Misfit::Kind),
        }
    }

    /// An untyped operand as one of type `target`, others as they are; `None` after an error.
    pub fn convert_untyped(&mut self, operand: Operand, target: Ty) -> Option<Operand> {
        if operand.is_invalid() {
            return None;
        }
        if !self.ck.types.is_untyped(operand.ty) || target == Types::UNKNOWN {
            return Some(operand);
        }
        if let Some(misfit) = self.misfit(&operand, target) {
            let of_param = self.ck.types.param_of(target).is_some();
            let shown = if of_param { target } else { self.ck.types.underlying(target) };
            let (described, target) = (self.describe(&operand), self.display(shown));
            self.error(operand.node, Why::ConstantConversion { operand: described, target, misfit });
            return None;
        }
        if self.ck.types.is_untyped(target) {
            let larger = rank(&self.ck.types, target) > rank(&self.ck.types, operand.ty);
            let ty = if larger { target } else { operand.ty };
            return Some(Operand { ty, ..operand });
        }
        if matches!(self.ck.types.under(target), Kind::Interface(_)) {
            let ty = self.ck.types.default_type(operand.ty);
            if let Some(misfit) = self.misfit(&operand, ty).filter(|_| operand.constant().is_some()) {
                let (operand, target, node) = (self.describe(&operand), self.display(ty), operand.node);
                self.error(node, Why::ConstantConversion { operand, target, misfit });
                return None;
            }
            return Some(Operand { ty, ..operand });
        }
        if let Some(value) = operand.constant() {
            if self.ck.types.param_of(target).is_some() {
                let hir = self.assign(operand.clone(), target, "operation");
                return Some(Operand { mode: Mode::Value, ty: target, hir, ..operand });
            }
            let basic = self.ck.types.under_basic(target)?;
            let value = value.represent(basic).ok()?;
            return Some(Operand { mode: Mode::Const(value), ty: target, ..operand });
        }
        if self.ck.types.is_nil(operand.ty) {
            return Some(operand); // it takes its type where it is compared
        }
        let (text, node) = (operand.text.clone(), operand.node);
        let hir = self.assign(operand, target, "operation");
        Some(Operand { mode: Mode::Value, ty: target, text, node, hir, instance: Vec::new() })
    }

    fn operator_defined(&mut self, op: BinaryOp, left: &Operand, ty: Ty) -> bool {
        let types = &self.ck.types;
        let defined = match op {
            BinaryOp::Add => types.all_terms(ty, &|types, ty| types.is_numeric(ty) || types.is_string(ty)),
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Quo => types.is_numeric(ty),
            BinaryOp::LogicalAnd | BinaryOp::LogicalOr => types.is_boolean(ty),
            BinaryOp::Rem | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::AndNot => {
                types.is_integer(ty)
            }
            _ => true,
        };
        if !defined {
            let why = Why::OperatorUndefined { operator: op.symbol().into(), operand: self.describe(left) };
            self.error(left.node, why);
        }
        defined
    }

    fn shift(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        is_statement: bool,
        expr: &ast::Expr,
    ) -> Operand {
        if self.ck.types.is_unknown(left.ty) {
            return self.invalid(expr);
        }
        let whole = match left.constant() {
            Some(value) if self.ck.types.is_untyped(left.ty) => value.as_int().is_some(),
            _ => self.ck.types.is_integer(left.ty),
        };
        if !whole {
            let why = Why::OperatorUndefined {
                operator: format!("shift {}", op.symbol()),
                operand: self.describe(&left),
            };
            self.error(left.node, why);
            return self.invalid(expr);
        }
        let shifted_is_constant = left.constant().is_some();
        let Some(count) = self.shift_count(right, shifted_is_constant) else { return self.invalid(expr) };
        if let (Some(value), Some(shift)) = (left.constant(), count.constant()) {
            let ty = match self.ck.types.is_untyped(left.ty) && !self.ck.types.is_integer(left.ty) {
                true => self.basic(Basic::UntypedInt),
                false => left.ty,
            };
            if matches!((value, shift), (Value::Unknown, _) | (_, Value::Unknown)) {
                return self.folded(expr, Value::Unknown, ty, is_statement);
            }
            let shifted = shift
                .as_int()
                .filter(|shift| *shift <= MAX_SHIFT.into())
                .and_then(|shift| value.shift(op == BinaryOp::Shl, &shift));
            return match shifted {
                Some(value) => self.folded(expr, value, ty, is_statement),
                None => {
                    let operand = self.describe(&count);
                    self.error(count.node, Why::ShiftCount { operand, problem: ShiftProblem::Invalid });
                    self.invalid(expr)
                }
            };
        }
        let Some(op) = arithmetic(op) else { return self.invalid(expr) };
        let untyped = self.ck.types.is_untyped(left.ty);
        let ty = left.ty;
        let left = match untyped {
            true => self.untyped_leaf(left),
            false => self.assign(left, ty, "operation"),
        };
        let right = self.count_value(count);
        let kind = ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) };
        // An untyped constant that is shifted by a variable takes the type of its use.
        let mut result = self.operand(expr, Mode::Value, ty, kind);
        if untyped {
            result.hir.ty = UNTYPED;
        }
        result
    }

    /// The right operand of a shift as a value. Go looks at the types neither of constants that have one nor of what untyped
    /// ones are made of, and shifts by what it makes of them.
    fn count_value(&mut self, count: Operand) -> hir::Expr {
        let uint = self.basic(Basic::Uint);
        let whole = count.constant().map(|value| value.as_int().and_then(|value| value.to_u64()));
        match whole {
            Some(Some(value)) => return self.const_expr(&Value::int(value), uint, count.node),
            None if !self.ck.types.is_untyped(count.ty) || self.leaves_fit(&count.hir, uint) => {
                return self.value(count, "shift count").0;
            }
            _ => {}
        }
        self.unsupported(count.node, NotInKernel::ShiftCount);
        self.unknown_expr(count.node)
    }

    /// Checks the right operand of a shift: an integer that isn't negative.
    fn shift_count(&mut self, count: Operand, shifted_is_constant: bool) -> Option<Operand> {
        if count.is_invalid() {
            return None;
        }
        if let Some(value) = count.constant().cloned() {
            if value.as_int().is_some() && value.is_negative() {
                let operand = self.describe(&count);
                self.error(count.node, Why::ShiftCount { operand, problem: ShiftProblem::Negative });
                return None;
            }
            if self.ck.types.is_untyped(count.ty) {
                let uint = self.basic(Basic::Uint);
                self.convert_untyped(count.clone(), uint)?;
                return Some(count);
            }
        } else if self.ck.types.is_untyped(count.ty) && !self.ck.types.is_integer(count.ty) {
            let uint = self.basic(Basic::Uint);
            return self.convert_untyped(count, uint);
        }
        let problem = match count.constant() {
            Some(value) => (shifted_is_constant && value.as_int().is_none()).then_some(ShiftProblem::Invalid),
            None => (!self.ck.types.is_integer(count.ty)).then_some(ShiftProblem::NotInteger),
        };
        if let Some(problem) = problem {
            let operand = self.describe(&count);
            self.error(count.node, Why::ShiftCount { operand, problem });
            return None;
        }
        Some(count)
    }
}

/// What messages call the operation that overflows, with a space after it.
fn operation_name(expr: &ast::Expr) -> &'static str {
    match &expr.kind {
        ast::ExprKind::Unary { op: UnaryOp::Complement, .. } => "bitwise complement ",
        ast::ExprKind::Binary { op, .. } => match op {
            BinaryOp::Add => "addition ",
            BinaryOp::Sub => "subtraction ",
            BinaryOp::Xor => "bitwise XOR ",
            BinaryOp::Mul => "multiplication ",
            BinaryOp::Shl => "shift ",
            _ => "",
        },
        _ => "",
    }
}

pub(crate) fn rank(types: &Types, ty: Ty) -> u8 {
    match types.under_basic(ty) {
        Some(Basic::UntypedComplex) => 4,
        Some(Basic::UntypedFloat) => 3,
        Some(Basic::UntypedRune) => 2,
        _ => 1,
    }
}
