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
            for element in elements {
                self.raw_expr(&element.value);
            }
            self.error(expr.id, Why::MissingLiteralType);
            return self.invalid(expr);
        };
        let ty = match &ty.kind {
            Syntax::ArrayType { length, element } if matches!(length.kind, Syntax::Ellipsis(None)) => {
                let element = self.variable_type_expr(element);
                let length = self.literal_length(elements);
                self.ck.types.intern(Kind::Array(element, length))
            }
            _ => self.type_expr(ty),
        };
        self.literal_of(ty, elements, None, expr)
    }

    /// The number of elements of `[...]T{...}`.
    fn literal_length(&mut self, elements: &'a [Element]) -> u64 {
        let mut next: u64 = 0;
        let mut length = 0;
        for element in elements {
            if let Some(key) = &element.key {
                let key = self.untyped_index(key);
                next = key
                    .as_ref()
                    .and_then(Operand::constant)
                    .and_then(Value::as_int)
                    .and_then(|key| key.to_u64())
                    .unwrap_or(next);
            }
            next = next.saturating_add(1);
            length = length.max(next);
        }
        length.min(u64::from(u32::MAX))
    }

    /// A literal of type `ty`; as an element of another one it leaves its type to that, which is `element`.
    fn literal_of(
        &mut self,
        ty: Ty,
        elements: &'a [Element],
        element: Option<Ty>,
        expr: &'a ast::Expr,
    ) -> Operand {
        if self.ck.types.is_unknown(ty) {
            for element in elements {
                self.use_all(std::slice::from_ref(&element.value));
            }
            // It is of that type whatever is wrong with it.
            return self.operand(expr, Mode::Value, ty, ExprKind::Zero);
        }
        let is_map = self.map_type(ty).is_some() || self.const_type(ty).is_some();
        match self.ck.types.under(ty).clone() {
            Kind::Struct(fields) if is_map && self.function.is_some() => {
                let literal = self.struct_literal(ty, &fields, elements, expr);
                if literal.is_invalid() {
                    return literal;
                }
                self.error(expr.id, Why::MapMisuse { name: expression(expr).into() });
                let hir = self.unknown_expr(expr.id);
                Operand { hir, ..literal }
            }
            Kind::Struct(fields) => self.struct_literal(ty, &fields, elements, expr),
            Kind::Array(element, length) => self.array_literal(ty, element, length, elements, expr),
            Kind::Slice(element) => self.slice_literal(ty, element, elements, expr),
            Kind::Map(key, value) => self.map_literal(ty, (key, value), elements, expr),
            _ => {
                for element in elements {
                    self.use_all(std::slice::from_ref(&element.value));
                }
                let ty = self.display(element.unwrap_or(ty));
                self.error(expr.id, Why::InvalidLiteralType { ty, is_element: element.is_some() });
                self.invalid(expr)
            }
        }
    }

    /// The value of a field, which can't leave its type to the literal around it.
    fn field_value(&mut self, value: &'a ast::Expr, ty: Ty) -> hir::Expr {
        let operand = self.expr(value);
        self.assign(operand, ty, "struct literal")
    }

    /// An element, which may leave its type to the literal around it.
    pub fn element(&mut self, value: &'a ast::Expr, ty: Ty, context: &str) -> hir::Expr {
        let operand = match &value.kind {
            Syntax::Composite { ty: None, elements } => match self.ck.types.under(ty) {
                Kind::Pointer(target) => {
                    let target = *target;
                    let literal = self.literal_of(target, elements, Some(ty), value);
                    match literal.is_invalid() {
                        true => literal,
                        false => self.address_of_new(target, Some(literal.hir), ty, value),
                    }
                }
                _ => self.literal_of(ty, elements, Some(ty), value),
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
        match elements.first() {
            Some(Element { key: Some(_), .. }) => {
                self.keyed_fields(fields, elements, (&shown, self.is_foreign(ty)), &mut values)
            }
            Some(_) => self.fields_in_order(fields, elements, &shown, &mut values, expr),
            None => {}
        }
        let mut lowered = Vec::with_capacity(fields.len());
        for (field, value) in fields.iter().zip(values) {
            if field.native {
                continue;
            }
            let ty = self.lower(field.ty);
            lowered.push(value.unwrap_or(hir::Expr { node: expr.id, ty, kind: ExprKind::Zero }));
        }
        if !self.is_kernel_literal(ty, &lowered, expr) {
            return self.refused_literal(ty, expr);
        }
        let kind = if elements.is_empty() { ExprKind::Zero } else { ExprKind::Struct(lowered) };
        self.operand(expr, Mode::Value, ty, kind)
    }

    /// A literal of a type that the kernel side doesn't have, which has been said.
    fn refused_literal(&mut self, ty: Ty, expr: &'a ast::Expr) -> Operand {
        let unknown = self.unknown_expr(expr.id);
        self.refused(NotInKernel::StoredPointer, ty, &[&unknown], expr)
    }

    /// The kernel side may have the literal; said where it can't, unless it has been said of one of its values.
    fn is_kernel_literal(&mut self, ty: Ty, values: &[hir::Expr], expr: &ast::Expr) -> bool {
        if self.function.is_none() {
            return true;
        }
        if self.kernel_type_problem(ty).is_some() && values.iter().any(|value| self.is_refused(value)) {
            return false;
        }
        self.require_kernel_type(ty, expr.id)
    }

    /// `T{a: x, b: y}`.
    fn keyed_fields(
        &mut self,
        fields: &[Field],
        elements: &'a [Element],
        (shown, foreign): (&str, bool),
        values: &mut [Option<hir::Expr>],
    ) {
        for element in elements {
            let Some(key) = &element.key else {
                self.error(element.value.id, Why::MixedFields);
                continue;
            };
            let Syntax::Ident(name) = &key.kind else {
                self.expr(&element.value);
                self.error(key.id, Why::BadFieldName { expr: expression(key) });
                continue;
            };
            let hidden = |field: &Field| field.home != self.package && !name.starts_with(char::is_uppercase);
            if fields.iter().any(|field| field.name == *name && hidden(field)) {
                self.expr(&element.value);
                self.error(key.id, Why::UnexportedKey { name: name.clone(), ty: shown.to_owned() });
                continue;
            }
            let index = fields.iter().position(|field| field.name == *name && name != "_");
            let Some((index, field)) = index.and_then(|index| Some((index, fields.get(index)?))) else {
                self.expr(&element.value);
                let similar = similar_field(fields, name, foreign);
                self.error(key.id, Why::UnknownField { name: name.clone(), ty: shown.to_owned(), similar });
                continue;
            };
            let value = self.field_value(&element.value, field.ty);
            match values.get_mut(index) {
                Some(slot @ None) => *slot = Some(value),
                _ => self.error(key.id, Why::RepeatedField { name: name.clone() }),
            }
        }
    }

    /// `T{x, y}`.
    fn fields_in_order(
        &mut self,
        fields: &[Field],
        elements: &'a [Element],
        shown: &str,
        values: &mut [Option<hir::Expr>],
        expr: &'a ast::Expr,
    ) {
        for (position, element) in elements.iter().enumerate() {
            if let Some(key) = &element.key {
                self.error(key.id, Why::MixedFields);
                continue;
            }
            let Some((field, slot)) = fields.get(position).zip(values.get_mut(position)) else {
                self.expr(&element.value);
                let why = Why::FieldCount { ty: shown.to_owned(), too_many: true };
                return self.ck.another_error(self.place(element.value.id), why);
            };
            if field.home != self.package && !field.name.starts_with(char::is_uppercase) {
                self.expr(&element.value);
                let why = Why::UnexportedField { name: field.name.clone(), ty: shown.to_owned() };
                let place = self.place(element.value.id);
                self.ck.another_error(place, why);
                continue;
            }
            *slot = Some(self.field_value(&element.value, field.ty));
        }
        if elements.len() < fields.len() {
            self.error(expr.id, Why::FieldCount { ty: shown.to_owned(), too_many: false });
        }
    }

    /// `map[K]V{...}`, which only a package variable may have.
    fn map_literal(
        &mut self,
        ty: Ty,
        (key_type, value_type): (Ty, Ty),
        elements: &'a [Element],
        expr: &'a ast::Expr,
    ) -> Operand {
        let types = &self.ck.types;
        let counts = types.is_integer(key_type) || types.is_string(key_type) || types.is_boolean(key_type);
        let mut seen: Vec<hir::Constant> = Vec::new();
        for element in elements {
            let Some(key) = &element.key else {
                self.error(element.value.id, Why::MissingKey);
                continue;
            };
            let errors = self.ck.errors.len();
            let value = self.element(key, key_type, "map literal");
            let mut new = self.ck.errors.iter().skip(errors);
            if new.any(|error| error.code().is_go_error()) {
                continue; // Go doesn't look at its value
            }
            if let (ExprKind::Const(constant), true) = (value.kind, counts) {
                if seen.contains(&constant) {
                    self.error(key.id, Why::RepeatedKey { key: shown_constant(&constant) });
                    continue;
                }
                seen.push(constant);
            }
            self.element(&element.value, value_type, "map literal");
        }
        self.refused(NotInKernel::GoMap, ty, &[], expr)
    }

    /// A key of an array literal: a constant index, within `length` where that is known.
    fn literal_key(&mut self, key: &'a ast::Expr, length: Option<u64>) -> Option<u64> {
        let operand = self.untyped_index(key)?;
        let Some(value) = operand.constant() else {
            self.error(key.id, Why::KeyNotConstant { expr: expression(key) });
            return None;
        };
        let index = value.as_int()?;
        let fits = index.to_u64().filter(|index| length.is_none_or(|length| *index < length));
        if let (None, Some(length)) = (fits, length) {
            self.error(key.id, Why::IndexOutOfBounds { index: index.to_string(), length });
        }
        fits
    }

    fn untyped_index(&mut self, key: &'a ast::Expr) -> Option<Operand> {
        let operand = self.expr(key);
        self.valid_index(operand)
    }

    /// `[]T{...}`: a slice of a new array.
    fn slice_literal(
        &mut self,
        ty: Ty,
        element: Ty,
        elements: &'a [Element],
        expr: &'a ast::Expr,
    ) -> Operand {
        let length = self.literal_length(elements);
        let array = self.ck.types.intern(Kind::Array(element, length));
        let literal = self.array_literal(array, element, length, elements, expr);
        match self.is_refused(&literal.hir) {
            true => self.refused_literal(ty, expr),
            false => self.slice_of_new(array, Some(literal.hir), None, ty, expr),
        }
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
            let index = match &element.key {
                Some(key) => self.literal_key(key, Some(length)),
                None if next >= length => {
                    self.error(element.value.id, Why::ElementBound { index: next, length });
                    None
                }
                None => Some(next),
            };
            let node = element.key.as_ref().map_or(element.value.id, |key| key.id);
            if let Some(index) = index {
                next = index;
                if !seen.insert(index) {
                    self.error(node, Why::RepeatedIndex { index });
                }
            }
            let value = self.element(&element.value, element_type, "array or slice literal");
            if index.is_some() {
                values.push((next, value));
            }
            next = next.saturating_add(1);
        }
        let elements: Vec<hir::Expr> = values.iter().map(|(_, value)| value.clone()).collect();
        if !self.is_kernel_literal(ty, &elements, expr) {
            return self.refused_literal(ty, expr);
        }
        let kind = if values.is_empty() { ExprKind::Zero } else { ExprKind::Array(values) };
        self.operand(expr, Mode::Value, ty, kind)
    }
}

/// A constant as messages show it.
fn shown_constant(constant: &hir::Constant) -> String {
    match constant {
        hir::Constant::Bool(value) => Value::Bool(*value).display(),
        hir::Constant::Int(value) => value.to_string(),
        hir::Constant::String(bytes) => Value::Str(bytes.clone()).display(),
    }
}

/// `, but does have x` where a field's name is that but for the case of its letters; of a struct of another package only
/// where its first letter is all that differs.
fn similar_field(fields: &[Field], name: &str, foreign: bool) -> String {
    let lower = name.to_lowercase();
    let similar = fields.iter().find(|field| !field.native && field.name.to_lowercase() == lower);
    let Some(field) = similar else { return String::new() };
    let exported = |name: &str| name.starts_with(char::is_uppercase);
    let same_tail = name.chars().skip(1).eq(field.name.chars().skip(1));
    match (exported(name), exported(&field.name)) {
        _ if !foreign => format!(", but does have {}", field.name),
        (true, true) => format!(", but does have {}", field.name),
        (false, true) if same_tail => format!(", but does have {}", field.name),
        (true, false) if same_tail => format!(", but does have unexported {}", field.name),
        _ => String::new(),
    }
}
