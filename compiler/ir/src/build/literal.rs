//! Struct and array literals that are assigned to a place: their parts are evaluated, and then stored to the place itself.
//! A record with an array of some hundred bytes would not fit on the stack a second time.

use gobpf_types::hir::{self, Argument, Expr, ExprKind, Provenance, TypeId};

use super::memory::{chunks, is_zero};
use super::place::Place;
use super::{Address, Builder, Operand, Result, Storage};
use crate::ir::{InstKind, Slot};
use crate::visit::parts;

/// A part of a literal, evaluated.
struct Part {
    /// Where it lies in the whole. Bytes.
    offset: u32,
    ty: TypeId,
    value: Operand,
}

/// Which memory something is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    /// A variable or a temporary of this function.
    Slot(Slot),
    /// What is not on the stack, by its provenance.
    Outside(Provenance),
}

impl Builder<'_> {
    /// Assigns a struct or array literal to a place in memory; false where `value` is none, or the place is none.
    pub(super) fn assign_literal(&mut self, place: &Place, target: &Expr, value: &Expr) -> Result<bool> {
        let Place::Memory(root, steps) = place else { return Ok(false) };
        if !matches!(value.kind, ExprKind::Struct(_) | ExprKind::Array(_)) || !self.is_memory(value.ty) {
            return Ok(false);
        }
        let mut parts = Vec::new();
        let to = self.region_of(target);
        self.parts_of(value, 0, to, false, &mut parts)?;
        let node = self.origin.place.node;
        self.at(target.node);
        let address = self.resolve(*root, steps);
        self.zero_rest(address, value.ty, &parts);
        for part in parts {
            self.store_operand(address.plus(part.offset), part.ty, part.value);
        }
        self.at(node);
        Ok(true)
    }

    /// Evaluates the parts of a literal that aren't zero, in the order in which they are written. `to` is where it is going to
    /// be stored; `changing` says that what is evaluated after it may write memory.
    fn parts_of(
        &mut self,
        literal: &Expr,
        offset: u32,
        to: Option<Region>,
        changing: bool,
        parts: &mut Vec<Part>,
    ) -> Result<()> {
        let mut members = self.members(literal);
        members.retain(|(_, value)| !is_zero(value));
        members.sort_by_key(|(_, value)| value.node);
        let last_change = members.iter().rposition(|(_, value)| !is_plain(value));
        for (index, (at, value)) in members.into_iter().enumerate() {
            let (offset, changing) = (offset + at, changing || last_change > Some(index));
            if matches!(value.kind, ExprKind::Struct(_) | ExprKind::Array(_)) && self.is_memory(value.ty) {
                self.parts_of(value, offset, to, changing, parts)?;
                continue;
            }
            let operand = self.operand(value)?;
            self.at(value.node);
            let operand = match operand {
                Operand::Memory(address) if self.stays(value, address, to, changing) => operand,
                operand => self.detached(value.ty, operand),
            };
            parts.push(Part { offset, ty: value.ty, value: operand });
        }
        Ok(())
    }

    /// The members that a literal names, with where they lie in it.
    fn members<'e>(&self, literal: &'e Expr) -> Vec<(u32, &'e Expr)> {
        match (&literal.kind, self.types().get(literal.ty)) {
            (ExprKind::Struct(values), hir::Type::Struct(of)) => {
                of.fields.iter().map(|field| field.offset).zip(values).collect()
            }
            (ExprKind::Array(elements), hir::Type::Array { element, .. }) => {
                let size = self.types().size_of(*element) as u32;
                elements.iter().map(|(index, value)| (*index as u32 * size, value)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Zeroes what no part covers: alone, or with the whole where that takes fewer stores.
    fn zero_rest(&mut self, address: Address, ty: TypeId, parts: &[Part]) {
        let (size, align) = (self.types().size_of(ty) as u32, self.types().align_of(ty) as u32);
        let mut covered: Vec<_> =
            parts.iter().map(|part| (part.offset, self.types().size_of(part.ty) as u32)).collect();
        covered.sort_unstable();
        let mut gaps = Vec::new();
        let mut end = 0;
        for (start, size) in covered {
            gaps.push((end, start.saturating_sub(end)));
            end = start + size;
        }
        gaps.push((end, size.saturating_sub(end)));
        let stores = |start: u32, size: u32, align: u32| {
            chunks(start, size, self.alignment(address.plus(start), align)).len()
        };
        let one_by_one: usize = gaps.iter().map(|(start, size)| stores(*start, *size, 1)).sum();
        if stores(0, size, align) < one_by_one {
            return self.zero(address, 0, size, align);
        }
        for (start, size) in gaps {
            self.zero(address, start, size, 1);
        }
    }

    /// Whether a value that is in memory at `address` is still there when it is stored to `to`, the parts before it stored.
    fn stays(&mut self, value: &Expr, address: Address, to: Option<Region>, changing: bool) -> bool {
        // What a call returns is nobody else's.
        let changing = changing && !matches!(value.kind, ExprKind::Call { .. });
        let from = match self.f.def(address.base) {
            Some(InstKind::SlotAddr(slot, _)) => Some(Region::Slot(*slot)),
            _ => self.region_of(value),
        };
        !changing && from.is_some() && to.is_some() && from != to
    }

    /// Whether a place is in a map's value or a package variable: memory that helpers read from as from the stack.
    pub(super) fn is_in_map(&mut self, place: &Expr) -> bool {
        let region = self.region_of(place);
        matches!(region, Some(Region::Outside(Provenance::MapValue | Provenance::Global)))
    }

    /// Where a place is, if nothing else can be in the same memory than what is said to be there.
    fn region_of(&mut self, place: &Expr) -> Option<Region> {
        let outside = |ty: TypeId| match self.types().get(ty) {
            hir::Type::Pointer { provenance, .. } | hir::Type::Slice { provenance, .. } => match provenance {
                Provenance::Nil | Provenance::Stack | Provenance::Mixed => None,
                known => Some(Region::Outside(*known)),
            },
            _ => None,
        };
        match &place.kind {
            ExprKind::Local(local) => match self.storage(*local) {
                Storage::Slot(slot) => Some(Region::Slot(slot)),
                _ => None,
            },
            ExprKind::Global(_) => Some(Region::Outside(Provenance::Global)),
            ExprKind::Deref(pointer) => outside(pointer.ty),
            ExprKind::Field { base, .. } => self.region_of(base),
            ExprKind::Index { base, .. } if self.is_memory(base.ty) => self.region_of(base),
            ExprKind::Index { base, .. } => outside(base.ty),
            _ => None,
        }
    }
}

/// Whether evaluating `expr` writes no memory.
fn is_plain(expr: &Expr) -> bool {
    let writes = match &expr.kind {
        ExprKind::Helper { arguments, .. } => !arguments.iter().all(|argument| match argument {
            Argument::Value(_) | Argument::Map(_) | Argument::Text(_) => true,
            Argument::Reference(_)
            | Argument::Memory(_)
            | Argument::Callback(_)
            | Argument::CallbackValue { .. } => false,
        }),
        ExprKind::Call { .. }
        | ExprKind::CallValue { .. }
        | ExprKind::Sequence { .. }
        | ExprKind::Copy { .. }
        | ExprKind::Intrinsic { .. } => true,
        _ => false,
    };
    !writes && parts(expr).into_iter().all(is_plain)
}
