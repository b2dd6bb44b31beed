//! What the Go toolchain says of the generated programs: their form, their types, and the bytes of their instructions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use fastrand::Rng;
use gobpf_bpf::insn::{class, mode};
use gobpf_bpf::op::Op;
use gobpf_bpf::tables::HELPERS;
use gobpf_bpf::{Code, Insn};
use gobpf_btf::Btf;
use gobpf_loader::program;
use support::{HELLO, Module, gofmt, object, shapes, skip, tracepoint};

#[test]
fn every_shape_is_what_gofmt_writes() {
    let dir = tempfile::tempdir().unwrap();
    for (name, object) in shapes() {
        let text = program(&object, &HELLO).unwrap();
        let file = dir.path().join("loader.go");
        std::fs::write(&file, &text).unwrap();
        match gofmt(&file) {
            Some(formatted) => {
                assert!(formatted == text, "{name}: gofmt changes:\n{}", difference(&text, &formatted))
            }
            None => {
                skip::<()>("every_shape_is_what_gofmt_writes", "go", "no gofmt");
                return;
            }
        }
    }
}

#[test]
fn every_shape_builds_and_passes_vet() {
    let Some(module) = Module::new("every_shape_builds_and_passes_vet") else { return };
    for (name, object) in shapes() {
        module.write("loader.go", &program(&object, &HELLO).unwrap());
        let output = module.go(&["vet", "loader.go"]).unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The same bytes, by way of the printed Go, of every opcode with every kind of field, and of every helper.
#[test]
fn printed_instructions_marshal_to_the_same_bytes() {
    let Some(module) = Module::new("printed_instructions_marshal_to_the_same_bytes") else { return };
    let seed = std::env::var("GOBPF_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed);
    let mut random = Random(Rng::with_seed(seed));
    let helpers = HELPERS.iter().map(|helper| Insn::call(helper.id));
    let mut codes = vec![Code { insns: helpers.collect(), ..Code::default() }];
    for length in 0..60 {
        codes.push(random_code(&mut random, length * 3 + 1));
    }
    let programs: Vec<_> = codes
        .iter()
        .enumerate()
        .map(|(number, code)| tracepoint(&format!("P{number}"), "a/b", code.clone()))
        .collect();
    let count: usize = codes.iter().map(|code| code.insns.len()).sum();
    println!("{count} slots in {} programs, seed {seed}", codes.len());
    module.write("loader.go", &program(&object(programs, vec![], Btf::default()), &HELLO).unwrap());
    module.write("dump.go", &dumper(codes.len()));
    let binary = module.build("dump", &["loader.go", "dump.go"]);
    let output = std::process::Command::new(binary).env("GOBPF_DUMP", "1").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), codes.len());
    for (number, (line, code)) in lines.iter().zip(&codes).enumerate() {
        let slots: Vec<String> = code
            .insns
            .iter()
            .map(|insn| insn.encode().iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        let got: Vec<&str> =
            line.as_bytes().chunks(16).map(|slot| std::str::from_utf8(slot).unwrap()).collect();
        for (slot, (want, got)) in slots.iter().zip(&got).enumerate() {
            assert_eq!(want, got, "program {number} slot {slot}: {:?}", code.insns[slot]);
        }
        assert_eq!(slots.len(), got.len(), "program {number}");
    }
}

/// Trace output of several kernels and settings, cut at every place in turn.
#[test]
fn messages_are_picked_out_of_trace_output() {
    const OUTPUT: &str = "             cat-4711    [001] ...21  1234.567890: bpf_trace_printk: Hello world!\n\n\
         my task-7-12  (  12) [000] d..3.  99.000001: bpf_trace_printk: a: b-1 [000] 1.0: bpf_trace_printk: c\n\
         <...>-1 [010] 12.5: bpf_trace_printk: first\nsecond\n\n\
         CPU:3 [LOST 12 EVENTS]\n\
         <idle>-0       [000] d..2.   100.5: sched_switch: prev_comm=x\nnot ours\n\
         <idle>-0       [000] d..2.   101.5: bpf_trace_printk: last\n unfinished";
    const WANT: &str = "Hello world!\na: b-1 [000] 1.0: bpf_trace_printk: c\nfirst\nsecond\nlast\n";
    let Some(module) = Module::new("messages_are_picked_out_of_trace_output") else { return };
    module.write("loader.go", &program(&support::hello("x"), &HELLO).unwrap());
    let check = format!(
        "//go:build ignore\n\npackage main\n\nimport \"os\"\n\nfunc init() {{\n\tconst output, want = {OUTPUT:?}, {WANT:?}\n\
         \tfor cut := range output {{\n\t\tvar messages traceMessages\n\
         \t\tif got := messages.add(output[:cut]) + messages.add(output[cut:]); got != want {{\n\
         \t\t\tpanic(got)\n\t\t}}\n\t}}\n\tos.Exit(0)\n}}\n"
    );
    module.write("check.go", &check);
    let output =
        std::process::Command::new(module.build("check", &["loader.go", "check.go"])).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A Go file that prints the marshalled instructions of programs P0 to P`count` as hex, one program a line.
fn dumper(count: usize) -> String {
    let specs: String = (0..count).map(|number| format!("\t\tspecP{number}(),\n")).collect();
    format!(
        "//go:build ignore\n\npackage main\n\nimport (\n\t\"bytes\"\n\t\"encoding/binary\"\n\t\"fmt\"\n\t\"os\"\n\n\
         \t\"github.com/cilium/ebpf\"\n)\n\n\
         func init() {{\n\tfor i, spec := range []*ebpf.ProgramSpec{{\n{specs}\t}} {{\n\
         \t\tvar buffer bytes.Buffer\n\
         \t\tif err := spec.Instructions.Marshal(&buffer, binary.LittleEndian); err != nil {{\n\
         \t\t\tfmt.Fprintln(os.Stderr, \"program\", i, err)\n\t\t\tos.Exit(1)\n\t\t}}\n\
         \t\tfmt.Printf(\"%x\\n\", buffer.Bytes())\n\t}}\n\tos.Exit(0)\n}}\n"
    )
}

/// Makes instructions.
struct Random(Rng);

impl Random {
    fn next(&mut self) -> u64 {
        self.0.u64(..)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0.u64(..bound)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// About `length` slots with all opcodes, jumps going anywhere in the program.
fn random_code(random: &mut Random, length: usize) -> Code {
    let mut insns = Vec::new();
    while insns.len() < length {
        let imm = random.of(&[0, 1, -1, 16, 64, i32::MAX, i32::MIN, 0x41, 0xe1, 0xf1, 0x100]);
        let off = random.of(&[0, 0, 8, -8, i16::MAX, i16::MIN]);
        let (dst, src) = (random.below(11) as u8, random.below(11) as u8);
        if random.below(8) == 0 {
            let value = random.next();
            let source = random.of(&[0, 0, 0, 3, 4]);
            insns.extend(Insn::load_imm64(gobpf_bpf::Reg::new(dst).unwrap(), source, value));
            continue;
        }
        let code = random.below(256) as u8;
        insns.extend(valid(random, Insn { code, dst, src, off, imm }));
    }
    insns.push(Insn::exit());
    let last = insns.len() as i64;
    for (slot, insn) in insns.iter_mut().enumerate() {
        let distance = random.below(last as u64) as i64 - slot as i64 - 1;
        match Op::decode(*insn) {
            Some(Op::JumpIf { .. } | Op::Jump { long: false }) => insn.off = distance as i16,
            Some(Op::Jump { long: true } | Op::Call { src: 1 }) => insn.imm = distance as i32,
            _ => {}
        }
    }
    Code { insns, ..Code::default() }
}

/// `insn`, most often with the fields that its opcode doesn't use at zero; `None` where it is a matter of its own.
fn valid(random: &mut Random, mut insn: Insn) -> Option<Insn> {
    let strict = random.below(4) != 0;
    match Op::decode(insn) {
        Some(Op::LoadImm64 { .. }) => return None,
        Some(Op::Alu { op, .. }) => {
            insn.off = match op as u8 {
                0x30 | 0x90 => random.of(&[0, 1]),
                0xb0 if insn.code & 8 != 0 => random.of(&[0, 8, 16, 32]),
                _ => 0,
            };
            (insn.src, insn.imm) = if insn.code & 8 != 0 { (insn.src, 0) } else { (0, insn.imm) };
        }
        Some(Op::Neg { .. }) => (insn.code, insn.src, insn.imm, insn.off) = (insn.code & !8, 0, 0, 0),
        Some(Op::Endian { .. }) => (insn.src, insn.imm, insn.off) = (0, random.of(&[16, 32, 64]), 0),
        Some(Op::Call { .. }) => {
            insn.src = random.of(&[0, 1, 2]);
            insn.imm = random.of(&[1, 6, 150, 211, 5000]);
            (insn.dst, insn.off) = (0, 0);
        }
        Some(Op::Exit) => insn = Insn::exit(),
        Some(Op::Jump { .. }) if strict => (insn.dst, insn.src, insn.imm, insn.off) = (0, 0, 0, 0),
        Some(Op::JumpIf { .. } | Op::Store { .. }) if strict => {
            let by_register = insn.code & 8 != 0 && insn.class() != class::ST || insn.class() == class::STX;
            (insn.src, insn.imm) = if by_register { (insn.src, 0) } else { (0, insn.imm) };
        }
        Some(Op::Load { .. }) if strict => insn.imm = 0,
        Some(Op::Atomic { .. }) if strict => {
            insn.imm = random.of(&[0, 1, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1]);
            insn.code = class::STX | mode::ATOMIC | random.of(&[0x00, 0x18]);
        }
        Some(_) => {}
        // Arithmetic that doesn't exist loses its offset in cilium/ebpf.
        None => insn.off = 0,
    }
    Some(insn)
}

/// The first lines that differ.
fn difference(ours: &str, theirs: &str) -> String {
    let pairs = ours.lines().zip(theirs.lines()).filter(|(ours, theirs)| ours != theirs);
    pairs.take(6).map(|(ours, theirs)| format!("- {ours}\n+ {theirs}\n")).collect()
}
