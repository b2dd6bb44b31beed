//! Structs that would hold themselves. Go marks one type of each circle as wrong when all declarations have been looked at; what
//! was asked of it before, by constants and initial values of the package, it goes on with.

use std::rc::Rc;

use gobpf_syntax::ast::{Element, Expr, ExprKind, Signature};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

use crate::checker::{Checker, Resolved};
use crate::error::Why;
use crate::symbols::{Index, Package, SymbolId, SymbolKind};
use crate::ty::{Field, Kind, Named, Ty, Types};

/// Types nested deeper than this are not looked into.
const MAX_DEPTH: u32 = 16;

/// What is known of the circles of the package's plain types.
#[derive(Default, Debug)]
pub(crate) struct Circles {
    /// The types that are wrong.
    marked: HashSet<SymbolId>,
    /// The types whose structure was asked for before that.
    asked: HashSet<SymbolId>,
    /// The types of which a value was asked for before that: none of them has a size.
    infinite: HashSet<SymbolId>,
    /// Where that is said, and whether it is of a type that holds itself directly.
    errors: Vec<(SymbolId, bool)>,
}

/// A type as it is written, aliases followed.
enum Written<'a> {
    Declared(SymbolId, &'a Expr),
    Literal(&'a Expr),
}

struct Search<'i, 'a> {
    index: &'i Index<'a>,
    found: Circles,
    /// The declared types in the order in which Go looks at them.
    order: Vec<SymbolId>,
    started: HashSet<SymbolId>,
    /// Whether values of a type have a size.
    finite: HashMap<SymbolId, bool>,
}

impl<'a> Search<'_, 'a> {
    fn type_of(&self, id: SymbolId) -> Option<(&'a Expr, bool)> {
        match self.index.symbol(id)?.kind {
            SymbolKind::Type(spec) if spec.type_params.is_empty() => Some((&spec.ty, spec.alias)),
            _ => None,
        }
    }

    fn written(&self, mut expr: &'a Expr) -> Written<'a> {
        for _ in 0..MAX_DEPTH {
            let name = match &expr.kind {
                ExprKind::Paren(inner) => {
                    expr = inner;
                    continue;
                }
                ExprKind::Ident(name) => name,
                _ => break,
            };
            let id = self.index.lookup(Package::User, name);
            match id.and_then(|id| Some((id, self.type_of(id)?))) {
                Some((_, (ty, true))) => expr = ty,
                Some((id, (ty, false))) => return Written::Declared(id, ty),
                None => break,
            }
        }
        Written::Literal(expr)
    }

    /// Looks at the declaration of `id`, and at those that it names.
    fn start(&mut self, id: SymbolId) {
        if !self.started.insert(id) {
            return;
        }
        let Some((ty, _)) = self.type_of(id) else { return };
        self.order.push(id);
        self.mention(ty);
    }

    fn mention(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Ident(name) => {
                self.index.lookup(Package::User, name).into_iter().for_each(|id| self.start(id));
            }
            ExprKind::Paren(inner)
            | ExprKind::Star(inner)
            | ExprKind::SliceType(inner)
            | ExprKind::ArrayType { element: inner, .. }
            | ExprKind::ChanType { element: inner, .. } => self.mention(inner),
            ExprKind::MapType { key, value } => {
                self.mention(key);
                self.mention(value);
            }
            ExprKind::StructType(fields) | ExprKind::InterfaceType(fields) => {
                fields.iter().for_each(|field| self.mention(&field.ty));
            }
            ExprKind::FuncType(Signature { params, results, .. }) => {
                params.iter().chain(results).for_each(|field| self.mention(&field.ty));
            }
            ExprKind::Index { operand, indices } => {
                self.mention(operand);
                indices.iter().for_each(|index| self.mention(index));
            }
            _ => {}
        }
    }

    /// Marks the first type within `expr` that is a part of itself; true where there is none.
    fn is_valid(&mut self, expr: &'a Expr, way: &mut Vec<SymbolId>) -> bool {
        match self.written(expr) {
            Written::Declared(id, _) if self.found.marked.contains(&id) => true,
            Written::Declared(id, _) if way.contains(&id) => {
                self.found.marked.insert(id);
                self.found.errors.push((id, way.last() == Some(&id)));
                false
            }
            Written::Declared(id, ty) => {
                way.push(id);
                let valid = self.is_valid(ty, way);
                way.pop();
                valid
            }
            Written::Literal(literal) => match &literal.kind {
                ExprKind::ArrayType { element, .. } => self.is_valid(element, way),
                ExprKind::StructType(fields) => fields.iter().all(|field| self.is_valid(&field.ty, way)),
                _ => true,
            },
        }
    }

    /// Values of the type have a size. The first type that has none is reported.
    fn is_finite(&mut self, expr: &'a Expr, way: &mut Vec<SymbolId>) -> bool {
        match self.written(expr) {
            Written::Declared(id, ty) => {
                if let Some(known) = self.finite.get(&id) {
                    return *known;
                }
                if let Some(start) = way.iter().position(|known| *known == id) {
                    let circle = way.get(start..).unwrap_or_default();
                    let place = |id: &&SymbolId| self.index.symbol(**id).map(|symbol| symbol.place());
                    let first = circle.iter().min_by_key(place).copied();
                    self.found.errors.extend(first.map(|first| (first, circle.len() == 1)));
                    return false;
                }
                way.push(id);
                let finite = self.is_finite(ty, way);
                way.pop();
                self.finite.insert(id, finite);
                if !finite {
                    self.found.infinite.insert(id);
                }
                finite
            }
            Written::Literal(literal) => match &literal.kind {
                ExprKind::ArrayType { element, .. } => self.is_finite(element, way),
                ExprKind::StructType(fields) => fields.iter().all(|field| self.is_finite(&field.ty, way)),
                _ => true,
            },
        }
    }

    /// The structure of the type is asked for.
    fn ask(&mut self, expr: &'a Expr) {
        if let Written::Declared(id, ty) = self.written(expr)
            && self.found.asked.insert(id)
        {
            self.ask(ty);
        }
    }

    /// An expression outside of functions.
    fn value(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Composite { ty: Some(ty), elements } => self.literal(ty, elements),
            ExprKind::Call { function, arguments, .. } => {
                if let Written::Declared(..) = self.written(function) {
                    self.ask(function);
                    self.is_finite(function, &mut Vec::new());
                } else {
                    self.value(function);
                }
                arguments.iter().for_each(|argument| self.value(argument));
            }
            ExprKind::Paren(inner) | ExprKind::Star(inner) | ExprKind::Unary { operand: inner, .. } => {
                self.value(inner);
            }
            ExprKind::Selector { operand, .. } | ExprKind::Index { operand, .. } => self.value(operand),
            ExprKind::Slice { operand, .. } => self.value(operand),
            ExprKind::Binary { left, right, .. } => {
                self.value(left);
                self.value(right);
            }
            _ => {}
        }
    }

    fn literal(&mut self, ty: &'a Expr, elements: &'a [Element]) {
        self.ask(ty);
        let mut structure = self.written(ty);
        for _ in 0..MAX_DEPTH {
            let Written::Declared(_, inner) = structure else { break };
            structure = self.written(inner);
        }
        let (key, value) = match &structure {
            Written::Literal(Expr { kind: ExprKind::MapType { key, value }, .. }) => {
                self.ask(key);
                (Some(&**key), Some(&**value))
            }
            Written::Literal(Expr {
                kind: ExprKind::ArrayType { element, .. } | ExprKind::SliceType(element),
                ..
            }) => (None, Some(&**element)),
            _ => (None, None),
        };
        for element in elements {
            let parts = [(element.key.as_ref(), key), (Some(&element.value), value)];
            for (part, of) in parts.into_iter().filter_map(|(part, of)| Some((part?, of))) {
                match (&part.kind, of) {
                    (ExprKind::Composite { ty: None, elements }, Some(of)) => self.literal(of, elements),
                    _ => self.value(part),
                }
            }
        }
        self.is_finite(ty, &mut Vec::new());
    }
}

impl Circles {
    fn of(index: &Index<'_>) -> Circles {
        let mut search = Search {
            index,
            found: Circles::default(),
            order: Vec::new(),
            started: HashSet::default(),
            finite: HashMap::default(),
        };
        let mut symbols: Vec<_> = index.of(Package::User).collect();
        symbols.sort_by_key(|(_, symbol)| symbol.place());
        for aliases in [false, true] {
            for (id, symbol) in &symbols {
                if matches!(symbol.kind, SymbolKind::Type(spec) if spec.alias == aliases) {
                    search.start(*id);
                }
            }
        }
        for (_, symbol) in &symbols {
            match symbol.kind {
                SymbolKind::Const { ty: Some(ty), .. } => search.ask(ty),
                SymbolKind::Var { spec, index } => {
                    spec.values.get(index).into_iter().for_each(|value| search.value(value));
                }
                _ => {}
            }
        }
        for id in std::mem::take(&mut search.order) {
            let Some((ty, alias)) = search.type_of(id) else { continue };
            let mut way = if alias { Vec::new() } else { vec![id] };
            if !search.found.marked.contains(&id) {
                search.is_valid(ty, &mut way);
            }
        }
        search.found
    }
}

impl Checker<'_> {
    fn circles(&mut self) -> Rc<Circles> {
        let index = &self.index;
        self.circles.get_or_insert_with(|| Rc::new(Circles::of(index))).clone()
    }

    /// Reports the circles that the plain type `id`, whose structure is `underlying`, is a part of, and gives what Go goes on
    /// with as its structure; `None` where generic types are a part of the circle.
    pub fn circular(&mut self, id: SymbolId, (ty, underlying): (Ty, Ty)) -> Option<Ty> {
        let circles = self.circles();
        if circles.errors.is_empty() {
            return None;
        }
        for (id, direct) in &circles.errors {
            let Some(symbol) = self.index.symbol(*id).cloned() else { continue };
            let why = Why::Cycle { name: symbol.name.clone(), recursive_type: true, direct: *direct };
            self.error(symbol.place(), why);
        }
        let wrong = circles.marked.iter().filter(|other| **other != id && !circles.asked.contains(other));
        for other in wrong {
            if let Some(Resolved::Type(ty)) = self.resolved.get(other)
                && let Kind::Named(named) = *self.types.kind(*ty)
            {
                self.types.set_underlying(named, Types::UNKNOWN);
            }
        }
        Some(match circles.marked.contains(&id) && !circles.asked.contains(&id) {
            true => Types::UNKNOWN,
            false => {
                let structure = self.types.underlying(underlying);
                self.opaque(structure, ty)
            }
        })
    }

    /// `ty` with types of which nothing is known for its parts that hold `whole`, so that it has an end.
    fn opaque(&mut self, ty: Ty, whole: Ty) -> Ty {
        match self.types.kind(ty).clone() {
            Kind::Named(id) if self.contains(ty, whole, 0) => {
                let Some(named) = self.types.named(id).cloned() else { return ty };
                let (other, opaque) = self.types.declare(Named { underlying: None, ..named });
                self.types.set_underlying(other, Types::UNKNOWN);
                self.types.set_same(opaque, ty);
                opaque
            }
            Kind::Array(element, length) => {
                let element = self.opaque(element, whole);
                self.types.intern(Kind::Array(element, length))
            }
            Kind::Struct(fields) => {
                let fields: Vec<Field> = fields
                    .iter()
                    .map(|field| Field { ty: self.opaque(field.ty, whole), ..field.clone() })
                    .collect();
                self.types.intern(Kind::Struct(fields.into()))
            }
            _ => ty,
        }
    }

    /// No value of `ty` has a size, which has been said.
    pub fn is_infinite(&self, ty: Ty) -> bool {
        match &self.circles {
            Some(circles) if !circles.infinite.is_empty() => self.holds_infinite(circles, ty, 0),
            _ => false,
        }
    }

    fn holds_infinite(&self, circles: &Circles, ty: Ty, depth: u32) -> bool {
        let inner = |ty: Ty| depth < MAX_DEPTH && self.holds_infinite(circles, ty, depth + 1);
        match self.types.kind(ty) {
            Kind::Named(id) => self.types.named(*id).is_some_and(|named| {
                named.symbol.is_some_and(|symbol| circles.infinite.contains(&symbol))
                    || named.underlying.is_some_and(inner)
            }),
            Kind::Array(element, _) => inner(*element),
            Kind::Struct(fields) => fields.iter().any(|field| inner(field.ty)),
            _ => false,
        }
    }
}
