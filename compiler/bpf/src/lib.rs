//! eBPF itself: instructions, objects, and the tables of helpers, maps, program kinds and contexts.
//!
//! The room is the common language of the compiler, the verifier model and the writers. It never judges a program.

pub mod disasm;
mod explain;
pub mod insn;
pub mod object;
pub mod op;
pub mod tables;
mod version;

pub use insn::{Insn, Reg, SourceOperand};
pub use object::{
    Code, Extern, ExternId, ExternKind, Global, Map, MapContents, MapId, Object, Program, Relocation,
    RelocationTarget, Replaced, Subprogram, flags,
};
pub use version::KernelVersion;
