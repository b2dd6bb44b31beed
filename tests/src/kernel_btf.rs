//! The types of the running kernel, as far as loading programs needs them: which number a name has.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::sync::{Arc, OnceLock};

use flate2::read::GzDecoder;
use gobpf_btf::{KernelBtf, Kind};
use gobpf_verifier::Symbols;

use crate::job::ProgramSpec;

const PATH: &str = "/sys/kernel/btf/vmlinux";
const SYMBOLS: &str = "/proc/kallsyms";
/// `BPF_PROG_TYPE_STRUCT_OPS`
const STRUCT_OPS: u32 = 27;

/// Those of the running kernel, where it has any.
pub fn running() -> Option<Arc<KernelBtf>> {
    static TYPES: OnceLock<Option<Arc<KernelBtf>>> = OnceLock::new();
    let read = || KernelBtf::new(std::fs::read(PATH).ok()?).ok().map(Arc::new);
    TYPES.get_or_init(read).clone()
}

/// The settings of the running kernel, by name; none where it doesn't show them.
pub fn settings() -> Option<&'static HashMap<String, String>> {
    static SETTINGS: OnceLock<Option<HashMap<String, String>>> = OnceLock::new();
    let packed = || {
        let mut text = String::new();
        GzDecoder::new(File::open("/proc/config.gz").ok()?).read_to_string(&mut text).ok()?;
        Some(text)
    };
    let plain = || fs::read_to_string(format!("/boot/config-{}", crate::kernel::release())).ok();
    SETTINGS.get_or_init(|| Some(gobpf_object::settings(&plain().or_else(packed)?))).as_ref()
}

/// How many processors the running kernel may have at most.
pub fn processors() -> Option<u32> {
    let possible = fs::read_to_string("/sys/devices/system/cpu/possible").ok()?;
    let last: u32 = possible.trim().rsplit(['-', ',']).next()?.parse().ok()?;
    last.checked_add(1)
}

/// The expected attach type and the number of what `program` is for; zero for none.
pub fn hook(program: &ProgramSpec) -> Option<(u32, u32)> {
    let Some(hook) = &program.hook else { return Some((program.attach, 0)) };
    let types = running()?;
    if program.kind == STRUCT_OPS {
        let (ty, member) = hook.split_once('/')?;
        let ty = types.find(ty, Kind::Struct)?;
        let index = types.members(ty).position(|one| one.name() == member)?;
        return Some((index as u32, ty.0));
    }
    let kind = if hook.starts_with("btf_trace_") { Kind::Typedef } else { Kind::Function };
    Some((program.attach, types.find(hook, kind)?.0))
}

/// Fills calls of the kernel's functions and addresses of its variables into `insns`; the name of one that is not there.
pub fn fill(program: &ProgramSpec, insns: &mut [u8]) -> Result<(), String> {
    for one in &program.externs {
        let at = one.slot as usize * 8;
        let Some(slots) = insns.get_mut(at..) else { continue };
        if one.address {
            let address = address(&one.name).ok_or_else(|| one.name.clone())?;
            slots[4..8].copy_from_slice(&(address as u32).to_le_bytes());
            slots[12..16].copy_from_slice(&((address >> 32) as u32).to_le_bytes());
            continue;
        }
        let kind = if one.kind == Kind::Variable as u32 { Kind::Variable } else { Kind::Function };
        let found =
            running().and_then(|types| types.find(&one.name, kind)).ok_or_else(|| one.name.clone())?;
        let is_load = slots[0] == gobpf_bpf::insn::LD_IMM64;
        let pseudo =
            if is_load { gobpf_bpf::insn::pseudo::BTF_ID } else { gobpf_bpf::insn::pseudo::KFUNC_CALL };
        slots[1] = (slots[1] & 0x0f) | (pseudo << 4);
        slots[4..8].copy_from_slice(&found.0.to_le_bytes());
    }
    Ok(())
}

/// What the running kernel lists, seen by a variable that each of its processors has.
pub fn symbols() -> Symbols {
    static SYMBOLS: OnceLock<Symbols> = OnceLock::new();
    *SYMBOLS.get_or_init(|| {
        let types = running();
        let variable = types.as_deref().and_then(|types| {
            let id = types.ids().find(|id| types.kind(*id) == Some(Kind::Variable))?;
            Some(types.name(id))
        });
        match variable.and_then(address) {
            Some(_) => Symbols::All,
            None => Symbols::Functions,
        }
    })
}

fn address(name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(SYMBOLS).ok()?;
    let mut lines = text.lines().map(|line| line.split_whitespace());
    lines.find_map(|mut words| {
        let (address, found) = (words.next()?, words.nth(1)?);
        if found == name { u64::from_str_radix(address, 16).ok() } else { None }
    })
}
