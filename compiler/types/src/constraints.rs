//! Constraints: what they demand, and how messages show them.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BinaryOp, ExprKind, UnaryOp};
use smol_str::SmolStr;

use crate::checker::{Checker, Resolved};
use crate::context::Cx;
use crate::describe::expression;
use crate::error::Why;
use crate::symbols::SymbolKind;
use crate::ty::{Interface, Kind, Term, Ty, Types};
use crate::typexpr::Meaning;

/// Constraints nested deeper than this are taken for `any`.
const MAX_DEPTH: usize = 32;

/// How messages show a constraint.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    /// In these words, whatever type arguments there are.
    Words(String),
    Type(Ty),
    Tilde(Ty),
    Union(Box<[Shown; 2]>),
    /// Methods come first.
    Interface {
        methods: Vec<(SmolStr, Ty)>,
        embedded: Vec<Shown>,
    },
    /// A generic interface with type arguments.
    Instance(String, Vec<Ty>),
}

impl Shown {
    /// `interface{ ... }` of these methods, in the order of messages.
    fn interface(mut methods: Vec<(SmolStr, Ty)>, embedded: Vec<Shown>) -> Shown {
        methods.sort_by(|(a, _), (b, _)| {
            let is_own = |name: &SmolStr| !name.starts_with(char::is_uppercase);
            (is_own(a), a).cmp(&(is_own(b), b))
        });
        Shown::Interface { methods, embedded }
    }

    /// Where it is written several times, it is the same constraint.
    pub fn is_one(&self, types: &Types) -> bool {
        match self {
            Shown::Words(_) | Shown::Instance(..) => true,
            Shown::Type(ty) => {
                matches!(types.spelling(*ty), Kind::Named(_) | Kind::Basic(_) | Kind::Alias(..))
            }
            Shown::Tilde(_) | Shown::Union(_) | Shown::Interface { .. } => false,
        }
    }

    /// The words, with the names of parameters and results of methods or without.
    pub fn text(&self, types: &Types, names: bool) -> String {
        match self {
            Shown::Words(words) => words.clone(),
            Shown::Type(ty) => types.shown(*ty, names),
            Shown::Tilde(ty) => format!("~{}", types.shown(*ty, names)),
            Shown::Union(terms) => terms.each_ref().map(|term| term.text(types, names)).join(" | "),
            Shown::Instance(name, arguments) => format!("{name}[{}]", types.list(arguments)),
            Shown::Interface { methods, embedded } => {
                let methods = methods.iter().map(|(name, ty)| {
                    let shown = types.shown(*ty, names);
                    format!("{name}{}", shown.strip_prefix("func").unwrap_or(&shown))
                });
                let parts = methods.chain(embedded.iter().map(|part| part.text(types, names)));
                format!("interface{{{}}}", parts.collect::<Vec<_>>().join("; "))
            }
        }
    }
}

impl Checker<'_> {
    /// `shown` with `arguments` for `params`.
    pub fn shown_with(&mut self, shown: &Shown, params: &[Ty], arguments: &[Ty]) -> Shown {
        let mut of = |ty: &Ty| self.substitute(*ty, params, arguments);
        match shown {
            Shown::Words(words) => Shown::Words(words.clone()),
            Shown::Type(ty) => Shown::Type(of(ty)),
            Shown::Tilde(ty) => Shown::Tilde(of(ty)),
            Shown::Instance(name, own) => Shown::Instance(name.clone(), own.iter().map(of).collect()),
            Shown::Union(terms) => {
                Shown::Union(Box::new(terms.each_ref().map(|term| self.shown_with(term, params, arguments))))
            }
            Shown::Interface { methods, embedded } => Shown::Interface {
                methods: methods.iter().map(|(name, ty)| (name.clone(), of(ty))).collect(),
                embedded: embedded.iter().map(|part| self.shown_with(part, params, arguments)).collect(),
            },
        }
    }
}

/// What a constraint demands.
#[derive(Clone, Default, Debug)]
pub(crate) struct Constraint {
    /// The types that it allows; `None` for all.
    pub terms: Option<Vec<Term>>,
    /// The terms of a union that are written out, sound or not, interfaces apart.
    written: Vec<Term>,
    pub comparable: bool,
    pub methods: Vec<(SmolStr, Ty)>,
    /// The types that it speaks of, allowed or not.
    pub mentioned: Vec<Ty>,
    /// How messages show it; as it is written where this is `None`.
    pub shown: Option<Shown>,
    /// It has an error, already reported.
    is_invalid: bool,
    /// A part of it that has an error is written out in it.
    pub shows_error: bool,
}

impl Constraint {
    /// The interface that demands this.
    pub fn into_interface(self, types: &Types) -> Interface {
        let text = |names| self.shown.as_ref().map(|shown| SmolStr::new(shown.text(types, names)));
        let (text, plain) = (text(true).unwrap_or_default(), text(false).unwrap_or_default());
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
                let of = |constraint: &Constraint, expr| {
                    constraint.shown.clone().unwrap_or_else(|| Shown::Words(expression(expr)))
                };
                let shown = Shown::Union(Box::new([of(&before, left), of(&after, right)]));
                Constraint { shown: Some(shown), ..before.union(after) }
            }
            ExprKind::Unary { op: UnaryOp::Tilde, operand } => self.tilde(expr, operand, depth),
            ExprKind::InterfaceType(fields) => self.interface_constraint(fields, depth),
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
                        let shown = Some(Shown::Type(ty));
                        return Constraint { methods, terms, comparable, shown, ..Constraint::default() };
                    }
                    let shows_error = self.display(ty).contains("invalid type");
                    let written = vec![Term { tilde: false, ty }];
                    let terms = Some(written.clone());
                    let (mentioned, shown) = (vec![ty], Some(Shown::Type(ty)));
                    Constraint { terms, written, shows_error, mentioned, shown, ..Constraint::default() }
                }
            },
        }
    }

    /// The constraint `~operand`, which is `expr`.
    fn tilde(&mut self, expr: &'a ast::Expr, operand: &'a ast::Expr, depth: usize) -> Constraint {
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
        let (mentioned, shown) = (vec![ty], Some(Shown::Tilde(ty)));
        Constraint { terms, written, shows_error, mentioned, shown, ..Constraint::default() }
    }

    /// The constraint `interface{ ... }`.
    fn interface_constraint(&mut self, fields: &'a [ast::Field], depth: usize) -> Constraint {
        let (mut whole, mut embedded) = (Constraint::default(), Vec::new());
        let mut own: Vec<(SmolStr, Ty)> = Vec::new();
        for field in fields {
            for name in &field.names {
                let method = self.type_expr(&field.ty);
                own.push((name.name.clone(), method));
            }
            if field.names.is_empty() {
                let mut part = self.constraint(&field.ty, depth + 1);
                let shown = part.shown.take();
                embedded.push(shown.unwrap_or_else(|| Shown::Words(expression(&field.ty))));
                whole.intersect(part, &self.ck.types);
            }
        }
        whole.methods.extend(own.iter().cloned());
        whole.shown = Some(Shown::interface(own, embedded));
        whole
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
        let mut shown = None;
        if spec.type_params.is_empty()
            && let Resolved::Type(ty) = self.ck.resolve(id)
        // says what is wrong with it
        {
            if self.ck.types.is_unknown(ty) {
                return Some(Constraint { is_invalid: true, ..Constraint::default() });
            }
            shown = Some(Shown::Type(ty));
        }
        let arguments: Vec<Ty> = indices.iter().map(|index| self.type_expr(index)).collect();
        if arguments.contains(&Types::UNKNOWN) {
            return Some(Constraint { is_invalid: true, shows_error: true, ..Constraint::default() });
        }
        if !arguments.is_empty() {
            let nodes: Vec<NodeId> = indices.iter().map(|index| index.id).collect();
            self.satisfied(id, &arguments, &nodes, expr.id);
            let name = self.ck.qualified(symbol.package, &symbol.name);
            shown = Some(Shown::Instance(name.to_string(), arguments.clone()));
        }
        let mut cx = Cx::of_symbol(self.ck, &symbol);
        cx.bind_type_params(&spec.type_params, &arguments);
        let mut constraint = cx.constraint(&spec.ty, depth + 1);
        if depth > 0 {
            constraint.mentioned.clear(); // it is what is spoken of
        }
        Some(Constraint { shows_error: false, shown, ..constraint })
    }
}
