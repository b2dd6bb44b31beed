//! What programs may return (`check_return_code`).

use super::attach::AttachType as A;
use super::kinds::ProgramKind as K;
use super::lsm::lsm_is_bool;
use crate::version::KernelVersion;

/// What R0 may hold when a program ends.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReturnRule {
    /// Any number.
    Any,
    /// A number in a range, both ends included.
    Within {
        /// The smallest.
        min: i32,
        /// The largest.
        max: i32,
    },
    /// As [`ReturnRule::Within`] for a hook that gives something; one that gives nothing (`void`) has `void`: the range of
    /// an LSM program of a cgroup, `None` where R0 is not looked at.
    ByHook {
        /// For a hook with a result.
        min: i32,
        /// For a hook with a result.
        max: i32,
        /// For a hook without.
        void: Option<(i32, i32)>,
        /// Only the lower 32 bits count.
        low_half: bool,
    },
    /// As the prototype of the hook has it: R0 is not looked at for `void`, else it must be a number (or, from 6.14 on, an
    /// object where the prototype gives one).
    Prototype,
}

const fn within(min: i32, max: i32) -> ReturnRule {
    ReturnRule::Within { min, max }
}

/// Errors that hooks give are not below.
const MAX_ERRNO: i32 = 4095;

const ALWAYS_ONE: &[A] = &[
    A::CGROUP_UDP4_RECVMSG,
    A::CGROUP_UDP6_RECVMSG,
    A::CGROUP_UNIX_RECVMSG,
    A::CGROUP_INET4_GETPEERNAME,
    A::CGROUP_INET6_GETPEERNAME,
    A::CGROUP_UNIX_GETPEERNAME,
    A::CGROUP_INET4_GETSOCKNAME,
    A::CGROUP_INET6_GETSOCKNAME,
    A::CGROUP_UNIX_GETSOCKNAME,
];

/// What programs of `kind` with `attach` may return on `kernel`; `hook` is their hook, where they have one.
pub fn return_rule(kind: K, attach: A, hook: &str, kernel: KernelVersion) -> ReturnRule {
    match kind {
        K::CGROUP_SOCK_ADDR => match attach {
            A::CGROUP_INET4_BIND | A::CGROUP_INET6_BIND => within(0, 3),
            other if ALWAYS_ONE.contains(&other) => within(1, 1),
            _ => within(0, 1),
        },
        K::CGROUP_SKB if attach == A::CGROUP_INET_EGRESS => within(0, 3),
        K::CGROUP_SKB | K::CGROUP_SOCK | K::SOCK_OPS | K::CGROUP_DEVICE | K::CGROUP_SYSCTL => within(0, 1),
        K::CGROUP_SOCKOPT | K::SK_LOOKUP | K::NETFILTER => within(0, 1),
        K::TRACING => match attach {
            A::TRACE_FENTRY | A::TRACE_FEXIT => within(0, 0),
            A::TRACE_ITER => within(0, 1),
            _ => ReturnRule::Any,
        },
        K::KPROBE if attach == A::TRACE_KPROBE_SESSION && kernel >= KernelVersion::new(6, 10) => within(0, 1),
        K::KPROBE if attach == A::TRACE_UPROBE_SESSION && kernel >= KernelVersion::new(6, 13) => within(0, 1),
        K::STRUCT_OPS => ReturnRule::Prototype,
        K::LSM if attach == A::LSM_CGROUP => {
            ReturnRule::ByHook { min: 0, max: 1, void: Some((1, 1)), low_half: false }
        }
        K::LSM if kernel >= KernelVersion::new(6, 12) => {
            let (min, max) = if lsm_is_bool(hook, kernel) { (0, 1) } else { (-MAX_ERRNO, 0) };
            ReturnRule::ByHook { min, max, void: None, low_half: true }
        }
        K::LSM => ReturnRule::Prototype,
        _ => ReturnRule::Any,
    }
}
