//! Edits of instructions that keep what they don't touch: jumps still lead to the instructions that they led to.

use std::ops::Range;

use gobpf_bpf::insn::{CALL, class, pseudo};
use gobpf_bpf::{Code, Insn, Relocation, Subprogram};

/// `ja` of class JMP32: its offset is in `imm`.
pub(super) const JUMP_LONG: u8 = class::JMP32;
const OP_CALL: u8 = 0x80;
const OP_EXIT: u8 = 0x90;

fn is_jump(insn: Insn) -> bool {
    matches!(insn.class(), class::JMP | class::JMP32) && !matches!(insn.code & 0xf0, OP_CALL | OP_EXIT)
}

/// Whether `imm` says how far away a function is.
fn leads_to_function(insn: Insn) -> bool {
    insn.code == CALL && insn.src == pseudo::CALL || insn.is_load_imm64() && insn.src == pseudo::FUNC
}

fn target(at: usize, insn: Insn) -> i64 {
    let off = if insn.code == JUMP_LONG { i64::from(insn.imm) } else { i64::from(insn.off) };
    at as i64 + 1 + off
}

/// Where the jump at slot `at` leads; none where it is no jump.
pub fn jump_target(at: usize, insn: Insn) -> Option<i64> {
    is_jump(insn).then(|| target(at, insn))
}

/// Whether `code` jumps back somewhere.
pub fn has_loop(code: &Code) -> bool {
    let mut insns = code.insns.iter().enumerate();
    insns.any(|(at, insn)| is_jump(*insn) && target(at, *insn) <= at as i64)
}

/// True where `at` is the second slot of a 16-byte load.
pub fn is_second_slot(code: &Code, at: usize) -> bool {
    let mut slot = 0;
    while slot < at {
        slot += if code.insns[slot].is_load_imm64() { 2 } else { 1 };
    }
    slot > at
}

/// `code` with `new` in place of the slots in `range`; jumps into the range lead to its start. The range must not cut a
/// 16-byte load in two.
pub fn splice(code: &Code, range: Range<usize>, new: &[Insn]) -> Code {
    let shift = new.len() as i64 - range.len() as i64;
    let moved = |slot: i64| {
        if slot >= range.end as i64 { slot + shift } else { slot.min(range.start as i64) }
    };
    let mut insns = Vec::new();
    for (at, insn) in code.insns.iter().enumerate() {
        if at == range.start {
            insns.extend_from_slice(new);
        }
        if range.contains(&at) {
            continue;
        }
        let mut insn = *insn;
        if is_jump(insn) {
            let off = moved(target(at, insn)) - moved(at as i64) - 1;
            if insn.code == JUMP_LONG {
                insn.imm = off as i32;
            } else {
                insn.off = off as i16;
            }
        }
        if leads_to_function(insn) {
            insn.imm = (moved(at as i64 + 1 + i64::from(insn.imm)) - moved(at as i64) - 1) as i32;
        }
        insns.push(insn);
    }
    let kept = code.relocations.iter().filter(|relocation| !range.contains(&(relocation.slot as usize)));
    let relocations =
        kept.map(|relocation| Relocation { slot: moved(i64::from(relocation.slot)) as u32, ..*relocation });
    let subprograms = code.subprograms.iter().filter(|function| !range.contains(&(function.slot as usize)));
    let subprograms = subprograms
        .map(|function| Subprogram { slot: moved(i64::from(function.slot)) as u32, ..function.clone() });
    Code { relocations: relocations.collect(), subprograms: subprograms.collect(), insns, ..Code::default() }
}

#[cfg(test)]
mod tests {
    use gobpf_bpf::insn::{JmpOp, Reg, SourceOperand, Width};

    use super::*;

    #[test]
    fn jumps_over_what_goes_are_shortened() {
        let insns = vec![
            Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0)),
            Insn::jump_if(Width::W64, JmpOp::Eq, Reg::R0, SourceOperand::Imm(0), 2),
            Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(1)),
            Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(2)),
            Insn::jump(-5),
        ];
        let code = Code { insns, ..Code::default() };
        let shorter = splice(&code, 2..3, &[]);
        assert_eq!((shorter.insns[1].off, shorter.insns[3].off), (1, -4));
        assert!(has_loop(&shorter));
        let longer = splice(&code, 2..2, &[Insn::jump(0)]);
        assert_eq!((longer.insns[1].off, longer.insns[5].off), (3, -6));
    }
}
