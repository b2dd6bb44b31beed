//! The real binary, `gobpf-lsp`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use crate::files;
use crate::marks::Reported;

/// The binary: the one that `GOBPF_LSP` names, else built from what is in the tree now, in the target folder and the
/// profile of this test.
pub fn binary() -> Result<&'static Path, String> {
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    BINARY.get_or_init(build).as_deref().map_err(Clone::clone)
}

/// The binary that was built beside this program.
pub fn beside() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = own.with_file_name("gobpf-lsp");
    if path.is_file() { Ok(path) } else { Err(format!("{} is not built", path.display())) }
}

fn build() -> Result<PathBuf, String> {
    if let Some(binary) = std::env::var_os("GOBPF_LSP") {
        return Ok(PathBuf::from(binary));
    }
    let test = std::env::current_exe().map_err(|error| format!("where is this test? {error}"))?;
    // target/PROFILE/deps/TEST
    let profile = test.parent().and_then(Path::parent).ok_or("this test runs outside of a target folder")?;
    let target = profile.parent().ok_or("this test runs outside of a target folder")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Asked for in this way, the binary and its dependencies are those that `cargo test --workspace` has just built:
    // an integration test of the server depends on the binary, and features are those of the whole workspace's tests.
    command.args(["test", "--quiet", "--no-run", "--workspace", "--test", "commands"]);
    command.arg("--target-dir").arg(target).current_dir(files::root());
    if profile.file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    let output = command.output().map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("building gobpf-lsp: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(profile.join("gobpf-lsp"))
}

/// Runs the binary with `arguments` in `folder`, without colours.
pub fn run(folder: &Path, arguments: &[&str]) -> Result<Output, String> {
    let mut command = Command::new(binary()?);
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1");
    command.output().map_err(|error| format!("gobpf-lsp: {error}"))
}

/// Standard output of a run that must exit with `code`; else an error with all that was said.
pub fn stdout(folder: &Path, arguments: &[&str], code: i32) -> Result<String, String> {
    let output = run(folder, arguments)?;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.code() == Some(code) {
        return Ok(out.into_owned());
    }
    let arguments = arguments.join(" ");
    Err(format!("gobpf-lsp {arguments}: {} where exit code {code} was expected\n{out}{err}", output.status))
}

/// The diagnostics of `--check FILE`, which must say by its exit code whether there are any.
pub fn reported(folder: &Path, file: &str) -> Result<Vec<Reported>, String> {
    let output = run(folder, &["--check", "--format", "json-lines", file])?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!("gobpf-lsp --check {file}: {}\n{text}{said}", output.status));
    }
    text.lines().map(read_record).collect()
}

/// Reads a line of `--format json-lines`.
fn read_record(line: &str) -> Result<Reported, String> {
    let record: Value = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
    let text =
        |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_string();
    let mut message = text("/message");
    let kernel = text("/kernel/text");
    if !kernel.is_empty() {
        message = format!("{message}\n{kernel}");
    }
    let line = record.pointer("/start/line").and_then(Value::as_u64).unwrap_or(0) as u32;
    Ok(Reported { line, severity: text("/severity"), code: text("/code"), message })
}
