//! The tables of `bpf` against the kernel's own user header, where the machine has one.

use std::collections::BTreeMap;

use gobpf_bpf::tables::{HELPERS, MAPS};

const HEADER: &str = "/usr/include/linux/bpf.h";

fn header() -> Option<String> {
    let text = std::fs::read_to_string(HEADER).ok();
    if text.is_none() {
        println!("skipped: there is no {HEADER}");
    }
    text
}

#[test]
fn helpers_have_the_kernel_s_numbers() {
    let Some(header) = header() else { return };
    let mapper = header.split("BPF_FUNC_MAPPER(FN").nth(1).unwrap_or_default();
    let body = mapper.split("\n\n").next().unwrap_or_default();
    let names = body.split("FN(").skip(1).filter_map(|rest| rest.split([',', ')']).next());
    let kernel: BTreeMap<u32, &str> = (0u32..).zip(names).filter(|(number, _)| *number > 0).collect();
    assert!(kernel.len() > 150, "the header lists only {} helpers", kernel.len());
    for (number, name) in kernel {
        let row = HELPERS.iter().find(|helper| helper.id == number);
        assert_eq!(row.map(|row| row.name), Some(name), "helper {number}");
    }
}

#[test]
fn map_kinds_have_the_kernel_s_numbers() {
    let Some(header) = header() else { return };
    let body = header
        .split("enum bpf_map_type {")
        .nth(1)
        .and_then(|rest| rest.split('}').next())
        .unwrap_or_default();
    let names = body.split(',').map(str::trim).filter_map(|line| {
        let word = line.lines().last().unwrap_or(line).trim();
        word.strip_prefix("BPF_MAP_TYPE_").filter(|word| !word.contains('='))
    });
    let known: Vec<(u32, String)> = (0u32..).zip(names.map(str::to_lowercase)).collect();
    assert!(known.len() > 25, "the header lists only {} kinds of maps", known.len());
    for (number, name) in known.into_iter().skip(1) {
        let row = MAPS.iter().find(|row| row.kind.0 == number).map(|row| row.name);
        let old = row.is_some_and(|row| name == format!("{row}_deprecated"));
        assert!(old || row == Some(name.as_str()), "map kind {number} is {name}, not {row:?}");
    }
}
