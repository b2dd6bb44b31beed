//! Where a package can be changed: ranges of its text by the part that they play.

use std::collections::BTreeSet;
use std::ops::Range;

use gobpf_source::NodeId;
use gobpf_syntax::ast::{Decl, DeclKind, ExprKind, File, PlacedDecl, StmtKind};

use crate::walk::{Node, Role, walk};

/// A range of bytes.
pub type Bytes = Range<usize>;

/// The places of a package.
#[derive(Default, Debug)]
pub struct Sites {
    /// Values that are used.
    pub values: Vec<Bytes>,
    /// Types.
    pub types: Vec<Bytes>,
    /// What is assigned to.
    pub targets: Vec<Bytes>,
    /// Conditions.
    pub conditions: Vec<Bytes>,
    /// What is called.
    pub callees: Vec<Bytes>,
    /// Arguments of a call, with all of them.
    pub arguments: Vec<(Bytes, Vec<Bytes>)>,
    /// Names that are used.
    pub names: Vec<Bytes>,
    /// Literals.
    pub literals: Vec<Bytes>,
    /// Statements.
    pub statements: Vec<Bytes>,
    /// `return` statements.
    pub returns: Vec<Bytes>,
    /// Right sides of assignments and declarations: the whole list.
    pub right_sides: Vec<Bytes>,
    /// Left sides: the whole list.
    pub left_sides: Vec<Bytes>,
    /// Between the operands of a binary expression.
    pub operators: Vec<Bytes>,
    /// Clauses of switches.
    pub cases: Vec<Bytes>,
    /// Elements of composite literals.
    pub elements: Vec<Bytes>,
    /// Fields of structs.
    pub fields: Vec<Bytes>,
    /// Parameters, results, receivers, type parameters.
    pub parameters: Vec<Bytes>,
    /// Top-level declarations, but for the package clause and imports.
    pub declarations: Vec<Bytes>,
    /// Where a block begins: behind its brace.
    pub blocks: Vec<usize>,
    /// Names behind a dot.
    pub selectors: Vec<Bytes>,
    /// Where the imports end, or the package clause.
    pub head: usize,
    /// All names that occur.
    pub known: Vec<String>,
}

/// The places of `file`.
pub fn of(file: &File) -> Sites {
    let mut sites = Sites::default();
    let mut known = BTreeSet::new();
    for placed in &file.decls {
        match &placed.decl.kind {
            DeclKind::Package(_) | DeclKind::Import(_) => sites.head = end_of(placed),
            DeclKind::Bad(_) => continue,
            _ => sites.declarations.push(placed.start.into()..end_of(placed)),
        }
        let place = Place { decl: &placed.decl, start: u32::from(placed.start) as usize };
        walk(&placed.decl, &mut |node| sites.add(place, node, &mut known));
    }
    sites.known = known.into_iter().collect();
    sites
}

fn end_of(placed: &PlacedDecl) -> usize {
    let ends = placed.decl.ranges.iter().map(|range| u32::from(range.end()));
    (u32::from(placed.start) + ends.max().unwrap_or(0)) as usize
}

#[derive(Clone, Copy)]
struct Place<'a> {
    decl: &'a Decl,
    start: usize,
}

impl Place<'_> {
    fn range(self, id: NodeId) -> Bytes {
        let range = self.decl.ranges.get(id.0 as usize).copied().unwrap_or_default();
        self.start + u32::from(range.start()) as usize..self.start + u32::from(range.end()) as usize
    }
}

fn join(first: Option<Bytes>, last: Option<Bytes>) -> Option<Bytes> {
    Some(first?.start..last?.end)
}

impl Sites {
    fn add(&mut self, place: Place<'_>, node: Node<'_>, known: &mut BTreeSet<String>) {
        let range = |id| place.range(id);
        match node {
            Node::Stmt(stmt) => {
                self.statements.push(range(stmt.id));
                let list = |exprs: &[gobpf_syntax::ast::Expr]| {
                    join(exprs.first().map(|expr| range(expr.id)), exprs.last().map(|expr| range(expr.id)))
                };
                match &stmt.kind {
                    StmtKind::Return(values) => {
                        self.returns.push(range(stmt.id));
                        self.right_sides.extend(list(values));
                    }
                    StmtKind::Assign { lhs, rhs, .. } | StmtKind::ShortVar { lhs, rhs } => {
                        self.left_sides.extend(list(lhs));
                        self.right_sides.extend(list(rhs));
                    }
                    _ => {}
                }
            }
            Node::Expr(expr, role) => self.add_expr(place, expr, role, known),
            Node::StructField(field) => self.fields.push(range(field.id)),
            Node::Parameter(field) => self.parameters.push(range(field.id)),
            Node::Block(block) => self.blocks.push(range(block.id).start + 1),
            Node::Case(case) => self.cases.push(range(case.id)),
            Node::Element(element) => {
                let start = element.key.as_ref().unwrap_or(&element.value);
                self.elements.push(range(start.id).start..range(element.value.id).end);
            }
            Node::InterfaceElement(_) | Node::Signature(_) | Node::Type(_) | Node::Var(_) | Node::Func(_) => {
            }
        }
    }

    fn add_expr(
        &mut self,
        place: Place<'_>,
        expr: &gobpf_syntax::ast::Expr,
        role: Role,
        known: &mut BTreeSet<String>,
    ) {
        let here = place.range(expr.id);
        match role {
            Role::Value | Role::Argument => self.values.push(here.clone()),
            Role::Type => self.types.push(here.clone()),
            Role::Target => self.targets.push(here.clone()),
            Role::Condition => self.conditions.push(here.clone()),
            Role::Callee => self.callees.push(here.clone()),
            Role::Declared | Role::Statement => {}
        }
        match &expr.kind {
            ExprKind::Ident(name) => {
                known.insert(name.to_string());
                if role != Role::Declared {
                    self.names.push(here);
                }
            }
            ExprKind::Literal { .. } => self.literals.push(here),
            ExprKind::Selector { name, .. } => self.selectors.push(place.range(name.id)),
            ExprKind::Binary { left, right, .. } => {
                self.operators.push(place.range(left.id).end..place.range(right.id).start);
            }
            ExprKind::Call { arguments, .. } => {
                let arguments = arguments.iter().map(|argument| place.range(argument.id)).collect();
                self.arguments.push((here, arguments));
            }
            _ => {}
        }
    }
}
