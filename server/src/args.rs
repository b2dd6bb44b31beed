//! The command line: what can be asked for.

use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Parser, ValueEnum};
use gobpf_analysis::{Emit, KernelVersion};
use gobpf_diagnostics::render::Format;

use crate::settings::Settings;
use crate::wording;

const ABOUT: &str = "eBPF programs in ordinary Go: checks them as the Linux kernel would, writes Go loaders for them, \
                     and serves editors over the Language Server Protocol.";

const EXAMPLES: &str = "\
Examples:
  gobpf-lsp --init                                  put the package to import into the module at hand
  gobpf-lsp --check ./...                           check all Go files below the current directory
  gobpf-lsp --emit loader hello.go -o hello-ebpf.go write a Go program that loads and runs hello.go
  gobpf-lsp --emit asm hello.go                     print the instructions
  gobpf-lsp --explain GB0101                        what a diagnostic means and what to do
  gobpf-lsp                                         serve an editor over standard input and output

Exit status: 0 clean, 1 findings, 2 usage or internal error.";

/// Arguments as given.
#[derive(Parser, Debug)]
#[command(name = "gobpf-lsp", version, about = ABOUT, after_help = EXAMPLES, max_term_width = 100)]
#[command(group = ArgGroup::new("mode").args(["stdio", "check", "emit", "explain", "init"]))]
pub struct Args {
    /// Serve an editor over standard input and output (the default when nothing else is asked for)
    #[arg(long)]
    pub stdio: bool,

    /// Check files, directories (with all below them; `./...` works too), or `-` for standard input
    #[arg(long)]
    pub check: bool,

    /// Print or generate KIND from one file: hir, ir, asm, states, verdict, loader
    #[arg(long, value_name = "KIND")]
    pub emit: Option<Emit>,

    /// Print the page of a diagnostic; without CODE, the list of all
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "")]
    pub explain: Option<String>,

    /// Put the SDK (the Go package to import) at internal/bpf of the module of the current directory
    #[arg(long)]
    pub init: bool,

    /// What to work on: files, directories, or `-`
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Where --emit writes to [default: standard output]
    #[arg(short, long, value_name = "FILE", requires = "emit")]
    pub output: Option<PathBuf>,

    /// The kernel to judge for, such as 6.1 [default: the file's //bpf:kernel, gobpf.toml, or 6.1]
    #[arg(long, value_name = "VERSION")]
    pub kernel: Option<KernelVersion>,

    /// The types (BTF) of the kernel to judge for [default: gobpf.toml, or those of the running kernel]
    #[arg(long, value_name = "FILE")]
    pub btf: Option<PathBuf>,

    /// How findings are written: full, concise, json, json-lines, sarif, github, junit
    #[arg(long, value_name = "FORMAT", default_value_t = Format::Full)]
    pub format: Format,

    /// Exit with 1 also when there are only warnings
    #[arg(long, value_name = "warnings", hide_possible_values = true)]
    pub deny: Option<Deny>,

    /// With --check: show notes of files in directories too; notes of files that are named are always shown
    #[arg(long, requires = "check")]
    pub notes: bool,

    /// Whether --format full uses colours: always, never, or auto, which minds the terminal and NO_COLOR
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, hide_possible_values = true)]
    pub color: Color,

    /// With --init: write over files that differ from the SDK
    #[arg(long, requires = "init")]
    pub force: bool,

    /// Accepted for editors that pass it; the server ends with its input anyway
    #[arg(long = "clientProcessId", value_name = "PID", hide = true, action = ArgAction::Set)]
    pub client_process_id: Option<u32>,
}

/// What `--deny` raises to errors.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deny {
    /// All warnings.
    Warnings,
}

/// Whether to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    /// Where the output is a terminal and `NO_COLOR` is not set.
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode<'a> {
    /// `--stdio`, or nothing at all.
    Serve,
    /// `--check`.
    Check,
    /// `--emit`.
    Emit(Emit),
    /// `--explain`; empty for all codes.
    Explain(&'a str),
    /// `--init`.
    Init,
}

impl Args {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// Words for the user where the arguments make no sense together.
    pub fn mode(&self) -> Result<Mode<'_>, String> {
        let mode = match (&self.emit, &self.explain) {
            _ if self.check => Mode::Check,
            (Some(emit), _) => Mode::Emit(*emit),
            (None, Some(code)) => Mode::Explain(code),
            _ if self.init => Mode::Init,
            _ => Mode::Serve,
        };
        match (mode, self.paths.as_slice()) {
            (Mode::Check, _) | (Mode::Emit(_), [_]) => Ok(mode),
            (Mode::Emit(_), []) => Err(wording::EMIT_NEEDS_A_FILE.into()),
            (Mode::Emit(_), [..]) => Err(wording::EMIT_NEEDS_ONE_FILE.into()),
            (_, []) => Ok(mode),
            (Mode::Serve, [path, ..]) if !self.stdio => Err(wording::path_without_mode(path)),
            (_, [path, ..]) => Err(wording::path_not_wanted(path)),
        }
    }

    /// The settings that the command line decides.
    pub fn settings(&self) -> Settings {
        Settings { kernel: self.kernel, btf: self.btf.clone(), ..Settings::default() }
    }
}
