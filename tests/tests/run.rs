//! `run/*.go`: programs with inputs and results in their comments. The running kernel and Debian's 6.1 load and run them,
//! `go vet` accepts them, and the same source compiled by Go gives the same results for packets.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use gobpf_bpf::Object;
use gobpf_tests::answer::{Answer, DIALECTS};
use gobpf_tests::job::{Job, Report};
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::scenario::Scenario;
use gobpf_tests::{compile, files, go, kernel, vm};
use libtest_mimic::{Arguments, Failed, Trial};

const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");

struct Case {
    name: String,
    path: PathBuf,
    object: Object,
    scenario: Scenario,
    job: Job,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut cases = Vec::new();
    for (name, path) in files::walk(&files::folder("run"), ".go") {
        match read(&name, &path) {
            Ok(case) => cases.push(Arc::new(case)),
            Err(why) => trials.push(Trial::test(name, move || Err(why.into()))),
        }
    }
    let batches = vm::KERNELS.map(|version| {
        vm::Batch::new(version, GUEST.as_ref(), cases.iter().map(|case| case.job.clone()).collect())
    });
    let live = kernel::available();
    let toolchain = go::available();
    for (index, case) in cases.iter().enumerate() {
        let one = Arc::clone(case);
        trials.push(trial(
            format!("{} [running kernel]", case.name),
            Oracle::Kernel,
            live.clone(),
            move || judge(&one, &kernel::release(), &kernel::judge_apart(GUEST.as_ref(), &one.job)?),
        ));
        for (batch, version) in batches.iter().zip(vm::KERNELS) {
            let (case, batch) = (Arc::clone(case), Arc::clone(batch));
            let name = format!("{} [kernel {version}]", case.name);
            trials.push(trial(name, Oracle::Vm, vm::available(version).map(drop), move || {
                judge(&case, &format!("{version}."), batch.report(index)?)
            }));
        }
        let case = Arc::clone(case);
        trials
            .push(trial(format!("{} [go]", case.name), Oracle::Go, toolchain.clone(), move || native(&case)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn read(name: &str, path: &Path) -> Result<Case, String> {
    let scenario = Scenario::read(&files::read(path)?)?;
    let analysis = compile::analyse(path)?;
    let Some(object) = analysis.object.clone().filter(|_| !analysis.has_errors()) else {
        let messages = analysis.diagnostics.iter().map(|found| format!("{}: {}", found.code, found.message));
        return Err(format!("it doesn't compile:\n{}", messages.collect::<Vec<_>>().join("\n")));
    };
    let mut job = Job::of(&object);
    scenario.prepare(&mut job)?;
    Ok(Case { name: name.to_string(), path: path.to_path_buf(), object, scenario, job })
}

/// Compares the kernel's verdicts with the model's, and its results with the file's.
fn judge(case: &Case, release: &str, report: &Report) -> Result<(), Failed> {
    let dialect = DIALECTS.iter().find(|(name, _)| kernel::is_of(release, name));
    for (index, (program, verdict)) in case.object.programs.iter().zip(&report.verdicts).enumerate() {
        let Some((_, dialect)) = dialect else { break };
        let (own, kernel) = (Answer::of_model(&case.object, index, *dialect), Answer::of_kernel(verdict));
        // A file that names what the model lacks must be accepted, and loses the line when the model has it.
        let agrees = match (case.scenario.unmodelled(), &own) {
            (Some(missing), Answer::Unknown { why }) => {
                missing.is_match(why) && matches!(kernel, Answer::Accepted { .. })
            }
            (Some(_), _) => return Err(format!("{}: the model says {own}: drop MODEL", program.name).into()),
            (None, _) => own.agrees_with(&kernel),
        };
        if !agrees {
            return Err(format!("{}: the model says {own}\nthe kernel {kernel}", program.name).into());
        }
    }
    Ok(case.scenario.check(&case.job, report)?)
}

/// The same source under the Go toolchain: vet accepts it, and programs on packets return what the file says.
fn native(case: &Case) -> Result<(), Failed> {
    let module = go::Module::new()?;
    let text = files::read(&case.path)?;
    let package = text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or("main").trim();
    module.write("program/program.go", &text)?;
    go::go(module.path(), &["vet", "./program"])?;
    if let Some(test) = case.scenario.native_test(package, &case.object) {
        module.write("program/native_test.go", &test)?;
        go::go(module.path(), &["test", "./program"])?;
    }
    Ok(())
}
