//! BTF: the types that travel with a BPF object, such as those of map keys and values.
//!
//! The room knows sizes and member offsets, and nothing of Go or of instructions.

/// A type of a [`Btf`]; 0 is `void`, as in the kernel's encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub u32);

/// `void`.
pub const VOID: TypeId = TypeId(0);

/// A set of types that refer to each other by [`TypeId`].
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Btf {
    types: Vec<Type>,
}

/// One type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// An integer of `size` bytes.
    Int {
        /// Its name, such as `uint32`.
        name: String,
        /// Size in bytes: 1, 2, 4 or 8.
        size: u32,
        /// How its bits are read.
        encoding: IntEncoding,
    },
    /// A pointer.
    Pointer(TypeId),
    /// `length` elements in a row.
    Array {
        /// The element type.
        element: TypeId,
        /// Number of elements.
        length: u32,
    },
    /// A struct.
    Struct {
        /// Its name; empty for an anonymous one.
        name: String,
        /// Size in bytes, padding included.
        size: u32,
        /// Its members by offset.
        members: Vec<Member>,
    },
    /// Another name for a type.
    Typedef {
        /// The name.
        name: String,
        /// What it stands for.
        target: TypeId,
    },
}

/// How the bits of an integer are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntEncoding {
    /// An unsigned number.
    Unsigned,
    /// A number in two's complement.
    Signed,
    /// 0 or 1.
    Bool,
}

/// A member of a struct.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    /// Its name; empty for padding that has none.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Offset in bytes from the start of the struct.
    pub offset: u32,
}

impl Btf {
    /// Adds `ty`, or finds the equal type that is there already.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(index) = self.types.iter().position(|known| *known == ty) {
            return TypeId(index as u32 + 1);
        }
        self.types.push(ty);
        TypeId(self.types.len() as u32)
    }

    /// The type `id`; `None` for `void` and for ids of another set.
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        self.types.get(id.0.checked_sub(1)? as usize)
    }

    /// Size of a value of type `id` in bytes; 0 for `void` and unknown ids.
    pub fn size_of(&self, id: TypeId) -> u32 {
        match self.get(id) {
            None => 0,
            Some(Type::Int { size, .. } | Type::Struct { size, .. }) => *size,
            Some(Type::Pointer(_)) => 8,
            Some(Type::Array { element, length }) => self.size_of(*element).saturating_mul(*length),
            Some(Type::Typedef { target, .. }) => self.size_of(*target),
        }
    }

    /// All types with their ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        self.types.iter().enumerate().map(|(index, ty)| (TypeId(index as u32 + 1), ty))
    }
}
