//! The types of BTF (`enum btf_kind`).

/// A type by its number; 0 is `void`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TypeId(pub u32);

/// No type: what a function without result returns, what an untyped pointer points to.
pub const VOID: TypeId = TypeId(0);

/// One type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// An integer of `size` bytes.
    Int {
        /// Its name, such as `uint32`.
        name: String,
        /// Size in bytes: 1, 2, 4, 8 or 16.
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
    /// A union.
    Union {
        /// Its name; empty for an anonymous one.
        name: String,
        /// Size in bytes.
        size: u32,
        /// Its members.
        members: Vec<Member>,
    },
    /// An enumeration (`BTF_KIND_ENUM`, with `size` 8 `BTF_KIND_ENUM64`).
    Enum {
        /// Its name; empty for an anonymous one.
        name: String,
        /// Size in bytes.
        size: u32,
        /// Whether its values are signed.
        signed: bool,
        /// Its values.
        values: Vec<EnumValue>,
    },
    /// A struct or union that is only named.
    Forward {
        /// The name.
        name: String,
        /// A union, not a struct.
        union: bool,
    },
    /// Another name for a type.
    Typedef {
        /// The name.
        name: String,
        /// What it stands for.
        target: TypeId,
    },
    /// `volatile`.
    Volatile(TypeId),
    /// `const`.
    Const(TypeId),
    /// `restrict`.
    Restrict(TypeId),
    /// A function.
    Function {
        /// Its name.
        name: String,
        /// Its [`Type::Prototype`].
        prototype: TypeId,
        /// How it is linked.
        linkage: Linkage,
    },
    /// What a function takes and gives (`BTF_KIND_FUNC_PROTO`).
    Prototype {
        /// The result.
        returns: TypeId,
        /// The parameters; a last one of type `void` without a name stands for `...`.
        parameters: Vec<Parameter>,
    },
    /// A global variable.
    Variable {
        /// Its name.
        name: String,
        /// Its type.
        ty: TypeId,
        /// How it is linked.
        linkage: Linkage,
    },
    /// A section with variables or functions (`BTF_KIND_DATASEC`).
    Section {
        /// Its name, such as `.maps`.
        name: String,
        /// Size in bytes; 0 before the object is linked.
        size: u32,
        /// What is in it, by offset.
        variables: Vec<SectionVariable>,
    },
    /// A floating-point number.
    Float {
        /// Its name.
        name: String,
        /// Size in bytes.
        size: u32,
    },
    /// A tag on a declaration (`btf_decl_tag`).
    DeclTag {
        /// The tag.
        name: String,
        /// What is tagged.
        target: TypeId,
        /// The member or parameter of it; -1 for the whole.
        component: i32,
    },
    /// A tag on a type that a pointer points to (`btf_type_tag`).
    TypeTag {
        /// The tag, such as `rcu`.
        name: String,
        /// The type.
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
    /// A character.
    Char,
    /// 0 or 1.
    Bool,
}

/// How a function or variable is linked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Linkage {
    /// Within its object.
    Static,
    /// Seen by other objects; such functions are verified by themselves.
    Global,
    /// Found elsewhere.
    Extern,
}

/// A member of a struct or union.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    /// Its name; empty for padding, and for a struct whose members are the outer one's.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Offset in bytes from the start of the struct.
    pub offset: u32,
    /// The bits of a bit field, counted from `offset`.
    pub bits: Option<Bits>,
}

/// Where a bit field is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Bits {
    /// The first bit, 0 to 7.
    pub start: u8,
    /// How many.
    pub size: u8,
}

impl Member {
    /// A member that is no bit field.
    pub fn new(name: impl Into<String>, ty: TypeId, offset: u32) -> Member {
        Member { name: name.into(), ty, offset, bits: None }
    }

    /// Offset in bits from the start of the struct.
    pub fn bit_offset(&self) -> u32 {
        self.offset.wrapping_mul(8).wrapping_add(self.bits.map_or(0, |bits| u32::from(bits.start)))
    }
}

/// A value of an enumeration.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EnumValue {
    /// Its name.
    pub name: String,
    /// Its value; of an unsigned one the same 64 bits.
    pub value: i64,
}

/// A parameter of a function.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Parameter {
    /// Its name; may be empty.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
}

/// A variable (or function) of a section.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SectionVariable {
    /// Its [`Type::Variable`] or [`Type::Function`].
    pub ty: TypeId,
    /// Offset in bytes in the section.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
}

/// The kind of a type, by its number in `enum btf_kind`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Int = 1,
    Pointer,
    Array,
    Struct,
    Union,
    Enum,
    Forward,
    Typedef,
    Volatile,
    Const,
    Restrict,
    Function,
    Prototype,
    Variable,
    Section,
    Float,
    DeclTag,
    TypeTag,
    Enum64,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Kind; 19] = [
        Kind::Int,
        Kind::Pointer,
        Kind::Array,
        Kind::Struct,
        Kind::Union,
        Kind::Enum,
        Kind::Forward,
        Kind::Typedef,
        Kind::Volatile,
        Kind::Const,
        Kind::Restrict,
        Kind::Function,
        Kind::Prototype,
        Kind::Variable,
        Kind::Section,
        Kind::Float,
        Kind::DeclTag,
        Kind::TypeTag,
        Kind::Enum64,
    ];

    /// The kind with a number.
    pub fn of_number(number: u32) -> Option<Kind> {
        Kind::ALL.get((number as usize).checked_sub(1)?).copied()
    }
}

impl Type {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Type::Int { .. } => Kind::Int,
            Type::Pointer(_) => Kind::Pointer,
            Type::Array { .. } => Kind::Array,
            Type::Struct { .. } => Kind::Struct,
            Type::Union { .. } => Kind::Union,
            Type::Enum { size: 8, .. } => Kind::Enum64,
            Type::Enum { .. } => Kind::Enum,
            Type::Forward { .. } => Kind::Forward,
            Type::Typedef { .. } => Kind::Typedef,
            Type::Volatile(_) => Kind::Volatile,
            Type::Const(_) => Kind::Const,
            Type::Restrict(_) => Kind::Restrict,
            Type::Function { .. } => Kind::Function,
            Type::Prototype { .. } => Kind::Prototype,
            Type::Variable { .. } => Kind::Variable,
            Type::Section { .. } => Kind::Section,
            Type::Float { .. } => Kind::Float,
            Type::DeclTag { .. } => Kind::DeclTag,
            Type::TypeTag { .. } => Kind::TypeTag,
        }
    }

    /// Its name; empty where it has none.
    pub fn name(&self) -> &str {
        match self {
            Type::Int { name, .. }
            | Type::Struct { name, .. }
            | Type::Union { name, .. }
            | Type::Enum { name, .. }
            | Type::Forward { name, .. }
            | Type::Typedef { name, .. }
            | Type::Function { name, .. }
            | Type::Variable { name, .. }
            | Type::Section { name, .. }
            | Type::Float { name, .. }
            | Type::DeclTag { name, .. }
            | Type::TypeTag { name, .. } => name,
            _ => "",
        }
    }

    /// The members of a struct or union.
    pub fn members(&self) -> &[Member] {
        match self {
            Type::Struct { members, .. } | Type::Union { members, .. } => members,
            _ => &[],
        }
    }

    /// What a typedef, qualifier or type tag stands before.
    pub fn qualified(&self) -> Option<TypeId> {
        match self {
            Type::Typedef { target, .. }
            | Type::Volatile(target)
            | Type::Const(target)
            | Type::Restrict(target)
            | Type::TypeTag { target, .. } => Some(*target),
            _ => None,
        }
    }

    /// All types that it names.
    pub fn references(&self) -> Vec<TypeId> {
        match self {
            Type::Pointer(target)
            | Type::Volatile(target)
            | Type::Const(target)
            | Type::Restrict(target)
            | Type::Typedef { target, .. }
            | Type::DeclTag { target, .. }
            | Type::TypeTag { target, .. } => vec![*target],
            Type::Array { element, .. } => vec![*element],
            Type::Struct { members, .. } | Type::Union { members, .. } => {
                members.iter().map(|member| member.ty).collect()
            }
            Type::Function { prototype, .. } => vec![*prototype],
            Type::Prototype { returns, parameters } => {
                std::iter::once(*returns).chain(parameters.iter().map(|parameter| parameter.ty)).collect()
            }
            Type::Variable { ty, .. } => vec![*ty],
            Type::Section { variables, .. } => variables.iter().map(|variable| variable.ty).collect(),
            Type::Int { .. } | Type::Enum { .. } | Type::Forward { .. } | Type::Float { .. } => Vec::new(),
        }
    }
}
