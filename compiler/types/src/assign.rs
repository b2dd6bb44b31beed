//! Declarations of variables and assignments.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind as Syntax};

use crate::context::{Cx, EntityKind, Mode, Operand};
use crate::describe::expression;
use crate::error::{ValueCount, Why};
use crate::hir::{self, ExprKind, LocalId, Stmt, StmtKind};
use crate::stmt::strip_parens;
use crate::ty::{Basic, Kind, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// `var a, b T = x, y` in a function.
    pub fn local_variables(&mut self, spec: &'a ast::VarSpec, out: &mut Vec<Stmt>) {
        let declared = spec.ty.as_ref().map(|ty| {
            let resolved = self.variable_type_expr(ty);
            if !self.refuses_map(resolved, ty.id) {
                self.require_kernel_type(resolved, ty.id);
            }
            resolved
        });
        let of_call = spec.values.len() == 1 && spec.names.len() > 1;
        let context = if of_call { "assignment" } else { "variable declaration" };
        let targets: Vec<Ty> = spec.values.iter().filter_map(|_| declared).collect();
        self.are_for(&spec.values, &targets);
        let values = self.initial_values(&spec.names, &spec.values, (declared, false), context, out);
        for (name, (value, ty)) in spec.names.iter().zip(values) {
            let local = self.new_local(&name.name, ty, name.id);
            self.declare(name, EntityKind::Local(local));
            self.watch_use(name, local);
            out.push(Stmt { node: name.id, kind: StmtKind::Declare { local, init: value } });
        }
    }

    /// A map is a package variable and nothing else.
    fn refuses_map(&mut self, ty: Ty, node: NodeId) -> bool {
        let is_map = self.map_type(ty).is_some();
        if is_map {
            let name = self.display(ty).into();
            self.error(node, Why::MapMisuse { name });
        }
        is_map
    }

    /// The blank identifier is never unused.
    fn watch_use(&mut self, name: &ast::Ident, local: LocalId) {
        if name.name == "_" || name.name.is_empty() {
            self.mark_used(local);
        }
    }

    /// The values of a declaration with their types, one for each name. It has a declared type, or `is_short` for `:=`.
    fn initial_values(
        &mut self,
        names: &[ast::Ident],
        values: &'a [ast::Expr],
        (declared, is_short): (Option<Ty>, bool),
        context: &str,
        out: &mut Vec<Stmt>,
    ) -> Vec<(Option<hir::Expr>, Ty)> {
        let unknown = |count: usize| -> Vec<(Option<hir::Expr>, Ty)> {
            (0..count).map(|_| (None, declared.unwrap_or(Types::UNKNOWN))).collect()
        };
        if values.is_empty() {
            return unknown(names.len());
        }
        if let [call] = values
            && names.len() != 1
        {
            let operand = self.several_values(call);
            return match self.result_types(&operand, names.len()) {
                Some(types) if types.len() == names.len() => {
                    let locals = self.call_results(operand.clone(), &types, out);
                    let parts: Vec<_> = locals.into_iter().zip(types).collect();
                    parts
                        .into_iter()
                        .zip(0..)
                        .map(|((local, ty), position)| {
                            let part = self.part_of_call(&operand, position, local, ty);
                            let target = declared.unwrap_or(ty);
                            (Some(self.assign_part(part, target, context)), target)
                        })
                        .collect()
                }
                _ => {
                    self.count_mismatch(names.len(), values, &operand);
                    unknown(names.len())
                }
            };
        }
        if values.len() != names.len() && is_short {
            if let (true, Some(first)) = (self.are_valid(values), values.first()) {
                let count = ValueCount::Expressions(values.len());
                self.error(first.id, Why::AssignmentCount { variables: names.len(), values: count });
            }
            return unknown(names.len());
        }
        self.check_arity(names, values);
        let (values, extra) = values.split_at(values.len().min(names.len()));
        self.use_all(extra);
        let single = |cx: &mut Self, value, name: &str| match (is_short, declared, names) {
            (true, ..) => cx.single(value, names),
            (false, Some(target), _) => cx.value_for(value, target, name),
            _ => cx.expr(value),
        };
        let operands: Vec<Operand> = self.with_hoisting(values, out, |cx| {
            let values = values.iter().zip(names);
            values.map(|(value, name)| single(cx, value, &name.name)).collect()
        });
        let missing = unknown(names.len() - values.len());
        operands
            .into_iter()
            .map(|operand| {
                let node = operand.node;
                if operand.is_invalid() {
                    return (None, declared.unwrap_or(Types::UNKNOWN));
                }
                let (value, ty) = match declared {
                    Some(ty) => (self.assign(operand, ty, context), ty),
                    None => self.value(operand, context),
                };
                if declared.is_none() && !self.is_refused(&value) {
                    self.require_kernel_type(ty, node);
                }
                (Some(value), ty)
            })
            .chain(missing)
            .collect()
    }

    /// Reports a declaration whose values are too few or too many, one call for several names apart.
    pub fn check_arity(&mut self, names: &[ast::Ident], values: &[ast::Expr]) {
        if let Some(extra) = values.get(names.len()) {
            self.error(extra.id, Why::ExtraInitial { expr: expression(extra) });
        }
        if let (Some(name), false) = (names.get(values.len()), values.len() < 2) {
            self.error(name.id, Why::MissingInitial { name: name.name.clone() });
        }
    }

    /// A call that may have several results.
    fn several_values(&mut self, call: &'a ast::Expr) -> Operand {
        let operand = self.raw_expr(call);
        match operand.mode {
            Mode::NoValue | Mode::Type | Mode::Builtin(_) | Mode::Generic(_) => {
                self.single_value(operand, call)
            }
            _ => operand,
        }
    }

    /// The result of a call, at this position, that is in the variable `local`.
    fn part_of_call(&mut self, call: &Operand, position: usize, local: LocalId, ty: Ty) -> Operand {
        let (text, node) = (call.text.clone(), call.node);
        let hir = self.local_expr(local, node);
        let (mode, ty) = match &call.mode {
            Mode::MapEntry | Mode::CommaOk if position == 0 => (call.mode.clone(), ty),
            Mode::MapEntry | Mode::CommaOk => (Mode::Value, self.basic(Basic::UntypedBool)),
            _ => (Mode::Value, ty),
        };
        Operand { mode, ty, text, node, hir, instance: Vec::new() }
    }

    /// A part of a call's results as a value of `target`.
    pub fn assign_part(&mut self, part: Operand, target: Ty, context: &str) -> hir::Expr {
        self.assigns_parts = true;
        let value = self.assign(part, target, context);
        self.assigns_parts = false;
        value
    }

    /// Nothing is wrong with the expressions, whatever they are; names in them count as used.
    pub fn are_valid(&mut self, exprs: &'a [ast::Expr]) -> bool {
        let mut valid = true;
        for expr in exprs {
            let is_blank = matches!(&strip_parens(expr).kind, Syntax::Ident(name) if name == "_");
            valid &= is_blank || !matches!(self.raw_expr(expr).mode, Mode::Invalid | Mode::Native);
        }
        valid
    }

    /// One value of as many as there are names; a call with several results where one is wanted is a wrong count.
    fn single(&mut self, value: &'a ast::Expr, names: &[ast::Ident]) -> Operand {
        let operand = self.raw_expr(value);
        if names.len() == 1 && self.call_types(&operand).is_some_and(|types| types.len() > 1) {
            self.count_mismatch(1, std::slice::from_ref(value), &operand);
            return self.invalid(value);
        }
        self.single_value(operand, value)
    }

    pub fn count_mismatch(&mut self, variables: usize, values: &[ast::Expr], first: &Operand) {
        if matches!(first.mode, Mode::Invalid | Mode::Native) && values.len() == 1 {
            return;
        }
        let values = match values {
            [call] if matches!(strip_parens(call).kind, Syntax::Call { .. }) => ValueCount::Call {
                function: Self::callee_text(strip_parens(call)),
                results: self.call_types(first).map_or(1, |types| types.len()),
            },
            several => ValueCount::Expressions(several.len()),
        };
        // The call may have a wrong number of arguments as well.
        self.ck.another_error(self.place(first.node), Why::AssignmentCount { variables, values });
    }

    /// The types of a call's results, where it has none or several.
    pub fn call_types(&self, operand: &Operand) -> Option<Vec<Ty>> {
        match self.ck.types.kind(operand.ty) {
            Kind::Tuple(types, _) => Some(types.to_vec()),
            _ => None,
        }
    }

    /// The types that `count` variables get from `operand`, a call with several results or an entry of a map.
    fn result_types(&mut self, operand: &Operand, count: usize) -> Option<Vec<Ty>> {
        match self.comma_ok(operand).filter(|_| count == 2) {
            Some(types) => Some(types.to_vec()),
            None => self.call_types(operand),
        }
    }

    /// Puts the results of `call` into new variables without names.
    pub fn call_results(&mut self, call: Operand, types: &[Ty], out: &mut Vec<Stmt>) -> Vec<LocalId> {
        let node = call.node;
        let locals: Vec<LocalId> = types.iter().map(|ty| self.new_local("", *ty, node)).collect();
        for local in &locals {
            self.mark_used(*local);
            out.push(Stmt { node, kind: StmtKind::Declare { local: *local, init: None } });
        }
        let targets = locals.iter().map(|local| Some(self.local_expr(*local, node))).collect();
        push_call(targets, call.hir, node, out);
        locals
    }

    /// `a, b := x, y`.
    pub fn short_var(
        &mut self,
        lhs: &'a [ast::Expr],
        rhs: &'a [ast::Expr],
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let mut names: Vec<ast::Ident> = Vec::with_capacity(lhs.len());
        let mut wrong = false;
        for target in lhs {
            let name = self.name_on_left(target, &names);
            wrong |= name.is_none();
            names.push(name.unwrap_or_else(|| ast::Ident { id: target.id, name: "_".into() }));
        }
        let known: Vec<Option<LocalId>> = names.iter().map(|name| self.in_this_scope(name)).collect();
        if !wrong && names.iter().zip(&known).all(|(name, known)| known.is_some() || name.name == "_") {
            self.error(node, Why::NoNewVariables);
            return self.assignment(lhs, rhs, node, out);
        }
        if let [call] = rhs
            && names.len() > 1
        {
            return self.short_var_call(&names, &known, call, node, out);
        }
        let fresh = known.iter().all(Option::is_none);
        let values = match fresh {
            true => self.initial_values(&names, rhs, (None, true), "assignment", out),
            false => self.mixed_values(&names, &known, rhs),
        };
        let mut targets = Vec::new();
        let mut assigned = Vec::new();
        for ((name, known), (value, ty)) in names.iter().zip(&known).zip(values) {
            let local = match known {
                Some(local) => {
                    self.variables.changed.push(*local);
                    *local
                }
                None => {
                    let local = self.new_local(&name.name, ty, name.id);
                    self.declare(name, EntityKind::Local(local));
                    self.watch_use(name, local);
                    let init = if fresh { value.clone() } else { None };
                    out.push(Stmt { node: name.id, kind: StmtKind::Declare { local, init } });
                    local
                }
            };
            if let (false, Some(value)) = (fresh, value) {
                targets.push(Some(self.local_expr(local, name.id)));
                assigned.push(value);
            }
        }
        if !assigned.is_empty() {
            out.push(Stmt { node, kind: StmtKind::Assign { targets, values: assigned } });
        }
    }

    /// The name that `target`, on the left side of `:=`, is; `None` after an error.
    fn name_on_left(&mut self, target: &'a ast::Expr, before: &[ast::Ident]) -> Option<ast::Ident> {
        let Syntax::Ident(name) = &target.kind else {
            self.use_target(target);
            self.error(target.id, Why::NotAName { expr: expression(target) });
            return None;
        };
        if name != "_" && before.iter().any(|known| known.name == *name) {
            self.error(target.id, Why::RepeatedOnLeft { name: name.clone() });
            return None;
        }
        let other = self.scopes.last().and_then(|scope| scope.get(name));
        // Type parameters are declared where the parameters are.
        let is_parameter =
            name != "_" && self.scopes.len() == 1 && self.type_args.iter().any(|(known, _)| known == name);
        if is_parameter || other.is_some_and(|other| !matches!(other.kind, EntityKind::Local(_))) {
            self.error(target.id, Why::NotAVariable { expr: name.to_string() });
            return None;
        }
        Some(ast::Ident { id: target.id, name: name.clone() })
    }

    /// The variable called `name` that the innermost scope has already.
    fn in_this_scope(&self, name: &ast::Ident) -> Option<LocalId> {
        match self.scopes.last()?.get(&name.name)?.kind {
            EntityKind::Local(local) => Some(local),
            _ => None,
        }
    }

    /// Values for names of which some are known: each as a value of its variable's type.
    fn mixed_values(
        &mut self,
        names: &[ast::Ident],
        known: &[Option<LocalId>],
        rhs: &'a [ast::Expr],
    ) -> Vec<(Option<hir::Expr>, Ty)> {
        let values = self.initial_operands(names, rhs);
        values
            .into_iter()
            .zip(known)
            .map(|(operand, known)| {
                let Some(operand) = operand else { return (None, Types::UNKNOWN) };
                match known {
                    Some(local) => {
                        let ty = self.local_type(*local);
                        (Some(self.assign(operand, ty, "assignment")), ty)
                    }
                    None => {
                        let (value, ty) = self.value(operand, "assignment");
                        (Some(value), ty)
                    }
                }
            })
            .collect()
    }

    fn initial_operands(&mut self, names: &[ast::Ident], rhs: &'a [ast::Expr]) -> Vec<Option<Operand>> {
        if rhs.len() != names.len() {
            if let (true, Some(first)) = (self.are_valid(rhs), rhs.first()) {
                let values = ValueCount::Expressions(rhs.len());
                self.error(first.id, Why::AssignmentCount { variables: names.len(), values });
            }
            return names.iter().map(|_| None).collect();
        }
        let operands = rhs.iter().map(|value| self.single(value, names));
        operands.map(|operand| Some(operand).filter(|operand| !operand.is_invalid())).collect()
    }

    /// `a, b := f()`.
    fn short_var_call(
        &mut self,
        names: &[ast::Ident],
        known: &[Option<LocalId>],
        call: &'a ast::Expr,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let operand = self.several_values(call);
        let types = match self.result_types(&operand, names.len()) {
            Some(types) if types.len() == names.len() => types,
            _ => {
                self.count_mismatch(names.len(), std::slice::from_ref(call), &operand);
                names.iter().map(|_| Types::UNKNOWN).collect()
            }
        };
        let mut targets = Vec::with_capacity(names.len());
        for ((name, known), ty) in names.iter().zip(known).zip(&types) {
            let local = match known {
                Some(local) => {
                    self.variables.changed.push(*local);
                    *local
                }
                None => {
                    let local = self.new_local(&name.name, *ty, name.id);
                    self.declare(name, EntityKind::Local(local));
                    self.watch_use(name, local);
                    out.push(Stmt { node: name.id, kind: StmtKind::Declare { local, init: None } });
                    local
                }
            };
            let target_type = self.local_type(local);
            let hir = self.local_expr(local, name.id);
            let text = name.name.to_string();
            let blank = name.name == "_";
            targets.push((!blank).then_some(Operand {
                mode: Mode::Variable,
                ty: target_type,
                text,
                node: name.id,
                hir,
                instance: Vec::new(),
            }));
        }
        if !operand.is_invalid() {
            self.assign_call(targets, operand, &types, node, out);
        }
    }

    /// `a, b = x, y`.
    pub fn assignment(
        &mut self,
        lhs: &'a [ast::Expr],
        rhs: &'a [ast::Expr],
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        if let [call] = rhs
            && lhs.len() != 1
        {
            let operand = self.several_values(call);
            match self.result_types(&operand, lhs.len()).filter(|types| types.len() == lhs.len()) {
                Some(types) => {
                    let targets = lhs.iter().map(|target| self.target(target)).collect();
                    self.assign_call(targets, operand, &types, node, out);
                }
                None => {
                    self.count_mismatch(lhs.len(), rhs, &operand);
                    for target in lhs {
                        self.use_target(target);
                    }
                }
            }
            return;
        }
        if lhs.len() != rhs.len() {
            let mut valid_left = true;
            for target in lhs {
                valid_left &= self.use_target(target);
            }
            if let (true, true, Some(first)) = (self.are_valid(rhs), valid_left, rhs.first()) {
                let values = ValueCount::Expressions(rhs.len());
                self.error(first.id, Why::AssignmentCount { variables: lhs.len(), values });
            }
            return;
        }
        let targets: Vec<Option<Operand>> = lhs.iter().map(|target| self.target(target)).collect();
        let single = lhs.len() == 1;
        let mut places = Vec::with_capacity(lhs.len());
        let mut values = Vec::with_capacity(rhs.len());
        for (target, value) in targets.into_iter().zip(rhs) {
            if target.as_ref().is_some_and(Operand::is_invalid) {
                // Names in it count as used.
                if single && matches!(strip_parens(value).kind, Syntax::Call { .. }) {
                    let operand = self.several_values(value);
                    if self.call_types(&operand).is_some_and(|types| types.len() > 1) {
                        self.count_mismatch(1, rhs, &operand);
                    }
                } else {
                    self.use_all(std::slice::from_ref(value));
                }
                continue;
            }
            let operand = match single {
                true => {
                    let name = ast::Ident { id: value.id, name: "_".into() };
                    let wanted = target.as_ref().map(|target| (target.ty, target.text.clone()));
                    self.with_hoisting(rhs, out, |cx| match wanted {
                        Some((ty, text)) if matches!(cx.ck.types.under(ty), Kind::Func(_)) => {
                            cx.value_for(value, ty, &text)
                        }
                        _ => cx.single(value, &[name]),
                    })
                }
                false => match &target {
                    Some(target) => self.value_for(value, target.ty, &target.text),
                    None => self.expr(value),
                },
            };
            if operand.is_invalid() {
                continue;
            }
            match target {
                Some(target) => {
                    values.push(self.assign(operand, target.ty, "assignment"));
                    places.push(Some(target.hir));
                }
                None => {
                    let (value, ty) = self.value(operand, "assignment to _ identifier");
                    if !self.is_refused(&value) {
                        self.require_kernel_type(ty, value.node);
                    }
                    values.push(value);
                    places.push(None);
                }
            }
        }
        if !values.is_empty() {
            out.push(Stmt { node, kind: StmtKind::Assign { targets: places, values } });
        }
    }

    fn assign_call(
        &mut self,
        targets: Vec<Option<Operand>>,
        call: Operand,
        types: &[Ty],
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let same = targets.iter().zip(types).all(|(target, ty)| match target {
            Some(target) => self.ck.types.identical(target.ty, *ty),
            None => true,
        });
        if same {
            let targets = targets.into_iter().map(|target| target.map(|target| target.hir)).collect();
            return push_call(targets, call.hir, node, out);
        }
        let locals = self.call_results(call.clone(), types, out);
        let mut places = Vec::new();
        let mut values = Vec::new();
        for (position, ((target, local), ty)) in targets.into_iter().zip(locals).zip(types).enumerate() {
            let Some(target) = target else { continue };
            let part = self.part_of_call(&call, position, local, *ty);
            values.push(self.assign_part(part, target.ty, "assignment"));
            places.push(Some(target.hir));
        }
        out.push(Stmt { node, kind: StmtKind::Assign { targets: places, values } });
    }
}

/// `targets = call`; what runs before the call comes first.
fn push_call(targets: Vec<Option<hir::Expr>>, call: hir::Expr, node: NodeId, out: &mut Vec<Stmt>) {
    match call.kind {
        ExprKind::Sequence { stmts, value } => {
            out.extend(stmts);
            push_call(targets, *value, node, out);
        }
        _ => out.push(Stmt { node, kind: StmtKind::AssignCall { targets, call } }),
    }
}
