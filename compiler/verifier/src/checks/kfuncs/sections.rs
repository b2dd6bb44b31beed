//! Sections that kernel functions open and close: RCU, preemption.

use crate::checks::kfuncs::{Kfunc, kf};
use crate::explore::Machine;
use crate::fault::{Checked, KernelFault};
use crate::state::flag;

/// The call opens or closes a section, or is allowed in those that are open.
pub(super) fn enter(m: &mut Machine<'_>, kfunc: &Kfunc) -> Checked {
    let name = || kfunc.name.to_owned();
    let sleeps = kfunc.has(kf::SLEEPABLE);
    if m.rules.enforces_rcu && kfunc.has(kf::RCU_PROTECTED) && !m.in_rcu() {
        return Err(KernelFault::NeedsRcu { name: name() }.into());
    }
    match kfunc.name {
        "bpf_rcu_read_lock" => {
            if m.state.rcu > 0 && !m.rules.nests_rcu {
                return Err(KernelFault::NestedRcu { name: name() }.into());
            }
            m.state.rcu += 1;
        }
        "bpf_rcu_read_unlock" => {
            if m.state.rcu == 0 {
                return Err(KernelFault::UnmatchedRcu { name: name() }.into());
            }
            m.state.rcu -= 1;
            if m.state.rcu == 0 {
                forget_protected(m);
            }
        }
        _ if m.state.rcu > 0 && sleeps => {
            return Err(KernelFault::SleepsIn { name: name(), section: "rcu_read_lock" }.into());
        }
        _ => {}
    }
    match kfunc.name {
        "bpf_preempt_disable" => m.state.preempt += 1,
        "bpf_preempt_enable" => {
            if m.state.preempt == 0 {
                return Err(KernelFault::UnmatchedPreempt { name: name() }.into());
            }
            m.state.preempt -= 1;
        }
        _ if m.state.preempt > 0 && sleeps => {
            return Err(KernelFault::SleepsIn { name: name(), section: "non-preemptible" }.into());
        }
        _ => {}
    }
    if m.state.irq != 0 && sleeps {
        return Err(KernelFault::SleepsIn { name: name(), section: "IRQ-disabled" }.into());
    }
    Ok(())
}

/// Outside of the section, what RCU protected can't be trusted.
fn forget_protected(m: &mut Machine<'_>) {
    let spoil = |reg: &mut crate::state::Reg| {
        if reg.kind.has(flag::RCU) {
            reg.kind = reg.kind.without(flag::RCU | flag::OR_NULL).with(flag::UNTRUSTED);
        }
    };
    m.state.values_mut(false).for_each(spoil);
    for frame in m.state.frames_mut() {
        for slot in frame.stack.iter_mut().filter(|slot| slot.bytes[7] == crate::state::Byte::Iter) {
            spoil(&mut slot.spilled);
        }
    }
}
