//! Numbers of Linux, as packages of Go have them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_types::{Import, Input, Sdk, check};

/// What is wrong with `text`: codes and messages.
fn errors(text: &str) -> Vec<String> {
    let tree = SyntaxTree::parse(FileId(0), &SourceText::new(text));
    assert!(tree.diagnostics().is_empty(), "{:?}", tree.diagnostics());
    let files = [tree.file().clone()];
    let imports = |path: &str| match path {
        "github.com/miekg/bpf" => Import::Sdk,
        path if path.contains('.') => Import::Other,
        _ => Import::Standard,
    };
    let sdk = Sdk::embedded();
    let input = Input { files: &files, sdk: &sdk, imports: &imports, packages: &|_| None, target: None };
    let shown = check(input).errors.into_iter().map(|error| {
        let shown = error.to_diagnostic(&|place| files[0].span(place));
        format!("{} {}", shown.code, shown.message)
    });
    shown.collect()
}

fn program(imports: &str, body: &str) -> String {
    format!(
        "package probe\n\nimport (\n{imports}\n\"github.com/miekg/bpf\"\n)\n\n//bpf:section xdp\nfunc Filter(ctx *bpf.XDP) \
         bpf.XDPAction {{\n{body}\nreturn bpf.XDPPass\n}}\n"
    )
}

#[test]
fn constants_of_unix_and_syscall() {
    let body = "if ctx.Data() == nil && uint32(unix.AF_INET6) == 10 {\nreturn -unix.BPF_ANY\n}\n\
                var e int32 = -int32(unix.EPERM)\nif e == -int32(syscall.EPERM) && unix.EPERM == syscall.EPERM {\n\
                return bpf.XDPDrop\n}\nvar s syscall.Signal = unix.SIGKILL\n_ = s";
    let text = program("\"golang.org/x/sys/unix\"\n\"syscall\"", body);
    assert_eq!(errors(&text), Vec::<String>::new());
}

#[test]
fn what_only_native_code_has() {
    let text = program("\"golang.org/x/sys/unix\"", "unix.Getpid()");
    assert!(errors(&text).iter().any(|error| error.starts_with("GB0312")), "{:?}", errors(&text));
    let text = program("\"syscall\"", "syscall.Getpid()");
    assert!(errors(&text).iter().any(|error| error.starts_with("GB0312")), "{:?}", errors(&text));
    let text = program("\"syscall\"", "_ = syscall.EPERM.Error()");
    assert!(errors(&text).iter().all(|error| error.starts_with("GB03")), "{:?}", errors(&text));
    let text = program("\"syscall\"", "_ = syscall.AF_INETT");
    assert_eq!(errors(&text), ["GB0201 undefined: syscall.AF_INETT"]);
    let text = program("\"syscall\"", "var x uint8 = syscall.ETH_P_IPV6\n_ = x");
    assert_eq!(
        errors(&text),
        [
            "GB0208 cannot use syscall.ETH_P_IPV6 (untyped int constant 34525) as uint8 value in variable declaration \
          (overflows)"
        ]
    );
}

/// Names and numbers of a table.
fn table(text: &'static str) -> BTreeMap<&'static str, String> {
    let lines = text.lines().filter_map(|line| line.trim().split_once(" = "));
    lines.map(|(name, value)| (name.trim(), value.trim().replace("syscall.", ""))).collect()
}

#[test]
fn both_packages_agree() {
    let syscall = table(include_str!("../std/syscall/syscall.go"));
    let unix = table(include_str!("../std/unix/unix.go"));
    let mut both = 0;
    for (name, value) in &unix {
        let Some(other) = syscall.get(name) else { continue };
        both += 1;
        assert_eq!(value, other, "{name}");
    }
    assert!(both > 700, "{both}");
}
