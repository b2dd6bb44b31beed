//! Literals against the real cilium/ebpf: the same expressions must give the same bytes, and the same helpers.
//!
//! Needs the Go toolchain and cilium/ebpf v0.22.0 in its module cache; without them each test says so and passes.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use fastrand::Rng;
use gobpf_assembly::find;
use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;

const VERSION: &str = "v0.22.0";

/// The folder of the module, if it is there.
fn module() -> Option<PathBuf> {
    let cache = Command::new("go").args(["env", "GOMODCACHE"]).output().ok().map(|output| output.stdout);
    let cache = cache.map(|cache| String::from_utf8_lossy(&cache).trim().to_string());
    let folder = cache.map(|cache| Path::new(&cache).join(format!("github.com/cilium/ebpf@{VERSION}")));
    let found = folder.filter(|folder| folder.join("asm").is_dir());
    if found.is_none() {
        eprintln!("skipped: cilium/ebpf {VERSION} is not in Go's module cache");
    }
    found
}

/// The bytes of the literal of each declaration of `text`; none where there is none, or where it is refused.
fn bytes_of(text: &str) -> Vec<Option<Vec<u8>>> {
    let tree = SyntaxTree::parse(FileId(0), &SourceText::new(text));
    assert!(tree.diagnostics().is_empty(), "{:#?}", tree.diagnostics());
    let found = find(tree.file());
    // Each program is a variable of its own, so its declaration tells which.
    let mut programs = vec![None; tree.file().decls.len()];
    for literal in &found.literals {
        let mut code = literal.object.programs[0].code.clone();
        for relocation in &code.relocations {
            // cilium/ebpf writes the descriptor, 7 in all programs here, and the offset into the value.
            code.insns[relocation.slot as usize].imm = 7;
            if let gobpf_bpf::RelocationTarget::MapValue { offset, .. } = relocation.target {
                code.insns[relocation.slot as usize + 1].imm = offset as i32;
            }
        }
        let bytes = code.insns.iter().flat_map(|insn| insn.encode()).collect();
        programs[literal.place.decl.index as usize] = Some(bytes);
    }
    programs
}

#[test]
fn helpers_have_the_names_and_numbers_of_cilium() {
    let Some(module) = module() else { return };
    let generated = std::fs::read_to_string(module.join("asm/func_lin.go")).unwrap();
    let mut text =
        String::from("package p\n\nimport \"github.com/cilium/ebpf/asm\"\n\nvar p = asm.Instructions{\n");
    let mut numbers = Vec::new();
    for line in generated.lines().filter(|line| line.trim_start().starts_with("Fn")) {
        let name = line.split_whitespace().next().unwrap();
        let number = line.split("LinuxTag |").nth(1).unwrap().split(')').next().unwrap();
        numbers.push(number.trim().parse::<i32>().unwrap());
        text.push_str(&format!("\tasm.{name}.Call(),\n"));
    }
    text.push_str("\tasm.Return(),\n}\n");
    let bytes = bytes_of(&text).into_iter().flatten().next().expect("all helpers are known");
    let found: Vec<i32> =
        bytes.chunks(8).map(|slot| i32::from_le_bytes(slot[4..8].try_into().unwrap())).collect();
    assert_eq!(found[..numbers.len()], numbers);
    eprintln!("{} helpers compared", numbers.len());
    assert!(numbers.len() > 200);
}

/// Makes literals.
struct Random(Rng);

impl Random {
    fn next(&mut self) -> u64 {
        self.0.u64(..)
    }

    fn pick<'t>(&mut self, all: &[&'t str]) -> &'t str {
        all[(self.next() % all.len() as u64) as usize]
    }

    fn register(&mut self) -> &'static str {
        self.pick(&["R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "RFP"])
    }

    fn size(&mut self) -> &'static str {
        self.pick(&["Byte", "Half", "Word", "DWord"])
    }

    fn alu(&mut self) -> &'static str {
        self.pick(&[
            "Add", "Sub", "Mul", "Div", "SDiv", "Or", "And", "LSh", "RSh", "Neg", "Mod", "SMod", "Xor",
            "Mov", "MovSX8", "MovSX16", "MovSX32", "ArSh", "Swap",
        ])
    }

    fn jump(&mut self) -> &'static str {
        self.pick(&[
            "Ja", "JEq", "JGT", "JGE", "JSet", "JNE", "JSGT", "JSGE", "Call", "Exit", "JLT", "JLE", "JSLT",
            "JSLE", "JCOND",
        ])
    }

    fn int32(&mut self) -> i32 {
        [0, -1, 1, i32::MIN, i32::MAX, self.next() as i32][(self.next() % 6) as usize]
    }

    /// One element of a literal.
    fn element(&mut self) -> String {
        let (dst, src, size) = (self.register(), self.register(), self.size());
        let (imm, off) = (self.int32(), self.next() as i16);
        let label = self.pick(&["a", "b", "end", ""]);
        let alu = self.alu();
        let jump = self.jump();
        let atomic = self.pick(&[
            "AddAtomic",
            "FetchAdd",
            "AndAtomic",
            "FetchAnd",
            "OrAtomic",
            "FetchOr",
            "XorAtomic",
            "FetchXor",
            "Xchg",
            "CmpXchg",
        ]);
        let suffix = self.pick(&["", "32"]);
        match self.next() % 23 {
            0 | 1 => format!("{alu}.Reg{suffix}({dst}, {src})"),
            2 | 3 => format!("{alu}.Imm{suffix}({dst}, {imm})"),
            4 => format!("{jump}.Imm{suffix}({dst}, {imm}, \"{label}\")"),
            5 => format!("{jump}.Reg{suffix}({dst}, {src}, \"{label}\")"),
            6 => format!("{jump}.Label(\"{label}\")"),
            7 => format!("LongJump(\"{label}\")"),
            8 => format!("HostTo({}, {dst}, {size})", self.pick(&["LE", "BE"])),
            9 => format!("BSwap({dst}, {size})"),
            10 => format!("LoadMem({dst}, {src}, {off}, {size})"),
            11 => format!("LoadMemSX({dst}, {src}, {off}, {size})"),
            12 => format!("LoadImm({dst}, {}, DWord)", self.next() as i64),
            13 => format!("LoadMapPtr({dst}, fd)"),
            14 => format!("LoadMapValue({dst}, fd, {})", self.next() as u32),
            15 => format!("LoadInd({dst}, {src}, {imm}, {size})"),
            16 => format!("LoadAbs({imm}, {size})"),
            17 => format!("StoreMem({dst}, {off}, {src}, {size})"),
            18 => format!("StoreImm({dst}, {off}, {imm}, {size})"),
            19 => format!("{atomic}.Mem({dst}, {src}, {size}, {off})"),
            21 => {
                let place = format!("Dst: {dst}, Src: {src}, Offset: {off}");
                format!("Instruction{{OpCode: {atomic}.OpCode(DWord), {place}, Constant: {imm}}}")
            }
            20 => format!("{}({dst}, {src}, {size}, {off})", self.pick(&["LoadAcquire", "StoreRelease"])),
            _ => self.pick(&["Return()", "FnMapLookupElem.Call()", "FnTracePrintk.Call()"]).to_string(),
        }
    }

    fn program(&mut self) -> Vec<String> {
        let mut elements: Vec<String> = (0..self.next() % 6).map(|_| self.element()).collect();
        for label in ["a", "b"] {
            // Now and then a label is missing.
            if !self.next().is_multiple_of(16) {
                elements.push(format!("{}.WithSymbol(\"{label}\")", self.element()));
            }
        }
        elements.push("Return().WithSymbol(\"end\")".into());
        elements
    }
}

#[test]
fn programs_have_the_bytes_that_cilium_gives() {
    let Some(_) = module() else { return };
    let seed = 0xc111u64;
    let mut random = Random(Rng::with_seed(seed));
    let programs: Vec<Vec<String>> = (0..1500).map(|_| random.program()).collect();
    let mut literals =
        String::from("package main\n\nimport . \"github.com/cilium/ebpf/asm\"\n\nvar fd = 7\n\n");
    let mut list = String::new();
    for (index, elements) in programs.iter().enumerate() {
        literals.push_str(&format!("var p{index} = Instructions{{\n\t{},\n}}\n\n", elements.join(",\n\t")));
        list.push_str(&format!("p{index}, "));
    }
    let ours = bytes_of(&literals);
    let Some(theirs) = marshalled(&literals, &list) else { return };
    let first = ours.len() - programs.len();
    let (mut refused, mut slots) = (0, 0);
    for (index, elements) in programs.iter().enumerate() {
        let our: Option<String> = ours[first + index]
            .as_ref()
            .map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
        let their = theirs[index].strip_prefix("ok ").map(str::to_string);
        assert_eq!(our, their, "seed {seed:#x}, program {index}: {}\n{elements:#?}", theirs[index]);
        refused += u32::from(their.is_none());
        slots += their.map_or(0, |hex| hex.len() / 16);
    }
    eprintln!("seed {seed:#x}: {} programs, {refused} refused by both, {slots} slots equal", programs.len());
    assert!(slots > 1000 && refused > 10);
}

/// What cilium/ebpf makes of each program: `ok` and its bytes, or its error.
fn marshalled(literals: &str, list: &str) -> Option<Vec<String>> {
    let folder = std::env::temp_dir().join(format!("gobpf-cilium-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let main = format!(
        "package main\n\nimport (\n\t\"bytes\"\n\t\"encoding/binary\"\n\t\"fmt\"\n\n\t\"github.com/cilium/ebpf/asm\"\n)\n\n\
         func main() {{\n\tfor _, p := range []asm.Instructions{{{list}}} {{\n\t\tvar b bytes.Buffer\n\
         \t\tif err := p.Marshal(&b, binary.LittleEndian); err != nil {{\n\t\t\tfmt.Println(err)\n\t\t}} else {{\n\
         \t\t\tfmt.Printf(\"ok %x\\n\", b.Bytes())\n\t\t}}\n\t}}\n}}\n"
    );
    let go_mod = format!("module literals\n\ngo 1.23\n\nrequire github.com/cilium/ebpf {VERSION}\n");
    for (name, text) in [("literals.go", literals), ("main.go", &main), ("go.mod", &go_mod)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = Command::new("go");
    command.args(["run", "."]).current_dir(&folder);
    command.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off").env("GOSUMDB", "off");
    let output = command.output().unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("module"), "{error}");
        eprintln!("skipped: the Go build is not possible offline: {error}");
        return None;
    }
    Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_string).collect())
}
