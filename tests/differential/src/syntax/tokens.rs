//! A rough division of any text into tokens: no judgement, only places where an edit is likely to matter.

use std::ops::Range;

/// What a stretch of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Letters, digits and underscores.
    Word,
    /// A string, a raw string or a rune, as far as it goes.
    Literal,
    /// A comment, as far as it goes.
    Comment,
    /// Spaces, tabs, carriage returns.
    Blank,
    /// A line feed.
    Newline,
    /// Operators and everything else.
    Sign,
}

/// A stretch of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub range: Range<usize>,
}

const SIGNS: [&str; 25] = [
    "<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=", "-=", "*=",
    "/=", "%=", "&=", "|=", "^=", "<<", ">>", "&^",
];

/// All tokens of `text`; together they are the text.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = match first {
            '\n' => (Kind::Newline, 1),
            ' ' | '\t' | '\r' => (Kind::Blank, while_true(rest, |c| matches!(c, ' ' | '\t' | '\r'))),
            '"' | '\'' => (Kind::Literal, quoted(rest, first)),
            '`' => (Kind::Literal, rest[1..].find('`').map_or(rest.len(), |end| end + 2)),
            '/' if rest.starts_with("//") => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => {
                (Kind::Comment, rest[2..].find("*/").map_or(rest.len(), |end| end + 4))
            }
            c if c.is_alphanumeric() || c == '_' => {
                (Kind::Word, while_true(rest, |c| c.is_alphanumeric() || c == '_'))
            }
            c => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                (Kind::Sign, sign.map_or(c.len_utf8(), |sign| sign.len()))
            }
        };
        found.push(Token { kind, range: at..at + length });
        at += length;
    }
    found
}

fn while_true(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_whole_text() {
        let text = "a := \"x\\\"\" + `r` /* c */ // d\n'\\''é <<= 3\"open";
        let found = tokens(text);
        let joined: String = found.iter().map(|token| &text[token.range.clone()]).collect();
        assert_eq!(joined, text);
        assert_eq!(found.iter().filter(|token| token.kind == Kind::Literal).count(), 4);
        assert_eq!(found.iter().filter(|token| token.kind == Kind::Comment).count(), 2);
    }
}
