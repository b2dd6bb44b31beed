//! How programs come to what the kernel side can't have: the calls that lead there.

use std::collections::{HashMap, HashSet, VecDeque};

use gobpf_source::Place;
use smol_str::SmolStr;

use crate::checker::Checker;
use crate::error::TypeError;
use crate::symbols::{Package, SymbolId, SymbolKind};

/// A call, or a use of a variable, on the way from a program.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Who calls.
    pub caller: SmolStr,
    /// Who is called or used.
    pub callee: SmolStr,
    /// It is a variable.
    pub is_use: bool,
    /// Where.
    pub place: Place,
}

/// Calls are followed this far.
const MAX_STEPS: usize = 64;

impl Checker<'_> {
    /// Gives errors that speak of the kernel side, in what programs reach through calls, the shortest way there.
    pub fn add_paths(&mut self, entries: &[SymbolId]) {
        let speaks_of_kernel = |error: &&mut TypeError| error.code().is_of_kernel();
        let mut errors = std::mem::take(&mut self.errors);
        let wanted: HashSet<SymbolId> =
            errors.iter_mut().filter(speaks_of_kernel).filter_map(|error| self.around(error.place)).collect();
        if !wanted.is_empty() {
            let ways = self.ways(entries, &wanted);
            for error in errors.iter_mut().filter(speaks_of_kernel) {
                if let Some(way) = self.around(error.place).and_then(|symbol| ways.get(&symbol)) {
                    error.path.clone_from(way);
                }
            }
        }
        self.errors = errors;
    }

    /// The function or variable that `place` is in: of a group, the last that is declared before it.
    fn around(&self, place: Place) -> Option<SymbolId> {
        self.index
            .of(Package::User)
            .filter(|(_, symbol)| symbol.decl == place.decl && symbol.node <= place.node)
            .max_by_key(|(_, symbol)| symbol.node)
            .map(|(id, _)| id)
            .or_else(|| {
                let mut symbols = self.index.of(Package::User);
                symbols.find(|(_, symbol)| symbol.decl == place.decl).map(|(id, _)| id)
            })
    }

    /// The shortest way to each of `wanted`, breadth first.
    fn ways(&self, entries: &[SymbolId], wanted: &HashSet<SymbolId>) -> HashMap<SymbolId, Vec<Step>> {
        let mut outgoing: HashMap<SymbolId, Vec<(SymbolId, Place)>> = HashMap::new();
        for (caller, callee, place) in self.calls.iter().chain(&self.variable_uses) {
            outgoing.entry(*caller).or_default().push((*callee, *place));
        }
        let mut came_from: HashMap<SymbolId, (SymbolId, Place)> = HashMap::new();
        let mut seen: HashSet<SymbolId> = entries.iter().copied().collect();
        let mut todo: VecDeque<SymbolId> = entries.iter().copied().collect();
        let mut ways = HashMap::new();
        while let Some(current) = todo.pop_front() {
            if wanted.contains(&current) {
                ways.insert(current, self.way_to(current, &came_from));
            }
            for (callee, place) in outgoing.get(&current).into_iter().flatten() {
                if seen.insert(*callee) {
                    came_from.insert(*callee, (current, *place));
                    todo.push_back(*callee);
                }
            }
        }
        ways
    }

    fn way_to(&self, end: SymbolId, came_from: &HashMap<SymbolId, (SymbolId, Place)>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut current = end;
        while let Some((caller, place)) = came_from.get(&current).copied() {
            let (caller_name, callee) = (self.function_name(caller), self.function_name(current));
            let is_use =
                self.index.symbol(current).is_some_and(|symbol| !matches!(symbol.kind, SymbolKind::Func(_)));
            steps.push(Step { caller: caller_name, callee, is_use, place });
            current = caller;
            if steps.len() > MAX_STEPS {
                break;
            }
        }
        steps.reverse();
        steps
    }
}
