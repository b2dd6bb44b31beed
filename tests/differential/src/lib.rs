//! Differential tests of the language: our answers beside those of Go's own tools, on files and programs made at random.
//!
//! - [`syntax`]: files that were changed at random, judged by our parser and by the one of `gofmt -e`.
//! - [`types`]: kernel packages with one mistake each, judged by our checker and by go/types with all errors on.
//! - [`program`]: well-typed programs over the whole language, run by Go and by the kernel.
//!
//! Each run is decided by a seed and a number of programs, and ends with one line: `N programs, D differences, seed S`.

pub mod gopher;
pub mod grammar;
pub mod page;
pub mod program;
pub mod settings;
pub mod syntax;
pub mod types;
pub mod walk;
