//! The whole way from bytes to an object.

use std::collections::HashMap;

use gobpf_bpf::tables::{MapKind, ProgramKind, Section};
use gobpf_bpf::{Insn, KernelVersion, MapId, Object, Program};
use gobpf_btf::{Btf, KernelBtf};

use crate::core::{self, Patch};
use crate::elf::Elf;
use crate::error::{ObjectError, Problem};
use crate::ext::{Ext, Line};
use crate::externs::Settings;
use crate::link::{Linker, piece};
use crate::{data, externs, maps};

/// What a file is read for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The kernel's types, for CO-RE relocations and externs.
    pub kernel: Option<&'a KernelBtf>,
    /// The kernel's version.
    pub version: KernelVersion,
    /// The kernel's settings, such as `CONFIG_HZ` to `250`, as they stand in `/boot/config`.
    pub config: Option<&'a HashMap<String, String>>,
}

/// An object as it was read.
#[derive(Clone, Debug, Default)]
pub struct ElfObject {
    /// The object.
    pub object: Object,
    /// For each program, the lines of the source that instructions start, by slot.
    pub lines: Vec<Vec<Line>>,
    /// For each program, whether libbpf loads it without being asked (its section doesn't start with `?`).
    pub loaded: Vec<bool>,
    /// What is wrong with single programs and maps. A program with an error has no verdict.
    pub errors: Vec<ObjectError>,
}

impl ElfObject {
    /// The line that the instruction at `slot` of program `program` comes from.
    pub fn line_at(&self, program: usize, slot: u32) -> Option<&Line> {
        let lines = self.lines.get(program)?;
        let after = lines.partition_point(|line| line.slot <= slot);
        lines.get(after.checked_sub(1)?)
    }
}

/// Reads `bytes`.
///
/// # Errors
/// Where the file as a whole can't be read. What concerns single programs and maps is in [`ElfObject::errors`].
pub fn read(bytes: &[u8], options: Options<'_>) -> Result<ElfObject, ObjectError> {
    let elf = Elf::read(bytes)?;
    let raw_btf = elf.section(".BTF").map_or(&[][..], |section| section.data);
    let whole = |problem| ObjectError::new(".BTF", "", problem);
    let original = match raw_btf {
        [] => Btf::default(),
        bytes => Btf::decode(bytes).map_err(|why| whole(Problem::Btf(why)))?,
    };
    let ext = match elf.section(".BTF.ext") {
        Some(section) if !raw_btf.is_empty() => {
            Ext::read(section.data, raw_btf).map_err(|why| whole(Problem::BtfExt(why)))?
        }
        _ => Ext::default(),
    };
    let mut errors = Vec::new();
    let mut object = Object {
        license: license(&elf),
        target: options.version,
        btf: original.clone(),
        ..Object::default()
    };
    data::settle_types(&elf, &mut object.btf);
    let places = maps::read(&elf, &mut object, &mut errors);
    let data = data::read(&elf, &mut object);
    let settings = Settings { kernel: options.version, config: options.config };
    let externs = externs::read(&elf, &original, &mut object, options.kernel, &settings, &mut errors);
    let (code, patches) = code(&elf, &original, &ext, options.kernel);
    let arena = object.maps.iter().position(|map| map.kind == MapKind::ARENA).map(|at| MapId(at as u32));
    let linker = Linker {
        elf: &elf,
        btf: &original,
        ext: &ext,
        maps: &places,
        data: &data,
        arena,
        externs: &externs,
        object: &object,
        kernel: options.kernel,
        code: &code,
        patches: &patches,
    };
    let mut read = programs(&linker, maps::struct_ops(&elf, &original), errors)?;
    read.object = Object { programs: std::mem::take(&mut read.object.programs), ..object };
    Ok(read)
}

fn license(elf: &Elf<'_>) -> String {
    let bytes = elf.section("license").map_or(&[][..], |section| section.data);
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

type CodeOf = HashMap<usize, Vec<Insn>>;

/// The instructions of all sections of code, with CO-RE relocations done as far as they can be.
fn code(
    elf: &Elf<'_>,
    btf: &Btf,
    ext: &Ext,
    kernel: Option<&KernelBtf>,
) -> (CodeOf, HashMap<(usize, u32), Patch>) {
    let mut all = HashMap::new();
    let mut patches = HashMap::new();
    for (index, section) in elf.sections.iter().enumerate() {
        if !section.code {
            continue;
        }
        let slots = section.data.chunks_exact(8).map(|bytes| {
            let mut slot = [0; 8];
            slot.copy_from_slice(bytes);
            Insn::decode(slot)
        });
        let mut insns: Vec<Insn> = slots.collect();
        for (offset, relocation) in ext.relocations.get(section.name).into_iter().flatten() {
            let patch = core::relocate(btf, kernel, relocation, &mut insns, (offset / 8) as usize);
            patches.insert((index, offset / 8), patch);
        }
        all.insert(index, insns);
    }
    (all, patches)
}

fn programs(
    linker: &Linker<'_>,
    hooks: Vec<(usize, String)>,
    errors: Vec<ObjectError>,
) -> Result<ElfObject, ObjectError> {
    let elf = linker.elf;
    let mut read = ElfObject { errors, ..ElfObject::default() };
    let mut found = false;
    for (index, section) in elf.sections.iter().enumerate() {
        if !section.code || section.name == ".text" || section.data.is_empty() {
            continue;
        }
        for symbol in elf.functions(index) {
            found = true;
            let mut error = |problem| read.errors.push(ObjectError::new(section.name, symbol.name, problem));
            if symbol.local {
                error(Problem::StaticProgram);
                continue;
            }
            let insns = linker.code.get(&index).map_or(&[][..], Vec::as_slice);
            let Some(main) = piece(symbol, index, insns) else {
                error(Problem::Function);
                continue;
            };
            let name = section.name.strip_prefix('?').unwrap_or(section.name);
            let known = Section::of(name);
            if known.is_none() {
                error(Problem::UnknownSection);
            }
            let linked = linker.link(main);
            let hook = hooks.iter().find(|(number, _)| {
                elf.symbols.get(*number).is_some_and(|one| {
                    one.section == Some(index) && (one.name == symbol.name || one.value == symbol.value)
                })
            });
            let kind = known.map_or(ProgramKind(0), |known| known.kind);
            let lacks = linked.errors.first().map(ToString::to_string).or(linked.lacks);
            read.object.programs.push(Program {
                name: symbol.name.to_string(),
                section: name.to_string(),
                kind,
                attach: known.map(|known| known.attach).unwrap_or_default(),
                hook: hook
                    .map(|(_, hook)| hook.clone())
                    .or_else(|| known.and_then(|known| known.hook_of(name))),
                replaces: None,
                flags: known.map_or(0, |known| known.flags),
                func: linked.func,
                lacks,
                code: linked.code,
            });
            read.lines.push(linked.lines);
            read.loaded.push(!section.name.starts_with('?'));
            read.errors.extend(linked.errors);
        }
    }
    if !found {
        return Err(ObjectError::new("", "", Problem::NoPrograms));
    }
    Ok(read)
}
