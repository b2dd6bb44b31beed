//! Examples from end to end: a loader is generated, built with the real Go toolchain and cilium/ebpf, run as root, made to
//! print what its file `expected` says, and stopped with a signal.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::session::Session;
use gobpf_tests::{cli, files, go, kernel, trace};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (live, toolchain) = (kernel::available(), go::available());
    let mut trials = Vec::new();
    for folder in [files::root().join("examples"), files::folder("loader")] {
        for (name, expected) in files::walk(&folder, "expected") {
            let Some(folder) = expected.parent().map(Path::to_path_buf) else { continue };
            let name = name.trim_end_matches("/expected").to_string();
            let session = files::read(&expected).and_then(|text| Session::read(&text));
            let source = source(&folder);
            let (session, source) = match (session, source) {
                (Ok(session), Ok(source)) => (session, source),
                (Err(why), _) | (_, Err(why)) => {
                    trials.push(Trial::test(name, move || Err(why.into())));
                    continue;
                }
            };
            let (file, place) = (source.clone(), folder.clone());
            trials.push(trial(format!("{name} [go vet]"), Oracle::Go, toolchain.clone(), move || {
                vet(&place, &file)
            }));
            if session.reports.is_some() {
                trials.push(Trial::test(name, move || reports(&folder, &source, &session)));
                continue;
            }
            let available = toolchain.clone();
            trials.push(trial(name, Oracle::Kernel, live.clone(), move || {
                available?;
                run(&folder, &source, &session)
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The one Go file of an example.
fn source(folder: &Path) -> Result<String, String> {
    let sources: Vec<String> = files::walk(folder, ".go")
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !name.contains("-ebpf."))
        .collect();
    match &sources[..] {
        [source] => Ok(source.clone()),
        other => Err(format!("{}: {} Go files where one is expected", folder.display(), other.len())),
    }
}

/// A program that can't be loaded: nothing is generated, and the reason is reported.
fn reports(folder: &Path, source: &str, session: &Session) -> Result<(), Failed> {
    let Some((code, pattern)) = &session.reports else { return Ok(()) };
    cli::stdout(folder, &["--check", source], 1)?;
    cli::stdout(folder, &["--emit", "loader", source], 1)?;
    let found = cli::reported(folder, source)?;
    if found.iter().any(|found| found.code == *code && pattern.is_match(&found.message)) {
        return Ok(());
    }
    Err(format!("{code} \"{pattern}\" is not reported, but {found:#?}").into())
}

fn vet(folder: &Path, source: &str) -> Result<(), Failed> {
    let module = go::Module::new()?;
    module.write("main.go", &files::read(&folder.join(source))?)?;
    go::go(module.path(), &["vet", "."])?;
    Ok(())
}

fn run(folder: &Path, source: &str, session: &Session) -> Result<(), Failed> {
    cli::stdout(folder, &["--check", source], 0)?;
    let module = go::Module::new()?;
    let generated: PathBuf = module.path().join("loader.go");
    cli::stdout(folder, &["--emit", "loader", source, "-o", &generated.to_string_lossy()], 0)?;
    let badly_formatted = go::gofmt_list(module.path(), &["loader.go"])?;
    if !badly_formatted.is_empty() {
        return Err("gofmt would change the generated program".into());
    }
    go::go(module.path(), &["vet", "loader.go"])?;
    let program = module.build("loader", &["loader.go"])?;
    // A network of its own, whose only interface is the loopback: nothing that is attached can cut the machine off.
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]).arg(program);
    let _turn = trace::Turn::wait()?;
    Ok(session.run(&mut command)?)
}
