//! Parts of what can be wrong.

/// What is wrong with how far something is shifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ShiftProblem {
    Negative,
    Invalid,
    NotInteger,
}

/// Why a directive has no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Idle {
    Program,
    Native,
    Global,
}

/// How many values there are.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ValueCount {
    Expressions(usize),
    Call { function: String, results: usize },
}

/// Why type arguments don't follow from what is passed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum InferenceProblem {
    /// Nothing says what the parameter is.
    Unknown { name: String },
    /// What is passed is not what the parameter can be; `missing` are the type parameters where nothing is known of any.
    Mismatch { missing: Vec<String>, operand: String, text: String, inferred: Option<String>, target: String },
    /// The same of the variable that a generic function goes to.
    Reverse { inferred: String, operand: String, text: String, target: String },
    /// Untyped constants of sorts that have none in common.
    Untyped { left: String, right: String, name: String },
    /// What is known of the parameter is nothing that its constraint allows.
    Unlike { param: String, known: String, constraint: String, cause: String },
}

/// What is wrong with an entry point.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum EntryProblem {
    Parameters { count: usize },
    Context { found: String },
    Results { count: usize },
    ResultType { found: String },
    Method,
    Generic,
    NoBody,
}

/// Constructs of Go that the kernel side doesn't have.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum NotInKernel {
    Goroutine,
    Channel,
    Interface,
    /// The type `error`.
    ErrorValue,
    FunctionValue,
    /// A function in a field, an element, or behind a pointer.
    KeptFunction,
    FunctionVariable,
    /// A package variable changes that is read by its first value.
    TableChanges,
    PrintedString,
    Float,
    Allocation,
    StringValue,
    UnboundedBytes,
    Defer,
    GoMap,
    MapOperation(&'static str),
    Recover,
    Builtin(&'static str),
    /// `print` or `println`.
    Print(&'static str),
    UnsafePointer,
    StoredPointer,
    RecursiveType,
    SharedPointer,
    LocalGeneric,
    /// A count that Go takes though it is no integer.
    ShiftCount,
}

/// What is wrong with a format and its arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum FormatProblem {
    NotConstant { operand: String },
    UnknownVerb { function: String, verb: String },
    UnsupportedVerb { verb: String },
    WrongType { function: String, verb: String, operand: String, ty: String },
    Missing { function: String, verb: String, argument: usize, count: usize },
    Extra { function: String, verbs: usize, count: usize },
    Byte { byte: u8 },
}
