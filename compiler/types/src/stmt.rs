//! Statements.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BranchKind, StmtKind as Syntax};
use smol_str::SmolStr;

use crate::callkind::CallKind;
use crate::constant::Value;
use crate::context::{Cx, EntityKind, Jump, LabelUse, Mode, Operand, Scope};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind, LabelId, Stmt, StmtKind};
use crate::ty::{Basic, Kind, Types};
use crate::typexpr::Meaning;

impl<'a> Cx<'_, 'a> {
    /// Statements in a scope of their own.
    pub fn block(&mut self, stmts: &'a [ast::Stmt]) -> Vec<Stmt> {
        self.scopes.push(Scope::default());
        let out = self.stmts(stmts);
        self.scopes.pop();
        out
    }

    /// Statements in the scope at hand.
    pub fn stmts(&mut self, stmts: &'a [ast::Stmt]) -> Vec<Stmt> {
        let mut out = Vec::with_capacity(stmts.len());
        for stmt in stmts {
            self.stmt(stmt, None, &mut out);
        }
        out
    }

    /// Reports labels that nothing names, and gotos to none.
    pub fn finish_labels(&mut self) {
        let gotos = std::mem::take(&mut self.gotos);
        for label in std::mem::take(&mut self.unused_labels) {
            if !gotos.targets.contains(&label.name) && !gotos.misused.contains(&label.name) {
                self.error(label.node, Why::LabelNotUsed { label: label.name });
            }
        }
    }

    /// One statement; `label` is the label before it.
    pub fn stmt(&mut self, stmt: &'a ast::Stmt, label: Option<SmolStr>, out: &mut Vec<Stmt>) {
        let node = stmt.id;
        match &stmt.kind {
            Syntax::Bad | Syntax::Empty => {}
            Syntax::Const(specs) => self.local_constants(specs),
            Syntax::Type(specs) => specs.iter().for_each(|spec| self.local_type_spec(spec)),
            Syntax::Var(specs) => specs.iter().for_each(|spec| self.local_variables(spec, out)),
            Syntax::Labeled { label, stmt: inner } => self.labeled(label, inner, out),
            Syntax::Expr(expr) => self.expr_stmt(expr, out),
            Syntax::IncDec { operand, increment } => self.inc_dec(operand, *increment, node, out),
            Syntax::Assign { lhs, op: Some(op), rhs } => self.assign_op(lhs, *op, rhs, node, out),
            Syntax::Assign { lhs, op: None, rhs } => self.assignment(lhs, rhs, node, out),
            Syntax::ShortVar { lhs, rhs } => self.short_var(lhs, rhs, node, out),
            Syntax::Return(values) => self.return_stmt(values, node, out),
            Syntax::Branch { kind, label } => self.branch(*kind, label.as_ref(), node, out),
            Syntax::Block(block) => {
                let body = StmtKind::Block(self.block(&block.stmts));
                out.push(Stmt { node, kind: body });
            }
            Syntax::If { init, cond, then, otherwise } => {
                self.scoped(init.as_deref(), node, out, |cx, out| {
                    cx.if_stmt(cond, then, otherwise.as_deref(), node, out);
                });
            }
            Syntax::Switch { init, tag, cases } => {
                self.scoped(init.as_deref(), node, out, |cx, out| {
                    cx.switch(label, tag.as_ref(), cases, node, out);
                });
            }
            Syntax::For { init, cond, post, body } => {
                self.scoped(init.as_deref(), node, out, |cx, out| {
                    cx.for_stmt(label, cond.as_ref(), post.as_deref(), body, node, out);
                });
            }
            Syntax::Range { key, value, define, operand, body } => {
                let clause =
                    crate::range::Clause { key: key.as_ref(), value: value.as_ref(), define: *define };
                self.scoped(None, node, out, |cx, out| cx.range(label, clause, operand, body, node, out));
            }
            Syntax::Send { channel, value } => self.send(channel, value, node),
            Syntax::Go(call) => self.go_statement(call, node),
            Syntax::Defer(call) => self.defer(call, node, out),
            Syntax::TypeSwitch { init, binding, operand, cases } => {
                self.scoped(init.as_deref(), node, out, |cx, _| {
                    cx.type_switch(label, binding.as_ref(), operand, cases, node);
                });
            }
            Syntax::Select(_) => {
                self.use_mentioned(stmt);
                self.unsupported(node, NotInKernel::Channel);
            }
        }
    }

    /// `channel <- value`.
    fn send(&mut self, channel: &'a ast::Expr, value: &'a ast::Expr, node: NodeId) {
        let (channel, value) = (self.expr(channel), self.expr(value));
        if channel.is_invalid() || value.is_invalid() {
            return;
        }
        let Kind::Chan(element) = *self.ck.types.under(channel.ty) else {
            let (operand, ty) = (self.describe(&channel), self.display(channel.ty));
            return self.error(node, Why::NoSend { operand, ty });
        };
        self.assign(value, element, "send");
        if !self.is_refused(&channel.hir) {
            self.unsupported(node, NotInKernel::Channel);
        }
    }

    /// A statement with an initial one before it, in a scope around both.
    fn scoped(
        &mut self,
        init: Option<&'a ast::Stmt>,
        node: NodeId,
        out: &mut Vec<Stmt>,
        inner: impl FnOnce(&mut Self, &mut Vec<Stmt>),
    ) {
        self.scopes.push(Scope::default());
        let mut body = Vec::new();
        if let Some(init) = init {
            self.stmt(init, None, &mut body);
        }
        inner(self, &mut body);
        self.scopes.pop();
        match body.len() {
            1 => out.append(&mut body),
            _ => out.push(Stmt { node, kind: StmtKind::Block(body) }),
        }
    }

    /// Checks `f` where values are computed before anything else of the statement, so that what it needs may be
    /// declared first.
    pub fn with_hoisting<R>(
        &mut self,
        values: &[ast::Expr],
        out: &mut Vec<Stmt>,
        f: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let outer = self.hoisted.replace(Vec::new());
        self.whole_value = match values {
            [value] => Some(strip_parens(value).id),
            _ => None,
        };
        let result = f(self);
        self.whole_value = None;
        let hoisted = std::mem::replace(&mut self.hoisted, outer);
        out.extend(hoisted.unwrap_or_default());
        result
    }

    fn local_constants(&mut self, specs: &'a [ast::ConstSpec]) {
        for (spec, ty, values) in crate::symbols::with_repetition(specs) {
            let outer = self.iota.replace(spec.iota);
            let inherited = spec.values.is_empty() && spec.ty.is_none();
            if let Some(first) = spec.names.first() {
                self.check_constant_count(values.get(spec.names.len()), inherited, first.id);
            }
            let resolved: Vec<_> = spec
                .names
                .iter()
                .enumerate()
                .map(|(index, name)| self.constant_spec(name, ty, values.get(index), inherited))
                .collect();
            self.iota = outer;
            for (name, constant) in spec.names.iter().zip(resolved) {
                let (value, ty) = constant.unwrap_or((Value::Bool(false), Types::UNKNOWN));
                self.declare(name, EntityKind::Const(value, ty));
            }
        }
    }

    fn expr_stmt(&mut self, expr: &'a ast::Expr, out: &mut Vec<Stmt>) {
        let operand = self.raw_expr(expr);
        let is_call = matches!(strip_parens(expr).kind, ast::ExprKind::Call { .. });
        match operand.mode {
            Mode::Invalid | Mode::Native => {}
            Mode::NoValue | Mode::Value if is_call && is_effect(&operand.hir) => {
                push_effect(operand.hir, out);
            }
            Mode::Value if is_call && self.is_effect_call(expr) => push_effect(operand.hir, out),
            Mode::NoValue => {}
            Mode::CommaOk if is_receive(expr) => {}
            Mode::Builtin(_) | Mode::Type | Mode::Generic(_) => {
                self.single_value(operand, expr);
            }
            // A call whose arguments have an error stands for its result.
            _ if self.call_kind(expr) == CallKind::Statement => {}
            _ => {
                let operand = self.describe(&operand);
                self.error(expr.id, Why::NotUsedValue { operand });
            }
        }
    }

    /// A call of a predeclared function whose value may be dropped.
    fn is_effect_call(&mut self, expr: &'a ast::Expr) -> bool {
        let ast::ExprKind::Call { function, .. } = &strip_parens(expr).kind else { return false };
        let ast::ExprKind::Ident(name) = &strip_parens(function).kind else { return false };
        matches!(self.meaning(name), Some(Meaning::Builtin(builtin)) if builtin.is_statement())
    }

    /// A boolean condition.
    pub fn condition(&mut self, cond: &'a ast::Expr, statement: &'static str) -> hir::Expr {
        let operand = self.expr(cond);
        if matches!(operand.mode, Mode::Invalid | Mode::Native) {
            return self.unknown_expr(cond.id);
        }
        if !self.ck.types.is_boolean(operand.ty) {
            self.error(cond.id, Why::NotBoolean { statement });
            return self.unknown_expr(cond.id);
        }
        let ty = self.ck.types.default_type(operand.ty);
        self.assign(operand, ty, "condition")
    }

    fn if_stmt(
        &mut self,
        cond: &'a ast::Expr,
        then: &'a ast::Block,
        otherwise: Option<&'a ast::Stmt>,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let cond = self.condition(cond, "if");
        let then = self.block(&then.stmts);
        let mut alternative = Vec::new();
        match otherwise.map(|stmt| &stmt.kind) {
            Some(Syntax::Block(block)) => alternative = self.block(&block.stmts),
            Some(_) => {
                if let Some(stmt) = otherwise {
                    self.stmt(stmt, None, &mut alternative);
                }
            }
            None => {}
        }
        out.push(Stmt { node, kind: StmtKind::If { cond, then, otherwise: alternative } });
    }

    fn for_stmt(
        &mut self,
        label: Option<SmolStr>,
        cond: Option<&'a ast::Expr>,
        post: Option<&'a ast::Stmt>,
        body: &'a ast::Block,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let cond = cond.map(|cond| self.condition(cond, "for"));
        let mut after = Vec::new();
        if let Some(post) = post {
            self.stmt(post, None, &mut after);
        }
        let id = self.enter(label, true);
        let changed = std::mem::take(&mut self.variables.changed);
        let body = self.block(&body.stmts);
        let by_body = std::mem::replace(&mut self.variables.changed, changed);
        self.variables.changed.extend(&by_body);
        self.jumps.pop();
        let mut statement = StmtKind::For { label: id, cond, post: after, body };
        crate::range::renew_loop_variables(self, out, &mut statement, &by_body);
        out.push(Stmt { node, kind: statement });
    }

    /// A statement that `break` (and `continue`) can leave.
    pub fn enter(&mut self, label: Option<SmolStr>, is_loop: bool) -> LabelId {
        let id = LabelId(self.next_label);
        self.next_label += 1;
        self.jumps.push(Jump { label, id, is_loop });
        id
    }

    fn switch(
        &mut self,
        label: Option<SmolStr>,
        tag: Option<&'a ast::Expr>,
        cases: &'a [ast::CaseClause],
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let tag = match tag {
            None => None,
            Some(tag) => {
                let operand = self.expr(tag);
                let is_known = !operand.is_invalid() && !self.ck.types.is_nil(operand.ty);
                let comparable = self.ck.types.comparable(operand.ty) || self.ck.types.has_nil(operand.ty);
                let wrong = (is_known && !comparable).then(|| self.describe(&operand));
                let (value, ty) = match operand.is_invalid() {
                    true => (self.unknown_expr(tag.id), Types::UNKNOWN),
                    false => self.value(operand, "switch expression"),
                };
                let ty = match wrong {
                    None => ty,
                    Some(operand) => {
                        let shown = self.display(ty);
                        self.error(tag.id, Why::CannotSwitch { operand, ty: shown });
                        Types::UNKNOWN
                    }
                };
                // A string that is made of bytes is looked at before anything can change them.
                let at_once = cases.iter().all(|case| case.values.iter().flatten().all(is_literal));
                let value = if at_once { self.shared(value) } else { value };
                let local = self.hidden(ty, tag.id);
                out.push(Stmt { node: tag.id, kind: StmtKind::Declare { local, init: Some(value) } });
                let hir = self.local_expr(local, tag.id);
                let text = crate::describe::expression(tag);
                Some(Operand { mode: Mode::Variable, ty, text, node: tag.id, hir, instance: Vec::new() })
            }
        };
        let id = self.enter(label, false);
        let mut seen: Vec<(Value, NodeId)> = Vec::new();
        let mut default: Option<NodeId> = None;
        let mut clauses = Vec::with_capacity(cases.len());
        for (index, case) in cases.iter().enumerate() {
            let conditions = match &case.values {
                None => {
                    if let Some(other) = default.replace(case.id) {
                        let other = self.place(other);
                        self.error(case.id, Why::DuplicateDefault { other });
                    }
                    None
                }
                Some(values) => {
                    Some(values.iter().map(|value| self.case(value, tag.as_ref(), &mut seen)).collect())
                }
            };
            let last = index + 1 == cases.len();
            let (stmts, fallthrough) = self.clause_body(&case.body, last);
            self.scopes.push(Scope::default());
            let body = self.stmts(stmts);
            self.scopes.pop();
            clauses.push(hir::Clause { node: case.id, conditions, body, fallthrough });
        }
        self.jumps.pop();
        out.push(Stmt { node, kind: StmtKind::Switch { label: id, clauses } });
    }

    /// The statements of a clause without a final `fallthrough`, and whether it has one.
    fn clause_body(&mut self, body: &'a [ast::Stmt], last: bool) -> (&'a [ast::Stmt], bool) {
        match body.split_last() {
            Some((end, rest)) if matches!(end.kind, Syntax::Branch { kind: BranchKind::Fallthrough, .. }) => {
                if last {
                    self.error(end.id, Why::FallthroughMisplaced { last: true });
                }
                (rest, !last)
            }
            _ => (body, false),
        }
    }

    /// One expression of a `case`.
    fn case(
        &mut self,
        value: &'a ast::Expr,
        tag: Option<&Operand>,
        seen: &mut Vec<(Value, NodeId)>,
    ) -> hir::Expr {
        let boolean = self.basic(Basic::Bool);
        let operand = self.expr(value);
        let (tag_type, tag_text) = match tag {
            Some(tag) => (tag.ty, tag.text.as_str()),
            None => (boolean, "true"),
        };
        if operand.is_invalid() || tag_type == Types::UNKNOWN {
            return self.unknown_expr(value.id);
        }
        let Some(operand) = self.convert_untyped(operand, tag_type) else {
            return self.unknown_expr(value.id);
        };
        let node = operand.node;
        let unlike =
            Operand { ty: tag_type, text: tag_text.to_owned(), mode: Mode::Value, ..operand.clone() };
        if let Some((_, reason)) = self.incomparable(ast::BinaryOp::Equal, &operand, &unlike) {
            let why = Why::InvalidCase { expr: operand.text.clone(), tag: tag_text.to_owned(), reason };
            self.error(node, why);
            return self.unknown_expr(value.id);
        }
        if let Some(constant) = operand.constant().filter(|constant| !matches!(constant, Value::Bool(_))) {
            match seen.iter().find(|(known, _)| known == constant && *known != Value::Unknown) {
                Some((_, other)) => {
                    let other = self.place(*other);
                    let shown = self.describe(&operand);
                    self.error(value.id, Why::DuplicateCase { operand: shown, other });
                }
                None => seen.push((constant.clone(), value.id)),
            }
        }
        let Some(tag) = tag else {
            if self.ck.types.interface(operand.ty).is_some() {
                self.unsupported(node, NotInKernel::Interface);
                return self.unknown_expr(node);
            }
            return self.assign(operand, boolean, "case");
        };
        let compared = self.binary_operands(ast::BinaryOp::Equal, tag.clone(), operand, value);
        if compared.is_invalid() {
            return self.unknown_expr(value.id);
        }
        self.assign(compared, boolean, "case")
    }

    fn labeled(&mut self, label: &'a ast::Ident, inner: &'a ast::Stmt, out: &mut Vec<Stmt>) {
        if self.gotos.targets.contains(&label.name) {
            let target = self.goto_label(&label.name);
            out.push(Stmt { node: label.id, kind: StmtKind::Label(target) });
        }
        self.labels.push(LabelUse { name: label.name.clone(), node: label.id, used: false });
        self.stmt(inner, Some(label.name.clone()), out);
        let unused = self.labels.pop().filter(|label| !label.used && label.name != "_");
        self.unused_labels.extend(unused);
    }

    /// The label that `goto name` goes to.
    fn goto_label(&mut self, name: &SmolStr) -> LabelId {
        if let Some(known) = self.goto_ids.get(name) {
            return *known;
        }
        let id = LabelId(self.next_label);
        self.next_label += 1;
        self.goto_ids.insert(name.clone(), id);
        id
    }

    pub fn branch(
        &mut self,
        kind: BranchKind,
        label: Option<&ast::Ident>,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let word = match kind {
            BranchKind::Break => "break",
            BranchKind::Continue => "continue",
            BranchKind::Goto => {
                if let Some(label) = label {
                    if self.branch_out(kind, Some(label), node, out) {
                        return;
                    }
                    let target = self.goto_label(&label.name);
                    out.push(Stmt { node, kind: StmtKind::Goto(target) });
                }
                return;
            }
            BranchKind::Fallthrough => {
                return self.error(node, Why::FallthroughMisplaced { last: false });
            }
        };
        let is_continue = kind == BranchKind::Continue;
        let target = match label {
            None => self.jumps.iter().rev().find(|jump| jump.is_loop || !is_continue).map(|jump| jump.id),
            Some(label) => {
                if let Some(known) = self.labels.iter_mut().find(|known| known.name == label.name) {
                    known.used = true;
                }
                let found = self
                    .jumps
                    .iter()
                    .rev()
                    .find(|jump| jump.label.as_ref() == Some(&label.name) && (jump.is_loop || !is_continue))
                    .map(|jump| jump.id);
                if found.is_none() {
                    if self.branch_out(kind, Some(label), node, out) {
                        return;
                    }
                    let (label_name, known) = (label.name.clone(), self.gotos.declared.contains(&label.name));
                    self.gotos.misused.push(label.name.clone());
                    let why = match known {
                        true => Why::LabelInvalid { label: label_name, word },
                        false => Why::LabelUndefined { label: label_name, word },
                    };
                    self.error(label.id, why);
                    return;
                }
                found
            }
        };
        match target {
            Some(target) if is_continue => out.push(Stmt { node, kind: StmtKind::Continue(target) }),
            Some(target) => out.push(Stmt { node, kind: StmtKind::Break(target) }),
            None => {
                if !self.branch_out(kind, None, node, out) {
                    self.error(node, Why::BranchOutside { word });
                }
            }
        }
    }
}

fn is_literal(expr: &ast::Expr) -> bool {
    matches!(strip_parens(expr).kind, ast::ExprKind::Literal { .. } | ast::ExprKind::Ident(_))
}

/// The expression without parentheses around it.
pub(crate) fn strip_parens(expr: &ast::Expr) -> &ast::Expr {
    match &expr.kind {
        ast::ExprKind::Paren(inner) => strip_parens(inner),
        _ => expr,
    }
}

/// A call that may stand as a statement.
fn is_effect(expr: &hir::Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { .. }
        | ExprKind::CallValue { .. }
        | ExprKind::Helper { .. }
        | ExprKind::Intrinsic { .. }
        | ExprKind::Packet { .. } => true,
        ExprKind::Sequence { value, .. } => matches!(value.kind, ExprKind::Zero) || is_effect(value),
        _ => false,
    }
}

/// The expression as statements.
pub(crate) fn push_effect(expr: hir::Expr, out: &mut Vec<Stmt>) {
    match expr.kind {
        ExprKind::Sequence { stmts, value } => {
            out.extend(stmts);
            if !matches!(value.kind, ExprKind::Zero) {
                push_effect(*value, out);
            }
        }
        _ => out.push(Stmt { node: expr.node, kind: StmtKind::Expr(expr) }),
    }
}

/// `<-channel`, which may stand as a statement.
fn is_receive(expr: &ast::Expr) -> bool {
    matches!(strip_parens(expr).kind, ast::ExprKind::Unary { op: ast::UnaryOp::Receive, .. })
}
