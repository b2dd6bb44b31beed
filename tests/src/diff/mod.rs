//! Compares the verifier model with kernels on random programs: judges both, counts how they agree and what the programs
//! cover, and reduces each way of disagreeing to a small program.

mod compare;
mod coverage;
mod judge;
mod reduce;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gobpf_assembly::text::{self, TextProgram};
use gobpf_bpf::{MapId, Object, RelocationTarget};
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::generate;
pub use compare::{Disagreement, Tally, compare};
pub use coverage::{Coverage, Missed, template};
pub use judge::Judge;

/// Programs that are judged together: one boot of a virtual machine for each such lot.
const LOT: u64 = 500;
/// Disagreements that are reduced at most; each stands for all that have the same words.
const MOST_KEPT: usize = 40;

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
    /// Print a line for each lot.
    pub progress: bool,
}

/// What came out.
pub struct Outcome {
    /// How the model agrees.
    pub tally: Tally,
    /// What the programs were like.
    pub coverage: Coverage,
    /// A file for each way of disagreeing, with a line that says what is wrong.
    pub kept: Vec<(PathBuf, String)>,
    /// Time of the model alone.
    pub model_time: Duration,
}

/// Judges random programs.
///
/// # Errors
/// The kernel could not be asked, or a file could not be written.
pub fn run(options: &Options, judge: &Judge) -> Result<Outcome, String> {
    let mut outcome = Outcome {
        tally: Tally::default(),
        coverage: Coverage::default(),
        kept: Vec::new(),
        model_time: Duration::ZERO,
    };
    let mut seen = BTreeMap::new();
    let mut next = options.only.unwrap_or(0);
    let end = options.only.map_or(options.programs, |only| only + 1);
    while next < end {
        let lot: Vec<u64> = (next..end.min(next + LOT)).collect();
        next += LOT;
        let objects: Vec<Object> =
            lot.iter().map(|index| generate::object(options.seed, *index, options.dialect)).collect();
        let answers = judge.judge(&objects)?;
        for ((index, object), kernel) in lot.iter().zip(&objects).zip(&answers) {
            let start = Instant::now();
            let model = Answer::of_model(object, 0, options.dialect);
            outcome.model_time += start.elapsed();
            outcome.coverage.add(object, kernel);
            let Some(disagreement) = outcome.tally.add(&model, kernel) else { continue };
            let signature = disagreement.signature(&model, kernel);
            let count = seen.entry(signature).or_insert(0u32);
            *count += 1;
            if *count == 1 && outcome.kept.len() < MOST_KEPT {
                let kept = keep(options, judge, *index, object, disagreement)?;
                outcome.kept.push(kept);
            }
        }
        if options.progress {
            eprintln!("{} of {}: {}", next.min(end), end, outcome.tally);
        }
    }
    for (signature, count) in seen {
        outcome.coverage.disagreements.push((count, signature));
    }
    outcome.coverage.disagreements.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Ok(outcome)
}

/// Reduces a disagreement and writes it as text.
fn keep(
    options: &Options,
    judge: &Judge,
    index: u64,
    object: &Object,
    disagreement: Disagreement,
) -> Result<(PathBuf, String), String> {
    let reduced = reduce::reduce(object, disagreement, judge, options.dialect);
    let kernel = judge.judge(std::slice::from_ref(&reduced))?;
    let model = Answer::of_model(&reduced, 0, options.dialect);
    let heard = kernel.first().map(ToString::to_string).unwrap_or_default();
    let about = format!("{disagreement}\n  kernel: {heard}\n  model:  {model}");
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
    let used: BTreeSet<MapId> = object
        .programs
        .iter()
        .flat_map(|program| &program.code.relocations)
        .filter_map(|relocation| match relocation.target {
            RelocationTarget::Map(map) | RelocationTarget::MapValue { map, .. } => Some(map),
            RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => None,
        })
        .collect();
    let number = |old: MapId| MapId(used.iter().position(|map| *map == old).unwrap_or(0) as u32);
    for program in &mut object.programs {
        for relocation in &mut program.code.relocations {
            match &mut relocation.target {
                RelocationTarget::Map(map) | RelocationTarget::MapValue { map, .. } => *map = number(*map),
                RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => {}
            }
        }
    }
    object.maps = used.iter().map(|map| object.map(*map).clone()).collect();
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
        write!(f, "{}", self.coverage)?;
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
