//! Function values: each is known when compiling. A variable of a function type becomes variables for what its function
//! captures, a parameter becomes parameters for these, and a call becomes that of the function.

use std::cell::Cell;
use std::rc::Rc;

use gobpf_source::{NodeId, Place};

use crate::hir::{
    Argument, CallbackParameter, CompareOp, Constant, Expr, ExprKind, Field, Function, FunctionId, Local,
    LocalId, Provenance, Stmt, StmtKind, StructType, Type, TypeId, UnaryOp,
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

    fn all_leaves(&self) -> Vec<TypeId> {
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
    fn value_of(&self, expr: &Expr, locals: &Locals) -> FunctionState {
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
    fn environment(&self, expr: Expr, locals: &mut Locals, before: &mut Vec<Stmt>) -> Vec<Expr> {
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
    fn add_local(&self, name: &str, ty: TypeId, node: NodeId, locals: &mut Locals) -> LocalId {
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

    /// Function values that a helper calls become subprograms, and what they capture goes into a block on the stack.
    pub fn rewrite_callbacks(&mut self, expr: &mut Expr, locals: &mut Locals) {
        let ExprKind::Helper { arguments, .. } = &mut expr.kind else { return };
        if !arguments.iter().any(|argument| matches!(argument, Argument::CallbackValue { .. })) {
            return;
        }
        let node = expr.node;
        let mut before = Vec::new();
        let mut lowered = Vec::with_capacity(arguments.len() + 1);
        for argument in std::mem::take(arguments) {
            match argument {
                Argument::CallbackValue { function, parameters, types } => {
                    let made = self.callback(*function, &parameters, &types, locals, &mut before);
                    let Some((callback, block)) = made else { continue };
                    lowered.push(Argument::Callback(callback));
                    lowered.push(Argument::Value(block));
                }
                other => lowered.push(other),
            }
        }
        *arguments = lowered;
        if !before.is_empty() {
            let value = Expr { node, ty: expr.ty, kind: std::mem::replace(&mut expr.kind, ExprKind::Zero) };
            expr.kind = ExprKind::Sequence { stmts: before, value: Box::new(value) };
        }
    }

    fn callback(
        &mut self,
        value: Expr,
        parameters: &[CallbackParameter],
        types: &[TypeId],
        locals: &mut Locals,
        before: &mut Vec<Stmt>,
    ) -> Option<(FunctionId, Expr)> {
        let node = value.node;
        let state = self.value_of(&value, locals);
        let FunctionState::Known(known) = &state else {
            locals.without_function(&state, node);
            return None;
        };
        let known = known.clone();
        let parts = self.environment(value, locals, before);
        let block_type = self.block_type(&parts);
        let wide = self.types.intern(Type::Int { bits: 64, signed: false, name: "uint64".into() });
        let zero = Expr { node, ty: wide, kind: ExprKind::Zero };
        let leaves: Vec<TypeId> = parts.iter().map(|part| part.ty).collect();
        let values: Vec<Expr> = std::iter::once(zero).chain(parts).collect();
        let block = self.add_local("", block_type, node, locals);
        if let Some(added) = locals.added.last_mut() {
            added.address_taken = true;
        }
        let init = Some(Expr { node, ty: block_type, kind: ExprKind::Struct(values) });
        before.push(Stmt { node, kind: StmtKind::Declare { local: block, init } });
        let pointer = self.types.intern(Type::Pointer { target: block_type, provenance: Provenance::Stack });
        let place = Expr { node, ty: block_type, kind: ExprKind::Local(block) };
        let address = Expr { node, ty: pointer, kind: ExprKind::AddressOf(Box::new(place)) };
        let shape = Shape { block: block_type, pointer, leaves, node };
        let callback = self.wrapper(&known, parameters, types, &shape, locals);
        Some((callback, address))
    }

    /// The struct with the flag that a panic sets, and what a callback captures.
    fn block_type(&mut self, parts: &[Expr]) -> TypeId {
        let wide = self.types.intern(Type::Int { bits: 64, signed: false, name: "uint64".into() });
        let mut fields = vec![Field { name: "panicked".into(), ty: wide, offset: 0 }];
        let mut offset: u64 = 8;
        for (index, part) in parts.iter().enumerate() {
            // Pointers must lie where the verifier keeps track of them.
            let align = self.types.align_of(part.ty).max(1);
            offset = offset.next_multiple_of(align);
            let name = format!("c{index}").into();
            fields.push(Field { name, ty: part.ty, offset: offset as u32 });
            offset += self.types.size_of(part.ty);
        }
        let size = offset.next_multiple_of(8) as u32;
        self.types.intern(Type::Struct(StructType { name: "".into(), fields, size, align: 8 }))
    }

    /// The function that the kernel calls: it takes what the kernel passes, and calls the function value.
    fn wrapper(
        &mut self,
        value: &FunctionValue,
        parameters: &[CallbackParameter],
        types: &[TypeId],
        shape: &Shape,
        locals: &Locals,
    ) -> FunctionId {
        let node = shape.node;
        let wide = self.types.intern(Type::Int { bits: 64, signed: false, name: "uint64".into() });
        let mut own: Vec<Local> = Vec::new();
        let mut new_local = |ty: TypeId| {
            own.push(Local { name: "".into(), ty, node, address_taken: false });
            LocalId(own.len() as u32 - 1)
        };
        let mut params = Vec::new();
        let mut arguments = Vec::new();
        let mut wanted = types.iter().copied();
        for parameter in parameters {
            let Some(ty) = (match parameter {
                CallbackParameter::Dropped => Some(wide),
                _ => wanted.next(),
            }) else {
                continue;
            };
            let memory = Provenance::MapValue;
            let (param_type, argument_type) = match parameter {
                CallbackParameter::Dropped => (wide, wide),
                CallbackParameter::Pointed => {
                    (self.types.intern(Type::Pointer { target: ty, provenance: memory }), ty)
                }
                CallbackParameter::Value if self.has_provenance(ty) => {
                    let ty = crate::provenance::with_provenance(&mut self.types, ty, memory);
                    (ty, ty)
                }
                CallbackParameter::Value => (wide, ty),
            };
            let param = new_local(param_type);
            params.push(param);
            let read = Expr { node, ty: param_type, kind: ExprKind::Local(param) };
            match parameter {
                CallbackParameter::Dropped => {}
                CallbackParameter::Pointed => {
                    let kind = ExprKind::Deref(Box::new(read));
                    arguments.push(Expr { node, ty: argument_type, kind });
                }
                CallbackParameter::Value if param_type == argument_type => arguments.push(read),
                CallbackParameter::Value => {
                    let kind = ExprKind::Convert(Box::new(read));
                    arguments.push(Expr { node, ty: argument_type, kind });
                }
            }
        }
        let context = new_local(shape.pointer);
        params.push(context);
        let (choices, mut flat) = self.captured_arguments(value, context, shape);
        let mut choices = choices;
        for argument in &arguments {
            if self.points(argument.ty) {
                choices.push(Choice::Value(argument.ty));
            }
        }
        flat.extend(arguments);
        let at = Place { decl: locals.decl, node };
        let function = self.function(value.function, &choices, at);
        let boolean = self.types.intern(Type::Bool);
        let call = Expr { node, ty: boolean, kind: ExprKind::Call { function, arguments: flat } };
        let kind = ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(call) };
        let cond = Expr { node, ty: boolean, kind };
        let returned = |number| {
            let value = Expr { node, ty: wide, kind: ExprKind::Const(Constant::Int(number)) };
            Stmt { node, kind: StmtKind::Return(vec![value]) }
        };
        let stop = StmtKind::If { cond, then: vec![returned(1)], otherwise: Vec::new() };
        let body = vec![Stmt { node, kind: stop }, returned(0)];
        let name = self.done.get(function.0 as usize).map(|function| function.name.clone());
        let id = FunctionId(self.done.len() as u32);
        self.push_made(Function {
            name: format!("{}.callback", name.unwrap_or_default()).into(),
            decl: locals.decl,
            name_node: node,
            params,
            results: vec![wide],
            result_locals: Vec::new(),
            locals: own,
            body,
            defers: Vec::new(),
            inlining: crate::hir::Inlining::Never,
            callees: Vec::new(),
            nodes: 0,
        });
        id
    }

    /// What the function value captures, read from the block.
    fn captured_arguments(
        &self,
        value: &FunctionValue,
        context: LocalId,
        shape: &Shape,
    ) -> (Vec<Choice>, Vec<Expr>) {
        let node = shape.node;
        let mut choices = Vec::new();
        let mut leaves = shape.leaves.iter().copied();
        let mut plain = Vec::new();
        for capture in &value.captures {
            match capture {
                Capture::Plain(_) => {
                    let Some(ty) = leaves.next() else { continue };
                    if self.points(ty) {
                        choices.push(Choice::Value(ty));
                    }
                    plain.push(ty);
                }
                Capture::Function(state) => {
                    choices.push(Choice::Function(state.clone()));
                    plain.extend(leaves.by_ref().take(state.all_leaves().len()));
                }
            }
        }
        let reads = plain
            .into_iter()
            .zip(1..)
            .map(|(ty, index)| {
                let pointer = Expr { node, ty: shape.pointer, kind: ExprKind::Local(context) };
                let kind = ExprKind::Deref(Box::new(pointer));
                let block = Box::new(Expr { node, ty: shape.block, kind });
                Expr { node, ty, kind: ExprKind::Field { base: block, index } }
            })
            .collect();
        (choices, reads)
    }
}

/// The block of a callback.
struct Shape {
    block: TypeId,
    pointer: TypeId,
    leaves: Vec<TypeId>,
    node: NodeId,
}
