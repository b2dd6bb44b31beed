//! Text of each stage, and generated files.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use gobpf_bpf::Object;
use gobpf_bpf::disasm;
use gobpf_loader::{SourceLine, SourceLines};
use gobpf_source::Origin;
use gobpf_types::hir;
use gobpf_verifier::{Request, Verdict};
use serde_json::json;

use crate::analysis::{Analysis, ProgramReport};
use crate::cancel::{Cancel, Cancelled};
use crate::document::Snapshot;
use crate::judge;

/// What can be printed or generated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Emit {
    /// The typed HIR.
    Hir,
    /// The SSA form.
    Ir,
    /// The instructions.
    Asm,
    /// The verifier model's state before each instruction.
    States,
    /// One JSON line a program.
    Verdict,
    /// The generated Go program.
    Loader,
    /// An ELF object.
    Elf,
}

impl Emit {
    /// All kinds with their names.
    pub const ALL: [(Emit, &'static str); 7] = [
        (Emit::Hir, "hir"),
        (Emit::Ir, "ir"),
        (Emit::Asm, "asm"),
        (Emit::States, "states"),
        (Emit::Verdict, "verdict"),
        (Emit::Loader, "loader"),
        (Emit::Elf, "elf"),
    ];
}

impl FromStr for Emit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Emit::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(emit, _)| *emit).ok_or_else(|| {
            let names: Vec<_> = Emit::ALL.iter().map(|(_, name)| *name).collect();
            format!("`{text}` can't be emitted; choose one of {}", names.join(", "))
        })
    }
}

/// Why nothing was emitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EmitError {
    /// The file has errors: see the diagnostics.
    Diagnostics,
    /// The file has no program.
    NoProgram,
    /// Something else, in words.
    Other(String),
    /// The caller cancelled.
    Cancelled,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EmitError::Diagnostics => f.write_str("the file has errors"),
            EmitError::NoProgram => f.write_str(
                "the file has no eBPF program: put `//bpf:section NAME` above a function, or call the SDK from \
                 `func main`",
            ),
            EmitError::Other(text) => f.write_str(text),
            EmitError::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl From<Cancelled> for EmitError {
    fn from(_: Cancelled) -> Self {
        EmitError::Cancelled
    }
}

impl Snapshot {
    /// The file that `emit` names, for this version: text but for [`Emit::Elf`].
    ///
    /// # Errors
    ///
    /// [`EmitError`] says why there is none. A program that the verifier rejects can be emitted all the same, except as
    /// a loader.
    pub fn emit(&self, emit: Emit, cancel: &Cancel) -> Result<Vec<u8>, EmitError> {
        let analysis = &*self.analyse(cancel)?;
        let missing = || if analysis.has_errors() { EmitError::Diagnostics } else { EmitError::NoProgram };
        let package = analysis.package.as_ref().filter(|package| !package.programs.is_empty());
        let object = analysis.object.as_ref();
        let text = match emit {
            Emit::Hir => gobpf_types::print(package.ok_or_else(missing)?),
            Emit::Ir => {
                // Only what was compiled is known to have no type errors.
                let (package, _) = (package.ok_or_else(missing)?, object.ok_or_else(missing)?);
                let package = hir::Package { programs: analysis.compiled.clone(), ..package.clone() };
                gobpf_ir::print_module(&gobpf_ir::build_module(&package, &mut Default::default()).module)
            }
            Emit::Asm => self.asm(analysis, object.ok_or_else(missing)?),
            Emit::States => self.states(object.ok_or_else(missing)?, cancel)?,
            Emit::Verdict => verdicts(analysis, object.ok_or_else(missing)?),
            Emit::Loader => {
                let object = object.ok_or_else(missing)?;
                if analysis.has_errors() {
                    return Err(EmitError::Diagnostics);
                }
                gobpf_loader::program(object, &Lines { snapshot: self, analysis })
                    .map_err(|error| EmitError::Other(error.to_string()))?
            }
            Emit::Elf => {
                let object = object.ok_or_else(missing)?;
                // An object that lacks a program of its source would be missed only when it is loaded.
                if package.is_some_and(|package| package.programs.len() != analysis.compiled.len()) {
                    return Err(EmitError::Diagnostics);
                }
                return Ok(self.elf(analysis, object));
            }
        };
        Ok(text.into_bytes())
    }

    fn elf(&self, analysis: &Analysis, object: &Object) -> Vec<u8> {
        let lines = Lines { snapshot: self, analysis };
        gobpf_object::write(object, &|program, slot| {
            let origin = object.programs.get(program)?.code.origins.get(slot as usize)?;
            let (SourceLine { file, number, text }, column) = lines.at(*origin)?;
            Some(gobpf_object::Line { slot, file, line: number, column, text })
        })
    }

    /// The instructions of every program, with the source line in front of those that it became.
    fn asm(&self, analysis: &Analysis, object: &Object) -> String {
        let lines = Lines { snapshot: self, analysis };
        let mut out = String::new();
        for (index, program) in object.programs.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            let _ = writeln!(
                out,
                "{separator}program {} ({}), {} slots, {} bytes of stack",
                program.name,
                program.section,
                program.code.insns.len(),
                program.code.stack_bytes
            );
            out += &disasm::listing(&program.code, object, |slot| {
                lines.note(program.code.origins.get(slot as usize)?)
            });
        }
        out
    }

    fn states(&self, object: &Object, cancel: &Cancel) -> Result<String, EmitError> {
        let mut out = String::new();
        let dialect = judge::dialect_of(object.target);
        for (index, program) in object.programs.iter().enumerate() {
            let _ = writeln!(out, "program {} on kernel {dialect}", program.name);
            let code = &program.code;
            let mut print = |slot: u32, state: &str| {
                let Some(&insn) = code.insns.get(slot as usize) else { return };
                let relocation =
                    code.relocation_at(slot).map(|target| disasm::relocation_text(object, target));
                let next = code.insns.get(slot as usize + 1).copied();
                let text = disasm::disassemble(insn, next, relocation.as_deref());
                let _ = writeln!(out, "{slot:3}: {text:<40} ; {state}");
            };
            let cancelled = || cancel.is_cancelled();
            let verdict = gobpf_verifier::verify(Request {
                object,
                program: index,
                dialect,
                kernel: &*self.options().kernel_types.get,
                symbols: &*self.options().kernel_types.symbols,
                processors: self.options().kernel_types.processors,
                cancelled: &cancelled,
                states: Some(&mut print),
            });
            cancel.check()?;
            if let Verdict::Rejected(rejection) = &verdict {
                let _ = writeln!(out, "{}", rejection.message);
            }
        }
        Ok(out)
    }
}

/// The source of an object: the document, and the other files that its programs reach.
struct Lines<'a> {
    snapshot: &'a Snapshot,
    analysis: &'a Analysis,
}

impl Lines<'_> {
    /// The source line and the reason of an instruction.
    fn note(&self, origin: &Origin) -> Option<String> {
        let SourceLine { file, number, text } = self.line(*origin)?;
        let place = if file == self.file_name() { number.to_string() } else { format!("{file}:{number}") };
        Some(match origin.why.describe() {
            "" => format!("{place}: {text}"),
            why => format!("{place}: {text} ({why})"),
        })
    }
}

impl SourceLines for Lines<'_> {
    fn file_name(&self) -> &str {
        base_name(self.snapshot.name())
    }

    fn line(&self, origin: Origin) -> Option<SourceLine> {
        self.at(origin).map(|(line, _)| line)
    }
}

impl Lines<'_> {
    /// The line of an instruction, and the column in bytes, from 1 on.
    fn at(&self, origin: Origin) -> Option<(SourceLine, u32)> {
        let file = origin.place.decl.file;
        let (name, ast, text) = if file == self.snapshot.ast().id {
            (self.snapshot.name(), self.snapshot.ast(), self.snapshot.text())
        } else {
            let other = self.analysis.others.iter().find(|other| other.ast.id == file)?;
            (&*other.name, &other.ast, &other.text)
        };
        let range = ast.span(origin.place).range;
        if range.is_empty() {
            return None;
        }
        let line = text.line_of(range.start());
        let column = u32::from(range.start()) - u32::from(text.line_range(line).start()) + 1;
        let (file, text) = (base_name(name).to_owned(), text.line(line).trim().to_owned());
        Some((SourceLine { file, number: line + 1, text }, column))
    }
}

/// The name of a file without its folders.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// One JSON line for each program.
fn verdicts(analysis: &Analysis, object: &Object) -> String {
    let lines = analysis.programs.iter().zip(&object.programs).map(|(report, program)| {
        let kind = program.kind.row().map_or("unknown", |row| row.name);
        verdict_line(report, kind)
    });
    lines.map(|line| line + "\n").collect()
}

fn verdict_line(report: &ProgramReport, kind: &str) -> String {
    let mut line = json!({
        "section": report.section,
        "name": report.name,
        "kind": kind,
        "insns": report.insns,
        "stack": report.stack_bytes,
        "kernel": report.judged.dialect.to_string(),
    });
    let more = match &report.judged.verdict {
        Verdict::Accepted(statistics) => json!({
            "verdict": "accept",
            "processed": statistics.processed,
            "states": statistics.total_states,
            "stack": statistics.stack_bytes,
        }),
        Verdict::Rejected(rejection) => json!({
            "verdict": "reject",
            "insn": rejection.insn,
            "message": rejection.message,
        }),
        Verdict::Refused { errno, why } => json!({ "verdict": "refused", "errno": errno, "message": why }),
        Verdict::Unknown(unknown) => json!({ "verdict": "unknown", "message": unknown.to_string() }),
    };
    if let (Some(line), serde_json::Value::Object(more)) = (line.as_object_mut(), more) {
        line.extend(more);
    }
    line.to_string()
}
