//! Passes over the SSA form. Each leaves a function with the same meaning; none judges what the verifier would.

mod cfg;
mod checks;
mod dce;
mod dominators;
mod gvn;
mod params;

use crate::ir::Function;

pub use params::remove_trivial_params;

/// Runs all passes.
pub fn optimise(function: &mut Function) {
    cfg::simplify(function);
    gvn::run(function);
    checks::run(function);
    cfg::simplify(function);
    remove_trivial_params(function);
    dce::run(function);
}
