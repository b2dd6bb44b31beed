//! What the programs of a run were made of.

use std::collections::BTreeMap;
use std::fmt;

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_syntax::ast::DeclKind;

use crate::grammar;
use crate::walk::{Node, walk};

/// How often each production that kernel code can have must be there in a full run.
const LEAST: u64 = 200;
/// Statements of the median program, at least.
const LEAST_STATEMENTS: usize = 40;
/// Functions of the median program, at least.
const LEAST_FUNCTIONS: usize = 3;

/// Counts over all programs.
#[derive(Default)]
pub struct Coverage {
    productions: BTreeMap<&'static str, u64>,
    features: BTreeMap<&'static str, u64>,
    statements: Vec<usize>,
    functions: Vec<usize>,
}

impl Coverage {
    /// Counts one program.
    pub fn add(&mut self, text: &str, used: &BTreeMap<&'static str, u64>) {
        let tree = SyntaxTree::parse(FileId(0), &SourceText::new(text));
        let (mut statements, mut functions) = (0, 0);
        for placed in &tree.file().decls {
            functions += usize::from(matches!(placed.decl.kind, DeclKind::Func(_)));
            walk(&placed.decl, &mut |node| statements += usize::from(matches!(node, Node::Stmt(_))));
        }
        self.statements.push(statements);
        self.functions.push(functions);
        for (name, count) in grammar::count(tree.file(), text) {
            *self.productions.entry(name).or_default() += count;
        }
        for (feature, count) in used {
            *self.features.entry(feature).or_default() += count;
        }
    }

    fn median(all: &[usize]) -> usize {
        let mut sorted = all.to_vec();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    }

    /// What is below its minimum.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for production in grammar::PRODUCTIONS.iter().filter(|production| production.in_kernel()) {
            let count = self.productions.get(production.name).copied().unwrap_or(0);
            if count < LEAST {
                missed.push(format!("{} is there {count} times, {LEAST} are wanted", production.name));
            }
        }
        let (statements, functions) = (Self::median(&self.statements), Self::median(&self.functions));
        if statements < LEAST_STATEMENTS {
            missed.push(format!(
                "the median program has {statements} statements, {LEAST_STATEMENTS} are wanted"
            ));
        }
        if functions < LEAST_FUNCTIONS {
            missed
                .push(format!("the median program has {functions} functions, {LEAST_FUNCTIONS} are wanted"));
        }
        missed
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = |f: &mut fmt::Formatter<'_>, counts: &BTreeMap<&'static str, u64>| {
            let all: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            for line in all.chunks(6) {
                writeln!(f, "  {}", line.join(", "))?;
            }
            Ok(())
        };
        writeln!(f, "productions:")?;
        columns(f, &self.productions)?;
        let wanted = grammar::PRODUCTIONS.iter().filter(|production| production.in_kernel());
        let never = wanted.map(|one| one.name).filter(|name| !self.productions.contains_key(name));
        writeln!(f, "productions that are never there: {}", never.collect::<Vec<_>>().join(", "))?;
        writeln!(f, "features:")?;
        columns(f, &self.features)?;
        writeln!(
            f,
            "the median program has {} statements and {} functions",
            Self::median(&self.statements),
            Self::median(&self.functions)
        )
    }
}
