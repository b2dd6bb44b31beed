//! Declarations of variables and assignments.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind as Syntax};

use crate::context::{Cx, EntityKind, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, ValueCount, Why};
use crate::hir::{self, ExprKind, LocalId, Stmt, StmtKind};
use crate::operators::arithmetic;
use crate::stmt::strip_parens;
use crate::ty::{Basic, Kind, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// `var a, b T = x, y` in a function.
    pub fn local_variables(&mut self, spec: &'a ast::VarSpec, out: &mut Vec<Stmt>) {
        let declared = spec.ty.as_ref().map(|ty| {
            let resolved = self.type_expr(ty);
            if self.refuses_map(resolved, ty.id) || !self.require_kernel_type(resolved, ty.id) {
                return Types::UNKNOWN;
            }
            resolved
        });
        let values = self.initial_values(&spec.names, &spec.values, declared, "variable declaration", out);
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

    /// The values of a declaration with their types, one for each name.
    fn initial_values(
        &mut self,
        names: &[ast::Ident],
        values: &'a [ast::Expr],
        declared: Option<Ty>,
        context: &str,
        out: &mut Vec<Stmt>,
    ) -> Vec<(Option<hir::Expr>, Ty)> {
        let unknown = |count: usize| (0..count).map(|_| (None, declared.unwrap_or(Types::UNKNOWN))).collect();
        if values.is_empty() {
            return unknown(names.len());
        }
        if let [call] = values
            && names.len() != 1
        {
            let operand = self.raw_expr(call);
            return match self.result_types(&operand, names.len()) {
                Some(types) if types.len() == names.len() => {
                    let locals = self.call_results(operand.clone(), &types, out);
                    let parts: Vec<_> = locals.into_iter().zip(types).collect();
                    parts
                        .into_iter()
                        .map(|(local, ty)| {
                            let hir = self.local_expr(local, operand.node);
                            let text = operand.text.clone();
                            let part = Operand {
                                mode: Mode::Value,
                                ty,
                                text,
                                node: operand.node,
                                hir,
                                instance: Vec::new(),
                            };
                            let target = declared.unwrap_or(ty);
                            (Some(self.assign(part, target, context)), target)
                        })
                        .collect()
                }
                _ => {
                    self.count_mismatch(names.len(), values, &operand);
                    unknown(names.len())
                }
            };
        }
        let operands: Vec<Operand> = self
            .with_hoisting(values, out, |cx| values.iter().map(|value| cx.single(value, names)).collect());
        if operands.len() != names.len() {
            if let Some(first) = operands.first().cloned()
                && !operands.iter().any(Operand::is_invalid)
            {
                self.count_mismatch(names.len(), values, &first);
            }
            return unknown(names.len());
        }
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
                match self.require_kernel_type(ty, node) {
                    true => (Some(value), ty),
                    false => (None, Types::UNKNOWN),
                }
            })
            .collect()
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

    fn count_mismatch(&mut self, variables: usize, values: &[ast::Expr], first: &Operand) {
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
        self.error(first.node, Why::AssignmentCount { variables, values });
    }

    /// The types of a call's results, where it has none or several.
    pub fn call_types(&self, operand: &Operand) -> Option<Vec<Ty>> {
        match self.ck.types.kind(operand.ty) {
            Kind::Tuple(types) => Some(types.to_vec()),
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
        for target in lhs {
            let Syntax::Ident(name) = &target.kind else {
                if !matches!(target.kind, Syntax::Bad) {
                    self.error(target.id, Why::NonNameOnLeft { expr: expression(target) });
                }
                return;
            };
            if name != "_" && names.iter().any(|known| known.name == *name) {
                self.error(target.id, Why::RepeatedOnLeft { name: name.clone() });
                return;
            }
            names.push(ast::Ident { id: target.id, name: name.clone() });
        }
        let known: Vec<Option<LocalId>> = names.iter().map(|name| self.in_this_scope(name)).collect();
        if names.iter().zip(&known).all(|(name, known)| known.is_some() || name.name == "_") {
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
            true => self.initial_values(&names, rhs, None, "assignment", out),
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
        let operands: Vec<Operand> = rhs.iter().map(|value| self.expr(value)).collect();
        if operands.len() != names.len() {
            if let Some(first) = operands.first().cloned()
                && !operands.iter().any(Operand::is_invalid)
            {
                self.count_mismatch(names.len(), rhs, &first);
            }
            return names.iter().map(|_| None).collect();
        }
        operands.into_iter().map(|operand| Some(operand).filter(|operand| !operand.is_invalid())).collect()
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
        let operand = self.raw_expr(call);
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
                    self.require_kernel_type(*ty, name.id);
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
        let targets: Vec<Option<Operand>> = lhs.iter().map(|target| self.target(target)).collect();
        if let [call] = rhs
            && lhs.len() != 1
        {
            let operand = self.raw_expr(call);
            match self.result_types(&operand, lhs.len()).filter(|types| types.len() == lhs.len()) {
                Some(types) => self.assign_call(targets, operand, &types, node, out),
                None => self.count_mismatch(lhs.len(), rhs, &operand),
            }
            return;
        }
        if lhs.len() != rhs.len() {
            let operands: Vec<Operand> = rhs.iter().map(|value| self.raw_expr(value)).collect();
            if let Some(first) = operands.first()
                && !operands.iter().any(Operand::is_invalid)
            {
                self.count_mismatch(lhs.len(), rhs, first);
            }
            return;
        }
        let single = lhs.len() == 1;
        let mut places = Vec::with_capacity(lhs.len());
        let mut values = Vec::with_capacity(rhs.len());
        for (target, value) in targets.into_iter().zip(rhs) {
            let operand = match single {
                true => {
                    let name = ast::Ident { id: value.id, name: "_".into() };
                    self.with_hoisting(rhs, out, |cx| cx.single(value, &[name]))
                }
                false => self.expr(value),
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
                    self.require_kernel_type(ty, value.node);
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
        let (text, call_node) = (call.text.clone(), call.node);
        let locals = self.call_results(call, types, out);
        let mut places = Vec::new();
        let mut values = Vec::new();
        for ((target, local), ty) in targets.into_iter().zip(locals).zip(types) {
            let Some(target) = target else { continue };
            let hir = self.local_expr(local, call_node);
            let part = Operand {
                mode: Mode::Value,
                ty: *ty,
                text: text.clone(),
                node: call_node,
                hir,
                instance: Vec::new(),
            };
            values.push(self.assign(part, target.ty, "assignment"));
            places.push(Some(target.hir));
        }
        out.push(Stmt { node, kind: StmtKind::Assign { targets: places, values } });
    }

    /// A place to assign to; `None` for the blank identifier. A plain variable doesn't count as used by it.
    fn target(&mut self, target: &'a ast::Expr) -> Option<Operand> {
        if let Syntax::Ident(name) = &strip_parens(target).kind {
            if name == "_" {
                return None;
            }
            let entity = self.local_entity(name).map(|entity| (entity.depth, entity.kind.clone()));
            if let Some((depth, EntityKind::Local(local))) = entity {
                let (place, ty) = match depth == self.depth() {
                    true => (self.local_expr(local, target.id), self.local_type(local)),
                    false => self.variable(depth, local, target.id),
                };
                self.mark_changed(&place);
                return Some(self.operand(target, Mode::Variable, ty, place.kind));
            }
        }
        let operand = self.raw_expr(target);
        match operand.mode {
            Mode::MapEntry => Some(operand),
            Mode::Variable => {
                self.mark_changed(&operand.hir);
                if self.through_context(&operand.hir) {
                    let name = operand.text.clone();
                    self.error(target.id, Why::ContextReadOnly { expr: name });
                }
                Some(operand)
            }
            Mode::Invalid | Mode::Native => Some(self.invalid(target)),
            Mode::Builtin(_) | Mode::Type => Some(self.expr(target)),
            Mode::MapVariable(_) => Some(self.expr(target)),
            _ => {
                self.error(target.id, Why::NotAssignable { expr: operand.text.clone() });
                Some(self.invalid(target))
            }
        }
    }

    /// A field of an SDK context is written.
    fn through_context(&self, place: &hir::Expr) -> bool {
        match &place.kind {
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.through_context(base),
            ExprKind::Deref(pointer) => self.ck.context_types.contains(&pointer.ty),
            _ => false,
        }
    }

    /// `x op= y`.
    pub fn assign_op(
        &mut self,
        lhs: &'a [ast::Expr],
        op: ast::BinaryOp,
        rhs: &'a [ast::Expr],
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let ([left], [right]) = (lhs, rhs) else {
            return self.error(node, Why::OperationCount { operator: op.symbol() });
        };
        let target = self.target_of_op(left);
        let value = self.expr(right);
        let Some(target) = target else { return };
        if value.is_invalid() || target.is_invalid() {
            return;
        }
        self.push_op(target, op, value, left, node, out);
    }

    /// The target of an operation: it is read too, so it counts as used, and the blank identifier is none.
    fn target_of_op(&mut self, left: &'a ast::Expr) -> Option<Operand> {
        let target = self.target(left);
        match &target {
            None => self.error(left.id, Why::NotAnExpression { expr: "_".into() }),
            Some(Operand { hir: hir::Expr { kind: ExprKind::Local(local), .. }, .. }) => {
                self.mark_used(*local);
            }
            Some(_) => {}
        }
        target
    }

    fn push_op(
        &mut self,
        target: Operand,
        op: ast::BinaryOp,
        value: Operand,
        left: &'a ast::Expr,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let ty = target.ty;
        // The whole is checked as the operation that it stands for; its operands are what is kept.
        let result = self.binary_operands(op, target.clone(), value, left);
        if result.is_invalid() {
            return;
        }
        if let (ExprKind::Binary { right, .. }, Some(op)) = (result.hir.kind, arithmetic(op)) {
            let lowered = self.lower(ty);
            let target = hir::Expr { ty: lowered, ..target.hir };
            out.push(Stmt { node, kind: StmtKind::AssignOp { target, op, value: *right } });
        }
    }

    /// Text and type of a literal or a predeclared constant.
    fn constant_of(&mut self, expr: &'a ast::Expr) -> Option<(String, Ty)> {
        let stripped = strip_parens(expr);
        let constant = match &stripped.kind {
            Syntax::Literal { .. } => true,
            Syntax::Ident(name) => {
                matches!(self.meaning(name), Some(crate::typexpr::Meaning::Constant(..)))
            }
            _ => false,
        };
        if !constant {
            return None;
        }
        let operand = self.raw_expr(stripped);
        (!operand.is_invalid()).then_some((operand.text, operand.ty))
    }

    /// `x++` and `x--`.
    pub fn inc_dec(&mut self, operand: &'a ast::Expr, increment: bool, node: NodeId, out: &mut Vec<Stmt>) {
        // A constant isn't numeric before it isn't assignable.
        if let Some((text, ty)) = self.constant_of(operand)
            && !self.ck.types.is_numeric(ty)
        {
            let expr = format!("{text}{}", if increment { "++" } else { "--" });
            let ty = self.display(ty);
            return self.error(node, Why::NonNumeric { expr, ty });
        }
        let Some(target) = self.target_of_op(operand) else { return };
        if target.is_invalid() {
            return;
        }
        if !self.ck.types.is_numeric(target.ty) {
            let expr = format!("{}{}", target.text, if increment { "++" } else { "--" });
            let ty = self.display(target.ty);
            return self.error(node, Why::NonNumeric { expr, ty });
        }
        if !self.ck.types.is_integer(target.ty) {
            return self.unsupported(node, NotInKernel::Float);
        }
        let ty = self.basic(Basic::UntypedInt);
        let mut one = self.const_operand(operand, crate::constant::Value::int(1), ty);
        one.text = "1".into();
        let op = if increment { ast::BinaryOp::Add } else { ast::BinaryOp::Sub };
        self.push_op(target, op, one, operand, node, out);
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
