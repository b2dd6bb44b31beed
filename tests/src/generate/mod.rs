//! Random programs that look like programs: well-formed instructions, calls that make sense, checks before accesses,
//! branches, loops; and single edits of those that are accepted. A seed and a number decide a program, so each can be
//! made again alone.

mod builder;
pub(crate) mod calls;
mod control;
pub mod edit;
mod memory;
mod mutate;
mod packets;
pub mod rng;
mod scalars;
mod world;

use gobpf_bpf::tables::ProgramKind;
use gobpf_bpf::{Code, KernelVersion, Object, Program};
use gobpf_verifier::{Dialect, Request, Verdict, verify};

use builder::Builder;
pub use rng::Rng;

/// Kinds of programs that are made, and how often.
pub const KINDS: [(u32, ProgramKind); 2] = [(55, ProgramKind::TRACEPOINT), (45, ProgramKind::XDP)];

/// How often a step is done right, in percent, and how many programs are like that: most of their steps must be, or
/// hardly any program would be accepted.
const CARE: [(u32, u32); 4] = [(45, 100), (30, 98), (17, 94), (8, 80)];
/// How many programs are edits of accepted ones, in percent.
const MUTANTS: u32 = 30;
/// Bases tried for an edit until one is accepted.
const BASES: u32 = 8;
/// How many programs are under a licence that is not compatible with the GPL, in percent.
const PROPRIETARY: u32 = 3;

/// Steps of a program, and how often each is taken.
type Step = fn(&mut Builder<'_>);
const STEPS: &[(u32, Step)] = &[
    (24, |b| b.arithmetic()),
    (13, |b| b.stack()),
    (9, |b| b.value()),
    (9, |b| b.branch()),
    (3, |b| b.chain()),
    (9, |b| b.map_call()),
    (8, |b| b.helper()),
    (5, |b| b.context()),
    (5, |b| b.linked()),
    (4, |b| b.pointers()),
    (2, |b| b.atomic_stack()),
    (2, |b| b.pointer_compare()),
];
const XDP_STEPS: &[(u32, Step)] = &[(3, |b| b.packet()), (1, |b| b.packet_loop())];

impl Builder<'_> {
    /// One step of a program.
    fn step(&mut self) {
        let xdp = self.kind == ProgramKind::XDP && self.rng.chance(15);
        let step = self.rng.weighted(if xdp { XDP_STEPS } else { STEPS });
        step(self);
    }
}

/// Program number `index` of the run with `seed`, for the kernel that `dialect` names.
pub fn object(seed: u64, index: u64, dialect: Dialect) -> Object {
    let mut rng = Rng::new(seed, index);
    if !rng.chance(MUTANTS) {
        return fresh(&mut rng, dialect);
    }
    let mut base = fresh(&mut rng, dialect);
    for _ in 1..BASES {
        // The model stands in for the kernel: it is much faster, and where it is wrong, the base is found itself.
        let never = || false;
        let request = Request { object: &base, program: 0, dialect, cancelled: &never, states: None };
        if matches!(verify(request), Verdict::Accepted(_)) {
            break;
        }
        base = fresh(&mut rng, dialect);
    }
    for program in &mut base.programs {
        program.code = mutate::mutate(&mut rng, &program.code);
    }
    base
}

/// A program that is no edit of another one.
fn fresh(rng: &mut Rng, dialect: Dialect) -> Object {
    let kernel = match dialect {
        Dialect::V6_1 => KernelVersion::new(6, 1),
        Dialect::V6_12 => KernelVersion::new(6, 12),
        Dialect::V6_18 => KernelVersion::new(6, 18),
    };
    let kind = rng.weighted(&KINDS);
    let care = rng.weighted(&CARE);
    let license = if rng.chance(PROPRIETARY) { "Proprietary" } else { "GPL" };
    let steps = 2 + rng.below(14);
    let with_loop = rng.chance(50).then(|| rng.below(steps));
    let mut builder = Builder::new(rng, kind, kernel, care);
    for step in 0..steps {
        if with_loop == Some(step) {
            builder.repeat();
        } else {
            builder.step();
        }
    }
    builder.leave();
    let code = Code { insns: builder.insns, relocations: builder.relocations, ..Code::default() };
    let section = if kind == ProgramKind::XDP { "xdp" } else { "tracepoint/syscalls/sys_enter_openat" };
    Object {
        programs: vec![Program {
            name: "random".into(),
            section: section.into(),
            kind,
            code,
            ..Program::default()
        }],
        maps: world::maps(),
        btf: gobpf_btf::Btf::default(),
        license: license.into(),
        target: kernel,
        ..Object::default()
    }
}
