//! What can be wrong with objects of the kernel, and with arguments of hooks.

use crate::fault::{Fault, Stop};
use crate::tnum::Tnum;

/// What is wrong with a kernel object or an argument of a hook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum BtfFault {
    NotStruct {
        name: String,
    },
    Beyond {
        name: String,
        off: i64,
        bytes: i64,
    },
    NoField {
        name: String,
        off: i64,
    },
    BeyondMember {
        member: String,
        end: i64,
        name: String,
        off: i64,
        bytes: i64,
    },
    PointerMember {
        member: String,
        moff: i64,
        name: String,
        off: i64,
        bytes: i64,
    },
    ArgumentType {
        reg: u8,
        found: String,
        wanted: String,
    },
    NeedsGpl {
        name: String,
    },
    Negative {
        reg: u8,
        name: String,
        off: i64,
    },
    Variable {
        reg: u8,
        name: String,
        off: i64,
        tnum: Tnum,
    },
    Foreign {
        reg: u8,
        name: String,
        what: &'static str,
        off: i64,
    },
    OnlyRead {
        what: Option<String>,
    },
    /// The kernel says nothing.
    WriteRefused,
    NotWritable {
        of: &'static str,
        off: i64,
    },
    /// Where `end` is not known, all of the object is meant.
    WriteBeyond {
        off: i64,
        bytes: i64,
        of: &'static str,
        end: Option<i64>,
    },
    OnlyAccess {
        name: &'static str,
    },
    MapAccess {
        kind: u32,
    },
    NoSize {
        name: String,
    },
    /// An access to a context, and what is wrong with the argument there.
    Context {
        first: Option<Box<BtfFault>>,
        off: i64,
        bytes: u32,
    },
    ArgumentOffset {
        hook: String,
        off: i64,
    },
    NoArgument {
        hook: String,
        index: usize,
    },
    ArgumentKind {
        hook: String,
        index: usize,
        name: String,
        what: &'static str,
    },
    ArgumentSize {
        hook: String,
        bytes: u32,
    },
    ArgumentNotStruct {
        hook: String,
        index: usize,
        what: &'static str,
    },
}

impl From<BtfFault> for Stop {
    fn from(fault: BtfFault) -> Stop {
        Stop::Fault(Fault::Btf(fault))
    }
}
