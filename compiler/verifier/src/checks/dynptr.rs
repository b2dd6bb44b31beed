//! Dynptrs: two stack slots that only helpers may write.

use gobpf_bpf::tables::{Argument, Flags};

use crate::checks::helpers::Call;
use crate::checks::memory::{self, Request};
use crate::checks::{kfuncs, references};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault, KernelFault, Stop};
use crate::state::{Base, Byte, DynptrKind, Extra, Kind, Place, Reg, flag, slot_of};

/// What a pointer to a dynptr on the stack points to.
enum Spot {
    /// The slot of the dynptr's first half; the other is one less.
    Slot(usize),
    /// A place that was never touched.
    Unused,
}

fn is_old(m: &Machine<'_>) -> bool {
    m.rules.dialect == Dialect::V6_1
}

/// `dynptr_get_spi`.
fn spot(m: &Machine<'_>, pointer: &Reg) -> Checked<Spot> {
    let variable = if is_old(m) { Some(0) } else { pointer.bounds.as_const() };
    let Some(variable) = variable else {
        return Err(HelperFault::ObjectNotConstant { what: "dynptr" }.into());
    };
    let off = i64::from(pointer.off).wrapping_add(variable as i64);
    let slot = slot_of(off).0;
    if !is_old(m) && (off % 8 != 0 || off >= 0 || slot < 1) {
        return Err(HelperFault::ObjectAtOffset { what: "dynptr", off }.into());
    }
    let is_there = off < 0 && slot >= 1 && slot < m.state.frame(pointer.frame).stack.len();
    Ok(if is_there { Spot::Slot(slot) } else { Spot::Unused })
}

fn slot_kind(m: &Machine<'_>, frame: u8, slot: usize) -> Option<(DynptrKind, bool)> {
    match m.state.frame(frame).stack.get(slot)?.spilled.extra {
        Extra::Dynptr { kind, first } => Some((kind, first)),
        _ => None,
    }
}

/// A pointer passed on from a callback is one itself.
fn register(m: &Machine<'_>, reg: u8) -> Option<(DynptrKind, Reg)> {
    let value = *m.state.reg(reg);
    match (value.kind.base, value.extra) {
        (Base::Dynptr, Extra::Dynptr { kind, .. }) => Some((kind, value)),
        _ => {
            let Ok(Spot::Slot(slot)) = spot(m, &value) else { return None };
            let (kind, _) = slot_kind(m, value.frame, slot)?;
            Some((kind, m.state.frame(value.frame).stack.get(slot)?.spilled))
        }
    }
}

/// What the dynptr that `reg` points to is of.
pub(crate) fn kind_of(m: &Machine<'_>, reg: u8) -> Option<DynptrKind> {
    register(m, reg).map(|(kind, _)| kind)
}

/// The ids of the dynptr that `reg` points to, and of the reference that it holds.
pub(crate) fn ids(m: &Machine<'_>, reg: u8) -> (u32, u32) {
    register(m, reg).map_or((0, 0), |(_, value)| (value.id, value.ref_obj))
}

/// What a kind of argument makes or takes.
fn wanted(argument: &Argument) -> Option<DynptrKind> {
    if argument.has(Flags::DYNPTR_LOCAL) {
        Some(DynptrKind::Local)
    } else if argument.has(Flags::DYNPTR_RINGBUF) {
        Some(DynptrKind::Ringbuf)
    } else {
        None
    }
}

const fn word(kind: DynptrKind) -> &'static str {
    match kind {
        DynptrKind::Local => "local",
        DynptrKind::Ringbuf => "ringbuf",
        DynptrKind::Skb => "skb",
        DynptrKind::Xdp => "xdp",
        DynptrKind::SkbMeta => "skb_meta",
        DynptrKind::File => "file",
        DynptrKind::Invalid => "<unknown>",
    }
}

/// `process_dynptr_func`.
pub(crate) fn check(
    m: &mut Machine<'_>,
    call: &mut Call,
    reg: u8,
    value: &Reg,
    argument: &Argument,
) -> Checked {
    let is_const = value.kind.base == Base::Dynptr;
    if is_old(m) && is_const {
        return Ok(());
    }
    if argument.has(Flags::UNINIT) {
        return make(m, call, reg, value, argument);
    }
    if is_const && !argument.has(Flags::READ_ONLY) {
        return Err(HelperFault::DynptrConst.into());
    }
    let number = reg;
    if !is_const && !is_initialised(m, value, number)? {
        return Err(HelperFault::DynptrNotInitialised { argument: number }.into());
    }
    if let Some(wanted) = wanted(argument)
        && kind_of(m, reg) != Some(wanted)
    {
        return Err(HelperFault::DynptrKind { what: word(wanted), argument: number }.into());
    }
    if is_const || is_old(m) {
        return Ok(());
    }
    if let Spot::Slot(slot) = spot(m, value)? {
        m.mark_read(Place::Slot(value.frame, slot));
        m.mark_read(Place::Slot(value.frame, slot - 1));
    }
    Ok(())
}

fn is_initialised(m: &Machine<'_>, value: &Reg, argument: u8) -> Checked<bool> {
    let Spot::Slot(slot) = spot_then(m, value, HelperFault::DynptrNotInitialised { argument })? else {
        return Ok(false);
    };
    let stack = &m.state.frame(value.frame).stack;
    let whole = |slot: usize| stack[slot].bytes.iter().all(|byte| *byte == Byte::Dynptr);
    Ok(slot_kind(m, value.frame, slot).is_some_and(|(_, first)| first) && whole(slot) && whole(slot - 1))
}

/// Argument `number` of a function is a dynptr that was made before.
pub(crate) fn check_initialised(m: &mut Machine<'_>, number: usize) -> Checked {
    let reg = number as u8 + 1;
    let value = *m.state.reg(reg);
    let is_const = value.kind.base == Base::Dynptr;
    if value.kind != Kind::STACK && !is_const {
        return Err(KernelFault::NotDynptr { number }.into());
    }
    if is_const {
        return Ok(());
    }
    if !is_initialised(m, &value, reg)? {
        return Err(HelperFault::DynptrNotInitialised { argument: reg }.into());
    }
    if let Spot::Slot(slot) = spot(m, &value).unwrap_or(Spot::Unused) {
        m.mark_read(Place::Slot(value.frame, slot));
        m.mark_read(Place::Slot(value.frame, slot - 1));
    }
    Ok(())
}

/// A dynptr that is passed to a function of the kernel, or made by it.
pub(crate) fn kernel_argument(
    m: &mut Machine<'_>,
    call: &mut kfuncs::Call,
    number: usize,
    is_new: bool,
) -> Checked {
    let reg = number as u8 + 1;
    let value = *m.state.reg(reg);
    let is_const = value.kind.base == Base::Dynptr;
    if value.kind != Kind::STACK && !is_const {
        return Err(KernelFault::NotDynptr { number }.into());
    }
    if is_new {
        let kind = match call.kfunc.name {
            "bpf_dynptr_from_skb" => DynptrKind::Skb,
            "bpf_dynptr_from_xdp" => DynptrKind::Xdp,
            _ => call.dynptr.map_or(DynptrKind::Local, |(kind, _, _)| kind),
        };
        if is_const {
            return Err(HelperFault::DynptrNotUninitialised.into());
        }
        spot_then(m, &value, HelperFault::DynptrNotUninitialised)?;
        write(m, reg)?;
        let Spot::Slot(slot) = spot(m, &value)? else { return Ok(()) };
        destroy(m, value.frame, slot)?;
        destroy(m, value.frame, slot - 1)?;
        let cloned = call.dynptr.map_or(0, |(_, _, reference)| reference);
        return mark_as(m, &value, slot, kind, cloned);
    }
    check_initialised(m, number)?;
    let (id, reference) = ids(m, reg);
    call.dynptr = kind_of(m, reg).map(|kind| (kind, id, reference));
    Ok(())
}

/// Where the place itself is wrong, the kernel says so, and then what it wanted.
fn spot_then(m: &Machine<'_>, value: &Reg, then: HelperFault) -> Checked<Spot> {
    spot(m, value).map_err(|stop| match stop {
        Stop::Fault(fault) => Fault::Then(Box::new(fault), Box::new(then.into())).into(),
        stop => stop,
    })
}

/// A helper makes a dynptr.
fn make(m: &mut Machine<'_>, call: &mut Call, reg: u8, value: &Reg, argument: &Argument) -> Checked {
    if is_old(m) {
        if let Spot::Slot(slot) = spot(m, value)? {
            let stack = &m.state.frame(value.frame).stack;
            let any = |slot: usize| stack[slot].bytes.contains(&Byte::Dynptr);
            if any(slot) || any(slot - 1) {
                return Err(HelperFault::DynptrNotUninitialised.into());
            }
        }
        call.new_dynptr = Some(reg);
        return Ok(());
    }
    if value.kind.base == Base::Dynptr {
        return Err(HelperFault::DynptrNotUninitialised.into());
    }
    spot_then(m, value, HelperFault::DynptrNotUninitialised)?;
    write(m, reg)?;
    let Spot::Slot(slot) = spot(m, value)? else { return Ok(()) };
    destroy(m, value.frame, slot)?;
    destroy(m, value.frame, slot - 1)?;
    mark(m, value, slot, argument)
}

/// Bytes are written as an instruction would.
fn write(m: &mut Machine<'_>, reg: u8) -> Checked {
    for off in [0, 8] {
        memory::access(m, Request::write_word(reg, off))?;
    }
    Ok(())
}

/// In 6.1 the dynptr is made after all arguments were looked at.
pub(crate) fn make_old(m: &mut Machine<'_>, reg: u8, argument: &Argument) -> Checked {
    write(m, reg)?;
    let value = *m.state.reg(reg);
    match spot(m, &value)? {
        Spot::Slot(slot) => mark(m, &value, slot, argument),
        Spot::Unused => Err(HelperFault::SilentlyRefused.into()),
    }
}

fn mark(m: &mut Machine<'_>, pointer: &Reg, slot: usize, argument: &Argument) -> Checked {
    mark_as(m, pointer, slot, wanted(argument).unwrap_or(DynptrKind::Local), 0)
}

fn mark_as(m: &mut Machine<'_>, pointer: &Reg, slot: usize, kind: DynptrKind, cloned: u32) -> Checked {
    let id = if is_old(m) { 0 } else { m.fresh_id() };
    let is_counted = kind == DynptrKind::Ringbuf;
    let reference = match (is_counted, cloned) {
        (false, _) => 0,
        (true, 0) => references::acquire(m),
        (true, cloned) => cloned,
    };
    let insn = m.insn;
    for (slot, first) in [(slot, true), (slot - 1, false)] {
        if let Some(entry) = m.state.frame_mut(pointer.frame).stack.get_mut(slot) {
            entry.bytes = [Byte::Dynptr; 8];
            let base = Reg { id, ref_obj: reference, born: insn, ..Reg::pointer(Kind::DYNPTR) };
            let kind_now = if is_old_kind(is_counted, id) { Kind::NOT_INIT } else { Kind::DYNPTR };
            entry.spilled.copy_from(&Reg { kind: kind_now, extra: Extra::Dynptr { kind, first }, ..base });
        }
        m.mark_slot_written(pointer.frame, slot);
    }
    Ok(())
}

/// 6.1 leaves the register of the slot alone.
fn is_old_kind(_: bool, id: u32) -> bool {
    id == 0
}

/// `destroy_if_dynptr_stack_slot`: whoever writes to one half destroys both.
pub(crate) fn destroy(m: &mut Machine<'_>, frame: u8, slot: usize) -> Checked {
    let Some(entry) = m.state.frame(frame).stack.get(slot) else { return Ok(()) };
    let (Byte::Dynptr, Extra::Dynptr { kind, first }) = (entry.bytes[0], entry.spilled.extra) else {
        return Ok(());
    };
    if is_old(m) {
        return Ok(());
    }
    let slot = if first { slot } else { slot + 1 };
    if kind == DynptrKind::Ringbuf || kind == DynptrKind::File {
        return Err(HelperFault::DynptrOverwritten.into());
    }
    let id = m.state.frame(frame).stack.get(slot).map_or(0, |entry| entry.spilled.id);
    invalidate(m, frame, slot);
    let born = m.insn;
    for reg in m.state.values_mut(false) {
        let is_slice = reg.kind.without(flag::OR_NULL) == Kind::MEM;
        if is_slice && matches!(reg.extra, Extra::Mem { dynptr, .. } if dynptr == id) {
            reg.copy_from(&Reg { born, ..Reg::unknown() });
        }
    }
    Ok(())
}

fn invalidate(m: &mut Machine<'_>, frame: u8, slot: usize) {
    for slot in [slot, slot.saturating_sub(1)] {
        if let Some(entry) = m.state.frame_mut(frame).stack.get_mut(slot) {
            entry.bytes = [Byte::Invalid; 8];
            entry.spilled.copy_from(&Reg::NOT_INIT);
        }
        m.mark_slot_written(frame, slot);
    }
}

/// What is given back must be a dynptr that holds something.
pub(crate) fn check_released(m: &Machine<'_>, reg: u8, value: &Reg) -> Checked {
    if value.kind.base == Base::Dynptr {
        return Err(HelperFault::DynptrConstReleased.into());
    }
    let holds = match spot_then(m, value, HelperFault::DynptrUnacquired { argument: reg })? {
        Spot::Slot(slot) => {
            m.state.frame(value.frame).stack.get(slot).is_some_and(|slot| slot.spilled.ref_obj != 0)
        }
        Spot::Unused => false,
    };
    if holds { Ok(()) } else { Err(HelperFault::DynptrUnacquired { argument: reg }.into()) }
}

/// `unmark_stack_slots_dynptr`.
pub(crate) fn release(m: &mut Machine<'_>, reg: u8) -> Checked {
    let value = *m.state.reg(reg);
    let Spot::Slot(slot) = spot(m, &value)? else { return Ok(()) };
    let held = m.state.frame(value.frame).stack.get(slot).map_or(0, |slot| slot.spilled.ref_obj);
    if held == 0 {
        invalidate(m, value.frame, slot);
        return Ok(());
    }
    references::release(m, held);
    if is_old(m) {
        for slot in [slot, slot - 1] {
            if let Some(entry) = m.state.frame_mut(value.frame).stack.get_mut(slot) {
                entry.bytes = [Byte::Invalid; 8];
                (entry.spilled.extra, entry.spilled.ref_obj) = (Extra::None, 0);
            }
        }
        return Ok(());
    }
    let clones: Vec<usize> = m
        .state
        .frame(value.frame)
        .stack
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, slot)| slot.spilled.ref_obj == held)
        .filter(|(_, slot)| matches!(slot.spilled.extra, Extra::Dynptr { first: true, .. }))
        .map(|(index, _)| index)
        .collect();
    for slot in clones {
        invalidate(m, value.frame, slot);
    }
    Ok(())
}
