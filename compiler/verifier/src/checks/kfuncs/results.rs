//! What functions of the kernel give in R0.

use gobpf_btf::{Kind as BtfKind, TypeId, Types};

use crate::checks::hooks::skip;
use crate::checks::kfuncs::{Call, arguments, iterators, kf, resilient};
use crate::checks::records::Record;
use crate::checks::{objects, packet, references};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Access, Checked, KernelFault, Stop};
use crate::state::{DynptrKind, Extra, Kind, Reg, flag};
use crate::transfer::assign;

pub(super) fn set(m: &mut Machine<'_>, call: &Call) -> Checked {
    let kernel = m.kernel()?;
    let ty = skip(kernel, call.returns);
    if matches!(kernel.kind(ty), Some(BtfKind::Int | BtfKind::Enum | BtfKind::Enum64)) {
        let value = if resilient::locks(call.kfunc.name) { Reg::constant(0) } else { Reg::unknown() };
        assign(m, 0, value);
        return Ok(());
    }
    if kernel.kind(ty) != Some(BtfKind::Pointer) {
        return Ok(());
    }
    let target = skip(kernel, kernel.target(ty).unwrap_or(gobpf_btf::VOID));
    let is_struct = matches!(kernel.kind(target), Some(BtfKind::Struct | BtfKind::Union));
    if m.rules.dialect == Dialect::V6_1 && !is_struct {
        let name = call.kfunc.name.to_owned();
        if call.kfunc.has(kf::ACQUIRE) {
            return Err(KernelFault::AcquiresNoObject.into());
        }
        if call.memory.is_none_or(|(size, _)| size == 0) {
            let (word, of) = (arguments::word(kernel, target), kernel.name(target).to_owned());
            return Err(KernelFault::ReturnsPointer { name, word, of }.into());
        }
    }
    let mut result = if let Some(own) = objects::result(m, call)? {
        own
    } else if call.kfunc.name.starts_with("bpf_dynptr_slice") {
        slice(m, call)?
    } else if call.kfunc.name == "bpf_cast_to_kern_ctx" {
        let extra = Extra::Btf { id: kernel_context(m)?.0, own: false };
        Reg { extra, ..Reg::pointer(Kind::BTF_ID.with(flag::TRUSTED)) }
    } else if call.kfunc.name == "bpf_rdonly_cast" {
        cast(m, call)?
    } else if target == gobpf_btf::VOID && call.memory.is_none() {
        // What points to nothing in particular is a number.
        Reg::unknown()
    } else if let Some((size, read_only)) = call.memory.filter(|_| !is_struct) {
        let flags = if read_only { flag::RDONLY } else { 0 };
        let extra = Extra::Mem { size, dynptr: 0 };
        Reg { extra, ref_obj: call.reference, ..Reg::pointer(Kind::MEM.with(flags)) }
    } else if is_struct {
        let trust = if call.kfunc.name == "bpf_get_kmem_cache" {
            flag::UNTRUSTED
        } else if !call.kfunc.has(kf::ITER_NEXT) {
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
        // What is not asked for by size is only read, but for the word of a session.
        let flags = if call.kfunc.name == "bpf_session_cookie" { 0 } else { flag::RDONLY };
        Reg { extra, ref_obj: call.reference, ..Reg::pointer(Kind::MEM.with(flags)) }
    };
    // Who owns an object can have one more owner.
    let may_fail = call.kfunc.has(kf::RET_NULL) && !call.owns;
    if may_fail {
        result.kind = result.kind.with(flag::OR_NULL);
        result.id = m.fresh_id();
    }
    if call.kfunc.has(kf::ACQUIRE) {
        let id = references::acquire(m);
        if may_fail {
            result.id = id;
        }
        result.ref_obj = id;
    } else if call.graph.is_some() {
        result.kind = objects::borrowed(m, &result)?;
    }
    if result.id == 0 && objects::record_of(m, &result)?.is_some_and(Record::has_lock) {
        result.id = m.fresh_id();
    }
    assign(m, 0, result);
    Ok(())
}

/// The struct that the kernel has behind the context (`struct bpf_ctx_convert` has a member for each kind).
fn kernel_context(m: &Machine<'_>) -> Checked<TypeId> {
    let kernel = m.kernel()?;
    let kind = m.kind.names().map_or("", |names| names.name).to_uppercase();
    let member = format!("BPF_PROG_TYPE_{kind}_kern");
    let all = kernel.find("bpf_ctx_convert", BtfKind::Struct);
    let found = all.and_then(|all| kernel.members(all).find(|one| one.name() == member));
    let Some(ty) = found.map(|one| one.ty) else {
        return Err(Stop::feature("the kernel's own context of this kind of program"));
    };
    match kernel.kind(ty) {
        Some(BtfKind::Struct | BtfKind::Union) => Ok(ty),
        _ => Err(KernelFault::ContextNotStruct { id: ty.0 }.into()),
    }
}

/// `bpf_rdonly_cast`: memory is taken for the struct with the number that was passed, and read through probes.
fn cast(m: &Machine<'_>, call: &Call) -> Checked<Reg> {
    let kernel = m.kernel()?;
    let id = TypeId(call.constant.unwrap_or(0) as u32);
    let with_void = m.rules.follows_any_pointer;
    if id == gobpf_btf::VOID && with_void {
        let extra = Extra::Mem { size: 0, dynptr: 0 };
        return Ok(Reg { extra, ..Reg::pointer(Kind::MEM.with(flag::RDONLY | flag::UNTRUSTED)) });
    }
    if kernel.kind(id).is_none() && with_void {
        return Err(KernelFault::CastToUnknown { id: call.constant.unwrap_or(0) as i64 }.into());
    }
    if !matches!(kernel.kind(id), Some(BtfKind::Struct | BtfKind::Union)) {
        return Err(KernelFault::CastToOther { with_void }.into());
    }
    let extra = Extra::Btf { id: id.0, own: false };
    Ok(Reg { extra, ..Reg::pointer(Kind::BTF_ID.with(flag::UNTRUSTED)) })
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
