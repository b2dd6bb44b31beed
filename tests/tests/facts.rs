//! The tables of `bpf` against kernels: which programs may call which helper, what they may do to their contexts, and
//! what they may return. Each fact is a program that is loaded.

#![allow(clippy::unwrap_used)]

use std::process::ExitCode;

use gobpf_bpf::insn::{Insn, Reg, Size, SourceOperand, Width};
use gobpf_bpf::tables::{
    AttachType, Caller, Context, ContextAccess, HELPERS, KIND_NAMES, ProgramKind, ReturnRule, SECTIONS,
    return_rule,
};
use gobpf_bpf::{KernelVersion, flags};
use gobpf_tests::hex::Hex;
use gobpf_tests::job::{Job, ProgramSpec, Verdict};
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{kernel, vm};
use libtest_mimic::{Arguments, Failed};

const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");

/// Bytes of a context that are asked for.
const MOST: i64 = 232;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let live = kernel::available();
    let mut trials = Vec::new();
    type Check = fn(&[Answer], KernelVersion) -> Result<(), Failed>;
    let all: [(&str, fn() -> Vec<Question>, Check); 3] =
        [("helpers", helpers, check), ("contexts", contexts, check), ("returns", returns, check)];
    for (name, questions, check) in all {
        trials.push(trial(format!("{name} [running kernel]"), Oracle::Kernel, live.clone(), move || {
            let questions = questions();
            let report = kernel::judge_apart(GUEST.as_ref(), &job(&questions))?;
            check(&answers(&questions, &report.verdicts), KernelVersion::new(6, 18))
        }));
    }
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
type Answer = (Question, Option<bool>);

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

fn answers(questions: &[Question], verdicts: &[Verdict]) -> Vec<Answer> {
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

fn check(answers: &[Answer], kernel: KernelVersion) -> Result<(), Failed> {
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
