//! The printer of `.bpf` text: what it prints is read back as the same program.

use std::fmt::Write;

use gobpf_bpf::insn::pseudo;
use gobpf_bpf::tables::{AttachType, Section, map_flags};
use gobpf_bpf::{Code, Extern, ExternKind, Insn, KernelVersion, Map, Object, RelocationTarget, flags};

use super::instruction::{self, Value};
use super::{Expectation, Expected, TextProgram, line};

/// `program` as text: headers, then one instruction to a line.
pub fn print(program: &TextProgram) -> String {
    let object = &program.object;
    let mut text = String::new();
    let Some(first) = object.programs.first() else { return text };
    let kind = first.kind.names().map_or("unspec", |names| names.name);
    let mut header = |key: &str, value: &str| {
        let _ = writeln!(text, "# {key}: {value}");
    };
    header("kind", kind);
    if first.name != "prog" {
        header("name", &first.name);
    }
    if first.section != kind {
        header("section", &first.section);
    }
    // What the section says is said again only where it is otherwise.
    let section = Section::of(&first.section).filter(|section| section.kind == first.kind);
    if first.attach != section.map_or(AttachType::NONE, |section| section.attach) {
        header("attach", &attach_text(first.attach));
    }
    if first.hook != section.and_then(|section| section.hook_of(&first.section)) {
        header("hook", first.hook.as_deref().unwrap_or(""));
    }
    if let Some(replaced) = &first.replaces {
        let kind = replaced.kind.names().map_or("unspec", |names| names.name);
        header("replaces", &format!("{kind} {}", attach_text(replaced.attach)));
    }
    if first.flags != section.map_or(0, |section| section.flags) {
        header("flags", &flags_text(first.flags, flags::NAMES));
    }
    header("license", &object.license);
    if object.target != KernelVersion::DEFAULT {
        header("target", &object.target.to_string());
    }
    if !object.btf.is_empty() {
        let hex: String = object.btf.encode().iter().map(|byte| format!("{byte:02x}")).collect();
        header("btf", &hex);
    }
    for one in &object.externs {
        if let Some(said) = extern_text(one) {
            header(&format!("extern {}", one.name), &said);
        }
    }
    let main = first.func.map(|func| (0, func));
    let functions = first.code.subprograms.iter().filter_map(|one| Some((one.slot, one.func?)));
    for (slot, func) in main.into_iter().chain(functions) {
        header(&format!("func {slot}"), &format!("#{}", func.0));
    }
    for map in &object.maps {
        header(&format!("map {}", map.name), &map_text(object, map));
    }
    for expectation in &program.expectations {
        header(&format!("expect {}", expectation.dialects.join(" ")), &expected_text(expectation));
    }
    let code = &first.code;
    let mut slot = 0u32;
    while let Some(&insn) = code.insns.get(slot as usize) {
        let shown = line(object, code, slot).filter(|shown| reads_back(object, code, slot, shown));
        let slots = if insn.is_load_imm64() && shown.is_some() { 2 } else { 1 };
        let shown = shown.unwrap_or_else(|| raw(insn));
        let _ = writeln!(text, "{slot}: {shown}");
        slot += slots;
    }
    text
}

/// The kernel's name of an attach type, or its number.
fn attach_text(attach: AttachType) -> String {
    let row = attach.row().filter(|row| row.attach.0 != 0);
    row.map_or_else(|| attach.0.to_string(), |row| row.name.to_string())
}

/// A slot as its bytes.
fn raw(insn: Insn) -> String {
    let digits: String = insn.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(".raw {digits}")
}

/// Whether the text of the instruction at `slot` says all of it.
fn reads_back(object: &Object, code: &Code, slot: u32, shown: &str) -> bool {
    let (Ok(parsed), Some(&insn)) = (instruction::parse(shown), code.insns.get(slot as usize)) else {
        return false;
    };
    let same = |read: Insn, wanted: Insn| {
        (read.code, read.dst, read.src, read.off, read.imm)
            == (wanted.code, wanted.dst, wanted.src, wanted.off, wanted.imm)
    };
    let Some(value) = parsed.value else {
        let kfunc = matches!(code.relocation_at(slot), Some(RelocationTarget::Kfunc(_)));
        return same(parsed.insn, insn) && kfunc == parsed.kfunc.is_some();
    };
    let Some(&high) = code.insns.get(slot as usize + 1) else { return false };
    let plain = (high.code, high.dst, high.src, high.off) == (0, 0, 0, 0) && insn.off == 0;
    let full = u64::from(high.imm as u32) << 32 | u64::from(insn.imm as u32);
    let fits = match value {
        Value::Constant(value) => insn.src == 0 && value == full,
        Value::Subprogram(distance) => insn.src == pseudo::FUNC && u64::from(distance as u32) == full,
        Value::Map(state) => {
            let src = if state.offset.is_some() { pseudo::MAP_VALUE } else { pseudo::MAP_FD };
            full == 0
                && insn.src == src
                && object.maps.iter().any(|map| Some(&map.name) == state.name.as_ref())
        }
        Value::Variable(_) => full == 0 && insn.src == pseudo::BTF_ID,
    };
    plain && fits && parsed.insn.dst == insn.dst
}

/// Names of flags, with what has no name as a number.
fn flags_text(flags: u32, names: &[(&str, u32)]) -> String {
    let mut words: Vec<String> =
        names.iter().filter(|(_, flag)| flags & flag != 0).map(|(name, _)| name.to_string()).collect();
    let rest = names.iter().fold(flags, |rest, (_, flag)| rest & !flag);
    if rest != 0 || words.is_empty() {
        words.push(format!("{rest:#x}"));
    }
    words.join("|")
}

/// What is to be said of an extern beside its name.
fn extern_text(one: &Extern) -> Option<String> {
    let weak = if one.weak { "weak " } else { "" };
    let rest = match (one.kind, one.ty) {
        (ExternKind::Kfunc, _) => "kfunc".to_string(),
        (ExternKind::Symbol, _) => "symbol".to_string(),
        (ExternKind::Variable, Some(ty)) => format!("#{}", ty.0),
        (ExternKind::Variable, None) => return None,
    };
    (one.weak || one.kind != ExternKind::Kfunc).then(|| format!("{weak}{rest}"))
}

fn map_text(object: &Object, map: &Map) -> String {
    let kind = map.kind.row().map_or("unspec", |row| row.name);
    let mut text =
        format!("{kind} key={} value={} entries={}", map.key_size, map.value_size, map.max_entries);
    if map.flags != 0 {
        let _ = write!(text, " flags={}", flags_text(map.flags, map_flags::NAMES));
    }
    if map.extra != 0 {
        let _ = write!(text, " extra={:#x}", map.extra);
    }
    if let Some(inner) = map.inner.and_then(|inner| object.maps.get(inner.0 as usize)) {
        let _ = write!(text, " inner={}", inner.name);
    }
    for (word, ty) in [("key_type", map.key), ("value_type", map.value)] {
        if let Some(ty) = ty {
            let _ = write!(text, " {word}=#{}", ty.0);
        }
    }
    if let Some(contents) = &map.contents {
        if contents.frozen {
            text.push_str(" frozen");
        }
        let _ = write!(text, " data={}", quote(&contents.data));
    }
    text
}

fn expected_text(expectation: &Expectation) -> String {
    match &expectation.verdict {
        Expected::Accept { processed: None } => "accept".into(),
        Expected::Accept { processed: Some(count) } => format!("accept processed={count}"),
        Expected::Reject { insn, message } => format!("reject {insn} {}", quote(message.as_bytes())),
        Expected::Refuse { errno } => format!("refuse {errno}"),
    }
}

/// `bytes` in double quotes; what isn't printable ASCII is escaped.
fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for byte in bytes {
        match byte {
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' | b'"' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text.push('"');
    text
}
