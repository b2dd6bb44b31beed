//! Places: how every stage after syntax says where something comes from, without absolute positions.

use text_size::TextRange;

/// A file of one analysis. Stable for as long as the file is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A top-level declaration: the `index`-th of its file, in source order, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeclId {
    /// The file that holds the declaration.
    pub file: FileId,
    /// Its number in the file.
    pub index: u32,
}

/// A syntax node, numbered within its declaration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A node of a declaration. Text edits outside the declaration leave it as it is; a [`Span`] is computed from it only
/// when something is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The declaration.
    pub decl: DeclId,
    /// The node within it.
    pub node: NodeId,
}

/// An absolute range of a file, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Byte range in the file's text.
    pub range: TextRange,
}

/// Why an instruction exists, beside what the source says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Why {
    /// It computes what the source at its place says.
    Source,
    /// It sets a variable to its zero value.
    ZeroValue,
    /// It checks an index or a slice bound, as Go does.
    BoundsCheck,
    /// It checks a divisor or a shift count, as Go does.
    ArithmeticCheck,
    /// It checks a pointer, as Go does.
    NilCheck,
    /// It puts a value where a helper or a map wants a pointer to it.
    Spill,
    /// It moves a value between registers or to and from the stack, for want of registers.
    Move,
    /// It looks whether a function that was called has panicked.
    PanicCheck,
    /// It ends the program after a run-time panic.
    Abort,
    /// It belongs to the entry or the exit of a program.
    Frame,
}

impl Why {
    /// A few words for a reader of the instructions; empty for [`Why::Source`].
    pub fn describe(self) -> &'static str {
        match self {
            Why::Source => "",
            Why::ZeroValue => "zero value",
            Why::BoundsCheck => "bounds check",
            Why::ArithmeticCheck => "arithmetic check",
            Why::NilCheck => "nil check",
            Why::Spill => "spill to the stack",
            Why::Move => "register move",
            Why::PanicCheck => "panic check",
            Why::Abort => "abort",
            Why::Frame => "entry or exit",
        }
    }
}

/// Where an instruction comes from and why it is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin {
    /// The source construct.
    pub place: Place,
    /// The reason.
    pub why: Why,
}
