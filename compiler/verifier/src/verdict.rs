//! The answers of the model.

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The kernel loads it.
    Accepted(Statistics),
    /// The verifier rejects it.
    Rejected(Box<Rejection>),
    /// The kernel refuses it before the verifier runs (empty log).
    Refused {
        /// Such as `EINVAL`.
        errno: &'static str,
        /// In words.
        why: String,
    },
    /// The model can't tell, and says why; counted as wrong in every measure.
    Unknown(Unknown),
}

/// Why the model can't tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// Something that is not modelled yet, by name.
    Feature(String),
    /// The types of the kernel, which were not given.
    KernelTypes,
    /// A limit of the model, with its unit.
    Limit(String),
    /// The caller cancelled.
    Cancelled,
}

/// What the kernel counts while verifying.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statistics {
    /// `processed N insns`.
    pub processed: u32,
    /// `total_states`.
    pub total_states: u32,
    /// `peak_states`.
    pub peak_states: u32,
    /// Stack depth in bytes.
    pub stack_bytes: u32,
    /// How far into the context the program reaches; none where it doesn't.
    pub context: Option<Reach>,
}

/// The access that goes furthest: to perf events, the kernel doesn't attach programs that go too far (`max_ctx_offset`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The first byte behind those that are accessed.
    pub end: u32,
    /// The slot of the access.
    pub insn: u32,
}

/// A rejection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    /// The slot at which the kernel stops.
    pub insn: u32,
    /// The kernel's last words, to the letter; may have several lines.
    pub message: String,
    /// Which check failed.
    pub category: Category,
    /// Why, in a sentence for people.
    pub reason: String,
    /// What led there, in order: where the value was made, where it lost or lacked its check, where it is used.
    pub path: Vec<Step>,
    /// What to do, in a sentence.
    pub suggestion: String,
}

/// A step of a causal path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The slot.
    pub insn: u32,
    /// What happens there, for people.
    pub text: String,
}

/// Families of rejections, one diagnostic code each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Category {
    /// A pointer that may be null is used unchecked.
    Nullable,
    /// A register or stack slot is read before it is written.
    Uninitialised,
    /// A pointer of the wrong kind, or no pointer, is used.
    WrongType,
    /// Memory is accessed outside its bounds.
    Bounds,
    /// Packet data is accessed without a check against its end.
    Packet,
    /// A context is accessed where or how it must not be.
    Context,
    /// Stack rules: size, alignment, variable offsets.
    Stack,
    /// A helper is unknown, not allowed for the kind, or needs another licence.
    Helper,
    /// Arithmetic on pointers that is not allowed.
    PointerArithmetic,
    /// An instruction that is not well formed.
    Encoding,
    /// Control flow: unreachable code, endless loops, falling off the end.
    ControlFlow,
    /// A limit of the verifier: size, complexity.
    Limit,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unknown::Feature(what) => write!(f, "{what} is not modelled yet"),
            Unknown::KernelTypes => {
                f.write_str("the types of the kernel (BTF) are needed, and were not given")
            }
            Unknown::Limit(what) => write!(f, "the model's limit of {what} is reached"),
            Unknown::Cancelled => f.write_str("cancelled"),
        }
    }
}
