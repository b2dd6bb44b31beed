//! The AST as text, for tests and `--emit ast`: one S-expression per declaration.

use std::fmt::Write as _;

use crate::ast::{
    BranchKind, CaseClause, ChanDirection, CommClause, Decl, DeclKind, Directive, Element, Expr, ExprKind,
    Field, File, Ident, Signature, Stmt, StmtKind, UnaryOp,
};

/// The whole file.
pub fn file(file: &File) -> String {
    let mut out = String::new();
    for placed in &file.decls {
        out.push_str(&decl(&placed.decl));
        out.push('\n');
    }
    for stray in &file.stray_directives {
        let _ = writeln!(out, "(stray {})", directive(stray));
    }
    out
}

/// One declaration.
pub fn decl(decl: &Decl) -> String {
    let mut printer = Printer { out: String::new() };
    for directive in &decl.directives {
        printer.directive(directive);
    }
    match &decl.kind {
        DeclKind::Package(name) => printer.list("package", |p| p.ident(name)),
        DeclKind::Import(specs) => printer.list("import", |p| {
            for spec in specs {
                p.list("spec", |p| {
                    p.optional(spec.name.as_ref(), Printer::ident);
                    p.word(&format!("{:?}", spec.path));
                });
            }
        }),
        DeclKind::Const(specs) => printer.stmt(&StmtKind::Const(specs.clone())),
        DeclKind::Type(specs) => printer.stmt(&StmtKind::Type(specs.clone())),
        DeclKind::Var(specs) => printer.stmt(&StmtKind::Var(specs.clone())),
        DeclKind::Func(func) => printer.list("func", |p| {
            p.optional(func.receiver.as_ref(), Printer::field);
            p.ident(&func.name);
            p.fields("tparams", &func.type_params);
            p.signature(&func.signature);
            if let Some(body) = &func.body {
                p.block(&body.stmts);
            }
        }),
        DeclKind::Bad(_) => printer.word("bad"),
    }
    printer.out
}

fn directive(directive: &Directive) -> String {
    format!("//{}:{} {:?}", directive.namespace, directive.name, directive.arguments)
}

struct Printer {
    out: String,
}

impl Printer {
    fn word(&mut self, word: &str) {
        if !self.out.is_empty() && !self.out.ends_with(['(', '\n']) {
            self.out.push(' ');
        }
        self.out.push_str(word);
    }

    fn list(&mut self, head: &str, rest: impl FnOnce(&mut Self)) {
        self.word("(");
        self.word(head);
        rest(self);
        self.out.push(')');
    }

    fn optional<N>(&mut self, node: Option<&N>, print: impl FnOnce(&mut Self, &N)) {
        match node {
            Some(node) => print(self, node),
            None => self.word("-"),
        }
    }

    fn directive(&mut self, found: &Directive) {
        self.out.push_str(&directive(found));
        self.out.push('\n');
    }

    fn ident(&mut self, ident: &Ident) {
        self.word(if ident.name.is_empty() { "?" } else { &ident.name });
    }

    fn exprs(&mut self, head: &str, exprs: &[Expr]) {
        self.list(head, |p| exprs.iter().for_each(|expr| p.expr(expr)));
    }

    fn fields(&mut self, head: &str, fields: &[Field]) {
        self.list(head, |p| fields.iter().for_each(|field| p.field(field)));
    }

    fn field(&mut self, field: &Field) {
        self.list("field", |p| {
            field.names.iter().for_each(|name| p.ident(name));
            p.word(":");
            p.expr(&field.ty);
            if let Some(tag) = &field.tag {
                p.word(&format!("{tag:?}"));
            }
        });
    }

    fn signature(&mut self, signature: &Signature) {
        self.fields("params", &signature.params);
        self.fields("results", &signature.results);
    }

    fn block(&mut self, stmts: &[Stmt]) {
        self.list("block", |p| stmts.iter().for_each(|stmt| p.stmt(&stmt.kind)));
    }

    fn boxed(&mut self, expr: Option<&Expr>) {
        self.optional(expr, Self::expr);
    }

    fn simple(&mut self, stmt: Option<&Stmt>) {
        self.optional(stmt, |p, stmt| p.stmt(&stmt.kind));
    }

    fn spec(&mut self, directives: &[Directive], rest: impl FnOnce(&mut Self)) {
        self.list("spec", |p| {
            directives.iter().for_each(|found| p.word(&directive(found)));
            rest(p);
        });
    }

    fn names(&mut self, names: &[Ident], ty: Option<&Expr>, values: &[Expr]) {
        self.list("names", |p| names.iter().for_each(|name| p.ident(name)));
        self.boxed(ty);
        self.exprs("values", values);
    }

    fn stmt(&mut self, stmt: &StmtKind) {
        match stmt {
            StmtKind::Bad => self.word("bad"),
            StmtKind::Empty => self.word("(empty)"),
            StmtKind::Const(specs) => self.list("const", |p| {
                for spec in specs {
                    p.spec(&[], |p| p.names(&spec.names, spec.ty.as_ref(), &spec.values));
                }
            }),
            StmtKind::Type(specs) => self.list("type", |p| {
                for spec in specs {
                    p.spec(&spec.directives, |p| {
                        p.ident(&spec.name);
                        p.fields("tparams", &spec.type_params);
                        p.word(if spec.alias { "=" } else { "-" });
                        p.expr(&spec.ty);
                    });
                }
            }),
            StmtKind::Var(specs) => self.list("var", |p| {
                for spec in specs {
                    p.spec(&spec.directives, |p| p.names(&spec.names, spec.ty.as_ref(), &spec.values));
                }
            }),
            StmtKind::Labeled { label, stmt } => self.list("label", |p| {
                p.ident(label);
                p.stmt(&stmt.kind);
            }),
            StmtKind::Expr(expr) => self.list("expr", |p| p.expr(expr)),
            StmtKind::Send { channel, value } => self.list("send", |p| {
                p.expr(channel);
                p.expr(value);
            }),
            StmtKind::IncDec { operand, increment } => {
                self.list(if *increment { "++" } else { "--" }, |p| p.expr(operand));
            }
            StmtKind::Assign { lhs, op, rhs } => {
                let head = format!("{}=", op.map_or("", |op| op.symbol()));
                self.list(&head, |p| p.assigned(lhs, rhs));
            }
            StmtKind::ShortVar { lhs, rhs } => self.list(":=", |p| p.assigned(lhs, rhs)),
            StmtKind::Go(call) => self.list("go", |p| p.expr(call)),
            StmtKind::Defer(call) => self.list("defer", |p| p.expr(call)),
            StmtKind::Return(values) => self.exprs("return", values),
            StmtKind::Branch { kind, label } => {
                let head = match kind {
                    BranchKind::Break => "break",
                    BranchKind::Continue => "continue",
                    BranchKind::Goto => "goto",
                    BranchKind::Fallthrough => "fallthrough",
                };
                self.list(head, |p| p.optional(label.as_ref(), Self::ident));
            }
            StmtKind::Block(block) => self.block(&block.stmts),
            _ => self.control(stmt),
        }
    }

    fn assigned(&mut self, lhs: &[Expr], rhs: &[Expr]) {
        self.exprs("lhs", lhs);
        self.exprs("rhs", rhs);
    }

    fn control(&mut self, stmt: &StmtKind) {
        match stmt {
            StmtKind::If { init, cond, then, otherwise } => self.list("if", |p| {
                p.simple(init.as_deref());
                p.expr(cond);
                p.block(&then.stmts);
                p.simple(otherwise.as_deref());
            }),
            StmtKind::Switch { init, tag, cases } => self.list("switch", |p| {
                p.simple(init.as_deref());
                p.boxed(tag.as_ref());
                cases.iter().for_each(|case| p.case(case));
            }),
            StmtKind::TypeSwitch { init, binding, operand, cases } => self.list("typeswitch", |p| {
                p.simple(init.as_deref());
                p.optional(binding.as_ref(), Self::ident);
                p.expr(operand);
                cases.iter().for_each(|case| p.case(case));
            }),
            StmtKind::Select(clauses) => {
                self.list("select", |p| clauses.iter().for_each(|clause| p.comm(clause)))
            }
            StmtKind::For { init, cond, post, body } => self.list("for", |p| {
                p.simple(init.as_deref());
                p.boxed(cond.as_ref());
                p.simple(post.as_deref());
                p.block(&body.stmts);
            }),
            StmtKind::Range { key, value, define, operand, body } => self.list("range", |p| {
                p.boxed(key.as_ref());
                p.boxed(value.as_ref());
                p.word(if *define { ":=" } else { "=" });
                p.expr(operand);
                p.block(&body.stmts);
            }),
            _ => {}
        }
    }

    fn case(&mut self, case: &CaseClause) {
        self.list("case", |p| {
            p.optional(case.values.as_ref(), |p, values| p.exprs("values", values));
            p.block(&case.body);
        });
    }

    fn comm(&mut self, clause: &CommClause) {
        self.list("case", |p| {
            p.simple(clause.comm.as_deref());
            p.block(&clause.body);
        });
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Bad => self.word("bad"),
            ExprKind::Ident(name) => self.word(name),
            ExprKind::Literal { text, .. } => self.word(&text.replace('\r', "").replace('\n', "\\n")),
            ExprKind::Composite { ty, elements } => self.list("literal", |p| {
                p.boxed(ty.as_deref());
                elements.iter().for_each(|element| p.element(element));
            }),
            ExprKind::Func { signature, body } => self.list("funclit", |p| {
                p.signature(signature);
                p.block(&body.stmts);
            }),
            ExprKind::Paren(inner) => self.list("paren", |p| p.expr(inner)),
            ExprKind::Selector { operand, name } => self.list(".", |p| {
                p.expr(operand);
                p.ident(name);
            }),
            ExprKind::Index { operand, indices } => self.list("index", |p| {
                p.expr(operand);
                indices.iter().for_each(|index| p.expr(index));
            }),
            ExprKind::Slice { operand, low, high, max } => self.list("slice", |p| {
                p.expr(operand);
                [low, high, max].into_iter().for_each(|bound| p.boxed(bound.as_deref()));
            }),
            ExprKind::TypeAssert { operand, ty } => self.list("assert", |p| {
                p.expr(operand);
                p.expr(ty);
            }),
            ExprKind::Call { function, arguments, spread } => self.list("call", |p| {
                p.expr(function);
                arguments.iter().for_each(|argument| p.expr(argument));
                if *spread {
                    p.word("...");
                }
            }),
            ExprKind::Star(operand) => self.list("star", |p| p.expr(operand)),
            ExprKind::Unary { op, operand } => self.list(unary(*op), |p| p.expr(operand)),
            ExprKind::Binary { op, left, right } => self.list(op.symbol(), |p| {
                p.expr(left);
                p.expr(right);
            }),
            _ => self.ty(expr),
        }
    }

    fn element(&mut self, element: &Element) {
        match &element.key {
            Some(key) => self.list(":", |p| {
                p.expr(key);
                p.expr(&element.value);
            }),
            None => self.expr(&element.value),
        }
    }

    fn ty(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::ArrayType { length, element } => self.list("array", |p| {
                p.expr(length);
                p.expr(element);
            }),
            ExprKind::SliceType(element) => self.list("slicetype", |p| p.expr(element)),
            ExprKind::StructType(fields) => self.fields("struct", fields),
            ExprKind::InterfaceType(fields) => self.fields("interface", fields),
            ExprKind::MapType { key, value } => self.list("map", |p| {
                p.expr(key);
                p.expr(value);
            }),
            ExprKind::ChanType { direction, element } => {
                let head = match direction {
                    ChanDirection::Both => "chan",
                    ChanDirection::Send => "chan<-",
                    ChanDirection::Receive => "<-chan",
                };
                self.list(head, |p| p.expr(element));
            }
            ExprKind::FuncType(signature) => self.list("functype", |p| p.signature(signature)),
            ExprKind::Ellipsis(ty) => self.list("...", |p| p.boxed(ty.as_deref())),
            _ => {}
        }
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Plus => "u+",
        UnaryOp::Minus => "u-",
        UnaryOp::Not => "!",
        UnaryOp::Complement => "u^",
        UnaryOp::Address => "u&",
        UnaryOp::Receive => "u<-",
        UnaryOp::Tilde => "~",
    }
}
