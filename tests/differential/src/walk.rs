//! A walk over a declaration of the AST: every node once, with the part that it plays.

use gobpf_syntax::ast::{
    Block, CaseClause, Decl, DeclKind, Element, Expr, ExprKind, Field, FuncDecl, Signature, Stmt, StmtKind,
    TypeSpec, VarSpec,
};

/// The part that an expression plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A value that is used.
    Value,
    /// What is certainly a type.
    Type,
    /// Something that is assigned to.
    Target,
    /// A condition.
    Condition,
    /// What is called, which may be a type.
    Callee,
    /// An argument of a call, which may be a type.
    Argument,
    /// A name that is declared by `:=`.
    Declared,
    /// A statement of its own.
    Statement,
}

/// A node.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A statement.
    Stmt(&'a Stmt),
    /// An expression or a type.
    Expr(&'a Expr, Role),
    /// A field of a struct.
    StructField(&'a Field),
    /// A parameter, result, receiver or type parameter.
    Parameter(&'a Field),
    /// An element of an interface.
    InterfaceElement(&'a Field),
    /// Parameters and results.
    Signature(&'a Signature),
    /// Statements in braces.
    Block(&'a Block),
    /// A clause of a switch.
    Case(&'a CaseClause),
    /// An element of a composite literal.
    Element(&'a Element),
    /// A line of a `type` declaration.
    Type(&'a TypeSpec),
    /// A line of a `var` declaration.
    Var(&'a VarSpec),
    /// A function or method.
    Func(&'a FuncDecl),
}

/// Gives all nodes of `decl` to `visit`, each before its parts.
pub fn walk<'a>(decl: &'a Decl, visit: &mut dyn FnMut(Node<'a>)) {
    let mut walker = Walker { visit };
    match &decl.kind {
        DeclKind::Package(_) | DeclKind::Import(_) | DeclKind::Bad(_) => {}
        DeclKind::Const(specs) => {
            for spec in specs {
                walker.optional(spec.ty.as_ref(), Role::Type);
                walker.all(&spec.values, Role::Value);
            }
        }
        DeclKind::Type(specs) => walker.types(specs),
        DeclKind::Var(specs) => walker.vars(specs),
        DeclKind::Func(func) => {
            (walker.visit)(Node::Func(func));
            func.receiver.iter().for_each(|field| walker.parameter(field));
            func.type_params.iter().for_each(|field| walker.parameter(field));
            walker.signature(&func.signature);
            func.body.iter().for_each(|body| walker.block(body));
        }
    }
}

struct Walker<'v, 'a> {
    visit: &'v mut dyn FnMut(Node<'a>),
}

impl<'a> Walker<'_, 'a> {
    fn optional(&mut self, expr: Option<&'a Expr>, role: Role) {
        expr.into_iter().for_each(|expr| self.expr(expr, role));
    }

    fn all(&mut self, exprs: &'a [Expr], role: Role) {
        exprs.iter().for_each(|expr| self.expr(expr, role));
    }

    fn types(&mut self, specs: &'a [TypeSpec]) {
        for spec in specs {
            (self.visit)(Node::Type(spec));
            spec.type_params.iter().for_each(|field| self.parameter(field));
            self.expr(&spec.ty, Role::Type);
        }
    }

    fn vars(&mut self, specs: &'a [VarSpec]) {
        for spec in specs {
            (self.visit)(Node::Var(spec));
            self.optional(spec.ty.as_ref(), Role::Type);
            self.all(&spec.values, Role::Value);
        }
    }

    fn parameter(&mut self, field: &'a Field) {
        (self.visit)(Node::Parameter(field));
        self.expr(&field.ty, Role::Type);
    }

    fn signature(&mut self, signature: &'a Signature) {
        (self.visit)(Node::Signature(signature));
        signature.params.iter().chain(&signature.results).for_each(|field| self.parameter(field));
    }

    fn block(&mut self, block: &'a Block) {
        (self.visit)(Node::Block(block));
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn boxed(&mut self, stmt: Option<&'a Stmt>) {
        stmt.into_iter().for_each(|stmt| self.stmt(stmt));
    }

    fn cases(&mut self, cases: &'a [CaseClause], role: Role) {
        for case in cases {
            (self.visit)(Node::Case(case));
            case.values.iter().for_each(|values| self.all(values, role));
            case.body.iter().for_each(|stmt| self.stmt(stmt));
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        (self.visit)(Node::Stmt(stmt));
        match &stmt.kind {
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch { .. } => {}
            StmtKind::Const(specs) => {
                for spec in specs {
                    self.optional(spec.ty.as_ref(), Role::Type);
                    self.all(&spec.values, Role::Value);
                }
            }
            StmtKind::Type(specs) => self.types(specs),
            StmtKind::Var(specs) => self.vars(specs),
            StmtKind::Labeled { stmt, .. } => self.stmt(stmt),
            StmtKind::Expr(expr) => self.expr(expr, Role::Statement),
            StmtKind::Send { channel, value } => {
                self.expr(channel, Role::Value);
                self.expr(value, Role::Value);
            }
            StmtKind::IncDec { operand, .. } => self.expr(operand, Role::Target),
            StmtKind::Assign { lhs, rhs, .. } => {
                self.all(lhs, Role::Target);
                self.all(rhs, Role::Value);
            }
            StmtKind::ShortVar { lhs, rhs } => {
                self.all(lhs, Role::Declared);
                self.all(rhs, Role::Value);
            }
            StmtKind::Go(call) | StmtKind::Defer(call) => self.expr(call, Role::Statement),
            StmtKind::Return(values) => self.all(values, Role::Value),
            StmtKind::Block(block) => self.block(block),
            _ => self.control(stmt),
        }
    }

    fn control(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::If { init, cond, then, otherwise } => {
                self.boxed(init.as_deref());
                self.expr(cond, Role::Condition);
                self.block(then);
                self.boxed(otherwise.as_deref());
            }
            StmtKind::Switch { init, tag, cases } => {
                self.boxed(init.as_deref());
                self.optional(tag.as_ref(), Role::Value);
                self.cases(cases, if tag.is_some() { Role::Value } else { Role::Condition });
            }
            StmtKind::TypeSwitch { init, operand, cases, .. } => {
                self.boxed(init.as_deref());
                self.expr(operand, Role::Value);
                self.cases(cases, Role::Type);
            }
            StmtKind::Select(clauses) => {
                for clause in clauses {
                    self.boxed(clause.comm.as_deref());
                    clause.body.iter().for_each(|stmt| self.stmt(stmt));
                }
            }
            StmtKind::For { init, cond, post, body } => {
                self.boxed(init.as_deref());
                self.optional(cond.as_ref(), Role::Condition);
                self.boxed(post.as_deref());
                self.block(body);
            }
            StmtKind::Range { key, value, define, operand, body } => {
                let role = if *define { Role::Declared } else { Role::Target };
                self.optional(key.as_ref(), role);
                self.optional(value.as_ref(), role);
                self.expr(operand, Role::Value);
                self.block(body);
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &'a Expr, role: Role) {
        (self.visit)(Node::Expr(expr, role));
        let inner = if role == Role::Type { Role::Type } else { Role::Value };
        match &expr.kind {
            ExprKind::Bad | ExprKind::Ident(_) | ExprKind::Literal { .. } => {}
            ExprKind::Composite { ty, elements } => {
                self.optional(ty.as_deref(), Role::Type);
                for element in elements {
                    (self.visit)(Node::Element(element));
                    self.optional(element.key.as_ref(), Role::Value);
                    self.expr(&element.value, Role::Value);
                }
            }
            ExprKind::Func { signature, body } => {
                self.signature(signature);
                self.block(body);
            }
            ExprKind::Paren(operand) => self.expr(operand, role),
            ExprKind::Star(operand) => self.expr(operand, inner),
            ExprKind::Selector { operand, .. } | ExprKind::Unary { operand, .. } => self.expr(operand, inner),
            ExprKind::Index { operand, indices } => {
                self.expr(operand, inner);
                self.all(indices, inner);
            }
            ExprKind::Slice { operand, low, high, max } => {
                self.expr(operand, Role::Value);
                let bounds = [low, high, max];
                bounds.into_iter().for_each(|bound| self.optional(bound.as_deref(), Role::Value));
            }
            ExprKind::TypeAssert { operand, ty } => {
                self.expr(operand, Role::Value);
                self.expr(ty, Role::Type);
            }
            ExprKind::Call { function, arguments, .. } => {
                self.expr(function, Role::Callee);
                self.all(arguments, Role::Argument);
            }
            ExprKind::Binary { left, right, .. } => {
                self.expr(left, inner);
                self.expr(right, inner);
            }
            _ => self.ty(expr),
        }
    }

    fn ty(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::ArrayType { length, element } => {
                self.expr(length, Role::Value);
                self.expr(element, Role::Type);
            }
            ExprKind::SliceType(element) => self.expr(element, Role::Type),
            ExprKind::StructType(fields) => {
                for field in fields {
                    (self.visit)(Node::StructField(field));
                    self.expr(&field.ty, Role::Type);
                }
            }
            ExprKind::InterfaceType(elements) => {
                for element in elements {
                    (self.visit)(Node::InterfaceElement(element));
                    self.expr(&element.ty, Role::Type);
                }
            }
            ExprKind::MapType { key, value } => {
                self.expr(key, Role::Type);
                self.expr(value, Role::Type);
            }
            ExprKind::ChanType { element, .. } => self.expr(element, Role::Type),
            ExprKind::FuncType(signature) => self.signature(signature),
            ExprKind::Ellipsis(element) => self.optional(element.as_deref(), Role::Type),
            _ => {}
        }
    }
}
