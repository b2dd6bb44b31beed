//! A job for a kernel: programs with their maps and inputs, as plain data that can travel into a virtual machine, and the
//! report that comes back.

use gobpf_bpf::{Object, Program, RelocationTarget};
use serde::{Deserialize, Serialize};

use crate::hex::Hex;

/// What a kernel is asked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Job {
    /// Such as `GPL`.
    pub license: String,
    /// Maps to create first.
    pub maps: Vec<MapSpec>,
    /// Entries to put in before frozen maps are frozen and programs are loaded.
    pub entries: Vec<Entry>,
    /// Programs to load, each for itself: one that is rejected doesn't keep the others out.
    pub programs: Vec<ProgramSpec>,
    /// Also fetch the verifier's full log of programs that are accepted.
    pub log: bool,
    /// Leave the logs of programs that are rejected out of the report, and don't even make those of programs that are
    /// too large: their last words stay, the place of the latter is not known.
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
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
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
        let maps = object.maps.iter().map(|map| MapSpec {
            name: map.name.clone(),
            kind: map.kind.0,
            key_size: map.key_size,
            value_size: map.value_size,
            max_entries: map.max_entries,
            flags: map.flags,
            frozen: map.contents.as_ref().is_some_and(|contents| contents.frozen),
        });
        let entries = object.maps.iter().enumerate().filter_map(|(index, map)| {
            let contents = map.contents.as_ref()?;
            let key = Hex(vec![0; map.key_size as usize]);
            Some(Entry { map: index as u32, key, value: Hex(contents.data.clone()) })
        });
        Job {
            license: object.license.clone(),
            maps: maps.collect(),
            entries: entries.collect(),
            programs: object.programs.iter().map(ProgramSpec::of).collect(),
            ..Job::default()
        }
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

impl ProgramSpec {
    fn of(program: &Program) -> ProgramSpec {
        let relocations = program.code.relocations.iter().filter_map(|relocation| {
            let (map, value_offset) = match relocation.target {
                RelocationTarget::Map(map) => (map, None),
                RelocationTarget::MapValue { map, offset } => (map, Some(offset)),
                RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => return None,
            };
            Some(Relocation { slot: relocation.slot, map: map.0, value_offset })
        });
        ProgramSpec {
            name: program.name.clone(),
            kind: program.kind.0,
            section: program.section.clone(),
            insns: Hex(program.code.insns.iter().flat_map(|insn| insn.encode()).collect()),
            relocations: relocations.collect(),
        }
    }
}

impl Verdict {
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
