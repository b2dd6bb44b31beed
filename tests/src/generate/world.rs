//! The maps that every random program may use.

use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Map, MapContents, MapId};
use gobpf_btf::Btf;

use super::builder::{Class, Held};
use super::helpers::Maps;
use super::types::Typed;
pub(super) use super::types::{Value, node_type};

/// Programs may only read (`BPF_F_RDONLY_PROG`).
const READ_ONLY: u32 = 1 << 7;
/// Programs may only write (`BPF_F_WRONLY_PROG`).
const WRITE_ONLY: u32 = 1 << 8;
/// Entries are allocated when they come (`BPF_F_NO_PREALLOC`).
const NO_PREALLOC: u32 = 1;
/// User space may have it in its memory (`BPF_F_MMAPABLE`).
const MAPPABLE: u32 = 1 << 10;
/// Bytes of a ring buffer: whole pages.
const RING: u32 = 4096;

/// A map of the world: name, number of its kind, bytes of key and value, entries, flags, how it is filled.
type Row = (&'static str, u32, u32, u32, u32, u32, Fill);

#[derive(Clone, Copy)]
enum Fill {
    Empty,
    /// Global data that starts as zeros.
    Zeros,
    /// Global data that never changes.
    Frozen,
    /// Constant text with a conversion or two.
    Text,
    /// Key and value have types.
    Typed(Value),
    /// Maps like this one.
    Maps(MapId),
    /// Pages at this address of user space.
    At(u64),
}

const ROWS: &[Row] = &[
    ("hash", 1, 4, 16, 8, 0, Fill::Empty),
    ("array", 2, 4, 24, 4, 0, Fill::Empty),
    (".rodata", 2, 4, 32, 1, READ_ONLY, Fill::Frozen),
    (".bss", 2, 4, 64, 1, 0, Fill::Zeros),
    ("wide", 1, 16, 40, 8, 0, Fill::Empty),
    ("each", 6, 4, 16, 4, 0, Fill::Empty),
    ("counts", 5, 8, 8, 8, 0, Fill::Empty),
    ("recent", 9, 4, 8, 8, 0, Fill::Empty),
    ("input", 2, 4, 16, 2, READ_ONLY, Fill::Empty),
    ("output", 2, 4, 16, 2, WRITE_ONLY, Fill::Empty),
    ("odd", 1, 3, 5, 4, 0, Fill::Empty),
    (".rodata.text", 2, 4, 32, 1, READ_ONLY, Fill::Text),
    ("tails", 3, 4, 4, 4, 0, Fill::Empty),
    ("events", 4, 4, 4, 2, 0, Fill::Empty),
    ("stacks", 7, 4, 40, 4, 0, Fill::Empty),
    ("groups", 8, 4, 4, 2, 0, Fill::Empty),
    ("each_recent", 10, 4, 8, 4, 0, Fill::Empty),
    ("prefixes", 11, 8, 8, 4, NO_PREALLOC, Fill::Empty),
    ("devices", 14, 4, 4, 2, 0, Fill::Empty),
    ("sockets", 15, 4, 4, 2, 0, Fill::Empty),
    ("processors", 16, 4, 4, 1, 0, Fill::Empty),
    ("afxdp", 17, 4, 4, 2, 0, Fill::Empty),
    ("named_sockets", 18, 4, 4, 2, 0, Fill::Empty),
    ("group_storage", 19, 16, 16, 0, 0, Fill::Empty),
    ("listeners", 20, 4, 4, 2, 0, Fill::Empty),
    ("each_storage", 21, 16, 16, 0, 0, Fill::Empty),
    ("queue", 22, 0, 8, 4, 0, Fill::Empty),
    ("stack", 23, 0, 16, 4, 0, Fill::Empty),
    ("named_devices", 25, 4, 4, 2, 0, Fill::Empty),
    ("ring", 27, 0, 0, RING, 0, Fill::Empty),
    ("bloom", 30, 0, 8, 4, 0, Fill::Empty),
    ("user_ring", 31, 0, 0, RING, 0, Fill::Empty),
    ("socket_storage", 24, 4, 8, 0, NO_PREALLOC, Fill::Typed(Value::Number)),
    ("inode_storage", 28, 4, 8, 0, NO_PREALLOC, Fill::Typed(Value::Number)),
    ("task_storage", 29, 4, 8, 0, NO_PREALLOC, Fill::Typed(Value::Number)),
    ("cgroup_storage", 32, 4, 8, 0, NO_PREALLOC, Fill::Typed(Value::Number)),
    ("locked", 1, 4, 16, 4, 0, Fill::Typed(Value::Locked)),
    ("timed", 2, 4, 24, 4, 0, Fill::Typed(Value::Timed)),
    ("tasks", 2, 4, 40, 4, 0, Fill::Typed(Value::Pointer)),
    ("outer", 12, 4, 4, 2, 0, Fill::Maps(MapId(0))),
    ("outer_hash", 13, 4, 4, 2, 0, Fill::Maps(MapId(1))),
    ("graph", 2, 4, 40, 1, 0, Fill::Typed(Value::Graph)),
    ("work", 2, 4, 24, 4, 0, Fill::Typed(Value::Work)),
    ("resilient", 2, 4, 16, 4, 0, Fill::Typed(Value::Resilient)),
    ("task_work", 2, 4, 16, 4, 0, Fill::Typed(Value::TaskWork)),
    ("arena", 33, 0, 0, 16, MAPPABLE, Fill::At(0x10_0000_0000)),
];

/// The maps with a lock, a timer and a pointer at the start of their values.
pub(super) const LOCKED: Sizes = Sizes { map: MapId(36), key: 4, value: 16 };
pub(super) const TIMED: Sizes = Sizes { map: MapId(37), key: 4, value: 24 };
pub(super) const POINTERS: Sizes = Sizes { map: MapId(38), key: 4, value: 40 };
/// Those with a graph, with work, with another sort of lock and with work for tasks, and the one that is no value but pages.
pub(super) const GRAPH: Sizes = Sizes { map: MapId(41), key: 4, value: 40 };
pub(super) const WORK: Sizes = Sizes { map: MapId(42), key: 4, value: 24 };
pub(super) const RESILIENT: Sizes = Sizes { map: MapId(43), key: 4, value: 16 };
pub(super) const TASK_WORK: Sizes = Sizes { map: MapId(44), key: 4, value: 16 };
pub(super) const ARENA: MapId = MapId(45);
/// Where pointers are in the value of [`POINTERS`], and the functions that take them.
pub(super) const OWNED: [(i32, Held, &str); 3] = [
    (0, Held::TaskOrNull, "bpf_task_release"),
    (24, Held::ObjectOrNull(Class::Group), "bpf_cgroup_release"),
    (32, Held::ObjectOrNull(Class::Node), "bpf_obj_drop_impl"),
];
/// Where list and tree are in a graph's value.
pub(super) const GRAPH_LIST: i32 = 8;
pub(super) const GRAPH_TREE: i32 = 24;
/// Where the number is in a node.
pub(super) const NODE_NUMBER: i16 = 64;

/// Maps of one element, whose values have addresses of their own: number, bytes.
pub(super) const GLOBALS: [(MapId, u32); 2] = [(MapId(2), 32), (MapId(3), 64)];
/// The constant texts of [`Fill::Text`]: the map, and where each begins.
pub(super) const TEXTS: (MapId, &[u32]) = (MapId(11), &[0, 3, 6, 14]);
const TEXT: &[u8] = b"%d\0%s\0%x %lu\n\0plain text\0";

/// A map as calls see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub map: MapId,
    pub key: u32,
    pub value: u32,
}

/// The maps, by their numbers, and the types of their keys and values.
pub fn maps() -> (Vec<Map>, Btf) {
    let mut btf = Btf::default();
    let types = Typed::new(&mut btf);
    let map = |&(name, kind, key_size, value_size, max_entries, flags, fill): &Row| Map {
        name: name.into(),
        kind: MapKind(kind),
        key_size,
        value_size,
        max_entries,
        flags,
        contents: contents(value_size, fill),
        key: matches!(fill, Fill::Typed(_)).then_some(types.int),
        value: if let Fill::Typed(value) = fill { Some(types.of(value)) } else { None },
        inner: if let Fill::Maps(inner) = fill { Some(inner) } else { None },
        extra: if let Fill::At(address) = fill { address } else { 0 },
        ..Map::default()
    };
    (ROWS.iter().map(map).collect(), btf)
}

fn contents(bytes: u32, fill: Fill) -> Option<MapContents> {
    match fill {
        Fill::Empty | Fill::Typed(_) | Fill::Maps(_) | Fill::At(_) => None,
        Fill::Zeros => {
            Some(MapContents { data: vec![0; bytes as usize], frozen: false, ..MapContents::default() })
        }
        Fill::Frozen => {
            let data = (0..bytes).map(|byte| (byte * 37) as u8).collect();
            Some(MapContents { data, frozen: true, ..MapContents::default() })
        }
        Fill::Text => {
            let mut data = TEXT.to_vec();
            data.resize(bytes as usize, 0);
            Some(MapContents { data, frozen: true, ..MapContents::default() })
        }
    }
}

/// Whether programs may only read it.
pub(super) fn is_constant(map: MapId) -> bool {
    ROWS.get(map.0 as usize).is_some_and(|row| row.5 & READ_ONLY != 0)
}

/// Whether it has maps in it.
pub(super) fn is_of_maps(map: MapId) -> bool {
    ROWS.get(map.0 as usize).is_some_and(|row| matches!(row.6, Fill::Maps(_)))
}

/// All maps.
pub(super) fn all() -> Vec<Sizes> {
    numbered(|_| true)
}

/// The maps that are of this sort.
pub(super) fn of(maps: Maps) -> Vec<Sizes> {
    let kinds: &[u32] = match maps {
        Maps::Keyed => &[1, 2, 5, 6, 9, 10, 11, 12, 13],
        Maps::Tail => &[3],
        Maps::Perf => &[4],
        Maps::Stacks => &[7],
        Maps::Cgroups => &[8],
        Maps::Devices => &[14, 16, 17, 25],
        Maps::Sockets => &[15],
        Maps::SocketHash => &[18],
        Maps::CgroupStorage => &[19, 21],
        Maps::Reuseport => &[15, 18, 20],
        Maps::Queue => &[22, 23, 30],
        Maps::SocketStorage => &[24],
        Maps::TaskStorage => &[29],
        Maps::GroupStorage => &[32],
        Maps::Ring => &[27],
        Maps::UserRing => &[31],
        Maps::Walked => &[1, 2, 5, 6, 9],
        Maps::Timers => &[1, 2],
        Maps::PerProcessor => &[5, 6, 10],
    };
    numbered(|row| kinds.contains(&row.1))
}

fn numbered(wanted: impl Fn(&Row) -> bool) -> Vec<Sizes> {
    let rows = ROWS.iter().enumerate().filter(|(_, row)| wanted(row));
    rows.map(|(index, row)| Sizes { map: MapId(index as u32), key: row.2, value: row.3 }).collect()
}
