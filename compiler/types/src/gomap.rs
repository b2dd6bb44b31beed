//! Go maps on BPF maps: package variables of a map type under `//bpf:map`.

use gobpf_bpf::tables::{MAPS, MapKind};
use gobpf_source::Place;
use gobpf_syntax::ast::{self, Element, ExprKind as Syntax, VarSpec};

use crate::context::{Cx, Mode, Operand};
use crate::error::{NotInKernel, TypeError, Why};
use crate::hir::{self, ExprKind, MapId};
use crate::symbols::{Symbol, SymbolKind};
use crate::ty::{Kind, Ty, Types};

/// Kinds of BPF maps that may stand behind a Go map.
const KINDS: &[&str] = &["hash", "lru_hash"];

/// What follows `//bpf:map`: a kind and `max_entries=N`.
pub(crate) fn parse(arguments: &str) -> Result<(MapKind, u32), String> {
    let expected = || format!("{} and max_entries=N, such as hash max_entries=1024", KINDS.join(" or "));
    let mut words = arguments.split_whitespace();
    let kind = words.next().filter(|word| KINDS.contains(word)).ok_or_else(expected)?;
    let row = MAPS.iter().find(|row| row.name == kind).ok_or_else(expected)?;
    let entries = words
        .next()
        .and_then(|word| word.strip_prefix("max_entries="))
        .and_then(|number| number.parse::<u32>().ok())
        .filter(|number| *number > 0)
        .ok_or_else(expected)?;
    match words.next() {
        None => Ok((row.kind, entries)),
        Some(_) => Err(expected()),
    }
}

impl<'a> Cx<'_, 'a> {
    /// The BPF map that `operand` names; `None` after an error.
    pub fn go_map(&mut self, operand: &Operand) -> Option<MapId> {
        match operand.mode {
            Mode::MapVariable(symbol) => crate::variables::map(self.ck, symbol),
            _ => {
                // Of a local variable it has been said where it is declared.
                let said = Why::NotInKernel(NotInKernel::GoMap);
                let is_said = |error: &TypeError| error.place.decl == self.decl && *error.why == said;
                if !self.ck.errors.iter().any(is_said) {
                    self.unsupported(operand.node, NotInKernel::GoMap);
                }
                None
            }
        }
    }

    /// `base[index]` of a Go map.
    pub fn map_index(&mut self, base: Operand, index: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let Kind::Map(key_type, value_type) = self.ck.types.under(base.ty).clone() else {
            return self.invalid(expr);
        };
        let key = self.expr(index);
        if key.is_invalid() {
            return self.operand(expr, Mode::MapEntry, value_type, ExprKind::Zero);
        }
        let key = self.assign(key, key_type, "map index");
        if self.function.is_none() {
            // In an initialiser: never constant.
            return self.operand(expr, Mode::MapEntry, value_type, ExprKind::Global(hir::GlobalId(u32::MAX)));
        }
        match self.go_map(&base) {
            Some(map) => {
                let kind = ExprKind::MapIndex { map, key: Box::new(key) };
                self.operand(expr, Mode::MapEntry, value_type, kind)
            }
            None => {
                let hir = self.unknown_expr(expr.id);
                let operand = self.operand(expr, Mode::MapEntry, value_type, ExprKind::Zero);
                Operand { hir, ..operand }
            }
        }
    }

    /// The types of `v, ok` where `operand` is an entry of a map.
    pub fn comma_ok(&mut self, operand: &Operand) -> Option<[Ty; 2]> {
        match operand.mode {
            Mode::MapEntry | Mode::CommaOk => {
                let boolean = self.basic(crate::ty::Basic::Bool);
                Some([operand.ty, boolean])
            }
            _ => None,
        }
    }

    /// The BPF map of a package variable with `//bpf:map`.
    pub fn go_map_variable(
        &mut self,
        symbol: &Symbol<'a>,
        spec: &'a VarSpec,
        index: usize,
        ty: Ty,
    ) -> Option<hir::Map> {
        let Kind::Map(key, value) = self.ck.types.under(ty).clone() else { return None };
        let Some(arguments) = symbol.directive("map") else {
            self.refuse_variable(symbol, spec, index, (ty, NotInKernel::GoMap));
            return None;
        };
        let Ok((kind, max_entries)) = parse(arguments) else { return None }; // reported with the directives
        for (role, part) in [("key", key), ("value", value)] {
            if let Some(wrong) = self.unfit_for_map(part, 0) {
                let why = Why::MapType {
                    name: symbol.name.clone(),
                    role,
                    ty: self.display(part),
                    part: self.display(wrong),
                };
                self.error(symbol.node, why);
                return None;
            }
        }
        let initial = match spec.values.get(index) {
            None => Vec::new(),
            Some(value) => self.map_entries(value, key, value_type(&self.ck.types, ty))?,
        };
        Some(hir::Map {
            name: self.ck.program_name(symbol),
            kind,
            key: self.lower(key),
            value: self.lower(value),
            max_entries,
            flags: 0,
            initial,
            is_go_map: true,
            place: symbol.place(),
        })
    }

    /// The entries of a map literal as bytes; `None` after an error.
    fn map_entries(&mut self, value: &'a ast::Expr, key: Ty, of: Ty) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        let elements: &'a [Element] = match &value.kind {
            Syntax::Composite { elements, .. } => elements,
            Syntax::Call { function, .. } if matches!(&function.kind, Syntax::Ident(name) if name == "make") =>
            {
                return Some(Vec::new());
            }
            _ => {
                self.error(value.id, Why::NotConstantInitial { name: "the map".into() });
                return None;
            }
        };
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(elements.len());
        for element in elements {
            let Some(key_expr) = &element.key else {
                self.error(element.value.id, Why::MissingKey);
                return None;
            };
            let key_value = self.element(key_expr, key, "map literal");
            let value = self.element(&element.value, of, "map literal");
            let key_bytes = self.constant_bytes(&key_value);
            let value_bytes = self.constant_bytes(&value);
            match (key_bytes, value_bytes) {
                (Some(key), Some(_)) if entries.iter().any(|(known, _)| *known == key) => {
                    let key = crate::describe::expression(key_expr);
                    self.error(key_expr.id, Why::RepeatedKey { key });
                }
                (Some(key), Some(value)) => entries.push((key, value)),
                _ => {
                    self.error(element.value.id, Why::NotConstantInitial { name: "the map".into() });
                    return None;
                }
            }
        }
        Some(entries)
    }

    fn constant_bytes(&self, value: &hir::Expr) -> Option<Vec<u8>> {
        let size = usize::try_from(self.ck.hir.size_of(value.ty)).ok()?;
        let mut bytes = vec![0; size];
        crate::variables::write(&self.ck.hir, value, 0, &mut bytes)?;
        Some(bytes)
    }
}

fn value_type(types: &Types, ty: Ty) -> Ty {
    match types.under(ty) {
        Kind::Map(_, value) => *value,
        _ => Types::UNKNOWN,
    }
}

/// The problems of the `//bpf:map` directives of a package: those that are malformed, and those above no map.
pub(crate) fn misplaced(symbol: &Symbol<'_>, directive: &ast::Directive) -> Option<(Place, Why)> {
    let place = Place { decl: symbol.decl, node: directive.id };
    let SymbolKind::Var { spec, index } = symbol.kind else { return None };
    let written = match (&spec.ty, spec.values.get(index).map(|value| &value.kind)) {
        (Some(ty), _) => Some(ty),
        (None, Some(Syntax::Composite { ty: Some(ty), .. })) => Some(&**ty),
        (None, Some(Syntax::Call { arguments, .. })) => arguments.first(),
        _ => None,
    };
    // A named type may be a map: it is looked at where the variable is used.
    let fits = written.is_some_and(|ty| {
        matches!(
            ty.kind,
            Syntax::MapType { .. } | Syntax::Ident(_) | Syntax::Selector { .. } | Syntax::Index { .. }
        )
    });
    if !fits {
        let belongs = "a package variable of a map type";
        return Some((place, Why::MisplacedDirective { name: "map".into(), belongs }));
    }
    match parse(&directive.arguments) {
        Ok(_) => None,
        Err(expected) => Some((place, Why::MalformedDirective { name: "map".into(), expected })),
    }
}
