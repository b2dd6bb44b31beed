//! Package unsafe: sizes, offsets, and pointers made of pointers.

use gobpf_syntax::ast::{self, ExprKind as Syntax};

use crate::builtin::Builtin;
use crate::constant::Value;
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind, Stmt, StmtKind};
use crate::stmt::strip_parens;
use crate::ty::{Basic, Kind, Ty};

/// The bound of arrays that stand for memory whose size the types don't say (bytes).
const MEMORY: u64 = 1 << 29;

impl<'a> Cx<'_, 'a> {
    /// `unsafe.Sizeof(x)` and `unsafe.Alignof(x)`.
    pub fn size_of_value(&mut self, operand: Operand, align: bool, expr: &'a ast::Expr) -> Operand {
        let (_, ty) = self.value(operand, "argument to unsafe.Sizeof");
        if self.ck.types.is_unknown(ty) {
            return self.invalid(expr);
        }
        let number = match self.ck.types.under(ty) {
            Kind::Func(_) | Kind::Map(..) | Kind::Chan(_) => 8,
            Kind::Interface(_) => {
                if align {
                    8
                } else {
                    16
                }
            }
            Kind::Basic(Basic::Float32) => 4,
            Kind::Basic(Basic::Float64) => 8,
            _ => {
                let lowered = self.lower(ty);
                match align {
                    true => self.ck.hir.align_of(lowered).max(1),
                    false => self.ck.hir.size_of(lowered),
                }
            }
        };
        let uintptr = self.basic(Basic::Uintptr);
        self.const_operand(expr, Value::int(number), uintptr)
    }

    /// `unsafe.Offsetof(x.f)`.
    pub fn offset_of(&mut self, argument: &'a ast::Expr, expr: &'a ast::Expr) -> Operand {
        let Syntax::Selector { operand, name } = &strip_parens(argument).kind else {
            self.raw_expr(argument);
            self.error(argument.id, Why::NotASelector { expr: expression(argument) });
            return self.invalid(expr);
        };
        let base = self.expr(operand);
        if base.is_invalid() {
            return self.invalid(expr);
        }
        match self.field_offset(base.ty, &name.name) {
            Some(offset) => {
                let uintptr = self.basic(Basic::Uintptr);
                self.const_operand(expr, Value::int(offset), uintptr)
            }
            None => {
                self.raw_expr(argument); // says what is wrong with it
                self.invalid(expr)
            }
        }
    }

    /// `unsafe.Add`, `unsafe.Slice` and `unsafe.String`.
    pub fn unsafe_pointer(
        &mut self,
        builtin: Builtin,
        pointer: Operand,
        length: Operand,
        expr: &'a ast::Expr,
    ) -> Operand {
        let (target, name) = match builtin {
            Builtin::UnsafeAdd => (self.basic(Basic::UnsafePointer), "unsafe.Add"),
            Builtin::UnsafeString => {
                let byte = self.basic(Basic::Byte);
                (self.ck.types.intern(Kind::Pointer(byte)), "unsafe.String")
            }
            _ => (pointer.ty, "unsafe.Slice"),
        };
        let element = match self.ck.types.under(target).clone() {
            Kind::Pointer(element) => element,
            Kind::Basic(Basic::UnsafePointer) if builtin == Builtin::UnsafeAdd => self.basic(Basic::Byte),
            _ => {
                let operand = self.describe(&pointer);
                self.error(pointer.node, Why::NotAPointer { operand });
                return self.invalid(expr);
            }
        };
        let pointer = self.assign(pointer, target, &format!("argument to {name}"));
        let Some(length) = self.checked_index(length, None) else { return self.invalid(expr) };
        let memory = self.memory(pointer, element, expr);
        match builtin {
            Builtin::UnsafeAdd => {
                let ty = self.lower(element);
                let kind = ExprKind::Index { base: Box::new(memory), index: Box::new(length) };
                let place = hir::Expr { node: expr.id, ty, kind };
                self.operand(expr, Mode::Value, target, ExprKind::AddressOf(Box::new(place)))
            }
            _ => self.unsafe_slice(builtin, memory, element, length, expr),
        }
    }

    /// The memory behind `pointer` as an array.
    fn memory(&mut self, pointer: hir::Expr, element: Ty, expr: &ast::Expr) -> hir::Expr {
        let lowered = self.lower(element);
        let size = self.ck.hir.size_of(lowered).max(1);
        let array = self.ck.types.intern(Kind::Array(element, MEMORY / size));
        let to = self.ck.types.intern(Kind::Pointer(array));
        let (array, to) = (self.lower(array), self.lower(to));
        let node = expr.id;
        let whole = hir::Expr { node, ty: to, kind: ExprKind::Convert(Box::new(pointer)) };
        hir::Expr { node, ty: array, kind: ExprKind::Deref(Box::new(whole)) }
    }

    fn unsafe_slice(
        &mut self,
        builtin: Builtin,
        memory: hir::Expr,
        element: Ty,
        length: hir::Expr,
        expr: &'a ast::Expr,
    ) -> Operand {
        let node = expr.id;
        let mut stmts = Vec::new();
        let length = match length.kind {
            ExprKind::Const(_) => length,
            _ => {
                let int = self.basic(Basic::Int);
                let lowered = self.lower(int);
                let local = self.hidden(int, node);
                let init = hir::Expr { node, ty: lowered, kind: ExprKind::Convert(Box::new(length)) };
                stmts.push(Stmt { node, kind: StmtKind::Declare { local, init: Some(init) } });
                self.local_expr(local, node)
            }
        };
        let slice_type = self.ck.types.intern(Kind::Slice(element));
        let ty = self.lower(slice_type);
        let kind = ExprKind::Slice {
            base: Box::new(memory),
            low: None,
            high: Some(Box::new(length.clone())),
            max: Some(Box::new(length)),
        };
        let slice = hir::Expr { node, ty, kind };
        let (value, result) = match builtin {
            Builtin::UnsafeString => {
                let string = self.basic(Basic::String);
                let ty = self.lower(string);
                (hir::Expr { node, ty, kind: ExprKind::Convert(Box::new(slice)) }, string)
            }
            _ => (slice, slice_type),
        };
        match stmts.is_empty() {
            true => self.operand(expr, Mode::Value, result, value.kind),
            false => {
                let kind = ExprKind::Sequence { stmts, value: Box::new(value) };
                self.operand(expr, Mode::Value, result, kind)
            }
        }
    }

    /// `unsafe.SliceData` and `unsafe.StringData`: they have no kernel half.
    pub fn unsafe_data(&mut self, expr: &'a ast::Expr) -> Operand {
        self.unsupported(expr.id, NotInKernel::UnsafePointer);
        self.invalid(expr)
    }
}
