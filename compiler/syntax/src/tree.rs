//! The live syntax of a file: segments, of which an edit touches few.
//!
//! A segment depends on the bytes that were looked at while it was parsed and on nothing else. After an edit the first
//! segment that looked at a changed byte is parsed again, then the following ones, until one ends where an untouched
//! old segment starts: from there on everything is as it was. Fresh and incremental results are therefore equal.

use std::sync::Arc;

use gobpf_diagnostics::{Diagnostic, Fix, codes};
use gobpf_source::{AppliedEdit, FileId, SourceText, Span, TextEdit, TextSize};

use crate::ast::{DeclKind, File, PlacedDecl};
use crate::parser::{Segment, SyntaxError, parse_segment};
use crate::wording;

/// The syntax of one file, kept up to date edit by edit.
#[derive(Clone, Debug)]
pub struct SyntaxTree {
    id: FileId,
    segments: Vec<Segment>,
    file: Arc<File>,
    diagnostics: Vec<Diagnostic>,
    work: Work,
}

/// What the last parse did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// Bytes of text that were read.
    pub bytes: u32,
    /// Declarations that were parsed.
    pub lowered: u32,
    /// Declarations that were taken over from the version before.
    pub reused: u32,
}

/// All edits as one: the bytes from `start` to `old_end` of the old text became those to `new_end` of the new one.
#[derive(Clone, Copy)]
struct Change {
    start: u32,
    old_end: u32,
    new_end: u32,
}

impl SyntaxTree {
    /// Parses `text`.
    pub fn parse(file: FileId, text: &SourceText) -> SyntaxTree {
        let empty = File {
            id: file,
            decls: Vec::new(),
            stray_directives: Vec::new(),
            build_constraint: None,
            generated: false,
        };
        let mut tree = SyntaxTree {
            id: file,
            segments: Vec::new(),
            file: Arc::new(empty),
            diagnostics: Vec::new(),
            work: Work::default(),
        };
        tree.reparse(text, Change { start: 0, old_end: u32::MAX, new_end: u32::MAX });
        tree
    }

    /// Brings the tree up to date: `edits` in the order in which they were applied, `text` as it is after them.
    pub fn edit(&mut self, text: &SourceText, edits: &[AppliedEdit]) {
        if let Some(change) = merge(edits) {
            self.reparse(text, change);
        }
    }

    /// The syntax of the file.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Syntax errors and misused directives, in source order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// What the last parse did.
    pub fn work(&self) -> Work {
        self.work
    }

    fn reparse(&mut self, text: &SourceText, change: Change) {
        let old = std::mem::take(&mut self.segments);
        let mut starts = Vec::with_capacity(old.len());
        let mut end = 0;
        for segment in &old {
            starts.push(end);
            end += segment.length;
        }
        // The last segment looked at the end of the text, so that there is always one that saw the change.
        let touched = old.iter().zip(&starts).position(|(old, start)| start + old.seen > change.start);
        let kept = touched.unwrap_or(0);
        let mut pos = starts.get(kept).copied().unwrap_or(0);
        let mut candidate = kept.max(1);
        let mut old: Vec<Option<Segment>> = old.into_iter().map(Some).collect();
        let mut segments: Vec<Segment> = old.iter_mut().take(kept).filter_map(Option::take).collect();
        let mut work = Work::default();
        loop {
            let is_first = segments.is_empty();
            let old_pos = i64::from(pos) - i64::from(change.new_end) + i64::from(change.old_end);
            while starts.get(candidate).is_some_and(|start| i64::from(*start) < old_pos) {
                candidate += 1;
            }
            let same = starts.get(candidate).is_some_and(|start| i64::from(*start) == old_pos);
            if same && !is_first && pos >= change.new_end {
                segments.extend(old.iter_mut().skip(candidate).filter_map(Option::take));
                break;
            }
            if !is_first && pos >= text.len() {
                break;
            }
            let segment = parse_segment(text, pos, is_first);
            work.bytes += segment.seen;
            work.lowered += u32::from(segment.decl.is_some());
            pos += segment.length;
            segments.push(segment);
        }
        self.segments = segments;
        self.assemble(text);
        work.reused = (self.file.decls.len() as u32).saturating_sub(work.lowered);
        self.work = work;
    }

    /// Makes the file and its diagnostics of the segments.
    fn assemble(&mut self, text: &SourceText) {
        let mut file = File {
            id: self.id,
            decls: Vec::with_capacity(self.segments.len()),
            stray_directives: Vec::new(),
            build_constraint: self.segments.first().and_then(|first| first.build_constraint.clone()),
            generated: self.segments.first().is_some_and(|first| first.generated),
        };
        let mut errors: Vec<(u32, SyntaxError)> = Vec::new();
        let mut start = 0;
        let mut imports_are_over = false;
        let mut header_errors = None;
        for (index, segment) in self.segments.iter().enumerate() {
            let offset = TextSize::new(start);
            if let Some((at, decl)) = &segment.decl {
                let placed = PlacedDecl { start: TextSize::new(start + at), decl: Arc::clone(decl) };
                match decl.kind {
                    DeclKind::Package(_) => {}
                    DeclKind::Import(_) if imports_are_over => {
                        let range = decl.ranges.first().copied().unwrap_or_default() + TextSize::new(*at);
                        let message = wording::LATE_IMPORT.to_string();
                        errors.push((
                            start,
                            SyntaxError::syntax(range, message, Some(wording::LATE_IMPORT_HELP)),
                        ));
                    }
                    DeclKind::Import(_) => {}
                    _ => imports_are_over = true,
                }
                file.decls.push(placed);
            }
            file.stray_directives.extend(segment.strays.iter().cloned().map(|mut directive| {
                directive.range += offset;
                directive
            }));
            errors.extend(segment.errors.iter().map(|error| (start, error.clone())));
            if index == 0 && errors.iter().any(|(_, error)| error.code == codes::GB0101) {
                header_errors = Some(errors.len());
            }
            start += segment.length;
        }
        if let Some(count) = header_errors {
            errors.truncate(count); // without a package clause this may be no Go at all: the rest would be noise
        }
        self.file = Arc::new(file);
        self.diagnostics = self.diagnose(text, errors);
    }

    /// The errors that are shown: one a line, in source order, and not too many.
    fn diagnose(&self, text: &SourceText, mut errors: Vec<(u32, SyntaxError)>) -> Vec<Diagnostic> {
        errors.sort_by_key(|(start, error)| start + u32::from(error.range.start()));
        let end = end_of_last_line(text);
        let mut shown = Vec::new();
        let mut last_line = None;
        let mut hidden = 0;
        for (start, error) in errors {
            if error.code == codes::GB0101 {
                let line = text.line_of((error.range.start() + TextSize::new(start)).min(end));
                if last_line.replace(line) == Some(line) {
                    continue;
                }
                if shown.len() >= wording::MAX_ERRORS {
                    hidden += 1;
                    continue;
                }
            }
            shown.push(self.diagnostic(start, error, end));
        }
        if let (Some(last), true) = (shown.last_mut(), hidden > 0) {
            last.help.push(wording::more_errors(hidden));
        }
        shown
    }

    fn diagnostic(&self, start: u32, error: SyntaxError, end: TextSize) -> Diagnostic {
        let offset = TextSize::new(start);
        let absolute = |range: gobpf_source::TextRange| {
            let range = range + offset;
            gobpf_source::TextRange::new(range.start().min(end), range.end().min(end))
        };
        let span = |range| Span { file: self.id, range: absolute(range) };
        let mut diagnostic = Diagnostic::error(error.code, span(error.range), error.message);
        if let Some((range, message)) = error.label {
            diagnostic = diagnostic.label(span(range), message);
        }
        if let Some(help) = error.help {
            diagnostic = diagnostic.help(help.as_str());
        }
        if let Some((title, text)) = error.fix {
            let edits = vec![TextEdit { range: absolute(error.range), text }];
            diagnostic.fixes.push(Fix { title, edits });
        }
        diagnostic
    }
}

/// Where the last line of `text` ends. What is missing at the end of a file is missing there, rather than on the empty
/// line that an editor shows after it.
fn end_of_last_line(text: &SourceText) -> TextSize {
    let length = text.len();
    let byte =
        |back: u32| length.checked_sub(back).and_then(|at| text.chunk_from(at as usize).first().copied());
    let line_end = match (byte(2), byte(1)) {
        (Some(b'\r'), Some(b'\n')) => 2,
        (_, Some(b'\n')) => 1,
        _ => 0,
    };
    TextSize::new(length - line_end)
}

/// All edits as one.
fn merge(edits: &[AppliedEdit]) -> Option<Change> {
    let mut edits = edits.iter();
    let first = edits.next()?;
    let mut all = Change { start: first.start, old_end: first.old_end, new_end: first.new_end };
    for edit in edits {
        let below = edit.old_end.saturating_sub(all.new_end);
        all.start = all.start.min(edit.start);
        all.old_end += below;
        all.new_end = all.new_end + below - edit.old_end + edit.new_end;
    }
    Some(all)
}
