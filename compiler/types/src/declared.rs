//! The types and values of package-level constants and variables, and types that functions declare.

use gobpf_source::NodeId;
use gobpf_syntax::ast::{self, ExprKind};

use crate::constant::Value;
use crate::context::{Cx, EntityKind};
use crate::describe::expression;
use crate::error::{NotInKernel, Why};
use crate::ty::{Kind, Named, Ty, Types};

impl<'a> Cx<'_, 'a> {
    /// Reports a value of a line of constants, whose first name is at `node`, that no name takes.
    pub fn check_constant_count(&mut self, extra: Option<&ast::Expr>, inherited: bool, node: NodeId) {
        match extra {
            Some(_) if inherited => self.error(node, Why::ExtraInherited),
            Some(extra) => self.error(extra.id, Why::ExtraInitial { expr: expression(extra) }),
            None => {}
        }
    }

    /// The value and type of one line of constants.
    pub fn constant_spec(
        &mut self,
        name: &ast::Ident,
        ty: Option<&'a ast::Expr>,
        value: Option<&'a ast::Expr>,
        inherited: bool,
    ) -> Option<(Value, Ty)> {
        let Some(value) = value else {
            self.error(name.id, Why::MissingInitial { name: name.name.clone() });
            return None;
        };
        let mut declared = None;
        if let Some(written) = ty {
            let ty = self.type_expr(written);
            if !matches!(self.ck.types.under(ty), Kind::Basic(_)) || self.ck.types.param_of(ty).is_some() {
                if !self.ck.types.is_unknown(ty) {
                    let ty = self.display(ty);
                    self.error(written.id, Why::InvalidConstantType { ty });
                }
                return None;
            }
            declared = Some(ty);
        }
        // What is wrong with a value that is repeated is said of the name that repeats it.
        let outer = self.errors_at.take();
        self.errors_at = inherited.then_some(name.id);
        let operand = self.expr(value);
        let known = match (operand.is_invalid(), operand.constant()) {
            (true, _) => None,
            (false, None) => {
                let operand = self.describe(&operand);
                self.error(value.id, Why::NotConstant { operand });
                None
            }
            (false, Some(constant)) => match declared {
                None => Some((constant.clone(), operand.ty)),
                Some(ty) => {
                    self.represent(&operand, ty, "constant declaration").map(|constant| (constant, ty))
                }
            },
        };
        self.errors_at = outer;
        // The type that is written counts whatever is wrong with the value.
        known.or_else(|| declared.map(|ty| (Value::Unknown, ty)))
    }

    /// The type of the `index`-th variable of a package-level line.
    pub fn variable_type(&mut self, spec: &'a ast::VarSpec, index: usize) -> Ty {
        if spec.ty.is_none() || !spec.values.is_empty() {
            self.check_arity(&spec.names, &spec.values);
        }
        if let Some(ty) = &spec.ty {
            return self.variable_type_expr(ty);
        }
        if let (Some(value), true) = (spec.values.get(index), spec.values.len() != 1 || spec.names.len() == 1)
        {
            // A literal says its own type: no need to look inside.
            if let ExprKind::Composite { ty: Some(ty), .. } = &value.kind
                && !matches!(ty.kind, ExprKind::ArrayType { .. })
            {
                let ty = self.type_expr(ty);
                let fits = matches!(
                    self.ck.types.under(ty),
                    Kind::Struct(_) | Kind::Slice(_) | Kind::Map(..) | Kind::Array(..) | Kind::Unknown
                );
                if fits {
                    return ty;
                }
            }
            let operand = self.expr(value);
            if self.ck.types.is_nil(operand.ty) {
                self.error(value.id, Why::UntypedNil { context: "variable declaration".into() });
                return Types::UNKNOWN;
            }
            return match operand.is_invalid() {
                true => Types::UNKNOWN,
                false => self.ck.types.default_type(operand.ty),
            };
        }
        match spec.values.first().filter(|_| spec.values.len() == 1) {
            Some(call) => {
                let operand = self.raw_expr(call);
                match self.ck.types.kind(operand.ty) {
                    Kind::Tuple(types, _) if types.len() == spec.names.len() => {
                        types.get(index).copied().unwrap_or(Types::UNKNOWN)
                    }
                    _ => {
                        self.count_mismatch(spec.names.len(), &spec.values, &operand);
                        Types::UNKNOWN
                    }
                }
            }
            None => Types::UNKNOWN,
        }
    }

    /// A type declared in a function.
    pub fn local_type_spec(&mut self, spec: &'a ast::TypeSpec) {
        if !spec.type_params.is_empty() {
            self.unsupported(spec.id, NotInKernel::LocalGeneric);
            return self.declare(&spec.name, EntityKind::Type(Types::UNKNOWN));
        }
        if spec.alias {
            let ty = self.type_expr(&spec.ty);
            let ty = self.ck.types.alias(spec.name.name.clone(), ty);
            self.declare(&spec.name, EntityKind::Type(ty));
            return;
        }
        let name = spec.name.name.clone();
        let named =
            Named { display: name.clone(), name, symbol: None, arguments: Vec::new(), underlying: None };
        let (id, ty) = self.ck.types.declare(named);
        self.declare(&spec.name, EntityKind::Type(ty));
        let underlying = self.type_expr(&spec.ty);
        if self.ck.contains(underlying, ty, 0) {
            let direct = self.ck.contains_directly(underlying, ty);
            let name = spec.name.name.clone();
            self.error(spec.name.id, Why::Cycle { name, recursive_type: true, direct });
            return self.ck.types.set_underlying(id, Types::UNKNOWN);
        }
        self.ck.types.set_underlying(id, underlying);
    }
}
