//! Collects the Go files of `sdk/` into one table, so that `--init` can write them without the repository.

#![allow(clippy::panic)] // a build script stops by panicking

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let sdk = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../sdk");
    println!("cargo::rerun-if-changed={}", sdk.display());
    let mut rows = String::new();
    let mut names: Vec<_> = fs::read_dir(&sdk)
        .unwrap_or_else(|error| panic!("{}: {error}", sdk.display()))
        .map(|entry| entry.expect("a readable entry").file_name().into_string().expect("a UTF-8 name"))
        .filter(|name| name.ends_with(".go") && !name.ends_with("_test.go"))
        .collect();
    names.sort();
    for name in names {
        let path = sdk.join(&name);
        writeln!(rows, "({name:?}, include_str!({path:?})),").expect("a string");
    }
    let out = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("sdk.rs");
    let table =
        format!("/// The SDK's Go files: name and text.\npub const FILES: &[(&str, &str)] = &[\n{rows}];\n");
    fs::write(out, table).expect("a writable OUT_DIR");
}
