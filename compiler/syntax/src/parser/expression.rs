//! Expressions, with precedence climbing for the operators.

use super::{Parser, T};
use crate::ast::{BinaryOp, Block, ChanDirection, Element, Expr, ExprKind, Ident, LiteralKind, UnaryOp};
use crate::token::TokenKind;

/// A binary operator and its precedence, from 1 to 5, as in the table of the Go specification.
fn binary(kind: TokenKind) -> Option<(BinaryOp, u8)> {
    Some(match kind {
        T::LogicalOr => (BinaryOp::LogicalOr, 1),
        T::LogicalAnd => (BinaryOp::LogicalAnd, 2),
        T::Equal => (BinaryOp::Equal, 3),
        T::NotEqual => (BinaryOp::NotEqual, 3),
        T::Less => (BinaryOp::Less, 3),
        T::LessEqual => (BinaryOp::LessEqual, 3),
        T::Greater => (BinaryOp::Greater, 3),
        T::GreaterEqual => (BinaryOp::GreaterEqual, 3),
        T::Add => (BinaryOp::Add, 4),
        T::Sub => (BinaryOp::Sub, 4),
        T::Or => (BinaryOp::Or, 4),
        T::Xor => (BinaryOp::Xor, 4),
        T::Mul => (BinaryOp::Mul, 5),
        T::Quo => (BinaryOp::Quo, 5),
        T::Rem => (BinaryOp::Rem, 5),
        T::Shl => (BinaryOp::Shl, 5),
        T::Shr => (BinaryOp::Shr, 5),
        T::And => (BinaryOp::And, 5),
        T::AndNot => (BinaryOp::AndNot, 5),
        _ => return None,
    })
}

fn unary(kind: TokenKind) -> Option<UnaryOp> {
    Some(match kind {
        T::Add => UnaryOp::Plus,
        T::Sub => UnaryOp::Minus,
        T::Not => UnaryOp::Not,
        T::Xor => UnaryOp::Complement,
        T::And => UnaryOp::Address,
        T::Tilde => UnaryOp::Tilde,
        _ => return None,
    })
}

/// So many string literals in a row are added from left to right, as any other operands.
const MAX_PLAIN_CONCATENATION: usize = 64;

fn is_string(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal { kind: LiteralKind::String, .. })
}

impl Parser<'_> {
    /// A node of `kind` that began at byte `start` and ends here.
    pub(super) fn expr(&mut self, start: u32, kind: ExprKind) -> Expr {
        Expr { id: self.node(start), kind }
    }

    /// Nothing, where an expression should be.
    pub(super) fn bad_expr(&mut self) -> Expr {
        let at = self.token.start;
        Expr { id: self.node_at(at, at), kind: ExprKind::Bad }
    }

    pub(super) fn ident_expr(ident: Ident) -> Expr {
        match ident.name.is_empty() {
            true => Expr { id: ident.id, kind: ExprKind::Bad },
            false => Expr { id: ident.id, kind: ExprKind::Ident(ident.name) },
        }
    }

    /// An expression or a type.
    pub(super) fn expression(&mut self) -> Expr {
        self.binary_expression(None, 1)
    }

    /// An expression where `=` can't be an assignment.
    pub(super) fn right_side(&mut self) -> Expr {
        let outer = std::mem::replace(&mut self.on_right_side, true);
        let expr = self.expression();
        self.on_right_side = outer;
        expr
    }

    pub(super) fn expression_list(&mut self, right_side: bool) -> Vec<Expr> {
        let outer = std::mem::replace(&mut self.on_right_side, right_side);
        let mut list = vec![self.expression()];
        while !self.panicking && self.eat(T::Comma) {
            list.push(self.expression());
        }
        self.on_right_side = outer;
        list
    }

    /// Runs `parse` where composite literals are possible.
    pub(super) fn bracketed<R>(&mut self, parse: impl FnOnce(&mut Self) -> R) -> R {
        self.brackets += 1;
        let result = parse(self);
        self.brackets -= 1;
        result
    }

    /// Operators of `precedence` and above; `left` is an operand that has been parsed.
    pub(super) fn binary_expression(&mut self, left: Option<Expr>, precedence: u8) -> Expr {
        let outer = std::mem::replace(&mut self.deepest, self.level);
        let mut expr = match left {
            Some(expr) => expr,
            None => self.unary_expression(),
        };
        let mut strings = Vec::new(); // literals that `expr`, the last of them, is added to
        while !self.panicking {
            let kind = match self.token.kind {
                T::Assign if self.on_right_side => T::Equal,
                kind => kind,
            };
            let Some((op, found)) = binary(kind).filter(|(_, found)| *found >= precedence) else { break };
            self.expect(kind);
            let below = std::mem::replace(&mut self.deepest, self.level);
            if !self.enter() {
                self.leave();
                break;
            }
            let right =
                if self.panicking { self.bad_expr() } else { self.binary_expression(None, found + 1) };
            self.leave();
            self.deepest = self.deepest.max(below);
            if op == BinaryOp::Add && is_string(&expr) && is_string(&right) {
                strings.push(std::mem::replace(&mut expr, right));
                continue;
            }
            expr = self.concatenation(&mut strings, expr);
            expr = self.join(op, expr, right);
            if !self.deepen(1) {
                break;
            }
        }
        expr = self.concatenation(&mut strings, expr);
        self.deepest = self.deepest.max(outer);
        expr
    }

    /// The sum of string literals. Generated tables add thousands: these are joined in pairs, which makes the same
    /// string of a tree that is not deep.
    fn concatenation(&mut self, strings: &mut Vec<Expr>, last: Expr) -> Expr {
        if strings.is_empty() {
            return last;
        }
        let mut parts = std::mem::take(strings);
        parts.push(last);
        if parts.len() <= MAX_PLAIN_CONCATENATION {
            self.deepest += parts.len() as u32;
            let sum = parts.into_iter().reduce(|left, right| self.join(BinaryOp::Add, left, right));
            return sum.unwrap_or_else(|| self.bad_expr());
        }
        while parts.len() > 1 {
            self.deepest += 1;
            let mut rest = std::mem::take(&mut parts).into_iter();
            while let Some(left) = rest.next() {
                parts.push(match rest.next() {
                    Some(right) => self.join(BinaryOp::Add, left, right),
                    None => left,
                });
            }
        }
        parts.pop().unwrap_or_else(|| self.bad_expr())
    }

    fn join(&mut self, op: BinaryOp, left: Expr, right: Expr) -> Expr {
        let id = self.node_at(self.start_of(left.id), self.end_of(right.id));
        let kind = ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) };
        Expr { id, kind }
    }

    fn unary_expression(&mut self) -> Expr {
        if !self.enter() {
            self.leave();
            return self.bad_expr();
        }
        let start = self.token.start;
        let expr = if let Some(op) = unary(self.token.kind) {
            self.bump();
            let operand = Box::new(self.unary_expression());
            self.expr(start, ExprKind::Unary { op, operand })
        } else if self.eat(T::Mul) {
            let operand = self.unary_expression();
            self.expr(start, ExprKind::Star(Box::new(operand)))
        } else if self.eat(T::Arrow) {
            self.receive(start)
        } else {
            self.primary_expression(None)
        };
        self.leave();
        expr
    }

    /// What follows `<-`: a receive, or the rest of a channel type, in which the arrow binds to the nearest `chan`.
    fn receive(&mut self, start: u32) -> Expr {
        let mut operand = self.unary_expression();
        if !matches!(operand.kind, ExprKind::ChanType { .. }) {
            return self.expr(start, ExprKind::Unary { op: UnaryOp::Receive, operand: Box::new(operand) });
        }
        let mut current = &mut operand;
        let mut complaint = None;
        // The arrow makes `chan` a receiving one; an arrow that stood there moves on to the next `chan`.
        loop {
            match &mut current.kind {
                ExprKind::ChanType { direction: ChanDirection::Receive, .. } => {
                    complaint = Some("'chan'");
                    break;
                }
                ExprKind::ChanType { direction, element } => {
                    let moved = *direction == ChanDirection::Send;
                    *direction = ChanDirection::Receive;
                    if !moved {
                        break;
                    }
                    current = element;
                }
                _ => {
                    complaint = Some("channel type");
                    break;
                }
            }
        }
        if let Some(what) = complaint {
            let at = self.start_of(current.id);
            self.expected_at(at, what);
        }
        self.expr(start, operand.kind)
    }

    /// An operand with what follows it: selectors, indices, calls, literals. `operand` has been parsed.
    pub(super) fn primary_expression(&mut self, operand: Option<Expr>) -> Expr {
        let outer = std::mem::replace(&mut self.deepest, self.level);
        let mut expr = match operand {
            Some(expr) => expr,
            None => self.operand(),
        };
        while !self.panicking {
            let start = self.start_of(expr.id);
            let kind = match self.token.kind {
                T::Period => self.selector(expr),
                T::OpenBracket => self.index(expr),
                T::OpenParen => self.call(expr),
                T::OpenBrace if self.may_be_literal_type(&expr) => self.literal_of(expr),
                _ => break,
            };
            expr = self.expr(start, kind);
            if !self.deepen(1) {
                break;
            }
        }
        self.deepest = self.deepest.max(outer);
        expr
    }

    /// Whether `{` after `expr` begins a composite literal rather than a block.
    fn may_be_literal_type(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Bad | ExprKind::Ident(_) | ExprKind::Selector { .. } | ExprKind::Index { .. } => {
                self.brackets >= 0
            }
            ExprKind::ArrayType { .. }
            | ExprKind::SliceType(_)
            | ExprKind::StructType(_)
            | ExprKind::MapType { .. } => true,
            ExprKind::Paren(inner) => self.may_be_literal_type(inner),
            _ => false,
        }
    }

    fn operand(&mut self) -> Expr {
        let start = self.token.start;
        let literal = match self.token.kind {
            T::Ident => {
                let ident = self.ident();
                return Self::ident_expr(ident);
            }
            T::OpenParen => return self.parenthesized(),
            T::Func => return self.function(),
            T::Int => LiteralKind::Int,
            T::Float => LiteralKind::Float,
            T::Imaginary => LiteralKind::Imaginary,
            T::Rune => LiteralKind::Rune,
            T::String => LiteralKind::String,
            _ => {
                if let Some(ty) = self.try_type() {
                    return ty;
                }
                self.expected("operand");
                return self.bad_expr();
            }
        };
        let text = self.token_text();
        self.bump();
        self.expr(start, ExprKind::Literal { kind: literal, text })
    }

    fn parenthesized(&mut self) -> Expr {
        let start = self.token.start;
        self.bump();
        let inner = self.bracketed(Self::right_side);
        self.expect(T::CloseParen);
        self.expr(start, ExprKind::Paren(Box::new(inner)))
    }

    /// A function type or a function literal.
    fn function(&mut self) -> Expr {
        let start = self.token.start;
        let signature = self.function_signature();
        if !self.at(T::OpenBrace) {
            return self.expr(start, ExprKind::FuncType(signature));
        }
        let body: Block = self.bracketed(Self::block);
        self.expr(start, ExprKind::Func { signature, body })
    }

    fn selector(&mut self, operand: Expr) -> ExprKind {
        let operand = Box::new(operand);
        self.bump();
        match self.token.kind {
            T::Ident => ExprKind::Selector { operand, name: self.ident() },
            T::OpenParen => {
                self.bump();
                let ty = if self.at(T::Type) {
                    let id = self.token_node();
                    self.guards.push(id);
                    Expr { id, kind: ExprKind::Bad }
                } else {
                    self.ty()
                };
                self.expect(T::CloseParen);
                ExprKind::TypeAssert { operand, ty: Box::new(ty) }
            }
            _ => {
                self.expected("selector or type assertion");
                let at = self.previous_end;
                let name = Ident { id: self.node_at(at, at), name: "".into() };
                ExprKind::Selector { operand, name }
            }
        }
    }

    /// `[...]` after an operand: an index, a slice, or type arguments.
    fn index(&mut self, operand: Expr) -> ExprKind {
        let operand = Box::new(operand);
        self.bump();
        if self.at(T::CloseBracket) {
            self.expected("operand");
            let indices = vec![self.bad_expr()];
            self.panicking = false; // the bracket closes what is missing
            self.bump();
            return ExprKind::Index { operand, indices };
        }
        let (mut parts, mut colons) = (Vec::new(), Vec::new());
        let mut indices = Vec::new();
        self.bracketed(|this| {
            let first = if this.at(T::Colon) { None } else { Some(this.right_side()) };
            if this.at(T::Colon) {
                parts.push(first);
                while this.at(T::Colon) && colons.len() < 2 && !this.panicking {
                    colons.push(this.token_node());
                    let absent = matches!(this.token.kind, T::Colon | T::CloseBracket | T::Eof);
                    parts.push(if absent { None } else { Some(this.right_side()) });
                }
                return;
            }
            indices.extend(first);
            while !this.panicking && this.eat(T::Comma) {
                if !matches!(this.token.kind, T::CloseBracket | T::Eof) {
                    indices.push(this.ty());
                }
            }
        });
        self.expect(T::CloseBracket);
        if parts.is_empty() {
            return ExprKind::Index { operand, indices };
        }
        let mut parts = parts.into_iter().map(|part: Option<Expr>| part.map(Box::new));
        let (low, high, max) = (parts.next().flatten(), parts.next().flatten(), parts.next().flatten());
        if let [first, second] = colons[..] {
            for (part, colon, name) in [(&high, first, "middle"), (&max, second, "final")] {
                if part.is_none() {
                    self.complain_at(colon, format!("{name} index required in 3-index slice"), None);
                }
            }
        }
        ExprKind::Slice { operand, low, high, max }
    }

    fn call(&mut self, function: Expr) -> ExprKind {
        self.bump();
        let (mut arguments, mut spread) = (Vec::new(), false);
        self.bracketed(|this| {
            while !matches!(this.token.kind, T::CloseParen | T::Eof) && !spread {
                arguments.push(this.right_side());
                spread = this.eat(T::Ellipsis);
                if !this.list_goes_on("argument list", T::CloseParen) {
                    break;
                }
            }
        });
        self.expect_closing(T::CloseParen, "argument list");
        ExprKind::Call { function: Box::new(function), arguments, spread }
    }

    fn literal_of(&mut self, ty: Expr) -> ExprKind {
        if let ExprKind::Paren(_) = ty.kind {
            self.complain_at(ty.id, "cannot parenthesize type in composite literal", None);
        }
        ExprKind::Composite { ty: Some(Box::new(ty)), elements: self.literal_value() }
    }

    /// The braces of a composite literal.
    fn literal_value(&mut self) -> Vec<Element> {
        let mut elements = Vec::new();
        self.bump();
        if !self.enter() {
            self.leave();
            return elements;
        }
        let outer = self.brackets;
        self.brackets = self.brackets.saturating_add(1);
        while !matches!(self.token.kind, T::CloseBrace | T::Eof) {
            let mut value = self.element_value();
            let mut key = None;
            if !self.panicking && self.eat(T::Colon) {
                key = Some(std::mem::replace(&mut value, self.element_value()));
            }
            elements.push(Element { key, value });
            if !self.list_goes_on("composite literal", T::CloseBrace) {
                if !self.panicking {
                    break;
                }
                // The next line or element may be fine.
                self.skip_until(|token| matches!(token.kind, T::Comma | T::Semicolon));
                if !self.eat(T::Comma) && !self.eat(T::Semicolon) {
                    break;
                }
            }
        }
        self.brackets = outer;
        self.leave();
        self.expect_closing(T::CloseBrace, "composite literal");
        elements
    }

    fn element_value(&mut self) -> Expr {
        if !self.at(T::OpenBrace) {
            return self.expression();
        }
        let start = self.token.start;
        let elements = self.literal_value();
        self.expr(start, ExprKind::Composite { ty: None, elements })
    }
}
