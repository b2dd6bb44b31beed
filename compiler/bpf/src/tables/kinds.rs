//! Program kinds (`enum bpf_prog_type`), their sections and what a panic returns in each.

use super::attach::AttachType;
use crate::version::KernelVersion;

/// A program kind, by its number in `enum bpf_prog_type`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ProgramKind(pub u32);

#[allow(missing_docs)]
impl ProgramKind {
    pub const SOCKET_FILTER: ProgramKind = ProgramKind(1);
    pub const KPROBE: ProgramKind = ProgramKind(2);
    pub const SCHED_CLS: ProgramKind = ProgramKind(3);
    pub const SCHED_ACT: ProgramKind = ProgramKind(4);
    pub const TRACEPOINT: ProgramKind = ProgramKind(5);
    pub const XDP: ProgramKind = ProgramKind(6);
    pub const PERF_EVENT: ProgramKind = ProgramKind(7);
    pub const CGROUP_SKB: ProgramKind = ProgramKind(8);
    pub const CGROUP_SOCK: ProgramKind = ProgramKind(9);
    pub const LWT_IN: ProgramKind = ProgramKind(10);
    pub const LWT_OUT: ProgramKind = ProgramKind(11);
    pub const LWT_XMIT: ProgramKind = ProgramKind(12);
    pub const SOCK_OPS: ProgramKind = ProgramKind(13);
    pub const SK_SKB: ProgramKind = ProgramKind(14);
    pub const CGROUP_DEVICE: ProgramKind = ProgramKind(15);
    pub const SK_MSG: ProgramKind = ProgramKind(16);
    pub const RAW_TRACEPOINT: ProgramKind = ProgramKind(17);
    pub const CGROUP_SOCK_ADDR: ProgramKind = ProgramKind(18);
    pub const LWT_SEG6LOCAL: ProgramKind = ProgramKind(19);
    pub const LIRC_MODE2: ProgramKind = ProgramKind(20);
    pub const SK_REUSEPORT: ProgramKind = ProgramKind(21);
    pub const FLOW_DISSECTOR: ProgramKind = ProgramKind(22);
    pub const CGROUP_SYSCTL: ProgramKind = ProgramKind(23);
    pub const RAW_TRACEPOINT_WRITABLE: ProgramKind = ProgramKind(24);
    pub const CGROUP_SOCKOPT: ProgramKind = ProgramKind(25);
    pub const TRACING: ProgramKind = ProgramKind(26);
    pub const STRUCT_OPS: ProgramKind = ProgramKind(27);
    pub const EXT: ProgramKind = ProgramKind(28);
    pub const LSM: ProgramKind = ProgramKind(29);
    pub const SK_LOOKUP: ProgramKind = ProgramKind(30);
    pub const SYSCALL: ProgramKind = ProgramKind(31);
    pub const NETFILTER: ProgramKind = ProgramKind(32);
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
pub struct KindRow {
    /// The kind.
    pub kind: ProgramKind,
    /// The kernel's name in small letters without the prefix, such as `tracepoint`.
    pub name: &'static str,
    /// cilium/ebpf's constant in `ebpf.ProgramType`, such as `TracePoint`.
    pub cilium: &'static str,
    /// The section: the whole name, or with a final `/` the prefix of `prefix/target`.
    pub section: &'static str,
    /// How many `/`-separated parts follow the prefix.
    pub target_parts: usize,
    /// The context type in the SDK, such as `XDP`; `None` where several fit (see the section).
    pub context: &'static str,
    /// What the program returns after a run-time panic in Go.
    pub abort_value: i32,
    /// The kernel version that brought the kind.
    pub since: KernelVersion,
}

/// Kinds that programs can be written for.
pub const KINDS: &[KindRow] = &[
    KindRow {
        kind: ProgramKind::TRACEPOINT,
        name: "tracepoint",
        cilium: "TracePoint",
        section: "tracepoint/",
        target_parts: 2,
        context: "Tracepoint",
        abort_value: 0,
        since: KernelVersion::new(4, 7),
    },
    KindRow {
        kind: ProgramKind::XDP,
        name: "xdp",
        cilium: "XDP",
        section: "xdp",
        target_parts: 0,
        context: "XDP",
        abort_value: 0, // XDP_ABORTED
        since: KernelVersion::new(4, 8),
    },
];

/// A program kind as the kernel and cilium/ebpf name it.
#[derive(Clone, Copy, Debug)]
pub struct KindName {
    /// The kind.
    pub kind: ProgramKind,
    /// The kernel's name in small letters without the prefix, such as `sched_cls`.
    pub name: &'static str,
    /// cilium/ebpf's constant of type `ebpf.ProgramType`, such as `SchedCLS`.
    pub cilium: &'static str,
    /// The kernel version that brought it.
    pub since: KernelVersion,
}

const fn kind(number: u32, name: &'static str, cilium: &'static str, major: u16, minor: u16) -> KindName {
    KindName { kind: ProgramKind(number), name, cilium, since: KernelVersion::new(major, minor) }
}

/// All program kinds, in the kernel's order. Those that Go programs can be written for are in [`KINDS`].
pub const KIND_NAMES: &[KindName] = &[
    kind(1, "socket_filter", "SocketFilter", 3, 19),
    kind(2, "kprobe", "Kprobe", 4, 1),
    kind(3, "sched_cls", "SchedCLS", 4, 1),
    kind(4, "sched_act", "SchedACT", 4, 1),
    kind(5, "tracepoint", "TracePoint", 4, 7),
    kind(6, "xdp", "XDP", 4, 8),
    kind(7, "perf_event", "PerfEvent", 4, 9),
    kind(8, "cgroup_skb", "CGroupSKB", 4, 10),
    kind(9, "cgroup_sock", "CGroupSock", 4, 10),
    kind(10, "lwt_in", "LWTIn", 4, 10),
    kind(11, "lwt_out", "LWTOut", 4, 10),
    kind(12, "lwt_xmit", "LWTXmit", 4, 10),
    kind(13, "sock_ops", "SockOps", 4, 13),
    kind(14, "sk_skb", "SkSKB", 4, 14),
    kind(15, "cgroup_device", "CGroupDevice", 4, 15),
    kind(16, "sk_msg", "SkMsg", 4, 17),
    kind(17, "raw_tracepoint", "RawTracepoint", 4, 17),
    kind(18, "cgroup_sock_addr", "CGroupSockAddr", 4, 17),
    kind(19, "lwt_seg6local", "LWTSeg6Local", 4, 18),
    kind(20, "lirc_mode2", "LircMode2", 4, 18),
    kind(21, "sk_reuseport", "SkReuseport", 4, 19),
    kind(22, "flow_dissector", "FlowDissector", 4, 20),
    kind(23, "cgroup_sysctl", "CGroupSysctl", 5, 2),
    kind(24, "raw_tracepoint_writable", "RawTracepointWritable", 5, 2),
    kind(25, "cgroup_sockopt", "CGroupSockopt", 5, 3),
    kind(26, "tracing", "Tracing", 5, 5),
    kind(27, "struct_ops", "StructOps", 5, 6),
    kind(28, "ext", "Extension", 5, 6),
    kind(29, "lsm", "LSM", 5, 7),
    kind(30, "sk_lookup", "SkLookup", 5, 9),
    kind(31, "syscall", "Syscall", 5, 14),
    kind(32, "netfilter", "Netfilter", 6, 4),
];

impl ProgramKind {
    /// Its row, if programs can be written for it.
    pub fn row(self) -> Option<&'static KindRow> {
        KINDS.iter().find(|row| row.kind == self)
    }

    /// Its names, if the kernel has such a kind.
    pub fn names(self) -> Option<&'static KindName> {
        KIND_NAMES.iter().find(|row| row.kind == self)
    }

    /// The kind that the kernel calls `name`.
    pub fn by_name(name: &str) -> Option<ProgramKind> {
        KIND_NAMES.iter().find(|row| row.name == name).map(|row| row.kind)
    }

    /// The kind that cilium/ebpf calls `ebpf.<constant>`.
    pub fn by_cilium(constant: &str) -> Option<ProgramKind> {
        KIND_NAMES.iter().find(|row| row.cilium == constant).map(|row| row.kind)
    }

    /// The expected attach types that the kernel takes at loading; empty where it takes any. 0 stands for the first.
    pub fn attach_types(self) -> &'static [AttachType] {
        ATTACH_OF.iter().find(|(kind, _)| *kind == self).map_or(&[], |(_, types)| *types)
    }

    /// The attach type that the kernel takes `attach` for at loading, if it takes it at all.
    pub fn loads_as(self, attach: AttachType) -> Option<AttachType> {
        match (self, attach) {
            (ProgramKind::CGROUP_SOCK, AttachType::NONE) => Some(AttachType::CGROUP_INET_SOCK_CREATE),
            (ProgramKind::SK_REUSEPORT, AttachType::NONE) => Some(AttachType::SK_REUSEPORT_SELECT),
            _ => {
                let types = self.attach_types();
                (types.is_empty() || types.contains(&attach)).then_some(attach)
            }
        }
    }

    /// The kind of a section name, such as `xdp` or `tracepoint/syscalls/sys_enter_openat`.
    pub fn of_section(section: &str) -> Option<&'static KindRow> {
        KINDS.iter().find(|row| match row.section.strip_suffix('/') {
            None => row.section == section,
            Some(prefix) => {
                section.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')).is_some_and(|rest| {
                    rest.split('/').count() == row.target_parts
                        && rest.split('/').all(|part| !part.is_empty())
                })
            }
        })
    }
}

/// Kinds that the kernel loads with certain attach types only (`bpf_prog_load_check_attach`).
const ATTACH_OF: &[(ProgramKind, &[AttachType])] = &[
    (
        ProgramKind::CGROUP_SOCK,
        &[
            AttachType::CGROUP_INET_SOCK_CREATE,
            AttachType::CGROUP_INET_SOCK_RELEASE,
            AttachType::CGROUP_INET4_POST_BIND,
            AttachType::CGROUP_INET6_POST_BIND,
        ],
    ),
    (
        ProgramKind::CGROUP_SOCK_ADDR,
        &[
            AttachType::CGROUP_INET4_BIND,
            AttachType::CGROUP_INET6_BIND,
            AttachType::CGROUP_INET4_CONNECT,
            AttachType::CGROUP_INET6_CONNECT,
            AttachType::CGROUP_UNIX_CONNECT,
            AttachType::CGROUP_INET4_GETPEERNAME,
            AttachType::CGROUP_INET6_GETPEERNAME,
            AttachType::CGROUP_UNIX_GETPEERNAME,
            AttachType::CGROUP_INET4_GETSOCKNAME,
            AttachType::CGROUP_INET6_GETSOCKNAME,
            AttachType::CGROUP_UNIX_GETSOCKNAME,
            AttachType::CGROUP_UDP4_SENDMSG,
            AttachType::CGROUP_UDP6_SENDMSG,
            AttachType::CGROUP_UNIX_SENDMSG,
            AttachType::CGROUP_UDP4_RECVMSG,
            AttachType::CGROUP_UDP6_RECVMSG,
            AttachType::CGROUP_UNIX_RECVMSG,
        ],
    ),
    (ProgramKind::CGROUP_SKB, &[AttachType::CGROUP_INET_INGRESS, AttachType::CGROUP_INET_EGRESS]),
    (ProgramKind::CGROUP_SOCKOPT, &[AttachType::CGROUP_SETSOCKOPT, AttachType::CGROUP_GETSOCKOPT]),
    (ProgramKind::SK_LOOKUP, &[AttachType::SK_LOOKUP]),
    (
        ProgramKind::SK_REUSEPORT,
        &[AttachType::SK_REUSEPORT_SELECT, AttachType::SK_REUSEPORT_SELECT_OR_MIGRATE],
    ),
    (ProgramKind::NETFILTER, &[AttachType::NETFILTER]),
    (ProgramKind::SYSCALL, &[AttachType::NONE]),
    (ProgramKind::EXT, &[AttachType::NONE]),
];
