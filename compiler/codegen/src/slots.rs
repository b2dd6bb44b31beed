//! Which slots of the frame share bytes: those of variables, temporaries and copies that are never needed at once.
//!
//! A slot is needed from the place where it is born to the last instruction that may look at it. Which slots an instruction
//! may look at follows from where its pointers come from: a pointer to a slot may be kept in another one, and come back
//! from there; a function that is called may do the same with what it gets.

use std::collections::BTreeSet;

use gobpf_ir::ir::{Block, Function, InstKind, SlotData, Value};
use rustc_hash::FxHashMap;

use crate::written::{Callees, Written};

/// The slots of a frame and what they are for.
pub(crate) struct Slots {
    /// Those of the function, then those of copies.
    pub(crate) data: Vec<SlotData>,
    /// The slot of each [`InstKind::Spilled`], by value.
    pub(crate) copies: Vec<Option<u32>>,
    /// How many bytes below the frame pointer each starts.
    pub(crate) starts: Vec<u32>,
    /// The bytes of all.
    pub(crate) bytes: u32,
    /// Where pointers come from, and which slots are needed at the start of each block: for [`Slots::around`].
    roots: FxHashMap<Value, Set>,
    contents: Vec<Set>,
    live_in: Vec<Bits>,
}

type Set = BTreeSet<u32>;

/// Bytes of a word of the stack.
const WORD: u32 = 8;

/// Lays out the slots of `function`.
pub(crate) fn assign(function: &Function, callees: &Callees) -> Slots {
    let mut data = function.slots.clone();
    let mut copies = vec![None; function.values.len()];
    for inst in function.order.iter().flat_map(|block| &function.block(*block).insts) {
        let inst = function.inst(*inst);
        if let (InstKind::Spilled(size, _), Some(value)) = (&inst.kind, inst.result) {
            copies[value.0 as usize] = Some(data.len() as u32);
            data.push(SlotData { size: size.bytes(), name: String::new(), pointers: false, parts: false });
        }
    }
    let mut pointers = Pointers {
        function,
        copies: &copies,
        data: &data,
        roots: FxHashMap::default(),
        contents: vec![Set::new(); data.len()],
    };
    pointers.solve();
    let live_in = live_at_starts(&pointers);
    let conflicts = conflicts(&pointers, &live_in, callees);
    let (starts, bytes) = place(&data, &conflicts);
    let Pointers { roots, contents, .. } = pointers;
    Slots { data, copies, starts, bytes, roots, contents, live_in }
}

impl Slots {
    /// For each instruction of each block, and for the block's end, the slots that are needed before, at or after it.
    pub(crate) fn around(&mut self, function: &Function) -> Vec<Vec<Bits>> {
        let pointers = Pointers {
            function,
            copies: &self.copies,
            data: &self.data,
            roots: std::mem::take(&mut self.roots),
            contents: std::mem::take(&mut self.contents),
        };
        let mut around = vec![Vec::new(); function.blocks.len()];
        for &block in &function.order {
            let mut at: Vec<Bits> = Vec::new();
            let live = walk(&pointers, block, &self.live_in, &mut |point| match point {
                Point::Slot(slot, live) => {
                    let mut all = live.clone();
                    all.insert(slot);
                    at.last_mut().into_iter().for_each(|last| last.extend(&all));
                }
                Point::After(live) => {
                    at.last_mut().into_iter().for_each(|last| last.extend(live));
                    at.push(live.clone());
                }
                Point::Call(..) => {}
            });
            at.last_mut().into_iter().for_each(|last| last.extend(&live));
            at.reverse();
            around[block.0 as usize] = at;
        }
        around
    }

    /// The bytes that slot `slot` has, as counted down from the frame pointer.
    pub(crate) fn place_of(&self, slot: u32) -> (u32, u32) {
        let end = self.starts[slot as usize].next_multiple_of(WORD);
        (end.saturating_sub(rounded(&self.data, slot)), end)
    }
}

/// Where pointers come from.
struct Pointers<'a> {
    function: &'a Function,
    copies: &'a [Option<u32>],
    data: &'a [SlotData],
    /// The slots that a value may point into.
    roots: FxHashMap<Value, Set>,
    /// The slots that pointers kept in a slot may point into.
    contents: Vec<Set>,
}

impl Pointers<'_> {
    /// Follows pointers until nothing new comes up.
    fn solve(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for &block in &self.function.order {
                let data = self.function.block(block);
                for inst in &data.insts {
                    let inst = self.function.inst(*inst);
                    changed |= self.step(&inst.kind, inst.result);
                }
                for target in data.end.targets() {
                    let params = &self.function.block(target.block).params;
                    for (param, argument) in params.iter().zip(&target.args) {
                        let from = self.of(*argument);
                        changed |= self.add(*param, from);
                    }
                }
            }
        }
    }

    fn of(&self, value: Value) -> Set {
        self.roots.get(&value).cloned().unwrap_or_default()
    }

    fn add(&mut self, value: Value, slots: Set) -> bool {
        if slots.is_empty() {
            return false;
        }
        let known = self.roots.entry(value).or_default();
        let before = known.len();
        known.extend(slots);
        known.len() != before
    }

    /// `slots`, and what can be reached through pointers that they hold.
    fn reach(&self, slots: Set) -> Set {
        let mut found = Set::new();
        let mut work: Vec<u32> = slots.into_iter().collect();
        while let Some(slot) = work.pop() {
            if found.insert(slot) {
                work.extend(&self.contents[slot as usize]);
            }
        }
        found
    }

    fn step(&mut self, kind: &InstKind, result: Option<Value>) -> bool {
        match (kind, result) {
            (InstKind::SlotAddr(slot, _), Some(result)) => self.add(result, Set::from([slot.0])),
            (InstKind::Spilled(..), Some(result)) => {
                self.add(result, self.copies[result.0 as usize].into_iter().collect())
            }
            (InstKind::PtrAdd(base, _), Some(result)) => self.add(result, self.of(*base)),
            (InstKind::Load(_, pointer, _), Some(result)) => {
                let from = self.of(*pointer);
                self.add(
                    result,
                    from.into_iter().flat_map(|slot| self.contents[slot as usize].clone()).collect(),
                )
            }
            (InstKind::Store(_, pointer, _, value), _) => {
                let (into, from) = (self.of(*pointer), self.of(*value));
                into.into_iter().fold(false, |changed, slot| changed | self.keep(slot, &from))
            }
            (InstKind::CallSubprogram(_, arguments) | InstKind::Call(_, arguments), _) => {
                if !self.runs_code(kind) {
                    return false;
                }
                let seen = self.reach(arguments.iter().flat_map(|argument| self.of(*argument)).collect());
                let mut changed = false;
                for &slot in &seen {
                    if self.data[slot as usize].pointers {
                        changed |= self.keep(slot, &seen);
                    }
                }
                result.is_some_and(|result| self.add(result, seen)) | changed
            }
            _ => false,
        }
    }

    /// Whether a call runs code of the program, which may follow pointers and keep them.
    fn runs_code(&self, kind: &InstKind) -> bool {
        match kind {
            InstKind::CallSubprogram(..) => true,
            InstKind::Call(_, arguments) => arguments
                .iter()
                .any(|argument| matches!(self.function.def(*argument), Some(InstKind::FunctionAddr(_)))),
            _ => false,
        }
    }

    fn keep(&mut self, slot: u32, slots: &Set) -> bool {
        let known = &mut self.contents[slot as usize];
        let before = known.len();
        known.extend(slots);
        known.len() != before
    }

    /// The slots that an instruction may look at.
    fn looked_at(&self, kind: &InstKind, result: Option<Value>) -> Set {
        match kind {
            InstKind::Load(_, pointer, _)
            | InstKind::Pin(pointer, _)
            | InstKind::ContextField(_, pointer, _)
            | InstKind::Store(_, pointer, _, _)
            | InstKind::Atomic(_, _, pointer, _, _)
            | InstKind::CompareExchange(_, pointer, _, _, _) => self.of(*pointer),
            InstKind::Spilled(..) => result.map(|result| self.of(result)).unwrap_or_default(),
            InstKind::Call(_, arguments) | InstKind::CallSubprogram(_, arguments) => {
                let direct = arguments.iter().flat_map(|argument| self.of(*argument)).collect();
                if self.runs_code(kind) { self.reach(direct) } else { direct }
            }
            _ => Set::new(),
        }
    }
}

/// A set of slots as bits.
#[derive(Clone, PartialEq)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(count: usize) -> Bits {
        Bits(vec![0; count.div_ceil(64)])
    }

    /// An empty set over the same slots.
    pub(crate) fn none(&self) -> Bits {
        Bits(vec![0; self.0.len()])
    }

    pub(crate) fn insert(&mut self, slot: u32) {
        self.0[slot as usize / 64] |= 1 << (slot % 64);
    }

    pub(crate) fn remove(&mut self, slot: u32) {
        self.0[slot as usize / 64] &= !(1 << (slot % 64));
    }

    pub(crate) fn contains(&self, slot: u32) -> bool {
        self.0[slot as usize / 64] & 1 << (slot % 64) != 0
    }

    pub(crate) fn extend(&mut self, other: &Bits) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }
}

/// The slots that are needed at the start of each block.
fn live_at_starts(pointers: &Pointers<'_>) -> Vec<Bits> {
    let function = pointers.function;
    let count = pointers.data.len();
    let mut live_in = vec![Bits::new(count); function.blocks.len()];
    let mut changed = count > 0;
    while changed {
        changed = false;
        for &block in function.order.iter().rev() {
            let live = walk(pointers, block, &live_in, &mut |_| {});
            if live != live_in[block.0 as usize] {
                live_in[block.0 as usize] = live;
                changed = true;
            }
        }
    }
    live_in
}

/// What a slot may not share bytes with.
#[derive(Clone)]
struct Conflicts {
    slots: Bits,
    /// Words that calls write while the slot is needed.
    words: u64,
}

/// What each slot may not share bytes with, by slot.
fn conflicts(pointers: &Pointers<'_>, live_in: &[Bits], callees: &Callees) -> Vec<Conflicts> {
    let count = pointers.data.len();
    let mut conflicts = vec![Conflicts { slots: Bits::new(count), words: 0 }; count];
    for &block in pointers.function.order.iter().filter(|_| count > 0) {
        walk(pointers, block, live_in, &mut |point| match point {
            Point::Slot(slot, live) => conflicts[slot as usize].slots.extend(live),
            Point::Call(call, live) => {
                let words = callees.of_call(pointers.function, call).words;
                let needed = conflicts.iter_mut().enumerate().filter(|(slot, _)| live.contains(*slot as u32));
                needed.filter(|_| words != 0).for_each(|(_, conflicts)| conflicts.words |= words);
            }
            Point::After(_) => {}
        });
    }
    conflicts
}

/// What a walk backwards through a block comes by.
enum Point<'a> {
    /// After an instruction or, first, after the block's end: the slots that are needed there.
    After(&'a Bits),
    /// A slot that the instruction makes or looks at, with those that are needed then.
    Slot(u32, &'a Bits),
    /// A call, with the slots that are needed while it runs or afterwards.
    Call(&'a InstKind, &'a Bits),
}

/// Goes backwards through a block: what is needed at its start. `see` is shown what it comes by.
fn walk(pointers: &Pointers<'_>, block: Block, live_in: &[Bits], see: &mut dyn FnMut(Point<'_>)) -> Bits {
    let data = pointers.function.block(block);
    let mut live = Bits::new(pointers.data.len());
    for target in data.end.targets() {
        live.extend(&live_in[target.block.0 as usize]);
    }
    see(Point::After(&live));
    for inst in data.insts.iter().rev() {
        see(Point::After(&live));
        let inst = pointers.function.inst(*inst);
        let seen = pointers.looked_at(&inst.kind, inst.result);
        seen.iter().for_each(|slot| live.insert(*slot));
        seen.iter().for_each(|slot| see(Point::Slot(*slot, &live)));
        if matches!(inst.kind, InstKind::Call(..) | InstKind::CallSubprogram(..)) {
            see(Point::Call(&inst.kind, &live));
        }
        match (&inst.kind, inst.result) {
            (InstKind::Born(slot), _) => {
                see(Point::Slot(slot.0, &live));
                live.remove(slot.0);
            }
            (InstKind::Spilled(..), Some(result)) => {
                if let Some(slot) = pointers.copies[result.0 as usize] {
                    live.remove(slot);
                }
            }
            _ => {}
        }
    }
    live
}

/// The bytes that a slot takes.
fn rounded(data: &[SlotData], slot: u32) -> u32 {
    data[slot as usize].size.checked_next_multiple_of(WORD).unwrap_or(u32::MAX)
}

/// How many bytes below the frame pointer a slot starts that takes the bytes up to `end`. Older verifiers take a number that is
/// stored at the start of a word for a spilled register, and refuse to read what is left of it after a part was written at a
/// place that varies; what lies in the upper half they never take for one.
fn start(slot: &SlotData, end: u32) -> u32 {
    if slot.parts && slot.size <= WORD / 2 { end - WORD / 2 } else { end }
}

/// Puts each slot as high as those that it conflicts with allow, the largest first.
fn place(data: &[SlotData], conflicts: &[Conflicts]) -> (Vec<u32>, u32) {
    let rounded = |slot: u32| rounded(data, slot);
    let used: Vec<u32> = (0..data.len() as u32)
        .filter(|slot| {
            conflicts[*slot as usize].slots.0.iter().any(|word| *word != 0)
                || conflicts.iter().any(|other| other.slots.contains(*slot))
        })
        .collect();
    let mut order = used;
    order.sort_by_key(|slot| std::cmp::Reverse(rounded(*slot)));
    let mut ends: Vec<Option<u32>> = vec![None; data.len()];
    let mut bytes = 0u32;
    for (index, &slot) in order.iter().enumerate() {
        let mut taken: Vec<(u32, u32)> = order[..index]
            .iter()
            .filter(|other| {
                conflicts[slot as usize].slots.contains(**other)
                    || conflicts[**other as usize].slots.contains(slot)
            })
            .filter_map(|other| {
                Some((ends[*other as usize]?.saturating_sub(rounded(*other)), ends[*other as usize]?))
            })
            .chain(Written::ranges(conflicts[slot as usize].words))
            .collect();
        taken.sort_unstable();
        let mut at = 0u32;
        for (from, to) in taken {
            if at.saturating_add(rounded(slot)) <= from {
                break;
            }
            at = at.max(to);
        }
        let end = at.saturating_add(rounded(slot));
        ends[slot as usize] = Some(end);
        bytes = bytes.max(end);
    }
    let starts = data.iter().zip(ends).map(|(slot, end)| start(slot, end.unwrap_or(WORD)));
    (starts.collect(), bytes)
}
