//! Numbers that are put together from bytes which follow each other in memory: `uint16(p[12])<<8 | uint16(p[13])` is one
//! load, with its bytes reversed where the first of them counts most.

use gobpf_bpf::insn::{AluOp, Size};

use crate::ir::{Block, Function, Inst, InstData, InstKind, Type, Value};

/// Operations that are looked through from a number to its bytes.
const DEPTH_LIMIT: u32 = 24;

/// A byte of a number: where it is loaded from, and where it is in the number.
struct Byte {
    load: Inst,
    pointer: Value,
    offset: i32,
    shift: u32,
}

/// A number, what makes it now, and what will.
struct Number {
    root: Inst,
    /// The loads of its bytes, and which of them is the last.
    loads: Vec<Inst>,
    last: Inst,
    pointer: Value,
    offset: i32,
    size: Size,
    reversed: bool,
}

/// Runs the pass; whether it changed anything.
pub(super) fn run(function: &mut Function) -> bool {
    let uses = uses(function);
    let mut changed = false;
    for block in function.order.clone() {
        let numbers = numbers(function, block, &uses);
        changed |= !numbers.is_empty();
        numbers.iter().for_each(|number| replace(function, block, number));
    }
    changed
}

fn uses(function: &Function) -> Vec<u32> {
    let mut uses = vec![0; function.values.len()];
    let mut count = |value: Value| uses[value.0 as usize] += 1;
    for &block in &function.order {
        let data = function.block(block);
        data.insts
            .iter()
            .for_each(|inst| function.inst(*inst).kind.operands().into_iter().for_each(&mut count));
        data.end.operands().into_iter().for_each(&mut count);
    }
    uses
}

/// The numbers in a block, the largest of those that are parts of each other.
fn numbers(function: &Function, block: Block, uses: &[u32]) -> Vec<Number> {
    let mut numbers: Vec<Number> = Vec::new();
    let mut taken: Vec<Inst> = Vec::new();
    for &inst in function.block(block).insts.iter().rev() {
        let data = function.inst(inst);
        let (InstKind::Binary(AluOp::Or | AluOp::Add | AluOp::Xor, ..), Some(result)) =
            (&data.kind, data.result)
        else {
            continue;
        };
        let mut bytes = Vec::new();
        let room = if function.ty(result) == Type::I32 { 32 } else { 64 };
        let limits = Limits { uses, root: result, depth: DEPTH_LIMIT };
        if !collect(function, result, (0, room), limits, &mut bytes)
            || bytes.iter().any(|byte| taken.contains(&byte.load))
        {
            continue;
        }
        if let Some(number) = number(function, block, inst, &bytes) {
            taken.extend(bytes.iter().map(|byte| byte.load));
            numbers.push(number);
        }
    }
    numbers
}

#[derive(Clone, Copy)]
struct Limits<'a> {
    uses: &'a [u32],
    root: Value,
    depth: u32,
}

/// Collects the bytes of `value`, which is shifted by `shift` and of which `room` bits count; whether it is made of nothing
/// else.
fn collect(
    function: &Function,
    value: Value,
    (shift, room): (u32, u32),
    limits: Limits<'_>,
    bytes: &mut Vec<Byte>,
) -> bool {
    let Some(depth) = limits.depth.checked_sub(1) else { return false };
    if value != limits.root && limits.uses[value.0 as usize] != 1 || room < 8 {
        return false;
    }
    let limits = Limits { depth, ..limits };
    match function.def(value) {
        // Of bytes in different places these are the same.
        Some(InstKind::Binary(AluOp::Or | AluOp::Add | AluOp::Xor, a, b)) => {
            collect(function, *a, (shift, room), limits, bytes)
                && collect(function, *b, (shift, room), limits, bytes)
        }
        Some(InstKind::Binary(AluOp::Lsh, inner, by)) => match function.as_const(*by).map(u32::try_from) {
            Some(Ok(by)) if by < room => collect(function, *inner, (shift + by, room - by), limits, bytes),
            _ => false,
        },
        Some(InstKind::Zext64(inner) | InstKind::Narrow(inner)) => {
            collect(function, *inner, (shift, room.min(32)), limits, bytes)
        }
        Some(InstKind::Load(Size::B, pointer, offset)) => {
            let load = function.values[value.0 as usize].def;
            let byte = |load| Byte { load, pointer: *pointer, offset: *offset, shift };
            bytes.extend(load.map(byte));
            load.is_some()
        }
        _ => false,
    }
}

/// The number that these bytes are, if they are one that can be loaded.
fn number(function: &Function, block: Block, root: Inst, bytes: &[Byte]) -> Option<Number> {
    let size = Size::of_bytes(u32::try_from(bytes.len()).ok()?).filter(|size| *size != Size::B)?;
    let first = bytes.iter().min_by_key(|byte| byte.offset)?;
    let least = bytes.iter().min_by_key(|byte| byte.shift)?;
    let (pointer, offset) = (first.pointer, first.offset);
    let reversed = least.offset != offset;
    let mut places = vec![false; bytes.len()];
    for byte in bytes {
        let place = usize::try_from(byte.offset.checked_sub(offset)?).ok()?;
        let rank = if reversed { bytes.len().checked_sub(place + 1)? } else { place };
        let fits = byte.pointer == pointer && byte.shift as usize == rank * 8;
        if !fits || std::mem::replace(places.get_mut(place)?, true) {
            return None;
        }
    }
    if !may_be_unaligned(function, pointer) {
        return None;
    }
    // All are loaded in this block, with nothing between them that writes.
    let insts = &function.block(block).insts;
    let at = |byte: &Byte| insts.iter().position(|inst| *inst == byte.load);
    let places: Option<Vec<usize>> = bytes.iter().map(at).collect();
    let places = places?;
    let (from, to) = (*places.iter().min()?, *places.iter().max()?);
    let only_reads = |inst: &Inst| {
        let kind = &function.inst(*inst).kind;
        kind.is_pure() || matches!(kind, InstKind::Load(..))
    };
    if !insts[from..to].iter().all(only_reads) {
        return None;
    }
    let loads = bytes.iter().map(|byte| byte.load).collect();
    Some(Number { root, loads, last: insts[to], pointer, offset, size, reversed })
}

/// Whether memory can be read there at any place: packets and data can, the stack can't. Of other pointers nothing is known.
fn may_be_unaligned(function: &Function, pointer: Value) -> bool {
    let mut at = pointer;
    while let Some(InstKind::PtrAdd(base, _)) = function.def(at) {
        at = *base;
    }
    matches!(
        function.def(at),
        Some(InstKind::ContextField(..) | InstKind::GlobalAddr(..) | InstKind::TextAddr(_))
    )
}

fn replace(function: &mut Function, block: Block, number: &Number) {
    let Some(result) = function.inst(number.root).result else { return };
    let ty = if number.size == Size::DW { Type::I64 } else { Type::I32 };
    let load = InstKind::Load(number.size, number.pointer, number.offset);
    let is_wide = function.ty(result) == Type::I64 && ty == Type::I32;
    let bits = (number.size.bytes() * 8) as u8;
    let mut value = if number.reversed || is_wide { function.new_value(ty, None) } else { result };
    insert(function, block, number.last, value, load);
    if number.reversed {
        let swapped = if is_wide { function.new_value(ty, None) } else { result };
        insert(function, block, number.root, swapped, InstKind::ByteSwap(bits, value));
        value = swapped;
    }
    if is_wide {
        insert(function, block, number.root, result, InstKind::Zext64(value));
    }
    let gone = |inst: &Inst| *inst == number.root || number.loads.contains(inst);
    function.block_mut(block).insts.retain(|inst| !gone(inst));
}

/// Puts an instruction that makes `value` in front of `before`, with its origin.
fn insert(function: &mut Function, block: Block, before: Inst, value: Value, kind: InstKind) {
    let inst = Inst(function.insts.len() as u32);
    function.values[value.0 as usize].def = Some(inst);
    let origin = function.inst(before).origin;
    function.insts.push(InstData { result: Some(value), kind, origin });
    let insts = &mut function.block_mut(block).insts;
    let at = insts.iter().position(|inst| *inst == before).unwrap_or(insts.len());
    insts.insert(at, inst);
}
