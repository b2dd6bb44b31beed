//! What can be wrong with a program: each way to fail with what its words need.

mod btf;
mod functions;
mod helpers;
mod kptr;
mod load;
mod memory;
mod objects;

use gobpf_bpf::insn::AluOp;

use crate::bounds::Bounds;
use crate::state::Kind;
use crate::tnum::Tnum;
use crate::verdict::Unknown;

pub(crate) use btf::BtfFault;
pub(crate) use functions::{GlobalFault, KernelFault};
pub(crate) use helpers::HelperFault;
pub(crate) use kptr::KptrFault;
pub(crate) use load::{ExceptionFault, LoadFault, VariableFault};
pub(crate) use memory::{Access, Accessor, End, MemoryFault, Region, StackAccess};
pub(crate) use objects::{ObjectFault, OtherNode};

/// Why the model stops.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Stop {
    /// The kernel rejects the program.
    Fault(Fault),
    /// The model can't tell.
    Unknown(Unknown),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

impl Stop {
    /// Something that is not modelled yet.
    pub fn feature(name: impl Into<String>) -> Stop {
        Stop::Unknown(Unknown::Feature(name.into()))
    }
}

/// A step of the model.
pub(crate) type Checked<T = ()> = Result<T, Stop>;

/// Where a value is returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    Program,
    Callback,
    AsyncCallback,
}

/// Something that must be over before the program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Section {
    Lock,
    Irq,
    Rcu,
    Preempt { depth: u32 },
}

/// A way for a program to fail.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Fault {
    // Encoding.
    UnknownOpcode {
        code: u8,
    },
    ReservedFields {
        what: &'static str,
    },
    BadLoadImm64,
    UnrecognizedLoadImm64,
    NotAMap {
        fd: i32,
    },
    NoMapArray,
    SecondArena,
    SignedArenaLoad,
    DirectOffset {
        off: u32,
    },
    DirectUnsupported,
    DirectOutside {
        value_size: u32,
        off: u32,
    },
    InvalidRegister {
        reg: u8,
    },
    DivisionByZero,
    InvalidShift {
        by: i32,
    },
    InvalidJump {
        op: u8,
    },
    AtomicOpcode {
        op: i32,
    },
    MayGoto {
        off: i16,
        imm: i32,
    },
    AtomicSize,
    LoadMode,
    LegacyPacketLoad,
    LegacyLoadContext,
    AddressSpaceCast {
        is_known: bool,
    },

    // Control flow and limits.
    JumpOutOfRange {
        from: u32,
        to: i64,
    },
    FallsOffEnd,
    Unreachable {
        insn: u32,
    },
    IntoLoadImm64 {
        insn: u32,
    },
    EndlessLoop {
        insn: u32,
    },
    TooManyInsns {
        processed: u32,
    },
    /// The states of a path that acquires for ever take more memory than kernels have: no words, only `ENOMEM`.
    TooManyReferences {
        held: usize,
    },
    TooManyJumps {
        pending: usize,
        is_async: bool,
    },
    BackEdge {
        from: u32,
        to: u32,
    },
    /// The kernel's own mistake: it looks for what a pointer was computed from.
    BacktrackingMisuse,
    /// The same: it looks for what is older than an asynchronous callback, whose arguments are `regs`.
    BacktrackingCall {
        regs: u16,
    },
    /// After dead code was removed, no function starts at `insn`, which is referred to.
    NoFunction {
        insn: u32,
    },

    // Functions of the program.
    CallOutOfRange,
    TooManyFunctions,
    CallStackTooDeep {
        frames: usize,
    },
    CallChainTooDeep {
        frames: usize,
    },
    StackTooDeep {
        frames: usize,
        depth: u32,
    },
    FrameTooLarge {
        function: usize,
        bytes: u32,
    },
    TailCallDepth {
        depth: u32,
    },
    PacketLoadInCallback,
    ReturnsStack,
    CallbackReturnsPointer,
    CallbackForMap,
    CallbackNotStatic,
    /// What a program returns to a hook that gives nothing back.
    ReturnToVoid,
    ReturnRange {
        reg: u8,
        bounds: Bounds,
        min: i32,
        max: i32,
        at: Exit,
    },
    /// Where `at` says so, at a place that the message names.
    Unreleased {
        references: Vec<(u32, u32)>,
        at: Option<&'static str>,
    },
    SectionOpen {
        section: Section,
        at: Option<&'static str>,
    },
    CallWithLock,
    LegacyLoadWithReferences,
    GlobalCallIn {
        section: &'static str,
    },
    GlobalCallSleeps,
    FunctionReturns {
        reg: u8,
        kind: Kind,
    },
    ReturnsPointer {
        reg: u8,
        kind: Kind,
        at: Exit,
    },
    Helper(HelperFault),
    Btf(BtfFault),
    Global(GlobalFault),
    Kernel(KernelFault),
    Memory(MemoryFault),
    Kptr(KptrFault),
    Load(LoadFault),
    Object(ObjectFault),
    /// Two messages, the last of which is the outer one.
    Then(Box<Fault>, Box<Fault>),

    // Registers.
    NotReadable {
        reg: u8,
    },
    FramePointerWrite,

    // Pointer arithmetic.
    Alu32OnPointer {
        reg: u8,
    },
    ArithmeticOnNullable {
        reg: u8,
        kind: Kind,
    },
    ArithmeticOn {
        reg: u8,
        kind: Kind,
    },
    PointerWithPointer {
        reg: u8,
        op: AluOp,
    },
    PointerFromScalar {
        reg: u8,
    },
    SubtractFromStack {
        reg: u8,
    },
    BitwiseOnPointer {
        reg: u8,
        op: AluOp,
    },
    OperatorOnPointer {
        reg: u8,
        op: AluOp,
    },
    MathByConstant {
        kind: Kind,
        value: i64,
    },
    PointerOffset {
        kind: Kind,
        off: i32,
    },
    UnboundedMath {
        kind: Kind,
    },
    ValueOutOfBounds {
        kind: Kind,
        value: i64,
    },

    // Memory.
    InvalidAccess {
        reg: u8,
        kind: Kind,
    },
    NegativeMin {
        reg: u8,
    },
    OutsideRegion {
        region: Region,
        end: End,
    },
    UnboundedAccess {
        reg: u8,
    },
    MapForbidden {
        access: Access,
        value_size: u32,
        off: i64,
        bytes: i64,
    },
    MapWriteByHelper,
    Misaligned {
        what: &'static str,
        tnum: Tnum,
        off: i32,
        insn_off: i32,
        bytes: u32,
    },
    MisalignedPacket {
        tnum: Tnum,
        off: i32,
        insn_off: i32,
        bytes: u32,
    },
    DifferentPointers,

    // Packets.
    OutsidePacket {
        reg: u8,
        region: Option<Region>,
    },
    PacketForHelper,
    PacketWrite,

    // Contexts.
    ContextAccess {
        off: i64,
        bytes: u32,
    },
    ContextNegative {
        kind: Kind,
        reg: u8,
        off: i32,
    },
    ContextModified {
        kind: Kind,
        reg: u8,
        off: i32,
    },
    ContextVariable {
        kind: Kind,
        tnum: Tnum,
    },
    AtomicLoad {
        reg: u8,
        kind: Kind,
    },
    StoreToContext {
        reg: u8,
        kind: Kind,
        atomic: bool,
    },

    // Stack.
    StackBounds(StackAccess),
    StackUnbounded(StackAccess),
    StackUninitialised {
        off: i64,
        at: i64,
        bytes: i64,
    },
    StackRange {
        reg: u8,
        off: i64,
        at: i64,
        bytes: i64,
        variable: Option<Tnum>,
        is_helper: bool,
    },
    SpillSize,
    /// A pointer to the stack is kept in the frame of a caller.
    SpillToCaller,
    FillSize,
    ZeroSizedRead,

    // Helpers.
    HelperNumber {
        id: i32,
    },
    HelperForKind {
        id: u32,
        name: &'static str,
    },
    HelperNeedsGpl,
    SizeNegative {
        reg: u8,
    },
    SizeZero {
        reg: u8,
        min: u64,
        max: u64,
    },
    SizeUnbounded {
        reg: u8,
    },
    VariableStackForHelper {
        tnum: Tnum,
        off: i64,
        bytes: i64,
    },
}
