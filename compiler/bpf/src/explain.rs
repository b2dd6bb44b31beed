//! Instructions in words: the opcode's parts by their kernel names, and what it does.

use crate::disasm::{atomic_word, disassemble, select};
use crate::insn::{AluOp, Insn, JmpOp, SOURCE_REG, Size, Width, class, mode, pseudo};
use crate::op::{Op, Operand};
use crate::tables::Helper;

/// The decoded opcode and its meaning, such as `BPF_ALU64 | BPF_MOV | BPF_X: 64-bit r6 = r1`. The arguments are those
/// of [`disassemble`].
pub fn explain(insn: Insn, next: Option<Insn>, relocation: Option<&str>) -> String {
    let text = disassemble(insn, next, relocation);
    let body = text.split_once(") ").map_or(text.as_str(), |(_, body)| body);
    format!("{}: {}", opcode_parts(insn).join(" | "), meaning(insn, body, relocation))
}

/// The parts of the opcode by their names in `linux/bpf.h`.
fn opcode_parts(insn: Insn) -> Vec<&'static str> {
    const CLASSES: [&str; 8] =
        ["BPF_LD", "BPF_LDX", "BPF_ST", "BPF_STX", "BPF_ALU", "BPF_JMP", "BPF_JMP32", "BPF_ALU64"];
    let mut parts = vec![CLASSES[usize::from(insn.class())]];
    let source = if insn.code & SOURCE_REG != 0 { "BPF_X" } else { "BPF_K" };
    match insn.class() {
        class::ALU | class::ALU64 => match AluOp::of_code(insn.code) {
            Some(AluOp::End) if insn.class() == class::ALU => {
                parts.extend(["BPF_END", if source == "BPF_X" { "BPF_TO_BE" } else { "BPF_TO_LE" }]);
            }
            Some(op @ (AluOp::End | AluOp::Neg)) => parts.push(alu_name(op)),
            Some(op) => parts.extend([alu_name(op), source]),
            None => parts.push("unknown operation"),
        },
        class::JMP | class::JMP32 => match insn.code & 0xf0 {
            0x00 => parts.push("BPF_JA"),
            0x80 => parts.push("BPF_CALL"),
            0x90 => parts.push("BPF_EXIT"),
            select::JCOND => parts.push("BPF_JCOND"),
            _ => match JmpOp::of_code(insn.code) {
                Some(op) => parts.extend([jump_name(op), source]),
                None => parts.push("unknown condition"),
            },
        },
        _ => parts.extend([mode_name(insn.code), size_name(Size::of_code(insn.code))]),
    }
    parts
}

fn meaning(insn: Insn, body: &str, relocation: Option<&str>) -> String {
    let Some(op) = Op::decode(insn) else {
        return match insn.code {
            0xe5 => "jumps while the kernel's loop budget lasts".into(),
            _ => "no such instruction".into(),
        };
    };
    match op {
        Op::Alu { width, op, source, off } => alu_meaning(width, op, source, off, body),
        Op::Neg { width } => format!("{} {body}", bits(width)),
        Op::Endian { big, swap, bits } => match (swap, big) {
            (true, _) => format!("reverses the lower {} bytes, zeroes the rest: {body}", bits / 8),
            (_, big) => {
                let order = if big { "big" } else { "little" };
                format!("puts the lower {bits} bits into {order}-endian order, zeroes the rest: {body}")
            }
        },
        Op::LoadImm64 { src } => match (src, relocation) {
            (0, _) => format!("64-bit constant in two slots: {body}"),
            (pseudo::MAP_FD | pseudo::MAP_IDX, _) => format!("pointer to a map, in two slots: {body}"),
            (pseudo::MAP_VALUE | pseudo::MAP_IDX_VALUE, _) => {
                format!("pointer into the value of a map, in two slots: {body}")
            }
            (pseudo::BTF_ID, _) => format!("address of a kernel variable, in two slots: {body}"),
            (pseudo::FUNC, _) => format!("address of a subprogram, in two slots: {body}"),
            _ => format!("unknown pseudo constant {src}, in two slots: {body}"),
        },
        Op::Load { size, signed } => {
            let extend = match (signed, size) {
                (true, _) => ", sign-extended",
                (false, Size::DW) => "",
                (false, _) => ", zero-extended",
            };
            format!("loads {}{extend}: {body}", bytes(size))
        }
        Op::Store { size, .. } => format!("stores {}: {body}", bytes(size)),
        Op::Atomic { size } => atomic_meaning(insn, size, body),
        Op::LoadPacket { size, .. } => {
            format!(
                "loads {} of the packet in host order, ends the program with 0 past its end: {body}",
                bytes(size)
            )
        }
        Op::JumpIf { width, op, .. } => {
            let signed = match op {
                JmpOp::Eq | JmpOp::Ne => "",
                JmpOp::Set => " bit test",
                JmpOp::Sgt | JmpOp::Sge | JmpOp::Slt | JmpOp::Sle => " signed",
                JmpOp::Gt | JmpOp::Ge | JmpOp::Lt | JmpOp::Le => " unsigned",
            };
            format!("{}{signed}, {}: {body}", bits(width), distance(i32::from(insn.off)))
        }
        Op::Jump { long } => {
            format!("{}: {body}", distance(if long { insn.imm } else { i32::from(insn.off) }))
        }
        Op::Call { src } => call_meaning(insn, src, body),
        Op::Exit => "returns R0 to the caller or to the kernel".into(),
    }
}

fn alu_meaning(width: Width, op: AluOp, source: Operand, off: i16, body: &str) -> String {
    let note = match (op, source, off) {
        (AluOp::Mov, Operand::Reg(_), 8 | 16 | 32) => ", sign-extended",
        (AluOp::Div | AluOp::Mod, _, select::SIGNED) => ", signed, truncated toward zero",
        (AluOp::Div, ..) => ", unsigned, 0 for a divisor of 0",
        (AluOp::Mod, ..) => ", unsigned, unchanged for a divisor of 0",
        (AluOp::Arsh, ..) => ", keeps the sign",
        _ => "",
    };
    let upper = if width == Width::W32 { ", zeroes the upper 32 bits" } else { "" };
    format!("{} {body}{note}{upper}", bits(width))
}

fn atomic_meaning(insn: Insn, size: Size, body: &str) -> String {
    let what = match insn.imm {
        select::CMPXCHG => "compares with R0, exchanges if equal, leaves the old value in R0",
        select::XCHG => "exchanges, leaves the old value in the source register",
        select::LOAD_ACQUIRE => "loads with acquire order",
        select::STORE_RELEASE => "stores with release order",
        imm if atomic_word(imm).is_none() => "no such atomic operation",
        imm if imm & select::FETCH != 0 => "leaves the old value in the source register",
        _ => "leaves all registers as they are",
    };
    format!("atomic on {}, {what}: {body}", bytes(size))
}

fn call_meaning(insn: Insn, src: u8, body: &str) -> String {
    match (src, Helper::by_id(insn.imm as u32)) {
        (0, Some(helper)) => format!(
            "calls helper {}, bpf_{} (since Linux {}); R1 to R5 are lost, R0 is the result",
            helper.id, helper.name, helper.since
        ),
        (0, None) => format!("calls helper {}, which no kernel has", insn.imm),
        (pseudo::CALL, _) => format!("calls a subprogram, {}: {body}", distance(insn.imm)),
        (pseudo::KFUNC_CALL, _) => format!("calls a kernel function by its BTF id: {body}"),
        _ => format!("unknown kind of call: {body}"),
    }
}

fn distance(slots: i32) -> String {
    match slots {
        0 => "to the next instruction".into(),
        1.. => format!("{slots} forward past the next"),
        _ => format!("{} back from the next", slots.unsigned_abs()),
    }
}

fn bits(width: Width) -> &'static str {
    match width {
        Width::W32 => "32-bit",
        Width::W64 => "64-bit",
    }
}

fn bytes(size: Size) -> String {
    match size.bytes() {
        1 => "1 byte".into(),
        count => format!("{count} bytes"),
    }
}

fn alu_name(op: AluOp) -> &'static str {
    match op {
        AluOp::Add => "BPF_ADD",
        AluOp::Sub => "BPF_SUB",
        AluOp::Mul => "BPF_MUL",
        AluOp::Div => "BPF_DIV",
        AluOp::Or => "BPF_OR",
        AluOp::And => "BPF_AND",
        AluOp::Lsh => "BPF_LSH",
        AluOp::Rsh => "BPF_RSH",
        AluOp::Neg => "BPF_NEG",
        AluOp::Mod => "BPF_MOD",
        AluOp::Xor => "BPF_XOR",
        AluOp::Mov => "BPF_MOV",
        AluOp::Arsh => "BPF_ARSH",
        AluOp::End => "BPF_END",
    }
}

fn jump_name(op: JmpOp) -> &'static str {
    match op {
        JmpOp::Eq => "BPF_JEQ",
        JmpOp::Gt => "BPF_JGT",
        JmpOp::Ge => "BPF_JGE",
        JmpOp::Set => "BPF_JSET",
        JmpOp::Ne => "BPF_JNE",
        JmpOp::Sgt => "BPF_JSGT",
        JmpOp::Sge => "BPF_JSGE",
        JmpOp::Lt => "BPF_JLT",
        JmpOp::Le => "BPF_JLE",
        JmpOp::Slt => "BPF_JSLT",
        JmpOp::Sle => "BPF_JSLE",
    }
}

fn mode_name(code: u8) -> &'static str {
    match code & 0xe0 {
        mode::IMM => "BPF_IMM",
        mode::ABS => "BPF_ABS",
        mode::IND => "BPF_IND",
        mode::MEM => "BPF_MEM",
        mode::MEMSX => "BPF_MEMSX",
        mode::ATOMIC => "BPF_ATOMIC",
        _ => "unknown mode",
    }
}

fn size_name(size: Size) -> &'static str {
    match size {
        Size::B => "BPF_B",
        Size::H => "BPF_H",
        Size::W => "BPF_W",
        Size::DW => "BPF_DW",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insn::{Reg, SourceOperand};

    #[test]
    fn words_follow_the_opcode() {
        let of = |insn: Insn| explain(insn, None, None);
        assert_eq!(
            of(Insn::mov(Width::W64, Reg::R6, SourceOperand::Reg(Reg::R1))),
            "BPF_ALU64 | BPF_MOV | BPF_X: 64-bit r6 = r1"
        );
        assert_eq!(
            of(Insn::load(Size::W, Reg::R2, Reg::R1, 4)),
            "BPF_LDX | BPF_MEM | BPF_W: loads 4 bytes, zero-extended: r2 = *(u32 *)(r1 +4)"
        );
        assert_eq!(
            of(Insn::call(6)),
            "BPF_JMP | BPF_CALL: calls helper 6, bpf_trace_printk (since Linux 4.1); R1 to R5 are lost, R0 is the \
             result"
        );
    }

    #[test]
    fn every_opcode_has_words() {
        for code in 0..=255u8 {
            assert!(of_any(code).contains(": "));
        }
        fn of_any(code: u8) -> String {
            explain(Insn { code, dst: 15, src: 15, off: -1, imm: -1 }, None, None)
        }
    }
}
