//! Arithmetic, moves and byte swaps.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{AluOp, SOURCE_REG, class};

use crate::bounds::{BinaryOp, Bounds};
use crate::checks::operands::{read_reg, write_reg};
use crate::explore::Machine;
use crate::fault::{Checked, Fault};
use crate::state::{Kind, Reg};
use crate::transfer::{assign, links, pointer};

/// `BPF_ADDR_SPACE_CAST`.
const ADDRESS_SPACE_CAST: i16 = 1;
/// Casts from an arena's address space to the kernel's, and back to that of user space.
const TO_ARENA: i32 = 1;
const TO_USER: i32 = 1 << 16;

pub(super) fn alu(m: &mut Machine<'_>, insn: Insn) -> Checked {
    let Some(op) = AluOp::of_code(insn.code) else {
        return Err(Fault::UnknownOpcode { code: insn.code }.into());
    };
    match op {
        AluOp::Neg | AluOp::End => unary(m, insn, op)?,
        AluOp::Mov => mov(m, insn)?,
        _ => binary(m, insn, op)?,
    }
    let deduction = m.rules.deduction;
    m.state.reg_mut(insn.dst).bounds.repair(deduction);
    Ok(())
}

fn is_narrow(insn: Insn) -> bool {
    insn.class() == class::ALU
}

fn unary(m: &mut Machine<'_>, insn: Insn, op: AluOp) -> Checked {
    let is_reg = insn.code & SOURCE_REG != 0;
    if op == AluOp::Neg && (is_reg || insn.src != 0 || insn.off != 0 || insn.imm != 0) {
        return Err(Fault::ReservedFields { what: "BPF_NEG" }.into());
    }
    let is_size = matches!(insn.imm, 16 | 32 | 64);
    if op == AluOp::End && (insn.src != 0 || insn.off != 0 || !is_size || (!is_narrow(insn) && is_reg)) {
        return Err(Fault::ReservedFields { what: "BPF_END" }.into());
    }
    read_reg(m, insn.dst)?;
    write_reg(m, insn.dst)?;
    if !m.rules.tracks_unary || m.state.reg(insn.dst).is_pointer() {
        assign(m, insn.dst, Reg::unknown());
        return Ok(());
    }
    // The machine is little-endian, so that only the other order, and the unconditional swap, change bytes.
    let swaps = op == AluOp::End && (is_reg || !is_narrow(insn));
    let rules = m.rules;
    let mut bounds = m.state.reg(insn.dst).bounds;
    if op == AluOp::Neg {
        bounds.negate(is_narrow(insn), rules);
    } else if swaps || insn.imm != 64 {
        bounds.reorder_bytes(insn.imm as u32, swaps, rules.deduction);
    } else {
        return Ok(());
    }
    assign(m, insn.dst, Reg { bounds, ..Reg::unknown() });
    Ok(())
}

fn mov(m: &mut Machine<'_>, insn: Insn) -> Checked {
    let reserved = Fault::ReservedFields { what: "BPF_MOV" };
    if insn.code & SOURCE_REG == 0 {
        if insn.src != 0 || insn.off != 0 {
            return Err(reserved.into());
        }
        write_reg(m, insn.dst)?;
        let value = if is_narrow(insn) { u64::from(insn.imm as u32) } else { i64::from(insn.imm) as u64 };
        assign(m, insn.dst, Reg::constant(value));
        return Ok(());
    }
    if !is_narrow(insn) && insn.off == ADDRESS_SPACE_CAST && m.rules.v4 {
        let is_known = matches!(insn.imm, TO_ARENA | TO_USER);
        if !is_known || !m.has_arena() {
            return Err(Fault::AddressSpaceCast { is_known }.into());
        }
        read_reg(m, insn.src)?;
        write_reg(m, insn.dst)?;
        let kind = if insn.imm == TO_ARENA { Kind::ARENA } else { Kind::SCALAR };
        assign(m, insn.dst, Reg { kind, ..Reg::unknown() });
        return Ok(());
    }
    let is_extension = match insn.off {
        0 => true,
        8 | 16 => m.rules.v4,
        32 => m.rules.v4 && !is_narrow(insn),
        _ => false,
    };
    if !is_extension || insn.imm != 0 {
        return Err(reserved.into());
    }
    read_reg(m, insn.src)?;
    write_reg(m, insn.dst)?;
    mov_reg(m, insn);
    Ok(())
}

fn mov_reg(m: &mut Machine<'_>, insn: Insn) {
    let source = *m.state.reg(insn.src);
    if is_narrow(insn) {
        return mov_reg32(m, insn, source);
    }
    if insn.off == 0 {
        links::link_source(m, insn.src);
        copy(m, insn.dst, insn.src);
        return;
    }
    if !source.is_scalar() {
        assign(m, insn.dst, Reg::unknown());
        return;
    }
    let fits = source.bounds.umax < 1u64 << (insn.off - 1);
    if fits {
        links::link_source(m, insn.src);
    }
    copy(m, insn.dst, insn.src);
    let reg = m.state.reg_mut(insn.dst);
    if !fits {
        reg.unlink();
    }
    reg.bounds.sign_extend(u32::from(insn.off as u16) / 8);
}

fn mov_reg32(m: &mut Machine<'_>, insn: Insn, source: Reg) {
    if source.is_scalar() {
        let fits = match insn.off {
            0 => source.bounds.width() <= 32,
            bits => source.bounds.umax < 1u64 << (bits - 1),
        };
        if fits && m.rules.links_with_offset {
            links::link_source(m, insn.src);
        }
        copy(m, insn.dst, insn.src);
        let links = fits && m.rules.links_with_offset;
        let reg = m.state.reg_mut(insn.dst);
        if !links {
            reg.unlink();
        }
        if insn.off != 0 {
            reg.bounds.sign_extend_32(u32::from(insn.off as u16) / 8);
        }
    } else {
        assign(m, insn.dst, Reg::unknown());
    }
    let deduction = m.rules.deduction;
    let bounds = &mut m.state.reg_mut(insn.dst).bounds;
    bounds.zero_extend_32();
    bounds.sync(deduction);
}

/// Copies a register; the copy is as old as its source.
fn copy(m: &mut Machine<'_>, dst: u8, src: u8) {
    let source = *m.state.reg(src);
    m.state.reg_mut(dst).copy_from(&source);
}

fn binary(m: &mut Machine<'_>, insn: Insn, op: AluOp) -> Checked {
    let is_reg = insn.code & SOURCE_REG != 0;
    let is_division = matches!(op, AluOp::Div | AluOp::Mod);
    let is_plain = insn.off == 0 || (insn.off == 1 && is_division && m.rules.v4);
    let unused = if is_reg { insn.imm } else { i32::from(insn.src) };
    if !is_plain || unused != 0 {
        return Err(Fault::ReservedFields { what: "BPF_ALU" }.into());
    }
    if is_reg {
        read_reg(m, insn.src)?;
    }
    read_reg(m, insn.dst)?;
    if is_division && !is_reg && insn.imm == 0 {
        return Err(Fault::DivisionByZero.into());
    }
    if matches!(op, AluOp::Lsh | AluOp::Rsh | AluOp::Arsh) && !is_reg {
        let width = if is_narrow(insn) { 32 } else { 64 };
        if !(0..width).contains(&insn.imm) {
            return Err(Fault::InvalidShift { by: insn.imm }.into());
        }
    }
    write_reg(m, insn.dst)?;
    compute(m, insn, op)
}

/// `adjust_reg_min_max_vals`.
fn compute(m: &mut Machine<'_>, insn: Insn, op: AluOp) -> Checked {
    let dst = *m.state.reg(insn.dst);
    let narrow = is_narrow(insn);
    // Any arithmetic is allowed on pointers into an arena.
    if dst.kind == Kind::ARENA {
        return Ok(());
    }
    if insn.code & SOURCE_REG != 0 && m.state.reg(insn.src).kind == Kind::ARENA {
        let source = *m.state.reg(insn.src);
        assign(m, insn.dst, source);
        return Ok(());
    }
    if !m.rules.links_with_offset && dst.is_scalar() {
        m.state.reg_mut(insn.dst).id = 0;
    }
    if insn.code & SOURCE_REG == 0 {
        let imm = Reg::constant(i64::from(insn.imm) as u64);
        if dst.is_pointer() {
            return pointer::arithmetic(m, insn.dst, op, narrow, &dst, &imm, true);
        }
        return compute_scalars(m, insn, op, &imm.bounds);
    }
    let src = *m.state.reg(insn.src);
    match (dst.is_pointer(), src.is_pointer()) {
        (true, true) if op == AluOp::Sub => {
            assign(m, insn.dst, Reg::unknown());
            Ok(())
        }
        (true, true) => Err(Fault::PointerWithPointer { reg: insn.dst, op }.into()),
        (false, true) => {
            m.need_precise(insn.dst)?;
            pointer::arithmetic(m, insn.dst, op, narrow, &src, &dst, false)
        }
        (true, false) => {
            m.need_precise(insn.src)?;
            pointer::arithmetic(m, insn.dst, op, narrow, &dst, &src, true)
        }
        (false, false) => {
            if dst.precise {
                m.need_precise(insn.src)?;
            }
            compute_scalars(m, insn, op, &src.bounds)
        }
    }
}

fn compute_scalars(m: &mut Machine<'_>, insn: Insn, op: AluOp, source: &Bounds) -> Checked {
    let narrow = is_narrow(insn);
    let rules = m.rules;
    let insn_idx = m.insn;
    // What is cut off to 32 bits is no longer at any distance from what it was.
    let is_cut = narrow && m.state.reg(insn.dst).bounds.umax > u64::from(u32::MAX);
    match computable(op, source, narrow, rules) {
        None => {
            assign(m, insn.dst, Reg::unknown());
            // 6.1 gives up on the value before it looks at the width, unless the other side is a constant.
            if narrow && !rules.links_with_offset && source.as_const32().is_some() {
                let bounds = &mut m.state.reg_mut(insn.dst).bounds;
                bounds.zero_extend_32();
                bounds.sync(rules.deduction);
            }
        }
        Some(op) => {
            if matches!(op, BinaryOp::And | BinaryOp::Or) && rules.forks_masks && source.as_const().is_some()
            {
                fork_mask(m, insn.dst)?;
            }
            let reg = m.state.reg_mut(insn.dst);
            reg.bounds.apply(op, source, narrow, rules);
            reg.born = insn_idx;
        }
    }
    let is_self = insn.code & SOURCE_REG != 0 && insn.src == insn.dst;
    let constant =
        if narrow { source.as_const32().map(|by| i64::from(by as i32) as u64) } else { source.as_const() };
    let moved = match (op, constant) {
        (AluOp::Add | AluOp::Sub, Some(by)) if !is_self && !is_cut => {
            Some(links::Moved { by, subtracted: op == AluOp::Sub, narrow })
        }
        _ => None,
    };
    links::after_arithmetic(m.state.reg_mut(insn.dst), moved, rules);
    Ok(())
}

/// The operation, if the kernel computes bounds for it.
fn computable(op: AluOp, source: &Bounds, narrow: bool, rules: &crate::dialect::Rules) -> Option<BinaryOp> {
    let is_const = if narrow {
        source.as_const32().is_some() && source.smin32 == source.smax32 && source.umin32 == source.umax32
    } else {
        source.as_const().is_some() && source.smin == source.smax && source.umin == source.umax
    };
    let simple = !rules.links_with_offset;
    if simple {
        let crossed = if narrow {
            source.smin32 > source.smax32 || source.umin32 > source.umax32
        } else {
            source.smin > source.smax || source.umin > source.umax
        };
        if crossed {
            return None;
        }
    }
    let shift = is_const && source.umax < if narrow { 32 } else { 64 };
    match op {
        AluOp::Add => Some(BinaryOp::Add),
        AluOp::Sub => Some(BinaryOp::Sub),
        AluOp::And => Some(BinaryOp::And),
        AluOp::Mul if is_const || !simple => Some(BinaryOp::Mul),
        AluOp::Or if is_const || !simple => Some(BinaryOp::Or),
        AluOp::Xor if is_const || !simple => Some(BinaryOp::Xor),
        AluOp::Lsh if shift => Some(BinaryOp::Lsh),
        AluOp::Rsh if shift => Some(BinaryOp::Rsh),
        AluOp::Arsh if shift => Some(BinaryOp::Arsh),
        _ => None,
    }
}

/// `x &= K` where x is 0 or -1: compilers make selects of it, so both are followed apart.
fn fork_mask(m: &mut Machine<'_>, dst: u8) -> Checked {
    let bounds = m.state.reg(dst).bounds;
    let wide = (bounds.smin, bounds.smax) == (-1, 0);
    let low = (bounds.smin32, bounds.smax32) == (-1, 0);
    if !wide && !low {
        return Ok(());
    }
    let set = |reg: &mut Reg, value: u64| {
        if wide {
            let (kind, live, precise, born) = (reg.kind, reg.live, reg.precise, reg.born);
            *reg = Reg { kind, live, precise, born, ..Reg::constant(value) };
        } else {
            reg.bounds.set_const32(value as u32);
        }
    };
    let mut zero = m.state.clone();
    set(zero.reg_mut(dst), 0);
    set(m.state.reg_mut(dst), u64::MAX);
    m.push(m.insn, zero)
}
