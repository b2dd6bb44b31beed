//! Calls: conversions, functions of the package, and what the SDK's directives bind.

use std::rc::Rc;

use gobpf_syntax::ast;

use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::Why;
use crate::hir::{self, ExprKind};
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Kind, Signature, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// `function(arguments)`.
    pub fn call(
        &mut self,
        function: &'a ast::Expr,
        arguments: &'a [ast::Expr],
        spread: bool,
        expr: &'a ast::Expr,
    ) -> Operand {
        let callee = self.raw_expr(function);
        let callee = match callee.mode {
            Mode::MapVariable(_) => self.single_value(callee, function),
            Mode::NoValue => self.no_value_or_type(callee, function),
            Mode::Value if matches!(self.ck.types.kind(callee.ty), Kind::Tuple(..)) => {
                self.single_value(callee, function)
            }
            _ => callee,
        };
        match callee.mode.clone() {
            // Go doesn't look at the arguments.
            Mode::Type | Mode::Invalid if self.is_generic_type(function) => self.invalid(expr),
            Mode::Type => self.conversion(callee.ty, (arguments, spread), expr),
            Mode::Builtin(builtin) => self.builtin(builtin, (arguments, spread), expr),
            Mode::Function(symbol) => {
                let Kind::Func(signature) = self.ck.types.kind(callee.ty).clone() else {
                    return self.invalid(expr);
                };
                let instance = callee.instance.clone();
                self.call_symbol(
                    (symbol, &instance),
                    None,
                    &signature,
                    &callee.text,
                    (arguments, spread),
                    expr,
                )
            }
            Mode::Generic(symbol) => self.call_generic(callee, symbol, (arguments, spread), expr),
            Mode::Method { symbol, receiver } => {
                let Kind::Func(signature) = self.ck.types.kind(callee.ty).clone() else {
                    return self.invalid(expr);
                };
                let instance = callee.instance.clone();
                let receiver = Some(*receiver);
                self.call_symbol(
                    (symbol, &instance),
                    receiver,
                    &signature,
                    &callee.text,
                    (arguments, spread),
                    expr,
                )
            }
            Mode::Invalid | Mode::Native => {
                self.use_all(arguments); // names in them count as used
                self.invalid(expr)
            }
            _ => {
                if matches!(self.ck.types.under(callee.ty), Kind::Func(_)) {
                    return self.call_value(callee, (arguments, spread), expr);
                }
                // Go doesn't look at the arguments.
                if !callee.is_invalid() {
                    let operand = self.describe(&callee);
                    // Of a type parameter, the first of its types is what is no function.
                    let terms = self.ck.types.param_of(callee.ty).map(|param| param.terms.clone());
                    let why = match terms.map(|terms| terms.unwrap_or_default().first().map(|term| term.ty)) {
                        Some(None) => Why::NoSpecificType { operand },
                        Some(Some(ty)) => Why::NotCallable { operand, ty: self.display(ty) },
                        None => Why::NotCallable { operand, ty: self.display(callee.ty) },
                    };
                    self.error(expr.id, why);
                }
                self.invalid(expr)
            }
        }
    }

    fn call_symbol(
        &mut self,
        (id, instance): (SymbolId, &[Ty]),
        receiver: Option<Operand>,
        signature: &Rc<Signature>,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let Some(symbol) = self.ck.index.symbol(id).cloned() else { return self.invalid(expr) };
        if self.function.is_none() {
            // An initialiser: not constant, whatever the call is.
            self.arguments(signature, text, (arguments, spread), expr);
            return self.result(expr, signature, ExprKind::Helper { helper: 0, arguments: Vec::new() });
        }
        if receiver.is_some() && self.is_broken(id, instance) {
            self.arguments(signature, text, (arguments, spread), expr);
            return self.result_only(expr, signature);
        }
        if let Some(words) = symbol.directive("intrinsic")
            && self.ck.index.is_standard(symbol.package)
        {
            let words = words.to_owned();
            return self.intrinsic(&words, signature, text, (arguments, spread), expr);
        }
        let has_body = matches!(symbol.kind, SymbolKind::Func(func) if func.body.is_some());
        if symbol.package == Package::User || (symbol.package != Package::Sdk && has_body) {
            if let Some(receiver) = &receiver
                && matches!(receiver.mode, Mode::MapVariable(_))
            {
                // A map that is a package variable is none of Go's.
                self.error(receiver.node, Why::MapMisuse { name: receiver.text.as_str().into() });
                self.arguments(signature, text, (arguments, spread), expr);
                return self.result_only(expr, signature);
            }
            return self.call_user((id, instance), receiver, signature, text, (arguments, spread), expr);
        }
        if let Some(words) = symbol.directive("helper") {
            let words = words.to_owned();
            return self.call_helper(&symbol, &words, receiver, signature, text, (arguments, spread), expr);
        }
        if let (Some("get"), Some(Operand { mode: Mode::MapVariable(variable), ty, .. })) =
            (symbol.directive("const"), &receiver)
        {
            let (variable, ty) = (*variable, *ty);
            if self.arguments(signature, text, (arguments, spread), expr).is_none() {
                return self.result_only(expr, signature);
            }
            return match crate::variables::global(self.ck, variable, ty) {
                Some(global) => self.result(expr, signature, ExprKind::Global(global)),
                None => self.result_only(expr, signature),
            };
        }
        if let (Some(fields), Some(receiver)) = (symbol.directive("packet"), &receiver) {
            if self.arguments(signature, text, (arguments, spread), expr).is_none() {
                return self.result_only(expr, signature);
            }
            return self.packet(fields, receiver, expr, signature);
        }
        self.error(expr.id, Why::NativeOnly { name: text.to_owned() });
        self.invalid(expr)
    }

    /// The result of a call: nothing, a value, or several.
    pub fn result(&mut self, expr: &ast::Expr, signature: &Signature, kind: ExprKind) -> Operand {
        let (mode, ty) = match signature.results.as_slice() {
            [one] => (Mode::Value, *one),
            [] => (Mode::NoValue, self.ck.types.intern(Kind::Tuple([].into(), [].into()))),
            several => {
                let names = signature.names.get(signature.params.len()..).unwrap_or_default();
                let tuple = self.ck.types.intern(Kind::Tuple(several.into(), names.into()));
                (Mode::Value, tuple)
            }
        };
        self.operand(expr, mode, ty, kind)
    }

    fn call_user(
        &mut self,
        (id, instance): (SymbolId, &[Ty]),
        receiver: Option<Operand>,
        signature: &Rc<Signature>,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let receiver_type = receiver.as_ref().map(|receiver| receiver.ty);
        let mut values: Vec<hir::Expr> = receiver.map(|receiver| receiver.hir).into_iter().collect();
        let Some((mut before, mut rest)) = self.arguments(signature, text, (arguments, spread), expr) else {
            return self.result_only(expr, signature);
        };
        // What runs before the call must not overtake the receiver.
        if let (false, Some(ty), Some(value)) = (before.is_empty(), receiver_type, values.first_mut()) {
            let local = self.hidden(ty, expr.id);
            let read = self.local_expr(local, expr.id);
            let init = Some(std::mem::replace(value, read));
            before.insert(0, hir::Stmt { node: expr.id, kind: hir::StmtKind::Declare { local, init } });
        }
        values.append(&mut rest);
        let function = self.reaches_instance(id, instance, expr.id);
        let call = self.result(expr, signature, ExprKind::Call { function, arguments: values });
        self.after(before, call)
    }

    /// The result of a call whose arguments have an error: its type is known all the same.
    pub fn result_only(&mut self, expr: &ast::Expr, signature: &Signature) -> Operand {
        self.result(expr, signature, ExprKind::Zero)
    }

    /// The operand after `stmts`.
    pub fn after(&mut self, stmts: Vec<hir::Stmt>, operand: Operand) -> Operand {
        if stmts.is_empty() {
            return operand;
        }
        let (node, ty) = (operand.hir.node, operand.hir.ty);
        let kind = ExprKind::Sequence { stmts, value: Box::new(operand.hir) };
        Operand { hir: hir::Expr { node, ty, kind }, ..operand }
    }

    /// The arguments as values of the parameters' types, with statements that run before the call; `None` where their
    /// number is wrong.
    pub fn arguments(
        &mut self,
        signature: &Signature,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Option<(Vec<hir::Stmt>, Vec<hir::Expr>)> {
        let mut before = Vec::new();
        let operands = self.argument_operands(arguments, &mut before);
        let values = self.assign_arguments(signature, text, (arguments, operands, spread), expr)?;
        Some((before, values))
    }

    /// The operands as values of the parameters' types; `None` where their number is wrong.
    fn assign_arguments(
        &mut self,
        signature: &Signature,
        text: &str,
        (arguments, operands, spread): (&'a [ast::Expr], Vec<Operand>, bool),
        expr: &'a ast::Expr,
    ) -> Option<Vec<hir::Expr>> {
        if spread && !signature.variadic {
            let node = arguments.last().map_or(expr.id, |last| last.id);
            self.error(node, Why::SpreadNotVariadic { function: text.to_owned() });
            return None;
        }
        let fixed = signature.params.len() - usize::from(signature.variadic && !spread);
        let found = operands.len();
        if found < fixed || (found > fixed && (spread || !signature.variadic)) {
            let too_many = found > fixed;
            let have: Vec<Ty> = operands
                .iter()
                .enumerate()
                .map(|(position, operand)| match arguments.get(position) {
                    Some(argument) if operand.ty == Types::UNKNOWN => self.type_without_value(argument),
                    _ => operand.ty,
                })
                .collect();
            let node = match operands.get(fixed) {
                Some(extra) if too_many => extra.node,
                _ => expr.id,
            };
            let mut have = self.have(&have);
            if spread && have.len() > 2 {
                have.insert_str(have.len() - 1, "...");
            }
            let want = self.want(&signature.params, signature.variadic);
            self.error(node, Why::ArgumentCount { function: text.to_owned(), have, want, too_many });
            return None;
        }
        let context = format!("argument to {text}");
        let (_, operands) = self.inferred_call(None, (signature, text), (arguments, operands), expr)?;
        let mut operands = operands.into_iter();
        let mut values: Vec<hir::Expr> = operands
            .by_ref()
            .take(fixed)
            .zip(&signature.params)
            .map(|(operand, target)| self.argument(operand, *target, &context))
            .collect();
        if let (true, false, Some(last)) = (signature.variadic, spread, signature.params.last()) {
            let rest: Vec<Operand> = operands.collect();
            values.push(self.packed(rest, *last, &context, expr));
        }
        Some(values)
    }

    /// The operand as a value of a parameter's type. That the kernel has no interfaces is said of the parameter.
    fn argument(&mut self, operand: Operand, target: Ty, context: &str) -> hir::Expr {
        let types = &self.ck.types;
        let of_interface = types.interface(target).is_some() && types.param_of(target).is_none();
        match of_interface && !operand.is_invalid() && self.fits(&operand, target) {
            true => self.unknown_expr(operand.node),
            false => self.assign(operand, target, context),
        }
    }

    /// The type that Go goes on with for a call of a function without results: that of the function.
    fn type_without_value(&mut self, expr: &'a ast::Expr) -> Ty {
        let ast::ExprKind::Call { function, .. } = &crate::stmt::strip_parens(expr).kind else {
            return Types::UNKNOWN;
        };
        let callee = self.raw_expr(function);
        match self.ck.types.kind(callee.ty) {
            Kind::Func(signature) if signature.results.is_empty() => callee.ty,
            _ => Types::UNKNOWN,
        }
    }

    /// A call of a generic function whose type arguments follow from the arguments.
    fn call_generic(
        &mut self,
        callee: Operand,
        id: SymbolId,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let Kind::Func(signature) = self.ck.types.kind(callee.ty).clone() else { return self.invalid(expr) };
        let mut before = Vec::new();
        let operands = self.argument_operands(arguments, &mut before);
        let fixed = signature.params.len() - usize::from(signature.variadic && !spread);
        let found = operands.len();
        if found < fixed || (found > fixed && (spread || !signature.variadic)) {
            self.assign_arguments(&signature, &callee.text, (arguments, operands, spread), expr);
            return self.uninferred_call(id, &signature, expr);
        }
        let mut plain = Signature::clone(&signature);
        plain.variadic &= !spread;
        let called = Some((&callee, id));
        let inferred = self.inferred_call(called, (&plain, &callee.text), (arguments, operands), expr);
        let Some((Some(instance), operands)) = inferred else {
            return self.uninferred_call(id, &signature, expr);
        };
        let Kind::Func(signature) = self.ck.types.kind(instance.ty).clone() else {
            return self.invalid(expr);
        };
        let Some(values) =
            self.assign_arguments(&signature, &callee.text, (arguments, operands, spread), expr)
        else {
            return self.result_only(expr, &signature);
        };
        if self.function.is_none() {
            return self.result(expr, &signature, ExprKind::Helper { helper: 0, arguments: Vec::new() });
        }
        let function = self.reaches_instance(id, &instance.instance, expr.id);
        let call = self.result(expr, &signature, ExprKind::Call { function, arguments: values });
        self.after(before, call)
    }

    /// The result of a call of a generic function with wrong arguments. It is called all the same: what is wrong in it is
    /// said.
    fn uninferred_call(&mut self, id: SymbolId, signature: &Signature, expr: &'a ast::Expr) -> Operand {
        self.ck.book.lose();
        self.ck.uninstantiated.push(id);
        let params = self.ck.type_params(id);
        let generic = |ty: &Ty| params.iter().any(|param| self.ck.mentions(*ty, *param));
        match signature.results.iter().any(generic) {
            true => self.invalid(expr),
            false => self.result_only(expr, signature),
        }
    }

    /// The arguments of a variadic parameter as a slice.
    fn packed(&mut self, rest: Vec<Operand>, slice: Ty, context: &str, expr: &ast::Expr) -> hir::Expr {
        let Kind::Slice(element) = self.ck.types.under(slice).clone() else {
            return self.unknown_expr(expr.id);
        };
        let values: Vec<(u64, hir::Expr)> = rest
            .into_iter()
            .zip(0..)
            .map(|(operand, index)| (index, self.assign(operand, element, context)))
            .collect();
        if values.is_empty() {
            let ty = self.lower(slice);
            return hir::Expr { node: expr.id, ty, kind: ExprKind::Zero };
        }
        let array = self.ck.types.intern(Kind::Array(element, values.len() as u64));
        let ty = self.lower(array);
        let init = hir::Expr { node: expr.id, ty, kind: ExprKind::Array(values) };
        self.slice_of_new(array, Some(init), None, slice, expr).hir
    }

    /// The arguments of a call, of which one may be a call with several results.
    /// Generic functions stay as they are: the parameters' types say what their type arguments are.
    fn argument_operands(&mut self, arguments: &'a [ast::Expr], before: &mut Vec<hir::Stmt>) -> Vec<Operand> {
        let mut operands: Vec<Operand> = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if self.is_generic_type(argument) {
                self.error(argument.id, Why::NotAnExpression { expr: expression(argument) });
                operands.push(self.invalid(argument));
                continue;
            }
            let operand = self.raw_expr(argument);
            if arguments.len() == 1
                && let Some(types) = self.call_types(&operand).filter(|types| types.len() > 1)
            {
                let (node, text) = (operand.node, operand.text.clone());
                let locals = self.call_results(operand, &types, before);
                return locals
                    .into_iter()
                    .zip(types)
                    .map(|(local, ty)| {
                        let hir = self.local_expr(local, node);
                        Operand { mode: Mode::Value, ty, text: text.clone(), node, hir, instance: Vec::new() }
                    })
                    .collect();
            }
            operands.push(match operand.mode {
                Mode::Generic(_) => operand,
                _ => self.single_value(operand, argument),
            });
        }
        operands
    }

    /// Types as Go's messages list them: `(number, string)` for untyped ones.
    pub fn have(&self, types: &[Ty]) -> String {
        let shown: Vec<String> = types
            .iter()
            .map(|ty| match self.ck.types.is_untyped(*ty) {
                true if self.ck.types.is_numeric(*ty) => "number".into(),
                true if self.ck.types.is_string(*ty) => "string".into(),
                true if self.ck.types.is_boolean(*ty) => "bool".into(),
                true => "nil".into(),
                false if *ty == Types::UNKNOWN => "unknown type".into(),
                false => self.display(*ty),
            })
            .collect();
        format!("({})", shown.join(", "))
    }

    /// The types of parameters or results as Go's messages list them.
    pub fn want(&self, types: &[Ty], variadic: bool) -> String {
        let mut shown: Vec<String> = types
            .iter()
            .map(|ty| match *ty == Types::UNKNOWN {
                true => "unknown type".to_owned(),
                false => self.display(*ty),
            })
            .collect();
        if let (true, Some(last), Some(ty)) = (variadic, shown.last_mut(), types.last())
            && let Kind::Slice(element) = self.ck.types.kind(*ty)
        {
            *last = format!("...{}", self.display(*element));
        }
        format!("({})", shown.join(", "))
    }

    /// `expression(expr)` for a call without its arguments.
    pub fn callee_text(expr: &ast::Expr) -> String {
        match &expr.kind {
            ast::ExprKind::Call { function, .. } => expression(function),
            _ => expression(expr),
        }
    }
}
