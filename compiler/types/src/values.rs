//! Function values: each is known when compiling. A variable of a function type becomes variables for what its function
//! captures, a parameter becomes parameters for these, and a call becomes that of the function.

use std::cell::Cell;
use std::rc::Rc;

use gobpf_source::{NodeId, Place};

use crate::hir::{
    CompareOp, Constant, Expr, ExprKind, Function, FunctionId, Local, LocalId, Stmt, StmtKind, Type, TypeId,
};
use crate::provenance::{Choice, Locals, Pass};

/// A function with what it captures.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct FunctionValue {
    pub function: FunctionId,
    pub captures: Vec<Capture>,
}

/// What a function captures.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Capture {
    Plain(TypeId),
    Function(FunctionState),
}

/// What is known of a value of a function type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum FunctionState {
    /// Nothing yet.
    Unknown,
    Nil,
    Known(Rc<FunctionValue>),
}

impl FunctionState {
    /// The types of all that it captures, functions among it taken apart.
    fn leaves(&self, found: &mut Vec<TypeId>) {
        let FunctionState::Known(value) = self else { return };
        for capture in &value.captures {
            match capture {
                Capture::Plain(ty) => found.push(*ty),
                Capture::Function(state) => state.leaves(found),
            }
        }
    }

    pub fn all_leaves(&self) -> Vec<TypeId> {
        let mut leaves = Vec::new();
        self.leaves(&mut leaves);
        leaves
    }

    /// The same functions, whatever memory they point into.
    fn same_functions(&self, other: &FunctionState) -> bool {
        match (self, other) {
            (FunctionState::Known(a), FunctionState::Known(b)) => {
                a.function == b.function
                    && a.captures.len() == b.captures.len()
                    && a.captures.iter().zip(&b.captures).all(|pair| match pair {
                        (Capture::Plain(_), Capture::Plain(_)) => true,
                        (Capture::Function(a), Capture::Function(b)) => a.same_functions(b),
                        _ => false,
                    })
            }
            (a, b) => a == b,
        }
    }
}

impl Pass<'_> {
    pub fn is_function(&self, ty: TypeId) -> bool {
        *self.types.get(ty) == Type::Function
    }

    /// What function `expr`, whose parts are rewritten, is.
    pub fn value_of(&self, expr: &Expr, locals: &Locals) -> FunctionState {
        match &expr.kind {
            ExprKind::Zero => FunctionState::Nil,
            ExprKind::Local(local) => {
                locals.functions.get(local.0 as usize).cloned().unwrap_or(FunctionState::Unknown)
            }
            ExprKind::Convert(inner) => self.value_of(inner, locals),
            ExprKind::Sequence { value, .. } => self.value_of(value, locals),
            ExprKind::Closure { function, captures } => {
                let captures = captures
                    .iter()
                    .map(|capture| match self.is_function(capture.ty) {
                        true => Capture::Function(self.value_of(capture, locals)),
                        false => Capture::Plain(capture.ty),
                    })
                    .collect();
                FunctionState::Known(Rc::new(FunctionValue { function: *function, captures }))
            }
            ExprKind::Call { function, .. } => self
                .result_values
                .get(function.0 as usize)
                .and_then(|values| values.first().cloned())
                .unwrap_or(FunctionState::Unknown),
            _ => FunctionState::Unknown,
        }
    }

    /// The values of all that `expr` captures; statements that must run before are put into `before`.
    pub fn environment(&self, expr: Expr, locals: &mut Locals, before: &mut Vec<Stmt>) -> Vec<Expr> {
        let node = expr.node;
        match expr.kind {
            ExprKind::Local(local) => {
                let environment = locals.environments.get(local.0 as usize).cloned().unwrap_or_default();
                environment.into_iter().map(|part| self.read_added(part, node, locals)).collect()
            }
            ExprKind::Convert(inner) => self.environment(*inner, locals, before),
            ExprKind::Sequence { stmts, value } => {
                before.extend(stmts);
                self.environment(*value, locals, before)
            }
            ExprKind::Closure { captures, .. } => {
                let mut parts = Vec::new();
                for capture in captures {
                    match self.is_function(capture.ty) {
                        true => parts.extend(self.environment(capture, locals, before)),
                        false => parts.push(capture),
                    }
                }
                parts
            }
            ExprKind::Call { .. } => {
                let leaves = self.value_of(&expr, locals).all_leaves();
                match leaves.as_slice() {
                    [] => {
                        before.push(Stmt { node, kind: StmtKind::Expr(expr) });
                        Vec::new()
                    }
                    [one] => vec![Expr { ty: *one, ..expr }],
                    several => {
                        let parts: Vec<LocalId> =
                            several.iter().map(|ty| self.add_local("", *ty, node, locals)).collect();
                        for local in &parts {
                            let kind = StmtKind::Declare { local: *local, init: None };
                            before.push(Stmt { node, kind });
                        }
                        let reads: Vec<Expr> =
                            parts.iter().map(|local| self.read_added(*local, node, locals)).collect();
                        let targets = reads.iter().cloned().map(Some).collect();
                        before.push(Stmt { node, kind: StmtKind::AssignCall { targets, call: expr } });
                        reads
                    }
                }
            }
            _ => Vec::new(),
        }
    }

    fn read_added(&self, local: LocalId, node: NodeId, locals: &Locals) -> Expr {
        Expr { node, ty: locals.type_of(local), kind: ExprKind::Local(local) }
    }

    /// A new variable of the function that is being made.
    pub fn add_local(&self, name: &str, ty: TypeId, node: NodeId, locals: &mut Locals) -> LocalId {
        let id = LocalId(locals.functions.len() as u32);
        locals.added.push(Local { name: name.into(), ty, node, address_taken: false });
        locals.types.push(ty);
        locals.from.push(node);
        locals.own.push(None);
        locals.bounds.push(u64::MAX);
        locals.declared_in.push(locals.loops);
        locals.read.push(Cell::new(false));
        locals.functions.push(FunctionState::Unknown);
        locals.environments.push(Vec::new());
        id
    }

    /// `local` is the function that `state` says, and what it captures gets variables.
    pub fn set_function(&self, local: LocalId, state: FunctionState, locals: &mut Locals) {
        let node = locals.from.get(local.0 as usize).copied().unwrap_or(NodeId(0));
        let parts: Vec<LocalId> =
            state.all_leaves().into_iter().map(|ty| self.add_local("", ty, node, locals)).collect();
        if let Some(slot) = locals.environments.get_mut(local.0 as usize) {
            *slot = parts;
        }
        if let Some(slot) = locals.functions.get_mut(local.0 as usize) {
            *slot = state;
        }
        locals.changed = true;
    }

    /// `local` gets the function value `state`: true if that is what it always is.
    fn join_function(
        &mut self,
        local: LocalId,
        state: &FunctionState,
        node: NodeId,
        locals: &mut Locals,
    ) -> bool {
        let known = locals.functions.get(local.0 as usize).cloned().unwrap_or(FunctionState::Unknown);
        match (&known, state) {
            (_, FunctionState::Unknown) => false,
            (FunctionState::Unknown, _) => {
                self.set_function(local, state.clone(), locals);
                true
            }
            _ if known.same_functions(state) => true,
            _ => {
                locals.unresolved.push(node);
                false
            }
        }
    }

    /// Function values of a statement whose expressions are rewritten become what they capture.
    pub fn flatten(&mut self, stmt: Stmt, locals: &mut Locals, out: &mut Vec<Stmt>) {
        let node = stmt.node;
        match stmt.kind {
            StmtKind::Declare { local, init } if locals.is_function(local) => match init {
                Some(init) => self.assign_function(local, init, true, locals, out),
                None => self.declare_environment(local, node, locals, out),
            },
            StmtKind::Assign { targets, values } if values.iter().any(|value| self.is_function(value.ty)) => {
                let (mut places, mut plain) = (Vec::new(), Vec::new());
                for (target, value) in targets.into_iter().zip(values) {
                    match (target, self.is_function(value.ty)) {
                        (Some(Expr { kind: ExprKind::Local(local), .. }), true) => {
                            self.assign_function(local, value, false, locals, out);
                        }
                        (Some(target), true) => locals.unresolved.push(target.node),
                        (None, true) => {
                            self.environment(value, locals, out);
                        }
                        (target, false) => {
                            places.push(target);
                            plain.push(value);
                        }
                    }
                }
                if !plain.is_empty() {
                    out.push(Stmt { node, kind: StmtKind::Assign { targets: places, values: plain } });
                }
            }
            StmtKind::AssignCall { targets, call } => {
                let targets = self.flatten_targets(targets, &call, locals);
                out.push(Stmt { node, kind: StmtKind::AssignCall { targets, call } });
            }
            StmtKind::Return(values) if values.iter().any(|value| self.is_function(value.ty)) => {
                let mut flat = Vec::new();
                for (index, value) in values.into_iter().enumerate() {
                    if !self.is_function(value.ty) {
                        flat.push(value);
                        continue;
                    }
                    let state = self.value_of(&value, locals);
                    self.join_result(index, &state, node, locals);
                    flat.extend(self.environment(value, locals, out));
                }
                out.push(Stmt { node, kind: StmtKind::Return(flat) });
            }
            StmtKind::ReturnCall(call) => {
                if let ExprKind::Call { function, .. } = &call.kind {
                    let values = self.result_values.get(function.0 as usize).cloned().unwrap_or_default();
                    for (index, state) in values.iter().enumerate() {
                        if *state != FunctionState::Unknown {
                            self.join_result(index, state, node, locals);
                        }
                    }
                }
                out.push(Stmt { node, kind: StmtKind::ReturnCall(call) });
            }
            StmtKind::Expr(expr) if self.is_function(expr.ty) => {
                self.environment(expr, locals, out);
            }
            kind => out.push(Stmt { node, kind }),
        }
    }

    fn assign_function(
        &mut self,
        local: LocalId,
        value: Expr,
        declare: bool,
        locals: &mut Locals,
        out: &mut Vec<Stmt>,
    ) {
        let node = value.node;
        let state = self.value_of(&value, locals);
        if !self.join_function(local, &state, node, locals) {
            return;
        }
        let parts = self.environment(value, locals, out);
        let places = locals.environments.get(local.0 as usize).cloned().unwrap_or_default();
        let (mut targets, mut values) = (Vec::new(), Vec::new());
        for (place, part) in places.into_iter().zip(parts) {
            self.join(place, &part, locals);
            if declare {
                out.push(Stmt { node, kind: StmtKind::Declare { local: place, init: Some(part) } });
                continue;
            }
            targets.push(Some(self.read_added(place, node, locals)));
            values.push(part);
        }
        if !values.is_empty() {
            out.push(Stmt { node, kind: StmtKind::Assign { targets, values } });
        }
    }

    fn declare_environment(&self, local: LocalId, node: NodeId, locals: &Locals, out: &mut Vec<Stmt>) {
        for part in locals.environments.get(local.0 as usize).into_iter().flatten() {
            out.push(Stmt { node, kind: StmtKind::Declare { local: *part, init: None } });
        }
    }

    fn flatten_targets(
        &mut self,
        targets: Vec<Option<Expr>>,
        call: &Expr,
        locals: &mut Locals,
    ) -> Vec<Option<Expr>> {
        let ExprKind::Call { function, .. } = &call.kind else { return targets };
        let values = self.result_values.get(function.0 as usize).cloned().unwrap_or_default();
        let mut flat = Vec::new();
        for (index, target) in targets.into_iter().enumerate() {
            let state = values.get(index).cloned().unwrap_or(FunctionState::Unknown);
            if state == FunctionState::Unknown {
                flat.push(target);
                continue;
            }
            match target {
                Some(Expr { kind: ExprKind::Local(local), node, .. }) => {
                    self.join_function(local, &state, node, locals);
                    let parts = locals.environments.get(local.0 as usize).cloned().unwrap_or_default();
                    flat.extend(parts.into_iter().map(|part| Some(self.read_added(part, node, locals))));
                }
                Some(target) => locals.unresolved.push(target.node),
                None => flat.extend(state.all_leaves().into_iter().map(|_| None)),
            }
        }
        flat
    }

    fn join_result(&mut self, index: usize, state: &FunctionState, node: NodeId, locals: &mut Locals) {
        let Some(slot) = locals.result_values.get_mut(index) else { return };
        if *slot == FunctionState::Unknown && *state != FunctionState::Unknown {
            *slot = state.clone();
            locals.changed = true;
        } else if *state != FunctionState::Unknown && !slot.same_functions(state) {
            locals.unresolved.push(node);
        }
    }

    /// Parameters and results of function types become those for what the functions capture.
    pub fn flatten_signature(&mut self, function: &mut Function, locals: &Locals) {
        let mut params = Vec::with_capacity(function.params.len());
        for param in std::mem::take(&mut function.params) {
            match locals.is_function(param) {
                true => params.extend(locals.environments.get(param.0 as usize).into_iter().flatten()),
                false => params.push(param),
            }
        }
        function.params = params;
        let mut results = Vec::with_capacity(function.results.len());
        for (index, ty) in std::mem::take(&mut function.results).into_iter().enumerate() {
            match self.is_function(ty) {
                true => {
                    if let Some(state) = locals.result_values.get(index) {
                        state.leaves(&mut results);
                    }
                }
                false => results.push(ty),
            }
        }
        function.results = results;
        let named = std::mem::take(&mut function.result_locals);
        for local in named {
            match locals.is_function(local) {
                true => function
                    .result_locals
                    .extend(locals.environments.get(local.0 as usize).into_iter().flatten()),
                false => function.result_locals.push(local),
            }
        }
    }

    /// A call whose operands are rewritten: the function that it calls, for what its arguments are.
    pub fn rewrite_call(&mut self, expr: &mut Expr, locals: &mut Locals) {
        let node = expr.node;
        let at = Place { decl: locals.decl, node };
        let mut before = Vec::new();
        let mut choices = Vec::new();
        let mut flat = Vec::new();
        let (function, arguments) = match std::mem::replace(&mut expr.kind, ExprKind::Zero) {
            ExprKind::Call { function, arguments } => (function, arguments),
            ExprKind::CallValue { callee, arguments } => {
                let state = self.value_of(&callee, locals);
                let FunctionState::Known(value) = state else {
                    locals.without_function(&state, callee.node);
                    expr.kind = ExprKind::CallValue { callee, arguments };
                    return;
                };
                let parts = self.environment(*callee, locals, &mut before);
                let mut parts = parts.into_iter();
                for capture in &value.captures {
                    match capture {
                        Capture::Plain(_) => {
                            let Some(part) = parts.next() else { continue };
                            if self.points(part.ty) {
                                choices.push(Choice::Value(part.ty));
                            }
                            flat.push(part);
                        }
                        Capture::Function(state) => {
                            choices.push(Choice::Function(state.clone()));
                            let count = state.all_leaves().len();
                            flat.extend(parts.by_ref().take(count));
                        }
                    }
                }
                (value.function, arguments)
            }
            kind => {
                expr.kind = kind;
                return;
            }
        };
        for argument in arguments {
            if self.is_function(argument.ty) {
                let state = self.value_of(&argument, locals);
                choices.push(Choice::Function(state));
                flat.extend(self.environment(argument, locals, &mut before));
            } else {
                if self.points(argument.ty) {
                    choices.push(Choice::Value(argument.ty));
                }
                flat.push(argument);
            }
        }
        let function = self.function(function, &choices, at);
        self.share_arguments(function, &flat, locals);
        let call = ExprKind::Call { function, arguments: flat };
        if before.is_empty() {
            expr.kind = call;
            return;
        }
        let mut value = Expr { node, ty: expr.ty, kind: call };
        if self.points(value.ty)
            && let Some(result) = self.results_of(&value).first().copied()
        {
            value.ty = self.impose(value.ty, result);
        }
        expr.kind = ExprKind::Sequence { stmts: before, value: Box::new(value) };
    }

    /// `f == nil` of a function that is known.
    pub fn compare_with_nil(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        node: NodeId,
        locals: &mut Locals,
    ) -> ExprKind {
        let value = if matches!(left.kind, ExprKind::Zero) { right } else { left };
        let equal = match self.value_of(value, locals) {
            FunctionState::Nil => true,
            FunctionState::Known(_) => false,
            FunctionState::Unknown => {
                locals.without_function(&FunctionState::Unknown, node);
                false
            }
        };
        ExprKind::Const(Constant::Bool(equal == (op == CompareOp::Equal)))
    }
}
