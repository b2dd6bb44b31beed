//! Global functions: verified on their own for any arguments of their types, so that calls only check the types.

mod parameters;

use gobpf_bpf::tables::{ArgumentKind, ProgramKind};
use gobpf_btf::{Btf, Linkage, Type, TypeId};

use crate::checks::helpers::{accepts, memory};
use crate::checks::{btf, context, dynptr};
use crate::dialect::{Dialect, Rules};
use crate::explore::Machine;
use crate::fault::{
    Access, BtfFault, Checked, ExceptionFault, Fault, GlobalFault, HelperFault, KernelFault, Stop,
};
use crate::state::{Base, DynptrKind, Extra, FP, Kind, Reg, State, flag};
use parameters::Parameter;

/// Whether the function `ty` of the object's BTF is global.
pub(crate) fn is_global(btf: &Btf, ty: Option<TypeId>) -> bool {
    matches!(ty.and_then(|ty| btf.get(ty)), Some(Type::Function { linkage: Linkage::Global, .. }))
}

/// `btf_type_skip_modifiers`.
pub(crate) fn skip(btf: &Btf, mut ty: TypeId) -> TypeId {
    while let Some(
        Type::Typedef { target, .. }
        | Type::Const(target)
        | Type::Volatile(target)
        | Type::Restrict(target)
        | Type::TypeTag { target, .. },
    ) = btf.get(ty)
    {
        ty = *target;
    }
    ty
}

/// The struct that is the context of programs of `kind` (`bpf_ctx_convert`); none where it has no name of its own.
pub(crate) fn context_name(kind: ProgramKind) -> Option<&'static str> {
    use ProgramKind as K;
    Some(match kind {
        K::SOCKET_FILTER | K::SCHED_CLS | K::SCHED_ACT | K::CGROUP_SKB | K::SK_SKB => "__sk_buff",
        K::LWT_IN | K::LWT_OUT | K::LWT_XMIT | K::LWT_SEG6LOCAL | K::FLOW_DISSECTOR => "__sk_buff",
        K::XDP => "xdp_md",
        K::CGROUP_SOCK => "bpf_sock",
        K::CGROUP_SOCK_ADDR => "bpf_sock_addr",
        K::SOCK_OPS => "bpf_sock_ops",
        K::SK_MSG => "sk_msg_md",
        K::KPROBE => "pt_regs",
        K::PERF_EVENT => "bpf_perf_event_data",
        K::RAW_TRACEPOINT | K::RAW_TRACEPOINT_WRITABLE => "bpf_raw_tracepoint_args",
        K::CGROUP_DEVICE => "bpf_cgroup_dev_ctx",
        K::CGROUP_SYSCTL => "bpf_sysctl",
        K::CGROUP_SOCKOPT => "bpf_sockopt",
        K::SK_REUSEPORT => "sk_reuseport_md",
        K::SK_LOOKUP => "bpf_sk_lookup",
        K::NETFILTER => "bpf_nf_ctx",
        _ => return None,
    })
}

/// Structs that stand for others in programs: what they are called there, and what they are.
const PROJECTIONS: [(&str, &str); 2] = [("__sk_buff", "sk_buff"), ("xdp_md", "xdp_buff")];

/// `btf_is_projection_of`.
pub(crate) fn is_projection(shown: &str, real: &str) -> bool {
    PROJECTIONS.contains(&(shown, real))
}

/// Whether a struct of this name is the context of programs of `kind` (`btf_is_prog_ctx_type`).
pub(crate) fn is_context(kind: ProgramKind, name: &str, rules: &Rules) -> bool {
    // The kernel has a name of its own for the registers, which a program may give a struct.
    kind == ProgramKind::KPROBE && name == "bpf_user_pt_regs_t"
        || context_name(kind)
            .is_some_and(|context| context == name || rules.knows_trust && is_projection(context, name))
}

/// Whether the main function's type says that it takes the context, or where `or_nothing`, no arguments at all.
pub(crate) fn takes_context(m: &Machine<'_>, or_nothing: bool) -> bool {
    match parameters::of(m, 0).as_deref() {
        Ok([Parameter::Context]) => true,
        Ok([]) => or_nothing,
        _ => false,
    }
}

/// `btf_check_func_arg_match`: the arguments are of the types that function `index` declares.
pub(crate) fn check_arguments(m: &mut Machine<'_>, index: usize) -> Checked {
    let parameters = match parameters::of(m, index) {
        Err(Stop::Fault(Fault::Global(fault))) if m.rules.dialect == Dialect::V6_1 => {
            return old_mismatch(fault);
        }
        found => found?,
    };
    (0..).zip(parameters).try_for_each(|(number, one)| check_argument(m, number, one))
}

/// What 6.1 says at the call of a function that it could not verify: it looks for numbers and pointers there, and at the
/// result not at all.
fn old_mismatch(fault: GlobalFault) -> Checked {
    match fault {
        GlobalFault::Argument { number, word, .. } => Err(KernelFault::ArgumentKind { number, word }.into()),
        GlobalFault::Result { .. } => Ok(()),
        fault => Err(fault.into()),
    }
}

/// What the call of function `index` comes to, where that is what its arguments came to.
pub(crate) fn check_called(m: &Machine<'_>, index: usize, arguments: Checked) -> Checked {
    arguments.map_err(|stop| match stop {
        Stop::Fault(fault) => {
            let last = GlobalFault::Call { index, name: m.functions[index].name.clone() };
            Fault::Then(Box::new(fault), Box::new(Fault::Global(last))).into()
        }
        stop => stop,
    })
}

fn check_argument(m: &mut Machine<'_>, number: usize, parameter: Parameter) -> Checked {
    let reg = number as u8 + 1;
    let value = *m.state.reg(reg);
    match parameter {
        Parameter::Untrusted { .. } => Ok(()),
        Parameter::Number if value.is_scalar() => Ok(()),
        Parameter::Number => Err(GlobalFault::NotNumber { reg }.into()),
        Parameter::Arena if value.is_scalar() || value.kind == Kind::ARENA => Ok(()),
        Parameter::Arena => Err(GlobalFault::NotArena { reg }.into()),
        Parameter::Context => {
            check_offset(&value, reg)?;
            match value.kind {
                Kind::CONTEXT => Ok(()),
                _ => Err(GlobalFault::NotContext { number, old: m.rules.dialect == Dialect::V6_1 }.into()),
            }
        }
        Parameter::Memory { size, nullable } => {
            check_offset(&value, reg)?;
            check_memory(m, reg, size)?;
            match !nullable && value.kind.may_be_null() {
                true => Err(GlobalFault::NullArgument { number }.into()),
                false => Ok(()),
            }
        }
        Parameter::Dynptr => {
            check_offset(&value, reg)?;
            dynptr::check_initialised(m, number)
        }
        Parameter::Trusted { ty, nullable } => check_object(m, reg, &value, ty, nullable),
    }
}

/// `check_func_arg_reg_off`, where nothing is said of the argument.
fn check_offset(value: &Reg, reg: u8) -> Checked {
    match value.kind.base {
        Base::Stack | Base::Packet | Base::PacketMeta | Base::MapKey | Base::MapValue => Ok(()),
        Base::Mem | Base::Buf | Base::Arena | Base::Scalar => Ok(()),
        Base::BtfId => context::check_plain(value, reg, true),
        _ => context::check_plain(value, reg, false),
    }
}

/// A pointer to a kernel object of type `wanted`.
fn check_object(m: &Machine<'_>, reg: u8, value: &Reg, wanted: TypeId, nullable: bool) -> Checked {
    if nullable && value.is_null() {
        return Ok(());
    }
    let kind = if nullable { value.kind.without(flag::OR_NULL) } else { value.kind };
    let expected = accepts::kinds(ArgumentKind::PtrToBtfId, m.rules);
    if !expected.contains(&kind) {
        return Err(HelperFault::Kind { reg, kind: value.kind, expected }.into());
    }
    let kernel = m.kernel()?;
    let Extra::Btf { id, own: false } = value.extra else {
        return Err(Stop::feature("objects of the program's own"));
    };
    btf::check_begins(kernel, (TypeId(id), i64::from(value.off)), wanted, false, || {
        let (found, wanted) = (kernel.name(TypeId(id)).to_owned(), kernel.name(wanted).to_owned());
        BtfFault::ArgumentType { reg, found, wanted }.into()
    })?;
    check_offset(value, reg)
}

/// `check_mem_reg`: memory that may be read and written, or null.
pub(crate) fn check_memory(m: &mut Machine<'_>, reg: u8, size: u32) -> Checked {
    let saved = *m.state.reg(reg);
    if saved.is_null() {
        return Ok(());
    }
    m.state.reg_mut(reg).kind = saved.kind.without(flag::OR_NULL);
    let used = |access| memory::Use { access, zero_allowed: true, raw: false };
    let checked = memory::check(m, reg, i64::from(size), used(Access::Read), None)
        .and_then(|()| memory::check(m, reg, i64::from(size), used(Access::Write), None));
    m.state.reg_mut(reg).kind = saved.kind;
    checked
}

/// The state at the start of global function `index`.
pub(crate) fn start(m: &mut Machine<'_>, index: usize) -> Checked<State> {
    let parameters = parameters::of(m, index)?;
    if m.functions[index].is_exception && !matches!(parameters.as_slice(), [Parameter::Number]) {
        return Err(ExceptionFault::Argument.into());
    }
    let mut state = State::start(index as u32, m.functions[index].start);
    for (number, parameter) in (1u8..).zip(parameters) {
        *state.top.reg_mut(number) = initial(m, parameter);
    }
    if m.rules.dialect == Dialect::V6_1 {
        // It tells them apart twice.
        for number in 1..FP {
            let reg = state.top.reg_mut(number);
            if reg.kind.base == Base::Mem {
                reg.id = m.fresh_id();
            }
        }
    }
    Ok(state)
}

/// What a parameter may be.
fn initial(m: &mut Machine<'_>, parameter: Parameter) -> Reg {
    let or_null = |nullable: bool| if nullable { flag::OR_NULL } else { 0 };
    match parameter {
        Parameter::Number | Parameter::Arena => Reg::unknown(),
        Parameter::Context => Reg::pointer(Kind::CONTEXT),
        Parameter::Memory { size, nullable } => {
            let id = m.fresh_id_if(nullable).unwrap_or(0);
            let extra = Extra::Mem { size, dynptr: 0 };
            Reg { extra, id, ..Reg::pointer(Kind::MEM.with(or_null(nullable))) }
        }
        Parameter::Dynptr => {
            let extra = Extra::Dynptr { kind: DynptrKind::Local, first: true };
            Reg { extra, id: m.fresh_id(), ..Reg::pointer(Kind::DYNPTR) }
        }
        Parameter::Trusted { ty, nullable } => {
            let extra = Extra::Btf { id: ty.0, own: false };
            let kind = Kind::BTF_ID.with(flag::TRUSTED | or_null(nullable));
            Reg { extra, id: m.fresh_id(), ..Reg::pointer(kind) }
        }
        Parameter::Untrusted { ty: Some(ty) } => {
            let extra = Extra::Btf { id: ty.0, own: false };
            Reg { extra, id: m.fresh_id(), ..Reg::pointer(Kind::BTF_ID.with(flag::UNTRUSTED)) }
        }
        Parameter::Untrusted { ty: None } => {
            let extra = Extra::Mem { size: 0, dynptr: 0 };
            Reg { extra, ..Reg::pointer(Kind::MEM.with(flag::RDONLY | flag::UNTRUSTED)) }
        }
    }
}
