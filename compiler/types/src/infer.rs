//! Type arguments that follow from the arguments of a call: unification, and what constraints say.

use std::rc::Rc;

use gobpf_syntax::ast::{self, ExprKind};
use smol_str::SmolStr;

use crate::checker::Checker;
use crate::context::{Cx, Mode, Operand};
use crate::error::Why;
use crate::operators::rank;
use crate::symbols::{SymbolId, SymbolKind};
use crate::ty::{Kind, Signature, Term, Ty, Types};

/// Types nested deeper than this are taken for those of no parameter.
const MAX_DEPTH: usize = 32;

impl<'a> Cx<'_, 'a> {
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
        let mut untyped: Vec<(usize, usize)> = Vec::new();
        for (index, operand) in operands.iter().enumerate() {
            let Some(target) = targets.get(index).copied().flatten() else { continue };
            if operand.is_invalid() {
                return None;
            }
            if let Mode::Generic(_) = operand.mode {
                continue; // its own type arguments follow from those of the call
            }
            if self.ck.types.is_untyped(operand.ty) {
                let param = params.iter().position(|param| *param == target);
                if let Some(param) = param.filter(|_| !self.ck.types.is_nil(operand.ty)) {
                    untyped.push((param, index));
                }
                continue;
            }
            let mentions = params.iter().any(|param| self.ck.mentions(target, *param));
            if mentions && !self.ck.unify(target, operand.ty, &params, &mut bound, false) {
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
        let node = self.closing(expr);
        if let Err(reason) = self.core_inference(id, &params, &mut bound) {
            let function = callee.text.clone();
            // The place may be that of an argument with an error of its own.
            let place = self.place(node);
            self.ck.another_error(place, Why::NotInferred { function, reason });
            return None;
        }
        if !self.untyped_inference(&untyped, &params, &mut bound, operands, &callee.text) {
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

    /// The operands, generic functions among them with the type arguments that the types of the parameters say; `None` where
    /// they say none. `generic` is what the type arguments of the called function, where it has some, gave `signature` of.
    pub fn instantiated_arguments(
        &mut self,
        signature: &Signature,
        generic: Option<&Signature>,
        function: &str,
        (arguments, operands): (&'a [ast::Expr], Vec<Operand>),
        expr: &'a ast::Expr,
    ) -> Option<Vec<Operand>> {
        let mut all = Vec::with_capacity(operands.len());
        for (index, operand) in operands.into_iter().enumerate() {
            let Mode::Generic(id) = operand.mode else {
                all.push(operand);
                continue;
            };
            let argument = arguments.get(index)?;
            let target = self.target_of(signature, index)?;
            let (params, bound, fits) = self.bound_by(id, &operand, target);
            if !fits {
                // The type arguments of the called function are known.
                let none = generic.is_none() && bound.iter().all(Option::is_none);
                let written = generic.and_then(|generic| self.target_of(generic, index));
                let names: Vec<String> = params.iter().map(|param| self.display(*param)).collect();
                let why = Why::TypeMismatch {
                    function: function.to_owned(),
                    missing: if none { names } else { Vec::new() },
                    operand: self.generic_text(id, operand.ty),
                    text: operand.text.clone(),
                    inferred: self.display(target),
                    target: self.display(written.unwrap_or(target)),
                };
                self.error(operand.node, why);
                return None;
            }
            let missing = params.iter().zip(&bound).find(|(_, bound)| bound.is_none());
            if let Some((param, _)) = missing {
                let (name, node) = (self.display(*param), self.closing(expr));
                self.error(node, Why::CannotInfer { function: function.to_owned(), name });
                return None;
            }
            let instance = self.instance_operand(id, bound.into_iter().flatten().collect(), &[], argument);
            all.push(self.single_value(instance, argument));
        }
        Some(all)
    }

    /// The type parameters of the generic function `id`, which is `operand`, with what is given of them and what `target`
    /// says; and whether the function can be a `target`.
    fn bound_by(&mut self, id: SymbolId, operand: &Operand, target: Ty) -> (Vec<Ty>, Vec<Option<Ty>>, bool) {
        let params = self.ck.type_params(id);
        let mut bound: Vec<Option<Ty>> = vec![None; params.len()];
        for (slot, given) in bound.iter_mut().zip(&operand.instance) {
            *slot = Some(*given);
        }
        let fits = self.ck.unify(operand.ty, target, &params, &mut bound, false);
        (params, bound, fits)
    }

    /// `value` as a single value; a generic function with the type arguments that `target`, the type of the variable
    /// `name`, says.
    pub fn value_for(&mut self, value: &'a ast::Expr, target: Ty, name: &str) -> Operand {
        let operand = self.raw_expr(value);
        let (Mode::Generic(id), Kind::Func(_)) = (&operand.mode, self.ck.types.under(target)) else {
            return self.single_value(operand, value);
        };
        let id = *id;
        let (params, bound, fits) = self.bound_by(id, &operand, target);
        if !fits {
            let none = bound.iter().all(Option::is_none);
            let known: Vec<Ty> = params.iter().zip(&bound).map(|(param, ty)| ty.unwrap_or(*param)).collect();
            let inferred = self.ck.substitute(operand.ty, &params, &known);
            let names: Vec<String> = params.iter().map(|param| self.display(*param)).collect();
            let why = Why::ReverseMismatch {
                missing: if none { names } else { Vec::new() },
                inferred: self.display(inferred),
                of: self.display(operand.ty),
                target: self.display(target),
                name: name.to_owned(),
            };
            self.error(operand.node, why);
            return self.invalid(value);
        }
        if let Some((param, _)) = params.iter().zip(&bound).find(|(_, bound)| bound.is_none()) {
            let name = self.display(*param);
            self.error(operand.node, Why::CannotInferAlone { name });
            return self.invalid(value);
        }
        let instance = self.instance_operand(id, bound.into_iter().flatten().collect(), &[], value);
        self.single_value(instance, value)
    }

    /// `func[T any](x T) T`.
    fn generic_text(&mut self, id: SymbolId, ty: Ty) -> String {
        let shown = self.display(ty);
        match self.ck.index.symbol(id).map(|symbol| symbol.kind) {
            Some(SymbolKind::Func(func)) => {
                let rest = shown.strip_prefix("func").unwrap_or(&shown);
                format!("func{}{rest}", self.parameter_list(id, &func.type_params))
            }
            _ => shown,
        }
    }

    /// What untyped constants say of parameters that have no type yet: the default type of the largest of them. `untyped`
    /// has positions of parameters and of operands.
    fn untyped_inference(
        &mut self,
        untyped: &[(usize, usize)],
        params: &[Ty],
        bound: &mut [Option<Ty>],
        operands: &[Operand],
        function: &str,
    ) -> bool {
        let mut largest: Vec<Option<Ty>> = vec![None; params.len()];
        for (param, index) in untyped {
            let (Some(None), Some(slot), Some(operand)) =
                (bound.get(*param), largest.get_mut(*param), operands.get(*index))
            else {
                continue;
            };
            let next = operand.ty;
            *slot = match *slot {
                Some(known) => match self.ck.types.larger_untyped(known, next) {
                    Some(larger) => Some(larger),
                    None => {
                        let (left, right) = (self.display(known), self.display(next));
                        let name = params.get(*param).map(|param| self.display(*param)).unwrap_or_default();
                        let reason = format!("mismatched types {left} and {right} (cannot infer {name})");
                        self.error(operand.node, Why::NotInferred { function: function.to_owned(), reason });
                        return false;
                    }
                },
                None => Some(next),
            };
        }
        for (slot, largest) in bound.iter_mut().zip(largest) {
            *slot = slot.or(largest.map(|ty| self.ck.types.default_type(ty)));
        }
        true
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
                // A constraint with an error says nothing, and is like nothing.
                let is_wrong = core.is_some_and(|(core, _)| self.display(core.ty).contains("invalid type"));
                if is_wrong && known.is_some() && core.is_some_and(|(core, _)| core.ty != Types::UNKNOWN) {
                    return Err(self.unlike_core(id, *param, known.unwrap_or(Types::UNKNOWN), ""));
                }
                let core = core.filter(|_| !is_wrong);
                if let (Some(known), Some((core, _))) = (known, core) {
                    let structure = self.ck.types.underlying(known);
                    let ty = if core.tilde { structure } else { known };
                    let fits = self.ck.unify(core.ty, ty, params, bound, false)
                        && (params.iter().any(|param| self.ck.mentions(core.ty, *param))
                            || self.ck.types.identical(structure, self.ck.types.underlying(core.ty))
                            || self.ck.types.interface(structure).is_some());
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
                    self.method_inference(id, (*param, known), params, bound)?;
                }
            }
        }
        Ok(())
    }

    /// What the methods of a constraint say: where `known` is given for `param`, its methods are those that are demanded.
    fn method_inference(
        &mut self,
        id: SymbolId,
        (param, known): (Ty, Ty),
        params: &[Ty],
        bound: &mut Vec<Option<Ty>>,
    ) -> Result<(), String> {
        let methods = self.ck.types.param_of(param).map(|info| info.methods.clone()).unwrap_or_default();
        let agree = methods.iter().all(|(name, wanted)| {
            let found = self.ck.method_of_type(known, name);
            found.is_some_and(|found| self.ck.unify(*wanted, found, params, bound, true))
        });
        if agree {
            return Ok(());
        }
        let all: Vec<Ty> = params.iter().zip(bound.iter()).map(|(p, b)| b.unwrap_or(*p)).collect();
        let methods = self.bound(id, param, &all).map(|bound| bound.methods).unwrap_or_default();
        match self.missing_method(known, &methods) {
            Some(cause) => Err(self.unlike_core(id, param, known, &format!(" {cause}"))),
            None if self.embeds_error(known, 0) => Ok(()),
            // Its method has an error, which has been said.
            None => Err(self.unlike_core(id, param, known, " (invalid type)")),
        }
    }

    /// `T (type int) does not satisfy C`, and why.
    fn unlike_core(&mut self, id: SymbolId, param: Ty, known: Ty, cause: &str) -> String {
        let constraint = self.ck.constraint_text(id, param);
        let (param, known) = (self.display(param), self.display(known));
        format!("{param} (type {known}) does not satisfy {constraint}{cause}")
    }
}

impl<'a> Checker<'a> {
    /// Makes `param` types equal to `argument`; false where they can't be. Parts of types must be the same exactly, while
    /// a name may stand for its structure at the top.
    fn unify(
        &mut self,
        param: Ty,
        argument: Ty,
        params: &[Ty],
        bound: &mut Vec<Option<Ty>>,
        exact: bool,
    ) -> bool {
        if let Some(index) = params.iter().position(|known| *known == param) {
            let Some(slot) = bound.get_mut(index) else { return false };
            return match *slot {
                None => {
                    *slot = Some(argument);
                    true
                }
                // What has an error is like nothing else.
                Some(known) if (known == Types::UNKNOWN) != (argument == Types::UNKNOWN) => false,
                Some(known) if self.types.identical(known, argument) => true,
                // A named type wins over its structure.
                Some(known)
                    if !exact
                        && self
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
        // What has an error is like nothing else.
        if (param == Types::UNKNOWN) != (argument == Types::UNKNOWN) {
            return false;
        }
        if !exact && let Some(fits) = self.unify_interface(param, argument, params, bound) {
            return fits;
        }
        if !params.iter().any(|known| self.mentions(param, *known)) {
            // A name may stand for its structure here as well.
            let types = &self.types;
            let is_param = types.param_of(param).is_some() || types.param_of(argument).is_some();
            let of_one_name = types.named_of(param).is_some() != types.named_of(argument).is_some();
            let alike = types.identical(types.underlying(param), types.underlying(argument));
            return types.identical(param, argument) || (!exact && !is_param && of_one_name && alike);
        }
        let (param_kind, argument_kind) = (self.types.kind(param).clone(), self.types.kind(argument).clone());
        if let (Kind::Named(a), Kind::Named(b)) = (&param_kind, &argument_kind) {
            let (Some(a), Some(b)) = (self.types.named(*a).cloned(), self.types.named(*b).cloned()) else {
                return false;
            };
            if a.symbol == b.symbol && a.arguments.len() == b.arguments.len() {
                return a
                    .arguments
                    .iter()
                    .zip(&b.arguments)
                    .all(|(param, argument)| self.unify(*param, *argument, params, bound, exact));
            }
        }
        if exact && matches!(param_kind, Kind::Named(_)) != matches!(argument_kind, Kind::Named(_)) {
            return false;
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
            | (Kind::Chan(a), Kind::Chan(b)) => self.unify(a, b, params, bound, true),
            (Kind::Array(a, n), Kind::Array(b, m)) => n == m && self.unify(a, b, params, bound, true),
            (Kind::Map(a, b), Kind::Map(c, d)) => {
                self.unify(a, c, params, bound, true) && self.unify(b, d, params, bound, true)
            }
            (Kind::Func(a), Kind::Func(b)) => {
                let mut all = |a: &[Ty], b: &[Ty]| {
                    a.len() == b.len()
                        && a.iter().zip(b).all(|(a, b)| self.unify(*a, *b, params, bound, true))
                };
                a.variadic == b.variadic && all(&a.params, &b.params) && all(&a.results, &b.results)
            }
            (Kind::Struct(a), Kind::Struct(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b.iter())
                        .all(|(a, b)| a.name == b.name && self.unify(a.ty, b.ty, params, bound, true))
            }
            _ => false,
        }
    }

    /// The same for types of which one is an interface, or both: the methods of one are among those of the other. `None`
    /// where neither is.
    fn unify_interface(
        &mut self,
        param: Ty,
        argument: Ty,
        params: &[Ty],
        bound: &mut Vec<Option<Ty>>,
    ) -> Option<bool> {
        let interface = |ty: Ty| self.types.interface(ty).filter(|_| self.types.param_of(ty).is_none());
        if self.types.identical(param, argument) {
            return None;
        }
        let (methods, other) = match (interface(param), interface(argument)) {
            (None, None) => return None,
            (Some(own), None) => (own.methods.clone(), argument),
            (None, Some(own)) => (own.methods.clone(), param),
            (Some(a), Some(b)) => {
                let terms =
                    |terms: &Option<Vec<Term>>| terms.as_ref().map(|terms| self.types.terms_text(terms));
                if a.comparable != b.comparable || terms(&a.terms) != terms(&b.terms) {
                    return Some(false);
                }
                match a.methods.len() <= b.methods.len() {
                    true => (a.methods.clone(), argument),
                    false => (b.methods.clone(), param),
                }
            }
        };
        Some(methods.iter().all(|(name, wanted)| {
            let found = self.method_of_type(other, name);
            found.is_some_and(|found| self.unify(*wanted, found, params, bound, true))
        }))
    }

    /// The type of the method `name` of values of type `ty`.
    fn method_of_type(&mut self, ty: Ty, name: &str) -> Option<Ty> {
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

impl Types {
    /// The type that untyped constants of types `a` and `b` have together.
    fn larger_untyped(&self, a: Ty, b: Ty) -> Option<Ty> {
        if self.identical(a, b) {
            return Some(a);
        }
        let numbers = self.is_numeric(a) && self.is_numeric(b);
        let larger = if rank(self, a) >= rank(self, b) { a } else { b };
        numbers.then_some(larger)
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
