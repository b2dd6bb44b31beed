//! Registers as operands: they exist, they were written, and the frame pointer stays.

use crate::explore::Machine;
use crate::fault::{Checked, Fault};
use crate::state::{FP, Kind, Place};

/// The current instruction reads `reg`.
pub(crate) fn read_reg(m: &mut Machine<'_>, reg: u8) -> Checked {
    if reg > FP {
        return Err(Fault::InvalidRegister { reg }.into());
    }
    if m.state.reg(reg).kind == Kind::NOT_INIT {
        return Err(Fault::NotReadable { reg }.into());
    }
    if reg != FP {
        m.mark_read(Place::Reg(m.state.current(), reg));
    }
    Ok(())
}

/// The current instruction overwrites `reg`.
pub(crate) fn write_reg(m: &mut Machine<'_>, reg: u8) -> Checked {
    if reg > FP {
        return Err(Fault::InvalidRegister { reg }.into());
    }
    if reg == FP {
        return Err(Fault::FramePointerWrite.into());
    }
    m.state.reg_mut(reg).live.written = true;
    Ok(())
}
