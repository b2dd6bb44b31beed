//! The way through a file: keeps the scopes, finds the literals, and notes how their results are used.

use gobpf_source::{DeclId, NodeId, Place};
use gobpf_syntax::ast::{
    Block, ConstSpec, DeclKind, Element, Expr, ExprKind, File, Ident, Signature, Stmt, StmtKind, UnaryOp,
    VarSpec,
};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

use super::constants::Value;
use super::evaluate::Evaluator;
use super::scope::{Binding, Imports, Package, Scopes, Variable};
use super::specs::{self, ProgramUse};
use super::{Site, api};

/// Statements and expressions nest no deeper.
const MAX_DEPTH: u32 = 1000;

/// What a walk learns of variables, fields and literals; the second walk starts with what the first has learnt.
#[derive(Default)]
pub struct Learnt {
    /// Variables that are assigned to after their declaration, by the place of their first value and its index.
    pub changed: FxHashSet<(Place, usize)>,
    /// Fields that some statement of a declaration assigns to, such as `Type` of `spec.Type = ebpf.XDP`.
    pub assigned_fields: FxHashSet<(DeclId, SmolStr)>,
    /// Literals that are only a part of a program, because something is appended to them.
    pub parts: FxHashSet<Place>,
}

/// Walks one file.
pub struct Walker<'f, 'a> {
    pub file: &'a File,
    pub imports: &'f Imports,
    pub scopes: Scopes<'a>,
    pub decl: DeclId,
    pub known: &'f Learnt,
    pub learnt: Learnt,
    pub sites: Vec<Site>,
    pub uses: Vec<ProgramUse>,
    pub collection: Vec<(String, Option<api::MapSpec>)>,
    depth: u32,
}

impl<'f, 'a> Walker<'f, 'a> {
    /// Walks all of `file`.
    pub fn walk(file: &'a File, imports: &'f Imports, known: &'f Learnt) -> Walker<'f, 'a> {
        let decl = DeclId { file: file.id, index: 0 };
        let mut walker = Walker {
            file,
            imports,
            scopes: Scopes::package(),
            decl,
            known,
            learnt: Learnt::default(),
            sites: Vec::new(),
            uses: Vec::new(),
            collection: Vec::new(),
            depth: 0,
        };
        walker.declare_package();
        for (id, decl) in file.iter() {
            walker.decl = id;
            match &decl.kind {
                DeclKind::Var(specs) => specs.iter().for_each(|spec| walker.variables(spec)),
                DeclKind::Func(function) => {
                    walker.scopes.push();
                    function
                        .receiver
                        .iter()
                        .flat_map(|field| &field.names)
                        .for_each(|name| walker.other(name));
                    walker.parameters(&function.signature);
                    function.body.iter().for_each(|body| walker.block(body));
                    walker.scopes.pop();
                }
                _ => {}
            }
        }
        walker
    }

    fn declare_package(&mut self) {
        let file: &'a File = self.file;
        for (id, decl) in file.iter() {
            self.decl = id;
            match &decl.kind {
                DeclKind::Const(specs) => {
                    for (name, ty, value, iota) in constants(specs) {
                        let binding = match value {
                            Some(value) => Binding::PackageConst { value, ty, iota },
                            None => Binding::Const(None),
                        };
                        self.scopes.bind(&name.name, binding);
                    }
                }
                DeclKind::Var(specs) => specs.iter().for_each(|spec| self.declare_variables(spec)),
                DeclKind::Type(specs) => specs.iter().for_each(|spec| self.other(&spec.name)),
                DeclKind::Func(function) if function.receiver.is_none() => self.other(&function.name),
                _ => {}
            }
        }
    }

    fn place(&self, node: NodeId) -> Place {
        Place { decl: self.decl, node }
    }

    fn other(&mut self, name: &'a Ident) {
        self.scopes.bind(&name.name, Binding::Other);
    }

    fn parameters(&mut self, signature: &'a Signature) {
        let fields = signature.params.iter().chain(&signature.results);
        fields.flat_map(|field| &field.names).for_each(|name| self.other(name));
    }

    /// Runs `read` with an evaluator of the place where the walk stands.
    pub fn evaluate<T>(&self, read: impl FnOnce(&Evaluator<'_, 'a>) -> T) -> T {
        let map_of = |expr: &'a Expr| specs::map_use(self, expr);
        read(&Evaluator {
            scopes: &self.scopes,
            imports: self.imports,
            decl: self.decl,
            iota: None,
            package: false,
            map_of: &map_of,
        })
    }

    /// The variable that `expr` names, if nothing is assigned to it after its declaration.
    pub fn unchanged_variable(&self, expr: &Expr) -> Option<Variable<'a>> {
        let variable = self.variable(expr)?;
        (!self.known.changed.contains(&(variable.place, variable.index))).then_some(variable)
    }

    /// The variable that `expr` names, or whose field, element or pointee it is.
    fn variable(&self, expr: &Expr) -> Option<Variable<'a>> {
        match &expr.kind {
            ExprKind::Ident(name) => match self.scopes.lookup(name, false)? {
                Binding::Var(variable) => Some(*variable),
                _ => None,
            },
            ExprKind::Paren(inner) => self.variable(inner),
            _ => None,
        }
    }

    /// What `expr` selects from, indexes or points with.
    fn root(expr: &Expr) -> &Expr {
        let mut root = expr;
        while let ExprKind::Paren(inner)
        | ExprKind::Star(inner)
        | ExprKind::Selector { operand: inner, .. }
        | ExprKind::Index { operand: inner, .. }
        | ExprKind::Slice { operand: inner, .. } = &root.kind
        {
            root = inner;
        }
        root
    }

    fn changes(&mut self, target: &'a Expr) {
        if let ExprKind::Selector { name, .. } = &target.kind {
            self.learnt.assigned_fields.insert((self.decl, name.name.clone()));
        }
        if let Some(variable) = self.variable(Self::root(target)) {
            self.learnt.changed.insert((variable.place, variable.index));
        }
    }

    fn block(&mut self, block: &'a Block) {
        self.scopes.push();
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.scopes.pop();
    }

    fn stmts(&mut self, stmts: &'a [Stmt]) {
        self.scopes.push();
        stmts.iter().for_each(|stmt| self.stmt(stmt));
        self.scopes.pop();
    }

    fn exprs(&mut self, exprs: &'a [Expr]) {
        exprs.iter().for_each(|expr| self.expr(expr, None));
    }

    fn variables(&mut self, spec: &'a VarSpec) {
        spec.values.iter().for_each(|value| self.expr(value, None));
    }

    fn declare_variables(&mut self, spec: &'a VarSpec) {
        let names: Vec<&'a Ident> = spec.names.iter().collect();
        self.bind_variables(&names, &spec.values);
    }

    /// Binds `names` to variables that start with `values`: one each, or one call for all.
    fn bind_variables(&mut self, names: &[&'a Ident], values: &'a [Expr]) {
        for (index, name) in names.iter().enumerate() {
            let (init, index) = match values {
                [one] => (Some(one), index),
                values if values.len() == names.len() => (values.get(index), 0),
                _ => (None, 0),
            };
            let place = self.place(init.map_or(name.id, |init| init.id));
            self.scopes.bind(&name.name, Binding::Var(Variable { init, place, index }));
        }
    }

    fn local_constants(&mut self, specs: &'a [ConstSpec]) {
        for (name, ty, value, iota) in constants(specs) {
            let value = value.and_then(|value| self.constant(value, ty, iota));
            self.scopes.bind(&name.name, Binding::Const(value));
        }
    }

    fn constant(&self, value: &'a Expr, ty: Option<&'a Expr>, iota: u32) -> Option<Value> {
        self.evaluate(|evaluator| {
            let evaluator = Evaluator { iota: Some(iota), ..*evaluator };
            let found = evaluator.value(value).ok()?;
            match ty {
                Some(ty) => evaluator.convert(ty, found).ok(),
                None => Some(found),
            }
        })
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        self.stmt_kind(stmt);
        self.depth -= 1;
    }

    fn stmt_kind(&mut self, stmt: &'a Stmt) {
        match &stmt.kind {
            StmtKind::Bad | StmtKind::Empty | StmtKind::Branch { .. } => {}
            StmtKind::Const(specs) => self.local_constants(specs),
            StmtKind::Type(specs) => specs.iter().for_each(|spec| self.other(&spec.name)),
            StmtKind::Var(specs) => specs.iter().for_each(|spec| {
                self.variables(spec);
                self.declare_variables(spec);
            }),
            StmtKind::Labeled { stmt, .. } => self.stmt(stmt),
            StmtKind::Expr(expr) | StmtKind::Go(expr) | StmtKind::Defer(expr) => self.expr(expr, None),
            StmtKind::Send { channel, value } => {
                self.expr(channel, None);
                self.expr(value, None);
            }
            StmtKind::IncDec { operand, .. } => {
                self.changes(operand);
                self.expr(operand, None);
            }
            StmtKind::Assign { lhs, rhs, .. } => {
                self.exprs(rhs);
                lhs.iter().for_each(|target| self.changes(target));
            }
            StmtKind::ShortVar { lhs, rhs } => self.short_variables(lhs, rhs),
            StmtKind::Return(values) => self.exprs(values),
            StmtKind::Block(block) => self.block(block),
            StmtKind::If { init, cond, then, otherwise } => {
                self.scopes.push();
                init.iter().for_each(|init| self.stmt(init));
                self.expr(cond, None);
                self.block(then);
                otherwise.iter().for_each(|otherwise| self.stmt(otherwise));
                self.scopes.pop();
            }
            StmtKind::For { init, cond, post, body } => {
                self.scopes.push();
                init.iter().for_each(|init| self.stmt(init));
                cond.iter().for_each(|cond| self.expr(cond, None));
                post.iter().for_each(|post| self.stmt(post));
                self.block(body);
                self.scopes.pop();
            }
            StmtKind::Range { key, value, define, operand, body } => {
                self.expr(operand, None);
                self.scopes.push();
                for target in key.iter().chain(value) {
                    match (&target.kind, define) {
                        (ExprKind::Ident(name), true) => self.scopes.bind(name, Binding::Other),
                        _ => self.changes(target),
                    }
                }
                self.block(body);
                self.scopes.pop();
            }
            StmtKind::Switch { init, tag, cases } => {
                self.scopes.push();
                init.iter().for_each(|init| self.stmt(init));
                tag.iter().for_each(|tag| self.expr(tag, None));
                for case in cases {
                    case.values.iter().for_each(|values| self.exprs(values));
                    self.stmts(&case.body);
                }
                self.scopes.pop();
            }
            StmtKind::TypeSwitch { init, binding, operand, cases } => {
                self.scopes.push();
                init.iter().for_each(|init| self.stmt(init));
                self.expr(operand, None);
                binding.iter().for_each(|name| self.other(name));
                cases.iter().for_each(|case| self.stmts(&case.body));
                self.scopes.pop();
            }
            StmtKind::Select(clauses) => {
                for clause in clauses {
                    self.scopes.push();
                    clause.comm.iter().for_each(|comm| self.stmt(comm));
                    self.stmts(&clause.body);
                    self.scopes.pop();
                }
            }
        }
    }

    /// `a, b := ...` declares what the block doesn't have yet, and assigns to the rest.
    fn short_variables(&mut self, lhs: &'a [Expr], rhs: &'a [Expr]) {
        self.exprs(rhs);
        for (index, target) in lhs.iter().enumerate() {
            let ExprKind::Ident(name) = &target.kind else { continue };
            if self.scopes.declared_here(name) {
                self.changes(target);
                continue;
            }
            let (init, index) = match rhs {
                [one] => (Some(one), index),
                values if values.len() == lhs.len() => (values.get(index), 0),
                _ => (None, 0),
            };
            let place = self.place(init.map_or(target.id, |init| init.id));
            self.scopes.bind(name, Binding::Var(Variable { init, place, index }));
        }
    }

    /// Goes through `expr`; `elided` is the type that a composite literal without one has here.
    fn expr(&mut self, expr: &'a Expr, elided: Option<&'a Expr>) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        match &expr.kind {
            ExprKind::Composite { ty, elements } => self.composite(expr, ty.as_deref().or(elided), elements),
            ExprKind::Func { signature, body } => {
                self.scopes.push();
                self.parameters(signature);
                self.block(body);
                self.scopes.pop();
            }
            ExprKind::Paren(inner) | ExprKind::Star(inner) => self.expr(inner, None),
            ExprKind::Selector { operand, .. } | ExprKind::TypeAssert { operand, .. } => {
                self.expr(operand, None)
            }
            ExprKind::Index { operand, indices } => {
                self.expr(operand, None);
                self.exprs(indices);
            }
            ExprKind::Slice { operand, low, high, max } => {
                // A slice of a variable's array shares it with whoever gets the slice.
                self.changes(operand);
                self.expr(operand, None);
                [low, high, max].into_iter().flatten().for_each(|bound| self.expr(bound, None));
            }
            ExprKind::Call { function, arguments, .. } => self.call(function, arguments),
            ExprKind::Unary { op, operand } => {
                if *op == UnaryOp::Address && !matches!(operand.kind, ExprKind::Composite { .. }) {
                    self.address_of(operand);
                }
                self.expr(operand, None);
            }
            ExprKind::Binary { left, right, .. } => {
                self.expr(left, None);
                self.expr(right, None);
            }
            _ => {}
        }
        self.depth -= 1;
    }

    /// Whoever has the address of a variable may change it; a spec is only read by cilium/ebpf.
    fn address_of(&mut self, operand: &'a Expr) {
        let is_spec = self.variable(operand).and_then(|variable| variable.init).is_some_and(|init| {
            matches!(&init.kind, ExprKind::Composite { ty: Some(ty), .. }
                if self.evaluate(|evaluator| evaluator.member_name(ty, Package::Ebpf).is_some()))
        });
        if !is_spec {
            self.changes(operand);
        }
    }

    fn call(&mut self, function: &'a Expr, arguments: &'a [Expr]) {
        self.expr(function, None);
        self.exprs(arguments);
        let appends = matches!(&function.kind, ExprKind::Ident(name) if name == "append");
        if !appends {
            return;
        }
        for argument in arguments {
            let literal = match &argument.kind {
                ExprKind::Composite { .. } => Some(self.place(argument.id)),
                _ => self.variable(argument).map(|variable| variable.place),
            };
            self.learnt.parts.extend(literal);
        }
    }

    fn composite(&mut self, expr: &'a Expr, ty: Option<&'a Expr>, elements: &'a [Element]) {
        // `{...}` in a literal of pointers is `&T{...}`.
        let ty = ty.map(|ty| if let ExprKind::Star(target) = &ty.kind { target.as_ref() } else { ty });
        let Some(ty) = ty else {
            elements.iter().for_each(|element| self.expr(&element.value, None));
            return;
        };
        if self.is_instructions(ty) {
            self.site(expr, elements);
            return;
        }
        let inner = match &ty.kind {
            ExprKind::SliceType(element) | ExprKind::ArrayType { element, .. } => Some(element.as_ref()),
            ExprKind::MapType { value, .. } => Some(value.as_ref()),
            _ => None,
        };
        elements.iter().for_each(|element| self.expr(&element.value, inner));
        match self
            .evaluate(|evaluator| evaluator.member_name(ty, Package::Ebpf).map(str::to_string))
            .as_deref()
        {
            Some("ProgramSpec") => self.uses.extend(specs::program_use(self, elements)),
            Some("CollectionSpec") => {
                let maps = specs::collection_maps(self, elements);
                self.collection.extend(maps);
            }
            _ => {}
        }
    }

    /// `asm.Instructions`, `[]asm.Instruction`, `[...]asm.Instruction`.
    fn is_instructions(&self, ty: &'a Expr) -> bool {
        self.evaluate(|evaluator| match &ty.kind {
            ExprKind::SliceType(element) | ExprKind::ArrayType { element, .. } => {
                evaluator.is_type(element, Package::Asm, "Instruction")
            }
            _ => evaluator.is_type(ty, Package::Asm, "Instructions"),
        })
    }

    fn site(&mut self, expr: &'a Expr, elements: &'a [Element]) {
        let values = elements
            .iter()
            .map(|element| {
                let place = self.place(element.value.id);
                (place, self.evaluate(|evaluator| evaluator.instruction(element)))
            })
            .collect();
        self.sites.push(Site { place: self.place(expr.id), values });
        // An element may hold literals of its own, as the argument of some function.
        elements.iter().for_each(|element| self.expr(&element.value, None));
    }
}

/// The constants of a declaration, with the type and value of the line that an implicit one repeats.
fn constants<'a>(
    specs: &'a [ConstSpec],
) -> impl Iterator<Item = (&'a Ident, Option<&'a Expr>, Option<&'a Expr>, u32)> {
    let mut repeated: Option<&'a ConstSpec> = None;
    specs.iter().flat_map(move |spec| {
        if !spec.values.is_empty() {
            repeated = Some(spec);
        }
        let source = repeated;
        spec.names.iter().enumerate().map(move |(index, name)| {
            let ty = source.and_then(|source| source.ty.as_ref());
            let value = source.and_then(|source| source.values.get(index));
            (name, ty, value, spec.iota)
        })
    })
}
