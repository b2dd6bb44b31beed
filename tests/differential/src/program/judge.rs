//! Our answer to a program, the models', the kernels', and Go's.

use std::fmt;
use std::sync::Arc;

use gobpf_analysis::{Analysis, Cancel, Document, Options};
use gobpf_bpf::Object;
use gobpf_diagnostics::Severity;
use gobpf_source::FileId;
use gobpf_tests::answer::Answer as Verdict;
use gobpf_tests::danger::endangers;
use gobpf_tests::job::{Job, Report, Verdict as Loaded};

use super::archive::{self, Sources};
use super::batch::NativeRun;
use super::entry::{self, Entry};
use super::r#gen::MARK;
use super::kernels::Kernel;

/// A kind of difference.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// The generator wrote what is not Go.
    NotGo,
    /// We crash.
    Crash(String),
    /// The model accepts, the kernel rejects.
    FalseAccept(String),
    /// The model rejects, the kernel accepts.
    FalseReject(String),
    /// The model can't tell.
    Unknown(String),
    /// Both accept, and a run gives another result.
    Result,
    /// Go panics, we don't, or the other way round.
    Panic,
    /// The kernel can't run it.
    NotRun(String),
    /// The kernel can't be asked.
    NotAsked(String),
    /// None: we refuse it, as the kernel does. What we make of a program should not be so.
    Refused(String),
}

impl Way {
    /// Whether it is the verdict that differs.
    pub fn is_verdict(&self) -> bool {
        use Way::{Crash, FalseAccept, FalseReject, Unknown};
        matches!(self, Crash(_) | FalseAccept(_) | FalseReject(_) | Unknown(_))
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::NotGo => write!(f, "the generator wrote what is not Go"),
            Way::Crash(words) => write!(f, "we crash: {words}"),
            Way::FalseAccept(words) => write!(f, "the model accepts, the kernel rejects: {words}"),
            Way::FalseReject(words) => write!(f, "the model rejects, the kernel accepts: {words}"),
            Way::Unknown(words) => write!(f, "the model can't tell: {words}"),
            Way::Result => write!(f, "other results"),
            Way::Panic => write!(f, "a panic in one world only"),
            Way::NotRun(words) => write!(f, "the kernel can't run it: {words}"),
            Way::Refused(words) => write!(f, "refused: {words}"),
            Way::NotAsked(words) => write!(f, "the kernel can't be asked: {words}"),
        }
    }
}

/// A difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Of which kind.
    pub way: Way,
    /// The kernel that it was seen on; empty where none was asked.
    pub kernel: &'static str,
    /// The particulars.
    pub words: String,
}

impl Difference {
    /// Whether both are of one kind.
    pub fn is_like(&self, other: &Difference) -> bool {
        self.way == other.way && self.kernel == other.kernel
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kernel {
            "" => write!(f, "{}", self.way),
            kernel => write!(f, "{kernel}: {}", self.way),
        }
    }
}

/// What became of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// All the same.
    Same,
    /// We refuse it, and so does the kernel, if it is one for it; the code and the words.
    Refused(String),
    /// Something differs.
    Differs(Difference),
}

/// A program that we compiled.
pub struct Compiled {
    object: Object,
    entry: Entry,
    /// Why we refuse it all the same: the verdict that is predicted.
    refused: Option<String>,
    /// What kernels are asked.
    pub job: Job,
}

/// Compiles `text`; the answer where there is nothing to ask a kernel.
pub fn compile(text: &str, inputs: &[Vec<u8>]) -> Result<Compiled, Answer> {
    let entry = Entry::of(text);
    let analysis = analyse(text).map_err(|words| {
        Answer::Differs(Difference { way: Way::Crash(particular(&words)), kernel: "", words })
    })?;
    let error = analysis.diagnostics.iter().find(|found| found.severity == Severity::Error);
    let refused = error.map(|error| {
        format!("{} {}", error.code, particular(error.message.lines().next().unwrap_or_default()))
    });
    let Some(object) = analysis.object.clone().filter(|object| object.programs.len() == 1) else {
        return Err(Answer::Refused(refused.unwrap_or_else(|| "no program, and no error".to_owned())));
    };
    if let Some(refused) = refused.as_ref().filter(|refused| !refused.starts_with(PREDICTED)) {
        return Err(Answer::Refused(refused.clone()));
    }
    if endangers(&object) {
        return Err(Answer::Refused("a program that no running kernel must be asked about".to_owned()));
    }
    let mut job = Job { brief: true, ..Job::of(&object) };
    if refused.is_none() {
        entry.prepare(&mut job, inputs);
    }
    Ok(Compiled { object, entry, refused, job })
}

/// The code of a program whose verification takes too many steps.
const TOO_LARGE: &str = "GB0413";
/// How the codes of predicted verdicts begin.
const PREDICTED: &str = "GB04";

/// The analysis, or the words of a crash.
pub fn analyse(text: &str) -> Result<Arc<Analysis>, String> {
    let sources = Sources::of(&text.replace(MARK, ""));
    let analyse = || {
        let (beside, imported) = (sources.beside, sources.imported);
        let path = archive::import_path().replace(MARK, "");
        let options = Options {
            siblings: Arc::new(move || beside.clone()),
            packages: Arc::new(move |asked| imported.clone().filter(|_| asked == path)),
            ..Options::default()
        };
        let document = Document::open(FileId(0), "p.go", &sources.main, None, Arc::new(options));
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

impl Compiled {
    /// Whether the model finds that its verification takes too many steps, which takes a machine half a minute.
    pub fn is_too_large(&self) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.starts_with(TOO_LARGE))
    }

    /// Steps that the verifier of a kernel takes, where it accepts.
    pub fn steps(report: &Result<Report, String>) -> Option<u32> {
        match report.as_ref().ok()?.verdicts.first()? {
            Loaded::Accepted(accepted) => Some(accepted.processed),
            _ => None,
        }
    }

    /// Compares the model of `kernel` with what the kernel says, and its results with Go's.
    pub fn compare(&self, kernel: &Kernel, report: &Result<Report, String>, native: &[NativeRun]) -> Answer {
        let differs = |(way, words)| Answer::Differs(Difference { way, kernel: kernel.name, words });
        let report = match report {
            Ok(report) => report,
            Err(why) => return differs((Way::NotAsked(particular(why)), why.clone())),
        };
        let Some(loaded) = report.verdicts.first() else {
            return differs((Way::NotAsked("no verdict".to_owned()), String::new()));
        };
        let model = Verdict::of_model(&self.object, 0, kernel.dialect);
        let difference = verdict(&model, loaded);
        if let Some(difference) = difference {
            return differs(difference);
        }
        match (&self.refused, loaded) {
            (Some(refused), _) => Answer::Refused(refused.clone()),
            (None, Loaded::Accepted(_)) => self.results(report, native).map_or(Answer::Same, differs),
            // The program is for the oldest kernel, and another one doesn't take it, as its model says.
            (None, _) => Answer::Refused(format!("{}: {}", kernel.name, particular(&loaded.summary()))),
        }
    }

    /// The first result that differs from Go's.
    fn results(&self, report: &Report, native: &[NativeRun]) -> Option<(Way, String)> {
        for (run, native) in native.iter().enumerate() {
            let (result, data) = match self.entry.ran(&self.job, report, run) {
                Ok(ran) => ran,
                Err(why) => return Some((Way::NotRun(why.clone()), why)),
            };
            let words = entry::value(&self.job, report, "Out", run).unwrap_or_default();
            let words: Vec<u64> = words.chunks_exact(8).map(word).collect();
            let panics = native.panic.as_ref().map(|words| format!("panics ({words})"));
            if result != native.result {
                let way = if native.panic.is_some() || result == 0 { Way::Panic } else { Way::Result };
                let go = panics.unwrap_or_else(|| format!("returns {}", native.result));
                return Some((way, format!("run {run}: Go {go}, the kernel returns {result}")));
            }
            let after = panics.map(|panics| format!(" (Go {panics})")).unwrap_or_default();
            let other = |slot: &usize| words.get(*slot) != native.words.get(*slot);
            if let Some(slot) = (0..native.words.len()).find(other) {
                let kernel = words.get(slot).copied().unwrap_or_default();
                let go = native.words[slot];
                let words =
                    format!("run {run}: o[{slot}] is {go:#x} in Go, {kernel:#x} in the kernel{after}");
                return Some((Way::Result, words));
            }
            if let Some(at) = (0..native.data.len()).find(|at| data.get(*at) != native.data.get(*at)) {
                let kernel = data.get(at).copied().unwrap_or_default();
                let go = native.data[at];
                let words = format!("run {run}: p[{at}] is {go:#x} in Go, {kernel:#x} in the kernel{after}");
                return Some((Way::Result, words));
            }
        }
        None
    }
}

/// How the verdict differs.
fn verdict(model: &Verdict, loaded: &Loaded) -> Option<(Way, String)> {
    let (kernel, summary) = (Verdict::of_kernel(loaded), loaded.summary());
    let words = match &kernel {
        Verdict::Rejected { message, .. } => particular(message.lines().next().unwrap_or_default()),
        _ => particular(&summary),
    };
    match (model, &kernel) {
        (Verdict::Unknown { why }, _) => Some((Way::Unknown(why.clone()), summary)),
        (Verdict::Accepted { .. }, Verdict::Accepted { .. }) => None,
        (Verdict::Accepted { .. }, _) => Some((Way::FalseAccept(words), summary)),
        (model, Verdict::Accepted { .. }) => {
            Some((Way::FalseReject(particular(&model.to_string())), model.to_string()))
        }
        _ => None,
    }
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The words without names and numbers.
pub fn particular(words: &str) -> String {
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

#[cfg(test)]
mod tests {
    use gobpf_tests::hex::Hex;
    use gobpf_tests::job::{Entry as MapEntry, Ran};

    use super::*;

    const PROGRAM: &str = "package p\n\nimport \"github.com/miekg/bpf\"\n\n\
        var OutZQ = bpf.Array[[2]uint64]{MaxEntries: 4}\n\n\
        //bpf:section xdp\nfunc ProgZQ(ctx *bpf.XDP) bpf.XDPAction {\n\
        \to := OutZQ.Lookup(0)\n\tif o == nil {\n\t\treturn 0\n\t}\n\to[1] = 7\n\treturn 2\n}\n";

    /// What a kernel reports of a run.
    fn report(compiled: &Compiled, result: u32, words: [u64; 2], data: &[u8]) -> Report {
        let value = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let entry = MapEntry {
            map: compiled.job.map("Out").unwrap_or_default(),
            key: Hex(vec![0; 4]),
            value: Hex(value),
        };
        let ran = Ran { result: Ok(result), data: Hex(data.to_vec()), nanoseconds: 0 };
        Report { ran: vec![ran], entries: vec![entry], ..Report::default() }
    }

    #[test]
    fn each_way_of_differing_is_seen() -> Result<(), String> {
        let compiled = compile(PROGRAM, &[vec![0; 80]]).map_err(|answer| format!("{answer:?}"))?;
        let native = [NativeRun { result: 2, data: vec![1; 80], panic: None, words: vec![0, 7] }];
        let way = |result, words, data: [u8; 80]| {
            compiled.results(&report(&compiled, result, words, &data), &native).map(|(way, _)| way)
        };
        let data = |at: usize, byte| std::array::from_fn(|index| if index == at { byte } else { 1 });
        assert_eq!(way(2, [0, 7], data(0, 1)), None);
        assert_eq!(way(3, [0, 7], data(0, 1)), Some(Way::Result));
        assert_eq!(way(0, [0, 7], data(0, 1)), Some(Way::Panic));
        assert_eq!(way(2, [0, 6], data(0, 1)), Some(Way::Result));
        assert_eq!(way(2, [1 << 63, 7], data(0, 1)), Some(Way::Result));
        assert_eq!(way(2, [0, 7], data(79, 0)), Some(Way::Result));
        let none = Report::default();
        assert!(matches!(compiled.results(&none, &native), Some((Way::NotRun(_), _))));
        Ok(())
    }
}
