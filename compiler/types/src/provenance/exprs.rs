//! Expressions get their final types, with the memory that each part of them points into.

use gobpf_bpf::tables::Helper;

use super::{Locals, Pass, is_array, union, with_provenance};
use crate::hir::{Expr, ExprKind, Provenance, Type, TypeId};
use crate::visit;

impl Pass<'_> {
    /// In how many loops the variable of the function itself that `expr` points to is declared, if it does.
    pub(super) fn points_to_own(&self, expr: &Expr, locals: &Locals) -> Option<u32> {
        if !self.may_point_to_stack(expr.ty) {
            return None;
        }
        match &expr.kind {
            ExprKind::AddressOf(place) => self.own_place(place, locals),
            ExprKind::Slice { base, .. } => match self.types.get(base.ty) {
                Type::Slice { .. } | Type::String { .. } => self.points_to_own(base, locals),
                _ => self.own_place(base, locals),
            },
            ExprKind::Local(local) => locals.own_of(*local),
            ExprKind::Convert(inner) => self.points_to_own(inner, locals),
            ExprKind::Sequence { value, .. } => self.points_to_own(value, locals),
            ExprKind::Struct(values) => {
                values.iter().filter_map(|value| self.points_to_own(value, locals)).max()
            }
            ExprKind::Array(values) => {
                values.iter().filter_map(|(_, value)| self.points_to_own(value, locals)).max()
            }
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.points_to_own(base, locals),
            ExprKind::CopyBytes { .. } => Some(locals.loops),
            ExprKind::MinMax { operands, .. } => {
                operands.iter().filter_map(|operand| self.points_to_own(operand, locals)).max()
            }
            ExprKind::Call { arguments, .. } => {
                arguments.iter().filter_map(|argument| self.points_to_own(argument, locals)).max()
            }
            _ => None,
        }
    }

    pub(super) fn may_point_to_stack(&self, ty: TypeId) -> bool {
        match self.types.get(ty) {
            Type::Pointer { provenance, .. }
            | Type::Slice { provenance, .. }
            | Type::String { provenance } => matches!(provenance, Provenance::Stack | Provenance::Mixed),
            Type::Array { element, .. } => self.may_point_to_stack(*element),
            Type::Struct(of) => of.fields.iter().any(|field| self.may_point_to_stack(field.ty)),
            _ => false,
        }
    }

    /// In how many loops the variable of the function itself that `place` is in is declared, if it is in one.
    pub(super) fn own_place(&self, place: &Expr, locals: &Locals) -> Option<u32> {
        match &place.kind {
            ExprKind::Local(local) => locals.declared_in.get(local.0 as usize).copied(),
            ExprKind::Deref(pointer) => self.points_to_own(pointer, locals),
            ExprKind::Field { base, .. } => self.own_place(base, locals),
            ExprKind::Index { base, .. } => match self.types.get(base.ty) {
                Type::Slice { .. } => self.points_to_own(base, locals),
                _ => self.own_place(base, locals),
            },
            _ => None,
        }
    }

    pub fn provenance(&self, ty: TypeId) -> Provenance {
        match self.types.get(ty) {
            Type::Pointer { provenance, .. }
            | Type::Slice { provenance, .. }
            | Type::String { provenance } => *provenance,
            _ => Provenance::Nil,
        }
    }

    /// Gives `expr` its type, its parts first.
    pub fn rewrite(&mut self, expr: &mut Expr, locals: &mut Locals) {
        if let ExprKind::Sequence { stmts, value } = &mut expr.kind {
            self.rewrite_block(stmts, locals);
            self.rewrite(value, locals);
            expr.ty = value.ty;
            return;
        }
        visit::parts(expr, &mut |part| self.rewrite(part, locals));
        if let ExprKind::CopyBytes { bytes, capacity } = &mut expr.kind {
            *capacity = self.bound_of(bytes, locals);
        }
        if let ExprKind::MinMax { operands, .. } = &mut expr.kind {
            let memory = self.merged(operands);
            for operand in operands.iter_mut() {
                let ty = with_provenance(&mut self.types, operand.ty, memory);
                self.type_nil(operand, ty);
            }
        }
        if matches!(expr.kind, ExprKind::Call { .. } | ExprKind::CallValue { .. }) {
            self.rewrite_call(expr, locals);
            if let ExprKind::Sequence { value, .. } = &expr.kind {
                expr.ty = value.ty;
                return;
            }
        }
        if matches!(expr.kind, ExprKind::Helper { .. }) {
            self.rewrite_callbacks(expr, locals);
        }
        if let ExprKind::Compare { op, left, right } = &expr.kind
            && (self.is_function(left.ty) || self.is_function(right.ty))
        {
            let (op, node) = (*op, expr.node);
            expr.kind = self.compare_with_nil(op, left, right, node, locals);
            return;
        }
        if let ExprKind::Compare { left, right, .. } = &mut expr.kind {
            let (of_left, of_right) = (left.ty, right.ty);
            self.type_nil(left, of_right);
            self.type_nil(right, of_left);
        }
        if self.points(expr.ty) {
            self.set_type(expr, locals);
        }
    }

    /// The type of an expression whose parts have theirs.
    pub(super) fn set_type(&mut self, expr: &mut Expr, locals: &Locals) {
        let generic = expr.ty;
        let memory = match &expr.kind {
            ExprKind::Local(local) => {
                expr.ty = locals.type_of(*local);
                return;
            }
            ExprKind::Field { base, index } => {
                if let Type::Struct(of) = self.types.get(base.ty)
                    && let Some(field) = of.fields.get(*index as usize)
                {
                    expr.ty = field.ty;
                }
                return;
            }
            ExprKind::Index { base, .. } => {
                if let Type::Array { element, .. } | Type::Slice { element, .. } = self.types.get(base.ty) {
                    expr.ty = *element;
                }
                return;
            }
            ExprKind::Deref(pointer) => {
                if let Type::Pointer { target, .. } = self.types.get(pointer.ty) {
                    expr.ty = *target;
                }
                return;
            }
            ExprKind::AddressOf(place) => {
                let provenance = self.memory_of(place);
                expr.ty = self.types.intern(Type::Pointer { target: place.ty, provenance });
                return;
            }
            ExprKind::Slice { base, .. } => {
                expr.ty = match *self.types.get(base.ty) {
                    Type::Array { element, .. } => {
                        let provenance = self.memory_of(base);
                        self.types.intern(Type::Slice { element, provenance })
                    }
                    _ => base.ty,
                };
                return;
            }
            ExprKind::Struct(values) => {
                let fields: Vec<TypeId> = values.iter().map(|value| value.ty).collect();
                expr.ty = self.struct_of(generic, &fields);
                return;
            }
            ExprKind::Array(values) => {
                let elements: Vec<TypeId> = values.iter().map(|(_, value)| value.ty).collect();
                expr.ty = self.array_of(generic, &elements);
                return;
            }
            ExprKind::Convert(inner) => {
                expr.ty = self.impose(generic, inner.ty);
                return;
            }
            ExprKind::Call { .. } => {
                let result = self.results_of(expr).first().copied();
                expr.ty = result.map_or(generic, |result| self.impose(generic, result));
                return;
            }
            ExprKind::Helper { helper, .. } => {
                let acquires = Helper::by_id(*helper).is_some_and(|helper| helper.undone_by().is_some());
                if acquires { Provenance::RingBuf } else { Provenance::MapValue }
            }
            ExprKind::Packet { .. } => Provenance::Packet,
            ExprKind::Const(_) => Provenance::Constant,
            ExprKind::CopyBytes { .. } => Provenance::Stack,
            ExprKind::MinMax { operands, .. } => self.merged(operands),
            _ => return,
        };
        expr.ty = with_provenance(&mut self.types, generic, memory);
    }

    pub(super) fn struct_of(&mut self, generic: TypeId, values: &[TypeId]) -> TypeId {
        let Type::Struct(mut of) = self.types.get(generic).clone() else { return generic };
        for (field, value) in of.fields.iter_mut().zip(values) {
            field.ty = self.impose(field.ty, *value);
        }
        self.types.intern(Type::Struct(of))
    }

    pub(super) fn array_of(&mut self, generic: TypeId, values: &[TypeId]) -> TypeId {
        let Type::Array { mut element, length } = *self.types.get(generic) else { return generic };
        for value in values {
            let value = self.impose(element, *value);
            element = self.union_types(element, value).unwrap_or(element);
        }
        self.types.intern(Type::Array { element, length })
    }

    /// The memory that any of `operands` is in.
    pub(super) fn merged(&self, operands: &[Expr]) -> Provenance {
        let mut memory = Provenance::Nil;
        for operand in operands {
            memory = union(memory, self.provenance(operand.ty)).unwrap_or(memory);
        }
        memory
    }

    /// How many bytes a slice or string has at most; `u64::MAX` where that isn't known.
    pub(super) fn bound_of(&self, expr: &Expr, locals: &Locals) -> u64 {
        match &expr.kind {
            ExprKind::Zero => 0,
            ExprKind::Const(crate::hir::Constant::String(bytes)) => bytes.len() as u64,
            ExprKind::Local(local) => locals.bound_of(*local),
            ExprKind::Convert(inner) => self.bound_of(inner, locals),
            ExprKind::Sequence { value, .. } => self.bound_of(value, locals),
            ExprKind::CopyBytes { capacity, .. } => *capacity,
            ExprKind::MinMax { operands, .. } => {
                operands.iter().map(|operand| self.bound_of(operand, locals)).max().unwrap_or(u64::MAX)
            }
            ExprKind::Slice { base, low, high, .. } => {
                let whole = match self.types.get(base.ty) {
                    Type::Array { length, .. } => *length,
                    _ => self.bound_of(base, locals),
                };
                let constant = |bound: &Option<Box<Expr>>| match bound.as_ref().map(|bound| &bound.kind) {
                    Some(ExprKind::Const(crate::hir::Constant::Int(value))) => u64::try_from(*value).ok(),
                    _ => None,
                };
                let low = constant(low).unwrap_or(0);
                // The upper bound may reach past the length, to the capacity, but a constant one says enough.
                match constant(high) {
                    Some(high) => high.saturating_sub(low),
                    None if whole == u64::MAX || high.is_some() && !is_array(&self.types, base.ty) => {
                        u64::MAX
                    }
                    None => whole.saturating_sub(low),
                }
            }
            _ => u64::MAX,
        }
    }

    /// Gives a `nil` or zero value the type of what it meets.
    pub(super) fn type_nil(&mut self, expr: &mut Expr, ty: TypeId) {
        let unknown = self.has_provenance(expr.ty) && self.provenance(expr.ty) == Provenance::Nil;
        if unknown || (matches!(expr.kind, ExprKind::Zero) && self.points(expr.ty)) {
            expr.ty = self.impose(expr.ty, ty);
        }
    }

    /// The memory that a place is in.
    pub(super) fn memory_of(&self, place: &Expr) -> Provenance {
        match &place.kind {
            ExprKind::Local(_) => Provenance::Stack,
            ExprKind::Global(_) => Provenance::Global,
            ExprKind::Deref(pointer) => self.provenance(pointer.ty),
            ExprKind::Field { base, .. } => self.memory_of(base),
            ExprKind::Index { base, .. } => match self.types.get(base.ty) {
                Type::Slice { provenance, .. } => *provenance,
                _ => self.memory_of(base),
            },
            _ => Provenance::Nil,
        }
    }
}
