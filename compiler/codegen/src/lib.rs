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
mod through;
mod written;

use gobpf_bpf::{Code, Object};
use gobpf_ir::build::Built;
use gobpf_ir::ir::SubprogramId;
use gobpf_ir::{BuildError, Unsupported, ir};
use gobpf_types::hir;
use link::Piece;
use written::{Apart, Callees};

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
    cache.pieces.begin();
    let ways = Apart::ways(layout.target());
    let mut codes = Vec::new();
    for (turn, apart) in ways.iter().enumerate() {
        match link_all(&module, &layout, &mut cache.pieces, *apart) {
            Ok(linked) => codes = linked,
            Err(failed) if turn + 1 < ways.len() && failed.iter().any(|error| error.what.is_of_stack()) => {
                continue;
            }
            Err(failed) => errors.extend(failed),
        }
        break;
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let subprograms = functions::Subprograms { package, module: &module, functions: &functions };
    object::link(subprograms, layout, codes).map_err(|error| vec![error])
}

/// Makes the code of all functions of `module` and links each program, in the order of the programs; what calls write and what
/// callers keep is kept `apart`.
fn link_all(
    module: &ir::Module,
    layout: &object::Layout,
    pieces: &mut cache::Pieces,
    apart: Apart,
) -> Result<Vec<(Code, Vec<SubprogramId>)>, Vec<BuildError>> {
    let (key, mut errors, mut callees) = (layout.key(), Vec::new(), Callees::new(apart));
    let mut piece = |function: &ir::Function, callees: &Callees| {
        let made = pieces.get_or_make((function.key, key, apart), || generate(function, layout, callees));
        made.map_err(|error| errors.push(error)).ok()
    };
    let mut subprograms = Vec::with_capacity(module.subprograms.len());
    for function in &module.subprograms {
        let made = piece(function, &callees);
        callees.push(function, made.as_deref());
        subprograms.extend(made);
    }
    let programs: Vec<_> = module.programs.iter().map(|function| piece(function, &callees)).collect();
    let mut codes = Vec::with_capacity(programs.len());
    let is_whole = subprograms.len() == module.subprograms.len();
    for (function, piece) in module.programs.iter().zip(&programs).filter(|_| is_whole) {
        let Some(piece) = piece else { continue };
        match link::join((function, piece), module, &subprograms) {
            Ok(code) => codes.push(code),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(codes) } else { Err(errors) }
}

fn generate(
    function: &ir::Function,
    layout: &object::Layout,
    callees: &Callees,
) -> Result<Piece, BuildError> {
    let place = function.place;
    let mut function = edges::split(function);
    if layout.target() < gobpf_ir::FRAMES_FOLLOWED_SINCE {
        through::hide(&mut function);
    }
    let allocate = |function: &ir::Function| {
        let slots = slots::assign(function, callees);
        let selected = select::select(function, layout, callees, &slots.copies);
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
