//! The middle end: SSA with block parameters, one function for each program and each function that is called.
//!
//! The room knows Go's run-time semantics (wrap-around, checks, order of evaluation) and what a packet slice is. It
//! never names a register and never judges what the verifier would.

pub mod build;
mod error;
mod fold;
pub mod ir;
pub mod passes;
mod plan;
mod print;
mod range;
mod visit;

/// The first kernel whose verifier follows what a decision depends on into numbers in a frame that are not read through the
/// frame pointer itself.
pub const FRAMES_FOLLOWED_SINCE: gobpf_bpf::KernelVersion = gobpf_bpf::KernelVersion::new(6, 8);

pub use build::build_module;
pub use error::{BuildError, GlobalProblem, Unsupported};
pub use plan::Plan;
pub use print::{print, print_module};
