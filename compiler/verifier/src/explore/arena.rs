//! A list that grows without moving what it holds: at the verifier's limits a list of a million entries would be copied
//! for tens of milliseconds, in which nobody could stop the work.

/// Entries of one piece, all of which but the last are full.
const PIECE: usize = 1 << 10;

/// Entries by their number.
pub(super) struct Arena<T> {
    pieces: Vec<Vec<T>>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena { pieces: Vec::new() }
    }
}

impl<T> Arena<T> {
    pub fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    pub fn get(&self, number: usize) -> Option<&T> {
        self.pieces.get(number / PIECE)?.get(number % PIECE)
    }

    pub fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.pieces.get_mut(number / PIECE)?.get_mut(number % PIECE)
    }

    pub fn last_mut(&mut self) -> Option<&mut T> {
        self.pieces.last_mut()?.last_mut()
    }

    pub fn push(&mut self, entry: T) {
        match self.pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(entry),
            _ => {
                // Most programs have few: the first piece grows as it is needed.
                let room = if self.pieces.is_empty() { 0 } else { PIECE };
                let mut piece = Vec::with_capacity(room);
                piece.push(entry);
                self.pieces.push(piece);
            }
        }
    }

    /// Keeps the first `kept` entries.
    pub fn truncate(&mut self, kept: usize) {
        self.pieces.truncate(kept.div_ceil(PIECE));
        let before = self.pieces.len().saturating_sub(1) * PIECE;
        if let Some(last) = self.pieces.last_mut() {
            last.truncate(kept - before);
        }
    }

    pub fn clear(&mut self) {
        self.pieces.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Arena, PIECE};

    #[test]
    fn entries_keep_their_numbers() {
        let mut arena = Arena::default();
        for number in 0..3 * PIECE + 5 {
            assert_eq!(arena.len(), number);
            arena.push(number);
        }
        assert!((0..arena.len()).all(|number| arena.get(number) == Some(&number)));
        for kept in [3 * PIECE + 1, 3 * PIECE, 2 * PIECE + 7, PIECE, 1, 0] {
            arena.truncate(kept);
            assert_eq!((arena.len(), arena.get(kept)), (kept, None));
            arena.push(kept);
            assert_eq!(arena.last_mut(), Some(&mut kept.clone()));
        }
    }
}
