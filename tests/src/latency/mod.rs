//! How long the language server takes: from an edit to its diagnostics, for a hover, to start; and its memory.
//!
//! Every edit is another one, so that no cache answers it. Nothing here fails for being slow: figures are printed beside
//! their budgets.

mod client;
mod source;

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use client::Client;

const URI: &str = "file:///nowhere/probe.go";
/// Starts that are measured.
const STARTS: usize = 20;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Lines of the file.
    pub lines: usize,
    /// Programs in it.
    pub programs: usize,
    /// Edits of each kind, and hovers.
    pub edits: usize,
}

/// Times of one kind, and what they should be.
pub struct Row {
    what: &'static str,
    times: Vec<Duration>,
    budget: Duration,
}

/// All that was measured.
pub struct Figures {
    /// Lines and programs of the file.
    pub file: (usize, usize),
    /// Times.
    pub rows: Vec<Row>,
    /// Memory of the server: in the end, and at most.
    pub memory: (u64, u64),
}

/// Memory that the server may have.
const MEMORY_BUDGET: u64 = 60 << 20;

impl Row {
    fn new(what: &'static str, budget: Duration) -> Row {
        Row { what, times: Vec::new(), budget }
    }

    /// The time that `percent` percent of all take at most.
    fn percentile(&self, percent: usize) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "a file of {} lines with {} programs", self.file.0, self.file.1)?;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        for row in &self.rows {
            let (half, most) = (milliseconds(row.percentile(50)), milliseconds(row.percentile(99)));
            let budget = milliseconds(row.budget);
            writeln!(
                f,
                "{:<32} p50 {half:8.2} ms  p99 {most:8.2} ms  of {:4} times  budget {budget:6.1} ms  p99/budget {:.2}",
                row.what,
                row.times.len(),
                most / budget
            )?;
        }
        let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let (now, peak) = (megabytes(self.memory.0), megabytes(self.memory.1));
        let budget = megabytes(MEMORY_BUDGET);
        writeln!(
            f,
            "{:<32} {now:.1} MB now, {peak:.1} MB at most  budget {budget:.0} MB  now/budget {:.2}",
            "resident memory",
            now / budget
        )
    }
}

/// Measures the server `binary`.
///
/// # Errors
///
/// The server ended, or the file that it is measured with has diagnostics.
pub fn measure(binary: &Path, options: Options) -> Result<Figures, String> {
    let mut start = Row::new("start to initialised", Duration::from_millis(20));
    for _ in 0..STARTS {
        start.times.push(Client::start(binary)?.1);
    }
    let source = source::generate(options.lines, options.programs);
    let (mut client, _) = Client::start(binary)?;
    let document = json!({ "uri": URI, "languageId": "go", "version": 1, "text": source.text });
    let mut open = Row::new("open to diagnostics", Duration::from_millis(5));
    let since = Instant::now();
    client.notify("textDocument/didOpen", json!({ "textDocument": document }))?;
    let diagnostics = client.diagnostics(1)?;
    open.times.push(since.elapsed());
    if diagnostics.as_array().is_none_or(|list| !list.is_empty()) {
        return Err(format!("the file has diagnostics: {diagnostics}"));
    }
    let mut version = 1;
    let mut inside = Row::new("edit in a function to diagnostics", Duration::from_millis(5));
    let mut hover = Row::new("hover", Duration::from_millis(1));
    for turn in 0..options.edits {
        let (line, column, length) = source.numbers[turn % source.numbers.len()];
        let end = column + length;
        let number = format!("{}", 1_000_000 + turn);
        version += 1;
        inside.times.push(edit(&mut client, version, (line, column), (line, end), &number)?);
        let position = json!({ "line": (turn * 37) % options.lines, "character": 2 });
        let since = Instant::now();
        client
            .request("textDocument/hover", json!({ "textDocument": { "uri": URI }, "position": position }))?;
        hover.times.push(since.elapsed());
    }
    let mut above = Row::new("line above all to diagnostics", Duration::from_millis(5));
    for turn in 0..options.edits {
        version += 1;
        let text = format!("// Line {turn}.\n");
        above.times.push(edit(&mut client, version, (0, 0), (0, 0), &text)?);
    }
    let memory = client.memory()?;
    let file = (source.text.lines().count(), options.programs);
    Ok(Figures { file, rows: vec![inside, above, hover, open, start], memory })
}

/// Replaces what stands between two places, and waits for the diagnostics.
fn edit(
    client: &mut Client,
    version: u64,
    from: (usize, usize),
    to: (usize, usize),
    text: &str,
) -> Result<Duration, String> {
    let place = |(line, character): (usize, usize)| json!({ "line": line, "character": character });
    let change = json!({ "range": { "start": place(from), "end": place(to) }, "text": text });
    let since = Instant::now();
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": URI, "version": version }, "contentChanges": [change] }),
    )?;
    client.diagnostics(version)?;
    Ok(since.elapsed())
}
