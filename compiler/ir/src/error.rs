//! What the middle end refuses, and its wording.

use gobpf_diagnostics::{Diagnostic, codes};
use gobpf_source::{Place, Span};

/// A construct that can't be lowered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildError {
    /// Where.
    pub place: Place,
    /// What.
    pub what: Unsupported,
}

/// What can't be lowered yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unsupported {
    /// A value of type `string` that is not a constant argument.
    StringValue,
    /// A slice that is kept in memory: a field, an element, or a variable whose address is taken.
    SliceInMemory,
    /// A packet slice with an upper bound.
    PacketUpperBound,
    /// Calls nested too deeply to inline, or a program that becomes too large: the number of instructions reached.
    TooLarge(usize),
    /// The register allocator gave up, with its words.
    Registers(String),
    /// The stack frame has more than 512 bytes: the size, and the largest variables with theirs.
    StackFrame(u32, Vec<(String, u32)>),
}

impl BuildError {
    /// The diagnostic for it.
    pub fn to_diagnostic(&self, span: &dyn Fn(Place) -> Span) -> Diagnostic {
        let at = span(self.place);
        match &self.what {
            Unsupported::StringValue => Diagnostic::error(
                codes::GB0308,
                at,
                "strings can't be computed in the kernel yet; only constant strings as arguments of helpers can",
            )
            .help("use a byte array, such as `[16]byte`, for text that is known only at run time"),
            Unsupported::SliceInMemory => Diagnostic::error(
                codes::GB0316,
                at,
                "a slice can't be kept in memory in the kernel; only local variables and arguments can be slices",
            )
            .help("keep an array, or the index into one"),
            Unsupported::PacketUpperBound => Diagnostic::error(
                codes::GB0350,
                at,
                "a slice of the packet with an upper bound is not supported yet",
            )
            .help("slice with the lower bound alone, `p[low:]`, and compare `len` of it with the number of bytes you need"),
            Unsupported::TooLarge(count) => Diagnostic::error(
                codes::GB0601,
                at,
                format!("the program grows over the limit of {count} instructions when its calls are inlined"),
            )
            .help("call the function from fewer places, or make it smaller"),
            Unsupported::Registers(words) => Diagnostic::error(
                codes::GB0601,
                at,
                format!("the program needs more registers at once than the kernel has ({words})"),
            )
            .help("please report this program: the compiler should have moved values to the stack"),
            Unsupported::StackFrame(size, variables) => {
                let largest: Vec<_> =
                    variables.iter().map(|(name, size)| format!("`{name}` ({size} bytes)")).collect();
                Diagnostic::error(
                    codes::GB0602,
                    at,
                    format!("the stack frame has {size} bytes, and the kernel allows 512: {}", largest.join(", ")),
                )
                .help("keep large values in a map entry (an array map of one entry serves as scratch memory)")
            }
        }
    }
}
