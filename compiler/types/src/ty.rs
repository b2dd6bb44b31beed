//! Go's types as the checker sees them: interned, with Go's identity, named types apart from their structure.

use std::rc::Rc;

use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;

use crate::symbols::{Package, SymbolId};

/// An interned type. Equal ids are the same spelling; use [`Types::identical`] for Go's identity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Ty(u32);

/// Index of a named type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct NamedId(pub u32);

/// Predeclared types, and the types of untyped constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Basic {
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    /// The alias of `uint8`, kept apart for messages.
    Byte,
    /// The alias of `int32`, kept apart for messages.
    Rune,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
}

/// Spelling, and for integers width in bits and signedness; in the order of [`Basic`].
type BasicRow = (Basic, &'static str, Option<(u8, bool)>);

const BASICS: &[BasicRow] = &[
    (Basic::Bool, "bool", None),
    (Basic::Int, "int", Some((64, true))),
    (Basic::Int8, "int8", Some((8, true))),
    (Basic::Int16, "int16", Some((16, true))),
    (Basic::Int32, "int32", Some((32, true))),
    (Basic::Int64, "int64", Some((64, true))),
    (Basic::Uint, "uint", Some((64, false))),
    (Basic::Uint8, "uint8", Some((8, false))),
    (Basic::Uint16, "uint16", Some((16, false))),
    (Basic::Uint32, "uint32", Some((32, false))),
    (Basic::Uint64, "uint64", Some((64, false))),
    (Basic::Uintptr, "uintptr", Some((64, false))),
    (Basic::Byte, "byte", Some((8, false))),
    (Basic::Rune, "rune", Some((32, true))),
    (Basic::Float32, "float32", None),
    (Basic::Float64, "float64", None),
    (Basic::Complex64, "complex64", None),
    (Basic::Complex128, "complex128", None),
    (Basic::String, "string", None),
    (Basic::UnsafePointer, "unsafe.Pointer", None),
    (Basic::UntypedBool, "untyped bool", None),
    (Basic::UntypedInt, "untyped int", None),
    (Basic::UntypedRune, "untyped rune", None),
    (Basic::UntypedFloat, "untyped float", None),
    (Basic::UntypedComplex, "untyped complex", None),
    (Basic::UntypedString, "untyped string", None),
    (Basic::UntypedNil, "untyped nil", None),
];

impl Basic {
    /// All that have a name in Go's universe.
    pub fn predeclared() -> impl Iterator<Item = (Basic, &'static str)> {
        BASICS
            .iter()
            .filter(|(_, name, _)| !name.starts_with("untyped") && !name.contains('.'))
            .map(|row| (row.0, row.1))
    }

    fn row(self) -> &'static BasicRow {
        BASICS.get(self as usize).unwrap_or(&BASICS[0])
    }

    /// The Go spelling.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Width in bits and signedness of a typed integer.
    pub fn integer(self) -> Option<(u8, bool)> {
        self.row().2
    }

    fn canonical(self) -> Basic {
        match self {
            Basic::Byte => Basic::Uint8,
            Basic::Rune => Basic::Int32,
            other => other,
        }
    }
}

/// The structure of a type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    /// Something with a type error, already reported.
    Unknown,
    Basic(Basic),
    Named(NamedId),
    Pointer(Ty),
    Slice(Ty),
    Array(Ty, u64),
    Struct(Rc<[Field]>),
    Map(Ty, Ty),
    Chan(Ty),
    Func(Rc<Signature>),
    /// The kernel has none; Go's rules speak of them all the same.
    Interface(Rc<Interface>),
    /// The results of a call with none or several, and their names or none.
    Tuple(Rc<[Ty]>, Rc<[SmolStr]>),
    /// Another name of a type, and the generic alias with its type arguments that this is an instance of, if it is one.
    /// [`Types::kind`] never gives it.
    Alias(SmolStr, Ty, Option<Rc<AliasInstance>>),
    /// A type parameter: an index into those that the interner knows.
    TypeParam(u32),
}

/// A generic alias, and type arguments for it.
pub(crate) type AliasInstance = (SymbolId, Vec<Ty>);

/// A type that a constraint allows: with `tilde` all types with the same structure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Term {
    pub tilde: bool,
    pub ty: Ty,
}

/// A type parameter.
#[derive(Clone, Default, Debug)]
pub(crate) struct TypeParam {
    pub name: SmolStr,
    /// The types that its constraint allows; `None` for all.
    pub terms: Option<Vec<Term>>,
    pub comparable: bool,
    /// The methods that its constraint demands, with their types.
    pub methods: Vec<(SmolStr, Ty)>,
    /// The types that its constraint speaks of, allowed or not.
    pub mentioned: Vec<Ty>,
}

/// What an interface demands.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Interface {
    /// Methods with their types, in the order of their names.
    pub methods: Vec<(SmolStr, Ty)>,
    /// The types that it allows; `None` for all.
    pub terms: Option<Vec<Term>>,
    pub comparable: bool,
    /// The types that it speaks of, allowed or not.
    pub mentioned: Vec<Ty>,
    /// As it is written.
    pub text: SmolStr,
    /// The same without names of parameters and results.
    pub plain: SmolStr,
}

impl Interface {
    /// It is a constraint and nothing else.
    pub fn is_constraint(&self) -> bool {
        self.terms.is_some() || self.comparable
    }

    /// All types are in it.
    pub fn is_empty(&self) -> bool {
        self.methods.is_empty() && !self.is_constraint()
    }
}

/// A struct field.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Field {
    pub name: SmolStr,
    pub ty: Ty,
    pub embedded: bool,
    /// Belongs to the native half of an SDK type only.
    pub native: bool,
    /// The type as it is written, where it isn't looked at.
    pub unseen: Option<SmolStr>,
    /// The tag, unquoted.
    pub tag: Option<SmolStr>,
    /// The package that the name belongs to; that of the user where it is exported, since it belongs to none then.
    pub home: Package,
}

/// Parameters and results.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct Signature {
    pub params: Vec<Ty>,
    pub results: Vec<Ty>,
    /// The names of the parameters and then of the results, for messages; empty where they have none.
    pub names: Vec<SmolStr>,
    /// The last parameter is a slice that takes any number of arguments.
    pub variadic: bool,
    /// The type parameters of a generic function, as messages show them.
    pub type_params: SmolStr,
}

/// A named type, or one instance of a generic one.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// As messages show it: `Event`, `bpf.Hash[uint32,uint64]`.
    pub display: SmolStr,
    /// The bare name.
    pub name: SmolStr,
    /// Its declaration; `None` for a type declared in a function.
    pub symbol: Option<SymbolId>,
    /// Type arguments.
    pub arguments: Vec<Ty>,
    /// The structure; `None` while the declaration is being resolved.
    pub underlying: Option<Ty>,
}

/// The interner.
pub(crate) struct Types {
    kinds: Vec<Kind>,
    canonical: Vec<Ty>,
    index: HashMap<Kind, Ty>,
    named: Vec<Named>,
    params: Vec<TypeParam>,
    instances: HashMap<(SymbolId, Vec<Ty>), NamedId>,
    error: Option<Ty>,
}

impl Types {
    pub fn new() -> Self {
        let mut types = Types {
            kinds: Vec::new(),
            canonical: Vec::new(),
            index: HashMap::default(),
            named: Vec::new(),
            params: Vec::new(),
            instances: HashMap::default(),
            error: None,
        };
        types.intern(Kind::Unknown);
        types
    }

    /// The type for errors.
    pub const UNKNOWN: Ty = Ty(0);

    pub fn intern(&mut self, kind: Kind) -> Ty {
        if let Some(ty) = self.index.get(&kind) {
            return *ty;
        }
        let ty = Ty(self.kinds.len() as u32);
        self.kinds.push(kind.clone());
        self.index.insert(kind.clone(), ty);
        self.canonical.push(ty);
        let canonical = match &kind {
            Kind::Basic(basic) => Kind::Basic(basic.canonical()),
            Kind::Pointer(target) => Kind::Pointer(self.canon(*target)),
            Kind::Slice(element) => Kind::Slice(self.canon(*element)),
            Kind::Array(element, length) => Kind::Array(self.canon(*element), *length),
            Kind::Map(key, value) => Kind::Map(self.canon(*key), self.canon(*value)),
            Kind::Chan(element) => Kind::Chan(self.canon(*element)),
            Kind::Struct(fields) => Kind::Struct(
                fields.iter().map(|field| Field { ty: self.canon(field.ty), ..field.clone() }).collect(),
            ),
            Kind::Func(signature) => Kind::Func(Rc::new(Signature {
                params: signature.params.iter().map(|ty| self.canon(*ty)).collect(),
                results: signature.results.iter().map(|ty| self.canon(*ty)).collect(),
                names: Vec::new(),
                variadic: signature.variadic,
                type_params: signature.type_params.clone(),
            })),
            Kind::Tuple(types, _) => {
                Kind::Tuple(types.iter().map(|ty| self.canon(*ty)).collect(), Rc::new([]))
            }
            Kind::Interface(interface) => {
                let methods = interface.methods.iter();
                let mut methods: Vec<_> = methods.map(|(name, ty)| (name.clone(), self.canon(*ty))).collect();
                methods.sort_by(|a, b| a.0.cmp(&b.0));
                let terms = interface.terms.as_ref();
                Kind::Interface(Rc::new(Interface {
                    methods,
                    terms: terms.map(|terms| {
                        terms.iter().map(|term| Term { ty: self.canon(term.ty), ..*term }).collect()
                    }),
                    comparable: interface.comparable,
                    mentioned: Vec::new(),
                    text: SmolStr::default(),
                    plain: SmolStr::default(),
                }))
            }
            Kind::Alias(_, target, _) => {
                self.canonical[ty.0 as usize] = self.canon(*target);
                return ty;
            }
            Kind::Unknown | Kind::Named(_) | Kind::TypeParam(_) => return ty,
        };
        if canonical != kind {
            self.canonical[ty.0 as usize] = self.intern(canonical);
        }
        ty
    }

    pub fn basic(&mut self, basic: Basic) -> Ty {
        self.intern(Kind::Basic(basic))
    }

    pub fn canon(&self, ty: Ty) -> Ty {
        self.canonical.get(ty.0 as usize).copied().unwrap_or(ty)
    }

    /// What `ty` is made of, aliases followed.
    pub fn kind(&self, ty: Ty) -> &Kind {
        match self.spelling(ty) {
            Kind::Alias(_, target, _) => self.kind(*target),
            kind => kind,
        }
    }

    /// What `ty` is made of as it is written.
    pub fn spelling(&self, ty: Ty) -> &Kind {
        self.kinds.get(ty.0 as usize).unwrap_or(&Kind::Unknown)
    }

    /// `target` under another name.
    pub fn alias(&mut self, name: SmolStr, target: Ty) -> Ty {
        self.alias_instance(name, target, None)
    }

    /// `target` under the name of a generic alias with its type arguments.
    pub fn alias_instance(&mut self, name: SmolStr, target: Ty, of: Option<AliasInstance>) -> Ty {
        match self.kind(target) {
            Kind::Unknown => target,
            _ => self.intern(Kind::Alias(name, target, of.map(Rc::new))),
        }
    }

    /// `any`.
    pub fn any(&mut self) -> Ty {
        let text = SmolStr::new_static("any");
        let empty = Interface { plain: text.clone(), text, ..Interface::default() };
        let empty = self.intern(Kind::Interface(Rc::new(empty)));
        self.alias(SmolStr::new_static("any"), empty)
    }

    /// `interface{}`, which is what `any` stands for.
    pub fn empty_interface(&mut self) -> Ty {
        let text = SmolStr::new_static("interface{}");
        let empty = Interface { plain: text.clone(), text, ..Interface::default() };
        self.intern(Kind::Interface(Rc::new(empty)))
    }

    /// `comparable`.
    pub fn comparable_constraint(&mut self) -> Ty {
        let text = SmolStr::new_static("interface{comparable}");
        let plain = text.clone();
        let interface = Interface { comparable: true, text, plain, ..Interface::default() };
        let underlying = self.intern(Kind::Interface(Rc::new(interface)));
        self.alias(SmolStr::new_static("comparable"), underlying)
    }

    /// `error`.
    pub fn error(&mut self) -> Ty {
        if let Some(error) = self.error {
            return error;
        }
        let string = self.basic(Basic::String);
        let names = Vec::new();
        let method = Signature { results: vec![string], names, ..Signature::default() };
        let method = self.intern(Kind::Func(Rc::new(method)));
        let methods = vec![(SmolStr::new_static("Error"), method)];
        let text = SmolStr::new_static("interface{Error() string}");
        let plain = text.clone();
        let interface = Interface { methods, text, plain, ..Interface::default() };
        let underlying = self.intern(Kind::Interface(Rc::new(interface)));
        let name = SmolStr::new_static("error");
        let (_, error) = self.declare(Named {
            display: name.clone(),
            name,
            symbol: None,
            arguments: Vec::new(),
            underlying: Some(underlying),
        });
        self.error = Some(error);
        error
    }

    /// The type is `error`.
    pub fn is_error(&self, ty: Ty) -> bool {
        self.error.is_some_and(|error| self.canon(error) == self.canon(ty))
    }

    /// Go's type identity. Unknown is identical with everything, so that one error stays one.
    pub fn identical(&self, a: Ty, b: Ty) -> bool {
        self.canon(a) == self.canon(b) || a == Types::UNKNOWN || b == Types::UNKNOWN
    }

    /// The same structure, tags of fields apart: what Go's conversions go by.
    pub fn convertible_structure(&self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.underlying(a), self.underlying(b));
        a != Types::UNKNOWN && b != Types::UNKNOWN && self.identical_without_tags(a, b)
    }

    fn identical_without_tags(&self, a: Ty, b: Ty) -> bool {
        if self.identical(a, b) {
            return true;
        }
        let same = |a: &Ty, b: &Ty| self.identical_without_tags(*a, *b);
        let all = |a: &[Ty], b: &[Ty]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
        match (self.kind(a), self.kind(b)) {
            (Kind::Pointer(a), Kind::Pointer(b))
            | (Kind::Slice(a), Kind::Slice(b))
            | (Kind::Chan(a), Kind::Chan(b)) => same(a, b),
            (Kind::Array(a, length), Kind::Array(b, other)) => length == other && same(a, b),
            (Kind::Map(a, c), Kind::Map(b, d)) => same(a, b) && same(c, d),
            (Kind::Func(a), Kind::Func(b)) => {
                a.variadic == b.variadic && all(&a.params, &b.params) && all(&a.results, &b.results)
            }
            (Kind::Struct(a), Kind::Struct(b)) => {
                let fits = |a: &Field, b: &Field| {
                    a.name == b.name && a.embedded == b.embedded && a.home == b.home && same(&a.ty, &b.ty)
                };
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| fits(a, b))
            }
            _ => false,
        }
    }

    /// The structures behind the names of `a` and `b` are the same, and known.
    pub fn same_structure(&self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.underlying(a), self.underlying(b));
        a != Types::UNKNOWN && b != Types::UNKNOWN && self.identical(a, b)
    }

    pub fn named(&self, id: NamedId) -> Option<&Named> {
        self.named.get(id.0 as usize)
    }

    pub fn named_of(&self, ty: Ty) -> Option<&Named> {
        match self.kind(ty) {
            Kind::Named(id) => self.named(*id),
            _ => None,
        }
    }

    /// A new named type whose structure comes later.
    pub fn declare(&mut self, named: Named) -> (NamedId, Ty) {
        let id = NamedId(self.named.len() as u32);
        self.named.push(named);
        (id, self.intern(Kind::Named(id)))
    }

    pub fn set_underlying(&mut self, id: NamedId, underlying: Ty) {
        let underlying = self.underlying(underlying);
        if let Some(named) = self.named.get_mut(id.0 as usize) {
            named.underlying = Some(underlying);
        }
    }

    pub fn instance(&self, symbol: SymbolId, arguments: &[Ty]) -> Option<NamedId> {
        self.instances.get(&(symbol, arguments.to_vec())).copied()
    }

    pub fn add_instance(&mut self, symbol: SymbolId, arguments: &[Ty], id: NamedId) {
        self.instances.insert((symbol, arguments.to_vec()), id);
    }

    /// The named type `ty` is `same` in other words: an instance with aliases among its type arguments.
    pub fn set_same(&mut self, ty: Ty, same: Ty) {
        let same = self.canon(same);
        if let Some(canonical) = self.canonical.get_mut(ty.0 as usize) {
            *canonical = same;
        }
    }

    /// A new type parameter, whose constraint comes later.
    pub fn declare_param(&mut self, name: SmolStr) -> Ty {
        let id = self.params.len() as u32;
        self.params.push(TypeParam { name, ..TypeParam::default() });
        self.intern(Kind::TypeParam(id))
    }

    pub fn set_param(&mut self, ty: Ty, change: impl FnOnce(&mut TypeParam)) {
        if let Kind::TypeParam(id) = *self.kind(ty)
            && let Some(param) = self.params.get_mut(id as usize)
        {
            change(param);
        }
    }

    pub fn param_of(&self, ty: Ty) -> Option<&TypeParam> {
        match self.kind(ty) {
            Kind::TypeParam(id) => self.params.get(*id as usize),
            _ => None,
        }
    }

    /// The structure that all types of a type parameter have, if it is one.
    pub fn core(&self, ty: Ty) -> Option<Ty> {
        let terms = self.param_of(ty)?.terms.as_ref()?;
        let (first, rest) = terms.split_first()?;
        let core = self.underlying(first.ty);
        rest.iter().all(|term| self.identical(self.underlying(term.ty), core)).then_some(core)
    }

    /// The structure behind any name; unknown while it is being resolved.
    pub fn underlying(&self, ty: Ty) -> Ty {
        match self.kind(ty) {
            Kind::TypeParam(_) => self.core(ty).unwrap_or(ty),
            Kind::Named(id) => self.named(*id).and_then(|named| named.underlying).unwrap_or(Types::UNKNOWN),
            _ => match self.spelling(ty) {
                Kind::Alias(_, target, _) => self.underlying(*target),
                _ => ty,
            },
        }
    }

    pub fn under(&self, ty: Ty) -> &Kind {
        self.kind(self.underlying(ty))
    }

    pub fn under_basic(&self, ty: Ty) -> Option<Basic> {
        match self.under(ty) {
            Kind::Basic(basic) => Some(*basic),
            _ => None,
        }
    }

    /// Width and signedness of a typed integer.
    pub fn integer(&self, ty: Ty) -> Option<(u8, bool)> {
        self.under_basic(ty).and_then(Basic::integer)
    }

    pub fn is_untyped(&self, ty: Ty) -> bool {
        matches!(
            self.kind(ty),
            Kind::Basic(
                Basic::UntypedBool
                    | Basic::UntypedInt
                    | Basic::UntypedRune
                    | Basic::UntypedFloat
                    | Basic::UntypedComplex
                    | Basic::UntypedString
                    | Basic::UntypedNil
            )
        )
    }

    pub fn is_unknown(&self, ty: Ty) -> bool {
        ty == Types::UNKNOWN || *self.under(ty) == Kind::Unknown
    }

    pub fn is_integer(&self, ty: Ty) -> bool {
        self.all_terms(ty, &|types, ty| {
            types.integer(ty).is_some()
                || matches!(types.under_basic(ty), Some(Basic::UntypedInt | Basic::UntypedRune))
        })
    }

    pub fn is_float(&self, ty: Ty) -> bool {
        self.all_terms(ty, &|types, ty| {
            matches!(types.under_basic(ty), Some(Basic::Float32 | Basic::Float64 | Basic::UntypedFloat))
        })
    }

    pub fn is_complex(&self, ty: Ty) -> bool {
        matches!(self.under_basic(ty), Some(Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex))
    }

    pub fn is_numeric(&self, ty: Ty) -> bool {
        self.all_terms(ty, &|types, ty| types.is_integer(ty) || types.is_float(ty) || types.is_complex(ty))
    }

    pub fn is_boolean(&self, ty: Ty) -> bool {
        self.all_terms(ty, &|types, ty| {
            matches!(types.under_basic(ty), Some(Basic::Bool | Basic::UntypedBool))
        })
    }

    pub fn is_string(&self, ty: Ty) -> bool {
        self.all_terms(ty, &|types, ty| {
            matches!(types.under_basic(ty), Some(Basic::String | Basic::UntypedString))
        })
    }

    /// `<` is defined on it.
    pub fn is_ordered(&self, ty: Ty) -> bool {
        self.all_terms(ty, &|types, ty| types.is_integer(ty) || types.is_float(ty) || types.is_string(ty))
    }

    pub fn is_nil(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), Kind::Basic(Basic::UntypedNil))
    }

    /// `nil` is a value of it.
    pub fn has_nil(&self, ty: Ty) -> bool {
        matches!(
            self.under(ty),
            Kind::Pointer(_)
                | Kind::Slice(_)
                | Kind::Map(..)
                | Kind::Chan(_)
                | Kind::Func(_)
                | Kind::Interface(_)
                | Kind::Basic(Basic::UntypedNil | Basic::UnsafePointer)
                | Kind::Unknown
        )
    }

    /// `==` is defined on it.
    pub fn comparable(&self, ty: Ty) -> bool {
        if let Some(param) = self.param_of(ty) {
            let by_terms = param
                .terms
                .as_ref()
                .is_some_and(|terms| !terms.is_empty() && terms.iter().all(|term| self.comparable(term.ty)));
            return param.comparable || by_terms;
        }
        match self.under(ty) {
            Kind::Slice(_) | Kind::Map(..) | Kind::Func(_) | Kind::Tuple(..) => false,
            Kind::Array(element, _) => self.comparable(*element),
            // What the native halves of the SDK's types keep are slices and maps.
            Kind::Struct(fields) => fields.iter().all(|field| !field.native && self.comparable(field.ty)),
            _ => true,
        }
    }

    /// The type that an untyped operand takes where nothing else says one.
    pub fn default_type(&mut self, ty: Ty) -> Ty {
        let basic = match self.kind(ty) {
            Kind::Basic(Basic::UntypedBool) => Basic::Bool,
            Kind::Basic(Basic::UntypedInt) => Basic::Int,
            Kind::Basic(Basic::UntypedRune) => Basic::Rune,
            Kind::Basic(Basic::UntypedFloat) => Basic::Float64,
            Kind::Basic(Basic::UntypedComplex) => Basic::Complex128,
            Kind::Basic(Basic::UntypedString) => Basic::String,
            _ => return ty,
        };
        self.basic(basic)
    }
}

#[cfg(test)]
mod tests {
    use super::BASICS;

    #[test]
    fn rows_stand_at_the_numbers_of_their_types() {
        for (number, row) in BASICS.iter().enumerate() {
            assert_eq!(row.0 as usize, number);
        }
    }
}
