//! Package variables that the kernel side uses: maps, and globals with their first bytes.

use gobpf_bpf::tables::MapKind;
use gobpf_source::Place;
use gobpf_syntax::ast::{Element, ExprKind as Syntax, VarSpec};
use num_traits::ToPrimitive;
use smol_str::SmolStr;

use crate::bodies::Question;
use crate::checker::{Checker, Resolved};
use crate::constant::Value;
use crate::context::Cx;
use crate::error::{NotInKernel, TypeError, Why};
use crate::hir::{self, Constant, ExprKind, GlobalId, MapId, Type, TypeId};
use crate::symbols::{Symbol, SymbolId, SymbolKind};
use crate::ty::{Kind, Ty};

/// Global data larger than this is refused (bytes): the kernel's limit for one array element.
const MAX_GLOBAL: u64 = 1 << 22;

/// Ring buffers are made of whole pages (bytes).
const PAGE: u32 = 4096;

/// The map that the variable `id` is; `None` after an error.
pub(crate) fn map(ck: &mut Checker<'_>, id: SymbolId) -> Option<MapId> {
    let map = match ck.map_ids.get(&id) {
        Some(known) => *known,
        None => new_map(ck, id),
    };
    ck.book.ask(Question::Map(id, map));
    map
}

fn new_map(ck: &mut Checker<'_>, id: SymbolId) -> Option<MapId> {
    ck.map_ids.insert(id, None);
    let symbol = ck.index.symbol(id)?.clone();
    let SymbolKind::Var { spec, index } = symbol.kind else { return None };
    let Resolved::Var(ty) = ck.resolve(id) else { return None };
    ck.initialising.push(id);
    let map = ck.in_declaration(|ck| Cx::of_symbol(ck, &symbol).map_variable(&symbol, spec, index, ty));
    ck.initialising.pop();
    let map = map?;
    let map_id = MapId(ck.maps.len() as u32);
    ck.maps.push(map);
    ck.map_ids.insert(id, Some(map_id));
    Some(map_id)
}

/// The global that the variable `id` of type `ty` is; `None` after an error.
pub(crate) fn global(ck: &mut Checker<'_>, id: SymbolId, ty: Ty) -> Option<GlobalId> {
    let global = match ck.global_ids.get(&id) {
        Some(known) => *known,
        None => new_global(ck, id, ty),
    };
    ck.book.ask(Question::Global(id, global));
    global
}

fn new_global(ck: &mut Checker<'_>, id: SymbolId, ty: Ty) -> Option<GlobalId> {
    ck.global_ids.insert(id, None);
    let symbol = ck.index.symbol(id)?.clone();
    let SymbolKind::Var { spec, index } = symbol.kind else { return None };
    ck.initialising.push(id);
    let global = ck.in_declaration(|ck| Cx::of_symbol(ck, &symbol).global_variable(&symbol, spec, index, ty));
    ck.initialising.pop();
    let global = global?;
    let global_id = GlobalId(ck.globals.len() as u32);
    ck.globals.push(global);
    ck.global_ids.insert(id, Some(global_id));
    Some(global_id)
}

impl<'a> Cx<'_, 'a> {
    fn map_variable(
        &mut self,
        symbol: &Symbol<'a>,
        spec: &'a VarSpec,
        index: usize,
        ty: Ty,
    ) -> Option<hir::Map> {
        if matches!(self.ck.types.under(ty), Kind::Map(..)) {
            return self.go_map_variable(symbol, spec, index, ty);
        }
        let map_type = self.map_type(ty)?;
        for (role, part) in [("key", map_type.key), ("value", map_type.value), ("record", map_type.record)] {
            if let Some(part) = part
                && let Some(wrong) = self.unfit_for_map(part, 0)
            {
                let why = Why::MapType {
                    name: symbol.name.clone(),
                    role,
                    ty: self.display(part),
                    part: self.display(wrong),
                };
                self.error(symbol.node, why);
                return None;
            }
        }
        let elements: &'a [Element] = match spec.values.get(index).map(|value| &value.kind) {
            Some(Syntax::Composite { elements, .. }) => elements,
            _ => &[],
        };
        // The value is checked as any other, for unknown fields and types.
        let errors = self.ck.errors.len();
        if let Some(value) = spec.values.get(index) {
            let operand = self.expr(value);
            if operand.is_invalid() {
                return None;
            }
            let is_literal = matches!(value.kind, Syntax::Composite { .. });
            self.assign(operand, ty, "variable declaration");
            if self.ck.errors.len() > errors {
                return None;
            }
            if !is_literal {
                self.error(symbol.node, Why::MapMisuse { name: symbol.name.clone() });
                return None;
            }
        }
        let max_entries = self.configured(ty, elements, map_type.entries).unwrap_or(0);
        if map_type.entries == "Size" {
            if !max_entries.is_power_of_two() || max_entries < PAGE {
                self.error(symbol.node, Why::RingSize { name: symbol.name.clone(), size: max_entries });
                return None;
            }
        } else if max_entries == 0 && map_type.kind != MapKind::PERF_EVENT_ARRAY {
            // Loaders give an array for events an entry for each processor.
            self.error(symbol.node, Why::MapEntries { name: symbol.name.clone() });
            return None;
        }
        let nothing = self.ck.types.intern(Kind::Struct([].into()));
        if let Some(row) = map_type.kind.row()
            && row.since > self.ck.target
        {
            let (since, target) = (row.since, self.ck.target);
            self.error(symbol.node, Why::TooNew { name: row.name.to_owned(), since, target });
        }
        Some(hir::Map {
            name: self.ck.program_name(symbol),
            kind: map_type.kind,
            key: self.lower(map_type.key.unwrap_or(nothing)),
            value: self.lower(map_type.value.or(map_type.record).unwrap_or(nothing)),
            max_entries,
            flags: self.configured(ty, elements, "Flags").unwrap_or(0),
            initial: Vec::new(),
            is_go_map: false,
            place: symbol.place(),
        })
    }

    /// The constant that a map's literal gives for `field`; 0 for one that isn't constant, with an error.
    fn configured(&mut self, ty: Ty, elements: &'a [Element], field: &str) -> Option<u32> {
        let Kind::Struct(fields) = self.ck.types.under(ty).clone() else { return None };
        let position = fields.iter().position(|known| known.name == field)?;
        let value = elements.iter().enumerate().find_map(|(index, element)| match &element.key {
            Some(key) => matches!(&key.kind, Syntax::Ident(name) if name == field).then_some(&element.value),
            None => (index == position).then_some(&element.value),
        })?;
        let operand = self.expr(value);
        match operand.constant().and_then(Value::as_int).and_then(|value| value.to_u32()) {
            Some(value) => Some(value),
            None => {
                if !operand.is_invalid() {
                    self.error(value.id, Why::NotConstantInitial { name: SmolStr::new(field) });
                }
                Some(0)
            }
        }
    }

    /// A part of `ty` that can't be in a map's key or value.
    pub fn unfit_for_map(&self, ty: Ty, depth: u32) -> Option<Ty> {
        let types = &self.ck.types;
        match types.under(ty) {
            _ if depth > 32 => Some(ty),
            Kind::Basic(basic) if basic.integer().is_some() || types.is_boolean(ty) => None,
            Kind::Array(element, _) => self.unfit_for_map(*element, depth + 1),
            Kind::Struct(fields) => fields.iter().find_map(|field| self.unfit_for_map(field.ty, depth + 1)),
            Kind::Unknown => None,
            _ => Some(ty),
        }
    }

    fn global_variable(
        &mut self,
        symbol: &Symbol<'a>,
        spec: &'a VarSpec,
        index: usize,
        ty: Ty,
    ) -> Option<hir::Global> {
        if self.ck.types.is_unknown(ty) {
            if let Some(literal) =
                spec.value_of(index).filter(|value| matches!(value.kind, Syntax::Composite { .. }))
            {
                self.use_all(std::slice::from_ref(literal)); // its elements were not looked at for its type
            }
            return None;
        }
        if let Some((field, inner)) = self.const_type(ty) {
            return self.constant_variable(symbol, spec, index, (field, inner));
        }
        if let Some(array) = self.listed_variable(symbol, spec, index, ty) {
            return Some(array);
        }
        if let Some(what) = self.global_type_problem(ty) {
            self.refuse_variable(symbol, spec, index, (ty, what));
            return None;
        }
        let lowered = self.lower(ty);
        let place: Place = symbol.place();
        let mut initial = None;
        if let Some(value) = spec.value_of(index) {
            let operand = self.expr(value);
            if operand.is_invalid() {
                return None;
            }
            let value = self.assign(operand, ty, "variable declaration");
            let size = self.ck.hir.size_of(lowered);
            let mut bytes = vec![0; usize::try_from(size.min(MAX_GLOBAL)).unwrap_or_default()];
            if write(&self.ck.hir, &value, 0, &mut bytes).is_none() {
                self.error(symbol.node, Why::NotConstantInitial { name: symbol.name.clone() });
                return None;
            }
            initial = bytes.iter().any(|byte| *byte != 0).then_some(bytes);
        } else if !spec.values.is_empty() {
            self.error(symbol.node, Why::NotConstantInitial { name: symbol.name.clone() });
            return None;
        }
        let name = self.ck.program_name(symbol);
        Some(hir::Global { name, ty: lowered, initial, constant: false, place })
    }

    /// The array that a slice of plain elements is one of, by the literal that the variable begins with.
    fn listed_variable(
        &mut self,
        symbol: &Symbol<'a>,
        spec: &'a VarSpec,
        index: usize,
        ty: Ty,
    ) -> Option<hir::Global> {
        let Kind::Slice(element) = *self.ck.types.under(ty) else { return None };
        let value = spec.value_of(index)?;
        let is_literal = matches!(value.kind, Syntax::Composite { .. });
        if !is_literal || self.holds_pointer(element, 0) || self.kernel_type_problem(element).is_some() {
            return None;
        }
        let errors = self.ck.errors.len();
        let operand = self.expr(value);
        if operand.is_invalid() {
            self.ck.keep_go_errors(errors);
            return None;
        }
        let array = crate::tables::listed(self.assign(operand, ty, "variable declaration"));
        let size = usize::try_from(self.ck.hir.size_of(array.ty).min(MAX_GLOBAL)).unwrap_or_default();
        let mut bytes = vec![0; size];
        let is_good = self.ck.errors.len() == errors && matches!(array.kind, ExprKind::Array(_));
        if !is_good || write(&self.ck.hir, &array, 0, &mut bytes).is_none() {
            self.ck.keep_go_errors(errors);
            return None;
        }
        let initial = bytes.iter().any(|byte| *byte != 0).then_some(bytes);
        let name = self.ck.program_name(symbol);
        Some(hir::Global { name, ty: array.ty, initial, constant: false, place: symbol.place() })
    }

    /// A value that is chosen when the program is loaded: the global holds the default.
    fn constant_variable(
        &mut self,
        symbol: &Symbol<'a>,
        spec: &'a VarSpec,
        index: usize,
        (field, ty): (usize, Ty),
    ) -> Option<hir::Global> {
        if let Some(part) = self.unfit_for_map(ty, 0) {
            let (ty, part) = (self.display(ty), self.display(part));
            let name = symbol.name.clone();
            self.error(symbol.node, Why::MapType { name, role: "value", ty, part });
            self.use_all(&spec.values); // by Go's rules
            return None;
        }
        let lowered = self.lower(ty);
        let mut initial = None;
        if let Some(value) = spec.values.get(index) {
            let literal = self.expr(value);
            let bytes = match literal.hir.kind {
                _ if literal.is_invalid() => return None,
                ExprKind::Zero => None,
                ExprKind::Struct(values) => {
                    let size = usize::try_from(self.ck.hir.size_of(lowered)).ok()?;
                    let mut bytes = vec![0; size];
                    let written =
                        values.get(field).and_then(|value| write(&self.ck.hir, value, 0, &mut bytes));
                    if written.is_none() {
                        self.error(symbol.node, Why::NotConstantInitial { name: symbol.name.clone() });
                        return None;
                    }
                    Some(bytes)
                }
                _ => {
                    self.error(symbol.node, Why::NotConstantInitial { name: symbol.name.clone() });
                    return None;
                }
            };
            initial = bytes.filter(|bytes| bytes.iter().any(|byte| *byte != 0));
        }
        let place = symbol.place();
        let name = self.ck.program_name(symbol);
        Some(hir::Global { name, ty: lowered, initial, constant: true, place })
    }

    /// A value of type `ty` holds pointers, slices or strings.
    pub fn holds_pointer(&self, ty: Ty, depth: u32) -> bool {
        match self.ck.types.under(ty) {
            Kind::Pointer(_) | Kind::Slice(_) => true,
            Kind::Basic(basic) => matches!(basic, crate::ty::Basic::String | crate::ty::Basic::UnsafePointer),
            Kind::Array(element, _) => depth < 32 && self.holds_pointer(*element, depth + 1),
            Kind::Struct(fields) => {
                depth < 32 && fields.iter().any(|field| self.holds_pointer(field.ty, depth + 1))
            }
            _ => false,
        }
    }

    /// Why a package variable of type `ty` can't be kernel data.
    fn global_type_problem(&self, ty: Ty) -> Option<NotInKernel> {
        match self.ck.types.under(ty) {
            Kind::Func(_) => Some(NotInKernel::FunctionVariable),
            _ if self.holds_pointer(ty, 0) => Some(NotInKernel::StoredPointer),
            _ => self.kernel_type_problem(ty),
        }
    }

    /// Reports a package variable that kernel code can't have, unless that is said of all of its first value; what is wrong
    /// with its values by Go's rules is said all the same.
    pub fn refuse_variable(
        &mut self,
        symbol: &Symbol<'a>,
        spec: &'a VarSpec,
        index: usize,
        (ty, what): (Ty, NotInKernel),
    ) {
        match spec.value_of(index) {
            Some(value) => {
                let operand = self.expr(value);
                self.assign(operand, ty, "variable declaration");
            }
            None => self.use_all(&spec.values),
        }
        let value = spec.values.get(index).map(|value| self.place(value.id));
        let is_same = |error: &TypeError| Some(error.place) == value && *error.why == Why::NotInKernel(what);
        if !self.ck.errors.iter().any(is_same) {
            self.unsupported(symbol.node, what);
        }
    }
}

/// Writes a constant value at `offset`; `None` where `expr` isn't constant.
pub(crate) fn write(types: &hir::Types, expr: &hir::Expr, offset: u64, bytes: &mut [u8]) -> Option<()> {
    match &expr.kind {
        ExprKind::Zero => Some(()),
        ExprKind::Const(Constant::Bool(value)) => put(bytes, offset, &[u8::from(*value)]),
        ExprKind::Const(Constant::Int(value)) => {
            let size = usize::try_from(types.size_of(expr.ty)).ok()?;
            put(bytes, offset, value.to_le_bytes().get(..size)?)
        }
        ExprKind::Convert(inner) => match types.get(expr.ty) {
            Type::Struct(_) | Type::Array { .. } => write(types, inner, offset, bytes),
            _ => None,
        },
        ExprKind::Struct(values) => {
            let Type::Struct(layout) = types.get(expr.ty) else { return None };
            for (field, value) in layout.fields.iter().zip(values) {
                write(types, value, offset + u64::from(field.offset), bytes)?;
            }
            Some(())
        }
        ExprKind::Array(values) => {
            let Type::Array { element, .. } = types.get(expr.ty) else { return None };
            let size = element_size(types, *element);
            for (index, value) in values {
                write(types, value, offset + index * size, bytes)?;
            }
            Some(())
        }
        _ => None,
    }
}

fn element_size(types: &hir::Types, element: TypeId) -> u64 {
    types.size_of(element)
}

fn put(bytes: &mut [u8], offset: u64, value: &[u8]) -> Option<()> {
    let start = usize::try_from(offset).ok()?;
    bytes.get_mut(start..start.checked_add(value.len())?)?.copy_from_slice(value);
    Some(())
}
