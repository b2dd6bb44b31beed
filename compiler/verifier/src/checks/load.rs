//! What is refused of a program as a whole: the attach type that it is loaded for, the types of its functions, and what
//! it would be attached to.

use gobpf_bpf::tables::{AttachType, ProgramKind, lsm_is_disabled};
use gobpf_bpf::{Object, Program, RelocationTarget};
use gobpf_btf::{Kind as BtfKind, Type, TypeId};

use crate::KernelSource;
use crate::checks::functions::Function;
use crate::checks::global::skip;
use crate::checks::helpers::is_gpl_compatible;
use crate::checks::hooks;
use crate::dialect::{Dialect, Rules};
use crate::fault::{Checked, LoadFault, Stop};
use crate::verdict::Unknown;

/// Why the kernel does not even ask its verifier.
pub(crate) fn refusal(program: &Program, rules: &Rules) -> Option<String> {
    let names = program.kind.names()?;
    if names.since > rules.kernel() {
        return Some(format!(
            "it has no programs of kind {}, which Linux {} brought",
            names.name, names.since
        ));
    }
    let attach = program.attach;
    let is_newer = attach.row().is_some_and(|row| row.since > rules.kernel());
    let is_listed = !program.kind.attach_types().is_empty();
    if program.kind.loads_as(attach).is_none() || is_newer && is_listed {
        return Some(format!("programs of kind {} are not loaded for attach type {}", names.name, attach.0));
    }
    None
}

/// A map of the program that the kernel can't make.
pub(crate) fn refused_map(object: &Object, program: &Program, rules: &Rules) -> Option<String> {
    let maps = program.code.relocations.iter().filter_map(|relocation| match relocation.target {
        RelocationTarget::Map(map) | RelocationTarget::MapValue { map, .. } => {
            object.maps.get(map.0 as usize)
        }
        _ => None,
    });
    let row = maps.filter_map(|map| map.kind.row()).find(|row| row.since > rules.kernel())?;
    Some(format!("it has no maps of kind {}, which Linux {} brought", row.name, row.since))
}

/// The functions of a program with their types, where all are known: the first slot of each.
pub(crate) fn declared(program: &Program) -> Option<Vec<(u32, TypeId)>> {
    let first = program.func.map(|ty| (0, ty));
    let others = program.code.subprograms.iter().map(|one| one.func.map(|ty| (one.slot, ty)));
    std::iter::once(first).chain(others).collect()
}

/// `check_btf_func`: each function has a type, and some instructions ask for what it returns.
pub(crate) fn check_functions(object: &Object, program: &Program, functions: &[Function]) -> Checked {
    let Some(declared) = declared(program) else { return Ok(()) };
    if declared.len() != functions.len() {
        return Err(LoadFault::FunctionCount.into());
    }
    for (index, (function, (slot, ty))) in functions.iter().zip(declared).enumerate() {
        if function.start != slot {
            return Err(LoadFault::FunctionLayout.into());
        }
        if index == 0 || returns_number(object, ty) {
            continue;
        }
        if function.has_packet_load {
            return Err(LoadFault::PacketLoadWithoutResult.into());
        }
        if function.has_tail_call {
            return Err(LoadFault::TailCallWithoutResult.into());
        }
    }
    Ok(())
}

fn returns_number(object: &Object, function: TypeId) -> bool {
    let btf = &object.btf;
    let Some(Type::Function { prototype, .. }) = btf.get(function) else { return true };
    let Some(Type::Prototype { returns, .. }) = btf.get(*prototype) else { return true };
    match btf.get(skip(btf, *returns)) {
        Some(Type::Int { size, .. }) => matches!(size, 1 | 2 | 4 | 8),
        Some(Type::Enum { .. }) => true,
        _ => false,
    }
}

/// `check_attach_btf_id`.
pub(crate) fn check_attach(
    object: &Object,
    program: &Program,
    kernel: KernelSource<'_>,
    rules: &Rules,
) -> Checked {
    let sleepable = program.is_sleepable();
    if program.kind == ProgramKind::SYSCALL {
        return if sleepable { Ok(()) } else { Err(LoadFault::SyscallNotSleepable.into()) };
    }
    if sleepable && !can_sleep(program, rules) {
        return Err(LoadFault::NotSleepable.into());
    }
    let is_nowhere = program.hook.as_deref().is_none_or(str::is_empty);
    match program.kind {
        ProgramKind::TRACING | ProgramKind::LSM if is_nowhere => Err(LoadFault::NoHook.into()),
        ProgramKind::EXT if program.func.is_none() => Err(LoadFault::NoHook.into()),
        ProgramKind::TRACING => check_traced(program, rules),
        ProgramKind::STRUCT_OPS => check_struct_ops(object, program, kernel),
        ProgramKind::LSM => check_lsm(object, program, kernel, rules),
        _ => Ok(()),
    }
}

/// Functions whose result programs may replace, from 6.12 on, and which of them may be traced by programs that sleep
/// (`register_btf_fmodret_id_set`).
const MODIFIABLE: [(&str, bool); 5] = [
    ("bpf_modify_return_test", false),
    ("bpf_modify_return_test2", false),
    ("bpf_modify_return_test_tp", false),
    ("bpf_fentry_test1", true),
    ("update_socket_protocol", false),
];

/// What the end of `bpf_check_attach_target` asks of a traced function, of kernels that have no list of functions for the
/// injection of errors, as Debian's. Whether others have one isn't known: 6.18 is not judged by it.
fn check_traced(program: &Program, rules: &Rules) -> Checked {
    let name = match &program.hook {
        Some(name) if rules.dialect != Dialect::V6_18 => name.clone(),
        _ => return Ok(()),
    };
    let listed = MODIFIABLE.iter().find(|(known, _)| *known == name && rules.dialect >= Dialect::V6_12);
    match program.attach {
        AttachType::TRACE_FENTRY | AttachType::TRACE_FEXIT | AttachType::MODIFY_RETURN
            if program.is_sleepable() =>
        {
            let may_sleep = listed.is_some_and(|(_, may_sleep)| *may_sleep);
            if may_sleep {
                return Ok(());
            }
            Err(LoadFault::TargetNotSleepable { name }.into())
        }
        AttachType::MODIFY_RETURN if !name.starts_with("security_") && listed.is_none() => {
            Err(LoadFault::NotModifiable { name }.into())
        }
        _ => Ok(()),
    }
}

/// `can_be_sleepable`.
fn can_sleep(program: &Program, rules: &Rules) -> bool {
    use ProgramKind as K;
    let old = rules.dialect == Dialect::V6_1;
    match program.kind {
        K::TRACING => {
            let known = [
                AttachType::TRACE_FENTRY,
                AttachType::TRACE_FEXIT,
                AttachType::MODIFY_RETURN,
                AttachType::TRACE_ITER,
            ];
            old || known.contains(&program.attach)
        }
        K::LSM => program.attach != AttachType::LSM_CGROUP,
        K::KPROBE => true,
        K::STRUCT_OPS => !old,
        _ => false,
    }
}

/// Members of structs of functions that programs can't stand for, since the kernel has no use for them.
const UNSUPPORTED: [(&str, &str); 1] = [("tcp_congestion_ops", "get_info")];

/// The struct of functions that only one of may sleep.
const DUMMY: &str = "bpf_dummy_ops";

/// `check_struct_ops_btf_id`.
fn check_struct_ops(object: &Object, program: &Program, kernel: KernelSource<'_>) -> Checked {
    if !is_gpl_compatible(&object.license) {
        return Err(LoadFault::StructOpsLicence.into());
    }
    let hook = program.hook.as_deref().unwrap_or("");
    let Some((name, member)) = hook.split_once('/') else { return Err(LoadFault::NoStructOps.into()) };
    let Some(kernel) = kernel() else { return Err(Stop::Unknown(Unknown::KernelTypes)) };
    let Some(ty) = kernel.find(name, BtfKind::Struct) else { return Ok(()) };
    let Some((index, found)) = kernel.members(ty).enumerate().find(|(_, one)| one.name() == member) else {
        return Ok(());
    };
    let (member, name) = (member.to_owned(), name.to_owned());
    let target = hooks::pointee(&kernel, found.ty);
    if target.is_none_or(|target| kernel.kind(target) != Some(BtfKind::Prototype)) {
        return Err(LoadFault::NoFunctionMember { member, index, name }.into());
    }
    let sleeps = program.flags & gobpf_bpf::flags::SLEEPABLE != 0;
    let may_sleep = name != DUMMY || member == "test_sleepable";
    if UNSUPPORTED.contains(&(name.as_str(), member.as_str())) || sleeps && !may_sleep {
        return Err(LoadFault::UnsupportedMember { member, name }.into());
    }
    Ok(())
}

/// `bpf_lsm_verify_prog`; the number of a disabled hook's type is the kernel's.
fn check_lsm(object: &Object, program: &Program, kernel: KernelSource<'_>, rules: &Rules) -> Checked {
    if !is_gpl_compatible(&object.license) {
        return Err(LoadFault::LsmLicence.into());
    }
    let Some(name) = program.hook.as_deref().filter(|hook| lsm_is_disabled(hook, rules.kernel())) else {
        return Ok(());
    };
    let Some(kernel) = kernel() else { return Err(Stop::Unknown(Unknown::KernelTypes)) };
    match kernel.find(name, BtfKind::Function) {
        Some(id) => Err(LoadFault::DisabledHook { id: id.0, name: name.into() }.into()),
        None => Err(Stop::feature("hooks that the kernel's types don't have")),
    }
}
