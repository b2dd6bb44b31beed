//! The types of generated programs.

/// An integer type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Int {
    /// Its name.
    pub name: &'static str,
    /// Its width.
    pub bits: u32,
    /// Whether it has negative values.
    pub signed: bool,
}

/// All integer types.
pub const INTS: &[Int] = &[
    Int { name: "uint8", bits: 8, signed: false },
    Int { name: "int8", bits: 8, signed: true },
    Int { name: "uint16", bits: 16, signed: false },
    Int { name: "int16", bits: 16, signed: true },
    Int { name: "uint32", bits: 32, signed: false },
    Int { name: "int32", bits: 32, signed: true },
    Int { name: "uint64", bits: 64, signed: false },
    Int { name: "int64", bits: 64, signed: true },
    Int { name: "int", bits: 64, signed: true },
    Int { name: "uint", bits: 64, signed: false },
    Int { name: "byte", bits: 8, signed: false },
    Int { name: "rune", bits: 32, signed: true },
    Int { name: "uintptr", bits: 64, signed: false },
];

impl Int {
    /// Whether both are one type.
    pub fn is(self, other: Int) -> bool {
        let alias = |int: Int| match int.name {
            "byte" => "uint8",
            "rune" => "int32",
            name => name,
        };
        alias(self) == alias(other)
    }

    /// The type with this name.
    pub fn named(name: &str) -> Int {
        INTS.iter().copied().find(|int| int.name == name).unwrap_or(INTS[4])
    }

    /// The largest value.
    pub fn max(self) -> i128 {
        if self.signed { (1 << (self.bits - 1)) - 1 } else { (1 << self.bits) - 1 }
    }

    /// The smallest value.
    pub fn min(self) -> i128 {
        if self.signed { -(1 << (self.bits - 1)) } else { 0 }
    }
}

/// A type.
#[derive(Clone, PartialEq, Debug)]
pub enum Ty {
    /// An integer.
    Int(Int),
    /// `bool`.
    Bool,
    /// `string`.
    Str,
    /// `[n]T`.
    Array(usize, Box<Ty>),
    /// `[]T`.
    Slice(Box<Ty>),
    /// `*T`.
    Pointer(Box<Ty>),
    /// One of the program's named types.
    Named(usize),
}

/// A named type.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its methods.
    pub methods: Vec<Func>,
    /// Names of constants of the type.
    pub values: Vec<String>,
}

/// What a named type is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A struct.
    Struct(Vec<Field>),
    /// Based on another type.
    Based(Ty),
    /// Another name for a type.
    Alias(Ty),
}

/// A field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name; of an embedded one, the type's.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Without a name of its own.
    pub embedded: bool,
}

/// A function or method.
#[derive(Clone, Debug)]
pub struct Func {
    /// Its name.
    pub name: String,
    /// Types of its parameters.
    pub params: Vec<Ty>,
    /// Types of its results.
    pub results: Vec<Ty>,
    /// It changes nothing but its own variables, so it can be called anywhere in an expression.
    pub pure: bool,
    /// The receiver is a pointer.
    pub on_pointer: bool,
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Var {
    /// Its name, or another expression that is one.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// It may be assigned to.
    pub mutable: bool,
}
