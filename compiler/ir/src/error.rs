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
    /// A construct of the language, in words.
    Construct(&'static str),
    /// Calls nested too deeply to inline, or a program that becomes too large: the number of instructions reached.
    TooLarge(usize),
    /// The register allocator gave up, with its words.
    Registers(String),
    /// The stack frame has more than 512 bytes: the size, and the largest variables with theirs.
    StackFrame(u32, Vec<(String, u32)>),
    /// The frames of a chain of calls have more than 512 bytes together.
    StackChain {
        /// All frames, each rounded up as the kernel does.
        size: u32,
        /// The functions of the chain, the program first, with the sizes of their frames.
        functions: Vec<(String, u32)>,
        /// The largest variables with their sizes.
        variables: Vec<(String, u32)>,
    },
    /// A function that may not be inlined returns a pointer to a local variable of one of its callers.
    ReturnsStack(String),
    /// A function that is not inlined keeps a pointer into a frame in a frame of its callers.
    KeepsStack,
    /// A function that may not be inlined has too long a chain of calls below it.
    CallDepth(String),
    /// A global function takes or gives what the kernel can't verify by itself.
    Global {
        /// Its name.
        name: String,
        /// What it takes or gives.
        problem: GlobalProblem,
    },
    /// A global function takes the context of programs whose context has no type for the kernel.
    GlobalContext {
        /// Its name.
        name: String,
        /// The program's section.
        section: String,
    },
}

impl Unsupported {
    /// Whether another layout of the stack may do.
    pub fn is_of_stack(&self) -> bool {
        matches!(self, Unsupported::StackFrame(..) | Unsupported::StackChain { .. })
    }
}

/// What is wrong with a global function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GlobalProblem {
    /// More results than one, or one that is not a number.
    Results,
    /// This parameter.
    Parameter(String),
    /// More parameters than registers.
    TooMany,
}

impl GlobalProblem {
    fn words(&self, name: &str) -> String {
        match self {
            GlobalProblem::Results => {
                format!("global function `{name}` can give one integer or bool, or nothing")
            }
            GlobalProblem::Parameter(parameter) => format!(
                "parameter `{parameter}` of global function `{name}` is not a number, the context, or memory of a \
                 fixed size without pointers in it"
            ),
            GlobalProblem::TooMany => format!(
                "global function `{name}` has more than five parameters, counting a result of 64 bits as one"
            ),
        }
    }
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
            Unsupported::Construct(what) => Diagnostic::error(
                codes::GB0318,
                at,
                format!("{what} is not supported in the kernel yet"),
            )
            .help("write it out with a loop or an if"),
            Unsupported::TooLarge(count) => Diagnostic::error(
                codes::GB0601,
                at,
                format!("the function grows over the limit of {count} instructions, with what is inlined into it"),
            )
            .help("put what repeats into a loop with a constant bound, or into functions with //bpf:noinline"),
            Unsupported::Registers(words) => Diagnostic::error(
                codes::GB0601,
                at,
                format!("the program needs more registers at once than the kernel has ({words})"),
            )
            .help("please report this program: the compiler should have moved values to the stack"),
            Unsupported::ReturnsStack(name) => Diagnostic::error(
                codes::GB0351,
                at,
                format!("`{name}` returns a pointer to a local variable, and a function of its own can't"),
            )
            .help("remove //bpf:noinline, or let the caller keep the pointer that it passed"),
            Unsupported::KeepsStack => Diagnostic::error(
                codes::GB0353,
                at,
                "a pointer to a local variable is kept in a variable of the caller, and neither a callback nor a \
                 function of its own can do that",
            )
            .help("keep an index or an offset instead, or point to a variable of the package"),
            Unsupported::CallDepth(name) => Diagnostic::error(
                codes::GB0603,
                at,
                format!(
                    "with `{name}` as a function of its own, more than {} functions are active at once",
                    crate::plan::FRAME_LIMIT
                ),
            )
            .help("remove //bpf:noinline from one of the functions of the chain"),
            Unsupported::Global { name, problem } => {
                Diagnostic::error(codes::GB0352, at, problem.words(name))
                    .help("use //bpf:noinline: the kernel then verifies the function for what its callers pass")
            }
            Unsupported::GlobalContext { name, section } => Diagnostic::error(
                codes::GB0352,
                at,
                format!(
                    "global function `{name}` takes the context, which has no type of its own for programs of \
                     section `{section}`"
                ),
            )
            .help("pass what it needs of the context, or use //bpf:noinline"),
            Unsupported::StackFrame(size, variables) => Diagnostic::error(
                codes::GB0602,
                at,
                format!(
                    "the stack frame has {size} bytes, and the kernel allows 512: {}",
                    with_sizes(variables)
                ),
            )
            .help(move_out(variables)),
            Unsupported::StackChain { size, functions, variables } => {
                let frames: Vec<_> =
                    functions.iter().map(|(name, size)| format!("`{name}` ({size})")).collect();
                Diagnostic::error(
                    codes::GB0602,
                    at,
                    format!(
                        "the stack frames of a chain of calls have {size} bytes, each rounded up to 32, and the \
                         kernel allows 512: {}; the largest variables are {}",
                        frames.join(" calls "),
                        with_sizes(variables)
                    ),
                )
                .help(move_out(variables))
            }
        }
    }
}

/// Variables with their sizes; those without a name are the compiler's.
fn with_sizes(variables: &[(String, u32)]) -> String {
    let named = variables.iter().map(|(name, size)| match name.as_str() {
        "" => format!("a temporary ({size} bytes)"),
        name => format!("`{name}` ({size} bytes)"),
    });
    named.collect::<Vec<_>>().join(", ")
}

/// What to do about a stack that is too large: the largest variable with a name goes elsewhere.
fn move_out(variables: &[(String, u32)]) -> String {
    let what = match variables.iter().find(|(name, _)| !name.is_empty()) {
        Some((name, _)) => format!("move `{name}`"),
        None => "move large values".into(),
    };
    format!(
        "{what} to a map entry: an array map of one entry, per CPU where it can be, serves as scratch memory"
    )
}
