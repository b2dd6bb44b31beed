//! What the names of sections say about how a program is loaded, after libbpf's names.

/// How a program is loaded beside its kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Attach {
    /// `enum bpf_attach_type`.
    pub expected: u32,
    /// `BPF_F_*` of `BPF_PROG_LOAD`.
    pub flags: u32,
    /// In the kernel's BTF: what it is for.
    pub hook: Option<String>,
}

/// `BPF_F_SLEEPABLE`
const SLEEPABLE: u32 = 1 << 4;

/// `BPF_F_XDP_HAS_FRAGS`
const FRAGS: u32 = 1 << 5;

/// Sections; with a final `/`, a target follows. Attach type, flags, and what the target's name starts with in the
/// kernel's BTF.
const SECTIONS: &[(&str, u32, u32, &str)] = &[
    ("cgroup_skb/ingress", 0, 0, ""),
    ("cgroup_skb/egress", 1, 0, ""),
    ("cgroup/sock_create", 2, 0, ""),
    ("cgroup/sock_release", 34, 0, ""),
    ("cgroup/post_bind4", 12, 0, ""),
    ("cgroup/post_bind6", 13, 0, ""),
    ("cgroup/bind4", 8, 0, ""),
    ("cgroup/bind6", 9, 0, ""),
    ("cgroup/connect4", 10, 0, ""),
    ("cgroup/connect6", 11, 0, ""),
    ("cgroup/sendmsg4", 14, 0, ""),
    ("cgroup/sendmsg6", 15, 0, ""),
    ("cgroup/recvmsg4", 19, 0, ""),
    ("cgroup/recvmsg6", 20, 0, ""),
    ("cgroup/getpeername4", 29, 0, ""),
    ("cgroup/getsockname4", 31, 0, ""),
    ("cgroup/getsockname6", 32, 0, ""),
    ("cgroup/connect_unix", 49, 0, ""),
    ("cgroup/recvmsg_unix", 51, 0, ""),
    ("kprobe.multi/do_sys_openat2", 42, 0, ""),
    ("kprobe.session/do_sys_openat2", 56, 0, ""),
    ("uprobe.s/libc.so.6:malloc", 0, SLEEPABLE, ""),
    ("uprobe.multi/libc.so.6:malloc", 48, 0, ""),
    ("uprobe.session/libc.so.6:malloc", 57, 0, ""),
    ("xdp.frags", 37, FRAGS, ""),
    ("xdp/devmap", 33, 0, ""),
    ("xdp/cpumap", 35, 0, ""),
    ("sk_skb/stream_parser", 4, 0, ""),
    ("sk_skb/stream_verdict", 5, 0, ""),
    ("cgroup/getsockopt", 21, 0, ""),
    ("cgroup/setsockopt", 22, 0, ""),
    ("sk_reuseport", 39, 0, ""),
    ("sk_reuseport/migrate", 40, 0, ""),
    ("sk_lookup", 36, 0, ""),
    ("netfilter", 45, 0, ""),
    ("syscall", 0, SLEEPABLE, ""),
    ("tp_btf/", 23, 0, "btf_trace_"),
    ("iter/", 28, 0, "bpf_iter_"),
    ("iter.s/", 28, SLEEPABLE, "bpf_iter_"),
    ("fentry/", 24, 0, ""),
    ("fexit/", 25, 0, ""),
    ("fentry.s/", 24, SLEEPABLE, ""),
    ("lsm/", 27, 0, "bpf_lsm_"),
    ("lsm.s/", 27, SLEEPABLE, "bpf_lsm_"),
    ("struct_ops/", 0, 0, ""),
    ("struct_ops.s/", 0, SLEEPABLE, ""),
];

impl Attach {
    /// What `section` says.
    pub fn of(section: &str) -> Attach {
        for (name, expected, flags, prefix) in SECTIONS {
            let (expected, flags) = (*expected, *flags);
            if section == *name {
                return Attach { expected, flags, hook: None };
            }
            if let (true, Some(target)) = (name.ends_with('/'), section.strip_prefix(name)) {
                return Attach { expected, flags, hook: Some(format!("{prefix}{target}")) };
            }
        }
        Attach::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_follow_their_sections() {
        let attach = Attach::of("iter/task");
        assert_eq!((attach.expected, attach.hook.as_deref()), (28, Some("bpf_iter_task")));
        assert_eq!(Attach::of("xdp"), Attach::default());
    }
}
