//! What helpers take and give, after the kernel's `enum bpf_arg_type` and `enum bpf_return_type`: a base, and flags.

/// Flags of arguments and results (`enum bpf_type_flag`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Flags(pub u32);

#[allow(missing_docs)]
impl Flags {
    pub const NONE: Flags = Flags(0);
    /// May be null (`PTR_MAYBE_NULL`).
    pub const OR_NULL: Flags = Flags(1);
    /// Read-only memory will do (`MEM_RDONLY`).
    pub const READ_ONLY: Flags = Flags(1 << 1);
    /// Memory of a ring buffer (`MEM_RINGBUF`; `MEM_ALLOC` on 6.1).
    pub const RINGBUF: Flags = Flags(1 << 2);
    /// The call releases the object (`OBJ_RELEASE`).
    pub const RELEASED: Flags = Flags(1 << 3);
    /// May hold anything before the call (`MEM_UNINIT`).
    pub const UNINIT: Flags = Flags(1 << 4);
    /// The call writes the memory (`MEM_WRITE`).
    pub const WRITTEN: Flags = Flags(1 << 5);
    /// The size is the argument's own (`MEM_FIXED_SIZE`).
    pub const FIXED_SIZE: Flags = Flags(1 << 6);
    /// Aligned to its size (`MEM_ALIGNED`).
    pub const ALIGNED: Flags = Flags(1 << 7);
    /// A dynptr to the program's own memory (`DYNPTR_TYPE_LOCAL`).
    pub const DYNPTR_LOCAL: Flags = Flags(1 << 8);
    /// A dynptr to a record of a ring buffer (`DYNPTR_TYPE_RINGBUF`).
    pub const DYNPTR_RINGBUF: Flags = Flags(1 << 9);
    /// A pointer that the kernel vouches for (`PTR_TRUSTED`).
    pub const TRUSTED: Flags = Flags(1 << 10);

    /// Whether all of `flags` are set.
    pub const fn has(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Both.
    pub const fn and(self, flags: Flags) -> Flags {
        Flags(self.0 | flags.0)
    }

    /// Without `flags`.
    pub const fn without(self, flags: Flags) -> Flags {
        Flags(self.0 & !flags.0)
    }
}

/// What an argument must be (`enum bpf_arg_type`, its base).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ArgumentKind {
    /// `ARG_ANYTHING`: any initialised register.
    Anything,
    /// `ARG_SCALAR`.
    Scalar,
    /// `ARG_CONST_MAP_PTR`.
    ConstMapPtr,
    /// `ARG_PTR_TO_MAP_KEY`.
    PtrToMapKey,
    /// `ARG_PTR_TO_MAP_VALUE`.
    PtrToMapValue,
    /// `ARG_PTR_TO_MEM`, its size in the next argument or fixed.
    PtrToMem,
    /// `ARG_CONST_SIZE`: the size of the memory in the argument before.
    ConstSize,
    /// `ARG_CONST_SIZE_OR_ZERO`.
    ConstSizeOrZero,
    /// `ARG_CONST_ALLOC_SIZE_OR_ZERO`: the size of the memory that is returned.
    ConstAllocSizeOrZero,
    /// `ARG_PTR_TO_CTX`.
    PtrToCtx,
    /// `ARG_PTR_TO_SPIN_LOCK`.
    PtrToSpinLock,
    /// `ARG_PTR_TO_SOCK_COMMON`.
    PtrToSockCommon,
    /// `ARG_PTR_TO_SOCKET`.
    PtrToSocket,
    /// `ARG_PTR_TO_BTF_ID`, to the struct in [`Argument::btf`] (any where that is empty).
    PtrToBtfId,
    /// `ARG_PTR_TO_RINGBUF_MEM` (`ARG_PTR_TO_ALLOC_MEM` on 6.1): a reserved record.
    PtrToRingbufMem,
    /// `ARG_PTR_TO_BTF_ID_SOCK_COMMON`.
    PtrToBtfIdSockCommon,
    /// `ARG_PTR_TO_PERCPU_BTF_ID`.
    PtrToPercpuBtfId,
    /// `ARG_PTR_TO_FUNC`: a subprogram as callback.
    PtrToFunc,
    /// `ARG_PTR_TO_STACK`.
    PtrToStack,
    /// `ARG_PTR_TO_CONST_STR`: a string with its zero in a frozen map.
    PtrToConstStr,
    /// `ARG_PTR_TO_TIMER`.
    PtrToTimer,
    /// `ARG_KPTR_XCHG_DEST` (`ARG_PTR_TO_KPTR` on 6.1).
    PtrToKptr,
    /// `ARG_PTR_TO_DYNPTR`.
    PtrToDynptr,
}

/// An argument of a helper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Argument {
    /// What it must be.
    pub kind: ArgumentKind,
    /// And how.
    pub flags: Flags,
    /// Bytes of memory, with [`Flags::FIXED_SIZE`].
    pub size: u32,
    /// The kernel struct that it points to, such as `task_struct`; empty where none is named.
    pub btf: &'static str,
}

impl Argument {
    /// Whether all of `flags` are set.
    pub const fn has(&self, flags: Flags) -> bool {
        self.flags.has(flags)
    }

    /// The size of the memory before it (`ARG_CONST_SIZE`, `ARG_CONST_SIZE_OR_ZERO`).
    pub const fn is_size(&self) -> bool {
        matches!(self.kind, ArgumentKind::ConstSize | ArgumentKind::ConstSizeOrZero)
    }

    const fn with(mut self, flags: Flags) -> Self {
        self.flags = self.flags.and(flags);
        self
    }

    pub(super) const fn or_null(self) -> Self {
        self.with(Flags::OR_NULL)
    }

    pub(super) const fn read_only(self) -> Self {
        self.with(Flags::READ_ONLY)
    }

    pub(super) const fn uninit(self) -> Self {
        self.with(Flags::UNINIT.and(Flags::WRITTEN))
    }

    pub(super) const fn written(self) -> Self {
        self.with(Flags::WRITTEN)
    }

    pub(super) const fn aligned(self) -> Self {
        self.with(Flags::ALIGNED)
    }

    pub(super) const fn released(self) -> Self {
        self.with(Flags::RELEASED)
    }

    pub(super) const fn local(self) -> Self {
        self.with(Flags::DYNPTR_LOCAL)
    }

    pub(super) const fn ringbuf(self) -> Self {
        self.with(Flags::DYNPTR_RINGBUF)
    }

    pub(super) const fn fixed(mut self, size: u32) -> Self {
        self.size = size;
        self.with(Flags::FIXED_SIZE)
    }
}

/// What a helper gives (`enum bpf_return_type`, its base).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum ReturnKind {
    /// `RET_INTEGER`.
    Integer,
    /// `RET_VOID`: R0 is not readable.
    Void,
    /// `RET_PTR_TO_MAP_VALUE`.
    PtrToMapValue,
    /// `RET_PTR_TO_SOCKET`.
    PtrToSocket,
    /// `RET_PTR_TO_TCP_SOCK`.
    PtrToTcpSock,
    /// `RET_PTR_TO_SOCK_COMMON`.
    PtrToSockCommon,
    /// `RET_PTR_TO_MEM`: as many bytes as asked for.
    PtrToMem,
    /// `RET_PTR_TO_MEM_OR_BTF_ID`: what the argument's type says.
    PtrToMemOrBtfId,
    /// `RET_PTR_TO_BTF_ID`, of the struct in [`Returns::btf`] (that of the argument where it is empty).
    PtrToBtfId,
}

/// The result of a helper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Returns {
    /// What it is.
    pub kind: ReturnKind,
    /// And how.
    pub flags: Flags,
    /// The kernel struct that it points to; empty where none is named.
    pub btf: &'static str,
}

impl Returns {
    /// Whether all of `flags` are set.
    pub const fn has(&self, flags: Flags) -> bool {
        self.flags.has(flags)
    }

    const fn with(mut self, flags: Flags) -> Self {
        self.flags = self.flags.and(flags);
        self
    }

    pub(super) const fn or_null(self) -> Self {
        self.with(Flags::OR_NULL)
    }

    pub(super) const fn read_only(self) -> Self {
        self.with(Flags::READ_ONLY)
    }

    pub(super) const fn ringbuf(self) -> Self {
        self.with(Flags::RINGBUF)
    }

    pub(super) const fn trusted(self) -> Self {
        self.with(Flags::TRUSTED)
    }
}

/// Short names for the rows of the table of prototypes.
pub(super) mod build {
    use super::{Argument, ArgumentKind, Flags, ReturnKind, Returns};

    const fn argument(kind: ArgumentKind) -> Argument {
        Argument { kind, flags: Flags::NONE, size: 0, btf: "" }
    }

    pub(in crate::tables) const fn btf(name: &'static str) -> Argument {
        Argument { btf: name, ..argument(ArgumentKind::PtrToBtfId) }
    }

    const fn returns(kind: ReturnKind) -> Returns {
        Returns { kind, flags: Flags::NONE, btf: "" }
    }

    pub(in crate::tables) const fn object(name: &'static str) -> Returns {
        Returns { btf: name, ..returns(ReturnKind::PtrToBtfId) }
    }

    macro_rules! arguments {
        ($($name:ident = $kind:ident;)*) => {
            $(pub(in crate::tables) const $name: Argument = argument(ArgumentKind::$kind);)*
        };
    }

    arguments! {
        ANY = Anything;
        SCALAR = Scalar;
        MAP = ConstMapPtr;
        KEY = PtrToMapKey;
        VALUE = PtrToMapValue;
        MEM = PtrToMem;
        SIZE = ConstSize;
        SIZE_OR_ZERO = ConstSizeOrZero;
        ALLOC_SIZE = ConstAllocSizeOrZero;
        CTX = PtrToCtx;
        LOCK = PtrToSpinLock;
        SOCK_COMMON = PtrToSockCommon;
        SOCKET = PtrToSocket;
        RECORD = PtrToRingbufMem;
        BTF_SOCK_COMMON = PtrToBtfIdSockCommon;
        PERCPU_BTF = PtrToPercpuBtfId;
        FUNC = PtrToFunc;
        STACK = PtrToStack;
        STR = PtrToConstStr;
        TIMER = PtrToTimer;
        KPTR = PtrToKptr;
        DYNPTR = PtrToDynptr;
    }

    macro_rules! results {
        ($($name:ident = $kind:ident;)*) => {
            $(pub(in crate::tables) const $name: Returns = returns(ReturnKind::$kind);)*
        };
    }

    results! {
        INTEGER = Integer;
        VOID = Void;
        MAP_VALUE = PtrToMapValue;
        SOCK = PtrToSocket;
        TCP_SOCKET = PtrToTcpSock;
        SOCKET_COMMON = PtrToSockCommon;
        MEMORY = PtrToMem;
        MEM_OR_BTF = PtrToMemOrBtfId;
    }
}
