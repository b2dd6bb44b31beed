//! All that is known of one version of a document: the whole way, from types to verdicts.

use std::sync::Arc;

use gobpf_bpf::Object;
use gobpf_diagnostics::{Diagnostic, Severity};
use gobpf_source::{Place, Span, TextRange};
use gobpf_syntax::ast;
use gobpf_types::{Checked, Input, hir};
use gobpf_verifier::{Dialect, Unknown, Verdict};

use crate::cancel::{Cancel, Cancelled};
use crate::document::{Language, Snapshot};
use crate::judge::{self, Places};
use crate::literals::{self, JudgedLiteral};

/// Everything about one version of a document.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The file has something for us: a program, a directive, an asm literal. Where not, there are no diagnostics.
    pub relevant: bool,
    /// All diagnostics, by position.
    pub diagnostics: Vec<Diagnostic>,
    /// The programs of the file that could be compiled, in source order.
    pub programs: Vec<ProgramReport>,
    /// The compiled object; none while there are errors before code generation, and in a file without programs.
    pub object: Option<Object>,
    /// The typed kernel side; none while there are syntax errors.
    pub(crate) package: Option<hir::Package>,
    /// Programs that the file writes as `asm.Instructions`.
    pub(crate) literals: Vec<JudgedLiteral>,
}

/// What is known of one program.
#[derive(Clone, Debug)]
pub struct ProgramReport {
    /// Its Go name.
    pub name: String,
    /// Its section.
    pub section: String,
    /// Its name in the source.
    pub span: Span,
    /// Number of instruction slots.
    pub insns: u32,
    /// Bytes of stack.
    pub stack_bytes: u32,
    /// What the target kernel says.
    pub judged: Judged,
}

/// A verdict and whose it is.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Whose rules.
    pub dialect: Dialect,
    /// The answer.
    pub verdict: Verdict,
}

impl Analysis {
    /// Runs the whole way that the document's language goes.
    pub(crate) fn of(snapshot: &Snapshot, cancel: &Cancel) -> Result<Analysis, Cancelled> {
        cancel.check()?;
        match snapshot.language() {
            Language::Go => Self::of_go(snapshot, cancel),
            Language::Bpf => Self::of_bpf(snapshot, cancel),
        }
    }

    /// Instructions as text.
    fn of_bpf(snapshot: &Snapshot, cancel: &Cancel) -> Result<Analysis, Cancelled> {
        let mut analysis = Analysis { relevant: true, ..Analysis::default() };
        let parsed = match gobpf_assembly::text::parse(snapshot.ast().id, &snapshot.text().to_text()) {
            Ok(parsed) => parsed,
            Err(diagnostics) => {
                analysis.diagnostics = diagnostics;
                return Ok(analysis);
            }
        };
        let mut object = parsed.object;
        object.target = snapshot.options().target.unwrap_or(object.target);
        let spans = |insn: u32| parsed.places.get(insn as usize).copied();
        let whole = spans(0).unwrap_or(Span { file: snapshot.ast().id, range: TextRange::default() });
        for index in 0..object.programs.len() {
            analysis.judge(&object, index, Places { of: &spans, whole }, cancel)?;
        }
        analysis.object = Some(object);
        Ok(analysis)
    }

    fn of_go(snapshot: &Snapshot, cancel: &Cancel) -> Result<Analysis, Cancelled> {
        let file = snapshot.ast();
        let options = snapshot.options();
        let checked = gobpf_types::check(Input {
            files: std::slice::from_ref(file),
            sdk: &options.sdk,
            imports: &*options.imports,
            target: options.target,
        });
        let mut analysis = Analysis { relevant: checked.relevant, ..Analysis::default() };
        if !snapshot.syntax_diagnostics().is_empty() {
            // What the text means is not certain: later stages would only report what follows from that.
            if analysis.relevant {
                analysis.diagnostics = snapshot.syntax_diagnostics().to_vec();
            }
            return Ok(analysis);
        }
        cancel.check()?;
        analysis.add_literals(file, options.target, cancel)?;
        if checked.relevant {
            analysis.add_programs(file, checked, options.go_errors, cancel)?;
        }
        analysis.diagnostics.sort_by_key(|diagnostic| {
            (diagnostic.primary.range.start(), diagnostic.severity, diagnostic.code)
        });
        Ok(analysis)
    }

    fn add_literals(
        &mut self,
        file: &Arc<ast::File>,
        target: Option<gobpf_bpf::KernelVersion>,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        let (literals, diagnostics) = literals::judge(file, target.unwrap_or_default(), cancel)?;
        self.relevant |= !literals.is_empty() || !diagnostics.is_empty();
        self.literals = literals;
        self.diagnostics.extend(diagnostics);
        Ok(())
    }

    fn add_programs(
        &mut self,
        file: &ast::File,
        checked: Checked,
        go_errors: bool,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        let span = |place: Place| file.span(place);
        let errors = checked.errors.iter().map(|error| error.to_diagnostic(&span));
        let errors: Vec<_> = errors.collect();
        let broken = errors.iter().any(|error| error.severity == Severity::Error);
        self.diagnostics.extend(errors.into_iter().filter(|error| go_errors || !error.code.is_go_error()));
        if !broken && !checked.package.programs.is_empty() {
            match gobpf_codegen::compile(&checked.package) {
                Ok(object) => {
                    for (index, program) in checked.package.programs.iter().enumerate() {
                        let spans = judge::spans(file, &object.programs[index]);
                        let places = Places { of: &spans, whole: file.span(program.place) };
                        self.judge(&object, index, places, cancel)?;
                    }
                    self.object = Some(object);
                }
                Err(errors) => {
                    self.diagnostics.extend(errors.iter().map(|error| error.to_diagnostic(&span)));
                }
            }
        }
        self.package = Some(checked.package);
        Ok(())
    }

    fn judge(
        &mut self,
        object: &Object,
        index: usize,
        places: Places<'_>,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        cancel.check()?;
        let dialect = judge::dialect_of(object.target);
        let program = &object.programs[index];
        let verdict = judge::verdict(object, index, dialect, cancel);
        if verdict == Verdict::Unknown(Unknown::Cancelled) {
            return Err(Cancelled);
        }
        self.diagnostics.extend(judge::diagnostic(places, program, dialect, &verdict));
        self.programs.push(ProgramReport {
            name: program.name.clone(),
            section: program.section.clone(),
            span: places.whole,
            insns: program.code.insns.len() as u32,
            stack_bytes: program.code.stack_bytes,
            judged: Judged { dialect, verdict },
        });
        Ok(())
    }

    /// Whether any diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}
