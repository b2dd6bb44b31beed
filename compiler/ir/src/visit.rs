//! Walking the HIR: which variables statements assign, which functions they hand to helpers.

use gobpf_types::hir::{Argument, Expr, ExprKind, Function, FunctionId, LabelId, LocalId, Stmt, StmtKind};

/// Adds the locals that statements assign or declare, those of statements in expressions included; fields and elements are
/// in memory.
pub(crate) fn assigned_locals(block: &[Stmt], found: &mut Vec<LocalId>) {
    each(block, &mut |stmt| found.extend(assigned_by(stmt)), &mut |_| {});
}

/// Where labels, jumps to them and assignments stand in a function, in the order of its text.
#[derive(Debug, Default)]
pub(crate) struct Jumps {
    labels: Vec<(usize, LabelId)>,
    gotos: Vec<(usize, LabelId)>,
    assigned: Vec<(usize, LocalId)>,
}

impl Jumps {
    /// Those of the statements of a function.
    pub(crate) fn of(block: &[Stmt]) -> Jumps {
        let mut jumps = Jumps::default();
        let mut number = 0;
        let mut see = |stmt: &Stmt| {
            number += 1;
            match stmt.kind {
                StmtKind::Label(label) => jumps.labels.push((number, label)),
                StmtKind::Goto(label) => jumps.gotos.push((number, label)),
                _ => jumps.assigned.extend(assigned_by(stmt).into_iter().map(|local| (number, local))),
            }
        };
        each(block, &mut see, &mut |_| {});
        jumps
    }

    /// Whether there is a label.
    pub(crate) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    fn place(&self, label: LabelId) -> Option<usize> {
        self.labels.iter().find(|(_, known)| *known == label).map(|(number, _)| *number)
    }

    /// Whether all jumps to `label` stand before it.
    pub(crate) fn is_complete_at(&self, label: LabelId) -> bool {
        let here = self.place(label);
        self.gotos.iter().all(|(number, to)| *to != label || Some(*number) < here)
    }

    /// The locals that may change on the way from `label` back to it: those that are assigned below it, for a jump can't
    /// lead into a block. None where a jump from above leads to it or past it.
    pub(crate) fn changed_below(&self, label: LabelId) -> Option<Vec<LocalId>> {
        let here = self.place(label)?;
        let past = |to: &LabelId| self.place(*to).is_none_or(|to| to >= here);
        let skipped = self.gotos.iter().any(|(number, to)| *number < here && past(to));
        let below = || self.assigned.iter().filter(|(number, _)| *number > here).map(|(_, local)| *local);
        (!skipped).then(|| below().collect())
    }
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
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
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
