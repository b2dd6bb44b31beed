//! Functions that helpers call: each becomes a subprogram, with what it captures in a block on the stack.

use gobpf_source::{NodeId, Place};

use crate::hir::{
    Argument, CallbackParameter, Constant, Expr, ExprKind, Field, Function, FunctionId, Local, LocalId,
    Provenance, Stmt, StmtKind, StructType, Type, TypeId, UnaryOp,
};
use crate::provenance::{Choice, Locals, Pass};
use crate::values::{Capture, FunctionState, FunctionValue};

impl Pass<'_> {
    /// Function values that a helper calls become subprograms, and what they capture goes into a block on the stack.
    pub fn rewrite_callbacks(&mut self, expr: &mut Expr, locals: &mut Locals) {
        let ExprKind::Helper { arguments, .. } = &mut expr.kind else { return };
        if !arguments.iter().any(|argument| matches!(argument, Argument::CallbackValue { .. })) {
            return;
        }
        let node = expr.node;
        let mut before = Vec::new();
        let mut lowered = Vec::with_capacity(arguments.len() + 1);
        for argument in std::mem::take(arguments) {
            match argument {
                Argument::CallbackValue { function, parameters, types } => {
                    let made = self.callback(*function, &parameters, &types, locals, &mut before);
                    let Some((callback, block)) = made else { continue };
                    lowered.push(Argument::Callback(callback));
                    lowered.push(Argument::Value(block));
                }
                other => lowered.push(other),
            }
        }
        *arguments = lowered;
        if !before.is_empty() {
            let value = Expr { node, ty: expr.ty, kind: std::mem::replace(&mut expr.kind, ExprKind::Zero) };
            expr.kind = ExprKind::Sequence { stmts: before, value: Box::new(value) };
        }
    }

    fn callback(
        &mut self,
        value: Expr,
        parameters: &[CallbackParameter],
        types: &[TypeId],
        locals: &mut Locals,
        before: &mut Vec<Stmt>,
    ) -> Option<(FunctionId, Expr)> {
        let node = value.node;
        let state = self.value_of(&value, locals);
        let FunctionState::Known(known) = &state else {
            locals.without_function(&state, node);
            return None;
        };
        let known = known.clone();
        let parts = self.environment(value, locals, before);
        let block_type = self.block_type(&parts);
        let wide = self.types.intern(Type::Int { bits: 64, signed: false, name: "uint64".into() });
        let zero = Expr { node, ty: wide, kind: ExprKind::Zero };
        let leaves: Vec<TypeId> = parts.iter().map(|part| part.ty).collect();
        let values: Vec<Expr> = std::iter::once(zero).chain(parts).collect();
        let block = self.add_local("", block_type, node, locals);
        if let Some(added) = locals.added.last_mut() {
            added.address_taken = true;
        }
        let init = Some(Expr { node, ty: block_type, kind: ExprKind::Struct(values) });
        before.push(Stmt { node, kind: StmtKind::Declare { local: block, init } });
        let pointer = self.types.intern(Type::Pointer { target: block_type, provenance: Provenance::Stack });
        let place = Expr { node, ty: block_type, kind: ExprKind::Local(block) };
        let address = Expr { node, ty: pointer, kind: ExprKind::AddressOf(Box::new(place)) };
        let shape = Shape { block: block_type, pointer, leaves, node };
        let callback = self.wrapper(&known, parameters, types, &shape, locals);
        Some((callback, address))
    }

    /// The struct with the flag that a panic sets, and what a callback captures.
    fn block_type(&mut self, parts: &[Expr]) -> TypeId {
        let wide = self.types.intern(Type::Int { bits: 64, signed: false, name: "uint64".into() });
        let mut fields = vec![Field { name: "panicked".into(), ty: wide, offset: 0 }];
        let mut offset: u64 = 8;
        for (index, part) in parts.iter().enumerate() {
            // Pointers must lie where the verifier keeps track of them.
            let align = self.types.align_of(part.ty).max(1);
            offset = offset.next_multiple_of(align);
            let name = format!("c{index}").into();
            fields.push(Field { name, ty: part.ty, offset: offset as u32 });
            offset += self.types.size_of(part.ty);
        }
        let size = offset.next_multiple_of(8) as u32;
        self.types.intern(Type::Struct(StructType { name: "".into(), fields, size, align: 8 }))
    }

    /// The function that the kernel calls: it takes what the kernel passes, and calls the function value.
    fn wrapper(
        &mut self,
        value: &FunctionValue,
        parameters: &[CallbackParameter],
        types: &[TypeId],
        shape: &Shape,
        locals: &Locals,
    ) -> FunctionId {
        let node = shape.node;
        let wide = self.types.intern(Type::Int { bits: 64, signed: false, name: "uint64".into() });
        let mut own: Vec<Local> = Vec::new();
        let mut new_local = |ty: TypeId| {
            own.push(Local { name: "".into(), ty, node, address_taken: false });
            LocalId(own.len() as u32 - 1)
        };
        let mut params = Vec::new();
        let mut arguments = Vec::new();
        let mut wanted = types.iter().copied();
        for parameter in parameters {
            let Some(ty) = (match parameter {
                CallbackParameter::Dropped => Some(wide),
                _ => wanted.next(),
            }) else {
                continue;
            };
            let memory = Provenance::MapValue;
            let (param_type, argument_type) = match parameter {
                CallbackParameter::Dropped => (wide, wide),
                CallbackParameter::Pointed => {
                    (self.types.intern(Type::Pointer { target: ty, provenance: memory }), ty)
                }
                CallbackParameter::Value if self.has_provenance(ty) => {
                    let ty = crate::provenance::with_provenance(&mut self.types, ty, memory);
                    (ty, ty)
                }
                CallbackParameter::Value => (wide, ty),
            };
            let param = new_local(param_type);
            params.push(param);
            let read = Expr { node, ty: param_type, kind: ExprKind::Local(param) };
            match parameter {
                CallbackParameter::Dropped => {}
                CallbackParameter::Pointed => {
                    let kind = ExprKind::Deref(Box::new(read));
                    arguments.push(Expr { node, ty: argument_type, kind });
                }
                CallbackParameter::Value if param_type == argument_type => arguments.push(read),
                CallbackParameter::Value => {
                    let kind = ExprKind::Convert(Box::new(read));
                    arguments.push(Expr { node, ty: argument_type, kind });
                }
            }
        }
        let context = new_local(shape.pointer);
        params.push(context);
        let (choices, mut flat) = self.captured_arguments(value, context, shape);
        let mut choices = choices;
        for argument in &arguments {
            if self.points(argument.ty) {
                choices.push(Choice::Value(argument.ty));
            }
        }
        flat.extend(arguments);
        let at = Place { decl: locals.decl, node };
        let function = self.function(value.function, &choices, at);
        let boolean = self.types.intern(Type::Bool);
        let call = Expr { node, ty: boolean, kind: ExprKind::Call { function, arguments: flat } };
        let kind = ExprKind::Unary { op: UnaryOp::Not, operand: Box::new(call) };
        let cond = Expr { node, ty: boolean, kind };
        let returned = |number| {
            let value = Expr { node, ty: wide, kind: ExprKind::Const(Constant::Int(number)) };
            Stmt { node, kind: StmtKind::Return(vec![value]) }
        };
        let stop = StmtKind::If { cond, then: vec![returned(1)], otherwise: Vec::new() };
        let body = vec![Stmt { node, kind: stop }, returned(0)];
        let name = self.done.get(function.0 as usize).map(|function| function.name.clone());
        let id = FunctionId(self.done.len() as u32);
        self.push_made(Function {
            name: format!("{}.callback", name.unwrap_or_default()).into(),
            decl: locals.decl,
            name_node: node,
            params,
            results: vec![wide],
            result_locals: Vec::new(),
            locals: own,
            body,
            defers: Vec::new(),
            inlining: crate::hir::Inlining::Never,
            callees: Vec::new(),
            nodes: 0,
        });
        id
    }

    /// What the function value captures, read from the block.
    fn captured_arguments(
        &self,
        value: &FunctionValue,
        context: LocalId,
        shape: &Shape,
    ) -> (Vec<Choice>, Vec<Expr>) {
        let node = shape.node;
        let mut choices = Vec::new();
        let mut leaves = shape.leaves.iter().copied();
        let mut plain = Vec::new();
        for capture in &value.captures {
            match capture {
                Capture::Plain(_) => {
                    let Some(ty) = leaves.next() else { continue };
                    if self.points(ty) {
                        choices.push(Choice::Value(ty));
                    }
                    plain.push(ty);
                }
                Capture::Function(state) => {
                    choices.push(Choice::Function(state.clone()));
                    plain.extend(leaves.by_ref().take(state.all_leaves().len()));
                }
            }
        }
        let reads = plain
            .into_iter()
            .zip(1..)
            .map(|(ty, index)| {
                let pointer = Expr { node, ty: shape.pointer, kind: ExprKind::Local(context) };
                let kind = ExprKind::Deref(Box::new(pointer));
                let block = Box::new(Expr { node, ty: shape.block, kind });
                Expr { node, ty, kind: ExprKind::Field { base: block, index } }
            })
            .collect();
        (choices, reads)
    }
}

/// The block of a callback.
struct Shape {
    block: TypeId,
    pointer: TypeId,
    leaves: Vec<TypeId>,
    node: NodeId,
}
