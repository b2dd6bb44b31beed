//! Text of instructions, as the kernel's disassembler prints them (`kernel/bpf/disasm.c` of 6.18).
//!
//! The text is that of the verifier's log: `(bf) r6 = r1`. Where the log would show an address that is known only when
//! the object is loaded, the name of the map stands: `(18) r1 = map[counts]`, `(18) r1 = map[.rodata][0]+16`.

use std::fmt::Write as _;

use crate::insn::{AluOp, Insn, JmpOp, LD_IMM64, SOURCE_REG, Size, class, mode, pseudo};
use crate::object::{Code, Object, RelocationTarget};
use crate::tables::Helper;

pub use crate::explain::explain;

/// Values of `imm` and `off` that select an instruction beside the opcode (`linux/bpf.h`).
pub mod select {
    /// An atomic operation leaves the old value in its source register.
    pub const FETCH: i32 = 0x01;
    /// Atomic exchange.
    pub const XCHG: i32 = 0xe0 | FETCH;
    /// Atomic compare and exchange with R0.
    pub const CMPXCHG: i32 = 0xf0 | FETCH;
    /// Load with acquire order.
    pub const LOAD_ACQUIRE: i32 = 0x100;
    /// Store with release order.
    pub const STORE_RELEASE: i32 = 0x110;
    /// `off` of signed division and remainder.
    pub const SIGNED: i16 = 1;
    /// `off` of a cast between address spaces of an arena.
    pub const ADDRESS_SPACE: i16 = 1;
    /// `off` of the kernel's own move that adds the per-CPU base.
    pub const PER_CPU: i16 = -1;
    /// `BPF_OP` of `may_goto`.
    pub const JCOND: u8 = 0xe0;
}

/// The text of `insn`, opcode in front. `next` is the slot after it, which holds the upper half of a two-slot load.
/// `relocation` stands in place of the value of such a load (see [`relocation_text`]), or of a kernel function's name.
pub fn disassemble(insn: Insn, next: Option<Insn>, relocation: Option<&str>) -> String {
    let body = match insn.class() {
        class::ALU | class::ALU64 => Some(alu(insn)),
        class::STX => stx(insn),
        class::ST => st(insn),
        class::LDX => ldx(insn),
        class::LD => ld(insn, next, relocation),
        _ => Some(jump(insn, relocation)),
    };
    match body {
        Some(body) => format!("({:02x}) {body}", insn.code),
        None => match insn.class() {
            class::STX => format!("BUG_{:02x}", insn.code),
            class::ST => format!("BUG_st_{:02x}", insn.code),
            class::LDX => format!("BUG_ldx_{:02x}", insn.code),
            _ => format!("BUG_ld_{:02x}", insn.code),
        },
    }
}

/// What stands for a relocated value: `map[counts]`, or `map[.rodata][0]+16` for a place in the value of key 0.
pub fn relocation_text(object: &Object, target: RelocationTarget) -> String {
    let name = |id: crate::MapId| object.maps.get(id.0 as usize).map_or("?", |map| map.name.as_str());
    match target {
        RelocationTarget::Map(map) => format!("map[{}]", name(map)),
        RelocationTarget::MapValue { map, offset } => format!("map[{}][0]+{offset}", name(map)),
        RelocationTarget::Kfunc(id) => object.external(id).map_or("?", |one| one.name.as_str()).to_string(),
        RelocationTarget::Variable(id) => {
            format!("&{}", object.external(id).map_or("?", |one| one.name.as_str()))
        }
    }
}

/// All instructions of `code`, one to a line with its slot: `  0: (bf) r6 = r1`. What `annotate` says of a slot follows
/// after a semicolon. A line with its name stands before each function that the program calls.
pub fn listing(code: &Code, object: &Object, annotate: impl Fn(u32) -> Option<String>) -> String {
    let mut text = String::new();
    let mut slot = 0usize;
    while let Some(&insn) = code.insns.get(slot) {
        if let Some(function) = code.subprogram_at(slot as u32) {
            let _ = writeln!(text, "function {}, {} bytes of stack", function.name, function.stack_bytes);
        }
        let relocation = code.relocation_at(slot as u32).map(|target| relocation_text(object, target));
        let line = disassemble(insn, code.insns.get(slot + 1).copied(), relocation.as_deref());
        text.push_str(&match annotate(slot as u32) {
            Some(note) => format!("{slot:3}: {line:<40} ; {note}\n"),
            None => format!("{slot:3}: {line}\n"),
        });
        slot += if insn.is_load_imm64() { 2 } else { 1 };
    }
    text
}

/// The operator of `op` between its operands, such as `+=`; those of negation and byte order only name it.
pub fn alu_symbol(op: AluOp) -> &'static str {
    match op {
        AluOp::Add => "+=",
        AluOp::Sub => "-=",
        AluOp::Mul => "*=",
        AluOp::Div => "/=",
        AluOp::Or => "|=",
        AluOp::And => "&=",
        AluOp::Lsh => "<<=",
        AluOp::Rsh => ">>=",
        AluOp::Neg => "neg",
        AluOp::Mod => "%=",
        AluOp::Xor => "^=",
        AluOp::Mov => "=",
        AluOp::Arsh => "s>>=",
        AluOp::End => "endian",
    }
}

/// The operator of `op` between its operands, such as `s>=`.
pub fn jump_symbol(op: JmpOp) -> &'static str {
    match op {
        JmpOp::Eq => "==",
        JmpOp::Gt => ">",
        JmpOp::Ge => ">=",
        JmpOp::Set => "&",
        JmpOp::Ne => "!=",
        JmpOp::Sgt => "s>",
        JmpOp::Sge => "s>=",
        JmpOp::Lt => "<",
        JmpOp::Le => "<=",
        JmpOp::Slt => "s<",
        JmpOp::Sle => "s<=",
    }
}

/// The word of an atomic operation with this `imm` (fetching or not), such as `add`.
pub fn atomic_word(imm: i32) -> Option<&'static str> {
    match imm & !select::FETCH {
        0x00 => Some("add"),
        0x40 => Some("or"),
        0x50 => Some("and"),
        0xa0 => Some("xor"),
        _ => None,
    }
}

/// The unsigned type of an access, such as `u32`.
pub fn size_word(size: Size) -> &'static str {
    match size {
        Size::B => "u8",
        Size::H => "u16",
        Size::W => "u32",
        Size::DW => "u64",
    }
}

/// The signed type of a sign-extending load. There is none of 64 bits; the kernel refuses it unprinted.
fn signed_word(size: Size) -> &'static str {
    match size {
        Size::B => "s8",
        Size::H => "s16",
        Size::W => "s32",
        Size::DW => "s64",
    }
}

fn alu(insn: Insn) -> String {
    let Insn { code, dst, src, off, imm } = insn;
    let wide = insn.class() == class::ALU64;
    let letter = if wide { 'r' } else { 'w' };
    let by_register = code & SOURCE_REG != 0;
    let op = AluOp::of_code(code);
    match op {
        Some(AluOp::End) if wide => return format!("r{dst} = bswap{imm} r{dst}"),
        Some(AluOp::End) => {
            return format!("r{dst} = {}{imm} r{dst}", if by_register { "be" } else { "le" });
        }
        Some(AluOp::Neg) => return format!("{letter}{dst} = -{letter}{dst}"),
        Some(AluOp::Mov) if wide && by_register && off == select::ADDRESS_SPACE => {
            return format!("r{dst} = addr_space_cast(r{src}, {}, {})", (imm as u32) >> 16, imm as u16);
        }
        Some(AluOp::Mov) if wide && by_register && off == select::PER_CPU => {
            return format!("r{dst} = &(void __percpu *)(r{src})");
        }
        _ => {}
    }
    let symbol = match op {
        Some(AluOp::Div) if off == select::SIGNED => "s/=",
        Some(AluOp::Mod) if off == select::SIGNED => "s%=",
        Some(op) => alu_symbol(op),
        None => "(null)",
    };
    if !by_register {
        return format!("{letter}{dst} {symbol} {imm}");
    }
    let extend = match (op, off) {
        (Some(AluOp::Mov), 8) => "(s8)",
        (Some(AluOp::Mov), 16) => "(s16)",
        (Some(AluOp::Mov), 32) => "(s32)",
        _ => "",
    };
    format!("{letter}{dst} {symbol} {extend}{letter}{src}")
}

fn stx(insn: Insn) -> Option<String> {
    let Insn { dst, src, off, imm, .. } = insn;
    let size = Size::of_code(insn.code);
    let word = size_word(size);
    match insn.code & 0xe0 {
        mode::MEM => return Some(format!("*({word} *)(r{dst} {off:+}) = r{src}")),
        mode::ATOMIC => {}
        _ => return None,
    }
    let width = if size == Size::DW { "64" } else { "" };
    Some(match imm {
        select::CMPXCHG => format!("r0 = atomic{width}_cmpxchg(({word} *)(r{dst} {off:+}), r0, r{src})"),
        select::XCHG => format!("r{src} = atomic{width}_xchg(({word} *)(r{dst} {off:+}), r{src})"),
        select::LOAD_ACQUIRE => format!("r{dst} = load_acquire(({word} *)(r{src} {off:+}))"),
        select::STORE_RELEASE => format!("store_release(({word} *)(r{dst} {off:+}), r{src})"),
        _ => {
            let name = atomic_word(imm)?;
            if imm & select::FETCH != 0 {
                format!("r{src} = atomic{width}_fetch_{name}(({word} *)(r{dst} {off:+}), r{src})")
            } else {
                let symbol = alu_symbol(AluOp::of_code(imm as u8)?);
                format!("lock *({word} *)(r{dst} {off:+}) {symbol} r{src}")
            }
        }
    })
}

fn st(insn: Insn) -> Option<String> {
    let Insn { dst, off, imm, .. } = insn;
    match insn.code & 0xe0 {
        mode::MEM => Some(format!("*({} *)(r{dst} {off:+}) = {imm}", size_word(Size::of_code(insn.code)))),
        // The kernel's own speculation barrier has the mode of atomics.
        mode::ATOMIC => Some("nospec".into()),
        _ => None,
    }
}

fn ldx(insn: Insn) -> Option<String> {
    let Insn { dst, src, off, .. } = insn;
    let size = Size::of_code(insn.code);
    let word = match insn.code & 0xe0 {
        mode::MEM => size_word(size),
        mode::MEMSX => signed_word(size),
        _ => return None,
    };
    Some(format!("r{dst} = *({word} *)(r{src} {off:+})"))
}

fn ld(insn: Insn, next: Option<Insn>, relocation: Option<&str>) -> Option<String> {
    let Insn { dst, src, imm, .. } = insn;
    let word = size_word(Size::of_code(insn.code));
    match insn.code & 0xe0 {
        mode::ABS => Some(format!("r0 = *({word} *)skb[{imm}]")),
        mode::IND => Some(format!("r0 = *({word} *)skb[r{src} + {imm}]")),
        _ if insn.code == LD_IMM64 => Some(match relocation {
            Some(text) => format!("r{dst} = {text}"),
            None => {
                let high = next.unwrap_or_default().imm as u32;
                format!("r{dst} = {:#x}", (u64::from(high) << 32) | u64::from(imm as u32))
            }
        }),
        _ => None,
    }
}

fn jump(insn: Insn, relocation: Option<&str>) -> String {
    let Insn { code, dst, src, off, imm } = insn;
    let letter = if insn.class() == class::JMP32 { 'w' } else { 'r' };
    match (code & 0xf0, code) {
        (0x80, _) if src == pseudo::CALL => return format!("call pc{imm:+}"),
        (0x80, _) => return call(insn, relocation),
        (_, 0x05) => return format!("goto pc{off:+}"),
        (_, 0x06) => return format!("gotol pc{imm:+}"),
        (_, 0x95) => return "exit".into(),
        (select::JCOND, 0xe5) if src == 0 => return format!("may_goto pc{off:+}"),
        _ => {}
    }
    let symbol = match code & 0xf0 {
        0x00 => "jmp",
        0x90 => "exit",
        _ => JmpOp::of_code(code).map_or("(null)", jump_symbol),
    };
    if code & SOURCE_REG != 0 {
        format!("if {letter}{dst} {symbol} {letter}{src} goto pc{off:+}")
    } else {
        format!("if {letter}{dst} {symbol} {:#x} goto pc{off:+}", imm as u32)
    }
}

fn call(insn: Insn, relocation: Option<&str>) -> String {
    let Insn { src, imm, .. } = insn;
    let helper = if src == 0 { Helper::by_id(imm as u32) } else { None };
    match (helper, relocation) {
        (Some(helper), _) => format!("call bpf_{}#{imm}", helper.name),
        (None, _) if src == 0 && imm == 0 => "call bpf_unspec#0".into(),
        (None, Some(name)) => format!("call {name}"),
        (None, None) if src == pseudo::KFUNC_CALL => format!("call kernel-function#{imm}"),
        (None, None) => format!("call unknown#{imm}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u8, dst: u8, src: u8, off: i16, imm: i32) -> String {
        disassemble(Insn { code, dst, src, off, imm }, None, None)
    }

    #[test]
    fn each_family_reads_as_the_kernel_prints_it() {
        let cases: &[(String, &str)] = &[
            (of(0xbf, 6, 1, 0, 0), "(bf) r6 = r1"),
            (of(0xbc, 6, 1, 8, 0), "(bc) w6 = (s8)w1"),
            (of(0xbf, 6, 1, 32, 0), "(bf) r6 = (s32)r1"),
            (of(0xb4, 0, 0, 0, -1), "(b4) w0 = -1"),
            (of(0x37, 3, 0, 1, 7), "(37) r3 s/= 7"),
            (of(0x9c, 3, 4, 1, 0), "(9c) w3 s%= w4"),
            (of(0x87, 3, 0, 0, 0), "(87) r3 = -r3"),
            (of(0xdc, 3, 0, 0, 16), "(dc) r3 = be16 r3"),
            (of(0xd7, 3, 0, 0, 64), "(d7) r3 = bswap64 r3"),
            (of(0x61, 2, 1, 4, 0), "(61) r2 = *(u32 *)(r1 +4)"),
            (of(0x91, 2, 1, 0, 0), "(91) r2 = *(s8 *)(r1 +0)"),
            (of(0x62, 10, 0, -16, 5), "(62) *(u32 *)(r10 -16) = 5"),
            (of(0x7b, 10, 1, -8, 0), "(7b) *(u64 *)(r10 -8) = r1"),
            (of(0xdb, 1, 2, 0, 0), "(db) lock *(u64 *)(r1 +0) += r2"),
            (of(0xc3, 1, 2, 4, 0x41), "(c3) r2 = atomic_fetch_or((u32 *)(r1 +4), r2)"),
            (of(0xdb, 1, 2, 0, 0xf1), "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)"),
            (of(0x30, 0, 0, 0, 14), "(30) r0 = *(u8 *)skb[14]"),
            (of(0x48, 0, 7, 0, 2), "(48) r0 = *(u16 *)skb[r7 + 2]"),
            (of(0x15, 0, 0, 3, -1), "(15) if r0 == 0xffffffff goto pc+3"),
            (of(0xce, 1, 2, -3, 0), "(ce) if w1 s< w2 goto pc-3"),
            (of(0x05, 0, 0, -1, 0), "(05) goto pc-1"),
            (of(0x06, 0, 0, 0, 70000), "(06) gotol pc+70000"),
            (of(0x85, 0, 0, 0, 6), "(85) call bpf_trace_printk#6"),
            (of(0x85, 0, 0, 0, 9999), "(85) call unknown#9999"),
            (of(0x85, 0, 1, 0, -4), "(85) call pc-4"),
            (of(0x95, 0, 0, 0, 0), "(95) exit"),
        ];
        for (got, want) in cases {
            assert_eq!(got, want);
        }
    }

    #[test]
    fn two_slot_loads_show_their_value_or_their_map() {
        let [low, high] = Insn::load_imm64(crate::Reg::R1, 0, 0x1234_5678_9abc_def0);
        assert_eq!(disassemble(low, Some(high), None), "(18) r1 = 0x123456789abcdef0");
        assert_eq!(disassemble(low, Some(high), Some("map[counts]")), "(18) r1 = map[counts]");
    }

    #[test]
    fn every_opcode_has_a_text() {
        for code in 0..=255u8 {
            for imm in [0, 1, 0x41, 0xe1, 0xf1, 0x100, 0x110, -1] {
                assert!(!of(code, 3, 9, 1, imm).is_empty());
            }
        }
    }
}
