//! Emission: allocated instructions to slots, branches resolved, jumps to what follows left out.

use gobpf_bpf::insn::{AluOp, Insn, JmpOp, Size, Width, atomic, pseudo};
use gobpf_bpf::{Reg, Relocation, RelocationTarget, SourceOperand};
use gobpf_ir::ir::SubprogramId;
use gobpf_source::{Origin, Why};
use regalloc2::{Allocation as Location, AllocationKind, Block, Edit, InstPosition};

use crate::allocate::Allocation;
use crate::frame::Frame;
use crate::link::Piece;
use crate::machine::{Base, Callee, Machine, Selected, Source};
use crate::reloads::Held;

/// A slot, or a jump whose distance is not known yet.
#[derive(Clone, PartialEq, Eq)]
enum Item {
    Insn(Insn),
    Relocated([Insn; 2], RelocationTarget),
    Wide([Insn; 2]),
    JumpTo(Block),
    BranchTo(Insn, Block),
    CallTo(SubprogramId),
    FunctionAddress([Insn; 2], SubprogramId),
}

struct Emitter<'a> {
    selected: &'a Selected,
    allocation: &'a Allocation,
    frame: &'a Frame,
    /// Items of each block.
    blocks: Vec<Vec<(Item, Origin)>>,
    /// More origins of the items of each block, with the item's index: those of equal blocks.
    merged: Vec<Vec<(usize, Origin)>>,
    /// What registers hold of spill slots, at this place.
    held: Held,
    origin: Origin,
}

/// Emits the code of a function.
pub(crate) fn emit(selected: &Selected, allocation: &Allocation, frame: &Frame) -> Piece {
    let mut emitter = Emitter {
        selected,
        allocation,
        frame,
        blocks: Vec::new(),
        merged: vec![Vec::new(); selected.params.len()],
        held: Held::default(),
        origin: selected.origins[0],
    };
    emitter.run();
    let mut targets = emitter.thread_jumps();
    emitter.exit_at_once(&targets);
    emitter.merge_ends(&mut targets);
    emitter.lay_out(&targets)
}

impl Emitter<'_> {
    fn run(&mut self) {
        let edits = self.allocation.edits();
        let mut next_edit = 0;
        // What registers hold at the end of each block.
        let mut at_end: Vec<Held> = Vec::new();
        for block in 0..self.selected.params.len() {
            self.blocks.push(Vec::new());
            // Where a loop comes back, nothing is known: its end has not been seen yet.
            let before =
                self.selected.predecessors[block].iter().map(|from| at_end.get(from.index()).cloned());
            self.held = before.reduce(|a, b| Some(a?.common(&b?))).flatten().unwrap_or_default();
            for inst in self.selected.starts[block]..self.selected.starts[block + 1] {
                self.origin = self.selected.origins[inst];
                for position in [InstPosition::Before, InstPosition::After] {
                    while let Some((point, Edit::Move { from, to })) = edits.get(next_edit)
                        && point.inst().index() == inst
                        && point.pos() == position
                    {
                        self.edit(*from, *to);
                        next_edit += 1;
                    }
                    if position == InstPosition::Before {
                        self.inst(inst);
                        self.forget_results(inst);
                    }
                }
            }
            at_end.push(self.held.clone());
        }
    }

    /// What instruction `index` writes holds nothing of spill slots any more.
    fn forget_results(&mut self, index: usize) {
        match &self.selected.insts[index] {
            Machine::Store { .. }
            | Machine::Checked { .. }
            | Machine::Pin { .. }
            | Machine::Atomic { dst: None, .. }
            | Machine::Jump { .. }
            | Machine::Branch { .. }
            | Machine::Return { .. } => {}
            machine => {
                if let Machine::Call { written, .. } = machine {
                    self.held.called(*written);
                }
                // Nothing is spilled before the arguments of an entry, and only they are several.
                if let Some(written) = self.allocation.of(index).last().copied().and_then(reg) {
                    self.held.written(written);
                }
            }
        }
    }

    fn push(&mut self, item: Item) {
        let origin = self.origin;
        if let Some(block) = self.blocks.last_mut() {
            block.push((item, origin));
        }
    }

    fn insn(&mut self, insn: Insn) {
        self.push(Item::Insn(insn));
    }

    /// A move that the allocator asks for.
    fn edit(&mut self, from: Location, to: Location) {
        let origin = self.origin;
        if origin.why == Why::Source {
            self.origin.why = Why::Move;
        }
        match (reg(from), reg(to)) {
            (Some(from), Some(to)) => {
                self.held.moved(from, to);
                self.insn(Insn::mov(Width::W64, to, SourceOperand::Reg(from)));
            }
            (None, Some(to)) => {
                let offset = self.spill_offset(from);
                if let Some(reload) = self.held.reload(to, offset) {
                    self.insn(reload);
                }
            }
            (Some(from), None) => {
                let offset = self.spill_offset(to);
                self.held.spilled(from, offset);
                self.insn(Insn::store(Size::DW, Reg::FP, offset, SourceOperand::Reg(from)));
            }
            // The allocator breaks these up itself.
            (None, None) => {}
        }
        self.origin = origin;
    }

    fn spill_offset(&self, location: Location) -> i16 {
        self.frame.spill(location.as_stack().map_or(0, |slot| slot.index())) as i16
    }

    fn inst(&mut self, index: usize) {
        let locations = self.allocation.of(index);
        let register = |at: usize| locations.get(at).copied().and_then(reg).unwrap_or(Reg::R0);
        let last = register(locations.len().saturating_sub(1));
        let source = |source: &Source, at: usize| match source {
            Source::Reg(_) => SourceOperand::Reg(register(at)),
            Source::Imm(imm) => SourceOperand::Imm(*imm),
        };
        match &self.selected.insts[index] {
            Machine::Entry { .. } | Machine::Checked { .. } => {}
            Machine::Move { width: Width::W64, .. } if register(0) == last => {}
            Machine::Move { width, .. } => {
                self.insn(Insn::mov(*width, last, SourceOperand::Reg(register(0))))
            }
            Machine::MoveImm { width, imm, .. } => {
                self.insn(Insn::mov(*width, last, SourceOperand::Imm(*imm)))
            }
            Machine::LoadImm64 { value, .. } => self.push(Item::Wide(Insn::load_imm64(last, 0, *value))),
            Machine::LoadRelocated { target, .. } => {
                let pseudo = match target {
                    RelocationTarget::Map(_) => gobpf_bpf::insn::pseudo::MAP_FD,
                    RelocationTarget::MapValue { .. } => gobpf_bpf::insn::pseudo::MAP_VALUE,
                    RelocationTarget::Kfunc(_) | RelocationTarget::Variable(_) => {
                        gobpf_bpf::insn::pseudo::BTF_ID
                    }
                };
                self.push(Item::Relocated(Insn::load_imm64(last, pseudo, 0), *target));
            }
            Machine::Alu { width, op, right, .. } => {
                self.insn(Insn::alu(*width, *op, last, source(right, 1)));
            }
            Machine::Neg { width, .. } => {
                self.insn(Insn::alu(*width, AluOp::Neg, last, SourceOperand::Imm(0)))
            }
            Machine::SignExtend { width, bits, .. } => {
                self.insn(Insn::alu(*width, AluOp::Lsh, last, SourceOperand::Imm(*bits)));
                self.insn(Insn::alu(*width, AluOp::Arsh, last, SourceOperand::Imm(*bits)));
            }
            Machine::FrameAddress { slot, offset, .. } => {
                let offset = self.frame.slot(*slot, *offset);
                self.insn(Insn::mov(Width::W64, last, SourceOperand::Reg(Reg::FP)));
                self.insn(Insn::alu(Width::W64, AluOp::Add, last, SourceOperand::Imm(offset)));
            }
            Machine::Load { size, base, offset, .. } => {
                let (base, offset) = self.base(base, register(0), *offset);
                self.insn(Insn::load(*size, last, base, offset));
            }
            Machine::Store { size, base, offset, src } => {
                let at = usize::from(matches!(base, Base::Reg(_)));
                let src = source(src, at);
                let (base, offset) = self.base(base, register(0), *offset);
                self.insn(Insn::store(*size, base, offset, src));
            }
            Machine::Pin { .. } => {
                let above_all = SourceOperand::Imm(-1);
                self.insn(Insn::jump_if(Width::W64, JmpOp::Gt, register(0), above_all, 0));
            }
            Machine::Opaque { .. } => self.insn(Insn::endian(last, false, 64)),
            Machine::ByteSwap { bits, .. } => self.insn(Insn::endian(last, true, *bits)),
            Machine::FunctionAddress { function, .. } => {
                self.push(Item::FunctionAddress(Insn::load_imm64(last, pseudo::FUNC, 0), *function));
            }
            Machine::Atomic { size, op, base, offset, .. } => {
                let src = register(usize::from(matches!(base, Base::Reg(_))));
                let (base, offset) = self.base(base, register(0), *offset);
                self.insn(Insn::atomic(*size, base, offset, src, *op));
            }
            Machine::CompareExchange { size, base, offset, .. } => {
                let src = register(usize::from(matches!(base, Base::Reg(_))));
                let (base, offset) = self.base(base, register(0), *offset);
                self.insn(Insn::atomic(*size, base, offset, src, atomic::COMPARE_EXCHANGE));
            }
            Machine::Call { callee: Callee::Helper(helper), .. } => self.insn(Insn::call(*helper)),
            Machine::Call { callee: Callee::Subprogram(callee), .. } => self.push(Item::CallTo(*callee)),
            Machine::Jump { to, .. } => self.push(Item::JumpTo(*to)),
            Machine::Branch { width, op, right, then, otherwise, .. } => {
                let branch = Insn::jump_if(*width, *op, register(0), source(right, 1), 0);
                self.push(Item::BranchTo(branch, *then));
                self.push(Item::JumpTo(*otherwise));
            }
            Machine::Return { .. } => self.insn(Insn::exit()),
        }
    }

    fn base(&self, base: &Base, register: Reg, offset: i32) -> (Reg, i16) {
        match base {
            Base::Reg(_) => (register, offset as i16),
            Base::Slot(slot) => (Reg::FP, self.frame.slot(*slot, offset) as i16),
        }
    }

    /// Where a jump to each block really goes: blocks that only jump on are skipped.
    fn thread_jumps(&self) -> Vec<usize> {
        (0..self.blocks.len())
            .map(|block| {
                let mut at = block;
                for _ in 0..self.blocks.len() {
                    match self.blocks[at].as_slice() {
                        [(Item::JumpTo(next), _)] => at = next.index(),
                        _ => break,
                    }
                }
                at
            })
            .collect()
    }

    /// Writes `exit` where a jump would only lead to one.
    fn exit_at_once(&mut self, targets: &[usize]) {
        let only_exit: Vec<bool> = self
            .blocks
            .iter()
            .map(|items| matches!(items.as_slice(), [(Item::Insn(insn), _)] if *insn == Insn::exit()))
            .collect();
        for block in &mut self.blocks {
            if let Some((item, _)) = block.last_mut()
                && let Item::JumpTo(to) = item
                && only_exit[targets[to.index()]]
            {
                *item = Item::Insn(Insn::exit());
            }
        }
    }

    /// Sends jumps to blocks that end the program to the first of those that do so in the same way. It keeps the places of
    /// the others.
    fn merge_ends(&mut self, targets: &mut [usize]) {
        let mut ends: Vec<usize> = Vec::new();
        for block in 0..self.blocks.len() {
            let items = &self.blocks[block];
            let is_end = matches!(items.last(), Some((Item::Insn(insn), _)) if *insn == Insn::exit());
            let jumps = |item: &Item| matches!(item, Item::JumpTo(_) | Item::BranchTo(..));
            if !is_end || items.iter().any(|(item, _)| jumps(item)) || !targets.contains(&block) {
                continue;
            }
            let same = |known: &&usize| {
                let known = &self.blocks[**known];
                known.len() == items.len() && known.iter().zip(items).all(|((a, _), (b, _))| a == b)
            };
            match ends.iter().find(same).copied() {
                None => ends.push(block),
                Some(first) => {
                    let origins = items.iter().enumerate().map(|(index, (_, origin))| (index, *origin));
                    self.merged[first].extend(origins);
                    targets.iter_mut().filter(|to| **to == block).for_each(|to| *to = first);
                }
            }
        }
    }

    /// Puts the blocks that are still jumped to one after the other and fills in the distances.
    fn lay_out(&mut self, targets: &[usize]) -> Piece {
        let order = self.chains(targets);
        let mut items: Vec<(Item, Origin)> = Vec::new();
        let mut merged = Vec::new();
        let mut starts = vec![0; self.blocks.len()];
        for (index, &block) in order.iter().enumerate() {
            starts[block] = items.len();
            merged.extend(self.merged[block].iter().map(|(index, origin)| (items.len() + index, *origin)));
            let next = order.get(index + 1).copied();
            let mut block_items = std::mem::take(&mut self.blocks[block]);
            fall_through(&mut block_items, targets, next);
            items.extend(block_items);
        }
        merged.sort();
        encode(items, &merged, &starts, targets, self.frame.bytes)
    }

    /// The blocks in the order of their code: a block is followed by the one that it jumps to, where that one has no
    /// place yet.
    fn chains(&self, targets: &[usize]) -> Vec<usize> {
        let mut placed = vec![false; self.blocks.len()];
        let mut order = Vec::new();
        let mut waiting = vec![0];
        while let Some(start) = waiting.pop() {
            let mut at = Some(start);
            while let Some(block) = at.filter(|block| !placed[*block]) {
                placed[block] = true;
                order.push(block);
                at = None;
                for (item, _) in self.blocks[block].iter().rev() {
                    match item {
                        Item::JumpTo(to) if at.is_none() => at = Some(targets[to.index()]),
                        Item::BranchTo(_, to) => waiting.push(targets[to.index()]),
                        _ => {}
                    }
                }
            }
        }
        order
    }
}

/// Leaves out a jump to the block that follows, turning a branch around where that helps.
fn fall_through(items: &mut Vec<(Item, Origin)>, targets: &[usize], next: Option<usize>) {
    let goes_to = |block: &Block| Some(targets[block.index()]);
    if let [.., (Item::BranchTo(insn, then), _), (Item::JumpTo(otherwise), _)] = items.as_mut_slice()
        && goes_to(then) == next
        && goes_to(otherwise) != next
        && let Some(op) = gobpf_bpf::insn::JmpOp::of_code(insn.code).and_then(gobpf_bpf::insn::JmpOp::negate)
    {
        insn.code = insn.code & 0x0f | op as u8;
        std::mem::swap(then, otherwise);
    }
    if let Some((Item::JumpTo(to), _)) = items.last()
        && goes_to(to) == next
    {
        items.pop();
    }
}

fn encode(
    items: Vec<(Item, Origin)>,
    merged: &[(usize, Origin)],
    starts: &[usize],
    targets: &[usize],
    stack_bytes: u32,
) -> Piece {
    let mut slots = Vec::with_capacity(items.len() + 1);
    let mut slot = 0u32;
    for (item, _) in &items {
        slots.push(slot);
        slot += if matches!(item, Item::Wide(_) | Item::Relocated(..) | Item::FunctionAddress(..)) {
            2
        } else {
            1
        };
    }
    slots.push(slot);
    let merged = merged.iter().map(|(item, origin)| (slots[*item], *origin)).collect();
    let mut piece = Piece::default();
    let code = &mut piece.code;
    (code.stack_bytes, code.merged) = (stack_bytes, merged);
    for (index, (item, origin)) in items.into_iter().enumerate() {
        let distance =
            |to: Block| (i64::from(slots[starts[targets[to.index()]]]) - i64::from(slots[index]) - 1) as i16;
        match item {
            Item::Insn(insn) => code.insns.push(insn),
            Item::JumpTo(to) => code.insns.push(Insn::jump(distance(to))),
            Item::BranchTo(insn, to) => code.insns.push(Insn { off: distance(to), ..insn }),
            Item::Wide(pair) => code.insns.extend(pair),
            Item::CallTo(callee) => {
                piece.calls.push((slots[index], callee));
                code.insns.push(Insn { src: pseudo::CALL, ..Insn::call(0) });
            }
            Item::FunctionAddress(pair, function) => {
                piece.calls.push((slots[index], function));
                code.insns.extend(pair);
            }
            Item::Relocated(pair, target) => {
                code.relocations.push(Relocation { slot: slots[index], target });
                code.insns.extend(pair);
            }
        }
        code.origins.resize(code.insns.len(), origin);
    }
    piece
}

fn reg(location: Location) -> Option<Reg> {
    match location.kind() {
        AllocationKind::Reg => location.as_reg().and_then(|preg| Reg::new(preg.hw_enc() as u8)),
        _ => None,
    }
}
