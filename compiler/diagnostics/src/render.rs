//! Renderers: the same diagnostics for people and for machines.
//!
//! Each format is one file and one pure function from a [`Report`] to text. They print and decide nothing.

mod concise;
mod full;
mod github;
mod json;
mod junit;
mod record;
mod sarif;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use gobpf_source::{FileId, SourceText};

use crate::diagnostic::{Diagnostic, KernelText, Severity};

pub use record::{Edit, FixRecord, KernelRecord, LabelRecord, Point, Record, Region};

/// Gives the name and the text of a file, if it is known.
pub type Files<'a> = &'a dyn Fn(FileId) -> Option<(&'a str, &'a SourceText)>;

/// What is rendered.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The diagnostics, in the order in which they are shown.
    pub diagnostics: &'a [Diagnostic],
    /// The files that were looked at, with or without diagnostics, in order.
    pub checked: &'a [FileId],
    /// Names and texts.
    pub files: Files<'a>,
}

/// How a [`Report`] is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Source lines with labels, help and the kernel's words: for people.
    Full,
    /// `file:line:column: severity CODE: message`, a line each: for people and editors.
    Concise,
    /// One JSON array of [`Record`]s.
    Json,
    /// One [`Record`] a line.
    JsonLines,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// JUnit XML: a suite for each file.
    Junit,
}

impl Format {
    /// All formats with their names.
    pub const ALL: [(Format, &'static str); 7] = [
        (Format::Full, "full"),
        (Format::Concise, "concise"),
        (Format::Json, "json"),
        (Format::JsonLines, "json-lines"),
        (Format::Sarif, "sarif"),
        (Format::Github, "github"),
        (Format::Junit, "junit"),
    ];

    /// `report` in this format. Only [`Format::Full`] knows `color` (ANSI escapes); text of every format that isn't
    /// empty ends with a line end.
    pub fn render(self, report: &Report<'_>, color: bool) -> String {
        match self {
            Format::Full => full::render(report, color),
            Format::Concise => concise::render(report),
            Format::Json => json::array(report),
            Format::JsonLines => json::lines(report),
            Format::Sarif => sarif::render(report),
            Format::Github => github::render(report),
            Format::Junit => junit::render(report),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Format::ALL.iter().find(|(format, _)| format == self);
        f.write_str(found.map_or("", |(_, name)| name))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Format::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(format, _)| *format).ok_or_else(|| {
            let names: Vec<_> = Format::ALL.iter().map(|(_, name)| *name).collect();
            format!("`{text}` is not a format; choose one of {}", names.join(", "))
        })
    }
}

/// Says whose words `kernel` are, and repeats them.
pub fn kernel_note(kernel: &KernelText) -> String {
    let KernelText { dialect, insn, text } = kernel;
    match text.as_str() {
        "" => format!("the verifier of Linux {dialect} gives up at instruction {insn} without a word"),
        text => format!("the verifier of Linux {dialect} says at instruction {insn}: {text}"),
    }
}

/// The message with everything that a reader without the source needs: the kernel's words, labels, help.
fn message_with_notes(record: &Record<'_>) -> String {
    let mut text = record.message.to_string();
    for label in &record.labels {
        let start = label.region.start;
        text.push_str(&format!("\n{}:{}:{}: {}", label.file, start.line, start.column, label.message));
    }
    if let Some(kernel) = &record.kernel {
        let (dialect, insn) = (kernel.dialect.to_string(), kernel.insn);
        text.push('\n');
        text.push_str(&kernel_note(&KernelText { dialect, insn, text: kernel.text.to_string() }));
    }
    for help in record.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    text
}

/// One of three words for a severity, for formats that know only three.
fn three_levels(severity: Severity, information: &'static str) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => information,
    }
}
