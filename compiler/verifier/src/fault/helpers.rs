//! What can be wrong with calls of helpers.

use crate::fault::{Fault, Stop};
use crate::state::Kind;

/// What is wrong with a call of a helper.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum HelperFault {
    NotAllowedHere,
    MightSleep,
    SleepsInSection {
        name: &'static str,
        id: u32,
        section: &'static str,
    },
    Kind {
        reg: u8,
        kind: Kind,
        expected: &'static [Kind],
    },
    MayWrite {
        name: &'static str,
        reg: u8,
        found: String,
    },
    CannotWrite {
        reg: u8,
        found: String,
    },
    PossiblyNull {
        reg: u8,
    },
    ReleasedAtOffset {
        reg: u8,
    },
    MustBeReferenced {
        reg: u8,
    },
    NotAcquired {
        name: &'static str,
        id: u32,
    },
    OtherMap {
        uid: u32,
        other: u32,
    },
    UnknownSize {
        reg: u8,
    },
    LocalStorageFlags,
    MapFunction {
        map: u32,
        name: &'static str,
        id: u32,
    },
    SockmapContext {
        error: Box<HelperFault>,
        said: bool,
    },
    SockmapValue,
    NotProgramArray,
    MapForProgram {
        why: &'static str,
    },
    NotReadonlyMap {
        reg: u8,
    },
    NotConstantAddress {
        reg: u8,
    },
    StringUnreadable,
    NotTerminated,
    BadFormat,
    /// The kernel says nothing.
    SilentlyRefused,
    FieldNotConstant {
        reg: u8,
        what: &'static str,
    },
    MapWithoutBtf {
        map: String,
        what: &'static str,
    },
    NoField {
        map: String,
        what: &'static str,
    },
    FieldElsewhere {
        off: i64,
        what: &'static str,
        at: u32,
    },
    TwoLocks,
    /// A lock taken or given back in a function that compares nodes of a tree.
    LockInLess,
    ObjectNotConstant {
        what: &'static str,
    },
    ObjectAtOffset {
        what: &'static str,
        off: i64,
    },
    DynptrAtOffset,
    DynptrConst,
    DynptrConstReleased,
    DynptrNotInitialised {
        argument: u8,
    },
    DynptrNotUninitialised,
    DynptrKind {
        what: &'static str,
        argument: u8,
    },
    DynptrOverwritten,
    DynptrMayBeWritten {
        off: i64,
    },
    TwoReferences {
        reg: u8,
        one: u32,
        other: u32,
    },
    DynptrUnacquired {
        argument: u8,
    },
    DynptrFrom {
        found: String,
    },
    FunctionAddress {
        of: &'static str,
    },
    FunctionAddressKind {
        kind: u32,
    },
}

impl From<HelperFault> for Fault {
    fn from(fault: HelperFault) -> Fault {
        Fault::Helper(fault)
    }
}

impl From<HelperFault> for Stop {
    fn from(fault: HelperFault) -> Stop {
        Stop::Fault(Fault::Helper(fault))
    }
}
