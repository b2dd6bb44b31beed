//! Commands that a transcript can't show well: what is written to disk, and pages with fences of their own.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gobpf-lsp")).current_dir(dir).args(arguments).output();
    let Output { status, stdout, stderr } = output.unwrap();
    let said = [stdout, stderr].concat();
    (status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[test]
fn the_sdk_is_put_into_the_module_once_and_never_over_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (status, said) = run(dir.path(), &["--init"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("go mod init"), "{said}");

    fs::write(dir.path().join("go.mod"), "module example.com/demo\n\ngo 1.23\n").unwrap();
    fs::create_dir(dir.path().join("cmd")).unwrap();
    let (status, said) = run(&dir.path().join("cmd"), &["--init"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("import \"example.com/demo/internal/bpf\""), "{said}");
    let doc = dir.path().join("internal/bpf/doc.go");
    let written = fs::read_to_string(&doc).unwrap();
    assert!(written.contains("//bpf:sdk"));

    let (status, said) = run(dir.path(), &["--init"]);
    assert_eq!((status, said.contains("there already")), (0, true), "{said}");

    fs::write(&doc, "package bpf\n").unwrap();
    let (status, said) = run(dir.path(), &["--init"]);
    assert_eq!((status, said.contains("doc.go is there and differs")), (2, true), "{said}");
    assert_eq!(fs::read_to_string(&doc).unwrap(), "package bpf\n");
    assert_eq!(run(dir.path(), &["--init", "--force"]).0, 0);
    assert_eq!(fs::read_to_string(&doc).unwrap(), written);
}

#[test]
fn pages_are_printed_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (status, said) = run(dir.path(), &["--explain", "gb0101"]);
    assert_eq!(status, 0);
    assert!(said.starts_with("# GB0101: ") && said.contains("## Fix"), "{said}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gobpf-lsp"))
        .args(["--explain", "GB0101"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true));
}
