//! The command line: one file for each thing that can be asked for.

mod check;
mod emit;
mod explain;
mod init;
mod output;
mod walk;

use std::process::ExitCode;

pub use output::to_stderr;

use crate::args::{Args, Mode};

/// How the process ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// All is well.
    Clean,
    /// There are findings.
    Findings,
    /// Wrong usage, unusable input, or an internal error.
    Trouble,
}

impl Exit {
    /// 0, 1 or 2.
    pub fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Does what the arguments ask for.
pub fn run(args: &Args, mode: Mode<'_>) -> Exit {
    match mode {
        Mode::Check => check::run(args),
        Mode::Emit(kind) => emit::run(args, kind),
        Mode::Explain(code) => explain::run(code),
        Mode::Init => init::run(args),
        Mode::Serve => Exit::Trouble, // served by the caller
    }
}

/// Says what is wrong with the arguments or the input.
pub fn usage_error(text: &str) -> Exit {
    output::to_stderr(&format!("gobpf-lsp: {text}\n"));
    Exit::Trouble
}
