//! What can be wrong with a program: each way to fail with what its words need.

use gobpf_bpf::insn::AluOp;

use crate::state::Kind;
use crate::tnum::Tnum;
use crate::verdict::Unknown;

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

/// A way for a program to fail.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Fault {
    // Encoding.
    UnknownOpcode { code: u8 },
    ReservedFields { what: &'static str },
    BadLoadImm64,
    UnrecognizedLoadImm64,
    NotAMap { fd: i32 },
    NoMapArray,
    DirectOffset { off: u32 },
    DirectUnsupported,
    DirectOutside { value_size: u32, off: u32 },
    InvalidRegister { reg: u8 },
    DivisionByZero,
    InvalidShift { by: i32 },
    InvalidJump { op: u8 },
    AtomicOpcode { op: i32 },
    AtomicSize,
    LoadMode,
    LegacyPacketLoad,
    AddressSpaceCast { is_known: bool },

    // Control flow and limits.
    JumpOutOfRange { from: u32, to: i64 },
    FallsOffEnd,
    Unreachable { insn: u32 },
    IntoLoadImm64 { insn: u32 },
    EndlessLoop { insn: u32 },
    TooManyInsns { processed: u32 },
    TooManyJumps { pending: usize },

    // Registers.
    NotReadable { reg: u8 },
    FramePointerWrite,

    // Pointer arithmetic.
    Alu32OnPointer { reg: u8 },
    ArithmeticOnNullable { reg: u8, kind: Kind },
    ArithmeticOn { reg: u8, kind: Kind },
    PointerWithPointer { reg: u8, op: AluOp },
    PointerFromScalar { reg: u8 },
    SubtractFromStack { reg: u8 },
    BitwiseOnPointer { reg: u8, op: AluOp },
    OperatorOnPointer { reg: u8, op: AluOp },
    MathByConstant { kind: Kind, value: i64 },
    PointerOffset { kind: Kind, off: i32 },
    UnboundedMath { kind: Kind },
    ValueOutOfBounds { kind: Kind, value: i64 },

    // Memory.
    InvalidAccess { reg: u8, kind: Kind },
    NegativeMin { reg: u8 },
    OutsideRegion { region: Region, end: End },
    UnboundedAccess { reg: u8 },
    MapForbidden { access: Access, value_size: u32, off: i64, bytes: i64 },
    MapWriteByHelper,
    Misaligned { what: &'static str, tnum: Tnum, off: i32, insn_off: i32, bytes: u32 },
    MisalignedPacket { tnum: Tnum, off: i32, insn_off: i32, bytes: u32 },
    DifferentPointers,

    // Packets.
    OutsidePacket { reg: u8, region: Option<Region> },
    PacketForHelper,
    PacketWrite,

    // Contexts.
    ContextAccess { off: i64, bytes: u32 },
    ContextNegative { kind: Kind, reg: u8, off: i32 },
    ContextModified { kind: Kind, reg: u8, off: i32 },
    ContextVariable { kind: Kind, tnum: Tnum },
    StoreToContext { reg: u8, kind: Kind, atomic: bool },

    // Stack.
    StackBounds(StackAccess),
    StackUnbounded(StackAccess),
    StackUninitialised { off: i64, at: i64, bytes: i64 },
    StackRange { reg: u8, off: i64, at: i64, bytes: i64, variable: Option<Tnum>, is_helper: bool },
    SpillSize,
    FillSize,
    ZeroSizedRead,

    // Helpers.
    HelperNumber { id: i32 },
    HelperForKind { id: u32, name: &'static str },
    HelperNeedsGpl,
    ArgumentKind { reg: u8, kind: Kind, expected: &'static str },
    SizeNegative { reg: u8 },
    SizeZero { reg: u8, min: u64, max: u64 },
    SizeUnbounded { reg: u8 },
    VariableStackForHelper { tnum: Tnum, off: i64, bytes: i64 },
}
