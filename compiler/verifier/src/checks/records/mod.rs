//! Fields of map values, and of the program's own objects, that belong to the kernel: locks, timers, pointers to objects,
//! lists and trees (`struct btf_record`).

mod graph;

use std::sync::Arc;

use gobpf_bpf::{Map, MapId, Object};
use gobpf_btf::{Btf, KernelBtf, Kind as BtfKind, Type, TypeId};
use rustc_hash::FxHashMap;

use crate::KernelSource;
use crate::dialect::{Dialect, Rules};

pub(crate) use graph::Graph;

/// `BTF_FIELDS_MAX`.
const MAX_FIELDS: usize = 11;
/// `MAX_RESOLVE_DEPTH`.
const MAX_DEPTH: u32 = 32;

/// A field that only helpers and kernel functions may touch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    pub off: u32,
    pub kind: FieldKind,
    /// Of a list or tree: what is in it.
    pub graph: Option<Graph>,
}

/// What a field is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FieldKind {
    SpinLock,
    ResilientSpinLock,
    Timer,
    WorkQueue,
    TaskWork,
    ListHead,
    ListNode,
    RbRoot,
    RbNode,
    Refcount,
    Pointer(Pointer),
}

/// A pointer to an object (kptr).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pointer {
    pub class: PointerClass,
    /// The object's type; the program's own where the kernel has none of that name.
    pub target: TypeId,
    pub own: bool,
}

/// What is known of the object behind a pointer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PointerClass {
    /// It may be gone.
    Untrusted,
    /// The map holds a reference.
    Referenced,
    /// The same, to an object of each CPU.
    PerCpu,
    /// Memory of user space.
    User,
}

impl FieldKind {
    /// `btf_field_type_name`, bytes, alignment.
    const fn row(self) -> (&'static str, u32, u32) {
        match self {
            FieldKind::SpinLock => ("bpf_spin_lock", 4, 4),
            FieldKind::ResilientSpinLock => ("bpf_res_spin_lock", 4, 4),
            FieldKind::Timer => ("bpf_timer", 16, 8),
            FieldKind::WorkQueue => ("bpf_wq", 16, 8),
            FieldKind::TaskWork => ("bpf_task_work", 8, 8),
            FieldKind::ListHead => ("bpf_list_head", 16, 8),
            FieldKind::ListNode => ("bpf_list_node", 24, 8),
            FieldKind::RbRoot => ("bpf_rb_root", 16, 8),
            FieldKind::RbNode => ("bpf_rb_node", 32, 8),
            FieldKind::Refcount => ("bpf_refcount", 4, 4),
            FieldKind::Pointer(Pointer { class: PointerClass::PerCpu, .. }) => ("percpu_kptr", 8, 8),
            FieldKind::Pointer(Pointer { class: PointerClass::User, .. }) => ("uptr", 8, 8),
            FieldKind::Pointer(_) => ("kptr", 8, 8),
        }
    }

    pub const fn name(self) -> &'static str {
        self.row().0
    }

    pub const fn size(self) -> u32 {
        self.row().1
    }

    const fn align(self) -> u32 {
        self.row().2
    }

    /// Only one of them may be in a value.
    const fn is_single(self) -> bool {
        !self.may_repeat() && !matches!(self, FieldKind::ListNode | FieldKind::RbNode)
    }

    /// Arrays may have them.
    const fn may_repeat(self) -> bool {
        matches!(self, FieldKind::ListHead | FieldKind::RbRoot | FieldKind::Pointer(_))
    }

    /// Whether values of maps have it, and objects of the program's own.
    const fn places(self) -> (bool, bool) {
        match self {
            FieldKind::Timer | FieldKind::WorkQueue | FieldKind::TaskWork => (true, false),
            FieldKind::Pointer(Pointer { class: PointerClass::User, .. }) => (true, false),
            FieldKind::ListNode | FieldKind::RbNode => (false, true),
            _ => (true, true),
        }
    }
}

/// Structs that are fields, and the version that brought them, as far as it is later than 6.1.
const STRUCTS: &[(FieldKind, Dialect)] = &[
    (FieldKind::SpinLock, Dialect::V6_1),
    (FieldKind::Timer, Dialect::V6_1),
    (FieldKind::WorkQueue, Dialect::V6_12),
    (FieldKind::ListHead, Dialect::V6_12),
    (FieldKind::ListNode, Dialect::V6_12),
    (FieldKind::RbRoot, Dialect::V6_12),
    (FieldKind::RbNode, Dialect::V6_12),
    (FieldKind::Refcount, Dialect::V6_12),
    (FieldKind::ResilientSpinLock, Dialect::V6_18),
    (FieldKind::TaskWork, Dialect::V6_18),
];

/// Tags of pointers, and the versions that know them so.
const TAGS: &[(&str, PointerClass, Dialect, Dialect)] = &[
    ("kptr", PointerClass::Untrusted, Dialect::V6_1, Dialect::V6_1),
    ("kptr_ref", PointerClass::Referenced, Dialect::V6_1, Dialect::V6_1),
    ("kptr_untrusted", PointerClass::Untrusted, Dialect::V6_12, Dialect::V6_18),
    ("kptr", PointerClass::Referenced, Dialect::V6_12, Dialect::V6_18),
    ("percpu_kptr", PointerClass::PerCpu, Dialect::V6_12, Dialect::V6_18),
    ("uptr", PointerClass::User, Dialect::V6_18, Dialect::V6_18),
];

/// Kernel objects that maps may hold references to, and the functions that give these back: what a kernel has of the
/// latter is registered (`register_btf_id_dtor_kfuncs`).
const DESTRUCTORS: &[(&str, &str)] = &[
    ("task_struct", "bpf_task_release_dtor"),
    ("cgroup", "bpf_cgroup_release_dtor"),
    ("bpf_cpumask", "bpf_cpumask_release_dtor"),
    ("bpf_crypto_ctx", "bpf_crypto_ctx_release_dtor"),
    ("prog_test_ref_kfunc", "bpf_kfunc_call_test_release"),
    ("prog_test_member", "bpf_kfunc_call_memb_release"),
];

/// Kernel objects that stay for an RCU grace period after their last reference is gone (`rcu_protected_types`).
const RCU_PROTECTED: [&str; 5] =
    ["prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx"];

/// Whether objects of the kernel's struct `name` are protected by RCU.
pub(crate) fn is_rcu_protected(name: &str) -> bool {
    RCU_PROTECTED.contains(&name)
}

/// The kernel's fields in the values of one map, or in objects of one type, by offset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub fields: Vec<Field>,
    /// The kernel's types would be needed to tell.
    pub lacks_types: bool,
}

impl Record {
    pub fn has(&self, kind: FieldKind) -> bool {
        self.fields.iter().any(|field| field.kind == kind)
    }

    /// Where the field of `kind` is of which there is one.
    pub fn offset_of(&self, kind: FieldKind) -> Option<u32> {
        self.fields.iter().find(|field| field.kind == kind).map(|field| field.off)
    }

    /// The field of `kind` at `off`.
    pub fn at(&self, off: i64, kind: FieldKind) -> Option<Field> {
        self.fields.iter().copied().find(|field| i64::from(field.off) == off && field.kind == kind)
    }

    pub fn has_lock(&self) -> bool {
        self.has(FieldKind::SpinLock) || self.has(FieldKind::ResilientSpinLock)
    }

    pub fn has_pointers(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, FieldKind::Pointer(_)))
    }

    /// The pointer at `off`.
    pub fn pointer_at(&self, off: i64) -> Option<Pointer> {
        let field = self.fields.iter().find(|field| i64::from(field.off) == off)?;
        match field.kind {
            FieldKind::Pointer(pointer) => Some(pointer),
            _ => None,
        }
    }
}

/// Those of all maps of an object, and of the types that it may allocate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    maps: Vec<Record>,
    own: FxHashMap<TypeId, Record>,
}

impl Records {
    pub fn new(object: &Object, kernel: KernelSource<'_>, rules: &Rules) -> Records {
        let record = |map: &Map| {
            map.value.map_or_else(Record::default, |value| record(&object.btf, value, false, kernel, rules))
        };
        let maps = object.maps.iter().map(record).collect();
        Records { maps, own: own_records(&object.btf, kernel, rules) }
    }

    /// The kernel's fields in objects of the program's type `id`, if there are any.
    pub fn own(&self, id: TypeId) -> Option<&Record> {
        self.own.get(&id)
    }

    pub fn of(&self, map: Option<MapId>) -> Option<&Record> {
        self.maps.get(map?.0 as usize)
    }
}

/// Nothing in the value counts: the kernel keeps the error, and takes the value for plain memory.
struct Broken;

/// What is looked for in a type.
struct Search<'a> {
    btf: &'a Btf,
    rules: &'a Rules,
    /// In objects of the program's own, not in values of maps.
    own: bool,
    /// Fields of which there may be one only.
    seen: Vec<FieldKind>,
}

/// `btf_parse_struct_metas`: the structs that have such fields as members themselves.
fn own_records(btf: &Btf, kernel: KernelSource<'_>, rules: &Rules) -> FxHashMap<TypeId, Record> {
    if rules.dialect == Dialect::V6_1 {
        return FxHashMap::default();
    }
    let is_field = |ty: TypeId| match btf.get(ty) {
        Some(Type::Struct { name, .. }) => STRUCTS
            .iter()
            .any(|(kind, since)| kind.name() == name && *since <= rules.dialect && kind.places().1),
        Some(Type::Pointer(_) | Type::Volatile(_)) => matches!(pointer(btf, ty, rules), Ok(Some(_))),
        _ => false,
    };
    btf.iter()
        .filter(|(_, ty)| {
            matches!(ty, Type::Struct { .. }) && ty.members().iter().any(|one| is_field(one.ty))
        })
        .map(|(id, _)| (id, record(btf, id, true, kernel, rules)))
        .collect()
}

/// `btf_parse_fields`.
fn record(btf: &Btf, value: TypeId, own: bool, kernel: KernelSource<'_>, rules: &Rules) -> Record {
    if rules.dialect == Dialect::V6_1 {
        return old_record(btf, value, kernel, rules);
    }
    let mut search = Search { btf, rules, own, seen: Vec::new() };
    let Ok(mut found) = find_all(&mut search, value, 0) else { return Record::default() };
    let mut next = 0;
    for field in &found {
        if field.off < next {
            return Record::default();
        }
        next = field.off + field.kind.size();
    }
    let has = |kind: FieldKind| found.iter().any(|field| field.kind == kind);
    let needs_lock = has(FieldKind::ListHead) || has(FieldKind::RbRoot);
    let is_unlocked = needs_lock && !has(FieldKind::SpinLock) && !has(FieldKind::ResilientSpinLock);
    // What is in a list and in a tree has several owners.
    let is_uncounted = has(FieldKind::ListNode) && has(FieldKind::RbNode) && !has(FieldKind::Refcount);
    if is_unlocked || is_uncounted {
        return Record::default();
    }
    found.sort_by_key(|field| field.off);
    resolve(btf, found, kernel, rules)
}

/// In 6.1, only direct members count, and each family of fields for itself.
fn old_record(btf: &Btf, value: TypeId, kernel: KernelSource<'_>, rules: &Rules) -> Record {
    let members = btf.get(value).map_or(&[][..], Type::members);
    let direct = |kind: FieldKind| {
        let is_it = |ty| matches!(btf.get(ty), Some(Type::Struct { name, size, .. }) if name == kind.name() && *size == kind.size());
        let mut found = members.iter().filter(|member| is_it(member.ty));
        let first = found.next().filter(|member| member.offset.is_multiple_of(kind.align()))?;
        found.next().is_none().then_some(Field { off: first.offset, kind, graph: None })
    };
    let mut fields: Vec<Field> =
        [FieldKind::SpinLock, FieldKind::Timer].into_iter().filter_map(direct).collect();
    let is_aligned = members.iter().all(|member| member.offset.is_multiple_of(8) && member.bits.is_none());
    let pointers: Result<Vec<Option<Field>>, Broken> = members
        .iter()
        .map(|one| {
            let found = pointer(btf, one.ty, rules)?;
            Ok(found.map(|kind| Field { off: one.offset, kind, graph: None }))
        })
        .collect();
    let mut record = Record::default();
    if let (true, Ok(pointers)) = (is_aligned, pointers) {
        record = resolve(btf, pointers.into_iter().flatten().collect(), kernel, rules);
    }
    record.fields.splice(0..0, fields.drain(..));
    record
}

/// Finds what the pointers point to, in the kernel or else in the program.
fn resolve(btf: &Btf, found: Vec<Field>, kernel: KernelSource<'_>, rules: &Rules) -> Record {
    let mut fields = Vec::with_capacity(found.len());
    for field in found {
        let kind = match field.kind {
            FieldKind::Pointer(Pointer { class: PointerClass::User, .. }) => field.kind,
            FieldKind::Pointer(pointer) => {
                let Some(kernel) = kernel() else { return Record { fields: Vec::new(), lacks_types: true } };
                match resolve_pointer(btf, pointer, &kernel, rules) {
                    Ok(pointer) => FieldKind::Pointer(pointer),
                    Err(Broken) => return Record::default(),
                }
            }
            kind => kind,
        };
        fields.push(Field { kind, ..field });
    }
    Record { fields, lacks_types: false }
}

/// `btf_parse_kptr`.
fn resolve_pointer(
    btf: &Btf,
    pointer: Pointer,
    kernel: &Arc<KernelBtf>,
    rules: &Rules,
) -> Result<Pointer, Broken> {
    let Some(ty) = btf.get(pointer.target) else { return Err(Broken) };
    let Some(target) = kernel.find(ty.name(), ty.kind()) else {
        let own = Pointer { own: true, ..pointer };
        return if rules.dialect == Dialect::V6_1 { Err(Broken) } else { Ok(own) };
    };
    if pointer.class == PointerClass::Referenced {
        let row = DESTRUCTORS.iter().find(|(name, _)| *name == ty.name());
        if row.is_none_or(|(_, function)| kernel.find(function, BtfKind::Function).is_none()) {
            return Err(Broken);
        }
    }
    Ok(Pointer { target, ..pointer })
}

/// `btf_find_field`: the fields of a struct, or of the variables of a section.
fn find_all(search: &mut Search<'_>, ty: TypeId, depth: u32) -> Result<Vec<Field>, Broken> {
    if depth >= MAX_DEPTH {
        return Err(Broken);
    }
    let btf = search.btf;
    let parts: Vec<Part> = match btf.get(ty) {
        Some(Type::Struct { members, .. } | Type::Union { members, .. }) => {
            if members.iter().any(|member| member.bits.is_some_and(|bits| bits.start != 0)) {
                return Err(Broken);
            }
            let part = |(index, member): (usize, &gobpf_btf::Member)| Part {
                ty: member.ty,
                off: member.offset,
                size: None,
                declared: (ty, index as i32),
            };
            members.iter().enumerate().map(part).collect()
        }
        Some(Type::Section { variables, .. }) => {
            let variable = |ty| match btf.get(ty) {
                Some(Type::Variable { ty, .. }) => *ty,
                _ => gobpf_btf::VOID,
            };
            let part = |one: &gobpf_btf::SectionVariable| Part {
                ty: variable(one.ty),
                off: one.offset,
                size: Some(one.size),
                declared: (one.ty, -1),
            };
            variables.iter().map(part).collect()
        }
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for part in parts {
        found.extend(find_one(search, part, depth)?);
        if found.len() > MAX_FIELDS {
            return Err(Broken);
        }
    }
    Ok(found)
}

/// A member or variable.
struct Part {
    ty: TypeId,
    off: u32,
    /// Bytes, where they must fit.
    size: Option<u32>,
    /// The struct or variable, and the member of it, that tags speak of.
    declared: (TypeId, i32),
}

/// `btf_find_field_one`.
fn find_one(search: &mut Search<'_>, part: Part, depth: u32) -> Result<Vec<Field>, Broken> {
    let (btf, rules, own) = (search.btf, search.rules, search.own);
    let (mut ty, off, mut count) = (part.ty, part.off, 1u32);
    while let Some(Type::Array { element, length }) = btf.get(ty) {
        (ty, count) = (*element, count.saturating_mul(*length));
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let name = btf.get(ty).map_or("", Type::name);
    let is_struct = matches!(btf.get(ty), Some(Type::Struct { .. } | Type::Union { .. }));
    let is_here = |kind: FieldKind| if own { kind.places().1 } else { kind.places().0 };
    let known =
        STRUCTS.iter().find(|(kind, since)| kind.name() == name && *since <= rules.dialect && is_here(*kind));
    let (mut one, bytes) = match known {
        Some((kind, _)) => {
            if kind.is_single() && search.seen.contains(kind) {
                return Err(Broken);
            }
            search.seen.push(*kind);
            let is_it = is_struct && btf.size_of(ty) == kind.size() && off.is_multiple_of(kind.align());
            let graph = if is_it { graph::find(btf, *kind, part.declared)? } else { None };
            (if is_it { vec![Field { off: 0, kind: *kind, graph }] } else { Vec::new() }, kind.size())
        }
        None if is_struct => (find_all(search, ty, depth + 1)?, btf.size_of(ty)),
        None if off.is_multiple_of(8) => {
            let kind = pointer(btf, ty, rules)?.filter(|kind| is_here(*kind));
            (kind.map(|kind| vec![Field { off: 0, kind, graph: None }]).unwrap_or_default(), 8)
        }
        None => return Ok(Vec::new()),
    };
    if part.size.is_some_and(|size| size != bytes.saturating_mul(count)) {
        return Ok(Vec::new());
    }
    if count > 1 && !one.is_empty() {
        if one.iter().any(|field| !field.kind.may_repeat()) || one.len() * count as usize > MAX_FIELDS {
            return Err(Broken);
        }
        let first = one.clone();
        for turn in 1..count {
            one.extend(first.iter().map(|field| Field { off: field.off + turn * bytes, ..*field }));
        }
    }
    Ok(one.into_iter().map(|field| Field { off: off + field.off, ..field }).collect())
}

/// `btf_find_kptr`: a pointer whose target has a tag.
fn pointer(btf: &Btf, mut ty: TypeId, rules: &Rules) -> Result<Option<FieldKind>, Broken> {
    if let (Some(Type::Volatile(target)), true) = (btf.get(ty), rules.dialect != Dialect::V6_1) {
        ty = *target;
    }
    let Some(Type::Pointer(target)) = btf.get(ty) else { return Ok(None) };
    let Some(Type::TypeTag { name, target }) = btf.get(*target) else { return Ok(None) };
    if matches!(btf.get(*target), Some(Type::TypeTag { .. })) {
        return Err(Broken);
    }
    let row = TAGS
        .iter()
        .find(|(tag, _, first, last)| tag == name && (*first..=*last).contains(&rules.dialect))
        .ok_or(Broken)?;
    let target = crate::checks::global::skip(btf, *target);
    if !matches!(btf.get(target), Some(Type::Struct { .. } | Type::Union { .. })) {
        return Err(Broken);
    }
    Ok(Some(FieldKind::Pointer(Pointer { class: row.1, target, own: false })))
}
