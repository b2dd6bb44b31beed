//! What can be wrong with a program as a whole.

use crate::fault::{Fault, Stop};

/// Why a program is refused before a path is followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum LoadFault {
    FunctionCount,
    FunctionLayout,
    PacketLoadWithoutResult,
    TailCallWithoutResult,
    SyscallNotSleepable,
    NotSleepable,
    StructOpsLicence,
    LsmLicence,
    NoFunctionMember { member: String, index: usize, name: String },
    UnsupportedMember { member: String, name: String },
}

impl From<LoadFault> for Stop {
    fn from(fault: LoadFault) -> Stop {
        Stop::Fault(Fault::Load(fault))
    }
}
