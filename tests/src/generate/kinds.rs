//! The kinds of programs that are made: how they are loaded, what their contexts have, and what they may return. The
//! table is the generator's own, so that a mistake in the model's tables is not repeated here.

use gobpf_bpf::insn::Size;
use gobpf_verifier::Dialect;

use super::builder::{Class, Held};
use super::helpers::Sock;

/// A kind.
#[derive(Debug)]
pub(super) struct KindRow {
    /// `enum bpf_prog_type`.
    pub number: u32,
    /// The names of its section, one of which is taken.
    pub sections: &'static [&'static str],
    /// How often programs of it are made.
    pub weight: u32,
    pub context: Context,
    pub packet: Option<PacketFields>,
    /// The least and the greatest result.
    pub results: (i32, i32),
    /// The name of the context's struct; empty where it has none.
    pub context_type: &'static str,
    /// The row whose helpers it has, where that is not its own.
    pub like: Option<u32>,
    /// Whether the running kernel can't judge it: it may not trace functions.
    pub only_in_vm: bool,
}

/// A field: offset, bytes, what it holds, whether it may be written.
pub(super) type Field = (i16, u8, Held, bool);

/// What a context has.
#[derive(Debug)]
pub(super) enum Context {
    /// Only these fields.
    Fields(&'static [Field]),
    /// So many bytes from some offset on, all numbers, that may be written or not.
    Bytes(i16, i16, bool),
}

/// Where pointers to packets, or to what is like one, are in a context.
#[derive(Clone, Copy, Debug)]
pub(super) struct PacketFields {
    pub data: i16,
    pub end: i16,
    pub meta: Option<i16>,
    pub size: Size,
    /// Whether the packet may be written.
    pub writable: bool,
}

const S: Held = Held::Scalar;
const SK: Held = Held::SocketOrNull(Sock::Common);
const SOCK: Held = Held::Socket(Sock::Full);
const SOCK_OR_NULL: Held = Held::SocketOrNull(Sock::Full);

const SKB: &[Field] = &[
    (0, 4, S, false),
    (4, 4, S, false),
    (8, 4, S, true),
    (12, 4, S, true),
    (16, 4, S, false),
    (20, 4, S, false),
    (24, 4, S, false),
    (32, 4, S, true),
    (36, 4, S, false),
    (40, 4, S, false),
    (44, 4, S, true),
    (48, 4, S, true),
    (52, 4, S, true),
    (64, 4, S, true),
    (68, 4, S, false),
    (152, 8, S, true),
    (160, 4, S, false),
    (164, 4, S, false),
    (168, 8, SK, false),
    (176, 4, S, false),
    (184, 8, S, false),
];
const SOCKET_FILTER: &[Field] = &[
    (0, 4, S, false),
    (4, 4, S, false),
    (8, 4, S, false),
    (12, 4, S, false),
    (16, 4, S, false),
    (32, 4, S, false),
    (40, 4, S, false),
    (48, 4, S, true),
    (56, 4, S, true),
    (68, 4, S, false),
    (84, 4, S, false),
    (164, 4, S, false),
];
const CGROUP_SKB: &[Field] = &[
    (0, 4, S, false),
    (4, 4, S, false),
    (8, 4, S, true),
    (16, 4, S, false),
    (32, 4, S, true),
    (40, 4, S, false),
    (48, 4, S, true),
    (88, 4, S, false),
    (92, 4, S, false),
    (152, 8, S, true),
    (168, 8, SK, false),
];
const LWT: &[Field] = &[
    (0, 4, S, false),
    (8, 4, S, true),
    (16, 4, S, false),
    (32, 4, S, true),
    (40, 4, S, false),
    (48, 4, S, true),
    (68, 4, S, false),
];
const SK_SKB: &[Field] = &[
    (0, 4, S, false),
    (32, 4, S, true),
    (44, 4, S, true),
    (68, 4, S, false),
    (88, 4, S, false),
    (96, 4, S, false),
    (136, 4, S, false),
    (168, 8, SK, false),
];
const XDP: &[Field] = &[(12, 4, S, false), (16, 4, S, false)];
const CGROUP_SOCK: &[Field] = &[
    (0, 4, S, true),
    (4, 4, S, false),
    (8, 4, S, false),
    (12, 4, S, false),
    (16, 4, S, true),
    (20, 4, S, true),
    (76, 4, S, false),
];
const SOCK_OPS: &[Field] = &[
    (0, 4, S, false),
    (4, 4, S, true),
    (8, 4, S, true),
    (20, 4, S, false),
    (24, 4, S, false),
    (32, 4, S, false),
    (48, 4, S, false),
    (64, 4, S, false),
    (72, 4, S, false),
    (76, 4, S, false),
    (88, 4, S, false),
    (112, 4, S, false),
    (164, 4, S, true),
    (168, 8, S, false),
    (176, 8, S, false),
    (184, 8, SOCK_OR_NULL, false),
    (208, 4, S, false),
];
const DEVICE: &[Field] = &[(0, 4, S, false), (4, 4, S, false), (8, 4, S, false)];
const SK_MSG: &[Field] = &[
    (16, 4, S, false),
    (20, 4, S, false),
    (24, 4, S, false),
    (28, 4, S, false),
    (44, 4, S, false),
    (60, 4, S, false),
    (68, 4, S, false),
    (72, 8, SOCK, false),
];
const SOCK_ADDR: &[Field] = &[
    (0, 4, S, false),
    (4, 4, S, true),
    (24, 4, S, true),
    (28, 4, S, false),
    (32, 4, S, false),
    (36, 4, S, false),
    (64, 8, SOCK, false),
];
const REUSEPORT: &[Field] = &[
    (16, 4, S, false),
    (20, 4, S, false),
    (24, 4, S, false),
    (28, 4, S, false),
    (32, 4, S, false),
    (40, 8, SOCK, false),
];
const FLOW: &[Field] = &[(144, 8, Held::Memory(FLOW_KEYS), false)];
/// Bytes of `struct bpf_flow_keys`.
const FLOW_KEYS: u32 = 56;
const SYSCTL: &[Field] = &[(0, 4, S, false), (4, 4, S, true)];
const SOCKOPT: &[Field] =
    &[(0, 8, SOCK, false), (24, 4, S, false), (28, 4, S, false), (32, 4, S, true), (36, 4, S, true)];
const SK_LOOKUP: &[Field] = &[
    (0, 8, SOCK_OR_NULL, false),
    (8, 4, S, false),
    (12, 4, S, false),
    (16, 4, S, false),
    (20, 4, S, false),
    (36, 2, S, false),
    (40, 4, S, false),
    (44, 4, S, false),
    (60, 4, S, false),
    (64, 4, S, false),
];
const NETFILTER: &[Field] = &[(0, 8, Held::Kernel, false), (8, 8, Held::Kernel, false)];
const TP_BTF: &[Field] =
    &[(0, 8, S, false), (8, 8, Held::Task, false), (16, 8, Held::Task, false), (24, 8, S, false)];
const NEW_TASK: &[Field] = &[(0, 8, Held::Task, false), (8, 8, S, false)];
const NEW_GROUP: &[Field] = &[(0, 8, Held::Object(Class::Group), false), (8, 8, Held::Kernel, false)];
const HOOK: &[Field] = &[(0, 8, Held::Kernel, false), (8, 8, S, false), (16, 8, S, false)];
const CONGESTION: &[Field] = &[(0, 8, Held::Kernel, false), (8, 8, S, false), (16, 8, S, false)];
const ITER_OTHER: &[Field] =
    &[(0, 8, Held::Kernel, false), (8, 8, Held::KernelOrNull, false), (16, 8, S, false)];
const ITER: &[Field] = &[(0, 8, Held::Kernel, false), (8, 8, Held::TaskOrNull, false)];

const fn packet(data: i16, end: i16, size: Size, writable: bool) -> Option<PacketFields> {
    Some(PacketFields { data, end, meta: None, size, writable })
}

const fn with_meta(data: i16, end: i16, meta: i16) -> Option<PacketFields> {
    Some(PacketFields { data, end, meta: Some(meta), size: Size::W, writable: true })
}

const ANY: (i32, i32) = (0, 2);

const fn row(number: u32, sections: &'static [&'static str], weight: u32, context: Context) -> KindRow {
    KindRow {
        number,
        sections,
        weight,
        context,
        packet: None,
        results: ANY,
        context_type: context_type(number),
        like: None,
        only_in_vm: false,
    }
}

/// What a function's parameter points to that gets the context.
const fn context_type(kind: u32) -> &'static str {
    match kind {
        1 | 3 | 4 | 8 | 10 | 11 | 12 | 14 | 19 | 22 => "__sk_buff",
        2 => "pt_regs",
        6 => "xdp_md",
        7 => "bpf_perf_event_data",
        9 => "bpf_sock",
        13 => "bpf_sock_ops",
        15 => "bpf_cgroup_dev_ctx",
        16 => "sk_msg_md",
        17 | 24 => "bpf_raw_tracepoint_args",
        18 => "bpf_sock_addr",
        21 => "sk_reuseport_md",
        23 => "bpf_sysctl",
        25 => "bpf_sockopt",
        30 => "bpf_sk_lookup",
        32 => "bpf_nf_ctx",
        _ => "",
    }
}

/// The row of `tp_btf`, and one that has nothing but what all kinds have.
const LIKE_TRACING: Option<u32> = Some(24);
const LIKE_ITER: Option<u32> = Some(25);
const LIKE_NONE: Option<u32> = Some(31);

use Context::{Bytes, Fields};

/// All kinds; helpers name them by their places in this table.
pub(super) const KINDS: &[KindRow] = &[
    row(1, &["socket"], 8, Fields(SOCKET_FILTER)),
    row(2, PROBES, 8, Bytes(0, 168, false)),
    KindRow { packet: with_meta(76, 80, 140), ..row(3, &["tc"], 14, Fields(SKB)) },
    KindRow { packet: with_meta(76, 80, 140), ..row(4, &["action"], 3, Fields(SKB)) },
    row(5, &["tracepoint/syscalls/sys_enter_openat"], 10, Bytes(8, 120, false)),
    KindRow { packet: with_meta(0, 4, 8), ..row(6, XDP_SECTIONS, 14, Fields(XDP)) },
    row(7, &["perf_event"], 3, Bytes(0, 168, false)),
    KindRow {
        packet: packet(76, 80, Size::W, false),
        results: (0, 1),
        ..row(8, &["cgroup_skb/ingress", "cgroup_skb/egress"], 7, Fields(CGROUP_SKB))
    },
    KindRow { results: (0, 1), ..row(9, CGROUP_SOCK_SECTIONS, 3, Fields(CGROUP_SOCK)) },
    KindRow { packet: packet(76, 80, Size::W, false), ..row(10, &["lwt_in"], 2, Fields(LWT)) },
    KindRow { packet: packet(76, 80, Size::W, false), ..row(11, &["lwt_out"], 2, Fields(LWT)) },
    KindRow { packet: packet(76, 80, Size::W, true), ..row(12, &["lwt_xmit"], 2, Fields(LWT)) },
    row(13, &["sockops"], 4, Fields(SOCK_OPS)),
    KindRow { packet: packet(76, 80, Size::W, true), ..row(14, SK_SKB_SECTIONS, 4, Fields(SK_SKB)) },
    KindRow { results: (0, 1), ..row(15, &["cgroup/dev"], 2, Fields(DEVICE)) },
    KindRow { packet: packet(0, 8, Size::DW, true), ..row(16, &["sk_msg"], 4, Fields(SK_MSG)) },
    row(17, &["raw_tracepoint/sched_switch"], 5, Bytes(0, 96, false)),
    KindRow { results: (0, 1), ..row(18, SOCK_ADDR_SECTIONS, 4, Fields(SOCK_ADDR)) },
    KindRow { packet: packet(76, 80, Size::W, false), ..row(19, &["lwt_seg6local"], 2, Fields(LWT)) },
    KindRow {
        packet: packet(0, 8, Size::DW, false),
        results: (0, 1),
        ..row(21, &["sk_reuseport", "sk_reuseport/migrate"], 3, Fields(REUSEPORT))
    },
    KindRow { packet: packet(76, 80, Size::W, false), ..row(22, &["flow_dissector"], 2, Fields(FLOW)) },
    KindRow { results: (0, 1), ..row(23, &["cgroup/sysctl"], 3, Fields(SYSCTL)) },
    row(24, &["raw_tracepoint.w/sched_switch"], 2, Bytes(0, 96, false)),
    KindRow {
        packet: packet(8, 16, Size::DW, true),
        results: (0, 1),
        ..row(25, &["cgroup/getsockopt", "cgroup/setsockopt"], 3, Fields(SOCKOPT))
    },
    KindRow { results: (0, 0), ..row(26, &["tp_btf/sched_switch"], 4, Fields(TP_BTF)) },
    KindRow { results: (0, 1), ..row(26, &["iter/task"], 4, Fields(ITER)) },
    KindRow { results: (0, 1), ..row(30, &["sk_lookup"], 3, Fields(SK_LOOKUP)) },
    KindRow { ..row(31, &["syscall"], 4, Bytes(0, 128, true)) },
    KindRow { results: (0, 1), ..row(32, &["netfilter"], 3, Fields(NETFILTER)) },
    KindRow { results: (0, 0), like: LIKE_TRACING, ..row(26, &["tp_btf/task_newtask"], 2, Fields(NEW_TASK)) },
    KindRow {
        results: (0, 0),
        like: LIKE_TRACING,
        ..row(26, &["tp_btf/cgroup_mkdir"], 2, Fields(NEW_GROUP))
    },
    KindRow { results: (0, 0), like: LIKE_TRACING, ..row(26, OTHER_TRACEPOINTS, 3, Fields(HOOK)) },
    KindRow { results: (0, 1), like: LIKE_ITER, ..row(26, &["iter.s/task"], 2, Fields(ITER)) },
    KindRow { results: (0, 1), like: LIKE_ITER, ..row(26, ITERATORS, 2, Fields(ITER_OTHER)) },
    KindRow { like: LIKE_NONE, ..row(27, CONGESTION_MEMBERS, 4, Fields(CONGESTION)) },
    KindRow {
        results: (0, 0),
        like: LIKE_TRACING,
        only_in_vm: true,
        ..row(
            26,
            &["fentry/do_unlinkat", "fexit/do_unlinkat", "fentry/vfs_truncate", "fentry.s/do_unlinkat"],
            4,
            Fields(HOOK),
        )
    },
    KindRow {
        results: (-1, 0),
        like: LIKE_TRACING,
        only_in_vm: true,
        ..row(29, &["lsm/file_open", "lsm.s/file_open", "lsm/task_alloc"], 4, Fields(HOOK))
    },
];

/// How often programs are of each row, by its place, where the kernel that `dialect` names judges them.
pub(super) fn weights(dialect: Dialect) -> Vec<(u32, usize)> {
    let is_running = dialect == Dialect::V6_18;
    let rows = KINDS.iter().enumerate().filter(|(_, kind)| !(kind.only_in_vm && is_running));
    rows.map(|(at, kind)| (kind.weight, at)).collect()
}

/// Where probes are put: what they may call and give back depends on it.
const PROBES: &[&str] = &[
    "kprobe/do_sys_openat2",
    "kprobe/do_sys_openat2",
    "kprobe.multi/do_sys_openat2",
    "kprobe.session/do_sys_openat2",
    "uprobe.s/libc.so.6:malloc",
    "uprobe.multi/libc.so.6:malloc",
    "uprobe.session/libc.so.6:malloc",
];
const ITERATORS: &[&str] = &[
    "iter/tcp",
    "iter/bpf_map",
    "iter/task_file",
    "iter/cgroup",
    "iter/task_vma",
    "iter/bpf_prog",
    "iter/udp",
    "iter/unix",
    "iter/bpf_map_elem",
    "iter/bpf_sk_storage_map",
];
const XDP_SECTIONS: &[&str] = &["xdp", "xdp", "xdp", "xdp.frags", "xdp/devmap", "xdp/cpumap"];
const SK_SKB_SECTIONS: &[&str] = &["sk_skb", "sk_skb/stream_parser", "sk_skb/stream_verdict"];
const CGROUP_SOCK_SECTIONS: &[&str] =
    &["cgroup/sock_create", "cgroup/sock_release", "cgroup/post_bind4", "cgroup/post_bind6"];
const SOCK_ADDR_SECTIONS: &[&str] = &[
    "cgroup/connect4",
    "cgroup/bind4",
    "cgroup/sendmsg4",
    "cgroup/connect6",
    "cgroup/bind6",
    "cgroup/sendmsg6",
    "cgroup/recvmsg4",
    "cgroup/recvmsg6",
    "cgroup/getpeername4",
    "cgroup/getsockname6",
    "cgroup/connect_unix",
    "cgroup/recvmsg_unix",
];
/// Tracepoints with other arguments than a task or a control group: packets, sockets, registers, a task that may be null.
const OTHER_TRACEPOINTS: &[&str] = &[
    "tp_btf/netif_receive_skb",
    "tp_btf/kfree_skb",
    "tp_btf/tcp_retransmit_skb",
    "tp_btf/sys_enter",
    "tp_btf/sched_pi_setprio",
    "tp_btf/signal_generate",
];
/// Members of a struct of functions that programs can be; the last one is none that they may be.
const CONGESTION_MEMBERS: &[&str] = &[
    "struct_ops/tcp_congestion_ops/ssthresh",
    "struct_ops/tcp_congestion_ops/cong_avoid",
    "struct_ops/tcp_congestion_ops/set_state",
    "struct_ops/tcp_congestion_ops/undo_cwnd",
    "struct_ops/tcp_congestion_ops/init",
    "struct_ops/tcp_congestion_ops/pkts_acked",
    "struct_ops/tcp_congestion_ops/release",
    "struct_ops/tcp_congestion_ops/cwnd_event",
    "struct_ops/tcp_congestion_ops/in_ack_event",
    "struct_ops/tcp_congestion_ops/min_tso_segs",
    "struct_ops/tcp_congestion_ops/sndbuf_expand",
    "struct_ops/tcp_congestion_ops/cong_control",
    "struct_ops/tcp_congestion_ops/get_info",
    "struct_ops/bpf_dummy_ops/test_1",
    "struct_ops/bpf_dummy_ops/test_2",
    "struct_ops.s/bpf_dummy_ops/test_sleepable",
    "struct_ops.s/tcp_congestion_ops/init",
];
