//! From the text of a file to its object, through the compiler's facade.

use std::path::Path;
use std::sync::Arc;

use gobpf_analysis::{Analysis, Cancel, Document, Options};
use gobpf_source::FileId;

use crate::files;

/// Analyses the Go file at `path` as the command line does, without a module around it.
pub fn analyse(path: &Path) -> Result<Arc<Analysis>, String> {
    let text = files::read(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let document = Document::open(FileId(0), &name, &text, None, Arc::new(Options::default()));
    document.snapshot().analyse(&Cancel::new()).map_err(|_| "cancelled".to_string())
}
