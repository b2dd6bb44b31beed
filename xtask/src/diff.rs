//! `cargo xtask diff PEER ...`: compares our answers with those of a peer, on programs made at random.

use std::process::Command;

/// Something to compare with: its name, the crate and the program that does it, and whether that takes the name as its
/// first argument.
struct Peer {
    name: &'static str,
    package: &'static str,
    program: &'static str,
    named: bool,
}

const PEERS: &[Peer] = &[
    Peer { name: "kernel", package: "gobpf-tests", program: "gobpf-diff", named: false },
    Peer { name: "go", package: "gobpf-differential", program: "gobpf-differential", named: true },
    Peer { name: "syntax", package: "gobpf-differential", program: "gobpf-differential", named: true },
    Peer { name: "types", package: "gobpf-differential", program: "gobpf-differential", named: true },
];

/// Builds the comparison with optimisation and starts it with the other arguments.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let peer = arguments.first().and_then(|name| PEERS.iter().find(|peer| peer.name == name));
    let Some(peer) = peer else {
        let peers: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
        return Err(format!("with what? one of: {}", peers.join(", ")));
    };
    // The guest of the virtual machines is built with it.
    let packages = ["--package", "gobpf-tests", "--package", peer.package];
    cargo(&[&["build", "--release", "--quiet", "--bins"], &packages[..]].concat(), &[])?;
    let start = ["run", "--release", "--quiet", "--package", peer.package, "--bin", peer.program, "--"];
    let named: &[&str] = if peer.named { &[peer.name] } else { &[] };
    cargo(&[&start[..], named].concat(), &arguments[1..])
}

fn cargo(own: &[&str], given: &[String]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let status = command.args(own).args(given).current_dir(super::root()).status();
    let status = status.map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("answers differ, or could not be compared".into()) }
}
