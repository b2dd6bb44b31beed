//! Go programs that load a compiled object: the program form, one file that builds with cilium/ebpf alone.
//!
//! The room sees [`gobpf_bpf::Object`] and its types, never the compiler's own forms. Text that is the same for every
//! object stands in `parts/*.go`, as Go; the rest is written by the modules below.

mod constants;
mod error;
mod functions;
mod instructions;
mod labels;
mod maps;
mod names;
mod parts;
mod program;
mod programs;
mod text;
mod types;

pub use error::LoaderError;
pub use program::program;

use gobpf_source::Origin;

/// The source that an object was compiled from, as far as a loader shows it.
pub trait SourceLines {
    /// The name of the file without its folder, such as `helloworld.go`.
    fn file_name(&self) -> &str;

    /// The line that `origin` stands on.
    fn line(&self, origin: Origin) -> Option<SourceLine>;
}

/// A line of the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// The file's name without its folder.
    pub file: String,
    /// Its number, counted from 1.
    pub number: u32,
    /// Its text without surrounding space.
    pub text: String,
}
