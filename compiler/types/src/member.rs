//! Fields and methods: promotion, receivers, and what SDK types say of themselves.

use gobpf_bpf::tables::MapKind;
use gobpf_syntax::ast;
use smol_str::SmolStr;

use crate::checker::Resolved;
use crate::context::{Cx, Mode, Operand};
use crate::error::Why;
use crate::hir::{self, ExprKind};
use crate::symbols::{Package, SymbolId, SymbolKind, receiver_name};
use crate::ty::{Kind, Ty, Types};

/// Embedded structs are searched to this depth.
const MAX_EMBEDDING: usize = 16;

/// What a selector finds: indices of embedded fields to follow, then the field or method.
enum Found {
    Field(usize, Ty),
    Method(SymbolId),
    /// Several at the same depth.
    Ambiguous,
}

/// A kind of map with the types of its keys and values.
pub(crate) struct MapType {
    pub kind: MapKind,
    /// None where the kind has no keys.
    pub key: Option<Ty>,
    /// None where the kind has no values of a fixed type.
    pub value: Option<Ty>,
    /// The type of records that pass through it.
    pub record: Option<Ty>,
    /// The field with the number of entries.
    pub entries: &'static str,
}

/// Members of structs that are embedded deeper than this aren't looked for.
const MAX_EMBEDDED: usize = 8;

impl<'a> Cx<'_, 'a> {
    /// `base.name`.
    pub fn member(&mut self, base: Operand, name: &'a ast::Ident, expr: &'a ast::Expr) -> Operand {
        if let Some(method) = self.interface_method(base.ty, &name.name) {
            if self.ck.types.param_of(base.ty).is_some() {
                // Looked at again with the type arguments.
                return self.operand(expr, Mode::Value, method, ExprKind::Zero);
            }
            return self.refused(crate::error::NotInKernel::Interface, method, &[&base.hir], expr);
        }
        match self.find_member(base.ty, &name.name) {
            Some((path, Found::Field(index, ty))) => self.field(base, &path, index, ty, expr),
            Some((path, Found::Method(symbol))) => self.method(base, &path, symbol, expr),
            Some((_, Found::Ambiguous)) => {
                let expr_text = format!("{}.{}", base.text, name.name);
                self.error(name.id, Why::AmbiguousSelector { expr: expr_text });
                self.invalid(expr)
            }
            None => {
                if self.ck.types.is_unknown(base.ty) {
                    return self.invalid(expr);
                }
                let text = format!("{}.{}", base.text, name.name);
                let why = match self.ck.types.pointed_interface(base.ty) {
                    Some(word) => Why::InterfacePointer { expr: text, on: self.display(base.ty), word },
                    None => {
                        let addressable = matches!(base.mode, Mode::Variable | Mode::MapVariable(_));
                        self.no_member((base.ty, addressable), text, &name.name)
                    }
                };
                self.error(name.id, why);
                self.invalid(expr)
            }
        }
    }

    /// Why `base.name`, which `text` shows, is nothing: a member with almost that name, or one that can't be named here.
    fn no_member(&mut self, (ty, addressable): (Ty, bool), text: String, name: &str) -> Why {
        let on = self.display(ty);
        let why = |similar: String| Why::NoMember {
            expr: text.clone(),
            on: on.clone(),
            name: name.into(),
            similar,
        };
        let Some((what, other)) = self.member_like(ty, name) else { return why(String::new()) };
        let is_pointer = matches!(self.ck.types.kind(ty), Kind::Pointer(_));
        if !addressable
            && !is_pointer
            && let Some((path, Found::Method(symbol))) = self.find_member(ty, &other)
            && self.wants_pointer(symbol)
            && !self.passes_pointer(ty, &path)
        {
            return why(String::new());
        }
        let exported = |name: &str| name.starts_with(char::is_uppercase);
        let tail = |name: &str| name.chars().skip(1).collect::<String>();
        match (exported(name), exported(&other)) {
            _ if !self.is_foreign(ty) => why(format!(", but does have {what} {other}")),
            (true, true) => why(format!(", but does have {what} {other}")),
            (true, false) if tail(name) == tail(&other) => {
                why(format!(", but does have unexported {what} {other}"))
            }
            (false, true) if tail(name) == tail(&other) => why(format!(", but does have {what} {other}")),
            (false, false) if name == other => Why::Unexported { expr: text, name: other, what },
            _ => why(String::new()),
        }
    }

    /// The method or field of `ty` whose name is `name` but for the case of its letters.
    fn member_like(&self, ty: Ty, name: &str) -> Option<(&'static str, SmolStr)> {
        let mut level = vec![ty];
        for _ in 0..MAX_EMBEDDED {
            let mut found = level.iter().filter_map(|ty| self.own_member_like(*ty, name));
            match (found.next(), found.next()) {
                (Some(only), None) => return Some(only),
                (Some(_), Some(_)) => return None,
                (None, _) => {}
            }
            level = level.iter().flat_map(|ty| self.embedded_types(*ty)).collect();
        }
        None
    }

    /// The types of the embedded fields of `ty`, or of what it points to.
    fn embedded_types(&self, ty: Ty) -> Vec<Ty> {
        match self.ck.types.under(self.pointed(ty)) {
            Kind::Struct(fields) => {
                let embedded = fields.iter().filter(|field| field.embedded && !field.native);
                embedded.map(|field| field.ty).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The same, of its own.
    fn own_member_like(&self, ty: Ty, name: &str) -> Option<(&'static str, SmolStr)> {
        let names_pointer =
            self.ck.types.named_of(ty).is_some() && matches!(self.ck.types.under(ty), Kind::Pointer(_));
        if self.ck.types.param_of(ty).is_some() || names_pointer {
            return None;
        }
        let owner = self.pointed(ty);
        let lower = name.to_lowercase();
        let named = self.ck.types.named_of(owner);
        let symbol = named.and_then(|named| named.symbol).and_then(|id| self.ck.index.symbol(id));
        if let (Some(named), Some(symbol)) = (named, symbol) {
            let mut methods = self.ck.index.method_names(symbol.package, &named.name);
            if let Some(method) = methods.find(|known| known.to_lowercase() == lower) {
                return Some(("method", method.clone()));
            }
        }
        if let Some(interface) = self.ck.types.interface(ty) {
            let mut names = interface.methods.iter().map(|(name, _)| name);
            return names.find(|known| known.to_lowercase() == lower).map(|name| ("method", name.clone()));
        }
        let Kind::Struct(fields) = self.ck.types.under(owner) else { return None };
        let field = fields.iter().find(|field| !field.native && field.name.to_lowercase() == lower)?;
        Some(("field", field.name.clone()))
    }

    /// The type of the method `name` that an interface or a type parameter has.
    fn interface_method(&self, ty: Ty, name: &str) -> Option<Ty> {
        let of = |methods: &[(SmolStr, Ty)]| {
            methods.iter().find(|(known, _)| known == name).map(|(_, method)| *method)
        };
        match (self.ck.types.param_of(ty), self.ck.types.interface(ty)) {
            (Some(param), _) => of(&param.methods),
            (None, Some(interface)) => of(&interface.methods),
            (None, None) => None,
        }
    }

    /// `T.method`: a function that takes the receiver as its first argument.
    pub fn method_expression(&mut self, ty: Ty, name: &'a ast::Ident, expr: &'a ast::Expr) -> Operand {
        if self.ck.types.is_unknown(ty) {
            return self.invalid(expr);
        }
        let Some((path, Found::Method(symbol))) = self.find_member(ty, &name.name) else {
            if matches!(self.find_member(ty, &name.name), Some((_, Found::Ambiguous))) {
                let text = crate::describe::expression(expr);
                self.error(name.id, Why::AmbiguousSelector { expr: text });
                return self.invalid(expr);
            }
            if self.interface_method(ty, &name.name).is_some() {
                self.unsupported(expr.id, crate::error::NotInKernel::Interface);
                return self.invalid(expr);
            }
            let text = crate::describe::expression(expr);
            let is_field = matches!(self.find_member(ty, &name.name), Some((_, Found::Field(..))));
            let why = match self.ck.types.pointed_interface(ty) {
                _ if is_field => Why::NoMethod { expr: text, on: self.display(ty), name: name.name.clone() },
                Some(word) => Why::InterfacePointer { expr: text, on: self.display(ty), word },
                None => self.no_member((ty, false), text, &name.name),
            };
            self.error(name.id, why);
            return self.invalid(expr);
        };
        let is_pointer = matches!(self.ck.types.kind(ty), Kind::Pointer(_));
        let wants_pointer = self.wants_pointer(symbol);
        if wants_pointer && !is_pointer && !self.passes_pointer(ty, &path) {
            let (text, on) = (crate::describe::expression(expr), self.display(ty));
            self.error(name.id, Why::PointerMethod { expr: text, on, name: name.name.clone() });
            return self.invalid(expr);
        }
        self.open_frame();
        let receiver = self.hidden(ty, expr.id);
        let hir = self.local_expr(receiver, expr.id);
        let text = crate::describe::expression(expr);
        let base = Operand { mode: Mode::Variable, ty, text, node: expr.id, hir, instance: Vec::new() };
        let method = self.method(base, &path, symbol, expr);
        let (Mode::Method { receiver: adjusted, .. }, Kind::Func(signature)) =
            (method.mode.clone(), self.ck.types.kind(method.ty).clone())
        else {
            self.close_frame();
            return self.invalid(expr);
        };
        let mut params = vec![ty];
        params.extend(&signature.params);
        let mut whole = crate::ty::Signature { params, ..crate::ty::Signature::clone(&signature) };
        if whole.names.first().is_some_and(|name| !name.is_empty()) && !signature.params.is_empty() {
            whole.names.insert(0, self.receiver_name(symbol));
        } else if !whole.names.is_empty() {
            whole.names.insert(0, SmolStr::default());
        }
        let whole = self.ck.types.intern(Kind::Func(whole.into()));
        if path.is_empty() && wants_pointer == is_pointer {
            self.close_frame();
            let mut operand = self.operand(expr, Mode::Function(symbol), whole, ExprKind::Zero);
            operand.instance = method.instance;
            return operand;
        }
        let kind = self.method_wrapper((symbol, receiver), &method, *adjusted, &signature, expr);
        self.operand(expr, Mode::Value, whole, kind)
    }

    /// One of the embedded fields on the way `path` from `ty` is a pointer.
    fn passes_pointer(&self, ty: Ty, path: &[usize]) -> bool {
        let mut current = ty;
        path.iter().any(|step| {
            if let Kind::Struct(fields) = self.ck.types.under(self.pointed(current)) {
                current = fields.get(*step).map_or(Types::UNKNOWN, |field| field.ty);
            }
            matches!(self.ck.types.kind(current), Kind::Pointer(_))
        })
    }

    /// The name of a method's receiver, or `_`.
    fn receiver_name(&self, symbol: SymbolId) -> SmolStr {
        let name = self.ck.index.symbol(symbol).and_then(|symbol| match symbol.kind {
            SymbolKind::Func(func) => Some(func.receiver.as_ref()?.names.first()?.name.clone()),
            _ => None,
        });
        name.unwrap_or_else(|| SmolStr::new_static("_"))
    }

    /// A function that finds the method's receiver in its first argument, in the frame that is open, which it closes.
    fn method_wrapper(
        &mut self,
        (symbol, first): (SymbolId, hir::LocalId),
        method: &Operand,
        receiver: Operand,
        signature: &crate::ty::Signature,
        expr: &ast::Expr,
    ) -> ExprKind {
        let node = expr.id;
        let mut params = vec![first];
        params.extend(signature.params.iter().map(|ty| self.hidden(*ty, node)));
        let reads = params.iter().skip(1).map(|param| self.local_expr(*param, node));
        let arguments = std::iter::once(receiver.hir).chain(reads).collect();
        let function = self.reaches_instance(symbol, &method.instance, node);
        let call = self.result(expr, signature, ExprKind::Call { function, arguments }).hir;
        let kind = match signature.results.len() {
            0 => hir::StmtKind::Expr(call),
            1 => hir::StmtKind::Return(vec![call]),
            _ => hir::StmtKind::ReturnCall(call),
        };
        let results = signature.results.iter().map(|ty| self.lower(*ty)).collect();
        let function = hir::Function {
            name: SmolStr::default(),
            decl: self.decl,
            name_node: node,
            params,
            results,
            result_locals: Vec::new(),
            locals: std::mem::take(&mut self.locals),
            body: vec![hir::Stmt { node, kind }],
            defers: Vec::new(),
            inlining: hir::Inlining::Automatic,
            callees: Vec::new(),
            nodes: 0,
        };
        self.close_literal(function, node)
    }

    fn field(&mut self, base: Operand, path: &[usize], index: usize, ty: Ty, expr: &ast::Expr) -> Operand {
        if let Mode::MapVariable(symbol) = base.mode {
            let name = self.ck.index.symbol(symbol).map(|symbol| symbol.name.clone());
            self.error(expr.id, Why::MapMisuse { name: name.unwrap_or_default() });
            return self.invalid(expr);
        }
        let mut base = base;
        for step in path {
            base = self.step(base, *step);
        }
        let mut operand = self.step(base, index);
        operand.ty = ty;
        operand.node = expr.id;
        operand.hir.node = expr.id;
        operand.text = crate::describe::expression(expr);
        operand
    }

    /// `ty`, or what it points to, is declared by another package.
    pub fn is_foreign(&self, ty: Ty) -> bool {
        let owner = self.ck.types.named_of(self.pointed(ty)).and_then(|named| named.symbol);
        owner
            .and_then(|owner| self.ck.index.symbol(owner))
            .is_some_and(|symbol| symbol.package != self.package)
    }

    fn pointed(&self, ty: Ty) -> Ty {
        match self.ck.types.under(ty) {
            Kind::Pointer(target) => *target,
            _ => ty,
        }
    }

    /// The `index`-th field of `base`, a struct or a pointer to one.
    fn step(&mut self, base: Operand, index: usize) -> Operand {
        let base = match self.ck.types.under(base.ty) {
            Kind::Pointer(target) => {
                let target = *target;
                self.deref(base, target)
            }
            _ => base,
        };
        let (ty, position) = match self.ck.types.under(base.ty) {
            Kind::Struct(fields) => {
                let before = fields.iter().take(index).filter(|field| !field.native).count();
                (fields.get(index).map_or(Types::UNKNOWN, |field| field.ty), before as u32)
            }
            _ => (Types::UNKNOWN, 0),
        };
        let lowered = self.lower(ty);
        let mode = if matches!(base.mode, Mode::Variable) { Mode::Variable } else { Mode::Value };
        let node = base.node;
        let kind = ExprKind::Field { base: Box::new(base.hir), index: position };
        Operand {
            mode,
            ty,
            text: base.text,
            node,
            hir: hir::Expr { node, ty: lowered, kind },
            instance: Vec::new(),
        }
    }

    fn method(&mut self, base: Operand, path: &[usize], symbol: SymbolId, expr: &ast::Expr) -> Operand {
        let mut receiver = base;
        for step in path {
            receiver = self.step(receiver, *step);
        }
        let Some(info) = self.ck.index.symbol(symbol).cloned() else { return self.invalid(expr) };
        let SymbolKind::Func(func) = info.kind else { return self.invalid(expr) };
        let owner = self.pointed(receiver.ty);
        let instance = self.ck.types.named_of(owner).map(|named| named.arguments.clone()).unwrap_or_default();
        let Some(signature) = self.method_signature(owner, symbol) else { return self.invalid(expr) };
        let wants_pointer =
            func.receiver.as_ref().is_some_and(|field| matches!(field.ty.kind, ast::ExprKind::Star(_)));
        let receiver = match self.adjust_receiver(receiver, wants_pointer, &info.name, expr) {
            Some(receiver) => receiver,
            None => return self.invalid(expr),
        };
        let ty = self.ck.types.intern(Kind::Func(signature.into()));
        let mode = Mode::Method { symbol, receiver: Box::new(receiver) };
        let mut operand = self.operand(expr, mode, ty, ExprKind::Zero);
        operand.instance = instance;
        operand
    }

    /// Takes the address of the receiver, or follows it, as the method wants.
    fn adjust_receiver(
        &mut self,
        receiver: Operand,
        wants_pointer: bool,
        name: &str,
        expr: &ast::Expr,
    ) -> Option<Operand> {
        if matches!(receiver.mode, Mode::MapVariable(_)) {
            return Some(receiver);
        }
        let is_pointer = matches!(self.ck.types.kind(receiver.ty), Kind::Pointer(_));
        match (wants_pointer, is_pointer) {
            (true, false) => {
                if !matches!(receiver.mode, Mode::Variable) {
                    let (name, on) = (name.into(), self.display(receiver.ty));
                    self.error(expr.id, Why::PointerMethodCall { name, on });
                    return None;
                }
                self.take_address(&receiver.hir);
                let ty = self.ck.types.intern(Kind::Pointer(receiver.ty));
                let lowered = self.lower(ty);
                let node = receiver.node;
                let kind = ExprKind::AddressOf(Box::new(receiver.hir));
                let hir = hir::Expr { node, ty: lowered, kind };
                Some(Operand { mode: Mode::Value, ty, text: receiver.text, node, hir, instance: Vec::new() })
            }
            (false, true) => {
                let target = self.pointed(receiver.ty);
                Some(self.deref(receiver, target))
            }
            _ => Some(receiver),
        }
    }

    /// Where the field called `name` starts in a value of type `ty` (bytes); `None` where there is none, or a pointer
    /// between.
    pub fn field_offset(&mut self, ty: Ty, name: &str) -> Option<u64> {
        let (path, Found::Field(last, _)) = self.find_member(ty, name)? else { return None };
        let mut current = self.pointed(ty);
        let mut offset = 0;
        for (depth, index) in path.iter().copied().chain([last]).enumerate() {
            if depth > 0 && matches!(self.ck.types.under(current), Kind::Pointer(_)) {
                return None;
            }
            let Kind::Struct(fields) = self.ck.types.under(current).clone() else { return None };
            let lowered = self.lower(current);
            let position = fields.iter().take(index).filter(|field| !field.native).count();
            let hir::Type::Struct(layout) = self.ck.hir.get(lowered) else { return None };
            offset += u64::from(layout.fields.get(position)?.offset);
            current = fields.get(index)?.ty;
        }
        Some(offset)
    }

    /// `ty` has a method called `name`.
    pub fn has_method(&self, ty: Ty, name: &str) -> bool {
        if let Some(param) = self.ck.types.param_of(ty) {
            return param.methods.iter().any(|(known, _)| known == name);
        }
        if let Some(interface) = self.ck.types.interface(ty) {
            return interface.methods.iter().any(|(known, _)| known == name);
        }
        match self.find_member(ty, name) {
            Some((_, Found::Method(symbol))) => {
                let is_pointer = matches!(self.ck.types.kind(ty), Kind::Pointer(_));
                is_pointer || !self.wants_pointer(symbol)
            }
            _ => false,
        }
    }

    /// A pointer to `ty` has a method called `name`.
    pub fn has_pointer_method(&self, ty: Ty, name: &str) -> bool {
        matches!(self.find_member(ty, name), Some((_, Found::Method(_))))
    }

    /// The method called `name` of `ty`, and the type that it is declared for.
    pub fn method_owner(&self, ty: Ty, name: &str) -> Option<(Ty, SymbolId)> {
        let (path, Found::Method(symbol)) = self.find_member(ty, name)? else { return None };
        let mut owner = self.pointed(ty);
        for step in path {
            let Kind::Struct(fields) = self.ck.types.under(owner) else { return None };
            owner = self.pointed(fields.get(step)?.ty);
        }
        Some((owner, symbol))
    }

    fn wants_pointer(&self, symbol: SymbolId) -> bool {
        let Some(info) = self.ck.index.symbol(symbol) else { return false };
        matches!(info.kind, SymbolKind::Func(func)
            if func.receiver.as_ref().is_some_and(|field| matches!(field.ty.kind, ast::ExprKind::Star(_))))
    }

    /// The shallowest field or method called `name`, with the embedded fields on the way.
    fn find_member(&self, ty: Ty, name: &str) -> Option<(Vec<usize>, Found)> {
        // Neither have type parameters fields, nor pointers to interfaces or to type parameters methods.
        if name == "_"
            || self.ck.types.param_of(ty).is_some()
            || self.ck.types.pointed_interface(ty).is_some()
        {
            return None;
        }
        // The name of a pointer type has no methods, and those of what it points to aren't its own.
        if let (Kind::Named(_), Kind::Pointer(_)) = (self.ck.types.kind(ty), self.ck.types.under(ty)) {
            let found = self.find_member(self.ck.types.underlying(ty), name);
            return found.filter(|(_, found)| matches!(found, Found::Field(..)));
        }
        let start = match self.ck.types.kind(ty) {
            Kind::Pointer(target) => *target,
            _ => ty,
        };
        let mut level: Vec<(Vec<usize>, Ty)> = vec![(Vec::new(), start)];
        for _ in 0..MAX_EMBEDDING {
            let mut next = Vec::new();
            let mut found = None;
            let mut count = 0;
            for (path, ty) in level {
                let ty = match self.ck.types.kind(ty) {
                    Kind::Pointer(target) if !path.is_empty() => *target,
                    _ => ty,
                };
                if let Some(method) = self.method_of(ty, name) {
                    count += 1;
                    found = Some((path.clone(), Found::Method(method)));
                    continue; // a field of that name is an error of its own
                }
                let Kind::Struct(fields) = self.ck.types.under(ty) else { continue };
                for (index, field) in fields.iter().enumerate() {
                    let named_here = field.home == self.package || name.starts_with(char::is_uppercase);
                    if field.name == name && !field.native && named_here {
                        count += 1;
                        found = Some((path.clone(), Found::Field(index, field.ty)));
                    }
                    if field.embedded {
                        let mut path = path.clone();
                        path.push(index);
                        next.push((path, field.ty));
                    }
                }
            }
            if count > 0 {
                return match (found, count) {
                    (Some((path, _)), 2..) => Some((path, Found::Ambiguous)),
                    (found, _) => found,
                };
            }
            level = next;
        }
        None
    }

    fn method_of(&self, ty: Ty, name: &str) -> Option<SymbolId> {
        let named = self.ck.types.named_of(ty)?;
        let symbol = self.ck.index.symbol(named.symbol?)?;
        let foreign = symbol.package != self.package;
        if foreign && !name.starts_with(char::is_uppercase) {
            return None;
        }
        self.ck.index.method(symbol.package, &named.name, name)
    }

    /// The type argument for the parameter `name` of the type that `ty` is an instance of.
    pub fn type_argument(&mut self, ty: Ty, name: &str) -> Option<Ty> {
        let named = self.ck.types.named_of(self.pointed(ty))?;
        let symbol = self.ck.index.symbol(named.symbol?)?;
        let SymbolKind::Type(spec) = symbol.kind else { return None };
        let position =
            spec.type_params.iter().flat_map(|field| &field.names).position(|known| known.name == name)?;
        named.arguments.get(position).copied()
    }

    /// `ty` is that of values which are chosen when the program is loaded: the field with the default, and its type.
    pub fn const_type(&mut self, ty: Ty) -> Option<(usize, Ty)> {
        let named = self.ck.types.named_of(ty)?;
        let symbol = self.ck.index.symbol(named.symbol?)?;
        let field = symbol.directive("const").filter(|_| symbol.package == Package::Sdk)?;
        let Kind::Struct(fields) = self.ck.types.under(ty) else { return None };
        let index = fields.iter().position(|known| known.name == field.trim())?;
        Some((index, fields.get(index)?.ty))
    }

    /// What kind of map `ty` is, if the SDK says that it is one.
    pub fn map_type(&mut self, ty: Ty) -> Option<MapType> {
        let named = self.ck.types.named_of(ty)?.clone();
        let symbol = self.ck.index.symbol(named.symbol?)?.clone();
        let SymbolKind::Type(spec) = symbol.kind else { return None };
        if symbol.package != Package::Sdk || !self.ck.takes(named.symbol?, named.arguments.len()) {
            return None;
        }
        let mut words = symbol.directive("maptype")?.split_whitespace();
        let kind = MapKind(words.next()?.parse().ok()?);
        let names: Vec<SmolStr> =
            spec.type_params.iter().flat_map(|field| &field.names).map(|name| name.name.clone()).collect();
        let mut of = |word: &str| match names.iter().position(|name| name == word) {
            Some(index) => named.arguments.get(index).copied(),
            None => match self.ck.index.lookup(Package::Sdk, word) {
                Some(id) => match self.ck.resolve(id) {
                    Resolved::Type(ty) => Some(ty),
                    _ => None,
                },
                None => {
                    let (basic, _) = crate::ty::Basic::predeclared().find(|(_, name)| *name == word)?;
                    Some(self.ck.types.basic(basic))
                }
            },
        };
        let (key, value) = (words.next()?, words.next()?);
        let size = words.next();
        let [key, value] = [key, value].map(|word| if word == "-" { Some(None) } else { of(word).map(Some) });
        let (key, value) = (key?, value?);
        let record = named.arguments.last().copied().filter(|_| value.is_none());
        let entries = if size == Some("Size") { "Size" } else { "MaxEntries" };
        Some(MapType { kind, key, value, record, entries })
    }
}

/// What stands between the brackets of a receiver `*T[K, V]`.
pub(crate) fn receiver_arguments(ty: &ast::Expr) -> &[ast::Expr] {
    match &ty.kind {
        ast::ExprKind::Star(inner) | ast::ExprKind::Paren(inner) => receiver_arguments(inner),
        ast::ExprKind::Index { operand, indices } if receiver_name(operand).is_some() => indices,
        _ => &[],
    }
}

/// The names of the type parameters in a receiver `*T[K, V]`.
pub(crate) fn receiver_params(ty: &ast::Expr) -> Vec<SmolStr> {
    let arguments = receiver_arguments(ty).iter();
    arguments
        .map(|index| match &index.kind {
            ast::ExprKind::Ident(name) => name.clone(),
            _ => SmolStr::default(),
        })
        .collect()
}
