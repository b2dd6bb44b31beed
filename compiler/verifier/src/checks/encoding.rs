//! Checks of the instructions as such, before any path is followed: jumps within the program, loads of constants,
//! opcodes that exist.

use gobpf_bpf::insn::{self, class, mode, pseudo};
use gobpf_bpf::tables::{MapKind, ProgramKind};
use gobpf_bpf::{ExternKind, Insn, Map, MapId, Object, Program, RelocationTarget};
use gobpf_btf::TypeId;

use crate::checks::records::{FieldKind, Records};
use crate::checks::variables::{self, Kernel, Target};
use crate::dialect::{Dialect, Rules};
use crate::fault::{Checked, Fault, HelperFault, Stop};
use crate::state::MAX_OFFSET;

/// What the first slot of a 16-byte load gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Load {
    Constant(u64),
    Map(MapId),
    MapValue {
        map: MapId,
        offset: u32,
    },
    /// Where the kernel has a symbol, as a number that only the kernel knows.
    Address,
    /// A variable of the kernel that is taken for an object of the type `ty`.
    Object {
        ty: TypeId,
        per_cpu: bool,
    },
    /// Bytes of the kernel that may be read.
    Memory {
        size: u32,
    },
    /// A function of the program, by its first slot.
    Function {
        slot: u32,
    },
}

/// A fault and the slot that it is found at.
pub(crate) type Located<T = ()> = Result<T, (u32, Stop)>;

/// Jump with a 32-bit offset: Debian's 6.1 has it too.
pub(crate) const JUMP_LONG: u8 = class::JMP32;
/// `may_goto`, 6.9.
pub(crate) const MAY_GOTO: u8 = 0xe5;
/// `BPF_OP` bits of jumps.
pub(crate) const OP_MASK: u8 = 0xf0;
pub(crate) const OP_JA: u8 = 0x00;
pub(crate) const OP_CALL: u8 = 0x80;
pub(crate) const OP_EXIT: u8 = 0x90;
pub(crate) const OP_MAY_GOTO: u8 = 0xe0;
/// Map flag: programs may not write.
pub(crate) const RDONLY_PROG: u32 = 1 << 7;
/// Map flag: programs may not read.
pub(crate) const WRONLY_PROG: u32 = 1 << 8;

/// Bytes of a page.
const PAGE_SIZE: u64 = 4096;

/// Whether `insn` is of a jump class.
pub(crate) fn is_jump_class(insn: Insn) -> bool {
    matches!(insn.class(), class::JMP | class::JMP32)
}

/// Where a jump at `at` leads.
pub(crate) fn jump_target(at: usize, insn: Insn) -> i64 {
    let off = if insn.code == JUMP_LONG { i64::from(insn.imm) } else { i64::from(insn.off) };
    at as i64 + off + 1
}

/// Resolves the loads of maps, and checks that every opcode exists.
pub(crate) fn resolve(
    object: &Object,
    program: &Program,
    records: &Records,
    kernel: Kernel<'_>,
) -> Located<Vec<Option<Load>>> {
    let rules = kernel.rules;
    let insns = &program.code.insns;
    let mut loads = vec![None; insns.len()];
    let mut arena = None;
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
            let load =
                resolve_load(object, program, at, records, kernel).map_err(|stop| (at as u32, stop))?;
            if is_second_arena(object, load, &mut arena) {
                return Err((0, Fault::SecondArena.into()));
            }
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

/// A program has one arena at most.
fn is_second_arena(object: &Object, load: Load, arena: &mut Option<MapId>) -> bool {
    let (Load::Map(map) | Load::MapValue { map, .. }) = load else { return false };
    let is_arena = object.maps.get(map.0 as usize).is_some_and(|map| map.kind == MapKind::ARENA);
    is_arena && *arena.get_or_insert(map) != map
}

fn resolve_load(
    object: &Object,
    program: &Program,
    at: usize,
    records: &Records,
    kernel: Kernel<'_>,
) -> Checked<Load> {
    let rules = kernel.rules;
    let insns = &program.code.insns;
    let (Some(low), Some(high)) = (insns.get(at), insns.get(at + 1)) else {
        return Err(Fault::BadLoadImm64.into());
    };
    if (high.code, high.dst, high.src, high.off) != (0, 0, 0, 0) {
        return Err(Fault::BadLoadImm64.into());
    }
    match program.code.relocation_at(at as u32) {
        Some(RelocationTarget::Map(map)) => {
            check_map_kind(object, program, map, records, rules)?;
            Ok(Load::Map(map))
        }
        Some(RelocationTarget::MapValue { map, offset }) => {
            check_map_kind(object, program, map, records, rules)?;
            check_direct_value(object, map, offset)?;
            Ok(Load::MapValue { map, offset })
        }
        Some(RelocationTarget::Variable(id))
            if object.external(id).is_some_and(|one| one.kind == ExternKind::Symbol) =>
        {
            Ok(Load::Address)
        }
        Some(RelocationTarget::Kfunc(id) | RelocationTarget::Variable(id)) => match object.external(id) {
            Some(external) => variables::load(Target::Named(external), kernel),
            None => Err(Stop::feature("something external that the object does not have")),
        },
        None => match low.src {
            0 => Ok(Load::Constant((u64::from(high.imm as u32) << 32) | u64::from(low.imm as u32))),
            pseudo::FUNC => Ok(Load::Function { slot: (at as i64 + i64::from(low.imm) + 1) as u32 }),
            pseudo::BTF_ID => variables::load(Target::Number(*low, *high), kernel),
            pseudo::MAP_VALUE => Err(Fault::NotAMap { fd: low.imm }.into()),
            pseudo::MAP_FD if high.imm == 0 => Err(Fault::NotAMap { fd: low.imm }.into()),
            // Objects name their maps; there is no array of them to index.
            pseudo::MAP_IDX_VALUE => Err(Fault::NoMapArray.into()),
            pseudo::MAP_IDX if high.imm == 0 => Err(Fault::NoMapArray.into()),
            _ => Err(Fault::UnrecognizedLoadImm64.into()),
        },
    }
}

fn check_map_kind(
    object: &Object,
    program: &Program,
    id: MapId,
    records: &Records,
    rules: &Rules,
) -> Checked {
    let Some(map) = object.maps.get(id.0 as usize) else {
        return Err(Stop::feature("a map that the object does not have"));
    };
    match map_for_program(program, id, map, records, rules) {
        Some(why) => Err(HelperFault::MapForProgram { why }.into()),
        None => Ok(()),
    }
}

/// Kinds of maps for programs that may sleep; the last ones since 6.12.
const SLEEPABLE_MAPS: [MapKind; 17] = [
    MapKind::HASH,
    MapKind::LRU_HASH,
    MapKind::ARRAY,
    MapKind::PERCPU_HASH,
    MapKind::PERCPU_ARRAY,
    MapKind::LRU_PERCPU_HASH,
    MapKind::ARRAY_OF_MAPS,
    MapKind::HASH_OF_MAPS,
    MapKind::RINGBUF,
    MapKind::USER_RINGBUF,
    MapKind::INODE_STORAGE,
    MapKind::SK_STORAGE,
    MapKind::TASK_STORAGE,
    MapKind::CGRP_STORAGE,
    MapKind::QUEUE,
    MapKind::STACK,
    MapKind::ARENA,
];
const SLEEPABLE_MAPS_6_1: usize = 13;

/// `check_map_prog_compatibility`: why the program can't have the map.
fn map_for_program(
    program: &Program,
    id: MapId,
    map: &Map,
    records: &Records,
    rules: &Rules,
) -> Option<&'static str> {
    use ProgramKind as K;
    let old = rules.dialect == Dialect::V6_1;
    let is_tracing = matches!(
        program.kind,
        K::KPROBE | K::TRACEPOINT | K::PERF_EVENT | K::RAW_TRACEPOINT | K::RAW_TRACEPOINT_WRITABLE
    );
    let has = |kind: FieldKind| records.of(Some(id)).is_some_and(|record| record.has(kind));
    if is_tracing && (has(FieldKind::ListHead) || has(FieldKind::RbRoot)) {
        return Some("tracing progs cannot use bpf_{list_head,rb_root} yet");
    }
    if has(FieldKind::SpinLock) || has(FieldKind::ResilientSpinLock) {
        if program.kind == K::SOCKET_FILTER {
            return Some("socket filter progs cannot use bpf_spin_lock yet");
        }
        if is_tracing {
            return Some("tracing progs cannot use bpf_spin_lock yet");
        }
        if old && program.is_sleepable() {
            return Some("sleepable progs cannot use bpf_spin_lock yet");
        }
    }
    if is_tracing && has(FieldKind::Timer) {
        return Some("tracing progs cannot use bpf_timer yet");
    }
    if is_tracing && has(FieldKind::WorkQueue) {
        return Some("tracing progs cannot use bpf_wq yet");
    }
    if map.kind == MapKind::STRUCT_OPS {
        return Some("bpf_struct_ops map cannot be used in prog");
    }
    let known = if old { &SLEEPABLE_MAPS[..SLEEPABLE_MAPS_6_1] } else { &SLEEPABLE_MAPS[..] };
    if program.is_sleepable() && !known.contains(&map.kind) {
        return Some(match old {
            true => "Sleepable programs can only use array, hash, and ringbuf maps",
            false => "Sleepable programs can only use array, hash, ringbuf and local storage maps",
        });
    }
    None
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
        MapKind::ARENA if u64::from(off) <= u64::from(map.max_entries) * PAGE_SIZE => Ok(()),
        MapKind::ARENA => Err(Fault::DirectOutside { value_size: map.value_size, off }.into()),
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
            mode::ATOMIC => !is_byte_or_half || rules.orders_accesses,
            _ => false,
        },
        _ => false,
    }
}
