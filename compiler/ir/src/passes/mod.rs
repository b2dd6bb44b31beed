//! Passes over the SSA form. Each leaves a function with the same meaning; none judges what the verifier would.

mod bytes;
mod cells;
mod cfg;
mod checks;
mod counters;
mod dce;
mod dominators;
mod gvn;
mod narrow;
mod offsets;
mod orient;
mod params;
mod promote;
mod sums;
mod thread;

use crate::ir::Function;

pub use params::remove_trivial_params;

/// How often slots are looked through for pieces that can be values.
const PROMOTIONS: usize = 4;

/// How often decisions are looked for that were made before.
const DECISIONS: usize = 4;

/// Runs all passes.
pub fn optimise(function: &mut Function) {
    cfg::simplify(function);
    gvn::run(function);
    // Pointers that were kept in memory show where they point once they are values.
    for _ in 0..PROMOTIONS {
        if !promote::run(function) {
            break;
        }
        remove_trivial_params(function);
        gvn::run(function);
        cfg::simplify(function);
    }
    for _ in 0..DECISIONS {
        if !thread::run(function) {
            break;
        }
        promote::run(function);
        remove_trivial_params(function);
        gvn::run(function);
        cfg::simplify(function);
    }
    checks::run(function);
    cfg::simplify(function);
    remove_trivial_params(function);
    if offsets::run(function) {
        gvn::run(function);
        checks::run(function);
        cfg::simplify(function);
        remove_trivial_params(function);
    }
    if bytes::run(function) {
        gvn::run(function);
    }
    dce::run(function);
    narrow::run(function);
    dce::run(function);
    orient::run(function);
}
