//! Objects by others: BPF objects that are embedded in the programs of Debian's packages, or lie beside them, and those of
//! Go modules.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::elf::ElfObject;

/// Debian's packages with BPF objects.
const PACKAGES: &[&str] = &[
    "libbpf-tools",
    "xdp-tools",
    "libxdp1",
    "systemd",
    "linux-perf",
    "bpftool",
    "knot",
    "dnsdist",
    "iproute2",
];
/// Go modules with BPF objects, which the module proxy has.
const MODULES: &[&str] = &[
    "github.com/cilium/ebpf@v0.22.0",
    "github.com/cilium/ebpf@v0.12.3",
    "github.com/inspektor-gadget/inspektor-gadget@v0.27.0",
    "github.com/sustainable-computing-io/kepler@v0.7.12",
];
/// Machine, class and byte order of a BPF object for little-endian machines.
const MAGIC: &[u8] = b"\x7fELF\x02\x01\x01";
const MACHINE_BPF: u16 = 247;

/// What was found, and what is missing on this machine.
pub struct Found {
    /// Objects that differ from each other.
    pub objects: Vec<ElfObject>,
    /// A package or module, and why it is not there.
    pub missing: Vec<(String, String)>,
}

/// All objects of the packages and modules, and those below the folders `also`.
pub fn objects(also: &[PathBuf]) -> Found {
    let mut found = Found { objects: Vec::new(), missing: Vec::new() };
    let mut seen = BTreeSet::new();
    let packages = PACKAGES.iter().map(|name| (*name, package(name)));
    for (name, folder) in packages.chain(MODULES.iter().map(|name| (*name, module(name)))) {
        match folder {
            Ok(folder) => scan(name, &folder, &mut seen, &mut found.objects),
            Err(why) => found.missing.push((name.to_string(), why)),
        }
    }
    for folder in also {
        let name = folder.to_string_lossy();
        match fs::metadata(folder) {
            Ok(_) => scan(&name, folder, &mut seen, &mut found.objects),
            Err(error) => found.missing.push((name.to_string(), error.to_string())),
        }
    }
    found
}

/// `gobpf-objects` in the user's cache folder.
fn cache_dir() -> PathBuf {
    let home = || std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("gobpf-objects")
}

/// The files of a package, fetched when they are wanted for the first time.
fn package(name: &str) -> Result<PathBuf, String> {
    let folder = cache_dir().join(name);
    let done = folder.join(".unpacked");
    if done.is_file() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    run("apt-get", &["download", name], &folder)?;
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut archives = entries.flatten().map(|entry| entry.path());
    let archive = archives.find(|path| path.extension().is_some_and(|extension| extension == "deb"));
    let archive = archive.ok_or_else(|| format!("{name}: nothing was downloaded"))?;
    run("dpkg-deb", &["-x", &archive.to_string_lossy(), "."], &folder)?;
    fs::remove_file(&archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    fs::write(&done, "").map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(folder)
}

/// The folder of a Go module.
fn module(name: &str) -> Result<PathBuf, String> {
    let said = run("go", &["mod", "download", "-json", name], Path::new("/"))?;
    let said: serde_json::Value = serde_json::from_str(&said).map_err(|error| format!("{name}: {error}"))?;
    let folder = said.get("Dir").and_then(|folder| folder.as_str()).unwrap_or_default();
    if folder.is_empty() { Err(format!("{name}: no folder")) } else { Ok(PathBuf::from(folder)) }
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{program} {}: {}", arguments.join(" "), said.lines().last().unwrap_or("failed").trim()))
}

fn scan(origin: &str, folder: &Path, seen: &mut BTreeSet<Vec<u8>>, objects: &mut Vec<ElfObject>) {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    for entry in files.filter(|entry| entry.file_type().is_file()) {
        let Ok(bytes) = fs::read(entry.path()) else { continue };
        let file = entry.file_name().to_string_lossy().into_owned();
        for (index, object) in embedded(&bytes).into_iter().enumerate() {
            if seen.insert(object.to_vec()) {
                let more = if index == 0 { String::new() } else { format!("#{index}") };
                objects.push(ElfObject { name: format!("{origin}/{file}{more}"), bytes: object.to_vec() });
            }
        }
    }
}

/// The BPF objects in a file; a BPF object is one itself.
fn embedded(bytes: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| find(rest, MAGIC)) {
        let start = at + next;
        at = start + MAGIC.len();
        if let Some(object) = object_at(&bytes[start..]) {
            found.push(object);
        }
    }
    found
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first).map(|(at, _)| at);
    starts.find(|at| bytes[*at..].starts_with(wanted))
}

/// The object that `bytes` start with, up to the end of its section headers, which linkers put last.
fn object_at(bytes: &[u8]) -> Option<&[u8]> {
    let half = |at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    if half(18)? != MACHINE_BPF {
        return None;
    }
    let offset = u64::from_le_bytes(bytes.get(40..48)?.try_into().ok()?);
    let headers = usize::from(half(58)?) * usize::from(half(60)?);
    bytes.get(..usize::try_from(offset).ok()?.checked_add(headers)?)
}
