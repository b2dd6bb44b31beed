//! The typed HIR: what the type checker hands to the middle end.
//!
//! Names are resolved, constants folded, conversions explicit, implicit dereferences and promoted fields spelled out,
//! generic functions and pointer provenances specialised. Evaluation order is still Go's: operands from left to right.

use gobpf_bpf::KernelVersion;
use gobpf_bpf::tables::{MapKind, ProgramKind};
use gobpf_source::{DeclId, NodeId, Place};
use smol_str::SmolStr;

mod types;

pub use types::{Field, Provenance, StructType, Type, Types};

/// The kernel side of a package.
#[derive(Clone, Debug)]
pub struct Package {
    /// All types.
    pub types: Types,
    /// Programs in source order.
    pub programs: Vec<Program>,
    /// Functions that programs reach, each specialised; addressed by [`FunctionId`].
    pub functions: Vec<Function>,
    /// Maps that the package declares; addressed by [`MapId`].
    pub maps: Vec<Map>,
    /// Package variables that programs reach; addressed by [`GlobalId`].
    pub globals: Vec<Global>,
    /// The licence.
    pub license: SmolStr,
    /// The target kernel.
    pub target: KernelVersion,
}

/// Index of a [`Function`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FunctionId(pub u32);

/// Index of a [`Map`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MapId(pub u32);

/// Index of a [`Global`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GlobalId(pub u32);

/// Index of a [`Local`] of a function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LocalId(pub u32);

/// Index of a [`Type`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub u32);

/// A loop, switch or labelled block of a function that `break` and `continue` name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LabelId(pub u32);

/// An entry point.
#[derive(Clone, Hash, Debug)]
pub struct Program {
    /// Its Go name.
    pub name: SmolStr,
    /// The section, such as `xdp`.
    pub section: SmolStr,
    /// What the section means.
    pub kind: ProgramKind,
    /// The function. Its only parameter, where it has one, is the context; its result, where it has one, an integer.
    pub function: FunctionId,
    /// Its name in the source.
    pub place: Place,
}

/// A function with one choice of type arguments and provenances.
#[derive(Clone, Hash, Debug)]
pub struct Function {
    /// Its Go name, such as `T.Method`.
    pub name: SmolStr,
    /// The declaration; nodes of the body are its nodes.
    pub decl: DeclId,
    /// The node of its name in the declaration.
    pub name_node: NodeId,
    /// Parameters, receiver first: a prefix of `locals`.
    pub params: Vec<LocalId>,
    /// Types of the results.
    pub results: Vec<TypeId>,
    /// The variables of named results, empty where the results have no names. Where calls are deferred, the results are
    /// read from these after the deferred calls.
    pub result_locals: Vec<LocalId>,
    /// Local variables; addressed by [`LocalId`].
    pub locals: Vec<Local>,
    /// The body.
    pub body: Block,
    /// Deferred calls in source order. On every way out of the function (`return`, once results are in their variables,
    /// and the abort of a panic) those whose flag is set run in reverse order.
    pub defers: Vec<Deferred>,
    /// What the source says about inlining it.
    pub inlining: Inlining,
    /// The functions that the body calls, one for each call.
    pub callees: Vec<FunctionId>,
    /// Statements and expressions of the body.
    pub nodes: u32,
}

/// A deferred call. The `defer` statement itself evaluates function and arguments into locals and sets the flag.
#[derive(Clone, Hash, Debug)]
pub struct Deferred {
    /// The `defer` statement.
    pub node: NodeId,
    /// A variable of type `bool`, declared false where the body starts: the statement was reached.
    pub flag: LocalId,
    /// The call: `if flag { flag = false; body }`.
    pub body: Block,
}

/// What the source says about inlining a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Inlining {
    /// Nothing: the compiler chooses.
    Automatic,
    /// `//bpf:noinline`: a function of its own, called.
    Never,
    /// `//bpf:global`: a function of its own that the verifier looks at separately.
    Global,
}

/// A local variable.
#[derive(Clone, Hash, Debug)]
pub struct Local {
    /// Its Go name; `_` or empty for one without.
    pub name: SmolStr,
    /// Its type.
    pub ty: TypeId,
    /// Where it is declared.
    pub node: NodeId,
    /// Its address is taken (`&x`, `x[:]`, a pointer method).
    pub address_taken: bool,
}

/// A BPF map.
#[derive(Clone, Hash, Debug)]
pub struct Map {
    /// Its Go name.
    pub name: SmolStr,
    /// Kind of map.
    pub kind: MapKind,
    /// Type of a key.
    pub key: TypeId,
    /// Type of a value.
    pub value: TypeId,
    /// Number of entries at most.
    pub max_entries: u32,
    /// `BPF_F_*` flags of creation.
    pub flags: u32,
    /// Entries that the loader puts in: bytes of key and value.
    pub initial: Vec<(Vec<u8>, Vec<u8>)>,
    /// It is written as a Go map (`//bpf:map`).
    pub is_go_map: bool,
    /// Where it is declared.
    pub place: Place,
}

/// A package variable.
#[derive(Clone, Hash, Debug)]
pub struct Global {
    /// Its Go name.
    pub name: SmolStr,
    /// Its type.
    pub ty: TypeId,
    /// Its first value as bytes of its layout; `None` for the zero value.
    pub initial: Option<Vec<u8>>,
    /// It never changes once the program is loaded (`bpf.Const`, constant data): it lives in frozen `.rodata`.
    pub constant: bool,
    /// Where it is declared.
    pub place: Place,
}

/// Statements in order.
pub type Block = Vec<Stmt>;

/// A statement.
#[derive(Clone, Hash, Debug)]
pub struct Stmt {
    /// The syntax node.
    pub node: NodeId,
    /// What it does.
    pub kind: StmtKind,
}

/// Kinds of statements.
#[derive(Clone, Hash, Debug)]
pub enum StmtKind {
    /// A variable comes to life: with `init`, or with its zero value. In a loop it is a new variable each time.
    Declare {
        /// The variable.
        local: LocalId,
        /// Its first value.
        init: Option<Expr>,
    },
    /// `targets = values`, as many each. Index and pointer operands on the left and the values are evaluated in order,
    /// then the assignments happen from left to right. `None` is the blank identifier.
    Assign {
        /// Places.
        targets: Vec<Option<Expr>>,
        /// Values.
        values: Vec<Expr>,
    },
    /// `targets = call` of a function with several results ([`ExprKind::Call`] only).
    AssignCall {
        /// Places.
        targets: Vec<Option<Expr>>,
        /// The call.
        call: Expr,
    },
    /// `target op= value`; the operands of `target` are evaluated once.
    AssignOp {
        /// A place.
        target: Expr,
        /// The operator.
        op: BinaryOp,
        /// The value; for shifts of any integer type, otherwise of the target's type.
        value: Expr,
    },
    /// An expression for its effect.
    Expr(Expr),
    /// Statements with a scope of their own.
    Block(Block),
    /// `if`.
    If {
        /// The condition.
        cond: Expr,
        /// Where it holds.
        then: Block,
        /// Where it doesn't.
        otherwise: Block,
    },
    /// `for`; the initial statement stands before it. `continue` goes to `post`.
    For {
        /// Its name for `break` and `continue`.
        label: LabelId,
        /// The condition; `None` for ever.
        cond: Option<Expr>,
        /// After each turn.
        post: Block,
        /// The body.
        body: Block,
    },
    /// `switch`: the first clause with a condition that holds is run. The tag is in a local, conditions compare with it.
    Switch {
        /// Its name for `break`.
        label: LabelId,
        /// Clauses in source order.
        clauses: Vec<Clause>,
    },
    /// `break` out of `label`.
    Break(LabelId),
    /// `continue` of `label`.
    Continue(LabelId),
    /// `return`, with as many values as there are results.
    Return(Vec<Expr>),
    /// `return call` of a function with several results.
    ReturnCall(Expr),
    /// `panic`: the program ends with the abort value of its kind, as after any other run-time panic.
    Panic,
    /// `goto`: control goes on after the [`StmtKind::Label`]. Go's rules hold: no jump over a declaration that is in scope
    /// at the label, none into a block.
    Goto(LabelId),
    /// Where `goto` of the label goes on. Each label stands once in its function.
    Label(LabelId),
    /// `clear(slice)`: its elements become zero.
    Clear(Expr),
    /// `delete(map, key)` of a Go map; no effect where there is no such entry.
    MapDelete {
        /// The map.
        map: MapId,
        /// The key.
        key: Expr,
    },
}

/// A clause of a switch.
#[derive(Clone, Hash, Debug)]
pub struct Clause {
    /// The syntax node.
    pub node: NodeId,
    /// Boolean conditions, tried in order; `None` for `default`, which is tried last wherever it stands.
    pub conditions: Option<Vec<Expr>>,
    /// What is run.
    pub body: Block,
    /// The body goes on with the next clause's.
    pub fallthrough: bool,
}

/// A typed expression.
#[derive(Clone, Hash, Debug)]
pub struct Expr {
    /// The syntax node.
    pub node: NodeId,
    /// Its type.
    pub ty: TypeId,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions. Places are `Local`, `Global`, `Deref`, and `Field` and `Index` of a place.
#[derive(Clone, Hash, Debug)]
pub enum ExprKind {
    /// A constant of type `ty`.
    Const(Constant),
    /// The zero value of type `ty`.
    Zero,
    /// A local variable.
    Local(LocalId),
    /// A package variable.
    Global(GlobalId),
    /// A field of a struct (a place or a value).
    Field {
        /// The struct.
        base: Box<Expr>,
        /// Which field.
        index: u32,
    },
    /// `*pointer`.
    Deref(Box<Expr>),
    /// `base[index]` of an array (a place or a value), a slice or a string. Constant indices of arrays are in range.
    Index {
        /// Array, slice or string.
        base: Box<Expr>,
        /// Of any integer type.
        index: Box<Expr>,
    },
    /// `base[low:high:max]` of an addressable array, of a slice, or (without `max`) of a string. It panics unless
    /// `0 <= low <= high <= max <= cap(base)` (the length of a string).
    Slice {
        /// Array (a place), slice or string.
        base: Box<Expr>,
        /// 0 where missing.
        low: Option<Box<Expr>>,
        /// The length where missing.
        high: Option<Box<Expr>>,
        /// The end of the new capacity; that of `base` where missing.
        max: Option<Box<Expr>>,
    },
    /// `&place`.
    AddressOf(Box<Expr>),
    /// A struct with these fields, in order.
    Struct(Vec<Expr>),
    /// An array with these elements; the others are zero.
    Array(Vec<(u64, Expr)>),
    /// `-x`, `^x` (integers), `!x` (booleans).
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// Integer arithmetic; both operands of type `ty`, but for the right one of a shift, which is of any integer type.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// A comparison of two values of the same type: integers, booleans, pointers (`nil` is `Zero`), structs, arrays, and
    /// strings (all six operators, by bytes); slices with `nil`.
    Compare {
        /// The operator.
        op: CompareOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `&&` (`and`) or `||`.
    Logical {
        /// `&&`.
        and: bool,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// Conversion between integer types, between types of the same layout, between pointers (the memory stays the same),
    /// from a pointer to `uintptr`, and from a slice of bytes to a string that shares them.
    Convert(Box<Expr>),
    /// `len` of a slice or string, of type `int`. The length of arrays and constant strings is a `Const`.
    Len(Box<Expr>),
    /// `cap(slice)`, of type `int`. That of a packet slice is the length of what remains to the packet's end.
    Cap(Box<Expr>),
    /// `copy(to, from)`, of type `int`: as many elements as the shorter has; they may overlap. `from` may be a string.
    Copy {
        /// A slice.
        to: Box<Expr>,
        /// A slice, or a string.
        from: Box<Expr>,
    },
    /// `min` or `max` of integers or strings, each evaluated once.
    MinMax {
        /// `max`.
        max: bool,
        /// One or more, of the same type.
        operands: Vec<Expr>,
    },
    /// A slice (`[]byte`) or string, after `ty`, of a fresh copy of `bytes` (a slice of bytes or a string) on the stack.
    /// `bytes` has no more than `capacity` bytes.
    CopyBytes {
        /// What is copied.
        bytes: Box<Expr>,
        /// The bound that is known when compiling.
        capacity: u64,
    },
    /// The statements, then the value. Its variables are the function's. It is no place.
    Sequence {
        /// What runs first; it doesn't leave the expression.
        stmts: Block,
        /// The value.
        value: Box<Expr>,
    },
    /// `map[key]` of a Go map: the value, or its zero value where there is no such entry. It is also a target of
    /// [`StmtKind::Assign`] (an update with `BPF_ANY`) and [`StmtKind::AssignOp`], and as the `call` of a
    /// [`StmtKind::AssignCall`] it gives the value and whether there is one.
    MapIndex {
        /// The map.
        map: MapId,
        /// The key.
        key: Box<Expr>,
    },
    /// What a declaration with `//bpf:intrinsic` does.
    Intrinsic {
        /// What.
        op: Intrinsic,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// A function value: `function` with its first parameters fixed. Only before specialisation, which resolves each.
    Closure {
        /// The function.
        function: FunctionId,
        /// Values of its first parameters.
        captures: Vec<Expr>,
    },
    /// A call of a function value. Only before specialisation.
    CallValue {
        /// Of type [`Type::Function`].
        callee: Box<Expr>,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// A call of a function of the package, with its receiver first.
    Call {
        /// The function.
        function: FunctionId,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// A call of a kernel helper; R0 converted to `ty`.
    Helper {
        /// Its number.
        helper: u32,
        /// What goes into R1 and following; a [`Argument::Memory`] or [`Argument::Text`] takes two registers.
        arguments: Vec<Argument>,
    },
    /// The packet of a context as a slice: from the pointer in one field to the pointer in another.
    Packet {
        /// Pointer to the context.
        context: Box<Expr>,
        /// Field index of the start.
        start: u32,
        /// Field index of the end.
        end: u32,
    },
}

/// Primitive operations of the standard library's declarations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Intrinsic {
    /// (pointer, value) -> the old value; 4 or 8 bytes by the pointer's target, as all atomics.
    AtomicAdd,
    /// (pointer, value) -> the old value.
    AtomicAnd,
    /// (pointer, value) -> the old value.
    AtomicOr,
    /// (pointer, value) -> the old value.
    AtomicXor,
    /// (pointer, value) -> the old value.
    AtomicExchange,
    /// (pointer, old, new) -> the value before; where that is `old`, it is `new` now.
    AtomicCompareExchange,
    /// (pointer) -> the value.
    AtomicLoad,
    /// (pointer, value) -> nothing.
    AtomicStore,
    /// ([]byte) -> an unsigned integer; panics where the slice is shorter.
    LoadEndian {
        /// 16, 32 or 64.
        bits: u8,
        /// The first byte is the most significant one.
        big: bool,
    },
    /// ([]byte, unsigned integer) -> nothing; panics where the slice is shorter.
    StoreEndian {
        /// 16, 32 or 64.
        bits: u8,
        /// The first byte is the most significant one.
        big: bool,
    },
    /// (unsigned integer) -> its bytes in reverse order.
    ByteSwap {
        /// 16, 32 or 64.
        bits: u8,
    },
}

/// What the kernel passes to a callback.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CallbackParameter {
    /// Go doesn't get it.
    Dropped,
    /// Go gets it as it is.
    Value,
    /// Go gets what it points to.
    Pointed,
}

/// A helper's argument.
#[derive(Clone, Hash, Debug)]
pub enum Argument {
    /// A scalar (extended to 64 bits by its type) or a pointer.
    Value(Expr),
    /// A pointer to a copy of the value on the stack, padding zeroed.
    Reference(Expr),
    /// A slice: its pointer and its length in bytes.
    Memory(Expr),
    /// A map.
    Map(MapId),
    /// A pointer to these bytes in `.rodata`, a NUL appended, and the length with the NUL.
    Text(Vec<u8>),
    /// The address of a function that the helper calls. It becomes a subprogram with the helper's callback signature; the
    /// next argument is the pointer to the block with what it captures, which is its last parameter.
    Callback(FunctionId),
    /// A function value that the helper calls, and what of its parameters Go gets. Only before specialisation.
    CallbackValue {
        /// Of type [`Type::Function`].
        function: Box<Expr>,
        /// What the kernel passes, in order, the pointer to the block left out.
        parameters: Vec<CallbackParameter>,
        /// Types of the parameters that Go gets.
        types: Vec<TypeId>,
    },
}

/// A constant value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Constant {
    /// `true` or `false`.
    Bool(bool),
    /// An integer in the range of its type.
    Int(i128),
    /// Bytes of a string.
    String(Vec<u8>),
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Neg,
    Complement,
    Not,
}

/// Integer operators, with Go's meaning: wrap-around, panics on division by zero and on negative shift counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Quo,
    Rem,
    And,
    Or,
    Xor,
    AndNot,
    Shl,
    Shr,
}

/// Comparison operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}
