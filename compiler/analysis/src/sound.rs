//! Which programs of a file with errors can be compiled all the same: those that reach nothing broken.

use std::collections::HashSet;

use gobpf_source::DeclId;
use gobpf_types::hir::{
    Argument, Block, Expr, ExprKind, Function, FunctionId, Package, Program, Stmt, StmtKind, Type, TypeId,
};

/// Types nested deeper than this count as broken.
const MAX_DEPTH: u32 = 64;

/// What is left of a package with errors.
pub(crate) struct Sound {
    /// The programs that reach no broken declaration and nothing without a type.
    pub(crate) programs: Vec<Program>,
    /// The broken declarations that the other programs reach.
    pub(crate) reached: HashSet<DeclId>,
}

/// Sorts the programs of `package` by whether they reach a declaration in `broken`. `uses` has the functions with the
/// package variables that they use: of those that were refused nothing is left in their code.
pub(crate) fn programs(package: &Package, broken: &HashSet<DeclId>, uses: &[(DeclId, DeclId)]) -> Sound {
    let mut sound = Sound { programs: Vec::new(), reached: HashSet::new() };
    for program in &package.programs {
        let mut walk = Walk {
            package,
            broken,
            uses,
            queue: Vec::new(),
            seen: HashSet::new(),
            sound: true,
            reached: &mut sound.reached,
        };
        walk.decl(Some(program.place.decl));
        walk.follow(program.function);
        if walk.sound {
            sound.programs.push(program.clone());
        }
    }
    sound
}

/// A walk over all that one program reaches.
struct Walk<'p> {
    package: &'p Package,
    broken: &'p HashSet<DeclId>,
    uses: &'p [(DeclId, DeclId)],
    queue: Vec<FunctionId>,
    seen: HashSet<FunctionId>,
    sound: bool,
    reached: &'p mut HashSet<DeclId>,
}

impl Walk<'_> {
    fn follow(&mut self, entry: FunctionId) {
        self.reach(entry);
        while let Some(id) = self.queue.pop() {
            match self.package.functions.get(id.0 as usize) {
                Some(function) => self.function(function),
                None => self.sound = false,
            }
        }
    }

    fn reach(&mut self, function: FunctionId) {
        if self.seen.insert(function) {
            self.queue.push(function);
        }
    }

    fn function(&mut self, function: &Function) {
        self.decl(Some(function.decl));
        for (_, variable) in self.uses.iter().filter(|(by, _)| *by == function.decl) {
            self.decl(Some(*variable));
        }
        let locals = function.locals.iter().map(|local| local.ty);
        locals.chain(function.results.iter().copied()).for_each(|ty| self.ty(ty));
        self.block(&function.body);
        function.defers.iter().for_each(|deferred| self.block(&deferred.body));
    }

    /// A declaration that is used; `None` is one that isn't there.
    fn decl(&mut self, decl: Option<DeclId>) {
        match decl {
            Some(decl) if self.broken.contains(&decl) => {
                self.sound = false;
                self.reached.insert(decl);
            }
            Some(_) => {}
            None => self.sound = false,
        }
    }

    fn ty(&mut self, ty: TypeId) {
        self.sound &= self.is_known(ty, 0);
    }

    fn is_known(&self, ty: TypeId, depth: u32) -> bool {
        match self.package.types.get(ty) {
            Type::Unknown => false,
            Type::Bool | Type::Int { .. } | Type::String { .. } | Type::Function => true,
            // Behind a pointer there may be the type itself again, and its layout does not matter to the pointer.
            Type::Pointer { .. } => true,
            Type::Array { element, .. } | Type::Slice { element, .. } => {
                depth < MAX_DEPTH && self.is_known(*element, depth + 1)
            }
            Type::Struct(of) => {
                depth < MAX_DEPTH && of.fields.iter().all(|field| self.is_known(field.ty, depth + 1))
            }
        }
    }

    fn block(&mut self, block: &Block) {
        block.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Declare { init, .. } => self.all(init),
            StmtKind::Assign { targets, values } => {
                self.all(targets.iter().flatten());
                self.all(values);
            }
            StmtKind::AssignCall { targets, call } => {
                self.all(targets.iter().flatten());
                self.expr(call);
            }
            StmtKind::AssignOp { target, value, .. } => self.all([target, value]),
            StmtKind::Expr(expr)
            | StmtKind::ReturnCall(expr)
            | StmtKind::Clear(expr)
            | StmtKind::MapDelete { key: expr, .. } => self.expr(expr),
            StmtKind::Block(block) => self.block(block),
            StmtKind::If { cond, then, otherwise } => {
                self.expr(cond);
                self.block(then);
                self.block(otherwise);
            }
            StmtKind::For { cond, post, body, .. } => {
                self.all(cond);
                self.block(body);
                self.block(post);
            }
            StmtKind::Switch { clauses, .. } => {
                for clause in clauses {
                    self.all(clause.conditions.iter().flatten());
                    self.block(&clause.body);
                }
            }
            StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Panic
            | StmtKind::Goto(_)
            | StmtKind::Label(_) => {}
            StmtKind::Return(values) => self.all(values),
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        self.ty(expr.ty);
        match &expr.kind {
            ExprKind::Const(_) | ExprKind::Zero | ExprKind::Local(_) => {}
            ExprKind::Global(id) => {
                let global = self.package.globals.get(id.0 as usize);
                self.decl(global.map(|global| global.place.decl));
            }
            ExprKind::Field { base: inner, .. }
            | ExprKind::Deref(inner)
            | ExprKind::AddressOf(inner)
            | ExprKind::Unary { operand: inner, .. }
            | ExprKind::Convert(inner)
            | ExprKind::Len(inner)
            | ExprKind::Cap(inner)
            | ExprKind::CopyBytes { bytes: inner, .. }
            | ExprKind::MapIndex { key: inner, .. }
            | ExprKind::Packet { context: inner, .. } => self.expr(inner),
            ExprKind::Index { base, index } => self.all([&**base, &**index]),
            ExprKind::Slice { base, low, high, max } => {
                self.expr(base);
                self.all([low, high, max].into_iter().flatten().map(|bound| &**bound));
            }
            ExprKind::Struct(values) => self.all(values),
            ExprKind::Array(values) => self.all(values.iter().map(|(_, value)| value)),
            ExprKind::Binary { left, right, .. }
            | ExprKind::Compare { left, right, .. }
            | ExprKind::Logical { left, right, .. } => self.all([&**left, &**right]),
            ExprKind::Call { function, arguments } => {
                self.reach(*function);
                self.all(arguments);
            }
            ExprKind::Copy { to, from } => self.all([&**to, &**from]),
            ExprKind::MinMax { operands, .. } | ExprKind::Intrinsic { arguments: operands, .. } => {
                self.all(operands);
            }
            ExprKind::Sequence { stmts, value } => {
                self.block(stmts);
                self.expr(value);
            }
            ExprKind::Closure { function, captures } => {
                self.reach(*function);
                self.all(captures);
            }
            ExprKind::CallValue { callee, arguments } => {
                self.expr(callee);
                self.all(arguments);
            }
            ExprKind::Helper { arguments, .. } => {
                arguments.iter().for_each(|argument| self.argument(argument));
            }
        }
    }

    fn argument(&mut self, argument: &Argument) {
        match argument {
            Argument::Value(value) | Argument::Reference(value) | Argument::Memory(value) => self.expr(value),
            Argument::Map(id) => {
                let map = self.package.maps.get(id.0 as usize);
                self.decl(map.map(|map| map.place.decl));
            }
            Argument::CallbackValue { function, .. } => self.expr(function),
            Argument::Callback(function) => self.reach(*function),
            Argument::Text(_) => {}
        }
    }
}
