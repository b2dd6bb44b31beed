//! Attach types (`enum bpf_attach_type`): what a program of a kind is made for.

use crate::version::KernelVersion;

/// An attach type, by its number in `enum bpf_attach_type`. Kinds without one have 0, which is also the number of
/// [`AttachType::CGROUP_INET_INGRESS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct AttachType(pub u32);

/// What is known of an attach type.
#[derive(Clone, Copy, Debug)]
pub struct AttachRow {
    /// The attach type.
    pub attach: AttachType,
    /// The kernel's name in small letters without the prefix, such as `cgroup_inet4_connect`.
    pub name: &'static str,
    /// cilium/ebpf's constant of type `ebpf.AttachType`, without `Attach`, such as `CGroupInet4Connect`.
    pub cilium: &'static str,
    /// The kernel version that brought it.
    pub since: KernelVersion,
}

const fn row(number: u32, name: &'static str, cilium: &'static str, major: u16, minor: u16) -> AttachRow {
    AttachRow { attach: AttachType(number), name, cilium, since: KernelVersion::new(major, minor) }
}

#[allow(missing_docs)]
impl AttachType {
    /// What kinds that have no attach type are loaded with.
    pub const NONE: AttachType = AttachType(0);
    pub const CGROUP_INET_INGRESS: AttachType = AttachType(0);
    pub const CGROUP_INET_EGRESS: AttachType = AttachType(1);
    pub const CGROUP_INET_SOCK_CREATE: AttachType = AttachType(2);
    pub const CGROUP_SOCK_OPS: AttachType = AttachType(3);
    pub const SK_SKB_STREAM_PARSER: AttachType = AttachType(4);
    pub const SK_SKB_STREAM_VERDICT: AttachType = AttachType(5);
    pub const CGROUP_DEVICE: AttachType = AttachType(6);
    pub const SK_MSG_VERDICT: AttachType = AttachType(7);
    pub const CGROUP_INET4_BIND: AttachType = AttachType(8);
    pub const CGROUP_INET6_BIND: AttachType = AttachType(9);
    pub const CGROUP_INET4_CONNECT: AttachType = AttachType(10);
    pub const CGROUP_INET6_CONNECT: AttachType = AttachType(11);
    pub const CGROUP_INET4_POST_BIND: AttachType = AttachType(12);
    pub const CGROUP_INET6_POST_BIND: AttachType = AttachType(13);
    pub const CGROUP_UDP4_SENDMSG: AttachType = AttachType(14);
    pub const CGROUP_UDP6_SENDMSG: AttachType = AttachType(15);
    pub const LIRC_MODE2: AttachType = AttachType(16);
    pub const FLOW_DISSECTOR: AttachType = AttachType(17);
    pub const CGROUP_SYSCTL: AttachType = AttachType(18);
    pub const CGROUP_UDP4_RECVMSG: AttachType = AttachType(19);
    pub const CGROUP_UDP6_RECVMSG: AttachType = AttachType(20);
    pub const CGROUP_GETSOCKOPT: AttachType = AttachType(21);
    pub const CGROUP_SETSOCKOPT: AttachType = AttachType(22);
    pub const TRACE_RAW_TP: AttachType = AttachType(23);
    pub const TRACE_FENTRY: AttachType = AttachType(24);
    pub const TRACE_FEXIT: AttachType = AttachType(25);
    pub const MODIFY_RETURN: AttachType = AttachType(26);
    pub const LSM_MAC: AttachType = AttachType(27);
    pub const TRACE_ITER: AttachType = AttachType(28);
    pub const CGROUP_INET4_GETPEERNAME: AttachType = AttachType(29);
    pub const CGROUP_INET6_GETPEERNAME: AttachType = AttachType(30);
    pub const CGROUP_INET4_GETSOCKNAME: AttachType = AttachType(31);
    pub const CGROUP_INET6_GETSOCKNAME: AttachType = AttachType(32);
    pub const XDP_DEVMAP: AttachType = AttachType(33);
    pub const CGROUP_INET_SOCK_RELEASE: AttachType = AttachType(34);
    pub const XDP_CPUMAP: AttachType = AttachType(35);
    pub const SK_LOOKUP: AttachType = AttachType(36);
    pub const XDP: AttachType = AttachType(37);
    pub const SK_SKB_VERDICT: AttachType = AttachType(38);
    pub const SK_REUSEPORT_SELECT: AttachType = AttachType(39);
    pub const SK_REUSEPORT_SELECT_OR_MIGRATE: AttachType = AttachType(40);
    pub const PERF_EVENT: AttachType = AttachType(41);
    pub const TRACE_KPROBE_MULTI: AttachType = AttachType(42);
    pub const LSM_CGROUP: AttachType = AttachType(43);
    pub const STRUCT_OPS: AttachType = AttachType(44);
    pub const NETFILTER: AttachType = AttachType(45);
    pub const TCX_INGRESS: AttachType = AttachType(46);
    pub const TCX_EGRESS: AttachType = AttachType(47);
    pub const TRACE_UPROBE_MULTI: AttachType = AttachType(48);
    pub const CGROUP_UNIX_CONNECT: AttachType = AttachType(49);
    pub const CGROUP_UNIX_SENDMSG: AttachType = AttachType(50);
    pub const CGROUP_UNIX_RECVMSG: AttachType = AttachType(51);
    pub const CGROUP_UNIX_GETPEERNAME: AttachType = AttachType(52);
    pub const CGROUP_UNIX_GETSOCKNAME: AttachType = AttachType(53);
    pub const NETKIT_PRIMARY: AttachType = AttachType(54);
    pub const NETKIT_PEER: AttachType = AttachType(55);
    pub const TRACE_KPROBE_SESSION: AttachType = AttachType(56);
    pub const TRACE_UPROBE_SESSION: AttachType = AttachType(57);
}

/// All attach types, in the kernel's order.
pub const ATTACH_TYPES: &[AttachRow] = &[
    row(0, "cgroup_inet_ingress", "CGroupInetIngress", 4, 10),
    row(1, "cgroup_inet_egress", "CGroupInetEgress", 4, 10),
    row(2, "cgroup_inet_sock_create", "CGroupInetSockCreate", 4, 10),
    row(3, "cgroup_sock_ops", "CGroupSockOps", 4, 13),
    row(4, "sk_skb_stream_parser", "SkSKBStreamParser", 4, 14),
    row(5, "sk_skb_stream_verdict", "SkSKBStreamVerdict", 4, 14),
    row(6, "cgroup_device", "CGroupDevice", 4, 15),
    row(7, "sk_msg_verdict", "SkMsgVerdict", 4, 17),
    row(8, "cgroup_inet4_bind", "CGroupInet4Bind", 4, 17),
    row(9, "cgroup_inet6_bind", "CGroupInet6Bind", 4, 17),
    row(10, "cgroup_inet4_connect", "CGroupInet4Connect", 4, 17),
    row(11, "cgroup_inet6_connect", "CGroupInet6Connect", 4, 17),
    row(12, "cgroup_inet4_post_bind", "CGroupInet4PostBind", 4, 17),
    row(13, "cgroup_inet6_post_bind", "CGroupInet6PostBind", 4, 17),
    row(14, "cgroup_udp4_sendmsg", "CGroupUDP4Sendmsg", 4, 18),
    row(15, "cgroup_udp6_sendmsg", "CGroupUDP6Sendmsg", 4, 18),
    row(16, "lirc_mode2", "LircMode2", 4, 18),
    row(17, "flow_dissector", "FlowDissector", 4, 20),
    row(18, "cgroup_sysctl", "CGroupSysctl", 5, 2),
    row(19, "cgroup_udp4_recvmsg", "CGroupUDP4Recvmsg", 5, 2),
    row(20, "cgroup_udp6_recvmsg", "CGroupUDP6Recvmsg", 5, 2),
    row(21, "cgroup_getsockopt", "CGroupGetsockopt", 5, 3),
    row(22, "cgroup_setsockopt", "CGroupSetsockopt", 5, 3),
    row(23, "trace_raw_tp", "TraceRawTp", 5, 5),
    row(24, "trace_fentry", "TraceFEntry", 5, 5),
    row(25, "trace_fexit", "TraceFExit", 5, 5),
    row(26, "modify_return", "ModifyReturn", 5, 7),
    row(27, "lsm_mac", "LSMMac", 5, 7),
    row(28, "trace_iter", "TraceIter", 5, 8),
    row(29, "cgroup_inet4_getpeername", "CgroupInet4GetPeername", 5, 8),
    row(30, "cgroup_inet6_getpeername", "CgroupInet6GetPeername", 5, 8),
    row(31, "cgroup_inet4_getsockname", "CgroupInet4GetSockname", 5, 8),
    row(32, "cgroup_inet6_getsockname", "CgroupInet6GetSockname", 5, 8),
    row(33, "xdp_devmap", "XDPDevMap", 5, 8),
    row(34, "cgroup_inet_sock_release", "CgroupInetSockRelease", 5, 9),
    row(35, "xdp_cpumap", "XDPCPUMap", 5, 9),
    row(36, "sk_lookup", "SkLookup", 5, 9),
    row(37, "xdp", "XDP", 5, 9),
    row(38, "sk_skb_verdict", "SkSKBVerdict", 5, 13),
    row(39, "sk_reuseport_select", "SkReuseportSelect", 5, 14),
    row(40, "sk_reuseport_select_or_migrate", "SkReuseportSelectOrMigrate", 5, 14),
    row(41, "perf_event", "PerfEvent", 5, 15),
    row(42, "trace_kprobe_multi", "TraceKprobeMulti", 5, 18),
    row(43, "lsm_cgroup", "LSMCgroup", 6, 0),
    row(44, "struct_ops", "StructOps", 6, 4),
    row(45, "netfilter", "Netfilter", 6, 4),
    row(46, "tcx_ingress", "TCXIngress", 6, 6),
    row(47, "tcx_egress", "TCXEgress", 6, 6),
    row(48, "trace_uprobe_multi", "TraceUprobeMulti", 6, 6),
    row(49, "cgroup_unix_connect", "CgroupUnixConnect", 6, 7),
    row(50, "cgroup_unix_sendmsg", "CgroupUnixSendmsg", 6, 7),
    row(51, "cgroup_unix_recvmsg", "CgroupUnixRecvmsg", 6, 7),
    row(52, "cgroup_unix_getpeername", "CgroupUnixGetpeername", 6, 7),
    row(53, "cgroup_unix_getsockname", "CgroupUnixGetsockname", 6, 7),
    row(54, "netkit_primary", "NetkitPrimary", 6, 7),
    row(55, "netkit_peer", "NetkitPeer", 6, 7),
    row(56, "trace_kprobe_session", "TraceKprobeSession", 6, 10),
    row(57, "trace_uprobe_session", "TraceUprobeSession", 6, 13),
];

impl AttachType {
    /// Its row, if the kernel has such a type.
    pub fn row(self) -> Option<&'static AttachRow> {
        ATTACH_TYPES.get(self.0 as usize)
    }

    /// The type that the kernel calls `name`.
    pub fn by_name(name: &str) -> Option<AttachType> {
        ATTACH_TYPES.iter().find(|row| row.name == name).map(|row| row.attach)
    }

    /// The type that cilium/ebpf calls `ebpf.Attach<constant>`.
    pub fn by_cilium(constant: &str) -> Option<AttachType> {
        ATTACH_TYPES.iter().find(|row| row.cilium == constant).map(|row| row.attach)
    }
}
