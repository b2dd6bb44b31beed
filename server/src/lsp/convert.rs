//! From our values to the protocol's and back; the one place where positions change their units.

use gobpf_diagnostics::render::kernel_note;
use gobpf_diagnostics::{Diagnostic, Severity};
use gobpf_source::{Encoding, LineColumn, SourceText, TextEdit, TextRange, TextSize};

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
/// has none.
pub fn diagnostic(
    uri: &protocol::Uri,
    published: &Published,
    diagnostic: &Diagnostic,
    profile: &Profile,
) -> protocol::Diagnostic {
    let text = published.snapshot.text();
    let mut message = diagnostic.message.clone();
    let mut related = Vec::new();
    for label in diagnostic.labels.iter().filter(|label| label.span.file == diagnostic.primary.file) {
        let range = range(text, label.span.range, profile.encoding);
        if profile.shows_related {
            let location = protocol::Location { uri: uri.clone(), range };
            let message = label.message.clone();
            related.push(protocol::DiagnosticRelatedInformation { location, message });
        } else {
            message.push_str(&format!("\nline {}: {}", range.start.line + 1, label.message));
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
    protocol::Diagnostic {
        range: range(text, diagnostic.primary.range, profile.encoding),
        severity: Some(severity(diagnostic.severity)),
        code: Some(protocol::NumberOrString::String(diagnostic.code.to_string())),
        source: Some(SOURCE.into()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        ..protocol::Diagnostic::default()
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
