//! Functions of the kernel that random programs call, with what they want and give, as far as a generator has to know.
//! The table is the generator's own, so that a mistake in the model's tables is not repeated here.

use super::builder::{Class, Held};

/// What an argument should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Want {
    Any,
    /// The number of a processor.
    Processor,
    Null,
    Context,
    Task,
    Object(Class),
    Dynptr,
    NewDynptr,
    /// So many bytes of the stack.
    Memory,
    /// Bytes of the stack, or of a map's value, whose number no argument tells.
    Buffer,
    /// A pointer into the kernel.
    Kernel,
    /// Nothing that is asked for: any pointer or number.
    Ignored,
    /// How many they are.
    Size,
    /// The type of a node.
    NodeType,
    /// A type of the kernel; 0 for none.
    KernelType,
    /// Constant text.
    Text,
    /// A map that can be walked.
    Map,
}

/// What a call gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Given {
    Nothing,
    Number,
    /// Something that must be given to that function.
    Owned(Held, &'static str),
    /// Something that is not the program's.
    Borrowed(Held),
}

/// A function.
#[derive(Debug)]
pub(super) struct Kfunc {
    pub name: &'static str,
    /// The first kernel that has it.
    pub since: (u16, u16),
    /// Kinds that may call it; empty for all.
    pub kinds: &'static [u32],
    pub wants: &'static [Want],
    pub gives: Given,
}

type Row = (&'static str, (u16, u16), &'static [u32], &'static [Want], Given);

const fn k(row: Row) -> Kfunc {
    Kfunc { name: row.0, since: row.1, kinds: row.2, wants: row.3, gives: row.4 }
}

/// `sched_cls`, `xdp`, `cgroup_skb`, `tracing`, `struct_ops`, `lsm`, `syscall`.
const GROUPS: &[u32] = &[3, 6, 8, 26, 27, 29, 31];
/// `tracing`.
const TRACING: &[u32] = &[26];
/// `sched_cls`, `xdp`.
const PACKETS: &[u32] = &[3, 6];
/// `struct_ops`.
const OPS: &[u32] = &[27];
/// `tracing`, `struct_ops`, `syscall`.
const MASKS: &[u32] = &[26, 27, 31];
const TASKS: &[u32] = &[3, 6, 8, 26, 27, 29, 31];
const ALL: &[u32] = &[];

use Class::{Crypto, Group, Key, Mask, Node};
use Given::{Borrowed, Nothing, Number, Owned};
use Want::{
    Any, Buffer, Context, Dynptr, Ignored, Kernel, KernelType, Memory, NewDynptr, NodeType, Null, Object,
    Processor, Size, Task, Text,
};

const GROUP: Given = Owned(Held::ObjectOrNull(Group), "bpf_cgroup_release");
const MASK: Given = Owned(Held::ObjectOrNull(Mask), "bpf_cpumask_release");
const KEY: Given = Owned(Held::ObjectOrNull(Key), "bpf_key_put");
const CRYPTO: Given = Owned(Held::ObjectOrNull(Crypto), "bpf_crypto_ctx_release");
const NODE: Given = Owned(Held::ObjectOrNull(Node), "bpf_obj_drop_impl");

#[rustfmt::skip]
pub(super) const KFUNCS: &[Kfunc] = &[
    k(("bpf_cgroup_from_id", (6, 4), GROUPS, &[Any], GROUP)),
    k(("bpf_cgroup_acquire", (6, 4), GROUPS, &[Object(Group)], GROUP)),
    k(("bpf_cgroup_ancestor", (6, 4), GROUPS, &[Object(Group), Any], GROUP)),
    k(("bpf_task_under_cgroup", (6, 5), GROUPS, &[Task, Object(Group)], Number)),
    k(("bpf_task_get_cgroup1", (6, 8), GROUPS, &[Task, Any], GROUP)),
    k(("bpf_task_acquire", (6, 4), TASKS, &[Task], Owned(Held::TaskOrNull, "bpf_task_release"))),
    k(("bpf_task_from_pid", (6, 4), TASKS, &[Any], Owned(Held::TaskOrNull, "bpf_task_release"))),
    k(("bpf_task_from_vpid", (6, 14), TASKS, &[Any], Owned(Held::TaskOrNull, "bpf_task_release"))),
    k(("bpf_cpumask_create", (6, 4), MASKS, &[], MASK)),
    k(("bpf_cpumask_acquire", (6, 4), MASKS, &[Object(Mask)], Owned(Held::Object(Mask), "bpf_cpumask_release"))),
    k(("bpf_cpumask_first", (6, 4), MASKS, &[Object(Mask)], Number)),
    k(("bpf_cpumask_set_cpu", (6, 4), MASKS, &[Processor, Object(Mask)], Nothing)),
    k(("bpf_cpumask_clear_cpu", (6, 4), MASKS, &[Processor, Object(Mask)], Nothing)),
    k(("bpf_cpumask_test_cpu", (6, 4), MASKS, &[Processor, Object(Mask)], Number)),
    k(("bpf_cpumask_setall", (6, 4), MASKS, &[Object(Mask)], Nothing)),
    k(("bpf_cpumask_and", (6, 4), MASKS, &[Object(Mask), Object(Mask), Object(Mask)], Number)),
    k(("bpf_cpumask_empty", (6, 4), MASKS, &[Object(Mask)], Number)),
    k(("bpf_cpumask_weight", (6, 8), MASKS, &[Object(Mask)], Number)),
    k(("bpf_obj_new_impl", (6, 4), ALL, &[NodeType, Null], NODE)),
    k(("bpf_refcount_acquire_impl", (6, 5), ALL, &[Object(Node), Null], NODE)),
    k(("bpf_dynptr_size", (6, 5), ALL, &[Dynptr], Number)),
    k(("bpf_dynptr_is_null", (6, 5), ALL, &[Dynptr], Number)),
    k(("bpf_dynptr_is_rdonly", (6, 5), ALL, &[Dynptr], Number)),
    k(("bpf_dynptr_adjust", (6, 5), ALL, &[Dynptr, Processor, Processor], Number)),
    k(("bpf_dynptr_clone", (6, 5), ALL, &[Dynptr, NewDynptr], Number)),
    k(("bpf_dynptr_slice", (6, 4), ALL, &[Dynptr, Processor, Memory, Size], Borrowed(Held::MemoryOrNull(16)))),
    k(("bpf_dynptr_memset", (6, 17), ALL, &[Dynptr, Processor, Processor, Any], Number)),
    k(("bpf_dynptr_copy", (6, 17), ALL, &[Dynptr, Processor, Dynptr, Processor, Processor], Number)),
    k(("bpf_cast_to_kern_ctx", (6, 2), ALL, &[Context], Borrowed(Held::Kernel))),
    k(("bpf_rdonly_cast", (6, 2), ALL, &[Any, KernelType], Borrowed(Held::Kernel))),
    k(("bpf_map_sum_elem_count", (6, 6), ALL, &[Want::Map], Number)),
    k(("bpf_copy_from_user_str", (6, 12), &[31], &[Memory, Size, Any, Null], Number)),
    k(("bpf_strcmp", (6, 17), ALL, &[Text, Text], Number)),
    k(("bpf_throw", (6, 7), ALL, &[Any], Nothing)),
    k(("tcp_reno_ssthresh", (6, 1), &[27], &[Any], Number)),
    k(("tcp_slow_start", (6, 1), &[27], &[Any, Any], Number)),
    k(("bpf_sock_destroy", (6, 5), &[26], &[Any], Number)),
    k(("bpf_cpumask_first_zero", (6, 4), MASKS, &[Object(Mask)], Number)),
    k(("bpf_cpumask_first_and", (6, 5), MASKS, &[Object(Mask), Object(Mask)], Number)),
    k(("bpf_cpumask_test_and_set_cpu", (6, 4), MASKS, &[Processor, Object(Mask)], Number)),
    k(("bpf_cpumask_test_and_clear_cpu", (6, 4), MASKS, &[Processor, Object(Mask)], Number)),
    k(("bpf_cpumask_clear", (6, 4), MASKS, &[Object(Mask)], Nothing)),
    k(("bpf_cpumask_or", (6, 4), MASKS, &[Object(Mask), Object(Mask), Object(Mask)], Nothing)),
    k(("bpf_cpumask_xor", (6, 4), MASKS, &[Object(Mask), Object(Mask), Object(Mask)], Nothing)),
    k(("bpf_cpumask_equal", (6, 4), MASKS, &[Object(Mask), Object(Mask)], Number)),
    k(("bpf_cpumask_intersects", (6, 4), MASKS, &[Object(Mask), Object(Mask)], Number)),
    k(("bpf_cpumask_subset", (6, 4), MASKS, &[Object(Mask), Object(Mask)], Number)),
    k(("bpf_cpumask_full", (6, 4), MASKS, &[Object(Mask)], Number)),
    k(("bpf_cpumask_copy", (6, 4), MASKS, &[Object(Mask), Object(Mask)], Nothing)),
    k(("bpf_cpumask_any_distribute", (6, 5), MASKS, &[Object(Mask)], Number)),
    k(("bpf_cpumask_populate", (6, 15), MASKS, &[Object(Mask), Memory, Size], Number)),
    k(("bpf_cgroup_read_xattr", (6, 17), ALL, &[Object(Group), Text, Dynptr], Number)),
    k(("bpf_send_signal_task", (6, 13), GROUPS, &[Task, Processor, Processor, Any], Number)),
    k(("bpf_lookup_system_key", (6, 2), TRACING, &[Processor], KEY)),
    k(("bpf_lookup_user_key", (6, 2), TRACING, &[Any, Processor], KEY)),
    k(("bpf_crypto_ctx_create", (6, 10), &[31], &[Memory, Size, Buffer], CRYPTO)),
    k(("bpf_crypto_ctx_acquire", (6, 10), &[31], &[Object(Crypto)], CRYPTO)),
    k(("bpf_crypto_encrypt", (6, 10), &[3, 6], &[Object(Crypto), Dynptr, Dynptr, Null], Number)),
    k(("bpf_probe_read_kernel_dynptr", (6, 16), ALL, &[Dynptr, Processor, Processor, Ignored], Number)),
    k(("bpf_probe_read_user_dynptr", (6, 16), ALL, &[Dynptr, Processor, Processor, Ignored], Number)),
    k(("bpf_probe_read_kernel_str_dynptr", (6, 16), ALL, &[Dynptr, Processor, Any, Ignored], Number)),
    k(("bpf_probe_read_user_str_dynptr", (6, 16), ALL, &[Dynptr, Any, Processor, Ignored], Number)),
    k(("bpf_copy_from_user_dynptr", (6, 16), &[31], &[Dynptr, Processor, Processor, Ignored], Number)),
    k(("bpf_copy_from_user_str_dynptr", (6, 16), &[31], &[Dynptr, Processor, Processor, Ignored], Number)),
    k(("bpf_copy_from_user_task_dynptr", (6, 16), &[31], &[Dynptr, Any, Any, Ignored, Task], Number)),
    k(("bpf_copy_from_user_task_str_dynptr", (6, 16), &[31], &[Dynptr, Any, Any, Ignored, Task], Number)),
    k(("bpf_copy_from_user_task_str", (6, 15), &[31], &[Memory, Size, Ignored, Task, Null], Number)),
    k(("bpf_strcasecmp", (6, 18), ALL, &[Text, Ignored], Number)),
    k(("bpf_strchr", (6, 17), ALL, &[Ignored, Any], Number)),
    k(("bpf_strlen", (6, 17), ALL, &[Ignored], Number)),
    k(("bpf_strnlen", (6, 17), ALL, &[Text, Any], Number)),
    k(("bpf_strnstr", (6, 17), ALL, &[Text, Text, Any], Number)),
    k(("bpf_stream_vprintk_impl", (6, 18), ALL, &[Processor, Text, Memory, Size, Null], Number)),
    k(("bpf_get_kmem_cache", (6, 13), ALL, &[Any], Borrowed(Held::KernelOrNull))),
    k(("bpf_sock_ops_enable_tx_tstamp", (6, 15), &[13], &[Kernel, Null], Number)),
    k(("bpf_sock_addr_set_sun_path", (6, 7), &[18], &[Kernel, Memory, Size], Number)),
    k(("bpf_sk_assign_tcp_reqsk", (6, 9), &[3], &[Context, Kernel, Memory, Size], Number)),
    k(("bpf_xdp_pull_data", (6, 18), &[6], &[Context, Any], Number)),
    k(("bpf_dynptr_from_skb_meta", (6, 18), &[3], &[Context, Null, NewDynptr], Number)),
    k(("bpf_get_task_exe_file", (6, 12), &[29], &[Task], Owned(Held::KernelOrNull, "bpf_put_file"))),
    k(("bpf_path_d_path", (6, 12), &[29], &[Kernel, Memory, Size], Number)),
    k(("bpf_get_file_xattr", (6, 8), &[29], &[Kernel, Text, Dynptr], Number)),
    k(("bpf_xdp_get_xfrm_state", (6, 8), &[6], &[Context, Memory, Size], Owned(Held::KernelOrNull, "bpf_xdp_xfrm_state_release"))),
    k(("bpf_xdp_ct_lookup", (6, 18), PACKETS, &[Context, Memory, Size, Memory, Size], Owned(Held::KernelOrNull, "bpf_ct_release"))),
    k(("bpf_skb_ct_lookup", (6, 18), PACKETS, &[Context, Memory, Size, Memory, Size], Owned(Held::KernelOrNull, "bpf_ct_release"))),
    k(("css_rstat_updated", (6, 16), TRACING, &[Kernel, Processor], Nothing)),
    k(("tcp_reno_cong_avoid", (6, 1), OPS, &[Kernel, Any, Any], Nothing)),
    k(("tcp_reno_undo_cwnd", (6, 1), OPS, &[Kernel], Number)),
    k(("tcp_cong_avoid_ai", (6, 1), OPS, &[Kernel, Any, Any], Nothing)),
    k(("bpf_fentry_test1", (6, 12), ALL, &[Any], Number)),
    k(("bpf_modify_return_test", (6, 12), ALL, &[Any, Buffer], Number)),
    k(("bpf_session_is_return", (6, 10), &[2], &[], Number)),
];

/// A sort of iterator.
#[derive(Debug)]
pub(super) struct Iterator {
    pub new: &'static str,
    pub next: &'static str,
    pub destroy: &'static str,
    /// What making one wants after the iterator.
    pub wants: &'static [Want],
    pub since: (u16, u16),
    /// What a turn gives a pointer to.
    pub item: Held,
    pub weight: u32,
}

/// The iterators.
pub(super) const ITERATORS: &[Iterator] = &[
    Iterator {
        new: "bpf_iter_num_new",
        next: "bpf_iter_num_next",
        destroy: "bpf_iter_num_destroy",
        wants: &[Want::Processor, Any],
        since: (6, 4),
        item: Held::Memory(4),
        weight: 6,
    },
    Iterator {
        new: "bpf_iter_bits_new",
        next: "bpf_iter_bits_next",
        destroy: "bpf_iter_bits_destroy",
        wants: &[Memory, Processor],
        since: (6, 11),
        item: Held::Memory(4),
        weight: 2,
    },
    Iterator {
        new: "bpf_iter_task_new",
        next: "bpf_iter_task_next",
        destroy: "bpf_iter_task_destroy",
        wants: &[Null, Processor],
        since: (6, 7),
        item: Held::Task,
        weight: 2,
    },
    Iterator {
        new: "bpf_iter_task_vma_new",
        next: "bpf_iter_task_vma_next",
        destroy: "bpf_iter_task_vma_destroy",
        wants: &[Task, Any],
        since: (6, 7),
        item: Held::Kernel,
        weight: 1,
    },
    Iterator {
        new: "bpf_iter_css_new",
        next: "bpf_iter_css_next",
        destroy: "bpf_iter_css_destroy",
        wants: &[Null, Processor],
        since: (6, 7),
        item: Held::Kernel,
        weight: 1,
    },
    Iterator {
        new: "bpf_iter_css_task_new",
        next: "bpf_iter_css_task_next",
        destroy: "bpf_iter_css_task_destroy",
        wants: &[Want::Kernel, Processor],
        since: (6, 7),
        item: Held::Task,
        weight: 1,
    },
    Iterator {
        new: "bpf_iter_kmem_cache_new",
        next: "bpf_iter_kmem_cache_next",
        destroy: "bpf_iter_kmem_cache_destroy",
        wants: &[],
        since: (6, 13),
        item: Held::Kernel,
        weight: 1,
    },
    Iterator {
        new: "bpf_iter_dmabuf_new",
        next: "bpf_iter_dmabuf_next",
        destroy: "bpf_iter_dmabuf_destroy",
        wants: &[],
        since: (6, 16),
        item: Held::Kernel,
        weight: 1,
    },
];
