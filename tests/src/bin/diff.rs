//! Compares the verifier model with a kernel on random programs; `cargo xtask diff kernel` builds and starts it.

use std::path::PathBuf;
use std::process::ExitCode;

use gobpf_tests::answer::DIALECTS;
use gobpf_tests::diff::{self, Judge, Options};
use gobpf_tests::{kernel, vm};

const USAGE: &str = "usage: gobpf-diff [--programs N] [--seed S] [--dialect 6.1|6.12|6.18] [--keep DIR] [--only NUMBER] [--threads N]";
/// How many programs where nothing is said.
const PROGRAMS: u64 = 2000;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("gobpf-diff: {why}");
            ExitCode::from(2)
        }
    }
}

/// Whether the model said what the kernel says, on programs that cover enough.
fn run(arguments: impl Iterator<Item = String>) -> Result<bool, String> {
    let (options, judge) = read(arguments)?;
    std::fs::create_dir_all(&options.keep).map_err(|error| format!("{}: {error}", options.keep.display()))?;
    println!("disagreements go to {}; seed {}", options.keep.display(), options.seed);
    if let Some(only) = options.only {
        print!("{}", diff::shown(&options, only));
    }
    let outcome = diff::run(&options, &judge)?;
    print!("{outcome}");
    let missed = outcome.coverage.missed();
    for missed in &missed {
        println!("covered too little: {missed}");
    }
    println!("{}", outcome.line(options.seed));
    Ok(outcome.tally.is_right() && missed.is_empty())
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<(Options, Judge), String> {
    let (mut programs, mut seed, mut only, mut keep, mut dialect) = (PROGRAMS, None, None, None, None);
    let mut threads = std::thread::available_parallelism().map_or(1, usize::from);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| format!("{option} {value}: not a number\n{USAGE}"));
        match option.as_str() {
            "--programs" => programs = number()?,
            "--seed" => seed = Some(number()?),
            "--threads" => threads = number()? as usize,
            "--only" => only = Some(number()?),
            "--keep" => keep = Some(PathBuf::from(&value)),
            "--dialect" => dialect = Some(value),
            _ => return Err(USAGE.into()),
        }
    }
    let found = DIALECTS.iter().find(|(name, _)| match &dialect {
        Some(wanted) => wanted == name,
        None => kernel::is_running(name),
    });
    let Some((name, dialect)) = found else {
        return Err(format!("which dialect? the running kernel is {}\n{USAGE}", kernel::release()));
    };
    let judge = if kernel::is_running(name) {
        kernel::available()?;
        Judge::Live { guest: beside("gobpf-guest")? }
    } else {
        let kernel = vm::KERNELS.into_iter().find(|kernel| kernel == name);
        let kernel = kernel.ok_or_else(|| format!("{name} is neither the running kernel nor a VM's"))?;
        vm::available(kernel)?;
        Judge::Vm { kernel, guest: beside("gobpf-guest")? }
    };
    let seed = seed.unwrap_or_else(diff::fresh_seed);
    let keep = keep.unwrap_or_else(|| std::env::temp_dir().join(format!("gobpf-diff-{name}-{seed}")));
    Ok((
        Options { programs, seed, dialect: *dialect, keep, only, threads, thorough: true, progress: true },
        judge,
    ))
}

/// A program that was built with this one.
fn beside(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = own.with_file_name(name);
    if path.is_file() { Ok(path) } else { Err(format!("{} is not built", path.display())) }
}
