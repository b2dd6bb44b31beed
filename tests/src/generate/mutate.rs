//! Single edits of programs.

use gobpf_bpf::Code;
use gobpf_bpf::insn::{Insn, Reg, Size, SourceOperand, Width};

use super::edit::{is_second_slot, splice};
use super::rng::Rng;

#[derive(Clone, Copy)]
enum Edit {
    Destination,
    Source,
    Offset,
    Immediate,
    AnyImmediate,
    Bit,
    Opcode,
    NoOffset,
    Remove,
    Insert,
    Repeat,
    Swap,
}

const EDITS: &[(u32, Edit)] = &[
    (4, Edit::Destination),
    (4, Edit::Source),
    (6, Edit::Offset),
    (8, Edit::Immediate),
    (3, Edit::AnyImmediate),
    (4, Edit::Bit),
    (1, Edit::Opcode),
    (2, Edit::NoOffset),
    (6, Edit::Remove),
    (4, Edit::Insert),
    (2, Edit::Repeat),
    (3, Edit::Swap),
];

/// `code` with one edit.
pub fn mutate(rng: &mut Rng, code: &Code) -> Code {
    let edit = rng.weighted(EDITS);
    let at = place(rng, code);
    let whole = at..at + 1;
    let Some(mut insn) = code.insns.get(at).copied() else { return code.clone() };
    match edit {
        Edit::Destination => insn.dst = rng.below(11) as u8,
        Edit::Source => insn.src = rng.below(11) as u8,
        Edit::Offset => insn.off = insn.off.wrapping_add(rng.pick(&[1, -1, 8, -8, 4, 2])),
        Edit::Immediate => insn.imm = insn.imm.wrapping_add(rng.pick(&[1, -1, 8, -8, 256])),
        Edit::AnyImmediate => insn.imm = rng.constant(),
        Edit::Bit => insn.code ^= 1 << rng.below(8),
        Edit::Opcode => insn.code = rng.bits() as u8,
        Edit::NoOffset => insn.off = 0,
        Edit::Remove => return splice(code, whole, &[]),
        Edit::Insert => return splice(code, at..at, &[inserted(rng)]),
        Edit::Repeat => return splice(code, at..at, &[insn]),
        Edit::Swap => {
            let other = place(rng, code);
            let mut code = code.clone();
            code.insns.swap(at, other);
            return code;
        }
    }
    if insn.code == gobpf_bpf::insn::CALL && insn.src == 0 && insn.imm == 8 {
        return code.clone(); // what it gives depends on the machine
    }
    splice_same(code, at, insn)
}

fn splice_same(code: &Code, at: usize, insn: Insn) -> Code {
    let mut code = code.clone();
    if let Some(slot) = code.insns.get_mut(at) {
        *slot = insn;
    }
    code
}

/// A slot that is no part of a 16-byte load, whose fields could name a descriptor of this process.
fn place(rng: &mut Rng, code: &Code) -> usize {
    const ATTEMPTS: usize = 20;
    for _ in 0..ATTEMPTS {
        let at = rng.below(code.insns.len());
        if !code.insns[at].is_load_imm64() && !is_second_slot(code, at) {
            return at;
        }
    }
    code.insns.len() - 1
}

fn inserted(rng: &mut Rng) -> Insn {
    let register = |rng: &mut Rng| Reg::new(rng.below(10) as u8).unwrap_or(Reg::R0);
    let (dst, src) = (register(rng), register(rng));
    match rng.below(5) {
        0 => Insn::mov(Width::W64, dst, SourceOperand::Imm(rng.constant())),
        1 => Insn::mov(Width::W64, dst, SourceOperand::Reg(src)),
        2 => Insn::load(Size::DW, dst, src, 0),
        3 => Insn::store(Size::DW, Reg::FP, -8, SourceOperand::Reg(src)),
        _ => Insn::exit(),
    }
}
