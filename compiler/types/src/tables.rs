//! Package variables that hold strings, or are slices. The kernel's data can't hold pointers; but where no kernel code changes
//! such a variable, its first value is known, and stands where the variable is read.
//!
//! A slice of plain elements is one of an array in the kernel's data. All others are values at each use: strings, arrays and
//! structs with strings, and slices of such, which are only indexed, ranged over and measured.

use gobpf_source::NodeId;
use gobpf_syntax::ast;

use crate::checker::{Checker, Resolved};
use crate::context::{Cx, Mode, Operand};
use crate::error::NotInKernel;
use crate::hir::{self, ExprKind, Stmt, StmtKind};
use crate::symbols::{SymbolId, SymbolKind};
use crate::ty::{Kind, Ty};
use crate::visit;

/// The value of the variable `id` where it is read: constant, and of an array where the variable is a slice of what the
/// literal lists. `None` where it is not known, or kernel data can hold it.
fn first_value(ck: &mut Checker<'_>, id: SymbolId) -> Option<hir::Expr> {
    if let Some(known) = ck.tables.get(&id) {
        return known.clone();
    }
    ck.tables.insert(id, None);
    let symbol = ck.index.symbol(id)?.clone();
    let SymbolKind::Var { spec, index } = symbol.kind else { return None };
    let Resolved::Var(ty) = ck.resolve(id) else { return None };
    let value = spec.value_of(index)?;
    // Errors in the value are said where it is looked at as that of a variable.
    let errors = ck.errors.len();
    ck.initialising.push(id);
    let value = ck.in_declaration(|ck| {
        let mut cx = Cx::of_symbol(ck, &symbol);
        let operand = cx.expr(value);
        if operand.is_invalid() {
            return None;
        }
        Some(listed(cx.assign(operand, ty, "variable declaration")))
    });
    ck.initialising.pop();
    let is_good = ck.errors.len() == errors;
    ck.keep_go_errors(errors);
    let value = value.filter(|value| is_good && is_constant(value));
    ck.tables.insert(id, value.clone());
    value
}

/// The array that a slice literal lists, other values as they are.
pub(crate) fn listed(value: hir::Expr) -> hir::Expr {
    match value.kind {
        ExprKind::Sequence { mut stmts, value: slice } => match (stmts.pop(), &slice.kind) {
            (
                Some(Stmt { kind: StmtKind::Declare { local, init: Some(array) }, .. }),
                ExprKind::Slice { base, low: None, high: None, max: None },
            ) if stmts.is_empty()
                && matches!(base.kind, ExprKind::Local(of) if of == local)
                && matches!(array.kind, ExprKind::Array(_)) =>
            {
                array
            }
            (last, _) => {
                stmts.extend(last);
                hir::Expr { kind: ExprKind::Sequence { stmts, value: slice }, ..value }
            }
        },
        kind => hir::Expr { kind, ..value },
    }
}

fn is_constant(value: &hir::Expr) -> bool {
    match &value.kind {
        ExprKind::Const(_) | ExprKind::Zero => true,
        ExprKind::Convert(inner) => is_constant(inner),
        ExprKind::Struct(values) => values.iter().all(is_constant),
        ExprKind::Array(values) => values.iter().all(|(_, value)| is_constant(value)),
        _ => false,
    }
}

/// All of a value at one place.
fn place_at(value: &mut hir::Expr, node: NodeId) {
    value.node = node;
    visit::parts(value, &mut |part| place_at(part, node));
}

impl<'a> Cx<'_, 'a> {
    /// The package variable `id` of type `ty` by its first value; `None` where it isn't to be read so.
    pub fn by_first_value(&mut self, id: SymbolId, ty: Ty, expr: &'a ast::Expr) -> Option<Operand> {
        let element = match *self.ck.types.under(ty) {
            Kind::Slice(element) if !self.holds_pointer(element, 0) => return None,
            Kind::Slice(element) if self.read_only == Some(expr.id) => Some(element),
            Kind::Slice(_) | Kind::Pointer(_) => return None,
            _ if self.holds_pointer(ty, 0) => None,
            _ => return None,
        };
        let mut value = first_value(self.ck, id)?;
        place_at(&mut value, expr.id);
        let Some(element) = element else { return Some(self.operand(expr, Mode::Variable, ty, value.kind)) };
        let length = match self.ck.hir.get(value.ty) {
            hir::Type::Array { length, .. } => *length,
            _ => return None,
        };
        let array = self.ck.types.intern(Kind::Array(element, length));
        let slice = self.slice_of_new(array, Some(value), None, ty, expr);
        if let ExprKind::Sequence { stmts, .. } = &slice.hir.kind
            && let [Stmt { kind: StmtKind::Declare { local, .. }, .. }] = stmts.as_slice()
        {
            self.tables.push(*local);
        }
        Some(Operand { mode: Mode::Variable, ..slice })
    }

    /// Reports that a variable would change which is read by its first value.
    pub fn keep_table(&mut self, place: &hir::Expr) {
        if let Some(node) = self.table_of(place, true) {
            self.unsupported(node, NotInKernel::TableChanges);
        }
    }

    /// Where the variable is read that `place` is a part of, if it is read by its first value. `whole` says that the slice itself
    /// changes, not an element of it.
    fn table_of(&self, place: &hir::Expr, whole: bool) -> Option<NodeId> {
        match &place.kind {
            ExprKind::Field { base, .. } => self.table_of(base, whole),
            ExprKind::Index { base, .. } => {
                let is_slice = matches!(self.ck.hir.get(base.ty), hir::Type::Slice { .. });
                self.table_of(base, whole && !is_slice)
            }
            ExprKind::Slice { base, .. } if matches!(base.kind, ExprKind::Global(_)) => {
                whole.then_some(place.node)
            }
            ExprKind::Sequence { stmts, .. } => match stmts.as_slice() {
                [Stmt { kind: StmtKind::Declare { local, .. }, .. }] if self.tables.contains(local) => {
                    Some(place.node)
                }
                _ => None,
            },
            ExprKind::Array(_) | ExprKind::Struct(_) | ExprKind::Const(_) => Some(place.node),
            _ => None,
        }
    }
}
