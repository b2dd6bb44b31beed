//! Function bodies that an earlier check has seen: they aren't checked again where nothing else has changed.
//!
//! What a body means follows from its own text and from the package without the bodies of its functions, the
//! [`Environment`]. While that is the same, a function is taken from its [`Record`]: its HIR, and what its check asked of
//! the checker, which is asked again in the same order. Bodies with errors have no record, and neither have those that
//! make instances of generic functions or of the module's generic types.

use std::sync::Arc;

use gobpf_bpf::KernelVersion;
use gobpf_source::Place;
use gobpf_syntax::ast::{Decl, DeclKind, File, FuncDecl};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use smol_str::SmolStr;

use crate::checker::{Checker, Resolved};
use crate::hir::{Argument, ExprKind, Function, FunctionId, GlobalId, MapId, Stmt, StmtKind, Types};
use crate::symbols::{Index, Loaded, Package, SymbolId};
use crate::visit;
use crate::{Import, Input, PackageFiles};

/// Types that edits may leave behind before everything is checked anew, in addition to as many as there were.
const MORE_TYPES: usize = 256;

/// What checks of one package have found in the bodies of its functions; see [`check_with`](crate::check_with).
#[derive(Debug, Default)]
pub struct Bodies {
    environment: Option<Environment>,
    records: HashMap<SymbolId, Record>,
    /// The types that the records speak of.
    types: Types,
    /// How many there were when the environment was new.
    types_at_first: usize,
    reused: usize,
}

/// All that bodies follow from but their own text. What it shares with a later one is compared by address.
#[derive(Debug)]
pub(crate) struct Environment {
    files: Vec<Arc<File>>,
    sdk: Vec<Arc<File>>,
    others: Vec<(SmolStr, PackageFiles)>,
    imports: Vec<(usize, SmolStr, Import)>,
    target: KernelVersion,
}

/// A body without errors.
#[derive(Debug)]
pub(crate) struct Record {
    decl: Arc<Decl>,
    function: Arc<Function>,
    /// The functions that were made of its literals.
    literals: Vec<(FunctionId, Arc<Function>)>,
    asked: Asked,
}

/// What the check of a body asked, and what it left behind.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    questions: Vec<Question>,
    known: HashSet<Question>,
    calls: Vec<(SymbolId, SymbolId, Place)>,
    variable_uses: Vec<(SymbolId, SymbolId, Place)>,
    imports: Vec<(usize, SmolStr)>,
    literals: Vec<FunctionId>,
    /// There is an error, or something that can't be asked again.
    is_lost: bool,
}

/// Something whose answer the checker remembers, and reports the errors of when it is first asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Question {
    Symbol(SymbolId),
    TypeParams(SymbolId),
    Function(SymbolId, FunctionId),
    Map(SymbolId, Option<MapId>),
    Global(SymbolId, Option<GlobalId>),
}

/// The records of a check: those of the one before, and its own.
#[derive(Default)]
pub(crate) struct Book {
    earlier: HashMap<SymbolId, Record>,
    made: HashMap<SymbolId, Record>,
    /// What the body that is being checked has asked.
    asked: Option<Asked>,
    reused: usize,
}

impl Bodies {
    /// How many bodies the last check took from the one before it.
    pub fn reused(&self) -> usize {
        self.reused
    }

    /// The records that hold in `environment`, and the types that they speak of.
    pub(crate) fn open(&mut self, environment: Environment) -> (Book, Types) {
        let holds = self.environment.as_ref().is_some_and(|known| known.is_same(&environment))
            && self.types.len() <= 2 * self.types_at_first + MORE_TYPES;
        self.environment = Some(environment);
        if !holds {
            *self = Bodies { environment: self.environment.take(), ..Bodies::default() };
        }
        let earlier = std::mem::take(&mut self.records);
        (Book { earlier, ..Book::default() }, std::mem::take(&mut self.types))
    }

    /// Keeps what a check has found.
    pub(crate) fn close(&mut self, book: Book, types: &Types) {
        if self.types_at_first == 0 {
            self.types_at_first = types.len();
        }
        self.types = types.clone();
        self.records = book.made;
        self.reused = book.reused;
    }
}

impl Environment {
    pub fn of(input: &Input<'_>, others: &[Loaded], index: &Index<'_>, target: KernelVersion) -> Environment {
        let mut imports: Vec<_> = index
            .files
            .iter()
            .enumerate()
            .filter(|(_, scope)| scope.package != Package::Sdk && !index.is_standard(scope.package))
            .flat_map(|(number, scope)| {
                let all = scope.imports.values().chain(&scope.dots);
                all.map(move |import| (number, import.path.clone(), import.kind))
            })
            .collect();
        imports.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        Environment {
            files: input.files.to_vec(),
            sdk: input.sdk.files.clone(),
            others: others.iter().map(|other| (other.path.clone(), Arc::clone(&other.files))).collect(),
            imports,
            target,
        }
    }

    fn is_same(&self, other: &Environment) -> bool {
        let same_files = |a: &[Arc<File>], b: &[Arc<File>]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Arc::ptr_eq(a, b) || same_but_bodies(a, b))
        };
        let same_package = |(a, b): (&(SmolStr, PackageFiles), &(SmolStr, PackageFiles))| {
            a.0 == b.0 && (Arc::ptr_eq(&a.1, &b.1) || same_files(&a.1, &b.1))
        };
        self.target == other.target
            && self.imports == other.imports
            && same_files(&self.files, &other.files)
            && same_files(&self.sdk, &other.sdk)
            && self.others.len() == other.others.len()
            && self.others.iter().zip(&other.others).all(same_package)
    }
}

/// The files declare the same, but for what is in the bodies of functions.
fn same_but_bodies(a: &File, b: &File) -> bool {
    let same = |a: &Decl, b: &Decl| match (&a.kind, &b.kind) {
        (DeclKind::Func(f), DeclKind::Func(g)) => a.directives == b.directives && same_but_body(f, g),
        _ => a.directives == b.directives && a.kind == b.kind,
    };
    a.id == b.id
        && a.decls.len() == b.decls.len()
        && a.decls.iter().zip(&b.decls).all(|(a, b)| Arc::ptr_eq(&a.decl, &b.decl) || same(&a.decl, &b.decl))
}

fn same_but_body(a: &FuncDecl, b: &FuncDecl) -> bool {
    a.name == b.name
        && a.receiver == b.receiver
        && a.type_params == b.type_params
        && a.signature == b.signature
        && a.body.is_some() == b.body.is_some()
}

impl Book {
    /// Something is asked whose answer the checker remembers.
    pub fn ask(&mut self, question: Question) {
        if let Some(asked) = &mut self.asked
            && asked.known.insert(question)
        {
            asked.questions.push(question);
        }
    }

    /// The body that is being checked has to be checked again.
    pub fn lose(&mut self) {
        if let Some(asked) = &mut self.asked {
            asked.is_lost = true;
        }
    }

    /// An import is used.
    pub fn import(&mut self, file: usize, name: &SmolStr) {
        if let Some(asked) = &mut self.asked {
            asked.imports.push((file, name.clone()));
        }
    }

    /// A function is made of a literal.
    pub fn literal(&mut self, function: FunctionId) {
        if let Some(asked) = &mut self.asked {
            asked.literals.push(function);
        }
    }
}

impl Checker<'_> {
    /// Checks the body of the function `id`, which has no type parameters, or takes it from an earlier check.
    pub fn check_plain(&mut self, id: SymbolId) {
        if let Some(record) = self.book.earlier.remove(&id)
            && self.declaration(id).is_some_and(|decl| Arc::ptr_eq(decl, &record.decl))
            && self.repeat(id, &record).is_some()
        {
            self.book.reused += 1;
            self.book.made.insert(id, record);
            return;
        }
        let (calls, uses) = (self.calls.len(), self.variable_uses.len());
        self.book.asked = Some(Asked::default());
        self.check_function(id, &[]);
        let Some(mut asked) = self.book.asked.take().filter(|asked| !asked.is_lost) else { return };
        asked.known = HashSet::default();
        asked.calls = self.calls.get(calls..).unwrap_or_default().to_vec();
        asked.variable_uses = self.variable_uses.get(uses..).unwrap_or_default().to_vec();
        let function = |id: FunctionId| self.functions.get(id.0 as usize).map(Arc::clone);
        let own = self.function_ids.get(&(id, Vec::new())).and_then(|id| function(*id));
        let literals = asked.literals.iter().filter_map(|id| Some((*id, function(*id)?))).collect();
        if let (Some(decl), Some(function)) = (self.declaration(id).map(Arc::clone), own) {
            self.book.made.insert(id, Record { decl, function, literals, asked });
        }
    }

    fn declaration(&self, id: SymbolId) -> Option<&Arc<Decl>> {
        let symbol = self.index.symbol(id)?;
        let scope = self.index.files.get(symbol.file)?;
        scope.file.decls.get(symbol.decl.index as usize).map(|placed| &placed.decl)
    }

    /// Does again what the check of the function `id` did; `None` where what it asked has another answer. Then the check
    /// itself asks the same once more.
    fn repeat(&mut self, id: SymbolId, record: &Record) -> Option<()> {
        let asked = &record.asked;
        let mut numbers = Numbers::default();
        for question in &asked.questions {
            match *question {
                Question::Symbol(symbol) => drop(self.resolve(symbol)),
                Question::TypeParams(symbol) => drop(self.type_params(symbol)),
                Question::Function(symbol, was) => {
                    numbers.functions.add(was, self.function_instance(symbol, &[]));
                }
                Question::Map(symbol, was) => numbers.maps.agree(was, crate::variables::map(self, symbol))?,
                Question::Global(symbol, was) => {
                    let Resolved::Var(ty) = self.resolve(symbol) else { return None };
                    numbers.globals.agree(was, crate::variables::global(self, symbol, ty))?;
                }
            }
        }
        let slot = *self.function_ids.get(&(id, Vec::new()))?;
        for (position, (was, _)) in record.literals.iter().enumerate() {
            numbers.functions.add(*was, FunctionId((self.functions.len() + position) as u32));
        }
        for (_, literal) in &record.literals {
            self.functions.push(numbers.applied(literal));
        }
        *self.functions.get_mut(slot.0 as usize)? = numbers.applied(&record.function);
        self.calls.extend(&asked.calls);
        self.variable_uses.extend(&asked.variable_uses);
        self.used_imports.extend(asked.imports.iter().cloned());
        Some(())
    }
}

/// The numbers that what a record speaks of has now.
#[derive(Default)]
struct Numbers {
    functions: Renamed<FunctionId>,
    maps: Renamed<MapId>,
    globals: Renamed<GlobalId>,
}

/// Numbers that have changed.
struct Renamed<T>(Vec<(T, T)>);

impl<T> Default for Renamed<T> {
    fn default() -> Self {
        Renamed(Vec::new())
    }
}

impl<T: Copy + PartialEq> Renamed<T> {
    fn add(&mut self, was: T, is: T) {
        if was != is {
            self.0.push((was, is));
        }
    }

    /// `None` where there is something now that wasn't, or the other way round.
    fn agree(&mut self, was: Option<T>, is: Option<T>) -> Option<()> {
        match (was, is) {
            (None, None) => Some(()),
            (Some(was), Some(is)) => {
                self.add(was, is);
                Some(())
            }
            _ => None,
        }
    }

    fn apply(&self, number: &mut T) {
        if let Some((_, is)) = self.0.iter().find(|(was, _)| was == number) {
            *number = *is;
        }
    }
}

impl Numbers {
    fn applied(&self, function: &Arc<Function>) -> Arc<Function> {
        if self.functions.0.is_empty() && self.maps.0.is_empty() && self.globals.0.is_empty() {
            return Arc::clone(function);
        }
        let mut function = Function::clone(function);
        self.apply(&mut function.body);
        function.defers.iter_mut().for_each(|deferred| self.apply(&mut deferred.body));
        Arc::new(function)
    }

    fn apply(&self, block: &mut [Stmt]) {
        visit::calls(block, &mut |callee| self.functions.apply(callee));
        visit::rewrite(block, &mut |expr| match &mut expr.kind {
            ExprKind::Global(global) => self.globals.apply(global),
            ExprKind::MapIndex { map, .. } => self.maps.apply(map),
            ExprKind::Sequence { stmts, .. } => self.apply_to_deletions(stmts),
            ExprKind::Helper { arguments, .. } => {
                for argument in arguments {
                    if let Argument::Map(map) = argument {
                        self.maps.apply(map);
                    }
                }
            }
            _ => {}
        });
        self.apply_to_deletions(block);
    }

    fn apply_to_deletions(&self, block: &mut [Stmt]) {
        visit::stmts(block, &mut |stmt| {
            if let StmtKind::MapDelete { map, .. } = &mut stmt.kind {
                self.maps.apply(map);
            }
        });
    }
}
