//! Go's predeclared functions.

use gobpf_syntax::ast;

use crate::constant::Value;
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind, Stmt, StmtKind};
use crate::ty::{Basic, Kind, Ty};

/// A predeclared function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Builtin {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    Sizeof,
    Alignof,
    Offsetof,
    UnsafeAdd,
    UnsafeSlice,
    UnsafeString,
    UnsafeData,
}

/// A predeclared function: its name, how many arguments it takes, whether it takes more, what to say of it where the
/// kernel side doesn't have it, and whether it may stand as a statement.
struct Row {
    builtin: Builtin,
    name: &'static str,
    arguments: usize,
    variadic: bool,
    missing: Option<NotInKernel>,
    statement: bool,
}

const fn row(
    builtin: Builtin,
    name: &'static str,
    (arguments, variadic): (usize, bool),
    missing: Option<NotInKernel>,
    statement: bool,
) -> Row {
    Row { builtin, name, arguments, variadic, missing, statement }
}

const BUILTINS: &[Row] = &[
    row(Builtin::Append, "append", (1, true), Some(NotInKernel::Allocation), false),
    row(Builtin::Cap, "cap", (1, false), None, false),
    row(Builtin::Clear, "clear", (1, false), None, true),
    row(Builtin::Close, "close", (1, false), Some(NotInKernel::Channel), true),
    row(Builtin::Complex, "complex", (2, false), Some(NotInKernel::Float), false),
    row(Builtin::Copy, "copy", (2, false), None, true),
    row(Builtin::Delete, "delete", (2, false), None, true),
    row(Builtin::Imag, "imag", (1, false), Some(NotInKernel::Float), false),
    row(Builtin::Len, "len", (1, false), None, false),
    row(Builtin::Make, "make", (1, true), None, false),
    row(Builtin::Max, "max", (1, true), None, false),
    row(Builtin::Min, "min", (1, true), None, false),
    row(Builtin::New, "new", (1, false), None, false),
    row(Builtin::Panic, "panic", (1, false), None, true),
    row(Builtin::Print, "print", (0, true), Some(NotInKernel::Print("print")), true),
    row(Builtin::Println, "println", (0, true), Some(NotInKernel::Print("println")), true),
    row(Builtin::Real, "real", (1, false), Some(NotInKernel::Float), false),
    row(Builtin::Recover, "recover", (0, false), Some(NotInKernel::Recover), true),
];

/// The functions of package unsafe.
const UNSAFE: &[Row] = &[
    row(Builtin::Sizeof, "Sizeof", (1, false), None, false),
    row(Builtin::Alignof, "Alignof", (1, false), None, false),
    row(Builtin::Offsetof, "Offsetof", (1, false), None, false),
    row(Builtin::UnsafeAdd, "Add", (2, false), None, false),
    row(Builtin::UnsafeSlice, "Slice", (2, false), None, false),
    row(Builtin::UnsafeString, "String", (2, false), None, false),
    row(Builtin::UnsafeData, "SliceData", (1, false), None, false),
    row(Builtin::UnsafeData, "StringData", (1, false), None, false),
];

impl Builtin {
    /// The function called `name`.
    pub fn by_name(name: &str) -> Option<Builtin> {
        BUILTINS.iter().find(|row| row.name == name).map(|row| row.builtin)
    }

    /// The function of package unsafe called `name`.
    pub fn of_unsafe(name: &str) -> Option<Builtin> {
        UNSAFE.iter().find(|row| row.name == name).map(|row| row.builtin)
    }

    fn row(self) -> &'static Row {
        BUILTINS.iter().chain(UNSAFE).find(|row| row.builtin == self).unwrap_or(&BUILTINS[0])
    }

    /// A call of it may stand as a statement.
    pub fn is_statement(self) -> bool {
        self.row().statement
    }
}

impl<'a> Cx<'_, 'a> {
    /// A call of a predeclared function.
    pub fn builtin(
        &mut self,
        builtin: Builtin,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let row = builtin.row();
        if spread && builtin != Builtin::Append {
            self.error(expr.id, Why::BuiltinSpread { name: row.name });
            self.use_all(arguments);
            return self.invalid(expr);
        }
        if let (false, [argument]) = (spread, arguments)
            && let ast::ExprKind::Call { .. } = &crate::stmt::strip_parens(argument).kind
            && !matches!(builtin, Builtin::Make | Builtin::New | Builtin::Offsetof)
        {
            // A call with several results stands for as many arguments.
            let operand = self.raw_expr(argument);
            let found = self.call_types(&operand).map_or(1, |types| types.len());
            if found > 1 && (found < row.arguments || (!row.variadic && found > row.arguments)) {
                let (call, expected) = (expression(expr), row.arguments);
                self.error(expr.id, Why::BuiltinCount { call, expected, found });
                return self.invalid(expr);
            }
        }
        let types_first = matches!(builtin, Builtin::Make | Builtin::New | Builtin::Offsetof);
        let found = arguments.len();
        let few = found < row.arguments;
        if few || (!row.variadic && found > row.arguments) {
            if !types_first {
                let operands: Vec<Operand> = arguments.iter().map(|argument| self.expr(argument)).collect();
                if operands.iter().any(Operand::is_invalid) {
                    return self.invalid(expr);
                }
            }
            let (call, expected) = (expression(expr), row.arguments);
            self.error(expr.id, Why::BuiltinCount { call, expected, found });
            return self.invalid(expr);
        }
        match (builtin, arguments) {
            (Builtin::Make, [made, sizes @ ..]) => return self.make(made, sizes, expr),
            (Builtin::New, [made]) => return self.new_variable(made, expr),
            (Builtin::Offsetof, [selector]) => return self.offset_of(selector, expr),
            _ => {}
        }
        let operands: Vec<Operand> =
            arguments.iter().map(|argument| self.builtin_argument(builtin, argument)).collect();
        if operands.iter().any(Operand::is_invalid) {
            return self.invalid(expr);
        }
        if let (Builtin::Append, Some(first)) = (builtin, operands.first())
            && !matches!(self.ck.types.under(first.ty), Kind::Slice(_))
        {
            let have = match self.ck.types.is_nil(first.ty) {
                true => "untyped nil".to_owned(),
                false => self.describe(first),
            };
            self.error(first.node, Why::AppendArgument { have });
            return self.invalid(expr);
        }
        if let Some(missing) = row.missing {
            return self.missing_builtin(builtin, operands, spread, missing, expr);
        }
        let mut operands = operands.into_iter();
        match (builtin, operands.next(), operands.next()) {
            (Builtin::Min | Builtin::Max, Some(first), second) => {
                let all = std::iter::once(first).chain(second).chain(operands).collect();
                self.extreme(builtin == Builtin::Max, row.name, all, expr)
            }
            (Builtin::Copy, Some(to), Some(from)) => self.copy(to, from, expr),
            (Builtin::Clear, Some(what), _) => self.clear(what, expr),
            (Builtin::Delete, Some(map), Some(key)) => self.delete(map, key, expr),
            (Builtin::Sizeof | Builtin::Alignof, Some(operand), _) => {
                self.size_of_value(operand, builtin == Builtin::Alignof, expr)
            }
            (
                Builtin::UnsafeAdd | Builtin::UnsafeSlice | Builtin::UnsafeString,
                Some(pointer),
                Some(length),
            ) => self.unsafe_pointer(builtin, pointer, length, expr),
            (Builtin::UnsafeData, ..) => self.unsafe_data(expr),
            (Builtin::Panic, Some(message), _) => self.panic(message, expr),
            (Builtin::Len | Builtin::Cap, Some(operand), _) => self.length(row.name, operand, expr),
            _ => self.invalid(expr),
        }
    }

    /// A call of a function that the kernel side doesn't have, by Go's rules.
    fn missing_builtin(
        &mut self,
        builtin: Builtin,
        operands: Vec<Operand>,
        spread: bool,
        missing: NotInKernel,
        expr: &'a ast::Expr,
    ) -> Operand {
        match (builtin, operands.split_first()) {
            (Builtin::Append, Some((slice, rest))) => {
                let ty = slice.ty;
                if let Kind::Slice(element) = self.ck.types.under(ty).clone() {
                    let of_bytes = self.ck.types.integer(element) == Some((8, false));
                    for operand in rest {
                        let is_string = self.ck.types.is_string(operand.ty) && of_bytes;
                        match spread {
                            true if is_string => {}
                            true => drop(self.assign(operand.clone(), ty, "argument to append")),
                            false => drop(self.assign(operand.clone(), element, "argument to append")),
                        }
                    }
                }
                self.refused(missing, ty, &[], expr)
            }
            (Builtin::Recover, _) => {
                let empty = self.ck.types.empty_interface();
                self.refused(missing, empty, &[], expr)
            }
            (Builtin::Print | Builtin::Println | Builtin::Close, _) => {
                self.unsupported(expr.id, missing);
                let nothing = self.ck.types.intern(Kind::Tuple([].into(), [].into()));
                self.operand(expr, Mode::NoValue, nothing, ExprKind::Zero)
            }
            _ => {
                self.unsupported(expr.id, missing);
                self.invalid(expr)
            }
        }
    }

    /// An argument; some functions take a Go map as it is.
    fn builtin_argument(&mut self, builtin: Builtin, argument: &'a ast::Expr) -> Operand {
        if matches!(builtin, Builtin::Len | Builtin::Cap) {
            self.read_only = Some(crate::stmt::strip_parens(argument).id);
        }
        let operand = self.raw_expr(argument);
        let takes_map = matches!(builtin, Builtin::Delete | Builtin::Len | Builtin::Clear);
        match operand.mode {
            Mode::MapVariable(_) if takes_map && matches!(self.ck.types.under(operand.ty), Kind::Map(..)) => {
                operand
            }
            _ => self.single_value(operand, argument),
        }
    }

    /// Names in the expressions count as used.
    pub fn use_all(&mut self, exprs: &'a [ast::Expr]) {
        for expr in exprs {
            // Go has nothing against these here.
            let is_blank = matches!(&expr.kind, ast::ExprKind::Ident(name) if name == "_");
            if is_blank || self.is_generic_type(expr) {
                continue;
            }
            let operand = self.raw_expr(expr);
            if let (Mode::Generic(id), false) = (&operand.mode, operand.instance.is_empty()) {
                self.partial_instance(*id, &operand, expr);
            }
        }
    }

    /// `len` and `cap`.
    fn length(&mut self, name: &'static str, operand: Operand, expr: &'a ast::Expr) -> Operand {
        let int = self.basic(Basic::Int);
        if let Some(Value::Str(bytes)) = operand.constant()
            && name == "len"
        {
            let length = Value::int(bytes.len());
            return self.const_operand(expr, length, int);
        }
        let array = match self.ck.types.under(operand.ty) {
            Kind::Pointer(target) if matches!(self.ck.types.under(*target), Kind::Array(..)) => {
                self.ck.types.under(*target).clone()
            }
            other => other.clone(),
        };
        match array {
            Kind::Array(_, length) if has_effect(&operand.hir) => {
                let run = Stmt { node: expr.id, kind: StmtKind::Expr(operand.hir) };
                let value = Box::new(self.int_expr(i128::from(length), int, expr.id));
                self.operand(expr, Mode::Value, int, ExprKind::Sequence { stmts: vec![run], value })
            }
            Kind::Array(_, length) => self.const_operand(expr, Value::int(length), int),
            Kind::Slice(_) if name == "cap" => {
                self.operand(expr, Mode::Value, int, ExprKind::Cap(Box::new(operand.hir)))
            }
            Kind::Slice(_) => self.operand(expr, Mode::Value, int, ExprKind::Len(Box::new(operand.hir))),
            Kind::Basic(Basic::String) if name == "len" => {
                let string = self.shared(operand.hir);
                self.operand(expr, Mode::Value, int, ExprKind::Len(Box::new(string)))
            }
            Kind::Map(..) if name == "len" => {
                let what = NotInKernel::MapOperation("len of a Go map");
                self.refused(what, int, &[], expr)
            }
            Kind::Chan(_) => {
                self.unsupported(expr.id, NotInKernel::Channel);
                self.invalid(expr)
            }
            _ => {
                let node = operand.node;
                let operand = self.describe(&operand);
                self.error(node, Why::BuiltinArgument { operand, builtin: name });
                self.invalid(expr)
            }
        }
    }

    /// `min` and `max`.
    fn extreme(&mut self, max: bool, name: &str, operands: Vec<Operand>, expr: &'a ast::Expr) -> Operand {
        let op = if max { ast::BinaryOp::Greater } else { ast::BinaryOp::Less };
        // What the operands so far come to: a constant, or a value of their type.
        let mut whole: Option<Operand> = None;
        for operand in &operands {
            if !self.ck.types.is_ordered(operand.ty) {
                let shown = self.describe(operand);
                self.error(operand.node, Why::CannotOrder { operand: shown });
                return self.invalid(expr);
            }
            let Some(before) = whole.take() else {
                whole = Some(operand.clone());
                continue;
            };
            let Some((before, operand)) = self.match_types(before, operand.clone()) else {
                return self.invalid(expr);
            };
            if !self.ck.types.identical(before.ty, operand.ty) {
                let (left, right) = (self.display(before.ty), self.display(operand.ty));
                let why = Why::MismatchedArguments { left, right, expr: operand.text.clone() };
                self.error(operand.node, why);
                return self.invalid(expr);
            }
            whole = Some(match (before.constant(), operand.constant()) {
                (Some(a), Some(b)) => match b.compare(op, a).unwrap_or(false) {
                    true => operand,
                    false => before,
                },
                _ => Operand { mode: Mode::Value, ..before },
            });
        }
        let Some(whole) = whole else { return self.invalid(expr) };
        if let Some(value) = whole.constant() {
            return self.const_operand(expr, value.clone(), whole.ty);
        }
        let ty = self.ck.types.default_type(whole.ty);
        if self.ck.types.is_float(ty) {
            let parts: Vec<&hir::Expr> = operands.iter().map(|operand| &operand.hir).collect();
            return self.refused(NotInKernel::Float, ty, &parts, expr);
        }
        let values = operands.into_iter().map(|operand| self.assign(operand, ty, name)).collect();
        self.operand(expr, Mode::Value, ty, ExprKind::MinMax { max, operands: values })
    }

    fn copy(&mut self, to: Operand, from: Operand, expr: &'a ast::Expr) -> Operand {
        let int = self.basic(Basic::Int);
        let Some(element) = self.slice_element(&to) else { return self.invalid(expr) };
        if self.ck.types.is_string(from.ty) && self.ck.types.integer(element) == Some((8, false)) {
            let string = self.basic(Basic::String);
            let from = match self.ck.types.is_untyped(from.ty) {
                true => self.assign(from, string, "argument to copy"),
                false => self.value(from, "argument to copy").0,
            };
            let from = Box::new(self.shared(from));
            return self.operand(expr, Mode::Value, int, ExprKind::Copy { to: Box::new(to.hir), from });
        }
        let other = match self.ck.types.is_string(from.ty) {
            true => Some(self.basic(Basic::Byte)),
            false => self.slice_element(&from),
        };
        let Some(other) = other else { return self.invalid(expr) };
        if !self.ck.types.identical(element, other) {
            let why = Why::CopyElements {
                operands: format!("{} and {}", self.describe(&to), self.describe(&from)),
                elements: format!("{} and {}", self.display(element), self.display(other)),
            };
            self.error(to.node, why);
            return self.invalid(expr);
        }
        let kind = ExprKind::Copy { to: Box::new(to.hir), from: Box::new(from.hir) };
        self.operand(expr, Mode::Value, int, kind)
    }

    fn slice_element(&mut self, operand: &Operand) -> Option<Ty> {
        match self.ck.types.under(operand.ty) {
            Kind::Slice(element) => Some(*element),
            _ => {
                let have = match self.ck.types.is_nil(operand.ty) {
                    true => "untyped nil".to_owned(),
                    false => self.describe(operand),
                };
                self.error(operand.node, Why::CopyArgument { have });
                None
            }
        }
    }

    fn clear(&mut self, what: Operand, expr: &'a ast::Expr) -> Operand {
        match self.ck.types.under(what.ty) {
            Kind::Slice(_) => self.effect(expr, StmtKind::Clear(what.hir)),
            Kind::Map(..) => {
                self.unsupported(expr.id, NotInKernel::MapOperation("clear of a Go map"));
                self.invalid(expr)
            }
            _ => {
                let operand = self.describe(&what);
                self.error(what.node, Why::CannotClear { operand });
                self.invalid(expr)
            }
        }
    }

    fn delete(&mut self, map: Operand, key: Operand, expr: &'a ast::Expr) -> Operand {
        let Kind::Map(key_type, _) = self.ck.types.under(map.ty).clone() else {
            let operand = self.describe(&map);
            self.error(map.node, Why::NotAMap { operand });
            return self.invalid(expr);
        };
        let key = self.assign(key, key_type, "argument to delete");
        match self.go_map(&map) {
            Some(id) => self.effect(expr, StmtKind::MapDelete { map: id, key }),
            None => self.invalid(expr),
        }
    }

    fn panic(&mut self, message: Operand, expr: &'a ast::Expr) -> Operand {
        let mut stmts = Vec::new();
        // It is an interface value, of which the kernel side needs nothing.
        if message.constant().is_some() && self.ck.types.is_untyped(message.ty) {
            let ty = self.ck.types.default_type(message.ty);
            if self.represent(&message, ty, "argument to panic").is_none() {
                return self.invalid(expr);
            }
        }
        if message.constant().is_none() && has_effect(&message.hir) {
            stmts.push(Stmt { node: expr.id, kind: StmtKind::Expr(message.hir) });
        }
        stmts.push(Stmt { node: expr.id, kind: StmtKind::Panic });
        self.effect(expr, StmtKind::Block(stmts))
    }

    /// A call without a value, as a statement.
    pub fn effect(&mut self, expr: &ast::Expr, kind: StmtKind) -> Operand {
        let nothing = self.ck.types.intern(Kind::Tuple([].into(), [].into()));
        let stmts = vec![Stmt { node: expr.id, kind }];
        let hir_type = self.lower(nothing);
        let value = Box::new(hir::Expr { node: expr.id, ty: hir_type, kind: ExprKind::Zero });
        self.operand(expr, Mode::NoValue, nothing, ExprKind::Sequence { stmts, value })
    }

    /// `make([]T, length, capacity)` with constant sizes: a slice of a new variable.
    fn make(&mut self, made: &'a ast::Expr, sizes: &'a [ast::Expr], expr: &'a ast::Expr) -> Operand {
        let ty = self.variable_type_expr(made);
        let (element, least) = match self.ck.types.under(ty).clone() {
            Kind::Slice(element) => (Some(element), 2),
            Kind::Map(..) | Kind::Chan(_) => (None, 1),
            Kind::Unknown => return self.invalid(expr),
            _ => {
                // It may be a constraint as well.
                self.ck.another_error(self.place(made.id), Why::CannotMake { ty: expression(made) });
                return self.invalid(expr);
            }
        };
        let found = sizes.len() + 1;
        if found < least || found > least + 1 {
            self.error(expr.id, Why::MakeCount { call: expression(expr), least, found });
            return self.invalid(expr);
        }
        let Some(element) = element else {
            for size in sizes {
                self.index_value(size, None);
            }
            let what = match self.ck.types.under(ty) {
                Kind::Chan(_) => NotInKernel::Channel,
                _ => NotInKernel::GoMap,
            };
            return self.refused(what, ty, &[], expr);
        };
        let sizes: Vec<Option<u64>> = sizes.iter().map(|size| self.make_size(size)).collect();
        if sizes.iter().any(Option::is_none) {
            let unknown = self.unknown_expr(expr.id);
            return self.refused(NotInKernel::Allocation, ty, &[&unknown], expr); // as Go goes on
        }
        let length = sizes.first().copied().flatten().unwrap_or_default();
        let capacity = sizes.last().copied().flatten().unwrap_or_default();
        if length > capacity {
            self.error(expr.id, Why::MakeSwapped);
            let unknown = self.unknown_expr(expr.id);
            return self.refused(NotInKernel::Allocation, ty, &[&unknown], expr);
        }
        let array = self.ck.types.intern(Kind::Array(element, capacity));
        if self.function.is_some() && !self.require_kernel_type(ty, expr.id) {
            let unknown = self.unknown_expr(expr.id);
            return self.refused(NotInKernel::StoredPointer, ty, &[&unknown], expr);
        }
        self.slice_of_new(array, None, Some(length), ty, expr)
    }

    /// A size in `make`: constant, as there is no heap.
    fn make_size(&mut self, size: &'a ast::Expr) -> Option<u64> {
        let value = self.index_value(size, None)?;
        match value.kind {
            ExprKind::Const(hir::Constant::Int(value)) => u64::try_from(value).ok(),
            _ => {
                self.unsupported(size.id, NotInKernel::Allocation);
                None
            }
        }
    }

    /// A slice of all of a new variable of type `array`, with the length `length`.
    pub fn slice_of_new(
        &mut self,
        array: Ty,
        init: Option<hir::Expr>,
        length: Option<u64>,
        ty: Ty,
        expr: &ast::Expr,
    ) -> Operand {
        let int = self.basic(Basic::Int);
        let local = self.hidden(array, expr.id);
        self.set_address_taken(local);
        let declare = Stmt { node: expr.id, kind: StmtKind::Declare { local, init } };
        let base = Box::new(self.local_expr(local, expr.id));
        let high = length.map(|length| Box::new(self.int_expr(i128::from(length), int, expr.id)));
        let lowered = self.lower(ty);
        let slice = ExprKind::Slice { base, low: None, high, max: None };
        let value = Box::new(hir::Expr { node: expr.id, ty: lowered, kind: slice });
        self.operand(expr, Mode::Value, ty, ExprKind::Sequence { stmts: vec![declare], value })
    }

    /// `new(T)`, and `new(value)` of Go 1.26: the address of a new variable.
    fn new_variable(&mut self, made: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let (ty, init) = match self.try_type(made) {
            Some(ty) => {
                self.check_variable_type(ty, made);
                (ty, None)
            }
            None => {
                let operand = self.expr(made);
                if operand.is_invalid() {
                    return self.invalid(expr);
                }
                let (value, ty) = self.value(operand, "argument to new");
                (ty, Some(value))
            }
        };
        if self.ck.types.is_unknown(ty) {
            return self.invalid(expr);
        }
        let pointer = self.ck.types.intern(Kind::Pointer(ty));
        if self.function.is_some() && !self.require_kernel_type(pointer, expr.id) {
            let unknown = self.unknown_expr(expr.id);
            return self.refused(NotInKernel::StoredPointer, pointer, &[&unknown], expr);
        }
        self.address_of_new(ty, init, pointer, expr)
    }

    /// The address of a new variable of type `ty`.
    pub fn address_of_new(
        &mut self,
        ty: Ty,
        init: Option<hir::Expr>,
        pointer: Ty,
        expr: &ast::Expr,
    ) -> Operand {
        let local = self.hidden(ty, expr.id);
        self.set_address_taken(local);
        let declare = Stmt { node: expr.id, kind: StmtKind::Declare { local, init } };
        let place = Box::new(self.local_expr(local, expr.id));
        let lowered = self.lower(pointer);
        let value = Box::new(hir::Expr { node: expr.id, ty: lowered, kind: ExprKind::AddressOf(place) });
        self.operand(expr, Mode::Value, pointer, ExprKind::Sequence { stmts: vec![declare], value })
    }
}

/// Evaluating the expression does something, or may panic.
fn has_effect(expr: &hir::Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { .. }
        | ExprKind::CallValue { .. }
        | ExprKind::Helper { .. }
        | ExprKind::Intrinsic { .. }
        | ExprKind::Sequence { .. }
        | ExprKind::Copy { .. } => true,
        ExprKind::Field { base, .. } | ExprKind::Deref(base) | ExprKind::Convert(base) => has_effect(base),
        ExprKind::Index { base, index } => has_effect(base) || has_effect(index),
        ExprKind::Slice { base, .. } => has_effect(base),
        _ => false,
    }
}
