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
    TargetNotSleepable {
        name: String,
    },
    NotModifiable {
        name: String,
    },
    DisabledHook {
        id: u32,
        name: String,
    },
    /// It is not said what it would be attached to.
    NoHook,
    NoStructOps,
    ReplacesStatic,
    ReplacesUnchanging,
    NotGlobal {
        name: String,
    },
    StructOpsLicence,
    LsmLicence,
    NoFunctionMember {
        member: String,
        index: usize,
        name: String,
    },
    UnsupportedMember {
        member: String,
        name: String,
    },
    Variable(VariableFault),
    Exception(ExceptionFault),
}

/// What is wrong with the load of an address of the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum VariableFault {
    Module,
    NoType { id: u32 },
    NotVariable { id: u32, takes_functions: bool },
    NoAddress { name: String },
    NoSize { name: String },
}

/// What is wrong with the function that the main function's type names for exceptions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ExceptionFault {
    SeveralTags,
    NotFound { name: String },
    NotGlobal { name: String },
    IsMain,
    NoPlace,
    Argument,
    Called { insn: u32 },
    TailCall,
}

impl From<ExceptionFault> for Stop {
    fn from(fault: ExceptionFault) -> Stop {
        Stop::Fault(Fault::Load(LoadFault::Exception(fault)))
    }
}

impl From<VariableFault> for Stop {
    fn from(fault: VariableFault) -> Stop {
        Stop::Fault(Fault::Load(LoadFault::Variable(fault)))
    }
}

impl From<LoadFault> for Stop {
    fn from(fault: LoadFault) -> Stop {
        Stop::Fault(Fault::Load(fault))
    }
}
