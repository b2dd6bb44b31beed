//! Diagnostics as data, their codes with one page each, and the renderers.
//!
//! A [`Diagnostic`] is one value; what a terminal, an editor or a CI system shows is made from it. The room never
//! decides that something is wrong.

pub mod codes;
mod diagnostic;
pub mod render;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Fix, KernelText, Label, Severity};
