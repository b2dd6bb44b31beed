//! One file for each family of checks.

pub(crate) mod btf;
pub(crate) mod buffer;
pub(crate) mod callbacks;
pub(crate) mod calls;
pub(crate) mod context;
pub(crate) mod dead_code;
pub(crate) mod dynptr;
pub(crate) mod encoding;
pub(crate) mod flow;
pub(crate) mod functions;
pub(crate) mod global;
pub(crate) mod helpers;
pub(crate) mod hooks;
pub(crate) mod kfuncs;
pub(crate) mod legacy_load;
pub(crate) mod locks;
pub(crate) mod map_value;
pub(crate) mod memory;
pub(crate) mod operands;
pub(crate) mod packet;
pub(crate) mod references;
pub(crate) mod returns;
pub(crate) mod socket;
pub(crate) mod stack;
pub(crate) mod stack_range;
