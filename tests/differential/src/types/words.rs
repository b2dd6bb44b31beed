//! The table of templates that our type errors are made of: for each row a package in `words/` shows it, on the same line
//! and in the same words as Go.

use std::collections::BTreeSet;
use std::path::Path;

use gobpf_tests::{files, go};
use gobpf_types::{TEMPLATES, Template};

use super::compare::{self, Found};
use super::compiler::Compiler;
use super::deliberate::{Side, is_deliberate};
use super::{ORACLE, answer};
use crate::gopher::Gopher;

/// The release of Go whose words they are: others have some other ones.
const RELEASE: &str = "go1.26";

/// Whether Go is of the release whose words these are.
///
/// # Errors
/// It isn't, or there is none.
pub fn available() -> Result<(), String> {
    go::available()?;
    let version = go::go(&files::root(), &["env", "GOVERSION"])?;
    match version.trim().strip_prefix(RELEASE) {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) => Ok(()),
        _ => Err(format!("the words are those of {RELEASE}, this is {}", version.trim())),
    }
}

/// Both answers to the packages of these files, and whether they differ.
///
/// # Errors
/// Go can't be asked, or a file can't be read.
pub fn judge(paths: &[String]) -> Result<bool, String> {
    let mut oracle = Gopher::start(ORACLE, &[&files::root().join("sdk").to_string_lossy()], None)?;
    let compiler = Compiler::new()?;
    let mut differ = false;
    for path in paths {
        let text = files::read(Path::new(path))?;
        oracle.ask(&[&text])?;
        let theirs: Vec<Found> = answer(&mut oracle)?;
        let ours = compare::ask_ours(path, &text);
        let compiled = compiler.ask(&text)?;
        let difference = compare::compare(&ours, &theirs, Some(&compiled));
        differ |= difference.is_some();
        let verdict = difference.map_or("the same".to_owned(), |difference| difference.way.to_string());
        println!("{path}: {verdict}");
        compare::lines_that_differ(&ours, &theirs, &compiled)
            .iter()
            .for_each(|line| println!("  differs:{line}"));
        compare::said(&ours, &theirs, Some(&compiled)).iter().for_each(|line| println!("  {line}"));
    }
    Ok(differ)
}

/// What is wrong with the table or its packages: lines on which Go says something else, and rows that no package shows.
///
/// # Errors
/// Go can't be asked, or a package can't be read.
pub fn check() -> Result<Vec<String>, String> {
    let root = files::root();
    let mut oracle = Gopher::start(ORACLE, &[&root.join("sdk").to_string_lossy()], None)?;
    let compiler = Compiler::new()?;
    let mut shown: BTreeSet<Template> = BTreeSet::new();
    let mut faults = Vec::new();
    for (name, path) in files::walk(&root.join(Path::new("tests/differential/words")), ".go") {
        let text = files::read(&path)?;
        oracle.ask(&[&text])?;
        let theirs: Vec<Found> = answer(&mut oracle)?;
        let ours = compare::ask_ours(&name, &text);
        let differ = compare::lines_that_differ(&ours, &theirs, &compiler.ask(&text)?);
        faults.extend(differ.iter().map(|line| format!("{name}:{line}")));
        shown.extend(ours.rows());
    }
    let lacking = TEMPLATES.iter().filter(|row| !shown.contains(row) && !is_deliberate(Side::Ours, row.text));
    faults.extend(lacking.map(|row| format!("no package shows {} {:?}", row.code, row.text)));
    Ok(faults)
}
