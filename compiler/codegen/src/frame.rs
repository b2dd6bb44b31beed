//! The stack frame: slots from the frame pointer down, spill slots below them.

use gobpf_ir::ir::SlotData;
use gobpf_ir::{BuildError, Unsupported};
use gobpf_source::Place;

/// Bytes of stack that a program may use (`MAX_BPF_STACK`).
const STACK_LIMIT: u32 = 512;
/// Variables that are named when the frame is too large.
const NAMED_VARIABLES: usize = 3;

/// Where each slot starts.
pub(crate) struct Frame {
    offsets: Vec<i32>,
    bytes: u32,
}

impl Frame {
    /// Lays out `slots`, each aligned to 8 bytes.
    pub(crate) fn new(slots: &[SlotData]) -> Frame {
        let mut bytes = 0u32;
        let offsets = slots
            .iter()
            .map(|slot| {
                bytes = bytes.saturating_add(slot.size.checked_next_multiple_of(8).unwrap_or(u32::MAX));
                -i32::try_from(bytes).unwrap_or(i32::MAX)
            })
            .collect();
        Frame { offsets, bytes }
    }

    /// Offset of byte `offset` of slot `slot` from the frame pointer.
    pub(crate) fn slot(&self, slot: u32, offset: i32) -> i32 {
        self.offsets[slot as usize] + offset
    }

    /// Offset of the allocator's slot `index` from the frame pointer.
    pub(crate) fn spill(&self, index: usize) -> i32 {
        -(self.bytes as i32) - 8 * (index as i32 + 1)
    }

    /// The size of the frame in bytes.
    ///
    /// # Errors
    ///
    /// More than the kernel allows; the error names the largest variables.
    pub(crate) fn check(
        &self,
        spill_slots: usize,
        slots: &[SlotData],
        place: Place,
    ) -> Result<u32, BuildError> {
        let spills = u32::try_from(spill_slots).unwrap_or(u32::MAX).saturating_mul(8);
        let size = self.bytes.saturating_add(spills);
        if size <= STACK_LIMIT {
            return Ok(size);
        }
        let mut variables: Vec<_> = slots
            .iter()
            .map(|slot| {
                (if slot.name.is_empty() { "a temporary".into() } else { slot.name.clone() }, slot.size)
            })
            .collect();
        variables.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        variables.truncate(NAMED_VARIABLES);
        Err(BuildError { place, what: Unsupported::StackFrame(size, variables) })
    }
}
