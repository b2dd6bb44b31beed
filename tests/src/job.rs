//! A job for a kernel: programs with their maps and inputs, as plain data that can travel into a virtual machine, and the
//! report that comes back.

use std::collections::{BTreeMap, BTreeSet};

use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{ExternKind, Map, Object, Program, RelocationTarget};
use gobpf_btf::TypeId;
use serde::{Deserialize, Serialize};

use crate::functions::FunctionInfo;
use crate::hex::Hex;

/// `BTF_KIND_FUNC`, `BTF_KIND_VAR`
const KIND_FUNC: u32 = 12;
const KIND_VAR: u32 = 14;
/// Map kinds that take no types: perf_event_array, cgroup_array, stack_trace, maps of maps, devmap, cpumap, xskmap, sockmap
/// and sockhash, queue, stack, devmap_hash, ring buffers.
const WITHOUT_TYPES: [u32; 15] = [4, 7, 8, 12, 13, 14, 15, 16, 17, 18, 22, 23, 25, 27, 31];

/// Map kinds that have programs in them: prog_array, devmap, cpumap, devmap_hash.
const OF_PROGRAMS: [u32; 4] = [3, 14, 16, 25];

/// What a kernel is asked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Job {
    /// Such as `GPL`.
    pub license: String,
    /// Types of keys and values; may be empty.
    #[serde(default)]
    pub btf: Hex,
    /// Maps to create first.
    pub maps: Vec<MapSpec>,
    /// Entries to put in before frozen maps are frozen and programs are loaded.
    pub entries: Vec<Entry>,
    /// Programs to load, each for itself: one that is rejected doesn't keep the others out.
    pub programs: Vec<ProgramSpec>,
    /// Also fetch the verifier's full log of programs that are accepted.
    pub log: bool,
    /// Leave the logs of programs that are rejected out of the report, and don't even make those of programs that are
    /// too large, and most of those of long ones: their last words stay, the place of the latter is not known. Without runs,
    /// leave out entries, too.
    #[serde(default)]
    pub brief: bool,
    /// What to do once they are loaded, in order.
    pub runs: Vec<Run>,
    /// Collect the trace output of the runs.
    pub trace: bool,
}

/// A program to load.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ProgramSpec {
    /// Its name; only the letters, digits and underscores of it reach the kernel.
    pub name: String,
    /// `enum bpf_prog_type`.
    pub kind: u32,
    /// Where it attaches, such as `tracepoint/syscalls/sys_enter_openat`; empty where it is never attached.
    pub section: String,
    /// Instruction slots, 8 bytes each, before relocation.
    pub insns: Hex,
    /// What the loads of addresses are filled with.
    pub relocations: Vec<Relocation>,
    /// Calls of functions and loads of variables of the kernel.
    #[serde(default)]
    pub externs: Vec<ExternSpec>,
    /// `enum bpf_attach_type`.
    #[serde(default)]
    pub attach: u32,
    /// `BPF_F_*`.
    #[serde(default)]
    pub flags: u32,
    /// What it is for, by its name in the kernel's BTF; for struct_ops type and member.
    #[serde(default)]
    pub hook: Option<String>,
    /// Kind and attach type of the program that it replaces a function of.
    #[serde(default)]
    pub replaces: Option<(u32, u32)>,
    /// Types of its functions; may be empty.
    #[serde(default)]
    pub btf: Hex,
    /// First slot and type of each function.
    #[serde(default)]
    pub functions: Vec<(u32, u32)>,
}

/// A call of a function of the kernel, or a load of a variable's address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExternSpec {
    /// The call, or the first slot of the load.
    pub slot: u32,
    /// Its name.
    pub name: String,
    /// `BTF_KIND_*`.
    pub kind: u32,
    /// The address as a number, from the kernel's list of symbols.
    pub address: bool,
}

/// A load to fill in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Relocation {
    /// First slot of the 16-byte load.
    pub slot: u32,
    /// Index into [`Job::maps`].
    pub map: u32,
    /// With an offset in bytes: the address of the map's value; without: the map itself.
    pub value_offset: Option<u32>,
}

/// A map to create.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MapSpec {
    /// Name in the object.
    pub name: String,
    /// `enum bpf_map_type`.
    pub kind: u32,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Number of entries at most.
    pub max_entries: u32,
    /// `BPF_F_*`.
    pub flags: u32,
    /// No writes after its entries are in: the verifier reads it as constants.
    pub frozen: bool,
    /// `map_extra`.
    #[serde(default)]
    pub extra: u64,
    /// Another map of the job that maps in this one are like.
    #[serde(default)]
    pub inner: Option<u32>,
    /// Type of the key in [`Job::btf`]; 0 for none.
    #[serde(default)]
    pub key_type: u32,
    /// Type of the value in [`Job::btf`]; 0 for none.
    #[serde(default)]
    pub value_type: u32,
}

/// An entry of a map.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Index into [`Job::maps`].
    pub map: u32,
    /// Key bytes.
    pub key: Hex,
    /// Value bytes (of one processor's copy for per-processor kinds).
    pub value: Hex,
}

/// One thing to do with a loaded program. When it wasn't accepted, the run fails.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Index into [`Job::programs`].
    pub program: u32,
    /// What makes it run.
    pub input: Input,
}

/// What makes a program run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Input {
    /// `BPF_PROG_TEST_RUN` on a packet of at least 14 bytes.
    Packet {
        /// The packet.
        data: Hex,
        /// How often; the kernel feeds the changed packet back.
        repeat: u32,
    },
    /// The program is attached to its tracepoint, system calls are made, and it is detached.
    SystemCall {
        /// Such as `openat`.
        name: String,
        /// How often.
        times: u32,
    },
}

/// What a kernel said and did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The verifier's answer to each program.
    pub verdicts: Vec<Verdict>,
    /// One result for each run.
    pub ran: Vec<Ran>,
    /// All entries of the maps after the runs, those of global data included, sorted.
    pub entries: Vec<Entry>,
    /// Trace output of the runs, without what the kernel puts in front of each line.
    pub trace: Vec<String>,
    /// The process that did it.
    pub pid: u32,
}

/// The verifier's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Verdict {
    /// Loaded.
    Accepted(Accepted),
    /// The verifier ran and rejected it.
    Rejected(Rejected),
    /// The kernel refused before the verifier ran: an error number and an empty log.
    Refused(Refused),
}

/// What the kernel counted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Accepted {
    /// `processed N insns`.
    pub processed: u32,
    /// `total_states`.
    pub total_states: u32,
    /// `peak_states`.
    pub peak_states: u32,
    /// Stack depth in bytes, summed over the functions of the program.
    pub stack: u32,
    /// Microseconds of verification.
    #[serde(default)]
    pub microseconds: u32,
    /// The log at level 2, where the job asks for it.
    pub log: String,
}

/// How the verifier rejected.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Rejected {
    /// The last words, without states, instructions and statistics; may have several lines.
    pub message: String,
    /// The slot that the log stops at; none where the verifier gave up before it walked the instructions.
    pub insn: Option<u32>,
    /// `processed N insns`, where printed.
    pub processed: u32,
    /// Microseconds of verification, where printed.
    #[serde(default)]
    pub microseconds: u32,
    /// The log at level 1: the path that fails.
    pub log: String,
}

/// How the kernel refused.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Refused {
    /// Such as `EINVAL`.
    pub errno: String,
    /// What was being done, such as `create map calls`.
    pub doing: String,
}

/// The result of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ran {
    /// What the program returned (0 for one that was attached), or why it did not run.
    pub result: Result<u32, String>,
    /// The packet afterwards.
    pub data: Hex,
    /// Nanoseconds a run, as the kernel measures.
    pub nanoseconds: u32,
}

impl Job {
    /// The job of loading all programs of `object`.
    pub fn of(object: &Object) -> Job {
        let entries = object.maps.iter().enumerate().flat_map(|(index, map)| {
            let map_index = index as u32;
            let contents = map.contents.iter().map(move |contents| {
                let key = Hex(vec![0; map.key_size as usize]);
                Entry { map: map_index, key, value: Hex(contents.data.clone()) }
            });
            let entry = move |(key, value): &(Vec<u8>, Vec<u8>)| Entry {
                map: map_index,
                key: Hex(key.clone()),
                value: Hex(value.clone()),
            };
            contents.chain(map.entries.iter().map(entry))
        });
        let btf = Hex(if object.btf.is_empty() { Vec::new() } else { object.btf.encode() });
        Job {
            license: object.license.clone(),
            maps: object.maps.iter().map(MapSpec::of).collect(),
            entries: entries.collect(),
            programs: object.programs.iter().map(|program| ProgramSpec::of(object, program, &btf)).collect(),
            btf,
            ..Job::default()
        }
    }

    /// The same without maps that no program uses.
    #[must_use]
    pub fn without_unused_maps(mut self) -> Job {
        let relocations = self.programs.iter().flat_map(|program| &program.relocations);
        let mut used: BTreeSet<u32> = relocations.map(|relocation| relocation.map).collect();
        let inner = |map: &u32| self.maps.get(*map as usize).and_then(|map| map.inner);
        used.extend(used.iter().filter_map(inner).collect::<Vec<_>>());
        let number: BTreeMap<u32, u32> = used.iter().copied().zip(0..).collect();
        for relocation in self.programs.iter_mut().flat_map(|program| &mut program.relocations) {
            relocation.map = number.get(&relocation.map).copied().unwrap_or(0);
        }
        self.entries.retain(|entry| used.contains(&entry.map));
        for inner in self.maps.iter_mut().filter_map(|map| map.inner.as_mut()) {
            *inner = number.get(inner).copied().unwrap_or(0);
        }
        for entry in &mut self.entries {
            entry.map = number.get(&entry.map).copied().unwrap_or(0);
        }
        let mut index = 0..;
        self.maps.retain(|_| index.next().is_some_and(|index| used.contains(&index)));
        self
    }

    /// The same with maps of programs for each program: such a map is for programs that are like the first one.
    #[must_use]
    pub fn with_own_maps_of_programs(mut self) -> Job {
        for program in &mut self.programs {
            let mut own = BTreeMap::new();
            for relocation in &mut program.relocations {
                let Some(map) = self.maps.get(relocation.map as usize) else { continue };
                if !OF_PROGRAMS.contains(&map.kind) {
                    continue;
                }
                let (next, map) = (self.maps.len() as u32, map.clone());
                relocation.map = *own.entry(relocation.map).or_insert_with(|| {
                    self.maps.push(map);
                    next
                });
            }
        }
        self
    }

    /// The number of the map `name`.
    pub fn map(&self, name: &str) -> Option<u32> {
        self.maps.iter().position(|map| map.name == name).map(|index| index as u32)
    }

    /// The number of the program `name`.
    pub fn program(&self, name: &str) -> Option<u32> {
        self.programs.iter().position(|program| program.name == name).map(|index| index as u32)
    }
}

impl MapSpec {
    fn of(map: &Map) -> MapSpec {
        let types = map.key.or(map.value).is_some() && !WITHOUT_TYPES.contains(&map.kind.0);
        let ty = |ty: Option<TypeId>| ty.filter(|_| types).map_or(0, |ty| ty.0);
        MapSpec {
            name: map.name.clone(),
            kind: map.kind.0,
            key_size: map.key_size,
            value_size: map.value_size,
            // As loaders do for an array for events without a number of its own; one entry is enough here.
            max_entries: map.max_entries.max(u32::from(map.kind == MapKind::PERF_EVENT_ARRAY)),
            flags: map.flags,
            frozen: map.contents.as_ref().is_some_and(|contents| contents.frozen),
            extra: map.extra,
            inner: map.inner.map(|inner| inner.0),
            key_type: ty(map.key),
            value_type: ty(map.value),
        }
    }
}

impl ProgramSpec {
    fn of(object: &Object, program: &Program, btf: &Hex) -> ProgramSpec {
        let (mut relocations, mut externs) = (Vec::new(), Vec::new());
        for relocation in &program.code.relocations {
            let slot = relocation.slot;
            match relocation.target {
                RelocationTarget::Map(map) => {
                    relocations.push(Relocation { slot, map: map.0, value_offset: None });
                }
                RelocationTarget::MapValue { map, offset } => {
                    relocations.push(Relocation { slot, map: map.0, value_offset: Some(offset) });
                }
                RelocationTarget::Kfunc(id) | RelocationTarget::Variable(id) => {
                    externs.extend(object.external(id).map(|one| ExternSpec {
                        slot,
                        name: one.name.clone(),
                        kind: if one.kind == ExternKind::Variable { KIND_VAR } else { KIND_FUNC },
                        address: one.kind == ExternKind::Symbol,
                    }));
                }
            }
        }
        let declared = declared_functions(program);
        let made = if declared.is_empty() { FunctionInfo::of(&program.code.insns) } else { None };
        let (btf, functions) = match made {
            Some(made) => (Hex(made.btf), made.records),
            None if declared.is_empty() => (Hex::default(), declared),
            None => (btf.clone(), declared),
        };
        ProgramSpec {
            name: program.name.clone(),
            kind: program.kind.0,
            section: program.section.clone(),
            insns: Hex(program.code.insns.iter().flat_map(|insn| insn.encode()).collect()),
            relocations,
            externs,
            attach: program.attach.0,
            flags: program.flags,
            hook: program.hook.clone(),
            replaces: program.replaces.map(|replaced| (replaced.kind.0, replaced.attach.0)),
            btf,
            functions,
        }
    }
}

/// First slot and type of each function, where all are known.
fn declared_functions(program: &Program) -> Vec<(u32, u32)> {
    let first = program.func.map(|ty| (0, ty.0));
    let others = program.code.subprograms.iter().map(|one| one.func.map(|ty| (one.slot, ty.0)));
    std::iter::once(first).chain(others).collect::<Option<_>>().unwrap_or_default()
}

impl Verdict {
    /// Microseconds that the verifier took, where it says so.
    pub fn microseconds(&self) -> u32 {
        match self {
            Verdict::Accepted(accepted) => accepted.microseconds,
            Verdict::Rejected(rejected) => rejected.microseconds,
            Verdict::Refused(_) => 0,
        }
    }

    /// One line: `accepted`, `rejected at 10: R1 !read_ok`, `refused: EINVAL (load)`.
    pub fn summary(&self) -> String {
        match self {
            Verdict::Accepted(_) => "accepted".to_string(),
            Verdict::Rejected(Rejected { message, insn: Some(insn), .. }) => {
                format!("rejected at {insn}: {message}")
            }
            Verdict::Rejected(Rejected { message, .. }) => format!("rejected: {message}"),
            Verdict::Refused(Refused { errno, doing }) => format!("refused: {errno} ({doing})"),
        }
    }
}
