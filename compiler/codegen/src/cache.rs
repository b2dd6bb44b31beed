//! Code that was made before.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::link::Piece;
use crate::written::Apart;

/// Compilations for which code that they did not use is kept.
const KEPT_FOR: u64 = 8;

type Key = (u64, u64, Apart);

/// What earlier compilations made, to be taken again where nothing has changed.
#[derive(Debug, Default)]
pub struct Cache {
    pub(crate) lowered: gobpf_ir::build::Cache,
    pub(crate) pieces: Pieces,
}

/// Code by the keys of its function and of the object's layout, and by what is kept apart.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    known: FxHashMap<Key, (Arc<Piece>, u64)>,
    turn: u64,
}

impl Pieces {
    /// The next compilation begins.
    pub(crate) fn begin(&mut self) {
        self.turn += 1;
        let turn = self.turn;
        self.known.retain(|_, (_, used)| *used + KEPT_FOR >= turn);
    }

    pub(crate) fn get_or_make<E>(
        &mut self,
        key: Key,
        make: impl FnOnce() -> Result<Piece, E>,
    ) -> Result<Arc<Piece>, E> {
        if let Some((piece, used)) = self.known.get_mut(&key) {
            *used = self.turn;
            return Ok(Arc::clone(piece));
        }
        let piece = Arc::new(make()?);
        self.known.insert(key, (Arc::clone(&piece), self.turn));
        Ok(piece)
    }
}
