//! Programs written as instructions: kernel-style disassembly text, and cilium/ebpf's `asm.Instructions` in Go files.
//!
//! Both become a [`gobpf_bpf::Object`]. The room evaluates and encodes; it never judges what it has encoded.

pub mod literals;
pub mod text;
mod wording;

pub use literals::{Candidate, Found, Literal, LiteralMap, MapSpec, candidates, find};
pub use text::{Expectation, Expected, TextProgram};
