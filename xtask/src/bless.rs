//! `cargo xtask bless FILE...`: runs the tests of these data files with leave to rewrite what they expect. The difference
//! in version control is what gets reviewed.

use std::path::Path;
use std::process::Command;

/// The folders of data that can be blessed, each with the test target that reads it.
const TARGETS: &[&str] = &["check", "clang", "codegen", "verifier"];

/// Rewrites the expectations of `files`, which are data files or whole folders under `tests/`.
pub fn run(files: &[String]) -> Result<(), String> {
    if files.is_empty() {
        return Err("which files? such as tests/check/nil.go, or a folder such as tests/verifier".into());
    }
    files.iter().try_for_each(|file| bless(file))
}

fn bless(file: &str) -> Result<(), String> {
    let path = Path::new(file).canonicalize().map_err(|error| format!("{file}: {error}"))?;
    let data = super::root().join("tests");
    let inside = path.strip_prefix(&data).map_err(|_| format!("{file}: not under {}", data.display()))?;
    let mut parts = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    let target = parts.next().unwrap_or_default();
    if !TARGETS.contains(&target.as_str()) {
        return Err(format!("{file}: nothing to bless in `{target}`, only in {}", TARGETS.join(", ")));
    }
    let name = parts.collect::<Vec<_>>().join("/");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--package", "gobpf-tests", "--test", &target, "--"]).current_dir(super::root());
    command.env("GOBPF_BLESS", "1");
    if !name.is_empty() {
        command.args(["--exact", &name]);
    }
    let status = command.status().map_err(|error| format!("cargo test: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{file}: not everything could be blessed")) }
}
