//! Edits of a file at random: of tokens, of characters, of lines, of the whole text.

use gobpf_tests::generate::rng::Rng;

use super::corpus::Corpus;
use super::tokens::{Kind, Token, tokens};

/// What is put in: tokens of Go, and texts that are the start or the end of something.
const PIECES: &[&str] = &[
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
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    "&^",
    "+=",
    "<<=",
    "&&",
    "||",
    "<-",
    "++",
    "--",
    "==",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "!",
    "~",
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
    "x",
    "_",
    "int",
    "nil",
    "0",
    "1",
    "07",
    "08",
    "0b",
    "0b12",
    "0o8",
    "0x",
    "0x_f",
    "1_",
    "1__0",
    "1e",
    "0x1p",
    "0x1.8",
    ".5",
    "1i",
    "089.5",
    "0_7",
    "\"",
    "\"s\"",
    "\"\\q\"",
    "\"\\x4\"",
    "\"\\ud800\"",
    "\"\\400\"",
    "`",
    "`r`",
    "'",
    "'a'",
    "'ab'",
    "''",
    "'\\''",
    "'\\U00110000'",
    "'\n'",
    "/*",
    "*/",
    "/* /* */",
    "/* n\n */",
    "//",
    "// c\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\\",
    "#",
    "$",
    "?",
    "@",
    "\u{feff}",
    "\u{0}",
    "\u{e9}",
    "\u{4e16}",
    "\u{20ac}",
    "\u{2028}",
    "\u{a0}",
    "\u{1d7d9}",
    "\u{fffd}",
    "func(",
    "func() {}",
    "[]int{",
    "struct {",
    "interface{}",
    "map[",
    "if x {",
    "for {",
    "switch {",
    "case x:",
    "[T any]",
    "[T interface{}]",
    "(type)",
    ".(type)",
    "x.(T)",
    "x[1:2:3]",
    "x[::]",
    "...T",
    "= iota",
    "go func() {}()",
];

/// One to three edits of `text`; now and then none.
pub fn mutate(text: &str, corpus: &Corpus, rng: &mut Rng) -> String {
    let mut text = text.to_owned();
    let edits = rng.weighted(&[(1, 0), (30, 1), (12, 2), (6, 3)]);
    for _ in 0..edits {
        text = match rng.weighted(&[(60, 0), (20, 1), (12, 2), (8, 3)]) {
            0 => of_tokens(&text, corpus, rng),
            1 => of_characters(&text, rng),
            2 => of_lines(&text, rng),
            _ => of_all(&text, rng),
        };
    }
    text
}

/// Where a character starts.
fn place(text: &str, rng: &mut Rng) -> usize {
    let mut at = rng.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn piece(rng: &mut Rng) -> &'static str {
    rng.pick(PIECES)
}

fn splice(text: &str, from: usize, to: usize, with: &str) -> String {
    format!("{}{with}{}", &text[..from], &text[to..])
}

fn of_tokens(text: &str, corpus: &Corpus, rng: &mut Rng) -> String {
    let all = tokens(text);
    // Blanks and comments are rarely what matters.
    let solid: Vec<usize> =
        (0..all.len()).filter(|at| !matches!(all[*at].kind, Kind::Blank | Kind::Comment)).collect();
    if solid.is_empty() {
        return text.to_owned() + piece(rng);
    }
    let number = rng.below(solid.len());
    let Token { kind, range } = all[solid[number]].clone();
    let word = &text[range.clone()];
    match rng.below(10) {
        0 => splice(text, range.start, range.end, ""),
        1 => splice(text, range.end, range.end, &format!(" {word}")),
        2 => splice(text, range.start, range.end, piece(rng)),
        3 => splice(text, range.start, range.start, &format!(" {} ", piece(rng))),
        4 => splice(text, range.start, range.start, piece(rng)),
        5 => {
            // With the next one.
            let Some(next) = solid.get(number + 1).map(|at| all[*at].range.clone()) else {
                return splice(text, range.start, range.end, "");
            };
            let between = &text[range.end..next.start];
            let swapped = format!("{}{between}{word}", &text[next.clone()]);
            splice(text, range.start, next.end, &swapped)
        }
        6 => {
            // Another token of the same kind, or of any.
            let other = &all[solid[rng.below(solid.len())]];
            splice(text, range.start, range.end, &text[other.range.clone()])
        }
        7 => {
            let last = solid[(number + rng.below(6)).min(solid.len() - 1)];
            splice(text, range.start, all[last].range.end, "")
        }
        8 => {
            // A stretch of another file.
            let other = corpus.pick(rng);
            let tokens = tokens(other);
            let from = rng.below(tokens.len().max(1));
            let to = (from + 1 + rng.below(8)).min(tokens.len());
            let stretch = tokens.get(from..to).unwrap_or_default();
            let stretch: String = stretch.iter().map(|token| &other[token.range.clone()]).collect();
            splice(text, range.start, range.start, &stretch)
        }
        _ if kind == Kind::Literal => splice(text, range.end - last_length(word), range.end, ""),
        _ => splice(text, range.start, range.start, if rng.chance(50) { "\n" } else { " " }),
    }
}

fn last_length(word: &str) -> usize {
    word.chars().next_back().map_or(0, char::len_utf8)
}

fn of_characters(text: &str, rng: &mut Rng) -> String {
    let at = place(text, rng);
    let next = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    match rng.below(4) {
        0 => splice(text, at, next, ""),
        1 => {
            let c = char::from(rng.below(128) as u8);
            splice(text, at, next, c.encode_utf8(&mut [0; 4]))
        }
        2 => splice(text, at, at, piece(rng)),
        _ => {
            let mut end = (at + rng.below(40)).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            splice(text, at, end.max(at), "")
        }
    }
}

fn of_lines(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let at = rng.below(lines.len());
    match rng.below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at]),
        2 => {
            let other = rng.below(lines.len());
            lines.swap(at, other);
        }
        _ => lines[at] = lines[at].trim_end_matches('\n'),
    }
    lines.concat()
}

fn of_all(text: &str, rng: &mut Rng) -> String {
    let cut = |at: usize| text[..at].to_owned();
    match rng.below(7) {
        0 => text.replace('\n', "\r\n"),
        1 => format!("\u{feff}{text}"),
        2 => text.trim_end_matches('\n').to_owned(),
        3 => {
            let all = tokens(text);
            cut(all.get(rng.below(all.len().max(1))).map_or(0, |token| token.range.end))
        }
        4 => cut(place(text, rng)) + "\u{feff}",
        5 => cut(place(text, rng)) + piece(rng),
        _ => cut(place(text, rng)),
    }
}
