//! Programs that the kernels reject.

use gobpf_bpf::insn::{AluOp, JmpOp, Size, SourceOperand, Width};
use gobpf_bpf::{Insn, Reg, RelocationTarget};

use super::{ARRAY, Builder, HASH, KTIME, RANDOM, RODATA, TRACE_PRINTK, says};
use crate::{Category, Dialect, Unknown, Verdict};

const MEMORY_6_1: &str = "fp, pkt, pkt_meta, map_key, map_value, mem, alloc_mem, buf";
const MEMORY_6_18: &str = "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_";

fn print_unchecked(map: gobpf_bpf::MapId, key: i32) -> Builder {
    Builder::tracepoint()
        .copy(Reg::R6, Reg::R1)
        .lookup(map, key)
        .copy(Reg::R1, Reg::R0)
        .mov(Reg::R2, 12)
        .call(TRACE_PRINTK)
        .mov(Reg::R0, 0)
        .exit()
}

#[test]
fn an_unchecked_lookup_is_named_with_its_path() {
    for (dialect, expected) in
        [(Dialect::V6_1, MEMORY_6_1), (Dialect::V6_12, MEMORY_6_18), (Dialect::V6_18, MEMORY_6_18)]
    {
        let rejection = print_unchecked(HASH, 0).rejection(dialect);
        assert_eq!(rejection.message, format!("R1 type=map_value_or_null expected={expected}"));
        assert_eq!(rejection.category, Category::Nullable);
        let path: Vec<_> = rejection.path.iter().map(|step| (step.insn, step.text.as_str())).collect();
        assert_eq!(
            path,
            [
                (6, "map_lookup_elem is called; the lookup may have found nothing"),
                (9, "R1 is passed to trace_printk"),
            ]
        );
    }
}

#[test]
fn newer_kernels_know_that_an_array_has_its_elements() {
    assert!(matches!(print_unchecked(ARRAY, 3).verdict(Dialect::V6_18), Verdict::Accepted(_)));
    assert!(matches!(print_unchecked(ARRAY, 4).verdict(Dialect::V6_18), Verdict::Rejected(_)));
    assert!(matches!(print_unchecked(ARRAY, 3).verdict(Dialect::V6_12), Verdict::Rejected(_)));
}

#[test]
fn registers_without_a_value() {
    says(|| Builder::tracepoint().copy(Reg::R0, Reg::R2).exit(), 0, "R2 !read_ok");
    says(|| Builder::tracepoint().exit(), 0, "R0 !read_ok");
    let after_call = || Builder::tracepoint().call(KTIME).copy(Reg::R0, Reg::R1).exit();
    says(after_call, 1, "R1 !read_ok");
    let path = after_call().rejection(Dialect::V6_1).path;
    assert_eq!(path[0].text, "ktime_get_ns is called, which leaves nothing in R1 to R5");
    let never = Builder::tracepoint().copy(Reg::R0, Reg::R2).exit().rejection(Dialect::V6_1).path;
    assert_eq!(never[0].text, "R2 is never written on this path");
    says(|| Builder::tracepoint().mov(Reg::FP, 0).exit(), 0, "frame pointer is read only");
}

#[test]
fn control_flow() {
    says(|| Builder::tracepoint().mov(Reg::R0, 0), 0, "last insn is not an exit or jmp");
    says(|| Builder::tracepoint().mov(Reg::R0, 0).exit().exit(), 2, "unreachable insn 2");
    says(|| Builder::tracepoint().insn(Insn::jump(5)).exit(), 0, "jump out of range from insn 0 to 6");
    says(|| Builder::tracepoint().mov(Reg::R0, 0).insn(Insn::jump(-1)).exit(), 2, "unreachable insn 2");
    let forever = || {
        Builder::tracepoint()
            .mov(Reg::R0, 0)
            .insn(Insn::jump_if(Width::W64, JmpOp::Eq, Reg::R0, SourceOperand::Imm(0), -1))
            .exit()
    };
    for dialect in [Dialect::V6_1, Dialect::V6_12, Dialect::V6_18] {
        assert_eq!(forever().rejection(dialect).message, "infinite loop detected at insn 1");
    }
}

#[test]
fn encoding() {
    says(|| Builder::tracepoint().alu(AluOp::Div, Reg::R1, 0).exit(), 0, "div by zero");
    let shift = || Builder::tracepoint().mov(Reg::R0, 1).alu(AluOp::Lsh, Reg::R0, 64).exit();
    says(shift, 1, "invalid shift 64");
    let bad = Insn { code: 0xff, ..Insn::default() };
    says(|| Builder::tracepoint().insn(bad).exit(), 0, "unknown opcode ff");
    let fields = Insn { off: 3, ..Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0)) };
    says(|| Builder::tracepoint().insn(fields).exit(), 0, "BPF_MOV uses reserved fields");
    let lone = Insn::load_imm64(Reg::R0, 0, 1)[0];
    says(|| Builder::tracepoint().insn(lone).exit(), 0, "invalid bpf_ld_imm64 insn");
}

#[test]
fn newer_instructions_need_newer_kernels() {
    let signed = Insn { code: 0x91, ..Insn::load(Size::B, Reg::R0, Reg::FP, -8) };
    let build = || Builder::tracepoint().store(Size::DW, Reg::FP, -8, 1).insn(signed).exit();
    assert_eq!(build().rejection(Dialect::V6_1).message, "BPF_LDX uses reserved fields");
    assert!(matches!(build().verdict(Dialect::V6_12), Verdict::Accepted(_)));
}

#[test]
fn stack_bounds_and_alignment() {
    let store = |off| move || Builder::tracepoint().store(Size::DW, Reg::FP, off, 0).mov(Reg::R0, 0).exit();
    says(store(-520), 0, "invalid write to stack R10 off=-520 size=8");
    says(store(0), 0, "invalid write to stack R10 off=0 size=8");
    let misaligned = store(-12);
    assert_eq!(
        misaligned().rejection(Dialect::V6_1).message,
        "misaligned stack access off (0x0; 0x0)+0+-12 size 8"
    );
    assert_eq!(misaligned().rejection(Dialect::V6_18).message, "misaligned stack access off 0+0+-12 size 8");
}

#[test]
fn map_values_have_an_end() {
    let build = || {
        Builder::tracepoint()
            .lookup(HASH, 0)
            .insn(Insn::jump_if(Width::W64, JmpOp::Eq, Reg::R0, SourceOperand::Imm(0), 1))
            .load(Size::DW, Reg::R1, Reg::R0, 12)
            .mov(Reg::R0, 0)
            .exit()
    };
    says(
        build,
        7,
        "invalid access to map value, value_size=16 off=12 size=8\nR0 max value is outside of the allowed memory range"
            .replace("max", "min")
            .as_str(),
    );
    let nil = || Builder::tracepoint().lookup(HASH, 0).load(Size::DW, Reg::R1, Reg::R0, 0).exit();
    says(nil, 6, "R0 invalid mem access 'map_value_or_null'");
}

#[test]
fn constants_can_not_be_written() {
    let target = RelocationTarget::MapValue { map: RODATA, offset: 4 };
    let build = || {
        Builder::tracepoint().relocated(Reg::R1, target).store(Size::W, Reg::R1, 0, 1).mov(Reg::R0, 0).exit()
    };
    says(build, 2, "write into map forbidden, value_size=8 off=4 size=4");
}

#[test]
fn packets_need_a_check() {
    let start = || Builder::xdp().load(Size::W, Reg::R2, Reg::R1, 0).load(Size::W, Reg::R3, Reg::R1, 4);
    let unchecked = || start().load(Size::B, Reg::R0, Reg::R2, 0).exit();
    let outside = "R2 offset is outside of the packet";
    says(unchecked, 2, &format!("invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)\n{outside}"));
    let checked = |bytes: i32, off: i16| {
        start()
            .copy(Reg::R4, Reg::R2)
            .alu(AluOp::Add, Reg::R4, bytes)
            .mov(Reg::R0, 2)
            .insn(Insn::jump_if(Width::W64, JmpOp::Gt, Reg::R4, SourceOperand::Reg(Reg::R3), 1))
            .load(Size::B, Reg::R0, Reg::R2, off)
            .exit()
    };
    says(
        || checked(14, 14),
        6,
        &format!("invalid access to packet, off=14 size=1, R2(id=0,off=14,r=14)\n{outside}"),
    );
    assert!(matches!(checked(14, 13).verdict(Dialect::V6_1), Verdict::Accepted(_)));
    says(|| start().alu(AluOp::Sub, Reg::R3, 4).exit(), 2, "R3 pointer arithmetic on pkt_end prohibited");
}

#[test]
fn contexts_keep_their_shape() {
    let read = |off| move || Builder::tracepoint().load(Size::W, Reg::R0, Reg::R1, off).exit();
    says(read(0), 0, "invalid bpf_context access off=0 size=4");
    says(
        || Builder::xdp().load(Size::DW, Reg::R0, Reg::R1, 0).exit(),
        0,
        "invalid bpf_context access off=0 size=8",
    );
    let moved =
        || Builder::tracepoint().alu(AluOp::Add, Reg::R1, 8).load(Size::DW, Reg::R0, Reg::R1, 8).exit();
    says(moved, 1, "dereference of modified ctx ptr R1 off=8 disallowed");
}

#[test]
fn helpers_are_for_kinds_and_licences() {
    let print = || {
        Builder::tracepoint()
            .license("Proprietary")
            .store(Size::DW, Reg::FP, -8, 0)
            .copy(Reg::R1, Reg::FP)
            .alu(AluOp::Add, Reg::R1, -8)
            .mov(Reg::R2, 8)
            .call(TRACE_PRINTK)
            .exit()
    };
    says(print, 4, "cannot call GPL-restricted function from non-GPL compatible program");
    let uid = || Builder::xdp().call(15).exit();
    assert_eq!(uid().rejection(Dialect::V6_1).message, "unknown func bpf_get_current_uid_gid#15");
    assert_eq!(
        uid().rejection(Dialect::V6_12).message,
        "program of this type cannot use helper bpf_get_current_uid_gid#15"
    );
    says(|| Builder::xdp().call(9999).exit(), 0, "invalid func unknown#9999");
    says(|| Builder::tracepoint().copy(Reg::R2, Reg::R1).call(1).exit(), 1, "R1 type=ctx expected=map_ptr");
}

#[test]
fn pointer_arithmetic() {
    let multiplied = || Builder::tracepoint().alu(AluOp::Mul, Reg::R1, 2).exit();
    says(multiplied, 0, "R1 pointer arithmetic with *= operator prohibited");
    let added = || Builder::tracepoint().alu_reg(AluOp::Add, Reg::R1, Reg::FP).exit();
    says(added, 0, "R1 pointer += pointer prohibited");
    let unbounded = || {
        Builder::tracepoint().call(RANDOM).copy(Reg::R1, Reg::FP).alu_reg(AluOp::Add, Reg::R1, Reg::R0).exit()
    };
    says(unbounded, 2, "math between fp pointer and register with unbounded min value is not allowed");
}

#[test]
fn what_is_not_followed_is_said() {
    // Which function that is, only the kernel's types could tell.
    let call = Insn { src: 2, imm: 1, ..Insn::call(0) };
    let verdict = Builder::tracepoint().insn(call).exit().verdict(Dialect::V6_18);
    assert_eq!(verdict, Verdict::Unknown(Unknown::KernelTypes));
}
