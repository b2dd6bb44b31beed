//! What the parameters of a global function are for the verifier (`btf_prepare_func_args`).

use gobpf_bpf::tables::{AttachType, ProgramKind};
use gobpf_btf::{Btf, Kind as BtfKind, Type, TypeId, Types};

use crate::checks::global::{context_name, is_context, skip};
use crate::dialect::Dialect;
use crate::explore::Machine;
use crate::fault::{Checked, GlobalFault, Stop};

/// What a parameter is for the verifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Parameter {
    Number,
    Context,
    Memory {
        size: u32,
        nullable: bool,
    },
    Dynptr,
    /// A kernel object that the caller vouches for.
    Trusted {
        ty: TypeId,
        nullable: bool,
    },
    /// Anything, read through probes: a kernel object, or memory.
    Untrusted {
        ty: Option<TypeId>,
    },
    Arena,
}

/// Tags of parameters (`arg:NAME`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tag {
    Context,
    Trusted,
    Untrusted,
    NonNull,
    Nullable,
    Arena,
}

/// The tags that kernels know, and since when.
const TAGS: &[(&str, Tag, Dialect)] = &[
    ("arg:ctx", Tag::Context, Dialect::V6_12),
    ("arg:trusted", Tag::Trusted, Dialect::V6_12),
    ("arg:untrusted", Tag::Untrusted, Dialect::V6_18),
    ("arg:nonnull", Tag::NonNull, Dialect::V6_12),
    ("arg:nullable", Tag::Nullable, Dialect::V6_12),
    ("arg:arena", Tag::Arena, Dialect::V6_12),
];

/// The parameters of function `index`.
pub(super) fn of(m: &Machine<'_>, index: usize) -> Checked<Vec<Parameter>> {
    let btf = &m.object.btf;
    let start = m.functions[index].start;
    let func = match index {
        0 => m.program.func,
        _ => m.program.code.subprogram_at(start).and_then(|one| one.func),
    };
    let Some((ty, Type::Function { name, prototype, .. })) = func.and_then(|ty| Some((ty, btf.get(ty)?)))
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
    let one = |(number, parameter): (usize, &gobpf_btf::Parameter)| {
        let tags = tags_of(m, ty, number)?;
        one(m, name, number, parameter.ty, &tags)
    };
    parameters.iter().enumerate().map(one).collect()
}

fn tags_of(m: &Machine<'_>, function: TypeId, number: usize) -> Checked<Vec<Tag>> {
    if m.rules.dialect == Dialect::V6_1 {
        return Ok(Vec::new());
    }
    let mut tags = Vec::new();
    for (_, ty) in m.object.btf.iter() {
        let Type::DeclTag { name, target, component } = ty else { continue };
        if *target != function || *component != number as i32 || !name.starts_with("arg:") {
            continue;
        }
        let row = TAGS.iter().find(|(tag, _, since)| tag == name && *since <= m.rules.dialect);
        let Some((_, tag, _)) = row else { return Err(GlobalFault::UnknownTag { number }.into()) };
        tags.push(*tag);
    }
    Ok(tags)
}

fn one(m: &Machine<'_>, function: &str, number: usize, ty: TypeId, tags: &[Tag]) -> Checked<Parameter> {
    let btf = &m.object.btf;
    let ty = skip(btf, ty);
    if let Some(Type::Pointer(target)) = btf.get(ty) {
        return pointer(m, number, *target, tags);
    }
    if !tags.is_empty() {
        return Err(GlobalFault::TagOfNumber { number }.into());
    }
    match btf.get(ty) {
        Some(Type::Int { .. } | Type::Enum { .. }) => Ok(Parameter::Number),
        other => {
            let word = kind_word(other);
            Err(GlobalFault::Argument { number, word, name: function.to_owned() }.into())
        }
    }
}

/// A parameter that points to `target`.
fn pointer(m: &Machine<'_>, number: usize, target: TypeId, tags: &[Tag]) -> Checked<Parameter> {
    let btf = &m.object.btf;
    let stripped = skip(btf, target);
    let has = |tag: Tag| tags.contains(&tag);
    let only = |tag: Tag| tags.iter().all(|known| *known == tag);
    let combination = || Stop::from(GlobalFault::TagCombination { number });
    let is_struct = matches!(btf.get(stripped), Some(Type::Struct { .. } | Type::Union { .. }));
    let name = btf.get(stripped).map_or("", Type::name);
    if has(Tag::Context) || is_struct && is_context(m.kind, name, m.rules) {
        if !only(Tag::Context) {
            return Err(combination());
        }
        if has(Tag::Context) {
            check_context(m, number, target, stripped)?;
        }
        return Ok(Parameter::Context);
    }
    if name == "bpf_dynptr" && is_struct && m.rules.dialect != Dialect::V6_1 {
        return if tags.is_empty() { Ok(Parameter::Dynptr) } else { Err(combination()) };
    }
    if has(Tag::Trusted) {
        if has(Tag::NonNull) {
            return Err(combination());
        }
        let ty = kernel_type(m, number, stripped)?;
        return Ok(Parameter::Trusted { ty, nullable: has(Tag::Nullable) });
    }
    if has(Tag::Untrusted) {
        return untrusted(m, number, stripped, only(Tag::Untrusted));
    }
    if has(Tag::Arena) {
        return match only(Tag::Arena) {
            true => Ok(Parameter::Arena),
            false => Err(GlobalFault::ArenaCombination { number }.into()),
        };
    }
    if has(Tag::Nullable) {
        return Err(combination());
    }
    match Types::size_of(btf, stripped) {
        Some(size) => Ok(Parameter::Memory { size, nullable: !has(Tag::NonNull) }),
        None => {
            let word = kind_word(btf.get(stripped));
            Err(GlobalFault::NoSize { number, word, name: name.to_owned() }.into())
        }
    }
}

fn untrusted(m: &Machine<'_>, number: usize, target: TypeId, is_only: bool) -> Checked<Parameter> {
    if !is_only {
        return Err(GlobalFault::UntrustedCombination { number }.into());
    }
    let is_plain = matches!(
        m.object.btf.get(target),
        None | Some(Type::Int { .. } | Type::Enum { .. } | Type::Float { .. })
    );
    if is_plain {
        return Ok(Parameter::Untrusted { ty: None });
    }
    let ty = kernel_type(m, number, target)?;
    let kernel = m.kernel()?;
    if !matches!(kernel.kind(ty), Some(BtfKind::Struct | BtfKind::Union)) {
        let word = kind_word(m.object.btf.get(target));
        return Err(GlobalFault::OnlyStructs { number, word, name: kernel.name(ty).to_owned() }.into());
    }
    Ok(Parameter::Untrusted { ty: Some(ty) })
}

/// `btf_get_ptr_to_btf_id`: the kernel's type of that kind and name; what follows `___` does not count.
fn kernel_type(m: &Machine<'_>, number: usize, ty: TypeId) -> Checked<TypeId> {
    let kernel = m.kernel()?;
    let local = m.object.btf.get(ty);
    let name = local.map_or("", Type::name);
    let essential = name.find("___").filter(|at| *at > 0).map_or(name, |at| &name[..at]);
    let kind = local.map(Type::kind);
    let mut found = kernel.named(essential).filter(|id| kernel.kind(*id) == kind);
    let wrong = |is_ambiguous| {
        let (word, name) = (kind_word(local), name.to_owned());
        Stop::from(GlobalFault::NoMatch { number, word, name, is_ambiguous })
    };
    let first = found.next().ok_or_else(|| wrong(false))?;
    if found.next().is_some() { Err(wrong(true)) } else { Ok(first) }
}

/// `btf_validate_prog_ctx_type`: what a parameter with the tag for contexts may point to.
fn check_context(m: &Machine<'_>, number: usize, target: TypeId, stripped: TypeId) -> Checked {
    use ProgramKind as K;
    let btf = &m.object.btf;
    if matches!(m.kind, K::KPROBE | K::PERF_EVENT) && is_typedef(btf, target, "bpf_user_pt_regs_t") {
        return Ok(());
    }
    let Some(ty) = btf.get(stripped) else { return Ok(()) };
    if ty.name().is_empty() {
        return Err(GlobalFault::ContextWithoutName { number }.into());
    }
    let is_struct = matches!(ty, Type::Struct { .. } | Type::Union { .. });
    let is_word = matches!(ty, Type::Int { size: 8, .. });
    let name = ty.name();
    let fits = match m.kind {
        K::KPROBE | K::PERF_EVENT => is_struct && name == "pt_regs",
        K::RAW_TRACEPOINT | K::RAW_TRACEPOINT_WRITABLE | K::LSM | K::STRUCT_OPS => is_word,
        K::TRACING => match m.program.attach {
            AttachType::TRACE_RAW_TP => is_word || is_struct && name == "bpf_raw_tracepoint_args",
            AttachType::TRACE_ITER => is_struct && name.starts_with("bpf_iter__"),
            AttachType::TRACE_FENTRY | AttachType::TRACE_FEXIT | AttachType::MODIFY_RETURN => is_word,
            _ => false,
        },
        K::TRACEPOINT | K::SYSCALL | K::EXT => true,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    match context_name(m.kind) {
        None => Err(GlobalFault::ContextIsVoid { number }.into()),
        Some(wanted) if is_struct && wanted == name => Ok(()),
        Some(wanted) => Err(GlobalFault::ContextOfOther { number, wanted }.into()),
    }
}

/// Whether a type is, behind qualifiers, another name for one.
fn is_typedef(btf: &Btf, mut ty: TypeId, wanted: &str) -> bool {
    loop {
        match btf.get(ty) {
            Some(Type::Typedef { name, .. }) => return name == wanted,
            Some(
                Type::Const(target)
                | Type::Volatile(target)
                | Type::Restrict(target)
                | Type::TypeTag { target, .. },
            ) => ty = *target,
            _ => return false,
        }
    }
}

/// `btf_type_str`.
fn kind_word(ty: Option<&Type>) -> &'static str {
    match ty.map(Type::kind) {
        None => "UNKNOWN",
        Some(BtfKind::Int) => "INT",
        Some(BtfKind::Pointer) => "PTR",
        Some(BtfKind::Array) => "ARRAY",
        Some(BtfKind::Struct) => "STRUCT",
        Some(BtfKind::Union) => "UNION",
        Some(BtfKind::Enum) => "ENUM",
        Some(BtfKind::Enum64) => "ENUM64",
        Some(BtfKind::Forward) => "FWD",
        Some(BtfKind::Prototype) => "FUNC_PROTO",
        Some(BtfKind::Float) => "FLOAT",
        Some(_) => "UNKN",
    }
}
