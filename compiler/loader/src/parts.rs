//! The parts of a loader that are the same for every object: `parts/*.go`, each a Go file of its own.

use std::collections::BTreeSet;

/// A file of `parts/`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part(&'static str);

/// `main` and its flags.
pub const MAIN: Part = Part(include_str!("../parts/main.go"));
/// Loading a program, and the verifier's log beside the source.
pub const LOAD: Part = Part(include_str!("../parts/load.go"));
/// Types of functions.
pub const FUNCTION: Part = Part(include_str!("../parts/function.go"));
/// What can be done about an error of the kernel.
pub const ADVISE: Part = Part(include_str!("../parts/advise.go"));
/// Choosing constants by flags.
pub const CONSTANT: Part = Part(include_str!("../parts/constant.go"));
/// Creating a map.
pub const MAPS: Part = Part(include_str!("../parts/maps.go"));
/// Printing the entries of a map.
pub const PRINT: Part = Part(include_str!("../parts/print.go"));
/// Values as text.
pub const SHOW: Part = Part(include_str!("../parts/show.go"));
/// Following a ring buffer.
pub const RING: Part = Part(include_str!("../parts/ring.go"));
/// Finding tracefs.
pub const TRACEFS: Part = Part(include_str!("../parts/tracefs.go"));
/// Attaching to a tracepoint.
pub const TRACEPOINT: Part = Part(include_str!("../parts/tracepoint.go"));
/// Attaching to a network interface.
pub const XDP: Part = Part(include_str!("../parts/xdp.go"));
/// Following the kernel's trace output.
pub const TRACE: Part = Part(include_str!("../parts/trace.go"));

impl Part {
    /// The paths that the part imports.
    fn imports(self) -> impl Iterator<Item = &'static str> {
        let header = self.0.split_once("\n)\n").map_or("", |(header, _)| header);
        header.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
    }

    /// The declarations of the part.
    pub fn declarations(self) -> &'static str {
        self.0.split_once("\n)\n").map_or("", |(_, rest)| rest.trim_start_matches('\n'))
    }
}

/// The import declaration for `parts` and for `paths`: first those of the standard library, then the others.
pub fn imports(parts: &[Part], paths: &[&'static str]) -> String {
    let all: BTreeSet<&str> =
        parts.iter().flat_map(|part| part.imports()).chain(paths.iter().copied()).collect();
    let is_foreign = |path: &&str| path.split('/').next().is_some_and(|host| host.contains('.'));
    let (foreign, standard): (Vec<&str>, Vec<&str>) = all.into_iter().partition(is_foreign);
    let block = |paths: Vec<&str>| -> String { paths.iter().map(|path| format!("\t\"{path}\"\n")).collect() };
    format!("import (\n{}\n{})\n", block(standard), block(foreign))
}
