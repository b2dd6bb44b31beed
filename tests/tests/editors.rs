//! The real editors with the real binary: scripts in `editors/` that exit with 77 when there is nothing to test with.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{cli, files};
use libtest_mimic::{Arguments, Failed};

/// Each editor's script, which takes the path of the binary.
const EDITORS: [(Oracle, &str); 2] =
    [(Oracle::Nvim, "editors/nvim/test/run.sh"), (Oracle::Vscode, "editors/vscode/e2e/run.sh")];

/// The exit code of a script that misses something.
const MISSING: i32 = 77;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = EDITORS.map(|(editor, script)| {
        let script = files::root().join(script);
        trial(editor.name(), editor, available(script.clone()), move || run(script))
    });
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

/// What the script says of the machine before it looks at the binary, which is not there.
fn available(script: PathBuf) -> Result<(), String> {
    let output = Command::new(&script).arg("/nonexistent/gobpf-lsp").output();
    let output = output.map_err(|error| format!("{}: {error}", script.display()))?;
    if output.status.code() != Some(MISSING) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Err(said.lines().last().unwrap_or("something is missing").to_string())
}

fn run(script: PathBuf) -> Result<(), Failed> {
    let output = Command::new(&script).arg(cli::binary()?).output()?;
    if output.status.success() {
        return Ok(());
    }
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("{}: {}\n{out}{err}", script.display(), output.status).into())
}
