//! What is native Go: code that no program reaches, which our checker does not judge.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use gobpf_source::{SourceText, TextSize};
use gobpf_syntax::ast::{DeclKind, ExprKind, File};

use crate::walk::{Node, walk};

/// The lines of declarations that none of the functions `kernel` (by the index of their declaration) reaches by name.
pub fn lines(file: &File, source: &SourceText, kernel: &BTreeSet<u32>) -> Vec<RangeInclusive<u32>> {
    let reached = reached(file, kernel);
    let mut lines = Vec::new();
    for (index, placed) in file.decls.iter().enumerate() {
        let never = matches!(placed.decl.kind, DeclKind::Package(_) | DeclKind::Import(_) | DeclKind::Bad(_));
        if never || reached.contains(&(index as u32)) {
            continue;
        }
        let end = placed.decl.ranges.iter().map(|range| u32::from(range.end())).max().unwrap_or(0);
        let line = |at: TextSize| source.line_of(at) + 1;
        lines.push(line(placed.start)..=line(placed.start + TextSize::new(end)));
    }
    lines
}

/// The declarations that are reached: functions that are known to be, and what they and what they use name.
fn reached(file: &File, kernel: &BTreeSet<u32>) -> BTreeSet<u32> {
    let mut reached = kernel.clone();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut todo: Vec<u32> = kernel.iter().copied().collect();
    while let Some(index) = todo.pop() {
        names.extend(used(file, index));
        for (other, placed) in file.decls.iter().enumerate() {
            let other = other as u32;
            if reached.contains(&other) || matches!(placed.decl.kind, DeclKind::Func(_)) {
                continue;
            }
            if declared(&placed.decl.kind).iter().any(|name| names.contains(name)) {
                reached.insert(other);
                todo.push(other);
            }
        }
    }
    reached
}

fn used(file: &File, index: u32) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(placed) = file.decls.get(index as usize) else { return names };
    walk(&placed.decl, &mut |node| {
        if let Node::Expr(expr, _) = node
            && let ExprKind::Ident(name) = &expr.kind
        {
            names.insert(name.to_string());
        }
    });
    names
}

fn declared(kind: &DeclKind) -> Vec<String> {
    match kind {
        DeclKind::Const(specs) => {
            specs.iter().flat_map(|spec| &spec.names).map(|name| name.name.to_string()).collect()
        }
        DeclKind::Type(specs) => specs.iter().map(|spec| spec.name.name.to_string()).collect(),
        DeclKind::Var(specs) => {
            specs.iter().flat_map(|spec| &spec.names).map(|name| name.name.to_string()).collect()
        }
        _ => Vec::new(),
    }
}
