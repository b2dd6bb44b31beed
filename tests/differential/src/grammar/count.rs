//! Which productions a file has, and how often.

use std::collections::BTreeMap;

use gobpf_syntax::ast::{
    BinaryOp, BranchKind, Decl, DeclKind, Expr, ExprKind, Field, File, ImportSpec, LiteralKind, Stmt,
    StmtKind, UnaryOp,
};

use crate::walk::{Node, Role, walk};

/// Counts by the name of the production.
pub type Counts = BTreeMap<&'static str, u64>;

/// The names of Go's own types, which make a call a conversion.
const TYPES: &[&str] = &[
    "bool",
    "string",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "byte",
    "rune",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "error",
    "any",
];

/// The productions of `file`, whose text is `text`.
pub fn count(file: &File, text: &str) -> Counts {
    let mut counter = Counter { counts: Counts::new(), types: type_names(file), packages: packages(file) };
    counter.add(&["SourceFile", "PackageClause", "PackageName"]);
    counter.put("newline", text.matches('\n').count() as u64);
    counter.put("unicode_char", text.chars().count() as u64);
    for placed in &file.decls {
        counter.declaration(&placed.decl);
        walk(&placed.decl, &mut |node| counter.node(node));
    }
    counter.counts
}

fn type_names(file: &File) -> Vec<String> {
    let mut names: Vec<String> = TYPES.iter().map(ToString::to_string).collect();
    for placed in &file.decls {
        if let DeclKind::Type(specs) = &placed.decl.kind {
            names.extend(specs.iter().map(|spec| spec.name.name.to_string()));
        }
    }
    names
}

fn packages(file: &File) -> Vec<String> {
    let mut names = Vec::new();
    for placed in &file.decls {
        if let DeclKind::Import(specs) = &placed.decl.kind {
            for ImportSpec { name, path, .. } in specs {
                let last = path.rsplit('/').next().unwrap_or_default().to_owned();
                names.push(name.as_ref().map_or(last, |name| name.name.to_string()));
            }
        }
    }
    names
}

struct Counter {
    counts: Counts,
    /// Names of types.
    types: Vec<String>,
    /// Names of imported packages.
    packages: Vec<String>,
}

impl Counter {
    fn put(&mut self, name: &'static str, count: u64) {
        if count > 0 {
            *self.counts.entry(name).or_default() += count;
        }
    }

    fn add(&mut self, names: &[&'static str]) {
        names.iter().for_each(|name| self.put(name, 1));
    }

    /// An identifier.
    fn name(&mut self, name: &str) {
        self.add(&["identifier", "letter", "unicode_letter"]);
        self.put("unicode_digit", u64::from(name.chars().any(char::is_numeric)));
    }

    fn declaration(&mut self, decl: &Decl) {
        match &decl.kind {
            DeclKind::Import(specs) => {
                self.add(&["ImportDecl"]);
                for spec in specs {
                    self.add(&["ImportSpec", "ImportPath"]);
                    self.put("PackageName", u64::from(spec.name.is_some()));
                }
            }
            DeclKind::Const(specs) => {
                self.add(&["TopLevelDecl", "Declaration", "ConstDecl"]);
                self.put("ConstSpec", specs.len() as u64);
                self.put("IdentifierList", specs.len() as u64);
            }
            DeclKind::Type(_) => self.add(&["TopLevelDecl", "Declaration", "TypeDecl"]),
            DeclKind::Var(_) => self.add(&["TopLevelDecl", "Declaration", "VarDecl"]),
            DeclKind::Func(_) => self.add(&["TopLevelDecl"]),
            DeclKind::Package(_) | DeclKind::Bad(_) => {}
        }
    }

    fn node(&mut self, node: Node<'_>) {
        match node {
            Node::Stmt(stmt) => self.stmt(stmt),
            Node::Expr(expr, role) => self.expr(expr, role),
            Node::StructField(field) => {
                self.add(&["FieldDecl"]);
                self.put("EmbeddedField", u64::from(field.names.is_empty()));
                self.put("Tag", u64::from(field.tag.is_some()));
                self.names(field);
            }
            Node::Parameter(field) => {
                self.add(&["ParameterDecl"]);
                self.names(field);
            }
            Node::InterfaceElement(field) => {
                self.add(&["InterfaceElem"]);
                match field.names.is_empty() {
                    true => self.add(&["TypeElem"]),
                    false => self.add(&["MethodElem", "MethodName"]),
                }
            }
            Node::Signature(signature) => {
                self.add(&["Signature", "Parameters"]);
                self.put("ParameterList", u64::from(!signature.params.is_empty()));
                self.put("Result", u64::from(!signature.results.is_empty()));
            }
            Node::Block(_) => self.add(&["Block", "StatementList"]),
            Node::Case(_) => self.add(&["StatementList"]),
            Node::Element(element) => {
                self.add(&["KeyedElement", "Element"]);
                if let Some(key) = &element.key {
                    self.add(&["Key"]);
                    self.put("FieldName", u64::from(matches!(key.kind, ExprKind::Ident(_))));
                }
            }
            Node::Type(spec) => {
                self.add(&["TypeSpec", if spec.alias { "AliasDecl" } else { "TypeDef" }]);
                self.type_parameters(&spec.type_params);
            }
            Node::Var(spec) => {
                self.add(&["VarSpec", "IdentifierList"]);
                self.put("ExpressionList", u64::from(!spec.values.is_empty()));
            }
            Node::Func(func) => {
                match func.receiver.is_some() {
                    true => self.add(&["MethodDecl", "Receiver", "MethodName"]),
                    false => self.add(&["FunctionDecl", "FunctionName"]),
                }
                self.put("FunctionBody", u64::from(func.body.is_some()));
                self.type_parameters(&func.type_params);
                self.name(&func.name.name);
            }
        }
    }

    fn type_parameters(&mut self, fields: &[Field]) {
        if !fields.is_empty() {
            self.add(&["TypeParameters", "TypeParamList"]);
        }
        for field in fields {
            self.add(&["TypeParamDecl", "TypeConstraint"]);
            let union = matches!(
                &field.ty.kind,
                ExprKind::Binary { op: BinaryOp::Or, .. } | ExprKind::Unary { op: UnaryOp::Tilde, .. }
            );
            self.put("TypeElem", u64::from(union));
            self.put("TypeTerm", u64::from(union));
        }
    }

    fn names(&mut self, field: &Field) {
        self.put("IdentifierList", u64::from(!field.names.is_empty()));
        field.names.iter().for_each(|name| self.name(&name.name));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.add(&["Statement"]);
        match &stmt.kind {
            StmtKind::Bad => {}
            StmtKind::Empty => self.add(&["SimpleStmt", "EmptyStmt"]),
            StmtKind::Const(specs) => {
                self.add(&["Declaration", "ConstDecl"]);
                self.put("ConstSpec", specs.len() as u64);
            }
            StmtKind::Type(_) => self.add(&["Declaration", "TypeDecl"]),
            StmtKind::Var(_) => self.add(&["Declaration", "VarDecl"]),
            StmtKind::Labeled { .. } => self.add(&["LabeledStmt", "Label"]),
            StmtKind::Expr(_) => self.add(&["SimpleStmt", "ExpressionStmt"]),
            StmtKind::Send { .. } => self.add(&["SimpleStmt", "SendStmt", "Channel"]),
            StmtKind::IncDec { .. } => self.add(&["SimpleStmt", "IncDecStmt"]),
            StmtKind::Assign { .. } => self.add(&["SimpleStmt", "Assignment", "assign_op", "ExpressionList"]),
            StmtKind::ShortVar { .. } => {
                self.add(&["SimpleStmt", "ShortVarDecl", "IdentifierList", "ExpressionList"])
            }
            StmtKind::Go(_) => self.add(&["GoStmt"]),
            StmtKind::Defer(_) => self.add(&["DeferStmt"]),
            StmtKind::Return(values) => {
                self.add(&["ReturnStmt"]);
                self.put("ExpressionList", u64::from(!values.is_empty()));
            }
            StmtKind::Branch { kind, label } => {
                self.add(&[match kind {
                    BranchKind::Break => "BreakStmt",
                    BranchKind::Continue => "ContinueStmt",
                    BranchKind::Goto => "GotoStmt",
                    BranchKind::Fallthrough => "FallthroughStmt",
                }]);
                self.put("Label", u64::from(label.is_some()));
            }
            StmtKind::Block(_) => {}
            _ => self.control(stmt),
        }
    }

    fn control(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::If { .. } => self.add(&["IfStmt"]),
            StmtKind::Switch { cases, .. } => {
                self.add(&["SwitchStmt", "ExprSwitchStmt"]);
                self.put("ExprCaseClause", cases.len() as u64);
                self.put("ExprSwitchCase", cases.len() as u64);
            }
            StmtKind::TypeSwitch { cases, .. } => {
                self.add(&["SwitchStmt", "TypeSwitchStmt", "TypeSwitchGuard"]);
                self.put("TypeCaseClause", cases.len() as u64);
                self.put("TypeSwitchCase", cases.len() as u64);
            }
            StmtKind::Select(clauses) => {
                self.add(&["SelectStmt"]);
                self.put("CommClause", clauses.len() as u64);
                self.put("CommCase", clauses.len() as u64);
                for clause in clauses {
                    let receives =
                        clause.comm.as_ref().is_some_and(|comm| !matches!(comm.kind, StmtKind::Send { .. }));
                    self.put("RecvStmt", u64::from(receives));
                    self.put("RecvExpr", u64::from(receives));
                }
            }
            StmtKind::For { init, cond, post, .. } => {
                self.add(&["ForStmt"]);
                self.put("Condition", u64::from(cond.is_some()));
                self.put("ForClause", u64::from(init.is_some() || post.is_some()));
                self.put("InitStmt", u64::from(init.is_some()));
                self.put("PostStmt", u64::from(post.is_some()));
            }
            StmtKind::Range { .. } => self.add(&["ForStmt", "RangeClause"]),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr, role: Role) {
        match role {
            Role::Type => self.add(&["Type"]),
            _ => self.add(&["Expression", "UnaryExpr", "PrimaryExpr"]),
        }
        match &expr.kind {
            ExprKind::Bad => {}
            ExprKind::Ident(name) => {
                self.name(name);
                self.add(if role == Role::Type { &["TypeName"] } else { &["Operand", "OperandName"] });
            }
            ExprKind::Literal { kind, text } => {
                self.add(&["Operand", "Literal", "BasicLit"]);
                self.literal(*kind, text);
            }
            ExprKind::Composite { ty, elements } => {
                self.add(&["LiteralValue"]);
                if ty.is_some() {
                    self.add(&["Operand", "Literal", "CompositeLit", "LiteralType"]);
                }
                self.put("ElementList", u64::from(!elements.is_empty()));
            }
            ExprKind::Func { .. } => self.add(&["Operand", "Literal", "FunctionLit", "FunctionBody"]),
            ExprKind::Paren(_) => self.add(&["Operand"]),
            ExprKind::Selector { operand, .. } => self.selector(operand, role),
            ExprKind::Index { indices, .. } => {
                // What is not a type may be an instance all the same.
                let types = role == Role::Type || indices.iter().all(|index| self.is_type(index));
                self.add(if types { &["TypeArgs", "TypeList"] } else { &["Index"] });
            }
            ExprKind::Slice { .. } => self.add(&["Slice"]),
            ExprKind::TypeAssert { .. } => self.add(&["TypeAssertion"]),
            ExprKind::Call { function, arguments, .. } => match self.is_type(function) {
                true => self.add(&["Conversion"]),
                false => {
                    self.add(&["Arguments"]);
                    self.put("ExpressionList", u64::from(!arguments.is_empty()));
                }
            },
            ExprKind::Star(_) if role == Role::Type => self.add(&["TypeLit", "PointerType", "BaseType"]),
            ExprKind::Star(_) => self.add(&["unary_op"]),
            ExprKind::Unary { op: UnaryOp::Tilde, .. } => self.add(&["TypeTerm", "UnderlyingType"]),
            ExprKind::Unary { .. } => self.add(&["unary_op"]),
            ExprKind::Binary { op: BinaryOp::Or, .. } if role == Role::Type => {
                self.add(&["TypeElem", "TypeTerm"])
            }
            ExprKind::Binary { op, .. } => self.operator(*op),
            _ => self.ty(expr),
        }
    }

    fn selector(&mut self, operand: &Expr, role: Role) {
        match &operand.kind {
            ExprKind::Ident(name) if self.packages.iter().any(|known| known == name.as_str()) => {
                self.add(&["QualifiedIdent"]);
                self.add(if role == Role::Type { &["TypeName"] } else { &["Operand", "OperandName"] });
            }
            _ if self.is_type(operand) => self.add(&["MethodExpr", "ReceiverType", "MethodName"]),
            _ => self.add(&["Selector"]),
        }
    }

    fn is_type(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Ident(name) => self.types.iter().any(|known| known == name.as_str()),
            ExprKind::Paren(inner) | ExprKind::Star(inner) => self.is_type(inner),
            ExprKind::Index { operand, .. } => self.is_type(operand),
            ExprKind::ArrayType { .. }
            | ExprKind::SliceType(_)
            | ExprKind::StructType(_)
            | ExprKind::InterfaceType(_)
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. }
            | ExprKind::FuncType(_) => true,
            _ => false,
        }
    }

    fn operator(&mut self, op: BinaryOp) {
        use BinaryOp::{Add, LogicalAnd, LogicalOr, Or, Sub, Xor};
        let class: &'static str = match op {
            LogicalAnd | LogicalOr => "binary_op",
            op if op.is_comparison() => "rel_op",
            Add | Sub | Or | Xor => "add_op",
            _ => "mul_op",
        };
        self.add(&["binary_op"]);
        if class != "binary_op" {
            self.add(&[class]);
        }
    }

    fn ty(&mut self, expr: &Expr) {
        self.add(&["TypeLit"]);
        self.add(match &expr.kind {
            ExprKind::ArrayType { .. } => &["ArrayType", "ArrayLength", "ElementType"],
            ExprKind::SliceType(_) => &["SliceType", "ElementType"],
            ExprKind::StructType(_) => &["StructType"],
            ExprKind::InterfaceType(_) => &["InterfaceType"],
            ExprKind::MapType { .. } => &["MapType", "KeyType", "ElementType"],
            ExprKind::ChanType { .. } => &["ChannelType", "ElementType"],
            ExprKind::FuncType(_) => &["FunctionType"],
            _ => &[],
        });
    }

    fn literal(&mut self, kind: LiteralKind, text: &str) {
        let lower = text.to_lowercase();
        let hex = lower.starts_with("0x");
        match kind {
            LiteralKind::Int => {
                self.add(&["int_lit"]);
                let old_octal = lower.len() > 1 && lower.starts_with('0');
                self.add(match lower.get(..2) {
                    Some("0x") => &["hex_lit", "hex_digits", "hex_digit"],
                    Some("0b") => &["binary_lit", "binary_digits", "binary_digit"],
                    Some("0o") => &["octal_lit", "octal_digits", "octal_digit"],
                    _ if old_octal => &["octal_lit", "octal_digits", "octal_digit"],
                    _ => &["decimal_lit", "decimal_digits", "decimal_digit"],
                });
            }
            LiteralKind::Float if hex => {
                self.add(&["float_lit", "hex_float_lit", "hex_mantissa", "hex_exponent"])
            }
            LiteralKind::Float => {
                self.add(&["float_lit", "decimal_float_lit"]);
                self.put("decimal_exponent", u64::from(lower.contains('e')));
            }
            LiteralKind::Imaginary => self.add(&["imaginary_lit"]),
            LiteralKind::Rune => {
                self.add(&["rune_lit"]);
                self.escapes(text);
            }
            LiteralKind::String if text.starts_with('`') => self.add(&["string_lit", "raw_string_lit"]),
            LiteralKind::String => {
                self.add(&["string_lit", "interpreted_string_lit"]);
                self.escapes(text);
            }
        }
    }

    fn escapes(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                self.add(&["unicode_value"]);
                continue;
            }
            match chars.next() {
                Some('x') => self.add(&["byte_value", "hex_byte_value"]),
                Some('u') => self.add(&["unicode_value", "little_u_value"]),
                Some('U') => self.add(&["unicode_value", "big_u_value"]),
                Some('0'..='7') => self.add(&["byte_value", "octal_byte_value"]),
                _ => self.add(&["unicode_value", "escaped_char"]),
            }
        }
    }
}
