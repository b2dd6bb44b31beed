//! Which functions are inlined, and which are functions of their own in the program (bpf-to-bpf calls).
//!
//! A call costs its moves, the call and the return; a copy of a body costs the body. So a function stays one where it is
//! big and called from several places of one program; and where the source says so.

use gobpf_types::hir::{self, FunctionId, Inlining, Provenance, Type, TypeId};

use crate::error::{BuildError, GlobalProblem, Unsupported};
use crate::ir::SubprogramId;

/// Nodes of a function's HIR, those of what is inlined into it included, up to which it is inlined wherever it is called.
/// They are about 110 instructions: from there on the 8 ns of a call are lost in the noise of the body's run time.
pub const INLINE_NODES: u32 = 300;
/// Functions that may be active at once (`MAX_CALL_FRAMES`), the program included.
pub const FRAME_LIMIT: u32 = 8;
/// Nodes that a call counts as.
const CALL_NODES: u32 = 8;
/// Registers for arguments, the one for a wide result included.
const REGISTERS: usize = 5;
/// Types nested deeper than this hold no pointer that matters.
const TYPE_DEPTH: u32 = 64;

/// What becomes of each function of a package.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Functions of their own, callees before callers; addressed by [`SubprogramId`].
    pub subprograms: Vec<FunctionId>,
    ids: Vec<Option<SubprogramId>>,
    /// Functions that helpers call.
    callbacks: Vec<FunctionId>,
    /// The functions that each calls or hands to helpers, one for each place.
    called: Vec<Vec<FunctionId>>,
    /// What the source asks for and can't have.
    pub errors: Vec<BuildError>,
}

/// What is known of a function below which all is decided.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// Nodes with all that is inlined into it.
    nodes: u32,
    /// Calls on the longest chain below it.
    depth: u32,
}

impl Plan {
    /// Decides for the functions that the programs of `package` reach.
    pub fn of(package: &hir::Package) -> Plan {
        let mut plan = Plan { ids: vec![None; package.functions.len()], ..Plan::default() };
        for function in &package.functions {
            let callbacks = crate::visit::callbacks(function);
            let mut called = function.callees.clone();
            for callback in &callbacks {
                if !called.contains(callback) {
                    called.push(*callback);
                }
            }
            plan.called.push(called);
            plan.callbacks.extend(callbacks);
        }
        let sites = plan.call_sites(package);
        let mut weights = vec![Weight::default(); package.functions.len()];
        for id in plan.callees_first(package) {
            let function = &package.functions[id.0 as usize];
            let mut weight = Weight { nodes: function.nodes, depth: 0 };
            for callee in &plan.called[id.0 as usize] {
                let of = weights[callee.0 as usize];
                let own = plan.subprogram(*callee).is_some();
                weight.nodes = weight.nodes.saturating_add(if own { CALL_NODES } else { of.nodes });
                weight.depth = weight.depth.max(of.depth + u32::from(own));
            }
            weights[id.0 as usize] = weight;
            if plan.stays(package, id, weight, sites[id.0 as usize]) {
                plan.ids[id.0 as usize] = Some(SubprogramId(plan.subprograms.len() as u32));
                plan.subprograms.push(id);
            }
        }
        plan
    }

    /// The function of its own that `function` is, if it is one.
    pub fn subprogram(&self, function: FunctionId) -> Option<SubprogramId> {
        self.ids.get(function.0 as usize).copied().flatten()
    }

    /// Whether a helper calls `function`.
    pub fn is_callback(&self, function: FunctionId) -> bool {
        self.callbacks.contains(&function)
    }

    /// Whether `id`, called from `sites` places of one program, is a function of its own.
    fn stays(&mut self, package: &hir::Package, id: FunctionId, weight: Weight, sites: u32) -> bool {
        let function = &package.functions[id.0 as usize];
        if self.is_callback(id) {
            return true;
        }
        let wanted = function.inlining != Inlining::Automatic && sites > 0;
        let returns_stack = function.results.iter().any(|ty| holds_stack(&package.types, *ty, 0));
        let too_deep = weight.depth + 2 > FRAME_LIMIT;
        if wanted {
            let what = match (returns_stack, too_deep) {
                (true, _) => Some(Unsupported::ReturnsStack(function.name.to_string())),
                (_, true) => Some(Unsupported::CallDepth(function.name.to_string())),
                _ => None,
            };
            let place = gobpf_source::Place { decl: function.decl, node: function.name_node };
            self.errors.extend(what.map(|what| BuildError { place, what }));
        }
        if function.inlining == Inlining::Global && sites > 0 {
            let place = |node| gobpf_source::Place { decl: function.decl, node };
            let wrong = global_problem(package, function);
            self.errors.extend(wrong.map(|problem| {
                let name = function.name.to_string();
                BuildError { place: place(function.name_node), what: Unsupported::Global { name, problem } }
            }));
        }
        let can = !returns_stack && !too_deep;
        can && (wanted || sites > 1 && weight.nodes > INLINE_NODES)
    }

    /// The functions that programs reach, callees before callers.
    fn callees_first(&self, package: &hir::Package) -> Vec<FunctionId> {
        let mut seen = vec![false; package.functions.len()];
        let mut order = Vec::new();
        for program in &package.programs {
            self.walk(program.function, &mut seen, &mut order);
        }
        order
    }

    /// The functions that `function` reaches, itself last.
    pub(crate) fn reached(&self, function: FunctionId) -> Vec<FunctionId> {
        let (mut seen, mut order) = (vec![false; self.called.len()], Vec::new());
        self.walk(function, &mut seen, &mut order);
        order
    }

    fn walk(&self, from: FunctionId, seen: &mut [bool], order: &mut Vec<FunctionId>) {
        let mut stack = vec![(from, 0)];
        if std::mem::replace(&mut seen[from.0 as usize], true) {
            return;
        }
        while let Some((id, next)) = stack.pop() {
            match self.called[id.0 as usize].get(next) {
                None => order.push(id),
                Some(&callee) => {
                    stack.push((id, next + 1));
                    if !std::mem::replace(&mut seen[callee.0 as usize], true) {
                        stack.push((callee, 0));
                    }
                }
            }
        }
    }

    /// For each function, the most places that one program calls it from.
    fn call_sites(&self, package: &hir::Package) -> Vec<u32> {
        let mut most = vec![0; package.functions.len()];
        for program in &package.programs {
            let mut sites = vec![0u32; package.functions.len()];
            for id in &self.reached(program.function) {
                for callee in &package.functions[id.0 as usize].callees {
                    sites[callee.0 as usize] += 1;
                }
            }
            for (most, sites) in most.iter_mut().zip(sites) {
                *most = sites.max(*most);
            }
        }
        most
    }
}

/// What of a global function's parameters or results the kernel can't verify by itself.
fn global_problem(package: &hir::Package, function: &hir::Function) -> Option<GlobalProblem> {
    let types = &package.types;
    let is_number = |ty: TypeId| matches!(types.get(ty), Type::Bool | Type::Int { .. });
    let wide = function.results.iter().filter(|ty| types.size_of(**ty) > 4).count();
    match function.results.as_slice() {
        [] => {}
        [one] if is_number(*one) => {}
        _ => return Some(GlobalProblem::Results),
    }
    for param in &function.params {
        let local = &function.locals[param.0 as usize];
        let (memory, context) = match types.get(local.ty) {
            Type::Pointer { target, provenance } => (*target, *provenance == Provenance::Context),
            _ if is_number(local.ty) => continue,
            Type::Slice { .. } | Type::String { .. } | Type::Function | Type::Unknown => {
                return Some(GlobalProblem::Parameter(local.name.to_string()));
            }
            _ => (local.ty, false),
        };
        let plain = !crate::build::holds_pointers(types, memory) && types.size_of(memory) > 0;
        if !context && !plain {
            return Some(GlobalProblem::Parameter(local.name.to_string()));
        }
    }
    (function.params.len() + wide > REGISTERS).then_some(GlobalProblem::TooMany)
}

/// Whether a value of type `ty` holds a pointer into some function's frame, which a function can't return.
fn holds_stack(types: &hir::Types, ty: TypeId, depth: u32) -> bool {
    match types.get(ty) {
        Type::Array { element, .. } => depth < TYPE_DEPTH && holds_stack(types, *element, depth + 1),
        Type::Struct(of) => {
            depth < TYPE_DEPTH && of.fields.iter().any(|field| holds_stack(types, field.ty, depth + 1))
        }
        _ => points_to_stack(types, ty),
    }
}

/// Whether `ty` is of pointers, slices or strings that are in no function's frame.
pub(crate) fn points_elsewhere(types: &hir::Types, ty: TypeId) -> bool {
    match types.get(ty) {
        Type::Pointer { provenance, .. } | Type::Slice { provenance, .. } | Type::String { provenance } => {
            !matches!(provenance, Provenance::Stack | Provenance::Mixed | Provenance::Nil)
        }
        _ => false,
    }
}

/// Whether `ty` is of pointers, slices or strings in some function's frame.
pub(crate) fn points_to_stack(types: &hir::Types, ty: TypeId) -> bool {
    match types.get(ty) {
        Type::Pointer { provenance, .. } | Type::Slice { provenance, .. } | Type::String { provenance } => {
            *provenance == Provenance::Stack
        }
        _ => false,
    }
}
