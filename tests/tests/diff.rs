//! The verifier model and the kernels on random programs: a small run of what `cargo xtask diff kernel` does. The seed is
//! fresh and printed; `GOBPF_SEED` sets it.

use std::process::ExitCode;

use gobpf_tests::answer::DIALECTS;
use gobpf_tests::diff::{self, Judge, Options};
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{kernel, vm};
use gobpf_verifier::Dialect;
use libtest_mimic::{Arguments, Failed, Trial};

const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");
const PROGRAMS_LIVE: u64 = 400;
const PROGRAMS_VM: u64 = 150;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let seed = std::env::var("GOBPF_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(diff::fresh_seed);
    println!("GOBPF_SEED={seed}");
    let mut trials = Vec::new();
    for (name, dialect) in DIALECTS {
        if kernel::is_running(name) {
            let run = move || compare(seed, PROGRAMS_LIVE, dialect, &Judge::Live { guest: GUEST.into() });
            trials.push(trial("random [running kernel]", Oracle::Kernel, kernel::available(), run));
        }
        if let Some(kernel) = vm::KERNELS.into_iter().find(|kernel| *kernel == name) {
            let judge = Judge::Vm { kernel, guest: GUEST.into() };
            let run = move || compare(seed, PROGRAMS_VM, dialect, &judge);
            let available = vm::available(kernel).map(drop);
            trials.push(trial(format!("random [kernel {kernel}]"), Oracle::Vm, available, run));
        }
    }
    trials.push(Trial::test("a seed and a number decide a program", move || same_twice(seed)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn compare(seed: u64, programs: u64, dialect: Dialect, judge: &Judge) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let keep = folder.path().to_path_buf();
    let options =
        Options { programs, seed, dialect, keep, only: None, threads: 1, thorough: false, progress: false };
    let outcome = diff::run(&options, judge)?;
    if outcome.tally.is_right() {
        println!("{}", outcome.line(seed));
        return Ok(());
    }
    let mut report = format!(
        "{}\nto repeat: GOBPF_SEED={seed}, or for one program, whose number ends a file's name:\n",
        outcome.line(seed)
    );
    let name = DIALECTS.iter().find(|(_, known)| *known == dialect).map_or("", |(name, _)| *name);
    for (path, _) in &outcome.kept {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let number = stem.rsplit('-').next().unwrap_or_default();
        report += &format!("cargo xtask diff kernel --dialect {name} --seed {seed} --only {number}\n");
    }
    for (path, _) in &outcome.kept {
        report += &std::fs::read_to_string(path)?;
    }
    Err(report.into())
}

fn same_twice(seed: u64) -> Result<(), Failed> {
    use gobpf_tests::generate::object;
    for index in 0..50 {
        if object(seed, index, Dialect::V6_18) != object(seed, index, Dialect::V6_18) {
            return Err(format!("program {index} of seed {seed} is not always the same").into());
        }
    }
    Ok(())
}
