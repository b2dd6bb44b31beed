//! The kernel's own verifier tests, from Debian's package of its source: unpacked into a cache folder and compiled with
//! clang, against the types of the running kernel.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::elf::ElfObject;

/// Where Debian's package `linux-source-6.12` puts the source.
const ARCHIVE: &str = "/usr/src/linux-source-6.12.tar.xz";
/// The folder in it.
const TOP: &str = "linux-source-6.12";
/// What is needed of it.
const PARTS: [&str; 4] =
    ["tools/testing/selftests/bpf", "tools/lib/bpf", "tools/include", "scripts/bpf_doc.py"];
const TESTS: &str = "tools/testing/selftests/bpf/progs";
const CLANG: &str = "clang-19";

/// The compiled tests, and those that can't be compiled with what clang says.
pub struct Selftests {
    /// Objects by the names of their files.
    pub objects: Vec<ElfObject>,
    /// Name, and the first error.
    pub failed: Vec<(String, String)>,
}

/// Compiles all `verifier_*.c`, or all others, once for each kernel.
///
/// # Errors
/// What is missing on this machine.
pub fn objects(filter: Option<&str>, others: bool) -> Result<Selftests, String> {
    let cache = cache_dir();
    let source = unpacked(&cache)?;
    let includes = includes(&cache, &source)?;
    let mut found = Selftests { objects: Vec::new(), failed: Vec::new() };
    for path in sources(&source.join(TESTS), others)? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if filter.is_some_and(|filter| !name.contains(filter)) {
            continue;
        }
        match compile(&path, &name, &source, &includes) {
            Ok(bytes) => found.objects.push(ElfObject { name, bytes }),
            Err(why) => found.failed.push((name, why)),
        }
    }
    Ok(found)
}

/// `gobpf-selftests` in the user's cache folder.
fn cache_dir() -> PathBuf {
    let home = || std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("gobpf-selftests")
}

/// The source, unpacked when it is wanted for the first time.
fn unpacked(cache: &Path) -> Result<PathBuf, String> {
    let source = cache.join(TOP);
    let done = cache.join("unpacked");
    if done.is_file() {
        return Ok(source);
    }
    if !Path::new(ARCHIVE).is_file() {
        return Err(format!("{ARCHIVE} is missing: Debian's package linux-source-6.12 has it"));
    }
    make_dir(cache)?;
    let parts = PARTS.map(|part| format!("{TOP}/{part}"));
    let mut arguments = vec!["--extract", "--file", ARCHIVE];
    arguments.extend(parts.iter().map(String::as_str));
    run("tar", &arguments, cache)?;
    fs::write(&done, "").map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(source)
}

fn make_dir(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A folder with `vmlinux.h` of the running kernel, and libbpf's headers as `<bpf/...>` with the list of helpers.
fn includes(cache: &Path, source: &Path) -> Result<PathBuf, String> {
    let folder = cache.join("include").join(crate::kernel::release());
    let vmlinux = folder.join("vmlinux.h");
    let helpers = folder.join("bpf").join("bpf_helper_defs.h");
    make_dir(&folder.join("bpf"))?;
    if !helpers.is_file() {
        let headers = source.join("tools/lib/bpf");
        for entry in
            fs::read_dir(&headers).map_err(|error| format!("{}: {error}", headers.display()))?.flatten()
        {
            if entry.path().extension().is_some_and(|extension| extension == "h") {
                let to = folder.join("bpf").join(entry.file_name());
                fs::copy(entry.path(), &to).map_err(|error| format!("{}: {error}", to.display()))?;
            }
        }
        let script = source.join("scripts/bpf_doc.py");
        let uapi = source.join("tools/include/uapi/linux/bpf.h");
        let arguments = [&script.to_string_lossy(), "--header", "--file", &*uapi.to_string_lossy()];
        write(&helpers, &run("python3", &arguments, &folder)?)?;
    }
    if !vmlinux.is_file() {
        let arguments = ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"];
        write(&vmlinux, &run("bpftool", &arguments, &folder)?)?;
    }
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn sources(folder: &Path, others: bool) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("verifier_") != others && name.ends_with(".c")
    });
    found.sort();
    Ok(found)
}

fn compile(path: &Path, name: &str, source: &Path, includes: &Path) -> Result<Vec<u8>, String> {
    let objects = includes.join("objects");
    make_dir(&objects)?;
    let output = objects.join(format!("{name}.o"));
    if !output.is_file() {
        let tests = source.join("tools/testing/selftests/bpf");
        let uapi = source.join("tools/include/uapi");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let arguments = [
            "-g -O2 -mcpu=v3 --target=bpf -mlittle-endian -D__TARGET_ARCH_x86 -Wno-everything".to_string(),
            format!("-I {} -I {} -I {}", text(includes), text(&tests), text(&uapi)),
            "-idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include".into(),
            format!("-c {} -o {}", text(path), text(&output)),
        ]
        .join(" ");
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        run(CLANG, &arguments, &objects)?;
    }
    fs::read(&output).map_err(|error| format!("{}: {error}", output.display()))
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let first = said.lines().find(|line| line.contains("error")).or(said.lines().next());
    Err(format!("{program}: {}", first.unwrap_or("failed").trim()))
}
