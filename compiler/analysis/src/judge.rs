//! From verdicts to diagnostics: the verifier model speaks of instructions, people read lines.

use gobpf_bpf::{KernelVersion, Object, Program};
use gobpf_diagnostics::{Code, Diagnostic, KernelText, Severity, codes};
use gobpf_source::Span;
use gobpf_syntax::ast;
use gobpf_verifier::{Category, Dialect, Rejection, Request, Unknown, Verdict};

use crate::cache::{self, Caches};
use crate::cancel::Cancel;
use crate::options::KernelTypes;

/// The dialect that is followed for `target`: the newest that is not newer, or the oldest.
pub(crate) fn dialect_of(target: KernelVersion) -> Dialect {
    if target >= KernelVersion::new(6, 18) {
        Dialect::V6_18
    } else if target >= KernelVersion::new(6, 12) {
        Dialect::V6_12
    } else {
        Dialect::V6_1
    }
}

/// What `dialect` says to program number `program`.
pub(crate) fn verdict(
    object: &Object,
    program: usize,
    dialect: Dialect,
    types: &KernelTypes,
    cancel: &Cancel,
) -> Verdict {
    let cancelled = || cancel.is_cancelled();
    gobpf_verifier::verify(Request {
        object,
        program,
        dialect,
        kernel: &*types.get,
        symbols: &*types.symbols,
        processors: types.processors,
        cancelled: &cancelled,
        states: None,
    })
}

/// The target's dialect on the programs of one object, with the verdicts on earlier versions of them.
pub(crate) struct Judge<'a> {
    pub(crate) object: &'a Object,
    pub(crate) dialect: Dialect,
    caches: &'a Caches,
    types: &'a KernelTypes,
    environment: u64,
}

impl<'a> Judge<'a> {
    pub(crate) fn of(object: &'a Object, caches: &'a Caches, types: &'a KernelTypes) -> Self {
        let dialect = dialect_of(object.target);
        let environment = cache::environment(object, dialect, types.id);
        Judge { object, dialect, caches, types, environment }
    }

    /// The verdict on program number `program`.
    pub(crate) fn verdict(&self, program: usize, cancel: &Cancel) -> Verdict {
        let key = cache::verdict_key(self.environment, self.object, program);
        if let Some(known) = self.caches.get().and_then(|kept| kept.verdict(key)) {
            return known;
        }
        let verdict = verdict(self.object, program, self.dialect, self.types, cancel);
        if verdict != Verdict::Unknown(Unknown::Cancelled)
            && let Some(mut kept) = self.caches.get()
        {
            kept.keep(key, &verdict);
        }
        verdict
    }
}

/// The code of each family of rejections.
fn code(category: Category) -> Code {
    match category {
        Category::Nullable => codes::GB0401,
        Category::Uninitialised => codes::GB0402,
        Category::WrongType => codes::GB0403,
        Category::Bounds => codes::GB0404,
        Category::Packet => codes::GB0405,
        Category::Context => codes::GB0406,
        Category::Stack => codes::GB0407,
        Category::Helper => codes::GB0408,
        Category::PointerArithmetic => codes::GB0409,
        Category::Encoding => codes::GB0411,
        Category::ControlFlow => codes::GB0412,
        Category::Limit => codes::GB0413,
    }
}

/// Where the instructions of a program stand: `of` gives the place of a slot, `whole` that of the program's name.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) of: &'a dyn Fn(u32) -> Option<Span>,
    pub(crate) whole: Span,
}

/// The diagnostic for a verdict, if it is not good.
pub(crate) fn diagnostic(
    places: Places<'_>,
    program: &Program,
    dialect: Dialect,
    verdict: &Verdict,
) -> Option<Diagnostic> {
    let whole = places.whole;
    match verdict {
        Verdict::Accepted(_) => None,
        Verdict::Rejected(rejection) => Some(rejected(places, dialect, rejection)),
        Verdict::Refused { errno, why } => Some(Diagnostic::error(
            codes::GB0413,
            whole,
            format!("kernel {dialect} refuses to load `{}` ({errno}): {why}", program.name),
        )),
        Verdict::Unknown(Unknown::Cancelled) => None,
        Verdict::Unknown(unknown) => Some(no_verdict(program, whole, unknown)),
    }
}

fn no_verdict(program: &Program, whole: Span, why: &Unknown) -> Diagnostic {
    let message = format!("what the kernel says to `{}` can't be predicted: {why}", program.name);
    let diagnostic = Diagnostic::new(Severity::Warning, codes::GB0420, whole, message);
    match why {
        Unknown::KernelTypes => diagnostic.help(
            "give a copy of the kernel's /sys/kernel/btf/vmlinux: --btf FILE, or `btf = \"FILE\"` in gobpf.toml",
        ),
        _ => diagnostic,
    }
}

fn rejected(places: Places<'_>, dialect: Dialect, rejection: &Rejection) -> Diagnostic {
    let span = |insn| (places.of)(insn).unwrap_or(places.whole);
    let primary = span(rejection.insn);
    let mut diagnostic = Diagnostic::error(code(rejection.category), primary, rejection.reason.clone());
    for step in &rejection.path {
        let span = span(step.insn);
        let known = diagnostic.labels.iter().any(|label| label.span == span && label.message == step.text);
        if !known {
            diagnostic = diagnostic.label(span, step.text.clone());
        }
    }
    if !rejection.suggestion.is_empty() {
        diagnostic = diagnostic.help(rejection.suggestion.clone());
    }
    diagnostic.kernel_text = Some(KernelText {
        dialect: dialect.to_string(),
        insn: rejection.insn,
        text: rejection.message.clone(),
    });
    diagnostic
}

/// The place of each slot of a program that was compiled from `file`.
pub(crate) fn spans<'a>(file: &'a ast::File, program: &'a Program) -> impl Fn(u32) -> Option<Span> + 'a {
    move |insn| {
        let origin = program.code.origins.get(insn as usize)?;
        let here = origin.place.decl.file == file.id;
        here.then(|| file.span(origin.place)).filter(|span| !span.range.is_empty())
    }
}
