//! Assignability, conversions, and untyped values taking their type.

use gobpf_syntax::ast;
use num_traits::ToPrimitive;

use crate::constant::{Misfit, Value};
use crate::context::{Cx, Mode, Operand, UNTYPED};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Basic, Kind, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// The operand as a value of `target`, which `context` ("assignment", "argument to f") wants.
    pub fn assign(&mut self, operand: Operand, target: Ty, context: &str) -> hir::Expr {
        let node = operand.node;
        if operand.is_invalid() || self.ck.types.is_unknown(target) {
            return self.unknown_expr(node);
        }
        if self.ck.types.is_untyped(operand.ty) {
            return self.assign_untyped(operand, target, context);
        }
        let lowered = self.lower(target);
        if let Mode::Const(value) = &operand.mode
            && self.assignable(operand.ty, target)
        {
            return self.const_expr(&value.clone(), target, node);
        }
        if self.ck.types.identical(operand.ty, target) {
            return hir::Expr { ty: lowered, ..operand.hir };
        }
        if self.assignable(operand.ty, target) {
            if matches!(self.ck.types.under(target), Kind::Interface) {
                self.unsupported(node, NotInKernel::Interface);
            }
            return hir::Expr { node, ty: lowered, kind: ExprKind::Convert(Box::new(operand.hir)) };
        }
        self.cannot_use(&operand, target, context, Misfit::Kind);
        self.unknown_expr(node)
    }

    fn assign_untyped(&mut self, operand: Operand, target: Ty, context: &str) -> hir::Expr {
        let node = operand.node;
        if matches!(self.ck.types.under(target), Kind::Interface) {
            self.unsupported(node, NotInKernel::Interface);
            return self.unknown_expr(node);
        }
        if self.ck.types.is_nil(operand.ty) {
            if self.ck.types.has_nil(target) {
                let ty = self.lower(target);
                return hir::Expr { node, ty, kind: ExprKind::Zero };
            }
            self.cannot_use(&operand, target, context, Misfit::Kind);
            return self.unknown_expr(node);
        }
        if operand.constant().is_some() {
            return match self.represent(&operand, target, context) {
                Some(value) => self.const_expr(&value, target, node),
                None => self.unknown_expr(node),
            };
        }
        let fits = match self.ck.types.is_boolean(operand.ty) {
            true => self.ck.types.is_boolean(target),
            false => self.ck.types.is_integer(target),
        };
        if !fits {
            self.cannot_use(&operand, target, context, Misfit::Kind);
            return self.unknown_expr(node);
        }
        self.give_type(operand.hir, target)
    }

    /// The constant `operand` as a value of `target`; `None` after an error.
    pub fn represent(&mut self, operand: &Operand, target: Ty, context: &str) -> Option<Value> {
        if operand.is_invalid() || self.ck.types.is_unknown(target) {
            return None;
        }
        if !self.ck.types.is_untyped(operand.ty) && !self.ck.types.identical(operand.ty, target) {
            self.cannot_use(operand, target, context, Misfit::Kind);
            return None;
        }
        let value = operand.constant()?;
        if self.ck.types.param_of(target).is_some() && self.assignable_constant(value, operand.ty, target) {
            return Some(value.clone());
        }
        let fitted = match self.ck.types.under_basic(target) {
            Some(basic) => value.represent(basic),
            None => Err(Misfit::Kind),
        };
        match fitted {
            Ok(value) => Some(value),
            Err(misfit) => {
                self.cannot_use(operand, target, context, misfit);
                None
            }
        }
    }

    fn cannot_use(&mut self, operand: &Operand, target: Ty, context: &str, misfit: Misfit) {
        let why = Why::CannotUse {
            operand: if self.ck.types.is_nil(operand.ty) { "nil".into() } else { self.describe(operand) },
            target: self.display(target),
            context: context.into(),
            misfit,
        };
        self.error(operand.node, why);
    }

    /// Go's assignability between types.
    pub fn assignable(&self, from: Ty, to: Ty) -> bool {
        let types = &self.ck.types;
        if types.identical(from, to) {
            return true;
        }
        if matches!(types.under(to), Kind::Interface) {
            return true;
        }
        let has_name =
            |ty: Ty| matches!(types.kind(ty), Kind::Named(_) | Kind::Basic(_) | Kind::TypeParam(_));
        if types.param_of(to).is_some() {
            return !has_name(from) && types.all_terms(to, &|_, ty| self.assignable(from, ty));
        }
        if types.param_of(from).is_some() {
            return !has_name(to) && types.all_terms(from, &|_, ty| self.assignable(ty, to));
        }
        types.identical(types.underlying(from), types.underlying(to)) && (!has_name(from) || !has_name(to))
    }

    /// A value that stands for one with an error.
    pub fn unknown_expr(&mut self, node: gobpf_source::NodeId) -> hir::Expr {
        let ty = self.lower(Types::UNKNOWN);
        hir::Expr { node, ty, kind: ExprKind::Zero }
    }

    /// The constant `value`, which fits, as one of type `ty`.
    pub fn const_expr(&mut self, value: &Value, ty: Ty, node: gobpf_source::NodeId) -> hir::Expr {
        let lowered = self.lower(ty);
        let constant = match value {
            Value::Bool(value) => hir::Constant::Bool(*value),
            Value::Str(bytes) => hir::Constant::String(bytes.clone()),
            Value::Int(_) | Value::Float(_) => match value.as_int().and_then(|value| value.to_i128()) {
                Some(value) if !self.ck.types.is_float(ty) => hir::Constant::Int(value),
                _ => return hir::Expr { node, ty: lowered, kind: ExprKind::Zero },
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
        let mut overflow = None;
        retype(&mut expr, lowered, &mut |constant| {
            let basic = self.ck.types.under_basic(target);
            let fits = basic.is_none_or(|basic| Value::int(constant).represent(basic).is_ok());
            if !fits {
                overflow = Some(constant);
            }
        });
        if let Some(constant) = overflow {
            let operand = format!("{constant} (untyped int constant)");
            let target = self.display(target);
            self.error(expr.node, Why::ConstantConversion { operand, target, misfit: Misfit::Overflows });
        }
        expr
    }

    /// `target(argument)`.
    pub fn conversion(&mut self, target: Ty, arguments: &'a [ast::Expr], expr: &'a ast::Expr) -> Operand {
        let [argument] = arguments else {
            self.use_all(arguments);
            let too_many = arguments.len() > 1;
            let node = if too_many { arguments.last().map_or(expr.id, |last| last.id) } else { expr.id };
            let ty = self.display(target);
            self.error(node, Why::ConversionCount { ty, too_many });
            return self.invalid(expr);
        };
        let operand = self.expr(argument);
        if operand.is_invalid() || self.ck.types.is_unknown(target) {
            return self.invalid(expr);
        }
        if let Some(value) = operand.constant().cloned() {
            return self.constant_to_type(&operand, value, target, expr);
        }
        if self.ck.types.is_untyped(operand.ty) {
            if !self.ck.types.is_nil(operand.ty) && !self.may_take(&operand, target) {
                let operand = self.describe(&operand);
                let target = self.display(target);
                self.error(argument.id, Why::CannotConvert { operand, target });
                return self.invalid(expr);
            }
            let context = "conversion";
            let default = self.ck.types.default_type(operand.ty);
            let to = if self.assignable(default, target) || self.ck.types.is_nil(operand.ty) {
                target
            } else {
                default
            };
            let hir = self.assign(operand, to, context);
            let lowered = self.lower(target);
            let kind = if hir.ty == lowered { hir.kind } else { ExprKind::Convert(Box::new(hir)) };
            return self.operand(expr, Mode::Value, target, kind);
        }
        if !self.convertible(operand.ty, target) {
            let operand = self.describe(&operand);
            let target = self.display(target);
            self.error(argument.id, Why::CannotConvert { operand, target });
            return self.invalid(expr);
        }
        if self.function.is_some() && !self.require_kernel_type(target, expr.id) {
            return self.invalid(expr);
        }
        self.value_conversion(operand, target, expr)
    }

    /// A conversion of a value that isn't constant, which Go allows.
    fn value_conversion(&mut self, operand: Operand, target: Ty, expr: &'a ast::Expr) -> Operand {
        let types = &self.ck.types;
        let (from_string, to_string) = (types.is_string(operand.ty), types.is_string(target));
        let from_slice = matches!(types.under(operand.ty), Kind::Slice(_));
        let to_slice = matches!(types.under(target), Kind::Slice(_));
        if (from_string && to_slice) || (from_slice && to_string) {
            let ((Kind::Slice(element), _) | (_, Kind::Slice(element))) =
                (types.under(target), types.under(operand.ty))
            else {
                return self.invalid(expr);
            };
            if types.integer(*element) != Some((8, false)) {
                self.unsupported(expr.id, NotInKernel::StringValue); // runes
                return self.invalid(expr);
            }
            let bytes = Box::new(operand.hir);
            // The bound is found when the memory behind the bytes is known.
            return self.operand(
                expr,
                Mode::Value,
                target,
                ExprKind::CopyBytes { bytes, capacity: u64::MAX },
            );
        }
        if to_string && types.is_integer(operand.ty) {
            self.unsupported(expr.id, NotInKernel::StringValue);
            return self.invalid(expr);
        }
        if matches!(types.under(target), Kind::Basic(Basic::UnsafePointer)) && types.is_integer(operand.ty) {
            self.unsupported(expr.id, NotInKernel::UnsafePointer);
            return self.invalid(expr);
        }
        if types.is_float(operand.ty) != types.is_float(target) {
            self.unsupported(expr.id, NotInKernel::Float);
            return self.invalid(expr);
        }
        if from_slice && !to_slice {
            return self.slice_to_array(operand, target, expr);
        }
        self.operand(expr, Mode::Value, target, ExprKind::Convert(Box::new(operand.hir)))
    }

    /// `[4]T(slice)` and `(*[4]T)(slice)`, which panic where the slice is shorter.
    fn slice_to_array(&mut self, operand: Operand, target: Ty, expr: &'a ast::Expr) -> Operand {
        let (array, by_pointer) = match self.ck.types.under(target) {
            Kind::Pointer(array) => (*array, true),
            _ => (target, false),
        };
        let (element, length) = match (self.ck.types.under(operand.ty), self.ck.types.under(array)) {
            (Kind::Slice(element), Kind::Array(_, length)) => (*element, *length),
            _ => return self.invalid(expr),
        };
        let node = expr.id;
        let slice = self.hidden(operand.ty, node);
        let mut stmts =
            vec![hir::Stmt { node, kind: hir::StmtKind::Declare { local: slice, init: Some(operand.hir) } }];
        let int = self.basic(Basic::Int);
        let lowered_array = self.lower(array);
        let place = |cx: &mut Self, index: u64| {
            let base = Box::new(cx.local_expr(slice, node));
            let index = Box::new(cx.int_expr(i128::from(index), int, node));
            let ty = cx.lower(element);
            hir::Expr { node, ty, kind: ExprKind::Index { base, index } }
        };
        if length == 0 {
            let kind = ExprKind::Sequence { stmts, value: Box::new(self.zero_of(target, node)) };
            return self.operand(expr, Mode::Value, target, kind);
        }
        // The last element's index check is that of the length.
        let last = place(self, length - 1);
        stmts.push(hir::Stmt { node, kind: hir::StmtKind::Expr(last) });
        let first = place(self, 0);
        let element_pointer = self.ck.types.intern(Kind::Pointer(element));
        let array_pointer = self.ck.types.intern(Kind::Pointer(array));
        let (element_pointer, pointer_type) = (self.lower(element_pointer), self.lower(array_pointer));
        let address = hir::Expr { node, ty: element_pointer, kind: ExprKind::AddressOf(Box::new(first)) };
        let pointer = hir::Expr { node, ty: pointer_type, kind: ExprKind::Convert(Box::new(address)) };
        let value = match by_pointer {
            true => pointer,
            false => {
                let local = self.hidden(array_pointer, node);
                let declare = hir::StmtKind::Declare { local, init: Some(pointer) };
                stmts.push(hir::Stmt { node, kind: declare });
                let pointer = Box::new(self.local_expr(local, node));
                hir::Expr { node, ty: lowered_array, kind: ExprKind::Deref(pointer) }
            }
        };
        let ty = self.lower(target);
        let value = Box::new(hir::Expr { ty, ..value });
        self.operand(expr, Mode::Value, target, ExprKind::Sequence { stmts, value })
    }

    /// The zero value of type `ty`.
    pub fn zero_of(&mut self, ty: Ty, node: gobpf_source::NodeId) -> hir::Expr {
        let ty = self.lower(ty);
        hir::Expr { node, ty, kind: ExprKind::Zero }
    }

    /// A conversion of a constant; to a type parameter it gives a value that isn't constant.
    fn constant_to_type(
        &mut self,
        operand: &Operand,
        value: Value,
        target: Ty,
        expr: &'a ast::Expr,
    ) -> Operand {
        if matches!(self.ck.types.under(target), Kind::Interface) {
            self.unsupported(expr.id, NotInKernel::Interface);
            return self.invalid(expr);
        }
        if self.ck.types.param_of(target).is_some() {
            return match self.assignable_constant(&value, operand.ty, target) {
                true => self.operand(expr, Mode::Value, target, ExprKind::Zero),
                false => {
                    let operand = self.describe(operand);
                    let target = self.display(target);
                    self.error(expr.id, Why::CannotConvert { operand, target });
                    self.invalid(expr)
                }
            };
        }
        let converted = self.constant_conversion(operand, value, target, expr);
        let by_parameter = match &expr.kind {
            ast::ExprKind::Call { function, .. } => self.is_type_argument(function),
            _ => false,
        };
        match (by_parameter, converted.constant().cloned()) {
            (true, Some(value)) => {
                let hir = self.const_expr(&value, target, expr.id);
                self.operand(expr, Mode::Value, target, hir.kind)
            }
            _ => converted,
        }
    }

    /// The type is the name of a type parameter.
    fn is_type_argument(&mut self, expr: &ast::Expr) -> bool {
        match &expr.kind {
            ast::ExprKind::Ident(name) => {
                matches!(self.meaning(name), Some(crate::typexpr::Meaning::TypeArgument(_)))
            }
            ast::ExprKind::Paren(inner) => self.is_type_argument(inner),
            _ => false,
        }
    }

    /// The constant is a value of each type that the type parameter `target` allows.
    fn assignable_constant(&self, value: &Value, from: Ty, target: Ty) -> bool {
        let types = &self.ck.types;
        types.all_terms(target, &|types, ty| match types.under_basic(ty) {
            Some(Basic::String) if types.is_integer(from) => true,
            Some(basic) => value.represent(basic).is_ok(),
            None => false,
        })
    }

    fn constant_conversion(
        &mut self,
        operand: &Operand,
        value: Value,
        target: Ty,
        expr: &'a ast::Expr,
    ) -> Operand {
        let types = &self.ck.types;
        let fitted = match types.under_basic(target) {
            // An integer constant becomes the text of that character.
            Some(Basic::String) if types.is_integer(operand.ty) => {
                let code = value.as_int().and_then(|code| code.to_u32()).and_then(char::from_u32);
                Ok(Value::Str(code.unwrap_or('\u{fffd}').to_string().into_bytes()))
            }
            // Conversions truncate no constants, but typed floats may lose what a type can't hold.
            Some(basic) => value.represent(basic),
            None => Err(Misfit::Kind),
        };
        match fitted {
            Ok(value) => self.const_operand(expr, value, target),
            Err(misfit) => {
                if let (Misfit::Kind, Value::Str(bytes), Kind::Slice(element)) =
                    (misfit, &value, types.under(target))
                    && types.integer(*element) == Some((8, false))
                {
                    let capacity = bytes.len() as u64;
                    let string = self.basic(Basic::String);
                    let bytes = Box::new(self.const_expr(&value, string, expr.id));
                    return self.operand(expr, Mode::Value, target, ExprKind::CopyBytes { bytes, capacity });
                }
                let why = match misfit {
                    Misfit::Overflows => Why::ConstantOverflow {
                        expr: String::new(),
                        value: value.display(),
                        ty: self.display(target),
                    },
                    _ => Why::ConstantConversion {
                        operand: self.describe(operand),
                        target: self.display(target),
                        misfit,
                    },
                };
                self.error(operand.node, why);
                self.invalid(expr)
            }
        }
    }

    fn convertible(&self, from: Ty, to: Ty) -> bool {
        let types = &self.ck.types;
        if types.param_of(from).is_some() {
            return types.identical(from, to) || types.all_terms(from, &|_, ty| self.convertible(ty, to));
        }
        if types.param_of(to).is_some() {
            return types.all_terms(to, &|_, ty| self.convertible(from, ty));
        }
        if self.assignable(from, to) || types.identical(types.underlying(from), types.underlying(to)) {
            return true;
        }
        if types.is_numeric(from) && types.is_numeric(to) {
            return true;
        }
        match (types.under(from), types.under(to)) {
            (Kind::Pointer(from), Kind::Pointer(to)) => {
                types.identical(types.underlying(*from), types.underlying(*to))
            }
            (Kind::Basic(Basic::UnsafePointer), Kind::Pointer(_) | Kind::Basic(Basic::Uintptr))
            | (Kind::Pointer(_) | Kind::Basic(Basic::Uintptr), Kind::Basic(Basic::UnsafePointer)) => true,
            (Kind::Slice(element), Kind::Basic(Basic::String))
            | (Kind::Basic(Basic::String), Kind::Slice(element)) => {
                matches!(types.integer(*element), Some((8, false) | (32, true)))
            }
            (Kind::Slice(from), Kind::Array(to, _)) => types.identical(*from, *to),
            (Kind::Slice(from), Kind::Pointer(to)) => {
                matches!(types.under(*to), Kind::Array(to, _) if types.identical(*from, *to))
            }
            (_, Kind::Basic(Basic::String)) => types.is_integer(from),
            _ => false,
        }
    }
}

/// Sets the type of the untyped parts of `expr`; `check` sees each integer constant among them.
fn retype(expr: &mut hir::Expr, ty: hir::TypeId, check: &mut dyn FnMut(i128)) {
    if expr.ty != UNTYPED {
        return;
    }
    expr.ty = ty;
    match &mut expr.kind {
        ExprKind::Const(hir::Constant::Int(value)) => check(*value),
        ExprKind::Unary { operand, .. } => retype(operand, ty, check),
        ExprKind::Binary { op, left, right } => {
            retype(left, ty, check);
            if !matches!(op, hir::BinaryOp::Shl | hir::BinaryOp::Shr) {
                retype(right, ty, check);
            }
        }
        ExprKind::Logical { left, right, .. } => {
            retype(left, ty, check);
            retype(right, ty, check);
        }
        _ => {}
    }
}
