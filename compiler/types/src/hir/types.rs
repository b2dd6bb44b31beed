//! Types as they are laid out, and the memory that pointers point into.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;

use super::TypeId;

/// A type, as it is laid out; names are kept where people will want to read them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// Something with a type error, already reported.
    Unknown,
    /// `bool`: one byte, 0 or 1.
    Bool,
    /// An integer. `int`, `uint` and `uintptr` have 64 bits.
    Int {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// In two's complement.
        signed: bool,
        /// The Go name, such as `uint32` or `XDPAction`.
        name: SmolStr,
    },
    /// `string`: a pointer to bytes that don't change while they are looked at, and their number.
    String {
        /// Into which memory; that of constants is [`Provenance::Constant`].
        provenance: Provenance,
    },
    /// A function type. Only before specialisation.
    Function,
    /// `[length]element`.
    Array {
        /// Element type.
        element: TypeId,
        /// Number of elements.
        length: u64,
    },
    /// A struct.
    Struct(StructType),
    /// `*target`.
    Pointer {
        /// What it points to.
        target: TypeId,
        /// Into which memory.
        provenance: Provenance,
    },
    /// `[]element`.
    Slice {
        /// Element type.
        element: TypeId,
        /// Into which memory.
        provenance: Provenance,
    },
}

/// A struct type with its layout.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StructType {
    /// Its Go name; empty for an anonymous one.
    pub name: SmolStr,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Size in bytes, padding included.
    pub size: u32,
    /// Alignment in bytes.
    pub align: u32,
}

/// A field of a struct.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: TypeId,
    /// Offset in bytes.
    pub offset: u32,
}

/// The memory that a pointer or slice points into.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Provenance {
    /// Not yet known: only `nil` so far.
    Nil,
    /// A local variable.
    Stack,
    /// A package variable.
    Global,
    /// The value of a map entry; may be nil until checked.
    MapValue,
    /// Read-only data: constant strings.
    Constant,
    /// A record of a ring buffer; may be nil until checked.
    RingBuf,
    /// By the path one of the stack, a package variable, a map value, a record or a constant: the strictest rules of
    /// these hold.
    Mixed,
    /// The packet.
    Packet,
    /// The context.
    Context,
}

impl Provenance {
    /// In a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Provenance::Nil => "nil",
            Provenance::Stack => "a local variable",
            Provenance::Global => "a package variable",
            Provenance::MapValue => "a map value",
            Provenance::Constant => "a constant",
            Provenance::RingBuf => "a record of a ring buffer",
            Provenance::Mixed => "one of several memories",
            Provenance::Packet => "the packet",
            Provenance::Context => "the context",
        }
    }
}

/// The interned types of a package.
#[derive(Clone, Debug, Default)]
pub struct Types {
    types: Vec<Type>,
    ids: HashMap<Type, TypeId>,
}

impl Hash for Types {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.types.hash(state);
    }
}

impl Types {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.types.len()
    }

    /// Adds `ty`, or finds the equal type that is there already.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(known) = self.ids.get(&ty) {
            return *known;
        }
        let id = TypeId(self.types.len() as u32);
        self.ids.insert(ty.clone(), id);
        self.types.push(ty);
        id
    }

    /// The type `id`.
    pub fn get(&self, id: TypeId) -> &Type {
        self.types.get(id.0 as usize).unwrap_or(&Type::Unknown)
    }

    /// Size of a value in bytes, with the layout of Go on 64-bit machines (strings 16, slices 24).
    pub fn size_of(&self, id: TypeId) -> u64 {
        match self.get(id) {
            Type::Unknown => 0,
            Type::Bool => 1,
            Type::Int { bits, .. } => u64::from(*bits) / 8,
            Type::String { .. } => 16,
            Type::Function => 8,
            Type::Array { element, length } => self.size_of(*element).saturating_mul(*length),
            Type::Struct(struct_type) => u64::from(struct_type.size),
            Type::Pointer { .. } => 8,
            Type::Slice { .. } => 24,
        }
    }

    /// Alignment of a value in bytes.
    pub fn align_of(&self, id: TypeId) -> u64 {
        match self.get(id) {
            Type::Unknown => 1,
            Type::Array { element, .. } => self.align_of(*element),
            Type::Struct(struct_type) => u64::from(struct_type.align),
            Type::String { .. } | Type::Slice { .. } => 8,
            _ => self.size_of(id),
        }
    }

    /// The Go name or spelling of a type.
    pub fn name_of(&self, id: TypeId) -> String {
        match self.get(id) {
            Type::Unknown => "?".into(),
            Type::Bool => "bool".into(),
            Type::Int { name, .. } => name.to_string(),
            Type::String { .. } => "string".into(),
            Type::Function => "func".into(),
            Type::Array { element, length } => format!("[{length}]{}", self.name_of(*element)),
            Type::Struct(struct_type) if struct_type.name.is_empty() => {
                let fields: Vec<_> = struct_type
                    .fields
                    .iter()
                    .map(|field| format!("{} {}", field.name, self.name_of(field.ty)))
                    .collect();
                format!("struct{{{}}}", fields.join("; "))
            }
            Type::Struct(struct_type) => struct_type.name.to_string(),
            Type::Pointer { target, .. } => format!("*{}", self.name_of(*target)),
            Type::Slice { element, .. } => format!("[]{}", self.name_of(*element)),
        }
    }
}
