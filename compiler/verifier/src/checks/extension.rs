//! Programs that replace a function of another (`BPF_PROG_TYPE_EXT`): they are what that program is.

use std::borrow::Cow;

use gobpf_bpf::Program;
use gobpf_bpf::tables::ProgramKind;

use crate::checks::global;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, LoadFault};

/// Why no loader can load the extension: what it replaces is not known, or has to be attached itself.
pub(crate) fn refusal(program: &Program) -> Option<&'static str> {
    const HOOKED: [ProgramKind; 4] =
        [ProgramKind::TRACING, ProgramKind::LSM, ProgramKind::STRUCT_OPS, ProgramKind::EXT];
    match &program.replaces {
        _ if program.kind != ProgramKind::EXT => None,
        None => Some(
            "it replaces a function of another program, which has to be loaded first and given along: \
             nothing here says of which program",
        ),
        Some(replaced) if HOOKED.contains(&replaced.kind) => {
            Some("what it replaces is attached by types of the kernel, or is an extension itself")
        }
        Some(_) => None,
    }
}

/// The program as it is followed: of the kind of what it replaces (`resolve_prog_type`).
pub(crate) fn followed(program: &Program) -> Cow<'_, Program> {
    let Some(replaced) = program.replaces.filter(|_| program.kind == ProgramKind::EXT) else {
        return Cow::Borrowed(program);
    };
    let mut own = program.clone();
    (own.kind, own.attach, own.hook) = (replaced.kind, replaced.attach, None);
    Cow::Owned(own)
}

/// The part of `bpf_check_attach_target` about what is replaced: a function of the same type that does nothing.
pub(crate) fn check(m: &Machine<'_>, program: &Program) -> Checked {
    let (ProgramKind::EXT, Some(function)) = (program.kind, program.func) else { return Ok(()) };
    if !global::takes_context(m, m.rules.dialect == Dialect::V6_1) {
        return Err(LoadFault::ReplacesStatic.into());
    }
    if m.functions[0].changes_packet && m.rules.dialect != Dialect::V6_1 {
        return Err(LoadFault::ReplacesUnchanging.into());
    }
    if !global::is_global(&m.object.btf, Some(function)) {
        let name = m.object.btf.get(function).map_or("", gobpf_btf::Type::name).to_owned();
        return Err(LoadFault::NotGlobal { name }.into());
    }
    Ok(())
}
