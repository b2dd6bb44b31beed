//! Which members of kernel objects programs may write (`btf_struct_access` of what runs them).

use gobpf_bpf::tables::ProgramKind;
use gobpf_btf::{KernelBtf, Kind as BtfKind, TypeId, Types};

use super::Span;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{BtfFault, Checked};
use crate::state::{Reg, flag};

/// The struct of functions for congestion control, and the socket that its programs get.
pub(crate) const CONGESTION: &str = "tcp_congestion_ops";
pub(crate) const TCP_SOCKET: &str = "tcp_sock";
/// The struct of functions for the kernel's own tests, and the only one that its programs may write.
const DUMMY: &str = "bpf_dummy_ops";
const DUMMY_STATE: &str = "bpf_dummy_ops_state";
/// The struct of functions of a scheduler.
const SCHEDULER: &str = "sched_ext_ops";

/// What is known of a connection, of which traffic filters may write the mark.
const CONNECTION: &str = "nf_conn";

/// A member that may be written: the way to it, whether writes may start inside of it, and since when.
struct Member {
    path: &'static [&'static str],
    inside: bool,
    since: Dialect,
}

const fn member(path: &'static [&'static str]) -> Member {
    Member { path, inside: false, since: Dialect::V6_1 }
}

/// Members of sockets, each in the struct that declares it: they begin with one another.
const SOCKET: &[(&str, Member)] = &[
    ("sock", member(&["sk_pacing_rate"])),
    ("sock", member(&["sk_pacing_status"])),
    ("inet_connection_sock", Member { inside: true, ..member(&["icsk_ca_priv"]) }),
    ("inet_connection_sock", member(&["icsk_ack", "pending"])),
    ("tcp_sock", member(&["snd_cwnd"])),
    ("tcp_sock", member(&["snd_cwnd_cnt"])),
    ("tcp_sock", Member { since: Dialect::V6_12, ..member(&["snd_cwnd_stamp"]) }),
    ("tcp_sock", member(&["snd_ssthresh"])),
    ("tcp_sock", member(&["ecn_flags"])),
    ("tcp_sock", Member { since: Dialect::V6_12, ..member(&["app_limited"]) }),
];

/// Members of tasks that schedulers may write, any part of each.
const TASK: [&[&str]; 3] = [&["scx", "slice"], &["scx", "dsq_vtime"], &["scx", "disallow"]];

/// An instruction writes to an object of the kernel's type `ty`.
pub(super) fn check(m: &Machine<'_>, base: &Reg, ty: TypeId, span: Span) -> Checked {
    let only_read = || BtfFault::OnlyRead { what: None }.into();
    if base.kind.has(flag::UNTRUSTED) && m.rules.knows_trust {
        return Err(only_read());
    }
    let kernel = m.kernel()?;
    let of = m.caller().hook.split('/').next().unwrap_or_default();
    match m.kind {
        // What they may write belongs to a module, which says so itself where it is there.
        ProgramKind::SCHED_CLS | ProgramKind::SCHED_ACT | ProgramKind::XDP
            if m.rules.dialect != Dialect::V6_18 =>
        {
            Err(BtfFault::WriteRefused.into())
        }
        ProgramKind::SCHED_CLS | ProgramKind::SCHED_ACT | ProgramKind::XDP => connection(kernel, ty, span),
        ProgramKind::STRUCT_OPS if of == CONGESTION => socket(m, kernel, ty, span),
        ProgramKind::STRUCT_OPS if of == DUMMY => dummy(kernel, ty, span),
        ProgramKind::STRUCT_OPS if of == SCHEDULER => {
            let spans = TASK.iter().filter_map(|path| place(kernel, ty, path));
            let fits = |(start, end): (i64, i64)| span.off >= start && span.off + span.bytes <= end;
            match kernel.name(ty) == "task_struct" && spans.into_iter().any(fits) {
                true => Ok(()),
                false => Err(BtfFault::WriteRefused.into()),
            }
        }
        _ => Err(only_read()),
    }
}

/// `bpf_tcp_ca_btf_struct_access`.
fn socket(m: &Machine<'_>, kernel: &KernelBtf, ty: TypeId, span: Span) -> Checked {
    if kernel.name(ty) != TCP_SOCKET {
        return Err(BtfFault::OnlyRead { what: None }.into());
    }
    let known = SOCKET.iter().filter(|(_, member)| member.since <= m.rules.dialect);
    let found = known.into_iter().find_map(|(of, member)| {
        let (start, end) = place(kernel, kernel.find(of, BtfKind::Struct)?, member.path)?;
        let is_here = if member.inside { (start..end).contains(&span.off) } else { span.off == start };
        is_here.then_some(end)
    });
    let Some(end) = found else { return Err(BtfFault::NotWritable { of: TCP_SOCKET, off: span.off }.into()) };
    match span.off + span.bytes > end {
        true => {
            Err(BtfFault::WriteBeyond { off: span.off, bytes: span.bytes, of: TCP_SOCKET, end: Some(end) }
                .into())
        }
        false => Ok(()),
    }
}

/// `_nf_conntrack_btf_struct_access`.
fn connection(kernel: &KernelBtf, ty: TypeId, span: Span) -> Checked {
    let name = kernel.name(ty);
    if name.strip_suffix("___init").unwrap_or(name) != CONNECTION {
        return Err(BtfFault::OnlyRead { what: None }.into());
    }
    let mark = kernel.find(CONNECTION, BtfKind::Struct).and_then(|ty| place(kernel, ty, &["mark"]));
    match mark.filter(|(start, _)| span.off == *start) {
        None => Err(BtfFault::NotWritable { of: CONNECTION, off: span.off }.into()),
        Some((_, end)) if span.off + span.bytes > end => {
            let Span { off, bytes, .. } = span;
            Err(BtfFault::WriteBeyond { off, bytes, of: CONNECTION, end: Some(end) }.into())
        }
        Some(_) => Ok(()),
    }
}

/// `bpf_dummy_ops_btf_struct_access`.
fn dummy(kernel: &KernelBtf, ty: TypeId, span: Span) -> Checked {
    if kernel.name(ty) != DUMMY_STATE {
        return Err(BtfFault::OnlyAccess { name: DUMMY_STATE }.into());
    }
    match span.off + span.bytes > i64::from(kernel.size_of(ty).unwrap_or(0)) {
        true => {
            Err(BtfFault::WriteBeyond { off: span.off, bytes: span.bytes, of: DUMMY_STATE, end: None }.into())
        }
        false => Ok(()),
    }
}

/// Where the member at `path` of a struct begins and ends.
fn place(kernel: &KernelBtf, mut ty: TypeId, path: &[&str]) -> Option<(i64, i64)> {
    let mut start = 0;
    for name in path {
        let member = kernel.members(ty).find(|member| member.name() == *name)?;
        start += i64::from(member.offset);
        ty = member.ty;
    }
    Some((start, start + i64::from(kernel.size_of(ty)?)))
}
