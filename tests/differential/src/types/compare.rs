//! Our answer and that of go/types to one package.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use gobpf_diagnostics::codes;
use gobpf_source::{FileId, Place, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_syntax::ast::File;
use gobpf_types::{Import, Input, Sdk, Side as Where, Template};

use super::deliberate::{Side, is_deliberate, without_positions};
use super::native;

static SDK: LazyLock<Sdk> = LazyLock::new(Sdk::embedded);

/// An error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Found {
    /// Counted from 1.
    pub line: u32,
    /// The message.
    pub words: String,
}

/// Our answer.
#[derive(Default)]
pub struct Ours {
    /// Go's errors.
    errors: Vec<Found>,
    /// The parser refused the file.
    syntax: bool,
    /// We crashed; the words.
    crash: Option<String>,
    /// Lines of native code.
    native: Vec<RangeInclusive<u32>>,
    /// Lines on which a function that has no kernel half is refused: only Go knows its parameters.
    refused: BTreeSet<u32>,
    /// The functions, as they are written, by these lines: only Go knows what calls of them give.
    of_calls: Vec<(u32, String)>,
    /// Variables that are declared on such lines: only Go knows their types.
    of_refused: BTreeSet<String>,
    /// The rows of the table of templates that the words come from.
    rows: Vec<Template>,
}

impl Ours {
    /// Go's errors.
    pub fn errors(&self) -> &[Found] {
        &self.errors
    }

    /// The rows of the table of templates that the words come from.
    pub fn rows(&self) -> &[Template] {
        &self.rows
    }
}

/// A kind of difference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// We crashed.
    Crash(String),
    /// Go refuses, we don't.
    Missed(String),
    /// We refuse, Go doesn't.
    TooStrict(String),
    /// Both refuse, but Go has an error on a line where we have none.
    LineMissed(String),
    /// Both refuse, but we have an error on a line where Go has none.
    LineAdded(String),
    /// The same lines, but other words: theirs, ours.
    Words(String, String),
}

impl Way {
    /// Whether the verdicts differ.
    pub fn is_verdict(&self) -> bool {
        matches!(self, Way::Crash(_) | Way::Missed(_) | Way::TooStrict(_))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Crash(words) => write!(f, "we crash: {words}"),
            Way::Missed(words) => write!(f, "only Go refuses: {words}"),
            Way::TooStrict(words) => write!(f, "only we refuse: {words}"),
            Way::LineMissed(words) => write!(f, "a line that only Go has: {words}"),
            Way::LineAdded(words) => write!(f, "a line that only we have: {words}"),
            Way::Words(theirs, ours) => write!(f, "other words: Go: {theirs} | ours: {ours}"),
        }
    }
}

/// A difference, with the lines that show it.
pub struct Difference {
    /// Its kind.
    pub way: Way,
    /// What both say.
    pub lines: Vec<String>,
}

/// What our checker says to `text`.
pub fn ask_ours(name: &str, text: &str) -> Ours {
    let judge = || judge(text);
    match std::panic::catch_unwind(judge) {
        Ok(ours) => ours,
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            let crash = Some(words.unwrap_or_else(|| name.to_owned()));
            Ours { crash, ..Ours::default() }
        }
    }
}

fn judge(text: &str) -> Ours {
    let source = SourceText::new(text);
    let tree = SyntaxTree::parse(FileId(0), &source);
    let syntax = tree.diagnostics().iter().any(|found| found.code == codes::GB0101);
    let file: &Arc<File> = tree.file();
    let mut ours = Ours { syntax, ..Ours::default() };
    if syntax {
        return ours;
    }
    let imports = |path: &str| match path {
        "github.com/miekg/bpf" => Import::Sdk,
        "missing/package" => Import::Missing,
        path if !path.split('/').next().unwrap_or_default().contains('.') => Import::Standard,
        _ => Import::Other,
    };
    let input = Input {
        files: std::slice::from_ref(file),
        sdk: &SDK,
        imports: &imports,
        target: None,
        packages: &|_| None,
    };
    let checked = gobpf_types::check(input);
    let span = |place: Place| file.span(place);
    for error in &checked.errors {
        let shown = error.to_diagnostic(&span);
        let line = source.line_of(shown.primary.range.start()) + 1;
        if !error.code().is_go_error() {
            if error.code() == codes::GB0312 {
                let range = shown.primary.range;
                let written = text.get(usize::from(range.start())..usize::from(range.end()));
                ours.refused.insert(line);
                ours.of_calls.extend(written.map(|written| (line, written.to_owned())));
            }
            continue;
        }
        ours.errors.push(Found { line, words: shown.message });
        ours.rows.extend(error.template());
    }
    let declared = |line: &u32| text.lines().nth(*line as usize - 1).and_then(|text| text.split_once(":="));
    let names = ours.refused.iter().filter_map(declared);
    ours.of_refused =
        names.flat_map(|(names, _)| names.split(',').map(|name| name.trim().to_owned())).collect();
    let kernel: BTreeSet<u32> = checked
        .sides
        .iter()
        .filter(|(decl, side)| *side != Where::Native && decl.file == file.id)
        .map(|(decl, _)| decl.index)
        .collect();
    ours.native = native::lines(file, &source, &kernel);
    ours
}

/// Words by their line.
pub type Lines = BTreeMap<u32, BTreeSet<String>>;

/// The first and worst way in which the answers differ. Words may be those of go/types or those of the compiler.
pub fn compare(ours: &Ours, theirs: &[Found], compiler: Option<&Lines>) -> Option<Difference> {
    let shown = compiler;
    let difference = |way| Some(Difference { way, lines: said(ours, theirs, shown) });
    if let Some(crash) = &ours.crash {
        return difference(Way::Crash(crash.clone()));
    }
    let is_syntax = |found: &Found| found.words.starts_with("syntax error: ");
    match (ours.syntax, theirs.first().filter(|first| is_syntax(first))) {
        (true, Some(_)) => return None,
        (false, Some(theirs)) => return difference(Way::Missed(theirs.words.clone())),
        // What our parser refuses and Go's leaves to go/types.
        (true, None) if !theirs.is_empty() => return None,
        (true, None) => return difference(Way::TooStrict("syntax".to_owned())),
        (false, None) => {}
    }
    let (left, right) = judged(ours, theirs, compiler);
    let compiler = compiler.map(|lines| compiled(lines, ours));
    let only = |here: &Lines, there: &Lines| {
        let mut lines = here.iter().filter(|(line, _)| !there.contains_key(line));
        lines.next().and_then(|(_, words)| words.first().map(|words| template(words)))
    };
    match (only(&left, &right), only(&right, &left)) {
        (Some(words), _) if right.is_empty() => difference(Way::Missed(words)),
        (_, Some(words)) if left.is_empty() => difference(Way::TooStrict(words)),
        (Some(words), _) => difference(Way::LineMissed(words)),
        (None, Some(words)) => difference(Way::LineAdded(words)),
        (None, None) => {
            let (_, theirs, ours) = left.iter().find_map(|(line, theirs)| {
                let ours = right.get(line)?;
                // What the compiler says here and both go/types and we on another line has its place there.
                let elsewhere = |words: &String| {
                    let of_both = |(other, all): (&u32, &BTreeSet<String>)| {
                        other != line && all.contains(words) && left.contains_key(other)
                    };
                    !ours.contains(words) && right.iter().any(of_both)
                };
                let compiled: Option<BTreeSet<String>> =
                    compiler.as_ref().and_then(|lines| lines.get(line)).map(|all| {
                        let words = all.iter().map(|words| without_positions(words));
                        words.filter(|words| !elsewhere(words)).collect()
                    });
                // It may say more of a line than go/types.
                let among = |all: &BTreeSet<String>| theirs.len() == ours.len() && ours.is_subset(all);
                let same = theirs == ours || compiled.as_ref().is_some_and(|all| all == ours || among(all));
                (!same).then(|| (line, compiled.unwrap_or_else(|| theirs.clone()), ours))
            })?;
            let first = |here: &BTreeSet<String>, there: &BTreeSet<String>| {
                here.difference(there).next().map_or("nothing".to_owned(), |words| template(words))
            };
            difference(Way::Words(first(&theirs, ours), first(ours, &theirs)))
        }
    }
}

/// Parts of what Go says of the arguments of a call.
const OF_PARAMETERS: &[&str] = &[" in argument to ", "arguments in call to ", "in call to "];

/// What is compared, by line: what Go says, and what we say.
fn judged(ours: &Ours, theirs: &[Found], compiler: Option<&Lines>) -> (Lines, Lines) {
    let native = |found: &&Found| ours.native.iter().any(|lines| lines.contains(&found.line));
    let of_parameters = |found: &&Found| {
        ours.refused.contains(&found.line) && OF_PARAMETERS.iter().any(|words| found.words.contains(words))
    };
    let of_type = |found: &&Found| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut words = found.words.split(|c: char| !is_word(c));
        words.any(|word| ours.of_refused.contains(word))
            && !ours.errors.iter().any(|own| own.line == found.line)
    };
    let of_call = |found: &&Found| {
        let called = ours.of_calls.iter().filter(|(line, _)| *line == found.line);
        called.into_iter().any(|(_, function)| found.words.contains(&format!("{function}(")))
    };
    let unknown = |found: &&Found| of_parameters(found) || of_type(found) || of_call(found);
    let theirs = of_go(theirs, compiler);
    let theirs_all: Vec<&Found> = theirs
        .iter()
        .filter(|found| !native(found) && !unknown(found) && !is_deliberate(Side::Go, &found.words))
        .collect();
    let theirs_all: Vec<Found> = theirs_all.into_iter().map(|found| placed(found, ours)).collect();
    let ours_all: Vec<&Found> = ours
        .errors
        .iter()
        .filter(|found| !native(found) && !is_deliberate(Side::Ours, &found.words))
        .collect();
    (by_line(&theirs_all.iter().collect::<Vec<_>>()), by_line(&ours_all))
}

/// What Go says. Where go/types says something without a line that the compiler doesn't say, that is what the compiler says.
fn of_go(theirs: &[Found], compiler: Option<&Lines>) -> Vec<Found> {
    let Some(lines) = compiler else { return theirs.to_vec() };
    let said = |found: &Found| lines.values().any(|all| all.contains(&found.words));
    if theirs.iter().all(|found| found.line != 0 || said(found)) {
        return theirs.to_vec();
    }
    let all = lines.iter().flat_map(|(line, all)| all.iter().map(|words| (*line, words.clone())));
    all.map(|(line, words)| Found { line, words }).collect()
}

/// What Go says without a line has the line on which we say the same, if there is one.
fn placed(found: &Found, ours: &Ours) -> Found {
    let own = ours.errors.iter().find(|own| found.line == 0 && own.words == found.words);
    Found { line: own.map_or(found.line, |own| own.line), words: found.words.clone() }
}

/// The compiler's words, those without a line where we say them.
fn compiled(compiler: &Lines, ours: &Ours) -> Lines {
    let mut lines = Lines::new();
    for (line, all) in compiler {
        for words in all {
            let found = placed(&Found { line: *line, words: words.clone() }, ours);
            lines.entry(found.line).or_default().insert(found.words);
        }
    }
    lines
}

/// All lines on which the answers differ, with what both say there.
pub fn lines_that_differ(ours: &Ours, theirs: &[Found], compiler: &Lines) -> Vec<String> {
    let (left, right) = judged(ours, theirs, Some(compiler));
    let compiler = &compiled(compiler, ours);
    let lines: BTreeSet<u32> = left.keys().chain(right.keys()).copied().collect();
    let all = |here: &Lines, line: &u32| here.get(line).cloned().unwrap_or_default();
    let compiled = |line: &u32| -> BTreeSet<String> {
        all(compiler, line).iter().map(|words| without_positions(words)).collect()
    };
    let differ = lines.iter().filter(|line| {
        let ours = all(&right, line);
        ours != all(&left, line) && ours != compiled(line)
    });
    let mut said: Vec<String> = differ
        .map(|line| {
            let (theirs, ours) = (all(&left, line), all(&right, line));
            format!("{line}: go/types: {theirs:?} compiler: {:?} ours: {ours:?}", compiled(line))
        })
        .collect();
    said.extend(ours.crash.iter().map(|words| format!(" we crash: {words}")));
    if ours.syntax {
        said.push(" the parser refuses it".to_owned());
    }
    said
}

fn by_line(all: &[&Found]) -> Lines {
    let mut lines: Lines = BTreeMap::new();
    for found in all {
        lines.entry(found.line).or_default().insert(without_positions(&found.words));
    }
    lines
}

/// What both say.
pub fn said(ours: &Ours, theirs: &[Found], compiler: Option<&Lines>) -> Vec<String> {
    let show = |who: &str, all: &[Found]| -> Vec<String> {
        all.iter()
            .take(200)
            .map(|found| format!("{who}:{}: {}", found.line, found.words.replace('\n', " / ")))
            .collect()
    };
    let mut lines = show("  go", theirs);
    for (line, words) in compiler.into_iter().flatten() {
        lines.extend(words.iter().map(|words| format!("comp:{line}: {}", words.replace('\n', " / "))));
    }
    lines.extend(show("ours", &ours.errors));
    lines
}

/// The words without what is particular: names, numbers, types.
fn template(words: &str) -> String {
    const KEPT: &[&str] = &[
        "variable",
        "constant",
        "value",
        "type",
        "untyped",
        "invalid",
        "operation",
        "operator",
        "argument",
        "cannot",
        "use",
        "as",
        "in",
        "assignment",
        "of",
        "to",
        "is",
        "not",
        "used",
        "declared",
        "and",
        "imported",
        "undefined",
        "mismatched",
        "types",
        "missing",
        "return",
        "too",
        "many",
        "few",
        "enough",
        "arguments",
        "call",
        "redeclared",
        "block",
        "expression",
        "statement",
        "no",
        "new",
        "variables",
        "on",
        "left",
        "side",
        "overflows",
        "index",
        "out",
        "bounds",
        "must",
        "be",
        "integer",
        "negative",
        "label",
        "defined",
        "duplicate",
        "case",
        "switch",
        "field",
        "or",
        "method",
        "has",
        "convert",
        "truncated",
        "mixed",
        "named",
        "unnamed",
        "non",
        "boolean",
        "condition",
        "if",
        "for",
        "range",
        "over",
        "permits",
        "only",
        "one",
        "iteration",
        "compare",
        "compared",
        "nil",
        "func",
        "an",
        "a",
        "the",
        "with",
        "by",
        "zero",
        "division",
        "shift",
        "count",
        "address",
        "take",
        "literal",
        "composite",
        "struct",
        "slice",
        "array",
        "map",
        "values",
        "declaration",
        "default",
        "defer",
        "discards",
        "result",
        "requires",
        "jumps",
        "into",
        "break",
        "continue",
        "goto",
        "fallthrough",
        "loop",
        "final",
        "unreachable",
        "infer",
        "instantiate",
        "satisfy",
        "does",
        "constraint",
        "instantiation",
        "without",
        "can",
        "implement",
        "unexported",
        "function",
        "built",
        "refer",
        "does",
        "want",
        "have",
        "but",
        "returns",
        "recursive",
        "initialization",
        "cycle",
        "package",
        "selector",
        "exported",
        "repeated",
        "init",
        "expr",
        "const",
        "mixture",
        "length",
        "from",
        "than",
        "more",
        "which",
        "outside",
    ];
    let mut result = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, result: &mut String| {
        if !word.is_empty() {
            let kept = KEPT.contains(&word.as_str());
            if kept || !result.ends_with('_') {
                result.push_str(if kept { word } else { "_" });
            }
            word.clear();
        }
    };
    for c in words.lines().next().unwrap_or_default().chars() {
        if c.is_alphanumeric() || c == '_' || c == '.' {
            word.push(c);
        } else {
            flush(&mut word, &mut result);
            if matches!(c, ' ' | ':' | '(' | ')' | ',' | '=') {
                result.push(c);
            }
        }
    }
    flush(&mut word, &mut result);
    result
}
