//! What each instruction does to the state.

mod alu;
mod atomic;
mod branch;
mod links;
mod load;
mod packet_compare;
mod pointer;

pub(crate) use atomic::LOAD_ACQUIRE;
pub(crate) use links::link_source;

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{SOURCE_REG, class, mode, pseudo};

use crate::checks::encoding::{MAY_GOTO, OP_CALL, OP_EXIT, OP_JA, OP_MASK, OP_MAY_GOTO, jump_target};
use crate::checks::operands::read_reg;
use crate::checks::{calls, context, helpers, kfuncs, locks, memory, returns};
use crate::explore::{Machine, Next};
use crate::fault::{Access, Checked, Fault};
use crate::state::Reg;

/// Does `insn`, the current instruction, on the current state.
pub(crate) fn step(m: &mut Machine<'_>, insn: Insn) -> Checked<Next> {
    match insn.class() {
        class::ALU | class::ALU64 => alu::alu(m, insn)?,
        class::LD => return load::constant_or_packet(m, insn),
        class::LDX => load::load(m, insn)?,
        class::STX if insn.code & 0xe0 == mode::ATOMIC => atomic::atomic(m, insn)?,
        class::STX => store_reg(m, insn)?,
        class::ST => store_imm(m, insn)?,
        _ => return jump(m, insn),
    }
    Ok(Next::Go(m.insn + 1))
}

fn store_reg(m: &mut Machine<'_>, insn: Insn) -> Checked {
    if insn.code & 0xe0 != mode::MEM || insn.imm != 0 {
        return Err(Fault::ReservedFields { what: "BPF_STX" }.into());
    }
    read_reg(m, insn.src)?;
    read_reg(m, insn.dst)?;
    let kind = m.state.reg(insn.dst).kind;
    let access = memory::Request::of(insn, insn.dst, Access::Write, Some(insn.src));
    memory::access(m, access)?;
    m.keep_pointer_kind(kind, false)
}

fn store_imm(m: &mut Machine<'_>, insn: Insn) -> Checked {
    if insn.code & 0xe0 != mode::MEM || insn.src != 0 {
        return Err(Fault::ReservedFields { what: "BPF_ST" }.into());
    }
    read_reg(m, insn.dst)?;
    context::check_store_of_constant(m, insn.dst)?;
    let kind = m.state.reg(insn.dst).kind;
    let access = memory::Request::of(insn, insn.dst, Access::Write, None);
    memory::access(m, access)?;
    m.keep_pointer_kind(kind, false)
}

fn jump(m: &mut Machine<'_>, insn: Insn) -> Checked<Next> {
    m.count_jump();
    let is_plain = insn.code & gobpf_bpf::insn::SOURCE_REG == 0 && insn.src == 0 && insn.dst == 0;
    let is_narrow = insn.class() == class::JMP32;
    match insn.code & OP_MASK {
        OP_CALL => {
            let is_known = matches!(insn.src, 0 | pseudo::CALL | pseudo::KFUNC_CALL);
            let no_offset = insn.off == 0 || insn.src == pseudo::KFUNC_CALL;
            if insn.code & SOURCE_REG != 0 || insn.dst != 0 || !is_known || !no_offset || is_narrow {
                return Err(Fault::ReservedFields { what: "BPF_CALL" }.into());
            }
            locks::check_call(m, insn)?;
            match insn.src {
                pseudo::CALL => calls::call(m, insn.imm),
                pseudo::KFUNC_CALL => kfuncs::call(m),
                _ => helpers::call(m, insn.imm),
            }
        }
        OP_JA => {
            let unused = if is_narrow { i32::from(insn.off) } else { insn.imm };
            if !is_plain || unused != 0 {
                return Err(Fault::ReservedFields { what: "BPF_JA" }.into());
            }
            Ok(Next::Go(jump_target(m.insn as usize, insn) as u32))
        }
        OP_EXIT => {
            if !is_plain || insn.imm != 0 || is_narrow {
                return Err(Fault::ReservedFields { what: "BPF_EXIT" }.into());
            }
            locks::check_exit(m)?;
            if m.state.callers.is_empty() {
                returns::check(m)?;
                return Ok(Next::Exit);
            }
            calls::leave(m)
        }
        OP_MAY_GOTO => may_goto(m, insn),
        _ => branch::branch(m, insn),
    }
}

/// `may_goto`: a jump that is taken at the latest when a budget is used up. The other way is a turn of a loop that the
/// verifier can't count.
fn may_goto(m: &mut Machine<'_>, insn: Insn) -> Checked<Next> {
    let goes_nowhere = insn.off == 0 && !m.rules.empty_may_goto;
    if insn.code != MAY_GOTO || insn.src != 0 || insn.dst != 0 || insn.imm != 0 || goes_nowhere {
        return Err(Fault::MayGoto { off: insn.off, imm: insn.imm }.into());
    }
    let mut stays = m.state.clone();
    stays.may_goto_depth += 1;
    m.widen(&mut stays, m.insn, true);
    m.push(m.insn + 1, stays)?;
    Ok(Next::Go(jump_target(m.insn as usize, insn) as u32))
}

/// Puts `value` into register `reg`, made by the current instruction.
pub(crate) fn assign(m: &mut Machine<'_>, reg: u8, value: Reg) {
    let born = m.insn;
    m.state.reg_mut(reg).copy_from(&Reg { born, ..value });
}
