//! Externs: settings of the kernel (`__kconfig`), and its functions and variables (`__ksym`).

use std::collections::HashMap;

use gobpf_bpf::tables::{MapKind, map_flags};
use gobpf_bpf::{ExternId, ExternKind, KernelVersion, Map, MapContents, MapId, Object};
use gobpf_btf::{Btf, IntEncoding, KernelBtf, Kind, Type, TypeId, Types};

use crate::elf::Elf;
use crate::error::{ObjectError, Problem};

/// What an undefined symbol stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// A place in the map of settings.
    Setting(u32),
    /// A function, variable or symbol of the kernel.
    Kernel(ExternId),
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
        if let Some(one) = object.externs.get_mut(id.0 as usize) {
            (one.ty, one.weak) = (Some(ty), weak);
        }
        if let Some(kernel) = kernel {
            let wanted = if kind == ExternKind::Kfunc { Kind::Function } else { Kind::Variable };
            let there = kind == ExternKind::Symbol || kernel.find(&essential, wanted).is_some();
            if !there && !weak {
                errors.push(ObjectError::new(
                    ".ksyms",
                    &essential,
                    Problem::Undefined { name: essential.clone() },
                ));
            }
        }
        externs.by_name.insert(name.clone(), Found::Kernel(id));
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

/// The bytes of the setting `name`, if it is known.
fn value(btf: &Btf, ty: TypeId, name: &str, size: usize, settings: &Settings<'_>) -> Option<Vec<u8>> {
    let number = |value: u64| Some(value.to_le_bytes()[..size.min(8)].to_vec());
    let version = settings.kernel;
    match name {
        "LINUX_KERNEL_VERSION" => {
            return number(u64::from(version.major) << 16 | u64::from(version.minor) << 8);
        }
        // What libbpf finds out by loading: both hold on x86-64 from 5.15 on.
        "LINUX_HAS_BPF_COOKIE" | "LINUX_HAS_SYSCALL_WRAPPER" => {
            return number(u64::from(version >= KernelVersion::new(5, 15)));
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
