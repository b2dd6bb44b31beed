//! Function literals and function values: each literal becomes a function whose first parameters are what it captures.
//!
//! A captured variable is passed by its address, or by its value where it never changes after its declaration, which
//! is known when the function that declares it has been checked.

use gobpf_source::NodeId;
use gobpf_syntax::ast;

use crate::context::{Cx, Jump, LabelUse, Mode, Operand, Scope};
use crate::error::NotInKernel;
use crate::hir::{self, ExprKind, FunctionId, LocalId};
use crate::symbols::{SymbolId, SymbolKind};
use crate::ty::{Kind, Ty};
use crate::visit;

/// A variable of a function around this one that this one uses.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    /// How many functions are around the one that declares it.
    pub depth: usize,
    /// The variable there.
    pub local: LocalId,
    /// The parameter that stands for it here.
    pub param: LocalId,
}

/// What belongs to one function, while its literals are checked.
#[derive(Default)]
pub(crate) struct Frame {
    locals: Vec<hir::Local>,
    local_types: Vec<Ty>,
    used: Vec<bool>,
    results: Vec<Ty>,
    named_results: Vec<LocalId>,
    jumps: Vec<Jump>,
    labels: Vec<LabelUse>,
    unused_labels: Vec<LabelUse>,
    gotos: crate::labels::Gotos,
    goto_ids: rustc_hash::FxHashMap<smol_str::SmolStr, hir::LabelId>,
    defers: Vec<hir::Deferred>,
    kept: Vec<(NodeId, LocalId)>,
    has_defer: bool,
    hoisted: Option<Vec<hir::Stmt>>,
    whole_value: Option<NodeId>,
    variables: Variables,
    pub loop_body: Option<crate::iterate::LoopBody>,
}

/// What is known of the variables of a function.
#[derive(Default, Debug)]
pub(crate) struct Variables {
    /// Those that change after their declaration, or whose address is taken.
    pub changed: Vec<LocalId>,
    /// Those that function literals use.
    pub captured: Vec<LocalId>,
    /// What this function captures.
    pub captures: Vec<Capture>,
    /// Functions that were made of literals in this one.
    pub literals: Vec<FunctionId>,
    /// Variables that keep what a loop body returns.
    pub return_slots: Vec<LocalId>,
}

impl Frame {
    pub fn results(&self) -> &[Ty] {
        &self.results
    }

    pub fn named_results(&self) -> &[LocalId] {
        &self.named_results
    }

    pub fn label_mut(&mut self, name: &str) -> Option<&mut LabelUse> {
        self.labels.iter_mut().find(|label| label.name == name)
    }

    /// A statement called `name`, a loop where `is_loop`, is around.
    pub fn has_jump(&self, name: &str, is_loop: bool) -> bool {
        self.jumps.iter().any(|jump| jump.label.as_deref() == Some(name) && (jump.is_loop || !is_loop))
    }

    /// Variables that keep what a loop body returns.
    pub fn return_slots(&mut self, types: &[Ty], lowered: &[hir::TypeId], node: NodeId) -> Vec<LocalId> {
        if self.variables.return_slots.is_empty() {
            for (ty, lowered) in types.iter().zip(lowered) {
                let local = LocalId(self.locals.len() as u32);
                self.locals.push(hir::Local {
                    name: Default::default(),
                    ty: *lowered,
                    node,
                    address_taken: false,
                });
                self.local_types.push(*ty);
                self.used.push(true);
                self.variables.return_slots.push(local);
                self.variables.changed.push(local);
                self.kept.push((node, local));
            }
        }
        self.variables.return_slots.clone()
    }
}

impl<'a> Cx<'_, 'a> {
    /// How many functions are around the one at hand.
    pub fn depth(&self) -> usize {
        self.outer.len()
    }

    /// The variable `local` of the function with `depth` functions around it is used.
    pub fn mark_used_at(&mut self, depth: usize, local: LocalId) {
        if depth == self.depth() {
            return self.mark_used(local);
        }
        let used = self.outer.get_mut(depth).and_then(|frame| frame.used.get_mut(local.0 as usize));
        if let Some(used) = used {
            *used = true;
        }
    }

    /// A read of the variable `local` of the function with `depth` functions around it.
    pub fn variable(&mut self, depth: usize, local: LocalId, node: NodeId) -> (hir::Expr, Ty) {
        if depth == self.depth() {
            self.mark_used(local);
            return (self.local_expr(local, node), self.local_type(local));
        }
        if let Some(frame) = self.outer.get_mut(depth) {
            if let Some(used) = frame.used.get_mut(local.0 as usize) {
                *used = true;
            }
            if !frame.variables.captured.contains(&local) {
                frame.variables.captured.push(local);
            }
        }
        let ty = self
            .outer
            .get(depth)
            .and_then(|frame| frame.local_types.get(local.0 as usize).copied())
            .unwrap_or(crate::ty::Types::UNKNOWN);
        let param = self.capture(depth, local, ty, node);
        let pointer = self.local_expr(param, node);
        let lowered = self.lower(ty);
        (hir::Expr { node, ty: lowered, kind: ExprKind::Deref(Box::new(pointer)) }, ty)
    }

    /// The parameter of the function at hand for a variable of another one; those between pass it on.
    fn capture(&mut self, depth: usize, local: LocalId, ty: Ty, node: NodeId) -> LocalId {
        let pointer = self.ck.types.intern(Kind::Pointer(ty));
        let lowered = self.lower(pointer);
        let name = self.outer.get(depth).and_then(|frame| frame.locals.get(local.0 as usize));
        let name = name.map(|local| local.name.clone()).unwrap_or_default();
        for between in depth + 1..self.outer.len() {
            if let Some(frame) = self.outer.get_mut(between)
                && !frame.variables.captures.iter().any(|known| known.depth == depth && known.local == local)
            {
                let param = LocalId(frame.locals.len() as u32);
                frame.locals.push(hir::Local { name: name.clone(), ty: lowered, node, address_taken: false });
                frame.local_types.push(pointer);
                frame.used.push(true);
                frame.variables.captures.push(Capture { depth, local, param });
            }
        }
        let known = self.variables.captures.iter().find(|known| known.depth == depth && known.local == local);
        if let Some(known) = known {
            return known.param;
        }
        let param = self.new_local(&name, pointer, node);
        self.mark_used(param);
        self.variables.captures.push(Capture { depth, local, param });
        param
    }

    /// The variable that `place` is a part of changes, or its address is taken: literals can't keep its value.
    pub fn mark_changed(&mut self, place: &hir::Expr) {
        match &place.kind {
            ExprKind::Local(local) if !self.variables.changed.contains(local) => {
                self.variables.changed.push(*local);
            }
            ExprKind::Field { base, .. } => self.mark_changed(base),
            ExprKind::Index { base, .. } if !matches!(self.ck.hir.get(base.ty), hir::Type::Slice { .. }) => {
                self.mark_changed(base);
            }
            ExprKind::Deref(pointer) => {
                let ExprKind::Local(param) = pointer.kind else { return };
                let known = self.variables.captures.iter().find(|known| known.param == param).cloned();
                if let Some(Capture { depth, local, .. }) = known
                    && let Some(frame) = self.outer.get_mut(depth)
                    && !frame.variables.changed.contains(&local)
                {
                    frame.variables.changed.push(local);
                }
            }
            _ => {}
        }
    }

    /// Leaves the function at hand for a literal in it.
    pub fn open_frame(&mut self) {
        let frame = Frame {
            locals: std::mem::take(&mut self.locals),
            local_types: std::mem::take(&mut self.local_types),
            used: std::mem::take(&mut self.used),
            results: std::mem::take(&mut self.results),
            named_results: std::mem::take(&mut self.named_results),
            jumps: std::mem::take(&mut self.jumps),
            labels: std::mem::take(&mut self.labels),
            unused_labels: std::mem::take(&mut self.unused_labels),
            gotos: std::mem::take(&mut self.gotos),
            goto_ids: std::mem::take(&mut self.goto_ids),
            defers: std::mem::take(&mut self.defers),
            kept: std::mem::take(&mut self.kept),
            has_defer: std::mem::take(&mut self.has_defer),
            hoisted: self.hoisted.take(),
            whole_value: self.whole_value.take(),
            variables: std::mem::take(&mut self.variables),
            loop_body: self.loop_body.take(),
        };
        self.outer.push(frame);
    }

    /// Goes back to the function around the literal, whose variables are what is returned.
    pub fn close_frame(&mut self) -> (Vec<hir::Local>, Variables) {
        let Some(frame) = self.outer.pop() else { return Default::default() };
        let locals = std::mem::replace(&mut self.locals, frame.locals);
        let variables = std::mem::replace(&mut self.variables, frame.variables);
        self.local_types = frame.local_types;
        self.used = frame.used;
        self.results = frame.results;
        self.named_results = frame.named_results;
        self.jumps = frame.jumps;
        self.labels = frame.labels;
        self.unused_labels = frame.unused_labels;
        self.gotos = frame.gotos;
        self.goto_ids = frame.goto_ids;
        self.defers = frame.defers;
        self.kept = frame.kept;
        self.has_defer = frame.has_defer;
        self.hoisted = frame.hoisted;
        self.whole_value = frame.whole_value;
        self.loop_body = frame.loop_body;
        (locals, variables)
    }

    /// `func(...) ... { ... }`.
    pub fn function_literal(
        &mut self,
        signature: &'a ast::Signature,
        body: &'a ast::Block,
        expr: &'a ast::Expr,
    ) -> Operand {
        let ty = self.signature(signature);
        let ty = self.ck.types.intern(Kind::Func(ty.into()));
        let types = self.signature_types(signature);
        self.open_frame();
        self.scopes.push(Scope::default());
        let mut params = Vec::new();
        for (field, ty) in signature.params.iter().zip(&types.0) {
            self.parameter(field, *ty, "parameter", &mut params);
        }
        let function = self.finish_function(signature, &types.1, Some(body), expr.id, params);
        let kind = self.close_literal(function, expr.id);
        if self.function.is_none() {
            // In an initialiser: what is in it isn't constant.
            return self.operand(expr, Mode::Value, ty, ExprKind::Global(hir::GlobalId(u32::MAX)));
        }
        self.operand(expr, Mode::Value, ty, kind)
    }

    /// Closes the frame of a literal whose body is in `function`: the value that it is.
    pub fn close_literal(&mut self, mut function: hir::Function, node: NodeId) -> ExprKind {
        self.resolve_captures(&mut function);
        let (_, variables) = self.close_frame();
        let captured: Vec<LocalId> = variables.captures.iter().map(|capture| capture.param).collect();
        function.params.splice(0..0, captured);
        let name = self.function.map(|id| self.ck.function_name(id)).unwrap_or_default();
        function.name = smol_str::SmolStr::new(format!("{name}.func"));
        let id = self.ck.add_literal(function);
        self.ck.captures.insert(id, variables.captures.clone());
        self.variables.literals.push(id);
        self.variables.literals.extend(variables.literals);
        let mut captures = Vec::with_capacity(variables.captures.len());
        for capture in &variables.captures {
            captures.push(self.captured_pointer(capture, node));
        }
        ExprKind::Closure { function: id, captures }
    }

    /// The address of a variable that a literal in the function at hand captures.
    fn captured_pointer(&mut self, capture: &Capture, node: NodeId) -> hir::Expr {
        let (place, ty) = self.variable(capture.depth, capture.local, node);
        let pointer = self.ck.types.intern(Kind::Pointer(ty));
        let ty = self.lower(pointer);
        match place.kind {
            ExprKind::Deref(inner) => *inner,
            _ => hir::Expr { node, ty, kind: ExprKind::AddressOf(Box::new(place)) },
        }
    }

    /// Decides for each captured variable of the function at hand, which is `function`, how literals get it.
    pub fn resolve_captures(&mut self, function: &mut hir::Function) {
        let depth = self.depth();
        for local in std::mem::take(&mut self.variables.captured) {
            let named = self.named_results.contains(&local) || function.result_locals.contains(&local);
            let by_address = named || self.variables.changed.contains(&local);
            let Some(variable) = function.locals.get_mut(local.0 as usize) else { continue };
            if by_address {
                variable.address_taken = true;
                let (ty, node) = (variable.ty, variable.node);
                let holds_pointer = matches!(self.ck.hir.get(ty), hir::Type::Function);
                if holds_pointer {
                    self.unsupported(node, NotInKernel::SharedPointer);
                }
                continue;
            }
            let ty = variable.ty;
            // In the function itself, the address becomes the value.
            let mut replace = |expr: &mut hir::Expr| {
                if let ExprKind::AddressOf(place) = &expr.kind
                    && matches!(place.kind, ExprKind::Local(known) if known == local)
                {
                    *expr = hir::Expr { node: expr.node, ty, kind: ExprKind::Local(local) };
                }
            };
            captures_in(&mut function.body, &mut replace);
            function.defers.iter_mut().for_each(|deferred| captures_in(&mut deferred.body, &mut replace));
            // In literals, what the parameter points to becomes the parameter.
            for id in self.variables.literals.clone() {
                let captures = self.ck.captures.get(&id).cloned().unwrap_or_default();
                let capture = captures.iter().find(|known| known.depth == depth && known.local == local);
                let (Some(capture), Some(literal)) = (capture, self.ck.functions.get_mut(id.0 as usize))
                else {
                    continue;
                };
                let literal = std::sync::Arc::make_mut(literal);
                let param = capture.param;
                if let Some(variable) = literal.locals.get_mut(param.0 as usize) {
                    variable.ty = ty;
                }
                let mut replace = |expr: &mut hir::Expr| value_instead(expr, param, ty);
                visit::rewrite(&mut literal.body, &mut replace);
                literal
                    .defers
                    .iter_mut()
                    .for_each(|deferred| visit::rewrite(&mut deferred.body, &mut replace));
            }
        }
    }

    /// A function or method by its name, as a value.
    pub fn function_value(&mut self, operand: Operand, expr: &'a ast::Expr) -> Operand {
        let (symbol, receiver) = match operand.mode {
            Mode::Function(symbol) => (symbol, None),
            Mode::Method { symbol, receiver } => (symbol, Some(receiver)),
            _ => return operand,
        };
        if self.function.is_none() {
            return self.operand(expr, Mode::Value, operand.ty, ExprKind::Global(hir::GlobalId(u32::MAX)));
        }
        if !self.has_kernel_body(symbol) || receiver.as_ref().is_some_and(|it| it.is_map_variable()) {
            return self.refused(NotInKernel::FunctionValue, operand.ty, &[], expr);
        }
        let function = self.reaches_instance(symbol, &operand.instance, expr.id);
        let captures = receiver.map(|receiver| receiver.hir).into_iter().collect();
        self.operand(expr, Mode::Value, operand.ty, ExprKind::Closure { function, captures })
    }

    /// The function has a body that is compiled like one of the user's.
    pub fn has_kernel_body(&self, id: SymbolId) -> bool {
        let Some(symbol) = self.ck.index.symbol(id) else { return false };
        let has_body = matches!(symbol.kind, SymbolKind::Func(func) if func.body.is_some());
        symbol.package == crate::symbols::Package::User
            || (symbol.package != crate::symbols::Package::Sdk && has_body)
    }

    /// A call of a function value.
    pub fn call_value(
        &mut self,
        callee: Operand,
        (arguments, spread): (&'a [ast::Expr], bool),
        expr: &'a ast::Expr,
    ) -> Operand {
        let Kind::Func(signature) = self.ck.types.under(callee.ty).clone() else { return self.invalid(expr) };
        let text = callee.text.clone();
        let Some((before, arguments)) = self.arguments(&signature, &text, (arguments, spread), expr) else {
            return self.result_only(expr, &signature);
        };
        if self.is_refused(&callee.hir) {
            return self.result_only(expr, &signature); // why it isn't known has been said
        }
        let kind = ExprKind::CallValue { callee: Box::new(callee.hir), arguments };
        let call = self.result(expr, &signature, kind);
        self.after(before, call)
    }
}

impl Operand {
    pub fn is_map_variable(&self) -> bool {
        matches!(self.mode, Mode::MapVariable(_))
    }
}

/// Calls `f` with each value that a literal in `block` captures.
fn captures_in(block: &mut [hir::Stmt], f: &mut dyn FnMut(&mut hir::Expr)) {
    visit::rewrite(block, &mut |expr| {
        if let ExprKind::Closure { captures, .. } = &mut expr.kind {
            captures.iter_mut().for_each(&mut *f);
        }
    });
}

/// Uses of the pointer `param` become uses of a value of type `ty`.
fn value_instead(expr: &mut hir::Expr, param: LocalId, ty: hir::TypeId) {
    let value = |node| hir::Expr { node, ty, kind: ExprKind::Local(param) };
    let is_pointer =
        |expr: &hir::Expr| expr.ty != ty && matches!(expr.kind, ExprKind::Local(local) if local == param);
    match &mut expr.kind {
        ExprKind::Deref(pointer) if is_pointer(pointer) => *expr = value(expr.node),
        ExprKind::Closure { captures, .. } => {
            for capture in captures.iter_mut().filter(|capture| is_pointer(capture)) {
                *capture = value(capture.node);
            }
        }
        _ => {}
    }
}
