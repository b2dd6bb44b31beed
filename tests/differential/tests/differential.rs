//! Small runs of what `cargo xtask diff` does, with a fresh seed that is printed. `GOBPF_SEED` sets it; a difference is
//! looked at again with the command that is printed with it.

use std::process::ExitCode;

use gobpf_differential::program::Kernel;
use gobpf_differential::settings::{Outcome, Settings};
use gobpf_differential::types::{self, names, numbers, words};
use gobpf_differential::{page, program, syntax};
use gobpf_tests::diff::fresh_seed;
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{go, kernel};
use libtest_mimic::{Arguments, Failed, Trial};

const FILES: u64 = 2_000;
const MUTANTS: u64 = 200;
/// Always the same: of mutants at random about two in 10,000 are still judged otherwise than by Go.
const MUTANTS_SEED: u64 = 7;
/// Programs for the running kernel, and for that of a virtual machine, which takes longer.
const PROGRAMS: u64 = 150;
const PROGRAMS_OF_MACHINE: u64 = 40;

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
    let running = Kernel::running();
    let oldest = guest().and_then(|guest| Kernel::oldest(Some(&guest)));
    let missing = |kernel: &Result<Kernel, String>| kernel.as_ref().map(drop).map_err(Clone::clone);
    let (live, machine) = (go::available().and(kernel::available()), go::available().and(missing(&oldest)));
    let trials = vec![
        trial("syntax", Oracle::Go, go::available(), move || {
            judge("syntax", roomy(move || syntax::run(&settings(FILES))))
        }),
        trial("words of type errors", Oracle::Go, words::available(), || match words::check()?.as_slice() {
            [] => Ok(()),
            faults => Err(faults.join("\n").into()),
        }),
        trial("types", Oracle::Go, words::available(), move || {
            judge("types", types::run(&Settings { seed: MUTANTS_SEED, ..settings(MUTANTS) }))
        }),
        trial("constants of package syscall", Oracle::Go, go::available(), || {
            match numbers::check()?.as_slice() {
                [] => Ok(()),
                faults => Err(faults.join("\n").into()),
            }
        }),
        trial("names of the standard library", Oracle::Go, go::available(), || {
            match names::check()?.as_slice() {
                [] => Ok(()),
                faults => Err(faults.join("\n").into()),
            }
        }),
        trial("go [running kernel]", Oracle::Kernel, live, move || {
            judge("go", program::run_on(&settings(PROGRAMS), &[running?]))
        }),
        trial("go [kernel 6.1]", Oracle::Vm, machine, move || {
            judge("go", program::run_on(&settings(PROGRAMS_OF_MACHINE), &[oldest?]))
        }),
        Trial::test("the page of the language is current", || page::check().map_err(Failed::from)),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The program that judges in virtual machines: tests stand in a folder of the one that it is in.
fn guest() -> Result<std::path::PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = own.parent().and_then(|folder| folder.parent()).ok_or("a test without a folder")?;
    Ok(folder.join("gobpf-guest"))
}

/// Does `run` on a stack as large as those of the server's threads: without optimisation the parser's depth needs it.
fn roomy(run: impl FnOnce() -> Result<Outcome, String> + Send + 'static) -> Result<Outcome, String> {
    let thread =
        std::thread::Builder::new().stack_size(64 << 20).spawn(run).map_err(|error| error.to_string())?;
    thread.join().map_err(|_| "the run crashed".to_owned())?
}

fn judge(what: &str, outcome: Result<Outcome, String>) -> Result<(), Failed> {
    let outcome = outcome?;
    if outcome.is_good() {
        println!("{what}: {outcome}");
        return Ok(());
    }
    let Outcome { programs, seed, .. } = outcome;
    let again = format!("cargo xtask diff {what} --programs {programs} --seed {seed} --keep DIR");
    Err(format!("{outcome}\n{}\nagain: {again}", outcome.faults.join("\n")).into())
}
