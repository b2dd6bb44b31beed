//! `--check`: what the kernel would say to each file.

use std::io;
use std::num::NonZero;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use gobpf_analysis::{Analysis, Cancel, OtherFile, Snapshot};
use gobpf_diagnostics::render::{Format, Report};
use gobpf_diagnostics::{Diagnostic, Severity};
use gobpf_source::FileId;

use crate::args::{Args, Deny};
use crate::cli::output::{colored, to_stdout};
use crate::cli::walk::{self, Input};
use crate::cli::{Exit, usage_error};
use crate::settings::Settings;
use crate::{names, wording};

/// Stack of a checking thread. Bytes.
const STACK_BYTES: usize = 64 << 20;

/// One file and what came of it.
struct Checked {
    snapshot: Snapshot,
    analysis: Arc<Analysis>,
    diagnostics: Vec<Diagnostic>,
    /// Notes that are not shown.
    hidden: usize,
}

pub fn run(args: &Args) -> Exit {
    let inputs = walk::inputs(&args.paths);
    let mut exit = Exit::Clean;
    for problem in &inputs.problems {
        exit = usage_error(problem);
    }
    let mut checked = Vec::new();
    for outcome in check_all(&inputs.files, args) {
        match outcome {
            Ok(file) => checked.push(file),
            Err(problem) => exit = usage_error(&problem),
        }
    }
    let others = Elsewhere::of(&mut checked);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for one in checked.iter().flat_map(|file| &file.diagnostics) {
        // What stands in another file is found from every file that reaches it.
        let is_same = |known: &Diagnostic| known.primary == one.primary && known.message == one.message;
        if !(others.has(one.primary.file) && diagnostics.iter().any(is_same)) {
            diagnostics.push(one.clone());
        }
    }
    let errors = count(&diagnostics, Severity::Error);
    let warnings = count(&diagnostics, Severity::Warning);
    if errors > 0 || warnings > 0 && args.deny == Some(Deny::Warnings) {
        exit = exit.max(Exit::Findings);
    }
    to_stdout(rendered(args, &checked, &others, &diagnostics), exit)
}

/// Checks `files` on all processors; the outcomes are in their order, which numbers them too.
fn check_all(files: &[Input], args: &Args) -> Vec<Result<Checked, String>> {
    let settings = args.settings();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(files.len()));
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(input) = files.get(index) else { return };
            let checked =
                panic::catch_unwind(AssertUnwindSafe(|| check_one(index, input, args.notes, &settings)));
            let outcome = checked.unwrap_or_else(|_| Err(wording::check_failed(&input.path)));
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(files.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            let started = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
            if started.is_err() {
                work();
            }
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn check_one(index: usize, input: &Input, notes: bool, settings: &Settings) -> Result<Checked, String> {
    let file = FileId(u32::try_from(index).map_err(|error| error.to_string())?);
    let snapshot = settings.open(file, &input.path)?;
    let analysis = snapshot.analyse(&Cancel::new()).map_err(|_| format!("{}: cancelled", snapshot.name()))?;
    let mut diagnostics = analysis.diagnostics.clone();
    if input.named && !analysis.relevant {
        // Whether a broken file is meant for the kernel can't be known; whoever names it wants to hear that it is broken.
        diagnostics = snapshot.syntax_diagnostics().to_vec();
    }
    let found = diagnostics.len();
    // A tree may be full of notes that say no more than that nothing is known; a file that is named is asked about.
    diagnostics.retain(|one| notes || input.named || one.severity <= Severity::Warning);
    let hidden = found - diagnostics.len();
    Ok(Checked { snapshot, analysis, diagnostics, hidden })
}

/// The files that diagnostics speak of though nobody named them, each with one id for all that were checked.
#[derive(Default)]
struct Elsewhere(Vec<OtherFile>);

impl Elsewhere {
    /// Collects them, and makes the diagnostics speak of them by their index here, counted from [`Elsewhere::FIRST`].
    fn of(checked: &mut [Checked]) -> Elsewhere {
        let mut elsewhere = Elsewhere::default();
        for file in checked {
            let others = &file.analysis.others;
            for diagnostic in &mut file.diagnostics {
                diagnostic.map_files(|id| {
                    let other = others.iter().find(|other| other.ast.id == id);
                    other.map_or(id, |other| elsewhere.id_of(other))
                });
            }
        }
        elsewhere
    }

    /// Ids of files that were named are below.
    const FIRST: u32 = 1 << 31;

    fn id_of(&mut self, file: &OtherFile) -> FileId {
        let known = self.0.iter().position(|other| other.name == file.name);
        let index = known.unwrap_or_else(|| {
            self.0.push(file.clone());
            self.0.len() - 1
        });
        FileId(Self::FIRST + index as u32)
    }

    fn get(&self, id: FileId) -> Option<&OtherFile> {
        self.0.get(id.0.checked_sub(Self::FIRST)? as usize)
    }

    fn has(&self, id: FileId) -> bool {
        self.get(id).is_some()
    }
}

fn rendered(args: &Args, checked: &[Checked], others: &Elsewhere, diagnostics: &[Diagnostic]) -> String {
    let files = |file: FileId| {
        if let Some(other) = others.get(file) {
            return Some((&*other.name, &other.text));
        }
        let index = checked.binary_search_by_key(&file, |one| one.snapshot.ast().id).ok()?;
        checked.get(index).map(|one| (one.snapshot.name(), one.snapshot.text()))
    };
    let ids: Vec<_> = checked.iter().map(|one| one.snapshot.ast().id).collect();
    let report = Report { diagnostics, checked: &ids, files: &files };
    let mut out = args.format.render(&report, colored(args.color, &io::stdout()));
    if args.format == Format::Full {
        out.push_str(&summary(checked, diagnostics));
    }
    out
}

/// What was checked: the programs of each file, and the findings in a line.
fn summary(checked: &[Checked], diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for file in checked {
        out.push_str(&programs(file, checked.len() == 1));
    }
    if checked.len() > 1 {
        let programs: usize = checked.iter().map(|file| file.analysis.programs.len()).sum();
        let (files, programs) = (names::count(checked.len(), "file"), names::count(programs, "program"));
        out.push_str(&format!("checked {files}: {programs}\n"));
    }
    let findings: Vec<_> = [(Severity::Error, "error"), (Severity::Warning, "warning")]
        .into_iter()
        .map(|(severity, noun)| (count(diagnostics, severity), noun))
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| names::count(number, noun))
        .collect();
    // `Severity` is ordered worst first.
    if let (false, Some(worst)) = (findings.is_empty(), diagnostics.iter().min_by_key(|one| one.severity)) {
        let hint = wording::explain_hint(&worst.code.to_string());
        out.push_str(&format!("{}; {hint}\n", findings.join(", ")));
    }
    let hidden: usize = checked.iter().map(|file| file.hidden).sum();
    if hidden > 0 {
        out.push_str(&format!("{}\n", wording::hidden_notes(&names::count(hidden, "note"))));
    }
    out
}

/// The programs of `file`; when it is the only one, also that there are none.
fn programs(file: &Checked, only: bool) -> String {
    let name = file.snapshot.name();
    let programs = &file.analysis.programs;
    let found = names::count(programs.len(), "program");
    match programs.as_slice() {
        [] if only && file.diagnostics.is_empty() && file.hidden == 0 => {
            format!("{}\n", wording::no_program(name, file.snapshot.missing_import()))
        }
        [] => String::new(),
        [program] => format!("{name}: {found}: {}\n", names::program(program)),
        many => {
            let mut out = format!("{name}: {found}\n");
            for program in many {
                out.push_str(&format!("  {}\n", names::program(program)));
            }
            out
        }
    }
}

fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
}
