//! Source lines with labels, the kernel's words and help: for people at a terminal.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet};
use gobpf_source::{Encoding, FileId, SourceText, TextRange};

use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::render::{Report, kernel_note};

/// More source than this between the first and the last label of a file is not searched: only the primary line is
/// shown. Bytes.
const MAX_EXCERPT_BYTES: u32 = 1 << 20;

/// A longer line is not shown at all; nobody reads it. Bytes.
const MAX_LINE_BYTES: u32 = 4096;

pub(super) fn render(report: &Report<'_>, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in report.diagnostics {
        out.push_str(&renderer.render(&groups(report, diagnostic)));
        out.push_str("\n\n");
    }
    out
}

/// One diagnostic: its title with the source, then a group for each fix.
fn groups<'a>(report: &Report<'a>, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
    let title = level(diagnostic.severity).primary_title(diagnostic.message.as_str());
    let mut main = Group::with_title(title.id(diagnostic.code.to_string()));
    let mut files = vec![diagnostic.primary.file];
    for label in &diagnostic.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        if let Some((name, text)) = (report.files)(file) {
            main = main.element(place(diagnostic, file, name, text));
        }
    }
    if let Some(kernel) = &diagnostic.kernel_text {
        main = main.element(Level::NOTE.message(kernel_note(kernel)));
    }
    for help in &diagnostic.help {
        main = main.element(Level::HELP.message(help.as_str()));
    }
    let mut groups = vec![main];
    if let Some((name, text)) = (report.files)(diagnostic.primary.file) {
        groups.extend(diagnostic.fixes.iter().filter_map(|fix| patches(fix, name, text)));
    }
    groups
}

/// The lines of `file` that `diagnostic` speaks of; its name and position where they can't be shown.
fn place<'a>(diagnostic: &'a Diagnostic, file: FileId, name: &'a str, text: &SourceText) -> Element<'a> {
    let primary = (diagnostic.primary.file == file).then_some(diagnostic.primary.range);
    let mut labels: Vec<_> = diagnostic.labels.iter().filter(|label| label.span.file == file).collect();
    let mut annotations: Vec<(AnnotationKind, TextRange, Option<&str>)> = Vec::new();
    if let Some(range) = primary {
        // A label of the primary place is the primary label.
        let own = labels.iter().position(|label| label.span.range == range);
        let message = own.map(|index| labels.remove(index).message.as_str());
        annotations.push((AnnotationKind::Primary, range, message));
    }
    let labels = labels.into_iter();
    annotations.extend(
        labels.map(|label| (AnnotationKind::Context, label.span.range, Some(label.message.as_str()))),
    );
    let mut excerpt = Excerpt::around(text, annotations.iter().map(|(_, range, _)| *range));
    if excerpt.text.is_none() {
        // Too far apart: the primary place alone, or the first label in another file.
        annotations.truncate(1);
        excerpt = Excerpt::around(text, annotations.iter().map(|(_, range, _)| *range));
    }
    let Some(shown) = excerpt.text else {
        let offset = annotations.first().map(|(_, range, _)| range.start()).unwrap_or_default();
        let at = text.position(offset, Encoding::Utf32);
        return Origin::path(name).line(at.line as usize + 1).char_column(at.column as usize + 1).into();
    };
    let length = shown.len();
    let annotations = annotations.into_iter().map(|(kind, range, message)| {
        let annotation = kind.span(excerpt.start.relative(range, length));
        match message {
            Some(message) => annotation.label(message),
            None => annotation,
        }
    });
    let snippet = Snippet::source(shown).line_start(excerpt.first_line as usize + 1).path(name);
    snippet.annotations(annotations).into()
}

/// The lines that `fix` changes, before and after.
fn patches<'a>(fix: &'a Fix, name: &'a str, text: &SourceText) -> Option<Group<'a>> {
    let excerpt = Excerpt::around(text, fix.edits.iter().map(|edit| edit.range));
    let title = Level::HELP.secondary_title(fix.title.as_str());
    let shown = excerpt.text?;
    let length = shown.len();
    let patches = fix
        .edits
        .iter()
        .map(|edit| Patch::new(excerpt.start.relative(edit.range, length), edit.text.as_str()));
    let patches: Vec<_> = patches.collect();
    Some(title.element(
        Snippet::source(shown).line_start(excerpt.first_line as usize + 1).path(name).patches(patches),
    ))
}

/// Whole lines of a text.
struct Excerpt {
    /// The lines; none when there are too many or one is too long.
    text: Option<String>,
    /// Byte of the file at which they start.
    start: ExcerptStart,
    /// Number of the first, from 0.
    first_line: u32,
}

/// The byte of the file at which an excerpt starts.
#[derive(Clone, Copy)]
struct ExcerptStart(u32);

impl ExcerptStart {
    /// `range` of the file as a range of an excerpt of `length` bytes.
    fn relative(self, range: TextRange, length: usize) -> Range<usize> {
        let cut = |offset: u32| (offset.saturating_sub(self.0) as usize).min(length);
        cut(range.start().into())..cut(range.end().into())
    }
}

impl Excerpt {
    /// The lines from the first to the last of `ranges`.
    fn around(text: &SourceText, ranges: impl Iterator<Item = TextRange>) -> Excerpt {
        let whole = ranges.reduce(TextRange::cover).unwrap_or_default();
        let first_line = text.line_of(whole.start());
        let first = text.line_range(first_line);
        let last = text.line_range(text.line_of(whole.end()));
        let range = TextRange::new(first.start(), last.end().max(first.start()));
        let fits = u32::from(range.len()) <= MAX_EXCERPT_BYTES;
        let shown = fits.then(|| text.slice(range));
        let readable = |shown: &String| shown.lines().all(|line| line.len() <= MAX_LINE_BYTES as usize);
        Excerpt { text: shown.filter(readable), start: ExcerptStart(first.start().into()), first_line }
    }
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Information => Level::INFO,
        Severity::Hint => Level::NOTE.with_name("hint"),
    }
}
