//! The SDK's declarations agree with the tables of the kernel.
#![allow(clippy::unwrap_used, clippy::panic)]

use gobpf_bpf::tables::{Helper, MapKind};
use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_syntax::ast::{Decl, DeclKind, Directive};

/// What is in the names of helpers that are methods: those of maps.
const METHODS: &[&str] = &["map_", "ringbuf_", "tail_call", "perf_event_output"];

fn decls() -> Vec<Decl> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk");
    let mut decls = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".go") && !name.ends_with("_test.go") {
            let text = std::fs::read_to_string(&path).unwrap();
            let tree = SyntaxTree::parse(FileId(0), &SourceText::new(&text));
            assert!(tree.diagnostics().is_empty(), "{name}: {:?}", tree.diagnostics());
            decls.extend(tree.file().decls.iter().map(|placed| (*placed.decl).clone()));
        }
    }
    decls
}

fn directive<'d>(decl: &'d Decl, name: &str) -> Option<&'d Directive> {
    decl.directives.iter().find(|directive| directive.name == name)
}

/// `get_current_pid_tgid` is `GetCurrentPidTgid`.
fn go_case(name: &str) -> String {
    name.split('_')
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect()
}

#[test]
fn helpers_have_their_kernel_names() {
    let mut functions = 0;
    for decl in decls() {
        let DeclKind::Func(func) = &decl.kind else { continue };
        let Some(helper) = directive(&decl, "helper") else { continue };
        let number = helper.arguments.split_whitespace().next().unwrap().parse().unwrap();
        let helper = Helper::by_id(number).unwrap_or_else(|| panic!("no helper {number}"));
        match func.receiver {
            None => assert_eq!(func.name.name, go_case(helper.name)),
            Some(_) => assert!(METHODS.iter().any(|part| helper.name.contains(part)), "{}", func.name.name),
        }
        functions += 1;
    }
    assert!(functions > 10, "{functions}");
}

#[test]
fn map_types_are_known() {
    let mut types = 0;
    for decl in decls() {
        let DeclKind::Type(specs) = &decl.kind else { continue };
        let Some(maptype) = directive(&decl, "maptype") else { continue };
        let number = maptype.arguments.split_whitespace().next().unwrap().parse().unwrap();
        let row = MapKind(number).row().unwrap();
        assert_eq!(specs[0].name.name, row.cilium);
        types += 1;
    }
    assert!(types > 3, "{types}");
}
