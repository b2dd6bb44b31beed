//! What a run is asked for, and how it ends.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many programs.
    pub programs: u64,
    /// What decides them.
    pub seed: u64,
    /// Look only at the program with this number.
    pub only: Option<u64>,
    /// Where differences are written; none to print them only.
    pub keep: Option<PathBuf>,
    /// Say how far it is.
    pub progress: bool,
    /// Features of generated programs that are left out.
    pub without: Arc<BTreeSet<String>>,
}

impl Settings {
    /// The numbers of the programs of this run.
    pub fn numbers(&self) -> std::ops::Range<u64> {
        match self.only {
            Some(only) => only..only + 1,
            None => 0..self.programs,
        }
    }

    /// Writes `text` as `name` to the folder for differences, if there is one.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep(&self, name: &str, text: &str) -> Result<Option<PathBuf>, String> {
        let Some(folder) = &self.keep else { return Ok(None) };
        let path = folder.join(name);
        let written = std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))
            .and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(path))
    }
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// How many programs were judged.
    pub programs: u64,
    /// How many of them differ.
    pub differences: u64,
    /// How many of these differ in the verdict, not only in a line or in words.
    pub verdicts: u64,
    /// What decided them.
    pub seed: u64,
    /// What else fails the run, such as minima that were missed.
    pub faults: Vec<String>,
}

impl Outcome {
    /// No difference, no fault.
    pub fn is_good(&self) -> bool {
        self.differences == 0 && self.faults.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} programs, {} differences, seed {}", self.programs, self.differences, self.seed)
    }
}
