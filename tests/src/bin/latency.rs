//! How long the language server takes; `cargo xtask bench latency` builds and starts it.

use std::process::ExitCode;

use gobpf_tests::cli;
use gobpf_tests::latency::{self, Options};

const USAGE: &str = "usage: gobpf-latency [--lines N] [--programs N] [--edits N]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("gobpf-latency: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut options = Options { lines: 1000, programs: 20, edits: 400 };
    while let Some(option) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok()).ok_or(USAGE)?;
        match option.as_str() {
            "--lines" => options.lines = value,
            "--programs" => options.programs = value,
            "--edits" => options.edits = value,
            _ => return Err(USAGE.into()),
        }
    }
    print!("{}", latency::measure(cli::beside()?.as_path(), options)?);
    Ok(())
}
