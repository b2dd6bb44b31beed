//! Fields of map values that belong to the kernel: locks, timers.

use gobpf_bpf::{Map, Object};
use gobpf_btf::{Btf, Type, TypeId};

/// A field that only helpers and kernel functions may touch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    SpinLock { off: u32 },
    Timer { off: u32 },
    WorkQueue { off: u32 },
}

impl Field {
    pub fn off(self) -> u32 {
        match self {
            Field::SpinLock { off } | Field::Timer { off } | Field::WorkQueue { off } => off,
        }
    }

    pub fn size(self) -> u32 {
        match self {
            Field::SpinLock { .. } => 4,
            Field::Timer { .. } | Field::WorkQueue { .. } => 16,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Field::SpinLock { .. } => "bpf_spin_lock",
            Field::Timer { .. } => "bpf_timer",
            Field::WorkQueue { .. } => "bpf_wq",
        }
    }
}

/// The kernel's fields in the values of `map`.
pub(crate) fn fields_of(object: &Object, map: &Map) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(value) = map.value {
        collect(&object.btf, value, 0, &mut fields);
    }
    fields
}

fn collect(btf: &Btf, ty: TypeId, base: u32, fields: &mut Vec<Field>) {
    match btf.get(ty) {
        Some(Type::Struct { name, members, .. }) => {
            match name.as_str() {
                "bpf_spin_lock" => return fields.push(Field::SpinLock { off: base }),
                "bpf_timer" => return fields.push(Field::Timer { off: base }),
                "bpf_wq" => return fields.push(Field::WorkQueue { off: base }),
                _ => {}
            }
            for member in members {
                collect(btf, member.ty, base + member.offset, fields);
            }
        }
        Some(Type::Typedef { target, .. }) => collect(btf, *target, base, fields),
        _ => {}
    }
}

/// Whether values of type `ty` hold pointers, which kptrs are among.
pub(crate) fn may_have_kptr(btf: &Btf, ty: TypeId) -> bool {
    match btf.get(ty) {
        Some(Type::Int { .. }) => false,
        Some(Type::Struct { members, .. }) => members.iter().any(|member| may_have_kptr(btf, member.ty)),
        Some(Type::Typedef { target, .. }) => may_have_kptr(btf, *target),
        Some(Type::Array { element, .. }) => may_have_kptr(btf, *element),
        _ => true,
    }
}
