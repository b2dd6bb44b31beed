//! Header lines: `# kind: xdp`, `# map counts: hash key=4`, `# expect 6.1: reject 3 "..."`.

use gobpf_bpf::tables::{AttachType, MapKind, ProgramKind, Section, map_flags};
use gobpf_bpf::{Extern, ExternKind, KernelVersion, Map, MapContents, MapId, Replaced, Subprogram, flags};
use gobpf_btf::notation::{self, Declared};
use gobpf_btf::{Btf, Type, TypeId};
use gobpf_diagnostics::{Diagnostic, codes};
use gobpf_source::Span;

use super::{Expectation, Expected};
use crate::wording::{self, Wrong};

/// No map of a header has a greater value, in bytes: its contents are kept in memory.
const MAX_VALUE_SIZE: u32 = 1 << 24;

/// All headers of a text.
#[derive(Default)]
pub struct Header {
    pub kind: Option<ProgramKind>,
    pub attach: Option<AttachType>,
    pub hook: Option<String>,
    pub replaces: Option<Replaced>,
    pub flags: Option<u32>,
    pub btf: Btf,
    /// Functions by their first slot.
    pub functions: Vec<Subprogram>,
    pub externs: Vec<Extern>,
    pub license: Option<String>,
    pub name: Option<String>,
    pub section: Option<String>,
    pub target: KernelVersion,
    pub maps: Vec<Map>,
    pub expectations: Vec<Expectation>,
    pub fill_unseen: bool,
}

impl Header {
    /// Reads the header lines among `lines`.
    pub fn read(lines: &[(Span, &str)], errors: &mut Vec<Diagnostic>) -> Header {
        let mut header = Header::default();
        for (span, line) in lines {
            let Some(text) = line.trim().strip_prefix('#').map(str::trim).filter(|text| !text.is_empty())
            else {
                continue;
            };
            if let Err(why) = header.add(text) {
                errors.push(Diagnostic::error(codes::GB0802, *span, why.0));
            }
        }
        header.follow_section();
        header
    }

    fn add(&mut self, text: &str) -> Result<(), Wrong> {
        let (key, value) = split_key(text).ok_or_else(|| wording::header_without_colon(text))?;
        let (word, argument) = key.split_once(char::is_whitespace).unwrap_or((key, ""));
        let argument = argument.trim();
        match (word, argument) {
            ("kind", "") => once(&mut self.kind, read_kind(value)?, word),
            ("attach", "") => once(&mut self.attach, read_attach(value)?, word),
            ("hook", "") => once(&mut self.hook, value.to_string(), word),
            ("replaces", "") => once(&mut self.replaces, read_replaced(value)?, word),
            ("flags", "") => once(&mut self.flags, read_flags(value, flags::NAMES)?, word),
            ("type", "") => notation::declare(&mut self.btf, value)
                .map(drop)
                .map_err(|why| wording::bad_type(value, &why.to_string())),
            ("btf", "") => self.read_btf(value),
            ("func", slot) if !slot.is_empty() => self.read_function(number(slot.as_bytes())?, value),
            ("extern", name) if !name.is_empty() => self.read_extern(name, value),
            ("license", "") => once(&mut self.license, value.to_string(), word),
            ("name", "") => once(&mut self.name, value.to_string(), word),
            ("section", "") => once(&mut self.section, value.to_string(), word),
            ("target", "") => {
                self.target = value.parse().map_err(Wrong)?;
                Ok(())
            }
            ("unseen", "") if value == "fill" => {
                self.fill_unseen = true;
                Ok(())
            }
            ("map", name) if !name.is_empty() => {
                if self.maps.iter().any(|map| map.name == name) {
                    return Err(wording::header_twice(key));
                }
                let map = self.read_map(name, value)?;
                self.maps.push(map);
                Ok(())
            }
            ("expect", dialects) if !dialects.is_empty() => {
                let dialects = dialects.split_whitespace().map(str::to_string).collect();
                self.expectations.push(Expectation { dialects, verdict: read_expected(value)? });
                Ok(())
            }
            _ => Err(wording::unknown_header(key)),
        }
    }
}

impl Header {
    /// What the section says of what no other header says.
    fn follow_section(&mut self) {
        let Some(name) = &self.section else { return };
        let Some(section) = Section::of(name) else { return };
        if self.kind.is_some_and(|kind| kind != section.kind) {
            return;
        }
        self.kind = Some(section.kind);
        self.attach = self.attach.or(Some(section.attach));
        self.flags = self.flags.or(Some(section.flags));
        self.hook = self.hook.take().or_else(|| section.hook_of(name));
    }

    /// Types as the kernel takes them, in hexadecimal.
    fn read_btf(&mut self, text: &str) -> Result<(), Wrong> {
        if !self.btf.is_empty() {
            return Err(wording::header_twice("btf"));
        }
        let bytes: Option<Vec<u8>> =
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect();
        let bytes = bytes.ok_or_else(|| wording::expected("bytes in hexadecimal", text))?;
        self.btf = Btf::decode(&bytes).map_err(|why| wording::bad_btf(&why.to_string()))?;
        Ok(())
    }

    /// `# func 12: static int f(u64 n)`, or `# func 12: #7` for a type of `# btf`.
    fn read_function(&mut self, slot: u32, text: &str) -> Result<(), Wrong> {
        let (name, ty) = match self.numbered_type(text)? {
            Some(ty) => (self.btf.get(ty).map_or("", Type::name).to_string(), ty),
            None => {
                let declared = notation::declare(&mut self.btf, text)
                    .map_err(|why| wording::bad_type(text, &why.to_string()))?;
                match declared.as_slice() {
                    [Declared::Function { name, ty }] => (name.clone(), *ty),
                    _ => return Err(wording::not_a_function(text)),
                }
            }
        };
        if self.functions.iter().any(|function| function.slot == slot) {
            return Err(wording::header_twice(&format!("func {slot}")));
        }
        self.functions.push(Subprogram { slot, name, func: Some(ty), ..Subprogram::default() });
        self.functions.sort_by_key(|function| function.slot);
        Ok(())
    }

    /// `# extern bpf_prog_active: int`, `# extern bpf_new_kfunc: weak`.
    fn read_extern(&mut self, name: &str, text: &str) -> Result<(), Wrong> {
        let (weak, rest) = match text.strip_prefix("weak") {
            Some(rest) => (true, rest.trim()),
            None => (false, text),
        };
        if rest.is_empty() && !weak {
            return Err(wording::extern_form(text));
        }
        let (kind, ty) = match rest {
            "" | "kfunc" => (ExternKind::Kfunc, None),
            "symbol" => (ExternKind::Symbol, None),
            _ => (ExternKind::Variable, Some(self.read_type(rest)?)),
        };
        self.externs.push(Extern { name: name.to_string(), kind, ty, weak });
        Ok(())
    }

    /// The type `#7` of `# btf`.
    fn numbered_type(&self, text: &str) -> Result<Option<TypeId>, Wrong> {
        let Some(digits) = text.strip_prefix('#') else { return Ok(None) };
        let id = TypeId(number(digits.as_bytes())?);
        match self.btf.get(id) {
            Some(_) => Ok(Some(id)),
            None => Err(wording::expected("a type of the header btf", text)),
        }
    }

    fn read_type(&mut self, text: &str) -> Result<TypeId, Wrong> {
        match self.numbered_type(text)? {
            Some(ty) => Ok(ty),
            None => notation::type_of(&mut self.btf, text)
                .map_err(|why| wording::bad_type(text, &why.to_string())),
        }
    }
}

fn read_kind(name: &str) -> Result<ProgramKind, Wrong> {
    ProgramKind::by_name(name).ok_or_else(|| wording::unknown_kind(name))
}

/// Reads the kernel's name of an attach type, or its number.
fn read_attach(name: &str) -> Result<AttachType, Wrong> {
    let known = AttachType::by_name(name).or_else(|| name.parse().ok().map(AttachType));
    known.ok_or_else(|| wording::unknown_attach(name))
}

/// Reads `cgroup_skb`, or `cgroup_skb cgroup_inet_egress`.
fn read_replaced(text: &str) -> Result<Replaced, Wrong> {
    let (kind, attach) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let attach = if attach.is_empty() { AttachType::NONE } else { read_attach(attach.trim())? };
    Ok(Replaced { kind: read_kind(kind)?, attach })
}

/// Reads `sleepable|xdp_has_frags`, or a number.
fn read_flags(text: &str, names: &[(&str, u32)]) -> Result<u32, Wrong> {
    let mut all = 0;
    for word in text.split(['|', ' ', ',']).filter(|word| !word.is_empty()) {
        let known = names.iter().find(|(name, _)| *name == word).map(|(_, flag)| *flag);
        all |= match known {
            Some(flag) => flag,
            None => number(word.as_bytes()).map_err(|_| wording::unknown_flag(word))?,
        };
    }
    Ok(all)
}

/// Splits at the colon that ends the key: one before white space or the end, so that a map may be called `id:3`.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let end = text
        .char_indices()
        .find(|(index, c)| *c == ':' && text[index + 1..].chars().next().is_none_or(char::is_whitespace))?
        .0;
    Some((text[..end].trim(), text[end + 1..].trim()))
}

fn once<T>(place: &mut Option<T>, value: T, key: &str) -> Result<(), Wrong> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(wording::header_twice(key)),
    }
}

impl Header {
    /// Reads `hash key=4 value=8 entries=1024 flags=0x1 frozen data="..."`.
    fn read_map(&mut self, name: &str, text: &str) -> Result<Map, Wrong> {
        let mut words = Words { rest: text };
        let kind = words.next()?.unwrap_or_default();
        let mut map = Map {
            name: name.to_string(),
            kind: MapKind::by_name(&kind.text()).ok_or_else(|| wording::unknown_map_kind(&kind.text()))?,
            key_size: 0,
            value_size: 0,
            max_entries: 1,
            flags: 0,
            key: None,
            value: None,
            contents: None,
            ..Map::default()
        };
        let (mut data, mut frozen) = (None, false);
        let (mut key_sized, mut value_sized) = (false, false);
        while let Some(word) = words.next()? {
            match (word.key.as_str(), word.value) {
                ("key", Some(value)) => {
                    map.key_size = number(&value)?;
                    key_sized = true;
                }
                ("value", Some(value)) => {
                    map.value_size = number(&value)?;
                    value_sized = true;
                }
                ("key_type", Some(value)) => {
                    map.key = Some(self.read_type(&String::from_utf8_lossy(&value))?)
                }
                ("value_type", Some(value)) => {
                    map.value = Some(self.read_type(&String::from_utf8_lossy(&value))?)
                }
                ("extra", Some(value)) => map.extra = wide_number(&value)?,
                ("inner", Some(value)) => {
                    let inner = String::from_utf8_lossy(&value);
                    let known = self.maps.iter().position(|map| map.name == *inner);
                    map.inner = Some(MapId(known.ok_or_else(|| wording::inner_first(&inner))? as u32));
                }
                ("entries", Some(value)) => map.max_entries = number(&value)?,
                ("flags", Some(value)) => {
                    map.flags = read_flags(&String::from_utf8_lossy(&value), map_flags::NAMES)?
                }
                ("data", Some(value)) => data = Some(value),
                ("frozen", None) => frozen = true,
                (key, _) => return Err(wording::unknown_map_word(key)),
            }
        }
        if let Some(key) = map.key.filter(|_| !key_sized) {
            map.key_size = self.btf.size_of(key);
        }
        if let Some(value) = map.value.filter(|_| !value_sized) {
            map.value_size = self.btf.size_of(value);
        }
        if map.value_size > MAX_VALUE_SIZE {
            return Err(wording::value_too_great(map.value_size, MAX_VALUE_SIZE));
        }
        if data.is_some() || frozen {
            let mut data = data.unwrap_or_default();
            if data.len() > map.value_size as usize {
                return Err(wording::data_too_long(data.len(), map.value_size));
            }
            data.resize(map.value_size as usize, 0);
            map.contents = Some(MapContents { data, frozen, ..MapContents::default() });
        }
        Ok(map)
    }
}

/// Reads `accept processed=12`, `reject 10 "..."`, `refuse EINVAL`.
fn read_expected(text: &str) -> Result<Expected, Wrong> {
    let mut words = Words { rest: text };
    let verdict = words.next()?.unwrap_or_default();
    let expected = match verdict.key.as_str() {
        "accept" => match words.next()? {
            None => Expected::Accept { processed: None },
            Some(Word { key, value: Some(value) }) if key == "processed" => {
                Expected::Accept { processed: Some(number(&value)?) }
            }
            Some(word) => return Err(wording::unknown_verdict(&word.key)),
        },
        "reject" => {
            let insn = words.next()?.map(|word| number(word.key.as_bytes())).transpose()?;
            let message =
                words.next()?.and_then(|word| word.value).map(|bytes| String::from_utf8_lossy(&bytes).into());
            match (insn, message) {
                (Some(insn), Some(message)) => Expected::Reject { insn, message },
                _ => return Err(wording::reject_form()),
            }
        }
        "refuse" => match words.next()? {
            Some(errno) => Expected::Refuse { errno: errno.key },
            None => return Err(wording::unknown_verdict(text)),
        },
        other => return Err(wording::unknown_verdict(other)),
    };
    match words.next()? {
        None => Ok(expected),
        Some(word) => Err(wording::unknown_verdict(&word.key)),
    }
}

fn number(bytes: &[u8]) -> Result<u32, Wrong> {
    let text = String::from_utf8_lossy(bytes);
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| wording::expected("a number of 32 bits", &text))
}

fn wide_number(bytes: &[u8]) -> Result<u64, Wrong> {
    let text = String::from_utf8_lossy(bytes);
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| wording::expected("a number of 64 bits", &text))
}

/// A word, `key=value`, or a quoted string (whose key is empty).
#[derive(Default)]
struct Word {
    key: String,
    value: Option<Vec<u8>>,
}

impl Word {
    fn text(&self) -> String {
        self.key.clone()
    }
}

struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn next(&mut self) -> Result<Option<Word>, Wrong> {
        self.rest = self.rest.trim_start();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let end =
            self.rest.find(|c: char| c.is_whitespace() || c == '=' || c == '"').unwrap_or(self.rest.len());
        let key = self.rest[..end].to_string();
        self.rest = &self.rest[end..];
        if let Some(rest) = self.rest.strip_prefix('=') {
            self.rest = rest;
        } else if !self.rest.starts_with('"') {
            return Ok(Some(Word { key, value: None }));
        }
        let value = if self.rest.starts_with('"') {
            self.quoted()?
        } else {
            let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
            let (value, rest) = self.rest.split_at(end);
            self.rest = rest;
            value.as_bytes().to_vec()
        };
        Ok(Some(Word { key, value: Some(value) }))
    }

    /// A string in double quotes with the escapes `\n \t \\ \" \xNN`.
    fn quoted(&mut self) -> Result<Vec<u8>, Wrong> {
        let mut bytes = Vec::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((index, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[index + 1..];
                    return Ok(bytes);
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => bytes.push(b'\n'),
                    Some('t') => bytes.push(b'\t'),
                    Some(c @ ('\\' | '"')) => bytes.push(c as u8),
                    Some('x') => {
                        let digits: String = chars.by_ref().take(2).map(|(_, c)| c).collect();
                        bytes
                            .push(u8::from_str_radix(&digits, 16).map_err(|_| wording::bad_escape(&digits))?);
                    }
                    other => return Err(wording::bad_escape(&other.map(String::from).unwrap_or_default())),
                },
                c => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        Err(wording::unfinished_string())
    }
}
