//! The state of one check, and the resolution of package-level names when they are first needed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use gobpf_bpf::KernelVersion;
use gobpf_source::{DeclId, NodeId, Place};
use gobpf_syntax::ast;
use smol_str::SmolStr;

use crate::constant::Value;
use crate::context::Cx;
use crate::error::{TypeError, Why};
use crate::hir;
use crate::symbols::{Index, Package, SymbolId, SymbolKind};
use crate::ty::{Kind, Named, Signature, Ty, Types};

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

/// The state of one check. Functions are checked once, with pointers whose memory isn't known yet; `provenance.rs`
/// makes the final ones from these.
pub(crate) struct Checker<'a> {
    pub index: Index<'a>,
    pub types: Types,
    pub target: KernelVersion,
    pub hir: hir::Types,
    pub errors: Vec<TypeError>,
    reported: HashSet<(DeclId, NodeId)>,
    resolved: HashMap<SymbolId, Resolved>,
    in_progress: Vec<SymbolId>,
    pub lowered: HashMap<Ty, hir::TypeId>,
    pub functions: Vec<hir::Function>,
    pub function_ids: HashMap<(SymbolId, Vec<Ty>), hir::FunctionId>,
    /// Type parameters of generic declarations.
    pub generic_params: HashMap<SymbolId, Vec<Ty>>,
    /// Constraints of type parameters as they are written.
    pub constraint_names: HashMap<Ty, String>,
    /// Generic functions whose bodies were checked with their type parameters as they are.
    pub checked_abstractly: HashSet<SymbolId>,
    /// Such a check is under way: only Go's rules matter.
    pub is_abstract: bool,
    /// What the functions that were made of literals capture.
    pub captures: HashMap<hir::FunctionId, Vec<crate::closure::Capture>>,
    pub queue: VecDeque<(SymbolId, Vec<Ty>)>,
    /// Calls from function to function, with the place of the call.
    pub calls: Vec<(SymbolId, SymbolId, Place)>,
    pub maps: Vec<hir::Map>,
    pub map_ids: HashMap<SymbolId, Option<hir::MapId>>,
    /// Types of pointers to contexts, as they are laid out.
    pub context_types: HashSet<hir::TypeId>,
    pub globals: Vec<hir::Global>,
    pub global_ids: HashMap<SymbolId, Option<hir::GlobalId>>,
}

impl<'a> Checker<'a> {
    pub fn new(index: Index<'a>, target: KernelVersion) -> Self {
        Checker {
            index,
            types: Types::new(),
            target,
            hir: hir::Types::default(),
            errors: Vec::new(),
            reported: HashSet::new(),
            resolved: HashMap::new(),
            in_progress: Vec::new(),
            lowered: HashMap::new(),
            functions: Vec::new(),
            function_ids: HashMap::new(),
            generic_params: HashMap::new(),
            constraint_names: HashMap::new(),
            checked_abstractly: HashSet::new(),
            is_abstract: false,
            captures: HashMap::new(),
            queue: VecDeque::new(),
            calls: Vec::new(),
            maps: Vec::new(),
            map_ids: HashMap::new(),
            context_types: HashSet::new(),
            globals: Vec::new(),
            global_ids: HashMap::new(),
        }
    }

    /// Reports `why` at `place`, unless something has been reported there already.
    pub fn error(&mut self, place: Place, why: Why) {
        if self.reported.insert((place.decl, place.node)) {
            self.errors.push(TypeError { place, why: Box::new(why) });
        }
    }

    /// What `id` is.
    pub fn resolve(&mut self, id: SymbolId) -> Resolved {
        if let Some(resolved) = self.resolved.get(&id) {
            return resolved.clone();
        }
        let Some(symbol) = self.index.symbol(id).cloned() else { return Resolved::Error };
        if self.in_progress.contains(&id) {
            let recursive_type = matches!(symbol.kind, SymbolKind::Type(_));
            self.error(symbol.place(), Why::Cycle { name: symbol.name.clone(), recursive_type });
            return Resolved::Error;
        }
        self.in_progress.push(id);
        let resolved = match symbol.kind {
            SymbolKind::Const { ty, values, index, iota } => {
                let mut cx = Cx::of_symbol(self, &symbol);
                cx.iota = Some(iota);
                match cx.constant_spec(&symbol.name, symbol.node, ty, values.get(index)) {
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
        self.resolved.entry(id).or_insert(resolved).clone()
    }

    fn resolve_type(&mut self, id: SymbolId, name: &SmolStr, spec: &'a ast::TypeSpec) -> Resolved {
        let Some(symbol) = self.index.symbol(id).cloned() else { return Resolved::Error };
        if spec.alias {
            return Resolved::Type(Cx::of_symbol(self, &symbol).type_expr(&spec.ty));
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
        let underlying = Cx::of_symbol(self, &symbol).type_expr(&spec.ty);
        if self.contains(underlying, ty, 0) {
            self.error(symbol.place(), Why::Cycle { name: name.clone(), recursive_type: true });
            self.types.set_underlying(named, Types::UNKNOWN);
        } else {
            self.types.set_underlying(named, underlying);
        }
        Resolved::Type(ty)
    }

    /// A value of `outer` would hold one of `inner` without a pointer between.
    fn contains(&self, outer: Ty, inner: Ty, depth: u32) -> bool {
        if outer == inner || depth > 64 {
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

    /// The instance of the generic type `id` with `arguments`.
    pub fn instantiate(&mut self, id: SymbolId, arguments: &[Ty]) -> Ty {
        if let Some(known) = self.types.instance(id, arguments) {
            return self.types.intern(Kind::Named(known));
        }
        let Some(symbol) = self.index.symbol(id).cloned() else { return Types::UNKNOWN };
        let SymbolKind::Type(spec) = symbol.kind else { return Types::UNKNOWN };
        let list: Vec<_> = arguments.iter().map(|ty| self.types.display(*ty)).collect();
        let base = self.qualified(symbol.package, &symbol.name);
        let named = Named {
            display: SmolStr::new(format!("{base}[{}]", list.join(", "))),
            name: symbol.name.clone(),
            symbol: Some(id),
            arguments: arguments.to_vec(),
            underlying: None,
        };
        let (named, ty) = self.types.declare(named);
        self.types.add_instance(id, arguments, named);
        let mut cx = Cx::of_symbol(self, &symbol);
        cx.bind_type_params(&spec.type_params, arguments);
        let underlying = cx.type_expr(&spec.ty);
        self.types.set_underlying(named, underlying);
        ty
    }

    /// A name as messages of the user's package show it.
    pub fn qualified(&self, package: Package, name: &str) -> SmolStr {
        match package {
            Package::User => SmolStr::new(name),
            Package::Sdk => SmolStr::new(format!("bpf.{name}")),
            Package::Other(_) => {
                let of = self.index.other(package).map_or("", |other| other.name.as_str());
                SmolStr::new(format!("{of}.{name}"))
            }
        }
    }

    /// The function `id` is a part of the kernel side, with whatever type arguments.
    pub fn is_reached(&self, id: SymbolId) -> bool {
        self.function_ids.keys().any(|(known, _)| *known == id)
    }

    /// A place in the arena for the function `id`.
    pub fn new_function(&mut self, id: SymbolId, name: SmolStr) -> hir::FunctionId {
        let function = hir::FunctionId(self.functions.len() as u32);
        let (decl, name_node) = match self.index.symbol(id) {
            Some(symbol) => (symbol.decl, symbol.node),
            None => (DeclId { file: gobpf_source::FileId(0), index: 0 }, NodeId(0)),
        };
        self.functions.push(hir::Function {
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
        });
        function
    }

    /// A function that is not declared: one that was made of a literal.
    pub fn add_literal(&mut self, function: hir::Function) -> hir::FunctionId {
        let id = hir::FunctionId(self.functions.len() as u32);
        self.functions.push(function);
        id
    }

    /// `f` or `T.m`.
    pub fn function_name(&self, id: SymbolId) -> SmolStr {
        let Some(symbol) = self.index.symbol(id) else { return SmolStr::default() };
        match symbol.kind {
            SymbolKind::Func(ast::FuncDecl { receiver: Some(receiver), .. }) => {
                let ty = crate::symbols::receiver_name(&receiver.ty).unwrap_or_default();
                self.qualified(symbol.package, &format!("{ty}.{}", symbol.name))
            }
            _ => self.qualified(symbol.package, &symbol.name),
        }
    }
}
