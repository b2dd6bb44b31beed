//! `for range`, and loop variables that are new in each turn.

use gobpf_source::NodeId;
use gobpf_syntax::ast;
use smol_str::SmolStr;

use crate::context::{Cx, EntityKind, Mode, Operand, Scope};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, BinaryOp, CompareOp, ExprKind, LocalId, Stmt, StmtKind};
use crate::stmt::strip_parens;
use crate::ty::{Basic, Kind, Ty, Types};
use crate::visit;

/// The left side of a range clause.
#[derive(Clone, Copy)]
pub(crate) struct Clause<'a> {
    pub key: Option<&'a ast::Expr>,
    pub value: Option<&'a ast::Expr>,
    pub define: bool,
}

/// What is ranged over.
struct Source {
    /// The number of turns.
    limit: hir::Expr,
    /// Type of the counter.
    key: Ty,
    /// The array or slice, and its element type.
    elements: Option<(hir::Expr, Ty)>,
}

impl<'a> Cx<'_, 'a> {
    /// `for key, value := range operand { body }`.
    pub fn range(
        &mut self,
        label: Option<SmolStr>,
        clause: Clause<'a>,
        operand: &'a ast::Expr,
        body: &'a ast::Block,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let named = |expr: &&ast::Expr| matches!(&expr.kind, ast::ExprKind::Ident(name) if name != "_");
        if clause.define && !clause.key.iter().chain(&clause.value).any(named) {
            self.error(node, Why::NoNewVariables);
        }
        self.read_only = Some(strip_parens(operand).id);
        let ranged = self.raw_expr(operand);
        if ranged.is_map_variable() && matches!(self.ck.types.under(ranged.ty), Kind::Map(..)) {
            return self.range_map(label, clause, ranged, body, node, out);
        }
        let ranged = self.single_value(ranged, operand);
        if matches!(self.ck.types.under(ranged.ty), Kind::Func(_)) && !ranged.is_invalid() {
            return self.range_function(label, clause, ranged, body, node, out);
        }
        if !ranged.is_invalid() && self.ck.types.is_string(ranged.ty) {
            return self.range_string(label, clause, ranged, body, node, out);
        }
        let refused = self.refused_range(&ranged);
        let source = match ranged.is_invalid() {
            true => None,
            false => self.range_source(ranged, clause, node, out),
        };
        let counter_type = match &source {
            Some(source) => source.key,
            None => refused[0].unwrap_or(Types::UNKNOWN),
        };
        let counter = self.new_local("", counter_type, node);
        self.mark_used(counter);
        let mut inner = Vec::new();
        self.scopes.push(Scope::default());
        self.range_variable(
            clause.key,
            clause.define,
            counter_type,
            self.local_expr(counter, node),
            &mut inner,
        );
        match &source {
            Some(Source { elements: Some((base, element)), .. }) => {
                let ty = self.lower(*element);
                let index = self.local_expr(counter, node);
                let kind = ExprKind::Index { base: Box::new(base.clone()), index: Box::new(index) };
                let value = hir::Expr { node, ty, kind };
                self.range_variable(clause.value, clause.define, *element, value, &mut inner);
            }
            _ => {
                let unknown = self.unknown_expr(node);
                let ty = refused[1].unwrap_or(Types::UNKNOWN);
                self.range_variable(clause.value, clause.define, ty, unknown, &mut inner);
            }
        }
        let id = self.enter(label, true);
        inner.extend(self.block(&body.stmts));
        self.jumps.pop();
        self.scopes.pop();
        let Some(source) = source else { return };
        let zero = self.int_expr(0, source.key, node);
        out.push(Stmt { node, kind: StmtKind::Declare { local: counter, init: Some(zero) } });
        let bool_type = self.basic(Basic::Bool);
        let bool_type = self.lower(bool_type);
        let left = Box::new(self.local_expr(counter, node));
        let kind = ExprKind::Compare { op: CompareOp::Less, left, right: Box::new(source.limit) };
        let cond = hir::Expr { node, ty: bool_type, kind };
        let one = self.int_expr(1, source.key, node);
        let target = self.local_expr(counter, node);
        let post = Stmt { node, kind: StmtKind::AssignOp { target, op: BinaryOp::Add, value: one } };
        let kind = StmtKind::For { label: id, cond: Some(cond), post: vec![post], body: inner };
        out.push(Stmt { node, kind });
    }

    /// `for key, value := range string`: the characters of a string, with the index of their first bytes.
    fn range_string(
        &mut self,
        label: Option<SmolStr>,
        clause: Clause<'a>,
        ranged: Operand,
        body: &'a ast::Block,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let (int, rune) = (self.basic(Basic::Int), self.basic(Basic::Rune));
        let (int_type, rune_type) = (self.lower(int), self.lower(rune));
        let string = self.basic(Basic::String);
        let string_type = self.lower(string);
        let (value, _) = self.value(ranged, "range");
        let value = self.shared(value);
        let text = self.copied(hir::Expr { ty: string_type, ..value }, string, node, out);
        let at = self.hidden(int, node);
        let width = self.hidden(int, node);
        let zero = self.int_expr(0, int, node);
        out.push(Stmt { node, kind: StmtKind::Declare { local: at, init: Some(zero) } });
        out.push(Stmt { node, kind: StmtKind::Declare { local: width, init: None } });
        let read = |cx: &Self, local| cx.local_expr(local, node);
        let bool_type = self.basic(Basic::Bool);
        let bool_type = self.lower(bool_type);
        let length = hir::Expr { node, ty: int_type, kind: ExprKind::Len(Box::new(text.clone())) };
        let compare = |op, left, right| hir::Expr {
            node,
            ty: bool_type,
            kind: ExprKind::Compare { op, left: Box::new(left), right: Box::new(right) },
        };
        let cond = compare(CompareOp::Less, read(self, at), length);
        let mut inner = Vec::new();
        // One byte is a character of its own, unless it is 0x80 or more.
        let character = self.hidden(rune, node);
        let byte = self.basic(Basic::Byte);
        let byte_type = self.lower(byte);
        let base = Box::new(text.clone());
        let byte = ExprKind::Index { base, index: Box::new(read(self, at)) };
        let byte = hir::Expr { node, ty: byte_type, kind: byte };
        let first = hir::Expr { node, ty: rune_type, kind: ExprKind::Convert(Box::new(byte)) };
        inner.push(Stmt { node, kind: StmtKind::Declare { local: character, init: Some(first) } });
        let one = self.int_expr(1, int, node);
        let set = StmtKind::Assign { targets: vec![Some(read(self, width))], values: vec![one] };
        inner.push(Stmt { node, kind: set });
        if let Some(function) = self.standard_function(crate::standard::UTF8, "DecodeRuneInString", node) {
            let low = Some(Box::new(read(self, at)));
            let rest = ExprKind::Slice { base: Box::new(text), low, high: None, max: None };
            let rest = hir::Expr { node, ty: string_type, kind: rest };
            let tuple = self.ck.types.intern(Kind::Tuple([rune, int].into(), [].into()));
            let tuple = self.lower(tuple);
            let call = ExprKind::Call { function, arguments: vec![rest] };
            let call = hir::Expr { node, ty: tuple, kind: call };
            let targets = vec![Some(read(self, character)), Some(read(self, width))];
            let decode = Stmt { node, kind: StmtKind::AssignCall { targets, call } };
            let self_delimiting = self.int_expr(0x80, rune, node);
            let cond = compare(CompareOp::GreaterEqual, read(self, character), self_delimiting);
            inner.push(Stmt { node, kind: StmtKind::If { cond, then: vec![decode], otherwise: Vec::new() } });
        }
        self.scopes.push(Scope::default());
        self.range_variable(clause.key, clause.define, int, read(self, at), &mut inner);
        self.range_variable(clause.value, clause.define, rune, read(self, character), &mut inner);
        let id = self.enter(label, true);
        inner.extend(self.block(&body.stmts));
        self.jumps.pop();
        self.scopes.pop();
        let step = StmtKind::AssignOp { target: read(self, at), op: BinaryOp::Add, value: read(self, width) };
        let post = vec![Stmt { node, kind: step }];
        out.push(Stmt { node, kind: StmtKind::For { label: id, cond: Some(cond), post, body: inner } });
    }

    /// A function of the standard library that a construct of the language needs.
    fn standard_function(&mut self, path: &str, name: &str, node: NodeId) -> Option<hir::FunctionId> {
        let package = self.ck.index.package_of(crate::Import::Standard, path)?;
        let id = self.ck.index.lookup(package, name)?;
        Some(self.reaches(id, node))
    }

    fn range_source(
        &mut self,
        ranged: Operand,
        clause: Clause<'a>,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) -> Option<Source> {
        let int = self.basic(Basic::Int);
        let ty = ranged.ty;
        let terms = self.ck.types.param_of(ty).and_then(|param| param.terms.as_ref()).map_or(0, Vec::len);
        if terms > 1 && matches!(self.ck.types.under(ty), Kind::TypeParam(_)) {
            let operand = self.describe(&ranged);
            let reason = self.no_core_reason(ty).trim_start_matches(": ").to_owned();
            self.error(ranged.node, Why::CannotRangeFunction { operand, reason });
            return None;
        }
        if self.ck.types.is_integer(ty) {
            return self.range_integer(ranged, clause, node, out);
        }
        let ranged = self.follow_array_pointer(ranged);
        match self.ck.types.under(ranged.ty).clone() {
            Kind::Array(element, length) => {
                let limit = self.int_expr(i128::from(length), int, node);
                let elements = match clause.value {
                    None => None,
                    // Go ranges over a copy of an array.
                    Some(_) => {
                        let base = self.copied(ranged.hir, ranged.ty, node, out);
                        Some((base, element))
                    }
                };
                Some(Source { limit, key: int, elements })
            }
            Kind::Slice(element) => {
                let base = self.copied(ranged.hir, ranged.ty, node, out);
                let lowered = self.lower(int);
                let length = hir::Expr { node, ty: lowered, kind: ExprKind::Len(Box::new(base.clone())) };
                let limit = self.copied(length, int, node, out);
                Some(Source { limit, key: int, elements: Some((base, element)) })
            }
            other => {
                match other {
                    Kind::Map(..) => {
                        self.unsupported(ranged.node, NotInKernel::GoMap);
                    }
                    Kind::Chan(_) => {
                        self.one_variable(&ranged, clause);
                        self.unsupported(ranged.node, NotInKernel::Channel);
                    }
                    _ => {
                        let operand = self.describe(&ranged);
                        let param = self.ck.types.param_of(ranged.ty);
                        let why = match param
                            .is_some_and(|param| param.terms.as_ref().is_none_or(Vec::is_empty))
                        {
                            true => {
                                Why::CannotRangeFunction { operand, reason: "no specific type".to_owned() }
                            }
                            false => Why::CannotRange { operand },
                        };
                        self.error(ranged.node, why);
                    }
                }
                None
            }
        }
    }

    /// The types of what a map or channel gives, which the kernel side doesn't range over.
    fn refused_range(&self, ranged: &Operand) -> [Option<Ty>; 2] {
        match self.ck.types.under(ranged.ty) {
            Kind::Map(key, value) => [Some(*key), Some(*value)],
            Kind::Chan(element) => [Some(*element), None],
            _ => [None, None],
        }
    }

    /// Reports a second variable where what is ranged over gives one value in each turn.
    fn one_variable(&mut self, ranged: &Operand, clause: Clause<'a>) {
        if let Some(value) = clause.value {
            let operand = self.describe(ranged);
            self.error(value.id, Why::RangeVariables { operand, most: 1 });
        }
    }

    fn range_integer(
        &mut self,
        ranged: Operand,
        clause: Clause<'a>,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) -> Option<Source> {
        self.one_variable(&ranged, clause);
        let constant = ranged.constant().is_some();
        // The number is assigned to a variable that there is already, and takes its type where it has none.
        let key = clause.key.filter(|_| !clause.define);
        let (value, ty) = match key.and_then(|key| Some((key, self.target(key)?))) {
            Some((_, target)) if target.is_invalid() => return None,
            Some((key, target)) => {
                let fits = self.fits(&ranged, target.ty);
                let value = self.assign(ranged, target.ty, "range clause");
                let is_integer = self.ck.types.integer(target.ty).is_some();
                let is_param = self.ck.types.param_of(target.ty).is_some();
                // As a value of an interface, it is an integer all the same.
                let of_interface = self.ck.types.interface(target.ty).is_some() && !is_param;
                if fits && (!is_integer || is_param) && !of_interface {
                    let ty = self.display(target.ty);
                    self.error(key.id, Why::IterationVariable { ty });
                }
                if !fits || !is_integer {
                    return None;
                }
                (value, target.ty)
            }
            None => self.value(ranged, "range clause"),
        };
        let limit = if constant { value } else { self.copied(value, ty, node, out) };
        Some(Source { limit, key: ty, elements: None })
    }

    /// `value` in a new variable.
    fn copied(&mut self, value: hir::Expr, ty: Ty, node: NodeId, out: &mut Vec<Stmt>) -> hir::Expr {
        let local = self.new_local("", ty, node);
        self.mark_used(local);
        out.push(Stmt { node, kind: StmtKind::Declare { local, init: Some(value) } });
        self.local_expr(local, node)
    }

    pub fn range_variable(
        &mut self,
        variable: Option<&'a ast::Expr>,
        define: bool,
        ty: Ty,
        value: hir::Expr,
        out: &mut Vec<Stmt>,
    ) {
        let Some(variable) = variable else { return };
        if let ast::ExprKind::Ident(name) = &variable.kind {
            if name == "_" {
                return;
            }
            if define {
                let ident = ast::Ident { id: variable.id, name: name.clone() };
                let local = self.new_local(name, ty, variable.id);
                if ty == Types::UNKNOWN {
                    self.mark_used(local); // what is ranged over is wrong
                }
                self.declare(&ident, EntityKind::Local(local));
                let kind = StmtKind::Declare { local, init: Some(value) };
                out.push(Stmt { node: variable.id, kind });
                return;
            }
        }
        if define {
            let expr = crate::describe::expression(variable);
            return self.error(variable.id, Why::CannotDeclare { expr });
        }
        if ty == Types::UNKNOWN {
            return; // Go doesn't look at it
        }
        let Some(target) = self.target(variable).filter(|target| !target.is_invalid()) else { return };
        let operand = Operand {
            mode: Mode::Value,
            ty,
            text: target.text.clone(),
            node: variable.id,
            hir: value,
            instance: Vec::new(),
        };
        let value = self.assign(operand, target.ty, "assignment");
        let kind = StmtKind::Assign { targets: vec![Some(target.hir)], values: vec![value] };
        out.push(Stmt { node: variable.id, kind });
    }
}

/// Gives variables of a `for` clause whose address is taken a copy for each turn, as Go 1.22 does. The loop itself
/// counts with a variable of its own: `for o := 0; o < n; o++ { i := o; ...; o = i }`.
pub(crate) fn renew_loop_variables(
    cx: &mut Cx<'_, '_>,
    before: &mut [Stmt],
    statement: &mut StmtKind,
    changed_by_body: &[LocalId],
) {
    let declared: Vec<LocalId> = before
        .iter()
        .filter_map(|stmt| match stmt.kind {
            StmtKind::Declare { local, .. } => Some(local),
            _ => None,
        })
        .filter(|local| {
            let captured = cx.variables.captured.contains(local);
            cx.locals
                .get(local.0 as usize)
                .is_some_and(|l| (l.address_taken || captured) && !l.name.is_empty())
        })
        .collect();
    for inner in declared {
        let Some(local) = cx.locals.get(inner.0 as usize).cloned() else { continue };
        let ty = cx.local_type(inner);
        let outer = cx.new_local(&local.name, ty, local.node);
        cx.mark_used(outer);
        for stmt in before.iter_mut() {
            visit::rename_stmt(stmt, inner, outer);
        }
        let StmtKind::For { cond, post, body, .. } = &mut *statement else { return };
        if let Some(cond) = cond {
            visit::rename_expr(cond, inner, outer);
        }
        for stmt in post.iter_mut() {
            visit::rename_stmt(stmt, inner, outer);
        }
        let node = local.node;
        let copy_in = StmtKind::Declare { local: inner, init: Some(cx.local_expr(outer, node)) };
        body.insert(0, Stmt { node, kind: copy_in });
        // Only what changes in the body changes the copy of a turn.
        if !changed_by_body.contains(&inner) {
            cx.variables.changed.retain(|known| *known != inner);
        }
        let copy_out = StmtKind::Assign {
            targets: vec![Some(cx.local_expr(outer, node))],
            values: vec![cx.local_expr(inner, node)],
        };
        post.insert(0, Stmt { node, kind: copy_out });
    }
}
