//! Texts that an editor holds of files, which may not be saved yet: they count more than what is on disk.

use std::path::{Path, PathBuf};

use dashmap::DashMap;
use gobpf_source::SourceText;

/// The open files by path.
#[derive(Default, Debug)]
pub struct Overlay {
    texts: DashMap<PathBuf, SourceText>,
}

impl Overlay {
    /// The file at `path` is open with this text.
    pub fn set(&self, path: &Path, text: &SourceText) {
        self.texts.insert(path.to_path_buf(), text.clone());
    }

    /// The file at `path` is no longer open.
    pub fn remove(&self, path: &Path) {
        self.texts.remove(path);
    }

    /// The text of the file at `path`, if it is open.
    pub fn text(&self, path: &Path) -> Option<String> {
        self.texts.get(path).map(|text| text.to_text())
    }
}
