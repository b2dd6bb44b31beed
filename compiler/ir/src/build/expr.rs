//! Expressions.

use gobpf_bpf::insn::Size;
use gobpf_types::hir::{self, Constant, Expr, ExprKind, TypeId};

use super::slice::UNLIMITED;
use super::{Bound, Builder, Operand, Result, SliceValue};
use crate::error::Unsupported;
use crate::ir::{InstKind, Type, Value};

impl Builder<'_> {
    /// The value of `expr`.
    pub(super) fn operand(&mut self, expr: &Expr) -> Result<Operand> {
        self.check_size()?;
        self.at(expr.node);
        match &expr.kind {
            ExprKind::Const(constant) => self.constant(constant, expr.ty),
            ExprKind::Zero => Ok(self.zero_operand(expr.ty)),
            ExprKind::Local(local) => {
                let storage = self.storage(*local);
                Ok(self.read(storage, expr.ty))
            }
            ExprKind::Global(_) | ExprKind::Deref(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => {
                let address = self.read_address(expr)?;
                self.at(expr.node);
                Ok(self.load_operand(address, expr.ty))
            }
            ExprKind::Slice { .. } => Ok(Operand::Slice(self.slice_of(expr)?)),
            ExprKind::AddressOf(place) => {
                let address = self.address(place)?;
                self.at(expr.node);
                Ok(Operand::Scalar(self.pointer(address)))
            }
            ExprKind::Struct(_) | ExprKind::Array(_) => {
                let address = self.new_temporary(expr.ty);
                self.store_expr(address, expr)?;
                Ok(Operand::Memory(address))
            }
            ExprKind::Unary { op: hir::UnaryOp::Not, .. }
            | ExprKind::Compare { .. }
            | ExprKind::Logical { .. } => Ok(Operand::Scalar(self.boolean(expr)?)),
            ExprKind::Unary { op, operand } => {
                let value = self.scalar(operand)?;
                self.at(expr.node);
                Ok(Operand::Scalar(self.unary(self.int_type(expr.ty), *op, value)))
            }
            ExprKind::Binary { op, left, right } => {
                let (left_value, right_value) = (self.scalar(left)?, self.scalar(right)?);
                self.at(expr.node);
                let (ty, right_ty) = (self.int_type(expr.ty), self.int_type(right.ty));
                Ok(Operand::Scalar(self.binary(*op, ty, left_value, right_ty, right_value)?))
            }
            ExprKind::Convert(inner) => {
                if let Some(array) = self.array_of_slice(inner, expr.ty)? {
                    return Ok(Operand::Scalar(array));
                }
                let operand = self.operand(inner)?;
                self.at(expr.node);
                Ok(self.converted(operand, inner.ty, expr.ty))
            }
            ExprKind::Len(slice) => {
                let (size, slice) = (self.element_size(slice.ty), self.slice(slice)?);
                self.at(expr.node);
                Ok(Operand::Scalar(self.length(slice, size)))
            }
            ExprKind::Cap(slice) => {
                let (size, slice) = (self.element_size(slice.ty), self.slice(slice)?);
                self.at(expr.node);
                Ok(Operand::Scalar(self.capacity(slice, size)))
            }
            ExprKind::Copy { to, from } => Ok(Operand::Scalar(self.copy_elements(to, from)?)),
            ExprKind::MinMax { max, operands } => self.min_max(*max, operands, expr),
            ExprKind::CopyBytes { bytes, capacity } => Ok(Operand::Slice(self.copy_bytes(bytes, *capacity)?)),
            ExprKind::Sequence { stmts, value } => {
                self.stmts(stmts)?;
                self.operand(value)
            }
            ExprKind::MapIndex { map, key } => Ok(self.map_index(*map, key, expr.ty)?.0),
            ExprKind::Intrinsic { op, arguments } => self.intrinsic(*op, arguments, expr),
            ExprKind::Closure { .. } | ExprKind::CallValue { .. } => {
                self.error(Unsupported::Construct("a function value"))
            }
            ExprKind::Call { function, arguments } => self.call_one(*function, arguments, expr),
            ExprKind::Helper { helper, arguments } => {
                Ok(Operand::Scalar(self.helper(*helper, arguments, expr.ty, expr.node)?))
            }
            ExprKind::Packet { context, start, end } => {
                let pointer = self.scalar(context)?;
                self.at(expr.node);
                let start = self.packet_pointer(pointer, context.ty, *start);
                let end = self.packet_pointer(pointer, context.ty, *end);
                let limit = self.const_i64(UNLIMITED);
                let bound = Bound::Packet { end, limit, room: limit };
                Ok(Operand::Slice(SliceValue { pointer: start, bound }))
            }
        }
    }

    /// Go's conversions: between integers; all others keep the value.
    fn converted(&mut self, operand: Operand, from: TypeId, to: TypeId) -> Operand {
        match operand {
            Operand::Scalar(value) if self.f.ty(value) != Type::Pointer && !self.is_pointer(to) => {
                Operand::Scalar(self.convert(self.int_type(from), self.int_type(to), value))
            }
            same => same,
        }
    }

    fn is_pointer(&self, ty: TypeId) -> bool {
        matches!(self.types().get(ty), hir::Type::Pointer { .. })
    }

    /// The value of a scalar expression.
    pub(super) fn scalar(&mut self, expr: &Expr) -> Result<Value> {
        match self.operand(expr)? {
            Operand::Scalar(value) => Ok(value),
            Operand::Memory(address) => Ok(self.pointer(address)),
            Operand::Slice(slice) => Ok(slice.pointer),
        }
    }

    /// The value of a slice expression.
    pub(super) fn slice(&mut self, expr: &Expr) -> Result<SliceValue> {
        match self.operand(expr)? {
            Operand::Slice(slice) => Ok(slice),
            _ => self.error(Unsupported::StringValue),
        }
    }

    fn constant(&mut self, constant: &Constant, ty: TypeId) -> Result<Operand> {
        match constant {
            Constant::Bool(value) => Ok(Operand::Scalar(self.const_i32(u32::from(*value)))),
            Constant::Int(number) => {
                // Unsigned 64-bit numbers keep their bits.
                let scalar = self.scalar_type(ty).unwrap_or(Type::I64);
                Ok(Operand::Scalar(self.const_of(scalar, *number as i64)))
            }
            Constant::String(bytes) => Ok(Operand::Slice(self.text(bytes))),
        }
    }

    /// A field of the context that the kernel turns into a packet pointer.
    fn packet_pointer(&mut self, context: Value, ty: TypeId, index: u32) -> Value {
        let field = match self.types().get(ty) {
            hir::Type::Pointer { target, .. } => match self.types().get(*target) {
                hir::Type::Struct(of) => of.fields.get(index as usize).map_or(0, |field| field.offset),
                _ => 0,
            },
            _ => 0,
        };
        self.emit(Type::Pointer, InstKind::ContextField(Size::W, context, field as i32))
    }
}
