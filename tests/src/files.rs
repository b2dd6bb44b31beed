//! Data folders: where they are, and what they hold.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// A data folder of this crate, such as `check`.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All files under `folder` whose names end with `extension` (with its dot), with their paths from there, sorted.
pub fn walk(folder: &Path, extension: &str) -> Vec<(String, PathBuf)> {
    let files = WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    let mut found: Vec<(String, PathBuf)> = files
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(extension))
        .map(|entry| {
            let path = entry.into_path();
            (path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned(), path)
        })
        .collect();
    found.sort();
    found
}

/// Reads a file of text; the error names it.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
