//! Open-coded iterators: their slots on the stack, and their turns.

use gobpf_btf::{Kind as BtfKind, Types};

use crate::checks::kfuncs::{Call, kf};
use crate::checks::memory::{self, Request};
use crate::checks::references;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault, KernelFault, Stop};
use crate::state::{Byte, Extra, IterState, Kind, Place, Reg, flag};
use crate::transfer::assign;

/// Bytes of a stack slot.
const SLOT_BYTES: i64 = crate::state::SLOT_BYTES as i64;

/// Where an iterator, or something else in stack slots, is: none where the stack was never touched there.
pub(super) fn spot(
    m: &Machine<'_>,
    pointer: &Reg,
    slots: usize,
    what: &'static str,
) -> Checked<Option<usize>> {
    let Some(variable) = pointer.bounds.as_const() else {
        return Err(HelperFault::ObjectNotConstant { what }.into());
    };
    let off = i64::from(pointer.off).wrapping_add(variable as i64);
    // Rounded towards zero, so that what is right above the stack counts as its first slot.
    let slot = (-off - 1) / SLOT_BYTES;
    let slots = slots as i64;
    if off % SLOT_BYTES != 0 || slot + 1 < slots {
        return Err(HelperFault::ObjectAtOffset { what, off }.into());
    }
    let is_there = slot + 1 - slots >= 0 && slot < m.state.frame(pointer.frame).stack.len() as i64;
    Ok(is_there.then_some(slot as usize))
}

/// The message `last` follows another.
pub(super) fn then<T>(checked: Checked<T>, last: Fault) -> Checked<T> {
    checked.map_err(|stop| match stop {
        Stop::Fault(fault) => Fault::Then(Box::new(fault), Box::new(last)).into(),
        stop => stop,
    })
}

/// `process_iter_arg`: argument `number` is an iterator of the struct `name`.
pub(super) fn argument(m: &mut Machine<'_>, call: &mut Call, number: usize, name: &str) -> Checked {
    let reg = number as u8 + 1;
    let pointer = *m.state.reg(reg);
    if pointer.kind != Kind::STACK {
        return Err(KernelFault::NotStackIterator { number }.into());
    }
    let what = name.strip_prefix("bpf_iter_").unwrap_or(name).to_owned();
    let kernel = m.kernel()?;
    let ty = kernel.find(name, BtfKind::Struct);
    let Some((btf, size)) = ty.and_then(|ty| Some((ty.0, kernel.size_of(ty)?))) else {
        return Err(Stop::feature(format!("struct {name}, which the kernel types don't have")));
    };
    let slots = (size / 8) as usize;
    if call.kfunc.has(kf::ITER_NEW) {
        return make(m, call, &pointer, reg, number, what, btf, slots);
    }
    let wrong = KernelFault::IteratorNotInitialised { what, number };
    let Some(slot) = then(spot(m, &pointer, slots, "iter"), Fault::Kernel(wrong.clone()))? else {
        return Err(wrong.into());
    };
    let stack = &m.state.frame(pointer.frame).stack;
    for index in 0..slots {
        let Some(entry) = stack.get(slot - index) else { return Err(wrong.into()) };
        if entry.spilled.kind.has(flag::UNTRUSTED) {
            return Err(KernelFault::IteratorOutsideRcu { name: call.kfunc.name.into() }.into());
        }
        let is_it = matches!(entry.spilled.extra, Extra::Iter { btf: known, .. } if known == btf);
        let whole = entry.bytes.iter().all(|byte| *byte == Byte::Iter);
        if (index == 0) != (entry.spilled.ref_obj != 0) || !is_it || !whole {
            return Err(wrong.into());
        }
    }
    call.reference = stack.get(slot).map_or(0, |entry| entry.spilled.ref_obj);
    call.iterator = Some((pointer.frame, slot));
    for index in 0..slots {
        m.mark_read(Place::Slot(pointer.frame, slot - index));
    }
    if call.kfunc.has(kf::ITER_DESTROY) {
        references::release(m, call.reference);
        for index in 0..slots {
            if let Some(entry) = m.state.frame_mut(pointer.frame).stack.get_mut(slot - index) {
                entry.bytes = [Byte::Invalid; 8];
                entry.spilled.copy_from(&Reg::NOT_INIT);
            }
            m.mark_slot_written(pointer.frame, slot - index);
        }
    }
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn make(
    m: &mut Machine<'_>,
    call: &Call,
    pointer: &Reg,
    reg: u8,
    number: usize,
    what: String,
    btf: u32,
    slots: usize,
) -> Checked {
    let wrong = KernelFault::IteratorUsed { what, number };
    if let Some(slot) = then(spot(m, pointer, slots, "iter"), Fault::Kernel(wrong.clone()))? {
        let stack = &m.state.frame(pointer.frame).stack;
        let is_used = (0..slots).any(|index| {
            stack.get(slot.wrapping_sub(index)).is_some_and(|entry| entry.bytes.contains(&Byte::Iter))
        });
        if is_used {
            return Err(wrong.into());
        }
    }
    for index in 0..slots {
        memory::access(m, Request::write_word(reg, 8 * index as i32))?;
    }
    let Some(slot) = spot(m, pointer, slots, "iter")? else { return Ok(()) };
    let reference = references::acquire(m);
    let mut kind = Kind::STACK;
    if call.kfunc.has(kf::RCU_PROTECTED) {
        kind = kind.with(if m.in_rcu() { flag::RCU } else { flag::UNTRUSTED });
    }
    for index in 0..slots {
        if let Some(entry) = m.state.frame_mut(pointer.frame).stack.get_mut(slot - index) {
            entry.bytes = [Byte::Iter; 8];
            let extra = Extra::Iter { btf, state: IterState::Active, depth: 0 };
            let ref_obj = if index == 0 { reference } else { 0 };
            entry.spilled.copy_from(&Reg { extra, ref_obj, ..Reg::pointer(kind) });
        }
        m.mark_slot_written(pointer.frame, slot - index);
    }
    Ok(())
}

/// Whether the iterator of the call is protected by RCU.
pub(super) fn is_protected(m: &Machine<'_>, call: &Call) -> bool {
    call.iterator.is_some_and(|(frame, slot)| {
        m.state.frame(frame).stack.get(slot).is_some_and(|entry| entry.spilled.kind.has(flag::RCU))
    })
}

/// `process_iter_next_call`: there may be more, or not.
pub(super) fn next(m: &mut Machine<'_>, call: &Call) -> Checked {
    let Some((frame, slot)) = call.iterator else { return Ok(()) };
    let extra = m.state.frame(frame).stack.get(slot).map(|entry| entry.spilled.extra);
    if let Some(Extra::Iter { btf, state: IterState::Active, depth }) = extra {
        let mut more = m.state.clone();
        if let Some(entry) = more.frame_mut(frame).stack.get_mut(slot) {
            entry.spilled.extra = Extra::Iter { btf, state: IterState::Active, depth: depth + 1 };
        }
        let insn = m.insn;
        m.widen(&mut more, insn, true);
        let result = more.reg_mut(0);
        result.kind = result.kind.without(flag::OR_NULL);
        m.push(insn + 1, more)?;
    }
    if let Some(entry) = m.state.frame_mut(frame).stack.get_mut(slot)
        && let Extra::Iter { btf, depth, .. } = entry.spilled.extra
    {
        entry.spilled.extra = Extra::Iter { btf, state: IterState::Drained, depth };
    }
    assign(m, 0, Reg::constant(0));
    Ok(())
}
