//! What can be wrong with objects of the program's own, the lists and trees that they are in, the locks that guard these,
//! and with sections without interrupts.

use crate::fault::{Fault, Stop};

/// What is wrong with an object of the program's own, a list, a tree, a lock or a saved interrupt flag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ObjectFault {
    // Allocation.
    TypeTooLarge,
    NoTypes,
    TypeNotStruct,
    PerCpuTooLarge {
        size: u32,
        most: u32,
    },
    PerCpuNotScalars,
    PerCpuFields,
    OtherDrop {
        number: usize,
        wanted: &'static str,
    },
    NotAllocated {
        number: usize,
    },
    NotReferenced,
    NotCounted {
        number: usize,
    },
    NoCounter {
        number: usize,
    },
    NoRecord,
    NotAcquired {
        name: String,
        id: u32,
    },
    Field {
        what: &'static str,
    },

    // Lists and trees.
    NotHolder {
        number: usize,
    },
    NotFound {
        what: &'static str,
        off: u32,
    },
    NotLocked {
        what: &'static str,
        lock: i32,
        other: bool,
    },
    OtherNode(Box<OtherNode>),
    NodeElsewhere {
        off: u32,
        what: &'static str,
        at: u32,
        of: String,
    },
    NodeOwned {
        name: String,
    },
    InLess {
        name: String,
    },
    Callback {
        name: String,
        id: u32,
    },
    NotFunction {
        number: usize,
    },

    // Locks.
    NotLockHolder {
        number: usize,
    },
    LocalWithoutLock {
        what: &'static str,
    },
    SameLock,
    FailedLockPath,
    UnlockWithout {
        what: &'static str,
    },
    UnlockOther {
        what: &'static str,
    },
    UnlockOrder {
        what: &'static str,
    },

    // Interrupts.
    NotFlag {
        number: usize,
    },
    FlagUsed {
        number: usize,
    },
    FlagNotInitialised {
        number: usize,
    },
    FlagOfOthers {
        by_lock: bool,
    },
    FlagOrder {
        id: u32,
        insn: u32,
    },

    // Work that is done later, exceptions, iterators.
    NotMapValue {
        number: usize,
    },
    OtherMap {
        uid: u32,
        other: u32,
        of_task: bool,
    },
    ThrowInCallback {
        insn: u32,
        function: usize,
    },
    CssTask,
    /// The kernel's own mistake: an exception ends a loop where it recorded no state.
    NoVisit {
        calls: Vec<u32>,
        component: u32,
    },
}

/// A node of another type than the list or tree is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OtherNode {
    pub root: &'static str,
    pub node: &'static str,
    pub at: u32,
    pub of: String,
    pub off: u32,
    pub found: String,
}

impl From<ObjectFault> for Stop {
    fn from(fault: ObjectFault) -> Stop {
        Stop::Fault(Fault::Object(fault))
    }
}
