//! `--emit elf`: the programs of `run/` and of `examples/` as objects. Our own reader gets back what was written, and
//! bpftool (which is libbpf) loads it into the running kernel and shows the lines of the Go file.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use gobpf_analysis::{Cancel, Document, Emit, Options};
use gobpf_bpf::insn::{self, pseudo};
use gobpf_bpf::{Object, Program, disasm};
use gobpf_source::FileId;
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{files, kernel};
use libtest_mimic::{Arguments, Failed, Trial};

/// Where bpftool puts programs; everything under a name of ours is removed after each test.
const PINS: &str = "/sys/fs/bpf";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let live = kernel::available().and_then(|()| bpftool());
    let folders = [("run", files::folder("run")), ("examples", files::root().join("examples"))];
    let sources = folders.iter().flat_map(|(folder, path)| {
        let all = files::walk(path, ".go").into_iter();
        all.map(move |(name, path)| (format!("{folder}/{name}"), path))
    });
    let trials = sources.filter(|(_, path)| !is_rejected(path)).flat_map(|(name, path)| {
        let again = path.clone();
        [
            Trial::test(format!("{name} [read back]"), move || read_back(&path)),
            trial(format!("{name} [bpftool]"), Oracle::Kernel, live.clone(), move || loaded(&again)),
        ]
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The example of a program that kernels refuse.
fn is_rejected(path: &Path) -> bool {
    path.ends_with("rejected/rejected.go")
}

fn bpftool() -> Result<(), String> {
    let mounted = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    if !mounted.lines().any(|line| line.split(' ').nth(1) == Some(PINS)) {
        gobpf_tests::sys::mount("bpf", PINS).map_err(|error| format!("{PINS}: {error}"))?;
    }
    let version = Command::new("bpftool").arg("version").output();
    version.map(drop).map_err(|error| format!("bpftool: {error}"))
}

/// The object of a Go file, and the same as ELF.
fn written(path: &Path) -> Result<(Object, Vec<u8>), Failed> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let options = Arc::new(Options::default());
    let snapshot = Document::open(FileId(0), &name, &files::read(path)?, None, options).snapshot();
    let bytes = snapshot.emit(Emit::Elf, &Cancel::new()).map_err(|error| error.to_string())?;
    let analysis = snapshot.analyse(&Cancel::new()).map_err(|_| "cancelled")?;
    Ok((analysis.object.clone().ok_or("no object")?, bytes))
}

fn read_back(path: &Path) -> Result<(), Failed> {
    let (object, bytes) = written(path)?;
    let options = gobpf_object::Options { kernel: None, version: object.target, config: None };
    let again = gobpf_object::read(&bytes, options).map_err(|error| format!("{error:?}"))?;
    if !again.errors.is_empty() {
        return Err(format!("{:?}", again.errors).into());
    }
    let (one, other) = (shape(&object), shape(&again.object));
    let differs = one.iter().zip(&other).find(|(one, other)| one != other);
    match differs {
        Some((one, other)) => Err(format!("written:\n{one}\nread:\n{other}").into()),
        None if one.len() != other.len() => {
            Err(format!("{} programs and maps became {}", one.len(), other.len()).into())
        }
        None => Ok(()),
    }
}

/// What an object consists of, whatever the order of its maps and of a program's functions: libbpf, and so our reader,
/// puts functions behind a program as it meets their calls.
fn shape(object: &Object) -> Vec<String> {
    let mut all = Vec::new();
    for program in &object.programs {
        all.push(format!("{} {} {:?}", program.name, program.section, program.kind));
        let mut functions = functions(object, program);
        functions.sort();
        // Equal functions are written once.
        functions.dedup();
        all.append(&mut functions);
    }
    let mut maps: Vec<String> = object
        .maps
        .iter()
        .map(|map| {
            let sizes = (map.key_size, map.value_size, map.max_entries);
            format!("{} {:?} {sizes:?} {:?}", map.name, map.kind, map.contents)
        })
        .collect();
    maps.sort();
    all.append(&mut maps);
    all.push(object.license.clone());
    all
}

/// A name as BTF may have it, which knows no methods, without the number that tells it from an equal one.
fn identifier(name: &str) -> String {
    let name = name.replace(|one: char| !one.is_ascii_alphanumeric(), "_");
    let base = name.trim_end_matches(|one: char| one.is_ascii_digit());
    base.strip_suffix('_').filter(|base| base.len() + 1 < name.len()).unwrap_or(&name).to_string()
}

/// The code of a program and of each of its functions, with functions by name.
fn functions(object: &Object, program: &Program) -> Vec<String> {
    let code = &program.code;
    let length = code.insns.len() as u32;
    let starts = std::iter::once(0).chain(code.subprograms.iter().map(|function| function.slot));
    let starts: Vec<u32> = starts.chain([length]).collect();
    let named = |slot: i64| code.subprograms.iter().find(|function| i64::from(function.slot) == slot);
    // The second slot of a load has no operation of its own.
    let line = |slot: u32| {
        let mut insn = code.insns[slot as usize];
        let calls = insn.code == insn::CALL && insn.src == pseudo::CALL;
        let refers = insn.is_load_imm64() && insn.src == pseudo::FUNC;
        let target = named(i64::from(slot) + 1 + i64::from(insn.imm)).filter(|_| calls || refers);
        if target.is_some() {
            insn.imm = 0;
        }
        let relocation = code.relocation_at(slot).map(|target| disasm::relocation_text(object, target));
        let next = code.insns.get(slot as usize + 1).copied();
        let text = disasm::disassemble(insn, next, relocation.as_deref());
        format!("{text} {}", target.map(|function| identifier(&function.name)).unwrap_or_default())
    };
    let names = std::iter::once(&program.name).chain(code.subprograms.iter().map(|function| &function.name));
    names
        .zip(starts.windows(2))
        .map(|(name, range)| {
            let lines: Vec<String> =
                (range[0]..range[1]).filter(|slot| code.insns[*slot as usize].code != 0).map(line).collect();
            format!("{}\n{}", identifier(name), lines.join("\n"))
        })
        .collect()
}

/// Programs that are pinned, for as long as this is there.
struct Pinned(PathBuf);

impl Drop for Pinned {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn loaded(path: &Path) -> Result<(), Failed> {
    let (object, bytes) = written(path)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let file = tempfile::Builder::new().suffix(".o").tempfile().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), bytes).map_err(|error| error.to_string())?;
    let pinned = Pinned(PathBuf::from(format!("{PINS}/gobpf-{}-{stem}", std::process::id())));
    let (load, pins) = (["prog", "loadall"].map(Path::new), [file.path(), &pinned.0]);
    bpftool_says(&[&load[..], &pins].concat())?;
    for program in &object.programs {
        // libbpf pins under the names of programs, which it keeps whole.
        let pin = pinned.0.join(&program.name);
        let dump = ["prog", "dump", "xlated", "pinned"].map(Path::new);
        let dump = bpftool_says(&[&dump[..], &[&pin, Path::new("linum")]].concat())?;
        let named = format!("[file:{stem}.go line_num:");
        if !dump.contains(&named) {
            return Err(format!("no line of the source in what bpftool shows:\n{dump}").into());
        }
    }
    Ok(())
}

fn bpftool_says(arguments: &[&Path]) -> Result<String, Failed> {
    let output = Command::new("bpftool").args(arguments).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("bpftool {arguments:?}: {said}").into())
    }
}
