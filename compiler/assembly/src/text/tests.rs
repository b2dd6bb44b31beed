#![allow(clippy::unwrap_used, clippy::panic)]

use fastrand::Rng;
use gobpf_bpf::insn::{AluOp, JmpOp, LD_IMM64, SOURCE_REG, Size, class, mode, pseudo};

use super::*;

const FILE: FileId = FileId(7);

fn read(text: &str) -> TextProgram {
    parse(FILE, text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"))
}

fn messages(text: &str) -> Vec<String> {
    parse(FILE, text)
        .unwrap_err()
        .into_iter()
        .map(|error| format!("{}: {}", error.code, error.message))
        .collect()
}

/// Makes instructions; a failure can be repeated from its seed.
struct Random(Rng);

impl Random {
    fn next(&mut self) -> u64 {
        self.0.u64(..)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0.u64(..limit)
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn register(&mut self) -> u8 {
        self.below(11) as u8
    }

    fn imm(&mut self) -> i32 {
        let any = self.next() as i32;
        self.pick(&[0, 1, -1, i32::MIN, i32::MAX, any, any])
    }

    /// A valid instruction whose unused fields are zero.
    fn insn(&mut self) -> Vec<Insn> {
        let (dst, src, off, imm) = (self.register(), self.register(), self.next() as i16, self.imm());
        let size = self.pick(&[Size::B, Size::H, Size::W, Size::DW]);
        let atomic_size = self.pick(&[Size::W, Size::DW]);
        let by_register = self.below(2) == 0;
        let with_source = |code: u8, off: i16| match by_register {
            true => Insn { code: code | SOURCE_REG, dst, src, off, imm: 0 },
            false => Insn { code, dst, src: 0, off, imm },
        };
        let alu = self.pick(&[class::ALU, class::ALU64]);
        vec![match self.below(16) {
            0 | 1 => {
                let op = self.pick(&AluOp::ALL);
                match op {
                    AluOp::Neg => Insn { code: alu | op as u8, dst, ..Insn::default() },
                    AluOp::End => {
                        let code = self.pick(&[0xd4, 0xdc, 0xd7]);
                        Insn { code, dst, imm: self.pick(&[16, 32, 64]), ..Insn::default() }
                    }
                    AluOp::Div | AluOp::Mod => with_source(alu | op as u8, self.below(2) as i16),
                    AluOp::Mov if by_register => {
                        let widths: &[i16] = if alu == class::ALU { &[0, 8, 16] } else { &[0, 8, 16, 32] };
                        let off = self.pick(widths);
                        with_source(alu | op as u8, off)
                    }
                    _ => with_source(alu | op as u8, 0),
                }
            }
            2 | 3 => {
                let op = self.pick(&JmpOp::ALL);
                let class = self.pick(&[class::JMP, class::JMP32]);
                with_source(class | op as u8, off)
            }
            4 => Insn::jump(off),
            5 => Insn { code: 0x06, imm, ..Insn::default() },
            6 => Insn { code: 0xe5, off, ..Insn::default() },
            7 => Insn::exit(),
            8 => Insn::call(self.below(212) as u32),
            9 => Insn {
                code: 0x85,
                src: self.pick(&[pseudo::CALL, pseudo::KFUNC_CALL]),
                imm,
                ..Insn::default()
            },
            10 => Insn { code: class::LDX | mode::MEM | size.code(), dst, src, off, imm: 0 },
            11 => {
                let size = self.pick(&[Size::B, Size::H, Size::W]);
                match self.below(3) {
                    0 => Insn { code: class::LDX | mode::MEMSX | size.code(), dst, src, off, imm: 0 },
                    1 => Insn { code: mode::ABS | size.code(), imm, ..Insn::default() },
                    _ => Insn { code: mode::IND | size.code(), src, imm, ..Insn::default() },
                }
            }
            12 => Insn { code: class::STX | mode::MEM | size.code(), dst, src, off, imm: 0 },
            13 => Insn { code: class::ST | mode::MEM | size.code(), dst, src: 0, off, imm },
            14 => {
                let imm = self.pick(&[0, 0x40, 0x50, 0xa0, 1, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110]);
                Insn { code: class::STX | mode::ATOMIC | atomic_size.code(), dst, src, off, imm }
            }
            _ => {
                let low = Insn { code: LD_IMM64, dst, imm, ..Insn::default() };
                return vec![low, Insn { imm: self.imm(), ..Insn::default() }];
            }
        }]
    }
}

#[test]
fn what_the_disassembler_prints_is_read_back_as_the_same_instruction() {
    let seed = 0x60b9f_u64;
    let mut random = Random(Rng::with_seed(seed));
    let (mut count, mut opcodes) = (0, std::collections::BTreeSet::new());
    for _ in 0..2000 {
        let insns: Vec<Insn> = (0..20).flat_map(|_| random.insn()).collect();
        let mut text = String::from("# kind: socket_filter\n");
        let mut slot = 0;
        while slot < insns.len() {
            let insn = insns[slot];
            opcodes.insert(insn.code);
            let printed = disassemble(insn, insns.get(slot + 1).copied(), None);
            // Every other line without its opcode.
            let printed = if slot % 2 == 0 { printed.as_str() } else { printed.split_once(' ').unwrap().1 };
            text.push_str(&format!("{slot}: {printed}\n"));
            slot += if insn.is_load_imm64() { 2 } else { 1 };
            count += 1;
        }
        let read = read(&text);
        assert_eq!(read.object.programs[0].code.insns, insns, "seed {seed:#x}\n{text}");
    }
    println!("seed {seed:#x}: {count} instructions, {} opcodes", opcodes.len());
    assert!(opcodes.len() > 100);
}

#[test]
fn headers_say_what_instructions_cannot() {
    let text = "\
# kind: tracepoint
# name: on_exec
# section: tracepoint/syscalls/sys_enter_execve
# license: MIT
# target: 5.15
# map counts: hash key=4 value=8 entries=1024 flags=no_prealloc
# map .rodata: array key=4 value=8 entries=1 frozen data=\"Hi\\x00\\\"\\n\\x00\\x00\\x00\"
# expect 6.1 6.12: reject 5 \"R1 !read_ok\"
# expect 6.18: accept processed=12
# expect 5.4: refuse EINVAL
0: (18) r1 = map[counts]
2: (18) r2 = map[.rodata][0]+2
4: (18) r3 = subprog[+1]
6: (b7) r0 = 0
7: (95) exit
";
    let program = read(text);
    let object = &program.object;
    assert_eq!(object.maps[0].max_entries, 1024);
    assert_eq!(object.maps[1].contents.as_ref().unwrap().data, b"Hi\0\"\n\0\0\0");
    assert_eq!(object.programs[0].code.relocation_at(0), Some(RelocationTarget::Map(MapId(0))));
    let place = RelocationTarget::MapValue { map: MapId(1), offset: 2 };
    assert_eq!(object.programs[0].code.relocation_at(2), Some(place));
    assert_eq!(object.programs[0].code.insns[4].src, pseudo::FUNC);
    assert_eq!(program.expectations.len(), 3);
    assert_eq!(print(&program), text);
}

#[test]
fn a_pasted_log_is_read() {
    let text = "\
# kind: xdp
# map counts: hash key=4 value=8 entries=16
libbpf: -- BEGIN PROG LOAD LOG --
func#0 @0
Live regs before insn:
      0: .1........ (bf) r6 = r1
0: R1=ctx() R10=fp0
; int prog(struct xdp_md *ctx) @ prog.c:12
0: (bf) r6 = r1                       ; R1=ctx() R6_w=ctx()
1: (18) r1 = 0xffff8881028a1c00       ; R1_w=map_ptr(map=counts,ks=4,vs=8)
3: (7b) *(u64 *)(r10 -8) = r6
4: (15) if r6 == 0x0 goto pc+2        ; R6=ctx()
(0) frame 0 insn 6 +live -16
(0) live stack update done in 2 iterations

from 4 to 7: R0=scalar() R10=fp0
5: R0=scalar()
5: (b7) r0 = 0
7: (61) r0 = *(u32 *)(r0 +0)
R0 invalid mem access 'scalar'
verification time 50 usec
processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0
";
    assert_eq!(messages(text).len(), 1, "slot 6 is missing");
    let program = read(&format!("# unseen: fill\n{text}"));
    let code = &program.object.programs[0].code;
    assert_eq!(code.insns.len(), 9);
    assert_eq!((code.insns[6], code.insns[8]), (Insn::jump(0), Insn::exit()));
    assert_eq!(code.relocation_at(1), Some(RelocationTarget::Map(MapId(0))));
    assert_eq!(program.places.len(), 9);
}

#[test]
fn errors_name_the_line_and_what_is_wrong_with_it() {
    let head = "# kind: xdp\n";
    let one = |line: &str| messages(&format!("{head}{line}\n")).join("; ");
    for (line, want) in [
        ("0: (bf) r0 = 0", "the opcode says bf, but the text is that of b7"),
        ("0: r0 += w1", "32-bit and 64-bit operands are mixed"),
        ("0: r11 = 0", "starts with `r11 = 0`"),
        ("0: (85) call bpf_map_lookup_elem#2", "bpf_map_lookup_elem is helper 1, not 2"),
        ("0: r0 = 5000000000", "5000000000 doesn't fit into 32 bits"),
        ("0: goto pc+40000", "40000 doesn't fit into 16 bits"),
        ("0: exit now", "`now` is left over"),
        ("2: exit", "slots 0 to 1 are missing"),
        ("4000000000: exit", "past the kernel's limit"),
        ("0: r1 = map[nope]", "no header describes the map `nope`"),
        ("r0 = 0", "neither an instruction"),
        ("# knid: xdp\n0: exit", "no header `knid`"),
        ("# kind: tc\n0: exit", "no program kind is called `tc`"),
        ("# map a: hash key=4 size=3\n0: exit", "a map has no `size`"),
        ("# expect 6.1: maybe\n0: exit", "is no verdict"),
        ("0: r0 = 0\n0: r0 = 1", "slot 0 differs from what line 2 shows"),
        ("0: r0 = 0x1\n1: exit", "second half"),
        ("", "no instruction"),
    ] {
        assert!(one(line).contains(want), "{line}: {}", one(line));
    }
    assert!(messages("0: exit\n")[0].contains("kind of program is missing"));
}

#[test]
fn no_input_panics() {
    let mut random = Random(Rng::with_seed(1));
    let alphabet: Vec<char> = "0123: ()[]*+-=rwu8xé\"\\#;mapgotoexitcallif,\n".chars().collect();
    for _ in 0..5000 {
        let length = random.below(60);
        let text: String = (0..length).map(|_| random.pick(&alphabet)).collect();
        let _ = parse(FILE, &text);
        let _ = parse(FILE, &format!("# kind: xdp\n0: {text}"));
        let _ = parse(FILE, &format!("# map {text}"));
    }
}

#[test]
fn types_functions_and_externs_come_from_headers() {
    let text = "\
# section: iter.s/task
# type: struct task_struct;
# type: struct elem { struct bpf_spin_lock lock; struct task_struct __kptr *task; u64 n[2]; };
# func 0: int dump(struct bpf_iter__task *ctx)
# func 5: static int twice(u64 n)
# extern bpf_prog_active: int
# extern bpf_perhaps: weak
# map inner: array key=4 value=8 entries=1
# map elems: hash key_type=u32 value_type=\"struct elem\" entries=8 flags=no_prealloc|rdonly_prog
# map outer: array_of_maps key=4 value=4 entries=2 inner=inner
0: (18) r1 = &bpf_prog_active
2: (85) call bpf_perhaps
3: (85) call pc+1
4: (95) exit
5: (b7) r0 = 0
6: (95) exit
7: .raw 8500000099000000
";
    let program = read(text);
    let object = &program.object;
    let first = &object.programs[0];
    assert_eq!((first.kind.0, first.attach.0, first.hook.as_deref()), (26, 28, Some("bpf_iter_task")));
    assert!(first.is_sleepable());
    assert_eq!(first.name, "dump");
    assert_eq!(first.code.subprograms.len(), 1);
    assert_eq!((first.code.subprograms[0].slot, first.code.subprograms[0].name.as_str()), (5, "twice"));
    assert!(object.externs[1].weak && object.externs[0].ty.is_some());
    let relocations: Vec<_> = first.code.relocations.iter().map(|one| (one.slot, one.target)).collect();
    assert_eq!(
        relocations,
        [
            (0, RelocationTarget::Variable(gobpf_bpf::ExternId(0))),
            (2, RelocationTarget::Kfunc(gobpf_bpf::ExternId(1))),
        ]
    );
    assert_eq!((object.maps[1].key_size, object.maps[1].value_size), (4, 32));
    assert_eq!((object.maps[1].flags, object.maps[2].inner), (0x81, Some(MapId(0))));
    assert_eq!(first.code.insns[7], Insn { code: 0x85, imm: 0x99, ..Insn::default() });
    let again = read(&print(&program));
    assert_eq!(again.object, program.object);
    assert_eq!(print(&again), print(&program));
}

#[test]
fn instructions_whose_unused_fields_are_set_are_read_back() {
    let mut random = Random(Rng::with_seed(12));
    for _ in 0..2000 {
        let mut insns = Vec::new();
        for _ in 0..6 {
            let next = random.next();
            insns.push(Insn::decode(next.to_le_bytes()));
        }
        insns.push(Insn { code: LD_IMM64, dst: 1, src: random.register(), off: 0, imm: random.imm() });
        insns.push(Insn { imm: random.imm(), ..Insn::default() });
        let mut program = read("# kind: xdp\n0: exit\n");
        program.object.programs[0].code.insns = insns.clone();
        program.object.programs[0].code.relocations = Vec::new();
        let text = print(&program);
        let again = read(&text);
        assert_eq!(again.object.programs[0].code.insns, insns, "{text}");
    }
}
