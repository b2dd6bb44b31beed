//! Tables of the eBPF world: one row for each thing, each with the kernel version that brought it.

mod arguments;
mod attach;
mod callers;
mod contexts;
mod helpers;
mod kinds;
mod maps;
mod prototype;
#[rustfmt::skip]
mod prototypes;

pub use arguments::{Argument, ArgumentKind, Flags, ReturnKind, Returns};
pub use attach::{ATTACH_TYPES, AttachRow, AttachType};
pub use callers::Caller;
pub use contexts::{CONTEXT_FIELDS, ContextField, FieldKind};
pub use helpers::{Callback, HELPERS, Helper, ResultRange};
pub use kinds::{KIND_NAMES, KINDS, KindName, KindRow, ProgramKind};
pub use maps::{MAPS, MapKind, MapRow};
pub use prototype::{Allowed, Prototype};
