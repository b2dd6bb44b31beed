//! Pointers into frames that are kept in frames of callers, which the kernel doesn't let functions do that are not inlined.

use gobpf_source::Place;

use crate::ir::{Block, Function, Inst, InstKind, Role, Value};

/// The place of the first of `stores`, which store pointers into frames, that `function` does in a frame of a caller; after
/// the passes, which see where pointers come from.
pub(super) fn by_caller(function: &Function, stores: &[(Inst, Place)]) -> Option<Place> {
    if function.role == Role::Program || stores.is_empty() {
        return None;
    }
    let insts = function.order.iter().flat_map(|block| &function.block(*block).insts);
    let kept = insts.filter_map(|inst| {
        let (_, place) = stores.iter().find(|(store, _)| store == inst)?;
        match function.inst(*inst).kind {
            InstKind::Store(_, base, _, value) => {
                (is_callers(function, base) && function.as_const(value).is_none()).then_some(*place)
            }
            _ => None,
        }
    });
    kept.min()
}

/// Whether `pointer` has come from a caller.
fn is_callers(function: &Function, pointer: Value) -> bool {
    let mut at = pointer;
    while let Some(InstKind::PtrAdd(base, _) | InstKind::Load(_, base, _)) = function.def(at) {
        at = *base;
    }
    function.block(Block(0)).params.contains(&at)
}
