//! Kernel packages with one mistake each, judged by our checker and by go/types with all errors on: the same verdict, the
//! same lines, and the Go compiler's words.

mod compare;
mod compiler;
mod corpus;
mod deliberate;
mod mutate;
pub mod names;
mod native;
pub mod numbers;
mod sites;
mod texts;
mod used;
pub mod words;

use std::collections::BTreeMap;

use gobpf_tests::files;
use gobpf_tests::generate::rng::Rng;

use crate::gopher::Gopher;
use crate::settings::{Outcome, Settings};
use compare::{Difference, Found, Ours, Way};
use compiler::Compiler;
pub use corpus::Corpus;

const ORACLE: &str = include_str!("../../go/check/main.go");
/// Packages that are judged together.
const LOT: usize = 256;
/// Differences of one kind that are shown.
const SHOWN_OF_A_WAY: u64 = 2;

/// One mutant.
struct Mutant {
    number: u64,
    name: String,
    text: String,
    /// What was done.
    edit: mutate::Done,
}

/// Judges `settings.programs` packages.
///
/// # Errors
/// Go can't be asked, the corpus is not valid, or a file can't be written.
pub fn run(settings: &Settings) -> Result<Outcome, String> {
    let sdk = files::root().join("sdk");
    let mut oracle = Gopher::start(ORACLE, &[&sdk.to_string_lossy()], None)?;
    let corpus = Corpus::read()?;
    let mut run = Run {
        outcome: Outcome {
            programs: 0,
            differences: 0,
            verdicts: 0,
            seed: settings.seed,
            faults: Vec::new(),
        },
        ways: BTreeMap::new(),
        operators: BTreeMap::new(),
        compiler: Compiler::new()?,
        settings,
    };
    run.outcome.faults = valid(&corpus, &mut oracle)?;
    let numbers: Vec<u64> = settings.numbers().collect();
    for lot in numbers.chunks(LOT) {
        let mutants: Vec<Mutant> = lot
            .iter()
            .map(|number| mutant(&corpus, settings.seed, *number, settings.only.is_some()))
            .collect();
        let texts: Vec<&str> = mutants.iter().map(|mutant| mutant.text.as_str()).collect();
        oracle.ask(&texts)?;
        let ours: Vec<Ours> =
            mutants.iter().map(|mutant| compare::ask_ours(&mutant.name, &mutant.text)).collect();
        for (mutant, ours) in mutants.iter().zip(&ours) {
            let theirs = answer(&mut oracle)?;
            run.judge(mutant, ours, &theirs)?;
        }
        if settings.progress {
            eprintln!("{} of {}: {}", run.outcome.programs, numbers.len(), run.outcome.differences);
        }
    }
    run.print();
    Ok(run.outcome)
}

/// What in the corpus is not valid before it is changed.
fn valid(corpus: &Corpus, oracle: &mut Gopher) -> Result<Vec<String>, String> {
    let texts: Vec<&str> = corpus.packages.iter().map(|package| package.text.as_str()).collect();
    oracle.ask(&texts)?;
    let mut faults = Vec::new();
    for package in &corpus.packages {
        for found in answer(oracle)? {
            faults.push(format!("{}:{}: Go says: {}", package.name, found.line, found.words));
        }
    }
    Ok(faults)
}

fn mutant(corpus: &Corpus, seed: u64, number: u64, only: bool) -> Mutant {
    let mut rng = Rng::new(seed, number);
    let package = corpus.pick(&mut rng);
    let (text, edit) = mutate::mutate(package, &mut rng);
    if only {
        eprintln!("{}: {}", package.name, edit.said); // what crashes is seen by this alone
    }
    Mutant { number, name: package.name.clone(), text, edit }
}

fn answer(oracle: &mut Gopher) -> Result<Vec<Found>, String> {
    let count = oracle.number()?;
    (0..count).map(|_| Ok(Found { line: oracle.number()?, words: oracle.text()? })).collect()
}

struct Run<'a> {
    outcome: Outcome,
    /// Each way of differing, with how often and the first examples.
    ways: BTreeMap<Way, (u64, Vec<String>)>,
    /// How many mutants of each kind there were, how many of them Go refuses, and how many differ.
    operators: BTreeMap<&'static str, (u64, u64, u64)>,
    compiler: Compiler,
    settings: &'a Settings,
}

impl Run<'_> {
    fn judge(&mut self, mutant: &Mutant, ours: &Ours, theirs: &[Found]) -> Result<(), String> {
        self.outcome.programs += 1;
        let counted = self.operators.entry(mutant.edit.operator).or_default();
        counted.0 += 1;
        counted.1 += u64::from(!theirs.is_empty());
        let Some(difference) = self.compare(mutant, ours, theirs)? else { return Ok(()) };
        if let Some(counted) = self.operators.get_mut(mutant.edit.operator) {
            counted.2 += 1;
        }
        self.outcome.differences += 1;
        self.outcome.verdicts += u64::from(difference.way.is_verdict());
        let (count, examples) = self.ways.entry(difference.way).or_default();
        *count += 1;
        if *count <= SHOWN_OF_A_WAY {
            let mut example = format!("  {} of {}: {}", mutant.number, mutant.name, mutant.edit.said);
            for line in difference.lines {
                example += &format!("\n    {line}");
            }
            examples.push(example);
            let name = format!("types-{}-{}.go", self.settings.seed, mutant.number);
            self.settings.keep(&name, &mutant.text)?;
        }
        Ok(())
    }

    /// Where only words differ, those of the Go compiler count.
    fn compare(&self, mutant: &Mutant, ours: &Ours, theirs: &[Found]) -> Result<Option<Difference>, String> {
        if theirs.iter().any(|found| found.line == 0) {
            let compiler = self.compiler.ask(&mutant.text)?;
            return Ok(compare::compare(ours, theirs, Some(&compiler)));
        }
        match compare::compare(ours, theirs, None) {
            Some(Difference { way: Way::Words(..), .. }) => {
                let compiler = self.compiler.ask(&mutant.text)?;
                Ok(compare::compare(ours, theirs, Some(&compiler)))
            }
            other => Ok(other),
        }
    }

    fn print(&self) {
        let mut ways: Vec<_> = self.ways.iter().collect();
        ways.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (way, (count, examples)) in ways {
            println!("{count:5} {way}");
            examples.iter().for_each(|example| println!("{example}"));
        }
        for one in deliberate::DELIBERATE {
            println!("not compared: {}", one.line());
        }
        println!("edits: how many, how many of these Go refuses, how many differ");
        for (operator, (count, refused, differ)) in &self.operators {
            println!("  {operator:28} {count:6} {refused:6} {differ:6}");
        }
    }
}
