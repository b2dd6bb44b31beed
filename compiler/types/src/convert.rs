//! Assignability, conversions, and untyped values taking their type.

use gobpf_syntax::ast;
use num_traits::ToPrimitive;

use crate::constant::{Misfit, Value};
use crate::context::{Cx, Mode, Operand, UNTYPED};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Basic, Kind, Term, Ty, Types};

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
            let typed = Operand { ty, ..operand };
            return self.assign(typed, target, context);
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
        if operand.is_invalid() || target == Types::UNKNOWN {
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
            return (!types.has_nil(target)).then(String::new);
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
