//! Questions to a set of types, whoever holds it.

use std::borrow::Cow;

use crate::build::Btf;
use crate::types::{Kind, Member, Type, TypeId};

/// Typedefs, qualifiers and arrays in a row at most: more are taken for a circle.
pub(crate) const DEPTH: usize = 64;

/// A member that was found by its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The member; its offset counts from the outermost struct.
    pub member: Member,
    /// The way to it: indexes of members, through members without name.
    pub path: Vec<u32>,
}

/// What a type's size follows from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// So many bytes.
    Bytes(u32),
    /// An array of so many elements of this type.
    Array(TypeId, u32),
    /// It is that of another type.
    Of(TypeId),
}

/// A set of types.
pub trait Types {
    /// The type `id`; `None` for `void` and for ids that are not there.
    fn lookup(&self, id: TypeId) -> Option<Cow<'_, Type>>;

    /// The first type of `kind` that is called `name`.
    fn find(&self, name: &str, kind: Kind) -> Option<TypeId>;

    /// `id` without the typedefs, qualifiers and type tags before it.
    fn strip(&self, id: TypeId) -> TypeId {
        let mut id = id;
        for _ in 0..DEPTH {
            match self.lookup(id).and_then(|ty| ty.qualified()) {
                Some(target) => id = target,
                None => break,
            }
        }
        id
    }

    /// The type `id` without the typedefs, qualifiers and type tags before it.
    fn stripped(&self, id: TypeId) -> Option<Cow<'_, Type>> {
        self.lookup(self.strip(id))
    }

    /// What the size of type `id`, without what stands before it, follows from; `None` where it has none, as `void`.
    fn extent(&self, id: TypeId) -> Option<Extent> {
        Some(match &*self.stripped(id)? {
            Type::Int { size, .. }
            | Type::Float { size, .. }
            | Type::Enum { size, .. }
            | Type::Struct { size, .. }
            | Type::Union { size, .. }
            | Type::Section { size, .. } => Extent::Bytes(*size),
            Type::Pointer(_) => Extent::Bytes(8),
            Type::Array { element, length } => Extent::Array(*element, *length),
            Type::Variable { ty, .. } => Extent::Of(*ty),
            _ => return None,
        })
    }

    /// Size of a value of type `id` in bytes; `None` where it has none, as `void`.
    fn size_of(&self, id: TypeId) -> Option<u32> {
        let mut times = 1u32;
        let mut id = id;
        for _ in 0..DEPTH {
            match self.extent(id)? {
                Extent::Bytes(size) => return Some(size.saturating_mul(times)),
                Extent::Array(element, length) => {
                    times = times.saturating_mul(length);
                    id = element;
                }
                Extent::Of(ty) => id = ty,
            }
        }
        None
    }

    /// Alignment of a value of type `id` in bytes.
    fn align_of(&self, id: TypeId) -> u32 {
        self.align_within(id, DEPTH)
    }

    #[doc(hidden)]
    fn align_within(&self, id: TypeId, depth: usize) -> u32 {
        let Some((ty, depth)) = self.stripped(id).zip(depth.checked_sub(1)) else { return 1 };
        match &*ty {
            Type::Int { size, .. } | Type::Float { size, .. } | Type::Enum { size, .. } => (*size).max(1),
            Type::Pointer(_) => 8,
            Type::Array { element, .. } => self.align_within(*element, depth),
            Type::Variable { ty, .. } => self.align_within(*ty, depth),
            Type::Struct { members, .. } | Type::Union { members, .. } => {
                members.iter().map(|member| self.align_within(member.ty, depth)).max().unwrap_or(1)
            }
            _ => 1,
        }
    }

    /// The member `name` of the struct or union `id`, also in members without name.
    fn member(&self, id: TypeId, name: &str) -> Option<Found> {
        self.member_within(id, name, DEPTH)
    }

    #[doc(hidden)]
    fn member_within(&self, id: TypeId, name: &str, depth: usize) -> Option<Found> {
        let depth = depth.checked_sub(1)?;
        let ty = self.stripped(id)?;
        ty.members().iter().enumerate().find_map(|(index, member)| {
            if member.name == name {
                return Some(Found { member: member.clone(), path: vec![index as u32] });
            }
            if !member.name.is_empty() {
                return None;
            }
            let mut found = self.member_within(member.ty, name, depth)?;
            found.member.offset = found.member.offset.wrapping_add(member.offset);
            found.path.insert(0, index as u32);
            Some(found)
        })
    }
}

impl Types for Btf {
    fn lookup(&self, id: TypeId) -> Option<Cow<'_, Type>> {
        self.get(id).map(Cow::Borrowed)
    }

    fn find(&self, name: &str, kind: Kind) -> Option<TypeId> {
        self.iter().find(|(_, ty)| ty.kind() == kind && ty.name() == name).map(|(id, _)| id)
    }
}
