//! What the command line and the server say in words of their own.

use std::io;
use std::path::Path;

use crate::read::MAX_FILE_BYTES;

/// The name of standard input in messages.
pub const STDIN: &str = "<stdin>";

/// `--emit` without a file.
pub const EMIT_NEEDS_A_FILE: &str = "--emit needs a file: gobpf-lsp --emit KIND FILE";

/// `--emit` with several files.
pub const EMIT_NEEDS_ONE_FILE: &str = "--emit works on one file at a time";

/// `--emit elf` where somebody would read it.
pub const NO_OBJECT_TO_A_TERMINAL: &str = "an object is not for a terminal to show: name a file with -o OUT";

/// `--init` outside of a module.
pub const INIT_NEEDS_A_MODULE: &str =
    "there is no go.mod here or in a directory above; run `go mod init NAME` first";

/// After findings in full format.
pub fn explain_hint(code: &str) -> String {
    format!("`gobpf-lsp --explain {code}` says more")
}

/// Notes of a directory that are not shown; `notes` is their number with the noun.
pub fn hidden_notes(notes: &str) -> String {
    format!("{notes} hidden; --notes shows them")
}

/// A path on the command line, but nothing to do with it.
pub fn path_without_mode(path: &Path) -> String {
    let path = path.display();
    format!("what to do with {path}? Try `gobpf-lsp --check {path}` or `gobpf-lsp --emit loader {path}`")
}

/// A path where none is wanted.
pub fn path_not_wanted(path: &Path) -> String {
    format!("nothing can be done with {} in this mode; see --help", path.display())
}

/// A file that can't be opened or read.
pub fn unreadable(name: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("{name}: no such file; check the spelling and the current directory")
        }
        io::ErrorKind::PermissionDenied => format!("{name}: permission denied; make it readable (chmod +r)"),
        io::ErrorKind::IsADirectory => format!("{name} is a directory; name one Go file in it"),
        _ => format!("{name}: {error}"),
    }
}

/// A file over the limit.
pub fn too_large(name: &str) -> String {
    format!("{name}: larger than {} MiB; that is no source file", MAX_FILE_BYTES >> 20)
}

/// A file in another encoding.
pub fn utf16(name: &str) -> String {
    format!("{name}: the file is in UTF-16; Go source is UTF-8, save it as that")
}

/// A file that is not text.
pub fn not_utf8(name: &str, line: usize, offset: usize, byte: u8) -> String {
    format!("{name}:{line}: byte {byte:#04x} at offset {offset} is not UTF-8; Go source is UTF-8 text")
}

/// A file that is not text.
pub fn nul_byte(name: &str, line: usize, offset: usize) -> String {
    format!("{name}:{line}: NUL byte at offset {offset}; Go source is UTF-8 text without NUL")
}

/// A file that should hold the kernel's types.
pub fn not_btf(path: &Path, why: &impl std::fmt::Display) -> String {
    format!(
        "{}: not the types of a kernel (BTF): {why}; give a copy of /sys/kernel/btf/vmlinux",
        path.display()
    )
}

/// A directory without anything to check.
pub fn no_go_files(path: &Path) -> String {
    format!("{}: no Go files here or below", path.display())
}

/// A file without programs.
pub fn no_program(name: &str, missing_import: Option<&str>) -> String {
    match missing_import {
        Some(path) => format!(
            "{name}: no eBPF program; it imports `{path}`, which is not there (`gobpf-lsp --init` puts the SDK into a \
             module, at internal/bpf)"
        ),
        None => format!("{name}: no eBPF program"),
    }
}

/// A file of another kind.
pub fn not_go(path: &Path) -> String {
    format!(
        "{}: not a Go file; name a file that ends in .go (or .bpf, or .o for an object), or a directory",
        path.display()
    )
}

/// An unknown code.
pub fn unknown_code(code: &str) -> String {
    format!("there is no diagnostic `{code}`; `gobpf-lsp --explain` lists all")
}

/// A file that can't be written.
pub fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{}: can't be written: {error}", path.display())
}

/// A file of ours that somebody has changed.
pub fn init_differs(path: &Path) -> String {
    format!(
        "{} is there and differs from the SDK; nothing was written (--force writes over it)",
        path.display()
    )
}

/// A file whose check panicked; [`internal_error`] has told where.
pub fn check_failed(path: &Path) -> String {
    format!("{}: not checked, because of the internal error above", path.display())
}

/// A panic.
pub fn internal_error(text: &str, place: &str) -> String {
    let at = if place.is_empty() { String::new() } else { format!(" ({place})") };
    let version = env!("CARGO_PKG_VERSION");
    let issues = concat!(env!("CARGO_PKG_REPOSITORY"), "/issues");
    format!(
        "gobpf-lsp: internal error: {text}{at}\n\
         This is a bug in gobpf-lsp {version}: please report it with the file that caused it, at {issues}\n"
    )
}
