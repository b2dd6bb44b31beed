//! The productions of the Go specification's grammar, and which of them a file has.

mod count;
mod productions;

pub use count::{Counts, count};
pub use productions::{EXCEPTIONS, PRODUCTIONS, Production, Standing};
