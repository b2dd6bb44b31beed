//! What is native Go: code that no program reaches, which our checker does not judge.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use gobpf_source::{NodeId, Place, SourceText};
use gobpf_syntax::ast::{DeclKind, Expr, ExprKind, File, VarSpec};

use crate::walk::{Node, walk};

/// A function, or a line of another declaration.
struct Unit {
    decl: u32,
    /// `None` where it is all of the declaration.
    node: Option<NodeId>,
    names: Vec<String>,
    /// It is judged whether a program reaches it or not: a map, which is always made, or a name that is taken.
    always: bool,
}

/// The lines of declarations that none of the functions `kernel` (by the index of their declaration) reaches by name.
pub fn lines(file: &File, source: &SourceText, kernel: &BTreeSet<u32>) -> Vec<RangeInclusive<u32>> {
    let units = units(file);
    let reached = reached(file, &units, kernel);
    let line = |at| source.line_of(at) + 1;
    let native = units.iter().enumerate().filter(|(index, _)| !reached.contains(index));
    native
        .filter_map(|(_, unit)| {
            let placed = file.decls.get(unit.decl as usize)?;
            if let Some(node) = unit.node {
                let (decl, _) = file.iter().nth(unit.decl as usize)?;
                let range = file.span(Place { decl, node }).range;
                return Some(line(range.start())..=line(range.end()));
            }
            let end = placed.decl.ranges.iter().map(|range| range.end()).max()?;
            Some(line(placed.start)..=line(placed.start + end))
        })
        .collect()
}

fn units(file: &File) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut seen = BTreeSet::new();
    for (decl, placed) in (0..).zip(&file.decls) {
        let texts = |names: &[gobpf_syntax::ast::Ident]| -> Vec<String> {
            names.iter().map(|name| name.name.to_string()).collect()
        };
        let mut add = |node, names: Vec<String>, always: bool| {
            let taken = names.iter().any(|name| !seen.insert(name.clone()) && name != "_" && name != "init");
            units.push(Unit { decl, node, names, always: always || taken });
        };
        match &placed.decl.kind {
            DeclKind::Package(_) | DeclKind::Import(_) | DeclKind::Bad(_) => {}
            DeclKind::Func(func) => {
                let receiver = func.receiver.as_ref().map(|field| format!("{:?}.", base(&field.ty)));
                add(None, vec![format!("{}{}", receiver.unwrap_or_default(), func.name.name)], false);
            }
            DeclKind::Const(specs) => {
                specs.iter().for_each(|spec| add(Some(spec.id), texts(&spec.names), false));
            }
            DeclKind::Type(specs) => {
                specs.iter().for_each(|spec| add(Some(spec.id), vec![spec.name.name.to_string()], false));
            }
            DeclKind::Var(specs) => {
                for spec in specs {
                    let marked = placed.decl.directives.iter().chain(&spec.directives);
                    let always = is_sdk_map(spec) || marked.into_iter().any(|one| one.name == "map");
                    add(Some(spec.id), texts(&spec.names), always);
                }
            }
        }
    }
    units
}

/// The name of a receiver's type.
fn base(ty: &Expr) -> Option<String> {
    match &ty.kind {
        ExprKind::Ident(name) => Some(name.to_string()),
        ExprKind::Star(inner) | ExprKind::Paren(inner) => base(inner),
        ExprKind::Index { operand, .. } => base(operand),
        _ => None,
    }
}

/// `var m = bpf.Hash[...]{...}`.
fn is_sdk_map(spec: &VarSpec) -> bool {
    let written = spec.ty.as_ref().or_else(|| match spec.values.first().map(|value| &value.kind) {
        Some(ExprKind::Composite { ty, .. }) => ty.as_deref(),
        _ => None,
    });
    let is_sdk = |ty: &Expr| match &ty.kind {
        ExprKind::Index { operand, .. } => matches!(&operand.kind, ExprKind::Selector { operand, .. }
            if matches!(&operand.kind, ExprKind::Ident(name) if name == "bpf")),
        _ => false,
    };
    written.is_some_and(is_sdk)
}

/// The units that are reached: functions that are known to be, what is judged always, and what they and what they use name.
fn reached(file: &File, units: &[Unit], kernel: &BTreeSet<u32>) -> BTreeSet<usize> {
    let is_function = |unit: &Unit| unit.node.is_none();
    let mut reached: BTreeSet<usize> = units
        .iter()
        .enumerate()
        .filter(|(_, unit)| unit.always || (is_function(unit) && kernel.contains(&unit.decl)))
        .map(|(index, _)| index)
        .collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut todo: Vec<usize> = reached.iter().copied().collect();
    while let Some(index) = todo.pop() {
        if let Some(unit) = units.get(index) {
            names.extend(used(file, unit));
        }
        for (other, unit) in units.iter().enumerate() {
            if reached.contains(&other) || is_function(unit) {
                continue;
            }
            // Nothing can name the blank identifier.
            if unit.names.iter().any(|name| name != "_" && names.contains(name)) {
                reached.insert(other);
                todo.push(other);
            }
        }
    }
    reached
}

fn used(file: &File, unit: &Unit) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(placed) = file.decls.get(unit.decl as usize) else { return names };
    let range = |node: NodeId| placed.decl.ranges.get(node.0 as usize).copied();
    let whole = unit.node.and_then(range);
    walk(&placed.decl, &mut |node| {
        if let Node::Expr(expr, _) = node
            && let ExprKind::Ident(name) = &expr.kind
            && whole.is_none_or(|whole| range(expr.id).is_some_and(|inner| whole.contains_range(inner)))
        {
            names.insert(name.to_string());
        }
    });
    names
}
