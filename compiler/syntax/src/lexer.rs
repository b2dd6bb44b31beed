//! Go's lexical grammar: tokens, semicolons at line ends, and comments.

use gobpf_source::SourceText;

use crate::cursor::Cursor;
use crate::line_directive;
use crate::literal;
use crate::token::{Token, TokenKind};

/// A comment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comment {
    /// Absolute byte where it starts.
    pub start: u32,
    /// Absolute byte after it, without the line end of a `//` comment.
    pub end: u32,
    /// Line ends between what stands before it and it.
    pub lines_before: u32,
}

/// An error within a token.
#[derive(Clone, Debug)]
pub(crate) struct LexicalError {
    /// Absolute byte.
    pub at: u32,
    /// What is wrong.
    pub message: String,
}

/// Turns text into tokens. Its state between two declarations is its position alone.
#[derive(Clone)]
pub(crate) struct Lexer<'a> {
    pub cursor: Cursor<'a>,
    /// Comments between the last token and the one before.
    pub comments: Vec<Comment>,
    /// Line ends between the last token and what stands before it, a comment or a token.
    pub lines_before: u32,
    /// Errors in the tokens so far; the parser takes them.
    pub errors: Vec<LexicalError>,
    /// A line end would be a semicolon.
    line_end_counts: bool,
    /// Where the current line starts.
    line_start: u32,
}

impl<'a> Lexer<'a> {
    /// A lexer at `pos`, which must be the start of the text or the end of a declaration.
    pub fn new(text: &'a SourceText, pos: u32) -> Self {
        let mut cursor = Cursor::new(text, pos);
        if pos == 0 && cursor.character().is_some_and(|(found, _)| found == '\u{feff}') {
            cursor.pos = 3; // a byte order mark is legal at the start, and only there
        }
        Lexer {
            // Within the text the start of a declaration is not known to be that of a line.
            line_start: if pos == 0 { cursor.pos } else { u32::MAX },
            cursor,
            comments: Vec::new(),
            lines_before: 0,
            errors: Vec::new(),
            line_end_counts: false,
        }
    }

    /// The next token; at the end of the text `Eof`, again and again.
    pub fn next(&mut self) -> Token {
        self.comments.clear();
        self.lines_before = 0;
        if let Some(semicolon) = self.skip_trivia() {
            self.line_end_counts = false;
            return semicolon;
        }
        let start = self.cursor.pos;
        let at_margin = start == self.line_start;
        let kind = self.scan();
        self.line_end_counts = match kind {
            TokenKind::Illegal => self.line_end_counts, // as if it were not there
            _ => kind.ends_statement(),
        };
        Token { kind, start, end: self.cursor.pos, at_margin }
    }

    /// The kind of the token after the current one, which stays the current one.
    pub fn peek_kind(&mut self) -> TokenKind {
        let mut ahead = self.clone();
        let kind = ahead.next().kind;
        self.cursor.seen = self.cursor.seen.max(ahead.cursor.seen);
        kind
    }

    /// Skips white space and comments, up to a line end that counts as a semicolon.
    fn skip_trivia(&mut self) -> Option<Token> {
        loop {
            match self.cursor.peek(0) {
                Some(b' ' | b'\t' | b'\r') => self.cursor.pos += 1,
                Some(b'\n') | None if self.line_end_counts => return Some(self.line_end()),
                Some(b'\n') => {
                    self.cursor.pos += 1;
                    self.lines_before += 1;
                    self.line_start = self.cursor.pos;
                }
                Some(b'/') => match self.cursor.peek(1) {
                    Some(b'/' | b'*') if self.line_end_counts && self.line_ends_after_comments() => {
                        return Some(self.line_end());
                    }
                    Some(b'/' | b'*') => self.comment(),
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    fn line_end(&self) -> Token {
        let pos = self.cursor.pos;
        Token { kind: TokenKind::Semicolon, start: pos, end: pos, at_margin: false }
    }

    /// Whether the comments from here on reach a line end before any token.
    fn line_ends_after_comments(&mut self) -> bool {
        let mut ahead = self.cursor;
        let ends = loop {
            match (ahead.peek(0), ahead.peek(1)) {
                (Some(b' ' | b'\t' | b'\r'), _) => ahead.pos += 1,
                (None | Some(b'\n'), _) | (Some(b'/'), Some(b'/')) => break true,
                (Some(b'/'), Some(b'*')) => {
                    let comment = block_comment(&mut ahead);
                    if !comment.closed || comment.lines > 0 {
                        break true;
                    }
                }
                _ => break false,
            }
        };
        self.cursor.seen = self.cursor.seen.max(ahead.seen);
        ends
    }

    fn comment(&mut self) {
        let start = self.cursor.pos;
        let lines_before = std::mem::take(&mut self.lines_before);
        let at_margin = start == self.line_start;
        if self.cursor.peek(1) == Some(b'/') {
            while let Some(byte) = self.cursor.peek(0).filter(|byte| *byte != b'\n') {
                self.step(byte);
            }
            if at_margin {
                self.line_directive(start, self.cursor.pos);
            }
        } else {
            let comment = block_comment(&mut self.cursor);
            if let Some((at, message)) = comment.forbidden {
                self.error(at, message);
            }
            if !comment.closed {
                self.error(start, "comment not terminated");
            } else {
                self.line_directive(start, self.cursor.pos - 2);
            }
            if comment.lines > 0 {
                self.line_start = start; // what follows on the last line is not at the margin
            }
        }
        self.comments.push(Comment { start, end: self.cursor.pos, lines_before });
    }

    /// Reports a mistake in the comment from `start` to `end` where it is a `line` directive, which tells Go's tools where
    /// generated code comes from.
    fn line_directive(&mut self, start: u32, end: u32) {
        let text = self.cursor.slice(start, end);
        if let Some((at, message)) = line_directive::mistake(&text) {
            self.error(start + at, message);
        }
    }

    /// Steps over a character that stands for itself in a literal or a comment; it begins with `byte`.
    pub fn step(&mut self, byte: u8) {
        if let Some(message) = forbidden(&mut self.cursor, byte) {
            self.error(self.cursor.pos, message);
        }
        self.cursor.pos += match byte {
            0..=0x7f => 1,
            _ => self.cursor.character().map_or(1, |(_, length)| length),
        };
    }

    pub fn error(&mut self, at: u32, message: impl Into<String>) {
        self.errors.push(LexicalError { at, message: message.into() });
    }

    fn scan(&mut self) -> TokenKind {
        match self.cursor.peek(0) {
            None => TokenKind::Eof,
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => self.word(),
            Some(b'0'..=b'9') => literal::number(self),
            Some(b'.') if self.cursor.peek(1).is_some_and(|byte| byte.is_ascii_digit()) => {
                literal::number(self)
            }
            Some(b'"') => literal::string(self),
            Some(b'`') => literal::raw_string(self),
            Some(b'\'') => literal::rune(self),
            Some(128..) if self.cursor.character().is_some_and(|(found, _)| is_letter(found)) => self.word(),
            Some(_) => self.operator(),
        }
    }

    fn word(&mut self) -> TokenKind {
        let start = self.cursor.pos;
        let mut letters = [0_u8; 12];
        let mut length = 0;
        while let Some(byte) = self.cursor.peek(0) {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'0'..=b'9' => {
                    if let Some(slot) = letters.get_mut(length) {
                        *slot = byte;
                    }
                    length += 1;
                    self.cursor.pos += 1;
                }
                128.. => match self.cursor.character() {
                    Some((found, size)) if is_letter(found) || found.is_numeric() => {
                        self.cursor.pos += size;
                        length = letters.len() + 1;
                    }
                    _ => break,
                },
                _ => break,
            }
        }
        debug_assert!(self.cursor.pos > start);
        letters.get(..length).and_then(TokenKind::from_text).unwrap_or(TokenKind::Ident)
    }

    fn operator(&mut self) -> TokenKind {
        let mut bytes = [0_u8; 3];
        for (ahead, slot) in bytes.iter_mut().enumerate() {
            match self.cursor.peek(ahead as u32) {
                Some(byte) if byte.is_ascii_punctuation() => *slot = byte,
                _ => break,
            }
        }
        for length in [3, 2, 1] {
            if let Some(kind) = TokenKind::from_text(&bytes[..length]) {
                self.cursor.pos += length as u32;
                return kind;
            }
        }
        let at = self.cursor.pos;
        let (found, length) = self.cursor.character().unwrap_or(('\u{fffd}', 1));
        self.cursor.pos += length;
        let message = match found {
            '\0' => "illegal character NUL".to_string(),
            '\u{feff}' => "illegal byte order mark".to_string(),
            '\u{201c}' | '\u{201d}' => format!("curly quotation mark '{found}' (use neutral '\"')"),
            _ => format!("illegal character {}", literal::unicode(found)),
        };
        self.error(at, message);
        TokenKind::Illegal
    }
}

/// What was found out about a block comment.
struct BlockComment {
    closed: bool,
    lines: u32,
    /// The first character that may stand nowhere, with the message about it.
    forbidden: Option<(u32, &'static str)>,
}

/// Steps over a block comment.
fn block_comment(cursor: &mut Cursor<'_>) -> BlockComment {
    let mut comment = BlockComment { closed: false, lines: 0, forbidden: None };
    cursor.pos += 2;
    while let Some(byte) = cursor.peek(0) {
        if comment.forbidden.is_none() {
            comment.forbidden = forbidden(cursor, byte).map(|message| (cursor.pos, message));
        }
        cursor.pos += 1;
        if byte == b'\n' {
            comment.lines += 1;
        } else if byte == b'*' && cursor.eat(b'/') {
            comment.closed = true;
            break;
        }
    }
    comment
}

/// The message about the next character, which begins with `byte`, if it may stand nowhere in a file.
fn forbidden(cursor: &mut Cursor<'_>, byte: u8) -> Option<&'static str> {
    match byte {
        0 => Some("illegal character NUL"),
        0xef if cursor.character().is_some_and(|(found, _)| found == '\u{feff}') => {
            Some("illegal byte order mark")
        }
        _ => None,
    }
}

/// A letter in the sense of the Go specification: categories L* of Unicode, and `_`.
fn is_letter(found: char) -> bool {
    found == '_' || (found.is_alphabetic() && !found.is_numeric())
}
