//! Types of functions, for programs that have global ones: the kernel verifies these by what their types say, and wants the
//! types of all functions of the program then.

use gobpf_bpf::Code;
use gobpf_bpf::tables::{AttachType, Context, Shape};
use gobpf_btf::{Btf, Linkage, Parameter, Type, TypeId};
use gobpf_ir::ir::{Module, Role, SubprogramId};
use gobpf_ir::{BuildError, Unsupported};
use gobpf_source::Place;
use gobpf_types::hir::{self, FunctionId, Provenance};

use crate::object::intern;

/// The functions of a package that are not inlined.
#[derive(Clone, Copy)]
pub(crate) struct Subprograms<'a> {
    pub(crate) package: &'a hir::Package,
    pub(crate) module: &'a Module,
    /// What each of the module's is in the package.
    pub(crate) functions: &'a [FunctionId],
}

/// Adds the types of `program` and of the functions that it calls, `order`, to `btf`. Returns the type of the program; none
/// where no function of it is global.
///
/// # Errors
///
/// A global function takes a context that has no type.
pub(crate) fn add_types(
    btf: &mut Btf,
    of: Subprograms<'_>,
    program: &hir::Program,
    (code, order): (&mut Code, &[SubprogramId]),
) -> Result<Option<TypeId>, BuildError> {
    let out_of = |id: &SubprogramId| match of.module.subprograms[id.0 as usize].role {
        Role::Global { out } => Some(out),
        _ => None,
    };
    if order.iter().all(|id| out_of(id).is_none()) {
        return Ok(None);
    }
    for (subprogram, id) in code.subprograms.iter_mut().zip(order) {
        let function = &of.package.functions[of.functions[id.0 as usize].0 as usize];
        let (parameters, linkage) = match out_of(id) {
            Some(out) => (parameters(btf, of.package, function, program, out)?, Linkage::Global),
            None => (Vec::new(), Linkage::Static),
        };
        subprogram.func = Some(function_type(btf, &subprogram.name, parameters, linkage));
    }
    let function = &of.package.functions[program.function.0 as usize];
    let known = context_name(program).is_some() && !function.params.is_empty();
    let parameters = if known { parameters(btf, of.package, function, program, 0)? } else { Vec::new() };
    Ok(Some(function_type(btf, &program.name, parameters, Linkage::Global)))
}

fn function_type(btf: &mut Btf, name: &str, parameters: Vec<Parameter>, linkage: Linkage) -> TypeId {
    // A panic is a negative number of 64 bits.
    let returns =
        btf.intern(Type::Int { name: "int64".into(), size: 8, encoding: gobpf_btf::IntEncoding::Signed });
    let prototype = btf.push(Type::Prototype { returns, parameters });
    btf.push(Type::Function { name: identifier(name), prototype, linkage })
}

/// The parameters of `function` as registers hold them: structs and arrays are passed by their address.
fn parameters(
    btf: &mut Btf,
    package: &hir::Package,
    function: &hir::Function,
    program: &hir::Program,
    out: u32,
) -> Result<Vec<Parameter>, BuildError> {
    let types = &package.types;
    let mut parameters = Vec::new();
    for param in &function.params {
        let local = &function.locals[param.0 as usize];
        let ty = match types.get(local.ty) {
            hir::Type::Bool | hir::Type::Int { .. } => intern(btf, types, local.ty),
            hir::Type::Pointer { target, provenance: Provenance::Context } => {
                let place = Place { decl: function.decl, node: function.name_node };
                let (name, section) = (function.name.to_string(), program.section.to_string());
                let what = Unsupported::GlobalContext { name, section };
                let name = context_name(program).ok_or(BuildError { place, what })?;
                let target = intern(btf, types, *target);
                let context = match btf.get(target).cloned() {
                    Some(Type::Struct { size, members, .. }) => {
                        btf.intern(Type::Struct { name: name.into(), size, members })
                    }
                    _ => target,
                };
                btf.intern(Type::Pointer(context))
            }
            hir::Type::Pointer { .. } => intern(btf, types, local.ty),
            _ => {
                let memory = intern(btf, types, local.ty);
                btf.intern(Type::Pointer(memory))
            }
        };
        parameters.push(Parameter { name: identifier(&local.name), ty });
    }
    if out > 0 {
        let byte = Type::Int { name: "uint8".into(), size: 1, encoding: gobpf_btf::IntEncoding::Unsigned };
        let element = btf.intern(byte);
        let block = btf.intern(Type::Array { element, length: out });
        let ty = btf.intern(Type::Pointer(block));
        parameters.push(Parameter { name: "result".into(), ty });
    }
    Ok(parameters)
}

/// The kernel's name of the struct that is the program's context, where it is one.
fn context_name(program: &hir::Program) -> Option<&'static str> {
    match Context::of(program.kind, AttachType::default())?.shape {
        Shape::Fields { layout, .. } => Some(layout.name),
        _ => None,
    }
}

/// A name as the kernel allows it.
fn identifier(name: &str) -> String {
    let mut name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        name.insert(0, '_');
    }
    name
}
