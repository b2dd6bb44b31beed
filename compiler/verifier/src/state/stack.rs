//! The stack of a function. States share what they have not written to since one was made of the other: a path that
//! branches, or is recorded, costs no copy of a stack that stays as it is.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::state::Slot;

/// Slots from the frame pointer down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stack(Arc<Vec<Slot>>);

impl Deref for Stack {
    type Target = Vec<Slot>;

    fn deref(&self) -> &Vec<Slot> {
        &self.0
    }
}

impl DerefMut for Stack {
    /// The stack to be written to, which is this state's own from here on.
    fn deref_mut(&mut self) -> &mut Vec<Slot> {
        Arc::make_mut(&mut self.0)
    }
}
