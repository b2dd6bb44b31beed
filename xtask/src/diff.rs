//! `cargo xtask diff PEER ...`: compares our answers with those of a peer, on programs made at random or by others.

use std::process::Command;

/// Something to compare with: its name, the crate, its features, the program that does it, and that program's first
/// arguments.
struct Peer {
    name: &'static str,
    package: &'static str,
    features: &'static str,
    program: &'static str,
    first: &'static [&'static str],
}

const fn of_language(name: &'static str, first: &'static [&'static str]) -> Peer {
    Peer { name, package: "gobpf-differential", features: "", program: "gobpf-differential", first }
}

const fn of_objects(name: &'static str, first: &'static [&'static str]) -> Peer {
    Peer { name, package: "gobpf-tests", features: "libbpf", program: "gobpf-objects", first }
}

const PEERS: &[Peer] = &[
    Peer { name: "kernel", package: "gobpf-tests", features: "", program: "gobpf-diff", first: &[] },
    of_objects("selftests", &["selftests", "--parity", "compiler/verifier/PARITY.md"]),
    of_objects("others", &["others"]),
    of_objects("objects", &["objects"]),
    of_language("go", &["go"]),
    of_language("syntax", &["syntax"]),
    of_language("types", &["types"]),
];

/// Builds the comparison with optimisation and starts it with the other arguments.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let peer = arguments.first().and_then(|name| PEERS.iter().find(|peer| peer.name == name));
    let Some(peer) = peer else {
        let peers: Vec<&str> = PEERS.iter().map(|peer| peer.name).collect();
        return Err(format!("with what? one of: {}", peers.join(", ")));
    };
    // The guest of the virtual machines is built with it.
    let packages = ["--package", "gobpf-tests", "--package", peer.package, "--features", peer.features];
    cargo(&[&["build", "--release", "--quiet", "--bins"], &packages[..]].concat(), &[])?;
    let features = ["--features", peer.features];
    let start = ["run", "--release", "--quiet", "--package", peer.package, "--bin", peer.program];
    cargo(&[&start[..], &features, &["--"], peer.first].concat(), &arguments[1..])
}

fn cargo(own: &[&str], given: &[String]) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let status = command.args(own).args(given).current_dir(super::root()).status();
    let status = status.map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("answers differ, or could not be compared".into()) }
}
