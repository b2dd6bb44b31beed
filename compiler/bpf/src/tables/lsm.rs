//! Hooks of the Linux security modules, without `bpf_lsm_` before their names: which may sleep, which programs may not
//! attach to, and what they may return. Facts are those of the sources of 6.1 and 6.12.

use crate::version::KernelVersion;

/// The version between the two lists.
const CHANGED: KernelVersion = KernelVersion::new(6, 12);

/// When a hook is in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum In {
    Always,
    Before6_12,
    Since6_12,
}

fn has(list: &[(&str, In)], hook: &str, kernel: KernelVersion) -> bool {
    let name = hook.strip_prefix("bpf_lsm_").unwrap_or(hook);
    list.iter().any(|(known, when)| {
        *known == name
            && match when {
                In::Always => true,
                In::Before6_12 => kernel < CHANGED,
                In::Since6_12 => kernel >= CHANGED,
            }
    })
}

/// Whether programs on `hook` may sleep (`sleepable_lsm_hooks`).
pub fn lsm_may_sleep(hook: &str, kernel: KernelVersion) -> bool {
    has(SLEEPABLE, hook, kernel)
}

/// Whether no program may attach to `hook` (`bpf_lsm_disabled_hooks`).
pub fn lsm_is_disabled(hook: &str, kernel: KernelVersion) -> bool {
    has(DISABLED, hook, kernel)
}

/// Whether pointers among the arguments of `hook` are not trusted (`untrusted_lsm_hooks`).
pub fn lsm_is_untrusted(hook: &str, kernel: KernelVersion) -> bool {
    has(UNTRUSTED, hook, kernel)
}

/// Whether `hook` answers yes or no, not with an error (`bool_lsm_hooks`).
pub fn lsm_is_bool(hook: &str, kernel: KernelVersion) -> bool {
    has(BOOL, hook, kernel)
}

const SLEEPABLE: &[(&str, In)] = &[
    ("bpf", In::Always),
    ("bpf_map", In::Always),
    ("bpf_map_alloc_security", In::Before6_12),
    ("bpf_map_create", In::Since6_12),
    ("bpf_map_free", In::Since6_12),
    ("bpf_map_free_security", In::Before6_12),
    ("bpf_prog", In::Always),
    ("bpf_prog_load", In::Since6_12),
    ("bpf_token_capable", In::Since6_12),
    ("bpf_token_cmd", In::Since6_12),
    ("bpf_token_create", In::Since6_12),
    ("bpf_token_free", In::Since6_12),
    ("bprm_check_security", In::Always),
    ("bprm_committed_creds", In::Always),
    ("bprm_committing_creds", In::Always),
    ("bprm_creds_for_exec", In::Always),
    ("bprm_creds_from_file", In::Always),
    ("capget", In::Always),
    ("capset", In::Always),
    ("cred_prepare", In::Always),
    ("current_getsecid_subj", In::Always),
    ("file_ioctl", In::Always),
    ("file_lock", In::Always),
    ("file_open", In::Always),
    ("file_post_open", In::Since6_12),
    ("file_receive", In::Always),
    ("inet_conn_established", In::Before6_12),
    ("inode_create", In::Always),
    ("inode_free_security", In::Always),
    ("inode_getattr", In::Always),
    ("inode_getxattr", In::Always),
    ("inode_mknod", In::Always),
    ("inode_need_killpriv", In::Always),
    ("inode_post_setxattr", In::Always),
    ("inode_readlink", In::Always),
    ("inode_rename", In::Always),
    ("inode_rmdir", In::Always),
    ("inode_setattr", In::Always),
    ("inode_setxattr", In::Always),
    ("inode_symlink", In::Always),
    ("inode_unlink", In::Always),
    ("kernel_module_request", In::Always),
    ("kernel_read_file", In::Always),
    ("kernfs_init_security", In::Always),
    ("key_free", In::Before6_12),
    ("mmap_file", In::Always),
    ("netlink_send", In::Always),
    ("path_chmod", In::Since6_12),
    ("path_chown", In::Since6_12),
    ("path_link", In::Since6_12),
    ("path_mkdir", In::Since6_12),
    ("path_notify", In::Always),
    ("path_rename", In::Since6_12),
    ("path_rmdir", In::Since6_12),
    ("path_symlink", In::Since6_12),
    ("path_truncate", In::Since6_12),
    ("path_unlink", In::Since6_12),
    ("release_secctx", In::Always),
    ("sb_alloc_security", In::Always),
    ("sb_eat_lsm_opts", In::Always),
    ("sb_kern_mount", In::Always),
    ("sb_mount", In::Always),
    ("sb_remount", In::Always),
    ("sb_set_mnt_opts", In::Always),
    ("sb_show_options", In::Always),
    ("sb_statfs", In::Always),
    ("sb_umount", In::Always),
    ("settime", In::Always),
    ("socket_accept", In::Always),
    ("socket_bind", In::Always),
    ("socket_connect", In::Always),
    ("socket_create", In::Always),
    ("socket_getpeername", In::Always),
    ("socket_getpeersec_dgram", In::Always),
    ("socket_getsockname", In::Always),
    ("socket_getsockopt", In::Always),
    ("socket_listen", In::Always),
    ("socket_post_create", In::Always),
    ("socket_recvmsg", In::Always),
    ("socket_sendmsg", In::Always),
    ("socket_shutdown", In::Always),
    ("socket_socketpair", In::Always),
    ("syslog", In::Always),
    ("task_alloc", In::Always),
    ("task_getsecid_obj", In::Always),
    ("task_prctl", In::Always),
    ("task_setscheduler", In::Always),
    ("userns_create", In::Always),
];

const DISABLED: &[(&str, In)] = &[
    ("audit_rule_match", In::Always),
    ("getprocattr", In::Always),
    ("getselfattr", In::Since6_12),
    ("inode_copy_up_xattr", In::Always),
    ("inode_getsecurity", In::Always),
    ("inode_listsecurity", In::Always),
    ("inode_need_killpriv", In::Always),
    ("ismaclabel", In::Always),
    ("key_getsecurity", In::Always),
    ("setprocattr", In::Always),
    ("vm_enough_memory", In::Always),
    ("xfrm_decode_session", In::Always),
];

const UNTRUSTED: &[(&str, In)] = &[
    ("bpf_map_free", In::Since6_12),
    ("bpf_prog_free", In::Since6_12),
    ("file_alloc_security", In::Since6_12),
    ("file_free_security", In::Since6_12),
    ("sk_alloc_security", In::Since6_12),
    ("sk_free_security", In::Since6_12),
    ("task_free", In::Since6_12),
];

const BOOL: &[(&str, In)] = &[
    ("audit_rule_known", In::Since6_12),
    ("inode_xattr_skipcap", In::Since6_12),
    ("xfrm_state_pol_flow_match", In::Since6_12),
];
