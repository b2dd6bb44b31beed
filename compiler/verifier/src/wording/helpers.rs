//! The kernel's words about calls of helpers and the memory that they give.

use crate::dialect::Dialect;
use crate::fault::{Fault, HelperFault, KptrFault, MemoryFault};
use crate::print;
use crate::wording::kernel::{self, name};

pub(super) fn message(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::Helper(fault) => helper(fault, dialect),
        Fault::Memory(fault) => memory(fault, dialect),
        Fault::Kptr(fault) => kptr(fault),
        Fault::Then(first, last) => {
            format!("{}\n{}", kernel::message(first, dialect), kernel::message(last, dialect))
        }
        _ => return None,
    })
}

fn helper(fault: &HelperFault, dialect: Dialect) -> String {
    arguments(fault, dialect).or_else(|| objects(fault, dialect)).unwrap_or_default()
}

fn arguments(fault: &HelperFault, dialect: Dialect) -> Option<String> {
    let old = dialect == Dialect::V6_1;
    Some(match fault {
        HelperFault::NotAllowedHere => "helper call is not allowed in probe".into(),
        HelperFault::MightSleep => "helper call might sleep in a non-sleepable prog".into(),
        HelperFault::SleepsInSection { name, id, section: "rcu_read_lock" } => {
            format!("sleepable helper bpf_{name}#{id} in rcu_read_lock region")
        }
        HelperFault::SleepsInSection { name, id, section } => {
            format!("sleepable helper bpf_{name}#{id} in {section} region")
        }
        HelperFault::Kind { reg, kind, expected } => {
            let found = name(*kind, dialect);
            let expected: Vec<String> = expected.iter().map(|kind| name(*kind, dialect)).collect();
            format!("R{reg} type={found} expected={}", expected.join(", "))
        }
        HelperFault::MayWrite { name, reg, found } => {
            format!("bpf_{name}() may write into memory pointed by R{reg} type={found}")
        }
        HelperFault::CannotWrite { reg, found } => format!("R{reg} cannot write into {found}"),
        HelperFault::PossiblyNull { reg } => format!("Possibly NULL pointer passed to helper arg{reg}"),
        HelperFault::ReleasedAtOffset { reg } if old => {
            format!("R{reg} must have zero offset when passed to release func")
        }
        HelperFault::ReleasedAtOffset { reg } => {
            format!("R{reg} must have zero offset when passed to release func or trusted arg to kfunc")
        }
        HelperFault::MustBeReferenced { reg } => {
            format!("R{reg} must be referenced when passed to release function")
        }
        HelperFault::NotAcquired { name, id } => {
            format!("func bpf_{name}#{id} reference has not been acquired before")
        }
        HelperFault::OtherMap { uid, other } => {
            format!("timer pointer in R1 map_uid={uid} doesn't match map pointer in R2 map_uid={other}")
        }
        HelperFault::UnknownSize { reg } => format!("R{reg} is not a known constant'"),
        HelperFault::LocalStorageFlags => "get_local_storage() doesn't support non-zero flags".into(),
        HelperFault::MapFunction { map, name, id } => {
            format!("cannot pass map_type {map} into func bpf_{name}#{id}")
        }
        HelperFault::SockmapContext { error, said: true } => {
            format!("cannot update sockmap in this context\n{}", helper(error, dialect))
        }
        HelperFault::SockmapContext { error, said: false } => helper(error, dialect),
        HelperFault::NotProgramArray if dialect == Dialect::V6_18 => {
            "expected prog array map for tail call".into()
        }
        HelperFault::NotProgramArray => "kernel subsystem misconfigured verifier".into(),
        HelperFault::MapForProgram { why } => (*why).into(),
        HelperFault::SockmapValue => "invalid arg_type for sockmap/sockhash".into(),
        HelperFault::FunctionAddress { of } => (*of).into(),
        HelperFault::FunctionAddressKind { kind } => {
            format!("func bpf_get_func_ip#173 not supported for program type {kind}")
        }
        _ => return None,
    })
}

fn objects(fault: &HelperFault, dialect: Dialect) -> Option<String> {
    let old = dialect == Dialect::V6_1;
    Some(match fault {
        HelperFault::NotReadonlyMap { reg } => format!("R{reg} does not point to a readonly map'"),
        HelperFault::NotConstantAddress { reg } => format!("R{reg} is not a constant address'"),
        HelperFault::StringUnreadable => "direct value access on string failed".into(),
        HelperFault::NotTerminated => "string is not zero-terminated".into(),
        HelperFault::BadFormat => "Invalid format string".into(),
        HelperFault::SilentlyRefused => String::new(),
        HelperFault::FieldNotConstant { reg, what } => {
            format!("R{reg} doesn't have constant offset. {what} has to be at the constant offset")
        }
        HelperFault::MapWithoutBtf { map, what } => {
            format!("map '{map}' has to have BTF in order to use {what}")
        }
        HelperFault::NoField { map, what } if old => format!("map '{map}' doesn't have 'struct {what}'"),
        HelperFault::NoField { map, what } => format!("map '{map}' has no valid {what}"),
        HelperFault::FieldElsewhere { off, what: "bpf_spin_lock", .. } if old => {
            format!("off {off} doesn't point to 'struct bpf_spin_lock'")
        }
        HelperFault::FieldElsewhere { off, what, at } => {
            format!("off {off} doesn't point to 'struct {what}' that is at {}", *at as i32)
        }
        HelperFault::LockInLess => "can't spin_{lock,unlock} in rbtree cb".into(),
        HelperFault::TwoLocks => "Locking two bpf_spin_locks are not allowed".into(),
        HelperFault::ObjectNotConstant { what } => format!("{what} has to be at a constant offset"),
        HelperFault::ObjectAtOffset { what, off } => format!("cannot pass in {what} at an offset={off}"),
        HelperFault::DynptrAtOffset => "cannot pass in dynptr at an offset".into(),
        HelperFault::DynptrConst => "cannot pass pointer to const bpf_dynptr, the helper mutates it".into(),
        HelperFault::DynptrConstReleased => "cannot release unowned const bpf_dynptr".into(),
        HelperFault::DynptrNotInitialised { argument } => {
            let number = if old { *argument } else { argument.saturating_sub(1) };
            format!("Expected an initialized dynptr as arg #{number}")
        }
        HelperFault::DynptrNotUninitialised => "Dynptr has to be an uninitialized dynptr".into(),
        HelperFault::DynptrKind { what, argument } => {
            let number = if old { *argument } else { argument.saturating_sub(1) };
            format!("Expected a dynptr of type {what} as arg #{number}")
        }
        HelperFault::DynptrOverwritten => "cannot overwrite referenced dynptr".into(),
        HelperFault::DynptrMayBeWritten { off } => {
            format!("potential write to dynptr at off={off} disallowed")
        }
        HelperFault::TwoReferences { reg, one, other } => {
            let bug = if dialect == Dialect::V6_18 { "" } else { "verifier internal error: " };
            format!("{bug}more than one arg with ref_obj_id R{reg} {one} {other}")
        }
        HelperFault::DynptrUnacquired { argument } => format!("arg {argument} is an unacquired reference"),
        HelperFault::DynptrFrom { found } => {
            format!("Unsupported reg type {found} for bpf_dynptr_from_mem data")
        }
        _ => return None,
    })
}

fn memory(fault: &MemoryFault, dialect: Dialect) -> String {
    match fault {
        MemoryFault::CannotWrite { reg, kind } => {
            format!("R{reg} cannot write into {}", name(*kind, dialect))
        }
        MemoryFault::KeyWrite { reg } => format!("write to change key R{reg} not allowed"),
        MemoryFault::Socket { reg, kind, off, bytes } => {
            format!("R{reg} invalid {} access off={off} size={bytes}", name(*kind, dialect))
        }
        MemoryFault::FlowKeys { off, bytes } => {
            format!("invalid access to flow keys off={off} size={bytes}")
        }
        MemoryFault::Buffer { reg, what, off, bytes } => {
            format!("R{reg} invalid {what} buffer access: off={off}, size={bytes}")
        }
        MemoryFault::BufferVariable { reg, off, tnum } => {
            let tnum = print::tnum(*tnum, dialect);
            format!("R{reg} invalid variable buffer offset: off={off}, var_off={tnum}")
        }
        MemoryFault::KernelField { what } => {
            format!("{what} cannot be accessed directly by load/store")
        }
    }
}

fn kptr(fault: &KptrFault) -> String {
    use KptrFault as K;
    match fault {
        K::Mode => "kptr in map can only be accessed using BPF_MEM instruction mode".into(),
        K::StoreReferenced => "store to referenced kptr disallowed".into(),
        K::StoreUser => "store to uptr disallowed".into(),
        K::StoreOfConstant { off } => format!("BPF_ST imm must be 0 when storing to kptr at off={off}"),
        K::OtherObject { reg, found, target, or_untrusted } => {
            let or = if *or_untrusted { format!(" or untrusted_ptr_{target}") } else { String::new() };
            format!("invalid kptr access, R{reg} type={found} expected=ptr_{target}{or}")
        }
        K::NotConstant { reg } => {
            format!("R{reg} doesn't have constant offset. kptr has to be at the constant offset")
        }
        K::None { reg } => format!("R{reg} has no valid kptr"),
        K::NoneInMap { map } => format!("map '{map}' has no valid kptr"),
        K::Elsewhere { off } => format!("off={off} doesn't point to kptr"),
        K::NotReferenced { off } => format!("off={off} kptr isn't referenced kptr"),
        K::Indirect { what } => format!("{what} cannot be accessed indirectly by helper"),
        K::Variable { what } => format!("{what} access cannot have variable offset"),
        K::Misaligned { what, at, off } => format!("{what} access misaligned expected={at} off={off}"),
        K::Size { what } => format!("{what} access size must be BPF_DW"),
    }
}
