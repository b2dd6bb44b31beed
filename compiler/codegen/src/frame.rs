//! The stack frame: slots from the frame pointer down, spill slots below them.

use gobpf_ir::ir::SlotData;
use gobpf_ir::{BuildError, Unsupported};
use gobpf_source::Place;

use crate::slots::Slots;

/// Bytes of stack that a program may use (`MAX_BPF_STACK`), those of a chain of calls together.
pub(crate) const STACK_LIMIT: u32 = 512;
/// What the kernel rounds each frame of a chain up to.
const FRAME_GRAIN: u32 = 32;
/// Variables that are named when the frame is too large.
const NAMED_VARIABLES: usize = 3;

/// A variable's name (empty for a temporary) and its size in bytes.
pub(crate) type Variable = (String, u32);

/// Where each slot starts, and each slot of the allocator.
pub(crate) struct Frame {
    offsets: Vec<i32>,
    spills: Vec<i32>,
    /// The size of the frame in bytes.
    pub(crate) bytes: u32,
}

impl Frame {
    /// The frame that holds `slots`, and the allocator's slots, of which `spills` tells where each ends.
    pub(crate) fn new(slots: &Slots, spills: &[u32]) -> Frame {
        let offset = |end: &u32| -i32::try_from(*end).unwrap_or(i32::MAX);
        Frame {
            offsets: slots.starts.iter().map(offset).collect(),
            spills: spills.iter().map(offset).collect(),
            bytes: spills.iter().copied().fold(slots.bytes, u32::max),
        }
    }

    /// Offset of byte `offset` of slot `slot` from the frame pointer.
    pub(crate) fn slot(&self, slot: u32, offset: i32) -> i32 {
        self.offsets[slot as usize] + offset
    }

    /// Offset of the allocator's slot `index` from the frame pointer.
    pub(crate) fn spill(&self, index: usize) -> i32 {
        self.spills.get(index).copied().unwrap_or_default()
    }

    /// That the frame is no larger than the kernel allows.
    ///
    /// # Errors
    ///
    /// It is larger; the error names the largest variables.
    pub(crate) fn check(&self, slots: &Slots, place: Place) -> Result<(), BuildError> {
        if self.bytes <= STACK_LIMIT {
            return Ok(());
        }
        let what = Unsupported::StackFrame(self.bytes, largest(variables(&slots.data)));
        Err(BuildError { place, what })
    }
}

/// The variables in `slots`.
pub(crate) fn variables(slots: &[SlotData]) -> Vec<Variable> {
    slots.iter().map(|slot| (slot.name.clone(), slot.size)).collect()
}

/// The largest of `variables`, in order of size.
pub(crate) fn largest(mut variables: Vec<Variable>) -> Vec<Variable> {
    variables.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    variables.truncate(NAMED_VARIABLES);
    variables
}

/// What a frame of `bytes` bytes counts in a chain of calls.
pub(crate) fn rounded(bytes: u32) -> u32 {
    bytes.max(1).checked_next_multiple_of(FRAME_GRAIN).unwrap_or(u32::MAX)
}
