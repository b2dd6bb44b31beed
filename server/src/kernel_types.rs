//! The kernel's types (BTF): of a file that somebody named, or of the running system. Each file is read once, when a
//! program first needs it.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gobpf_analysis::KernelBtf;

use crate::wording;

/// Where the running kernel shows its types.
const RUNNING: &str = "/sys/kernel/btf/vmlinux";

/// What a file holds, or words on why not.
type Read = Result<Arc<KernelBtf>, String>;

/// The types of the kernel that programs are judged for.
#[derive(Clone, Debug, Default)]
pub struct KernelTypes {
    /// The file that is named; none leaves it to the running system, which may have none.
    named: Option<PathBuf>,
}

impl KernelTypes {
    /// Those of the file at `path`; of the running system where there is none.
    pub fn of(path: Option<PathBuf>) -> KernelTypes {
        KernelTypes { named: path }
    }

    /// Whether they are those of the running system.
    pub fn are_running(&self) -> bool {
        self.named.is_none()
    }

    /// A number that no other file's types have.
    pub fn id(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.named.hash(&mut hasher);
        hasher.finish()
    }

    /// The types.
    ///
    /// # Errors
    ///
    /// Words for the user on why the file can't be used; there is always a file when there is an error.
    pub fn get(&self) -> Result<Option<Arc<KernelBtf>>, String> {
        match &self.named {
            Some(path) => read(path).map(Some),
            None => Ok(read(Path::new(RUNNING)).ok()),
        }
    }
}

fn read(path: &Path) -> Read {
    static KNOWN: OnceLock<Mutex<HashMap<PathBuf, Read>>> = OnceLock::new();
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(path.to_path_buf()).or_insert_with(|| parse(path)).clone()
}

fn parse(path: &Path) -> Read {
    let bytes = fs::read(path).map_err(|error| wording::unreadable(&path.display().to_string(), &error))?;
    let types = KernelBtf::new(bytes).map_err(|error| wording::not_btf(path, &error))?;
    Ok(Arc::new(types))
}
