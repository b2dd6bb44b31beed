//! Slice expressions, and strings that share their bytes.

use gobpf_source::NodeId;
use gobpf_syntax::ast;

use crate::constant::Value;
use crate::context::{Cx, Mode, Operand};
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Basic, Kind, Ty};

impl<'a> Cx<'_, 'a> {
    pub fn slice(
        &mut self,
        operand: &'a ast::Expr,
        bounds: [Option<&'a ast::Expr>; 3],
        expr: &'a ast::Expr,
    ) -> Operand {
        let base = self.expr(operand);
        if base.is_invalid() {
            bounds.into_iter().flatten().for_each(|bound| self.use_all(std::slice::from_ref(bound)));
            return self.invalid(expr);
        }
        let base = self.follow_array_pointer(base);
        let (element, length) = match self.ck.types.under(base.ty).clone() {
            Kind::Array(element, length) => (element, Some(length)),
            Kind::Slice(element) => (element, None),
            Kind::Basic(Basic::String | Basic::UntypedString) => {
                return self.slice_string(base, bounds, expr);
            }
            _ => {
                let operand = self.describe(&base) + &self.no_core_reason(base.ty);
                self.error(expr.id, Why::CannotSlice { operand });
                return self.invalid(expr);
            }
        };
        if length.is_some() {
            if !matches!(base.mode, Mode::Variable) {
                let operand = self.describe(&base);
                self.error(expr.id, Why::Unaddressable { operand });
                return self.invalid(expr);
            }
            self.take_address(&base.hir);
        }
        let limit = length.map(|length| length + 1);
        let ty = match length {
            Some(_) => self.ck.types.intern(Kind::Slice(element)),
            None => base.ty,
        };
        let Some([low, high, max]) = self.slice_bounds(bounds, limit) else {
            return self.operand(expr, Mode::Value, ty, ExprKind::Zero);
        };
        if self.is_refused(&base.hir) {
            return self.refused(NotInKernel::StoredPointer, ty, &[&base.hir], expr);
        }
        let kind = ExprKind::Slice { base: Box::new(base.hir), low, high, max };
        self.operand(expr, Mode::Value, ty, kind)
    }

    /// Why a type parameter has no structure of its own, for messages.
    pub fn no_core_reason(&self, ty: Ty) -> String {
        let types = &self.ck.types;
        let Some(param) = types.param_of(ty) else { return String::new() };
        match param.terms.as_deref() {
            Some([first, second, ..]) => {
                let (first, second) = (types.display(first.ty), types.display(second.ty));
                format!(": {first} and {second} have different underlying types")
            }
            Some([_]) => String::new(),
            _ => format!(": no specific type in {}", types.display(ty)),
        }
    }

    /// The bounds of a slice expression; constant ones in order, and below `limit`.
    fn slice_bounds(
        &mut self,
        bounds: [Option<&'a ast::Expr>; 3],
        limit: Option<u64>,
    ) -> Option<[Option<Box<hir::Expr>>; 3]> {
        let mut lowered: [Option<Box<hir::Expr>>; 3] = [None, None, None];
        let mut known: Vec<(i128, NodeId)> = Vec::new();
        let mut failed = false;
        for (slot, bound) in lowered.iter_mut().zip(bounds) {
            let Some(bound) = bound else { continue };
            match self.index_value(bound, limit) {
                Some(value) => {
                    if let ExprKind::Const(hir::Constant::Int(constant)) = value.kind {
                        known.push((constant, value.node));
                    }
                    *slot = Some(Box::new(value));
                }
                None => failed = true,
            }
        }
        if failed {
            return None;
        }
        for (index, (from, _)) in known.iter().enumerate() {
            if let Some((to, node)) = known.iter().skip(index + 1).find(|(to, _)| from > to) {
                self.error(*node, Why::SliceIndices { low: to.to_string(), high: from.to_string() });
                return None;
            }
        }
        Some(lowered)
    }

    fn slice_string(
        &mut self,
        base: Operand,
        bounds: [Option<&'a ast::Expr>; 3],
        expr: &'a ast::Expr,
    ) -> Operand {
        if bounds[2].is_some() {
            let node = bounds[2].map_or(expr.id, |bound| bound.id);
            self.error(node, Why::ThreeIndexString);
            return self.invalid(expr);
        }
        let limit = match base.constant() {
            Some(Value::Str(bytes)) => Some(bytes.len() as u64 + 1),
            _ => None,
        };
        let ty = match self.ck.types.is_untyped(base.ty) {
            true => self.basic(Basic::String),
            false => base.ty,
        };
        let Some([low, high, max]) = self.slice_bounds(bounds, limit) else {
            return self.operand(expr, Mode::Value, ty, ExprKind::Zero);
        };
        if base.constant().is_none() && self.is_refused(&base.hir) {
            return self.refused(NotInKernel::StringValue, ty, &[&base.hir], expr);
        }
        let base = Box::new(self.assign(base, ty, "slice expression"));
        self.operand(expr, Mode::Value, ty, ExprKind::Slice { base, low, high, max })
    }

    /// The string without a copy of its bytes, for a use that is over before anything can change them.
    pub fn shared(&self, string: hir::Expr) -> hir::Expr {
        match string.kind {
            ExprKind::CopyBytes { bytes, .. }
                if matches!(self.ck.hir.get(string.ty), hir::Type::String { .. }) =>
            {
                hir::Expr { node: string.node, ty: string.ty, kind: ExprKind::Convert(bytes) }
            }
            kind => hir::Expr { kind, ..string },
        }
    }
}
