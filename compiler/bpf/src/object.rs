//! A compiled BPF object with symbolic relocations: what all inputs become and all judges and writers read.

use gobpf_btf::{Btf, TypeId};
use gobpf_source::Origin;

use crate::insn::Insn;
use crate::tables::{MapKind, ProgramKind};
use crate::version::KernelVersion;

/// A whole object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Object {
    /// Programs in source order.
    pub programs: Vec<Program>,
    /// Maps, those of global data included; addressed by [`MapId`].
    pub maps: Vec<Map>,
    /// Types of keys and values.
    pub btf: Btf,
    /// The licence, `GPL` where nothing else is said.
    pub license: String,
    /// The kernel that it was compiled for.
    pub target: KernelVersion,
}

/// A map of an [`Object`], by its index in `maps`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MapId(pub u32);

/// A program.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Program {
    /// Its name in Go, such as `OnExec`.
    pub name: String,
    /// Its section, such as `tracepoint/syscalls/sys_enter_execve`.
    pub section: String,
    /// What the section means.
    pub kind: ProgramKind,
    /// Its instructions.
    pub code: Code,
}

/// Instructions with what belongs to each.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Code {
    /// Slots; a 16-byte load takes two.
    pub insns: Vec<Insn>,
    /// One for each slot: where it comes from. Empty for code that has no source.
    pub origins: Vec<Origin>,
    /// More places that slots come from, where equal code was merged; by slot, ascending.
    pub merged: Vec<(u32, Origin)>,
    /// What is filled in at load time, by slot, ascending.
    pub relocations: Vec<Relocation>,
    /// Bytes of stack used: by the deepest chain of calls.
    pub stack_bytes: u32,
    /// The functions that the program calls (bpf-to-bpf), in the order of their code, which follows the program's.
    pub subprograms: Vec<Subprogram>,
}

/// A function of a program's code.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Subprogram {
    /// Its first slot.
    pub slot: u32,
    /// Its name in Go, such as `T.Method`.
    pub name: String,
    /// Bytes of its stack frame.
    pub stack_bytes: u32,
}

/// A 16-byte load whose value is known only when the object is loaded. Its slots hold zero until then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Relocation {
    /// The first slot of the load.
    pub slot: u32,
    /// What it loads.
    pub target: RelocationTarget,
}

/// What a relocated load gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RelocationTarget {
    /// The map itself (`BPF_PSEUDO_MAP_FD`).
    Map(MapId),
    /// A place in the value of a one-element array map (`BPF_PSEUDO_MAP_VALUE`).
    MapValue {
        /// The map.
        map: MapId,
        /// Byte offset into the value.
        offset: u32,
    },
}

/// A map.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Map {
    /// Its name in Go, or `.rodata`, `.data`, `.bss`.
    pub name: String,
    /// Kind of map.
    pub kind: MapKind,
    /// Size of a key in bytes.
    pub key_size: u32,
    /// Size of a value in bytes.
    pub value_size: u32,
    /// Number of entries at most (bytes, for a ring buffer).
    pub max_entries: u32,
    /// `BPF_F_*` flags of creation.
    pub flags: u32,
    /// Type of a key, where known.
    pub key: Option<TypeId>,
    /// Type of a value, where known.
    pub value: Option<TypeId>,
    /// First value, for global data.
    pub contents: Option<MapContents>,
}

/// The first value of a map of global data.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MapContents {
    /// The value of key 0: `value_size` bytes.
    pub data: Vec<u8>,
    /// Frozen before any program is loaded, so that the verifier reads it as constants.
    pub frozen: bool,
}

impl Object {
    /// The map `id`.
    pub fn map(&self, id: MapId) -> &Map {
        &self.maps[id.0 as usize]
    }
}

impl Code {
    /// Every place that `slot` comes from.
    pub fn origins_of(&self, slot: u32) -> impl Iterator<Item = Origin> {
        let first = self.merged.partition_point(|(merged, _)| *merged < slot);
        let more = self.merged[first..].iter().take_while(move |(merged, _)| *merged == slot);
        self.origins.get(slot as usize).copied().into_iter().chain(more.map(|(_, origin)| *origin))
    }

    /// The function that starts at `slot`, if one of the program's does.
    pub fn subprogram_at(&self, slot: u32) -> Option<&Subprogram> {
        let index = self.subprograms.binary_search_by_key(&slot, |subprogram| subprogram.slot).ok()?;
        Some(&self.subprograms[index])
    }

    /// What the load at `slot` is filled with, if it is a relocated one.
    pub fn relocation_at(&self, slot: u32) -> Option<RelocationTarget> {
        let index = self.relocations.binary_search_by_key(&slot, |relocation| relocation.slot).ok()?;
        Some(self.relocations[index].target)
    }
}
