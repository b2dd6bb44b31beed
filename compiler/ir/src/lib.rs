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

pub use build::build_module;
pub use error::{BuildError, GlobalProblem, Unsupported};
pub use plan::Plan;
pub use print::{print, print_module};
