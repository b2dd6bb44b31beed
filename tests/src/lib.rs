//! Oracles: those who know the truth about our answers, and what the data-driven tests of this crate share.
//!
//! Tests are data: one file is one named test. `README.md` describes the folders and their formats.

pub mod answer;
pub mod clang;
pub mod cli;
pub mod compile;
mod cpio;
pub mod danger;
pub mod diff;
#[cfg(feature = "libbpf")]
pub mod elf;
pub mod fields;
pub mod files;
mod functions;
pub mod generate;
pub mod go;
pub mod golden;
pub mod hex;
mod image;
pub mod job;
pub mod kernel;
pub mod kernel_btf;
pub mod latency;
pub mod limit;
pub mod log;
pub mod marks;
mod native;
pub mod require;
pub mod scenario;
pub mod session;
pub mod sys;
pub mod trace;
pub mod vm;
