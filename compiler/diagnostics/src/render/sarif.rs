//! SARIF 2.1.0, the format of code scanning services.

use serde_json::{Value, json};

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::render::{Record, Region, Report, message_with_notes, three_levels};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub(super) fn render(report: &Report<'_>) -> String {
    let mut codes: Vec<Code> = report.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = report.diagnostics.iter().map(|one| result(report, one, &codes)).collect();
    let driver = json!({
        "name": "gobpf-lsp",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut out = serde_json::to_string_pretty(&log).unwrap_or_default();
    out.push('\n');
    out
}

fn rule(code: Code) -> Value {
    let (title, text) = code.page().map_or(("", ""), |page| (page.title, page.text));
    json!({
        "id": code.to_string(),
        "shortDescription": { "text": title },
        "help": { "text": text, "markdown": text },
    })
}

fn result<'a>(report: &Report<'a>, diagnostic: &'a Diagnostic, codes: &[Code]) -> Value {
    let record = Record::of(diagnostic, report.files);
    let mut result = json!({
        "ruleId": record.code,
        "level": three_levels(record.level, "note"),
        "message": { "text": message_with_notes(&record) },
    });
    if let Ok(index) = codes.binary_search(&diagnostic.code) {
        result["ruleIndex"] = json!(index);
    }
    if !record.file.is_empty() {
        result["locations"] = json!([{ "physicalLocation": location(record.file, record.region) }]);
    }
    if !record.labels.is_empty() {
        let labels = record.labels.iter().enumerate().map(|(id, label)| {
            let message = json!({ "text": label.message });
            let place = location(label.file, label.region);
            json!({ "id": id + 1, "message": message, "physicalLocation": place })
        });
        result["relatedLocations"] = labels.collect();
    }
    if !record.fixes.is_empty() && !record.file.is_empty() {
        let fixes = record.fixes.iter().map(|fix| {
            let replacements: Vec<Value> = fix
                .edits
                .iter()
                .map(|edit| {
                    json!({ "deletedRegion": region(edit.region), "insertedContent": { "text": edit.text } })
                })
                .collect();
            let change = json!({ "artifactLocation": artifact(record.file), "replacements": replacements });
            json!({ "description": { "text": fix.title }, "artifactChanges": [change] })
        });
        result["fixes"] = fixes.collect();
    }
    result
}

fn location(file: &str, at: Region) -> Value {
    json!({ "artifactLocation": artifact(file), "region": region(at) })
}

fn region(region: Region) -> Value {
    json!({
        "startLine": region.start.line,
        "startColumn": region.start.character,
        "endLine": region.end.line,
        "endColumn": region.end.character,
        "byteOffset": region.start.offset,
        "byteLength": region.end.offset.saturating_sub(region.start.offset),
    })
}

/// A file's name as a relative URI reference; an absolute path becomes a `file:` URI.
fn artifact(name: &str) -> Value {
    let mut uri = String::from(if name.starts_with('/') { "file://" } else { "" });
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(byte as char)
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    json!({ "uri": uri })
}
