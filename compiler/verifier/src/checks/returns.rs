//! What a program may return.

use crate::checks::operands::read_reg;
use crate::explore::Machine;
use crate::fault::Checked;

/// `check_return_code`: the kinds that are followed so far take any value, but R0 must have one.
pub(crate) fn check(m: &mut Machine<'_>) -> Checked {
    read_reg(m, 0)
}
