//! Which pointers that are loaded from kernel objects can be trusted.

use gobpf_btf::{KernelBtf, Kind as BtfKind, TypeId};

use crate::checks::hooks::skip;
use crate::explore::Machine;
use crate::fault::Checked;
use crate::state::{Extra, Reg, flag};

/// The flags of a pointer that was loaded from member `field` of `base`.
pub(super) fn of_member(
    m: &Machine<'_>,
    base: &Reg,
    field: &str,
    id: TypeId,
    mut flags: u16,
) -> Checked<u16> {
    const TRUST: u16 = flag::TRUSTED | flag::RCU;
    if !m.rules.knows_trust {
        // 6.1 only knows what can't be trusted at all.
        let inherited = base.kind.flags & flag::UNTRUSTED;
        return Ok((flags & (flag::USER | flag::PERCPU)) | inherited);
    }
    if base.kind.has(flag::UNTRUSTED) {
        return Ok(flag::UNTRUSTED);
    }
    if !base.is_trusted() && !base.kind.has(flag::RCU) {
        return Ok(flags & !TRUST);
    }
    let kernel = m.kernel()?;
    let is = |suffix: &str| is_marked(kernel, base, field, id, suffix);
    if is("__safe_trusted") {
        return Ok(flags | flag::TRUSTED);
    }
    if is("__safe_trusted_or_null") {
        return Ok(flags | flag::TRUSTED | flag::OR_NULL);
    }
    if !m.in_rcu() || base.kind.may_be_null() {
        return Ok(flag::UNTRUSTED);
    }
    if is("__safe_rcu") {
        return Ok(flags | flag::RCU);
    }
    let or_null = is("__safe_rcu_or_null");
    if flags & flag::RCU != 0 || or_null {
        flags |= flag::RCU | flag::OR_NULL;
        if or_null {
            flags &= !flag::UNTRUSTED;
        }
        return Ok(flags);
    }
    if flags & (flag::PERCPU | flag::USER) != 0 {
        return Ok(flags);
    }
    Ok(flags & !TRUST)
}

/// `btf_nested_type_is_trusted`: the kernel's BTF has a struct of the same name with `suffix`, of the members that are.
fn is_marked(kernel: &KernelBtf, base: &Reg, field: &str, id: TypeId, suffix: &str) -> bool {
    let Extra::Btf { id: of, .. } = base.extra else { return false };
    let name = format!("{}{suffix}", kernel.name(TypeId(of)));
    let Some(safe) = kernel.kind(TypeId(of)).and_then(|kind| kernel.find(&name, kind)) else { return false };
    kernel.members(safe).any(|member| {
        let target =
            (kernel.kind(member.ty) == Some(BtfKind::Pointer)).then(|| kernel.target(member.ty)).flatten();
        member.name() == field && target.is_some_and(|target| skip(kernel, target) == id)
    })
}
