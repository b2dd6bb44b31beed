//! Source text: files, positions and edits.
//!
//! The room knows bytes, lines and encodings, and nothing of Go. It never reads a file: text comes in as an argument.

mod place;
mod position;
mod text;

pub use place::{DeclId, FileId, NodeId, Origin, Place, Span, Why};
pub use position::{Encoding, LineColumn};
pub use text::{AppliedEdit, SourceText, TextEdit};
pub use text_size::{TextRange, TextSize};
