//! Code generation: SSA to a BPF object, with the origin of every instruction.
//!
//! The room knows registers, the stack frame and encodings. It never sees syntax and never judges what the verifier
//! would.

mod allocate;
mod copies;
mod edges;
mod emit;
mod frame;
mod machine;
mod object;
mod reloads;
mod select;

use gobpf_bpf::{Code, Object};
use gobpf_ir::build::Texts;
use gobpf_ir::{BuildError, Unsupported, ir};
use gobpf_types::hir;

/// Slots of one program at most: the distance of a jump has 16 bits.
const SLOT_LIMIT: usize = i16::MAX as usize;

/// Compiles every program of `package` for its target.
///
/// # Errors
///
/// What could not be lowered, one error a program, when there is any.
pub fn compile(package: &hir::Package) -> Result<Object, Vec<BuildError>> {
    let mut texts = Texts::default();
    let mut functions = Vec::new();
    let mut errors = Vec::new();
    for program in 0..package.programs.len() {
        match lower(package, program, &mut texts) {
            Ok(function) => functions.push(function),
            Err(error) => errors.push(error),
        }
    }
    let layout = object::Layout::of(package, &texts);
    let mut codes = Vec::new();
    for function in &functions {
        match generate(package, function, &layout) {
            Ok(code) => codes.push(code),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(object::link(package, layout, codes)) } else { Err(errors) }
}

/// The optimised SSA form of program number `program`.
///
/// # Errors
///
/// The first construct that can't be lowered.
pub fn lower(package: &hir::Package, program: usize, texts: &mut Texts) -> Result<ir::Function, BuildError> {
    let mut function = gobpf_ir::build(package, program, texts)?;
    gobpf_ir::passes::optimise(&mut function);
    Ok(function)
}

fn generate(
    package: &hir::Package,
    function: &ir::Function,
    layout: &object::Layout,
) -> Result<Code, BuildError> {
    let function = edges::split(function);
    let selected = select::select(&function, layout);
    let frame = frame::Frame::new(&selected.slots);
    let place = package.programs[function.program].place;
    let allocation = allocate::allocate(&selected)
        .map_err(|words| BuildError { place, what: Unsupported::Registers(words) })?;
    let stack_bytes = frame.check(allocation.spill_slots, &selected.slots, place)?;
    let code = emit::emit(&selected, &allocation, &frame, stack_bytes);
    if code.insns.len() > SLOT_LIMIT {
        return Err(BuildError { place, what: Unsupported::TooLarge(SLOT_LIMIT) });
    }
    Ok(code)
}
