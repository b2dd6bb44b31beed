//! Go files with the HIR or the errors that they give. `UPDATE_EXPECT=1` writes the expectation anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use expect_test::expect_file;
use gobpf_source::{Encoding, FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_types::{Import, Input, Sdk, check, print};

/// Problems, one a line with their labels, then the HIR where there are none.
fn render(text: &str) -> String {
    let source = SourceText::new(text);
    let tree = SyntaxTree::parse(FileId(0), &source);
    assert!(tree.diagnostics().is_empty(), "{:?}", tree.diagnostics());
    let files = [tree.file().clone()];
    let imports = |path: &str| match path {
        "github.com/miekg/bpf" => Import::Sdk,
        _ => Import::Standard,
    };
    let sdk = Sdk::embedded();
    let checked =
        check(Input { files: &files, sdk: &sdk, imports: &imports, packages: &|_| None, target: None });
    let mut out = String::new();
    let at = |span: gobpf_source::Span| {
        let position = source.position(span.range.start(), Encoding::Utf8);
        format!("{}:{}", position.line + 1, position.column + 1)
    };
    for error in &checked.errors {
        let diagnostic = error.to_diagnostic(&|place| files[0].span(place));
        let _ = writeln!(out, "{} {} {}", at(diagnostic.primary), diagnostic.code, diagnostic.message);
        for label in &diagnostic.labels {
            let _ = writeln!(out, "    {} {}", at(label.span), label.message);
        }
    }
    if checked.errors.is_empty() {
        out.push_str(&print(&checked.package));
    }
    out
}

fn fixture(path: &str, name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(path)).unwrap();
    expect_file![root.join(format!("tests/fixtures/{name}.txt"))].assert_eq(&render(&text));
}

#[test]
fn examples() {
    for name in ["helloworld", "opencount", "rejected", "xdpdrop"] {
        fixture(&format!("../../examples/{name}/{name}.go"), name);
    }
}

#[test]
fn language() {
    fixture("tests/fixtures/language.go", "language");
}

#[test]
fn errors_are_those_of_go() {
    fixture("tests/fixtures/go_errors.go", "go_errors");
}

#[test]
fn provenance() {
    fixture("tests/fixtures/provenance.go", "provenance");
    fixture("tests/fixtures/memory.go", "memory");
}

#[test]
fn strings_slices_and_jumps() {
    for name in ["strings", "slices", "jumps", "standard", "gomaps", "buffers"] {
        fixture(&format!("tests/fixtures/{name}.go"), name);
    }
}

/// Programs that run.
#[test]
fn functions_and_generics() {
    for name in ["closures", "iterators", "generics", "callbacks", "stored"] {
        fixture(&format!("../../tests/run/{name}.go"), name);
    }
}

#[test]
fn printk() {
    fixture("tests/fixtures/printk.go", "printk");
}

#[test]
fn directives() {
    fixture("tests/fixtures/directives.go", "directives");
}

/// Other packages of the module: functions, methods, types, constants and variables of theirs.
#[test]
fn packages() {
    let text = r#"package probe

import (
	"example.com/m/net"

	"github.com/miekg/bpf"
)

//bpf:section xdp
func Filter(ctx *bpf.XDP) bpf.XDPAction {
	h, ok := net.Parse(ctx.Data())
	if !ok || h.Kind() == net.IPv4 {
		net.Dropped++
		return bpf.XDPDrop
	}
	return bpf.XDPAction(h.Port)
}
"#;
    let other = r#"package net

import "encoding/binary"

const IPv4 = 0x0800

var Dropped uint64

type Header struct {
	Port uint16
	kind uint16
}

func (h Header) Kind() uint16 { return h.kind }

func Parse(p []byte) (Header, bool) {
	if len(p) < 14 {
		return Header{}, false
	}
	return Header{Port: uint16(p[0]), kind: binary.BigEndian.Uint16(p[12:])}, true
}

func Native() any { return make(chan int) }
"#;
    let parse = |id: u32, text: &str| SyntaxTree::parse(FileId(id), &SourceText::new(text)).file().clone();
    let files = [parse(0, text)];
    let package: gobpf_types::PackageFiles = std::sync::Arc::from([parse(1, other)]);
    let imports = |path: &str| match path {
        "github.com/miekg/bpf" => Import::Sdk,
        "example.com/m/net" => Import::Other,
        _ => Import::Standard,
    };
    let packages = |path: &str| (path == "example.com/m/net").then(|| package.clone());
    let sdk = Sdk::embedded();
    let input = Input { files: &files, sdk: &sdk, imports: &imports, packages: &packages, target: None };
    let checked = check(input);
    assert!(checked.errors.is_empty(), "{:?}", checked.errors);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    expect_file![root.join("tests/fixtures/packages.txt")].assert_eq(&print(&checked.package));
}
