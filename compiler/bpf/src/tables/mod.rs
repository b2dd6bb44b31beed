//! Tables of the eBPF world: one row for each thing, each with the kernel version that brought it.

mod arguments;
mod attach;
mod callers;
mod contexts;
mod helpers;
mod kfuncs;
mod kinds;
mod lsm;
mod map_rules;
mod maps;
mod prototype;
#[rustfmt::skip]
mod prototypes;
mod returns;
mod sections;
mod syscalls;

pub use arguments::{Argument, ArgumentKind, Flags, ReturnKind, Returns};
pub use attach::{ATTACH_TYPES, AttachRow, AttachType};
pub use callers::Caller;
pub use contexts::{CONTEXTS, Context, ContextAccess, FLOW_KEYS_BYTES, Field, Holds, Layout, Made, Shape};
pub use helpers::{Callback, HELPERS, Helper, ResultRange};
pub use kfuncs::{KFUNCS, Kfunc, kfunc_flags};
pub use kinds::{KIND_NAMES, KINDS, KindName, KindRow, ProgramKind};
pub use lsm::{lsm_is_bool, lsm_is_disabled, lsm_is_untrusted, lsm_may_sleep};
pub use map_rules::{
    EntriesRule, MAP_RULES, MapMismatch, MapRule, MapShape, SizeRule, map_flags, map_is_for_sleepers,
    map_mismatch,
};
pub use maps::{MAPS, MapKind, MapRow};
pub use prototype::{Allowed, Prototype};
pub use returns::{ReturnRule, return_rule};
pub use sections::{SECTIONS, Section};
pub use syscalls::{syscall_arguments, syscalls};
