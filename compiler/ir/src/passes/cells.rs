//! How slots are cut into cells for [`super::promote`].

use gobpf_bpf::insn::Size;
use rustc_hash::{FxHashMap, FxHashSet};

use super::promote::{Access, Accesses};
use crate::ir::{Function, Inst, InstKind, Type, Value};

/// A part of an access: where it starts in it, and its cell where that is promoted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: u32,
    pub(super) size: Size,
    pub(super) cell: Option<usize>,
}

/// The cells that become values.
pub(super) struct Cells {
    types: Vec<Type>,
    /// The pieces of each access.
    pieces: FxHashMap<Inst, Vec<Piece>>,
    /// Accesses that store.
    stores: FxHashSet<Inst>,
    /// The pieces of the copies that are cut, by the value that is copied.
    cuts: FxHashMap<Value, Vec<Piece>>,
}

/// A place where a slot or a copy may be cut: a byte of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Edge {
    Slot(u32, u32),
    Copy(Value, u32),
}

/// Where slots and copies are cut.
#[derive(Default)]
struct Cuts {
    /// Edges that are cut together, as a forest.
    parents: FxHashMap<Edge, Edge>,
    cut: FxHashSet<Edge>,
}

impl Cuts {
    fn root(&mut self, edge: Edge) -> Edge {
        let mut at = edge;
        while let Some(&parent) = self.parents.get(&at) {
            at = parent;
        }
        if at != edge {
            self.parents.insert(edge, at);
        }
        at
    }

    fn join(&mut self, a: Edge, b: Edge) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            if self.cut.contains(&a) {
                self.cut.insert(b);
            }
            self.parents.insert(a, b);
        }
    }

    fn make(&mut self, edge: Edge) {
        let root = self.root(edge);
        self.cut.insert(root);
    }

    fn is_cut(&mut self, edge: Edge) -> bool {
        let root = self.root(edge);
        self.cut.contains(&root)
    }

    /// Sizes of the pieces of `size` bytes from `edge` on, each with where it starts.
    fn between(&mut self, edge: impl Fn(u32) -> Edge, size: u32) -> Vec<(u32, u32)> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for at in 1..=size {
            if at == size || self.is_cut(edge(at)) {
                pieces.push((start, at - start));
                start = at;
            }
        }
        pieces
    }
}

impl Cells {
    pub(super) fn of(function: &Function, accesses: &Accesses) -> Cells {
        let mut insts: Vec<_> = accesses.by_inst.iter().map(|(inst, access)| (*inst, *access)).collect();
        insts.sort_by_key(|(inst, _)| *inst);
        let mut cuts = Cuts::default();
        for (inst, access) in &insts {
            let (slot, end) = (access.slot.0, access.offset + access.size.bytes());
            cuts.make(Edge::Slot(slot, access.offset));
            cuts.make(Edge::Slot(slot, end));
            if let Some(value) = copied(function, accesses, *inst, access) {
                for byte in 0..=access.size.bytes() {
                    cuts.join(Edge::Slot(slot, access.offset + byte), Edge::Copy(value, byte));
                }
            }
        }
        while cut_odd_pieces(&insts, &mut cuts) {}
        let stores = insts.iter().filter(|(_, access)| access.stored.is_some()).map(|(inst, _)| *inst);
        let mut cells = Cells {
            types: Vec::new(),
            pieces: FxHashMap::default(),
            stores: stores.collect(),
            cuts: FxHashMap::default(),
        };
        cells.choose(function, &insts, &mut cuts);
        for value in accesses.copies.keys() {
            let Some(InstKind::Load(size, ..)) = function.def(*value) else { continue };
            let parts = cuts.between(|byte| Edge::Copy(*value, byte), size.bytes());
            if parts.len() > 1 {
                let source = function.values[value.0 as usize].def;
                let known = source.and_then(|inst| cells.pieces.get(&inst)).cloned().unwrap_or_default();
                let piece = |(index, (start, size)): (usize, (u32, u32))| Piece {
                    start,
                    size: Size::of_bytes(size).unwrap_or(Size::B),
                    cell: known.get(index).and_then(|piece| piece.cell),
                };
                cells.cuts.insert(*value, parts.into_iter().enumerate().map(piece).collect());
            }
        }
        cells
    }

    /// Finds the cells that every access takes whole, and gives them numbers.
    fn choose(&mut self, function: &Function, insts: &[(Inst, Access)], cuts: &mut Cuts) {
        let mut refused: FxHashSet<(u32, u32)> = FxHashSet::default();
        let mut kinds: FxHashMap<(u32, u32), Type> = FxHashMap::default();
        let mut parts_of = Vec::with_capacity(insts.len());
        for (inst, access) in insts {
            let slot = access.slot.0;
            let parts = cuts.between(|byte| Edge::Slot(slot, access.offset + byte), access.size.bytes());
            let places = parts.iter().map(|(start, _)| (slot, access.offset + start));
            if !access.soft {
                if parts.len() > 1 {
                    refused.extend(places.clone());
                }
                let value = access.stored.or(function.inst(*inst).result);
                let ty = value.map_or(Type::I64, |value| function.ty(value));
                let ty = if access.size == Size::DW { ty } else { Type::I32 };
                for place in places {
                    if kinds.insert(place, ty).is_some_and(|known| known != ty) {
                        refused.insert(place);
                    }
                }
            }
            parts_of.push(parts);
        }
        let mut numbers: FxHashMap<(u32, u32), usize> = FxHashMap::default();
        for ((inst, access), parts) in insts.iter().zip(parts_of) {
            let mut pieces = Vec::new();
            for (start, size) in parts {
                let place = (access.slot.0, access.offset + start);
                let size = Size::of_bytes(size).unwrap_or(Size::B);
                let cell = (!refused.contains(&place)).then(|| {
                    *numbers.entry(place).or_insert_with(|| {
                        let plain = if size == Size::DW { Type::I64 } else { Type::I32 };
                        self.types.push(kinds.get(&place).copied().unwrap_or(plain));
                        self.types.len() - 1
                    })
                });
                pieces.push(Piece { start, size, cell });
            }
            self.pieces.insert(*inst, pieces);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.types.len()
    }

    pub(super) fn ty(&self, cell: usize) -> Type {
        self.types[cell]
    }

    /// The pieces of an access; none for other instructions.
    pub(super) fn pieces(&self, inst: Inst) -> Vec<Piece> {
        self.pieces.get(&inst).cloned().unwrap_or_default()
    }

    /// Whether a copied value comes in several pieces.
    pub(super) fn is_cut(&self, value: Value) -> bool {
        self.cuts.contains_key(&value)
    }

    /// The pieces of a copied value.
    pub(super) fn cuts(&self, value: Value, size: Size) -> Vec<Piece> {
        let whole = || vec![Piece { start: 0, size, cell: None }];
        self.cuts.get(&value).cloned().unwrap_or_else(whole)
    }

    /// The cells that an instruction loads or stores.
    pub(super) fn touched(&self, inst: Inst) -> Vec<(usize, bool)> {
        let is_store = self.stores.contains(&inst);
        self.pieces(inst).iter().filter_map(|piece| Some((piece.cell?, is_store))).collect()
    }
}

/// The value that an access copies, if it is part of a copy.
fn copied(function: &Function, accesses: &Accesses, inst: Inst, access: &Access) -> Option<Value> {
    let value = access.stored.or(function.inst(inst).result)?;
    accesses.copies.contains_key(&value).then_some(value)
}

/// Cuts pieces that no access can have: of 3, 5, 6 or 7 bytes, and those that are not aligned.
fn cut_odd_pieces(insts: &[(Inst, Access)], cuts: &mut Cuts) -> bool {
    let mut changed = false;
    for (_, access) in insts.iter().filter(|(_, access)| access.soft) {
        let slot = access.slot.0;
        for (start, size) in cuts.between(|byte| Edge::Slot(slot, access.offset + byte), access.size.bytes())
        {
            let at = access.offset + start;
            let mut piece = 1;
            while piece * 2 <= size && at.is_multiple_of(piece * 2) {
                piece *= 2;
            }
            if piece != size {
                cuts.make(Edge::Slot(slot, at + piece));
                changed = true;
            }
        }
    }
    changed
}
