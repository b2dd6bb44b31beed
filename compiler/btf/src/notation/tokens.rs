//! Words, numbers and punctuation of the notation of types.

use std::fmt;

/// What is wrong with a text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NotationError {
    /// Byte offset in the text.
    pub at: usize,
    what: String,
}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for NotationError {}

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    Punctuation(&'a str),
    Text(&'a str),
    End,
}

pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

type Read<T> = Result<T, NotationError>;

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0 }
    }

    fn skip(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn scan(&mut self) -> Read<(Token<'a>, usize)> {
        self.skip();
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok((Token::End, 0)) };
        let run = |wanted: fn(char) -> bool| rest.find(|c: char| !wanted(c)).unwrap_or(rest.len());
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        Ok(match first {
            '0'..='9' => {
                let end = run(word);
                (Token::Number(&rest[..end]), end)
            }
            c if word(c) => {
                let end = run(word);
                (Token::Word(&rest[..end]), end)
            }
            '"' => match rest[1..].find('"') {
                Some(end) => (Token::Text(&rest[1..=end]), end + 2),
                None => return Err(self.error("the string has no end".into())),
            },
            '.' if rest.starts_with("...") => (Token::Punctuation(&rest[..3]), 3),
            c => (Token::Punctuation(&rest[..c.len_utf8()]), c.len_utf8()),
        })
    }

    pub fn peek(&mut self) -> Read<Token<'a>> {
        Ok(self.scan()?.0)
    }

    pub fn next(&mut self) -> Read<Token<'a>> {
        let (token, bytes) = self.scan()?;
        self.at += bytes;
        Ok(token)
    }

    pub fn eat(&mut self, punctuation: &str) -> Read<bool> {
        let (token, bytes) = self.scan()?;
        let found = token == Token::Punctuation(punctuation);
        if found {
            self.at += bytes;
        }
        Ok(found)
    }

    pub fn eat_word(&mut self, word: &str) -> Read<bool> {
        let (token, bytes) = self.scan()?;
        let found = token == Token::Word(word);
        if found {
            self.at += bytes;
        }
        Ok(found)
    }

    pub fn expect(&mut self, punctuation: &str) -> Read<()> {
        if self.eat(punctuation)? { Ok(()) } else { Err(self.expected(&format!("`{punctuation}`"))) }
    }

    /// A `;`, or another declaration, or the end.
    pub fn end_of_declaration(&mut self) -> Read<()> {
        match self.peek()? {
            Token::End | Token::Word(_) => Ok(()),
            _ => self.expect(";"),
        }
    }

    pub fn number(&mut self) -> Read<u64> {
        let start = self.at;
        let Token::Number(text) = self.next()? else {
            self.at = start;
            return Err(self.expected("a number"));
        };
        let parsed = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => text.parse(),
        };
        parsed.map_err(|_| self.error(format!("`{text}` is not a number")))
    }

    pub fn signed(&mut self) -> Read<i64> {
        let negative = self.eat("-")?;
        let value = self.number()? as i64;
        Ok(if negative { value.wrapping_neg() } else { value })
    }

    /// The length of an array and the bracket after it.
    pub fn length(&mut self) -> Read<u32> {
        let value = self.number()?;
        self.expect("]")?;
        u32::try_from(value).map_err(|_| self.error(format!("an array of {value} elements is too long")))
    }

    /// What stands in parentheses, without quotes.
    pub fn in_parentheses(&mut self) -> Read<String> {
        self.expect("(")?;
        let rest = &self.text[self.at..];
        let Some(end) = rest.find(')') else { return Err(self.expected("`)`")) };
        self.at += end + 1;
        Ok(rest[..end].trim().trim_matches('"').to_string())
    }

    fn error(&self, what: String) -> NotationError {
        NotationError { at: self.at, what }
    }

    pub fn expected(&mut self, what: &str) -> NotationError {
        self.skip();
        let rest: String = self.text[self.at..].chars().take(20).collect();
        let found = if rest.is_empty() { "the text ends".into() } else { format!("`{rest}` stands there") };
        self.error(format!("{what} is expected where {found}"))
    }

    pub fn unknown(&self, name: &str) -> NotationError {
        self.error(format!("the type `{name}` is not known: declare it before, or write `struct {name}`"))
    }

    pub fn sizeless(&self, name: &str) -> NotationError {
        self.error(format!("the member `{name}` has no size: declare its type before, or make it a pointer"))
    }
}
