//! The tables of `bpf` against kernels: which programs may call which helper, what they may do to their contexts, and
//! what they may return; and what the model knows of the arguments of tracepoints. Most facts are programs that are loaded.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use gobpf_assembly::text;
use gobpf_bpf::insn::{Insn, Reg, Size, SourceOperand, Width};
use gobpf_bpf::tables::{
    AttachType, Caller, Context, ContextAccess, HELPERS, KIND_NAMES, MAP_RULES, MapKind, MapRule, MapShape,
    ProgramKind, ReturnRule, SECTIONS, map_flags, return_rule, syscall_arguments, syscalls,
};
use gobpf_bpf::{KernelVersion, flags};
use gobpf_btf::{KernelBtf, Kind, Type, TypeId};
use gobpf_source::FileId;
use gobpf_tests::answer::Answer;
use gobpf_tests::hex::Hex;
use gobpf_tests::job::{Job, ProgramSpec, Verdict};
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{kernel, kernel_btf, sys, trace, vm};
use gobpf_verifier::Dialect;
use libtest_mimic::{Arguments, Failed};

const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");

/// Bytes of a context that are asked for.
const MOST: i64 = 232;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let live = kernel::available();
    let mut trials = Vec::new();
    type Questions = fn() -> Vec<Question>;
    let all: [(&str, Questions); 3] = [("helpers", helpers), ("contexts", contexts), ("returns", returns)];
    for (name, questions) in all {
        trials.push(trial(format!("{name} [running kernel]"), Oracle::Kernel, live.clone(), move || {
            let questions = questions();
            let report = kernel::judge_apart(GUEST.as_ref(), &job(&questions))?;
            check(&answers(&questions, &report.verdicts), KernelVersion::new(6, 18))
        }));
    }
    trials.push(trial("tracepoints [running kernel]", Oracle::Kernel, live.clone(), tracepoints));
    trials.push(trial("system calls [running kernel]", Oracle::Kernel, live.clone(), system_calls));
    trials.push(trial("maps [running kernel]", Oracle::Kernel, live, maps));
    for version in vm::KERNELS {
        let available = vm::available(version).map(drop);
        trials.push(trial(
            format!("helpers and returns [kernel {version}]"),
            Oracle::Vm,
            available,
            move || {
                let questions = [helpers(), returns()].concat();
                let mut reports = vm::judge(version, GUEST.as_ref(), &[job(&questions)]);
                let report = reports.pop().ok_or("no report")??;
                check(&answers(&questions, &report.verdicts), version.parse()?)
            },
        ));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A kind of program with its attach type, as far as no BTF is needed to load it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Subject {
    kind: ProgramKind,
    attach: AttachType,
    flags: u32,
}

/// What is asked of a subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Helper(u32),
    Access(ContextAccess),
    Return(i32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Question {
    subject: Subject,
    what: What,
}

/// A question and whether the kernel refused what it asks for; `None` where it doesn't load the kind at all.
type Fact = (Question, Option<bool>);

fn subjects() -> Vec<Subject> {
    let needs_btf = [ProgramKind::TRACING, ProgramKind::STRUCT_OPS, ProgramKind::EXT, ProgramKind::LSM];
    let mut all: Vec<Subject> = SECTIONS
        .iter()
        .map(|section| Subject {
            kind: section.kind,
            attach: section.attach,
            flags: section.flags & flags::SLEEPABLE,
        })
        .chain(KIND_NAMES.iter().map(|row| Subject { kind: row.kind, attach: AttachType::NONE, flags: 0 }))
        .filter(|subject| !needs_btf.contains(&subject.kind))
        .filter(|subject| subject.kind != ProgramKind::SYSCALL || subject.flags != 0)
        .filter(|subject| subject.kind.loads_as(subject.attach) == Some(subject.attach))
        .collect();
    all.sort();
    all.dedup();
    all
}

fn helpers() -> Vec<Question> {
    let helpers = || HELPERS.iter().map(|helper| What::Helper(helper.id));
    let all = subjects().into_iter();
    all.flat_map(|subject| helpers().map(move |what| Question { subject, what })).collect()
}

fn contexts() -> Vec<Question> {
    let mut all = Vec::new();
    for subject in subjects() {
        for offset in 0..MOST {
            for bytes in [1, 2, 4, 8] {
                for write in [false, true] {
                    let what = What::Access(ContextAccess { offset, bytes, write });
                    all.push(Question { subject, what });
                }
            }
        }
    }
    all
}

fn returns() -> Vec<Question> {
    let values = [i32::MIN, -4096, -4095, -1, 0, 1, 2, 3, 4, i32::MAX];
    let all = subjects().into_iter();
    all.flat_map(|subject| values.map(|value| Question { subject, what: What::Return(value) })).collect()
}

fn program(what: What) -> Vec<Insn> {
    let zero = Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(0));
    match what {
        What::Helper(id) => vec![Insn::call(id), Insn::exit()],
        What::Return(value) => {
            vec![Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(value)), Insn::exit()]
        }
        What::Access(access) => {
            let size = match access.bytes {
                1 => Size::B,
                2 => Size::H,
                4 => Size::W,
                _ => Size::DW,
            };
            let off = access.offset as i16;
            match access.write {
                true => {
                    vec![zero, Insn::store(size, Reg::R1, off, SourceOperand::Reg(Reg::R0)), Insn::exit()]
                }
                false => vec![Insn::load(size, Reg::R2, Reg::R1, off), zero, Insn::exit()],
            }
        }
    }
}

fn job(questions: &[Question]) -> Job {
    let programs = questions.iter().map(|question| ProgramSpec {
        name: "fact".into(),
        kind: question.subject.kind.0,
        attach: question.subject.attach.0,
        flags: question.subject.flags,
        insns: Hex(program(question.what).iter().flat_map(|insn| insn.encode()).collect()),
        ..ProgramSpec::default()
    });
    Job { license: "GPL".into(), programs: programs.collect(), brief: true, ..Job::default() }
}

fn answers(questions: &[Question], verdicts: &[Verdict]) -> Vec<Fact> {
    let texts = |what| match what {
        What::Helper(_) => &["unknown func", "cannot use helper", "invalid func"][..],
        What::Access(_) => &["invalid bpf_context access", "stores into", "modified ctx"][..],
        What::Return(_) => &["At program exit"][..],
    };
    let answer = |(question, verdict): (&Question, &Verdict)| {
        let refused = match verdict {
            Verdict::Accepted(_) => Some(false),
            Verdict::Rejected(rejected) => {
                Some(texts(question.what).iter().any(|text| rejected.message.contains(text)))
            }
            Verdict::Refused(_) => None,
        };
        (*question, refused)
    };
    questions.iter().zip(verdicts).map(answer).collect()
}

/// Whether the tables say that `question` is refused.
fn expected(question: &Question, kernel: KernelVersion) -> bool {
    let Subject { kind, attach, flags } = question.subject;
    match question.what {
        What::Helper(id) => {
            let sleepable = flags & flags::SLEEPABLE != 0;
            let caller = Caller { kind, attach, sleepable, hook: "" };
            let numbered = HELPERS.iter().any(|helper| helper.id == id && helper.since <= kernel);
            !numbered || caller.prototype(id, kernel).is_none()
        }
        What::Access(access) => {
            Context::of(kind, attach).and_then(|context| context.access(access, kernel)).is_none()
        }
        What::Return(value) => match return_rule(kind, attach, "", kernel) {
            ReturnRule::Within { min, max } => !(min..=max).contains(&value),
            _ => false,
        },
    }
}

fn check(answers: &[Fact], kernel: KernelVersion) -> Result<(), Failed> {
    let (mut compared, mut wrong) = (0, Vec::new());
    for (question, refused) in answers {
        let Some(refused) = refused else { continue };
        compared += 1;
        if *refused != expected(question, kernel) {
            let verb = if *refused { "refuses" } else { "allows" };
            wrong.push(format!("the kernel {verb} {question:?}"));
        }
    }
    println!("{compared} facts compared, {} wrong", wrong.len());
    let least = answers.len() / 3;
    if compared < least {
        return Err(
            format!("only {compared} of {} programs got as far as the verifier", answers.len()).into()
        );
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong[..wrong.len().min(20)].join("\n").into()) }
}

/// Reads a byte behind each pointer that a tracepoint of the running kernel passes: the model, which has a table of those
/// that may be null or an error, says of it what the kernel does.
fn tracepoints() -> Result<(), Failed> {
    let types = kernel_btf::running().ok_or("the running kernel's types can't be read")?;
    let tracepoints = types.ids().filter_map(|id| {
        let name = types.name(id).strip_prefix("btf_trace_")?;
        (types.kind(id) == Some(Kind::Typedef)).then_some((name, id))
    });
    let (mut compared, mut wrong) = (0, Vec::new());
    for (name, id) in tracepoints {
        for index in 0..parameters(&types, id) {
            let text = format!(
                "# section: tp_btf/{name}\n# license: GPL\n0: (79) r1 = *(u64 *)(r1 +{})\n\
                 1: (71) r0 = *(u8 *)(r1 +0)\n2: (b7) r0 = 0\n3: (95) exit\n",
                index * 8
            );
            let object =
                text::parse(FileId(0), &text).map_err(|errors| format!("{name}: {errors:?}"))?.object;
            let report = kernel::judge(&Job::of(&object));
            let kernel = report.verdicts.first().map(Answer::of_kernel);
            let model = Answer::of_model(&object, 0, Dialect::V6_18);
            compared += 1;
            if !kernel.as_ref().is_some_and(|kernel| model.agrees_with(kernel)) {
                wrong.push(format!(
                    "{name} argument {index}: the kernel says {kernel:?}, the model {model:?}"
                ));
            }
        }
    }
    println!("{compared} arguments of tracepoints compared, {} wrong", wrong.len());
    if compared < 1000 {
        return Err(format!("only {compared} arguments").into());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong[..wrong.len().min(20)].join("\n").into()) }
}

/// How many arguments the tracepoint's programs get: its first one is the kernel's own.
fn parameters(types: &KernelBtf, tracepoint: TypeId) -> usize {
    let pointer = types.target(tracepoint);
    let prototype = pointer.and_then(|pointer| types.target(pointer)).and_then(|id| types.get(id));
    match prototype {
        Some(Type::Prototype { parameters, .. }) => parameters.len().saturating_sub(1),
        _ => 0,
    }
}

/// The arguments that the records of system calls have, as the running kernel describes them.
fn system_calls() -> Result<(), Failed> {
    let folder = Path::new(trace::TRACEFS).join("events/syscalls");
    let mut compared = 0;
    for entry in fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        let Some(call) = name.strip_prefix("sys_enter_") else { continue };
        let format = fs::read_to_string(folder.join(&name).join("format"))?;
        // After the number of the call, which is the first of its own fields.
        let fields = format.lines().filter(|line| line.trim_start().starts_with("field:"));
        let arguments = fields.skip_while(|line| !line.contains(" __syscall_nr;")).count().saturating_sub(1);
        compared += 1;
        if syscall_arguments(call) != Some(arguments as u32) {
            let known = syscall_arguments(call);
            return Err(format!("{call}: the kernel has {arguments} arguments, the table {known:?}").into());
        }
    }
    println!("{compared} system calls compared, {} in the table", syscalls().count());
    // Which of the rare ones there are is up to how the kernel was configured.
    if compared >= 300 { Ok(()) } else { Err(format!("only {compared} system calls").into()) }
}

/// Creates maps of all kinds with sizes, numbers and flags around the limits.
fn maps() -> Result<(), Failed> {
    let inner = sys::map_create(&sys::MapCreate {
        kind: MapKind::ARRAY.0,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        flags: 0,
        name: "inner",
        extra: 0,
        inner: None,
        types: None,
        key_type: 0,
        value_type: 0,
    })?;
    let keys = [0, 1, 3, 4, 5, 8, 16, 260, 261, 512, 513];
    let values = [0, 1, 3, 4, 5, 8, 16, 32, 1016, 1024, 32768];
    let entries = [0, 1, 3, 4096, 5000];
    let flags = std::iter::once(0).chain((0..20).map(|bit| 1 << bit));
    let flags: Vec<u32> = flags.chain([map_flags::RDONLY | map_flags::WRONLY, 3 << 7]).collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for rule in MAP_RULES {
        let mut shapes = Vec::new();
        for key_size in keys {
            for value_size in values {
                for max_entries in entries {
                    let flags = rule.needs;
                    shapes.push(MapShape { key_size, value_size, max_entries, flags, typed: false });
                }
            }
        }
        let good = shapes.iter().copied().find(|shape| rule.refusal(*shape).is_none());
        if let Some(good) = good {
            shapes.extend(flags.iter().flat_map(|flags| {
                [
                    MapShape { flags: good.flags ^ flags, ..good },
                    MapShape { flags: good.flags | flags, ..good },
                ]
            }));
        }
        for shape in shapes {
            // Large maps only cost memory.
            if u64::from(shape.value_size) * u64::from(shape.max_entries) > 1 << 22 {
                continue;
            }
            // How many processors there may be is the build's.
            if rule.kind == MapKind::CPUMAP && shape.max_entries > 64 {
                continue;
            }
            // What needs devices, tokens or another map is not asked for.
            if shape.flags & (map_flags::LINK | 1 << 14 | 1 << 15 | 1 << 16) != 0 {
                continue;
            }
            compared += 1;
            let created = sys::map_create(&map(rule.kind, shape, &inner));
            let said = created.err().map(|error| kernel::errno_name(&error));
            let expected = MapRule::of(rule.kind).and_then(|rule| rule.refusal(shape));
            if said.as_deref() != expected {
                wrong.push(format!("{:?} {shape:?}: the kernel says {said:?}, not {expected:?}", rule.kind));
            }
        }
    }
    println!("{compared} maps compared, {} wrong", wrong.len());
    if wrong.is_empty() { Ok(()) } else { Err(wrong[..wrong.len().min(20)].join("\n").into()) }
}

fn map(kind: MapKind, shape: MapShape, inner: &std::os::fd::OwnedFd) -> sys::MapCreate<'_> {
    let holds_maps = kind == MapKind::ARRAY_OF_MAPS || kind == MapKind::HASH_OF_MAPS;
    sys::MapCreate {
        kind: kind.0,
        key_size: shape.key_size,
        value_size: shape.value_size,
        max_entries: shape.max_entries,
        flags: shape.flags,
        name: "fact",
        extra: 0,
        inner: holds_maps.then_some(std::os::fd::AsFd::as_fd(inner)),
        types: None,
        key_type: 0,
        value_type: 0,
    }
}
