//! The kernels that programs are given to: the running one, and the oldest that programs are compiled for, in a virtual
//! machine. Each has a model that must say the same.

use std::path::{Path, PathBuf};

use gobpf_tests::answer::DIALECTS;
use gobpf_tests::job::{Job, Report};
use gobpf_tests::{kernel, vm};
use gobpf_verifier::Dialect;

/// The kernel that programs are compiled for where they don't say.
const OLDEST: &str = "6.1";
const GUEST: &str = "gobpf-guest";

/// A kernel.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// Its series, such as `6.1`.
    pub name: &'static str,
    /// Its model.
    pub dialect: Dialect,
    /// The program that judges in its virtual machine; none for the running kernel.
    guest: Option<PathBuf>,
}

impl Kernel {
    /// The running kernel.
    ///
    /// # Errors
    /// It can't be asked, or has no model.
    pub fn running() -> Result<Kernel, String> {
        kernel::available()?;
        let release = kernel::release();
        let known = DIALECTS.iter().find(|(name, _)| release.starts_with(&format!("{name}.")));
        let (name, dialect) = known.ok_or_else(|| format!("there is no model of the running {release}"))?;
        Ok(Kernel { name, dialect: *dialect, guest: None })
    }

    /// The oldest one; `guest` is the program `gobpf-guest`, which is looked for beside the program that runs where it is
    /// not named.
    ///
    /// # Errors
    /// It can't be asked.
    pub fn oldest(guest: Option<&Path>) -> Result<Kernel, String> {
        vm::available(OLDEST)?;
        let (name, dialect) =
            DIALECTS.iter().find(|(name, _)| *name == OLDEST).ok_or("the oldest kernel has no model")?;
        let guest = match guest {
            Some(guest) => guest.to_owned(),
            None => std::env::current_exe().map_err(|error| error.to_string())?.with_file_name(GUEST),
        };
        match guest.is_file() {
            true => Ok(Kernel { name, dialect: *dialect, guest: Some(guest) }),
            false => Err(format!("{} is not built", guest.display())),
        }
    }

    /// Whether asking it costs the start of a machine.
    pub fn is_machine(&self) -> bool {
        self.guest.is_some()
    }

    /// Its answers to `jobs`, one for each.
    pub fn ask(&self, jobs: &[Job]) -> Vec<Result<Report, String>> {
        match &self.guest {
            Some(guest) => vm::judge(self.name, guest, jobs),
            None => jobs.iter().map(|job| Ok(kernel::judge(job))).collect(),
        }
    }
}
