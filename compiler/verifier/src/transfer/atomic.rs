//! Atomic operations.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::Size;

use crate::checks::memory;
use crate::checks::operands::{read_reg, write_reg};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault};
use crate::state::{Kind, Reg};
use crate::transfer::assign;

const FETCH: i32 = 0x01;
const CMPXCHG: i32 = 0xf1;
const XCHG: i32 = 0xe1;
const ADD: i32 = 0x00;
const OR: i32 = 0x40;
const AND: i32 = 0x50;
const XOR: i32 = 0xa0;
/// A load before all that follows.
pub(crate) const LOAD_ACQUIRE: i32 = 0x100;
/// A store after all that came before.
const STORE_RELEASE: i32 = 0x110;

/// Memory that is not operated on atomically (`atomic_ptr_type_ok`).
fn is_foreign(kind: Kind) -> bool {
    kind == Kind::CONTEXT || kind == Kind::FLOW_KEYS || kind.is_packet() || kind.is_socket()
}

/// `check_atomic_load`.
fn load_acquire(m: &mut Machine<'_>, insn: Insn) -> Checked {
    read_reg(m, insn.src)?;
    write_reg(m, insn.dst)?;
    let pointer = m.state.reg(insn.src).kind;
    let mut request = memory::Request::of(insn, insn.src, Access::Read, Some(insn.dst));
    request.atomic = true;
    memory::access(m, request)?;
    m.keep_pointer_kind(pointer, false)?;
    let deduction = m.rules.deduction;
    m.state.reg_mut(insn.dst).bounds.repair(deduction);
    // What was loaded may be in the pointer's place.
    let kind = m.state.reg(insn.src).kind;
    if is_foreign(kind) { Err(Fault::AtomicLoad { reg: insn.src, kind }.into()) } else { Ok(()) }
}

/// `check_atomic_store`.
fn store_release(m: &mut Machine<'_>, insn: Insn) -> Checked {
    read_reg(m, insn.src)?;
    read_reg(m, insn.dst)?;
    let kind = m.state.reg(insn.dst).kind;
    let mut request = memory::Request::of(insn, insn.dst, Access::Write, Some(insn.src));
    request.atomic = true;
    memory::access(m, request)?;
    m.keep_pointer_kind(kind, false)?;
    match is_foreign(kind) {
        true => Err(Fault::StoreToContext { reg: insn.dst, kind, atomic: true }.into()),
        false => Ok(()),
    }
}

pub(super) fn atomic(m: &mut Machine<'_>, insn: Insn) -> Checked {
    let is_known = matches!(insn.imm & !FETCH, ADD | OR | AND | XOR) || matches!(insn.imm, XCHG | CMPXCHG);
    if m.rules.orders_accesses && insn.imm == LOAD_ACQUIRE {
        return load_acquire(m, insn);
    }
    if m.rules.orders_accesses && insn.imm == STORE_RELEASE {
        return store_release(m, insn);
    }
    if !is_known {
        return Err(Fault::AtomicOpcode { op: insn.imm }.into());
    }
    if !matches!(Size::of_code(insn.code), Size::W | Size::DW) {
        return Err(Fault::AtomicSize.into());
    }
    read_reg(m, insn.src)?;
    read_reg(m, insn.dst)?;
    if insn.imm == CMPXCHG {
        read_reg(m, 0)?;
    }
    let kind = m.state.reg(insn.dst).kind;
    // The machine code for arenas has no loops, which these would need.
    let loops = matches!(insn.imm & !FETCH, OR | AND | XOR) && insn.imm & FETCH != 0;
    if is_foreign(kind) || kind == Kind::ARENA && loops {
        return Err(Fault::StoreToContext { reg: insn.dst, kind, atomic: true }.into());
    }
    let loaded = match insn.imm {
        CMPXCHG => Some(0),
        imm if imm & FETCH != 0 => Some(insn.src),
        _ => None,
    };
    if let Some(loaded) = loaded {
        write_reg(m, loaded)?;
        assign(m, loaded, Reg::unknown());
    }
    let mut request = memory::Request::of(insn, insn.dst, Access::Read, None);
    request.atomic = true;
    memory::access(m, request)?;
    if loaded.is_some() {
        memory::access(m, memory::Request { value: loaded, ..request })?;
    }
    let keeps = m.rules.v4;
    if keeps {
        m.keep_pointer_kind(m.state.reg(insn.dst).kind, true)?;
    }
    memory::access(m, memory::Request { access: Access::Write, ..request })
}
