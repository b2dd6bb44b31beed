//! `--emit KIND FILE [-o OUT]`: the text of a stage, or a generated file.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use gobpf_analysis::{Cancel, Emit, EmitError, Snapshot};
use gobpf_diagnostics::Severity;
use gobpf_diagnostics::render::Report;
use gobpf_source::FileId;

use crate::args::Args;
use crate::cli::output::{colored, to_file, to_stderr, to_stdout};
use crate::cli::{Exit, usage_error};
use crate::wording;

/// The one file.
const FILE: FileId = FileId(0);

pub fn run(args: &Args, kind: Emit) -> Exit {
    let Some(path) = args.paths.first() else { return Exit::Trouble };
    let snapshot = match open(args, path) {
        Ok(snapshot) => snapshot,
        Err(problem) => return usage_error(&problem),
    };
    let emitted = snapshot.emit(kind, &Cancel::new());
    // What is rejected can be printed all the same; that it is rejected stands on standard error.
    let errors = show_diagnostics(args, &snapshot);
    let exit = if errors { Exit::Findings } else { Exit::Clean };
    match emitted {
        Ok(bytes) => match args.output.as_deref().filter(|path| *path != Path::new("-")) {
            None if kind == Emit::Elf && args.output.is_none() && io::stdout().is_terminal() => {
                usage_error(wording::NO_OBJECT_TO_A_TERMINAL)
            }
            None => to_stdout(&bytes, exit),
            Some(path) => match to_file(path, &bytes) {
                Ok(()) => exit,
                Err(problem) => usage_error(&problem),
            },
        },
        Err(error) => {
            usage_error(&format!("{}: {error}", snapshot.name()));
            match error {
                EmitError::Diagnostics | EmitError::Other(_) => Exit::Findings,
                EmitError::NoProgram | EmitError::Cancelled => Exit::Trouble,
            }
        }
    }
}

fn open(args: &Args, path: &Path) -> Result<Snapshot, String> {
    args.settings().open(FILE, path)
}

/// Writes errors and warnings to standard error, since standard output is for the text; whether there are errors.
fn show_diagnostics(args: &Args, snapshot: &Snapshot) -> bool {
    let Ok(analysis) = snapshot.analyse(&Cancel::new()) else { return false };
    let mut shown = analysis.diagnostics.clone();
    if !analysis.relevant {
        // Whoever names a broken file wants to hear that it is broken.
        shown = snapshot.syntax_diagnostics().to_vec();
    }
    shown.retain(|diagnostic| diagnostic.severity <= Severity::Warning);
    let files = |file: FileId| {
        let other = analysis.others.iter().find(|other| other.ast.id == file);
        let other = other.map(|other| (&*other.name, &other.text));
        if file == FILE { Some((snapshot.name(), snapshot.text())) } else { other }
    };
    let report = Report { diagnostics: &shown, checked: &[FILE], files: &files };
    if !shown.is_empty() {
        to_stderr(&args.format.render(&report, colored(args.color, &io::stderr())));
    }
    analysis.has_errors()
}
