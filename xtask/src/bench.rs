//! `cargo xtask bench latency`: how long the language server takes; `cargo xtask bench limit`: what programs at the
//! verifier's limits take.

use std::process::Command;

/// What can be measured, and the program of the tests' crate that does it.
const MEASURES: &[(&str, &str)] = &[("latency", "gobpf-latency"), ("limit", "gobpf-limit")];

/// Builds server and measure with optimisation and starts the measure with the other arguments.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let measure = arguments.first().and_then(|name| MEASURES.iter().find(|(measure, _)| measure == name));
    let Some((_, program)) = measure else {
        let measures: Vec<&str> = MEASURES.iter().map(|(measure, _)| *measure).collect();
        return Err(format!("measure what? one of: {}", measures.join(", ")));
    };
    let build =
        ["build", "--release", "--quiet", "--package", "gobpf-lsp", "--package", "gobpf-tests", "--bins"];
    cargo(&build, &[])?;
    let start = ["run", "--release", "--quiet", "--package", "gobpf-tests", "--bin", program, "--"];
    cargo(&start, &arguments[1..])
}

fn cargo(own: &[&str], given: &[String]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let status = command.args(own).args(given).current_dir(super::root()).status();
    let status = status.map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("nothing was measured".into()) }
}
