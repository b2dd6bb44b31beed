//! Objects to ELF files that libbpf, bpftool, cilium/ebpf and our own reader take. The same object gives the same bytes.

mod elf;
mod ext;
mod functions;
mod types;

use std::collections::HashMap;

use gobpf_bpf::insn::{self, pseudo};
use gobpf_bpf::{Insn, MapId, Object, RelocationTarget};

use crate::ext::Line;
use elf::{Builder, Reloc};
use functions::{Function, Functions};

/// `R_BPF_64_64`, of a two-slot load.
const LOAD: u32 = 1;
/// `R_BPF_64_32`, of a call.
const CALL: u32 = 10;

/// Where instructions come from: the line of the instruction at a slot of a program, by the program's number.
pub type Lines<'a> = &'a dyn Fn(usize, u32) -> Option<Line>;

/// Writes `object`. Functions that programs call are moved to `.text`, where libbpf wants them.
pub fn write(object: &Object, lines: Lines<'_>) -> Vec<u8> {
    let functions = Functions::of(object);
    let mut types = types::build(object, &functions);
    let mut builder = Builder::default();
    let data = data_sections(object, &mut builder);
    let maps = map_symbols(object, &data, &mut builder);
    let license = builder.section("license", elf::DATA, zero_ended(&object.license));
    builder.symbol("_license", Some(license), 0, object.license.len() as u64 + 1, elf::OBJECT, true);
    let externs: HashMap<String, usize> =
        object.externs.iter().map(|one| (one.name.clone(), builder.undefined(&one.name, one.weak))).collect();
    code(object, &functions, &Names { data: &data, maps: &maps, externs: &externs }, &mut builder);
    let (btf, ext) = ext::write(object, &functions, &mut types, lines);
    builder.section(".BTF", elf::NOTE, btf);
    builder.section(".BTF.ext", elf::NOTE, ext);
    builder.finish()
}

fn zero_ended(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// What relocations name: symbols by their numbers.
struct Names<'a> {
    data: &'a HashMap<MapId, (usize, usize)>,
    maps: &'a HashMap<MapId, usize>,
    externs: &'a HashMap<String, usize>,
}

/// The section of a map of global data, as libbpf names them.
fn data_name(name: &str) -> String {
    let known = [".rodata", ".data", ".bss"]
        .iter()
        .any(|kind| name.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    if known {
        name.to_string()
    } else {
        format!(".rodata.{}", types::identifier(name.trim_start_matches('.')))
    }
}

/// Sections of global data with their symbols: number of the section, and of the symbol that stands for it.
fn data_sections(object: &Object, builder: &mut Builder) -> HashMap<MapId, (usize, usize)> {
    let mut all = HashMap::new();
    for (index, map) in object.maps.iter().enumerate() {
        let Some(contents) = &map.contents else { continue };
        let id = MapId(index as u32);
        let name = data_name(&map.name);
        let kind = match (name.starts_with(".bss"), contents.frozen) {
            (true, _) => elf::BSS,
            (_, true) => elf::RODATA,
            (_, false) => elf::DATA,
        };
        let section = builder.section(&name, kind, contents.data.clone());
        let own = builder.of_section(section);
        for (name, offset, size) in types::variables(object, id) {
            builder.symbol(&name, Some(section), u64::from(offset), u64::from(size), elf::OBJECT, true);
        }
        all.insert(id, (section, own));
    }
    all
}

/// Symbols of the other maps, each in its bytes of `.maps`.
fn map_symbols(
    object: &Object,
    data: &HashMap<MapId, (usize, usize)>,
    builder: &mut Builder,
) -> HashMap<MapId, usize> {
    let mut all = HashMap::new();
    let inner: Vec<MapId> = object.maps.iter().filter_map(|map| map.inner).collect();
    let mut rows = Vec::new();
    for (index, map) in object.maps.iter().enumerate() {
        let id = MapId(index as u32);
        // What is only the pattern of others, and named after them, comes with them.
        let pattern = inner.contains(&id) && map.name.ends_with(".inner");
        if !data.contains_key(&id) && !pattern {
            rows.push((id, types::map_bytes(map)));
        }
    }
    if rows.is_empty() {
        return all;
    }
    let total: u32 = rows.iter().map(|(_, bytes)| bytes).sum();
    let section = builder.section(".maps", elf::DATA, vec![0; total as usize]);
    let mut offset = 0;
    for (id, bytes) in rows {
        let name = types::identifier(&object.map(id).name);
        let symbol = builder.symbol(&name, Some(section), offset, u64::from(bytes), elf::OBJECT, true);
        all.insert(id, symbol);
        offset += u64::from(bytes);
    }
    all
}

/// Where a function is, and how relocations name it: a symbol, and bytes behind it.
#[derive(Clone, Copy)]
struct Place {
    section: usize,
    offset: u64,
    symbol: usize,
    addend: i32,
}

/// Sections of code with their symbols and relocations.
fn code(object: &Object, functions: &Functions, names: &Names<'_>, builder: &mut Builder) {
    let mut sections: HashMap<&str, usize> = HashMap::new();
    let mut symbols = Vec::new();
    let mut texts: HashMap<usize, usize> = HashMap::new();
    for function in &functions.all {
        let section = *sections
            .entry(function.section.as_str())
            .or_insert_with(|| builder.section(&function.section, elf::CODE, Vec::new()));
        let offset = builder.length(section);
        builder.append(section, &vec![0; function.slots as usize * 8]);
        let size = u64::from(function.slots) * 8;
        let symbol = builder.symbol(&function.name, Some(section), offset, size, elf::FUNC, function.global);
        // libbpf finds functions of one file alone by their section and place.
        let place = match function.global {
            true => Place { section, offset, symbol, addend: 0 },
            false => {
                let symbol = *texts.entry(section).or_insert_with(|| builder.of_section(section));
                Place { section, offset, symbol, addend: offset as i32 }
            }
        };
        symbols.push(place);
    }
    for (function, Place { section, offset, .. }) in functions.all.iter().zip(&symbols) {
        let (bytes, relocations) = encode(object, functions, function, names, &symbols);
        builder.overwrite(*section, *offset, &bytes);
        for mut relocation in relocations {
            relocation.offset += offset;
            builder.relocation(*section, relocation);
        }
    }
}

/// The instructions of a function, with what they name left to relocations.
fn encode(
    object: &Object,
    functions: &Functions,
    function: &Function,
    names: &Names<'_>,
    places: &[Place],
) -> (Vec<u8>, Vec<Reloc>) {
    let Some(program) = object.programs.get(function.program) else { return Default::default() };
    let code = &program.code;
    let mut insns: Vec<Insn> = functions.insns(object, function).to_vec();
    let mut relocations = Vec::new();
    let mut at = 0usize;
    while at < insns.len() {
        let slot = function.start + at as u32;
        let wide = insns[at].is_load_imm64();
        let mut relocate =
            |symbol: usize, kind: u32| relocations.push(Reloc { offset: at as u64 * 8, symbol, kind });
        match code.relocation_at(slot) {
            Some(RelocationTarget::Map(map)) => {
                if let Some(symbol) = names.maps.get(&map) {
                    (insns[at].src, insns[at].imm) = (0, 0);
                    relocate(*symbol, LOAD);
                }
            }
            Some(RelocationTarget::MapValue { map, offset }) => {
                if let Some((_, symbol)) = names.data.get(&map) {
                    (insns[at].src, insns[at].imm) = (0, offset as i32);
                    relocate(*symbol, LOAD);
                }
            }
            Some(RelocationTarget::Kfunc(id) | RelocationTarget::Variable(id)) => {
                let symbol = object.external(id).and_then(|one| names.externs.get(&one.name));
                if let Some(symbol) = symbol {
                    (insns[at].src, insns[at].imm) = if wide { (0, 0) } else { (pseudo::CALL, -1) };
                    relocate(*symbol, if wide { LOAD } else { CALL });
                }
            }
            None => {
                let target = i64::from(slot) + 1 + i64::from(insns[at].imm);
                let calls = insns[at].code == insn::CALL && insns[at].src == pseudo::CALL;
                let names_function = wide && insns[at].src == pseudo::FUNC;
                if let Some(callee) =
                    functions.at(function.program, target).filter(|_| calls || names_function)
                {
                    let Place { symbol, addend, .. } = places[callee];
                    (insns[at].src, insns[at].imm) =
                        if wide { (0, addend) } else { (pseudo::CALL, addend / 8 - 1) };
                    relocate(symbol, if wide { LOAD } else { CALL });
                }
            }
        }
        at += if wide { 2 } else { 1 };
    }
    (insns.iter().flat_map(|insn| insn.encode()).collect(), relocations)
}
