//! The sections and symbols of an ELF file, as the other parts want them.

use std::collections::HashMap;

use object::read::elf::ElfFile64;
use object::{
    Endianness, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget,
    SectionFlags, SectionKind, SymbolFlags, SymbolSection,
};

use crate::error::{ObjectError, Problem};

/// `EM_BPF`.
const MACHINE: u16 = 247;
const SHF_EXECINSTR: u64 = 4;
const STT_FUNC: u8 = 2;
const STT_SECTION: u8 = 3;
const STB_LOCAL: u8 = 0;
const STB_WEAK: u8 = 2;
const STV_HIDDEN: u8 = 2;

/// A section.
pub struct Section<'a> {
    pub name: &'a str,
    pub data: &'a [u8],
    /// Bytes, also of a section without data (`.bss`).
    pub size: u64,
    pub code: bool,
    pub relocations: Vec<Relocation>,
}

/// A relocation of a section.
#[derive(Clone, Copy, Debug)]
pub struct Relocation {
    pub offset: u64,
    /// Index into the symbols.
    pub symbol: usize,
    /// `R_BPF_*`.
    pub kind: u32,
}

/// A symbol.
#[derive(Clone, Debug)]
pub struct Symbol<'a> {
    pub name: &'a str,
    /// Its section; `None` where it is not defined here.
    pub section: Option<usize>,
    pub value: u64,
    pub size: u64,
    pub function: bool,
    /// Stands for its section.
    pub of_section: bool,
    pub local: bool,
    pub weak: bool,
    pub hidden: bool,
}

/// A whole file. Sections and symbols are addressed by their numbers in the file.
pub struct Elf<'a> {
    pub sections: Vec<Section<'a>>,
    pub symbols: Vec<Symbol<'a>>,
}

impl<'a> Elf<'a> {
    pub fn read(bytes: &'a [u8]) -> Result<Elf<'a>, ObjectError> {
        let broken = |why: object::read::Error| ObjectError::new("", "", Problem::Elf(why.to_string()));
        let file = ElfFile64::<Endianness>::parse(bytes).map_err(broken)?;
        let header = file.elf_header();
        let machine = header.e_machine.get(file.endian()).0;
        if machine != MACHINE || !file.is_little_endian() {
            return Err(ObjectError::new("", "", Problem::Machine));
        }
        let mut sections =
            vec![Section { name: "", data: &[], size: 0, code: false, relocations: Vec::new() }];
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
            let holds = !matches!(section.kind(), SectionKind::UninitializedData);
            let data = if holds { section.data().map_err(broken)? } else { &[] };
            let relocations = section.relocations().filter_map(|(offset, relocation)| {
                let RelocationFlags::Elf { r_type } = relocation.flags() else { return None };
                let RelocationTarget::Symbol(index) = relocation.target() else { return None };
                Some(Relocation { offset, symbol: index.0, kind: r_type.0 })
            });
            let relocations = relocations.collect();
            let at = section.index().0;
            let empty = || Section { name: "", data: &[], size: 0, code: false, relocations: Vec::new() };
            while sections.len() <= at {
                sections.push(empty());
            }
            sections[at] = Section {
                name: section.name().unwrap_or(""),
                data,
                size: section.size(),
                code: sh_flags.0 & SHF_EXECINSTR != 0,
                relocations,
            };
        }
        let mut by_index = HashMap::new();
        let mut most = 0;
        for symbol in file.symbols() {
            let SymbolFlags::Elf { st_info, st_other } = symbol.flags() else { continue };
            let section = match symbol.section() {
                SymbolSection::Section(index) => Some(index.0),
                _ => None,
            };
            most = most.max(symbol.index().0);
            let read = Symbol {
                name: symbol.name().unwrap_or(""),
                section,
                value: symbol.address(),
                size: symbol.size(),
                function: st_info.0 & 0xf == STT_FUNC,
                of_section: st_info.0 & 0xf == STT_SECTION,
                local: st_info.0 >> 4 == STB_LOCAL,
                weak: st_info.0 >> 4 == STB_WEAK,
                hidden: st_other.0 & 3 == STV_HIDDEN,
            };
            by_index.insert(symbol.index().0, read);
        }
        let none = Symbol {
            name: "",
            section: None,
            value: 0,
            size: 0,
            function: false,
            of_section: false,
            local: true,
            weak: false,
            hidden: false,
        };
        let symbols = (0..=most).map(|index| by_index.remove(&index).unwrap_or_else(|| none.clone()));
        Ok(Elf { symbols: symbols.collect(), sections })
    }

    /// The section that is called `name`.
    pub fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// The number of the section that is called `name`.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.sections.iter().position(|section| section.name == name)
    }

    /// The functions in section `index`, by their place.
    pub fn functions(&self, index: usize) -> Vec<&Symbol<'a>> {
        let mut all: Vec<&Symbol<'a>> =
            self.symbols.iter().filter(|symbol| symbol.function && symbol.section == Some(index)).collect();
        all.sort_by_key(|symbol| symbol.value);
        all.dedup_by_key(|symbol| symbol.value);
        all
    }

    /// The symbol that is called `name` and not a section's.
    pub fn symbol(&self, name: &str) -> Option<&Symbol<'a>> {
        self.symbols.iter().find(|symbol| symbol.name == name && !symbol.of_section)
    }
}
