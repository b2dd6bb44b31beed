//! From our values to the protocol's and back; the one place where positions change their units.

use gobpf_analysis::Analysis;
use gobpf_diagnostics::render::kernel_note;
use gobpf_diagnostics::{Diagnostic, Severity};
use gobpf_source::{Encoding, LineColumn, SourceText, Span, TextEdit, TextRange, TextSize};

use crate::lsp::profile::Profile;
use crate::lsp::session::Published;
use crate::lsp::transport::protocol;

/// What our diagnostics say they come from.
const SOURCE: &str = "gobpf";

/// The byte of `position`; one past the end of its line or of the text is cut to it.
pub fn offset(text: &SourceText, position: protocol::Position, encoding: Encoding) -> TextSize {
    text.offset(LineColumn { line: position.line, column: position.character }, encoding)
}

/// The bytes of `range`; a range that ends before it starts is the empty one at its start.
pub fn bytes(text: &SourceText, range: protocol::Range, encoding: Encoding) -> TextRange {
    let start = offset(text, range.start, encoding);
    TextRange::new(start, offset(text, range.end, encoding).max(start))
}

/// `range` for the client.
pub fn range(text: &SourceText, range: TextRange, encoding: Encoding) -> protocol::Range {
    let position = |offset| {
        let at = text.position(offset, encoding);
        protocol::Position { line: at.line, character: at.column }
    };
    protocol::Range { start: position(range.start()), end: position(range.end()) }
}

/// `edit` for the client.
pub fn edit(text: &SourceText, edit: &TextEdit, encoding: Encoding) -> protocol::TextEdit {
    protocol::TextEdit { range: range(text, edit.range, encoding), new_text: edit.text.clone() }
}

/// `edits` of the document as it is, whatever its version.
pub fn unversioned(uri: protocol::Uri, edits: Vec<protocol::TextEdit>) -> protocol::WorkspaceEdit {
    protocol::WorkspaceEdit { changes: Some([(uri, edits)].into()), ..protocol::WorkspaceEdit::default() }
}

/// All of an open document, or of one that only the client knows: the client cuts a range to the document, since a line
/// past the end stands for the end.
pub fn everything(text: Option<&SourceText>, encoding: Encoding) -> protocol::Range {
    /// The largest number of the protocol.
    const MAX_LINE: u32 = i32::MAX as u32;
    match text {
        Some(text) => range(text, TextRange::up_to(text.len().into()), encoding),
        None => {
            let end = protocol::Position { line: MAX_LINE, character: 0 };
            protocol::Range { start: protocol::Position::default(), end }
        }
    }
}

/// `diagnostic` of `published` for the client. The causal path becomes related information, or text where the client
/// has none. What stands in another file is shown at the first place here that it has to do with, and leads there.
pub fn diagnostic(
    uri: &protocol::Uri,
    published: &Published,
    analysis: &Analysis,
    diagnostic: &Diagnostic,
    profile: &Profile,
) -> protocol::Diagnostic {
    let here = published.snapshot.ast().id;
    let places = Places { uri, published, analysis, profile };
    let mut message = diagnostic.message.clone();
    let mut range = TextRange::default();
    let mut related = Vec::new();
    if diagnostic.primary.file == here {
        range = diagnostic.primary.range;
    } else {
        let anchor = diagnostic.labels.iter().find(|label| label.span.file == here);
        range = anchor.map_or(range, |label| label.span.range);
        related.extend(places.of(diagnostic.primary).map(|place| (place, diagnostic.message.clone())));
    }
    for label in &diagnostic.labels {
        related.extend(places.of(label.span).map(|place| (place, label.message.clone())));
    }
    if !profile.shows_related {
        for ((location, name), text) in related.drain(..) {
            message.push_str(&format!("\n{name} {}: {text}", location.range.start.line + 1));
        }
    }
    if let Some(kernel) = &diagnostic.kernel_text {
        message.push('\n');
        message.push_str(&kernel_note(kernel));
    }
    for help in &diagnostic.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let related: Vec<_> = related
        .into_iter()
        .map(|((location, _), message)| protocol::DiagnosticRelatedInformation { location, message })
        .collect();
    protocol::Diagnostic {
        range: self::range(published.snapshot.text(), range, profile.encoding),
        severity: Some(severity(diagnostic.severity)),
        code: Some(protocol::NumberOrString::String(diagnostic.code.to_string())),
        source: Some(SOURCE.into()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..protocol::Diagnostic::default()
    }
}

/// Where spans are, in the document and in the files beside it.
struct Places<'a> {
    uri: &'a protocol::Uri,
    published: &'a Published,
    analysis: &'a Analysis,
    profile: &'a Profile,
}

impl Places<'_> {
    /// The location of `span`, and what comes before the number of its line in text.
    fn of(&self, span: Span) -> Option<(protocol::Location, String)> {
        let snapshot = &self.published.snapshot;
        if span.file == snapshot.ast().id {
            let range = range(snapshot.text(), span.range, self.profile.encoding);
            return Some((protocol::Location { uri: self.uri.clone(), range }, "line".into()));
        }
        let other = self.analysis.others.iter().find(|other| other.ast.id == span.file)?;
        let path = std::path::absolute(&*other.name).ok()?;
        let uri = protocol::Uri::from_file_path(path)?;
        let range = range(&other.text, span.range, self.profile.encoding);
        Some((protocol::Location { uri, range }, format!("{}, line", other.name)))
    }
}

fn severity(severity: Severity) -> protocol::DiagnosticSeverity {
    match severity {
        Severity::Error => protocol::DiagnosticSeverity::ERROR,
        Severity::Warning => protocol::DiagnosticSeverity::WARNING,
        Severity::Information => protocol::DiagnosticSeverity::INFORMATION,
        Severity::Hint => protocol::DiagnosticSeverity::HINT,
    }
}
