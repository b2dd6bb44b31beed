//! What was lowered before: a function whose HIR, with all that it reaches, is the same needs no work after an edit.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::quality::FixedState;
use gobpf_types::hir::{self, FunctionId};
use rustc_hash::FxHashMap;

use super::{Convention, Texts};
use crate::Plan;
use crate::ir::Function;

/// Compilations for which what they did not use is kept: edits that are taken back find it.
const KEPT_FOR: u64 = 8;

/// Functions by what they were lowered from.
#[derive(Debug, Default)]
pub struct Cache {
    entries: FxHashMap<u64, Entry>,
    turn: u64,
}

#[derive(Debug)]
struct Entry {
    lowered: Lowered,
    /// Texts that the function was the first to use.
    texts: Vec<Vec<u8>>,
    used: u64,
}

/// A function, and how it is called.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    pub(super) function: Arc<Function>,
    pub(super) convention: Convention,
}

impl Cache {
    /// The next compilation begins.
    pub(super) fn begin(&mut self) {
        self.turn += 1;
        let turn = self.turn;
        self.entries.retain(|_, entry| entry.used + KEPT_FOR >= turn);
    }

    /// What was lowered from `key`; its texts are put where they were then.
    pub(super) fn get(&mut self, key: u64, texts: &mut Texts) -> Option<Lowered> {
        let entry = self.entries.get_mut(&key)?;
        entry.used = self.turn;
        for text in &entry.texts {
            texts.intern(text.clone());
        }
        Some(entry.lowered.clone())
    }

    /// Keeps what was lowered from `key`, with the texts that `texts` has from byte `from` on.
    pub(super) fn put(&mut self, key: u64, lowered: Lowered, texts: &Texts, from: u32) {
        let mut new: Vec<_> = texts.offsets.iter().filter(|(_, offset)| **offset >= from).collect();
        new.sort_by_key(|(_, offset)| **offset);
        let texts = new.into_iter().map(|(text, _)| text.clone()).collect();
        self.entries.insert(key, Entry { lowered, texts, used: self.turn });
    }
}

/// Computes keys for one package.
pub(super) struct Keys<'p> {
    package: &'p hir::Package,
    /// What all functions have in common.
    common: u64,
    /// The body of each function, computed when it is asked for.
    bodies: Vec<Option<u64>>,
}

impl<'p> Keys<'p> {
    pub(super) fn of(package: &'p hir::Package) -> Self {
        let common = (&package.types, &package.maps, &package.globals, package.target);
        Keys {
            package,
            common: FixedState::default().hash_one(common),
            bodies: vec![None; package.functions.len()],
        }
    }

    /// The key of `function`, lowered by `plan` after `texts` were known, as what `head` says.
    pub(super) fn key(&mut self, function: FunctionId, plan: &Plan, texts: &Texts, head: impl Hash) -> u64 {
        let mut hasher = FixedState::default().build_hasher();
        (self.common, &texts.bytes).hash(&mut hasher);
        head.hash(&mut hasher);
        for id in plan.reached(function) {
            let functions = &self.package.functions;
            let body = self.bodies[id.0 as usize]
                .get_or_insert_with(|| FixedState::default().hash_one(&functions[id.0 as usize]));
            (id, *body, plan.subprogram(id)).hash(&mut hasher);
        }
        hasher.finish()
    }
}
