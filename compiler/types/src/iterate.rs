//! `for range` over iterator functions: the body becomes a function literal, and what leaves the loop travels as a
//! number that is looked at after the call.

use gobpf_bpf::tables::Helper;
use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BranchKind, StmtKind as Syntax};
use smol_str::SmolStr;

use crate::context::{Cx, Operand, Scope};
use crate::error::Why;
use crate::hir::{self, Argument, CallbackParameter, CompareOp, ExprKind, LocalId, Stmt, StmtKind};
use crate::range::Clause;
use crate::ty::{Basic, Kind, Signature, Ty, Types};

/// The loop was left by `break`, or by its iterator.
const DONE: i128 = 1;
/// The first number of what leaves the loop for somewhere else.
const FIRST_EXIT: i128 = 2;

/// The body of a loop over an iterator function, which is a function literal.
#[derive(Debug)]
pub(crate) struct LoopBody {
    /// The label of the loop.
    label: Option<SmolStr>,
    /// The variable of the function around that says how the loop was left.
    status: LocalId,
    /// What leaves the loop for somewhere else.
    exits: Vec<Exit>,
    /// Labels in the body.
    labels: Vec<SmolStr>,
}

/// A way out of a loop body.
#[derive(Clone, Debug)]
enum Exit {
    Branch(BranchKind, ast::Ident),
    Return,
}

impl<'a> Cx<'_, 'a> {
    /// `for key, value := range function { body }`.
    pub fn range_function(
        &mut self,
        label: Option<SmolStr>,
        clause: Clause<'a>,
        ranged: Operand,
        body: &'a ast::Block,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let Some(values) = self.yielded(&ranged, clause) else {
            // The body is checked all the same.
            let mut inner = Vec::new();
            self.scopes.push(Scope::default());
            for variable in [clause.key, clause.value] {
                let unknown = self.unknown_expr(node);
                self.range_variable(variable, clause.define, Types::UNKNOWN, unknown, &mut inner);
            }
            self.enter(label, true);
            self.block(&body.stmts);
            self.jumps.pop();
            self.scopes.pop();
            return;
        };
        let int = self.basic(Basic::Int);
        let iterator = self.hidden(ranged.ty, node);
        out.push(Stmt { node, kind: StmtKind::Declare { local: iterator, init: Some(ranged.hir) } });
        let status = self.hidden(int, node);
        let zero = self.int_expr(0, int, node);
        out.push(Stmt { node, kind: StmtKind::Declare { local: status, init: Some(zero) } });
        self.variables.changed.push(status);
        let (literal, exits) = self.loop_literal(label, status, clause, &values, body, node);
        let nothing = self.ck.types.intern(Kind::Tuple([].into(), [].into()));
        let callee = Box::new(self.local_expr(iterator, node));
        let ty = self.lower(nothing);
        let call = hir::Expr { node, ty, kind: ExprKind::CallValue { callee, arguments: vec![literal] } };
        out.push(Stmt { node, kind: StmtKind::Expr(call) });
        self.leave_by(exits, status, node, out);
    }

    /// Does what left the loop: `status` says which of `exits` it was.
    fn leave_by(&mut self, exits: Vec<Exit>, status: LocalId, node: NodeId, out: &mut Vec<Stmt>) {
        for (exit, code) in exits.into_iter().zip(FIRST_EXIT..) {
            let cond = self.status_is(CompareOp::Equal, code, self.depth(), status, node);
            let mut then = Vec::new();
            match exit {
                Exit::Branch(kind, label) => self.branch(kind, Some(&label), node, &mut then),
                Exit::Return => self.leave_with_results(node, &mut then),
            }
            out.push(Stmt { node, kind: StmtKind::If { cond, then, otherwise: Vec::new() } });
        }
    }

    /// `for key, value := range map { body }`: the kernel calls the body with each entry.
    pub fn range_map(
        &mut self,
        label: Option<SmolStr>,
        clause: Clause<'a>,
        ranged: Operand,
        body: &'a ast::Block,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) {
        let Kind::Map(key, value) = self.ck.types.under(ranged.ty).clone() else { return };
        let values = if clause.value.is_some() { vec![key, value] } else { vec![key] };
        let map = self.go_map(&ranged);
        let int = self.basic(Basic::Int);
        let status = self.hidden(int, node);
        let zero = self.int_expr(0, int, node);
        out.push(Stmt { node, kind: StmtKind::Declare { local: status, init: Some(zero) } });
        self.variables.changed.push(status);
        let (literal, exits) = self.loop_literal(label, status, clause, &values, body, node);
        let (Some(map), Some(helper)) = (map, Helper::by_name("for_each_map_elem")) else { return };
        self.check_helper_since(helper.id, "range over a Go map", node);
        let given =
            if clause.value.is_some() { CallbackParameter::Pointed } else { CallbackParameter::Dropped };
        let types = values.iter().map(|ty| self.lower(*ty)).collect();
        let callback = Argument::CallbackValue {
            function: Box::new(literal),
            parameters: vec![CallbackParameter::Dropped, CallbackParameter::Pointed, given],
            types,
        };
        let wide = self.basic(Basic::Uint64);
        let flags = Argument::Value(self.int_expr(0, wide, node));
        let arguments = vec![Argument::Map(map), callback, flags];
        let result = self.basic(Basic::Int64);
        let ty = self.lower(result);
        let call = hir::Expr { node, ty, kind: ExprKind::Helper { helper: helper.id, arguments } };
        out.push(Stmt { node, kind: StmtKind::Expr(call) });
        self.leave_by(exits, status, node, out);
    }

    /// The types of the values that an iterator function gives; `None` after an error.
    fn yielded(&mut self, ranged: &Operand, clause: Clause<'a>) -> Option<Vec<Ty>> {
        let reason = match self.ck.types.under(ranged.ty).clone() {
            Kind::Func(signature) => match self.yield_of(&signature) {
                Ok(values) => {
                    let variables = [clause.key, clause.value];
                    let given = variables.iter().flatten().count();
                    match variables.get(values.len()..).and_then(|extra| extra.iter().flatten().next()) {
                        Some(extra) if given > values.len() => {
                            let operand = self.describe(ranged);
                            let most = values.len();
                            self.error(extra.id, Why::RangeVariables { operand, most });
                            return Some(values);
                        }
                        _ => return Some(values),
                    }
                }
                Err(reason) => reason,
            },
            _ => return None,
        };
        let operand = self.describe(ranged);
        self.error(ranged.node, Why::CannotRangeFunction { operand, reason: reason.to_owned() });
        None
    }

    fn yield_of(&self, signature: &Signature) -> Result<Vec<Ty>, &'static str> {
        let types = &self.ck.types;
        let [one] = signature.params.as_slice() else {
            return Err("func must be func(yield func(...) bool): wrong argument count");
        };
        if !signature.results.is_empty() {
            return Err("func must be func(yield func(...) bool): unexpected results");
        }
        let Kind::Func(inner) = types.under(*one) else {
            return Err("func must be func(yield func(...) bool): argument is not func");
        };
        if inner.params.len() > 2 {
            return Err("func must be func(yield func(...) bool): yield func has too many parameters");
        }
        match inner.results.as_slice() {
            [result] if types.is_boolean(*result) => Ok(inner.params.clone()),
            _ => Err("func must be func(yield func(...) bool): yield func does not return bool"),
        }
    }

    /// The body as a function literal, and the ways out of it.
    fn loop_literal(
        &mut self,
        label: Option<SmolStr>,
        status: LocalId,
        clause: Clause<'a>,
        values: &[Ty],
        body: &'a ast::Block,
        node: NodeId,
    ) -> (hir::Expr, Vec<Exit>) {
        let boolean = self.basic(Basic::Bool);
        let (params, names) = (values.to_vec(), Vec::new());
        let signature = Signature { params, results: vec![boolean], names, ..Signature::default() };
        let ty = self.ck.types.intern(Kind::Func(signature.into()));
        let gotos = (self.gotos.targets.clone(), self.gotos.declared.clone());
        let mut labels = Vec::new();
        labels_in(&body.stmts, &mut labels);
        self.open_frame();
        (self.gotos.targets, self.gotos.declared) = gotos;
        self.loop_body = Some(LoopBody { label, status, exits: Vec::new(), labels });
        self.results = vec![boolean];
        self.scopes.push(Scope::default());
        let params: Vec<LocalId> = values.iter().map(|ty| self.hidden(*ty, node)).collect();
        let mut stmts = Vec::new();
        // An iterator that goes on after it was told to stop panics.
        let depth = self.depth() - 1;
        let cond = self.status_is(CompareOp::NotEqual, 0, depth, status, node);
        let panic = vec![Stmt { node, kind: StmtKind::Panic }];
        stmts.push(Stmt { node, kind: StmtKind::If { cond, then: panic, otherwise: Vec::new() } });
        for ((variable, param), ty) in [clause.key, clause.value].into_iter().zip(&params).zip(values) {
            let value = self.local_expr(*param, node);
            self.range_variable(variable, clause.define, *ty, value, &mut stmts);
        }
        for extra in [clause.key, clause.value].into_iter().skip(values.len()) {
            let unknown = self.unknown_expr(node);
            self.range_variable(extra, clause.define, Types::UNKNOWN, unknown, &mut stmts);
        }
        stmts.extend(self.block(&body.stmts));
        self.push_bool_return(true, node, &mut stmts);
        self.scopes.pop();
        self.report_unused(0);
        let bool_type = self.lower(boolean);
        let function = hir::Function {
            name: SmolStr::default(),
            decl: self.decl,
            name_node: node,
            params,
            results: vec![bool_type],
            result_locals: Vec::new(),
            locals: std::mem::take(&mut self.locals),
            body: stmts,
            defers: std::mem::take(&mut self.defers),
            inlining: hir::Inlining::Automatic,
            callees: Vec::new(),
            nodes: 0,
        };
        let exits = self.loop_body.take().map(|body| body.exits).unwrap_or_default();
        let unused = std::mem::take(&mut self.unused_labels);
        let kind = self.close_literal(function, node);
        self.unused_labels.extend(unused);
        let ty = self.lower(ty);
        (hir::Expr { node, ty, kind }, exits)
    }

    fn status_is(
        &mut self,
        op: CompareOp,
        code: i128,
        depth: usize,
        status: LocalId,
        node: NodeId,
    ) -> hir::Expr {
        let (int, boolean) = (self.basic(Basic::Int), self.basic(Basic::Bool));
        let (left, _) = self.variable(depth, status, node);
        let right = Box::new(self.int_expr(code, int, node));
        let ty = self.lower(boolean);
        hir::Expr { node, ty, kind: ExprKind::Compare { op, left: Box::new(left), right } }
    }

    fn push_bool_return(&mut self, value: bool, node: NodeId, out: &mut Vec<Stmt>) {
        let boolean = self.basic(Basic::Bool);
        let ty = self.lower(boolean);
        let value = hir::Expr { node, ty, kind: ExprKind::Const(hir::Constant::Bool(value)) };
        out.push(Stmt { node, kind: StmtKind::Return(vec![value]) });
    }

    /// Leaves the loop body, with `code` for what is to be done after the call.
    fn leave_loop(&mut self, code: i128, node: NodeId, out: &mut Vec<Stmt>) {
        let Some(status) = self.loop_body.as_ref().map(|body| body.status) else { return };
        let int = self.basic(Basic::Int);
        let (target, _) = self.variable(self.depth() - 1, status, node);
        let value = self.int_expr(code, int, node);
        out.push(Stmt { node, kind: StmtKind::Assign { targets: vec![Some(target)], values: vec![value] } });
        self.push_bool_return(false, node, out);
    }

    /// A branch that no statement in the function at hand is the target of: true if it leaves a loop body.
    pub fn branch_out(
        &mut self,
        kind: BranchKind,
        label: Option<&ast::Ident>,
        node: NodeId,
        out: &mut Vec<Stmt>,
    ) -> bool {
        let Some(body) = &self.loop_body else { return false };
        let own = match label {
            None => kind != BranchKind::Goto,
            Some(label) => kind != BranchKind::Goto && body.label.as_ref() == Some(&label.name),
        };
        if own {
            if let Some(label) = label
                && let Some(known) = self.outer.last_mut().and_then(|frame| frame.label_mut(&label.name))
            {
                known.used = true;
            }
            match kind {
                BranchKind::Continue => self.push_bool_return(true, node, out),
                _ => self.leave_loop(DONE, node, out),
            }
            return true;
        }
        let Some(label) = label else { return false };
        if kind == BranchKind::Goto && body.labels.contains(&label.name) {
            return false;
        }
        if kind != BranchKind::Goto && !self.is_outer_label(&label.name, kind) {
            return false;
        }
        let exit = Exit::Branch(kind, label.clone());
        let code = self.exit_code(exit);
        self.leave_loop(code, node, out);
        true
    }

    /// A statement around the loop bodies that the function at hand is in has this label.
    fn is_outer_label(&mut self, name: &SmolStr, kind: BranchKind) -> bool {
        for frame in self.outer.iter_mut().rev() {
            if let Some(known) = frame.label_mut(name) {
                known.used = true;
            }
            let body_label = frame.loop_body.as_ref().and_then(|body| body.label.clone());
            let is_loop = kind == BranchKind::Continue;
            if body_label.as_ref() == Some(name) || frame.has_jump(name, is_loop) {
                return true;
            }
            if frame.loop_body.is_none() {
                return false;
            }
        }
        false
    }

    fn exit_code(&mut self, exit: Exit) -> i128 {
        let Some(body) = &mut self.loop_body else { return DONE };
        let known = body.exits.iter().position(|known| match (known, &exit) {
            (Exit::Return, Exit::Return) => true,
            (Exit::Branch(a, label), Exit::Branch(b, other)) => a == b && label.name == other.name,
            _ => false,
        });
        let index = known.unwrap_or_else(|| {
            body.exits.push(exit);
            body.exits.len() - 1
        });
        FIRST_EXIT + index as i128
    }

    /// How many functions are around the one that a `return` here leaves.
    fn returning_depth(&self) -> usize {
        let mut depth = self.depth();
        let mut in_body = self.loop_body.is_some();
        while in_body && depth > 0 {
            depth -= 1;
            in_body = self.outer.get(depth).is_some_and(|frame| frame.loop_body.is_some());
        }
        depth
    }

    /// The types of the results that a `return` here gives.
    pub fn returned_types(&self) -> Vec<Ty> {
        let depth = self.returning_depth();
        match self.outer.get(depth) {
            Some(frame) => frame.results().to_vec(),
            None => self.results.clone(),
        }
    }

    /// The named results that a `return` here gives, as places.
    pub fn returned_places(&mut self, node: NodeId) -> Vec<hir::Expr> {
        let depth = self.returning_depth();
        let locals = match self.outer.get(depth) {
            Some(frame) => frame.named_results().to_vec(),
            None => self.named_results.clone(),
        };
        locals.into_iter().map(|local| self.variable(depth, local, node).0).collect()
    }

    /// `return values` in a loop body: the values are kept in the function that returns them.
    pub fn return_from_loop(&mut self, values: Vec<hir::Expr>, node: NodeId, out: &mut Vec<Stmt>) {
        let depth = self.returning_depth();
        let types = self.returned_types();
        let mut places = self.returned_places(node);
        if places.is_empty() && !types.is_empty() {
            let slots = self.return_slots(depth, &types, node);
            places = slots.into_iter().map(|local| self.variable(depth, local, node).0).collect();
        }
        if !values.is_empty() {
            let targets = places.into_iter().map(Some).collect();
            out.push(Stmt { node, kind: StmtKind::Assign { targets, values } });
        }
        let code = self.exit_code(Exit::Return);
        self.leave_loop(code, node, out);
    }

    /// Variables of the function with `depth` functions around it that keep what a loop body returns.
    fn return_slots(&mut self, depth: usize, types: &[Ty], node: NodeId) -> Vec<LocalId> {
        let lowered: Vec<hir::TypeId> = types.iter().map(|ty| self.lower(*ty)).collect();
        match self.outer.get_mut(depth) {
            Some(frame) => frame.return_slots(types, &lowered, node),
            None => Vec::new(),
        }
    }

    /// After the call of an iterator whose loop body returned: the function at hand returns what was kept.
    fn leave_with_results(&mut self, node: NodeId, out: &mut Vec<Stmt>) {
        if self.loop_body.is_some() {
            let code = self.exit_code(Exit::Return);
            return self.leave_loop(code, node, out);
        }
        let slots = match self.named_results.is_empty() {
            true => self.variables.return_slots.clone(),
            false => self.named_results.clone(),
        };
        let values = slots.into_iter().map(|local| self.local_expr(local, node)).collect();
        out.push(Stmt { node, kind: StmtKind::Return(values) });
    }
}

/// The labels in `stmts`, function literals left out.
fn labels_in(stmts: &[ast::Stmt], found: &mut Vec<SmolStr>) {
    for stmt in stmts {
        match &stmt.kind {
            Syntax::Labeled { label, stmt } => {
                found.push(label.name.clone());
                labels_in(std::slice::from_ref(stmt), found);
            }
            Syntax::Block(block) => labels_in(&block.stmts, found),
            Syntax::If { then, otherwise, .. } => {
                labels_in(&then.stmts, found);
                if let Some(otherwise) = otherwise {
                    labels_in(std::slice::from_ref(otherwise), found);
                }
            }
            Syntax::For { body, .. } | Syntax::Range { body, .. } => labels_in(&body.stmts, found),
            Syntax::Switch { cases, .. } | Syntax::TypeSwitch { cases, .. } => {
                cases.iter().for_each(|case| labels_in(&case.body, found));
            }
            Syntax::Select(cases) => cases.iter().for_each(|case| labels_in(&case.body, found)),
            _ => {}
        }
    }
}
