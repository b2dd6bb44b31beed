//! Our answer to a program, the kernel's, and Go's.

use std::fmt;
use std::sync::Arc;

use gobpf_analysis::{Analysis, Cancel, Document, Options, Verdict};
use gobpf_diagnostics::Severity;
use gobpf_source::FileId;
use gobpf_tests::hex::Hex;
use gobpf_tests::job::{Input, Job, Report, Run, Verdict as Loaded};
use gobpf_tests::kernel;

use super::batch::NativeRun;
use super::r#gen::MARK;

/// A kind of difference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// The generator wrote what is not Go.
    NotGo,
    /// We crash.
    Crash(String),
    /// The model accepts, the kernel rejects.
    FalseAccept(String),
    /// The model can't tell, and the kernel accepts or rejects.
    Unknown(String),
    /// Both accept, and a run gives another result.
    Result,
    /// Go panics, we don't, or the other way round.
    Panic,
    /// The kernel can't run it.
    NotRun(String),
}

impl Way {
    /// Whether it is the verdict that differs.
    pub fn is_verdict(&self) -> bool {
        matches!(self, Way::Crash(_) | Way::FalseAccept(_) | Way::Unknown(_))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::NotGo => write!(f, "the generator wrote what is not Go"),
            Way::Crash(words) => write!(f, "we crash: {words}"),
            Way::FalseAccept(words) => write!(f, "the model accepts, the kernel rejects: {words}"),
            Way::Unknown(words) => write!(f, "the model can't tell: {words}"),
            Way::Result => write!(f, "other results"),
            Way::Panic => write!(f, "a panic in one world only"),
            Way::NotRun(words) => write!(f, "the kernel can't run it: {words}"),
        }
    }
}

/// What became of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// All the same.
    Same,
    /// We refuse it; the code and the words.
    Refused(String),
    /// Something differs; what, in words.
    Differs(Way, String),
}

/// Compiles `text`, loads it, runs it, and compares with what Go computed.
pub fn judge(text: &str, packets: &[Vec<u8>], native: &[NativeRun]) -> Answer {
    let text = text.replace(MARK, "");
    let analysis = match analyse(&text) {
        Ok(analysis) => analysis,
        Err(words) => return Answer::Differs(Way::Crash(particular(&words)), words),
    };
    let error = analysis.diagnostics.iter().find(|found| found.severity == Severity::Error);
    if let Some(error) = error {
        let message = error.message.lines().next().unwrap_or_default();
        return Answer::Refused(format!("{} {}", error.code, particular(message)));
    }
    let (Some(object), Some(program)) = (&analysis.object, analysis.programs.first()) else {
        return Answer::Refused("no program, and no error".to_owned());
    };
    let mut job = Job::of(object);
    for packet in packets {
        let input = Input::Packet { data: Hex(packet.clone()), repeat: 1 };
        job.runs.push(Run { program: 0, input });
    }
    let report = kernel::judge(&job);
    if let Some(Answer::Differs(way, words)) = verdict(&program.judged.verdict, &report) {
        return Answer::Differs(way, words);
    }
    compare(&job, &report, native)
}

/// The analysis, or the words of a crash.
pub fn analyse(text: &str) -> Result<Arc<Analysis>, String> {
    let analyse = || {
        let document = Document::open(FileId(0), "p.go", text, None, Arc::new(Options::default()));
        document.snapshot().analyse(&Cancel::new())
    };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(analyse)) {
        Ok(Ok(analysis)) => Ok(analysis),
        Ok(Err(_)) => Err("cancelled".to_owned()),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned();
            Err(words.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
        }
    }
}

fn verdict(model: &Verdict, report: &Report) -> Option<Answer> {
    let kernel = report.verdicts.first()?;
    let differs = |way, words| Some(Answer::Differs(way, words));
    match (model, kernel) {
        (Verdict::Accepted(_), Loaded::Accepted(_)) => None,
        (Verdict::Unknown(unknown), Loaded::Accepted(_)) => {
            differs(Way::Unknown(format!("{unknown:?}")), kernel.summary())
        }
        (_, Loaded::Rejected(rejected)) => {
            let words = rejected.message.lines().next().unwrap_or_default();
            differs(Way::FalseAccept(particular(words)), kernel.summary())
        }
        (_, kernel) => differs(Way::FalseAccept(kernel.summary()), kernel.summary()),
    }
}

fn compare(job: &Job, report: &Report, native: &[NativeRun]) -> Answer {
    let Some(map) = job.map("Out") else { return Answer::Refused("no map for the results".to_owned()) };
    for (run, (ran, native)) in report.ran.iter().zip(native).enumerate() {
        let result = match &ran.result {
            Ok(result) => *result,
            Err(why) => return Answer::Differs(Way::NotRun(why.clone()), why.clone()),
        };
        let key = Hex((run as u32).to_le_bytes().to_vec());
        let entry = report.entries.iter().find(|entry| entry.map == map && entry.key == key);
        let words: Vec<u64> =
            entry.map(|entry| entry.value.0.chunks_exact(8).map(word).collect()).unwrap_or_default();
        let panics = native.panic.as_ref().map(|words| format!("panics ({words})"));
        if result != native.result {
            let way = if native.panic.is_some() || result == 0 { Way::Panic } else { Way::Result };
            let go = panics.unwrap_or_else(|| format!("returns {}", native.result));
            return Answer::Differs(way, format!("run {run}: Go {go}, the kernel returns {result}"));
        }
        if let Some(slot) = (0..native.words.len()).find(|slot| words.get(*slot) != native.words.get(*slot)) {
            let kernel = words.get(slot).copied().unwrap_or_default();
            let after = panics.map(|panics| format!(" (Go {panics})")).unwrap_or_default();
            let words = format!(
                "run {run}: o[{slot}] is {:#x} in Go, {kernel:#x} in the kernel{after}",
                native.words[slot]
            );
            return Answer::Differs(Way::Result, words);
        }
    }
    Answer::Same
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The words without names and numbers.
fn particular(words: &str) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for c in words.chars().chain(std::iter::once(' ')) {
        if c.is_alphanumeric() || c == '_' || c == '.' {
            word.push(c);
            continue;
        }
        let special = word.chars().any(|c| c.is_ascii_digit());
        result.push_str(if special { "N" } else { &word });
        word.clear();
        result.push(c);
    }
    result.trim_end().chars().take(140).collect()
}
