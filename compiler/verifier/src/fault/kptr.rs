//! What can be wrong with pointers to objects in values of maps.

use crate::fault::{Fault, Stop};

/// What is wrong with an access to such a pointer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum KptrFault {
    Mode,
    StoreReferenced,
    StoreUser,
    StoreOfConstant { off: i64 },
    OtherObject { reg: u8, found: String, target: String, or_untrusted: bool },
    NotConstant { reg: u8 },
    None { reg: u8 },
    NoneInMap { map: String },
    Elsewhere { off: i64 },
    NotReferenced { off: i64 },
    Indirect { what: &'static str },
    Variable { what: &'static str },
    Misaligned { what: &'static str, at: u32, off: i64 },
    Size { what: &'static str },
}

impl From<KptrFault> for Stop {
    fn from(fault: KptrFault) -> Stop {
        Stop::Fault(Fault::Kptr(fault))
    }
}
