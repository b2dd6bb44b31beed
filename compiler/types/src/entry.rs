//! Entry points and the directives of a package.

use gobpf_bpf::KernelVersion;
use gobpf_bpf::tables::{KINDS, KindRow, ProgramKind};
use gobpf_source::{NodeId, Place};
use gobpf_syntax::ast::{DeclKind, Directive, FuncDecl};
use gobpf_syntax::directives::{self, Audience};
use smol_str::SmolStr;

use crate::checker::{Checker, Resolved};
use crate::error::{EntryProblem, TypeError, Why};
use crate::symbols::{FileScope, Index, Package, Symbol, SymbolId, SymbolKind};
use crate::ty::{Kind, Ty};
use crate::uses::Uses;
use crate::{Import, hir};

/// Where `main` runs in a file without directives.
const ORIGINAL_SECTION: &str = "tracepoint/syscalls/sys_enter_openat";

const DEFAULT_LICENSE: &str = "GPL";

/// What a user may write after `//bpf:`, and what it stands above.
const USER_DIRECTIVES: &[(&str, &str)] = &[
    ("section", "a function"),
    ("noinline", "a function"),
    ("global", "a function"),
    ("map", "a package variable of a map type"),
    ("license", "the package clause"),
    ("kernel", "the package clause"),
];

/// An entry point.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub symbol: SymbolId,
    pub section: SmolStr,
    pub kind: &'static KindRow,
}

/// What the directives of a package say.
#[derive(Debug)]
pub(crate) struct Setup {
    pub license: SmolStr,
    pub target: KernelVersion,
    pub entries: Vec<Entry>,
    pub errors: Vec<TypeError>,
    /// There is something for us at all.
    pub relevant: bool,
}

/// Reads the directives of the user's files.
pub(crate) fn setup(index: &Index<'_>, target: Option<KernelVersion>) -> Setup {
    let mut reader =
        Reader { license: None, kernel: None, entries: Vec::new(), errors: Vec::new(), any: false };
    let files = || index.files.iter().filter(|scope| scope.package == Package::User);
    for scope in files() {
        reader.file(scope);
    }
    for (id, symbol) in index.of(Package::User) {
        reader.section(id, symbol);
        reader.map(symbol);
    }
    let imports_sdk =
        files().any(|scope| scope.dot_sdk || scope.imports.values().any(|import| import.kind == Import::Sdk));
    if !reader.any
        && let Some(symbol) = original_main(index)
        && let Some(kind) = ProgramKind::of_section(ORIGINAL_SECTION)
    {
        reader.entries.push(Entry { symbol, section: SmolStr::new_static(ORIGINAL_SECTION), kind });
    }
    Setup {
        license: reader.license.map_or_else(|| SmolStr::new_static(DEFAULT_LICENSE), |(name, _)| name),
        target: target.or(reader.kernel.map(|(version, _)| version)).unwrap_or(KernelVersion::DEFAULT),
        entries: reader.entries,
        errors: reader.errors,
        relevant: imports_sdk || reader.any,
    }
}

struct Reader {
    license: Option<(SmolStr, Place)>,
    kernel: Option<(KernelVersion, Place)>,
    entries: Vec<Entry>,
    errors: Vec<TypeError>,
    any: bool,
}

/// What a directive stands above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    Package,
    Function,
    Other,
}

impl Reader {
    fn file(&mut self, scope: &FileScope<'_>) {
        for (decl, node) in scope.file.iter() {
            let above = match &node.kind {
                DeclKind::Package(_) => Above::Package,
                DeclKind::Func(_) => Above::Function,
                _ => Above::Other,
            };
            for directive in &node.directives {
                self.directive(directive, above, Place { decl, node: directive.id });
            }
            let inner: Vec<&Directive> = match &node.kind {
                DeclKind::Type(specs) => specs.iter().flat_map(|spec| &spec.directives).collect(),
                DeclKind::Var(specs) => specs.iter().flat_map(|spec| &spec.directives).collect(),
                _ => Vec::new(),
            };
            for directive in inner {
                self.directive(directive, Above::Other, Place { decl, node: directive.id });
            }
        }
        // Those that stand above nothing are syntax errors; the package has directives all the same.
        self.any |= scope.file.stray_directives.iter().any(|directive| directive.namespace == "bpf");
    }

    fn directive(&mut self, directive: &Directive, above: Above, place: Place) {
        if directive.namespace != "bpf" {
            return; // `//gobpf:ignore` is looked at where diagnostics are filtered
        }
        self.any = true;
        let name = directive.name.clone();
        let Some((_, belongs)) = USER_DIRECTIVES.iter().find(|(known, _)| *known == name) else {
            // Names that nobody knows are syntax errors.
            if let Some(known) = directives::known(&name) {
                let of_sdk = known.audience == Audience::Sdk;
                self.error(place, Why::ForeignDirective { name, of_sdk });
            }
            return;
        };
        let fits = match name.as_str() {
            "section" | "noinline" | "global" => above == Above::Function,
            "map" => above == Above::Other,
            _ => above == Above::Package,
        };
        if !fits {
            return self.error(place, Why::MisplacedDirective { name, belongs });
        }
        let arguments = directive.arguments.trim();
        match name.as_str() {
            "license" => self.set_license(arguments, place),
            "kernel" => self.set_kernel(arguments, place),
            "noinline" | "global" if !arguments.is_empty() => {
                self.malformed(&name, place, "nothing stands after it");
            }
            _ => {}
        }
    }

    fn error(&mut self, place: Place, why: Why) {
        self.errors.push(TypeError::new(place, why));
    }

    fn malformed(&mut self, name: &str, place: Place, expected: impl Into<String>) {
        let why = Why::MalformedDirective { name: name.into(), expected: expected.into() };
        self.error(place, why);
    }

    fn set_license(&mut self, text: &str, place: Place) {
        let text = text.trim_matches('"');
        if text.is_empty() || text.len() > 127 || !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return self.malformed("license", place, "a licence such as GPL or Dual MIT/GPL");
        }
        match &self.license {
            Some((_, first)) => {
                let why = Why::RepeatedDirective { name: "license".into(), first: *first };
                self.error(place, why);
            }
            None => self.license = Some((text.into(), place)),
        }
    }

    fn set_kernel(&mut self, text: &str, place: Place) {
        match (text.parse::<KernelVersion>(), self.kernel) {
            (Err(expected), _) => self.malformed("kernel", place, expected),
            (Ok(_), Some((_, first))) => {
                let why = Why::RepeatedDirective { name: "kernel".into(), first };
                self.error(place, why);
            }
            (Ok(version), None) => self.kernel = Some((version, place)),
        }
    }

    /// The `//bpf:map` directives above a symbol.
    fn map(&mut self, symbol: &Symbol<'_>) {
        let mut first = None;
        for directive in &symbol.directives {
            if directive.namespace != "bpf" || directive.name != "map" {
                continue;
            }
            let place = Place { decl: symbol.decl, node: directive.id };
            if let Some(first) = first {
                self.error(place, Why::RepeatedDirective { name: "map".into(), first });
                continue;
            }
            first = Some(place);
            let problem = match symbol.kind {
                SymbolKind::Var { .. } => crate::gomap::misplaced(symbol, directive),
                SymbolKind::Func(_) => None,
                _ => {
                    let belongs = "a package variable of a map type";
                    Some((place, Why::MisplacedDirective { name: "map".into(), belongs }))
                }
            };
            if let Some((place, why)) = problem {
                self.error(place, why);
            }
        }
    }

    /// The section of a function, if it has one.
    fn section(&mut self, id: SymbolId, symbol: &Symbol<'_>) {
        if !matches!(symbol.kind, SymbolKind::Func(_)) {
            return;
        }
        let mut first: Option<Place> = None;
        for directive in &symbol.directives {
            if directive.namespace != "bpf" || directive.name != "section" {
                continue;
            }
            let place = Place { decl: symbol.decl, node: directive.id };
            if let Some(first) = first {
                self.error(place, Why::RepeatedDirective { name: "section".into(), first });
                continue;
            }
            first = Some(place);
            let section = directive.arguments.trim();
            match ProgramKind::of_section(section) {
                Some(kind) => self.entries.push(Entry { symbol: id, section: section.into(), kind }),
                None => {
                    let why = Why::UnknownSection { section: section.into(), known: known_sections() };
                    self.error(place, why);
                }
            }
        }
    }
}

fn known_sections() -> Vec<String> {
    KINDS
        .iter()
        .map(|row| match row.target_parts {
            0 => row.section.to_owned(),
            parts => format!("{}{}", row.section, vec!["NAME"; parts].join("/")),
        })
        .collect()
}

/// `main` of a package without directives, if it calls the SDK, itself or through functions of the package.
fn original_main(index: &Index<'_>) -> Option<SymbolId> {
    let main = index.lookup(Package::User, "main")?;
    let symbol = index.symbol(main)?;
    let file = index.files.get(symbol.file)?;
    if file.file.package_name() != "main" {
        return None;
    }
    let mut seen = vec![main];
    let mut next = 0;
    while let Some(id) = seen.get(next).copied() {
        next += 1;
        let symbol = index.symbol(id)?;
        let SymbolKind::Func(_) = symbol.kind else { continue };
        let scope = index.files.get(symbol.file)?;
        let decl = scope.file.decls.get(symbol.decl.index as usize)?;
        let uses = Uses::of(&decl.decl);
        let is_sdk =
            |name: &SmolStr| scope.imports.get(name).is_some_and(|import| import.kind == Import::Sdk);
        let by_dot = |name: &SmolStr| {
            scope.dot_sdk
                && name.starts_with(char::is_uppercase)
                && index.lookup(Package::Sdk, name).is_some()
        };
        if uses.qualifiers.iter().any(is_sdk) || uses.names.iter().any(by_dot) {
            return Some(main);
        }
        for name in &uses.names {
            if let Some(callee) = index.lookup(Package::User, name)
                && !seen.contains(&callee)
            {
                seen.push(callee);
            }
        }
    }
    None
}

impl<'a> Checker<'a> {
    /// Checks the signature of an entry point and adds its program.
    pub fn add_program(&mut self, entry: &Entry) -> Option<hir::Program> {
        let symbol = self.index.symbol(entry.symbol)?.clone();
        let SymbolKind::Func(func) = symbol.kind else { return None };
        let function = self.function_instance(entry.symbol, &[]);
        if let Some((node, problem)) = self.entry_problem(entry, func) {
            let context = self.context_for(&entry.section).map_or_else(
                || format!("*bpf.{}", entry.kind.context),
                |ty| format!("*{}", self.types.display(ty)),
            );
            let why = Why::Entry { section: entry.section.clone(), context, problem };
            self.error(Place { decl: symbol.decl, node }, why);
        }
        Some(hir::Program {
            name: symbol.name.clone(),
            section: entry.section.clone(),
            kind: entry.kind.kind,
            function,
            place: symbol.place(),
        })
    }

    fn entry_problem(&mut self, entry: &Entry, func: &'a FuncDecl) -> Option<(NodeId, EntryProblem)> {
        if let Some(receiver) = &func.receiver {
            return Some((receiver.id, EntryProblem::Method));
        }
        if let Some(param) = func.type_params.first() {
            return Some((param.id, EntryProblem::Generic));
        }
        if func.body.is_none() {
            return Some((func.name.id, EntryProblem::NoBody));
        }
        let Resolved::Func(signature) = self.resolve(entry.symbol) else { return None };
        match signature.params.as_slice() {
            [] => {}
            [one] => {
                if !self.types.is_unknown(*one) && !self.is_context(*one, &entry.section) {
                    let found = self.types.display(*one);
                    let node = func.signature.params.first().map_or(func.name.id, |field| field.ty.id);
                    return Some((node, EntryProblem::Context { found }));
                }
            }
            several => return Some((func.signature.id, EntryProblem::Parameters { count: several.len() })),
        }
        match signature.results.as_slice() {
            [] => None,
            [one] => {
                let fits = self.types.integer(*one) == Some((32, true)) || self.types.is_unknown(*one);
                let node = func.signature.results.first().map_or(func.name.id, |field| field.ty.id);
                (!fits).then(|| (node, EntryProblem::ResultType { found: self.types.display(*one) }))
            }
            several => Some((func.signature.id, EntryProblem::Results { count: several.len() })),
        }
    }

    /// `ty` is a pointer to a context of programs in `section`.
    fn is_context(&mut self, ty: Ty, section: &str) -> bool {
        let Kind::Pointer(target) = self.types.kind(ty).clone() else { return false };
        let symbol = self.types.named_of(target).and_then(|named| named.symbol);
        let Some(symbol) = symbol.and_then(|id| self.index.symbol(id)) else { return false };
        let fits = symbol.package == Package::Sdk
            && symbol.directive("ctx").is_some_and(|context| holds_for(context, section));
        if fits {
            let lowered = crate::layout::lower(self, ty);
            self.context_types.insert(lowered);
        }
        fits
    }

    /// The context that fits `section` best: the one that names most of it.
    fn context_for(&mut self, section: &str) -> Option<Ty> {
        let (id, _) = self
            .index
            .of(Package::Sdk)
            .filter_map(|(id, symbol)| Some((id, symbol.directive("ctx")?)))
            .filter(|(_, context)| holds_for(context, section))
            .max_by_key(|(_, context)| context.len())?;
        match self.resolve(id) {
            Resolved::Type(ty) => Some(ty),
            _ => None,
        }
    }
}

/// A `//bpf:ctx` holds for one section, or for all that begin so where it ends in `/` or `_`.
fn holds_for(context: &str, section: &str) -> bool {
    match context.ends_with(['/', '_']) {
        true => section.starts_with(context),
        false => section == context,
    }
}
