//! A diagnostic resolved to names, lines and columns: the schema of `json` and `json-lines`, and what the other
//! machine formats are made from.
//!
//! Fields are only ever added. Lines and columns count from 1, columns in bytes as Go's own tools count them; `offset`
//! counts bytes of the file from 0. Ends are exclusive.

use gobpf_source::{Encoding, SourceText, Span, TextRange, TextSize};
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::render::Files;

/// A diagnostic.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Record<'a> {
    /// Such as `GB0401`.
    pub code: String,
    /// `error`, `warning`, `info` or `hint`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: &'a str,
    /// The file's name as the caller gave it; empty when the file is unknown.
    pub file: &'a str,
    /// Where in the file.
    #[serde(flatten)]
    pub region: Region,
    /// Other places, in the order of the story.
    pub labels: Vec<LabelRecord<'a>>,
    /// What to do or to know.
    pub help: &'a [String],
    /// The kernel's words, or null.
    pub kernel: Option<KernelRecord<'a>>,
    /// Edits that mend it.
    pub fixes: Vec<FixRecord<'a>>,
    /// The severity as a value, for formats with words of their own.
    #[serde(skip)]
    pub level: Severity,
}

/// A range of a file.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Region {
    /// Its start.
    pub start: Point,
    /// Its end, exclusive.
    pub end: Point,
}

/// A place in a file.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Point {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// Byte of the file, from 0.
    pub offset: u32,
    /// Column in characters, from 1, for formats that count so.
    #[serde(skip)]
    pub character: u32,
}

/// A remark at another place.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct LabelRecord<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Where.
    #[serde(flatten)]
    pub region: Region,
    /// What is to be seen there.
    pub message: &'a str,
}

/// The kernel's words.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct KernelRecord<'a> {
    /// Whose words, such as `6.1`.
    pub dialect: &'a str,
    /// The instruction at which it stops.
    pub insn: u32,
    /// The words, to the letter.
    pub text: &'a str,
}

/// A mending.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct FixRecord<'a> {
    /// What it does.
    pub title: &'a str,
    /// Edits of the file of the diagnostic, which do not overlap.
    pub edits: Vec<Edit<'a>>,
}

/// A replacement.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Edit<'a> {
    /// What is replaced.
    #[serde(flatten)]
    pub region: Region,
    /// What stands there afterwards.
    pub text: &'a str,
}

impl<'a> Record<'a> {
    /// `diagnostic` with its places looked up in `files`.
    pub fn of(diagnostic: &'a Diagnostic, files: Files<'a>) -> Record<'a> {
        let (file, region) = locate(diagnostic.primary, files);
        let text = files(diagnostic.primary.file).map(|(_, text)| text);
        let labels = diagnostic.labels.iter().map(|label| {
            let (file, region) = locate(label.span, files);
            LabelRecord { file, region, message: &label.message }
        });
        let fixes = diagnostic.fixes.iter().map(|fix| {
            let edit = |edit: &'a gobpf_source::TextEdit| Edit {
                region: text.map(|text| Region::of(text, edit.range)).unwrap_or_default(),
                text: &edit.text,
            };
            FixRecord { title: &fix.title, edits: fix.edits.iter().map(edit).collect() }
        });
        Record {
            code: diagnostic.code.to_string(),
            severity: diagnostic.severity.word(),
            message: &diagnostic.message,
            file,
            region,
            labels: labels.collect(),
            help: &diagnostic.help,
            kernel: diagnostic.kernel_text.as_ref().map(|kernel| KernelRecord {
                dialect: &kernel.dialect,
                insn: kernel.insn,
                text: &kernel.text,
            }),
            fixes: fixes.collect(),
            level: diagnostic.severity,
        }
    }
}

impl Region {
    /// `range` of `text` in lines and columns.
    pub fn of(text: &SourceText, range: TextRange) -> Region {
        Region { start: Point::of(text, range.start()), end: Point::of(text, range.end()) }
    }
}

impl Point {
    fn of(text: &SourceText, offset: TextSize) -> Point {
        let bytes = text.position(offset, Encoding::Utf8);
        let characters = text.position(offset, Encoding::Utf32);
        Point {
            line: bytes.line + 1,
            column: bytes.column + 1,
            offset: u32::from(offset).min(text.len()),
            character: characters.column + 1,
        }
    }
}

/// The file and the region of `span`; empty and zero where the file is unknown.
fn locate<'a>(span: Span, files: Files<'a>) -> (&'a str, Region) {
    match files(span.file) {
        Some((name, text)) => (name, Region::of(text, span.range)),
        None => ("", Region::default()),
    }
}
