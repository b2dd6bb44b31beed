//! `verifier/*.bpf`: programs as text, and what each kernel says to them. The model must say the same as the file, and
//! so must the kernels themselves.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use gobpf_assembly::text::{self, Expected, TextProgram};
use gobpf_source::FileId;
use gobpf_tests::answer::{Answer, DIALECTS};
use gobpf_tests::job::Job;
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{files, golden, kernel, vm};
use libtest_mimic::{Arguments, Failed, Trial};

const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");

struct Case {
    name: String,
    path: PathBuf,
    program: TextProgram,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut cases = Vec::new();
    for (name, path) in files::walk(&files::folder("verifier"), ".bpf") {
        match read(&path) {
            Ok(program) => cases.push(Arc::new(Case { name, path, program })),
            Err(why) => trials.push(Trial::test(name, move || Err(why.into()))),
        }
    }
    let batches: Vec<Arc<vm::Batch>> = vm::KERNELS
        .iter()
        .map(|kernel| {
            let jobs = cases.iter().map(|case| Job::of(&case.program.object)).collect();
            vm::Batch::new(kernel, GUEST.as_ref(), jobs)
        })
        .collect();
    for (index, case) in cases.iter().enumerate() {
        if golden::is_blessing() {
            let (case, batches) = (Arc::clone(case), batches.clone());
            trials.push(Trial::test(case.name.clone(), move || bless(&case, index, &batches)));
            continue;
        }
        trials.push(model(case));
        trials.push(live(case));
        for (batch, kernel) in batches.iter().zip(vm::KERNELS) {
            let (case, batch) = (Arc::clone(case), Arc::clone(batch));
            let name = format!("{} [kernel {kernel}]", case.name);
            trials.push(trial(name, Oracle::Vm, vm::available(kernel).map(drop), move || {
                let answer = Answer::of_kernel(&batch.report(index)?.verdicts[0]);
                expect(&case, kernel, &answer)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn read(path: &Path) -> Result<TextProgram, String> {
    text::parse(FileId(0), &files::read(path)?).map_err(|diagnostics| {
        let messages: Vec<String> = diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect();
        messages.join("\n")
    })
}

/// What a kernel says that doesn't load a kind of programs for anybody (functions that trace functions, where it can't patch
/// functions). That is no verdict of its verifier, so the model is not asked for it.
const FORBIDDEN: &str = "EPERM";

/// What the model says, for every dialect whose kernel gives a verdict.
fn model(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    Trial::test(case.name.clone(), move || {
        let forbids = |name: &str| {
            case.program.expectations.iter().any(|one| {
                let is_its_own = one.dialects.iter().any(|dialect| dialect == name);
                is_its_own && matches!(&one.verdict, Expected::Refuse { errno } if errno == FORBIDDEN)
            })
        };
        for (name, dialect) in DIALECTS.into_iter().filter(|(name, _)| !forbids(name)) {
            expect(&case, name, &Answer::of_model(&case.program.object, 0, dialect))?;
        }
        Ok(())
    })
}

/// What the running kernel says, where it is one that the files know.
fn live(case: &Arc<Case>) -> Trial {
    let case = Arc::clone(case);
    let name = format!("{} [running kernel]", case.name);
    trial(name, Oracle::Kernel, kernel::available(), move || match live_dialect() {
        Some(dialect) => expect(&case, dialect, &judge_live(&case)),
        None => Ok(()),
    })
}

fn judge_live(case: &Case) -> Answer {
    Answer::of_kernel(&kernel::judge(&Job::of(&case.program.object)).verdicts[0])
}

/// The dialect of the running kernel, if it is one that is known to the letter.
fn live_dialect() -> Option<&'static str> {
    DIALECTS.iter().map(|(name, _)| *name).find(|name| kernel::is_running(name))
}

fn expect(case: &Case, dialect: &str, answer: &Answer) -> Result<(), Failed> {
    let expectations = &case.program.expectations;
    let Some(expectation) =
        expectations.iter().find(|expectation| expectation.dialects.iter().any(|d| d == dialect))
    else {
        return Err(format!("no `# expect {dialect}:` line; `cargo xtask bless` writes it").into());
    };
    if answer.meets(&expectation.verdict) {
        return Ok(());
    }
    Err(format!("{dialect}: expected {:?}\nbut the answer is {answer}", expectation.verdict).into())
}

/// Writes what the kernels say into the file; never what the model says.
fn bless(case: &Case, index: usize, batches: &[Arc<vm::Batch>]) -> Result<(), Failed> {
    let mut answers: Vec<(&str, String)> = Vec::new();
    for (batch, kernel) in batches.iter().zip(vm::KERNELS) {
        let answer = Answer::of_kernel(&batch.report(index)?.verdicts[0]);
        answers.extend(answer.expectation().map(|text| (kernel, text)));
    }
    if let Some(dialect) = live_dialect().filter(|dialect| !vm::KERNELS.contains(dialect)) {
        answers.extend(judge_live(case).expectation().map(|text| (dialect, text)));
    }
    let mut lines: Vec<String> = Vec::new();
    for (at, (_, expectation)) in answers.iter().enumerate() {
        if answers[..at].iter().any(|(_, earlier)| earlier == expectation) {
            continue;
        }
        let same = answers.iter().filter(|(_, other)| other == expectation);
        let dialects: Vec<&str> = same.map(|(dialect, _)| *dialect).collect();
        lines.push(format!("# expect {}: {expectation}", dialects.join(" ")));
    }
    let text = files::read(&case.path)?;
    let (headers, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('#'));
    let kept = headers.into_iter().filter(|line| !line.starts_with("# expect"));
    let all: Vec<String> =
        kept.map(str::to_string).chain(lines).chain(rest.into_iter().map(str::to_string)).collect();
    golden::compare(&case.path, &(all.join("\n") + "\n"))
}
