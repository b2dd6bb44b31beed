//! One mistake in a valid package.

use gobpf_tests::generate::rng::Rng;

use super::corpus::Package;
use super::sites::{Bytes, Sites};
use super::texts::{
    CALLEES, CONDITIONS, DECLARATIONS, IMPORTS, LITERALS, OPERATOR_SIGNS, STATEMENTS, TARGETS, TYPES, VALUES,
};
use super::used::{USED, USED_IMPORTS};

/// What was done.
pub struct Done {
    /// Which kind of edit.
    pub operator: &'static str,
    /// The line, what stood there, and what stands there now.
    pub said: String,
}

type Edit = (Bytes, String);
type Operator = fn(&Package, &mut Rng) -> Option<Edit>;

/// Lines of an edit that are shown.
const SAID_LINES: usize = 4;

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
    (16, "statement inserted", insert_statement),
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
    (16, "declaration used", use_declaration),
    (3, "import inserted", insert_import),
    (3, "import used", use_import),
    (3, "name shadowed", shadow_name),
    (3, "selector replaced", replace_selector),
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
        let said = format!("line {line}: `{}` became `{}`", start(&text[range.clone()]), start(&with));
        let changed = format!("{}{with}{}", &text[..range.start], &text[range.end..]);
        return (changed, Done { operator, said });
    }
}

/// The first lines of `text`.
fn start(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().take(SAID_LINES).collect();
    if text.lines().nth(SAID_LINES).is_some() {
        lines.push("...");
    }
    lines.join("\n")
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

/// A declaration at the end, and a statement that uses it.
fn use_declaration(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let (declaration, statement) = USED[rng.below(USED.len())];
    let at = *one(&package.sites.blocks, rng)?;
    let rest = &package.text[at..];
    Some((at..package.text.len(), format!("\n\t{statement}\n{rest}\n{declaration}\n")))
}

/// An import, and a statement that uses it.
fn use_import(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let (import, statement) = USED_IMPORTS[rng.below(USED_IMPORTS.len())];
    let at = *one(&package.sites.blocks, rng)?;
    let head = package.sites.head;
    let between = package.text.get(head..at)?;
    Some((head..at, format!("\n{import}\n{between}\n\t{statement}\n")))
}

/// A variable with the name of something else, which hides it in the rest of a block.
fn shadow_name(package: &Package, rng: &mut Rng) -> Option<Edit> {
    let at = *one(&package.sites.blocks, rng)?;
    let name = one(&package.sites.known, rng).filter(|name| *name != "_")?;
    let value = rng.pick(VALUES);
    Some((at..at, format!("\n\t{name} := {value}; _ = {name}\n")))
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
