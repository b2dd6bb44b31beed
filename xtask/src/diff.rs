//! `cargo xtask diff kernel ...`: compares the verifier model with a kernel on random programs.

use std::process::Command;

/// What can be compared with, and the program of the tests' crate that does it.
const PEERS: &[(&str, &str)] = &[("kernel", "gobpf-diff")];

/// Builds the comparison with optimisation and starts it with the other arguments.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let peer = arguments.first().and_then(|name| PEERS.iter().find(|(peer, _)| peer == name));
    let Some((_, program)) = peer else {
        let peers: Vec<&str> = PEERS.iter().map(|(peer, _)| *peer).collect();
        return Err(format!("with what? one of: {}", peers.join(", ")));
    };
    // The guest of the virtual machines is built with it.
    cargo(&["build", "--release", "--quiet", "--package", "gobpf-tests", "--bins"], &[])?;
    let start = ["run", "--release", "--quiet", "--package", "gobpf-tests", "--bin", program, "--"];
    cargo(&start, &arguments[1..])
}

fn cargo(own: &[&str], given: &[String]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let status = command.args(own).args(given).current_dir(super::root()).status();
    let status = status.map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("model and kernel disagree, or could not be compared".into()) }
}
