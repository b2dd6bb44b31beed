//! One file for each family of checks.

pub(crate) mod context;
pub(crate) mod encoding;
pub(crate) mod flow;
pub(crate) mod helpers;
pub(crate) mod map_value;
pub(crate) mod memory;
pub(crate) mod operands;
pub(crate) mod packet;
pub(crate) mod returns;
pub(crate) mod stack;
pub(crate) mod stack_range;
