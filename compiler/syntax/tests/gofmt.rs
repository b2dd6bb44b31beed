//! The verdict on a file, and the line of its first error, are those of Go's own parser: `gofmt -e`, where it is
//! installed, on files that were changed at random.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;

const FILES: [&str; 2] = [include_str!("data/probe.go"), include_str!("data/language.go")];

const PIECES: [&str; 36] = [
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
    ".",
    "...",
    ":=",
    "=",
    "+",
    "*",
    "<-",
    "~",
    "|",
    "func",
    "type",
    "var",
    "if",
    "for",
    "range",
    "case",
    "struct",
    "interface",
    "0x",
    "1_",
    "\"",
    "`",
    "'",
    "/*",
    "\n",
    "#",
    "\u{feff}",
];

/// What our messages say that gofmt leaves to the type checker and the Go compiler refuses as well.
const STRICTER: [&str; 3] =
    ["use of .(type) outside type switch", "method has no receiver", "method has multiple receivers"];

/// The first error line of each file, by name.
fn gofmt(folder: &Path) -> Option<HashMap<String, u32>> {
    let output = Command::new("gofmt").arg("-e").arg("-l").arg(folder).output().ok()?;
    let prefix = format!("{}/", folder.display());
    let mut lines = HashMap::new();
    for error in String::from_utf8_lossy(&output.stderr).lines() {
        let mut parts = error.strip_prefix(&prefix).unwrap_or_default().split(':');
        let (Some(name), Some(line)) = (parts.next(), parts.next()) else { continue };
        if let Ok(line) = line.parse() {
            lines.entry(name.to_string()).or_insert(line);
        }
    }
    Some(lines)
}

fn mutate(base: &str, mut below: impl FnMut(usize) -> usize) -> String {
    let starts: Vec<usize> = base.char_indices().map(|(at, _)| at).collect();
    let start = starts[below(starts.len())];
    let end = starts[(starts.partition_point(|at| *at < start) + below(6)).min(starts.len() - 1)];
    match below(4) {
        0 => base[..start].to_string(),
        1 => base[..start].to_string() + &base[end..],
        2 => base[..start].to_string() + PIECES[below(PIECES.len())] + &base[end..],
        _ => format!("{} {} {}", &base[..start], PIECES[below(PIECES.len())], &base[start..]),
    }
}

#[test]
fn verdicts_and_lines_are_those_of_gofmt() {
    let seed = match std::env::var("GOBPF_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1,
    };
    println!("GOBPF_SEED={seed}");
    let mut state = seed;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % bound.max(1) as u64) as usize
    };
    let folder = tempfile::tempdir().unwrap();
    let mut texts = Vec::new();
    for index in 0..600 {
        let text = mutate(FILES[index % FILES.len()], &mut below);
        let name = format!("m{index}.go");
        std::fs::write(folder.path().join(&name), &text).unwrap();
        texts.push((name, text));
    }
    let Some(expected) = gofmt(folder.path()) else {
        let required =
            std::env::var("GOBPF_REQUIRE").is_ok_and(|list| list.split(',').any(|name| name == "go"));
        assert!(!required, "gofmt is not installed, and GOBPF_REQUIRE names go");
        println!("skipped: gofmt is not installed");
        return;
    };
    let mut other_lines = Vec::new();
    let mut peer = tree_sitter::Parser::new();
    peer.set_language(&tree_sitter_go::LANGUAGE.into()).unwrap();
    let (mut passed, mut refused) = (0, 0);
    for (name, text) in &texts {
        let source = SourceText::new(text);
        let tree = SyntaxTree::parse(FileId(0), &source);
        let stricter = |message: &str| STRICTER.iter().any(|text| message.starts_with(text));
        let code = gobpf_diagnostics::codes::GB0101;
        let mut errors = tree.diagnostics().iter().filter(|found| found.code == code);
        if errors.clone().any(|found| stricter(&found.message)) {
            continue;
        }
        let first = errors.next();
        let line = first.map(|found| source.line_of(found.primary.range.start()) + 1);
        let theirs = expected.get(name).copied();
        match (theirs, peer.parse(text, None).unwrap().root_node().has_error()) {
            (Some(_), false) => passed += 1,
            (None, true) => refused += 1,
            _ => {}
        }
        assert_eq!(
            theirs.is_some(),
            first.is_some(),
            "seed {seed}: gofmt says {theirs:?}, we {:#?}\n{text}",
            tree.diagnostics()
        );
        if line != theirs {
            other_lines.push((name, theirs, line));
        }
    }
    println!("{} files, {} with errors, other lines: {other_lines:?}", texts.len(), expected.len());
    println!(
        "tree-sitter-go: {passed} of the {} with errors passed, {refused} others refused",
        expected.len()
    );
    assert!(other_lines.len() <= texts.len() / 200, "seed {seed}: {other_lines:?}");
}
