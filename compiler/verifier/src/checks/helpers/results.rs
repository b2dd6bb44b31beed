//! What helpers give in R0.

use gobpf_bpf::tables::{Flags, MapKind, ResultRange, ReturnKind};

use crate::bounds::Bounds;
use crate::checks::helpers::{Call, id};
use crate::checks::{btf, kptr, references};
use crate::explore::Machine;
use crate::fault::Checked;
use crate::state::{Extra, Kind, Reg, flag};
use crate::transfer::assign;

/// Errors that helpers return are not below this.
const MAX_ERRNO: i64 = 4095;

/// Helpers that give another view of the socket that they take (`is_ptr_cast_function`).
const CASTS: [&str; 8] = [
    "tcp_sock",
    "sk_fullsock",
    "skc_to_tcp_sock",
    "skc_to_tcp6_sock",
    "skc_to_udp6_sock",
    "skc_to_mptcp_sock",
    "skc_to_tcp_timewait_sock",
    "skc_to_tcp_request_sock",
];

pub(super) fn set(m: &mut Machine<'_>, call: &Call) -> Checked {
    let returns = &call.prototype.returns;
    let mut flags = 0;
    for (from, to) in [
        (Flags::OR_NULL, flag::OR_NULL),
        (Flags::READ_ONLY, flag::RDONLY),
        (Flags::RINGBUF, flag::RINGBUF),
        (Flags::TRUSTED, flag::TRUSTED),
    ] {
        if returns.has(from) {
            flags |= to;
        }
    }
    let pointer = |kind: Kind| Reg::pointer(kind.with(flags));
    let mut result = match returns.kind {
        ReturnKind::Void => {
            assign(m, 0, Reg::NOT_INIT);
            return Ok(());
        }
        ReturnKind::Integer => integer(m, call),
        ReturnKind::PtrToMapValue => map_value(m, call, flags)?,
        ReturnKind::PtrToSocket => pointer(Kind::SOCKET),
        ReturnKind::PtrToSockCommon => pointer(Kind::SOCK_COMMON),
        ReturnKind::PtrToTcpSock => pointer(Kind::TCP_SOCK),
        ReturnKind::PtrToMem => {
            Reg { extra: Extra::Mem { size: call.memory, dynptr: call.dynptr }, ..pointer(Kind::MEM) }
        }
        ReturnKind::PtrToMemOrBtfId => btf::memory_or_object(m, call, flags)?,
        ReturnKind::PtrToBtfId if call.kptr.is_some() => {
            call.kptr.map_or(Reg::NOT_INIT, |pointer| kptr::taken(pointer, flags))
        }
        ReturnKind::PtrToBtfId => btf::object(m, returns.btf, flags)?,
    };
    if result.kind.may_be_null() {
        result.id = m.fresh_id();
    }
    if CASTS.contains(&call.helper.name) || call.helper.id == id::DYNPTR_DATA {
        result.ref_obj = call.reference;
    } else if acquires(m, call)? {
        let id = references::acquire(m);
        (result.id, result.ref_obj) = (id, id);
    }
    assign(m, 0, result);
    Ok(())
}

/// `is_acquire_function`.
fn acquires(m: &Machine<'_>, call: &Call) -> Checked<bool> {
    Ok(match call.helper.id {
        id::SK_LOOKUP_TCP | id::SK_LOOKUP_UDP | id::SKC_LOOKUP_TCP | id::RINGBUF_RESERVE | id::KPTR_XCHG => {
            true
        }
        id::MAP_LOOKUP_ELEM => {
            matches!(m.map(call.map)?.kind, MapKind::SOCKMAP | MapKind::SOCKHASH)
        }
        _ => false,
    })
}

/// A number, as far as its range is known.
fn integer(m: &Machine<'_>, call: &Call) -> Reg {
    match call.helper.result_range() {
        ResultRange::CpuNumber if m.rules.precise_spills => ranged(m, 0, i64::from(m.processors()) - 1),
        ResultRange::UpToSize => {
            let most = call.size.and_then(|size| i64::try_from(size).ok()).unwrap_or(i64::MAX);
            ranged(m, -MAX_ERRNO, most)
        }
        _ => Reg::unknown(),
    }
}

/// A number from `min` to `max`.
pub(crate) fn ranged(m: &Machine<'_>, min: i64, max: i64) -> Reg {
    let mut bounds = Bounds::UNKNOWN;
    (bounds.smin, bounds.smax) = (min, max);
    (bounds.smin32, bounds.smax32) = (min as i32, max as i32);
    bounds.sync(m.rules.deduction);
    bounds.repair(m.rules.deduction);
    Reg { bounds, ..Reg::unknown() }
}

fn map_value(m: &mut Machine<'_>, call: &Call, mut flags: u16) -> Checked<Reg> {
    let map = m.map(call.map)?;
    let entries = u64::from(map.max_entries);
    let has_lock = m.record_of(call.map)?.has_lock();
    if call.helper.id == id::MAP_LOOKUP_ELEM && call.key.is_some_and(|key| key < entries) {
        flags &= !flag::OR_NULL;
    }
    let is_sure = flags & flag::OR_NULL == 0;
    let id = m.fresh_id_if(is_sure && has_lock).unwrap_or(0);
    Ok(Reg { map: call.map, map_uid: call.map_uid, id, ..Reg::pointer(Kind::MAP_VALUE.with(flags)) })
}
