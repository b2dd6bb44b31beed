//! What is said about text that is not Go, and about directives. The lines and words were checked against `gofmt -e`.
#![allow(clippy::unwrap_used, clippy::panic)]

use expect_test::{Expect, expect};
use gobpf_source::{Encoding, FileId, SourceText};
use gobpf_syntax::{SyntaxTree, print};

fn check(go: &str, expected: Expect) {
    let text = SourceText::new(go);
    let tree = SyntaxTree::parse(FileId(0), &text);
    let mut out = String::new();
    for diagnostic in tree.diagnostics() {
        let at = text.position(diagnostic.primary.range.start(), Encoding::Utf8);
        out += &format!("{}:{} {} {}\n", at.line + 1, at.column + 1, diagnostic.code, diagnostic.message);
        for label in &diagnostic.labels {
            let at = text.position(label.span.range.start(), Encoding::Utf8);
            out += &format!("  {}:{} {}\n", at.line + 1, at.column + 1, label.message);
        }
        for help in &diagnostic.help {
            out += &format!("  help: {help}\n");
        }
        for fix in &diagnostic.fixes {
            out += &format!("  fix: {}\n", fix.title);
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn files_without_a_beginning() {
    check(
        "",
        expect![[r#"
        1:1 GB0101 expected 'package', found 'EOF'
          help: a Go file begins with its package clause, such as `package main`
    "#]],
    );
    check(
        "// nothing\n",
        expect![[r#"
        1:11 GB0101 expected 'package', found 'EOF'
          help: a Go file begins with its package clause, such as `package main`
    "#]],
    );
    check(
        "func main() {}\n",
        expect![[r#"
        1:1 GB0101 expected 'package', found 'func'
    "#]],
    );
    check(
        "\u{0}ELF\u{1}\u{2}",
        expect![[r#"
        1:1 GB0101 illegal character NUL
    "#]],
    );
    check(
        "package\n",
        expect![[r#"
        1:8 GB0101 expected 'IDENT', found 'EOF'
    "#]],
    );
}

#[test]
fn statements() {
    check(
        "package p\nfunc f() {\n\tx :=\n}\n",
        expect![[r#"
        4:1 GB0101 expected operand, found '}'
    "#]],
    );
    check(
        "package p\nfunc f() {\n\tif x = 1 {\n\t}\n\tfor i := 0; i < 3 {\n\t}\n}\n",
        expect![[r#"
        3:5 GB0101 expected boolean expression, found assignment (missing parentheses around composite literal?)
        5:20 GB0101 expected ';', found '{'
    "#]],
    );
    check(
        "package p\nfunc f() {\n\tfoo(a,\n\t\tb\n\t)\n\ty := 1 2\n}\n",
        expect![[r#"
            4:4 GB0101 missing ',' before newline in argument list
              help: end the line with ',' or put the closing bracket on the same line
            6:9 GB0101 expected ';', found 2
        "#]],
    );
    check(
        "package p\nfunc f()\n{\n}\n",
        expect![[r#"
        3:1 GB0101 unexpected semicolon or newline before {
          help: put the '{' at the end of the line before: a line end ends a statement
    "#]],
    );
    check(
        "package p\nfunc f() {\n\tdefer x\n\tgo (f())\n\ta.b := 1\n\t_ = a[1::2]\n\tL: M.x: y\n}\n",
        expect![[r#"
        3:9 GB0101 expression in defer must be function call
        4:5 GB0101 expression in go must not be parenthesized
        6:9 GB0101 middle index required in 3-index slice
        7:8 GB0101 illegal label declaration
    "#]],
    );
    check(
        "package p\nfunc f() {\n\ty := x.(type)\n}\n",
        expect![[r#"
        3:10 GB0101 use of .(type) outside type switch
          help: write the type, as in x.(T), or use it as `switch x.(type)`
    "#]],
    );
}

#[test]
fn declarations() {
    check(
        "package p\nx := 1\nfunc f() {}\n",
        expect![[r#"
        2:1 GB0101 expected declaration, found x
          help: outside of functions only import, const, type, var and func stand; `x := 1` is written `var x = 1` there
    "#]],
    );
    check(
        "package p\nvar x int\nimport \"fmt\"\n",
        expect![[r#"
        3:1 GB0101 imports must appear before other declarations
          help: move the import up, below the package clause
    "#]],
    );
    check(
        "package p\nfunc f(a int, string) {}\nfunc g(x ...int, y int) {}\nfunc () h() {}\n",
        expect![[r#"
        2:21 GB0101 missing parameter type
        3:10 GB0101 can only use ... with final parameter
        4:6 GB0101 method has no receiver
    "#]],
    );
    check(
        "package p\ntype T struct {\n\ta int,\n\tb string\n}\ntype U []\n",
        expect![[r#"
        3:7 GB0101 expected ';', found ','
        6:10 GB0101 expected type, found newline
    "#]],
    );
    check(
        "package p\nfunc f() {}\n}\nfunc g() {}\n",
        expect![[r#"
        3:1 GB0101 expected declaration, found '}'
          help: outside of functions only import, const, type, var and func stand; `x := 1` is written `var x = 1` there
    "#]],
    );
}

#[test]
fn a_missing_brace_is_found_at_the_next_function() {
    check(
        "package p\nfunc f() {\n\tif x {\n\t\ty()\n\nfunc g() {\n}\n\n// M is a method.\nfunc (t T) M(a int) {}\n",
        expect![[r#"
            6:6 GB0101 expected '(', found g
              3:7 this '{' is not closed
              help: close the block with '}' before the next declaration
        "#]],
    );
    check(
        "package p\nfunc f() {\n\tx()\n\n// M is a method.\nfunc (t T) M(a int) {\n}\n\nvar z = 1\n",
        expect![[r#"
            6:16 GB0101 missing ',' in argument list
              2:10 this '{' is not closed
              help: close the block with '}' before the next declaration
        "#]],
    );
    check(
        "package p\nfunc f() {\n\tx()\n",
        expect![[r#"
        3:5 GB0101 expected '}', found 'EOF'
          2:10 this '{' is not closed
    "#]],
    );
}

#[test]
fn literals() {
    check(
        "package p\nvar a = 089\nvar b = 0x\nvar c = 1__2\nvar d = 1e\n",
        expect![[r#"
        2:10 GB0101 invalid digit '8' in octal literal
        3:11 GB0101 hexadecimal literal has no digits
        4:10 GB0101 '_' must separate successive digits
        5:11 GB0101 exponent has no digits
    "#]],
    );
    check(
        "package p\nvar a = \"x\nvar b = 'ab'\nvar c = \"\\q\"\nvar d = '\\400'\n",
        expect![[r#"
        2:9 GB0101 string literal not terminated
        3:9 GB0101 illegal rune literal
        4:10 GB0101 unknown escape sequence
        5:10 GB0101 escape sequence is invalid Unicode code point
    "#]],
    );
    check(
        "package p\nvar a = `x\n",
        expect![[r#"
        2:9 GB0101 raw string literal not terminated
    "#]],
    );
    check(
        "package p\nvar a = “x”\nvar b = 1 # 2\n/* x",
        expect![[r#"
        2:9 GB0101 curly quotation mark '“' (use neutral '"')
        3:11 GB0101 illegal character U+0023 '#'
    "#]],
    );
}

#[test]
fn directives() {
    check(
        "package p\n\n//bpf:secton xdp\nfunc f() {}\n\n//gobpf:frobnicate\nfunc g() {}\n",
        expect![[r#"
        3:1 GB0102 unknown directive `//bpf:secton`
          help: did you mean `//bpf:section`?
          fix: Write `//bpf:section xdp`
        6:1 GB0102 unknown directive `//gobpf:frobnicate`
          help: directives are: section, map, noinline, global, license, kernel
    "#]],
    );
    check(
        "package p\n\n// bpf:section xdp\nfunc f() {}\n\n//BPF:map hash\nvar m map[int]int\n",
        expect![[r#"
        3:1 GB0103 misspelt directive: `// bpf:section` is an ordinary comment
          help: write `//bpf:section xdp`: small letters, no space after `//`, a colon before the name
          fix: Write `//bpf:section xdp`
        6:1 GB0103 misspelt directive: `//BPF:map` is an ordinary comment
          help: write `//bpf:map hash`: small letters, no space after `//`, a colon before the name
          fix: Write `//bpf:map hash`
    "#]],
    );
    check(
        "package p\n\n//bpf:section xdp\n\nfunc f() { //bpf:noinline\n\t//bpf:map hash\n}\n\n//bpf:license MIT\n",
        expect![[r#"
            3:1 GB0104 directive `//bpf:section` stands above nothing it can speak of
              help: put it on a line of its own directly above the declaration it speaks of, without a blank line between
            5:12 GB0104 directive `//bpf:noinline` stands above nothing it can speak of
              help: put it on a line of its own directly above the declaration it speaks of, without a blank line between
            6:2 GB0104 directive `//bpf:map` stands above nothing it can speak of
              help: put it on a line of its own directly above the declaration it speaks of, without a blank line between
            9:1 GB0104 directive `//bpf:license` stands above nothing it can speak of
              help: put it above the package clause: it speaks of the whole file
        "#]],
    );
    check(
        "//bpf:licence MIT\n\n//bpf:kernel 5.15\npackage p\n",
        expect![[r#"
        1:1 GB0102 unknown directive `//bpf:licence`
          help: did you mean `//bpf:license`?
          fix: Write `//bpf:license MIT`
    "#]],
    );
}

#[test]
fn legal_files_are_clean() {
    for go in [
        "package p",
        "\u{feff}package p\n",
        "package p\r\n\r\nfunc f() {\r\n\tx := 1\r\n\t_ = x\r\n}\r\n",
        "package p; var x = 1; func f() { x + 1 }",
        "package p\nfunc f() { switch { default: default: } }",
        include_str!("data/probe.go"),
        include_str!("data/language.go"),
    ] {
        check(go, expect![[""]]);
    }
}

#[test]
fn hostile_files_are_refused_in_bounded_time() {
    let deep = |open: &str, close: &str| {
        format!("package p\nvar x = {}a{}\n", open.repeat(100_000), close.repeat(100_000))
    };
    let nested = [
        deep("(", ")"),
        deep("!", ""),
        deep("f(", ")"),
        deep("[]T{", "}"),
        deep("func() { x := ", "}"),
        deep("a.b[0] + ", ""),
        deep("", ".x"),
        deep("", "()"),
        format!("package p\ntype T {}int\n", "[]".repeat(100_000)),
        format!("package p\nfunc f() {{ {} }}\n", "if x {".repeat(100_000)),
        format!("package p\nfunc f() {{ {} }}\n", "L: ".repeat(100_000)),
        format!("package p\nfunc f() {{ if x {{ }} {} }}\n", "else if x { }".repeat(100_000)),
        format!("package p\ntype T interface {{ {} int }}\n", "A | ".repeat(100_000)),
    ];
    for go in nested {
        let text = SourceText::new(&(go + "\nfunc after() {}\n"));
        let tree = SyntaxTree::parse(FileId(0), &text);
        let first = tree.diagnostics().first().unwrap();
        assert_eq!(first.message, "nested too deeply");
        assert_eq!(tree.diagnostics().len(), 1);
        assert!(print::file(tree.file()).contains("(func - after"));
    }
    let line = format!("package p\nvar x = []int{{{}}}\n", "1,".repeat(500_000));
    assert!(SyntaxTree::parse(FileId(0), &SourceText::new(&line)).diagnostics().is_empty());
    for noise in ["x ", "}", "{ ", "\u{0}", "`", "/*", "\" ", "func ", ") func f( "] {
        let text = SourceText::new(&format!("package p\n{}", noise.repeat(100_000)));
        let tree = SyntaxTree::parse(FileId(0), &text);
        assert!((1..=10).contains(&tree.diagnostics().len()), "{noise}");
    }
}

#[test]
fn concatenations_of_any_length_are_read() {
    let lines = "\t\"0123456789\" +\n".repeat(20_000);
    let text = SourceText::new(&format!("package p\nconst table = \"\" +\n{lines}\t\"end\"\n"));
    assert!(SyntaxTree::parse(FileId(0), &text).diagnostics().is_empty());
}

#[test]
fn pages_show_what_they_speak_of() {
    use gobpf_diagnostics::codes;
    for code in [codes::GB0101, codes::GB0102, codes::GB0103, codes::GB0104] {
        let blocks: Vec<&str> = code.page().unwrap().text.split("```go\n").skip(1).collect();
        for (index, block) in blocks.iter().enumerate() {
            let go = block.split("```").next().unwrap();
            let tree = SyntaxTree::parse(FileId(0), &SourceText::new(go));
            let found: Vec<_> = tree.diagnostics().iter().map(|found| found.code).collect();
            assert_eq!(found, if index == 0 { vec![code] } else { vec![] }, "{code} {index}");
        }
    }
}
