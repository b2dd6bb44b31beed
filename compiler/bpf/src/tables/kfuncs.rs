//! Functions of the kernel for programs (kfuncs): their flags and the kinds of programs that may call them, which BTF alone
//! doesn't say. Facts are those of the sources of 6.1 and 6.12; whether a kernel has one, its BTF says.

use super::kinds::ProgramKind as K;
use crate::version::KernelVersion;

/// Flags of functions of the kernel (`KF_*` of `linux/btf.h`).
#[allow(missing_docs)]
pub mod kfunc_flags {
    pub const ACQUIRE: u32 = 1 << 0;
    pub const RELEASE: u32 = 1 << 1;
    pub const RET_NULL: u32 = 1 << 2;
    pub const TRUSTED_ARGS: u32 = 1 << 4;
    pub const SLEEPABLE: u32 = 1 << 5;
    pub const DESTRUCTIVE: u32 = 1 << 6;
    pub const RCU: u32 = 1 << 7;
    pub const ITER_NEW: u32 = 1 << 8;
    pub const ITER_NEXT: u32 = 1 << 9;
    pub const ITER_DESTROY: u32 = 1 << 10;
    pub const RCU_PROTECTED: u32 = 1 << 11;
}

use kfunc_flags as f;

/// A function of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kfunc {
    /// Its name.
    pub name: &'static str,
    /// `KF_*`, those of 6.12 where it has it.
    pub flags: u32,
    /// Kinds of programs whose list it is in; number 0 stands for all.
    pub kinds: &'static [K],
    /// The first of 6.1 and 6.12 that lists it.
    pub since: KernelVersion,
    /// Whether 6.12 has it no more.
    pub gone: bool,
}

impl Kfunc {
    /// The function that is called `name`.
    pub fn by_name(name: &str) -> Option<&'static Kfunc> {
        KFUNCS.binary_search_by_key(&name, |kfunc| kfunc.name).ok().map(|index| &KFUNCS[index])
    }
}

const fn row(name: &'static str, flags: u32, kinds: &'static [K], since: (u16, u16), gone: bool) -> Kfunc {
    Kfunc { name, flags, kinds, since: KernelVersion::new(since.0, since.1), gone }
}

/// All of them, by name.
#[rustfmt::skip]
pub const KFUNCS: &[Kfunc] = &[
    row("bbr_cwnd_event", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_init", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_main", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_min_tso_segs", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_set_state", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_sndbuf_expand", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_ssthresh", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bbr_undo_cwnd", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("bpf_arena_alloc_pages", f::TRUSTED_ARGS | f::SLEEPABLE, &[K(0)], (6, 12), false),
    row("bpf_arena_free_pages", f::TRUSTED_ARGS | f::SLEEPABLE, &[K(0)], (6, 12), false),
    row("bpf_cast_to_kern_ctx", 0, &[K(0)], (6, 12), false),
    row("bpf_cgroup_acquire", f::ACQUIRE | f::RET_NULL | f::RCU, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_cgroup_ancestor", f::ACQUIRE | f::RET_NULL | f::RCU, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_cgroup_from_id", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_cgroup_release", f::RELEASE, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_copy_from_user_str", f::SLEEPABLE, &[K(0)], (6, 12), false),
    row("bpf_cpumask_acquire", f::ACQUIRE | f::TRUSTED_ARGS, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_and", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_any_and_distribute", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_any_distribute", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_clear", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_clear_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_copy", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_create", f::ACQUIRE | f::RET_NULL, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_empty", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_equal", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_first", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_first_and", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_first_zero", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_full", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_intersects", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_or", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_release", f::RELEASE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_set_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_setall", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_subset", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_test_and_clear_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_test_and_set_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_test_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_weight", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_cpumask_xor", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_crypto_ctx_acquire", f::ACQUIRE | f::RET_NULL | f::RCU, &[K::SYSCALL], (6, 12), false),
    row("bpf_crypto_ctx_create", f::ACQUIRE | f::RET_NULL | f::SLEEPABLE, &[K::SYSCALL], (6, 12), false),
    row("bpf_crypto_ctx_release", f::RELEASE, &[K::SYSCALL], (6, 12), false),
    row("bpf_crypto_decrypt", f::RCU, &[K::SCHED_ACT, K::SCHED_CLS, K::XDP], (6, 12), false),
    row("bpf_crypto_encrypt", f::RCU, &[K::SCHED_ACT, K::SCHED_CLS, K::XDP], (6, 12), false),
    row("bpf_ct_change_status", f::TRUSTED_ARGS, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_ct_change_timeout", f::TRUSTED_ARGS, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_ct_insert_entry", f::ACQUIRE | f::RELEASE | f::RET_NULL, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_ct_release", f::RELEASE, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_ct_set_nat_info", f::TRUSTED_ARGS, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_ct_set_status", f::TRUSTED_ARGS, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_ct_set_timeout", f::TRUSTED_ARGS, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_dynptr_adjust", 0, &[K(0)], (6, 12), false),
    row("bpf_dynptr_clone", 0, &[K(0)], (6, 12), false),
    row("bpf_dynptr_from_skb", f::TRUSTED_ARGS, &[K::CGROUP_SKB, K::LWT_IN, K::LWT_OUT, K::LWT_SEG6LOCAL, K::LWT_XMIT, K::NETFILTER, K::SCHED_ACT, K::SCHED_CLS, K::SK_SKB, K::SOCKET_FILTER, K::TRACING], (6, 12), false),
    row("bpf_dynptr_from_xdp", 0, &[K::XDP], (6, 12), false),
    row("bpf_dynptr_is_null", 0, &[K(0)], (6, 12), false),
    row("bpf_dynptr_is_rdonly", 0, &[K(0)], (6, 12), false),
    row("bpf_dynptr_size", 0, &[K(0)], (6, 12), false),
    row("bpf_dynptr_slice", f::RET_NULL, &[K(0)], (6, 12), false),
    row("bpf_dynptr_slice_rdwr", f::RET_NULL, &[K(0)], (6, 12), false),
    row("bpf_fentry_test1", f::SLEEPABLE, &[], (6, 12), false),
    row("bpf_get_dentry_xattr", f::TRUSTED_ARGS | f::SLEEPABLE, &[K::LSM], (6, 12), false),
    row("bpf_get_file_xattr", f::TRUSTED_ARGS | f::SLEEPABLE, &[K::LSM], (6, 12), false),
    row("bpf_get_fsverity_digest", f::TRUSTED_ARGS, &[K::LSM], (6, 12), false),
    row("bpf_get_task_exe_file", f::ACQUIRE | f::RET_NULL | f::TRUSTED_ARGS, &[K::LSM], (6, 12), false),
    row("bpf_iter_bits_destroy", f::ITER_DESTROY, &[K(0)], (6, 12), false),
    row("bpf_iter_bits_new", f::ITER_NEW, &[K(0)], (6, 12), false),
    row("bpf_iter_bits_next", f::RET_NULL | f::ITER_NEXT, &[K(0)], (6, 12), false),
    row("bpf_iter_css_destroy", f::ITER_DESTROY, &[K(0)], (6, 12), false),
    row("bpf_iter_css_new", f::TRUSTED_ARGS | f::ITER_NEW | f::RCU_PROTECTED, &[K(0)], (6, 12), false),
    row("bpf_iter_css_next", f::RET_NULL | f::ITER_NEXT, &[K(0)], (6, 12), false),
    row("bpf_iter_css_task_destroy", f::ITER_DESTROY, &[K(0)], (6, 12), false),
    row("bpf_iter_css_task_new", f::TRUSTED_ARGS | f::ITER_NEW, &[K(0)], (6, 12), false),
    row("bpf_iter_css_task_next", f::RET_NULL | f::ITER_NEXT, &[K(0)], (6, 12), false),
    row("bpf_iter_num_destroy", f::ITER_DESTROY, &[K(0)], (6, 12), false),
    row("bpf_iter_num_new", f::ITER_NEW, &[K(0)], (6, 12), false),
    row("bpf_iter_num_next", f::RET_NULL | f::ITER_NEXT, &[K(0)], (6, 12), false),
    row("bpf_iter_scx_dsq_destroy", f::ITER_DESTROY, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_iter_scx_dsq_new", f::ITER_NEW | f::RCU_PROTECTED, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_iter_scx_dsq_next", f::RET_NULL | f::ITER_NEXT, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("bpf_iter_task_destroy", f::ITER_DESTROY, &[K(0)], (6, 12), false),
    row("bpf_iter_task_new", f::TRUSTED_ARGS | f::ITER_NEW | f::RCU_PROTECTED, &[K(0)], (6, 12), false),
    row("bpf_iter_task_next", f::RET_NULL | f::ITER_NEXT, &[K(0)], (6, 12), false),
    row("bpf_iter_task_vma_destroy", f::ITER_DESTROY, &[K(0)], (6, 12), false),
    row("bpf_iter_task_vma_new", f::RCU | f::ITER_NEW, &[K(0)], (6, 12), false),
    row("bpf_iter_task_vma_next", f::RET_NULL | f::ITER_NEXT, &[K(0)], (6, 12), false),
    row("bpf_key_put", f::RELEASE, &[K::TRACING], (6, 1), false),
    row("bpf_kfunc_call_int_mem_release", f::RELEASE, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_memb1_release", f::RELEASE, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_memb_acquire", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_memb_release", f::RELEASE, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), false),
    row("bpf_kfunc_call_test1", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test2", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test3", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_acq_rdonly_mem", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_acquire", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_destructive", f::DESTRUCTIVE, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_fail1", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_fail2", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_fail3", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_get_rdonly_mem", f::RET_NULL, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_get_rdwr_mem", f::RET_NULL, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_kptr_get", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_mem_len_fail1", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_mem_len_fail2", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_mem_len_pass1", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_pass1", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_pass2", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_pass_ctx", 0, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_ref", f::TRUSTED_ARGS, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), true),
    row("bpf_kfunc_call_test_release", f::RELEASE, &[K::SCHED_CLS, K::SYSCALL, K::TRACING], (6, 1), false),
    row("bpf_list_pop_back", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_list_pop_front", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_list_push_back_impl", 0, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_list_push_front_impl", 0, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_lookup_system_key", f::ACQUIRE | f::RET_NULL, &[K::TRACING], (6, 1), false),
    row("bpf_lookup_user_key", f::ACQUIRE | f::RET_NULL | f::SLEEPABLE, &[K::TRACING], (6, 1), false),
    row("bpf_map_sum_elem_count", f::TRUSTED_ARGS, &[K(0)], (6, 12), false),
    row("bpf_modify_return_test", 0, &[], (6, 12), false),
    row("bpf_modify_return_test2", 0, &[], (6, 12), false),
    row("bpf_modify_return_test_tp", 0, &[K(0)], (6, 12), false),
    row("bpf_obj_drop_impl", f::RELEASE, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_obj_new_impl", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_path_d_path", f::TRUSTED_ARGS, &[K::LSM], (6, 12), false),
    row("bpf_percpu_obj_drop_impl", f::RELEASE, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_percpu_obj_new_impl", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_preempt_disable", 0, &[K(0)], (6, 12), false),
    row("bpf_preempt_enable", 0, &[K(0)], (6, 12), false),
    row("bpf_put_file", f::RELEASE, &[K::LSM], (6, 12), false),
    row("bpf_rbtree_add_impl", 0, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_rbtree_first", f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_rbtree_remove", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_rcu_read_lock", 0, &[K(0)], (6, 12), false),
    row("bpf_rcu_read_unlock", 0, &[K(0)], (6, 12), false),
    row("bpf_rdonly_cast", 0, &[K(0)], (6, 12), false),
    row("bpf_refcount_acquire_impl", f::ACQUIRE | f::RET_NULL | f::RCU, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_session_cookie", 0, &[K::KPROBE], (6, 12), false),
    row("bpf_session_is_return", 0, &[K::KPROBE], (6, 12), false),
    row("bpf_sk_assign_tcp_reqsk", f::TRUSTED_ARGS, &[K::SCHED_CLS], (6, 12), false),
    row("bpf_skb_ct_alloc", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_skb_ct_lookup", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_skb_get_fou_encap", 0, &[K::SCHED_CLS], (6, 12), false),
    row("bpf_skb_get_xfrm_info", 0, &[K::SCHED_CLS], (6, 12), false),
    row("bpf_skb_set_fou_encap", 0, &[K::SCHED_CLS], (6, 12), false),
    row("bpf_skb_set_xfrm_info", 0, &[K::SCHED_CLS], (6, 12), false),
    row("bpf_sock_addr_set_sun_path", 0, &[K::CGROUP_SOCK_ADDR], (6, 12), false),
    row("bpf_sock_destroy", f::TRUSTED_ARGS, &[K::TRACING], (6, 12), false),
    row("bpf_task_acquire", f::ACQUIRE | f::RET_NULL | f::RCU, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_task_from_pid", f::ACQUIRE | f::RET_NULL, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_task_get_cgroup1", f::ACQUIRE | f::RET_NULL | f::RCU, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_task_release", f::RELEASE, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_task_under_cgroup", f::RCU, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_throw", 0, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 12), false),
    row("bpf_verify_pkcs7_signature", f::SLEEPABLE, &[K::TRACING], (6, 1), false),
    row("bpf_wq_init", 0, &[K(0)], (6, 12), false),
    row("bpf_wq_set_callback_impl", 0, &[K(0)], (6, 12), false),
    row("bpf_wq_start", 0, &[K(0)], (6, 12), false),
    row("bpf_xdp_ct_alloc", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_xdp_ct_lookup", f::ACQUIRE | f::RET_NULL, &[K::SCHED_CLS, K::XDP], (6, 1), false),
    row("bpf_xdp_flow_lookup", f::RET_NULL | f::TRUSTED_ARGS, &[K::XDP], (6, 12), false),
    row("bpf_xdp_get_xfrm_state", f::ACQUIRE | f::RET_NULL, &[K::XDP], (6, 12), false),
    row("bpf_xdp_xfrm_state_release", f::RELEASE, &[K::XDP], (6, 12), false),
    row("cgroup_rstat_flush", f::SLEEPABLE, &[K::TRACING], (6, 1), false),
    row("cgroup_rstat_updated", 0, &[K::TRACING], (6, 1), false),
    row("crash_kexec", f::DESTRUCTIVE, &[K::CGROUP_SKB, K::SCHED_CLS, K::STRUCT_OPS, K::SYSCALL, K::TRACING, K::XDP], (6, 1), false),
    row("cubictcp_acked", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("cubictcp_cong_avoid", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("cubictcp_cwnd_event", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("cubictcp_init", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("cubictcp_recalc_ssthresh", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("cubictcp_state", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("dctcp_cwnd_event", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("dctcp_cwnd_undo", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("dctcp_init", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("dctcp_ssthresh", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("dctcp_state", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("dctcp_update_alpha", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("hid_bpf_allocate_context", f::ACQUIRE | f::RET_NULL | f::SLEEPABLE, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("hid_bpf_get_data", f::RET_NULL, &[K::STRUCT_OPS], (6, 12), false),
    row("hid_bpf_hw_output_report", f::SLEEPABLE, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("hid_bpf_hw_request", f::SLEEPABLE, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("hid_bpf_input_report", f::SLEEPABLE, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("hid_bpf_release_context", f::RELEASE | f::SLEEPABLE, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("hid_bpf_try_input_report", 0, &[K::STRUCT_OPS], (6, 12), false),
    row("name", f::TRUSTED_ARGS, &[K::XDP], (6, 12), false),
    row("scx_bpf_consume", 0, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_cpu_rq", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_cpuperf_cap", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_cpuperf_cur", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_cpuperf_set", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_create_dsq", f::SLEEPABLE, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("scx_bpf_destroy_dsq", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_dispatch", f::RCU, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_dispatch_cancel", 0, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_dispatch_from_dsq", f::RCU, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("scx_bpf_dispatch_from_dsq_set_slice", f::RCU, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("scx_bpf_dispatch_from_dsq_set_vtime", f::RCU, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("scx_bpf_dispatch_nr_slots", 0, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_dispatch_vtime", f::RCU, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_dispatch_vtime_from_dsq", f::RCU, &[K::STRUCT_OPS, K::SYSCALL], (6, 12), false),
    row("scx_bpf_dsq_nr_queued", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_dump_bstr", f::TRUSTED_ARGS, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_error_bstr", f::TRUSTED_ARGS, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_exit_bstr", f::TRUSTED_ARGS, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_get_idle_cpumask", f::ACQUIRE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_get_idle_smtmask", f::ACQUIRE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_get_online_cpumask", f::ACQUIRE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_get_possible_cpumask", f::ACQUIRE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_kick_cpu", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_nr_cpu_ids", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_pick_any_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_pick_idle_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_put_cpumask", f::RELEASE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_put_idle_cpumask", f::RELEASE, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_reenqueue_local", 0, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_select_cpu_dfl", f::RCU, &[K::STRUCT_OPS], (6, 12), false),
    row("scx_bpf_task_cgroup", f::ACQUIRE | f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_task_cpu", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_task_running", f::RCU, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("scx_bpf_test_and_clear_cpu_idle", 0, &[K::STRUCT_OPS, K::SYSCALL, K::TRACING], (6, 12), false),
    row("tcp_cong_avoid_ai", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("tcp_reno_cong_avoid", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("tcp_reno_ssthresh", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("tcp_reno_undo_cwnd", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("tcp_slow_start", 0, &[K::STRUCT_OPS], (6, 1), false),
    row("update_socket_protocol", 0, &[], (6, 12), false),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order() {
        assert!(KFUNCS.is_sorted_by_key(|kfunc| kfunc.name));
        assert!(Kfunc::by_name("bpf_task_acquire").is_some_and(|kfunc| kfunc.flags & f::ACQUIRE != 0));
    }
}
