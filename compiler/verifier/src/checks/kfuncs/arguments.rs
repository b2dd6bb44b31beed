//! Whether arguments of kernel functions are what their BTF asks for (`check_kfunc_args`).

use gobpf_bpf::tables::{AttachType, ProgramKind};
use gobpf_btf::{KernelBtf, Kind as BtfKind, Parameter, TypeId, Types};

use crate::checks::helpers::memory::{self, Use};
use crate::checks::helpers::strings;
use crate::checks::hooks::skip;
use crate::checks::kfuncs::{Call, interrupts, iterators, kf, resilient, work};
use crate::checks::records::FieldKind;
use crate::checks::{btf, context, dynptr, global, objects};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, HelperFault, KernelFault, ObjectFault, Stop};
use crate::state::{Base, Extra, Kind, Reg, flag};

/// What a pointer argument is for.
#[derive(Clone)]
enum Purpose {
    Context,
    Dynptr,
    Iterator(String),
    Map,
    Object { wanted: TypeId },
    Null,
    Allocated,
    Counted,
    Root(FieldKind),
    Node(FieldKind),
    Work(FieldKind),
    InterruptFlag,
    Text,
    Lock,
    Callback,
    Sized,
    Memory { size: u32 },
}

/// Structs of the kernel that say what an argument is for.
const FIELDS: &[(&str, Purpose)] = &[
    ("bpf_list_head", Purpose::Root(FieldKind::ListHead)),
    ("bpf_list_node", Purpose::Node(FieldKind::ListNode)),
    ("bpf_rb_root", Purpose::Root(FieldKind::RbRoot)),
    ("bpf_rb_node", Purpose::Node(FieldKind::RbNode)),
    ("bpf_wq", Purpose::Work(FieldKind::WorkQueue)),
    ("bpf_task_work", Purpose::Work(FieldKind::TaskWork)),
    ("bpf_res_spin_lock", Purpose::Lock),
];

fn has_suffix(parameter: &Parameter, suffix: &str) -> bool {
    parameter.name.ends_with(suffix) && parameter.name.len() > suffix.len()
}

pub(super) fn is_scalar(kernel: &KernelBtf, ty: TypeId) -> bool {
    matches!(kernel.kind(ty), Some(BtfKind::Int | BtfKind::Enum | BtfKind::Enum64))
}

pub(super) fn word(kernel: &KernelBtf, ty: TypeId) -> &'static str {
    match kernel.kind(ty) {
        Some(BtfKind::Int) => "INT",
        Some(BtfKind::Pointer) => "PTR",
        Some(BtfKind::Struct) => "STRUCT",
        Some(BtfKind::Union) => "UNION",
        Some(BtfKind::Enum) => "ENUM",
        Some(BtfKind::Forward) => "FWD",
        Some(BtfKind::Prototype) => "FUNC_PROTO",
        Some(BtfKind::Array) => "ARRAY",
        None => "UNKNOWN",
        _ => "UNKN",
    }
}

pub(super) fn check(m: &mut Machine<'_>, call: &mut Call) -> Checked {
    let mut number = 0;
    while let Some(parameter) = call.parameters.get(number).cloned() {
        let step = check_one(m, call, number, &parameter)?;
        number += step;
    }
    if call.kfunc.has(kf::RELEASE) && call.released.is_none() {
        return Err(KernelFault::NotReleased { name: call.kfunc.name.into() }.into());
    }
    Ok(())
}

/// Checks argument `number`; says how many arguments were looked at.
fn check_one(m: &mut Machine<'_>, call: &mut Call, number: usize, parameter: &Parameter) -> Checked<usize> {
    let reg = number as u8 + 1;
    if has_suffix(parameter, "__ign") || has_suffix(parameter, "__prog") {
        return Ok(1);
    }
    let value = *m.state.reg(reg);
    let kernel = m.kernel()?;
    let ty = skip(kernel, parameter.ty);
    if is_scalar(kernel, ty) {
        return check_number(m, call, reg, &value, parameter).map(|()| 1);
    }
    if kernel.kind(ty) != Some(BtfKind::Pointer) {
        return Err(KernelFault::ArgumentKind { number, word: word(kernel, ty) }.into());
    }
    let wants_trust = call.kfunc.has(kf::TRUSTED_ARGS | kf::RELEASE);
    let wants_rcu = call.kfunc.has(kf::RCU);
    let nullable = has_suffix(parameter, "__nullable");
    if (wants_trust || wants_rcu) && (value.is_null() || value.kind.may_be_null()) && !nullable {
        return Err(KernelFault::NullTrusted { number }.into());
    }
    if value.ref_obj != 0 {
        call.reference = value.ref_obj;
        if call.kfunc.has(kf::RELEASE) {
            call.released = Some(reg);
        }
    }
    let purpose = purpose(m, call, number, ty, &value)?;
    if matches!(purpose, Purpose::Null) {
        return Ok(1);
    }
    if matches!(purpose, Purpose::Object { .. } | Purpose::Map | Purpose::Allocated) {
        if matches!(purpose, Purpose::Map) {
            if !has_map(&value) {
                return Err(KernelFault::NotMap { reg }.into());
            }
            work::check_map(m, call, &value)?;
        }
        if (wants_trust || wants_rcu) && !value.is_trusted() && !is_always_trusted(&value) {
            if !wants_rcu {
                return Err(KernelFault::NotTrusted { reg }.into());
            }
            if !value.kind.has(flag::RCU) {
                return Err(KernelFault::NotRcu { reg }.into());
            }
        }
    }
    check_offset(&value, reg, call.kfunc.has(kf::RELEASE) && value.ref_obj != 0)?;
    check_purpose(m, call, number, &value, parameter, purpose)
}

/// Whether argument `number` serves its purpose.
fn check_purpose(
    m: &mut Machine<'_>,
    call: &mut Call,
    number: usize,
    value: &Reg,
    parameter: &Parameter,
    purpose: Purpose,
) -> Checked<usize> {
    let reg = number as u8 + 1;
    match purpose {
        Purpose::Context if value.kind != Kind::CONTEXT => {
            let found = btf::kind_name(m, value);
            Err(KernelFault::NotContext { number, found }.into())
        }
        Purpose::Context | Purpose::Null => Ok(1),
        Purpose::Map => {
            let Some(wanted) = m.kernel()?.find("bpf_map", BtfKind::Struct) else {
                return Err(Stop::feature("struct bpf_map, which the kernel types don't have"));
            };
            check_object(m, call, number, value, wanted).map(|()| 1)
        }
        Purpose::Dynptr => {
            dynptr::kernel_argument(m, call, number, parameter.name.ends_with("__uninit")).map(|()| 1)
        }
        Purpose::Iterator(name) => {
            check_css_task(m, call)?;
            iterators::argument(m, call, number, &name).map(|()| 1)
        }
        Purpose::Allocated => objects::check_dropped(call, number, value).map(|()| 1),
        Purpose::Counted => objects::check_counted(m, call, number, value).map(|()| 1),
        Purpose::Root(kind) => objects::check_root(m, call, number, value, kind).map(|()| 1),
        Purpose::Node(kind) => objects::check_node(m, call, number, value, kind).map(|()| 1),
        Purpose::Work(kind) => work::argument(m, call, number, value, kind).map(|()| 1),
        Purpose::Text if value.kind != Kind::MAP_VALUE => Err(KernelFault::NotText { number }.into()),
        Purpose::Text => strings::check_constant(m, reg, value).map(|()| 1),
        Purpose::InterruptFlag => interrupts::argument(m, call.kfunc.name, number).map(|()| 1),
        Purpose::Lock => resilient::argument(m, call.kfunc.name, number, value).map(|()| 1),
        Purpose::Callback => match value.extra {
            Extra::Func { subprogram } if value.kind == Kind::FUNC => {
                call.callback = Some(subprogram);
                Ok(1)
            }
            _ => Err(ObjectFault::NotFunction { number }.into()),
        },
        Purpose::Object { wanted } => check_object(m, call, number, value, wanted).map(|()| 1),
        Purpose::Memory { size } => global::check_memory(m, reg, size).map(|()| 1),
        Purpose::Sized => check_sized(m, call, number, value, parameter).map(|()| 2),
    }
}

/// Whether the kernel finds something where a register keeps its map: the place is that of other things too.
fn has_map(value: &Reg) -> bool {
    match (value.kind.base, value.extra) {
        (Base::Map | Base::MapValue | Base::MapKey | Base::BtfId, _) => true,
        (_, Extra::Mem { size, dynptr }) => size != 0 || dynptr != 0,
        (_, Extra::Func { subprogram }) => subprogram != 0,
        (_, Extra::Dynptr { .. }) => true,
        _ => value.range != 0,
    }
}

/// Pointers that are trusted whatever they are (`is_trusted_reg`, `reg2btf_ids`).
fn is_always_trusted(value: &Reg) -> bool {
    let known = matches!(value.kind.base, Base::Socket | Base::SockCommon | Base::TcpSock | Base::Map);
    known && value.kind.flags == 0
}

fn check_number(
    m: &mut Machine<'_>,
    call: &mut Call,
    reg: u8,
    value: &Reg,
    parameter: &Parameter,
) -> Checked {
    if !value.is_scalar() {
        return Err(KernelFault::NotNumber { reg }.into());
    }
    if has_suffix(parameter, "__k") {
        let Some(constant) = value.as_const() else { return Err(KernelFault::NotConstant { reg }.into()) };
        m.need_precise(reg)?;
        call.constant = Some(constant);
        return Ok(());
    }
    check_buffer_size(m, call, reg, value, parameter)
}

/// A number that by its name is the size of the memory that the function gives must be known.
pub(super) fn check_buffer_size(
    m: &mut Machine<'_>,
    call: &mut Call,
    reg: u8,
    value: &Reg,
    parameter: &Parameter,
) -> Checked {
    let read_only = match parameter.name.as_str() {
        "rdonly_buf_size" => true,
        "rdwr_buf_size" => false,
        _ => return Ok(()),
    };
    let Some(size) = value.as_const() else { return Err(KernelFault::NotKnown { reg }.into()) };
    call.memory = Some((size as u32, read_only));
    m.need_precise(reg)
}

/// `get_kfunc_ptr_arg_type`.
fn purpose(m: &Machine<'_>, call: &Call, number: usize, pointer: TypeId, value: &Reg) -> Checked<Purpose> {
    let kernel = m.kernel()?;
    let parameter = &call.parameters[number];
    let target = skip(kernel, kernel.target(pointer).unwrap_or(gobpf_btf::VOID));
    let name = kernel.name(target);
    if is_context(m, name) || call.kfunc.name == "bpf_cast_to_kern_ctx" {
        return Ok(Purpose::Context);
    }
    if has_suffix(parameter, "__nullable") && value.is_null() {
        return Ok(Purpose::Null);
    }
    if has_suffix(parameter, "__alloc") {
        return Ok(Purpose::Allocated);
    }
    if has_suffix(parameter, "__refcounted_kptr") {
        return Ok(Purpose::Counted);
    }
    if matches!(name, "bpf_dynptr" | "bpf_dynptr_kern") {
        return Ok(Purpose::Dynptr);
    }
    let is_iterator = call.kfunc.has(kf::ITER_NEW | kf::ITER_NEXT | kf::ITER_DESTROY) && number == 0;
    if is_iterator || has_suffix(parameter, "__iter") {
        return Ok(Purpose::Iterator(name.to_owned()));
    }
    if let Some((_, purpose)) = FIELDS.iter().find(|(field, _)| *field == name) {
        return Ok(purpose.clone());
    }
    if has_suffix(parameter, "__irq_flag") {
        return Ok(Purpose::InterruptFlag);
    }
    if has_suffix(parameter, "__str") {
        return Ok(Purpose::Text);
    }
    if has_suffix(parameter, "__map") {
        return Ok(Purpose::Map);
    }
    let is_struct = matches!(kernel.kind(target), Some(BtfKind::Struct | BtfKind::Union));
    let is_object =
        matches!(value.kind.base, Base::BtfId | Base::Socket | Base::SockCommon | Base::TcpSock | Base::Map);
    if is_object {
        if !is_struct {
            let (name, of) = (call.kfunc.name.to_owned(), name.to_owned());
            return Err(KernelFault::NotStruct { name, number, word: word(kernel, target), of }.into());
        }
        return Ok(Purpose::Object { wanted: target });
    }
    if kernel.kind(target) == Some(BtfKind::Prototype) {
        return Ok(Purpose::Callback);
    }
    let sized = call.parameters.get(number + 1).is_some_and(|next| {
        let is_number = is_scalar(kernel, skip(kernel, next.ty)) && m.state.reg(number as u8 + 2).is_scalar();
        is_number && (has_suffix(next, "__sz") || has_suffix(next, "__szk"))
    });
    let numbers = match is_struct {
        true => check_numbers(kernel, target, 0),
        false if is_scalar(kernel, target) => Ok(()),
        false => Err(NotNumbers::Other),
    };
    if let Err(why) = numbers
        && (!sized || target != gobpf_btf::VOID)
    {
        let of = name.to_owned();
        let last = KernelFault::NotScalars { number, word: word(kernel, target), of, or_void: sized };
        return Err(match why {
            NotNumbers::Other => last.into(),
            NotNumbers::TooDeep => {
                let first = Fault::Kernel(KernelFault::TooDeep);
                Fault::Then(Box::new(first), Box::new(Fault::Kernel(last))).into()
            }
        });
    }
    if sized {
        return Ok(Purpose::Sized);
    }
    Ok(Purpose::Memory { size: kernel.size_of(target).unwrap_or(0) })
}

/// Why a struct has more than numbers.
pub(super) enum NotNumbers {
    TooDeep,
    Other,
}

/// `__btf_type_is_scalar_struct`.
pub(crate) fn has_only_scalars(kernel: &KernelBtf, ty: TypeId) -> bool {
    check_numbers(kernel, ty, 0).is_ok()
}

pub(super) fn check_numbers(kernel: &KernelBtf, ty: TypeId, depth: u32) -> Result<(), NotNumbers> {
    if depth >= 4 {
        return Err(NotNumbers::TooDeep);
    }
    for member in kernel.members(ty) {
        let mut ty = skip(kernel, member.ty);
        if matches!(kernel.kind(ty), Some(BtfKind::Struct | BtfKind::Union)) {
            check_numbers(kernel, ty, depth + 1)?;
            continue;
        }
        if let Some((element, length)) = kernel.array(ty) {
            if length == 0 {
                return Err(NotNumbers::Other);
            }
            ty = skip(kernel, element);
        }
        if !is_scalar(kernel, ty) {
            return Err(NotNumbers::Other);
        }
    }
    Ok(())
}

/// Whether a struct of this name is the program's context.
fn is_context(m: &Machine<'_>, name: &str) -> bool {
    global::is_context(m.kind, name, m.rules)
}

fn check_offset(value: &Reg, reg: u8, is_released: bool) -> Checked {
    if is_released {
        if value.off != 0 {
            return Err(HelperFault::ReleasedAtOffset { reg }.into());
        }
        return context::check_plain(value, reg, false);
    }
    match value.kind.base {
        Base::Stack | Base::Packet | Base::PacketMeta | Base::MapKey | Base::MapValue => Ok(()),
        Base::Mem | Base::Buf | Base::Arena | Base::Scalar => Ok(()),
        Base::BtfId => {
            const MOVABLE: [u16; 6] = [
                0,
                flag::ALLOC,
                flag::TRUSTED,
                flag::RCU,
                flag::ALLOC | flag::NON_OWNING,
                flag::ALLOC | flag::NON_OWNING | flag::RCU,
            ];
            context::check_plain(value, reg, MOVABLE.contains(&value.kind.flags))
        }
        _ => context::check_plain(value, reg, false),
    }
}

/// `process_kf_arg_ptr_to_btf_id`.
fn check_object(m: &Machine<'_>, call: &Call, number: usize, value: &Reg, wanted: TypeId) -> Checked {
    let kernel = m.kernel()?;
    let name = match (value.kind.base, value.extra) {
        (Base::BtfId, Extra::Btf { id, own: false }) => kernel.name(TypeId(id)).to_owned(),
        (Base::BtfId, Extra::Btf { id, .. }) => m.own_types()?.name(TypeId(id)).to_owned(),
        (Base::BtfId, _) => return Err(Stop::feature("an object of no type")),
        (Base::Socket, _) => "sock".into(),
        (Base::SockCommon, _) => "sock_common".into(),
        (Base::TcpSock, _) => "tcp_sock".into(),
        (Base::Map, _) => "bpf_map".into(),
        _ => String::new(),
    };
    let is_known = value.kind.base == Base::BtfId || !name.is_empty();
    let unsafe_flags = flag::USER | flag::PERCPU | flag::UNTRUSTED | flag::OR_NULL;
    let is_unsafe =
        value.kind.base == Base::BtfId && value.kind.has(unsafe_flags) && !value.kind.has(flag::RCU);
    if is_unsafe || !is_known {
        let trust = value.kind.flags & flag::TRUSTED;
        let expected = Kind::of(value.kind.base).with(trust).name();
        return Err(KernelFault::NotObject { number, found: value.kind.name(), expected }.into());
    }
    let (function, reg) = (call.kfunc.name.to_owned(), number as u8 + 1);
    let other = |wanted: String, found: String| -> Stop {
        KernelFault::OtherObject { name: function, number, wanted, reg, found }.into()
    };
    if matches!(value.extra, Extra::Btf { own: true, .. }) {
        return Err(other(kernel.name(wanted).to_owned(), name));
    }
    let Some(found) = kernel.find(&name, BtfKind::Struct) else {
        return Err(Stop::feature(format!("struct {name}, which the kernel types don't have")));
    };
    let strict = call.kfunc.has(kf::RELEASE) && value.ref_obj != 0;
    let wanted_name = kernel.name(wanted).to_owned();
    let alias = format!("{name}___init") == wanted_name || format!("{wanted_name}___init") == name;
    // What a function calls a projection it casts to the real struct.
    let is_projection = global::is_projection(&wanted_name, &name);
    if is_projection {
        return Ok(());
    }
    btf::check_begins(kernel, (found, i64::from(value.off)), wanted, strict || alias, || {
        other(wanted_name, name)
    })
}

/// Walking the tasks of a group takes a lock, which programs at any place might hold already.
fn check_css_task(m: &Machine<'_>, call: &Call) -> Checked {
    let is_allowed = m.kind == ProgramKind::LSM
        || m.kind == ProgramKind::TRACING && m.program.attach == AttachType::TRACE_ITER
        || m.may_sleep();
    if call.kfunc.name == "bpf_iter_css_task_new" && !is_allowed {
        return Err(ObjectFault::CssTask.into());
    }
    Ok(())
}

/// Memory, and its size in the next argument.
pub(super) fn check_sized(
    m: &mut Machine<'_>,
    call: &mut Call,
    number: usize,
    value: &Reg,
    parameter: &Parameter,
) -> Checked {
    let reg = number as u8 + 2;
    let size = *m.state.reg(reg);
    let is_left_out = value.is_null() && has_suffix(parameter, "__opt");
    if !is_left_out {
        let used = |access| Use { access, zero_allowed: true, raw: false };
        let may_be_null = value.kind.may_be_null();
        if may_be_null {
            m.state.reg_mut(reg - 1).kind = value.kind.without(flag::OR_NULL);
        }
        let checked = memory::check_sized(m, reg, &size, used(Access::Read), None)
            .and_then(|()| memory::check_sized(m, reg, &size, used(Access::Write), None));
        if may_be_null {
            m.state.reg_mut(reg - 1).kind = value.kind;
        }
        checked.map_err(|stop| match stop {
            Stop::Fault(fault) => {
                let last = Fault::Kernel(KernelFault::MemorySize { number });
                Fault::Then(Box::new(fault), Box::new(last)).into()
            }
            stop => stop,
        })?;
    }
    if call.parameters.get(number + 1).is_some_and(|next| has_suffix(next, "__szk")) {
        let Some(constant) = size.as_const() else { return Err(KernelFault::NotConstant { reg }.into()) };
        call.constant = Some(constant);
    }
    Ok(())
}
