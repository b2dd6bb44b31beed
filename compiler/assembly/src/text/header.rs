//! Header lines: `# kind: xdp`, `# map counts: hash key=4`, `# expect 6.1: reject 3 "..."`.

use gobpf_bpf::tables::{MapKind, ProgramKind};
use gobpf_bpf::{KernelVersion, Map, MapContents};
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
        header
    }

    fn add(&mut self, text: &str) -> Result<(), Wrong> {
        let (key, value) = split_key(text).ok_or_else(|| wording::header_without_colon(text))?;
        let (word, argument) = key.split_once(char::is_whitespace).unwrap_or((key, ""));
        let argument = argument.trim();
        match (word, argument) {
            ("kind", "") => {
                let kind = ProgramKind::by_name(value).ok_or_else(|| wording::unknown_kind(value))?;
                once(&mut self.kind, kind, word)
            }
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
                self.maps.push(read_map(name, value)?);
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

/// Reads `hash key=4 value=8 entries=1024 flags=0x1 frozen data="..."`.
fn read_map(name: &str, text: &str) -> Result<Map, Wrong> {
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
    while let Some(word) = words.next()? {
        match (word.key.as_str(), word.value) {
            ("key", Some(value)) => map.key_size = number(&value)?,
            ("value", Some(value)) => map.value_size = number(&value)?,
            ("entries", Some(value)) => map.max_entries = number(&value)?,
            ("flags", Some(value)) => map.flags = number(&value)?,
            ("data", Some(value)) => data = Some(value),
            ("frozen", None) => frozen = true,
            (key, _) => return Err(wording::unknown_map_word(key)),
        }
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
        map.contents = Some(MapContents { data, frozen });
    }
    Ok(map)
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
