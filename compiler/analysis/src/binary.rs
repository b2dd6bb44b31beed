//! ELF objects: read into programs, and shown as a listing of their instructions. Where the object knows the lines of its
//! source, diagnostics speak of these.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use gobpf_bpf::{Object, disasm};
use gobpf_diagnostics::Diagnostic;
use gobpf_object::ElfObject;
use gobpf_source::{FileId, SourceText, Span, TextRange, TextSize};
use gobpf_syntax::SyntaxTree;

use crate::options::Options;
use crate::others::{FIRST_ID, OtherFile};

/// Lines of a source that are shown at most; an object that claims more is not believed.
const LINES: u32 = 1 << 20;

/// An object that was read.
#[derive(Debug, Default)]
pub(crate) struct Binary {
    /// Its programs.
    pub(crate) object: Object,
    /// What is wrong with it, or with single programs.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Its sources, as far as the object has their lines.
    pub(crate) sources: Vec<OtherFile>,
    /// The place of each slot of each program.
    pub(crate) places: Vec<Vec<Option<Span>>>,
    /// Where each program starts in the listing.
    pub(crate) starts: Vec<Span>,
}

impl Binary {
    /// Reads `bytes`; also gives the listing, which is the text of the file `file`.
    pub(crate) fn read(file: FileId, bytes: &[u8], options: &Options) -> (Binary, String) {
        let types = (options.kernel_types.get)();
        let config = (options.kernel_config)();
        let read = gobpf_object::read(
            bytes,
            gobpf_object::Options {
                kernel: types.as_deref(),
                version: options.target.or(options.fallback_target).unwrap_or_default(),
                config: (!config.is_empty()).then_some(&config),
            },
        );
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                let diagnostics = vec![error.diagnostic(file)];
                return (Binary { diagnostics, ..Binary::default() }, String::new());
            }
        };
        let sources = Sources::of(&read);
        let mut binary = Binary {
            diagnostics: read.errors.iter().map(|error| error.diagnostic(file)).collect(),
            sources: sources.files(),
            ..Binary::default()
        };
        let mut listing = String::new();
        for index in 0..read.object.programs.len() {
            binary.list(file, &read, index, &sources, &mut listing);
        }
        binary.object = read.object;
        (binary, listing)
    }

    /// Adds program number `index` to the listing.
    fn list(
        &mut self,
        file: FileId,
        read: &ElfObject,
        index: usize,
        sources: &Sources,
        listing: &mut String,
    ) {
        let program = &read.object.programs[index];
        let mut span = |text: &str| {
            let start = TextSize::of(listing.as_str());
            listing.push_str(text);
            Span { file, range: TextRange::at(start, TextSize::of(text.trim_end())) }
        };
        self.starts.push(span(&format!("{} ({})\n", program.name, program.section)));
        let mut places = Vec::new();
        for (slot, insn) in program.code.insns.iter().enumerate() {
            let after_load = slot > 0 && program.code.insns[slot - 1].is_load_imm64();
            if after_load {
                places.push(places.last().copied().flatten());
                continue;
            }
            let at = slot as u32;
            let relocation = program.code.relocation_at(at);
            let relocation = relocation.map(|target| disasm::relocation_text(&read.object, target));
            let next = program.code.insns.get(slot + 1).copied();
            let mut line = String::new();
            let _ = writeln!(line, "{slot:5}: {}", disasm::disassemble(*insn, next, relocation.as_deref()));
            let listed = span(&line);
            places.push(Some(sources.place(read, index, at).unwrap_or(listed)));
        }
        self.places.push(places);
    }
}

/// The sources of an object.
struct Sources {
    files: BTreeMap<String, Source>,
}

/// What is known of a source. Lines that are not known are empty.
#[derive(Default)]
struct Source {
    text: String,
    /// Where each line that is known starts in the text.
    starts: BTreeMap<u32, usize>,
}

impl Source {
    fn of(lines: &BTreeMap<u32, &str>) -> Source {
        let mut source = Source::default();
        let mut number = 1;
        for (line, content) in lines {
            source.text.extend(std::iter::repeat_n('\n', (line - number) as usize));
            source.starts.insert(*line, source.text.len());
            source.text.push_str(one_line(content));
            number = *line;
        }
        source.text.push('\n');
        source
    }
}

impl Sources {
    fn of(read: &ElfObject) -> Sources {
        let mut files: BTreeMap<&str, BTreeMap<u32, &str>> = BTreeMap::new();
        for line in read.lines.iter().flatten().filter(|line| (1..=LINES).contains(&line.line)) {
            files.entry(&line.file).or_default().insert(line.line, &line.text);
        }
        let files = files.into_iter().map(|(name, lines)| (name.to_owned(), Source::of(&lines)));
        Sources { files: files.collect() }
    }

    /// Each as a file.
    fn files(&self) -> Vec<OtherFile> {
        let files = self.files.iter().zip(FIRST_ID..);
        files.map(|((name, source), id)| unparsed(name, &source.text, FileId(id))).collect()
    }

    /// The place in a source that the instruction at `slot` comes from.
    fn place(&self, read: &ElfObject, program: usize, slot: u32) -> Option<Span> {
        let line = read.line_at(program, slot)?;
        let index = self.files.keys().position(|name| *name == line.file)? as u32;
        let source = self.files.get(&line.file)?;
        let start = *source.starts.get(&line.line)?;
        let text = one_line(source.text.get(start..)?);
        let column = (line.column.max(1) - 1) as usize;
        let column = if text.is_char_boundary(column) { column.min(text.len()) } else { 0 };
        let end = text.trim_end().len().max(column);
        let range = TextRange::new(size(start + column), size(start + end));
        Some(Span { file: FileId(FIRST_ID + index), range })
    }
}

fn size(bytes: usize) -> TextSize {
    TextSize::new(u32::try_from(bytes).unwrap_or(u32::MAX))
}

/// A line of source without what would make it several.
fn one_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// A file that isn't Go has an empty syntax tree.
fn unparsed(name: &str, text: &str, id: FileId) -> OtherFile {
    OtherFile {
        name: Arc::from(name),
        text: SourceText::new(text),
        ast: Arc::clone(SyntaxTree::parse(id, &SourceText::default()).file()),
        syntax: Arc::from([]),
    }
}

/// The kernel's settings by name, such as `CONFIG_HZ` to `250`.
pub type KernelConfig = Arc<dyn Fn() -> Arc<HashMap<String, String>> + Send + Sync>;
