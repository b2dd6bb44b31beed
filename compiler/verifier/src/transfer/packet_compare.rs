//! Comparing a packet pointer with the packet's end proves how many bytes there are.

use gobpf_bpf::insn::JmpOp;

use crate::state::{AT_PACKET_END, Kind, MAX_PACKET_OFFSET, PAST_PACKET_END, Reg, State};

/// Which branch a fact holds on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Branch {
    Taken,
    Fallen,
}

/// What a comparison `pointer op end` says.
struct Lesson {
    /// Where the pointer's offset is proven to be within the packet.
    proven: Branch,
    /// The pointer is before the end, not only at most at it: one byte more.
    strictly: bool,
}

/// A pointer against the end (or metadata against the start of data); with the sides exchanged, the swapped row.
const fn lesson(op: JmpOp) -> Option<Lesson> {
    Some(match op {
        JmpOp::Gt => Lesson { proven: Branch::Fallen, strictly: false },
        JmpOp::Lt => Lesson { proven: Branch::Taken, strictly: true },
        JmpOp::Ge => Lesson { proven: Branch::Fallen, strictly: true },
        JmpOp::Le => Lesson { proven: Branch::Taken, strictly: false },
        _ => return None,
    })
}

/// Whether `reg` is a packet's start as a context gave it.
fn is_start(reg: &Reg, kind: Kind) -> bool {
    reg.kind == kind && reg.id == 0 && reg.off == 0 && reg.bounds.as_const() == Some(0)
}

fn is_bounded_by(pointer: &Reg, end: &Reg) -> bool {
    (pointer.kind == Kind::PACKET && end.kind == Kind::PACKET_END)
        || (pointer.kind == Kind::PACKET_META && is_start(end, Kind::PACKET))
}

/// Learns from `dst op src`, of which the fallen branch is `fallen` and the other `taken`.
pub(super) fn learn(dst: u8, src: u8, op: JmpOp, whole_spills: bool, fallen: &mut State, taken: &mut State) {
    let (left, right) = (*fallen.reg(dst), *fallen.reg(src));
    let (pointer, number, op) = if is_bounded_by(&left, &right) {
        (left, dst, op)
    } else if is_bounded_by(&right, &left) {
        (right, src, op.swap())
    } else {
        return;
    };
    let Some(lesson) = lesson(op) else { return };
    let (proven, other) = match lesson.proven {
        Branch::Taken => (taken, fallen),
        Branch::Fallen => (fallen, taken),
    };
    prove(proven, &pointer, lesson.strictly, whole_spills);
    let end = other.reg_mut(number);
    if end.kind == Kind::PACKET {
        end.range = if lesson.strictly { AT_PACKET_END } else { PAST_PACKET_END };
    }
}

/// All pointers with the same variable offset learn that so many bytes are there.
fn prove(state: &mut State, pointer: &Reg, strictly: bool, whole_spills: bool) {
    let bounds = &pointer.bounds;
    if pointer.off < 0 || (pointer.off == 0 && strictly) {
        return;
    }
    let most = bounds.umax.saturating_add(pointer.off as u64);
    if bounds.umax > MAX_PACKET_OFFSET || most > MAX_PACKET_OFFSET {
        return;
    }
    let range = pointer.off + i32::from(strictly);
    for reg in state.values_mut(whole_spills) {
        if reg.kind == pointer.kind && reg.id == pointer.id {
            reg.range = reg.range.max(range);
        }
    }
}

/// The outcome of `dst op src`, where the pointer is already known to be at or past the end.
pub(super) fn outcome(dst: &Reg, src: &Reg, op: JmpOp) -> Option<bool> {
    let (pointer, op) = match (dst.kind, src.kind) {
        (_, Kind::PACKET_END) => (dst, op),
        (Kind::PACKET_END, _) => (src, op.swap()),
        _ => return None,
    };
    match (op, pointer.range) {
        (JmpOp::Le | JmpOp::Gt, PAST_PACKET_END) => Some(op == JmpOp::Gt),
        (JmpOp::Lt | JmpOp::Ge, PAST_PACKET_END | AT_PACKET_END) => Some(op == JmpOp::Ge),
        _ => None,
    }
}
