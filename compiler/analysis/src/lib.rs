//! The facade: text in, answers out.
//!
//! A [`Document`] is the one mutable thing; a [`Snapshot`] is an immutable version of it; an [`Analysis`] is everything
//! that is known of that version. The room does no I/O and spawns no threads: files and imports come in as arguments.

mod analysis;
mod attach;
mod binary;
mod cache;
mod cancel;
mod constants;
mod constraint;
mod document;
mod emit;
mod hover;
mod judge;
mod literals;
mod options;
mod others;
mod sound;
mod unread;

pub use analysis::{Analysis, Judged, ProgramReport};
pub use binary::KernelConfig;
pub use cancel::{Cancel, Cancelled};
pub use document::{Document, Language, Snapshot};
pub use emit::{Emit, EmitError};
pub use gobpf_bpf::KernelVersion;
pub use gobpf_btf::KernelBtf;
pub use gobpf_object::settings;
pub use gobpf_syntax::Work;
pub use gobpf_types::{Import, Sdk};
pub use gobpf_verifier::Symbols;
pub use gobpf_verifier::{Dialect, Rejection, Statistics, Unknown, Verdict};
pub use hover::Hover;
pub use options::{KernelTypes, Options, OtherSource, PackageSources, Packages};
pub use others::OtherFile;
