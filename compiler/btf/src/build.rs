//! A set of types that is built.

use crate::types::{Type, TypeId};

/// A set of types that refer to each other by [`TypeId`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Btf {
    types: Vec<Type>,
}

impl Btf {
    /// Adds `ty`, or finds the equal type that is there already.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(index) = self.types.iter().position(|known| *known == ty) {
            return TypeId(index as u32 + 1);
        }
        self.push(ty)
    }

    /// Adds `ty`, even where an equal type is there already.
    pub fn push(&mut self, ty: Type) -> TypeId {
        self.types.push(ty);
        TypeId(self.types.len() as u32)
    }

    /// The type `id`; `None` for `void` and for ids of another set.
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0.checked_sub(1)? as usize)
    }

    /// The type `id`, to be changed: for types that refer to each other in a circle.
    pub fn get_mut(&mut self, id: TypeId) -> Option<&mut Type> {
        self.types.get_mut(id.0.checked_sub(1)? as usize)
    }

    /// Size of a value of type `id` in bytes; 0 for `void` and unknown ids.
    pub fn size_of(&self, id: TypeId) -> u32 {
        crate::Types::size_of(self, id).unwrap_or(0)
    }

    /// Number of types, `void` not counted.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there are no types.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// All types with their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        self.types.iter().enumerate().map(|(index, ty)| (TypeId(index as u32 + 1), ty))
    }
}
