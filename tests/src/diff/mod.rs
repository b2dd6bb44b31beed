//! Compares the verifier model with kernels on random programs: judges both, counts how they agree and what the programs
//! cover, and reduces each way of disagreeing to a small program.

mod compare;
mod coverage;
mod judge;
mod reduce;
mod speed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gobpf_assembly::text::{self, TextProgram};
use gobpf_bpf::{Map, MapId, Object, RelocationTarget};
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::danger::endangers;
use crate::job::{Job, Report, Verdict};
use crate::{generate, kernel};
pub use compare::{Disagreement, Tally, compare};
pub use coverage::{Coverage, Missed, template};
pub use judge::{Judge, Judged};
pub use speed::Speed;

/// Programs that are judged together.
const LOT: u64 = 500;
/// Those that one boot of a virtual machine judges.
const LOT_VM: u64 = 2000;
/// Disagreements that are reduced at most; each stands for all that have the same words.
const MOST_KEPT: usize = 40;

/// With a virtual machine, whose answers take longer.
const MOST_KEPT_VM: usize = 6;
/// Of those that the model can't tell.
const MOST_KEPT_UNKNOWN: usize = 8;

/// Lines of the kernel's log that are shown of one program.
const LAST_LINES: usize = 40;

/// What is asked.
pub struct Options {
    /// How many programs.
    pub programs: u64,
    /// What decides them.
    pub seed: u64,
    /// Whose rules the model follows; the judge is that kernel.
    pub dialect: Dialect,
    /// Where disagreements are written.
    pub keep: PathBuf,
    /// Look only at the program with this number.
    pub only: Option<u64>,
    /// Lots that are judged at a time.
    pub threads: usize,
    /// Reduce and keep not only wrong verdicts, but also other words, places and numbers.
    pub thorough: bool,
    /// Print a line for each lot.
    pub progress: bool,
}

/// What came out.
#[derive(Default)]
pub struct Outcome {
    /// How the model agrees.
    pub tally: Tally,
    /// What the programs were like.
    pub coverage: Coverage,
    /// A file for each way of disagreeing, with a line that says what is wrong.
    pub kept: Vec<(PathBuf, String)>,
    /// Times of both.
    pub speed: Speed,
    /// Programs that the running kernel was not asked about: its verifier could write where it must not.
    pub kept_away: u64,
    /// The numbers of programs that the kernel gave no answer to: it got stuck or crashed on one of them.
    pub unanswered: Vec<u64>,
}

/// Judges random programs.
///
/// # Errors
/// The kernel could not be asked, or a file could not be written.
pub fn run(options: &Options, judge: &Judge) -> Result<Outcome, String> {
    let mut outcome = Outcome::default();
    let mut seen = BTreeMap::new();
    let mut room = match judge {
        Judge::Live { .. } => [MOST_KEPT, MOST_KEPT_UNKNOWN],
        Judge::Vm { .. } => [MOST_KEPT_VM, 0],
    };
    let first = options.only.unwrap_or(0);
    let end = options.only.map_or(options.programs, |only| only + 1);
    let lot = match judge {
        Judge::Live { .. } => LOT,
        Judge::Vm { .. } => LOT_VM,
    };
    let lots: Vec<Range<u64>> =
        (first..end).step_by(lot as usize).map(|start| start..end.min(start + lot)).collect();
    in_parallel(
        &lots,
        options.threads,
        |lot| look_at(options, judge, lot.clone()),
        |lot, looked| {
            let Lot { looked, kept_away, unanswered } = looked?;
            outcome.kept_away += kept_away;
            outcome.unanswered.extend(unanswered);
            for Looked { index, object, model, kernel, time } in looked {
                outcome.speed.add(time, kernel.microseconds);
                outcome.coverage.add(&object, &kernel.answer);
                let Some(disagreement) = outcome.tally.add(&model, &kernel.answer) else { continue };
                let signature = disagreement.signature(&model, &kernel.answer);
                let count = seen.entry(signature.clone()).or_insert(0u32);
                *count += 1;
                let room = &mut room[usize::from(disagreement == Disagreement::Unknown)];
                let is_wrong = disagreement <= Disagreement::FalseReject;
                if *count == 1 && *room > 0 && (is_wrong || options.thorough) {
                    *room -= 1;
                    let pair = (model, kernel.answer);
                    outcome.kept.push(keep(options, judge, index, &object, &signature, pair)?);
                }
            }
            if options.progress {
                eprintln!("{} of {end}: {}", lot.end, outcome.tally);
            }
            Ok(())
        },
    )?;
    for (signature, count) in seen {
        outcome.coverage.disagreements.push((count, signature));
    }
    outcome.coverage.disagreements.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Ok(outcome)
}

/// Programs that were looked at together.
struct Lot {
    looked: Vec<Looked>,
    /// Those that the kernel was not asked about.
    kept_away: u64,
    /// The numbers of those that it gave no answer to.
    unanswered: Vec<u64>,
}

/// Program number `index` as text, and the end of what the running kernel says to it.
pub fn shown(options: &Options, index: u64) -> String {
    let object = without_unused_maps(&generate::object(options.seed, index, options.dialect));
    let report = if endangers(&object) { Report::default() } else { kernel::judge(&Job::of(&object)) };
    let program = TextProgram { object, expectations: Vec::new(), places: Vec::new() };
    let mut out = text::print(&program);
    for verdict in report.verdicts {
        let log = match &verdict {
            Verdict::Rejected(rejected) => rejected.log.as_str(),
            _ => "",
        };
        let lines: Vec<&str> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(LAST_LINES)..];
        out += &format!("{}\n{}\n", verdict.summary(), end.join("\n"));
    }
    out
}

/// A program that both have judged.
struct Looked {
    index: u64,
    object: Object,
    model: Answer,
    kernel: Judged,
    /// What the model took.
    time: Duration,
}

fn look_at(options: &Options, judge: &Judge, lot: Range<u64>) -> Result<Lot, String> {
    let all = lot.map(|index| (index, generate::object(options.seed, index, options.dialect)));
    let (asked, kept_away): (Vec<_>, Vec<_>) = all.partition(|(_, object)| judge.may_judge(object));
    let (indices, objects): (Vec<u64>, Vec<Object>) = asked.into_iter().unzip();
    let answers = judge.judge(&objects)?;
    let unanswered: Vec<u64> = indices
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.is_none())
        .map(|(index, _)| *index)
        .collect();
    let answered = indices.into_iter().zip(objects).zip(answers);
    let looked = answered.filter_map(|((index, object), kernel)| {
        let kernel = kernel?;
        let start = Instant::now();
        let model = Answer::of_model(&object, 0, options.dialect);
        Some(Looked { index, object, model, kernel, time: start.elapsed() })
    });
    Ok(Lot { looked: looked.collect(), kept_away: kept_away.len() as u64, unanswered })
}

/// Does `work` for all of `items`, several at a time, and `take`s the results in order.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), String>,
) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let (sender, results) = mpsc::sync_channel(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    if sender.send((at, work(item))).is_err() {
                        break; // nobody listens after a failure
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut wanted = 0;
        for (at, result) in results {
            waiting.insert(at, result);
            while let Some(result) = waiting.remove(&wanted) {
                take(&items[wanted], result)?;
                wanted += 1;
            }
        }
        Ok(())
    })
}

/// Reduces a disagreement between the answers of model and kernel, and writes it as text. For a virtual machine, which takes
/// a boot for each round, only wrong verdicts are reduced.
fn keep(
    options: &Options,
    judge: &Judge,
    index: u64,
    object: &Object,
    signature: &str,
    (mut model, kernel): (Answer, Answer),
) -> Result<(PathBuf, String), String> {
    let found = compare(&model, &kernel);
    let is_wrong = found.is_some_and(|found| found <= Disagreement::FalseReject);
    let (mut reduced, mut heard) = (object.clone(), kernel.to_string());
    if is_wrong || matches!(judge, Judge::Live { .. }) {
        reduced = reduce::reduce(object, signature, judge, options.dialect);
        let kernel = judge.judge(std::slice::from_ref(&reduced))?;
        model = Answer::of_model(&reduced, 0, options.dialect);
        heard = kernel.first().and_then(Option::as_ref).map(|one| one.answer.to_string()).unwrap_or_default();
    }
    let about = format!("{signature}\n  kernel: {heard}\n  model:  {model}");
    let path = options.keep.join(format!("{}-{}-{index}.bpf", options.dialect, options.seed));
    write(&path, &reduced, &about)?;
    Ok((path, about))
}

fn write(path: &Path, object: &Object, about: &str) -> Result<(), String> {
    let object = without_unused_maps(object);
    let program = TextProgram { object, expectations: Vec::new(), places: Vec::new() };
    let mut content: String = about.lines().map(|line| format!("; {line}\n")).collect();
    content.push_str(&text::print(&program));
    std::fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

fn without_unused_maps(object: &Object) -> Object {
    let mut object = object.clone();
    let mut used: BTreeSet<MapId> = object
        .programs
        .iter()
        .flat_map(|program| &program.code.relocations)
        .filter_map(|relocation| match relocation.target {
            RelocationTarget::Map(map) | RelocationTarget::MapValue { map, .. } => Some(map),
            RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => None,
        })
        .collect();
    used.extend(used.iter().filter_map(|map| object.map(*map).inner).collect::<Vec<_>>());
    let number = |old: MapId| MapId(used.iter().position(|map| *map == old).unwrap_or(0) as u32);
    for program in &mut object.programs {
        for relocation in &mut program.code.relocations {
            match &mut relocation.target {
                RelocationTarget::Map(map) | RelocationTarget::MapValue { map, .. } => *map = number(*map),
                RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => {}
            }
        }
    }
    let renumbered = |map: &MapId| {
        let map = object.map(*map).clone();
        Map { inner: map.inner.map(number), ..map }
    };
    object.maps = used.iter().map(renumbered).collect();
    object
}

impl Outcome {
    /// The last line of a run.
    pub fn line(&self, seed: u64) -> String {
        format!("{}, seed {seed}", self.tally)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.coverage, self.speed)?;
        if self.kept_away > 0 {
            let count = self.kept_away;
            writeln!(
                f,
                "{count} programs were kept away from a kernel whose verifier can crash on them (tail calls in functions, work on plain values, pointers as results of struct_ops, exceptions given to a later function)"
            )?;
        }
        if !self.unanswered.is_empty() {
            writeln!(
                f,
                "no answer to these programs, one of which the kernel got stuck at: {:?}",
                self.unanswered
            )?;
        }
        for (path, about) in &self.kept {
            writeln!(f, "{}\n  {about}", path.display())?;
        }
        Ok(())
    }
}

/// A seed for a run that is given none: from the clock.
pub fn fresh_seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (since.as_nanos() as u64) % 1_000_000_000
}
