//! Helpers (`enum bpf_func_id`): names, versions, and what the verifier knows of each beside its prototypes.

use super::callers::Caller;
use super::kinds::ProgramKind;
use super::prototype::Prototype;
use crate::version::KernelVersion;

/// A helper.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// Its number.
    pub id: u32,
    /// Its name without `bpf_`, such as `map_lookup_elem`.
    pub name: &'static str,
    /// The kernel version that brought it.
    pub since: KernelVersion,
}

/// What is known of a helper's integer result (`do_refine_retval_range`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ResultRange {
    /// Nothing.
    Any,
    /// A negative error, or at most the size that was asked for.
    UpToSize,
    /// The number of a CPU.
    CpuNumber,
}

/// When a helper runs the subprogram that it is given, and the registers that the subprogram starts with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Callback {
    /// The argument (from 1 on) that is the subprogram.
    pub argument: u8,
    /// The argument that is handed on to it, if one is.
    pub context: Option<u8>,
    /// It runs later, on a stack of its own; else inside the call.
    pub later: bool,
}

impl Helper {
    /// The helper with number `id`.
    pub fn by_id(id: u32) -> Option<&'static Helper> {
        HELPERS.get((id as usize).checked_sub(1)?)
    }

    /// The helper that the kernel calls `bpf_<name>`.
    pub fn by_name(name: &str) -> Option<&'static Helper> {
        HELPERS.iter().find(|helper| helper.name == name)
    }

    /// Its prototype for programs of `kind` that say no more of themselves (see [`Caller`]).
    pub fn prototype(&self, kind: ProgramKind, kernel: KernelVersion) -> Option<&'static Prototype> {
        Caller::of_kind(kind).prototype(self.id, kernel)
    }

    /// What is known of its result, where that is an integer.
    pub fn result_range(&self) -> ResultRange {
        match self.name {
            "get_stack"
            | "get_task_stack"
            | "probe_read_str"
            | "probe_read_kernel_str"
            | "probe_read_user_str" => ResultRange::UpToSize,
            "get_smp_processor_id" => ResultRange::CpuNumber,
            _ => ResultRange::Any,
        }
    }

    /// How many of the result's bits are the number that it is: the others may be anything. Where 32 are, the number is
    /// signed, and a program that wants 64 bits has to extend it.
    ///
    /// The verifier replaces calls of these helpers by calls of the map's own functions, whose result is an `int` on
    /// kernels before 6.4; that of all other helpers is made 64 bits wide on the way.
    pub fn result_bits(&self, kernel: KernelVersion) -> u8 {
        if kernel < WIDE_SINCE && MAP_FUNCTIONS.contains(&self.name) { 32 } else { 64 }
    }

    /// Whether pointers into the packet are lost with the call (`bpf_helper_changes_pkt_data`). Since a program may be
    /// called at the end of another, 6.12 counts tail calls for the effect of global functions.
    pub fn changes_packet(&self) -> bool {
        CHANGE_PACKET.contains(&self.name)
    }

    /// The helper that gives back what this one acquires without using it: what an early end of the program calls.
    pub fn undone_by(&self) -> Option<&'static Helper> {
        let (_, release, _) = ACQUIRE.iter().find(|(acquire, ..)| *acquire == self.name)?;
        Helper::by_name(release)
    }

    /// Whether this helper gives back what `acquire` acquires: the one that undoes the work, or one that completes it.
    pub fn gives_back(&self, acquire: &Helper) -> bool {
        let row = ACQUIRE.iter().find(|(name, ..)| *name == acquire.name);
        row.is_some_and(|(_, undo, complete)| *undo == self.name || complete.contains(&self.name))
    }

    /// Whether this helper gives back what another one acquires.
    pub fn releases(&self) -> bool {
        ACQUIRE.iter().any(|(_, undo, complete)| *undo == self.name || complete.contains(&self.name))
    }

    /// The subprogram that it takes, if it does.
    pub fn callback(&self) -> Option<Callback> {
        CALLBACKS.iter().find(|(name, _)| *name == self.name).map(|(_, callback)| *callback)
    }
}

/// Helpers whose calls become calls of the map's own functions, where the result is a number (`do_misc_fixups`).
const MAP_FUNCTIONS: &[&str] = &[
    "map_update_elem",
    "map_delete_elem",
    "redirect_map",
    "map_push_elem",
    "map_pop_elem",
    "map_peek_elem",
    "for_each_map_elem",
];

/// From here on these functions return a `long`.
const WIDE_SINCE: KernelVersion = KernelVersion::new(6, 4);

/// Helpers that may move the packet.
const CHANGE_PACKET: &[&str] = &[
    "clone_redirect",
    "l3_csum_replace",
    "l4_csum_replace",
    "lwt_push_encap",
    "lwt_seg6_action",
    "lwt_seg6_adjust_srh",
    "lwt_seg6_store_bytes",
    "msg_pop_data",
    "msg_pull_data",
    "msg_push_data",
    "skb_adjust_room",
    "skb_change_head",
    "skb_change_proto",
    "skb_change_tail",
    "skb_pull_data",
    "skb_store_bytes",
    "skb_vlan_pop",
    "skb_vlan_push",
    "store_hdr_opt",
    "xdp_adjust_head",
    "xdp_adjust_meta",
    "xdp_adjust_tail",
];

/// Helpers that acquire something, and what gives it back unused. What `kptr_xchg` gives is released as its type wants;
/// `map_lookup_elem` acquires a socket where the map holds sockets.
const ACQUIRE: &[(&str, &str, &[&str])] = &[
    ("sk_lookup_tcp", "sk_release", &[]),
    ("sk_lookup_udp", "sk_release", &[]),
    ("skc_lookup_tcp", "sk_release", &[]),
    ("ringbuf_reserve", "ringbuf_discard", &["ringbuf_submit"]),
    ("ringbuf_reserve_dynptr", "ringbuf_discard_dynptr", &["ringbuf_submit_dynptr"]),
    ("spin_lock", "spin_unlock", &[]),
];

const fn callback(argument: u8, context: Option<u8>, later: bool) -> Callback {
    Callback { argument, context, later }
}

/// Helpers that take a subprogram.
const CALLBACKS: &[(&str, Callback)] = &[
    ("for_each_map_elem", callback(2, Some(3), false)),
    ("find_vma", callback(3, Some(4), false)),
    ("loop", callback(2, Some(3), false)),
    ("user_ringbuf_drain", callback(2, Some(3), false)),
    ("timer_set_callback", callback(2, None, true)),
];

const fn row(id: u32, name: &'static str, major: u16, minor: u16) -> Helper {
    Helper { id, name, since: KernelVersion::new(major, minor) }
}

/// All helpers: the list is frozen.
pub const HELPERS: &[Helper] = &[
    row(1, "map_lookup_elem", 3, 18),
    row(2, "map_update_elem", 3, 18),
    row(3, "map_delete_elem", 3, 19),
    row(4, "probe_read", 4, 1),
    row(5, "ktime_get_ns", 4, 1),
    row(6, "trace_printk", 4, 1),
    row(7, "get_prandom_u32", 4, 17),
    row(8, "get_smp_processor_id", 4, 1),
    row(9, "skb_store_bytes", 4, 1),
    row(10, "l3_csum_replace", 4, 1),
    row(11, "l4_csum_replace", 4, 1),
    row(12, "tail_call", 4, 2),
    row(13, "clone_redirect", 4, 2),
    row(14, "get_current_pid_tgid", 4, 2),
    row(15, "get_current_uid_gid", 4, 2),
    row(16, "get_current_comm", 4, 2),
    row(17, "get_cgroup_classid", 4, 3),
    row(18, "skb_vlan_push", 4, 3),
    row(19, "skb_vlan_pop", 4, 3),
    row(20, "skb_get_tunnel_key", 4, 3),
    row(21, "skb_set_tunnel_key", 4, 3),
    row(22, "perf_event_read", 4, 3),
    row(23, "redirect", 4, 4),
    row(24, "get_route_realm", 4, 4),
    row(25, "perf_event_output", 4, 4),
    row(26, "skb_load_bytes", 4, 5),
    row(27, "get_stackid", 4, 6),
    row(28, "csum_diff", 4, 6),
    row(29, "skb_get_tunnel_opt", 4, 6),
    row(30, "skb_set_tunnel_opt", 4, 6),
    row(31, "skb_change_proto", 4, 8),
    row(32, "skb_change_type", 4, 8),
    row(33, "skb_under_cgroup", 4, 8),
    row(34, "get_hash_recalc", 4, 8),
    row(35, "get_current_task", 4, 8),
    row(36, "probe_write_user", 4, 8),
    row(37, "current_task_under_cgroup", 4, 9),
    row(38, "skb_change_tail", 4, 9),
    row(39, "skb_pull_data", 4, 9),
    row(40, "csum_update", 4, 9),
    row(41, "set_hash_invalid", 4, 9),
    row(42, "get_numa_node_id", 4, 10),
    row(43, "skb_change_head", 4, 10),
    row(44, "xdp_adjust_head", 4, 10),
    row(45, "probe_read_str", 4, 11),
    row(46, "get_socket_cookie", 4, 12),
    row(47, "get_socket_uid", 4, 12),
    row(48, "set_hash", 4, 13),
    row(49, "setsockopt", 4, 13),
    row(50, "skb_adjust_room", 4, 13),
    row(51, "redirect_map", 4, 14),
    row(52, "sk_redirect_map", 4, 14),
    row(53, "sock_map_update", 4, 14),
    row(54, "xdp_adjust_meta", 4, 15),
    row(55, "perf_event_read_value", 4, 15),
    row(56, "perf_prog_read_value", 4, 15),
    row(57, "getsockopt", 4, 15),
    row(58, "override_return", 4, 16),
    row(59, "sock_ops_cb_flags_set", 4, 16),
    row(60, "msg_redirect_map", 4, 17),
    row(61, "msg_apply_bytes", 4, 17),
    row(62, "msg_cork_bytes", 4, 17),
    row(63, "msg_pull_data", 4, 17),
    row(64, "bind", 4, 17),
    row(65, "xdp_adjust_tail", 4, 18),
    row(66, "skb_get_xfrm_state", 4, 18),
    row(67, "get_stack", 4, 18),
    row(68, "skb_load_bytes_relative", 4, 18),
    row(69, "fib_lookup", 4, 18),
    row(70, "sock_hash_update", 4, 18),
    row(71, "msg_redirect_hash", 4, 18),
    row(72, "sk_redirect_hash", 4, 18),
    row(73, "lwt_push_encap", 4, 18),
    row(74, "lwt_seg6_store_bytes", 4, 18),
    row(75, "lwt_seg6_adjust_srh", 4, 18),
    row(76, "lwt_seg6_action", 4, 18),
    row(77, "rc_repeat", 4, 18),
    row(78, "rc_keydown", 4, 18),
    row(79, "skb_cgroup_id", 4, 18),
    row(80, "get_current_cgroup_id", 4, 18),
    row(81, "get_local_storage", 4, 19),
    row(82, "sk_select_reuseport", 4, 19),
    row(83, "skb_ancestor_cgroup_id", 4, 19),
    row(84, "sk_lookup_tcp", 4, 20),
    row(85, "sk_lookup_udp", 4, 20),
    row(86, "sk_release", 4, 20),
    row(87, "map_push_elem", 4, 20),
    row(88, "map_pop_elem", 4, 20),
    row(89, "map_peek_elem", 4, 20),
    row(90, "msg_push_data", 4, 20),
    row(91, "msg_pop_data", 5, 0),
    row(92, "rc_pointer_rel", 5, 0),
    row(93, "spin_lock", 5, 1),
    row(94, "spin_unlock", 5, 1),
    row(95, "sk_fullsock", 5, 1),
    row(96, "tcp_sock", 5, 1),
    row(97, "skb_ecn_set_ce", 5, 1),
    row(98, "get_listener_sock", 5, 1),
    row(99, "skc_lookup_tcp", 5, 2),
    row(100, "tcp_check_syncookie", 5, 2),
    row(101, "sysctl_get_name", 5, 2),
    row(102, "sysctl_get_current_value", 5, 2),
    row(103, "sysctl_get_new_value", 5, 2),
    row(104, "sysctl_set_new_value", 5, 2),
    row(105, "strtol", 5, 2),
    row(106, "strtoul", 5, 2),
    row(107, "sk_storage_get", 5, 2),
    row(108, "sk_storage_delete", 5, 2),
    row(109, "send_signal", 5, 3),
    row(110, "tcp_gen_syncookie", 5, 4),
    row(111, "skb_output", 5, 5),
    row(112, "probe_read_user", 5, 5),
    row(113, "probe_read_kernel", 5, 5),
    row(114, "probe_read_user_str", 5, 5),
    row(115, "probe_read_kernel_str", 5, 5),
    row(116, "tcp_send_ack", 5, 6),
    row(117, "send_signal_thread", 5, 6),
    row(118, "jiffies64", 5, 6),
    row(119, "read_branch_records", 5, 7),
    row(120, "get_ns_current_pid_tgid", 5, 7),
    row(121, "xdp_output", 5, 7),
    row(122, "get_netns_cookie", 5, 7),
    row(123, "get_current_ancestor_cgroup_id", 5, 7),
    row(124, "sk_assign", 5, 7),
    row(125, "ktime_get_boot_ns", 5, 8),
    row(126, "seq_printf", 5, 8),
    row(127, "seq_write", 5, 8),
    row(128, "sk_cgroup_id", 5, 8),
    row(129, "sk_ancestor_cgroup_id", 5, 8),
    row(130, "ringbuf_output", 5, 8),
    row(131, "ringbuf_reserve", 5, 8),
    row(132, "ringbuf_submit", 5, 8),
    row(133, "ringbuf_discard", 5, 8),
    row(134, "ringbuf_query", 5, 8),
    row(135, "csum_level", 5, 8),
    row(136, "skc_to_tcp6_sock", 5, 9),
    row(137, "skc_to_tcp_sock", 5, 9),
    row(138, "skc_to_tcp_timewait_sock", 5, 9),
    row(139, "skc_to_tcp_request_sock", 5, 9),
    row(140, "skc_to_udp6_sock", 5, 9),
    row(141, "get_task_stack", 5, 9),
    row(142, "load_hdr_opt", 5, 10),
    row(143, "store_hdr_opt", 5, 10),
    row(144, "reserve_hdr_opt", 5, 10),
    row(145, "inode_storage_get", 5, 10),
    row(146, "inode_storage_delete", 5, 10),
    row(147, "d_path", 5, 10),
    row(148, "copy_from_user", 5, 10),
    row(149, "snprintf_btf", 5, 10),
    row(150, "seq_printf_btf", 5, 10),
    row(151, "skb_cgroup_classid", 5, 10),
    row(152, "redirect_neigh", 5, 10),
    row(153, "per_cpu_ptr", 5, 10),
    row(154, "this_cpu_ptr", 5, 10),
    row(155, "redirect_peer", 5, 10),
    row(156, "task_storage_get", 5, 11),
    row(157, "task_storage_delete", 5, 11),
    row(158, "get_current_task_btf", 5, 11),
    row(159, "bprm_opts_set", 5, 11),
    row(160, "ktime_get_coarse_ns", 5, 11),
    row(161, "ima_inode_hash", 5, 11),
    row(162, "sock_from_file", 5, 11),
    row(163, "check_mtu", 5, 12),
    row(164, "for_each_map_elem", 5, 13),
    row(165, "snprintf", 5, 13),
    row(166, "sys_bpf", 5, 14),
    row(167, "btf_find_by_name_kind", 5, 14),
    row(168, "sys_close", 5, 14),
    row(169, "timer_init", 5, 15),
    row(170, "timer_set_callback", 5, 15),
    row(171, "timer_start", 5, 15),
    row(172, "timer_cancel", 5, 15),
    row(173, "get_func_ip", 5, 15),
    row(174, "get_attach_cookie", 5, 15),
    row(175, "task_pt_regs", 5, 15),
    row(176, "get_branch_snapshot", 5, 16),
    row(177, "trace_vprintk", 5, 16),
    row(178, "skc_to_unix_sock", 5, 16),
    row(179, "kallsyms_lookup_name", 5, 16),
    row(180, "find_vma", 5, 17),
    row(181, "loop", 5, 17),
    row(182, "strncmp", 5, 17),
    row(183, "get_func_arg", 5, 17),
    row(184, "get_func_ret", 5, 17),
    row(185, "get_func_arg_cnt", 5, 17),
    row(186, "get_retval", 5, 18),
    row(187, "set_retval", 5, 18),
    row(188, "xdp_get_buff_len", 5, 18),
    row(189, "xdp_load_bytes", 5, 18),
    row(190, "xdp_store_bytes", 5, 18),
    row(191, "copy_from_user_task", 5, 18),
    row(192, "skb_set_tstamp", 5, 18),
    row(193, "ima_file_hash", 5, 18),
    row(194, "kptr_xchg", 5, 19),
    row(195, "map_lookup_percpu_elem", 5, 19),
    row(196, "skc_to_mptcp_sock", 5, 19),
    row(197, "dynptr_from_mem", 5, 19),
    row(198, "ringbuf_reserve_dynptr", 5, 19),
    row(199, "ringbuf_submit_dynptr", 5, 19),
    row(200, "ringbuf_discard_dynptr", 5, 19),
    row(201, "dynptr_read", 5, 19),
    row(202, "dynptr_write", 5, 19),
    row(203, "dynptr_data", 5, 19),
    row(204, "tcp_raw_gen_syncookie_ipv4", 6, 0),
    row(205, "tcp_raw_gen_syncookie_ipv6", 6, 0),
    row(206, "tcp_raw_check_syncookie_ipv4", 6, 0),
    row(207, "tcp_raw_check_syncookie_ipv6", 6, 0),
    row(208, "ktime_get_tai_ns", 6, 1),
    row(209, "user_ringbuf_drain", 6, 1),
    row(210, "cgrp_storage_get", 6, 2),
    row(211, "cgrp_storage_delete", 6, 2),
];
