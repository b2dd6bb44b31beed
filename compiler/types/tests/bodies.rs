//! A package of which earlier versions were checked is what it is to those who have never seen it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use fastrand::Rng;
use gobpf_source::{FileId, SourceText, TextEdit, TextRange};
use gobpf_syntax::SyntaxTree;
use gobpf_types::{Bodies, Checked, Import, Input, Sdk, Side, check, check_with, print};

/// Edits of each file.
const EDITS: usize = 24;

/// All that a check says.
fn said(checked: &Checked) -> String {
    let mut out = print(&checked.package);
    for error in &checked.errors {
        let _ = writeln!(out, "{error:?}");
    }
    let _ = writeln!(out, "{:?} {}", checked.sides, checked.relevant);
    out
}

/// A line twice, none, another name, another digit: most leave the file without a syntax error.
fn edit(text: &str, random: &mut Rng) -> TextEdit {
    let range = |from: usize, to: usize| TextRange::new((from as u32).into(), (to as u32).into());
    let names: Vec<(usize, usize)> = words(text);
    let starts: Vec<usize> =
        text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len()).collect();
    let line = starts[random.usize(..starts.len())];
    let end = line + text[line..].find('\n').map_or(text.len() - line, |length| length + 1);
    match random.usize(..8) {
        0 => TextEdit { range: range(line, end), text: String::new() },
        1 => TextEdit { range: range(line, line), text: text[line..end].to_owned() },
        2 => TextEdit { range: range(0, 0), text: "// More.\n".into() },
        3 => TextEdit { range: range(line, line), text: "\n".into() },
        4 | 5 => {
            let (from, to) = names[random.usize(..names.len())];
            let (other, its_end) = names[random.usize(..names.len())];
            TextEdit { range: range(from, to), text: text[other..its_end].to_owned() }
        }
        _ => {
            let digits: Vec<usize> =
                (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_digit()).collect();
            match digits.is_empty() {
                true => TextEdit { range: range(0, 0), text: "\n".into() },
                false => {
                    let at = digits[random.usize(..digits.len())];
                    TextEdit { range: range(at, at + 1), text: random.usize(..10).to_string() }
                }
            }
        }
    }
}

fn words(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices() {
        match (letter.is_alphanumeric() || letter == '_', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn an_edited_file_is_what_it_is_to_those_who_have_never_seen_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/fixtures", "../../tests/run", "../../tests/check"];
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "go"))
        .collect();
    paths.sort();
    let sdk = Sdk::embedded();
    let imports = |path: &str| match path {
        "github.com/miekg/bpf" => Import::Sdk,
        _ => Import::Standard,
    };
    let (mut versions, mut bodies_seen, mut reused) = (0, 0, 0);
    for (seed, path) in paths.iter().enumerate() {
        let mut text = SourceText::new(&std::fs::read_to_string(path).unwrap());
        let mut tree = SyntaxTree::parse(FileId(0), &text);
        let mut bodies = Bodies::default();
        let mut random = Rng::with_seed(seed as u64);
        let mut undo: Option<TextEdit> = None;
        for turn in 0..EDITS {
            let before = text.to_text();
            let edit = match undo.take().filter(|_| random.usize(..3) > 0) {
                Some(undo) => undo,
                None => edit(&before, &mut random),
            };
            let (from, to) = (usize::from(edit.range.start()), usize::from(edit.range.end()));
            let back = TextRange::new(edit.range.start(), ((from + edit.text.len()) as u32).into());
            undo = Some(TextEdit { range: back, text: before[from..to].to_owned() });
            let applied = [text.apply(&edit)];
            tree.edit(&text, &applied);
            let files = [tree.file().clone()];
            let input =
                Input { files: &files, sdk: &sdk, imports: &imports, packages: &|_| None, target: None };
            let (edited, fresh) = (check_with(input, &mut bodies), check(input));
            assert_eq!(
                said(&edited),
                said(&fresh),
                "{}, edit {turn} of seed {seed}:\n{}",
                path.display(),
                text.to_text()
            );
            versions += 1;
            bodies_seen += fresh.sides.iter().filter(|(_, side)| *side != Side::Native).count();
            reused += bodies.reused();
        }
    }
    println!("{} files, {versions} versions, {bodies_seen} bodies, {reused} of them reused", paths.len());
    assert!(reused * 3 > bodies_seen, "{reused} of {bodies_seen} bodies were reused");
}
