//! A whole program: the file of the entry, another one of its package, and a package that it imports.

use std::collections::BTreeMap;

use gobpf_tests::generate::rng::Rng;

use super::archive;
use super::decl::RUNS;
use super::entry::Entry;
use super::r#gen::{Gen, MARK};
use super::types::{Int, Named, Var};

/// Packages of the standard library that programs use, by the name that they use them by.
const IMPORTS: &[(&str, &str)] = &[
    ("cmp", "cmp"),
    ("binary", "encoding/binary"),
    ("iter", "iter"),
    ("math", "math"),
    ("bits", "math/bits"),
    ("atomic", "sync/atomic"),
    ("time", "time"),
    ("utf8", "unicode/utf8"),
    ("unsafe", "unsafe"),
];
const SDK: &str = "github.com/miekg/bpf";
/// Where names of an imported package start, so that fields that are promoted keep apart.
const IMPORTED_NAMES: usize = 500;

/// A finished program.
pub struct Program {
    /// Its text, an archive where it has several files; names of its packages end with the mark.
    pub text: String,
    /// How many words it writes.
    pub slots: usize,
}

impl Gen {
    /// Writes a whole program.
    pub fn program(mut self) -> (Program, BTreeMap<&'static str, u64>) {
        if self.rng.chance(15) && self.on("tracepoints") {
            self.entry = if self.rng.chance(35) { Entry::SysExit } else { Entry::SysEnter };
        }
        let mut imported =
            (self.rng.chance(20) && self.on("imported packages")).then(|| self.imported_package());
        if self.rng.chance(25) && self.on("files of a package") {
            self.constants.push((format!("tune{MARK}"), None, BESIDE_VALUE));
            self.beside = true;
        }
        self.declarations();
        let entry = self.entry();
        let slots = self.slots.max(1);
        let mut before = format!("var Out{MARK} = bpf.Array[[{slots}]uint64]{{MaxEntries: {RUNS}}}\n\n");
        before.push_str(&self.entry.declarations());
        self.put_apart(&entry);
        let (beside, main): (Vec<String>, Vec<String>) =
            std::mem::take(&mut self.top).into_iter().partition(|_| self.beside && self.rng.chance(50));
        let main = format!("{before}{}\n\n{entry}\n", main.join("\n\n"));
        let beside = beside.join("\n\n");
        if let Some(package) = &mut imported {
            package.put_apart(&format!("{main}{beside}"));
        }
        let mut text = self.file("p", &main);
        if self.beside {
            text.push_str(&archive::line(archive::NEVER));
            text.push_str(&format!("package p\n\nconst tune{MARK} = {BESIDE_VALUE} + 1\n"));
            text.push_str(&archive::line(archive::BESIDE));
            let beside = format!("const tune{MARK} = {BESIDE_VALUE}\n\n{beside}\n");
            text.push_str(&self.file("p", &beside));
        }
        if let Some(mut package) = imported {
            let body = format!("{}\n", package.top.join("\n\n"));
            text.push_str(&archive::line(archive::IMPORTED));
            text.push_str(&self.file(&package.package, &body));
            for (feature, count) in std::mem::take(&mut package.used) {
                *self.used.entry(feature).or_default() += count;
            }
        }
        (Program { text, slots }, self.used)
    }

    /// Constants, types, globals and functions.
    fn declarations(&mut self) {
        self.constants_block();
        if self.rng.chance(50) && self.on("wide constants") {
            self.wide_constant();
        }
        for _ in 0..1 + self.rng.below(3) {
            self.named_type();
        }
        for _ in 0..1 + self.rng.below(3) {
            self.global();
        }
        if self.rng.chance(30) && self.on("constants of the loader") {
            self.loader_constant();
        }
        let functions = 1 + self.rng.below(3);
        for _ in 0..functions {
            self.function();
        }
    }

    /// A package to import. What it declares is known here from now on, by its full name.
    fn imported_package(&mut self) -> Gen {
        let rng = Rng::new(self.rng.bits(), 0);
        let mut package = Gen::new(rng, self.without.clone());
        package.package = archive::imported();
        package.exported = true;
        package.counter = IMPORTED_NAMES;
        package.declarations();
        let full = |name: &String| format!("{}.{name}", package.package);
        let named = |ty: &Named| {
            let values = ty.values.iter().map(full).collect();
            Named { name: full(&ty.name), values, ..ty.clone() }
        };
        self.types = package.types.iter().map(named).collect();
        self.texts = package.texts.iter().map(full).collect();
        self.globals =
            package.globals.iter().map(|var| Var { name: full(&var.name), ..var.clone() }).collect();
        self.constants =
            package.constants.iter().map(|(name, ty, value)| (full(name), *ty, *value)).collect();
        self.loaded = package.loaded.iter().map(|(name, int)| (full(name), *int)).collect();
        self.funcs = package.funcs.clone();
        for func in &mut self.funcs {
            func.name = full(&func.name);
        }
        package
    }

    /// A `bpf.Const`.
    fn loader_constant(&mut self) {
        let (name, int) = (self.global_name("k"), self.int());
        let value = self.literal(int);
        let default = if self.rng.chance(80) { format!("{{Default: {value}}}") } else { "{}".to_owned() };
        self.top.push(format!("var {name} = bpf.Const[{}]{default}", int.name));
        self.loaded.push((name, int));
    }

    /// A file with `body`, and with the imports that it needs.
    fn file(&mut self, package: &str, body: &str) -> String {
        let mut body = body.to_owned();
        let mut imports: Vec<String> = Vec::new();
        for (name, path) in IMPORTS {
            if !body.contains(&format!("{name}.")) {
                continue;
            }
            match self.rng.below(12) {
                0 if *name == "bits" && self.on("dot imports") => {
                    body = body.replace("bits.", "");
                    imports.push(format!(". \"{path}\""));
                }
                1 if *name != "iter" && self.on("renamed imports") => {
                    body = body.replace(&format!("{name}."), &format!("the{name}."));
                    imports.push(format!("the{name} \"{path}\""));
                }
                _ => imports.push(format!("\"{path}\"")),
            }
        }
        if body.contains(&format!("{}.", archive::imported())) {
            imports.push(format!("\"{}\"", archive::import_path()));
        }
        if body.contains("bpf.") {
            imports.push(format!("\"{SDK}\""));
        }
        let imports = match self.rng.chance(15) {
            true => imports.iter().map(|import| format!("import {import}\n")).collect(),
            false if imports.is_empty() => String::new(),
            false => format!("import (\n\t{}\n)\n", imports.join("\n\t")),
        };
        format!("package {package}\n\n{imports}\n{body}")
    }
}

/// The value of a constant that a file for another build declares otherwise.
const BESIDE_VALUE: i128 = 3;

/// A constant that the loader chooses: its name and its type.
pub type Loaded = (String, Int);
