//! `check/*.go` and `check/*.bpf`: files with mistakes, the diagnostics expected at each line, and beside each its
//! rendering for people.

use std::path::Path;
use std::process::ExitCode;

use gobpf_tests::marks;
use gobpf_tests::{cli, files, golden};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = files::folder("check");
    let inputs = [".go", ".bpf"].into_iter().flat_map(|extension| files::walk(&folder, extension));
    let trials = inputs.map(|(name, path)| Trial::test(name.clone(), move || check(&name, &path))).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(name: &str, path: &Path) -> Result<(), Failed> {
    let folder = files::folder("check");
    let marks = marks::read(&files::read(path)?)?;
    let reported = cli::reported(&folder, name)?;
    marks::compare(&marks, &reported)?;
    let rendered = cli::run(&folder, &["--check", "--format", "full", "--color", "never", name])?;
    let text = String::from_utf8_lossy(&rendered.stdout).into_owned();
    golden::compare(&path.with_extension("stderr"), &text)
}
