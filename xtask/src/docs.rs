//! `cargo xtask docs`: writes the pages that are made from data.

use std::process::Command;

/// Writes `tests/LANGUAGE.md` from the grammar and the fixtures.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("`{argument}`: no arguments are known"));
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "run",
        "--quiet",
        "--package",
        "gobpf-differential",
        "--bin",
        "gobpf-differential",
        "--",
        "page",
    ]);
    let status = command.current_dir(super::root()).status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err("the page is written, but a production is shown by no fixture".into())
    }
}
