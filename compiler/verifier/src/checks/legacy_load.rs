//! `BPF_LD_[ABS|IND]`: loads from a packet that end the function where the packet is too short.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{Size, mode};
use gobpf_bpf::tables::ProgramKind;

use crate::checks::operands::read_reg;
use crate::checks::{calls, context, locks};
use crate::explore::{Machine, Next};
use crate::fault::{Checked, Fault};
use crate::state::{Kind, Reg};
use crate::transfer::assign;

/// The register with the context, which the instruction does not name.
const CONTEXT: u8 = 6;

/// `check_ld_abs`.
pub(crate) fn load(m: &mut Machine<'_>, insn: Insn) -> Checked<Next> {
    if !matches!(m.kind, ProgramKind::SOCKET_FILTER | ProgramKind::SCHED_CLS | ProgramKind::SCHED_ACT) {
        return Err(Fault::LegacyPacketLoad.into());
    }
    let is_indirect = insn.code & 0xe0 == mode::IND;
    let too_wide = Size::of_code(insn.code) == Size::DW;
    if insn.dst != 0 || insn.off != 0 || too_wide || (!is_indirect && insn.src != 0) {
        return Err(Fault::ReservedFields { what: "BPF_LD_[ABS|IND]" }.into());
    }
    read_reg(m, CONTEXT)?;
    locks::check_packet_load(m)?;
    let base = *m.state.reg(CONTEXT);
    if base.kind != Kind::CONTEXT {
        return Err(Fault::LegacyLoadContext.into());
    }
    if is_indirect {
        read_reg(m, insn.src)?;
    }
    context::check_plain(&base, CONTEXT, false)?;
    calls::forget_caller_saved(m);
    assign(m, 0, Reg::unknown());
    if m.state.callers.is_empty() {
        return Ok(Next::Go(m.insn + 1));
    }
    let goes_on = m.state.clone();
    m.push(m.insn + 1, goes_on)?;
    assign(m, 0, Reg::constant(0));
    calls::leave(m)
}
