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
    stmt_parts(stmt, &mut |part| match part {
        Part::Expr(expr) => f(expr),
        Part::Block(block) => block.iter_mut().for_each(|stmt| deep_parts(stmt, f)),
    });
}

/// A direct part of a statement.
pub(crate) enum Part<'s> {
    /// An expression.
    Expr(&'s mut Expr),
    /// A block.
    Block(&'s mut Vec<Stmt>),
}

/// Calls `f` with each direct part of `stmt`, in order of evaluation.
pub(crate) fn stmt_parts<'s>(stmt: &'s mut Stmt, f: &mut dyn FnMut(Part<'s>)) {
    let mut each = |exprs: &'s mut [Expr]| exprs.iter_mut().for_each(|expr| f(Part::Expr(expr)));
    match &mut stmt.kind {
        StmtKind::Declare { init, .. } => each(init.as_mut_slice()),
        StmtKind::Assign { targets, values } => {
            targets.iter_mut().for_each(|target| each(target.as_mut_slice()));
            each(values);
        }
        StmtKind::AssignCall { targets, call } => {
            targets.iter_mut().for_each(|target| each(target.as_mut_slice()));
            f(Part::Expr(call));
        }
        StmtKind::AssignOp { target, value, .. } => {
            f(Part::Expr(target));
            f(Part::Expr(value));
        }
        StmtKind::Expr(expr)
        | StmtKind::ReturnCall(expr)
        | StmtKind::Clear(expr)
        | StmtKind::MapDelete { key: expr, .. } => f(Part::Expr(expr)),
        StmtKind::Block(block) => f(Part::Block(block)),
        StmtKind::If { cond, then, otherwise } => {
            f(Part::Expr(cond));
            f(Part::Block(then));
            f(Part::Block(otherwise));
        }
        StmtKind::For { cond, post, body, .. } => {
            each(cond.as_mut_slice());
            f(Part::Block(body));
            f(Part::Block(post));
        }
        StmtKind::Switch { clauses, .. } => {
            for clause in clauses {
                clause.conditions.iter_mut().flatten().for_each(|expr| f(Part::Expr(expr)));
                f(Part::Block(&mut clause.body));
            }
        }
        StmtKind::Break(_)
        | StmtKind::Continue(_)
        | StmtKind::Panic
        | StmtKind::Goto(_)
        | StmtKind::Label(_) => {}
        StmtKind::Return(values) => each(values),
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
    stmt_parts(stmt, &mut |part| match part {
        Part::Expr(expr) => rename_expr(expr, from, to),
        Part::Block(block) => block.iter_mut().for_each(|stmt| rename_stmt(stmt, from, to)),
    });
}

/// Statements and expressions in `block`.
pub(crate) fn count(block: &mut [Stmt]) -> u32 {
    let mut nodes = block.len() as u32;
    for stmt in block {
        stmt_parts(stmt, &mut |part| match part {
            Part::Expr(expr) => nodes += count_in(expr),
            Part::Block(block) => nodes += count(block),
        });
    }
    nodes
}

fn count_in(expr: &mut Expr) -> u32 {
    let mut nodes = 1;
    parts(expr, &mut |part| nodes += count_in(part));
    nodes
}

/// Calls `f` with the function of each call in `block`.
pub(crate) fn calls(block: &mut [Stmt], f: &mut dyn FnMut(&mut FunctionId)) {
    for stmt in block {
        stmt_parts(stmt, &mut |part| match part {
            Part::Expr(expr) => calls_in(expr, f),
            Part::Block(block) => calls(block, f),
        });
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
    parts(expr, &mut |part| calls_in(part, f));
}

/// Calls `f` with every statement in `block`, but for those in expressions.
pub(crate) fn stmts(block: &mut [Stmt], f: &mut dyn FnMut(&mut Stmt)) {
    for stmt in block {
        f(stmt);
        stmt_parts(stmt, &mut |part| {
            if let Part::Block(block) = part {
                stmts(block, f);
            }
        });
    }
}

/// Calls `f` with every expression in `block`.
pub(crate) fn exprs(block: &mut [Stmt], f: &mut dyn FnMut(&Expr)) {
    rewrite(block, &mut |expr| f(expr));
}

/// Calls `f` with every expression in `block`, parts before the whole; it may replace them.
pub(crate) fn rewrite(block: &mut [Stmt], f: &mut dyn FnMut(&mut Expr)) {
    for stmt in block {
        stmt_parts(stmt, &mut |part| match part {
            Part::Expr(expr) => rewrite_expr(expr, f),
            Part::Block(block) => rewrite(block, f),
        });
    }
}

fn rewrite_expr(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    parts(expr, &mut |part| rewrite_expr(part, f));
    f(expr);
}
