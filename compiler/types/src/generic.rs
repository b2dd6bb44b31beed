//! Generic functions and types: type parameters with their constraints, inference, and instances.
//!
//! A generic function is checked once with its type parameters as they are, for Go's rules, and once for each choice of
//! type arguments, for what becomes of it in the kernel.

use std::rc::Rc;

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BinaryOp, ExprKind, UnaryOp};
use smol_str::SmolStr;

use crate::bodies::Question;
use crate::checker::{Checker, Incomplete, Resolved};
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::Why;
use crate::hir::{self, FunctionId};
use crate::member::receiver_params;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Interface, Kind, Signature, Term, Ty, TypeParam, Types};
use crate::typexpr::Meaning;

/// Constraints nested deeper than this are taken for `any`.
const MAX_DEPTH: usize = 32;

/// What a constraint demands.
#[derive(Clone, Default, Debug)]
pub(crate) struct Constraint {
    /// The types that it allows; `None` for all.
    terms: Option<Vec<Term>>,
    /// The terms of a union that are written out, sound or not, interfaces apart.
    written: Vec<Term>,
    comparable: bool,
    methods: Vec<(SmolStr, Ty)>,
    /// The types that it speaks of, allowed or not.
    mentioned: Vec<Ty>,
    /// How messages show it, where that isn't as it is written.
    text: Option<String>,
    /// It has an error, already reported.
    is_invalid: bool,
    /// A part of it that has an error is written out in it.
    shows_error: bool,
}

impl Constraint {
    /// The interface that demands this, and is written as `text`, or as `plain` without names of parameters.
    pub fn into_interface(self, text: SmolStr, plain: SmolStr) -> Interface {
        let Constraint { methods, terms, comparable, mentioned, .. } = self;
        Interface { methods, terms, comparable, mentioned, text, plain }
    }

    fn union(self, other: Constraint) -> Constraint {
        // What is wrong is left out.
        let shows_error = self.shows_error || other.shows_error;
        let mentioned = [self.mentioned, other.mentioned].concat();
        let written = [self.written, other.written].concat();
        let terms = match (self.is_invalid, other.is_invalid) {
            (true, true) => Some(Vec::new()),
            (true, false) => other.terms,
            (false, true) => self.terms,
            (false, false) => self.terms.zip(other.terms).map(|(mut all, more)| {
                all.extend(more);
                all
            }),
        };
        Constraint { terms, written, shows_error, mentioned, ..Constraint::default() }
    }

    fn intersect(&mut self, other: Constraint, types: &Types) {
        self.shows_error |= other.shows_error;
        self.mentioned.extend(&other.mentioned);
        if other.is_invalid {
            return;
        }
        self.comparable |= other.comparable;
        self.methods.extend(other.methods);
        self.terms = match (self.terms.take(), other.terms) {
            (None, terms) | (terms, None) => terms,
            (Some(a), Some(b)) => {
                let both = a.into_iter().filter_map(|term| {
                    if b.iter().any(|other| other.includes(term.ty, types)) {
                        return Some(term);
                    }
                    b.iter().find(|other| term.includes(other.ty, types)).copied()
                });
                Some(both.collect())
            }
        };
    }
}

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
    /// The constraint that `expr` denotes.
    pub fn constraint(&mut self, expr: &'a ast::Expr, depth: usize) -> Constraint {
        if depth > MAX_DEPTH {
            return Constraint::default();
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.constraint(inner, depth + 1),
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                let before = self.constraint(left, depth + 1);
                let after = self.constraint(right, depth + 1);
                self.check_union_terms(left, right);
                self.check_overlap(&before, &after, right);
                before.union(after)
            }
            ExprKind::Unary { op: UnaryOp::Tilde, operand } => {
                if let Some(id) = self.generic_symbol(operand).filter(|id| self.ck.is_in_progress(*id))
                    && self.ck.index.symbol(id).is_some_and(|symbol| symbol.is_interface())
                    && let Some(own) = self.named_constraint(operand, depth)
                {
                    return own; // it is made of itself
                }
                let ty = self.type_expr(operand);
                let is_param = self.ck.types.param_of(ty).is_some();
                if is_param {
                    let term = expression(expr);
                    self.error(expr.id, Why::ParameterInTerm { term });
                }
                if ty == Types::UNKNOWN || is_param {
                    let terms = Some(Vec::new());
                    return Constraint { terms, shows_error: true, ..Constraint::default() };
                }
                let under = self.ck.types.underlying(ty);
                let shown = self.display(ty);
                let why = match self.ck.types.interface(ty) {
                    Some(_) => Some(format!("{shown} is an interface")),
                    None if self.ck.types.identical(ty, under) => None,
                    None => Some(format!("underlying type of {shown} is {}", self.display(under))),
                };
                let of_interface = self.ck.types.interface(ty).is_some();
                let term = Term { tilde: true, ty };
                let written = if of_interface { Vec::new() } else { vec![term] };
                let terms = match why {
                    None => Some(vec![term]),
                    Some(_) if of_interface => self.ck.types.interface(ty).and_then(|own| own.terms.clone()),
                    Some(_) => Some(Vec::new()),
                };
                if let Some(reason) = why {
                    self.error(expr.id, Why::InvalidTilde { reason });
                }
                let shows_error = shown.contains("invalid type");
                Constraint { terms, written, shows_error, mentioned: vec![ty], ..Constraint::default() }
            }
            ExprKind::InterfaceType(fields) => {
                let mut whole = Constraint::default();
                for field in fields {
                    for name in &field.names {
                        let method = self.type_expr(&field.ty);
                        whole.methods.push((name.name.clone(), method));
                    }
                    if field.names.is_empty() {
                        let part = self.constraint(&field.ty, depth + 1);
                        whole.intersect(part, &self.ck.types);
                    }
                }
                whole
            }
            ExprKind::Ident(name) if name == "comparable" && self.is_predeclared(name) => {
                Constraint { comparable: true, ..Constraint::default() }
            }
            ExprKind::Ident(name) if name == "any" && self.is_predeclared(name) => Constraint::default(),
            _ => match self.named_constraint(expr, depth) {
                Some(constraint) => constraint,
                None => {
                    let ty = self.type_expr(expr);
                    if self.ck.types.param_of(ty).is_some() {
                        self.error(expr.id, Why::ParameterAsConstraint { is_term: depth > 0 });
                        return Constraint { is_invalid: true, shows_error: true, ..Constraint::default() };
                    }
                    if self.ck.types.is_unknown(ty) {
                        let shows_error = ty == Types::UNKNOWN;
                        return Constraint { is_invalid: true, shows_error, ..Constraint::default() };
                    }
                    if let Some(interface) = self.ck.types.interface(ty) {
                        let Interface { methods, terms, comparable, .. } = Interface::clone(&interface);
                        return Constraint { methods, terms, comparable, ..Constraint::default() };
                    }
                    let shows_error = self.display(ty).contains("invalid type");
                    let written = vec![Term { tilde: false, ty }];
                    let terms = Some(written.clone());
                    let text = matches!(expr.kind, ExprKind::StructType(_)).then(|| self.display(ty));
                    let mentioned = vec![ty];
                    Constraint { terms, written, shows_error, mentioned, text, ..Constraint::default() }
                }
            },
        }
    }

    /// Reports interfaces that can't be terms of a union.
    fn check_union_terms(&mut self, left: &'a ast::Expr, right: &'a ast::Expr) {
        let is_union = |expr: &ast::Expr| matches!(expr.kind, ExprKind::Binary { op: BinaryOp::Or, .. });
        for term in [left, right].into_iter().filter(|term| !is_union(term)) {
            let ty = match &term.kind {
                ExprKind::Unary { .. } => None,
                _ => self.try_type(term),
            };
            let Some((ty, interface)) = ty.and_then(|ty| Some((ty, self.ck.types.interface(ty)?))) else {
                continue;
            };
            let has_methods = !interface.methods.is_empty();
            if has_methods || interface.comparable {
                let shown = self.with_paths(&self.display(ty));
                self.error(term.id, Why::NotInUnion { term: shown, has_methods });
            }
        }
    }

    /// Reports a term of a union that allows what one before it does.
    fn check_overlap(&mut self, before: &Constraint, after: &Constraint, node: &ast::Expr) {
        let types = &self.ck.types;
        // One with a wrong `~` is no term.
        let ([term], Some([_])) = (after.written.as_slice(), after.terms.as_deref()) else { return };
        let overlaps = |a: &Term, b: &Term| match (a.tilde, b.tilde) {
            (false, false) => types.identical(a.ty, b.ty),
            (true, false) => types.identical(a.ty, types.underlying(b.ty)),
            (false, true) => types.identical(types.underlying(a.ty), b.ty),
            (true, true) => types.identical(types.underlying(a.ty), types.underlying(b.ty)),
        };
        if let Some(other) = before.written.iter().find(|other| overlaps(term, other)) {
            let one =
                |term: &Term| format!("{}{}", if term.tilde { "~" } else { "" }, types.display(term.ty));
            let (term, other) = (self.with_paths(&one(term)), self.with_paths(&one(other)));
            self.error(node.id, Why::OverlappingTerms { term, other });
        }
    }

    fn is_predeclared(&mut self, name: &str) -> bool {
        matches!(self.meaning(name), Some(Meaning::Type(_)))
    }

    /// The constraint behind the name of an interface.
    fn named_constraint(&mut self, expr: &'a ast::Expr, depth: usize) -> Option<Constraint> {
        let (operand, indices): (&ast::Expr, &'a [ast::Expr]) = match &expr.kind {
            ExprKind::Index { operand, indices } => (operand, indices),
            _ => (expr, &[]),
        };
        let id = self.generic_symbol(operand)?;
        let symbol = self.ck.index.symbol(id)?.clone();
        let SymbolKind::Type(spec) = symbol.kind else { return None };
        if !matches!(spec.ty.kind, ExprKind::InterfaceType(_)) {
            return None;
        }
        if self.ck.is_in_progress(id) && indices.is_empty() {
            let direct = self.decl == symbol.decl;
            let why = Why::Cycle { name: symbol.name.clone(), recursive_type: true, direct };
            self.ck.in_declaration(|ck| ck.error(symbol.place(), why));
            self.ck.embedded_in_itself.insert(id);
            return Some(Constraint { is_invalid: true, ..Constraint::default() });
        }
        if !self.ck.takes(id, indices.len()) {
            self.type_expr(expr); // says so
            return Some(Constraint { is_invalid: true, ..Constraint::default() });
        }
        if spec.type_params.is_empty() {
            let resolved = self.ck.resolve(id); // says what is wrong with it
            if matches!(resolved, Resolved::Type(ty) if self.ck.types.is_unknown(ty)) {
                return Some(Constraint { is_invalid: true, ..Constraint::default() });
            }
        }
        let arguments: Vec<Ty> = indices.iter().map(|index| self.type_expr(index)).collect();
        if arguments.contains(&Types::UNKNOWN) {
            return Some(Constraint { is_invalid: true, shows_error: true, ..Constraint::default() });
        }
        if !arguments.is_empty() {
            let nodes: Vec<NodeId> = indices.iter().map(|index| index.id).collect();
            self.satisfied(id, &arguments, &nodes, expr.id);
        }
        let mut cx = Cx::of_symbol(self.ck, &symbol);
        cx.bind_type_params(&spec.type_params, &arguments);
        let mut constraint = cx.constraint(&spec.ty, depth + 1);
        if depth > 0 {
            constraint.mentioned.clear(); // it is what is spoken of
        }
        Some(Constraint { shows_error: false, ..constraint })
    }

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
            self.error(at, Why::NotSatisfied { reason });
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
                    if let Some(param) = params.get(constraints.len()) {
                        cx.ck.constraint_names.insert(*param, expression(&field.ty));
                    }
                    constraints.push(constraint);
                }
            }
        }
        for (param, constraint) in params.iter().zip(constraints) {
            let Constraint { terms, comparable, methods, mentioned, text, shows_error, .. } = constraint;
            if let Some(text) = text {
                self.constraint_names.insert(*param, text);
            }
            if shows_error {
                self.constraint_names.insert(*param, "invalid type".to_owned());
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

    /// The constraint of a type parameter as it is written.
    pub fn constraint_text(&mut self, id: SymbolId, param: Ty) -> String {
        self.type_params(id); // makes them known
        self.constraint_names.get(&param).cloned().unwrap_or_default()
    }

    /// The same with type arguments for the names of type parameters in it.
    fn constraint_text_for(&mut self, id: SymbolId, param: Ty, all: &[Ty]) -> String {
        let written = self.constraint_text(id, param);
        let params = self.type_params(id);
        let position = params.iter().position(|known| *known == param);
        let (Some(symbol), Some(position)) = (self.index.symbol(id), position) else { return written };
        let fields: &[ast::Field] = match symbol.kind {
            SymbolKind::Func(func) => &func.type_params,
            SymbolKind::Type(spec) => &spec.type_params,
            _ => &[],
        };
        let mut constraints = fields.iter().flat_map(|field| field.names.iter().map(move |_| &field.ty));
        let Some(constraint) = constraints.nth(position).filter(|ty| expression(ty) == written) else {
            return written;
        };
        let names = fields.iter().flat_map(|field| &field.names).map(|name| name.name.clone());
        let names: Vec<_> = names.zip(all.iter().map(|ty| self.types.display(*ty))).collect();
        crate::describe::expression_with(constraint, &names)
    }

    /// The signature of a generic function with its type parameters as they are.
    fn abstract_signature(&mut self, id: SymbolId) -> Rc<Signature> {
        let params = self.type_params(id);
        self.instance_signature(id, &params).unwrap_or_else(|| {
            let (params, results, names) = (Vec::new(), Vec::new(), Vec::new());
            Rc::new(Signature { params, results, names, variadic: false })
        })
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
        let own: Vec<Ty> = names.iter().map(|name| self.types.declare_param(name.clone())).collect();
        for (param, renamed) in params.iter().zip(&own) {
            let Some(info) = self.types.param_of(*param).cloned() else { continue };
            let terms = info.terms.map(|terms| {
                let of = |term: Term| Term { ty: self.substitute(term.ty, &params, &own), ..term };
                terms.into_iter().map(of).collect()
            });
            let methods = info.methods.into_iter();
            let methods = methods.map(|(name, ty)| (name, self.substitute(ty, &params, &own))).collect();
            self.types.set_param(*renamed, |new| {
                (new.terms, new.comparable, new.methods) = (terms, info.comparable, methods);
            });
            if let Some(text) = self.constraint_names.get(param).cloned() {
                self.constraint_names.insert(*renamed, text);
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
