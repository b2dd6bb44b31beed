//! Which programs may call which helper: the layers that the kernel asks for each kind, in their order.

mod rows;

use super::attach::AttachType;
use super::kinds::ProgramKind;
use super::prototype::{Allowed, Prototype};
use crate::version::KernelVersion;

/// A program, as far as it decides which helpers it may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller<'a> {
    /// Its kind.
    pub kind: ProgramKind,
    /// What it is loaded with as expected attach type.
    pub attach: AttachType,
    /// Whether it was loaded as sleepable.
    pub sleepable: bool,
    /// The kernel function that it attaches to by BTF (`bpf_iter_tcp`, `bpf_lsm_file_open`, `vfs_truncate`), or the member
    /// of a `struct_ops` that it is for (`tcp_congestion_ops/release`); empty without one.
    pub hook: &'a str,
}

impl Caller<'_> {
    /// A program of `kind` that says no more.
    pub const fn of_kind(kind: ProgramKind) -> Caller<'static> {
        Caller { kind, attach: AttachType::NONE, sleepable: false, hook: "" }
    }

    /// How the program calls helper `id` on `kernel`; `None` where it may not (`unknown func`, `program of this type cannot
    /// use helper`). Licence, [`Prototype::may_sleep`] and [`Prototype::allowed`] are further conditions.
    pub fn prototype(&self, id: u32, kernel: KernelVersion) -> Option<&'static Prototype> {
        let kernel = nearest(kernel);
        let layers = layers(self.kind)?;
        for (when, rows) in layers {
            if !self.meets(*when) {
                continue;
            }
            let found = rows.iter().find(|row| row.helper == id && row.is_on(kernel) && self.meets(row.when));
            if let Some(row) = found {
                return row.prototype.map(|prototype| prototype.on(kernel));
            }
        }
        None
    }

    /// Whether the condition of a prototype is met, where the program may sleep in `sleepable_lsm` hooks.
    pub fn is_allowed(&self, allowed: Allowed, sleepable_lsm: impl Fn(&str) -> bool) -> bool {
        let iterator = self.kind == ProgramKind::TRACING && self.attach == AttachType::TRACE_ITER;
        match allowed {
            Allowed::Always => true,
            Allowed::SleepableLsm => sleepable_lsm(self.hook),
            Allowed::SkStorage => match self.attach {
                AttachType::TRACE_ITER | AttachType::TRACE_RAW_TP => true,
                AttachType::TRACE_FENTRY | AttachType::TRACE_FEXIT => {
                    !self.hook.starts_with("bpf_sk_storage")
                }
                _ => false,
            },
            Allowed::DPath => {
                iterator
                    || match self.kind {
                        ProgramKind::LSM => sleepable_lsm(self.hook),
                        _ => D_PATH_FUNCTIONS.contains(&self.hook),
                    }
            }
        }
    }

    fn meets(&self, when: When) -> bool {
        let is = |attach: AttachType| self.attach == attach;
        match when {
            When::Always => true,
            When::Attach(types) => types.contains(&self.attach),
            When::NotAttach(types) => !types.contains(&self.attach),
            When::Iterator => is(AttachType::TRACE_ITER),
            When::IteratorOf(name) => is(AttachType::TRACE_ITER) && self.hook == name,
            When::Trampoline => self.has_trampoline(),
            When::TrampolineOrRawTp => {
                self.has_trampoline() || self.kind == ProgramKind::TRACING && is(AttachType::TRACE_RAW_TP)
            }
            When::Sleepable => self.sleepable,
            When::Recursion => match self.kind {
                ProgramKind::TRACING => !is(AttachType::TRACE_ITER),
                kind => !matches!(kind, ProgramKind::STRUCT_OPS | ProgramKind::LSM),
            },
            When::KprobeMulti => is(AttachType::TRACE_KPROBE_MULTI) || is(AttachType::TRACE_KPROBE_SESSION),
            When::UprobeMulti => is(AttachType::TRACE_UPROBE_MULTI) || is(AttachType::TRACE_UPROBE_SESSION),
            When::LsmLocked => is(AttachType::LSM_CGROUP) && LOCKED_SOCKOPT_HOOKS.contains(&self.hook),
            When::LsmUnlocked => is(AttachType::LSM_CGROUP) && UNLOCKED_SOCKOPT_HOOKS.contains(&self.hook),
            When::StructOps(name) => self.hook.split('/').next() == Some(name),
            When::NotStructOps(name) => self.hook.split('/').next() != Some(name),
            When::NotRelease => !self.hook.ends_with("/release"),
        }
    }

    /// `bpf_prog_has_trampoline`.
    fn has_trampoline(&self) -> bool {
        match self.kind {
            ProgramKind::TRACING => matches!(
                self.attach,
                AttachType::TRACE_FENTRY | AttachType::TRACE_FEXIT | AttachType::MODIFY_RETURN
            ),
            ProgramKind::LSM => self.attach == AttachType::LSM_MAC,
            _ => false,
        }
    }
}

/// The version whose facts hold on `kernel`: tables know 6.1, 6.12 and 6.18.
fn nearest(kernel: KernelVersion) -> KernelVersion {
    let known = [KernelVersion::new(6, 18), KernelVersion::new(6, 12)];
    known.into_iter().find(|version| kernel >= *version).unwrap_or(KernelVersion::new(6, 1))
}

/// Functions whose programs may call `d_path` (`btf_allowlist_d_path`).
const D_PATH_FUNCTIONS: &[&str] = &[
    "security_file_permission",
    "security_inode_getattr",
    "security_file_open",
    "security_path_truncate",
    "vfs_truncate",
    "vfs_fallocate",
    "dentry_open",
    "vfs_getattr",
    "filp_close",
];

/// LSM hooks under which the socket is locked (`bpf_lsm_locked_sockopt_hooks`).
const LOCKED_SOCKOPT_HOOKS: &[&str] =
    &["bpf_lsm_sock_graft", "bpf_lsm_inet_csk_clone", "bpf_lsm_inet_conn_established"];

/// LSM hooks so early that an unlocked socket will do (`bpf_lsm_unlocked_sockopt_hooks`).
const UNLOCKED_SOCKOPT_HOOKS: &[&str] = &["bpf_lsm_socket_post_create", "bpf_lsm_socket_socketpair"];

/// When a row or a layer counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum When {
    Always,
    Attach(&'static [AttachType]),
    NotAttach(&'static [AttachType]),
    Iterator,
    IteratorOf(&'static str),
    Trampoline,
    TrampolineOrRawTp,
    Sleepable,
    /// The kernel keeps the program from running inside itself (`bpf_prog_check_recur`).
    Recursion,
    KprobeMulti,
    UprobeMulti,
    LsmLocked,
    LsmUnlocked,
    StructOps(&'static str),
    /// Of a `struct_ops`, any but this one.
    NotStructOps(&'static str),
    /// Not the member `release`.
    NotRelease,
}

/// What a layer says to a helper. The first row that counts decides.
#[derive(Clone, Copy, Debug)]
struct Row {
    helper: u32,
    /// `None` where the layer refuses the helper, whatever later layers say.
    prototype: Option<&'static Prototype>,
    when: When,
    since: KernelVersion,
    until: Option<KernelVersion>,
}

impl Row {
    fn is_on(&self, kernel: KernelVersion) -> bool {
        self.since <= kernel && self.until.is_none_or(|until| kernel < until)
    }

    const fn when(mut self, when: When) -> Row {
        self.when = when;
        self
    }

    const fn since_6_12(mut self) -> Row {
        self.since = KernelVersion::new(6, 12);
        self
    }

    const fn since_6_18(mut self) -> Row {
        self.since = KernelVersion::new(6, 18);
        self
    }

    const fn until_6_12(mut self) -> Row {
        self.until = Some(KernelVersion::new(6, 12));
        self
    }

    const fn until_6_18(mut self) -> Row {
        self.until = Some(KernelVersion::new(6, 18));
        self
    }
}

const fn row(prototype: &'static Prototype) -> Row {
    Row { prototype: Some(prototype), ..never(prototype.helper) }
}

const fn never(helper: u32) -> Row {
    Row { helper, prototype: None, when: When::Always, since: KernelVersion::new(0, 0), until: None }
}

type Layers = &'static [(When, &'static [Row])];

macro_rules! layers {
    ($($layer:ident)*) => { &[$((When::Always, rows::$layer)),*] };
}

/// The layers of a kind, in the order in which the kernel asks them.
fn layers(kind: ProgramKind) -> Option<Layers> {
    Some(match kind {
        ProgramKind::SOCKET_FILTER => layers!(SOCKET_FILTER SOCKETS BASE),
        ProgramKind::KPROBE => layers!(KPROBE PROBES BASE),
        ProgramKind::SCHED_CLS | ProgramKind::SCHED_ACT => layers!(SCHED SOCKETS BASE),
        ProgramKind::TRACEPOINT => layers!(TRACEPOINT PROBES BASE),
        ProgramKind::XDP => layers!(XDP SOCKETS BASE),
        ProgramKind::PERF_EVENT => layers!(PERF_EVENT PROBES BASE),
        ProgramKind::CGROUP_SKB => layers!(CGROUP_ANY CGROUP_SKB SOCKET_FILTER SOCKETS BASE),
        ProgramKind::CGROUP_SOCK => layers!(CGROUP_ANY CGROUP_CURRENT CGROUP_SOCK BASE),
        ProgramKind::LWT_IN => layers!(LWT_IN LWT_OUT SOCKETS BASE),
        ProgramKind::LWT_OUT => layers!(LWT_OUT SOCKETS BASE),
        ProgramKind::LWT_XMIT => layers!(LWT_XMIT LWT_OUT SOCKETS BASE),
        ProgramKind::SOCK_OPS => layers!(CGROUP_ANY SOCK_OPS SOCKETS BASE),
        ProgramKind::SK_SKB => layers!(SK_SKB SOCKETS BASE),
        ProgramKind::CGROUP_DEVICE => layers!(CGROUP_ANY CGROUP_CURRENT CGROUP_DEVICE BASE),
        ProgramKind::SK_MSG => layers!(SK_MSG SOCKETS BASE),
        ProgramKind::RAW_TRACEPOINT | ProgramKind::RAW_TRACEPOINT_WRITABLE => {
            layers!(RAW_TRACEPOINT PROBES BASE)
        }
        ProgramKind::CGROUP_SOCK_ADDR => layers!(CGROUP_ANY CGROUP_CURRENT CGROUP_SOCK_ADDR SOCKETS BASE),
        ProgramKind::LWT_SEG6LOCAL => layers!(LWT_SEG6LOCAL LWT_OUT SOCKETS BASE),
        ProgramKind::LIRC_MODE2 => layers!(LIRC_MODE2),
        ProgramKind::SK_REUSEPORT => layers!(SK_REUSEPORT BASE),
        ProgramKind::FLOW_DISSECTOR => layers!(FLOW_DISSECTOR SOCKETS BASE),
        ProgramKind::CGROUP_SYSCTL => layers!(CGROUP_ANY CGROUP_CURRENT CGROUP_SYSCTL BASE),
        ProgramKind::CGROUP_SOCKOPT => layers!(CGROUP_ANY CGROUP_CURRENT CGROUP_SOCKOPT BASE),
        ProgramKind::TRACING => &[
            (When::Always, rows::TRACING),
            (When::Always, rows::RAW_TRACEPOINT),
            (When::Always, rows::PROBES),
            (When::Always, rows::BASE),
            (When::IteratorOf("bpf_iter_tcp"), rows::ITER_SOCKET),
            (When::IteratorOf("bpf_iter_unix"), rows::ITER_SOCKET),
        ],
        ProgramKind::STRUCT_OPS => &[
            (When::StructOps("tcp_congestion_ops"), rows::TCP_CONGESTION_OPS),
            (When::StructOps("sched_ext_ops"), rows::SCHED_EXT_OPS),
            // `bpf_dummy_ops` says nothing about helpers.
            (When::NotStructOps("bpf_dummy_ops"), rows::BASE),
        ],
        ProgramKind::LSM => &[
            (When::Attach(&[AttachType::LSM_CGROUP]), rows::CGROUP_ANY),
            (When::Always, rows::LSM),
            (When::Always, rows::TRACING),
            (When::Always, rows::RAW_TRACEPOINT),
            (When::Always, rows::PROBES),
            (When::Always, rows::BASE),
        ],
        ProgramKind::SK_LOOKUP => layers!(SK_LOOKUP SOCKETS BASE),
        ProgramKind::SYSCALL => layers!(SYSCALL TRACING RAW_TRACEPOINT PROBES BASE),
        ProgramKind::NETFILTER => layers!(BASE),
        _ => return None,
    })
}
