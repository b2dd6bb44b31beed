//! Calls: functions are inlined, helpers called.

use gobpf_bpf::insn::{AluOp, JmpOp, Size};
use gobpf_bpf::tables::Helper;
use gobpf_source::{NodeId, Why};
use gobpf_types::hir::{self, Argument, Expr, ExprKind, FunctionId, TypeId};
use rustc_hash::FxHashMap;

use super::arith::IntType;
use super::{Builder, Frame, INLINE_DEPTH_LIMIT, INSTRUCTION_LIMIT, Operand, Result, Storage};
use crate::error::Unsupported;
use crate::ir::{InstKind, Terminator, Type, Value};
use crate::visit::Jumps;

impl<'a> Builder<'a> {
    /// Lowers the program's function: its parameter is the context, its result goes to the kernel.
    pub(super) fn enter_program(&mut self, function: &'a hir::Function) -> Result<()> {
        let context = self.f.new_value(Type::Pointer, None);
        self.f.block_mut(self.block).params.push(context);
        let arguments: Vec<_> = function.params.iter().map(|_| Operand::Scalar(context)).collect();
        let node = self.origin.place.node;
        let frame = self.push_frame(function, arguments, None)?;
        let result = match (frame.results.first(), function.results.first()) {
            (Some(storage), Some(ty)) => {
                let Operand::Scalar(value) = self.read(*storage, *ty) else {
                    return self.error(Unsupported::StringValue);
                };
                // R0 is read as a 32-bit number by most kinds; a sign extension would change nothing.
                value
            }
            _ => self.const_i32(0),
        };
        self.origin.place.node = node;
        self.because(Why::Frame, |b| {
            let next = b.block;
            b.end(Terminator::Return(result), next);
        });
        Ok(())
    }

    /// Inlines `function`; the current block is where it returns to, afterwards.
    ///
    /// `results` says where its results go; otherwise they get places of their own.
    pub(super) fn push_frame(
        &mut self,
        function: &'a hir::Function,
        arguments: Vec<Operand>,
        results: Option<Vec<Storage>>,
    ) -> Result<Frame<'a>> {
        if self.frames.len() >= INLINE_DEPTH_LIMIT {
            return self.error(Unsupported::TooLarge(INSTRUCTION_LIMIT));
        }
        let origin = self.origin;
        let return_to = self.new_block();
        let results = results
            .unwrap_or_else(|| function.results.iter().map(|ty| self.new_storage(*ty, false, "")).collect());
        let panic_to = (!function.defers.is_empty()).then(|| self.new_block());
        self.frames.push(Frame {
            function,
            locals: vec![Storage::None; function.locals.len()],
            labels: FxHashMap::default(),
            gotos: FxHashMap::default(),
            jumps: Some(Jumps::of(&function.body)).filter(Jumps::has_labels),
            results,
            return_to,
            panic_to,
        });
        for (local, argument) in function.params.iter().zip(arguments) {
            if let Operand::Memory(copy) = argument {
                self.frame().locals[local.0 as usize] = Storage::Place(copy);
                continue;
            }
            let storage = self.storage(*local);
            self.write(storage, self.local(*local).ty, argument);
        }
        self.stmts(&function.body)?;
        // The end of a function without results; Go's rules exclude it for others.
        self.origin = origin;
        self.jump(return_to, return_to);
        let labels: Vec<_> = self.frame().gotos.values().copied().collect();
        labels.into_iter().for_each(|label| self.seal(label));
        self.seal(return_to);
        self.run_defers(function)?;
        self.origin = origin;
        match self.frames.pop() {
            Some(frame) => Ok(frame),
            None => self.error(Unsupported::TooLarge(INSTRUCTION_LIMIT)),
        }
    }

    /// Calls a function; the results are where it left them.
    pub(super) fn call(
        &mut self,
        function: FunctionId,
        arguments: &[Expr],
        node: NodeId,
    ) -> Result<Vec<Storage>> {
        let callee = &self.package.functions[function.0 as usize];
        let mut operands = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.iter().enumerate() {
            let operand = self.operand(argument)?;
            // A struct is passed by value: what the callee gets must not change with the caller's variable.
            let operand = match operand {
                Operand::Memory(from) => {
                    let param =
                        callee.params.get(index).and_then(|param| callee.locals.get(param.0 as usize));
                    let name = param.map_or("", |param| param.name.as_str());
                    let slot = self.slot_of(argument.ty, name);
                    let to = self.slot_address(slot);
                    self.store_operand(to, argument.ty, Operand::Memory(from));
                    Operand::Memory(to)
                }
                other => other,
            };
            operands.push(operand);
        }
        self.at(node);
        match self.calls.plan.subprogram(function) {
            Some(subprogram) => self.call_subprogram(subprogram, callee, operands),
            None => Ok(self.push_frame(callee, operands, None)?.results),
        }
    }

    /// A call in an expression: one result, or none that anybody looks at.
    pub(super) fn call_one(
        &mut self,
        function: FunctionId,
        arguments: &[Expr],
        expr: &Expr,
    ) -> Result<Operand> {
        let results = self.call(function, arguments, expr.node)?;
        self.at(expr.node);
        match results.first() {
            Some(storage) => Ok(self.read(*storage, expr.ty)),
            None => Ok(Operand::Scalar(self.const_i32(0))),
        }
    }

    /// Calls a helper and converts R0 to `ty`.
    pub(super) fn helper(
        &mut self,
        helper: u32,
        arguments: &[Argument],
        ty: TypeId,
        node: NodeId,
    ) -> Result<Value> {
        let mut values = Vec::new();
        for argument in arguments {
            self.at(node);
            self.argument(argument, &mut values)?;
        }
        self.at(node);
        let result_type = match self.scalar_type(ty) {
            Some(Type::Pointer) => Type::Pointer,
            _ => Type::I64,
        };
        let result = self.emit(result_type, InstKind::Call(helper, values.clone()));
        self.track_held(helper, &values, result);
        self.check_callback(&values);
        if result_type == Type::Pointer || self.scalar_type(ty).is_none() {
            return Ok(result);
        }
        let bits = Helper::by_id(helper).map_or(64, |helper| helper.result_bits(self.package.target));
        let result = if bits == 32 {
            let low = self.emit(Type::I32, InstKind::Trunc(result));
            self.emit(Type::I64, InstKind::Sext64(low))
        } else {
            result
        };
        Ok(self.convert(IntType { bits: 64, signed: true }, self.int_type(ty), result))
    }

    /// Goes on with the panic of a function that a helper has called.
    fn check_callback(&mut self, arguments: &[Value]) {
        let is_callback = |value: &Value| match self.f.def(*value) {
            Some(InstKind::FunctionAddr(callee)) => Some(*callee),
            _ => None,
        };
        let found =
            arguments.iter().enumerate().find_map(|(index, value)| Some((index, is_callback(value)?)));
        let Some((index, callee)) = found else { return };
        let aborts = self.calls.conventions.get(callee.0 as usize).is_some_and(|of| of.aborts);
        if let Some(context) = arguments.get(index + 1).filter(|_| aborts) {
            let flag = self.emit(Type::I64, InstKind::Load(Size::DW, *context, 0));
            let zero = self.const_i64(0);
            self.abort_if(Why::PanicCheck, JmpOp::Ne, flag, zero);
        }
    }

    fn argument(&mut self, argument: &Argument, values: &mut Vec<Value>) -> Result<()> {
        match argument {
            Argument::CallbackValue { .. } => return self.error(Unsupported::Construct("a function value")),
            Argument::Value(expr) => {
                let from = self.int_type(expr.ty);
                let value = self.scalar(expr)?;
                let value = match self.f.ty(value) {
                    Type::Pointer => value,
                    _ => self.convert(from, IntType { bits: 64, ..from }, value),
                };
                values.push(value);
            }
            Argument::Reference(expr) => values.push(self.reference(expr)?),
            Argument::Memory(expr) => {
                let size = self.element_size(expr.ty);
                let slice = self.slice(expr)?;
                self.at(expr.node);
                let start = self.start(slice, size);
                values.push(self.pointer(start));
                let length = self.memory_length(slice, size);
                let size = self.const_i64(size as i64);
                values.push(self.alu(AluOp::Mul, length, size));
            }
            Argument::Map(map) => values.push(self.emit(Type::Pointer, InstKind::MapRef(*map))),
            Argument::Callback(function) => match self.calls.plan.subprogram(*function) {
                Some(callback) => values.push(self.emit(Type::Pointer, InstKind::FunctionAddr(callback))),
                None => return self.error(Unsupported::Construct("this callback")),
            },
            Argument::Text(bytes) => {
                let mut text = bytes.clone();
                text.push(0);
                let length = self.const_i64(text.len() as i64);
                let offset = self.texts.intern(text);
                values.push(self.emit(Type::Pointer, InstKind::TextAddr(offset)));
                values.push(length);
            }
        }
        Ok(())
    }

    /// A pointer to a copy of a value. What lives in memory that helpers read from is its own copy: they only read it, and
    /// before anything else can change it.
    fn reference(&mut self, expr: &Expr) -> Result<Value> {
        if self.scalar_type(expr.ty).is_some() {
            let value = self.scalar(expr)?;
            return Ok(self.spilled(expr.ty, Operand::Scalar(value)));
        }
        let in_memory = match &expr.kind {
            ExprKind::Local(local) => matches!(self.storage(*local), Storage::Slot(_) | Storage::Place(_)),
            ExprKind::Struct(_) | ExprKind::Array(_) | ExprKind::Zero => true,
            _ => self.is_in_map(expr),
        };
        let address = self.address(expr)?;
        if in_memory {
            return Ok(self.pointer(address));
        }
        Ok(self.spilled(expr.ty, Operand::Memory(address)))
    }
}
