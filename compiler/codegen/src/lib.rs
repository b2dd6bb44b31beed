//! Code generation: SSA to a BPF object, with the origin of every instruction.
//!
//! The room knows registers, the stack frame and encodings. It never sees syntax and never judges what the verifier
//! would.

mod across;
mod allocate;
mod cache;
mod checked;
mod edges;
mod emit;
mod frame;
mod functions;
mod link;
mod low;
mod machine;
mod object;
mod reloads;
mod select;
mod slots;
mod spills;

use std::sync::Arc;

use gobpf_bpf::Object;
use gobpf_ir::build::Built;
use gobpf_ir::{BuildError, Unsupported, ir};
use gobpf_types::hir;
use link::Piece;

pub use cache::Cache;

/// Slots of one function at most: the distance of a jump has 16 bits.
const SLOT_LIMIT: usize = i16::MAX as usize;

/// Compiles every program of `package` for its target.
///
/// # Errors
///
/// What could not be lowered, one error a function, when there is any.
pub fn compile(package: &hir::Package) -> Result<Object, Vec<BuildError>> {
    compile_with(package, &mut Cache::default())
}

/// The same, with what `cache` has of earlier compilations.
///
/// # Errors
///
/// What could not be lowered, one error a function, when there is any.
pub fn compile_with(package: &hir::Package, cache: &mut Cache) -> Result<Object, Vec<BuildError>> {
    let Built { module, functions, texts, mut errors } = gobpf_ir::build_module(package, &mut cache.lowered);
    let layout = object::Layout::of(package, &texts);
    let key = layout.key();
    cache.pieces.begin();
    let mut pieces = |functions: &[Arc<ir::Function>]| -> Vec<Option<Arc<Piece>>> {
        let made = functions
            .iter()
            .map(|function| cache.pieces.get_or_make((function.key, key), || generate(function, &layout)));
        made.map(|piece| piece.map_err(|error| errors.push(error)).ok()).collect()
    };
    let subprograms = pieces(&module.subprograms);
    let programs = pieces(&module.programs);
    let mut codes = Vec::with_capacity(programs.len());
    let whole: Option<Vec<_>> = subprograms.into_iter().collect();
    for (function, piece) in module.programs.iter().zip(&programs) {
        let (Some(piece), Some(subprograms)) = (piece, &whole) else { continue };
        match link::join((function, piece), &module, subprograms) {
            Ok(code) => codes.push(code),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let subprograms = functions::Subprograms { package, module: &module, functions: &functions };
    object::link(subprograms, layout, codes).map_err(|error| vec![error])
}

fn generate(function: &ir::Function, layout: &object::Layout) -> Result<Piece, BuildError> {
    let place = function.place;
    let mut function = edges::split(function);
    let allocate = |function: &ir::Function| {
        let slots = slots::assign(function);
        let selected = select::select(function, layout, &slots.copies);
        let allocation = allocate::allocate(&selected);
        let allocation =
            allocation.map_err(|words| BuildError { place, what: Unsupported::Registers(words) })?;
        Ok((slots, selected, allocation))
    };
    let mut allocated = allocate(&function)?;
    if allocated.2.spill_slots > 0 && checked::mark(&mut function) {
        allocated = allocate(&function)?;
    }
    let (mut slots, selected, allocation) = allocated;
    let spills = spills::place(&function, &selected, &allocation, &mut slots);
    let frame = frame::Frame::new(&slots, &spills);
    frame.check(&slots, place)?;
    let mut piece = emit::emit(&selected, &allocation, &frame);
    piece.variables = frame::variables(&slots.data);
    if piece.code.insns.len() > SLOT_LIMIT {
        return Err(BuildError { place, what: Unsupported::TooLarge(SLOT_LIMIT) });
    }
    Ok(piece)
}
