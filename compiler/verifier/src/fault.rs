//! What can be wrong with a program: each way to fail with what its words need.

mod functions;
mod kptr;
mod load;
mod objects;

use gobpf_bpf::insn::AluOp;

use crate::bounds::Bounds;
use crate::state::Kind;
use crate::tnum::Tnum;
use crate::verdict::Unknown;

pub(crate) use functions::{GlobalFault, KernelFault};
pub(crate) use kptr::KptrFault;
pub(crate) use load::{LoadFault, VariableFault};
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

impl From<MemoryFault> for Stop {
    fn from(fault: MemoryFault) -> Stop {
        Stop::Fault(Fault::Memory(fault))
    }
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
