//! Contexts: which bytes of which context a program may read or write, and what it gets.

mod layouts;

use std::ops::Range;

use super::attach::AttachType as A;
use super::kinds::ProgramKind as K;
use crate::version::KernelVersion;

/// What a read of a context gives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Holds {
    /// A number.
    Number,
    /// The start of the packet (of a message's or an option's bytes).
    Packet,
    /// The end of the packet.
    PacketEnd,
    /// The start of the metadata before the packet.
    PacketMeta,
    /// A full socket (`PTR_TO_SOCKET`).
    Sock,
    /// A full socket, or null.
    SockOrNull,
    /// A socket of any state, or null (`PTR_TO_SOCK_COMMON_OR_NULL`).
    SockCommonOrNull,
    /// Keys of a flow dissector (`PTR_TO_FLOW_KEYS`), [`FLOW_KEYS_BYTES`] of them.
    FlowKeys,
    /// The buffer of a writable raw tracepoint (`PTR_TO_TP_BUFFER`).
    TracepointBuffer,
    /// A kernel struct that the kernel vouches for.
    Trusted(&'static str),
    /// What the kernel's BTF says of the argument of the hook at that offset.
    Argument,
}

/// Bytes of `struct bpf_flow_keys`.
pub const FLOW_KEYS_BYTES: u32 = 56;

/// A field of a context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name in the kernel's UAPI, such as `data_end`.
    pub name: &'static str,
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
    /// What a read gives.
    pub holds: Holds,
    /// Sizes of reads, as bits: 1, 2, 4, 8.
    pub reads: u32,
    /// Sizes of writes, for programs that may write it.
    pub writes: u32,
    /// Accesses start at its start; else anywhere in it.
    pub at_start: bool,
    /// The kernel version that brought it; before, as far as the tables go, it was not there.
    pub since: KernelVersion,
    /// What the kernel makes of an access.
    pub made: Made,
}

/// Instructions that the kernel makes of an access to a field (6.18, x86-64).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// Of a read of the whole field, beside one.
    pub reading: u32,
    /// Of a write, beside one.
    pub writing: u32,
    /// Bytes that are loaded: from what is read of less, the rest is cut off.
    pub loads: u32,
}

/// A context struct.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The kernel's name, such as `__sk_buff`.
    pub name: &'static str,
    /// Its fields. A byte may belong to several.
    pub fields: &'static [Field],
}

/// How programs see their context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Fields of a struct, without those that are `hidden`; those that are `writable` may be written.
    Fields {
        /// The struct.
        layout: &'static Layout,
        /// Fields that these programs don't see.
        hidden: &'static [&'static str],
        /// Fields that they may write.
        writable: &'static [&'static str],
    },
    /// Numbers of any size, aligned to it.
    Bytes {
        /// First byte.
        start: u32,
        /// Behind the last byte.
        end: u32,
        /// Whether they may be written.
        writable: bool,
    },
    /// As [`Shape::Bytes`], and at offset 0 a buffer.
    Buffer {
        /// Behind the last byte.
        end: u32,
    },
    /// Arguments of a kernel function, tracepoint or member of a struct, 8 bytes each, as the kernel's BTF has them.
    Arguments,
}

/// The context of some programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    /// Their kinds.
    pub kinds: &'static [K],
    /// Their attach types; empty for all.
    pub attach: &'static [A],
    /// What they see.
    pub shape: Shape,
}

/// One access to a context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ContextAccess {
    /// Offset in bytes.
    pub offset: i64,
    /// Size in bytes: 1, 2, 4 or 8.
    pub bytes: u32,
    /// A write, not a read.
    pub write: bool,
}

impl Context {
    /// The context of programs of `kind` that are loaded with `attach`.
    pub fn of(kind: K, attach: A) -> Option<&'static Context> {
        CONTEXTS.iter().find(|context| {
            context.kinds.contains(&kind) && (context.attach.is_empty() || context.attach.contains(&attach))
        })
    }

    /// How many instructions beside one 6.18 on x86-64 makes of `access`, which it allows to programs of `kind`.
    pub fn expansion(&self, kind: K, access: ContextAccess) -> u32 {
        let Shape::Fields { layout, hidden, .. } = self.shape else { return 0 };
        let Some(field) = layout.field(access, hidden) else { return 0 };
        let other = OTHERWISE.iter().find(|(of, name, _)| (*of, *name) == (kind, field.name));
        let field = other.map_or(*field, |(_, _, count)| field.made(*count));
        field.expansion(access)
    }

    /// What `access` gives on `kernel`; `None` where it is refused (`invalid bpf_context access`).
    pub fn access(&self, access: ContextAccess, kernel: KernelVersion) -> Option<Holds> {
        let ContextAccess { offset, bytes, write } = access;
        let offset = u32::try_from(offset).ok()?;
        if bytes == 0 || !offset.is_multiple_of(bytes) {
            return None;
        }
        match self.shape {
            Shape::Fields { layout, hidden, writable } => {
                let mut fields = layout.fields.iter().filter(|field| !hidden.contains(&field.name));
                let fits = |field: &&Field| {
                    let may = !write || writable.contains(&field.name);
                    may && field.since <= kernel && field.allows(offset, bytes, write)
                };
                fields.find(fits).map(|field| field.holds)
            }
            Shape::Bytes { start, end, writable } => {
                (offset >= start && offset < end && (writable || !write)).then_some(Holds::Number)
            }
            Shape::Buffer { end } => match offset {
                0 => (bytes == 8 && !write).then_some(Holds::TracepointBuffer),
                _ => (offset < end && !write).then_some(Holds::Number),
            },
            Shape::Arguments => (offset < ARGUMENT_BYTES && !write).then_some(Holds::Argument),
        }
    }
}

/// Fields of which the kernel makes another number of instructions for a kind of programs.
const OTHERWISE: &[(K, &str, u32)] =
    &[(K::SCHED_CLS, "ifindex", 1), (K::SCHED_ACT, "ifindex", 1), (K::SK_SKB, "data_end", 4)];

impl Field {
    fn allows(&self, offset: u32, bytes: u32, write: bool) -> bool {
        let sizes = if write { self.writes } else { self.reads };
        let within = offset >= self.start && offset + bytes <= self.end;
        within && sizes & bytes != 0 && (!self.at_start || offset == self.start)
    }

    const fn made(mut self, reading: u32) -> Field {
        self.made.reading = reading;
        self
    }

    const fn made_writing(mut self, writing: u32) -> Field {
        self.made.writing = writing;
        self
    }

    const fn loading(mut self, bytes: u32) -> Field {
        self.made.loads = bytes;
        self
    }

    /// Instructions beside one that are made of `access`.
    fn expansion(&self, access: ContextAccess) -> u32 {
        let ContextAccess { offset, bytes, write } = access;
        if write {
            return self.made.writing;
        }
        // What is loaded into is a whole word.
        let word = self.made.loads.max(4);
        let cut = bytes < self.made.loads;
        let shift = cut && offset % i64::from(word) != 0;
        self.made.reading + u32::from(cut) + u32::from(shift)
    }

    const fn at_start(mut self) -> Field {
        self.at_start = true;
        self
    }

    const fn written(mut self, sizes: &[u32]) -> Field {
        self.writes = bits(sizes);
        self
    }

    const fn since_6_12(mut self) -> Field {
        self.since = KernelVersion::new(6, 12);
        self
    }
}

impl Layout {
    /// How many instructions beside one 6.18 on x86-64 makes of a read, where all fields are seen.
    pub fn expansion(&self, offset: i64, bytes: u32) -> u32 {
        let access = ContextAccess { offset, bytes, write: false };
        self.field(access, &[]).map_or(0, |field| field.expansion(access))
    }

    /// The field that `access` is to.
    fn field(&self, access: ContextAccess, hidden: &[&str]) -> Option<&Field> {
        let ContextAccess { offset, bytes, write } = access;
        let offset = u32::try_from(offset).ok()?;
        self.fields
            .iter()
            .filter(|field| !hidden.contains(&field.name))
            .find(|field| field.allows(offset, bytes, write))
    }

    /// What a read of `bytes` bytes at `offset` gives, where all fields are seen: sockets behind pointers.
    pub fn read(&self, offset: i64, bytes: u32) -> Option<Holds> {
        let offset = u32::try_from(offset).ok()?;
        let aligned = bytes != 0 && offset.is_multiple_of(bytes);
        self.fields
            .iter()
            .find(|field| aligned && field.allows(offset, bytes, false))
            .map(|field| field.holds)
    }

    /// `struct bpf_sock`, behind `PTR_TO_SOCKET`.
    pub const SOCK: &'static Layout = &layouts::SOCK;
    /// `struct bpf_tcp_sock`, behind `PTR_TO_TCP_SOCK`.
    pub const TCP_SOCK: &'static Layout = &layouts::TCP_SOCK;
    /// `struct bpf_xdp_sock`, behind `PTR_TO_XDP_SOCK`.
    pub const XDP_SOCK: &'static Layout = &layouts::XDP_SOCK;
    /// Bytes of `struct bpf_sock` that `PTR_TO_SOCK_COMMON` doesn't show: from `type` to `priority`.
    pub const SOCK_COMMON_HIDES: Range<u32> = 8..24;
}

const fn bits(sizes: &[u32]) -> u32 {
    let mut bits = 0;
    let mut index = 0;
    while index < sizes.len() {
        bits |= sizes[index];
        index += 1;
    }
    bits
}

const fn number(name: &'static str, at: Range<u32>, sizes: &[u32]) -> Field {
    Field {
        name,
        start: at.start,
        end: at.end,
        holds: Holds::Number,
        reads: bits(sizes),
        writes: 0,
        at_start: false,
        since: KernelVersion::new(0, 0),
        made: Made { reading: 0, writing: 0, loads: 4 },
    }
}

const fn pointer(name: &'static str, at: Range<u32>, holds: Holds) -> Field {
    let size = at.end - at.start;
    Field { holds, at_start: true, ..number(name, at, &[size]) }
}

/// Bytes of `MAX_BPF_FUNC_ARGS` arguments.
const ARGUMENT_BYTES: u32 = 8 * 12;

const fn fields(
    kinds: &'static [K],
    attach: &'static [A],
    layout: &'static Layout,
    hidden: &'static [&'static str],
    writable: &'static [&'static str],
) -> Context {
    Context { kinds, attach, shape: Shape::Fields { layout, hidden, writable } }
}

const fn bytes(kinds: &'static [K], start: u32, end: u32, writable: bool) -> Context {
    Context { kinds, attach: &[], shape: Shape::Bytes { start, end, writable } }
}

/// What a traffic filter sees of a socket buffer, and what it doesn't.
const OF_SOCKETS: &[&str] = &[
    "family",
    "remote_ip4",
    "local_ip4",
    "remote_ip6",
    "local_ip6",
    "remote_port",
    "local_port",
    "flow_keys",
];

const LWT_HIDDEN: &[&str] = &[
    "family",
    "remote_ip4",
    "local_ip4",
    "remote_ip6",
    "local_ip6",
    "remote_port",
    "local_port",
    "flow_keys",
    "tc_classid",
    "data_meta",
    "tstamp",
    "wire_len",
    "tstamp_type",
    "hwtstamp",
];

const SOCKET_FILTER_HIDDEN: &[&str] = &[
    "family",
    "remote_ip4",
    "local_ip4",
    "remote_ip6",
    "local_ip6",
    "remote_port",
    "local_port",
    "flow_keys",
    "tc_classid",
    "data",
    "data_end",
    "data_meta",
    "tstamp",
    "wire_len",
    "tstamp_type",
    "hwtstamp",
];

/// All that a flow dissector doesn't see: it gets packet and keys.
const FLOW_DISSECTOR_HIDDEN: &[&str] = &[
    "len",
    "pkt_type",
    "mark",
    "queue_mapping",
    "protocol",
    "vlan_present",
    "vlan_tci",
    "vlan_proto",
    "priority",
    "ingress_ifindex",
    "ifindex",
    "tc_index",
    "cb",
    "hash",
    "tc_classid",
    "napi_id",
    "family",
    "remote_ip4",
    "local_ip4",
    "remote_ip6",
    "local_ip6",
    "remote_port",
    "local_port",
    "data_meta",
    "tstamp",
    "wire_len",
    "gso_segs",
    "sk",
    "gso_size",
    "tstamp_type",
    "hwtstamp",
];

const IPV4_ADDRESSES: &[A] = &[
    A::CGROUP_INET4_BIND,
    A::CGROUP_INET4_CONNECT,
    A::CGROUP_UDP4_RECVMSG,
    A::CGROUP_INET4_GETPEERNAME,
    A::CGROUP_INET4_GETSOCKNAME,
];

const IPV6_ADDRESSES: &[A] = &[
    A::CGROUP_INET6_BIND,
    A::CGROUP_INET6_CONNECT,
    A::CGROUP_UDP6_RECVMSG,
    A::CGROUP_INET6_GETPEERNAME,
    A::CGROUP_INET6_GETSOCKNAME,
];

const UNIX_ADDRESSES: &[A] = &[
    A::CGROUP_UNIX_CONNECT,
    A::CGROUP_UNIX_SENDMSG,
    A::CGROUP_UNIX_RECVMSG,
    A::CGROUP_UNIX_GETPEERNAME,
    A::CGROUP_UNIX_GETSOCKNAME,
];

/// The contexts of all kinds: the first row that fits counts.
pub const CONTEXTS: &[Context] = &[
    fields(&[K::SOCKET_FILTER], &[], &layouts::SK_BUFF, SOCKET_FILTER_HIDDEN, &["cb"]),
    // `struct pt_regs` of x86-64.
    bytes(&[K::KPROBE], 0, 168, false),
    fields(
        &[K::SCHED_CLS, K::SCHED_ACT],
        &[],
        &layouts::SK_BUFF,
        OF_SOCKETS,
        &["mark", "queue_mapping", "priority", "tc_index", "cb", "tc_classid", "tstamp"],
    ),
    // The first 8 bytes are the kernel's; `PERF_MAX_TRACE_SIZE` ends it.
    bytes(&[K::TRACEPOINT], 8, 8192, false),
    fields(&[K::XDP], &[A::XDP_DEVMAP], &layouts::XDP, &[], &[]),
    fields(&[K::XDP], &[], &layouts::XDP, &["egress_ifindex"], &[]),
    fields(&[K::PERF_EVENT], &[], &layouts::PERF_EVENT, &[], &[]),
    fields(
        &[K::CGROUP_SKB],
        &[],
        &layouts::SK_BUFF,
        &["tc_classid", "data_meta", "flow_keys", "wire_len", "tstamp_type"],
        &["mark", "priority", "cb", "tstamp"],
    ),
    fields(
        &[K::CGROUP_SOCK],
        // 0 stands for CGROUP_INET_SOCK_CREATE.
        &[A::NONE, A::CGROUP_INET_SOCK_CREATE, A::CGROUP_INET_SOCK_RELEASE],
        &layouts::SOCK,
        &["src_ip4", "src_ip6", "src_port"],
        &["bound_dev_if", "mark", "priority"],
    ),
    fields(
        &[K::CGROUP_SOCK],
        &[A::CGROUP_INET4_POST_BIND],
        &layouts::SOCK,
        &["bound_dev_if", "mark", "priority", "src_ip6"],
        &[],
    ),
    fields(
        &[K::CGROUP_SOCK],
        &[A::CGROUP_INET6_POST_BIND],
        &layouts::SOCK,
        &["bound_dev_if", "mark", "priority", "src_ip4"],
        &[],
    ),
    fields(
        &[K::LWT_IN, K::LWT_OUT, K::LWT_XMIT, K::LWT_SEG6LOCAL],
        &[],
        &layouts::SK_BUFF,
        LWT_HIDDEN,
        &["mark", "priority", "cb"],
    ),
    fields(&[K::SOCK_OPS], &[], &layouts::SOCK_OPS, &[], &["reply", "sk_txhash"]),
    fields(
        &[K::SK_SKB],
        &[],
        &layouts::SK_BUFF,
        &["mark", "tc_classid", "data_meta", "flow_keys", "tstamp", "wire_len", "tstamp_type", "hwtstamp"],
        &["priority", "tc_index"],
    ),
    fields(&[K::CGROUP_DEVICE], &[], &layouts::CGROUP_DEVICE, &[], &[]),
    fields(&[K::SK_MSG], &[], &layouts::SK_MSG, &[], &[]),
    bytes(&[K::RAW_TRACEPOINT], 0, ARGUMENT_BYTES, false),
    fields(
        &[K::CGROUP_SOCK_ADDR],
        IPV4_ADDRESSES,
        &layouts::SOCK_ADDR,
        &["user_ip6", "msg_src_ip4", "msg_src_ip6"],
        &["user_ip4", "user_port"],
    ),
    fields(
        &[K::CGROUP_SOCK_ADDR],
        IPV6_ADDRESSES,
        &layouts::SOCK_ADDR,
        &["user_ip4", "msg_src_ip4", "msg_src_ip6"],
        &["user_ip6", "user_port"],
    ),
    fields(
        &[K::CGROUP_SOCK_ADDR],
        &[A::CGROUP_UDP4_SENDMSG],
        &layouts::SOCK_ADDR,
        &["user_ip6", "msg_src_ip6"],
        &["user_ip4", "user_port", "msg_src_ip4"],
    ),
    fields(
        &[K::CGROUP_SOCK_ADDR],
        &[A::CGROUP_UDP6_SENDMSG],
        &layouts::SOCK_ADDR,
        &["user_ip4", "msg_src_ip4"],
        &["user_ip6", "user_port", "msg_src_ip6"],
    ),
    fields(
        &[K::CGROUP_SOCK_ADDR],
        UNIX_ADDRESSES,
        &layouts::SOCK_ADDR,
        &["user_ip4", "user_ip6", "msg_src_ip4", "msg_src_ip6"],
        &["user_port"],
    ),
    // One number, read whole.
    fields(&[K::LIRC_MODE2], &[], &layouts::LIRC_MODE2, &[], &[]),
    fields(&[K::SK_REUSEPORT], &[], &layouts::SK_REUSEPORT, &[], &[]),
    fields(&[K::FLOW_DISSECTOR], &[], &layouts::SK_BUFF, FLOW_DISSECTOR_HIDDEN, &[]),
    fields(&[K::CGROUP_SYSCTL], &[], &layouts::SYSCTL, &[], &["file_pos"]),
    Context {
        kinds: &[K::RAW_TRACEPOINT_WRITABLE],
        attach: &[],
        shape: Shape::Buffer { end: ARGUMENT_BYTES },
    },
    fields(&[K::CGROUP_SOCKOPT], &[A::CGROUP_GETSOCKOPT], &layouts::SOCKOPT, &[], &["optlen", "retval"]),
    fields(
        &[K::CGROUP_SOCKOPT],
        &[A::CGROUP_SETSOCKOPT],
        &layouts::SOCKOPT,
        &["retval"],
        &["level", "optname", "optlen"],
    ),
    Context { kinds: &[K::TRACING, K::STRUCT_OPS, K::EXT, K::LSM], attach: &[], shape: Shape::Arguments },
    fields(&[K::SK_LOOKUP], &[], &layouts::SK_LOOKUP, &[], &[]),
    bytes(&[K::SYSCALL], 0, 65535, true),
    fields(&[K::NETFILTER], &[], &layouts::NETFILTER, &[], &[]),
];
