//! What can be wrong with accesses to memory: which one it is, and how it fails.

use crate::fault::{Fault, Stop};
use crate::state::Kind;
use crate::tnum::Tnum;

/// Whether memory is read or written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Who accesses memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Accessor {
    /// The instruction itself.
    Direct,
    /// A helper that it calls.
    Helper,
}

/// Which end of a pointer's range is out of bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Min,
    Max,
}

/// An access to memory that is too far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Region {
    pub reg: u8,
    pub kind: Kind,
    /// Of the value, or of the part of the packet that is proven.
    pub size: i64,
    pub off: i64,
    pub bytes: i64,
    /// Of a packet pointer.
    pub id: u32,
}

/// An access to the stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StackAccess {
    pub reg: u8,
    pub off: i64,
    pub bytes: i64,
    /// The variable part, where there is one.
    pub variable: Option<Tnum>,
    pub access: Access,
    pub accessor: Accessor,
}

/// What is wrong with an access to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MemoryFault {
    CannotWrite { reg: u8, kind: Kind },
    KeyWrite { reg: u8 },
    Socket { reg: u8, kind: Kind, off: i64, bytes: i64 },
    FlowKeys { off: i64, bytes: i64 },
    Buffer { reg: u8, what: &'static str, off: i64, bytes: i64 },
    BufferVariable { reg: u8, off: i64, tnum: Tnum },
    KernelField { what: &'static str },
}

impl From<MemoryFault> for Stop {
    fn from(fault: MemoryFault) -> Stop {
        Stop::Fault(Fault::Memory(fault))
    }
}
