//! Packages of Go's standard library, as far as kernel code may use them: declarations of our own in `std/`.

use std::sync::Arc;

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;

use crate::PackageFiles;

/// Import paths with their source.
const SOURCES: &[(&str, &str)] = &[
    ("cmp", include_str!("../std/cmp/cmp.go")),
    ("encoding/binary", include_str!("../std/encoding/binary/binary.go")),
    ("iter", include_str!("../std/iter/iter.go")),
    ("math", include_str!("../std/math/math.go")),
    ("math/bits", include_str!("../std/math/bits/bits.go")),
    ("structs", include_str!("../std/structs/structs.go")),
    ("sync/atomic", include_str!("../std/sync/atomic/atomic.go")),
    (UTF8, include_str!("../std/unicode/utf8/utf8.go")),
];

/// The package that ranging over strings needs.
pub(crate) const UTF8: &str = "unicode/utf8";

/// A package of the standard library.
#[derive(Clone, Debug)]
pub(crate) struct Standard {
    pub path: &'static str,
    pub files: PackageFiles,
}

/// All of them, with file ids counting down from `last`.
pub(crate) fn embedded(last: u32) -> Vec<Standard> {
    SOURCES
        .iter()
        .zip((0..last).rev())
        .map(|((path, text), id)| {
            let file = SyntaxTree::parse(FileId(id), &SourceText::new(text)).file().clone();
            Standard { path, files: Arc::from([file]) }
        })
        .collect()
}
