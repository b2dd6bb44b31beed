//! `cargo xtask vm`: fetches Debian's kernels for the oracle "vm", by the packages that name them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A kernel of the cache, and Debian's package that depends on its newest image.
const KERNELS: [(&str, &str); 2] =
    [("6.1", "linux-image-cloud-amd64"), ("6.12", "linux-image-6.12-cloud-amd64")];

/// Fetches what is missing.
pub fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("`{argument}`: no arguments are known"));
    }
    let cache = cache_dir();
    for (kernel, package) in KERNELS {
        let folder = cache.join(kernel);
        let image = folder.join("vmlinuz");
        if image.is_file() {
            println!("{kernel}: {} (there)", image.display());
            continue;
        }
        let name = image_package(package)?;
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        fetch(&name, &folder, &image)?;
        println!("{kernel}: {} ({name})", image.display());
    }
    Ok(())
}

/// The folder that the tests look in: `GOBPF_VM_DIR`, else `gobpf-vm` in the user's cache folder.
fn cache_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os("GOBPF_VM_DIR") {
        return PathBuf::from(dir);
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
        home.join(".cache")
    });
    cache.join("gobpf-vm")
}

/// The image package that `package` depends on: its name carries the build number, which changes.
fn image_package(package: &str) -> Result<String, String> {
    let shown = command("apt-cache", &["depends", package], Path::new("."))?;
    let depends = shown.lines().filter_map(|line| line.trim().strip_prefix("Depends: "));
    let mut images = depends.filter(|name| name.starts_with("linux-image-"));
    images
        .next()
        .map(str::to_string)
        .ok_or_else(|| format!("apt knows no package `{package}` with an image; `apt-get update` may help"))
}

fn fetch(package: &str, folder: &Path, image: &Path) -> Result<(), String> {
    let work = folder.join("unpacked");
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    command("apt-get", &["download", package], &work)?;
    let archive = find(&work, |name| name.ends_with(".deb"))?;
    command("dpkg-deb", &["-x", &archive.to_string_lossy(), "."], &work)?;
    let kernel = find(&work.join("boot"), |name| name.starts_with("vmlinuz-"))?;
    fs::rename(&kernel, image).map_err(|error| format!("{}: {error}", image.display()))?;
    fs::remove_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))
}

fn find(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let found = entries.flatten().find(|entry| wanted(&entry.file_name().to_string_lossy()));
    found.map(|entry| entry.path()).ok_or_else(|| format!("{}: not what was expected", folder.display()))
}

fn command(program: &str, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{program} {}: {}", arguments.join(" "), said.trim()))
}
