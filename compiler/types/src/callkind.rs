//! What a call is: a conversion, a value, or something that happens.

use gobpf_syntax::ast;

use crate::context::{Cx, EntityKind};
use crate::stmt::strip_parens;
use crate::symbols::SymbolKind;
use crate::typexpr::Meaning;

/// What may be done with a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CallKind {
    Conversion,
    /// It is there for its value.
    Expression,
    Statement,
}

impl<'a> Cx<'_, 'a> {
    /// What sort of call `expr` is.
    pub fn call_kind(&mut self, expr: &'a ast::Expr) -> CallKind {
        let ast::ExprKind::Call { function, .. } = &strip_parens(expr).kind else {
            return CallKind::Expression;
        };
        let of_symbol = |cx: &Self, id: Option<crate::symbols::SymbolId>| {
            let symbol = id.and_then(|id| cx.ck.index.symbol(id));
            match symbol.is_some_and(|symbol| matches!(symbol.kind, SymbolKind::Type(_))) {
                true => CallKind::Conversion,
                false => CallKind::Statement,
            }
        };
        match &strip_parens(function).kind {
            ast::ExprKind::Ident(name) => match self.meaning(name) {
                Some(Meaning::Type(_) | Meaning::TypeArgument(_)) => CallKind::Conversion,
                Some(Meaning::Local(entity)) if matches!(entity.kind, EntityKind::Type(_)) => {
                    CallKind::Conversion
                }
                Some(Meaning::Symbol(id)) => of_symbol(self, Some(id)),
                Some(Meaning::Builtin(builtin)) if !builtin.is_statement() => CallKind::Expression,
                _ => CallKind::Statement,
            },
            ast::ExprKind::Selector { operand, name } => {
                let id = self.generic_symbol(strip_parens(function));
                let of_unsafe = matches!(&operand.kind, ast::ExprKind::Ident(package)
                    if matches!(self.meaning(package), Some(Meaning::Package { path, .. }) if path == "unsafe"));
                match of_unsafe {
                    true if name.name == "Pointer" => CallKind::Conversion,
                    true => CallKind::Expression,
                    false => of_symbol(self, id),
                }
            }
            ast::ExprKind::Index { operand, .. } => {
                let id = self.generic_symbol(operand);
                of_symbol(self, id)
            }
            ast::ExprKind::ArrayType { .. }
            | ast::ExprKind::SliceType(_)
            | ast::ExprKind::StructType(_)
            | ast::ExprKind::MapType { .. }
            | ast::ExprKind::ChanType { .. }
            | ast::ExprKind::InterfaceType(_)
            | ast::ExprKind::FuncType(_)
            | ast::ExprKind::Star(_) => CallKind::Conversion,
            _ => CallKind::Statement,
        }
    }
}
