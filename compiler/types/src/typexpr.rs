//! Type expressions, signatures, and the types of package-level constants and variables.

use std::rc::Rc;

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind};
use num_traits::ToPrimitive;
use smol_str::SmolStr;

use crate::checker::{Alias, Resolved};
use crate::constant::Value;
use crate::context::{Cx, EntityKind, Mode};
use crate::describe::expression;
use crate::error::Why;
use crate::stmt::strip_parens;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Basic, Interface, Kind, Ty, Types};
use crate::{Import, builtin};

const PACKAGE_NAME: &str = "package name";

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
        if let Some((_, ty)) = self.type_args.iter().find(|(bound, _)| bound == name && name != "_") {
            return Some(Meaning::TypeArgument(*ty));
        }
        let scope = self.ck.index.files.get(self.file);
        if let Some(imported) = scope.and_then(|scope| scope.imports.get(name)) {
            let (kind, path) = (imported.kind, imported.path.clone());
            return Some(Meaning::Package { kind, path });
        }
        if let Some(id) = self.ck.index.lookup(self.package, name) {
            return Some(Meaning::Symbol(id));
        }
        if let (Some(scope), true) = (scope, name.starts_with(char::is_uppercase)) {
            let found = scope.dots.iter().find_map(|import| {
                let package = self.ck.index.package_of(import.kind, &import.path)?;
                Some((self.ck.index.lookup(package, name)?, import.path.clone()))
            });
            if let Some((id, path)) = found {
                self.ck.use_import(self.file, path);
                return Some(Meaning::Symbol(id));
            }
        }
        self.predeclared(name)
    }

    /// The import called `name` is used.
    pub fn use_import(&mut self, name: &str) {
        if self.package == Package::User {
            self.ck.use_import(self.file, name.into());
        }
    }

    /// Everything that `stmt` mentions is used: it isn't looked at closely.
    pub fn use_mentioned(&mut self, stmt: &ast::Stmt) {
        let mut uses = crate::uses::Uses::default();
        uses.stmt(stmt);
        for name in uses.qualifiers.iter() {
            self.use_import(name);
        }
        for name in uses.names {
            let entity = self.local_entity(&name).map(|entity| (entity.depth, entity.kind.clone()));
            if let Some((depth, EntityKind::Local(local))) = entity {
                self.mark_used_at(depth, local);
            }
            self.meaning(&name);
        }
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
            "any" => Meaning::Type(self.ck.types.any()),
            "error" => Meaning::Type(self.ck.types.error()),
            "comparable" => Meaning::Type(self.ck.types.comparable_constraint()),
            _ => Meaning::Builtin(builtin::Builtin::by_name(name)?),
        })
    }

    /// The type that `expr` denotes; unknown after an error.
    pub fn type_expr(&mut self, expr: &'a ast::Expr) -> Ty {
        match &expr.kind {
            ExprKind::Paren(inner) => self.type_expr(inner),
            ExprKind::Bad => Types::UNKNOWN,
            ExprKind::Star(inner) => self.pointer_type(inner),
            ExprKind::Ident(_) | ExprKind::Selector { .. } | ExprKind::Index { .. } => {
                match self.try_type(expr) {
                    Some(ty) => ty,
                    None => {
                        self.no_type(expr);
                        Types::UNKNOWN
                    }
                }
            }
            _ => match self.try_type(expr) {
                Some(ty) => ty,
                None => {
                    self.raw_expr(expr);
                    let place = self.place(expr.id);
                    self.ck.another_error(place, Why::NotAType { expr: expression(expr) });
                    Types::UNKNOWN
                }
            },
        }
    }

    /// The type of a variable, field or element: it can't be a constraint.
    pub fn variable_type_expr(&mut self, expr: &'a ast::Expr) -> Ty {
        let ty = self.type_expr(expr);
        self.check_variable_type(ty, expr);
        ty
    }

    /// Reports `ty`, which stands at `expr`, where it is a constraint, and so no type of variables.
    pub fn check_variable_type(&mut self, ty: Ty, expr: &ast::Expr) {
        // A type argument is looked at where it is given.
        let given = matches!(&expr.kind, ExprKind::Ident(name)
            if self.type_args.iter().any(|(known, _)| known == name));
        if !given
            && self.ck.types.param_of(ty).is_none()
            && let Some(interface) = self.ck.types.interface(ty)
            && interface.is_constraint()
        {
            let by_terms = interface.terms.is_some();
            let ty = self.display(ty);
            self.error(expr.id, Why::ConstraintAsType { ty, by_terms });
        }
    }

    fn pointer_type(&mut self, target: &'a ast::Expr) -> Ty {
        let target = self.variable_type_expr(target);
        match target == Types::UNKNOWN {
            true => Types::UNKNOWN,
            false => self.ck.types.intern(Kind::Pointer(target)),
        }
    }

    /// Reports what `expr`, a name, selector or instance, is instead of a type.
    fn no_type(&mut self, expr: &'a ast::Expr) {
        let shown = match &expr.kind {
            ExprKind::Ident(name) => {
                let Some(word) = self.object_word(name) else {
                    self.raw_expr(expr); // which has a problem of its own
                    return;
                };
                if let Some(Meaning::Local(_)) = self.meaning(name) {
                    self.raw_expr(expr); // it counts as used
                }
                format!("{name} ({word})")
            }
            ExprKind::Selector { operand, name } => {
                let is_package = matches!(&operand.kind, ExprKind::Ident(package)
                    if matches!(self.meaning(package), Some(Meaning::Package { .. })));
                if is_package {
                    let found = self.raw_expr(expr);
                    match found.mode {
                        Mode::Invalid | Mode::Native => return,
                        Mode::Function(_) | Mode::Generic(_) => {
                            let ty = self.display(found.ty);
                            format!("{} (value of type {ty})", found.text)
                        }
                        _ => self.describe(&found),
                    }
                } else {
                    let base = self.raw_expr(operand);
                    if let Mode::Builtin(_) = base.mode {
                        return self.error(operand.id, Why::BuiltinSelector { name: base.text });
                    }
                    if matches!(base.mode, Mode::Generic(_)) {
                        self.single_value(base, operand);
                        return;
                    }
                    if base.is_invalid() {
                        return;
                    }
                    return self.error(name.id, Why::NotAType { expr: expression(expr) });
                }
            }
            ExprKind::Index { operand, .. } => {
                // Go doesn't look at its arguments.
                match self.try_type(operand) {
                    Some(Types::UNKNOWN) => {}
                    Some(ty) => {
                        let why =
                            Why::NotGeneric { expr: expression(expr), ty: self.generic_words(operand, ty) };
                        self.error(operand.id, why);
                    }
                    None => {
                        self.type_expr(operand);
                    }
                }
                return;
            }
            _ => expression(expr),
        };
        self.error(expr.id, Why::NotAType { expr: shown });
    }

    /// What messages call the thing that `name` stands for; `None` where there is none.
    fn object_word(&mut self, name: &str) -> Option<&'static str> {
        if name == "iota" && self.meaning(name).is_none() {
            return Some("constant");
        }
        Some(match self.meaning(name)? {
            Meaning::Package { .. } => PACKAGE_NAME,
            Meaning::Local(entity) => match entity.kind {
                EntityKind::Local(_) => self.variable_words.get(&entity.node).unwrap_or(&"local variable"),
                EntityKind::Const(..) => "constant",
                EntityKind::Type(_) => return None,
            },
            Meaning::Symbol(id) => match self.ck.index.symbol(id)?.kind {
                SymbolKind::Const { .. } => "constant",
                SymbolKind::Var { .. } => "package-level variable",
                SymbolKind::Func(_) => "function",
                SymbolKind::Type(_) => return None,
            },
            Meaning::Constant(..) => "constant",
            Meaning::Nil => "untyped nil",
            Meaning::Builtin(_) => "built-in function",
            Meaning::TypeArgument(_) | Meaning::Type(_) => return None,
        })
    }

    /// The type that `expr` denotes, if it denotes one.
    pub fn try_type(&mut self, expr: &'a ast::Expr) -> Option<Ty> {
        let kind = match &expr.kind {
            ExprKind::Ident(name) => return self.type_name(name, expr),
            ExprKind::Paren(inner) => return self.try_type(inner),
            ExprKind::Selector { operand, name } => return self.qualified_type(operand, name, expr),
            ExprKind::Index { operand, indices } => return self.generic_type(operand, indices, expr),
            ExprKind::Star(inner) => {
                self.try_type(inner)?;
                return Some(self.pointer_type(inner));
            }
            ExprKind::SliceType(element) => Kind::Slice(self.variable_type_expr(element)),
            ExprKind::ArrayType { length, element } => {
                let length = self.array_length(length);
                let element = self.variable_type_expr(element);
                let Some(length) = length else { return Some(Types::UNKNOWN) };
                Kind::Array(element, length)
            }
            ExprKind::StructType(fields) => Kind::Struct(self.struct_fields(fields).into()),
            ExprKind::MapType { key, value } => {
                let (of, value) = (self.variable_type_expr(key), self.variable_type_expr(value));
                self.check_map_key(of, key.id);
                Kind::Map(of, value)
            }
            ExprKind::ChanType { element, .. } => Kind::Chan(self.variable_type_expr(element)),
            ExprKind::InterfaceType(_) => Kind::Interface(Rc::new(self.interface_type(expr))),
            ExprKind::FuncType(signature) => {
                self.check_parameter_names(signature);
                Kind::Func(Rc::new(self.signature(signature)))
            }
            ExprKind::Ellipsis(Some(element)) => Kind::Slice(self.variable_type_expr(element)),
            _ => return None,
        };
        Some(self.ck.types.intern(kind))
    }

    /// `interface{ ... }`.
    fn interface_type(&mut self, expr: &'a ast::Expr) -> Interface {
        let constraint = self.constraint(expr, 0);
        constraint.into_interface(&self.ck.types)
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
            if spec.alias && self.ck.is_alias_looked_at(id) {
                self.ck.alias(id); // it is made of itself
                return Some(Types::UNKNOWN);
            }
            return Some(self.no_instance((id, spec), expr, expr));
        }
        match self.ck.resolve(id) {
            Resolved::Type(ty) => Some(ty),
            _ => Some(Types::UNKNOWN),
        }
    }

    /// Reports that `expr` uses a generic type, which is called `name`, as one that isn't.
    fn no_instance(
        &mut self,
        (id, spec): (SymbolId, &ast::TypeSpec),
        name: &ast::Expr,
        expr: &ast::Expr,
    ) -> Ty {
        let want = spec.type_params.iter().map(|field| field.names.len()).sum();
        let name = format!("{}{}", expression(name), self.parameter_list(id, &spec.type_params));
        self.error(expr.id, Why::TypeArguments { name, have: 0, want });
        Types::UNKNOWN
    }

    /// What messages call `operand`, which is no generic type but `ty`.
    pub fn generic_words(&self, operand: &ast::Expr, ty: Ty) -> String {
        match &strip_parens(operand).kind {
            ExprKind::Ident(_) => expression(strip_parens(operand)),
            _ => self.display(ty),
        }
    }

    /// `[K comparable, V any]`.
    pub fn parameter_list(&mut self, id: SymbolId, params: &[ast::Field]) -> String {
        // Of one whose own constraint is being looked at, nothing is known yet.
        let is_own = self.ck.index.symbol(id).is_some_and(|symbol| symbol.decl == self.decl);
        let mut known = self.ck.type_params(id).into_iter();
        // Parameters that follow each other and have one constraint are put together.
        let mut groups: Vec<(Vec<&str>, String, bool)> = Vec::new();
        for field in params {
            let names: Vec<&str> = field.names.iter().map(|name| name.name.as_str()).collect();
            let own = known.by_ref().take(names.len()).next();
            let shown = own.and_then(|param| self.ck.constraint_names.get(&param));
            let is_one = shown.map_or(is_own, |shown| shown.is_one(&self.ck.types));
            let text = match shown.map(|shown| shown.text(&self.ck.types, true)) {
                Some(text) if !text.is_empty() => text,
                _ if is_own => "invalid type".to_owned(),
                _ => expression(&field.ty),
            };
            match groups.last_mut().filter(|(_, last, may)| *may && is_one && *last == text) {
                Some((before, ..)) => before.extend(names),
                None => groups.push((names, text, is_one)),
            }
        }
        let parts: Vec<String> =
            groups.into_iter().map(|(names, text, _)| format!("{} {text}", names.join(", "))).collect();
        format!("[{}]", parts.join(", "))
    }

    fn qualified_type(
        &mut self,
        operand: &'a ast::Expr,
        name: &ast::Ident,
        expr: &'a ast::Expr,
    ) -> Option<Ty> {
        let ExprKind::Ident(package) = &operand.kind else { return None };
        let Some(Meaning::Package { kind, path }) = self.meaning(package) else { return None };
        self.use_import(package);
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
            Import::Standard
                if self.ck.index.package_of(kind, &path).is_some()
                    && !crate::standard::is_native(&path, &name.name) =>
            {
                None
            }
            _ if path == "unsafe" => (name.name == "Pointer").then(|| self.basic(Basic::UnsafePointer)),
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
        if want == 0 {
            return None;
        }
        if spec.alias && want != indices.len() && self.ck.is_alias_looked_at(id) {
            self.ck.alias(id); // it is made of itself
            return Some(Types::UNKNOWN);
        }
        if want != indices.len() {
            self.ck.type_params(id);
            let name = symbol.name.to_string();
            let arguments: Vec<Ty> = indices.iter().map(|index| self.variable_type_expr(index)).collect();
            if arguments.contains(&Types::UNKNOWN) {
                return Some(Types::UNKNOWN);
            }
            self.error(expr.id, Why::TypeArguments { name, have: indices.len(), want });
            if !spec.alias && !self.ck.is_in_progress(id) {
                let params = self.ck.type_params(id);
                self.ck.instantiate(id, &params); // says what is wrong with the declaration
            }
            return Some(match spec.alias || self.substitutes || arguments.contains(&Types::UNKNOWN) {
                true => Types::UNKNOWN,
                false => self.ck.broken_instance(id, &arguments),
            });
        }
        if spec.alias && !self.is_miscounted(id, &spec.ty) {
            match self.ck.alias(id) {
                Alias::Sound => {}
                Alias::Broken => return Some(self.no_instance((id, spec), operand, expr)), // as Go goes on
                Alias::Looked(_) | Alias::Circular => return Some(Types::UNKNOWN),
            }
        }
        let arguments: Vec<Ty> = indices.iter().map(|index| self.variable_type_expr(index)).collect();
        if arguments.contains(&Types::UNKNOWN) {
            return Some(Types::UNKNOWN);
        }
        let nodes: Vec<NodeId> = indices.iter().map(|index| index.id).collect();
        self.satisfied(id, &arguments, &nodes, expr.id);
        Some(self.ck.instantiate(id, &arguments))
    }

    /// An instance of another type than `alias` with a wrong number of type arguments, which Go takes for a type all the
    /// same.
    fn is_miscounted(&mut self, alias: SymbolId, expr: &'a ast::Expr) -> bool {
        let ExprKind::Index { operand, indices } = &expr.kind else { return false };
        let symbol = self.generic_symbol(operand).filter(|id| *id != alias);
        let symbol = symbol.and_then(|id| self.ck.index.symbol(id));
        symbol.is_some_and(|symbol| match symbol.kind {
            SymbolKind::Type(spec) => {
                let want: usize = spec.type_params.iter().map(|field| field.names.len()).sum();
                want > 0 && want != indices.len()
            }
            _ => false,
        })
    }

    /// `expr` is the name of a generic type.
    pub fn is_generic_type(&mut self, expr: &'a ast::Expr) -> bool {
        let symbol = self.generic_symbol(expr).and_then(|id| self.ck.index.symbol(id));
        symbol.is_some_and(
            |symbol| matches!(symbol.kind, SymbolKind::Type(spec) if !spec.type_params.is_empty()),
        )
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
                        self.use_import(package);
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
        if matches!(length.kind, ExprKind::Ellipsis(None)) {
            self.error(length.id, Why::OpenArray);
            return None;
        }
        if let ExprKind::Ident(name) = &length.kind {
            match self.meaning(name) {
                None if name == "iota" => {}
                None => {
                    self.error(length.id, Why::UndefinedLength { name: name.clone() });
                    return None;
                }
                Some(meaning) if !self.is_constant(&meaning) => {
                    self.error(length.id, Why::BadArrayLength { expr: name.to_string() });
                    return None;
                }
                Some(_) => {}
            }
        }
        let operand = self.expr(length);
        let place = self.place(length.id);
        if operand.is_invalid() || self.ck.has_go_error(place) {
            return None;
        }
        let shown = self.describe(&operand);
        let types = &self.ck.types;
        let (integer, untyped) = (types.is_integer(operand.ty), types.is_untyped(operand.ty));
        let why = match operand.constant() {
            None => Why::ArrayLengthType { operand: shown, want: "constant" },
            Some(value) => {
                let whole = value.as_int().filter(|_| untyped || integer);
                let whole =
                    whole.and_then(|whole| whole.to_i64()).and_then(|whole| u64::try_from(whole).ok());
                match (whole, integer) {
                    (Some(whole), _) => return Some(whole),
                    (None, true) => Why::BadArrayLength { expr: shown },
                    (None, false) => Why::ArrayLengthType { operand: shown, want: "integer" },
                }
            }
        };
        self.error(length.id, why);
        None
    }

    fn is_constant(&self, meaning: &Meaning) -> bool {
        match meaning {
            Meaning::Local(entity) => matches!(entity.kind, EntityKind::Const(..)),
            Meaning::Constant(..) => true,
            Meaning::Symbol(id) => {
                let symbol = self.ck.index.symbol(*id);
                symbol.is_some_and(|symbol| matches!(symbol.kind, SymbolKind::Const { .. }))
            }
            _ => false,
        }
    }
}
