//! An edited tree equals a fresh one, and keeps what the edit did not touch.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use fastrand::Rng;
use gobpf_source::{FileId, SourceText, TextEdit, TextRange, TextSize};
use gobpf_syntax::{SyntaxTree, print};

const FILES: [&str; 3] = [
    include_str!("data/probe.go"),
    include_str!("data/language.go"),
    "// only a comment\n\n/* and\nanother */ package x // trailing\nvar a = 1; var b = 2\nfunc f() {} /* x */ func g() {}\n",
];

/// What is typed at random places: what opens, closes and separates, and what begins declarations.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "(",
    ")",
    "\"",
    "`",
    "'",
    "/*",
    "*/",
    "//",
    "\n",
    "\r\n",
    ";",
    ",",
    ":=",
    "=",
    "+",
    "func ",
    "func f() {\n",
    "\nfunc g(x int) int {\n\treturn x\n}\n",
    "\nvar y = 2\n",
    "type T struct {",
    "import \"x\"\n",
    "package p\n",
    "ö",
    "世界",
    "\u{feff}",
    "\0",
    "//bpf:section xdp\n",
    "// bpf:section xdp\n",
    "//bpf:nonsense\n",
    ".",
    "x",
    " ",
    "\t",
    "if x {",
    "[",
    "]",
    "\nconst (\n\tq = iota\n)\n",
    "case 1:",
];

fn seed() -> u64 {
    match std::env::var("GOBPF_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 | 1,
    }
}

fn edit(start: u32, end: u32, text: &str) -> TextEdit {
    TextEdit { range: TextRange::new(TextSize::new(start), TextSize::new(end)), text: text.to_string() }
}

fn random_edit(random: &mut Rng, length: u32) -> TextEdit {
    let start = random.usize(..length as usize + 1) as u32;
    let removed = match random.usize(..4) {
        0 => random.usize(..80) as u32,
        1 => random.usize(..4) as u32,
        _ => 0,
    };
    let text = if random.usize(..4) == 0 { "" } else { PIECES[random.usize(..PIECES.len())] };
    edit(start, (start + removed).min(length), text)
}

#[test]
fn an_edited_tree_equals_a_fresh_one() {
    let seed = seed();
    println!("GOBPF_SEED={seed}");
    let mut random = Rng::with_seed(seed);
    for round in 0..60 {
        let base = FILES[round % FILES.len()];
        let base = if round % 2 == 0 { base.to_string() } else { base.replace('\n', "\r\n") };
        let mut text = SourceText::new(&base);
        let mut tree = SyntaxTree::parse(FileId(1), &text);
        for step in 0..40 {
            let mut applied = Vec::new();
            let mut inverse = Vec::new();
            for _ in 0..=random.usize(..3) {
                let change = random_edit(&mut random, text.len());
                let before = text.clone();
                let done = text.apply(&change);
                let removed =
                    before.slice(TextRange::new(TextSize::new(done.start), TextSize::new(done.old_end)));
                inverse.push(edit(done.start, done.new_end, &removed));
                applied.push(done);
            }
            tree.edit(&text, &applied);
            compare(&tree, &text, &format!("seed {seed} round {round} step {step}"));
            if random.usize(..2) == 0 {
                let undone: Vec<_> = inverse.iter().rev().map(|change| text.apply(change)).collect();
                tree.edit(&text, &undone);
                compare(&tree, &text, &format!("seed {seed} round {round} step {step} undone"));
            }
        }
    }
}

fn compare(tree: &SyntaxTree, text: &SourceText, when: &str) {
    let fresh = SyntaxTree::parse(FileId(1), text);
    assert!(
        tree.file() == fresh.file() && tree.diagnostics() == fresh.diagnostics(),
        "{when}\n--- text\n{}\n--- incremental\n{}{:#?}\n--- fresh\n{}{:#?}",
        text.to_text(),
        print::file(tree.file()),
        tree.diagnostics(),
        print::file(fresh.file()),
        fresh.diagnostics(),
    );
}

#[test]
fn untouched_declarations_are_kept() {
    let mut text = SourceText::new(FILES[0]);
    let mut tree = SyntaxTree::parse(FileId(1), &text);
    let before = Arc::clone(tree.file());
    let at = FILES[0].find("dropped += 2").unwrap() as u32;
    let applied = text.apply(&edit(at, at, "\n\n\tpid++\n"));
    tree.edit(&text, &[applied]);
    let kept: Vec<bool> = before
        .decls
        .iter()
        .zip(&tree.file().decls)
        .map(|(old, new)| Arc::ptr_eq(&old.decl, &new.decl))
        .collect();
    let changed = kept.iter().position(|kept| !kept).unwrap();
    assert_eq!(kept.iter().filter(|kept| !**kept).count(), 1, "{kept:?}");
    assert_eq!(tree.work().lowered, 1);
    assert_eq!(tree.work().reused as usize, kept.len() - 1);
    assert!(tree.work().bytes < 1000, "{:?}", tree.work());
    assert!(tree.file().decls[changed + 1].start > before.decls[changed + 1].start);
}

#[test]
fn a_line_above_everything_moves_all_and_changes_nothing() {
    let mut text = SourceText::new(FILES[1]);
    let mut tree = SyntaxTree::parse(FileId(1), &text);
    let before = Arc::clone(tree.file());
    let applied = text.apply(&edit(0, 0, "// a comment\n\n"));
    tree.edit(&text, &[applied]);
    for (old, new) in before.decls.iter().zip(&tree.file().decls).skip(1) {
        assert!(Arc::ptr_eq(&old.decl, &new.decl));
    }
    assert_eq!(tree.work().lowered, 1);
}

#[test]
fn an_error_stays_in_its_declaration() {
    let mut text = SourceText::new(FILES[0]);
    let mut tree = SyntaxTree::parse(FileId(1), &text);
    let count = tree.file().decls.len();
    for (find, insert) in [("atomic.Add", "x.. "), ("return bpf.XDPDrop", "if {{ "), ("p := ctx", "foo(a, ")]
    {
        let at = text.to_text().find(find).unwrap() as u32;
        let applied = text.apply(&edit(at, at, insert));
        tree.edit(&text, &[applied]);
        assert!(!tree.diagnostics().is_empty());
        assert_eq!(tree.file().decls.len(), count, "{insert}\n{}", print::file(tree.file()));
        let undone = text.apply(&edit(at, at + insert.len() as u32, ""));
        tree.edit(&text, &[undone]);
        assert!(tree.diagnostics().is_empty());
    }
}
