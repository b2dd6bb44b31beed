//! The kernel's words about a program as a whole.

use crate::dialect::Dialect;
use crate::fault::{ExceptionFault, Fault, LoadFault, VariableFault};

pub(super) fn message(fault: &Fault, dialect: Dialect) -> Option<String> {
    let Fault::Load(fault) = fault else { return None };
    use LoadFault as L;
    Some(match fault {
        L::FunctionCount => "number of funcs in func_info doesn't match number of subprogs".into(),
        L::FunctionLayout => "func_info BTF section doesn't match subprog layout in BPF program".into(),
        L::PacketLoadWithoutResult => "LD_ABS is only allowed in functions that return 'int'.".into(),
        L::TailCallWithoutResult => "tail_call is only allowed in functions that return 'int'.".into(),
        L::SyscallNotSleepable => "Syscall programs can only be sleepable".into(),
        L::NotSleepable if dialect == Dialect::V6_1 => {
            "Only fentry/fexit/fmod_ret, lsm, and kprobe/uprobe programs can be sleepable".into()
        }
        L::NotSleepable => {
            "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable".into()
        }
        L::TargetNotSleepable { name } => format!("{name} is not sleepable"),
        L::DisabledHook { id, name } => format!("attach_btf_id {id} points to disabled hook {name}"),
        L::NotModifiable { name } => format!("{name}() is not modifiable"),
        L::NoHook => "Tracing programs must provide btf_id".into(),
        L::NoStructOps if dialect == Dialect::V6_1 => "attach_btf_id 0 is not a supported struct".into(),
        L::NoStructOps => String::new(),
        L::ReplacesStatic => "Cannot replace static functions".into(),
        L::ReplacesUnchanging => "Extension program changes packet data, while original does not".into(),
        L::NotGlobal { name } => format!("{name}() is not a global function"),
        L::StructOpsLicence => "struct ops programs must have a GPL compatible license".into(),
        L::LsmLicence => "LSM programs must have a GPL compatible license".into(),
        L::NoFunctionMember { member, index, name } => {
            format!("attach to invalid member {member}(@idx {index}) of struct {name}")
        }
        L::UnsupportedMember { member, name } => {
            format!("attach to unsupported member {member} of struct {name}")
        }
        L::Variable(fault) => variable(fault),
        L::Exception(fault) => exception(fault),
    })
}

fn exception(fault: &ExceptionFault) -> String {
    use ExceptionFault as E;
    match fault {
        E::SeveralTags => "multiple exception callback tags for main subprog".into(),
        E::NotFound { name } => format!("exception callback '{name}' could not be found in BTF"),
        E::NotGlobal { name } => format!("exception callback '{name}' must have global linkage"),
        E::IsMain => "invalid exception callback insn_off in func_info: 0".into(),
        E::NoPlace => "exception callback type id not found in func_info".into(),
        E::Argument => "exception cb only supports single integer argument".into(),
        E::Called { insn } => format!("insn {insn} cannot call exception cb directly"),
        E::TailCall => "cannot tail call within exception cb".into(),
    }
}

fn variable(fault: &VariableFault) -> String {
    use VariableFault as V;
    match fault {
        V::Module => "invalid module BTF object FD specified.".into(),
        V::NoType { id } => format!("ldimm64 insn specifies invalid btf_id {}.", *id as i32),
        V::NotVariable { id, takes_functions: true } => {
            format!("pseudo btf_id {} in ldimm64 isn't KIND_VAR or KIND_FUNC", *id as i32)
        }
        V::NotVariable { id, takes_functions: false } => {
            format!("pseudo btf_id {} in ldimm64 isn't KIND_VAR.", *id as i32)
        }
        V::NoAddress { name } => {
            format!("ldimm64 failed to find the address for kernel symbol '{name}'.")
        }
        V::NoSize { name } => format!("ldimm64 unable to resolve the size of type '{name}': -22"),
    }
}
