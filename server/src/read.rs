//! Reading source files, and saying what is wrong with those that can't be source.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gobpf_analysis::OtherSource;

use crate::overlay::Overlay;
use crate::wording;

/// A larger file is refused. Bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// How every ELF file starts.
const ELF: &[u8] = b"\x7fELF";

/// A file of source, or an object.
#[derive(Clone, Debug)]
pub enum Content {
    /// Text.
    Source(Source),
    /// An ELF object: its name, its directory and its bytes.
    Object(String, Option<PathBuf>, Vec<u8>),
}

/// Reads the file at `path`, whatever of both it is; `-` is standard input.
///
/// # Errors
///
/// Words for the user: which file, what is wrong with it, and what to do.
pub fn content(path: &Path) -> Result<Content, String> {
    let mut start = [0; ELF.len()];
    let is_object = path != Path::new("-")
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == ELF;
    if !is_object && path.extension().is_none_or(|extension| extension != "o") {
        return source(path).map(Content::Source);
    }
    let name = path.display().to_string();
    let bytes = File::open(path).and_then(bounded).map_err(|error| wording::unreadable(&name, &error))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(wording::too_large(&name));
    }
    Ok(Content::Object(name, dir_of(path), bytes))
}

/// The directory that `path` stands in.
fn dir_of(path: &Path) -> Option<PathBuf> {
    let dir = path.parent()?;
    Some(if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_path_buf() })
}

/// A file's name and text.
#[derive(Clone, Debug)]
pub struct Source {
    /// As the user wrote it.
    pub name: String,
    /// Its text, without a byte order mark.
    pub text: String,
    /// The directory that it stands in.
    pub dir: Option<PathBuf>,
}

/// Reads the file at `path`; `-` is standard input.
///
/// # Errors
///
/// Words for the user: which file, what is wrong with it, and what to do.
pub fn source(path: &Path) -> Result<Source, String> {
    if path == Path::new("-") {
        let bytes =
            bounded(io::stdin().lock()).map_err(|error| wording::unreadable(wording::STDIN, &error))?;
        let text = decode(wording::STDIN, bytes)?;
        return Ok(Source { name: wording::STDIN.into(), text, dir: std::env::current_dir().ok() });
    }
    let name = path.display().to_string();
    let bytes = File::open(path).and_then(bounded).map_err(|error| wording::unreadable(&name, &error))?;
    let text = decode(&name, bytes)?;
    Ok(Source { name, text, dir: dir_of(path) })
}

/// The Go files in `dir`, but for `own` and tests, by name, as `overlay` or the disk has them. What can't be read is left
/// out: Go's own tools complain about it.
pub fn package(dir: &Path, own: Option<&OsStr>, overlay: &Overlay) -> Vec<OtherSource> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_source = name.ends_with(".go") && !name.ends_with("_test.go") && !name.starts_with(['_', '.']);
        is_source && path.file_name() != own && path.is_file()
    };
    let text = |path: &PathBuf| overlay.text(path).or_else(|| Some(source(path).ok()?.text));
    let wanted = paths.iter().filter(|path| is_wanted(path));
    wanted
        .filter_map(|path| Some(OtherSource { name: shown(path).into(), text: text(path)?.into() }))
        .collect()
}

/// `path` as people want to read it: from the working directory on, where it is below that.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    short.strip_prefix(".").unwrap_or(short).display().to_string()
}

/// All that `from` gives, or one byte more than is allowed.
fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a Go file: UTF-8 without NUL; a byte order mark at the start is dropped, as Go does.
fn decode(name: &str, bytes: Vec<u8>) -> Result<String, String> {
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(wording::too_large(name));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(wording::utf16(name));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let (good, bad) = error.as_bytes().split_at(valid);
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        wording::not_utf8(name, line, valid, bad.first().copied().unwrap_or_default())
    })?;
    if let Some(offset) = text.find('\0') {
        let line = text[..offset].matches('\n').count() + 1;
        return Err(wording::nul_byte(name, line, offset));
    }
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_string()),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_no_source_is_refused_with_its_place() {
        assert_eq!(decode("a.go", b"\xef\xbb\xbfpackage a".to_vec()), Ok("package a".into()));
        assert_eq!(decode("a.go", Vec::new()), Ok(String::new()));
        let line = decode("a.go", b"package a\n\n\x7fELF\xff".to_vec()).unwrap_err();
        assert!(line.starts_with("a.go:3: byte 0xff at offset 15"), "{line}");
        assert!(decode("a.go", b"pack\0age".to_vec()).unwrap_err().starts_with("a.go:1: "));
        assert!(decode("a.go", b"\xff\xfep\0".to_vec()).unwrap_err().contains("UTF-16"));
    }
}
