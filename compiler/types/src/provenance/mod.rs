//! Provenance: which memory each pointer and slice points into, and one function for each choice of its parameters'.
//!
//! A variable's provenance is that of all values that are assigned to it; `nil` agrees with all. The functions that
//! the checker made say `Nil` everywhere; this pass gives every expression its final type.

mod exprs;
mod join;
mod locals;

use std::sync::Arc;

use gobpf_source::{NodeId, Place};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;

use crate::error::{NotInKernel, TypeError, Why};
use crate::hir::{
    Expr, ExprKind, Function, FunctionId, LocalId, Package, Provenance, Stmt, StmtKind, Type, TypeId, Types,
};
use crate::values::FunctionState;
use crate::visit::{self, Part};

pub(crate) use locals::Locals;

/// Calls nested deeper than this were reported as recursion.
const MAX_DEPTH: usize = 256;

/// Copies of bytes on the stack are no larger than the stack (bytes).
const MAX_COPY: u64 = 512;

/// Makes the final functions of `package` of those of the checker.
pub(crate) fn specialise(package: &mut Package, generic: &[Arc<Function>], errors: &mut Vec<TypeError>) {
    let mut pass = Pass {
        generic,
        types: std::mem::take(&mut package.types),
        known: HashMap::default(),
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
    let mut numbers: HashMap<FunctionId, FunctionId> = HashMap::default();
    let mut reach = |id: FunctionId, order: &mut Vec<FunctionId>| {
        *numbers.entry(id).or_insert_with(|| {
            order.push(id);
            FunctionId(order.len() as u32 - 1)
        })
    };
    for program in &mut package.programs {
        program.function = reach(program.function, &mut order);
    }
    let mut made: Vec<Option<Function>> =
        std::mem::take(&mut package.functions).into_iter().map(Some).collect();
    let mut kept = Vec::new();
    while let Some(id) = order.get(kept.len()).copied() {
        let Some(mut function) = made.get_mut(id.0 as usize).and_then(Option::take) else { break };
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
    pub generic: &'p [Arc<Function>],
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
        let mut function = without_body(generic);
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
        self.active.pop();
        // What is called may come from where functions can't be kept, which has been said there.
        let kept = [NotInKernel::KeptFunction, NotInKernel::FunctionVariable].map(Why::NotInKernel);
        let is_said = self.errors.iter().any(|error| kept.contains(&error.why));
        for node in std::mem::take(&mut locals.unresolved).into_iter().filter(|_| !is_said) {
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
        let mut locals = Locals::of(function, |ty| self.is_function(ty));
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
        loop {
            locals.start_round();
            let generic = self.generic.get(id.0 as usize);
            function.body = generic.map(|generic| generic.body.clone()).unwrap_or_default();
            function.defers = generic.map(|generic| generic.defers.clone()).unwrap_or_default();
            self.rewrite_block(&mut function.body, &mut locals);
            for deferred in &mut function.defers {
                self.rewrite_block(&mut deferred.body, &mut locals);
            }
            match locals.changed {
                true => {}
                false if locals.needs_last && !locals.last => locals.last = true,
                false => break,
            }
        }
        self.report_found(function, &mut locals);
        locals
    }

    /// Reports what the rounds have found to be wrong.
    fn report_found(&mut self, function: &Function, locals: &mut Locals) {
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
            self.report_conflict(function, locals, local, node, provenance);
        }
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
            self.errors.push(TypeError::new(place, why));
        }
    }

    /// Gives every expression of `block` its type.
    pub fn rewrite_block(&mut self, block: &mut Vec<Stmt>, locals: &mut Locals) {
        let stmts = std::mem::take(block);
        block.reserve(stmts.len());
        for mut stmt in stmts {
            self.rewrite_stmt(&mut stmt, locals);
            self.flatten(stmt, locals, block);
        }
    }

    fn rewrite_stmt(&mut self, stmt: &mut Stmt, locals: &mut Locals) {
        let loops = u32::from(matches!(stmt.kind, StmtKind::For { .. }));
        visit::stmt_parts(stmt, &mut |part| match part {
            Part::Expr(expr) => self.rewrite(expr, locals),
            Part::Block(block) => {
                locals.loops += loops;
                self.rewrite_block(block, locals);
                locals.loops -= loops;
            }
        });
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
                    if let ExprKind::Local(local) = target.kind {
                        locals.raise_bound(local, u64::MAX);
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
                    locals.results_read = true;
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
}

/// `function` but for what it does.
fn without_body(function: &Function) -> Function {
    Function {
        name: function.name.clone(),
        params: function.params.clone(),
        results: function.results.clone(),
        result_locals: function.result_locals.clone(),
        locals: function.locals.clone(),
        body: Vec::new(),
        defers: Vec::new(),
        callees: Vec::new(),
        ..*function
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
