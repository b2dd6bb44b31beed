//! Names of generated files, and short descriptions of programs.

use std::path::{Path, PathBuf};

use gobpf_analysis::{ProgramReport, Verdict};

/// What generated programs have after the name of their source.
const LOADER_SUFFIX: &str = "-ebpf.go";

/// Bytes of stack that a program may use.
const STACK_LIMIT: u32 = 512;

/// The file of the loader of `source`: `hello.go` has `hello-ebpf.go`.
pub fn loader_of(source: &Path) -> PathBuf {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    source.with_file_name(format!("{stem}{LOADER_SUFFIX}"))
}

/// `1 program`, `2 programs`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A program in a line: `main (xdp): 9 insns, stack 0, accepted by 6.1; ~8 verifier steps`.
pub fn program(report: &ProgramReport) -> String {
    let head = format!("{} ({})", report.name, report.section);
    let size = format!("{}, stack {}", count(report.insns as usize, "insn"), report.stack_bytes);
    format!("{head}: {size}, {}", verdict(report))
}

/// A program as a code lens: `kernel · 9 insns · stack 0/512 · ~8 verifier steps`.
pub fn lens(report: &ProgramReport) -> String {
    let size = count(report.insns as usize, "insn");
    let outcome = match &report.judged.verdict {
        Verdict::Accepted(statistics) => format!("~{} verifier steps", statistics.processed),
        _ => verdict(report),
    };
    format!("kernel · {size} · stack {}/{STACK_LIMIT} · {outcome}", report.stack_bytes)
}

fn verdict(report: &ProgramReport) -> String {
    let dialect = report.judged.dialect;
    match &report.judged.verdict {
        Verdict::Accepted(statistics) => {
            format!("accepted by {dialect}; ~{} verifier steps", statistics.processed)
        }
        Verdict::Rejected(rejection) => format!("rejected by {dialect} at instruction {}", rejection.insn),
        Verdict::Refused { errno, .. } => format!("refused by {dialect} ({errno})"),
        Verdict::Unknown(unknown) => format!("no verdict for {dialect}: {unknown}"),
    }
}
