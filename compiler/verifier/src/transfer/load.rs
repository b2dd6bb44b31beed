//! Loads of constants and of memory.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::mode;
use gobpf_bpf::tables::MapKind;

use crate::checks::encoding::Load;
use crate::checks::operands::{read_reg, write_reg};
use crate::checks::{functions, legacy_load, memory};
use crate::dialect::Dialect;
use crate::explore::{Machine, Next};
use crate::fault::{Access, Checked, Fault, Stop};
use crate::state::{Extra, Kind, Reg, flag};
use crate::transfer::assign;

/// `BPF_LD`: a 16-byte load of a constant or map, or a legacy load from a packet.
pub(super) fn constant_or_packet(m: &mut Machine<'_>, insn: Insn) -> Checked<Next> {
    match insn.code & 0xe0 {
        mode::ABS | mode::IND => return legacy_load::load(m, insn),
        mode::IMM if insn.is_load_imm64() => {}
        _ => return Err(Fault::LoadMode.into()),
    }
    if insn.off != 0 {
        return Err(Fault::ReservedFields { what: "BPF_LD_IMM64" }.into());
    }
    write_reg(m, insn.dst)?;
    let load = m.loads.get(m.insn as usize).copied().flatten();
    let value = match load {
        Some(Load::Constant(value)) => Reg::constant(value),
        Some(Load::Address) => Reg::unknown(),
        Some(Load::Object { ty, per_cpu }) => {
            let kind = if per_cpu { Kind::BTF_ID.with(flag::PERCPU) } else { Kind::BTF_ID };
            Reg { extra: Extra::Btf { id: ty.0, own: false }, ..Reg::pointer(kind) }
        }
        Some(Load::Memory { size }) => {
            let extra = Extra::Mem { size, dynptr: 0 };
            Reg { extra, ..Reg::pointer(Kind::MEM.with(flag::RDONLY)) }
        }
        Some(Load::Map(map)) => Reg { map: Some(map), ..Reg::pointer(Kind::MAP) },
        // Where an arena is in user space is a number.
        Some(Load::MapValue { map, .. }) if m.map(Some(map))?.kind == MapKind::ARENA => Reg::unknown(),
        Some(Load::MapValue { map, offset }) => {
            let numbered = m.rules.dialect == Dialect::V6_1 && m.record_of(Some(map))?.has_lock();
            let id = m.fresh_id_if(numbered).unwrap_or(0);
            Reg { map: Some(map), id, off: offset as i32, ..Reg::pointer(Kind::MAP_VALUE) }
        }
        Some(Load::Function { slot }) => {
            let Some(index) = functions::starting_at(&m.functions, slot) else {
                return Err(Stop::feature("the address of a function that the program does not have"));
            };
            if m.functions[index].global {
                return Err(Fault::CallbackNotStatic.into());
            }
            Reg { extra: Extra::Func { subprogram: index as u32 }, ..Reg::pointer(Kind::FUNC) }
        }
        None => return Err(Stop::feature("a load that was not resolved")),
    };
    assign(m, insn.dst, value);
    Ok(Next::Go(m.insn + 2))
}

/// `BPF_LDX`.
pub(super) fn load(m: &mut Machine<'_>, insn: Insn) -> Checked {
    read_reg(m, insn.src)?;
    write_reg(m, insn.dst)?;
    let kind = m.state.reg(insn.src).kind;
    let mut request = memory::Request::of(insn, insn.src, Access::Read, Some(insn.dst));
    request.signed = insn.code & 0xe0 == mode::MEMSX;
    memory::access(m, request)?;
    m.keep_pointer_kind(kind, true)?;
    let deduction = m.rules.deduction;
    m.state.reg_mut(insn.dst).bounds.repair(deduction);
    Ok(())
}
