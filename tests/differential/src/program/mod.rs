//! Well-typed Go programs made at random, run by Go and by the kernel: all that they compute must be the same.
//!
//! # The generator
//!
//! A seed and a number decide a program ([`generate`]). It is one file: constants with `iota`, named types (structs,
//! nested and embedded, arrays, integers, aliases) with methods, globals, helper functions, and one XDP program. A
//! function is written statement by statement (`stmt.rs`), each drawn from a table of forms with weights; expressions
//! (`expr.rs`) are drawn by the type that is wanted, and every value may come from a variable, a field, an element, a
//! pointer, a call, a conversion, an operator, or a constant, with boundary values first. Each form is a *feature* with a
//! name: all are on, `--without NAME` switches one off.
//!
//! What keeps a program valid: an expression knows whether Go folds it, since a folded one must not overflow; loops have a
//! constant number of turns, at most twelve of nested ones together; functions call only those written before; those that
//! change what outlives them are never called inside an expression, because Go leaves the order of some evaluations open;
//! a frame has a bound. Panics (a division by zero, an index out of range, a negative shift) are possible and rare.
//!
//! What makes everything seen: where a scope ends, each of its variables is written away, in the program to a slot of its
//! own in the result, an array map with an entry for each run, in functions to an accumulator that the result is made of.
//!
//! # The comparison
//!
//! A lot of programs becomes one Go package, so names of the package end with a mark that becomes the number. Each
//! program is run with four packets, whose first byte is the number of the run. Globals and maps keep their state between the
//! runs, in both worlds. The same text is compiled by us; its verdict of the model is compared with the kernel's, its
//! results with Go's. A panic's result is that of `XDP_ABORTED`, and what was written before counts. Refusals are counted by
//! code. Differences are reduced line by line (`reduce.rs`) and kept as files for `tests/run`.

mod batch;
mod coverage;
mod decl;
mod expr;
mod r#gen;
mod judge;
mod keep;
mod reduce;
mod stmt;
mod types;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gobpf_tests::generate::rng::Rng;
use gobpf_tests::kernel;

use crate::settings::{Outcome, Settings};
use batch::{Batch, Member, NativeRun};
pub use coverage::Coverage;
pub use decl::Program;
use r#gen::Gen;
use judge::{Answer, Way};
use reduce::Reduced;

/// Programs of one Go binary.
const LOT: usize = 200;
/// Refusals that a run may have, in percent of its programs.
const MOST_REFUSED_PERCENT: u64 = 1;
/// Programs from which on that is counted: of few, one refused is more.
const MANY: u64 = 400;
/// Differences of one kind that are reduced.
const REDUCED_OF_A_WAY: u64 = 6;
/// Programs from which on a run is a full one, whose minima count.
const FULL: u64 = 20_000;

/// Program number `number` of the run with `seed`, and what it was made of.
pub fn generate(
    seed: u64,
    number: u64,
    without: &Arc<BTreeSet<String>>,
) -> (Program, BTreeMap<&'static str, u64>) {
    Gen::new(Rng::new(seed, number), Arc::clone(without)).program()
}

/// Packets for the runs of a program.
pub fn packets(seed: u64, number: u64) -> Vec<Vec<u8>> {
    let mut rng = Rng::new(seed ^ 0x5eed, number);
    (0..decl::RUNS)
        .map(|run| {
            let style = rng.below(4);
            let byte = |rng: &mut Rng| match style {
                0 => rng.bits() as u8,
                1 => rng.pick(&[0, 1, 0xff, 0x7f, 0x80]),
                2 => rng.below(4) as u8,
                _ => rng.pick(&[0, 0, 0, 0xff]),
            };
            let mut packet: Vec<u8> = (0..decl::PACKET).map(|_| byte(&mut rng)).collect();
            packet[0] = run as u8;
            packet
        })
        .collect()
}

/// Judges `settings.programs` programs.
///
/// # Errors
/// Go or the kernel can't be asked, or a file can't be written.
pub fn run(settings: &Settings) -> Result<Outcome, String> {
    kernel::available()?;
    let mut run = Run {
        outcome: Outcome {
            programs: 0,
            differences: 0,
            verdicts: 0,
            seed: settings.seed,
            faults: Vec::new(),
        },
        ways: BTreeMap::new(),
        refused: BTreeMap::new(),
        coverage: Coverage::default(),
        settings,
    };
    let numbers: Vec<u64> = settings.numbers().collect();
    for lot in numbers.chunks(LOT) {
        run.lot(lot)?;
        if settings.progress {
            let (outcome, refused) = (&run.outcome, run.refusals());
            eprintln!(
                "{} of {}: {} differences, {refused} refused",
                outcome.programs,
                numbers.len(),
                outcome.differences
            );
        }
    }
    run.finish();
    Ok(run.outcome)
}

struct Run<'a> {
    outcome: Outcome,
    /// Each way of differing, with how often and the first examples.
    ways: BTreeMap<Way, (u64, Vec<String>)>,
    /// Programs that we refuse, by the code and the words.
    refused: BTreeMap<String, (u64, Vec<u64>)>,
    coverage: Coverage,
    settings: &'a Settings,
}

impl Run<'_> {
    fn lot(&mut self, numbers: &[u64]) -> Result<(), String> {
        let seed = self.settings.seed;
        let mut batch = Batch::new()?;
        for number in numbers {
            let (program, used) = generate(seed, *number, &self.settings.without);
            self.coverage.add(&program.text, &used);
            batch.add(program.text, packets(seed, *number));
        }
        let native = batch.run()?;
        for (index, number) in numbers.iter().enumerate() {
            self.outcome.programs += 1;
            let text = &batch.programs[index].text;
            let answer = match &native[index] {
                Ok(native) => judge::judge(text, &batch.programs[index].packets, native),
                Err(why) => {
                    let words = why.lines().next().unwrap_or_default().to_owned();
                    self.outcome.faults.push(format!("program {number} is not Go: {why}"));
                    Answer::Differs(Way::NotGo, words)
                }
            };
            match answer {
                Answer::Same => {}
                Answer::Refused(words) => {
                    let (count, examples) = self.refused.entry(words).or_default();
                    *count += 1;
                    if examples.len() < 3 {
                        examples.push(*number);
                    }
                }
                Answer::Differs(way, words) => {
                    let native = native[index].as_deref().unwrap_or_default();
                    self.differs(*number, &batch.programs[index], native, way, words)?;
                }
            }
        }
        Ok(())
    }

    fn differs(
        &mut self,
        number: u64,
        program: &Member,
        native: &[NativeRun],
        way: Way,
        words: String,
    ) -> Result<(), String> {
        self.outcome.differences += 1;
        self.outcome.verdicts += u64::from(way.is_verdict());
        let (count, examples) = self.ways.entry(way.clone()).or_default();
        *count += 1;
        examples.truncate(8);
        examples.push(format!("  program {number}: {words}"));
        let first = *count <= REDUCED_OF_A_WAY;
        if way == Way::NotGo {
            let name = format!("not-go-{}-{number}.go", self.settings.seed);
            return self.settings.keep(&name, &program.text).map(drop);
        }
        if self.settings.keep.is_none() {
            return Ok(());
        }
        let name = format!("go-{}-{number}.go", self.settings.seed);
        let reduced = if first { reduce::reduce(program, &way)? } else { None };
        let (name, kept) = match reduced {
            Some(Reduced { text, native, words }) => {
                (format!("reduced-{name}"), keep::file(&text, &program.packets, &native, &way, &words))
            }
            None => (name, keep::file(&program.text, &program.packets, native, &way, &words)),
        };
        self.settings.keep(&name, &kept)?;
        Ok(())
    }

    fn refusals(&self) -> u64 {
        self.refused.values().map(|(count, _)| count).sum()
    }

    fn finish(&mut self) {
        print!("{}", self.coverage);
        let mut refused: Vec<_> = self.refused.iter().collect();
        refused.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (words, (count, examples)) in refused {
            println!("{count:6} refused: {words} {examples:?}");
        }
        let mut ways: Vec<_> = self.ways.iter().collect();
        ways.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (way, (count, examples)) in ways {
            println!("{count:6} {way}");
            examples.iter().take(3).for_each(|example| println!("{example}"));
        }
        let (refused, programs) = (self.refusals(), self.outcome.programs);
        println!("{refused} of {programs} programs are refused by us");
        if programs >= MANY && refused * 100 > programs * MOST_REFUSED_PERCENT {
            self.outcome.faults.push(format!(
                "{refused} of {programs} programs are refused: at most {MOST_REFUSED_PERCENT}% may be"
            ));
        }
        if programs >= FULL {
            self.outcome.faults.extend(self.coverage.missed());
        }
    }
}
