//! Turns pieces of stack slots into values, where no pointer to the slot gets out and every load and store of the piece is
//! of the whole piece: fields of structs, and variables that closures got the address of.
//!
//! A slot is cut into cells where its loads and stores begin and end. Stores of constants and copies (loads whose value is
//! only stored again) are cut with it; other accesses have to be cells of their own. The cells become variables, and these
//! become values with block parameters at the dominance frontiers of their stores (Cytron et al., 1991).

use gobpf_bpf::insn::{AluOp, Size};
use gobpf_source::Origin;
use rustc_hash::FxHashMap;

use super::cells::{Cells, Piece};
use super::dominators;
use crate::ir::{Block, Function, Inst, InstData, InstKind, Slot, Type, Value};

/// Runs the pass; true where something changed.
pub(super) fn run(function: &mut Function) -> bool {
    let accesses = Accesses::of(function);
    let cells = Cells::of(function, &accesses);
    if cells.is_empty() {
        return false;
    }
    let mut promotion = Promotion::new(function, &accesses, &cells);
    promotion.place_params();
    promotion.rename();
    true
}

/// A load or a store of a slot at a known place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) slot: Slot,
    pub(super) offset: u32,
    pub(super) size: Size,
    /// What is stored; none for a load.
    pub(super) stored: Option<Value>,
    /// It may be cut: it stores a constant, or it is part of a copy.
    pub(super) soft: bool,
}

/// All accesses of slots that no pointer gets out of, by instruction.
pub(super) struct Accesses {
    pub(super) by_inst: FxHashMap<Inst, Access>,
    /// Loads of anything whose value is only stored, with where it is stored to.
    pub(super) copies: FxHashMap<Value, Vec<Inst>>,
}

impl Accesses {
    fn of(function: &Function) -> Accesses {
        let mut escaped = vec![false; function.slots.len()];
        let mut uses: FxHashMap<Value, Uses> = FxHashMap::default();
        let mut accesses = FxHashMap::default();
        for &block in &function.order {
            for &inst in &function.block(block).insts {
                let data = function.inst(inst);
                note_uses(function, inst, &data.kind, &mut uses);
                for slot in escaping(function, &data.kind) {
                    escaped[slot.0 as usize] = true;
                }
                if let Some(access) = access_of(function, &data.kind, data.result) {
                    accesses.insert(inst, access);
                }
            }
            for value in function.block(block).end.operands() {
                uses.entry(value).or_default().others = true;
                if let Some((slot, _)) = slot_address(function, value) {
                    escaped[slot.0 as usize] = true;
                }
            }
        }
        accesses.retain(|_, access: &mut Access| {
            let end = access.offset.saturating_add(access.size.bytes());
            let inside = end <= function.slots[access.slot.0 as usize].size;
            if !inside {
                escaped[access.slot.0 as usize] = true;
            }
            inside
        });
        accesses.retain(|_, access| !escaped[access.slot.0 as usize]);
        let mut copies = FxHashMap::default();
        for (value, uses) in uses {
            let loaded = match function.def(value) {
                Some(InstKind::Load(size, ..)) => Some(*size),
                _ => None,
            };
            let same_size = |inst: &Inst| match function.inst(*inst).kind {
                InstKind::Store(size, ..) => Some(size) == loaded,
                _ => false,
            };
            if loaded.is_some() && !uses.others && uses.stores.iter().all(same_size) {
                copies.insert(value, uses.stores);
            }
        }
        for (inst, access) in &mut accesses {
            access.soft = match access.stored {
                Some(value) => function.as_const(value).is_some() || copies.contains_key(&value),
                None => function.inst(*inst).result.is_some_and(|value| copies.contains_key(&value)),
            };
        }
        Accesses { by_inst: accesses, copies }
    }
}

/// How a value is used.
#[derive(Default)]
struct Uses {
    /// Stores of it.
    stores: Vec<Inst>,
    /// It is used by anything else.
    others: bool,
}

fn note_uses(function: &Function, inst: Inst, kind: &InstKind, uses: &mut FxHashMap<Value, Uses>) {
    if let InstKind::Store(_, pointer, _, value) = kind {
        if matches!(function.def(*value), Some(InstKind::Load(..))) {
            uses.entry(*value).or_default().stores.push(inst);
        }
        uses.entry(*pointer).or_default().others = true;
        return;
    }
    for value in kind.operands() {
        if matches!(function.def(value), Some(InstKind::Load(..))) {
            uses.entry(value).or_default().others = true;
        }
    }
}

/// The slot and the place in it that a value is the address of.
fn slot_address(function: &Function, value: Value) -> Option<(Slot, i64)> {
    match function.def(value)? {
        InstKind::SlotAddr(slot, offset) => Some((*slot, i64::from(*offset))),
        InstKind::PtrAdd(base, bytes) => {
            let (slot, offset) = slot_address(function, *base)?;
            Some((slot, offset.checked_add(function.as_const(*bytes)?)?))
        }
        _ => None,
    }
}

fn access_of(function: &Function, kind: &InstKind, result: Option<Value>) -> Option<Access> {
    let (size, pointer, offset, stored) = match kind {
        InstKind::Load(size, pointer, offset) => (*size, *pointer, *offset, None),
        InstKind::Store(size, pointer, offset, value) => (*size, *pointer, *offset, Some(*value)),
        _ => return None,
    };
    result.or(stored)?;
    let (slot, start) = slot_address(function, pointer)?;
    let offset = u32::try_from(start + i64::from(offset)).unwrap_or(u32::MAX);
    Some(Access { slot, offset, size, stored, soft: false })
}

/// The slots whose address an instruction uses for more than to load and store at a known place.
fn escaping(function: &Function, kind: &InstKind) -> Vec<Slot> {
    let of = |value: &Value| root(function, *value);
    match kind {
        InstKind::Load(_, pointer, _) => known_or_root(function, *pointer).into_iter().collect(),
        InstKind::Store(_, pointer, _, value) => {
            known_or_root(function, *pointer).into_iter().chain(of(value)).collect()
        }
        InstKind::PtrAdd(base, bytes) if function.as_const(*bytes).is_some() => {
            // Followed where it is used.
            let _ = base;
            Vec::new()
        }
        InstKind::SlotAddr(..) | InstKind::Born(_) => Vec::new(),
        _ => kind.operands().iter().filter_map(of).collect(),
    }
}

/// The slot of a pointer that is not at a known place in it.
fn known_or_root(function: &Function, pointer: Value) -> Option<Slot> {
    if slot_address(function, pointer).is_some() { None } else { root(function, pointer) }
}

fn root(function: &Function, value: Value) -> Option<Slot> {
    match function.def(value)? {
        InstKind::SlotAddr(slot, _) => Some(*slot),
        InstKind::PtrAdd(base, _) => root(function, *base),
        _ => None,
    }
}

struct Promotion<'a> {
    function: &'a mut Function,
    accesses: &'a Accesses,
    cells: &'a Cells,
    children: Vec<Vec<Block>>,
    /// The cell of each parameter that was added, by block.
    params: Vec<Vec<(usize, Value)>>,
    /// What each cell holds now.
    current: Vec<Option<Value>>,
    /// What a load has become.
    alias: FxHashMap<Value, Value>,
    /// The pieces of a copy that was cut.
    pieces: FxHashMap<Value, Vec<Value>>,
    origin: Option<Origin>,
}

enum Step {
    Enter(Block),
    Restore(Vec<(usize, Option<Value>)>),
}

impl<'a> Promotion<'a> {
    fn new(function: &'a mut Function, accesses: &'a Accesses, cells: &'a Cells) -> Self {
        let children = dominators::children(function);
        let blocks = function.blocks.len();
        Promotion {
            function,
            accesses,
            cells,
            children,
            params: vec![Vec::new(); blocks],
            current: vec![None; cells.len()],
            alias: FxHashMap::default(),
            pieces: FxHashMap::default(),
            origin: None,
        }
    }

    /// Adds a parameter for each cell to the blocks where several of its stores meet and it is still needed.
    fn place_params(&mut self) {
        let frontiers = dominators::frontiers(self.function, &self.children);
        let predecessors = self.function.predecessors();
        let (mut defined, mut needed) =
            (vec![Vec::new(); self.cells.len()], vec![Vec::new(); self.cells.len()]);
        for &block in &self.function.order {
            let mut written = vec![false; self.cells.len()];
            for inst in &self.function.block(block).insts {
                for (cell, is_store) in self.cells.touched(*inst) {
                    if is_store {
                        if !std::mem::replace(&mut written[cell], true) {
                            defined[cell].push(block);
                        }
                    } else if !written[cell] && needed[cell].last() != Some(&block) {
                        needed[cell].push(block);
                    }
                }
            }
        }
        for cell in 0..self.cells.len() {
            let live = self.live_at_start(&needed[cell], &defined[cell], &predecessors);
            let mut has_param = vec![false; self.function.blocks.len()];
            let mut work = defined[cell].clone();
            while let Some(block) = work.pop() {
                for &join in &frontiers[block.0 as usize] {
                    if live[join.0 as usize] && !std::mem::replace(&mut has_param[join.0 as usize], true) {
                        let param = self.function.new_value(self.cells.ty(cell), None);
                        self.function.block_mut(join).params.push(param);
                        self.params[join.0 as usize].push((cell, param));
                        work.push(join);
                    }
                }
            }
        }
    }

    fn live_at_start(&self, needed: &[Block], defined: &[Block], predecessors: &[Vec<Block>]) -> Vec<bool> {
        let mut live = vec![false; self.function.blocks.len()];
        let mut defines = vec![false; self.function.blocks.len()];
        defined.iter().for_each(|block| defines[block.0 as usize] = true);
        let mut work = needed.to_vec();
        while let Some(block) = work.pop() {
            if !std::mem::replace(&mut live[block.0 as usize], true) {
                let before = &predecessors[block.0 as usize];
                work.extend(before.iter().filter(|block| !defines[block.0 as usize]));
            }
        }
        live
    }

    /// Goes down the dominator tree with what each cell holds.
    fn rename(&mut self) {
        let mut stack = vec![Step::Enter(Block(0))];
        while let Some(step) = stack.pop() {
            match step {
                Step::Restore(saved) => {
                    for (cell, value) in saved.into_iter().rev() {
                        self.current[cell] = value;
                    }
                }
                Step::Enter(block) => {
                    let mut saved = Vec::new();
                    for (cell, param) in self.params[block.0 as usize].clone() {
                        saved.push((cell, self.current[cell].replace(param)));
                    }
                    self.rename_block(block, &mut saved);
                    stack.push(Step::Restore(saved));
                    stack.extend(
                        self.children[block.0 as usize].iter().rev().map(|child| Step::Enter(*child)),
                    );
                }
            }
        }
        for block in self.function.order.clone() {
            for inst in self.function.block(block).insts.clone() {
                let alias = &self.alias;
                let kind = &mut self.function.insts[inst.0 as usize].kind;
                kind.map_operands(|value| resolve(alias, value));
            }
            let alias = &self.alias;
            self.function.block_mut(block).end.map_operands(|value| resolve(alias, value));
        }
    }

    fn rename_block(&mut self, block: Block, saved: &mut Vec<(usize, Option<Value>)>) {
        let mut kept = Vec::new();
        for inst in std::mem::take(&mut self.function.block_mut(block).insts) {
            self.origin = Some(self.function.inst(inst).origin);
            self.rename_inst(inst, saved, &mut kept);
        }
        self.origin = Some(self.function.block(block).origin);
        let targets = self.function.block(block).end.targets().len();
        for index in 0..targets {
            let to = self.function.block(block).end.targets()[index].block;
            for (cell, _) in self.params[to.0 as usize].clone() {
                let value = self.held(cell, &mut kept);
                self.function.block_mut(block).end.targets_mut()[index].args.push(value);
            }
        }
        self.function.block_mut(block).insts = kept;
    }

    fn rename_inst(&mut self, inst: Inst, saved: &mut Vec<(usize, Option<Value>)>, kept: &mut Vec<Inst>) {
        let data = self.function.inst(inst).clone();
        let pieces = self.cells.pieces(inst);
        match (&data.kind, data.result) {
            (InstKind::Load(..), Some(result)) if self.is_whole(inst, &pieces) => {
                let Some(Piece { cell: Some(cell), .. }) = pieces.first() else { return kept.push(inst) };
                let value = self.held(*cell, kept);
                self.alias.insert(result, value);
            }
            (InstKind::Load(size, pointer, offset), Some(result)) if self.is_cut(result) => {
                let mut values = Vec::new();
                for piece in self.cells.cuts(result, *size) {
                    values.push(match piece.cell {
                        Some(cell) => self.held(cell, kept),
                        None => {
                            let load = InstKind::Load(piece.size, *pointer, offset + piece.start as i32);
                            self.emit(type_of(piece.size), load, kept)
                        }
                    });
                }
                self.pieces.insert(result, values);
            }
            (InstKind::Store(size, pointer, offset, value), _) => {
                let (size, pointer, offset, value) = (*size, *pointer, *offset, *value);
                self.rename_store(inst, (size, pointer, offset, value), saved, kept);
            }
            _ => kept.push(inst),
        }
    }

    fn rename_store(
        &mut self,
        inst: Inst,
        (size, pointer, offset, value): (Size, Value, i32, Value),
        saved: &mut Vec<(usize, Option<Value>)>,
        kept: &mut Vec<Inst>,
    ) {
        let pieces = self.cells.pieces(inst);
        let is_cut = self.is_cut(value);
        if !is_cut && pieces.iter().all(|piece| piece.cell.is_none()) {
            return kept.push(inst);
        }
        let whole = [Piece { start: 0, size, cell: None }];
        let pieces = if pieces.is_empty() { self.cells.cuts(value, size) } else { pieces };
        let pieces = if pieces.is_empty() { whole.to_vec() } else { pieces };
        let parts: Vec<Value> = match (self.pieces.get(&value), self.function.as_const(value)) {
            (Some(parts), _) if is_cut => parts.clone(),
            (_, Some(number)) if pieces.len() > 1 => {
                pieces.iter().map(|piece| self.part_of(number, piece, kept)).collect()
            }
            _ => vec![resolve(&self.alias, value)],
        };
        let is_slot = !self.cells.pieces(inst).is_empty();
        for (piece, part) in pieces.iter().zip(parts) {
            match piece.cell.filter(|_| is_slot) {
                Some(cell) => {
                    let value = self.fit(part, piece.size, kept);
                    saved.push((cell, self.current[cell].replace(value)));
                }
                None => {
                    let store = InstKind::Store(piece.size, pointer, offset + piece.start as i32, part);
                    self.emit_effect(store, kept);
                }
            }
        }
    }

    /// A load of a promoted cell, whole.
    fn is_whole(&self, inst: Inst, pieces: &[Piece]) -> bool {
        let result = self.function.inst(inst).result;
        matches!(pieces, [Piece { cell: Some(_), .. }]) && !result.is_some_and(|value| self.is_cut(value))
    }

    /// A copy that is cut into several pieces.
    fn is_cut(&self, value: Value) -> bool {
        self.accesses.copies.contains_key(&value) && self.cells.is_cut(value)
    }

    /// The bytes of a constant that belong to a piece.
    fn part_of(&mut self, number: i64, piece: &Piece, kept: &mut Vec<Inst>) -> Value {
        let bits = piece.size.bytes() * 8;
        let shifted = (number as u64) >> (8 * piece.start);
        let part = if bits < 64 { shifted & ((1 << bits) - 1) } else { shifted };
        self.emit(type_of(piece.size), InstKind::Const(part as i64), kept)
    }

    /// What a cell of `size` holds once `value` was stored to it: loads of it extend with zeros.
    fn fit(&mut self, value: Value, size: Size, kept: &mut Vec<Inst>) -> Value {
        match (size, self.function.ty(value)) {
            (Size::DW, Type::I32) => self.emit(Type::I64, InstKind::Zext64(value), kept),
            (Size::DW, _) => value,
            (size, ty) => {
                let low = match ty {
                    Type::I32 => value,
                    _ => self.emit(Type::I32, InstKind::Trunc(value), kept),
                };
                let mask = if size == Size::W { u32::MAX } else { (1 << (size.bytes() * 8)) - 1 };
                if self.function.max_of(low) <= u64::from(mask) {
                    return low;
                }
                if let Some(number) = self.function.as_const(low) {
                    return self.emit(Type::I32, InstKind::Const(number & i64::from(mask)), kept);
                }
                let mask = self.emit(Type::I32, InstKind::Const(i64::from(mask)), kept);
                self.emit(Type::I32, InstKind::Binary(AluOp::And, low, mask), kept)
            }
        }
    }

    /// What a cell holds; zero where nothing was stored on the way here.
    fn held(&mut self, cell: usize, kept: &mut Vec<Inst>) -> Value {
        match self.current[cell] {
            Some(value) => value,
            None => self.emit(self.cells.ty(cell), InstKind::Const(0), kept),
        }
    }

    fn emit(&mut self, ty: Type, kind: InstKind, kept: &mut Vec<Inst>) -> Value {
        let inst = Inst(self.function.insts.len() as u32);
        let value = self.function.new_value(ty, Some(inst));
        self.push(InstData { result: Some(value), kind, origin: self.place() }, kept);
        value
    }

    fn emit_effect(&mut self, kind: InstKind, kept: &mut Vec<Inst>) {
        self.push(InstData { result: None, kind, origin: self.place() }, kept);
    }

    fn place(&self) -> Origin {
        self.origin.unwrap_or(self.function.block(Block(0)).origin)
    }

    fn push(&mut self, data: InstData, kept: &mut Vec<Inst>) {
        kept.push(Inst(self.function.insts.len() as u32));
        self.function.insts.push(data);
    }
}

/// What `value` stands for.
fn resolve(alias: &FxHashMap<Value, Value>, value: Value) -> Value {
    let mut value = value;
    while let Some(known) = alias.get(&value) {
        value = *known;
    }
    value
}

/// The type of a value of `size`.
fn type_of(size: Size) -> Type {
    if size == Size::DW { Type::I64 } else { Type::I32 }
}
