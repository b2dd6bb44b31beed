//! Types to bytes.

use std::collections::HashMap;

use crate::build::Btf;
use crate::decode::{HEADER_BYTES, MAGIC, VERSION};
use crate::types::{IntEncoding, Kind, Linkage, Member, Type, TypeId};

/// The strings of a blob, each once. The first is empty.
#[derive(Clone, Debug)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    known: HashMap<String, u32>,
}

impl Strings {
    pub fn new() -> Strings {
        Strings { bytes: vec![0], known: HashMap::from([(String::new(), 0)]) }
    }

    pub fn add(&mut self, text: &str) -> u32 {
        if let Some(offset) = self.known.get(text) {
            return *offset;
        }
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        self.known.insert(text.to_string(), offset);
        offset
    }
}

impl Btf {
    /// The bytes that the kernel takes, with the same type numbers. The same types give the same bytes. Where arrays want
    /// a type for their index and there is no unsigned integer of 4 bytes, one is added behind.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&[]).0
    }

    /// The same, with more `strings` in the blob for sections that refer to it, and their offsets.
    pub fn encode_with(&self, strings: &[&str]) -> (Vec<u8>, Vec<u32>) {
        let mut table = Strings::new();
        let mut types: Vec<u8> = Vec::new();
        let index = self.index_type();
        for (_, ty) in self.iter() {
            encode(ty, index.0, &mut table, &mut types);
        }
        if let (index, true) = index {
            encode(&index_int(), index, &mut table, &mut types);
        }
        let offsets = strings.iter().map(|text| table.add(text)).collect();
        let mut bytes = Vec::with_capacity(types.len() + table.bytes.len() + HEADER_BYTES as usize);
        bytes.extend_from_slice(&MAGIC.to_le_bytes());
        bytes.extend_from_slice(&[VERSION, 0]);
        let words = [HEADER_BYTES, 0, types.len() as u32, types.len() as u32, table.bytes.len() as u32];
        for word in words {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&types);
        bytes.extend_from_slice(&table.bytes);
        (bytes, offsets)
    }

    /// The type of array indexes, and whether it must be added.
    fn index_type(&self) -> (u32, bool) {
        let arrays = self.iter().any(|(_, ty)| ty.kind() == Kind::Array);
        let known = self.iter().find(|(_, ty)| {
            matches!(ty, Type::Int { size: 4, encoding: IntEncoding::Unsigned | IntEncoding::Signed, .. })
        });
        match known {
            Some((id, _)) => (id.0, false),
            None => (self.len() as u32 + 1, arrays),
        }
    }
}

fn index_int() -> Type {
    Type::Int { name: "__ARRAY_SIZE_TYPE__".into(), size: 4, encoding: IntEncoding::Unsigned }
}

fn linkage(linkage: Linkage) -> u32 {
    match linkage {
        Linkage::Static => 0,
        Linkage::Global => 1,
        Linkage::Extern => 2,
    }
}

fn encode(ty: &Type, index: u32, strings: &mut Strings, out: &mut Vec<u8>) {
    let words = |out: &mut Vec<u8>, words: &[u32]| {
        words.iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
    };
    let name = strings.add(ty.name());
    let kind = (ty.kind() as u32) << 24;
    let head = |out: &mut Vec<u8>, info: u32, word: u32| words(out, &[name, kind | info, word]);
    const FLAG: u32 = 1 << 31;
    match ty {
        Type::Int { size, encoding, .. } => {
            head(out, 0, *size);
            let encoding = match encoding {
                IntEncoding::Unsigned => 0,
                IntEncoding::Signed => 1,
                IntEncoding::Char => 2,
                IntEncoding::Bool => 4,
            };
            words(out, &[encoding << 24 | size.saturating_mul(8)]);
        }
        Type::Pointer(TypeId(target))
        | Type::Volatile(TypeId(target))
        | Type::Const(TypeId(target))
        | Type::Restrict(TypeId(target))
        | Type::Typedef { target: TypeId(target), .. }
        | Type::TypeTag { target: TypeId(target), .. } => head(out, 0, *target),
        Type::Array { element, length } => {
            head(out, 0, 0);
            words(out, &[element.0, index, *length]);
        }
        Type::Struct { size, members, .. } | Type::Union { size, members, .. } => {
            let flag = members.iter().any(|member| member.bits.is_some());
            head(out, if flag { FLAG } else { 0 } | members.len() as u32, *size);
            for member in members {
                words(out, &[strings.add(&member.name), member.ty.0, place(member)]);
            }
        }
        Type::Enum { size, signed, values, .. } => {
            head(out, if *signed { FLAG } else { 0 } | values.len() as u32, *size);
            for value in values {
                let name = strings.add(&value.name);
                match size {
                    8 => words(out, &[name, value.value as u32, (value.value >> 32) as u32]),
                    _ => words(out, &[name, value.value as u32]),
                }
            }
        }
        Type::Forward { union, .. } => head(out, if *union { FLAG } else { 0 }, 0),
        Type::Function { prototype, linkage: of, .. } => head(out, linkage(*of), prototype.0),
        Type::Prototype { returns, parameters } => {
            head(out, parameters.len() as u32, returns.0);
            for parameter in parameters {
                words(out, &[strings.add(&parameter.name), parameter.ty.0]);
            }
        }
        Type::Variable { ty, linkage: of, .. } => {
            head(out, 0, ty.0);
            words(out, &[linkage(*of)]);
        }
        Type::Section { size, variables, .. } => {
            head(out, variables.len() as u32, *size);
            for variable in variables {
                words(out, &[variable.ty.0, variable.offset, variable.size]);
            }
        }
        Type::Float { size, .. } => head(out, 0, *size),
        Type::DeclTag { target, component, .. } => {
            head(out, 0, target.0);
            words(out, &[*component as u32]);
        }
    }
}

/// The place of a member in bits, with the size of a bit field above.
fn place(member: &Member) -> u32 {
    member.bit_offset() | member.bits.map_or(0, |bits| u32::from(bits.size) << 24)
}
