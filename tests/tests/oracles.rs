//! The oracles themselves: do they say of programs with a known fate what they should?

#![allow(clippy::unwrap_used)]

use std::process::ExitCode;
use std::sync::Arc;

use gobpf_bpf::insn::{JmpOp, Size, Width};
use gobpf_bpf::{Insn, Reg, SourceOperand};
use gobpf_tests::hex::Hex;
use gobpf_tests::job::{Entry, Input, Job, MapSpec, ProgramSpec, Relocation, Report, Run, Verdict};
use gobpf_tests::require::{Oracle, trial};
use gobpf_tests::{kernel, vm};
use libtest_mimic::{Arguments, Failed};

const TRACEPOINT: u32 = 5;
const XDP: u32 = 6;
const GUEST: &str = env!("CARGO_BIN_EXE_gobpf-guest");

/// A program with a known fate.
struct Case {
    name: &'static str,
    job: Job,
    expect: fn(&Report) -> bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let live = kernel::available();
    for case in cases() {
        let name = format!("{} [running kernel]", case.name);
        trials.push(trial(name, Oracle::Kernel, live.clone(), move || {
            check(&case, &kernel::judge_apart(GUEST.as_ref(), &case.job)?)
        }));
    }
    for version in vm::KERNELS {
        let available = vm::available(version).map(drop);
        let jobs = cases().into_iter().map(|case| case.job).collect();
        let batch = vm::Batch::new(version, GUEST.as_ref(), jobs);
        for (index, case) in cases().into_iter().enumerate() {
            let batch = Arc::clone(&batch);
            let name = format!("{} [kernel {version}]", case.name);
            trials
                .push(trial(name, Oracle::Vm, available.clone(), move || check(&case, batch.report(index)?)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(case: &Case, report: &Report) -> Result<(), Failed> {
    if (case.expect)(report) { Ok(()) } else { Err(format!("{report:#?}").into()) }
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "hello",
            job: hello(),
            expect: |report| {
                let verdict =
                    matches!(&report.verdicts[..], [Verdict::Accepted(accepted)] if accepted.processed == 5);
                verdict
                    && report.ran[0].result == Ok(0)
                    && report.trace.iter().any(|line| line == "oracle says hello")
            },
        },
        Case {
            name: "uninitialised register",
            job: job(TRACEPOINT, &[mov_reg(Reg::R0, Reg::R2), Insn::exit()]),
            expect: |report| rejected(report, 0, "R2 !read_ok"),
        },
        Case {
            name: "lookup unchecked",
            job: counter(false),
            expect: |report| rejected(report, 6, "R0 invalid mem access 'map_value_or_null'"),
        },
        Case {
            name: "lookup checked, counted twice",
            job: counter(true),
            expect: |report| {
                let counted = [(1, 0, vec![7, 0, 0, 0], vec![3, 0, 0, 0, 0, 0, 0, 0])];
                let found = report
                    .entries
                    .iter()
                    .map(|entry| (1, entry.map, entry.key.0.clone(), entry.value.0.clone()));
                report.ran.iter().all(|ran| ran.result == Ok(2)) && found.eq(counted)
            },
        },
        Case {
            name: "no instructions",
            job: job(XDP, &[]),
            expect: |report| matches!(&report.verdicts[..], [Verdict::Refused(refused)] if refused.errno == "E2BIG"),
        },
        Case {
            name: "packet drop",
            job: packet(),
            expect: |report| {
                let results: Vec<_> = report.ran.iter().map(|ran| ran.result.clone()).collect();
                results == [Ok(1), Ok(2), Ok(2)]
            },
        },
    ]
}

fn rejected(report: &Report, insn: u32, message: &str) -> bool {
    matches!(&report.verdicts[..], [Verdict::Rejected(rejected)]
        if rejected.insn == Some(insn) && rejected.message == message)
}

fn mov_reg(dst: Reg, src: Reg) -> Insn {
    Insn::mov(Width::W64, dst, SourceOperand::Reg(src))
}

fn mov_imm(dst: Reg, imm: i32) -> Insn {
    Insn::mov(Width::W64, dst, SourceOperand::Imm(imm))
}

fn add_imm(dst: Reg, imm: i32) -> Insn {
    Insn::alu(Width::W64, gobpf_bpf::insn::AluOp::Add, dst, SourceOperand::Imm(imm))
}

fn job(kind: u32, insns: &[Insn]) -> Job {
    let bytes = insns.iter().flat_map(|insn| insn.encode()).collect();
    let program = ProgramSpec { name: "oracle".into(), kind, insns: Hex(bytes), ..ProgramSpec::default() };
    Job { license: "GPL".into(), programs: vec![program], ..Job::default() }
}

/// `trace_printk` of a string in frozen read-only data.
fn hello() -> Job {
    let text = b"oracle says hello\n\0";
    let [low, high] = Insn::load_imm64(Reg::R1, 0, 0);
    let size = mov_imm(Reg::R2, text.len() as i32);
    let mut job = job(TRACEPOINT, &[low, high, size, Insn::call(6), mov_imm(Reg::R0, 0), Insn::exit()]);
    job.programs[0].relocations = vec![Relocation { slot: 0, map: 0, value_offset: Some(0) }];
    job.maps = vec![MapSpec {
        name: ".rodata".into(),
        kind: 2,
        key_size: 4,
        value_size: text.len() as u32,
        max_entries: 1,
        flags: 1 << 7, // BPF_F_RDONLY_PROG
        frozen: true,
        ..MapSpec::default()
    }];
    job.entries = vec![Entry { map: 0, key: Hex(vec![0; 4]), value: Hex(text.to_vec()) }];
    job.programs[0].section = "tracepoint/syscalls/sys_enter_openat".into();
    job.runs = vec![Run { program: 0, input: Input::SystemCall { name: "openat".into(), times: 2 } }];
    job.trace = true;
    job
}

/// Adds one to the entry of key 7 of a hash map, in an XDP program; `checked`: only where there is one.
fn counter(checked: bool) -> Job {
    let [low, high] = Insn::load_imm64(Reg::R1, 0, 0);
    let mut insns = vec![
        Insn::store(Size::W, Reg::FP, -4, SourceOperand::Imm(7)),
        mov_reg(Reg::R2, Reg::FP),
        add_imm(Reg::R2, -4),
        low,
        high,
        Insn::call(1),
    ];
    if checked {
        insns.push(Insn::jump_if(Width::W64, JmpOp::Eq, Reg::R0, SourceOperand::Imm(0), 3));
    }
    insns.extend([
        Insn::load(Size::DW, Reg::R1, Reg::R0, 0),
        add_imm(Reg::R1, 1),
        Insn::store(Size::DW, Reg::R0, 0, SourceOperand::Reg(Reg::R1)),
        mov_imm(Reg::R0, 2),
        Insn::exit(),
    ]);
    let mut job = job(XDP, &insns);
    job.programs[0].relocations = vec![Relocation { slot: 3, map: 0, value_offset: None }];
    let calls = MapSpec {
        name: "calls".into(),
        kind: 1,
        key_size: 4,
        value_size: 8,
        max_entries: 16,
        flags: 0,
        frozen: false,
        ..MapSpec::default()
    };
    job.maps = vec![calls];
    job.entries =
        vec![Entry { map: 0, key: Hex(vec![7, 0, 0, 0]), value: Hex(vec![1, 0, 0, 0, 0, 0, 0, 0]) }];
    let run = Run { program: 0, input: Input::Packet { data: Hex(vec![0; 14]), repeat: 1 } };
    job.runs = vec![run.clone(), run];
    job
}

/// Drops packets whose byte 14 is 9, passes others and those that are too short.
fn packet() -> Job {
    let byte = |offset| Insn::load(Size::W, if offset == 0 { Reg::R2 } else { Reg::R3 }, Reg::R1, offset);
    let insns = [
        mov_imm(Reg::R0, 2),
        byte(0),
        byte(4),
        mov_reg(Reg::R4, Reg::R2),
        add_imm(Reg::R4, 15),
        Insn::jump_if(Width::W64, JmpOp::Gt, Reg::R4, SourceOperand::Reg(Reg::R3), 3),
        Insn::load(Size::B, Reg::R5, Reg::R2, 14),
        Insn::jump_if(Width::W64, JmpOp::Ne, Reg::R5, SourceOperand::Imm(9), 1),
        mov_imm(Reg::R0, 1),
        Insn::exit(),
    ];
    let mut job = job(XDP, &insns);
    let run = |data: &str| {
        let input = Input::Packet { data: data.parse().unwrap(), repeat: 1 };
        Run { program: 0, input }
    };
    job.runs = vec![run("00*14 09"), run("00*14 08"), run("00*14")];
    job
}
