//! Generic functions and types: type parameters with their constraints, inference, and instances.
//!
//! A generic function is checked once with its type parameters as they are, for Go's rules, and once for each choice of
//! type arguments, for what becomes of it in the kernel.

use std::rc::Rc;

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BinaryOp, ExprKind, UnaryOp};
use smol_str::SmolStr;

use crate::checker::Checker;
use crate::context::{Cx, Mode, Operand};
use crate::error::Why;
use crate::hir::{self, FunctionId};
use crate::member::receiver_params;
use crate::symbols::{SymbolId, SymbolKind};
use crate::ty::{Interface, Kind, Signature, Term, Ty, TypeParam, Types};
use crate::typexpr::Meaning;

/// Constraints nested deeper than this are taken for `any`.
const MAX_DEPTH: usize = 32;

/// What a constraint demands.
#[derive(Clone, Default, Debug)]
pub(crate) struct Constraint {
    /// The types that it allows; `None` for all.
    terms: Option<Vec<Term>>,
    comparable: bool,
    methods: Vec<(SmolStr, Ty)>,
    /// It has an error, already reported.
    is_invalid: bool,
}

impl Constraint {
    /// The interface that demands this, and is written as `text`.
    pub fn into_interface(self, text: SmolStr) -> Interface {
        Interface { methods: self.methods, terms: self.terms, comparable: self.comparable, text }
    }

    fn union(self, other: Constraint) -> Constraint {
        // What is wrong is left out.
        if self.is_invalid {
            return other;
        }
        if other.is_invalid {
            return self;
        }
        match (self.terms, other.terms) {
            (Some(mut a), Some(b)) => {
                a.extend(b);
                Constraint { terms: Some(a), ..Constraint::default() }
            }
            _ => Constraint::default(),
        }
    }

    fn intersect(&mut self, other: Constraint, types: &Types) {
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
                self.check_overlap(&before, &after, right);
                before.union(after)
            }
            ExprKind::Unary { op: UnaryOp::Tilde, operand } => {
                let ty = self.type_expr(operand);
                if ty == Types::UNKNOWN {
                    return Constraint { is_invalid: true, ..Constraint::default() };
                }
                let under = self.ck.types.underlying(ty);
                let shown = self.display(ty);
                let why = match self.ck.types.interface(ty) {
                    Some(_) => Some(format!("{shown} is an interface")),
                    None if self.ck.types.identical(ty, under) => None,
                    None => Some(format!("underlying type of {shown} is {}", self.display(under))),
                };
                let of_interface = self.ck.types.interface(ty).is_some();
                let terms = match why {
                    None => Some(vec![Term { tilde: true, ty }]),
                    Some(_) if of_interface => None,
                    Some(_) => Some(Vec::new()),
                };
                if let Some(reason) = why {
                    self.error(expr.id, Why::InvalidTilde { reason });
                }
                Constraint { terms, ..Constraint::default() }
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
                    if ty == Types::UNKNOWN {
                        return Constraint { is_invalid: true, ..Constraint::default() };
                    }
                    if let Some(interface) = self.ck.types.interface(ty) {
                        let Interface { methods, terms, comparable, .. } = Interface::clone(&interface);
                        return Constraint { methods, terms, comparable, is_invalid: false };
                    }
                    Constraint { terms: Some(vec![Term { tilde: false, ty }]), ..Constraint::default() }
                }
            },
        }
    }

    /// Reports a term of a union that allows what one before it does.
    fn check_overlap(&mut self, before: &Constraint, after: &Constraint, node: &ast::Expr) {
        let types = &self.ck.types;
        let (Some(before), Some([term])) = (before.terms.as_deref(), after.terms.as_deref()) else { return };
        let overlaps = |a: &Term, b: &Term| match (a.tilde, b.tilde) {
            (false, false) => types.identical(a.ty, b.ty),
            (true, false) => types.identical(a.ty, types.underlying(b.ty)),
            (false, true) => types.identical(types.underlying(a.ty), b.ty),
            (true, true) => types.identical(types.underlying(a.ty), types.underlying(b.ty)),
        };
        if let Some(other) = before.iter().find(|other| overlaps(term, other)) {
            let one =
                |term: &Term| format!("{}{}", if term.tilde { "~" } else { "" }, types.display(term.ty));
            let (term, other) = (one(term), one(other));
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
        let arguments: Vec<Ty> = indices.iter().map(|index| self.type_expr(index)).collect();
        let mut cx = Cx::of_symbol(self.ck, &symbol);
        cx.bind_type_params(&spec.type_params, &arguments);
        Some(cx.constraint(&spec.ty, depth + 1))
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
            let name = crate::describe::expression(strip_index(expr));
            let node = indices.get(params.len()).map_or(expr.id, |extra| extra.id);
            let why = Why::TooManyTypeArguments { name, have: given.len(), want: params.len() };
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
    fn instance_operand(
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
        let text = self.ck.constraint_text(id, param);
        self.not_in_interface(argument, &bound, &text, "satisfy")
    }

    /// What the constraint of `param` demands, with `all` for the type parameters of `id`.
    fn bound(&mut self, id: SymbolId, param: Ty, all: &[Ty]) -> Option<Interface> {
        let info = self.ck.types.param_of(param)?.clone();
        let params = self.ck.type_params(id);
        let terms = info.terms.map(|terms| {
            let of = |term: &Term| Term { ty: self.ck.substitute(term.ty, &params, all), ..*term };
            terms.iter().map(of).collect()
        });
        let methods = info.methods.into_iter();
        let methods = methods.map(|(name, ty)| (name, self.ck.substitute(ty, &params, all))).collect();
        Some(Interface { methods, terms, comparable: info.comparable, text: SmolStr::default() })
    }

    /// A call of a generic function whose type arguments follow from the arguments.
    pub fn infer_call(
        &mut self,
        callee: &Operand,
        id: SymbolId,
        operands: &[Operand],
        signature: &Signature,
        expr: &'a ast::Expr,
    ) -> Option<Operand> {
        let params = self.ck.type_params(id);
        let mut bound: Vec<Option<Ty>> = vec![None; params.len()];
        for (slot, given) in bound.iter_mut().zip(&callee.instance) {
            *slot = Some(*given);
        }
        let targets: Vec<Option<Ty>> =
            (0..operands.len()).map(|index| self.target_of(signature, index)).collect();
        let mut untyped: Vec<(usize, Ty)> = Vec::new();
        for (index, operand) in operands.iter().enumerate() {
            let Some(target) = targets.get(index).copied().flatten() else { continue };
            if operand.is_invalid() {
                return None;
            }
            if self.ck.types.is_untyped(operand.ty) {
                let param = params.iter().position(|param| *param == target);
                if let Some(param) = param.filter(|_| !self.ck.types.is_nil(operand.ty)) {
                    untyped.push((param, operand.ty));
                }
                continue;
            }
            if !self.ck.unify(target, operand.ty, &params, &mut bound) {
                let substituted: Vec<Ty> =
                    params.iter().zip(&bound).map(|(param, bound)| bound.unwrap_or(*param)).collect();
                let shown = self.ck.substitute(target, &params, &substituted);
                let none = bound.iter().all(Option::is_none);
                let names: Vec<String> = params.iter().map(|param| self.display(*param)).collect();
                let why = Why::TypeMismatch {
                    function: callee.text.clone(),
                    missing: if none { names } else { Vec::new() },
                    operand: self.display(operand.ty),
                    text: operand.text.clone(),
                    inferred: self.display(shown),
                    target: self.display(target),
                };
                self.error(operand.node, why);
                return None;
            }
        }
        for (param, ty) in untyped {
            let Some(slot) = bound.get_mut(param) else { continue };
            let default = self.ck.types.default_type(ty);
            match slot {
                None => *slot = Some(default),
                Some(known) if self.ck.types.is_float(default) && self.ck.types.is_integer(*known) => {
                    let only_untyped = operands.iter().enumerate().all(|(index, operand)| {
                        targets.get(index).copied().flatten() != params.get(param).copied()
                            || self.ck.types.is_untyped(operand.ty)
                    });
                    if only_untyped && callee.instance.len() <= param {
                        *slot = Some(default);
                    }
                }
                Some(_) => {}
            }
        }
        let node = self.closing(expr);
        if let Err(reason) = self.core_inference(id, &params, &mut bound) {
            let function = callee.text.clone();
            self.error(node, Why::NotInferred { function, reason });
            return None;
        }
        let mut arguments = Vec::with_capacity(bound.len());
        for (param, bound) in params.iter().zip(bound) {
            match bound {
                Some(ty) => arguments.push(ty),
                None => {
                    let name = self.display(*param);
                    let function = callee.text.clone();
                    let node = self.closing(expr);
                    self.error(node, Why::CannotInfer { function, name });
                    return None;
                }
            }
        }
        let callee_expr = match &expr.kind {
            ExprKind::Call { function, .. } => function,
            _ => expr,
        };
        let operand = self.instance_operand(id, arguments, &[], callee_expr);
        (!operand.is_invalid()).then_some(operand)
    }

    /// The type of the parameter that an argument goes to.
    fn target_of(&self, signature: &Signature, index: usize) -> Option<Ty> {
        let last = signature.params.len().checked_sub(1)?;
        if !signature.variadic || index < last {
            return signature.params.get(index).copied();
        }
        match self.ck.types.kind(*signature.params.get(last)?) {
            Kind::Slice(element) => Some(*element),
            _ => None,
        }
    }

    /// What the structure of a constraint says: `S ~[]E` gives E where S is known, and S where E is.
    fn core_inference(
        &mut self,
        id: SymbolId,
        params: &[Ty],
        bound: &mut Vec<Option<Ty>>,
    ) -> Result<(), String> {
        for _ in 0..params.len() {
            for (index, param) in params.iter().enumerate() {
                let core = self.ck.types.core_term(*param);
                let known = bound.get(index).copied().flatten();
                if let (Some(known), Some((core, _))) = (known, core) {
                    let structure = self.ck.types.underlying(known);
                    let ty = if core.tilde { structure } else { known };
                    let fits = self.ck.unify(core.ty, ty, params, bound)
                        && (params.iter().any(|param| self.ck.mentions(core.ty, *param))
                            || self.ck.types.identical(structure, self.ck.types.underlying(core.ty)));
                    if !fits {
                        return Err(self.unlike_core(id, *param, known, ""));
                    }
                }
                if let (None, Some((core, true))) = (known, core.filter(|(core, _)| !core.tilde)) {
                    let substituted: Vec<Ty> =
                        params.iter().zip(bound.iter()).map(|(p, b)| b.unwrap_or(*p)).collect();
                    let ty = self.ck.substitute(core.ty, params, &substituted);
                    let complete = !params.iter().any(|param| self.ck.mentions(ty, *param));
                    if let (true, Some(slot)) = (complete, bound.get_mut(index)) {
                        *slot = Some(ty);
                    }
                }
                if let Some(known) = known {
                    let all: Vec<Ty> =
                        params.iter().zip(bound.iter()).map(|(p, b)| b.unwrap_or(*p)).collect();
                    let methods = self.bound(id, *param, &all).map(|bound| bound.methods).unwrap_or_default();
                    if let Some(cause) = self.missing_method(known, &methods) {
                        return Err(self.unlike_core(id, *param, known, &format!(" {cause}")));
                    }
                }
            }
        }
        Ok(())
    }

    /// `T (type int) does not satisfy C`, and why.
    fn unlike_core(&mut self, id: SymbolId, param: Ty, known: Ty, cause: &str) -> String {
        let unknown = |ty: Ty| self.display(ty).contains("invalid type");
        let terms = self.ck.types.param_of(param).and_then(|param| param.terms.clone());
        let constraint = match terms.is_some_and(|terms| terms.iter().any(|term| unknown(term.ty))) {
            true => "invalid type".to_owned(),
            false => self.ck.constraint_text(id, param),
        };
        let (param, known) = (self.display(param), self.display(known));
        format!("{param} (type {known}) does not satisfy {constraint}{cause}")
    }

    /// A function of the package is called, with these type arguments.
    pub fn reaches_instance(&mut self, callee: SymbolId, arguments: &[Ty], node: NodeId) -> FunctionId {
        if self.ck.is_abstract {
            return FunctionId(0);
        }
        let place = self.place(node);
        if let Some(caller) = self.function {
            self.ck.calls.push((caller, callee, place));
        }
        self.ck.function_instance(callee, arguments)
    }
}

fn strip_index(expr: &ast::Expr) -> &ast::Expr {
    match &expr.kind {
        ExprKind::Index { operand, .. } => operand,
        _ => expr,
    }
}

impl<'a> Checker<'a> {
    /// The type parameters of a generic function, type, or method of a generic type.
    pub fn type_params(&mut self, id: SymbolId) -> Vec<Ty> {
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
        self.check_parameter_names(&symbol, fields);
        // Constraints may speak of any of the parameters.
        let mut constraints = Vec::with_capacity(params.len());
        {
            let mut cx = Cx::of_symbol(self, &symbol);
            cx.type_args.extend(names.iter().cloned().zip(params.iter().copied()));
            for field in fields {
                for _ in &field.names {
                    constraints.push(cx.constraint(&field.ty, 0));
                }
            }
        }
        for (param, text) in params.iter().zip(fields.iter().flat_map(|field| {
            let text = crate::describe::expression(&field.ty);
            field.names.iter().map(move |_| text.clone())
        })) {
            self.constraint_names.insert(*param, text);
        }
        for (param, constraint) in params.iter().zip(constraints) {
            let Constraint { terms, comparable, methods, is_invalid } = constraint;
            if is_invalid {
                self.constraint_names.insert(*param, "invalid type".to_owned());
            }
            self.types.set_param(*param, |info: &mut TypeParam| {
                info.terms = terms;
                info.comparable = comparable;
                info.methods = methods;
            });
        }
        params
    }

    /// Reports type parameters with the same name.
    fn check_parameter_names(&mut self, symbol: &crate::symbols::Symbol<'a>, fields: &'a [ast::Field]) {
        let names: Vec<&ast::Ident> = fields.iter().flat_map(|field| &field.names).collect();
        for (index, name) in names.iter().enumerate() {
            let first = names.iter().take(index).find(|first| first.name == name.name && name.name != "_");
            if let Some(first) = first {
                let other = gobpf_source::Place { decl: symbol.decl, node: first.id };
                let place = gobpf_source::Place { decl: symbol.decl, node: name.id };
                self.error(place, Why::Redeclared { name: name.name.clone(), other });
            }
        }
    }

    /// The constraint of a type parameter as it is written.
    fn constraint_text(&mut self, id: SymbolId, param: Ty) -> String {
        let position = self.type_params(id).iter().position(|known| *known == param);
        let Some(symbol) = self.index.symbol(id) else { return String::new() };
        let fields: &[ast::Field] = match symbol.kind {
            SymbolKind::Func(func) => &func.type_params,
            SymbolKind::Type(spec) => &spec.type_params,
            _ => &[],
        };
        fields
            .iter()
            .flat_map(|field| field.names.iter().map(move |_| &field.ty))
            .nth(position.unwrap_or_default())
            .map(crate::describe::expression)
            .unwrap_or_default()
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
        let mut cx = Cx::of_symbol(self, &symbol);
        cx.bind_type_params(&func.type_params, arguments);
        Some(Rc::new(cx.signature(&func.signature)))
    }

    /// Makes `param` types equal to `argument`; false where they can't be.
    fn unify(&mut self, param: Ty, argument: Ty, params: &[Ty], bound: &mut Vec<Option<Ty>>) -> bool {
        if let Some(index) = params.iter().position(|known| *known == param) {
            let Some(slot) = bound.get_mut(index) else { return false };
            return match *slot {
                None => {
                    *slot = Some(argument);
                    true
                }
                Some(known) if self.types.identical(known, argument) => true,
                // A named type wins over its structure.
                Some(known)
                    if self
                        .types
                        .identical(self.types.underlying(known), self.types.underlying(argument)) =>
                {
                    let named = self.types.named_of(known).is_some();
                    let other = self.types.named_of(argument).is_some();
                    if !named && other {
                        *slot = Some(argument);
                    }
                    !(named && other)
                }
                Some(_) => false,
            };
        }
        if !params.iter().any(|known| self.mentions(param, *known)) {
            return true; // assignability is checked with the call
        }
        let (param_kind, argument_kind) = (self.types.kind(param).clone(), self.types.kind(argument).clone());
        if let (Kind::Named(a), Kind::Named(b)) = (&param_kind, &argument_kind) {
            let (Some(a), Some(b)) = (self.types.named(*a).cloned(), self.types.named(*b).cloned()) else {
                return false;
            };
            if a.symbol == b.symbol {
                return a
                    .arguments
                    .iter()
                    .zip(&b.arguments)
                    .all(|(param, argument)| self.unify(*param, *argument, params, bound));
            }
        }
        let param_kind = match param_kind {
            Kind::Named(_) => self.types.under(param).clone(),
            kind => kind,
        };
        let argument_kind = match argument_kind {
            Kind::Named(_) => self.types.under(argument).clone(),
            kind => kind,
        };
        match (param_kind, argument_kind) {
            (Kind::Pointer(a), Kind::Pointer(b))
            | (Kind::Slice(a), Kind::Slice(b))
            | (Kind::Chan(a), Kind::Chan(b)) => self.unify(a, b, params, bound),
            (Kind::Array(a, n), Kind::Array(b, m)) => n == m && self.unify(a, b, params, bound),
            (Kind::Map(a, b), Kind::Map(c, d)) => {
                self.unify(a, c, params, bound) && self.unify(b, d, params, bound)
            }
            (Kind::Func(a), Kind::Func(b)) => {
                a.params.len() == b.params.len()
                    && a.results.len() == b.results.len()
                    && a.params
                        .iter()
                        .zip(&b.params)
                        .chain(a.results.iter().zip(&b.results))
                        .all(|(a, b)| self.unify(*a, *b, params, bound))
            }
            (Kind::Struct(a), Kind::Struct(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b.iter())
                        .all(|(a, b)| a.name == b.name && self.unify(a.ty, b.ty, params, bound))
            }
            _ => false,
        }
    }

    /// `ty` is made of `param`.
    pub fn mentions(&self, ty: Ty, param: Ty) -> bool {
        self.mentions_at(ty, param, 0)
    }

    fn mentions_at(&self, ty: Ty, param: Ty, depth: usize) -> bool {
        if ty == param {
            return true;
        }
        if depth > MAX_DEPTH {
            return false;
        }
        let inner = |ty: &Ty| self.mentions_at(*ty, param, depth + 1);
        match self.types.kind(ty) {
            Kind::Pointer(of) | Kind::Slice(of) | Kind::Array(of, _) | Kind::Chan(of) => inner(of),
            Kind::Map(key, value) => inner(key) || inner(value),
            Kind::Func(signature) => signature.params.iter().chain(&signature.results).any(inner),
            Kind::Struct(fields) => fields.iter().any(|field| inner(&field.ty)),
            Kind::Named(id) => self.types.named(*id).is_some_and(|named| named.arguments.iter().any(inner)),
            _ => false,
        }
    }

    /// `ty` with `arguments` for `params`.
    pub fn substitute(&mut self, ty: Ty, params: &[Ty], arguments: &[Ty]) -> Ty {
        if let Some(index) = params.iter().position(|param| *param == ty) {
            return arguments.get(index).copied().unwrap_or(ty);
        }
        if !params.iter().any(|param| self.mentions(ty, *param)) {
            return ty;
        }
        let kind = match self.types.kind(ty).clone() {
            Kind::Pointer(of) => Kind::Pointer(self.substitute(of, params, arguments)),
            Kind::Slice(of) => Kind::Slice(self.substitute(of, params, arguments)),
            Kind::Chan(of) => Kind::Chan(self.substitute(of, params, arguments)),
            Kind::Array(of, length) => Kind::Array(self.substitute(of, params, arguments), length),
            Kind::Map(key, value) => {
                Kind::Map(self.substitute(key, params, arguments), self.substitute(value, params, arguments))
            }
            Kind::Func(signature) => {
                let mut all = |types: &[Ty]| -> Vec<Ty> {
                    types.iter().map(|ty| self.substitute(*ty, params, arguments)).collect()
                };
                let (of, results) = (all(&signature.params), all(&signature.results));
                let (names, variadic) = (signature.names.clone(), signature.variadic);
                Kind::Func(Rc::new(Signature { params: of, results, names, variadic }))
            }
            Kind::Struct(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|field| crate::ty::Field {
                        ty: self.substitute(field.ty, params, arguments),
                        ..field.clone()
                    })
                    .collect();
                Kind::Struct(fields.into())
            }
            Kind::Named(id) => {
                let Some(named) = self.types.named(id).cloned() else { return ty };
                let Some(symbol) = named.symbol else { return ty };
                let own: Vec<Ty> =
                    named.arguments.iter().map(|ty| self.substitute(*ty, params, arguments)).collect();
                return self.instantiate(symbol, &own);
            }
            _ => return ty,
        };
        self.types.intern(kind)
    }

    /// Names and types of the type parameters of a function, or of a method's receiver, for `arguments`.
    pub fn bindings(&self, func: &ast::FuncDecl, arguments: &[Ty]) -> Vec<(SmolStr, Ty)> {
        let names: Vec<SmolStr> = match &func.receiver {
            Some(receiver) => receiver_params(&receiver.ty),
            None => func.type_params.iter().flat_map(|field| &field.names).map(|n| n.name.clone()).collect(),
        };
        names.into_iter().zip(arguments.iter().copied()).collect()
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
        let bindings = self.bindings(func, &params);
        self.is_abstract = true;
        let mut cx = Cx::of_symbol(self, &symbol);
        cx.function = Some(id);
        cx.type_args = bindings;
        cx.function_body(func, SmolStr::default());
        self.is_abstract = false;
    }

    /// The function `id` with these type arguments; it is checked later if it is new.
    pub fn function_instance(&mut self, id: SymbolId, arguments: &[Ty]) -> FunctionId {
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

    /// The structure that all types of a constraint have, and whether it is the only one.
    fn core_term(&self, param: Ty) -> Option<(Term, bool)> {
        let terms = self.param_of(param)?.terms.as_ref()?;
        let (first, rest) = terms.split_first()?;
        if rest.is_empty() {
            return Some((*first, true));
        }
        let core = self.underlying(first.ty);
        let same = rest.iter().all(|term| self.identical(self.underlying(term.ty), core));
        same.then(|| (Term { tilde: terms.iter().any(|term| term.tilde), ty: core }, false))
    }
}
