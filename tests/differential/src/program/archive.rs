//! A program of several files as one text: each file but the first has a line with its name before it, as in Go's own
//! archives of test data.

use std::sync::Arc;

use gobpf_analysis::{OtherSource, PackageSources};

use super::r#gen::MARK;

/// The name of the second file of the program's package.
pub const BESIDE: &str = "beside.go";
/// The name of the file of the package that the program imports.
pub const IMPORTED: &str = "imported/imported.go";
/// The file of the program's package that no build takes.
pub const NEVER: &str = "never_windows.go";

/// The line before the file `name`.
pub fn line(name: &str) -> String {
    format!("-- {name} --\n")
}

/// The name of the package that the program imports.
pub fn imported() -> String {
    format!("imported{MARK}")
}

/// The import path of that package.
pub fn import_path() -> String {
    format!("example.com/test/{}", imported())
}

/// The files of a program: names and texts. The first has no name.
pub fn files(text: &str) -> Vec<(&str, String)> {
    let mut files = vec![("", String::new())];
    for line in text.split_inclusive('\n') {
        let name = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name, String::new())),
            (None, Some((_, file))) => file.push_str(line),
            (None, None) => {}
        }
    }
    files
}

/// The files as the compiler gets them.
pub struct Sources {
    /// The one with the program.
    pub main: String,
    /// Others of its package.
    pub beside: Vec<OtherSource>,
    /// Those of the package that it imports.
    pub imported: Option<PackageSources>,
}

impl Sources {
    /// The files of `text`, whose marks have been replaced.
    pub fn of(text: &str) -> Sources {
        let mut sources = Sources { main: String::new(), beside: Vec::new(), imported: None };
        for (name, text) in files(text) {
            let source = OtherSource { name: Arc::from(name), text: Arc::from(text.as_str()) };
            match name {
                "" => sources.main = text,
                IMPORTED => sources.imported = Some(Arc::from([source])),
                _ => sources.beside.push(source),
            }
        }
        sources
    }
}
