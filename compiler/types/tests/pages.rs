//! Every page of a code that this room reports has an example that gives that code.
#![allow(clippy::unwrap_used, clippy::panic)]

use gobpf_diagnostics::codes::PAGES;
use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_types::{Import, Input, Sdk, check};

/// Codes of this room: the other pages of their hundreds belong to syntax and to the middle end.
const OURS: &[std::ops::RangeInclusive<&str>] =
    &["GB0110"..="GB0119", "GB0200"..="GB0299", "GB0301"..="GB0324", "GB0501"..="GB0502"];

#[test]
fn examples_give_their_code() {
    let sdk = Sdk::embedded();
    let mut wrong = Vec::new();
    for page in PAGES {
        let code = page.code.to_string();
        if !OURS.iter().any(|range| range.contains(&code.as_str())) {
            continue;
        }
        let example = page.text.split("```go\n").nth(1).and_then(|rest| rest.split("```").next());
        let tree = SyntaxTree::parse(FileId(0), &SourceText::new(example.unwrap_or_default()));
        let files = [tree.file().clone()];
        let imports = |path: &str| match path {
            "github.com/miekg/bpf" => Import::Sdk,
            _ => Import::Standard,
        };
        let checked =
            check(Input { files: &files, sdk: &sdk, imports: &imports, packages: &|_| None, target: None });
        let codes: Vec<_> = checked.errors.iter().map(|error| error.code()).collect();
        if codes.is_empty() || codes.iter().any(|found| *found != page.code) {
            wrong.push(format!("{code}: {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
