//! What tools say about their maps only when they run: sizes that are zero in the object. Model and kernel get the same.

use gobpf_bpf::Map;
use libbpf_rs::MapType;

/// Entries of a map that has none.
const ENTRIES: u32 = 16;
/// Bytes of a ring buffer.
const RING: u32 = 4096;
/// Bytes of a stack: 127 addresses.
const STACK: u32 = 127 * 8;
const STACK_TRACE: u32 = 7;
/// perf_event_array, which libbpf sizes itself.
const PERF: u32 = 4;
/// Bytes of its keys and values, which loaders fill in, too.
const NUMBER: u32 = 4;
/// ringbuf, user_ringbuf
const RINGS: [u32; 2] = [27, 31];
/// Maps without a number of entries: storages, struct_ops.
const UNBOUNDED: [u32; 7] = [19, 21, 24, 26, 28, 29, 32];

/// Number of entries and bytes of a value that a map of `kind` gets in place of these.
fn sizes(kind: u32, entries: u32, value: u32) -> (u32, u32) {
    let value = if kind == STACK_TRACE && value == 0 { STACK } else { value };
    let entries = match kind {
        _ if entries != 0 || UNBOUNDED.contains(&kind) => entries,
        _ if RINGS.contains(&kind) => RING,
        _ => ENTRIES,
    };
    (entries, value)
}

/// Gives a map of ours its sizes.
pub fn map(map: &mut Map) {
    if map.kind.0 == PERF {
        (map.key_size, map.value_size) = (NUMBER, NUMBER);
    }
    (map.max_entries, map.value_size) = sizes(map.kind.0, map.max_entries, map.value_size);
}

/// Gives the maps of an object of libbpf their sizes.
///
/// # Errors
/// libbpf doesn't take them.
pub fn maps(object: &mut libbpf_rs::OpenObject) -> libbpf_rs::Result<()> {
    for mut map in object.maps_mut() {
        let kind = map.map_type();
        if kind as u32 == PERF {
            map.set_key_size(NUMBER)?;
            map.set_value_size(NUMBER)?;
        }
        let (entries, value) = (map.max_entries(), map.value_size());
        let (wanted, bytes) = sizes(kind as u32, entries, value);
        if wanted != entries && kind != MapType::PerfEventArray && kind as u32 != PERF {
            map.set_max_entries(wanted)?;
        }
        if bytes != value {
            map.set_value_size(bytes)?;
        }
    }
    Ok(())
}
