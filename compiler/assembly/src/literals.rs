//! cilium/ebpf's `asm.Instructions{...}` in Go files: found, evaluated without running anything, encoded.
//!
//! What can't be evaluated is never guessed: GB0701 says at the element why, and the literal is left out. What the file
//! doesn't say of the program's kind and its maps stays open in [`Literal`]; [`candidates`] lists what it may be.

mod api;
mod constants;
mod encode;
mod evaluate;
mod scope;
mod specs;
mod walk;
mod worlds;

use gobpf_bpf::tables::{KINDS, MapKind, ProgramKind};
use gobpf_bpf::{KernelVersion, Map, Object, Program};
use gobpf_btf::Btf;
use gobpf_diagnostics::{Diagnostic, Severity, codes};
use gobpf_source::Place;
use gobpf_syntax::ast::File;

use crate::wording;
use api::Instruction;
pub(crate) use api::Maker;
pub(crate) use constants::Typed;
use encode::Encoded;
use evaluate::Problem;
use scope::Imports;
use specs::ProgramUse;
use walk::{Learnt, Walker};

pub use api::MapSpec;
pub use worlds::{Candidate, MapWorld, candidates};

/// A program written as a literal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Literal {
    /// The literal.
    pub place: Place,
    /// One program, whose origins have the place of the element of each slot. Where [`Literal::kind`] or the spec of a
    /// map is unknown, the object's is only a stand-in: judge the [`candidates`].
    pub object: Object,
    /// The kind, where a `ProgramSpec` says it.
    pub kind: Option<ProgramKind>,
    /// The licence, where a `ProgramSpec` says it.
    pub license: Option<String>,
    /// One for each map of the object.
    pub maps: Vec<LiteralMap>,
}

/// A map of a literal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiteralMap {
    /// The expression that gives it, such as `m` of `m.FD()`, or the name that it is referred to by.
    pub name: String,
    /// Where it is named first.
    pub place: Place,
    /// How it is created, where the file says it.
    pub spec: Option<MapSpec>,
}

/// All that a file's literals give.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The programs that could be evaluated and encoded, in source order; one for each use in a `ProgramSpec`.
    pub literals: Vec<Literal>,
    /// What couldn't (GB0701, information), and what cilium/ebpf refuses.
    pub diagnostics: Vec<Diagnostic>,
}

/// A literal with its evaluated elements.
struct Site {
    place: Place,
    values: Vec<(Place, Result<Instruction, Problem>)>,
}

/// Finds all literals of `file`.
pub fn find(file: &File) -> Found {
    let imports = Imports::of(file);
    if !imports.has_asm() {
        return Found::default();
    }
    // The first walk only learns which variables and fields are changed anywhere.
    let learnt = Walker::walk(file, &imports, &Learnt::default()).learnt;
    let walker = Walker::walk(file, &imports, &learnt);
    let mut found = Found::default();
    for site in &walker.sites {
        if site.values.is_empty() {
            continue;
        }
        let uses: Vec<&ProgramUse> =
            walker.uses.iter().filter(|program| program.site == site.place).collect();
        let mut reader = Reader { file, collection: &walker.collection, found: &mut found };
        let part = learnt.parts.contains(&site.place) || (uses.is_empty() && !ends(site));
        if let Some(program) = reader.evaluated(site, part) {
            reader.programs(site.place, &program, &uses);
        }
    }
    found
}

/// Whether the literal has an instruction that ends a program, or one that isn't known.
fn ends(site: &Site) -> bool {
    site.values.iter().any(|(_, value)| value.as_ref().map_or(true, |instruction| instruction.opcode == 0x95))
}

struct Reader<'r> {
    file: &'r File,
    collection: &'r [(String, Option<MapSpec>)],
    found: &'r mut Found,
}

impl Reader<'_> {
    /// The elements, if all could be evaluated and they are a whole program.
    fn evaluated(&mut self, site: &Site, part: bool) -> Option<Vec<(Place, Instruction)>> {
        let mut program = Vec::new();
        for (place, value) in &site.values {
            match value {
                Ok(instruction) => program.push((*place, self.with_reference(instruction))),
                Err(problem) if problem.why.is_empty() => {}
                Err(problem) => {
                    let node = problem.at.unwrap_or(place.node);
                    let span = self.file.span(Place { node, ..*place });
                    let diagnostic = match problem.refused_by_go {
                        true => Diagnostic::error(codes::GB0705, span, problem.why.clone()),
                        false => self.not_evaluated(Place { node, ..*place }, &problem.why),
                    };
                    self.found.diagnostics.push(diagnostic);
                }
            }
        }
        if part {
            let diagnostic = self.not_evaluated(site.place, wording::PART_OF_A_PROGRAM);
            self.found.diagnostics.push(diagnostic);
        }
        (!part && program.len() == site.values.len()).then_some(program)
    }

    fn not_evaluated(&self, place: Place, why: &str) -> Diagnostic {
        let message = wording::not_evaluated(why);
        Diagnostic::new(Severity::Information, codes::GB0701, self.file.span(place), message)
    }

    /// A load that refers to a map by name gets the map of the collection that has it.
    fn with_reference(&self, instruction: &Instruction) -> Instruction {
        let mut instruction = instruction.clone();
        if let Some(map) = &mut instruction.map
            && !instruction.reference.is_empty()
        {
            let mut named = self.collection.iter().filter(|(name, _)| *name == instruction.reference);
            map.name = instruction.reference.clone();
            map.spec = named.next().and_then(|(_, spec)| *spec).filter(|_| named.next().is_none());
        }
        instruction
    }

    fn programs(&mut self, place: Place, program: &[(Place, Instruction)], uses: &[&ProgramUse]) {
        let (encoded, diagnostics) = encode::encode(program, &|place| self.file.span(place));
        self.found.diagnostics.extend(diagnostics);
        let Some(encoded) = encoded else { return };
        let symbol = program.first().map(|(_, first)| first.symbol.clone()).unwrap_or_default();
        if uses.is_empty() {
            self.found.literals.push(literal(place, &encoded, &symbol, None));
        }
        for program in uses {
            self.found.literals.push(literal(place, &encoded, &symbol, Some(program)));
        }
    }
}

fn literal(place: Place, encoded: &Encoded, symbol: &str, program: Option<&ProgramUse>) -> Literal {
    let kind = program.and_then(|program| program.kind);
    let license = program.and_then(|program| program.license.clone());
    let name = program.and_then(|program| program.name.clone()).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| if symbol.is_empty() { "program".into() } else { symbol.into() });
    let stand_in = kind.or_else(|| KINDS.first().map(|row| row.kind)).unwrap_or(ProgramKind::SOCKET_FILTER);
    let section = program
        .and_then(|program| program.section.clone())
        .or_else(|| stand_in.names().map(|names| names.name.to_string()));
    let maps = encoded.maps.iter();
    let object = Object {
        programs: vec![Program {
            name,
            section: section.unwrap_or_default(),
            kind: stand_in,
            code: encoded.code.clone(),
            ..Program::default()
        }],
        maps: maps.clone().map(|map| object_map(&map.name, map.spec)).collect(),
        btf: Btf::default(),
        license: license.clone().unwrap_or_else(|| "GPL".into()),
        target: KernelVersion::DEFAULT,
        ..Object::default()
    };
    let maps =
        maps.map(|map| LiteralMap { name: map.name.clone(), place: map.place, spec: map.spec }).collect();
    Literal { place, object, kind, license, maps }
}

fn object_map(name: &str, spec: Option<MapSpec>) -> Map {
    let mut map = Map {
        name: name.to_string(),
        kind: MapKind::HASH,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        flags: 0,
        key: None,
        value: None,
        contents: None,
        ..Map::default()
    };
    if let Some(spec) = &spec {
        worlds::set(&mut map, spec);
    }
    map
}

#[cfg(test)]
mod tests;
