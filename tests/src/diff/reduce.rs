//! Makes a program that model and kernel disagree about smaller, for as long as they disagree in the same way.

use std::time::{Duration, Instant};

use gobpf_bpf::{Code, Insn, Object};
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::diff::{Judge, compare};
use crate::generate::edit;

/// Questions at a time to the running kernel.
const LOT_LIVE: usize = 8;
/// Rounds of questions to a virtual machine, one boot each.
const MOST_ROUNDS_VM: usize = 4;
/// What a reduction may take: candidates may go round and round for a second each.
const MOST_TIME: Duration = Duration::from_secs(8);
/// The same with a virtual machine.
const MOST_TIME_VM: Duration = Duration::from_secs(60);
/// Words of a model or kernel that went round and round.
const TOO_LARGE: &str = "BPF program is too large";

/// The smallest program found whose disagreement has `signature`; `object` itself, if none is smaller. A kernel that can't be
/// asked any more ends the search.
pub(super) fn reduce(object: &Object, signature: &str, judge: &Judge, dialect: Dialect) -> Object {
    let (rounds, lot, time) = match judge {
        Judge::Live { .. } => (usize::MAX, LOT_LIVE, MOST_TIME),
        Judge::Vm { .. } => (MOST_ROUNDS_VM, usize::MAX, MOST_TIME_VM),
    };
    let start = Instant::now();
    let mut smallest = object.clone();
    for _ in 0..rounds {
        let mut found = None;
        for lot in candidates(&smallest).chunks(lot) {
            if start.elapsed() > time {
                return smallest;
            }
            found = first(lot, signature, judge, dialect, start + time);
            if found.is_some() {
                break;
            }
        }
        // The shortest come first.
        let Some(found) = found else { break };
        smallest = found;
    }
    smallest
}

/// The first of `candidates` whose disagreement has `signature`, of those that the model has judged by `end`.
fn first(
    candidates: &[Object],
    signature: &str,
    judge: &Judge,
    dialect: Dialect,
    end: Instant,
) -> Option<Object> {
    let mut asked = Vec::new();
    let mut models = Vec::new();
    let asks = candidates.iter().take_while(|_| Instant::now() < end);
    for candidate in asks.filter(|candidate| judge.may_judge(candidate)) {
        let model = Answer::of_model(candidate, 0, dialect);
        let is_endless = matches!(&model, Answer::Rejected { message, .. } if message.starts_with(TOO_LARGE));
        if !is_endless {
            asked.push(candidate.clone());
            models.push(model);
        }
    }
    let answers = judge.judge(&asked).ok()?;
    let disagrees = |at: &usize| {
        let Some(Some(kernel)) = answers.get(*at) else { return false };
        let (model, kernel) = (&models[*at], &kernel.answer);
        compare(model, kernel).is_some_and(|found| found.signature(model, kernel) == signature)
    };
    let at = (0..asked.len()).find(disagrees)?;
    Some(asked.swap_remove(at))
}

/// Smaller programs: with some neighbours left out, the longest first; then with an instruction that does nothing, or
/// with simpler constants.
fn candidates(object: &Object) -> Vec<Object> {
    let Some(program) = object.programs.first() else { return Vec::new() };
    let code = &program.code;
    let starts: Vec<usize> = (0..=code.insns.len()).filter(|at| !edit::is_second_slot(code, *at)).collect();
    let mut found = Vec::new();
    let mut length = starts.len() / 2;
    while length > 0 {
        for window in starts.windows(length + 1) {
            if let (Some(from), Some(to)) = (window.first(), window.last()) {
                found.push(edit::splice(code, *from..*to, &[]));
            }
        }
        length = if length > 4 { length / 2 } else { length - 1 };
    }
    found.extend(starts.iter().filter_map(|at| simpler(code, *at)));
    let with = |code: Code| {
        let mut object = object.clone();
        for program in &mut object.programs {
            program.code = code.clone();
        }
        object
    };
    found.into_iter().map(with).collect()
}

fn simpler(code: &Code, at: usize) -> Option<Code> {
    let insn = *code.insns.get(at)?;
    if insn.is_load_imm64() || insn.imm == 0 || insn.code == gobpf_bpf::insn::CALL {
        return None;
    }
    let mut code = code.clone();
    *code.insns.get_mut(at)? = Insn { imm: if insn.imm == 1 { 0 } else { insn.imm / 2 }, ..insn };
    Some(code)
}
