//! The tables against the kernel's own header. Where the header is missing, each test says so and passes.
#![allow(clippy::unwrap_used, clippy::panic)]

use gobpf_bpf::tables::{HELPERS, KIND_NAMES, KINDS, MAPS};

const HEADER: &str = "/usr/include/linux/bpf.h";

fn header() -> Option<String> {
    let text = std::fs::read_to_string(HEADER).ok();
    if text.is_none() {
        eprintln!("skipped: {HEADER} is missing (package linux-libc-dev)");
    }
    text
}

/// The constants of `enum name`, without `prefix` and in small letters, that have no written value, from 0 on.
fn enumerators(text: &str, name: &str, prefix: &str) -> Vec<String> {
    let body = text.split(&format!("enum {name} {{")).nth(1).unwrap().split("};").next().unwrap();
    body.lines()
        .filter_map(|line| line.trim().strip_prefix(prefix))
        .filter(|line| !line.contains('='))
        .map(|line| line.split(',').next().unwrap().trim_end_matches("_DEPRECATED").to_lowercase())
        .filter(|name| !name.starts_with("__"))
        .collect()
}

#[test]
fn program_kinds_have_the_headers_numbers() {
    let Some(text) = header() else { return };
    for (number, name) in enumerators(&text, "bpf_prog_type", "BPF_PROG_TYPE_").iter().enumerate().skip(1) {
        let row = KIND_NAMES.iter().find(|row| row.kind.0 == number as u32);
        assert_eq!(row.map(|row| row.name), Some(name.as_str()), "number {number}");
    }
}

#[test]
fn map_kinds_have_the_headers_numbers() {
    let Some(text) = header() else { return };
    for (number, name) in enumerators(&text, "bpf_map_type", "BPF_MAP_TYPE_").iter().enumerate().skip(1) {
        let row = MAPS.iter().find(|row| row.kind.0 == number as u32);
        assert_eq!(row.map(|row| row.name), Some(name.as_str()), "number {number}");
    }
}

#[test]
fn helpers_have_the_headers_numbers() {
    let Some(text) = header() else { return };
    // Older headers count the rows, newer ones number them: `FN(unspec),` and `FN(unspec, 0, ##ctx)`.
    let rows = text.lines().filter_map(|line| line.trim().strip_prefix("FN(")?.split(')').next());
    let mut seen = 0;
    for (position, row) in rows.enumerate() {
        let mut parts = row.split(',').map(str::trim);
        let name = parts.next().unwrap();
        let id = parts.next().map_or(position as u32, |id| id.parse().unwrap());
        let helper = HELPERS.iter().find(|helper| helper.id == id);
        assert_eq!(helper.map(|helper| helper.name), (id != 0).then_some(name), "helper {id}");
        seen += 1;
    }
    eprintln!("{seen} helpers compared");
}

#[test]
fn rows_are_numbered_without_gaps() {
    for (index, row) in KIND_NAMES.iter().enumerate() {
        assert_eq!(row.kind.0 as usize, index + 1);
    }
    for (index, row) in MAPS.iter().enumerate() {
        assert_eq!(row.kind.0 as usize, index + 1);
    }
    for row in KINDS {
        let names = row.kind.names().unwrap();
        assert_eq!((row.name, row.cilium, row.since), (names.name, names.cilium, names.since));
    }
}
