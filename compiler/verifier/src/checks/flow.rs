//! The control-flow graph: every instruction is reachable, and where paths may be compared and remembered.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{SOURCE_REG, pseudo};

use crate::checks::encoding::{
    Located, MAY_GOTO, OP_CALL, OP_EXIT, OP_JA, OP_MASK, is_jump_class, jump_target,
};
use crate::checks::functions::{self, Function};
use crate::checks::{callbacks, kfuncs};
use crate::dialect::{LoopRule, Rules};
use crate::fault::{Fault, Stop};

/// What the graph says of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Point {
    /// States are compared and recorded here.
    pub prune: bool,
    /// Arrivals here are remembered, since there is more than one way.
    pub jump: bool,
    /// A state is recorded at each visit.
    pub checkpoint: bool,
    /// A helper or kernel function that calls one of the program's functions.
    pub calls_callback: bool,
    /// The next turn of an open-coded iterator.
    pub iterator: bool,
    /// `may_goto`.
    pub may_goto: bool,
}

impl Point {
    fn set_jump(&mut self) {
        (self.prune, self.jump) = (true, true);
    }
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

/// What is known of what a program calls, by the slot of the call.
#[derive(Clone, Copy)]
pub(crate) struct Callees<'a> {
    /// Functions of the kernel.
    pub kfuncs: &'a kfuncs::Names,
    /// It may sleep.
    pub sleeps: &'a dyn Fn(u32) -> bool,
}

/// The graph in the making.
struct Graph<'a> {
    callees: Callees<'a>,
    insns: &'a [Insn],
    functions: &'a mut [Function],
    rules: &'a Rules,
    visits: Vec<Visit>,
    points: Vec<Point>,
}

/// Walks the graph depth first, as the kernel does.
pub(crate) fn check(
    insns: &[Insn],
    functions: &mut [Function],
    callees: Callees<'_>,
    rules: &Rules,
) -> Located<Vec<Point>> {
    let mut graph = Graph {
        callees,
        insns,
        functions,
        rules,
        visits: vec![Visit::Unseen; insns.len()],
        points: vec![Point::default(); insns.len()],
    };
    graph.walk(0)?;
    if let Some(exception) = graph.functions.iter().find(|function| function.is_exception) {
        let start = exception.start as usize;
        graph.walk(start)?;
    }
    let mut at = 0;
    while let Some(insn) = insns.get(at) {
        let here = at as u32;
        if graph.visits.get(at) != Some(&Visit::Done) {
            return Err((here, Fault::Unreachable { insn: here }.into()));
        }
        if insn.is_load_imm64() {
            if graph.visits.get(at + 1) != Some(&Visit::Unseen) {
                return Err((here, Fault::IntoLoadImm64 { insn: here }.into()));
            }
            at += 1;
        }
        at += 1;
    }
    Ok(graph.points)
}

impl Graph<'_> {
    fn set(&mut self, at: usize, visit: Visit) {
        if let Some(entry) = self.visits.get_mut(at) {
            *entry = visit;
        }
    }

    fn set_jump(&mut self, at: i64) {
        if let Some(point) = usize::try_from(at).ok().and_then(|at| self.points.get_mut(at)) {
            point.set_jump();
        }
    }

    /// Follows the next edge of `at` that was not followed; none when all were.
    fn step(&mut self, at: usize) -> Located<Option<usize>> {
        let Some(insn) = self.insns.get(at).copied() else { return Ok(None) };
        let here = at as i64;
        if insn.is_load_imm64() && insn.src == pseudo::FUNC {
            return self.call(at, insn, true, true);
        }
        if !is_jump_class(insn) {
            let next = here + if insn.is_load_imm64() { 2 } else { 1 };
            return self.push(at, next, Visit::FellThrough, false);
        }
        match insn.code & OP_MASK {
            OP_EXIT => Ok(None),
            OP_CALL => {
                self.mark_call(at, insn);
                self.call(at, insn, insn.src == pseudo::CALL, false)
            }
            OP_JA => {
                if insn.code & SOURCE_REG != 0 {
                    return Err((at as u32, Stop::feature("a jump to a register")));
                }
                let target = jump_target(at, insn);
                let next = self.push(at, target, Visit::FellThrough, true)?;
                if next.is_none() {
                    self.set_jump(target);
                }
                Ok(next)
            }
            _ => {
                if let Some(point) = self.points.get_mut(at) {
                    point.prune = true;
                    if insn.code == MAY_GOTO && insn.src == 0 {
                        (point.checkpoint, point.may_goto) = (true, true);
                    }
                }
                let next = self.push(at, here + 1, Visit::FellThrough, true)?;
                if next.is_some() {
                    return Ok(next);
                }
                self.push(at, here + 1 + i64::from(insn.off), Visit::Branched, true)
            }
        }
    }

    /// Goes wherever control may go from `start`.
    fn walk(&mut self, start: usize) -> Located {
        let mut open = vec![start];
        self.set(start, Visit::Open);
        while let Some(&at) = open.last() {
            match self.step(at)? {
                Some(next) => open.push(next),
                None => {
                    self.set(at, Visit::Done);
                    open.pop();
                }
            }
        }
        Ok(())
    }

    /// What a call means for the comparison of states.
    fn mark_call(&mut self, at: usize, insn: Insn) {
        let is_kfunc = insn.src == pseudo::KFUNC_CALL;
        let called = self.callees.kfuncs.get(&(at as u32)).filter(|_| is_kfunc);
        let called = called.and_then(|name| callbacks::number_of(name));
        let helper = if insn.src == 0 { insn.imm } else { called.unwrap_or(0) };
        let Some(point) = self.points.get_mut(at) else { return };
        // 6.1 looks at the number only.
        let is_timer = if self.rules.loops == LoopRule::None { insn.imm } else { helper };
        if callbacks::is_async(is_timer) {
            point.prune = true;
        }
        if callbacks::calls_back(helper) && self.rules.loops != LoopRule::None {
            point.set_jump();
            (point.checkpoint, point.calls_callback) = (true, true);
        }
        if is_kfunc && kfuncs::is_next(self.callees.kfuncs, at as u32) {
            (point.prune, point.checkpoint, point.iterator) = (true, true, true);
        }
        let tails = insn.imm == TAIL_CALL && self.rules.tail_calls_move_packets;
        let changes = insn.src == 0 && (tails || changes_packet(insn.imm))
            || is_kfunc && kfuncs::moves_packet(self.callees.kfuncs, at as u32);
        let sleeps = insn.src != pseudo::CALL && (self.callees.sleeps)(at as u32);
        self.mark_effects(at as u32, changes, sleeps);
    }

    /// What a call does, its function does.
    fn mark_effects(&mut self, at: u32, changes_packet: bool, sleeps: bool) {
        if let Some(function) = functions::containing(self.functions, at) {
            self.functions[function].changes_packet |= changes_packet;
            self.functions[function].might_sleep |= sleeps;
        }
    }

    /// `visit_func_call_insn`.
    fn call(&mut self, at: usize, insn: Insn, enters: bool, may_recur: bool) -> Located<Option<usize>> {
        let next = at as i64 + if insn.is_load_imm64() { 2 } else { 1 };
        let pushed = self.push(at, next, Visit::FellThrough, false)?;
        if pushed.is_some() {
            return Ok(pushed);
        }
        self.set_jump(next);
        if !enters {
            return Ok(None);
        }
        if let Some(point) = self.points.get_mut(at) {
            point.prune = true;
        }
        let target = at as i64 + i64::from(insn.imm) + 1;
        if let Some(callee) = functions::containing(self.functions, target as u32) {
            let Function { changes_packet, might_sleep, .. } = self.functions[callee];
            self.mark_effects(at as u32, changes_packet, might_sleep);
        }
        self.push(at, target, Visit::Branched, may_recur)
    }

    fn push(&mut self, from: usize, to: i64, edge: Visit, loops: bool) -> Located<Option<usize>> {
        let seen = self.visits.get(from).copied().unwrap_or(Visit::Done);
        if seen >= edge {
            return Ok(None);
        }
        let Some(target) = usize::try_from(to).ok().filter(|to| *to < self.visits.len()) else {
            let from = from as u32;
            return Err((from, Fault::JumpOutOfRange { from, to }.into()));
        };
        if edge == Visit::Branched {
            self.set_jump(to);
        }
        match self.visits.get(target) {
            Some(Visit::Unseen) => {
                self.set(from, edge);
                self.set(target, Visit::Open);
                Ok(Some(target))
            }
            Some(Visit::Done) => {
                self.set(from, edge);
                Ok(None)
            }
            // A way back: loops are judged by following them.
            _ if loops || !self.rules.refuses_back_edges => Ok(None),
            _ => Err((from as u32, Fault::BackEdge { from: from as u32, to: target as u32 }.into())),
        }
    }
}

const TAIL_CALL: i32 = 12;

/// Helpers that may move the packet.
fn changes_packet(id: i32) -> bool {
    let helper = u32::try_from(id).ok().and_then(gobpf_bpf::tables::Helper::by_id);
    helper.is_some_and(|helper| helper.changes_packet())
}
