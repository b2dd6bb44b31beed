//! The causal path of a rejection: where the value was made, where it lost or lacked its check, where it is used.

use gobpf_bpf::Insn;
use gobpf_bpf::insn::{self, class};
use gobpf_bpf::tables::Helper;

use crate::explore::Machine;
use crate::fault::{Fault, HelperFault};
use crate::state::{AT_START, Kind};
use crate::verdict::Step;

/// The steps that lead to `fault` at the machine's current instruction.
pub(crate) fn of(m: &Machine<'_>, fault: &Fault) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(reg) = subject(fault) {
        let value = m.state.reg(reg);
        if value.born != AT_START {
            if let Some(text) = origin(m, value.kind, value.born) {
                steps.push(Step { insn: value.born, text });
            }
        } else if let Some(text) = start(reg, value.kind) {
            steps.push(Step { insn: 0, text });
        }
    }
    if let Fault::EndlessLoop { insn } = fault {
        steps.push(Step {
            insn: *insn,
            text: "the path comes back here, and nothing that matters changed".into(),
        });
        return steps;
    }
    if let Fault::Unreleased { references, .. } = fault {
        let acquired = |at: u32| m.insns.get(at as usize).copied().and_then(called);
        for (_, at) in references {
            let text = match acquired(*at) {
                Some(name) => format!("{name} gives it here"),
                None => "it is acquired here".into(),
            };
            steps.push(Step { insn: *at, text });
        }
    }
    steps.push(Step { insn: m.insn, text: used(m, fault) });
    steps
}

/// The register that a fault is about.
fn subject(fault: &Fault) -> Option<u8> {
    match fault {
        Fault::NotReadable { reg }
        | Fault::Alu32OnPointer { reg }
        | Fault::ArithmeticOnNullable { reg, .. }
        | Fault::ArithmeticOn { reg, .. }
        | Fault::SubtractFromStack { reg }
        | Fault::BitwiseOnPointer { reg, .. }
        | Fault::OperatorOnPointer { reg, .. }
        | Fault::InvalidAccess { reg, .. }
        | Fault::NegativeMin { reg }
        | Fault::UnboundedAccess { reg }
        | Fault::OutsidePacket { reg, .. }
        | Fault::ContextModified { reg, .. }
        | Fault::Helper(HelperFault::Kind { reg, .. })
        | Fault::SizeNegative { reg }
        | Fault::SizeZero { reg, .. }
        | Fault::SizeUnbounded { reg } => Some(*reg),
        Fault::OutsideRegion { region, .. } => Some(region.reg),
        Fault::StackBounds(access) | Fault::StackUnbounded(access) => Some(access.reg),
        _ => None,
    }
}

/// What was there at the start.
fn start(reg: u8, kind: Kind) -> Option<String> {
    match kind {
        Kind::NOT_INIT => Some(format!("R{reg} is never written on this path")),
        Kind::CONTEXT => Some(format!("R{reg} holds the context that the program was started with")),
        _ => None,
    }
}

/// What the instruction `at` made.
fn origin(m: &Machine<'_>, kind: Kind, at: u32) -> Option<String> {
    let insn = m.insns.get(at as usize).copied()?;
    let helper = called_helper(insn);
    let called = helper.map(|helper| helper.name);
    Some(match (kind, called) {
        (Kind::SCALAR, Some(name)) if helper.is_some_and(Helper::releases) => {
            format!("{name} gives it back: nothing may be read or written there any more")
        }
        (Kind::SCALAR, Some(name)) if helper.is_some_and(Helper::changes_packet) => {
            format!("{name} may move the packet: what points into it has to be taken from the context again")
        }
        (Kind::NOT_INIT, Some(name)) => format!("{name} is called, which leaves nothing in R1 to R5"),
        (Kind::MAP_VALUE_OR_NULL, Some(name)) => {
            format!("{name} is called; the lookup may have found nothing")
        }
        (Kind::MAP_VALUE, Some(name)) => format!("{name} gives this pointer into a map's value"),
        (Kind::SCALAR, Some(name)) => format!("{name} gives this number"),
        (Kind::PACKET | Kind::PACKET_META, _) if insn.class() == class::LDX => {
            "the pointer into the packet is loaded from the context".into()
        }
        (Kind::PACKET | Kind::PACKET_META, _) => {
            "a variable offset is added here: what was proven of the packet before no longer holds".into()
        }
        (Kind::PACKET_END, _) => "the packet's end is loaded from the context".into(),
        (Kind::MAP_VALUE, _) if insn.is_load_imm64() => "the address of a global is loaded".into(),
        (Kind::MAP_VALUE | Kind::STACK, _) => "a variable offset is added here".into(),
        (Kind::MAP, _) => "the map is loaded".into(),
        (Kind::SCALAR, _) if insn.class() == class::LDX => "the number is loaded here".into(),
        (Kind::SCALAR, _) => "the number is made here".into(),
        _ => return None,
    })
}

fn called(insn: Insn) -> Option<&'static str> {
    called_helper(insn).map(|helper| helper.name)
}

fn called_helper(insn: Insn) -> Option<&'static Helper> {
    if insn.code != insn::CALL || insn.src != 0 {
        return None;
    }
    u32::try_from(insn.imm).ok().and_then(Helper::by_id)
}

/// What the last step does with it.
fn used(m: &Machine<'_>, fault: &Fault) -> String {
    let insn = m.insns.get(m.insn as usize).copied().unwrap_or_default();
    if let Some(name) = called(insn) {
        return match subject(fault) {
            Some(reg) => format!("R{reg} is passed to {name}"),
            None => format!("{name} is called"),
        };
    }
    let what = match (fault, insn.class()) {
        (Fault::NotReadable { reg }, _) if insn.code == insn::EXIT => {
            return format!("the program returns R{reg}");
        }
        (Fault::NotReadable { .. }, _) => "is read",
        (_, class::LDX) => "is read through",
        (_, class::ST | class::STX) => "is written through",
        (_, class::ALU | class::ALU64) => "is computed with",
        _ => "is used",
    };
    match subject(fault) {
        Some(reg) => format!("R{reg} {what} here"),
        None => "the kernel stops here".into(),
    }
}
