//! Arguments of kernel functions as 6.1 checks them (`btf_check_func_arg_match`).

use gobpf_btf::{KernelBtf, Kind as BtfKind, Parameter, TypeId, Types};

use crate::checks::hooks::skip;
use crate::checks::kfuncs::arguments::{self, NotNumbers};
use crate::checks::kfuncs::{Call, kf};
use crate::checks::{btf, context, dynptr, global};
use crate::explore::Machine;
use crate::fault::{Checked, Fault, HelperFault, KernelFault, Stop};
use crate::state::{Base, DynptrKind, Extra, Kind, Reg, flag};

/// What 6.1 calls a dynptr of a kernel function.
const DYNPTR: &str = "bpf_dynptr_kern";

pub(super) fn check(m: &mut Machine<'_>, call: &mut Call) -> Checked {
    let mut number = 0;
    while let Some(parameter) = call.parameters.get(number).cloned() {
        number += check_one(m, call, number, &parameter)?;
    }
    let releases = call.kfunc.has(kf::RELEASE);
    let name = || call.kfunc.name.to_owned();
    if releases && call.reference == 0 {
        return Err(KernelFault::NotReleased { name: name() }.into());
    }
    if call.kfunc.has(kf::SLEEPABLE) && !m.program.is_sleepable() {
        return Err(KernelFault::SleepsAlone { name: name() }.into());
    }
    if !releases {
        call.released = None;
    }
    Ok(())
}

/// Checks argument `number`; says how many arguments were looked at.
fn check_one(m: &mut Machine<'_>, call: &mut Call, number: usize, parameter: &Parameter) -> Checked<usize> {
    let reg = number as u8 + 1;
    let value = *m.state.reg(reg);
    let kernel = m.kernel()?;
    let ty = skip(kernel, parameter.ty);
    if arguments::is_scalar(kernel, ty) {
        return check_number(m, call, reg, &value, parameter).map(|()| 1);
    }
    if kernel.kind(ty) != Some(BtfKind::Pointer) {
        return Err(KernelFault::ArgumentKind { number, word: arguments::word(kernel, ty) }.into());
    }
    let target = skip(kernel, kernel.target(ty).unwrap_or(gobpf_btf::VOID));
    let name = kernel.name(target).to_owned();
    let is_object = value.kind == Kind::BTF_ID || is_socket(&value);
    let wants_trust = call.kfunc.has(kf::TRUSTED_ARGS);
    if wants_trust && is_object && value.ref_obj == 0 {
        return Err(KernelFault::NotReferenced { reg }.into());
    }
    let is_owned = call.kfunc.has(kf::RELEASE) && value.ref_obj != 0;
    let is_known = is_object || value.kind == Kind::CONTEXT;
    check_offset(&value, reg, is_owned || wants_trust && is_known)?;
    if value.ref_obj != 0 {
        if call.reference != 0 {
            let (first, second) = (value.ref_obj, call.reference);
            return Err(KernelFault::TwoReferences { reg, first, second }.into());
        }
        (call.reference, call.released) = (value.ref_obj, Some(reg));
    }
    let is_struct = matches!(m.kernel()?.kind(target), Some(BtfKind::Struct | BtfKind::Union));
    if is_struct && global::is_context(m.kind, &name, m.rules) {
        let found = "PTR".to_owned();
        return match value.kind {
            Kind::CONTEXT => Ok(1),
            _ => Err(KernelFault::NotContext { number, found }.into()),
        };
    }
    if is_object && !value.kind.may_be_null() {
        return check_object(m, call, number, &value, (target, is_struct), wants_trust || is_owned)
            .map(|()| 1);
    }
    check_memory(m, call, number, &value, (target, &name, is_struct))
}

/// Sockets have types of the kernel's (`reg2btf_ids`).
fn is_socket(value: &Reg) -> bool {
    matches!(value.kind.base, Base::Socket | Base::SockCommon | Base::TcpSock) && value.kind.flags == 0
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
    arguments::check_buffer_size(m, call, reg, value, parameter)
}

/// `check_func_arg_reg_off`.
fn check_offset(value: &Reg, reg: u8, is_released: bool) -> Checked {
    let flags = value.kind.flags;
    match value.kind.base {
        Base::Stack | Base::Packet | Base::PacketMeta | Base::MapKey | Base::MapValue | Base::Scalar
            if flags == 0 =>
        {
            Ok(())
        }
        Base::Mem if matches!(flags, 0 | flag::RDONLY | flag::ALLOC | flag::RINGBUF) => Ok(()),
        Base::Buf if matches!(flags, 0 | flag::RDONLY) => Ok(()),
        Base::BtfId if flags == 0 && is_released && value.off != 0 => {
            Err(HelperFault::ReleasedAtOffset { reg }.into())
        }
        Base::BtfId => context::check_plain(value, reg, flags == 0),
        _ => context::check_plain(value, reg, false),
    }
}

/// An object of the kernel's is of the type that is asked for.
fn check_object(
    m: &Machine<'_>,
    call: &Call,
    number: usize,
    value: &Reg,
    (wanted, is_struct): (TypeId, bool),
    strict: bool,
) -> Checked {
    let kernel = m.kernel()?;
    let (name, reg) = (call.kfunc.name.to_owned(), number as u8 + 1);
    let of = kernel.name(wanted).to_owned();
    if !is_struct {
        return Err(KernelFault::NotStruct { name, number, word: arguments::word(kernel, wanted), of }.into());
    }
    let found = match (value.kind.base, value.extra) {
        (Base::BtfId, Extra::Btf { id, .. }) => Some(TypeId(id)),
        (Base::Socket, _) => kernel.find("sock", BtfKind::Struct),
        (Base::SockCommon, _) => kernel.find("sock_common", BtfKind::Struct),
        (Base::TcpSock, _) => kernel.find("tcp_sock", BtfKind::Struct),
        _ => None,
    };
    let Some(found) = found else { return Err(Stop::feature("an object of no type")) };
    btf::check_begins(kernel, (found, i64::from(value.off)), wanted, strict, || {
        let found = kernel.name(found).to_owned();
        KernelFault::OtherObject { name, number, wanted: of, reg, found }.into()
    })
}

/// Memory of numbers; says how many arguments were looked at.
fn check_memory(
    m: &mut Machine<'_>,
    call: &mut Call,
    number: usize,
    value: &Reg,
    (target, name, is_struct): (TypeId, &str, bool),
) -> Checked<usize> {
    let kernel = m.kernel()?;
    let next = call.parameters.get(number + 1).cloned();
    let sized = next.as_ref().filter(|next| {
        let is_number = arguments::is_scalar(kernel, skip(kernel, next.ty));
        is_number && m.state.reg(number as u8 + 2).is_scalar() && next.name.ends_with("__sz")
    });
    if let Some(fault) = of_numbers(kernel, number, target, is_struct, sized.is_some())
        && name != DYNPTR
    {
        return Err(fault.into());
    }
    if name == DYNPTR {
        return check_dynptr(m, number, value).map(|()| 1);
    }
    if let Some(next) = sized {
        return arguments::check_sized(m, call, number, value, next).map(|()| 2);
    }
    let size = kernel.size_of(target).unwrap_or(0);
    global::check_memory(m, number as u8 + 1, size).map(|()| 1)
}

/// What is wrong with memory of type `target`: it is not made of numbers.
fn of_numbers(
    kernel: &KernelBtf,
    number: usize,
    target: TypeId,
    is_struct: bool,
    sized: bool,
) -> Option<Fault> {
    let why = match is_struct {
        true => arguments::check_numbers(kernel, target, 0).err()?,
        false if arguments::is_scalar(kernel, target) || sized && target == gobpf_btf::VOID => return None,
        false => NotNumbers::Other,
    };
    let (word, of) = (arguments::word(kernel, target), kernel.name(target).to_owned());
    let last = Fault::Kernel(KernelFault::NotScalars { number, word, of, or_void: sized });
    Some(match why {
        NotNumbers::Other => last,
        NotNumbers::TooDeep => Fault::Then(Box::new(Fault::Kernel(KernelFault::TooDeep)), Box::new(last)),
    })
}

/// A dynptr of the program's own memory.
fn check_dynptr(m: &mut Machine<'_>, number: usize, value: &Reg) -> Checked {
    let wrong = |what| Err(KernelFault::OldDynptr { number, what }.into());
    if value.kind != Kind::STACK {
        return wrong("not to stack");
    }
    if dynptr::check_initialised(m, number).is_err() {
        return wrong("must be valid and initialized");
    }
    match dynptr::kind_of(m, number as u8 + 1) {
        Some(DynptrKind::Local) => Ok(()),
        _ => wrong("points to unsupported dynamic pointer type"),
    }
}
