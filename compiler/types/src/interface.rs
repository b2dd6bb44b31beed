//! Which types are in an interface, and why others aren't. The kernel side has no interfaces; constraints are some.

use std::rc::Rc;

use gobpf_source::NodeId;
use gobpf_syntax::ast;

use crate::context::{Cx, Operand};
use crate::stmt::strip_parens;
use crate::symbols::SymbolId;
use crate::ty::{Interface, Kind, Signature, Term, Ty, Types};

/// Embedded structs are searched to this depth.
const MAX_EMBEDDING: u32 = 16;

impl Types {
    /// The interface that `ty` is, type parameters apart.
    pub fn interface(&self, ty: Ty) -> Option<Rc<Interface>> {
        match self.under(ty) {
            Kind::Interface(interface) => Some(interface.clone()),
            _ => None,
        }
    }

    /// What `ty` points to, where that is an interface or a type parameter: a pointer has none of its methods.
    pub fn pointed_interface(&self, ty: Ty) -> Option<&'static str> {
        match self.under(ty) {
            Kind::Pointer(target) if self.param_of(*target).is_some() => Some("type parameter"),
            Kind::Pointer(target) if self.interface(*target).is_some() => Some("interface"),
            _ => None,
        }
    }

    /// There are types of the terms `own`, and all of them are among those of `terms`.
    pub fn are_among(&self, own: &[Term], terms: &[Term]) -> bool {
        let is_among =
            |own: &Term| terms.iter().any(|term| term.includes(own.ty, self) && (term.tilde || !own.tilde));
        !own.is_empty() && own.iter().all(is_among)
    }

    /// Terms as messages show them.
    pub fn terms_text(&self, terms: &[Term]) -> String {
        let mut normal: Vec<Term> = Vec::with_capacity(terms.len());
        for term in terms {
            let meets = |other: &&mut Term| {
                let (a, b) = (other.ty, term.ty);
                let a = if term.tilde { self.underlying(a) } else { a };
                let b = if other.tilde { self.underlying(b) } else { b };
                self.identical(a, b)
            };
            match normal.iter_mut().find(meets) {
                Some(other) if other.tilde || !term.tilde => {}
                Some(other) => *other = *term,
                None => normal.push(*term),
            }
        }
        let shown: Vec<String> = normal
            .iter()
            .map(|term| format!("{}{}", if term.tilde { "~" } else { "" }, self.display(term.ty)))
            .collect();
        shown.join(" | ")
    }
}

impl<'a> Cx<'_, 'a> {
    /// Why `ty` isn't in `interface`, which messages call `target`; `None` where it is.
    pub fn not_in_interface(
        &mut self,
        ty: Ty,
        interface: &Interface,
        target: &str,
        verb: &str,
    ) -> Option<String> {
        let types = &self.ck.types;
        let pointed = matches!(types.under(ty), Kind::Pointer(of) if types.is_unknown(*of));
        if types.is_unknown(ty) || pointed {
            return None;
        }
        if interface.terms.as_ref().is_some_and(Vec::is_empty) {
            return Some(format!("cannot {verb} {target} (empty type set)"));
        }
        let shown = self.display(ty);
        if let Some(cause) = self.missing_method(ty, &interface.methods) {
            return Some(format!("{shown} does not {verb} {target} {cause}"));
        }
        let types = &self.ck.types;
        if let Some(terms) = &interface.terms {
            let own = match types.param_of(ty) {
                Some(param) => param.terms.clone(),
                None => types.interface(ty).map(|own| own.terms.clone().unwrap_or_default()),
            };
            let is_set = types.param_of(ty).is_some() || own.is_some();
            if is_set {
                if !types.are_among(&own.unwrap_or_default(), terms) {
                    return Some(format!("{shown} does not {verb} {target}"));
                }
            } else if !terms.iter().any(|term| term.includes(ty, types)) {
                let near = terms.iter().find(|term| {
                    !term.tilde
                        && types.identical(term.ty, types.underlying(term.ty))
                        && types.identical(types.underlying(ty), term.ty)
                });
                let reason = match near {
                    Some(near) => format!("possibly missing ~ for {} in {target}", types.display(near.ty)),
                    None if interface.mentioned.iter().any(|other| types.identical(*other, ty)) => {
                        format!("{target} mentions {shown}, but {shown} is not in the type set of {target}")
                    }
                    None => format!("{shown} missing in {}", self.with_paths(&types.terms_text(terms))),
                };
                return Some(format!("{shown} does not {verb} {target} ({reason})"));
            }
        }
        (interface.comparable && !types.comparable(ty)).then(|| format!("{shown} does not {verb} comparable"))
    }

    /// `values` are for variables or results of `types`, at the declarations of which it is said that the kernel side has
    /// no interfaces: that it lacks the function which makes a value for one says no more.
    pub fn are_for(&mut self, values: &'a [ast::Expr], types: &[Ty]) {
        let calls: Vec<NodeId> = values
            .iter()
            .zip(types)
            .filter(|(_, ty)| {
                let types = &self.ck.types;
                types.interface(**ty).is_some() && types.param_of(**ty).is_none()
            })
            .filter_map(|(value, _)| match &strip_parens(value).kind {
                ast::ExprKind::Call { function, .. } => Some(strip_parens(function).id),
                _ => None,
            })
            .collect();
        self.made_for_interfaces.extend(calls);
    }

    /// The text of types with the path of the SDK instead of its name, as Go shows the terms of a constraint.
    pub fn with_paths(&self, text: &str) -> String {
        const NAME: &str = "bpf.";
        let scope = self.ck.index.files.get(self.file);
        let mut imports = scope.iter().flat_map(|scope| scope.imports.values().chain(&scope.dots));
        let Some(sdk) = imports.find(|import| import.kind == crate::Import::Sdk) else {
            return text.to_owned();
        };
        let mut whole = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(NAME) {
            let (before, after) = rest.split_at(at);
            whole.push_str(before);
            if !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '/') {
                whole.push_str(sdk.path.strip_suffix("bpf").unwrap_or_default());
            }
            whole.push_str(NAME);
            rest = after.get(NAME.len()..).unwrap_or_default();
        }
        whole + rest
    }

    /// The first of `methods` that `ty` lacks, and how. One whose embedded fields have an error may have them all.
    pub fn missing_method(&mut self, ty: Ty, methods: &[(smol_str::SmolStr, Ty)]) -> Option<String> {
        let missing = self.lacking_method(ty, methods)?;
        (!self.embeds_error(ty, 0)).then_some(missing)
    }

    /// `ty` is a struct, or points to one, with embedded fields of types with an error.
    pub fn embeds_error(&self, ty: Ty, depth: u32) -> bool {
        let types = &self.ck.types;
        let of = match types.under(ty) {
            Kind::Pointer(target) => *target,
            _ => ty,
        };
        let Kind::Struct(fields) = types.under(of) else { return false };
        depth < MAX_EMBEDDING
            && fields.iter().filter(|field| field.embedded).any(|field| {
                (field.ty == Types::UNKNOWN && !field.native) || self.embeds_error(field.ty, depth + 1)
            })
    }

    fn lacking_method(&mut self, ty: Ty, methods: &[(smol_str::SmolStr, Ty)]) -> Option<String> {
        for (name, wanted) in methods {
            if let Some(word) = self.ck.types.pointed_interface(ty) {
                let shown = self.display(ty);
                return Some(format!("(type {shown} is pointer to {word}, not {word})"));
            }
            let found = match self.ck.types.param_of(ty) {
                Some(param) => param.methods.iter().find(|(known, _)| known == name).map(|(_, ty)| *ty),
                None => match self.ck.types.interface(ty) {
                    Some(own) => own.methods.iter().find(|(known, _)| known == name).map(|(_, ty)| *ty),
                    None if self.has_method(ty, name) => {
                        let signature = self.method_type(ty, name)?;
                        Some(self.ck.types.intern(Kind::Func(signature.into())))
                    }
                    None if self.has_pointer_method(ty, name) => {
                        return Some(format!("(method {name} has pointer receiver)"));
                    }
                    None => None,
                },
            };
            let Some(found) = found else { return Some(format!("(missing method {name})")) };
            if !self.ck.types.identical(found, *wanted) {
                let text = |cx: &Self, ty: Ty| match cx.ck.types.kind(ty) {
                    Kind::Func(signature) => {
                        format!("{name}{}", cx.ck.types.plain_signature_text(signature))
                    }
                    _ => cx.display(ty),
                };
                let (have, want) = (text(self, found), text(self, *wanted));
                if have.contains("invalid type") {
                    return None;
                }
                return Some(format!("(wrong type for method {name})\n\t\thave {have}\n\t\twant {want}"));
            }
        }
        None
    }

    /// Why a value of `operand`'s type is none of `target`, which it isn't assignable to; empty where there is no more
    /// to say.
    pub fn assignment_cause(&mut self, operand: &Operand, target: Ty) -> String {
        // What is said of the type is said of the one behind an alias.
        let from = match self.ck.types.spelling(operand.ty) {
            Kind::Alias(_, of, _) => *of,
            _ => operand.ty,
        };
        let interface = self.ck.types.interface(target);
        if let Some(interface) = interface
            && self.ck.types.param_of(target).is_none()
        {
            // What is missing is that of the interface, whatever its alias.
            let shown = self.display(match self.ck.types.spelling(target) {
                Kind::Alias(_, interface, _) => *interface,
                _ => target,
            });
            let cause = self.not_in_interface(from, &interface, &shown, "implement");
            if let (Some(cause), None) = (cause, self.ck.types.param_of(from)) {
                return cause;
            }
        }
        if let Some("interface") = self.ck.types.pointed_interface(target) {
            let (from, shown) = (self.display(from), self.display(target));
            return format!(
                "{from} does not implement {shown} (type {shown} is pointer to interface, not interface)"
            );
        }
        if let (Some(interface), None) = (self.ck.types.interface(from), self.ck.types.param_of(from)) {
            let shown = self.display(from);
            if self.not_in_interface(target, &interface, &shown, "implement").is_none() {
                return "need type assertion".to_owned();
            }
        }
        let types = &self.ck.types;
        let has_name =
            |ty: Ty| matches!(types.kind(ty), Kind::Named(_) | Kind::Basic(_) | Kind::TypeParam(_));
        let failing = |param: Ty, test: &dyn Fn(Ty) -> bool| {
            types.param_of(param)?.terms.as_ref()?.iter().map(|term| term.ty).find(|ty| !test(*ty))
        };
        if types.param_of(from).is_some() && !has_name(target) {
            let Some(term) = failing(from, &|ty| self.assignable(ty, target)) else { return String::new() };
            let shown = [term, from, target].map(|ty| types.display(ty));
            let part = Operand { ty: term, ..operand.clone() };
            let cause = self.assignment_cause(&part, target);
            let cause = if cause.is_empty() { cause } else { format!("\n\t{cause}") };
            return format!("cannot assign {} (in {}) to {}{cause}", shown[0], shown[1], shown[2]);
        }
        if types.param_of(target).is_some() && !has_name(from) {
            return match failing(target, &|ty| self.assignable(from, ty)) {
                Some(term) => format!(
                    "cannot assign {} to {} (in {})",
                    types.display(from),
                    types.display(term),
                    types.display(target)
                ),
                None => String::new(),
            };
        }
        String::new()
    }

    /// Parameters and results of the method `name` of `ty`.
    pub fn method_type(&mut self, ty: Ty, name: &str) -> Option<Signature> {
        let (owner, symbol) = self.method_owner(ty, name)?;
        self.method_signature(owner, symbol)
    }

    /// The signature of `symbol`, a method of `owner`.
    pub fn method_signature(&mut self, owner: Ty, symbol: SymbolId) -> Option<Signature> {
        let info = self.ck.index.symbol(symbol)?.clone();
        let crate::symbols::SymbolKind::Func(func) = info.kind else { return None };
        let arguments =
            self.ck.types.named_of(owner).map(|named| named.arguments.clone()).unwrap_or_default();
        let names = func.receiver.as_ref().map(|field| crate::member::receiver_params(&field.ty));
        let names = names.unwrap_or_default();
        let arguments = match names.len() == arguments.len() {
            true => arguments,
            // The instance has a wrong number of them: the method's type is as it is written.
            false => self.ck.receiver_type_params(func, info.package),
        };
        let mut cx = Cx::of_symbol(self.ck, &info);
        cx.substitutes = true;
        cx.type_args = names.into_iter().zip(arguments).collect();
        Some(cx.signature(&func.signature))
    }
}
