//! Global functions: verified on their own for any arguments of their types, so that calls only check the types.

use crate::explore::Machine;
use crate::fault::{Checked, Stop};
use crate::state::State;

/// `btf_check_subprog_call`: the arguments are of the types that function `index` declares.
pub(crate) fn check_call(m: &mut Machine<'_>, index: usize) -> Checked {
    let _ = (m, index);
    Err(Stop::feature("global functions"))
}

/// The state at the start of global function `index`.
pub(crate) fn start(m: &mut Machine<'_>, index: usize) -> Checked<State> {
    let _ = (m, index);
    Err(Stop::feature("global functions"))
}
