//! The other files of a package, for a file that needs them.
//!
//! A file is looked at alone first, as `go run FILE` does: directories of small programs, each a file with a `main` of
//! its own, are common. Only where it uses what it doesn't declare are the other files of its package taken in.

use std::collections::HashSet;
use std::sync::Arc;

use gobpf_diagnostics::Diagnostic;
use gobpf_source::{DeclId, FileId, SourceText};
use gobpf_syntax::ast::{DeclKind, File};
use gobpf_syntax::{SyntaxTree, ast};
use gobpf_types::{Checked, Why};
use smol_str::SmolStr;

use crate::options::Options;
use crate::unread::unread;

/// The ids of siblings count up from here, so that they never meet those of files that somebody opened.
const FIRST_ID: u32 = 1 << 31;

/// Files of the same package.
#[derive(Default)]
pub(crate) struct Siblings {
    /// The files.
    pub(crate) files: Vec<Arc<File>>,
    /// Their declarations that have a syntax error.
    pub(crate) unread: HashSet<DeclId>,
    /// The first syntax error.
    pub(crate) problem: Option<Diagnostic>,
}

/// Whether an error may come from looking at one file alone.
pub(crate) fn are_missed(checked: &Checked) -> bool {
    checked.errors.iter().any(|error| matches!(*error.why, Why::Undefined { .. } | Why::NoMember { .. }))
}

impl Siblings {
    /// The files that make up a package together with `file`.
    pub(crate) fn of(file: &File, options: &Options) -> Siblings {
        let mut siblings = Siblings::default();
        let mut declared = names(file);
        for (text, id) in (options.siblings)().iter().zip(FIRST_ID..) {
            let tree = SyntaxTree::parse(FileId(id), &SourceText::new(text));
            let other = tree.file();
            let names = names(other);
            // A file that declares the same is another program, or an older state of this one.
            let belongs = other.package_name() == file.package_name()
                && !other.generated
                && other.build_constraint.as_ref().is_none_or(|constraint| constraint != "ignore")
                && names.is_disjoint(&declared);
            if belongs {
                declared.extend(names);
                siblings.problem = siblings.problem.or_else(|| tree.diagnostics().first().cloned());
                siblings.unread.extend(unread(other, tree.diagnostics()));
                siblings.files.push(Arc::clone(other));
            }
        }
        siblings
    }
}

/// The names that `file` declares for its package.
fn names(file: &File) -> HashSet<SmolStr> {
    let idents = |decl: &ast::Decl| -> Vec<SmolStr> {
        match &decl.kind {
            DeclKind::Const(specs) => {
                specs.iter().flat_map(|spec| &spec.names).map(|it| it.name.clone()).collect()
            }
            DeclKind::Var(specs) => {
                specs.iter().flat_map(|spec| &spec.names).map(|it| it.name.clone()).collect()
            }
            DeclKind::Type(specs) => specs.iter().map(|spec| spec.name.name.clone()).collect(),
            DeclKind::Func(func) if func.receiver.is_none() => vec![func.name.name.clone()],
            DeclKind::Package(_) | DeclKind::Import(_) | DeclKind::Func(_) | DeclKind::Bad(_) => Vec::new(),
        }
    };
    let all = file.decls.iter().flat_map(|placed| idents(&placed.decl));
    all.filter(|name| name != "_" && name != "init").collect()
}
