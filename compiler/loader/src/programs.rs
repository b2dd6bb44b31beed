//! The programs of an object in Go: their instructions, beside the source, and the table of their source lines.

use gobpf_bpf::insn::Insn;
use gobpf_bpf::{Code, Object, Program, RelocationTarget};

use crate::error::LoaderError;
use crate::functions::Functions;
use crate::instructions;
use crate::labels::{self, Labels};
use crate::maps::NamedMap;
use crate::names::{self, Scope};
use crate::text;
use crate::{SourceLine, SourceLines};

/// A program with what the loader calls it.
pub struct NamedProgram<'a> {
    /// The program.
    pub program: &'a Program,
    /// The field of `programSet` that holds it.
    pub field: String,
    /// Its name with a capital, as part of other names.
    pub title: String,
}

/// Gives every program its names.
pub fn named(programs: &[Program]) -> Vec<NamedProgram<'_>> {
    let mut fields = Scope::with(&["Close", "load"]);
    let mut titles = Scope::default();
    programs
        .iter()
        .map(|program| NamedProgram {
            program,
            field: fields.unexported(&program.name),
            title: titles.exported(&program.name),
        })
        .collect()
}

/// The type `programSet` with its methods.
pub fn set(programs: &[NamedProgram<'_>], has_maps: bool, file: &str) -> String {
    let rows: Vec<_> =
        programs.iter().map(|program| (program.field.clone(), "*ebpf.Program".to_owned())).collect();
    let (parameter, argument) = if has_maps { ("m *mapSet", "m") } else { ("", "") };
    let mut go = format!(
        "// programSet holds the programs of {file}.\ntype programSet struct {{\n{}}}\n\n",
        text::columns(1, &rows)
    );
    go.push_str(&format!(
        "// load brings the programs into the kernel.\nfunc (p *programSet) load({parameter}) (err error) {{\n"
    ));
    for NamedProgram { field, title, .. } in programs {
        go.push_str(&format!(
            "\tif p.{field}, err = load(spec{title}({argument}), lines{title}); err != nil {{\n\t\treturn err\n\t}}\n"
        ));
    }
    go.push_str("\treturn nil\n}\n\n");
    go.push_str("// Close drops the programs that are loaded.\nfunc (p *programSet) Close() {\n");
    for NamedProgram { field, .. } in programs {
        go.push_str(&format!("\tp.{field}.Close()\n"));
    }
    go.push_str("}\n\n");
    go
}

/// The function that gives the program's spec, and the table of its lines.
pub fn spec(
    named: &NamedProgram<'_>,
    object: &Object,
    maps: &[NamedMap<'_>],
    file: &str,
    source: &dyn SourceLines,
) -> Result<String, LoaderError> {
    let NamedProgram { program, title, .. } = named;
    let row = program.kind.row().ok_or_else(|| LoaderError::Section {
        program: program.name.clone(),
        section: program.section.clone(),
    })?;
    let groups = groups(&program.code, source);
    let body = instructions(program, Functions::of(object, program), maps, &groups)?;
    let parameter = if maps.is_empty() { "" } else { "m *mapSet" };
    let fields = [
        ("Name:".to_owned(), format!("\"{}\",", names::kernel_name(&program.name))),
        ("Type:".to_owned(), format!("ebpf.{},", row.cilium)),
        ("License:".to_owned(), format!("{},", text::string(&object.license))),
    ];
    let mut go = format!(
        "// spec{title} is {} of {}, on {}.\nfunc spec{title}({parameter}) *ebpf.ProgramSpec {{\n\
         \treturn &ebpf.ProgramSpec{{\n{}\t\tInstructions: asm.Instructions{{\n{body}\t\t}},\n\t}}\n}}\n\n",
        text::comment(&program.name),
        file,
        text::comment(&program.section),
        text::columns(2, &fields),
    );
    go.push_str(&format!(
        "// lines{title} gives the source line of each instruction of {}: a row holds from its slot on.\n\
         var lines{title} = []sourceLine{{",
        text::comment(&program.name)
    ));
    let rows: String = groups
        .iter()
        .map(|group| match &group.line {
            Some(SourceLine { file, number, text: line }) => {
                let at = text::string(&format!("{file}:{number}"));
                format!("\t{{{}, {at}, {}}},\n", group.slot, text::string(line))
            }
            None => format!("\t{{{}, \"\", \"\"}},\n", group.slot),
        })
        .collect();
    go.push_str(&if rows.is_empty() { "}\n\n".to_owned() } else { format!("\n{rows}}}\n\n") });
    Ok(go)
}

/// Neighbouring instructions from one line.
struct Group {
    slot: usize,
    line: Option<SourceLine>,
}

fn groups(code: &Code, source: &dyn SourceLines) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (slot, _) in labels::starts(&code.insns) {
        let line = code.origins.get(slot).and_then(|&origin| source.line(origin));
        let line = line.map(|line| SourceLine { text: text::shortened(&line.text), ..line });
        if groups.last().is_none_or(|last| last.line != line) {
            groups.push(Group { slot, line });
        }
    }
    groups
}

fn instructions(
    program: &Program,
    functions: Functions<'_>,
    maps: &[NamedMap<'_>],
    groups: &[Group],
) -> Result<String, LoaderError> {
    let insns: &[Insn] = &program.code.insns;
    let labels = Labels::of(&program.code, &names::kernel_name(&program.name));
    let mut groups = groups.iter().peekable();
    let mut go = String::new();
    for (slot, insn) in labels::starts(insns) {
        if let Some(group) = groups.next_if(|group| group.slot == slot) {
            go.push_str(&match &group.line {
                Some(SourceLine { file, number, text: line }) => {
                    format!("\t\t\t{}\n", text::comment(&format!("// {file}:{number}: {line}")))
                }
                None => "\t\t\t// from no line of the source\n".to_owned(),
            });
        }
        let at = slot as u32;
        let missing = || LoaderError::MissingMap { program: program.name.clone(), slot: at };
        let map = match program.code.relocation_at(at) {
            None => None,
            Some(RelocationTarget::Map(map)) => Some((map, None)),
            Some(RelocationTarget::MapValue { map, offset }) => Some((map, Some(offset))),
            Some(RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_)) => {
                return Err(LoaderError::Instruction { program: program.name.clone(), slot: at });
            }
        };
        let map = match map {
            None => None,
            Some((id, offset)) => {
                let map = maps.get(id.0 as usize).ok_or_else(missing)?;
                Some((format!("m.{}", map.field), offset))
            }
        };
        let map = map.as_ref().map(|(map, offset)| (map.as_str(), *offset));
        let next = insns.get(slot + 1).copied();
        let expression = instructions::expression(insn, next, map, labels.target(slot))
            .ok_or_else(|| LoaderError::Instruction { program: program.name.clone(), slot: at })?;
        go.push_str(&match labels.at(slot) {
            Some(label) if labels.begins_function(slot) => {
                format!("\t\t\t{},\n", functions.begin(slot, label, &expression))
            }
            Some(label) => format!("\t\t\t{expression}.WithSymbol(\"{label}\"),\n"),
            None => format!("\t\t\t{expression},\n"),
        });
    }
    Ok(go)
}
