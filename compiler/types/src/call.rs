//! Calls: conversions, functions of the package, and what the SDK's directives bind.

use std::rc::Rc;

use gobpf_bpf::tables::Helper;
use gobpf_syntax::ast;

use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::symbols::{Package, Symbol, SymbolId};
use crate::ty::{Kind, Signature, Ty};

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
        match callee.mode.clone() {
            Mode::Type => self.conversion(callee.ty, arguments, expr),
            Mode::Builtin(builtin) => self.builtin(builtin, arguments, expr),
            Mode::Function(symbol) => {
                let Kind::Func(signature) = self.ck.types.kind(callee.ty).clone() else {
                    return self.invalid(expr);
                };
                self.call_symbol(symbol, None, &signature, &callee.text, (arguments, spread), expr)
            }
            Mode::Method { symbol, receiver } => {
                let Kind::Func(signature) = self.ck.types.kind(callee.ty).clone() else {
                    return self.invalid(expr);
                };
                self.call_symbol(symbol, Some(*receiver), &signature, &callee.text, (arguments, spread), expr)
            }
            Mode::Invalid | Mode::Native => {
                for argument in arguments {
                    self.raw_expr(argument); // names in it count as used
                }
                self.invalid(expr)
            }
            _ => {
                if matches!(self.ck.types.under(callee.ty), Kind::Func(_)) {
                    self.unsupported(function.id, NotInKernel::FunctionValue);
                } else if !callee.is_invalid() {
                    let operand = self.describe(&callee);
                    self.error(expr.id, Why::NotCallable { operand });
                }
                self.invalid(expr)
            }
        }
    }

    fn call_symbol(
        &mut self,
        id: SymbolId,
        receiver: Option<Operand>,
        signature: &Rc<Signature>,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let Some(symbol) = self.ck.index.symbol(id).cloned() else { return self.invalid(expr) };
        if self.function.is_none() {
            // An initialiser: not constant, whatever the call is.
            return self.result(expr, signature, ExprKind::Helper { helper: 0, arguments: Vec::new() });
        }
        if symbol.package == Package::User {
            if let Some(receiver) = &receiver
                && matches!(receiver.mode, Mode::MapVariable(_))
            {
                return self.invalid(expr); // methods of the user on SDK types do not exist
            }
            return self.call_user(id, receiver, signature, text, (arguments, spread), expr);
        }
        if let Some(words) = symbol.directive("helper") {
            let words = words.to_owned();
            return self.call_helper(&symbol, &words, receiver, signature, text, arguments, expr);
        }
        if let (Some(fields), Some(receiver)) = (symbol.directive("packet"), &receiver) {
            return self.packet(fields, receiver, expr, signature);
        }
        self.error(expr.id, Why::NativeOnly { name: text.to_owned() });
        self.invalid(expr)
    }

    /// The result of a call: nothing, a value, or several.
    fn result(&mut self, expr: &ast::Expr, signature: &Signature, kind: ExprKind) -> Operand {
        let (mode, ty) = match signature.results.as_slice() {
            [one] => (Mode::Value, *one),
            [] => (Mode::NoValue, self.ck.types.intern(Kind::Tuple([].into()))),
            several => {
                let tuple = self.ck.types.intern(Kind::Tuple(several.into()));
                (Mode::Value, tuple)
            }
        };
        self.operand(expr, mode, ty, kind)
    }

    fn call_user(
        &mut self,
        id: SymbolId,
        receiver: Option<Operand>,
        signature: &Rc<Signature>,
        text: &str,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        if spread || signature.variadic {
            for argument in arguments {
                self.raw_expr(argument);
            }
            self.unsupported(expr.id, NotInKernel::Builtin("variadic functions"));
            return self.invalid(expr);
        }
        let mut values: Vec<hir::Expr> = receiver.map(|receiver| receiver.hir).into_iter().collect();
        let Some(mut rest) = self.arguments(signature, text, arguments, expr) else {
            return self.result_only(expr, signature);
        };
        values.append(&mut rest);
        let function = self.reaches(id, expr.id);
        self.result(expr, signature, ExprKind::Call { function, arguments: values })
    }

    /// The result of a call whose arguments have an error: its type is known all the same.
    fn result_only(&mut self, expr: &ast::Expr, signature: &Signature) -> Operand {
        self.result(expr, signature, ExprKind::Zero)
    }

    /// The arguments as values of the parameters' types; `None` where their number is wrong.
    pub fn arguments(
        &mut self,
        signature: &Signature,
        text: &str,
        arguments: &'a [ast::Expr],
        expr: &'a ast::Expr,
    ) -> Option<Vec<hir::Expr>> {
        let mut operands: Vec<Operand> = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let operand = self.raw_expr(argument);
            if arguments.len() == 1
                && signature.params.len() > 1
                && matches!(self.ck.types.kind(operand.ty), Kind::Tuple(types) if !types.is_empty())
            {
                let what = NotInKernel::Builtin("a call with several results as arguments");
                self.unsupported(argument.id, what);
                return None;
            }
            operands.push(self.single_value(operand, argument));
        }
        if operands.len() != signature.params.len() {
            if operands.iter().any(Operand::is_invalid) {
                return None;
            }
            let too_many = operands.len() > signature.params.len();
            let have: Vec<Ty> = operands.iter().map(|operand| operand.ty).collect();
            let node = match operands.get(signature.params.len()) {
                Some(extra) if too_many => extra.node,
                _ => operands.last().map_or(expr.id, |last| last.node),
            };
            let have = self.have(&have);
            let want = format!("({})", self.ck.types.list(&signature.params));
            self.error(node, Why::ArgumentCount { function: text.to_owned(), have, want, too_many });
            return None;
        }
        let context = format!("argument to {text}");
        let values = operands
            .into_iter()
            .zip(&signature.params)
            .map(|(operand, target)| self.assign(operand, *target, &context))
            .collect();
        Some(values)
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
                false => self.display(*ty),
            })
            .collect();
        format!("({})", shown.join(", "))
    }

    /// A call that a `//bpf:helper N WORD...` directive binds.
    #[allow(clippy::too_many_arguments)]
    fn call_helper(
        &mut self,
        symbol: &Symbol<'a>,
        words: &str,
        receiver: Option<Operand>,
        signature: &Rc<Signature>,
        text: &str,
        arguments: &'a [ast::Expr],
        expr: &'a ast::Expr,
    ) -> Operand {
        let mut words = words.split_whitespace();
        let Some(helper) = words.next().and_then(|number| number.parse::<u32>().ok()) else {
            return self.invalid(expr);
        };
        self.check_helper_version(helper, &symbol.name, expr);
        let words: Vec<&str> = words.collect();
        if words == ["fmt"] {
            return match self.printk(text, arguments, expr) {
                Some(arguments) => self.result(expr, signature, ExprKind::Helper { helper, arguments }),
                None => self.result_only(expr, signature),
            };
        }
        let Some(values) = self.arguments(signature, text, arguments, expr) else {
            return self.result_only(expr, signature);
        };
        let mut values = values.into_iter();
        let mut lowered = Vec::with_capacity(words.len());
        for word in words {
            let argument = match word {
                "map" => receiver.as_ref().and_then(|receiver| self.map_argument(receiver)),
                "ref" => values.next().map(hir::Argument::Reference),
                "val" => values.next().map(hir::Argument::Value),
                "mem" => values.next().map(hir::Argument::Memory),
                other => other.strip_prefix("const:").and_then(|number| number.parse().ok()).map(|number| {
                    let ty = self.basic(crate::ty::Basic::Uint64);
                    hir::Argument::Value(self.int_expr(number, ty, expr.id))
                }),
            };
            match argument {
                Some(argument) => lowered.push(argument),
                None => return self.invalid(expr),
            }
        }
        self.result(expr, signature, ExprKind::Helper { helper, arguments: lowered })
    }

    fn check_helper_version(&mut self, helper: u32, name: &str, expr: &ast::Expr) {
        let target = self.ck.target;
        if let Some(row) = Helper::by_id(helper)
            && row.since > target
        {
            self.error(expr.id, Why::HelperTooNew { name: name.to_owned(), since: row.since, target });
        }
    }

    fn map_argument(&mut self, receiver: &Operand) -> Option<hir::Argument> {
        match receiver.mode {
            Mode::MapVariable(symbol) => crate::variables::map(self.ck, symbol).map(hir::Argument::Map),
            _ => {
                let name = receiver.text.as_str().into();
                self.error(receiver.node, Why::MapMisuse { name });
                None
            }
        }
    }

    /// A method that gives the packet of its context.
    fn packet(
        &mut self,
        fields: &str,
        receiver: &Operand,
        expr: &'a ast::Expr,
        signature: &Signature,
    ) -> Operand {
        let target = match self.ck.types.under(receiver.ty) {
            Kind::Pointer(target) => *target,
            _ => return self.invalid(expr),
        };
        let lowered = self.lower(target);
        let hir::Type::Struct(context) = self.ck.hir.get(lowered) else { return self.invalid(expr) };
        let position = |name: Option<&str>| {
            let name = name?;
            context.fields.iter().position(|field| field.name == name).map(|index| index as u32)
        };
        let mut names = fields.split_whitespace();
        match (position(names.next()), position(names.next())) {
            (Some(start), Some(end)) => {
                let context = Box::new(receiver.hir.clone());
                self.result(expr, signature, ExprKind::Packet { context, start, end })
            }
            _ => self.invalid(expr),
        }
    }

    /// `expression(expr)` for a call without its arguments.
    pub fn callee_text(expr: &ast::Expr) -> String {
        match &expr.kind {
            ast::ExprKind::Call { function, .. } => expression(function),
            _ => expression(expr),
        }
    }
}
