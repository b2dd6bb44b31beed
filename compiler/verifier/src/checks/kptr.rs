//! Pointers to objects in values of maps (kptrs): loads, stores, and `bpf_kptr_xchg`.

use gobpf_bpf::insn::{class, mode};
use gobpf_btf::{KernelBtf, TypeId};

use crate::checks::helpers::Call;
use crate::checks::memory::Request;
use crate::checks::records::{FieldKind, Pointer, PointerClass, is_rcu_protected};
use crate::checks::{btf, context, objects};
use crate::dialect::{Backtracking, Dialect};
use crate::explore::Machine;
use crate::fault::{Access, Checked, HelperFault, KptrFault, Stop};
use crate::state::{Base, Extra, Kind, Reg, flag};
use crate::transfer::assign;

fn target_name<'a>(kernel: &'a KernelBtf, m: &'a Machine<'_>, pointer: Pointer) -> &'a str {
    match pointer.own {
        true => m.object.btf.get(pointer.target).map_or("", |ty| ty.name()),
        false => kernel.name(pointer.target),
    }
}

/// What is at `off` of the value that `base` points to, where it is a pointer to an object.
pub(crate) fn at(m: &Machine<'_>, base: &Reg, off: i64) -> Option<Pointer> {
    let variable = base.bounds.as_const()?;
    m.records.of(base.map)?.pointer_at(off.wrapping_add(variable as i64))
}

/// `check_map_kptr_access`: an instruction loads or stores it.
pub(crate) fn access(
    m: &mut Machine<'_>,
    base: &Reg,
    request: &Request,
    off: i64,
    pointer: Pointer,
) -> Checked {
    let insn = m.insns.get(m.insn as usize).copied().unwrap_or_default();
    if insn.code & 0xe0 != mode::MEM {
        return Err(KptrFault::Mode.into());
    }
    let is_load = insn.class() == class::LDX;
    match pointer.class {
        PointerClass::Referenced | PointerClass::PerCpu if !is_load => {
            return Err(KptrFault::StoreReferenced.into());
        }
        PointerClass::User if !is_load => return Err(KptrFault::StoreUser.into()),
        _ => {}
    }
    match (request.access, request.value) {
        (Access::Read, Some(reg)) => load(m, reg, pointer),
        (Access::Read, None) => Ok(()),
        (Access::Write, Some(reg)) => store(m, reg, pointer),
        (Access::Write, None) if insn.imm != 0 => {
            let at = off.wrapping_add(base.bounds.as_const().unwrap_or(0) as i64);
            Err(KptrFault::StoreOfConstant { off: at }.into())
        }
        (Access::Write, None) => Ok(()),
    }
}

fn load(m: &mut Machine<'_>, reg: u8, pointer: Pointer) -> Checked {
    let id = m.fresh_id();
    if pointer.class == PointerClass::User {
        let extra = Extra::Mem { size: m.object.btf.size_of(pointer.target), dynptr: 0 };
        assign(m, reg, Reg { extra, id, ..Reg::pointer(Kind::MEM.with(flag::OR_NULL)) });
        return Ok(());
    }
    let flags = flags_of(m, pointer)?;
    let extra = Extra::Btf { id: pointer.target.0, own: pointer.own };
    assign(m, reg, Reg { extra, id, ..Reg::pointer(Kind::BTF_ID.with(flags)) });
    Ok(())
}

/// `btf_ld_kptr_type`: how far what is loaded can be trusted.
fn flags_of(m: &Machine<'_>, pointer: Pointer) -> Checked<u16> {
    let is_safe = match pointer.class {
        PointerClass::PerCpu => true,
        PointerClass::Referenced => pointer.own || is_rcu_protected(m.kernel()?.name(pointer.target)),
        PointerClass::Untrusted | PointerClass::User => false,
    };
    if !m.rules.knows_trust || !is_safe || !m.in_rcu() {
        return Ok(flag::OR_NULL | flag::UNTRUSTED);
    }
    let is_node = pointer.own
        && m.own_record(pointer.target)?
            .is_some_and(|record| record.has(FieldKind::ListNode) || record.has(FieldKind::RbNode));
    Ok(flag::OR_NULL
        | flag::RCU
        | if is_node { flag::NON_OWNING } else { 0 }
        | match pointer {
            Pointer { class: PointerClass::PerCpu, .. } => flag::PERCPU,
            Pointer { own: true, .. } => flag::ALLOC,
            _ => 0,
        })
}

fn store(m: &mut Machine<'_>, reg: u8, pointer: Pointer) -> Checked {
    let value = *m.state.reg(reg);
    if value.is_null() {
        return match m.rules.backtracking {
            Backtracking::Recorded => m.need_precise(reg),
            Backtracking::FramePointer => Ok(()),
        };
    }
    check_type(m, reg, &value, pointer)
}

/// `map_kptr_match_type`: the object is of the type that the field is for.
pub(crate) fn check_type(m: &Machine<'_>, reg: u8, value: &Reg, pointer: Pointer) -> Checked {
    let kernel = m.kernel()?;
    let is_own = matches!(value.extra, Extra::Btf { own: true, .. });
    let is_plain = pointer.class == PointerClass::Untrusted;
    let mut allowed = flag::OR_NULL;
    if is_own {
        allowed |= flag::ALLOC;
        allowed |= if pointer.class == PointerClass::PerCpu { flag::PERCPU } else { 0 };
    } else {
        allowed |= if m.rules.knows_trust { flag::TRUSTED | flag::RCU } else { 0 };
        allowed |= if is_plain { flag::UNTRUSTED } else { 0 };
    }
    let wrong = |name: &str| -> Stop {
        let found = format!("{}{name}", btf::kind_name(m, value));
        let target = target_name(kernel, m, pointer).to_owned();
        KptrFault::OtherObject { reg, found, target, or_untrusted: is_plain }.into()
    };
    let is_object = value.kind.base == Base::BtfId && !value.kind.has(!allowed);
    let Extra::Btf { id, own } = value.extra else { return Err(wrong("")) };
    if !is_object || (pointer.class == PointerClass::PerCpu) != value.kind.has(flag::PERCPU) {
        return Err(wrong(""));
    }
    let name = match own {
        true => m.object.btf.get(TypeId(id)).map_or("", |ty| ty.name()),
        false => kernel.name(TypeId(id)),
    };
    context::check_plain(value, reg, true)?;
    match (own, pointer.own) {
        (false, false) => {
            let at = (TypeId(id), i64::from(value.off));
            btf::check_begins(kernel, at, pointer.target, !is_plain, || wrong(name))
        }
        (true, true) if id == pointer.target.0 && value.off == 0 => Ok(()),
        _ => Err(wrong(name)),
    }
}

/// `process_kptr_func`: R1 of `bpf_kptr_xchg` points to a field that holds a reference.
pub(crate) fn target(m: &Machine<'_>, call: &mut Call, reg: u8, value: &Reg) -> Checked {
    if value.kind.base != Base::MapValue {
        return target_in_object(m, call, reg, value);
    }
    let old = m.rules.dialect == Dialect::V6_1;
    let map = m.map(value.map)?;
    let name = || map.name.get(..15).unwrap_or(&map.name).to_owned();
    let variable = value.bounds.as_const();
    let not_constant = KptrFault::NotConstant { reg };
    if old && variable.is_none() {
        return Err(not_constant.into());
    }
    if map.value.is_none() {
        return Err(HelperFault::MapWithoutBtf { map: name(), what: "bpf_kptr_xchg" }.into());
    }
    let Some(variable) = variable else { return Err(not_constant.into()) };
    let record = m.record_of(value.map)?;
    if !record.has_pointers() {
        return Err(match old {
            true => KptrFault::NoneInMap { map: name() }.into(),
            false => KptrFault::None { reg }.into(),
        });
    }
    call.map = value.map;
    let off = i64::from(value.off).wrapping_add(variable as i64);
    let Some(pointer) = record.pointer_at(off) else { return Err(KptrFault::Elsewhere { off }.into()) };
    if !matches!(pointer.class, PointerClass::Referenced | PointerClass::PerCpu) {
        return Err(KptrFault::NotReferenced { off }.into());
    }
    call.kptr = Some(pointer);
    Ok(())
}

/// The same in an object of the program's own.
fn target_in_object(m: &Machine<'_>, call: &mut Call, reg: u8, value: &Reg) -> Checked {
    let record = objects::record_of(m, value)?;
    let Some(variable) = value.bounds.as_const() else { return Err(KptrFault::NotConstant { reg }.into()) };
    let Some(record) = record.filter(|record| record.has_pointers()) else {
        return Err(KptrFault::None { reg }.into());
    };
    let off = i64::from(value.off).wrapping_add(variable as i64);
    let Some(pointer) = record.pointer_at(off) else { return Err(KptrFault::Elsewhere { off }.into()) };
    if !matches!(pointer.class, PointerClass::Referenced | PointerClass::PerCpu) {
        return Err(KptrFault::NotReferenced { off }.into());
    }
    call.kptr = Some(pointer);
    Ok(())
}

/// What `bpf_kptr_xchg` gives: what was there before.
pub(crate) fn taken(pointer: Pointer, flags: u16) -> Reg {
    let own = match pointer {
        Pointer { own: true, class: PointerClass::PerCpu, .. } => flag::ALLOC | flag::PERCPU,
        Pointer { own: true, .. } => flag::ALLOC,
        _ => 0,
    };
    let extra = Extra::Btf { id: pointer.target.0, own: pointer.own };
    Reg { extra, ..Reg::pointer(Kind::BTF_ID.with(flags | own)) }
}

/// A field of a map's value may only be met by an access that is meant for it.
pub(crate) fn check_access(
    m: &Machine<'_>,
    base: &Reg,
    at: u32,
    kind: FieldKind,
    off: i64,
    bytes: i64,
    is_direct: bool,
) -> Checked {
    let what = if m.rules.dialect == Dialect::V6_18 { kind.name() } else { "kptr" };
    if !is_direct {
        return Err(KptrFault::Indirect { what }.into());
    }
    let Some(variable) = base.bounds.as_const() else { return Err(KptrFault::Variable { what }.into()) };
    let off = off.wrapping_add(variable as i64);
    if off != i64::from(at) {
        return Err(KptrFault::Misaligned { what, at, off }.into());
    }
    if bytes != 8 {
        return Err(KptrFault::Size { what }.into());
    }
    Ok(())
}
