//! Which declarations of a file could not be read.

use std::collections::HashSet;

use gobpf_diagnostics::Diagnostic;
use gobpf_source::DeclId;
use gobpf_syntax::ast;

/// The declarations that have a syntax error.
pub(crate) fn unread(file: &ast::File, syntax: &[Diagnostic]) -> HashSet<DeclId> {
    if syntax.is_empty() {
        return HashSet::new();
    }
    let end = |index: usize| file.decls.get(index + 1).map(|next| next.start);
    let decls = file.iter().zip(&file.decls).enumerate();
    let unread = decls.filter(|(index, ((_, decl), placed))| {
        // Up to the next declaration: an error may stand right behind what it belongs to.
        let holds = |one: &Diagnostic| {
            let at = one.primary.range.start();
            placed.start <= at && end(*index).is_none_or(|end| at < end)
        };
        matches!(decl.kind, ast::DeclKind::Bad(_)) || syntax.iter().any(holds)
    });
    unread.map(|(_, ((id, _), _))| id).collect()
}
