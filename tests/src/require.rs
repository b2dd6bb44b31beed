//! Which oracles there are, and what it means when one is missing: its tests are skipped by name with the reason, or
//! fail where `GOBPF_REQUIRE` (a comma list such as `kernel,vm,go`) names it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use libtest_mimic::{Failed, Trial};

/// Someone who knows the truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Oracle {
    /// The running kernel, through bpf(2).
    Kernel,
    /// Debian's kernels in QEMU.
    Vm,
    /// The Go toolchain, with cilium/ebpf from the module proxy.
    Go,
    /// gopls, Go's own language server.
    Gopls,
    /// clang, for C twins of Go programs.
    Clang,
    /// VS Code's workbench in a browser.
    Vscode,
    /// Neovim.
    Nvim,
}

impl Oracle {
    /// Its name in `GOBPF_REQUIRE`.
    pub fn name(self) -> &'static str {
        match self {
            Oracle::Kernel => "kernel",
            Oracle::Vm => "vm",
            Oracle::Go => "go",
            Oracle::Gopls => "gopls",
            Oracle::Clang => "clang",
            Oracle::Vscode => "vscode",
            Oracle::Nvim => "nvim",
        }
    }

    /// Whether `GOBPF_REQUIRE` names it.
    pub fn is_required(self) -> bool {
        let list = std::env::var("GOBPF_REQUIRE").unwrap_or_default();
        list.split(',').any(|name| name.trim() == self.name())
    }
}

/// Says why tests are skipped: once for each reason, not for each test.
fn say_once(oracle: Oracle, why: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let reason = format!("skipped where it says `no {}`: {}", oracle.name(), why.trim());
    let Ok(mut said) = SAID.lock() else { return };
    if !said.contains(&reason) {
        eprintln!("{reason}");
        said.insert(reason);
    }
}

/// A test that asks `oracle`. Where `available` says that it is missing, the test is shown as ignored, or fails if the
/// oracle is required.
pub fn trial(
    name: impl Into<String>,
    oracle: Oracle,
    available: Result<(), String>,
    run: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    match available {
        Ok(()) => Trial::test(name, run),
        Err(why) if oracle.is_required() => {
            let why = format!("GOBPF_REQUIRE names `{}`, but {why}", oracle.name());
            Trial::test(name, move || Err(why.into()))
        }
        Err(why) => {
            say_once(oracle, &why);
            Trial::test(name, move || Err(why.into()))
                .with_kind(format!("no {}", oracle.name()))
                .with_ignored_flag(true)
        }
    }
}
