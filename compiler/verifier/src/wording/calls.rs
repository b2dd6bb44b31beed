//! The kernel's words about functions, callbacks, what they return, and what they must give back.

use crate::bounds::Bounds;
use crate::dialect::Dialect;
use crate::fault::{Exit, Fault, Section};
use crate::print;
use crate::tnum::Tnum;
use crate::wording::kernel::name;

pub(super) fn message(fault: &Fault, dialect: Dialect) -> Option<String> {
    Some(match fault {
        Fault::CallOutOfRange => "call to invalid destination".into(),
        Fault::TooManyFunctions => "too many subprograms".into(),
        Fault::CallStackTooDeep { frames } => format!("the call stack of {frames} frames is too deep"),
        Fault::CallChainTooDeep { frames } => format!("the call stack of {frames} frames is too deep !"),
        Fault::StackTooDeep { frames, depth } => {
            format!("combined stack size of {frames} calls is {depth}. Too large")
        }
        Fault::FrameTooLarge { function, bytes } => {
            format!("stack size of subprog {function} is {bytes}. Too large")
        }
        Fault::TailCallDepth { depth } => format!(
            "tail_calls are not allowed when call stack of previous frames is {depth} bytes. Too large"
        ),
        Fault::PacketLoadInCallback => "cannot use BPF_LD_[ABS|IND] within callback".into(),
        Fault::ReturnsStack => "cannot return stack pointer to the caller".into(),
        Fault::CallbackReturnsPointer => "R0 not a scalar value".into(),
        Fault::CallbackForMap => "callback function not allowed for map".into(),
        Fault::CallbackNotStatic => "callback function not static".into(),
        Fault::FunctionReturns { reg, kind } => {
            let kind = name(*kind, dialect);
            format!("At subprogram exit the register R{reg} is not a scalar value ({kind})")
        }
        Fault::ReturnsPointer { reg, kind, at } => {
            let kind = name(*kind, dialect);
            let at = match (at, dialect) {
                (Exit::AsyncCallback, Dialect::V6_1) => "In async callback",
                (Exit::AsyncCallback, _) => "At async callback return",
                _ => "At program exit",
            };
            format!("{at} the register R{reg} is not a known value ({kind})")
        }
        Fault::ReturnToVoid => {
            "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!".into()
        }
        Fault::ReturnRange { reg, bounds, min, max, at } => {
            return_range(*reg, bounds, (*min, *max), *at, dialect)
        }
        Fault::Unreleased { references, at } => {
            let lines =
                references.iter().map(|(id, insn)| format!("Unreleased reference id={id} alloc_insn={insn}"));
            let last = at.map(|at| format!("{at} would lead to reference leak"));
            lines.chain(last).collect::<Vec<_>>().join("\n")
        }
        Fault::SectionOpen { section, at } => open_section(*section, *at),
        Fault::LegacyLoadWithReferences => "BPF_LD_[ABS|IND] cannot be mixed with socket references".into(),
        Fault::CallWithLock => "function calls are not allowed while holding a lock".into(),
        Fault::GlobalCallIn { section } => {
            format!("global function calls are not allowed {section},\nuse static function instead")
        }
        Fault::GlobalCallSleeps => {
            "global functions that may sleep are not allowed in non-sleepable context,\ni.e., in a RCU/IRQ/preempt-disabled section, or in\na non-sleepable BPF program context".into()
        }
        _ => return None,
    })
}

/// A lock is held, or a section is open, where the program ends.
fn open_section(section: Section, at: Option<&str>) -> String {
    match (at, section) {
        (Some(at), section) => {
            let region = match section {
                Section::Lock => "bpf_spin_lock",
                Section::Irq => "bpf_local_irq_save",
                Section::Rcu => "bpf_rcu_read_lock",
                Section::Preempt { .. } => "bpf_preempt_disable",
            };
            format!("{at} cannot be used inside {region}-ed region")
        }
        (None, Section::Lock) => "bpf_spin_unlock is missing".into(),
        (None, Section::Rcu) => "bpf_rcu_read_unlock is missing".into(),
        (None, Section::Irq) => "bpf_local_irq_restore is missing".into(),
        (None, Section::Preempt { depth: 1 }) => "1 bpf_preempt_enable is missing".into(),
        (None, Section::Preempt { depth }) => format!("{depth} bpf_preempt_enable(s) are missing"),
    }
}

/// `verbose_invalid_scalar`.
fn return_range(reg: u8, bounds: &Bounds, (min, max): (i32, i32), at: Exit, dialect: Dialect) -> String {
    if dialect == Dialect::V6_1 {
        let at = match at {
            Exit::Program => "program exit",
            Exit::Callback => "callback return",
            Exit::AsyncCallback => "async callback",
        };
        let value = match bounds.tnum.is_unknown() {
            true => "has unknown scalar value".to_owned(),
            false => format!("has value {}", print::tnum(bounds.tnum, dialect)),
        };
        let range = print::tnum(Tnum::range(min as u64, max as u64), dialect);
        return format!("At {at} the register R{reg} {value} should have been in {range}");
    }
    let at = match at {
        Exit::Program => "At program exit",
        Exit::Callback => "At callback return",
        Exit::AsyncCallback => "At async callback return",
    };
    let (mut words, mut is_unknown) = (String::new(), true);
    if bounds.smin > i64::MIN {
        words.push_str(&format!(" smin={}", bounds.smin));
        is_unknown = false;
    }
    if bounds.smax < i64::MAX {
        words.push_str(&format!(" smax={}", bounds.smax));
        is_unknown = false;
    }
    if is_unknown {
        words.push_str(" unknown scalar value");
    }
    format!("{at} the register R{reg} has{words} should have been in [{min}, {max}]")
}
