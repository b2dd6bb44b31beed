//! Whether a type of the program and one of the kernel mean the same.

use gobpf_btf::{Btf, Kind, Type, TypeId};

use super::TypesOf;
use super::path::essential;

fn is_enum(ty: &Type) -> bool {
    matches!(ty, Type::Enum { .. })
}

fn is_composite(ty: &Type) -> bool {
    matches!(ty, Type::Struct { .. } | Type::Union { .. })
}

fn same_kind(one: &Type, other: &Type) -> bool {
    one.kind() == other.kind() || is_enum(one) && is_enum(other)
}

fn pair(local: &Btf, one: TypeId, target: &dyn TypesOf, other: TypeId) -> (Option<Type>, Option<Type>) {
    (local.stripped_type(one), target.stripped_type(other))
}

/// Whether a field of one type may be taken for one of the other: structs for structs, enumerations of the same name,
/// integers of any size, pointers of any kind, arrays of compatible elements.
pub fn fields(local: &Btf, one: TypeId, target: &dyn TypesOf, other: TypeId, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let (Some(one), Some(other)) = pair(local, one, target, other) else { return false };
    if is_composite(&one) && is_composite(&other) {
        return true;
    }
    if !same_kind(&one, &other) {
        return false;
    }
    match (&one, &other) {
        (Type::Pointer(_) | Type::Float { .. } | Type::Int { .. }, _) => true,
        (Type::Forward { .. } | Type::Enum { .. }, _) => {
            let (one, other) = (essential(one.name()), essential(other.name()));
            one.is_empty() || other.is_empty() || one == other
        }
        (Type::Array { element: one, .. }, Type::Array { element: other, .. }) => {
            fields(local, *one, target, *other, depth)
        }
        _ => false,
    }
}

/// Whether types are compatible as wholes (`bpf_core_types_are_compat`): members are not looked at.
pub fn types(local: &Btf, one: TypeId, target: &dyn TypesOf, other: TypeId, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if local.stripped_id(one).0 == 0 || target.stripped_id(other).0 == 0 {
        return local.stripped_id(one).0 == 0 && target.stripped_id(other).0 == 0;
    }
    let (Some(one), Some(other)) = pair(local, one, target, other) else { return false };
    if !same_kind(&one, &other) {
        return false;
    }
    match (&one, &other) {
        (Type::Pointer(one), Type::Pointer(other)) => types(local, *one, target, *other, depth),
        (Type::Array { element: one, .. }, Type::Array { element: other, .. }) => {
            types(local, *one, target, *other, depth)
        }
        (
            Type::Prototype { returns: one, parameters: ours },
            Type::Prototype { returns: other, parameters: theirs },
        ) => {
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(one, other)| types(local, one.ty, target, other.ty, depth))
                && types(local, *one, target, *other, depth)
        }
        _ => matches!(
            one.kind(),
            Kind::Struct | Kind::Union | Kind::Enum | Kind::Enum64 | Kind::Forward | Kind::Int
        ),
    }
}

/// Whether the program's type is found in the kernel's with all its members (`bpf_core_types_match`).
pub fn matches(local: &Btf, one: TypeId, target: &dyn TypesOf, other: TypeId, depth: u32) -> bool {
    within(local, one, target, other, depth, false)
}

fn within(
    local: &Btf,
    one: TypeId,
    target: &dyn TypesOf,
    other: TypeId,
    depth: u32,
    behind_pointer: bool,
) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    if local.stripped_id(one).0 == 0 || target.stripped_id(other).0 == 0 {
        return local.stripped_id(one).0 == 0 && target.stripped_id(other).0 == 0;
    }
    let (Some(one), Some(other)) = pair(local, one, target, other) else { return false };
    if essential(one.name()) != essential(other.name()) && !matches!(one, Type::Int { .. }) {
        return false;
    }
    let forward = |ty: &Type| matches!(ty, Type::Forward { .. });
    if behind_pointer && (forward(&one) || forward(&other)) {
        return is_composite(&one) || is_composite(&other) || forward(&one) && forward(&other);
    }
    if !same_kind(&one, &other) {
        return false;
    }
    match (&one, &other) {
        (Type::Int { size: one, encoding: ours, .. }, Type::Int { size: other, encoding: theirs, .. }) => {
            one == other && ours == theirs
        }
        (Type::Pointer(one), Type::Pointer(other)) => within(local, *one, target, *other, depth, true),
        (Type::Array { element: one, length: ours }, Type::Array { element: other, length: theirs }) => {
            ours == theirs && within(local, *one, target, *other, depth, false)
        }
        (Type::Enum { values: ours, .. }, Type::Enum { values: theirs, .. }) => {
            ours.iter().all(|one| theirs.iter().any(|other| essential(&one.name) == essential(&other.name)))
        }
        (
            Type::Struct { members: ours, .. } | Type::Union { members: ours, .. },
            Type::Struct { members: theirs, .. } | Type::Union { members: theirs, .. },
        ) => {
            // Behind a pointer the name is enough.
            behind_pointer
                || ours.iter().all(|one| {
                    theirs.iter().any(|other| {
                        essential(&one.name) == essential(&other.name)
                            && within(local, one.ty, target, other.ty, depth, false)
                    })
                })
        }
        (
            Type::Prototype { returns: one, parameters: ours },
            Type::Prototype { returns: other, parameters: theirs },
        ) => {
            let same = |one, other| within(local, one, target, other, depth, true);
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(one, other)| same(one.ty, other.ty))
                && same(*one, *other)
        }
        (Type::Forward { union: one, .. }, Type::Forward { union: other, .. }) => one == other,
        _ => true,
    }
}
