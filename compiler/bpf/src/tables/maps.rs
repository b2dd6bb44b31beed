//! Map kinds (`enum bpf_map_type`).

use crate::version::KernelVersion;

/// A map kind, by its number in `enum bpf_map_type`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct MapKind(pub u32);

#[allow(missing_docs)]
impl MapKind {
    pub const HASH: MapKind = MapKind(1);
    pub const ARRAY: MapKind = MapKind(2);
    pub const PROG_ARRAY: MapKind = MapKind(3);
    pub const PERF_EVENT_ARRAY: MapKind = MapKind(4);
    pub const PERCPU_HASH: MapKind = MapKind(5);
    pub const PERCPU_ARRAY: MapKind = MapKind(6);
    pub const STACK_TRACE: MapKind = MapKind(7);
    pub const CGROUP_ARRAY: MapKind = MapKind(8);
    pub const LRU_HASH: MapKind = MapKind(9);
    pub const LRU_PERCPU_HASH: MapKind = MapKind(10);
    pub const LPM_TRIE: MapKind = MapKind(11);
    pub const ARRAY_OF_MAPS: MapKind = MapKind(12);
    pub const HASH_OF_MAPS: MapKind = MapKind(13);
    pub const DEVMAP: MapKind = MapKind(14);
    pub const SOCKMAP: MapKind = MapKind(15);
    pub const CPUMAP: MapKind = MapKind(16);
    pub const XSKMAP: MapKind = MapKind(17);
    pub const SOCKHASH: MapKind = MapKind(18);
    pub const CGROUP_STORAGE: MapKind = MapKind(19);
    pub const REUSEPORT_SOCKARRAY: MapKind = MapKind(20);
    pub const PERCPU_CGROUP_STORAGE: MapKind = MapKind(21);
    pub const QUEUE: MapKind = MapKind(22);
    pub const STACK: MapKind = MapKind(23);
    pub const SK_STORAGE: MapKind = MapKind(24);
    pub const DEVMAP_HASH: MapKind = MapKind(25);
    pub const STRUCT_OPS: MapKind = MapKind(26);
    pub const RINGBUF: MapKind = MapKind(27);
    pub const INODE_STORAGE: MapKind = MapKind(28);
    pub const TASK_STORAGE: MapKind = MapKind(29);
    pub const BLOOM_FILTER: MapKind = MapKind(30);
    pub const USER_RINGBUF: MapKind = MapKind(31);
    pub const CGRP_STORAGE: MapKind = MapKind(32);
    pub const ARENA: MapKind = MapKind(33);
    pub const INSN_ARRAY: MapKind = MapKind(34);
}

/// What is known of a map kind.
#[derive(Clone, Copy, Debug)]
pub struct MapRow {
    /// The kind.
    pub kind: MapKind,
    /// The kernel's name in small letters without the prefix, such as `lru_hash`.
    pub name: &'static str,
    /// cilium/ebpf's constant in `ebpf.MapType`, such as `LRUHash`.
    pub cilium: &'static str,
    /// The kernel version that brought it.
    pub since: KernelVersion,
}

const fn row(number: u32, name: &'static str, cilium: &'static str, major: u16, minor: u16) -> MapRow {
    MapRow { kind: MapKind(number), name, cilium, since: KernelVersion::new(major, minor) }
}

/// All map kinds, in the kernel's order.
pub const MAPS: &[MapRow] = &[
    row(1, "hash", "Hash", 3, 19),
    row(2, "array", "Array", 3, 19),
    row(3, "prog_array", "ProgramArray", 4, 2),
    row(4, "perf_event_array", "PerfEventArray", 4, 3),
    row(5, "percpu_hash", "PerCPUHash", 4, 6),
    row(6, "percpu_array", "PerCPUArray", 4, 6),
    row(7, "stack_trace", "StackTrace", 4, 6),
    row(8, "cgroup_array", "CGroupArray", 4, 8),
    row(9, "lru_hash", "LRUHash", 4, 10),
    row(10, "lru_percpu_hash", "LRUCPUHash", 4, 10),
    row(11, "lpm_trie", "LPMTrie", 4, 11),
    row(12, "array_of_maps", "ArrayOfMaps", 4, 12),
    row(13, "hash_of_maps", "HashOfMaps", 4, 12),
    row(14, "devmap", "DevMap", 4, 14),
    row(15, "sockmap", "SockMap", 4, 14),
    row(16, "cpumap", "CPUMap", 4, 15),
    row(17, "xskmap", "XSKMap", 4, 18),
    row(18, "sockhash", "SockHash", 4, 18),
    row(19, "cgroup_storage", "CGroupStorage", 4, 19),
    row(20, "reuseport_sockarray", "ReusePortSockArray", 4, 19),
    row(21, "percpu_cgroup_storage", "PerCPUCGroupStorage", 4, 20),
    row(22, "queue", "Queue", 4, 20),
    row(23, "stack", "Stack", 4, 20),
    row(24, "sk_storage", "SkStorage", 5, 2),
    row(25, "devmap_hash", "DevMapHash", 5, 4),
    row(26, "struct_ops", "StructOpsMap", 5, 6),
    row(27, "ringbuf", "RingBuf", 5, 8),
    row(28, "inode_storage", "InodeStorage", 5, 10),
    row(29, "task_storage", "TaskStorage", 5, 11),
    row(30, "bloom_filter", "BloomFilter", 5, 16),
    row(31, "user_ringbuf", "UserRingbuf", 6, 1),
    row(32, "cgrp_storage", "CgroupStorage", 6, 2),
    row(33, "arena", "Arena", 6, 9),
    row(34, "insn_array", "InsnArray", 6, 19),
];

impl MapKind {
    /// Its row, if the kind is known.
    pub fn row(self) -> Option<&'static MapRow> {
        MAPS.iter().find(|row| row.kind == self)
    }

    /// The kind that cilium/ebpf calls `ebpf.<constant>`.
    pub fn by_cilium(constant: &str) -> Option<MapKind> {
        MAPS.iter().find(|row| row.cilium == constant).map(|row| row.kind)
    }

    /// The kind that the kernel calls `name`.
    pub fn by_name(name: &str) -> Option<MapKind> {
        MAPS.iter().find(|row| row.name == name).map(|row| row.kind)
    }
}
