//! What earlier versions of a document have computed. A version that finds the caches busy, with the work for a version
//! before it that is being cancelled, computes anew: the answer is the same.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

use foldhash::quality::FixedState;
use gobpf_bpf::{Object, Program};
use gobpf_verifier::{Dialect, Verdict};
use rustc_hash::FxHashMap;

/// Verdicts that are kept for a document at most, before all that the last analysis did not use go.
const VERDICTS: usize = 4096;

/// The caches of one document, shared by its versions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caches(Arc<Mutex<Kept>>);

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Bodies of functions as they were checked: of the file alone, and of its package.
    pub(crate) bodies: [gobpf_types::Bodies; 2],
    /// Code of functions.
    pub(crate) code: gobpf_codegen::Cache,
    verdicts: FxHashMap<u64, Verdict>,
}

impl Caches {
    /// The caches, unless somebody else has them. A panic while they were held leaves them whole: entries are put in
    /// when they are complete.
    pub(crate) fn get(&self) -> Option<MutexGuard<'_, Kept>> {
        match self.0.try_lock() {
            Ok(kept) => Some(kept),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Kept {
    /// The verdict that is known for `key`.
    pub(crate) fn verdict(&self, key: u64) -> Option<Verdict> {
        self.verdicts.get(&key).cloned()
    }

    /// Keeps a verdict.
    pub(crate) fn keep(&mut self, key: u64, verdict: &Verdict) {
        if self.verdicts.len() >= VERDICTS {
            self.verdicts.clear();
        }
        self.verdicts.insert(key, verdict.clone());
    }
}

/// What all programs of `object` have in common for a verifier.
pub(crate) fn environment(object: &Object, dialect: Dialect, types: u64) -> u64 {
    let Object { programs: _, maps, globals: _, externs, btf, license, target } = object;
    FixedState::default().hash_one((maps, externs, btf, license, target, dialect.to_string(), types))
}

/// All that a verdict on program number `program` follows from.
pub(crate) fn verdict_key(environment: u64, object: &Object, program: usize) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    environment.hash(&mut hasher);
    if let Some(program) = object.programs.get(program) {
        // Places and names of functions are of no account.
        let Program { name: _, section, kind, attach, hook, replaces, flags, func, lacks, code } = program;
        (section, kind, attach, hook, replaces, flags, func).hash(&mut hasher);
        (lacks, &code.insns, &code.relocations).hash(&mut hasher);
        for function in &code.subprograms {
            (function.slot, function.func).hash(&mut hasher);
        }
    }
    hasher.finish()
}
