//! What can be wrong with global functions, and with calls of the kernel's own.

use crate::fault::{Fault, Stop};

/// What is wrong with a global function, or a call of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum GlobalFault {
    TooManyArguments {
        name: String,
        count: usize,
    },
    Result {
        name: String,
    },
    Argument {
        number: usize,
        word: &'static str,
        name: String,
    },
    NoSize {
        number: usize,
        word: &'static str,
        name: String,
    },
    NotNumber {
        reg: u8,
    },
    /// In 6.1 the words are those for kernel functions.
    NotContext {
        number: usize,
        old: bool,
    },
    NotArena {
        reg: u8,
    },
    NullArgument {
        number: usize,
    },
    UnknownTag {
        number: usize,
    },
    TagCombination {
        number: usize,
    },
    UntrustedCombination {
        number: usize,
    },
    ArenaCombination {
        number: usize,
    },
    TagOfNumber {
        number: usize,
    },
    NoMatch {
        number: usize,
        word: &'static str,
        name: String,
        is_ambiguous: bool,
    },
    OnlyStructs {
        number: usize,
        word: &'static str,
        name: String,
    },
    ContextWithoutName {
        number: usize,
    },
    ContextIsVoid {
        number: usize,
    },
    ContextOfOther {
        number: usize,
        wanted: &'static str,
    },
    Call {
        index: usize,
        name: String,
    },
}

impl From<GlobalFault> for Stop {
    fn from(fault: GlobalFault) -> Stop {
        Stop::Fault(Fault::Global(fault))
    }
}

/// What is wrong with a call of a kernel function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum KernelFault {
    NeedsGpl,
    OfModule {
        off: i16,
    },
    NotFunction {
        id: u32,
    },
    NotEliminated,
    NotAllowed {
        name: String,
    },
    MustSleep {
        name: String,
    },
    SleepsIn {
        name: String,
        section: &'static str,
    },
    NotNumber {
        reg: u8,
    },
    NotConstant {
        reg: u8,
    },
    ArgumentKind {
        number: usize,
        word: &'static str,
    },
    NullTrusted {
        number: usize,
    },
    NotTrusted {
        reg: u8,
    },
    NotRcu {
        reg: u8,
    },
    NotStruct {
        name: String,
        number: usize,
        word: &'static str,
        of: String,
    },
    NotScalars {
        number: usize,
        word: &'static str,
        of: String,
        or_void: bool,
    },
    NotContext {
        number: usize,
        found: String,
    },
    NotObject {
        number: usize,
        found: String,
        expected: String,
    },
    OtherObject {
        name: String,
        number: usize,
        wanted: String,
        reg: u8,
        found: String,
    },
    MemorySize {
        number: usize,
    },
    NotStackIterator {
        number: usize,
    },
    IteratorUsed {
        what: String,
        number: usize,
    },
    IteratorNotInitialised {
        what: String,
        number: usize,
    },
    IteratorOutsideRcu {
        name: String,
    },
    NeedsRcu {
        name: String,
    },
    NotDynptr {
        number: usize,
    },
    NotReleased {
        name: String,
    },
    NestedRcu {
        name: String,
    },
    UnmatchedRcu {
        name: String,
    },
    UnmatchedPreempt {
        name: String,
    },
    NotMap {
        reg: u8,
    },
    NoPacketWrite,
    TooDeep,
    ContextNotStruct {
        id: u32,
    },
    CastToOther {
        with_void: bool,
    },
    CastToUnknown {
        id: i64,
    },
    /// A size that is not known.
    NotKnown {
        reg: u8,
    },
    NotText {
        number: usize,
    },
    /// What 6.1 says of references, sleep, dynptrs and results.
    NotReferenced {
        reg: u8,
    },
    TwoReferences {
        reg: u8,
        first: u32,
        second: u32,
    },
    SleepsAlone {
        name: String,
    },
    OldDynptr {
        number: usize,
        what: &'static str,
    },
    AcquiresNoObject,
    ReturnsPointer {
        name: String,
        word: &'static str,
        of: String,
    },
    /// What compilers put where a program has no meaning.
    Trap,
    DeviceBound,
}

impl From<KernelFault> for Stop {
    fn from(fault: KernelFault) -> Stop {
        Stop::Fault(Fault::Kernel(fault))
    }
}
