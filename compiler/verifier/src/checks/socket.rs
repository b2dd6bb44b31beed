//! Reads of sockets as the network helpers give them (`struct bpf_sock`, `struct bpf_tcp_sock`).

use crate::checks::memory::{Request, load_unknown};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, MemoryFault};
use crate::state::{Base, Reg};

/// `sizeof(struct bpf_sock)`.
const SOCK_SIZE: i64 = 80;
/// Words of `struct bpf_sock` that may be read in parts: `family`, `type`, `protocol`, `src_port`, `state`,
/// `rx_queue_mapping`.
const NARROW: [i64; 6] = [4, 8, 12, 44, 72, 76];
/// The addresses: `src_ip4`, `src_ip6`, `dst_ip4`, `dst_ip6`.
const ADDRESSES: [std::ops::Range<i64>; 2] = [24..44, 52..72];
const DST_PORT: std::ops::Range<i64> = 48..50;
/// After `dst_port` come two bytes that nobody may read.
const HOLE: std::ops::Range<i64> = 50..52;
/// What a socket that may be a request only does not have: `type` to `priority`.
const FULL_ONLY: std::ops::Range<i64> = 8..24;
/// The end of `icsk_retransmits` in `struct bpf_tcp_sock`.
const TCP_SOCK_SIZE: i64 = 112;
/// `bytes_received` and `bytes_acked`.
const TCP_LONG: [i64; 2] = [80, 88];

pub(crate) fn access(m: &mut Machine<'_>, base: &Reg, request: &Request, off: i64) -> Checked {
    let reg = request.base;
    if request.access == Access::Write {
        return Err(MemoryFault::CannotWrite { reg, kind: base.kind }.into());
    }
    if base.bounds.smin < 0 {
        return Err(Fault::NegativeMin { reg }.into());
    }
    let bytes = i64::from(request.bytes);
    let fits = match base.kind.base {
        Base::SockCommon => !FULL_ONLY.contains(&off) && is_sock(off, bytes),
        Base::Socket => is_sock(off, bytes),
        Base::TcpSock => is_tcp_sock(off, bytes),
        _ => off == 0 && bytes == 4,
    };
    if !fits {
        return Err(MemoryFault::Socket { reg, kind: base.kind, off, bytes }.into());
    }
    load_unknown(m, request);
    Ok(())
}

/// `bpf_sock_is_valid_access`.
fn is_sock(off: i64, bytes: i64) -> bool {
    if !(0..SOCK_SIZE).contains(&off) || off % bytes != 0 || HOLE.contains(&off) {
        return false;
    }
    if NARROW.contains(&off) || ADDRESSES.iter().any(|range| range.contains(&off)) {
        return bytes <= 4;
    }
    if DST_PORT.contains(&off) {
        return bytes <= 2 || bytes == 4;
    }
    bytes == 4
}

/// `bpf_tcp_sock_is_valid_access`.
fn is_tcp_sock(off: i64, bytes: i64) -> bool {
    let size = if TCP_LONG.contains(&off) { 8 } else { 4 };
    (0..TCP_SOCK_SIZE).contains(&off) && off % bytes == 0 && bytes == size
}
