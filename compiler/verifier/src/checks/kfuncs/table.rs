//! Functions of the kernel that programs may call (`BTF_ID_FLAGS` of 6.12, and what 6.18 has more): their flags, and for which programs.

use crate::dialect::Dialect;
use gobpf_bpf::tables::{AttachType, Caller, ProgramKind};

/// Flags of a function (`KF_*`).
pub(crate) mod kf {
    pub const ACQUIRE: u16 = 1 << 0;
    pub const RELEASE: u16 = 1 << 1;
    pub const RET_NULL: u16 = 1 << 2;
    pub const TRUSTED_ARGS: u16 = 1 << 3;
    pub const SLEEPABLE: u16 = 1 << 4;
    pub const DESTRUCTIVE: u16 = 1 << 5;
    pub const RCU: u16 = 1 << 6;
    pub const ITER_NEW: u16 = 1 << 7;
    pub const ITER_NEXT: u16 = 1 << 8;
    pub const ITER_DESTROY: u16 = 1 << 9;
    pub const RCU_PROTECTED: u16 = 1 << 10;
}

/// Functions that only some programs of their groups may call (filters of their sets).
const FILTERS: &[(&str, Filter)] = &[
    ("bpf_get_dentry_xattr", Filter::Lsm),
    ("bpf_get_file_xattr", Filter::Lsm),
    ("bpf_get_fsverity_digest", Filter::Lsm),
    ("bpf_get_task_exe_file", Filter::Lsm),
    ("bpf_path_d_path", Filter::Lsm),
    ("bpf_put_file", Filter::Lsm),
    ("bpf_remove_dentry_xattr", Filter::Lsm),
    ("bpf_session_cookie", Filter::Session),
    ("bpf_session_is_return", Filter::Session),
    ("bpf_set_dentry_xattr", Filter::Lsm),
    ("bpf_sock_destroy", Filter::Iterator),
];

/// A condition on the programs that may call a function.
#[derive(Clone, Copy)]
enum Filter {
    Lsm,
    Session,
    Iterator,
}

impl Filter {
    fn allows(self, caller: &Caller<'_>, dialect: Dialect) -> bool {
        match self {
            Filter::Lsm => caller.kind == ProgramKind::LSM,
            Filter::Session => {
                // A kernel that doesn't know the second takes it for any kprobe.
                caller.attach == AttachType::TRACE_KPROBE_SESSION
                    || caller.attach == AttachType::TRACE_UPROBE_SESSION && dialect == Dialect::V6_18
            }
            Filter::Iterator => caller.attach == AttachType::TRACE_ITER,
        }
    }
}

/// Groups of programs (`enum btf_kfunc_hook`).
mod hook {
    pub const COMMON: u16 = 1 << 0;
    pub const XDP: u16 = 1 << 1;
    pub const TC: u16 = 1 << 2;
    pub const STRUCT_OPS: u16 = 1 << 3;
    pub const TRACING: u16 = 1 << 4;
    pub const SYSCALL: u16 = 1 << 5;
    pub const CGROUP: u16 = 1 << 6;
    pub const ACT: u16 = 1 << 7;
    pub const SK_SKB: u16 = 1 << 8;
    pub const FILTER: u16 = 1 << 9;
    pub const LWT: u16 = 1 << 10;
    pub const NETFILTER: u16 = 1 << 11;
    pub const KPROBE: u16 = 1 << 12;
    /// Functions that only 6.1 has in itself, for tests.
    pub const OLD: u16 = 0;
    /// Those of `generic_btf_ids`.
    pub const GENERIC: u16 = CGROUP | STRUCT_OPS | SYSCALL | TC | TRACING | XDP;
}

/// A function of the kernel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Kfunc {
    pub name: &'static str,
    pub flags: u16,
    hooks: u16,
}

impl Kfunc {
    /// The function `name`, if it is known.
    pub fn by_name(name: &str) -> Option<&'static Kfunc> {
        KFUNCS.binary_search_by_key(&name, |kfunc| kfunc.name).ok().map(|index| &KFUNCS[index])
    }

    pub fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    /// Whether this program may call it.
    pub fn is_for(&self, caller: &Caller<'_>, dialect: Dialect) -> bool {
        if dialect == Dialect::V6_1 {
            return is_for_old(self.name, caller.kind);
        }
        let filter = FILTERS.iter().find(|(name, _)| *name == self.name);
        let is_for_more = dialect == Dialect::V6_18 && OF_KEYS.contains(&self.name);
        let hooks = if is_for_more { hook::GENERIC } else { self.hooks };
        hooks & (hook::COMMON | hook_of(caller.kind, dialect)) != 0
            && filter.is_none_or(|(_, filter)| filter.allows(caller, dialect))
    }
}

/// Functions that were for tracing, and are for most programs in 6.18.
const OF_KEYS: [&str; 3] = ["bpf_key_put", "bpf_lookup_system_key", "bpf_lookup_user_key"];

/// Functions of 6.1: for congestion control, and for tracing.
const OLD: &[(&[&str], &[ProgramKind])] = &[
    (&["bbr_", "cubictcp_", "dctcp_", "tcp_"], &[ProgramKind::STRUCT_OPS]),
    (
        &[
            "bpf_key_put",
            "bpf_lookup_system_key",
            "bpf_lookup_user_key",
            "bpf_verify_pkcs7_signature",
            "cgroup_rstat_flush",
            "cgroup_rstat_updated",
            "crash_kexec",
        ],
        &[ProgramKind::TRACING, ProgramKind::LSM],
    ),
    (
        &["bpf_kfunc_call_"],
        &[ProgramKind::SCHED_CLS, ProgramKind::TRACING, ProgramKind::LSM, ProgramKind::SYSCALL],
    ),
];

/// Whether programs of `kind` may call `name` in 6.1.
pub(crate) fn is_for_old(name: &str, kind: ProgramKind) -> bool {
    let is_of = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
    OLD.iter().any(|(names, kinds)| is_of(names) && kinds.contains(&kind))
}

/// `bpf_prog_type_to_kfunc_hook`.
fn hook_of(kind: ProgramKind, dialect: Dialect) -> u16 {
    use ProgramKind as K;
    match kind {
        K::XDP => hook::XDP,
        K::SCHED_CLS => hook::TC,
        K::STRUCT_OPS => hook::STRUCT_OPS,
        K::TRACING | K::TRACEPOINT | K::PERF_EVENT | K::LSM => hook::TRACING,
        K::SYSCALL => hook::SYSCALL,
        K::CGROUP_SKB | K::CGROUP_SOCK | K::CGROUP_DEVICE | K::CGROUP_SOCK_ADDR | K::CGROUP_SOCKOPT => {
            hook::CGROUP
        }
        K::CGROUP_SYSCTL => hook::CGROUP,
        K::SOCK_OPS if dialect == Dialect::V6_18 => hook::CGROUP,
        K::SCHED_ACT => hook::ACT,
        K::SK_SKB => hook::SK_SKB,
        K::SOCKET_FILTER => hook::FILTER,
        K::LWT_OUT | K::LWT_IN | K::LWT_XMIT | K::LWT_SEG6LOCAL => hook::LWT,
        K::NETFILTER => hook::NETFILTER,
        K::KPROBE => hook::KPROBE,
        _ => 0,
    }
}

const fn row(name: &'static str, flags: u16, hooks: u16) -> Kfunc {
    Kfunc { name, flags, hooks }
}

/// All of them, by name.
const KFUNCS: &[Kfunc] = &[
    row("__bpf_trap", 0, hook::COMMON),
    row("bbr_cwnd_event", 0, hook::STRUCT_OPS),
    row("bbr_init", 0, hook::STRUCT_OPS),
    row("bbr_main", 0, hook::STRUCT_OPS),
    row("bbr_min_tso_segs", 0, hook::STRUCT_OPS),
    row("bbr_set_state", 0, hook::STRUCT_OPS),
    row("bbr_sndbuf_expand", 0, hook::STRUCT_OPS),
    row("bbr_ssthresh", 0, hook::STRUCT_OPS),
    row("bbr_undo_cwnd", 0, hook::STRUCT_OPS),
    row("bpf_arena_alloc_pages", kf::TRUSTED_ARGS | kf::SLEEPABLE, hook::COMMON),
    row("bpf_arena_free_pages", kf::TRUSTED_ARGS | kf::SLEEPABLE, hook::COMMON),
    row("bpf_arena_reserve_pages", kf::TRUSTED_ARGS, hook::COMMON),
    row("bpf_cast_to_kern_ctx", 0, hook::COMMON),
    row(
        "bpf_cgroup_acquire",
        kf::ACQUIRE | kf::RCU | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_cgroup_ancestor",
        kf::ACQUIRE | kf::RCU | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_cgroup_from_id",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_cgroup_read_xattr", kf::RCU, hook::COMMON),
    row(
        "bpf_cgroup_release",
        kf::RELEASE,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_copy_from_user_dynptr", kf::SLEEPABLE, hook::COMMON),
    row("bpf_copy_from_user_str", kf::SLEEPABLE, hook::COMMON),
    row("bpf_copy_from_user_str_dynptr", kf::SLEEPABLE, hook::COMMON),
    row("bpf_copy_from_user_task_dynptr", kf::SLEEPABLE | kf::TRUSTED_ARGS, hook::COMMON),
    row("bpf_copy_from_user_task_str", kf::SLEEPABLE, hook::COMMON),
    row("bpf_copy_from_user_task_str_dynptr", kf::SLEEPABLE | kf::TRUSTED_ARGS, hook::COMMON),
    row(
        "bpf_cpumask_acquire",
        kf::ACQUIRE | kf::TRUSTED_ARGS,
        hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING,
    ),
    row("bpf_cpumask_and", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_any_and_distribute", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_any_distribute", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_clear", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_clear_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_copy", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_create", kf::ACQUIRE | kf::RET_NULL, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_empty", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_equal", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_first", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_first_and", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_first_zero", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_full", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_intersects", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_or", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_populate", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_release", kf::RELEASE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_set_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_setall", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_subset", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_test_and_clear_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_test_and_set_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_test_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_weight", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_cpumask_xor", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("bpf_crypto_ctx_acquire", kf::ACQUIRE | kf::RCU | kf::RET_NULL, hook::SYSCALL),
    row("bpf_crypto_ctx_create", kf::ACQUIRE | kf::RET_NULL | kf::SLEEPABLE, hook::SYSCALL),
    row("bpf_crypto_ctx_release", kf::RELEASE, hook::SYSCALL),
    row("bpf_crypto_decrypt", kf::RCU, hook::ACT | hook::TC | hook::XDP),
    row("bpf_crypto_encrypt", kf::RCU, hook::ACT | hook::TC | hook::XDP),
    row("bpf_ct_change_status", kf::TRUSTED_ARGS, hook::TC | hook::XDP),
    row("bpf_ct_change_timeout", kf::TRUSTED_ARGS, hook::TC | hook::XDP),
    row("bpf_ct_insert_entry", kf::ACQUIRE | kf::RET_NULL | kf::RELEASE, hook::TC | hook::XDP),
    row("bpf_ct_release", kf::RELEASE, hook::TC | hook::XDP),
    row("bpf_ct_set_nat_info", kf::TRUSTED_ARGS, hook::TC | hook::XDP),
    row("bpf_ct_set_status", kf::TRUSTED_ARGS, hook::TC | hook::XDP),
    row("bpf_ct_set_timeout", kf::TRUSTED_ARGS, hook::TC | hook::XDP),
    row("bpf_dynptr_adjust", 0, hook::COMMON),
    row("bpf_dynptr_clone", 0, hook::COMMON),
    row("bpf_dynptr_copy", 0, hook::COMMON),
    row(
        "bpf_dynptr_from_skb",
        kf::TRUSTED_ARGS,
        hook::ACT
            | hook::CGROUP
            | hook::FILTER
            | hook::LWT
            | hook::NETFILTER
            | hook::SK_SKB
            | hook::TC
            | hook::TRACING,
    ),
    row("bpf_dynptr_from_skb_meta", kf::TRUSTED_ARGS, hook::TC),
    row("bpf_dynptr_from_xdp", 0, hook::XDP),
    row("bpf_dynptr_is_null", 0, hook::COMMON),
    row("bpf_dynptr_is_rdonly", 0, hook::COMMON),
    row("bpf_dynptr_memset", 0, hook::COMMON),
    row("bpf_dynptr_size", 0, hook::COMMON),
    row("bpf_dynptr_slice", kf::RET_NULL, hook::COMMON),
    row("bpf_dynptr_slice_rdwr", kf::RET_NULL, hook::COMMON),
    row("bpf_get_dentry_xattr", kf::SLEEPABLE | kf::TRUSTED_ARGS, hook::TRACING),
    row("bpf_get_file_xattr", kf::SLEEPABLE | kf::TRUSTED_ARGS, hook::TRACING),
    row("bpf_get_fsverity_digest", kf::TRUSTED_ARGS, hook::TRACING),
    row("bpf_get_kmem_cache", 0, hook::COMMON),
    row("bpf_get_task_exe_file", kf::ACQUIRE | kf::TRUSTED_ARGS | kf::RET_NULL, hook::TRACING),
    row("bpf_iter_bits_destroy", kf::ITER_DESTROY, hook::COMMON),
    row("bpf_iter_bits_new", kf::ITER_NEW, hook::COMMON),
    row("bpf_iter_bits_next", kf::ITER_NEXT | kf::RET_NULL, hook::COMMON),
    row("bpf_iter_css_destroy", kf::ITER_DESTROY, hook::COMMON),
    row("bpf_iter_css_new", kf::ITER_NEW | kf::TRUSTED_ARGS | kf::RCU_PROTECTED, hook::COMMON),
    row("bpf_iter_css_next", kf::ITER_NEXT | kf::RET_NULL, hook::COMMON),
    row("bpf_iter_css_task_destroy", kf::ITER_DESTROY, hook::COMMON),
    row("bpf_iter_css_task_new", kf::ITER_NEW | kf::TRUSTED_ARGS, hook::COMMON),
    row("bpf_iter_css_task_next", kf::ITER_NEXT | kf::RET_NULL, hook::COMMON),
    row("bpf_iter_dmabuf_destroy", kf::ITER_DESTROY | kf::SLEEPABLE, hook::COMMON),
    row("bpf_iter_dmabuf_new", kf::ITER_NEW | kf::SLEEPABLE, hook::COMMON),
    row("bpf_iter_dmabuf_next", kf::ITER_NEXT | kf::RET_NULL | kf::SLEEPABLE, hook::COMMON),
    row("bpf_iter_kmem_cache_destroy", kf::ITER_DESTROY | kf::SLEEPABLE, hook::COMMON),
    row("bpf_iter_kmem_cache_new", kf::ITER_NEW | kf::SLEEPABLE, hook::COMMON),
    row("bpf_iter_kmem_cache_next", kf::ITER_NEXT | kf::RET_NULL | kf::SLEEPABLE, hook::COMMON),
    row("bpf_iter_num_destroy", kf::ITER_DESTROY, hook::COMMON),
    row("bpf_iter_num_new", kf::ITER_NEW, hook::COMMON),
    row("bpf_iter_num_next", kf::ITER_NEXT | kf::RET_NULL, hook::COMMON),
    row("bpf_iter_scx_dsq_destroy", kf::ITER_DESTROY, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row(
        "bpf_iter_scx_dsq_new",
        kf::ITER_NEW | kf::RCU_PROTECTED,
        hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING,
    ),
    row(
        "bpf_iter_scx_dsq_next",
        kf::ITER_NEXT | kf::RET_NULL,
        hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING,
    ),
    row("bpf_iter_task_destroy", kf::ITER_DESTROY, hook::COMMON),
    row("bpf_iter_task_new", kf::ITER_NEW | kf::TRUSTED_ARGS | kf::RCU_PROTECTED, hook::COMMON),
    row("bpf_iter_task_next", kf::ITER_NEXT | kf::RET_NULL, hook::COMMON),
    row("bpf_iter_task_vma_destroy", kf::ITER_DESTROY, hook::COMMON),
    row("bpf_iter_task_vma_new", kf::ITER_NEW | kf::RCU, hook::COMMON),
    row("bpf_iter_task_vma_next", kf::ITER_NEXT | kf::RET_NULL, hook::COMMON),
    row("bpf_key_put", kf::RELEASE, hook::TRACING),
    row("bpf_kfunc_call_int_mem_release", kf::RELEASE, hook::OLD),
    row("bpf_kfunc_call_memb1_release", kf::RELEASE, hook::OLD),
    row("bpf_kfunc_call_memb_acquire", kf::ACQUIRE | kf::RET_NULL, hook::OLD),
    row("bpf_kfunc_call_memb_release", kf::RELEASE, hook::SYSCALL | hook::TC | hook::TRACING),
    row("bpf_kfunc_call_test1", 0, hook::OLD),
    row("bpf_kfunc_call_test2", 0, hook::OLD),
    row("bpf_kfunc_call_test3", 0, hook::OLD),
    row("bpf_kfunc_call_test_acq_rdonly_mem", kf::ACQUIRE | kf::RET_NULL, hook::OLD),
    row("bpf_kfunc_call_test_acquire", kf::ACQUIRE | kf::RET_NULL, hook::OLD),
    row("bpf_kfunc_call_test_destructive", kf::DESTRUCTIVE, hook::OLD),
    row("bpf_kfunc_call_test_fail1", 0, hook::OLD),
    row("bpf_kfunc_call_test_fail2", 0, hook::OLD),
    row("bpf_kfunc_call_test_fail3", 0, hook::OLD),
    row("bpf_kfunc_call_test_get_rdonly_mem", kf::RET_NULL, hook::OLD),
    row("bpf_kfunc_call_test_get_rdwr_mem", kf::RET_NULL, hook::OLD),
    row("bpf_kfunc_call_test_mem_len_fail1", 0, hook::OLD),
    row("bpf_kfunc_call_test_mem_len_fail2", 0, hook::OLD),
    row("bpf_kfunc_call_test_mem_len_pass1", 0, hook::OLD),
    row("bpf_kfunc_call_test_pass1", 0, hook::OLD),
    row("bpf_kfunc_call_test_pass2", 0, hook::OLD),
    row("bpf_kfunc_call_test_pass_ctx", 0, hook::OLD),
    row("bpf_kfunc_call_test_ref", kf::TRUSTED_ARGS, hook::OLD),
    row("bpf_kfunc_call_test_release", kf::RELEASE, hook::SYSCALL | hook::TC | hook::TRACING),
    row(
        "bpf_list_back",
        kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_list_front",
        kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_list_pop_back",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_list_pop_front",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_list_push_back_impl",
        0,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_list_push_front_impl",
        0,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_local_irq_restore", 0, hook::COMMON),
    row("bpf_local_irq_save", 0, hook::COMMON),
    row("bpf_lookup_system_key", kf::ACQUIRE | kf::RET_NULL, hook::TRACING),
    row("bpf_lookup_user_key", kf::ACQUIRE | kf::RET_NULL | kf::SLEEPABLE, hook::TRACING),
    row("bpf_map_sum_elem_count", kf::TRUSTED_ARGS, hook::COMMON),
    row("bpf_modify_return_test_tp", 0, hook::COMMON),
    row(
        "bpf_obj_drop_impl",
        kf::RELEASE,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_obj_new_impl",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_path_d_path", kf::TRUSTED_ARGS, hook::TRACING),
    row(
        "bpf_percpu_obj_drop_impl",
        kf::RELEASE,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_percpu_obj_new_impl",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_preempt_disable", 0, hook::COMMON),
    row("bpf_preempt_enable", 0, hook::COMMON),
    row("bpf_probe_read_kernel_dynptr", 0, hook::COMMON),
    row("bpf_probe_read_kernel_str_dynptr", 0, hook::COMMON),
    row("bpf_probe_read_user_dynptr", 0, hook::COMMON),
    row("bpf_probe_read_user_str_dynptr", 0, hook::COMMON),
    row("bpf_put_file", kf::RELEASE, hook::TRACING),
    row(
        "bpf_rbtree_add_impl",
        0,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_rbtree_first",
        kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_rbtree_left",
        kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_rbtree_remove",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_rbtree_right",
        kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_rbtree_root",
        kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_rcu_read_lock", 0, hook::COMMON),
    row("bpf_rcu_read_unlock", 0, hook::COMMON),
    row("bpf_rdonly_cast", 0, hook::COMMON),
    row(
        "bpf_refcount_acquire_impl",
        kf::ACQUIRE | kf::RET_NULL | kf::RCU,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_remove_dentry_xattr", kf::SLEEPABLE | kf::TRUSTED_ARGS, hook::TRACING),
    row("bpf_res_spin_lock", kf::RET_NULL, hook::COMMON),
    row("bpf_res_spin_lock_irqsave", kf::RET_NULL, hook::COMMON),
    row("bpf_res_spin_unlock", 0, hook::COMMON),
    row("bpf_res_spin_unlock_irqrestore", 0, hook::COMMON),
    row(
        "bpf_send_signal_task",
        kf::TRUSTED_ARGS,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_session_cookie", 0, hook::KPROBE),
    row("bpf_session_is_return", 0, hook::KPROBE),
    row("bpf_set_dentry_xattr", kf::SLEEPABLE | kf::TRUSTED_ARGS, hook::TRACING),
    row("bpf_sk_assign_tcp_reqsk", kf::TRUSTED_ARGS, hook::TC),
    row("bpf_skb_ct_alloc", kf::ACQUIRE | kf::RET_NULL, hook::TC | hook::XDP),
    row("bpf_skb_ct_lookup", kf::ACQUIRE | kf::RET_NULL, hook::TC | hook::XDP),
    row("bpf_skb_get_fou_encap", 0, hook::TC),
    row("bpf_skb_get_xfrm_info", 0, hook::TC),
    row("bpf_skb_set_fou_encap", 0, hook::TC),
    row("bpf_skb_set_xfrm_info", 0, hook::TC),
    row("bpf_sock_addr_set_sun_path", 0, hook::CGROUP),
    row("bpf_sock_destroy", kf::TRUSTED_ARGS, hook::TRACING),
    row("bpf_sock_ops_enable_tx_tstamp", kf::TRUSTED_ARGS, hook::CGROUP),
    row("bpf_strcasecmp", 0, hook::COMMON),
    row("bpf_strcasestr", 0, hook::COMMON),
    row("bpf_strchr", 0, hook::COMMON),
    row("bpf_strchrnul", 0, hook::COMMON),
    row("bpf_strcmp", 0, hook::COMMON),
    row("bpf_strcspn", 0, hook::COMMON),
    row("bpf_stream_vprintk_impl", kf::TRUSTED_ARGS, hook::COMMON),
    row("bpf_strlen", 0, hook::COMMON),
    row("bpf_strncasecmp", 0, hook::COMMON),
    row("bpf_strncasestr", 0, hook::COMMON),
    row("bpf_strnchr", 0, hook::COMMON),
    row("bpf_strnlen", 0, hook::COMMON),
    row("bpf_strnstr", 0, hook::COMMON),
    row("bpf_strrchr", 0, hook::COMMON),
    row("bpf_strspn", 0, hook::COMMON),
    row("bpf_strstr", 0, hook::COMMON),
    row(
        "bpf_task_acquire",
        kf::ACQUIRE | kf::RCU | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_task_from_pid",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_task_from_vpid",
        kf::ACQUIRE | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_task_get_cgroup1",
        kf::ACQUIRE | kf::RCU | kf::RET_NULL,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_task_release",
        kf::RELEASE,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row(
        "bpf_task_under_cgroup",
        kf::RCU,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_task_work_schedule_resume_impl", kf::TRUSTED_ARGS, hook::COMMON),
    row("bpf_task_work_schedule_signal_impl", kf::TRUSTED_ARGS, hook::COMMON),
    row(
        "bpf_throw",
        0,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("bpf_verify_pkcs7_signature", kf::SLEEPABLE, hook::TRACING),
    row("bpf_wq_init", 0, hook::COMMON),
    row("bpf_wq_set_callback_impl", 0, hook::COMMON),
    row("bpf_wq_start", 0, hook::COMMON),
    row("bpf_xdp_ct_alloc", kf::ACQUIRE | kf::RET_NULL, hook::TC | hook::XDP),
    row("bpf_xdp_ct_lookup", kf::ACQUIRE | kf::RET_NULL, hook::TC | hook::XDP),
    row("bpf_xdp_flow_lookup", kf::TRUSTED_ARGS | kf::RET_NULL, hook::XDP),
    row("bpf_xdp_get_xfrm_state", kf::RET_NULL | kf::ACQUIRE, hook::XDP),
    row("bpf_xdp_pull_data", 0, hook::XDP),
    row("bpf_xdp_xfrm_state_release", kf::RELEASE, hook::XDP),
    row("cgroup_rstat_flush", kf::SLEEPABLE, hook::TRACING),
    row("cgroup_rstat_updated", 0, hook::TRACING),
    row(
        "crash_kexec",
        kf::DESTRUCTIVE,
        hook::CGROUP | hook::STRUCT_OPS | hook::SYSCALL | hook::TC | hook::TRACING | hook::XDP,
    ),
    row("css_rstat_flush", kf::SLEEPABLE, hook::TRACING),
    row("css_rstat_updated", 0, hook::TRACING),
    row("cubictcp_acked", 0, hook::STRUCT_OPS),
    row("cubictcp_cong_avoid", 0, hook::STRUCT_OPS),
    row("cubictcp_cwnd_event", 0, hook::STRUCT_OPS),
    row("cubictcp_init", 0, hook::STRUCT_OPS),
    row("cubictcp_recalc_ssthresh", 0, hook::STRUCT_OPS),
    row("cubictcp_state", 0, hook::STRUCT_OPS),
    row("dctcp_cwnd_event", 0, hook::STRUCT_OPS),
    row("dctcp_cwnd_undo", 0, hook::STRUCT_OPS),
    row("dctcp_init", 0, hook::STRUCT_OPS),
    row("dctcp_ssthresh", 0, hook::STRUCT_OPS),
    row("dctcp_state", 0, hook::STRUCT_OPS),
    row("dctcp_update_alpha", 0, hook::STRUCT_OPS),
    row(
        "hid_bpf_allocate_context",
        kf::ACQUIRE | kf::RET_NULL | kf::SLEEPABLE,
        hook::STRUCT_OPS | hook::SYSCALL,
    ),
    row("hid_bpf_get_data", kf::RET_NULL, hook::STRUCT_OPS),
    row("hid_bpf_hw_output_report", kf::SLEEPABLE, hook::STRUCT_OPS | hook::SYSCALL),
    row("hid_bpf_hw_request", kf::SLEEPABLE, hook::STRUCT_OPS | hook::SYSCALL),
    row("hid_bpf_input_report", kf::SLEEPABLE, hook::STRUCT_OPS | hook::SYSCALL),
    row("hid_bpf_release_context", kf::RELEASE | kf::SLEEPABLE, hook::STRUCT_OPS | hook::SYSCALL),
    row("hid_bpf_try_input_report", 0, hook::STRUCT_OPS),
    row("scx_bpf_consume", 0, hook::STRUCT_OPS),
    row("scx_bpf_cpu_rq", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_cpuperf_cap", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_cpuperf_cur", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_cpuperf_set", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_create_dsq", kf::SLEEPABLE, hook::STRUCT_OPS | hook::SYSCALL),
    row("scx_bpf_destroy_dsq", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_dispatch", kf::RCU, hook::STRUCT_OPS),
    row("scx_bpf_dispatch_cancel", 0, hook::STRUCT_OPS),
    row("scx_bpf_dispatch_from_dsq", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL),
    row("scx_bpf_dispatch_from_dsq_set_slice", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL),
    row("scx_bpf_dispatch_from_dsq_set_vtime", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL),
    row("scx_bpf_dispatch_nr_slots", 0, hook::STRUCT_OPS),
    row("scx_bpf_dispatch_vtime", kf::RCU, hook::STRUCT_OPS),
    row("scx_bpf_dispatch_vtime_from_dsq", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL),
    row("scx_bpf_dsq_nr_queued", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_dump_bstr", kf::TRUSTED_ARGS, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_error_bstr", kf::TRUSTED_ARGS, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_exit_bstr", kf::TRUSTED_ARGS, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_get_idle_cpumask", kf::ACQUIRE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_get_idle_smtmask", kf::ACQUIRE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_get_online_cpumask", kf::ACQUIRE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_get_possible_cpumask", kf::ACQUIRE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_kick_cpu", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_nr_cpu_ids", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_pick_any_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_pick_idle_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_put_cpumask", kf::RELEASE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_put_idle_cpumask", kf::RELEASE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_reenqueue_local", 0, hook::STRUCT_OPS),
    row("scx_bpf_select_cpu_dfl", kf::RCU, hook::STRUCT_OPS),
    row("scx_bpf_task_cgroup", kf::RCU | kf::ACQUIRE, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_task_cpu", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_task_running", kf::RCU, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("scx_bpf_test_and_clear_cpu_idle", 0, hook::STRUCT_OPS | hook::SYSCALL | hook::TRACING),
    row("tcp_cong_avoid_ai", 0, hook::STRUCT_OPS),
    row("tcp_reno_cong_avoid", 0, hook::STRUCT_OPS),
    row("tcp_reno_ssthresh", 0, hook::STRUCT_OPS),
    row("tcp_reno_undo_cwnd", 0, hook::STRUCT_OPS),
    row("tcp_slow_start", 0, hook::STRUCT_OPS),
];
