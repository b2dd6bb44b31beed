//! The examples on the pages of this room's codes give these codes.
#![allow(clippy::unwrap_used, clippy::panic)]

use gobpf_assembly::{find, text};
use gobpf_diagnostics::codes::{self, Code};
use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;

const FILE: FileId = FileId(0);

/// The first block in `language` of the page of `code`.
fn example(code: Code, language: &str) -> &'static str {
    let page = code.page().unwrap().text;
    let block =
        page.split(&format!("```{language}\n")).nth(1).unwrap_or_else(|| panic!("{code} has no example"));
    block.split("```").next().unwrap()
}

#[test]
fn go_examples_give_their_code() {
    for code in [codes::GB0701, codes::GB0702, codes::GB0703, codes::GB0705, codes::GB0706] {
        let tree = SyntaxTree::parse(FILE, &SourceText::new(example(code, "go")));
        assert!(tree.diagnostics().is_empty(), "{code}: {:#?}", tree.diagnostics());
        let found: Vec<Code> =
            find(tree.file()).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(found, [code]);
    }
}

#[test]
fn text_examples_give_their_code_and_their_fixes_are_read() {
    for code in [codes::GB0801, codes::GB0802] {
        let errors = text::parse(FILE, example(code, "bpf")).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), [code]);
        let fixed = code.page().unwrap().text.split("## Fix").nth(1).unwrap();
        let fixed = fixed.split("```bpf\n").nth(1).unwrap().split("```").next().unwrap();
        assert!(text::parse(FILE, fixed).is_ok(), "{fixed}");
    }
}
