//! What the kernel side is: functions that programs reach, calls in circles, imports without use.

use std::collections::{HashMap, HashSet};

use gobpf_source::{DeclId, Place};
use smol_str::SmolStr;

use crate::Import;
use crate::checker::Checker;
use crate::error::Why;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::uses::Uses;

impl Checker<'_> {
    /// Checks functions until no new one is reached.
    pub fn check_reached(&mut self) {
        loop {
            let Some((id, arguments)) = self.queue.pop_front() else {
                let Some(id) = self.uninstantiated.pop() else { break };
                self.check_abstractly(id);
                continue;
            };
            if arguments.is_empty() && !self.is_generic_function(id) {
                self.check_plain(id);
                continue;
            }
            self.check_abstractly(id);
            self.is_instance = !arguments.is_empty();
            self.check_function(id, &arguments);
            self.is_instance = false;
        }
    }

    /// Reports every circle of calls once; true where there is none.
    pub fn check_recursion(&mut self, entries: &[SymbolId]) -> bool {
        let mut calls: HashMap<SymbolId, Vec<(SymbolId, Place)>> = HashMap::new();
        for (caller, callee, place) in &self.calls {
            calls.entry(*caller).or_default().push((*callee, *place));
        }
        let mut finished = HashSet::new();
        let mut circles = Vec::new();
        for entry in entries {
            // Depth first, without recursion of our own: the path, and how far each function on it is.
            let mut path: Vec<(SymbolId, usize, Option<Place>)> = vec![(*entry, 0, None)];
            while let Some((current, next, _)) = path.last_mut() {
                let outgoing = calls.get(current).map(Vec::as_slice).unwrap_or_default();
                let Some((callee, place)) = outgoing.get(*next).copied() else {
                    finished.insert(*current);
                    path.pop();
                    continue;
                };
                *next += 1;
                if let Some(start) = path.iter().position(|(id, ..)| *id == callee) {
                    let circle: Vec<(SymbolId, Place)> = path
                        .iter()
                        .skip(start + 1)
                        .filter_map(|(id, _, place)| Some((*id, (*place)?)))
                        .chain([(callee, place)])
                        .collect();
                    circles.push(circle);
                } else if !finished.contains(&callee) {
                    path.push((callee, 0, Some(place)));
                }
            }
        }
        let clean = circles.is_empty();
        for circle in circles {
            let Some((_, at)) = circle.last().copied() else { continue };
            let path: Vec<(SmolStr, Place)> =
                circle.into_iter().map(|(id, place)| (self.function_name(id), place)).collect();
            self.error(at, Why::Recursion { path });
        }
        clean
    }

    /// Reports `init` functions: nothing runs them in the kernel.
    pub fn check_inits(&mut self, program: Option<SmolStr>) {
        let Some(program) = program else { return };
        let kernel_files: HashSet<usize> = self
            .function_ids
            .keys()
            .filter_map(|(id, _)| self.index.symbol(*id))
            .map(|symbol| symbol.file)
            .collect();
        let globals: HashSet<SmolStr> = self.globals.iter().map(|global| global.name.clone()).collect();
        let inits: Vec<Place> = self
            .index
            .inits
            .iter()
            .filter_map(|id| self.index.symbol(*id))
            .filter(|symbol| symbol.package == Package::User && kernel_files.contains(&symbol.file))
            .filter(|symbol| {
                let scope = self.index.files.get(symbol.file);
                let decl = scope.and_then(|scope| scope.file.decls.get(symbol.decl.index as usize));
                decl.is_some_and(|decl| Uses::of(&decl.decl).names.iter().any(|name| globals.contains(name)))
            })
            .map(crate::symbols::Symbol::place)
            .collect();
        for place in inits {
            self.error(place, Why::InitFunction { program: program.clone() });
        }
    }

    /// Reports imports whose names are taken, and those that nothing uses. What native code uses is what it mentions.
    pub fn check_imports(&mut self) {
        let mut found = Vec::new();
        let reached: HashSet<DeclId> = self
            .function_ids
            .keys()
            .filter_map(|(id, _)| self.index.symbol(*id).map(|symbol| symbol.decl))
            .collect();
        for (number, scope) in self.index.files.iter().enumerate() {
            if scope.package != Package::User {
                continue;
            }
            let mut uses = Uses::default();
            for (decl, node) in scope.file.iter() {
                if !reached.contains(&decl) {
                    uses.decl(node);
                }
            }
            for import in &scope.dots {
                let Some(package) = self.index.package_of(import.kind, &import.path) else { continue };
                let mentioned = uses.names.iter().any(|name| self.index.lookup(package, name).is_some());
                if !mentioned && !self.used_imports.contains(&(number, SmolStr::from(import.path.as_str()))) {
                    found.push((import.place, import.unused()));
                }
            }
            for (position, import) in scope.dots.iter().enumerate() {
                let first = scope.dots.iter().take(position).find(|first| first.path == import.path);
                let package = self.index.package_of(import.kind, &import.path);
                let (Some(first), Some(package)) = (first, package) else { continue };
                for (_, symbol) in self.index.of(package) {
                    let method = matches!(symbol.kind, SymbolKind::Func(func) if func.receiver.is_some());
                    if symbol.name.starts_with(char::is_uppercase) && !method {
                        let why = Why::Redeclared { name: symbol.name.clone(), other: first.place };
                        found.push((import.place, why));
                    }
                }
                found.push((import.place, import.unused()));
            }
            for (name, import) in &scope.imports {
                let used = uses.qualifiers.contains(name)
                    || self.used_imports.contains(&(number, name.clone()))
                    || import.path == "C"
                    || import.kind == Import::Missing;
                if !used {
                    found.push((import.place, import.unused()));
                }
                if let Some(symbol) =
                    self.index.lookup(Package::User, name).and_then(|id| self.index.symbol(id))
                {
                    let (name, path) = (name.clone(), import.path.clone());
                    found.push((symbol.place(), Why::DeclaredByImport { name, path, other: import.place }));
                }
            }
            for (name, import, other) in &scope.repeated {
                found.push((import.place, Why::Redeclared { name: name.clone(), other: *other }));
                if import.kind != Import::Missing {
                    found.push((import.place, import.unused()));
                }
            }
        }
        found.sort_by_key(|(place, _)| *place);
        for (place, why) in found {
            self.another_error(place, why);
        }
    }

    /// Reports names that the package declares twice.
    pub fn check_redeclared(&mut self) {
        for (id, first) in self.index.redeclared.clone() {
            let (Some(second), Some(first)) =
                (self.index.symbol(id).cloned(), self.index.symbol(first).cloned())
            else {
                continue;
            };
            if second.package == Package::User {
                if let SymbolKind::Const { .. } = second.kind {
                    self.resolve(id); // its value may be wrong as well
                }
                let (name, other) = (second.name.clone(), first.place());
                let receiver = match second.kind {
                    SymbolKind::Func(func) => {
                        func.receiver.as_ref().and_then(|field| crate::symbols::receiver_name(&field.ty))
                    }
                    _ => None,
                };
                let why = match receiver {
                    Some(on) => Why::MethodRedeclared { on, name, other },
                    None => Why::Redeclared { name, other },
                };
                self.another_error(second.place(), why);
            }
        }
    }

    /// Reports variables whose initial values call functions that use them.
    pub fn check_initial_values(&mut self) {
        let mut variables: Vec<SymbolId> =
            self.global_ids.keys().chain(self.map_ids.keys()).copied().collect();
        variables.extend(self.variable_uses.iter().map(|(_, variable, _)| *variable));
        variables.sort();
        variables.dedup();
        let mut reported = HashSet::new();
        for id in variables {
            let Some(circle) = self.initial_circle(id) else { continue };
            if circle.len() < 2 || circle.iter().any(|id| !reported.insert(*id)) {
                continue;
            }
            let is_variable =
                |symbol: &&crate::symbols::Symbol<'_>| matches!(symbol.kind, SymbolKind::Var { .. });
            let first = circle.iter().filter_map(|id| self.index.symbol(*id)).filter(is_variable);
            let Some(first) = first.min_by_key(|symbol| symbol.place()) else { continue };
            let (place, name) = (first.place(), first.name.clone());
            self.error(place, Why::Cycle { name, recursive_type: false, direct: false });
        }
    }

    /// The variables and functions by which the initial value of `variable` comes to it again, by what they mention.
    fn initial_circle(&self, variable: SymbolId) -> Option<Vec<SymbolId>> {
        let mut path: Vec<(SymbolId, Vec<SymbolId>)> = vec![(variable, self.mentioned(variable))];
        let mut seen = HashSet::from([variable]);
        while let Some((_, next)) = path.last_mut() {
            let Some(symbol) = next.pop() else {
                path.pop();
                continue;
            };
            if symbol == variable {
                return Some(path.into_iter().map(|(id, _)| id).collect());
            }
            if seen.insert(symbol) {
                path.push((symbol, self.mentioned(symbol)));
            }
        }
        None
    }

    /// Variables and functions of the package that the initial value or body of `id` mentions.
    fn mentioned(&self, id: SymbolId) -> Vec<SymbolId> {
        let Some(symbol) = self.index.symbol(id) else { return Vec::new() };
        let mut uses = Uses { of_values: true, ..Uses::default() };
        match symbol.kind {
            SymbolKind::Var { spec, index } if spec.values.len() == spec.names.len() => {
                spec.values.get(index).into_iter().for_each(|value| uses.expr(value));
            }
            SymbolKind::Var { spec, .. } => spec.values.iter().for_each(|value| uses.expr(value)),
            SymbolKind::Func(func) => func.body.iter().for_each(|body| uses.block(body)),
            _ => {}
        }
        let found = uses
            .names
            .iter()
            .chain(&uses.qualifiers)
            .filter_map(|name| self.index.lookup(symbol.package, name));
        let mut found: Vec<SymbolId> = found
            .filter(|id| {
                let kind = self.index.symbol(*id).map(|symbol| symbol.kind);
                matches!(kind, Some(SymbolKind::Var { .. } | SymbolKind::Func(_)))
            })
            .collect();
        found.sort();
        found
    }

    /// Reports methods of structs with the names of fields.
    pub fn check_methods(&mut self) {
        let methods: Vec<(SymbolId, SmolStr)> = self
            .index
            .of(Package::User)
            .filter(|(id, _)| self.is_reached(*id))
            .filter_map(|(id, symbol)| match symbol.kind {
                SymbolKind::Func(func) => {
                    Some((id, crate::symbols::receiver_name(&func.receiver.as_ref()?.ty)?))
                }
                _ => None,
            })
            .collect();
        for (id, owner) in methods {
            let Some(symbol) = self.index.symbol(id) else { continue };
            let (place, name) = (symbol.place(), symbol.name.clone());
            let Some(owner) = self.index.lookup(Package::User, &owner) else { continue };
            let Some((decl, SymbolKind::Type(spec))) =
                self.index.symbol(owner).map(|symbol| (symbol.decl, symbol.kind))
            else {
                continue;
            };
            let gobpf_syntax::ast::ExprKind::StructType(fields) = &spec.ty.kind else { continue };
            let field = fields.iter().flat_map(|field| &field.names).find(|field| field.name == name);
            if let Some(field) = field.filter(|_| name != "_") {
                let other = Place { decl, node: field.id };
                self.error(place, Why::FieldAndMethod { name, other });
            }
        }
    }

    /// Reports `main` and `init` functions with parameters or results.
    pub fn check_started(&mut self) {
        let is_main =
            |file: usize| self.index.files.get(file).is_some_and(|scope| scope.file.package_name() == "main");
        let is_wrong = |symbol: &crate::symbols::Symbol<'_>| {
            let SymbolKind::Func(func) = symbol.kind else { return false };
            let signature = &func.signature;
            func.receiver.is_none()
                && (symbol.name == "init" || (symbol.name == "main" && is_main(symbol.file)))
                && !(signature.params.is_empty() && signature.results.is_empty())
        };
        let wrong = self.index.of(Package::User).filter(|(_, symbol)| is_wrong(symbol));
        let wrong: Vec<_> = wrong.map(|(_, symbol)| (symbol.place(), symbol.name.clone())).collect();
        for (place, name) in wrong {
            self.another_error(place, Why::StartedWithArguments { name });
        }
    }

    /// Lays out every map that the package declares, used or not: the loader creates them all.
    pub fn add_maps(&mut self) {
        let variables: Vec<SymbolId> = self
            .index
            .of(Package::User)
            .filter(|(_, symbol)| matches!(symbol.kind, SymbolKind::Var { .. }) && self.may_be_map(symbol))
            .map(|(id, _)| id)
            .collect();
        for id in variables {
            let Some(symbol) = self.index.symbol(id).cloned() else { continue };
            let crate::checker::Resolved::Var(ty) = self.resolve(id) else { continue };
            let is_map = crate::context::Cx::of_symbol(self, &symbol).map_type(ty).is_some();
            if is_map || symbol.directive("map").is_some() {
                crate::variables::map(self, id);
            }
        }
    }

    /// The variable mentions the SDK in its type: others aren't resolved, as they may be native.
    fn may_be_map(&self, symbol: &crate::symbols::Symbol<'_>) -> bool {
        if symbol.directive("map").is_some() {
            return true;
        }
        let SymbolKind::Var { spec, index } = symbol.kind else { return false };
        let Some(scope) = self.index.files.get(symbol.file) else { return false };
        let written = match (&spec.ty, spec.values.get(index).map(|value| &value.kind)) {
            (Some(ty), _) => Some(ty),
            (None, Some(gobpf_syntax::ast::ExprKind::Composite { ty: Some(ty), .. })) => Some(&**ty),
            _ => None,
        };
        written.is_some_and(|ty| mentions_sdk(ty, scope))
    }
}

fn mentions_sdk(ty: &gobpf_syntax::ast::Expr, scope: &crate::symbols::FileScope<'_>) -> bool {
    use gobpf_syntax::ast::ExprKind;
    match &ty.kind {
        ExprKind::Index { operand, .. } | ExprKind::Paren(operand) => mentions_sdk(operand, scope),
        ExprKind::Selector { operand, .. } => match &operand.kind {
            ExprKind::Ident(name) => {
                scope.imports.get(name).is_some_and(|import| import.kind == crate::Import::Sdk)
            }
            _ => false,
        },
        ExprKind::Ident(_) => scope.dot_sdk,
        _ => false,
    }
}
