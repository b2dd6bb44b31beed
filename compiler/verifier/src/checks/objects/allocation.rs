//! Objects come (`bpf_obj_new`, `bpf_refcount_acquire`) and go (`bpf_obj_drop`).

use gobpf_btf::{KernelBtf, Kind as BtfKind, TypeId, Types};

use super::{graph, is_allocated, is_borrowed, record_of, type_of};
use crate::checks::kfuncs::{Call, has_only_scalars};
use crate::checks::records::FieldKind;
use crate::explore::Machine;
use crate::fault::{Checked, ObjectFault};
use crate::state::{Extra, Kind, Reg, flag};

/// `BPF_GLOBAL_PERCPU_MA_MAX_SIZE`.
const MOST_PER_CPU: u32 = 512;

/// `KF_ARG_PTR_TO_ALLOC_BTF_ID`: an object that is given back.
pub(crate) fn check_dropped(call: &Call, number: usize, value: &Reg) -> Checked {
    const OWN: Kind = Kind::BTF_ID.with(flag::ALLOC);
    const PER_CPU: Kind = Kind::BTF_ID.with(flag::ALLOC | flag::PERCPU);
    let wanted = match value.kind {
        OWN => "bpf_obj_drop_impl",
        PER_CPU => "bpf_percpu_obj_drop_impl",
        _ => return Err(ObjectFault::NotAllocated { number }.into()),
    };
    if call.kfunc.name != wanted {
        return Err(ObjectFault::OtherDrop { number, wanted }.into());
    }
    if value.ref_obj == 0 {
        return Err(ObjectFault::NotReferenced.into());
    }
    Ok(())
}

/// `KF_ARG_PTR_TO_REFCOUNTED_KPTR`: an object that counts its owners.
pub(crate) fn check_counted(m: &Machine<'_>, call: &mut Call, number: usize, value: &Reg) -> Checked {
    if !is_allocated(value.kind) {
        return Err(ObjectFault::NotCounted { number }.into());
    }
    call.owns = !is_borrowed(value.kind) && value.ref_obj != 0;
    let Some(record) = record_of(m, value)? else { return Err(ObjectFault::NoRecord.into()) };
    if !record.has(FieldKind::Refcount) {
        return Err(ObjectFault::NoCounter { number }.into());
    }
    call.own = type_of(value);
    Ok(())
}

/// What the functions give in R0 whose types are the program's; none for others.
pub(crate) fn result(m: &Machine<'_>, call: &Call) -> Checked<Option<Reg>> {
    let object = |id: TypeId, flags: u16| {
        let extra = Extra::Btf { id: id.0, own: true };
        Reg { extra, ..Reg::pointer(Kind::BTF_ID.with(flag::ALLOC | flags)) }
    };
    Ok(match call.kfunc.name {
        "bpf_obj_new_impl" => Some(object(new_type(m, call)?, 0)),
        "bpf_percpu_obj_new_impl" => {
            let id = new_type(m, call)?;
            check_per_cpu(m, id)?;
            Some(object(id, flag::PERCPU))
        }
        "bpf_refcount_acquire_impl" => call.own.map(|id| object(id, 0)),
        _ => graph::result(call),
    })
}

/// The program's types, if they are given to the kernel: with those of its functions, all of which are known. Programs of
/// one function do without.
fn types<'a>(m: &'a Machine<'_>) -> Checked<Option<&'a KernelBtf>> {
    let declared =
        m.program.func.is_some() && m.program.code.subprograms.iter().all(|one| one.func.is_some());
    if declared && !m.object.btf.is_empty() {
        return m.own_types().map(Some);
    }
    match m.functions.len() {
        1 => Err(ObjectFault::NoTypes.into()),
        // Loaders make up types of functions, and no others.
        _ => Ok(None),
    }
}

/// The type of the new object.
fn new_type(m: &Machine<'_>, call: &Call) -> Checked<TypeId> {
    let number = call.constant.unwrap_or(0);
    let Ok(id) = u32::try_from(number) else { return Err(ObjectFault::TypeTooLarge.into()) };
    let id = TypeId(id);
    match types(m)?.and_then(|types| types.kind(id)) {
        Some(BtfKind::Struct) => Ok(id),
        _ => Err(ObjectFault::TypeNotStruct.into()),
    }
}

fn check_per_cpu(m: &Machine<'_>, id: TypeId) -> Checked {
    let types = m.own_types()?;
    let size = types.size_of(id).unwrap_or(0);
    if size > MOST_PER_CPU {
        return Err(ObjectFault::PerCpuTooLarge { size, most: MOST_PER_CPU }.into());
    }
    if !has_only_scalars(types, id) {
        return Err(ObjectFault::PerCpuNotScalars.into());
    }
    match m.own_record(id)? {
        Some(_) => Err(ObjectFault::PerCpuFields.into()),
        None => Ok(()),
    }
}
