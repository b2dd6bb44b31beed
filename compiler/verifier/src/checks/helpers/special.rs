//! Rules of single helpers.

use gobpf_bpf::tables::{AttachType, ProgramKind};

use crate::checks::helpers::{Call, id, strings};
use crate::checks::{dynptr, locks};
use crate::dialect::{Backtracking, Dialect};
use crate::explore::Machine;
use crate::fault::{Checked, HelperFault};
use crate::state::{DynptrKind, Kind};

pub(super) fn check(m: &mut Machine<'_>, call: &mut Call, moves_packet: &mut bool) -> Checked {
    match call.helper.id {
        id::TAIL_CALL => locks::check_tail_call(m),
        id::GET_LOCAL_STORAGE => {
            if !m.state.reg(2).is_null() {
                return Err(HelperFault::LocalStorageFlags.into());
            }
            match m.rules.backtracking {
                Backtracking::Recorded => m.need_precise(2),
                Backtracking::FramePointer => Ok(()),
            }
        }
        id::SNPRINTF => strings::check_format(m),
        id::DYNPTR_FROM_MEM if m.state.reg(1).kind != Kind::MAP_VALUE => {
            let kind = m.state.reg(1).kind;
            let found = if m.rules.dialect == Dialect::V6_1 { kind.name_6_1() } else { kind.name() };
            Err(HelperFault::DynptrFrom { found }.into())
        }
        id::DYNPTR_DATA => {
            (call.dynptr, call.reference) = dynptr::ids(m, 1);
            Ok(())
        }
        id::DYNPTR_WRITE => {
            let kind = dynptr::kind_of(m, 1);
            *moves_packet |= matches!(kind, Some(DynptrKind::Skb | DynptrKind::SkbMeta));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `check_get_func_ip`.
pub(super) fn check_function_address(m: &Machine<'_>) -> Checked {
    let caller = m.caller();
    let tracing = [AttachType::TRACE_FENTRY, AttachType::TRACE_FEXIT, AttachType::MODIFY_RETURN];
    match caller.kind {
        ProgramKind::TRACING if !tracing.contains(&caller.attach) => Err(HelperFault::FunctionAddress {
            of: "func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs",
        }
        .into()),
        ProgramKind::TRACING | ProgramKind::KPROBE => Ok(()),
        kind => Err(HelperFault::FunctionAddressKind { kind: kind.0 }.into()),
    }
}
