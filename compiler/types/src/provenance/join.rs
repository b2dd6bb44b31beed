//! What meets in one place: the types that assignments, results and arguments give a variable or a part of one.

use gobpf_source::NodeId;

use super::{Locals, Pass, root, union};
use crate::hir::{Expr, ExprKind, FunctionId, LocalId, Provenance, Type, TypeId};

impl Pass<'_> {
    pub fn join(&mut self, local: LocalId, value: &Expr, locals: &mut Locals) {
        if !self.points(value.ty) {
            return;
        }
        self.note_target(local, value, locals);
        let bound = if self.has_provenance(value.ty) { self.bound_of(value, locals) } else { 0 };
        locals.raise_bound(local, bound);
        self.merge(local, value.ty, value.node, locals);
        // What is stored through the pointer is stored into what it points to.
        self.share(value, locals.type_of(local), locals);
    }

    /// `local` keeps a pointer to what `value` points to, which must live as long.
    pub(super) fn note_target(&mut self, local: LocalId, value: &Expr, locals: &mut Locals) {
        let own = self.points_to_own(value, locals);
        if own > locals.declared_in.get(local.0 as usize).copied() {
            locals.outlived.push(value.node);
        }
        if let Some(slot) = locals.own.get_mut(local.0 as usize)
            && own > *slot
        {
            *slot = own;
            locals.note_change(local);
        }
    }

    /// `target = value` for a part of a variable, or something behind a pointer.
    pub(super) fn store(&mut self, target: &Expr, value: &Expr, locals: &mut Locals) {
        match root(target) {
            Some(local) => self.note_target(local, value, locals),
            None if !self.is_in_local(target) => locals.stored_away.push(value.node),
            None => {}
        }
        self.join_place(target, value.ty, value.node, locals);
    }

    /// The place is on the stack, as far as that is known.
    pub(super) fn is_in_local(&self, place: &Expr) -> bool {
        matches!(self.memory_of(place), Provenance::Stack | Provenance::Nil)
    }

    /// The type of what is at `place` is joined with `ty`.
    pub(super) fn join_place(&mut self, place: &Expr, ty: TypeId, node: NodeId, locals: &mut Locals) {
        match &place.kind {
            ExprKind::Local(local) => self.merge(*local, ty, node, locals),
            ExprKind::Field { base, index } => {
                let Type::Struct(of) = self.types.get(base.ty) else { return };
                let mut of = of.clone();
                let Some(field) = of.fields.get_mut(*index as usize) else { return };
                field.ty = self.impose(field.ty, ty);
                let whole = self.types.intern(Type::Struct(of));
                self.join_place(base, whole, node, locals);
            }
            ExprKind::Index { base, .. } => {
                let whole = match *self.types.get(base.ty) {
                    Type::Array { element, length } => {
                        let element = self.impose(element, ty);
                        Type::Array { element, length }
                    }
                    Type::Slice { element, provenance } => {
                        let element = self.impose(element, ty);
                        Type::Slice { element, provenance }
                    }
                    _ => return,
                };
                let whole = self.types.intern(whole);
                self.join_place(base, whole, node, locals);
            }
            ExprKind::Deref(pointer) => {
                let Type::Pointer { target, provenance } = *self.types.get(pointer.ty) else { return };
                let target = self.impose(target, ty);
                let whole = self.types.intern(Type::Pointer { target, provenance });
                self.join_place(pointer, whole, node, locals);
            }
            ExprKind::AddressOf(inner) => {
                if let Type::Pointer { target, .. } = *self.types.get(ty) {
                    self.join_place(inner, target, node, locals);
                }
            }
            ExprKind::Convert(inner) => {
                let ty = self.impose(inner.ty, ty);
                self.join_place(inner, ty, node, locals);
            }
            ExprKind::Slice { base, .. } => match (self.types.get(base.ty), self.types.get(ty)) {
                (Type::Array { length, .. }, Type::Slice { element, .. }) => {
                    let whole = Type::Array { element: *element, length: *length };
                    let whole = self.types.intern(whole);
                    self.join_place(base, whole, node, locals);
                }
                (Type::Slice { .. }, _) => self.join_place(base, ty, node, locals),
                _ => {}
            },
            ExprKind::Sequence { value, .. } => self.join_place(value, ty, node, locals),
            _ => {}
        }
    }

    /// What `value` points to gets what is stored through a pointer of type `ty`.
    pub(super) fn share(&mut self, value: &Expr, ty: TypeId, locals: &mut Locals) {
        let target = match *self.types.get(ty) {
            Type::Pointer { target, .. } => target,
            Type::Slice { element, .. } => element,
            _ => return,
        };
        if self.points(target) && value.ty != ty {
            self.join_place(value, ty, value.node, locals);
        }
    }

    /// Arguments of a call get what the function stores through them.
    pub fn share_arguments(&mut self, function: FunctionId, arguments: &[Expr], locals: &mut Locals) {
        let stored = self.stored.get(function.0 as usize).cloned().unwrap_or_default();
        for (argument, ty) in arguments.iter().zip(stored) {
            if self.has_provenance(argument.ty) {
                let ty = self.impose(argument.ty, ty);
                self.share(argument, ty, locals);
            }
        }
    }

    pub(super) fn merge(&mut self, local: LocalId, ty: TypeId, node: NodeId, locals: &mut Locals) {
        let known = locals.peek(local);
        let value = self.impose(known, ty);
        match self.union_types(known, value) {
            Ok(both) if both == known => {}
            Ok(both) => {
                if self.provenance(known) == Provenance::Nil
                    && let Some(from) = locals.from.get_mut(local.0 as usize)
                {
                    *from = node;
                }
                if let Some(slot) = locals.types.get_mut(local.0 as usize) {
                    *slot = both;
                    locals.note_change(local);
                }
            }
            Err((there, here)) => {
                locals.conflicts.push((local, node, here));
                locals.conflicting.get_or_insert(there);
            }
        }
    }

    pub(super) fn join_result_type(&mut self, index: usize, ty: TypeId, node: NodeId, locals: &mut Locals) {
        let Some(known) = locals.results.get(index).copied() else { return };
        let value = self.impose(known, ty);
        match self.union_types(known, value) {
            Ok(both) if both == known => {}
            Ok(both) => {
                if let (Some(slot), Some(from)) =
                    (locals.results.get_mut(index), locals.result_from.get_mut(index))
                {
                    if *from == NodeId(0) {
                        *from = node;
                    }
                    *slot = both;
                    locals.changed |= locals.results_read;
                }
            }
            Err((there, here)) => {
                let from = locals.result_from.get(index).copied().unwrap_or(node);
                locals.result_conflicts.push((node, here, from, there));
            }
        }
    }

    /// The type with the memories of either; the two that no instruction fits where there are such.
    pub(super) fn union_types(&mut self, a: TypeId, b: TypeId) -> Result<TypeId, (Provenance, Provenance)> {
        if a == b {
            return Ok(a);
        }
        let both = match (self.types.get(a).clone(), self.types.get(b).clone()) {
            (Type::Pointer { target, provenance }, Type::Pointer { target: other, provenance: memory }) => {
                let provenance = union(provenance, memory).ok_or((provenance, memory))?;
                Type::Pointer { target: self.union_types(target, other)?, provenance }
            }
            (Type::Slice { element, provenance }, Type::Slice { element: other, provenance: memory }) => {
                let provenance = union(provenance, memory).ok_or((provenance, memory))?;
                Type::Slice { element: self.union_types(element, other)?, provenance }
            }
            (Type::String { provenance }, Type::String { provenance: memory }) => {
                Type::String { provenance: union(provenance, memory).ok_or((provenance, memory))? }
            }
            (Type::Array { element, length }, Type::Array { element: other, .. }) => {
                Type::Array { element: self.union_types(element, other)?, length }
            }
            (Type::Struct(mut of), Type::Struct(other)) => {
                for (field, other) in of.fields.iter_mut().zip(&other.fields) {
                    field.ty = self.union_types(field.ty, other.ty)?;
                }
                Type::Struct(of)
            }
            _ => return Ok(a),
        };
        Ok(self.types.intern(both))
    }

    /// `shape` with the memories of `from`, a type of the same structure.
    pub fn impose(&mut self, shape: TypeId, from: TypeId) -> TypeId {
        if shape == from || !self.points(shape) {
            return shape;
        }
        let imposed = match (self.types.get(shape).clone(), self.types.get(from).clone()) {
            (Type::Pointer { target, .. }, Type::Pointer { target: other, provenance }) => {
                Type::Pointer { target: self.impose(target, other), provenance }
            }
            (Type::Slice { element, .. }, Type::Slice { element: other, provenance }) => {
                Type::Slice { element: self.impose(element, other), provenance }
            }
            (Type::String { .. }, Type::String { provenance } | Type::Slice { provenance, .. }) => {
                Type::String { provenance }
            }
            (Type::Array { element, length }, Type::Array { element: other, .. }) => {
                Type::Array { element: self.impose(element, other), length }
            }
            (Type::Struct(mut of), Type::Struct(other)) => {
                for (field, other) in of.fields.iter_mut().zip(&other.fields) {
                    field.ty = self.impose(field.ty, other.ty);
                }
                Type::Struct(of)
            }
            _ => return shape,
        };
        self.types.intern(imposed)
    }
}
