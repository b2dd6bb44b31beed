//! A compiled BPF object with symbolic relocations: what all inputs become and all judges and writers read.

use std::ops::Range;

use gobpf_btf::{Btf, TypeId};
use gobpf_source::Origin;

use crate::insn::Insn;
use crate::tables::{AttachType, Caller, MapKind, ProgramKind};
use crate::version::KernelVersion;

/// A whole object.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Object {
    /// Programs in source order.
    pub programs: Vec<Program>,
    /// Maps, those of global data included; addressed by [`MapId`].
    pub maps: Vec<Map>,
    /// Variables of global data, by map and offset.
    pub globals: Vec<Global>,
    /// Functions and variables of the kernel that programs use; addressed by [`ExternId`].
    pub externs: Vec<Extern>,
    /// Types of keys, values and functions.
    pub btf: Btf,
    /// The licence, `GPL` where nothing else is said.
    pub license: String,
    /// The kernel that it was compiled for.
    pub target: KernelVersion,
}

/// A map of an [`Object`], by its index in `maps`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MapId(pub u32);

/// A variable of global data.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    /// Its name.
    pub name: String,
    /// The map that holds it.
    pub map: MapId,
    /// Byte offset into the map's value.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// Its type, where known.
    pub ty: Option<TypeId>,
    /// Its value is chosen when the object is loaded, and constant from then on.
    pub constant: bool,
}

/// An extern of an [`Object`], by its index in `externs`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExternId(pub u32);

/// A function or variable of the kernel, found in its BTF by name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Extern {
    /// Its name, such as `bpf_task_acquire`.
    pub name: String,
    /// What it is.
    pub kind: ExternKind,
    /// Its type in the object's BTF, where declared: a function, or a variable's type.
    pub ty: Option<TypeId>,
    /// The object loads where the kernel has none: a variable's address is 0, a call must not be reached.
    pub weak: bool,
}

/// What an [`Extern`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExternKind {
    /// A kernel function.
    Kfunc,
    /// A variable whose address comes with its type from the kernel's BTF.
    Variable,
    /// A symbol without type: its address is a number.
    Symbol,
}

/// A program.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Program {
    /// Its name in Go, such as `OnExec`.
    pub name: String,
    /// Its section, such as `tracepoint/syscalls/sys_enter_execve`.
    pub section: String,
    /// What the section means.
    pub kind: ProgramKind,
    /// The expected attach type it is loaded with; 0 for kinds without one, and for struct_ops (see `hook`).
    pub attach: AttachType,
    /// What it attaches to by BTF, by its name in the kernel's BTF: `btf_trace_sched_switch`, `bpf_iter_task`,
    /// `bpf_lsm_file_open`, `vfs_truncate`; for struct_ops type and member, `tcp_congestion_ops/ssthresh`.
    pub hook: Option<String>,
    /// What it replaces a function of, where it is an extension (`freplace`).
    pub replaces: Option<Replaced>,
    /// `BPF_F_*` flags of loading, such as [`flags::SLEEPABLE`].
    pub flags: u32,
    /// Its function in the object's BTF, where known.
    pub func: Option<TypeId>,
    /// What is missing for a verdict on it, such as kernel types for CO-RE relocations.
    pub lacks: Option<String>,
    /// Its instructions.
    pub code: Code,
}

/// A program that an extension replaces the function of: a global one with the prototype of the extension's own, that
/// doesn't change packets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Replaced {
    /// The other program's kind, whose context, helpers and results are the extension's as well.
    pub kind: ProgramKind,
    /// The attach type that it was loaded with.
    pub attach: AttachType,
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
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Subprogram {
    /// Its first slot.
    pub slot: u32,
    /// Its name in Go, such as `T.Method`.
    pub name: String,
    /// Bytes of its stack frame.
    pub stack_bytes: u32,
    /// Its function in the object's BTF, where known: global ones are verified by themselves.
    pub func: Option<TypeId>,
}

/// Flags of loading a program (`BPF_F_*` of `linux/bpf.h`).
pub mod flags {
    /// Misaligned accesses are refused even where the machine allows them.
    pub const STRICT_ALIGNMENT: u32 = 1 << 0;
    /// Misaligned accesses are allowed.
    pub const ANY_ALIGNMENT: u32 = 1 << 1;
    /// The kernel fills upper halves at random (for its own tests).
    pub const TEST_RND_HI32: u32 = 1 << 2;
    /// States are kept at every instruction where they may be (for the kernel's own tests).
    pub const TEST_STATE_FREQ: u32 = 1 << 3;
    /// The program may sleep.
    pub const SLEEPABLE: u32 = 1 << 4;
    /// An XDP program that knows packets in several buffers.
    pub const XDP_HAS_FRAGS: u32 = 1 << 5;
    /// The program is bound to a device for its metadata kfuncs.
    pub const XDP_DEV_BOUND_ONLY: u32 = 1 << 6;
    /// Errors of the verifier's invariants refuse the program (for the kernel's own tests).
    pub const TEST_REG_INVARIANTS: u32 = 1 << 7;

    /// All of them with the names that texts use.
    pub const NAMES: &[(&str, u32)] = &[
        ("strict_alignment", STRICT_ALIGNMENT),
        ("any_alignment", ANY_ALIGNMENT),
        ("test_rnd_hi32", TEST_RND_HI32),
        ("test_state_freq", TEST_STATE_FREQ),
        ("sleepable", SLEEPABLE),
        ("xdp_has_frags", XDP_HAS_FRAGS),
        ("xdp_dev_bound_only", XDP_DEV_BOUND_ONLY),
        ("test_reg_invariants", TEST_REG_INVARIANTS),
    ];
}

/// A 16-byte load whose value is known only when the object is loaded, or a call of a kernel function. What is filled in
/// is zero until then.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Relocation {
    /// The call, or the first slot of the load.
    pub slot: u32,
    /// What it loads or calls.
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
    /// A function of the kernel: of a call (`BPF_PSEUDO_KFUNC_CALL`), or its address.
    Kfunc(ExternId),
    /// A variable of the kernel (`BPF_PSEUDO_BTF_ID`), or the address of a symbol.
    Variable(ExternId),
}

/// A map.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
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
    /// `map_extra` of creation: hash functions of a Bloom filter, the address of an arena.
    pub extra: u64,
    /// What the maps in a map of maps look like: another map of the object.
    pub inner: Option<MapId>,
    /// Type of a key, where known.
    pub key: Option<TypeId>,
    /// Type of a value, where known.
    pub value: Option<TypeId>,
    /// Entries to put in before programs run: keys and values as bytes.
    pub entries: Vec<(Vec<u8>, Vec<u8>)>,
    /// First value, for global data.
    pub contents: Option<MapContents>,
}

/// The first value of a map of global data.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct MapContents {
    /// The value of key 0: `value_size` bytes.
    pub data: Vec<u8>,
    /// Frozen before any program is loaded, so that the verifier reads it as constants.
    pub frozen: bool,
    /// Bytes of a frozen value that may be others when programs are loaded: what is read from them is not constant.
    pub unknown: Vec<Range<u32>>,
}

impl Object {
    /// The map `id`.
    pub fn map(&self, id: MapId) -> &Map {
        &self.maps[id.0 as usize]
    }

    /// The extern `id`.
    pub fn external(&self, id: ExternId) -> Option<&Extern> {
        self.externs.get(id.0 as usize)
    }

    /// The number of the extern `name`, added as `kind` where there is none.
    pub fn extern_named(&mut self, name: &str, kind: ExternKind) -> ExternId {
        let known = self.externs.iter().position(|one| one.name == name);
        let index = known.unwrap_or_else(|| {
            self.externs.push(Extern { name: name.to_string(), kind, ty: None, weak: false });
            self.externs.len() - 1
        });
        ExternId(index as u32)
    }
}

impl Program {
    /// Whether it may sleep.
    pub fn is_sleepable(&self) -> bool {
        self.flags & flags::SLEEPABLE != 0
    }

    /// The program as it decides which helpers it may call.
    pub fn caller(&self) -> Caller<'_> {
        Caller {
            kind: self.kind,
            attach: self.attach,
            sleepable: self.is_sleepable(),
            hook: self.hook.as_deref().unwrap_or(""),
        }
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
