//! The Go AST: the whole grammar of the Go specification, each declaration on its own.
//!
//! Every node has a [`NodeId`] within its top-level declaration; its range is kept there, relative to the
//! declaration's start. A declaration is therefore equal to itself after any edit outside of it.

use std::sync::Arc;

use gobpf_source::{DeclId, FileId, NodeId, Place, Span, TextRange, TextSize};
use smol_str::SmolStr;

/// A parsed file. `decls[0]` is the package clause; the others follow in source order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// Its declarations; the index is that of [`DeclId`].
    pub decls: Vec<PlacedDecl>,
    /// Directives that stand above nothing that can have one.
    pub stray_directives: Vec<Directive>,
    /// The build constraint of the file (the text after `//go:build`), if it has one.
    pub build_constraint: Option<SmolStr>,
    /// Whether the file says of itself that it is generated (`// Code generated ... DO NOT EDIT.`).
    pub generated: bool,
}

/// A declaration and where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedDecl {
    /// Byte at which the declaration starts, its directives and doc comments included.
    pub start: TextSize,
    /// The declaration, shared with earlier versions of the file when it is unchanged.
    pub decl: Arc<Decl>,
}

/// A top-level declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decl {
    /// What is declared.
    pub kind: DeclKind,
    /// `//bpf:` directives above it, in order.
    pub directives: Vec<Directive>,
    /// The doc comment above it, without comment marks.
    pub doc: String,
    /// Range of each node by [`NodeId`], relative to the declaration's start.
    pub ranges: Vec<TextRange>,
}

/// What a top-level declaration declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclKind {
    /// `package p`; always the first, with an empty name where the clause is missing.
    Package(Ident),
    /// `import ...`
    Import(Vec<ImportSpec>),
    /// `const ...`
    Const(Vec<ConstSpec>),
    /// `type ...`
    Type(Vec<TypeSpec>),
    /// `var ...`
    Var(Vec<VarSpec>),
    /// `func ...`
    Func(Box<FuncDecl>),
    /// Text that is no declaration; a syntax error has been reported.
    Bad(NodeId),
}

/// A `//bpf:name arguments` or `//gobpf:name arguments` comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// The comment: in a declaration its node; for stray directives `NodeId(0)` (see `range`).
    pub id: NodeId,
    /// Absolute range for stray directives, otherwise relative to the declaration's start.
    pub range: TextRange,
    /// `bpf` or `gobpf`.
    pub namespace: SmolStr,
    /// What follows the colon up to white space, such as `section`; may be empty.
    pub name: SmolStr,
    /// The rest of the line, trimmed.
    pub arguments: SmolStr,
}

/// An identifier; `_` is one too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// The node.
    pub id: NodeId,
    /// The name; empty only in code with syntax errors.
    pub name: SmolStr,
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportSpec {
    /// The node.
    pub id: NodeId,
    /// The name before the path, which may be `.` or `_`.
    pub name: Option<Ident>,
    /// The path, unquoted.
    pub path: SmolStr,
    /// The node of the path.
    pub path_id: NodeId,
}

/// One line of a `const` declaration; without values it repeats the previous one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstSpec {
    /// The node.
    pub id: NodeId,
    /// The names.
    pub names: Vec<Ident>,
    /// The type, if one is written.
    pub ty: Option<Expr>,
    /// The values; empty for an implicit repetition.
    pub values: Vec<Expr>,
    /// The value of `iota`: the index of the line in its declaration.
    pub iota: u32,
}

/// One type of a `type` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSpec {
    /// The node.
    pub id: NodeId,
    /// Directives above the line within a group; those of an ungrouped declaration stand in [`Decl::directives`].
    pub directives: Vec<Directive>,
    /// The name.
    pub name: Ident,
    /// Type parameters.
    pub type_params: Vec<Field>,
    /// `type A = B`.
    pub alias: bool,
    /// The type.
    pub ty: Expr,
}

/// One line of a `var` declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarSpec {
    /// The node.
    pub id: NodeId,
    /// Directives above the line within a group; those of an ungrouped declaration stand in [`Decl::directives`].
    pub directives: Vec<Directive>,
    /// The names.
    pub names: Vec<Ident>,
    /// The type, if one is written.
    pub ty: Option<Expr>,
    /// The values; none, one call for several names, or one each.
    pub values: Vec<Expr>,
}

impl VarSpec {
    /// The value of name number `index`, where each name has one of its own.
    pub fn value_of(&self, index: usize) -> Option<&Expr> {
        self.values.get(index).filter(|_| self.values.len() == self.names.len())
    }
}

/// A function or method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FuncDecl {
    /// The node: the whole declaration without comments above it.
    pub id: NodeId,
    /// The receiver of a method.
    pub receiver: Option<Field>,
    /// The name.
    pub name: Ident,
    /// Type parameters.
    pub type_params: Vec<Field>,
    /// Parameters and results.
    pub signature: Signature,
    /// The body; none for a function implemented elsewhere.
    pub body: Option<Block>,
}

/// Parameters and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The node.
    pub id: NodeId,
    /// Parameters; the last may have a type of kind [`ExprKind::Ellipsis`].
    pub params: Vec<Field>,
    /// Results.
    pub results: Vec<Field>,
}

/// Names that share a type: parameters, results, struct fields, type parameters, interface elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The node.
    pub id: NodeId,
    /// The names; empty for unnamed parameters and embedded fields.
    pub names: Vec<Ident>,
    /// The type.
    pub ty: Expr,
    /// A struct field's tag, unquoted.
    pub tag: Option<SmolStr>,
}

/// Statements in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The node, braces included.
    pub id: NodeId,
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// The node of the closing brace (where a missing `return` is reported).
    pub close: NodeId,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stmt {
    /// The node.
    pub id: NodeId,
    /// What it is.
    pub kind: StmtKind,
}

/// Kinds of statements, with the names of the Go specification.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum StmtKind {
    /// Not a statement; a syntax error has been reported.
    Bad,
    Empty,
    Const(Vec<ConstSpec>),
    Type(Vec<TypeSpec>),
    Var(Vec<VarSpec>),
    Labeled {
        label: Ident,
        stmt: Box<Stmt>,
    },
    Expr(Expr),
    Send {
        channel: Expr,
        value: Expr,
    },
    IncDec {
        operand: Expr,
        increment: bool,
    },
    /// `a, b = x, y`; with `op` for `a += x`.
    Assign {
        lhs: Vec<Expr>,
        op: Option<BinaryOp>,
        rhs: Vec<Expr>,
    },
    /// `a, b := x, y`; the type checker refuses other targets than identifiers.
    ShortVar {
        lhs: Vec<Expr>,
        rhs: Vec<Expr>,
    },
    Go(Expr),
    Defer(Expr),
    Return(Vec<Expr>),
    Branch {
        kind: BranchKind,
        label: Option<Ident>,
    },
    Block(Block),
    /// `otherwise` is a block or another `if`.
    If {
        init: Option<Box<Stmt>>,
        cond: Expr,
        then: Block,
        otherwise: Option<Box<Stmt>>,
    },
    Switch {
        init: Option<Box<Stmt>>,
        tag: Option<Expr>,
        cases: Vec<CaseClause>,
    },
    /// `switch x := y.(type)`.
    TypeSwitch {
        init: Option<Box<Stmt>>,
        binding: Option<Ident>,
        operand: Expr,
        cases: Vec<CaseClause>,
    },
    Select(Vec<CommClause>),
    For {
        init: Option<Box<Stmt>>,
        cond: Option<Expr>,
        post: Option<Box<Stmt>>,
        body: Block,
    },
    Range {
        key: Option<Expr>,
        value: Option<Expr>,
        define: bool,
        operand: Expr,
        body: Block,
    },
}

/// `break`, `continue`, `goto`, `fallthrough`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BranchKind {
    Break,
    Continue,
    Goto,
    Fallthrough,
}

/// A clause of a `switch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseClause {
    /// The node.
    pub id: NodeId,
    /// The expressions or types; `None` for `default`.
    pub values: Option<Vec<Expr>>,
    /// The statements.
    pub body: Vec<Stmt>,
}

/// A clause of a `select`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommClause {
    /// The node.
    pub id: NodeId,
    /// The communication; `None` for `default`.
    pub comm: Option<Box<Stmt>>,
    /// The statements.
    pub body: Vec<Stmt>,
}

/// An expression or a type: Go's grammar does not tell them apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// The node.
    pub id: NodeId,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions and types.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ExprKind {
    /// Not an expression; a syntax error has been reported.
    Bad,
    Ident(SmolStr),
    /// A literal as it is written.
    Literal {
        kind: LiteralKind,
        text: SmolStr,
    },
    /// `T{...}`; without a type inside another composite literal.
    Composite {
        ty: Option<Box<Expr>>,
        elements: Vec<Element>,
    },
    Func {
        signature: Signature,
        body: Block,
    },
    Paren(Box<Expr>),
    /// `x.name`: a field, a method or a member of a package.
    Selector {
        operand: Box<Expr>,
        name: Ident,
    },
    /// `x[i]`, and `f[int]`, `T[int, string]`.
    Index {
        operand: Box<Expr>,
        indices: Vec<Expr>,
    },
    Slice {
        operand: Box<Expr>,
        low: Option<Box<Expr>>,
        high: Option<Box<Expr>>,
        max: Option<Box<Expr>>,
    },
    TypeAssert {
        operand: Box<Expr>,
        ty: Box<Expr>,
    },
    /// A call or a conversion; `spread` for `f(x...)`.
    Call {
        function: Box<Expr>,
        arguments: Vec<Expr>,
        spread: bool,
    },
    /// `*x`: an indirection or a pointer type.
    Star(Box<Expr>),
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `[n]T`; `[...]T` has no length expression but `Ellipsis`.
    ArrayType {
        length: Box<Expr>,
        element: Box<Expr>,
    },
    SliceType(Box<Expr>),
    StructType(Vec<Field>),
    /// Methods (with a `FuncType`) and embedded elements.
    InterfaceType(Vec<Field>),
    MapType {
        key: Box<Expr>,
        value: Box<Expr>,
    },
    ChanType {
        direction: ChanDirection,
        element: Box<Expr>,
    },
    FuncType(Signature),
    /// `...T` in a parameter list, `...` as an array length.
    Ellipsis(Option<Box<Expr>>),
}

/// An element of a composite literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The key: a field name, an index or a map key.
    pub key: Option<Expr>,
    /// The value; a [`ExprKind::Composite`] without a type for `{...}`.
    pub value: Expr,
}

/// Kinds of basic literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum LiteralKind {
    Int,
    Float,
    Imaginary,
    Rune,
    String,
}

/// Directions of a channel type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ChanDirection {
    Both,
    Send,
    Receive,
}

/// Unary operators, without `*` (see [`ExprKind::Star`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    /// `^x`
    Complement,
    /// `&x`
    Address,
    /// `<-x`
    Receive,
    /// `~T` in a constraint
    Tilde,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    LogicalOr,
    LogicalAnd,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Sub,
    Or,
    Xor,
    Mul,
    Quo,
    Rem,
    Shl,
    Shr,
    And,
    AndNot,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::LogicalOr => "||",
            BinaryOp::LogicalAnd => "&&",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
            BinaryOp::Mul => "*",
            BinaryOp::Quo => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::And => "&",
            BinaryOp::AndNot => "&^",
        }
    }

    /// True for the operators whose result is an untyped boolean: comparisons.
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }
}

impl File {
    /// The absolute range of `place`; empty at 0 for a place of another file or version.
    pub fn span(&self, place: Place) -> Span {
        let range = self.decls.get(place.decl.index as usize).and_then(|placed| {
            let range = placed.decl.ranges.get(place.node.0 as usize)?;
            Some(*range + placed.start)
        });
        Span { file: self.id, range: range.unwrap_or_default() }
    }

    /// The declarations with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (DeclId, &Arc<Decl>)> {
        let file = self.id;
        self.decls
            .iter()
            .enumerate()
            .map(move |(index, placed)| (DeclId { file, index: index as u32 }, &placed.decl))
    }

    /// The name in the package clause; empty where it is missing.
    pub fn package_name(&self) -> &str {
        match self.decls.first().map(|placed| &placed.decl.kind) {
            Some(DeclKind::Package(name)) => &name.name,
            _ => "",
        }
    }
}
