//! Externs: settings of the kernel (`__kconfig`), and its functions and variables (`__ksym`).

use std::collections::HashMap;

use gobpf_bpf::tables::{MapKind, map_flags};
use gobpf_bpf::{ExternId, ExternKind, KernelVersion, Map, MapContents, MapId, Object};
use gobpf_btf::{Btf, IntEncoding, KernelBtf, Kind, Type, TypeId, Types};

use crate::core::compatible;
use crate::elf::Elf;
use crate::error::{ObjectError, Problem};

/// How deep types are compared.
const DEPTH: u32 = 32;

/// What an undefined symbol stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// A place in the map of settings.
    Setting(u32),
    /// A function, variable or symbol of the kernel.
    Kernel(ExternId),
    /// A weak function that the kernel has with another prototype, which is as good as none.
    Unfit(ExternId),
}

/// All externs, by name.
#[derive(Debug, Default)]
pub struct Externs {
    pub by_name: HashMap<String, Found>,
    /// The map of settings.
    pub settings: Option<MapId>,
}

/// What decides the settings.
pub struct Settings<'a> {
    pub kernel: KernelVersion,
    pub config: Option<&'a HashMap<String, String>>,
}

/// The settings in the text of a kernel's `.config`, by name; those that are off are not there.
pub fn settings(text: &str) -> HashMap<String, String> {
    let lines = text.lines().filter(|line| line.starts_with("CONFIG_"));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
}

/// Reads all externs, from the types as the compiler wrote them.
pub fn read(
    elf: &Elf<'_>,
    btf: &Btf,
    object: &mut Object,
    kernel: Option<&KernelBtf>,
    settings: &Settings<'_>,
    errors: &mut Vec<ObjectError>,
) -> Externs {
    let mut externs = Externs::default();
    let members = |name: &str| match btf.find(name, Kind::Section).and_then(|id| btf.get(id)) {
        Some(Type::Section { variables, .. }) => {
            variables.iter().map(|variable| variable.ty).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    let weak = |name: &str| elf.symbol(name).is_some_and(|symbol| symbol.weak);
    for ty in members(".ksyms") {
        let (name, kind, ty) = match btf.get(ty) {
            Some(Type::Function { name, .. }) => (name, ExternKind::Kfunc, ty),
            Some(Type::Variable { name, ty, .. }) => match btf.stripped(*ty).as_deref() {
                // `extern const void x __ksym`.
                None => (name, ExternKind::Symbol, *ty),
                Some(_) => (name, ExternKind::Variable, *ty),
            },
            _ => continue,
        };
        let weak = weak(name);
        let essential = name.split("___").next().unwrap_or(name).to_string();
        let id = object.extern_named(&essential, kind);
        let found = match kernel.map_or(Fit::Fits, |kernel| fit(btf, ty, kind, kernel, &essential)) {
            Fit::Differs if weak && kind == ExternKind::Kfunc => Found::Unfit(id),
            fit => {
                let problem = match fit {
                    Fit::Missing if !weak => Some(Problem::Undefined { name: essential.clone() }),
                    Fit::Differs => Some(Problem::OtherType { name: essential.clone() }),
                    _ => None,
                };
                errors.extend(problem.map(|problem| ObjectError::new(".ksyms", &essential, problem)));
                if let Some(one) = object.externs.get_mut(id.0 as usize) {
                    (one.ty, one.weak) = (Some(ty), weak);
                }
                Found::Kernel(id)
            }
        };
        externs.by_name.insert(name.clone(), found);
    }
    let mut image = Vec::new();
    for ty in members(".kconfig") {
        let Some(Type::Variable { name, ty, .. }) = btf.get(ty) else { continue };
        let (size, align) = (btf.size_of(*ty) as usize, btf.align_of(*ty) as usize);
        image.resize(image.len().next_multiple_of(align.max(1)), 0);
        let offset = image.len();
        match value(btf, *ty, name, size, settings) {
            Some(bytes) => image.extend(bytes),
            None if weak(name) => image.resize(offset + size, 0),
            None => {
                let problem = Problem::Setting { name: name.clone() };
                errors.push(ObjectError::new(".kconfig", name, problem));
                image.resize(offset + size, 0);
            }
        }
        externs.by_name.insert(name.clone(), Found::Setting(offset as u32));
    }
    if !image.is_empty() {
        externs.settings = Some(MapId(object.maps.len() as u32));
        object.maps.push(Map {
            name: ".kconfig".into(),
            kind: MapKind::ARRAY,
            key_size: 4,
            value_size: image.len() as u32,
            max_entries: 1,
            flags: map_flags::RDONLY_PROG,
            contents: Some(MapContents { data: image, frozen: true, ..MapContents::default() }),
            ..Map::default()
        });
    }
    externs
}

/// How what a program declares goes with what the kernel has.
enum Fit {
    Fits,
    Missing,
    Differs,
}

/// Looks for `name`, declared with type `ty`, in the kernel's types.
fn fit(btf: &Btf, ty: TypeId, kind: ExternKind, kernel: &KernelBtf, name: &str) -> Fit {
    let (wanted, ours) = match (kind, btf.get(ty)) {
        (ExternKind::Symbol, _) => return Fit::Fits,
        (ExternKind::Kfunc, Some(Type::Function { prototype, .. })) => (Kind::Function, *prototype),
        _ => (Kind::Variable, ty),
    };
    let Some(found) = kernel.find(name, wanted) else { return Fit::Missing };
    match kernel.target(found) {
        Some(theirs) if !compatible::types(btf, ours, kernel, theirs, DEPTH) => Fit::Differs,
        _ => Fit::Fits,
    }
}

/// The bytes of the setting `name`, if it is known.
fn value(btf: &Btf, ty: TypeId, name: &str, size: usize, settings: &Settings<'_>) -> Option<Vec<u8>> {
    let number = |value: u64| Some(value.to_le_bytes()[..size.min(8)].to_vec());
    let version = settings.kernel;
    match name {
        "LINUX_KERNEL_VERSION" => {
            return number(u64::from(version.major) << 16 | u64::from(version.minor) << 8);
        }
        // What libbpf finds out by loading, on x86-64; the wrappers, with a kprobe.
        "LINUX_HAS_BPF_COOKIE" | "LINUX_HAS_SYSCALL_WRAPPER" => {
            let has = |config: &HashMap<String, String>| config.contains_key("CONFIG_KPROBES");
            let probes = name == "LINUX_HAS_BPF_COOKIE" || settings.config.is_none_or(has);
            return number(u64::from(probes && version >= KernelVersion::new(5, 15)));
        }
        _ => {}
    }
    let text = settings.config?.get(name)?;
    let stripped = btf.stripped(ty)?;
    match (text.as_str(), &*stripped) {
        ("y", Type::Int { encoding: IntEncoding::Bool, .. }) => number(1),
        ("m", Type::Int { encoding: IntEncoding::Bool, .. }) => number(0),
        // Of a character, the letter; of `enum libbpf_tristate`, 2 and 1.
        (letter @ ("y" | "m"), Type::Int { size: 1, .. }) => number(u64::from(letter.as_bytes()[0])),
        ("y", Type::Enum { .. }) => number(2),
        ("m", Type::Enum { .. }) => number(1),
        (text, Type::Array { length, .. }) => {
            let mut bytes = text.trim_matches('"').as_bytes().to_vec();
            bytes.resize(*length as usize, 0);
            if let Some(last) = bytes.last_mut() {
                *last = 0;
            }
            Some(bytes)
        }
        (text, _) => {
            let parsed = match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok(),
                None => text.parse::<i64>().ok().map(|value| value as u64),
            };
            number(parsed?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_lines_with_a_value() {
        let text = "# CONFIG_A is not set\nCONFIG_HZ=250\nCONFIG_B=y\nCONFIG_C=\"x=y\"\n";
        let settings = settings(text);
        assert_eq!(settings.len(), 3);
        assert_eq!(settings.get("CONFIG_C").map(String::as_str), Some("\"x=y\""));
    }
}
