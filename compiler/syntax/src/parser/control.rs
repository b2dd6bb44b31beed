//! Control statements: `if`, `switch`, `select` and `for`.

use super::statement::Allow;
use super::{Parser, T};
use crate::ast::{CaseClause, CommClause, Expr, ExprKind, Ident, Stmt, StmtKind};

/// What stands between `for` and its body.
const FOR_CONDITION: &str = "boolean or range expression";

/// The header of a `for` statement.
enum ForHeader {
    Clauses { init: Option<Box<Stmt>>, cond: Option<Box<Stmt>>, post: Option<Box<Stmt>> },
    Range(Box<Stmt>),
}

impl Parser<'_> {
    /// Runs `parse` as the header of a control statement, in which `{` begins the body.
    fn header<R>(&mut self, parse: impl FnOnce(&mut Self) -> R) -> R {
        let outer = std::mem::replace(&mut self.brackets, -1);
        let result = parse(self);
        self.brackets = outer;
        result
    }

    /// The expression that a header's last statement must be.
    fn header_expression(&mut self, stmt: Stmt, wanted: &str) -> Expr {
        let found = match stmt.kind {
            StmtKind::Expr(expr) => return expr,
            StmtKind::Assign { .. } | StmtKind::ShortVar { .. } => "assignment",
            _ => "simple statement",
        };
        let message =
            format!("expected {wanted}, found {found} (missing parentheses around composite literal?)");
        self.complain_at(stmt.id, message, None);
        Expr { id: stmt.id, kind: ExprKind::Bad }
    }

    pub(super) fn if_statement(&mut self) -> Stmt {
        let start = self.token.start;
        self.bump();
        let (init, cond) = self.if_header();
        let then = self.block();
        let mut otherwise = None;
        if !self.panicking && self.eat(T::Else) {
            let start = self.token.start;
            match self.token.kind {
                T::If => {
                    otherwise = Some(Box::new(self.statement()));
                    let kind = StmtKind::If { init, cond, then, otherwise };
                    return self.stmt(start, kind); // the semicolon has been consumed
                }
                T::OpenBrace => {
                    let block = self.block();
                    otherwise = Some(Box::new(self.stmt(start, StmtKind::Block(block))));
                }
                _ => self.expected("if statement or block"),
            }
        }
        let stmt = self.stmt(start, StmtKind::If { init, cond, then, otherwise });
        if !self.panicking {
            self.expect_semicolon();
        }
        stmt
    }

    fn if_header(&mut self) -> (Option<Box<Stmt>>, Expr) {
        if self.at(T::OpenBrace) {
            self.complain("missing condition in if statement", None);
            return (None, self.bad_expr());
        }
        self.header(|this| {
            let mut init = None;
            if !this.at(T::Semicolon) {
                if this.at(T::Var) {
                    this.bump();
                    this.complain("var declaration not allowed in if initializer", None);
                }
                init = Some(this.simple_statement(Allow::Nothing));
            }
            let mut semicolon = None;
            let mut cond = None;
            if this.at(T::OpenBrace) || this.panicking {
                cond = init.take();
            } else {
                semicolon = this.at(T::Semicolon).then_some(this.token);
                this.expect(T::Semicolon);
                if !this.at(T::OpenBrace) && !this.panicking {
                    cond = Some(this.simple_statement(Allow::Nothing));
                }
            }
            let cond = match (cond, semicolon) {
                (Some(stmt), _) => this.header_expression(stmt, "boolean expression"),
                (None, Some(token)) => {
                    let message = match token.is_line_end() {
                        true => "unexpected newline, expecting { after if clause",
                        false => "missing condition in if statement",
                    };
                    this.report(token.start, token.end, message, None);
                    this.bad_expr()
                }
                (None, None) => this.bad_expr(),
            };
            (init.map(Box::new), cond)
        })
    }

    pub(super) fn switch(&mut self) -> StmtKind {
        self.bump();
        let (mut init, mut tag) = (None, None);
        if !self.at(T::OpenBrace) {
            self.header(|this| {
                if !this.at(T::Semicolon) {
                    tag = Some(this.simple_statement(Allow::Nothing));
                }
                if !this.panicking && this.eat(T::Semicolon) {
                    init = tag.take().map(Box::new);
                    if !this.at(T::OpenBrace) {
                        tag = Some(this.simple_statement(Allow::Nothing));
                    }
                }
            });
        }
        let (guard, tag) = self.type_switch_guard(tag);
        let tag = tag.map(|stmt| self.header_expression(stmt, "switch expression"));
        let cases = self.clauses(Self::case_clause);
        match guard {
            Some((binding, operand)) => StmtKind::TypeSwitch { init, binding, operand, cases },
            None => StmtKind::Switch { init, tag, cases },
        }
    }

    /// Takes `stmt` apart if it is the guard of a type switch: `x.(type)` or `v := x.(type)`.
    fn type_switch_guard(&mut self, stmt: Option<Stmt>) -> (Option<(Option<Ident>, Expr)>, Option<Stmt>) {
        let is_guard = |this: &Self, expr: &Expr| match &expr.kind {
            ExprKind::TypeAssert { ty, .. } => this.guards.contains(&ty.id),
            _ => false,
        };
        let Some(mut stmt) = stmt else { return (None, None) };
        let token = stmt.id;
        let (binding, guard) = match &mut stmt.kind {
            StmtKind::Expr(expr) if is_guard(self, expr) => (None, stmt.kind),
            StmtKind::ShortVar { lhs, rhs } | StmtKind::Assign { lhs, op: None, rhs }
                if lhs.len() == 1 && rhs.len() == 1 && is_guard(self, &rhs[0]) =>
            {
                (lhs.pop(), stmt.kind)
            }
            _ => return (None, Some(stmt)),
        };
        let expr = match guard {
            StmtKind::Expr(expr) => Some(expr),
            StmtKind::ShortVar { mut rhs, .. } => rhs.pop(),
            StmtKind::Assign { mut rhs, .. } => {
                self.complain_at(token, "expected ':=', found '='", None);
                rhs.pop()
            }
            _ => None,
        };
        let Some(Expr { kind: ExprKind::TypeAssert { operand, ty }, .. }) = expr else { return (None, None) };
        self.guards.retain(|id| *id != ty.id);
        let binding = match binding {
            Some(Expr { id, kind: ExprKind::Ident(name) }) => Some(Ident { id, name }),
            _ => None,
        };
        (Some((binding, *operand)), None)
    }

    /// The clauses of a `switch` or `select`, in braces.
    fn clauses<C>(&mut self, mut clause: impl FnMut(&mut Self) -> C) -> Vec<C> {
        if self.panicking {
            self.skip_until(|token| matches!(token.kind, T::OpenBrace | T::Semicolon));
        }
        let opened = self.token.start;
        let mut list = Vec::new();
        if !self.expect(T::OpenBrace) {
            return list;
        }
        let outer = std::mem::replace(&mut self.brackets, 0);
        loop {
            while matches!(self.token.kind, T::Case | T::Default) {
                list.push(clause(self));
            }
            if matches!(self.token.kind, T::CloseBrace | T::Eof) {
                break;
            }
            self.expected("'}'");
            self.skip_until(|token| matches!(token.kind, T::Case | T::Default));
            if !matches!(self.token.kind, T::Case | T::Default) {
                break;
            }
        }
        self.brackets = outer;
        self.close_block(opened);
        list
    }

    /// The colon of a clause and its statements.
    fn clause_body(&mut self) -> Vec<Stmt> {
        let opened = self.token.start;
        if !self.panicking {
            self.expect(T::Colon);
        }
        if self.panicking {
            self.skip_until(|token| matches!(token.kind, T::Colon | T::Semicolon | T::Case | T::Default));
            if !self.eat(T::Colon) {
                self.eat(T::Semicolon);
            }
        }
        self.statements(opened)
    }

    fn case_clause(&mut self) -> CaseClause {
        let start = self.token.start;
        let is_case = self.at(T::Case);
        self.bump();
        let values = is_case.then(|| self.expression_list(true));
        let body = self.clause_body();
        CaseClause { id: self.node(start), values, body }
    }

    pub(super) fn select(&mut self) -> StmtKind {
        self.bump();
        StmtKind::Select(self.clauses(Self::comm_clause))
    }

    fn comm_clause(&mut self) -> CommClause {
        let start = self.token.start;
        let is_case = self.at(T::Case);
        self.bump();
        let comm = is_case.then(|| Box::new(self.communication()));
        let body = self.clause_body();
        CommClause { id: self.node(start), comm, body }
    }

    /// A send, a receive, or a receive with one or two variables.
    fn communication(&mut self) -> Stmt {
        let start = self.token.start;
        let mut lhs = self.expression_list(false);
        let token = self.token.kind;
        let (most, what) = match token {
            T::Assign | T::Define => (2, "1 or 2 expressions"),
            _ => (1, "1 expression"),
        };
        if lhs.len() > most && !self.panicking {
            self.expected_at(start, what);
        }
        if self.panicking {
            return self.stmt(start, StmtKind::Bad);
        }
        if token == T::Define {
            return self.short_receive(start, lhs);
        }
        if matches!(token, T::Assign | T::Arrow) {
            self.bump();
            let value = self.right_side();
            let kind = match (token, lhs.pop()) {
                (T::Arrow, Some(channel)) => StmtKind::Send { channel, value },
                (_, last) => {
                    lhs.extend(last);
                    StmtKind::Assign { lhs, op: None, rhs: vec![value] }
                }
            };
            return self.stmt(start, kind);
        }
        let kind = lhs.pop().map_or(StmtKind::Bad, StmtKind::Expr);
        self.stmt(start, kind)
    }

    fn short_receive(&mut self, start: u32, lhs: Vec<Expr>) -> Stmt {
        self.bump();
        let rhs = vec![self.right_side()];
        self.stmt(start, StmtKind::ShortVar { lhs, rhs })
    }

    pub(super) fn for_statement(&mut self) -> StmtKind {
        self.bump();
        let header = match self.token.kind {
            T::OpenBrace => ForHeader::Clauses { init: None, cond: None, post: None },
            _ => self.header(Self::for_header),
        };
        let filled = self.block();
        match header {
            ForHeader::Range(clause) => match clause.kind {
                StmtKind::Range { key, value, define, operand, .. } => {
                    StmtKind::Range { key, value, define, operand, body: filled }
                }
                _ => StmtKind::Bad,
            },
            ForHeader::Clauses { init, cond, post } => {
                let cond = cond.map(|stmt| self.header_expression(*stmt, FOR_CONDITION));
                StmtKind::For { init, cond, post, body: filled }
            }
        }
    }

    fn for_header(&mut self) -> ForHeader {
        let start = self.token.start;
        if self.at(T::Range) {
            return ForHeader::Range(Box::new(self.range_clause(start, Vec::new(), false)));
        }
        let mut first = None;
        if !self.at(T::Semicolon) {
            let stmt = self.simple_statement(Allow::Range);
            if matches!(stmt.kind, StmtKind::Range { .. }) {
                return ForHeader::Range(Box::new(stmt));
            }
            first = Some(Box::new(stmt));
        }
        if self.panicking || !self.at(T::Semicolon) {
            return ForHeader::Clauses { init: None, cond: first, post: None };
        }
        self.bump();
        let mut cond = None;
        if !self.at(T::Semicolon) {
            cond = Some(Box::new(self.simple_statement(Allow::Nothing)));
        }
        if !self.panicking {
            self.expect_semicolon();
        }
        let mut post = None;
        if !self.at(T::OpenBrace) && !self.panicking {
            post = Some(Box::new(self.simple_statement(Allow::Nothing)));
        }
        ForHeader::Clauses { init: first, cond, post }
    }
}
