//! Global functions: verified on their own for any arguments of their types, so that calls only check the types.

use gobpf_bpf::tables::ProgramKind;
use gobpf_btf::{Btf, Kind as BtfKind, Linkage, Type, TypeId};

use crate::checks::context;
use crate::checks::helpers::memory;
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, GlobalFault, Stop};
use crate::state::{Extra, Kind, Reg, State, flag};

/// What a parameter is for the verifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Parameter {
    Number,
    Context,
    Memory { size: u32, nullable: bool },
}

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

fn name_of(btf: &Btf, ty: TypeId) -> String {
    btf.get(ty).map_or_else(String::new, |ty| ty.name().to_owned())
}

/// `btf_prepare_func_args`: what the parameters of function `index` are.
fn parameters(m: &Machine<'_>, index: usize) -> Checked<Vec<Parameter>> {
    let btf = &m.object.btf;
    let function = &m.functions[index];
    let ty = if index == 0 {
        m.program.func
    } else {
        m.program.code.subprogram_at(function.start).and_then(|one| one.func)
    };
    let Some((ty, Type::Function { name, prototype, .. })) = ty.and_then(|ty| Some((ty, btf.get(ty)?)))
    else {
        return Err(Stop::feature("a global function without types"));
    };
    let Some(Type::Prototype { returns, parameters }) = btf.get(*prototype) else {
        return Err(Stop::feature("a global function without a prototype"));
    };
    if parameters.len() > 5 {
        return Err(GlobalFault::TooManyArguments { name: name.clone(), count: parameters.len() }.into());
    }
    let result = skip(btf, *returns);
    if !matches!(btf.get(result), Some(Type::Int { .. } | Type::Enum { .. })) {
        return Err(GlobalFault::Result { name: name.clone() }.into());
    }
    let has_tags = btf.iter().any(|(_, one)| {
        matches!(one, Type::DeclTag { name, target, component } if *target == ty && *component >= 0 && name.starts_with("arg:"))
    });
    if has_tags {
        return Err(Stop::feature("tags on parameters of global functions"));
    }
    parameters.iter().enumerate().map(|(number, one)| parameter(m, btf, name, number, one.ty)).collect()
}

fn parameter(m: &Machine<'_>, btf: &Btf, function: &str, number: usize, ty: TypeId) -> Checked<Parameter> {
    let ty = skip(btf, ty);
    match btf.get(ty) {
        Some(Type::Int { .. } | Type::Enum { .. }) => Ok(Parameter::Number),
        Some(Type::Pointer(target)) => {
            let target = skip(btf, *target);
            let name = name_of(btf, target);
            if is_context(m.kind, &name) {
                return Ok(Parameter::Context);
            }
            if name == "bpf_dynptr" {
                return Err(Stop::feature("dynptrs as arguments of global functions"));
            }
            match btf.size_of(target) {
                0 => {
                    let word = kind_word(btf.get(target));
                    Err(GlobalFault::NoSize { number, word, name }.into())
                }
                size => Ok(Parameter::Memory { size, nullable: true }),
            }
        }
        other => {
            let word = kind_word(other);
            Err(GlobalFault::Argument { number, word, name: function.to_owned() }.into())
        }
    }
}

fn kind_word(ty: Option<&Type>) -> &'static str {
    match ty.map(Type::kind) {
        None => "UNKN",
        Some(BtfKind::Struct) => "STRUCT",
        Some(BtfKind::Union) => "UNION",
        Some(BtfKind::Forward) => "FWD",
        Some(BtfKind::Prototype) => "FUNC_PROTO",
        Some(BtfKind::Array) => "ARRAY",
        Some(BtfKind::Float) => "FLOAT",
        Some(_) => "UNKN",
    }
}

/// Whether a struct of this name is the context of programs of `kind`.
pub(crate) fn is_context(kind: ProgramKind, name: &str) -> bool {
    use ProgramKind as K;
    let wanted: &[&str] = match kind {
        K::SOCKET_FILTER | K::SCHED_CLS | K::SCHED_ACT | K::CGROUP_SKB | K::SK_SKB => &["__sk_buff"],
        K::LWT_IN | K::LWT_OUT | K::LWT_XMIT | K::LWT_SEG6LOCAL | K::FLOW_DISSECTOR => &["__sk_buff"],
        K::XDP => &["xdp_md"],
        K::CGROUP_SOCK => &["bpf_sock"],
        K::CGROUP_SOCK_ADDR => &["bpf_sock_addr"],
        K::SOCK_OPS => &["bpf_sock_ops"],
        K::SK_MSG => &["sk_msg_md"],
        K::KPROBE => &["bpf_user_pt_regs_t", "user_pt_regs", "pt_regs"],
        K::PERF_EVENT => &["bpf_perf_event_data"],
        K::RAW_TRACEPOINT | K::RAW_TRACEPOINT_WRITABLE => &["bpf_raw_tracepoint_args"],
        K::CGROUP_DEVICE => &["bpf_cgroup_dev_ctx"],
        K::CGROUP_SYSCTL => &["bpf_sysctl"],
        K::CGROUP_SOCKOPT => &["bpf_sockopt"],
        K::SK_REUSEPORT => &["sk_reuseport_md"],
        K::SK_LOOKUP => &["bpf_sk_lookup"],
        K::NETFILTER => &["bpf_nf_ctx"],
        _ => &[],
    };
    wanted.contains(&name)
}

/// `btf_check_func_arg_match`: the arguments are of the types that function `index` declares.
pub(crate) fn check_call(m: &mut Machine<'_>, index: usize) -> Checked {
    let name = m.functions[index].name.clone();
    let parameters = parameters(m, index)?;
    for (number, parameter) in parameters.iter().enumerate() {
        let checked = check_argument(m, number, *parameter);
        checked.map_err(|stop| match stop {
            Stop::Fault(fault) => {
                let last = GlobalFault::Call { index, name: name.clone() };
                Fault::Then(Box::new(fault), Box::new(Fault::Global(last))).into()
            }
            stop => stop,
        })?;
    }
    Ok(())
}

fn check_argument(m: &mut Machine<'_>, number: usize, parameter: Parameter) -> Checked {
    let reg = number as u8 + 1;
    let value = *m.state.reg(reg);
    match parameter {
        Parameter::Number if value.is_scalar() => Ok(()),
        Parameter::Number => Err(GlobalFault::NotNumber { reg }.into()),
        Parameter::Context => {
            if value.kind != Kind::CONTEXT {
                return Err(GlobalFault::NotContext { number }.into());
            }
            context::check_plain(&value, reg, false)
        }
        Parameter::Memory { size, .. } => {
            let plain = matches!(value.kind.base, crate::state::Base::BtfId | crate::state::Base::Context);
            if plain {
                context::check_plain(&value, reg, value.kind.base == crate::state::Base::BtfId)?;
            }
            check_memory(m, reg, size)
        }
    }
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
    let parameters = parameters(m, index)?;
    let mut state = State::start(index as u32, m.functions[index].start);
    for (number, parameter) in (1u8..).zip(parameters) {
        *state.top.reg_mut(number) = match parameter {
            Parameter::Number => Reg::unknown(),
            Parameter::Context => Reg::pointer(Kind::CONTEXT),
            Parameter::Memory { size, nullable } => {
                let flags = if nullable || m.rules.dialect == Dialect::V6_1 { flag::OR_NULL } else { 0 };
                let extra = Extra::Mem { size, dynptr: 0 };
                Reg { extra, id: m.fresh_id(), ..Reg::pointer(Kind::MEM.with(flags)) }
            }
        };
    }
    Ok(state)
}
