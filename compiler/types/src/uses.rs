//! Which names a declaration mentions, without knowing what they mean. Native code is looked at only in this way.

use gobpf_syntax::ast::{Block, Decl, DeclKind, Expr, ExprKind, Field, FuncDecl, Signature, Stmt, StmtKind};
use rustc_hash::FxHashSet as HashSet;
use smol_str::SmolStr;

/// Names that are mentioned.
#[derive(Default, Debug)]
pub(crate) struct Uses {
    /// Names that stand alone.
    pub names: HashSet<SmolStr>,
    /// Names before a dot: packages, and variables.
    pub qualifiers: HashSet<SmolStr>,
    /// Only names of values count. Keys of literals do where the literal is of an array, a slice or a map as it is written:
    /// others may be names of fields.
    pub of_values: bool,
}

impl Uses {
    /// All that `decl` mentions.
    pub fn of(decl: &Decl) -> Uses {
        let mut uses = Uses::default();
        uses.decl(decl);
        uses
    }

    pub fn decl(&mut self, decl: &Decl) {
        match &decl.kind {
            DeclKind::Package(_) | DeclKind::Import(_) | DeclKind::Bad(_) => {}
            DeclKind::Const(specs) => {
                for spec in specs {
                    self.all(spec.ty.iter().chain(&spec.values));
                }
            }
            DeclKind::Type(specs) => {
                for spec in specs {
                    self.fields(&spec.type_params);
                    self.expr(&spec.ty);
                }
            }
            DeclKind::Var(specs) => {
                for spec in specs {
                    self.all(spec.ty.iter().chain(&spec.values));
                }
            }
            DeclKind::Func(func) => self.func(func),
        }
    }

    fn func(&mut self, func: &FuncDecl) {
        if let Some(receiver) = &func.receiver {
            self.expr(&receiver.ty);
        }
        self.fields(&func.type_params);
        self.signature(&func.signature);
        if let Some(body) = &func.body {
            self.block(body);
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for field in fields {
            self.ty(&field.ty);
        }
    }

    fn signature(&mut self, signature: &Signature) {
        self.fields(&signature.params);
        self.fields(&signature.results);
    }

    pub fn block(&mut self, block: &Block) {
        self.stmts(&block.stmts);
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    pub fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch { .. } => {}
            StmtKind::Const(specs) => {
                for spec in specs {
                    spec.ty.iter().for_each(|ty| self.ty(ty));
                    self.all(&spec.values);
                }
            }
            StmtKind::Type(specs) => specs.iter().for_each(|spec| self.ty(&spec.ty)),
            StmtKind::Var(specs) => {
                for spec in specs {
                    spec.ty.iter().for_each(|ty| self.ty(ty));
                    self.all(&spec.values);
                }
            }
            StmtKind::Labeled { stmt, .. } => self.stmt(stmt),
            StmtKind::Expr(expr) | StmtKind::Go(expr) | StmtKind::Defer(expr) => self.expr(expr),
            StmtKind::Send { channel, value } => self.all([channel, value]),
            StmtKind::IncDec { operand, .. } => self.expr(operand),
            StmtKind::Assign { lhs, rhs, .. } | StmtKind::ShortVar { lhs, rhs } => {
                self.all(lhs.iter().chain(rhs))
            }
            StmtKind::Return(values) => self.all(values),
            StmtKind::Block(block) => self.block(block),
            StmtKind::If { init, cond, then, otherwise } => {
                init.iter().chain(otherwise).for_each(|stmt| self.stmt(stmt));
                self.expr(cond);
                self.block(then);
            }
            StmtKind::Switch { init, tag, cases } => {
                init.iter().for_each(|stmt| self.stmt(stmt));
                self.all(tag);
                for case in cases {
                    self.all(case.values.iter().flatten());
                    self.stmts(&case.body);
                }
            }
            StmtKind::TypeSwitch { init, operand, cases, .. } => {
                init.iter().for_each(|stmt| self.stmt(stmt));
                self.expr(operand);
                for case in cases {
                    self.all(case.values.iter().flatten());
                    self.stmts(&case.body);
                }
            }
            StmtKind::Select(cases) => {
                for case in cases {
                    case.comm.iter().for_each(|stmt| self.stmt(stmt));
                    self.stmts(&case.body);
                }
            }
            StmtKind::For { init, cond, post, body } => {
                init.iter().chain(post).for_each(|stmt| self.stmt(stmt));
                self.all(cond);
                self.block(body);
            }
            StmtKind::Range { key, value, operand, body, .. } => {
                self.all(key.iter().chain(value));
                self.expr(operand);
                self.block(body);
            }
        }
    }

    /// What stands where a type is wanted.
    fn ty(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Ident(_) if self.of_values => {}
            ExprKind::Paren(inner) | ExprKind::Star(inner) => self.ty(inner),
            ExprKind::Index { operand, indices } if self.of_values => {
                self.ty(operand);
                indices.iter().for_each(|index| self.ty(index));
            }
            _ => self.expr(expr),
        }
    }

    pub fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Bad | ExprKind::Literal { .. } => {}
            ExprKind::Ident(name) => {
                self.names.insert(name.clone());
            }
            ExprKind::Composite { ty, elements } => {
                ty.iter().for_each(|ty| self.ty(ty));
                let has_values = ty.as_ref().is_some_and(|ty| {
                    use ExprKind::{ArrayType, MapType, SliceType};
                    matches!(ty.kind, ArrayType { .. } | SliceType(_) | MapType { .. })
                });
                for element in elements {
                    if has_values || !self.of_values {
                        self.all(&element.key);
                    }
                    self.expr(&element.value);
                }
            }
            ExprKind::Func { signature, body } => {
                self.signature(signature);
                self.block(body);
            }
            ExprKind::Selector { operand, .. } => {
                if let ExprKind::Ident(name) = &operand.kind {
                    self.qualifiers.insert(name.clone());
                }
                self.expr(operand);
            }
            ExprKind::Index { operand, indices } => {
                self.expr(operand);
                self.all(indices);
            }
            ExprKind::Slice { operand, low, high, max } => {
                self.expr(operand);
                [low, high, max].into_iter().flatten().for_each(|bound| self.expr(bound));
            }
            ExprKind::TypeAssert { operand, ty } => {
                self.expr(operand);
                self.ty(ty);
            }
            ExprKind::Call { function, arguments, .. } => {
                self.expr(function);
                self.all(arguments);
            }
            ExprKind::Paren(inner) | ExprKind::Star(inner) => self.expr(inner),
            ExprKind::SliceType(inner) => self.ty(inner),
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => self.all([&**left, &**right]),
            ExprKind::ArrayType { length, element } => {
                self.expr(length);
                self.ty(element);
            }
            ExprKind::StructType(fields) | ExprKind::InterfaceType(fields) => self.fields(fields),
            ExprKind::MapType { key, value } => {
                self.ty(key);
                self.ty(value);
            }
            ExprKind::ChanType { element, .. } => self.ty(element),
            ExprKind::FuncType(signature) => self.signature(signature),
            ExprKind::Ellipsis(inner) => inner.iter().for_each(|inner| self.expr(inner)),
        }
    }
}
