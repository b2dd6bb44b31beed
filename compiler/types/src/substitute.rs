//! Types with type arguments for type parameters in them.

use std::rc::Rc;

use smol_str::SmolStr;

use crate::checker::Checker;
use crate::ty::{Kind, Signature, Ty, Types};

/// Types nested deeper than this are taken for those of no parameter.
const MAX_DEPTH: usize = 32;

impl Checker<'_> {
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

    /// The type of a generic function with `copies` of its type parameters.
    pub fn renamed_signature(&mut self, ty: Ty, params: &[Ty], copies: &[Ty]) -> Ty {
        let of = |ck: &Self, ty| match ck.types.kind(ty) {
            Kind::Func(signature) => Signature::clone(signature),
            _ => Signature::default(),
        };
        let type_params = of(self, ty).type_params;
        let renamed = self.substitute(ty, params, copies);
        let signature = Signature { type_params, ..of(self, renamed) };
        self.types.intern(Kind::Func(Rc::new(signature)))
    }

    /// `ty` with `arguments` for `params`.
    pub fn substitute(&mut self, ty: Ty, params: &[Ty], arguments: &[Ty]) -> Ty {
        if let Some(index) = params.iter().position(|param| *param == ty) {
            return arguments.get(index).copied().unwrap_or(ty);
        }
        if !params.iter().any(|param| self.mentions(ty, *param)) {
            return ty;
        }
        if let Kind::Alias(_, _, Some(of)) = self.types.spelling(ty).clone() {
            let own: Vec<Ty> = of.1.iter().map(|ty| self.substitute(*ty, params, arguments)).collect();
            return self.instantiate(of.0, &own);
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
                // It is generic as long as it is made of what it has as parameters.
                let mut parts = of.iter().chain(&results);
                let is_generic = parts.any(|ty| params.iter().any(|param| self.mentions(*ty, *param)));
                let type_params = if is_generic { signature.type_params.clone() } else { SmolStr::default() };
                Kind::Func(Rc::new(Signature { params: of, results, names, variadic, type_params }))
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
                return match self.takes(symbol, own.len()) {
                    true => self.instantiate(symbol, &own),
                    false => Types::UNKNOWN,
                };
            }
            _ => return ty,
        };
        self.types.intern(kind)
    }
}
