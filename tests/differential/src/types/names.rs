//! The exported names of the standard library's packages that we have declarations of: each is known, to be used in
//! kernel code or to be refused as native.

use gobpf_tests::files;
use gobpf_tests::go::{Module, go};

use super::compare;

/// Prints the exported names of the packages that it is given, each with its package.
const LISTER: &str = r#"package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"os"
)

func main() {
	source := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for _, path := range os.Args[1:] {
		found, err := source.Import(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, name := range found.Scope().Names() {
			if token.IsExported(name) {
				fmt.Println(path, name)
			}
		}
	}
}
"#;

/// Names that Go has and we don't know.
///
/// # Errors
/// Go can't be asked.
pub fn check() -> Result<Vec<String>, String> {
    let folder = files::root().join("compiler/types/std");
    let mut packages: Vec<String> = files::walk(&folder, "go")
        .into_iter()
        .filter_map(|(_, path)| Some(path.parent()?.strip_prefix(&folder).ok()?.to_str()?.to_owned()))
        .filter(|path| path != "unix") // not Go's own
        .collect();
    packages.sort();
    let module = Module::new()?;
    module.write("names/main.go", LISTER)?;
    let arguments: Vec<&str> =
        ["run", "./names"].into_iter().chain(packages.iter().map(String::as_str)).collect();
    let listed = go(module.path(), &arguments)?;
    let names: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once(' ')).collect();
    let mut faults = Vec::new();
    for package in &packages {
        let qualifier = package.rsplit('/').next().unwrap_or(package);
        let own = names.iter().filter(|(path, _)| path == package);
        let uses: String = own.map(|(_, name)| format!("\t_ = {qualifier}.{name}\n")).collect();
        if uses.is_empty() {
            faults.push(format!("Go lists no names of {package}"));
        }
        let text = format!(
            "package f\n\nimport (\n\t\"{package}\"\n\n\t\"github.com/miekg/bpf\"\n)\n\n\
             //bpf:section xdp\nfunc Use(ctx *bpf.XDP) bpf.XDPAction {{\n{uses}\treturn bpf.XDPPass\n}}\n"
        );
        let ours = compare::ask_ours(package, &text);
        let unknown = ours.errors().iter().filter(|error| error.words.starts_with("undefined: "));
        faults.extend(unknown.map(|error| format!("{package}: {}", error.words)));
    }
    Ok(faults)
}
