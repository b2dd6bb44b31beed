//! Reader and writer against each other, against the kernel's own types, and against bpftool where it is.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;
use std::time::Instant;

use gobpf_btf::{
    Bits, Btf, BtfError, EnumValue, IntEncoding, KernelBtf, Kind, Linkage, Member, Parameter,
    SectionVariable, Type, TypeId, Types, VOID,
};

const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

/// One type of each kind.
fn every_kind() -> Btf {
    let mut btf = Btf::default();
    let int = btf.push(Type::Int { name: "int".into(), size: 4, encoding: IntEncoding::Signed });
    let long = btf.push(Type::Int { name: "u64".into(), size: 8, encoding: IntEncoding::Unsigned });
    let _ = btf.push(Type::Int { name: "bool".into(), size: 1, encoding: IntEncoding::Bool });
    let array = btf.push(Type::Array { element: long, length: 7 });
    let node = TypeId(btf.len() as u32 + 2);
    let pointer = btf.push(Type::Pointer(node));
    let mut members = vec![Member::new("next", pointer, 0), Member::new("data", array, 8)];
    members.push(Member { name: "low".into(), ty: int, offset: 64, bits: Some(Bits { start: 0, size: 3 }) });
    members.push(Member { name: "high".into(), ty: int, offset: 64, bits: Some(Bits { start: 3, size: 5 }) });
    assert_eq!(btf.push(Type::Struct { name: "node".into(), size: 72, members }), node);
    let union = Type::Union { name: String::new(), size: 8, members: vec![Member::new("a", int, 0)] };
    let inner = btf.push(union);
    let members = vec![Member::new("x", int, 0), Member::new("", inner, 8)];
    let outer = btf.push(Type::Struct { name: "outer".into(), size: 16, members });
    let values =
        vec![EnumValue { name: "MINUS".into(), value: -1 }, EnumValue { name: "TWO".into(), value: 2 }];
    btf.push(Type::Enum { name: "small".into(), size: 4, signed: true, values });
    let values = vec![EnumValue { name: "BIG".into(), value: 1 << 40 }];
    btf.push(Type::Enum { name: "large".into(), size: 8, signed: false, values });
    btf.push(Type::Forward { name: "later".into(), union: false });
    let typedef = btf.push(Type::Typedef { name: "node_t".into(), target: node });
    let volatile = btf.push(Type::Volatile(typedef));
    let constant = btf.push(Type::Const(volatile));
    let tag = btf.push(Type::TypeTag { name: "rcu".into(), target: constant });
    let tagged = btf.push(Type::Pointer(tag));
    let restricted = btf.push(Type::Restrict(tagged));
    let parameters =
        vec![Parameter { name: "ctx".into(), ty: restricted }, Parameter { name: "n".into(), ty: long }];
    let prototype = btf.push(Type::Prototype { returns: int, parameters });
    let function = btf.push(Type::Function { name: "f".into(), prototype, linkage: Linkage::Global });
    let empty = btf.push(Type::Prototype { returns: VOID, parameters: Vec::new() });
    btf.push(Type::Function { name: "g".into(), prototype: empty, linkage: Linkage::Static });
    let variable = btf.push(Type::Variable { name: "v".into(), ty: outer, linkage: Linkage::Global });
    let variables = vec![SectionVariable { ty: variable, offset: 0, size: 16 }];
    btf.push(Type::Section { name: ".data".into(), size: 16, variables });
    btf.push(Type::Float { name: "double".into(), size: 8 });
    btf.push(Type::DeclTag { name: "arg:ctx".into(), target: function, component: 0 });
    btf
}

#[test]
fn what_is_written_is_read() {
    let btf = every_kind();
    let kinds: Vec<Kind> = btf.iter().map(|(_, ty)| ty.kind()).collect();
    for kind in Kind::ALL {
        assert!(kinds.contains(&kind), "{kind:?} is missing");
    }
    let bytes = btf.encode();
    assert_eq!(Btf::decode(&bytes).unwrap(), btf);
    assert_eq!(bytes, btf.encode());
    let index = KernelBtf::new(bytes).unwrap();
    assert_eq!(index.len(), btf.len());
    for (id, ty) in btf.iter() {
        assert_eq!(index.get(id).as_ref(), Some(ty));
        assert_eq!((index.kind(id), index.name(id)), (Some(ty.kind()), ty.name()));
        let members: Vec<_> = index.members(id).map(|member| (member.offset, member.bits)).collect();
        let wanted: Vec<_> = ty.members().iter().map(|member| (member.offset, member.bits)).collect();
        assert_eq!(members, wanted);
    }
    let outer = index.find("outer", Kind::Struct).unwrap();
    let found = index.member(outer, "a").unwrap();
    assert_eq!((found.member.offset, found.path), (8, vec![1, 0]));
    assert_eq!(index.size_of(index.find("v", Kind::Variable).unwrap()), Some(16));
    let function = index.find("f", Kind::Function).unwrap();
    assert_eq!(index.tags(function).collect::<Vec<_>>(), [("arg:ctx", 0)]);
}

#[test]
fn broken_bytes_are_errors() {
    let bytes = every_kind().encode();
    for length in 0..bytes.len() {
        // Cut off anywhere: an error, or (within the strings) names that are not there.
        let _ = Btf::decode(&bytes[..length]);
        let _ = KernelBtf::new(&bytes[..length]);
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0xff;
        let _ = Btf::decode(&changed);
        if let Ok(index) = KernelBtf::new(changed) {
            for id in index.ids() {
                let _ = (index.get(id), index.size_of(id), index.members(id).count());
            }
        }
    }
    assert_eq!(Btf::decode(b"\xeb\x9f\x01\x00"), Err(BtfError::Endian));
    assert_eq!(Btf::decode(b"no"), Err(BtfError::Header));
}

#[test]
fn the_kernel_s_types_survive() {
    let Ok(bytes) = std::fs::read(VMLINUX) else {
        eprintln!("skipped: there is no {VMLINUX}");
        return;
    };
    let start = Instant::now();
    let index = KernelBtf::new(bytes.clone()).unwrap();
    let indexed = start.elapsed();
    let task = index.find("task_struct", Kind::Struct).unwrap();
    let named = start.elapsed() - indexed;
    let pid = index.member(task, "pid").unwrap();
    assert_eq!(index.size_of(pid.member.ty), Some(4));
    let kfuncs = index.tagged("bpf_kfunc");
    eprintln!(
        "{} types indexed in {indexed:?}, names in {named:?}, {} kfuncs in {:?} all in all",
        index.len(),
        kfuncs.len(),
        start.elapsed()
    );
    let read = Btf::decode(&bytes).unwrap();
    assert_eq!(read.len(), index.len());
    let again = Btf::decode(&read.encode()).unwrap();
    assert!(read.iter().zip(again.iter()).all(|(one, other)| one == other));
}

#[test]
fn bpftool_reads_what_is_written() {
    let path = std::env::temp_dir().join(format!("gobpf-btf-{}.btf", std::process::id()));
    std::fs::write(&path, every_kind().encode()).unwrap();
    let output = Command::new("bpftool").args(["btf", "dump", "file"]).arg(&path).output();
    let _ = std::fs::remove_file(&path);
    let Ok(output) = output else {
        eprintln!("skipped: there is no bpftool");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "[6] STRUCT 'node' size=72 vlen=4",
        "\t'high' type_id=1 bits_offset=515 bitfield_size=5",
        "\t'MINUS' val=-1",
        "\t'BIG' val=1099511627776ULL",
        "DECL_TAG 'arg:ctx' type_id=19 component_idx=0",
        "FUNC 'f' type_id=18 linkage=global",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}
