//! An index of BTF that stays in its bytes: the kernel's own has 5 MB.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::decode::{Head, TYPE_BYTES, head, layout, name, read_type, tail_bytes, u32_at};
use crate::error::BtfError;
use crate::queries::{DEPTH, Extent, Types};
use crate::types::{Bits, Kind, Type, TypeId};

/// The types of a kernel, found by number in constant time and by name through an index that is made at the first
/// question. Types are read from the bytes when they are asked for.
#[derive(Clone)]
pub struct KernelBtf {
    bytes: Arc<[u8]>,
    strings: Range<usize>,
    /// Where each type starts; type 1 first.
    starts: Arc<[u32]>,
    names: Arc<OnceLock<Names>>,
    tags: Arc<OnceLock<HashMap<u32, Vec<u32>>>>,
}

/// Types by the hash of their names, in open addressing: a slot holds a type's number, or 0.
struct Names {
    slots: Vec<u32>,
}

/// A member as it stands in the bytes.
#[derive(Clone, Copy)]
pub struct MemberRef<'a> {
    btf: &'a KernelBtf,
    name: u32,
    /// Its type.
    pub ty: TypeId,
    /// Offset in bytes.
    pub offset: u32,
    /// The bits of a bit field.
    pub bits: Option<Bits>,
}

impl<'a> MemberRef<'a> {
    /// Its name; may be empty.
    pub fn name(&self) -> &'a str {
        self.btf.text(self.name)
    }
}

impl std::fmt::Debug for KernelBtf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KernelBtf({} types)", self.len())
    }
}

fn hash(name: &str) -> usize {
    name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    }) as usize
}

impl KernelBtf {
    /// Takes the bytes of `/sys/kernel/btf/vmlinux`, or of any object's `.BTF` section.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<KernelBtf, BtfError> {
        let bytes = bytes.into();
        let layout = layout(&bytes)?;
        let mut starts = Vec::with_capacity(layout.types.len() / 24);
        let mut at = layout.types.start;
        while at < layout.types.end {
            let id = starts.len() as u32 + 1;
            starts.push(at as u32);
            at += TYPE_BYTES + tail_bytes(&head(&bytes, at, id)?);
        }
        if at != layout.types.end {
            return Err(BtfError::Truncated { what: format!("type {}", starts.len()) });
        }
        Ok(KernelBtf {
            bytes,
            strings: layout.strings,
            starts: starts.into(),
            names: Arc::default(),
            tags: Arc::default(),
        })
    }

    /// Number of types, `void` not counted.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are no types.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The kind of type `id`.
    pub fn kind(&self, id: TypeId) -> Option<Kind> {
        Some(self.head(id)?.kind)
    }

    /// The name of type `id`; empty where it has none.
    pub fn name(&self, id: TypeId) -> &str {
        self.head(id).map_or("", |head| self.text(head.name))
    }

    /// The type that `id` refers to, for pointers, qualifiers, typedefs, type tags, functions, variables and tags; the
    /// result of a prototype.
    pub fn target(&self, id: TypeId) -> Option<TypeId> {
        let head = self.head(id)?;
        let refers = matches!(
            head.kind,
            Kind::Pointer
                | Kind::Typedef
                | Kind::Volatile
                | Kind::Const
                | Kind::Restrict
                | Kind::Function
                | Kind::Prototype
                | Kind::Variable
                | Kind::DeclTag
                | Kind::TypeTag
        );
        refers.then_some(TypeId(head.word))
    }

    /// The type `id`, read whole.
    pub fn get(&self, id: TypeId) -> Option<Type> {
        let at = self.start(id)?;
        read_type(&self.bytes, &self.bytes[self.strings.clone()], at, id.0).ok()
    }

    /// The members of the struct or union `id`, without copies.
    pub fn members(&self, id: TypeId) -> impl Iterator<Item = MemberRef<'_>> {
        let head = self.head(id).filter(|head| matches!(head.kind, Kind::Struct | Kind::Union));
        let start = self.start(id).unwrap_or(0) + TYPE_BYTES;
        let (count, flag) = head.map_or((0, false), |head| (head.vlen as usize, head.flag));
        (0..count).map_while(move |index| {
            let word = |offset| u32_at(&self.bytes, start + 12 * index + offset);
            let member = crate::decode::member(String::new(), TypeId(word(4)?), word(8)?, flag);
            let (ty, offset, bits) = (member.ty, member.offset, member.bits);
            Some(MemberRef { btf: self, name: word(0)?, ty, offset, bits })
        })
    }

    /// The elements' type of the array `id`, and how many there are.
    pub fn array(&self, id: TypeId) -> Option<(TypeId, u32)> {
        let tail = self.start(id).filter(|_| self.kind(id) == Some(Kind::Array))? + TYPE_BYTES;
        Some((TypeId(u32_at(&self.bytes, tail)?), u32_at(&self.bytes, tail + 8)?))
    }

    /// The first type of `kind` that is called `name`.
    pub fn find(&self, name: &str, kind: Kind) -> Option<TypeId> {
        self.named(name).filter(|id| self.kind(*id) == Some(kind)).min()
    }

    /// All types that are called `name`, in no order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = TypeId> + 'a {
        let names = self.names.get_or_init(|| self.index_names());
        let mask = names.slots.len().wrapping_sub(1);
        (0..names.slots.len())
            .map(move |step| names.slots[hash(name).wrapping_add(step) & mask])
            .take_while(|id| *id != 0)
            .map(TypeId)
            .filter(move |id| self.name(*id) == name)
    }

    /// The tags on the declaration `id`, or on the member or parameter `component` of it, with the numbers of the tags.
    pub fn tags(&self, id: TypeId) -> impl Iterator<Item = (&str, i32)> {
        let tags = self.tags.get_or_init(|| self.index_tags());
        tags.get(&id.0).map_or(&[][..], Vec::as_slice).iter().map(|tag| {
            let component = self.start(TypeId(*tag)).and_then(|at| u32_at(&self.bytes, at + TYPE_BYTES));
            (self.name(TypeId(*tag)), component.unwrap_or(u32::MAX) as i32)
        })
    }

    /// All functions that carry the tag `tag`, such as `bpf_kfunc`.
    pub fn tagged(&self, tag: &str) -> Vec<TypeId> {
        let tags = self.tags.get_or_init(|| self.index_tags());
        let mut found: Vec<TypeId> = tags
            .iter()
            .filter(|(_, tags)| tags.iter().any(|id| self.name(TypeId(*id)) == tag))
            .map(|(id, _)| TypeId(*id))
            .collect();
        found.sort();
        found
    }

    /// All numbers of types, in order.
    pub fn ids(&self) -> impl Iterator<Item = TypeId> + use<> {
        (1..=self.starts.len() as u32).map(TypeId)
    }

    fn start(&self, id: TypeId) -> Option<usize> {
        self.starts.get(id.0.checked_sub(1)? as usize).map(|start| *start as usize)
    }

    fn head(&self, id: TypeId) -> Option<Head> {
        head(&self.bytes, self.start(id)?, id.0).ok()
    }

    fn text(&self, offset: u32) -> &str {
        name(&self.bytes[self.strings.clone()], offset).unwrap_or("")
    }

    fn index_names(&self) -> Names {
        let slots = (self.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![0u32; slots];
        let mask = slots.len() - 1;
        for id in self.ids() {
            let name = self.name(id);
            if name.is_empty() {
                continue;
            }
            let mut at = hash(name) & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = id.0;
        }
        Names { slots }
    }

    fn index_tags(&self) -> HashMap<u32, Vec<u32>> {
        let mut tags: HashMap<u32, Vec<u32>> = HashMap::new();
        for id in self.ids() {
            if let Some(head) = self.head(id).filter(|head| head.kind == Kind::DeclTag) {
                tags.entry(head.word).or_default().push(id.0);
            }
        }
        tags
    }
}

impl Types for KernelBtf {
    fn lookup(&self, id: TypeId) -> Option<Cow<'_, Type>> {
        self.get(id).map(Cow::Owned)
    }

    fn find(&self, name: &str, kind: Kind) -> Option<TypeId> {
        KernelBtf::find(self, name, kind)
    }

    /// As for all types, but without reading members.
    fn extent(&self, id: TypeId) -> Option<Extent> {
        let id = self.strip(id);
        let head = self.head(id)?;
        Some(match head.kind {
            Kind::Int
            | Kind::Float
            | Kind::Enum
            | Kind::Enum64
            | Kind::Struct
            | Kind::Union
            | Kind::Section => Extent::Bytes(head.word),
            Kind::Pointer => Extent::Bytes(8),
            Kind::Array => {
                let (element, length) = self.array(id)?;
                Extent::Array(element, length)
            }
            Kind::Variable => Extent::Of(TypeId(head.word)),
            _ => return None,
        })
    }

    fn strip(&self, id: TypeId) -> TypeId {
        let mut id = id;
        for _ in 0..DEPTH {
            match self.head(id) {
                Some(head)
                    if matches!(
                        head.kind,
                        Kind::Typedef | Kind::Volatile | Kind::Const | Kind::Restrict | Kind::TypeTag
                    ) =>
                {
                    id = TypeId(head.word);
                }
                _ => break,
            }
        }
        id
    }
}
