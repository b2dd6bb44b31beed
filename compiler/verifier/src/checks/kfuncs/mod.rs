//! Calls of the kernel's own functions (`check_kfunc_call`).

mod arguments;
mod interrupts;
mod iterators;
mod old;
mod resilient;
mod results;
mod sections;
mod table;
mod work;

use gobpf_bpf::insn::{self, pseudo};
use gobpf_bpf::{Extern, ExternKind, Insn, MapId, Object, Program, RelocationTarget};
use gobpf_btf::{Kind as BtfKind, Parameter, Type, TypeId};
use rustc_hash::FxHashMap;

use crate::KernelSource;
use crate::checks::helpers::is_gpl_compatible;
use crate::checks::records::Graph;
use crate::checks::{callbacks, calls, exceptions, objects, packet};
use crate::dialect::{Dialect, Rules};
use crate::explore::{Machine, Next};
use crate::fault::{Checked, KernelFault, Stop};
use crate::verdict::Unknown;

pub(crate) use arguments::has_only_scalars;
pub(crate) use table::{Kfunc, kf};

/// The function that moves the packet.
const PULL_DATA: &str = "bpf_xdp_pull_data";

/// The function that gives memory of a packet to write to.
const WRITABLE_SLICE: &str = "bpf_dynptr_slice_rdwr";

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
    /// What is in the list or tree that was passed.
    pub graph: Option<Graph>,
    /// The program's type of an object that was passed, and whether the program owned it.
    pub own: Option<TypeId>,
    pub owns: bool,
    /// The program's function that is called.
    pub callback: Option<u32>,
    /// The map that was passed, or whose work was, with what tells inner maps apart.
    pub map: Option<(Option<MapId>, u32)>,
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

/// Names of the kernel's functions, by the slot of the call.
pub(crate) type Names = FxHashMap<u32, String>;

fn is_call(insn: &Insn) -> bool {
    insn.code == insn::CALL && insn.src == pseudo::KFUNC_CALL
}

/// `add_kfunc_call`: the name of the kernel's function that the instruction at `slot` calls, by name or by number. None
/// where it calls none, or number 0, which is refused only where a path gets there.
pub(crate) fn describe(
    object: &Object,
    program: &Program,
    slot: u32,
    kernel: KernelSource<'_>,
) -> Checked<Option<String>> {
    let Some(insn) = program.code.insns.get(slot as usize).copied().filter(is_call) else { return Ok(None) };
    if !is_gpl_compatible(&object.license) {
        return Err(KernelFault::NeedsGpl.into());
    }
    let external = external(object, program, slot);
    let variable = variable(object, program, slot);
    if external.is_none() && variable.is_none() && insn.imm == 0 && insn.off == 0 {
        return Ok(None);
    }
    if insn.off != 0 {
        return Err(KernelFault::OfModule { off: insn.off }.into());
    }
    if let Some(external) = external {
        return named(&external.name).map(Some);
    }
    let Some(kernel) = kernel() else { return Err(Stop::Unknown(Unknown::KernelTypes)) };
    let id = match variable {
        Some(variable) => kernel.find(&variable.name, BtfKind::Variable).unwrap_or_default(),
        None => TypeId(insn.imm as u32),
    };
    if kernel.kind(id) != Some(BtfKind::Function) {
        return Err(KernelFault::NotFunction { id: id.0 }.into());
    }
    named(kernel.name(id)).map(Some)
}

fn named(name: &str) -> Checked<String> {
    // What a driver knows of a packet is for programs of its device alone.
    match name.starts_with("bpf_xdp_metadata_rx_") {
        true => Err(KernelFault::DeviceBound.into()),
        false => Ok(name.to_owned()),
    }
}

/// The variable of the kernel that the instruction at `slot` calls as if it were a function.
fn variable<'a>(object: &'a Object, program: &Program, slot: u32) -> Option<&'a Extern> {
    match program.code.relocation_at(slot)? {
        RelocationTarget::Kfunc(id) | RelocationTarget::Variable(id) => {
            object.external(id).filter(|one| one.kind == ExternKind::Variable)
        }
        _ => None,
    }
}

/// Whether the call at `slot` is of an iterator's next turn.
pub(crate) fn is_next(names: &Names, slot: u32) -> bool {
    names.get(&slot).and_then(|name| Kfunc::by_name(name)).is_some_and(|kfunc| kfunc.has(kf::ITER_NEXT))
}

/// Whether the call at `slot` is of a function that may sleep, and that the program may call.
pub(crate) fn sleeps(program: &Program, names: &Names, slot: u32, rules: &Rules) -> bool {
    let kfunc = names.get(&slot).and_then(|name| Kfunc::by_name(name));
    kfunc.is_some_and(|kfunc| kfunc.has(kf::SLEEPABLE) && kfunc.is_for(&program.caller(), rules.dialect))
}

/// Whether the call at `slot` is of a function that may move the packet.
pub(crate) fn moves_packet(names: &Names, slot: u32) -> bool {
    names.get(&slot).is_some_and(|name| name == PULL_DATA)
}

/// A function that no table has: what the kernel has in none, programs may not call. Newer kernels mark those that are
/// meant for programs, and some that programs may only be attached to.
fn unlisted(m: &Machine<'_>, name: &str) -> Checked<Stop> {
    const ATTACHED: [&str; 3] = ["bpf_fentry_test1", "bpf_modify_return_test", "bpf_modify_return_test2"];
    if m.rules.dialect == Dialect::V6_1 && table::is_for_old(name, m.kind) {
        return Ok(Stop::feature(format!("kernel function {name} on 6.1")));
    }
    let kernel = m.kernel()?;
    let marked = kernel.tagged("bpf_kfunc");
    let is_marked = match marked.is_empty() {
        true => m.rules.dialect == Dialect::V6_18,
        false => marked.into_iter().any(|id| kernel.name(id) == name),
    };
    Ok(match is_marked && !ATTACHED.contains(&name) {
        true => Stop::feature(format!("kernel function {name}")),
        false => KernelFault::NotAllowed { name: name.into() }.into(),
    })
}

/// A function of the kernel that the program calls and the kernel, as far as its types are known, does not have: no
/// loader can say which one it means.
pub(crate) fn missing<'a>(
    object: &'a Object,
    program: &Program,
    kernel: KernelSource<'_>,
) -> Option<&'a str> {
    let calls = (0u32..).zip(&program.code.insns).filter(|(_, insn)| is_call(insn));
    let mut names = calls.filter_map(|(slot, _)| external(object, program, slot)).filter(|found| !found.weak);
    let first = names.next()?;
    let kernel = kernel()?;
    let mut names = std::iter::once(first).chain(names).map(|found| found.name.as_str());
    names.find(|name| kernel.find(name, BtfKind::Function).is_none())
}

/// How many arguments the kernel function takes that the instruction at `slot` calls; none where the program may not.
pub(crate) fn arguments_of(m: &Machine<'_>, slot: u32) -> Option<usize> {
    let name = m.kfuncs.get(&slot)?;
    if Kfunc::by_name(name).is_none_or(|kfunc| !kfunc.is_for(&m.caller(), m.rules.dialect)) {
        return None;
    }
    prototype(m, name).ok().map(|(parameters, _)| parameters.len())
}

/// `check_kfunc_call`.
pub(crate) fn call(m: &mut Machine<'_>) -> Checked<Next> {
    // A call of number 0 is refused when all paths were followed.
    let Some(name) = m.kfuncs.get(&m.insn).cloned() else { return Ok(Next::Go(m.insn + 1)) };
    let name = name.as_str();
    let Some(kfunc) = Kfunc::by_name(name) else { return Err(unlisted(m, name)?) };
    if !kfunc.is_for(&m.caller(), m.rules.dialect) {
        return Err(KernelFault::NotAllowed { name: name.into() }.into());
    }
    if name == "__bpf_trap" {
        return Err(KernelFault::Trap.into());
    }
    let (parameters, returns) = prototype(m, name)?;
    if resilient::locks(name) {
        resilient::fail(m)?;
    }
    let is_old = m.rules.dialect == Dialect::V6_1;
    if kfunc.has(kf::SLEEPABLE) && !m.may_sleep() && !is_old {
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
        graph: None,
        own: None,
        owns: false,
        callback: None,
        map: None,
    };
    match is_old {
        true => old::check(m, &mut call)?,
        false => arguments::check(m, &mut call)?,
    }
    callbacks::of_kernel(m, &call)?;
    sections::enter(m, kfunc)?;
    if let Some(reg) = call.released {
        let held = m.state.reg(reg).ref_obj;
        objects::release(m, &call, held)?;
    }
    objects::give_away(m, &call)?;
    if kfunc.name == exceptions::THROW {
        exceptions::check_thrown(m)?;
    }
    calls::forget_caller_saved(m);
    results::set(m, &call)?;
    if kfunc.name == PULL_DATA {
        packet::forget(m);
    }
    m.writes_packet |= kfunc.name == WRITABLE_SLICE;
    if kfunc.has(kf::ITER_NEXT) {
        iterators::next(m, &call)?;
    }
    if kfunc.name == exceptions::THROW {
        return exceptions::leave(m);
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
