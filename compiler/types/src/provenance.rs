//! Provenance: which memory each pointer and slice points into, and one function for each choice of its parameters'.
//!
//! A variable's provenance is that of all values that are assigned to it; `nil` agrees with all. The functions that
//! the checker made say `Nil` everywhere; this pass gives every expression its final type.

use std::collections::HashMap;

use gobpf_bpf::tables::Helper;
use gobpf_source::{DeclId, NodeId, Place};
use smol_str::SmolStr;

use crate::error::{NotInKernel, TypeError, Why};
use crate::hir::{
    Expr, ExprKind, Function, FunctionId, Local, LocalId, Package, Provenance, Stmt, StmtKind, Type, TypeId,
    Types,
};
use crate::values::FunctionState;
use crate::visit;

/// Calls nested deeper than this were reported as recursion.
const MAX_DEPTH: usize = 256;

/// Copies of bytes on the stack are no larger than the stack (bytes).
const MAX_COPY: u64 = 512;

/// Makes the functions of `package`, which are those of the checker, final.
pub(crate) fn specialise(package: &mut Package, errors: &mut Vec<TypeError>) {
    let generic = std::mem::take(&mut package.functions);
    let mut pass = Pass {
        generic: &generic,
        types: std::mem::take(&mut package.types),
        known: HashMap::new(),
        done: Vec::new(),
        results: Vec::new(),
        stored: Vec::new(),
        result_values: Vec::new(),
        active: Vec::new(),
        errors,
    };
    for program in &mut package.programs {
        let params = pass.params(program.function);
        let choice: Vec<Choice> = params
            .iter()
            .map(|param| {
                let ty = pass.local_type(program.function, *param);
                Choice::Value(with_provenance(&mut pass.types, ty, Provenance::Context))
            })
            .collect();
        program.function = pass.function(program.function, &choice, program.place);
    }
    let Pass { types, done, .. } = pass;
    package.functions = done;
    package.types = types;
    keep_reached(package);
}

/// Drops the functions that were made while provenances were not known yet, and numbers the others anew.
fn keep_reached(package: &mut Package) {
    let mut order: Vec<FunctionId> = Vec::new();
    let mut numbers: HashMap<FunctionId, FunctionId> = HashMap::new();
    let mut reach = |id: FunctionId, order: &mut Vec<FunctionId>| {
        *numbers.entry(id).or_insert_with(|| {
            order.push(id);
            FunctionId(order.len() as u32 - 1)
        })
    };
    for program in &mut package.programs {
        program.function = reach(program.function, &mut order);
    }
    let mut kept = Vec::new();
    while let Some(id) = order.get(kept.len()).copied() {
        let Some(mut function) = package.functions.get(id.0 as usize).cloned() else { break };
        let mut body = std::mem::take(&mut function.body);
        function.callees.clear();
        visit::calls(&mut body, &mut |callee| {
            *callee = reach(*callee, &mut order);
            function.callees.push(*callee);
        });
        function.nodes = visit::count(&mut body);
        function.body = body;
        let mut defers = std::mem::take(&mut function.defers);
        for deferred in &mut defers {
            visit::calls(&mut deferred.body, &mut |callee| {
                *callee = reach(*callee, &mut order);
                function.callees.push(*callee);
            });
            function.nodes += visit::count(&mut deferred.body);
        }
        function.defers = defers;
        kept.push(function);
    }
    package.functions = kept;
}

pub(crate) struct Pass<'p> {
    pub generic: &'p [Function],
    pub types: Types,
    known: HashMap<(FunctionId, Vec<Choice>), FunctionId>,
    pub done: Vec<Function>,
    /// Types of the results of each function in `done`.
    results: Vec<Vec<TypeId>>,
    /// Types of the parameters of each function in `done`, with what it stores through them.
    stored: Vec<Vec<TypeId>>,
    /// Function values among the results of each function in `done`.
    pub result_values: Vec<Vec<FunctionState>>,
    /// Functions that are being made, each with the place of its call.
    active: Vec<(FunctionId, Place)>,
    errors: &'p mut Vec<TypeError>,
}

/// What is known of a parameter when a function is specialised.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Choice {
    /// A value of this type, which says into which memories it points.
    Value(TypeId),
    /// This function.
    Function(FunctionState),
}

/// What is known of the variables of one function.
pub(crate) struct Locals {
    pub decl: DeclId,
    /// Types with the memories that are known so far.
    pub types: Vec<TypeId>,
    /// The function that each is, where it is one.
    pub functions: Vec<FunctionState>,
    /// The variables that hold what the function of each captures.
    pub environments: Vec<Vec<LocalId>>,
    /// Variables that were added for this.
    pub added: Vec<Local>,
    /// Function values that are of no use: assigned different functions, or called without being known.
    pub unresolved: Vec<NodeId>,
    /// Those of the function's own variables that have a function type.
    pub of_function_type: Vec<bool>,
    /// Types are final: nothing is to be found out any more.
    pub last: bool,
    /// Where each got its provenance first.
    pub from: Vec<NodeId>,
    /// Which point to a variable of the function itself: in how many loops the innermost of these is declared.
    pub own: Vec<Option<u32>>,
    /// How many bytes each slice or string has at most.
    pub bounds: Vec<u64>,
    /// In how many loops each is declared.
    pub declared_in: Vec<u32>,
    /// Loops around the statement at hand.
    pub loops: u32,
    /// Pointers that outlive a turn of the loop that their target is declared in.
    outlived: Vec<NodeId>,
    results: Vec<TypeId>,
    pub result_values: Vec<FunctionState>,
    result_from: Vec<NodeId>,
    pub changed: bool,
    conflicts: Vec<(LocalId, NodeId, Provenance)>,
    /// The memory that the last conflict was with.
    conflicting: Option<Provenance>,
    /// Returned values that disagree with an earlier one: it, and the first.
    result_conflicts: Vec<(NodeId, Provenance, NodeId, Provenance)>,
    /// Returned pointers to variables of the function itself.
    escapes: Vec<NodeId>,
    /// Pointers that are stored outside of the stack.
    stored_away: Vec<NodeId>,
}

impl Locals {
    /// The type of a variable, with the memories that are known so far.
    pub fn type_of(&self, local: LocalId) -> TypeId {
        self.types.get(local.0 as usize).copied().unwrap_or(TypeId(0))
    }

    /// The variable is of a function type.
    pub fn is_function(&self, local: LocalId) -> bool {
        self.of_function_type.get(local.0 as usize).copied().unwrap_or(false)
    }
}

impl Pass<'_> {
    /// Adds a function that is final.
    pub fn push_made(&mut self, function: Function) {
        self.results.push(Vec::new());
        self.stored.push(Vec::new());
        self.result_values.push(Vec::new());
        self.done.push(function);
    }

    /// Parameters of `function` that have a provenance.
    fn params(&self, function: FunctionId) -> Vec<LocalId> {
        let Some(function) = self.generic.get(function.0 as usize) else { return Vec::new() };
        function
            .params
            .iter()
            .copied()
            .filter(|param| {
                function
                    .locals
                    .get(param.0 as usize)
                    .is_some_and(|local| self.points(local.ty) || self.is_function(local.ty))
            })
            .collect()
    }

    /// The type of a variable of a function as the checker made it.
    fn local_type(&self, function: FunctionId, local: LocalId) -> TypeId {
        let function = self.generic.get(function.0 as usize);
        function
            .and_then(|function| function.locals.get(local.0 as usize))
            .map_or(TypeId(0), |local| local.ty)
    }

    /// A value of type `ty` points somewhere, or has parts that do.
    pub fn points(&self, ty: TypeId) -> bool {
        match self.types.get(ty) {
            Type::Pointer { .. } | Type::Slice { .. } | Type::String { .. } => true,
            Type::Array { element, .. } => self.points(*element),
            Type::Struct(of) => of.fields.iter().any(|field| self.points(field.ty)),
            _ => false,
        }
    }

    pub fn has_provenance(&self, ty: TypeId) -> bool {
        matches!(self.types.get(ty), Type::Pointer { .. } | Type::Slice { .. } | Type::String { .. })
    }

    /// The function `id` for one choice of its parameters, called at `at`.
    pub fn function(&mut self, id: FunctionId, choice: &[Choice], at: Place) -> FunctionId {
        let key = (id, choice.to_vec());
        if let Some(known) = self.known.get(&key).copied() {
            if let Some(start) = self.active.iter().position(|(active, _)| *active == known) {
                self.report_recursion(start, at);
            }
            return known;
        }
        let Some(generic) = self.generic.get(id.0 as usize) else { return FunctionId(0) };
        let mut function = generic.clone();
        let new = FunctionId(self.done.len() as u32);
        self.known.insert(key, new);
        self.done.push(function.clone());
        self.results.push(function.results.clone());
        self.stored.push(Vec::new());
        self.result_values.push(vec![FunctionState::Unknown; function.results.len()]);
        if self.active.len() >= MAX_DEPTH {
            self.report_recursion(self.active.len() - 1, at);
            return new;
        }
        self.active.push((new, at));
        let mut locals = self.infer(id, &mut function, choice);
        locals.last = true;
        let mut body = std::mem::take(&mut function.body);
        self.rewrite_block(&mut body, &mut locals);
        function.body = body;
        let mut defers = std::mem::take(&mut function.defers);
        for deferred in &mut defers {
            self.rewrite_block(&mut deferred.body, &mut locals);
        }
        function.defers = defers;
        self.active.pop();
        for node in std::mem::take(&mut locals.unresolved) {
            let why = Why::NotInKernel(NotInKernel::FunctionValue);
            self.report(Place { decl: function.decl, node }, why);
        }
        self.report_unbounded(&mut function);
        function.results.clone_from(&locals.results);
        function.locals.append(&mut locals.added);
        for (local, ty) in function.locals.iter_mut().zip(&locals.types) {
            local.ty = *ty;
        }
        self.flatten_signature(&mut function, &locals);
        let stored = function.params.iter().map(|param| locals.type_of(*param)).collect();
        if let Some(slot) = self.stored.get_mut(new.0 as usize) {
            *slot = stored;
        }
        if let Some(slot) = self.results.get_mut(new.0 as usize) {
            slot.clone_from(&locals.results);
        }
        if let Some(slot) = self.result_values.get_mut(new.0 as usize) {
            slot.clone_from(&locals.result_values);
        }
        if let Some(slot) = self.done.get_mut(new.0 as usize) {
            *slot = function;
        }
        new
    }

    /// The function that is being made as number `start` of those that are is called again at `at`.
    fn report_recursion(&mut self, start: usize, at: Place) {
        let name = |id: FunctionId| self.done.get(id.0 as usize).map(|function| function.name.clone());
        let mut path: Vec<(SmolStr, Place)> =
            self.active.iter().skip(start + 1).filter_map(|(id, place)| Some((name(*id)?, *place))).collect();
        path.extend(self.active.get(start).and_then(|(id, _)| Some((name(*id)?, at))));
        self.report(at, Why::Recursion { path });
    }

    /// Reports copies of bytes that have no bound.
    fn report_unbounded(&mut self, function: &mut Function) {
        let mut found = Vec::new();
        let mut look = |expr: &Expr| {
            if let ExprKind::CopyBytes { capacity, .. } = &expr.kind
                && *capacity > MAX_COPY
            {
                found.push(expr.node);
            }
        };
        visit::exprs(&mut function.body, &mut look);
        for deferred in &mut function.defers {
            visit::exprs(&mut deferred.body, &mut look);
        }
        for node in found {
            let why = Why::NotInKernel(NotInKernel::UnboundedBytes);
            self.report(Place { decl: function.decl, node }, why);
        }
    }

    /// Finds the provenance of every variable: assignments are followed until nothing changes.
    fn infer(&mut self, id: FunctionId, function: &mut Function, choice: &[Choice]) -> Locals {
        let count = function.locals.len();
        let mut locals = Locals {
            decl: function.decl,
            functions: vec![FunctionState::Unknown; count],
            environments: vec![Vec::new(); count],
            added: Vec::new(),
            of_function_type: function.locals.iter().map(|local| self.is_function(local.ty)).collect(),
            unresolved: Vec::new(),
            last: false,
            result_values: vec![FunctionState::Unknown; function.results.len()],
            types: function.locals.iter().map(|local| local.ty).collect(),
            from: function.locals.iter().map(|local| local.node).collect(),
            own: vec![None; function.locals.len()],
            bounds: vec![0; function.locals.len()],
            declared_in: vec![0; function.locals.len()],
            loops: 0,
            outlived: Vec::new(),
            results: function.results.clone(),
            result_from: vec![NodeId(0); function.results.len()],
            changed: true,
            conflicts: Vec::new(),
            conflicting: None,
            result_conflicts: Vec::new(),
            escapes: Vec::new(),
            stored_away: Vec::new(),
        };
        for (param, choice) in self.params(id).into_iter().zip(choice) {
            let ty = match choice {
                Choice::Value(ty) => *ty,
                Choice::Function(state) => {
                    self.set_function(param, state.clone(), &mut locals);
                    continue;
                }
            };
            let own = locals.type_of(param);
            let ty = self.impose(own, ty);
            if let Some(slot) = locals.types.get_mut(param.0 as usize) {
                *slot = ty;
            }
            if let Some(slot) = locals.bounds.get_mut(param.0 as usize) {
                *slot = u64::MAX;
            }
        }
        while std::mem::take(&mut locals.changed) {
            locals.unresolved.clear();
            let mut body = function.body.clone();
            self.rewrite_block(&mut body, &mut locals);
            for mut deferred in function.defers.clone() {
                self.rewrite_block(&mut deferred.body, &mut locals);
            }
        }
        for (node, here, other, there) in std::mem::take(&mut locals.result_conflicts) {
            let other = Place { decl: function.decl, node: other };
            let (here, there) = (here.describe(), there.describe());
            let why = Why::PointerConflict { name: "the result".into(), here, there, other };
            self.report(Place { decl: function.decl, node }, why);
        }
        for node in std::mem::take(&mut locals.outlived) {
            self.report(Place { decl: function.decl, node }, Why::PointerOutlives);
        }
        for node in std::mem::take(&mut locals.stored_away) {
            let why = Why::NotInKernel(NotInKernel::StoredPointer);
            self.report(Place { decl: function.decl, node }, why);
        }
        for node in std::mem::take(&mut locals.escapes) {
            self.report(
                Place { decl: function.decl, node },
                Why::PointerEscapes { name: function.name.clone() },
            );
        }
        let conflicts = std::mem::take(&mut locals.conflicts);
        let mut seen = Vec::new();
        for (local, node, provenance) in conflicts {
            if seen.contains(&local) {
                continue;
            }
            seen.push(local);
            self.report_conflict(function, &locals, local, node, provenance);
        }
        locals
    }

    fn report_conflict(
        &mut self,
        function: &Function,
        locals: &Locals,
        local: LocalId,
        node: NodeId,
        provenance: Provenance,
    ) {
        let Some(variable) = function.locals.get(local.0 as usize) else { return };
        let first = locals.conflicting.unwrap_or(Provenance::Nil);
        let other = locals.from.get(local.0 as usize).copied().unwrap_or(variable.node);
        let why = Why::PointerConflict {
            name: variable.name.clone(),
            here: provenance.describe(),
            there: first.describe(),
            other: Place { decl: function.decl, node: other },
        };
        self.report(Place { decl: function.decl, node }, why);
    }

    pub fn report(&mut self, place: Place, why: Why) {
        if !self.errors.iter().any(|error| error.place == place) {
            self.errors.push(TypeError { place, why: Box::new(why) });
        }
    }

    /// Gives every expression of `block` its type.
    pub fn rewrite_block(&mut self, block: &mut Vec<Stmt>, locals: &mut Locals) {
        for mut stmt in std::mem::take(block) {
            self.rewrite_stmt(&mut stmt, locals);
            self.flatten(stmt, locals, block);
        }
    }

    fn rewrite_stmt(&mut self, stmt: &mut Stmt, locals: &mut Locals) {
        let is_loop = matches!(stmt.kind, StmtKind::For { .. });
        let mut exprs: Vec<&mut Expr> = Vec::new();
        let mut blocks: Vec<&mut Vec<Stmt>> = Vec::new();
        visit::stmt_parts(stmt, &mut |expr| exprs.push(expr), &mut |block| blocks.push(block));
        for expr in exprs {
            self.rewrite(expr, locals);
        }
        locals.loops += u32::from(is_loop);
        for block in blocks {
            self.rewrite_block(block, locals);
        }
        locals.loops -= u32::from(is_loop);
        if let StmtKind::Declare { local, .. } = &stmt.kind
            && let Some(depth) = locals.declared_in.get_mut(local.0 as usize)
        {
            *depth = locals.loops;
        }
        match &mut stmt.kind {
            StmtKind::Declare { local, init: Some(init) } => {
                self.join(*local, init, locals);
                self.type_nil(init, locals.type_of(*local));
            }
            StmtKind::Assign { targets, values } => {
                for (target, value) in targets.iter().zip(values) {
                    let Some(target) = target else { continue };
                    if !self.points(value.ty) {
                        continue;
                    }
                    match target.kind {
                        ExprKind::Local(local) => self.join(local, value, locals),
                        _ => self.store(target, value, locals),
                    }
                    self.type_nil(value, target.ty);
                }
            }
            StmtKind::AssignCall { targets, call } => {
                let results = self.results_of(call);
                for (target, ty) in targets.iter().zip(results) {
                    let Some(target) = target.as_ref().filter(|_| self.points(ty)) else { continue };
                    self.join_place(target, ty, call.node, locals);
                    if let ExprKind::Local(local) = target.kind
                        && let Some(slot) = locals.bounds.get_mut(local.0 as usize)
                    {
                        *slot = u64::MAX;
                    }
                }
            }
            StmtKind::Return(values) => {
                for (index, value) in values.iter_mut().enumerate() {
                    if !self.points(value.ty) {
                        continue;
                    }
                    self.join_result_type(index, value.ty, value.node, locals);
                    if self.points_to_own(value, locals).is_some() {
                        locals.escapes.push(value.node);
                    }
                    let ty = locals.results.get(index).copied();
                    self.type_nil(value, ty.unwrap_or(value.ty));
                }
            }
            StmtKind::ReturnCall(call) => {
                for (index, ty) in self.results_of(call).into_iter().enumerate() {
                    if self.points(ty) {
                        self.join_result_type(index, ty, call.node, locals);
                    }
                }
            }
            _ => {}
        }
    }

    pub fn results_of(&self, call: &Expr) -> Vec<TypeId> {
        match &call.kind {
            ExprKind::Call { function, .. } => {
                self.results.get(function.0 as usize).cloned().unwrap_or_default()
            }
            _ => Vec::new(),
        }
    }

    pub fn join(&mut self, local: LocalId, value: &Expr, locals: &mut Locals) {
        if !self.points(value.ty) {
            return;
        }
        self.note_target(local, value, locals);
        let bound = if self.has_provenance(value.ty) { self.bound_of(value, locals) } else { 0 };
        if let Some(slot) = locals.bounds.get_mut(local.0 as usize)
            && bound > *slot
        {
            *slot = bound;
            locals.changed = true;
        }
        self.merge(local, value.ty, value.node, locals);
        // What is stored through the pointer is stored into what it points to.
        self.share(value, locals.type_of(local), locals);
    }

    /// `local` keeps a pointer to what `value` points to, which must live as long.
    fn note_target(&mut self, local: LocalId, value: &Expr, locals: &mut Locals) {
        let own = self.points_to_own(value, locals);
        if own > locals.declared_in.get(local.0 as usize).copied() {
            locals.outlived.push(value.node);
        }
        if let Some(slot) = locals.own.get_mut(local.0 as usize)
            && own > *slot
        {
            *slot = own;
            locals.changed = true;
        }
    }

    /// `target = value` for a part of a variable, or something behind a pointer.
    fn store(&mut self, target: &Expr, value: &Expr, locals: &mut Locals) {
        match root(target) {
            Some(local) => self.note_target(local, value, locals),
            None if !self.is_in_local(target) => locals.stored_away.push(value.node),
            None => {}
        }
        self.join_place(target, value.ty, value.node, locals);
    }

    /// The place is on the stack, as far as that is known.
    fn is_in_local(&self, place: &Expr) -> bool {
        matches!(self.memory_of(place), Provenance::Stack | Provenance::Nil)
    }

    /// The type of what is at `place` is joined with `ty`.
    fn join_place(&mut self, place: &Expr, ty: TypeId, node: NodeId, locals: &mut Locals) {
        match &place.kind {
            ExprKind::Local(local) => self.merge(*local, ty, node, locals),
            ExprKind::Field { base, index } => {
                let Type::Struct(of) = self.types.get(base.ty) else { return };
                let mut of = of.clone();
                let Some(field) = of.fields.get_mut(*index as usize) else { return };
                field.ty = self.impose(field.ty, ty);
                let whole = self.types.intern(Type::Struct(of));
                self.join_place(base, whole, node, locals);
            }
            ExprKind::Index { base, .. } => {
                let whole = match *self.types.get(base.ty) {
                    Type::Array { element, length } => {
                        let element = self.impose(element, ty);
                        Type::Array { element, length }
                    }
                    Type::Slice { element, provenance } => {
                        let element = self.impose(element, ty);
                        Type::Slice { element, provenance }
                    }
                    _ => return,
                };
                let whole = self.types.intern(whole);
                self.join_place(base, whole, node, locals);
            }
            ExprKind::Deref(pointer) => {
                let Type::Pointer { target, provenance } = *self.types.get(pointer.ty) else { return };
                let target = self.impose(target, ty);
                let whole = self.types.intern(Type::Pointer { target, provenance });
                self.join_place(pointer, whole, node, locals);
            }
            ExprKind::AddressOf(inner) => {
                if let Type::Pointer { target, .. } = *self.types.get(ty) {
                    self.join_place(inner, target, node, locals);
                }
            }
            ExprKind::Convert(inner) => {
                let ty = self.impose(inner.ty, ty);
                self.join_place(inner, ty, node, locals);
            }
            ExprKind::Slice { base, .. } => match (self.types.get(base.ty), self.types.get(ty)) {
                (Type::Array { length, .. }, Type::Slice { element, .. }) => {
                    let whole = Type::Array { element: *element, length: *length };
                    let whole = self.types.intern(whole);
                    self.join_place(base, whole, node, locals);
                }
                (Type::Slice { .. }, _) => self.join_place(base, ty, node, locals),
                _ => {}
            },
            ExprKind::Sequence { value, .. } => self.join_place(value, ty, node, locals),
            _ => {}
        }
    }

    /// What `value` points to gets what is stored through a pointer of type `ty`.
    fn share(&mut self, value: &Expr, ty: TypeId, locals: &mut Locals) {
        let target = match *self.types.get(ty) {
            Type::Pointer { target, .. } => target,
            Type::Slice { element, .. } => element,
            _ => return,
        };
        if self.points(target) && value.ty != ty {
            self.join_place(value, ty, value.node, locals);
        }
    }

    /// Arguments of a call get what the function stores through them.
    pub fn share_arguments(&mut self, function: FunctionId, arguments: &[Expr], locals: &mut Locals) {
        let stored = self.stored.get(function.0 as usize).cloned().unwrap_or_default();
        for (argument, ty) in arguments.iter().zip(stored) {
            if self.has_provenance(argument.ty) {
                let ty = self.impose(argument.ty, ty);
                self.share(argument, ty, locals);
            }
        }
    }

    fn merge(&mut self, local: LocalId, ty: TypeId, node: NodeId, locals: &mut Locals) {
        let known = locals.type_of(local);
        let value = self.impose(known, ty);
        match self.union_types(known, value) {
            Ok(both) if both == known => {}
            Ok(both) => {
                if self.provenance(known) == Provenance::Nil
                    && let Some(from) = locals.from.get_mut(local.0 as usize)
                {
                    *from = node;
                }
                if let Some(slot) = locals.types.get_mut(local.0 as usize) {
                    *slot = both;
                    locals.changed = true;
                }
            }
            Err((there, here)) => {
                locals.conflicts.push((local, node, here));
                locals.conflicting.get_or_insert(there);
            }
        }
    }

    fn join_result_type(&mut self, index: usize, ty: TypeId, node: NodeId, locals: &mut Locals) {
        let Some(known) = locals.results.get(index).copied() else { return };
        let value = self.impose(known, ty);
        match self.union_types(known, value) {
            Ok(both) if both == known => {}
            Ok(both) => {
                if let (Some(slot), Some(from)) =
                    (locals.results.get_mut(index), locals.result_from.get_mut(index))
                {
                    if *from == NodeId(0) {
                        *from = node;
                    }
                    *slot = both;
                    locals.changed = true;
                }
            }
            Err((there, here)) => {
                let from = locals.result_from.get(index).copied().unwrap_or(node);
                locals.result_conflicts.push((node, here, from, there));
            }
        }
    }

    /// The type with the memories of either; the two that no instruction fits where there are such.
    fn union_types(&mut self, a: TypeId, b: TypeId) -> Result<TypeId, (Provenance, Provenance)> {
        if a == b {
            return Ok(a);
        }
        let both = match (self.types.get(a).clone(), self.types.get(b).clone()) {
            (Type::Pointer { target, provenance }, Type::Pointer { target: other, provenance: memory }) => {
                let provenance = union(provenance, memory).ok_or((provenance, memory))?;
                Type::Pointer { target: self.union_types(target, other)?, provenance }
            }
            (Type::Slice { element, provenance }, Type::Slice { element: other, provenance: memory }) => {
                let provenance = union(provenance, memory).ok_or((provenance, memory))?;
                Type::Slice { element: self.union_types(element, other)?, provenance }
            }
            (Type::String { provenance }, Type::String { provenance: memory }) => {
                Type::String { provenance: union(provenance, memory).ok_or((provenance, memory))? }
            }
            (Type::Array { element, length }, Type::Array { element: other, .. }) => {
                Type::Array { element: self.union_types(element, other)?, length }
            }
            (Type::Struct(mut of), Type::Struct(other)) => {
                for (field, other) in of.fields.iter_mut().zip(&other.fields) {
                    field.ty = self.union_types(field.ty, other.ty)?;
                }
                Type::Struct(of)
            }
            _ => return Ok(a),
        };
        Ok(self.types.intern(both))
    }

    /// `shape` with the memories of `from`, a type of the same structure.
    pub fn impose(&mut self, shape: TypeId, from: TypeId) -> TypeId {
        if shape == from || !self.points(shape) {
            return shape;
        }
        let imposed = match (self.types.get(shape).clone(), self.types.get(from).clone()) {
            (Type::Pointer { target, .. }, Type::Pointer { target: other, provenance }) => {
                Type::Pointer { target: self.impose(target, other), provenance }
            }
            (Type::Slice { element, .. }, Type::Slice { element: other, provenance }) => {
                Type::Slice { element: self.impose(element, other), provenance }
            }
            (Type::String { .. }, Type::String { provenance } | Type::Slice { provenance, .. }) => {
                Type::String { provenance }
            }
            (Type::Array { element, length }, Type::Array { element: other, .. }) => {
                Type::Array { element: self.impose(element, other), length }
            }
            (Type::Struct(mut of), Type::Struct(other)) => {
                for (field, other) in of.fields.iter_mut().zip(&other.fields) {
                    field.ty = self.impose(field.ty, other.ty);
                }
                Type::Struct(of)
            }
            _ => return shape,
        };
        self.types.intern(imposed)
    }

    /// In how many loops the variable of the function itself that `expr` points to is declared, if it does.
    fn points_to_own(&self, expr: &Expr, locals: &Locals) -> Option<u32> {
        if !self.may_point_to_stack(expr.ty) {
            return None;
        }
        match &expr.kind {
            ExprKind::AddressOf(place) => self.own_place(place, locals),
            ExprKind::Slice { base, .. } => match self.types.get(base.ty) {
                Type::Slice { .. } | Type::String { .. } => self.points_to_own(base, locals),
                _ => self.own_place(base, locals),
            },
            ExprKind::Local(local) => locals.own.get(local.0 as usize).copied().flatten(),
            ExprKind::Convert(inner) => self.points_to_own(inner, locals),
            ExprKind::Sequence { value, .. } => self.points_to_own(value, locals),
            ExprKind::Struct(values) => {
                values.iter().filter_map(|value| self.points_to_own(value, locals)).max()
            }
            ExprKind::Array(values) => {
                values.iter().filter_map(|(_, value)| self.points_to_own(value, locals)).max()
            }
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.points_to_own(base, locals),
            ExprKind::CopyBytes { .. } => Some(locals.loops),
            ExprKind::MinMax { operands, .. } => {
                operands.iter().filter_map(|operand| self.points_to_own(operand, locals)).max()
            }
            ExprKind::Call { arguments, .. } => {
                arguments.iter().filter_map(|argument| self.points_to_own(argument, locals)).max()
            }
            _ => None,
        }
    }

    fn may_point_to_stack(&self, ty: TypeId) -> bool {
        match self.types.get(ty) {
            Type::Pointer { provenance, .. }
            | Type::Slice { provenance, .. }
            | Type::String { provenance } => matches!(provenance, Provenance::Stack | Provenance::Mixed),
            Type::Array { element, .. } => self.may_point_to_stack(*element),
            Type::Struct(of) => of.fields.iter().any(|field| self.may_point_to_stack(field.ty)),
            _ => false,
        }
    }

    /// In how many loops the variable of the function itself that `place` is in is declared, if it is in one.
    fn own_place(&self, place: &Expr, locals: &Locals) -> Option<u32> {
        match &place.kind {
            ExprKind::Local(local) => locals.declared_in.get(local.0 as usize).copied(),
            ExprKind::Deref(pointer) => self.points_to_own(pointer, locals),
            ExprKind::Field { base, .. } => self.own_place(base, locals),
            ExprKind::Index { base, .. } => match self.types.get(base.ty) {
                Type::Slice { .. } => self.points_to_own(base, locals),
                _ => self.own_place(base, locals),
            },
            _ => None,
        }
    }

    pub fn provenance(&self, ty: TypeId) -> Provenance {
        match self.types.get(ty) {
            Type::Pointer { provenance, .. }
            | Type::Slice { provenance, .. }
            | Type::String { provenance } => *provenance,
            _ => Provenance::Nil,
        }
    }

    /// Gives `expr` its type, its parts first.
    pub fn rewrite(&mut self, expr: &mut Expr, locals: &mut Locals) {
        if let ExprKind::Sequence { stmts, value } = &mut expr.kind {
            self.rewrite_block(stmts, locals);
            self.rewrite(value, locals);
            expr.ty = value.ty;
            return;
        }
        let mut parts = Vec::new();
        visit::parts(expr, &mut |part| parts.push(part));
        for part in parts {
            self.rewrite(part, locals);
        }
        if let ExprKind::CopyBytes { bytes, capacity } = &mut expr.kind {
            *capacity = self.bound_of(bytes, locals);
        }
        if let ExprKind::MinMax { operands, .. } = &mut expr.kind {
            let memory = self.merged(operands);
            for operand in operands.iter_mut() {
                let ty = with_provenance(&mut self.types, operand.ty, memory);
                self.type_nil(operand, ty);
            }
        }
        if matches!(expr.kind, ExprKind::Call { .. } | ExprKind::CallValue { .. }) {
            self.rewrite_call(expr, locals);
            if let ExprKind::Sequence { value, .. } = &expr.kind {
                expr.ty = value.ty;
                return;
            }
        }
        if matches!(expr.kind, ExprKind::Helper { .. }) {
            self.rewrite_callbacks(expr, locals);
        }
        if let ExprKind::Compare { op, left, right } = &expr.kind
            && (self.is_function(left.ty) || self.is_function(right.ty))
        {
            let (op, node) = (*op, expr.node);
            expr.kind = self.compare_with_nil(op, left, right, node, locals);
            return;
        }
        if let ExprKind::Compare { left, right, .. } = &mut expr.kind {
            let (of_left, of_right) = (left.ty, right.ty);
            self.type_nil(left, of_right);
            self.type_nil(right, of_left);
        }
        if self.points(expr.ty) {
            self.set_type(expr, locals);
        }
    }

    /// The type of an expression whose parts have theirs.
    fn set_type(&mut self, expr: &mut Expr, locals: &Locals) {
        let generic = expr.ty;
        let memory = match &expr.kind {
            ExprKind::Local(local) => {
                expr.ty = locals.type_of(*local);
                return;
            }
            ExprKind::Field { base, index } => {
                if let Type::Struct(of) = self.types.get(base.ty)
                    && let Some(field) = of.fields.get(*index as usize)
                {
                    expr.ty = field.ty;
                }
                return;
            }
            ExprKind::Index { base, .. } => {
                if let Type::Array { element, .. } | Type::Slice { element, .. } = self.types.get(base.ty) {
                    expr.ty = *element;
                }
                return;
            }
            ExprKind::Deref(pointer) => {
                if let Type::Pointer { target, .. } = self.types.get(pointer.ty) {
                    expr.ty = *target;
                }
                return;
            }
            ExprKind::AddressOf(place) => {
                let provenance = self.memory_of(place);
                expr.ty = self.types.intern(Type::Pointer { target: place.ty, provenance });
                return;
            }
            ExprKind::Slice { base, .. } => {
                expr.ty = match *self.types.get(base.ty) {
                    Type::Array { element, .. } => {
                        let provenance = self.memory_of(base);
                        self.types.intern(Type::Slice { element, provenance })
                    }
                    _ => base.ty,
                };
                return;
            }
            ExprKind::Struct(values) => {
                let fields: Vec<TypeId> = values.iter().map(|value| value.ty).collect();
                expr.ty = self.struct_of(generic, &fields);
                return;
            }
            ExprKind::Array(values) => {
                let elements: Vec<TypeId> = values.iter().map(|(_, value)| value.ty).collect();
                expr.ty = self.array_of(generic, &elements);
                return;
            }
            ExprKind::Convert(inner) => {
                expr.ty = self.impose(generic, inner.ty);
                return;
            }
            ExprKind::Call { .. } => {
                let result = self.results_of(expr).first().copied();
                expr.ty = result.map_or(generic, |result| self.impose(generic, result));
                return;
            }
            ExprKind::Helper { helper, .. } => {
                let acquires = Helper::by_id(*helper).is_some_and(|helper| helper.undone_by().is_some());
                if acquires { Provenance::RingBuf } else { Provenance::MapValue }
            }
            ExprKind::Packet { .. } => Provenance::Packet,
            ExprKind::Const(_) => Provenance::Constant,
            ExprKind::CopyBytes { .. } => Provenance::Stack,
            ExprKind::MinMax { operands, .. } => self.merged(operands),
            _ => return,
        };
        expr.ty = with_provenance(&mut self.types, generic, memory);
    }

    fn struct_of(&mut self, generic: TypeId, values: &[TypeId]) -> TypeId {
        let Type::Struct(mut of) = self.types.get(generic).clone() else { return generic };
        for (field, value) in of.fields.iter_mut().zip(values) {
            field.ty = self.impose(field.ty, *value);
        }
        self.types.intern(Type::Struct(of))
    }

    fn array_of(&mut self, generic: TypeId, values: &[TypeId]) -> TypeId {
        let Type::Array { mut element, length } = *self.types.get(generic) else { return generic };
        for value in values {
            let value = self.impose(element, *value);
            element = self.union_types(element, value).unwrap_or(element);
        }
        self.types.intern(Type::Array { element, length })
    }

    /// The memory that any of `operands` is in.
    fn merged(&self, operands: &[Expr]) -> Provenance {
        let mut memory = Provenance::Nil;
        for operand in operands {
            memory = union(memory, self.provenance(operand.ty)).unwrap_or(memory);
        }
        memory
    }

    /// How many bytes a slice or string has at most; `u64::MAX` where that isn't known.
    fn bound_of(&self, expr: &Expr, locals: &Locals) -> u64 {
        match &expr.kind {
            ExprKind::Zero => 0,
            ExprKind::Const(crate::hir::Constant::String(bytes)) => bytes.len() as u64,
            ExprKind::Local(local) => locals.bounds.get(local.0 as usize).copied().unwrap_or(u64::MAX),
            ExprKind::Convert(inner) => self.bound_of(inner, locals),
            ExprKind::Sequence { value, .. } => self.bound_of(value, locals),
            ExprKind::CopyBytes { capacity, .. } => *capacity,
            ExprKind::MinMax { operands, .. } => {
                operands.iter().map(|operand| self.bound_of(operand, locals)).max().unwrap_or(u64::MAX)
            }
            ExprKind::Slice { base, low, high, .. } => {
                let whole = match self.types.get(base.ty) {
                    Type::Array { length, .. } => *length,
                    _ => self.bound_of(base, locals),
                };
                let constant = |bound: &Option<Box<Expr>>| match bound.as_ref().map(|bound| &bound.kind) {
                    Some(ExprKind::Const(crate::hir::Constant::Int(value))) => u64::try_from(*value).ok(),
                    _ => None,
                };
                let low = constant(low).unwrap_or(0);
                // The upper bound may reach past the length, to the capacity, but a constant one says enough.
                match constant(high) {
                    Some(high) => high.saturating_sub(low),
                    None if whole == u64::MAX || high.is_some() && !is_array(&self.types, base.ty) => {
                        u64::MAX
                    }
                    None => whole.saturating_sub(low),
                }
            }
            _ => u64::MAX,
        }
    }

    /// Gives a `nil` or zero value the type of what it meets.
    fn type_nil(&mut self, expr: &mut Expr, ty: TypeId) {
        let unknown = self.has_provenance(expr.ty) && self.provenance(expr.ty) == Provenance::Nil;
        if unknown || (matches!(expr.kind, ExprKind::Zero) && self.points(expr.ty)) {
            expr.ty = self.impose(expr.ty, ty);
        }
    }

    /// The memory that a place is in.
    fn memory_of(&self, place: &Expr) -> Provenance {
        match &place.kind {
            ExprKind::Local(_) => Provenance::Stack,
            ExprKind::Global(_) => Provenance::Global,
            ExprKind::Deref(pointer) => self.provenance(pointer.ty),
            ExprKind::Field { base, .. } => self.memory_of(base),
            ExprKind::Index { base, .. } => match self.types.get(base.ty) {
                Type::Slice { provenance, .. } => *provenance,
                _ => self.memory_of(base),
            },
            _ => Provenance::Nil,
        }
    }
}

/// The variable that a place is a part of.
fn root(place: &Expr) -> Option<LocalId> {
    match &place.kind {
        ExprKind::Local(local) => Some(*local),
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => root(base),
        _ => None,
    }
}

/// Memory that is one or the other; `None` where no instruction fits both.
fn union(a: Provenance, b: Provenance) -> Option<Provenance> {
    let plain = |memory: Provenance| !matches!(memory, Provenance::Packet | Provenance::Context);
    match (a, b) {
        (Provenance::Nil, other) | (other, Provenance::Nil) => Some(other),
        (a, b) if a == b => Some(a),
        (a, b) if plain(a) && plain(b) => Some(Provenance::Mixed),
        _ => None,
    }
}

fn is_array(types: &Types, ty: TypeId) -> bool {
    matches!(types.get(ty), Type::Array { .. })
}

pub(crate) fn with_provenance(types: &mut Types, ty: TypeId, provenance: Provenance) -> TypeId {
    let changed = match types.get(ty) {
        Type::Pointer { target, .. } => Type::Pointer { target: *target, provenance },
        Type::Slice { element, .. } => Type::Slice { element: *element, provenance },
        Type::String { .. } => Type::String { provenance },
        _ => return ty,
    };
    types.intern(changed)
}
