//! Pointers to kernel objects, whose types come from the kernel's BTF.

mod trust;
pub(crate) mod walk;
pub(crate) mod writes;

use gobpf_bpf::tables::{Argument, ArgumentKind, Flags, MapKind};
use gobpf_btf::{KernelBtf, Kind as BtfKind, TypeId, Types};

use crate::checks::helpers::{Call, id};
use crate::checks::memory::{Request, load_unknown};
use crate::checks::{hooks, objects};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Access, BtfFault, Checked, Fault, Stop};
use crate::state::{Base, Extra, Kind, Reg, flag};
use crate::transfer::assign;

pub(crate) use walk::{Found, Span};

/// `btf_struct_ids_match`: at `off` of `id` begins `wanted`; else the fault that `last` says, after what the kernel said
/// while it looked.
pub(crate) fn check_begins(
    kernel: &KernelBtf,
    (id, off): (TypeId, i64),
    wanted: TypeId,
    strict: bool,
    last: impl FnOnce() -> Stop,
) -> Checked {
    walk::begins(kernel, id, off, wanted, strict).map_err(|first| match (first, last()) {
        (Some(first), Stop::Fault(last)) => Fault::Then(Box::new(Fault::Btf(first)), Box::new(last)).into(),
        (_, last) => last,
    })
}

/// What a message calls the kind of `value`.
pub(crate) fn kind_name(m: &Machine<'_>, value: &Reg) -> String {
    match m.rules.dialect {
        Dialect::V6_1 => value.kind.name_6_1(),
        _ => value.kind.name(),
    }
}

fn type_of(value: &Reg) -> Checked<TypeId> {
    match value.extra {
        Extra::Btf { id, own: false } => Ok(TypeId(id)),
        _ => Err(Stop::feature("objects of the program's own")),
    }
}

/// Whether `value`, a kernel object, is what the argument asks for.
pub(crate) fn check_argument(
    m: &mut Machine<'_>,
    helper: u32,
    reg: u8,
    value: &Reg,
    argument: &Argument,
) -> Checked {
    if argument.kind == ArgumentKind::PtrToPercpuBtfId {
        return Ok(());
    }
    // What they are is seen with the field that the pointer is at.
    let is_field = matches!(argument.kind, ArgumentKind::PtrToSpinLock | ArgumentKind::PtrToKptr);
    if is_field && objects::is_allocated(value.kind) {
        return Ok(());
    }
    if helper == id::KPTR_XCHG || argument.kind == ArgumentKind::PtrToSpinLock {
        return Err(Stop::feature("objects of the program's own"));
    }
    let wanted = if argument.btf.is_empty() { "sock_common" } else { argument.btf };
    let id_of_value = type_of(value)?;
    let kernel = m.kernel()?;
    let Some(wanted_id) = kernel.find(wanted, BtfKind::Struct) else {
        return Err(Stop::feature(format!("struct {wanted}, which the kernel types don't have")));
    };
    let strict = argument.has(Flags::RELEASED) && helper != id::SK_RELEASE;
    check_begins(kernel, (id_of_value, i64::from(value.off)), wanted_id, strict, || {
        let found = kernel.name(id_of_value).to_owned();
        BtfFault::ArgumentType { reg, found, wanted: wanted.to_owned() }.into()
    })
}

/// A helper reads a kernel object.
pub(crate) fn check_read(m: &mut Machine<'_>, reg: u8, base: &Reg, off: i64, bytes: i64) -> Checked {
    object_access(m, base, reg, Span { off, bytes }, Access::Read).map(|_| ())
}

/// An instruction reads or writes a kernel object, or a map itself.
pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let span = Span { off, bytes: i64::from(request.bytes) };
    let loaded = match base.kind.base {
        Base::Map => map_access(m, base, request, span)?,
        _ => object_access(m, base, request.base, span, request.access)?,
    };
    match (request.access, request.value, loaded) {
        (Access::Read, Some(reg), Some(mut value)) => {
            if value.kind.may_be_null() {
                value.id = m.fresh_id();
            }
            assign(m, reg, value);
        }
        _ => load_unknown(m, request),
    }
    Ok(())
}

/// What a pointer that was loaded is.
fn loaded(m: &Machine<'_>, found: &Found, flags: u16) -> Option<Reg> {
    match found {
        Found::Pointer { id, .. } => {
            Some(Reg { extra: Extra::Btf { id: id.0, own: false }, ..Reg::pointer(Kind::BTF_ID.with(flags)) })
        }
        Found::OtherPointer if m.rules.follows_any_pointer => {
            let kind = Kind::MEM.with(flag::RDONLY | flag::UNTRUSTED);
            Some(Reg { extra: Extra::Mem { size: 0, dynptr: 0 }, ..Reg::pointer(kind) })
        }
        _ => None,
    }
}

/// `check_ptr_to_btf_access`.
fn object_access(m: &Machine<'_>, base: &Reg, reg: u8, span: Span, access: Access) -> Checked<Option<Reg>> {
    if matches!(base.extra, Extra::Btf { own: true, .. }) {
        return objects::access(m, base, reg, span, access);
    }
    let ty = type_of(base)?;
    let kernel = m.kernel()?;
    let name = || kernel.name(ty).to_owned();
    let off = span.off;
    if !m.gpl && m.rules.objects_need_gpl {
        return Err(BtfFault::NeedsGpl { name: name() }.into());
    }
    if off < 0 {
        return Err(BtfFault::Negative { reg, name: format!("ptr_{}", name()), off }.into());
    }
    if base.bounds.as_const() != Some(0) {
        return Err(BtfFault::Variable { reg, name: name(), off, tnum: base.bounds.tnum }.into());
    }
    for (bit, what) in [(flag::USER, "user"), (flag::PERCPU, "percpu")] {
        if base.kind.has(bit) {
            return Err(BtfFault::Foreign { reg, name: name(), what, off }.into());
        }
    }
    if access == Access::Write {
        return writes::check(m, base, ty, span).map(|()| None);
    }
    let mut flags = 0;
    let found = walk::access(kernel, ty, span, &mut flags, true)?;
    if let Found::Pointer { id, field, .. } = &found {
        flags = trust::of_member(m, base, field, *id, flags)?;
    }
    Ok(loaded(m, &found, flags))
}

/// `check_ptr_to_map_access`: maps may be looked into as what they are.
fn map_access(m: &Machine<'_>, base: &Reg, request: &Request, span: Span) -> Checked<Option<Reg>> {
    let map = m.map(base.map)?;
    let Some(name) = map_struct(map.kind) else {
        return Err(BtfFault::MapAccess { kind: map.kind.0 }.into());
    };
    let reg = request.base;
    if span.off < 0 {
        return Err(BtfFault::Negative { reg, name: name.into(), off: span.off }.into());
    }
    if request.access == Access::Write {
        return Err(BtfFault::OnlyRead { what: Some(name.into()) }.into());
    }
    let kernel = m.kernel()?;
    let Some(ty) = kernel.find(name, BtfKind::Struct) else {
        return Err(Stop::feature(format!("struct {name}, which the kernel types don't have")));
    };
    let mut flags = 0;
    let found = walk::access(kernel, ty, span, &mut flags, true)?;
    Ok(loaded(m, &found, flags))
}

/// The kernel's struct for maps of a kind (`map_btf_id`).
fn map_struct(kind: MapKind) -> Option<&'static str> {
    Some(match kind {
        MapKind::ARRAY
        | MapKind::PERCPU_ARRAY
        | MapKind::PROG_ARRAY
        | MapKind::PERF_EVENT_ARRAY
        | MapKind::CGROUP_ARRAY
        | MapKind::ARRAY_OF_MAPS => "bpf_array",
        MapKind::HASH
        | MapKind::LRU_HASH
        | MapKind::PERCPU_HASH
        | MapKind::LRU_PERCPU_HASH
        | MapKind::HASH_OF_MAPS => "bpf_htab",
        MapKind::LPM_TRIE => "lpm_trie",
        MapKind::STACK_TRACE => "bpf_stack_map",
        MapKind::QUEUE | MapKind::STACK => "bpf_queue_stack",
        MapKind::RINGBUF | MapKind::USER_RINGBUF => "bpf_ringbuf_map",
        MapKind::BLOOM_FILTER => "bpf_bloom_filter",
        MapKind::CGROUP_STORAGE | MapKind::PERCPU_CGROUP_STORAGE => "bpf_cgroup_storage_map",
        MapKind::SK_STORAGE | MapKind::INODE_STORAGE | MapKind::TASK_STORAGE | MapKind::CGRP_STORAGE => {
            "bpf_local_storage_map"
        }
        MapKind::DEVMAP | MapKind::DEVMAP_HASH => "bpf_dtab",
        MapKind::CPUMAP => "bpf_cpu_map",
        MapKind::XSKMAP => "xsk_map",
        MapKind::SOCKMAP => "bpf_stab",
        MapKind::SOCKHASH => "bpf_shtab",
        MapKind::REUSEPORT_SOCKARRAY => "reuseport_array",
        MapKind::ARENA => "bpf_arena",
        _ => return None,
    })
}

/// What a per-CPU variable of the kernel holds, or an object of the program's own that each CPU has.
pub(crate) fn memory_or_object(m: &mut Machine<'_>, call: &Call, flags: u16) -> Checked<Reg> {
    let types = if call.own { m.own_types()? } else { m.kernel()? };
    let ty = hooks::skip(types, TypeId(call.btf));
    if matches!(types.kind(ty), Some(BtfKind::Struct | BtfKind::Union)) {
        let flags = if call.protected { flag::ALLOC | flag::RCU } else { flags & !flag::RDONLY };
        let extra = Extra::Btf { id: call.btf, own: call.own };
        return Ok(Reg { extra, ..Reg::pointer(Kind::BTF_ID.with(flags)) });
    }
    let Some(size) = types.size_of(ty) else {
        return Err(BtfFault::NoSize { name: types.name(ty).to_owned() }.into());
    };
    Ok(Reg { extra: Extra::Mem { size, dynptr: 0 }, ..Reg::pointer(Kind::MEM.with(flags)) })
}

/// A pointer to the kernel struct `name`.
pub(crate) fn object(m: &mut Machine<'_>, name: &str, flags: u16) -> Checked<Reg> {
    hooks::object(m, name, Kind::BTF_ID.with(flags))
}
