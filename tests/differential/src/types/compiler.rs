//! The Go compiler's words, where they are not those of go/types.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use gobpf_tests::go::{self, Module};

/// Packages that mutants may import, beside the SDK.
const PACKAGES: &[&str] = &[
    "bytes",
    "cmp",
    "encoding/binary",
    "fmt",
    "iter",
    "math/bits",
    "slices",
    "strings",
    "sync/atomic",
    "syscall",
    "time",
    "unsafe",
    "github.com/miekg/bpf",
];

/// The compiler proper, with the export data of what may be imported.
pub struct Compiler {
    module: Module,
    program: PathBuf,
}

impl Compiler {
    /// Prepares it.
    ///
    /// # Errors
    /// Go can't build the packages.
    pub fn new() -> Result<Compiler, String> {
        let module = Module::new()?;
        let format = "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}";
        let mut arguments = vec!["list", "-export", "-deps", "-f", format];
        arguments.extend(PACKAGES);
        let config = go::go(module.path(), &arguments)?;
        module.write("importcfg", &config)?;
        let program = PathBuf::from(go::go(module.path(), &["tool", "-n", "compile"])?.trim());
        Ok(Compiler { module, program })
    }

    /// The words of the errors in `text`, by line.
    ///
    /// # Errors
    /// The compiler can't be started.
    pub fn ask(&self, text: &str) -> Result<BTreeMap<u32, BTreeSet<String>>, String> {
        self.module.write("f.go", text)?;
        let mut command = Command::new(&self.program);
        command.args(["-e", "-p", "f", "-importcfg", "importcfg", "-o", "f.o", "f.go"]);
        let output = command.current_dir(self.module.path()).output();
        let output = output.map_err(|error| format!("{}: {error}", self.program.display()))?;
        Ok(read(&String::from_utf8_lossy(&output.stdout)))
    }
}

fn read(said: &str) -> BTreeMap<u32, BTreeSet<String>> {
    let mut lines: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    let mut last: Option<(u32, String)> = None;
    let mut put = |last: &mut Option<(u32, String)>| {
        if let Some((line, words)) = last.take() {
            lines.entry(line).or_default().insert(words);
        }
    };
    for line in said.lines() {
        if let (Some((_, words)), true) = (&mut last, line.starts_with('\t')) {
            // What explains an error from another place is no part of its words.
            if !line.starts_with("\tf.go:") {
                words.push('\n');
                words.push_str(line);
            }
            continue;
        }
        put(&mut last);
        // Some errors have no line.
        if !line.starts_with("f.go:") {
            last = (!line.is_empty()).then(|| (0, line.to_owned()));
            continue;
        }
        let mut parts = line.strip_prefix("f.go:").unwrap_or_default().splitn(3, ':');
        let (number, rest) = (parts.next().and_then(|number| number.parse().ok()), parts.nth(1));
        last = number.zip(rest.map(|rest| rest.trim_start().to_owned()));
    }
    put(&mut last);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_may_have_several_lines() {
        let said = "f.go:3:5: not enough arguments in call to f\n\thave ()\n\twant (int)\nf.go:4:2: x redeclared\n\tf.go:3:2: other\n";
        let lines = read(said);
        assert_eq!(lines.len(), 2);
        assert!(lines[&3].contains("not enough arguments in call to f\n\thave ()\n\twant (int)"));
        assert!(lines[&4].contains("x redeclared"));
        let lines = read("300 overflows uint8\nf.go:4:2: x redeclared\n");
        assert!(lines[&0].contains("300 overflows uint8"));
        assert!(lines[&4].contains("x redeclared"));
    }
}
