//! The control-flow graph: every instruction is reachable, and where paths may be compared and remembered.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::SOURCE_REG;

use crate::checks::encoding::{Located, OP_CALL, OP_EXIT, OP_JA, OP_MASK, is_jump_class, jump_target};
use crate::fault::{Fault, Stop};

/// What the graph says of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Point {
    /// States are compared and recorded here.
    pub prune: bool,
    /// Arrivals here are remembered, since there is more than one way.
    pub jump: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Visit {
    Unseen,
    Open,
    FellThrough,
    Branched,
    Done,
}

/// The instructions that may follow `at`.
pub(crate) fn successors(at: usize, insns: &[Insn]) -> [Option<usize>; 2] {
    let Some(insn) = insns.get(at) else { return [None, None] };
    if !is_jump_class(*insn) {
        return [Some(at + if insn.is_load_imm64() { 2 } else { 1 }), None];
    }
    let target = usize::try_from(jump_target(at, *insn)).ok();
    match insn.code & OP_MASK {
        OP_EXIT => [None, None],
        OP_CALL => [Some(at + 1), None],
        OP_JA => [target, None],
        _ => [Some(at + 1), target],
    }
}

/// Walks the graph depth first, as the kernel does.
pub(crate) fn check(insns: &[Insn]) -> Located<Vec<Point>> {
    let mut points = vec![Point::default(); insns.len()];
    let mut visits = vec![Visit::Unseen; insns.len()];
    let mut open = vec![0usize];
    if let Some(first) = visits.first_mut() {
        *first = Visit::Open;
    }
    while let Some(&at) = open.last() {
        match step(at, insns, &mut visits, &mut points)? {
            Some(next) => open.push(next),
            None => {
                set(&mut visits, at, Visit::Done);
                open.pop();
            }
        }
    }
    let mut at = 0;
    while let Some(insn) = insns.get(at) {
        let here = at as u32;
        if visits.get(at) != Some(&Visit::Done) {
            return Err((here, Fault::Unreachable { insn: here }.into()));
        }
        if insn.is_load_imm64() {
            if visits.get(at + 1) != Some(&Visit::Unseen) {
                return Err((here, Fault::IntoLoadImm64 { insn: here }.into()));
            }
            at += 1;
        }
        at += 1;
    }
    Ok(points)
}

fn set(visits: &mut [Visit], at: usize, visit: Visit) {
    if let Some(entry) = visits.get_mut(at) {
        *entry = visit;
    }
}

/// Follows the next edge of `at` that was not followed; none when all were.
fn step(at: usize, insns: &[Insn], visits: &mut [Visit], points: &mut [Point]) -> Located<Option<usize>> {
    let Some(insn) = insns.get(at).copied() else { return Ok(None) };
    if !is_jump_class(insn) {
        let next = at + if insn.is_load_imm64() { 2 } else { 1 };
        return push(at, next as i64, Visit::FellThrough, visits, points);
    }
    match insn.code & OP_MASK {
        OP_EXIT => Ok(None),
        OP_CALL => {
            let next = push(at, at as i64 + 1, Visit::FellThrough, visits, points)?;
            if next.is_none()
                && let Some(point) = points.get_mut(at + 1)
            {
                *point = Point { prune: true, jump: true };
            }
            Ok(next)
        }
        OP_JA => {
            if insn.code & SOURCE_REG != 0 {
                return Err((at as u32, Stop::feature("a jump to a register")));
            }
            let target = jump_target(at, insn);
            let next = push(at, target, Visit::FellThrough, visits, points)?;
            if next.is_none()
                && let Some(point) = usize::try_from(target).ok().and_then(|to| points.get_mut(to))
            {
                *point = Point { prune: true, jump: true };
            }
            Ok(next)
        }
        _ => {
            if let Some(point) = points.get_mut(at) {
                point.prune = true;
            }
            let next = push(at, at as i64 + 1, Visit::FellThrough, visits, points)?;
            if next.is_some() {
                return Ok(next);
            }
            push(at, at as i64 + 1 + i64::from(insn.off), Visit::Branched, visits, points)
        }
    }
}

fn push(
    from: usize,
    to: i64,
    edge: Visit,
    visits: &mut [Visit],
    points: &mut [Point],
) -> Located<Option<usize>> {
    let seen = visits.get(from).copied().unwrap_or(Visit::Done);
    if seen >= edge {
        return Ok(None);
    }
    let Some(target) = usize::try_from(to).ok().filter(|to| *to < visits.len()) else {
        let from = from as u32;
        return Err((from, Fault::JumpOutOfRange { from, to }.into()));
    };
    if edge == Visit::Branched
        && let Some(point) = points.get_mut(target)
    {
        *point = Point { prune: true, jump: true };
    }
    match visits.get(target) {
        Some(Visit::Unseen) => {
            set(visits, from, edge);
            set(visits, target, Visit::Open);
            Ok(Some(target))
        }
        Some(Visit::Done) => {
            set(visits, from, edge);
            Ok(None)
        }
        // A way back: loops are judged by following them.
        _ => Ok(None),
    }
}
