//! Section names, as libbpf reads them.

use super::attach::AttachType as A;
use super::kinds::ProgramKind as K;
use crate::object::flags;

/// A section name and what it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section {
    /// The name, or the part before the first `/` of one.
    pub name: &'static str,
    /// Whether a target may follow after a `/`.
    pub target: bool,
    /// The kind.
    pub kind: K,
    /// The expected attach type.
    pub attach: A,
    /// Flags of loading.
    pub flags: u32,
    /// What stands before the target in the name of the hook in the kernel's BTF; `None` where the target is not a hook.
    pub hook: Option<&'static str>,
}

impl Section {
    /// What the section `name` stands for.
    pub fn of(name: &str) -> Option<&'static Section> {
        SECTIONS.iter().find(|section| match name.strip_prefix(section.name) {
            Some("") => true,
            Some(rest) => section.target && rest.starts_with('/'),
            None => false,
        })
    }

    /// The target in the section `name`; empty without one.
    pub fn target_of<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('/')).unwrap_or("")
    }

    /// The hook of the section `name`, by its name in the kernel's BTF.
    pub fn hook_of(&self, name: &str) -> Option<String> {
        let target = self.target_of(name);
        let prefix = self.hook.filter(|_| !target.is_empty())?;
        Some(format!("{prefix}{target}"))
    }
}

const fn exact(name: &'static str, kind: K, attach: A) -> Section {
    Section { name, target: false, kind, attach, flags: 0, hook: None }
}

const fn target(name: &'static str, kind: K, attach: A) -> Section {
    Section { target: true, ..exact(name, kind, attach) }
}

const fn hook(name: &'static str, kind: K, attach: A, prefix: &'static str) -> Section {
    Section { hook: Some(prefix), ..target(name, kind, attach) }
}

const fn sleeps(mut section: Section) -> Section {
    section.flags = flags::SLEEPABLE;
    section
}

const fn frags(name: &'static str, attach: A) -> Section {
    Section { flags: flags::XDP_HAS_FRAGS, ..exact(name, K::XDP, attach) }
}

/// All sections; the first that fits counts.
pub const SECTIONS: &[Section] = &[
    exact("socket", K::SOCKET_FILTER, A::NONE),
    exact("sk_reuseport/migrate", K::SK_REUSEPORT, A::SK_REUSEPORT_SELECT_OR_MIGRATE),
    exact("sk_reuseport", K::SK_REUSEPORT, A::SK_REUSEPORT_SELECT),
    target("kprobe", K::KPROBE, A::NONE),
    target("uprobe", K::KPROBE, A::NONE),
    sleeps(target("uprobe.s", K::KPROBE, A::NONE)),
    target("kretprobe", K::KPROBE, A::NONE),
    target("uretprobe", K::KPROBE, A::NONE),
    sleeps(target("uretprobe.s", K::KPROBE, A::NONE)),
    target("kprobe.multi", K::KPROBE, A::TRACE_KPROBE_MULTI),
    target("kretprobe.multi", K::KPROBE, A::TRACE_KPROBE_MULTI),
    target("kprobe.session", K::KPROBE, A::TRACE_KPROBE_SESSION),
    target("uprobe.multi", K::KPROBE, A::TRACE_UPROBE_MULTI),
    target("uretprobe.multi", K::KPROBE, A::TRACE_UPROBE_MULTI),
    target("uprobe.session", K::KPROBE, A::TRACE_UPROBE_SESSION),
    sleeps(target("uprobe.multi.s", K::KPROBE, A::TRACE_UPROBE_MULTI)),
    sleeps(target("uretprobe.multi.s", K::KPROBE, A::TRACE_UPROBE_MULTI)),
    sleeps(target("uprobe.session.s", K::KPROBE, A::TRACE_UPROBE_SESSION)),
    target("ksyscall", K::KPROBE, A::NONE),
    target("kretsyscall", K::KPROBE, A::NONE),
    target("usdt", K::KPROBE, A::NONE),
    sleeps(target("usdt.s", K::KPROBE, A::NONE)),
    exact("tc/ingress", K::SCHED_CLS, A::TCX_INGRESS),
    exact("tc/egress", K::SCHED_CLS, A::TCX_EGRESS),
    exact("tcx/ingress", K::SCHED_CLS, A::TCX_INGRESS),
    exact("tcx/egress", K::SCHED_CLS, A::TCX_EGRESS),
    exact("tc", K::SCHED_CLS, A::NONE),
    exact("classifier", K::SCHED_CLS, A::NONE),
    exact("action", K::SCHED_ACT, A::NONE),
    exact("netkit/primary", K::SCHED_CLS, A::NETKIT_PRIMARY),
    exact("netkit/peer", K::SCHED_CLS, A::NETKIT_PEER),
    target("tracepoint", K::TRACEPOINT, A::NONE),
    target("tp", K::TRACEPOINT, A::NONE),
    target("raw_tracepoint", K::RAW_TRACEPOINT, A::NONE),
    target("raw_tp", K::RAW_TRACEPOINT, A::NONE),
    target("raw_tracepoint.w", K::RAW_TRACEPOINT_WRITABLE, A::NONE),
    target("raw_tp.w", K::RAW_TRACEPOINT_WRITABLE, A::NONE),
    hook("tp_btf", K::TRACING, A::TRACE_RAW_TP, "btf_trace_"),
    hook("fentry", K::TRACING, A::TRACE_FENTRY, ""),
    hook("fmod_ret", K::TRACING, A::MODIFY_RETURN, ""),
    hook("fexit", K::TRACING, A::TRACE_FEXIT, ""),
    sleeps(hook("fentry.s", K::TRACING, A::TRACE_FENTRY, "")),
    sleeps(hook("fmod_ret.s", K::TRACING, A::MODIFY_RETURN, "")),
    sleeps(hook("fexit.s", K::TRACING, A::TRACE_FEXIT, "")),
    target("freplace", K::EXT, A::NONE),
    hook("lsm", K::LSM, A::LSM_MAC, "bpf_lsm_"),
    sleeps(hook("lsm.s", K::LSM, A::LSM_MAC, "bpf_lsm_")),
    hook("lsm_cgroup", K::LSM, A::LSM_CGROUP, "bpf_lsm_"),
    hook("iter", K::TRACING, A::TRACE_ITER, "bpf_iter_"),
    sleeps(hook("iter.s", K::TRACING, A::TRACE_ITER, "bpf_iter_")),
    sleeps(exact("syscall", K::SYSCALL, A::NONE)),
    frags("xdp.frags/devmap", A::XDP_DEVMAP),
    exact("xdp/devmap", K::XDP, A::XDP_DEVMAP),
    frags("xdp.frags/cpumap", A::XDP_CPUMAP),
    exact("xdp/cpumap", K::XDP, A::XDP_CPUMAP),
    frags("xdp.frags", A::XDP),
    exact("xdp", K::XDP, A::XDP),
    exact("perf_event", K::PERF_EVENT, A::NONE),
    exact("lwt_in", K::LWT_IN, A::NONE),
    exact("lwt_out", K::LWT_OUT, A::NONE),
    exact("lwt_xmit", K::LWT_XMIT, A::NONE),
    exact("lwt_seg6local", K::LWT_SEG6LOCAL, A::NONE),
    exact("sockops", K::SOCK_OPS, A::CGROUP_SOCK_OPS),
    exact("sk_skb/stream_parser", K::SK_SKB, A::SK_SKB_STREAM_PARSER),
    exact("sk_skb/stream_verdict", K::SK_SKB, A::SK_SKB_STREAM_VERDICT),
    exact("sk_skb/verdict", K::SK_SKB, A::SK_SKB_VERDICT),
    exact("sk_skb", K::SK_SKB, A::NONE),
    exact("sk_msg", K::SK_MSG, A::SK_MSG_VERDICT),
    exact("lirc_mode2", K::LIRC_MODE2, A::LIRC_MODE2),
    exact("flow_dissector", K::FLOW_DISSECTOR, A::FLOW_DISSECTOR),
    exact("cgroup_skb/ingress", K::CGROUP_SKB, A::CGROUP_INET_INGRESS),
    exact("cgroup_skb/egress", K::CGROUP_SKB, A::CGROUP_INET_EGRESS),
    exact("cgroup/skb", K::CGROUP_SKB, A::NONE),
    exact("cgroup/sock_create", K::CGROUP_SOCK, A::CGROUP_INET_SOCK_CREATE),
    exact("cgroup/sock_release", K::CGROUP_SOCK, A::CGROUP_INET_SOCK_RELEASE),
    exact("cgroup/sock", K::CGROUP_SOCK, A::CGROUP_INET_SOCK_CREATE),
    exact("cgroup/post_bind4", K::CGROUP_SOCK, A::CGROUP_INET4_POST_BIND),
    exact("cgroup/post_bind6", K::CGROUP_SOCK, A::CGROUP_INET6_POST_BIND),
    exact("cgroup/bind4", K::CGROUP_SOCK_ADDR, A::CGROUP_INET4_BIND),
    exact("cgroup/bind6", K::CGROUP_SOCK_ADDR, A::CGROUP_INET6_BIND),
    exact("cgroup/connect4", K::CGROUP_SOCK_ADDR, A::CGROUP_INET4_CONNECT),
    exact("cgroup/connect6", K::CGROUP_SOCK_ADDR, A::CGROUP_INET6_CONNECT),
    exact("cgroup/connect_unix", K::CGROUP_SOCK_ADDR, A::CGROUP_UNIX_CONNECT),
    exact("cgroup/sendmsg4", K::CGROUP_SOCK_ADDR, A::CGROUP_UDP4_SENDMSG),
    exact("cgroup/sendmsg6", K::CGROUP_SOCK_ADDR, A::CGROUP_UDP6_SENDMSG),
    exact("cgroup/sendmsg_unix", K::CGROUP_SOCK_ADDR, A::CGROUP_UNIX_SENDMSG),
    exact("cgroup/recvmsg4", K::CGROUP_SOCK_ADDR, A::CGROUP_UDP4_RECVMSG),
    exact("cgroup/recvmsg6", K::CGROUP_SOCK_ADDR, A::CGROUP_UDP6_RECVMSG),
    exact("cgroup/recvmsg_unix", K::CGROUP_SOCK_ADDR, A::CGROUP_UNIX_RECVMSG),
    exact("cgroup/getpeername4", K::CGROUP_SOCK_ADDR, A::CGROUP_INET4_GETPEERNAME),
    exact("cgroup/getpeername6", K::CGROUP_SOCK_ADDR, A::CGROUP_INET6_GETPEERNAME),
    exact("cgroup/getpeername_unix", K::CGROUP_SOCK_ADDR, A::CGROUP_UNIX_GETPEERNAME),
    exact("cgroup/getsockname4", K::CGROUP_SOCK_ADDR, A::CGROUP_INET4_GETSOCKNAME),
    exact("cgroup/getsockname6", K::CGROUP_SOCK_ADDR, A::CGROUP_INET6_GETSOCKNAME),
    exact("cgroup/getsockname_unix", K::CGROUP_SOCK_ADDR, A::CGROUP_UNIX_GETSOCKNAME),
    exact("cgroup/sysctl", K::CGROUP_SYSCTL, A::CGROUP_SYSCTL),
    exact("cgroup/getsockopt", K::CGROUP_SOCKOPT, A::CGROUP_GETSOCKOPT),
    exact("cgroup/setsockopt", K::CGROUP_SOCKOPT, A::CGROUP_SETSOCKOPT),
    exact("cgroup/dev", K::CGROUP_DEVICE, A::CGROUP_DEVICE),
    // Its hook is the member of the map that holds it.
    target("struct_ops", K::STRUCT_OPS, A::NONE),
    sleeps(target("struct_ops.s", K::STRUCT_OPS, A::NONE)),
    exact("sk_lookup", K::SK_LOOKUP, A::SK_LOOKUP),
    exact("netfilter", K::NETFILTER, A::NETFILTER),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_more_behind_are_told_apart() {
        let of = |name| Section::of(name).map(|section| (section.name, section.target_of(name)));
        assert_eq!(of("xdp"), Some(("xdp", "")));
        assert_eq!(of("xdp/devmap"), Some(("xdp/devmap", "")));
        assert_eq!(of("xdpx"), None);
        assert_eq!(of("kprobe/tcp_connect+4"), Some(("kprobe", "tcp_connect+4")));
        assert_eq!(of("kprobe.multi/tcp_*"), Some(("kprobe.multi", "tcp_*")));
        assert_eq!(
            of("tracepoint/syscalls/sys_enter_openat"),
            Some(("tracepoint", "syscalls/sys_enter_openat"))
        );
        assert_eq!(of("uprobe.s//bin/bash:readline"), Some(("uprobe.s", "/bin/bash:readline")));
        let hook = |name| Section::of(name).and_then(|section| section.hook_of(name));
        assert_eq!(hook("tp_btf/sched_switch").as_deref(), Some("btf_trace_sched_switch"));
        assert_eq!(hook("lsm.s/file_open").as_deref(), Some("bpf_lsm_file_open"));
        assert_eq!(hook("fentry/vfs_read").as_deref(), Some("vfs_read"));
        assert_eq!(hook("fentry"), None);
    }
}
