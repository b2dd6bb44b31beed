//! Expressions: names, literals, indexing, slicing, pointers.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind as Syntax, LiteralKind};
use num_traits::ToPrimitive;
use smol_str::SmolStr;

use crate::Import;
use crate::builtin::Builtin;
use crate::checker::Resolved;
use crate::constant::{self, Value};
use crate::context::{Cx, EntityKind, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::stmt::strip_parens;
use crate::symbols::{Package, SymbolId, SymbolKind};
use crate::ty::{Basic, Kind, Ty, Types};
use crate::typexpr::Meaning;

impl<'a> Cx<'_, 'a> {
    /// `expr` as a single value.
    pub fn expr(&mut self, expr: &'a ast::Expr) -> Operand {
        let operand = self.raw_expr(expr);
        self.single_value(operand, expr)
    }

    /// `operand`, which `expr` gave, as a single value.
    pub fn single_value(&mut self, operand: Operand, expr: &'a ast::Expr) -> Operand {
        match &operand.mode {
            Mode::NoValue => {
                self.error(expr.id, Why::NoValue { expr: operand.text.clone() });
                self.invalid(expr)
            }
            Mode::Type => {
                self.error(expr.id, Why::NotAnExpression { expr: operand.text.clone() });
                Operand { mode: Mode::Invalid, ..operand }
            }
            Mode::Builtin(_) => {
                self.error(expr.id, Why::BuiltinNotCalled { name: operand.text.clone() });
                self.invalid(expr)
            }
            Mode::Generic(id) if !operand.instance.is_empty() => {
                let instance = self.partial_instance(*id, &operand, expr);
                self.single_value(instance, expr)
            }
            Mode::Generic(_) => {
                let name = operand.text.clone();
                self.error(expr.id, Why::NotInstantiated { name });
                self.invalid(expr)
            }
            Mode::Function(_) | Mode::Method { .. } => self.function_value(operand, expr),
            Mode::MapVariable(symbol) => {
                let name =
                    self.ck.index.symbol(*symbol).map(|symbol| symbol.name.clone()).unwrap_or_default();
                let why = match self.const_type(operand.ty) {
                    Some(_) => Why::ConstMisuse { name },
                    None => Why::MapMisuse { name },
                };
                self.error(expr.id, why);
                // By Go's rules it is a variable as any other.
                let hir = self.unknown_expr(expr.id);
                Operand { mode: Mode::Variable, hir, ..operand }
            }
            _ => match self.ck.types.kind(operand.ty) {
                Kind::Tuple(..) => {
                    let types = self.display(operand.ty);
                    self.error(expr.id, Why::SeveralValues { expr: operand.text.clone(), types });
                    self.invalid(expr)
                }
                _ => operand,
            },
        }
    }

    /// A call without result where a value or a type is wanted.
    pub fn no_value_or_type(&mut self, operand: Operand, expr: &ast::Expr) -> Operand {
        self.error(expr.id, Why::NoValueOrType { expr: operand.text });
        self.invalid(expr)
    }

    /// `expr` as whatever it is.
    pub fn raw_expr(&mut self, expr: &'a ast::Expr) -> Operand {
        let operand = self.sized_or_not(expr);
        match self.ck.is_infinite(operand.ty) {
            true => Operand { mode: Mode::Invalid, ..operand },
            false => operand,
        }
    }

    /// The same, which may be of a type whose values have no size.
    fn sized_or_not(&mut self, expr: &'a ast::Expr) -> Operand {
        match &expr.kind {
            Syntax::Bad => self.invalid(expr),
            Syntax::Ident(name) => self.name(name, expr),
            Syntax::Literal { kind, text } => self.literal(*kind, text, expr),
            Syntax::Paren(inner) => {
                let operand = match self.raw_expr(inner) {
                    generic if matches!(generic.mode, Mode::Generic(_)) => self.single_value(generic, inner),
                    operand => operand,
                };
                Operand { text: expression(expr), ..operand }
            }
            Syntax::Composite { ty, elements } => self.composite(ty.as_deref(), elements, expr),
            Syntax::Selector { operand, name } => self.selector(operand, name, expr),
            Syntax::Index { operand, indices } => self.index(operand, indices, expr),
            Syntax::Slice { operand, low, high, max } => {
                self.slice(operand, [low.as_deref(), high.as_deref(), max.as_deref()], expr)
            }
            Syntax::Star(inner) => self.star(inner, expr),
            Syntax::Unary { op: ast::UnaryOp::Address, operand } => self.address(operand, expr),
            Syntax::Unary { op: ast::UnaryOp::Receive, operand } => self.receive(operand, expr),
            Syntax::Unary { op, operand } => self.unary(*op, operand, expr),
            Syntax::Binary { op, left, right } => self.binary(*op, left, right, expr),
            Syntax::Call { function, arguments, spread } => self.call(function, arguments, *spread, expr),
            Syntax::Func { signature, body } => self.function_literal(signature, body, expr),
            Syntax::TypeAssert { operand, ty } => self.type_assertion(operand, ty, expr),
            _ => match self.try_type(expr) {
                Some(ty) => self.type_operand(expr, ty),
                None => self.invalid(expr),
            },
        }
    }

    pub fn type_operand(&mut self, expr: &ast::Expr, ty: Ty) -> Operand {
        self.operand(expr, Mode::Type, ty, ExprKind::Zero)
    }

    fn literal(&mut self, kind: LiteralKind, text: &str, expr: &ast::Expr) -> Operand {
        let basic = match kind {
            LiteralKind::Int => Basic::UntypedInt,
            LiteralKind::Float => Basic::UntypedFloat,
            LiteralKind::Rune => Basic::UntypedRune,
            LiteralKind::String => Basic::UntypedString,
            LiteralKind::Imaginary => Basic::UntypedComplex,
        };
        let ty = self.basic(basic);
        match constant::literal(kind, text) {
            Some(value) => self.const_operand(expr, value, ty),
            None => self.invalid(expr), // a syntax error, reported by the parser
        }
    }

    fn name(&mut self, name: &SmolStr, expr: &'a ast::Expr) -> Operand {
        if name.is_empty() {
            return self.invalid(expr);
        }
        if name == "_" {
            self.error(expr.id, Why::NotAnExpression { expr: "_".into() });
            return self.invalid(expr);
        }
        match self.meaning(name) {
            None if name == "iota" => {
                self.error(expr.id, Why::IotaOutside);
                self.invalid(expr)
            }
            None => {
                self.error(expr.id, Why::Undefined { name: name.to_string() });
                self.invalid(expr)
            }
            Some(Meaning::Local(entity)) => match entity.kind {
                EntityKind::Local(local) => {
                    let (read, ty) = self.variable(entity.depth, local, expr.id);
                    if ty == Types::UNKNOWN {
                        return self.invalid(expr);
                    }
                    self.operand(expr, Mode::Variable, ty, read.kind)
                }
                EntityKind::Const(value, ty) => self.const_operand(expr, value, ty),
                EntityKind::Type(ty) => self.type_operand(expr, ty),
            },
            Some(Meaning::TypeArgument(ty) | Meaning::Type(ty)) => self.type_operand(expr, ty),
            Some(Meaning::Constant(value, ty)) => self.const_operand(expr, value, ty),
            Some(Meaning::Nil) => {
                let ty = self.basic(Basic::UntypedNil);
                self.operand(expr, Mode::Value, ty, ExprKind::Zero)
            }
            Some(Meaning::Builtin(builtin)) => {
                self.operand(expr, Mode::Builtin(builtin), Types::UNKNOWN, ExprKind::Zero)
            }
            Some(Meaning::Package { .. }) => {
                self.error(expr.id, Why::PackageWithoutSelector { name: name.clone() });
                self.invalid(expr)
            }
            Some(Meaning::Symbol(id)) => self.symbol(id, expr),
        }
    }

    /// A package-level name.
    pub fn symbol(&mut self, id: SymbolId, expr: &'a ast::Expr) -> Operand {
        if self.ck.is_generic_function(id) {
            return self.generic_function(id, &[], expr);
        }
        match self.ck.resolve(id) {
            Resolved::Const(value, ty) => self.const_operand(expr, value, ty),
            Resolved::Type(_) => match self.try_type(expr) {
                Some(ty) => self.type_operand(expr, ty),
                None => self.invalid(expr),
            },
            Resolved::Func(signature) => {
                let ty = self.ck.types.intern(Kind::Func(signature));
                self.operand(expr, Mode::Function(id), ty, ExprKind::Zero)
            }
            Resolved::Var(ty) => self.package_variable(id, ty, expr),
            Resolved::Error => {
                let symbol = self.ck.index.symbol(id).map(|symbol| symbol.kind);
                if let Some(SymbolKind::Type(spec)) = symbol
                    && !spec.type_params.is_empty()
                {
                    let name = expression(expr);
                    self.error(expr.id, Why::TypeArguments { name, have: 0, want: 1 });
                }
                self.invalid(expr)
            }
        }
    }

    fn package_variable(&mut self, id: SymbolId, ty: Ty, expr: &'a ast::Expr) -> Operand {
        if let Some(function) = self.function {
            let place = self.place(expr.id);
            self.ck.variable_uses.push((function, id, place));
        }
        if self.function.is_none() && self.ck.initialising.contains(&id) {
            let place = self.ck.index.symbol(id).map(|symbol| (symbol.place(), symbol.name.clone()));
            if let Some((place, name)) = place {
                self.ck.error(place, Why::Cycle { name, recursive_type: false, direct: true });
            }
            // Its type is known where it is written.
            let symbol = self.ck.index.symbol(id).map(|symbol| symbol.kind);
            return match symbol {
                Some(SymbolKind::Var { spec, .. }) if spec.ty.is_some() && ty != Types::UNKNOWN => {
                    self.operand(expr, Mode::Variable, ty, ExprKind::Zero)
                }
                _ => self.invalid(expr),
            };
        }
        if matches!(self.ck.types.under(ty), Kind::Map(..)) && self.function.is_some() {
            crate::variables::map(self.ck, id); // says what is wrong with it
        }
        if ty == Types::UNKNOWN {
            let of_user = self.ck.index.symbol(id).is_some_and(|symbol| symbol.package == Package::User);
            if self.function.is_some() && of_user {
                crate::variables::global(self.ck, id, ty); // more may be wrong with its value
            }
            return self.invalid(expr);
        }
        if self.function.is_some() && self.const_type(ty).is_some() {
            crate::variables::global(self.ck, id, ty); // says what is wrong with it
        }
        if self.map_type(ty).is_some()
            || self.const_type(ty).is_some()
            || matches!(self.ck.types.under(ty), Kind::Map(..))
        {
            return self.operand(expr, Mode::MapVariable(id), ty, ExprKind::Zero);
        }
        if matches!(self.ck.types.under(ty), Kind::Struct(fields) if fields.is_empty()) {
            let of_user = self.ck.index.symbol(id).is_some_and(|symbol| symbol.package == Package::User);
            if self.function.is_some() && of_user {
                crate::variables::global(self.ck, id, ty); // its initial value may be wrong
            }
            return self.operand(expr, Mode::Variable, ty, ExprKind::Zero); // there is nothing to lay out
        }
        if self.function.is_none() {
            // In an initialiser: never constant, and there is no need to lay the variable out.
            let unknown = ExprKind::Global(hir::GlobalId(u32::MAX));
            return self.operand(expr, Mode::Variable, ty, unknown);
        }
        if let Some(value) = self.by_first_value(id, ty, expr) {
            return value;
        }
        match crate::variables::global(self.ck, id, ty) {
            Some(global) if matches!(self.ck.types.under(ty), Kind::Slice(_)) => {
                let array = self.ck.globals.get(global.0 as usize).map(|global| global.ty);
                let ty_of_array = array.unwrap_or_else(|| self.lower(Types::UNKNOWN));
                let base = hir::Expr { node: expr.id, ty: ty_of_array, kind: ExprKind::Global(global) };
                let slice = ExprKind::Slice { base: Box::new(base), low: None, high: None, max: None };
                self.operand(expr, Mode::Variable, ty, slice)
            }
            Some(global) => self.operand(expr, Mode::Variable, ty, ExprKind::Global(global)),
            None => {
                // Why it has no place in the kernel has been said.
                let hir = self.unknown_expr(expr.id);
                let operand = self.operand(expr, Mode::Variable, ty, ExprKind::Zero);
                Operand { hir, ..operand }
            }
        }
    }

    /// `<-channel`.
    fn receive(&mut self, channel: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let channel = self.expr(channel);
        if channel.is_invalid() {
            return self.invalid(expr);
        }
        match self.ck.types.under(channel.ty) {
            Kind::Chan(element) => {
                let element = *element;
                let result = self.refused(NotInKernel::Channel, element, &[&channel.hir], expr);
                Operand { mode: Mode::CommaOk, ..result }
            }
            _ => {
                let (operand, ty) = (self.describe(&channel), self.display(channel.ty));
                self.error(expr.id, Why::NoReceive { operand, ty });
                self.invalid(expr)
            }
        }
    }

    fn selector(&mut self, operand: &'a ast::Expr, name: &'a ast::Ident, expr: &'a ast::Expr) -> Operand {
        if let Syntax::Ident(package) = &operand.kind
            && let Some(Meaning::Package { kind, path }) = self.meaning(package)
        {
            self.use_import(package);
            return self.package_member(package, kind, path, name, expr);
        }
        let base = self.raw_expr(operand);
        if let Mode::Builtin(_) = base.mode {
            self.error(operand.id, Why::BuiltinSelector { name: base.text.clone() });
            return self.invalid(expr);
        }
        let base = match base.mode {
            Mode::NoValue => self.no_value_or_type(base, operand),
            Mode::Value if matches!(self.ck.types.kind(base.ty), Kind::Tuple(..)) => {
                self.single_value(base, operand)
            }
            Mode::Generic(_) => self.single_value(base, operand),
            _ => base,
        };
        if name.name.is_empty() || (base.is_invalid() && !matches!(base.mode, Mode::Type)) {
            return self.invalid(expr);
        }
        if matches!(base.mode, Mode::Type) {
            return self.method_expression(base.ty, name, expr);
        }
        self.member(base, name, expr)
    }

    fn package_member(
        &mut self,
        package: &str,
        kind: Import,
        path: SmolStr,
        name: &ast::Ident,
        expr: &'a ast::Expr,
    ) -> Operand {
        if name.name.is_empty() {
            return self.invalid(expr);
        }
        let known = self.ck.index.package_of(kind, &path);
        let found = known.and_then(|known| self.ck.index.lookup(known, &name.name));
        if let (Some(known), None) = (known, found)
            && (!self.ck.index.is_standard(known) || !crate::standard::is_native(&path, &name.name))
        {
            let alternative = self.ck.index.exported_like(known, &name.name);
            let name_text = format!("{package}.{}", name.name);
            let why = match alternative {
                Some(have) => Why::UndefinedButHave { name: name_text, have },
                None => Why::Undefined { name: name_text },
            };
            self.error(name.id, why);
            return self.invalid(expr);
        }
        if let Some(id) = found {
            if !name.name.starts_with(char::is_uppercase) {
                let of = known.and_then(|known| self.ck.index.package_name(known));
                let (name, package) = (name.name.clone(), of.unwrap_or_else(|| package.into()));
                self.error(expr.id, Why::NotExported { name, package });
                return self.invalid(expr);
            }
            return self.symbol(id, expr);
        }
        if path == "unsafe"
            && let Some(builtin) = Builtin::of_unsafe(&name.name)
        {
            return self.operand(expr, Mode::Builtin(builtin), Types::UNKNOWN, ExprKind::Zero);
        }
        match kind {
            Import::Missing => {
                self.error(expr.id, Why::ImportMissing { path });
                self.invalid(expr)
            }
            _ => {
                if path == "unsafe" && name.name == "Pointer" {
                    let ty = self.basic(Basic::UnsafePointer);
                    return self.type_operand(expr, ty);
                }
                if path == "unsafe" {
                    self.error(name.id, Why::Undefined { name: format!("{package}.{}", name.name) });
                    return self.invalid(expr);
                }
                if !self.made_for_interfaces.contains(&expr.id) {
                    self.error(expr.id, Why::NativePackage { path, name: name.name.clone() });
                }
                self.operand(expr, Mode::Native, Types::UNKNOWN, ExprKind::Zero)
            }
        }
    }

    fn index(&mut self, operand: &'a ast::Expr, indices: &'a [ast::Expr], expr: &'a ast::Expr) -> Operand {
        match self.try_generic(expr) {
            Some(Types::UNKNOWN) => return self.invalid(expr),
            Some(ty) => return self.type_operand(expr, ty),
            None => {}
        }
        self.read_only = Some(strip_parens(operand).id);
        let base = self.raw_expr(operand);
        if let Mode::Generic(id) = base.mode {
            return self.generic_function(id, indices, expr);
        }
        let base = match base.mode {
            Mode::Builtin(_) | Mode::Type | Mode::Invalid | Mode::Native => base,
            Mode::MapVariable(_) if matches!(self.ck.types.under(base.ty), Kind::Map(..)) => base,
            Mode::NoValue => self.no_value_or_type(base, operand),
            _ => self.single_value(base, operand),
        };
        if let Mode::Builtin(_) = base.mode {
            self.use_all(indices);
            let operand = self.describe(&base);
            self.error(expr.id, Why::CannotIndex { operand });
            return self.invalid(expr);
        }
        if base.is_invalid() && !matches!(base.mode, Mode::Type) {
            for index in indices {
                self.raw_expr(index);
            }
            return self.invalid(expr);
        }
        if matches!(base.mode, Mode::Type) && base.ty == Types::UNKNOWN {
            self.use_all(indices);
            return self.invalid(expr);
        }
        if matches!(base.mode, Mode::Type) {
            let (text, ty) = (expression(expr), self.generic_words(operand, base.ty));
            self.error(expr.id, Why::NotGeneric { expr: text, ty });
            return self.invalid(expr);
        }
        let [index, more @ ..] = indices else { return self.invalid(expr) };
        let is_map = matches!(self.ck.types.under(base.ty), Kind::Map(..));
        let indexed = if is_map { None } else { self.indexable(base.clone(), expr) };
        if !is_map && indexed.is_none() {
            self.use_all(indices);
            return self.invalid(expr);
        }
        if let Some(more) = more.first() {
            self.error(more.id, Why::SeveralIndices);
        }
        let Some((base, element, length)) = indexed else {
            return self.map_index(base, index, expr);
        };
        if self.is_refused(&base.hir) && base.constant().is_none() {
            self.index_value(index, length);
            let mode = self.element_mode(&base);
            let hir = self.unknown_expr(expr.id);
            let operand = self.operand(expr, mode, element, ExprKind::Zero);
            return Operand { hir, ..operand };
        }
        let Some(index) = self.index_value(index, length) else {
            // The element's type is known all the same.
            let mode = self.element_mode(&base);
            return self.operand(expr, mode, element, ExprKind::Zero);
        };
        let mode = self.element_mode(&base);
        let base = match base.constant() {
            Some(value) => self.const_expr(&value.clone(), base.ty, base.node),
            None => self.shared(base.hir),
        };
        let kind = ExprKind::Index { base: Box::new(base), index: Box::new(index) };
        self.operand(expr, mode, element, kind)
    }

    /// An element of `base` is a variable, or a value only.
    fn element_mode(&self, base: &Operand) -> Mode {
        match (&base.mode, self.ck.types.under(base.ty)) {
            (_, Kind::Slice(_)) | (Mode::Variable, Kind::Array(..)) => Mode::Variable,
            _ => Mode::Value,
        }
    }

    /// A generic type with its arguments, if `expr` is one.
    fn try_generic(&mut self, expr: &'a ast::Expr) -> Option<Ty> {
        let Syntax::Index { operand, .. } = &expr.kind else { return None };
        match &operand.kind {
            Syntax::Ident(_) | Syntax::Selector { .. } => self.try_type(expr),
            _ => None,
        }
    }

    /// The operand as something to index, pointers to arrays followed; its element type, and its length if fixed.
    fn indexable(&mut self, base: Operand, expr: &ast::Expr) -> Option<(Operand, Ty, Option<u64>)> {
        let base = self.follow_array_pointer(base);
        match self.ck.types.under(base.ty).clone() {
            Kind::Array(element, length) => Some((base, element, Some(length))),
            Kind::Slice(element) => Some((base, element, None)),
            Kind::Basic(Basic::String | Basic::UntypedString) => {
                let byte = self.basic(Basic::Byte);
                let length = match base.constant() {
                    Some(Value::Str(bytes)) => Some(bytes.len() as u64),
                    _ => None,
                };
                let string = self.basic(Basic::String);
                Some((Operand { ty: string, ..base }, byte, length))
            }
            _ => {
                let operand = self.describe(&base);
                self.error(expr.id, Why::CannotIndex { operand });
                None
            }
        }
    }

    /// `p` becomes `*p` where `p` points to an array.
    pub fn follow_array_pointer(&mut self, base: Operand) -> Operand {
        match self.ck.types.under(base.ty) {
            Kind::Pointer(target) if matches!(self.ck.types.under(*target), Kind::Array(..)) => {
                let target = *target;
                self.deref(base, target)
            }
            _ => base,
        }
    }

    /// `*base`, of type `target`.
    pub fn deref(&mut self, base: Operand, target: Ty) -> Operand {
        let ty = self.lower(target);
        let node = base.node;
        let hir = hir::Expr { node, ty, kind: ExprKind::Deref(Box::new(base.hir)) };
        Operand { mode: Mode::Variable, ty: target, text: base.text, node, hir, instance: Vec::new() }
    }

    /// An index: an integer, in range where both it and the length are known.
    pub fn index_value(&mut self, index: &'a ast::Expr, length: Option<u64>) -> Option<hir::Expr> {
        let operand = self.expr(index);
        self.checked_index(operand, length)
    }

    /// The same for an operand that is checked already.
    pub fn checked_index(&mut self, operand: Operand, length: Option<u64>) -> Option<hir::Expr> {
        let operand = self.valid_index(operand)?;
        let node = operand.node;
        let Some(value) = operand.constant() else { return Some(operand.hir) };
        let whole = value.as_int()?;
        if let Some(length) = length
            && whole.to_u64().is_none_or(|whole| whole >= length)
        {
            self.error(node, Why::IndexOutOfBounds { index: whole.to_string(), length });
            return None;
        }
        let int = self.basic(Basic::Int);
        Some(self.const_expr(&Value::Int(whole), int, node))
    }

    /// The operand as an index: an integer, and an `int` that isn't negative where it is constant.
    pub fn valid_index(&mut self, operand: Operand) -> Option<Operand> {
        let int = self.basic(Basic::Int);
        let operand = self.convert_untyped(operand, int)?;
        let why = match operand.constant() {
            _ if !self.ck.types.is_integer(operand.ty) => {
                Why::IndexNotInteger { operand: self.describe(&operand) }
            }
            Some(value) if value.is_negative() => Why::IndexNegative { operand: self.describe(&operand) },
            Some(value) if value.represent(Basic::Int).is_err() => {
                Why::IndexOverflows { operand: self.describe(&operand) }
            }
            _ => return Some(operand),
        };
        self.error(operand.node, why);
        None
    }

    /// A function of the package is called: it becomes a part of the kernel side.
    pub fn reaches(&mut self, callee: SymbolId, node: NodeId) -> hir::FunctionId {
        self.reaches_instance(callee, &[], node)
    }
}
