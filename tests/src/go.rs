//! The oracle "go": the real Go toolchain, with cilium/ebpf from the module proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::files;

/// The release of cilium/ebpf that generated programs are built with.
pub const CILIUM_EBPF: &str = "v0.22.0";

/// Whether there is a Go toolchain, and cilium/ebpf for it: an error says what is missing.
pub fn available() -> Result<(), String> {
    static AVAILABLE: OnceLock<Result<(), String>> = OnceLock::new();
    let probe = || {
        let module = Module::new()?;
        go(module.path(), &["mod", "download", &format!("github.com/cilium/ebpf@{CILIUM_EBPF}")]).map(drop)
    };
    AVAILABLE.get_or_init(probe).clone()
}

/// A Go module in a folder of its own, which goes when it is dropped. It requires cilium/ebpf and knows the SDK.
pub struct Module {
    folder: TempDir,
}

impl Module {
    /// An empty module.
    pub fn new() -> Result<Module, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("temporary folder: {error}"))?;
        let sdk = files::root().join("sdk");
        let text = format!(
            "module example.com/test\n\ngo 1.24\n\nrequire github.com/cilium/ebpf {CILIUM_EBPF}\n\
             require github.com/miekg/bpf v0.0.0\n\nreplace github.com/miekg/bpf => {}\n",
            sdk.display()
        );
        let module = Module { folder };
        module.write("go.mod", &text)?;
        Ok(module)
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, and the folders that lead to it.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.path().join(name);
        let parent = path.parent().unwrap_or(self.path());
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }

    /// Builds the files or packages `what` into the program `name` of this folder.
    pub fn build(&self, name: &str, what: &[&str]) -> Result<PathBuf, String> {
        let mut arguments = vec!["build", "-o", name];
        arguments.extend(what);
        go(self.path(), &arguments)?;
        Ok(self.path().join(name))
    }
}

/// Runs `go` in `folder`; standard output, or an error with what it said.
pub fn go(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    // -mod=mod lets go write go.sum for modules that a folder has just been given; the compiler collects its garbage less
    // often than it would, for which it needs a quarter less time.
    let env = [("GOFLAGS", "-mod=mod"), ("GOWORK", "off"), ("CGO_ENABLED", "0"), ("GOGC", "400")];
    run(folder, "go", arguments, &env)
}

/// The names of those of `files` that gofmt would change.
pub fn gofmt_list(folder: &Path, files: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["-l"];
    arguments.extend(files);
    run(folder, "gofmt", &arguments, &[])
}

/// Whether there is a gopls: an error says what is missing.
pub fn gopls_available() -> Result<(), String> {
    static AVAILABLE: OnceLock<Result<(), String>> = OnceLock::new();
    AVAILABLE.get_or_init(|| run(&std::env::temp_dir(), "gopls", &["version"], &[]).map(drop)).clone()
}

/// What gopls has to say about `files` of the module in `folder`, from warnings on; hints are left to it.
pub fn gopls_check(folder: &Path, files: &[&str]) -> Result<String, String> {
    let mut arguments = vec!["check", "-severity=warning"];
    arguments.extend(files);
    run(folder, "gopls", &arguments, &[("GOWORK", "off")])
}

fn run(folder: &Path, program: &str, arguments: &[&str], env: &[(&str, &str)]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).envs(env.iter().copied());
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{program} {}:\n{}", arguments.join(" "), said(&output)))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
