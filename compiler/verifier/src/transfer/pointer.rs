//! Arithmetic on pointers.

use gobpf_bpf::insn::AluOp;

use crate::bounds::Bounds;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, Fault};
use crate::state::{Base, Kind, MAX_OFFSET, Reg, flag};
use crate::tnum::Tnum;
use crate::transfer::assign;

/// `dst = pointer op number`, or where not `pointer_is_dst`, `dst = number op pointer`.
pub(super) fn arithmetic(
    m: &mut Machine<'_>,
    dst: u8,
    op: AluOp,
    narrow: bool,
    pointer: &Reg,
    number: &Reg,
    pointer_is_dst: bool,
) -> Checked {
    let by = &number.bounds;
    let contradicts = by.as_const().is_some() && (by.smin != by.smax || by.umin != by.umax);
    if contradicts || by.smin > by.smax || by.umin > by.umax {
        assign(m, dst, Reg::unknown());
        return Ok(());
    }
    if narrow {
        if op != AluOp::Sub {
            return Err(Fault::Alu32OnPointer { reg: dst }.into());
        }
        assign(m, dst, Reg::unknown());
        return Ok(());
    }
    if m.rules.follows_any_pointer && pointer.kind.base == Base::Mem && pointer.kind.has(flag::UNTRUSTED) {
        // It is read through probes wherever it points, so that offsets are not followed.
        return Ok(());
    }
    check_kind(dst, op, pointer, by, !m.rules.v4)?;
    check_offset(number, pointer.kind)?;
    check_offset(pointer, pointer.kind)?;
    let mut result = *pointer;
    if !pointer_is_dst && m.rules.dialect == Dialect::V6_18 {
        // This kernel takes over what the pointer is, but leaves what the number's register has beside that: whose stack,
        // and which reference. The others have that from a later correction.
        (result.frame, result.ref_obj) = (0, 0);
    }
    result.bounds.forget_ranges32();
    let moved = match op {
        AluOp::Add => add(&mut result, pointer, by),
        AluOp::Sub => {
            if !pointer_is_dst {
                return Err(Fault::PointerFromScalar { reg: dst }.into());
            }
            if pointer.kind == Kind::STACK {
                return Err(Fault::SubtractFromStack { reg: dst }.into());
            }
            subtract(&mut result, pointer, by)
        }
        AluOp::And | AluOp::Or | AluOp::Xor => return Err(Fault::BitwiseOnPointer { reg: dst, op }.into()),
        _ => return Err(Fault::OperatorOnPointer { reg: dst, op }.into()),
    };
    if moved && pointer.kind.is_packet() {
        result.id = m.fresh_id();
        // What was proven of the packet holds for smaller offsets only.
        if op == AluOp::Add || by.smin < 0 {
            result.range = 0;
        }
    }
    check_offset(&result, pointer.kind)?;
    result.bounds.sync(m.rules.deduction);
    let born = if moved { m.insn } else { pointer.born };
    assign(m, dst, result);
    m.state.reg_mut(dst).born = born;
    Ok(())
}

fn check_kind(dst: u8, op: AluOp, pointer: &Reg, by: &Bounds, is_old: bool) -> Checked {
    let error = Err(Fault::ArithmeticOn { reg: dst, kind: pointer.kind }.into());
    if pointer.kind.may_be_null() {
        return Err(Fault::ArithmeticOnNullable { reg: dst, kind: pointer.kind }.into());
    }
    match pointer.kind.base {
        Base::FlowKeys if by.as_const().is_some() => Ok(()),
        Base::Map | Base::FlowKeys if by.as_const() == Some(0) && op == AluOp::Add => Ok(()),
        Base::Map | Base::FlowKeys | Base::PacketEnd => error,
        Base::Socket | Base::SockCommon | Base::TcpSock | Base::XdpSock => error,
        Base::Arena if !is_old => error,
        _ => Ok(()),
    }
}

/// Adds to the fixed part of the offset where possible, else to the variable one; says whether it was that.
fn add(result: &mut Reg, pointer: &Reg, by: &Bounds) -> bool {
    let fixed = by.as_const().and_then(|_| i64::from(pointer.off).checked_add(by.smin));
    if let Some(off) = fixed.and_then(|off| i32::try_from(off).ok()) {
        result.off = off;
        return false;
    }
    let (old, new) = (&pointer.bounds, &mut result.bounds);
    (new.smin, new.smax) = match (old.smin.checked_add(by.smin), old.smax.checked_add(by.smax)) {
        (Some(min), Some(max)) => (min, max),
        _ => (i64::MIN, i64::MAX),
    };
    (new.umin, new.umax) = match (old.umin.checked_add(by.umin), old.umax.checked_add(by.umax)) {
        (Some(min), Some(max)) => (min, max),
        _ => (0, u64::MAX),
    };
    new.tnum = old.tnum.add(by.tnum);
    true
}

fn subtract(result: &mut Reg, pointer: &Reg, by: &Bounds) -> bool {
    let fixed = by.as_const().and_then(|_| i64::from(pointer.off).checked_sub(by.smin));
    if let Some(off) = fixed.and_then(|off| i32::try_from(off).ok()) {
        result.off = off;
        return false;
    }
    let (old, new) = (&pointer.bounds, &mut result.bounds);
    (new.smin, new.smax) = match (old.smin.checked_sub(by.smax), old.smax.checked_sub(by.smin)) {
        (Some(min), Some(max)) => (min, max),
        _ => (i64::MIN, i64::MAX),
    };
    (new.umin, new.umax) =
        if old.umin < by.umax { (0, u64::MAX) } else { (old.umin - by.umax, old.umax.wrapping_sub(by.umin)) };
    new.tnum = old.tnum.sub(by.tnum);
    true
}

/// `check_reg_sane_offset`: neither part of an offset may come near the end of the address space.
fn check_offset(reg: &Reg, kind: Kind) -> Checked {
    let too_far = |value: i64| value >= MAX_OFFSET || value <= -MAX_OFFSET;
    let Tnum { value, .. } = reg.bounds.tnum;
    if reg.bounds.as_const().is_some() && too_far(value as i64) {
        return Err(Fault::MathByConstant { kind, value: value as i64 }.into());
    }
    if too_far(i64::from(reg.off)) {
        return Err(Fault::PointerOffset { kind, off: reg.off }.into());
    }
    if reg.bounds.smin == i64::MIN {
        return Err(Fault::UnboundedMath { kind }.into());
    }
    if too_far(reg.bounds.smin) {
        return Err(Fault::ValueOutOfBounds { kind, value: reg.bounds.smin }.into());
    }
    Ok(())
}
