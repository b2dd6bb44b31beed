//! What an import path is, as far as the disk can tell: the SDK, the standard library, or something else.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use gobpf_analysis::{Import, PackageSources};

use crate::overlay::Overlay;
use crate::read;

/// The import path under which the SDK is published.
const CANONICAL: &str = "github.com/miekg/bpf";

/// The directive in its package comment that makes a package the SDK, wherever it stands.
const MARKER: &str = "//bpf:sdk";

/// The imports of the files in one directory. Answers are kept: make a new one to look again.
#[derive(Debug)]
pub struct Imports {
    module: Option<Module>,
    known: Mutex<HashMap<String, Import>>,
    packages: Mutex<HashMap<String, Option<PackageSources>>>,
    overlay: Arc<Overlay>,
}

/// A Go module on disk.
#[derive(Debug, PartialEq, Eq)]
pub struct Module {
    /// The directory of its go.mod.
    pub root: PathBuf,
    /// Its import path.
    pub path: String,
    /// Modules that it replaces by directories: import path and directory.
    replaced: Vec<(String, PathBuf)>,
}

impl Imports {
    /// The imports of the files in `dir`; none is no place on disk.
    pub fn of(dir: Option<&Path>, overlay: &Arc<Overlay>) -> Imports {
        Imports {
            module: dir.and_then(Module::of),
            known: Mutex::default(),
            packages: Mutex::default(),
            overlay: Arc::clone(overlay),
        }
    }

    /// What `path` is.
    pub fn resolve(&self, path: &str) -> Import {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(import) = known.get(path) {
            return *import;
        }
        let import = self.look(path);
        known.insert(path.to_string(), import);
        import
    }

    /// The files of the package with the import path `path`, if it is one of the module or of a directory that the
    /// module names in its place.
    pub fn package(&self, path: &str) -> Option<PackageSources> {
        let mut packages = self.packages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = packages.get(path) {
            return known.clone();
        }
        let dir = self.module.as_ref().and_then(|module| module.directory_of(path));
        let files = dir.map(|dir| read::package(&dir, None, &self.overlay).into());
        packages.insert(path.to_string(), files.clone());
        files
    }

    fn look(&self, path: &str) -> Import {
        if path == CANONICAL {
            return Import::Sdk;
        }
        if let Some(dir) = self.module.as_ref().and_then(|module| module.directory_of(path)) {
            return package_at(&dir);
        }
        let first = path.split('/').next().unwrap_or_default();
        if first.contains('.') { Import::Other } else { Import::Standard }
    }
}

impl Module {
    /// The module that `dir` belongs to: the nearest go.mod at or above it.
    pub fn of(dir: &Path) -> Option<Module> {
        let dir = std::path::absolute(dir).ok()?;
        dir.ancestors().find_map(|above| {
            let text = fs::read_to_string(above.join("go.mod")).ok()?;
            Module::parse(above, &text)
        })
    }

    /// Reads the lines `module` and `replace` of a go.mod.
    fn parse(root: &Path, text: &str) -> Option<Module> {
        let mut path = None;
        let mut replaced = Vec::new();
        let mut block = "";
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default();
            let words: Vec<&str> =
                line.split_whitespace().map(|word| word.trim_matches(['"', '`'])).collect();
            let (verb, rest) = match (block, words.as_slice()) {
                (_, [")"]) => {
                    block = "";
                    continue;
                }
                (_, [verb, "("]) => {
                    block = verb;
                    continue;
                }
                ("", [verb, rest @ ..]) => (*verb, rest),
                (_, rest) => (block, rest),
            };
            match (verb, rest) {
                ("module", [name]) => path = Some((*name).to_string()),
                // `old [version] => directory`; a replacement that is not a directory is another module
                ("replace", [old, .., "=>", to]) if to.starts_with('.') || to.starts_with('/') => {
                    replaced.push(((*old).to_string(), root.join(to)));
                }
                _ => {}
            }
        }
        Some(Module { root: root.to_path_buf(), path: path?, replaced })
    }

    /// The directory that `import` must be in; none when it is no part of this module.
    fn directory_of(&self, import: &str) -> Option<PathBuf> {
        let own = [(self.path.clone(), self.root.clone())];
        own.iter().chain(&self.replaced).find_map(|(path, root)| {
            let rest = import.strip_prefix(path.as_str())?;
            if rest.is_empty() { Some(root.clone()) } else { Some(root.join(rest.strip_prefix('/')?)) }
        })
    }
}

/// What the package in `dir` is.
fn package_at(dir: &Path) -> Import {
    let Ok(entries) = fs::read_dir(dir) else { return Import::Missing };
    let mut found = Import::Missing;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|extension| extension != "go") {
            continue;
        }
        found = Import::Other;
        if fs::read_to_string(&path).is_ok_and(|text| is_marked(&text)) {
            return Import::Sdk;
        }
    }
    found
}

/// Whether the comment above the package clause carries the marker.
fn is_marked(text: &str) -> bool {
    let above = text.lines().take_while(|line| !line.starts_with("package "));
    above.into_iter().any(|line| line.trim_end() == MARKER)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn imports_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "go.mod",
            "module demo // ours\n\ngo 1.23\n\nreplace (\n\tx.org/b v1.0.0 => ./third/b\n\tx.org/c => y.org/c v1.2.3\n)\n",
        );
        write("internal/bpf/doc.go", "// Package bpf.\n//\n//bpf:sdk\npackage bpf\n");
        write("third/b/b.go", "//bpf:sdk\npackage b\n");
        write("util/util.go", "package util\n\n//bpf:sdk\nvar x int\n");
        write("deep/cmd/main.go", "package main\n");
        let imports = Imports::of(Some(&dir.path().join("deep/cmd")), &Arc::default());
        for (path, import) in [
            ("github.com/miekg/bpf", Import::Sdk),
            ("demo/internal/bpf", Import::Sdk),
            ("x.org/b", Import::Sdk),
            ("demo/util", Import::Other),
            ("x.org/c", Import::Other),
            ("demo/nowhere", Import::Missing),
            ("demography", Import::Standard),
            ("encoding/binary", Import::Standard),
            ("example.com/x", Import::Other),
        ] {
            assert_eq!(imports.resolve(path), import, "{path}");
        }
    }
}
