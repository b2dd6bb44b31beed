//! Unification: type parameters get the types that make two types equal.

use smol_str::SmolStr;

use crate::checker::Checker;
use crate::context::Cx;
use crate::ty::{Interface, Kind, Term, Ty};

/// Types nested deeper than this are not equal.
const MAX_DEPTH: usize = 50;

/// How equal two types must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Equality {
    /// A name may stand for its structure, here and in the parts of the types.
    Loose,
    /// The same, but their parts must be identical: what an assignment asks for.
    Assignable,
    /// Identical.
    Exact,
}

impl Equality {
    fn of_parts(self) -> Equality {
        match self {
            Equality::Loose => Equality::Loose,
            Equality::Assignable | Equality::Exact => Equality::Exact,
        }
    }

    fn is_exact(self) -> bool {
        self == Equality::Exact
    }
}

/// Type parameters, and what is known of them.
#[derive(Clone, Debug)]
pub(crate) struct Unifier {
    params: Vec<Ty>,
    /// Where the type of each parameter stands in `types`: parameters that must have the same type share one.
    places: Vec<usize>,
    types: Vec<Option<Ty>>,
}

impl Unifier {
    /// Nothing but `given` is known of `params`.
    pub fn new(params: Vec<Ty>, given: Vec<Option<Ty>>) -> Unifier {
        let places = (0..params.len()).collect();
        Unifier { params, places, types: given }
    }

    /// The type parameters.
    pub fn params(&self) -> &[Ty] {
        &self.params
    }

    fn position(&self, ty: Ty) -> Option<usize> {
        self.params.iter().position(|param| *param == ty)
    }

    /// What is known of the parameter with this number.
    pub fn at(&self, index: usize) -> Option<Ty> {
        self.places.get(index).and_then(|place| self.types.get(*place)).copied().flatten()
    }

    /// The parameter with this number is `ty`.
    pub fn set(&mut self, index: usize, ty: Ty) {
        if let Some(slot) = self.places.get(index).and_then(|place| self.types.get_mut(*place)) {
            *slot = Some(ty);
        }
    }

    /// What is known of each.
    pub fn inferred(&self) -> Vec<Option<Ty>> {
        (0..self.params.len()).map(|index| self.at(index)).collect()
    }

    /// The same, with the parameters of which nothing is known for themselves.
    pub fn known(&self) -> Vec<Ty> {
        let known = self.params.iter().enumerate();
        known.map(|(index, param)| self.at(index).unwrap_or(*param)).collect()
    }

    /// Of how many nothing is known.
    pub fn unknowns(&self) -> usize {
        self.inferred().iter().filter(|ty| ty.is_none()).count()
    }

    /// The two parameters have the same type; false where both have one already.
    fn join(&mut self, a: usize, b: usize) -> bool {
        let (Some(of_a), Some(of_b)) = (self.places.get(a).copied(), self.places.get(b).copied()) else {
            return false;
        };
        if of_a == of_b {
            return true;
        }
        let (from, to) = match (self.at(a), self.at(b)) {
            (Some(_), Some(_)) => return false,
            (Some(_), None) => (of_b, of_a),
            (None, _) => (of_a, of_b),
        };
        self.places.iter_mut().filter(|place| **place == from).for_each(|place| *place = to);
        true
    }
}

impl Checker<'_> {
    /// Makes `x` and `y` equal; false where they can't be.
    pub fn unify(&mut self, of: &mut Unifier, x: Ty, y: Ty, equality: Equality) -> bool {
        self.unify_at(of, (x, y), equality, 0)
    }

    fn unify_at(
        &mut self,
        of: &mut Unifier,
        (mut x, mut y): (Ty, Ty),
        equality: Equality,
        depth: usize,
    ) -> bool {
        if self.types.canon(x) == self.types.canon(y) {
            return true;
        }
        if depth > MAX_DEPTH {
            return false;
        }
        // A name goes to the right, a parameter to the left.
        if self.types.named_of(x).is_some() || of.position(y).is_some() {
            std::mem::swap(&mut x, &mut y);
        }
        if !equality.is_exact() && self.types.named_of(y).is_some() && self.is_plain_literal(x) {
            y = self.types.underlying(y);
            if self.types.canon(x) == self.types.canon(y) {
                return true;
            }
        }
        match (of.position(x), of.position(y)) {
            (Some(a), Some(b)) => {
                return of.join(a, b)
                    || match (of.at(a), of.at(b)) {
                        (Some(x), Some(y)) => self.unify_at(of, (x, y), equality, depth + 1),
                        _ => false,
                    };
            }
            (Some(param), None) => return self.unify_param(of, (param, y), equality, depth),
            _ => {}
        }
        if !equality.is_exact()
            && let Some(equal) = self.unify_interfaces(of, (x, y), depth)
        {
            return equal;
        }
        if self.types.param_of(y).is_some() {
            std::mem::swap(&mut x, &mut y);
        }
        if self.types.param_of(x).is_some() {
            // A parameter of another function: what its types have in common counts.
            let core = self.types.core(x);
            return core.is_some_and(|core| self.unify_at(of, (core, y), Equality::Assignable, depth + 1));
        }
        self.unify_parts(of, (x, y), equality, depth)
    }

    /// A type that isn't declared, nor a parameter, nor an interface.
    fn is_plain_literal(&self, ty: Ty) -> bool {
        let types = &self.types;
        types.named_of(ty).is_none() && types.param_of(ty).is_none() && types.interface(ty).is_none()
    }

    /// The parameter with the number `param`, and a type that is none of the parameters.
    fn unify_param(
        &mut self,
        of: &mut Unifier,
        (param, y): (usize, Ty),
        equality: Equality,
        depth: usize,
    ) -> bool {
        let Some(x) = of.at(param) else {
            of.set(param, y);
            return true;
        };
        if !self.unify_at(of, (x, y), equality, depth + 1) {
            return false;
        }
        let named = [x, y].map(|ty| self.types.named_of(ty).is_some());
        match [x, y].map(|ty| self.plain_interface(ty)) {
            [Some(_), Some(_)] if named == [true, true] => return self.types.canon(x) == self.types.canon(y),
            [Some(a), Some(b)] if a.methods.len() != b.methods.len() => return false,
            [Some(_), Some(_)] | [None, None] => {}
            // Either could be meant.
            _ => return false,
        }
        // A name wins over its structure.
        if !equality.is_exact() && named == [false, true] {
            of.set(param, y);
        }
        true
    }

    /// The interface that `ty` is, if it is no type parameter.
    fn plain_interface(&self, ty: Ty) -> Option<std::rc::Rc<Interface>> {
        match self.types.param_of(ty) {
            Some(_) => None,
            None => self.types.interface(ty),
        }
    }

    /// Two types of which one is an interface, or both: the methods of one are among those of the other. `None` where
    /// neither is.
    fn unify_interfaces(&mut self, of: &mut Unifier, (x, y): (Ty, Ty), depth: usize) -> Option<bool> {
        let (methods, other) = match (self.plain_interface(x), self.plain_interface(y)) {
            (None, None) => return None,
            (Some(own), None) => (own.methods.clone(), y),
            (None, Some(own)) => (own.methods.clone(), x),
            (Some(a), Some(b)) => {
                if !self.same_terms(&a, &b) {
                    return Some(false);
                }
                match a.methods.len() <= b.methods.len() {
                    true => (a.methods.clone(), y),
                    false => (b.methods.clone(), x),
                }
            }
        };
        Some(methods.iter().all(|(name, wanted)| {
            let found = self.method_of_type(other, name);
            found.is_some_and(|found| self.unify_at(of, (*wanted, found), Equality::Exact, depth + 1))
        }))
    }

    fn same_terms(&self, a: &Interface, b: &Interface) -> bool {
        let text = |terms: &Option<Vec<Term>>| terms.as_ref().map(|terms| self.types.terms_text(terms));
        a.comparable == b.comparable && text(&a.terms) == text(&b.terms)
    }

    /// Two types that are neither parameters nor, unless they must be identical, interfaces.
    fn unify_parts(&mut self, of: &mut Unifier, (x, y): (Ty, Ty), equality: Equality, depth: usize) -> bool {
        let parts = equality.of_parts();
        let mut same = |ck: &mut Self, a: Ty, b: Ty, equality| ck.unify_at(of, (a, b), equality, depth + 1);
        match (self.types.kind(x).clone(), self.types.kind(y).clone()) {
            (Kind::Pointer(a), Kind::Pointer(b))
            | (Kind::Slice(a), Kind::Slice(b))
            | (Kind::Chan(a), Kind::Chan(b)) => same(self, a, b, parts),
            (Kind::Array(a, n), Kind::Array(b, m)) => n == m && same(self, a, b, parts),
            (Kind::Map(a, b), Kind::Map(c, d)) => same(self, a, c, parts) && same(self, b, d, parts),
            (Kind::Func(a), Kind::Func(b)) => {
                let mut all = |a: &[Ty], b: &[Ty]| {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(self, *a, *b, parts))
                };
                a.variadic == b.variadic && all(&a.params, &b.params) && all(&a.results, &b.results)
            }
            (Kind::Struct(a), Kind::Struct(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b.iter()).all(|(a, b)| {
                        let alike =
                            (a.embedded, &a.tag, &a.name, a.home) == (b.embedded, &b.tag, &b.name, b.home);
                        alike && same(self, a.ty, b.ty, parts)
                    })
            }
            (Kind::Interface(a), Kind::Interface(b)) => {
                self.same_terms(&a, &b)
                    && a.methods.len() == b.methods.len()
                    && a.methods.iter().all(|(name, wanted)| {
                        let found = b.methods.iter().find(|(known, _)| known == name);
                        found.is_some_and(|(_, found)| same(self, *wanted, *found, Equality::Exact))
                    })
            }
            (Kind::Named(a), Kind::Named(b)) => {
                let of = |id| self.types.named(id).map(|named| (named.symbol, named.arguments.clone()));
                let (Some((a, own)), Some((b, other))) = (of(a), of(b)) else { return false };
                own.len() == other.len()
                    && own.iter().zip(&other).all(|(own, other)| same(self, *own, *other, equality))
                    && a.is_some()
                    && a == b
            }
            _ => false,
        }
    }

    /// The type of the method `name` of values of type `ty`.
    pub fn method_of_type(&mut self, ty: Ty, name: &str) -> Option<Ty> {
        let of = |methods: &[(SmolStr, Ty)]| {
            methods.iter().find(|(known, _)| known == name).map(|(_, method)| *method)
        };
        match (self.types.param_of(ty), self.types.interface(ty)) {
            (Some(param), _) => return of(&param.methods),
            (None, Some(interface)) => return of(&interface.methods),
            (None, None) => {}
        }
        let owner = match self.types.kind(ty) {
            Kind::Pointer(target) => *target,
            _ => ty,
        };
        let symbol = self.types.named_of(owner)?.symbol?;
        let symbol = self.index.symbol(symbol)?.clone();
        let mut cx = Cx::of_symbol(self, &symbol);
        if !cx.has_method(ty, name) {
            return None;
        }
        let signature = cx.method_type(ty, name)?;
        Some(self.types.intern(Kind::Func(signature.into())))
    }
}
