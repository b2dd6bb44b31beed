//! Contexts as programs see them: fields by offset, and the sizes that the kernel lets through. Asked of running kernels,
//! every offset with every size; the three agree where a field doesn't say otherwise. How many instructions 6.18 makes of an
//! access was counted in what it shows of loaded programs.

use super::{Holds, Layout, number, pointer};

/// `struct bpf_cgroup_dev_ctx`.
pub const CGROUP_DEVICE: Layout = Layout {
    name: "bpf_cgroup_dev_ctx",
    fields: &[
        number("access_type", 0..4, &[1, 2, 4]),
        number("major", 4..8, &[4]),
        number("minor", 8..12, &[4]),
    ],
};

/// `struct bpf_nf_ctx`.
pub const NETFILTER: Layout = Layout {
    name: "bpf_nf_ctx",
    fields: &[
        pointer("state", 0..8, Holds::Trusted("nf_hook_state")),
        pointer("skb", 8..16, Holds::Trusted("sk_buff")),
    ],
};

/// `struct bpf_perf_event_data`.
pub const PERF_EVENT: Layout = Layout {
    name: "bpf_perf_event_data",
    fields: &[
        number("regs", 0..168, &[8]).made(1),
        number("sample_period", 168..176, &[1, 2, 4, 8]).made(1).loading(8),
        number("addr", 176..184, &[1, 2, 4, 8]).made(1).loading(8),
    ],
};

/// `struct __sk_buff`.
pub const SK_BUFF: Layout = Layout {
    name: "__sk_buff",
    fields: &[
        number("len", 0..4, &[1, 2, 4]),
        number("pkt_type", 4..8, &[1, 2, 4]).made(1).loading(1),
        number("mark", 8..12, &[1, 2, 4]).written(&[4]),
        number("queue_mapping", 12..16, &[1, 2, 4]).written(&[4]).loading(2).made_writing(1),
        number("protocol", 16..20, &[1, 2, 4]).loading(2),
        number("vlan_present", 20..24, &[1, 2, 4]).made(2),
        number("vlan_tci", 24..28, &[1, 2, 4]).loading(2),
        number("vlan_proto", 28..32, &[1, 2, 4]).loading(2),
        number("priority", 32..36, &[1, 2, 4]).written(&[4]),
        number("ingress_ifindex", 36..40, &[1, 2, 4]),
        number("ifindex", 40..44, &[1, 2, 4]).made(2),
        number("tc_index", 44..48, &[1, 2, 4]).written(&[4]).loading(2),
        number("cb", 48..68, &[1, 2, 4, 8]).written(&[1, 2, 4, 8]).loading(0),
        number("hash", 68..72, &[1, 2, 4]),
        number("tc_classid", 72..76, &[1, 2, 4]).written(&[4]).loading(2),
        pointer("data", 76..80, Holds::Packet),
        pointer("data_end", 80..84, Holds::PacketEnd),
        number("napi_id", 84..88, &[1, 2, 4]).made(2),
        number("family", 88..92, &[1, 2, 4]).made(1).loading(2),
        number("remote_ip4", 92..96, &[4]).made(1),
        number("local_ip4", 96..100, &[4]).made(1),
        number("remote_ip6", 100..116, &[4]).made(1),
        number("local_ip6", 116..132, &[4]).made(1),
        number("remote_port", 132..136, &[1, 2, 4]).made(2).loading(2),
        number("local_port", 136..140, &[1, 2, 4]).made(1).loading(2),
        pointer("data_meta", 140..144, Holds::PacketMeta),
        pointer("flow_keys", 144..152, Holds::FlowKeys),
        number("tstamp", 152..160, &[8]).written(&[8]).made(7).made_writing(5),
        number("wire_len", 160..164, &[1, 2, 4]),
        number("gso_segs", 164..168, &[1, 2, 4]).made(3).loading(2),
        pointer("sk", 168..176, Holds::SockCommonOrNull),
        number("gso_size", 176..180, &[1, 2, 4]).made(3).loading(2),
        number("tstamp_type", 180..184, &[1]).at_start().made(1).loading(1),
        number("hwtstamp", 184..192, &[8]).made(3),
    ],
};

/// `struct bpf_sk_lookup`.
pub const SK_LOOKUP: Layout = Layout {
    name: "bpf_sk_lookup",
    fields: &[
        pointer("sk", 0..8, Holds::SockOrNull),
        number("family", 8..12, &[1, 2, 4]).loading(2),
        number("protocol", 12..16, &[1, 2, 4]).loading(2),
        number("remote_ip4", 16..20, &[1, 2, 4]),
        number("remote_ip6", 20..36, &[1, 2, 4]).made(2),
        number("remote_port", 36..40, &[1, 2, 4]).loading(2),
        number("local_ip4", 40..44, &[1, 2, 4]),
        number("local_ip6", 44..60, &[1, 2, 4]).made(2),
        number("local_port", 60..64, &[1, 2, 4]).loading(2),
        number("ingress_ifindex", 64..68, &[1, 2, 4]),
    ],
};

/// `struct sk_msg_md`.
pub const SK_MSG: Layout = Layout {
    name: "sk_msg_md",
    fields: &[
        pointer("data", 0..8, Holds::Packet),
        pointer("data_end", 8..16, Holds::PacketEnd),
        number("family", 16..20, &[4]).made(1),
        number("remote_ip4", 20..24, &[4]).made(1),
        number("local_ip4", 24..28, &[4]).made(1),
        number("remote_ip6", 28..44, &[4]).made(1),
        number("local_ip6", 44..60, &[4]).made(1),
        number("remote_port", 60..64, &[4]).made(2),
        number("local_port", 64..68, &[4]).made(1),
        number("size", 68..72, &[4]),
        pointer("sk", 72..80, Holds::Sock),
    ],
};

/// `struct sk_reuseport_md`.
pub const SK_REUSEPORT: Layout = Layout {
    name: "sk_reuseport_md",
    fields: &[
        pointer("data", 0..8, Holds::Packet).made(1),
        pointer("data_end", 8..16, Holds::PacketEnd),
        number("len", 16..20, &[1, 2, 4]).made(1),
        number("eth_protocol", 20..24, &[2, 4]).made(1).loading(2),
        number("ip_protocol", 24..28, &[1, 2, 4]).made(1).loading(2),
        number("bind_inany", 28..32, &[1, 2, 4]).loading(1),
        number("hash", 32..36, &[4]),
        pointer("sk", 40..48, Holds::Sock),
        pointer("migrating_sk", 48..56, Holds::SockCommonOrNull),
    ],
};

/// `struct bpf_sock`.
pub const SOCK: Layout = Layout {
    name: "bpf_sock",
    fields: &[
        number("bound_dev_if", 0..4, &[4]).written(&[4]),
        number("family", 4..8, &[1, 2, 4]).at_start().loading(2),
        number("type", 8..12, &[1, 2, 4]).at_start().loading(2),
        number("protocol", 12..16, &[1, 2, 4]).at_start().loading(2),
        number("mark", 16..20, &[4]).written(&[4]),
        number("priority", 20..24, &[4]).written(&[4]),
        number("src_ip4", 24..28, &[1, 2, 4]),
        number("src_ip6", 28..44, &[1, 2, 4]),
        number("src_port", 44..48, &[1, 2, 4]).at_start().loading(2),
        number("dst_port", 48..52, &[4]).loading(2),
        // Its lower two bytes; the upper ones are padding.
        number("dst_port", 48..50, &[1, 2]).loading(2),
        number("dst_ip4", 52..56, &[1, 2, 4]),
        number("dst_ip6", 56..72, &[1, 2, 4]),
        number("state", 72..76, &[1, 2, 4]).at_start().loading(1),
        number("rx_queue_mapping", 76..80, &[1, 2, 4]).at_start().made(2).loading(2),
    ],
};

/// `struct bpf_sockopt`.
pub const SOCKOPT: Layout = Layout {
    name: "bpf_sockopt",
    fields: &[
        pointer("sk", 0..8, Holds::Sock),
        pointer("optval", 8..16, Holds::Packet),
        pointer("optval_end", 16..24, Holds::PacketEnd),
        number("level", 24..28, &[4]).written(&[4]),
        number("optname", 28..32, &[4]).written(&[4]),
        number("optlen", 32..36, &[4]).written(&[4]),
        number("retval", 36..40, &[4]).written(&[4]).made(2).made_writing(4),
    ],
};

/// `struct bpf_sock_addr`.
pub const SOCK_ADDR: Layout = Layout {
    name: "bpf_sock_addr",
    fields: &[
        number("user_family", 0..4, &[4]).made(1),
        number("user_ip4", 4..8, &[1, 2, 4]).written(&[4]).made(1).made_writing(3),
        number("user_ip6", 8..24, &[1, 2, 4, 8]).written(&[4, 8]).made(1).made_writing(3),
        number("user_port", 24..28, &[1, 2, 4]).written(&[4]).made(1).loading(2).made_writing(3),
        number("family", 28..32, &[4]).made(1),
        number("type", 32..36, &[4]).made(1),
        number("protocol", 36..40, &[4]).made(1),
        number("msg_src_ip4", 40..44, &[1, 2, 4]).written(&[4]).made(1).made_writing(3),
        number("msg_src_ip6", 44..60, &[1, 2, 4, 8]).written(&[4, 8]).made(1).made_writing(3),
        pointer("sk", 64..72, Holds::Sock),
    ],
};

/// `struct bpf_sock_ops`.
pub const SOCK_OPS: Layout = Layout {
    name: "bpf_sock_ops",
    fields: &[
        number("op", 0..4, &[4]),
        number("args", 4..20, &[4]),
        number("reply", 4..8, &[4]).written(&[4]),
        number("family", 20..24, &[4]).made(1),
        number("remote_ip4", 24..28, &[4]).made(1),
        number("local_ip4", 28..32, &[4]).made(1),
        number("remote_ip6", 32..48, &[4]).made(1),
        number("local_ip6", 48..64, &[4]).made(1),
        number("remote_port", 64..68, &[4]).made(2),
        number("local_port", 68..72, &[4]).made(1),
        number("is_fullsock", 72..76, &[4]),
        number("snd_cwnd", 76..80, &[4]).made(3),
        number("srtt_us", 80..84, &[4]).made(3),
        number("bpf_sock_ops_cb_flags", 84..88, &[4]).made(3),
        number("state", 88..92, &[4]).made(1),
        number("rtt_min", 92..96, &[4]).made(1),
        number("snd_ssthresh", 96..100, &[4]).made(3),
        number("rcv_nxt", 100..104, &[4]).made(3),
        number("snd_nxt", 104..108, &[4]).made(3),
        number("snd_una", 108..112, &[4]).made(3),
        number("mss_cache", 112..116, &[4]).made(3),
        number("ecn_flags", 116..120, &[4]).made(3),
        number("rate_delivered", 120..124, &[4]).made(3),
        number("rate_interval_us", 124..128, &[4]).made(3),
        number("packets_out", 128..132, &[4]).made(3),
        number("retrans_out", 132..136, &[4]).made(3),
        number("total_retrans", 136..140, &[4]).made(3),
        number("segs_in", 140..144, &[4]).made(3),
        number("data_segs_in", 144..148, &[4]).made(3),
        number("segs_out", 148..152, &[4]).made(3),
        number("data_segs_out", 152..156, &[4]).made(3),
        number("lost_out", 156..160, &[4]).made(3),
        number("sacked_out", 160..164, &[4]).made(3),
        number("sk_txhash", 164..168, &[4]).written(&[4]).made(3).made_writing(5),
        number("bytes_received", 168..176, &[8]).made(3),
        number("bytes_acked", 176..184, &[8]).made(3),
        pointer("sk", 184..192, Holds::SockOrNull).made(2),
        pointer("skb_data", 192..200, Holds::Packet).made(2),
        pointer("skb_data_end", 200..208, Holds::PacketEnd),
        number("skb_len", 208..212, &[4]).made(2),
        number("skb_tcp_flags", 212..216, &[1, 2, 4]).at_start().made(2).loading(2),
        number("skb_hwtstamp", 216..224, &[8]).since_6_12().made(5),
    ],
};

/// `struct bpf_sysctl`.
pub const SYSCTL: Layout = Layout {
    name: "bpf_sysctl",
    fields: &[
        number("write", 0..4, &[1, 2, 4]),
        number("file_pos", 4..8, &[1, 2, 4]).written(&[4]).made(1).made_writing(3),
    ],
};

/// `struct xdp_md`.
pub const XDP: Layout = Layout {
    name: "xdp_md",
    fields: &[
        pointer("data", 0..4, Holds::Packet),
        pointer("data_end", 4..8, Holds::PacketEnd),
        pointer("data_meta", 8..12, Holds::PacketMeta),
        number("ingress_ifindex", 12..16, &[4]).made(2),
        number("rx_queue_index", 16..20, &[4]).made(1),
        number("egress_ifindex", 20..24, &[4]).made(2),
    ],
};

/// `struct bpf_tcp_sock`, behind a pointer to a TCP socket.
pub const TCP_SOCK: Layout = Layout {
    name: "bpf_tcp_sock",
    fields: &[
        number("snd_cwnd", 0..4, &[4]),
        number("srtt_us", 4..8, &[4]),
        number("rtt_min", 8..12, &[4]),
        number("snd_ssthresh", 12..16, &[4]),
        number("rcv_nxt", 16..20, &[4]),
        number("snd_nxt", 20..24, &[4]),
        number("snd_una", 24..28, &[4]),
        number("mss_cache", 28..32, &[4]),
        number("ecn_flags", 32..36, &[4]),
        number("rate_delivered", 36..40, &[4]),
        number("rate_interval_us", 40..44, &[4]),
        number("packets_out", 44..48, &[4]),
        number("retrans_out", 48..52, &[4]),
        number("total_retrans", 52..56, &[4]),
        number("segs_in", 56..60, &[4]),
        number("data_segs_in", 60..64, &[4]),
        number("segs_out", 64..68, &[4]),
        number("data_segs_out", 68..72, &[4]),
        number("lost_out", 72..76, &[4]),
        number("sacked_out", 76..80, &[4]),
        number("bytes_received", 80..88, &[8]),
        number("bytes_received", 84..88, &[4]),
        number("bytes_acked", 88..96, &[8]),
        number("bytes_acked", 92..96, &[4]),
        number("dsack_dups", 96..100, &[4]),
        number("delivered", 100..104, &[4]),
        number("delivered_ce", 104..108, &[4]),
        number("icsk_retransmits", 108..112, &[4]),
    ],
};

/// `struct bpf_xdp_sock`.
pub const XDP_SOCK: Layout = Layout { name: "bpf_xdp_sock", fields: &[number("queue_id", 0..4, &[4])] };

/// The number that an infrared receiver saw.
pub const LIRC_MODE2: Layout = Layout { name: "unsigned int", fields: &[number("sample", 0..4, &[4])] };
