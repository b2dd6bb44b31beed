//! What packages declare: one symbol for each name, found before anything is resolved.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use gobpf_source::{DeclId, NodeId, Place};
use gobpf_syntax::ast::{
    ConstSpec, Decl, DeclKind, Directive, Expr, ExprKind, File, FuncDecl, Ident, TypeSpec, VarSpec,
};
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;

use crate::error::Why;
use crate::{Import, PackageFiles};

/// Index of a [`Symbol`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct SymbolId(pub u32);

/// A package of a check.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Package {
    /// The package that is checked.
    User,
    /// The SDK.
    Sdk,
    /// A package of the standard library or of the module: an index into [`Index::others`].
    Other(u16),
}

/// A package with its files.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub path: SmolStr,
    pub files: PackageFiles,
    standard: bool,
}

/// The packages that are imported, by the package that is checked or by each other.
pub(crate) fn others(input: &crate::Input<'_>) -> Vec<Loaded> {
    let mut loaded: Vec<Loaded> = Vec::new();
    let mut wanted: Vec<SmolStr> = vec![crate::standard::UTF8.into()];
    let want = |files: &[Arc<File>], wanted: &mut Vec<SmolStr>| {
        for decl in files.iter().flat_map(|file| &file.decls) {
            let DeclKind::Import(specs) = &decl.decl.kind else { continue };
            for spec in specs {
                if !wanted.contains(&spec.path) {
                    wanted.push(spec.path.clone());
                }
            }
        }
    };
    want(input.files, &mut wanted);
    let mut next = 0;
    while let Some(path) = wanted.get(next).cloned() {
        next += 1;
        let known = input.sdk.standard.iter().find(|known| known.path == path);
        let (files, standard) = match (known, (input.imports)(&path)) {
            (Some(known), Import::Standard) => (Some(known.files()), true),
            (Some(known), _) if path == crate::standard::UTF8 => (Some(known.files()), true),
            (Some(known), Import::Other) if path == crate::standard::UNIX => (Some(known.files()), true),
            (_, Import::Other) => ((input.packages)(&path), false),
            _ => (None, false),
        };
        let Some(files) = files else { continue };
        want(&files, &mut wanted);
        loaded.push(Loaded { path, files, standard });
    }
    loaded
}

/// A package that is imported.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub path: SmolStr,
    pub name: SmolStr,
    /// It is one of the standard library.
    pub standard: bool,
}

/// A package-level name, or a method.
#[derive(Clone, Debug)]
pub(crate) struct Symbol<'a> {
    pub name: SmolStr,
    pub package: Package,
    /// Index into [`Index::files`].
    pub file: usize,
    pub decl: DeclId,
    pub node: NodeId,
    pub directives: Vec<&'a Directive>,
    pub kind: SymbolKind<'a>,
}

/// What a symbol is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SymbolKind<'a> {
    /// The `index`-th name of a line; type and values may be those of an earlier line.
    Const {
        ty: Option<&'a Expr>,
        values: &'a [Expr],
        index: usize,
        /// How many names the line has.
        count: usize,
        iota: u32,
        /// Type and values are those of an earlier line.
        inherited: bool,
    },
    Type(&'a TypeSpec),
    /// The `index`-th name of a line.
    Var {
        spec: &'a VarSpec,
        index: usize,
    },
    Func(&'a FuncDecl),
}

impl Symbol<'_> {
    pub fn place(&self) -> Place {
        Place { decl: self.decl, node: self.node }
    }

    /// The arguments of its `//bpf:name` directive.
    /// It is declared as an interface.
    pub fn is_interface(&self) -> bool {
        matches!(self.kind, SymbolKind::Type(spec) if matches!(spec.ty.kind, ExprKind::InterfaceType(_)))
    }

    /// It is a method.
    pub fn is_method(&self) -> bool {
        matches!(self.kind, SymbolKind::Func(func) if func.receiver.is_some())
    }

    pub fn directive(&self, name: &str) -> Option<&str> {
        self.directives
            .iter()
            .find(|directive| directive.namespace == "bpf" && directive.name == name)
            .map(|directive| directive.arguments.as_str())
    }
}

/// An import of a file.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    pub path: SmolStr,
    pub kind: Import,
    pub alias: Option<SmolStr>,
    pub place: Place,
}

impl Imported {
    /// Nothing uses it.
    pub fn unused(&self) -> Why {
        Why::ImportNotUsed { path: self.path.clone(), alias: self.alias.clone() }
    }
}

/// A file and its imports by name.
#[derive(Debug)]
pub(crate) struct FileScope<'a> {
    pub package: Package,
    pub file: &'a File,
    pub imports: HashMap<SmolStr, Imported>,
    /// Imports in source order, and the names that they give themselves.
    listed: Vec<(SmolStr, Imported)>,
    /// Imports whose names are those of earlier ones, with the places of these.
    pub repeated: Vec<(SmolStr, Imported, Place)>,
    /// The SDK is imported with `.`.
    pub dot_sdk: bool,
    /// What is imported with `.`.
    pub dots: Vec<Imported>,
}

/// All names of both packages.
#[derive(Default, Debug)]
pub(crate) struct Index<'a> {
    pub symbols: Vec<Symbol<'a>>,
    pub files: Vec<FileScope<'a>>,
    scopes: HashMap<(Package, SmolStr), SymbolId>,
    methods: HashMap<(Package, SmolStr, SmolStr), SymbolId>,
    /// Names declared twice: the second, and the first.
    pub redeclared: Vec<(SymbolId, SymbolId)>,
    pub inits: Vec<SymbolId>,
    pub others: Vec<Other>,
}

impl<'a> Index<'a> {
    /// The names of the package that is checked, of the SDK, and of all that they import.
    pub fn of_input(input: &crate::Input<'a>, others: &'a [Loaded]) -> Self {
        let mut index = Index::default();
        index.add(Package::User, input.files, input.imports);
        index.add(Package::Sdk, &input.sdk.files, &|_| Import::Standard);
        for other in others {
            index.add_other(other, input.imports);
        }
        index.name_imports();
        index
    }

    fn add_other(&mut self, loaded: &'a Loaded, imports: &dyn Fn(&str) -> Import) {
        let Ok(number) = u16::try_from(self.others.len()) else { return };
        let name = loaded.files.first().map_or_else(SmolStr::default, |file| file.package_name().into());
        self.others.push(Other { path: loaded.path.clone(), name, standard: loaded.standard });
        let package = Package::Other(number);
        match loaded.standard {
            true => self.add(package, &loaded.files, &|_| Import::Standard),
            false => self.add(package, &loaded.files, imports),
        }
    }

    /// Imports without a name of their own have that of the package clause.
    fn name_imports(&mut self) {
        for scope in &mut self.files {
            for (name, import) in std::mem::take(&mut scope.listed) {
                let other = self.others.iter().find(|other| other.path == import.path);
                let name = match other {
                    Some(other) if import.alias.is_none() && import.kind != Import::Sdk => other.name.clone(),
                    _ => name,
                };
                match scope.imports.get(&name) {
                    Some(first) => scope.repeated.push((name, import, first.place)),
                    None => {
                        scope.imports.insert(name, import);
                    }
                }
            }
        }
    }

    /// The package that an import stands for, if its declarations are known.
    pub fn package_of(&self, kind: Import, path: &str) -> Option<Package> {
        match kind {
            Import::Sdk => Some(Package::Sdk),
            Import::Standard | Import::Other => {
                let number = self.others.iter().position(|other| other.path == path)?;
                u16::try_from(number).ok().map(Package::Other)
            }
            Import::Missing => None,
        }
    }

    /// The name that the package itself has.
    pub fn package_name(&self, package: Package) -> Option<SmolStr> {
        match package {
            Package::User => None,
            Package::Sdk => Some(SmolStr::new_static("bpf")),
            Package::Other(_) => self.other(package).map(|other| other.name.clone()),
        }
    }

    pub fn other(&self, package: Package) -> Option<&Other> {
        match package {
            Package::Other(number) => self.others.get(usize::from(number)),
            _ => None,
        }
    }

    /// The build has another package with the name of `other`: messages of Go tell them apart by their paths.
    pub fn shares_name(&self, other: &Other) -> bool {
        crate::standard::RUNTIME.contains(&other.name.as_str())
            || self.others.iter().any(|one| one.name == other.name && one.path != other.path)
    }

    /// It is a package of the standard library.
    pub fn is_standard(&self, package: Package) -> bool {
        self.other(package).is_some_and(|other| other.standard)
    }

    /// Adds the files of `package`.
    pub fn add(&mut self, package: Package, files: &'a [Arc<File>], imports: &dyn Fn(&str) -> Import) {
        for file in files {
            let file: &'a File = file;
            let number = self.files.len();
            self.files.push(FileScope {
                package,
                file,
                imports: HashMap::default(),
                listed: Vec::new(),
                repeated: Vec::new(),
                dot_sdk: false,
                dots: Vec::new(),
            });
            for (decl, node) in file.iter() {
                self.add_decl(package, number, decl, node, imports);
            }
        }
    }

    fn add_decl(
        &mut self,
        package: Package,
        file: usize,
        id: DeclId,
        decl: &'a Decl,
        imports: &dyn Fn(&str) -> Import,
    ) {
        let own: Vec<&'a Directive> = decl.directives.iter().collect();
        let mut add = |name: &Ident, directives: Vec<&'a Directive>, kind: SymbolKind<'a>| {
            let name_text = name.name.clone();
            let symbol = Symbol { name: name_text, package, file, decl: id, node: name.id, directives, kind };
            self.add_symbol(symbol);
        };
        match &decl.kind {
            DeclKind::Package(_) | DeclKind::Bad(_) => {}
            DeclKind::Import(specs) => {
                for spec in specs {
                    let kind = imports(&spec.path);
                    let place = Place { decl: id, node: spec.id };
                    let alias = spec.name.as_ref().map(|name| name.name.clone());
                    let Some(scope) = self.files.get_mut(file) else { continue };
                    match alias.as_deref() {
                        Some(".") => {
                            scope.dot_sdk |= kind == Import::Sdk;
                            scope.dots.push(Imported { path: spec.path.clone(), kind, alias: None, place });
                        }
                        Some("_") => {}
                        _ => {
                            let name = alias.clone().unwrap_or_else(|| package_name(&spec.path, kind));
                            let imported = Imported { path: spec.path.clone(), kind, alias, place };
                            scope.listed.push((name, imported));
                        }
                    }
                }
            }
            DeclKind::Const(specs) => {
                for (spec, ty, values) in with_repetition(specs) {
                    for (index, name) in spec.names.iter().enumerate() {
                        let inherited = spec.values.is_empty() && spec.ty.is_none();
                        let (iota, count) = (spec.iota, spec.names.len());
                        let kind = SymbolKind::Const { ty, values, index, count, iota, inherited };
                        add(name, own.clone(), kind);
                    }
                }
            }
            DeclKind::Type(specs) => {
                for spec in specs {
                    let directives = own.iter().copied().chain(&spec.directives).collect();
                    add(&spec.name, directives, SymbolKind::Type(spec));
                }
            }
            DeclKind::Var(specs) => {
                for spec in specs {
                    for (index, name) in spec.names.iter().enumerate() {
                        let directives = own.iter().copied().chain(&spec.directives).collect();
                        add(name, directives, SymbolKind::Var { spec, index });
                    }
                }
            }
            DeclKind::Func(func) => add(&func.name, own, SymbolKind::Func(func)),
        }
    }

    fn add_symbol(&mut self, symbol: Symbol<'a>) {
        let id = SymbolId(self.symbols.len() as u32);
        let (package, name) = (symbol.package, symbol.name.clone());
        let receiver = match symbol.kind {
            SymbolKind::Func(FuncDecl { receiver: Some(receiver), .. }) => Some(receiver_name(&receiver.ty)),
            _ => None,
        };
        self.symbols.push(symbol);
        if name == "_" || name.is_empty() {
            return;
        }
        let first = match receiver {
            Some(Some(ty)) => match self.methods.entry((package, ty, name)) {
                Entry::Occupied(first) => Some(*first.get()),
                Entry::Vacant(slot) => {
                    slot.insert(id);
                    None
                }
            },
            Some(None) => None,
            None if name == "init" => {
                self.inits.push(id);
                None
            }
            None => match self.scopes.entry((package, name)) {
                Entry::Occupied(first) => Some(*first.get()),
                Entry::Vacant(slot) => {
                    slot.insert(id);
                    None
                }
            },
        };
        if let Some(first) = first {
            self.redeclared.push((id, first));
        }
    }

    pub fn symbol(&self, id: SymbolId) -> Option<&Symbol<'a>> {
        self.symbols.get(id.0 as usize)
    }

    pub fn lookup(&self, package: Package, name: &str) -> Option<SymbolId> {
        self.scopes.get(&(package, SmolStr::new(name))).copied()
    }

    /// The exported name of `package` that is `name` but for the case of its letters.
    pub fn exported_like(&self, package: Package, name: &str) -> Option<SmolStr> {
        let mut found: Vec<&SmolStr> = self
            .of(package)
            .filter(|(_, symbol)| !matches!(symbol.kind, SymbolKind::Func(func) if func.receiver.is_some()))
            .map(|(_, symbol)| &symbol.name)
            .filter(|known| {
                known.starts_with(char::is_uppercase) && known.to_lowercase() == name.to_lowercase()
            })
            .collect();
        found.sort();
        found.first().map(|found| (*found).clone())
    }

    /// The names of the methods of `ty`.
    pub fn method_names<'i>(&'i self, package: Package, ty: &'i str) -> impl Iterator<Item = &'i SmolStr> {
        let of_type = move |known: &&(Package, SmolStr, SmolStr)| known.0 == package && known.1 == ty;
        self.methods.keys().filter(of_type).map(|(_, _, name)| name)
    }

    pub fn method(&self, package: Package, ty: &str, name: &str) -> Option<SymbolId> {
        self.methods.get(&(package, SmolStr::new(ty), SmolStr::new(name))).copied()
    }

    /// Symbols of `package` in source order.
    pub fn of(&self, package: Package) -> impl Iterator<Item = (SymbolId, &Symbol<'a>)> {
        self.symbols
            .iter()
            .enumerate()
            .filter(move |(_, symbol)| symbol.package == package)
            .map(|(index, symbol)| (SymbolId(index as u32), symbol))
    }
}

/// Each line of a `const` group with the type and values that hold for it.
pub(crate) fn with_repetition(
    specs: &[ConstSpec],
) -> impl Iterator<Item = (&ConstSpec, Option<&Expr>, &[Expr])> {
    let mut last: (Option<&Expr>, &[Expr]) = (None, &[]);
    specs.iter().map(move |spec| {
        if spec.ty.is_some() || !spec.values.is_empty() {
            last = (spec.ty.as_ref(), &spec.values);
        }
        (spec, last.0, last.1)
    })
}

/// The name that a package of `path` has unless its clause says otherwise, which only the SDK's is known to do.
fn package_name(path: &str, kind: Import) -> SmolStr {
    if kind == Import::Sdk {
        return SmolStr::new_static("bpf");
    }
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or_default();
    let is_version = last.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
    let name = if is_version { parts.next().unwrap_or(last) } else { last };
    SmolStr::new(name.split('.').next().unwrap_or(name))
}

/// The name of the field that embeds a type, which may be another package's.
pub(crate) fn embedded_name(ty: &Expr) -> Option<SmolStr> {
    match &ty.kind {
        ExprKind::Selector { name, .. } => Some(name.name.clone()),
        ExprKind::Star(inner) | ExprKind::Paren(inner) => embedded_name(inner),
        ExprKind::Index { operand, .. } => embedded_name(operand),
        _ => receiver_name(ty),
    }
}

/// The type's name in `T`, `*T` and `*T[K]`.
pub(crate) fn receiver_name(ty: &Expr) -> Option<SmolStr> {
    match &ty.kind {
        ExprKind::Star(inner) => base_name(inner),
        ExprKind::Paren(inner) => receiver_name(inner),
        _ => base_name(ty),
    }
}

fn base_name(ty: &Expr) -> Option<SmolStr> {
    match &ty.kind {
        ExprKind::Ident(name) => Some(name.clone()),
        ExprKind::Paren(inner) => base_name(inner),
        ExprKind::Index { operand, .. } => base_name(operand),
        _ => None,
    }
}
