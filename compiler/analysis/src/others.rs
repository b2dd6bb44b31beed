//! The files beside the document that its programs may reach: those of its own package, and of other packages.
//!
//! A file is looked at alone first, as `go run FILE` does: directories of small programs, each a file with a `main` of
//! its own, are common. Only where it uses what it doesn't declare are the other files of its package taken in.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use gobpf_diagnostics::Diagnostic;
use gobpf_source::{DeclId, FileId, SourceText};
use gobpf_syntax::ast::{DeclKind, File};
use gobpf_syntax::{SyntaxTree, ast};
use gobpf_types::{Checked, PackageFiles, Why};
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::constraint;
use crate::options::{Options, OtherSource};
use crate::unread::unread;

/// The ids of other files count up from here, so that they never meet those of files that somebody opened.
pub(crate) const FIRST_ID: u32 = 1 << 31;

/// A file that is not the document, parsed.
#[derive(Clone, Debug)]
pub struct OtherFile {
    /// What the caller calls it.
    pub name: Arc<str>,
    /// Its text.
    pub text: SourceText,
    /// Its AST; the id of the file is in it.
    pub ast: Arc<File>,
    /// Its syntax errors.
    pub(crate) syntax: Arc<[Diagnostic]>,
}

/// The other files of a document, parsed once for each text. Shared by the document's versions, so that a file keeps
/// its id while it stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parsed(Arc<Mutex<ByName>>);

/// The text and what it was parsed to, by the name of the file.
type ByName = FxHashMap<Arc<str>, (Arc<str>, OtherFile)>;

impl Parsed {
    fn get(&self, source: &OtherSource, next: &mut u32) -> OtherFile {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, file)) = known.get(&source.name)
            && *text == source.text
        {
            return file.clone();
        }
        // An id is never used again: what was computed for the text before must not be taken for this one's.
        let used = known.values().map(|(_, file)| file.ast.id.0 + 1).max().unwrap_or(FIRST_ID);
        *next = used.max(*next);
        let text = SourceText::new(&source.text);
        let tree = SyntaxTree::parse(FileId(*next), &text);
        *next += 1;
        let file = OtherFile {
            name: Arc::clone(&source.name),
            text,
            ast: Arc::clone(tree.file()),
            syntax: tree.diagnostics().into(),
        };
        known.insert(Arc::clone(&source.name), (Arc::clone(&source.text), file.clone()));
        file
    }
}

/// The other files that one analysis looks at.
pub(crate) struct Others<'o> {
    options: &'o Options,
    parsed: &'o Parsed,
    looked_at: Mutex<LookedAt>,
}

#[derive(Default)]
struct LookedAt {
    next: u32,
    files: Vec<OtherFile>,
    packages: FxHashMap<String, Option<PackageFiles>>,
}

impl<'o> Others<'o> {
    pub(crate) fn new(options: &'o Options, parsed: &'o Parsed) -> Self {
        Others { options, parsed, looked_at: Mutex::default() }
    }

    /// The files of the package with import path `path`, if the caller has it.
    pub(crate) fn package(&self, path: &str) -> Option<PackageFiles> {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = looked_at.packages.get(path) {
            return known.clone();
        }
        let files = (self.options.packages)(path).map(|sources| {
            let mut files: Vec<Arc<File>> = Vec::new();
            for source in sources.iter() {
                let file = self.parsed.get(source, &mut looked_at.next);
                let same_package =
                    files.first().is_none_or(|first| first.package_name() == file.ast.package_name());
                if same_package && constraint::admits(&file.name, file.ast.build_constraint.as_deref()) {
                    files.push(Arc::clone(&file.ast));
                    looked_at.files.push(file);
                }
            }
            files.into()
        });
        looked_at.packages.insert(path.to_owned(), files.clone());
        files
    }

    /// The files that make up a package together with `file`.
    pub(crate) fn siblings(&self, file: &File) -> Vec<Arc<File>> {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        let mut declared = names(file);
        let mut siblings = Vec::new();
        for source in (self.options.siblings)() {
            let other = self.parsed.get(&source, &mut looked_at.next);
            let names = names(&other.ast);
            // A file that declares the same is another program, or an older state of this one.
            let belongs = other.ast.package_name() == file.package_name()
                && !other.ast.generated
                && constraint::admits(&other.name, other.ast.build_constraint.as_deref())
                && names.is_disjoint(&declared);
            if belongs {
                declared.extend(names);
                siblings.push(Arc::clone(&other.ast));
                looked_at.files.push(other);
            }
        }
        siblings
    }

    /// All that were looked at, by id.
    pub(crate) fn into_files(self) -> Vec<OtherFile> {
        let mut files = self.looked_at.into_inner().unwrap_or_else(PoisonError::into_inner).files;
        files.sort_by_key(|file| file.ast.id);
        files
    }
}

/// Whether an error may come from looking at one file alone.
pub(crate) fn are_missed(checked: &Checked) -> bool {
    let misses =
        |why: &Why| matches!(why, Why::Undefined { .. } | Why::NoMember { .. } | Why::NoMethod { .. });
    checked.errors.iter().any(|error| misses(&error.why))
}

/// The declarations of `files` that have a syntax error.
pub(crate) fn unread_of(files: &[OtherFile]) -> HashSet<DeclId> {
    files.iter().flat_map(|file| unread(&file.ast, &file.syntax)).collect()
}

/// The syntax errors of `files`, each with the declaration that can't be read for it.
pub(crate) fn problems(files: &[OtherFile]) -> impl Iterator<Item = (DeclId, Diagnostic)> {
    files.iter().flat_map(|file| {
        file.syntax.iter().flat_map(|one| {
            unread(&file.ast, std::slice::from_ref(one)).into_iter().map(|decl| (decl, one.clone()))
        })
    })
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
