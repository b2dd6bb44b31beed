//! Instances of generic types and generic aliases.

use gobpf_source::{NodeId, Place};
use gobpf_syntax::ast;
use smol_str::SmolStr;

use crate::checker::{Alias, Checker};
use crate::context::Cx;
use crate::error::Why;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Kind, Named, Ty, Types};

impl<'a> Checker<'a> {
    /// The instance of the generic type `id` with `arguments`.
    pub fn instantiate(&mut self, id: SymbolId, arguments: &[Ty]) -> Ty {
        let package = self.index.symbol(id).map_or(Package::User, |symbol| symbol.package);
        if package != Package::Sdk && !self.index.is_standard(package) {
            self.book.lose(); // what is wrong with the declaration is said of its first instance
        }
        if let Some(known) = self.types.instance(id, arguments) {
            return self.types.intern(Kind::Named(known));
        }
        let Some(symbol) = self.index.symbol(id).cloned() else { return Types::UNKNOWN };
        let SymbolKind::Type(spec) = symbol.kind else { return Types::UNKNOWN };
        if !self.takes(id, arguments.len()) {
            return self.broken_instance(id, arguments);
        }
        if self.instances >= MAX_INSTANCES {
            self.in_declaration(|ck| ck.error(symbol.place(), Why::InstantiationCycle));
            return Types::UNKNOWN;
        }
        self.instances += 1;
        if !spec.alias && package != Package::Sdk && !self.index.is_standard(package) {
            let params = self.type_params(id);
            if params != arguments && self.types.instance(id, &params).is_none() {
                // What is wrong with it is said of the declaration as it is written.
                self.instantiate_anew(id, &symbol, spec, (&params, None));
            }
        }
        let canonical: Vec<Ty> = arguments.iter().map(|ty| self.types.canon(*ty)).collect();
        let same = (!spec.alias && canonical != arguments).then(|| self.instantiate(id, &canonical));
        let ty = self.instantiate_anew(id, &symbol, spec, (arguments, same));
        self.instances -= 1;
        ty
    }

    /// The generic type `id`, or that of which it is a method, has so many type parameters.
    pub fn takes(&self, id: SymbolId, count: usize) -> bool {
        let Some(symbol) = self.index.symbol(id) else { return true };
        let fields = match symbol.kind {
            SymbolKind::Type(spec) => &spec.type_params,
            SymbolKind::Func(ast::FuncDecl { receiver: Some(receiver), .. }) => {
                let owner = crate::symbols::receiver_name(&receiver.ty)
                    .and_then(|name| self.index.lookup(symbol.package, &name))
                    .and_then(|owner| self.index.symbol(owner));
                match owner.map(|owner| owner.kind) {
                    Some(SymbolKind::Type(spec)) => &spec.type_params,
                    _ => return true,
                }
            }
            _ => return true,
        };
        fields.iter().map(|field| field.names.len()).sum::<usize>() == count
    }

    /// What the generic alias `id` stands for is being found out.
    pub fn is_alias_looked_at(&mut self, id: SymbolId) -> bool {
        self.book.lose();
        self.aliases.get(&id) == Some(&Alias::Looked(self.declared_types))
    }

    /// Whether the generic alias `id` stands for something; reported where it is itself.
    pub fn alias(&mut self, id: SymbolId) -> Alias {
        self.book.lose();
        match self.aliases.get(&id) {
            None => {}
            Some(Alias::Looked(within)) if *within < self.declared_types => return Alias::Sound,
            Some(Alias::Looked(_)) => {
                self.aliases.insert(id, Alias::Circular);
                if let Some(symbol) = self.index.symbol(id).cloned() {
                    let name = symbol.name.clone();
                    let why = Why::Cycle { name, recursive_type: true, direct: true };
                    self.in_declaration(|ck| ck.error(symbol.place(), why));
                }
                return Alias::Circular;
            }
            Some(known) => return *known,
        }
        let params = self.type_params(id);
        self.aliases.insert(id, Alias::Looked(self.declared_types));
        let whole = self.instantiate(id, &params);
        let found = match (self.aliases.get(&id), whole) {
            (Some(Alias::Circular), _) => Alias::Circular,
            (_, Types::UNKNOWN) => Alias::Broken,
            _ => Alias::Sound,
        };
        self.aliases.insert(id, found);
        found
    }

    /// An instance with a wrong number of type arguments: a type of its own of which nothing is known but its methods.
    pub fn broken_instance(&mut self, id: SymbolId, arguments: &[Ty]) -> Ty {
        if let Some(known) = self.types.instance(id, arguments) {
            return self.types.intern(Kind::Named(known));
        }
        let Some(symbol) = self.index.symbol(id) else { return Types::UNKNOWN };
        let name = symbol.name.clone();
        let base = self.qualified(symbol.package, &name);
        let display = SmolStr::new(format!("{base}[{}]", self.types.list(arguments)));
        let arguments = arguments.to_vec();
        let named = Named { display, name, symbol: Some(id), arguments: arguments.clone(), underlying: None };
        let (named, ty) = self.types.declare(named);
        self.types.set_underlying(named, Types::UNKNOWN);
        self.types.add_instance(id, &arguments, named);
        ty
    }

    /// The instance with `arguments`, which is `same` in other words, if there is such a type.
    fn instantiate_anew(
        &mut self,
        id: SymbolId,
        symbol: &crate::symbols::Symbol<'a>,
        spec: &'a ast::TypeSpec,
        (arguments, same): (&[Ty], Option<Ty>),
    ) -> Ty {
        let list: Vec<_> = arguments.iter().map(|ty| self.types.display(*ty)).collect();
        let base = self.qualified(symbol.package, &symbol.name);
        let display = SmolStr::new(format!("{base}[{}]", list.join(", ")));
        let is_parameter = is_own_parameter(spec);
        if is_parameter {
            let place = Place { decl: symbol.decl, node: spec.ty.id };
            self.in_declaration(|ck| ck.error(place, Why::ParameterAsType { alias: spec.alias }));
        }
        if spec.alias {
            if is_parameter {
                return Types::UNKNOWN;
            }
            let substitutes = self.type_params(id) != arguments;
            let mut cx = Cx::of_symbol(self, symbol);
            cx.substitutes = substitutes;
            cx.bind_type_params(&spec.type_params, arguments);
            let target = cx.type_expr(&spec.ty);
            let of = Some((id, arguments.to_vec()));
            return self.types.alias_instance(display, target, of);
        }
        if self.names_itself(id, symbol.package, &spec.ty) {
            let why = Why::Cycle { name: symbol.name.clone(), recursive_type: true, direct: true };
            self.in_declaration(|ck| ck.error(symbol.place(), why));
            return Types::UNKNOWN;
        }
        let named = Named {
            display,
            name: symbol.name.clone(),
            symbol: Some(id),
            arguments: arguments.to_vec(),
            underlying: None,
        };
        let (named, ty) = self.types.declare(named);
        self.types.add_instance(id, arguments, named);
        if let Some(same) = same {
            self.types.set_same(ty, same);
        }
        if is_parameter {
            self.types.set_underlying(named, Types::UNKNOWN);
            return ty;
        }
        let substitutes = self.type_params(id) != arguments;
        let mut cx = Cx::of_symbol(self, symbol);
        cx.substitutes = substitutes;
        cx.bind_type_params(&spec.type_params, arguments);
        cx.ck.declared_types += 1;
        let underlying = cx.type_expr(&spec.ty);
        self.declared_types -= 1;
        if same.is_none() && self.contains(underlying, ty, 0) {
            let direct = self.contains_directly(underlying, ty);
            let why = Why::Cycle { name: symbol.name.clone(), recursive_type: true, direct };
            // Go says it of the instance that is a part of it.
            let node = instance_within(&spec.ty, &symbol.name).unwrap_or(symbol.node);
            self.in_declaration(|ck| ck.error(Place { decl: symbol.decl, node }, why));
            self.circular.insert(id);
        }
        let underlying = if self.circular.contains(&id) { Types::UNKNOWN } else { underlying };
        self.types.set_underlying(named, underlying);
        ty
    }

    /// `type t[P any] t`, where `id` is that type.
    fn names_itself(&self, id: SymbolId, package: Package, ty: &ast::Expr) -> bool {
        matches!(&crate::stmt::strip_parens(ty).kind, ast::ExprKind::Ident(name)
            if self.index.lookup(package, name) == Some(id))
    }
}

/// Instances of generic types nest to this depth: one that is made of ever larger ones has no end.
const MAX_INSTANCES: u32 = 24;

/// The first instance in `ty` of the generic type `name`.
fn instance_within(ty: &ast::Expr, name: &str) -> Option<NodeId> {
    use ast::ExprKind::{ArrayType, Ident, Index, Paren, SliceType, Star, StructType};
    match &ty.kind {
        Paren(inner) | Star(inner) | SliceType(inner) | ArrayType { element: inner, .. } => {
            instance_within(inner, name)
        }
        StructType(fields) => fields.iter().find_map(|field| instance_within(&field.ty, name)),
        Index { operand, .. } => matches!(&operand.kind, Ident(known) if known == name).then_some(ty.id),
        _ => None,
    }
}

/// `type T[P any] P`: what it is declared as is one of its type parameters.
fn is_own_parameter(spec: &ast::TypeSpec) -> bool {
    let mut ty = &spec.ty;
    while let ast::ExprKind::Paren(inner) = &ty.kind {
        ty = inner;
    }
    let names = || spec.type_params.iter().flat_map(|field| &field.names);
    matches!(&ty.kind, ast::ExprKind::Ident(name) if names().any(|param| param.name == *name))
}
