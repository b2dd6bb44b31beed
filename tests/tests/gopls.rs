//! What programs are written against, and the programs that people read first, show no error and no warning in gopls.

use std::path::Path;
use std::process::ExitCode;

use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{files, go};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let available = go::gopls_available();
    let trials: Vec<Trial> = ["sdk", "examples"]
        .into_iter()
        .map(|name| {
            let run = move || silent(&files::root().join(name));
            trial(name, Oracle::Gopls, available.clone(), run)
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn silent(module: &Path) -> Result<(), Failed> {
    let found = files::walk(module, ".go");
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return Err("there are no Go files".into());
    }
    match go::gopls_check(module, &names)? {
        said if said.trim().is_empty() => Ok(()),
        said => Err(said.into()),
    }
}
