//! `bpf_throw`: the program ends wherever it is, with R1 as its result.

use crate::checks::functions::Function;
use crate::checks::{locks, returns};
use crate::explore::{Machine, Next};
use crate::fault::{Checked, ObjectFault, Stop};

/// The function of the kernel that throws.
pub(crate) const THROW: &str = "bpf_throw";

/// What is thrown must be what the program may return, since it has no function of its own for exceptions.
pub(crate) fn check_thrown(m: &mut Machine<'_>) -> Checked {
    let own = m.object.btf.iter().any(|(_, ty)| {
        matches!(ty, gobpf_btf::Type::DeclTag { name, .. } if name.starts_with("exception_callback:"))
    });
    if own {
        return Err(Stop::feature("functions for exceptions"));
    }
    returns::check_register(m, 1)
}

/// All that the program holds, in whatever function, must be given back before.
pub(crate) fn leave(m: &Machine<'_>) -> Checked<Next> {
    locks::check_throw(m)?;
    Ok(Next::Exit)
}

/// Callbacks, and what they call, may not throw: `waiting` are the functions that called `index`.
pub(crate) fn check_callback(
    m: &Machine<'_>,
    index: usize,
    at: u32,
    mut waiting: impl Iterator<Item = usize>,
) -> Checked {
    let throws = m.kfuncs.get(&at).is_some_and(|name| name == THROW);
    let is_callback = |function: &Function| function.is_callback;
    if throws && (is_callback(&m.functions[index]) || waiting.any(|index| is_callback(&m.functions[index]))) {
        return Err(ObjectFault::ThrowInCallback { insn: at, function: index }.into());
    }
    Ok(())
}
