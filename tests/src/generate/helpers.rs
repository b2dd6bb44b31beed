//! The helpers that random programs call, with what they want and give, as far as a generator has to know: enough to call
//! them in sensible ways. The table is the generator's own, so that a mistake in the model's tables is not repeated here.

/// What an argument should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arg {
    Any,
    /// A number that is 0 most of the time.
    Flags,
    Ctx,
    CtxOrNull,
    Map(Maps),
    /// A key of the map that was passed before.
    Key,
    /// A value of it.
    Value,
    ValueOrNull,
    /// Room for a value of it.
    NewValue,
    /// Memory to read, and after it its size.
    Mem,
    MemOrNull,
    /// Room for the size that follows.
    NewMem,
    Size,
    SizeOrZero,
    /// So many bytes to read.
    Fixed(u8),
    /// Room for so many bytes.
    NewFixed(u8),
    /// Constant text of the object.
    Text,
    /// A size that the result has.
    Reserved,
    /// A record of a ring buffer.
    Record,
    Socket,
    Task,
    Group,
    /// What an iterator writes to.
    Meta,
    Timer,
    KernelPointerSlot,
    Function(Callback),
    /// What a callback gets.
    StackOrNull,
    Dynptr,
    NewDynptr,
    /// Memory that a dynptr may point to.
    Lasting,
}

/// Maps that a helper is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Maps {
    CgroupStorage,
    Cgroups,
    Devices,
    GroupStorage,
    Keyed,
    PerProcessor,
    Perf,
    Queue,
    Reuseport,
    Ring,
    SocketHash,
    SocketStorage,
    Sockets,
    Stacks,
    Tail,
    TaskStorage,
    Timers,
    UserRing,
    Walked,
}

/// Functions that helpers call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Callback {
    Loop,
    EachElement,
    Timer,
    FindVma,
    Drain,
    /// Compares two nodes of a tree.
    Less,
}

/// Sockets as the verifier tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sock {
    Common,
    Full,
    Tcp,
    /// A pointer to a kernel's struct.
    Kernel,
}

/// What a call gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Gives {
    Nothing,
    Number,
    /// A number, and pointers into the packet are lost.
    Moves,
    /// A value of the map, or null.
    Value,
    SureValue,
    /// A record of a ring buffer, or null: it must be submitted or discarded.
    Reserved,
    /// A part of a dynptr's memory, or null.
    Slice,
    /// A socket, or null: it must be released.
    Found(Sock),
    /// The same socket as another type, or null.
    Borrowed(Sock),
    Task,
}

/// A helper.
#[derive(Debug)]
pub(super) struct Helper {
    pub id: u32,
    pub args: &'static [Arg],
    pub gives: Gives,
    /// The rows of [`super::kinds::KINDS`] that may call it on 6.18, as bits.
    pub kinds: u32,
}

const fn h(id: u32, args: &'static [Arg], gives: Gives, kinds: u32) -> Helper {
    Helper { id, args, gives, kinds }
}

/// For every kind.
const ALL: u32 = u32::MAX;

use Arg::*;
use Callback::{Drain, EachElement, FindVma, Loop};
use Gives::{Borrowed, Found, Moves, Nothing, Number, Slice, SureValue};
use Maps::*;
use Sock::{Common, Full, Kernel, Tcp};

#[rustfmt::skip]
pub(super) const HELPERS: &[Helper] = &[
    h(1, &[Map(Keyed), Key], Gives::Value, ALL), // map_lookup_elem
    h(2, &[Map(Keyed), Key, Value, Flags], Number, ALL), // map_update_elem
    h(3, &[Map(Keyed), Key], Number, ALL), // map_delete_elem
    h(4, &[NewMem, SizeOrZero, Any], Number, 0xb410052), // probe_read
    h(5, &[], Number, ALL), // ktime_get_ns
    h(6, &[Mem, Size, Any, Any, Any], Number, ALL), // trace_printk
    h(7, &[], Number, ALL), // get_prandom_u32
    h(9, &[Ctx, Any, Mem, Size, Flags], Moves, 0x280c), // skb_store_bytes
    h(10, &[Ctx, Any, Any, Any, Any], Moves, 0x80c), // l3_csum_replace
    h(11, &[Ctx, Any, Any, Any, Any], Moves, 0x80c), // l4_csum_replace
    h(12, &[Ctx, Map(Tail), Any], Nothing, ALL), // tail_call
    h(13, &[Ctx, Any, Flags], Moves, 0x80c), // clone_redirect
    h(14, &[], Number, ALL), // get_current_pid_tgid
    h(15, &[], Number, ALL), // get_current_uid_gid
    h(16, &[NewMem, Size], Number, ALL), // get_current_comm
    h(17, &[Ctx], Number, ALL), // get_cgroup_classid
    h(18, &[Ctx, Any, Any], Moves, 0xc), // skb_vlan_push
    h(19, &[Ctx], Moves, 0xc), // skb_vlan_pop
    h(20, &[Ctx, NewMem, Size, Flags], Number, 0x80c), // skb_get_tunnel_key
    h(21, &[Ctx, Mem, Size, Flags], Number, 0x80c), // skb_set_tunnel_key
    h(22, &[Map(Perf), Any], Number, ALL), // perf_event_read
    h(23, &[Any, Flags], Number, 0x82c), // redirect
    h(24, &[Ctx], Number, 0x40e0c), // get_route_realm
    h(25, &[Ctx, Map(Perf), Any, Mem, SizeOrZero], Number, 0xfe7ffff), // perf_event_output
    h(26, &[Ctx, Any, NewMem, Size], Number, 0x1c2e8d), // skb_load_bytes
    h(27, &[Ctx, Map(Stacks), Any], Number, 0xb410052), // get_stackid
    h(28, &[MemOrNull, SizeOrZero, MemOrNull, SizeOrZero, Any], Number, 0x40e2c), // csum_diff
    h(29, &[Ctx, NewMem, Size], Number, 0x80c), // skb_get_tunnel_opt
    h(30, &[Ctx, Mem, Size], Number, 0x80c), // skb_set_tunnel_opt
    h(31, &[Ctx, Any, Flags], Moves, 0xc), // skb_change_proto
    h(32, &[Ctx, Any], Number, 0xc), // skb_change_type
    h(33, &[Ctx, Map(Cgroups), Any], Number, 0x40e0c), // skb_under_cgroup
    h(34, &[Ctx], Number, 0x40e0c), // get_hash_recalc
    h(35, &[], Number, ALL), // get_current_task
    h(37, &[Map(Cgroups), Any], Number, ALL), // current_task_under_cgroup
    h(38, &[Ctx, Any, Flags], Moves, 0x280c), // skb_change_tail
    h(39, &[Ctx, Any], Moves, 0x42e0c), // skb_pull_data
    h(40, &[Ctx, Any], Number, 0x80c), // csum_update
    h(41, &[Ctx], Number, 0x80c), // set_hash_invalid
    h(42, &[], Number, ALL), // get_numa_node_id
    h(43, &[Ctx, Any, Flags], Moves, 0x280c), // skb_change_head
    h(44, &[Ctx, Any], Moves, 0x20), // xdp_adjust_head
    h(45, &[NewMem, SizeOrZero, Any], Number, 0xb410052), // probe_read_str
    h(46, &[Ctx], Number, 0xb0a318d), // get_socket_cookie
    h(47, &[Ctx], Number, 0x208d), // get_socket_uid
    h(48, &[Ctx, Any], Number, 0xc), // set_hash
    h(49, &[Ctx, Any, Any, Mem, Size], Number, 0x21000), // setsockopt
    h(50, &[Ctx, Any, Any, Flags], Moves, 0x200c), // skb_adjust_room
    h(51, &[Map(Devices), Any, Flags], Number, 0x20), // redirect_map
    h(52, &[Ctx, Map(Sockets), Any, Flags], Number, 0x2000), // sk_redirect_map
    h(53, &[Ctx, Map(Sockets), Key, Flags], Number, 0x1000), // sock_map_update
    h(54, &[Ctx, Any], Moves, 0x20), // xdp_adjust_meta
    h(55, &[Map(Perf), Any, NewMem, Size], Number, ALL), // perf_event_read_value
    h(56, &[Ctx, NewMem, Size], Number, 0x40), // perf_prog_read_value
    h(57, &[Ctx, Any, Any, NewMem, Size], Number, 0x21000), // getsockopt
    h(59, &[Ctx, Any], Number, 0x1000), // sock_ops_cb_flags_set
    h(60, &[Ctx, Map(Sockets), Any, Flags], Number, 0x8000), // msg_redirect_map
    h(61, &[Ctx, Any], Number, 0x8000), // msg_apply_bytes
    h(62, &[Ctx, Any], Number, 0x8000), // msg_cork_bytes
    h(63, &[Ctx, Any, Any, Flags], Moves, 0x8000), // msg_pull_data
    h(64, &[Ctx, Mem, Size], Number, 0x20000), // bind
    h(65, &[Ctx, Any], Moves, 0x20), // xdp_adjust_tail
    h(66, &[Ctx, Any, NewMem, Size, Flags], Number, 0xc), // skb_get_xfrm_state
    h(67, &[Ctx, NewMem, SizeOrZero, Any], Number, 0xb410052), // get_stack
    h(68, &[Ctx, Any, NewMem, Size, Any], Number, 0x8008d), // skb_load_bytes_relative
    h(69, &[Ctx, Mem, Size, Flags], Number, 0x2c), // fib_lookup
    h(70, &[Ctx, Map(SocketHash), Key, Flags], Number, 0x1000), // sock_hash_update
    h(71, &[Ctx, Map(SocketHash), Key, Flags], Number, 0x8000), // msg_redirect_hash
    h(72, &[Ctx, Map(SocketHash), Key, Flags], Number, 0x2000), // sk_redirect_hash
    h(73, &[Ctx, Any, Mem, Size], Moves, 0xa00), // lwt_push_encap
    h(74, &[Ctx, Any, Mem, Size], Moves, 0x40000), // lwt_seg6_store_bytes
    h(75, &[Ctx, Any, Any], Moves, 0x40000), // lwt_seg6_adjust_srh
    h(76, &[Ctx, Any, Mem, Size], Moves, 0x40000), // lwt_seg6_action
    h(79, &[Ctx], Number, 0x8c), // skb_cgroup_id
    h(80, &[], Number, ALL), // get_current_cgroup_id
    h(81, &[Map(CgroupStorage), Flags], SureValue, 0xa25180), // get_local_storage
    h(82, &[Ctx, Map(Reuseport), Key, Flags], Number, 0x80000), // sk_select_reuseport
    h(83, &[Ctx, Any], Number, 0x8c), // skb_ancestor_cgroup_id
    h(84, &[Ctx, Mem, Size, Any, Flags], Found(Full), 0x220ac), // sk_lookup_tcp
    h(85, &[Ctx, Mem, Size, Any, Flags], Found(Full), 0x220ac), // sk_lookup_udp
    h(86, &[Socket], Number, 0x40220ac), // sk_release
    h(87, &[Map(Queue), Value, Flags], Number, ALL), // map_push_elem
    h(88, &[Map(Queue), NewValue], Number, ALL), // map_pop_elem
    h(89, &[Map(Queue), NewValue], Number, ALL), // map_peek_elem
    h(90, &[Ctx, Any, Any, Flags], Moves, 0x8000), // msg_push_data
    h(91, &[Ctx, Any, Any, Flags], Moves, 0x8000), // msg_pop_data
    h(95, &[Socket], Borrowed(Full), 0x8c), // sk_fullsock
    h(96, &[Socket], Borrowed(Tcp), 0x80108c), // tcp_sock
    h(97, &[Ctx], Number, 0x8c), // skb_ecn_set_ce
    h(98, &[Socket], Borrowed(Full), 0x8c), // get_listener_sock
    h(99, &[Ctx, Mem, Size, Any, Flags], Found(Common), 0x220ac), // skc_lookup_tcp
    h(100, &[Socket, Mem, Size, Mem, Size], Number, 0x2c), // tcp_check_syncookie
    h(101, &[Ctx, NewMem, Size, Flags], Number, 0x200000), // sysctl_get_name
    h(102, &[Ctx, NewMem, Size], Number, 0x200000), // sysctl_get_current_value
    h(103, &[Ctx, NewMem, Size], Number, 0x200000), // sysctl_get_new_value
    h(104, &[Ctx, Mem, Size], Number, 0x200000), // sysctl_set_new_value
    h(105, &[Mem, Size, Flags, NewFixed(8)], Number, ALL), // strtol
    h(106, &[Mem, Size, Flags, NewFixed(8)], Number, ALL), // strtoul
    h(107, &[Map(SocketStorage), Socket, ValueOrNull, Flags], Gives::Value, 0xb82918c), // sk_storage_get
    h(108, &[Map(SocketStorage), Socket], Number, 0xb82908c), // sk_storage_delete
    h(109, &[Any], Number, ALL), // send_signal
    h(110, &[Socket, Mem, Size, Mem, Size], Number, 0x2c), // tcp_gen_syncookie
    h(112, &[NewMem, SizeOrZero, Any], Number, ALL), // probe_read_user
    h(113, &[NewMem, SizeOrZero, Any], Number, ALL), // probe_read_kernel
    h(114, &[NewMem, SizeOrZero, Any], Number, ALL), // probe_read_user_str
    h(115, &[NewMem, SizeOrZero, Any], Number, ALL), // probe_read_kernel_str
    h(117, &[Any], Number, ALL), // send_signal_thread
    h(118, &[], Number, ALL), // jiffies64
    h(119, &[Ctx, MemOrNull, SizeOrZero, Flags], Number, 0x40), // read_branch_records
    h(120, &[Any, Any, NewMem, Size], Number, ALL), // get_ns_current_pid_tgid
    h(122, &[CtxOrNull], Number, 0x82918d), // get_netns_cookie
    h(123, &[Any], Number, ALL), // get_current_ancestor_cgroup_id
    h(124, &[Ctx, Socket, Flags], Number, 0x400000c), // sk_assign
    h(125, &[], Number, ALL), // ktime_get_boot_ns
    h(126, &[Meta, Mem, Size, MemOrNull, SizeOrZero], Number, 0x2000000), // seq_printf
    h(127, &[Meta, Mem, SizeOrZero], Number, 0x2000000), // seq_write
    h(128, &[Socket], Number, 0x80), // sk_cgroup_id
    h(129, &[Socket, Any], Number, 0x80), // sk_ancestor_cgroup_id
    h(130, &[Map(Ring), Mem, SizeOrZero, Flags], Number, ALL), // ringbuf_output
    h(131, &[Map(Ring), Reserved, Flags], Gives::Reserved, ALL), // ringbuf_reserve
    h(132, &[Record, Flags], Nothing, ALL), // ringbuf_submit
    h(133, &[Record, Flags], Nothing, ALL), // ringbuf_discard
    h(134, &[Map(Ring), Any], Number, ALL), // ringbuf_query
    h(135, &[Ctx, Any], Number, 0x80c), // csum_level
    h(136, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_tcp6_sock
    h(137, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_tcp_sock
    h(138, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_tcp_timewait_sock
    h(139, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_tcp_request_sock
    h(140, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_udp6_sock
    h(141, &[Task, NewMem, SizeOrZero, Flags], Number, ALL), // get_task_stack
    h(142, &[Ctx, NewMem, Size, Flags], Number, 0x1000), // load_hdr_opt
    h(143, &[Ctx, Mem, Size, Flags], Number, 0x1000), // store_hdr_opt
    h(144, &[Ctx, Any, Flags], Number, 0x1000), // reserve_hdr_opt
    h(148, &[NewMem, SizeOrZero, Any], Number, ALL), // copy_from_user
    h(149, &[NewMem, Size, Mem, Size, Flags], Number, ALL), // snprintf_btf
    h(151, &[Ctx], Number, 0xc), // skb_cgroup_classid
    h(152, &[Any, MemOrNull, SizeOrZero, Flags], Number, 0xc), // redirect_neigh
    h(155, &[Any, Flags], Number, 0xc), // redirect_peer
    h(156, &[Map(TaskStorage), Task, ValueOrNull, Flags], Gives::Value, ALL), // task_storage_get
    h(157, &[Map(TaskStorage), Task], Number, ALL), // task_storage_delete
    h(158, &[], Gives::Task, ALL), // get_current_task_btf
    h(160, &[], Number, 0x43ebfad), // ktime_get_coarse_ns
    h(163, &[Ctx, Any, Fixed(4), Any, Flags], Number, 0x2c), // check_mtu
    h(164, &[Map(Walked), Function(EachElement), StackOrNull, Flags], Number, ALL), // for_each_map_elem
    h(165, &[NewMem, SizeOrZero, Text, MemOrNull, SizeOrZero], Number, ALL), // snprintf
    h(166, &[Any, Mem, Size], Number, 0x8000000), // sys_bpf
    h(167, &[Mem, Size, Any, Flags], Number, 0x8000000), // btf_find_by_name_kind
    h(168, &[Any], Number, 0x8000000), // sys_close
    h(169, &[Arg::Timer, Map(Timers), Flags], Number, ALL), // timer_init
    h(170, &[Arg::Timer, Function(Callback::Timer)], Number, ALL), // timer_set_callback
    h(171, &[Arg::Timer, Any, Flags], Number, ALL), // timer_start
    h(172, &[Arg::Timer], Number, ALL), // timer_cancel
    h(173, &[Ctx], Number, 0xb410052), // get_func_ip
    h(174, &[Ctx], Number, 0x1410052), // get_attach_cookie
    h(175, &[Task], Nothing, ALL), // task_pt_regs
    h(176, &[NewMem, SizeOrZero, Flags], Number, ALL), // get_branch_snapshot
    h(177, &[Mem, Size, MemOrNull, SizeOrZero], Number, ALL), // trace_vprintk
    h(178, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_unix_sock
    h(179, &[Mem, SizeOrZero, Flags, NewFixed(8)], Number, 0x8000000), // kallsyms_lookup_name
    h(180, &[Task, Any, Function(FindVma), StackOrNull, Flags], Number, ALL), // find_vma
    h(181, &[Any, Function(Loop), StackOrNull, Flags], Number, ALL), // loop
    h(182, &[Mem, Size, Text], Number, ALL), // strncmp
    h(186, &[], Number, 0x820100), // get_retval
    h(187, &[Any], Number, 0x820100), // set_retval
    h(188, &[Ctx], Number, 0xb000020), // xdp_get_buff_len
    h(189, &[Ctx, Any, NewMem, Size], Number, 0x20), // xdp_load_bytes
    h(190, &[Ctx, Any, Mem, Size], Number, 0x20), // xdp_store_bytes
    h(191, &[NewMem, SizeOrZero, Any, Task, Flags], Number, ALL), // copy_from_user_task
    h(192, &[Ctx, Any, Any], Number, 0xc), // skb_set_tstamp
    h(194, &[KernelPointerSlot, Task], Nothing, ALL), // kptr_xchg
    h(195, &[Map(PerProcessor), Key, Any], Gives::Value, ALL), // map_lookup_percpu_elem
    h(196, &[Socket], Borrowed(Kernel), 0xf16bead), // skc_to_mptcp_sock
    h(197, &[Lasting, SizeOrZero, Flags, NewDynptr], Number, ALL), // dynptr_from_mem
    h(198, &[Map(Ring), Any, Flags, NewDynptr], Number, ALL), // ringbuf_reserve_dynptr
    h(199, &[Dynptr, Flags], Nothing, ALL), // ringbuf_submit_dynptr
    h(200, &[Dynptr, Flags], Nothing, ALL), // ringbuf_discard_dynptr
    h(201, &[NewMem, SizeOrZero, Dynptr, Any, Flags], Number, ALL), // dynptr_read
    h(202, &[Dynptr, Any, Mem, SizeOrZero, Flags], Number, ALL), // dynptr_write
    h(203, &[Dynptr, Any, Reserved], Slice, ALL), // dynptr_data
    h(204, &[Fixed(20), Mem, SizeOrZero], Number, 0x2c), // tcp_raw_gen_syncookie_ipv4
    h(205, &[Fixed(40), Mem, SizeOrZero], Number, 0x2c), // tcp_raw_gen_syncookie_ipv6
    h(206, &[Fixed(20), Fixed(20)], Number, 0x2c), // tcp_raw_check_syncookie_ipv4
    h(207, &[Fixed(40), Fixed(20)], Number, 0x2c), // tcp_raw_check_syncookie_ipv6
    h(208, &[], Number, ALL), // ktime_get_tai_ns
    h(209, &[Map(UserRing), Function(Drain), StackOrNull, Flags], Number, ALL), // user_ringbuf_drain
    h(210, &[Map(GroupStorage), Group, ValueOrNull, Flags], Gives::Value, ALL), // cgrp_storage_get
    h(211, &[Map(GroupStorage), Group], Number, ALL), // cgrp_storage_delete
];
