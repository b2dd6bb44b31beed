//! Declarations: imports, constants, types, variables and functions.

use super::parameters::{Entry, ListKind};
use super::{Parser, T};
use crate::ast::{
    BinaryOp, ConstSpec, DeclKind, Directive, Expr, ExprKind, Field, FuncDecl, Ident, ImportSpec, TypeSpec,
    UnaryOp, VarSpec,
};
use crate::literal;
use crate::wording;

impl Parser<'_> {
    /// One line, or a group of lines in parentheses. `spec` gets the number of the line and the directives above it,
    /// which only lines of a group have of their own.
    pub(super) fn specs<S>(&mut self, mut spec: impl FnMut(&mut Self, u32, Vec<Directive>) -> S) -> Vec<S> {
        self.bump();
        if !self.at(T::OpenParen) {
            let only = spec(self, 0, Vec::new());
            self.end_of_declaration();
            return vec![only];
        }
        self.bump();
        let mut list = Vec::new();
        while !matches!(self.token.kind, T::CloseParen | T::Eof) {
            let before = self.token.start;
            // Within a function a directive speaks of nothing.
            let lead = if self.level == 0 { std::mem::take(&mut self.lead) } else { Vec::new() };
            let directives = self.claim_directives(&lead);
            list.push(spec(self, list.len() as u32, directives));
            self.end_of_spec();
            if self.token.start == before && !self.at(T::CloseParen) {
                self.bump(); // what can't begin a line must not stop the others
            }
        }
        self.expect(T::CloseParen);
        self.end_of_declaration();
        list
    }

    /// The semicolon after a declaration. At the top level the segment ends with it; after an error, before the next
    /// declaration.
    pub(super) fn end_of_declaration(&mut self) {
        if self.level > 0 {
            return self.end_of_spec();
        }
        if !self.panicking && !matches!(self.token.kind, T::Semicolon | T::CloseParen | T::CloseBrace) {
            self.expected("';'");
        }
        if self.panicking {
            self.skip_to_declaration();
        } else if self.at(T::Semicolon) {
            self.cut_at(self.token.end);
        }
    }

    /// The semicolon after a line of a declaration; after an error the start of the next line.
    fn end_of_spec(&mut self) {
        if !self.panicking {
            self.expect_semicolon();
        }
        if self.panicking && !self.at(T::Eof) {
            self.skip_until(|token| matches!(token.kind, T::Semicolon | T::CloseParen));
            self.eat(T::Semicolon);
        }
    }

    pub(super) fn import_spec(&mut self) -> ImportSpec {
        let start = self.token.start;
        let name = match self.token.kind {
            T::Ident => Some(self.ident()),
            T::Period => Some(Ident { id: self.token_node(), name: ".".into() }),
            _ => None,
        };
        let text = self.token_text();
        let mut path = "".into();
        let path_id = match self.token.kind {
            T::String => {
                path = literal::unquote(&text);
                self.token_node()
            }
            kind => {
                let message = match kind.is_literal() {
                    true => "import path must be a string",
                    false => "missing import path",
                };
                self.complain(message, None);
                self.panicking = true;
                self.node(self.token.start)
            }
        };
        ImportSpec { id: self.node(start), name, path, path_id }
    }

    fn ident_list(&mut self) -> Vec<Ident> {
        let mut names = vec![self.ident()];
        while !self.panicking && self.eat(T::Comma) {
            names.push(self.ident());
        }
        names
    }

    /// `= values`, if they stand here.
    fn values(&mut self) -> Vec<Expr> {
        if !self.panicking && self.eat(T::Assign) { self.expression_list(true) } else { Vec::new() }
    }

    pub(super) fn const_spec(&mut self, iota: u32) -> ConstSpec {
        let start = self.token.start;
        let names = self.ident_list();
        let ty = if self.panicking { None } else { self.try_type() };
        let values = match ty.is_some() || !matches!(self.token.kind, T::Eof | T::Semicolon | T::CloseParen) {
            true => self.values(),
            false => Vec::new(),
        };
        ConstSpec { id: self.node(start), names, ty, values, iota }
    }

    pub(super) fn var_spec(&mut self, directives: Vec<Directive>) -> VarSpec {
        let start = self.token.start;
        let names = self.ident_list();
        let ty = if self.at(T::Assign) || self.panicking { None } else { Some(self.ty()) };
        let values = self.values();
        VarSpec { id: self.node(start), directives, names, ty, values }
    }

    pub(super) fn type_spec(&mut self, directives: Vec<Directive>) -> TypeSpec {
        let start = self.token.start;
        let name = self.ident();
        let (mut type_params, mut alias) = (Vec::new(), false);
        let ty = if self.panicking {
            self.bad_expr()
        } else if self.at(T::OpenBracket) {
            self.generic_or_array(&mut type_params, &mut alias)
        } else {
            alias = self.eat(T::Assign);
            self.ty()
        };
        TypeSpec { id: self.node(start), directives, name, type_params, alias, ty }
    }

    /// `[` after the name of a type: type parameters, or an array or slice type. `P *C` and `P (C)` could be both; then
    /// the rules of `split_constraint` decide.
    fn generic_or_array(&mut self, type_params: &mut Vec<Field>, alias: &mut bool) -> Expr {
        let bracket = self.token.start;
        self.bump();
        if !self.at(T::Ident) {
            return self.array_type(bracket, None);
        }
        let name = self.ident();
        let mut expr = Self::ident_expr(name);
        if !self.at(T::OpenBracket) {
            expr = self.bracketed(|this| {
                let operand = this.primary_expression(Some(expr));
                this.binary_expression(Some(operand), 1)
            });
        }
        let force = self.at(T::Comma);
        match self.split_constraint(expr, force) {
            Ok((name, constraint)) if constraint.is_some() || !self.at(T::CloseBracket) => {
                let first = Entry { name: Some(name), ty: constraint };
                *type_params = self.parameter_list(Some(first), ListKind::TypeParameters);
                self.expect(T::CloseBracket);
                *alias = self.eat(T::Assign);
                self.ty()
            }
            Ok((name, _)) => self.array_type(bracket, Some(Self::ident_expr(name))),
            Err(length) => self.array_type(bracket, Some(length)),
        }
    }

    /// Splits an expression into the name of a type parameter and its constraint: `P *[]int` reads as a product, but
    /// can be none. With `force` also where it could be one.
    fn split_constraint(&mut self, expr: Expr, force: bool) -> Result<(Ident, Option<Expr>), Expr> {
        let name_of = |expr: &Expr| match &expr.kind {
            ExprKind::Ident(name) => Some(Ident { id: expr.id, name: name.clone() }),
            _ => None,
        };
        if let Some(name) = name_of(&expr) {
            return Ok((name, None));
        }
        let id = expr.id;
        match expr.kind {
            ExprKind::Binary { op: BinaryOp::Mul, left, right } => match name_of(&left) {
                Some(name) if force || is_type_element(&right) => {
                    // The star stands somewhere between the name and the base type; the node begins at the latter.
                    let star = self.node_at(self.start_of(right.id), self.end_of(right.id));
                    Ok((name, Some(Expr { id: star, kind: ExprKind::Star(right) })))
                }
                _ => Err(Expr { id, kind: ExprKind::Binary { op: BinaryOp::Mul, left, right } }),
            },
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                match self.split_constraint(*left, force || is_type_element(&right)) {
                    Ok((name, Some(first))) => {
                        let start = self.start_of(first.id);
                        let union = self.node_at(start, self.end_of(right.id));
                        let kind = ExprKind::Binary { op: BinaryOp::Or, left: Box::new(first), right };
                        Ok((name, Some(Expr { id: union, kind })))
                    }
                    Ok((name, None)) => {
                        let left = Box::new(Self::ident_expr(name));
                        Err(Expr { id, kind: ExprKind::Binary { op: BinaryOp::Or, left, right } })
                    }
                    Err(left) => {
                        let left = Box::new(left);
                        Err(Expr { id, kind: ExprKind::Binary { op: BinaryOp::Or, left, right } })
                    }
                }
            }
            ExprKind::Call { function, mut arguments, spread: false } if arguments.len() == 1 => {
                match (name_of(&function), arguments.pop()) {
                    (Some(name), Some(inner)) if force || is_type_element(&inner) => {
                        let start = self.end_of(function.id);
                        let paren = self.node_at(start, self.end_of(id));
                        Ok((name, Some(Expr { id: paren, kind: ExprKind::Paren(Box::new(inner)) })))
                    }
                    (_, argument) => {
                        arguments.extend(argument);
                        Err(Expr { id, kind: ExprKind::Call { function, arguments, spread: false } })
                    }
                }
            }
            kind => Err(Expr { id, kind }),
        }
    }

    /// A function or method; its node is the declaration's.
    pub(super) fn function_declaration(&mut self, id: gobpf_source::NodeId) -> DeclKind {
        self.bump();
        let mut receiver = None;
        if self.at(T::OpenParen) {
            receiver = self.receiver();
        }
        let name = self.ident();
        let mut type_params = Vec::new();
        if self.at(T::OpenBracket) {
            let bracket = self.token;
            type_params = self.type_parameters();
            if receiver.is_some() && !type_params.is_empty() {
                self.report(bracket.start, bracket.end, "method must have no type parameters", None);
                type_params.clear();
            }
        }
        let signature = if self.panicking { self.no_signature() } else { self.signature() };
        let body = self.function_body();
        DeclKind::Func(Box::new(FuncDecl { id, receiver, name, type_params, signature, body }))
    }

    fn receiver(&mut self) -> Option<Field> {
        let start = self.token.start;
        let mut fields = self.parameters(ListKind::Parameters);
        let count: usize = fields.iter().map(|field| field.names.len().max(1)).sum();
        if count != 1 {
            // The parser of gofmt leaves this to the type checker; the compiler refuses it as we do.
            let message = if count == 0 { "method has no receiver" } else { "method has multiple receivers" };
            self.report(start, self.previous_end, message, None);
        }
        if fields.is_empty() { None } else { Some(fields.swap_remove(0)) }
    }

    fn no_signature(&mut self) -> crate::ast::Signature {
        let id = self.node(self.token.start);
        crate::ast::Signature { id, params: Vec::new(), results: Vec::new() }
    }

    fn function_body(&mut self) -> Option<crate::ast::Block> {
        if self.panicking {
            self.skip_until(|token| matches!(token.kind, T::Semicolon | T::OpenBrace));
            self.panicking = !self.at(T::OpenBrace);
        }
        if self.at(T::Semicolon) && self.lexer.peek_kind() == T::OpenBrace {
            self.bump();
            self.complain("unexpected semicolon or newline before {", Some(wording::BRACE_ON_NEXT_LINE_HELP));
        }
        let body = self.at(T::OpenBrace).then(|| self.block());
        self.end_of_declaration();
        body
    }
}

/// Whether `expr` can only be a type.
fn is_type_element(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::ArrayType { .. }
        | ExprKind::SliceType(_)
        | ExprKind::StructType(_)
        | ExprKind::FuncType(_)
        | ExprKind::InterfaceType(_)
        | ExprKind::MapType { .. }
        | ExprKind::ChanType { .. } => true,
        ExprKind::Binary { left, right, .. } => is_type_element(left) || is_type_element(right),
        ExprKind::Unary { op, .. } => *op == UnaryOp::Tilde,
        ExprKind::Paren(inner) => is_type_element(inner),
        _ => false,
    }
}
