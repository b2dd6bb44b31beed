//! Go's grammar, by recursive descent: one top-level declaration at a time.
//!
//! What a declaration becomes depends on the text from its start on and on nothing else. That makes an incremental
//! parse equal to a fresh one (see `tree.rs`).
//!
//! After an error the parser is *panicking*: nothing more is reported, lists end, and the next statement, element or
//! declaration is where it goes on.

mod control;
mod declaration;
mod expression;
mod parameters;
mod segment;
mod statement;
mod types;

use gobpf_source::{NodeId, SourceText, TextRange, TextSize};
use smol_str::SmolStr;

use crate::ast::{Directive, Ident};
use crate::comments;
use crate::lexer::{Comment, Lexer};
use crate::token::{Token, TokenKind};
use crate::wording;

pub(crate) use segment::{Segment, SyntaxError, parse_segment};

type T = TokenKind;

/// The state of the parser within one segment.
pub(crate) struct Parser<'a> {
    lexer: Lexer<'a>,
    token: Token,
    /// End of the last consumed token.
    previous_end: u32,
    /// Absolute start of the segment: errors and stray directives are kept relative to it.
    segment_start: u32,
    /// Absolute start of the declaration: node ranges are kept relative to it.
    declaration_start: u32,
    ranges: Vec<TextRange>,
    errors: Vec<SyntaxError>,
    panicking: bool,
    /// The comments directly above the current token, until something claims them.
    lead: Vec<Comment>,
    /// End of what stands before those comments.
    before_lead: u32,
    strays: Vec<Directive>,
    /// Where the segment ends although the declaration is not complete.
    cut: Option<u32>,
    /// Levels of nesting at the current token.
    level: u32,
    /// The deepest level of what was parsed last; operators that put parsed operands one level down add to it.
    deepest: u32,
    /// Below 0 in the header of a control statement, where `{` begins the body; as in Go's specification, brackets
    /// make composite literals possible again.
    brackets: i32,
    /// On the right side of an assignment, where `=` can only be meant as `==`.
    on_right_side: bool,
    /// Type switch guards `x.(type)` that no switch has claimed.
    guards: Vec<NodeId>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a SourceText, start: u32) -> Self {
        Parser {
            lexer: Lexer::new(text, start),
            token: Token { kind: T::Eof, start, end: start, at_margin: false },
            previous_end: start,
            segment_start: start,
            declaration_start: start,
            ranges: Vec::new(),
            errors: Vec::new(),
            panicking: false,
            lead: Vec::new(),
            before_lead: start,
            strays: Vec::new(),
            cut: None,
            level: 0,
            deepest: 0,
            brackets: 0,
            on_right_side: false,
            guards: Vec::new(),
        }
    }

    // Tokens.

    fn at(&self, kind: TokenKind) -> bool {
        self.token.kind == kind
    }

    /// Goes on to the next token.
    fn bump(&mut self) {
        if self.cut.is_some() {
            return;
        }
        if !self.token.is_line_end() {
            self.previous_end = self.token.end;
        }
        loop {
            self.release_lead();
            self.token = self.lexer.next();
            self.take_comments();
            for error in std::mem::take(&mut self.lexer.errors) {
                self.report(error.at, error.at, error.message, None);
            }
            if !self.at(T::Illegal) {
                return;
            }
        }
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    /// Consumes a `kind`, or reports that it was expected.
    fn expect(&mut self, kind: TokenKind) -> bool {
        if !self.eat(kind) {
            self.expected(&format!("'{}'", kind.text()));
            return false;
        }
        true
    }

    /// Consumes the closing bracket of a list; a line end before it has its own words.
    fn expect_closing(&mut self, kind: TokenKind, list: &str) {
        if !self.at(kind) && self.token.is_line_end() && !self.panicking {
            self.complain(
                format!("missing ',' before newline in {list}"),
                Some(wording::TRAILING_COMMA_HELP),
            );
            self.panicking = true;
        }
        self.expect(kind);
    }

    /// Whether a list goes on: consumes the comma if there is one.
    fn list_goes_on(&mut self, list: &str, closing: TokenKind) -> bool {
        if self.panicking {
            return false;
        }
        if self.eat(T::Comma) {
            return true;
        }
        if self.at(closing) {
            return false;
        }
        let newline = if self.token.is_line_end() { " before newline" } else { "" };
        let help = self.token.is_line_end().then_some(wording::TRAILING_COMMA_HELP);
        self.complain(format!("missing ','{newline} in {list}"), help);
        self.panicking = true;
        false
    }

    /// Consumes the semicolon after a statement or declaration; it may be missing before a closing bracket.
    fn expect_semicolon(&mut self) {
        match self.token.kind {
            T::Semicolon => self.bump(),
            T::CloseParen | T::CloseBrace => {}
            _ => self.expected("';'"),
        }
    }

    // Comments.

    /// Takes the comments before the current token: the group directly above it waits to be claimed.
    fn take_comments(&mut self) {
        self.before_lead = self.previous_end;
        if self.lexer.comments.is_empty() {
            return;
        }
        let comments = std::mem::take(&mut self.lexer.comments);
        let at_file_start = self.segment_start == 0 && self.previous_end == 0;
        let group = comments::lead_group(&comments, self.lexer.lines_before, at_file_start);
        let (others, lead) = comments.split_at(group);
        self.lead = lead.to_vec();
        self.before_lead = others.last().map_or(self.previous_end, |comment| comment.end);
        self.add_strays(others);
        self.lexer.comments = comments; // the allocation is used again
    }

    /// Directives in comments that nothing claimed are strays.
    fn release_lead(&mut self) {
        if !self.lead.is_empty() {
            let lead = std::mem::take(&mut self.lead);
            self.add_strays(&lead);
        }
    }

    fn add_strays(&mut self, comments: &[Comment]) {
        for comment in comments {
            let text = self.slice(comment.start, comment.end);
            if let Some(mut directive) = comments::directive(&text) {
                directive.range = self.in_segment(comment.start, comment.end);
                self.strays.push(directive);
            } else if let Some(misspelt) = comments::misspelt(&text) {
                self.misspelt(*comment, &misspelt);
            }
        }
    }

    /// The directives in the comments directly above the current token, which they now belong to.
    fn claim_directives(&mut self, lead: &[Comment]) -> Vec<Directive> {
        let mut directives = Vec::new();
        for comment in lead {
            let text = self.slice(comment.start, comment.end);
            if let Some(mut directive) = comments::directive(&text) {
                directive.id = self.node_at(comment.start, comment.end);
                directive.range = self.in_declaration(comment.start, comment.end);
                directives.push(directive);
            } else if let Some(misspelt) = comments::misspelt(&text) {
                self.misspelt(*comment, &misspelt);
            }
        }
        directives
    }

    // Nodes.

    fn slice(&self, start: u32, end: u32) -> SmolStr {
        self.lexer.cursor.slice(start, end)
    }

    fn in_segment(&self, start: u32, end: u32) -> TextRange {
        relative(self.segment_start, start, end)
    }

    fn in_declaration(&self, start: u32, end: u32) -> TextRange {
        relative(self.declaration_start, start, end)
    }

    /// A new node for the text between two absolute bytes.
    fn node_at(&mut self, start: u32, end: u32) -> NodeId {
        let id = NodeId(self.ranges.len() as u32);
        let range = self.in_declaration(start, end);
        self.ranges.push(range);
        id
    }

    /// A new node that ends with the last consumed token.
    fn node(&mut self, start: u32) -> NodeId {
        self.node_at(start, self.previous_end.max(start))
    }

    /// The absolute byte at which `id` starts.
    fn start_of(&self, id: NodeId) -> u32 {
        let range = self.ranges.get(id.0 as usize).copied().unwrap_or_default();
        u32::from(range.start()) + self.declaration_start
    }

    /// The absolute byte after `id`.
    fn end_of(&self, id: NodeId) -> u32 {
        let range = self.ranges.get(id.0 as usize).copied().unwrap_or_default();
        u32::from(range.end()) + self.declaration_start
    }

    /// The current token as a node, consumed.
    fn token_node(&mut self) -> NodeId {
        let id = self.node_at(self.token.start, self.token.end);
        self.bump();
        id
    }

    fn token_text(&self) -> SmolStr {
        self.slice(self.token.start, self.token.end)
    }

    /// An identifier; one without a name, after an error, where there is none.
    fn ident(&mut self) -> Ident {
        if self.at(T::Ident) {
            let name = self.token_text();
            return Ident { id: self.token_node(), name };
        }
        self.expected("'IDENT'");
        Ident { id: self.node_at(self.token.start, self.token.start), name: SmolStr::default() }
    }

    // Nesting.

    /// Goes one level down; false, after an error, where that is too deep.
    fn enter(&mut self) -> bool {
        self.level += 1;
        self.deepen(0)
    }

    fn leave(&mut self) {
        self.level -= 1;
    }

    /// Notes that what was parsed last went `levels` down; false, after an error, where that is too deep.
    fn deepen(&mut self, levels: u32) -> bool {
        self.deepest = (self.deepest + levels).max(self.level);
        let fine = self.deepest <= wording::MAX_DEPTH;
        if !fine {
            self.complain(wording::TOO_DEEP, Some(wording::TOO_DEEP_HELP));
            self.give_up();
        }
        fine
    }

    /// Leaves the rest of the declaration unread.
    fn give_up(&mut self) {
        self.panicking = true;
        while !self.at(T::Eof) {
            if self.token.at_margin && self.token.kind.starts_declaration() {
                return self.cut_at(self.before_lead);
            }
            self.bump();
        }
        self.cut_at(self.token.end);
    }

    // Errors.

    /// Reports that something other than the current token was expected, and panics.
    fn expected(&mut self, what: &str) {
        self.expected_at(self.token.start, what);
    }

    fn expected_at(&mut self, at: u32, what: &str) {
        let found = match at == self.token.start {
            true => format!(", found {}", self.found()),
            false => String::new(),
        };
        let help = match what {
            "declaration" => Some(wording::DECLARATION_HELP),
            "'=='" => Some(wording::COMPARISON_HELP),
            _ => None,
        };
        self.report(at, self.token.end.max(at), format!("expected {what}{found}"), help);
        self.panicking = true;
    }

    /// The current token in words.
    fn found(&self) -> String {
        match self.token.kind {
            T::Semicolon if self.token.is_line_end() => "newline".to_string(),
            kind if kind.is_literal() => {
                let text = self.token_text();
                let mut short: String =
                    text.chars().take_while(|found| !found.is_control()).take(40).collect();
                if short.len() < text.len() {
                    short.push_str("...");
                }
                short
            }
            kind => format!("'{}'", kind.text()),
        }
    }

    /// Reports an error at the current token.
    fn complain(&mut self, message: impl Into<String>, help: Option<&'static str>) {
        self.report(self.token.start, self.token.end, message, help);
    }

    /// Reports an error at `id`.
    fn complain_at(&mut self, id: NodeId, message: impl Into<String>, help: Option<&'static str>) {
        self.report(self.start_of(id), self.end_of(id), message, help);
    }

    fn report(&mut self, start: u32, end: u32, message: impl Into<String>, help: Option<&'static str>) {
        if self.panicking || self.cut.is_some() || self.errors.len() >= segment::MAX_ERRORS_OF_SEGMENT {
            return;
        }
        let range = self.in_segment(start, end);
        self.errors.push(SyntaxError::syntax(range, message.into(), help));
    }

    // Recovery.

    /// Ends the segment at `at`: from here on the parser sees the end of the file.
    fn cut_at(&mut self, at: u32) {
        if self.cut.is_none() {
            self.cut = Some(at);
            self.lead.clear();
            self.token = Token { kind: T::Eof, start: at, end: at, at_margin: false };
        }
    }

    /// Skips to the keyword that begins another top-level declaration, and ends the segment before it.
    fn skip_to_declaration(&mut self) {
        let mut nesting = 0_u32;
        let mut after_semicolon = false;
        self.panicking = true;
        while !self.at(T::Eof) {
            let begins = self.token.at_margin || (after_semicolon && nesting == 0);
            if begins && self.token.kind.starts_declaration() {
                self.cut_at(self.before_lead);
                return;
            }
            match self.token.kind {
                T::OpenParen | T::OpenBracket | T::OpenBrace => nesting += 1,
                T::CloseParen | T::CloseBracket | T::CloseBrace => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            after_semicolon = self.at(T::Semicolon);
            self.bump();
        }
    }

    /// Skips tokens until `stop` says so outside of all brackets, a closing bracket ends the construct, or a keyword
    /// at the margin begins another declaration. Ends the panic.
    fn skip_until(&mut self, stop: impl Fn(&Token) -> bool) {
        let mut nesting = 0_u32;
        while !self.at(T::Eof) {
            if self.token.at_margin && self.token.kind.starts_declaration() {
                self.cut_at(self.before_lead);
                break;
            }
            match self.token.kind {
                _ if nesting == 0 && stop(&self.token) => break,
                T::OpenParen | T::OpenBracket | T::OpenBrace => nesting += 1,
                T::CloseBrace if nesting == 0 => break,
                T::CloseParen | T::CloseBracket | T::CloseBrace => nesting = nesting.saturating_sub(1),
                _ => {}
            }
            self.bump();
        }
        self.panicking = false;
    }
}

/// The range between two absolute bytes, relative to `origin`.
fn relative(origin: u32, start: u32, end: u32) -> TextRange {
    let start = start.saturating_sub(origin);
    let end = end.saturating_sub(origin).max(start);
    TextRange::new(TextSize::new(start), TextSize::new(end))
}
