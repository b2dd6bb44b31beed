//! How walks back from points of the path ended: where the history isn't cut, each number that decides something in a
//! loop is traced back through all turns, which takes the square of their number.

use super::needed::Needed;
use super::precision::Lost;

/// One step of the history in so many is a point whose walks are kept.
const EVERY: u32 = 64;

/// The last walk from each point, by the number of its step.
#[derive(Default)]
pub(super) struct Walks {
    points: Vec<Option<Walk>>,
}

#[derive(Clone, Copy)]
struct Walk {
    needed: Needed,
    end: Result<Needed, Lost>,
}

impl Walks {
    /// Whether walks before `step` are kept.
    pub fn is_point(step: u32) -> bool {
        step.is_multiple_of(EVERY)
    }

    /// What a walk on from the point `step` with `needed` comes to, if one was there with the same.
    pub fn end_of(&self, step: u32, needed: &Needed) -> Option<Result<Needed, Lost>> {
        let walk = self.points.get((step / EVERY) as usize)?.as_ref()?;
        (walk.needed == *needed).then_some(walk.end)
    }

    /// The walk that had these `needed` at these points ended so.
    pub fn keep(&mut self, passed: &[(u32, Needed)], end: Result<Needed, Lost>) {
        for (step, needed) in passed {
            let point = (step / EVERY) as usize;
            if self.points.len() <= point {
                self.points.resize(point + 1, None);
            }
            if let Some(kept) = self.points.get_mut(point) {
                *kept = Some(Walk { needed: *needed, end });
            }
        }
    }

    /// The history now has only its first `kept` steps.
    pub fn truncate(&mut self, kept: usize) {
        self.points.truncate(kept.div_ceil(EVERY as usize));
    }
}

#[cfg(test)]
mod tests {
    use super::{EVERY, Lost, Needed, Walks};

    #[test]
    fn steps_that_are_cut_off_are_forgotten() {
        let (needed, end) = (Needed::of_reg(6), Ok(Needed::of_reg(7)));
        let mut walks = Walks::default();
        walks.keep(&[(2 * EVERY, needed), (EVERY, needed)], end);
        let ends = |walks: &Walks| [EVERY, 2 * EVERY].map(|step| walks.end_of(step, &needed).is_some());
        assert_eq!(ends(&walks), [true, true]);
        walks.truncate(2 * EVERY as usize + 1);
        assert_eq!(ends(&walks), [true, true]);
        walks.truncate(2 * EVERY as usize);
        assert_eq!(ends(&walks), [true, false]);
        walks.keep(&[(EVERY, Needed::of_reg(8))], Err(Lost::All));
        assert_eq!(ends(&walks), [false, false], "one walk a point");
    }
}
