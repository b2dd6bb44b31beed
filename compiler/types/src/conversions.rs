//! Conversions.

use gobpf_syntax::ast;
use num_traits::ToPrimitive;

use crate::constant::{Misfit, Value};
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Basic, Kind, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// `target(argument)`.
    pub fn conversion(
        &mut self,
        target: Ty,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let [argument] = arguments else {
            self.use_all(arguments);
            let too_many = arguments.len() > 1;
            let node = if too_many { arguments.last().map_or(expr.id, |last| last.id) } else { expr.id };
            let ty = self.display(target);
            self.error(node, Why::ConversionCount { ty, too_many });
            return self.invalid(expr);
        };
        let operand = self.expr(argument);
        if operand.is_invalid() {
            return self.invalid(expr);
        }
        if target == Types::UNKNOWN {
            return self.operand(expr, Mode::Value, target, ExprKind::Zero); // as Go goes on
        }
        if spread {
            let ty = self.display(target);
            self.error(argument.id, Why::ConversionSpread { ty });
            return self.invalid(expr);
        }
        if self.ck.types.is_unknown(operand.ty) {
            return self.operand(expr, Mode::Value, target, ExprKind::Zero); // as Go goes on
        }
        if let Some(interface) = self.ck.types.interface(target)
            && interface.is_constraint()
            && self.ck.types.param_of(target).is_none()
        {
            let ty = self.display(target);
            let place = self.place(expr.id);
            self.ck.another_error(place, Why::ConstraintConversion { ty });
            return Operand { node: expr.id, text: expression(expr), ..operand }; // as Go goes on
        }
        if let Some(value) = operand.constant().cloned()
            && self.ck.types.interface(target).is_none()
        {
            return self.constant_to_type(&operand, value, target, expr);
        }
        if let Some(cause) = self.inconvertible(&operand, target) {
            self.cannot_convert(&operand, target, cause);
            return self.invalid(expr);
        }
        if self.ck.types.interface(target).is_some() && self.ck.types.param_of(target).is_none() {
            return self.refused(NotInKernel::Interface, target, &[&operand.hir], expr);
        }
        if self.ck.types.is_untyped(operand.ty) {
            // What isn't constant, a shift or a comparison, takes the type at once.
            let to = match self.may_take(&operand, target) || self.ck.types.is_nil(operand.ty) {
                true => target,
                false => self.ck.types.default_type(operand.ty),
            };
            let hir = self.assign(operand, to, "conversion");
            let lowered = self.lower(target);
            let kind = if hir.ty == lowered { hir.kind } else { ExprKind::Convert(Box::new(hir)) };
            return self.operand(expr, Mode::Value, target, kind);
        }
        if self.is_refused(&operand.hir) {
            return self.refused(NotInKernel::Float, target, &[&operand.hir], expr);
        }
        if self.function.is_some() && !self.require_kernel_type(target, expr.id) {
            let unknown = self.unknown_expr(expr.id);
            return self.refused(NotInKernel::Float, target, &[&unknown], expr);
        }
        self.value_conversion(operand, target, expr)
    }

    fn cannot_convert(&mut self, operand: &Operand, target: Ty, cause: String) {
        let (described, target) = (self.describe(operand), self.display(target));
        self.error(operand.node, Why::CannotConvert { operand: described, target, cause });
    }

    /// Why a value that isn't constant can't be converted; `None` where it can. The reason may be empty.
    fn inconvertible(&mut self, operand: &Operand, target: Ty) -> Option<String> {
        let types = &self.ck.types;
        if types.is_nil(operand.ty) {
            let Some(param) = types.param_of(target) else {
                return (!types.has_nil(target)).then(String::new);
            };
            let Some(terms) = &param.terms else { return Some(String::new()) };
            let term = terms.iter().find(|term| !types.has_nil(term.ty))?;
            let (term, shown) = (types.display(term.ty), types.display(target));
            return Some(format!("cannot convert untyped nil to type {term} (in {shown})"));
        }
        if types.is_untyped(operand.ty) {
            let fits = self.misfit(operand, target).is_none() || self.convertible(operand.ty, target);
            return (!fits).then(String::new);
        }
        if self.convertible(operand.ty, target) && self.is_in_target(operand.ty, target) {
            return None;
        }
        // Of a type parameter, what is said of the type that fails counts.
        let terms = self.ck.types.param_of(operand.ty).and_then(|param| param.terms.clone());
        let terms = terms.filter(|_| self.ck.types.param_of(target).is_none());
        let mut terms = terms.unwrap_or_default().into_iter();
        let failing = terms.find(|term| !self.convertible(term.ty, target));
        let of_term = failing.map(|term| Operand { ty: term.ty, ..operand.clone() });
        let assignment = of_term.map(|part| self.assignment_cause(&part, target)).unwrap_or_default();
        let assignment = match assignment.is_empty() {
            true => self.assignment_cause(operand, target),
            false => assignment,
        };
        Some(match self.conversion_cause(operand.ty, target) {
            None => assignment,
            Some(cause) if assignment.is_empty() => cause,
            Some(cause) => format!("{cause}\n\t{assignment}"),
        })
    }

    /// Where `target` is an interface, `from` has its methods.
    fn is_in_target(&mut self, from: Ty, target: Ty) -> bool {
        match self.ck.types.interface(target) {
            Some(interface) if self.ck.types.param_of(target).is_none() => {
                let shown = self.display(target);
                self.not_in_interface(from, &interface, &shown, "implement").is_none()
            }
            _ => true,
        }
    }

    /// Which type of a type parameter can't be converted.
    fn conversion_cause(&self, from: Ty, to: Ty) -> Option<String> {
        let types = &self.ck.types;
        let terms = |ty: Ty| types.param_of(ty).and_then(|param| param.terms.clone());
        let shown = |ty: Ty| types.display(ty);
        match (types.param_of(from), types.param_of(to)) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                let (all, others) = (terms(from)?, terms(to)?);
                let pairs = all.iter().flat_map(|a| others.iter().map(move |b| (a.ty, b.ty)));
                let (a, b) = pairs.into_iter().find(|(a, b)| !self.convertible(*a, *b))?;
                let (a, b, from, to) = (shown(a), shown(b), shown(from), shown(to));
                Some(format!("cannot convert {a} (in {from}) to type {b} (in {to})"))
            }
            (Some(_), None) => {
                let term = terms(from)?.into_iter().find(|term| !self.convertible(term.ty, to))?;
                Some(format!("cannot convert {} (in {}) to type {}", shown(term.ty), shown(from), shown(to)))
            }
            (None, Some(_)) => {
                let term = terms(to)?.into_iter().find(|term| !self.convertible(from, term.ty))?;
                Some(format!("cannot convert {} to type {} (in {})", shown(from), shown(term.ty), shown(to)))
            }
        }
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
                return self.refused(NotInKernel::StringValue, target, &[], expr); // runes
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
            return self.refused(NotInKernel::StringValue, target, &[], expr);
        }
        if matches!(types.under(target), Kind::Basic(Basic::UnsafePointer)) && types.is_integer(operand.ty) {
            return self.refused(NotInKernel::UnsafePointer, target, &[], expr);
        }
        if types.is_float(operand.ty) != types.is_float(target) {
            return self.refused(NotInKernel::Float, target, &[], expr);
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

    /// A conversion of a constant; to a type parameter it gives a value that isn't constant.
    fn constant_to_type(
        &mut self,
        operand: &Operand,
        value: Value,
        target: Ty,
        expr: &'a ast::Expr,
    ) -> Operand {
        if self.ck.types.param_of(target).is_some() {
            return match self.constant_cause(operand, &value, target) {
                None => self.operand(expr, Mode::Value, target, ExprKind::Zero),
                Some(cause) => {
                    // Of a type parameter there are no constants.
                    let value = Operand { mode: Mode::Value, ..operand.clone() };
                    self.cannot_convert(&value, target, cause);
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

    /// Why the constant can't be converted to each type that the type parameter `target` allows.
    fn constant_cause(&self, operand: &Operand, value: &Value, target: Ty) -> Option<String> {
        let types = &self.ck.types;
        let shown = types.display(target);
        let Some(terms) = types.param_of(target).and_then(|param| param.terms.as_ref()) else {
            return Some(format!("{shown} does not contain specific types"));
        };
        terms.iter().find_map(|term| {
            let fits = match types.under_basic(term.ty) {
                Some(Basic::String) if types.is_integer(operand.ty) => true,
                Some(basic) => value.represent(basic).is_ok(),
                None => matches!((types.under(term.ty), value), (Kind::Slice(_), Value::Str(_))),
            };
            if fits {
                return None;
            }
            let term = types.display(types.underlying(term.ty));
            Some(match types.is_integer(operand.ty) && types.is_integer(target) {
                true => format!("constant {} overflows {term} (in {shown})", value.display()),
                false => format!("cannot convert {} to type {term} (in {shown})", self.describe(operand)),
            })
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
                if let (Value::Str(_), Kind::Slice(element)) = (&value, types.under(target))
                    && types.integer(*element) == Some((32, true))
                {
                    return self.refused(NotInKernel::StringValue, target, &[], expr); // runes
                }
                if types.is_integer(operand.ty) && types.is_integer(target) {
                    let (value, ty) = (value.display(), self.display(target));
                    self.error(operand.node, Why::ConstantOverflow { value, ty });
                    return self.invalid(expr);
                }
                // Go shows a whole number as the integer that it tried.
                let whole = value.as_int().filter(|_| types.is_integer(target)).map(Value::Int);
                let cause = self.assignment_cause(operand, target);
                let shown = Operand { mode: Mode::Const(whole.unwrap_or(value)), ..operand.clone() };
                self.cannot_convert(&shown, target, cause);
                self.invalid(expr)
            }
        }
    }

    fn convertible(&self, from: Ty, to: Ty) -> bool {
        if self.assignable(from, to) {
            return true;
        }
        let types = &self.ck.types;
        if types.param_of(from).is_some() {
            return types.all_terms(from, &|_, ty| self.convertible(ty, to));
        }
        if types.param_of(to).is_some() {
            return types.all_terms(to, &|_, ty| self.convertible(from, ty));
        }
        if types.convertible_structure(from, to) {
            return true;
        }
        if types.is_numeric(from) && types.is_numeric(to) {
            return types.is_complex(from) == types.is_complex(to);
        }
        match (types.under(from), types.under(to)) {
            (Kind::Pointer(from), Kind::Pointer(to)) => types.convertible_structure(*from, *to),
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
