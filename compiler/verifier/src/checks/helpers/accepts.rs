//! Which kinds of registers each kind of argument takes (`compatible_reg_types`), in the order of the kernel's message.

use gobpf_bpf::tables::ArgumentKind;

use crate::dialect::{Dialect, Rules};
use crate::state::{Kind, flag};

const SCALAR: &[Kind] = &[Kind::SCALAR];
const MAP: &[Kind] = &[Kind::MAP];
const CONTEXT: &[Kind] = &[Kind::CONTEXT];
const SOCKS: &[Kind] = &[Kind::SOCK_COMMON, Kind::SOCKET, Kind::TCP_SOCK, Kind::XDP_SOCK];
const BTF_SOCKS_6_1: &[Kind] =
    &[Kind::SOCK_COMMON, Kind::SOCKET, Kind::TCP_SOCK, Kind::XDP_SOCK, Kind::BTF_ID];
const BTF_SOCKS: &[Kind] = &[
    Kind::SOCK_COMMON,
    Kind::SOCKET,
    Kind::TCP_SOCK,
    Kind::XDP_SOCK,
    Kind::BTF_ID,
    Kind::BTF_ID.with(flag::TRUSTED),
];
const KEYS_6_1: &[Kind] = &[Kind::STACK, Kind::PACKET, Kind::PACKET_META, Kind::MAP_KEY, Kind::MAP_VALUE];
const MEMORY_6_1: &[Kind] = &[
    Kind::STACK,
    Kind::PACKET,
    Kind::PACKET_META,
    Kind::MAP_KEY,
    Kind::MAP_VALUE,
    Kind::MEM,
    Kind::MEM.with(flag::RINGBUF),
    Kind::BUF,
];
const MEMORY: &[Kind] = &[
    Kind::STACK,
    Kind::PACKET,
    Kind::PACKET_META,
    Kind::MAP_KEY,
    Kind::MAP_VALUE,
    Kind::MEM,
    Kind::MEM.with(flag::RINGBUF),
    Kind::BUF,
    Kind::BTF_ID.with(flag::TRUSTED),
];
const SOCKET: &[Kind] = &[Kind::SOCKET];
const BTF_6_1: &[Kind] = &[Kind::BTF_ID];
const BTF: &[Kind] = &[Kind::BTF_ID, Kind::BTF_ID.with(flag::TRUSTED), Kind::BTF_ID.with(flag::RCU)];
const MAP_VALUE: &[Kind] = &[Kind::MAP_VALUE];
const MAP_VALUE_OR_OWN: &[Kind] = &[Kind::MAP_VALUE, Kind::BTF_ID.with(flag::ALLOC)];
const RECORD: &[Kind] = &[Kind::MEM.with(flag::RINGBUF)];
const PERCPU_6_1: &[Kind] = &[Kind::BTF_ID.with(flag::PERCPU)];
const PERCPU: &[Kind] = &[
    Kind::BTF_ID.with(flag::PERCPU),
    Kind::BTF_ID.with(flag::PERCPU | flag::RCU),
    Kind::BTF_ID.with(flag::PERCPU | flag::TRUSTED),
];
const FUNC: &[Kind] = &[Kind::FUNC];
const STACK: &[Kind] = &[Kind::STACK];
const DYNPTR: &[Kind] = &[Kind::STACK, Kind::DYNPTR];

/// The kinds that `argument` takes.
pub(crate) fn kinds(argument: ArgumentKind, rules: &Rules) -> &'static [Kind] {
    let old = rules.dialect == Dialect::V6_1;
    match argument {
        ArgumentKind::Anything => &[],
        ArgumentKind::Scalar
        | ArgumentKind::ConstSize
        | ArgumentKind::ConstSizeOrZero
        | ArgumentKind::ConstAllocSizeOrZero => SCALAR,
        ArgumentKind::ConstMapPtr => MAP,
        ArgumentKind::PtrToMapKey | ArgumentKind::PtrToMapValue if old => KEYS_6_1,
        ArgumentKind::PtrToMem if old => MEMORY_6_1,
        ArgumentKind::PtrToMapKey | ArgumentKind::PtrToMapValue | ArgumentKind::PtrToMem => MEMORY,
        ArgumentKind::PtrToCtx => CONTEXT,
        ArgumentKind::PtrToSpinLock | ArgumentKind::PtrToKptr if !old => MAP_VALUE_OR_OWN,
        ArgumentKind::PtrToSpinLock
        | ArgumentKind::PtrToKptr
        | ArgumentKind::PtrToConstStr
        | ArgumentKind::PtrToTimer => MAP_VALUE,
        ArgumentKind::PtrToSockCommon => SOCKS,
        ArgumentKind::PtrToSocket => SOCKET,
        ArgumentKind::PtrToBtfId if old => BTF_6_1,
        ArgumentKind::PtrToBtfId => BTF,
        ArgumentKind::PtrToRingbufMem => RECORD,
        ArgumentKind::PtrToBtfIdSockCommon if old => BTF_SOCKS_6_1,
        ArgumentKind::PtrToBtfIdSockCommon => BTF_SOCKS,
        ArgumentKind::PtrToPercpuBtfId if old => PERCPU_6_1,
        ArgumentKind::PtrToPercpuBtfId => PERCPU,
        ArgumentKind::PtrToFunc => FUNC,
        ArgumentKind::PtrToStack => STACK,
        ArgumentKind::PtrToDynptr => DYNPTR,
    }
}
