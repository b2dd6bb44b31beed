//! Programs that the kernel loads and then doesn't attach.

use gobpf_bpf::Program;
use gobpf_bpf::tables::{ProgramKind, Section, syscall_arguments};
use gobpf_diagnostics::{Diagnostic, Severity, codes};
use gobpf_verifier::Statistics;

use crate::judge::Places;

/// Where the arguments of a system call, or its result, start in the context.
const FIRST_ARGUMENT: u32 = 16;
/// Bytes of each.
const ARGUMENT_BYTES: u32 = 8;
/// The end of the system call's number, before the arguments: all that there is where it has none.
const NUMBER_END: u32 = 12;

/// A diagnostic where `program`, which is accepted, reads more of its context than the record of its system call has
/// (`perf_event_set_bpf_prog`: `EACCES`).
pub(crate) fn diagnostic(
    places: Places<'_>,
    program: &Program,
    statistics: &Statistics,
) -> Option<Diagnostic> {
    let reach = statistics.context?;
    if program.kind != ProgramKind::TRACEPOINT {
        return None;
    }
    let tracepoint = Section::of(&program.section)?.target_of(&program.section);
    let call = tracepoint.strip_prefix("syscalls/sys_enter_")?;
    let count = syscall_arguments(call)?;
    let end = if count == 0 { NUMBER_END } else { FIRST_ARGUMENT + ARGUMENT_BYTES * count };
    if reach.end <= end {
        return None;
    }
    let asked = (reach.end - FIRST_ARGUMENT).div_ceil(ARGUMENT_BYTES);
    let has = match count {
        0 => "no arguments".to_owned(),
        1 => "one argument".to_owned(),
        count => format!("{count} arguments"),
    };
    let message = format!(
        "the kernel loads `{}` and does not attach it to {tracepoint} (EACCES): `{call}` has {has}, and this reads number {asked}",
        program.name
    );
    // Who loads what was compiled elsewhere may attach it to something else.
    let is_ours = !program.code.origins.is_empty();
    let severity = if is_ours { Severity::Error } else { Severity::Warning };
    let place = (places.of)(reach.insn).unwrap_or(places.whole);
    let diagnostic = Diagnostic::new(severity, codes::GB0415, place, message);
    Some(match count {
        0 => diagnostic.help("leave the arguments alone"),
        1 => diagnostic.help("read only Args[0]; at a variable index all six are read"),
        count => diagnostic.help(format!(
            "read only Args[0] to Args[{}], at constant indices: at a variable index all six are read",
            count - 1
        )),
    })
}
