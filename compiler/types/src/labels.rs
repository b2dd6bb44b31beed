//! Labels and `goto`, by Go's rules: which label a `goto` may name, and what it may not jump over.

use rustc_hash::FxHashMap as HashMap;

use gobpf_source::NodeId;
use gobpf_syntax::ast::{BranchKind, Stmt, StmtKind};
use smol_str::SmolStr;

use crate::context::Cx;
use crate::error::Why;

/// A block, and the index of the statement in it that leads on.
type Path = Vec<(usize, usize)>;

struct Label {
    node: NodeId,
    path: Path,
    order: usize,
}

struct Goto {
    name: SmolStr,
    node: NodeId,
    path: Path,
    order: usize,
}

/// What the labels and gotos of one function body are.
#[derive(Default)]
struct Walk {
    /// The statement at hand, and those around it.
    path: Path,
    labels: HashMap<SmolStr, Label>,
    duplicates: Vec<(SmolStr, NodeId, NodeId)>,
    gotos: Vec<Goto>,
    /// Variable declarations that stand directly in a block.
    declarations: Vec<(usize, usize, NodeId)>,
    defers: Vec<(NodeId, usize)>,
    blocks: usize,
    order: usize,
}

impl Walk {
    fn block(&mut self, stmts: &[Stmt]) {
        let block = self.blocks;
        self.blocks += 1;
        for (index, stmt) in stmts.iter().enumerate() {
            self.path.push((block, index));
            self.stmt(stmt);
            self.path.pop();
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.order += 1;
        match &stmt.kind {
            StmtKind::Labeled { label, stmt } => {
                let order = self.order;
                let new = Label { node: label.id, path: self.path.clone(), order };
                match self.labels.get(&label.name) {
                    Some(first) if label.name != "_" => {
                        self.duplicates.push((label.name.clone(), label.id, first.node));
                    }
                    _ => {
                        self.labels.insert(label.name.clone(), new);
                    }
                }
                self.stmt(stmt);
            }
            StmtKind::Branch { kind: BranchKind::Goto, label: Some(label) } => self.gotos.push(Goto {
                name: label.name.clone(),
                node: label.id,
                path: self.path.clone(),
                order: self.order,
            }),
            StmtKind::Var(_) | StmtKind::ShortVar { .. } => {
                if let Some((block, index)) = self.path.last() {
                    self.declarations.push((*block, *index, stmt.id));
                }
            }
            StmtKind::Defer(_) => self.defers.push((stmt.id, self.order)),
            StmtKind::Block(block) => self.block(&block.stmts),
            StmtKind::If { then, otherwise, .. } => {
                self.block(&then.stmts);
                if let Some(otherwise) = otherwise {
                    // An `if` or a block: it has its own scope either way.
                    self.block(std::slice::from_ref(otherwise));
                }
            }
            StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
                cases.iter().for_each(|case| self.block(&case.body));
            }
            StmtKind::Select(cases) => cases.iter().for_each(|case| self.block(&case.body)),
            StmtKind::For { body, .. } | StmtKind::Range { body, .. } => self.block(&body.stmts),
            _ => {}
        }
    }
}

/// What a function body needs to know of its labels.
#[derive(Default, Debug)]
pub(crate) struct Gotos {
    /// Labels that a `goto` names.
    pub targets: Vec<SmolStr>,
    /// All labels of the body.
    pub declared: Vec<SmolStr>,
    /// Labels that a branch names which can't.
    pub misused: Vec<SmolStr>,
    /// `defer` statements that a `goto` may reach again.
    pub repeated_defers: Vec<NodeId>,
}

impl Cx<'_, '_> {
    /// Checks the labels of a function body.
    pub fn check_labels(&mut self, body: &[Stmt]) -> Gotos {
        let mut walk = Walk::default();
        walk.block(body);
        for (name, node, first) in std::mem::take(&mut walk.duplicates) {
            let other = self.place(first);
            self.error(node, Why::LabelRepeated { label: name, other });
        }
        let declared = walk.labels.keys().cloned().collect();
        let mut gotos = Gotos { declared, ..Gotos::default() };
        for goto in &walk.gotos {
            gotos.targets.push(goto.name.clone());
            let Some(label) = walk.labels.get(&goto.name) else {
                let why = Why::LabelUndefined { label: goto.name.clone(), word: "goto" };
                self.error(goto.node, why);
                continue;
            };
            let Some((block, to)) = label.path.last().copied() else { continue };
            let Some((_, from)) = goto.path.iter().find(|(known, _)| *known == block).copied() else {
                self.error(goto.node, Why::GotoIntoBlock { label: goto.name.clone() });
                continue;
            };
            let over = walk
                .declarations
                .iter()
                .find(|(known, index, _)| *known == block && (from < *index && *index < to));
            if let Some((_, _, declaration)) = over.filter(|_| to > from) {
                let declaration = self.place(*declaration);
                self.error(goto.node, Why::GotoOverVariable { label: goto.name.clone(), declaration });
            }
            if label.order < goto.order {
                let again = walk.defers.iter().filter(|(_, at)| label.order < *at && *at < goto.order);
                gotos.repeated_defers.extend(again.map(|(node, _)| *node));
            }
        }
        gotos
    }
}
