//! Objects that no loader can be written for.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use gobpf_bpf::tables::MapKind;
use gobpf_bpf::{Insn, MapId, Reg, RelocationTarget};
use gobpf_btf::Btf;
use gobpf_loader::program;
use support::{Assembler, HELLO, hello, object, tracepoint, xdp};

#[test]
fn what_has_no_loader_is_an_error_with_its_reason() {
    let mut section = xdp("Filter", 2);
    section.kind = gobpf_bpf::tables::ProgramKind::SOCKET_FILTER;
    section.section = "socket".into();
    let signed_add = Insn { code: 0x07, off: 1, ..Insn::default() };
    let odd = Assembler::default().put(6, Insn::exit()).put(6, signed_add).code();
    let lost = Assembler::default().load(6, Reg::R1, RelocationTarget::Map(MapId(9))).code();
    let mut kind = hello("x");
    kind.maps[0].kind = MapKind(1000);
    let alone = |program| object(vec![program], vec![], Btf::default());
    for (object, reason) in [
        (object(vec![], vec![], Btf::default()), "there is no program to load"),
        (alone(section), "it is not known how to attach a program of section `socket`"),
        (alone(tracepoint("main", "a/b", odd)), "cilium/ebpf can't express its instruction 1"),
        (alone(tracepoint("main", "a/b", lost)), "its instruction 0 refers to a map that is not there"),
        (kind, "no loader can be written for map `.rodata`: kind 1000 has no name"),
    ] {
        let error = program(&object, &HELLO).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
