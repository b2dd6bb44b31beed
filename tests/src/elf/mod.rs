//! ELF objects by others: the kernel's own verifier tests, and objects of packaged programs. libbpf loads their programs
//! into the running kernel, our reader gives them to the model, and the answers are compared.

mod compare;
mod elsewhere;
mod libbpf;
mod own;
mod packaged;
mod selftests;
mod settle;

pub use compare::Comparison;
pub use libbpf::{Heard, judge};
pub use own::objects as own;
pub use packaged::objects as packaged;
pub use selftests::objects as selftests;

/// An object.
pub struct ElfObject {
    /// What it is called in reports.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}
