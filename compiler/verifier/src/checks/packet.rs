//! Accesses to packets.

use gobpf_bpf::tables::ProgramKind;

use crate::checks::memory::{Request, load_unknown};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, Region};
use crate::state::{Base, Reg, flag};

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    if request.access == Access::Write && !may_access(m.kind, Access::Write, None) {
        return Err(Fault::PacketWrite.into());
    }
    m.writes_packet |= request.access == Access::Write;
    check(request.base, base, off, i64::from(request.bytes), false)?;
    load_unknown(m, request);
    Ok(())
}

/// Kinds of programs that may read their packets, and may not write.
const READS: [ProgramKind; 6] = [
    ProgramKind::LWT_IN,
    ProgramKind::LWT_OUT,
    ProgramKind::LWT_SEG6LOCAL,
    ProgramKind::SK_REUSEPORT,
    ProgramKind::FLOW_DISSECTOR,
    ProgramKind::CGROUP_SKB,
];
/// Kinds of programs that may also write to them.
const WRITES: [ProgramKind; 6] = [
    ProgramKind::SCHED_CLS,
    ProgramKind::SCHED_ACT,
    ProgramKind::XDP,
    ProgramKind::LWT_XMIT,
    ProgramKind::SK_SKB,
    ProgramKind::SK_MSG,
];

/// `may_access_direct_pkt_data`; `helper` says whether a helper takes packets, where one does it.
pub(crate) fn may_access(kind: ProgramKind, access: Access, helper: Option<bool>) -> bool {
    if kind == ProgramKind::CGROUP_SOCKOPT {
        return true;
    }
    let reads = READS.contains(&kind) && access == Access::Read;
    (reads || WRITES.contains(&kind)) && helper.unwrap_or(true)
}

/// `clear_all_pkt_pointers`: the packet may have moved.
pub(crate) fn forget(m: &mut Machine<'_>) {
    let gone = m.insn;
    for reg in m.state.values_mut(!m.rules.precise_spills) {
        let is_slice = reg.kind.base == Base::Mem && reg.kind.has(flag::SLICE_SKB | flag::SLICE_XDP);
        if reg.kind.is_packet_any() || is_slice {
            reg.copy_from(&Reg { born: gone, ..Reg::unknown() });
        }
    }
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
