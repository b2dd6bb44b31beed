//! Syntax: Go text to a live AST, incrementally.
//!
//! The room knows Go's grammar, and nothing of names, types or eBPF beyond the spelling of directives.

pub mod ast;
mod comments;
mod cursor;
pub mod directives;
mod lexer;
mod line_directive;
mod literal;
mod parser;
pub mod print;
mod token;
mod tree;
mod wording;

pub use tree::{SyntaxTree, Work};
