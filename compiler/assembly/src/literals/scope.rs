//! Names: what identifiers mean where a literal stands.

use gobpf_source::Place;
use gobpf_syntax::ast::{DeclKind, Expr, File};
use rustc_hash::FxHashMap;

use super::constants::Value;

const ASM: &str = "github.com/cilium/ebpf/asm";
const EBPF: &str = "github.com/cilium/ebpf";
const BTF: &str = "github.com/cilium/ebpf/btf";

/// The packages that a file imports, as far as they matter here.
#[derive(Default)]
pub struct Imports {
    asm: Vec<String>,
    asm_dot: bool,
    ebpf: Vec<String>,
    ebpf_dot: bool,
    btf: Vec<String>,
    math: Vec<String>,
}

impl Imports {
    /// Those of `file`.
    pub fn of(file: &File) -> Imports {
        let mut imports = Imports::default();
        for (_, decl) in file.iter() {
            let DeclKind::Import(specs) = &decl.kind else { continue };
            for spec in specs {
                let name = spec.name.as_ref().map(|name| name.name.as_str());
                let (names, dot, default) = match spec.path.as_str() {
                    ASM => (&mut imports.asm, Some(&mut imports.asm_dot), "asm"),
                    EBPF => (&mut imports.ebpf, Some(&mut imports.ebpf_dot), "ebpf"),
                    BTF => (&mut imports.btf, None, "btf"),
                    "math" => (&mut imports.math, None, "math"),
                    _ => continue,
                };
                match (name, dot) {
                    (Some("."), Some(dot)) => *dot = true,
                    (Some("."), None) => {}
                    (name, _) => names.push(name.unwrap_or(default).to_string()),
                }
            }
        }
        imports
    }

    /// Whether package `asm` is imported at all.
    pub fn has_asm(&self) -> bool {
        self.asm_dot || !self.asm.is_empty()
    }
}

/// Packages whose members are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Package {
    /// `github.com/cilium/ebpf/asm`
    Asm,
    /// `github.com/cilium/ebpf`
    Ebpf,
    /// `github.com/cilium/ebpf/btf`
    Btf,
    /// `math`
    Math,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Binding<'a> {
    /// A constant whose value is known, or why it isn't.
    Const(Option<Value>),
    /// A constant of the package, evaluated when it is used: constants may be declared in any order.
    PackageConst { value: &'a Expr, ty: Option<&'a Expr>, iota: u32 },
    /// A variable.
    Var(Variable<'a>),
    /// A parameter, a function, a type.
    Other,
}

/// A variable and what it starts with.
#[derive(Clone, Copy, Debug)]
pub struct Variable<'a> {
    /// The expression that gives its first value.
    pub init: Option<&'a Expr>,
    /// Where that stands; variables are told apart by it and by `index`.
    pub place: Place,
    /// Which of the expression's results it gets.
    pub index: usize,
}

/// The names in scope, innermost last; the first frame is the package's.
#[derive(Default)]
pub struct Scopes<'a> {
    frames: Vec<FxHashMap<&'a str, Binding<'a>>>,
}

impl<'a> Scopes<'a> {
    /// The package's frame alone.
    pub fn package() -> Scopes<'a> {
        Scopes { frames: vec![FxHashMap::default()] }
    }

    /// Enters a block.
    pub fn push(&mut self) {
        self.frames.push(FxHashMap::default());
    }

    /// Leaves a block.
    pub fn pop(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    /// Declares `name` in the innermost block.
    pub fn bind(&mut self, name: &'a str, binding: Binding<'a>) {
        if name == "_" || name.is_empty() {
            return;
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, binding);
        }
    }

    /// Whether the innermost block declares `name`.
    pub fn declared_here(&self, name: &str) -> bool {
        self.frames.last().is_some_and(|frame| frame.contains_key(name))
    }

    /// What `name` means; `package` looks at the package's names only.
    pub fn lookup(&self, name: &str, package: bool) -> Option<&Binding<'a>> {
        let frames = if package { self.frames.get(..1).unwrap_or_default() } else { &self.frames };
        frames.iter().rev().find_map(|frame| frame.get(name))
    }

    /// The package that identifier `name` stands for here.
    pub fn package_of(&self, imports: &Imports, name: &str, package: bool) -> Option<Package> {
        if self.lookup(name, package).is_some() {
            return None;
        }
        let is = |names: &[String]| names.iter().any(|known| known == name);
        match () {
            () if is(&imports.asm) => Some(Package::Asm),
            () if is(&imports.ebpf) => Some(Package::Ebpf),
            () if is(&imports.btf) => Some(Package::Btf),
            () if is(&imports.math) => Some(Package::Math),
            () => None,
        }
    }

    /// Packages that the unqualified, otherwise unknown `name` may come from.
    pub fn dot_imported(
        &self,
        imports: &Imports,
        name: &str,
        package: bool,
    ) -> impl Iterator<Item = Package> {
        let unbound = self.lookup(name, package).is_none();
        [(imports.asm_dot, Package::Asm), (imports.ebpf_dot, Package::Ebpf)]
            .into_iter()
            .filter(move |(dot, _)| *dot && unbound)
            .map(|(_, package)| package)
    }
}
