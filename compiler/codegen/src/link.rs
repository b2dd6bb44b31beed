//! Linking: a program and the functions that it calls become one piece of code, as the kernel takes it.

use std::sync::Arc;

use gobpf_bpf::{Code, Relocation, Subprogram};
use gobpf_ir::ir::{Function, Module, SubprogramId};
use gobpf_ir::{BuildError, Unsupported};

use crate::frame::{self, Variable};

/// The code of one function. Its calls of others hold no distance yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) code: Code,
    /// Calls of other functions and loads of their addresses, by slot, ascending.
    pub(crate) calls: Vec<(u32, SubprogramId)>,
    /// What its frame holds.
    pub(crate) variables: Vec<Variable>,
}

/// Joins `program` and what it calls, directly or not, out of `subprograms`; returns these in the order of their code, which
/// is that of their first call.
///
/// # Errors
///
/// A chain of calls whose frames have more bytes than the kernel allows.
pub(crate) fn join(
    program: (&Function, &Piece),
    module: &Module,
    subprograms: &[Arc<Piece>],
) -> Result<(Code, Vec<SubprogramId>), BuildError> {
    let (function, main) = program;
    let mut code = main.code.clone();
    let mut order: Vec<SubprogramId> = Vec::new();
    if main.calls.is_empty() {
        return Ok((code, order));
    }
    let mut pieces = vec![main];
    let mut next = 0;
    while let Some(piece) = pieces.get(next).copied() {
        next += 1;
        for (_, callee) in &piece.calls {
            if !order.contains(callee) {
                order.push(*callee);
                pieces.push(&subprograms[callee.0 as usize]);
            }
        }
    }
    let mut starts = vec![0];
    for (piece, id) in pieces.iter().skip(1).zip(&order) {
        let start = code.insns.len() as u32;
        starts.push(start);
        append(&mut code, &piece.code, start);
        code.subprograms.push(Subprogram {
            slot: start,
            name: module.subprograms[id.0 as usize].name.clone(),
            stack_bytes: piece.code.stack_bytes,
            ..Subprogram::default()
        });
    }
    for (piece, start) in pieces.iter().zip(&starts) {
        for (slot, callee) in &piece.calls {
            let to = order.iter().position(|id| id == callee).map_or(0, |index| starts[index + 1]);
            let at = start + slot;
            code.insns[at as usize].imm = (i64::from(to) - i64::from(at) - 1) as i32;
        }
    }
    let chain = deepest(main, subprograms);
    code.stack_bytes = chain.bytes;
    if chain.bytes <= frame::STACK_LIMIT {
        return Ok((code, order));
    }
    let mut functions = vec![(function.name.clone(), main.code.stack_bytes)];
    let mut variables = main.variables.clone();
    for id in &chain.calls {
        let piece = &subprograms[id.0 as usize];
        functions.push((module.subprograms[id.0 as usize].name.clone(), piece.code.stack_bytes));
        variables.extend(piece.variables.iter().cloned());
    }
    let variables = frame::largest(variables);
    Err(BuildError {
        place: function.place,
        what: Unsupported::StackChain { size: chain.bytes, functions, variables },
    })
}

fn append(code: &mut Code, more: &Code, start: u32) {
    code.insns.extend(&more.insns);
    code.origins.extend(&more.origins);
    code.merged.extend(more.merged.iter().map(|(slot, origin)| (start + slot, *origin)));
    let moved = |relocation: &Relocation| Relocation { slot: start + relocation.slot, ..*relocation };
    code.relocations.extend(more.relocations.iter().map(moved));
}

/// The chain of calls that needs most stack.
struct Chain {
    bytes: u32,
    calls: Vec<SubprogramId>,
}

/// Callees stand before callers in `subprograms`, so that each chain is known when it is asked for.
fn deepest(main: &Piece, subprograms: &[Arc<Piece>]) -> Chain {
    let mut below: Vec<Chain> = Vec::with_capacity(subprograms.len());
    for piece in subprograms {
        let chain = chain_of(piece, &below);
        below.push(chain);
    }
    chain_of(main, &below)
}

fn chain_of(piece: &Piece, below: &[Chain]) -> Chain {
    let known = piece.calls.iter().filter_map(|(_, id)| Some((*id, below.get(id.0 as usize)?)));
    let own = frame::rounded(piece.code.stack_bytes);
    match known.max_by_key(|(_, chain)| chain.bytes) {
        None => Chain { bytes: own, calls: Vec::new() },
        Some((id, chain)) => Chain {
            bytes: own.saturating_add(chain.bytes),
            calls: std::iter::once(id).chain(chain.calls.iter().copied()).collect(),
        },
    }
}
