//! Well-typed Go programs made at random, run by Go and by the kernel: all that they compute must be the same.
//!
//! # The generator
//!
//! A seed and a number decide a program ([`generate`]): constants with `iota`, named types (structs, nested and embedded,
//! arrays, integers, aliases) with methods, globals, maps, helper functions, and one program on packets or on a system
//! call (`entry.rs`). Some have two files, with a third one for another build, or import a package that is made in the
//! same way (`package.rs`). A function is written statement by statement, each drawn from a table of forms with weights
//! (`stmt.rs`); expressions (`expr.rs`) are drawn by the type that is wanted, and every value may come from a variable, a
//! field, an element, a pointer, a call, a conversion, an operator, or a constant, with boundary values first and in all
//! spellings (`literals.rs`). Each form is a *feature* with a name: all are on, `--without NAME` switches one off.
//!
//! What keeps a program valid: an expression knows whether Go folds it, since a folded one must not overflow; loops have a
//! constant number of turns, at most six of nested ones together; functions call only those written before; those that
//! change what outlives them are never called inside an expression, because Go leaves the order of some evaluations open;
//! a frame has a bound. Panics (a division by zero, an index out of range, a negative shift) are possible and rare.
//!
//! What makes everything seen: where a scope ends, each of its variables is written away, in the program to a slot of its
//! own in the result, an array map with an entry for each run, in functions to an accumulator that the result is made of.
//!
//! # The comparison
//!
//! A lot of programs becomes one Go package, so names of the package end with a mark that becomes the number. Each
//! program is run with four inputs, whose first byte is the number of the run. Globals and maps keep their state between the
//! runs, in both worlds. The same text is compiled by us, for the oldest kernel. The running kernel loads it, and so does
//! the oldest one in a virtual machine: each verdict is compared with that of the model of this kernel, the results of all
//! runs and the input afterwards with Go's. A panic's result is that of `XDP_ABORTED`, and what was written before counts.
//! Refusals are counted by code; a program that is refused for its predicted verdict must be refused by the kernel.
//! Differences are reduced line by line (`reduce.rs`) and kept as files for `tests/run`.

mod archive;
mod batch;
mod callbacks;
mod calls;
mod constants;
mod control;
mod coverage;
mod decl;
mod entry;
mod expr;
mod functions;
mod r#gen;
mod judge;
mod jumps;
mod keep;
mod kernels;
mod kinds_of_maps;
mod literals;
mod maps;
mod memory;
mod names;
mod nested;
mod order;
mod package;
mod packets;
mod parts;
mod reduce;
mod run;
mod standard;
mod stmt;
mod types;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gobpf_tests::generate::rng::Rng;

pub use coverage::Coverage;
use r#gen::Gen;
pub use kernels::Kernel;
pub use package::Program;
pub use run::{WITHOUT_MACHINES, run, run_on};

/// Program number `number` of the run with `seed`, and what it was made of.
pub fn generate(
    seed: u64,
    number: u64,
    without: &Arc<BTreeSet<String>>,
) -> (Program, BTreeMap<&'static str, u64>) {
    Gen::new(Rng::new(seed, number), Arc::clone(without)).program()
}

/// Packets for the runs of a program.
pub fn packets(seed: u64, number: u64) -> Vec<Vec<u8>> {
    let mut rng = Rng::new(seed ^ 0x5eed, number);
    (0..decl::RUNS)
        .map(|run| {
            let style = rng.below(4);
            let byte = |rng: &mut Rng| match style {
                0 => rng.bits() as u8,
                1 => rng.pick(&[0, 1, 0xff, 0x7f, 0x80]),
                2 => rng.below(4) as u8,
                _ => rng.pick(&[0, 0, 0, 0xff]),
            };
            let mut packet: Vec<u8> = (0..decl::PACKET).map(|_| byte(&mut rng)).collect();
            packet[0] = run as u8;
            packet
        })
        .collect()
}
