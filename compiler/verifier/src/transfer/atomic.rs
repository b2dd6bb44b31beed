//! Atomic operations.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::Size;

use crate::checks::memory;
use crate::checks::operands::{read_reg, write_reg};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, Stop};
use crate::state::{Kind, Reg};
use crate::transfer::assign;

const FETCH: i32 = 0x01;
const CMPXCHG: i32 = 0xf1;
const XCHG: i32 = 0xe1;
const ADD: i32 = 0x00;
const OR: i32 = 0x40;
const AND: i32 = 0x50;
const XOR: i32 = 0xa0;
const LOAD_ACQUIRE: i32 = 0x100;
const STORE_RELEASE: i32 = 0x110;

pub(super) fn atomic(m: &mut Machine<'_>, insn: Insn) -> Checked {
    let is_known = matches!(insn.imm & !FETCH, ADD | OR | AND | XOR) || matches!(insn.imm, XCHG | CMPXCHG);
    if !is_known {
        if matches!(insn.imm, LOAD_ACQUIRE | STORE_RELEASE) && m.rules.infallible_array_lookup {
            return Err(Stop::feature("atomic loads and stores"));
        }
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
    let is_foreign = kind == Kind::CONTEXT || kind == Kind::FLOW_KEYS || kind.is_packet() || kind.is_socket();
    if is_foreign || kind == Kind::ARENA && loops {
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
