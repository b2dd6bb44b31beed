//! The functions of an object: programs in their sections, and what they call in `.text`, each once.

use std::collections::{HashMap, HashSet};

use gobpf_bpf::{Insn, Object, RelocationTarget};

use super::types::identifier;

/// A function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// The number of the program that has it.
    pub program: usize,
    /// Its first slot there.
    pub start: u32,
    pub slots: u32,
    pub name: String,
    pub section: String,
    pub global: bool,
}

/// All functions, programs before what they call.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    pub all: Vec<Function>,
    /// Functions by program and first slot.
    places: HashMap<(usize, u32), usize>,
}

/// What makes two functions the same: name, instructions, and what they name.
type Same = (String, Vec<[u8; 8]>, Vec<(u32, RelocationTarget)>);

impl Functions {
    pub fn of(object: &Object) -> Functions {
        let mut functions = Functions::default();
        let mut taken = HashSet::new();
        let mut unique = |name: &str| {
            let name = identifier(name);
            let mut given = name.clone();
            let mut number = 1;
            while !taken.insert(given.clone()) {
                number += 1;
                given = format!("{name}_{number}");
            }
            given
        };
        for (number, program) in object.programs.iter().enumerate() {
            let first = program.code.subprograms.iter().map(|one| one.slot).filter(|slot| *slot > 0).min();
            let slots = first.unwrap_or(program.code.insns.len() as u32);
            let (name, section) = (unique(&program.name), program.section.clone());
            functions.add(Function { program: number, start: 0, slots, name, section, global: true });
        }
        let mut known: HashMap<Same, usize> = HashMap::new();
        for (number, program) in object.programs.iter().enumerate() {
            let code = &program.code;
            let mut starts: Vec<u32> =
                code.subprograms.iter().map(|one| one.slot).filter(|slot| *slot > 0).collect();
            starts.sort_unstable();
            starts.dedup();
            for (index, start) in starts.iter().enumerate() {
                let end = starts.get(index + 1).copied().unwrap_or(code.insns.len() as u32);
                let name = code.subprogram_at(*start).map_or("", |one| one.name.as_str());
                let insns = &code.insns[*start as usize..end as usize];
                // Distances to other functions differ between programs; only functions that call none are shared.
                let calls = insns
                    .iter()
                    .any(|insn| insn.code == 0x85 && insn.src == 1 || insn.is_load_imm64() && insn.src == 4);
                let relocations = code.relocations.iter().filter(|one| (*start..end).contains(&one.slot));
                let same: Same = (
                    name.to_string(),
                    insns.iter().map(|insn| insn.encode()).collect(),
                    relocations.map(|one| (one.slot - start, one.target)).collect(),
                );
                if let Some(known) = known.get(&same).filter(|_| !calls) {
                    functions.places.insert((number, *start), *known);
                    continue;
                }
                known.insert(same, functions.all.len());
                functions.add(Function {
                    program: number,
                    start: *start,
                    slots: end - start,
                    name: unique(if name.is_empty() { "function" } else { name }),
                    section: ".text".into(),
                    global: is_global(object, number, *start),
                });
            }
        }
        functions
    }

    fn add(&mut self, function: Function) {
        self.places.insert((function.program, function.start), self.all.len());
        self.all.push(function);
    }

    /// The function that starts at slot `target` of a program.
    pub fn at(&self, program: usize, target: i64) -> Option<usize> {
        self.places.get(&(program, u32::try_from(target).ok()?)).copied()
    }

    /// Its instructions.
    pub fn insns<'a>(&self, object: &'a Object, function: &Function) -> &'a [Insn] {
        let code = object.programs.get(function.program).map(|program| &program.code.insns);
        let (start, end) = (function.start as usize, (function.start + function.slots) as usize);
        code.and_then(|insns| insns.get(start..end)).unwrap_or_default()
    }
}

/// Whether the function is verified by itself, as its type says.
fn is_global(object: &Object, program: usize, slot: u32) -> bool {
    let func = object.programs[program].code.subprogram_at(slot).and_then(|one| one.func);
    let ty = func.and_then(|func| object.btf.get(func));
    matches!(ty, Some(gobpf_btf::Type::Function { linkage: gobpf_btf::Linkage::Global, .. }))
}
