//! Variables to values, while the blocks are being built (Braun et al., "Simple and Efficient Construction of Static
//! Single Assignment Form", 2013).

use rustc_hash::FxHashMap;

use super::Builder;
use crate::ir::{Block, InstKind, Type, Value};

/// Blocks that are looked through for what a variable is at the head of a loop.
const LOOKED_THROUGH: u32 = 128;

/// A variable that is not in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Var(u32);

impl Var {
    /// The variable of word `index` of a value, the first of which is this one's.
    pub(super) fn at(self, index: u32) -> Var {
        Var(self.0 + index)
    }
}

/// What is known of variables and blocks so far.
#[derive(Default)]
pub(super) struct Ssa {
    types: Vec<Type>,
    current: FxHashMap<(Var, Block), Value>,
    sealed: Vec<bool>,
    predecessors: Vec<Vec<Block>>,
    incomplete: FxHashMap<Block, Vec<(Var, Value)>>,
}

impl Ssa {
    pub(super) fn new_var(&mut self, ty: Type) -> Var {
        self.types.push(ty);
        Var(self.types.len() as u32 - 1)
    }

    pub(super) fn add_block(&mut self) {
        self.sealed.push(false);
        self.predecessors.push(Vec::new());
    }

    pub(super) fn add_predecessor(&mut self, block: Block, predecessor: Block) {
        let known = &mut self.predecessors[block.0 as usize];
        if !known.contains(&predecessor) {
            known.push(predecessor);
        }
    }
}

impl Builder<'_> {
    pub(super) fn write_var(&mut self, var: Var, value: Value) {
        self.ssa.current.insert((var, self.block), value);
    }

    pub(super) fn read_var(&mut self, var: Var) -> Value {
        self.read_var_in(var, self.block)
    }

    /// Says that `block` gets no more predecessors.
    pub(super) fn seal(&mut self, block: Block) {
        self.ssa.sealed[block.0 as usize] = true;
        for (var, param) in self.ssa.incomplete.remove(&block).unwrap_or_default() {
            self.add_arguments(var, param, block);
        }
    }

    fn read_var_in(&mut self, var: Var, block: Block) -> Value {
        // A chain of single predecessors is walked, not recursed into. Where it comes back to itself, nothing reaches it.
        let mut home = block;
        let mut steps = 0;
        let value = loop {
            steps += 1;
            if steps > self.f.blocks.len() {
                break self.undefined(var, home);
            }
            if let Some(&value) = self.ssa.current.get(&(var, home)) {
                break value;
            }
            let sealed = self.ssa.sealed[home.0 as usize];
            match self.ssa.predecessors[home.0 as usize].as_slice() {
                [only] if sealed => home = *only,
                [] if sealed => break self.undefined(var, home),
                _ => break self.read_at_join(var, home, sealed),
            }
        };
        self.ssa.current.insert((var, block), value);
        value
    }

    fn read_at_join(&mut self, var: Var, block: Block, sealed: bool) -> Value {
        let param = self.f.new_value(self.ssa.types[var.0 as usize], None);
        self.f.block_mut(block).params.push(param);
        self.ssa.current.insert((var, block), param);
        if !sealed {
            self.ssa.incomplete.entry(block).or_default().push((var, param));
            return param;
        }
        // Where all ways bring the same value, readers get that at once and see how it was made; the parameter goes
        // later (`passes::remove_trivial_params`).
        let values = self.add_arguments(var, param, block);
        let mut others = values.into_iter().filter(|value| *value != param);
        match others.next() {
            Some(only) if others.all(|value| value == only) => {
                self.ssa.current.insert((var, block), only);
                only
            }
            _ => param,
        }
    }

    /// Gives `param` of `block` the value that `var` has at the end of each predecessor, and returns these values.
    fn add_arguments(&mut self, var: Var, param: Value, block: Block) -> Vec<Value> {
        let mut values = Vec::new();
        let index = self.f.block(block).params.iter().position(|known| *known == param).unwrap_or_default();
        for predecessor in self.ssa.predecessors[block.0 as usize].clone() {
            let value = self.read_var_in(var, predecessor);
            values.push(value);
            for target in self.f.block_mut(predecessor).end.targets_mut() {
                if target.block == block {
                    // Arguments of parameters that still wait are filled in later.
                    if target.args.len() <= index {
                        target.args.resize(index + 1, value);
                    }
                    target.args[index] = value;
                }
            }
        }
        values
    }

    /// Gives a loop's head the values of all variables but those that the loop assigns: they need no parameters there.
    pub(super) fn keep_vars(&mut self, from: Block, head: Block, assigned: &[Var]) {
        for index in 0..self.ssa.types.len() as u32 {
            let var = Var(index);
            if !assigned.contains(&var)
                && let Some(value) = self.known_value(var, from, &mut { LOOKED_THROUGH })
            {
                self.ssa.current.insert((var, head), value);
            }
        }
    }

    /// The value of `var` at the end of `block`, where it is the same on all ways there: found without new parameters.
    fn known_value(&mut self, var: Var, block: Block, steps: &mut u32) -> Option<Value> {
        let mut home = block;
        loop {
            if let Some(&value) = self.ssa.current.get(&(var, home)) {
                return Some(value);
            }
            *steps = steps.checked_sub(1)?;
            match self.ssa.predecessors[home.0 as usize].as_slice() {
                _ if !self.ssa.sealed[home.0 as usize] => return None,
                [only] => home = *only,
                _ => break,
            }
        }
        let mut only = None;
        for predecessor in self.ssa.predecessors[home.0 as usize].clone() {
            let value = self.known_value(var, predecessor, steps)?;
            if only.replace(value).is_some_and(|known| known != value) {
                return None;
            }
        }
        let value = only?;
        self.ssa.current.insert((var, home), value);
        Some(value)
    }

    /// Whether nothing leads to the current block: what follows `return`, `break` and `continue`.
    pub(super) fn is_unreachable(&self) -> bool {
        let block = self.block.0 as usize;
        self.block != Block(0) && self.ssa.sealed[block] && self.ssa.predecessors[block].is_empty()
    }

    /// A variable that is read where nothing can reach, or on a path that Go's rules exclude.
    fn undefined(&mut self, var: Var, block: Block) -> Value {
        let saved = std::mem::replace(&mut self.block, block);
        let value = self.emit(self.ssa.types[var.0 as usize], InstKind::Const(0));
        self.block = saved;
        value
    }
}
