//! Functions as a whole: parameters, body, missing returns, variables without use.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, BranchKind, ExprKind as Syntax, FuncDecl, StmtKind};

use crate::checker::Checker;
use crate::context::{Cx, EntityKind, Scope};
use crate::error::{NotInKernel, Why};
use crate::hir;
use crate::stmt::strip_parens;
use crate::symbols::{SymbolId, SymbolKind};
use crate::ty::{Ty, Types};

impl<'a> Checker<'a> {
    /// Checks the body of the function `id` and puts it into the arena.
    pub fn check_function(&mut self, id: SymbolId, arguments: &[Ty]) {
        let Some(symbol) = self.index.symbol(id).cloned() else { return };
        let SymbolKind::Func(func) = symbol.kind else { return };
        let key = (id, arguments.to_vec());
        let Some(function) = self.function_ids.get(&key).copied() else { return };
        let name =
            self.functions.get(function.0 as usize).map(|known| known.name.clone()).unwrap_or_default();
        let bindings = self.bindings(func, arguments);
        let mut cx = Cx::of_symbol(self, &symbol);
        cx.function = Some(id);
        cx.type_args = bindings;
        let mut lowered = cx.function_body(func, name);
        lowered.inlining = crate::inlining::of(&symbol);
        if let Some(slot) = self.functions.get_mut(function.0 as usize) {
            *slot = std::sync::Arc::new(lowered);
        }
    }
}

impl<'a> Cx<'_, 'a> {
    pub fn function_body(&mut self, func: &'a FuncDecl, name: smol_str::SmolStr) -> hir::Function {
        let mut names_params = true;
        if let Some(field) = &func.receiver {
            for expr in crate::member::receiver_arguments(&field.ty) {
                if !matches!(expr.kind, Syntax::Ident(_)) {
                    names_params = false;
                    let text = crate::describe::expression(expr);
                    self.error(expr.id, Why::ReceiverParameter { expr: text });
                }
            }
        }
        if let Some(field) = &func.receiver {
            self.check_receiver_names(field);
        }
        let receiver = func.receiver.as_ref().map(|field| match self.miscounted_receiver(field) {
            Some(ty) if names_params => ty,
            None if names_params => self.receiver_type(field),
            _ => Types::UNKNOWN,
        });
        if let (Some(field), Some(ty)) = (&func.receiver, receiver) {
            self.check_receiver(field, ty);
        }
        let types = self.signature_types(&func.signature);
        self.scopes.push(Scope::default());
        let mut params = Vec::new();
        if let (Some(field), Some(ty)) = (&func.receiver, receiver) {
            self.parameter(field, ty, "receiver", &mut params);
        }
        for (field, ty) in func.signature.params.iter().zip(&types.0) {
            self.parameter(field, *ty, "parameter", &mut params);
        }
        let (signature, body) = (&func.signature, func.body.as_ref());
        let mut function = self.finish_function(signature, &types.1, body, func.name.id, params);
        if func.body.is_none() {
            self.unsupported(func.id, NotInKernel::Builtin("a function without a body"));
        }
        self.resolve_captures(&mut function);
        hir::Function { name, ..function }
    }

    /// The type of a receiver: of a generic type, the instance for what is bound to its type parameters by position, as
    /// some may be blank.
    fn receiver_type(&mut self, field: &'a ast::Field) -> Ty {
        let names = crate::member::receiver_arguments(&field.ty).len();
        let owner = crate::symbols::receiver_name(&field.ty)
            .and_then(|name| self.ck.index.lookup(self.package, &name))
            .filter(|owner| names > 0 && names == self.type_args.len() && self.ck.takes(*owner, names));
        let is_type = |owner: SymbolId| {
            let kind = self.ck.index.symbol(owner).map(|symbol| symbol.kind);
            matches!(kind, Some(SymbolKind::Type(spec)) if !spec.alias)
        };
        let Some(owner) = owner.filter(|owner| is_type(*owner)) else {
            return self.variable_type_expr(&field.ty);
        };
        let arguments: Vec<Ty> = self.type_args.iter().map(|(_, ty)| *ty).collect();
        let instance = self.ck.instantiate(owner, &arguments);
        match &strip_parens(&field.ty).kind {
            Syntax::Star(_) => self.ck.types.intern(crate::ty::Kind::Pointer(instance)),
            _ => instance,
        }
    }

    /// Reports a receiver with another number of type parameters than its type, and gives what Go goes on with: an
    /// instance for parameters of its own.
    fn miscounted_receiver(&mut self, field: &'a ast::Field) -> Option<Ty> {
        let have = crate::member::receiver_arguments(&field.ty).len();
        let owner = crate::symbols::receiver_name(&field.ty)
            .and_then(|name| self.ck.index.lookup(self.package, &name))?;
        let SymbolKind::Type(spec) = self.ck.index.symbol(owner)?.kind else { return None };
        let want: usize = spec.type_params.iter().map(|field| field.names.len()).sum();
        if have == want || have == 0 || want == 0 {
            return None;
        }
        self.error(field.ty.id, Why::ReceiverParameters { have, want });
        let names = crate::member::receiver_params(&field.ty);
        let params: Vec<Ty> = names.iter().map(|name| self.ck.types.declare_param(name.clone())).collect();
        let instance = self.ck.broken_instance(owner, &params);
        self.type_args = names.into_iter().zip(params).collect();
        Some(match &strip_parens(&field.ty).kind {
            Syntax::Star(_) => self.ck.types.intern(crate::ty::Kind::Pointer(instance)),
            _ => instance,
        })
    }

    /// Reports type parameters of a receiver with the same name.
    fn check_receiver_names(&mut self, field: &ast::Field) {
        let arguments = crate::member::receiver_arguments(&field.ty);
        for (position, argument) in arguments.iter().enumerate() {
            let Syntax::Ident(name) = &argument.kind else { continue };
            let same = |first: &&ast::Expr| matches!(&first.kind, Syntax::Ident(known) if known == name);
            if let Some(first) = arguments.iter().take(position).find(same).filter(|_| name != "_") {
                let other = self.place(first.id);
                self.error(argument.id, Why::Redeclared { name: name.clone(), other });
            }
        }
    }

    /// Reports a receiver of a type that can't have methods.
    fn check_receiver(&mut self, field: &ast::Field, ty: Ty) {
        let base = match self.ck.types.kind(ty) {
            crate::ty::Kind::Pointer(target) => *target,
            _ => ty,
        };
        if matches!(self.ck.types.under(base), crate::ty::Kind::Pointer(_) | crate::ty::Kind::Interface(_))
            && self.ck.types.param_of(base).is_none()
        {
            let ty = self.display(base);
            let place = self.place(field.ty.id);
            self.ck.another_error(place, Why::InvalidReceiver { ty });
        }
    }

    /// The types of the parameters and of the results: names among them aren't those of parameters.
    pub fn signature_types(&mut self, signature: &'a ast::Signature) -> (Vec<Ty>, Vec<Ty>) {
        let params = signature.params.iter().map(|field| self.variable_type_expr(&field.ty)).collect();
        let results = signature.results.iter().map(|field| self.variable_type_expr(&field.ty)).collect();
        (params, results)
    }

    /// Results and body of a function whose parameters are in the innermost scope, which ends.
    pub fn finish_function(
        &mut self,
        signature: &'a ast::Signature,
        results: &[Ty],
        block: Option<&'a ast::Block>,
        node: NodeId,
        params: Vec<hir::LocalId>,
    ) -> hir::Function {
        let mut body = Vec::new();
        let mut result_types = Vec::new();
        for (field, ty) in signature.results.iter().zip(results.iter().copied()) {
            self.require_kernel_type(ty, field.ty.id);
            if field.names.is_empty() {
                self.results.push(ty);
                result_types.push(self.lower(ty));
            }
            for name in &field.names {
                let local = self.new_local(&name.name, ty, name.id);
                self.mark_used(local);
                self.variable_words.insert(name.id, "result variable");
                self.declare(name, EntityKind::Local(local));
                self.results.push(ty);
                self.named_results.push(local);
                result_types.push(self.lower(ty));
                let kind = hir::StmtKind::Declare { local, init: None };
                body.push(hir::Stmt { node: name.id, kind });
            }
        }
        let first_own = self.locals.len();
        if let Some(block) = block {
            self.gotos = self.check_labels(&block.stmts);
            self.has_defer = contains_defer(&block.stmts);
            let inner = self.stmts(&block.stmts);
            body.extend(self.defer_flags(first_own));
            body.extend(inner);
            if !self.results.is_empty() && !terminates_block(&block.stmts) {
                self.error(block.close, Why::MissingReturn);
            }
        }
        self.scopes.pop();
        self.finish_labels();
        self.report_unused(first_own);
        hir::Function {
            name: smol_str::SmolStr::default(),
            decl: self.decl,
            name_node: node,
            params,
            results: result_types,
            result_locals: self.named_results.clone(),
            locals: std::mem::take(&mut self.locals),
            body,
            defers: std::mem::take(&mut self.defers),
            inlining: hir::Inlining::Automatic,
            callees: Vec::new(),
            nodes: 0,
        }
    }

    /// A parameter of type `ty`, or what messages call `word`.
    pub fn parameter(
        &mut self,
        field: &'a ast::Field,
        ty: Ty,
        word: &'static str,
        params: &mut Vec<hir::LocalId>,
    ) {
        self.require_kernel_type(ty, field.ty.id);
        let add = |cx: &mut Self, name: &str, node: NodeId| {
            let local = cx.new_local(name, ty, node);
            cx.mark_used(local);
            local
        };
        if field.names.is_empty() {
            let local = add(self, "", field.id);
            params.push(local);
        }
        for name in &field.names {
            let local = add(self, &name.name, name.id);
            self.variable_words.insert(name.id, word);
            self.declare(name, EntityKind::Local(local));
            params.push(local);
        }
    }

    pub fn report_unused(&mut self, from: usize) {
        let unused: Vec<_> = self
            .locals
            .iter()
            .zip(&self.used)
            .skip(from)
            .filter(|(local, used)| !**used && !local.name.is_empty() && local.name != "_")
            .map(|(local, _)| (local.node, local.name.clone()))
            .collect();
        for (node, name) in unused {
            self.error(node, Why::NotUsed { name });
        }
    }
}

/// Go's rule for a list of statements that can't be left at its end.
fn terminates_block(stmts: &[ast::Stmt]) -> bool {
    let last = stmts.iter().rev().find(|stmt| !matches!(stmt.kind, StmtKind::Empty));
    last.is_some_and(|stmt| terminates(stmt, None))
}

fn terminates(stmt: &ast::Stmt, label: Option<&str>) -> bool {
    match &stmt.kind {
        StmtKind::Bad | StmtKind::Return(_) => true,
        StmtKind::Branch { kind, .. } => matches!(kind, BranchKind::Goto | BranchKind::Fallthrough),
        StmtKind::Expr(expr) => match &strip_parens(expr).kind {
            Syntax::Call { function, .. } => {
                matches!(&function.kind, Syntax::Ident(name) if name == "panic")
            }
            _ => false,
        },
        StmtKind::Block(block) => terminates_block(&block.stmts),
        StmtKind::If { then, otherwise: Some(otherwise), .. } => {
            terminates_block(&then.stmts) && terminates(otherwise, None)
        }
        StmtKind::For { cond: None, body, .. } => !breaks(&body.stmts, label, true),
        StmtKind::Labeled { label, stmt } => terminates(stmt, Some(&label.name)),
        StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
            cases.iter().any(|case| case.values.is_none())
                && cases.iter().all(|case| terminates_block(&case.body) && !breaks(&case.body, label, true))
        }
        StmtKind::Select(cases) => {
            cases.iter().all(|case| terminates_block(&case.body) && !breaks(&case.body, label, true))
        }
        _ => false,
    }
}

/// A `break` in `stmts` leaves the statement around them: one without a label where `plain`, or one that names it.
fn breaks(stmts: &[ast::Stmt], label: Option<&str>, plain: bool) -> bool {
    stmts.iter().any(|stmt| breaks_stmt(stmt, label, plain))
}

fn breaks_stmt(stmt: &ast::Stmt, label: Option<&str>, plain: bool) -> bool {
    match &stmt.kind {
        StmtKind::Branch { kind: BranchKind::Break, label: named } => match named {
            None => plain,
            Some(named) => label == Some(named.name.as_str()),
        },
        StmtKind::Labeled { stmt, .. } => breaks_stmt(stmt, label, plain),
        StmtKind::Block(block) => breaks(&block.stmts, label, plain),
        StmtKind::If { then, otherwise, .. } => {
            breaks(&then.stmts, label, plain)
                || otherwise.as_deref().is_some_and(|stmt| breaks_stmt(stmt, label, plain))
        }
        StmtKind::For { body, .. } | StmtKind::Range { body, .. } => breaks(&body.stmts, label, false),
        StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
            cases.iter().any(|case| breaks(&case.body, label, false))
        }
        StmtKind::Select(cases) => cases.iter().any(|case| breaks(&case.body, label, false)),
        _ => false,
    }
}

/// A `defer` stands in `stmts`, function literals left out.
fn contains_defer(stmts: &[ast::Stmt]) -> bool {
    stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Defer(_) => true,
        StmtKind::Labeled { stmt, .. } => contains_defer(std::slice::from_ref(stmt)),
        StmtKind::Block(block) => contains_defer(&block.stmts),
        StmtKind::If { then, otherwise, .. } => {
            contains_defer(&then.stmts)
                || otherwise.as_deref().is_some_and(|stmt| contains_defer(std::slice::from_ref(stmt)))
        }
        StmtKind::For { body, .. } | StmtKind::Range { body, .. } => contains_defer(&body.stmts),
        StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
            cases.iter().any(|case| contains_defer(&case.body))
        }
        StmtKind::Select(cases) => cases.iter().any(|case| contains_defer(&case.body)),
        _ => false,
    })
}
