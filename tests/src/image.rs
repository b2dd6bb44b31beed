//! The types of a kernel that is only there as an image: unpacked from it once, and kept beside it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use gobpf_btf::KernelBtf;
use object::{Object, ObjectSection};

use crate::vm;

/// How a kernel may be packed inside its image: the first bytes, and the program that unpacks them.
const FORMATS: [(&[u8], &str); 4] =
    [(b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x02!L\x18", "lz4"), (b"\x1f\x8b\x08", "gzip")];
const ELF: &[u8] = b"\x7fELF";
const SECTION: &str = ".BTF";

/// The types of `kernel`, one of [`vm::KERNELS`]; none where the image is not there or can't be unpacked.
pub fn types(kernel: &str) -> Option<Arc<KernelBtf>> {
    static TYPES: [OnceLock<Option<Arc<KernelBtf>>>; vm::KERNELS.len()] = [const { OnceLock::new() }; 2];
    let at = vm::KERNELS.iter().position(|known| *known == kernel)?;
    TYPES[at].get_or_init(|| KernelBtf::new(bytes(kernel)?).ok().map(Arc::new)).clone()
}

fn bytes(kernel: &str) -> Option<Vec<u8>> {
    let image = vm::cache_dir().join(kernel).join("vmlinuz");
    let kept = image.with_file_name("types");
    if let Ok(bytes) = fs::read(&kept) {
        return Some(bytes);
    }
    let vmlinux = unpack(&fs::read(image).ok()?)?;
    let types = object::File::parse(vmlinux.as_slice()).ok()?.section_by_name(SECTION)?.data().ok()?.to_vec();
    let unfinished = kept.with_extension(std::process::id().to_string());
    if fs::write(&unfinished, &types).is_ok() {
        let _ = fs::rename(unfinished, kept);
    }
    Some(types)
}

/// The kernel inside an image: an ELF file behind the code that unpacks it at boot.
fn unpack(image: &[u8]) -> Option<Vec<u8>> {
    FORMATS.iter().find_map(|(magic, program)| {
        let mut starts = (0..image.len()).filter(|at| image[*at..].starts_with(magic));
        starts.find_map(|start| run(program, &image[start..]).filter(|unpacked| unpacked.starts_with(ELF)))
    })
}

/// What `program` makes of the start of `packed`; it may well complain about what follows.
fn run(program: &str, packed: &[u8]) -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().ok()?;
    let path = folder.path().join("packed");
    fs::File::create(&path).and_then(|mut file| file.write_all(packed)).ok()?;
    let mut command = Command::new(program);
    let output = command.arg("-dc").stdin(open(&path)?).stderr(Stdio::null()).output().ok()?;
    Some(output.stdout)
}

fn open(path: &Path) -> Option<Stdio> {
    fs::File::open(path).ok().map(Stdio::from)
}
