//! Checks of the instructions as such, before any path is followed: jumps within the program, loads of constants,
//! opcodes that exist.

use gobpf_bpf::insn::{self, class, mode, pseudo};
use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Insn, MapId, Object, Program, RelocationTarget};

use crate::dialect::Rules;
use crate::fault::{Checked, Fault, Stop};
use crate::state::MAX_OFFSET;

/// What the first slot of a 16-byte load gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Load {
    Constant(u64),
    Map(MapId),
    MapValue { map: MapId, offset: u32 },
}

/// A fault and the slot that it is found at.
pub(crate) type Located<T = ()> = Result<T, (u32, Stop)>;

/// Jump with a 32-bit offset: Debian's 6.1 has it too.
pub(crate) const JUMP_LONG: u8 = class::JMP32;
/// `may_goto`, 6.9.
const MAY_GOTO: u8 = 0xe5;
/// `BPF_OP` bits of jumps.
pub(crate) const OP_MASK: u8 = 0xf0;
pub(crate) const OP_JA: u8 = 0x00;
pub(crate) const OP_CALL: u8 = 0x80;
pub(crate) const OP_EXIT: u8 = 0x90;
/// Map flag: programs may not write.
pub(crate) const RDONLY_PROG: u32 = 1 << 7;
/// Map flag: programs may not read.
pub(crate) const WRONLY_PROG: u32 = 1 << 8;

/// Whether `insn` is of a jump class.
pub(crate) fn is_jump_class(insn: Insn) -> bool {
    matches!(insn.class(), class::JMP | class::JMP32)
}

/// Where a jump at `at` leads.
pub(crate) fn jump_target(at: usize, insn: Insn) -> i64 {
    let off = if insn.code == JUMP_LONG { i64::from(insn.imm) } else { i64::from(insn.off) };
    at as i64 + off + 1
}

/// Stops at what the model doesn't follow yet.
pub(crate) fn check_features(insns: &[Insn], rules: &Rules) -> Checked {
    for insn in insns {
        let feature = match (insn.code, insn.src) {
            (insn::CALL, pseudo::CALL) => "bpf-to-bpf calls",
            (insn::CALL, pseudo::KFUNC_CALL) => "kernel function calls",
            (insn::LD_IMM64, pseudo::BTF_ID) => "addresses of kernel variables",
            (insn::LD_IMM64, pseudo::FUNC) => "callbacks",
            (MAY_GOTO, _) if rules.v4 => "may_goto",
            _ => continue,
        };
        return Err(Stop::feature(feature));
    }
    Ok(())
}

/// Jumps stay within the program, and its end is not fallen off.
pub(crate) fn check_jumps(insns: &[Insn]) -> Located {
    for (at, insn) in insns.iter().enumerate() {
        let op = insn.code & OP_MASK;
        if is_jump_class(*insn) && op != OP_CALL && op != OP_EXIT {
            let to = jump_target(at, *insn);
            if to < 0 || to >= insns.len() as i64 {
                let from = at as u32;
                return Err((from, Fault::JumpOutOfRange { from, to }.into()));
            }
        }
    }
    match insns.last() {
        Some(last) if matches!(last.code, insn::EXIT | JUMP_LONG) || last.code == class::JMP => Ok(()),
        _ => Err((insns.len().saturating_sub(1) as u32, Fault::FallsOffEnd.into())),
    }
}

/// Resolves the loads of maps, and checks that every opcode exists.
pub(crate) fn resolve(object: &Object, program: &Program, rules: &Rules) -> Located<Vec<Option<Load>>> {
    let insns = &program.code.insns;
    let mut loads = vec![None; insns.len()];
    let mut at = 0;
    while let Some(insn) = insns.get(at) {
        let fail = |fault: Fault| Err((at as u32, Stop::from(fault)));
        if insn.class() == class::LDX {
            let known =
                matches!(insn.code & 0xe0, mode::MEM) || (rules.v4 && insn.code & 0xe0 == mode::MEMSX);
            if !known || insn.imm != 0 {
                return fail(Fault::ReservedFields { what: "BPF_LDX" });
            }
        }
        if insn.is_load_imm64() {
            let load = resolve_load(object, program, at).map_err(|stop| (at as u32, stop))?;
            if let Some(entry) = loads.get_mut(at) {
                *entry = Some(load);
            }
            at += 2;
            continue;
        }
        if !is_known_opcode(insn.code, rules) {
            return fail(Fault::UnknownOpcode { code: insn.code });
        }
        at += 1;
    }
    Ok(loads)
}

fn resolve_load(object: &Object, program: &Program, at: usize) -> Checked<Load> {
    let insns = &program.code.insns;
    let (Some(low), Some(high)) = (insns.get(at), insns.get(at + 1)) else {
        return Err(Fault::BadLoadImm64.into());
    };
    if (high.code, high.dst, high.src, high.off) != (0, 0, 0, 0) {
        return Err(Fault::BadLoadImm64.into());
    }
    match program.code.relocation_at(at as u32) {
        Some(RelocationTarget::Map(map)) => {
            check_map_kind(object, map)?;
            Ok(Load::Map(map))
        }
        Some(RelocationTarget::MapValue { map, offset }) => {
            check_map_kind(object, map)?;
            check_direct_value(object, map, offset)?;
            Ok(Load::MapValue { map, offset })
        }
        Some(RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_)) => {
            Err(Stop::feature("addresses of the kernel"))
        }
        None => match low.src {
            0 => Ok(Load::Constant((u64::from(high.imm as u32) << 32) | u64::from(low.imm as u32))),
            pseudo::MAP_VALUE => Err(Fault::NotAMap { fd: low.imm }.into()),
            pseudo::MAP_FD if high.imm == 0 => Err(Fault::NotAMap { fd: low.imm }.into()),
            // Objects name their maps; there is no array of them to index.
            pseudo::MAP_IDX_VALUE => Err(Fault::NoMapArray.into()),
            pseudo::MAP_IDX if high.imm == 0 => Err(Fault::NoMapArray.into()),
            _ => Err(Fault::UnrecognizedLoadImm64.into()),
        },
    }
}

/// Map kinds whose values are plain memory.
const PLAIN_MAPS: [u32; 6] = [1, 2, 5, 6, 9, 10];

fn check_map_kind(object: &Object, map: MapId) -> Checked {
    match object.maps.get(map.0 as usize) {
        None => Err(Stop::feature("a map that the object does not have")),
        Some(map) if PLAIN_MAPS.contains(&map.kind.0) => Ok(()),
        Some(map) => {
            Err(Stop::feature(format!("map kind {}", map.kind.row().map_or("unknown", |row| row.name))))
        }
    }
}

fn check_direct_value(object: &Object, map: MapId, off: u32) -> Checked {
    let Some(map) = object.maps.get(map.0 as usize) else {
        return Err(Stop::feature("a map that the object does not have"));
    };
    if i64::from(off) >= MAX_OFFSET {
        return Err(Fault::DirectOffset { off }.into());
    }
    match map.kind {
        MapKind::ARRAY if map.max_entries == 1 && off < map.value_size => Ok(()),
        MapKind::ARRAY => Err(Fault::DirectOutside { value_size: map.value_size, off }.into()),
        MapKind(6) => Err(Stop::feature("direct values of per-CPU arrays")),
        _ => Err(Fault::DirectUnsupported.into()),
    }
}

/// `bpf_opcode_in_insntable`.
fn is_known_opcode(code: u8, rules: &Rules) -> bool {
    const SWAP: u8 = 0xd7;
    const ALU_TOP: u8 = 0xc0;
    let op = code & OP_MASK;
    let is_reg = code & insn::SOURCE_REG != 0;
    let size = code & 0x18;
    let is_byte_or_half = matches!(size, 0x08 | 0x10);
    match code & 0x07 {
        class::ALU | class::ALU64 if op == 0x80 => !is_reg,
        class::ALU => op <= 0xd0,
        class::ALU64 => op <= ALU_TOP || (code == SWAP && rules.v4),
        class::JMP => match op {
            OP_JA | OP_CALL | OP_EXIT => !is_reg,
            0xe0 => code == MAY_GOTO && rules.v4,
            _ => op <= 0xd0,
        },
        class::JMP32 => match op {
            OP_JA => !is_reg,
            OP_CALL | OP_EXIT => false,
            _ => op <= 0xd0,
        },
        class::LD => matches!(code & 0xe0, mode::ABS | mode::IND) && size != 0x18,
        class::LDX => match code & 0xe0 {
            mode::MEM => true,
            mode::MEMSX => rules.v4 && size != 0x18,
            _ => false,
        },
        class::ST => code & 0xe0 == mode::MEM,
        class::STX => match code & 0xe0 {
            mode::MEM => true,
            mode::ATOMIC => !is_byte_or_half || rules.infallible_array_lookup,
            _ => false,
        },
        _ => false,
    }
}
