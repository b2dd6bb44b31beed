//! A run: programs are generated, run by Go, and given to the kernels.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::JoinHandle;

use super::batch::{Batch, Member, NativeRun};
use super::coverage::Coverage;
use super::r#gen::MARK;
use super::judge::{self, Answer, Compiled, Difference, Way};
use super::kernels::Kernel;
use super::reduce::{self, Reduced};
use super::{generate, keep, packets};
use crate::settings::{Outcome, Settings};

/// Programs of one Go binary.
const LOT: usize = 400;
/// Programs of one start of a virtual machine.
const MACHINE_LOT: usize = 400;
/// Refusals that a run may have, in percent of its programs.
const MOST_REFUSED_PERCENT: u64 = 1;
/// Programs from which on that is counted: of few, one refused is more.
const MANY: u64 = 400;
/// Differences of one kind that are reduced.
const REDUCED_OF_A_WAY: u64 = 6;
/// Programs from which on a run is a full one, whose minima count.
const FULL: u64 = 20_000;
/// The name among what a run is without that leaves the virtual machines out.
pub const WITHOUT_MACHINES: &str = "machines";

/// What is said of programs whose verification takes too many steps, by us and by a kernel.
const MANY_STEPS: [&str; 2] = ["million instructions", "too large"];

/// Who answers where no kernel is asked.
const COMPILER: &str = "";

/// Judges `settings.programs` programs on the running kernel and on the oldest one.
///
/// # Errors
/// Go or a kernel can't be asked, or a file can't be written.
pub fn run(settings: &Settings) -> Result<Outcome, String> {
    let mut kernels = vec![Kernel::running()?];
    if !settings.without.contains(WITHOUT_MACHINES) {
        kernels.push(Kernel::oldest(None)?);
    }
    run_on(settings, &kernels)
}

/// The same on these kernels.
///
/// # Errors
/// Go or a kernel can't be asked, or a file can't be written.
pub fn run_on(settings: &Settings, kernels: &[Kernel]) -> Result<Outcome, String> {
    let mut run = Run {
        outcome: Outcome { seed: settings.seed, ..Outcome::default() },
        tally: kernels.iter().map(|kernel| (kernel.name, Tally::default())).collect(),
        ways: BTreeMap::new(),
        refused: BTreeMap::new(),
        too_large: 0,
        different: BTreeSet::new(),
        coverage: Coverage::default(),
        waiting: Vec::new(),
        started: None,
        settings,
        kernels,
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
    run.start_machine()?;
    run.finish_machine()?;
    run.finish();
    Ok(run.outcome)
}

/// A program and what Go computes.
struct Case {
    number: u64,
    program: Member,
    native: Vec<NativeRun>,
}

/// What a kernel answered to how many programs.
#[derive(Default)]
struct Tally {
    same: u64,
    refused: u64,
    differ: u64,
    /// Steps of its verifier, for each program that it accepts.
    steps: Vec<u32>,
}

/// Cases with the answers of a kernel.
type Judged = (Kernel, Vec<(Case, Answer, Option<u32>)>);

struct Run<'a> {
    outcome: Outcome,
    /// By kernel.
    tally: BTreeMap<&'static str, Tally>,
    /// Each way of differing, with how often and the first examples.
    ways: BTreeMap<String, (u64, Vec<String>)>,
    /// Programs that we refuse, by the code and the words.
    refused: BTreeMap<String, BTreeSet<u64>>,
    /// Programs of too many steps, which no machine is asked about.
    too_large: u64,
    /// Programs that differ.
    different: BTreeSet<u64>,
    coverage: Coverage,
    /// Those that virtual machines are to be asked about.
    waiting: Vec<(Case, Compiled)>,
    /// A machine that runs.
    started: Option<JoinHandle<Judged>>,
    settings: &'a Settings,
    kernels: &'a [Kernel],
}

impl Run<'_> {
    fn lot(&mut self, numbers: &[u64]) -> Result<(), String> {
        let seed = self.settings.seed;
        let mut batch = Batch::new()?;
        for number in numbers {
            let (program, used) = generate(seed, *number, &self.settings.without);
            self.coverage.add(&program.text, &used);
            if self.settings.only.is_some() {
                self.settings
                    .keep(&format!("program-{seed}-{number}.go"), &program.text.replace(MARK, ""))?;
            }
            batch.add(program.text, packets(seed, *number));
        }
        let native = batch.run()?;
        let mut cases = Vec::new();
        for ((number, program), native) in numbers.iter().zip(batch.programs).zip(native) {
            self.outcome.programs += 1;
            let (native, wrong) = match native {
                Ok(native) => (native, None),
                Err(why) => (Vec::new(), Some(why)),
            };
            let case = Case { number: *number, program, native };
            if let Some(why) = wrong {
                self.outcome.faults.push(format!("program {number} is not Go: {why}"));
                let words = why.lines().next().unwrap_or_default().to_owned();
                let difference = Difference { way: Way::NotGo, kernel: "", words };
                self.differs(&case, difference)?;
                continue;
            }
            match judge::compile(&case.program.text, &case.program.packets) {
                Ok(compiled) => cases.push((case, compiled)),
                Err(answer) => self.answer(&case, answer, None)?,
            }
        }
        for kernel in self.kernels.iter().filter(|kernel| !kernel.is_machine()) {
            for (case, compiled) in &cases {
                let report = kernel.ask(std::slice::from_ref(&compiled.job)).pop();
                let report = report.unwrap_or_else(|| Err("no report".to_owned()));
                let steps = Compiled::steps(&report);
                self.tally.entry(kernel.name).or_default().steps.extend(steps);
                let answer = compiled.compare(kernel, &report, &case.native);
                self.answer(case, answer, Some(kernel.name))?;
            }
        }
        // Of a single one, everybody is asked.
        let single = self.settings.only.is_some();
        let (large, cases): (Vec<_>, Vec<_>) =
            cases.into_iter().partition(|(_, compiled)| compiled.is_too_large() && !single);
        self.too_large += large.len() as u64;
        self.waiting.extend(cases);
        if self.waiting.len() >= MACHINE_LOT { self.start_machine() } else { Ok(()) }
    }

    /// Starts the machine of the kernel that needs one, for what waits, beside what goes on here.
    fn start_machine(&mut self) -> Result<(), String> {
        self.finish_machine()?;
        let cases = std::mem::take(&mut self.waiting);
        let machine = self.kernels.iter().find(|kernel| kernel.is_machine());
        let Some(kernel) = machine.cloned().filter(|_| !cases.is_empty()) else { return Ok(()) };
        self.started = Some(std::thread::spawn(move || {
            let jobs: Vec<_> = cases.iter().map(|(_, compiled)| compiled.job.clone()).collect();
            let reports = kernel.ask(&jobs);
            let judged = cases.into_iter().zip(&reports).map(|((case, compiled), report)| {
                let answer = compiled.compare(&kernel, report, &case.native);
                (case, answer, Compiled::steps(report))
            });
            let judged = judged.collect();
            (kernel, judged)
        }));
        Ok(())
    }

    /// Takes what the machine says.
    fn finish_machine(&mut self) -> Result<(), String> {
        let Some(machine) = self.started.take() else { return Ok(()) };
        let (kernel, judged) = machine.join().map_err(|_| "the thread of a machine crashed")?;
        judged.into_iter().try_for_each(|(case, answer, steps)| {
            self.tally.entry(kernel.name).or_default().steps.extend(steps);
            self.answer(&case, answer, Some(kernel.name))
        })
    }

    /// Counts an answer.
    fn answer(&mut self, case: &Case, answer: Answer, kernel: Option<&'static str>) -> Result<(), String> {
        let tally = self.tally.entry(kernel.unwrap_or(COMPILER)).or_default();
        match answer {
            Answer::Same => tally.same += 1,
            Answer::Refused(words) => {
                tally.refused += 1;
                let numbers = self.refused.entry(words.clone()).or_default();
                // Those of too many steps would take too long.
                if numbers.insert(case.number)
                    && numbers.len() == 1
                    && !MANY_STEPS.iter().any(|many| words.contains(many))
                {
                    let kernel = kernel.unwrap_or(COMPILER);
                    let refused = Difference { way: Way::Refused(words.clone()), kernel, words };
                    self.keep("refused-", case, refused, true)?;
                }
            }
            Answer::Differs(difference) => {
                tally.differ += 1;
                self.differs(case, difference)?;
            }
        }
        Ok(())
    }

    fn differs(&mut self, case: &Case, difference: Difference) -> Result<(), String> {
        self.outcome.verdicts += u64::from(difference.way.is_verdict());
        // Two kernels may differ in one program.
        self.outcome.differences += u64::from(self.different.insert(case.number));
        let (count, examples) = self.ways.entry(difference.to_string()).or_default();
        *count += 1;
        examples.truncate(8);
        examples.push(format!("  program {}: {}", case.number, difference.words));
        let first = *count <= REDUCED_OF_A_WAY;
        if difference.way == Way::NotGo {
            let name = format!("not-go-{}-{}.go", self.settings.seed, case.number);
            return self.settings.keep(&name, &case.program.text).map(drop);
        }
        self.keep("", case, difference, first)
    }

    /// Keeps a program as a file whose name begins so, `smaller` if that is possible.
    fn keep(&self, begin: &str, case: &Case, difference: Difference, smaller: bool) -> Result<(), String> {
        if self.settings.keep.is_none() {
            return Ok(());
        }
        let name = format!("{begin}go-{}-{}.go", self.settings.seed, case.number);
        let reduced = if smaller { reduce::reduce(&case.program, &difference, self.kernels)? } else { None };
        let inputs = &case.program.packets;
        let (name, kept) = match reduced {
            Some(Reduced { text, native, difference }) => {
                (format!("reduced-{name}"), keep::file(&text, inputs, &native, &difference))
            }
            None => (name, keep::file(&case.program.text, inputs, &case.native, &difference)),
        };
        self.settings.keep(&name, &kept).map(drop)
    }

    fn refusals(&self) -> u64 {
        let all: BTreeSet<u64> = self.refused.values().flatten().copied().collect();
        all.len() as u64
    }

    fn finish(&mut self) {
        print!("{}", self.coverage);
        let mut refused: Vec<_> = self.refused.iter().collect();
        refused.sort_by_key(|(_, numbers)| std::cmp::Reverse(numbers.len()));
        for (words, numbers) in refused {
            let examples: Vec<&u64> = numbers.iter().take(3).collect();
            println!("{:6} refused: {words} {examples:?}", numbers.len());
        }
        let mut ways: Vec<_> = self.ways.iter().collect();
        ways.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (way, (count, examples)) in ways {
            println!("{count:6} {way}");
            examples.iter().take(3).for_each(|example| println!("{example}"));
        }
        for (kernel, tally) in self.tally.iter_mut().filter(|(name, _)| **name != COMPILER) {
            let Tally { same, refused, differ, steps } = tally;
            steps.sort_unstable();
            let of = |hundredths: usize| steps.get(steps.len() * hundredths / 100).copied().unwrap_or(0);
            println!(
                "{kernel}: {same} programs load as the model says and compute what Go computes, {differ} differ"
            );
            let all: u64 = steps.iter().map(|steps| u64::from(*steps)).sum();
            println!(
                "  {refused} are refused as the model says; steps of its verifier: {} in the middle, {} at 99%, {all} for all",
                of(50),
                of(99)
            );
        }
        let (refused, programs) = (self.refusals(), self.outcome.programs);
        println!("{refused} of {programs} programs are refused by us");
        println!(
            "{} of them for too many steps: only the running kernel was asked about these",
            self.too_large
        );
        if programs >= MANY && refused * 100 > programs * MOST_REFUSED_PERCENT {
            self.outcome.faults.push(format!(
                "{refused} of {programs} programs are refused: at most {MOST_REFUSED_PERCENT}% may be"
            ));
        }
        if programs >= FULL {
            self.outcome.faults.extend(self.coverage.missed());
            if !self.kernels.iter().any(Kernel::is_machine) {
                self.outcome.faults.push("the oldest kernel was not asked".to_owned());
            }
        }
    }
}
