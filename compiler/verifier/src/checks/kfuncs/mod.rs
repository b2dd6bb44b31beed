//! Calls of the kernel's own functions (`check_kfunc_call`).

mod arguments;
mod iterators;
mod results;
mod sections;
mod table;

use std::sync::Arc;

use gobpf_bpf::insn::{self, pseudo};
use gobpf_bpf::{Extern, ExternKind, Insn, Object, Program, RelocationTarget};
use gobpf_btf::{KernelBtf, Kind as BtfKind, Parameter, Type, TypeId};

use crate::checks::calls;
use crate::checks::references;
use crate::dialect::Dialect;
use crate::explore::{Machine, Next};
use crate::fault::{Checked, KernelFault, Stop};

pub(crate) use table::{Kfunc, kf};

/// What a call of a kernel function said.
pub(crate) struct Call {
    pub kfunc: &'static Kfunc,
    pub parameters: Vec<Parameter>,
    pub returns: TypeId,
    /// The argument that is released.
    pub released: Option<u8>,
    pub reference: u32,
    /// A constant among the arguments.
    pub constant: Option<u64>,
    /// The size of the memory that R0 points to, and whether it may only be read.
    pub memory: Option<(u32, bool)>,
    /// The dynptr that was passed.
    pub dynptr: Option<(crate::state::DynptrKind, u32, u32)>,
    /// The iterator: its frame and first slot.
    pub iterator: Option<(u8, usize)>,
}

/// The function that the call at `slot` is of.
fn external<'a>(object: &'a Object, program: &Program, slot: u32) -> Option<&'a Extern> {
    match program.code.relocation_at(slot)? {
        RelocationTarget::Kfunc(id) => {
            let external = object.externs.get(id.0 as usize)?;
            (external.kind == ExternKind::Kfunc).then_some(external)
        }
        _ => None,
    }
}

/// Its name.
pub(crate) fn name_at<'a>(object: &'a Object, program: &Program, slot: u32) -> Option<&'a str> {
    external(object, program, slot).map(|external| external.name.as_str())
}

/// Whether the call at `slot` is of an iterator's next turn.
pub(crate) fn is_next(object: &Object, program: &Program, slot: u32) -> bool {
    name_at(object, program, slot).and_then(Kfunc::by_name).is_some_and(|kfunc| kfunc.has(kf::ITER_NEXT))
}

/// A function of the kernel that the program calls and the kernel, as far as its types are known, does not have: no
/// loader can say which one it means.
pub(crate) fn missing<'a>(
    object: &'a Object,
    program: &Program,
    kernel: &dyn Fn() -> Option<Arc<KernelBtf>>,
) -> Option<&'a str> {
    let is_call = |insn: &Insn| insn.code == insn::CALL && insn.src == pseudo::KFUNC_CALL;
    let calls = (0u32..).zip(&program.code.insns).filter(|(_, insn)| is_call(insn));
    let mut names = calls.filter_map(|(slot, _)| external(object, program, slot)).filter(|found| !found.weak);
    let first = names.next()?;
    let kernel = kernel()?;
    let mut names = std::iter::once(first).chain(names).map(|found| found.name.as_str());
    names.find(|name| kernel.find(name, BtfKind::Function).is_none())
}

/// How many arguments the kernel function takes that the instruction at `slot` calls.
pub(crate) fn arguments_of(m: &Machine<'_>, slot: u32) -> Option<usize> {
    let name = name_at(m.object, m.program, slot)?;
    prototype(m, name).ok().map(|(parameters, _)| parameters.len())
}

/// `check_kfunc_call`.
pub(crate) fn call(m: &mut Machine<'_>) -> Checked<Next> {
    let Some(name) = name_at(m.object, m.program, m.insn) else {
        return Err(Stop::feature("kernel function calls"));
    };
    if m.rules.dialect == Dialect::V6_1 {
        return Err(Stop::feature("kernel function calls on 6.1"));
    }
    let Some(kfunc) = Kfunc::by_name(name).filter(|kfunc| !arguments::is_unknown(kfunc)) else {
        return Err(Stop::feature(format!("kernel function {name}")));
    };
    if !kfunc.is_for(m.kind) {
        return Err(KernelFault::NotAllowed { name: name.into() }.into());
    }
    let (parameters, returns) = prototype(m, name)?;
    if kfunc.has(kf::SLEEPABLE) && !m.may_sleep() {
        return Err(KernelFault::MustSleep { name: name.into() }.into());
    }
    let mut call = Call {
        kfunc,
        parameters,
        returns,
        released: None,
        reference: 0,
        constant: None,
        memory: None,
        dynptr: None,
        iterator: None,
    };
    arguments::check(m, &mut call)?;
    sections::enter(m, kfunc)?;
    if let Some(reg) = call.released {
        let held = m.state.reg(reg).ref_obj;
        references::release(m, held);
    }
    calls::forget_caller_saved(m);
    results::set(m, &call)?;
    if kfunc.has(kf::ITER_NEXT) {
        iterators::next(m, &call)?;
    }
    Ok(Next::Go(m.insn + 1))
}

fn prototype(m: &Machine<'_>, name: &str) -> Checked<(Vec<Parameter>, TypeId)> {
    let kernel = m.kernel()?;
    let function = kernel.find(name, BtfKind::Function).and_then(|function| kernel.target(function));
    match function.and_then(|prototype| kernel.get(prototype)) {
        Some(Type::Prototype { parameters, returns }) => Ok((parameters, returns)),
        _ => Err(Stop::feature(format!("kernel function {name}, which the kernel types don't have"))),
    }
}
