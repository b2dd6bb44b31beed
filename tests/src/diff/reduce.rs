//! Makes a program that model and kernel disagree about smaller, for as long as they disagree in the same way.

use std::time::{Duration, Instant};

use gobpf_bpf::{Code, Insn, Object};
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::diff::{Disagreement, Judge, compare};
use crate::generate::edit;

/// Questions at a time to the running kernel.
const LOT_LIVE: usize = 8;
/// Rounds of questions to a virtual machine, one boot each.
const MOST_ROUNDS_VM: usize = 6;
/// What a reduction may take: candidates may go round and round for a second each.
const MOST_TIME: Duration = Duration::from_secs(8);

/// The smallest program found that gives `disagreement`; `object` itself, if none is smaller.
pub(super) fn reduce(
    object: &Object,
    disagreement: Disagreement,
    judge: &Judge,
    dialect: Dialect,
) -> Result<Object, String> {
    let (rounds, lot) = match judge {
        Judge::Live => (usize::MAX, LOT_LIVE),
        Judge::Vm { .. } => (MOST_ROUNDS_VM, usize::MAX),
    };
    let start = Instant::now();
    let mut smallest = object.clone();
    for _ in 0..rounds {
        let mut found = None;
        let candidates = candidates(&smallest);
        for lot in candidates.chunks(lot) {
            let models: Vec<Answer> =
                lot.iter().map(|candidate| Answer::of_model(candidate, 0, dialect)).collect();
            let answers = judge.judge(lot)?;
            let same = |at: &usize| compare(&models[*at], &answers[*at]) == Some(disagreement);
            found = (0..lot.len()).find(same).map(|at| lot[at].clone());
            if found.is_some() || (lot.len() == LOT_LIVE && start.elapsed() > MOST_TIME) {
                break;
            }
        }
        // The shortest come first.
        let Some(found) = found else { break };
        smallest = found;
    }
    Ok(smallest)
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
