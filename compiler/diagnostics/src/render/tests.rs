#![allow(clippy::unwrap_used, clippy::panic)]

use expect_test::{Expect, expect};
use gobpf_source::{FileId, SourceText, Span, TextEdit, TextRange};

use crate::codes;
use crate::diagnostic::{Diagnostic, Fix, KernelText, Severity};
use crate::render::{Format, Report};

const SOURCE: &str = "package probe\n\nfunc Count(ctx *bpf.SysEnter) int32 {\n\té, n := 1, counts.Lookup(7)\n\t\
                      _ = é\n\t*n++\n\treturn 0\n}\n";

fn span(needle: &str) -> Span {
    let start = SOURCE.find(needle).unwrap() as u32;
    Span { file: FileId(0), range: TextRange::at(start.into(), (needle.len() as u32).into()) }
}

fn nullable() -> Diagnostic {
    let mut diagnostic = Diagnostic::error(codes::GB0101, span("*n"), "`n` may be nil here")
        .label(span("counts.Lookup(7)"), "the lookup may find nothing")
        .help("check it against nil first");
    diagnostic.kernel_text = Some(KernelText {
        dialect: "6.1".into(),
        insn: 10,
        text: "R1 type=map_value_or_null expected=fp, pkt".into(),
    });
    let insert = TextRange::empty(span("*n").range.start());
    let edits = vec![TextEdit { range: insert, text: "if n == nil {\n\t\treturn 0\n\t}\n\t".into() }];
    diagnostic.fixes = vec![Fix { title: "Return when it is nil".into(), edits }];
    diagnostic
}

fn check(format: Format, diagnostics: &[Diagnostic], expected: Expect) {
    let text = SourceText::new(SOURCE);
    let files = |file: FileId| (file == FileId(0)).then_some(("probe/count.go", &text));
    let report = Report { diagnostics, checked: &[FileId(0)], files: &files };
    expected.assert_eq(&format.render(&report, false));
}

#[test]
fn full() {
    check(
        Format::Full,
        &[nullable()],
        expect![[r#"
        error[GB0101]: `n` may be nil here
         --> probe/count.go:6:2
          |
        4 |     é, n := 1, counts.Lookup(7)
          |                ---------------- the lookup may find nothing
        5 |     _ = é
        6 |     *n++
          |     ^^
          |
          = note: the verifier of Linux 6.1 says at instruction 10: R1 type=map_value_or_null expected=fp, pkt
          = help: check it against nil first
        help: Return when it is nil
          |
        6 ~     if n == nil {
        7 ~         return 0
        8 ~     }
        9 ~     *n++
          |

    "#]],
    );
}

#[test]
fn concise() {
    let hint = Diagnostic::new(Severity::Hint, codes::GB0101, span("return"), "two\nlines");
    let unknown = Span { file: FileId(9), range: TextRange::default() };
    let nowhere = Diagnostic::warning(codes::GB0101, unknown, "no file");
    check(
        Format::Concise,
        &[nullable(), hint, nowhere],
        expect![[r#"
        probe/count.go:6:2: error GB0101: `n` may be nil here
        probe/count.go:7:2: hint GB0101: two lines
        warning GB0101: no file
    "#]],
    );
}

#[test]
fn json() {
    check(
        Format::Json,
        &[],
        expect![[r#"
        []
    "#]],
    );
    check(
        Format::JsonLines,
        &[nullable()],
        expect![[r#"
        {"code":"GB0101","severity":"error","message":"`n` may be nil here","file":"probe/count.go","start":{"line":6,"column":2,"offset":92},"end":{"line":6,"column":4,"offset":94},"labels":[{"file":"probe/count.go","start":{"line":4,"column":14,"offset":66},"end":{"line":4,"column":30,"offset":82},"message":"the lookup may find nothing"}],"help":["check it against nil first"],"kernel":{"dialect":"6.1","insn":10,"text":"R1 type=map_value_or_null expected=fp, pkt"},"fixes":[{"title":"Return when it is nil","edits":[{"start":{"line":6,"column":2,"offset":92},"end":{"line":6,"column":2,"offset":92},"text":"if n == nil {\n\t\treturn 0\n\t}\n\t"}]}]}
    "#]],
    );
}

#[test]
fn github() {
    check(
        Format::Github,
        &[nullable()],
        expect![[r#"
        ::error file=probe/count.go,line=6,col=2,endColumn=4,title=GB0101::`n` may be nil here%0Aprobe/count.go:4:14: the lookup may find nothing%0Athe verifier of Linux 6.1 says at instruction 10: R1 type=map_value_or_null expected=fp, pkt%0Ahelp: check it against nil first
    "#]],
    );
}

#[test]
fn sarif() {
    let text = SourceText::new(SOURCE);
    let files = |_| Some(("probe/count.go", &text));
    let report = Report { diagnostics: &[nullable()], checked: &[FileId(0)], files: &files };
    let mut log: serde_json::Value = serde_json::from_str(&Format::Sarif.render(&report, false)).unwrap();
    // The page may be rewritten at any time.
    log["runs"][0]["tool"]["driver"]["rules"][0]["help"] = "...".into();
    expect![[r#"
        {
          "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
          "runs": [
            {
              "columnKind": "unicodeCodePoints",
              "results": [
                {
                  "fixes": [
                    {
                      "artifactChanges": [
                        {
                          "artifactLocation": {
                            "uri": "probe/count.go"
                          },
                          "replacements": [
                            {
                              "deletedRegion": {
                                "byteLength": 0,
                                "byteOffset": 92,
                                "endColumn": 2,
                                "endLine": 6,
                                "startColumn": 2,
                                "startLine": 6
                              },
                              "insertedContent": {
                                "text": "if n == nil {\n\t\treturn 0\n\t}\n\t"
                              }
                            }
                          ]
                        }
                      ],
                      "description": {
                        "text": "Return when it is nil"
                      }
                    }
                  ],
                  "level": "error",
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "probe/count.go"
                        },
                        "region": {
                          "byteLength": 2,
                          "byteOffset": 92,
                          "endColumn": 4,
                          "endLine": 6,
                          "startColumn": 2,
                          "startLine": 6
                        }
                      }
                    }
                  ],
                  "message": {
                    "text": "`n` may be nil here\nprobe/count.go:4:14: the lookup may find nothing\nthe verifier of Linux 6.1 says at instruction 10: R1 type=map_value_or_null expected=fp, pkt\nhelp: check it against nil first"
                  },
                  "relatedLocations": [
                    {
                      "id": 1,
                      "message": {
                        "text": "the lookup may find nothing"
                      },
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "probe/count.go"
                        },
                        "region": {
                          "byteLength": 16,
                          "byteOffset": 66,
                          "endColumn": 29,
                          "endLine": 4,
                          "startColumn": 13,
                          "startLine": 4
                        }
                      }
                    }
                  ],
                  "ruleId": "GB0101",
                  "ruleIndex": 0
                }
              ],
              "tool": {
                "driver": {
                  "informationUri": "https://github.com/miekg/bpf",
                  "name": "gobpf-lsp",
                  "rules": [
                    {
                      "help": "...",
                      "id": "GB0101",
                      "shortDescription": {
                        "text": "the file is not valid Go syntax"
                      }
                    }
                  ],
                  "version": "0.1.0"
                }
              }
            }
          ],
          "version": "2.1.0"
        }"#]].assert_eq(&serde_json::to_string_pretty(&log).unwrap());
}

#[test]
fn junit() {
    check(
        Format::Junit,
        &[nullable()],
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="gobpf-lsp" tests="1" failures="1" errors="0">
          <testsuite name="probe/count.go" tests="1" failures="1" errors="0" skipped="0">
            <testcase name="GB0101 at 6:2" classname="probe/count.go" file="probe/count.go" line="6">
              <failure type="error" message="`n` may be nil here">probe/count.go:6:2: `n` may be nil here&#10;probe/count.go:4:14: the lookup may find nothing&#10;the verifier of Linux 6.1 says at instruction 10: R1 type=map_value_or_null expected=fp, pkt&#10;help: check it against nil first</failure>
            </testcase>
          </testsuite>
        </testsuites>
    "#]],
    );
    check(
        Format::Junit,
        &[],
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="gobpf-lsp" tests="1" failures="0" errors="0">
          <testsuite name="probe/count.go" tests="1" failures="0" errors="0" skipped="0">
            <testcase name="no findings" classname="probe/count.go"/>
          </testsuite>
        </testsuites>
    "#]],
    );
}

#[test]
fn a_line_that_nobody_reads_is_not_shown() {
    let long = format!("var x = \"{}\"", "a".repeat(5_000_000));
    let text = SourceText::new(&long);
    let files = |_| Some(("long.go", &text));
    let at = Span { file: FileId(0), range: TextRange::at(8.into(), 5_000_000.into()) };
    let diagnostics = [Diagnostic::error(codes::GB0101, at, "too long")];
    let report = Report { diagnostics: &diagnostics, checked: &[], files: &files };
    expect![[r#"
        error[GB0101]: too long
        --> long.go:1:9

    "#]]
    .assert_eq(&Format::Full.render(&report, false));
}

#[test]
fn formats_are_named() {
    for (format, name) in Format::ALL {
        assert_eq!(name.parse(), Ok(format));
        assert_eq!(format.to_string(), name);
    }
    assert!("xml".parse::<Format>().unwrap_err().contains("json-lines"));
}
