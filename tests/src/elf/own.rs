//! Objects that clang makes of the C programs in `tests/objects`.

use std::process::Command;

use crate::elf::ElfObject;
use crate::files;

const CLANG: &str = "clang-19";

/// The compiled programs.
///
/// # Errors
/// clang is missing, or does not take a program.
pub fn objects() -> Result<Vec<ElfObject>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("temporary folder: {error}"))?;
    let mut objects = Vec::new();
    for (name, path) in files::walk(&files::folder("objects"), ".c") {
        let output = folder.path().join("object.o");
        let mut command = Command::new(CLANG);
        command.args(["-g", "-O2", "-mcpu=v3", "--target=bpf", "-c"]).arg(&path).arg("-o").arg(&output);
        let said = command.output().map_err(|error| format!("{CLANG}: {error}"))?;
        if !said.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&said.stderr)));
        }
        let bytes = std::fs::read(&output).map_err(|error| format!("{}: {error}", output.display()))?;
        objects.push(ElfObject { name: format!("own/{name}"), bytes });
    }
    Ok(objects)
}
