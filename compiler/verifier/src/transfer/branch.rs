//! Conditional jumps: follow one side now, keep the other for later, and learn from the condition on both.

use std::sync::Arc;

use gobpf_bpf::insn::{JmpOp, SOURCE_REG, class};
use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Insn, Object};
use gobpf_btf::TypeId;

use crate::bounds::{self, Bounds};
use crate::checks::objects;
use crate::checks::operands::read_reg;
use crate::checks::records::{FieldKind, Record, Records};
use crate::checks::references;
use crate::dialect::{Backtracking, Deduction, Rules};
use crate::explore::{Machine, Next, Note};
use crate::fault::{Checked, Fault};
use crate::state::{Base, Extra, Kind, MAX_OFFSET, Place, Reg, State, flag};
use crate::transfer::{links, packet_compare};

/// The maps that pointers may point into.
struct Maps<'a> {
    object: &'a Object,
    records: &'a Records,
}

/// A comparison, taken apart.
struct Comparison {
    op: JmpOp,
    bits32: bool,
    dst: u8,
    /// The other register, if it is not a constant.
    src: Option<u8>,
    left: Reg,
    right: Reg,
}

pub(super) fn branch(m: &mut Machine<'_>, insn: Insn) -> Checked<Next> {
    let Some(op) = JmpOp::of_code(insn.code) else {
        return Err(Fault::InvalidJump { op: insn.code & 0xf0 }.into());
    };
    let is_reg = insn.code & SOURCE_REG != 0;
    read_reg(m, insn.dst)?;
    let unused = if is_reg { insn.imm } else { i32::from(insn.src) };
    if unused != 0 {
        return Err(Fault::ReservedFields { what: "BPF_JMP/JMP32" }.into());
    }
    if is_reg {
        read_reg(m, insn.src)?;
    }
    let comparison = Comparison {
        op,
        bits32: insn.class() == class::JMP32,
        dst: insn.dst,
        src: is_reg.then_some(insn.src),
        left: *m.state.reg(insn.dst),
        right: if is_reg { *m.state.reg(insn.src) } else { Reg::constant(i64::from(insn.imm) as u64) },
    };
    note_stack_operands(m, &comparison);
    let target = (i64::from(m.insn) + 1 + i64::from(insn.off)) as u32;
    if let Some(is_taken) = known_outcome(m, &comparison) {
        for (reg, number) in [(Some(comparison.dst), &comparison.left), (comparison.src, &comparison.right)] {
            if let (Some(reg), true) = (reg, number.is_scalar()) {
                m.need_precise(reg)?;
            }
        }
        return Ok(Next::Go(if is_taken { target } else { m.insn + 1 }));
    }
    fork(m, &comparison, target)?;
    Ok(Next::Go(m.insn + 1))
}

fn note_stack_operands(m: &mut Machine<'_>, comparison: &Comparison) {
    if m.rules.backtracking == Backtracking::FramePointer {
        return;
    }
    let note = Note {
        slot: None,
        dst_is_stack: comparison.left.kind == Kind::STACK,
        src_is_stack: comparison.right.kind == Kind::STACK,
    };
    if note != Note::default() {
        m.note(note, Vec::new());
    }
}

/// `is_branch_taken`.
fn known_outcome(m: &Machine<'_>, comparison: &Comparison) -> Option<bool> {
    let Comparison { op, bits32, left, right, .. } = comparison;
    let deduction = m.rules.deduction;
    let are_packets = left.kind.is_packet_any() && right.kind.is_packet_any() && !bits32;
    if deduction == Deduction::Simple {
        let is_const = if *bits32 { right.bounds.as_const32().is_some() } else { right.as_const().is_some() };
        if !right.is_scalar() || !is_const {
            return if are_packets { packet_compare::outcome(left, right, *op) } else { None };
        }
        if left.is_pointer() {
            let value =
                if *bits32 { u64::from(right.bounds.tnum.value as u32) } else { right.bounds.tnum.value };
            return null_outcome(left, value, *op, deduction);
        }
        return bounds::outcome(&left.bounds, &right.bounds, *op, *bits32, deduction);
    }
    if are_packets {
        return packet_compare::outcome(left, right, *op);
    }
    if left.is_pointer() || right.is_pointer() {
        let constant = |reg: &Reg| match bits32 {
            true if reg.is_scalar() => reg.bounds.as_const32().map(u64::from),
            true => None,
            false => reg.as_const(),
        };
        return match (constant(left), constant(right)) {
            (_, Some(value)) => null_outcome(left, value, *op, deduction),
            (Some(value), None) => null_outcome(right, value, op.swap(), deduction),
            _ => None,
        };
    }
    bounds::outcome(&left.bounds, &right.bounds, *op, *bits32, deduction)
}

/// A pointer that can't be null is not equal to zero.
fn null_outcome(pointer: &Reg, value: u64, op: JmpOp, deduction: Deduction) -> Option<bool> {
    if value != 0 || !is_not_null(pointer, deduction) {
        return None;
    }
    match op {
        JmpOp::Eq => Some(false),
        JmpOp::Ne => Some(true),
        _ => None,
    }
}

fn is_not_null(reg: &Reg, deduction: Deduction) -> bool {
    if reg.kind.may_be_null() {
        return false;
    }
    match deduction {
        Deduction::Simple => matches!(
            reg.kind,
            Kind::SOCKET | Kind::TCP_SOCK | Kind::MAP_VALUE | Kind::MAP_KEY | Kind::SOCK_COMMON
        ),
        Deduction::Mixed { .. } => {
            let near = reg.bounds.smin > -MAX_OFFSET && reg.bounds.smax < MAX_OFFSET;
            near && match reg.kind.base {
                Base::Socket | Base::TcpSock | Base::XdpSock | Base::SockCommon => true,
                Base::Buf | Base::MapValue | Base::MapKey | Base::Map => true,
                Base::Mem => !reg.kind.has(flag::UNTRUSTED),
                Base::BtfId => reg.is_trusted(),
                _ => false,
            }
        }
    }
}

/// Both sides may happen.
fn fork(m: &mut Machine<'_>, comparison: &Comparison, target: u32) -> Checked {
    let rules = m.rules;
    let Comparison { op, bits32, dst, src, left, right } = comparison;
    let mut linked = Vec::new();
    if rules.backtracking == Backtracking::Recorded {
        let ids: Vec<u32> = [src.map(|_| right), Some(left)]
            .into_iter()
            .flatten()
            .filter(|reg| reg.is_scalar() && reg.id != 0)
            .map(|reg| reg.id)
            .collect();
        let live: Vec<u16> = (0..=m.state.current())
            .map(|frame| m.live_registers_at(m.state.insn_of_frame(frame, m.insn)))
            .collect();
        linked = links::collect(&mut m.state, &ids, &live);
        if linked.len() > 1 {
            m.note(Note::default(), linked.clone());
        }
    }
    let mut taken = m.state.clone();
    if left.is_scalar() && right.is_scalar() {
        let same = *src == Some(*dst);
        let outcome = bounds::refine(&left.bounds, &right.bounds, *op, *bits32, same, rules);
        set(&mut m.state, *dst, *src, outcome.fallen);
        set(&mut taken, *dst, *src, outcome.taken);
    }
    for reg in
        [src.filter(|_| right.is_scalar()), Some(*dst).filter(|_| left.is_scalar())].into_iter().flatten()
    {
        for state in [&mut m.state, &mut taken] {
            if state.reg(reg).id == 0 {
                continue;
            }
            match rules.backtracking {
                Backtracking::Recorded => {
                    links::sync(state, Place::Reg(state.current(), reg), &linked, rules)
                }
                // 6.1 links what a comparison of two numbers, or of one with a constant, refined.
                Backtracking::FramePointer if *src != Some(reg) || left.is_scalar() => {
                    links::sync_equal(state, reg);
                }
                Backtracking::FramePointer => {}
            }
        }
    }
    learn_pointers(m, comparison, &mut taken);
    m.push(target, taken)
}

fn set(state: &mut State, dst: u8, src: Option<u8>, (left, right): (Bounds, Bounds)) {
    state.reg_mut(dst).bounds = left;
    if let Some(src) = src {
        state.reg_mut(src).bounds = right;
    }
}

/// What a comparison tells of pointers: not null, not past the packet's end.
fn learn_pointers(m: &mut Machine<'_>, comparison: &Comparison, taken: &mut State) {
    let Comparison { op, bits32, dst, src, left, right } = comparison;
    let deduction = m.rules.deduction;
    let whole_spills = deduction == Deduction::Simple;
    let records = Arc::clone(&m.records);
    let maps = Maps { object: m.object, records: &records };
    if *bits32 {
        return;
    }
    match src {
        Some(src) => {
            if deduction != Deduction::Simple && left.is_pointer() && right.is_pointer() {
                let equal = match op {
                    JmpOp::Eq => Some(&mut *taken),
                    JmpOp::Ne => Some(&mut m.state),
                    _ => None,
                };
                if let Some(state) = equal {
                    for (known, other, number) in [(left, right, *src), (right, left, *dst)] {
                        let maybe = other.kind.may_be_null() && other.kind.base != Base::BtfId;
                        if is_not_null(known, deduction) && known.kind.base != Base::BtfId && maybe {
                            not_null(state.reg_mut(number), &maps);
                        }
                    }
                }
            }
            packet_compare::learn(*dst, *src, *op, whole_spills, &mut m.state, taken);
        }
        None if right.is_null() && left.kind.may_be_null() => {
            let (null, not_null) = match op {
                JmpOp::Eq => (taken, &mut m.state),
                JmpOp::Ne => (&mut m.state, taken),
                _ => return,
            };
            if left.ref_obj != 0 && left.ref_obj == left.id {
                references::forget_in(null, left.id, m.rules);
            }
            let (id, rules) = (left.id, m.rules);
            settle(null, id, true, rules, &maps);
            settle(not_null, id, false, rules, &maps);
        }
        None => {}
    }
}

/// All copies of a result that may be null become null, or what they point to.
fn settle(state: &mut State, id: u32, is_null: bool, rules: &Rules, maps: &Maps<'_>) {
    for reg in state.values_mut(!rules.precise_spills) {
        if !reg.kind.may_be_null() || reg.id != id {
            continue;
        }
        if is_null {
            (reg.kind, reg.id, reg.ref_obj) = (Kind::SCALAR, 0, 0);
            continue;
        }
        not_null(reg, maps);
        if !has_lock(reg, maps) {
            reg.id = 0;
        }
    }
}

/// Whether the id still tells values apart, since each has a lock of its own.
fn has_lock(reg: &Reg, maps: &Maps<'_>) -> bool {
    let record = match reg.extra {
        Extra::Btf { id, own: true } if objects::is_allocated(reg.kind) => maps.records.own(TypeId(id)),
        _ => reg.map.filter(|_| reg.kind == Kind::MAP_VALUE).and_then(|map| maps.records.of(Some(map))),
    };
    record.is_some_and(Record::has_lock)
}

/// `mark_ptr_not_null_reg`.
fn not_null(reg: &mut Reg, maps: &Maps<'_>) {
    reg.kind = reg.kind.without(flag::OR_NULL);
    if reg.kind.base != Base::MapValue {
        return;
    }
    let Some(map) = reg.map.and_then(|map| maps.object.maps.get(map.0 as usize)) else { return };
    match map.kind {
        MapKind::XSKMAP => reg.kind = Kind::XDP_SOCK,
        MapKind::SOCKMAP | MapKind::SOCKHASH => reg.kind = Kind::SOCKET,
        MapKind::ARRAY_OF_MAPS | MapKind::HASH_OF_MAPS => {
            reg.kind = Kind::MAP;
            reg.map = map.inner;
            // The lookup tells the timers of inner maps apart.
            let later = [FieldKind::Timer, FieldKind::WorkQueue, FieldKind::TaskWork];
            let inner = maps.records.of(map.inner);
            if inner.is_some_and(|record| later.into_iter().any(|kind| record.has(kind))) {
                reg.map_uid = reg.id;
            }
        }
        _ => {}
    }
}
