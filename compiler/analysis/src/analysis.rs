//! All that is known of one version of a document: the whole way, from types to verdicts.

use std::collections::HashSet;
use std::sync::Arc;

use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{KernelVersion, Object};
use gobpf_diagnostics::{Diagnostic, Severity, codes};
use gobpf_ir::BuildError;
use gobpf_source::{DeclId, Place, Span, TextRange};
use gobpf_syntax::ast;
use gobpf_types::{Checked, Input, Side, Why, hir};
use gobpf_verifier::{Dialect, Unknown, Verdict};

use crate::attach;
use crate::cache::Caches;
use crate::cancel::{Cancel, Cancelled};
use crate::constants::Choices;
use crate::document::{Language, Snapshot};
use crate::judge::{self, Judge, Places};
use crate::literals::{self, JudgedLiteral};
use crate::options::KernelTypes;
use crate::others::{self, OtherFile, Others};
use crate::sound;
use crate::unread::unread;

/// Everything about one version of a document.
#[derive(Debug, Default)]
pub struct Analysis {
    /// The file has something for us: a program, a directive, an asm literal. Where not, there are no diagnostics.
    pub relevant: bool,
    /// All diagnostics: those of the file by position, then those of other files, which each have a label in the file.
    pub diagnostics: Vec<Diagnostic>,
    /// The other files that programs of the file may reach, by id.
    pub others: Vec<OtherFile>,
    /// The programs of the file that could be compiled, in source order.
    pub programs: Vec<ProgramReport>,
    /// The programs of the file that could be compiled; none where there are none. Errors elsewhere in the file don't
    /// keep a program from being compiled and judged, so ask [`has_errors`](Self::has_errors) before it is handed out.
    pub object: Option<Object>,
    /// The typed kernel side.
    pub(crate) package: Option<hir::Package>,
    /// Which of the package's programs are in `object`, in its order.
    pub(crate) compiled: Vec<hir::Program>,
    /// The functions of the file that are kernel code.
    pub(crate) kernel: Vec<DeclId>,
    /// There are errors, be they shown or left to Go's own tools.
    pub(crate) broken: bool,
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
            Language::Elf => Self::of_elf(snapshot, cancel),
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
        let judge = Judge::of(&object, snapshot.caches(), &snapshot.options().kernel_types);
        for index in 0..object.programs.len() {
            analysis.judge(&judge, index, Places { of: &spans, whole }, cancel)?;
        }
        analysis.object = Some(object);
        Ok(analysis)
    }

    /// The programs of an ELF object.
    fn of_elf(snapshot: &Snapshot, cancel: &Cancel) -> Result<Analysis, Cancelled> {
        let mut analysis = Analysis { relevant: true, ..Analysis::default() };
        let Some(binary) = snapshot.binary() else { return Ok(analysis) };
        analysis.diagnostics.clone_from(&binary.diagnostics);
        analysis.others.clone_from(&binary.sources);
        let judge = Judge::of(&binary.object, snapshot.caches(), &snapshot.options().kernel_types);
        for (index, whole) in binary.starts.iter().enumerate() {
            let places = &binary.places[index];
            let spans = |insn: u32| places.get(insn as usize).copied().flatten();
            let before = analysis.diagnostics.len();
            analysis.judge(&judge, index, Places { of: &spans, whole: *whole }, cancel)?;
            if binary.object.programs[index].lacks.is_some() && !binary.diagnostics.is_empty() {
                // What it lacks has been said.
                analysis.diagnostics.truncate(before);
            }
        }
        analysis.object = Some(binary.object.clone());
        Ok(analysis)
    }

    fn of_go(snapshot: &Snapshot, cancel: &Cancel) -> Result<Analysis, Cancelled> {
        let file = snapshot.ast();
        let options = snapshot.options();
        let target = options.target_of(file);
        let others = Others::new(options, snapshot.parsed());
        let check = |files: &[Arc<ast::File>]| {
            let imports = &*options.imports;
            let packages = |path: &str| others.package(path);
            let target = Some(target);
            let input = Input { files, sdk: &options.sdk, imports, packages: &packages, target };
            match snapshot.caches().get() {
                Some(mut kept) => {
                    gobpf_types::check_with(input, &mut kept.bodies[usize::from(files.len() > 1)])
                }
                None => gobpf_types::check(input),
            }
        };
        let mut checked = check(std::slice::from_ref(file));
        if others::are_missed(&checked) {
            let siblings = others.siblings(file);
            let package: Vec<_> = std::iter::once(file).chain(&siblings).cloned().collect();
            checked = if siblings.is_empty() { checked } else { check(&package) };
        }
        let others = others.into_files();
        let mut analysis = Analysis { relevant: checked.relevant, others, ..Analysis::default() };
        // A directive that is misspelt is an error as well, but the Go around it is certain.
        let (syntax, directives): (Vec<_>, Vec<_>) =
            snapshot.syntax_diagnostics().iter().cloned().partition(|one| one.code == codes::GB0101);
        analysis.kernel = kernel_side(&checked);
        let mut unread = unread(file, &syntax);
        cancel.check()?;
        analysis.add_literals((file, target, &options.kernel_types), &unread, cancel)?;
        unread.extend(others::unread_of(&analysis.others));
        if checked.relevant {
            let kept = (&**file, snapshot.caches(), &options.kernel_types);
            analysis.add_programs(kept, checked, unread, cancel)?;
        }
        if !syntax.is_empty() {
            // What the rest of the text means is not certain: programs that are whole have hovers and lenses, but what
            // the later stages report may only follow from what could not be read.
            analysis.diagnostics = if analysis.relevant { syntax } else { Vec::new() };
        }
        if analysis.relevant {
            analysis.diagnostics.extend(directives);
        }
        let shown = &mut analysis.diagnostics;
        analysis.broken |= shown.iter().any(|one| one.severity == Severity::Error);
        shown.retain(|one| options.go_errors || !one.code.is_go_error());
        let place = |one: &Diagnostic| {
            let elsewhere = (one.primary.file != file.id).then_some(one.primary.file.0);
            (elsewhere, one.primary.range.start(), one.severity, one.code)
        };
        shown.sort_by_key(place);
        Ok(analysis)
    }

    fn add_literals(
        &mut self,
        (file, target, types): (&Arc<ast::File>, KernelVersion, &KernelTypes),
        unread: &HashSet<DeclId>,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        let (mut literals, diagnostics) = literals::judge(file, target, types, cancel)?;
        self.relevant |= !literals.is_empty() || !diagnostics.is_empty();
        literals.retain(|literal| !unread.contains(&literal.literal.place.decl));
        self.literals = literals;
        self.diagnostics.extend(diagnostics);
        Ok(())
    }

    /// Compiles and judges the programs that reach no error.
    fn add_programs(
        &mut self,
        (file, caches, types): (&ast::File, &Caches, &KernelTypes),
        checked: Checked,
        unread: HashSet<DeclId>,
        cancel: &Cancel,
    ) -> Result<(), Cancelled> {
        let others = std::mem::take(&mut self.others);
        let span = |place: Place| span_in(file, &others, place);
        let Checked { mut package, errors, uses, .. } = checked;
        // The programs of other files are looked at there.
        package.programs.retain(|program| program.place.decl.file == file.id);
        let (own, foreign): (Vec<_>, Vec<_>) =
            errors.iter().partition(|error| error.place.decl.file == file.id);
        self.diagnostics.extend(own.iter().map(|error| error.to_diagnostic(&span)));
        let declared = package.programs.clone();
        if !errors.is_empty() || !unread.is_empty() {
            let mut broken = unread.clone();
            broken.extend(errors.iter().map(|error| error.place.decl));
            self.kernel.retain(|decl| !broken.contains(decl));
            // The package clause carries what holds for all programs; and what calls itself is not specialised.
            let circular = errors.iter().any(|error| matches!(*error.why, Why::Recursion { .. }));
            let clause = DeclId { file: file.id, index: 0 };
            let none = circular || broken.contains(&clause);
            let sound = sound::programs(&package, &broken, &uses);
            package.programs = if none { Vec::new() } else { sound.programs };
            let is_left =
                |program: &hir::Program| package.programs.iter().any(|it| it.place == program.place);
            if let Some(lost) = declared.iter().find(|program| !is_left(program)) {
                // What follows from a syntax error is no news.
                let certain = foreign.iter().filter(|error| !unread.contains(&error.place.decl));
                let type_errors = certain.map(|error| (error.place.decl, error.to_diagnostic(&span)));
                let elsewhere: Vec<_> = others::problems(&others).chain(type_errors).collect();
                self.add_foreign(file.span(lost.place), lost, &elsewhere, &sound.reached);
            }
        }
        cancel.check()?;
        let (object, errors) = compile(&mut package, caches, cancel)?;
        for error in errors.iter().map(|error| error.to_diagnostic(&span)) {
            // A function that several programs call fails in each of them.
            if !self.diagnostics.contains(&error) {
                self.diagnostics.push(error);
            }
        }
        if let Some(object) = object {
            let judge = Judge::of(&object, caches, types);
            let declared = |global: usize| span(package.globals[global].place);
            let choices = Choices::of(&object, (caches, types), &declared);
            for (index, program) in package.programs.iter().enumerate() {
                let spans = judge::spans(file, &object.programs[index]);
                let places = Places { of: &spans, whole: file.span(program.place) };
                if self.judge(&judge, index, places, cancel)? {
                    self.diagnostics.extend(choices.warning(index, places, cancel)?);
                }
            }
            self.object = Some(object);
        }
        self.diagnostics.extend(hints(file, &package));
        self.others = others;
        self.compiled = std::mem::replace(&mut package.programs, declared);
        self.package = Some(package);
        Ok(())
    }

    /// Adds the errors of other files that keep `lost`, which stands at `at`, from being compiled: those that programs
    /// of the file have `reached`, or where the file has no error of its own, the first one.
    fn add_foreign(
        &mut self,
        at: Span,
        lost: &hir::Program,
        elsewhere: &[(DeclId, Diagnostic)],
        reached: &HashSet<DeclId>,
    ) {
        let mut shown: Vec<_> = elsewhere.iter().filter(|(decl, _)| reached.contains(decl)).collect();
        if shown.is_empty() && self.diagnostics.is_empty() {
            shown.extend(elsewhere.first());
        }
        let label = format!("`{}` can't be compiled because of it", lost.name);
        let labelled = shown.into_iter().map(|(_, one)| one.clone().label(at, label.clone()));
        self.diagnostics.extend(labelled);
    }

    /// Adds what the kernel says to one program; true where it accepts it.
    fn judge(
        &mut self,
        judge: &Judge<'_>,
        index: usize,
        places: Places<'_>,
        cancel: &Cancel,
    ) -> Result<bool, Cancelled> {
        cancel.check()?;
        let dialect = judge.dialect;
        let program = &judge.object.programs[index];
        let verdict = judge.verdict(index, cancel);
        if verdict == Verdict::Unknown(Unknown::Cancelled) {
            return Err(Cancelled);
        }
        let accepted = matches!(verdict, Verdict::Accepted(_));
        self.diagnostics.extend(judge::diagnostic(places, program, dialect, &verdict));
        if let Verdict::Accepted(statistics) = &verdict {
            self.diagnostics.extend(attach::diagnostic(places, program, statistics));
        }
        self.programs.push(ProgramReport {
            name: program.name.clone(),
            section: program.section.clone(),
            span: places.whole,
            insns: program.code.insns.len() as u32,
            stack_bytes: match &verdict {
                // What nobody compiled here has no frame that is known.
                Verdict::Accepted(statistics) => program.code.stack_bytes.max(statistics.stack_bytes),
                _ => program.code.stack_bytes,
            },
            judged: Judged { dialect, verdict },
        });
        Ok(accepted)
    }

    /// Whether the file has an error, be it shown or left to Go's own tools.
    pub fn has_errors(&self) -> bool {
        self.broken || self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// What Go maps of the file do otherwise than Go's, once for each.
fn hints(file: &ast::File, package: &hir::Package) -> impl Iterator<Item = Diagnostic> {
    let maps = package.maps.iter().filter(|map| map.is_go_map && map.place.decl.file == file.id);
    maps.map(|map| {
        let (full, instead) = match map.kind {
            MapKind::LRU_HASH => ("the entry that was used least recently makes room for a new one", ""),
            _ => (
                "what is written to it when it is full is dropped",
                "`Update` of a bpf.Hash returns the error of a full map; ",
            ),
        };
        let message = format!("`{}` is a BPF map of {} entries at most: {full}", map.name, map.max_entries);
        Diagnostic::new(Severity::Hint, codes::GB0325, file.span(map.place), message)
            .help(format!("{instead}`gobpf-lsp --explain GB0325` lists what differs from Go"))
    })
}

/// The text of `place`, in the document or in another file; an empty one in a file that isn't at hand.
fn span_in(file: &ast::File, others: &[OtherFile], place: Place) -> Span {
    if place.decl.file == file.id {
        return file.span(place);
    }
    let other = others.iter().find(|other| other.ast.id == place.decl.file);
    let elsewhere = Span { file: place.decl.file, range: TextRange::default() };
    other.map_or(elsewhere, |other| other.ast.span(place))
}

/// The functions that programs are made of.
fn kernel_side(checked: &Checked) -> Vec<DeclId> {
    checked.sides.iter().filter(|(_, side)| *side != Side::Native).map(|(decl, _)| *decl).collect()
}

/// Compiles the programs of `package`, and leaves it with those that could be.
fn compile(
    package: &mut hir::Package,
    caches: &Caches,
    cancel: &Cancel,
) -> Result<(Option<Object>, Vec<BuildError>), Cancelled> {
    if package.programs.is_empty() {
        return Ok((None, Vec::new()));
    }
    let compile = |package: &hir::Package| match caches.get() {
        Some(mut kept) => gobpf_codegen::compile_with(package, &mut kept.code),
        None => gobpf_codegen::compile(package),
    };
    let errors = match compile(package) {
        Ok(object) => return Ok((Some(object), Vec::new())),
        Err(errors) => errors,
    };
    // An object is whole or not at all: those that can be compiled alone make one.
    let mut whole = Vec::new();
    for program in std::mem::take(&mut package.programs) {
        cancel.check()?;
        package.programs = vec![program];
        if compile(package).is_ok() {
            whole.append(&mut package.programs);
        }
    }
    package.programs = whole;
    let object = (!package.programs.is_empty()).then(|| compile(package).ok()).flatten();
    if object.is_none() {
        package.programs.clear();
    }
    Ok((object, errors))
}
