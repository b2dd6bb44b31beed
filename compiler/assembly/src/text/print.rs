//! The printer of `.bpf` text: what it prints is read back as the same program.

use std::fmt::Write;

use gobpf_bpf::{KernelVersion, Map};

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
    header("license", &object.license);
    if object.target != KernelVersion::DEFAULT {
        header("target", &object.target.to_string());
    }
    for map in &object.maps {
        header(&format!("map {}", map.name), &map_text(map));
    }
    for expectation in &program.expectations {
        header(&format!("expect {}", expectation.dialects.join(" ")), &expected_text(expectation));
    }
    let code = &first.code;
    let mut slot = 0u32;
    while let Some(instruction) = line(object, code, slot) {
        let _ = writeln!(text, "{slot}: {instruction}");
        slot += if code.insns.get(slot as usize).is_some_and(|insn| insn.is_load_imm64()) { 2 } else { 1 };
    }
    text
}

fn map_text(map: &Map) -> String {
    let kind = map.kind.row().map_or("unspec", |row| row.name);
    let mut text =
        format!("{kind} key={} value={} entries={}", map.key_size, map.value_size, map.max_entries);
    if map.flags != 0 {
        let _ = write!(text, " flags={:#x}", map.flags);
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
