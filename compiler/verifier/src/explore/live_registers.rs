//! Which registers an instruction or its successors may read, from the control-flow graph alone (6.15 and later).

use gobpf_bpf::Insn;
use gobpf_bpf::KernelVersion;
use gobpf_bpf::insn::{self, class, mode, pseudo};
use gobpf_bpf::tables::Caller;

use crate::checks::encoding::{OP_CALL, OP_EXIT, OP_JA, OP_MASK};
use crate::checks::flow::successors;
use crate::transfer::LOAD_ACQUIRE;

/// R0 to R5, which a call overwrites.
const CALLER_SAVED: u16 = 0x3f;
const OP_END: u8 = 0xd0;
const OP_NEG: u8 = 0x80;
const OP_MOV: u8 = 0xb0;
const OP_MAY_GOTO: u8 = 0xe0;
const FETCH: i32 = 0x01;
const CMPXCHG: i32 = 0xf1;

/// Bit masks of the registers that are needed before each instruction. `arguments` counts those of the kernel function
/// that an instruction calls.
pub(crate) fn live_before(
    insns: &[Insn],
    caller: Caller<'_>,
    arguments: &dyn Fn(u32) -> Option<usize>,
) -> Vec<u16> {
    let calls_kernel = |insn: &Insn| insn.code == insn::CALL && insn.src == pseudo::KFUNC_CALL;
    let effects: Vec<(u16, u16)> = (0u32..)
        .zip(insns)
        .map(|(at, insn)| match arguments(at).filter(|_| calls_kernel(insn)) {
            Some(count) => (first(count), CALLER_SAVED),
            None => effect(*insn, caller),
        })
        .collect();
    let mut live = vec![0u16; insns.len()];
    let mut changed = true;
    while changed {
        changed = false;
        for at in (0..insns.len()).rev() {
            let after = successors(at, insns)
                .into_iter()
                .flatten()
                .fold(0, |mask, next| mask | live.get(next).copied().unwrap_or(0));
            let Some((reads, writes)) = effects.get(at) else { continue };
            let before = (after & !writes) | reads;
            if let Some(entry) = live.get_mut(at) {
                changed |= *entry != before;
                *entry = before;
            }
        }
    }
    live
}

/// What an instruction reads and overwrites.
fn effect(insn: Insn, caller: Caller<'_>) -> (u16, u16) {
    let bit = |reg: u8| 1u16.checked_shl(u32::from(reg)).unwrap_or(0);
    let (dst, src) = (bit(insn.dst), bit(insn.src));
    let is_reg = insn.code & insn::SOURCE_REG != 0;
    let op = insn.code & OP_MASK;
    match insn.class() {
        class::LD => match insn.code & 0xe0 {
            mode::IMM if insn.is_load_imm64() => (0, dst),
            // The kernel takes these to read everything.
            mode::ABS | mode::IND => (u16::MAX, 0),
            _ => (0, 0),
        },
        class::LDX => (src, dst),
        class::ST => (dst, 0),
        class::STX if insn.code & 0xe0 == mode::ATOMIC => match insn.imm {
            CMPXCHG => (dst | src | bit(0), bit(0)),
            LOAD_ACQUIRE => (src, dst),
            imm if imm & FETCH != 0 => (dst | src, src),
            _ => (dst | src, 0),
        },
        class::STX => (dst | src, 0),
        class::ALU | class::ALU64 => match op {
            OP_END | OP_NEG => (dst, dst),
            OP_MOV => (if is_reg { src } else { 0 }, dst),
            _ => (if is_reg { dst | src } else { dst }, dst),
        },
        _ => match op {
            OP_JA | OP_MAY_GOTO => (0, 0),
            OP_EXIT => (bit(0), 0),
            OP_CALL => (call_reads(insn, caller), CALLER_SAVED),
            _ => (if is_reg { dst | src } else { dst }, 0),
        },
    }
}

/// R1 and following, as many as the helper has arguments; all five of an unknown one.
fn call_reads(insn: Insn, caller: Caller<'_>) -> u16 {
    let kernel = KernelVersion::new(6, 18);
    let prototype = caller.prototype(insn.imm as u32, kernel);
    first(prototype.filter(|_| insn.src == 0).map_or(5, |prototype| prototype.arguments.len()))
}

/// R1 and following.
fn first(count: usize) -> u16 {
    ((1u16 << count.min(5)) - 1) << 1
}
