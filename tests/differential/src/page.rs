//! The page that says for each production of Go's grammar whether kernel code can have it, and which fixture shows it.

use std::path::Path;

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_tests::files;

use crate::grammar::{self, Counts, EXCEPTIONS, PRODUCTIONS, Production, Standing};

/// Where the page stands, from the root of the repository.
pub const PATH: &str = "tests/LANGUAGE.md";

const HEAD: &str = "# The language, production by production\n\n\
    Written by `cargo xtask docs` from the productions of the Go specification's grammar and the fixtures of the tests; a\n\
    test checks that it is current. A production that is compiled is shown by a program of `tests/run`, which Go and the\n\
    kernels run with the same results; one that is refused by a file of `tests/check`, which has the diagnostic. Where only a\n\
    part of a production is compiled, the page of the code shows what is not.\n\n\
    | production | consists of | in kernel code | shown by |\n\
    | ---------- | ----------- | -------------- | -------- |\n";

/// A fixture and the productions that it has.
struct Fixture {
    path: String,
    text: String,
    counts: Counts,
}

/// The page, and the productions that no fixture shows. The fixtures that `present`, the page as it is, names are kept as
/// long as they show what they are named for, so that others can come and go.
///
/// # Errors
/// A fixture can't be read.
pub fn page(present: &str) -> Result<(String, Vec<&'static str>), String> {
    let (run, check) = (fixtures("tests/run")?, fixtures("tests/check")?);
    let mut text = HEAD.to_owned();
    let mut missing = Vec::new();
    for production in PRODUCTIONS {
        let named = named(present, production);
        let shown = match production.standing {
            Standing::Kernel => chosen(&run, named, |fixture| fixture.counts.contains_key(production.name)),
            Standing::Refused(code) => chosen(&check, named, |fixture| {
                fixture.counts.contains_key(production.name)
                    && fixture.text.contains(&format!("ERROR {code} "))
            }),
        };
        if shown.is_none() {
            missing.push(production.name);
        }
        text.push_str(&row(production, shown));
    }
    Ok((text, missing))
}

fn row(production: &Production, shown: Option<&Fixture>) -> String {
    let standing = match production.standing {
        Standing::Kernel => {
            let exceptions = EXCEPTIONS.iter().filter(|(name, ..)| *name == production.name);
            let exceptions = exceptions.map(|(_, words, code)| format!("; {words}: {}", link(code)));
            std::iter::once("compiled".to_owned()).chain(exceptions).collect()
        }
        Standing::Refused(code) => format!("refused: {}", link(code)),
    };
    let fixture = shown.map_or("nothing".to_owned(), |fixture| {
        let path = fixture.path.strip_prefix("tests/").unwrap_or(&fixture.path);
        format!("[{path}]({path})")
    });
    let consists_of = production.consists_of.replace('|', "\\|");
    format!("| {} | <code>{}</code> | {standing} | {fixture} |\n", production.name, escape(&consists_of))
}

/// The page of a code.
fn link(code: &str) -> String {
    format!("[{code}](../compiler/diagnostics/codes/{code}.md)")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('`', "&#96;")
        .replace('*', "&#42;")
        .replace('_', "&#95;")
}

/// The fixture that the page names for a production, by its path from `tests`.
fn named<'a>(page: &'a str, production: &Production) -> Option<&'a str> {
    let start = format!("| {} |", production.name);
    let row = page.lines().find(|line| line.starts_with(&start))?;
    row.strip_suffix(") |")?.rsplit_once('(').map(|(_, path)| path)
}

/// Of those that `shows` takes, the one that is named, else the shortest.
fn chosen<'a>(
    fixtures: &'a [Fixture],
    named: Option<&str>,
    shows: impl Fn(&Fixture) -> bool,
) -> Option<&'a Fixture> {
    let showing = || fixtures.iter().filter(|fixture| shows(fixture));
    let is_named = |fixture: &&Fixture| fixture.path.strip_prefix("tests/") == named;
    showing().find(is_named).or_else(|| showing().min_by_key(|fixture| fixture.text.len()))
}

fn fixtures(folder: &str) -> Result<Vec<Fixture>, String> {
    let mut found = Vec::new();
    for (name, path) in files::walk(&files::root().join(folder), ".go") {
        let text = files::read(&path)?;
        let tree = SyntaxTree::parse(FileId(0), &SourceText::new(&text));
        let counts = grammar::count(tree.file(), &text);
        found.push(Fixture { path: format!("{folder}/{name}"), text, counts });
    }
    Ok(found)
}

/// Writes the page.
///
/// # Errors
/// A production is shown by no fixture, or the page can't be written.
pub fn write() -> Result<(), String> {
    let path = files::root().join(Path::new(PATH));
    let (text, missing) = page(&std::fs::read_to_string(&path).unwrap_or_default())?;
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    check_shown(&missing)
}

/// Whether the page that stands there is the one that would be written, and shows all productions.
///
/// # Errors
/// It is not.
pub fn check() -> Result<(), String> {
    let there = files::read(&files::root().join(PATH))?;
    let (text, missing) = page(&there)?;
    check_shown(&missing)?;
    if there == text { Ok(()) } else { Err(format!("{PATH} is not current: `cargo xtask docs` writes it")) }
}

fn check_shown(missing: &[&str]) -> Result<(), String> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("no fixture shows {}", missing.join(", ")))
}
