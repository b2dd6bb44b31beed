//! BPF objects in ELF: read into a [`gobpf_bpf::Object`], as libbpf would load them.
//!
//! The room takes bytes and gives values; files, kernel types and settings come in as arguments. It links what libbpf links
//! when it loads: maps, global data, functions of `.text` behind the program that calls them, CO-RE relocations against
//! the kernel's types, settings of the kernel, functions and variables of the kernel by name. It never judges a program.

mod core;
mod data;
mod elf;
mod error;
mod ext;
mod externs;
mod link;
mod maps;
mod read;
mod write;

pub use error::{ObjectError, Problem};
pub use ext::Line;
pub use externs::settings;
pub use read::{ElfObject, Options, read};
pub use write::{Lines, write};
