//! Where we answer otherwise than go/types on purpose.

/// A deliberate difference: words of go/types that we don't have, or of ours that go/types doesn't, and why.
pub struct Deliberate {
    /// Whose words.
    pub side: Side,
    /// What they start with or contain.
    pub words: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Whose answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// That of go/types.
    Go,
    /// Ours.
    Ours,
}

/// All of them. Besides, what stands in native code is not judged, see `native.rs`.
pub const DELIBERATE: &[Deliberate] = &[
    Deliberate {
        side: Side::Go,
        words: "could not import",
        reason: "why an import can't be found is said by the tool that looks for it",
    },
    Deliberate {
        side: Side::Ours,
        words: "could not import",
        reason: "why an import can't be found is said by the tool that looks for it",
    },
    Deliberate {
        side: Side::Ours,
        words: "bpf.TracePrintk format ",
        reason: "go vet has the same words, go/types has none",
    },
    Deliberate {
        side: Side::Ours,
        words: "the format must be constant",
        reason: "the kernel's formats are, those of Go's functions need not be",
    },
    Deliberate {
        side: Side::Ours,
        words: "bpf.TracePrintk call ",
        reason: "go vet has the same words, go/types has none",
    },
];

impl Deliberate {
    /// One line for a table.
    pub fn line(&self) -> String {
        let whose = if self.side == Side::Go { "go/types" } else { "ours" };
        format!("{whose}: \"{}\": {}", self.words, self.reason)
    }
}

/// What messages of Go say before a position that they quote: ours show it as a label instead.
const BEFORE_POSITIONS: &[&str] = &[" at ", " at line ", " (declared at ", " (first at "];

/// What some of Go's messages put before names of the package itself: its path, which is that of no import here.
const OWN_PACKAGE: &str = "f.";

/// `words` without the path of the package itself before its names.
fn without_own_package(words: &str) -> String {
    let mut short = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find(OWN_PACKAGE) {
        let (before, after) = rest.split_at(at);
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        short.push_str(before);
        let name = after.strip_prefix(OWN_PACKAGE).unwrap_or(after);
        if before.ends_with(is_word) || !name.starts_with(char::is_alphabetic) {
            short.push_str(OWN_PACKAGE);
        }
        rest = name;
    }
    short + rest
}

/// `words` without what Go puts after a name that several things have: where this one is declared, or that it is a type
/// parameter.
fn without_comments(words: &str) -> String {
    let mut short = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, after)) = rest.split_once("/* ") {
        let Some((comment, tail)) = after.split_once(" */") else { break };
        if comment != "type parameter" && !comment.contains(" declared at ") {
            break;
        }
        short.push_str(before.trim_end());
        rest = tail;
    }
    short + rest
}

/// `words` with function literals as the compiler shows them, whether their bodies are empty or not: go/types has
/// `(func() literal)`, the compiler `func() {…}` or `func() {}`.
fn with_plain_literals(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find("(func(") {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let mut depth = 0;
        let end = after.char_indices().find_map(|(at, c)| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            (depth == 0).then_some(at)
        });
        match end.and_then(|end| Some((after.get(1..end)?.strip_suffix(" literal")?, after.get(end + 1..)?)))
        {
            Some((signature, tail)) => {
                plain.push_str(signature);
                plain.push_str(" {…}");
                rest = tail;
            }
            None => {
                plain.push('(');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain.replace(" {}", " {…}")
}

/// `words` without the position that they quote, if they do.
pub fn without_positions(words: &str) -> String {
    let is_position = |rest: &str| {
        let rest = rest.strip_suffix(')').unwrap_or(rest);
        let numbers =
            rest.rsplit(':').take_while(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        let numbers = numbers.count();
        numbers == rest.split(':').count() || (numbers == 2 && rest.split(':').count() == 3)
    };
    let words = &without_comments(words);
    let cut = BEFORE_POSITIONS
        .iter()
        .filter_map(|before| words.rfind(before).filter(|at| is_position(&words[at + before.len()..])))
        .min();
    let short = with_plain_literals(&without_own_package(cut.map_or(words, |at| &words[..at])));
    // The compiler names the variable with its position.
    match short.split_once(" jumps over declaration of ") {
        Some((goto, _)) => format!("{goto} jumps over variable declaration"),
        None => short,
    }
}

/// Whether `words` of `side` are not compared.
pub fn is_deliberate(side: Side, words: &str) -> bool {
    DELIBERATE.iter().any(|one| one.side == side && words.contains(one.words))
}
