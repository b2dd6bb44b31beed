//! `return`.

use gobpf_source::NodeId;
use gobpf_syntax::ast;

use crate::context::{Cx, EntityKind, Mode, Operand};
use crate::error::Why;
use crate::hir::{self, ExprKind, Stmt, StmtKind};
use crate::stmt::strip_parens;
use crate::ty::Kind;

impl<'a> Cx<'_, 'a> {
    pub fn return_stmt(&mut self, values: &'a [ast::Expr], node: NodeId, out: &mut Vec<Stmt>) {
        let results = self.returned_types();
        self.are_for(values, &results);
        if values.is_empty() {
            self.check_results_in_scope(node);
            let places = self.returned_places(node);
            if places.is_empty() && !results.is_empty() {
                let want = self.want(&results, false);
                self.error(node, Why::ReturnCount { have: "()".into(), want, too_many: false });
            }
            if self.loop_body.is_some() {
                return self.return_from_loop(Vec::new(), node, out);
            }
            return out.push(Stmt { node, kind: StmtKind::Return(places) });
        }
        if let [call] = values
            && matches!(strip_parens(call).kind, ast::ExprKind::Call { .. })
        {
            let operand = match results.len() {
                1 => self.with_hoisting(values, out, |cx| cx.raw_expr(call)),
                _ => self.raw_expr(call),
            };
            if let Kind::Tuple(types, _) = self.ck.types.kind(operand.ty).clone()
                && !types.is_empty()
            {
                return self.return_call(operand, &types, node, out);
            }
            let operand = self.single_value(operand, call);
            if operand.is_invalid() && results.len() != 1 {
                return;
            }
            return self.return_values(vec![operand], node, out);
        }
        if let ([value], true) = (values, results.len() != 1) {
            let operand = self.expr(value);
            if !operand.is_invalid() {
                self.return_values(vec![operand], node, out);
            }
            return;
        }
        if values.len() != results.len() && !self.are_valid(values) {
            return;
        }
        let operands: Vec<Operand> =
            self.with_hoisting(values, out, |cx| values.iter().map(|value| cx.expr(value)).collect());
        self.return_values(operands, node, out);
    }

    /// Reports named results that another name hides at a `return` without values.
    fn check_results_in_scope(&mut self, node: NodeId) {
        if self.loop_body.is_some() {
            return;
        }
        for result in self.named_results.clone() {
            let name = self.locals.get(result.0 as usize).map(|local| local.name.clone()).unwrap_or_default();
            let hidden = match self.local_entity(&name) {
                Some(entity) => match entity.kind {
                    EntityKind::Local(local) if local == result && entity.depth == self.depth() => None,
                    _ => Some(entity.node),
                },
                None => self.own_type_parameter(&name),
            };
            if let Some(other) = hidden {
                let (other, place) = (self.place(other), self.place(node));
                self.ck.another_error(place, Why::ResultShadowed { name, other });
            }
        }
    }

    fn return_values(&mut self, operands: Vec<Operand>, node: NodeId, out: &mut Vec<Stmt>) {
        let results = self.returned_types();
        if operands.len() != results.len() {
            let too_many = operands.len() > results.len();
            let have: Vec<_> = operands.iter().map(|operand| operand.ty).collect();
            let want = self.want(&results, false);
            let at = if too_many { operands.get(results.len()) } else { operands.last() };
            let at = at.map_or(node, |at| at.node);
            let why = Why::ReturnCount { have: self.have(&have), want, too_many };
            return self.ck.another_error(self.place(at), why);
        }
        let values = operands
            .into_iter()
            .zip(&results)
            .map(|(operand, target)| self.assign(operand, *target, "return statement"))
            .collect();
        self.push_return(values, node, out);
    }

    /// Reads of the named results.
    fn result_values(&self, node: NodeId) -> Vec<hir::Expr> {
        self.named_results.iter().map(|local| self.local_expr(*local, node)).collect()
    }

    /// `return values`; where deferred calls may see or change named results, these get their values first.
    fn push_return(&mut self, values: Vec<hir::Expr>, node: NodeId, out: &mut Vec<Stmt>) {
        if self.loop_body.is_some() {
            return self.return_from_loop(values, node, out);
        }
        if !self.has_defer || self.named_results.is_empty() {
            return out.push(Stmt { node, kind: StmtKind::Return(values) });
        }
        let targets = self.result_values(node).into_iter().map(Some).collect();
        out.push(Stmt { node, kind: StmtKind::Assign { targets, values } });
        let values = self.result_values(node);
        out.push(Stmt { node, kind: StmtKind::Return(values) });
    }

    /// `return f()` of a function with several results.
    fn return_call(&mut self, operand: Operand, types: &[crate::ty::Ty], node: NodeId, out: &mut Vec<Stmt>) {
        let results = self.returned_types();
        if types.len() != results.len() {
            let want = self.want(&results, false);
            let too_many = types.len() > results.len();
            let why = Why::ReturnCount { have: self.have(types), want, too_many };
            // The call may have a wrong number of arguments as well.
            return self.ck.another_error(self.place(operand.node), why);
        }
        let same = types.iter().zip(&results).all(|(from, to)| self.ck.types.identical(*from, *to));
        let deferred = (self.has_defer && !self.named_results.is_empty()) || self.loop_body.is_some();
        if same && !deferred && matches!(operand.hir.kind, ExprKind::Call { .. }) {
            return out.push(Stmt { node, kind: StmtKind::ReturnCall(operand.hir) });
        }
        let call_node = operand.node;
        let text = operand.text.clone();
        let locals = self.call_results(operand, types, out);
        let mut values = Vec::with_capacity(locals.len());
        for ((local, from), to) in locals.into_iter().zip(types).zip(&results) {
            let hir = self.local_expr(local, call_node);
            let part = Operand {
                mode: Mode::Value,
                ty: *from,
                text: text.clone(),
                node: call_node,
                hir,
                instance: Vec::new(),
            };
            values.push(self.assign_part(part, *to, "return statement"));
        }
        self.push_return(values, node, out);
    }
}
