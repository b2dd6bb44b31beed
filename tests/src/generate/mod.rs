//! Random programs that look like programs: well-formed instructions, calls that make sense, checks before accesses,
//! branches, loops; and single edits of those that are accepted. A seed and a number decide a program, so each can be
//! made again alone.

mod builder;
pub(crate) mod calls;
mod control;
pub mod edit;
mod exceptions;
mod functions;
mod helpers;
mod kernel_functions;
mod kfuncs;
mod kinds;
mod later;
mod memory;
mod mutate;
mod objects;
mod packets;
pub mod rng;
mod scalars;
mod sections;
mod shapes;
mod signatures;
mod types;
mod world;

use gobpf_bpf::tables::{AttachType, ProgramKind};
use gobpf_bpf::{Code, Extern, KernelVersion, Object, Program, Subprogram};
use gobpf_verifier::{Dialect, Request, Verdict, verify};

use builder::Builder;
pub use rng::Rng;

/// How often a step is done right, in percent, and how many programs are like that: most of their steps must be, or
/// hardly any program would be accepted.
const CARE: [(u32, u32); 4] = [(52, 100), (28, 98), (14, 94), (6, 80)];
/// How many programs are edits of accepted ones, in percent.
const MUTANTS: u32 = 30;
/// Bases tried for an edit until one is accepted.
const BASES: u32 = 8;
/// How many programs are under a licence that is not compatible with the GPL, in percent.
const PROPRIETARY: u32 = 3;

/// Steps of a program, and how often each is taken.
type Step = fn(&mut Builder<'_>);
const STEPS: &[(u32, Step)] = &[
    (80, |b| b.arithmetic()),
    (44, |b| b.stack()),
    (32, |b| b.value()),
    (32, |b| b.branch()),
    (12, |b| b.chain()),
    (32, |b| b.map_call()),
    (72, |b| b.helper()),
    (28, |b| b.context()),
    (20, |b| b.linked()),
    (16, |b| b.pointers()),
    (8, |b| b.atomic_stack()),
    (6, |b| b.other_frame()),
    (8, |b| b.pointer_compare()),
    (16, |b| b.function()),
    (8, |b| b.dynptr()),
    (8, |b| b.task()),
    (4, |b| b.tail()),
    (12, |b| b.reference()),
    (4, |b| b.walk()),
    (4, |b| b.locked()),
    (4, |b| b.timer()),
    (4, |b| b.rcu()),
    (4, |b| b.iterate()),
    (4, |b| b.task_reference()),
    (4, |b| b.stored_pointer()),
    (4, |b| b.packet_dynptr()),
    (4, |b| b.storage()),
    (7, |b| b.kernel_function()),
    (1, |b| b.list()),
    (1, |b| b.work()),
    (1, |b| b.task_work()),
    (1, |b| b.throw()),
    (1, |b| b.resilient_lock()),
    (1, |b| b.interrupts()),
    (2, |b| b.may_goto()),
    (2, |b| b.mixed()),
    (1, |b| b.arena()),
    (1, |b| b.processor_variable()),
    (2, |b| b.special()),
];
/// Steps that make much of a program, and how often one has one, of a thousand.
const SHAPES: &[(u32, Step)] =
    &[(30, |b| b.nest()), (2, |b| b.many_branches()), (3, |b| b.many_functions()), (965, |_| {})];
const PACKET_STEPS: &[(u32, Step)] = &[(3, |b| b.packet()), (1, |b| b.packet_loop())];
/// Kinds that load from packets in the old way: `socket_filter`, `sched_cls`, `sched_act`, `cgroup_skb`.
const OLD_LOADS: [u32; 4] = [1, 3, 4, 8];

impl Builder<'_> {
    /// One step of a program.
    fn step(&mut self) {
        if self.kind.packet.is_some() && self.has_context && self.rng.chance(12) {
            return self.rng.weighted(PACKET_STEPS)(self);
        }
        if OLD_LOADS.contains(&self.kind.number) && self.rng.chance(3) {
            return self.old_load();
        }
        self.rng.weighted(STEPS)(self);
    }

    /// Something that must be given back.
    fn reference(&mut self) {
        const LOOKUPS: [u32; 3] = [84, 85, 99];
        const RESERVE: u32 = 131;
        let lookup = self.rng.pick(&LOOKUPS);
        if self.may_call(lookup) && self.has_context && self.rng.chance(60) {
            self.call_by_id(lookup);
        } else {
            self.call_by_id(RESERVE);
        }
    }

    /// A helper that calls a function again and again.
    fn walk(&mut self) {
        const WALKS: [u32; 3] = [181, 181, 164];
        let id = self.rng.pick(&WALKS);
        if self.has_room_for_function() {
            self.call_by_id(id);
        }
    }
}

/// Whether programs call the helper with this number on purpose.
pub fn knows_helper(id: u32) -> bool {
    helpers::HELPERS.iter().any(|helper| helper.id == id)
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
        let request = Request {
            object: &base,
            program: 0,
            dialect,
            kernel: &|| None,
            symbols: &gobpf_verifier::Symbols::default,
            processors: None,
            cancelled: &never,
            states: None,
        };
        if matches!(verify(request), Verdict::Accepted(_) | Verdict::Unknown(_)) {
            break;
        }
        base = fresh(&mut rng, dialect);
    }
    mutate::mutate(&mut rng, &mut base, dialect);
    base
}

/// A program that is no edit of another one.
fn fresh(rng: &mut Rng, dialect: Dialect) -> Object {
    let kernel = match dialect {
        Dialect::V6_1 => KernelVersion::new(6, 1),
        Dialect::V6_12 => KernelVersion::new(6, 12),
        Dialect::V6_18 => KernelVersion::new(6, 18),
    };
    let weights = kinds::weights(dialect);
    let kind_index = rng.weighted(&weights);
    let care = rng.weighted(&CARE);
    let license = if rng.chance(PROPRIETARY) { "Proprietary" } else { "GPL" };
    let steps = 2 + rng.below(12);
    let with_loop = rng.chance(45).then(|| rng.below(steps));
    let mut builder = Builder::new(rng, kind_index, kernel, care);
    for step in 0..steps {
        if with_loop == Some(step) {
            builder.repeat();
        } else {
            builder.step();
        }
    }
    builder.rng.weighted(SHAPES)(&mut builder);
    builder.leave();
    builder.write_functions();
    assemble(builder, license)
}

/// The object of a program that is done.
fn assemble(builder: Builder<'_>, license: &str) -> Object {
    let kind = builder.kind;
    let section = builder.rng.pick(kind.sections);
    let (maps, mut btf) = world::maps();
    let types = if builder.with_types {
        let own = builder.functions.iter().map(|(_, signature)| *signature);
        let all: Vec<_> = std::iter::once(None).chain(own).collect();
        signatures::declare(&mut btf, kind, &all)
    } else {
        Vec::new()
    };
    let subprogram = |(index, (slot, _)): (usize, &(u32, _))| Subprogram {
        slot: *slot,
        name: signatures::name_of(index + 1),
        func: types.get(index + 1).copied(),
        ..Subprogram::default()
    };
    let code = Code {
        subprograms: builder.functions.iter().enumerate().map(subprogram).collect(),
        insns: builder.insns,
        relocations: builder.relocations,
        ..Code::default()
    };
    let externs = builder
        .externs
        .iter()
        .map(|(name, kind)| Extern { name: (*name).into(), kind: *kind, ty: None, weak: false })
        .collect();
    let attach = sections::Attach::of(section);
    let program = Program {
        name: "random".into(),
        section: section.into(),
        kind: ProgramKind(kind.number),
        attach: AttachType(attach.expected),
        hook: attach.hook,
        flags: attach.flags,
        func: types.first().copied(),
        code,
        ..Program::default()
    };
    Object {
        programs: vec![program],
        maps,
        btf,
        externs,
        license: license.into(),
        target: builder.kernel,
        ..Object::default()
    }
}
