//! Walking the HIR.

use crate::hir::{Argument, Expr, ExprKind, FunctionId, LocalId, Stmt, StmtKind};

/// Calls `f` with each direct part of `expr`, in order of evaluation.
pub(crate) fn parts<'e>(expr: &'e mut Expr, f: &mut dyn FnMut(&'e mut Expr)) {
    match &mut expr.kind {
        ExprKind::Const(_) | ExprKind::Zero | ExprKind::Local(_) | ExprKind::Global(_) => {}
        ExprKind::Field { base: inner, .. }
        | ExprKind::Deref(inner)
        | ExprKind::AddressOf(inner)
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Convert(inner)
        | ExprKind::Len(inner)
        | ExprKind::Cap(inner)
        | ExprKind::CopyBytes { bytes: inner, .. }
        | ExprKind::MapIndex { key: inner, .. }
        | ExprKind::Packet { context: inner, .. } => f(inner),
        ExprKind::Index { base, index } => {
            f(base);
            f(index);
        }
        ExprKind::Slice { base, low, high, max } => {
            f(base);
            for bound in [low, high, max].into_iter().flatten() {
                f(bound);
            }
        }
        ExprKind::Copy { to, from } => {
            f(to);
            f(from);
        }
        ExprKind::Sequence { stmts, value } => {
            stmts.iter_mut().for_each(|stmt| deep_parts(stmt, f));
            f(value);
        }
        ExprKind::CallValue { callee, arguments } => {
            f(callee);
            arguments.iter_mut().for_each(f);
        }
        ExprKind::Closure { captures: operands, .. }
        | ExprKind::MinMax { operands, .. }
        | ExprKind::Intrinsic { arguments: operands, .. } => operands.iter_mut().for_each(f),
        ExprKind::Struct(values) => values.iter_mut().for_each(f),
        ExprKind::Array(values) => values.iter_mut().for_each(|(_, value)| f(value)),
        ExprKind::Binary { left, right, .. }
        | ExprKind::Compare { left, right, .. }
        | ExprKind::Logical { left, right, .. } => {
            f(left);
            f(right);
        }
        ExprKind::Call { arguments, .. } => arguments.iter_mut().for_each(f),
        ExprKind::Helper { arguments, .. } => {
            for argument in arguments {
                match argument {
                    Argument::Value(value) | Argument::Reference(value) | Argument::Memory(value) => f(value),
                    Argument::CallbackValue { function, .. } => f(function),
                    Argument::Map(_) | Argument::Text(_) | Argument::Callback(_) => {}
                }
            }
        }
    }
}

/// Calls `f` with each expression that stands directly in `stmt` or in a statement in it.
fn deep_parts<'s>(stmt: &'s mut Stmt, f: &mut dyn FnMut(&'s mut Expr)) {
    let mut blocks: Vec<&'s mut Vec<Stmt>> = Vec::new();
    stmt_parts(stmt, f, &mut |block| blocks.push(block));
    for stmt in blocks.into_iter().flatten() {
        deep_parts(stmt, f);
    }
}

/// Calls `f` with each expression that stands directly in `stmt`, and `g` with each block in it.
pub(crate) fn stmt_parts<'s>(
    stmt: &'s mut Stmt,
    f: &mut dyn FnMut(&'s mut Expr),
    g: &mut dyn FnMut(&'s mut Vec<Stmt>),
) {
    match &mut stmt.kind {
        StmtKind::Declare { init, .. } => {
            if let Some(init) = init {
                f(init);
            }
        }
        StmtKind::Assign { targets, values } => {
            targets.iter_mut().flatten().for_each(&mut *f);
            values.iter_mut().for_each(f);
        }
        StmtKind::AssignCall { targets, call } => {
            targets.iter_mut().flatten().for_each(&mut *f);
            f(call);
        }
        StmtKind::AssignOp { target, value, .. } => {
            f(target);
            f(value);
        }
        StmtKind::Expr(expr)
        | StmtKind::ReturnCall(expr)
        | StmtKind::Clear(expr)
        | StmtKind::MapDelete { key: expr, .. } => f(expr),
        StmtKind::Block(block) => g(block),
        StmtKind::If { cond, then, otherwise } => {
            f(cond);
            g(then);
            g(otherwise);
        }
        StmtKind::For { cond, post, body, .. } => {
            if let Some(cond) = cond {
                f(cond);
            }
            g(body);
            g(post);
        }
        StmtKind::Switch { clauses, .. } => {
            for clause in clauses {
                clause.conditions.iter_mut().flatten().for_each(&mut *f);
                g(&mut clause.body);
            }
        }
        StmtKind::Break(_)
        | StmtKind::Continue(_)
        | StmtKind::Panic
        | StmtKind::Goto(_)
        | StmtKind::Label(_) => {}
        StmtKind::Return(values) => values.iter_mut().for_each(f),
    }
}

/// Replaces each use of `from` by `to`.
pub(crate) fn rename_expr(expr: &mut Expr, from: LocalId, to: LocalId) {
    if let ExprKind::Local(local) = &mut expr.kind
        && *local == from
    {
        *local = to;
    }
    parts(expr, &mut |part| rename_expr(part, from, to));
}

/// Replaces each use of `from` by `to`.
pub(crate) fn rename_stmt(stmt: &mut Stmt, from: LocalId, to: LocalId) {
    if let StmtKind::Declare { local, .. } = &mut stmt.kind
        && *local == from
    {
        *local = to;
    }
    stmt_parts(stmt, &mut |expr| rename_expr(expr, from, to), &mut |block| {
        block.iter_mut().for_each(|stmt| rename_stmt(stmt, from, to));
    });
}

/// Statements and expressions in `block`.
pub(crate) fn count(block: &mut [Stmt]) -> u32 {
    let mut nodes = 0;
    for stmt in block {
        let mut inner = Vec::new();
        let mut blocks = Vec::new();
        stmt_parts(stmt, &mut |expr| inner.push(expr), &mut |block| blocks.push(block));
        nodes += 1 + blocks.into_iter().map(|block| count(block)).sum::<u32>();
        while let Some(expr) = inner.pop() {
            nodes += 1;
            parts(expr, &mut |part| inner.push(part));
        }
    }
    nodes
}

/// Calls `f` with the function of each call in `block`.
pub(crate) fn calls(block: &mut [Stmt], f: &mut dyn FnMut(&mut FunctionId)) {
    for stmt in block {
        let mut exprs = Vec::new();
        let mut blocks = Vec::new();
        stmt_parts(stmt, &mut |expr| exprs.push(expr), &mut |block| blocks.push(block));
        for expr in exprs {
            calls_in(expr, f);
        }
        for block in blocks {
            calls(block, f);
        }
    }
}

fn calls_in(expr: &mut Expr, f: &mut dyn FnMut(&mut FunctionId)) {
    match &mut expr.kind {
        ExprKind::Call { function, .. } | ExprKind::Closure { function, .. } => f(function),
        ExprKind::Helper { arguments, .. } => {
            for argument in arguments {
                if let Argument::Callback(function) = argument {
                    f(function);
                }
            }
        }
        _ => {}
    }
    let mut inner = Vec::new();
    parts(expr, &mut |part| inner.push(part));
    for part in inner {
        calls_in(part, f);
    }
}

/// Calls `f` with every expression in `block`.
pub(crate) fn exprs(block: &mut [Stmt], f: &mut dyn FnMut(&Expr)) {
    for stmt in block {
        let mut found = Vec::new();
        let mut blocks = Vec::new();
        stmt_parts(stmt, &mut |expr| found.push(expr), &mut |block| blocks.push(block));
        while let Some(expr) = found.pop() {
            f(expr);
            parts(expr, &mut |part| found.push(part));
        }
        for block in blocks {
            exprs(block, f);
        }
    }
}

/// Calls `f` with every expression in `block`, parts before the whole; it may replace them.
pub(crate) fn rewrite(block: &mut [Stmt], f: &mut dyn FnMut(&mut Expr)) {
    for stmt in block {
        let mut found = Vec::new();
        let mut blocks = Vec::new();
        stmt_parts(stmt, &mut |expr| found.push(expr), &mut |block| blocks.push(block));
        for expr in found {
            rewrite_expr(expr, f);
        }
        for block in blocks {
            rewrite(block, f);
        }
    }
}

fn rewrite_expr(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    let mut inner = Vec::new();
    parts(expr, &mut |part| inner.push(part));
    for part in inner {
        rewrite_expr(part, f);
    }
    f(expr);
}
