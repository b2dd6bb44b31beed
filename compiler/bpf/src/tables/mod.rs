//! Tables of the eBPF world: one row for each thing, each with the kernel version that brought it.

mod contexts;
mod helpers;
mod kinds;
mod maps;

pub use contexts::{CONTEXT_FIELDS, ContextField, FieldKind};
pub use helpers::{Argument, HELPERS, Helper, PROTOTYPES, Prototype, Returns};
pub use kinds::{KIND_NAMES, KINDS, KindName, KindRow, ProgramKind};
pub use maps::{MAPS, MapKind, MapRow};
