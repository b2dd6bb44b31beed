//! Leads a way past a decision that it has made before: where a block only decides about its parameters, and what one of its
//! predecessors gives them answers it, that predecessor goes on where the answer leads.
//!
//! What a function returns, a flag or a pointer that may be nil, is decided about again by its caller. Verifiers follow such a
//! decision with what they know of the pointer; Linux 6.1 does not know that a reserved record isn't nil.
//!
//! Parameters that are needed further on have several definitions then: they are kept in slots until [`super::promote`] makes
//! them values again. Loops keep their conditions, by which their counters are known.

use gobpf_bpf::insn::{JmpOp, Size};
use rustc_hash::FxHashMap;

use super::dominators;
use crate::ir::{
    Block, BlockData, Cond, Function, Inst, InstData, InstKind, Slot, SlotData, Target, Terminator, Type,
    Value,
};

/// Parameters of one block at most.
const PARAM_LIMIT: usize = 16;

/// A way past a decision.
struct Shortcut {
    /// The block that jumps.
    from: Block,
    /// The jump among its targets.
    index: usize,
    /// The block that decides.
    past: Block,
    /// Where it leads, in the deciding block's own terms.
    to: Target,
}

/// Runs the pass; true where something changed, and then slots are to be promoted.
pub(super) fn run(function: &mut Function) -> bool {
    let shortcuts = apart(function, find(function));
    if shortcuts.is_empty() {
        return false;
    }
    let mut slots: FxHashMap<Block, Vec<Option<Slot>>> = FxHashMap::default();
    for shortcut in &shortcuts {
        slots.entry(shortcut.past).or_insert_with(|| keep_params(function, shortcut.past));
    }
    for shortcut in shortcuts {
        let kept = slots.get(&shortcut.past).map_or(&[][..], Vec::as_slice);
        take(function, &shortcut, kept);
    }
    function.compute_order();
    true
}

/// Leaves out the ways past decisions that need parameters of others that are led past: those are found the next time.
fn apart(function: &Function, shortcuts: Vec<Shortcut>) -> Vec<Shortcut> {
    let needs = |block: Block, other: Block| {
        let operands = function.block(block).end.operands();
        block != other && function.block(other).params.iter().any(|param| operands.contains(param))
    };
    let mut chosen: Vec<Block> = Vec::new();
    let mut kept = Vec::with_capacity(shortcuts.len());
    for shortcut in shortcuts {
        let past = shortcut.past;
        if chosen.iter().any(|other| needs(past, *other) || needs(*other, past)) {
            continue;
        }
        if !chosen.contains(&past) {
            chosen.push(past);
        }
        kept.push(shortcut);
    }
    kept
}

fn find(function: &Function) -> Vec<Shortcut> {
    let parents = parents(function);
    let predecessors = function.predecessors();
    let mut number = vec![usize::MAX; function.blocks.len()];
    for (index, block) in function.order.iter().enumerate() {
        number[block.0 as usize] = index;
    }
    let mut found = Vec::new();
    for &past in &function.order {
        let data = function.block(past);
        let Terminator::Branch { cond, then, otherwise } = &data.end else { continue };
        let before = &predecessors[past.0 as usize];
        let is_loop = before.iter().any(|block| number[block.0 as usize] >= number[past.0 as usize]);
        let decides = data.params.iter().any(|param| [cond.left, cond.right].contains(param));
        if is_loop || !decides || !data.insts.is_empty() || data.params.len() > PARAM_LIMIT {
            continue;
        }
        let mut seen: Vec<Block> = Vec::new();
        for &from in before {
            if seen.contains(&from) {
                continue;
            }
            seen.push(from);
            for (index, target) in function.block(from).end.targets().into_iter().enumerate() {
                if target.block != past {
                    continue;
                }
                let given = |value: Value| {
                    let index = data.params.iter().position(|param| *param == value);
                    index.and_then(|index| target.args.get(index)).copied().unwrap_or(value)
                };
                let asked = Cond { left: given(cond.left), right: given(cond.right), ..*cond };
                let way = (from, index, past);
                let Some(holds) = answer(function, asked, way, &predecessors, &parents) else { continue };
                let to = if holds { then.clone() } else { otherwise.clone() };
                found.push(Shortcut { from, index, past, to });
            }
        }
    }
    found
}

/// Whether `asked` holds on the way from a block to another by a target of it, where that is known.
fn answer(
    function: &Function,
    asked: Cond,
    (from, index, past): (Block, usize, Block),
    predecessors: &[Vec<Block>],
    parents: &[Option<Block>],
) -> Option<bool> {
    if let Some(holds) = function.decide(asked) {
        return Some(holds);
    }
    let is_nil = function.as_const(asked.right) == Some(0);
    if function.ty(asked.left) != Type::Pointer || !is_nil || !matches!(asked.op, JmpOp::Eq | JmpOp::Ne) {
        return None;
    }
    if function.is_address(asked.left) {
        return Some(asked.op == JmpOp::Ne);
    }
    let by_branch = |block: Block, index: usize| match &function.block(block).end {
        Terminator::Branch { cond, then, otherwise } if then.block != otherwise.block => {
            let same = cond.left == asked.left && function.as_const(cond.right) == Some(0);
            let holds = index == 0;
            match cond.op {
                JmpOp::Eq if same => Some(holds == (asked.op == JmpOp::Eq)),
                JmpOp::Ne if same => Some(holds == (asked.op == JmpOp::Ne)),
                _ => None,
            }
        }
        _ => None,
    };
    debug_assert_eq!(function.block(from).end.targets().get(index).map(|target| target.block), Some(past));
    let mut known = by_branch(from, index);
    let mut at = Some(from);
    while let (None, Some(block)) = (known, at) {
        if let [only] = predecessors[block.0 as usize].as_slice() {
            let targets = function.block(*only).end.targets();
            known = targets
                .iter()
                .position(|target| target.block == block)
                .and_then(|index| by_branch(*only, index));
        }
        at = parents[block.0 as usize];
    }
    known
}

/// The block that dominates each one directly.
fn parents(function: &Function) -> Vec<Option<Block>> {
    let mut parents = vec![None; function.blocks.len()];
    for (parent, children) in dominators::children(function).iter().enumerate() {
        for child in children {
            parents[child.0 as usize] = Some(Block(parent as u32));
        }
    }
    parents
}

/// Keeps the parameters of `past` that are used elsewhere in slots, from which each use is loaded. Returns the slots, by
/// parameter; none for those that only the block itself uses.
fn keep_params(function: &mut Function, past: Block) -> Vec<Option<Slot>> {
    let params = function.block(past).params.clone();
    let mut slots = vec![None; params.len()];
    for block in function.order.clone() {
        if block != past {
            load_uses(function, block, &params, &mut slots);
        }
    }
    let mut stores = Vec::new();
    for (param, slot) in params.iter().zip(&slots) {
        if let Some(slot) = slot {
            stores.extend(store(function, past, *slot, *param));
        }
    }
    function.block_mut(past).insts.extend(stores);
    slots
}

/// Loads what `block` uses of `params` from their slots, right where it is used.
fn load_uses(function: &mut Function, block: Block, params: &[Value], slots: &mut [Option<Slot>]) {
    let insts = std::mem::take(&mut function.block_mut(block).insts);
    let mut kept = Vec::with_capacity(insts.len());
    for inst in insts {
        let operands = function.inst(inst).kind.operands();
        let loaded = loads(function, block, (&operands, params), slots, &mut kept);
        function.insts[inst.0 as usize]
            .kind
            .map_operands(|value| loaded.get(&value).copied().unwrap_or(value));
        kept.push(inst);
    }
    let operands = function.block(block).end.operands();
    let loaded = loads(function, block, (&operands, params), slots, &mut kept);
    let data = function.block_mut(block);
    data.end.map_operands(|value| loaded.get(&value).copied().unwrap_or(value));
    data.insts = kept;
}

fn loads(
    function: &mut Function,
    block: Block,
    (operands, params): (&[Value], &[Value]),
    slots: &mut [Option<Slot>],
    kept: &mut Vec<Inst>,
) -> FxHashMap<Value, Value> {
    let mut loaded = FxHashMap::default();
    for (index, param) in params.iter().enumerate() {
        if !operands.contains(param) {
            continue;
        }
        let slot = *slots[index].get_or_insert_with(|| new_slot(function));
        let (size, ty, origin) =
            (size_of(function.ty(*param)), function.ty(*param), function.block(block).origin);
        let (address, pointer) = function.new_inst(Type::Pointer, InstKind::SlotAddr(slot, 0), origin);
        let (load, value) = function.new_inst(ty, InstKind::Load(size, pointer, 0), origin);
        function.values[value.0 as usize].followed = function.values[param.0 as usize].followed;
        kept.extend([address, load]);
        loaded.insert(*param, value);
    }
    loaded
}

fn new_slot(function: &mut Function) -> Slot {
    function.slots.push(SlotData { size: 8, name: String::new(), pointers: false, parts: false });
    Slot(function.slots.len() as u32 - 1)
}

fn size_of(ty: Type) -> Size {
    if ty == Type::I32 { Size::W } else { Size::DW }
}

/// The instructions that store `value` to `slot`, for `block`.
fn store(function: &mut Function, block: Block, slot: Slot, value: Value) -> [Inst; 2] {
    let origin = function.block(block).origin;
    let (address, pointer) = function.new_inst(Type::Pointer, InstKind::SlotAddr(slot, 0), origin);
    let store = Inst(function.insts.len() as u32);
    let kind = InstKind::Store(size_of(function.ty(value)), pointer, 0, value);
    function.insts.push(InstData { result: None, kind, origin });
    [address, store]
}

/// Lets a predecessor take its way past the decision, by a block that does what the deciding one does.
fn take(function: &mut Function, shortcut: &Shortcut, slots: &[Option<Slot>]) {
    let args = function.block(shortcut.from).end.targets()[shortcut.index].args.clone();
    let params = function.block(shortcut.past).params.clone();
    let origin = function.block(shortcut.past).origin;
    let mut to = shortcut.to.clone();
    for arg in &mut to.args {
        if let Some(index) = params.iter().position(|param| param == arg) {
            *arg = args[index];
        }
    }
    let way = Block(function.blocks.len() as u32);
    let end = Terminator::Jump(to);
    function.blocks.push(BlockData { params: Vec::new(), insts: Vec::new(), end, origin });
    let mut insts = Vec::new();
    for (arg, slot) in args.iter().zip(slots) {
        if let Some(slot) = slot {
            insts.extend(store(function, way, *slot, *arg));
        }
    }
    function.block_mut(way).insts = insts;
    *function.block_mut(shortcut.from).end.targets_mut()[shortcut.index] = Target::to(way);
}
