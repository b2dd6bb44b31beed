//! Hover: what a line of the text became.

use std::fmt::Write as _;

use gobpf_bpf::{Object, Program, disasm};
use gobpf_source::{Span, TextRange, TextSize};

use crate::analysis::Analysis;
use crate::document::Snapshot;

/// Instructions that are shown at most.
const SHOWN: usize = 40;

/// What to show at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hover {
    /// The line that it speaks of.
    pub span: Span,
    /// Markdown; starts with `**eBPF**`.
    pub markdown: String,
}

impl Analysis {
    /// The instructions of the line at `offset`: bytes in hex, the kernel's text, the opcode in words.
    pub fn hover(&self, snapshot: &Snapshot, offset: TextSize) -> Option<Hover> {
        let line = snapshot.text().line_range(snapshot.text().line_of(offset));
        let mut sections = String::new();
        let compiled = self.object.iter();
        let literals = self.literals.iter().filter_map(|literal| literal.shown());
        for object in compiled.chain(literals) {
            for program in &object.programs {
                write_program(&mut sections, snapshot, object, program, line);
            }
        }
        if sections.is_empty() && self.is_kernel_line(snapshot, line) {
            sections.push_str(
                "no instruction of its own: what this line says is part of others, or known beforehand",
            );
        }
        if sections.is_empty() {
            return None;
        }
        Some(Hover {
            span: Span { file: snapshot.ast().id, range: line },
            markdown: format!("**eBPF** {}", sections.trim_end()),
        })
    }
}

impl Analysis {
    /// Whether kernel code that was compiled has a statement or an expression that starts on `line`.
    fn is_kernel_line(&self, snapshot: &Snapshot, line: TextRange) -> bool {
        let file = snapshot.ast();
        self.object.is_some()
            && self.kernel.iter().filter(|decl| decl.file == file.id).any(|decl| {
                file.decls.get(decl.index as usize).is_some_and(|placed| {
                    // Braces are nodes too, but nothing that anybody asks about.
                    placed
                        .decl
                        .ranges
                        .iter()
                        .filter(|range| u32::from(range.len()) > 1)
                        .any(|range| line.contains(range.start() + placed.start))
                })
            })
    }
}

/// The slots of `program` that come from the text of `line`.
fn slots_of(snapshot: &Snapshot, program: &Program, line: TextRange) -> Vec<usize> {
    let on_line = |slot: &usize| {
        program.code.origins_of(*slot as u32).any(|origin| {
            let range = snapshot.ast().span(origin.place).range;
            let here = origin.place.decl.file == snapshot.ast().id;
            here && !range.is_empty() && line.contains(range.start())
        })
    };
    let mut slots = Vec::new();
    let mut slot = 0;
    while let Some(insn) = program.code.insns.get(slot) {
        slots.extend(Some(slot).filter(on_line));
        slot += if insn.is_load_imm64() { 2 } else { 1 };
    }
    slots
}

fn write_program(out: &mut String, snapshot: &Snapshot, object: &Object, program: &Program, line: TextRange) {
    let slots = slots_of(snapshot, program, line);
    if slots.is_empty() {
        return;
    }
    let plural = if slots.len() == 1 { "" } else { "s" };
    let _ = writeln!(out, "`{}`: {} instruction{plural} of this line\n\n```", program.name, slots.len());
    for &slot in slots.iter().take(SHOWN) {
        let insn = program.code.insns[slot];
        let next = program.code.insns.get(slot + 1).copied();
        let relocation =
            program.code.relocation_at(slot as u32).map(|target| disasm::relocation_text(object, target));
        let hex: Vec<_> = insn.encode().iter().map(|byte| format!("{byte:02x}")).collect();
        let text = disasm::disassemble(insn, next, relocation.as_deref());
        let words = disasm::explain(insn, next, relocation.as_deref());
        let why = program.code.origins.get(slot).map_or("", |origin| origin.why.describe());
        let why = if why.is_empty() { String::new() } else { format!(" [{why}]") };
        let _ = writeln!(out, "{slot:3}: {}  {text}\n     {words}{why}", hex.join(" "));
    }
    if slots.len() > SHOWN {
        let _ = writeln!(out, "... and {} more", slots.len() - SHOWN);
    }
    out.push_str("```\n\n");
}
