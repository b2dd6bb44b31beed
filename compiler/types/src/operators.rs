//! Unary and binary operators, shifts and comparisons.

use gobpf_syntax::ast::{self, BinaryOp, UnaryOp};
use num_traits::ToPrimitive;

use crate::constant::{Misfit, Value};
use crate::context::{Cx, Mode, Operand, UNTYPED};
use crate::describe::{expression, unary_symbol};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Basic, Kind, Ty, Types};

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

const COMPARISONS: &[(BinaryOp, hir::CompareOp)] = &[
    (BinaryOp::Equal, hir::CompareOp::Equal),
    (BinaryOp::NotEqual, hir::CompareOp::NotEqual),
    (BinaryOp::Less, hir::CompareOp::Less),
    (BinaryOp::LessEqual, hir::CompareOp::LessEqual),
    (BinaryOp::Greater, hir::CompareOp::Greater),
    (BinaryOp::GreaterEqual, hir::CompareOp::GreaterEqual),
];

/// The HIR's operator for `op`, if it is an arithmetic one.
pub(crate) fn arithmetic(op: BinaryOp) -> Option<hir::BinaryOp> {
    ARITHMETIC.iter().find(|(known, _)| *known == op).map(|(_, op)| *op)
}

fn comparison(op: BinaryOp) -> Option<hir::CompareOp> {
    COMPARISONS.iter().find(|(known, _)| *known == op).map(|(_, op)| *op)
}

impl<'a> Cx<'_, 'a> {
    /// `op operand`, without `&` and `<-`.
    pub fn unary(&mut self, op: UnaryOp, operand: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let operand = self.expr(operand);
        if operand.is_invalid() {
            return self.invalid(expr);
        }
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
                Some(value) => self.folded(expr, value, operand.ty),
                None => self.invalid(expr),
            };
        }
        if types.is_float(operand.ty) || types.is_complex(operand.ty) {
            self.unsupported(expr.id, NotInKernel::Float);
            return self.invalid(expr);
        }
        let op = match op {
            UnaryOp::Not => hir::UnaryOp::Not,
            UnaryOp::Complement => hir::UnaryOp::Complement,
            UnaryOp::Minus => hir::UnaryOp::Neg,
            _ => return Operand { mode: Mode::Value, ..operand },
        };
        let (ty, lowered) = (operand.ty, operand.hir.ty);
        let kind = ExprKind::Unary { op, operand: Box::new(operand.hir) };
        let mut result = self.operand(expr, Mode::Value, ty, kind);
        result.hir.ty = lowered;
        result
    }

    /// A constant result: it must fit its type.
    fn folded(&mut self, expr: &ast::Expr, value: Value, ty: Ty) -> Operand {
        let Some(basic) = self.ck.types.under_basic(ty) else { return self.invalid(expr) };
        if value.too_large() {
            self.error(expr.id, Why::ConstantTooLarge);
            return self.invalid(expr);
        }
        match value.represent(basic) {
            Ok(value) => self.const_operand(expr, value, ty),
            Err(_) => {
                let ty = self.display(ty);
                let why = Why::ConstantOverflow { expr: expression(expr), value: value.display(), ty };
                self.error(expr.id, why);
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
        if left.is_invalid() || right.is_invalid() {
            return self.invalid(expr);
        }
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            return self.shift(op, left, right, expr);
        }
        let Some((left, right, ty)) = self.match_types(op, left, right, expr) else {
            return self.invalid(expr);
        };
        if op.is_comparison() {
            return self.compare(op, left, right, ty, expr);
        }
        if !self.operator_defined(op, &left, ty) {
            return self.invalid(expr);
        }
        let integer = self.ck.types.is_integer(ty);
        if matches!(op, BinaryOp::Quo | BinaryOp::Rem)
            && right.constant().is_some_and(Value::is_zero)
            && (integer || left.constant().is_some())
        {
            self.error(right.node, Why::DivisionByZero);
            return self.invalid(expr);
        }
        if let (Some(a), Some(b)) = (left.constant(), right.constant()) {
            return match a.binary(op, b, integer) {
                Some(value) => self.folded(expr, value, ty),
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
            self.unsupported(expr.id, NotInKernel::StringValue);
            return self.invalid(expr);
        }
        if types.is_float(ty) || types.is_complex(ty) {
            self.unsupported(expr.id, NotInKernel::Float);
            return self.invalid(expr);
        }
        let untyped = types.is_untyped(ty);
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

    /// Brings both operands to one type, as Go does for all operators but shifts.
    pub fn match_types(
        &mut self,
        op: BinaryOp,
        left: Operand,
        right: Operand,
        expr: &ast::Expr,
    ) -> Option<(Operand, Operand, Ty)> {
        let types = &self.ck.types;
        let (a, b) = (left.ty, right.ty);
        let at = right.node;
        let mismatch =
            Why::Mismatched { expr: expression(expr), left: types.display(a), right: types.display(b) };
        match (types.is_untyped(a), types.is_untyped(b)) {
            (false, false) => {
                let comparable_mix = op.is_comparison() && (self.assignable(a, b) || self.assignable(b, a));
                if types.identical(a, b) || comparable_mix {
                    return Some((left, right, a));
                }
            }
            (true, true) => {
                if types.is_nil(a) || types.is_nil(b) {
                    let both = types.is_nil(a) && types.is_nil(b);
                    let why = match both {
                        true => Why::CompareUndefined {
                            expr: expression(expr),
                            reason: format!("operator {} not defined on untyped nil", op.symbol()),
                        },
                        false => mismatch,
                    };
                    self.error(expr.id, why);
                    return None;
                }
                let both = |test: fn(&Types, Ty) -> bool| test(types, a) && test(types, b);
                if both(Types::is_numeric) {
                    let ty = if rank(types, a) >= rank(types, b) { a } else { b };
                    return Some((left, right, ty));
                }
                if both(Types::is_boolean) || both(Types::is_string) {
                    return Some((left, right, a));
                }
            }
            (true, false) => {
                if self.may_take(&left, b) {
                    let left = self.take_type(left, b)?;
                    return Some((left, right, b));
                }
            }
            (false, true) => {
                if self.may_take(&right, a) {
                    let right = self.take_type(right, a)?;
                    return Some((left, right, a));
                }
            }
        }
        self.error(if op.is_comparison() { at } else { expr.id }, mismatch);
        None
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

    /// An untyped operand as one of type `target`; `None` after an error.
    pub fn take_operand(&mut self, operand: Operand, target: Ty) -> Option<Operand> {
        if self.may_take(&operand, target) {
            return self.take_type(operand, target);
        }
        let (left, right) = (self.display(target), self.display(operand.ty));
        self.error(operand.node, Why::MismatchedArguments { left, right, expr: operand.text.clone() });
        None
    }

    /// An untyped operand with the type of the other side.
    fn take_type(&mut self, operand: Operand, target: Ty) -> Option<Operand> {
        if let Some(value) = operand.constant() {
            if self.ck.types.param_of(target).is_some() {
                let hir = self.assign(operand.clone(), target, "operation");
                return Some(Operand { mode: Mode::Value, ty: target, hir, ..operand });
            }
            let basic = self.ck.types.under_basic(target)?;
            return match value.represent(basic) {
                Ok(value) => Some(Operand { mode: Mode::Const(value), ty: target, ..operand }),
                Err(misfit) => {
                    let described = self.describe(&operand);
                    let target = self.display(target);
                    self.error(operand.node, Why::ConstantConversion { operand: described, target, misfit });
                    None
                }
            };
        }
        let (text, node) = (operand.text.clone(), operand.node);
        let hir = self.assign(operand, target, "operation");
        Some(Operand { mode: Mode::Value, ty: target, text, node, hir, instance: Vec::new() })
    }

    fn operator_defined(&mut self, op: BinaryOp, left: &Operand, ty: Ty) -> bool {
        let types = &self.ck.types;
        let defined = match op {
            BinaryOp::Add => types.is_numeric(ty) || types.is_string(ty),
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

    fn compare(&mut self, op: BinaryOp, left: Operand, right: Operand, ty: Ty, expr: &ast::Expr) -> Operand {
        let bool_type = self.basic(Basic::UntypedBool);
        if let (Some(a), Some(b)) = (left.constant(), right.constant())
            && let Some(holds) = a.compare(op, b)
        {
            return self.const_operand(expr, Value::Bool(holds), bool_type);
        }
        let types = &self.ck.types;
        let with_nil = matches!(left.hir.kind, ExprKind::Zero) && left.constant().is_none()
            || matches!(right.hir.kind, ExprKind::Zero) && right.constant().is_none();
        let ordered = types.is_ordered(ty) || types.is_numeric(ty) && !types.is_complex(ty);
        let equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let nil_only = match types.under(ty) {
            Kind::Slice(_) => Some("slice"),
            Kind::Map(..) => Some("map"),
            Kind::Func(_) => Some("func"),
            _ => None,
        };
        let reason = match (equality, nil_only) {
            (false, _) if !ordered => {
                Some(format!("operator {} not defined on {}", op.symbol(), word(types, ty)))
            }
            (true, Some(word)) if !with_nil => Some(format!("{word} can only be compared to nil")),
            (true, None) if !types.comparable(ty) => {
                Some(format!("{} cannot be compared", types.display(ty)))
            }
            _ => None,
        };
        if let Some(reason) = reason {
            self.error(left.node, Why::CompareUndefined { expr: expression(expr), reason });
            return self.invalid(expr);
        }
        if types.is_float(ty) || types.is_complex(ty) {
            self.unsupported(expr.id, NotInKernel::Float);
            return self.invalid(expr);
        }
        let Some(op) = comparison(op) else { return self.invalid(expr) };
        let (left, left_type) = self.value(left, "comparison");
        let (right, _) = self.value_as(right, left_type);
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

    fn shift(&mut self, op: BinaryOp, left: Operand, right: Operand, expr: &ast::Expr) -> Operand {
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
        let Some(count) = self.shift_count(right) else { return self.invalid(expr) };
        if let (Some(value), Some(shift)) = (left.constant(), count.constant()) {
            let ty = match self.ck.types.is_untyped(left.ty) && !self.ck.types.is_integer(left.ty) {
                true => self.basic(Basic::UntypedInt),
                false => left.ty,
            };
            let shifted = shift.as_int().and_then(|shift| value.shift(op == BinaryOp::Shl, &shift));
            return match shifted {
                Some(value) => self.folded(expr, value, ty),
                None => {
                    let operand = self.describe(&count);
                    self.error(count.node, Why::ShiftCount { operand, negative: false });
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
        let (right, _) = self.value(count, "shift count");
        let kind = ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) };
        // An untyped constant that is shifted by a variable takes the type of its use.
        let ty = if untyped { self.basic(Basic::UntypedInt) } else { ty };
        let mut result = self.operand(expr, Mode::Value, ty, kind);
        if untyped {
            result.hir.ty = UNTYPED;
        }
        result
    }

    /// Checks the right operand of a shift: an integer that isn't negative.
    pub fn shift_count(&mut self, count: Operand) -> Option<Operand> {
        if count.is_invalid() {
            return None;
        }
        if let Some(value) = count.constant().cloned() {
            if value.is_negative() {
                let operand = self.describe(&count);
                self.error(count.node, Why::ShiftCount { operand, negative: true });
                return None;
            }
            if self.ck.types.is_untyped(count.ty) {
                let uint = self.basic(Basic::Uint);
                return match value.represent(Basic::Uint) {
                    Ok(value) => Some(Operand { mode: Mode::Const(value), ty: uint, ..count }),
                    Err(misfit) => {
                        let operand = self.describe(&count);
                        let why = match misfit {
                            Misfit::Kind => Why::ShiftCount { operand, negative: false },
                            misfit => Why::ConstantConversion { operand, target: "uint".into(), misfit },
                        };
                        self.error(count.node, why);
                        None
                    }
                };
            }
        }
        if !self.ck.types.is_integer(count.ty) {
            let operand = self.describe(&count);
            self.error(count.node, Why::ShiftCount { operand, negative: false });
            return None;
        }
        Some(count)
    }
}

fn rank(types: &Types, ty: Ty) -> u8 {
    match types.under_basic(ty) {
        Some(Basic::UntypedFloat) => 3,
        Some(Basic::UntypedRune) => 2,
        _ => 1,
    }
}

/// What Go's messages call a type that has no order.
fn word(types: &Types, ty: Ty) -> String {
    match types.under(ty) {
        Kind::Pointer(_) => "pointer".into(),
        Kind::Struct(_) => "struct".into(),
        Kind::Slice(_) => "slice".into(),
        Kind::Array(..) => "array".into(),
        Kind::Map(..) => "map".into(),
        Kind::Func(_) => "func".into(),
        Kind::Chan(_) => "chan".into(),
        Kind::Interface => "interface".into(),
        _ => types.display(ty),
    }
}
