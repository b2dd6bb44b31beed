//! The last look: an HIR that is handed on without errors has no hole.

use crate::error::{NotInKernel, TypeError, Why};
use crate::hir::{Package, Stmt, Type};
use crate::visit;
use gobpf_source::{NodeId, Place};

/// Reports what has no type although nothing was reported: a construct that the checker let through by mistake must
/// not become a program.
pub(crate) fn require(package: &mut Package, errors: &mut Vec<TypeError>) {
    if !errors.is_empty() {
        return;
    }
    let mut functions = std::mem::take(&mut package.functions);
    for function in &mut functions {
        let mut hole = None;
        find(&mut function.body, package, &mut hole);
        if let Some(node) = hole {
            let place = Place { decl: function.decl, node };
            let why = Why::NotInKernel(NotInKernel::Builtin("this expression"));
            errors.push(TypeError::new(place, why));
        }
    }
    package.functions = functions;
}

fn find(block: &mut [Stmt], package: &Package, hole: &mut Option<NodeId>) {
    visit::exprs(block, &mut |expr| {
        if *package.types.get(expr.ty) == Type::Unknown {
            hole.get_or_insert(expr.node);
        }
    });
}
