//! Conditions: comparisons, `&&`, `||`, `!`, lowered to control flow.

use gobpf_bpf::insn::JmpOp;
use gobpf_types::hir::{self, CompareOp, Constant, Expr, ExprKind, TypeId};

use super::{Address, Builder, Operand, Result};
use crate::ir::{Block, Cond, Type, Value};

impl Builder<'_> {
    /// Ends the current block: on to `then` where `expr` holds, to `otherwise` where it doesn't.
    pub(super) fn condition(&mut self, expr: &Expr, then: Block, otherwise: Block) -> Result<()> {
        self.at(expr.node);
        match &expr.kind {
            ExprKind::Const(Constant::Bool(holds)) => {
                let next = self.block;
                self.jump(if *holds { then } else { otherwise }, next);
            }
            ExprKind::Unary { op: hir::UnaryOp::Not, operand } => self.condition(operand, otherwise, then)?,
            ExprKind::Logical { and, left, right } => {
                let more = self.new_block();
                if *and {
                    self.condition(left, more, otherwise)?;
                } else {
                    self.condition(left, then, more)?;
                }
                self.seal(more);
                self.block = more;
                self.condition(right, then, otherwise)?;
            }
            ExprKind::Compare { op, left, right } => self.compare(*op, left, right, then, otherwise)?,
            _ => {
                let value = self.scalar(expr)?;
                self.at(expr.node);
                let zero = self.const_i32(0);
                self.branch(Cond { op: JmpOp::Ne, left: value, right: zero }, then, otherwise);
            }
        }
        Ok(())
    }

    /// A boolean expression as 0 or 1.
    pub(super) fn boolean(&mut self, expr: &Expr) -> Result<Value> {
        let (yes, no, join) = (self.new_block(), self.new_block(), self.new_block());
        let result = self.ssa.new_var(Type::I32);
        self.condition(expr, yes, no)?;
        for (block, value) in [(yes, 1), (no, 0)] {
            self.seal(block);
            self.block = block;
            let value = self.const_i32(value);
            self.write_var(result, value);
            self.jump(join, join);
        }
        self.seal(join);
        Ok(self.read_var(result))
    }

    fn compare(
        &mut self,
        op: CompareOp,
        left: &Expr,
        right: &Expr,
        then: Block,
        otherwise: Block,
    ) -> Result<()> {
        if self.compare_length(op, left, right, then, otherwise)? {
            return Ok(());
        }
        match self.types().get(left.ty) {
            hir::Type::Struct(_) | hir::Type::Array { .. } => {
                let (left_at, right_at) = (self.address(left)?, self.address(right)?);
                let (equal, different) = match op {
                    CompareOp::NotEqual => (otherwise, then),
                    _ => (then, otherwise),
                };
                self.equal(left_at, right_at, left.ty, different)?;
                self.jump(equal, equal);
            }
            hir::Type::String { .. } => {
                let node = left.node;
                let (left, right) = (self.slice(left)?, self.slice(right)?);
                self.at(node);
                self.compare_strings(op, left, right, then, otherwise)?;
            }
            _ => {
                let node = left.node;
                let signed = self.int_type(left.ty).signed;
                let (left, right) = (self.scalar(left)?, self.scalar(right)?);
                self.at(node);
                let cond = Cond { op: jump_op(op, signed), left, right };
                self.branch(cond, then, otherwise);
            }
        }
        Ok(())
    }

    /// Goes on where two values in memory are equal, field by field, and to `different` where they are not. Padding and
    /// blank fields do not count.
    fn equal(&mut self, left: Address, right: Address, ty: TypeId, different: Block) -> Result<()> {
        self.check_size()?;
        let types = self.types();
        match types.get(ty) {
            hir::Type::Struct(of) => {
                for field in of.fields.iter().filter(|field| field.name != "_") {
                    self.equal(left.plus(field.offset), right.plus(field.offset), field.ty, different)?;
                }
            }
            hir::Type::Array { element, length } => {
                let size = types.size_of(*element) as u32;
                for index in 0..u32::try_from(*length).unwrap_or(u32::MAX) {
                    let offset = index.wrapping_mul(size);
                    self.equal(left.plus(offset), right.plus(offset), *element, different)?;
                }
            }
            _ => {
                let go_on = self.new_block();
                match (self.load_operand(left, ty), self.load_operand(right, ty)) {
                    (Operand::Scalar(left), Operand::Scalar(right)) => {
                        self.branch(Cond { op: JmpOp::Eq, left, right }, go_on, different);
                    }
                    (Operand::Slice(left), Operand::Slice(right)) => {
                        self.compare_strings(CompareOp::Equal, left, right, go_on, different)?;
                    }
                    _ => self.jump(go_on, go_on),
                }
                self.seal(go_on);
                self.block = go_on;
            }
        }
        Ok(())
    }
}

pub(super) fn jump_op(op: CompareOp, signed: bool) -> JmpOp {
    match (op, signed) {
        (CompareOp::Equal, _) => JmpOp::Eq,
        (CompareOp::NotEqual, _) => JmpOp::Ne,
        (CompareOp::Less, true) => JmpOp::Slt,
        (CompareOp::Less, false) => JmpOp::Lt,
        (CompareOp::LessEqual, true) => JmpOp::Sle,
        (CompareOp::LessEqual, false) => JmpOp::Le,
        (CompareOp::Greater, true) => JmpOp::Sgt,
        (CompareOp::Greater, false) => JmpOp::Gt,
        (CompareOp::GreaterEqual, true) => JmpOp::Sge,
        (CompareOp::GreaterEqual, false) => JmpOp::Ge,
    }
}
