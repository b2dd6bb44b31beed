//! What the kernel side doesn't have and Go's rules hold for all the same: type assertions, type switches, `go`.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BranchKind::Fallthrough};
use smol_str::SmolStr;

use crate::callkind::CallKind;
use crate::context::{Cx, EntityKind, Mode, Operand, Scope};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::ty::{Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// `operand.(ty)`.
    pub fn type_assertion(
        &mut self,
        operand: &'a ast::Expr,
        ty: &'a ast::Expr,
        expr: &'a ast::Expr,
    ) -> Operand {
        let value = self.expr(operand);
        if value.is_invalid() {
            return self.invalid(expr);
        }
        let is_param = self.ck.types.param_of(value.ty).is_some();
        if is_param || self.ck.types.interface(value.ty).is_none() {
            let operand = self.describe(&value);
            self.error(value.node, Why::NotAssertable { operand, is_param });
            return self.invalid(expr);
        }
        let target = self.variable_type_expr(ty);
        if self.ck.types.is_unknown(target) {
            return self.invalid(expr);
        }
        if let Some(cause) = self.impossible(value.ty, target) {
            let (text, on) = (expression(expr), self.display(value.ty));
            let ty = self.display(target);
            self.error(expr.id, Why::ImpossibleAssertion { expr: text, ty, on, cause });
        }
        let result = self.refused(NotInKernel::Interface, target, &[], expr);
        Operand { mode: Mode::CommaOk, ..result }
    }

    /// Why no value of the interface `from` can be a `target`.
    fn impossible(&mut self, from: Ty, target: Ty) -> Option<String> {
        if self.ck.types.interface(target).is_some() {
            return None;
        }
        let methods = self.ck.types.interface(from)?.methods.clone();
        self.missing_method(target, &methods)
    }

    /// Does `f`, which looks at what the kernel side doesn't have, for Go's rules only.
    fn by_rules_of_go(&mut self, f: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.ck.is_abstract, true);
        f(self);
        self.ck.is_abstract = outer;
    }

    /// `go call`.
    pub fn go_statement(&mut self, call: &'a ast::Expr, node: NodeId) {
        self.unsupported(node, NotInKernel::Goroutine);
        self.by_rules_of_go(|cx| {
            let operand = cx.raw_expr(call);
            if !matches!(crate::stmt::strip_parens(call).kind, ast::ExprKind::Call { .. }) {
                return; // as the parser has said
            }
            let kind = cx.call_kind(call);
            if kind == CallKind::Statement {
                return;
            }
            let expr = match operand.is_invalid() {
                true => format!("{} (invalid operand)", operand.text),
                false => cx.describe(&operand),
            };
            let word = "go";
            let why = match kind {
                CallKind::Conversion => Why::DeferConversion { word, expr },
                _ => Why::DeferDiscards { word, expr },
            };
            cx.error(call.id, why);
        });
    }

    /// `switch binding := operand.(type) { ... }`, after its initial statement.
    pub fn type_switch(
        &mut self,
        label: Option<SmolStr>,
        binding: Option<&'a ast::Ident>,
        operand: &'a ast::Expr,
        cases: &'a [ast::CaseClause],
        node: NodeId,
    ) {
        self.unsupported(node, NotInKernel::Interface);
        self.by_rules_of_go(|cx| {
            let value = cx.expr(operand);
            let is_param = cx.ck.types.param_of(value.ty).is_some();
            let is_known = !value.is_invalid();
            let is_interface = !is_param && cx.ck.types.interface(value.ty).is_some();
            if is_known && !is_interface {
                let operand = cx.describe(&value);
                cx.error(value.node, Why::NotSwitchable { operand, is_param });
            }
            if let Some(name) = binding.filter(|name| name.name == "_") {
                cx.error(name.id, Why::NoNewVariable);
            }
            let value = (is_known && is_interface).then_some(value);
            cx.type_cases(label, binding, value.as_ref(), cases);
        });
    }

    fn type_cases(
        &mut self,
        label: Option<SmolStr>,
        binding: Option<&'a ast::Ident>,
        value: Option<&Operand>,
        cases: &'a [ast::CaseClause],
    ) {
        let mut seen: Vec<(Option<Ty>, NodeId)> = Vec::new();
        let mut default: Option<NodeId> = None;
        let mut is_used = binding.is_none();
        self.enter(label, false);
        for case in cases {
            if case.values.is_none()
                && let Some(other) = default.replace(case.id)
            {
                let other = self.place(other);
                self.error(case.id, Why::DuplicateDefault { other });
            }
            let types = case.values.as_deref().unwrap_or_default();
            let ty = self.case_type(types, value, &mut seen);
            self.scopes.push(Scope::default());
            let local = binding.map(|name| {
                let local = self.new_local("", ty, name.id);
                self.declare(name, EntityKind::Local(local));
                local
            });
            let body = self.case_body(&case.body);
            self.stmts(body);
            self.scopes.pop();
            is_used |= local.is_some_and(|local| self.used.get(local.0 as usize).copied().unwrap_or(true));
        }
        self.jumps.pop();
        if let Some(name) = binding.filter(|name| !is_used && name.name != "_") {
            self.error(name.id, Why::BindingNotUsed { name: name.name.clone() });
        }
    }

    /// The statements of a clause without a final `fallthrough`, which is an error.
    fn case_body(&mut self, body: &'a [ast::Stmt]) -> &'a [ast::Stmt] {
        match body.split_last() {
            Some((last, rest)) if matches!(last.kind, ast::StmtKind::Branch { kind: Fallthrough, .. }) => {
                self.error(last.id, Why::FallthroughOfTypes);
                rest
            }
            _ => body,
        }
    }

    /// The type that the variable has in a clause for `types`.
    fn case_type(
        &mut self,
        types: &'a [ast::Expr],
        value: Option<&Operand>,
        seen: &mut Vec<(Option<Ty>, NodeId)>,
    ) -> Ty {
        let mut last = None;
        for expr in types {
            let ty = match self.is_nil_expr(expr) {
                true => None,
                false => match self.variable_type_expr(expr) {
                    Types::UNKNOWN => {
                        last = None;
                        continue;
                    }
                    ty => Some(ty),
                },
            };
            last = ty;
            let same = |known: &Option<Ty>| match (known, ty) {
                (None, None) => true,
                (Some(a), Some(b)) => self.ck.types.identical(*a, b),
                _ => false,
            };
            if let Some((_, other)) = seen.iter().find(|(known, _)| same(known)) {
                let other = self.place(*other);
                let ty = ty.map_or_else(|| "nil".to_owned(), |ty| self.display(ty));
                self.error(expr.id, Why::DuplicateTypeCase { ty, other });
                continue;
            }
            seen.push((ty, expr.id));
            if let (Some(value), Some(ty)) = (value, ty)
                && let Some(cause) = self.impossible(value.ty, ty)
            {
                let (text, operand, ty) = (expression(expr), self.describe(value), self.display(ty));
                self.error(expr.id, Why::ImpossibleCase { expr: text, operand, ty, cause });
            }
        }
        match (types, last) {
            ([_], Some(ty)) => ty,
            ([only], None) if !self.is_nil_expr(only) => Types::UNKNOWN,
            _ => value.map_or(Types::UNKNOWN, |value| value.ty),
        }
    }

    fn is_nil_expr(&mut self, expr: &ast::Expr) -> bool {
        matches!(&expr.kind, ast::ExprKind::Ident(name)
            if matches!(self.meaning(name), Some(crate::typexpr::Meaning::Nil)))
    }
}
