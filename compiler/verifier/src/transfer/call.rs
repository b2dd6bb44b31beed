//! Calls of helpers.

use gobpf_bpf::insn::Size;
use gobpf_bpf::tables::{ResultRange, ReturnKind};

use crate::bounds::Bounds;
use crate::checks::encoding::RDONLY_PROG;
use crate::checks::{helpers, memory};
use crate::explore::Machine;
use crate::fault::{Access, Checked, Fault, Stop};
use crate::state::{Kind, Reg};
use crate::transfer::assign;

/// `map_update_elem` and `map_delete_elem`.
const WRITES_MAP: [u32; 2] = [2, 3];
/// Errors that helpers return are not below this.
const MAX_ERRNO: i64 = 4095;
/// CPUs that a kernel may have at most; the real number is the machine's.
const MAX_CPUS: u64 = 8192;

pub(super) fn helper(m: &mut Machine<'_>, id: i32) -> Checked {
    let (helper, prototype) = helpers::find(m, id)?;
    let call = helpers::check_arguments(m, prototype)?;
    if let Some(map) = call.map {
        let map = m.map(Some(map))?;
        if map.flags & RDONLY_PROG != 0 && WRITES_MAP.contains(&helper.id) {
            return Err(Fault::MapWriteByHelper.into());
        }
    }
    if let Some((reg, bytes)) = call.fills {
        fill(m, reg, bytes)?;
    }
    let gone = m.insn;
    for reg in 0..=5 {
        let reg = m.state.reg_mut(reg);
        reg.copy_from(&Reg { born: gone, ..Reg::NOT_INIT });
        reg.live.written = true;
    }
    let result = match (prototype.returns.kind, helper.result_range()) {
        (ReturnKind::Void, _) => Reg { born: gone, ..Reg::NOT_INIT },
        (ReturnKind::Integer, ResultRange::CpuNumber) if m.rules.precise_spills => {
            ranged(m, 0, MAX_CPUS as i64 - 1)
        }
        (ReturnKind::Integer, ResultRange::UpToSize) => {
            let most = call.size.and_then(|size| i64::try_from(size).ok()).unwrap_or(i64::MAX);
            ranged(m, -MAX_ERRNO, most)
        }
        (ReturnKind::Integer, _) => Reg::unknown(),
        (ReturnKind::PtrToMapValue, _) => lookup_result(m, &call)?,
        _ => return Err(Stop::feature(format!("the result of helper {}", helper.name))),
    };
    assign(m, 0, result);
    if helper.changes_packet() {
        for reg in m.state.values_mut(!m.rules.precise_spills) {
            if reg.kind.is_packet_any() {
                reg.copy_from(&Reg { born: gone, ..Reg::unknown() });
            }
        }
    }
    Ok(())
}

/// The helper writes `bytes` bytes to the stack where `reg` points.
fn fill(m: &mut Machine<'_>, reg: u8, bytes: i64) -> Checked {
    for off in 0..bytes {
        memory::access(
            m,
            memory::Request {
                base: reg,
                off: off as i32,
                bytes: Size::B.bytes(),
                access: Access::Write,
                value: None,
                constant: None,
                signed: false,
                atomic: false,
            },
        )?;
    }
    Ok(())
}

fn ranged(m: &Machine<'_>, min: i64, max: i64) -> Reg {
    let mut bounds = Bounds::UNKNOWN;
    (bounds.smin, bounds.smax) = (min, max);
    (bounds.smin32, bounds.smax32) = (min as i32, max as i32);
    bounds.sync(m.rules.deduction);
    bounds.repair();
    Reg { bounds, ..Reg::unknown() }
}

fn lookup_result(m: &mut Machine<'_>, call: &helpers::Call) -> Checked<Reg> {
    let entries = u64::from(m.map(call.map)?.max_entries);
    let cannot_fail = call.key.is_some_and(|key| key < entries);
    let kind = if cannot_fail { Kind::MapValue } else { Kind::MapValueOrNull };
    let id = m.fresh_id_if(!cannot_fail).unwrap_or(0);
    Ok(Reg { map: call.map, id, ..Reg::pointer(kind) })
}
