//! What is known of the variables of a function while it is specialised.

use std::cell::Cell;

use gobpf_source::{DeclId, NodeId};

use crate::hir::{Function, Local, LocalId, Provenance, TypeId};
use crate::values::FunctionState;

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
    /// Nothing is to be found out any more: a function value that isn't known now never will be.
    pub(super) last: bool,
    /// Something needs a last round.
    pub(super) needs_last: bool,
    /// Facts of a variable were used in this round: where they change later in it, what was made of them is wrong.
    pub read: Vec<Cell<bool>>,
    /// The same of the types of results.
    pub(super) results_read: bool,
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
    pub(super) outlived: Vec<NodeId>,
    pub(super) results: Vec<TypeId>,
    pub result_values: Vec<FunctionState>,
    pub(super) result_from: Vec<NodeId>,
    pub changed: bool,
    pub(super) conflicts: Vec<(LocalId, NodeId, Provenance)>,
    /// The memory that the last conflict was with.
    pub(super) conflicting: Option<Provenance>,
    /// Returned values that disagree with an earlier one: it, and the first.
    pub(super) result_conflicts: Vec<(NodeId, Provenance, NodeId, Provenance)>,
    /// Returned pointers to variables of the function itself.
    pub(super) escapes: Vec<NodeId>,
    /// Pointers that are stored outside of the stack.
    pub(super) stored_away: Vec<NodeId>,
}

impl Locals {
    /// Those of `function` as the checker made it; `is_function` says which types are those of functions.
    pub(super) fn of(function: &Function, is_function: impl Fn(TypeId) -> bool) -> Locals {
        let count = function.locals.len();
        Locals {
            decl: function.decl,
            types: function.locals.iter().map(|local| local.ty).collect(),
            functions: vec![FunctionState::Unknown; count],
            environments: vec![Vec::new(); count],
            added: Vec::new(),
            unresolved: Vec::new(),
            of_function_type: function.locals.iter().map(|local| is_function(local.ty)).collect(),
            last: false,
            needs_last: false,
            read: vec![Cell::new(false); count],
            results_read: false,
            from: function.locals.iter().map(|local| local.node).collect(),
            own: vec![None; count],
            bounds: vec![0; count],
            declared_in: vec![0; count],
            loops: 0,
            outlived: Vec::new(),
            results: function.results.clone(),
            result_values: vec![FunctionState::Unknown; function.results.len()],
            result_from: vec![NodeId(0); function.results.len()],
            changed: false,
            conflicts: Vec::new(),
            conflicting: None,
            result_conflicts: Vec::new(),
            escapes: Vec::new(),
            stored_away: Vec::new(),
        }
    }

    /// The type of a variable, with the memories that are known so far.
    pub fn type_of(&self, local: LocalId) -> TypeId {
        self.note_use(local);
        self.peek(local)
    }

    /// The type of a variable, of which nothing is made but a wider one.
    pub(super) fn peek(&self, local: LocalId) -> TypeId {
        self.types.get(local.0 as usize).copied().unwrap_or(TypeId(0))
    }

    /// How many bytes a slice or string has at most.
    pub(super) fn bound_of(&self, local: LocalId) -> u64 {
        self.note_use(local);
        self.bounds.get(local.0 as usize).copied().unwrap_or(u64::MAX)
    }

    /// In how many loops the function's own variable is declared that a variable points to.
    pub(super) fn own_of(&self, local: LocalId) -> Option<u32> {
        self.note_use(local);
        self.own.get(local.0 as usize).copied().flatten()
    }

    pub(super) fn raise_bound(&mut self, local: LocalId, bound: u64) {
        if let Some(slot) = self.bounds.get_mut(local.0 as usize)
            && bound > *slot
        {
            *slot = bound;
            self.note_change(local);
        }
    }

    fn note_use(&self, local: LocalId) {
        if let Some(read) = self.read.get(local.0 as usize) {
            read.set(true);
        }
    }

    pub(super) fn note_change(&mut self, local: LocalId) {
        self.changed |= self.read.get(local.0 as usize).is_some_and(Cell::get);
    }

    /// A function value is needed at `node` and not known.
    pub fn without_function(&mut self, state: &FunctionState, node: NodeId) {
        if self.last || *state == FunctionState::Nil {
            self.unresolved.push(node);
        }
        self.needs_last = true;
    }

    /// Starts a round.
    pub(super) fn start_round(&mut self) {
        self.unresolved.clear();
        self.read.iter().for_each(|read| read.set(false));
        (self.changed, self.results_read, self.needs_last) = (false, false, false);
    }

    /// The variable is of a function type.
    pub fn is_function(&self, local: LocalId) -> bool {
        self.of_function_type.get(local.0 as usize).copied().unwrap_or(false)
    }
}
