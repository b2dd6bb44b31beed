//! The parts of type expressions: fields, parameters and results, keys of maps.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind};
use smol_str::SmolStr;

use crate::checker::Incomplete;
use crate::context::Cx;
use crate::describe::expression;
use crate::error::Why;
use crate::symbols::Package;
use crate::ty::{Basic, Field, Kind, Signature, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// Reports a type that keys of maps can't have.
    pub fn check_map_key(&mut self, key: Ty, node: NodeId) {
        if self.ck.is_incomplete(key) {
            let place = self.place(node);
            self.ck.put_off(Incomplete::MapKey(key), place);
        } else if !self.ck.types.comparable(key) {
            let is_param = self.ck.types.param_of(key).is_some();
            let reason = if is_param { " (missing comparable constraint)" } else { "" };
            let ty = self.display(key) + reason;
            self.error(node, Why::BadMapKey { ty });
        }
    }

    pub fn struct_fields(&mut self, fields: &'a [ast::Field]) -> Vec<Field> {
        let mut all: Vec<Field> = Vec::new();
        let mut nodes: Vec<(SmolStr, NodeId)> = Vec::new();
        // Unexported fields of a generic SDK type hold the state of its native half.
        let of_generic_sdk = self.package == Package::Sdk && !self.type_args.is_empty();
        for field in fields {
            let native = field.tag.as_deref().is_some_and(|tag| tag.contains("bpf:\"-\""));
            // What only the native half uses isn't looked at: it may be of any type.
            let unseen = native
                || (of_generic_sdk
                    && field.names.iter().all(|name| name.name.starts_with(char::is_lowercase)));
            let ty = if unseen { Types::UNKNOWN } else { self.variable_type_expr(&field.ty) };
            let shown = unseen.then(|| SmolStr::new(expression(&field.ty)));
            let package = self.package;
            let named = |name: SmolStr, embedded: bool| {
                let exported = name.starts_with(char::is_uppercase);
                let home = if exported { Package::User } else { package };
                let (unseen_type, tag) = (shown.clone(), field.tag.clone());
                Field { name, ty, embedded, native: unseen, unseen: unseen_type, tag, home }
            };
            if field.names.is_empty() {
                let name = crate::symbols::embedded_name(&field.ty).unwrap_or_default();
                if let Some((_, first)) = nodes.iter().find(|(known, _)| *known == name) {
                    let other = self.place(*first);
                    self.error(field.ty.id, Why::FieldRedeclared { name, other });
                    continue;
                }
                nodes.push((name.clone(), field.ty.id));
                if !unseen && let Some(what) = self.unfit_to_embed(ty) {
                    self.error(field.ty.id, Why::CannotEmbed { what });
                }
                all.push(named(name, true));
            }
            for name in &field.names {
                let first = nodes.iter().find(|(known, _)| name.name != "_" && *known == name.name);
                if let Some((_, first)) = first {
                    let other = self.place(*first);
                    self.error(name.id, Why::FieldRedeclared { name: name.name.clone(), other });
                    continue;
                }
                nodes.push((name.name.clone(), name.id));
                all.push(named(name.name.clone(), false));
            }
        }
        all
    }

    /// What a type is that no struct can embed.
    fn unfit_to_embed(&self, ty: Ty) -> Option<&'static str> {
        let types = &self.ck.types;
        let (of, is_pointer) = match types.kind(ty) {
            Kind::Pointer(target) => (*target, true),
            _ => (ty, false),
        };
        match types.under(of) {
            _ if types.param_of(of).is_some() => Some("a type parameter"),
            Kind::Basic(Basic::UnsafePointer) => Some("unsafe.Pointer"),
            Kind::Pointer(_) => Some("a pointer"),
            Kind::Interface(_) if is_pointer => Some("a pointer to an interface"),
            _ => None,
        }
    }

    /// Reports parameters and results of a function type with the same name.
    pub fn check_parameter_names(&mut self, signature: &ast::Signature) {
        let fields = signature.params.iter().chain(&signature.results);
        let names: Vec<&ast::Ident> = fields.flat_map(|field| &field.names).collect();
        self.check_distinct(&names);
    }

    /// Reports names that stand among those before them.
    pub fn check_distinct(&mut self, names: &[&ast::Ident]) {
        for (index, name) in names.iter().enumerate() {
            let first = names.iter().take(index).find(|first| first.name == name.name && name.name != "_");
            if let Some(first) = first {
                let other = self.place(first.id);
                self.error(name.id, Why::Redeclared { name: name.name.clone(), other });
            }
        }
    }

    /// Parameter and result types.
    pub fn signature(&mut self, signature: &'a ast::Signature) -> Signature {
        let variadic =
            matches!(signature.params.last().map(|field| &field.ty.kind), Some(ExprKind::Ellipsis(_)));
        let params = self.field_types(&signature.params);
        let results = self.field_types(&signature.results);
        let fields = || signature.params.iter().chain(&signature.results);
        let mut names = Vec::new();
        if fields().any(|field| !field.names.is_empty()) {
            for field in fields() {
                names.extend(field.names.iter().map(|name| name.name.clone()));
                if field.names.is_empty() {
                    names.push(SmolStr::default());
                }
            }
        }
        Signature { params, results, names, variadic, type_params: SmolStr::default() }
    }

    fn field_types(&mut self, fields: &'a [ast::Field]) -> Vec<Ty> {
        let mut types = Vec::new();
        for field in fields {
            let ty = self.variable_type_expr(&field.ty);
            types.extend(std::iter::repeat_n(ty, field.names.len().max(1)));
        }
        types
    }
}
