//! `codegen/*.go`: programs, and beside each the instructions that it becomes.

use std::process::ExitCode;

use gobpf_tests::{cli, files, golden};
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = files::folder("codegen");
    let trials = files::walk(&folder, ".go").into_iter().map(|(name, path)| {
        let folder = folder.clone();
        Trial::test(name.clone(), move || {
            let text = cli::stdout(&folder, &["--emit", "asm", &name], 0)?;
            golden::compare(&path.with_extension("asm"), &text)
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}
