//! Places on the left of assignments. Go evaluates their operands first, then the values, and checks indices and pointers
//! only when it assigns.

use gobpf_types::hir::{self, Expr, ExprKind, MapId, TypeId};

use super::{Address, Builder, Operand, Result, SliceValue, Storage};
use crate::ir::Value;

/// A place, its operands evaluated.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// The blank identifier.
    Blank,
    /// A variable.
    Variable(Storage),
    /// An entry of a Go map: the map and a pointer to the key.
    Entry(MapId, Value),
    /// A place in memory: where it starts, and how it goes on from there.
    Memory(Root, Vec<Step>),
}

/// Where a place in memory starts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Root {
    Address(Address),
    /// What a pointer of this type points to.
    Pointer(Value, TypeId),
    /// An element of a slice: its index and size.
    Element(SliceValue, Value, u64),
}

/// A part of what a place is so far.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A field: bytes from the start.
    Field(u32),
    /// An element of an array: its index, the length of the array, the size of the element.
    Element(Value, u64, u64),
}

impl Builder<'_> {
    /// Evaluates the operands of a place.
    pub(super) fn place(&mut self, target: &Expr) -> Result<Place> {
        self.at(target.node);
        match &target.kind {
            ExprKind::Local(local) => Ok(match self.storage(*local) {
                Storage::Slot(slot) => Place::Memory(Root::Address(self.slot_address(slot)), Vec::new()),
                Storage::Place(address) => Place::Memory(Root::Address(address), Vec::new()),
                storage => Place::Variable(storage),
            }),
            ExprKind::MapIndex { map, key } => Ok(Place::Entry(*map, self.key(key)?)),
            _ => {
                let mut steps = Vec::new();
                let root = self.root(target, &mut steps)?;
                Ok(Place::Memory(root, steps))
            }
        }
    }

    /// The place in memory that `expr` is; the steps to it are added to `steps`.
    fn root(&mut self, expr: &Expr, steps: &mut Vec<Step>) -> Result<Root> {
        match &expr.kind {
            ExprKind::Deref(pointer) => Ok(Root::Pointer(self.scalar(pointer)?, pointer.ty)),
            ExprKind::Field { base, index } => {
                let root = self.root(base, steps)?;
                steps.push(Step::Field(self.field_offset(base.ty, *index)));
                Ok(root)
            }
            ExprKind::Index { base, index } => {
                let size = self.types().size_of(expr.ty);
                if let hir::Type::Array { length, .. } = self.types().get(base.ty) {
                    let root = self.root(base, steps)?;
                    steps.push(Step::Element(self.index_value(index)?, *length, size));
                    return Ok(root);
                }
                let slice = self.slice(base)?;
                Ok(Root::Element(slice, self.index_value(index)?, size))
            }
            _ => Ok(Root::Address(self.address(expr)?)),
        }
    }

    /// The address of a place, its pointers and indices checked.
    pub(super) fn resolve(&mut self, root: Root, steps: &[Step]) -> Address {
        let start = match root {
            Root::Address(address) => address,
            Root::Pointer(base, ty) => self.pointee(base, ty),
            Root::Element(slice, index, size) => self.slice_element(slice, index, size),
        };
        steps.iter().fold(start, |address, step| match *step {
            Step::Field(offset) => address.plus(offset),
            Step::Element(index, length, size) => self.array_element(address, index, length, size),
        })
    }

    /// Assigns to a place of type `ty`.
    pub(super) fn assign_to(&mut self, place: &Place, ty: TypeId, operand: Operand) {
        match place {
            Place::Blank => {}
            Place::Variable(storage) => self.write(*storage, ty, operand),
            Place::Entry(map, key) => self.update_entry(*map, *key, ty, operand),
            Place::Memory(root, steps) => {
                let address = self.resolve(*root, steps);
                self.store_operand(address, ty, operand);
            }
        }
    }

    /// Where field `index` of a struct of type `ty` is.
    pub(super) fn field_offset(&self, ty: TypeId, index: u32) -> u32 {
        match self.types().get(ty) {
            hir::Type::Struct(of) => of.fields.get(index as usize).map_or(0, |field| field.offset),
            _ => 0,
        }
    }
}
