//! What belongs to the types of an object (`.BTF.ext`): functions, lines, CO-RE relocations, by section and byte.

use std::collections::HashMap;

use gobpf_btf::TypeId;

/// A line of the source that an instruction comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// The instruction's slot in its program.
    pub slot: u32,
    /// The file.
    pub file: String,
    /// The line, from 1 on.
    pub line: u32,
    /// The column, from 1 on.
    pub column: u32,
    /// The text of the line.
    pub text: String,
}

/// A CO-RE relocation (`struct bpf_core_relo`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreRelocation {
    /// The type in the object.
    pub ty: TypeId,
    /// The way to a member, such as `0:1:2`.
    pub access: String,
    /// `enum bpf_core_relo_kind`.
    pub kind: u32,
}

/// All of it, by the name of the section, each list by byte offset in the section.
#[derive(Clone, Debug, Default)]
pub struct Ext {
    pub functions: HashMap<String, Vec<(u32, TypeId)>>,
    pub lines: HashMap<String, Vec<(u32, Line)>>,
    pub relocations: HashMap<String, Vec<(u32, CoreRelocation)>>,
}

struct Bytes<'a> {
    bytes: &'a [u8],
    strings: &'a [u8],
}

impl Bytes<'_> {
    fn word(&self, at: usize) -> Result<u32, String> {
        let bytes = at.checked_add(4).and_then(|end| self.bytes.get(at..end)).ok_or("it is cut off")?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&self, offset: u32) -> String {
        let rest = self.strings.get(offset as usize..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        String::from_utf8_lossy(&rest[..end]).into_owned()
    }

    /// The records of one kind: `read` gets each record's place.
    fn records<T>(
        &self,
        start: usize,
        length: usize,
        least: usize,
        mut read: impl FnMut(usize) -> Result<T, String>,
    ) -> Result<HashMap<String, Vec<(u32, T)>>, String> {
        let mut all: HashMap<String, Vec<(u32, T)>> = HashMap::new();
        if length == 0 {
            return Ok(all);
        }
        let size = self.word(start)? as usize;
        if size < least {
            return Err(format!("records of {size} bytes are too short"));
        }
        let (mut at, end) = (start + 4, start + length);
        while at < end {
            let (name, count) = (self.text(self.word(at)?), self.word(at + 4)?);
            at += 8;
            let list = all.entry(name).or_default();
            for _ in 0..count {
                list.push((self.word(at)?, read(at)?));
                at = at.checked_add(size).ok_or("it is cut off")?;
            }
        }
        for list in all.values_mut() {
            list.sort_by_key(|(offset, _)| *offset);
        }
        Ok(all)
    }
}

impl Ext {
    /// Reads `bytes`; names are in the strings of the section `.BTF`.
    pub fn read(bytes: &[u8], btf: &[u8]) -> Result<Ext, String> {
        let header = Bytes { bytes: btf, strings: &[] };
        let (of_btf, strings) = (header.word(4)? as usize, header.word(16)? as usize);
        let strings = btf.get(of_btf.saturating_add(strings)..).unwrap_or_default();
        let all = Bytes { bytes, strings };
        if all.word(0)? & 0xffff != 0xeb9f {
            return Err("it doesn't start as it should".into());
        }
        let length = all.word(4)? as usize;
        let place = |at: usize| -> Result<(usize, usize), String> {
            let (offset, bytes) = (all.word(at)? as usize, all.word(at + 4)? as usize);
            Ok((length.saturating_add(offset), bytes))
        };
        let (start, bytes) = place(8)?;
        let functions = all.records(start, bytes, 8, |at| all.word(at + 4).map(TypeId))?;
        let (start, bytes) = place(16)?;
        let lines = all.records(start, bytes, 16, |at| {
            let position = all.word(at + 12)?;
            Ok(Line {
                slot: 0,
                file: all.text(all.word(at + 4)?),
                text: all.text(all.word(at + 8)?),
                line: position >> 10,
                column: position & 0x3ff,
            })
        })?;
        // Older files end before the place of relocations.
        let (start, bytes) = if length >= 32 { place(24)? } else { (0, 0) };
        let relocations = all.records(start, bytes, 16, |at| {
            Ok(CoreRelocation {
                ty: TypeId(all.word(at + 4)?),
                access: all.text(all.word(at + 8)?),
                kind: all.word(at + 12)?,
            })
        })?;
        Ok(Ext { functions, lines, relocations })
    }

    /// The function that starts at byte `offset` of `section`.
    pub fn function(&self, section: &str, offset: u32) -> Option<TypeId> {
        let list = self.functions.get(section)?;
        let index = list.binary_search_by_key(&offset, |(at, _)| *at).ok()?;
        Some(list[index].1)
    }
}
