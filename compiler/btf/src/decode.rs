//! The layout of BTF in bytes (`struct btf_header`, `struct btf_type`), and single types read from it.

use std::ops::Range;

use crate::build::Btf;
use crate::error::BtfError;
use crate::types::{
    Bits, EnumValue, IntEncoding, Kind, Linkage, Member, Parameter, SectionVariable, Type, TypeId,
};

pub(crate) const MAGIC: u16 = 0xeb9f;
pub(crate) const VERSION: u8 = 1;
pub(crate) const HEADER_BYTES: u32 = 24;
/// Bytes of a type before what its kind adds.
pub(crate) const TYPE_BYTES: usize = 12;
const KIND_FLAG: u32 = 1 << 31;

/// Where types and strings are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    pub types: Range<usize>,
    pub strings: Range<usize>,
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn cut(what: impl Into<String>) -> BtfError {
    BtfError::Truncated { what: what.into() }
}

/// Reads the header.
pub(crate) fn layout(bytes: &[u8]) -> Result<Layout, BtfError> {
    match bytes.get(..2) {
        Some([0x9f, 0xeb]) => {}
        Some([0xeb, 0x9f]) => return Err(BtfError::Endian),
        _ => return Err(BtfError::Header),
    }
    let word = |at| u32_at(bytes, at).ok_or(BtfError::Header);
    let header = word(4)?;
    let section = |at: usize, what: &str| -> Result<Range<usize>, BtfError> {
        let start = (header as usize).checked_add(word(at)? as usize).ok_or_else(|| cut(what))?;
        let end = start.checked_add(word(at + 4)? as usize).ok_or_else(|| cut(what))?;
        if end > bytes.len() { Err(cut(what)) } else { Ok(start..end) }
    };
    Ok(Layout { types: section(8, "types")?, strings: section(16, "strings")? })
}

/// The head of one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub name: u32,
    pub kind: Kind,
    pub flag: bool,
    pub vlen: u32,
    /// Size or type.
    pub word: u32,
}

/// Reads the head of type `id` at `at`.
pub(crate) fn head(bytes: &[u8], at: usize, id: u32) -> Result<Head, BtfError> {
    let word = |offset| u32_at(bytes, at + offset).ok_or_else(|| cut(format!("type {id}")));
    let info = word(4)?;
    let number = (info >> 24) & 0x1f;
    let kind = Kind::of_number(number).ok_or(BtfError::Kind { id, kind: number })?;
    Ok(Head { name: word(0)?, kind, flag: info & KIND_FLAG != 0, vlen: info & 0xffff, word: word(8)? })
}

/// Bytes that follow the head of a type.
pub(crate) fn tail_bytes(head: &Head) -> usize {
    let count = head.vlen as usize;
    match head.kind {
        Kind::Int | Kind::Variable | Kind::DeclTag => 4,
        Kind::Array => 12,
        Kind::Struct | Kind::Union | Kind::Section | Kind::Enum64 => 12 * count,
        Kind::Enum | Kind::Prototype => 8 * count,
        _ => 0,
    }
}

/// The name at `offset` of `strings`; empty where it is none.
pub(crate) fn name(strings: &[u8], offset: u32) -> Option<&str> {
    let rest = strings.get(offset as usize..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&rest[..end]).ok()
}

/// Reads one type whose head is at `at`.
pub(crate) fn read_type(bytes: &[u8], strings: &[u8], at: usize, id: u32) -> Result<Type, BtfError> {
    let head = head(bytes, at, id)?;
    let text = |offset: u32| -> Result<String, BtfError> {
        name(strings, offset).map(str::to_string).ok_or(BtfError::Name { id })
    };
    let tail = at + TYPE_BYTES;
    let word = |offset: usize| u32_at(bytes, tail + offset).ok_or_else(|| cut(format!("type {id}")));
    let target = TypeId(head.word);
    let size = head.word;
    Ok(match head.kind {
        Kind::Int => {
            let encoding = match word(0)? >> 24 {
                flags if flags & 4 != 0 => IntEncoding::Bool,
                flags if flags & 1 != 0 => IntEncoding::Signed,
                flags if flags & 2 != 0 => IntEncoding::Char,
                _ => IntEncoding::Unsigned,
            };
            Type::Int { name: text(head.name)?, size, encoding }
        }
        Kind::Pointer => Type::Pointer(target),
        Kind::Array => Type::Array { element: TypeId(word(0)?), length: word(8)? },
        Kind::Struct | Kind::Union => {
            let members = (0..head.vlen as usize).map(|index| {
                let (name, ty, place) = (word(12 * index)?, word(12 * index + 4)?, word(12 * index + 8)?);
                Ok(member(text(name)?, TypeId(ty), place, head.flag))
            });
            let members = members.collect::<Result<Vec<_>, BtfError>>()?;
            let name = text(head.name)?;
            if head.kind == Kind::Struct {
                Type::Struct { name, size, members }
            } else {
                Type::Union { name, size, members }
            }
        }
        Kind::Enum | Kind::Enum64 => {
            let stride = if head.kind == Kind::Enum { 8 } else { 12 };
            let values = (0..head.vlen as usize).map(|index| {
                let low = word(stride * index + 4)?;
                let value = match (head.kind, head.flag) {
                    (Kind::Enum64, _) => (u64::from(word(stride * index + 8)?) << 32 | u64::from(low)) as i64,
                    (_, true) => i64::from(low as i32),
                    (_, false) => i64::from(low),
                };
                Ok(EnumValue { name: text(word(stride * index)?)?, value })
            });
            let values = values.collect::<Result<Vec<_>, BtfError>>()?;
            Type::Enum { name: text(head.name)?, size, signed: head.flag, values }
        }
        Kind::Forward => Type::Forward { name: text(head.name)?, union: head.flag },
        Kind::Typedef => Type::Typedef { name: text(head.name)?, target },
        Kind::Volatile => Type::Volatile(target),
        Kind::Const => Type::Const(target),
        Kind::Restrict => Type::Restrict(target),
        Kind::Function => {
            Type::Function { name: text(head.name)?, prototype: target, linkage: linkage(head.vlen) }
        }
        Kind::Prototype => {
            let parameters = (0..head.vlen as usize).map(|index| {
                Ok(Parameter { name: text(word(8 * index)?)?, ty: TypeId(word(8 * index + 4)?) })
            });
            Type::Prototype { returns: target, parameters: parameters.collect::<Result<_, BtfError>>()? }
        }
        Kind::Variable => Type::Variable { name: text(head.name)?, ty: target, linkage: linkage(word(0)?) },
        Kind::Section => {
            let variables = (0..head.vlen as usize).map(|index| {
                let (ty, offset, size) = (word(12 * index)?, word(12 * index + 4)?, word(12 * index + 8)?);
                Ok(SectionVariable { ty: TypeId(ty), offset, size })
            });
            let variables = variables.collect::<Result<Vec<_>, BtfError>>()?;
            Type::Section { name: text(head.name)?, size, variables }
        }
        Kind::Float => Type::Float { name: text(head.name)?, size },
        Kind::DeclTag => Type::DeclTag { name: text(head.name)?, target, component: word(0)? as i32 },
        Kind::TypeTag => Type::TypeTag { name: text(head.name)?, target },
    })
}

/// A member with its place as the kernel writes it: in bits, with the size of a bit field above where `flag`.
pub(crate) fn member(name: String, ty: TypeId, place: u32, flag: bool) -> Member {
    let (bit_offset, size) = if flag { (place & 0x00ff_ffff, (place >> 24) as u8) } else { (place, 0) };
    let start = (bit_offset % 8) as u8;
    let bits = (size != 0 || start != 0).then_some(Bits { start, size });
    Member { name, ty, offset: bit_offset / 8, bits }
}

fn linkage(number: u32) -> Linkage {
    match number {
        0 => Linkage::Static,
        1 => Linkage::Global,
        _ => Linkage::Extern,
    }
}

impl Btf {
    /// Reads a whole set of types, with the numbers that they have in `bytes`.
    pub fn decode(bytes: &[u8]) -> Result<Btf, BtfError> {
        let layout = layout(bytes)?;
        let strings = &bytes[layout.strings.clone()];
        let mut btf = Btf::default();
        let mut at = layout.types.start;
        while at < layout.types.end {
            let id = btf.len() as u32 + 1;
            let head = head(bytes, at, id)?;
            btf.push(read_type(bytes, strings, at, id)?);
            at += TYPE_BYTES + tail_bytes(&head);
        }
        let count = btf.len() as u32;
        for (id, ty) in btf.iter() {
            if let Some(target) = ty.references().into_iter().find(|target| target.0 > count) {
                return Err(BtfError::Reference { id: id.0, target: target.0 });
            }
        }
        Ok(btf)
    }
}
