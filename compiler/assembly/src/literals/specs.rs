//! `ebpf.ProgramSpec`, `ebpf.MapSpec` and file descriptors: what a file says of the program and the maps of a literal.

use gobpf_bpf::tables::{MapKind, ProgramKind};
use gobpf_source::Place;
use gobpf_syntax::ast::{Element, Expr, ExprKind, UnaryOp};

use super::api::{MapSpec, MapUse};
use super::constants::Value;
use super::scope::{Package, Variable};
use super::walk::Walker;

/// Chains of variables are followed no further.
const MAX_STEPS: u32 = 16;

/// A `ProgramSpec` that a literal is given to.
pub struct ProgramUse {
    /// The literal.
    pub site: Place,
    /// `Name`, where it is known.
    pub name: Option<String>,
    /// `SectionName`, where it is known.
    pub section: Option<String>,
    /// `Type`, where it is known.
    pub kind: Option<ProgramKind>,
    /// `License`, where it is known; a spec without one has the empty licence.
    pub license: Option<String>,
}

fn field<'a>(elements: &'a [Element], name: &str) -> Option<&'a Expr> {
    let is_key = |element: &&Element| matches!(element.key.as_ref().map(|key| &key.kind), Some(ExprKind::Ident(key)) if key == name);
    elements.iter().find(is_key).map(|element| &element.value)
}

/// What a `ProgramSpec` literal with `elements` says, if its instructions are a literal of this file.
pub fn program_use<'a>(walker: &Walker<'_, 'a>, elements: &'a [Element]) -> Option<ProgramUse> {
    let set_later = |name: &str| walker.known.assigned_fields.contains(&(walker.decl, name.into()));
    let text =
        |name: &str| field(elements, name).filter(|_| !set_later(name)).and_then(|expr| string(walker, expr));
    if set_later("Instructions") {
        return None;
    }
    let instructions = field(elements, "Instructions")?;
    let site = match &instructions.kind {
        ExprKind::Composite { .. } => Place { decl: walker.decl, node: instructions.id },
        _ => walker.unchanged_variable(instructions)?.place,
    };
    let license = match field(elements, "License") {
        None if !set_later("License") => Some(String::new()),
        _ => text("License"),
    };
    let kind = field(elements, "Type").filter(|_| !set_later("Type")).and_then(|expr| {
        walker
            .evaluate(|evaluator| evaluator.member_name(expr, Package::Ebpf).and_then(ProgramKind::by_cilium))
    });
    Some(ProgramUse { site, name: text("Name"), section: text("SectionName"), kind, license })
}

fn string<'a>(walker: &Walker<'_, 'a>, expr: &'a Expr) -> Option<String> {
    match walker.evaluate(|evaluator| evaluator.value(expr)) {
        Ok(Value::Str(text)) => Some(text),
        _ => None,
    }
}

/// The maps of a `CollectionSpec` literal by their names.
pub fn collection_maps<'a>(
    walker: &Walker<'_, 'a>,
    elements: &'a [Element],
) -> Vec<(String, Option<MapSpec>)> {
    let Some(Expr { kind: ExprKind::Composite { elements, .. }, .. }) = field(elements, "Maps") else {
        return Vec::new();
    };
    let entry = |element: &'a Element| {
        let name = string(walker, element.key.as_ref()?)?;
        Some((name, map_spec(walker, &element.value, true, 0)))
    };
    elements.iter().filter_map(entry).collect()
}

/// The map whose file descriptor `expr` is: the same name for the same map, and its spec where it is known.
pub fn map_use<'a>(walker: &Walker<'_, 'a>, expr: &'a Expr) -> MapUse {
    let (name, spec) = file_descriptor(walker, expr, 0);
    MapUse { name, place: Place { decl: walker.decl, node: expr.id }, spec }
}

fn file_descriptor<'a>(walker: &Walker<'_, 'a>, expr: &'a Expr, steps: u32) -> (String, Option<MapSpec>) {
    match &expr.kind {
        ExprKind::Paren(inner) => return file_descriptor(walker, inner, steps),
        ExprKind::Call { function, arguments, .. } => {
            if let (ExprKind::Selector { operand, name }, true) = (&function.kind, arguments.is_empty())
                && name.name == "FD"
            {
                return (render(operand, 0), created_map(walker, operand));
            }
            // `int(m.FD())`
            if let (ExprKind::Ident(_), [argument]) = (&function.kind, arguments.as_slice()) {
                return file_descriptor(walker, argument, steps);
            }
        }
        ExprKind::Ident(_) if steps < MAX_STEPS => {
            if let Some(Variable { init: Some(init), index: 0, .. }) = walker.unchanged_variable(expr)
                && matches!(init.kind, ExprKind::Call { .. } | ExprKind::Ident(_))
            {
                let (name, spec) = file_descriptor(walker, init, steps + 1);
                return match spec {
                    Some(_) => (name, spec),
                    None => (render(expr, 0), None),
                };
            }
        }
        _ => {}
    }
    (render(expr, 0), None)
}

/// The spec that the map in variable `expr` was created with.
fn created_map<'a>(walker: &Walker<'_, 'a>, expr: &'a Expr) -> Option<MapSpec> {
    let init = walker.unchanged_variable(expr).filter(|variable| variable.index == 0)?.init?;
    let ExprKind::Call { function, arguments, .. } = &init.kind else { return None };
    let creates = walker.evaluate(|evaluator| {
        matches!(evaluator.member_name(function, Package::Ebpf), Some("NewMap" | "NewMapWithOptions"))
    });
    map_spec(walker, arguments.first().filter(|_| creates)?, false, 0)
}

/// Reads `&ebpf.MapSpec{...}`, or a variable that holds one. `elided` accepts a literal without its type.
fn map_spec<'a>(walker: &Walker<'_, 'a>, expr: &'a Expr, elided: bool, steps: u32) -> Option<MapSpec> {
    match &expr.kind {
        ExprKind::Paren(inner) | ExprKind::Unary { op: UnaryOp::Address, operand: inner } => {
            map_spec(walker, inner, elided, steps)
        }
        ExprKind::Ident(_) if steps < MAX_STEPS => {
            map_spec(walker, walker.unchanged_variable(expr)?.init?, false, steps + 1)
        }
        ExprKind::Composite { ty, elements } => {
            let right_type = match ty {
                Some(ty) => walker.evaluate(|evaluator| evaluator.is_type(ty, Package::Ebpf, "MapSpec")),
                None => elided,
            };
            if !right_type {
                return None;
            }
            let number = |name: &str| match field(elements, name) {
                None => Some(0),
                Some(expr) => match walker.evaluate(|evaluator| evaluator.value(expr)) {
                    Ok(Value::Int(value, _)) => u32::try_from(value).ok(),
                    _ => None,
                },
            };
            let ty = field(elements, "Type")?;
            let kind = walker.evaluate(|evaluator| {
                evaluator.member_name(ty, Package::Ebpf).and_then(MapKind::by_cilium)
            })?;
            Some(MapSpec {
                kind,
                key_size: number("KeySize")?,
                value_size: number("ValueSize")?,
                max_entries: number("MaxEntries")?,
                flags: number("Flags")?,
            })
        }
        _ => None,
    }
}

/// `expr` as text, for names: identifiers, selectors, calls and indices; `...` for all else.
fn render(expr: &Expr, depth: u32) -> String {
    if depth > MAX_STEPS {
        return "...".into();
    }
    let inner = |expr: &Expr| render(expr, depth + 1);
    match &expr.kind {
        ExprKind::Ident(name) => name.to_string(),
        ExprKind::Literal { text, .. } => text.to_string(),
        ExprKind::Paren(operand) => inner(operand),
        ExprKind::Selector { operand, name } => format!("{}.{}", inner(operand), name.name),
        ExprKind::Index { operand, indices } => {
            let indices: Vec<String> = indices.iter().map(inner).collect();
            format!("{}[{}]", inner(operand), indices.join(", "))
        }
        ExprKind::Call { function, arguments, .. } => {
            let arguments: Vec<String> = arguments.iter().map(inner).collect();
            format!("{}({})", inner(function), arguments.join(", "))
        }
        // Distinct expressions must stay distinct maps.
        _ => format!("...{}", expr.id.0),
    }
}
