//! Static evaluation of the elements of a literal.

use gobpf_source::{DeclId, NodeId, Place};
use gobpf_syntax::ast::{Element, Expr, ExprKind, Ident};

use super::api::{self, Arguments, Instruction, Maker, MapUse, Param};
use super::constants::{self, IntType, Typed, Value};
use super::scope::{Binding, Imports, Package, Scopes};
use crate::wording::{self, Wrong};

/// Constants nest no deeper; a cycle ends here.
const MAX_DEPTH: u32 = 200;

/// Why an expression has no static value.
#[derive(Clone, PartialEq, Debug)]
pub struct Problem {
    /// In words; empty where a syntax error has been reported.
    pub why: String,
    /// The node that is the cause; the whole element where there is none.
    pub at: Option<NodeId>,
    /// Whether Go itself refuses it: a constant that doesn't fit.
    pub refused_by_go: bool,
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Problem {
        Problem { why: wrong.0, at: None, refused_by_go: false }
    }
}

impl Problem {
    fn at(mut self, node: NodeId) -> Problem {
        self.at = self.at.or(Some(node));
        self
    }
}

/// Evaluates expressions of one declaration.
pub struct Evaluator<'e, 'a> {
    pub scopes: &'e Scopes<'a>,
    pub imports: &'e Imports,
    pub decl: DeclId,
    /// The value of `iota`, in a constant declaration.
    pub iota: Option<u32>,
    /// See the package's names only.
    pub package: bool,
    /// How a file descriptor's expression names its map.
    pub map_of: &'e dyn Fn(&'a Expr) -> MapUse,
}

impl<'e, 'a> Evaluator<'e, 'a> {
    /// The value of `expr`.
    pub fn value(&self, expr: &'a Expr) -> Result<Value, Problem> {
        self.eval(expr, 0)
    }

    fn eval(&self, expr: &'a Expr, depth: u32) -> Result<Value, Problem> {
        if depth > MAX_DEPTH {
            return Err(wording::nested_too_deeply().into());
        }
        let depth = depth + 1;
        match &expr.kind {
            ExprKind::Literal { kind, text } => Ok(constants::literal(*kind, text)?),
            ExprKind::Bad => Err(Problem { why: String::new(), at: Some(expr.id), refused_by_go: false }),
            ExprKind::Paren(inner) => self.eval(inner, depth),
            ExprKind::Ident(name) => self.identifier(name, depth).map_err(|problem| problem.at(expr.id)),
            ExprKind::Unary { op, operand } => Ok(constants::unary(*op, self.eval(operand, depth)?)?),
            ExprKind::Binary { op, left, right } => {
                Ok(constants::binary(*op, self.eval(left, depth)?, self.eval(right, depth)?)?)
            }
            ExprKind::Selector { operand, name } => match self.package_of(operand) {
                Some(package) => {
                    self.member(package, name).ok_or_else(|| wording::not_static_member(&name.name).into())
                }
                None => Err(Problem::from(wording::not_static()).at(expr.id)),
            },
            ExprKind::Call { function, arguments, spread: false } => {
                self.call(function, arguments, depth).map_err(|problem| problem.at(expr.id))
            }
            ExprKind::Composite { ty: Some(ty), elements }
                if self.is_type(ty, Package::Asm, "Instruction") =>
            {
                self.struct_literal(elements, depth)
            }
            _ => Err(Problem::from(wording::not_static()).at(expr.id)),
        }
    }

    fn identifier(&self, name: &str, depth: u32) -> Result<Value, Problem> {
        match self.scopes.lookup(name, self.package) {
            Some(Binding::Const(Some(value))) => Ok(value.clone()),
            Some(Binding::PackageConst { value, ty, iota }) => {
                let evaluator = Evaluator { iota: Some(*iota), package: true, ..*self };
                // Its nodes belong to another declaration, so the use is what a message points at.
                let in_package = evaluator.eval(value, depth).and_then(|value| match ty {
                    Some(ty) => evaluator.convert(ty, value),
                    None => Ok(value),
                });
                in_package.map_err(|problem| Problem { at: None, ..problem })
            }
            Some(Binding::Var(_)) => Err(wording::is_variable(name).into()),
            Some(_) => Err(wording::not_a_constant(name).into()),
            None if name == "iota" => match self.iota {
                Some(iota) => Ok(Value::Int(i128::from(iota), None)),
                None => Err(wording::not_a_constant(name).into()),
            },
            None => {
                let mut packages = self.scopes.dot_imported(self.imports, name, self.package);
                let found = packages.find_map(|package| match package {
                    Package::Asm => api::constant(name),
                    _ => None,
                });
                found.ok_or_else(|| wording::unknown_name(name).into())
            }
        }
    }

    fn package_of(&self, operand: &Expr) -> Option<Package> {
        match &operand.kind {
            ExprKind::Ident(name) => self.scopes.package_of(self.imports, name, self.package),
            _ => None,
        }
    }

    fn member(&self, package: Package, name: &Ident) -> Option<Value> {
        match package {
            Package::Asm => api::constant(&name.name),
            Package::Math => constants::math(&name.name),
            Package::Ebpf | Package::Btf => None,
        }
    }

    /// The name of the member of `package` that `expr` is, qualified or by a dot import.
    pub fn member_name<'x>(&self, expr: &'x Expr, package: Package) -> Option<&'x str> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.member_name(inner, package),
            ExprKind::Selector { operand, name } => {
                (self.package_of(operand) == Some(package)).then_some(name.name.as_str())
            }
            ExprKind::Ident(name) => self
                .scopes
                .dot_imported(self.imports, name, self.package)
                .any(|from| from == package)
                .then_some(name.as_str()),
            _ => None,
        }
    }

    /// Whether `expr` is the type `package.name`.
    pub fn is_type(&self, expr: &Expr, package: Package, name: &str) -> bool {
        self.member_name(expr, package) == Some(name)
    }

    /// The constant `value` as type `ty`.
    pub fn convert(&self, ty: &Expr, value: Value) -> Result<Value, Problem> {
        if let ExprKind::Ident(name) = &ty.kind
            && self.scopes.lookup(name, self.package).is_none()
        {
            return match (IntType::named(name), value) {
                (Some(ty), Value::Int(value, _)) => ty.convert(value).map_err(refused),
                (Some(ty), Value::Typed(_, value)) => ty.convert(i128::from(value)).map_err(refused),
                (None, Value::Str(text)) if name == "string" => Ok(Value::Str(text)),
                _ => Err(wording::not_static().into()),
            };
        }
        let typed = self
            .member_name(ty, Package::Asm)
            .and_then(|name| api::TYPES.iter().find(|(known, _)| *known == name).map(|(_, typed)| *typed));
        match (typed, value) {
            (Some(typed), Value::Int(value, _)) => {
                let value = u32::try_from(value).map_err(|_| refused(wording::overflows(value, "uint32")))?;
                Ok(Value::Typed(typed, value))
            }
            (Some(typed), Value::Typed(_, value)) => Ok(Value::Typed(typed, value)),
            _ => Err(wording::not_static().into()),
        }
    }

    fn is_predeclared(&self, expr: &Expr, name: &str) -> bool {
        matches!(&expr.kind, ExprKind::Ident(found) if found == name && self.scopes.lookup(name, self.package).is_none())
    }

    /// Whether `function` is a type that [`Self::convert`] knows.
    fn is_conversion(&self, function: &Expr) -> bool {
        let predeclared = |name: &str| IntType::named(name).is_some() || name == "string";
        let asm = |name: &str| api::TYPES.iter().any(|(known, _)| *known == name);
        match &function.kind {
            ExprKind::Ident(name) if predeclared(name) => self.is_predeclared(function, name),
            _ => self.member_name(function, Package::Asm).is_some_and(asm),
        }
    }

    fn call(&self, function: &'a Expr, arguments: &'a [Expr], depth: u32) -> Result<Value, Problem> {
        if let Some(name) = self.member_name(function, Package::Asm) {
            if let Some(known) = api::FUNCTIONS.iter().find(|known| known.name == name) {
                let mut made = (known.make)(&self.arguments(known.params, arguments, depth)?);
                made.maker = Maker { name: known.name, invalid: known.invalid };
                return Ok(Value::Instruction(Box::new(made)));
            }
            if let Some(maker) =
                api::OPCODES.iter().find(|maker| maker.receiver.is_none() && maker.name == name)
            {
                let found = self.arguments(&[Param::Typed(maker.param)], arguments, depth)?;
                let size = found.values.first().copied().unwrap_or_default() as u32;
                return Ok(Value::Typed(Typed::OpCode, (maker.make)(0, size)));
            }
        }
        // It wraps an instruction in metadata that the kernel's verdict doesn't depend on.
        if let (Some("WithFuncMetadata"), [wrapped, _]) =
            (self.member_name(function, Package::Btf), arguments)
        {
            return self.eval(wrapped, depth);
        }
        if let [argument] = arguments {
            if self.is_conversion(function) {
                return self.convert(function, self.eval(argument, depth)?);
            }
            if self.is_predeclared(function, "len")
                && let Value::Str(text) = self.eval(argument, depth)?
            {
                return Ok(Value::Int(text.len() as i128, IntType::named("int")));
            }
        }
        match &function.kind {
            ExprKind::Selector { operand, name } if self.package_of(operand).is_none() => {
                self.method(operand, &name.name, arguments, depth)
            }
            _ => Err(wording::calls_unknown(&function_name(function)).into()),
        }
    }

    fn method(
        &self,
        operand: &'a Expr,
        name: &str,
        arguments: &'a [Expr],
        depth: u32,
    ) -> Result<Value, Problem> {
        match self.eval(operand, depth)? {
            Value::Typed(receiver, value) => {
                let methods = api::METHODS.iter();
                if let Some(known) =
                    methods.clone().find(|known| known.receiver == receiver && known.name == name)
                {
                    let mut made = (known.make)(value, &self.arguments(known.params, arguments, depth)?);
                    made.maker = Maker { name: known.name, invalid: known.invalid };
                    return Ok(Value::Instruction(Box::new(made)));
                }
                let known =
                    api::OPCODES.iter().find(|maker| maker.receiver == Some(receiver) && maker.name == name);
                let Some(maker) = known else { return Err(wording::calls_unknown(name).into()) };
                let found = self.arguments(&[Param::Typed(maker.param)], arguments, depth)?;
                let argument = found.values.first().copied().unwrap_or_default() as u32;
                Ok(Value::Typed(Typed::OpCode, (maker.make)(value, argument)))
            }
            Value::Instruction(mut instruction) => {
                match name {
                    // `Sym` is what older releases call `WithSymbol`.
                    "WithSymbol" | "Sym" => {
                        instruction.symbol = self.arguments(&[Param::Label], arguments, depth)?.label;
                    }
                    "WithReference" => {
                        instruction.reference = self.arguments(&[Param::Label], arguments, depth)?.label;
                    }
                    "WithSource" => {}
                    _ => return Err(wording::calls_unknown(name).into()),
                }
                Ok(Value::Instruction(instruction))
            }
            _ => Err(wording::calls_unknown(name).into()),
        }
    }

    /// The arguments of a call, each as its parameter wants it.
    fn arguments(&self, params: &[Param], arguments: &'a [Expr], depth: u32) -> Result<Arguments, Problem> {
        if params.len() != arguments.len() {
            return Err(wording::argument_count(params.len(), arguments.len()).into());
        }
        let mut found = Arguments { values: Vec::new(), label: String::new(), map: None };
        for (param, argument) in params.iter().zip(arguments) {
            let value = match param {
                Param::Fd => {
                    found.map = Some((self.map_of)(argument));
                    match self.eval(argument, depth) {
                        Ok(Value::Int(value, _)) => value,
                        _ => 0,
                    }
                }
                Param::Label => {
                    match self.eval(argument, depth).map_err(|problem| problem.at(argument.id))? {
                        Value::Str(label) => {
                            found.label = label;
                            0
                        }
                        _ => return Err(Problem::from(wording::not_a_string()).at(argument.id)),
                    }
                }
                Param::Int(ty) => {
                    match self.eval(argument, depth).map_err(|problem| problem.at(argument.id))? {
                        Value::Int(value, _) => {
                            let ty = IntType::named(ty);
                            let fits = ty.map_or(Ok(Value::Int(value, None)), |ty| ty.convert(value));
                            fits.map_err(|wrong| refused(wrong).at(argument.id))?;
                            value
                        }
                        _ => return Err(Problem::from(wording::not_an_integer()).at(argument.id)),
                    }
                }
                Param::Typed(ty) => {
                    match self.eval(argument, depth).map_err(|problem| problem.at(argument.id))? {
                        Value::Typed(found, value) if found == *ty => i128::from(value),
                        Value::Int(value, None) if (0..=255).contains(&value) => value,
                        _ => return Err(Problem::from(wording::wrong_argument(*ty)).at(argument.id)),
                    }
                }
            };
            found.values.push(value);
        }
        Ok(found)
    }

    /// `asm.Instruction{OpCode: ..., Dst: ...}`.
    fn struct_literal(&self, elements: &'a [Element], depth: u32) -> Result<Value, Problem> {
        let mut made = Instruction::default();
        for element in elements {
            let name = match element.key.as_ref().map(|key| &key.kind) {
                Some(ExprKind::Ident(name)) => name.as_str(),
                _ => return Err(Problem::from(wording::not_static()).at(element.value.id)),
            };
            let one = std::slice::from_ref(&element.value);
            let number = |param| {
                let found = self.arguments(&[param], one, depth)?;
                Ok::<i128, Problem>(found.values.first().copied().unwrap_or_default())
            };
            match name {
                "OpCode" => made.opcode = number(Param::Typed(Typed::OpCode))? as u32,
                "Dst" => made.dst = number(Param::Typed(Typed::Register))? as u8,
                "Src" => made.src = number(Param::Typed(Typed::Register))? as u8,
                "Offset" => made.offset = number(Param::Int("int16"))? as i16,
                "Constant" => made.constant = number(Param::Int("int64"))? as i64,
                _ => return Err(Problem::from(wording::not_static()).at(element.value.id)),
            }
        }
        if made.opcode == api::DWORD_LOAD && matches!(made.src, 1 | 2) {
            let place =
                Place { decl: self.decl, node: elements.first().map_or(NodeId(0), |first| first.value.id) };
            let name = format!("fd {}", made.constant as i32);
            made.map = Some(MapUse { name, place, spec: None });
        }
        Ok(Value::Instruction(Box::new(made)))
    }

    /// An element of an `asm.Instructions` literal.
    pub fn instruction(&self, element: &'a Element) -> Result<Instruction, Problem> {
        if element.key.is_some() {
            return Err(wording::keyed_element().into());
        }
        let value = match &element.value.kind {
            ExprKind::Composite { ty: None, elements } => self.struct_literal(elements, 0)?,
            _ => self.value(&element.value)?,
        };
        match value {
            Value::Instruction(instruction) => Ok(*instruction),
            _ => Err(wording::not_an_instruction_value().into()),
        }
    }
}

fn refused(wrong: Wrong) -> Problem {
    Problem { why: wrong.0, at: None, refused_by_go: true }
}

/// The last name of the function that is called, for messages.
fn function_name(function: &Expr) -> String {
    match &function.kind {
        ExprKind::Ident(name) => name.to_string(),
        ExprKind::Selector { name, .. } => name.name.to_string(),
        _ => String::new(),
    }
}
