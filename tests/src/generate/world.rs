//! The maps that every random program may use.

use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Map, MapContents, MapId};

/// Programs may only read (`BPF_F_RDONLY_PROG`).
const READ_ONLY: u32 = 1 << 7;
/// Programs may only write (`BPF_F_WRONLY_PROG`).
const WRITE_ONLY: u32 = 1 << 8;

/// A map of the world: name, number of its kind, bytes of key and value, entries, flags, how it is filled.
type Row = (&'static str, u32, u32, u32, u32, u32, Fill);

#[derive(Clone, Copy)]
enum Fill {
    Empty,
    /// Global data that starts as zeros.
    Zeros,
    /// Global data that never changes.
    Frozen,
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
];

/// Maps of one element, whose values have addresses of their own: number, bytes.
pub(super) const GLOBALS: [(MapId, u32); 2] = [(MapId(2), 32), (MapId(3), 64)];

/// The maps, by their numbers.
pub fn maps() -> Vec<Map> {
    let map = |&(name, kind, key_size, value_size, max_entries, flags, fill): &Row| Map {
        name: name.into(),
        kind: MapKind(kind),
        key_size,
        value_size,
        max_entries,
        flags,
        key: None,
        value: None,
        contents: contents(value_size, fill),
        ..Map::default()
    };
    ROWS.iter().map(map).collect()
}

fn contents(bytes: u32, fill: Fill) -> Option<MapContents> {
    match fill {
        Fill::Empty => None,
        Fill::Zeros => Some(MapContents { data: vec![0; bytes as usize], frozen: false }),
        Fill::Frozen => {
            let data = (0..bytes).map(|byte| (byte * 37) as u8).collect();
            Some(MapContents { data, frozen: true })
        }
    }
}

/// Number, bytes of a key, and bytes of a value of each map.
pub(super) fn sizes() -> Vec<(MapId, u32, u32)> {
    let numbered = ROWS.iter().enumerate();
    numbered.map(|(index, row)| (MapId(index as u32), row.2, row.3)).collect()
}
