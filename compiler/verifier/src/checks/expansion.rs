//! How many instructions the kernel makes of one after all paths were followed: what comes after it moves.
//!
//! Facts of 6.18 on x86-64, which alone says where something is then. Programs are loaded by somebody who may do anything,
//! so that nothing is masked.

use gobpf_bpf::insn::{self, AluOp, SOURCE_REG, Size, class, mode, pseudo};
use gobpf_bpf::tables::{AttachType, Context, ContextAccess, Helper, Layout, MapKind, ProgramKind};
use gobpf_bpf::{Insn, MapId};

use crate::checks::context;
use crate::checks::encoding::MAY_GOTO;
use crate::checks::helpers::id;
use crate::explore::Machine;
use crate::state::Base;

/// What paths showed of a call that decides what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Called {
    /// Nothing yet.
    #[default]
    Never,
    /// A lookup in this map.
    Map(MapId),
    /// A loop over this function, without flags.
    Loop(u32),
    /// Different things on different paths, or what decides nothing.
    Various,
}

/// Slots that `bpf_loop` with a known function takes (`inline_bpf_loop`), and which of them calls the function.
pub(crate) const LOOP_SLOTS: usize = 19;
pub(crate) const LOOP_CALL: usize = 12;
/// Slots that set up the count of `may_goto` at the start of a function.
pub(crate) const MAY_GOTO_START: u32 = 2;
/// Slots before the first instruction of a traffic filter that writes to packets: they make the packet its own.
pub(crate) const UNCLONE_START: u32 = 10;

/// `map_flags` of what is only ever found in other maps.
const INNER_MAP: u32 = 1 << 12;
/// Constant flag of [`Insn::off`]: the division is of signed numbers.
const SIGNED: i16 = 1;

/// Slots that calls of helpers take beside one.
const HELPERS: &[(&str, u32)] = &[
    ("timer_set_callback", 2),
    ("sk_storage_get", 1),
    ("inode_storage_get", 1),
    ("task_storage_get", 1),
    ("cgrp_storage_get", 1),
    ("jiffies64", 2),
    ("get_smp_processor_id", 2),
    ("get_branch_snapshot", 10),
    ("kptr_xchg", 1),
];

/// The same of functions of the kernel.
const KFUNCS: &[(&str, u32)] = &[
    ("bpf_obj_new_impl", 3),
    ("bpf_percpu_obj_new_impl", 3),
    ("bpf_obj_drop_impl", 2),
    ("bpf_percpu_obj_drop_impl", 2),
    ("bpf_refcount_acquire_impl", 2),
    ("bpf_list_push_front_impl", 3),
    ("bpf_list_push_back_impl", 3),
    ("bpf_rbtree_add_impl", 3),
    ("bpf_wq_set_callback_impl", 2),
    ("bpf_stream_vprintk_impl", 2),
    ("bpf_task_work_schedule_signal_impl", 2),
    ("bpf_task_work_schedule_resume_impl", 2),
];

/// The same of lookups, which are done in place (`map_gen_lookup`).
const LOOKUPS: &[(MapKind, u32)] = &[
    (MapKind::HASH, 2),
    (MapKind::ARRAY, 6),
    (MapKind::PERCPU_HASH, 4),
    (MapKind::PERCPU_ARRAY, 8),
    (MapKind::LRU_HASH, 5),
    (MapKind::ARRAY_OF_MAPS, 8),
    (MapKind::HASH_OF_MAPS, 3),
    (MapKind::XSKMAP, 7),
];

/// Slots that the instruction at `at` takes beside one.
pub(crate) fn of(m: &Machine<'_>, at: usize) -> u32 {
    let Some(insn) = m.insns.get(at).copied() else { return 0 };
    match insn.class() {
        class::ALU | class::ALU64 => of_division(insn),
        class::LD => match insn.code & 0xe0 {
            mode::ABS => 5,
            mode::IND => 5 + u32::from(insn.imm != 0),
            _ => 0,
        },
        class::LDX | class::ST | class::STX => of_access(m, at, insn),
        _ if insn.code == MAY_GOTO => 6,
        _ if insn.code != insn::CALL => 0,
        _ if insn.src == pseudo::KFUNC_CALL => {
            m.kfuncs.get(&(at as u32)).map_or(0, |name| found(KFUNCS, name.as_str()))
        }
        _ if insn.src == 0 => of_helper(m, at, insn.imm as u32),
        _ => 0,
    }
}

fn found<T: PartialEq + Copy>(rows: &[(T, u32)], key: T) -> u32 {
    rows.iter().find(|(known, _)| *known == key).map_or(0, |(_, count)| *count)
}

/// Accesses to contexts, and reads of sockets, are to what the kernel itself has.
fn of_access(m: &Machine<'_>, at: usize, insn: Insn) -> u32 {
    let Some(kind) = m.pointer_kind(at) else { return 0 };
    let bytes = Size::of_code(insn.code).bytes();
    let write = insn.class() != class::LDX;
    let access = ContextAccess { offset: i64::from(insn.off), bytes, write };
    let made = match kind.base {
        Base::Context if context::is_rewritten(m.kind) => {
            Context::of(m.kind, m.program.attach).map_or(0, |context| context.expansion(m.kind, access))
        }
        Base::Socket | Base::SockCommon => Layout::SOCK.expansion(access.offset, bytes),
        _ => return 0,
    };
    let extends = insn.class() == class::LDX && insn.code & 0xe0 == mode::MEMSX;
    made + u32::from(extends)
}

/// Divisions by a register must not be by zero, and not of the smallest number by -1.
fn of_division(insn: Insn) -> u32 {
    let is_wide = insn.class() == class::ALU64;
    if insn.code & SOURCE_REG == 0 {
        return 0;
    }
    match (AluOp::of_code(insn.code), insn.off == SIGNED) {
        (Some(AluOp::Div), false) => 3,
        (Some(AluOp::Div), true) => 7,
        (Some(AluOp::Mod), false) => {
            if is_wide {
                1
            } else {
                3
            }
        }
        (Some(AluOp::Mod), true) => {
            if is_wide {
                6
            } else {
                8
            }
        }
        _ => 0,
    }
}

fn of_helper(m: &Machine<'_>, at: usize, number: u32) -> u32 {
    let Some(helper) = Helper::by_id(number) else { return 0 };
    let tracing = m.kind == ProgramKind::TRACING;
    match helper.name {
        "map_lookup_elem" => match m.called.get(at) {
            Some(Called::Map(map)) => of_lookup(m, *map),
            _ => 0,
        },
        "get_func_arg" if tracing => 8,
        "get_func_ret" if tracing => {
            let returns = [AttachType::TRACE_FEXIT, AttachType::MODIFY_RETURN];
            if returns.contains(&m.program.attach) { 5 } else { 0 }
        }
        name => found(HELPERS, name),
    }
}

fn of_lookup(m: &Machine<'_>, map: MapId) -> u32 {
    let Some(map) = m.object.maps.get(map.0 as usize) else { return 0 };
    if map.flags & INNER_MAP != 0 && matches!(map.kind, MapKind::ARRAY | MapKind::PERCPU_ARRAY) {
        return 0;
    }
    found(LOOKUPS, map.kind)
}

impl Machine<'_> {
    /// Remembers what the current call does on this path.
    pub fn note_called(&mut self, what: Called) {
        if let Some(known) = self.called.get_mut(self.insn as usize) {
            *known = if *known == Called::Never || *known == what { what } else { Called::Various };
        }
    }
}

/// A lookup in `map` shows what it will be replaced by.
pub(crate) fn note_lookup(m: &mut Machine<'_>, number: u32, map: Option<MapId>) {
    if let (id::MAP_LOOKUP_ELEM, Some(map)) = (number, map) {
        m.note_called(Called::Map(map));
    }
}

/// `update_loop_inline_state`: as long as all paths call `function` without flags, that there are none matters.
pub(crate) fn note_loop(m: &mut Machine<'_>, function: u32) {
    let known = m.called.get(m.insn as usize).copied().unwrap_or_default();
    if known == Called::Various {
        return;
    }
    let plain = m.state.reg(4).is_null();
    if plain {
        // The kernel goes on where it can't trace the number back.
        let _ = m.need_precise(4);
    }
    m.note_called(if plain { Called::Loop(function) } else { Called::Various });
}
