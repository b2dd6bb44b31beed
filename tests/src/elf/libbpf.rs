//! What the running kernel says to the programs of an ELF object that libbpf loads: each program by itself, so that one that
//! is rejected doesn't keep the others out.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use libbpf_rs::{ObjectBuilder, PrintLevel, set_print};

use crate::elf::settle;
use crate::job::{Refused, Rejected, Verdict};
use crate::kernel::errno_name;
use crate::log;

/// Where maps are pinned that want it; the folder goes at the end.
const PINS: &str = "/sys/fs/bpf";
/// Levels of the verifier's log: the path that fails, statistics.
const PATH: u32 = 1;
const STATISTICS: u32 = 4;

/// A program of an object, and the kernel's answer.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its name.
    pub name: String,
    /// Its section.
    pub section: String,
    /// The kernel's answer.
    pub verdict: Verdict,
}

/// What libbpf prints. Its callback carries no context, so there is one for the process, and one load at a time.
static PRINTED: Mutex<String> = Mutex::new(String::new());
static LOADING: Mutex<()> = Mutex::new(());

/// Loads each program of the object in `bytes`; `flags` gives the `BPF_F_*` that a program wants beside its own.
///
/// # Errors
/// libbpf can't read the object.
pub fn judge(bytes: &[u8], flags: &dyn Fn(&str) -> u32) -> Result<Vec<Heard>, String> {
    let _one = LOADING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let pins = Pins::new();
    let previous = set_print(Some((PrintLevel::Debug, |_, text| {
        if let Ok(mut printed) = PRINTED.lock() {
            printed.push_str(&text);
        }
    })));
    let heard = programs(bytes, &pins).map(|programs| {
        let judge = |(name, section): (String, String)| {
            let verdict = judge_one(bytes, &name, flags(&name), &pins);
            Heard { name, section, verdict }
        };
        programs.into_iter().map(judge).collect()
    });
    set_print(previous);
    heard
}

fn programs(bytes: &[u8], pins: &Pins) -> Result<Vec<(String, String)>, String> {
    take_printed();
    let object = open(bytes, pins).map_err(|_| last_warning(&take_printed()))?;
    let text = |name: &std::ffi::OsStr| name.to_string_lossy().into_owned();
    Ok(object.progs().map(|program| (text(program.name()), text(program.section()))).collect())
}

fn open(bytes: &[u8], pins: &Pins) -> libbpf_rs::Result<libbpf_rs::OpenObject> {
    ObjectBuilder::default().pin_root_path(&pins.0)?.open_memory(bytes)
}

fn judge_one(bytes: &[u8], name: &str, flags: u32, pins: &Pins) -> Verdict {
    let (result, printed) = load(bytes, name, flags, STATISTICS, pins);
    let statistics = program_log(&printed, name);
    // Where something after the program fails, such as filling a map with programs that are not loaded, it is accepted.
    let failed = printed.contains(&format!("prog '{name}': BPF program load failed"));
    let Some(error) = result.err().filter(|_| failed || statistics.trim().is_empty()) else {
        return Verdict::Accepted(log::statistics(&statistics));
    };
    if statistics.trim().is_empty() {
        let doing = last_warning(&printed);
        return Verdict::Refused(Refused { errno: errno_name(&error), doing });
    }
    let full = program_log(&load(bytes, name, flags, PATH, pins).1, name);
    let rejected = log::rejection(&statistics, full);
    Verdict::Rejected(Rejected { log: String::new(), ..rejected })
}

fn load(bytes: &[u8], name: &str, flags: u32, level: u32, pins: &Pins) -> (io::Result<()>, String) {
    take_printed();
    let result = open(bytes, pins).and_then(|mut object| {
        settle::maps(&mut object)?;
        for mut program in object.progs_mut() {
            let wanted = program.name() == name;
            program.set_autoload(wanted);
            if wanted {
                program.set_log_level(level);
                if flags != 0 {
                    program.set_flags(flags); // what the section asks for comes on top
                }
            }
        }
        object.load().map(drop)
    });
    pins.clear();
    (result.map_err(|error| as_io(&error)), take_printed())
}

fn as_io(error: &libbpf_rs::Error) -> io::Error {
    match error.kind() {
        libbpf_rs::ErrorKind::PermissionDenied => io::Error::from_raw_os_error(libc::EPERM),
        libbpf_rs::ErrorKind::InvalidInput => io::Error::from_raw_os_error(libc::EINVAL),
        libbpf_rs::ErrorKind::NotFound => io::Error::from_raw_os_error(libc::ENOENT),
        _ => io::Error::other(error.to_string()),
    }
}

/// The verifier's log of program `name` in what libbpf has printed.
fn program_log(printed: &str, name: &str) -> String {
    let begin = format!("prog '{name}': -- BEGIN PROG LOAD LOG --\n");
    let Some((_, rest)) = printed.split_once(&begin) else { return String::new() };
    rest.split("-- END PROG LOAD LOG --").next().unwrap_or("").to_string()
}

/// The last line that says that something failed.
fn last_warning(printed: &str) -> String {
    let mut lines = printed.lines().map(|line| line.trim_start_matches("libbpf: "));
    let telling =
        |line: &&str| ["fail", "error", "not supported", "unknown", "can't"].iter().any(|w| line.contains(w));
    let line = lines.rfind(telling).unwrap_or("load");
    // libbpf names an object in memory by its address.
    if line.starts_with("failed to load object") { String::new() } else { line.to_string() }
}

fn take_printed() -> String {
    PRINTED.lock().map(|mut printed| std::mem::take(&mut *printed)).unwrap_or_default()
}

/// A folder for pins, which goes when it is dropped.
struct Pins(PathBuf);

impl Pins {
    fn new() -> Pins {
        Pins(Path::new(PINS).join(format!("gobpf-{}", std::process::id())))
    }

    /// Pins of one load are not there in the next one.
    fn clear(&self) {
        for entry in std::fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

impl Drop for Pins {
    fn drop(&mut self) {
        self.clear();
        let _ = std::fs::remove_dir(&self.0);
    }
}
