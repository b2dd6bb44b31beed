//! An ELF file in the making.

/// Kinds of sections: type and flags of the header.
pub const CODE: (u32, u64) = (1, 6);
pub const DATA: (u32, u64) = (1, 3);
pub const RODATA: (u32, u64) = (1, 2);
pub const BSS: (u32, u64) = (8, 3);
pub const NOTE: (u32, u64) = (1, 0);
const SYMBOLS: u32 = 2;
const STRINGS: u32 = 3;
const RELOCATIONS: u32 = 9;

/// Types of symbols.
pub const NONE: u8 = 0;
pub const OBJECT: u8 = 1;
pub const FUNC: u8 = 2;
const SECTION: u8 = 3;

const HEADER_BYTES: usize = 64;
const SECTION_BYTES: usize = 64;
const SYMBOL_BYTES: u64 = 24;
const RELOCATION_BYTES: u64 = 16;

struct Section {
    name: String,
    kind: (u32, u64),
    data: Vec<u8>,
    relocations: Vec<Reloc>,
}

struct Symbol {
    name: String,
    section: u16,
    value: u64,
    size: u64,
    kind: u8,
    binding: u8,
}

/// A relocation; the symbol is the number that [`Builder::symbol`] gave.
#[derive(Clone, Copy, Debug)]
pub struct Reloc {
    pub offset: u64,
    pub symbol: usize,
    pub kind: u32,
}

/// Sections and symbols in the order in which they are added.
#[derive(Default)]
pub struct Builder {
    sections: Vec<Section>,
    symbols: Vec<Symbol>,
}

/// Names, each with a zero behind; the first is empty.
struct Strings(Vec<u8>);

impl Strings {
    fn add(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let at = self.0.len() as u32;
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        at
    }
}

impl Builder {
    pub fn section(&mut self, name: &str, kind: (u32, u64), data: Vec<u8>) -> usize {
        self.sections.push(Section { name: name.to_string(), kind, data, relocations: Vec::new() });
        self.sections.len() - 1
    }

    pub fn length(&self, section: usize) -> u64 {
        self.sections[section].data.len() as u64
    }

    pub fn append(&mut self, section: usize, bytes: &[u8]) {
        self.sections[section].data.extend_from_slice(bytes);
    }

    pub fn overwrite(&mut self, section: usize, offset: u64, bytes: &[u8]) {
        let at = offset as usize;
        if let Some(place) = self.sections[section].data.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    pub fn relocation(&mut self, section: usize, relocation: Reloc) {
        self.sections[section].relocations.push(relocation);
    }

    /// Adds a symbol, and gives its number.
    pub fn symbol(
        &mut self,
        name: &str,
        section: Option<usize>,
        value: u64,
        size: u64,
        kind: u8,
        global: bool,
    ) -> usize {
        let section = section.map_or(0, |section| section as u16 + 1);
        let binding = u8::from(global);
        self.symbols.push(Symbol { name: name.to_string(), section, value, size, kind, binding });
        self.symbols.len() - 1
    }

    /// The symbol that stands for a section.
    pub fn of_section(&mut self, section: usize) -> usize {
        self.symbol("", Some(section), 0, 0, SECTION, false)
    }

    /// A symbol that is defined elsewhere.
    pub fn undefined(&mut self, name: &str, weak: bool) -> usize {
        let number = self.symbol(name, None, 0, 0, NONE, true);
        if weak {
            self.symbols[number].binding = 2;
        }
        number
    }

    /// The bytes of the file.
    pub fn finish(mut self) -> Vec<u8> {
        // Local symbols come first.
        let mut order: Vec<usize> = (0..self.symbols.len()).collect();
        order.sort_by_key(|index| self.symbols[*index].binding != 0);
        let locals = self.symbols.iter().filter(|symbol| symbol.binding == 0).count() as u32 + 1;
        let mut numbers = vec![0u64; self.symbols.len()];
        for (number, index) in order.iter().enumerate() {
            numbers[*index] = number as u64 + 1;
        }
        let mut strings = Strings(vec![0]);
        let mut table = vec![0u8; SYMBOL_BYTES as usize];
        for index in &order {
            let symbol = &self.symbols[*index];
            table.extend(strings.add(&symbol.name).to_le_bytes());
            table.extend([symbol.binding << 4 | symbol.kind, 0]);
            table.extend(symbol.section.to_le_bytes());
            table.extend(symbol.value.to_le_bytes());
            table.extend(symbol.size.to_le_bytes());
        }
        let own = self.sections.len();
        let symbols = own as u32 + 1;
        let mut links = vec![(0u32, 0u32, 0u64); own];
        for index in 0..own {
            if self.sections[index].relocations.is_empty() {
                continue;
            }
            let mut data = Vec::new();
            for relocation in &self.sections[index].relocations {
                data.extend(relocation.offset.to_le_bytes());
                let info = numbers[relocation.symbol] << 32 | u64::from(relocation.kind);
                data.extend(info.to_le_bytes());
            }
            links.push((symbols, index as u32 + 1, RELOCATION_BYTES));
            let name = format!(".rel{}", self.sections[index].name);
            self.section(&name, (RELOCATIONS, 0x40), data);
        }
        // The table of symbols stands right behind the sections that have been added.
        self.sections.insert(
            own,
            Section { name: ".symtab".into(), kind: (SYMBOLS, 0), data: table, relocations: Vec::new() },
        );
        links.insert(own, (symbols + 1, locals, SYMBOL_BYTES));
        self.sections.insert(
            own + 1,
            Section { name: ".strtab".into(), kind: (STRINGS, 0), data: strings.0, relocations: Vec::new() },
        );
        links.insert(own + 1, (0, 0, 0));
        self.lay_out(&links)
    }

    fn lay_out(self, links: &[(u32, u32, u64)]) -> Vec<u8> {
        let mut names = Strings(vec![0]);
        let mut file = vec![0u8; HEADER_BYTES];
        let mut headers = vec![0u8; SECTION_BYTES];
        let mut row = |file: &mut Vec<u8>, section: &Section, name: u32, link: (u32, u32, u64)| {
            file.resize(file.len().next_multiple_of(8), 0);
            let offset = file.len() as u64;
            let size = section.data.len() as u64;
            if section.kind.0 != BSS.0 {
                file.extend_from_slice(&section.data);
            }
            headers.extend(name.to_le_bytes());
            headers.extend(section.kind.0.to_le_bytes());
            for word in [section.kind.1, 0, offset, size] {
                headers.extend(word.to_le_bytes());
            }
            headers.extend(link.0.to_le_bytes());
            headers.extend(link.1.to_le_bytes());
            headers.extend(8u64.to_le_bytes());
            headers.extend(link.2.to_le_bytes());
        };
        let count = self.sections.len() + 2;
        for (section, link) in self.sections.iter().zip(links) {
            let name = names.add(&section.name);
            row(&mut file, section, name, *link);
        }
        let name = names.add(".shstrtab");
        let last =
            Section { name: String::new(), kind: (STRINGS, 0), data: names.0, relocations: Vec::new() };
        row(&mut file, &last, name, (0, 0, 0));
        file.resize(file.len().next_multiple_of(8), 0);
        let start = file.len() as u64;
        file.extend(headers);
        // ELF, 64 bits, little-endian, relocatable, EM_BPF.
        file[..8].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
        file[16..24].copy_from_slice(&[1, 0, 247, 0, 1, 0, 0, 0]);
        file[40..48].copy_from_slice(&start.to_le_bytes());
        file[52..54].copy_from_slice(&(HEADER_BYTES as u16).to_le_bytes());
        file[58..60].copy_from_slice(&(SECTION_BYTES as u16).to_le_bytes());
        file[60..62].copy_from_slice(&(count as u16).to_le_bytes());
        file[62..64].copy_from_slice(&(count as u16 - 1).to_le_bytes());
        file
    }
}
