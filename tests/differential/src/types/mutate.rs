//! One mistake in a valid package.

use gobpf_tests::generate::rng::Rng;

use super::corpus::Package;
use super::sites::{Bytes, Sites};

/// What was done.
pub struct Done {
    /// Which kind of edit.
    pub operator: &'static str,
    /// The line, what stood there, and what stands there now.
    pub said: String,
}

type Edit = (Bytes, String);
type Operator = fn(&Package, &mut Rng) -> Option<Edit>;

/// The kinds of edits, each as often as its weight says.
const OPERATORS: &[(u32, &str, Operator)] = &[
    (10, "value replaced", replace_value),
    (6, "value wrapped", wrap_value),
    (8, "type replaced", replace_type),
    (5, "target replaced", replace_target),
    (5, "condition replaced", replace_condition),
    (5, "callee replaced", replace_callee),
    (7, "argument count", argument_count),
    (6, "name undefined", undefined_name),
    (5, "name replaced", other_name),
    (7, "literal replaced", replace_literal),
    (7, "statement deleted", delete_statement),
    (5, "statement repeated", repeat_statement),
    (8, "statement inserted", insert_statement),
    (4, "return changed", change_return),
    (5, "right side changed", right_side),
    (4, "left side changed", left_side),
    (6, "operator replaced", replace_operator),
    (4, "case repeated", repeat_case),
    (5, "element changed", change_element),
    (4, "field changed", change_field),
    (5, "parameter changed", change_parameter),
    (3, "declaration repeated", repeat_declaration),
    (2, "declaration deleted", delete_declaration),
    (6, "declaration inserted", insert_declaration),
    (3, "import inserted", insert_import),
    (3, "selector replaced", replace_selector),
];

const VALUES: &[&str] = &[
    "1",
    "-1",
    "0",
    "256",
    "300",
    "65536",
    "1 << 31",
    "1 << 32",
    "1 << 63",
    "1 << 64",
    "-129",
    "1.5",
    "2.0",
    "'a'",
    "\"s\"",
    "\"\"",
    "true",
    "nil",
    "undefined",
    "_",
    "uint8(1)",
    "uint64(2)",
    "int(3)",
    "int8(-4)",
    "uint32(5)",
    "uint8(256)",
    "int32(1 << 40)",
    "bool(true)",
    "[2]uint8{1, 2}",
    "[2]uint8{1, 2, 3}",
    "struct{}{}",
    "&struct{ x int }{1}",
    "func() {}",
    "1 / 0",
    "uint32",
    "len(\"abc\")",
    "len(1)",
    "cap(nil)",
    "min(1, \"a\")",
    "max()",
    "iota",
    "1 << 1.5",
    "1 << -1",
    "\"a\"[5]",
    "bpf",
    "string(65)",
    "[]byte{1}",
    "1 + \"a\"",
    "-\"a\"",
    "!1",
    "^true",
    "&1",
    "*1",
    "(1)",
];
const TYPES: &[&str] = &[
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "int",
    "uint",
    "bool",
    "string",
    "float64",
    "undefined",
    "[4]byte",
    "[]byte",
    "*uint32",
    "struct{}",
    "struct{ x, x int }",
    "[-1]int",
    "[1.5]int",
    "byte",
    "error",
    "any",
    "func()",
    "map[uint32]bool",
    "map[[]int]bool",
    "bpf.Missing",
    "bpf.XDP",
    "uintptr",
    "1",
    "[undefined]int",
    "chan int",
    "interface{ m() }",
    "interface{ ~int }",
    "comparable",
];
const TARGETS: &[&str] = &[
    "1",
    "\"s\"",
    "nil",
    "true",
    "undefined",
    "len",
    "uint32",
    "(1 + 2)",
    "_",
    "bpf",
    "bpf.XDPPass",
    "f()",
    "\"abc\"[0]",
];
const CONDITIONS: &[&str] = &[
    "1",
    "\"s\"",
    "nil",
    "0 == 0",
    "1 + 1",
    "undefined",
    "uint32(1)",
    "true && 1",
    "!0",
    "x := 1",
    "1 == \"a\"",
    "nil == nil",
];
const CALLEES: &[&str] = &[
    "1",
    "\"s\"",
    "nil",
    "true",
    "undefined",
    "len",
    "uint32",
    "bool",
    "bpf.Missing",
    "bpf.XDPPass",
    "bpf.unexported",
    "panic",
    "append",
    "(func(int) {})",
];
const LITERALS: &[&str] = &[
    "256",
    "-1",
    "65536",
    "4294967296",
    "18446744073709551616",
    "1.5",
    "'x'",
    "\"s\"",
    "0",
    "1e100",
    "1i",
    "1_000",
    "0x1p3",
    "1e3",
    "2147483648",
];
const OPERATOR_SIGNS: &[&str] =
    &["+", "-", "*", "/", "%", "&", "|", "^", "&^", "<<", ">>", "==", "!=", "<", "<=", ">", ">=", "&&", "||"];
const STATEMENTS: &[&str] = &[
    "unused := 1",
    "var unused uint32",
    "var unused, other = 1, 2",
    "const unused = 1",
    "type unused int",
    "break",
    "continue",
    "goto missing",
    "break missing",
    "continue missing",
    "fallthrough",
    "unused: ;",
    "again: for { break again }",
    "return",
    "return 1, 2, 3",
    "1 + 1",
    "len(\"a\")",
    "undefined()",
    "x := x",
    "a, b := 1",
    "a, b := 1, 2, 3",
    "var a int = \"s\"",
    "var a uint8 = 256",
    "const c uint8 = 1 << 8",
    "const c = 1 / 0",
    "if 1 { }",
    "for 1 { }",
    "for range true { }",
    "for a, b := range 3 { }",
    "for a := range 1.5 { }",
    "switch 1 { case 1: case 1: }",
    "switch { default: default: }",
    "switch true { case 1: }",
    "switch x := 1; { }",
    "var f func(); f(1)",
    "_ = nil",
    "_ := 1",
    "a, a := 1, 2",
    "1 = 2",
    "1++",
    "var p *int; p.x = 1",
    "var s struct{ x int }; s.y = 1",
    "_ = [2]int{1, 2, 3}",
    "_ = [2]int{5: 1}",
    "_ = [...]int{1, 0: 2}",
    "_ = struct{ x int }{1, 2}",
    "_ = struct{ x, y int }{x: 1, 2}",
    "_ = struct{ x int }{x: 1, x: 2}",
    "_ = struct{ x int }{z: 1}",
    "var a [2]int; a[2] = 1",
    "var a [2]int; a[-1] = 1",
    "var a [2]int; _ = a[1:0]",
    "_ = \"abc\"[1.5]",
    "_ = 1 << 100",
    "var i int = 1 << 63",
    "_ = uint8(1) + uint16(1)",
    "_ = 1 == \"a\"",
    "_ = struct{}{} < struct{}{}",
    "_ = []int{} == []int{}",
    "func() { }",
    "func() int { }()",
    "defer 1",
    "defer len(\"a\")",
    "defer uint32(1)",
    "go func() {}()",
    "goto over; var v int; _ = v; over: ;",
    "{ goto into }; { into: ; }",
    "for { continue }; return",
    "if x := 1; true { }",
    "var e error = 1",
    "var i interface{ m() } = 1",
    "_ = any(1).(int)",
    "switch any(1).(type) { }",
    "panic()",
    "panic(1, 2)",
    "copy(1, 2)",
    "delete(1)",
    "clear(1)",
    "_ = min(1, 2.5)",
    "_ = max(\"a\", 1)",
    "_ = make(int)",
    "_ = new(1)",
    "_ = append(1, 2)",
    "_ = cap(1)",
    "_ = len([2]int{}, 1)",
    "var a, b = 1",
    "_ = bpf.XDPPass.x",
    "_ = 'a' + \"b\"",
    "_ = -true",
    "_ = !1",
    "_ = ^1.5",
    "var u uint = 1; _ = 1.5 << u",
    "_ = 10 % 2.5",
    "var x, y uint8 = 1, 2; _ = x &^ y << 1.5",
];
const DECLARATIONS: &[&str] = &[
    "func unused() int { }",
    "func unused() int { for { } }",
    "func unused() int { return }",
    "var unusedGlobal int = \"s\"",
    "type loop struct{ loop }",
    "type a1 b1\n\ntype b1 a1",
    "const c1 = c2\n\nconst c2 = c1",
    "var v1 = v2\n\nvar v2 = v1",
    "func (x int) method() { }",
    "func (x missing) method() { }",
    "func (x *bpf.XDP) method() { }",
    "type g1[T any] struct{ x T }\n\nvar g2 g1",
    "func g3[T any](x T) T { return x + 1 }",
    "func init() int { return 1 }",
    "func main(x int) { }",
    "const c3",
    "const c4 int",
    "var v3",
    "type t1 struct { x int; x string }",
    "type t2 interface { m(); m() }",
    "func f1(x, x int) { }",
    "func f2() (x int, x int) { return }",
    "func f3(x ...int, y int) { }",
    "import \"fmt\"",
    "var _ = undefined",
    "type t3 [len]int",
    "const c5 uint8 = -1",
    "const c6 = 1 << 1000",
    "const (\n\tc7 = iota\n\tc8 uint8 = iota + 255\n)",
    "func f4[T int | string](x T) { }\n\nvar _ = f4[bool]",
    "func f5() { f5(1) }",
];
const IMPORTS: &[&str] = &[
    "import \"fmt\"",
    "import \"math/bits\"",
    "import b \"encoding/binary\"",
    "import \"missing/package\"",
    "import . \"math/bits\"",
    "import _ \"fmt\"",
    "import \"github.com/miekg/bpf\"",
    "import other \"github.com/miekg/bpf\"",
    "import \"unsafe\"",
    "import len \"fmt\"",
];

/// `package` with one edit.
pub fn mutate(package: &Package, rng: &mut Rng) -> (String, Done) {
    let weighted: Vec<(u32, usize)> =
        OPERATORS.iter().enumerate().map(|(index, (weight, ..))| (*weight, index)).collect();
    loop {
        let (_, operator, edit) = OPERATORS[rng.weighted(&weighted)];
        let Some((range, with)) = edit(package, rng) else { continue };
        let text = &package.text;
        let line = text[..range.start].matches('\n').count() + 1;
        let said = format!("line {line}: `{}` became `{with}`", &text[range.clone()]);
        let changed = format!("{}{with}{}", &text[..range.start], &text[range.end..]);
        return (changed, Done { operator, said });
    }
}

fn one<'a, T>(list: &'a [T], rng: &mut Rng) -> Option<&'a T> {
    list.get(rng.below(list.len()))
}

fn text<'a>(package: &'a Package, range: &Bytes) -> &'a str {
    &package.text[range.clone()]
}

/// `range` becomes one of `texts`, or what stands at one of `sites`.
fn replaced(
    package: &Package,
    range: &Bytes,
    texts: &[&str],
    sites: &[Bytes],
    rng: &mut Rng,
) -> Option<Edit> {
    let with = match rng.chance(55) {
        true => rng.pick(texts).to_owned(),
        false => text(package, one(sites, rng)?).to_owned(),
    };
    Some((range.clone(), with))
}

fn replace_value(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let sites = &package.sites.values;
    replaced(package, one(sites, rng)?, VALUES, sites, rng)
}

fn wrap_value(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.values, rng)?;
    let value = text(package, range);
    let with = match rng.below(14) {
        0 => format!("&{value}"),
        1 => format!("*{value}"),
        2 => format!("!{value}"),
        3 => format!("-{value}"),
        4 => format!("{value}()"),
        5 => format!("{value}[0]"),
        6 => format!("{value}.missing"),
        7 => format!("{}({value})", rng.pick(TYPES)),
        8 => format!("{value}[1:2]"),
        9 => format!("{value} + {}", rng.pick(VALUES)),
        10 => format!("{value} == {}", rng.pick(VALUES)),
        11 => format!("len({value})"),
        12 => format!("{value} << {}", rng.pick(VALUES)),
        _ => format!("({value})"),
    };
    Some((range.clone(), with))
}

fn replace_type(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let sites = &package.sites.types;
    replaced(package, one(sites, rng)?, TYPES, sites, rng)
}

fn replace_target(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let Sites { targets, values, .. } = &package.sites;
    replaced(package, one(targets, rng)?, TARGETS, values, rng)
}

fn replace_condition(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let Sites { conditions, values, .. } = &package.sites;
    replaced(package, one(conditions, rng)?, CONDITIONS, values, rng)
}

fn replace_callee(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let Sites { callees, .. } = &package.sites;
    replaced(package, one(callees, rng)?, CALLEES, callees, rng)
}

fn argument_count(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let (call, arguments) = one(&package.sites.arguments, rng)?;
    let end = call.end - 1..call.end - 1;
    match (rng.below(3), arguments.as_slice()) {
        (0, [.., last]) => Some((last.end..last.end, ", 1".to_owned())),
        (_, [only]) => Some((only.clone(), String::new())),
        (_, [.., before, last]) => Some((before.end..last.end, String::new())),
        (_, []) => Some((end, rng.pick(&["1", "1, 2", "nil"]).to_owned())),
    }
}

fn undefined_name(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.names, rng)?;
    Some((range.clone(), format!("{}X", text(package, range))))
}

fn other_name(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.names, rng)?;
    Some((range.clone(), one(&package.sites.known, rng)?.clone()))
}

fn replace_literal(package: &Package, rng: &mut Rng) -> Option<Edit> {
    Some((one(&package.sites.literals, rng)?.clone(), rng.pick(LITERALS).to_owned()))
}

fn delete_statement(package: &Package, rng: &mut Rng) -> Option<Edit> {
    Some((one(&package.sites.statements, rng)?.clone(), String::new()))
}

fn repeat_statement(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.statements, rng)?;
    Some((range.end..range.end, format!("\n{}", text(package, range))))
}

fn insert_statement(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let at = *one(&package.sites.blocks, rng)?;
    Some((at..at, format!("\n\t{}\n", rng.pick(STATEMENTS))))
}

fn change_return(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.returns, rng)?;
    let with = match rng.below(4) {
        0 => String::new(),
        1 => "return".to_owned(),
        2 => format!("{}, 1", text(package, range)),
        _ => format!("return {}", rng.pick(VALUES)),
    };
    Some((range.clone(), with))
}

fn right_side(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.right_sides, rng)?;
    match rng.chance(60) {
        true => Some((range.end..range.end, format!(", {}", rng.pick(VALUES)))),
        false => Some((range.clone(), format!("{0}, {0}", text(package, range)))),
    }
}

fn left_side(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.left_sides, rng)?;
    let with = rng.pick(&[", more", ", _", ", more, _"]);
    Some((range.end..range.end, with.to_owned()))
}

fn replace_operator(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.operators, rng)?;
    let before = text(package, range);
    let sign = before.trim();
    let start = range.start + before.find(sign)?;
    Some((start..start + sign.len(), rng.pick(OPERATOR_SIGNS).to_owned()))
}

fn repeat_case(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.cases, rng)?;
    Some((range.end..range.end, format!("\n{}", text(package, range))))
}

fn change_element(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.elements, rng)?;
    match rng.below(4) {
        0 => Some((range.end..range.end, format!(", {}", text(package, range)))),
        1 => Some((range.clone(), rng.pick(VALUES).to_owned())),
        2 => Some((range.start..range.start, rng.pick(&["missing: ", "100: ", "0: ", "\"s\": "]).to_owned())),
        _ => Some((range.end..range.end, ", 1".to_owned())),
    }
}

fn change_field(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.fields, rng)?;
    match rng.chance(50) {
        true => Some((range.end..range.end, format!("\n{}", text(package, range)))),
        false => Some((range.clone(), String::new())),
    }
}

fn change_parameter(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.parameters, rng)?;
    match rng.below(3) {
        0 => Some((range.end..range.end, format!(", {}", text(package, range)))),
        1 => Some((range.end..range.end, ", more int".to_owned())),
        _ => Some((range.clone(), String::new())),
    }
}

fn repeat_declaration(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let range = one(&package.sites.declarations, rng)?;
    Some((range.end..range.end, format!("\n\n{}", text(package, range))))
}

fn delete_declaration(package: &Package, rng: &mut Rng) -> Option<Edit> {
    Some((one(&package.sites.declarations, rng)?.clone(), String::new()))
}

fn insert_declaration(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let end = package.text.len();
    Some((end..end, format!("\n{}\n", rng.pick(DECLARATIONS))))
}

fn insert_import(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let at = package.sites.head;
    Some((at..at, format!("\n{}\n", rng.pick(IMPORTS))))
}

fn replace_selector(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let sites = &package.sites.selectors;
    let range = one(sites, rng)?;
    let with = match rng.below(3) {
        0 => "missing".to_owned(),
        1 => "unexported".to_owned(),
        _ => text(package, one(sites, rng)?).to_owned(),
    };
    Some((range.clone(), with))
}
