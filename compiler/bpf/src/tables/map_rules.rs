//! Rules of maps: how the kernel lets them be created, and which helpers take which kind. Asked of a running 6.18, sizes
//! and flags each; the helpers are those of `check_map_func_compatibility` in 6.1 and 6.12.

use super::attach::AttachType;
use super::callers::Caller;
use super::helpers::Helper;
use super::kinds::ProgramKind;
use super::maps::MapKind as M;
use crate::version::KernelVersion;

/// Flags of creation (`BPF_F_*` of `linux/bpf.h`).
#[allow(missing_docs)]
pub mod map_flags {
    pub const NO_PREALLOC: u32 = 1 << 0;
    pub const NO_COMMON_LRU: u32 = 1 << 1;
    pub const NUMA_NODE: u32 = 1 << 2;
    /// User space can't write.
    pub const RDONLY: u32 = 1 << 3;
    /// User space can't read.
    pub const WRONLY: u32 = 1 << 4;
    pub const STACK_BUILD_ID: u32 = 1 << 5;
    pub const ZERO_SEED: u32 = 1 << 6;
    /// Programs can't write.
    pub const RDONLY_PROG: u32 = 1 << 7;
    /// Programs can't read.
    pub const WRONLY_PROG: u32 = 1 << 8;
    pub const CLONE: u32 = 1 << 9;
    pub const MMAPABLE: u32 = 1 << 10;
    pub const PRESERVE_ELEMS: u32 = 1 << 11;
    pub const INNER_MAP: u32 = 1 << 12;
    pub const LINK: u32 = 1 << 13;
    pub const SEGV_ON_FAULT: u32 = 1 << 17;
    pub const NO_USER_CONV: u32 = 1 << 18;

    /// All of them with the names that texts use.
    pub const NAMES: &[(&str, u32)] = &[
        ("no_prealloc", NO_PREALLOC),
        ("no_common_lru", NO_COMMON_LRU),
        ("numa_node", NUMA_NODE),
        ("rdonly", RDONLY),
        ("wronly", WRONLY),
        ("stack_build_id", STACK_BUILD_ID),
        ("zero_seed", ZERO_SEED),
        ("rdonly_prog", RDONLY_PROG),
        ("wronly_prog", WRONLY_PROG),
        ("clone", CLONE),
        ("mmapable", MMAPABLE),
        ("preserve_elems", PRESERVE_ELEMS),
        ("inner_map", INNER_MAP),
        ("link", LINK),
        ("segv_on_fault", SEGV_ON_FAULT),
        ("no_user_conv", NO_USER_CONV),
    ];
}

use map_flags as f;

/// Sizes that are allowed, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SizeRule {
    /// One of these.
    OneOf(&'static [u32]),
    /// From the first to the last, in steps.
    Range {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
        /// All are multiples of it.
        step: u32,
    },
}

impl SizeRule {
    /// Whether `size` is allowed.
    pub fn allows(self, size: u32) -> bool {
        match self {
            SizeRule::OneOf(sizes) => sizes.contains(&size),
            SizeRule::Range { min, max, step } => (min..=max).contains(&size) && size.is_multiple_of(step),
        }
    }
}

/// Numbers of entries that are allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EntriesRule {
    /// At least one.
    Some,
    /// None: there are as many as objects to hold them.
    Zero,
    /// Bytes: a power of two, and whole pages.
    Pages,
}

/// How maps of a kind are created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MapRule {
    /// The kind.
    pub kind: M,
    /// Sizes of keys.
    pub key: SizeRule,
    /// Sizes of values.
    pub value: SizeRule,
    /// Numbers of entries.
    pub entries: EntriesRule,
    /// Flags that are allowed.
    pub flags: u32,
    /// Flags that are needed.
    pub needs: u32,
    /// Whether the types of key and value must come with it.
    pub typed: bool,
}

const fn range(min: u32, max: u32, step: u32) -> SizeRule {
    SizeRule::Range { min, max, step }
}

const EMPTY: SizeRule = SizeRule::OneOf(&[0]);
const WORD: SizeRule = SizeRule::OneOf(&[4]);
const WORDS: SizeRule = SizeRule::OneOf(&[4, 8]);
/// Anything; memory ends it earlier.
const ANY: SizeRule = range(1, i32::MAX as u32, 1);
/// `PCPU_MIN_UNIT_SIZE`.
const PER_CPU: SizeRule = range(1, 32768, 1);

const USER: u32 = f::RDONLY | f::WRONLY;
const ACCESS: u32 = USER | f::RDONLY_PROG | f::WRONLY_PROG;
const PLAIN: u32 = f::NUMA_NODE | USER;
const HASH: u32 = f::NUMA_NODE | ACCESS | f::ZERO_SEED;

const fn rule(kind: M, key: SizeRule, value: SizeRule, flags: u32) -> MapRule {
    MapRule { kind, key, value, entries: EntriesRule::Some, flags, needs: 0, typed: false }
}

const fn storage(kind: M) -> MapRule {
    MapRule {
        entries: EntriesRule::Zero,
        needs: f::NO_PREALLOC,
        typed: true,
        ..rule(kind, WORD, range(1, 65536, 1), f::NO_PREALLOC | f::CLONE)
    }
}

const fn bytes(kind: M) -> MapRule {
    MapRule { entries: EntriesRule::Pages, ..rule(kind, EMPTY, EMPTY, f::NUMA_NODE) }
}

/// The rules of all kinds but struct_ops, whose maps are made from the kernel's types.
pub const MAP_RULES: &[MapRule] = &[
    rule(M::HASH, ANY, ANY, HASH | f::NO_PREALLOC),
    rule(M::ARRAY, WORD, ANY, f::NUMA_NODE | ACCESS | f::MMAPABLE | f::INNER_MAP),
    rule(M::PROG_ARRAY, WORD, WORD, PLAIN),
    rule(M::PERF_EVENT_ARRAY, WORD, WORD, PLAIN | f::PRESERVE_ELEMS),
    rule(M::PERCPU_HASH, ANY, PER_CPU, (HASH | f::NO_PREALLOC) & !f::NUMA_NODE),
    rule(M::PERCPU_ARRAY, WORD, PER_CPU, ACCESS),
    // At most `kernel.perf_event_max_stack` addresses, 127 of them.
    rule(M::STACK_TRACE, WORD, range(8, 8 * 127, 8), PLAIN | f::STACK_BUILD_ID),
    rule(M::CGROUP_ARRAY, WORD, WORD, PLAIN),
    rule(M::LRU_HASH, ANY, ANY, HASH | f::NO_COMMON_LRU),
    rule(M::LRU_PERCPU_HASH, ANY, PER_CPU, (HASH | f::NO_COMMON_LRU) & !f::NUMA_NODE),
    MapRule {
        needs: f::NO_PREALLOC,
        ..rule(M::LPM_TRIE, range(5, 260, 1), ANY, f::NUMA_NODE | ACCESS | f::NO_PREALLOC)
    },
    rule(M::ARRAY_OF_MAPS, WORD, WORD, PLAIN),
    rule(M::HASH_OF_MAPS, ANY, WORD, HASH | f::NO_PREALLOC),
    rule(M::DEVMAP, WORD, WORDS, PLAIN),
    rule(M::SOCKMAP, WORD, WORDS, PLAIN),
    rule(M::CPUMAP, WORD, WORDS, f::NUMA_NODE),
    rule(M::XSKMAP, WORD, WORD, PLAIN),
    rule(M::SOCKHASH, range(1, 512, 1), WORDS, PLAIN),
    MapRule {
        entries: EntriesRule::Zero,
        ..rule(M::CGROUP_STORAGE, SizeRule::OneOf(&[8, 16]), ANY, f::NUMA_NODE | ACCESS)
    },
    rule(M::REUSEPORT_SOCKARRAY, WORD, WORDS, f::NUMA_NODE | ACCESS),
    MapRule {
        entries: EntriesRule::Zero,
        ..rule(M::PERCPU_CGROUP_STORAGE, SizeRule::OneOf(&[8, 16]), PER_CPU, f::NUMA_NODE | ACCESS)
    },
    rule(M::QUEUE, EMPTY, ANY, f::NUMA_NODE | ACCESS),
    rule(M::STACK, EMPTY, ANY, f::NUMA_NODE | ACCESS),
    storage(M::SK_STORAGE),
    rule(M::DEVMAP_HASH, WORD, WORDS, PLAIN),
    bytes(M::RINGBUF),
    storage(M::INODE_STORAGE),
    storage(M::TASK_STORAGE),
    rule(M::BLOOM_FILTER, EMPTY, ANY, f::NUMA_NODE | ACCESS | f::ZERO_SEED),
    bytes(M::USER_RINGBUF),
    storage(M::CGRP_STORAGE),
    MapRule {
        needs: f::MMAPABLE,
        ..rule(M::ARENA, EMPTY, EMPTY, f::MMAPABLE | f::SEGV_ON_FAULT | f::NO_USER_CONV)
    },
];

/// What of a map decides whether it can be created.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MapShape {
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value.
    pub value_size: u32,
    /// Entries.
    pub max_entries: u32,
    /// `BPF_F_*`.
    pub flags: u32,
    /// Whether the types of key and value are known.
    pub typed: bool,
}

impl MapRule {
    /// The rule of `kind`.
    pub fn of(kind: M) -> Option<&'static MapRule> {
        MAP_RULES.iter().find(|rule| rule.kind == kind)
    }

    /// The error with which the kernel refuses to create a map, if it does: `EINVAL`, `E2BIG` or `ENOTSUPP`.
    pub fn refusal(&self, shape: MapShape) -> Option<&'static str> {
        let both = |flags: u32| shape.flags & flags == flags;
        if self.kind == M::LRU_HASH || self.kind == M::LRU_PERCPU_HASH {
            // The value is looked at first.
            if shape.flags & !(self.flags | f::NO_PREALLOC) == 0 && shape.flags & f::NO_PREALLOC != 0 {
                return Some("ENOTSUPP");
            }
        }
        let wrong_flags = shape.flags & !self.flags != 0
            || shape.flags & self.needs != self.needs
            || both(USER)
            || both(f::RDONLY_PROG | f::WRONLY_PROG);
        if wrong_flags || (self.typed && !shape.typed) {
            return Some("EINVAL");
        }
        let value = match self.kind {
            // Addresses with build ids take 32 bytes.
            M::STACK_TRACE if both(f::STACK_BUILD_ID) => range(32, 32 * 127, 32),
            _ => self.value,
        };
        let entries = match self.entries {
            EntriesRule::Some => shape.max_entries > 0,
            EntriesRule::Zero => shape.max_entries == 0,
            EntriesRule::Pages => shape.max_entries.is_power_of_two() && shape.max_entries >= 4096,
        };
        // Too large is an error of its own, found last.
        let too_big = |rule: SizeRule, size: u32| {
            matches!(rule, SizeRule::Range { max, .. } if size > max)
                && !matches!(self.kind, M::STACK_TRACE | M::LPM_TRIE)
        };
        let (big_key, big_value) = (too_big(self.key, shape.key_size), too_big(value, shape.value_size));
        let fits =
            (big_key || self.key.allows(shape.key_size)) && (big_value || value.allows(shape.value_size));
        match (fits && entries, big_key || big_value) {
            (false, _) => Some("EINVAL"),
            (true, true) => Some("E2BIG"),
            (true, false) => None,
        }
    }
}

/// Kinds of maps that only some helpers take, with these helpers.
const HELPERS_OF: &[(&[M], &[&str])] = &[
    (&[M::PROG_ARRAY], &["tail_call"]),
    (
        &[M::PERF_EVENT_ARRAY],
        &["perf_event_read", "perf_event_output", "skb_output", "perf_event_read_value", "xdp_output"],
    ),
    (&[M::RINGBUF], &["ringbuf_output", "ringbuf_reserve", "ringbuf_query", "ringbuf_reserve_dynptr"]),
    (&[M::USER_RINGBUF], &["user_ringbuf_drain"]),
    (&[M::STACK_TRACE], &["get_stackid"]),
    (&[M::CGROUP_ARRAY], &["skb_under_cgroup", "current_task_under_cgroup"]),
    (&[M::CGROUP_STORAGE, M::PERCPU_CGROUP_STORAGE], &["get_local_storage"]),
    (&[M::DEVMAP, M::DEVMAP_HASH, M::XSKMAP], &["redirect_map", "map_lookup_elem"]),
    (&[M::CPUMAP], &["redirect_map"]),
    (&[M::ARRAY_OF_MAPS, M::HASH_OF_MAPS], &["map_lookup_elem"]),
    (
        &[M::SOCKMAP],
        &["sk_redirect_map", "sock_map_update", "msg_redirect_map", "sk_select_reuseport", "map_lookup_elem"],
    ),
    (
        &[M::SOCKHASH],
        &[
            "sk_redirect_hash",
            "sock_hash_update",
            "msg_redirect_hash",
            "sk_select_reuseport",
            "map_lookup_elem",
        ],
    ),
    (&[M::REUSEPORT_SOCKARRAY], &["sk_select_reuseport"]),
    (&[M::QUEUE, M::STACK], &["map_peek_elem", "map_pop_elem", "map_push_elem"]),
    (&[M::SK_STORAGE], &["sk_storage_get", "sk_storage_delete", "kptr_xchg"]),
    (&[M::INODE_STORAGE], &["inode_storage_get", "inode_storage_delete", "kptr_xchg"]),
    (&[M::TASK_STORAGE], &["task_storage_get", "task_storage_delete", "kptr_xchg"]),
    (&[M::CGRP_STORAGE], &["cgrp_storage_get", "cgrp_storage_delete", "kptr_xchg"]),
    (&[M::BLOOM_FILTER], &["map_peek_elem", "map_push_elem"]),
];

/// Helpers that take only some kinds of maps, with these kinds.
const KINDS_OF: &[(&[&str], &[M])] = &[
    (&["tail_call"], &[M::PROG_ARRAY]),
    (
        &["perf_event_read", "perf_event_output", "perf_event_read_value", "skb_output", "xdp_output"],
        &[M::PERF_EVENT_ARRAY],
    ),
    (&["ringbuf_output", "ringbuf_reserve", "ringbuf_query", "ringbuf_reserve_dynptr"], &[M::RINGBUF]),
    (&["user_ringbuf_drain"], &[M::USER_RINGBUF]),
    (&["get_stackid"], &[M::STACK_TRACE]),
    (&["current_task_under_cgroup", "skb_under_cgroup"], &[M::CGROUP_ARRAY]),
    (&["redirect_map"], &[M::DEVMAP, M::DEVMAP_HASH, M::CPUMAP, M::XSKMAP]),
    (&["sk_redirect_map", "msg_redirect_map", "sock_map_update"], &[M::SOCKMAP]),
    (&["sk_redirect_hash", "msg_redirect_hash", "sock_hash_update"], &[M::SOCKHASH]),
    (&["get_local_storage"], &[M::CGROUP_STORAGE, M::PERCPU_CGROUP_STORAGE]),
    (&["sk_select_reuseport"], &[M::REUSEPORT_SOCKARRAY, M::SOCKMAP, M::SOCKHASH]),
    (&["map_pop_elem"], &[M::QUEUE, M::STACK]),
    (&["map_peek_elem", "map_push_elem"], &[M::QUEUE, M::STACK, M::BLOOM_FILTER]),
    (&["map_lookup_percpu_elem"], &[M::PERCPU_ARRAY, M::PERCPU_HASH, M::LRU_PERCPU_HASH]),
    (&["sk_storage_get", "sk_storage_delete"], &[M::SK_STORAGE]),
    (&["inode_storage_get", "inode_storage_delete"], &[M::INODE_STORAGE]),
    (&["task_storage_get", "task_storage_delete"], &[M::TASK_STORAGE]),
    (&["cgrp_storage_get", "cgrp_storage_delete"], &[M::CGRP_STORAGE]),
];

/// Kinds of maps that sleepable programs may use (`check_map_prog_compatibility`), with the version from which on.
const FOR_SLEEPERS: &[(M, KernelVersion)] = &[
    (M::HASH, KernelVersion::new(5, 10)),
    (M::LRU_HASH, KernelVersion::new(5, 10)),
    (M::ARRAY, KernelVersion::new(5, 10)),
    (M::PERCPU_HASH, KernelVersion::new(5, 12)),
    (M::PERCPU_ARRAY, KernelVersion::new(5, 12)),
    (M::LRU_PERCPU_HASH, KernelVersion::new(5, 12)),
    (M::ARRAY_OF_MAPS, KernelVersion::new(5, 12)),
    (M::HASH_OF_MAPS, KernelVersion::new(5, 12)),
    (M::RINGBUF, KernelVersion::new(5, 12)),
    (M::USER_RINGBUF, KernelVersion::new(6, 1)),
    (M::INODE_STORAGE, KernelVersion::new(5, 17)),
    (M::SK_STORAGE, KernelVersion::new(5, 17)),
    (M::TASK_STORAGE, KernelVersion::new(5, 17)),
    (M::CGRP_STORAGE, KernelVersion::new(6, 2)),
    (M::QUEUE, KernelVersion::new(6, 2)),
    (M::STACK, KernelVersion::new(6, 2)),
    (M::ARENA, KernelVersion::new(6, 9)),
];

/// Whether sleepable programs may use maps of `kind`.
pub fn map_is_for_sleepers(kind: M, kernel: KernelVersion) -> bool {
    FOR_SLEEPERS.iter().any(|(known, since)| *known == kind && *since <= kernel)
}

/// Why a helper doesn't take a map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapMismatch {
    /// `cannot pass map_type`: not this kind of map.
    Kind,
    /// The same after `cannot update sockmap in this context`: not in this kind of program.
    Sockmap,
}

/// Whether `helper` takes a map of `kind` in the program (`check_map_func_compatibility`).
pub fn map_mismatch(
    caller: &Caller<'_>,
    helper: &Helper,
    kind: M,
    kernel: KernelVersion,
) -> Option<MapMismatch> {
    let of_map = HELPERS_OF.iter().find(|(kinds, _)| kinds.contains(&kind));
    if let Some((_, helpers)) = of_map {
        let named = helpers.contains(&helper.name)
            && (helper.name != "kptr_xchg" || kernel >= KernelVersion::new(6, 12));
        let sockets = kind == M::SOCKMAP || kind == M::SOCKHASH;
        match (named, sockets && matches!(helper.name, "map_update_elem" | "map_delete_elem")) {
            (true, _) => {}
            (false, true) if may_update_sockmap(caller, helper) => {}
            (false, true) => return Some(MapMismatch::Sockmap),
            (false, false) => return Some(MapMismatch::Kind),
        }
    }
    let of_helper = KINDS_OF.iter().find(|(helpers, _)| helpers.contains(&helper.name));
    of_helper.is_some_and(|(_, kinds)| !kinds.contains(&kind)).then_some(MapMismatch::Kind)
}

fn may_update_sockmap(caller: &Caller<'_>, helper: &Helper) -> bool {
    match caller.kind {
        ProgramKind::TRACING => caller.attach == AttachType::TRACE_ITER,
        ProgramKind::SOCK_OPS => helper.name == "map_delete_elem",
        kind => matches!(
            kind,
            ProgramKind::SOCKET_FILTER
                | ProgramKind::SCHED_CLS
                | ProgramKind::SCHED_ACT
                | ProgramKind::XDP
                | ProgramKind::SK_REUSEPORT
                | ProgramKind::FLOW_DISSECTOR
                | ProgramKind::SK_LOOKUP
        ),
    }
}
