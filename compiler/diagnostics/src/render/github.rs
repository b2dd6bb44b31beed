//! Workflow commands of GitHub Actions: annotations on the lines of a pull request.

use crate::render::{Record, Report, message_with_notes, three_levels};

pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for diagnostic in report.diagnostics {
        let record = Record::of(diagnostic, report.files);
        let (start, end) = (record.region.start, record.region.end);
        let level = three_levels(record.level, "notice");
        let place = if record.file.is_empty() {
            String::new()
        } else if start.line == end.line {
            // Columns are shown only for ranges of one line.
            let (line, from, to) = (start.line, start.character, end.character);
            format!("file={},line={line},col={from},endColumn={to},", property(record.file))
        } else {
            format!("file={},line={},endLine={},", property(record.file), start.line, end.line)
        };
        let message = data(&message_with_notes(&record));
        out.push_str(&format!("::{level} {place}title={}::{message}\n", record.code));
    }
    out
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
