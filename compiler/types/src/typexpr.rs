//! Type expressions, signatures, and the types of package-level constants and variables.

use std::rc::Rc;

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind};
use num_traits::ToPrimitive;
use smol_str::SmolStr;

use crate::checker::Resolved;
use crate::constant::Value;
use crate::context::{Cx, EntityKind, Mode};
use crate::describe::expression;
use crate::error::Why;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Basic, Field, Kind, Named, Signature, Ty, Types};
use crate::{Import, builtin};

/// What a name means.
pub(crate) enum Meaning {
    Local(crate::context::Entity),
    TypeArgument(Ty),
    Symbol(SymbolId),
    Package { kind: Import, path: SmolStr },
    Type(Ty),
    Constant(Value, Ty),
    Nil,
    Builtin(builtin::Builtin),
}

impl<'a> Cx<'_, 'a> {
    /// What `name` means here, from the innermost scope outwards.
    pub fn meaning(&mut self, name: &str) -> Option<Meaning> {
        if let Some(entity) = self.local_entity(name) {
            return Some(Meaning::Local(entity.clone()));
        }
        if let Some((_, ty)) = self.type_args.iter().rev().find(|(bound, _)| bound == name) {
            return Some(Meaning::TypeArgument(*ty));
        }
        if let Some(id) = self.ck.index.lookup(self.package, name) {
            return Some(Meaning::Symbol(id));
        }
        if let Some(scope) = self.ck.index.files.get(self.file) {
            if let Some(imported) = scope.imports.get(name) {
                return Some(Meaning::Package { kind: imported.kind, path: imported.path.clone() });
            }
            if name.starts_with(char::is_uppercase) {
                let found = scope.dots.iter().find_map(|import| {
                    let package = self.ck.index.package_of(import.kind, &import.path)?;
                    self.ck.index.lookup(package, name)
                });
                if let Some(id) = found {
                    return Some(Meaning::Symbol(id));
                }
            }
        }
        self.predeclared(name)
    }

    fn predeclared(&mut self, name: &str) -> Option<Meaning> {
        if let Some((basic, _)) = Basic::predeclared().find(|(_, known)| *known == name) {
            return Some(Meaning::Type(self.basic(basic)));
        }
        Some(match name {
            "true" | "false" => {
                let ty = self.basic(Basic::UntypedBool);
                Meaning::Constant(Value::Bool(name == "true"), ty)
            }
            "iota" => {
                let iota = self.iota?;
                let ty = self.basic(Basic::UntypedInt);
                Meaning::Constant(Value::int(iota), ty)
            }
            "nil" => Meaning::Nil,
            "any" | "error" | "comparable" => Meaning::Type(self.ck.types.intern(Kind::Interface)),
            _ => Meaning::Builtin(builtin::Builtin::by_name(name)?),
        })
    }

    /// The type that `expr` denotes; unknown after an error.
    pub fn type_expr(&mut self, expr: &'a ast::Expr) -> Ty {
        match &expr.kind {
            ExprKind::Paren(inner) => return self.type_expr(inner),
            ExprKind::Star(inner) => {
                let target = self.type_expr(inner);
                return match self.ck.types.is_unknown(target)
                    && !matches!(self.ck.types.kind(target), Kind::Named(_))
                {
                    true => Types::UNKNOWN,
                    false => self.ck.types.intern(Kind::Pointer(target)),
                };
            }
            ExprKind::Ident(name) => {
                if let Some(Meaning::Package { .. }) = self.meaning(name) {
                    self.error(expr.id, Why::PackageAsType { name: name.clone() });
                    return Types::UNKNOWN;
                }
            }
            _ => {}
        }
        match self.try_type(expr) {
            Some(ty) => ty,
            None => {
                // Not a type: check it as an expression, so that an undefined name is called that.
                if !matches!(expr.kind, ExprKind::Bad) && !self.undefined_name(expr) {
                    let expr_text = self.not_a_type(expr);
                    self.error(expr.id, Why::NotAType { expr: expr_text });
                }
                Types::UNKNOWN
            }
        }
    }

    /// What `expr` is instead of a type.
    fn not_a_type(&mut self, expr: &'a ast::Expr) -> String {
        if !matches!(expr.kind, ExprKind::Ident(_)) {
            return expression(expr);
        }
        let operand = self.raw_expr(expr);
        match operand.mode {
            Mode::Function(_) | Mode::Generic(_) => format!("{} (function)", operand.text),
            _ if operand.is_invalid() => operand.text,
            _ => self.describe(&operand),
        }
    }

    /// Reports `expr` as undefined if it is a name without meaning.
    fn undefined_name(&mut self, expr: &'a ast::Expr) -> bool {
        match &expr.kind {
            ExprKind::Ident(name) if self.meaning(name).is_none() => {
                self.error(expr.id, Why::Undefined { name: name.to_string() });
                true
            }
            ExprKind::Selector { operand, .. } => match &operand.kind {
                ExprKind::Ident(name) => match self.meaning(name) {
                    Some(Meaning::Package { .. }) => matches!(self.raw_expr(expr).mode, Mode::Invalid),
                    Some(_) => false,
                    None => {
                        self.error(operand.id, Why::Undefined { name: name.to_string() });
                        true
                    }
                },
                _ => false,
            },
            ExprKind::Index { operand, .. } => {
                if !self.undefined_name(operand) {
                    self.error(operand.id, Why::NotAType { expr: expression(operand) });
                }
                true
            }
            _ => false,
        }
    }

    /// The type that `expr` denotes, if it denotes one.
    pub fn try_type(&mut self, expr: &'a ast::Expr) -> Option<Ty> {
        let kind = match &expr.kind {
            ExprKind::Ident(name) => return self.type_name(name, expr),
            ExprKind::Paren(inner) => return self.try_type(inner),
            ExprKind::Selector { operand, name } => return self.qualified_type(operand, name, expr),
            ExprKind::Index { operand, indices } => return self.generic_type(operand, indices, expr),
            ExprKind::Star(inner) => Kind::Pointer(self.try_type(inner)?),
            ExprKind::SliceType(element) => Kind::Slice(self.type_expr(element)),
            ExprKind::ArrayType { length, element } => {
                let element = self.type_expr(element);
                let length = self.array_length(length)?;
                Kind::Array(element, length)
            }
            ExprKind::StructType(fields) => Kind::Struct(self.struct_fields(fields).into()),
            ExprKind::MapType { key, value } => {
                let (of, value) = (self.type_expr(key), self.type_expr(value));
                if !self.ck.types.comparable(of) {
                    let ty = self.display(of);
                    self.error(key.id, Why::BadMapKey { ty });
                }
                Kind::Map(of, value)
            }
            ExprKind::ChanType { element, .. } => Kind::Chan(self.type_expr(element)),
            ExprKind::InterfaceType(_) => Kind::Interface,
            ExprKind::FuncType(signature) => Kind::Func(Rc::new(self.signature(signature))),
            ExprKind::Ellipsis(Some(element)) => Kind::Slice(self.type_expr(element)),
            _ => return None,
        };
        Some(self.ck.types.intern(kind))
    }

    fn type_name(&mut self, name: &str, expr: &'a ast::Expr) -> Option<Ty> {
        match self.meaning(name)? {
            Meaning::Local(entity) => match entity.kind {
                EntityKind::Type(ty) => Some(ty),
                _ => None,
            },
            Meaning::TypeArgument(ty) | Meaning::Type(ty) => Some(ty),
            Meaning::Symbol(id) => self.symbol_type(id, expr),
            _ => None,
        }
    }

    fn symbol_type(&mut self, id: SymbolId, expr: &'a ast::Expr) -> Option<Ty> {
        let symbol = self.ck.index.symbol(id)?;
        let SymbolKind::Type(spec) = symbol.kind else { return None };
        if !spec.type_params.is_empty() {
            let want = spec.type_params.iter().map(|field| field.names.len()).sum();
            self.error(expr.id, Why::TypeArguments { name: expression(expr), have: 0, want });
            return Some(Types::UNKNOWN);
        }
        match self.ck.resolve(id) {
            Resolved::Type(ty) => Some(ty),
            _ => Some(Types::UNKNOWN),
        }
    }

    fn qualified_type(
        &mut self,
        operand: &'a ast::Expr,
        name: &ast::Ident,
        expr: &'a ast::Expr,
    ) -> Option<Ty> {
        let ExprKind::Ident(package) = &operand.kind else { return None };
        let Some(Meaning::Package { kind, path }) = self.meaning(package) else { return None };
        if let Some(package) = self.ck.index.package_of(kind, &path)
            && let Some(id) = self.ck.index.lookup(package, &name.name)
        {
            return match name.name.starts_with(char::is_uppercase) {
                true => self.symbol_type(id, expr),
                false => None,
            };
        }
        match kind {
            Import::Sdk => None,
            _ if path == "unsafe" && name.name == "Pointer" => Some(self.basic(Basic::UnsafePointer)),
            _ => {
                if self.package == Package::User {
                    self.error(expr.id, Why::NativePackage { path, name: name.name.clone() });
                }
                Some(Types::UNKNOWN)
            }
        }
    }

    fn generic_type(
        &mut self,
        operand: &'a ast::Expr,
        indices: &'a [ast::Expr],
        expr: &'a ast::Expr,
    ) -> Option<Ty> {
        let id = self.generic_symbol(operand)?;
        let symbol = self.ck.index.symbol(id)?.clone();
        let SymbolKind::Type(spec) = symbol.kind else { return None };
        let want: usize = spec.type_params.iter().map(|field| field.names.len()).sum();
        if want != indices.len() {
            self.error(expr.id, Why::TypeArguments { name: expression(operand), have: indices.len(), want });
            return Some(Types::UNKNOWN);
        }
        let arguments: Vec<Ty> = indices.iter().map(|index| self.type_expr(index)).collect();
        if arguments.iter().any(|ty| self.ck.types.is_unknown(*ty)) {
            return Some(Types::UNKNOWN);
        }
        if spec.type_params.is_empty() || !self.satisfied(id, &arguments, expr.id) {
            return Some(Types::UNKNOWN);
        }
        Some(self.ck.instantiate(id, &arguments))
    }

    pub fn generic_symbol(&mut self, operand: &'a ast::Expr) -> Option<SymbolId> {
        match &operand.kind {
            ExprKind::Ident(name) => match self.meaning(name)? {
                Meaning::Symbol(id) => Some(id),
                _ => None,
            },
            ExprKind::Selector { operand, name } => {
                let ExprKind::Ident(package) = &operand.kind else { return None };
                match self.meaning(package)? {
                    Meaning::Package { kind, path } => {
                        let package = self.ck.index.package_of(kind, &path)?;
                        self.ck.index.lookup(package, &name.name)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn array_length(&mut self, length: &'a ast::Expr) -> Option<u64> {
        let operand = self.expr(length);
        if operand.is_invalid() {
            return None;
        }
        if operand.constant().is_some_and(|value| value.as_int().is_none()) {
            let operand = self.describe(&operand);
            self.error(length.id, Why::ArrayLengthType { operand });
            return None;
        }
        let value = operand.constant().and_then(Value::as_int);
        match value.as_ref().and_then(ToPrimitive::to_u64) {
            Some(value) if value <= u64::from(u32::MAX) => Some(value),
            _ => {
                self.error(length.id, Why::BadArrayLength { expr: expression(length) });
                None
            }
        }
    }

    fn struct_fields(&mut self, fields: &'a [ast::Field]) -> Vec<Field> {
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
            let ty = if unseen { Types::UNKNOWN } else { self.type_expr(&field.ty) };
            if field.names.is_empty() {
                let name = crate::symbols::embedded_name(&field.ty).unwrap_or_default();
                all.push(Field { name, ty, embedded: true, native: unseen });
            }
            for name in &field.names {
                let first = nodes.iter().find(|(known, _)| name.name != "_" && *known == name.name);
                if let Some((_, first)) = first {
                    let other = self.place(*first);
                    self.error(name.id, Why::FieldRedeclared { name: name.name.clone(), other });
                    continue;
                }
                nodes.push((name.name.clone(), name.id));
                all.push(Field { name: name.name.clone(), ty, embedded: false, native: unseen });
            }
        }
        all
    }

    /// Parameter and result types.
    pub fn signature(&mut self, signature: &'a ast::Signature) -> Signature {
        let variadic =
            matches!(signature.params.last().map(|field| &field.ty.kind), Some(ExprKind::Ellipsis(_)));
        Signature {
            params: self.field_types(&signature.params),
            results: self.field_types(&signature.results),
            variadic,
        }
    }

    fn field_types(&mut self, fields: &'a [ast::Field]) -> Vec<Ty> {
        let mut types = Vec::new();
        for field in fields {
            let ty = self.type_expr(&field.ty);
            types.extend(std::iter::repeat_n(ty, field.names.len().max(1)));
        }
        types
    }

    /// The value and type of one constant; `None` after an error.
    pub fn constant_spec(
        &mut self,
        name: &SmolStr,
        node: NodeId,
        ty: Option<&'a ast::Expr>,
        value: Option<&'a ast::Expr>,
    ) -> Option<(Value, Ty)> {
        let Some(value) = value else {
            self.error(node, Why::MissingInitial { name: name.clone() });
            return None;
        };
        let operand = self.expr(value);
        if operand.is_invalid() {
            return None;
        }
        if operand.constant().is_none() {
            let operand = self.describe(&operand);
            self.error(value.id, Why::NotConstant { operand });
            return None;
        }
        match ty {
            None => {
                let ty = operand.ty;
                operand.constant().cloned().map(|value| (value, ty))
            }
            Some(ty) => {
                let ty = self.type_expr(ty);
                let value = self.represent(&operand, ty, "constant declaration")?;
                Some((value, ty))
            }
        }
    }

    /// The type of the `index`-th variable of a package-level line.
    pub fn variable_type(&mut self, spec: &'a ast::VarSpec, index: usize) -> Ty {
        if let Some(ty) = &spec.ty {
            return self.type_expr(ty);
        }
        if let (Some(value), true) = (spec.values.get(index), spec.values.len() == spec.names.len()) {
            // A literal says its own type: no need to look inside.
            if let ExprKind::Composite { ty: Some(ty), .. } = &value.kind
                && !matches!(ty.kind, ExprKind::ArrayType { .. })
            {
                return self.type_expr(ty);
            }
            let operand = self.expr(value);
            return self.ck.types.default_type(operand.ty);
        }
        match spec.values.first() {
            Some(call) => {
                let operand = self.raw_expr(call);
                match self.ck.types.kind(operand.ty) {
                    Kind::Tuple(types) => types.get(index).copied().unwrap_or(Types::UNKNOWN),
                    _ => Types::UNKNOWN,
                }
            }
            None => Types::UNKNOWN,
        }
    }

    /// A type declared in a function.
    pub fn local_type_spec(&mut self, spec: &'a ast::TypeSpec) {
        if !spec.type_params.is_empty() {
            return self.error(spec.id, Why::LocalGeneric);
        }
        if spec.alias {
            let ty = self.type_expr(&spec.ty);
            self.declare(&spec.name, EntityKind::Type(ty));
            return;
        }
        let name = spec.name.name.clone();
        let named =
            Named { display: name.clone(), name, symbol: None, arguments: Vec::new(), underlying: None };
        let (id, ty) = self.ck.types.declare(named);
        self.declare(&spec.name, EntityKind::Type(ty));
        let underlying = self.type_expr(&spec.ty);
        self.ck.types.set_underlying(id, underlying);
    }
}
