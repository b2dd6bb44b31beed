//! After an error, what does not depend on it is still compiled and judged.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use gobpf_analysis::{
    Analysis, Cancel, Document, Emit, EmitError, KernelVersion, Options, OtherSource, Snapshot, Verdict,
};
use gobpf_source::{FileId, TextSize};

fn open(text: &str, options: Options) -> (Snapshot, Arc<Analysis>) {
    let snapshot = Document::open(FileId(0), "probe.go", text, None, Arc::new(options)).snapshot();
    let analysis = snapshot.analyse(&Cancel::new()).unwrap();
    (snapshot, analysis)
}

/// `code@line` of each diagnostic, and the names of the programs that were judged.
fn found(text: &str) -> (Vec<String>, Vec<String>) {
    let (snapshot, analysis) = open(text, Options::default());
    let place = |at| snapshot.text().line_of(at) + 1;
    let codes =
        analysis.diagnostics.iter().map(|one| format!("{}@{}", one.code, place(one.primary.range.start())));
    (codes.collect(), analysis.programs.iter().map(|program| program.name.clone()).collect())
}

const HEAD: &str = "package probe\n\nimport \"github.com/miekg/bpf\"\n\n";

/// A program that is fine, one that the kernel rejects, and `third`.
fn beside(third: &str) -> String {
    format!(
        "{HEAD}var calls = bpf.Hash[uint32, uint64]{{MaxEntries: 8}}\n\n\
         //bpf:section xdp\nfunc Fine(ctx *bpf.XDP) bpf.XDPAction {{\n\treturn bpf.XDPPass\n}}\n\n\
         //bpf:section xdp\nfunc Rejected(ctx *bpf.XDP) bpf.XDPAction {{\n\
         \t*calls.Lookup(1) = 2\n\treturn bpf.XDPPass\n}}\n\n{third}"
    )
}

#[test]
fn a_type_error_costs_the_programs_that_reach_it() {
    let third = "//bpf:section xdp\nfunc Third(ctx *bpf.XDP) bpf.XDPAction {\n\treturn through()\n}\n\n\
                 func through() bpf.XDPAction {\n\tvar x uint32 = \"text\"\n\t_ = x\n\treturn bpf.XDPPass\n}\n";
    let (codes, programs) = found(&beside(third));
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert_eq!(codes[0], "GB0401@14");
    assert_eq!(programs, ["Fine", "Rejected"]);
}

#[test]
fn an_error_in_what_a_package_declares_costs_its_users() {
    for declared in [
        "var shared uint32 = \"text\"\n",
        "const shared uint32 = \"text\"\n",
        "type T struct{ a missing }\nvar shared T\n",
    ] {
        let third = format!(
            "{declared}\n//bpf:section xdp\nfunc Third(ctx *bpf.XDP) bpf.XDPAction {{\n\t\
             y := shared\n\t_ = y\n\treturn bpf.XDPPass\n}}\n"
        );
        let (codes, programs) = found(&beside(&third));
        assert!(codes.len() > 1 && codes[0] == "GB0401@14", "{declared}: {codes:?}");
        assert_eq!(programs, ["Fine", "Rejected"], "{declared}");
    }
}

#[test]
fn what_can_not_be_compiled_costs_one_program() {
    let third = "//bpf:section xdp\nfunc Large(ctx *bpf.XDP) bpf.XDPAction {\n\tvar big [600]byte\n\t\
                 for i := range big {\n\t\tbig[i] = byte(i) + byte(bpf.KtimeGetNs())\n\t}\n\t\
                 return bpf.XDPAction(big[int(bpf.KtimeGetNs()%600)])\n}\n";
    let (codes, programs) = found(&beside(third));
    assert_eq!(codes, ["GB0401@14", "GB0602@19"]);
    assert_eq!(programs, ["Fine", "Rejected"]);
}

#[test]
fn an_error_for_the_whole_package_costs_all() {
    let (codes, programs) = found(&beside("").replacen("package", "//bpf:kernel new\npackage", 1));
    assert_eq!((codes.len(), programs.len()), (1, 0), "{codes:?}");
}

#[test]
fn nothing_is_written_for_a_file_with_an_error() {
    let text = format!(
        "{HEAD}//bpf:section xdp\nfunc Fine(ctx *bpf.XDP) bpf.XDPAction {{\n\treturn bpf.XDPPass\n}}\n\n\
                        //bpf:section xdp\nfunc Broken(ctx *bpf.XDP) bpf.XDPAction {{\n\treturn 1.5\n}}\n"
    );
    for go_errors in [true, false] {
        let (snapshot, analysis) = open(&text, Options { go_errors, ..Options::default() });
        assert_eq!(analysis.programs.len(), 1);
        assert!(analysis.has_errors());
        assert_eq!(snapshot.emit(Emit::Loader, &Cancel::new()), Err(EmitError::Diagnostics));
        assert!(snapshot.emit(Emit::Asm, &Cancel::new()).unwrap().starts_with(b"program Fine"));
        assert!(!snapshot.emit(Emit::Ir, &Cancel::new()).unwrap().is_empty());
    }
}

#[test]
fn a_syntax_error_leaves_hovers_of_what_is_whole() {
    let broken = "//bpf:section xdp\nfunc Half(ctx *bpf.XDP) bpf.XDPAction {\n\treturn bpf.XDPPass +\n}\n";
    let text = beside(broken);
    let (snapshot, analysis) = open(&text, Options::default());
    assert!(
        analysis.diagnostics.iter().all(|one| one.code.to_string() == "GB0101"),
        "{:?}",
        analysis.diagnostics
    );
    assert!(analysis.has_errors());
    assert_eq!(analysis.programs.len(), 2);
    assert!(matches!(analysis.programs[0].judged.verdict, Verdict::Accepted(_)));
    let at = |what: &str| TextSize::from(text.find(what).unwrap() as u32);
    assert!(analysis.hover(&snapshot, at("*calls.Lookup")).is_some());
    assert!(analysis.hover(&snapshot, at("bpf.XDPPass +")).is_none());
}

#[test]
fn the_kernel_is_the_callers_then_the_files_then_the_fallback() {
    let program = beside("");
    let saying = format!("//bpf:kernel 6.12\n{program}");
    let version = |minor| Some(KernelVersion::new(6, minor));
    for (text, target, fallback, expected) in [
        (&program, None, None, "6.1"),
        (&program, None, version(18), "6.18"),
        (&saying, None, version(18), "6.12"),
        (&saying, version(18), version(1), "6.18"),
    ] {
        let options = Options { target, fallback_target: fallback, ..Options::default() };
        let (_, analysis) = open(text, options);
        let text = analysis.programs[0].judged.dialect.to_string();
        assert_eq!(text, expected);
    }
}

#[test]
fn other_files_of_the_package_are_taken_in_where_they_are_missed() {
    let own = format!(
        "{HEAD}//bpf:section xdp\nfunc Drop(ctx *bpf.XDP) bpf.XDPAction {{\n\treturn verdict()\n}}\n"
    );
    let verdict = |value: &str| format!("{HEAD}func verdict() bpf.XDPAction {{\n\treturn {value}\n}}\n");
    let broken = verdict("1.5");
    for (others, expected, programs) in [
        (vec![verdict("bpf.XDPDrop")], vec![], 1),
        // Another program, a file of another package, and one that is left out of builds.
        (vec![own.clone()], vec!["GB0201"], 0),
        (vec![verdict("bpf.XDPDrop").replacen("probe", "other", 1)], vec!["GB0201"], 0),
        (vec![format!("//go:build ignore\n\n{}", verdict("bpf.XDPDrop"))], vec!["GB0201"], 0),
        (vec![broken], vec!["GB0208"], 0),
        (vec![verdict("bpf.XDPDrop +")], vec!["GB0101"], 0),
    ] {
        let source = |(number, text): (usize, &String)| OtherSource {
            name: format!("other{number}.go").into(),
            text: text.as_str().into(),
        };
        let siblings = Arc::new(move || others.iter().enumerate().map(source).collect());
        let (_, analysis) = open(&own, Options { siblings, ..Options::default() });
        let codes: Vec<_> = analysis.diagnostics.iter().map(|one| one.code.to_string()).collect();
        assert_eq!(
            (codes, analysis.programs.len()),
            (expected.iter().map(ToString::to_string).collect(), programs)
        );
    }
}

#[test]
fn what_other_files_and_packages_declare_is_found_by_every_way_to_name_it() {
    const PATH: &str = "example.com/test/shapes";
    let own = format!(
        "package probe\n\nimport (\n\t\"{PATH}\"\n\t\"github.com/miekg/bpf\"\n)\n\n\
         type count uint8\n\ntype named struct {{\n\tshapes.Box\n\tn count\n}}\n\n\
         //bpf:section xdp\nfunc Drop(ctx *bpf.XDP) bpf.XDPAction {{\n\
         \tv := named{{Box: shapes.Box{{Size: 2}}, n: 3}}\n\
         \t(*count).raise(&v.n, 1)\n\
         \treturn bpf.XDPAction(v.Size + v.Box.Size + count.twice(v.n))\n}}\n"
    );
    let source = |name: &str, text: &str| OtherSource { name: name.into(), text: text.into() };
    let methods = "package probe\n\nfunc (c *count) raise(n count) { *c += n }\n\n\
                   func (c count) twice() uint8 { return uint8(c) * 2 }\n";
    let (beside, shapes) = (
        source("methods.go", methods),
        source("shapes.go", "package shapes\n\ntype Box struct{ Size uint8 }\n"),
    );
    let options = Options {
        siblings: Arc::new(move || vec![beside.clone()]),
        packages: Arc::new(move |path| (path == PATH).then(|| Arc::from([shapes.clone()]))),
        ..Options::default()
    };
    let (_, analysis) = open(&own, options);
    let messages: Vec<_> = analysis.diagnostics.iter().map(|one| one.message.clone()).collect();
    assert_eq!((messages, analysis.programs.len()), (Vec::new(), 1));
}
