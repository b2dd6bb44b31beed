//! Walking the HIR: which variables statements assign, which functions they hand to helpers.

use gobpf_types::hir::{Argument, Expr, ExprKind, Function, FunctionId, LocalId, Stmt, StmtKind};

/// Adds the locals that statements assign or declare, those of statements in expressions included; fields and elements are
/// in memory.
pub(crate) fn assigned_locals(block: &[Stmt], found: &mut Vec<LocalId>) {
    each(block, &mut |stmt| found.extend(assigned_by(stmt)), &mut |_| {});
}

fn assigned_by(stmt: &Stmt) -> Vec<LocalId> {
    let local_of = |target: &Expr| match target.kind {
        ExprKind::Local(local) => Some(local),
        _ => None,
    };
    match &stmt.kind {
        StmtKind::Declare { local, .. } => vec![*local],
        StmtKind::Assign { targets, .. } | StmtKind::AssignCall { targets, .. } => {
            targets.iter().flatten().filter_map(local_of).collect()
        }
        StmtKind::AssignOp { target, .. } => local_of(target).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The functions that `function` hands to helpers.
pub(crate) fn callbacks(function: &Function) -> Vec<FunctionId> {
    let mut found = Vec::new();
    let mut see = |expr: &Expr| {
        if let ExprKind::Helper { arguments, .. } = &expr.kind {
            found.extend(arguments.iter().filter_map(|argument| match argument {
                Argument::Callback(callback) => Some(*callback),
                _ => None,
            }));
        }
    };
    each(&function.body, &mut |_| {}, &mut see);
    for deferred in &function.defers {
        each(&deferred.body, &mut |_| {}, &mut see);
    }
    found
}

/// Shows each statement and each expression of `block`.
fn each(block: &[Stmt], on_stmt: &mut dyn FnMut(&Stmt), on_expr: &mut dyn FnMut(&Expr)) {
    for stmt in block {
        on_stmt(stmt);
        let (exprs, blocks) = stmt_parts(stmt);
        for expr in exprs {
            each_in(expr, on_stmt, on_expr);
        }
        for block in blocks {
            each(block, on_stmt, on_expr);
        }
    }
}

fn each_in(expr: &Expr, on_stmt: &mut dyn FnMut(&Stmt), on_expr: &mut dyn FnMut(&Expr)) {
    on_expr(expr);
    if let ExprKind::Sequence { stmts, .. } = &expr.kind {
        each(stmts, on_stmt, on_expr);
    }
    for part in parts(expr) {
        each_in(part, on_stmt, on_expr);
    }
}

/// The expressions and the blocks that stand directly in a statement.
fn stmt_parts(stmt: &Stmt) -> (Vec<&Expr>, Vec<&[Stmt]>) {
    match &stmt.kind {
        StmtKind::Declare { init, .. } => (init.iter().collect(), Vec::new()),
        StmtKind::Assign { targets, values } => {
            (targets.iter().flatten().chain(values).collect(), Vec::new())
        }
        StmtKind::AssignCall { targets, call } => {
            (targets.iter().flatten().chain([call]).collect(), Vec::new())
        }
        StmtKind::AssignOp { target, value, .. } => (vec![target, value], Vec::new()),
        StmtKind::Block(inner) => (Vec::new(), vec![inner]),
        StmtKind::If { cond, then, otherwise } => (vec![cond], vec![then, otherwise]),
        StmtKind::For { cond, post, body, .. } => (cond.iter().collect(), vec![body, post]),
        StmtKind::Switch { clauses, .. } => {
            let conditions = clauses.iter().flat_map(|clause| clause.conditions.iter().flatten());
            (conditions.collect(), clauses.iter().map(|clause| clause.body.as_slice()).collect())
        }
        StmtKind::Expr(expr)
        | StmtKind::ReturnCall(expr)
        | StmtKind::Clear(expr)
        | StmtKind::MapDelete { key: expr, .. } => (vec![expr], Vec::new()),
        StmtKind::Return(values) => (values.iter().collect(), Vec::new()),
        StmtKind::Break(_)
        | StmtKind::Continue(_)
        | StmtKind::Panic
        | StmtKind::Goto(_)
        | StmtKind::Label(_) => (Vec::new(), Vec::new()),
    }
}

/// The direct parts of an expression.
fn parts(expr: &Expr) -> Vec<&Expr> {
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
                Argument::CallbackValue { function, .. } => Some(&**function),
                Argument::Map(_) | Argument::Text(_) | Argument::Callback(_) => None,
            })
            .collect(),
    }
}
