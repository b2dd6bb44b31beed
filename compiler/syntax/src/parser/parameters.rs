//! Parameters, results and type parameters: one list, in which it shows only at the end whether it has names.

use super::{Parser, T};
use crate::ast::{Expr, ExprKind, Field, Ident, Signature};
use crate::token::TokenKind;

/// An entry as far as it is known while the list is read: a lone name may turn out to be a type.
pub(super) struct Entry {
    pub name: Option<Ident>,
    pub ty: Option<Expr>,
}

/// What a list is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ListKind {
    Parameters,
    Results,
    TypeParameters,
}

impl ListKind {
    fn closing(self) -> TokenKind {
        match self {
            ListKind::TypeParameters => T::CloseBracket,
            _ => T::CloseParen,
        }
    }
}

impl Parser<'_> {
    /// Parameters and results.
    pub(super) fn signature(&mut self) -> Signature {
        let start = self.token.start;
        let params = self.parameters(ListKind::Parameters);
        let results = match self.token.kind {
            _ if self.panicking => Vec::new(),
            T::OpenParen => self.parameters(ListKind::Results),
            _ => {
                let start = self.token.start;
                let result = self.try_type();
                result
                    .into_iter()
                    .map(|ty| Field { id: self.node(start), names: Vec::new(), ty, tag: None })
                    .collect()
            }
        };
        Signature { id: self.node(start), params, results }
    }

    pub(super) fn parameters(&mut self, kind: ListKind) -> Vec<Field> {
        if !self.expect(T::OpenParen) {
            return Vec::new();
        }
        let fields = if self.at(T::CloseParen) { Vec::new() } else { self.parameter_list(None, kind) };
        self.expect(T::CloseParen);
        fields
    }

    /// `[...]` after the name of a function or type.
    pub(super) fn type_parameters(&mut self) -> Vec<Field> {
        self.bump();
        if self.at(T::CloseBracket) {
            self.complain("empty type parameter list", None);
            self.bump();
            return Vec::new();
        }
        let fields = self.parameter_list(None, ListKind::TypeParameters);
        self.expect(T::CloseBracket);
        fields
    }

    /// The entries up to the closing bracket, of which `first` has been parsed.
    pub(super) fn parameter_list(&mut self, first: Option<Entry>, kind: ListKind) -> Vec<Field> {
        let start = match &first {
            Some(Entry { name: Some(name), .. }) => self.start_of(name.id),
            _ => self.token.start,
        };
        let mut entries = Vec::new();
        let mut first = first;
        while first.is_some() || !(self.at(kind.closing()) || self.at(T::Eof)) {
            let entry = match first.take() {
                Some(Entry { name, ty: Some(ty) }) => Entry { name, ty: Some(self.constraint(Some(ty))) },
                Some(Entry { name, ty: None }) => self.entry(name, kind),
                None => self.entry(None, kind),
            };
            if entry.name.is_some() || entry.ty.is_some() {
                entries.push(entry);
            }
            if !self.list_goes_on("parameter list", kind.closing()) {
                break;
            }
        }
        self.check_names(&entries, kind, start);
        if !self.panicking {
            self.check_dots(&entries, kind);
        }
        self.fields(entries)
    }

    fn entry(&mut self, name: Option<Ident>, kind: ListKind) -> Entry {
        let constraints = kind == ListKind::TypeParameters;
        let mut entry = Entry { name: None, ty: None };
        match self.token.kind {
            _ if name.is_some() => self.named_entry(name, constraints, &mut entry),
            T::Ident => {
                let name = Some(self.ident());
                self.named_entry(name, constraints, &mut entry);
            }
            T::Tilde if constraints => entry.ty = Some(self.constraint(None)),
            T::Ellipsis => {
                entry.ty = Some(self.dots());
                return entry; // no `|` after it
            }
            _ => match self.try_type() {
                Some(ty) => entry.ty = Some(ty),
                None => self.expected("')'"),
            },
        }
        if constraints
            && self.at(T::Or)
            && !matches!(entry.ty, Some(Expr { kind: ExprKind::Ellipsis(_), .. }))
        {
            entry.ty = entry.ty.take().map(|ty| self.constraint(Some(ty)));
        }
        entry
    }

    /// What follows a name: its type, or what makes it a type itself.
    fn named_entry(&mut self, name: Option<Ident>, constraints: bool, entry: &mut Entry) {
        let Some(name) = name else { return };
        match self.token.kind {
            T::Ident
            | T::Mul
            | T::Arrow
            | T::Func
            | T::Chan
            | T::Map
            | T::Struct
            | T::Interface
            | T::OpenParen => entry.ty = Some(self.ty()),
            T::OpenBracket => {
                let (name, ty) = self.array_or_instance(name);
                *entry = Entry { name, ty: Some(ty) };
                return;
            }
            T::Ellipsis => entry.ty = Some(self.dots()),
            T::Period => {
                entry.ty = Some(self.qualified(name));
                return;
            }
            T::Tilde if constraints => entry.ty = Some(self.constraint(None)),
            T::Or if constraints => {
                let ty = Self::ident_expr(name);
                entry.ty = Some(self.constraint(Some(ty)));
                return;
            }
            _ => {}
        }
        entry.name = Some(name);
    }

    fn dots(&mut self) -> Expr {
        let start = self.token.start;
        self.bump();
        let ty = Box::new(self.ty());
        self.expr(start, ExprKind::Ellipsis(Some(ty)))
    }

    /// Either all entries have names or none has; type parameters all have.
    fn check_names(&mut self, entries: &[Entry], kind: ListKind, start: u32) {
        let type_parameters = kind == ListKind::TypeParameters;
        let named = entries.iter().filter(|entry| entry.name.is_some() && entry.ty.is_some()).count();
        let typed = entries.iter().filter(|entry| entry.ty.is_some()).count();
        if entries.is_empty() || named == entries.len() || (named == 0 && !type_parameters) {
            return;
        }
        if named == typed {
            // What lacks a type takes that of the next entry; an error only where there is none.
            if entries.last().is_some_and(|entry| entry.ty.is_none()) {
                let what = if type_parameters { "type constraint" } else { "parameter type" };
                self.complain(format!("missing {what}"), None);
            }
            return;
        }
        let unnamed = entries.iter().find(|entry| entry.name.is_none());
        let at = match unnamed.and_then(|entry| entry.ty.as_ref()) {
            Some(ty) if named > 0 => self.start_of(ty.id),
            _ => start,
        };
        let message = match type_parameters {
            true if entries.len() == 1 => "missing type parameter name or invalid array length",
            true => "missing type parameter name",
            false => "missing parameter name",
        };
        self.report(at, at, message, None);
    }

    /// `...T` stands last, and only in parameters.
    fn check_dots(&mut self, entries: &[Entry], kind: ListKind) {
        let dots = entries.iter().enumerate().find_map(|(index, entry)| match &entry.ty {
            Some(Expr { id, kind: ExprKind::Ellipsis(_) }) => Some((index, *id)),
            _ => None,
        });
        match dots {
            Some((_, id)) if kind != ListKind::Parameters => self.complain_at(id, "invalid use of ...", None),
            Some((index, id)) if index + 1 < entries.len() || shares_type(entries, index) => {
                self.complain_at(id, "can only use ... with final parameter", None);
            }
            _ => {}
        }
    }

    /// Fields, in which names that share a type stand together.
    fn fields(&mut self, entries: Vec<Entry>) -> Vec<Field> {
        let any_named = entries.iter().any(|entry| entry.name.is_some() && entry.ty.is_some());
        let mut fields = Vec::new();
        let mut names: Vec<Ident> = Vec::new();
        for entry in entries {
            let ty = match (entry.name, entry.ty) {
                (name, Some(ty)) => {
                    names.extend(name);
                    ty
                }
                (Some(name), None) if any_named => {
                    names.push(name);
                    continue;
                }
                (Some(name), None) => Self::ident_expr(name),
                (None, None) => continue,
            };
            let start = self.start_of(names.first().map_or(ty.id, |name| name.id));
            let id = self.node_at(start, self.end_of(ty.id));
            fields.push(Field { id, names: std::mem::take(&mut names), ty, tag: None });
        }
        if let Some(first) = names.first() {
            // Names at the end without a type: an error has been reported.
            let (start, at) = (self.start_of(first.id), self.previous_end);
            let ty = Expr { id: self.node_at(at, at), kind: ExprKind::Bad };
            fields.push(Field { id: self.node(start), names, ty, tag: None });
        }
        fields
    }
}

/// Whether the entry before `index` is a lone name in a list with names, so that it has the same type.
fn shares_type(entries: &[Entry], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| entries.get(before));
    let named = entries.get(index).is_some_and(|entry| entry.name.is_some());
    named && before.is_some_and(|before| before.ty.is_none())
}
