//! What a literal's file doesn't say: the programs that it may be, one for each kind and map that fits.

use gobpf_bpf::op::Op;
use gobpf_bpf::tables::{Helper, KINDS, MapKind, ProgramKind};
use gobpf_bpf::{Map, Object};

use super::Literal;
use super::api::MapSpec;

/// So many combinations of maps are tried at most; beyond, all unknown maps of a program are of the same sort.
const MAX_COMBINATIONS: usize = 200;

/// One program that a literal may be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The program, with its kind and maps settled.
    pub object: Object,
    /// Its kind.
    pub kind: ProgramKind,
    /// What was settled, such as `tracepoint program, fd an array map`; empty where the file says everything.
    pub describes: String,
    /// The same for its maps alone, such as `fd an array map`.
    pub maps: String,
}

/// A sort of map that an unknown one may be.
#[derive(Clone, Copy, Debug)]
pub struct MapWorld {
    /// The map.
    pub spec: MapSpec,
    /// With its article, such as `an array map`.
    pub describes: &'static str,
}

/// A value that no check of a size refuses, in bytes.
const LARGE: u32 = 1 << 16;

const fn world(kind: u32, key_size: u32, value_size: u32, describes: &'static str) -> MapWorld {
    let spec = MapSpec { kind: MapKind(kind), key_size, value_size, max_entries: 1 << 16, flags: 0 };
    MapWorld { spec, describes }
}

/// Maps that are looked up, updated and deleted from: the sorts that the verifier tells apart. It checks an LPM trie as
/// it does a hash map.
const DATA: &[MapWorld] = &[
    world(1, 4, LARGE, "a hash map"),
    world(1, 4, 4, "a hash map with values of 4 bytes"),
    world(1, 1, LARGE, "a hash map with keys of 1 byte"),
    world(2, 4, LARGE, "an array map"),
    world(2, 4, 4, "an array map with values of 4 bytes"),
    world(5, 4, LARGE, "a per-CPU hash map"),
    world(6, 4, LARGE, "a per-CPU array map"),
    world(9, 4, LARGE, "an LRU hash map"),
    world(10, 4, LARGE, "a per-CPU LRU hash map"),
];

/// Helpers whose map must be of special kinds, by name.
const SPECIAL: &[(&[&str], &[MapWorld])] = &[
    (&["tail_call"], &[world(3, 4, 4, "a program array")]),
    (
        &["perf_event_read", "perf_event_output", "perf_event_read_value", "skb_output", "xdp_output"],
        &[world(4, 4, 4, "a perf event array")],
    ),
    (&["get_stackid"], &[world(7, 4, 1016, "a stack trace map")]),
    (&["skb_under_cgroup", "current_task_under_cgroup"], &[world(8, 4, 4, "a cgroup array")]),
    (
        &["redirect_map"],
        &[
            world(14, 4, 8, "a devmap"),
            world(25, 4, 8, "a devmap hash"),
            world(16, 4, 8, "a cpumap"),
            world(17, 4, 4, "an xskmap"),
        ],
    ),
    (&["sk_redirect_map", "sock_map_update", "msg_redirect_map"], &[world(15, 4, 4, "a sockmap")]),
    (&["sk_redirect_hash", "sock_hash_update", "msg_redirect_hash"], &[world(18, 4, 4, "a sockhash")]),
    (
        &["map_push_elem", "map_pop_elem", "map_peek_elem"],
        &[
            world(22, 0, LARGE, "a queue"),
            world(23, 0, LARGE, "a stack map"),
            world(30, 0, LARGE, "a bloom filter"),
        ],
    ),
    (&["sk_storage_get", "sk_storage_delete"], &[world(24, 4, LARGE, "a socket storage map")]),
    (
        &["ringbuf_output", "ringbuf_reserve", "ringbuf_query", "ringbuf_reserve_dynptr"],
        &[world(27, 0, 0, "a ring buffer")],
    ),
    (&["inode_storage_get", "inode_storage_delete"], &[world(28, 4, LARGE, "an inode storage map")]),
    (&["task_storage_get", "task_storage_delete"], &[world(29, 4, LARGE, "a task storage map")]),
    (&["user_ringbuf_drain"], &[world(31, 0, 0, "a user ring buffer")]),
];

/// The programs that `literal` may be: each kind of [`KINDS`] if its kind is unknown, times the sorts of map that the
/// helpers which it calls can take if maps are unknown. One where the file says everything.
///
/// An unknown licence is GPL, which allows the most. Sizes are those that allow the most, and small ones, with which
/// some kernels differ.
pub fn candidates(literal: &Literal) -> Vec<Candidate> {
    let kinds: Vec<ProgramKind> = match literal.kind {
        Some(kind) => vec![kind],
        None => KINDS.iter().map(|row| row.kind).collect(),
    };
    let combinations = map_combinations(literal);
    let mut all = Vec::new();
    for kind in kinds {
        for worlds in &combinations {
            all.push(candidate(literal, kind, worlds));
        }
    }
    all
}

fn candidate(literal: &Literal, kind: ProgramKind, worlds: &[MapWorld]) -> Candidate {
    let mut object = literal.object.clone();
    let mut maps = Vec::new();
    let mut worlds = worlds.iter();
    for (map, known) in object.maps.iter_mut().zip(&literal.maps) {
        if known.spec.is_none()
            && let Some(world) = worlds.next()
        {
            set(map, &world.spec);
            maps.push(format!("{} {}", known.name, world.describes));
        }
    }
    let maps = maps.join(", ");
    let mut describes = Vec::new();
    if literal.kind.is_none() {
        describes.push(format!("{} program", kind.names().map_or("unknown", |names| names.name)));
    }
    describes.extend((!maps.is_empty()).then(|| maps.clone()));
    for program in &mut object.programs {
        program.kind = kind;
    }
    Candidate { object, kind, describes: describes.join(", "), maps }
}

/// Writes `spec` into `map`.
pub fn set(map: &mut Map, spec: &MapSpec) {
    map.kind = spec.kind;
    map.key_size = spec.key_size;
    map.value_size = spec.value_size;
    map.max_entries = spec.max_entries;
    map.flags = spec.flags;
}

/// All ways to settle the unknown maps.
fn map_combinations(literal: &Literal) -> Vec<Vec<MapWorld>> {
    let unknown = literal.maps.iter().filter(|map| map.spec.is_none()).count();
    let worlds = worlds_of(literal);
    let uniform = || worlds.iter().map(|world| vec![*world; unknown]).collect();
    if unknown == 0 {
        return vec![Vec::new()];
    }
    let Some(count) = worlds.len().checked_pow(unknown as u32).filter(|count| *count <= MAX_COMBINATIONS)
    else {
        return uniform();
    };
    let nth = |mut index: usize| {
        let mut chosen = Vec::new();
        for _ in 0..unknown {
            chosen.extend(worlds.get(index % worlds.len()));
            index /= worlds.len();
        }
        chosen
    };
    (0..count).map(nth).collect()
}

/// The sorts of map that the program's helpers take. Without a call that wants a special one, maps hold data.
fn worlds_of(literal: &Literal) -> Vec<MapWorld> {
    let insns = literal.object.programs.iter().flat_map(|program| &program.code.insns);
    let called: Vec<&str> = insns
        .filter(|insn| matches!(Op::decode(**insn), Some(Op::Call { src: 0 })))
        .filter_map(|insn| Helper::by_id(insn.imm as u32))
        .map(|helper| helper.name)
        .collect();
    let special: Vec<MapWorld> = SPECIAL
        .iter()
        .filter(|(helpers, _)| helpers.iter().any(|helper| called.contains(helper)))
        .flat_map(|(_, worlds)| worlds.iter().copied())
        .collect();
    let uses_data = called.iter().any(|helper| {
        matches!(
            *helper,
            "map_lookup_elem" | "map_update_elem" | "map_delete_elem" | "map_lookup_percpu_elem"
        )
    });
    if special.is_empty() || uses_data { [DATA.to_vec(), special].concat() } else { special }
}
