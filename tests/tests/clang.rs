//! `clang/*.go`: programs with a C twin (`.c`) beside each. Ours may have so many times the instruction slots of what clang
//! makes of the twin, as the file says, and both do on the running kernel what the file says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use gobpf_bpf::Object;
use gobpf_tests::clang::{self, Twin};
use gobpf_tests::job::Job;
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::scenario::Scenario;
use gobpf_tests::{compile, files, golden, kernel};
use libtest_mimic::{Arguments, Failed, Trial};

const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");

/// How the line starts that bounds a pair: `// CLANG <= 1.10`.
const BOUND: &str = "// CLANG <= ";
/// By how much a bound may be looser than the pair needs, in hundredths.
const SLACK: usize = 15;

/// Slots of each pair that was measured: ours, and clang's.
type Figures = Arc<Mutex<BTreeMap<String, (usize, usize)>>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = files::folder("clang");
    // A twin without its other half fails.
    let halves = [".go", ".c"].map(|extension| files::walk(&folder, extension));
    let names: BTreeSet<PathBuf> =
        halves.iter().flatten().map(|(_, path)| path.with_extension("go")).collect();
    let figures = Figures::default();
    let (compiler, live) = (clang::available(), kernel::available());
    let mut trials = Vec::new();
    for path in names {
        let name = path.strip_prefix(&folder).unwrap_or(&path).display().to_string();
        trials.push(size(&name, &path, &compiler, &figures));
        trials.push(twins(&name, &path, &compiler, &live));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    report(&figures.lock().unwrap_or_else(PoisonError::into_inner));
    conclusion.exit_code()
}

/// Our slots against clang's.
fn size(name: &str, path: &Path, compiler: &Result<(), String>, figures: &Figures) -> Trial {
    let (path, figures) = (path.to_path_buf(), Arc::clone(figures));
    let stem = name.trim_end_matches(".go").to_string();
    trial(name, Oracle::Clang, compiler.clone(), move || {
        let ours = object(&path)?.programs.iter().map(|program| program.code.insns.len()).sum();
        let clang = Twin::compile(&path.with_extension("c"))?.slots();
        figures.lock().unwrap_or_else(PoisonError::into_inner).insert(stem, (ours, clang));
        hold(&path, ours, clang)
    })
}

/// Holds the file's bound against what was measured, or writes it when blessing.
fn hold(path: &Path, ours: usize, clang: usize) -> Result<(), Failed> {
    let text = files::read(path)?;
    if clang == 0 {
        return Err("clang's program is empty".into());
    }
    let needed = (ours * 100).div_ceil(clang); // hundredths
    let wanted = format!("{BOUND}{}.{:02}", needed / 100, needed % 100);
    let line = text.lines().find(|line| line.starts_with(BOUND.trim_end()));
    let line = line.ok_or_else(|| format!("there is no bound; as things are, it would be `{wanted}`"))?;
    if golden::is_blessing() {
        return golden::compare(path, &text.replace(line, &wanted));
    }
    let bound = line.strip_prefix(BOUND).and_then(|bound| bound.trim().parse::<f64>().ok());
    let bound = bound.ok_or_else(|| format!("`{line}`: a ratio such as 1.10 was expected"))?;
    let bound = (bound * 100.0).round() as usize;
    let measured = format!("ours {ours} slots, clang {clang} slots");
    if needed > bound {
        return Err(format!("{measured}: more than `{line}`; it would have to be `{wanted}`").into());
    }
    if bound > needed + SLACK {
        return Err(format!("{measured}: better than `{line}`; keep what was won with `{wanted}`").into());
    }
    Ok(())
}

/// Both on the running kernel, with the inputs and results in the Go file.
fn twins(name: &str, path: &Path, compiler: &Result<(), String>, live: &Result<(), String>) -> Trial {
    let path = path.to_path_buf();
    let (oracle, available) = match compiler {
        Ok(()) => (Oracle::Kernel, live.clone()),
        Err(_) => (Oracle::Clang, compiler.clone()),
    };
    trial(format!("{name} [running kernel]"), oracle, available, move || {
        let object = object(&path)?;
        let scenario = Scenario::read(&files::read(&path)?)?;
        let twin = Twin::compile(&path.with_extension("c"))?.job(&object)?;
        for (language, mut job) in [("Go", Job::of(&object)), ("C", twin)] {
            scenario.prepare(&mut job)?;
            let report = kernel::judge_apart(GUEST.as_ref(), &job)?;
            scenario.check(&job, &report).map_err(|why| {
                let verdicts = report.verdicts.iter().map(|verdict| verdict.summary());
                format!("the {language} program ({}):\n{why}", verdicts.collect::<Vec<_>>().join(", "))
            })?;
        }
        Ok(())
    })
}

fn object(path: &Path) -> Result<Object, String> {
    let analysis = compile::analyse(path)?;
    analysis.object.clone().filter(|_| !analysis.has_errors()).ok_or_else(|| {
        let messages = analysis.diagnostics.iter().map(|found| format!("{}: {}", found.code, found.message));
        format!("it doesn't compile:\n{}", messages.collect::<Vec<_>>().join("\n"))
    })
}

/// A line for each pair, and one for all.
fn report(figures: &BTreeMap<String, (usize, usize)>) {
    let ratio = |ours: usize, clang: usize| ours as f64 / clang as f64;
    for (name, (ours, clang)) in figures {
        println!("{name}: ours {ours} slots, clang {clang} slots, ratio {:.2}", ratio(*ours, *clang));
    }
    if !figures.is_empty() {
        let logarithms: f64 = figures.values().map(|(ours, clang)| ratio(*ours, *clang).ln()).sum();
        let mean = (logarithms / figures.len() as f64).exp();
        println!("{} pairs, geometric mean of the ratios {mean:.2}", figures.len());
    }
}
