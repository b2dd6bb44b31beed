//! Loads and stores on the stack.

use crate::checks::memory::Request;
use crate::checks::{dynptr, stack_range};
use crate::dialect::Backtracking;
use crate::explore::{Machine, Note};
use crate::fault::{Access, Accessor, Checked, Fault, StackAccess};
use crate::state::{Byte, Kind, MAX_OFFSET, MAX_STACK, Place, Reg, SLOT_BYTES, Slot, slot_of};
use crate::transfer::{assign, link_source};

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let bytes = i64::from(request.bytes);
    check_bounds(m, request.base, base, off, bytes, request.access, Accessor::Direct)?;
    let fixed = base.bounds.as_const().map(|variable| off.wrapping_add(variable as i64));
    match (request.access, fixed) {
        (Access::Write, Some(off)) => write_fixed(m, base, request, off),
        (Access::Write, None) => write_variable(m, base, request, off),
        (Access::Read, Some(off)) => read_fixed(m, base, request, off),
        (Access::Read, None) => read_variable(m, base, request, off),
    }
}

/// `check_stack_access_within_bounds`: within 512 bytes; the stack grows as deep as the access.
pub(crate) fn check_bounds(
    m: &mut Machine<'_>,
    reg: u8,
    base: &Reg,
    off: i64,
    bytes: i64,
    access: Access,
    accessor: Accessor,
) -> Checked {
    let constant = base.bounds.as_const();
    let variable = constant.is_none().then_some(base.bounds.tnum);
    let report = StackAccess { reg, off, bytes, variable, access, accessor };
    let (min, max) = match constant {
        Some(value) => {
            let at = (value as i64).wrapping_add(off);
            (at, at.wrapping_add(bytes))
        }
        None => {
            if base.bounds.smax >= MAX_OFFSET || base.bounds.smin <= -MAX_OFFSET {
                return Err(Fault::StackUnbounded(report).into());
            }
            (base.bounds.smin + off, base.bounds.smax + off + bytes)
        }
    };
    let limit = i64::from(MAX_STACK);
    if min < -limit || min > -1 || max > 0 || bytes < 0 {
        return Err(Fault::StackBounds(report).into());
    }
    let slots = min.unsigned_abs().div_ceil(SLOT_BYTES as u64) as usize;
    let frame = m.state.frame_mut(base.frame);
    if frame.stack.len() < slots {
        frame.stack.resize(slots, Slot::EMPTY);
        let function = frame.subprogram as usize;
        if let Some(function) = m.functions.get_mut(function) {
            function.stack_bytes = function.stack_bytes.max(slots as u32 * SLOT_BYTES as u32);
        }
    }
    Ok(())
}

/// `check_stack_write_fixed_off`.
fn write_fixed(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let (slot, _) = slot_of(off);
    dynptr::destroy(m, base.frame, slot)?;
    let is_aligned = off % i64::from(SLOT_BYTES) == 0;
    let value = request.value.map(|reg| *m.state.reg(reg));
    let precise_spills = m.rules.precise_spills;
    let note = Note { slot: Some((base.frame, slot)), ..Note::default() };
    match (request.value, value) {
        (Some(reg), Some(value))
            if is_aligned && value.is_scalar() && spills_number(&value, precise_spills) =>
        {
            if !precise_spills && request.base != crate::state::FP {
                m.need_precise(reg)?;
            }
            let fits = value.bounds.width() <= request.bytes * 8;
            if fits && precise_spills {
                link_source(m, reg);
            }
            let mut spilled = *m.state.reg(reg);
            if !fits {
                spilled.id = 0;
            }
            spill(m, base.frame, slot, &spilled, request.bytes);
        }
        (None, None) if is_aligned && request.constant.is_some_and(|imm| precise_spills || imm != 0) => {
            let constant = i64::from(request.constant.unwrap_or(0)) as u64;
            let born = m.insn;
            spill(m, base.frame, slot, &Reg { born, ..Reg::constant(constant) }, request.bytes);
        }
        (Some(_), Some(value)) if value.kind.is_spillable() => {
            if request.bytes != 8 {
                return Err(Fault::SpillSize.into());
            }
            if base.frame != m.state.current() && value.kind == Kind::STACK {
                return Err(Fault::SpillToCaller.into());
            }
            spill(m, base.frame, slot, &value, request.bytes);
        }
        _ => return write_bytes(m, base, request, off, value.as_ref()),
    }
    if m.rules.backtracking == Backtracking::Recorded {
        m.note(note, Vec::new());
    }
    Ok(())
}

/// Whether the kernel keeps an aligned number that is stored, and not only that something is there.
fn spills_number(value: &Reg, precise_spills: bool) -> bool {
    precise_spills || (!value.bounds.is_unknown() && !value.is_null())
}

/// `save_register_state`.
fn spill(m: &mut Machine<'_>, frame: u8, slot: usize, value: &Reg, bytes: u32) {
    let keeps_known = m.rules.precise_spills;
    if let Some(entry) = m.state.frame_mut(frame).stack.get_mut(slot) {
        entry.spilled.copy_from(value);
        let kept = entry.bytes.len() - bytes as usize;
        for (index, byte) in entry.bytes.iter_mut().enumerate() {
            if index >= kept {
                *byte = Byte::Spill;
            } else if *byte != Byte::Invalid && !(keeps_known && *byte == Byte::Zero) {
                *byte = Byte::Misc;
            }
        }
    }
    if bytes == 8 {
        m.mark_slot_written(frame, slot);
    }
}

/// Something is stored of which only is kept whether it is zero.
fn write_bytes(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64, value: Option<&Reg>) -> Checked {
    let (slot, first) = slot_of(off);
    let special_too = m.rules.precise_spills;
    if let Some(entry) = m.state.frame_mut(base.frame).stack.get_mut(slot) {
        overwrite(entry, special_too);
    }
    if request.bytes == 8 {
        m.mark_slot_written(base.frame, slot);
    }
    let is_zero = value.map_or(request.constant == Some(0), Reg::is_null);
    if let (true, Some(reg)) = (is_zero, request.value) {
        m.need_precise(reg)?;
    }
    if let Some(entry) = m.state.frame_mut(base.frame).stack.get_mut(slot) {
        let byte = if is_zero { Byte::Zero } else { Byte::Misc };
        for index in 0..request.bytes as usize {
            entry.bytes[(first + entry.bytes.len() - index) % entry.bytes.len()] = byte;
        }
    }
    Ok(())
}

/// A register that was spilled here is gone, and so is a dynptr or iterator, which 6.1 does not look for.
fn overwrite(slot: &mut Slot, special_too: bool) {
    slot.spilled.kind = Kind::NOT_INIT;
    let is_special = special_too && matches!(slot.bytes[7], Byte::Dynptr | Byte::Iter | Byte::Irq);
    if slot.is_spill() || is_special {
        slot.scrub();
    }
}

/// `check_stack_write_var_off`: every byte that may be written is something now.
fn write_variable(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let min = base.bounds.smin + off;
    let max = base.bounds.smax + off + i64::from(request.bytes);
    let value = request.value.map(|reg| *m.state.reg(reg));
    let constant_zero = m.rules.v4 && request.constant == Some(0);
    let is_zero = value.as_ref().map_or(constant_zero, Reg::is_null);
    let keeps_zero_spills = m.rules.precise_spills;
    let mut used_zero = false;
    for at in min..max {
        dynptr::destroy(m, base.frame, slot_of(at).0)?;
    }
    for at in min..max {
        let (slot, index) = slot_of(at);
        let Some(entry) = m.state.frame_mut(base.frame).stack.get_mut(slot) else { continue };
        let byte = entry.bytes[index];
        if is_zero
            && keeps_zero_spills
            && byte == Byte::Spill
            && entry.is_scalar_spill()
            && entry.spilled.is_null()
        {
            used_zero = true;
            continue;
        }
        if keeps_zero_spills {
            overwrite(entry, false);
        } else {
            entry.spilled.kind = Kind::NOT_INIT;
        }
        let stays_zero = is_zero && byte == Byte::Zero;
        used_zero |= stays_zero;
        entry.bytes[index] = if stays_zero { Byte::Zero } else { Byte::Misc };
    }
    match request.value {
        Some(reg) if used_zero => m.need_precise(reg),
        _ => Ok(()),
    }
}

/// `check_stack_read_fixed_off`.
fn read_fixed(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let (slot, first) = slot_of(off);
    let Some(entry) = m.state.frame(base.frame).stack.get(slot).copied() else {
        return Err(Fault::StackUninitialised { off, at: 0, bytes: i64::from(request.bytes) }.into());
    };
    if entry.is_spill() {
        return read_spill(m, base, request, off, slot, first, &entry);
    }
    // Bytes of a register whose lowest byte was overwritten can't be read, nor can dynptrs and what else the kernel keeps.
    let bytes = request.bytes as usize;
    let is_hidden = |byte: Byte| !matches!(byte, Byte::Invalid | Byte::Misc | Byte::Zero);
    let cut = (0..bytes).position(|index| is_hidden(entry.bytes[(first + 8 - index) % 8]));
    if let Some(at) = cut {
        return Err(Fault::StackUninitialised { off, at: at as i64, bytes: bytes as i64 }.into());
    }
    m.mark_read(Place::Slot(base.frame, slot));
    if let Some(value) = request.value {
        load_bytes(m, base.frame, value, off, off + i64::from(request.bytes));
    }
    Ok(())
}

fn read_spill(
    m: &mut Machine<'_>,
    base: &Reg,
    request: &Request,
    off: i64,
    slot: usize,
    first: usize,
    entry: &Slot,
) -> Checked {
    let spilled = entry.spilled_bytes();
    let is_whole = request.bytes == 8 && spilled == 8;
    if !is_whole && !entry.spilled.is_scalar() {
        return Err(Fault::FillSize.into());
    }
    m.mark_read(Place::Slot(base.frame, slot));
    let Some(value) = request.value else { return Ok(()) };
    let is_exact = if m.rules.precise_spills { request.bytes <= spilled } else { request.bytes == spilled };
    let mut reads_number = true;
    if is_whole || (is_exact && off % i64::from(SLOT_BYTES) == 0) {
        let reg = m.state.reg_mut(value);
        reg.copy_from(&entry.spilled);
        if !is_whole && m.rules.precise_spills && reg.bounds.width() > request.bytes * 8 {
            reg.unlink();
        }
    } else {
        let bytes = (0..request.bytes as usize).map(|index| entry.bytes[(first + 8 - index) % 8]);
        let count = |kind: Byte| bytes.clone().filter(|byte| *byte == kind).count() == request.bytes as usize;
        if !m.rules.precise_spills
            && let Some(at) = bytes.clone().position(|byte| byte == Byte::Zero)
        {
            let bytes = i64::from(request.bytes);
            return Err(Fault::StackUninitialised { off, at: at as i64, bytes }.into());
        }
        let is_zero_spill = count(Byte::Spill) && entry.spilled.is_null();
        let is_zero = m.rules.precise_spills && (is_zero_spill || count(Byte::Zero));
        assign(m, value, if is_zero { Reg::constant(0) } else { Reg::unknown() });
        reads_number = m.rules.precise_spills && is_zero_spill;
    }
    m.state.reg_mut(value).live.written = true;
    if reads_number && m.rules.backtracking == Backtracking::Recorded {
        m.note(Note { slot: Some((base.frame, slot)), ..Note::default() }, Vec::new());
    }
    Ok(())
}

/// `mark_reg_stack_read`: zero if all bytes are, otherwise some number.
fn load_bytes(m: &mut Machine<'_>, frame: u8, value: u8, min: i64, max: i64) {
    let is_zero = (min..max).all(|at| {
        let (slot, index) = slot_of(at);
        m.state.frame(frame).stack.get(slot).is_some_and(|slot| slot.bytes[index] == Byte::Zero)
    });
    let mut loaded = if is_zero { Reg::constant(0) } else { Reg::unknown() };
    loaded.precise = is_zero && m.rules.backtracking == Backtracking::FramePointer;
    assign(m, value, loaded);
    m.state.reg_mut(value).live.written = true;
}

fn read_variable(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let bytes = i64::from(request.bytes);
    if request.value.is_none() {
        return Err(Fault::VariableStackForHelper { tnum: base.bounds.tnum, off, bytes }.into());
    }
    stack_range::check(m, request.base, off, bytes, &mut stack_range::Use::direct_read())?;
    if let Some(value) = request.value {
        load_bytes(m, base.frame, value, base.bounds.smin + off, base.bounds.smax + off + bytes);
    }
    Ok(())
}
