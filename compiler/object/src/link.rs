//! Programs from the functions of sections: what a program calls of `.text` is put behind it, as libbpf does, and
//! everything that an instruction names by a relocation is found.

use std::collections::HashMap;

use gobpf_bpf::insn::{self, Insn, pseudo};
use gobpf_bpf::{Code, MapId, Relocation, RelocationTarget, Subprogram};
use gobpf_btf::{Btf, KernelBtf, Kind, Type, TypeId};

use crate::core::Patch;
use crate::elf::{Elf, Symbol};
use crate::error::{ObjectError, Problem};
use crate::ext::{Ext, Line};
use crate::externs::{Externs, Found};
use crate::maps::Place;

/// `R_BPF_64_64`, of a two-slot load.
const LOAD: u32 = 1;
/// `R_BPF_64_32`, of a call.
const CALL: u32 = 10;
/// What libbpf writes in place of a call of a weak function that the kernel doesn't have.
const MISSING_KFUNC: i32 = 2_002_000_000;

/// All that linking looks at.
pub struct Linker<'a> {
    pub elf: &'a Elf<'a>,
    pub btf: &'a Btf,
    pub ext: &'a Ext,
    pub maps: &'a [Place],
    pub data: &'a [(usize, MapId)],
    /// The arena, where there is one: its global data has a section of its own.
    pub arena: Option<MapId>,
    pub externs: &'a Externs,
    pub object: &'a gobpf_bpf::Object,
    pub kernel: Option<&'a KernelBtf>,
    /// Instructions of each section of code, with CO-RE relocations done.
    pub code: &'a HashMap<usize, Vec<Insn>>,
    /// What became of CO-RE relocations, by section and slot.
    pub patches: &'a HashMap<(usize, u32), Patch>,
}

/// A function of a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece<'a> {
    pub section: usize,
    /// First slot in its section.
    pub start: u32,
    pub slots: u32,
    pub name: &'a str,
}

/// A linked program.
pub struct Linked {
    pub code: Code,
    pub lines: Vec<Line>,
    pub func: Option<TypeId>,
    pub lacks: Option<String>,
    pub errors: Vec<ObjectError>,
}

/// A program in the making.
struct Program<'a, 'b> {
    linker: &'b Linker<'a>,
    insns: Vec<Insn>,
    relocations: Vec<Relocation>,
    /// Functions with their first slot in the program.
    pieces: Vec<(Piece<'a>, u32)>,
    lacks: Option<String>,
    errors: Vec<ObjectError>,
}

/// The function `symbol` of section `section`, where its bytes are whole instructions.
pub fn piece<'a>(symbol: &Symbol<'a>, section: usize, insns: &[Insn]) -> Option<Piece<'a>> {
    let (start, bytes) = (symbol.value, symbol.size);
    let whole = start.is_multiple_of(8) && bytes.is_multiple_of(8) && bytes > 0;
    let (start, slots) = (start / 8, bytes / 8);
    let fits = start.checked_add(slots)? <= insns.len() as u64;
    (whole && fits).then_some(Piece { section, start: start as u32, slots: slots as u32, name: symbol.name })
}

impl<'a> Linker<'a> {
    /// Links the program that `main` is.
    pub fn link(&self, main: Piece<'a>) -> Linked {
        let mut program = Program {
            linker: self,
            insns: Vec::new(),
            relocations: Vec::new(),
            pieces: Vec::new(),
            lacks: None,
            errors: Vec::new(),
        };
        program.append(main);
        program.resolve(main, 0);
        if let Some(callback) = self.exception_callback(main) {
            match self.text_function(callback) {
                Some(piece) => _ = program.place(piece),
                None => program.error(main, Problem::Undefined { name: callback.to_string() }),
            }
        }
        program.finish()
    }

    fn func(&self, piece: Piece<'_>) -> Option<TypeId> {
        self.ext.function(self.elf.sections[piece.section].name, piece.start * 8)
    }

    /// The function that a declaration tag of the program names for exceptions.
    fn exception_callback(&self, main: Piece<'_>) -> Option<&'a str> {
        let func = self.func(main)?;
        self.btf.iter().find_map(|(_, ty)| match ty {
            Type::DeclTag { name, target, component: -1 } if *target == func => {
                name.strip_prefix("exception_callback:")
            }
            _ => None,
        })
    }

    /// The function of `.text` that is called `name`.
    fn text_function(&self, name: &str) -> Option<Piece<'a>> {
        let text = self.elf.index_of(".text")?;
        let symbol = self.elf.functions(text).into_iter().find(|symbol| symbol.name == name)?;
        piece(symbol, text, self.code.get(&text)?)
    }

    /// The function of `.text` that starts at `slot`.
    fn text_function_at(&self, slot: i64) -> Option<Piece<'a>> {
        let text = self.elf.index_of(".text")?;
        let symbol = self.elf.functions(text).into_iter().find(|symbol| symbol.value as i64 == slot * 8)?;
        piece(symbol, text, self.code.get(&text)?)
    }

    /// Whether the kernel is known not to have the extern.
    fn is_missing(&self, id: gobpf_bpf::ExternId) -> bool {
        let (Some(kernel), Some(one)) = (self.kernel, self.object.external(id)) else { return false };
        let kind = match one.kind {
            gobpf_bpf::ExternKind::Kfunc => Kind::Function,
            gobpf_bpf::ExternKind::Variable => Kind::Variable,
            gobpf_bpf::ExternKind::Symbol => return false,
        };
        one.weak && kernel.find(&one.name, kind).is_none()
    }
}

impl<'a> Program<'a, '_> {
    fn error(&mut self, piece: Piece<'_>, problem: Problem) {
        let section = self.linker.elf.sections[piece.section].name;
        self.errors.push(ObjectError::new(section, piece.name, problem));
    }

    /// Puts the instructions of `piece` behind the others; gives their first slot.
    fn append(&mut self, piece: Piece<'a>) -> u32 {
        let at = self.insns.len() as u32;
        let code = self.linker.code.get(&piece.section).map_or(&[][..], Vec::as_slice);
        let (start, end) = (piece.start as usize, (piece.start + piece.slots) as usize);
        self.insns.extend_from_slice(code.get(start..end).unwrap_or_default());
        self.pieces.push((piece, at));
        at
    }

    /// The first slot of `piece`, which is put behind the others if it isn't there yet.
    fn place(&mut self, piece: Piece<'a>) -> u32 {
        let known = self.pieces.iter().skip(1).find(|(known, _)| *known == piece).map(|(_, at)| *at);
        known.unwrap_or_else(|| {
            let at = self.append(piece);
            self.resolve(piece, at);
            at
        })
    }

    /// Follows what the instructions of `piece` at `at` name.
    fn resolve(&mut self, piece: Piece<'a>, at: u32) {
        let mut slot = 0;
        while slot < piece.slots {
            let insn = self.insns[(at + slot) as usize];
            self.patched(piece, slot);
            let relocation = self.relocation(piece, slot);
            match relocation {
                Some((kind, symbol)) => self.relocate(piece, at, slot, insn, kind, symbol),
                None if insn.code == insn::CALL && insn.src == pseudo::CALL => {
                    // Within its section, the distance is known already.
                    let target = i64::from(piece.start + slot) + i64::from(insn.imm) + 1;
                    self.call(piece, at, slot, target);
                }
                None => {}
            }
            slot += if insn.is_load_imm64() { 2 } else { 1 };
        }
    }

    /// What became of a CO-RE relocation at the instruction.
    fn patched(&mut self, piece: Piece<'a>, slot: u32) {
        match self.linker.patches.get(&(piece.section, piece.start + slot)) {
            Some(Patch::NeedsKernel) if self.lacks.is_none() => {
                self.lacks = Some(Problem::NeedsKernelTypes.to_string());
            }
            Some(Patch::Wrong(why)) => {
                self.error(piece, Problem::Core { slot: piece.start + slot, why: why.clone() });
            }
            _ => {}
        }
    }

    fn relocation(&self, piece: Piece<'a>, slot: u32) -> Option<(u32, &'a Symbol<'a>)> {
        let offset = u64::from(piece.start + slot) * 8;
        let elf: &'a Elf<'a> = self.linker.elf;
        let found = elf.sections[piece.section].relocations.iter().find(|one| one.offset == offset)?;
        Some((found.kind, elf.symbols.get(found.symbol)?))
    }

    fn relocate(
        &mut self,
        piece: Piece<'a>,
        at: u32,
        slot: u32,
        insn: Insn,
        kind: u32,
        symbol: &'a Symbol<'a>,
    ) {
        let offset = u64::from(piece.start + slot) * 8;
        let wrong = |why: String| Problem::Relocation { offset, why };
        let Some(section) = symbol.section else {
            return self.external(piece, at, slot, insn, symbol.name);
        };
        let name = self.linker.elf.sections[section].name;
        match kind {
            CALL if insn.code == insn::CALL => {
                let target = (symbol.value / 8) as i64 + i64::from(insn.imm) + 1;
                self.call(piece, at, slot, target);
            }
            LOAD if insn.is_load_imm64() && name == ".text" => {
                let target = (symbol.value as i64 + i64::from(insn.imm)) / 8;
                match self.linker.text_function_at(target) {
                    Some(callee) => {
                        let distance = self.place(callee) as i64 - i64::from(at + slot) - 1;
                        self.set_load(at + slot, pseudo::FUNC, distance as u32);
                    }
                    None => self.error(piece, Problem::Call { slot: piece.start + slot }),
                }
            }
            LOAD if insn.is_load_imm64() => match self.address(section, symbol, insn) {
                Some(target) => {
                    let src = match target {
                        RelocationTarget::Map(_) => pseudo::MAP_FD,
                        _ => pseudo::MAP_VALUE,
                    };
                    self.set_load(at + slot, src, 0);
                    self.relocations.push(Relocation { slot: at + slot, target });
                }
                None => self.error(piece, wrong(format!("section {name} is no map and no global data"))),
            },
            _ => self.error(piece, wrong(format!("kind {kind} doesn't fit the instruction"))),
        }
    }

    /// The map, or the place in global data, that a load of a symbol gives.
    fn address(&self, section: usize, symbol: &Symbol<'_>, insn: Insn) -> Option<RelocationTarget> {
        let linker = self.linker;
        let offset = symbol.value.wrapping_add(insn.imm as i64 as u64);
        if let Some(place) =
            linker.maps.iter().find(|place| place.section == section && place.offset == offset)
        {
            return Some(RelocationTarget::Map(place.map));
        }
        if let Some((_, map)) = linker.data.iter().find(|(index, _)| *index == section) {
            return Some(RelocationTarget::MapValue { map: *map, offset: offset as u32 });
        }
        let name = linker.elf.sections[section].name;
        let arena = name.starts_with(".arena") || name.starts_with(".addr_space");
        let map = linker.arena.filter(|_| arena)?;
        Some(RelocationTarget::MapValue { map, offset: offset as u32 })
    }

    fn set_load(&mut self, slot: u32, src: u8, value: u32) {
        let slot = slot as usize;
        if let Some(low) = self.insns.get_mut(slot) {
            (low.src, low.imm, low.off) = (src, value as i32, 0);
        }
        if let Some(high) = self.insns.get_mut(slot + 1) {
            high.imm = 0;
        }
    }

    /// A call of the function that starts at slot `target` of `.text`.
    fn call(&mut self, piece: Piece<'a>, at: u32, slot: u32, target: i64) {
        let Some(callee) = self.linker.text_function_at(target) else {
            return self.error(piece, Problem::Call { slot: piece.start + slot });
        };
        // A function that calls itself is there already.
        let placed = if callee == piece { at } else { self.place(callee) };
        let distance = i64::from(placed) - i64::from(at + slot) - 1;
        if let Some(insn) = self.insns.get_mut((at + slot) as usize) {
            (insn.src, insn.imm) = (pseudo::CALL, distance as i32);
        }
    }

    fn external(&mut self, piece: Piece<'a>, at: u32, slot: u32, insn: Insn, name: &str) {
        let here = at + slot;
        match self.linker.externs.by_name.get(name) {
            Some(Found::Setting(offset)) if insn.is_load_imm64() => {
                if let Some(map) = self.linker.externs.settings {
                    self.set_load(here, pseudo::MAP_VALUE, 0);
                    let target = RelocationTarget::MapValue { map, offset: *offset };
                    self.relocations.push(Relocation { slot: here, target });
                }
            }
            Some(found @ (Found::Kernel(id) | Found::Unfit(id))) => {
                let missing = *found == Found::Unfit(*id) || self.linker.is_missing(*id);
                let symbol = self.linker.object.external(*id).map(|one| one.kind);
                if insn.is_load_imm64() {
                    let typed = symbol != Some(gobpf_bpf::ExternKind::Symbol) && !missing;
                    self.set_load(here, if typed { pseudo::BTF_ID } else { 0 }, 0);
                    if !missing {
                        self.relocations
                            .push(Relocation { slot: here, target: RelocationTarget::Variable(*id) });
                    }
                } else if let Some(call) = self.insns.get_mut(here as usize) {
                    if missing {
                        *call =
                            Insn { code: insn::CALL, imm: MISSING_KFUNC + id.0 as i32, ..Insn::default() };
                    } else {
                        (call.src, call.imm, call.off) = (pseudo::KFUNC_CALL, 0, 0);
                        self.relocations
                            .push(Relocation { slot: here, target: RelocationTarget::Kfunc(*id) });
                    }
                }
            }
            _ => self.error(piece, Problem::Undefined { name: name.to_string() }),
        }
    }

    fn finish(mut self) -> Linked {
        self.relocations.sort_by_key(|relocation| relocation.slot);
        let linker = self.linker;
        let mut lines = Vec::new();
        for (piece, at) in &self.pieces {
            let section = linker.elf.sections[piece.section].name;
            let (start, end) = (piece.start * 8, (piece.start + piece.slots) * 8);
            let all = linker.ext.lines.get(section).map_or(&[][..], Vec::as_slice);
            let here = all.iter().filter(|(offset, _)| (start..end).contains(offset));
            lines.extend(here.map(|(offset, line)| Line { slot: at + (offset - start) / 8, ..line.clone() }));
        }
        lines.sort_by_key(|line| line.slot);
        let subprograms = self.pieces.iter().skip(1).map(|(piece, at)| Subprogram {
            slot: *at,
            name: piece.name.to_string(),
            func: linker.func(*piece),
            ..Subprogram::default()
        });
        let mut subprograms: Vec<Subprogram> = subprograms.collect();
        subprograms.sort_by_key(|one| one.slot);
        let func = self.pieces.first().and_then(|(piece, _)| linker.func(*piece));
        let code = Code { insns: self.insns, relocations: self.relocations, subprograms, ..Code::default() };
        Linked { code, lines, func, lacks: self.lacks, errors: self.errors }
    }
}
