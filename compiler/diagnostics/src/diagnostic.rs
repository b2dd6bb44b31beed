//! The one value behind every rendering of a problem.

use gobpf_source::{FileId, Span, TextEdit};

use crate::codes::Code;

/// How bad a diagnostic is, worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The program can't be built, or the kernel will reject it.
    Error,
    /// It can be built, but something is likely not meant so.
    Warning,
    /// Worth knowing.
    Information,
    /// A quiet remark.
    Hint,
}

impl Severity {
    /// The word for it: `error`, `warning`, `info` or `hint`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "info",
            Severity::Hint => "hint",
        }
    }
}

/// A problem at a place, with everything that a renderer may show.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Which kind of problem.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// Where.
    pub primary: Span,
    /// Other places that explain it, in the order of the story (for a verifier error, the causal path).
    pub labels: Vec<Label>,
    /// What to do or to know, each a sentence.
    pub help: Vec<String>,
    /// Edits that mend it.
    pub fixes: Vec<Fix>,
    /// What the kernel says to it, to the letter.
    pub kernel_text: Option<KernelText>,
}

/// The kernel's own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelText {
    /// The verifier whose words these are, such as `6.1`.
    pub dialect: String,
    /// The instruction (slot index) that it stops at.
    pub insn: u32,
    /// The message, which may have several lines.
    pub text: String,
}

/// A remark at another place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there.
    pub message: String,
}

/// A mending of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does, as a menu entry.
    pub title: String,
    /// The file and its edits, which do not overlap, in bytes of the text that the diagnostic speaks of.
    pub edits: Vec<TextEdit>,
}

impl Diagnostic {
    /// An error of `code` at `primary`.
    pub fn error(code: Code, primary: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, primary, message)
    }

    /// A warning of `code` at `primary`.
    pub fn warning(code: Code, primary: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, primary, message)
    }

    /// A diagnostic without labels, help or fixes.
    pub fn new(severity: Severity, code: Code, primary: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary,
            labels: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            kernel_text: None,
        }
    }

    /// The same with one more label.
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Gives the files that it speaks of the ids that `id_of` says.
    pub fn map_files(&mut self, mut id_of: impl FnMut(FileId) -> FileId) {
        self.primary.file = id_of(self.primary.file);
        for label in &mut self.labels {
            label.span.file = id_of(label.span.file);
        }
    }

    /// The same with one more sentence of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}
