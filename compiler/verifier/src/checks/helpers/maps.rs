//! Which helpers may be called with which maps (`check_map_func_compatibility`).

use gobpf_bpf::tables::{AttachType, MapKind, ProgramKind};

use crate::checks::encoding::RDONLY_PROG;
use crate::checks::helpers::{Call, id};
use crate::checks::map_value::flags_of;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault};

/// Helpers that change a map (`record_func_map`).
const WRITES_MAP: [u32; 5] =
    [id::MAP_UPDATE_ELEM, id::MAP_DELETE_ELEM, id::MAP_PUSH_ELEM, id::MAP_POP_ELEM, id::MAP_DELETE_ELEM];

/// Maps that only certain helpers take.
const BY_MAP: &[(MapKind, &[&str])] = &[
    (MapKind::PROG_ARRAY, &["tail_call"]),
    (MapKind::PERF_EVENT_ARRAY, PERF),
    (MapKind::RINGBUF, RINGBUF),
    (MapKind::USER_RINGBUF, &["user_ringbuf_drain"]),
    (MapKind::STACK_TRACE, &["get_stackid"]),
    (MapKind::CGROUP_ARRAY, CGROUP),
    (MapKind::CGROUP_STORAGE, &["get_local_storage"]),
    (MapKind::PERCPU_CGROUP_STORAGE, &["get_local_storage"]),
    (MapKind::DEVMAP, &["redirect_map", "map_lookup_elem"]),
    (MapKind::DEVMAP_HASH, &["redirect_map", "map_lookup_elem"]),
    (MapKind::CPUMAP, &["redirect_map"]),
    (MapKind::XSKMAP, &["redirect_map", "map_lookup_elem"]),
    (MapKind::ARRAY_OF_MAPS, &["map_lookup_elem"]),
    (MapKind::HASH_OF_MAPS, &["map_lookup_elem"]),
    (MapKind::SOCKMAP, SOCKMAP),
    (MapKind::SOCKHASH, SOCKHASH),
    (MapKind::REUSEPORT_SOCKARRAY, &["sk_select_reuseport"]),
    (MapKind::QUEUE, &["map_peek_elem", "map_pop_elem", "map_push_elem"]),
    (MapKind::STACK, &["map_peek_elem", "map_pop_elem", "map_push_elem"]),
    (MapKind::SK_STORAGE, &["sk_storage_get", "sk_storage_delete", "kptr_xchg"]),
    (MapKind::INODE_STORAGE, &["inode_storage_get", "inode_storage_delete", "kptr_xchg"]),
    (MapKind::TASK_STORAGE, &["task_storage_get", "task_storage_delete", "kptr_xchg"]),
    (MapKind::CGRP_STORAGE, &["cgrp_storage_get", "cgrp_storage_delete", "kptr_xchg"]),
    (MapKind::BLOOM_FILTER, &["map_peek_elem", "map_push_elem"]),
];

const PERF: &[&str] =
    &["perf_event_read", "perf_event_output", "skb_output", "perf_event_read_value", "xdp_output"];
const RINGBUF: &[&str] = &[
    "ringbuf_output",
    "ringbuf_reserve",
    "ringbuf_query",
    "ringbuf_reserve_dynptr",
    "ringbuf_submit_dynptr",
    "ringbuf_discard_dynptr",
];
const CGROUP: &[&str] = &["skb_under_cgroup", "current_task_under_cgroup"];
const SOCKMAP: &[&str] =
    &["sk_redirect_map", "sock_map_update", "msg_redirect_map", "sk_select_reuseport", "map_lookup_elem"];
const SOCKHASH: &[&str] =
    &["sk_redirect_hash", "sock_hash_update", "msg_redirect_hash", "sk_select_reuseport", "map_lookup_elem"];

/// Helpers that only take certain maps.
const BY_HELPER: &[(&[&str], &[MapKind])] = &[
    (&["tail_call"], &[MapKind::PROG_ARRAY]),
    (PERF, &[MapKind::PERF_EVENT_ARRAY]),
    (RINGBUF, &[MapKind::RINGBUF]),
    (&["user_ringbuf_drain"], &[MapKind::USER_RINGBUF]),
    (&["get_stackid"], &[MapKind::STACK_TRACE]),
    (CGROUP, &[MapKind::CGROUP_ARRAY]),
    (&["redirect_map"], &[MapKind::DEVMAP, MapKind::DEVMAP_HASH, MapKind::CPUMAP, MapKind::XSKMAP]),
    (&["sk_redirect_map", "msg_redirect_map", "sock_map_update"], &[MapKind::SOCKMAP]),
    (&["sk_redirect_hash", "msg_redirect_hash", "sock_hash_update"], &[MapKind::SOCKHASH]),
    (&["get_local_storage"], &[MapKind::CGROUP_STORAGE, MapKind::PERCPU_CGROUP_STORAGE]),
    (&["sk_select_reuseport"], &[MapKind::REUSEPORT_SOCKARRAY, MapKind::SOCKMAP, MapKind::SOCKHASH]),
    (&["map_pop_elem"], &[MapKind::QUEUE, MapKind::STACK]),
    (&["map_peek_elem", "map_push_elem"], &[MapKind::QUEUE, MapKind::STACK, MapKind::BLOOM_FILTER]),
    (&["map_lookup_percpu_elem"], &[MapKind::PERCPU_ARRAY, MapKind::PERCPU_HASH, MapKind::LRU_PERCPU_HASH]),
    (&["sk_storage_get", "sk_storage_delete"], &[MapKind::SK_STORAGE]),
    (&["inode_storage_get", "inode_storage_delete"], &[MapKind::INODE_STORAGE]),
    (&["task_storage_get", "task_storage_delete"], &[MapKind::TASK_STORAGE]),
    (&["cgrp_storage_get", "cgrp_storage_delete"], &[MapKind::CGRP_STORAGE]),
];

/// Programs that may change socket maps through the plain helpers.
const SOCKMAP_UPDATERS: [ProgramKind; 7] = [
    ProgramKind::SOCKET_FILTER,
    ProgramKind::SCHED_CLS,
    ProgramKind::SCHED_ACT,
    ProgramKind::XDP,
    ProgramKind::SK_REUSEPORT,
    ProgramKind::FLOW_DISSECTOR,
    ProgramKind::SK_LOOKUP,
];

/// `record_func_key`: a tail call goes by the key, if that is known.
pub(super) fn check_key(m: &mut Machine<'_>, call: &Call) -> Checked {
    if call.helper.id != id::TAIL_CALL {
        return Ok(());
    }
    let map = m.map(call.map)?;
    if map.kind != MapKind::PROG_ARRAY {
        return Err(HelperFault::NotProgramArray.into());
    }
    let key = *m.state.reg(3);
    match key.as_const() {
        Some(key) if key < u64::from(map.max_entries) => m.need_precise(3),
        _ => Ok(()),
    }
}

/// A map that programs may only read is not changed.
pub(super) fn check_writable(m: &Machine<'_>, call: &Call) -> Checked {
    let Some(map) = call.map else { return Ok(()) };
    if flags_of(m.map(Some(map))?) & RDONLY_PROG != 0 && WRITES_MAP.contains(&call.helper.id) {
        return Err(Fault::MapWriteByHelper.into());
    }
    Ok(())
}

pub(super) fn check_function(m: &Machine<'_>, call: &Call) -> Checked {
    let Some(map) = call.map else { return Ok(()) };
    let kind = m.map(Some(map))?.kind;
    let name = call.helper.name;
    let error = HelperFault::MapFunction { map: kind.0, name, id: call.helper.id };
    let helpers = BY_MAP.iter().find(|(map, _)| *map == kind).map(|(_, helpers)| *helpers);
    let knows_xchg = m.rules.v4 || name != "kptr_xchg";
    if helpers.is_some_and(|helpers| !helpers.contains(&name) || !knows_xchg) {
        if matches!(kind, MapKind::SOCKMAP | MapKind::SOCKHASH) {
            if !may_update_sockmap(m, call.helper.id) {
                let is_update = matches!(call.helper.id, id::MAP_UPDATE_ELEM | id::MAP_DELETE_ELEM);
                let first = is_update.then_some(());
                return Err(
                    HelperFault::SockmapContext { error: Box::new(error), said: first.is_some() }.into()
                );
            }
        } else {
            return Err(error.into());
        }
    }
    let maps = BY_HELPER.iter().find(|(helpers, _)| helpers.contains(&name)).map(|(_, maps)| *maps);
    if maps.is_some_and(|maps| !maps.contains(&kind)) {
        return Err(error.into());
    }
    Ok(())
}

/// `may_update_sockmap`.
fn may_update_sockmap(m: &Machine<'_>, helper: u32) -> bool {
    if !matches!(helper, id::MAP_UPDATE_ELEM | id::MAP_DELETE_ELEM) {
        return false;
    }
    let caller = m.caller();
    match caller.kind {
        ProgramKind::TRACING => caller.attach == AttachType::TRACE_ITER,
        ProgramKind::SOCK_OPS => helper == id::MAP_DELETE_ELEM,
        kind => SOCKMAP_UPDATERS.contains(&kind),
    }
}
