//! What functions of the kernel give in R0.

use gobpf_btf::{Kind as BtfKind, Types};

use crate::checks::hooks::skip;
use crate::checks::kfuncs::{Call, iterators, kf};
use crate::checks::{packet, references};
use crate::explore::Machine;
use crate::fault::{Access, Checked, KernelFault, Stop};
use crate::state::{DynptrKind, Extra, Kind, Reg, flag};
use crate::transfer::assign;

pub(super) fn set(m: &mut Machine<'_>, call: &Call) -> Checked {
    let kernel = m.kernel()?;
    let ty = skip(kernel, call.returns);
    if matches!(kernel.kind(ty), Some(BtfKind::Int | BtfKind::Enum | BtfKind::Enum64)) {
        assign(m, 0, Reg::unknown());
        return Ok(());
    }
    if kernel.kind(ty) != Some(BtfKind::Pointer) {
        return Ok(());
    }
    let target = skip(kernel, kernel.target(ty).unwrap_or(gobpf_btf::VOID));
    let is_struct = matches!(kernel.kind(target), Some(BtfKind::Struct | BtfKind::Union));
    let mut result = if call.kfunc.name.starts_with("bpf_dynptr_slice") {
        slice(m, call)?
    } else if let Some((size, read_only)) = call.memory.filter(|_| !is_struct) {
        let flags = if read_only { flag::RDONLY } else { 0 };
        let extra = Extra::Mem { size, dynptr: 0 };
        Reg { extra, ref_obj: call.reference, ..Reg::pointer(Kind::MEM.with(flags)) }
    } else if is_struct {
        let trust = if !call.kfunc.has(kf::ITER_NEXT) {
            0
        } else if iterators::is_protected(m, call) {
            flag::RCU
        } else {
            flag::TRUSTED
        };
        Reg { extra: Extra::Btf { id: target.0, own: false }, ..Reg::pointer(Kind::BTF_ID.with(trust)) }
    } else {
        let Some(size) = kernel.size_of(target).filter(|size| *size > 0) else {
            return Err(Stop::feature("kernel functions that give memory of no size"));
        };
        let extra = Extra::Mem { size, dynptr: 0 };
        // What is not asked for by size is only read.
        Reg { extra, ref_obj: call.reference, ..Reg::pointer(Kind::MEM.with(flag::RDONLY)) }
    };
    if call.kfunc.has(kf::RET_NULL) {
        result.kind = result.kind.with(flag::OR_NULL);
        result.id = m.fresh_id();
    }
    if call.kfunc.has(kf::ACQUIRE) {
        let id = references::acquire(m);
        if call.kfunc.has(kf::RET_NULL) {
            result.id = id;
        }
        result.ref_obj = id;
    }
    assign(m, 0, result);
    Ok(())
}

/// A part of a dynptr's memory.
fn slice(m: &Machine<'_>, call: &Call) -> Checked<Reg> {
    let Some((kind, id, _)) = call.dynptr else { return Err(Stop::feature("a slice of no dynptr")) };
    let mut flags = match kind {
        DynptrKind::Skb => flag::SLICE_SKB,
        DynptrKind::Xdp => flag::SLICE_XDP,
        _ => 0,
    };
    if call.kfunc.name == "bpf_dynptr_slice" {
        flags |= flag::RDONLY;
    } else if !packet::may_access(m.kind, Access::Write, None) {
        return Err(KernelFault::NoPacketWrite.into());
    }
    let size = call.constant.unwrap_or(0) as u32;
    Ok(Reg { extra: Extra::Mem { size, dynptr: id }, ..Reg::pointer(Kind::MEM.with(flags)) })
}
