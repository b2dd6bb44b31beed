//! Types.

use super::{Parser, T};
use crate::ast::{BinaryOp, ChanDirection, Expr, ExprKind, Field, Ident, Signature, UnaryOp};
use crate::literal;

impl Parser<'_> {
    /// A type; an error where there is none.
    pub(super) fn ty(&mut self) -> Expr {
        match self.try_type() {
            Some(ty) => ty,
            None => {
                self.expected("type");
                self.bad_expr()
            }
        }
    }

    /// A type, if one begins here.
    pub(super) fn try_type(&mut self) -> Option<Expr> {
        if !self.enter() {
            self.leave();
            return None;
        }
        let start = self.token.start;
        let kind = match self.token.kind {
            T::Ident => {
                let ident = self.ident();
                let ty = self.qualified(ident);
                self.leave();
                return Some(ty);
            }
            T::OpenBracket => {
                self.bump();
                let ty = self.array_type(start, None);
                self.leave();
                return Some(ty);
            }
            T::Struct => self.struct_type(),
            T::Mul => {
                self.bump();
                ExprKind::Star(Box::new(self.ty()))
            }
            T::Func => ExprKind::FuncType(self.function_signature()),
            T::Interface => self.interface_type(),
            T::Map => self.map_type(),
            T::Chan | T::Arrow => self.chan_type(),
            T::OpenParen => {
                self.bump();
                let inner = self.ty();
                self.expect(T::CloseParen);
                ExprKind::Paren(Box::new(inner))
            }
            _ => {
                self.leave();
                return None;
            }
        };
        self.leave();
        Some(self.expr(start, kind))
    }

    /// `name`, `package.name`, and either with type arguments.
    pub(super) fn qualified(&mut self, ident: Ident) -> Expr {
        let name = self.type_name(ident);
        if self.at(T::OpenBracket) { self.instance(name) } else { name }
    }

    pub(super) fn type_name(&mut self, ident: Ident) -> Expr {
        let start = self.start_of(ident.id);
        let operand = Self::ident_expr(ident);
        if !self.eat(T::Period) {
            return operand;
        }
        let name = self.ident();
        self.expr(start, ExprKind::Selector { operand: Box::new(operand), name })
    }

    /// Type arguments after `generic`.
    pub(super) fn instance(&mut self, generic: Expr) -> Expr {
        let start = self.start_of(generic.id);
        self.bump();
        let indices = self.bracketed(|this| this.type_list(Vec::new()));
        if indices.is_empty() && self.at(T::CloseBracket) {
            self.expected("type argument list");
        }
        self.expect_closing(T::CloseBracket, "type argument list");
        self.expr(start, ExprKind::Index { operand: Box::new(generic), indices })
    }

    /// The rest of a list of types that began with `list`.
    fn type_list(&mut self, mut list: Vec<Expr>) -> Vec<Expr> {
        while !matches!(self.token.kind, T::CloseBracket | T::Eof) {
            list.push(self.ty());
            if !self.list_goes_on("type argument list", T::CloseBracket) {
                break;
            }
        }
        list
    }

    /// An array or slice type that began at byte `start`; its `[` and maybe its length have been consumed.
    pub(super) fn array_type(&mut self, start: u32, length: Option<Expr>) -> Expr {
        let length = match length {
            Some(length) => Some(length),
            None => self.bracketed(|this| match this.token.kind {
                T::Ellipsis => {
                    let id = this.token_node();
                    Some(Expr { id, kind: ExprKind::Ellipsis(None) })
                }
                T::CloseBracket => None,
                _ => Some(this.right_side()),
            }),
        };
        if self.at(T::Comma) && !self.panicking {
            self.complain("unexpected comma; expecting ]", None);
            self.bump();
        }
        self.expect(T::CloseBracket);
        let element = Box::new(self.ty());
        let kind = match length {
            Some(length) => ExprKind::ArrayType { length: Box::new(length), element },
            None => ExprKind::SliceType(element),
        };
        self.expr(start, kind)
    }

    /// What follows the name `x` of a field or parameter when that is `[`: a name with an array or slice type
    /// (`x []E`, `x [P]E`), or a type with arguments (`x[P]`).
    pub(super) fn array_or_instance(&mut self, name: Ident) -> (Option<Ident>, Expr) {
        let (start, bracket) = (self.start_of(name.id), self.token.start);
        self.bump();
        let mut trailing_comma = None;
        let mut arguments = Vec::new();
        self.bracketed(|this| {
            while !matches!(this.token.kind, T::CloseBracket | T::Eof) && !this.panicking {
                arguments.push(this.right_side());
                let comma = this.token;
                if !this.eat(T::Comma) {
                    break;
                }
                trailing_comma = this.at(T::CloseBracket).then_some(comma);
            }
        });
        self.expect(T::CloseBracket);
        if arguments.is_empty() {
            let element = Box::new(self.ty());
            return (Some(name), self.expr(bracket, ExprKind::SliceType(element)));
        }
        let element = if arguments.len() == 1 && !self.panicking { self.try_type() } else { None };
        if let Some(element) = element {
            if let Some(comma) = trailing_comma {
                self.report(comma.start, comma.end, "unexpected comma; expecting ]", None);
            }
            let length = arguments.pop().unwrap_or_else(|| self.bad_expr());
            let kind = ExprKind::ArrayType { length: Box::new(length), element: Box::new(element) };
            return (Some(name), self.expr(bracket, kind));
        }
        let operand = Box::new(Self::ident_expr(name));
        (None, self.expr(start, ExprKind::Index { operand, indices: arguments }))
    }

    fn struct_type(&mut self) -> ExprKind {
        self.bump();
        let mut fields = Vec::new();
        if self.expect(T::OpenBrace) {
            while matches!(self.token.kind, T::Ident | T::Mul | T::OpenParen) {
                fields.push(self.field());
                if !self.after_member() {
                    break;
                }
            }
            self.expect(T::CloseBrace);
        }
        ExprKind::StructType(fields)
    }

    /// The end of a struct field or an interface element; false when the braces end here.
    fn after_member(&mut self) -> bool {
        if !self.panicking {
            self.expect_semicolon();
        }
        if self.panicking {
            self.skip_until(|token| matches!(token.kind, T::Semicolon));
            return self.eat(T::Semicolon);
        }
        true
    }

    fn field(&mut self) -> Field {
        let start = self.token.start;
        let mut names = Vec::new();
        let ty = match self.token.kind {
            T::Ident => {
                let name = self.ident();
                match self.token.kind {
                    T::Period => self.qualified(name),
                    T::String | T::Semicolon | T::CloseBrace => Self::ident_expr(name),
                    T::OpenBracket => {
                        let (name, ty) = self.array_or_instance(name);
                        names.extend(name);
                        ty
                    }
                    _ => {
                        names.push(name);
                        while !self.panicking && self.eat(T::Comma) {
                            names.push(self.ident());
                        }
                        if self.panicking { self.bad_expr() } else { self.ty() }
                    }
                }
            }
            _ => self.embedded_pointer(),
        };
        let tag = self.at(T::String).then(|| literal::unquote(&self.token_text()));
        if tag.is_some() {
            self.bump();
        }
        Field { id: self.node(start), names, ty, tag }
    }

    /// An embedded `*T`; parentheses are no Go, but understood.
    fn embedded_pointer(&mut self) -> Expr {
        let start = self.token.start;
        let parenthesized = |this: &mut Self| {
            let found = this.at(T::OpenParen);
            if found {
                this.complain("cannot parenthesize embedded type", None);
                this.bump();
            }
            found
        };
        let outer = parenthesized(self);
        let ty = if self.eat(T::Mul) {
            let inner = parenthesized(self);
            let ident = self.ident();
            let base = self.qualified(ident);
            if inner {
                self.eat(T::CloseParen);
            }
            self.expr(start, ExprKind::Star(Box::new(base)))
        } else {
            let ident = self.ident();
            self.qualified(ident)
        };
        if outer {
            self.eat(T::CloseParen);
        }
        ty
    }

    fn interface_type(&mut self) -> ExprKind {
        self.bump();
        let mut elements = Vec::new();
        if self.expect(T::OpenBrace) {
            loop {
                let start = self.token.start;
                let element = match self.token.kind {
                    T::Ident => self.method_or_element(),
                    T::Tilde => Some((None, self.constraint(None))),
                    _ => self.try_type().map(|ty| (None, self.constraint(Some(ty)))),
                };
                let Some((name, ty)) = element else { break };
                let names = name.into_iter().collect();
                elements.push(Field { id: self.node(start), names, ty, tag: None });
                if !self.after_member() {
                    break;
                }
            }
            self.expect(T::CloseBrace);
        }
        ExprKind::InterfaceType(elements)
    }

    /// A method, or an embedded element that begins with a name.
    fn method_or_element(&mut self) -> Option<(Option<Ident>, Expr)> {
        let name = self.ident();
        let start = self.token.start;
        match self.token.kind {
            T::OpenParen => {
                let signature = self.signature();
                Some((Some(name), self.expr(start, ExprKind::FuncType(signature))))
            }
            T::OpenBracket => {
                let operand = Box::new(Self::ident_expr(name.clone()));
                let from = self.start_of(name.id);
                self.bump();
                let first = self.bracketed(Self::expression);
                let is_parameter = matches!(first.kind, ExprKind::Ident(_))
                    && !self.panicking
                    && !matches!(self.token.kind, T::Comma | T::CloseBracket);
                if is_parameter {
                    self.report(start, start + 1, "interface method must have no type parameters", None);
                    self.panicking = true;
                    return Some((Some(name), self.bad_expr()));
                }
                let mut indices = vec![first];
                if !self.panicking && self.list_goes_on("type argument list", T::CloseBracket) {
                    indices = self.bracketed(|this| this.type_list(indices));
                }
                self.expect_closing(T::CloseBracket, "type argument list");
                let ty = self.expr(from, ExprKind::Index { operand, indices });
                Some((None, self.constraint(Some(ty))))
            }
            _ => {
                let ty = self.qualified(name);
                Some((None, self.constraint(Some(ty))))
            }
        }
    }

    /// A type element: terms joined by `|`; the first may have been parsed.
    pub(super) fn constraint(&mut self, first: Option<Expr>) -> Expr {
        let outer = std::mem::replace(&mut self.deepest, self.level);
        let mut element = match first {
            Some(element) => element,
            None => self.constraint_term(),
        };
        while !self.panicking && self.eat(T::Or) {
            let start = self.start_of(element.id);
            let right = Box::new(self.constraint_term());
            let kind = ExprKind::Binary { op: BinaryOp::Or, left: Box::new(element), right };
            element = self.expr(start, kind);
            if !self.deepen(1) {
                break;
            }
        }
        self.deepest = self.deepest.max(outer);
        element
    }

    fn constraint_term(&mut self) -> Expr {
        let start = self.token.start;
        if self.eat(T::Tilde) {
            let operand = Box::new(self.ty());
            return self.expr(start, ExprKind::Unary { op: UnaryOp::Tilde, operand });
        }
        match self.try_type() {
            Some(ty) => ty,
            None => {
                self.expected("~ term or type");
                self.bad_expr()
            }
        }
    }

    fn map_type(&mut self) -> ExprKind {
        self.bump();
        self.expect(T::OpenBracket);
        let key = Box::new(self.ty());
        self.expect(T::CloseBracket);
        let value = Box::new(self.ty());
        ExprKind::MapType { key, value }
    }

    fn chan_type(&mut self) -> ExprKind {
        let mut direction = ChanDirection::Both;
        if self.eat(T::Chan) {
            if self.eat(T::Arrow) {
                direction = ChanDirection::Send;
            }
        } else {
            self.bump();
            self.expect(T::Chan);
            direction = ChanDirection::Receive;
        }
        ExprKind::ChanType { direction, element: Box::new(self.ty()) }
    }

    /// `func` with parameters and results.
    pub(super) fn function_signature(&mut self) -> Signature {
        self.bump();
        if self.at(T::OpenBracket) {
            let bracket = self.token;
            self.type_parameters();
            self.report(bracket.start, bracket.end, "function type must have no type parameters", None);
        }
        self.signature()
    }
}
