//! Files changed at random, judged by our parser and by Go's, the way `gofmt -e` calls it: the same verdict, and the same
//! line of the first error.
//!
//! The first error of Go's parser is either the topmost one or the one that it meets first. After an error it goes on in the
//! midst of things and reports what it then finds wrong with what began above, such as `expected 1 expression`; we say
//! nothing that follows from another error. `gofmt -e` sorts its errors, so its parser is built without that.

mod corpus;
mod mutate;
mod pieces;
mod tokens;

use std::collections::BTreeMap;

use gobpf_diagnostics::codes;
use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_tests::files;
use gobpf_tests::generate::rng::Rng;

use crate::gopher::{Gopher, library};
use crate::settings::{Outcome, Settings};
pub use corpus::Corpus;

const ORACLE: &str = include_str!("../../go/parse/main.go");
/// Files that are judged together.
const LOT: usize = 512;
/// Differences that are shown at most.
const MOST_SHOWN: usize = 60;

/// Said where nothing more is read.
const DEEP: &str = "nested too deeply";

/// Deliberate differences: what our parser reports and gofmt leaves to the type checker; the Go compiler, whose parser is
/// another one, refuses all of it.
const STRICTER: [(&str, &str); 4] = [
    (DEEP, "400 levels are read, where Go's parser reads 100,000: editors have small stacks"),
    ("use of .(type) outside type switch", "go/parser leaves it to go/types; the compiler's parser has it"),
    ("method has no receiver", "go/parser leaves it to go/types; the compiler's parser has it"),
    ("method has multiple receivers", "go/parser leaves it to go/types; the compiler's parser has it"),
];

/// The first error of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
struct First {
    /// Of the one that the parser meets first, counted from 1.
    line: u32,
    /// Of the topmost one.
    topmost: u32,
    words: String,
}

impl First {
    fn lines(&self) -> [u32; 2] {
        [self.line, self.topmost]
    }
}

/// Where go/parser sorts its errors, and how.
const SORTING: (&str, &str) = ("go/parser/interface.go", "p.errors.Sort()");

/// What we say: the first error that gofmt should have as well, and the lines of those that it leaves to others. The
/// rest of a file that is nested too deeply is not judged.
struct Ours {
    first: Option<First>,
    stricter: Vec<u32>,
    deep: bool,
}

/// Judges `settings.programs` files.
///
/// # Errors
/// Go can't be asked, or a file can't be written.
pub fn run(settings: &Settings) -> Result<Outcome, String> {
    let corpus = Corpus::read()?;
    let mut oracle = Gopher::start(ORACLE, &[], Some((SORTING.0, unsorted()?)))?;
    let mut outcome = Outcome { seed: settings.seed, ..Outcome::default() };
    let mut ways: BTreeMap<String, u64> = BTreeMap::new();
    let (mut refused, mut shown) = (0u64, 0);
    let numbers: Vec<u64> = settings.numbers().collect();
    for lot in numbers.chunks(LOT) {
        let texts: Vec<String> = lot.iter().map(|number| file(&corpus, settings.seed, *number)).collect();
        oracle.ask(&texts)?;
        let ours: Vec<Ours> = texts.iter().map(|text| ask_ours(text)).collect();
        for ((number, text), ours) in lot.iter().zip(&texts).zip(&ours) {
            let theirs = answer(&mut oracle)?;
            outcome.programs += 1;
            refused += u64::from(theirs.is_some());
            if agree(ours, theirs.as_ref()) {
                continue;
            }
            outcome.differences += 1;
            outcome.verdicts += u64::from(ours.first.is_some() != theirs.is_some());
            let way = way(ours.first.as_ref(), theirs.as_ref());
            let count = ways.entry(way).or_default();
            *count += 1;
            if *count <= 3 && shown < MOST_SHOWN {
                shown += 1;
                println!("file {number}: gofmt {}, ours {}", say(theirs.as_ref()), say(ours.first.as_ref()));
                let kept = settings.keep(&format!("syntax-{}-{number}.go", settings.seed), text)?;
                show(text, kept.is_none().then_some(()).and(theirs.as_ref().or(ours.first.as_ref())));
            }
        }
        if settings.progress {
            eprintln!("{} of {}: {}", outcome.programs, numbers.len(), outcome.differences);
        }
    }
    for (way, count) in &ways {
        println!("{count:6} {way}");
    }
    println!("{refused} of {} files have an error", outcome.programs);
    Ok(outcome)
}

/// go/parser's file that sorts the errors, without that.
fn unsorted() -> Result<String, String> {
    let (path, sort) = SORTING;
    let text = files::read(&library()?.join(path))?;
    match text.contains(sort) {
        true => Ok(text.replace(sort, "")),
        false => Err(format!("{path} of this Go doesn't sort errors by `{sort}`")),
    }
}

/// File number `number` of the run with `seed`.
fn file(corpus: &Corpus, seed: u64, number: u64) -> String {
    let mut rng = Rng::new(seed, number);
    let base = corpus.pick(&mut rng);
    mutate::mutate(base, corpus, &mut rng)
}

fn answer(oracle: &mut Gopher) -> Result<Option<First>, String> {
    let (topmost, line) = (oracle.number()?, oracle.number()?);
    let words = oracle.text()?;
    Ok((line > 0).then_some(First { line, topmost, words }))
}

fn ask_ours(text: &str) -> Ours {
    let source = SourceText::new(text);
    let tree = SyntaxTree::parse(FileId(0), &source);
    let mut ours = Ours { first: None, stricter: Vec::new(), deep: false };
    for found in tree.diagnostics().iter().filter(|found| found.code == codes::GB0101) {
        // Go counts line feeds only.
        let before = &text.as_bytes()[..u32::from(found.primary.range.start()) as usize];
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u32 + 1;
        if STRICTER.iter().any(|(words, _)| found.message.starts_with(words)) {
            ours.stricter.push(line);
            ours.deep |= found.message.starts_with(DEEP);
        } else if ours.first.is_none() {
            ours.first = Some(First { line, topmost: line, words: found.message.clone() });
        }
    }
    ours
}

/// Whether both say the same. One error is shown a line, so that of ours may hide one that gofmt has.
fn agree(ours: &Ours, theirs: Option<&First>) -> bool {
    match (&ours.first, theirs) {
        _ if ours.deep => true,
        (None, None) => true,
        (Some(ours), Some(theirs)) if theirs.lines().contains(&ours.line) => true,
        (_, Some(theirs)) => theirs.lines().iter().any(|line| ours.stricter.contains(line)),
        (Some(_), None) => false,
    }
}

fn say(first: Option<&First>) -> String {
    first.map_or("accepts".to_owned(), |first| format!("{}: {}", first.line, first.words))
}

/// The kind of difference: the words of both, without what is quoted.
fn way(ours: Option<&First>, theirs: Option<&First>) -> String {
    let words = |first: Option<&First>| match first {
        None => "accepts".to_owned(),
        Some(first) => {
            let quoted = first.words.split('\'').step_by(2).collect::<Vec<_>>().join("_");
            quoted.split(", found").next().unwrap_or_default().to_owned()
        }
    };
    format!("gofmt: {} | ours: {}", words(theirs), words(ours))
}

/// The lines around an error.
fn show(text: &str, at: Option<&First>) {
    let Some(at) = at else { return };
    let start = (at.line as usize).saturating_sub(4);
    for (index, line) in text.split('\n').enumerate().skip(start).take(6) {
        println!("  {:5} {line:?}", index + 1);
    }
}
