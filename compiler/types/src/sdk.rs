//! The SDK's own source, from which all that is bound to the kernel is read.

use std::sync::Arc;

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_syntax::ast::{Decl, File};

use crate::standard::Standard;

/// The files of `sdk/` that declare what programs use.
const SOURCES: &[&str] = &[
    include_str!("../../../sdk/doc.go"),
    include_str!("../../../sdk/array.go"),
    include_str!("../../../sdk/const.go"),
    include_str!("../../../sdk/entries.go"),
    include_str!("../../../sdk/hash.go"),
    include_str!("../../../sdk/helpers.go"),
    include_str!("../../../sdk/loop.go"),
    include_str!("../../../sdk/programs.go"),
    include_str!("../../../sdk/queue.go"),
    include_str!("../../../sdk/ringbuf.go"),
    include_str!("../../../sdk/tracepoint.go"),
    include_str!("../../../sdk/xdp.go"),
];

/// Ids of SDK files count down from here, so that they never meet those of a user's files.
const LAST_FILE: u32 = u32::MAX;

fn standard() -> Vec<Standard> {
    crate::standard::embedded(LAST_FILE - SOURCES.len() as u32)
}

/// The SDK and what it brings of the standard library, parsed.
#[derive(Clone, Debug)]
pub struct Sdk {
    pub(crate) files: Vec<Arc<File>>,
    pub(crate) standard: Vec<Standard>,
}

impl Sdk {
    /// The SDK that this compiler carries.
    pub fn embedded() -> Sdk {
        let files = SOURCES
            .iter()
            .zip((0..LAST_FILE).rev())
            .map(|(text, id)| SyntaxTree::parse(FileId(id), &SourceText::new(text)).file().clone())
            .collect();
        Sdk { files, standard: standard() }
    }

    /// An SDK from files of a package that [`Sdk::is_sdk`] recognises.
    pub fn from_files(files: &[Arc<File>]) -> Sdk {
        Sdk { files: files.to_vec(), standard: standard() }
    }

    /// True if `file` says in its package comment that its package is the SDK.
    pub fn is_sdk(file: &File) -> bool {
        let first: Option<&Arc<Decl>> = file.decls.first().map(|placed| &placed.decl);
        first.is_some_and(|decl| {
            decl.directives.iter().any(|directive| directive.namespace == "bpf" && directive.name == "sdk")
        })
    }
}
