//! Accesses to packets.

use gobpf_bpf::tables::ProgramKind;

use crate::checks::memory::{Request, load_unknown};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, Region};
use crate::state::Reg;

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    if request.access == Access::Write && m.kind != ProgramKind::XDP {
        return Err(Fault::PacketWrite.into());
    }
    check(request.base, base, off, i64::from(request.bytes), false)?;
    load_unknown(m, request);
    Ok(())
}

/// `check_packet_access`: the bytes are within what was proven of the packet.
pub(crate) fn check(reg: u8, base: &Reg, off: i64, bytes: i64, zero_allowed: bool) -> Checked {
    if base.bounds.smin < 0 {
        return Err(Fault::NegativeMin { reg }.into());
    }
    let size = i64::from(base.range);
    let sized = bytes > 0 || (bytes == 0 && zero_allowed);
    if size >= 0 && off >= 0 && sized && off + bytes <= size {
        return Ok(());
    }
    let region = Region { reg, kind: base.kind, size, off, bytes, id: base.id };
    Err(Fault::OutsidePacket { reg, region: (size >= 0).then_some(region) }.into())
}
