//! Programs that the kernels load, and what they count.

use gobpf_bpf::insn::{AluOp, JmpOp, Size, SourceOperand, Width};
use gobpf_bpf::{Insn, Reg, RelocationTarget};

use super::{Builder, RANDOM, RING, RINGBUF_RESERVE, RODATA, TRACE_PRINTK};
use crate::{Dialect, Request, Unknown, Verdict, verify};

fn hello() -> Builder {
    Builder::tracepoint()
        .relocated(Reg::R1, RelocationTarget::MapValue { map: RODATA, offset: 0 })
        .mov(Reg::R2, 8)
        .call(TRACE_PRINTK)
        .mov(Reg::R0, 0)
        .exit()
}

#[test]
fn hello_world() {
    for dialect in [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18] {
        let statistics = hello().statistics(dialect);
        assert_eq!((statistics.processed, statistics.total_states, statistics.stack_bytes), (5, 0, 0));
    }
}

#[test]
fn frozen_bytes_are_constants() {
    let target = RelocationTarget::MapValue { map: RODATA, offset: 0 };
    // The branch on the constant 7 is known, so the read of R9 is never reached.
    let build = || {
        Builder::tracepoint()
            .relocated(Reg::R1, target)
            .load(Size::W, Reg::R2, Reg::R1, 0)
            .mov(Reg::R0, 0)
            .insn(Insn::jump_if(Width::W64, JmpOp::Eq, Reg::R2, SourceOperand::Imm(7), 1))
            .copy(Reg::R0, Reg::R9)
            .exit()
    };
    assert_eq!(build().statistics(Dialect::V6_1).processed, 5);
}

fn count_to(limit: i32) -> Builder {
    Builder::tracepoint()
        .mov(Reg::R0, 0)
        .alu(AluOp::Add, Reg::R0, 1)
        .insn(Insn::jump_if(Width::W64, JmpOp::Lt, Reg::R0, SourceOperand::Imm(limit), -2))
        .exit()
}

#[test]
fn bounded_loops_are_followed_to_their_end() {
    for dialect in [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18] {
        assert_eq!(count_to(100).statistics(dialect).processed, 202);
    }
}

#[test]
fn a_million_instructions_are_too_many() {
    let message = count_to(1_000_000).rejection(Dialect::V6_18).message;
    assert_eq!(message, "BPF program is too large. Processed 1000001 insn");
}

/// The kernel, too, keeps all references in every state that it records, and gives up without a word.
#[test]
fn references_are_not_gathered_for_ever() {
    let reserve_for_ever = || {
        Builder::tracepoint()
            .mov(Reg::R6, 0)
            .relocated(Reg::R1, RelocationTarget::Map(RING))
            .mov(Reg::R2, 8)
            .mov(Reg::R3, 0)
            .call(RINGBUF_RESERVE)
            .alu(AluOp::Add, Reg::R6, 1)
            .insn(Insn::jump_if(Width::W64, JmpOp::Ne, Reg::R6, SourceOperand::Imm(1 << 30), -7))
            .exit()
    };
    for dialect in [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18] {
        let rejection = reserve_for_ever().rejection(dialect);
        assert_eq!(rejection.message, "");
        assert!(rejection.reason.contains("runs out of memory"), "{}", rejection.reason);
    }
}

#[test]
fn work_can_be_cancelled() {
    let object = count_to(1_000_000).object();
    let request = Request {
        object: &object,
        program: 0,
        dialect: Dialect::V6_1,
        kernel: &|| None,
        symbols: &crate::Symbols::default,
        processors: None,
        cancelled: &|| true,
        states: None,
    };
    assert_eq!(verify(request), Verdict::Unknown(Unknown::Cancelled));
}

#[test]
fn joins_are_pruned() {
    // Eight branches in a row that teach nothing that matters: without pruning 2^8 paths.
    let mut build = Builder::tracepoint().call(RANDOM).copy(Reg::R6, Reg::R0);
    for bit in 0..8 {
        build = build
            .insn(Insn::jump_if(Width::W64, JmpOp::Set, Reg::R6, SourceOperand::Imm(1 << bit), 1))
            .mov(Reg::R7, bit);
    }
    let processed = build.mov(Reg::R0, 0).exit().statistics(Dialect::V6_18).processed;
    assert!(processed < 100, "{processed}");
}

#[test]
fn states_are_printed_as_each_kernel_does() {
    let build = || {
        Builder::tracepoint()
            .store(Size::W, Reg::FP, -4, 7)
            .load(Size::H, Reg::R2, Reg::R1, 8)
            .insn(Insn::store(Size::DW, Reg::FP, -16, SourceOperand::Reg(Reg::R1)))
            .mov(Reg::R0, 70000)
            .exit()
    };
    assert_eq!(
        build().states(Dialect::V6_18)[4],
        "4: R0=0x11170 R1=ctx() R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=0xffff,var_off=(0x0; 0xffff)) \
         R10=fp0 fp-8=mmmm???? fp-16=ctx()"
    );
    assert_eq!(
        build().states(Dialect::V6_1)[4],
        "4: R0_w=70000 R1=ctx(off=0,imm=0) R2_w=scalar(umax=65535,var_off=(0x0; 0xffff)) R10=fp0 \
         fp-8=mmmm???? fp-16_w=ctx"
    );
}
