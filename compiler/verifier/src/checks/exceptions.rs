//! `bpf_throw`: the program ends wherever it is, with R1 as its result.

use gobpf_bpf::{Object, Program};
use gobpf_btf::{Linkage, Type};

use crate::checks::functions::Function;
use crate::checks::{load, locks, returns};
use crate::explore::{Machine, Next};
use crate::fault::{Checked, ExceptionFault, ObjectFault};

/// The function of the kernel that throws.
pub(crate) const THROW: &str = "bpf_throw";

/// How the tag begins that names the function for exceptions.
const TAG: &str = "exception_callback:";

/// `bpf_find_exception_callback_insn_off`: where the function starts that the type of the main function names for
/// exceptions.
pub(crate) fn callback(object: &Object, program: &Program) -> Checked<Option<u32>> {
    let Some(declared) = load::declared(program) else { return Ok(None) };
    let Some((_, main)) = declared.first().copied() else { return Ok(None) };
    let mut tags = object.btf.iter().filter_map(|(_, ty)| match ty {
        Type::DeclTag { name, target, component: -1 } if *target == main => name.strip_prefix(TAG),
        _ => None,
    });
    let Some(name) = tags.next() else { return Ok(None) };
    if tags.next().is_some() {
        return Err(ExceptionFault::SeveralTags.into());
    }
    let named = object.btf.iter().find_map(|(id, ty)| match ty {
        Type::Function { name: of, linkage, .. } if of == name => Some((id, *linkage)),
        _ => None,
    });
    let Some((id, linkage)) = named else {
        return Err(ExceptionFault::NotFound { name: name.to_owned() }.into());
    };
    if linkage != Linkage::Global {
        return Err(ExceptionFault::NotGlobal { name: name.to_owned() }.into());
    }
    match declared.iter().rev().find(|(_, ty)| *ty == id) {
        Some((0, _)) => Err(ExceptionFault::IsMain.into()),
        Some((slot, _)) => Ok(Some(*slot)),
        None => Err(ExceptionFault::NoPlace.into()),
    }
}

/// Whether the program has a function of its own for exceptions.
pub(crate) fn has_callback(m: &Machine<'_>) -> bool {
    m.functions.iter().any(|function| function.is_exception)
}

/// What is thrown must be what the program may return, where it has no function of its own for exceptions.
pub(crate) fn check_thrown(m: &mut Machine<'_>) -> Checked {
    if has_callback(m) { Ok(()) } else { returns::check_register(m, 1) }
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
