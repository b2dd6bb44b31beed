//! Small runs of what `cargo xtask diff` does, with a fresh seed that is printed; `GOBPF_SEED` sets it.

use std::process::ExitCode;

use gobpf_differential::settings::{Outcome, Settings};
use gobpf_differential::{page, syntax};
use gobpf_tests::diff::fresh_seed;
use gobpf_tests::go;
use gobpf_tests::require::{Oracle, trial};
use libtest_mimic::{Arguments, Failed, Trial};

const FILES: u64 = 2_000;
/// How many of these files may have their first error on another line than Go's parser says, whose recovery from errors is
/// another one. The verdict is always the same.
const OTHER_LINES: u64 = 4;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let seed = std::env::var("GOBPF_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(fresh_seed);
    println!("GOBPF_SEED={seed}");
    let settings = move |programs| Settings {
        programs,
        seed,
        only: None,
        keep: None,
        progress: false,
        without: Default::default(),
    };
    let trials = vec![
        trial("syntax", Oracle::Go, go::available(), move || {
            judge(syntax::run(&settings(FILES)), OTHER_LINES)
        }),
        Trial::test("the page of the language is current", || page::check().map_err(Failed::from)),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn judge(outcome: Result<Outcome, String>, most: u64) -> Result<(), Failed> {
    let outcome = outcome?;
    if outcome.verdicts == 0 && outcome.differences <= most && outcome.faults.is_empty() {
        println!("{outcome}");
        return Ok(());
    }
    Err(format!("{outcome}\n{}", outcome.faults.join("\n")).into())
}
