//! One line a diagnostic, as compilers print them.

use crate::render::{Record, Report};

pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for diagnostic in report.diagnostics {
        let record = Record::of(diagnostic, report.files);
        let start = record.region.start;
        if !record.file.is_empty() {
            out.push_str(&format!("{}:{}:{}: ", record.file, start.line, start.column));
        }
        let message = record.message.replace('\n', " ");
        out.push_str(&format!("{} {}: {message}\n", record.severity, record.code));
    }
    out
}
