//! Expressions.

use gobpf_bpf::insn::Size;
use gobpf_types::hir::{self, Constant, Expr, ExprKind, TypeId};

use super::{Address, Bound, Builder, Operand, Result, SliceValue};
use crate::error::Unsupported;
use crate::ir::{InstKind, Type, Value};

impl Builder<'_> {
    /// The value of `expr`.
    pub(super) fn operand(&mut self, expr: &Expr) -> Result<Operand> {
        self.check_size()?;
        self.at(expr.node);
        match &expr.kind {
            ExprKind::Const(constant) => self.constant(constant, expr.ty),
            ExprKind::Zero => self.zero_value(expr),
            ExprKind::Local(local) => {
                let storage = self.storage(*local)?;
                self.read(storage, expr.ty)
            }
            ExprKind::Global(_) | ExprKind::Deref(_) | ExprKind::Field { .. } | ExprKind::Index { .. } => {
                let address = self.address(expr)?;
                self.at(expr.node);
                self.load_operand(address, expr.ty)
            }
            ExprKind::Slice { .. } => Ok(Operand::Slice(self.slice_of(expr)?)),
            ExprKind::AddressOf(place) => {
                let address = self.address(place)?;
                self.at(expr.node);
                Ok(Operand::Scalar(self.pointer(address)))
            }
            ExprKind::Struct(_) | ExprKind::Array(_) => {
                let slot = self.new_slot(self.types().size_of(expr.ty), "");
                let address = self.slot_address(slot);
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
                let operand = self.operand(inner)?;
                self.at(expr.node);
                let (from, to) = (self.int_type(inner.ty), self.int_type(expr.ty));
                Ok(match operand {
                    Operand::Scalar(value) if self.f.ty(value) != Type::Pointer => {
                        Operand::Scalar(self.convert(from, to, value))
                    }
                    same => same,
                })
            }
            ExprKind::Len(slice) => {
                let slice = self.slice(slice)?;
                self.at(expr.node);
                Ok(Operand::Scalar(match slice.bound {
                    Bound::Length(length) => length,
                    Bound::PacketEnd(end) => self.emit(Type::I64, InstKind::PtrDiff(end, slice.pointer)),
                }))
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
                Ok(Operand::Slice(SliceValue { pointer: start, bound: Bound::PacketEnd(end) }))
            }
            ExprKind::Cap(_) => self.error(Unsupported::Construct("cap of a slice")),
            ExprKind::Copy { .. } => self.error(Unsupported::Construct("copy")),
            ExprKind::MinMax { max: false, .. } => self.error(Unsupported::Construct("min")),
            ExprKind::MinMax { max: true, .. } => self.error(Unsupported::Construct("max")),
            ExprKind::CopyBytes { .. } => self.error(Unsupported::StringValue),
            ExprKind::Sequence { .. } => self.error(Unsupported::Construct("this expression")),
            ExprKind::MapIndex { .. } => self.error(Unsupported::Construct("a Go map")),
            ExprKind::Intrinsic { .. } => self.error(Unsupported::Construct("this function")),
            ExprKind::Closure { .. } | ExprKind::CallValue { .. } => {
                self.error(Unsupported::Construct("a function value"))
            }
        }
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

    pub(super) fn load_scalar(&mut self, address: Address, ty: TypeId) -> Result<Value> {
        match self.load_operand(address, ty)? {
            Operand::Scalar(value) => Ok(value),
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
            Constant::String(_) => self.error(Unsupported::StringValue),
        }
    }

    /// The zero value: 0, `nil`, an empty slice, or zeroed memory.
    pub(super) fn zero_value(&mut self, expr: &Expr) -> Result<Operand> {
        if let Some(scalar) = self.scalar_type(expr.ty) {
            return Ok(Operand::Scalar(self.const_of(scalar, 0)));
        }
        match self.types().get(expr.ty) {
            hir::Type::Slice { provenance, .. } => {
                let nil = self.const_of(Type::Pointer, 0);
                let bound = match provenance {
                    hir::Provenance::Packet => Bound::PacketEnd(nil),
                    _ => Bound::Length(self.const_i64(0)),
                };
                Ok(Operand::Slice(SliceValue { pointer: nil, bound }))
            }
            _ => {
                let slot = self.new_slot(self.types().size_of(expr.ty), "");
                let address = self.slot_address(slot);
                self.store_expr(address, expr)?;
                Ok(Operand::Memory(address))
            }
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
