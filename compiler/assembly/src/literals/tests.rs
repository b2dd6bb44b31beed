#![allow(clippy::unwrap_used, clippy::panic)]

use gobpf_bpf::disasm::listing;
use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;

use super::*;

fn found(text: &str) -> (Found, SourceText, SyntaxTree) {
    let source = SourceText::new(text);
    let tree = SyntaxTree::parse(FileId(1), &source);
    assert!(tree.diagnostics().is_empty(), "{:#?}", tree.diagnostics());
    (find(tree.file()), source, tree)
}

fn one(text: &str) -> Literal {
    let (found, ..) = found(text);
    assert!(found.diagnostics.is_empty(), "{:#?}", found.diagnostics);
    assert_eq!(found.literals.len(), 1);
    found.literals.into_iter().next().unwrap()
}

/// A file that imports what the tests need, with `body` after it.
fn file(body: &str) -> String {
    format!(
        "package main\n\nimport (\n\t\"math\"\n\n\t\"github.com/cilium/ebpf\"\n\t\"github.com/cilium/ebpf/asm\"\n)\n\n{body}"
    )
}

/// A literal of `elements`, each in the dialect of the package, without its name.
fn literal_of(elements: &str) -> String {
    let text = "package main\n\nimport . \"github.com/cilium/ebpf/asm\"\n\nvar program = Instructions{\n";
    format!("{text}{elements}\n\tReturn(),\n}}\n")
}

fn text_of(literal: &Literal) -> Vec<String> {
    let program = &literal.object.programs[0];
    let all = listing(&program.code, &literal.object, |_| None);
    all.lines().map(|line| line.trim().to_string()).collect()
}

fn messages(text: &str) -> Vec<String> {
    let (found, source, _) = found(text);
    let line = |d: &Diagnostic| source.line_of(d.primary.range.start()) + 1;
    found.diagnostics.iter().map(|d| format!("{} {}: {}", line(d), d.code, d.message)).collect()
}

const HISTORIC: &str = "\
	asm.Mov.Reg(asm.R6, asm.R1),
	asm.LoadMapPtr(asm.R1, fd),
	asm.StoreImm(asm.RFP, -16, 0, asm.Word),
	asm.Mov.Reg(asm.R2, asm.RFP),
	asm.Add.Imm(asm.R2, -16),
	asm.FnMapLookupElem.Call(),
	asm.Mov.Reg(asm.R1, asm.R0),
	asm.LoadImm(asm.R2, 12, asm.DWord),
	asm.FnTracePrintk.Call(),
	asm.Mov.Imm(asm.R0, 0),
	asm.Return(),
";

#[test]
fn the_historic_program_has_its_slots_and_its_open_questions() {
    let body =
        format!("func load(fd int) asm.Instructions {{\n\treturn asm.Instructions{{\n{HISTORIC}\t}}\n}}\n");
    let text = file(&body);
    let (found, source, tree) = found(&text);
    assert!(found.diagnostics.is_empty(), "{:#?}", found.diagnostics);
    let literal = &found.literals[0];
    let want = "\
0: (bf) r6 = r1
1: (18) r1 = map[fd]
3: (62) *(u32 *)(r10 -16) = 0
4: (bf) r2 = r10
5: (07) r2 += -16
6: (85) call bpf_map_lookup_elem#1
7: (bf) r1 = r0
8: (18) r2 = 0xc
10: (85) call bpf_trace_printk#6
11: (b7) r0 = 0
12: (95) exit";
    assert_eq!(text_of(literal).join("\n"), want);
    let code = &literal.object.programs[0].code;
    assert_eq!((code.insns.len(), code.origins.len()), (13, 13));
    let span = tree.file().span(code.origins[10].place);
    assert_eq!(source.slice(span.range), "asm.FnTracePrintk.Call()");
    assert_eq!((literal.kind, &literal.license, literal.maps.len()), (None, &None, 1));
    let all = candidates(literal);
    assert_eq!(all.len(), KINDS.len() * 9);
    assert_eq!(all[0].describes, "tracepoint program, fd a hash map");
}

#[test]
fn specs_in_the_file_settle_kind_licence_and_map() {
    let body = format!(
        "func load() error {{
	m, err := ebpf.NewMap(&ebpf.MapSpec{{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 2 * 8}})
	if err != nil {{
		return err
	}}
	fd := m.FD()
	insns := asm.Instructions{{
{HISTORIC}	}}
	_, err = ebpf.NewProgram(&ebpf.ProgramSpec{{
		Name:         \"hello\",
		Type:         ebpf.TracePoint,
		Instructions: insns,
		License:      \"MIT\",
	}})
	return err
}}
"
    );
    let literal = one(&file(&body));
    assert_eq!(literal.kind, Some(ProgramKind::TRACEPOINT));
    assert_eq!(literal.license.as_deref(), Some("MIT"));
    let map = &literal.object.maps[0];
    assert_eq!((map.name.as_str(), map.kind, map.value_size, map.max_entries), ("m", MapKind::ARRAY, 8, 16));
    let all = candidates(&literal);
    assert_eq!((all.len(), all[0].describes.as_str()), (1, ""));
    // A variable that is assigned again says nothing.
    let again = body.replace("	fd := m.FD()", "	fd := m.FD()\n	fd = other()");
    assert_eq!(one(&file(&again)).maps[0].spec, None);
    let again = body.replace("insns := ", "spec := ebpf.ProgramSpec{}\n\tspec.Type = ebpf.XDP\n\tinsns := ");
    assert_eq!(one(&file(&again)).kind, None);
}

#[test]
fn collections_name_their_maps_and_programs() {
    let text = file(
        "var spec = ebpf.CollectionSpec{
	Maps: map[string]*ebpf.MapSpec{
		\"counts\": {Type: ebpf.LRUHash, KeySize: 4, ValueSize: 8, MaxEntries: 1 << 10},
	},
	Programs: map[string]*ebpf.ProgramSpec{
		\"drop\": {
			Type: ebpf.XDP,
			Instructions: asm.Instructions{
				asm.LoadMapPtr(asm.R1, 0).WithReference(\"counts\"),
				asm.LoadMapValue(asm.R2, 0, 4).WithReference(\"globals\"),
				asm.Mov.Imm(asm.R0, 1),
				asm.Return(),
			},
		},
	},
}
",
    );
    let literal = one(&text);
    assert_eq!((literal.kind, literal.license.as_deref()), (Some(ProgramKind::XDP), Some("")));
    let expected =
        ["0: (18) r1 = map[counts]", "2: (18) r2 = map[globals][0]+4", "4: (b7) r0 = 1", "5: (95) exit"];
    assert_eq!(text_of(&literal), expected);
    assert_eq!(literal.maps[0].spec.unwrap().max_entries, 1024);
    assert_eq!(literal.maps[1].spec, None);
}

#[test]
fn constants_of_the_file_are_evaluated() {
    let text = file(
        "const (
	ctx   = asm.R6
	slot  = -8 * (iota + 1)
	other
	limit uint32 = math.MaxUint16
)

const label = \"out\" + `!`

func program() {
	const local = slot / 2
	{
		const slot = 1
		_ = slot
	}
	_ = []asm.Instruction{
		asm.Mov.Reg(ctx, asm.R1),
		asm.StoreImm(asm.RFP, other, 'a', asm.Half),
		asm.JGT.Imm32(asm.R2, int32(limit), label),
		asm.Mov.Imm(asm.R0, local),
		asm.Return().WithSymbol(label).WithSource(asm.Comment(\"end\")),
		{OpCode: asm.Mov.Op(asm.ImmSource), Dst: asm.R3, Constant: 1<<4 | 1},
		asm.Instruction{OpCode: asm.LoadMemOp(asm.Byte), Dst: asm.R1, Src: asm.R2, Offset: 3},
	}
}
",
    );
    let expected = [
        "0: (bf) r6 = r1",
        "1: (6a) *(u16 *)(r10 -24) = 97",
        "2: (26) if w2 > 0xffff goto pc+1",
        "3: (b7) r0 = -8",
        "4: (95) exit",
        "5: (b7) r3 = 17",
        "6: (71) r1 = *(u8 *)(r2 +3)",
    ];
    assert_eq!(text_of(&one(&text)), expected);
}

#[test]
fn what_is_not_static_is_said_and_not_guessed() {
    let text = file(
        "func helper() asm.Instruction { return asm.Return() }

func programs(verdict int32, n int) {
	x := int32(1)
	a := asm.Instructions{
		asm.Mov.Imm(asm.R0, verdict),
		asm.Mov.Imm(asm.R1, x),
		helper(),
		asm.Return(),
	}
	b := asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
	for i := 0; i < n; i++ {
		b = append(b, asm.Return())
	}
	c := append(asm.Instructions{asm.Mov.Imm(asm.R0, 0)}, a...)
	d := asm.Instructions{asm.Mov.Imm(asm.R0, 0)}
	asm := struct{ Return func() int }{}
	e := []int{asm.Return()}
	_, _, _ = c, d, e
}
",
    );
    let got = messages(&text);
    let want = [
        "15 GB0701: not evaluated: `verdict` is not a constant whose value is known",
        "16 GB0701: not evaluated: `x` is a variable",
        "17 GB0701: not evaluated: `helper` is a function that runs only in the program",
        "14 GB0701: not evaluated: it is only a part of a program: it has no exit, or other instructions are appended to it",
        "20 GB0701: not evaluated: it is only a part of a program: it has no exit, or other instructions are appended to it",
        "24 GB0701: not evaluated: it is only a part of a program: it has no exit, or other instructions are appended to it",
        "25 GB0701: not evaluated: it is only a part of a program: it has no exit, or other instructions are appended to it",
    ];
    assert_eq!(got, want);
    assert!(found(&text).0.literals.is_empty());
}

#[test]
fn what_cilium_refuses_is_an_error() {
    for (elements, want) in [
        ("StoreImm(RFP, -8, 0, DWord),", "GB0702: `StoreImm` gives an invalid opcode: it has no DWord form"),
        (
            "LoadMapPtr(R1, -1),",
            "GB0702: `LoadMapPtr` gives an invalid opcode: the file descriptor is negative",
        ),
        ("HostTo(BE, R1, Byte),", "GB0702: `HostTo` gives an invalid opcode: the size must be"),
        ("BSwap(R1, Byte),", "GB0702: `BSwap`"),
        ("LoadMemSX(R1, R2, 0, DWord),", "GB0702: `LoadMemSX`"),
        (
            "FetchAdd.Mem(R1, R2, Half, 0),",
            "GB0702: `Mem` gives an invalid opcode: the size must be Word or DWord",
        ),
        ("Exit.Imm(R1, 0, \"x\"),", "GB0702: `Imm` gives an invalid opcode: Call and Exit compare nothing"),
        ("CmpXchg.Mem(R1, R2, DWord, 0),", "GB0706: cilium/ebpf v0.22.0 loses the operation of `Mem`"),
        ("LoadAcquire(R1, R2, Byte, 0),", "GB0706: cilium/ebpf v0.22.0 loses the operation of `LoadAcquire`"),
        ("Ja.Label(\"nowhere\"),", "GB0703: no instruction has the symbol \"nowhere\""),
        (
            "Mov.Imm(R0, 0).WithSymbol(\"a\"),\nMov.Imm(R0, 0).WithSymbol(\"a\"),",
            "GB0703: the symbol \"a\" is defined a second time",
        ),
        ("Mov.Imm(R0, 1<<31),", "GB0705: the constant 2147483648 overflows int32"),
        ("LoadMem(R0, R1, 40000, Word),", "GB0705: the constant 40000 overflows int16"),
        ("StoreImm(RFP, -4, 0x1_0000_0001, Word),", "GB0705: the instruction holds 32 bits"),
    ] {
        let got = messages(&literal_of(elements));
        assert!(got.len() == 1 && got[0].contains(want), "{elements}: {got:?}");
    }
    let far: String = "Mov.Imm(R0, 0),\n".repeat(32768);
    let text = literal_of(&format!("Ja.Label(\"far\"),\n{far}Mov.Imm(R0, 0).WithSymbol(\"far\"),"));
    assert!(messages(&text)[0].contains("GB0704: \"far\" is 32768 instructions away"));
}

#[test]
fn calls_and_addresses_of_subprograms_are_resolved_as_cilium_does() {
    let literal = one(&literal_of(
        "\
	Call.Label(\"f\"),
	Instruction{OpCode: LoadImmOp(DWord), Dst: R1, Src: PseudoFunc, Constant: -1}.WithReference(\"f\"),
	LongJump(\"f\"),
	JEq.Imm(R0, 0, \"\"),
	Return(),
	SDiv.Reg(R1, R2).WithSymbol(\"f\"),
	MovSX8.Reg32(R1, R2),
	AddAtomic.Mem(R1, R2, DWord, -8),
	Instruction{OpCode: Xchg.OpCode(DWord), Dst: R1, Src: R2, Constant: 0xe1},
	Neg.Imm(R1, 0),
	HostTo(BE, R1, Half),
	LoadAbs(12, Half),
	LoadInd(R0, R7, 2, Byte),",
    ));
    let expected = [
        "0: (85) call pc+5",
        "1: (18) r1 = 0x4",
        "3: (06) gotol pc+2",
        "4: (15) if r0 == 0x0 goto pc-1",
        "5: (95) exit",
        "6: (3f) r1 s/= r2",
        "7: (bc) w1 = (s8)w2",
        "8: (db) lock *(u64 *)(r1 -8) += r2",
        "9: (db) r2 = atomic64_xchg((u64 *)(r1 +0), r2)",
        "10: (87) r1 = -r1",
        "11: (dc) r1 = be16 r1",
        "12: (28) r0 = *(u16 *)skb[12]",
        "13: (50) r0 = *(u8 *)skb[r7 + 2]",
        "14: (95) exit",
    ];
    assert_eq!(text_of(&literal), expected);
}
