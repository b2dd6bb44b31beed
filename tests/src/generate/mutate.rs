//! Single edits of programs.

use gobpf_bpf::insn::{CALL, EXIT, Insn, JmpOp, LD_IMM64, Reg, Size, SourceOperand, Width, class};
use gobpf_bpf::tables::{AttachType, ProgramKind};
use gobpf_bpf::{Code, ExternId, MapId, Object, Relocation, RelocationTarget};
use gobpf_verifier::Dialect;

use super::edit::{is_second_slot, splice};
use super::kinds::{KINDS, weights};
use super::rng::Rng;
use super::sections::Attach;

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
    /// Another condition of a jump.
    Condition,
    /// A jump leads somewhere else.
    Target,
    /// A call of another helper.
    Helper,
    /// A call of another function of the kernel, or the address of another variable.
    Extern,
    /// Another map.
    Map,
    /// A field of a 16-byte load that has to be zero, or another sort of it.
    Wide,
    /// Another kind of program.
    Kind,
    /// The program may sleep, or may no more.
    Sleepable,
    License,
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
    (5, Edit::Condition),
    (3, Edit::Target),
    (4, Edit::Helper),
    (2, Edit::Extern),
    (3, Edit::Map),
    (2, Edit::Wide),
    (2, Edit::Kind),
    (1, Edit::Sleepable),
    (1, Edit::License),
];

/// What helpers are numbered below.
const HELPERS: usize = 212;
/// `get_smp_processor_id`, whose result depends on the machine.
const MACHINE_DEPENDENT: i32 = 8;

/// Makes one edit.
pub fn mutate(rng: &mut Rng, object: &mut Object, dialect: Dialect) {
    let edit = rng.weighted(EDITS);
    let maps = object.maps.len();
    let names = object.externs.len();
    let Some(program) = object.programs.first_mut() else { return };
    match edit {
        Edit::License => object.license = "Proprietary".into(),
        Edit::Sleepable => program.flags ^= gobpf_bpf::flags::SLEEPABLE,
        Edit::Kind => {
            let kind = &KINDS[rng.weighted(&weights(dialect))];
            let attach = Attach::of(rng.pick(kind.sections));
            program.kind = ProgramKind(kind.number);
            program.attach = AttachType(attach.expected);
            program.hook = attach.hook;
            program.section = String::new();
        }
        Edit::Extern | Edit::Map => {
            let is_wanted = |relocation: &&mut Relocation| {
                let is_map =
                    matches!(relocation.target, RelocationTarget::Map(_) | RelocationTarget::MapValue { .. });
                is_map == matches!(edit, Edit::Map)
            };
            let mut found: Vec<_> = program.code.relocations.iter_mut().filter(is_wanted).collect();
            let at = rng.below(found.len());
            let Some(relocation) = found.get_mut(at) else { return };
            match &mut relocation.target {
                RelocationTarget::Map(map) => *map = MapId(rng.below(maps) as u32),
                RelocationTarget::MapValue { map, offset } => match rng.below(2) {
                    0 => *map = MapId(rng.below(maps) as u32),
                    _ => *offset = offset.wrapping_add(rng.pick(&[1, 8, 64, 1 << 29])),
                },
                RelocationTarget::Kfunc(id) => *id = ExternId(rng.below(names) as u32),
                RelocationTarget::Variable(_) => {}
            }
        }
        _ => program.code = changed(rng, &program.code, edit),
    }
}

/// `code` with one edit of its instructions.
fn changed(rng: &mut Rng, code: &Code, edit: Edit) -> Code {
    let at = place(rng, code, edit);
    let whole = at..at + 1;
    let Some(mut insn) = code.insns.get(at).copied() else { return code.clone() };
    match edit {
        Edit::Destination => insn.dst = rng.below(11) as u8,
        Edit::Source => insn.src = rng.below(11) as u8,
        Edit::Offset => insn.off = insn.off.wrapping_add(rng.pick(&[1, -1, 8, -8, 4, 2, -512])),
        Edit::Immediate => insn.imm = insn.imm.wrapping_add(rng.pick(&[1, -1, 8, -8, 256])),
        Edit::AnyImmediate => insn.imm = rng.constant(),
        Edit::Bit => insn.code ^= 1 << rng.below(8),
        Edit::Opcode => insn.code = rng.bits() as u8,
        Edit::NoOffset => insn.off = 0,
        Edit::Condition => insn.code = insn.code & 0x0f | (rng.pick(&JmpOp::ALL) as u8),
        Edit::Target => insn.off = rng.below(code.insns.len() + 4) as i16 - at as i16 - 2,
        Edit::Helper => insn.imm = rng.below(HELPERS) as i32,
        Edit::Wide => return changed_wide(rng, code, at),
        Edit::Remove => return splice(code, whole, &[]),
        Edit::Insert => return splice(code, at..at, &[inserted(rng)]),
        Edit::Repeat => return splice(code, at..at, &[insn]),
        Edit::Swap => {
            let other = place(rng, code, edit);
            return swapped(code, at, other);
        }
        Edit::Extern | Edit::Map | Edit::Kind | Edit::Sleepable | Edit::License => {}
    }
    if insn.code == CALL && insn.src == 0 && insn.imm == MACHINE_DEPENDENT {
        return code.clone();
    }
    replaced(code, at, insn)
}

/// `code` with `insn` at `at`. A loader writes to slots that it relocates: what is edited there is no more for it.
fn replaced(code: &Code, at: usize, insn: Insn) -> Code {
    let mut code = code.clone();
    let Some(slot) = code.insns.get_mut(at) else { return code };
    let is_loaders = (slot.code, slot.src, slot.imm) != (insn.code, insn.src, insn.imm);
    *slot = insn;
    if is_loaders {
        code.relocations.retain(|relocation| relocation.slot as usize != at);
    }
    code
}

fn swapped(code: &Code, first: usize, second: usize) -> Code {
    let mut code = code.clone();
    code.insns.swap(first, second);
    for relocation in &mut code.relocations {
        relocation.slot = match relocation.slot as usize {
            slot if slot == first => second,
            slot if slot == second => first,
            slot => slot,
        } as u32;
    }
    code.relocations.sort_by_key(|relocation| relocation.slot);
    code
}

/// `code` with another 16-byte load at `at`; where it is none, the slot is overwritten with half of one.
fn changed_wide(rng: &mut Rng, code: &Code, at: usize) -> Code {
    let mut code = code.clone();
    let is_loaders = code.relocations.iter().any(|relocation| relocation.slot as usize == at);
    let Some([low, high, ..]) = code.insns.get_mut(at..) else { return code };
    if !low.is_load_imm64() {
        low.code = LD_IMM64;
        // No descriptor of this process.
        (low.src, low.imm) = (rng.pick(&[0, 1, 7]), NO_DESCRIPTOR);
        code.relocations.retain(|relocation| relocation.slot as usize != at);
        return code;
    }
    match rng.below(if is_loaders { 4 } else { 5 }) {
        0 => low.off = 1,
        1 => high.src = 1,
        2 => high.off = -8,
        3 => high.code = 0x18,
        _ => (low.src, low.imm) = (1 + rng.below(8) as u8, NO_DESCRIPTOR),
    }
    code
}

/// A number that no descriptor of this process and no type of the kernel has.
const NO_DESCRIPTOR: i32 = 0x7fff_0000;

/// A slot for an edit: of what it speaks of, where that is there.
fn place(rng: &mut Rng, code: &Code, edit: Edit) -> usize {
    let fits = |insn: &Insn| match edit {
        Edit::Condition | Edit::Target => {
            matches!(insn.class(), class::JMP | class::JMP32) && !matches!(insn.code, CALL | EXIT)
        }
        Edit::Helper => insn.code == CALL && insn.src == 0,
        Edit::Wide => insn.is_load_imm64(),
        _ => true,
    };
    const ATTEMPTS: usize = 40;
    for attempt in 0..ATTEMPTS {
        let at = rng.below(code.insns.len());
        let insn = &code.insns[at];
        // Fields of others could name a descriptor of this process.
        let is_wide = insn.is_load_imm64() && !matches!(edit, Edit::Wide);
        if !is_wide && !is_second_slot(code, at) && (fits(insn) || attempt > ATTEMPTS / 2) {
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
