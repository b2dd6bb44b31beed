//! Which variables statements assign.

use gobpf_types::hir::{Argument, Expr, ExprKind, LocalId, Stmt, StmtKind};

/// Adds the locals that statements assign or declare, those of statements in expressions included; fields and elements are
/// in memory.
pub(super) fn assigned_locals(block: &[Stmt], found: &mut Vec<LocalId>) {
    for stmt in block {
        assigned_by(stmt, found);
    }
}

fn assigned_by(stmt: &Stmt, found: &mut Vec<LocalId>) {
    let local_of = |target: &Expr| match target.kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    };
    match &stmt.kind {
        StmtKind::Declare { local, init } => {
            found.push(*local);
            in_exprs(init, found);
        }
        StmtKind::Assign { targets, values } => {
            found.extend(targets.iter().flatten().filter_map(local_of));
            in_exprs(targets.iter().flatten().chain(values), found);
        }
        StmtKind::AssignCall { targets, call } => {
            found.extend(targets.iter().flatten().filter_map(local_of));
            in_exprs(targets.iter().flatten().chain([call]), found);
        }
        StmtKind::AssignOp { target, value, .. } => {
            found.extend(local_of(target));
            in_exprs([target, value], found);
        }
        StmtKind::Block(inner) => assigned_locals(inner, found),
        StmtKind::If { cond, then, otherwise } => {
            in_exprs([cond], found);
            assigned_locals(then, found);
            assigned_locals(otherwise, found);
        }
        StmtKind::For { cond, post, body, .. } => {
            in_exprs(cond, found);
            assigned_locals(post, found);
            assigned_locals(body, found);
        }
        StmtKind::Switch { clauses, .. } => {
            for clause in clauses {
                in_exprs(clause.conditions.iter().flatten(), found);
                assigned_locals(&clause.body, found);
            }
        }
        StmtKind::Expr(expr)
        | StmtKind::ReturnCall(expr)
        | StmtKind::Clear(expr)
        | StmtKind::MapDelete { key: expr, .. } => in_exprs([expr], found),
        StmtKind::Return(values) => in_exprs(values, found),
        StmtKind::Break(_)
        | StmtKind::Continue(_)
        | StmtKind::Panic
        | StmtKind::Goto(_)
        | StmtKind::Label(_) => {}
    }
}

fn in_exprs<'e>(exprs: impl IntoIterator<Item = &'e Expr>, found: &mut Vec<LocalId>) {
    for expr in exprs {
        if let ExprKind::Sequence { stmts, .. } = &expr.kind {
            assigned_locals(stmts, found);
        }
        in_exprs(parts(expr), found);
    }
}

/// The direct parts of an expression.
pub(super) fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Zero | ExprKind::Local(_) | ExprKind::Global(_) => Vec::new(),
        ExprKind::Field { base: inner, .. }
        | ExprKind::Deref(inner)
        | ExprKind::AddressOf(inner)
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Convert(inner)
        | ExprKind::Len(inner)
        | ExprKind::Cap(inner)
        | ExprKind::CopyBytes { bytes: inner, .. }
        | ExprKind::MapIndex { key: inner, .. }
        | ExprKind::Sequence { value: inner, .. }
        | ExprKind::Packet { context: inner, .. } => vec![inner],
        ExprKind::Index { base, index } => vec![base, index],
        ExprKind::Slice { base, low, high, max } => {
            let bounds = [low, high, max].into_iter().flatten().map(AsRef::as_ref);
            std::iter::once(base.as_ref()).chain(bounds).collect()
        }
        ExprKind::Copy { to, from } => vec![to, from],
        ExprKind::CallValue { callee, arguments } => {
            std::iter::once(callee.as_ref()).chain(arguments).collect()
        }
        ExprKind::Closure { captures: operands, .. }
        | ExprKind::MinMax { operands, .. }
        | ExprKind::Struct(operands)
        | ExprKind::Call { arguments: operands, .. }
        | ExprKind::Intrinsic { arguments: operands, .. } => operands.iter().collect(),
        ExprKind::Array(values) => values.iter().map(|(_, value)| value).collect(),
        ExprKind::Binary { left, right, .. }
        | ExprKind::Compare { left, right, .. }
        | ExprKind::Logical { left, right, .. } => vec![left, right],
        ExprKind::Helper { arguments, .. } => arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Value(value) | Argument::Reference(value) | Argument::Memory(value) => Some(value),
                Argument::Map(_) | Argument::Text(_) | Argument::Callback(_) => None,
            })
            .collect(),
    }
}
