//! `//bpf:noinline` and `//bpf:global`: which functions stay functions of their own.

use gobpf_source::Place;

use crate::checker::Checker;
use crate::error::{Idle, Why};
use crate::hir::Inlining;
use crate::symbols::{Package, Symbol, SymbolId, SymbolKind};

const NOINLINE: &str = "noinline";
const GLOBAL: &str = "global";

/// What the directives above a function say: a global function is one that is not inlined.
pub(crate) fn of(symbol: &Symbol<'_>) -> Inlining {
    match (symbol.directive(GLOBAL), symbol.directive(NOINLINE)) {
        (Some(_), _) => Inlining::Global,
        (None, Some(_)) => Inlining::Never,
        (None, None) => Inlining::Automatic,
    }
}

impl Checker<'_> {
    /// Reports directives that are given twice or have no effect.
    pub fn check_inlining(&mut self, entries: &[SymbolId]) {
        let mut found = Vec::new();
        // Above anything else it is misplaced, which has been said.
        let functions = |(_, symbol): &(SymbolId, &Symbol<'_>)| matches!(symbol.kind, SymbolKind::Func(_));
        for (id, symbol) in self.index.of(Package::User).filter(functions) {
            for name in [NOINLINE, GLOBAL] {
                let mut places = symbol
                    .directives
                    .iter()
                    .filter(|directive| directive.namespace == "bpf" && directive.name == name)
                    .map(|directive| Place { decl: symbol.decl, node: directive.id });
                let Some(first) = places.next() else { continue };
                found.extend(
                    places.map(|second| (second, Why::RepeatedDirective { name: name.into(), first })),
                );
                let idle = match (entries.contains(&id), self.is_reached(id)) {
                    (true, _) => Idle::Program,
                    (false, false) => Idle::Native,
                    (false, true) if name == NOINLINE && symbol.directive(GLOBAL).is_some() => Idle::Global,
                    (false, true) => continue,
                };
                found.push((first, Why::IdleDirective { name, idle }));
            }
        }
        for (place, why) in found {
            self.error(place, why);
        }
    }
}
