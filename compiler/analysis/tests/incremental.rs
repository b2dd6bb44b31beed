//! A document that was edited says what a fresh one with the same text says, whatever its caches hold.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use gobpf_analysis::{Cancel, Document, Emit, Options, Snapshot};
use gobpf_source::{FileId, TextEdit, TextRange};

/// Edits of each file.
const EDITS: u64 = 60;
/// Files with more bytes take too long without optimisation.
const FILE_LIMIT: usize = 6000;

/// All that a version says.
fn said(snapshot: &Snapshot) -> String {
    let cancel = Cancel::new();
    let analysis = snapshot.analyse(&cancel).unwrap();
    let texts = [Emit::Ir, Emit::Asm, Emit::Verdict]
        .map(|emit| format!("{:?}", snapshot.emit(emit, &cancel).map(String::from_utf8)));
    format!("{:?}\n{:?}\n{}", analysis.diagnostics, analysis.object, texts.join("\n"))
}

/// An edit of a kind that people make, and some that they don't finish.
fn edit(text: &str, random: &mut Rng) -> TextEdit {
    let digits: Vec<usize> = (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_digit()).collect();
    let lines: Vec<usize> =
        text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
    let range = |from: usize, to: usize| TextRange::new((from as u32).into(), (to as u32).into());
    let line = lines[random.usize(..lines.len())];
    match random.usize(..6) {
        0 => TextEdit { range: range(0, 0), text: "// More.\n".into() },
        1 => TextEdit { range: range(line, line), text: "\n".into() },
        2 => {
            let end = line + text[line..].find('\n').map_or(text.len() - line, |length| length + 1);
            TextEdit { range: range(line, end), text: String::new() }
        }
        3 => TextEdit { range: range(line, line), text: "func f() {\n".into() },
        _ => {
            let at = digits[random.usize(..digits.len())];
            TextEdit { range: range(at, at + 1), text: random.usize(..10).to_string() }
        }
    }
}

#[test]
fn edits_and_their_undoing_say_what_a_fresh_document_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/run");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut compared = 0;
    for (number, path) in files.iter().enumerate() {
        let first = std::fs::read_to_string(path).unwrap();
        if first.len() > FILE_LIMIT {
            continue;
        }
        let options = Arc::new(Options::default());
        let fresh = |text: &str| Document::open(FileId(0), "a.go", text, None, Arc::clone(&options));
        let mut document = fresh(&first);
        let mut random = Rng::with_seed(number as u64);
        let mut before: Option<String> = None;
        for turn in 0..EDITS {
            let text = document.text().to_text();
            match before.take().filter(|_| random.usize(..2) == 0) {
                Some(before) => document.replace(&before, None),
                None => document.edit(&[edit(&text, &mut random)], None),
            }
            before = Some(text);
            let now = document.text().to_text();
            let (edited, anew) = (said(&document.snapshot()), said(&fresh(&now).snapshot()));
            assert_eq!(edited, anew, "{}, edit {turn} of seed {number}:\n{now}", path.display());
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared} versions were compared");
}
