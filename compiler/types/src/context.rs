//! The context in which an expression or statement is checked, and what checking an expression gives.

use gobpf_source::{DeclId, NodeId, Place};
use gobpf_syntax::ast;
use rustc_hash::FxHashMap as HashMap;
use smol_str::SmolStr;

use crate::builtin::Builtin;
use crate::checker::Checker;
use crate::constant::Value;
use crate::error::{NotInKernel, Why};
use crate::hir::{self, ExprKind, LocalId};
use crate::symbols::{Package, Symbol, SymbolId, SymbolKind};
use crate::ty::{Basic, Kind, Ty, Types};

/// Stands for the type of an untyped value that isn't constant (a comparison, `1 << n`) until its use says one.
pub(crate) const UNTYPED: hir::TypeId = hir::TypeId(u32::MAX);

/// Types nested deeper than this, pointers followed, can't be laid out.
const MAX_TYPE_DEPTH: u32 = 12;

/// Expressions nested deeper than this are refused by the parser; the checker's recursion is bounded by it.
pub(crate) struct Cx<'c, 'a> {
    pub ck: &'c mut Checker<'a>,
    pub decl: DeclId,
    pub package: Package,
    pub file: usize,
    /// The function, where this is one's body.
    pub function: Option<SymbolId>,
    pub type_args: Vec<(SmolStr, Ty)>,
    pub iota: Option<u32>,
    pub scopes: Vec<Scope>,
    pub locals: Vec<hir::Local>,
    pub local_types: Vec<Ty>,
    pub used: Vec<bool>,
    pub results: Vec<Ty>,
    pub named_results: Vec<LocalId>,
    pub jumps: Vec<Jump>,
    pub labels: Vec<LabelUse>,
    /// Labels that no `break` or `continue` names; a `goto` may.
    pub unused_labels: Vec<LabelUse>,
    /// What the labels of the function are.
    pub gotos: crate::labels::Gotos,
    /// Labels that a `goto` names, as far as they were met.
    pub goto_ids: HashMap<SmolStr, hir::LabelId>,
    /// Deferred calls.
    pub defers: Vec<hir::Deferred>,
    /// Variables that keep the arguments of deferred calls.
    pub kept: Vec<(NodeId, LocalId)>,
    /// The body has a `defer`.
    pub has_defer: bool,
    pub next_label: u32,
    /// Functions around the literal at hand, outermost first.
    pub outer: Vec<crate::closure::Frame>,
    /// What is known of the variables of the function at hand.
    pub variables: crate::closure::Variables,
    /// The function at hand is the body of a loop over an iterator function.
    pub loop_body: Option<crate::iterate::LoopBody>,
    /// Statements to be put before the one that is being checked; `None` where its value isn't computed first.
    pub hoisted: Option<Vec<hir::Stmt>>,
    /// The expression that is all of the statement's value, so that nothing is computed before it.
    pub whole_value: Option<NodeId>,
    /// The expression that is only indexed, ranged over or measured.
    pub read_only: Option<NodeId>,
    /// The hidden variables that hold package variables' elements.
    pub tables: Vec<LocalId>,
    /// Where errors are reported instead of where they are.
    pub errors_at: Option<NodeId>,
    /// Functions whose calls make values for interfaces: that there are none has been said of these.
    pub made_for_interfaces: Vec<NodeId>,
    /// A declaration is looked at with type arguments for its type parameters.
    pub substitutes: bool,
    /// The parts of a call's results are being assigned, each of which may be wrong.
    pub assigns_parts: bool,
    /// What messages call the variables declared at these places, other than local ones.
    pub variable_words: HashMap<NodeId, &'static str>,
    /// Constants without a type in values that aren't constant.
    pub untyped_leaves: HashMap<NodeId, Operand>,
}

/// Names of one block.
pub(crate) type Scope = HashMap<SmolStr, Entity>;

/// What a name in a function is.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub node: NodeId,
    /// How many functions are around the one that declares it.
    pub depth: usize,
    pub kind: EntityKind,
}

#[derive(Clone, Debug)]
pub(crate) enum EntityKind {
    Local(LocalId),
    Const(Value, Ty),
    Type(Ty),
}

/// A statement that `break` or `continue` can name.
#[derive(Clone, Debug)]
pub(crate) struct Jump {
    pub label: Option<SmolStr>,
    pub id: hir::LabelId,
    pub is_loop: bool,
}

/// A label that is in scope, and whether a branch names it.
#[derive(Clone, Debug)]
pub(crate) struct LabelUse {
    pub name: SmolStr,
    pub node: NodeId,
    pub used: bool,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// Has an error, already reported.
    Invalid,
    NoValue,
    Type,
    Const(Value),
    /// A place.
    Variable,
    Value,
    /// A map of the package.
    MapVariable(SymbolId),
    /// An entry of a Go map: it may be assigned to, but has no address.
    MapEntry,
    /// A type assertion or what is received from a channel, neither of which the kernel side has.
    CommaOk,
    Function(SymbolId),
    /// A generic function whose type arguments aren't all known.
    Generic(SymbolId),
    /// A method with its receiver, adjusted to what the method wants.
    Method {
        symbol: SymbolId,
        receiver: Box<Operand>,
    },
    Builtin(Builtin),
    /// A name of a package that has no kernel side.
    Native,
}

/// A checked expression.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub mode: Mode,
    pub ty: Ty,
    /// Its text, for messages.
    pub text: String,
    pub node: NodeId,
    /// The value; of no meaning for constants, types and functions.
    pub hir: hir::Expr,
    /// Type arguments of a generic function.
    pub instance: Vec<Ty>,
}

impl Operand {
    pub fn is_invalid(&self) -> bool {
        matches!(self.mode, Mode::Invalid) || self.ty == Types::UNKNOWN
    }

    pub fn constant(&self) -> Option<&Value> {
        match &self.mode {
            Mode::Const(value) => Some(value),
            _ => None,
        }
    }
}

impl<'c, 'a> Cx<'c, 'a> {
    /// The context of a package-level declaration.
    pub fn of_symbol(ck: &'c mut Checker<'a>, symbol: &Symbol<'a>) -> Self {
        Cx {
            ck,
            decl: symbol.decl,
            package: symbol.package,
            file: symbol.file,
            function: None,
            type_args: Vec::new(),
            iota: None,
            scopes: Vec::new(),
            locals: Vec::new(),
            local_types: Vec::new(),
            used: Vec::new(),
            results: Vec::new(),
            named_results: Vec::new(),
            jumps: Vec::new(),
            labels: Vec::new(),
            unused_labels: Vec::new(),
            gotos: Default::default(),
            goto_ids: HashMap::default(),
            defers: Vec::new(),
            kept: Vec::new(),
            has_defer: false,
            next_label: 0,
            outer: Vec::new(),
            variables: Default::default(),
            loop_body: None,
            hoisted: None,
            whole_value: None,
            read_only: None,
            tables: Vec::new(),
            errors_at: None,
            made_for_interfaces: Vec::new(),
            substitutes: false,
            assigns_parts: false,
            variable_words: HashMap::default(),
            untyped_leaves: HashMap::default(),
        }
    }

    pub fn place(&self, node: NodeId) -> Place {
        Place { decl: self.decl, node }
    }

    pub fn error(&mut self, node: NodeId, why: Why) {
        let place = self.place(self.errors_at.unwrap_or(node));
        self.ck.error(place, why);
    }

    /// Reports a construct that the kernel side doesn't have.
    pub fn unsupported(&mut self, node: NodeId, what: NotInKernel) {
        self.error(node, Why::NotInKernel(what));
    }

    /// The value isn't one that the kernel side can have, which has been said of it or of what it is made of.
    pub fn is_refused(&self, value: &hir::Expr) -> bool {
        value.ty != UNTYPED
            && !matches!(value.kind, ExprKind::Const(_))
            && matches!(self.ck.hir.get(value.ty), hir::Type::Unknown)
    }

    /// A value of type `ty` by Go's rules that the kernel side doesn't have; said once of it and its `parts`.
    pub fn refused(&mut self, what: NotInKernel, ty: Ty, parts: &[&hir::Expr], expr: &ast::Expr) -> Operand {
        if !parts.iter().any(|part| self.is_refused(part)) {
            self.unsupported(expr.id, what);
        }
        let mut operand = self.operand(expr, Mode::Value, ty, ExprKind::Zero);
        operand.hir.ty = self.lower(Types::UNKNOWN);
        operand
    }

    pub fn display(&self, ty: Ty) -> String {
        self.ck.types.display(ty)
    }

    pub fn basic(&mut self, basic: Basic) -> Ty {
        self.ck.types.basic(basic)
    }

    /// Binds the type parameters of a generic declaration.
    pub fn bind_type_params(&mut self, params: &[ast::Field], arguments: &[Ty]) {
        let names = params.iter().flat_map(|field| &field.names);
        self.type_args.extend(names.map(|name| name.name.clone()).zip(arguments.iter().copied()));
    }

    /// An operand with an error.
    pub fn invalid(&mut self, expr: &ast::Expr) -> Operand {
        self.operand(expr, Mode::Invalid, Types::UNKNOWN, ExprKind::Zero)
    }

    /// An operand for `expr`.
    pub fn operand(&mut self, expr: &ast::Expr, mode: Mode, ty: Ty, kind: ExprKind) -> Operand {
        let hir_type = self.lower(ty);
        let hir = hir::Expr { node: expr.id, ty: hir_type, kind };
        let text = crate::describe::expression(expr);
        Operand { mode, ty, text, node: expr.id, hir, instance: Vec::new() }
    }

    /// A constant operand.
    pub fn const_operand(&mut self, expr: &ast::Expr, value: Value, ty: Ty) -> Operand {
        self.operand(expr, Mode::Const(value), ty, ExprKind::Zero)
    }

    /// The operand in words: `x (variable of type int)`.
    pub fn describe(&self, operand: &Operand) -> String {
        let ty = operand.ty;
        let shown = self.display(ty);
        let kind = match self.ck.types.kind_word(ty) {
            _ if self.ck.types.param_of(ty).is_some() => format!("type {shown}{}", self.constrained(ty)),
            Some(word) => format!("{word} type {shown}"),
            None if self.ck.types.is_unknown(ty) => format!("invalid type type {shown}"),
            None => format!("type {shown}"),
        };
        let text = &operand.text;
        match &operand.mode {
            _ if self.ck.types.is_nil(ty) => "nil".into(),
            Mode::Variable | Mode::Value | Mode::MapEntry | Mode::CommaOk if ty == Types::UNKNOWN => {
                format!("{text} (value with invalid type)")
            }
            Mode::Const(value) => {
                let value = value.display();
                let value = if value == *text { String::new() } else { format!(" {value}") };
                match self.ck.types.is_untyped(ty) {
                    true => format!("{text} ({shown} constant{value})"),
                    false => format!("{text} (constant{value} of {kind})"),
                }
            }
            Mode::MapEntry => format!("{text} (map index expression of {kind})"),
            Mode::CommaOk => format!("{text} (comma, ok expression of {kind})"),
            Mode::NoValue => format!("{text} (no value)"),
            Mode::Type => format!("{text} (type)"),
            Mode::Builtin(_) => format!("{text} (built-in)"),
            Mode::Variable | Mode::MapVariable(_) => format!("{text} (variable of {kind})"),
            _ if self.ck.types.is_untyped(ty) => format!("{text} ({shown} value)"),
            _ => format!("{text} (value of {kind})"),
        }
    }

    /// ` constrained by C` for a type parameter.
    fn constrained(&self, ty: Ty) -> String {
        let Some(param) = self.ck.types.param_of(ty) else { return String::new() };
        let named = self.ck.constraint_names.get(&ty).map(|shown| shown.text(&self.ck.types, true));
        let is_empty = param.terms.as_ref().is_some_and(Vec::is_empty);
        match named {
            Some(text) if is_empty => format!(" constrained by {text} with empty type set"),
            Some(text) => format!(" constrained by {text}"),
            None => String::new(),
        }
    }

    /// A new local variable; it has no name in any scope yet.
    pub fn new_local(&mut self, name: &str, ty: Ty, node: NodeId) -> LocalId {
        let id = LocalId(self.locals.len() as u32);
        let lowered = self.lower(ty);
        self.locals.push(hir::Local { name: SmolStr::new(name), ty: lowered, node, address_taken: false });
        self.local_types.push(ty);
        self.used.push(false);
        id
    }

    /// A new local variable without a name.
    pub fn hidden(&mut self, ty: Ty, node: NodeId) -> LocalId {
        let local = self.new_local("", ty, node);
        self.mark_used(local);
        local
    }

    /// The address of `local` is taken.
    pub fn set_address_taken(&mut self, local: LocalId) {
        if let Some(local) = self.locals.get_mut(local.0 as usize) {
            local.address_taken = true;
        }
    }

    /// Gives `local` its name in the innermost scope.
    pub fn declare(&mut self, name: &ast::Ident, kind: EntityKind) {
        if name.name == "_" || name.name.is_empty() {
            return;
        }
        if let Some(previous) = self.scopes.last().and_then(|scope| scope.get(&name.name)) {
            let other = self.place(previous.node);
            if let EntityKind::Local(local) = kind {
                self.mark_used(local); // it has no name to be used by
            }
            return self.redeclared(name, other);
        }
        if let Some(other) = self.type_parameter(&name.name) {
            if let EntityKind::Local(local) = kind {
                self.mark_used(local);
            }
            let other = self.place(other);
            return self.redeclared(name, other);
        }
        let depth = self.depth();
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.name.clone(), Entity { node: name.id, depth, kind });
        }
    }

    /// Reports a name that its scope has already, whatever else is wrong with what it is declared as.
    fn redeclared(&mut self, name: &ast::Ident, other: Place) {
        let place = self.place(name.id);
        self.ck.another_error(place, Why::Redeclared { name: name.name.clone(), other });
    }

    /// Where the function at hand declares the type parameter `name`, if the innermost scope is that of its parameters,
    /// which is that of its type parameters as well.
    fn type_parameter(&self, name: &str) -> Option<NodeId> {
        match self.scopes.len() {
            1 => self.own_type_parameter(name),
            _ => None,
        }
    }

    /// Where the function at hand declares the type parameter `name`.
    pub fn own_type_parameter(&self, name: &str) -> Option<NodeId> {
        if !self.type_args.iter().any(|(known, _)| known == name) {
            return None;
        }
        let SymbolKind::Func(func) = self.ck.index.symbol(self.function?)?.kind else { return None };
        if let Some(receiver) = &func.receiver {
            let arguments = crate::member::receiver_arguments(&receiver.ty).iter();
            let is_it =
                |expr: &&ast::Expr| matches!(&expr.kind, ast::ExprKind::Ident(known) if known == name);
            return arguments.into_iter().find(is_it).map(|expr| expr.id);
        }
        let mut names = func.type_params.iter().flat_map(|field| &field.names);
        names.find(|known| known.name == name).map(|known| known.id)
    }

    /// The innermost entity called `name`.
    pub fn local_entity(&self, name: &str) -> Option<&Entity> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    pub fn local_type(&self, local: LocalId) -> Ty {
        self.local_types.get(local.0 as usize).copied().unwrap_or(Types::UNKNOWN)
    }

    pub fn mark_used(&mut self, local: LocalId) {
        if let Some(used) = self.used.get_mut(local.0 as usize) {
            *used = true;
        }
    }

    /// A read of `local`.
    pub fn local_expr(&self, local: LocalId, node: NodeId) -> hir::Expr {
        let ty = self.locals.get(local.0 as usize).map_or(UNTYPED, |local| local.ty);
        hir::Expr { node, ty, kind: ExprKind::Local(local) }
    }

    /// The type as it is laid out, pointers into memory not yet known.
    pub fn lower(&mut self, ty: Ty) -> hir::TypeId {
        crate::layout::lower(self.ck, ty)
    }

    /// An integer constant of type `ty`.
    pub fn int_expr(&mut self, value: i128, ty: Ty, node: NodeId) -> hir::Expr {
        let ty = self.lower(ty);
        hir::Expr { node, ty, kind: ExprKind::Const(hir::Constant::Int(value)) }
    }

    /// Why kernel code can't have a variable of type `ty`; `None` where it can.
    pub fn kernel_type_problem(&self, ty: Ty) -> Option<NotInKernel> {
        self.unsupported_part(ty, 0)
    }

    /// Reports a type that kernel code can't have a variable of; true where there is none.
    pub fn require_kernel_type(&mut self, ty: Ty, node: NodeId) -> bool {
        match self.kernel_type_problem(ty) {
            None => true,
            Some(NotInKernel::RecursiveType) if self.is_known_to_recur(ty) => false,
            Some(what) => {
                self.unsupported(node, what);
                false
            }
        }
    }

    /// It has been said of `ty`, or of what it points to, that it points to itself.
    fn is_known_to_recur(&mut self, ty: Ty) -> bool {
        let mut base = ty;
        while let Kind::Pointer(target) | Kind::Slice(target) = self.ck.types.kind(base) {
            base = *target;
        }
        self.ck.book.lose();
        !self.ck.recurring.insert(self.ck.types.canon(base))
    }

    fn unsupported_part(&self, ty: Ty, depth: u32) -> Option<NotInKernel> {
        let types = &self.ck.types;
        match types.under(ty) {
            Kind::Basic(Basic::Float32 | Basic::Float64 | Basic::Complex64 | Basic::Complex128) => {
                Some(NotInKernel::Float)
            }
            Kind::Map(..) => Some(NotInKernel::GoMap),
            Kind::Chan(_) => Some(NotInKernel::Channel),
            Kind::Func(_) if depth > 0 => Some(NotInKernel::KeptFunction),
            Kind::Interface(_) if types.is_error(ty) => Some(NotInKernel::ErrorValue),
            Kind::Interface(_) => Some(NotInKernel::Interface),
            // A type that points to itself has no end.
            _ if depth > MAX_TYPE_DEPTH => Some(NotInKernel::RecursiveType),
            Kind::Pointer(target) | Kind::Slice(target) => self.unsupported_part(*target, depth + 1),
            Kind::Array(element, _) => self.unsupported_part(*element, depth + 1),
            Kind::Struct(fields) => fields
                .iter()
                .filter(|field| !field.native)
                .find_map(|field| self.unsupported_part(field.ty, depth + 1)),
            _ => None,
        }
    }
}
