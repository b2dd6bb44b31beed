//! The kernel's words about global functions and functions of the kernel.

use crate::dialect::Dialect;
use crate::fault::{Fault, GlobalFault, KernelFault};

pub(super) fn message(fault: &Fault, dialect: Dialect) -> Option<String> {
    match fault {
        Fault::Global(fault) => Some(global(fault, dialect)),
        Fault::Kernel(fault) => Some(kernel(fault)),
        _ => None,
    }
}

fn global(fault: &GlobalFault, dialect: Dialect) -> String {
    use GlobalFault as G;
    match fault {
        G::TooManyArguments { name, count } => {
            format!("Global function {name}() with {count} > 5 args. Buggy compiler.")
        }
        G::Result { name } => {
            format!("Global function {name}() doesn't return scalar. Only those are supported.")
        }
        G::Argument { number, word, name } => {
            format!("Arg#{number} type {word} in {name}() is not supported yet.")
        }
        G::NoSize { number, word, name } => {
            format!("arg#{number} reference type('{word} {name}') size cannot be determined: -22")
        }
        G::NotNumber { reg } => format!("R{reg} is not a scalar"),
        G::NotContext { number, old: true } => format!("arg#{number} expected pointer to ctx, but got PTR"),
        G::NotContext { number, .. } => format!("arg#{number} expects pointer to ctx"),
        G::NotArena { reg } => format!("R{reg} is not a pointer to arena or scalar."),
        G::NullArgument { number } => format!("arg#{number} is expected to be non-NULL"),
        G::UnknownTag { number } => format!("arg#{number} has unsupported set of tags"),
        G::TagCombination { number } => format!("arg#{number} has invalid combination of tags"),
        G::UntrustedCombination { number } => {
            format!("arg#{number} untrusted cannot be combined with any other tags")
        }
        G::ArenaCombination { number } => {
            format!("arg#{number} arena cannot be combined with any other tags")
        }
        G::TagOfNumber { number } => format!("arg#{number} has pointer tag, but is not a pointer type"),
        G::NoMatch { number, word, name, is_ambiguous } => {
            let why = if *is_ambiguous { "is ambiguous" } else { "has no matches" };
            format!("arg#{number} reference type('{word} {name}') {why}")
        }
        G::OnlyStructs { number, word, name } => {
            format!("arg#{number} has type {word} '{name}', but only struct or primitive types are allowed")
        }
        G::ContextWithoutName { number } => format!("arg#{number} type doesn't have a name"),
        G::ContextIsVoid { number } => format!("arg#{number} should be void pointer"),
        G::ContextOfOther { number, wanted } => format!("arg#{number} should be `struct {wanted} *`"),
        G::Call { index, .. } if dialect == Dialect::V6_1 => {
            format!("Caller passes invalid args into func#{index}")
        }
        G::Call { index, name } => format!("Caller passes invalid args into func#{index} ('{name}')"),
    }
}

fn kernel(fault: &KernelFault) -> String {
    use KernelFault as K;
    match fault {
        K::NeedsGpl => "cannot call kernel function from non-GPL compatible program".into(),
        K::OfModule { off } if *off < 0 => {
            "negative offset disallowed for kernel module function call\nfailed to find BTF for kernel function".into()
        }
        K::OfModule { .. } => {
            "kfunc offset > 0 without fd_array is invalid\nfailed to find BTF for kernel function".into()
        }
        K::NotFunction { id } => format!("kernel btf_id {id} is not a function"),
        K::NotEliminated => "invalid kernel function call not eliminated in verifier pass".into(),
        K::NotAllowed { name } => format!("calling kernel function {name} is not allowed"),
        K::MustSleep { name } => format!("program must be sleepable to call sleepable kfunc {name}"),
        K::SleepsIn { name, section } => format!("kernel func {name} is sleepable within {section} region"),
        K::NotNumber { reg } => format!("R{reg} is not a scalar"),
        K::NotConstant { reg } => format!("R{reg} must be a known constant"),
        K::ArgumentKind { number, word } => format!("Unrecognized arg#{number} type {word}"),
        K::NullTrusted { number } => format!("Possibly NULL pointer passed to trusted arg{number}"),
        K::NotTrusted { reg } => format!("R{reg} must be referenced or trusted"),
        K::NotRcu { reg } => format!("R{reg} must be a rcu pointer"),
        K::NotStruct { name, number, word, of } => {
            format!("kernel function {name} args#{number} pointer type {word} {of} is not supported")
        }
        K::NotScalars { number, word, of, or_void } => {
            let void = if *or_void { "void, " } else { "" };
            format!("arg#{number} pointer type {word} {of} must point to {void}scalar, or struct with scalar")
        }
        K::NotContext { number, found } => {
            format!("arg#{number} expected pointer to ctx, but got {found}")
        }
        K::NotObject { number, found, expected } => {
            format!("arg#{number} is {found} expected {expected} or socket")
        }
        K::OtherObject { name, number, wanted, reg, found } => format!(
            "kernel function {name} args#{number} expected pointer to STRUCT {wanted} but R{reg} has a pointer to STRUCT {found}"
        ),
        K::MemorySize { number } => {
            format!("arg#{number} arg#{} memory, len pair leads to invalid memory access", number + 1)
        }
        K::NotStackIterator { number } => format!("arg#{number} expected pointer to an iterator on stack"),
        K::IteratorUsed { what, number } => format!("expected uninitialized iter_{what} as arg #{number}"),
        K::IteratorNotInitialised { what, number } => {
            format!("expected an initialized iter_{what} as arg #{number}")
        }
        K::IteratorOutsideRcu { name } => format!("expected an RCU CS when using {name}"),
        K::NeedsRcu { name } => format!("kernel func {name} requires RCU critical section protection"),
        K::NotDynptr { number } => {
            format!("arg#{number} expected pointer to stack or const struct bpf_dynptr")
        }
        K::NotReleased { name } => {
            format!("release kernel function {name} expects refcounted PTR_TO_BTF_ID")
        }
        K::NestedRcu { name } => format!("nested rcu read lock (kernel function {name})"),
        K::UnmatchedRcu { name } => format!("unmatched rcu read unlock (kernel function {name})"),
        K::UnmatchedPreempt { name } => {
            format!("unmatched attempt to enable preemption (kernel function {name})")
        }
        K::NotMap { reg } => format!("pointer in R{reg} isn't map pointer"),
        K::CastToOther { with_void } => {
            let or = if *with_void { " or void" } else { "" };
            format!("kfunc bpf_rdonly_cast type ID argument must be of a struct{or}")
        }
        K::CastToUnknown { id } => format!("Unknown type ID {id} passed to kfunc bpf_rdonly_cast"),
        K::NotKnown { reg } => format!("R{reg} is not a const"),
        K::NotText { number } => format!("arg#{number} doesn't point to a const string"),
        K::NotReferenced { reg } => format!("R{reg} must be referenced"),
        K::TwoReferences { reg, first, second } => {
            format!("verifier internal error: more than one arg with ref_obj_id R{reg} {first} {second}")
        }
        K::SleepsAlone { name } => format!("kernel function {name} is sleepable but the program is not"),
        K::OldDynptr { number, what } => format!("arg#{number} pointer type STRUCT bpf_dynptr_kern {what}"),
        K::AcquiresNoObject => "acquire kernel function does not return PTR_TO_BTF_ID".into(),
        K::ReturnsPointer { name, word, of } => {
            format!("kernel function {name} returns pointer type {word} {of} is not supported")
        }
        K::Trap => "unexpected __bpf_trap() due to uninitialized variable?".into(),
        K::DeviceBound => "metadata kfuncs require device-bound program".into(),
        K::ContextNotStruct { id } => format!("kern ctx type id {id} is not a struct"),
        K::TooDeep => "max struct nesting depth exceeded".into(),
        K::NoPacketWrite => "the prog does not allow writes to packet data".into(),
    }
}
