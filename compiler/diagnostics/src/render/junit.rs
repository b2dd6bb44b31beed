//! JUnit XML: a suite for each file, a failed case for each diagnostic, one passed case where there is none.

use gobpf_source::FileId;

use crate::diagnostic::Diagnostic;
use crate::render::{Record, Report, message_with_notes};

pub(super) fn render(report: &Report<'_>) -> String {
    let mut files = report.checked.to_vec();
    for diagnostic in report.diagnostics {
        if !files.contains(&diagnostic.primary.file) {
            files.push(diagnostic.primary.file);
        }
    }
    let mut suites = String::new();
    let mut cases = 0;
    for file in files {
        let found: Vec<_> = report.diagnostics.iter().filter(|one| one.primary.file == file).collect();
        cases += found.len().max(1);
        suites.push_str(&suite(report, file, &found));
    }
    let failures = report.diagnostics.len();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"gobpf-lsp\" tests=\"{cases}\" failures=\"{failures}\" errors=\"0\">\n\
         {suites}</testsuites>\n"
    )
}

fn suite<'a>(report: &Report<'a>, file: FileId, found: &[&'a Diagnostic]) -> String {
    let name = escape((report.files)(file).map_or("", |(name, _)| name));
    let (tests, failures) = (found.len().max(1), found.len());
    let mut out = format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n"
    );
    if found.is_empty() {
        out.push_str(&format!("    <testcase name=\"no findings\" classname=\"{name}\"/>\n"));
    }
    for diagnostic in found {
        let record = Record::of(diagnostic, report.files);
        let start = record.region.start;
        let place = format!("{}:{}", start.line, start.column);
        out.push_str(&format!(
            "    <testcase name=\"{} at {place}\" classname=\"{name}\" file=\"{name}\" line=\"{}\">\n",
            record.code, start.line
        ));
        let text = format!("{name}:{place}: {}", escape(&message_with_notes(&record)));
        let message = escape(record.message);
        out.push_str(&format!(
            "      <failure type=\"{}\" message=\"{message}\">{text}</failure>\n    </testcase>\n",
            record.severity
        ));
    }
    out.push_str("  </testsuite>\n");
    out
}

/// Escapes text for an element or a quoted attribute; characters that XML 1.0 can't carry become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => out.push_str(&format!("&#{};", c as u32)),
            c if (c as u32) < 0x20 || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
