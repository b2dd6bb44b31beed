//! Objects built by hand, and the Go toolchain that judges what is written for them.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gobpf_bpf::insn::{AluOp, JmpOp, Size, Width};
use gobpf_bpf::tables::{MapKind, ProgramKind};
use gobpf_bpf::{
    Code, Global, Insn, Map, MapContents, MapId, Object, Program, Reg, Relocation, RelocationTarget,
    SourceOperand,
};
use gobpf_btf::{Btf, IntEncoding, Member, Type, TypeId};
use gobpf_loader::{SourceLine, SourceLines};
use gobpf_source::{DeclId, FileId, NodeId, Origin, Place, Why};

/// A source whose node numbers are line numbers.
pub struct Source {
    pub name: &'static str,
    pub lines: &'static [(u32, &'static str)],
}

impl SourceLines for Source {
    fn file_name(&self) -> &str {
        self.name
    }

    fn line(&self, origin: Origin) -> Option<SourceLine> {
        let number = origin.place.node.0;
        let (_, text) = self.lines.iter().find(|(line, _)| *line == number)?;
        Some(SourceLine { file: self.name.to_owned(), number, text: (*text).to_owned() })
    }
}

pub const HELLO: Source = Source {
    name: "helloworld.go",
    lines: &[(5, "func main() {"), (6, r#"bpf.TracePrintk("Hello world!\n")"#), (7, "}")],
};

pub fn origin(line: u32) -> Origin {
    let decl = DeclId { file: FileId(0), index: 0 };
    Origin { place: Place { decl, node: NodeId(line) }, why: Why::Source }
}

/// Instructions, written down with the line of each, and with relocations.
#[derive(Default)]
pub struct Assembler {
    code: Code,
}

impl Assembler {
    pub fn put(mut self, line: u32, insn: Insn) -> Self {
        self.code.insns.push(insn);
        self.code.origins.push(origin(line));
        self
    }

    pub fn load(mut self, line: u32, to: Reg, target: RelocationTarget) -> Self {
        let slot = self.code.insns.len() as u32;
        let src = if matches!(target, RelocationTarget::Map(_)) { 1 } else { 2 };
        self.code.relocations.push(Relocation { slot, target });
        let [low, high] = Insn::load_imm64(to, src, 0);
        self.put(line, low).put(line, high)
    }

    pub fn code(self) -> Code {
        self.code
    }
}

pub fn object(programs: Vec<Program>, maps: Vec<Map>, btf: Btf) -> Object {
    Object { programs, maps, btf, license: "GPL".into(), ..Object::default() }
}

pub fn tracepoint(name: &str, target: &str, code: Code) -> Program {
    let section = format!("tracepoint/{target}");
    Program { name: name.into(), section, kind: ProgramKind::TRACEPOINT, code, ..Program::default() }
}

pub fn xdp(name: &str, verdict: i32) -> Program {
    use SourceOperand::Imm;
    let code =
        Assembler::default().put(6, Insn::mov(Width::W64, Reg::R0, Imm(verdict))).put(7, Insn::exit()).code();
    Program { name: name.into(), section: "xdp".into(), kind: ProgramKind::XDP, code, ..Program::default() }
}

pub fn rodata(bytes: &[u8]) -> Map {
    Map {
        name: ".rodata".into(),
        kind: MapKind::ARRAY,
        key_size: 4,
        value_size: bytes.len() as u32,
        max_entries: 1,
        flags: 0,
        key: None,
        value: None,
        contents: Some(MapContents { data: bytes.to_vec(), frozen: true, ..MapContents::default() }),
        ..Map::default()
    }
}

pub fn map(name: &str, kind: MapKind, btf: &Btf, key: TypeId, value: TypeId) -> Map {
    Map {
        name: name.into(),
        kind,
        key_size: btf.size_of(key),
        value_size: btf.size_of(value),
        max_entries: 1024,
        flags: 0,
        key: Some(key),
        value: Some(value),
        contents: None,
        ..Map::default()
    }
}

/// `bpf.TracePrintk(text)` at each `openat`.
pub fn hello(text: &str) -> Object {
    use SourceOperand::Imm;
    let bytes = format!("{text}\0").into_bytes();
    let code = Assembler::default()
        .load(6, Reg::R1, RelocationTarget::MapValue { map: MapId(0), offset: 0 })
        .put(6, Insn::mov(Width::W64, Reg::R2, Imm(bytes.len() as i32)))
        .put(6, Insn::call(6))
        .put(7, Insn::mov(Width::W64, Reg::R0, Imm(0)))
        .put(7, Insn::exit())
        .code();
    object(vec![tracepoint("main", "syscalls/sys_enter_openat", code)], vec![rodata(&bytes)], Btf::default())
}

/// Integers of the Go types `names` in `btf`.
pub fn integer(btf: &mut Btf, name: &str, size: u32, encoding: IntEncoding) -> TypeId {
    btf.intern(Type::Int { name: name.into(), size, encoding })
}

/// A struct with the Go layout of `Stat{UID uint32; CommLen uint8; Flag bool}`: two bytes of padding at the end.
pub fn stat_key(btf: &mut Btf) -> TypeId {
    let word = integer(btf, "uint32", 4, IntEncoding::Unsigned);
    let byte = integer(btf, "uint8", 1, IntEncoding::Unsigned);
    let flag = integer(btf, "bool", 1, IntEncoding::Bool);
    let member = |name: &str, ty, offset| Member::new(name, ty, offset);
    let members = vec![member("UID", word, 0), member("CommLen", byte, 4), member("Flag", flag, 5)];
    btf.intern(Type::Struct { name: "Stat".into(), size: 8, members })
}

/// Counts calls of `getpid` by process and by a struct key, as a compiled counter does.
pub fn counter() -> Object {
    use SourceOperand::{Imm, Reg as R};
    let mut btf = Btf::default();
    let word = integer(&mut btf, "uint32", 4, IntEncoding::Unsigned);
    let long = integer(&mut btf, "uint64", 8, IntEncoding::Unsigned);
    let key = stat_key(&mut btf);
    let calls = map("calls", MapKind::HASH, &btf, word, long);
    let stats = map("stats", MapKind::HASH, &btf, key, word);
    let code = Assembler::default()
        .put(10, Insn::call(14))
        .put(10, Insn::alu(Width::W64, AluOp::Rsh, Reg::R0, Imm(32)))
        .put(10, Insn::store(Size::W, Reg::FP, -4, R(Reg::R0)))
        .put(11, Insn::store(Size::DW, Reg::FP, -16, Imm(1)))
        .load(11, Reg::R1, RelocationTarget::Map(MapId(0)))
        .put(11, Insn::mov(Width::W64, Reg::R2, R(Reg::FP)))
        .put(11, Insn::alu(Width::W64, AluOp::Add, Reg::R2, Imm(-4)))
        .put(11, Insn::call(1))
        .put(11, Insn::jump_if(Width::W64, JmpOp::Ne, Reg::R0, Imm(0), 9))
        .load(12, Reg::R1, RelocationTarget::Map(MapId(0)))
        .put(12, Insn::mov(Width::W64, Reg::R2, R(Reg::FP)))
        .put(12, Insn::alu(Width::W64, AluOp::Add, Reg::R2, Imm(-4)))
        .put(12, Insn::mov(Width::W64, Reg::R3, R(Reg::FP)))
        .put(12, Insn::alu(Width::W64, AluOp::Add, Reg::R3, Imm(-16)))
        .put(12, Insn::mov(Width::W64, Reg::R4, Imm(0)))
        .put(12, Insn::call(2))
        .put(12, Insn { code: 0x05, off: 3, ..Insn::default() })
        .put(13, Insn::load(Size::DW, Reg::R1, Reg::R0, 0))
        .put(13, Insn::alu(Width::W64, AluOp::Add, Reg::R1, Imm(1)))
        .put(13, Insn::store(Size::DW, Reg::R0, 0, R(Reg::R1)))
        .put(14, Insn::store(Size::DW, Reg::FP, -24, Imm(7)))
        .put(14, Insn::store(Size::H, Reg::FP, -20, Imm(0x104)))
        .load(14, Reg::R1, RelocationTarget::Map(MapId(1)))
        .put(14, Insn::mov(Width::W64, Reg::R2, R(Reg::FP)))
        .put(14, Insn::alu(Width::W64, AluOp::Add, Reg::R2, Imm(-24)))
        .put(14, Insn::mov(Width::W64, Reg::R3, R(Reg::FP)))
        .put(14, Insn::alu(Width::W64, AluOp::Add, Reg::R3, Imm(-16)))
        .put(14, Insn::mov(Width::W64, Reg::R4, Imm(0)))
        .put(14, Insn::call(2))
        .put(15, Insn::mov(Width::W64, Reg::R0, Imm(0)))
        .put(15, Insn::exit())
        .code();
    object(vec![tracepoint("OnCall", "syscalls/sys_enter_getpid", code)], vec![calls, stats], btf)
}

/// A program with constants that flags choose, and with maps that have entries from the start.
pub fn chosen() -> Object {
    let mut btf = Btf::default();
    let word = integer(&mut btf, "uint32", 4, IntEncoding::Unsigned);
    let signed = integer(&mut btf, "int16", 2, IntEncoding::Signed);
    let flag = integer(&mut btf, "bool", 1, IntEncoding::Bool);
    let key = stat_key(&mut btf);
    let constant = |name: &str, offset, size, ty| Global {
        name: name.into(),
        map: MapId(0),
        offset,
        size,
        ty: Some(ty),
        constant: true,
    };
    let globals = vec![
        constant("onlyPID", 0, 4, word),
        constant("duration", 8, 2, signed),
        constant("verbose", 16, 1, flag),
        constant("stat", 24, 8, key),
    ];
    let mut data = [0; 32];
    data[8..10].copy_from_slice(&(-2i16).to_le_bytes());
    let filled = |name: &str, entries: u8| Map {
        entries: (0..entries).map(|number| (vec![number, 0, 0, 10], vec![1, 2, 3, 4])).collect(),
        ..map(name, MapKind::HASH, &btf, word, word)
    };
    let maps = vec![rodata(&data), filled("one", 1), filled("several", 3)];
    let mov = Insn::mov(Width::W64, Reg::R0, SourceOperand::Imm(2));
    let code = Assembler::default().put(6, mov).put(7, Insn::exit()).code();
    Object { globals, ..object(vec![tracepoint("Filter", "syscalls/sys_enter_openat", code)], maps, btf) }
}

/// Objects of all shapes that decide what a loader holds.
pub fn shapes() -> Vec<(&'static str, Object)> {
    use SourceOperand::Imm;
    let quiet = || {
        let mov = Insn::mov(Width::W64, Reg::R0, Imm(0));
        Assembler::default().put(6, mov).put(7, Insn::exit()).code()
    };
    let mut btf = Btf::default();
    let word = integer(&mut btf, "uint32", 4, IntEncoding::Unsigned);
    let key = stat_key(&mut btf);
    let list = btf.intern(Type::Array { element: key, length: 3 });
    let all_kinds = ["array", "lru_hash", "percpu_hash", "percpu_array", "ringbuf"]
        .map(|kind| map(kind, MapKind::by_name(kind).unwrap(), &btf, word, list));
    let mut globals = rodata(b"one\0two \"quoted\"\\\n\0\0\0\xff\xfe\x01tail");
    globals.flags = 0x480;
    let bss = Map {
        name: ".bss".into(),
        contents: Some(MapContents { data: vec![0; 64], frozen: false, ..MapContents::default() }),
        ..rodata(&[0; 64])
    };
    let odd = Map { name: "größe`\n".into(), ..rodata(b"x") };
    vec![
        ("hello", hello("Hello world!\n")),
        ("counter", counter()),
        ("no maps", object(vec![tracepoint("main", "sched/sched_switch", quiet())], vec![], Btf::default())),
        ("only rodata", object(vec![xdp("Filter", 2)], vec![rodata(b"x\0")], Btf::default())),
        ("one xdp", object(vec![xdp("Filter", 2)], vec![], Btf::default())),
        (
            "several programs",
            object(
                vec![
                    xdp("run", 1),
                    xdp("Run", 2),
                    tracepoint("größe", "sched/sched_switch", quiet()),
                    tracepoint("Close", "sched/sched_switch", quiet()),
                ],
                vec![globals, bss, odd],
                Btf::default(),
            ),
        ),
        ("constants", chosen()),
        ("map kinds", object(vec![xdp("Filter", 2)], all_kinds.to_vec(), btf)),
    ]
}

/// A folder with a Go module that requires cilium/ebpf.
pub struct Module {
    dir: tempfile::TempDir,
}

impl Module {
    /// The module, if this machine has Go and cilium/ebpf is in reach. A test that gets none says so by its name and
    /// passes, or fails where `GOBPF_REQUIRE` lists `go`.
    pub fn new(test: &str) -> Option<Module> {
        let dir = tempfile::tempdir().unwrap();
        let go_mod = "module loader\n\ngo 1.24\n\nrequire github.com/cilium/ebpf v0.22.0\n";
        std::fs::write(dir.path().join("go.mod"), go_mod).unwrap();
        std::fs::write(
            dir.path().join("probe.go"),
            "package main\n\nimport _ \"github.com/cilium/ebpf/link\"\n\nfunc main() {}\n",
        )
        .unwrap();
        let module = Module { dir };
        match module.go(&["build", "-o", "probe", "probe.go"]) {
            Ok(output) if output.status.success() => Some(module),
            Ok(output) => skip(test, "go", &String::from_utf8_lossy(&output.stderr)),
            Err(error) => skip(test, "go", &error.to_string()),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Runs `go` in the module.
    pub fn go(&self, arguments: &[&str]) -> std::io::Result<Output> {
        Command::new("go")
            .args(arguments)
            .current_dir(self.dir.path())
            .env("GOFLAGS", "-mod=mod")
            .env("GONOSUMDB", "*")
            .env("GOTOOLCHAIN", "local")
            .env("CGO_ENABLED", "0")
            .output()
    }

    /// Builds the named files into `binary`.
    pub fn build(&self, binary: &str, files: &[&str]) -> PathBuf {
        let output = self.go(&[&["build", "-o", binary], files].concat()).unwrap();
        assert!(output.status.success(), "{files:?}: {}", String::from_utf8_lossy(&output.stderr));
        self.path(binary)
    }
}

/// What `gofmt` makes of a file; `None` where there is no gofmt.
pub fn gofmt(file: &Path) -> Option<String> {
    let output = Command::new("gofmt").arg(file).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Says that a test is skipped; fails where the environment asks for what is missing.
pub fn skip<T>(test: &str, what: &str, why: &str) -> Option<T> {
    let required = std::env::var("GOBPF_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|name| name == what), "{test} needs {what}: {why}");
    eprintln!("skipped: {test} needs {what}: {why}");
    None
}
