//! The kernel's words about kernel objects and arguments of hooks.

use crate::dialect::Dialect;
use crate::fault::{BtfFault, Fault};
use crate::print;

pub(super) fn message(fault: &Fault, dialect: Dialect) -> Option<String> {
    match fault {
        Fault::Btf(fault) => Some(words(fault, dialect)),
        _ => None,
    }
}

fn words(fault: &BtfFault, dialect: Dialect) -> String {
    use BtfFault as B;
    match fault {
        B::NotStruct { name } => format!("Type '{name}' is not a struct"),
        B::Beyond { name, off, bytes } => format!("access beyond struct {name} at off {off} size {bytes}"),
        B::NoField { name, off } => format!("struct {name} doesn't have field at offset {off}"),
        B::BeyondMember { member, end, name, off, bytes } => format!(
            "access beyond the end of member {member} (mend:{end}) in struct {name} with off {off} size {bytes}"
        ),
        B::PointerMember { member, moff, name, off, bytes } => format!(
            "cannot access ptr member {member} with moff {moff} in struct {name} with off {off} size {bytes}"
        ),
        B::ArgumentType { reg, found, wanted } => {
            format!("R{reg} is of type {found} but {wanted} is expected")
        }
        B::NeedsGpl { name } => {
            format!("Cannot access kernel 'struct {name}' from non-GPL compatible program")
        }
        B::Negative { reg, name, off } => format!("R{reg} is {name} invalid negative access: off={off}"),
        B::Variable { reg, name, off, tnum } => {
            let tnum = print::tnum(*tnum, dialect);
            format!("R{reg} is ptr_{name} invalid variable offset: off={off}, var_off={tnum}")
        }
        B::Foreign { reg, name, what, off } => {
            format!("R{reg} is ptr_{name} access {what} memory: off={off}")
        }
        B::OnlyRead { what: None } => "only read is supported".into(),
        B::OnlyRead { what: Some(what) } => format!("only read from {what} is supported"),
        B::WriteRefused => String::new(),
        B::NotWritable { of, off } => format!("no write support to {of} at off {off}"),
        B::WriteBeyond { off, bytes, of, end: Some(end) } => {
            format!("write access at off {off} with size {bytes} beyond the member of {of} ended at {end}")
        }
        B::WriteBeyond { off, bytes, end: None, .. } => {
            format!("write access at off {off} with size {bytes}")
        }
        B::OnlyAccess { name } => format!("only access to {name} is supported"),
        B::MapAccess { kind } => format!("map_ptr access not supported for map type {kind}"),
        B::NoSize { name } => format!("unable to resolve the size of type '{name}': -22"),
        B::Context { first, off, bytes } => {
            let first = first.as_ref().map_or_else(String::new, |first| words(first, dialect) + "\n");
            format!("{first}invalid bpf_context access off={off} size={bytes}")
        }
        B::ArgumentOffset { hook, off } => format!("func '{hook}' offset {off} is not multiple of 8"),
        B::NoArgument { hook, index } => format!("func '{hook}' doesn't have {index}-th argument"),
        B::ArgumentKind { hook, index, name, what } => {
            format!("func '{hook}' arg{index} '{name}' has type {what}. Only pointer access is allowed")
        }
        B::ArgumentSize { hook, bytes } => format!("func '{hook}' size {bytes} must be 8"),
        B::ArgumentNotStruct { hook, index, what } => {
            format!("func '{hook}' arg{index} type {what} is not a struct")
        }
    }
}
