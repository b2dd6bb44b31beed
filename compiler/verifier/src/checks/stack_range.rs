//! Ranges of the stack that a helper, or a load at a variable offset, uses.

use crate::checks::stack::check_bounds;
use crate::explore::Machine;
use crate::fault::{Access, Accessor, Checked, Fault, HelperFault};
use crate::state::{Byte, Place, Reg, slot_of};

/// How a range is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub access: Access,
    pub accessor: Accessor,
    pub zero_allowed: bool,
    /// The helper fills it, so that it need not be readable.
    pub fills: bool,
    /// Set where it is to be filled: bytes that the call writes.
    pub filled: Option<i64>,
}

impl Use {
    pub fn direct_read() -> Use {
        Use {
            access: Access::Read,
            accessor: Accessor::Direct,
            zero_allowed: false,
            fills: false,
            filled: None,
        }
    }
}

/// What a helper fills must not be the dynptr that it takes, so that it is none at all; 6.1 does not look.
fn check_no_dynptr(m: &Machine<'_>, base: &Reg, at: i64, bytes: i64) -> Checked {
    let stack = &m.state.frame(base.frame).stack;
    let is_dynptr = |off: &i64| {
        let (slot, index) = slot_of(*off);
        stack.get(slot).is_some_and(|slot| slot.bytes[index] == Byte::Dynptr)
    };
    match (at..at + bytes).find(is_dynptr).filter(|_| m.rules.precise_spills) {
        Some(off) => Err(HelperFault::DynptrMayBeWritten { off }.into()),
        None => Ok(()),
    }
}

/// `check_stack_range_initialized`. Privileged programs may read what was never written.
pub(crate) fn check(m: &mut Machine<'_>, reg: u8, off: i64, bytes: i64, used: &mut Use) -> Checked {
    let base = *m.state.reg(reg);
    if bytes == 0 && !used.zero_allowed {
        return Err(Fault::ZeroSizedRead.into());
    }
    let by_kind = m.rules.helper_access_kinds;
    // Before 6.14 a helper's access was taken for a write.
    let access = if used.accessor == Accessor::Helper && !by_kind { Access::Write } else { used.access };
    check_bounds(m, reg, &base, off, bytes, access, used.accessor)?;
    let (min, max) = match base.bounds.as_const() {
        Some(value) => {
            let at = off.wrapping_add(value as i64);
            if used.fills {
                check_no_dynptr(m, &base, at, bytes)?;
                used.filled = Some(bytes);
                return Ok(());
            }
            (at, at)
        }
        None => (base.bounds.smin + off, base.bounds.smax + off),
    };
    let clobbers = access == Access::Write;
    for at in min..max + bytes {
        let (slot, index) = slot_of(at);
        let Some(entry) = m.state.frame_mut(base.frame).stack.get_mut(slot) else { continue };
        match entry.bytes[index] {
            Byte::Misc => {}
            Byte::Zero | Byte::Invalid => {
                if clobbers {
                    entry.bytes[index] = Byte::Misc;
                }
            }
            Byte::Dynptr | Byte::Iter | Byte::Irq | Byte::Spill if !entry.is_spill() => {
                let (at, is_helper) = (at - min, used.accessor == Accessor::Helper && !by_kind);
                let variable = base.bounds.as_const().is_none().then_some(base.bounds.tnum);
                return Err(Fault::StackRange { reg, off: min, at, bytes, variable, is_helper }.into());
            }
            _ => {
                if clobbers {
                    entry.spilled.copy_from(&Reg::unknown());
                    entry.scrub();
                }
            }
        }
        m.mark_read(Place::Slot(base.frame, slot));
    }
    Ok(())
}
