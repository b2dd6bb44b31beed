//! Generic functions and types: type parameters with their constraints, inference, and instances.
//!
//! A generic function is checked once with its type parameters as they are, for Go's rules, and once for each choice of
//! type arguments, for what becomes of it in the kernel.

use std::rc::Rc;

use gobpf_source::NodeId;
use gobpf_syntax::ast;
use smol_str::SmolStr;

use crate::bodies::Question;
use crate::checker::{Checker, Incomplete};
use crate::constraints::{Constraint, Shown};
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::Why;
use crate::hir::{self, FunctionId};
use crate::member::receiver_params;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Interface, Kind, Signature, Term, Ty, TypeParam, Types};

impl Term {
    /// `ty` is one of the types of this term.
    pub fn includes(self, ty: Ty, types: &Types) -> bool {
        match self.tilde {
            true => types.identical(types.underlying(self.ty), types.underlying(ty)),
            false => types.identical(self.ty, ty),
        }
    }
}

impl<'a> Cx<'_, 'a> {
    /// `f` or `f[int]` of a generic function: an instance, as far as its type arguments are known.
    pub fn generic_function(
        &mut self,
        id: SymbolId,
        indices: &'a [ast::Expr],
        expr: &'a ast::Expr,
    ) -> Operand {
        let given: Vec<Ty> = indices.iter().map(|index| self.variable_type_expr(index)).collect();
        if given.contains(&Types::UNKNOWN) {
            return self.invalid(expr);
        }
        let params = self.ck.type_params(id);
        if given.len() > params.len() {
            let node = indices.get(params.len()).map_or(expr.id, |extra| extra.id);
            let why = Why::TooManyTypeArguments { have: given.len(), want: params.len() };
            self.error(node, why);
            return self.invalid(expr);
        }
        if given.len() < params.len() {
            // The others follow from the arguments of a call.
            let signature = self.ck.abstract_signature(id);
            let ty = self.ck.types.intern(Kind::Func(signature));
            let mut operand = self.operand(expr, Mode::Generic(id), ty, hir::ExprKind::Zero);
            operand.instance = given;
            return operand;
        }
        let nodes: Vec<NodeId> = indices.iter().map(|index| index.id).collect();
        self.instance_operand(id, given, &nodes, expr)
    }

    /// The instance of a generic function with type arguments, which stand at `nodes` where they are written.
    pub fn instance_operand(
        &mut self,
        id: SymbolId,
        arguments: Vec<Ty>,
        nodes: &[NodeId],
        expr: &'a ast::Expr,
    ) -> Operand {
        self.satisfied(id, &arguments, nodes, expr.id);
        let Some(signature) = self.ck.instance_signature(id, &arguments) else { return self.invalid(expr) };
        let ty = self.ck.types.intern(Kind::Func(signature));
        let mut operand = self.operand(expr, Mode::Function(id), ty, hir::ExprKind::Zero);
        operand.instance = arguments;
        operand
    }

    /// Reports the first type argument that its constraint doesn't allow, at its place among `nodes`, or else at `node`;
    /// true where there is none.
    pub fn satisfied(&mut self, id: SymbolId, arguments: &[Ty], nodes: &[NodeId], node: NodeId) -> bool {
        // With type arguments for its type parameters, a declaration says nothing new.
        if self.substitutes {
            return true;
        }
        if arguments.iter().any(|ty| self.ck.is_incomplete(*ty)) {
            let place = self.place(nodes.first().copied().unwrap_or(node));
            let (arguments, nodes) = (arguments.to_vec(), nodes.to_vec());
            self.ck.put_off(Incomplete::Instance { generic: id, arguments, nodes }, place);
            return true;
        }
        let params = self.ck.type_params(id);
        for (index, (param, argument)) in params.into_iter().zip(arguments.iter().copied()).enumerate() {
            let Some(reason) = self.unsatisfied(id, param, argument, arguments) else { continue };
            let at = nodes.get(index).copied().unwrap_or(node);
            // What the argument itself has may be said at the same place.
            let place = self.place(at);
            self.ck.another_error(place, Why::NotSatisfied { reason });
            return false;
        }
        true
    }

    /// Why `argument` isn't allowed for the type parameter `param` of `id`.
    fn unsatisfied(&mut self, id: SymbolId, param: Ty, argument: Ty, all: &[Ty]) -> Option<String> {
        let bound = self.bound(id, param, all)?;
        let text = self.ck.constraint_text_for(id, param, all);
        self.not_in_interface(argument, &bound, &text, "satisfy")
    }

    /// What the constraint of `param` demands, with `all` for the type parameters of `id`.
    pub fn bound(&mut self, id: SymbolId, param: Ty, all: &[Ty]) -> Option<Interface> {
        let info = self.ck.types.param_of(param)?.clone();
        let params = self.ck.type_params(id);
        let terms = info.terms.map(|terms| {
            let of = |term: &Term| Term { ty: self.ck.substitute(term.ty, &params, all), ..*term };
            terms.iter().map(of).collect()
        });
        let methods = info.methods.into_iter();
        let methods = methods.map(|(name, ty)| (name, self.ck.substitute(ty, &params, all))).collect();
        let (comparable, mentioned) = (info.comparable, info.mentioned);
        Some(Interface { methods, terms, comparable, mentioned, ..Interface::default() })
    }

    /// A function of the package is called, with these type arguments.
    pub fn reaches_instance(&mut self, callee: SymbolId, arguments: &[Ty], node: NodeId) -> FunctionId {
        if self.ck.is_abstract {
            return FunctionId(0);
        }
        if self.is_broken(callee, arguments) {
            return FunctionId(0);
        }
        let place = self.place(node);
        if let Some(caller) = self.function {
            self.ck.calls.push((caller, callee, place));
        }
        self.ck.function_instance(callee, arguments)
    }
}

impl<'a> Cx<'_, 'a> {
    /// `callee` is a method of an instance with a wrong number of type arguments, which are these. What is wrong in it is
    /// said all the same.
    pub fn is_broken(&mut self, callee: SymbolId, arguments: &[Ty]) -> bool {
        let Some(symbol) = self.ck.index.symbol(callee) else { return false };
        let package = symbol.package;
        let is_broken = symbol.is_method() && !self.ck.takes(callee, arguments.len());
        if is_broken && package == Package::User && !self.ck.uninstantiated.contains(&callee) {
            self.ck.book.lose();
            self.ck.uninstantiated.push(callee);
        }
        is_broken
    }
}

impl<'a> Checker<'a> {
    /// The type parameters of a generic function, type, or method of a generic type.
    pub fn type_params(&mut self, id: SymbolId) -> Vec<Ty> {
        self.book.ask(Question::TypeParams(id));
        if let Some(known) = self.generic_params.get(&id) {
            return known.clone();
        }
        let Some(symbol) = self.index.symbol(id).cloned() else { return Vec::new() };
        let fields: &'a [ast::Field] = match symbol.kind {
            SymbolKind::Func(func) => &func.type_params,
            SymbolKind::Type(spec) => &spec.type_params,
            _ => &[],
        };
        let names: Vec<SmolStr> =
            fields.iter().flat_map(|field| &field.names).map(|name| name.name.clone()).collect();
        let params: Vec<Ty> = names.iter().map(|name| self.types.declare_param(name.clone())).collect();
        self.generic_params.insert(id, params.clone());
        let written: Vec<&ast::Ident> = fields.iter().flat_map(|field| &field.names).collect();
        Cx::of_symbol(self, &symbol).check_distinct(&written);
        // Constraints may speak of any of the parameters.
        let mut constraints = Vec::with_capacity(params.len());
        self.constraining.push(id);
        {
            let mut cx = Cx::of_symbol(self, &symbol);
            cx.type_args.extend(names.iter().cloned().zip(params.iter().copied()));
            for field in fields {
                for _ in &field.names {
                    let constraint = cx.constraint(&field.ty, 0);
                    let shown =
                        constraint.shown.clone().unwrap_or_else(|| Shown::Words(expression(&field.ty)));
                    if let Some(param) = params.get(constraints.len()) {
                        cx.ck.constraint_names.insert(*param, shown);
                    }
                    constraints.push(constraint);
                }
            }
        }
        for (param, constraint) in params.iter().zip(constraints) {
            let Constraint { terms, comparable, methods, mentioned, shows_error, .. } = constraint;
            if shows_error {
                self.constraint_names.insert(*param, Shown::Words("invalid type".to_owned()));
            }
            self.types.set_param(*param, |info: &mut TypeParam| {
                info.terms = terms;
                info.comparable = comparable;
                info.methods = methods;
                info.mentioned = mentioned;
            });
        }
        self.constraining.pop();
        self.look_at_later();
        params
    }

    /// The constraint of a type parameter.
    pub fn constraint_text(&mut self, id: SymbolId, param: Ty) -> String {
        self.type_params(id); // makes them known
        self.constraint_names.get(&param).map(|shown| shown.text(&self.types, true)).unwrap_or_default()
    }

    /// The same with type arguments for type parameters in it.
    fn constraint_text_for(&mut self, id: SymbolId, param: Ty, all: &[Ty]) -> String {
        let params = self.type_params(id);
        let Some(shown) = self.constraint_names.get(&param).cloned() else { return String::new() };
        self.shown_with(&shown, &params, all).text(&self.types, true)
    }

    /// The signature of a generic function with its type parameters as they are.
    fn abstract_signature(&mut self, id: SymbolId) -> Rc<Signature> {
        let params = self.type_params(id);
        let mut signature = match self.instance_signature(id, &params) {
            Some(signature) => Signature::clone(&signature),
            None => Signature::default(),
        };
        if let Some(symbol) = self.index.symbol(id).cloned()
            && let SymbolKind::Func(func) = symbol.kind
        {
            let list = Cx::of_symbol(self, &symbol).parameter_list(id, &func.type_params);
            signature.type_params = SmolStr::new(list);
        }
        Rc::new(signature)
    }

    /// The signature of a generic function with type arguments.
    fn instance_signature(&mut self, id: SymbolId, arguments: &[Ty]) -> Option<Rc<Signature>> {
        let symbol = self.index.symbol(id)?.clone();
        let SymbolKind::Func(func) = symbol.kind else { return None };
        let substitutes = self.type_params(id) != arguments;
        let mut cx = Cx::of_symbol(self, &symbol);
        cx.substitutes = substitutes;
        cx.bind_type_params(&func.type_params, arguments);
        Some(Rc::new(cx.signature(&func.signature)))
    }

    /// Names and types of the type parameters of a function, or of a method's receiver, for `arguments`.
    pub fn bindings(&self, func: &ast::FuncDecl, arguments: &[Ty]) -> Vec<(SmolStr, Ty)> {
        let names: Vec<SmolStr> = match &func.receiver {
            Some(receiver) => receiver_params(&receiver.ty),
            None => func.type_params.iter().flat_map(|field| &field.names).map(|n| n.name.clone()).collect(),
        };
        names.into_iter().zip(arguments.iter().copied()).collect()
    }

    /// The type parameters of the receiver of the method `func`, as it names them.
    pub fn receiver_type_params(&mut self, func: &ast::FuncDecl, package: Package) -> Vec<Ty> {
        let Some(receiver) = &func.receiver else { return Vec::new() };
        let owner = crate::symbols::receiver_name(&receiver.ty);
        let owner = owner.and_then(|name| self.index.lookup(package, &name));
        let params = owner.map(|owner| self.type_params(owner)).unwrap_or_default();
        let names = receiver_params(&receiver.ty);
        match params.len() == names.len() {
            true => self.renamed_params(params, &names),
            false => names.into_iter().map(|name| self.types.declare_param(name)).collect(),
        }
    }

    /// Checks the body of a generic function once, with its type parameters as they are, for Go's rules only.
    pub fn check_abstractly(&mut self, id: SymbolId) {
        if !self.checked_abstractly.insert(id) {
            return;
        }
        let Some(symbol) = self.index.symbol(id).cloned() else { return };
        let SymbolKind::Func(func) = symbol.kind else { return };
        let owner = match &func.receiver {
            Some(receiver) => crate::symbols::receiver_name(&receiver.ty)
                .and_then(|name| self.index.lookup(symbol.package, &name)),
            None => Some(id),
        };
        let Some(owner) = owner else { return };
        let params = self.type_params(owner);
        let params = match &func.receiver {
            Some(receiver) => self.renamed_params(params, &receiver_params(&receiver.ty)),
            None => params,
        };
        let bindings = self.bindings(func, &params);
        self.is_abstract = true;
        let mut cx = Cx::of_symbol(self, &symbol);
        cx.function = Some(id);
        cx.type_args = bindings;
        cx.function_body(func, SmolStr::default());
        self.is_abstract = false;
    }

    /// The type parameters as a method's receiver names them: where a name is another, a parameter of its own.
    fn renamed_params(&mut self, params: Vec<Ty>, names: &[SmolStr]) -> Vec<Ty> {
        let is_same = |types: &Types, param: Ty, name: &SmolStr| {
            types.param_of(param).is_none_or(|known| known.name == *name)
        };
        if params.len() != names.len()
            || params.iter().zip(names).all(|(param, name)| is_same(&self.types, *param, name))
        {
            return params;
        }
        self.copied_params(&params, Some(names))
    }

    /// Type parameters like `params`, called `names` where these are given.
    pub fn copied_params(&mut self, params: &[Ty], names: Option<&[SmolStr]>) -> Vec<Ty> {
        let mut own: Vec<Ty> = Vec::with_capacity(params.len());
        for (index, param) in params.iter().enumerate() {
            let name = match names {
                Some(names) => names.get(index).cloned(),
                None => self.types.param_of(*param).map(|info| info.name.clone()),
            };
            own.push(self.types.declare_param(name.unwrap_or_default()));
        }
        for (param, renamed) in params.iter().zip(&own) {
            let Some(info) = self.types.param_of(*param).cloned() else { continue };
            let terms = info.terms.map(|terms| {
                let of = |term: Term| Term { ty: self.substitute(term.ty, params, &own), ..term };
                terms.into_iter().map(of).collect()
            });
            let methods = info.methods.into_iter();
            let methods = methods.map(|(name, ty)| (name, self.substitute(ty, params, &own))).collect();
            self.types.set_param(*renamed, |new| {
                (new.terms, new.comparable, new.methods) = (terms, info.comparable, methods);
            });
            if let Some(shown) = self.constraint_names.get(param).cloned() {
                let shown = self.shown_with(&shown, params, &own);
                self.constraint_names.insert(*renamed, shown);
            }
        }
        own
    }

    /// The function `id` with these type arguments; it is checked later if it is new.
    pub fn function_instance(&mut self, id: SymbolId, arguments: &[Ty]) -> FunctionId {
        let function = self.function_number(id, arguments);
        match arguments {
            [] => self.book.ask(Question::Function(id, function)),
            _ => self.book.lose(),
        }
        function
    }

    fn function_number(&mut self, id: SymbolId, arguments: &[Ty]) -> FunctionId {
        let canonical: Vec<Ty> = arguments.iter().map(|ty| self.types.canon(*ty)).collect();
        if let Some(function) = self.function_ids.get(&(id, canonical.clone())) {
            return *function;
        }
        let name = match arguments {
            [] => self.function_name(id),
            several => SmolStr::new(format!("{}[{}]", self.function_name(id), self.types.list(several))),
        };
        let function = self.new_function(id, name);
        self.function_ids.insert((id, canonical.clone()), function);
        self.queue.push_back((id, canonical));
        function
    }

    /// The function has type parameters.
    pub fn is_generic_function(&self, id: SymbolId) -> bool {
        self.index.symbol(id).is_some_and(
            |symbol| matches!(symbol.kind, SymbolKind::Func(func) if !func.type_params.is_empty()),
        )
    }
}

impl Types {
    /// All types that a type parameter allows satisfy `test`; of other types, it does itself.
    pub fn all_terms(&self, ty: Ty, test: &dyn Fn(&Types, Ty) -> bool) -> bool {
        match self.param_of(ty) {
            None => test(self, ty),
            Some(TypeParam { terms: Some(terms), .. }) => {
                !terms.is_empty() && terms.iter().all(|term| term.ty == Types::UNKNOWN || test(self, term.ty))
            }
            Some(_) => false,
        }
    }
}
