//! Composite literals.

use gobpf_syntax::ast::{self, Element, ExprKind as Syntax};
use num_traits::ToPrimitive;

use crate::constant::Value;
use crate::context::{Cx, Mode, Operand};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind};
use crate::ty::{Field, Kind, Ty};

impl<'a> Cx<'_, 'a> {
    /// `T{...}`.
    pub fn composite(
        &mut self,
        ty: Option<&'a ast::Expr>,
        elements: &'a [Element],
        expr: &'a ast::Expr,
    ) -> Operand {
        let Some(ty) = ty else {
            self.error(expr.id, Why::InvalidLiteralType { ty: "{…}".into() });
            return self.invalid(expr);
        };
        let ty = match &ty.kind {
            Syntax::ArrayType { length, element } if matches!(length.kind, Syntax::Ellipsis(None)) => {
                let element = self.type_expr(element);
                let length = self.literal_length(elements);
                self.ck.types.intern(Kind::Array(element, length))
            }
            _ => self.type_expr(ty),
        };
        self.literal_of(ty, elements, expr)
    }

    /// The number of elements of `[...]T{...}`.
    fn literal_length(&mut self, elements: &'a [Element]) -> u64 {
        let mut next: u64 = 0;
        let mut length = 0;
        for element in elements {
            if let Some(key) = &element.key {
                let key = self.expr(key);
                next = key.constant().and_then(Value::as_int).and_then(|key| key.to_u64()).unwrap_or(next);
            }
            next = next.saturating_add(1);
            length = length.max(next);
        }
        length.min(u64::from(u32::MAX))
    }

    fn literal_of(&mut self, ty: Ty, elements: &'a [Element], expr: &'a ast::Expr) -> Operand {
        if self.ck.types.is_unknown(ty) {
            for element in elements {
                self.raw_expr(&element.value);
            }
            return self.invalid(expr);
        }
        let is_map = self.map_type(ty).is_some() || self.const_type(ty).is_some();
        match self.ck.types.under(ty).clone() {
            Kind::Struct(_) if is_map && self.function.is_some() => {
                let name = expression(expr);
                self.error(expr.id, Why::MapMisuse { name: name.into() });
                self.invalid(expr)
            }
            Kind::Struct(fields) => self.struct_literal(ty, &fields, elements, expr),
            Kind::Array(element, length) => self.array_literal(ty, element, length, elements, expr),
            Kind::Slice(element) => self.slice_literal(ty, element, elements, expr),
            Kind::Map(..) => {
                self.unsupported(expr.id, NotInKernel::GoMap);
                self.invalid(expr)
            }
            _ => {
                for element in elements {
                    self.raw_expr(&element.value);
                }
                let ty = self.display(ty);
                self.error(expr.id, Why::InvalidLiteralType { ty });
                self.invalid(expr)
            }
        }
    }

    /// An element, which may leave its type to the literal around it.
    pub fn element(&mut self, value: &'a ast::Expr, ty: Ty, context: &str) -> hir::Expr {
        let operand = match &value.kind {
            Syntax::Composite { ty: None, elements } => match self.ck.types.kind(ty) {
                Kind::Pointer(target) => {
                    let target = *target;
                    let literal = self.literal_of(target, elements, value);
                    match literal.is_invalid() {
                        true => literal,
                        false => self.address_of_new(target, Some(literal.hir), ty, value),
                    }
                }
                _ => self.literal_of(ty, elements, value),
            },
            _ => self.expr(value),
        };
        self.assign(operand, ty, context)
    }

    fn struct_literal(
        &mut self,
        ty: Ty,
        fields: &[Field],
        elements: &'a [Element],
        expr: &'a ast::Expr,
    ) -> Operand {
        let shown = self.display(ty);
        let mut values: Vec<Option<hir::Expr>> = fields.iter().map(|_| None).collect();
        let keyed = elements.iter().filter(|element| element.key.is_some()).count();
        if keyed != 0 && keyed != elements.len() {
            let node = elements.iter().find(|element| element.key.is_none()).map_or(expr.id, |e| e.value.id);
            for element in elements {
                self.raw_expr(&element.value);
            }
            self.error(node, Why::MixedFields);
            return self.invalid(expr);
        }
        for (position, element) in elements.iter().enumerate() {
            let index = match &element.key {
                None => Some(position),
                Some(key) => match self.field_index(key, fields, &shown) {
                    Some(index) => Some(index),
                    None => {
                        self.expr(&element.value);
                        continue;
                    }
                },
            };
            let slot = index.and_then(|index| Some((fields.get(index)?, values.get_mut(index)?, index)));
            let Some((field, slot, index)) = slot else {
                self.error(element.value.id, Why::FieldCount { ty: shown, too_many: true });
                return self.invalid(expr);
            };
            if slot.is_some() {
                let node = element.key.as_ref().map_or(expr.id, |key| key.id);
                self.error(node, Why::RepeatedField { name: field.name.clone() });
                continue;
            }
            let value = self.element(&element.value, field.ty, "struct literal");
            if let Some(slot) = values.get_mut(index) {
                *slot = Some(value);
            }
        }
        if keyed == 0 && !elements.is_empty() && elements.len() < fields.len() {
            self.error(expr.id, Why::FieldCount { ty: shown, too_many: false });
            return self.invalid(expr);
        }
        let mut lowered = Vec::with_capacity(fields.len());
        for (field, value) in fields.iter().zip(values) {
            if field.native {
                continue;
            }
            let ty = self.lower(field.ty);
            lowered.push(value.unwrap_or(hir::Expr { node: expr.id, ty, kind: ExprKind::Zero }));
        }
        if self.function.is_some() && !self.require_kernel_type(ty, expr.id) {
            return self.invalid(expr);
        }
        let kind = if elements.is_empty() { ExprKind::Zero } else { ExprKind::Struct(lowered) };
        self.operand(expr, Mode::Value, ty, kind)
    }

    /// A key of an array literal that is no index.
    fn bad_key(&mut self, operand: &Operand) {
        let int = self.basic(crate::ty::Basic::Int);
        let why = match operand.constant() {
            Some(_) if self.ck.types.is_untyped(operand.ty) && !self.may_take(operand, int) => {
                let misfit = crate::constant::Misfit::Kind;
                Why::ConstantConversion { operand: self.describe(operand), target: "int".into(), misfit }
            }
            _ => Why::IndexNotInteger { operand: self.describe(operand) },
        };
        self.error(operand.node, why);
    }

    /// `[]T{...}`: a slice of a new array.
    fn slice_literal(
        &mut self,
        ty: Ty,
        element: Ty,
        elements: &'a [Element],
        expr: &'a ast::Expr,
    ) -> Operand {
        if self.function.is_some() && !self.require_kernel_type(ty, expr.id) {
            return self.invalid(expr);
        }
        let length = self.literal_length(elements);
        let array = self.ck.types.intern(Kind::Array(element, length));
        let literal = self.array_literal(array, element, length, elements, expr);
        match literal.is_invalid() {
            true => self.invalid(expr),
            false => self.slice_of_new(array, Some(literal.hir), None, ty, expr),
        }
    }

    fn field_index(&mut self, key: &'a ast::Expr, fields: &[Field], shown: &str) -> Option<usize> {
        let Syntax::Ident(name) = &key.kind else {
            self.error(key.id, Why::BadFieldName { expr: expression(key) });
            return None;
        };
        let index = fields.iter().position(|field| field.name == *name && name != "_");
        if index.is_none() {
            self.error(key.id, Why::UnknownField { name: name.clone(), ty: shown.to_owned() });
        }
        index
    }

    fn array_literal(
        &mut self,
        ty: Ty,
        element_type: Ty,
        length: u64,
        elements: &'a [Element],
        expr: &'a ast::Expr,
    ) -> Operand {
        let mut values: Vec<(u64, hir::Expr)> = Vec::with_capacity(elements.len());
        let mut seen = std::collections::HashSet::new();
        let mut next: u64 = 0;
        for element in elements {
            if let Some(key) = &element.key {
                let operand = self.expr(key);
                let index = operand.constant().and_then(Value::as_int).and_then(|index| index.to_u64());
                match index {
                    Some(index) => next = index,
                    None => {
                        if !operand.is_invalid() {
                            self.bad_key(&operand);
                        }
                        continue;
                    }
                }
            }
            let node = element.key.as_ref().map_or(element.value.id, |key| key.id);
            if next >= length {
                self.error(node, Why::ElementBound { index: next, length });
                return self.invalid(expr);
            }
            if !seen.insert(next) {
                self.error(node, Why::RepeatedIndex { index: next });
            }
            let value = self.element(&element.value, element_type, "array or slice literal");
            values.push((next, value));
            next += 1;
        }
        if self.function.is_some() && !self.require_kernel_type(ty, expr.id) {
            return self.invalid(expr);
        }
        let kind = if values.is_empty() { ExprKind::Zero } else { ExprKind::Array(values) };
        self.operand(expr, Mode::Value, ty, kind)
    }
}
