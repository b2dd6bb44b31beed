//! Go's predeclared functions.

use gobpf_syntax::ast;

use crate::constant::Value;
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::ExprKind;
use crate::ty::{Basic, Kind};

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
}

/// Each with its name, and what to say of it where the kernel side doesn't have it.
const BUILTINS: &[(Builtin, &str, Option<NotInKernel>)] = &[
    (Builtin::Append, "append", Some(NotInKernel::Allocation)),
    (Builtin::Cap, "cap", None),
    (Builtin::Clear, "clear", Some(NotInKernel::Builtin("clear"))),
    (Builtin::Close, "close", Some(NotInKernel::Channel)),
    (Builtin::Complex, "complex", Some(NotInKernel::Float)),
    (Builtin::Copy, "copy", Some(NotInKernel::Builtin("copy"))),
    (Builtin::Delete, "delete", Some(NotInKernel::GoMap)),
    (Builtin::Imag, "imag", Some(NotInKernel::Float)),
    (Builtin::Len, "len", None),
    (Builtin::Make, "make", Some(NotInKernel::Allocation)),
    (Builtin::Max, "max", Some(NotInKernel::Builtin("max"))),
    (Builtin::Min, "min", Some(NotInKernel::Builtin("min"))),
    (Builtin::New, "new", Some(NotInKernel::Allocation)),
    (Builtin::Panic, "panic", Some(NotInKernel::Panic)),
    (Builtin::Print, "print", Some(NotInKernel::Builtin("print"))),
    (Builtin::Println, "println", Some(NotInKernel::Builtin("println"))),
    (Builtin::Real, "real", Some(NotInKernel::Float)),
    (Builtin::Recover, "recover", Some(NotInKernel::Panic)),
];

impl Builtin {
    /// The function called `name`.
    pub fn by_name(name: &str) -> Option<Builtin> {
        BUILTINS.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    fn row(self) -> &'static (Builtin, &'static str, Option<NotInKernel>) {
        BUILTINS.iter().find(|row| row.0 == self).unwrap_or(&BUILTINS[0])
    }
}

impl<'a> Cx<'_, 'a> {
    /// A call of a predeclared function.
    pub fn builtin(&mut self, builtin: Builtin, arguments: &'a [ast::Expr], expr: &'a ast::Expr) -> Operand {
        let (_, name, missing) = builtin.row();
        if matches!(builtin, Builtin::Min | Builtin::Max) {
            return self.extreme(builtin, name, arguments, expr);
        }
        if let Some(missing) = missing {
            let from = usize::from(matches!(builtin, Builtin::Make | Builtin::New));
            let mut missing = *missing;
            if let (Builtin::Make, Some(made)) = (builtin, arguments.first()) {
                let ty = self.type_expr(made);
                missing = match self.ck.types.under(ty) {
                    Kind::Chan(_) => NotInKernel::Channel,
                    Kind::Map(..) => NotInKernel::GoMap,
                    _ => missing,
                };
            }
            for argument in arguments.iter().skip(from) {
                self.raw_expr(argument); // names in it count as used
            }
            self.unsupported(expr.id, missing);
            return self.invalid(expr);
        }
        let [argument] = arguments else {
            let (call, found) = (expression(expr), arguments.len());
            self.error(expr.id, Why::BuiltinCount { call, expected: 1, found });
            return self.invalid(expr);
        };
        self.length(name, argument, expr)
    }

    /// `len` and `cap`.
    fn length(&mut self, name: &'static str, argument: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let operand = self.expr(argument);
        if operand.is_invalid() {
            return self.invalid(expr);
        }
        let int = self.basic(Basic::Int);
        if let Some(Value::Str(bytes)) = operand.constant()
            && name == "len"
        {
            let length = Value::int(bytes.len());
            return self.const_operand(expr, length, int);
        }
        let array = match self.ck.types.under(operand.ty) {
            Kind::Pointer(target) => self.ck.types.under(*target).clone(),
            other => other.clone(),
        };
        match array {
            Kind::Array(_, length) => self.const_operand(expr, Value::int(length), int),
            Kind::Slice(_) if name == "len" => {
                self.operand(expr, Mode::Value, int, ExprKind::Len(Box::new(operand.hir)))
            }
            Kind::Slice(_) => {
                self.unsupported(expr.id, NotInKernel::Builtin("cap of a slice"));
                self.invalid(expr)
            }
            Kind::Basic(Basic::String) if name == "len" => {
                self.unsupported(expr.id, NotInKernel::StringValue);
                self.invalid(expr)
            }
            Kind::Map(..) => {
                self.unsupported(expr.id, NotInKernel::GoMap);
                self.invalid(expr)
            }
            Kind::Chan(_) => {
                self.unsupported(expr.id, NotInKernel::Channel);
                self.invalid(expr)
            }
            _ => {
                let operand = self.describe(&operand);
                self.error(argument.id, Why::BuiltinArgument { operand, builtin: name });
                self.invalid(expr)
            }
        }
    }

    /// `min` and `max` of constants.
    fn extreme(
        &mut self,
        builtin: Builtin,
        name: &'static str,
        arguments: &'a [ast::Expr],
        expr: &'a ast::Expr,
    ) -> Operand {
        let operands: Vec<Operand> = arguments.iter().map(|argument| self.expr(argument)).collect();
        if operands.iter().any(Operand::is_invalid) {
            return self.invalid(expr);
        }
        let op = if builtin == Builtin::Min { ast::BinaryOp::Less } else { ast::BinaryOp::Greater };
        let mut best: Option<Operand> = None;
        for operand in operands {
            let Some(value) = operand.constant() else {
                self.unsupported(expr.id, NotInKernel::Builtin(name));
                return self.invalid(expr);
            };
            let better = match best.as_ref().and_then(Operand::constant) {
                Some(known) => value.compare(op, known).unwrap_or(false),
                None => true,
            };
            if better {
                best = Some(operand);
            }
        }
        match best.as_ref().and_then(|best| Some((best.constant()?.clone(), best.ty))) {
            Some((value, ty)) => self.const_operand(expr, value, ty),
            None => {
                let call = expression(expr);
                self.error(expr.id, Why::BuiltinCount { call, expected: 1, found: 0 });
                self.invalid(expr)
            }
        }
    }
}
