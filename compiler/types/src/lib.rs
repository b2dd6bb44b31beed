//! Types: from the AST to the typed HIR, with Go's rules for names, constants and types.
//!
//! Only what programs reach is checked: the rest of a package is native Go and may use anything. Calls bind to the
//! kernel by the directives of the SDK's declarations, never by name. The room does no I/O.

mod assertions;
mod assign;
mod bodies;
mod bound;
mod builtin;
mod call;
mod callkind;
mod checker;
mod circles;
mod closure;
mod comparisons;
mod complete;
mod composite;
mod constant;
mod constraints;
mod context;
mod conversions;
mod convert;
mod declared;
mod defer;
mod describe;
mod display;
mod entry;
mod error;
mod expr;
mod fields;
mod function;
mod generic;
mod gomap;
mod helper_callbacks;
pub mod hir;
mod infer;
mod inlining;
mod instances;
mod interface;
mod intrinsic;
mod iterate;
mod labels;
mod layout;
mod member;
mod operators;
mod paths;
mod pointers;
mod print;
mod printk;
mod problems;
mod provenance;
mod range;
mod reach;
mod returns;
mod sdk;
mod slicing;
mod standard;
mod stmt;
mod substitute;
mod symbols;
mod tables;
mod targets;
mod ty;
mod typexpr;
mod unify;
mod unsafe_package;
mod uses;
mod values;
mod variables;
mod visit;
mod wording;

use std::sync::Arc;

use gobpf_bpf::KernelVersion;
use gobpf_source::DeclId;
use gobpf_syntax::ast;

pub use bodies::Bodies;
pub use constant::Misfit;
pub use error::{EntryProblem, FormatProblem, Idle, NotInKernel, ShiftProblem, TypeError, ValueCount, Why};
pub use paths::Step;
pub use print::print;
pub use sdk::Sdk;
pub use wording::{TEMPLATES, Template};

use bodies::Environment;
use checker::Checker;
use symbols::{Index, Package, SymbolId};

/// What a package is checked with.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The files of one package.
    pub files: &'a [Arc<ast::File>],
    /// The SDK.
    pub sdk: &'a Sdk,
    /// What an import path stands for.
    pub imports: &'a dyn Fn(&str) -> Import,
    /// The files of the package with an import path, build constraints applied, where the caller has them. Ids of files
    /// are unique over all packages.
    pub packages: &'a dyn Fn(&str) -> Option<PackageFiles>,
    /// The target kernel, instead of what `//bpf:kernel` says.
    pub target: Option<KernelVersion>,
}

/// The files of a package.
pub type PackageFiles = Arc<[Arc<ast::File>]>;

/// What an import path stands for; the caller resolves it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Import {
    /// The SDK.
    Sdk,
    /// A package of Go's standard library.
    Standard,
    /// Some other package.
    Other,
    /// There is no such package.
    Missing,
}

/// On which side a function runs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// An entry point.
    Program,
    /// Called by a program.
    Kernel,
    /// Ordinary Go.
    Native,
}

/// What a check gives.
#[derive(Debug)]
pub struct Checked {
    /// The kernel side. Complete where `errors` is empty.
    pub package: hir::Package,
    /// What is wrong, in source order.
    pub errors: Vec<TypeError>,
    /// The side of each function and method of the files.
    pub sides: Vec<(DeclId, Side)>,
    /// Functions, each with the declaration of a package variable that it uses.
    pub uses: Vec<(DeclId, DeclId)>,
    /// The package has something for us: it imports the SDK or has `//bpf:` directives.
    pub relevant: bool,
}

/// Checks a package.
pub fn check(input: Input<'_>) -> Checked {
    check_with(input, &mut Bodies::default())
}

/// Checks a package whose functions earlier checks may have seen, which are in `bodies`. What is found is the same.
pub fn check_with(input: Input<'_>, bodies: &mut Bodies) -> Checked {
    let others = symbols::others(&input);
    let index = Index::of_input(&input, &others);
    let setup = entry::setup(&index, input.target);
    let environment = Environment::of(&input, &others, &index, setup.target);
    let mut checker = Checker::new(index, setup.target);
    (checker.book, checker.hir) = bodies.open(environment);
    checker.errors = setup.errors;
    let mut programs = Vec::new();
    let entries: Vec<SymbolId> = setup.entries.iter().map(|entry| entry.symbol).collect();
    if setup.relevant {
        checker.check_redeclared();
        checker.check_started();
        programs.extend(setup.entries.iter().filter_map(|entry| checker.add_program(entry)));
        checker.check_reached();
        checker.check_methods();
        checker.check_initial_values();
        checker.check_inlining(&entries);
        checker.add_maps();
        checker.check_imports();
        checker.check_inits(programs.first().map(|program| program.name.clone()));
    }
    let acyclic = checker.check_recursion(&entries);
    let sides = sides(&checker, &entries);
    bodies.close(std::mem::take(&mut checker.book), &checker.hir);
    let generic = std::mem::take(&mut checker.functions);
    let mut package = hir::Package {
        types: std::mem::take(&mut checker.hir),
        programs,
        functions: Vec::new(),
        maps: std::mem::take(&mut checker.maps),
        globals: std::mem::take(&mut checker.globals),
        license: setup.license,
        target: checker.target,
    };
    if acyclic {
        provenance::specialise(&mut package, &generic, &mut checker.errors);
        complete::require(&mut package, &mut checker.errors);
    } else {
        package.functions = generic.into_iter().map(std::sync::Arc::unwrap_or_clone).collect();
    }
    checker.add_paths(&entries);
    let mut errors = std::mem::take(&mut checker.errors);
    // Go looks for instances without end where nothing else is wrong.
    let is_endless = |error: &TypeError| matches!(*error.why, Why::InstantiationCycle);
    if errors.iter().any(|error| error.code().is_go_error() && !is_endless(error)) {
        errors.retain(|error| !is_endless(error));
    }
    errors.sort_by_key(|error| error.place);
    let decl = |id: SymbolId| checker.index.symbol(id).map(|symbol| symbol.decl);
    let uses = checker.variable_uses.iter().filter_map(|(by, what, _)| Some((decl(*by)?, decl(*what)?)));
    let uses = uses.collect();
    Checked { package, errors, sides, uses, relevant: setup.relevant }
}

fn sides(checker: &Checker<'_>, entries: &[SymbolId]) -> Vec<(DeclId, Side)> {
    checker
        .index
        .of(Package::User)
        .filter(|(_, symbol)| matches!(symbol.kind, symbols::SymbolKind::Func(_)))
        .map(|(id, symbol)| {
            let side = match (entries.contains(&id), checker.is_reached(id)) {
                (true, _) => Side::Program,
                (false, true) => Side::Kernel,
                (false, false) => Side::Native,
            };
            (symbol.decl, side)
        })
        .collect()
}
