//! The state of one check, and the resolution of package-level names when they are first needed.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use gobpf_bpf::KernelVersion;
use gobpf_diagnostics::codes;
use gobpf_source::{DeclId, NodeId, Place};
use gobpf_syntax::ast;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use smol_str::SmolStr;

use crate::bodies::{Book, Question};
use crate::circles::Circles;
use crate::constant::Value;
use crate::constraints::Shown;
use crate::context::Cx;
use crate::error::{TypeError, Why};
use crate::hir;
use crate::symbols::{Index, Package, SymbolId, SymbolKind};
use crate::ty::{Kind, Named, NamedId, Signature, Ty, Types};

/// What a symbol turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Resolved {
    Const(Value, Ty),
    Type(Ty),
    Var(Ty),
    Func(Rc<Signature>),
    /// Something with an error, already reported.
    Error,
}

/// What is known of the declaration of a generic alias.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alias {
    /// It is being looked at, within so many declared types.
    Looked(u32),
    Sound,
    /// It stands for nothing, because of an error.
    Broken,
    /// It stands for itself.
    Circular,
}

/// Something in the declaration of `owner` that is looked at when the types that it is made of are complete.
struct Later {
    owner: SymbolId,
    what: Incomplete,
    place: Place,
}

/// What is looked at then.
pub(crate) enum Incomplete {
    /// Type arguments of an instance of `generic`, which stand at `nodes`.
    Instance { generic: SymbolId, arguments: Vec<Ty>, nodes: Vec<NodeId> },
    /// The type of a map's keys.
    MapKey(Ty),
}

/// The state of one check. Functions are checked once, with pointers whose memory isn't known yet; `provenance.rs`
/// makes the final ones from these.
pub(crate) struct Checker<'a> {
    pub index: Index<'a>,
    pub types: Types,
    pub target: KernelVersion,
    pub hir: hir::Types,
    pub errors: Vec<TypeError>,
    reported: HashSet<(DeclId, NodeId, (bool, bool))>,
    pub resolved: HashMap<SymbolId, Resolved>,
    in_progress: Vec<SymbolId>,
    /// Instances of generic types that are being made, each for the one before.
    pub instances: u32,
    /// What is looked at when it is complete.
    later: Vec<Later>,
    pub aliases: HashMap<SymbolId, Alias>,
    /// How many declared types are being looked at, each within the one before: a type may be made of itself through one.
    pub declared_types: u32,
    /// Structs that hold themselves, once one has been found.
    pub circles: Option<Rc<Circles>>,
    /// Types that point to themselves, of which that has been said.
    pub recurring: HashSet<Ty>,
    /// Generic types that are made of themselves: nothing is known of their instances.
    pub circular: HashSet<SymbolId>,
    /// Interfaces that embed themselves, while they are being looked at.
    pub embedded_in_itself: HashSet<SymbolId>,
    /// Package variables whose initial values are being looked at.
    pub initialising: Vec<SymbolId>,
    pub lowered: HashMap<Ty, hir::TypeId>,
    pub functions: Vec<Arc<hir::Function>>,
    pub function_ids: HashMap<(SymbolId, Vec<Ty>), hir::FunctionId>,
    /// Type parameters of generic declarations.
    pub generic_params: HashMap<SymbolId, Vec<Ty>>,
    /// Generic declarations whose constraints are being looked at.
    pub constraining: Vec<SymbolId>,
    /// Constraints of type parameters as they are written.
    pub constraint_names: HashMap<Ty, Shown>,
    /// Generic functions whose bodies were checked with their type parameters as they are.
    pub checked_abstractly: HashSet<SymbolId>,
    /// Generic functions that are called with arguments which don't say what their type arguments are.
    pub uninstantiated: Vec<SymbolId>,
    /// Such a check is under way: only Go's rules matter.
    pub is_abstract: bool,
    /// The check of an instance of a generic function is under way: only what the kernel can't have matters.
    pub is_instance: bool,
    /// What the functions that were made of literals capture.
    pub captures: HashMap<hir::FunctionId, Vec<crate::closure::Capture>>,
    pub queue: VecDeque<(SymbolId, Vec<Ty>)>,
    /// Calls from function to function, with the place of the call.
    pub calls: Vec<(SymbolId, SymbolId, Place)>,
    /// Uses of package variables by functions, with their places.
    pub variable_uses: Vec<(SymbolId, SymbolId, Place)>,
    /// Names of maps and globals of other packages.
    names_of_others: HashSet<SmolStr>,
    pub maps: Vec<hir::Map>,
    pub map_ids: HashMap<SymbolId, Option<hir::MapId>>,
    /// Types of pointers to contexts, as they are laid out.
    pub context_types: HashSet<hir::TypeId>,
    /// Names of imports that kernel code uses, by the number of their file; paths of those without names.
    pub used_imports: HashSet<(usize, SmolStr)>,
    pub globals: Vec<hir::Global>,
    pub global_ids: HashMap<SymbolId, Option<hir::GlobalId>>,
    /// First values of variables that are read by them.
    pub tables: HashMap<SymbolId, Option<hir::Expr>>,
    /// What is known of bodies from earlier checks, and kept for later ones: it hears of all that bodies ask here.
    pub book: Book,
}

impl<'a> Checker<'a> {
    pub fn new(index: Index<'a>, target: KernelVersion) -> Self {
        Checker {
            index,
            types: Types::new(),
            target,
            hir: hir::Types::default(),
            errors: Vec::new(),
            reported: HashSet::default(),
            resolved: HashMap::default(),
            in_progress: Vec::new(),
            instances: 0,
            later: Vec::new(),
            aliases: HashMap::default(),
            declared_types: 0,
            circles: None,
            recurring: HashSet::default(),
            circular: HashSet::default(),
            embedded_in_itself: HashSet::default(),
            initialising: Vec::new(),
            lowered: HashMap::default(),
            functions: Vec::new(),
            function_ids: HashMap::default(),
            generic_params: HashMap::default(),
            constraining: Vec::new(),
            constraint_names: HashMap::default(),
            checked_abstractly: HashSet::default(),
            uninstantiated: Vec::new(),
            is_abstract: false,
            is_instance: false,
            captures: HashMap::default(),
            queue: VecDeque::new(),
            calls: Vec::new(),
            variable_uses: Vec::new(),
            names_of_others: HashSet::default(),
            maps: Vec::new(),
            map_ids: HashMap::default(),
            context_types: HashSet::default(),
            used_imports: HashSet::default(),
            globals: Vec::new(),
            global_ids: HashMap::default(),
            tables: HashMap::default(),
            book: Book::default(),
        }
    }

    /// Reports `why` at `place`, unless something of its sort (against Go's rules, or for the kernel) has been reported
    /// there already, or it only follows from something that has.
    pub fn error(&mut self, place: Place, why: Why) {
        self.book.lose();
        let error = TypeError::new(place, why);
        let of_go = error.code().is_go_error();
        // Go's rules hold for generic functions as they are written, those of the kernel for their instances.
        if of_go == self.is_instance && (self.is_abstract || self.is_instance) {
            return;
        }
        if of_go && !self.errors.is_empty() && error.follows_from_another() {
            return;
        }
        // What Go doesn't have at all needs no word about the kernel.
        let by_go = [true, false].map(|sort| (place.decl, place.node, (true, sort)));
        if error.code().is_of_kernel() && by_go.iter().any(|key| self.reported.contains(key)) {
            return;
        }
        // A wrong number of values, or a literal, is wrong whatever is wrong with a part of it.
        let sort = (of_go, [codes::GB0207, codes::GB0215].contains(&error.code()));
        if self.reported.insert((place.decl, place.node, sort)) {
            self.errors.push(error);
        }
    }

    /// Something against Go's rules has been reported at `place`.
    pub fn has_go_error(&self, place: Place) -> bool {
        self.errors.iter().any(|error| error.place == place && error.code().is_go_error())
    }

    /// Forgets the errors after the first `count` that are none against Go's rules: something else is tried instead.
    pub fn keep_go_errors(&mut self, count: usize) {
        let new = self.errors.split_off(count.min(self.errors.len()));
        self.errors.extend(new.into_iter().filter(|error| error.code().is_go_error()));
    }

    /// Reports one more thing that is wrong at a place.
    pub fn another_error(&mut self, place: Place, why: Why) {
        self.book.lose();
        let error = TypeError::new(place, why);
        if !self.is_instance && !self.errors.contains(&error) && !error.follows_from_another() {
            self.errors.push(error);
        }
    }

    /// Does `f`, which looks at a declaration, with all errors counting, whatever use of it is being checked.
    pub fn in_declaration<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let outer = (self.is_abstract, self.is_instance);
        (self.is_abstract, self.is_instance) = (false, false);
        let result = f(self);
        (self.is_abstract, self.is_instance) = outer;
        result
    }

    /// What `id` is.
    pub fn resolve(&mut self, id: SymbolId) -> Resolved {
        self.book.ask(Question::Symbol(id));
        let Some(known) = self.resolved.get(&id).cloned() else {
            return self.in_declaration(|ck| ck.resolve_anew(id));
        };
        // A type may be made of itself where no variable or constant is between.
        match self.in_progress.contains(&id) && self.cycle_by_value(id) {
            true => Resolved::Error,
            false => known,
        }
    }

    /// `ty` is a type whose declaration is being looked at, or a type parameter whose constraint is.
    pub fn is_incomplete(&self, ty: Ty) -> bool {
        let is_its = |id: &SymbolId| self.generic_params.get(id).is_some_and(|params| params.contains(&ty));
        if self.constraining.iter().any(is_its) {
            return true;
        }
        let symbol = self.types.named_of(ty).filter(|named| named.underlying.is_none());
        symbol.and_then(|named| named.symbol).is_some_and(|id| self.in_progress.contains(&id))
    }

    /// `what`, which stands at `place`, is looked at when all that is being declared is.
    pub fn put_off(&mut self, what: Incomplete, place: Place) {
        let pending = self.constraining.iter().rev().chain(self.in_progress.iter().rev());
        let mut owners = pending.filter_map(|id| Some((*id, self.index.symbol(*id)?)));
        let owner = owners.find(|(_, symbol)| symbol.decl == place.decl);
        if let Some((owner, _)) = owner {
            self.later.push(Later { owner, what, place });
        }
    }

    /// What `id` is is being found out.
    pub fn is_in_progress(&self, id: SymbolId) -> bool {
        self.in_progress.contains(&id)
    }

    /// Reports a cycle of declarations that has types, and variables or constants; `id` is in progress. True where it
    /// is one.
    fn cycle_by_value(&mut self, id: SymbolId) -> bool {
        let start = self.in_progress.iter().position(|known| *known == id).unwrap_or_default();
        let cycle = self.in_progress.get(start..).unwrap_or_default();
        let symbols: Vec<_> = cycle.iter().filter_map(|id| self.index.symbol(*id)).collect();
        let has_type = symbols.iter().any(|symbol| matches!(symbol.kind, SymbolKind::Type(_)));
        let has_value = symbols
            .iter()
            .any(|symbol| matches!(symbol.kind, SymbolKind::Var { .. } | SymbolKind::Const { .. }));
        let first = symbols.iter().min_by_key(|symbol| (symbol.decl.file, symbol.decl.index, symbol.node));
        let Some(first) = first.filter(|_| has_type && has_value) else { return false };
        let (place, name) = (first.place(), first.name.clone());
        let why = match first.kind {
            SymbolKind::Type(_) => Why::Cycle { name, recursive_type: true, direct: false },
            _ => Why::DeclarationCycle { name },
        };
        self.in_declaration(|ck| ck.error(place, why));
        true
    }

    /// Since the alias `id` is being looked at, a type that is none has been met, and is known.
    fn is_within_declared_type(&self, id: SymbolId) -> bool {
        let start = self.in_progress.iter().position(|known| *known == id).unwrap_or_default();
        let mut inner = self.in_progress.iter().skip(start);
        inner.any(|id| {
            let kind = self.index.symbol(*id).map(|symbol| symbol.kind);
            let is_declared = matches!(kind, Some(SymbolKind::Type(spec)) if !spec.alias);
            is_declared && matches!(self.resolved.get(id), Some(Resolved::Type(_)))
        })
    }

    fn resolve_anew(&mut self, id: SymbolId) -> Resolved {
        let Some(symbol) = self.index.symbol(id).cloned() else { return Resolved::Error };
        if self.in_progress.contains(&id) {
            if let SymbolKind::Func(_) = symbol.kind {
                return Resolved::Func(Rc::default()); // in its own signature, nothing is known of it
            }
            if self.cycle_by_value(id) {
                return Resolved::Error;
            }
            if let SymbolKind::Type(spec) = symbol.kind
                && spec.alias
                && self.is_within_declared_type(id)
            {
                let ty = Cx::of_symbol(self, &symbol).type_expr(&spec.ty);
                let name = self.qualified(symbol.package, &symbol.name);
                return Resolved::Type(self.types.alias(name, ty));
            }
            let recursive_type = matches!(symbol.kind, SymbolKind::Type(_));
            let direct = self.in_progress.last() == Some(&id);
            self.error(symbol.place(), Why::Cycle { name: symbol.name.clone(), recursive_type, direct });
            if matches!(symbol.kind, SymbolKind::Type(spec) if spec.alias) {
                self.resolved.insert(id, Resolved::Error); // what it is made of says no more of it
            }
            return Resolved::Error;
        }
        self.in_progress.push(id);
        let resolved = match symbol.kind {
            SymbolKind::Const { ty, values, index, count, iota, inherited } => {
                let mut cx = Cx::of_symbol(self, &symbol);
                cx.iota = Some(iota);
                cx.check_constant_count(values.get(count), inherited, symbol.node);
                let name = ast::Ident { id: symbol.node, name: symbol.name.clone() };
                match cx.constant_spec(&name, ty, values.get(index), inherited) {
                    Some((value, ty)) => Resolved::Const(value, ty),
                    None => Resolved::Error,
                }
            }
            SymbolKind::Type(spec) => self.resolve_type(id, &symbol.name, spec),
            SymbolKind::Var { spec, index } => {
                let ty = Cx::of_symbol(self, &symbol).variable_type(spec, index);
                Resolved::Var(ty)
            }
            SymbolKind::Func(func) => {
                let mut cx = Cx::of_symbol(self, &symbol);
                Resolved::Func(Rc::new(cx.signature(&func.signature)))
            }
        };
        self.in_progress.retain(|pending| *pending != id);
        self.look_at_later();
        self.resolved.entry(id).or_insert(resolved).clone()
    }

    /// Looks at what was put off, where all that it waits for is known.
    pub fn look_at_later(&mut self) {
        if !self.in_progress.is_empty() || !self.constraining.is_empty() {
            return;
        }
        for later in std::mem::take(&mut self.later) {
            let Some(owner) = self.index.symbol(later.owner).cloned() else { continue };
            let mut cx = Cx::of_symbol(self, &owner);
            match later.what {
                Incomplete::Instance { generic, arguments, nodes } => {
                    cx.satisfied(generic, &arguments, &nodes, later.place.node);
                }
                Incomplete::MapKey(ty) => cx.check_map_key(ty, later.place.node),
            }
        }
    }

    fn resolve_type(&mut self, id: SymbolId, name: &SmolStr, spec: &'a ast::TypeSpec) -> Resolved {
        let Some(symbol) = self.index.symbol(id).cloned() else { return Resolved::Error };
        if spec.alias && spec.type_params.is_empty() {
            let ty = Cx::of_symbol(self, &symbol).type_expr(&spec.ty);
            let name = self.qualified(symbol.package, name);
            return Resolved::Type(self.types.alias(name, ty));
        }
        if !spec.type_params.is_empty() {
            return Resolved::Error; // generic types are resolved with their arguments
        }
        let named = Named {
            display: self.qualified(symbol.package, name),
            name: name.clone(),
            symbol: Some(id),
            arguments: Vec::new(),
            underlying: None,
        };
        let (named, ty) = self.types.declare(named);
        self.resolved.insert(id, Resolved::Type(ty)); // so that it may point to itself
        self.declared_types += 1;
        let mut underlying = Cx::of_symbol(self, &symbol).type_expr(&spec.ty);
        self.declared_types -= 1;
        if self.embedded_in_itself.remove(&id) {
            underlying = Types::UNKNOWN;
        }
        if let Some(first) = self.circle_of_names(underlying, ty) {
            let why = Why::Cycle { name: first.name.clone(), recursive_type: true, direct: false };
            self.error(first.place(), why);
            self.types.set_underlying(named, Types::UNKNOWN);
            let start = self.types.named_of(underlying).and_then(|named| named.symbol);
            self.resolved.extend(start.map(|start| (start, Resolved::Error)));
        } else if self.types.canon(underlying) != ty
            && self.contains(underlying, ty, 0)
            && let Some(structure) = self.circular(id, (ty, underlying))
        {
            self.types.set_underlying(named, structure);
        } else if let Some(first) =
            self.first_of_cycle(underlying, (named, ty)).filter(|first| *first != named)
        {
            let other = self.types.named(first).and_then(|first| self.index.symbol(first.symbol?)).cloned();
            if let Some(other) = other {
                let why = Why::Cycle { name: other.name.clone(), recursive_type: true, direct: false };
                self.error(other.place(), why);
            }
            self.types.set_underlying(named, underlying);
            self.types.set_underlying(first, Types::UNKNOWN);
        } else if self.contains(underlying, ty, 0) {
            let direct = self.contains_directly(underlying, ty);
            self.error(symbol.place(), Why::Cycle { name: name.clone(), recursive_type: true, direct });
            self.types.set_underlying(named, Types::UNKNOWN);
            if self.types.canon(underlying) == ty {
                self.resolved.insert(id, Resolved::Error);
            }
        } else {
            self.types.set_underlying(named, underlying);
        }
        Resolved::Type(ty)
    }

    /// `type a b` where `b` is declared, by one or more names, as `a`: the first of these.
    fn circle_of_names(&self, underlying: Ty, ty: Ty) -> Option<crate::symbols::Symbol<'a>> {
        let named = self.types.named_of(underlying).filter(|_| underlying != ty)?;
        if named.underlying.is_some() || !named.arguments.is_empty() {
            return None;
        }
        let start = self.in_progress.iter().position(|known| Some(*known) == named.symbol)?;
        let cycle = self.in_progress.get(start..).unwrap_or_default();
        let symbols = cycle.iter().filter_map(|id| self.index.symbol(*id));
        symbols.min_by_key(|symbol| (symbol.decl.file, symbol.decl.index, symbol.node)).cloned()
    }

    /// The same, with no other named type between.
    pub fn contains_directly(&self, outer: Ty, inner: Ty) -> bool {
        match self.types.kind(outer) {
            Kind::Array(element, _) => self.contains_directly(*element, inner),
            Kind::Struct(fields) => fields.iter().any(|field| self.contains_directly(field.ty, inner)),
            _ => self.types.canon(outer) == inner,
        }
    }

    /// Where a value of `outer`, the structure of `own`, would hold one of `own`: which of the types on that way is
    /// declared first. It is the one that has the error.
    fn first_of_cycle(&self, outer: Ty, own: (NamedId, Ty)) -> Option<NamedId> {
        let mut way = Vec::new();
        if !self.holds_by(outer, own.1, &mut way) {
            return None;
        }
        let place = |id: &NamedId| {
            let symbol = self.types.named(*id)?.symbol.filter(|_| self.is_plain(*id))?;
            self.index.symbol(symbol).map(|symbol| symbol.place())
        };
        way.push(own.0);
        way.into_iter().filter(|id| place(id).is_some()).min_by_key(|id| place(id))
    }

    /// It is no instance of a generic type.
    fn is_plain(&self, id: NamedId) -> bool {
        self.types.named(id).is_some_and(|named| named.arguments.is_empty())
    }

    /// A value of `outer` holds one of `inner`: by the types on `way`.
    fn holds_by(&self, outer: Ty, inner: Ty, way: &mut Vec<NamedId>) -> bool {
        if self.types.canon(outer) == inner {
            return true;
        }
        match self.types.kind(outer) {
            Kind::Array(element, _) => self.holds_by(*element, inner, way),
            Kind::Struct(fields) => fields.iter().any(|field| self.holds_by(field.ty, inner, way)),
            Kind::Named(id) if !way.contains(id) => {
                let Some(underlying) = self.types.named(*id).and_then(|named| named.underlying) else {
                    return false;
                };
                way.push(*id);
                let leads = self.holds_by(underlying, inner, way);
                if !leads {
                    way.pop();
                }
                leads
            }
            _ => false,
        }
    }

    /// A value of `outer` would hold one of `inner` without a pointer between.
    pub fn contains(&self, outer: Ty, inner: Ty, depth: u32) -> bool {
        if self.types.canon(outer) == inner || depth > 64 {
            return true;
        }
        match self.types.kind(outer) {
            Kind::Array(element, _) => self.contains(*element, inner, depth + 1),
            Kind::Struct(fields) => fields.iter().any(|field| self.contains(field.ty, inner, depth + 1)),
            Kind::Named(id) => match self.types.named(*id).and_then(|named| named.underlying) {
                Some(underlying) => self.contains(underlying, inner, depth + 1),
                None => false,
            },
            _ => false,
        }
    }

    /// The name that the map or global `symbol` has in the program: its own, or for those of other packages one that no
    /// other has.
    pub fn program_name(&mut self, symbol: &crate::symbols::Symbol<'_>) -> SmolStr {
        let Some(other) = self.index.other(symbol.package) else { return symbol.name.clone() };
        let base = format!("{}_{}", other.name, symbol.name);
        let mut name = SmolStr::new(&base);
        let mut number = 2;
        while self.index.lookup(Package::User, &name).is_some() || !self.names_of_others.insert(name.clone())
        {
            name = SmolStr::new(format!("{base}_{number}"));
            number += 1;
        }
        name
    }

    /// A name as messages of the user's package show it.
    pub fn qualified(&self, package: Package, name: &str) -> SmolStr {
        match package {
            Package::User => SmolStr::new(name),
            Package::Sdk => SmolStr::new(format!("bpf.{name}")),
            Package::Other(_) => match self.index.other(package) {
                Some(other) if self.index.shares_name(other) => {
                    SmolStr::new(format!("\"{}\".{name}", other.path))
                }
                other => SmolStr::new(format!("{}.{name}", other.map_or("", |other| other.name.as_str()))),
            },
        }
    }

    /// The import called `name` of the file with this number is used.
    pub fn use_import(&mut self, file: usize, name: SmolStr) {
        self.book.import(file, &name);
        self.used_imports.insert((file, name));
    }

    /// The function `id` is a part of the kernel side, with whatever type arguments.
    pub fn is_reached(&self, id: SymbolId) -> bool {
        self.function_ids.keys().any(|(known, _)| *known == id) || self.checked_abstractly.contains(&id)
    }

    /// A place in the arena for the function `id`.
    pub fn new_function(&mut self, id: SymbolId, name: SmolStr) -> hir::FunctionId {
        let function = hir::FunctionId(self.functions.len() as u32);
        let (decl, name_node) = match self.index.symbol(id) {
            Some(symbol) => (symbol.decl, symbol.node),
            None => (DeclId { file: gobpf_source::FileId(0), index: 0 }, NodeId(0)),
        };
        self.functions.push(Arc::new(hir::Function {
            name,
            decl,
            name_node,
            params: Vec::new(),
            results: Vec::new(),
            result_locals: Vec::new(),
            locals: Vec::new(),
            body: Vec::new(),
            defers: Vec::new(),
            inlining: hir::Inlining::Automatic,
            callees: Vec::new(),
            nodes: 0,
        }));
        function
    }

    /// A function that is not declared: one that was made of a literal.
    pub fn add_literal(&mut self, function: hir::Function) -> hir::FunctionId {
        let id = hir::FunctionId(self.functions.len() as u32);
        self.functions.push(Arc::new(function));
        self.book.literal(id);
        id
    }

    /// A name with that of its package, unless that is the user's.
    fn dotted(&self, package: Package, name: &str) -> SmolStr {
        match self.index.package_name(package) {
            Some(of) => SmolStr::new(format!("{of}.{name}")),
            None => SmolStr::new(name),
        }
    }

    /// `f` or `T.m`.
    pub fn function_name(&self, id: SymbolId) -> SmolStr {
        let Some(symbol) = self.index.symbol(id) else { return SmolStr::default() };
        match symbol.kind {
            SymbolKind::Func(ast::FuncDecl { receiver: Some(receiver), .. }) => {
                let ty = crate::symbols::receiver_name(&receiver.ty).unwrap_or_default();
                self.dotted(symbol.package, &format!("{ty}.{}", symbol.name))
            }
            _ => self.dotted(symbol.package, &symbol.name),
        }
    }
}
