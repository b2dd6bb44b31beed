//! `.BTF` and `.BTF.ext`: types, the functions' types, and the lines of instructions.

use gobpf_bpf::Object;

use super::Lines;
use super::functions::{Function, Functions};
use super::types::Types;
use crate::ext::Line;

/// The bytes of both sections.
pub fn write(
    object: &Object,
    functions: &Functions,
    types: &mut Types,
    lines: Lines<'_>,
) -> (Vec<u8>, Vec<u8>) {
    let mut sections: Vec<&str> = Vec::new();
    for function in &functions.all {
        if !sections.contains(&function.section.as_str()) {
            sections.push(&function.section);
        }
    }
    let placed = places(functions);
    let all_lines: Vec<Vec<(u32, Line)>> =
        functions.all.iter().map(|function| lines_of(object, function, lines)).collect();
    // Lines are for all functions or for none.
    let lined = all_lines.iter().all(|lines| !lines.is_empty());
    let mut strings: Vec<&str> = sections.clone();
    for (_, line) in all_lines.iter().flatten().filter(|_| lined) {
        strings.extend([line.file.as_str(), line.text.as_str()]);
    }
    let (btf, offsets) = types.btf.encode_with(&strings);
    let mut texts = offsets[sections.len()..].chunks(2);
    let mut of_functions = words(&[8]);
    let mut of_lines = words(&[16]);
    let rows: Vec<Vec<[u32; 2]>> = all_lines
        .iter()
        .map(|lines| lines.iter().filter_map(|_| texts.next()).map(|pair| [pair[0], pair[1]]).collect())
        .collect();
    for (name, section) in offsets.iter().zip(&sections) {
        let here = || (0..functions.all.len()).filter(|index| functions.all[*index].section == **section);
        of_functions.extend(words(&[*name, here().count() as u32]));
        for index in here() {
            of_functions.extend(words(&[placed[index], types.functions[index].0]));
        }
        if lined {
            let count: usize = here().map(|index| all_lines[index].len()).sum();
            of_lines.extend(words(&[*name, count as u32]));
            for index in here() {
                for ((slot, line), [file, text]) in all_lines[index].iter().zip(&rows[index]) {
                    let position = line.line << 10 | line.column.min(0x3ff);
                    of_lines.extend(words(&[placed[index] + slot * 8, *file, *text, position]));
                }
            }
        }
    }
    if !lined {
        of_lines.clear();
    }
    let (functions, lines) = (of_functions.len() as u32, of_lines.len() as u32);
    let mut ext = words(&[0x0001_eb9f, 24, 0, functions, functions, lines]);
    ext.extend(of_functions);
    ext.extend(of_lines);
    (btf, ext)
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The byte offset of each function in its section.
fn places(functions: &Functions) -> Vec<u32> {
    let mut ends: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
    functions
        .all
        .iter()
        .map(|function| {
            let end = ends.entry(&function.section).or_default();
            let at = *end;
            *end += function.slots * 8;
            at
        })
        .collect()
}

/// The lines of a function, by slot from its start; each where it changes, and one at its start.
fn lines_of(object: &Object, function: &Function, lines: Lines<'_>) -> Vec<(u32, Line)> {
    let insns = &object.programs[function.program].code.insns;
    let mut all: Vec<(u32, Line)> = Vec::new();
    let mut at = 0;
    while at < function.slots {
        let slot = function.start + at;
        if let Some(line) = lines(function.program, slot) {
            let same = all.last().is_some_and(|(_, last)| {
                (last.line, last.column, &last.file) == (line.line, line.column, &line.file)
            });
            if !same {
                all.push((at, line));
            }
        }
        let wide = insns.get(slot as usize).is_some_and(|insn| insn.is_load_imm64());
        at += if wide { 2 } else { 1 };
    }
    if let Some((first, _)) = all.first_mut() {
        *first = 0;
    }
    all
}
