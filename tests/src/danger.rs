//! Programs that must not be given to a running kernel: its verifier may write where it must not.
//!
//! Seen on 6.18.44: a tail call in a function is followed as one that goes on and as one that returns to the caller. When
//! precision is traced back over the latter, no `exit` tells that a function was entered, and the call that began it leads
//! out of frame 0; a bit is then set 16 GiB behind the verifier's own memory. Loads from packets in the old way can end a
//! function in the same manner.

use gobpf_bpf::insn::{CALL, Insn, class, mode, pseudo};

use crate::functions::starts;

/// `tail_call`
const TAIL_CALL: i32 = 12;

/// Whether only a kernel in a virtual machine may be asked about a program with these slots.
pub fn endangers(insns: &[Insn]) -> bool {
    // A program that calls itself is a function, too.
    let calls_itself =
        insns.iter().enumerate().any(|(at, insn)| is_call(insn) && at as i64 + 1 + i64::from(insn.imm) == 0);
    let first = if calls_itself { Some(0) } else { starts(insns).get(1).copied() };
    let Some(function) = first else { return false };
    let leaves =
        |insn: &Insn| insn.code == CALL && insn.src == 0 && insn.imm == TAIL_CALL || is_old_load(insn);
    insns.iter().skip(function as usize).any(leaves)
}

fn is_call(insn: &Insn) -> bool {
    insn.code == CALL && insn.src == pseudo::CALL
}

fn is_old_load(insn: &Insn) -> bool {
    insn.class() == class::LD && matches!(insn.code & 0xe0, mode::ABS | mode::IND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_call_in_a_function_is_kept_away() {
        let call = Insn { src: pseudo::CALL, imm: 1, ..Insn::call(0) };
        let leaves = Insn::call(TAIL_CALL as u32);
        assert!(!endangers(&[leaves, Insn::exit()]));
        assert!(!endangers(&[call, Insn::exit(), Insn::exit()]));
        assert!(endangers(&[call, Insn::exit(), leaves, Insn::exit()]));
        assert!(!endangers(&[leaves, call, Insn::exit(), Insn::exit()]));
        assert!(endangers(&[leaves, Insn { imm: -2, ..call }, Insn::exit()]));
    }
}
