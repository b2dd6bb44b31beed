//! JSON, as one array or as one object a line; the schema is [`Record`].

use crate::render::{Record, Report};

pub(super) fn array(report: &Report<'_>) -> String {
    let records: Vec<_> = report.diagnostics.iter().map(|one| Record::of(one, report.files)).collect();
    let mut out = serde_json::to_string_pretty(&records).unwrap_or_default();
    out.push('\n');
    out
}

pub(super) fn lines(report: &Report<'_>) -> String {
    let mut out = String::new();
    for diagnostic in report.diagnostics {
        out.push_str(&serde_json::to_string(&Record::of(diagnostic, report.files)).unwrap_or_default());
        out.push('\n');
    }
    out
}
