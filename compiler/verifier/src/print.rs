//! States in the notation of the kernel's log.

use std::fmt::Write;

use gobpf_bpf::Object;

use crate::bounds::Bounds;
use crate::dialect::Dialect;
use crate::state::{Byte, ID_WITH_OFFSET, Kind, Live, Reg, Slot, State};
use crate::tnum::Tnum;

/// One line: every register and stack slot that holds something.
pub(crate) fn state(state: &State, object: &Object, dialect: Dialect) -> String {
    let mut line = String::new();
    for (number, reg) in state.top.regs.iter().enumerate() {
        if reg.kind != Kind::NOT_INIT {
            let value = register(reg, object, dialect);
            let _ = write!(line, " R{number}{}={value}", live(reg.live, dialect));
        }
    }
    for (index, slot) in state.top.stack.iter().enumerate() {
        if slot.bytes.iter().any(|byte| *byte != Byte::Invalid) {
            let off = -8 * (index as i64 + 1);
            let value = stack_slot(slot, object, dialect);
            let _ = write!(line, " fp{off}{}={value}", live(slot.spilled.live, dialect));
        }
    }
    line.trim_start().to_owned()
}

fn live(live: Live, dialect: Dialect) -> &'static str {
    match (dialect, live.written) {
        (Dialect::V6_18, _) | (_, false) => "",
        _ => "_w",
    }
}

fn byte(byte: Byte) -> char {
    match byte {
        Byte::Invalid => '?',
        Byte::Spill => 'r',
        Byte::Misc => 'm',
        Byte::Zero => '0',
        Byte::Dynptr => 'd',
        Byte::Iter => 'i',
        Byte::Irq => 'f',
    }
}

fn stack_slot(slot: &Slot, object: &Object, dialect: Dialect) -> String {
    let bytes: String = slot.bytes.iter().map(|kind| byte(*kind)).collect();
    if !slot.is_spill() {
        return bytes;
    }
    let reg = &slot.spilled;
    if dialect != Dialect::V6_1 {
        let before: String = bytes.chars().take_while(|byte| *byte != 'r').collect();
        return format!("{before}{}", register(reg, object, dialect));
    }
    let name = if reg.is_scalar() { String::new() } else { reg.kind.name_6_1() };
    let precise = if reg.is_scalar() && reg.precise { "P" } else { "" };
    match reg.as_const() {
        Some(value) => format!("{precise}{}", value as i64),
        None => format!("{name}{precise}"),
    }
}

fn register(reg: &Reg, object: &Object, dialect: Dialect) -> String {
    match dialect {
        Dialect::V6_1 => register_6_1(reg, object),
        _ => register_6_12(reg, object),
    }
}

/// 6.1 prints most fields, in decimal.
fn register_6_1(reg: &Reg, object: &Object) -> String {
    let precise = if reg.is_scalar() && reg.precise { "P" } else { "" };
    if let (Kind::SCALAR | Kind::STACK, Some(value)) = (reg.kind, reg.bounds.as_const()) {
        let name = if reg.kind == Kind::STACK { "fp" } else { "" };
        return format!("{precise}{name}{}", (value as i64).wrapping_add(i64::from(reg.off)));
    }
    let mut fields = Vec::new();
    if reg.id != 0 {
        fields.push(format!("id={}", reg.id));
    }
    if reg.kind != Kind::SCALAR {
        fields.push(format!("off={}", reg.off));
    }
    if reg.kind.is_packet() {
        fields.push(format!("r={}", reg.range));
    }
    fields.extend(map_sizes(reg, object));
    match reg.bounds.as_const() {
        Some(value) => fields.push(format!("imm={value:x}")),
        None => ranges_6_1(&reg.bounds, &mut fields),
    }
    format!("{precise}{}({})", reg.kind.name(), fields.join(","))
}

fn ranges_6_1(bounds: &Bounds, fields: &mut Vec<String>) {
    let mut push = |shown: bool, name: &str, value: String| {
        if shown {
            fields.push(format!("{name}={value}"));
        }
    };
    let b = bounds;
    push(b.smin as u64 != b.umin && b.smin != i64::MIN, "smin", b.smin.to_string());
    push(b.smax as u64 != b.umax && b.smax != i64::MAX, "smax", b.smax.to_string());
    push(b.umin != 0, "umin", b.umin.to_string());
    push(b.umax != u64::MAX, "umax", b.umax.to_string());
    push(!b.tnum.is_unknown(), "var_off", tnum(b.tnum, Dialect::V6_1));
    push(i64::from(b.smin32) != b.smin && b.smin32 != i32::MIN, "s32_min", b.smin32.to_string());
    push(i64::from(b.smax32) != b.smax && b.smax32 != i32::MAX, "s32_max", b.smax32.to_string());
    push(u64::from(b.umin32) != b.umin && b.umin32 != 0, "u32_min", (b.umin32 as i32).to_string());
    push(u64::from(b.umax32) != b.umax && b.umax32 != u32::MAX, "u32_max", (b.umax32 as i32).to_string());
}

fn map_sizes(reg: &Reg, object: &Object) -> Option<String> {
    let map = object.maps.get(reg.map?.0 as usize)?;
    let is_map = matches!(reg.kind, Kind::MAP | Kind::MAP_VALUE | Kind::MAP_VALUE_OR_NULL);
    is_map.then(|| format!("ks={},vs={}", map.key_size, map.value_size))
}

/// 6.12 and later leave out what says nothing, and print large numbers in hex.
fn register_6_12(reg: &Reg, object: &Object) -> String {
    let precise = if reg.is_scalar() && reg.precise { "P" } else { "" };
    let constant = reg.bounds.as_const();
    match (reg.kind, constant) {
        (Kind::SCALAR, Some(value)) => return format!("{precise}{}", signed(value as i64)),
        (Kind::STACK, Some(value)) => {
            return format!("fp{}", signed((value as i64).wrapping_add(i64::from(reg.off))));
        }
        _ => {}
    }
    let mut fields = Vec::new();
    if reg.id != 0 {
        let id = reg.id & !ID_WITH_OFFSET;
        let distance = if reg.id & ID_WITH_OFFSET != 0 { format!("{:+}", reg.off) } else { String::new() };
        fields.push(format!("id={id}{distance}"));
    }
    if let Some(sizes) = map_sizes(reg, object) {
        let name = reg.map.and_then(|map| object.maps.get(map.0 as usize)).map_or("", |map| &map.name);
        if !name.is_empty() {
            fields.push(format!("map={}", name.get(..15).unwrap_or(name)));
        }
        fields.push(sizes);
    }
    if reg.kind != Kind::SCALAR && reg.off != 0 {
        fields.push(format!("off={}", signed(i64::from(reg.off))));
    }
    if reg.kind.is_packet() {
        fields.push(format!("r={}", unsigned(i64::from(reg.range) as u64)));
    }
    match constant {
        Some(0) => {}
        Some(value) => fields.push(format!("imm={}", signed(value as i64))),
        None => {
            ranges_6_12(&reg.bounds, &mut fields);
            if !reg.bounds.tnum.is_unknown() {
                fields.push(format!("var_off={}", tnum(reg.bounds.tnum, Dialect::V6_12)));
            }
        }
    }
    format!("{precise}{}({})", reg.kind.name(), fields.join(","))
}

/// Ranges with equal values share one number.
fn ranges_6_12(b: &Bounds, fields: &mut Vec<String>) {
    let low =
        |value: i32| if is_short(i64::from(value)) { i64::from(value) } else { i64::from(value as u32) };
    let mut rows = [
        ("smin", b.smin, b.smin == i64::MIN),
        ("smax", b.smax, b.smax == i64::MAX),
        ("umin", b.umin as i64, b.umin == 0),
        ("umax", b.umax as i64, b.umax == u64::MAX),
        ("smin32", low(b.smin32), b.smin32 == i32::MIN),
        ("smax32", low(b.smax32), b.smax32 == i32::MAX),
        ("umin32", i64::from(b.umin32), b.umin32 == 0),
        ("umax32", i64::from(b.umax32), b.umax32 == u32::MAX),
    ];
    let is_negative = |name: &str, value: i64| name.starts_with('s') && value < 0;
    for first in 0..rows.len() {
        let (name, value, hidden) = rows[first];
        if hidden {
            continue;
        }
        let mut names = name.to_owned();
        for row in rows.iter_mut().skip(first + 2).step_by(2) {
            if !row.2 && row.1 == value && is_negative(row.0, row.1) == is_negative(name, value) {
                row.2 = true;
                names.push('=');
                names.push_str(row.0);
            }
        }
        let number = if name.starts_with('s') { signed(value) } else { unsigned(value as u64) };
        fields.push(format!("{names}={number}"));
    }
}

fn is_short(value: i64) -> bool {
    i16::try_from(value).is_ok()
}

/// Decimal within 16 bits, else hex.
fn signed(value: i64) -> String {
    if is_short(value) { value.to_string() } else { format!("{value:#x}") }
}

fn unsigned(value: u64) -> String {
    if value <= u64::from(u16::MAX) { value.to_string() } else { format!("{value:#x}") }
}

/// A tnum as messages show it.
pub(crate) fn tnum(tnum: Tnum, dialect: Dialect) -> String {
    if tnum.is_const() && dialect != Dialect::V6_1 {
        return unsigned(tnum.value);
    }
    format!("({:#x}; {:#x})", tnum.value, tnum.mask)
}
