//! Statements, without those of `control.rs`.

use super::{Parser, T};
use crate::ast::{BinaryOp, Block, BranchKind, Expr, ExprKind, Ident, Stmt, StmtKind};
use crate::token::TokenKind;
use crate::wording;

/// What a simple statement may be besides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Allow {
    Nothing,
    Label,
    Range,
}

/// The operator of `a op= b`; none inside for `=`.
fn assignment(kind: TokenKind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        T::Assign => None,
        T::AddAssign => Some(BinaryOp::Add),
        T::SubAssign => Some(BinaryOp::Sub),
        T::MulAssign => Some(BinaryOp::Mul),
        T::QuoAssign => Some(BinaryOp::Quo),
        T::RemAssign => Some(BinaryOp::Rem),
        T::AndAssign => Some(BinaryOp::And),
        T::OrAssign => Some(BinaryOp::Or),
        T::XorAssign => Some(BinaryOp::Xor),
        T::ShlAssign => Some(BinaryOp::Shl),
        T::ShrAssign => Some(BinaryOp::Shr),
        T::AndNotAssign => Some(BinaryOp::AndNot),
        _ => return None,
    })
}

/// A statement counts as so many levels of nesting: between one and the next lie many calls of the parser.
const STATEMENT_LEVELS: u32 = 2;

impl Parser<'_> {
    pub(super) fn stmt(&mut self, start: u32, kind: StmtKind) -> Stmt {
        Stmt { id: self.node(start), kind }
    }

    /// Statements in braces.
    pub(super) fn block(&mut self) -> Block {
        let start = self.token.start;
        if self.panicking {
            // A broken header does not spoil the body.
            self.skip_until(|token| matches!(token.kind, T::OpenBrace | T::Semicolon));
        }
        let opened = self.token;
        let complete = self.expect(T::OpenBrace);
        let outer = self.brackets;
        self.brackets = outer.max(0);
        let right_side = std::mem::replace(&mut self.on_right_side, false);
        self.level += 1;
        let stmts = if complete { self.statements(opened.start) } else { Vec::new() };
        self.level -= 1;
        self.brackets = outer;
        self.on_right_side = right_side;
        let (at, end) = (self.token.start, self.token.end);
        let closed = complete && self.at(T::CloseBrace);
        let close = if closed { self.node_at(at, end) } else { self.node(self.previous_end) };
        if complete {
            self.close_block(opened.start);
        }
        Block { id: self.node(start.min(opened.start)), stmts, close }
    }

    /// Consumes the brace that closes the block or clauses that were opened at byte `opened`.
    pub(super) fn close_block(&mut self, opened: u32) {
        let reported = self.errors.len();
        if !self.expect(T::CloseBrace) && self.errors.len() > reported {
            self.label_last_error(opened);
        }
    }

    fn label_last_error(&mut self, opened: u32) {
        let range = self.in_segment(opened, opened + 1);
        if let Some(error) = self.errors.last_mut() {
            error.label = Some((range, wording::UNCLOSED_BLOCK));
        }
    }

    /// Statements up to a closing brace or the next clause.
    pub(super) fn statements(&mut self, opened: u32) -> Vec<Stmt> {
        let mut list = Vec::new();
        while !matches!(self.token.kind, T::Case | T::Default | T::CloseBrace | T::Eof) {
            let first = self.token;
            let before_lead = self.before_lead;
            let (errors, strays) = (self.errors.len(), self.strays.len());
            if first.kind == T::Func && self.lexer.peek_kind() == T::Ident {
                self.missing_brace(opened);
                break;
            }
            list.push(self.statement());
            if !self.panicking {
                continue;
            }
            let on_first_line = self.errors.len() == errors + 1 && self.error_is_on_line_of(first.start);
            if first.kind == T::Func && first.at_margin && on_first_line {
                // `func (r T) name(` read as a statement: a brace is missing before it.
                self.strays.truncate(strays);
                self.label_last_error(opened);
                if let Some(error) = self.errors.last_mut() {
                    error.help = Some(wording::UNCLOSED_BLOCK_HELP.into());
                }
                self.cut_at(before_lead);
                break;
            }
            self.skip_until(|token| {
                token.kind == T::Semicolon
                    || matches!(token.kind, T::Case | T::Default)
                    || token.kind.starts_statement()
            });
            self.eat(T::Semicolon);
            while matches!(self.token.kind, T::CloseParen | T::CloseBracket | T::Comma) {
                self.bump(); // the end of a list whose error has been reported
                self.eat(T::Semicolon);
            }
        }
        list
    }

    /// A function with a name begins within a block.
    fn missing_brace(&mut self, opened: u32) {
        if !self.panicking {
            let name = self.lexer.clone().next();
            let found = self.slice(name.start, name.end);
            let message = format!("expected '(', found {found}");
            self.report(name.start, name.end, message, Some(wording::UNCLOSED_BLOCK_HELP));
            self.label_last_error(opened);
        }
        self.panicking = true;
        self.cut_at(self.before_lead);
    }

    fn error_is_on_line_of(&self, start: u32) -> bool {
        let Some(error) = self.errors.last() else { return false };
        let at = u32::from(error.range.start()) + self.segment_start;
        at >= start && !self.slice(start, at).contains('\n')
    }

    pub(super) fn statement(&mut self) -> Stmt {
        let start = self.token.start;
        self.level += STATEMENT_LEVELS;
        let stmt = match self.deepen(0) {
            true => self.statement_here(start),
            false => self.stmt(start, StmtKind::Bad),
        };
        self.level -= STATEMENT_LEVELS;
        stmt
    }

    fn statement_here(&mut self, start: u32) -> Stmt {
        let kind = match self.token.kind {
            T::Const => StmtKind::Const(self.specs(|this, iota, _| this.const_spec(iota))),
            T::Type => StmtKind::Type(self.specs(|this, _, directives| this.type_spec(directives))),
            T::Var => StmtKind::Var(self.specs(|this, _, directives| this.var_spec(directives))),
            T::Go | T::Defer => self.go_or_defer(),
            T::Return => {
                self.bump();
                let ends = matches!(self.token.kind, T::Semicolon | T::CloseBrace);
                StmtKind::Return(if ends { Vec::new() } else { self.expression_list(true) })
            }
            T::Break => self.branch(BranchKind::Break),
            T::Continue => self.branch(BranchKind::Continue),
            T::Goto => self.branch(BranchKind::Goto),
            T::Fallthrough => self.branch(BranchKind::Fallthrough),
            T::OpenBrace => StmtKind::Block(self.block()),
            T::If => return self.if_statement(),
            T::Switch => self.switch(),
            T::Select => self.select(),
            T::For => self.for_statement(),
            T::Semicolon => {
                let stmt = self.stmt(start, StmtKind::Empty);
                self.bump();
                return stmt;
            }
            T::CloseBrace => return self.stmt(start, StmtKind::Empty),
            _ if self.begins_expression() => {
                let stmt = self.simple_statement(Allow::Label);
                if !self.panicking && !matches!(stmt.kind, StmtKind::Labeled { .. }) {
                    self.expect_semicolon();
                }
                return stmt;
            }
            _ => {
                self.expected("statement");
                return self.stmt(start, StmtKind::Bad);
            }
        };
        let stmt = self.stmt(start, kind);
        let has_semicolon = matches!(stmt.kind, StmtKind::Const(_) | StmtKind::Type(_) | StmtKind::Var(_));
        if !self.panicking && !has_semicolon {
            self.expect_semicolon();
        }
        stmt
    }

    fn begins_expression(&self) -> bool {
        self.token.kind.is_literal()
            || matches!(
                self.token.kind,
                T::Func
                    | T::OpenParen
                    | T::OpenBracket
                    | T::Struct
                    | T::Map
                    | T::Chan
                    | T::Interface
                    | T::Add
                    | T::Sub
                    | T::Mul
                    | T::And
                    | T::Xor
                    | T::Arrow
                    | T::Not
            )
    }

    pub(super) fn simple_statement(&mut self, allow: Allow) -> Stmt {
        let start = self.token.start;
        let mut list = self.expression_list(false);
        if self.panicking {
            let kind = if list.len() == 1 { list.pop().map(StmtKind::Expr) } else { None };
            return self.stmt(start, kind.unwrap_or(StmtKind::Bad));
        }
        let token = self.token.kind;
        if token == T::Define {
            return self.short_declaration(start, list, allow);
        }
        if let Some(op) = assignment(token) {
            self.bump();
            if token == T::Assign && allow == Allow::Range && self.at(T::Range) {
                return self.range_clause(start, list, false);
            }
            let rhs = self.expression_list(true);
            return self.stmt(start, StmtKind::Assign { lhs: list, op, rhs });
        }
        if list.len() > 1 {
            self.expected_at(start, "1 expression");
            return self.stmt(start, StmtKind::Bad);
        }
        let Some(first) = list.pop() else { return self.stmt(start, StmtKind::Bad) };
        let kind = match token {
            T::Colon => return self.labeled(start, first, allow),
            T::Arrow => {
                self.bump();
                StmtKind::Send { channel: first, value: self.right_side() }
            }
            T::Increment | T::Decrement => {
                self.bump();
                StmtKind::IncDec { operand: first, increment: token == T::Increment }
            }
            _ => StmtKind::Expr(first),
        };
        self.stmt(start, kind)
    }

    /// `:=` after a list: a declaration, a range clause, or the guard of a type switch.
    fn short_declaration(&mut self, start: u32, lhs: Vec<Expr>, allow: Allow) -> Stmt {
        self.bump();
        if allow == Allow::Range && self.at(T::Range) {
            return self.range_clause(start, lhs, true);
        }
        let rhs = self.expression_list(true);
        self.stmt(start, StmtKind::ShortVar { lhs, rhs })
    }

    /// `range x` after the variables; the body is filled in by the `for` statement.
    pub(super) fn range_clause(&mut self, start: u32, variables: Vec<Expr>, define: bool) -> Stmt {
        self.bump();
        let operand = self.right_side();
        let mut variables = variables.into_iter();
        let (key, value, more) = (variables.next(), variables.next(), variables.last());
        if let Some(id) = more.map(|expr| expr.id) {
            let at = self.start_of(id);
            self.report(at, self.end_of(id), "expected at most 2 expressions", None);
        }
        let at = self.previous_end;
        let id = self.node_at(at, at);
        let body = Block { id, stmts: Vec::new(), close: id };
        self.stmt(start, StmtKind::Range { key, value, define, operand, body })
    }

    fn labeled(&mut self, start: u32, label: Expr, allow: Allow) -> Stmt {
        match label.kind {
            ExprKind::Ident(name) if allow == Allow::Label => {
                self.bump();
                let stmt = Box::new(self.statement());
                self.stmt(start, StmtKind::Labeled { label: Ident { id: label.id, name }, stmt })
            }
            _ => {
                self.complain("illegal label declaration", None);
                self.panicking = true;
                self.stmt(start, StmtKind::Bad)
            }
        }
    }

    fn go_or_defer(&mut self) -> StmtKind {
        let keyword = self.token.kind;
        self.bump();
        let mut call = self.right_side();
        if let (ExprKind::Paren(_), false) = (&call.kind, self.panicking) {
            let message = format!("expression in {} must not be parenthesized", keyword.text());
            self.complain_at(call.id, message, None);
        }
        while let ExprKind::Paren(inner) = call.kind {
            call = *inner;
        }
        if !matches!(call.kind, ExprKind::Call { .. } | ExprKind::Bad) {
            let end = self.end_of(call.id);
            let message = format!("expression in {} must be function call", keyword.text());
            self.report(end, end, message, None);
            return StmtKind::Bad;
        }
        if keyword == T::Go { StmtKind::Go(call) } else { StmtKind::Defer(call) }
    }

    fn branch(&mut self, kind: BranchKind) -> StmtKind {
        self.bump();
        let label = match kind {
            BranchKind::Goto => Some(self.ident()),
            BranchKind::Fallthrough => None,
            _ => self.at(T::Ident).then(|| self.ident()),
        };
        StmtKind::Branch { kind, label }
    }
}
