//! Objects of the program's own: allocated by `bpf_obj_new`, of types that the program declares.

mod allocation;
mod graph;

use gobpf_btf::{KernelBtf, TypeId};

use crate::checks::btf::{Found, Span, walk};
use crate::checks::kfuncs::Call;
use crate::checks::records::{FieldKind, Graph, Record};
use crate::explore::Machine;
use crate::fault::{Access, BtfFault, Checked, Fault, ObjectFault};
use crate::state::{Base, Extra, Kind, Reg, flag};

pub(crate) use allocation::{check_counted, check_dropped, result};
pub(crate) use graph::{
    check_node, check_root, give_away, in_callback, in_less, less_arguments, owner, takes_less,
};

/// An object that the program allocated (`type_is_ptr_alloc_obj`).
pub(crate) fn is_allocated(kind: Kind) -> bool {
    kind.base == Base::BtfId && kind.has(flag::ALLOC) && !kind.has(flag::UNTRUSTED)
}

/// An object that something else owns (`type_is_non_owning_ref`).
pub(crate) fn is_borrowed(kind: Kind) -> bool {
    is_allocated(kind) && kind.has(flag::NON_OWNING)
}

/// The program's type that `value` points to.
fn type_of(value: &Reg) -> Option<TypeId> {
    match value.extra {
        Extra::Btf { id, own: true } => Some(TypeId(id)),
        _ => None,
    }
}

/// The kernel's fields in what `value` points to (`reg_btf_record`).
pub(crate) fn record_of<'a>(m: &'a Machine<'_>, value: &Reg) -> Checked<Option<&'a Record>> {
    if value.kind == Kind::MAP_VALUE {
        return m.record_of(value.map).map(Some);
    }
    match type_of(value).filter(|_| is_allocated(value.kind)) {
        Some(id) => m.own_record(id),
        None => Ok(None),
    }
}

/// What `value` is when something else owns it (`ref_set_non_owning`).
pub(crate) fn borrowed(m: &Machine<'_>, value: &Reg) -> Checked<Kind> {
    let is_counted = record_of(m, value)?.is_some_and(|record| record.has(FieldKind::Refcount));
    let protected = if is_counted { flag::RCU } else { 0 };
    Ok(value.kind.with(flag::NON_OWNING | protected))
}

/// A node of a list or tree: where its links are (`mark_reg_graph_node`).
fn node(graph: Graph) -> Reg {
    let extra = Extra::Btf { id: graph.value.0, own: true };
    Reg { extra, off: graph.node as i32, ..Reg::pointer(Kind::BTF_ID.with(flag::ALLOC)) }
}

/// When the lock is given back, objects that others own may go.
pub(crate) fn forget_borrowed(m: &mut Machine<'_>) {
    let whole = !m.rules.precise_spills;
    let born = m.insn;
    for reg in m.state.values_mut(whole).filter(|reg| is_borrowed(reg.kind)) {
        reg.copy_from(&Reg { kind: Kind::SCALAR, born, ..Reg::unknown() });
    }
}

/// What is behind a pointer to the program's own type: R0 of a load, where that is a pointer.
pub(crate) fn access(
    m: &Machine<'_>,
    base: &Reg,
    reg: u8,
    span: Span,
    access: Access,
) -> Checked<Option<Reg>> {
    let Extra::Btf { id, .. } = base.extra else { return Ok(None) };
    let (types, off) = (m.own_types()?, span.off);
    let name = || types.name(TypeId(id)).to_owned();
    if off < 0 {
        return Err(BtfFault::Negative { reg, name: format!("ptr_{}", name()), off }.into());
    }
    if base.bounds.as_const() != Some(0) {
        return Err(BtfFault::Variable { reg, name: name(), off, tnum: base.bounds.tnum }.into());
    }
    if base.kind.has(flag::PERCPU) {
        return Err(BtfFault::Foreign { reg, name: name(), what: "percpu", off }.into());
    }
    let is_own = is_allocated(base.kind);
    if access == Access::Write && !is_own {
        return Err(BtfFault::OnlyRead { what: None }.into());
    }
    let is_alloc = base.kind.has(flag::ALLOC);
    if is_alloc && let Some(record) = m.own_record(TypeId(id))? {
        for field in &record.fields {
            let at = i64::from(field.off);
            if off < at + i64::from(field.kind.size()) && at < off + span.bytes {
                return Err(ObjectFault::Field { what: field.kind.name() }.into());
            }
        }
    }
    let mut flags = 0;
    let found = walk::access(types, TypeId(id), span, &mut flags, !is_alloc)?;
    Ok(match found {
        Found::Pointer { id, .. } if !is_alloc => {
            let kind = Kind::BTF_ID.with(flag::UNTRUSTED);
            Some(Reg { extra: Extra::Btf { id: id.0, own: true }, ..Reg::pointer(kind) })
        }
        Found::OtherPointer if m.rules.follows_any_pointer => {
            let kind = Kind::MEM.with(flag::RDONLY | flag::UNTRUSTED);
            Some(Reg { extra: Extra::Mem { size: 0, dynptr: 0 }, ..Reg::pointer(kind) })
        }
        _ => None,
    })
}

/// The name of the program's type `id`.
fn name_of(types: &KernelBtf, id: TypeId) -> String {
    types.name(id).to_owned()
}

/// The kernel's number of the function that is called, which messages show.
pub(crate) fn number_of(m: &Machine<'_>, name: &str) -> Checked<u32> {
    let found = m.kernel()?.find(name, gobpf_btf::Kind::Function);
    Ok(found.map_or(0, |id| id.0))
}

/// Releases a reference that a kernel function takes.
pub(crate) fn release(m: &mut Machine<'_>, call: &Call, id: u32) -> Checked {
    if crate::checks::references::release(m, id) {
        return Ok(());
    }
    let name = call.kfunc.name.to_owned();
    let id = number_of(m, &name)?;
    Err(Fault::Object(ObjectFault::NotAcquired { name, id }).into())
}
