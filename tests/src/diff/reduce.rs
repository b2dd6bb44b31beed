//! Makes a program that model and kernel disagree about smaller, for as long as they disagree in the same way.

use gobpf_bpf::{Code, Insn, Object};
use gobpf_verifier::Dialect;

use crate::answer::Answer;
use crate::diff::{Disagreement, Judge, compare};
use crate::generate::edit;

/// Rounds of questions at most; one boot each, where the kernel is in a virtual machine.
const MOST_ROUNDS_LIVE: usize = 200;
const MOST_ROUNDS_VM: usize = 12;

/// The smallest program found that gives `disagreement`; `object` itself, if none is smaller.
pub(super) fn reduce(
    object: &Object,
    disagreement: Disagreement,
    judge: &Judge,
    dialect: Dialect,
) -> Result<Object, String> {
    let rounds = match judge {
        Judge::Live => MOST_ROUNDS_LIVE,
        Judge::Vm { .. } => MOST_ROUNDS_VM,
    };
    let mut smallest = object.clone();
    for _ in 0..rounds {
        let candidates = candidates(&smallest);
        let answers = judge.judge(&candidates)?;
        let same = |(candidate, kernel): &(&Object, &Answer)| {
            compare(&Answer::of_model(candidate, 0, dialect), kernel) == Some(disagreement)
        };
        // The shortest come first.
        let Some((found, _)) = candidates.iter().zip(&answers).find(same) else { break };
        smallest = found.clone();
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
