//! Chores of the project: `cargo xtask CHORE`.

mod bench;
mod bless;
mod diff;
mod docs;
mod tidy;
mod vm;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A chore: its name, its arguments, what it does, and its code.
struct Chore {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<(), String>,
}

const CHORES: &[Chore] = &[
    Chore {
        name: "bench",
        arguments: "latency [--lines N] [--programs N] [--edits N] | limit",
        about: "measure how long the language server takes, and programs at the verifier's limits, beside budgets",
        run: bench::run,
    },
    Chore {
        name: "bless",
        arguments: "FILE...",
        about: "rewrite the expectations of data files (or of all files of a folder)",
        run: bless::run,
    },
    Chore {
        name: "diff",
        arguments: "kernel|selftests|objects|go|syntax|types [--programs N] [--seed S] [--keep DIR] ...",
        about: "compare our answers with a kernel's or Go's, on random programs and on others'",
        run: diff::run,
    },
    Chore {
        name: "docs",
        arguments: "",
        about: "write the pages that are made from data: tests/LANGUAGE.md",
        run: docs::run,
    },
    Chore {
        name: "tidy",
        arguments: "",
        about: "check what no compiler checks: rooms, paths, sizes",
        run: tidy::run,
    },
    Chore {
        name: "vm",
        arguments: "",
        about: "fetch Debian's kernels for the tests that boot them",
        run: vm::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chore = arguments.first().and_then(|name| CHORES.iter().find(|chore| chore.name == name));
    let Some(chore) = chore else {
        eprintln!("usage: cargo xtask CHORE");
        for chore in CHORES {
            eprintln!("  {:<14}{}", format!("{} {}", chore.name, chore.arguments), chore.about);
        }
        return ExitCode::from(2);
    };
    match (chore.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cargo xtask {}: {why}", chore.name);
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
