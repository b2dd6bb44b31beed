//! Compares our answers with those of Go's own tools on files and programs made at random; `cargo xtask diff` builds and
//! starts it.

use std::path::PathBuf;
use std::process::ExitCode;

use gobpf_differential::settings::{Outcome, Settings};
use gobpf_differential::{page, program, syntax, types};
use gobpf_tests::diff::fresh_seed;

const USAGE: &str = "usage: gobpf-differential go|syntax|types \
    [--programs N] [--seed S] [--keep DIR] [--only NUMBER] [--without FEATURE,FEATURE...]\n       gobpf-differential page\n       \
    gobpf-differential judge FILE...";

/// A comparison.
struct Comparison {
    name: &'static str,
    /// How many programs it judges where nothing is said.
    programs: u64,
    run: fn(&Settings) -> Result<Outcome, String>,
}

const COMPARISONS: &[Comparison] = &[
    Comparison { name: "syntax", programs: 20_000, run: syntax::run },
    Comparison { name: "go", programs: 20_000, run: program::run },
    Comparison { name: "types", programs: 5_000, run: types::run },
];

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("page") {
        return match page::write() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("gobpf-differential: {why}");
                ExitCode::FAILURE
            }
        };
    }
    if std::env::args().nth(1).as_deref() == Some("judge") {
        let paths: Vec<String> = std::env::args().skip(2).collect();
        return match types::words::judge(&paths) {
            Ok(false) => ExitCode::SUCCESS,
            Ok(true) => ExitCode::FAILURE,
            Err(why) => {
                eprintln!("gobpf-differential: {why}");
                ExitCode::from(2)
            }
        };
    }
    match run(std::env::args().skip(1)) {
        Ok(outcome) => {
            for fault in &outcome.faults {
                println!("fault: {fault}");
            }
            println!("{outcome}");
            if outcome.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(why) => {
            eprintln!("gobpf-differential: {why}");
            ExitCode::from(2)
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<Outcome, String> {
    let name = arguments.next().ok_or(USAGE)?;
    let comparison = COMPARISONS.iter().find(|known| known.name == name).ok_or(USAGE)?;
    let programs = comparison.programs;
    let mut settings = Settings {
        programs,
        seed: fresh_seed(),
        only: None,
        keep: None,
        progress: true,
        without: Default::default(),
    };
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{option} {value}: not a number\n{USAGE}"));
        match option.as_str() {
            "--programs" => settings.programs = number()?,
            "--seed" => settings.seed = number()?,
            "--only" => settings.only = Some(number()?),
            "--without" => {
                settings.without = std::sync::Arc::new(value.split(',').map(str::to_owned).collect())
            }
            "--keep" => settings.keep = Some(PathBuf::from(&value)),
            _ => return Err(USAGE.into()),
        }
    }
    (comparison.run)(&settings)
}
