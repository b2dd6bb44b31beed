//! What a program is attached to by the kernel's BTF: a function, a tracepoint, a security hook, a member of a struct of
//! functions, or an iterator; and the arguments that it gets from there.

use gobpf_bpf::Program;
use gobpf_bpf::tables::{AttachType, ProgramKind, ReturnRule, lsm_is_untrusted, return_rule};
use gobpf_btf::{KernelBtf, Kind as BtfKind, Parameter, Type, TypeId, Types};

use crate::KernelSource;
use crate::checks::btf::writes::{CONGESTION, TCP_SOCKET};
use crate::checks::helpers::results;
use crate::checks::memory::Request;
use crate::checks::tracepoints;
use crate::explore::Machine;
use crate::fault::{BtfFault, Checked, Stop};
use crate::state::{Extra, Kind, Reg, flag};

/// Arguments of an iterator that are not what the prototype says: bytes of context, and what is there.
const ITERATORS: &[(&str, i64, Special)] = &[
    ("bpf_map_elem", 16, Special::ReadBuffer),
    ("bpf_map_elem", 24, Special::Buffer),
    ("bpf_sk_storage_map", 16, Special::Object("sock")),
    ("bpf_sk_storage_map", 24, Special::Buffer),
    ("sockmap", 16, Special::ReadBuffer),
    ("sockmap", 24, Special::Object("sock")),
    ("bpf_map", 8, Special::Trusted("bpf_map")),
    ("bpf_prog", 8, Special::Object("bpf_prog")),
    ("bpf_link", 8, Special::Object("bpf_link")),
    ("cgroup", 8, Special::Trusted("cgroup")),
    ("ksym", 8, Special::Object("kallsym_iter")),
    ("task", 8, Special::Trusted("task_struct")),
    ("task_file", 8, Special::Object("task_struct")),
    ("task_file", 24, Special::Object("file")),
    ("task_vma", 8, Special::Object("task_struct")),
    ("task_vma", 16, Special::Object("vm_area_struct")),
    ("tcp", 8, Special::Trusted("sock_common")),
    ("udp", 8, Special::Trusted("udp_sock")),
    ("unix", 8, Special::Object("unix_sock")),
    ("netlink", 8, Special::Object("netlink_sock")),
    ("ipv6_route", 8, Special::Object("fib6_info")),
    ("dmabuf", 8, Special::Trusted("dma_buf")),
    ("kmem_cache", 8, Special::Trusted("kmem_cache")),
];

/// What an iterator passes; all of it may be null.
#[derive(Clone, Copy)]
enum Special {
    ReadBuffer,
    Buffer,
    Object(&'static str),
    Trusted(&'static str),
}

/// The prototype of what the program is attached to, and whether its first parameter is hidden.
pub(crate) fn prototype(m: &Machine<'_>) -> Checked<Option<(TypeId, bool)>> {
    let Some(hook) = m.program.hook.as_deref() else { return Ok(None) };
    let gone = || Stop::feature(format!("the hook {hook}, which the kernel types don't have"));
    find(m.kernel()?, m.kind, hook).map(Some).ok_or_else(gone)
}

/// What a pointer points to, qualifiers of the pointer left out.
pub(crate) fn pointee(kernel: &KernelBtf, ty: TypeId) -> Option<TypeId> {
    let ty = skip(kernel, ty);
    (kernel.kind(ty) == Some(BtfKind::Pointer)).then(|| kernel.target(ty)).flatten()
}

/// `btf_type_skip_modifiers`: what a type is behind qualifiers, tags and other names.
pub(crate) fn skip(kernel: &KernelBtf, mut ty: TypeId) -> TypeId {
    while let Some(
        BtfKind::Typedef | BtfKind::Const | BtfKind::Volatile | BtfKind::Restrict | BtfKind::TypeTag,
    ) = kernel.kind(ty)
    {
        match kernel.target(ty) {
            Some(target) => ty = target,
            None => break,
        }
    }
    ty
}

/// Whether the hook gives nothing back.
pub(crate) fn is_void(m: &Machine<'_>) -> Checked<bool> {
    let Some((prototype, _)) = prototype(m)? else { return Ok(false) };
    Ok(m.kernel()?.target(prototype) == Some(gobpf_btf::VOID))
}

/// A pointer to a kernel object that the kernel vouches for.
pub(crate) fn trusted(m: &Machine<'_>, name: &str) -> Checked<Reg> {
    object(m, name, Kind::BTF_ID.with(flag::TRUSTED))
}

/// A pointer to the kernel struct `name`.
pub(crate) fn object(m: &Machine<'_>, name: &str, kind: Kind) -> Checked<Reg> {
    let Some(ty) = m.kernel()?.find(name, BtfKind::Struct) else {
        return Err(Stop::feature(format!("struct {name}, which the kernel types don't have")));
    };
    Ok(Reg { extra: Extra::Btf { id: ty.0, own: false }, ..Reg::pointer(kind) })
}

/// `btf_ctx_access`: what the argument at `off` is; none for a number.
pub(crate) fn argument(m: &Machine<'_>, request: &Request, off: i64) -> Checked<Option<Reg>> {
    let hook = m.program.hook.as_deref().unwrap_or("");
    let name = hook.rsplit('/').next().unwrap_or(hook);
    let name = name.strip_prefix("btf_trace_").unwrap_or(name);
    let refuse = |first: BtfFault| -> Checked<Option<Reg>> {
        Err(BtfFault::Context { first: Some(Box::new(first)), off, bytes: request.bytes }.into())
    };
    if off % 8 != 0 {
        return refuse(BtfFault::ArgumentOffset { hook: name.into(), off });
    }
    let Some((prototype, hidden)) = prototype(m)? else { return Ok(None) };
    let kernel = m.kernel()?;
    let Some(Type::Prototype { parameters, returns, .. }) = kernel.get(prototype) else {
        return Err(Stop::feature("a hook without a prototype"));
    };
    let index = argument_index(kernel, &parameters, returns, off);
    let parameters = parameters.get(usize::from(hidden)..).unwrap_or_default();
    let missing = BtfFault::NoArgument { hook: name.into(), index: index + 1 };
    let ty = match parameters.get(index) {
        Some(parameter) => parameter.ty,
        None if index > parameters.len() => return refuse(missing),
        None => match m.program.attach {
            AttachType::LSM_MAC | AttachType::LSM_CGROUP | AttachType::TRACE_FEXIT => returns,
            AttachType::MODIFY_RETURN => returns,
            _ => return refuse(missing),
        },
    };
    let ty = skip(kernel, ty);
    match kernel.kind(ty) {
        Some(BtfKind::Int | BtfKind::Enum | BtfKind::Enum64 | BtfKind::Struct | BtfKind::Union) => {
            return Ok((index == parameters.len()).then(|| result_so_far(m, hook)).flatten());
        }
        Some(BtfKind::Pointer) => {}
        kind => {
            let what = kind_word(kind);
            let of = kernel.name(ty).to_owned();
            return refuse(BtfFault::ArgumentKind { hook: name.into(), index, name: of, what });
        }
    }
    if request.bytes != 8 && m.rules.whole_arguments {
        return refuse(BtfFault::ArgumentSize { hook: name.into(), bytes: request.bytes });
    }
    let is_nullable = |parameter: &Parameter| parameter.name.ends_with("__nullable");
    let nullable = match m.kind {
        ProgramKind::STRUCT_OPS => {
            stub(kernel, hook).is_some_and(|all| all.get(index).is_some_and(is_nullable))
        }
        _ => parameters.get(index).is_some_and(is_nullable),
    };
    pointer(m, kernel, ty, Argument { hook: name, off, index, nullable }).map_err(|stop| match stop {
        Stop::Fault(crate::fault::Fault::Btf(first)) => {
            BtfFault::Context { first: Some(Box::new(first)), off, bytes: request.bytes }.into()
        }
        stop => stop,
    })
}

/// What a security hook gave before the program: what programs on it may return (`get_func_retval_range`).
fn result_so_far(m: &Machine<'_>, hook: &str) -> Option<Reg> {
    match return_rule(m.kind, m.program.attach, hook, m.rules.kernel()) {
        ReturnRule::ByHook { min, max, void: None, .. } => {
            Some(results::ranged(m, i64::from(min), i64::from(max)))
        }
        _ => None,
    }
}

/// The parameters of the function that the kernel has in place of a member of a struct of functions: their names say more
/// than those of the member's type (`prepare_arg_info`).
fn stub(kernel: &KernelBtf, hook: &str) -> Option<Vec<Parameter>> {
    let stub = kernel.find(&hook.replacen('/', "__", 1), BtfKind::Function)?;
    match kernel.get(kernel.target(stub)?)? {
        Type::Prototype { parameters, .. } => Some(parameters),
        _ => None,
    }
}

/// `get_ctx_arg_idx`: which argument is at `off`; the result counts as one more, and so does what is behind it.
fn argument_index(kernel: &KernelBtf, parameters: &[Parameter], returns: TypeId, off: i64) -> usize {
    let words = |ty: TypeId| {
        let ty = skip(kernel, ty);
        match kernel.kind(ty) {
            Some(BtfKind::Pointer) => 8,
            _ => i64::from(kernel.size_of(ty).unwrap_or(0).next_multiple_of(8)),
        }
    };
    let mut end = 0;
    let types = parameters.iter().map(|one| one.ty).chain(std::iter::once(returns));
    for (index, ty) in types.enumerate() {
        end += words(ty);
        // The kernel compares with an unsigned number: what is before the arguments is far behind them.
        if (0..end).contains(&off) {
            return index;
        }
    }
    parameters.len() + 1
}

struct Argument<'a> {
    hook: &'a str,
    off: i64,
    index: usize,
    nullable: bool,
}

/// An argument that is a pointer.
fn pointer(m: &Machine<'_>, kernel: &KernelBtf, ty: TypeId, argument: Argument<'_>) -> Checked<Option<Reg>> {
    let special = argument.hook.strip_prefix("bpf_iter_").and_then(|name| {
        let row = ITERATORS.iter().find(|(known, off, _)| *known == name && *off == argument.off);
        row.map(|(_, _, special)| *special)
    });
    match special {
        Some(Special::ReadBuffer) => {
            return Ok(Some(Reg::pointer(Kind::BUF.with(flag::OR_NULL | flag::RDONLY))));
        }
        Some(Special::Buffer) => return Ok(Some(Reg::pointer(Kind::BUF.with(flag::OR_NULL)))),
        _ => {}
    }
    let target = kernel.target(ty).unwrap_or(gobpf_btf::VOID);
    let stripped = skip(kernel, target);
    let is_void = target == gobpf_btf::VOID || m.rules.strips_void && stripped == gobpf_btf::VOID;
    if is_void || kernel.kind(stripped) == Some(BtfKind::Int) {
        return Ok(None);
    }
    let trust = if m.rules.knows_trust { flag::TRUSTED } else { 0 };
    match special {
        Some(Special::Object(name)) => {
            return object(m, name, Kind::BTF_ID.with(flag::OR_NULL)).map(Some);
        }
        Some(Special::Trusted(name)) => {
            return object(m, name, Kind::BTF_ID.with(flag::OR_NULL | trust)).map(Some);
        }
        _ => {}
    }
    let mut kind = Kind::BTF_ID;
    if are_trusted(m) {
        kind = kind.with(trust);
    }
    if argument.nullable && m.rules.knows_trust {
        kind = kind.with(flag::OR_NULL);
    }
    if kernel.kind(target) == Some(BtfKind::TypeTag) {
        match kernel.name(target) {
            "user" => kind = kind.with(flag::USER),
            "percpu" => kind = kind.with(flag::PERCPU),
            _ => {}
        }
    }
    if !matches!(kernel.kind(stripped), Some(BtfKind::Struct | BtfKind::Union)) {
        let what = kind_word(kernel.kind(stripped));
        let hook = argument.hook.to_owned();
        return Err(BtfFault::ArgumentNotStruct { hook, index: argument.index, what }.into());
    }
    if m.program.attach == AttachType::TRACE_RAW_TP && m.rules.knows_trust {
        let mask = tracepoints::nulls(argument.hook, m.rules.dialect) >> (4 * argument.index);
        if mask & 2 != 0 {
            return Ok(None);
        }
        if mask & 1 != 0 {
            kind = kind.with(flag::OR_NULL);
        }
    }
    let ty = promoted(m, kernel, stripped).filter(|_| !kind.has(UNSAFE)).unwrap_or(stripped);
    Ok(Some(Reg { extra: Extra::Btf { id: ty.0, own: false }, ..Reg::pointer(kind) }))
}

/// Flags of pointers that are not taken for more than they are.
const UNSAFE: u16 = flag::USER | flag::PERCPU | flag::OR_NULL | flag::UNTRUSTED;

/// What programs for congestion control get is more than what their functions are declared with
/// (`bpf_tcp_ca_is_valid_access`).
fn promoted(m: &Machine<'_>, kernel: &KernelBtf, ty: TypeId) -> Option<TypeId> {
    let of = m.caller().hook.split('/').next()?;
    let is_socket = m.kind == ProgramKind::STRUCT_OPS && of == CONGESTION && kernel.name(ty) == "sock";
    is_socket.then(|| kernel.find(TCP_SOCKET, BtfKind::Struct)).flatten()
}

/// The hook of the program, where the kernel does not have it: no loader can say which one it means. What modules have is
/// there once they are loaded, and their types are known.
pub(crate) fn missing<'a>(program: &'a Program, kernel: KernelSource<'_>) -> Option<&'a str> {
    let hooked = [ProgramKind::TRACING, ProgramKind::LSM, ProgramKind::STRUCT_OPS];
    let hook = program.hook.as_deref().filter(|_| hooked.contains(&program.kind))?;
    find(&*kernel()?, program.kind, hook).is_none().then_some(hook)
}

/// The prototype of `hook`, and whether its first parameter is hidden; of a member that is no function, what it is.
fn find(kernel: &KernelBtf, kind: ProgramKind, hook: &str) -> Option<(TypeId, bool)> {
    if kind == ProgramKind::STRUCT_OPS {
        let (ty, member) = hook.split_once('/')?;
        let ty = kernel.find(ty, BtfKind::Struct)?;
        let member = kernel.members(ty).find(|one| one.name() == member)?.ty;
        return Some((pointee(kernel, member).unwrap_or(member), false));
    }
    if hook.starts_with("btf_trace_") {
        let ty = kernel.target(kernel.find(hook, BtfKind::Typedef)?)?;
        return Some((pointee(kernel, ty)?, true));
    }
    Some((kernel.target(kernel.find(hook, BtfKind::Function)?)?, false))
}

/// `prog_args_trusted`.
fn are_trusted(m: &Machine<'_>) -> bool {
    let attach = m.program.attach;
    match m.kind {
        ProgramKind::TRACING => matches!(attach, AttachType::TRACE_RAW_TP | AttachType::TRACE_ITER),
        ProgramKind::LSM => !lsm_is_untrusted(m.caller().hook, m.rules.kernel()),
        ProgramKind::STRUCT_OPS => true,
        _ => false,
    }
}

/// `btf_type_str`.
fn kind_word(kind: Option<BtfKind>) -> &'static str {
    match kind {
        None => "UNKNOWN",
        Some(BtfKind::Int) => "INT",
        Some(BtfKind::Pointer) => "PTR",
        Some(BtfKind::Array) => "ARRAY",
        Some(BtfKind::Struct) => "STRUCT",
        Some(BtfKind::Union) => "UNION",
        Some(BtfKind::Enum) => "ENUM",
        Some(BtfKind::Forward) => "FWD",
        Some(BtfKind::Typedef) => "TYPEDEF",
        Some(BtfKind::Function) => "FUNC",
        Some(BtfKind::Prototype) => "FUNC_PROTO",
        Some(BtfKind::Float) => "FLOAT",
        Some(BtfKind::Enum64) => "ENUM64",
        Some(_) => "UNKN",
    }
}
