//! Addresses of the kernel's variables and functions (`check_pseudo_btf_id`).

use gobpf_bpf::{Extern, ExternKind, Insn, Object, Program, RelocationTarget, insn};
use gobpf_btf::{KernelBtf, Kind as BtfKind, Type, TypeId, Types};

use crate::checks::encoding::Load;
use crate::checks::hooks::skip;
use crate::dialect::{Dialect, Rules};
use crate::fault::{Checked, Stop, VariableFault};
use crate::verdict::Unknown;
use crate::{KernelSource, SymbolSource, Symbols};

/// The section of the variables that each processor has.
const PER_CPU: &str = ".data..percpu";

/// What the kernel is known by.
#[derive(Clone, Copy)]
pub(crate) struct Kernel<'a> {
    pub types: KernelSource<'a>,
    pub symbols: SymbolSource<'a>,
    pub rules: &'a Rules,
}

/// What the kernel has by a name, or by the number of its type.
pub(crate) enum Target<'a> {
    Named(&'a Extern),
    Number(Insn, Insn),
}

/// The load of the address of `target`.
pub(crate) fn load(target: Target<'_>, kernel: Kernel<'_>) -> Checked<Load> {
    if let Target::Number(_, Insn { imm: 1.. | ..=-1, .. }) = target {
        return Err(VariableFault::Module.into());
    }
    let Some(types) = (kernel.types)() else { return Err(Stop::Unknown(Unknown::KernelTypes)) };
    let id = match target {
        Target::Named(one) => find(&types, one).unwrap_or_default(),
        Target::Number(low, _) => TypeId(low.imm as u32),
    };
    let kind = types.kind(id);
    if kind.is_none() && id != gobpf_btf::VOID {
        return Err(VariableFault::NoType { id: id.0 }.into());
    }
    let takes_functions = kernel.rules.dialect != Dialect::V6_1;
    match kind {
        Some(BtfKind::Function) if takes_functions => Ok(Load::Memory { size: 0 }),
        Some(BtfKind::Variable) if (kernel.symbols)() == Symbols::Functions => {
            Err(VariableFault::NoAddress { name: types.name(id).to_owned() }.into())
        }
        Some(BtfKind::Variable) => variable(&types, id),
        _ => Err(VariableFault::NotVariable { id: id.0, takes_functions }.into()),
    }
}

fn variable(types: &KernelBtf, id: TypeId) -> Checked<Load> {
    let ty = types.target(id).unwrap_or(gobpf_btf::VOID);
    let per_cpu = is_per_cpu(types, id);
    let inner = skip(types, ty);
    let is_struct = matches!(types.kind(inner), Some(BtfKind::Struct | BtfKind::Union));
    if per_cpu || is_struct {
        return Ok(Load::Object { ty, per_cpu });
    }
    match types.size_of(inner) {
        Some(size) => Ok(Load::Memory { size }),
        None => Err(VariableFault::NoSize { name: types.name(inner).to_owned() }.into()),
    }
}

fn is_per_cpu(types: &KernelBtf, id: TypeId) -> bool {
    match types.find(PER_CPU, BtfKind::Section).and_then(|section| types.get(section)) {
        Some(Type::Section { variables, .. }) => variables.iter().any(|one| one.ty == id),
        _ => false,
    }
}

fn find(types: &KernelBtf, one: &Extern) -> Option<TypeId> {
    let kind = if one.kind == ExternKind::Variable { BtfKind::Variable } else { BtfKind::Function };
    types.find(&one.name, kind)
}

/// Something whose address the program loads, and that the kernel, as far as its types are known, does not have: no
/// loader can say which one it means.
pub(crate) fn missing<'a>(
    object: &'a Object,
    program: &Program,
    kernel: KernelSource<'_>,
) -> Option<&'a str> {
    let mut loads = program.code.relocations.iter().filter_map(|one| {
        let (RelocationTarget::Kfunc(id) | RelocationTarget::Variable(id)) = one.target else { return None };
        let code = program.code.insns.get(one.slot as usize)?.code;
        let external = object.external(id)?;
        (code == insn::LD_IMM64 && external.kind != ExternKind::Symbol && !external.weak).then_some(external)
    });
    let first = loads.next()?;
    let types = kernel()?;
    let mut loads = std::iter::once(first).chain(loads);
    loads.find(|one| find(&types, one).is_none()).map(|one| one.name.as_str())
}
