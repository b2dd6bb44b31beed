//! One instruction as a Go expression of cilium/ebpf's package `asm`.
//!
//! The expressions marshal to exactly the slots that they are made from. Where a constructor would give other bytes, or
//! an error, an `asm.Instruction` literal stands in its place.

use gobpf_bpf::disasm::select;
use gobpf_bpf::insn::{AluOp, Insn, JmpOp, SOURCE_REG, Size, Width, class, pseudo};
use gobpf_bpf::op::{Op, Operand};
use gobpf_bpf::tables::Helper;

use crate::names;

/// The expression for `insn`. `next` is the slot after it; `map` is the Go expression of the map (and the offset into
/// its value) that a relocated load gives; `label` is the name of what a jump goes to, or of a function whose address is
/// loaded. `None` where cilium/ebpf has no
/// way to write it.
pub fn expression(
    insn: Insn,
    next: Option<Insn>,
    map: Option<(&str, Option<u32>)>,
    label: Option<&str>,
) -> Option<String> {
    if insn.is_load_imm64() {
        let next = next?;
        return match label {
            Some(label) if next == Insn::default() && insn.off == 0 => {
                let to = register(insn.dst);
                Some(format!(
                    "asm.Instruction{{OpCode: asm.LoadImmOp(asm.DWord), Dst: {to}, Src: asm.PseudoFunc, Constant: -1}}\
                     .WithReference(\"{label}\")"
                ))
            }
            _ => load_imm64(insn, next, map),
        };
    }
    constructor(insn, label).or_else(|| literal(insn))
}

/// A call of one of `asm`'s functions; `None` where none gives exactly `insn`.
fn constructor(insn: Insn, label: Option<&str>) -> Option<String> {
    let Insn { dst, src, off, imm, .. } = insn;
    let (to, from) = (register(dst), register(src));
    match Op::decode(insn)? {
        Op::Alu { width, op, source, off } => {
            let name = alu_name(op, off)?;
            binary(&format!("asm.{name}"), insn, width, source, None)
        }
        Op::Neg { width } => {
            let plain = insn.code & SOURCE_REG == 0 && (src, off, imm) == (0, 0, 0);
            plain.then(|| format!("asm.Neg.Imm{}({to}, 0)", suffix(width)))
        }
        Op::Endian { big, swap, bits } => {
            let size = match bits {
                16 => "asm.Half",
                32 => "asm.Word",
                64 => "asm.DWord",
                _ => return None,
            };
            ((src, off) == (0, 0)).then(|| match (swap, big) {
                (true, _) => format!("asm.BSwap({to}, {size})"),
                (false, true) => format!("asm.HostTo(asm.BE, {to}, {size})"),
                (false, false) => format!("asm.HostTo(asm.LE, {to}, {size})"),
            })
        }
        Op::LoadImm64 { .. } => None,
        Op::Load { size, signed } => {
            let name = if signed { "LoadMemSX" } else { "LoadMem" };
            (imm == 0).then(|| format!("asm.{name}({to}, {from}, {off}, {})", size_name(size)))
        }
        Op::Store { size, source: Operand::Reg(_) } => {
            (imm == 0).then(|| format!("asm.StoreMem({to}, {off}, {from}, {})", size_name(size)))
        }
        // v0.22 of cilium/ebpf refuses to store a constant of 64 bits.
        Op::Store { size: Size::DW, source: Operand::Imm(_) } => None,
        Op::Store { size, source: Operand::Imm(_) } => {
            (src == 0).then(|| format!("asm.StoreImm({to}, {off}, {imm}, {})", size_name(size)))
        }
        Op::Atomic { size } => {
            // The constructors of the others lose the operation when v0.22 of cilium/ebpf encodes them.
            (imm == 0 && matches!(size, Size::W | Size::DW))
                .then(|| format!("asm.AddAtomic.Mem({to}, {from}, {}, {off})", size_name(size)))
        }
        Op::LoadPacket { size, indirect: false } => {
            ((dst, src, off) == (0, 0, 0)).then(|| format!("asm.LoadAbs({imm}, {})", size_name(size)))
        }
        Op::LoadPacket { size, indirect: true } => {
            (off == 0).then(|| format!("asm.LoadInd({to}, {from}, {imm}, {})", size_name(size)))
        }
        Op::JumpIf { width, op, source } => {
            binary(&format!("asm.{}", jump_name(op)), insn, width, source, Some(label?))
        }
        Op::Jump { long: false } => {
            ((dst, src, imm) == (0, 0, 0)).then_some(format!("asm.Ja.Label(\"{}\")", label?))
        }
        Op::Jump { long: true } => {
            ((dst, src, off) == (0, 0, 0)).then_some(format!("asm.LongJump(\"{}\")", label?))
        }
        Op::Call { src: 0 } => ((dst, off) == (0, 0)).then(|| helper_call(imm)).flatten(),
        Op::Call { src: pseudo::CALL } => {
            ((dst, off) == (0, 0)).then_some(format!("asm.Call.Label(\"{}\")", label?))
        }
        Op::Call { .. } => None,
        Op::Exit => ((dst, src, off, imm) == (0, 0, 0, 0)).then(|| "asm.Return()".to_owned()),
    }
}

/// `NAME.Reg(dst, src)` or `NAME.Imm(dst, imm)`, with `32` in its name for 32 bits and a label for jumps.
fn binary(name: &str, insn: Insn, width: Width, source: Operand, label: Option<&str>) -> Option<String> {
    let label = label.map(|label| format!(", \"{label}\"")).unwrap_or_default();
    let (to, suffix) = (register(insn.dst), suffix(width));
    match source {
        Operand::Reg(src) if insn.imm == 0 => {
            Some(format!("{name}.Reg{suffix}({to}, {}{label})", register(src)))
        }
        Operand::Imm(imm) if insn.src == 0 => Some(format!("{name}.Imm{suffix}({to}, {imm}{label})")),
        _ => None,
    }
}

fn helper_call(number: i32) -> Option<String> {
    let number = u32::try_from(number).ok()?;
    match Helper::by_id(number) {
        Some(helper) => Some(format!("asm.Fn{}.Call()", names::helper_name(helper.name))),
        // The upper bits name another operating system.
        None if number < 1 << 28 => Some(format!("asm.BuiltinFunc({number}).Call()")),
        None => None,
    }
}

fn load_imm64(insn: Insn, next: Insn, map: Option<(&str, Option<u32>)>) -> Option<String> {
    let upper = next.imm;
    // cilium/ebpf always writes these fields as zero.
    if insn.off != 0 || next != (Insn { imm: upper, ..Insn::default() }) {
        let offset = (insn.off != 0 && next == Insn { imm: upper, ..Insn::default() }).then_some(insn.off)?;
        return Some(load_literal(insn, wide(insn.imm, upper), offset));
    }
    let to = register(insn.dst);
    Some(match map {
        Some((map, None)) => format!("asm.LoadMapPtr({to}, {map}.FD())"),
        Some((map, Some(offset))) => format!("asm.LoadMapValue({to}, {map}.FD(), {offset})"),
        None if insn.src == 0 => format!("asm.LoadImm({to}, {}, asm.DWord)", wide(insn.imm, upper)),
        None => load_literal(insn, wide(insn.imm, upper), 0),
    })
}

fn wide(low: i32, high: i32) -> i64 {
    (i64::from(high) << 32) | i64::from(low as u32)
}

fn load_literal(insn: Insn, value: i64, offset: i16) -> String {
    fields("asm.LoadImmOp(asm.DWord)".to_owned(), insn.dst, insn.src, offset, value)
}

/// `insn` as an `asm.Instruction` literal.
fn literal(insn: Insn) -> Option<String> {
    let Insn { code, dst, src, off, imm } = insn;
    // Of arithmetic, cilium/ebpf derives the offset from its own opcode, whatever stands in the literal.
    if matches!(insn.class(), class::ALU | class::ALU64) && off != 0 {
        return None;
    }
    let opcode = match Op::decode(insn) {
        Some(Op::Store { size, source: Operand::Imm(_) }) => {
            format!("asm.StoreImmOp({})", size_name(size))
        }
        Some(Op::Atomic { size }) => match atomic_name(imm) {
            // For other sizes cilium/ebpf makes no opcode.
            Some(name) if matches!(size, Size::W | Size::DW) => {
                format!("asm.{name}.OpCode({})", size_name(size))
            }
            _ => format!("{code:#04x}"),
        },
        _ => format!("{code:#04x}"),
    };
    Some(fields(opcode, dst, src, off, i64::from(imm)))
}

fn fields(opcode: String, dst: u8, src: u8, off: i16, constant: i64) -> String {
    let mut text = format!("asm.Instruction{{OpCode: {opcode}");
    if dst != 0 {
        text.push_str(&format!(", Dst: {}", register(dst)));
    }
    if src != 0 {
        text.push_str(&format!(", Src: {}", register(src)));
    }
    if off != 0 {
        text.push_str(&format!(", Offset: {off}"));
    }
    if constant != 0 {
        text.push_str(&format!(", Constant: {constant}"));
    }
    text.push('}');
    text
}

fn register(number: u8) -> String {
    match number {
        0..=9 => format!("asm.R{number}"),
        10 => "asm.RFP".to_owned(),
        _ => format!("asm.Register({number})"),
    }
}

fn size_name(size: Size) -> &'static str {
    match size {
        Size::B => "asm.Byte",
        Size::H => "asm.Half",
        Size::W => "asm.Word",
        Size::DW => "asm.DWord",
    }
}

fn suffix(width: Width) -> &'static str {
    if width == Width::W32 { "32" } else { "" }
}

/// The name of `op` with this offset; `None` where they make no instruction.
fn alu_name(op: AluOp, off: i16) -> Option<&'static str> {
    if off != 0 {
        return match (op, off) {
            (AluOp::Div, select::SIGNED) => Some("SDiv"),
            (AluOp::Mod, select::SIGNED) => Some("SMod"),
            (AluOp::Mov, 8) => Some("MovSX8"),
            (AluOp::Mov, 16) => Some("MovSX16"),
            (AluOp::Mov, 32) => Some("MovSX32"),
            _ => None,
        };
    }
    Some(match op {
        AluOp::Add => "Add",
        AluOp::Sub => "Sub",
        AluOp::Mul => "Mul",
        AluOp::Div => "Div",
        AluOp::Or => "Or",
        AluOp::And => "And",
        AluOp::Lsh => "LSh",
        AluOp::Rsh => "RSh",
        AluOp::Neg => "Neg",
        AluOp::Mod => "Mod",
        AluOp::Xor => "Xor",
        AluOp::Mov => "Mov",
        AluOp::Arsh => "ArSh",
        AluOp::End => "Swap",
    })
}

fn jump_name(op: JmpOp) -> &'static str {
    match op {
        JmpOp::Eq => "JEq",
        JmpOp::Gt => "JGT",
        JmpOp::Ge => "JGE",
        JmpOp::Set => "JSet",
        JmpOp::Ne => "JNE",
        JmpOp::Sgt => "JSGT",
        JmpOp::Sge => "JSGE",
        JmpOp::Lt => "JLT",
        JmpOp::Le => "JLE",
        JmpOp::Slt => "JSLT",
        JmpOp::Sle => "JSLE",
    }
}

/// The name of the atomic operation that `imm` selects.
fn atomic_name(imm: i32) -> Option<&'static str> {
    Some(match imm {
        0x00 => "AddAtomic",
        0x01 => "FetchAdd",
        0x40 => "OrAtomic",
        0x41 => "FetchOr",
        0x50 => "AndAtomic",
        0x51 => "FetchAnd",
        0xa0 => "XorAtomic",
        0xa1 => "FetchXor",
        select::XCHG => "Xchg",
        select::CMPXCHG => "CmpXchg",
        _ => return None,
    })
}
