//! The oracle "clang": what clang makes of the C twin of a Go program.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use gobpf_bpf::{Insn, Object};
use object::elf::R_BPF_64_64;
use object::read::elf::ElfFile64;
use object::{LittleEndian, Object as _, ObjectSection, ObjectSymbol, RelocationFlags, SectionKind};

use crate::hex::Hex;
use crate::job::{Entry, Job, MapSpec, ProgramSpec, Relocation};

/// The compiler, by the release that the bounds of `clang/*.go` were measured with: another one makes other code.
pub const COMPILER: &str = "clang-19";

/// What a C programmer gives it; the instruction set is the one that we emit.
const FLAGS: [&str; 8] = ["-O2", "-g", "-Wall", "-Werror", "-target", "bpf", "-mcpu=v3", "-c"];

/// Bytes of an instruction slot.
const SLOT_BYTES: usize = 8;
/// `BPF_MAP_TYPE_ARRAY`, the kind of map that `.rodata` becomes.
const ARRAY: u32 = 2;
/// `BPF_F_RDONLY_PROG`.
const READ_ONLY: u32 = 1 << 7;

/// Whether there is a clang that compiles for BPF: an error says what is missing.
pub fn available() -> Result<(), String> {
    static AVAILABLE: OnceLock<Result<(), String>> = OnceLock::new();
    let probe = || {
        let targets = run(Command::new(COMPILER).arg("--print-targets"))?;
        let known = String::from_utf8_lossy(&targets).lines().any(|line| line.trim().starts_with("bpf "));
        if known { Ok(()) } else { Err(format!("{COMPILER} was built without the target bpf")) }
    };
    AVAILABLE.get_or_init(probe).clone()
}

/// The programs of a C file, compiled.
#[derive(Debug)]
pub struct Twin {
    programs: Vec<Section>,
    /// Contents of `.rodata`; empty where there is none.
    rodata: Vec<u8>,
}

/// A section of instructions.
#[derive(Debug)]
struct Section {
    name: String,
    insns: Vec<u8>,
    relocations: Vec<Address>,
}

/// A load whose value is known only when the object is loaded.
#[derive(Debug)]
struct Address {
    slot: usize,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Map(String),
    /// A byte of `.rodata`.
    Rodata(u32),
}

impl Twin {
    /// Compiles the C file at `path`.
    pub fn compile(path: &Path) -> Result<Twin, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("temporary folder: {error}"))?;
        let out = folder.path().join("twin.o");
        run(Command::new(COMPILER).args(FLAGS).arg(path).arg("-o").arg(&out))?;
        let bytes = std::fs::read(&out).map_err(|error| format!("{}: {error}", out.display()))?;
        let elf = ElfFile64::parse(bytes.as_slice()).map_err(|error| format!("what clang wrote: {error}"))?;
        read(&elf).map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Instruction slots of all programs and their functions, as the kernel counts them: a 16-byte load takes two.
    pub fn slots(&self) -> usize {
        self.programs.iter().map(|section| section.insns.len() / SLOT_BYTES).sum()
    }

    /// The job of loading the C programs under the names that those of the same sections have in Go, with the Go
    /// object's maps.
    pub fn job(&self, go: &Object) -> Result<Job, String> {
        let mut shell = go.clone();
        shell.programs.clear();
        shell.maps.retain(|map| map.contents.is_none());
        let mut job = Job::of(&shell);
        let rodata = job.maps.len() as u32;
        if !self.rodata.is_empty() {
            job.maps.push(MapSpec {
                name: ".rodata".into(),
                kind: ARRAY,
                key_size: 4,
                value_size: self.rodata.len() as u32,
                max_entries: 1,
                flags: READ_ONLY,
                frozen: true,
                ..MapSpec::default()
            });
            job.entries.push(Entry { map: rodata, key: Hex(vec![0; 4]), value: Hex(self.rodata.clone()) });
        }
        for program in &go.programs {
            let section = self.programs.iter().find(|section| section.name == program.section);
            let section =
                section.ok_or_else(|| format!("the C file has no section `{}`", program.section))?;
            let relocations = section.relocations.iter().map(|address| {
                let slot = address.slot as u32;
                match &address.target {
                    Target::Rodata(offset) => {
                        Ok(Relocation { slot, map: rodata, value_offset: Some(*offset) })
                    }
                    Target::Map(name) => match job.map(name) {
                        Some(map) => Ok(Relocation { slot, map, value_offset: None }),
                        None => Err(format!("the Go file has no map `{name}`")),
                    },
                }
            });
            let relocations = relocations.collect::<Result<_, _>>()?;
            job.programs.push(ProgramSpec {
                name: program.name.clone(),
                kind: program.kind.0,
                section: program.section.clone(),
                insns: Hex(section.insns.clone()),
                relocations,
                ..ProgramSpec::default()
            });
        }
        Ok(job)
    }
}

type Elf<'data> = ElfFile64<'data, LittleEndian>;

fn read(elf: &Elf<'_>) -> Result<Twin, String> {
    let said = |error: object::Error| error.to_string();
    let rodata = match elf.section_by_name(".rodata") {
        Some(section) => section.data().map_err(said)?.to_vec(),
        None => Vec::new(),
    };
    let mut programs = Vec::new();
    for section in elf.sections().filter(|section| section.kind() == SectionKind::Text && section.size() > 0)
    {
        let name = section.name().map_err(said)?.to_string();
        let insns = section.data().map_err(said)?.to_vec();
        let relocations = section.relocations().map(|(offset, relocation)| {
            let slot = offset as usize / SLOT_BYTES;
            Ok(Address { slot, target: target(elf, &relocation, addend(&insns, slot))? })
        });
        let relocations = relocations.collect::<Result<_, String>>()?;
        programs.push(Section { name, insns, relocations });
    }
    Ok(Twin { programs, rodata })
}

/// The addend, which the immediate holds until the load is filled in.
fn addend(insns: &[u8], slot: usize) -> u32 {
    let bytes = insns.chunks_exact(SLOT_BYTES).nth(slot).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, |bytes| Insn::decode(bytes).imm as u32)
}

fn target(elf: &Elf<'_>, relocation: &object::Relocation, addend: u32) -> Result<Target, String> {
    let unknown = || format!("a relocation that this reader doesn't know: {relocation:?}");
    let (RelocationFlags::Elf { r_type: R_BPF_64_64 }, object::RelocationTarget::Symbol(index)) =
        (relocation.flags(), relocation.target())
    else {
        return Err(unknown());
    };
    let symbol = elf.symbol_by_index(index).map_err(|error| error.to_string())?;
    let section = symbol.section_index().and_then(|index| elf.section_by_index(index).ok());
    let section = section.ok_or_else(unknown)?;
    match section.name() {
        Ok(".maps") => symbol.name().map(|name| Target::Map(name.into())).map_err(|error| error.to_string()),
        Ok(".rodata") => Ok(Target::Rodata(symbol.address() as u32 + addend)),
        _ => Err(unknown()),
    }
}

/// Standard output of a command that must succeed.
fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{name}:\n{}", String::from_utf8_lossy(&output.stderr)))
}
