//! A segment of a file: a top-level declaration with all text between it and the previous one.

use std::sync::Arc;

use gobpf_diagnostics::{Code, codes};
use gobpf_source::{NodeId, SourceText, TextRange};
use smol_str::SmolStr;

use super::{Parser, T};
use crate::ast::{Decl, DeclKind, Directive};
use crate::comments::{self, Misspelt};
use crate::directives;
use crate::lexer::Comment;
use crate::wording;

/// No more errors of a segment are kept.
pub(super) const MAX_ERRORS_OF_SEGMENT: usize = 50;

/// What is wrong, with ranges relative to the segment's start.
#[derive(Clone, Debug)]
pub(crate) struct SyntaxError {
    pub code: Code,
    pub range: TextRange,
    pub message: String,
    pub help: Option<SmolStr>,
    /// Another place and what is to be seen there.
    pub label: Option<(TextRange, &'static str)>,
    /// A mending: its title, and what the text of `range` becomes.
    pub fix: Option<(String, String)>,
}

impl SyntaxError {
    pub fn syntax(range: TextRange, message: String, help: Option<&'static str>) -> Self {
        let help = help.map(SmolStr::new_static);
        SyntaxError { code: codes::GB0101, range, message, help, label: None, fix: None }
    }
}

/// A top-level declaration and what belongs to it. It depends on the text from its start to `seen` and on nothing
/// else, except that the first segment of a file knows that it is the first.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Length in bytes; the next segment starts there.
    pub length: u32,
    /// How many bytes from its start on were looked at; the end of the file counts as one.
    pub seen: u32,
    /// The declaration and its start; none for what follows the last one.
    pub decl: Option<(u32, Arc<Decl>)>,
    pub strays: Vec<Directive>,
    pub errors: Vec<SyntaxError>,
    /// Known of the first segment only.
    pub build_constraint: Option<SmolStr>,
    pub generated: bool,
}

/// Parses one segment at byte `start`: that of the text, or the end of another segment.
pub(crate) fn parse_segment(text: &SourceText, start: u32, is_first: bool) -> Segment {
    let mut parser = Parser::new(text, start);
    let mut segment = Segment {
        length: 0,
        seen: 0,
        decl: None,
        strays: Vec::new(),
        errors: Vec::new(),
        build_constraint: None,
        generated: false,
    };
    parser.bump();
    if is_first {
        parser.file_header(&mut segment);
    }
    if is_first || !parser.at(T::Eof) {
        let decl = parser.declaration(is_first);
        parser.check_directives(&decl);
        segment.decl = Some((parser.declaration_start - start, Arc::new(decl)));
    }
    parser.release_lead();
    parser.check_strays();
    let mut end = parser.cut.unwrap_or(parser.token.start).max(start);
    if parser.cut.is_none() && parser.at(T::Eof) || (end == start && !is_first) {
        end = text.len();
    }
    segment.length = end - start;
    segment.seen = parser.lexer.cursor.seen.max(end) - start;
    segment.strays = parser.strays;
    segment.errors = parser.errors;
    segment
}

impl Parser<'_> {
    /// Reads what the comments above the package clause say of the file.
    fn file_header(&mut self, segment: &mut Segment) {
        let comments = self.lexer.comments.clone();
        for comment in &comments {
            let text = self.slice(comment.start, comment.end);
            if let Some(constraint) = text.strip_prefix("//go:build ") {
                segment.build_constraint.get_or_insert_with(|| constraint.trim().into());
            }
            let rest = text.strip_prefix("// Code generated ");
            segment.generated |=
                rest.is_some_and(|rest| rest.trim_end_matches('\r').ends_with(" DO NOT EDIT."));
        }
        // All directives above the package clause speak of the file.
        self.strays.clear();
        self.errors.retain(|error| error.code == codes::GB0101);
        self.lead = comments;
    }

    fn declaration(&mut self, is_first: bool) -> Decl {
        let mut lead = std::mem::take(&mut self.lead);
        self.declaration_start = lead.first().map_or(self.token.start, |comment| comment.start);
        let id = self.node_at(self.token.start, self.token.start);
        let directives = self.claim_directives(&lead);
        if is_first {
            let group = comments::lead_group(&lead, self.lexer.lines_before, true);
            lead.drain(..group);
        }
        let doc = self.doc(&lead);
        let start = self.token.start;
        let kind = if is_first { self.package_clause() } else { self.declaration_kind(id) };
        for guard in std::mem::take(&mut self.guards) {
            let range = self.in_segment(self.start_of(guard), self.end_of(guard));
            let help = Some(wording::TYPE_GUARD_HELP);
            self.errors.push(SyntaxError::syntax(range, wording::TYPE_GUARD.to_string(), help));
        }
        if let Some(range) = self.ranges.get_mut(id.0 as usize) {
            *range = super::relative(self.declaration_start, start, self.previous_end.max(start));
        }
        Decl { kind, directives, doc, ranges: std::mem::take(&mut self.ranges) }
    }

    fn package_clause(&mut self) -> DeclKind {
        if !self.at(T::Package) {
            let help = self.at(T::Eof).then_some(wording::EMPTY_FILE_HELP);
            self.complain(format!("expected 'package', found {}", self.found()), help);
            if self.token.kind.starts_declaration() {
                self.cut_at(self.segment_start);
            } else {
                self.skip_to_declaration();
            }
            let at = self.declaration_start;
            return DeclKind::Package(crate::ast::Ident { id: self.node_at(at, at), name: "".into() });
        }
        self.bump();
        let name = self.ident();
        self.end_of_declaration();
        DeclKind::Package(name)
    }

    fn declaration_kind(&mut self, id: NodeId) -> DeclKind {
        match self.token.kind {
            T::Import => DeclKind::Import(self.specs(|this, _, directives| {
                this.directives_to_strays(directives);
                this.import_spec()
            })),
            T::Const => DeclKind::Const(self.specs(|this, iota, directives| {
                this.directives_to_strays(directives);
                this.const_spec(iota)
            })),
            T::Type => DeclKind::Type(self.specs(|this, _, directives| this.type_spec(directives))),
            T::Var => DeclKind::Var(self.specs(|this, _, directives| this.var_spec(directives))),
            T::Func => self.function_declaration(id),
            _ => {
                self.expected("declaration");
                self.bump();
                self.skip_to_declaration();
                DeclKind::Bad(id)
            }
        }
    }

    /// Lines of imports and constants have no directives.
    fn directives_to_strays(&mut self, directives: Vec<Directive>) {
        for mut directive in directives {
            let offset = self.declaration_start - self.segment_start;
            directive.range += gobpf_source::TextSize::new(offset);
            directive.id = NodeId(0);
            self.strays.push(directive);
        }
    }

    /// The text of a doc comment: without comment marks, one leading space and directives.
    fn doc(&self, comments: &[Comment]) -> String {
        let mut lines = Vec::new();
        for comment in comments {
            let text = self.slice(comment.start, comment.end);
            lines.extend(comments::doc_lines(&text));
        }
        lines.join("\n").trim_matches('\n').to_string()
    }

    /// Reports a comment that was meant as a directive.
    pub(super) fn misspelt(&mut self, comment: Comment, misspelt: &Misspelt) {
        let range = self.in_segment(comment.start, comment.end);
        self.errors.push(SyntaxError {
            code: codes::GB0103,
            range,
            message: wording::misspelt(&misspelt.written),
            help: Some(wording::misspelt_help(&misspelt.right).into()),
            label: None,
            fix: Some((wording::misspelt_fix(&misspelt.right), misspelt.right.clone())),
        });
    }

    /// Directives that a declaration or one of its lines has: their names must be known.
    fn check_directives(&mut self, decl: &Decl) {
        let origin = self.declaration_start;
        let mut all: Vec<&Directive> = decl.directives.iter().collect();
        match &decl.kind {
            DeclKind::Type(specs) => all.extend(specs.iter().flat_map(|spec| &spec.directives)),
            DeclKind::Var(specs) => all.extend(specs.iter().flat_map(|spec| &spec.directives)),
            _ => {}
        }
        for directive in all {
            let start = origin + u32::from(directive.range.start());
            let range = self.in_segment(start, start + u32::from(directive.range.len()));
            self.errors.extend(directives::unknown(directive, range));
        }
    }

    fn check_strays(&mut self) {
        for directive in &self.strays {
            let range = directive.range;
            let error =
                directives::unknown(directive, range).unwrap_or_else(|| directives::stray(directive, range));
            self.errors.push(error);
        }
    }
}
