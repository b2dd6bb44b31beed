//! Buffers of the kernel whose size is only known when the program is attached.

use crate::checks::memory::{Request, load_unknown};
use crate::explore::Machine;
use crate::fault::{Access, Checked, MemoryFault};
use crate::state::{Base, Reg, flag};

/// `__check_buffer_access`.
pub(crate) fn check(reg: u8, base: &Reg, off: i64, bytes: i64) -> Checked {
    let what = match base.kind.base {
        Base::TpBuffer => "tracepoint",
        _ if base.kind.has(flag::RDONLY) => "rdonly",
        _ => "rdwr",
    };
    if off < 0 {
        return Err(MemoryFault::Buffer { reg, what, off, bytes }.into());
    }
    if base.bounds.as_const() != Some(0) {
        return Err(MemoryFault::BufferVariable { reg, off, tnum: base.bounds.tnum }.into());
    }
    Ok(())
}

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let reg = request.base;
    if base.kind.has(flag::RDONLY) && request.access == Access::Write {
        return Err(MemoryFault::CannotWrite { reg, kind: base.kind }.into());
    }
    check(reg, base, off, i64::from(request.bytes))?;
    load_unknown(m, request);
    Ok(())
}
