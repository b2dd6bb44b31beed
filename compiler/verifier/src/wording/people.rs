//! What a fault means, and what to do, for people who write Go.

use crate::fault::{End, Fault, HelperFault, ObjectFault};
use crate::state::{Base, Kind};
use crate::verdict::Category;

/// Our words for a fault.
pub(crate) struct Explanation {
    pub category: Category,
    pub reason: String,
    pub suggestion: &'static str,
}

fn says(category: Category, reason: impl Into<String>, suggestion: &'static str) -> Explanation {
    Explanation { category, reason: reason.into(), suggestion }
}

const CHECK_NIL: &str = "compare the result with nil, and use it only where it is not nil";
const CHECK_LENGTH: &str =
    "compare the offset plus the size with the packet's end before the access, on the same pointer";
const CHECK_INDEX: &str = "compare the index with the length before the access, or mask it with a constant";

/// What is wrong, in a sentence, and what to do.
pub(crate) fn explain(fault: &Fault) -> Explanation {
    flow(fault)
        .or_else(|| values(fault))
        .or_else(|| memory(fault))
        .or_else(|| helpers(fault))
        .or_else(|| calls(fault))
        .or_else(|| more_helpers(fault))
        .unwrap_or_else(|| {
            says(
                Category::Encoding,
                "the instruction is not well formed",
                "check how the instruction was built",
            )
        })
}

fn flow(fault: &Fault) -> Option<Explanation> {
    Some(match fault {
        Fault::JumpOutOfRange { .. } => {
            says(Category::ControlFlow, "a jump leads out of the program", "check the jump's label or offset")
        }
        Fault::FallsOffEnd => says(
            Category::ControlFlow,
            "the program's last instruction neither returns nor jumps, so that execution would run past the end",
            "end the program with exit",
        ),
        Fault::Unreachable { .. } => says(
            Category::ControlFlow,
            "no path leads to this instruction, and the verifier takes that for a mistake",
            "remove the instruction, or the jump that skips it",
        ),
        Fault::BacktrackingMisuse => says(
            Category::WrongType,
            "a pointer is passed where the kernel takes a number of turns",
            "pass a number",
        ),
        Fault::BacktrackingCall { .. } => says(
            Category::WrongType,
            "a callback that runs later compares what it was given with a number, and the verifier can't tell where that came from",
            "copy what the callback needs into a map's value",
        ),
        Fault::NoFunction { .. } => says(
            Category::ControlFlow,
            "the address of a function is taken, and nothing ever calls the function, so that the kernel removes it",
            "call the function, or leave out the load of its address",
        ),
        Fault::IntoLoadImm64 { .. } => says(
            Category::ControlFlow,
            "a jump leads into the second half of a 16-byte load",
            "jump to the load's first slot",
        ),
        Fault::EndlessLoop { .. } => says(
            Category::ControlFlow,
            "the program comes back to the same place with nothing changed, so the loop never ends",
            "change the loop's variable in every turn, and leave the loop at a constant bound",
        ),
        Fault::TooManyInsns { .. } => says(
            Category::Limit,
            "following all paths takes more than a million instructions",
            "bound loops by smaller constants, or move their body into bpf_loop (bpf.Loop in Go)",
        ),
        Fault::TooManyReferences { held } => says(
            Category::Limit,
            format!(
                "a loop acquires something in every turn and never gives it back; at {held} the kernel's verifier runs out of memory"
            ),
            "give back in the same turn what a turn acquires: submit or discard records, release sockets",
        ),
        Fault::TooManyJumps { .. } => says(
            Category::Limit,
            "more than 8192 branches wait to be followed; usually a loop whose end the verifier can't see",
            "bound the loop by a constant",
        ),
        _ => return None,
    })
}

fn values(fault: &Fault) -> Option<Explanation> {
    let arithmetic = |reason: String, suggestion| says(Category::PointerArithmetic, reason, suggestion);
    Some(match fault {
        Fault::NotReadable { reg } => says(
            Category::Uninitialised,
            format!(
                "R{reg} holds no value here: on the path that leads here it was never written, or a call took it away"
            ),
            "write the register on every path first; calls keep only R6 to R9",
        ),
        Fault::FramePointerWrite => says(
            Category::WrongType,
            "R10 is the frame pointer and can't be written",
            "copy it to another register and change that",
        ),
        Fault::ArithmeticOnNullable { .. } => says(
            Category::Nullable,
            "the lookup may have found nothing, and arithmetic on nil gives a wild pointer",
            CHECK_NIL,
        ),
        Fault::Alu32OnPointer { reg } => arithmetic(
            format!("R{reg} is a pointer, and 32-bit arithmetic would cut it in half"),
            "use the 64-bit operation",
        ),
        Fault::ArithmeticOn { kind, .. } => arithmetic(
            format!("{} is a fixed address that can't be moved", thing(*kind)),
            "compute on another pointer; the packet's end is only for comparisons",
        ),
        Fault::PointerWithPointer { .. } => arithmetic(
            "only the difference of two pointers is a number".into(),
            "subtract the pointers, or compute with numbers and add them to one pointer",
        ),
        Fault::PointerFromScalar { .. } => {
            arithmetic("a pointer is subtracted from a number".into(), "exchange the operands")
        }
        Fault::SubtractFromStack { .. } => arithmetic(
            "the verifier follows stack pointers only through additions".into(),
            "add the negative number instead",
        ),
        Fault::BitwiseOnPointer { .. } | Fault::OperatorOnPointer { .. } => arithmetic(
            "only additions and subtractions keep a pointer inside its object".into(),
            "compute the offset as a number first, and add it to the pointer",
        ),
        Fault::MathByConstant { .. } | Fault::PointerOffset { .. } | Fault::ValueOutOfBounds { .. } => {
            arithmetic("the offset is far outside of any object".into(), "keep offsets under 512 MiB")
        }
        Fault::UnboundedMath { .. } => arithmetic(
            "nothing is known of the number that is added to the pointer, not even its sign".into(),
            CHECK_INDEX,
        ),
        _ => return None,
    })
}

fn thing(kind: Kind) -> &'static str {
    if kind.may_be_null() {
        return match kind.base {
            Base::MapValue => "the unchecked result of a lookup",
            _ => "a pointer that may be nil",
        };
    }
    match kind.base {
        Base::NotInit => "a register without a value",
        Base::Scalar => "a number",
        Base::Context => "the context",
        Base::Map => "a map",
        Base::MapValue => "a pointer into a map's value",
        Base::MapKey => "a pointer to a map's key",
        Base::Stack => "a pointer into the stack",
        Base::Packet => "a pointer into the packet",
        Base::PacketMeta => "a pointer into the packet's metadata",
        Base::PacketEnd => "the packet's end",
        Base::FlowKeys => "the flow keys",
        Base::Socket | Base::SockCommon | Base::TcpSock | Base::XdpSock => "a socket",
        Base::TpBuffer | Base::Buf => "a buffer of the kernel",
        Base::BtfId => "a pointer to a kernel object",
        Base::Mem => "a pointer to memory that a helper gave",
        Base::Arena => "a pointer into the arena",
        Base::Func => "the address of a function",
        Base::Dynptr => "a dynptr",
    }
}

fn memory(fault: &Fault) -> Option<Explanation> {
    let bounds = |reason: String, suggestion| says(Category::Bounds, reason, suggestion);
    let stack = |reason: String, suggestion| says(Category::Stack, reason, suggestion);
    let context = |reason: &str, suggestion| says(Category::Context, reason, suggestion);
    Some(match fault {
        Fault::InvalidAccess { kind: Kind::MAP_VALUE_OR_NULL, .. } => says(
            Category::Nullable,
            "the lookup may have found nothing, and nil can't be read or written through",
            CHECK_NIL,
        ),
        Fault::InvalidAccess { kind, .. } if kind.may_be_null() => says(
            Category::Nullable,
            "what the kernel was asked for may not have been given, and nil can't be read or written through",
            CHECK_NIL,
        ),
        Fault::InvalidAccess { reg, kind } => says(
            Category::WrongType,
            format!("R{reg} is {}, which can't be read or written through", thing(*kind)),
            "access memory through a pointer to the stack, a map value, the packet or the context",
        ),
        Fault::NegativeMin { .. } => bounds("the offset may be negative".into(), CHECK_INDEX),
        Fault::OutsideRegion { region, end } => {
            let end = if *end == End::Min { "least" } else { "greatest" };
            let (off, bytes, size) = (region.off, region.bytes, region.size);
            bounds(
                format!(
                    "at its {end}, the access covers bytes {off} to {} of a value of {size} bytes",
                    off + bytes
                ),
                CHECK_INDEX,
            )
        }
        Fault::UnboundedAccess { .. } => bounds("nothing limits the offset".into(), CHECK_INDEX),
        Fault::MapForbidden { .. } | Fault::MapWriteByHelper => says(
            Category::WrongType,
            "the map was created so that programs may not access it this way",
            "use another map, or create it without that flag",
        ),
        Fault::Misaligned { what: "stack ", bytes, .. } => stack(
            format!("a {bytes}-byte access to the stack has to be at a multiple of {bytes}"),
            "move the variable to an aligned offset, or access it byte by byte",
        ),
        Fault::Misaligned { bytes, .. } | Fault::MisalignedPacket { bytes, .. } => bounds(
            format!("an atomic access of {bytes} bytes has to be at a multiple of {bytes}"),
            "move the value to an aligned offset",
        ),
        Fault::DifferentPointers => says(
            Category::Context,
            "the same instruction reaches the context on one path and other memory on another",
            "load from the two in separate branches",
        ),
        Fault::OutsidePacket { .. } => {
            says(Category::Packet, "nothing on this path proves that the packet is so long", CHECK_LENGTH)
        }
        Fault::PacketForHelper => says(
            Category::Packet,
            "this helper does not take packet data",
            "copy the bytes to the stack first",
        ),
        Fault::PacketWrite => says(
            Category::Packet,
            "programs of this kind may not write to the packet",
            "use a helper that stores packet bytes",
        ),
        Fault::ContextAccess { .. } => context(
            "programs of this kind have no such field in their context, or may not access it with this size or so",
            "use the fields of the context's type",
        ),
        Fault::ContextNegative { .. } | Fault::ContextModified { .. } | Fault::ContextVariable { .. } => {
            context(
                "the kernel rewrites context accesses by their offset, so the pointer must be as it was given",
                "put a constant offset into the load itself",
            )
        }
        Fault::StoreToContext { atomic: true, .. } | Fault::AtomicLoad { .. } => context(
            "atomic operations work on the stack and on map values only",
            "use a plain load or store, or a map",
        ),
        Fault::StoreToContext { .. } => context(
            "constants can't be stored to the context before Linux 6.6",
            "put the constant into a register and store that",
        ),
        Fault::StackBounds(access) => stack(
            format!("the access at offset {} is outside of the program's 512 bytes of stack", access.off),
            "keep locals under 512 bytes, and accesses below the frame pointer",
        ),
        Fault::StackUnbounded(_) => stack("nothing limits the offset into the stack".into(), CHECK_INDEX),
        Fault::StackUninitialised { .. } | Fault::StackRange { .. } => says(
            Category::Uninitialised,
            "part of these stack bytes belongs to a register that was partly overwritten",
            "write all of the bytes first",
        ),
        Fault::SpillSize | Fault::FillSize => stack(
            "pointers are kept on the stack as 8 whole bytes".into(),
            "store and load pointers with 8-byte accesses",
        ),
        Fault::SpillToCaller => stack(
            "the function's own frame is gone when it returns, and the kernel keeps no pointer to the stack beyond it".into(),
            "keep an index or an offset instead of the pointer",
        ),
        Fault::ZeroSizedRead => bounds("the size is zero".into(), "pass a size of at least one"),
        _ => return None,
    })
}

fn helpers(fault: &Fault) -> Option<Explanation> {
    let helper = |reason: String, suggestion| says(Category::Helper, reason, suggestion);
    let size = |reason: &str, suggestion| says(Category::Bounds, reason, suggestion);
    Some(match fault {
        Fault::HelperNumber { id } => {
            helper(format!("no helper has the number {id} on this kernel"), "check the helper's number")
        }
        Fault::HelperForKind { name, .. } => helper(
            format!("programs of this kind can't call {name} on this kernel"),
            "use another helper, another kind of program, or a newer kernel",
        ),
        Fault::HelperNeedsGpl => helper(
            "this helper is for programs under a GPL-compatible licence only".into(),
            "declare a GPL-compatible licence, such as \"GPL\" or \"Dual MIT/GPL\"",
        ),
        Fault::Helper(HelperFault::Kind { kind, .. }) if kind.may_be_null() => says(
            Category::Nullable,
            "the lookup may have found nothing, and this helper does not take nil",
            CHECK_NIL,
        ),
        Fault::Helper(HelperFault::Kind { reg, kind, expected }) => says(
            Category::WrongType,
            format!("R{reg} is {}; the helper wants {}", thing(*kind), wanted(expected)),
            "pass what the helper's documentation asks for in this place",
        ),
        Fault::SizeNegative { .. } => size("the size may be negative", "use an unsigned size, or mask it"),
        Fault::SizeZero { .. } => size("the size may be zero", "check that the size is at least one"),
        Fault::SizeUnbounded { .. } => {
            size("nothing limits the size", "compare the size with a constant first")
        }
        Fault::VariableStackForHelper { .. } => says(
            Category::Stack,
            "atomic operations need a constant offset into the stack",
            "use a constant offset, or a map value",
        ),
        _ => return None,
    })
}

/// The kinds that a helper takes, for people.
fn wanted(expected: &[Kind]) -> &'static str {
    match expected.first().map(|kind| kind.base) {
        Some(Base::Map) => "a map",
        Some(Base::Context) => "the context",
        Some(Base::Scalar) => "a number",
        Some(Base::Func) => "a function",
        Some(Base::SockCommon | Base::Socket) => "a socket",
        Some(Base::MapValue) => "a pointer into a map's value",
        Some(Base::BtfId) => "a kernel object",
        Some(Base::Mem) => "a record that was reserved in a ring buffer",
        Some(Base::Stack) if expected.len() == 1 => "memory on the stack",
        Some(Base::Stack) if expected.get(1) == Some(&Kind::DYNPTR) => "a dynptr",
        _ => "memory: on the stack, in a map value or in the packet",
    }
}

/// Functions of the program, what they return, and what they must give back.
fn calls(fault: &Fault) -> Option<Explanation> {
    Some(match fault {
        Fault::CallOutOfRange | Fault::TooManyFunctions | Fault::BackEdge { .. } => says(
            Category::ControlFlow,
            "the call's target is not a function that may be called",
            "check the call's target",
        ),
        Fault::CallStackTooDeep { .. } | Fault::CallChainTooDeep { .. } => says(
            Category::Limit,
            "a chain of calls has more than 8 functions, or a function calls itself",
            "inline functions; recursion is not possible in the kernel",
        ),
        Fault::StackTooDeep { .. } | Fault::FrameTooLarge { .. } | Fault::TailCallDepth { .. } => says(
            Category::Stack,
            "the stack frames of a chain of calls take more than 512 bytes together, or 256 before a tail call",
            "keep big values in a per-CPU array",
        ),
        Fault::ReturnsStack => {
            says(Category::Stack, "a function returns a pointer to a stack", "return a value instead")
        }
        Fault::CallbackReturnsPointer | Fault::ReturnRange { .. } | Fault::ReturnToVoid => says(
            Category::Context,
            "the value that is returned is not one that the kernel takes here",
            "return one of the values in the range on every path",
        ),
        Fault::CallbackForMap | Fault::CallbackNotStatic | Fault::PacketLoadInCallback => {
            says(Category::Helper, "the callback is not allowed here", "use another map or function")
        }
        Fault::Unreleased { .. } => says(
            Category::Helper,
            "something that was acquired is not given back on this path",
            "give it back on every path: submit or discard records, release sockets",
        ),
        Fault::SectionOpen { .. }
        | Fault::CallWithLock
        | Fault::GlobalCallIn { .. }
        | Fault::GlobalCallSleeps => says(
            Category::Helper,
            "a lock is held, or a section is open, where that is not allowed",
            "unlock, or leave the section, before",
        ),
        Fault::FunctionReturns { .. } | Fault::ReturnsPointer { .. } => says(
            Category::Context,
            "a pointer is returned where the kernel takes a number",
            "return a number",
        ),
        Fault::Global(_) => says(
            Category::WrongType,
            "a global function, or a call of one, is not of the types that the verifier can check on their own",
            "pass numbers, the context, or memory of a known size; or make the function static",
        ),
        Fault::Kernel(_) => says(
            Category::Helper,
            "a function of the kernel is called in a way that it does not allow",
            "look at the kernel's documentation of the function",
        ),
        Fault::Load(_) => says(
            Category::Helper,
            "the kernel doesn't load the program for what it is made for, or with the types of its functions",
            "check the section, the licence, and what the functions return",
        ),
        Fault::Object(_) => says(
            Category::Helper,
            "this is not how objects of the program's own, their lists and trees, or what guards them may be used",
            "allocate an object, check it for nil, and take the lock of the list or tree before it goes in or comes out",
        ),
        Fault::Kptr(_) => says(
            Category::WrongType,
            "this is not how a pointer to an object in a map's value may be used",
            "load it with 8 bytes at its offset, and exchange it with bpf_kptr_xchg",
        ),
        Fault::Btf(_) => says(
            Category::WrongType,
            "this is not how the kernel's object, or the argument of the hook, may be used",
            "look at the kernel's declaration of the struct or function",
        ),
        // That there was no room for one more path is what went wrong.
        Fault::Then(first, last) if **last == Fault::Object(ObjectFault::FailedLockPath) => {
            return Some(explain(first));
        }
        Fault::Then(_, last) => return Some(explain(last)),
        _ => return None,
    })
}

/// Calls of helpers, beyond the kinds of their arguments.
fn more_helpers(fault: &Fault) -> Option<Explanation> {
    let Fault::Helper(fault) = fault else {
        let Fault::Memory(_) = fault else { return None };
        return Some(says(
            Category::Bounds,
            "this memory can't be read or written in this way",
            "check the offset, and whether the memory may be written",
        ));
    };
    use HelperFault as H;
    Some(match fault {
        H::MustBeReferenced { .. } | H::NotAcquired { .. } | H::DynptrUnacquired { .. } => says(
            Category::Helper,
            "what is given back here was not acquired, or was given back before",
            "give back only what was acquired, once",
        ),
        H::TwoLocks => {
            says(Category::Helper, "one lock is held at a time", "unlock the lock that was taken before")
        }
        H::LockInLess => says(
            Category::Helper,
            "the function that compares nodes runs under the lock of the tree",
            "leave the lock as it is in this function",
        ),
        H::MightSleep | H::SleepsInSection { .. } => says(
            Category::Helper,
            "the helper may sleep, and the program may not at this place",
            "make the program sleepable, or use another helper",
        ),
        H::PossiblyNull { .. } => {
            says(Category::Nullable, "the pointer may be nil, and this helper does not take nil", CHECK_NIL)
        }
        H::MapFunction { .. } | H::SockmapContext { .. } | H::SockmapValue => {
            says(Category::Helper, "this helper doesn't take maps of this kind", "use a map of another kind")
        }
        _ => says(
            Category::Helper,
            "an argument is not what the helper asks for",
            "pass what the helper's documentation asks for in this place",
        ),
    })
}
