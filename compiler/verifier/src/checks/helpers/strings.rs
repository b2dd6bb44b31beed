//! Strings that are known when the program is loaded, and formats.

use gobpf_bpf::Map;
use gobpf_bpf::tables::MapKind;

use crate::checks::encoding::RDONLY_PROG;
use crate::checks::map_value;
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault};
use crate::state::Reg;

/// `check_reg_const_str`.
pub(crate) fn check_constant(m: &mut Machine<'_>, reg: u8, value: &Reg) -> Checked {
    let map = m.map(value.map)?;
    let frozen = map.contents.as_ref().is_some_and(|contents| contents.frozen);
    if map.flags & RDONLY_PROG == 0 || !frozen {
        return Err(HelperFault::NotReadonlyMap { reg }.into());
    }
    let Some(variable) = value.bounds.as_const() else {
        return Err(HelperFault::NotConstantAddress { reg }.into());
    };
    if map.kind != MapKind::ARRAY {
        return Err(Fault::DirectUnsupported.into());
    }
    let off = i64::from(value.off);
    let rest = i64::from(map.value_size) - off;
    map_value::check(m, reg, value, off, rest, false)?;
    if map.max_entries != 1 {
        return Err(HelperFault::StringUnreadable.into());
    }
    let at = off.wrapping_add(variable as i64);
    match text(map, at) {
        Some(_) => Ok(()),
        None => Err(HelperFault::NotTerminated.into()),
    }
}

/// The string at `at` in the value of `map`, without its zero.
fn text(map: &Map, at: i64) -> Option<&[u8]> {
    let data = &map.contents.as_ref()?.data;
    let rest = data.get(usize::try_from(at).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0);
    match end {
        Some(end) => rest.get(..end),
        // What is not given is zero.
        None if data.len() < map.value_size as usize => Some(rest),
        None => None,
    }
}

/// `check_bpf_snprintf_call`: the format in R3 fits so many arguments as R5 says.
pub(super) fn check_format(m: &Machine<'_>) -> Checked {
    let (format, size) = (m.state.reg(3), m.state.reg(5));
    let bytes = size.bounds.tnum.value;
    if !bytes.is_multiple_of(8) {
        return Err(HelperFault::SilentlyRefused.into());
    }
    let map = m.map(format.map)?;
    let at = i64::from(format.off).wrapping_add(format.bounds.tnum.value as i64);
    let fits = text(map, at).is_some_and(|format| is_format(format, bytes / 8, m.rules.v4));
    if fits { Ok(()) } else { Err(HelperFault::BadFormat.into()) }
}

/// `bpf_bprintf_prepare`, of which only the verdict counts here.
fn is_format(format: &[u8], arguments: u64, allows_utf8: bool) -> bool {
    let at = |index: usize| format.get(index).copied().unwrap_or(0);
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    let ends = |byte: u8| byte == 0 || is_space(byte) || byte.is_ascii_punctuation();
    let (mut index, mut count) = (0, 0u64);
    while index < format.len() {
        let byte = at(index);
        let is_text = matches!(byte, 0x20..=0x7e) || is_space(byte) || (allows_utf8 && !byte.is_ascii());
        if !is_text {
            return false;
        }
        if byte != b'%' {
            index += 1;
            continue;
        }
        if at(index + 1) == b'%' {
            index += 2;
            continue;
        }
        if count >= arguments {
            return false;
        }
        index += 1;
        while matches!(at(index), b'0' | b'+' | b'-' | b' ') {
            index += 1;
        }
        if matches!(at(index), b'1'..=b'9') {
            while at(index).is_ascii_digit() {
                index += 1;
            }
        }
        let Some(last) = conversion(&at, &ends, index) else { return false };
        index = last + 1;
        count += 1;
    }
    true
}

/// The last byte of the conversion that starts at `index`.
fn conversion(at: &dyn Fn(usize) -> u8, ends: &dyn Fn(u8) -> bool, mut index: usize) -> Option<usize> {
    match at(index) {
        b'p' => {
            let next = at(index + 1);
            if ends(next) {
                return Some(index);
            }
            match (next, at(index + 2)) {
                (b'k' | b'u', b's') if ends(at(index + 3)) => Some(index + 2),
                (b'k' | b'u', b's') => None,
                (b'K' | b'x' | b's' | b'S' | b'B', _) => Some(index + 1),
                (b'i' | b'I', b'4' | b'6') => Some(index + 2),
                _ => None,
            }
        }
        b's' => ends(at(index + 1)).then_some(index),
        b'c' => Some(index),
        _ => {
            for _ in 0..2 {
                if at(index) == b'l' {
                    index += 1;
                }
            }
            matches!(at(index), b'i' | b'd' | b'u' | b'x' | b'X').then_some(index)
        }
    }
}
