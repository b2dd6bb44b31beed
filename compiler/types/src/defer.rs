//! `defer`: function and arguments are evaluated at the statement, the call happens on the way out.

use gobpf_source::NodeId;
use gobpf_syntax::ast;

use crate::callkind::CallKind;
use crate::context::{Cx, Mode};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind, Stmt, StmtKind};
use crate::stmt::{push_effect, strip_parens};
use crate::ty::Basic;

impl<'a> Cx<'_, 'a> {
    /// `defer call`.
    pub fn defer(&mut self, call: &'a ast::Expr, node: NodeId, out: &mut Vec<Stmt>) {
        let ast::ExprKind::Call { .. } = &strip_parens(call).kind else {
            self.raw_expr(call);
            return; // as the parser has said
        };
        let repeated = self.jumps.iter().any(|jump| jump.is_loop)
            || self.loop_body.is_some()
            || self.gotos.repeated_defers.contains(&node);
        if repeated {
            self.unsupported(node, NotInKernel::Defer);
        }
        let operand = self.raw_expr(call);
        let kind = self.call_kind(call);
        if matches!(operand.mode, Mode::Invalid | Mode::Native) && kind == CallKind::Statement {
            return;
        }
        if kind != CallKind::Statement {
            let expr = match operand.is_invalid() {
                true => format!("{} (invalid operand)", operand.text),
                false => self.describe(&operand),
            };
            let why = match kind {
                CallKind::Conversion => Why::DeferConversion { word: "defer", expr },
                _ => Why::DeferDiscards { word: "defer", expr },
            };
            return self.error(call.id, why);
        }
        let mut before = Vec::new();
        let mut hir = operand.hir;
        while let ExprKind::Sequence { stmts, value } = hir.kind {
            match value.kind {
                // A predeclared function: the statements are what it does.
                ExprKind::Zero => {
                    let body = self.freeze_effect(stmts, &mut before);
                    return self.push_deferred(before, body, node, out);
                }
                _ => {
                    before.extend(stmts);
                    hir = *value;
                }
            }
        }
        if !self.freeze_call(&mut hir, &mut before) {
            return; // a call with an error
        }
        let mut body = Vec::new();
        push_effect(hir, &mut body);
        self.push_deferred(before, body, node, out);
    }

    fn push_deferred(&mut self, before: Vec<Stmt>, body: Vec<Stmt>, node: NodeId, out: &mut Vec<Stmt>) {
        let boolean = self.basic(Basic::Bool);
        let flag = self.hidden(boolean, node);
        out.extend(before);
        let ty = self.lower(boolean);
        let yes = hir::Expr { node, ty, kind: ExprKind::Const(hir::Constant::Bool(true)) };
        let targets = vec![Some(self.local_expr(flag, node))];
        out.push(Stmt { node, kind: StmtKind::Assign { targets, values: vec![yes] } });
        self.defers.push(hir::Deferred { node, flag, body });
    }

    /// Declarations of the flags and of what deferred calls keep, for the start of the body.
    /// Variables before `first_own` are parameters and results, which have their values already.
    pub fn defer_flags(&mut self, first_own: usize) -> Vec<Stmt> {
        let mut locals: Vec<(NodeId, hir::LocalId)> = Vec::new();
        for deferred in &self.defers {
            locals.push((deferred.node, deferred.flag));
        }
        let kept = std::mem::take(&mut self.kept);
        locals.extend(kept.into_iter().filter(|(_, local)| local.0 as usize >= first_own));
        locals
            .into_iter()
            .map(|(node, local)| Stmt { node, kind: StmtKind::Declare { local, init: None } })
            .collect()
    }

    /// Evaluates the operands of a call now, into variables that live as long as the function.
    fn freeze_call(&mut self, call: &mut hir::Expr, before: &mut Vec<Stmt>) -> bool {
        match &mut call.kind {
            ExprKind::Call { arguments, .. } | ExprKind::Intrinsic { arguments, .. } => {
                for argument in arguments {
                    self.freeze(argument, before);
                }
                true
            }
            ExprKind::CallValue { callee, arguments } => {
                match &mut callee.kind {
                    ExprKind::Closure { captures, .. } => {
                        for capture in captures {
                            self.freeze_capture(capture, before);
                        }
                    }
                    _ => self.freeze(callee, before),
                }
                for argument in arguments {
                    self.freeze(argument, before);
                }
                true
            }
            ExprKind::Helper { arguments, .. } => {
                for argument in arguments {
                    match argument {
                        hir::Argument::Value(value)
                        | hir::Argument::Reference(value)
                        | hir::Argument::Memory(value) => self.freeze(value, before),
                        _ => {}
                    }
                }
                true
            }
            ExprKind::Copy { to, from } => {
                self.freeze(to, before);
                self.freeze(from, before);
                true
            }
            _ => false,
        }
    }

    /// What a literal captures is the address of a variable, or that of one which doesn't change: it is kept as it is, and
    /// the variable lives as long as the function.
    fn freeze_capture(&mut self, capture: &mut hir::Expr, before: &mut Vec<Stmt>) {
        match &capture.kind {
            ExprKind::AddressOf(place) => {
                if let ExprKind::Local(local) = place.kind
                    && !self.named_results.contains(&local)
                {
                    self.kept.push((capture.node, local));
                }
            }
            ExprKind::Local(_) => {}
            _ => self.freeze(capture, before),
        }
    }

    /// The same for what a predeclared function does: the expressions in it are its arguments.
    fn freeze_effect(&mut self, mut stmts: Vec<Stmt>, before: &mut Vec<Stmt>) -> Vec<Stmt> {
        for stmt in &mut stmts {
            match &mut stmt.kind {
                StmtKind::Clear(expr) | StmtKind::MapDelete { key: expr, .. } => self.freeze(expr, before),
                StmtKind::Block(inner) => {
                    let inner_stmts = std::mem::take(inner);
                    // The argument of a panic is evaluated at the statement.
                    let (panics, rest): (Vec<_>, Vec<_>) =
                        inner_stmts.into_iter().partition(|stmt| matches!(stmt.kind, StmtKind::Panic));
                    before.extend(rest);
                    *inner = panics;
                }
                _ => {}
            }
        }
        stmts
    }

    fn freeze(&mut self, expr: &mut hir::Expr, before: &mut Vec<Stmt>) {
        if matches!(expr.kind, ExprKind::Const(_) | ExprKind::Zero) {
            return;
        }
        let node = expr.node;
        let local = hir::LocalId(self.locals.len() as u32);
        self.locals.push(hir::Local { name: Default::default(), ty: expr.ty, node, address_taken: false });
        self.local_types.push(crate::ty::Types::UNKNOWN);
        self.used.push(true);
        self.kept.push((node, local));
        let read = hir::Expr { node, ty: expr.ty, kind: ExprKind::Local(local) };
        let value = std::mem::replace(expr, read.clone());
        before.push(Stmt { node, kind: StmtKind::Assign { targets: vec![Some(read)], values: vec![value] } });
    }
}
