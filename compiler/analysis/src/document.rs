//! A document and its versions.

use std::sync::{Arc, OnceLock};

use gobpf_diagnostics::Diagnostic;
use gobpf_source::{FileId, SourceText, TextEdit};
use gobpf_syntax::{SyntaxTree, Work, ast};
use gobpf_types::Import;

use crate::analysis::Analysis;
use crate::binary::Binary;
use crate::cache::Caches;
use crate::cancel::{Cancel, Cancelled};
use crate::options::Options;
use crate::others::Parsed;

/// What a document is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Go.
    Go,
    /// Instructions as the kernel prints them.
    Bpf,
    /// An ELF object; its text is a listing of its instructions.
    Elf,
}

impl Language {
    /// By the name of the file: `.bpf` holds instructions, everything else is Go.
    pub fn of(name: &str) -> Language {
        if name.ends_with(".bpf") { Language::Bpf } else { Language::Go }
    }

    /// The syntax tree; what isn't Go has an empty one.
    fn parse(self, file: FileId, text: &SourceText) -> SyntaxTree {
        match self {
            Language::Go => SyntaxTree::parse(file, text),
            Language::Bpf | Language::Elf => SyntaxTree::parse(file, &SourceText::default()),
        }
    }
}

/// An open file: its text and its live syntax tree. Owned by one thread.
pub struct Document {
    file: FileId,
    name: Arc<str>,
    text: SourceText,
    tree: SyntaxTree,
    version: Option<i32>,
    options: Arc<Options>,
    current: Snapshot,
}

/// One version of a document. Immutable and cheap to clone; its analysis is done once, on demand.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    name: Arc<str>,
    version: Option<i32>,
    text: SourceText,
    ast: Arc<ast::File>,
    syntax: Vec<Diagnostic>,
    options: Arc<Options>,
    caches: Caches,
    parsed: Parsed,
    binary: Option<Binary>,
    analysis: OnceLock<Arc<Analysis>>,
}

impl Document {
    /// Opens a file. `name` is what diagnostics and generated code call it; `version` is the client's.
    pub fn open(
        file: FileId,
        name: &str,
        text: &str,
        version: Option<i32>,
        options: Arc<Options>,
    ) -> Document {
        let text = SourceText::new(text);
        let tree = Language::of(name).parse(file, &text);
        let name: Arc<str> = name.into();
        let current = Snapshot::of(&name, &text, &tree, version, &options, None);
        Document { file, name, text, tree, version, options, current }
    }

    /// Applies edits one after the other, each in bytes of the text that the one before left.
    pub fn edit(&mut self, edits: &[TextEdit], version: Option<i32>) {
        let applied: Vec<_> = edits.iter().map(|edit| self.text.apply(edit)).collect();
        if Language::of(&self.name) == Language::Go {
            self.tree.edit(&self.text, &applied);
        }
        self.version = version;
        self.publish();
    }

    /// Replaces the whole text.
    pub fn replace(&mut self, text: &str, version: Option<i32>) {
        self.text = SourceText::new(text);
        self.tree = Language::of(&self.name).parse(self.file, &self.text);
        self.version = version;
        self.publish();
    }

    /// Takes other settings.
    pub fn set_options(&mut self, options: Arc<Options>) {
        self.options = options;
        self.publish();
    }

    /// The text as it is now.
    pub fn text(&self) -> &SourceText {
        &self.text
    }

    /// What the last parse did.
    pub fn work(&self) -> Work {
        self.tree.work()
    }

    /// The document as it is now.
    pub fn snapshot(&self) -> Snapshot {
        self.current.clone()
    }

    fn publish(&mut self) {
        let before = Some(&*self.current.inner);
        self.current = Snapshot::of(&self.name, &self.text, &self.tree, self.version, &self.options, before);
    }
}

impl Snapshot {
    fn of(
        name: &Arc<str>,
        text: &SourceText,
        tree: &SyntaxTree,
        version: Option<i32>,
        options: &Arc<Options>,
        before: Option<&Inner>,
    ) -> Snapshot {
        Snapshot {
            inner: Arc::new(Inner {
                name: Arc::clone(name),
                version,
                text: text.clone(),
                ast: Arc::clone(tree.file()),
                syntax: tree.diagnostics().to_vec(),
                options: Arc::clone(options),
                caches: before.map(|before| before.caches.clone()).unwrap_or_default(),
                parsed: before.map(|before| before.parsed.clone()).unwrap_or_default(),
                binary: None,
                analysis: OnceLock::new(),
            }),
        }
    }

    /// The name that the document was opened with.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The ELF object `bytes`, which never changes.
    pub fn of_object(file: FileId, name: &str, bytes: &[u8], options: Arc<Options>) -> Snapshot {
        let (binary, listing) = Binary::read(file, bytes, &options);
        let text = SourceText::new(&listing);
        let tree = Language::Elf.parse(file, &text);
        Snapshot {
            inner: Arc::new(Inner {
                name: name.into(),
                version: None,
                text,
                ast: Arc::clone(tree.file()),
                syntax: Vec::new(),
                options,
                caches: Caches::default(),
                parsed: Parsed::default(),
                binary: Some(binary),
                analysis: OnceLock::new(),
            }),
        }
    }

    /// What it is written in.
    pub fn language(&self) -> Language {
        if self.inner.binary.is_some() { Language::Elf } else { Language::of(self.name()) }
    }

    /// The object, where it is one.
    pub(crate) fn binary(&self) -> Option<&Binary> {
        self.inner.binary.as_ref()
    }

    /// The client's version number.
    pub fn version(&self) -> Option<i32> {
        self.inner.version
    }

    /// The text.
    pub fn text(&self) -> &SourceText {
        &self.inner.text
    }

    /// The AST.
    pub fn ast(&self) -> &Arc<ast::File> {
        &self.inner.ast
    }

    /// Errors of syntax and of directives' spelling; known at once.
    pub fn syntax_diagnostics(&self) -> &[Diagnostic] {
        &self.inner.syntax
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// What earlier versions have computed.
    pub(crate) fn caches(&self) -> &Caches {
        &self.inner.caches
    }

    /// The other files that earlier versions have parsed.
    pub(crate) fn parsed(&self) -> &Parsed {
        &self.inner.parsed
    }

    /// The first import of a package that is not there.
    pub fn missing_import(&self) -> Option<&str> {
        let imports = self.ast().decls.iter().filter_map(|placed| match &placed.decl.kind {
            ast::DeclKind::Import(specs) => Some(specs),
            _ => None,
        });
        let mut paths = imports.flatten().map(|spec| spec.path.as_str());
        paths.find(|path| (self.options().imports)(path) == Import::Missing)
    }

    /// Everything that is known of this version. Computed by the first caller, which may take long: call it where
    /// blocking is allowed.
    ///
    /// # Errors
    ///
    /// [`Cancelled`] when the flag is raised before the work is done; nothing is kept then.
    pub fn analyse(&self, cancel: &Cancel) -> Result<Arc<Analysis>, Cancelled> {
        if let Some(known) = self.inner.analysis.get() {
            return Ok(Arc::clone(known));
        }
        let analysis = Arc::new(Analysis::of(self, cancel)?);
        Ok(Arc::clone(self.inner.analysis.get_or_init(|| analysis)))
    }

    /// The analysis, if somebody has already asked for it.
    pub fn analysis(&self) -> Option<Arc<Analysis>> {
        self.inner.analysis.get().cloned()
    }
}
